"""The box of a search for all roots: closed sides with exact ends, one for each unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from symnum.errors import near_names
from symnum.expressions import Box, Interval, parse
from symnum.expressions.exact import compare, exact_number

__all__ = ["Ends", "check_names", "clipped", "named_sides", "read_corners", "read_side"]

#: A closed interval with exact ends.
Ends = tuple[sp.Expr, sp.Expr]


def named_sides(box: Any) -> dict[str, Any] | None:
    """Return the sides of a box by the names of their symbols, None where it is no mapping.

    Parameters
    ----------
    box : object
        As the user gave it.

    Returns
    -------
    dict or None
        The sides are not read yet.

    Raises
    ------
    TypeError
        If a key is neither a symbol nor a name.
    ValueError
        If two keys have one name, or the box has conditions on several symbols.

    Examples
    --------
    >>> named_sides({sp.Symbol("x"): (0, 1), "y": (2, 3)})
    {'x': (0, 1), 'y': (2, 3)}
    """
    if not isinstance(box, Mapping):
        return None
    if isinstance(box, Box) and box.where:
        raise ValueError(f"box: conditions are not supported, got where={box.where}")
    named: dict[str, Any] = {}
    for key, side in box.items():
        if not isinstance(key, (str, sp.Symbol)):
            raise TypeError(f"box: expected symbols or names as keys, got {key!r:.60}")
        name = key if isinstance(key, str) else key.name
        if name in named:
            raise ValueError(f"box: two sides for {name}")
        named[name] = side
    return named


def check_names(named: Mapping[str, Any], wanted: Sequence[str]) -> None:
    """Raise ValueError unless there is exactly one side for each unknown; the message names it."""
    for name in wanted:
        if name not in named:
            given = ", ".join(named) or "none"
            raise ValueError(f"box: no side for the unknown {name}; got sides for {given}")
    for name in named:
        if name not in wanted:
            near = near_names(name, list(wanted))
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"box: the equations do not contain {name!r}{hint}")


def read_side(side: Any, name: str) -> Ends:
    """Return the exact ends of one side.

    Parameters
    ----------
    side : pair of numbers, or Interval
        Text such as ``"pi/2"`` is parsed.
    name : str
        The unknown, for messages.

    Returns
    -------
    tuple of Expr

    Raises
    ------
    TypeError
        If it is a text.
    ValueError
        If it is not two finite numbers in increasing order, or an open interval.

    Examples
    --------
    >>> read_side((0, "pi/2"), "x")
    (0, pi/2)
    """
    if isinstance(side, (str, bytes)):
        raise TypeError(f"box: expected a pair of numbers for {name}, got {side!r}")
    if isinstance(side, Interval) and (side.left_open or side.right_open) and side.is_bounded:
        raise ValueError(f"box: sides are closed, got the open interval {side} for {name}")
    try:
        low, high = (side.low, side.high) if isinstance(side, Interval) else side
    except (TypeError, ValueError):
        raise ValueError(f"box: expected two numbers (a, b) for {name}, got {side!r:.60}") from None
    ends = [_end(end, name) for end in (low, high)]
    if compare(*ends) != -1:
        raise ValueError(f"box: expected a < b, got ({low}, {high}) for {name}")
    return ends[0], ends[1]


def _end(value: Any, name: str) -> sp.Expr:
    if isinstance(value, str):
        value = parse(value)
    number = exact_number(value, "box")
    if number in (sp.oo, -sp.oo):
        raise ValueError(f"box: expected finite numbers for {name}, got {value}")
    return number


def clipped(ends: Ends, admitted: tuple[float, float]) -> Ends | None:
    """Return the part of a side that the assumptions of a symbol admit, None where it is empty.

    Parameters
    ----------
    ends : tuple of Expr
        The side.
    admitted : tuple of float
        Lowest and highest number, each 0 or infinite.

    Examples
    --------
    >>> clipped((sp.Integer(-1), sp.Integer(2)), (0.0, float("inf")))
    (0, 2)
    """
    low, high = ends
    if admitted[0] == 0.0:
        low = sp.Max(low, 0)
    if admitted[1] == 0.0:
        high = sp.Min(high, 0)
    return None if compare(low, high) == 1 else (low, high)


def read_corners(box: Any, name: str) -> tuple[Ends, Ends]:
    """Return the sides of a rectangle of the complex plane.

    Parameters
    ----------
    box : pair of complex numbers, or pair of pairs
        Two opposite corners, lower left and upper right, or ``((re low, re high), (im low,
        im high))``.
    name : str
        The unknown, for messages.

    Returns
    -------
    tuple
        The exact ends of the real and of the imaginary side.

    Raises
    ------
    TypeError, ValueError
        If it is anything else, infinite, reversed or without area.

    Examples
    --------
    >>> read_corners((-1 - 2j, 1 + 2j), "z")
    ((-1, 1), (-2, 2))
    """
    wanted = f"two corners for {name}, such as (-1 - 1j, 1 + 1j)"
    if isinstance(box, (str, bytes)):
        raise TypeError(f"box: expected {wanted}, got {box!r}")
    try:
        first, last = box
    except (TypeError, ValueError):
        raise ValueError(f"box: expected {wanted}, got {box!r:.60}") from None
    if isinstance(first, (tuple, list)) and isinstance(last, (tuple, list)):
        real, imag = (first, last)
    else:
        low, high = (_complex_parts(corner, wanted) for corner in (first, last))
        real, imag = (low[0], high[0]), (low[1], high[1])
    return (
        read_side(real, f"the real part of {name}"),
        read_side(imag, f"the imaginary part of {name}"),
    )


def _complex_parts(corner: Any, wanted: str) -> tuple[Any, Any]:
    if isinstance(corner, (int, float, complex)) and not isinstance(corner, bool):
        return corner.real, corner.imag
    number = parse(corner) if isinstance(corner, str) else corner
    if not isinstance(number, sp.Expr) or number.free_symbols:
        raise TypeError(f"box: expected {wanted}, got {corner!r:.60}")
    real, imag = number.as_real_imag()
    return real, imag
