"""Enclosures of expressions over boxes whose sides may be infinite.

An enclosure is a pair of ends in outward-rounded arithmetic, each finite or infinite. Monotone
functions are taken at their ends, so unbounded sides, poles at ends and saturating functions need
no special care; a correlation between two occurrences of a symbol is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import sympy
from flint import arb, ctx, fmpq
from sympy import Expr, S

__all__ = ["EVERYWHERE", "Range", "RangeProgram", "range_of"]

_PRECISION = 80
_INFINITY = arb.pos_inf()
_MINUS_INFINITY = arb.neg_inf()


@final
@dataclass(frozen=True, slots=True)
class Range:
    """All numbers from `low` to `high`; the ends are exact, or infinite."""

    low: Any
    high: Any

    @property
    def is_bounded(self) -> bool:
        """Whether both ends are finite."""
        return bool(self.low.is_finite() and self.high.is_finite())

    @property
    def signs(self) -> frozenset[int]:
        """The signs of the members."""
        found = set()
        if self.low < 0:
            found.add(-1)
        if self.high > 0:
            found.add(1)
        if not (self.low > 0 or self.high < 0):
            found.add(0)
        return frozenset(found)

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low)

    def __add__(self, other: Range) -> Range:
        return Range(_lower(self.low + other.low), _upper(self.high + other.high))

    def __sub__(self, other: Range) -> Range:
        return self + (-other)

    def __mul__(self, other: Range) -> Range:
        products = [
            _product(left, right)
            for left in (self.low, self.high)
            for right in (other.low, other.high)
        ]
        low, high = products[0], products[0]
        for value in products[1:]:
            low = low if low.lower() <= value.lower() else value
            high = high if high.upper() >= value.upper() else value
        return Range(_lower(low), _upper(high))

    def inverse(self) -> Range:
        """Return the reciprocals of the members, everything where zero is inside."""
        if self.low >= 0:
            return Range(_reciprocal(self.high, down=True), _reciprocal(self.low, down=False))
        if self.high <= 0:
            return -((-self).inverse())
        return EVERYWHERE

    def union(self, other: Range) -> Range:
        """Return the smallest range that holds both."""
        low = self.low if self.low <= other.low else other.low
        high = self.high if self.high >= other.high else other.high
        return Range(low, high)


EVERYWHERE = Range(_MINUS_INFINITY, _INFINITY)
_ZERO = arb(0)
_ONE = arb(1)


def _lower(value: Any) -> Any:
    """Return the lower end of a ball; of an undefined one minus infinity."""
    if value.is_finite():
        return value.lower()
    return _INFINITY if value > 0 else _MINUS_INFINITY


def _upper(value: Any) -> Any:
    if value.is_finite():
        return value.upper()
    return _MINUS_INFINITY if value < 0 else _INFINITY


def _product(left: Any, right: Any) -> Any:
    if left.is_zero() or right.is_zero():
        return _ZERO
    return left * right


def _reciprocal(value: Any, *, down: bool) -> Any:
    if value.is_zero():
        return _INFINITY
    if not value.is_finite():
        return _ZERO
    return (1 / value).lower() if down else (1 / value).upper()


def _rising(function: Callable[[Any], Any], at_low: Any, at_high: Any) -> Callable[..., Range]:
    """Return the row of an increasing function, with its values at minus and plus infinity."""

    def row(argument: Range) -> Range:
        low = function(argument.low) if argument.low.is_finite() else None
        high = function(argument.high) if argument.high.is_finite() else None
        return Range(
            _lower(low) if low is not None else (at_low if argument.low < 0 else at_high),
            _upper(high) if high is not None else (at_high if argument.high > 0 else at_low),
        )

    return row


def _falling(function: Callable[[Any], Any], at_low: Any, at_high: Any) -> Callable[..., Range]:
    mirrored = _rising(lambda value: -function(value), -at_low, -at_high)
    return lambda argument: -mirrored(argument)


def _within(low: Any, high: Any, row: Callable[..., Range]) -> Callable[..., Range]:
    """Restrict a row to arguments between two ends; outside nothing is known."""

    def restricted(argument: Range) -> Range:
        if argument.low < low or argument.high > high:
            return EVERYWHERE
        return row(argument)

    return restricted


def _even(row: Callable[..., Range]) -> Callable[..., Range]:
    """Return the row of an even function that increases for positive arguments."""
    return lambda argument: row(_modulus(argument))


def _modulus(argument: Range) -> Range:
    if argument.low >= 0:
        return argument
    if argument.high <= 0:
        return -argument
    high = argument.high if argument.high >= -argument.low else -argument.low
    return Range(_ZERO, high)


def _even_power(argument: Range, exponent: int) -> Range:
    part = _modulus(argument)
    return Range(
        _lower(part.low**exponent) if part.low.is_finite() else part.low,
        _upper(part.high**exponent) if part.high.is_finite() else part.high,
    )


def _integer_power(argument: Range, exponent: int) -> Range:
    if exponent < 0:
        return _integer_power(argument, -exponent).inverse()
    if exponent % 2 == 0:
        return _even_power(argument, exponent) if exponent else Range(_ONE, _ONE)
    return _rising(lambda value: value**exponent, _MINUS_INFINITY, _INFINITY)(argument)


def _positive_power(argument: Range, exponent: Fraction) -> Range:
    """Return a power with a fractional exponent of a nonnegative argument."""
    if not argument.low >= 0:
        return EVERYWHERE
    size = arb(fmpq(abs(exponent.numerator), exponent.denominator))
    row = _rising(lambda value: value**size if not value.is_zero() else _ZERO, _ZERO, _INFINITY)
    value = row(argument)
    return value.inverse() if exponent < 0 else value


def _sine(argument: Range) -> Range:
    """Return the sine: its values at the ends, with 1 and -1 where a turning point is inside."""
    if not argument.is_bounded or argument.high - argument.low > 7:
        return Range(-_ONE, _ONE)
    first, last = argument.low.sin(), argument.high.sin()
    low = first if first.lower() <= last.lower() else last
    high = first if first.upper() >= last.upper() else last
    turns = arb.pi()
    start, end = argument.low / turns - arb(0.5), argument.high / turns - arb(0.5)
    for place in range(int(float(start.lower())) - 2, int(float(end.upper())) + 3):
        if not (start > place or end < place):
            low, high = (low, _ONE) if place % 2 == 0 else (-_ONE, high)
    return Range(_lower(low), _upper(high))


def _cosine(argument: Range) -> Range:
    quarter = arb.pi() / 2
    return _sine(Range(_lower(argument.low + quarter), _upper(argument.high + quarter)))


def _tangent(argument: Range) -> Range:
    """Return the tangent of a range without a pole, everything otherwise."""
    if 0 in _cosine(argument).signs or not argument.is_bounded or argument.high - argument.low > 3:
        return EVERYWHERE
    return Range(_lower(argument.low.tan()), _upper(argument.high.tan()))


def _heaviside(argument: Range, at_zero: Range) -> Range:
    signs = argument.signs
    values = Range(_ONE, _ONE) if 1 in signs else Range(_ZERO, _ZERO)
    if -1 in signs:
        values = values.union(Range(_ZERO, _ZERO))
    return values.union(at_zero) if 0 in signs else values


def _bessel(order: Range, argument: Range) -> Range:
    return Range(-_ONE, _ONE) if order.low >= 0 else EVERYWHERE


def _floor(argument: Range) -> Range:
    low = _lower(argument.low.floor()) if argument.low.is_finite() else argument.low
    high = _upper(argument.high.floor()) if argument.high.is_finite() else argument.high
    return Range(low, high)


def _logarithm(value: Any) -> Any:
    return _MINUS_INFINITY if value.is_zero() else value.log()


def _sign(argument: Range) -> Range:
    signs = argument.signs
    return Range(arb(min(signs)), arb(max(signs)))


def _gamma(argument: Range) -> Range:
    """Return the gamma function of a positive argument: decreasing, then increasing."""
    if not argument.low > 0:
        return EVERYWHERE
    turn_low, turn_high = arb(fmpq(14616, 10000)), arb(fmpq(14617, 10000))
    rising = _rising(lambda value: value.gamma(), _ZERO, _INFINITY)
    falling = _falling(lambda value: value.gamma(), _INFINITY, _ZERO)
    if argument.low >= turn_high:
        return rising(argument)
    if argument.high <= turn_low:
        return falling(argument)
    ends = falling(Range(argument.low, argument.low)).union(
        rising(Range(argument.high, argument.high))
    )
    return Range(arb(fmpq(8856, 10000)).lower(), ends.high)


_PI = _upper(arb.pi())
_HALF_PI = _upper(arb.pi() / 2)

# Function -> enclosure of its values on a range.
_FUNCTIONS: dict[type, Callable[..., Range]] = {
    sympy.exp: _rising(lambda value: value.exp(), _ZERO, _INFINITY),
    sympy.log: _within(_ZERO, _INFINITY, _rising(_logarithm, _MINUS_INFINITY, _INFINITY)),
    sympy.sinh: _rising(lambda value: value.sinh(), _MINUS_INFINITY, _INFINITY),
    sympy.cosh: _even(_rising(lambda value: value.cosh(), _ONE, _INFINITY)),
    sympy.tanh: _rising(lambda value: value.tanh(), -_ONE, _ONE),
    sympy.sech: lambda u: _FUNCTIONS[sympy.cosh](u).inverse(),
    sympy.atan: _rising(lambda value: value.atan(), -_HALF_PI, _HALF_PI),
    sympy.asinh: _rising(lambda value: value.asinh(), _MINUS_INFINITY, _INFINITY),
    sympy.acosh: _within(_ONE, _INFINITY, _rising(lambda value: value.acosh(), _ZERO, _INFINITY)),
    sympy.asin: _within(-_ONE, _ONE, _rising(lambda value: value.asin(), -_ONE, _ONE)),
    sympy.acos: _within(-_ONE, _ONE, _falling(lambda value: value.acos(), _PI, _ZERO)),
    sympy.erf: _rising(lambda value: value.erf(), -_ONE, _ONE),
    sympy.erfc: _falling(lambda value: value.erfc(), arb(2), _ZERO),
    sympy.erfi: _rising(lambda value: value.erfi(), _MINUS_INFINITY, _INFINITY),
    sympy.LambertW: _within(
        _ZERO, _INFINITY, _rising(lambda value: value.lambertw(), _ZERO, _INFINITY)
    ),
    sympy.sin: _sine,
    sympy.cos: _cosine,
    sympy.tan: _tangent,
    sympy.Abs: _modulus,
    sympy.floor: _floor,
    sympy.ceiling: lambda u: -_floor(-u),
    sympy.sign: _sign,
    sympy.Heaviside: _heaviside,
    sympy.gamma: _gamma,
    sympy.besselj: _bessel,
}

Instruction = Callable[[list[Range]], Range]


@final
class RangeProgram:
    """The enclosure of one expression as a function of the enclosures of its symbols.

    Parameters
    ----------
    symbols : sequence of sympy.Symbol
        The arguments in order.
    expr : sympy.Expr
        Nodes without a rule are enclosed by everything.
    """

    __slots__ = ("_instructions", "_places", "symbols")

    def __init__(self, symbols: tuple[sympy.Symbol, ...], expr: Expr) -> None:
        self.symbols = symbols
        self._places: dict[Expr, int] = {symbol: place for place, symbol in enumerate(symbols)}
        self._instructions: list[Instruction] = []
        self._compile(expr)

    def __call__(self, *arguments: Range) -> Range:
        values = list(arguments)
        for instruction in self._instructions:
            values.append(instruction(values))
        return values[-1]

    def _compile(self, expr: Expr) -> int:
        known = self._places.get(expr)
        if known is not None and known >= len(self.symbols):
            return known
        if known is not None:
            return self._emit(None, lambda values: values[known])
        instruction = self._instruction(expr)
        return self._emit(expr, instruction)

    def _emit(self, expr: Expr | None, instruction: Instruction) -> int:
        self._instructions.append(instruction)
        place = len(self.symbols) + len(self._instructions) - 1
        if expr is not None:
            self._places[expr] = place
        return place

    def _operands(self, expr: Expr) -> list[int]:
        places = []
        for argument in expr.args:
            known = self._places.get(argument)
            places.append(self._compile(argument) if known is None else known)
        return places

    def _instruction(self, expr: Expr) -> Instruction:
        if expr.is_number and not expr.is_Function:
            constant = _constant(expr)
            if constant is not None:
                return lambda values: constant
        if isinstance(expr, sympy.Add | sympy.Mul):
            places = self._operands(expr)
            return _total(places) if isinstance(expr, sympy.Add) else _factors(places)
        if isinstance(expr, sympy.Pow):
            return self._power(expr)
        if isinstance(expr, sympy.Max | sympy.Min):
            return _extreme(self._operands(expr), largest=isinstance(expr, sympy.Max))
        if isinstance(expr, sympy.Piecewise):
            branches = [self._compile_new(value) for value, _ in expr.args]
            return lambda values: _union([values[place] for place in branches])
        row = _FUNCTIONS.get(expr.func)
        if row is None:
            return lambda values: EVERYWHERE
        places = self._operands(expr)
        return lambda values: row(*(values[place] for place in places))

    def _compile_new(self, expr: Expr) -> int:
        known = self._places.get(expr)
        return self._compile(expr) if known is None else known

    def _power(self, expr: Expr) -> Instruction:
        base = self._compile_new(expr.base)
        if expr.exp.is_Integer:
            count = int(expr.exp)
            return lambda values: _integer_power(values[base], count)
        if expr.exp.is_Rational:
            ratio = Fraction(int(expr.exp.p), int(expr.exp.q))
            return lambda values: _positive_power(values[base], ratio)
        exponent = self._compile_new(expr.exp)
        log, exp = _FUNCTIONS[sympy.log], _FUNCTIONS[sympy.exp]
        return lambda values: exp(values[exponent] * log(values[base]))


def _total(places: list[int]) -> Instruction:
    def instruction(values: list[Range]) -> Range:
        total = values[places[0]]
        for place in places[1:]:
            total = total + values[place]
        return total

    return instruction


def _factors(places: list[int]) -> Instruction:
    def instruction(values: list[Range]) -> Range:
        total = values[places[0]]
        for place in places[1:]:
            total = total * values[place]
        return total

    return instruction


def _extreme(places: list[int], *, largest: bool) -> Instruction:
    def instruction(values: list[Range]) -> Range:
        total = values[places[0]] if largest else -values[places[0]]
        for place in places[1:]:
            other = values[place] if largest else -values[place]
            low = total.low if total.low >= other.low else other.low
            high = total.high if total.high >= other.high else other.high
            total = Range(low, high)
        return total if largest else -total

    return instruction


def _union(ranges: list[Range]) -> Range:
    total = ranges[0]
    for other in ranges[1:]:
        total = total.union(other)
    return total


# Constant -> ball at the current precision.
_CONSTANTS: dict[Expr, Callable[[], Any]] = {
    S.Pi: arb.pi,
    S.Exp1: lambda: arb(1).exp(),
    S.EulerGamma: arb.const_euler,
    S.Catalan: arb.const_catalan,
    S.GoldenRatio: lambda: (1 + arb(5).sqrt()) / 2,
}


def _constant(expr: Expr) -> Range | None:
    if expr.is_Rational:
        value = arb(fmpq(int(expr.p), int(expr.q)))
        return Range(_lower(value), _upper(value))
    if expr in (sympy.oo, -sympy.oo):
        return Range(_INFINITY, _INFINITY) if expr > 0 else Range(_MINUS_INFINITY, _MINUS_INFINITY)
    make = _CONSTANTS.get(expr)
    if make is None:
        return None
    value = make()
    return Range(_lower(value), _upper(value))


def range_of(
    expr: Expr, sides: Mapping[sympy.Symbol, tuple[Expr, Expr]], precision: int = _PRECISION
) -> Range:
    """Return an enclosure of the values of an expression.

    Parameters
    ----------
    expr : sympy.Expr
        Real.
    sides : mapping from sympy.Symbol to (low, high)
        The ends of each symbol, infinite ones included.
    precision : int
        Bits.

    Returns
    -------
    Range
        Holds every real value that the expression takes.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> range_of(sympy.exp(-x), {x: (sympy.Integer(0), sympy.oo)}).signs == {0, 1}
    True
    """
    with ctx.workprec(precision):
        symbols = tuple(sides)
        ranges = []
        for low, high in sides.values():
            lowest, highest = range_of_number(low), range_of_number(high)
            ranges.append(Range(lowest.low, highest.high))
        return RangeProgram(symbols, expr)(*ranges)


def range_of_number(number: Expr) -> Range:
    """Return an enclosure of a real number at the current precision."""
    known = _constant(number)
    return known if known is not None else RangeProgram((), number)()
