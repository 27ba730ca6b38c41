"""Finite sums of symbolic length, as exact algebra on the sums that do not split any further.

A polynomial in indexed quantities such as ``a[j]`` and sums of them over ``j = 1..n`` is brought to
one normal form: sums are taken outwards (they are finite, so their order is free), products of
sums without a common index are split, bound indices get canonical names. What remains are sums
like ``sum_j a[j] b[j]``, each of which becomes a symbol. Two expressions with equal normal forms
are equal for every n and all values of the indexed quantities.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import count, permutations
from typing import Any

import sympy
from sympy import Dummy, Expr, Indexed, IndexedBase, Integer, Sum, Symbol

from symnum.algebra.coordinates import Coordinates

__all__ = ["IndexSums", "IndexedExpression"]

_LETTERS = "jklmpqrstu"
_MOST_BOUND = 6


@dataclass(frozen=True, slots=True)
class _Term:
    """coefficient * sum over the bound indices of the product of the factors."""

    coefficient: Expr
    factors: tuple[Expr, ...] = ()
    bound: tuple[tuple[Dummy, Expr], ...] = ()

    def times(self, other: _Term) -> _Term:
        # The same sum may come twice, in a square: its indices are told apart.
        fresh = {index: Dummy(index.name, integer=True) for index, _ in other.bound}
        return _Term(
            self.coefficient * other.coefficient,
            (*self.factors, *(factor.xreplace(fresh) for factor in other.factors)),
            (*self.bound, *((fresh[index], size) for index, size in other.bound)),
        )


@dataclass(frozen=True, slots=True)
class IndexSums:
    """What is known about indexed quantities: names and values of sums, unit sums.

    Parameters
    ----------
    values : mapping from sympy.Sum to expression, optional
        What certain sums are, a symbol or a number: ``{Sum(e[j], (j, 1, n)): Z}``.
    unit_sums : mapping from sympy.IndexedBase to int, optional
        The place of the index over which a quantity sums to 1: ``{a: 1}`` where
        ``sum_j a[i, j] = 1`` for each i.

    Examples
    --------
    >>> n, j, k = sympy.symbols("n j k", integer=True, positive=True)
    >>> a = IndexedBase("a")
    >>> total, squares = sympy.symbols("s q")
    >>> sums = IndexSums({Sum(a[j], (j, 1, n)): total, Sum(a[j] ** 2, (j, 1, n)): squares})
    >>> sums.scalar(Sum((a[j] - a[k]) ** 2, (j, 1, n), (k, 1, n)))
    2*n*q - 2*s**2
    """

    values: Mapping[Sum, Any] = field(default_factory=dict)
    unit_sums: Mapping[IndexedBase, int] = field(default_factory=dict)

    def scalar(self, expr: Any) -> Expr:
        """Return the normal form of an expression.

        Parameters
        ----------
        expr : expression
            A polynomial in indexed quantities and sums over ``(j, 1, n)``; functions of indexed
            quantities count as quantities, functions of whole sums as scalars.

        Returns
        -------
        sympy.Expr
            A polynomial in symbols: each sum that does not split, and each quantity with free
            indices, is one.

        Raises
        ------
        ValueError
            A sum that does not start from 1, or one under a function inside another sum.
        """
        known = {}
        for node, value in self.values.items():
            text = sympy.sstr(node)
            if not isinstance(node, Sum):
                raise ValueError(f"values: expected sums as keys, got {text}")
            parts = [_components(term) for term in _terms(node)]
            if len(parts) != 1 or len(parts[0][1]) != 1 or parts[0][0] != 1:
                raise ValueError(f"values: {text} is a product or a combination of sums")
            known[parts[0][1][0]] = sympy.sympify(value)
        return sympy.expand(sympy.Add(*(self._value(term, known) for term in _terms(expr))))

    def of(self, expr: Any) -> IndexedExpression:
        """Return an expression together with its normal form, as a side of a claim."""
        expr = sympy.sympify(expr)
        return IndexedExpression(self, expr, self.scalar(expr))

    def _value(self, term: _Term, known: Mapping[str, Expr]) -> Expr:
        coefficient, components = _components(self._with_unit_sums(term))
        named = (known.get(text, Symbol(text, real=True)) for text in components)
        return sympy.Mul(self._coefficient(coefficient), *named)

    def _coefficient(self, expr: Expr) -> Expr:
        """Return a scalar, in which sums may stand under functions, in normal form."""
        if isinstance(expr, Sum) or not expr.has(Sum, Indexed):
            return self.scalar(expr) if isinstance(expr, Sum) else expr
        if isinstance(expr, Indexed):
            return Symbol(sympy.sstr(expr), real=True)
        return expr.func(*(self._coefficient(argument) for argument in expr.args))

    def _with_unit_sums(self, term: _Term) -> _Term:
        """Drop a factor a[.., j, ..] that sums to 1 over j if no other factor has this j."""
        single = _single_factors(term.factors)
        for index, _ in term.bound:
            users = [factor for factor in single if index in factor.free_symbols]
            if len(users) != 1 or not isinstance(users[0], Indexed):
                continue
            place = self.unit_sums.get(users[0].base)
            indices = users[0].indices
            if place is None or indices.count(index) != 1 or indices[place] != index:
                continue
            factors = tuple(factor for factor in single if factor is not users[0])
            bound = tuple(pair for pair in term.bound if pair[0] != index)
            return self._with_unit_sums(_Term(term.coefficient, factors, bound))
        return term


@dataclass(frozen=True, slots=True)
class IndexedExpression(Coordinates):
    """An expression in indexed quantities with its normal form."""

    sums: IndexSums
    expr: Expr
    normal_form: Expr

    def coordinates(self) -> tuple[Expr, ...]:
        """Return the normal form: equal ones are equal expressions for every length."""
        return (self.normal_form,)

    def frame(self) -> Hashable:
        """Return what the sums are taken to be."""
        values = frozenset((node, sympy.sympify(v)) for node, v in self.sums.values.items())
        return ("index sums", values, frozenset(self.sums.unit_sums.items()))

    def describe(self) -> str:
        """Return the expression as text, sums with their indices."""
        return _described(self.expr)


def _described(expr: Expr) -> str:
    """Return an expression as text in which a sum over (j, 1, n) is written ``sum_j``."""
    names = {}
    for node in sorted(expr.atoms(Sum), key=sympy.default_sort_key):
        if not any(node is not other and other.has(node) for other in expr.atoms(Sum)):
            indices = ",".join(str(limit[0]) for limit in reversed(node.limits))
            names[node] = Symbol(f"sum_{indices}({_described(node.function)})")
    return str(sympy.sstr(expr.xreplace(names)))


def _terms(expr: Any) -> list[_Term]:
    """Return an expression as terms whose sums are outermost."""
    expr = sympy.sympify(expr)
    if isinstance(expr, Sum):
        return [_summed(term, fresh) for term, fresh in _bodies(expr)]
    if expr.is_Add:
        return [term for part in expr.args for term in _terms(part)]
    if expr.is_Mul or (expr.is_Pow and expr.exp.is_Integer and expr.exp > 0):
        parts = expr.args if expr.is_Mul else (expr.base,) * int(expr.exp)
        return reduce(_products, map(_terms, parts))
    if expr.has(Sum) or not expr.has(Indexed):
        return [_Term(expr)]
    return [_Term(Integer(1), (expr,))]


def _products(left: Iterable[_Term], right: Iterable[_Term]) -> list[_Term]:
    right = list(right)
    return [one.times(other) for one in left for other in right]


def _bodies(node: Sum) -> list[tuple[_Term, tuple[tuple[Dummy, Expr], ...]]]:
    fresh: dict[Symbol, Dummy] = {}
    sizes = []
    for limit in node.limits:
        if len(limit) != 3 or limit[1] != 1:
            raise ValueError(f"expected a sum over (index, 1, n), got {sympy.sstr(node)}")
        fresh[limit[0]] = Dummy(limit[0].name, integer=True)
        sizes.append((fresh[limit[0]], limit[2]))
    bound = tuple(sizes)
    return [(term, bound) for term in _terms(node.function.xreplace(fresh))]


def _summed(term: _Term, bound: tuple[tuple[Dummy, Expr], ...]) -> _Term:
    """Return the sum of a term over more indices; the coefficient may hold the bare index."""
    inside: list[Expr] = []
    outside: list[Expr] = []
    indices = {index for index, _ in bound}
    for factor in sympy.Mul.make_args(term.coefficient):
        (inside if factor.free_symbols & indices else outside).append(factor)
    for factor in inside:
        if factor.has(Sum):
            raise ValueError(f"a sum under a function inside another sum: {sympy.sstr(factor)}")
    factors = (*term.factors, *inside)
    return _Term(sympy.Mul(*outside), factors, (*term.bound, *bound))


def _components(term: _Term) -> tuple[Expr, list[str]]:
    """Return the coefficient, and a canonical text of each part that shares no bound index."""
    coefficient, texts = term.coefficient, []
    sizes = dict(term.bound)
    rest = []
    for factor in _single_factors(term.factors):
        if factor.free_symbols & sizes.keys():
            rest.append(factor)
        else:
            coefficient *= factor
    for index, size in term.bound:
        if not any(index in factor.free_symbols for factor in rest):
            coefficient *= size
    while rest:
        group, indices = [rest.pop(0)], set()
        while True:
            indices = {s for factor in group for s in factor.free_symbols if s in sizes}
            joined = [factor for factor in rest if factor.free_symbols & indices]
            if not joined:
                break
            group += joined
            rest = [factor for factor in rest if factor not in joined]
        texts.append(_canonical(group, {index: sizes[index] for index in indices}))
    return coefficient, texts


def _single_factors(factors: Iterable[Expr]) -> list[Expr]:
    """Return the factors of a product, whole powers written out and inverses cancelled."""
    single = []
    for factor in sympy.Mul.make_args(sympy.Mul(*factors)):
        is_power = factor.is_Pow and factor.exp.is_Integer and factor.exp > 0
        single += [factor.base] * int(factor.exp) if is_power else [factor]
    return single


def _canonical(factors: list[Expr], sizes: Mapping[Dummy, Expr]) -> str:
    """Return the smallest text of a sum over all ways to name its bound indices."""
    if len(sizes) > _MOST_BOUND:
        raise ValueError(f"a sum over {len(sizes)} indices that hang together is too large")
    product = sympy.Mul(*factors)
    taken = {symbol.name for symbol in product.free_symbols if symbol not in sizes}
    letters = (letter for letter in _LETTERS if letter not in taken)
    numbered = (f"i{number}" for number in count(1))
    names = [Symbol(next(letters, None) or next(numbered), integer=True) for _ in sizes]
    texts = []
    for order in permutations(sorted(sizes, key=lambda index: index.dummy_index)):
        naming = dict(zip(order, names, strict=True))
        ends = ", ".join(f"{naming[index]} <= {sympy.sstr(sizes[index])}" for index in order)
        texts.append(f"Sum({sympy.sstr(product.xreplace(naming))}, {ends})")
    return min(texts)
