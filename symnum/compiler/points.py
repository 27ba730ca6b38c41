"""Points at which a kernel is measured: spread evenly, by order of magnitude, and at the edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.arguments import Arguments

__all__ = ["measuring_points", "read_domain"]

# Magnitudes that are tried where a range contains zero.
NEAR_ZERO = (0.0, 5e-324, 1e-310, 1e-300, 1e-160, 1e-30, 1e-17, 1e-8, 1e-4)

# Orders of magnitude below the larger end that the logarithmic points of such a range go down to.
DECADES = 20

# All combinations of ends are taken up to this many.
MOST_CORNERS = 64

Range = tuple[complex, complex]


def read_domain(
    arguments: Arguments, domain: Mapping[Any, tuple[Any, Any]], dtype: np.dtype[Any]
) -> list[Range]:
    """Return the range of each argument.

    Parameters
    ----------
    arguments : Arguments
        Of the kernel.
    domain : mapping
        From names or symbols to pairs of numbers; complex corners for a complex kernel.
    dtype : numpy.dtype
        Of the kernel.

    Raises
    ------
    TypeError
        If it is no mapping, or an end is no number.
    ValueError
        If an argument is missing, unknown or given twice, or a range is reversed.
    """
    if not isinstance(domain, Mapping):
        raise TypeError(f"domain: expected a mapping from arguments to ranges, got {domain!r:.60}")
    ranges: dict[int, Range] = {}
    for key, ends in domain.items():
        position = arguments.position(key, "domain")
        if position in ranges:
            raise ValueError(f"domain: the range of {key} is given twice")
        ranges[position] = _read_range(key, ends, dtype)
    missing = [str(arg) for index, arg in enumerate(arguments.flat) if index not in ranges]
    if missing:
        raise ValueError(f"domain: no range for {', '.join(missing)}")
    return [ranges[index] for index in range(len(arguments.flat))]


def _read_range(key: Any, ends: Any, dtype: np.dtype[Any]) -> Range:
    kind = complex if dtype.kind == "c" else float
    try:
        low, high = (complex(kind(end)) for end in ends)
    except (TypeError, ValueError) as error:
        numbers = "numbers" if dtype.kind == "c" else "real numbers"
        raise TypeError(
            f"domain: the range of {key} must be two {numbers}, got {ends!r:.60} ({error})"
        ) from None
    if not (low.real <= high.real and low.imag <= high.imag):
        raise ValueError(f"domain: the range of {key} is reversed or not a number: {ends!r:.60}")
    return low, high


def measuring_points(
    ranges: Sequence[Range], n: int, dtype: np.dtype[Any], rng: np.random.Generator
) -> list[NDArray[Any]]:
    """Return `n` values for each argument; the i-th values together are the i-th point.

    Parameters
    ----------
    ranges : sequence of (low, high)
        Of each argument.
    n : int
        The number of points.
    dtype : numpy.dtype
        All values are numbers of this type.
    rng : numpy.random.Generator
        Used in a fixed order, so that equal seeds give equal points.
    """
    with np.errstate(all="ignore"):
        return _columns(ranges, n, dtype, rng)


def _columns(
    ranges: Sequence[Range], n: int, dtype: np.dtype[Any], rng: np.random.Generator
) -> list[NDArray[Any]]:
    columns = []
    for low, high in ranges:
        column: NDArray[Any] = _column(low.real, high.real, n, dtype, rng)
        if dtype.kind == "c":
            column = column + 1j * _column(low.imag, high.imag, n, dtype, rng)
        columns.append(column.astype(dtype))
    _set_corners(columns, ranges, dtype)
    return columns


def _column(
    low: float, high: float, n: int, dtype: np.dtype[Any], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Mix special values, values spread by magnitude and values spread evenly, in random order."""
    largest = float(np.finfo(dtype).max)
    low, high = max(low, -largest), min(high, largest)
    special = _special(low, high, dtype)[: min(n, max(n // 4, 2))]
    rest = n - len(special)
    logarithmic = _by_magnitude(low, high, rest // 2, rng)
    # Half of each end: the difference of the ends may overflow.
    share = rng.random(rest - len(logarithmic))
    even = low * (1 - share) + high * share
    column = np.concatenate([special, logarithmic, even])
    rounded = np.clip(column, low, high).astype(np.finfo(dtype).dtype)
    return rng.permutation(_inside(rounded, low, high))


def _inside(rounded: NDArray[Any], low: float, high: float) -> NDArray[np.float64]:
    """Move what rounding pushed out of the range back to the next number inside."""
    toward = np.where(rounded.astype(float) > high, -np.inf, np.inf).astype(rounded.dtype)
    outside = (rounded.astype(float) > high) | (rounded.astype(float) < low)
    moved = np.where(outside, np.nextafter(rounded, toward), rounded)
    return moved.astype(float)


def _special(low: float, high: float, dtype: np.dtype[Any]) -> NDArray[np.float64]:
    inside = [low, high, *np.nextafter([low, high], [high, low])]
    inside += [sign * size for size in NEAR_ZERO for sign in (1, -1)]
    inside += [1.0, -1.0]
    kept = [value for value in inside if low <= value <= high]
    return np.array(list(dict.fromkeys(kept)))


def _by_magnitude(
    low: float, high: float, count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    exponents = rng.random(count)
    signs = np.where(rng.random(count) < 0.5, -1.0, 1.0)
    if low <= 0 <= high:
        # Each side goes down by the same number of decades from its own end.
        ends = np.where(signs > 0, high, low)
        return ends * 10.0 ** (-DECADES * exponents)
    inner, outer = sorted((abs(low), abs(high)))
    sizes = np.exp2(np.log2(inner) * (1 - exponents) + np.log2(outer) * exponents)
    column: NDArray[np.float64] = np.clip(sizes * np.sign(low), low, high)
    return column


def _set_corners(
    columns: Sequence[NDArray[Any]], ranges: Sequence[Range], dtype: np.dtype[Any]
) -> None:
    """Make the first points all combinations of the ends."""
    if not columns or 2 ** len(ranges) > MOST_CORNERS or dtype.kind == "c":
        return
    largest = float(np.finfo(dtype).max)
    ends = [(max(low.real, -largest), min(high.real, largest)) for low, high in ranges]
    for index, corner in enumerate(product(*ends)):
        if index >= len(columns[0]) // 4:
            return
        for column, value in zip(columns, corner, strict=True):
            # As a Python float: NumPy would round the other side before comparing.
            if float(dtype.type(value)) == value:
                column[index] = value
