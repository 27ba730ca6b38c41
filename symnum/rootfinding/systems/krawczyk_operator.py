"""Roots of a system that are proved to exist and to be unique in a box: the Krawczyk operator.

For a box X, a point c in it and a matrix Y near the inverse of the Jacobian,

    K(X) = c - Y F(c) + (I - Y F'(X)) (X - c)

holds every root in X. If K(X) lies inside X, there is exactly one root in X, and it lies in K(X).
If K(X) and X have no point in common, there is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flint import arb, arb_mat, fmpq

from symnum.reference.precision import working_precision
from symnum.rootfinding.enclosure import PRECISIONS, double_in
from symnum.rootfinding.systems.balls import BallSystem

__all__ = [
    "KrawczykStep",
    "SystemEnclosure",
    "approximate_inverse",
    "enclose_near",
    "krawczyk",
]

Ball = Any  # flint.arb
Box = tuple[Ball, ...]

#: Newton steps in balls before the box is set up, and inflations of the box.
POLISHING_STEPS = 12
INFLATIONS = 6


@dataclass(frozen=True, slots=True)
class KrawczykStep:
    """What one application of the operator tells about a box.

    Attributes
    ----------
    verdict : str
        ``"unique"``: there is exactly one root in the box; ``"none"``: there is no root in it;
        ``"undecided"``: neither was proved.
    image : tuple of arb
        Every root in the box lies in it. The box itself where nothing is known.
    """

    verdict: Literal["unique", "none", "undecided"]
    image: Box


@dataclass(frozen=True, slots=True)
class SystemEnclosure:
    """A box that holds exactly one root.

    Attributes
    ----------
    root : tuple of arb
        Holds the root.
    box : tuple of arb
        The root in it is unique.
    center : tuple of arb
        The point c without radius at which F was evaluated.
    precision : int
        Bits of the proof.
    """

    root: Box
    box: Box
    center: Box
    precision: int


def krawczyk(
    system: BallSystem, box: Sequence[Ball], precision: int = 64, center: Sequence[Ball] = ()
) -> KrawczykStep:
    """Apply the Krawczyk operator to a box.

    Parameters
    ----------
    system : BallSystem
        As many functions as unknowns.
    box : sequence of arb
        One side for each unknown.
    precision : int, optional
        Bits.
    center : sequence of arb, optional
        A point of the box, without radius; by default the middle.

    Returns
    -------
    KrawczykStep
        ``"undecided"`` where the system is not defined or not continuous over the box, or where
        the Jacobian in the middle cannot be inverted: then the box must be split.

    Examples
    --------
    >>> import sympy as sp
    >>> x, y = sp.symbols("x y", real=True)
    >>> system = BallSystem([x**2 + y**2 - 1, x - y], [x, y])
    >>> krawczyk(system, [arb(0.7, 0.05), arb(0.7, 0.05)]).verdict
    'unique'
    >>> krawczyk(system, [arb(2, 0.5), arb(0.5, 0.5)]).verdict
    'none'
    """
    sides = tuple(box)
    undecided = KrawczykStep("undecided", sides)
    with working_precision(precision):
        over = system.values(sides, precision)
        if any(value.is_finite() and not value.contains(0) for value in over):
            return KrawczykStep("none", sides)
        if not all(value.is_finite() for value in over):
            return undecided
        point = tuple(center) or tuple(side.mid() for side in sides)
        image = _image(system, sides, point, precision)
        if image is None or not system.is_continuous_over(sides, precision):
            return undecided
        if any(not side.overlaps(part) for side, part in zip(sides, image, strict=True)):
            return KrawczykStep("none", sides)
        inside = all(map(_is_inside, sides, image)) and all(map(_holds, sides, point))
        narrowed = tuple(map(_intersection, sides, image))
        return KrawczykStep("unique" if inside else "undecided", narrowed)


def _image(system: BallSystem, box: Box, center: Box, precision: int) -> Box | None:
    """Return K(X), or None where it is not known."""
    slopes = system.jacobian(box, precision)
    if not _is_finite(slopes):
        return None
    inverse = approximate_inverse(slopes.mid())
    values = system.values(center, precision)
    if inverse is None or not all(value.is_finite() for value in values):
        return None
    size = len(box)
    deviation = arb_mat(size, size, _identity(size)) - inverse * slopes
    offsets = arb_mat(size, 1, [side - c for side, c in zip(box, center, strict=True)])
    moved = deviation * offsets - inverse * arb_mat(size, 1, values)
    return tuple(c + moved[i, 0] for i, c in enumerate(center))


def approximate_inverse(matrix: Any) -> Any | None:
    """Return the middle of the inverse of a matrix at the precision that is set.

    Parameters
    ----------
    matrix : arb_mat
        Square, without radii.

    Returns
    -------
    arb_mat or None
        None where the matrix is singular as far as can be told.
    """
    try:
        inverse = matrix.inv().mid()
    except ZeroDivisionError:
        return None
    return inverse if _is_finite(inverse) else None


def _identity(size: int) -> list[int]:
    return [int(i == j) for i in range(size) for j in range(size)]


def _is_finite(matrix: Any) -> bool:
    return all(entry.is_finite() for entry in matrix.entries())


def _is_inside(side: Ball, part: Ball) -> bool:
    return bool(side.contains_interior(part))


def _holds(side: Ball, point: Ball) -> bool:
    return bool(side.contains(point))


def _intersection(side: Ball, part: Ball) -> Ball:
    return part if side.contains(part) else side.intersection(part)


def enclose_near(
    system: BallSystem, point: Sequence[Any], precisions: tuple[int, ...] = PRECISIONS
) -> SystemEnclosure | None:
    """Prove that there is exactly one root next to a point, and enclose it.

    Newton's iteration in balls settles first; then a box a few corrections wide is inflated until
    the Krawczyk operator maps it into itself.

    Parameters
    ----------
    system : BallSystem
        As many functions as unknowns.
    point : sequence of float or arb
        Close to the root.
    precisions : tuple of int, optional
        Bits tried in turn, until the enclosure is narrower than doubles resolve.

    Returns
    -------
    SystemEnclosure or None
        None where no proof was found, as at a singular root.

    Examples
    --------
    >>> import sympy as sp
    >>> x, y = sp.symbols("x y", real=True)
    >>> system = BallSystem([x**2 + y**2 - 1, x - y], [x, y])
    >>> print(enclose_near(system, [0.7, 0.7]).root[0].str(17, radius=False))
    0.70710678118654752
    """
    start = tuple(arb(side) for side in point)
    best = None
    for precision in precisions:
        with working_precision(precision):
            center = _settle(system, start, precision)
            found = None if center is None else _enclose(system, center, precision)
        if found is None:
            if best is not None:
                break
            continue
        best, start = found, tuple(side.mid() for side in found.root)
        if all(map(_is_resolved, found.root)):
            break
    return best


def _is_resolved(side: Ball) -> bool:
    return bool(side.rad() <= side.abs_lower() * arb(2) ** -60 or side.rad() == 0)


def _correction(system: BallSystem, point: Box, precision: int) -> tuple[Ball, ...] | None:
    """Return Newton's correction at a point, with all that rounding makes of it."""
    slopes = system.jacobian(point, precision)
    values = system.values(point, precision)
    if not _is_finite(slopes) or not all(value.is_finite() for value in values):
        return None
    inverse = approximate_inverse(slopes.mid())
    if inverse is None:
        return None
    steps = (inverse * arb_mat(len(point), 1, values)).entries()
    return tuple(steps) if all(step.is_finite() for step in steps) else None


