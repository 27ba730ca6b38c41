"""The result of an expansion in a small parameter."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import sympy

from symnum.expressions.parsing import as_expression
from symnum.homotopy.acceleration import diagonal_pade
from symnum.homotopy.equation_reading import MotionEquation
from symnum.homotopy.presentation import shortened
from symnum.homotopy.series.expansion import Expansion, square_root_series

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation
    from symnum.homotopy.series.pendulum_series import PendulumExpansion

__all__ = ["PerturbationSeries"]


@final
@dataclass(frozen=True, eq=False)
class PerturbationSeries:
    """A periodic motion as a power series with exact coefficients.

    With x the `variable` the frequency is ``linear_frequency * sum(frequency[m] x**m)`` and the
    motion ``sum(solution[m] x**m)`` with ``tau`` the frequency times the time.

    Attributes
    ----------
    oscillator : MotionEquation
        The equation.
    variable : Expr
        The expansion parameter: the small symbol, or the square of an amplitude.
    linear_frequency : Expr
        The frequency at ``x = 0``.
    expansion : Expansion or PendulumExpansion
        The terms as they were computed: in powers of ``weight * x``, the squared frequency
        divided by its value at ``x = 0`` and the motion divided by `prefactor`.
    weight, prefactor : Expr
    substitution : tuple of pairs
        What auxiliary symbols of the expansion stand for.
    """

    oscillator: MotionEquation
    variable: sympy.Expr
    linear_frequency: sympy.Expr
    expansion: Expansion | PendulumExpansion
    weight: sympy.Expr = sympy.S.One
    prefactor: sympy.Expr = sympy.S.One
    substitution: tuple[tuple[sympy.Symbol, sympy.Expr], ...] = ()

    @property
    def order(self) -> int:
        """The highest power of the variable."""
        return len(self.expansion.squared) - 1

    @cached_property
    def _roots(self) -> list[Any]:
        """The coefficients of the frequency over the linear one, in the ring of the expansion."""
        return square_root_series(self.expansion.ring, self.expansion.squared)

    def _shown(self, scalars: list[Any], factor: sympy.Expr) -> list[sympy.Expr]:
        """Return coefficients of the expansion as expressions, with everything put back in."""
        ring, rules = self.expansion.ring, dict(self.substitution)
        if factor == 1 and self.weight == 1 and not self.substitution:
            return [ring.expression(scalar) for scalar in scalars]
        return [
            sympy.expand(factor * self.weight**m * ring.expression(scalar).xreplace(rules))
            for m, scalar in enumerate(scalars)
        ]

    @property
    def tau(self) -> sympy.Symbol:
        """The phase in which `solution` is written."""
        return sympy.Symbol("tau")

    @property
    def frequency(self) -> list[sympy.Expr]:
        """The coefficients of the frequency, zeros included."""
        return self._shown(self._roots, self.linear_frequency)

    @property
    def squared_frequency(self) -> list[sympy.Expr]:
        """The coefficients of the square of the frequency."""
        return self._shown(self.expansion.squared, self.linear_frequency**2)

    @property
    def period(self) -> list[sympy.Expr]:
        """The coefficients of the period over that at ``x = 0``: the reciprocal series."""
        ratios, result = self._shown(self._roots, sympy.S.One), [sympy.S.One]
        for m in range(1, self.order + 1):
            rest = sum(ratios[k] * result[m - k] for k in range(1, m + 1))
            result.append(sympy.expand(-rest))
        return result

    @property
    def amplitude(self) -> list[sympy.Expr]:
        """The coefficients of u(0): constant where it was given; u'(0) is 0."""
        return self._shown(self.expansion.starts(), self.prefactor)

    @property
    def solution(self) -> list[sympy.Expr]:
        """The terms of the motion as sums of cosines and sines of multiples of `tau`."""
        rules = dict(self.substitution)
        return [
            sympy.expand(
                self.prefactor * self.weight**m * motion.expression(self.tau).xreplace(rules)
            )
            for m, motion in enumerate(self.expansion.motions)
        ]

    @property
    def frequency_expr(self) -> sympy.Expr:
        """The truncated series of the frequency as an expression in the variable."""
        return sympy.Add(*(value * self.variable**m for m, value in enumerate(self.frequency)))

    @property
    def expr(self) -> sympy.Expr:
        """The truncated motion u(t), with the truncated frequency in its cosines."""
        phase = self.frequency_expr * self.oscillator.time
        return sympy.Add(
            *(
                term.xreplace({self.tau: phase}) * self.variable**m
                for m, term in enumerate(self.solution)
            )
        )

    def pade(self, value: Any) -> Any:
        """Return the frequency by the diagonal Padé approximant of its series.

        Parameters
        ----------
        value : number
            Of the `variable`: of eps, or of the square of the amplitude.

        Returns
        -------
        mpmath.mpf
            Of a context of its own with 60 digits; how many are right is a matter of the order.

        Raises
        ------
        ValueError
            A value that is no number, or a series with symbolic coefficients.
        """
        number = as_expression(value, "value")
        ratios = self._shown(self._roots, sympy.S.One)
        symbols = number.free_symbols.union(*(ratio.free_symbols for ratio in ratios))
        if symbols:
            name = min(symbol.name for symbol in symbols)
            raise ValueError(f"value: the sum needs numbers, and {name} has none")
        point = _fraction(number)
        total = diagonal_pade([_fraction(c) * point**m for m, c in enumerate(ratios)])
        return total * total.context.mpf(str(self.linear_frequency.evalf(60)))

    @property
    def derivation(self) -> Derivation:
        """The derivation of the series: order equations, solvability, and their substitution."""
        from symnum.homotopy.series.series_proofs import derive_series

        return derive_series(self)

    def compile(self, **options: Any) -> Kernel:
        """Compile `expr` as a function of the time and of every symbol left, in that order.

        Parameters
        ----------
        **options
            Those of `symnum.lambdify`.
        """
        from symnum.compiler import lambdify

        expr = self.expr
        others = sorted(expr.free_symbols - {self.oscillator.time}, key=lambda s: s.name)
        return lambdify([self.oscillator.time, *others], expr, **options)

    def __str__(self) -> str:
        shown = sympy.Symbol("frequency")
        terms = shortened(self.frequency_expr)
        return f"{self.oscillator.equation.lhs} = 0\n{shown} = {terms}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle \\omega = {shortened(self.frequency_expr, latex=True)}$"


def _fraction(number: sympy.Expr) -> Fraction:
    """Return a number as a fraction, one that is not rational to 80 digits."""
    exact = number if number.is_Rational else sympy.Rational(number.evalf(80))
    return Fraction(int(exact.p), int(exact.q))
