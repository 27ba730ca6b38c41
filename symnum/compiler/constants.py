"""Exact constants: what a `constant` node may hold, and its value at any precision.

A constant of a program is an exact number: an Integer, a Rational, an exact expression such as
sqrt(2)*pi, or one of nan, oo and -oo; I occurs in complex programs only. A binary Float is the
Rational it stands for, so that equal numbers are equal nodes and nothing is rounded twice.
"""

from __future__ import annotations

from typing import Any

import mpmath
import sympy
from sympy import Expr, S
from sympy.codegen import cfunctions

__all__ = ["exact_constant", "has_value", "is_real_constant", "numeric_constant", "working_context"]

# Beyond this many binary digits an exact integer is kept as mantissa times power of two: printing
# longer integers is limited by Python itself, and no format of a kernel reaches so far.
WIDEST = 13_000


def exact_constant(constant: Expr) -> Expr:
    """Return an exact number equal to an argument-free expression, with no Float in it.

    Parameters
    ----------
    constant : Expr
        An expression without symbols.

    Returns
    -------
    Expr
        The expression itself where it is exact. A Float becomes the rational number that it
        stores. An expression with Floats inside is evaluated as if they were exact, to at least
        60 digits and twice those of its longest Float.

    Examples
    --------
    >>> exact_constant(sympy.Float(0.5)), exact_constant(sympy.sqrt(2))
    (1/2, sqrt(2))
    """
    if isinstance(constant, sympy.Float):
        return _exact_float(constant)
    if isinstance(constant, sympy.Rational):
        return constant if _bits(constant) <= WIDEST else _exact_float(constant.evalf(1000))
    if constant is S.ComplexInfinity:
        return S.NaN
    floats = constant.atoms(sympy.Float)
    if not floats:
        return constant
    # Float._prec is the only place that holds the precision of a Float in bits.
    digits = max(60, *(2 * int(number._prec * 0.302) for number in floats))
    real, imaginary = constant.evalf(digits).as_real_imag()
    parts = [exact_constant(part) if part.is_Float else part for part in (real, imaginary)]
    return parts[0] + S.ImaginaryUnit * parts[1]


def _exact_float(number: Expr) -> Expr:
    if not number.is_Float:
        return number
    sign, mantissa, exponent, width = number._mpf_
    signed = sympy.Integer(-int(mantissa) if sign else int(mantissa))
    if abs(exponent) + width <= WIDEST:
        return signed * sympy.Integer(2) ** exponent
    power = sympy.Pow(2, exponent, evaluate=False)
    return sympy.Mul(signed, power, evaluate=False)


def _bits(number: Expr) -> int:
    return max(abs(int(number.p)).bit_length(), int(number.q).bit_length())


# Functions of which SymPy evaluates no number, but the formula that they stand for.
WITHOUT_VALUE = (sympy.sinc, cfunctions.log1p, cfunctions.expm1, cfunctions.hypot, cfunctions.Cbrt)


def numeric_constant(constant: Expr, context: Any) -> Any:
    """Return the value of an exact constant in a private mpmath context, at its precision.

    Parameters
    ----------
    constant : Expr
        What a `constant` node holds.
    context : mpmath.MPContext
        Its working precision is the precision of the answer.

    Returns
    -------
    mpf or mpc
        Complex only where the imaginary part is not lost in the rounding of the real part.

    Raises
    ------
    ValueError
        If the expression has no numerical value.

    Examples
    --------
    >>> context = mpmath.MPContext()
    >>> context.dps = 30
    >>> print(numeric_constant(sympy.Rational(1, 3), context))
    0.333333333333333333333333333333
    """
    if isinstance(constant, sympy.Rational):
        return context.mpf(int(constant.p)) / int(constant.q)
    if constant is S.NaN or constant is S.ComplexInfinity:
        return context.nan
    if constant in (S.Infinity, S.NegativeInfinity):
        return context.inf if constant is S.Infinity else -context.inf
    # Five more digits than asked: the conversion to the context is what rounds.
    value = constant.evalf(context.dps + 5)
    if not value.is_Number and constant.has(*WITHOUT_VALUE):
        plain = constant.rewrite(sympy.sin).expand(func=True)
        value = plain.evalf(context.dps + 5)
    real, imaginary = value.as_real_imag()
    if real is S.NaN or imaginary is S.NaN:
        return context.nan
    if not (_is_number(real) and _is_number(imaginary)):
        raise ValueError(f"the constant {constant} has no numerical value")
    parts = context.mpc(_to_context(real, context), _to_context(imaginary, context))
    # A real number written with I (a root of a cubic) leaves a rounding error as imaginary part.
    negligible = abs(parts.imag) <= abs(parts.real) * context.mpf(10) ** -context.dps
    return parts.real if negligible else parts


def _is_number(part: Expr) -> bool:
    return bool(part.is_Number)


def _to_context(part: Expr, context: Any) -> Any:
    if isinstance(part, sympy.Float):
        return +context.make_mpf(part._mpf_)
    return numeric_constant(part, context)


def is_real_constant(constant: Expr) -> bool:
    """Tell whether an exact constant is a real number, an infinity, or NaN.

    Examples
    --------
    >>> is_real_constant(sympy.sqrt(2)), is_real_constant(sympy.acos(2))
    (True, False)
    """
    if constant.is_Rational or constant in (S.NaN, S.Infinity, S.NegativeInfinity):
        return True
    if constant.is_extended_real is not None:
        return bool(constant.is_extended_real)
    context = working_context(30)
    value = numeric_constant(constant, context)
    return not isinstance(value, context.mpc)


def has_value(constant: Expr) -> bool:
    """Tell whether an exact constant can be evaluated numerically.

    Examples
    --------
    >>> has_value(sympy.zeta(3)), has_value(sympy.Function("f")(3))
    (True, False)
    """
    if constant.is_Rational:
        return True
    try:
        numeric_constant(constant, working_context(15))
    except (ArithmeticError, NotImplementedError, ValueError):
        return False
    return True


def working_context(digits: int) -> Any:
    """Return a private mpmath context of some decimal digits.

    Examples
    --------
    >>> print(working_context(20).pi)
    3.1415926535897932385
    """
    context = mpmath.MPContext()
    context.dps = digits
    return context
