"""Exact numbers: reading them from Python values and comparing them without rounding."""

from __future__ import annotations

import numbers
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Float, Rational

_DIGITS = (60, 250, 1000)


def exact_number(value: Any, name: str) -> Expr:
    """Return a Python or SymPy number as an exact real SymPy number, ``oo`` and ``-oo`` included.

    Parameters
    ----------
    value : int, float, Fraction, mpmath or NumPy real, or a SymPy number
        Binary floating-point numbers are taken exactly, not as the decimal that they print as.
    name : str
        The argument, for the message.

    Returns
    -------
    sympy.Expr
        Without free symbols and without floating-point parts.

    Raises
    ------
    ValueError
        A bool, nan, a number that is not real, or an expression with symbols.
    TypeError
        Anything that is no number.

    Examples
    --------
    >>> exact_number(0.25, "low")
    1/4
    """
    if isinstance(value, bool | sympy.logic.boolalg.BooleanAtom | np.bool_):
        raise ValueError(f"{name}: expected a real number, got the truth value {value}")
    number = value if isinstance(value, Expr) else python_number(value)
    if number is None:
        raise TypeError(f"{name}: expected a real number, got {type(value).__name__} {value!r:.60}")
    if number.free_symbols:
        raise ValueError(f"{name}: expected a real number, got {number}, which contains symbols")
    number = without_floats(number)
    if not is_real(number):
        raise ValueError(f"{name}: expected a real number, got {number}")
    return number


def python_number(value: Any) -> Expr | None:
    """Return a number of Python, NumPy or mpmath exactly, real or complex.

    Parameters
    ----------
    value : object
        Only what the number types of Python's ``numbers`` cover is looked at.

    Returns
    -------
    sympy.Expr or None
        None for everything else, truth values included; nan and infinities as SymPy's.

    Examples
    --------
    >>> python_number(0.5), python_number(Fraction(1, 3)), python_number("1"), python_number(True)
    (1/2, 1/3, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Number):
        return None
    if isinstance(value, numbers.Rational):
        return Rational(int(value.numerator), int(value.denominator))
    if isinstance(value, Decimal) and value.is_finite():
        return Rational(*value.as_integer_ratio())
    return without_floats(sympy.sympify(value, strict=True))


def without_floats(expr: Expr) -> Expr:
    """Replace each floating-point number of an expression by the rational number that it is.

    Parameters
    ----------
    expr : sympy.Expr
        Any expression.

    Returns
    -------
    sympy.Expr
        The same value, exact.

    Examples
    --------
    >>> without_floats(sympy.Float(0.5) * sympy.Symbol("x"))
    x/2
    """
    floats = expr.atoms(Float)
    return expr.xreplace({number: Rational(number) for number in floats}) if floats else expr


def is_real(number: Expr) -> bool:
    """Tell whether a number without symbols is real or a real infinity.

    Parameters
    ----------
    number : sympy.Expr
        Without free symbols.

    Returns
    -------
    bool
        False for nan, for complex infinity and for every number off the real line.

    Examples
    --------
    >>> is_real(sympy.sqrt(2)), is_real(sympy.sqrt(-2)), is_real(sympy.nan)
    (True, False, False)
    """
    known = number.is_extended_real
    if known is not None:
        return bool(known)
    return number is not sympy.nan and sign_of(number) is not None


def sign_of(number: Expr) -> int | None:
    """Return the sign of a real number without symbols, raising the precision until it is certain.

    A number that SymPy cannot tell from zero with 1000 digits, and that its own rules do not
    settle, counts as zero.

    Parameters
    ----------
    number : sympy.Expr
        Real, without free symbols; infinities are allowed.

    Returns
    -------
    int or None
        -1, 0, 1, or None where the number is nan or not real.

    Examples
    --------
    >>> sign_of(sympy.pi - sympy.Rational(22, 7)), sign_of(sympy.sqrt(8) - 2 * sympy.sqrt(2))
    (-1, 0)
    """
    if number.is_Rational or number in (sympy.oo, -sympy.oo):
        return int(bool(number > 0)) - int(bool(number < 0))
    if number is sympy.nan or number.is_extended_real is False:
        return None
    for digits in _DIGITS:
        parts = _parts(number, digits)
        if parts is None:
            return None
        real, imaginary = parts
        # A real number in terms of complex ones, such as a root of a cubic, keeps an imaginary
        # part of rounding errors, which shrinks with the precision.
        negligible = Rational(1, 10 ** (digits // 2))
        if abs(imaginary) > negligible * max(abs(real), negligible):
            return None
        if real != 0 and real._prec > 1:
            return int(bool(real > 0)) - int(bool(real < 0))
        if number.is_zero:
            return 0
    return 0


def _parts(number: Expr, digits: int) -> tuple[Expr, Expr] | None:
    """Return real and imaginary part to so many digits, None where there is no finite value.

    A part whose digits are all lost to cancellation has precision 1 or is zero.
    """
    approximation = number.evalf(digits, maxn=2 * digits)
    if approximation in (sympy.oo, -sympy.oo):
        return Float(1 if approximation == sympy.oo else -1), Float(0)
    parts = approximation.as_real_imag()
    if not all(part.is_Float or part.is_Rational for part in parts):
        return None
    return Float(parts[0], digits) if parts[0].is_Rational else parts[0], parts[1]


def compare(left: Expr, right: Expr) -> int | None:
    """Compare two exact real numbers.

    Parameters
    ----------
    left, right : sympy.Expr
        Without free symbols; infinities are allowed.

    Returns
    -------
    int or None
        -1, 0 or 1 where `left` is below, equal to or above `right`; None where one of them is nan
        or not real.

    Examples
    --------
    >>> compare(sympy.Rational(22, 7), sympy.pi)
    1
    """
    if left.is_Rational and right.is_Rational:
        crossed = left.p * right.q - right.p * left.q
        return int(crossed > 0) - int(crossed < 0)
    if left == right:
        return None if left is sympy.nan else 0
    if left in (sympy.oo, -sympy.oo) or right in (sympy.oo, -sympy.oo):
        infinite = left if left in (sympy.oo, -sympy.oo) else -right
        return 1 if infinite == sympy.oo else -1
    return sign_of(left - right)


def fraction_below(number: Expr, digits: int) -> Fraction:
    """Return a fraction at most `number`, closer than about ``10**-digits`` relative to it.

    Parameters
    ----------
    number : sympy.Expr
        Finite, real, without free symbols.
    digits : int
        Decimal digits.

    Returns
    -------
    fractions.Fraction
        The number itself where it is rational.

    Raises
    ------
    ValueError
        The number is infinite or not real.

    Examples
    --------
    >>> float(fraction_below(sympy.pi, 30))
    3.141592653589793
    """
    if number.is_Rational:
        return Fraction(int(number.p), int(number.q))
    parts = _parts(number, digits + 5)
    if parts is None:
        raise ValueError(f"expected a finite real number, got {number}")
    approximation = Rational(parts[0])
    below = approximation - abs(approximation) / 10**digits
    return Fraction(int(below.p), int(below.q))


def fraction_above(number: Expr, digits: int) -> Fraction:
    """Return a fraction at least `number`, closer than about ``10**-digits`` relative to it.

    Parameters
    ----------
    number : sympy.Expr
        Finite, real, without free symbols.
    digits : int
        Decimal digits.

    Returns
    -------
    fractions.Fraction
        The number itself where it is rational.

    Examples
    --------
    >>> fraction_above(sympy.pi, 30) > sympy.pi
    True
    """
    return -fraction_below(-number, digits)
