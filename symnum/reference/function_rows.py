"""What the rows of the function tables share: a row computes one SymPy function with mpmath.

A row takes the private context and the arguments, already converted to its numbers, and returns a
number of it. Rows raise what mpmath raises; the machine turns that into nan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["LARGEST_EXPONENT", "Row", "bounded", "direct", "growing", "magnitude", "whole"]

Row = Callable[..., Any]

# Exponents of two above this are not worth a value: exp gives infinity or 0, sin gives nan.
LARGEST_EXPONENT = 20_000


def magnitude(ctx: Any, number: Any) -> int:
    """Return n with |number| < 2**n, about as small as possible; 0 for zero, inf and nan."""
    size = ctx.mag(number)
    return size if isinstance(size, int) else 0


def direct(name: str) -> Row:
    """Return the row of a function that mpmath has under a name, with the same arguments."""

    def row(ctx: Any, *arguments: Any) -> Any:
        return getattr(ctx, name)(*arguments)

    return row


def bounded(name: str) -> Row:
    """Return a row that refuses arguments whose reduction would need a gigantic pi."""

    def row(ctx: Any, x: Any) -> Any:
        if magnitude(ctx, x) > LARGEST_EXPONENT:
            return ctx.nan
        return getattr(ctx, name)(x)

    return row


def growing(name: str, at_plus: float, at_minus: float) -> Row:
    """Return a row for a function that is its limit, to any digits, at gigantic arguments."""

    def row(ctx: Any, x: Any) -> Any:
        if magnitude(ctx, x) > LARGEST_EXPONENT and not ctx.im(x):
            return ctx.mpf(at_plus if x > 0 else at_minus)
        return getattr(ctx, name)(x)

    return row


def whole(ctx: Any, number: Any) -> int:
    """Return a parameter that must be an integer as an int."""
    if not ctx.isint(number):
        raise ValueError(f"a parameter must be an integer, not {number}")
    return int(ctx.nint(ctx.re(number)))
