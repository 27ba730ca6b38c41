"""Narrowing many boxes at once by the derivatives of a system: Newton and Krawczyk in floats.

With m in a box X, w its reach around m, and A the derivatives over X, the mean value theorem gives

    F(x) in F(m) + A (x - m)  for all x in X.

Each row alone, and each row of Y F with Y near the inverse of A's middle, bounds every coordinate
of a root (Hansen and Sengupta). If K(X) = m - Y F(m) + (I - Y A)(X - m) lies inside X, there is
exactly one root in X (Krawczyk). All bounds include the rounding of their own evaluation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from symnum.reference.spans import CONTINUOUS, DEFINED
from symnum.rootfinding.boxes.box_search_functions import BoxFunctions
from symnum.rootfinding.boxes.box_search_intervals import Intervals, step_down, step_up

__all__ = ["Contraction", "contracted"]

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

UNIT = 2.0**-53
TINY = 1e-300


class Contraction(NamedTuple):
    """What the derivatives tell of each box.

    Attributes
    ----------
    low, high : ndarray
        All roots of the box lie between them; ``low > high`` where there is none.
    unique : ndarray
        Where the box holds exactly one root.
    places : ndarray
        Points next to it.
    slopes : ndarray
        Sizes of the derivatives, of shape (boxes, functions, unknowns); inf where unknown.
    """

    low: Floats
    high: Floats
    unique: Truths
    places: Floats
    slopes: Floats


class _Balls(NamedTuple):
    """Numbers with radii."""

    middle: Floats
    radius: Floats


def contracted(
    functions: BoxFunctions, jacobian: BoxFunctions, low: Floats, high: Floats
) -> Contraction:
    """Narrow boxes by their derivatives.

    Parameters
    ----------
    functions : BoxFunctions
        As many as there are unknowns.
    jacobian : BoxFunctions
        Their derivatives, row by row.
    low, high : ndarray
        The boxes, of shape (boxes, unknowns).

    Returns
    -------
    Contraction
        The boxes as they were where a function is not continuous or a derivative is unbounded.
    """
    count, size = low.shape
    with np.errstate(all="ignore"):
        middle = np.clip(low + (high - low) / 2.0, low, high)
        reach = step_up(np.maximum(step_up(high - middle), step_up(middle - low)))
        steady = _columns(functions(low, high), _is_continuous)
        slopes, known = _slopes(jacobian(low, high), size)
        values, defined = _values(functions(middle, middle))
        known &= (steady & defined)[:, :, None]
        rows: Truths = np.all(known, axis=2)
        offsets = _Offsets(middle, reach)
        first, last = low.copy(), high.copy()
        _narrow(first, last, offsets, slopes, values, rows)
        whole: Truths = np.all(rows, axis=1)
        unique = np.zeros(count, bool)
        places = middle.copy()
        if whole.any():
            inverse = _inverses(slopes.middle[whole])
            product, shift = _preconditioned(inverse, slopes, values, whole)
            part = _Offsets(middle[whole], reach[whole])
            inner = first[whole], last[whole]
            _narrow(*inner, part, product, shift, np.ones(shift.middle.shape, bool))
            first[whole], last[whole] = inner
            unique[whole] = _krawczyk(product, shift, part.reach, low[whole], high[whole], part)
            places[whole] = middle[whole] - shift.middle
    sizes = np.where(known, np.abs(slopes.middle) + slopes.radius, np.inf)
    return Contraction(first, last, unique, places, sizes)


class _Offsets(NamedTuple):
    """The points of the expansion, and how far the boxes reach around them."""

    middle: Floats
    reach: Floats


def _is_continuous(values: Intervals) -> Truths:
    good = DEFINED | CONTINUOUS
    return np.asarray(values.flags & good == good)


def _columns(values: list[Intervals], what: Callable[[Intervals], Truths]) -> Truths:
    return np.stack([what(value) for value in values], axis=1)


def _slopes(entries: list[Intervals], size: int) -> tuple[_Balls, Truths]:
    """Return the Jacobians as middles and radii, and which of their entries are bounded."""
    low = np.stack([entry.low for entry in entries], axis=1).reshape(-1, size, size)
    high = np.stack([entry.high for entry in entries], axis=1).reshape(-1, size, size)
    flags = np.stack([entry.flags for entry in entries], axis=1).reshape(-1, size, size)
    known = (flags & DEFINED != 0) & np.isfinite(low) & np.isfinite(high)
    return _balls(np.where(known, low, 0.0), np.where(known, high, 0.0)), known


def _values(entries: list[Intervals]) -> tuple[_Balls, Truths]:
    low = np.stack([entry.low for entry in entries], axis=1)
    high = np.stack([entry.high for entry in entries], axis=1)
    defined = _columns(entries, lambda value: value.flags & DEFINED != 0)
    known = defined & np.isfinite(low) & np.isfinite(high)
    return _balls(np.where(known, low, 0.0), np.where(known, high, 0.0)), known


def _balls(low: Floats, high: Floats) -> _Balls:
    middle = low + (high - low) / 2.0
    radius = np.maximum(step_up(high - middle), step_up(middle - low))
    return _Balls(middle, np.where(low == high, 0.0, radius))


def _inverses(matrices: Floats) -> Floats:
    """Return approximate inverses; a singular matrix is moved a little, for any Y is allowed."""
    size = matrices.shape[-1]
    scale = np.abs(matrices).max(axis=(1, 2), keepdims=True)
    scale = np.where(scale > 0.0, scale, 1.0)
    singular = ~(np.abs(np.linalg.det(matrices / scale)) > 1e-13)
    moved = np.where(singular[:, None, None], 1e-7 * np.eye(size), 0.0)
    try:
        inverse = np.linalg.inv(matrices / scale + moved) / scale
    except np.linalg.LinAlgError:
        inverse = np.linalg.pinv(matrices / scale) / scale
    return np.where(np.isfinite(inverse), inverse, 0.0)


def _preconditioned(
    inverse: Floats, slopes: _Balls, values: _Balls, whole: Truths
) -> tuple[_Balls, _Balls]:
    """Return Y A and Y F(m)."""
    matrix = _product(inverse, _Balls(slopes.middle[whole], slopes.radius[whole]))
    column = _Balls(values.middle[whole][:, :, None], values.radius[whole][:, :, None])
    shift = _product(inverse, column)
    return matrix, _Balls(shift.middle[:, :, 0], shift.radius[:, :, 0])


def _product(exact: Floats, balls: _Balls) -> _Balls:
    """Return an exact matrix times one with radii; rounding is bounded for any order of sums."""
    size = exact.shape[-1]
    sizes = np.abs(exact)
    middle = exact @ balls.middle
    rounding = (size + 2) * UNIT * (sizes @ np.abs(balls.middle))
    radius = (sizes @ balls.radius + rounding) * (1.0 + 8 * (size + 4) * UNIT) + size * TINY
    return _Balls(middle, radius)


def _narrow(
    low: Floats, high: Floats, offsets: _Offsets, slopes: _Balls, values: _Balls, rows: Truths
) -> None:
    """Intersect boxes, in place, with what each row says of each coordinate."""
    size = low.shape[1]
    sizes = np.abs(slopes.middle) + slopes.radius
    swings = sizes * offsets.reach[:, None, :]
    slack = 1.0 + 8 * (size + 4) * UNIT
    total = swings.sum(axis=2) * slack + TINY
    empty = rows & ~(np.abs(values.middle) <= (values.radius + total) * slack)
    steep_low = step_down(slopes.middle - slopes.radius)
    steep_high = step_up(slopes.middle + slopes.radius)
    for column in range(size):
        others = np.delete(swings, column, axis=2).sum(axis=2) * slack + values.radius + TINY
        others *= slack
        ends = step_down(-values.middle - others), step_up(-values.middle + others)
        steps = _divided(*ends, steep_low[:, :, column], steep_high[:, :, column])
        place = offsets.middle[:, column, None]
        first = np.where(rows, step_down(place + steps[0]), -np.inf).max(axis=1)
        last = np.where(rows, step_up(place + steps[1]), np.inf).min(axis=1)
        low[:, column] = np.fmax(low[:, column], first)
        high[:, column] = np.fmin(high[:, column], last)
    nothing = empty.any(axis=1)
    low[nothing, 0], high[nothing, 0] = np.inf, -np.inf


def _divided(
    low: Floats, high: Floats, bottom_low: Floats, bottom_high: Floats
) -> tuple[Floats, Floats]:
    """Return bounds of quotients; unbounded where the divisor may be 0."""
    corners = [top / bottom for top in (low, high) for bottom in (bottom_low, bottom_high)]
    through = (bottom_low <= 0.0) & (bottom_high >= 0.0)
    least = np.where(through, -np.inf, step_down(np.minimum.reduce(corners)))
    return least, np.where(through, np.inf, step_up(np.maximum.reduce(corners)))


def _krawczyk(
    product: _Balls, shift: _Balls, reach: Floats, low: Floats, high: Floats, offsets: _Offsets
) -> Truths:
    """Return where K(X) lies inside X."""
    size = reach.shape[1]
    slack = 1.0 + 8 * (size + 4) * UNIT
    deviation = np.abs(np.eye(size) - product.middle) * slack + product.radius
    spread = (deviation * reach[:, None, :]).sum(axis=2) * slack + shift.radius + TINY
    bound = (np.abs(shift.middle) + spread) * slack
    room = np.minimum(step_down(high - offsets.middle), step_down(offsets.middle - low))
    return np.asarray((bound < step_down(room)).all(axis=1))
