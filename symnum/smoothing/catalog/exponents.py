"""Exponentials of v = a x + b x^3 that keep their digits where the exponent is large.

Rounding v to a double changes e^v by |v| half units in the last place, a hundred at v = -200. Here
v = v_0 + r with an exact v_0 of few bits and a small r, and e^v = e^(v_0) e^r.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import sympy
from sympy import Expr, Integer, Max, Min, Piecewise, Rational, exp, floor
from sympy.logic.boolalg import Boolean

__all__ = ["Power", "falling_power", "gate_power"]

# Beyond this exponent every product with a double is 0; near it results are subnormal.
_END = 1600
# Above e^-700 nothing is near the smallest normal number.
_FAR = -700
# Exact are sums of multiples of 2^-_QUANTUM below 2^11.
_QUANTUM = 42
# Bits of the grid of x up to where the exponent is _END; the cube has three times as many.
_LINEAR_BITS, _CUBIC_BITS = 17, 11
_DIGITS = 50


class Power(NamedTuple):
    """An exponential, and where it is another one.

    Attributes
    ----------
    value : Expr
        e^-v, or e^(v/2) where `far`.
    far : Boolean
        Where v is so low that e^v may be subnormal: then its square root is taken, and what is
        multiplied with it last loses no digits.
    """

    value: Expr
    far: Boolean


def gate_power(x: Expr, linear: Expr, cubic: Expr) -> Power:
    """Return e^-v for v = a x + b x^3 above -700, and e^(v/2) below.

    Parameters
    ----------
    x : Expr
        Real.
    linear, cubic : Expr
        a > 0 and b >= 0. Digits are kept where they are numbers.
    """
    head, rest = _exponent(x, linear, cubic)
    far = head < _FAR
    return Power(_product(*(Piecewise((v / 2, far), (-v, True)) for v in (head, rest))), far)


def falling_power(x: Expr, linear: Expr) -> Expr:
    """Return e^-|v| for v = a x.

    Parameters
    ----------
    x, linear : Expr
        As for `gate_power`.
    """
    head, rest = _exponent(x, linear, Integer(0))
    if rest == 0:
        # Written without the absolute value: the logarithm that follows is then the better one.
        return exp(Min(head, -head))
    return _product(*(Piecewise((v, head < 0), (-v, True)) for v in (head, rest)))


def _product(head: Expr, rest: Expr) -> Expr:
    return exp(head) if rest == 0 else sympy.Mul(exp(rest), exp(head), evaluate=False)


def _exponent(x: Expr, linear: Expr, cubic: Expr) -> tuple[Expr, Expr]:
    """Return v, moved to within twice the end of its range, as a sum; the first part is exact."""
    if not (linear.is_number and cubic.is_number):
        return Max(Min(linear * x + cubic * x**3, _END), -_END), Integer(0)
    end = _end(float(linear), float(cubic))
    near = Max(Min(x, end), -end)
    if cubic == 0 and _is_power_of_two(linear):
        return linear * near, Integer(0)
    power = (_CUBIC_BITS if cubic != 0 else _LINEAR_BITS) - math.ceil(math.log2(end))
    step = Integer(2) ** -power
    coarse = floor(near / step + Rational(1, 2)) * step
    a, a_rest = _parted(linear, _QUANTUM - power)
    b, b_rest = _parted(cubic, _QUANTUM - 3 * power)
    slope = linear + cubic * (near**2 + near * coarse + coarse**2)
    # The maximum changes nothing; a bare difference SymPy would multiply out.
    rest = Max(near - coarse, -1) * slope + (a_rest + b_rest * coarse**2) * coarse
    return a * coarse + b * coarse**3, rest


def _end(linear: float, cubic: float) -> Rational:
    """Return a number of few bits beyond which the exponent is at least _END."""
    end = _END / linear
    if cubic:
        end = min(end, (_END / cubic) ** (1 / 3))
    mantissa, power = math.frexp(end)
    return Rational(math.ceil(mantissa * 256)) * Rational(2) ** (power - 8)


def _parted(value: Expr, bits: int) -> tuple[Expr, Expr]:
    """Return the multiple of 2^-bits below a number, and what is left to many digits."""
    scale = Rational(2) ** bits
    head = floor(value * scale) / scale
    rest = value - head
    return head, rest if rest.is_Rational else Rational(str(rest.evalf(_DIGITS)))


def _is_power_of_two(value: Expr) -> bool:
    if not value.is_Rational:
        return False
    return all(part & (part - 1) == 0 for part in (int(value.p), int(value.q)))
