"""The domain of a claim as the provers see it: symbols that know their sign, and facts.

Symbols are replaced by dummies that assume what the domain implies and nothing else; equalities
among the joint conditions are solved and substituted, points are put in. Everything that is asked
about a sign or a range on the domain is answered here, from the cheapest argument to the dearest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import sympy
from flint import ctx
from sympy import Dummy, Expr, Poly, Symbol
from sympy.core.relational import Relational

from symnum.derivation.provers.constants import algebraic_zero, sign_by_balls
from symnum.derivation.provers.ranges import Range, RangeProgram, range_of_number
from symnum.derivation.provers.realroots import box_signs, line_signs, rational_polynomial
from symnum.derivation.provers.subdivision import Subdivision
from symnum.expressions.box import Box
from symnum.expressions.domains import Integers, Interval

__all__ = ["ANY", "NEGATIVE", "POSITIVE", "ZERO", "Setting"]

Signs = frozenset[int]
Domain = Interval | Integers

ANY: Signs = frozenset((-1, 0, 1))
POSITIVE: Signs = frozenset((1,))
NEGATIVE: Signs = frozenset((-1,))
ZERO: Signs = frozenset((0,))

_INFINITIES = (sympy.oo, -sympy.oo)
_MOST_OPERATIONS = 300
_CHEAP_BOXES = 60

# Relation -> signs of lhs - rhs that it admits.
_ADMITTED: dict[type, Signs] = {
    sympy.StrictLessThan: frozenset({-1}),
    sympy.LessThan: frozenset({-1, 0}),
    sympy.StrictGreaterThan: frozenset({1}),
    sympy.GreaterThan: frozenset({0, 1}),
    sympy.Unequality: frozenset({-1, 1}),
}


@final
class Setting:
    """A product of domains with known signs of some expressions.

    Parameters
    ----------
    domains : mapping from sympy.Symbol to Interval or Integers
        One domain, no single point, for each symbol.
    facts : sequence of (sympy.Expr, frozenset of int)
        Expressions with the signs that they may take.
    names : mapping from sympy.Symbol to sympy.Symbol
        The symbols as the claim has them, for messages.
    """

    __slots__ = ("_memory", "_ranges", "domains", "facts", "names")

    def __init__(
        self,
        domains: Mapping[Symbol, Domain],
        facts: tuple[tuple[Expr, Signs], ...] = (),
        names: Mapping[Symbol, Symbol] | None = None,
    ) -> None:
        self.domains = dict(domains)
        self.facts = facts
        self.names = dict(names or {})
        self._memory: dict[Expr, Signs] = {}
        self._ranges: dict[Expr, Range] = {}

    @staticmethod
    def of(box: Box) -> tuple[Setting, dict[Symbol, Expr]]:
        """Return the setting of a box and what replaces each symbol of the box.

        Parameters
        ----------
        box : symnum.expressions.Box

        Returns
        -------
        Setting
        dict from sympy.Symbol to sympy.Expr
            A dummy, the number that the symbol is, or what an equality makes of it.
        """
        domains = {symbol: box[symbol] for symbol in box.symbols}
        relations = list(box.where)
        domains, relations = _narrowed(domains, relations)
        replaced: dict[Symbol, Expr] = {}
        for relation in [part for part in relations if isinstance(part, sympy.Equality)]:
            solved = _solved(relation, domains, replaced)
            if solved is not None:
                replaced[solved[0]] = solved[1]
        points = {s: d.low for s, d in domains.items() if d.is_point and s not in replaced}
        free = {s: d for s, d in domains.items() if s not in replaced and s not in points}
        dummies = {
            symbol: Dummy(symbol.name, **_assumptions(symbol, domain, relations))
            for symbol, domain in free.items()
        }
        images: dict[Symbol, Expr] = {**dummies, **points}
        for symbol, value in replaced.items():
            images[symbol] = value.subs(replaced).xreplace(images)
        facts = []
        for relation in relations:
            if not isinstance(relation, sympy.Equality):
                gap = (relation.lhs - relation.rhs).xreplace(images)
                facts.append((gap, _ADMITTED[type(relation)]))
        for symbol in replaced:
            facts += _ends_as_facts(images[symbol], domains[symbol])
        new = Setting(
            {dummies[symbol]: domain for symbol, domain in free.items()},
            tuple((gap, signs) for gap, signs in facts if gap.free_symbols),
            {dummy: symbol for symbol, dummy in dummies.items()},
        )
        return new, images

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols in order."""
        return tuple(self.domains)

    @property
    def conditions(self) -> tuple[Expr, ...]:
        """Expressions that are nonnegative wherever the facts hold."""
        gaps = [gap for gap, signs in self.facts if signs <= {0, 1}]
        return (*gaps, *(-gap for gap, signs in self.facts if signs <= {-1, 0}))

    @property
    def is_product(self) -> bool:
        """Whether the domain is a product of intervals without further conditions."""
        return not self.facts and all(isinstance(d, Interval) for d in self.domains.values())

    def sides(self, expr: Expr | None = None) -> dict[Symbol, tuple[Expr, Expr]]:
        """Return the ends of the symbols, of those of an expression where one is given."""
        wanted = self.symbols if expr is None else expr.free_symbols
        return {s: (d.low, d.high) for s, d in self.domains.items() if s in wanted}

    def original(self, expr: Any) -> Any:
        """Return an expression with the symbols of the claim, for messages."""
        return expr.xreplace(self.names) if isinstance(expr, sympy.Basic) else expr

    def assume(self, expr: Expr, signs: Signs) -> Setting | None:
        """Return the setting in which an expression has one of some signs.

        Parameters
        ----------
        expr : sympy.Expr
        signs : frozenset of int

        Returns
        -------
        Setting or None
            None where no point of the domain has it.
        """
        left = self.signs(expr) & signs
        if not left:
            return None
        narrowed = _cut(self.domains, expr, left)
        if narrowed is None:
            return None
        return Setting(narrowed, (*self.facts, (expr, left)), self.names)

    def with_domains(self, domains: Mapping[Symbol, Domain]) -> Setting:
        """Return the setting with other domains for the same symbols."""
        return Setting({**self.domains, **domains}, self.facts, self.names)

    def bounds(self, expr: Expr) -> tuple[float, float]:
        """Return floating-point numbers between which an expression lies on the domain."""
        found = self.range(expr)
        low = float(found.low.mid()) if found.low.is_finite() else float("-inf")
        high = float(found.high.mid()) if found.high.is_finite() else float("inf")
        margin = 1e-12 * max(abs(low), abs(high), 1.0)
        return (
            low - margin if low > float("-inf") else low,
            high + margin if high < float("inf") else high,
        )

    def range(self, expr: Expr) -> Range:
        """Return an outward-rounded enclosure of an expression on the domain."""
        known = self._ranges.get(expr)
        if known is None:
            sides = self.sides(expr)
            with ctx.workprec(96):
                ends = [
                    Range(range_of_number(low).low, range_of_number(high).high)
                    for low, high in sides.values()
                ]
                known = RangeProgram(tuple(sides), expr)(*ends)
            self._ranges[expr] = known
        return known

    def signs(self, expr: Expr) -> Signs:
        """Return the signs that a real expression may take on the domain.

        Parameters
        ----------
        expr : sympy.Expr
            Real wherever it is defined.

        Returns
        -------
        frozenset of int
            A set that contains every sign that is taken.
        """
        known = self._memory.get(expr)
        if known is None:
            self._memory[expr] = ANY  # an argument that comes back to itself learns nothing
            known = self._find_signs(expr)
            self._memory[expr] = known
        return known

    def _find_signs(self, expr: Expr) -> Signs:
        if not expr.free_symbols:
            return sign_of_number(expr)
        found = by_assumptions(expr)
        for rule in _RULES:
            if len(found) == 1:
                break
            found &= rule(self, expr)
        if found == ANY or (len(found) > 1 and 0 in found and len(found) < 3):
            found &= _by_covering(self, expr, found)
        return found


