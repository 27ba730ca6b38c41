"""One branch of the roots of an equation with a small parameter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import flint
import sympy

from symnum.algebra.extensions import SimpleExtension
from symnum.algebra.field_algebra import FieldAlgebra
from symnum.algebra.puiseux import PuiseuxClass
from symnum.homotopy.arguments import read_count
from symnum.homotopy.errors import BranchError
from symnum.homotopy.presentation import shortened
from symnum.homotopy.roots.regular_roots import RegularRoot
from symnum.reference.precision import working_precision

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation

__all__ = ["RootBranch"]

GUARD_DIGITS = 10


@final
@dataclass(frozen=True, eq=False)
class RootBranch:
    """A root as a truncated Puiseux series with exact coefficients.

    ``x = sum(coefficients[k] * eps**exponents[k])``, the exponents ``1/ramification`` apart.

    Attributes
    ----------
    equation : Expr
        What vanishes at the root.
    unknown, small : Symbol
    order : int
        The number of steps of ``eps**(1/ramification)`` after the leading term.
    multiplicity : int
        How often the root stands in the equation.
    source : PuiseuxClass or RegularRoot
        The series of this root and its conjugates; its terms are made when they are asked for.
    algebra : FieldAlgebra
        Writes the coefficients as expressions.
    conjugate : int
        Which of the conjugates this is.
    """

    equation: sympy.Expr
    unknown: sympy.Symbol
    small: sympy.Symbol
    order: int
    multiplicity: int
    source: PuiseuxClass | RegularRoot
    algebra: FieldAlgebra
    conjugate: int = 0

    @property
    def ramification(self) -> int:
        """The r of ``eps**(1/r)``, in which the branch is a power series."""
        return int(self.source.ramification)

    @cached_property
    def exponents(self) -> list[sympy.Rational]:
        """The exponents of eps, the leading one first."""
        first = self.source.leading_exponent
        start = sympy.Rational(first.numerator, first.denominator)
        return [start + sympy.Rational(k, self.ramification) for k in range(self.order + 1)]

    @cached_property
    def coefficients(self) -> list[sympy.Expr]:
        """The exact coefficients, zeros included.

        Raises
        ------
        BranchError
            Numbers in the equation, such as sqrt(2), that were taken for independent and are not.
        """
        values = [
            self.algebra.expression(element, self.conjugate)
            for element in self.source.coefficients(self.order)
        ]
        for value in values:
            if value.has(sympy.zoo, sympy.nan, sympy.oo):
                raise BranchError(
                    f"equation: the irrational numbers in {self.equation} cancel on this branch; "
                    "bring the equation to a form with rational coefficients"
                )
        return values

    @property
    def expr(self) -> sympy.Expr:
        """The truncated series as an expression in the small parameter."""
        pairs = zip(self.coefficients, self.exponents, strict=True)
        return sympy.Add(*(value * self.small**exponent for value, exponent in pairs))

    def numeric(self, digits: int = 15) -> list[sympy.Expr]:
        """Return the coefficients as numbers with this many digits; parameters stay symbols."""
        digits = read_count(digits, "digits")
        field = self.algebra.field
        if isinstance(field, SimpleExtension) and field.conjugates[0].has(sympy.CRootOf):
            elements = self.source.coefficients(self.order)
            return _algebraic_numbers(field, elements, self.conjugate, digits)
        return [_rounded(value, digits) for value in self.coefficients]

    @property
    def derivation(self) -> Derivation:
        """The derivation: the dominant balance, and the equation order by order."""
        from symnum.homotopy.roots.root_proofs import derive_root

        return derive_root(self)

    def compile(self, **options: Any) -> Kernel:
        """Compile `expr` as a function of the small parameter and of all parameters.

        Parameters
        ----------
        **options
            Those of `symnum.lambdify`; without a `dtype`, complex128 where a coefficient is not
            real.
        """
        from symnum.compiler import lambdify

        rounded = self.numeric(30)
        exact = not any(value.has(sympy.CRootOf) for value in self.coefficients)
        terms = zip(self.coefficients if exact else rounded, self.exponents, strict=True)
        expr = sympy.Add(*(value * self.small**exponent for value, exponent in terms))
        if "dtype" not in options and any(_is_complex(value) for value in rounded):
            options["dtype"] = "complex128"
        others = sorted(expr.free_symbols - {self.small}, key=lambda symbol: str(symbol.name))
        return lambdify([self.small, *others], expr, **options)

    def __str__(self) -> str:
        twice = f"  (multiplicity {self.multiplicity})" if self.multiplicity > 1 else ""
        return f"{self.unknown} = {shortened(self.expr)}{twice}"

    def __repr__(self) -> str:
        return f"<RootBranch {self}>"

    def _repr_latex_(self) -> str:
        name = sympy.latex(self.unknown)
        return f"$\\displaystyle {name} = {shortened(self.expr, latex=True)}$"


def _is_complex(value: sympy.Expr) -> bool:
    return bool(value.is_number and sympy.im(value) != 0)


def _rounded(value: sympy.Expr, digits: int) -> sympy.Expr:
    """Return a number whose imaginary part is exactly zero where it vanishes."""
    if value.is_Rational or value.free_symbols:
        return value.evalf(digits)
    number = value.evalf(digits + GUARD_DIGITS)
    real, imaginary = number.as_real_imag()
    if abs(imaginary) <= abs(real) * sympy.Float(10) ** (-digits):
        number = real
    return number.evalf(digits)


def _algebraic_numbers(
    field: SimpleExtension, elements: list[Any], conjugate: int, digits: int
) -> list[sympy.Expr]:
    """Return polynomials in a root of the modulus as numbers, the root from balls."""
    near = field.conjugates[conjugate]
    guess = flint.acb(*(float(part) for part in near.evalf(15).as_real_imag()))
    with working_precision(int((digits + GUARD_DIGITS) * 3.33) + 64):
        root = min((r for r, _ in field.modulus.complex_roots()), key=lambda r: _distance(r, guess))
        if near.is_real:
            root = root.real
        result = []
        for element in elements:
            value = flint.acb(0)
            for coefficient in reversed(element.polynomial.coeffs()):
                value = value * root + coefficient
            parts = [
                sympy.Float(part.mid().str(digits + GUARD_DIGITS, radius=False), digits)
                for part in (value.real, value.imag)
            ]
            result.append(parts[0] if near.is_real else parts[0] + sympy.I * parts[1])
    return result


def _distance(left: Any, right: Any) -> float:
    return float(abs(left - right).mid())
