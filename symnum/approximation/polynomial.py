"""Polynomials, some of whose coefficients may be fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from flint import arb, arb_mat, arb_poly, arb_series

from symnum.approximation.families import Family, Level
from symnum.approximation.problem import Problem
from symnum.approximation.regular import RegularFunction
from symnum.approximation.taylor import series_precision
from symnum.reference.balls import BallFunction

__all__ = ["PolynomialFamily"]


class PolynomialFamily(Family):
    """Polynomials of a degree, c0 + c1*x + ..., with some coefficients fixed.

    Parameters
    ----------
    problem : Problem
    degree : int
    fixed : mapping
        From the index of a coefficient to its value, an exact number.

    Attributes
    ----------
    is_folded : bool
        Whether members and target have one parity, so that one side of 0 decides.
    """

    def __init__(self, problem: Problem, degree: int, fixed: Mapping[int, sympy.Expr]) -> None:
        self.problem = problem
        self.degree = degree
        self.fixed = dict(fixed)
        self.is_folded = False
        self.powers = tuple(k for k in range(degree + 1) if k not in self.fixed)
        self.free = tuple(f"c{k}" for k in self.powers)
        self._balls: dict[int, list[tuple[int, arb]]] = {}
        self.place: RegularFunction | None = None
        if not problem.is_direct:
            self.place = RegularFunction(problem.place, problem.s, problem.low, problem.high)

    def coefficients(self, values: Sequence[arb], prec: int) -> list[arb]:
        """Return all coefficients, the lowest first."""
        every: list[arb] = [arb(0)] * (self.degree + 1)
        for power, value in zip(self.powers, values, strict=True):
            every[power] = value
        for power, value in self._fixed_balls(prec):
            every[power] = value
        return every

    def _fixed_balls(self, prec: int) -> list[tuple[int, arb]]:
        if prec not in self._balls:
            self._balls[prec] = [
                (power, BallFunction((), exact)((), prec)) for power, exact in self.fixed.items()
            ]
        return self._balls[prec]

    def series(self, box: arb, values: Sequence[arb], prec: int, terms: int) -> arb_series:
        """Return the Taylor series of a polynomial over a box."""
        with series_precision(prec, terms):
            polynomial = arb_poly(self.coefficients(values, prec))
            if self.place is None:
                return arb_series(polynomial(arb_poly([box, 1])))
            inner = self.place.series(box, prec, terms)
            total = arb_series([0])
            for coefficient in reversed(polynomial.coeffs()):
                total = total * inner + coefficient
            return total

    def level(self, reference: Sequence[arb], previous: Level | None, prec: int) -> Level:
        """Solve the linear equations for the coefficients and the error."""
        rows, right = [], []
        known = [arb(0)] * self.size
        for index, place in enumerate(reference):
            target, inverse = self.problem.cached_data(place, prec, 1)
            factor = arb(1) if inverse is None else inverse[0]
            x = self.problem.x_at(place, prec)
            fixed = self.series(place, known, prec, 1)[0]
            with series_precision(prec, 1):
                sign = (-1) ** index * self.orientation(place)
                rows.append([*(x**power * factor for power in self.powers), arb(sign)])
                right.append([(target[0] - fixed) * factor])
        with series_precision(prec, 1):
            solution = arb_mat(rows).solve(arb_mat(right), algorithm="approx").entries()
        values = tuple(value.mid() for value in solution)
        if not all(value.is_finite() for value in values):
            raise ArithmeticError("the levelled equations are singular")
        return Level(values[:-1], values[-1])

    def pattern(self, place: arb) -> int:
        """Return the sign of the lowest free power: left of 0 odd powers are negative."""
        lowest = self.powers[0] if self.powers else 0
        return -1 if lowest % 2 and self.problem.is_direct and place < 0 else 1

    @property
    def is_haar(self) -> bool:
        """Whether members that differ do so with fewer zeros than there are free coefficients.

        By Descartes' rule any powers will do on one side of 0; across 0 they must be consecutive.
        """
        low, high = self.problem.interval
        if not self.powers or not (low < 0 < high):
            return True
        return self.powers == tuple(range(self.powers[0], self.powers[-1] + 1))

    def optimality(self) -> str:
        """Return the argument for optimality."""
        if not self.is_haar and not self.is_folded:
            return "the bounds are for this fit only: these powers are no Haar family across 0"
        return (
            f"Haar condition: {self.size + 1} alternations prove optimality (de la Vallée-Poussin)"
        )

    def guard_bits(self) -> int:
        """Return bits for the condition of the powers of x on the interval."""
        low, high = (float(end) for end in self.problem.interval)
        reach = max(abs(low), abs(high)) / ((high - low) / 2)
        return 40 + int(self.degree * (3 + 2 * max(0.0, float(sympy.log(reach, 2)))))

    def order(self) -> int:
        """Return an order beyond the degree, so that only the target has a remainder."""
        return self.degree + 3

    def parameters(self, values: Sequence[arb]) -> dict[Any, Any]:
        """Return all coefficients by name."""
        named: dict[Any, Any] = dict(zip(self.powers, values, strict=True))
        named.update(self.fixed)
        return {f"c{k}": named[k] for k in range(self.degree + 1)}

    def state(self, numbers: Mapping[Any, Any]) -> tuple[Any, ...]:
        """Return the values of a member from its parameters by name."""
        return tuple(numbers[name] for name in self.free)

    def expression(self, numbers: dict[Any, sympy.Expr]) -> sympy.Expr:
        """Return the polynomial in x."""
        x = self.problem.x
        return sympy.Add(*(numbers[f"c{k}"] * x**k for k in range(self.degree + 1)))