def sign_of_number(number: Expr) -> Signs:
    """Return the sign of a real number, several where it cannot be told from zero.

    Parameters
    ----------
    number : sympy.Expr
        Without free symbols.

    Returns
    -------
    frozenset of int
    """
    found = sign_by_balls(number)
    if len(found) > 1 and 0 in found:
        found &= by_assumptions(number)
    if len(found) > 1 and 0 in found:
        verdict = algebraic_zero(number)
        if verdict is not None:
            found = found & ZERO if verdict else found - ZERO
    return found


# Assumption of SymPy -> signs.
_ASSUMED: tuple[tuple[str, Signs], ...] = (
    ("is_positive", POSITIVE),
    ("is_negative", NEGATIVE),
    ("is_zero", ZERO),
    ("is_nonnegative", frozenset({0, 1})),
    ("is_nonpositive", frozenset({-1, 0})),
    ("is_nonzero", frozenset({-1, 1})),
)


def by_assumptions(expr: Expr) -> Signs:
    """Return what SymPy's assumptions say about the sign of an expression."""
    if sympy.count_ops(expr) > _MOST_OPERATIONS:
        return ANY
    found = ANY
    for name, signs in _ASSUMED:
        if getattr(expr, name):
            found &= signs
            if len(found) == 1:
                break
    return found


