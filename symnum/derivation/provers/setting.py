"""The domain of a claim as the provers see it: symbols that know their sign, and facts.

Symbols are replaced by dummies that assume what the domain implies and nothing else; equalities
among the joint conditions are solved and substituted, points are put in. Everything that is asked
about a sign or a range on the domain is answered here, from the cheapest argument to the dearest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, final

import sympy
from sympy import Dummy, Expr, Symbol
from sympy.core.relational import Relational

from symnum.derivation.provers.enclosures import enclosed, ends_as_floats
from symnum.derivation.provers.narrowing import (
    ADMITTED,
    Domain,
    assumptions,
    cut,
    ends_as_facts,
    narrowed,
    solved,
)
from symnum.derivation.provers.signrules import RULES, by_covering, by_range
from symnum.derivation.provers.signs import (
    ANY,
    NEGATIVE,
    POSITIVE,
    Signs,
    by_assumptions,
    sign_of_number,
)
from symnum.expressions.box import Box
from symnum.expressions.domains import Interval
from symnum.reference.spans import Span

__all__ = ["Setting"]

_RELATION_FOR: dict[Signs, Callable[..., Relational]] = {
    POSITIVE: sympy.Gt,
    frozenset((0, 1)): sympy.Ge,
    NEGATIVE: sympy.Lt,
    frozenset((-1, 0)): sympy.Le,
    frozenset((-1, 1)): sympy.Ne,
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
        domains, relations = narrowed(domains, relations)
        replaced: dict[Symbol, Expr] = {}
        for relation in [part for part in relations if isinstance(part, sympy.Equality)]:
            found = solved(relation, domains, replaced)
            if found is not None:
                replaced[found[0]] = found[1]
        points = {s: d.low for s, d in domains.items() if d.is_point and s not in replaced}
        free = {s: d for s, d in domains.items() if s not in replaced and s not in points}
        dummies = {
            symbol: Dummy(symbol.name, **assumptions(symbol, domain, relations))
            for symbol, domain in free.items()
        }
        images: dict[Symbol, Expr] = {**dummies, **points}
        for symbol, value in replaced.items():
            images[symbol] = value.subs(replaced).xreplace(images)
        facts = []
        for relation in relations:
            if not isinstance(relation, sympy.Equality):
                gap = (relation.lhs - relation.rhs).xreplace(images)
                facts.append((gap, ADMITTED[type(relation)]))
                if _is_root(gap) and isinstance(relation, sympy.Ge | sympy.Gt):
                    # A root that is compared with 0 is real, and has the sign of its radicand.
                    facts.append((gap.base, ADMITTED[type(relation)]))
        for symbol in replaced:
            facts += ends_as_facts(images[symbol], domains[symbol])
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
        narrowed = cut(self.domains, expr, left)
        if narrowed is None:
            return None
        facts = (*self.facts, (expr, left))
        if _is_root(expr) and self.signs(expr.base) <= {0, 1}:
            facts += ((expr.base, left),)
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
        for rule in RULES:
            if len(found) == 1:
                break
            if rule is not by_range or not self.is_exact:
                found &= rule(self, expr)
        if self.is_exact:
            return found
        if found == ANY or (len(found) > 1 and 0 in found and len(found) < 3):
            found &= by_covering(self, expr, found)
        return found


def _is_root(expr: Expr) -> bool:
    return bool(expr.is_Pow and expr.exp.is_Rational and not expr.exp.is_Integer and expr.exp > 0)
