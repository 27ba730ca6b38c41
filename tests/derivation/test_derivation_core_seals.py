"""A step cannot be made, changed, moved or subclassed by hand."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from types import SimpleNamespace

import pytest
import sympy as sp

import symnum as sn
from symnum.derivation import Certificate, Derivation, Step, steps
from symnum.derivation.claims import Entrywise, Equality
from symnum.derivation.structures import Coordinated
from symnum.errors import TamperedError

x = sp.Symbol("x")


@pytest.fixture
def derivation():
    d = sn.Derivation("square", domain={x: sn.Interval("-oo", "oo")})
    d.equal((x + 1) ** 2, x**2 + 2 * x + 1, why="expand the square")
    d.equal(x**2 + 2 * x + 1, x * (x + 2) + 1, why="collect x")
    d.result(x * (x + 2) + 1, args=x)
    return d


READERS = {
    "steps": lambda d: d.steps,
    "level": lambda d: d.level,
    "constants": lambda d: d.constants,
    "domain": lambda d: d.domain,
    "name": lambda d: d.name,
    "args": lambda d: d.args,
    "expr": lambda d: d.expr,
    "compile": lambda d: d.compile(),
    "str": str,
    "repr": repr,
    "markdown": lambda d: d.to_markdown(),
    "html": lambda d: d.to_html(),
    "latex": lambda d: d._repr_latex_(),
    "mutants": lambda d: d.mutants(),
    "equal": lambda d: d.equal(x, x, why="again"),
    "define": lambda d: d.define("y", x, why="again"),
    "result": lambda d: d.result(x, args=x),
}

false = Equality(x, x + 1)


def forged_step(step, **changes):
    names = [
        "number",
        "claim",
        "expanded",
        "why",
        "certificate",
        "using",
        "lemmas",
        "thread",
        "name",
    ]
    fields = dict(zip(names, step._fields, strict=True)) | changes
    forged = object.__new__(Step)
    object.__setattr__(forged, "_fields", tuple(fields.values()))
    object.__setattr__(forged, "_seal", step._seal)
    return forged


def forged_ledger(d, stated):
    ledger = object.__new__(type(d._ledger))
    object.__setattr__(ledger, "_fields", (*d._ledger._fields[:2], tuple(stated)))
    object.__setattr__(ledger, "_seal", d._ledger._seal)
    return ledger


def change_field(d):
    step = d.steps[0]
    object.__setattr__(step, "_fields", (1, false, false, *step._fields[3:]))


def change_claim(d):
    object.__setattr__(d.steps[0].claim, "rhs", x + 1)


def change_level(d):
    certificate = d.steps[0].certificate
    object.__setattr__(certificate, "_fields", ("interval", *certificate._fields[1:]))


def change_domain(d):
    object.__setattr__(d.domain, "where", (x > 3,))


def change_interval(d):
    object.__setattr__(d.domain[x], "low", sp.Integer(0))


def drop_step(d):
    object.__setattr__(d, "_ledger", forged_ledger(d, d.steps[1:]))


def add_forged(d):
    forged = forged_step(d.steps[0], claim=false, expanded=false)
    object.__setattr__(d, "_ledger", forged_ledger(d, [*d.steps, forged]))


def add_empty(d):
    empty = object.__new__(Step)
    object.__setattr__(d, "_ledger", forged_ledger(d, [*d.steps, empty]))


def add_imitation(d):
    class Imitation:
        claim = expanded = false
        number, why, using, lemmas, thread, name = 1, "because", (), (), 1, ""
        certificate = SimpleNamespace(level="exact", evidence=(), value=None, cached=False)
        _seal = "seal"

    object.__setattr__(d, "_ledger", forged_ledger(d, [*d.steps, Imitation()]))


def add_foreign(d):
    other = sn.Derivation("other", domain={x: sn.Interval(0, 1)})
    other.equal(x, x, why="same")
    object.__setattr__(d, "_ledger", forged_ledger(d, [*d.steps, *other.steps]))


def lie_in_fingerprint(d):
    step = d.steps[0]
    honest = step.claim.fingerprint()

    class Liar(type(step.claim).__mro__[1]):
        sides = (x, x + 1)

        def fingerprint(self):
            return honest

        def phrase(self, left, right):
            return (left, right)

        def rebuilt(self, function):
            return self

    object.__setattr__(step, "_fields", (1, Liar(), Liar(), *step._fields[3:]))


def lie_in_text(d):
    class Two(str):
        def encode(self, *arguments):
            return b"expand the square"

    step = d.steps[0]
    lying = (*step._fields[:3], Two("because I say so"), *step._fields[4:])
    object.__setattr__(step, "_fields", lying)


def replace_ledger(d):
    imitation = SimpleNamespace(steps=(), box=d.domain, titles=("square", "", ""))
    object.__setattr__(d, "_ledger", imitation)


ATTACKS = {
    attack.__name__: attack
    for attack in (
        change_field,
        change_claim,
        change_level,
        change_domain,
        change_interval,
        drop_step,
        add_forged,
        add_empty,
        add_imitation,
        add_foreign,
        lie_in_fingerprint,
        lie_in_text,
        replace_ledger,
    )
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_every_reader_notices_every_attack(derivation, attack):
    attack(derivation)
    for name, reader in READERS.items():
        with pytest.raises(TamperedError):
            print(name, reader(derivation))


def test_untouched_derivation_reads(derivation):
    assert [step.number for step in derivation.steps] == [1, 2, 3]
    assert derivation.level == "exact"
    assert str(derivation.steps[0].claim) == "(x + 1)**2 = x**2 + 2*x + 1"


@pytest.mark.parametrize("kind", [Step, Certificate, steps.Ledger])
def test_no_constructor(kind):
    with pytest.raises(TypeError, match="cannot be constructed"):
        kind()
    with pytest.raises(TypeError, match="cannot be constructed"):
        kind("claim", "why", certificate=None)


@pytest.mark.parametrize("kind", [Step, Certificate, steps.Ledger, Derivation])
def test_no_subclass(kind):
    with pytest.raises(TypeError, match="is final"):
        type("Sub", (kind,), {})


@pytest.mark.parametrize("pick", [lambda d: d.steps[0], lambda d: d.steps[0].certificate])
def test_frozen_and_not_replaceable(derivation, pick):
    sealed = pick(derivation)
    for name in ("why", "level", "_fields", "_seal", "anything"):
        with pytest.raises(AttributeError):
            setattr(sealed, name, "x")
        with pytest.raises(AttributeError):
            delattr(sealed, name)
    with pytest.raises(TypeError):
        dataclasses.replace(sealed, why="other")
    assert copy.copy(sealed) is sealed
    assert copy.deepcopy(sealed) is sealed


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_is_pickled(derivation, protocol):
    for thing in (derivation, derivation.steps[0], derivation.steps[0].certificate):
        with pytest.raises(TypeError, match=r"run (it|the derivation) again"):
            pickle.dumps(thing, protocol)


def test_unpickled_bytes_are_no_step():
    # Protocol 2: push the class, an empty tuple, NEWOBJ.
    bare = pickle.loads(b"\x80\x02csymnum.derivation.steps\nStep\n)\x81.")
    assert type(bare) is Step
    with pytest.raises(TamperedError):
        bare.claim  # noqa: B018
    with pytest.raises(TamperedError):
        repr(bare)


def test_derivation_has_no_handles(derivation):
    before = derivation.steps
    for name in ("steps", "_steps", "level", "domain", "constants", "expr", "_ledger", "name"):
        with pytest.raises(AttributeError):
            setattr(derivation, name, ())
    with pytest.raises(TypeError):
        copy.copy(derivation)
    with pytest.raises(TypeError):
        derivation.steps[0] = None
    assert derivation.steps == before


def test_issuing_directly_still_checks(derivation):
    with pytest.raises(sn.Refuted):
        steps.certify(derivation._ledger, false, "because")
    assert len(derivation.steps) == 3


def test_an_imitated_claim_is_not_issued(derivation):
    with pytest.raises(TamperedError):
        steps.certify(derivation._ledger, SimpleNamespace(free_symbols=()), "because")


def test_changing_what_was_handed_over_changes_nothing():
    domain = {x: sn.Interval(0, 1)}
    matrix = sp.Matrix([[x, 1]])
    d = sn.Derivation("copy", domain=domain)
    d.equal(matrix, sp.Matrix([[x, 1]]), why="same")
    d.result(list(matrix), args=[x])
    domain[sp.Symbol("y")] = sn.Interval(0, 1)
    matrix[0, 0] = 5
    d.expr.append(7)
    assert list(d.domain) == [x]
    assert d.expr == [x, 1]
    assert "5" not in str(d.steps[0].claim)


def test_description_of_coordinates_is_sealed():
    honest = Coordinated("I", "frame", (x,))
    other = Coordinated("J", "frame", (x,))
    part = (("coordinate 0", Equality(x, x)),)
    first = Entrywise(honest, honest, part).fingerprint()
    assert first != Entrywise(other, honest, part).fingerprint()