def _by_facts(setting: Setting, expr: Expr) -> Signs:
    """Compare with the facts: an expression that is a number times a fact has its sign."""
    found = ANY
    for fact, signs in setting.facts:
        ratio = expr / fact
        if ratio.free_symbols:
            ratio = sympy.cancel(ratio) if _is_small_rational(expr, fact) else ratio
        if not ratio.free_symbols and ratio.is_number:
            side = sign_by_balls(ratio)
            if len(side) == 1 and 0 not in side:
                found &= frozenset(next(iter(side)) * sign for sign in signs)
    return found


def _is_small_rational(expr: Expr, fact: Expr) -> bool:
    symbols = tuple(expr.free_symbols | fact.free_symbols)
    return (
        expr.free_symbols == fact.free_symbols
        and expr.is_rational_function(*symbols)
        and fact.is_rational_function(*symbols)
        and sympy.count_ops(expr) + sympy.count_ops(fact) < 80
    )


def _by_structure(setting: Setting, expr: Expr) -> Signs:
    """Multiply the signs of factors, join those of terms that agree."""
    if isinstance(expr, sympy.Mul):
        found = POSITIVE
        for factor in expr.args:
            signs = setting.signs(factor)
            found = frozenset(left * right for left in found for right in signs)
            if found == ANY:
                return ANY
        return found
    if isinstance(expr, sympy.Pow) and expr.exp.is_Rational and expr.exp.is_real:
        signs = setting.signs(expr.base)
        if expr.exp.q == 1:
            return frozenset(sign ** (int(expr.exp.p) % 2 or 2) for sign in signs)
        return signs if signs <= {0, 1} else ANY
    if isinstance(expr, sympy.Add):
        signs = frozenset().union(*(setting.signs(term) for term in expr.args))
        return signs if signs <= {0, 1} or signs <= {-1, 0} else ANY
    if isinstance(expr, _ODD_INCREASING):
        return setting.signs(expr.args[0])
    if isinstance(expr, sympy.log):
        return setting.signs(expr.args[0] - 1)
    return ANY


def _by_line(setting: Setting, expr: Expr) -> Signs:
    """Decide an expression that is linear in its only symbol by the place of its zero."""
    if len(expr.free_symbols) != 1:
        return ANY
    (symbol,) = expr.free_symbols
    if symbol not in setting.domains or not expr.is_polynomial(symbol):
        return ANY
    poly = Poly(expr, symbol)
    if poly.degree() != 1:
        return ANY
    slope, offset = poly.all_coeffs()
    rising = sign_by_balls(slope)
    if len(rising) != 1 or 0 in rising:
        return ANY
    side, root = next(iter(rising)), -offset / slope
    domain = setting.domains[symbol]
    low = sign_of_number(domain.low - root) if domain.low not in _INFINITIES else NEGATIVE
    high = sign_of_number(domain.high - root) if domain.high not in _INFINITIES else POSITIVE
    if low == ZERO and domain.left_open:
        low = POSITIVE
    if high == ZERO and domain.right_open:
        high = NEGATIVE
    if -1 not in low:
        found = low | POSITIVE if 0 in low else POSITIVE
    elif 1 not in high:
        found = high | NEGATIVE if 0 in high else NEGATIVE
    else:
        return ANY
    return frozenset(side * sign for sign in found)


