"""Every root of an equation in a closed interval, with a proof that there are no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp
from flint import arb, ctx

from symnum.expressions import Interval
from symnum.expressions.exact import compare, exact_number
from symnum.rootfinding.certificates import exact_ends
from symnum.rootfinding.factors import Factor, vanishing_factors
from symnum.rootfinding.numerators import numerator_and_denominator
from symnum.rootfinding.polynomial_roots import integer_polynomial, real_roots_between
from symnum.rootfinding.problem import ScalarProblem, read_problem
from symnum.rootfinding.scalar_functions import ScalarFunction, scalar_function
from symnum.rootfinding.verdicts import nearest_double
from symnum.rootfinding.zero_isolation import Zero, zeros_between

__all__ = ["RootSet", "roots"]

Ends = tuple[sp.Expr, sp.Expr]

PROVED = "proved"
POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class RootSet:
    """All roots in a closed interval.

    Attributes
    ----------
    roots : tuple of float
        In increasing order, each the double nearest to its root.
    statuses : tuple of str
        ``"proved"``: there is exactly one root in the enclosure; ``"possible"``: a place where
        neither a root nor its absence could be proved.
    multiplicities : tuple of (int or None)
        Of the roots, where known.
    enclosures : tuple of (Rational, Rational)
        The exact ends of an interval around each root.
    unresolved : tuple of (Rational, Rational)
        Parts of the interval about which nothing could be decided.
    complete : bool
        Whether every root is proved and nothing is unresolved: then there are no other roots, and
        an empty answer is a proof that there is none.
    equation, unknown : str
        For messages.
    """

    roots: tuple[float, ...]
    statuses: tuple[str, ...]
    multiplicities: tuple[int | None, ...]
    enclosures: tuple[Ends, ...]
    unresolved: tuple[Ends, ...]
    complete: bool
    equation: str
    unknown: str

    def __len__(self) -> int:
        return len(self.roots)

    def __iter__(self) -> Iterator[float]:
        return iter(self.roots)

    def __str__(self) -> str:
        count = len(self.roots)
        what = "no root" if count == 0 else "1 root" if count == 1 else f"{count} roots"
        places = ", ".join(repr(root) for root in self.roots[:8]) + (", ..." if count > 8 else "")
        listed = f": {self.unknown} = {places}" if count else ""
        if self.complete:
            return f"{what} of {self.equation}, proved complete{listed}"
        open_places = len(self.unresolved) + self.statuses.count(POSSIBLE)
        return (
            f"{what} of {self.equation}, not complete ({open_places} places undecided){listed}; "
            "narrow the box around the places in .unresolved"
        )


def roots(equation: str | sp.Expr | sp.Eq, box: Any) -> RootSet:
    """Find every root of an equation in one unknown in a closed interval, with proof.

    The equation is split into numerator and denominators, the numerator into factors. Polynomials
    are isolated exactly by FLINT, other factors by interval Newton and bisection; where a root is
    multiple the derivatives decide. Zeros of a denominator are poles and no roots.

    Parameters
    ----------
    equation : str, Expr or Eq
        In one unknown.
    box : tuple of two numbers, or mapping
        ``(a, b)``, exact numbers such as ``"pi/2"`` included, or ``{symbol: (a, b)}``. A root on
        the edge counts.

    Returns
    -------
    RootSet
        `roots`, `statuses`, `complete`, `unresolved`, ...

    Raises
    ------
    ValueError, TypeError
        For an equation without or with several unknowns, or a box that is reversed, infinite or no
        pair of numbers.

    Examples
    --------
    >>> print(roots("tan(x) - x", (1, 8)))
    2 roots of tan(x) - x, proved complete: x = 4.493409457909064, 7.725251836937707
    """
    problem = read_problem(equation, None, "real")
    low, high = _read_box(box, problem)
    numerator, denominator = numerator_and_denominator(problem.expr)
    zeros: list[Zero] = []
    unresolved: list[Ends] = []
    for factor in vanishing_factors(numerator):
        if factor.exponent.is_positive:
            found, left = _zeros_of(factor, problem, low, high)
            zeros += found
            unresolved += left
    below = scalar_function(denominator, problem.unknown, True)
    kept: list[Zero] = []
    for zero in sorted(_merged(zeros), key=lambda z: float(z.ball.mid())):
        verdict = _is_root(zero, below)
        if verdict is None:
            unresolved.append(exact_ends(zero.ball))
        elif verdict:
            kept.append(zero)
    return _root_set(problem, kept, sorted(unresolved, key=lambda ends: ends[0]))


def _read_box(box: Any, problem: ScalarProblem) -> Ends:
    """Return the exact ends of the interval."""
    if isinstance(box, Mapping):
        named = {key if isinstance(key, str) else key.name: value for key, value in box.items()}
        if set(named) != {problem.name}:
            raise ValueError(f"box: expected a side for {problem.name} alone, got {sorted(named)}")
        box = named[problem.name]
    if isinstance(box, str):
        raise TypeError(f"box: expected a pair of numbers, got {box!r}")
    try:
        low, high = (box.low, box.high) if isinstance(box, Interval) else box
    except (TypeError, ValueError):
        raise ValueError(f"box: expected two numbers (a, b), got {box!r:.60}") from None
    ends = [_end(end) for end in (low, high)]
    if compare(*ends) != -1:
        raise ValueError(f"box: expected a < b, got ({low}, {high}) for {problem.name}")
    return ends[0], ends[1]


def _end(value: Any) -> sp.Expr:
    number = exact_number(sp.sympify(value) if isinstance(value, str) else value, "box")
    if number in (sp.oo, -sp.oo):
        raise ValueError(f"box: expected finite numbers, got {value}")
    return number


def _zeros_of(
    factor: Factor, problem: ScalarProblem, low: sp.Expr, high: sp.Expr
) -> tuple[list[Zero], list[Ends]]:
    """Return the zeros of one factor in the closed interval and what is undecided."""
    polynomial = integer_polynomial(factor.expr, problem.unknown)
    if polynomial is not None:
        exact = real_roots_between(polynomial, low, high)
        if exact is not None:
            power = factor.multiplicity
            return [
                Zero(ball, True, None if power is None else power * count) for ball, count in exact
            ], []
    function = scalar_function(factor.expr, problem.unknown, True)
    found, left = zeros_between(function, low, high)
    return [replace(zero, multiplicity=_times(factor, zero)) for zero in found], left


def _times(factor: Factor, zero: Zero) -> int | None:
    power = factor.multiplicity
    return None if power is None or zero.multiplicity is None else power * zero.multiplicity


def _merged(zeros: list[Zero]) -> list[Zero]:
    """Join zeros of different factors that may be one point: such a place is undecided."""
    joined: list[Zero] = []
    for zero in sorted(zeros, key=lambda z: float(z.ball.mid())):
        if joined and joined[-1].ball.overlaps(zero.ball):
            before = joined.pop()
            both = before.proved and zero.proved and _same_number(before.ball, zero.ball)
            total = (
                before.multiplicity + zero.multiplicity
                if both and before.multiplicity is not None and zero.multiplicity is not None
                else None
            )
            joined.append(Zero(before.ball.union(zero.ball), both, total))
        else:
            joined.append(zero)
    return joined


def _same_number(first: arb, second: arb) -> bool:
    """Whether two balls hold the same root for certain: both are exact and equal."""
    return bool(first.is_exact() and second.is_exact() and first == second)


def _is_root(zero: Zero, below: ScalarFunction) -> bool | None:
    """Whether a zero of the numerator is a root: the equation must be defined there."""
    for precision in (64, 256, 1024):
        with ctx.workprec(precision):
            denominator = below.ball(0, zero.ball, precision)
            if denominator.is_zero():
                return False
            if denominator.is_finite() and not denominator.contains(0):
                return True
    return None


def _root_set(problem: ScalarProblem, zeros: list[Zero], unresolved: list[Ends]) -> RootSet:
    proved = [zero.proved for zero in zeros]
    return RootSet(
        roots=tuple(nearest_double(zero.ball, True)[0] for zero in zeros),
        statuses=tuple(PROVED if sure else POSSIBLE for sure in proved),
        multiplicities=tuple(zero.multiplicity for zero in zeros),
        enclosures=tuple(exact_ends(zero.ball) for zero in zeros),
        unresolved=tuple(unresolved),
        complete=all(proved) and not unresolved,
        equation=problem.text,
        unknown=problem.name,
    )
