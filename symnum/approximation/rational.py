"""Rational functions p(x)/q(x) of a type (m, n).

On a reference of m + n + 2 points the levelled member solves a generalised eigenvalue problem: with
the weights of the divided difference, which annihilates the polynomials up to degree m + n, the
numerator drops out and ``B' diag(w T) B q = E B' diag(w s/V) B q`` remains. The right matrix is
definite, and at most one eigenvector belongs to a denominator without a change of sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from flint import acb_mat, arb, arb_mat, arb_poly, arb_series

from symnum.approximation.families import Family, Level
from symnum.approximation.ordering import ascending
from symnum.approximation.problem import Problem
from symnum.approximation.regular import RegularFunction
from symnum.approximation.taylor import series_precision
from symnum.approximation.taylor_rules import unknown

__all__ = ["RationalFamily"]


class RationalFamily(Family):
    """Rational functions with numerator of degree m and denominator of degree n.

    The values of a member are the coefficients of the numerator, then those of the denominator,
    whose first one is 1 where that is possible.

    Parameters
    ----------
    problem : Problem
    top, bottom : int
        The degrees m and n.
    """

    def __init__(self, problem: Problem, top: int, bottom: int) -> None:
        self.problem = problem
        self.top = top
        self.bottom = bottom
        self.free = (
            *(f"p{k}" for k in range(top + 1)),
            *(f"q{k}" for k in range(1, bottom + 1)),
        )
        self.place: RegularFunction | None = None
        if not problem.is_direct:
            self.place = RegularFunction(problem.place, problem.s, problem.low, problem.high)

    def series(self, box: arb, values: Sequence[arb], prec: int, terms: int) -> arb_series:
        """Return the Taylor series of a member over a box; nan where it may have a pole."""
        count = self.top + 1
        with series_precision(prec, terms):
            inner = None if self.place is None else self.place.series(box, prec, terms)
            above = _composed(values[:count], box, inner)
            below = _composed(values[count:], box, inner)
            if below[0].contains(0) or not below[0].is_finite():
                return unknown()
            return above / below

    def level(self, reference: Sequence[arb], previous: Level | None, prec: int) -> Level:
        """Solve the eigenvalue problem, and pick the denominator that has one sign."""
        places = [self.problem.x_at(place, prec) for place in reference]
        data = [self.problem.cached_data(place, prec, 1) for place in reference]
        with series_precision(prec, 1):
            targets = [target[0] for target, _ in data]
            factors = [arb(1) if inverse is None else inverse[0] for _, inverse in data]
            signs = [
                (-1) ** index * self.orientation(place) for index, place in enumerate(reference)
            ]
            middle, half = self._frame(prec)
            scaled = [((x - middle) / half).mid() for x in places]
            weights = _divided_difference(scaled)
            shares = [sign / factor for sign, factor in zip(signs, factors, strict=True)]
            found = []
            for error, lower in self._eigenvectors(scaled, weights, targets, shares):
                denominators = [arb_poly(lower)(u).mid() for u in scaled]
                if all(d > 0 for d in denominators) or all(d < 0 for d in denominators):
                    upper = _interpolated(
                        scaled,
                        [
                            d * (t - error * s)
                            for d, t, s in zip(denominators, targets, shares, strict=True)
                        ],
                        self.top,
                    )
                    found.append((error, upper, lower))
            if not found:
                raise ArithmeticError("no denominator without a zero at the reference")
            error, upper, lower = min(found, key=lambda row: ascending(abs(row[0]).mid()))
            values = self._in_powers(upper, lower, middle, half)
            return Level(values, error.mid())

    def _frame(self, prec: int) -> tuple[arb, arb]:
        """Return middle and half width of the interval in x, exact and simple."""
        low, high = (arb(float(end)) for end in self.problem.interval)
        with series_precision(prec, 1):
            return ((low + high) / 2).mid(), ((high - low) / 2).mid()

    def _eigenvectors(
        self, places: list[arb], weights: list[arb], targets: list[arb], shares: list[arb]
    ) -> list[tuple[arb, list[arb]]]:
        count = self.bottom + 1
        rows = [_chebyshev(place, count) for place in places]

        def gram(factors: list[arb]) -> arb_mat:
            entries = [
                [
                    sum(
                        (
                            weight * factor * row[i] * row[j]
                            for weight, factor, row in zip(weights, factors, rows, strict=True)
                        ),
                        arb(0),
                    ).mid()
                    for j in range(count)
                ]
                for i in range(count)
            ]
            return arb_mat(entries)

        try:
            matrix = gram(shares).solve(gram(targets), algorithm="approx")
        except ZeroDivisionError:
            raise ArithmeticError("the levelled equations are singular") from None
        if count == 1:
            return [(matrix[0, 0].mid(), [arb(1)])]
        values, vectors = acb_mat(matrix).eig(right=True, algorithm="approx")
        result = []
        for k, value in enumerate(values):
            column = [vectors[i, k] for i in range(count)]
            largest = max(column, key=lambda z: ascending(abs(z).mid()))
            real = [(z / largest).real.mid() for z in column]
            powers = arb_poly([0])
            for coefficient, basis in zip(real, _chebyshev_polynomials(count), strict=True):
                powers = powers + coefficient * basis
            coefficients = [powers[i].mid() for i in range(count)]
            result.append((value.real.mid(), coefficients))
        return result

    def _in_powers(
        self, upper: list[arb], lower: list[arb], middle: arb, half: arb
    ) -> tuple[arb, ...]:
        """Return the coefficients in powers of x, the first one of the denominator 1."""
        inner = arb_poly([-middle / half, 1 / half])
        above, below = arb_poly(upper)(inner), arb_poly(lower)(inner)
        numerator = [above[k] for k in range(self.top + 1)]
        denominator = [below[k] for k in range(self.bottom + 1)]
        scale = max((abs(c).mid() for c in denominator), key=ascending)
        first = denominator[0]
        if abs(first) < scale * arb(2) ** -40:
            first = max(denominator, key=lambda c: ascending(abs(c).mid()))
        return tuple((c / first).mid() for c in (*numerator, *denominator))

    def pattern(self, place: arb) -> int:
        """Return 1: differences of members have at most m + n zeros."""
        return 1

    def optimality(self) -> str:
        """Return the argument for optimality."""
        return (
            f"Haar condition: {self.size + 1} alternations prove optimality (de la Vallée-Poussin)"
        )

    def guard_bits(self) -> int:
        """Return bits for the condition of the powers of x and of the eigenvalue problem."""
        low, high = (float(end) for end in self.problem.interval)
        reach = max(abs(low), abs(high)) / ((high - low) / 2)
        powers = 3 + 2 * max(0.0, float(sympy.log(reach, 2)))
        return 64 + int((self.top + self.bottom) * (powers + 4))

    def order(self) -> int:
        """Return an order that makes the boxes of a proof as wide as the extrema are apart."""
        return self.top + self.bottom + 4

    def parameters(self, values: Sequence[arb]) -> dict[Any, Any]:
        """Return the coefficients by name; q0 only where it is not 1."""
        named: dict[Any, Any] = {f"p{k}": values[k] for k in range(self.top + 1)}
        lower = values[self.top + 1 :]
        start = 0 if lower[0] != 1 else 1
        named.update({f"q{k}": lower[k] for k in range(start, self.bottom + 1)})
        return named

    def state(self, numbers: Mapping[Any, Any]) -> tuple[Any, ...]:
        """Return the values of a member from its parameters by name."""
        lower = [numbers[f"q{k}"] for k in range(1, self.bottom + 1)]
        upper = [numbers[f"p{k}"] for k in range(self.top + 1)]
        return (*upper, numbers.get("q0", 1), *lower)

    def expression(self, numbers: dict[Any, sympy.Expr]) -> sympy.Expr:
        """Return the quotient in x."""
        x = self.problem.x
        above = sympy.Add(*(numbers[f"p{k}"] * x**k for k in range(self.top + 1)))
        below = sympy.Add(
            numbers.get("q0", sympy.Integer(1)),
            *(numbers[f"q{k}"] * x**k for k in range(1, self.bottom + 1)),
        )
        return above / below


def _composed(coefficients: Sequence[arb], box: arb, inner: arb_series | None) -> arb_series:
    if inner is None:
        return arb_series(arb_poly(list(coefficients))(arb_poly([box, 1])))
    total = arb_series([0])
    for coefficient in reversed(coefficients):
        total = total * inner + coefficient
    return total


def _divided_difference(places: list[arb]) -> list[arb]:
    """Return weights whose sum against every polynomial of lower degree vanishes."""
    weights = []
    for i, place in enumerate(places):
        product = arb(1)
        for j, other in enumerate(places):
            if i != j:
                product = product * 2 * (place - other)
        weights.append(1 / product)
    largest = max((abs(weight).mid() for weight in weights), key=ascending)
    return [weight / largest for weight in weights]


def _chebyshev(place: arb, count: int) -> list[arb]:
    row = [arb(1), place]
    while len(row) < count:
        row.append(2 * place * row[-1] - row[-2])
    return row[:count]


def _chebyshev_polynomials(count: int) -> list[arb_poly]:
    polynomials = [arb_poly([1]), arb_poly([0, 1])]
    twice = arb_poly([0, 2])
    while len(polynomials) < count:
        polynomials.append(twice * polynomials[-1] - polynomials[-2])
    return polynomials[:count]


def _interpolated(places: list[arb], values: list[arb], degree: int) -> list[arb]:
    """Return the coefficients of the polynomial of a degree through values at spread places."""
    last = len(places) - 1
    chosen = sorted({round(k * last / max(degree, 1)) for k in range(degree + 1)})
    rows = arb_mat([[places[i] ** k for k in range(degree + 1)] for i in chosen])
    right = arb_mat([[values[i]] for i in chosen])
    return [value.mid() for value in rows.solve(right, algorithm="approx").entries()]