def _by_turn(setting: Setting, expr: Expr) -> Signs:
    """Decide a sine or cosine by the half turn that its angle lies in."""
    if not isinstance(expr, sympy.sin | sympy.cos):
        return ANY
    angle = expr.args[0] if isinstance(expr, sympy.sin) else expr.args[0] + sympy.pi / 2
    low, high = setting.bounds(angle / sympy.pi)
    if not (-1e6 < low <= high < 1e6) or high - low > 1.5:
        return ANY
    middle = (low + high) / 2
    turn = int(middle // 1)
    above = setting.signs(angle - turn * sympy.pi)
    below = setting.signs(angle - (turn + 1) * sympy.pi)
    if not (above <= {0, 1} and below <= {-1, 0}):
        return ANY
    sign = 1 if turn % 2 == 0 else -1
    return frozenset({sign, 0}) if 0 in above | below else frozenset({sign})


def _by_square(setting: Setting, expr: Expr) -> Signs:
    """Compare the two terms of ``a + b sqrt(r)`` by their squares."""
    if not isinstance(expr, sympy.Add):
        return ANY
    roots = [
        part
        for term in expr.args
        for part in sympy.Mul.make_args(term)
        if isinstance(part, sympy.Pow) and part.exp == sympy.S.Half
    ]
    for root in dict.fromkeys(roots):
        with_root = [term for term in expr.args if root in sympy.Mul.make_args(term)]
        rest = sympy.Add(*(term for term in expr.args if term not in with_root))
        factor = sympy.Add(*(term / root for term in with_root))
        if rest.has(root) or factor.has(root):
            continue
        gap = setting.signs(sympy.expand(factor**2 * root.base - rest**2))
        if len(gap) == 1 and 0 not in gap:
            return setting.signs(factor) - ZERO if gap == POSITIVE else setting.signs(rest) - ZERO
    return ANY


_ODD_INCREASING = (sympy.tanh, sympy.sinh, sympy.erf, sympy.atan, sympy.asinh, sympy.asin)


def _by_polynomial(setting: Setting, expr: Expr) -> Signs:
    """Decide a polynomial by its real roots, one of several variables by its coefficients."""
    symbols = [symbol for symbol in setting.symbols if symbol in expr.free_symbols]
    poly = rational_polynomial(expr, symbols)
    if poly is None:
        return ANY
    if len(symbols) == 1:
        return line_signs(poly, setting.domains[symbols[0]]) or ANY
    found = box_signs(poly, setting.domains)
    if found is None:
        found = _by_factors(setting, poly)
    return found


def _by_factors(setting: Setting, poly: Poly) -> Signs:
    constant, factors = poly.factor_list()
    if len(factors) == 1 and factors[0][1] == 1:
        return ANY
    found = frozenset({1 if constant > 0 else -1})
    for factor, count in factors:
        signs = setting.signs(factor.as_expr())
        found = frozenset(left * right**count for left in found for right in signs)
    return found


def _by_range(setting: Setting, expr: Expr) -> Signs:
    return setting.range(expr).signs


def _by_quotient(setting: Setting, expr: Expr) -> Signs:
    """Bring a rational function to one denominator."""
    symbols = tuple(expr.free_symbols)
    if not isinstance(expr, sympy.Add) or sympy.count_ops(expr) > _MOST_OPERATIONS:
        return ANY
    if expr.is_polynomial(*symbols) or not expr.is_rational_function(*symbols):
        return ANY
    top, bottom = sympy.fraction(sympy.cancel(expr))
    if not bottom.free_symbols:
        return ANY
    above, below = setting.signs(top), setting.signs(bottom) - ZERO
    return frozenset(left * right for left in above for right in below)


# From the cheapest to the dearest; each returns a set that holds every sign taken.
_RULES = (
    _by_facts,
    _by_range,
    _by_line,
    _by_structure,
    _by_turn,
    _by_polynomial,
    _by_quotient,
    _by_square,
)


def _by_covering(setting: Setting, expr: Expr, found: Signs) -> Signs:
    """Try to exclude zero and one sign by a few boxes."""
    if sympy.count_ops(expr) > _MOST_OPERATIONS:
        return ANY
    sides = setting.sides(expr)
    conditions = tuple(gap for gap in setting.conditions if gap.free_symbols <= set(sides))
    for sign in (1, -1):
        if sign not in found:
            continue
        cover = Subdivision(sign * expr, sides, conditions).prove_nonnegative(
            _CHEAP_BOXES, strict=True
        )
        if cover.proved:
            return frozenset({sign})
    return ANY


def _assumptions(symbol: Symbol, domain: Domain, relations: list[Relational]) -> dict[str, bool]:
    """Return the assumptions of a domain, with zero excluded where a condition says so."""
    facts = domain.assumptions()
    for relation in relations:
        if isinstance(relation, sympy.Unequality) and {relation.lhs, relation.rhs} == {symbol, 0}:
            weak = {"nonnegative": "positive", "nonpositive": "negative"}
            strong = [new for old, new in weak.items() if facts.pop(old, False)]
            facts[strong[0] if strong else "nonzero"] = True
    return facts


def _narrowed(
    domains: dict[Symbol, Domain], relations: list[Relational]
) -> tuple[dict[Symbol, Domain], list[Relational]]:
    """Put conditions on one real symbol, linear in it, into its interval."""
    kept = []
    for relation in relations:
        symbols = relation.free_symbols
        gap = relation.lhs - relation.rhs
        symbol = next(iter(symbols)) if len(symbols) == 1 else None
        signs = _ADMITTED.get(type(relation), ANY)
        if (
            symbol is None
            or not isinstance(domains[symbol], Interval)
            or signs in (ANY, frozenset({-1, 1}))
            or not gap.is_polynomial(symbol)
            or sympy.degree(gap, symbol) != 1
        ):
            kept.append(relation)
            continue
        cut = _cut({symbol: domains[symbol]}, gap, signs)
        if cut is not None:
            domains = {**domains, **cut}
    return domains, kept


def _cut(domains: Mapping[Symbol, Domain], expr: Expr, signs: Signs) -> dict[Symbol, Domain] | None:
    """Narrow the interval of the only symbol of a linear expression to where it has some signs."""
    result = dict(domains)
    symbols = [symbol for symbol in domains if symbol in expr.free_symbols]
    if len(symbols) != 1 or signs == frozenset({-1, 1}):
        return result
    symbol = symbols[0]
    domain = domains[symbol]
    if not isinstance(domain, Interval) or not expr.is_polynomial(symbol):
        return result
    poly = Poly(expr, symbol)
    if poly.degree() != 1 or poly.free_symbols_in_domain:
        return result
    slope, offset = poly.all_coeffs()
    root, rising = -offset / slope, sign_by_balls(slope)
    if len(rising) != 1:
        return result
    sides = frozenset(next(iter(rising)) * sign for sign in signs)
    low, high = domain.low, domain.high
    left_open, right_open = domain.left_open, domain.right_open
    if -1 not in sides and sign_of_number(root - low) <= {0, 1} and low != root:
        low, left_open = root, 0 not in sides
    elif -1 not in sides and 0 not in sides and low == root:
        left_open = True
    if 1 not in sides and sign_of_number(high - root) <= {0, 1} and high != root:
        high, right_open = root, 0 not in sides
    elif 1 not in sides and 0 not in sides and high == root:
        right_open = True
    try:
        result[symbol] = Interval(low, high, bool(left_open), bool(right_open))
    except ValueError:
        return None
    return result


def _solved(
    relation: Relational, domains: Mapping[Symbol, Domain], replaced: Mapping[Symbol, Expr]
) -> tuple[Symbol, Expr] | None:
    """Return a symbol of an equality and what it is, by a linear equation with constant slope."""
    gap = (relation.lhs - relation.rhs).subs(replaced)
    for symbol in reversed(tuple(domains)):
        if symbol in replaced or symbol not in gap.free_symbols or not gap.is_polynomial(symbol):
            continue
        poly = Poly(gap, symbol)
        if poly.degree() == 1:
            slope, offset = poly.all_coeffs()
            if not slope.free_symbols:
                return symbol, sympy.expand(-offset / slope)
    return None


def _ends_as_facts(value: Expr, domain: Domain) -> list[tuple[Expr, Signs]]:
    """Return what the ends of the domain of a replaced symbol say about its value."""
    facts = []
    if domain.low not in _INFINITIES:
        facts.append((value - domain.low, POSITIVE if domain.left_open else frozenset({0, 1})))
    if domain.high not in _INFINITIES:
        facts.append((value - domain.high, NEGATIVE if domain.right_open else frozenset({-1, 0})))
    return facts
