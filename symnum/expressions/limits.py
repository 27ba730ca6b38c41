"""Limits on what a text may ask for, checked before SymPy evaluates anything."""

from __future__ import annotations

import math

import sympy
from sympy import Add, Expr, Mul, Pow

MOST_CHARACTERS = 20_000
MOST_OPERATORS = 2_000  # Python's own parser recurses once for each
MOST_LEVELS = 100  # of brackets, signs and powers inside one another
MOST_DIGITS = 400  # of one number as it is written
MOST_EXPONENT = 2_000  # after the e of a decimal number
MOST_BITS = 14_000  # of a number that results; Python prints integers up to 4300 digits
MOST_POWER = 10_000  # of a fixed exponent

_TOO_LONG = f"a number of more than {MOST_BITS * 3 // 10} digits would result"


ElementaryFunctions = (
    sympy.exp,
    sympy.log,
    sympy.functions.elementary.trigonometric.TrigonometricFunction,
    sympy.functions.elementary.trigonometric.InverseTrigonometricFunction,
    sympy.functions.elementary.hyperbolic.HyperbolicFunction,
    sympy.functions.elementary.hyperbolic.InverseHyperbolicFunction,
    sympy.functions.elementary.integers.RoundFunction,
    *(sympy.Abs, sympy.sign, sympy.re, sympy.im, sympy.arg, sympy.conjugate, sympy.Heaviside),
    *(sympy.frac, sympy.Mod, sympy.Max, sympy.Min, sympy.Piecewise),
)


class LimitError(ValueError):
    """A formula would exceed a limit; the message says which."""


def bits(expr: Expr) -> float:
    """Bound the binary logarithm of the numbers that an expression may turn into one number.

    It bounds numerator and denominator of a rational number, the magnitude of any other constant,
    and in a product or power the numbers that SymPy pulls out in front.

    Parameters
    ----------
    expr : sympy.Expr
        Evaluated already, so its own numbers are within the limit.

    Returns
    -------
    float
        Not negative; 0 for 1, -1, 0, the imaginary unit and plain symbols.

    Examples
    --------
    >>> bits(sympy.Integer(1024)), bits(sympy.Symbol("x")), bits(sympy.Rational(1, 1024))
    (10.0, 0.0, 10.0)
    """
    if expr.is_Rational:
        return float(max(_log2(abs(expr.p)), _log2(expr.q)))
    if isinstance(expr, Mul):
        return sum(bits(factor) for factor in expr.args)
    if isinstance(expr, Add):
        return max(bits(term) for term in expr.args) + math.log2(len(expr.args))
    if isinstance(expr, Pow):
        return bits(expr.base) * largest_coefficient(expr.exp)
    if isinstance(expr, sympy.exp):
        return _magnitude_of_exponential(expr.exp)
    if isinstance(expr, sympy.Piecewise):
        return max(bits(value) for value, _ in expr.args)
    if expr.is_number and not is_opaque(expr):
        return _magnitude(expr)
    return 0.0


def is_opaque(expr: Expr) -> bool:
    """Tell whether an expression contains a constant that takes long to evaluate numerically.

    That is a special function of a constant, such as ``besselj(2, 10**6)``. SymPy asks for
    numerical values when it compares, rounds or takes signs; it need not ask for these.

    Parameters
    ----------
    expr : sympy.Expr
        Any expression.

    Returns
    -------
    bool
        False for elementary constants such as ``exp(sqrt(2))``.

    Examples
    --------
    >>> is_opaque(sympy.erf(2)), is_opaque(sympy.erf(sympy.Symbol("x"))), is_opaque(sympy.exp(2))
    (True, False, False)
    """
    return any(
        not isinstance(part, ElementaryFunctions) and part.is_number
        for part in expr.atoms(sympy.Function)
    )


def _log2(number: int) -> float:
    return math.log2(number) if number else 0.0


def _magnitude(number: Expr) -> float:
    approximation = abs(number.evalf(5))
    if not approximation.is_Float or approximation == 0:
        return 0.0
    _, _, exponent, length = approximation._mpf_
    return float(abs(exponent + length))


