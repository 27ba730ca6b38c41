"""How each elementary SymPy function is computed with mpmath: one row a function."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.codegen import cfunctions

from symnum.reference.function_rows import (
    LARGEST_EXPONENT,
    Row,
    bounded,
    direct,
    growing,
    magnitude,
    whole,
)

__all__ = ["ELEMENTARY_FUNCTIONS"]


def _exp(ctx: Any, x: Any) -> Any:
    if magnitude(ctx, x) > LARGEST_EXPONENT:
        return ctx.zero if ctx.re(x) < 0 else ctx.inf
    return ctx.exp(x)


def _log(ctx: Any, x: Any, base: Any = None) -> Any:
    return ctx.ln(x) if base is None else ctx.ln(x) / ctx.ln(base)


def _lambertw(ctx: Any, x: Any, branch: Any = 0) -> Any:
    return ctx.lambertw(x, whole(ctx, branch))


def _sinc(ctx: Any, x: Any) -> Any:
    return ctx.one if x == 0 else bounded("sin")(ctx, x) / x


def _atan2(ctx: Any, y: Any, x: Any) -> Any:
    if ctx.im(y) or ctx.im(x):
        return -1j * ctx.ln((x + 1j * y) / ctx.sqrt(x * x + y * y))
    if x == 0 and y == 0:
        return ctx.nan
    return ctx.atan2(ctx.re(y), ctx.re(x))


def _log_base(base: int) -> Row:
    def row(ctx: Any, x: Any) -> Any:
        return ctx.ln(x) / ctx.ln(base)

    return row


def _hypot(ctx: Any, x: Any, y: Any) -> Any:
    return ctx.sqrt(x * x + y * y)


def _fma(ctx: Any, x: Any, y: Any, z: Any) -> Any:
    return x * y + z


def _exp2(ctx: Any, x: Any) -> Any:
    return _exp(ctx, x * ctx.ln2)


def _exp_polar(ctx: Any, x: Any) -> Any:
    return _exp(ctx, x)


def _identity(ctx: Any, x: Any) -> Any:
    return x


def _log1p(ctx: Any, x: Any) -> Any:
    return ctx.log1p(x)


# SymPy class -> row. A name alone means the same function with the same arguments.
ELEMENTARY_FUNCTIONS: dict[type, Row] = {
    # exponential and logarithm
    sympy.exp: _exp,
    sympy.exp_polar: _exp_polar,
    sympy.polar_lift: _identity,
    sympy.log: _log,
    sympy.LambertW: _lambertw,
    cfunctions.expm1: direct("expm1"),
    cfunctions.log1p: _log1p,
    cfunctions.exp2: _exp2,
    cfunctions.log2: _log_base(2),
    cfunctions.log10: _log_base(10),
    cfunctions.Sqrt: direct("sqrt"),
    cfunctions.Cbrt: direct("cbrt"),
    cfunctions.hypot: _hypot,
    cfunctions.fma: _fma,
    # circular and hyperbolic, with inverses
    **{
        kind: bounded(kind.__name__)
        for kind in (sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sec, sympy.csc)
    },
    sympy.sinc: _sinc,
    **{
        kind: direct(kind.__name__)
        for kind in (
            sympy.asin,
            sympy.acos,
            sympy.atan,
            sympy.acot,
            sympy.asec,
            sympy.acsc,
            sympy.asinh,
            sympy.acosh,
            sympy.atanh,
            sympy.acoth,
            sympy.asech,
            sympy.acsch,
        )
    },
    sympy.atan2: _atan2,
    sympy.sinh: growing("sinh", float("inf"), float("-inf")),
    sympy.cosh: growing("cosh", float("inf"), float("inf")),
    sympy.tanh: growing("tanh", 1.0, -1.0),
    sympy.coth: growing("coth", 1.0, -1.0),
    sympy.sech: growing("sech", 0.0, 0.0),
    sympy.csch: growing("csch", 0.0, 0.0),
}
