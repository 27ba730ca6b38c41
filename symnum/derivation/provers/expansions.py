r"""Expansions as a variable falls to zero: rational powers, and powers of its logarithm.

.. math:: \sum c_{e,k} \, t^e (\log t)^k + O(t^n), \qquad t \to 0^+

The coefficients are exact expressions in the other symbols of a setting. Every function that is
analytic at the limit of its argument is expanded by its Taylor series there; kinks take the branch
of the leading sign; what falls faster than every power, as ``exp(-1/t)``, counts as zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

import sympy
from sympy import Dummy, Expr, Integer, Rational, S, Symbol

from symnum.derivation.provers.constancy import vanishes
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.truth import HOLDS

__all__ = ["Expander", "Expansion", "NoExpansionError"]

_MOST_TERMS = 400
_MOST_STEPS = 80
_MOST_OPERATIONS = 4000

Key = tuple[Rational, int]


class NoExpansionError(Exception):
    """The expression has no expansion of this kind, or none that the rules find."""


@final
@dataclass(frozen=True, slots=True)
class Expansion:
    """Finitely many terms and the exponent from which on nothing is known.

    Attributes
    ----------
    terms : mapping from (exponent, power of the logarithm) to sympy.Expr
    order : sympy.Rational or oo
    """

    terms: Mapping[Key, Expr]
    order: Expr

    @property
    def leading(self) -> tuple[Key, Expr] | None:
        """The term that is largest as t falls to zero, None where all known terms vanish."""
        if not self.terms:
            return None
        key = min(self.terms, key=lambda item: (item[0], -item[1]))
        return key, self.terms[key]

    @property
    def valuation(self) -> Expr:
        """The smallest exponent, the order where no term is known."""
        return min((exponent for exponent, _ in self.terms), default=self.order)

    def limit(self) -> Expr | None:
        """Return the limit as t falls to zero, None where the sign of infinity is not known."""
        if self.order <= 0:
            return None
        leading = self.leading
        if leading is None or leading[0][0] > 0:
            return Integer(0)
        (exponent, power), coefficient = leading
        if exponent == 0 and power == 0:
            return coefficient
        sign = sympy.sign(coefficient)
        if sign not in (1, -1):
            return None
        return sympy.oo * sign * (-1) ** power


@final
class Expander:
    """Expands expressions in one variable over a setting of the other symbols.

    Parameters
    ----------
    variable : sympy.Symbol
        A positive symbol.
    setting : Setting
        Of the other symbols.
    count : int
        Exponents below this are kept at each step.
    """

    __slots__ = ("_memory", "_steps", "count", "setting", "variable")

    def __init__(self, variable: Symbol, setting: Setting, count: Expr) -> None:
        self.variable = variable
        self.setting = setting
        self.count = count
        self._memory: dict[Expr, Expansion] = {}
        self._steps = 0

    def expand(self, expr: Expr) -> Expansion:
        """Return the expansion of an expression.

        Parameters
        ----------
        expr : sympy.Expr

        Returns
        -------
        Expansion

        Raises
        ------
        NoExpansionError
        """
        known = self._memory.get(expr)
        if known is None:
            known = self._memory[expr] = self._expanded(expr)
        return known

    def _expanded(self, expr: Expr) -> Expansion:
        if self.variable not in expr.free_symbols:
            return self.constant(expr)
        if expr == self.variable:
            return self.kept({(Integer(1), 0): Integer(1)}, sympy.oo)
        if isinstance(expr, sympy.Add):
            return self._sum(expr)
        if isinstance(expr, sympy.Mul):
            total = self.constant(Integer(1))
            for factor in expr.args:
                total = self.product(total, self.expand(factor))
            return total
        if isinstance(expr, sympy.Pow):
            return self._power_of(expr)
        row = _ROWS.get(expr.func)
        if row is not None:
            return row(self, expr)
        return self._composed(expr)

    def constant(self, value: Expr) -> Expansion:
        """Return the expansion of an expression without the variable."""
        return self.kept({(Integer(0), 0): value}, sympy.oo)

    def kept(self, terms: Mapping[Key, Expr], order: Expr) -> Expansion:
        """Return an expansion without vanishing terms and without those beyond the order."""
        self._steps += 1
        if self._steps > 60 * _MOST_STEPS or len(terms) > _MOST_TERMS:
            raise NoExpansionError("too many terms")
        reach = min(order, self.count) if terms else order
        dropped = False
        found: dict[Key, Expr] = {}
        for key, value in terms.items():
            if key[0] >= reach:
                dropped = dropped or key[0] < order
                continue
            plain = sympy.expand(value) if sympy.count_ops(value) < 60 else value
            if sympy.count_ops(plain) > _MOST_OPERATIONS:
                raise NoExpansionError("a coefficient that is too long")
            if plain != 0 and not vanishes(self.setting, plain):
                found[key] = plain
        return Expansion(found, min(order, self.count) if dropped else order)

    def _sum(self, expr: Expr) -> Expansion:
        terms: dict[Key, Expr] = {}
        order: Expr = sympy.oo
        for argument in expr.args:
            part = self.expand(argument)
            order = min(order, part.order)
            for key, value in part.terms.items():
                terms[key] = terms.get(key, Integer(0)) + value
        return self.kept(terms, order)

    def product(self, left: Expansion, right: Expansion) -> Expansion:
        """Multiply two expansions."""
        order = min(left.valuation + right.order, right.valuation + left.order)
        terms: dict[Key, Expr] = {}
        for (first, power), value in left.terms.items():
            for (second, other), factor in right.terms.items():
                if first + second < min(order, self.count):
                    key = (first + second, power + other)
                    terms[key] = terms.get(key, Integer(0)) + value * factor
                else:
                    order = min(order, max(first + second, self.count))
        return self.kept(terms, order)

    def scaled(self, part: Expansion, factor: Expr, exponent: Expr, power: int = 0) -> Expansion:
        """Multiply by ``factor * t**exponent * log(t)**power``."""
        terms = {(e + exponent, k + power): c * factor for (e, k), c in part.terms.items()}
        return Expansion(terms, part.order + exponent)

    def normalised(self, part: Expansion) -> tuple[Expr, Rational, Expansion]:
        """Split ``c t**e (1 + u)`` with a u that falls to zero; c is not zero."""
        leading = part.leading
        if leading is None:
            raise NoExpansionError("the leading term is beyond the order")
        (exponent, power), coefficient = leading
        if power:
            raise NoExpansionError("a leading logarithm")
        if 0 in self.setting.signs(coefficient) and not _is_formal(coefficient):
            raise NoExpansionError("a leading coefficient that may vanish")
        rest = {key: value for key, value in part.terms.items() if key != (exponent, 0)}
        if any(key[0] <= exponent for key in rest):
            raise NoExpansionError("logarithms beside the leading term")
        scaled = self.scaled(Expansion(rest, part.order), 1 / coefficient, -exponent)
        return coefficient, exponent, scaled

    def _power_of(self, expr: Expr) -> Expansion:
        exponent = expr.exp
        if self.variable in exponent.free_symbols:
            return self.expand(sympy.exp(exponent * sympy.log(expr.base)))
        base = self.expand(expr.base)
        if exponent.is_Integer and 0 < exponent <= 12:
            total = base
            for _ in range(int(exponent) - 1):
                total = self.product(total, base)
            return total
        if not exponent.is_Rational and base.valuation != 0:
            raise NoExpansionError("a symbolic power of what falls to zero")
        coefficient, start, rest = self.normalised(base)
        weights = [Integer(1)]
        for k in range(_MOST_STEPS):
            weights.append(weights[-1] * (exponent - k) / (k + 1))
        total = self.series(weights, rest)
        return self.scaled(total, coefficient**exponent, start * exponent)

    def series(self, weights: list[Expr], part: Expansion) -> Expansion:
        """Return ``sum weights[k] u**k`` of a u that falls to zero."""
        valuation = part.valuation
        if valuation <= 0:
            raise NoExpansionError("an argument that does not fall to zero")
        terms = dict(self.constant(weights[0]).terms)
        order = part.order
        power = self.constant(Integer(1))
        for k in range(1, len(weights)):
            if k * valuation >= self.count:
                order = min(order, max(k * valuation, self.count))
                break
            power = self.product(power, part)
            order = min(order, power.order)
            for key, value in power.terms.items():
                terms[key] = terms.get(key, Integer(0)) + weights[k] * value
            if not power.terms and power.order == sympy.oo:
                break
        else:
            raise NoExpansionError("too many powers of the argument")
        return self.kept(terms, order)

    def split(self, part: Expansion) -> tuple[Expr, Expansion]:
        """Split a finite limit from what falls to zero."""
        if part.order <= 0:
            raise NoExpansionError("too few terms of an argument")
        if any(e < 0 or (e == 0 and k) for e, k in part.terms):
            raise NoExpansionError("an argument without a finite limit")
        value = part.terms.get((Integer(0), 0), Integer(0))
        rest = {key: term for key, term in part.terms.items() if key[0] > 0}
        return value, Expansion(rest, part.order)

    def sign(self, part: Expansion) -> int:
        """Return the sign for all small t."""
        leading = part.leading
        if leading is None:
            if part.order == sympy.oo:
                return 0
            raise NoExpansionError("a sign beyond the order")
        signs = self.setting.signs(leading[1])
        if len(signs) != 1 or 0 in signs:
            raise NoExpansionError("a sign that depends on the other symbols")
        return int(next(iter(signs)) * (-1) ** leading[0][1])

    def _composed(self, expr: Expr) -> Expansion:
        """Expand a function of one varying argument by its Taylor series at the limit."""
        places = [i for i, a in enumerate(expr.args) if self.variable in a.free_symbols]
        if len(places) != 1 or not all(isinstance(argument, Expr) for argument in expr.args):
            raise NoExpansionError(f"{expr.func.__name__} of several varying arguments")
        place = places[0]
        limit, rest = self.split(self.expand(expr.args[place]))
        mark = Dummy("z", real=True)
        arguments = [mark if i == place else a for i, a in enumerate(expr.args)]
        derivative = expr.func(*arguments)
        return self.series(self._taylor(derivative, mark, limit, rest), rest)

    def _taylor(self, function: Expr, mark: Symbol, place: Expr, rest: Expansion) -> list[Expr]:
        weights: list[Expr] = []
        valuation = rest.valuation
        needed = 1 if valuation == sympy.oo else int(sympy.ceiling(self.count / valuation)) + 1
        for k in range(min(needed, _MOST_STEPS) + 1):
            value = function.subs(mark, place)
            unusable = (sympy.nan, sympy.zoo, sympy.oo, -sympy.oo, sympy.Derivative, sympy.Subs)
            if value.has(*unusable):
                raise NoExpansionError("a function that is not analytic at the limit")
            weights.append(value / sympy.factorial(k))
            function = sympy.diff(function, mark)
            if sympy.count_ops(function) > _MOST_OPERATIONS:
                raise NoExpansionError("derivatives that are too long")
        return weights


def _is_formal(coefficient: Expr) -> bool:
    """Tell whether a coefficient over other symbols is at least not the zero expression."""
    return False if not coefficient.free_symbols else bool(coefficient.is_nonzero)


def _exponential(expander: Expander, expr: Expr) -> Expansion:
    """Expand an exponential: of a logarithm it is a power, of a large negative number zero."""
    part = expander.expand(expr.args[0])
    leading = part.leading
    if leading is not None and (leading[0][0] < 0 or (leading[0][0] == 0 and leading[0][1] > 1)):
        if expander.sign(part) < 0:
            return Expansion({}, sympy.oo)
        raise NoExpansionError("an exponential that grows faster than every power")
    rate = part.terms.get((Integer(0), 1), Integer(0))
    if not rate.is_Rational:
        raise NoExpansionError("a symbolic power")
    calm = {key: value for key, value in part.terms.items() if key != (Integer(0), 1)}
    limit, rest = expander.split(Expansion(calm, part.order))
    weights = [1 / sympy.factorial(k) for k in range(_MOST_STEPS)]
    return expander.scaled(expander.series(weights, rest), sympy.exp(limit), rate)


def _logarithm(expander: Expander, expr: Expr) -> Expansion:
    coefficient, exponent, rest = expander.normalised(expander.expand(expr.args[0]))
    weights = [Integer(0), *(Rational((-1) ** (k + 1), k) for k in range(1, _MOST_STEPS))]
    tail = expander.series(weights, rest)
    terms = dict(tail.terms)
    start = (Integer(0), 0)
    terms[start] = terms.get(start, Integer(0)) + sympy.log(coefficient)
    if exponent:
        terms[(Integer(0), 1)] = Rational(exponent)
    return expander.kept(terms, tail.order)


def _modulus(expander: Expander, expr: Expr) -> Expansion:
    part = expander.expand(expr.args[0])
    return expander.scaled(part, Integer(expander.sign(part) or 1), Integer(0))


def _sign(expander: Expander, expr: Expr) -> Expansion:
    return expander.constant(Integer(expander.sign(expander.expand(expr.args[0]))))


def _heaviside(expander: Expander, expr: Expr) -> Expansion:
    side = expander.sign(expander.expand(expr.args[0]))
    return expander.constant(expr.args[1] if side == 0 else Integer(side > 0))


def _extreme(expander: Expander, expr: Expr) -> Expansion:
    largest = isinstance(expr, sympy.Max)
    arguments = sorted(expr.args, key=sympy.default_sort_key)
    best = arguments[0]
    for argument in arguments[1:]:
        side = expander.sign(expander.expand(best - argument))
        if side != 0 and (side > 0) is not largest:
            best = argument
    return expander.expand(best)


def _floor(expander: Expander, expr: Expr) -> Expansion:
    limit, _ = expander.split(expander.expand(expr.args[0]))
    below = sympy.floor(limit)
    if not below.is_Integer:
        raise NoExpansionError("a floor that is not known")
    if limit == below and expander.sign(expander.expand(expr.args[0] - below)) < 0:
        below -= 1
    return expander.constant(below)


def _piecewise(expander: Expander, expr: Expr) -> Expansion:
    for value, condition in expr.args:
        if condition == sympy.true or _holds(expander, condition):
            return expander.expand(value)
    raise NoExpansionError("no branch of a piecewise expression")


def _holds(expander: Expander, condition: sympy.Basic) -> bool:
    if isinstance(condition, sympy.Not):
        return not _holds(expander, condition.args[0])
    if isinstance(condition, sympy.And | sympy.Or):
        verdicts = [_holds(expander, part) for part in condition.args]
        return all(verdicts) if isinstance(condition, sympy.And) else any(verdicts)
    signs = HOLDS.get(type(condition))
    if signs is None:
        raise NoExpansionError("a condition that is no relation")
    return expander.sign(expander.expand(condition.lhs - condition.rhs)) in signs


def _saturating(limit: Expr) -> Callable[[Expander, Expr], Expansion]:
    """Return the row of an odd function that reaches its limit faster than every power."""

    def row(expander: Expander, expr: Expr) -> Expansion:
        part = expander.expand(expr.args[0])
        leading = part.leading
        if leading is not None and leading[0][0] < 0:
            return expander.constant(expander.sign(part) * limit)
        return expander._composed(expr)

    return row


def _inverse_tangent(expander: Expander, expr: Expr) -> Expansion:
    """Expand the inverse tangent; of a large argument by that of the reciprocal."""
    part = expander.expand(expr.args[0])
    leading = part.leading
    if leading is not None and leading[0][0] < 0:
        side = expander.sign(part)
        return expander.expand(side * sympy.pi / 2 - sympy.atan(1 / expr.args[0]))
    return expander._composed(expr)


def _gamma(expander: Expander, expr: Expr) -> Expansion:
    """Expand the gamma function; at a pole after a shift to the right of it."""
    argument = expr.args[0]
    limit, _ = expander.split(expander.expand(argument))
    if not limit.is_Integer or limit > 0:
        return expander._composed(expr)
    steps = int(1 - limit)
    below = sympy.Mul(*(argument + k for k in range(steps)))
    return expander.expand(sympy.gamma(argument + steps) / below)


_ROWS: dict[type, Callable[[Expander, Expr], Expansion]] = {
    sympy.exp: _exponential,
    sympy.log: _logarithm,
    sympy.Abs: _modulus,
    sympy.sign: _sign,
    sympy.Heaviside: _heaviside,
    sympy.Max: _extreme,
    sympy.Min: _extreme,
    sympy.floor: _floor,
    sympy.ceiling: lambda expander, expr: expander.expand(-sympy.floor(-expr.args[0])),
    sympy.Piecewise: _piecewise,
    sympy.tanh: _saturating(S.One),
    sympy.erf: _saturating(S.One),
    sympy.erfc: lambda expander, expr: expander.expand(1 - sympy.erf(expr.args[0])),
    sympy.atan: _inverse_tangent,
    sympy.gamma: _gamma,
    sympy.coth: lambda expander, expr: expander.expand(1 / sympy.tanh(expr.args[0])),
    sympy.cot: lambda expander, expr: expander.expand(
        sympy.cos(expr.args[0]) / sympy.sin(expr.args[0])
    ),
    sympy.tan: lambda expander, expr: expander.expand(
        sympy.sin(expr.args[0]) / sympy.cos(expr.args[0])
    ),
    sympy.csch: lambda expander, expr: expander.expand(1 / sympy.sinh(expr.args[0])),
    sympy.csc: lambda expander, expr: expander.expand(1 / sympy.sin(expr.args[0])),
    sympy.acot: lambda expander, expr: expander.expand(sympy.atan(1 / expr.args[0])),
}
