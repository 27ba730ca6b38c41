"""Polynomials and truncated power series in one variable with rational coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import flint
import sympy

from symnum.algebra.coefficients import Algebra, NoJetError
from symnum.algebra.jets import JetProgram

__all__ = ["NumberAlgebra", "PowerSeriesAlgebra", "rational_number", "shortened_number"]

ROUNDED_BITS = 320
ROUNDED_DIGITS = 110


def rational_number(value: sympy.Expr) -> tuple[flint.fmpq, bool]:
    """Return a real number as a rational, and whether it is one.

    Irrational numbers are rounded to 320 bits after the binary point; floating-point numbers are
    taken for the fractions that they are, and count as rounded.

    Parameters
    ----------
    value : Expr

    Returns
    -------
    fmpq, bool

    Examples
    --------
    >>> rational_number(sympy.Rational(2, 3))
    (2/3, True)
    >>> rational_number(sympy.pi)[1]
    False
    """
    if value.is_Rational:
        return flint.fmpq(int(value.p), int(value.q)), True
    number = sympy.Rational(value) if value.is_Float else value.evalf(ROUNDED_DIGITS)
    if not (number.is_comparable and number.is_finite):
        raise NoJetError(str(value), "it is not a finite real number")
    exact = sympy.Rational(number)
    return shortened_number(flint.fmpq(int(exact.p), int(exact.q))), False


def shortened_number(value: flint.fmpq, bits: int = ROUNDED_BITS) -> flint.fmpq:
    """Return a rational number rounded down to `bits` bits after the binary point.

    Parameters
    ----------
    value : fmpq
    bits : int

    Returns
    -------
    fmpq

    Examples
    --------
    >>> shortened_number(flint.fmpq(1, 3), 4)
    5/16
    """
    return flint.fmpq((value * 2**bits).floor(), 2**bits)


@final
class NumberAlgebra(Algebra[flint.fmpq]):
    """Rational numbers, and others rounded to rational ones.

    Attributes
    ----------
    is_exact : bool
        Whether nothing has been rounded so far.
    """

    def __init__(self) -> None:
        self.is_exact = True

    @property
    def zero(self) -> flint.fmpq:
        """The number 0."""
        return flint.fmpq(0)

    def constant(self, value: sympy.Expr) -> flint.fmpq:
        """Return a real number."""
        number, exact = rational_number(value)
        self.is_exact = self.is_exact and exact
        return number

    def scale(self, x: flint.fmpq, numerator: int, denominator: int = 1) -> flint.fmpq:
        """Return ``x * numerator / denominator``."""
        return x * flint.fmpq(numerator, denominator)

    def divide(self, x: flint.fmpq, y: flint.fmpq) -> flint.fmpq:
        """Return the quotient; a zero in the denominator is a `NoJetError`."""
        if not y:
            raise NoJetError("a quotient", "its denominator vanishes there")
        return x / y

    def apply(self, function: type[sympy.Function], x: flint.fmpq) -> flint.fmpq:
        """Return the value of a function."""
        return self.constant(function(sympy.Rational(int(x.p), int(x.q))))

    def power(self, x: flint.fmpq, exponent: sympy.Expr) -> flint.fmpq:
        """Return a power."""
        return self.constant(sympy.Rational(int(x.p), int(x.q)) ** exponent)

    def is_zero(self, x: flint.fmpq) -> bool:
        """Tell whether the number is 0."""
        return not x


@final
@dataclass(slots=True)
class PowerSeriesAlgebra(Algebra[flint.fmpq_poly]):
    """Polynomials, or power series without the powers above a degree.

    Parameters
    ----------
    degree : int or None
        None for polynomials, which have no functions and quotients but of constants.
    numbers : NumberAlgebra
        Of the coefficients.
    """

    degree: int | None
    numbers: NumberAlgebra

    @property
    def zero(self) -> flint.fmpq_poly:
        """The zero polynomial."""
        return flint.fmpq_poly([0])

    def constant(self, value: sympy.Expr) -> flint.fmpq_poly:
        """Return a constant."""
        return flint.fmpq_poly([self.numbers.constant(value)])

    def scale(self, x: flint.fmpq_poly, numerator: int, denominator: int = 1) -> flint.fmpq_poly:
        """Return ``x * numerator / denominator``."""
        return self._cut(x * flint.fmpq(numerator, denominator))

    def divide(self, x: flint.fmpq_poly, y: flint.fmpq_poly) -> flint.fmpq_poly:
        """Return the quotient."""
        if y.degree() == 0:
            return self._cut(x / y[0])
        count = self._count("a quotient")
        if not y[0]:
            raise NoJetError("a quotient", "its denominator vanishes at the expansion point")
        # The inverse of y by Newton's iteration, which doubles the number of right coefficients.
        inverse, right = flint.fmpq_poly([1 / y[0]]), 1
        while right < count:
            right = min(2 * right, count)
            inverse = _truncated(inverse * (2 - _truncated(y, right) * inverse), right)
        return _truncated(_truncated(x, count) * inverse, count)

    def apply(self, function: type[sympy.Function], x: flint.fmpq_poly) -> flint.fmpq_poly:
        """Return a function of a series."""
        argument = sympy.Dummy("argument")
        return self._compose(function(argument), argument, x, function.__name__)

    def power(self, x: flint.fmpq_poly, exponent: sympy.Expr) -> flint.fmpq_poly:
        """Return a constant power of a series."""
        argument = sympy.Dummy("argument")
        return self._compose(argument**exponent, argument, x, f"the power {exponent}")

    def is_zero(self, x: flint.fmpq_poly) -> bool:
        """Tell whether all coefficients vanish."""
        return not x

    def expand(self, expr: sympy.Expr, variable: sympy.Symbol) -> flint.fmpq_poly:
        """Return the expansion of an expression in a variable about 0.

        Parameters
        ----------
        expr : Expr
        variable : Symbol

        Raises
        ------
        NoJetError
            A function that is not analytic there, or no polynomial where only these are admitted.
        """
        if self.degree is None:
            if not expr.is_polynomial(variable):
                raise NoJetError(str(expr), f"it is no polynomial in {variable}")
            coefficients = sympy.Poly(expr, variable).all_coeffs()[::-1]
            return flint.fmpq_poly([self.numbers.constant(c) for c in coefficients])
        program: JetProgram[flint.fmpq] = JetProgram(self.numbers)
        program.declare(variable, [flint.fmpq(0), flint.fmpq(1)])
        series = program.compile(expr)
        return flint.fmpq_poly([series.coefficient(k) for k in range(self.degree + 1)])

    def _compose(
        self, outer: sympy.Expr, argument: sympy.Symbol, x: flint.fmpq_poly, name: str
    ) -> flint.fmpq_poly:
        """Return ``outer(x)`` from the expansion of `outer` about the constant term of x."""
        start = x[0]
        if x.degree() <= 0:
            value = outer.xreplace({argument: sympy.Rational(int(start.p), int(start.q))})
            return flint.fmpq_poly([self.numbers.constant(value)])
        count = self._count(name)
        program: JetProgram[flint.fmpq] = JetProgram(self.numbers)
        program.declare(argument, [start, flint.fmpq(1)])
        series = program.compile(outer)
        step = _truncated(x - start, count)
        result = flint.fmpq_poly([0])
        for k in range(count - 1, -1, -1):
            result = _truncated(result * step + series.coefficient(k), count)
        return result

    def _count(self, name: str) -> int:
        if self.degree is None:
            raise NoJetError(name, "it is no polynomial")
        return self.degree + 1

    def _cut(self, x: flint.fmpq_poly) -> flint.fmpq_poly:
        return x if self.degree is None else _truncated(x, self.degree + 1)


def _truncated(x: flint.fmpq_poly, count: int) -> flint.fmpq_poly:
    """Return the first `count` coefficients."""
    return x if x.degree() < count else flint.fmpq_poly(x.coeffs()[:count])
