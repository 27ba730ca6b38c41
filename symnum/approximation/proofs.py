"""The derivation behind an answer: stationarity, alternation, optimality, certificate."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy
from flint import fmpq, fmpq_mat

from symnum.approximation.parametric import ParametricFamily
from symnum.approximation.polynomial import PolynomialFamily
from symnum.approximation.rational import RationalFamily
from symnum.approximation.result import Minimax
from symnum.derivation import Derivation
from symnum.errors import Refuted, Undecided
from symnum.expressions import Interval

__all__ = ["minimax_derivation"]

PLACE_DIGITS = 18
MARGIN = sympy.Rational(1, 10**9)
#: By which factor the bound of the certificate step may exceed the largest error.
ROOM = sympy.Rational(1001, 1000)
#: An error that is smaller than the target by more bits is not bounded again.
MOST_BOUNDED_BITS: dict[type, int] = {
    PolynomialFamily: 16,
    RationalFamily: 12,
    ParametricFamily: 12,
}
MOST_WEIGHTED_BITS = 11
#: Where the error is smaller than the target by more bits, roots are not isolated.
MOST_LOST_BITS = 16
NEARBY = sympy.Rational(1, 1000)


def minimax_derivation(fit: Minimax) -> Derivation:
    """Return the derivation of an answer; each of its steps is checked here.

    Parameters
    ----------
    fit : Minimax

    Returns
    -------
    Derivation
        Its result is the fit, a function of x, with its coefficients as exact numbers.
    """
    return _Proof(fit).run()


class _Proof:
    def __init__(self, fit: Minimax) -> None:
        self.fit = fit
        self.x = fit.x
        self.member = fit.exact_expr
        self.error = (fit.target - self.member) / fit.weight
        self.places = [self._regular(self._rational(place)) for place in fit.alternation]
        low, high = fit.interval
        domain: dict[Any, Interval] = {fit.x: Interval(low, high)}
        self.extra = self._parameters()
        domain.update(self.extra)
        self.d = Derivation(
            "minimax",
            title=f"Best approximation to {fit.target} on [{low}, {high}]",
            source="P. L. Chebyshev, Sur les questions de minima, 1859",
            domain=domain,
        )

    def run(self) -> Derivation:
        self.d.define(self._fresh("F"), self.member, why="the member of the family, exactly")
        if self.fit.alternation and self.fit.dtype is None:
            stationary = self._stationarity()
            self._alternation()
            self._optimality()
            self._certificate(stationary)
        else:
            self._certificate(stationary=False)
        self.d.result(self.member, args=[self.x])
        return self.d

    # names

    def _fresh(self, name: str) -> sympy.Symbol:
        taken = {symbol.name for symbol in (self.x, *self.extra)}
        while name in taken:
            name += "_"
        return sympy.Symbol(name)

    def _parameters(self) -> dict[Any, Interval]:
        """Return the further symbols that the optimality step speaks about."""
        family, reals = self.fit.family, Interval(-sympy.oo, sympy.oo)
        if isinstance(family, PolynomialFamily):
            return {sympy.Symbol(name): reals for name in family.free}
        argument = family.argument if isinstance(family, ParametricFamily) else None
        if argument is None:
            return {}
        known = dict(argument.domain)
        symbols = sorted(
            {symbol for side in argument.identity for symbol in side.free_symbols} - {self.x},
            key=lambda symbol: symbol.name,
        )
        return {**dict.fromkeys(symbols, reals), **known}

    def _rational(self, place: Any) -> sympy.Rational:
        """Return a place as a short rational inside the interval."""
        low, high = self.fit.interval
        value = sympy.Rational(mpmath.nstr(place, PLACE_DIGITS))
        if abs(value) < (high - low) * sympy.Rational(1, 10**PLACE_DIGITS):
            value = sympy.Integer(0)
        for end in (low, high):
            if abs(end - value) < sympy.Rational(1, 10 ** (PLACE_DIGITS - 3)) and end.is_Rational:
                return end
        step = sympy.Rational(1, 10 ** (PLACE_DIGITS - 2))
        if value <= low:
            value = value + step * max(1, abs(value))
        if value >= high:
            value = value - step * max(1, abs(value))
        return value

    def _regular(self, place: sympy.Rational) -> sympy.Rational:
        """Return a place beside a removable singularity, where the error can be written down."""
        value = self.error.subs(self.x, place)
        if value.is_finite is not False and not value.has(sympy.nan, sympy.zoo, sympy.oo):
            return place
        step = sympy.Rational(1, 10**PLACE_DIGITS)
        return place - step if place == self.fit.interval[1] else place + step

    # steps

    def _stationarity(self) -> bool:
        """Locate each interior extremum, by an enclosure of the zero of the slope."""
        slope = sympy.diff(self.error, self.x)
        inner = [place for place in self.places if not self._is_near_end(place)]
        sharp = self.fit.outcome is None or self.fit.outcome.lost_bits > MOST_LOST_BITS
        sharp = sharp or bool(self.fit.family.problem.target.anchors)
        done = True
        for index, place in enumerate(inner):
            try:
                if sharp:
                    self._turning(slope, place)
                else:
                    self.d.solve(
                        slope,
                        self.x,
                        near=place,
                        name=f"extremum_{index}",
                        why="an interior extremum of the error: its slope vanishes",
                    )
            except (Undecided, ValueError, NotImplementedError):
                done = False
        return done

    def _turning(self, slope: sympy.Expr, place: sympy.Rational) -> None:
        """Show that the slope changes its sign near a place: cheap where the error is tiny."""
        step = sympy.Rational(1, 10 ** (PLACE_DIGITS // 2)) * max(abs(place), NEARBY)
        sign = 1 if sympy.N(self.error.subs(self.x, place), 30) > 0 else -1
        for side in (-1, 1):
            value = slope.subs(self.x, place + side * step)
            where = "before" if side < 0 else "after"
            self.d.less_equal(
                0,
                -side * sign * value,
                why=f"the size of the error {'grows' if side < 0 else 'falls'} just {where} its "
                f"extremum at {self.x} = {sympy.N(place, 8)}",
            )

    def _is_near_end(self, place: sympy.Rational) -> bool:
        return any(
            abs(sympy.N(end - place, 40)) < sympy.Rational(1, 10**12) for end in self.fit.interval
        )

    def _alternation(self) -> None:
        lowest = _below(self.fit.error_bounds[0])
        for place in self.places:
            value = self.error.subs(self.x, place)
            sign = 1 if sympy.N(value, 30) > 0 else -1
            self.d.less_equal(
                lowest,
                sign * value,
                why=f"the error at {self.x} = {sympy.N(place, 8)} has "
                f"{'its positive' if sign > 0 else 'its negative'} extreme size",
            )

    def _optimality(self) -> None:
        family = self.fit.family
        if isinstance(family, PolynomialFamily):
            self._dual(family)
        elif isinstance(family, RationalFamily):
            self._denominator(family)
        elif isinstance(family, ParametricFamily) and family.argument is not None:
            argument = family.argument
            if argument.slope is not None:
                self.d.less_equal(0, argument.slope, why=argument.text)
            elif argument.identity:
                self.d.equal(*argument.identity, why=argument.text)

    def _dual(self, family: PolynomialFamily) -> None:
        """Prove the lower bound by a functional that vanishes on the family."""
        places = self.places[: family.size + 1]
        weights = _annihilator(places, family.powers)
        symbols = [sympy.Symbol(name) for name in family.free]
        members = [
            sympy.Add(*(c * place**power for c, power in zip(symbols, family.powers, strict=True)))
            for place in places
        ]
        # Not evaluated: SymPy would show the reader 0 = 0.
        terms = [
            sympy.Mul(weight, member, evaluate=False)
            for weight, member in zip(weights, members, strict=True)
        ]
        if symbols:
            self.d.equal(
                sympy.Add(*terms, evaluate=False),
                0,
                why="a functional on the alternation points that vanishes on the family",
            )
        fixed = sympy.Add(*(value * self.x**power for power, value in family.fixed.items()))
        rest = self.fit.target - fixed
        above = sum(
            (w * rest.subs(self.x, place) for w, place in zip(weights, places, strict=True)),
            sympy.Integer(0),
        )
        below = sum(
            (
                abs(w) * abs(self.fit.weight.subs(self.x, place))
                for w, place in zip(weights, places, strict=True)
            ),
            sympy.Integer(0),
        )
        sign = 1 if sympy.N(above, 30) > 0 else -1
        self.d.less_equal(
            _below(self.fit.error_bounds[0]) * (1 - MARGIN),
            sign * above / below,
            why="its value at the target over its norm: no member has a smaller largest error",
        )

    def _denominator(self, family: RationalFamily) -> None:
        _, below = sympy.fraction(self.member)
        middle = sum(self.fit.interval) / 2
        sign = 1 if sympy.N(below.subs(self.x, middle)) > 0 else -1
        self.d.less_equal(
            0,
            sign * below,
            why="the denominator has one sign: differences of members of this type have at most "
            f"{family.top + family.bottom} zeros, so the alternation proves optimality",
        )

    def _certificate(self, stationary: bool) -> None:
        family, fit = self.fit.family, self.fit
        if (
            stationary
            and isinstance(family, PolynomialFamily)
            and fit.weight == 1
            and family.powers == tuple(range(family.degree + 1))
            and len(fit.alternation) == family.size + 1
            and self._by_rolle(family)
        ):
            return
        largest = _above(fit.error_bounds[1])
        left, right = (sympy.simplify(side / fit.weight) for side in (fit.target, self.member))
        lost = 0 if fit.outcome is None else fit.outcome.lost_bits
        most = MOST_BOUNDED_BITS[type(fit.family)]
        if fit.weight != 1:
            most = min(most, MOST_WEIGHTED_BITS)
        if lost > most or fit.family.problem.target.anchors:
            return  # beyond the reach of these provers: `error_bounds` has its own proof
        try:
            self.d.approximate(
                left,
                right,
                bound=largest * ROOM,
                why="no weighted error on the interval is larger, up to a thousandth",
            )
        except (Undecided, ValueError, NotImplementedError):
            return

    def _is_defined(self, expr: sympy.Expr) -> bool:
        """Whether an expression has a value, as it is written, where the target is singular."""
        inner = self.fit.family.problem.target.anchors
        places = [*self.fit.interval]
        if self.fit.family.problem.is_direct:
            places += [anchor.place for anchor in inner]
        return not any(expr.subs(self.x, place).has(sympy.nan, sympy.zoo) for place in places)

    def _by_rolle(self, family: PolynomialFamily) -> bool:
        """Prove that the slope has no zeros beside the located ones."""
        order = family.degree + 1
        bend = sympy.simplify(sympy.diff(self.fit.target, self.x, order))
        middle = sum(self.fit.interval) / 2
        value = sympy.N(bend.subs(self.x, middle))
        if not value.is_Float or value == 0 or not self._is_defined(bend):
            return False
        try:
            self.d.less_equal(
                0,
                bend if value > 0 else -bend,
                why=f"the derivative of order {order} of the error has one sign, so its slope has "
                f"no zeros but the {order - 1} extrema: the error is largest at the alternation "
                "points",
            )
        except (Refuted, Undecided, ValueError, NotImplementedError):
            return False
        return True


def _annihilator(places: list[sympy.Rational], powers: tuple[int, ...]) -> list[sympy.Rational]:
    """Return weights for the places whose sums with these powers vanish."""
    if not powers:
        return [sympy.Integer(1)]
    points = [fmpq(int(place.p), int(place.q)) for place in places]
    reduced, rank = fmpq_mat([[point**power for point in points] for power in powers]).rref()
    last = len(points) - 1
    column = [-reduced[row, last] for row in range(rank)] + [fmpq(1)]
    return [sympy.Rational(int(value.p), int(value.q)) for value in column]


def _below(value: Any) -> sympy.Rational:
    """Return a short rational just below a positive number."""
    return sympy.Rational(mpmath.nstr(value, 15)) * (1 - MARGIN)


def _above(value: Any) -> sympy.Rational:
    return sympy.Rational(mpmath.nstr(value, 15)) * (1 + MARGIN)
