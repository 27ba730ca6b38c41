"""Truncated series in the error of an iterate, exact and of symbolic multiplicity.

Near a root r of multiplicity m every smooth function reads
``f(r + e) = f1 * e**m * (1 + c2*e + c3*e**2 + ...)``. A `LocalSeries` is
``e**(a*m + b) * (s0 + s1*e + ...)`` with integers a and b and coefficients in the field of rational
functions of the symbols, so that quotients such as f/f' stay exact for a symbolic m too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.polys.fields import FracField

__all__ = ["LocalSeries", "SeriesField"]


class SeriesField:
    """The coefficient field of the series around one root, and the series of f itself.

    Parameters
    ----------
    multiplicity : int or Symbol
        Multiplicity m of the root.
    terms : int
        Terms kept of f.
    """

    def __init__(self, multiplicity: int | sp.Symbol, terms: int) -> None:
        self.terms = terms
        self.error = sp.Symbol("e")
        self.root = sp.Symbol("r")
        self.leading = sp.Symbol("f1")
        self.ratios = sp.symbols(f"c2:{terms + 1}")
        self.symbolic = isinstance(multiplicity, sp.Symbol)
        names = [self.root, self.leading, *self.ratios]
        if isinstance(multiplicity, sp.Symbol):
            names.append(multiplicity)
        self.field: Any = FracField(names, sp.QQ, sp.polys.orderings.lex)
        self.multiplicity = self.number(multiplicity)
        self._whole = None if self.symbolic else int(multiplicity)

    def number(self, value: Any) -> Any:
        """Return a SymPy expression in the field's own symbols as an element of the field."""
        return self.field.from_expr(sp.sympify(value))

    def constant(self, value: Any) -> LocalSeries:
        """Return the series of a constant."""
        return self.series(0, 0, [self.number(value)] + [self.field.zero] * (self.terms - 1))

    def position(self) -> LocalSeries:
        """Return the series of x = r + e itself."""
        tail = [self.field.zero] * (self.terms - 2)
        return self.series(0, 0, [self.number(self.root), self.field.one, *tail])

    def displacement(self) -> LocalSeries:
        """Return the series of the error e."""
        return self.series(0, 1, [self.field.one] + [self.field.zero] * (self.terms - 1))

    def derivative_at(self, displacement: LocalSeries, order: int) -> LocalSeries:
        """Return f^(order)(r + displacement), term by term.

        Raises
        ------
        ValueError
            If the displacement does not vanish at the root, or is not the error itself while the
            multiplicity is a symbol.
        """
        ratios = [self.field.one, *(self.number(c) for c in self.ratios)]
        coefficients = []
        for k, ratio in enumerate(ratios):
            falling = self.field.one
            for j in range(order):
                falling *= self.multiplicity + k - j
            coefficients.append(self.number(self.leading) * falling * ratio)
        if self.symbolic:
            if displacement != self.displacement():
                raise ValueError(
                    "a step that evaluates f at a point other than x needs a number as "
                    "multiplicity, not a symbol"
                )
            return self.series(1, -order, coefficients)
        if displacement.power < 1 or displacement.multiples:
            raise ValueError("the step evaluates f at a point that is not near the root")
        assert self._whole is not None
        known = displacement.power * (self._whole + len(coefficients) - order)
        total = self.series(0, known, [])
        for k, coefficient in enumerate(coefficients):
            exponent = self._whole + k - order
            if exponent >= 0 and coefficient:
                power = displacement.whole_power(exponent).scaled(coefficient)
                total = power.up_to(known) if total.is_void else total + power
        return total

    def series(self, multiples: int, power: int, coefficients: Iterable[Any]) -> LocalSeries:
        """Return a series, its vanishing leading terms removed."""
        kept = list(coefficients)
        while kept and not kept[0]:
            kept.pop(0)
            power += 1
        return LocalSeries(self, multiples, power, tuple(kept))