def _settle(system: BallSystem, start: Box, precision: int) -> Box | None:
    """Return the point where Newton's iteration in midpoints settles."""
    center, previous = start, None
    for _ in range(POLISHING_STEPS):
        steps = _correction(system, center, precision)
        if steps is None:
            return None
        size = _relative(steps, center)
        if all(step.contains(0) for step in steps) or (previous is not None and size >= previous):
            break
        center = tuple((c - step).mid() for c, step in zip(center, steps, strict=True))
        previous = size
    return center


def _relative(steps: Box, center: Box) -> Ball:
    """Return the largest step in units of its coordinate, or of all where the coordinate is 0."""
    whole = _largest(center)
    ratios = []
    for step, c in zip(steps, center, strict=True):
        size = abs(c) if c != 0 else whole
        ratios.append(step.abs_upper() / size)
    return _largest(ratios)


def _largest(sides: Sequence[Ball]) -> Ball:
    """Return the largest size among some numbers, 1 where all are 0."""
    found = max((side.abs_upper() for side in sides), default=arb(0))
    return found if found > 0 else arb(1)


def _enclose(system: BallSystem, center: Box, precision: int) -> SystemEnclosure | None:
    """Inflate a box around a point until the operator maps it into itself."""
    steps = _correction(system, center, precision)
    if steps is None:
        return None
    scale = _largest(center) * arb(2) ** (-precision // 2)
    floors = [
        max(scale * arb(2) ** (-precision // 4), abs(c) * arb(2) ** (12 - precision))
        for c in center
    ]
    radii = [
        (4 * step.abs_upper() + floor).mid() for step, floor in zip(steps, floors, strict=True)
    ]
    for _ in range(INFLATIONS):
        box = tuple(arb(c, radius) for c, radius in zip(center, radii, strict=True))
        step = krawczyk(system, box, precision, center)
        if step.verdict == "unique":
            root = _exactly(system, _narrowed(system, step.image, center, precision), precision)
            return SystemEnclosure(root, box, center, precision)
        image = _image(system, box, center, precision)
        if image is None:
            return None
        radii = [
            max(2 * radius, 2 * abs(part - c).upper())
            for radius, part, c in zip(radii, image, center, strict=True)
        ]
    return None


def _narrowed(system: BallSystem, root: Box, center: Box, precision: int) -> Box:
    """Apply the operator again while that helps: the root stays in every image."""
    for _ in range(3):
        if all(map(_is_resolved, root)):
            break
        inner = tuple(map(_point_in, root, center))
        root = krawczyk(system, root, precision, inner).image
    return root


def _exactly(system: BallSystem, root: Box, precision: int) -> Box:
    """Return the root without radius where all functions are exactly 0 at doubles in it."""
    doubles = [double_in(side) for side in root]
    if not all(math.isfinite(place) for place in doubles):
        return root
    candidate = tuple(arb(place) for place in doubles)
    if not all(map(_holds, root, candidate)):
        return root
    values = system.values([fmpq(*place.as_integer_ratio()) for place in doubles], precision)
    return candidate if all(value.is_zero() for value in values) else root


def _point_in(side: Ball, c: Ball) -> Ball:
    return c if side.contains(c) else side.mid()
