"""Every exception and warning that is not private to one engine."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any


class SymnumError(Exception):
    """Base class of the exceptions of symnum; each also subclasses the built-in one expects."""


class ParseError(SymnumError, ValueError):
    """A text is not one of the formulas that the whitelist admits."""


class UnsupportedNodeError(SymnumError, NotImplementedError):
    """An expression contains a node that cannot be evaluated; the message names it."""


class KernelError(SymnumError, RuntimeError):
    """Generated code could not be compiled."""


class TamperedError(SymnumError, RuntimeError):
    """A step or a certificate is not the one that its derivation issued."""


class UnknownDerivationError(SymnumError, KeyError):
    """No derivation of the gallery has that name; the message offers near names."""

    def __str__(self) -> str:
        return str(self.args[0])


class Refuted(SymnumError, ArithmeticError):
    """A claim is false: the counterexample is part of the exception.

    Parameters
    ----------
    claim : object
        The claim, printable.
    point : mapping
        From symbol to number: a point of the domain at which the claim fails.
    lhs, rhs : object
        The values of the two sides there.
    reason : str
        What failed, where it is not the comparison of two sides.
    """

    def __init__(
        self,
        claim: Any,
        point: Mapping[Any, Any],
        lhs: Any = None,
        rhs: Any = None,
        reason: str = "",
    ) -> None:
        super().__init__(claim, dict(point), lhs, rhs, reason)
        self.claim = claim
        self.point = dict(point)
        self.lhs = lhs
        self.rhs = rhs
        self.reason = reason

    def __str__(self) -> str:
        lines = [f"refuted: {self.claim}"]
        if self.point:
            place = ", ".join(f"{symbol} = {value}" for symbol, value in self.point.items())
            lines.append(f"  at {place}")
        if self.lhs is not None:
            lines.append(f"  left side  {self.lhs}")
        if self.rhs is not None:
            lines.append(f"  right side {self.rhs}")
        if self.reason:
            lines.append(f"  {self.reason}")
        return "\n".join(lines)


class Undecided(SymnumError, ArithmeticError):
    """A claim was neither proved nor refuted.

    Parameters
    ----------
    claim : object
        The claim, printable.
    tried : sequence of str
        What was tried and where it got stuck.
    hint : str
        What would help: split the domain, give a lemma, state a bound.
    """

    def __init__(self, claim: Any, tried: Iterable[str], hint: str = "") -> None:
        self.claim = claim
        self.tried = tuple(tried)
        self.hint = hint
        super().__init__(claim, self.tried, hint)

    def __str__(self) -> str:
        lines = [f"undecided: {self.claim}", *(f"  tried {attempt}" for attempt in self.tried)]
        if self.hint:
            lines.append(f"  what would help: {self.hint}")
        return "\n".join(lines)


class SymnumWarning(UserWarning):
    """Base class of the warnings of symnum; each class can be switched off by a warning filter."""


class FallbackWarning(SymnumWarning):
    """A node is evaluated by mpmath, element by element: right, and slow."""


class CacheWarning(SymnumWarning):
    """The cache on disk is damaged or cannot be used; kernels are compiled in memory."""


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that look most like `name`, best first.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What exists.

    Returns
    -------
    list of str
        At most three names.

    Examples
    --------
    >>> near_names("squareplu", ["squareplus", "ddim"])
    ['squareplus']
    """
    return difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
