"""The range of each SymPy function over an interval: one row a function.

Monotone functions are enclosed by their values at the ends, which Arb encloses at points; so the
range is as tight as rounding allows. Functions with one turning point add its value; the circular
ones find their turning points; what has no row falls back to Arb's ball of the whole interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy
from flint import arb, fmpq
from sympy.codegen import cfunctions

from symnum.reference.ball_functions import BALL_FUNCTIONS
from symnum.reference.spans import (
    CONTINUOUS,
    DEFINED,
    EMPTY,
    EVERYTHING,
    GOOD,
    HIGH_OPEN,
    INFINITY,
    LOW_OPEN,
    MINUS_INFINITY,
    NOWHERE,
    OPEN,
    Span,
    add,
    clip,
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

__all__ = ["SPAN_FUNCTIONS", "by_balls"]

SpanRow = Callable[..., Span]
ZERO, ONE, TWO = fmpq(0), fmpq(1), fmpq(2)


def _ball(value: Any) -> Any:
    return arb(value) if isinstance(value, fmpq) else value


def _constant(make: Callable[[], arb]) -> Callable[[], tuple[Any, Any]]:
    """Return a function that encloses a constant at the precision that is set."""

    def ends() -> tuple[Any, Any]:
        value = make()
        return down(value), up(value)

    return ends


def _exactly(value: Any) -> Callable[[], tuple[Any, Any]]:
    return lambda: (value, value)


AT_INFINITY = _exactly(INFINITY)
AT_MINUS_INFINITY = _exactly(MINUS_INFINITY)


@dataclass(frozen=True, slots=True)
class Monotone:
    """A function that is strictly monotone on its natural domain.

    Attributes
    ----------
    compute : callable
        The value at an exact point, as a ball.
    start, stop : callable
        The limits at the ends of the domain, as pairs of numbers around them.
    low, high : number or None
        The ends of the domain; None where it is unbounded.
    low_open, high_open : bool
        Whether an end does not belong to the domain.
    rising : bool
    partial : bool
        Whether the function is defined outside of [low, high] too, but not monotone there: then
        spans that reach beyond fall back to balls.
    """

    compute: Callable[[arb], arb]
    start: Callable[[], tuple[Any, Any]]
    stop: Callable[[], tuple[Any, Any]]
    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False
    rising: bool = True
    partial: bool = False

    def __call__(self, a: Span) -> Span:
        inside = clip(a, self.low, self.high, self.low_open, self.high_open)
        if self.partial and inside.flags & GOOD != a.flags & GOOD:
            return by_balls(self.compute, a)
        if inside.flags & EMPTY:
            return NOWHERE
        first = self._at(inside.low, self.low, self.start)
        last = self._at(inside.high, self.high, self.stop)
        if self.rising:
            return Span(first[0], last[1], inside.flags)
        flipped = negative(Span(ZERO, ZERO, inside.flags)).flags
        return Span(last[0], first[1], flipped)

    def _at(self, end: Any, edge: Any, limit: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any]:
        if edge is None:
            if not isinstance(end, fmpq) and not end.is_finite():
                return limit()
        elif end == edge:
            return limit()
        value = self.compute(_ball(end))
        return down(value), up(value)


def by_balls(compute: Callable[..., Any], *spans: Span) -> Span:
    """Return the range of an analytic function by evaluating it on the ball of each interval.

    Arb returns a finite real ball only where the function is defined, real and analytic on the
    whole ball; otherwise nothing is known.
    """
    if any(span.flags & EMPTY for span in spans):
        return NOWHERE
    try:
        value = compute(*(_ball(span.low).union(_ball(span.high)) for span in spans))
    except (ValueError, OverflowError, ZeroDivisionError):
        return EVERYTHING
    if not isinstance(value, arb) or not value.is_finite():
        return EVERYTHING
    flags = reduce(lambda left, right: left & right, (span.flags for span in spans)) & GOOD
    return Span(down(value), up(value), flags)


# circular functions


def _wave(compute: Callable[[arb], arb], shift: fmpq) -> SpanRow:
    """Return the row of a function with maxima 1 at (2k + shift) pi, minima -1 midway between."""

    def row(a: Span) -> Span:
        if a.flags & EMPTY:
            return NOWHERE
        flags = a.flags & GOOD
        low, high = _ball(a.low), _ball(a.high)
        if not (low.is_finite() and high.is_finite()):
            return Span(-ONE, ONE, flags)
        values = compute(low), compute(high)
        bottom = min(down(values[0]), down(values[1]))
        top = max(up(values[0]), up(values[1]))
        turns = low / arb.pi() - shift, high / arb.pi() - shift
        if _passes_multiple(turns[0] / 2, turns[1] / 2):
            top = ONE
        if _passes_multiple((turns[0] - 1) / 2, (turns[1] - 1) / 2):
            bottom = -ONE
        return Span(max(bottom, -ONE), min(top, ONE), flags)

    return row


def _passes_multiple(first: arb, last: arb) -> bool:
    """Return whether an integer may lie between two balls."""
    if not (first.is_finite() and last.is_finite()):
        return True
    return not last.upper().floor() < first.lower().ceil()


def _between_poles(compute: Callable[[arb], arb], shift: fmpq, rising: bool) -> SpanRow:
    """Return the row of a function that is monotone between poles at (k + shift) pi."""

    def row(a: Span) -> Span:
        if a.flags & EMPTY:
            return NOWHERE
        low, high = _ball(a.low), _ball(a.high)
        if not (low.is_finite() and high.is_finite()):
            return EVERYTHING
        first, last = low / arb.pi() - shift, high / arb.pi() - shift
        if _passes_multiple(first, last):
            if shift == 0 and a.low == 0 and not _passes_multiple(last, last) and last < 1:
                return _from_pole_at_zero(a, compute(high), rising)
            return EVERYTHING
        ends = compute(low), compute(high)
        if not rising:
            return Span(down(ends[1]), up(ends[0]), negative(a).flags)
        return Span(down(ends[0]), up(ends[1]), a.flags)

    return row


def _from_pole_at_zero(a: Span, last: arb, rising: bool) -> Span:
    flags = a.flags & GOOD if a.flags & LOW_OPEN else 0
    if rising:
        return Span(MINUS_INFINITY, up(last), flags | LOW_OPEN)
    return Span(down(last), INFINITY, flags | HIGH_OPEN)


_sin = _wave(arb.sin, fmpq(1, 2))
_cos = _wave(arb.cos, ZERO)


def _sinc(a: Span) -> Span:
    if a.low > 0 or a.high < 0:
        return multiply(_sin(a), inverse(a))
    # sin(t)/t lies in [-1/4, 1], and sinc is even with its maximum at 0.
    value = by_balls(arb.sinc, a)
    if value.flags & GOOD:
        return Span(max(value.low, fmpq(-1, 4)), min(value.high, ONE), value.flags)
    return Span(fmpq(-1, 4), ONE, a.flags & GOOD)


# functions with one turning point, or a pole at 0


def _valley(compute: Callable[[arb], arb], place: Callable[[], arb], least: Any) -> SpanRow:
    """Return the row of a function that falls to its minimum `least()` at `place()`, then rises."""

    def row(a: Span) -> Span:
        if a.flags & EMPTY:
            return NOWHERE
        bottom = place()
        first = _value_or_infinity(compute, a.low)
        last = _value_or_infinity(compute, a.high)
        if a.low >= bottom:
            return Span(first[0], last[1], a.flags)
        if a.high <= bottom:
            return Span(last[0], first[1], negative(a).flags)
        return Span(down(least()), max(first[1], last[1]), a.flags & GOOD)

    return row


def _value_or_infinity(compute: Callable[[arb], arb], end: Any) -> tuple[Any, Any]:
    if not isinstance(end, fmpq) and not end.is_finite():
        return INFINITY, INFINITY
    value = compute(_ball(end))
    return down(value), up(value)


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


_cosh = _valley(arb.cosh, lambda: arb(0), lambda: ONE)


def _sech(a: Span) -> Span:
    return inverse(_cosh(a))


def _csch(a: Span) -> Span:
    return inverse(_sinh(a))


def _coth(a: Span) -> Span:
    return inverse(_tanh(a))


_sinh = Monotone(arb.sinh, AT_MINUS_INFINITY, AT_INFINITY)
_tanh = Monotone(arb.tanh, _exactly(-ONE), _exactly(ONE))
_exp = Monotone(arb.exp, _exactly(ZERO), AT_INFINITY)
_log = Monotone(arb.log, AT_MINUS_INFINITY, AT_INFINITY, low=ZERO, low_open=True)
_asin = Monotone(
    arb.asin,
    _constant(lambda: -arb.pi() / 2),
    _constant(lambda: arb.pi() / 2),
    low=-ONE,
    high=ONE,
)
_acos = Monotone(arb.acos, _constant(arb.pi), _exactly(ZERO), low=-ONE, high=ONE, rising=False)
_atan = Monotone(arb.atan, _constant(lambda: -arb.pi() / 2), _constant(lambda: arb.pi() / 2))
_acosh = Monotone(arb.acosh, _exactly(ZERO), AT_INFINITY, low=ONE)
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
        ends = _constant(lambda: arb.pi() / 2)()
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
    ZERO: Monotone(lambda x: x.lambertw(0), _exactly(-ONE), AT_INFINITY),
    -ONE: Monotone(
        lambda x: x.lambertw(-1),
        _exactly(-ONE),
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
        AT_INFINITY if n == 0 else _exactly(ZERO),
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
    if x.low >= 0 and (x.low > 0 or not contains_zero(y) or not contains_zero(x)):
        corners = [(_ball(v), _ball(u)) for v in (y.low, y.high) for u in (x.low, x.high)]
        if all(v.is_finite() and u.is_finite() for v, u in corners):
            values = [arb.atan2(v, u) for v, u in corners if not (v == 0 and u == 0)]
            low, high = min(down(v) for v in values), max(up(v) for v in values)
            return Span(low, high, flags)
    low, high = _constant(arb.pi)()
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
        ends = _constant(lambda: 1 / arb(base).log())()
        return multiply(_log(a), Span(*ends))

    return row


def _exp2(a: Span) -> Span:
    ends = _constant(arb.const_log2)()
    return _exp(multiply(a, Span(*ends)))


def _fma(x: Span, y: Span, z: Span) -> Span:
    return add(multiply(x, y), z)


def _erf2(x: Span, y: Span) -> Span:
    return add(_erf(y), negative(_erf(x)))


_erf = Monotone(arb.erf, _exactly(-ONE), _exactly(ONE))


def _elliptic_e(*operands: Span) -> Span:
    if len(operands) == 1:
        return COMPLETE_E(operands[0])
    return by_balls(BALL_FUNCTIONS[sympy.elliptic_e], *operands)


COMPLETE_E = Monotone(
    BALL_FUNCTIONS[sympy.elliptic_e], AT_INFINITY, _exactly(ONE), high=ONE, rising=False
)


def _zeta(*operands: Span) -> Span:
    if len(operands) == 1:
        return SIMPLE_ZETA(operands[0])
    return by_balls(BALL_FUNCTIONS[sympy.zeta], *operands)


SIMPLE_ZETA = Monotone(
    arb.zeta, AT_INFINITY, _exactly(ONE), low=ONE, low_open=True, rising=False, partial=True
)


def _in_last(head: type, low: Any, start: Any, stop: Any, rising: bool, order: Any) -> SpanRow:
    """Return the row of a function of (parameter, x), monotone in x > low where `order` allows."""
    compute = BALL_FUNCTIONS[head]

    def row(parameter: Span, a: Span) -> Span:
        if parameter.low == parameter.high and order(parameter.low):
            fixed = _ball(parameter.low)
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
    sympy.tan: _between_poles(arb.tan, fmpq(1, 2), rising=True),
    sympy.cot: _between_poles(arb.cot, ZERO, rising=False),
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
    sympy.erfc: Monotone(arb.erfc, _exactly(TWO), _exactly(ZERO), rising=False),
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
        _valley(arb.gamma, _gamma_place, lambda: _gamma_place().gamma()), arb.gamma
    ),
    sympy.loggamma: _on_positive(
        _valley(arb.lgamma, _gamma_place, lambda: _gamma_place().lgamma()), arb.lgamma
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
    sympy.besselk: _in_last(
        sympy.besselk, ZERO, AT_INFINITY, _exactly(ZERO), rising=False, order=lambda nu: True
    ),
    sympy.besseli: _in_last(
        sympy.besseli, ZERO, _exactly(ZERO), AT_INFINITY, rising=True, order=lambda nu: nu > 0
    ),
    sympy.uppergamma: _in_last(
        sympy.uppergamma, ZERO, AT_INFINITY, _exactly(ZERO), rising=False, order=lambda s: True
    ),
    sympy.lowergamma: _in_last(
        sympy.lowergamma, ZERO, _exactly(ZERO), AT_INFINITY, rising=True, order=lambda s: s > 0
    ),
    sympy.elliptic_k: Monotone(
        BALL_FUNCTIONS[sympy.elliptic_k],
        _exactly(ZERO),
        AT_INFINITY,
        high=ONE,
        high_open=True,
    ),
    sympy.elliptic_e: _elliptic_e,
    sympy.zeta: _zeta,
    sympy.airyai: Monotone(
        lambda x: x.airy_ai(),
        _constant(lambda: arb(0).airy_ai()),
        _exactly(ZERO),
        low=ZERO,
        rising=False,
        partial=True,
    ),
    cfunctions.expm1: Monotone(arb.expm1, _exactly(-ONE), AT_INFINITY),
    cfunctions.log1p: Monotone(arb.log1p, AT_MINUS_INFINITY, AT_INFINITY, low=-ONE, low_open=True),
    cfunctions.exp2: _exp2,
    cfunctions.log2: _scaled_log(2),
    cfunctions.log10: _scaled_log(10),
    cfunctions.Sqrt: _square_root,
    cfunctions.Cbrt: _cube_root,
    cfunctions.hypot: _hypot,
    cfunctions.fma: _fma,
}
