"""All complex roots of an analytic equation: of a polynomial, or in a rectangle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import acb, ctx

from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.boxes.arguments import Ends, check_names, named_sides, read_corners
from symnum.rootfinding.boxes.complex_search import ComplexSearch, Rectangle, rectangle_ball
from symnum.rootfinding.boxes.edges import EDGE_BITS, float_ends, lies_between
from symnum.rootfinding.boxes.polynomial_roots import (
    complex_roots_of,
    integer_polynomial,
    roots_with_coefficients,
)
from symnum.rootfinding.boxes.root_set import POSSIBLE, PROVED, RootSet
from symnum.rootfinding.certificates import exact_ends
from symnum.rootfinding.enclosure import double_in, isolate_near
from symnum.rootfinding.factors import Factor, vanishing_factors
from symnum.rootfinding.numerators import numerator_and_denominator
from symnum.rootfinding.problem import ScalarProblem
from symnum.rootfinding.scalar.multiple_roots import multiple_root
from symnum.rootfinding.scalar_functions import ScalarFunction, scalar_function

__all__ = ["analytic_roots"]

Sides = tuple[Ends, Ends]

#: Rectangles that a search may look at.
BUDGET = 20_000

#: Undecided rectangles that together are narrower than this count as one possible root.
CLUSTER = 1e-3

#: Gaps below this, relative to the distance from 0 or 1, do not part a cluster.
GAP = 1e-6

#: Bits to which roots of polynomials are isolated at first.
FIRST_BITS = 128

#: Bits to which roots are narrowed so that their doubles are the nearest ones.
NARROW_BITS = (128, 512)


@dataclass(frozen=True, slots=True)
class _Zero:
    """A zero of one factor: a ball around it, narrowed on demand to more bits."""

    ball: acb
    proved: bool
    multiplicity: int | None
    narrowed: Callable[[int], acb | None]

    @property
    def root(self) -> complex:
        return complex(double_in(self.ball.real), double_in(self.ball.imag))


def analytic_roots(problem: ScalarProblem, box: Any) -> RootSet:
    """Find every complex root of an analytic equation, of a polynomial or in a rectangle.

    Polynomials with rational coefficients are isolated by FLINT, multiple roots through the
    square-free parts. Other factors are searched by interval Newton in complex balls.

    Parameters
    ----------
    problem : ScalarProblem
        Read with the domain ``"complex"``.
    box : pair of complex numbers, mapping, or None
        Opposite corners of a closed rectangle; None for all roots of a polynomial.

    Returns
    -------
    RootSet

    Raises
    ------
    ValueError, TypeError
        If there is no rectangle and the equation is no polynomial, or the rectangle is none.
    """
    sides = _read_rectangle(problem, box)
    numerator, denominator = numerator_and_denominator(problem.expr)
    zeros: list[_Zero] = []
    open_boxes: list[Rectangle] = []
    boxes = 0
    for factor in vanishing_factors(numerator):
        if factor.exponent.is_positive:
            found, left, count = _zeros_of(factor, problem, sides)
            zeros += found
            open_boxes += left
            boxes += count
    kept = []
    unresolved = [_rectangle_ends(rectangle_ball(box)) for box in open_boxes]
    below = scalar_function(denominator, problem.unknown, False)
    for zero in _merged(zeros, scalar_function(numerator, problem.unknown, False)):
        if sides is not None and not _is_inside(zero, sides):
            continue
        verdict = _is_defined(zero, below)
        if verdict is None:
            unresolved.append(_rectangle_ends(zero.ball))
        elif verdict:
            kept.append(zero)
    return _root_set(problem, kept, unresolved, boxes)


def _read_rectangle(problem: ScalarProblem, box: Any) -> Sides | None:
    if isinstance(box, Mapping):
        named = named_sides(box) or {}
        check_names(named, [problem.name])
        box = named[problem.name]
    if box is not None:
        return read_corners(box, problem.name)
    numerator, _ = numerator_and_denominator(problem.expr)
    if numerator.is_polynomial(problem.unknown):
        return None
    raise ValueError(
        f"box: {problem.text} is no polynomial, so its roots are found in a rectangle; give two "
        f"corners for {problem.name}, such as (-1 - 1j, 1 + 1j)"
    )


# zeros of one factor


def _zeros_of(
    factor: Factor, problem: ScalarProblem, sides: Sides | None
) -> tuple[list[_Zero], list[Rectangle], int]:
    power = factor.multiplicity
    found = _zeros_of_polynomial(factor.expr, problem.unknown)
    if found is not None:
        return [_powered(zero, power) for zero in found], [], 0
    if sides is None:
        raise ValueError(
            f"box: the roots of {problem.text} are too close to each other to be told apart "
            f"without a rectangle; give two corners for {problem.name}, such as (-1 - 1j, 1 + 1j)"
        )
    function = scalar_function(factor.expr, problem.unknown, False)
    search = ComplexSearch(function, BUDGET)
    search.run(Rectangle(*float_ends(sides[0]), *float_ends(sides[1])))
    zeros: list[_Zero] = []
    for region, ball in search.found:
        zero = _simple_zero(function, region, ball)
        if not any(zero.proved and _is_same(zero, region, known) for known in zeros):
            zeros.append(zero)
    left = []
    for cluster in _clusters(search.undecided):
        settled = _cluster_zero(function, cluster)
        if settled is None:
            left.append(cluster)
        else:
            zeros.append(settled)
    return [_powered(zero, power) for zero in zeros], left, search.boxes


def _powered(zero: _Zero, power: int | None) -> _Zero:
    count = None if power is None or zero.multiplicity is None else power * zero.multiplicity
    return _Zero(zero.ball, zero.proved, count, zero.narrowed)


def _zeros_of_polynomial(expr: sp.Expr, unknown: sp.Symbol) -> list[_Zero] | None:
    """Return all zeros of a polynomial, None for other functions."""
    if not expr.is_polynomial(unknown):
        return None
    polynomial = integer_polynomial(expr, unknown)

    def isolated(bits: int) -> list[tuple[acb, int]] | None:
        if polynomial is not None:
            return complex_roots_of(polynomial, bits)
        return roots_with_coefficients(expr, unknown, bits)

    def finer(ball: acb) -> Callable[[int], acb | None]:
        return lambda bits: _nearest_to(ball, isolated(bits) or [])

    found = isolated(FIRST_BITS)
    if found is None:
        return None
    return [_Zero(ball, True, count, finer(ball)) for ball, count in found]


def _nearest_to(ball: acb, finer: Sequence[tuple[acb, int]]) -> acb | None:
    """Return the narrower ball of the same root: the only one that overlaps."""
    near = [one for one, _ in finer if one.overlaps(ball)]
    return near[0] if len(near) == 1 else None


def _simple_zero(function: ScalarFunction, region: Rectangle, ball: acb) -> _Zero:
    """Return the only zero in a rectangle, narrowed; on the real axis where that is proved."""
    found = isolate_near(function, ball.mid(), 0, NARROW_BITS)
    if found is None or not region.holds(found.root):
        return _Zero(ball, True, 1, lambda bits: None)
    root = _on_the_axis(function, region, found.root)

    def narrowed(bits: int) -> acb | None:
        finer = isolate_near(function, root.mid(), 0, (bits,))
        return finer.root if finer is not None and region.holds(finer.root) else None

    return _Zero(root, True, 1, narrowed)


def _on_the_axis(function: ScalarFunction, region: Rectangle, root: acb) -> acb:
    """Return a root with an imaginary part that is exactly 0, where a real proof finds it."""
    if not root.imag.contains(0) or function.expr.has(sp.I):
        return root
    real = sp.Dummy("x", real=True)
    on_axis = scalar_function(function.expr.xreplace({function.unknown: real}), real, True)
    try:
        found = isolate_near(on_axis, root.real.mid(), 0, NARROW_BITS)
    except UnsupportedNodeError:
        return root
    if found is None or not region.holds(acb(found.root)):
        return root
    return acb(found.root)


def _is_same(zero: _Zero, region: Rectangle, known: _Zero) -> bool:
    """Whether two enclosures hold the same zero: the known one lies where the new one is alone."""
    return known.proved and region.holds(known.ball) and known.ball.overlaps(zero.ball)


def _clusters(rectangles: Sequence[Rectangle]) -> list[Rectangle]:
    """Return hulls of rectangles that touch, and of hulls that touch."""
    clusters: list[Rectangle] = []
    for rectangle in rectangles:
        grown, apart = rectangle, clusters
        while True:
            reach = grown.widened(GAP * max(1.0, grown.size))
            near = [one for one in apart if one.touches(reach)]
            if not near:
                break
            apart = [one for one in apart if not one.touches(reach)]
            for one in near:
                grown = grown.hull(one)
        clusters = [*apart, grown]
    return clusters


def _cluster_zero(function: ScalarFunction, cluster: Rectangle) -> _Zero | None:
    """Return the zero, or possible zero, in a narrow rectangle; None where nothing is known."""
    if cluster.width > CLUSTER * max(1.0, cluster.size):
        return None
    hull = rectangle_ball(cluster)
    settled = _multiple_zero(function, hull)
    if settled is not None:
        return settled
    return _Zero(hull, False, None, lambda bits: None) if _is_smooth(function, hull) else None


def _multiple_zero(function: ScalarFunction, hull: acb) -> _Zero | None:
    """Prove that a narrow rectangle holds one multiple zero and nothing else.

    If the m-th derivative keeps to a half plane off 0, f has at most m zeros with multiplicity.
    """
    try:
        verdict = multiple_root(function, complex(hull.mid()))
    except UnsupportedNodeError:
        return None
    if verdict is None or not verdict.status.success or verdict.enclosure is None:
        return None
    root, order = verdict.enclosure.root, verdict.multiplicity
    if order is None or verdict.exact is None:
        return None
    both = hull.union(root)
    highest = function.ball(order, both, 128)
    if not highest.is_finite() or highest.contains(0) or not function.is_smooth_over(both, 128):
        return None
    return _Zero(root, True, order, lambda bits: None)


def _is_smooth(function: ScalarFunction, hull: acb) -> bool:
    try:
        return function.is_smooth_over(hull, 128)
    except UnsupportedNodeError:
        return False


# the whole equation


def _merged(zeros: Sequence[_Zero], above: ScalarFunction) -> list[_Zero]:
    """Join zeros of different factors that may be one point, and settle what they are."""
    joined: list[_Zero] = []
    for zero in sorted(zeros, key=lambda one: (one.root.real, one.root.imag)):
        near = [known for known in joined if known.ball.overlaps(zero.ball)]
        if not near:
            joined.append(zero)
            continue
        ball = zero.ball
        for known in near:
            joined.remove(known)
            ball = ball.union(known.ball)
        settled = _multiple_zero(above, ball)
        joined.append(settled or _Zero(ball, False, None, lambda bits: None))
    return joined


def _is_inside(zero: _Zero, sides: Sides) -> bool:
    """Whether a zero is in the closed rectangle; what cannot be told from an edge is on it."""
    ball = zero.ball
    for precision in EDGE_BITS:
        parts = (ball.real, ball.imag)
        verdicts = [lies_between(p, side, precision) for p, side in zip(parts, sides, strict=True)]
        if False in verdicts:
            return False
        if None not in verdicts:
            return True
        finer = zero.narrowed(precision)
        if finer is None:
            return True
        ball = finer
    return True


def _is_defined(zero: _Zero, below: ScalarFunction) -> bool | None:
    """Whether the equation is defined at a zero of its numerator."""
    if below.expr.is_number:
        return True
    for precision in (64, 256, 1024):
        with ctx.workprec(precision):
            denominator = below.ball(0, zero.ball, precision)
            if denominator.is_zero():
                return False
            if denominator.is_finite() and not denominator.contains(0):
                return True
    return None


def _rectangle_ends(ball: acb) -> tuple[Any, Any]:
    return exact_ends(ball.real), exact_ends(ball.imag)


def _root_set(
    problem: ScalarProblem, zeros: Sequence[_Zero], unresolved: Sequence[Any], boxes: int
) -> RootSet:
    ordered = sorted(zeros, key=lambda zero: (zero.root.real, zero.root.imag))
    return RootSet(
        roots=tuple(zero.root for zero in ordered),
        statuses=tuple(PROVED if zero.proved else POSSIBLE for zero in ordered),
        multiplicities=tuple(zero.multiplicity for zero in ordered),
        enclosures=tuple(_rectangle_ends(zero.ball) for zero in ordered),
        unresolved=tuple(sorted(unresolved)),
        complete=not unresolved and all(zero.proved for zero in ordered),
        equation=problem.text,
        unknown=problem.name,
        boxes=boxes,
        functions=(problem.expr,),
        unknowns=(problem.unknown,),
        real=False,
    )
