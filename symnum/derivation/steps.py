"""Steps and certificates that cannot be made, changed or moved by hand.

A ledger holds the steps of one derivation. The only function that issues a step is `certify`, and
it runs the check itself. What it issues is sealed with a key that lives in this process and that
no name leads to; whoever reads a sealed object checks its seal first.
"""

from __future__ import annotations

import hmac
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import FrozenInstanceError
from typing import Any, NoReturn, final

from sympy import Expr

from symnum.derivation.chain import check_definition, definitions_of, expanded, thread_of
from symnum.derivation.checking import Context, check, check_constant
from symnum.derivation.claims import CLAIMS, Claim, Definition
from symnum.derivation.fingerprints import combine, digest, digest_of_box
from symnum.derivation.intake import check_symbols
from symnum.derivation.records import Record, View
from symnum.errors import TamperedError
from symnum.expressions.box import Box

__all__ = [
    "Certificate",
    "Ledger",
    "Step",
    "certify",
    "open_ledger",
    "records_of",
    "view_of",
]


class Sealed(ABC):
    """An object whose fields are checked against a seal whenever they are read."""

    __slots__ = ("_fields", "_seal")

    _fields: tuple[Any, ...]
    _seal: str

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        raise TypeError(
            f"{type(self).__name__} cannot be constructed: a derivation issues it after its check"
        )

    @abstractmethod
    def _contents(self) -> tuple[str, ...]:
        """Return texts that determine the object, its class apart."""

    def _read(self, position: int) -> Any:
        verify(self)
        return self._fields[position]

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise FrozenInstanceError(f"{type(self).__name__} is frozen, {name!r} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"{type(self).__name__} is frozen, {name!r} cannot be deleted")

    def __copy__(self) -> Sealed:
        return self

    def __deepcopy__(self, memory: dict[int, Any]) -> Sealed:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} cannot be pickled: run the derivation again where it is needed"
        )


@final
class Certificate(Sealed):
    """What a check found: how strong the claim stands, and on what evidence."""

    __slots__ = ()

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Certificate is final")

    @property
    def level(self) -> str:
        """``"exact"``, ``"interval"``, ``"identity"`` or ``"statistical"``."""
        return str(self._read(0))

    @property
    def method(self) -> str:
        """How the claim was proved, in a few words."""
        return str(self._read(1))

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """The evidence: named facts, such as the number of points and boxes."""
        details: tuple[tuple[str, str], ...] = self._read(2)
        return details

    @property
    def fingerprint(self) -> str:
        """A digest of the claim and the domain that were checked."""
        return str(self._read(3))

    @property
    def cached(self) -> bool:
        """Whether evidence of an earlier run was taken from the cache on disk."""
        return bool(self._read(4))

    @property
    def value(self) -> Expr | None:
        """The number that was proved, for a root and for a named constant."""
        value: Expr | None = self._read(5)
        return value

    def _contents(self) -> tuple[str, ...]:
        level, method, details, fingerprint, cached, value = self._fields
        return level, method, digest(details), fingerprint, str(cached), digest(value)

    def __repr__(self) -> str:
        return f"<Certificate {self.level}: {self.method}>"


@final
class Step(Sealed):
    """One proved claim of a derivation."""

    __slots__ = ()

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Step is final")

    @property
    def number(self) -> int:
        """The place in the derivation, counted from 1."""
        return int(self._read(0))

    @property
    def claim(self) -> Claim:
        """What was claimed, as it was written."""
        claim: Claim = self._read(1)
        return claim

    @property
    def expanded(self) -> Claim:
        """What was checked: the claim with the definitions substituted."""
        claim: Claim = self._read(2)
        return claim

    @property
    def why(self) -> str:
        """The reason, for the reader."""
        return str(self._read(3))

    @property
    def certificate(self) -> Certificate:
        """The outcome of the check."""
        certificate: Certificate = self._read(4)
        return certificate

    @property
    def using(self) -> tuple[int, ...]:
        """The numbers of the steps that the check was given, or in which a result was found."""
        numbers: tuple[int, ...] = self._read(5)
        return numbers

    @property
    def lemmas(self) -> tuple[str, ...]:
        """The names of the lemmas that the check was given."""
        names: tuple[str, ...] = self._read(6)
        return names

    @property
    def thread(self) -> int:
        """The thread of reasoning that the step continues or starts."""
        return int(self._read(7))

    @property
    def name(self) -> str:
        """The name of the constant that the step proves, or nothing."""
        return str(self._read(8))

    def _contents(self) -> tuple[str, ...]:
        number, claim, checked, why, certificate, using, lemmas, thread, name = self._fields
        _demand_types([claim, checked], *CLAIMS)
        _demand_types([certificate], Certificate)
        verify(certificate)
        return (
            *(str(number), claim.fingerprint(), checked.fingerprint(), why, certificate._seal),
            *(digest(using), digest(lemmas), str(thread), name),
        )

    def __repr__(self) -> str:
        return f"<Step {self.number} {self.certificate.level}: {self.claim}>"

    def __str__(self) -> str:
        return f"{self.claim}   [{self.certificate.level}] {self.why}"


