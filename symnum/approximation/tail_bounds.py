"""Bounds of decaying terms on a whole half-line, by an envelope that falls from its start on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath
import sympy
from flint import arb_poly

from symnum.errors import UnsupportedNodeError
from symnum.reference import range_enclosure
from symnum.reference.balls import BallFunction
from symnum.reference.precision import working_precision

__all__ = ["bound_beyond"]

PREC = 320


@dataclass(frozen=True, slots=True)
class _Envelope:
    """The bound constant * t**power * exp(exponent)."""

    constant: sympy.Expr
    power: sympy.Expr
    exponent: sympy.Expr

    def times(self, other: _Envelope) -> _Envelope:
        return _Envelope(
            self.constant * other.constant,
            self.power + other.power,
            self.exponent + other.exponent,
        )


ONE = _Envelope(sympy.Integer(1), sympy.Integer(0), sympy.Integer(0))


def bound_beyond(term: Any, t: sympy.Symbol, start: sympy.Expr) -> mpmath.mpf:
    """Return a bound of the size of a term for all t from a start on; infinite where none is found.

    Parameters
    ----------
    term : Expr
    t : Symbol
        Positive.
    start : Expr
        Positive.
    """
    if not term.has(t):
        return _upper(abs(term))
    direct = min(_range_size(*form) for form in _forms(term, t, start))
    envelopes = _envelopes(term, t, start)
    if envelopes is None:
        return direct
    total = mpmath.mpf(0)
    for envelope in envelopes:
        if not _falls(envelope, t, start):
            return direct
        value = (
            envelope.constant * start**envelope.power * sympy.exp(envelope.exponent.subs(t, start))
        )
        total = mpmath.fadd(total, _upper(value), prec=PREC, rounding="u")
    return min(direct, total)


def _upper(value: Any) -> mpmath.mpf:
    with working_precision(PREC):
        top = BallFunction((), value)((), PREC).upper()
    mantissa, exponent = top.man_exp()
    return mpmath.mp.make_mpf(mpmath.libmp.from_man_exp(int(mantissa), int(exponent)))


def _forms(term: Any, t: sympy.Symbol, start: sympy.Expr) -> list[tuple[Any, sympy.Symbol, Any]]:
    """Return a term as it is, and as a function of 1/t, in which quotients do not grow."""
    forms = [(term, t, (start, sympy.oo))]
    if not term.has(sympy.exp, sympy.erfc):
        inverse = sympy.Dummy("inverse", positive=True)
        flipped = sympy.cancel(sympy.together(sympy.powsimp(_unrooted(term, t, inverse))))
        forms.append((flipped, inverse, (sympy.Integer(0), 1 / start)))
    return forms


def _unrooted(term: Any, t: sympy.Symbol, inverse: sympy.Symbol) -> Any:
    """Replace t by one over a symbol and take that symbol out of the square roots."""

    def root(base: Any, exponent: Any) -> Any:
        above, below = sympy.fraction(sympy.together(base))
        return above**exponent / sympy.powdenest(below**exponent, force=True)

    return term.subs(t, 1 / inverse).replace(
        lambda node: node.is_Pow and node.exp.is_Rational and not node.exp.is_Integer,
        lambda node: root(node.base, node.exp),
    )


def _range_size(expr: Any, t: sympy.Symbol, side: Any) -> mpmath.mpf:
    try:
        found = range_enclosure(expr, {t: side})
    except (UnsupportedNodeError, ValueError):
        return mpmath.inf
    if not (found.defined and found.low.is_finite and found.high.is_finite):
        return mpmath.inf
    # Rounded up: the enclosure is exact, a float of it is not.
    return mpmath.mpf(float(max(abs(found.low), abs(found.high)))) * (1 + mpmath.mpf(2) ** -40)


def _envelopes(expr: Any, t: sympy.Symbol, start: sympy.Expr) -> list[_Envelope] | None:
    """Return envelopes whose sum bounds an expression for all t from a start on."""
    if not expr.has(t):
        return [_Envelope(abs(expr), sympy.Integer(0), sympy.Integer(0))]
    if expr == t:
        return [_Envelope(sympy.Integer(1), sympy.Integer(1), sympy.Integer(0))]
    if expr.is_Add:
        return _sum([_envelopes(part, t, start) for part in expr.args])
    if expr.is_Mul:
        return _product([_envelopes(part, t, start) for part in expr.args])
    if isinstance(expr, sympy.exp):
        return [_Envelope(sympy.Integer(1), sympy.Integer(0), expr.args[0])]
    if expr.is_Pow and expr.base == t and expr.exp.is_number:
        return [_Envelope(sympy.Integer(1), expr.exp, sympy.Integer(0))]
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
        return _product([_envelopes(expr.base, t, start)] * int(expr.exp))
    found = _of_function(expr, t, start)
    if found is not None:
        return found
    size = min(_range_size(*form) for form in _forms(expr, t, start))
    if size == mpmath.inf:
        return None
    return [_Envelope(_rational(size), sympy.Integer(0), sympy.Integer(0))]


def _rational(size: mpmath.mpf) -> sympy.Rational:
    return sympy.Rational(*mpmath.libmp.to_rational(size._mpf_))


def _of_function(expr: Any, t: sympy.Symbol, start: sympy.Expr) -> list[_Envelope] | None:
    if not expr.args or not isinstance(expr, sympy.Function):
        return None
    inner = expr.args[0]
    if isinstance(expr, sympy.erfc) and _is_nonnegative(inner, t, start):
        # erfc(u) <= exp(-u**2) for u >= 0
        return [_Envelope(sympy.Integer(1), sympy.Integer(0), -(inner**2))]
    if isinstance(expr, sympy.log) and _is_nonnegative(inner - 1, t, start):
        return _envelopes(sympy.expand(inner - 1), t, start)
    slope = STEEPEST.get(type(expr))
    found = None if slope is None else _envelopes(inner, t, start)
    return None if found is None else [_scaled(envelope, slope) for envelope in found]


def _scaled(envelope: _Envelope, factor: Any) -> _Envelope:
    return _Envelope(envelope.constant * factor, envelope.power, envelope.exponent)


# Functions with f(0) = 0 -> their largest slope.
STEEPEST: dict[type, sympy.Expr] = {
    sympy.tanh: sympy.Integer(1),
    sympy.atan: sympy.Integer(1),
    sympy.asinh: sympy.Integer(1),
    sympy.sin: sympy.Integer(1),
    sympy.erf: 2 / sympy.sqrt(sympy.pi),
}


def _sum(parts: list[list[_Envelope] | None]) -> list[_Envelope] | None:
    found: list[_Envelope] = []
    for part in parts:
        if part is None:
            return None
        found += part
    return found


def _product(parts: list[list[_Envelope] | None]) -> list[_Envelope] | None:
    found = [ONE]
    for part in parts:
        if part is None:
            return None
        found = [left.times(right) for left in found for right in part]
    return found


def _falls(envelope: _Envelope, t: sympy.Symbol, start: sympy.Expr) -> bool:
    """Prove that t times the slope of the logarithm is not positive."""
    slope = envelope.power + t * sympy.diff(envelope.exponent, t)
    return _is_nonnegative(-slope, t, start)


def _is_nonnegative(expr: Any, t: sympy.Symbol, start: sympy.Expr) -> bool:
    """Prove it for all t from a start on: after a shift all coefficients have one sign."""
    expr = sympy.sympify(expr)
    if expr.is_rational_function(t):
        parts = sympy.fraction(sympy.together(expr))
        signs = [_sign_beyond(part, t, start) for part in parts]
        return signs[0] * signs[1] > 0 or parts[0] == 0
    found = None
    try:
        found = range_enclosure(expr, {t: (start, sympy.oo)})
    except (UnsupportedNodeError, ValueError):
        return False
    return bool(found.defined and found.low >= 0)


def _sign_beyond(polynomial: Any, t: sympy.Symbol, start: sympy.Expr) -> int:
    coefficients = sympy.Poly(polynomial, t).all_coeffs()
    with working_precision(PREC):
        plain = arb_poly([BallFunction((), c)((), PREC) for c in reversed(coefficients)])
        balls = plain(arb_poly([BallFunction((), start)((), PREC), 1])).coeffs()
    if all(ball >= 0 for ball in balls):
        return 1
    return -1 if all(ball <= 0 for ball in balls) else 0
