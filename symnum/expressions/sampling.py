"""Random points of a box under joint conditions: rejection first, then repair by projection."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sympy import Eq, Expr, Rational, Symbol
from sympy.core.relational import Relational

from symnum.expressions.conditions import holds, margin, solve_equalities
from symnum.expressions.domains import Integers, Interval
from symnum.expressions.rational import as_fractions, fraction_at

_REJECTIONS = 25  # draws for one point before the first repair
_REPAIRS = 30  # draws for one point that are repaired
_STEPS = 40  # projection sweeps of one repair
_PATIENCE = 4  # sweeps within which the worst violation has to fall by half
_OVERSHOOT = Fraction(101, 100)  # how far beyond the border a projection aims
_INWARD = 12  # sizes tried for a random step from the border into the region
_LARGEST = 10**6
_DIGITS = 40

Fractions = dict[Symbol, Fraction]


@dataclass(frozen=True, slots=True)
class Region:
    r"""The points of a product of domains at which joint conditions hold.

    A point is drawn symbol by symbol and kept where the conditions hold. Where the region is too
    thin for that, a draw is moved onto it, for each violated condition :math:`g(x) > 0` along the
    gradient:

    .. math:: x \leftarrow x - (1 + \varepsilon) \frac{g(x)}{|\nabla g(x)|^2} \nabla g(x),

    which is Kaczmarz' method with a small overshoot. Every point is checked exactly at the end.

    Parameters
    ----------
    domains : mapping from sympy.Symbol to Interval or Integers
        In the order that points shall have.
    where : sequence of relations
        The joint conditions.
    fixed : mapping from sympy.Symbol to sympy.Expr
        Values that some symbols shall have, single-point domains included.
    solved : mapping from sympy.Symbol to sympy.Expr
        The symbols that equalities determine.
    margins : tuple of sympy.Expr
        Positive inside; functions of the remaining symbols.

    Examples
    --------
    >>> a, z = Symbol("a"), Symbol("z")
    >>> region = Region.build({a: Interval(0, 10), z: Interval(0, 10)}, (a * z < 2,))
    >>> point = region.draw(random.Random(0))
    >>> bool(point[a] * point[z] < 2)
    True
    """

    domains: Mapping[Symbol, Interval | Integers]
    where: Sequence[Relational]
    fixed: Mapping[Symbol, Expr]
    solved: Mapping[Symbol, Expr]
    margins: tuple[Expr, ...]

    @classmethod
    def build(
        cls,
        domains: Mapping[Symbol, Interval | Integers],
        where: Sequence[Relational],
        fixed: Mapping[Symbol, Expr] | None = None,
    ) -> Region:
        """Prepare a region: solve the equalities, put in the fixed values, collect the margins.

        Parameters
        ----------
        domains, where, fixed
            As for the class.

        Returns
        -------
        Region
            Ready to draw from.

        Raises
        ------
        ValueError
            An equality that is linear in none of its symbols.
        """
        points = {symbol: domain.low for symbol, domain in domains.items() if domain.is_point}
        values = {**points, **(fixed or {})}
        equalities = [relation for relation in where if isinstance(relation, Eq)]
        solved = solve_equalities(
            Eq(*(side.xreplace(values) for side in relation.args), evaluate=False)
            for relation in equalities
        )
        margins = [margin(relation) for relation in where if relation not in equalities]
        for symbol in solved:
            margins += _distances(symbol, domains[symbol])
        kept = [expr.xreplace(values).xreplace(solved) for expr in margins if expr is not None]
        return cls(
            domains, where, values, solved, tuple(expr for expr in kept if expr.free_symbols)
        )

    @property
    def free(self) -> tuple[Symbol, ...]:
        """The symbols that are drawn."""
        return tuple(
            symbol
            for symbol in self.domains
            if symbol not in self.fixed and symbol not in self.solved
        )

    def draw(
        self, rng: random.Random, *, rejections: int = _REJECTIONS, repairs: int = _REPAIRS
    ) -> dict[Symbol, Expr] | None:
        """Return one random point of the region, or None where none was found.

        Parameters
        ----------
        rng : random.Random
            The source of randomness.
        rejections, repairs : int
            How many draws to make, and how many more to move onto the region.

        Returns
        -------
        dict from sympy.Symbol to sympy.Expr, or None
            In the order of the domains.
        """
        for _ in range(rejections if self.free else 1):
            point = self._random(rng)
            if self.accepts(point):
                return self.complete(point)
        if not self.margins:
            return None
        for _ in range(repairs):
            repaired = self._repaired(as_fractions(self._random(rng)))
            if repaired is not None:
                return self.complete(_rationals(self._inward(repaired, rng)))
        return None

    def complete(self, point: Mapping[Symbol, Expr]) -> dict[Symbol, Expr]:
        """Add the values that are fixed and those that the equalities determine.

        Parameters
        ----------
        point : mapping from sympy.Symbol to sympy.Expr
            The drawn symbols.

        Returns
        -------
        dict from sympy.Symbol to sympy.Expr
            All symbols, in the order of the domains.
        """
        values = {**point, **self.fixed}
        determined = {symbol: expr.xreplace(values) for symbol, expr in self.solved.items()}
        return {symbol: {**determined, **values}[symbol] for symbol in self.domains}

    def accepts(self, point: Mapping[Symbol, Expr]) -> bool:
        """Tell whether drawn values, completed, lie in the domains and fulfil the conditions.

        Parameters
        ----------
        point : mapping from sympy.Symbol to sympy.Expr
            The drawn symbols.

        Returns
        -------
        bool
            Decided exactly.
        """
        values = self.complete(point)
        if any(values[symbol] not in self.domains[symbol] for symbol in (*self.solved, *point)):
            return False
        return all(holds(relation, values) for relation in self.where)

    def _random(self, rng: random.Random) -> dict[Symbol, Expr]:
        return {symbol: self.domains[symbol].sample(rng) for symbol in self.free}

    def _repaired(self, point: Fractions) -> Fractions | None:
        """Move a point onto the region; None where the steps do not end there."""
        history: list[Fraction] = []
        for _ in range(_STEPS):
            for candidate in (self._rounded(point), point):
                if self.accepts(_rationals(candidate)):
                    return candidate
            values = [_margin_at(expr, point) for expr in self.margins]
            worst = min((value for value in values if value is not None), default=Fraction(0))
            history.append(worst)
            if len(history) > _PATIENCE and worst < history[-1 - _PATIENCE] / 2:
                return None
            moved = point
            for expr in self.margins:
                moved = self._projected(moved, expr)
            if moved == point:
                return None
            point = moved
        return None

    def _projected(self, point: Fractions, expr: Expr) -> Fractions:
        """Take one step along the gradient of a margin that is not positive."""
        value = _margin_at(expr, point)
        if value is None or value > 0:
            return point
        slopes = dict(_slopes(expr, point))
        # A strict condition that is met with equality still has to be crossed.
        distance = _OVERSHOOT * max(-value, Fraction(1, 10 ** (_DIGITS - 10)))
        while norm := sum(slope**2 for slope in slopes.values()):
            moved = {
                symbol: self._clamped(symbol, point[symbol] + distance * slope / norm)
                for symbol, slope in slopes.items()
            }
            # Those that are stuck at an end leave the whole step to the others.
            stuck = {symbol for symbol in moved if moved[symbol] == point[symbol]}
            if not stuck:
                return {**point, **moved}
            slopes = {symbol: slope for symbol, slope in slopes.items() if symbol not in stuck}
        return point

    def _inward(self, point: Fractions, rng: random.Random) -> Fractions:
        """Take a random step inside the region, so that points do not all sit on its border."""
        for power in range(_INWARD):
            stepped = {
                symbol: self._reflected(
                    symbol,
                    value + (1 + abs(value)) * Fraction(rng.randint(-99, 99), 100 * 10**power),
                )
                for symbol, value in point.items()
            }
            for candidate in (self._rounded(stepped), stepped):
                if candidate != point and self.accepts(_rationals(candidate)):
                    return candidate
        return point

    def _clamped(self, symbol: Symbol, value: Fraction) -> Fraction:
        """Return a value of 40 decimals between the ends of the domain of a symbol."""
        return self.domains[symbol].clamp(_decimals(value))

    def _reflected(self, symbol: Symbol, value: Fraction) -> Fraction:
        """Return a value inside the domain of a symbol, off its ends where that is possible."""
        return self._clamped(symbol, 2 * self._clamped(symbol, value) - value)

    def _rounded(self, point: Fractions) -> Fractions:
        """Round each value to a denominator of at most ``10**6``."""
        return {symbol: value.limit_denominator(_LARGEST) for symbol, value in point.items()}


def _rationals(point: Fractions) -> dict[Symbol, Expr]:
    return {symbol: Rational(value.numerator, value.denominator) for symbol, value in point.items()}


def _decimals(value: Fraction) -> Fraction:
    return Fraction(round(value * 10**_DIGITS), 10**_DIGITS)


def _distances(symbol: Symbol, domain: Interval | Integers) -> list[Expr]:
    """Return expressions that are positive between the ends of a domain."""
    distances = []
    if not domain.low.is_infinite:
        distances.append(symbol - domain.low)
    if not domain.high.is_infinite:
        distances.append(domain.high - symbol)
    return distances


def _margin_at(expr: Expr, point: Fractions) -> Fraction | None:
    """Evaluate a margin; None where it is undefined, not real or astronomical."""
    quick = fraction_at(expr, point)
    if quick is not None:
        return quick
    value = expr.xreplace(_rationals(point)).evalf(_DIGITS)
    if not (value.is_Float or value.is_Rational) or abs(value) > 10**300:
        return None
    exact = Rational(value)
    return Fraction(int(exact.p), int(exact.q))


def _slopes(expr: Expr, point: Fractions) -> Iterator[tuple[Symbol, Fraction]]:
    """Yield the central differences of a margin; kinks such as those of Abs do no harm."""
    for symbol in sorted(expr.free_symbols, key=lambda symbol: symbol.name):
        size = _decimals((1 + abs(point[symbol])) * Fraction(1, 10**15))
        ends = [_margin_at(expr, {**point, symbol: point[symbol] + step}) for step in (size, -size)]
        if ends[0] is not None and ends[1] is not None:
            yield symbol, _decimals((ends[0] - ends[1]) / (2 * size))


def enumerate_corners(
    domains: Mapping[Symbol, Interval | Integers], most: int
) -> Iterator[dict[Symbol, Expr]]:
    """Yield the corners of a product of domains, where all ends belong to it and they are few.

    Parameters
    ----------
    domains : mapping from sympy.Symbol to Interval or Integers
        In the order that points shall have.
    most : int
        The number of corners from which on none is yielded.

    Yields
    ------
    dict from sympy.Symbol to sympy.Expr
        One corner.
    """
    choices: list[tuple[Symbol, list[Expr]]] = []
    count = 1
    for symbol, domain in domains.items():
        ends = [end for end in dict.fromkeys((domain.low, domain.high)) if end in domain]
        choices.append((symbol, ends))
        count *= len(ends)
    if count == 0 or count > most:
        return
    for number in range(count):
        corner = {}
        for symbol, ends in choices:
            number, index = divmod(number, len(ends))
            corner[symbol] = ends[index]
        yield corner