def _magnitude_of_exponential(exponent: Expr) -> float:
    constants = (_size(term) for term in Add.make_args(exponent) if term.is_number)
    return sum(constants) * 1.443


def largest_coefficient(exponent: Expr) -> float:
    """Bound the absolute value of the numeric factor in each term of an exponent.

    Parameters
    ----------
    exponent : sympy.Expr
        Any expression.

    Returns
    -------
    float
        Infinite where it exceeds every double.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> largest_coefficient(3 * x - 7)
    7.0
    """
    largest = 0.0
    for term in Add.make_args(exponent):
        coefficient = term if term.is_number else term.as_coeff_Mul()[0]
        largest = max(largest, _size(coefficient))
    return largest


def _size(number: Expr) -> float:
    """Return the absolute value of a constant; 1 where it is infinite or takes long to evaluate."""
    if is_opaque(number) or number.has(sympy.oo, sympy.zoo):
        return 1.0
    size = abs(number.evalf(10))
    if not size.is_comparable:
        return 1.0
    return float(size) if size < 10**300 else math.inf


def check_power(base: Expr, exponent: Expr) -> None:
    """Refuse a power whose numbers would be astronomical.

    Parameters
    ----------
    base, exponent : sympy.Expr
        Evaluated already.

    Raises
    ------
    LimitError
        The power has numbers of more than `MOST_BITS` bits, or a fixed exponent above `MOST_POWER`.

    Examples
    --------
    >>> check_power(sympy.Integer(9), sympy.Integer(10))
    """
    if base is sympy.E:
        check_exponential(exponent)
        return
    size = largest_coefficient(exponent)
    for factor in Mul.make_args(base):
        # A sum to an integer power is left as it is; another power takes its content out.
        pulled_out = not (isinstance(factor, Add) and exponent.is_Integer and factor.free_symbols)
        content = bits(factor) if pulled_out else 0.0
        if content and content * size > MOST_BITS:
            raise LimitError(_TOO_LONG)
        inner = largest_coefficient(factor.exp) if isinstance(factor, Pow) else 1.0
        if factor.free_symbols and exponent.is_number and inner * size > MOST_POWER:
            raise LimitError(f"exponents are limited to {MOST_POWER}")


def check_exponential(exponent: Expr) -> None:
    """Refuse an exponential function whose value or whose numbers would be astronomical.

    Parameters
    ----------
    exponent : sympy.Expr
        Evaluated already.

    Raises
    ------
    LimitError
        The constant part of the exponent is too large, or ``exp(n*log(a))`` would become a power
        that is refused.

    Examples
    --------
    >>> check_exponential(-sympy.Symbol("x") * 10**20)
    """
    if _magnitude_of_exponential(exponent) > MOST_BITS:
        raise LimitError(f"the exponential of a constant is limited to 2**{MOST_BITS}")
    for term in Add.make_args(exponent):
        logarithms = [factor for factor in Mul.make_args(term) if isinstance(factor, sympy.log)]
        if len(logarithms) == 1:
            check_power(logarithms[0].args[0], term / logarithms[0])


def check_value(value: Expr) -> None:
    """Refuse a result that has no value or whose leading number is too long.

    Parameters
    ----------
    value : sympy.Expr
        What SymPy made of a part of the text.

    Raises
    ------
    LimitError
        It contains nan or complex infinity, or a number of more than `MOST_BITS` bits.

    Examples
    --------
    >>> check_value(sympy.Symbol("x") / 3)
    """
    if value in (sympy.nan, sympy.zoo) or isinstance(value, sympy.AccumBounds):
        raise LimitError("it has no value (a division by zero or an indefinite form)")
    leading = value if value.is_Rational else value.as_coeff_Mul()[0]
    check_numbers(leading)


def check_numbers(value: Expr) -> None:
    """Refuse an expression with a rational number that is too long to print.

    Parameters
    ----------
    value : sympy.Expr
        Any expression.

    Raises
    ------
    LimitError
        A number of more than `MOST_BITS` bits.

    Examples
    --------
    >>> check_numbers(sympy.Symbol("x") + 10**100)
    """
    if any(bits(number) > MOST_BITS for number in value.atoms(sympy.Rational)):
        raise LimitError(_TOO_LONG)