@dataclass(frozen=True, slots=True, eq=False)
class LocalSeries:
    """The series e**(multiples*m + power) * (c0 + c1*e + ...), the first coefficient not zero.

    An empty tuple of coefficients means that the series vanishes below e**power, and that nothing
    is known beyond.
    """

    home: SeriesField
    multiples: int
    power: int
    coefficients: tuple[Any, ...]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LocalSeries)
            and (self.multiples, self.power) == (other.multiples, other.power)
            and self.coefficients == other.coefficients
        )

    @property
    def end(self) -> int:
        """The first power of e (beside multiples*m) that is not known."""
        return self.power + len(self.coefficients)

    @property
    def is_void(self) -> bool:
        """Whether no term is known to be there."""
        return not self.coefficients

    def up_to(self, end: int) -> LocalSeries:
        """Return the series with everything from e**end on forgotten."""
        return self.home.series(
            self.multiples, self.power, self.coefficients[: max(0, end - self.power)]
        )

    def scaled(self, factor: Any) -> LocalSeries:
        """Return the series times an element of the field."""
        return self.home.series(self.multiples, self.power, [factor * c for c in self.coefficients])

    def __add__(self, other: LocalSeries) -> LocalSeries:
        if self.multiples != other.multiples:
            raise ValueError("the step adds terms of different degree in f: it has no common order")
        start = min(self.power, other.power)
        end = min(self.end, other.end)
        zero = self.home.field.zero
        total = [zero] * max(0, end - start)
        for series in (self, other):
            for k, coefficient in enumerate(series.coefficients):
                if series.power + k < end:
                    total[series.power + k - start] += coefficient
        return self.home.series(self.multiples, start, total)

    def __mul__(self, other: LocalSeries) -> LocalSeries:
        length = min(len(self.coefficients), len(other.coefficients))
        total = [self.home.field.zero] * length
        for i, left in enumerate(self.coefficients[:length]):
            for j in range(length - i):
                total[i + j] += left * other.coefficients[j]
        return self.home.series(self.multiples + other.multiples, self.power + other.power, total)

    def inverse(self) -> LocalSeries:
        """Return the reciprocal series."""
        if self.is_void:
            raise ValueError("the step divides by a term that vanishes identically at the root")
        leading = self.coefficients[0]
        inverse = [1 / leading]
        for k in range(1, len(self.coefficients)):
            carried = self.home.field.zero
            for j in range(1, k + 1):
                carried += self.coefficients[j] * inverse[k - j]
            inverse.append(-carried / leading)
        return self.home.series(-self.multiples, -self.power, inverse)

    def whole_power(self, exponent: int) -> LocalSeries:
        """Return an integer power."""
        if exponent < 0:
            return self.inverse().whole_power(-exponent)
        result = self.home.constant(1)
        for _ in range(exponent):
            result = result * self
        return result

    def root_power(self, exponent: sp.Rational) -> LocalSeries:
        """Return a rational power of a series whose leading coefficient has such a root."""
        denominator = exponent.q
        if self.is_void or self.power % denominator or self.multiples % denominator:
            raise ValueError(f"the step takes a power {exponent} that has no series at the root")
        positive = sp.Dummy(positive=True)
        leading = self.coefficients[0].as_expr().subs(self.home.leading, positive)
        rooted = (sp.factor(leading) ** exponent).subs(positive, self.home.leading)
        try:
            first = self.home.number(rooted)
        except (ValueError, sp.polys.polyerrors.CoercionFailed) as error:
            raise ValueError(
                f"the step takes the irrational power {leading}**{exponent}"
            ) from error
        # (1 + u)**p by the recurrence k*b_k = sum_j (p*j - (k - j)) * u_j * b_(k-j).
        ratios = [c / self.coefficients[0] for c in self.coefficients]
        p = self.home.number(exponent)
        powers = [self.home.field.one]
        for k in range(1, len(ratios)):
            carried = self.home.field.zero
            for j in range(1, k + 1):
                carried += (p * j - (k - j)) * ratios[j] * powers[k - j]
            powers.append(carried / k)
        scale = exponent.p
        return self.home.series(
            self.multiples * scale // denominator,
            self.power * scale // denominator,
            [first * b for b in powers],
        )
