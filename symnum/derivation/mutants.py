"""False neighbours of a claim: if the check accepted one of them, it could not be trusted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch
from itertools import chain, islice, zip_longest
from typing import Any

from sympy import Eq, Expr, Ge, Gt, Integer, Le, Lt, Ne, PoleError, Rational, Symbol, oo

from symnum.derivation.claims import (
    Approximation,
    Claim,
    Entrywise,
    Equality,
    Inequality,
    LimitClaim,
    PairClaim,
    Refutation,
    RefutedEquality,
    ResultClaim,
    RootClaim,
    SeriesClaim,
)
from symnum.derivation.mutations import variants
from symnum.derivation.refuter import value_at
from symnum.derivation.structures import mapped
from symnum.expressions.box import Box
from symnum.reference.evaluator import evaluate

__all__ = ["Mutant", "mutate"]

MOST = 8
_POINTS = 12
_DIGITS = 30
_VISIBLE = 1e-20


@dataclass(frozen=True, slots=True)
class Mutant:
    """A claim that was made false on purpose, and how."""

    change: str
    claim: Claim


def mutate(claim: Claim, box: Box) -> tuple[Mutant, ...]:
    """Return false neighbours of a claim, at least six where its form admits so many.

    A number plus one or negated, one sign in a sum, exp of the negative, sin and cos exchanged, a
    symbol stretched by 1 %, an exponent off by one, ``<=`` with the sides exchanged, a limit, a
    coefficient or a counterexample changed. Inequalities are only changed into ones that fail
    visibly at a point of the domain, since ``0 <= x**2 + 1`` is as true as ``0 <= x**2``.

    Parameters
    ----------
    claim : Claim
        With definitions substituted.
    box : symnum.expressions.Box

    Returns
    -------
    tuple of Mutant
        Empty for a definition, which claims nothing. A mutant of a claim with several entries is a
        mutant of one of them.

    Examples
    --------
    >>> from sympy.abc import x
    >>> from symnum.expressions import Interval
    >>> str(mutate(Equality(x + x, 2 * x), Box({x: Interval(0, 1)}))[0].claim)
    '2*x = 3*x'
    """
    return tuple(islice(_distinct(_mutants(claim, box), claim), MOST))


def _distinct(mutants: Iterator[Mutant], claim: Claim) -> Iterator[Mutant]:
    seen = {claim}
    for mutant in mutants:
        if mutant.claim not in seen:
            seen.add(mutant.claim)
            yield mutant


def sample_points(box: Box, seed: str) -> list[dict[Any, Any]]:
    """Return points of a domain, the same in each run.

    Parameters
    ----------
    box : symnum.expressions.Box
    seed : str

    Returns
    -------
    list of dict
    """
    return box.sample(random.Random(seed), _POINTS) + box.probes()[:_POINTS]


@singledispatch
def _mutants(claim: Claim, box: Box) -> Iterator[Mutant]:
    yield from ()


def _in_turn(*sources: Iterator[Mutant]) -> Iterator[Mutant]:
    rounds = chain.from_iterable(zip_longest(*sources))
    return (mutant for mutant in rounds if mutant is not None)


def _side_changed(expr: Expr, name: str, build: Callable[[Expr], Claim]) -> Iterator[Mutant]:
    for change, changed in variants(expr):
        yield Mutant(f"{name}: {change}", build(changed))


@_mutants.register
def _(claim: Equality, box: Box) -> Iterator[Mutant]:
    right = _side_changed(claim.rhs, "right side", lambda side: Equality(claim.lhs, side))
    left = _side_changed(claim.lhs, "left side", lambda side: Equality(side, claim.rhs))
    yield from _in_turn(right, left)


@_mutants.register
def _(claim: Inequality, box: Box) -> Iterator[Mutant]:
    points = sample_points(box, claim.fingerprint())
    right = _side_changed(claim.rhs, "right side", lambda side: Inequality(claim.lhs, side))
    left = _side_changed(claim.lhs, "left side", lambda side: Inequality(side, claim.rhs))
    exchanged = Mutant("the sides were exchanged", Inequality(claim.rhs, claim.lhs))
    for mutant in chain([exchanged], _in_turn(right, left)):
        if _fails_visibly(mutant.claim, points):
            yield mutant
    # Where the sides are far apart only a shift larger than the gap is false.
    gaps = [gap for point in points if (gap := _gap(claim.lhs, claim.rhs, point)) is not None]
    for factor in (1, 2, 3):
        shift = factor * (_rational(min(gaps, default=0)) + 1)
        yield Mutant(f"{shift} was added on the left", Inequality(claim.lhs + shift, claim.rhs))
        yield Mutant(f"{shift} was taken from the right", Inequality(claim.lhs, claim.rhs - shift))


@_mutants.register
def _(claim: Approximation, box: Box) -> Iterator[Mutant]:
    points = sample_points(box, claim.fingerprint())
    left, right, bound = claim.lhs, claim.rhs, claim.bound
    errors = [abs(gap) for point in points if (gap := _gap(left, right, point)) is not None]
    for part in (Rational(1, 2), Rational(1, 10), Integer(0)):
        tight = Approximation(left, right, _below(max(errors, default=0)) * part)
        if _fails_visibly(tight, points):
            yield Mutant(f"the bound became {tight.bound}", tight)
    changed = _in_turn(
        _side_changed(right, "right side", lambda side: Approximation(left, side, bound)),
        _side_changed(left, "left side", lambda side: Approximation(side, right, bound)),
    )
    for mutant in changed:
        if _fails_visibly(mutant.claim, points):
            yield mutant
    for factor in (3, -3, 4, -4):
        change = f"{factor} times the bound was added on the left"
        yield Mutant(change, Approximation(left + factor * bound, right, bound))


def _gap(low: Expr, high: Expr, point: dict[Any, Any]) -> Any:
    """Return high - low at a point, None where it is not a finite real number."""
    value = value_at(high - low, point, _DIGITS)
    if value is None or value != value or value.imag != 0 or abs(value) == float("inf"):
        return None
    return value.real


def _rational(value: Any) -> Rational:
    """Return a short rational number a little above a gap."""
    return Rational(int(value * 1000) + 1, 1000)


def _below(value: Any) -> Rational:
    """Return a short rational number below a positive one, of nearly the same size."""
    text = f"{float(value):.2e}"
    return Rational(text) * Rational(98, 100)


def _fails_visibly(claim: Claim, points: Sequence[dict[Any, Any]]) -> bool:
    """Tell whether a mutant fails at one of the points by more than rounding."""
    for point in points:
        low, high = claim.sides
        gap = _gap(low, high, point)
        if gap is not None and isinstance(claim, Approximation):
            most = _gap(Integer(0), claim.bound, point)
            gap = None if most is None else most - abs(gap)
        if gap is not None and gap < -_VISIBLE:
            return True
    return False


@_mutants.register
def _(claim: LimitClaim, box: Box) -> Iterator[Mutant]:
    for change, value in _other_values(claim.value):
        yield Mutant(change, LimitClaim(claim.expr, claim.x, claim.x0, value))


def _other_values(value: Expr) -> Iterator[tuple[str, Expr]]:
    """Yield values that differ from the given one, finite or not."""
    if value in (oo, -oo):
        yield "the limit was negated", -value
        for number in (0, 1, -1, 1000, -1000):
            yield f"the limit became {number}", Integer(number)
    else:
        yield from variants(value)
        yield "the limit became infinite", oo
        yield "2 was added", value + 2


@_mutants.register
def _(claim: SeriesClaim, box: Box) -> Iterator[Mutant]:
    expr, x, order, value = claim.expr, claim.x, claim.order, claim.value
    for power in range(order):
        change = f"x**{power} was added to the expansion"
        yield Mutant(change, SeriesClaim(expr, x, order, value + x**power))
    for change, changed in variants(value):
        if _differs_below(changed - value, x, order):
            yield Mutant(change, SeriesClaim(expr, x, order, changed))


def _differs_below(difference: Expr, x: Symbol, order: int) -> bool:
    """Tell whether a difference has a term below x**order, so that it is no expansion of 0."""
    try:
        return bool(difference.series(x, 0, order).removeO() != 0)
    except (NotImplementedError, PoleError, ValueError):
        return False


@_mutants.register
def _(claim: Refutation, box: Box) -> Iterator[Mutant]:
    left, right = claim.sides
    gap = (left - right).subs(claim.point)
    level = right + gap  # equal to the left side at the point
    relations = [
        *(kind(left, level, evaluate=False) for kind in (Eq, Le, Ge)),
        *(kind(left, level + 1, evaluate=False) for kind in (Le, Lt, Ne)),
        *(kind(left, level - 1, evaluate=False) for kind in (Ge, Gt)),
    ]
    for relation in relations:
        yield Mutant("the relation became true at the point", Refutation(relation, claim.at))


@_mutants.register
def _(claim: RefutedEquality, box: Box) -> Iterator[Mutant]:
    for side in (claim.lhs, claim.rhs):
        same = RefutedEquality(side, side, claim.at)
        yield Mutant("both sides became the same", same)


@_mutants.register
def _(claim: RootClaim, box: Box) -> Iterator[Mutant]:
    places = [claim.near + shift for shift in (Rational(1, 7), Rational(-1, 9), Rational(1, 11))]
    points = [{claim.unknown: place} for place in places]
    for change, equation in variants(claim.equation):
        # A multiple of the equation has the same root and would be no falsehood.
        if claim.unknown in equation.free_symbols and not _is_multiple(
            equation, claim.equation, points
        ):
            mutant = RootClaim(equation, claim.unknown, claim.near, claim.digits)
            yield Mutant(change, mutant)


def _is_multiple(expr: Expr, other: Expr, points: Sequence[dict[Any, Any]]) -> bool:
    pairs = [(evaluate(expr, point, _DIGITS), evaluate(other, point, _DIGITS)) for point in points]
    (first, second), rest = pairs[0], pairs[1:]
    return all(
        abs(first * below - above * second) <= _VISIBLE * (1 + abs(first * below))
        for above, below in rest
    )


@_mutants.register
def _(claim: Entrywise, box: Box) -> Iterator[Mutant]:
    def of_part(place: str, part: PairClaim) -> Iterator[Mutant]:
        for mutant in _mutants(part, box):
            yield Mutant(f"entry {place}: {mutant.change}", mutant.claim)

    parts = (of_part(place, part) for place, part in claim.parts)
    yield from _in_turn(*parts)


@_mutants.register
def _(claim: ResultClaim, box: Box) -> Iterator[Mutant]:
    def changed(entry: Expr) -> Iterator[Mutant]:
        for change, other in variants(entry):
            table = {entry: other}
            expr = mapped(claim.expr, lambda side, table=table: table.get(side, side))  # type: ignore[misc]
            yield Mutant(change, ResultClaim(expr, claim.args))

    yield from _in_turn(*(changed(entry) for entry in dict.fromkeys(claim.sides)))
