"""The domain of a claim as the provers see it: symbols that know their sign, and facts.

Symbols are replaced by dummies that assume what the domain implies and nothing else; equalities
among the joint conditions are solved and substituted, points are put in. Everything that is asked
about a sign or a range on the domain is answered here, from the cheapest argument to the dearest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, final

import sympy
from sympy import Dummy, Expr, Poly, Symbol
from sympy.core.relational import Relational

from symnum.derivation.provers.constants import algebraic_zero, sign_by_balls
from symnum.derivation.provers.enclosures import enclosed, ends_as_floats, signs_of
from symnum.derivation.provers.realroots import box_signs, line_signs, rational_polynomial
from symnum.derivation.provers.squares import by_squares
from symnum.errors import UnsupportedNodeError
from symnum.expressions.box import Box
from symnum.expressions.domains import Integers, Interval
from symnum.reference.bounds import prove_nonnegative
from symnum.reference.spans import Span

__all__ = [
    "ANY",
    "NEGATIVE",
    "POSITIVE",
    "ZERO",
    "Setting",
    "by_assumptions",
    "logarithm_of_product",
    "sign_of_number",
]

Signs = frozenset[int]
Domain = Interval | Integers

ANY: Signs = frozenset((-1, 0, 1))
POSITIVE: Signs = frozenset((1,))
NEGATIVE: Signs = frozenset((-1,))
ZERO: Signs = frozenset((0,))

_INFINITIES = (sympy.oo, -sympy.oo)
_MOST_OPERATIONS = 300
_MOST_NUMBER_OPERATIONS = 30
_MOST_ASKED_OPERATIONS = 25
_CHEAP_BOXES = 60

_RELATION_FOR: dict[Signs, Callable[..., Relational]] = {
    POSITIVE: sympy.Gt,
    frozenset((0, 1)): sympy.Ge,
    NEGATIVE: sympy.Lt,
    frozenset((-1, 0)): sympy.Le,
    frozenset((-1, 1)): sympy.Ne,
}

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
    is_exact : bool
        Whether signs are found by algebra only, without enclosures.
    """

    __slots__ = ("_exactly", "_memory", "_ranges", "domains", "facts", "is_exact", "names")

    def __init__(
        self,
        domains: Mapping[Symbol, Domain],
        facts: tuple[tuple[Expr, Signs], ...] = (),
        names: Mapping[Symbol, Symbol] | None = None,
        *,
        is_exact: bool = False,
    ) -> None:
        self.domains = dict(domains)
        self.facts = facts
        self.names = dict(names or {})
        self._memory: dict[Expr, Signs] = {}
        self._ranges: dict[Expr, Span] = {}
        self.is_exact = is_exact
        self._exactly: Setting | None = None

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
    def exactly(self) -> Setting:
        """The same setting, with signs by algebra only."""
        if self.is_exact:
            return self
        if self._exactly is None:
            self._exactly = Setting(self.domains, self.facts, self.names, is_exact=True)
        return self._exactly

    def relations(self, symbols: Collection[Symbol]) -> tuple[Relational, ...]:
        """Return the facts over some symbols as relations."""
        found: list[Relational] = []
        for fact, signs in self.facts:
            relation = _RELATION_FOR.get(signs)
            if relation is not None and fact.free_symbols <= set(symbols):
                found.append(relation(fact, 0, evaluate=False))
        return tuple(found)

    @property
    def is_product(self) -> bool:
        """Whether the domain is a product of intervals without further conditions."""
        return not self.facts and all(isinstance(d, Interval) for d in self.domains.values())

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
        facts = (*self.facts, (expr, left))
        return Setting(narrowed, facts, self.names, is_exact=self.is_exact)

    def with_domains(self, domains: Mapping[Symbol, Domain]) -> Setting:
        """Return the setting with other domains for the same symbols."""
        joined = {**self.domains, **domains}
        return Setting(joined, self.facts, self.names, is_exact=self.is_exact)

    def without(self, symbol: Symbol, value: Expr) -> Setting:
        """Return the setting of the other symbols where one symbol has a value."""
        rest = {s: d for s, d in self.domains.items() if s != symbol}
        facts = tuple((fact.subs(symbol, value), signs) for fact, signs in self.facts)
        kept = tuple((fact, signs) for fact, signs in facts if fact.free_symbols)
        return Setting(rest, kept, self.names, is_exact=self.is_exact)

    def bounds(self, expr: Expr) -> tuple[float, float]:
        """Return floating-point numbers between which an expression lies on the domain."""
        return ends_as_floats(self.range(expr))

    def range(self, expr: Expr) -> Span:
        """Return an outward-rounded enclosure of an expression on the domain."""
        known = self._ranges.get(expr)
        if known is None:
            known = self._ranges[expr] = enclosed(expr, self.domains)
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
            if rule is not _by_range or not self.is_exact:
                found &= rule(self, expr)
        if self.is_exact:
            return found
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
    if len(found) > 1 and 0 in found and sympy.count_ops(number) < _MOST_NUMBER_OPERATIONS:
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
    # Asking SymPy about a sum or a long product may end in factoring polynomials of any size.
    if isinstance(expr, sympy.Add) or sympy.count_ops(expr) > _MOST_ASKED_OPERATIONS:
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
    return bool(
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


def _by_exponentials(setting: Setting, expr: Expr) -> Signs:
    """Compare the two terms of a difference of products of exponentials by their logarithms."""
    if not isinstance(expr, sympy.Add) or len(expr.args) != 2 or not expr.has(sympy.exp):
        return ANY
    logs = []
    for term in expr.args:
        log = logarithm_of_product(setting, term)
        if log is None:
            return ANY
        logs.append(log)
    (first, above), (second, below) = logs
    if first * second != -1:
        return ANY
    gap = above - below if first > 0 else below - above
    return setting.signs(sympy.expand(gap))


def logarithm_of_product(setting: Setting, term: Expr) -> tuple[int, Expr] | None:
    """Return the sign of a product and the logarithm of its modulus.

    Parameters
    ----------
    setting : Setting
    term : sympy.Expr

    Returns
    -------
    int
    sympy.Expr
        None instead of both where a factor has no known sign.
    """
    sign, total = 1, sympy.S.Zero
    for factor in sympy.Mul.make_args(term):
        if isinstance(factor, sympy.exp):
            total += factor.args[0]
            continue
        base, exponent = factor.as_base_exp()
        signs = setting.signs(base)
        if signs == POSITIVE and isinstance(base, sympy.gamma):
            total += exponent * sympy.loggamma(base.args[0])
        elif signs == POSITIVE:
            total += exponent * sympy.log(base)
        elif signs == NEGATIVE and exponent.is_Integer:
            sign *= -1 if exponent % 2 else 1
            total += exponent * sympy.log(-base)
        else:
            return None
    return sign, total


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
    if found == ANY:
        found = _by_squares(poly)
    return found


def _by_squares(poly: Poly) -> Signs:
    """Write a polynomial, or its negative, as a sum of squares; plus a constant it is positive."""
    constant = poly.nth(*(0,) * len(poly.gens))
    for sign, signs in ((1, POSITIVE), (-1, NEGATIVE)):
        if constant * sign > 0 and by_squares(sign * poly - sign * constant / 2) is not None:
            return signs
        if by_squares(sign * poly) is not None:
            return signs | ZERO
    return ANY


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
    return signs_of(setting.range(expr))


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
    _by_exponentials,
)


def _by_covering(setting: Setting, expr: Expr, found: Signs) -> Signs:
    """Try to exclude zero and one sign by a few boxes."""
    if sympy.count_ops(expr) > _MOST_OPERATIONS:
        return ANY
    used = {s: d for s, d in setting.domains.items() if s in expr.free_symbols}
    for sign in (1, -1):
        if sign not in found:
            continue
        try:
            report = prove_nonnegative(
                sign * expr, used, where=setting.relations(used), budget=_CHEAP_BOXES, strict=True
            )
        except UnsupportedNodeError:
            return ANY
        if report.proved:
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
