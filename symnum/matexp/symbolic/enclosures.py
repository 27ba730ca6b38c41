"""Rigorous exponentials of symbolic matrices at exact values of their symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import flint
import sympy
from mpmath.libmp import prec_to_dps
from sympy import Expr, ImmutableMatrix, Symbol, sympify

from symnum.expressions import as_expression
from symnum.matexp.numeric.balls import MOST_BITS
from symnum.reference import BallFunction

__all__ = [
    "enclosed_exponential",
    "exact",
    "exact_number",
    "number_ball",
    "sharpened",
    "sharpened_ball",
]

Balls: TypeAlias = flint.arb_mat | flint.acb_mat

# Bits beyond which a number without a digit is taken for zero.
MOST_NUMBER_BITS = 1 << 14


def exact_number(value: Any, name: str) -> Expr:
    """Return a number as an exact SymPy number; floats are taken as they are.

    Raises
    ------
    TypeError
        What is no number.
    ValueError
        NaN or an infinity.
    """
    try:
        number = (
            as_expression(value, name) if isinstance(value, str) else sympify(value, strict=True)
        )
    except (sympy.SympifyError, TypeError, ValueError):
        raise TypeError(f"{name}: expected a number, got {value!r:.60}") from None
    if not isinstance(number, Expr) or not number.is_number:
        raise TypeError(f"{name}: expected a number, got {value!r:.60}")
    if number.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        raise ValueError(f"{name}: expected a finite number, got {value}")
    return exact(number)


def exact(value: Any) -> Any:
    """Return an expression or a Matrix with rational numbers for its floats."""
    floats = {part: sympy.Rational(part) for part in value.atoms(sympy.Float) if part.is_finite}
    return value.xreplace(floats) if floats else value


def enclosed_exponential(
    matrix: ImmutableMatrix, values: Mapping[Symbol, Any], digits: int
) -> Balls:
    """Return balls around exp of a matrix at a point.

    Parameters
    ----------
    matrix : Matrix
    values : mapping
        From each free symbol to a number.
    digits : int
        Each radius is at most 10^-digits times the largest entry.

    Raises
    ------
    ArithmeticError
        If the radii do not get that small within the largest precision.
    """
    names = sorted(values, key=lambda symbol: symbol.name)
    numbers = [exact_number(values[symbol], symbol.name) for symbol in names]
    fixed = exact(matrix).xreplace(dict(zip(names, numbers, strict=True)))
    if not fixed.rows:
        return flint.arb_mat(0, 0)
    functions = [BallFunction((), entry) for entry in fixed]
    bits = int(digits * 3.33) + 60
    while bits <= max(MOST_BITS, 8 * digits):
        with flint.ctx.workprec(bits):
            result = _balls(functions, fixed.rows, bits).exp()
            if _is_sharp(result, digits):
                return result
        bits *= 2
    raise ArithmeticError(f"exp(tA) could not be enclosed to {digits} digits")


def _balls(functions: list[BallFunction], n: int, bits: int) -> Balls:
    entries = [function.complex((), bits) for function in functions]
    if all(entry.imag.is_zero() for entry in entries):
        return flint.arb_mat(n, n, [entry.real for entry in entries])
    return flint.acb_mat(n, n, entries)


def _is_sharp(result: Balls, digits: int) -> bool:
    entries = result.entries()
    if not all(entry.is_finite() for entry in entries):
        return False
    bound = max(abs(entry).lower() for entry in entries) / flint.arb(10) ** digits
    return all(_radius(entry) <= bound for entry in entries)


def _radius(entry: Any) -> flint.arb:
    if isinstance(entry, flint.acb):
        return flint.arb(entry.real.rad()) + flint.arb(entry.imag.rad())
    return flint.arb(entry.rad())


def number_ball(number: Expr, bits: int) -> Any:
    """Return a number without symbols as a ball, real where it is known to be."""
    if number.is_Rational:
        return flint.arb(flint.fmpq(int(number.p), int(number.q)))
    value = BallFunction((), number).complex((), bits)
    return value.real if value.imag.is_zero() else value


def sharpened(function: Callable[[int], Any], precision: int) -> Expr | None:
    """Return a ball that a function gives at so many bits as a number, once it is small.

    Parameters
    ----------
    function : callable
        From a number of bits to a ball.
    precision : int
        The bits that the number must have.
    """
    value = sharpened_ball(function, precision)
    return _as_number(value, precision) if value.is_finite() else None


def sharpened_ball(function: Callable[[int], Any], precision: int) -> Any:
    """Return the first ball of so many good bits; what has none in thousands counts as zero."""
    bits = precision + 40
    while True:
        value = function(bits)
        if value.is_finite() and value.rel_accuracy_bits() >= precision:
            return value
        if bits > max(MOST_NUMBER_BITS, 8 * precision):
            return value
        bits *= 2


def _as_number(value: Any, precision: int) -> Expr:
    digits = prec_to_dps(precision)
    if isinstance(value, flint.arb):
        return _as_float(value, digits)
    return _as_float(value.real, digits) + sympy.I * _as_float(value.imag, digits)


def _as_float(value: flint.arb, digits: int) -> Expr:
    mantissa, power = value.mid().man_exp()
    exact = sympy.Rational(int(mantissa)) * sympy.Integer(2) ** int(power)
    return sympy.Float(exact, digits)