@final
class Ledger(Sealed):
    """The title, the domain and the steps of one derivation."""

    __slots__ = ()

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Ledger is final")

    def _contents(self) -> tuple[str, ...]:
        titles, box, steps = self._fields
        _demand_types([box], Box)
        _demand_types(steps, Step)
        for step in steps:
            verify(step)
        return (*titles, digest_of_box(box), *(step._seal for step in steps))


def _demand_types(values: Iterable[object], *types: type) -> None:
    """Refuse what only imitates one of the types, and could lie about its contents."""
    for value in values:
        if type(value) not in types:
            raise TamperedError(f"a {type(value).__name__} stands where no check has put it")


def view_of(ledger: object) -> View:
    """Return what a ledger says, after a look at its seals.

    Parameters
    ----------
    ledger : object
        What is supposed to be a ledger.

    Returns
    -------
    View

    Raises
    ------
    TamperedError
    """
    if type(ledger) is not Ledger:
        raise TamperedError(f"a {type(ledger).__name__} stands in place of the proved steps")
    verify(ledger)
    titles, box, steps = ledger._fields
    records = tuple(_record(step) for step in steps)
    return View(titles, box, steps, records, definitions_of(records))


def _record(step: Step) -> Record:
    number, claim, checked, why, certificate, using, lemmas, thread, name = step._fields
    level, method, details, _, cached, value = certificate._fields
    first = (number, claim, checked, why, using, lemmas, thread, name)
    return Record(*first, level, method, details, cached, value)


def records_of(steps: Iterable[Step]) -> tuple[Record, ...]:
    """Return plain copies of steps, after a look at the seal of each.

    Parameters
    ----------
    steps : iterable of Step

    Returns
    -------
    tuple of Record
    """
    known = list(steps)
    for step in known:
        verify(step)
    return tuple(_record(step) for step in known)


def _open_workshop() -> tuple[Any, Any, Any]:
    secret = secrets.token_bytes(32)

    def seal_of(sealed: Sealed) -> str:
        text = combine(type(sealed).__name__, *sealed._contents())
        return hmac.new(secret, text.encode(), "sha256").hexdigest()

    def sealed_object(kind: type[Sealed], *fields: Any) -> Any:
        sealed = object.__new__(kind)
        object.__setattr__(sealed, "_fields", fields)
        object.__setattr__(sealed, "_seal", seal_of(sealed))
        return sealed

    def check_seal(sealed: Sealed) -> None:
        kind = type(sealed).__name__
        try:
            valid = hmac.compare_digest(sealed._seal, seal_of(sealed))
        except (AttributeError, TypeError, ValueError):
            valid = False
        if not valid:
            raise TamperedError(f"this {kind} was not issued by a check or was changed since")

    def open_new(titles: tuple[str, str, str], box: Box) -> Any:
        return sealed_object(Ledger, titles, box, ())

    def issue(
        ledger: Ledger,
        claim: Claim,
        why: str,
        using: Sequence[int] = (),
        lemmas: tuple[str, ...] = (),
        name: str = "",
    ) -> Any:
        _demand_types([claim], *CLAIMS)
        view = view_of(ledger)
        box, steps = view.box, view.records
        if isinstance(claim, Definition):
            check_definition(claim, box, view.definitions)
        check_symbols(claim.free_symbols, view.declared)
        checked = expanded(claim, view.definitions)
        context = Context(box, steps, [steps[number - 1] for number in using], lemmas)
        found = check(checked, claim, context)
        value = check_constant(checked, found.evidence) if name else found.evidence.value
        evidence = found.evidence
        certificate = sealed_object(
            Certificate,
            evidence.level,
            evidence.method,
            tuple(evidence.details),
            combine(checked.fingerprint(), digest_of_box(box)),
            found.cached,
            value,
        )
        numbers = tuple(found.using or using)
        thread = thread_of(checked, steps)
        number = len(steps) + 1
        step = sealed_object(
            Step, number, claim, checked, why, certificate, numbers, lemmas, thread, name
        )
        return sealed_object(Ledger, view.titles, box, (*view.steps, step))

    return check_seal, open_new, issue


verify: Callable[[Sealed], None]
open_ledger: Callable[[tuple[str, str, str], Box], Ledger]
certify: Callable[..., Ledger]
verify, open_ledger, certify = _open_workshop()
