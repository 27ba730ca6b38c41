"""The range of each SymPy function over an interval: one row a function.

Monotone functions are enclosed by their values at the ends, which Arb encloses at points; so the
range is as tight as rounding allows. Functions with one turning point add its value; the circular
ones find their turning points; what has no row falls back to Arb's ball of the whole interval.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from flint import arb, fmpq
from sympy.codegen import cfunctions

from symnum.reference.ball_functions import BALL_FUNCTIONS
from symnum.reference.span_bessel import bessel_first, bessel_second
from symnum.reference.span_shapes import (
    AT_INFINITY,
    AT_MINUS_INFINITY,
    ONE,
    ZERO,
    Monotone,
    SpanRow,
    around,
    as_ball,
    between_poles,
    by_balls,
    exactly,
    valley,
    wave,
)
from symnum.reference.spans import (
    CONTINUOUS,
    DEFINED,
    EMPTY,
    EVERYTHING,
    GOOD,
    HIGH_OPEN,
    INFINITY,
    LOW_OPEN,
    NOWHERE,
    OPEN,
    Span,
    add,
    contains_zero,
    down,
    inverse,
    multiply,
    negative,
    rational_power,
    union,
    up,
    whole_power,
)

__all__ = ["SPAN_FUNCTIONS"]

TWO = fmpq(2)


# circular functions


_sin = wave(arb.sin, fmpq(1, 2))
_cos = wave(arb.cos, ZERO)


def _sinc(a: Span) -> Span:
    if a.low > 0 or a.high < 0:
        return multiply(_sin(a), inverse(a))
    # sin(t)/t lies in [-1/4, 1], and sinc is even with its maximum at 0.
    value = by_balls(arb.sinc, a)
    if value.flags & GOOD:
        return Span(max(value.low, fmpq(-1, 4)), min(value.high, ONE), value.flags)
    return Span(fmpq(-1, 4), ONE, a.flags & GOOD)


# functions with one turning point, or a pole at 0


def _gamma_place() -> arb:
    # Gamma has its only positive minimum here: digamma(1.4616321449683623) = 0 to 16 digits.
    return arb("1.46163214496836234126", "1e-18")


def _on_positive(row: SpanRow, compute: Callable[[arb], arb]) -> SpanRow:
    """Return a row that uses `row` where the argument is positive, and balls elsewhere."""

    def positive(a: Span) -> Span:
        if a.flags & EMPTY:
            return NOWHERE
        if a.low > 0:
            return row(a)
        if a.low == 0 and a.flags & LOW_OPEN:
            inside = row(Span(_tiny(a.high), a.high, a.flags))
            return Span(inside.low, INFINITY, inside.flags & ~OPEN | HIGH_OPEN)
        return by_balls(compute, a)

    return positive


def _tiny(high: Any) -> Any:
    """Return a positive number, not above `high`, before the minimum of gamma."""
    small = fmpq(1, 1 << 20)
    return min(small, high)


_cosh = valley(arb.cosh, lambda: arb(0), lambda: ONE)


def _sech(a: Span) -> Span:
    return inverse(_cosh(a))


def _csch(a: Span) -> Span:
    return inverse(_sinh(a))


def _coth(a: Span) -> Span:
    return inverse(_tanh(a))


_sinh = Monotone(arb.sinh, AT_MINUS_INFINITY, AT_INFINITY)
_tanh = Monotone(arb.tanh, exactly(-ONE), exactly(ONE))
_exp = Monotone(arb.exp, exactly(ZERO), AT_INFINITY)
_log = Monotone(arb.log, AT_MINUS_INFINITY, AT_INFINITY, low=ZERO, low_open=True)
_asin = Monotone(
    arb.asin,
    around(lambda: -arb.pi() / 2),
    around(lambda: arb.pi() / 2),
    low=-ONE,
    high=ONE,
)
_acos = Monotone(arb.acos, around(arb.pi), exactly(ZERO), low=-ONE, high=ONE, rising=False)
_atan = Monotone(arb.atan, around(lambda: -arb.pi() / 2), around(lambda: arb.pi() / 2))
_acosh = Monotone(arb.acosh, exactly(ZERO), AT_INFINITY, low=ONE)
_atanh = Monotone(
    arb.atanh,
    AT_MINUS_INFINITY,
    AT_INFINITY,
    low=-ONE,
    high=ONE,
    low_open=True,
    high_open=True,
)


def _log_base(a: Span, base: Span | None = None) -> Span:
    return _log(a) if base is None else multiply(_log(a), inverse(_log(base)))


def _of_inverse(row: SpanRow) -> SpanRow:
    def inverted(a: Span) -> Span:
        return row(inverse(a))

    return inverted


def _acot(a: Span) -> Span:
    if contains_zero(a):
        ends = around(lambda: arb.pi() / 2)()
        return Span(-ends[1], ends[1], a.flags & DEFINED)
    return _atan(inverse(a))


def _outside_unit(row: SpanRow) -> SpanRow:
    """Return a row of asec or acsc: the inverse of what lies between -1 and 1 is outside."""

    def outside(a: Span) -> Span:
        if a.low > -1 and a.high < 1:
            return NOWHERE
        if a.low >= 1 or a.high <= -1:
            return row(inverse(a))
        whole = row(Span(-ONE, ONE, 0))
        return Span(whole.low, whole.high, 0)

    return outside


def _lambertw(a: Span, branch: Span | None = None) -> Span:
    if a.flags & EMPTY:
        return NOWHERE
    index = ZERO if branch is None else branch.low
    edge = -arb(-1).exp()
    if index not in LAMBERT_BRANCHES:
        return EVERYTHING
    if a.high < edge:
        return NOWHERE
    if a.low > edge:
        return LAMBERT_BRANCHES[index](a)
    # -1/e is no rational: what lies within the rounding error of it is undefined and has value -1.
    start = up(edge)
    rest = LAMBERT_BRANCHES[index](Span(start, a.high, 0)) if a.high > start else NOWHERE
    return union(Span(-ONE, -ONE, 0), rest)


LAMBERT_BRANCHES = {
    ZERO: Monotone(lambda x: x.lambertw(0), exactly(-ONE), AT_INFINITY),
    -ONE: Monotone(
        lambda x: x.lambertw(-1),
        exactly(-ONE),
        AT_MINUS_INFINITY,
        high=ZERO,
        high_open=True,
        rising=False,
    ),
}


def _polygamma(order: Span, a: Span) -> Span:
    if order.low != order.high or not isinstance(order.low, fmpq) or order.low.q != 1:
        return EVERYTHING
    n = int(order.low.p)
    compute = BALL_FUNCTIONS[sympy.polygamma]
    rising = n % 2 == 0
    row = Monotone(
        lambda x: compute(arb(n), x),
        AT_MINUS_INFINITY if rising else AT_INFINITY,
        AT_INFINITY if n == 0 else exactly(ZERO),
        low=ZERO,
        low_open=True,
        rising=rising,
        partial=True,
    )
    return row(a) if n >= 0 else EVERYTHING


def _trigamma(a: Span) -> Span:
    return _polygamma(Span(ONE, ONE), a)


def _atan2(y: Span, x: Span) -> Span:
    if (y.flags | x.flags) & EMPTY:
        return NOWHERE
    flags = y.flags & x.flags & GOOD
    if contains_zero(y) and contains_zero(x):
        flags = 0
    elif contains_zero(y) and not x.low >= 0:
        flags &= ~CONTINUOUS
    to_the_right = x.low >= 0 and (x.low > 0 or not contains_zero(y) or not contains_zero(x))
    if to_the_right or y.low > 0 or y.high < 0:
        corners = [(as_ball(v), as_ball(u)) for v in (y.low, y.high) for u in (x.low, x.high)]
        if all(v.is_finite() and u.is_finite() for v, u in corners):
            values = [arb.atan2(v, u) for v, u in corners if not (v == 0 and u == 0)]
            low, high = min(down(v) for v in values), max(up(v) for v in values)
            return Span(low, high, flags)
    low, high = around(arb.pi)()
    start = ZERO if y.low >= 0 else -high
    stop = ZERO if y.high < 0 else high
    return Span(start, stop, flags)


def _hypot(x: Span, y: Span) -> Span:
    return rational_power(add(whole_power(x, 2), whole_power(y, 2)), fmpq(1, 2))


def _square_root(a: Span) -> Span:
    return rational_power(a, fmpq(1, 2))


def _cube_root(a: Span) -> Span:
    return rational_power(a, fmpq(1, 3))


def _scaled_log(base: int) -> SpanRow:
    def row(a: Span) -> Span:
        ends = around(lambda: 1 / arb(base).log())()
        return multiply(_log(a), Span(*ends))

    return row


def _exp2(a: Span) -> Span:
    ends = around(arb.const_log2)()
    return _exp(multiply(a, Span(*ends)))


def _fma(x: Span, y: Span, z: Span) -> Span:
    return add(multiply(x, y), z)


def _erf2(x: Span, y: Span) -> Span:
    return add(_erf(y), negative(_erf(x)))


_erf = Monotone(arb.erf, exactly(-ONE), exactly(ONE))


def _elliptic_e(*operands: Span) -> Span:
    if len(operands) == 1:
        return COMPLETE_E(operands[0])
    return by_balls(BALL_FUNCTIONS[sympy.elliptic_e], *operands)


COMPLETE_E = Monotone(
    BALL_FUNCTIONS[sympy.elliptic_e], AT_INFINITY, exactly(ONE), high=ONE, rising=False
)


def _zeta(*operands: Span) -> Span:
    if len(operands) == 1:
        return SIMPLE_ZETA(operands[0])
    return by_balls(BALL_FUNCTIONS[sympy.zeta], *operands)


SIMPLE_ZETA = Monotone(
    arb.zeta, AT_INFINITY, exactly(ONE), low=ONE, low_open=True, rising=False, partial=True
)


def _in_last(head: type, low: Any, start: Any, stop: Any, rising: bool, order: Any) -> SpanRow:
    """Return the row of a function of (parameter, x), monotone in x > low where `order` allows."""
    compute = BALL_FUNCTIONS[head]

    def row(parameter: Span, a: Span) -> Span:
        if parameter.low == parameter.high and order(parameter.low):
            fixed = as_ball(parameter.low)
            shape = Monotone(
                lambda x: compute(fixed, x),
                start,
                stop,
                low=low,
                low_open=True,
                rising=rising,
                partial=True,
            )
            return shape(a)
        return by_balls(compute, parameter, a)

    return row


SPAN_FUNCTIONS: dict[type, SpanRow] = {
    sympy.exp: _exp,
    sympy.log: _log_base,
    sympy.sin: _sin,
    sympy.cos: _cos,
    sympy.tan: between_poles(arb.tan, fmpq(1, 2), rising=True),
    sympy.cot: between_poles(arb.cot, ZERO, rising=False),
    sympy.sec: lambda a: inverse(_cos(a)),
    sympy.csc: lambda a: inverse(_sin(a)),
    sympy.sinc: _sinc,
    sympy.asin: _asin,
    sympy.acos: _acos,
    sympy.atan: _atan,
    sympy.acot: _acot,
    sympy.asec: _outside_unit(_acos),
    sympy.acsc: _outside_unit(_asin),
    sympy.atan2: _atan2,
    sympy.sinh: _sinh,
    sympy.cosh: _cosh,
    sympy.tanh: _tanh,
    sympy.coth: _coth,
    sympy.sech: _sech,
    sympy.csch: _csch,
    sympy.asinh: Monotone(arb.asinh, AT_MINUS_INFINITY, AT_INFINITY),
    sympy.acosh: _acosh,
    sympy.atanh: _atanh,
    sympy.acoth: _of_inverse(_atanh),
    sympy.asech: _of_inverse(_acosh),
    sympy.acsch: _of_inverse(Monotone(arb.asinh, AT_MINUS_INFINITY, AT_INFINITY)),
    sympy.erf: _erf,
    sympy.erfc: Monotone(arb.erfc, exactly(TWO), exactly(ZERO), rising=False),
    sympy.erfi: Monotone(arb.erfi, AT_MINUS_INFINITY, AT_INFINITY),
    sympy.erf2: _erf2,
    sympy.erfinv: Monotone(
        arb.erfinv, AT_MINUS_INFINITY, AT_INFINITY, -ONE, ONE, low_open=True, high_open=True
    ),
    sympy.erfcinv: Monotone(
        arb.erfcinv,
        AT_INFINITY,
        AT_MINUS_INFINITY,
        ZERO,
        TWO,
        low_open=True,
        high_open=True,
        rising=False,
    ),
    sympy.LambertW: _lambertw,
    sympy.gamma: _on_positive(
        valley(arb.gamma, _gamma_place, lambda: _gamma_place().gamma()), arb.gamma
    ),
    sympy.loggamma: _on_positive(
        valley(arb.lgamma, _gamma_place, lambda: _gamma_place().lgamma()), arb.lgamma
    ),
    sympy.digamma: lambda a: _polygamma(Span(ZERO, ZERO), a),
    sympy.trigamma: _trigamma,
    sympy.polygamma: _polygamma,
    sympy.Shi: Monotone(arb.shi, AT_MINUS_INFINITY, AT_INFINITY),
    sympy.Ei: Monotone(
        arb.ei, AT_MINUS_INFINITY, AT_INFINITY, low=ZERO, low_open=True, partial=True
    ),
    sympy.li: Monotone(
        arb.li, AT_MINUS_INFINITY, AT_INFINITY, low=ONE, low_open=True, partial=True
    ),
    sympy.besselj: bessel_first,
    sympy.bessely: bessel_second,
    sympy.besselk: _in_last(
        sympy.besselk, ZERO, AT_INFINITY, exactly(ZERO), rising=False, order=lambda nu: True
    ),
    sympy.besseli: _in_last(
        sympy.besseli, ZERO, exactly(ZERO), AT_INFINITY, rising=True, order=lambda nu: nu > 0
    ),
    sympy.uppergamma: _in_last(
        sympy.uppergamma, ZERO, AT_INFINITY, exactly(ZERO), rising=False, order=lambda s: True
    ),
    sympy.lowergamma: _in_last(
        sympy.lowergamma, ZERO, exactly(ZERO), AT_INFINITY, rising=True, order=lambda s: s > 0
    ),
    sympy.elliptic_k: Monotone(
        BALL_FUNCTIONS[sympy.elliptic_k],
        exactly(ZERO),
        AT_INFINITY,
        high=ONE,
        high_open=True,
    ),
    sympy.elliptic_e: _elliptic_e,
    sympy.zeta: _zeta,
    sympy.airyai: Monotone(
        lambda x: x.airy_ai(),
        around(lambda: arb(0).airy_ai()),
        exactly(ZERO),
        low=ZERO,
        rising=False,
        partial=True,
    ),
    cfunctions.expm1: Monotone(arb.expm1, exactly(-ONE), AT_INFINITY),
    cfunctions.log1p: Monotone(arb.log1p, AT_MINUS_INFINITY, AT_INFINITY, low=-ONE, low_open=True),
    cfunctions.exp2: _exp2,
    cfunctions.log2: _scaled_log(2),
    cfunctions.log10: _scaled_log(10),
    cfunctions.Sqrt: _square_root,
    cfunctions.Cbrt: _cube_root,
    cfunctions.hypot: _hypot,
    cfunctions.fma: _fma,
}
