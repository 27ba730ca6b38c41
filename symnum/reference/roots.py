"""The real roots of an expression in one unknown, with proofs of existence and uniqueness.

A root is a point at which every part of the expression is real and the value is 0. A box is dropped
where the range excludes 0, and settled by the interval Newton step N = m - f(m) / f'(box): N inside
the box proves exactly one root. Where f' has a zero of its own, f is convex or concave, and its
value at the turning point decides. Fractions are worked on with their numerators, so that poles do
not stay behind as undecided boxes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import mpmath
import sympy
from flint import fmpq

from symnum.reference.balls import as_expression
from symnum.reference.boxes import as_fraction, as_region, as_symbolic
from symnum.reference.isolation import Isolation, Located
from symnum.reference.spans import Span

__all__ = ["RootEnclosure", "RootIsolation", "interval_newton", "isolate_roots"]


@dataclass(frozen=True, slots=True)
class RootEnclosure:
    """A root between two exact numbers.

    Attributes
    ----------
    lower, upper : Rational
        The root lies between them; equal where the root is this rational.
    value : mpmath.mpf
        The middle, to all digits that are proved.
    status : str
        "proved": exactly one root lies here. "possible": a root or a cluster lies here as far as
        can be told, such as a double root that is no rational.
    multiplicity : int or None
        1 for a simple root, 2 where the derivative is proved to vanish too, None where unknown.
    steps : int
        Newton steps taken.
    """

    lower: sympy.Rational
    upper: sympy.Rational
    value: Any
    status: str = "proved"
    multiplicity: int | None = 1
    steps: int = 0

    @property
    def proved(self) -> bool:
        """Whether existence and uniqueness are proved."""
        return self.status == "proved"


@dataclass(frozen=True, slots=True)
class RootIsolation:
    """All roots in an interval, as far as they were found.

    Attributes
    ----------
    roots : tuple of RootEnclosure
        In ascending order.
    unresolved : tuple of (low, high)
        Boxes that may hold more roots.
    complete : bool
        Whether every root is proved and nothing is unresolved: then an empty answer is a proof.
    boxes : int
        How many boxes were examined.
    """

    roots: tuple[RootEnclosure, ...]
    unresolved: tuple[tuple[sympy.Rational, sympy.Rational], ...]
    complete: bool
    boxes: int


def interval_newton(
    expr: Any, unknown: sympy.Symbol, low: Any, high: Any, digits: int = 50
) -> RootEnclosure | None:
    """Return the only root of an expression in an interval, proved and to any number of digits.

    Parameters
    ----------
    expr : Expr
        In one free symbol, the unknown.
    unknown : Symbol
    low, high : number
        The closed interval; finite.
    digits : int
        Relative accuracy of the enclosure in decimal digits, absolute for a root too near to 0.

    Returns
    -------
    RootEnclosure, or None where it is not proved that there is exactly one root

    Raises
    ------
    ValueError
        Where there is another free symbol, an infinite or reversed interval, or digits is below 1.
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> root = interval_newton(sympy.cos(x) - x, x, 0, 1, digits=30)
    >>> sympy.N(root.lower, 30)
    0.739085133215160641655312087674
    """
    found = isolate_roots(expr, unknown, low, high, budget=2_000, digits=digits)
    if not found.complete or len(found.roots) != 1:
        return None
    return found.roots[0]


def isolate_roots(
    expr: Any,
    unknown: sympy.Symbol,
    low: Any,
    high: Any,
    *,
    budget: int = 20_000,
    digits: int = 16,
) -> RootIsolation:
    """Return all real roots of an expression in a closed interval, each with its proof.

    Parameters
    ----------
    expr : Expr
        In one free symbol, the unknown.
    unknown : Symbol
    low, high : number
        The closed interval; finite. A root on its edge counts.
    budget : int
        The number of boxes after which to give up.
    digits : int
        Accuracy of the enclosures, in decimal digits.

    Returns
    -------
    RootIsolation

    Raises
    ------
    ValueError
        Where there is another free symbol, an infinite or reversed interval, or digits or budget
        is below 1.
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> found = isolate_roots(sympy.tan(x) - x, x, sympy.Rational(1, 2), 8)
    >>> len(found.roots), found.complete
    (2, True)
    """
    expression = as_expression(expr)
    side = _checked(expression, unknown, low, high, budget, digits)
    roots: list[RootEnclosure] = []
    unresolved: list[Span] = []
    boxes = 0
    for factor, multiplicity in _factors(expression, unknown):
        search = Isolation(factor, unknown, budget, digits)
        search.run(side)
        boxes += search.boxes
        unresolved += search.unresolved
        for located in search.located:
            root = _enclosure(located, digits)
            known = root.multiplicity is not None
            roots.append(
                replace(root, multiplicity=multiplicity) if known and multiplicity > 1 else root
            )
    roots.sort(key=lambda root: root.lower)
    left = tuple((as_symbolic(box.low), as_symbolic(box.high)) for box in unresolved)
    complete = not left and all(root.proved for root in roots)
    return RootIsolation(tuple(roots), left, complete, boxes)


def _checked(expression: Any, unknown: Any, low: Any, high: Any, budget: Any, digits: Any) -> Span:
    if not isinstance(unknown, sympy.Symbol):
        raise TypeError(f"unknown must be a Symbol, not {unknown!r}")
    others = sorted(str(symbol) for symbol in expression.free_symbols - {unknown})
    if others:
        raise ValueError(f"only {unknown} may be free in the expression, not {', '.join(others)}")
    for name, count in (("budget", budget), ("digits", digits)):
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"{name} must be a positive integer, not {count!r}")
    side = as_region({unknown: (low, high)})[unknown]
    if not all(isinstance(end, fmpq) or end.is_finite() for end in (side.low, side.high)):
        raise ValueError(f"the interval must be finite, not ({low}, {high})")
    return side


def _factors(expression: Any, unknown: sympy.Symbol) -> list[tuple[Any, int]]:
    """Return the square-free factors of a polynomial over the rationals, else the expression."""
    if not expression.is_polynomial(unknown) or not expression.has(unknown):
        return [(expression, 1)]
    if expression.atoms(sympy.Function):
        return [(expression, 1)]  # sines of numbers and the like are no rationals, and may be many
    try:
        polynomial = sympy.Poly(expression, unknown, domain="QQ")
    except sympy.CoercionFailed:
        return [(expression, 1)]
    _, factors = polynomial.sqf_list()
    return [(factor.as_expr(), multiplicity) for factor, multiplicity in factors]


def _enclosure(located: Located, digits: int) -> RootEnclosure:
    low, high = as_fraction(located.span.low), as_fraction(located.span.high)
    centre = (low + high) / 2
    prec = int(digits * 3.33) + 20
    raw = mpmath.libmp.from_rational(int(centre.p), int(centre.q), prec, "n")
    return RootEnclosure(
        lower=as_symbolic(low),
        upper=as_symbolic(high),
        value=mpmath.mp.make_mpf(raw),
        status="proved" if located.proved else "possible",
        multiplicity=located.multiplicity,
        steps=located.steps,
    )
