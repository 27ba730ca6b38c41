"""The atoms of an expression that counts as a rational function: what stands for a variable.

Transcendental functions and roots are variables of their own. A product law holds by construction
(``exp(a + b)`` is ``exp(a)`` times ``exp(b)``), the laws of roots, of i and of the circular
functions become relations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

import sympy
from sympy import Expr, Integer, Rational, S, Symbol

__all__ = ["Atom", "Atoms", "factors_of_power"]

_LARGEST_RADICAND = 10**12
_LARGEST_INDEX = 1000
_MOST_NODES = 200_000

# Functions with a value, real for real arguments, everywhere.
_ENTIRE = (sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh)

_NO_NUMBERS = (S.Infinity, S.NegativeInfinity, S.ComplexInfinity, S.NaN)

Key = tuple[Any, ...]


@final
@dataclass(slots=True)
class Atom:
    """A variable: for a power of which the base and a factor of the exponent are fixed.

    Attributes
    ----------
    place : int
        The number of the variable.
    index : int
        The variable is the `index`-th root of what the key stands for.
    relation : str
        ``"root"``: its power `index` is the base. ``"circular"`` and ``"hyperbolic"``: the square
        of a sine, of a hyperbolic cosine, by the partner. Empty where nothing is known.
    base : sympy.Expr
        The radicand, or the partner.
    """

    place: int
    index: int = 1
    relation: str = ""
    base: Expr = S.Zero


@final
@dataclass(slots=True)
class Atoms:
    """The atoms met so far, inner ones first.

    Attributes
    ----------
    table : dict
    is_total : bool
        Whether every expression, apart from its denominators, has a value everywhere, real where
        the symbols are real and i does not occur.
    """

    table: dict[Key, Atom] = field(default_factory=dict)
    is_total: bool = True
    _seen: set[Expr] = field(default_factory=set)

    @property
    def is_plain(self) -> bool:
        """Whether symbols are all that occurs, so that nothing relates the atoms."""
        return all(key[0] == "symbol" for key in self.table)

    def collect(self, expr: Expr) -> None:
        """Add the atoms of an expression.

        Raises
        ------
        OverflowError
            Too many nodes, a root of too high an index, an infinity.
        """
        if expr in self._seen:
            return
        self._seen.add(expr)
        if len(self._seen) > _MOST_NODES:
            raise OverflowError("too many nodes")
        if isinstance(expr, Symbol):
            self._add(("symbol", expr))
        elif isinstance(expr, Rational):
            return
        elif isinstance(expr, sympy.Add | sympy.Mul):
            for argument in expr.args:
                self.collect(argument)
        elif isinstance(expr, sympy.Pow | sympy.exp):
            self._collect_power(expr)
        elif expr is S.ImaginaryUnit:
            self._add(("root", S.NegativeOne), 2, "root", S.NegativeOne)
        elif expr in _NO_NUMBERS or not isinstance(expr, Expr):
            raise OverflowError("infinite or undefined")
        elif isinstance(expr, sympy.sin | sympy.cos):
            self._collect_pair(sympy.sin, sympy.cos, expr, "circular")
        elif isinstance(expr, sympy.sinh | sympy.cosh):
            self._collect_pair(sympy.cosh, sympy.sinh, expr, "hyperbolic")
        else:
            # Real constants such as pi are as good as symbols.
            self.is_total = self.is_total and bool(expr.is_NumberSymbol)
            self._add(("node", expr))

    def _collect_power(self, expr: Expr) -> None:
        for base, part, _ in factors_of_power(expr):
            if part == 1 and not base.is_Rational:
                self.collect(base)
        for base, part, ratio in factors_of_power(expr):
            if part == 1 and ratio.is_Integer:
                continue
            if part == 1:
                self._add(("root", base), int(ratio.q), "root", base)
                self.is_total = self.is_total and bool(base.is_Rational and base > 0)
            else:
                self._add(("power", base, part), int(ratio.q))
                self.is_total = self.is_total and base is S.Exp1 and _is_total(part)

    def _collect_pair(self, first: Any, second: Any, expr: Expr, relation: str) -> None:
        argument = expr.args[0]
        self.is_total = self.is_total and _is_total(argument)
        self._add(("node", second(argument)))
        self._add(("node", first(argument)), 1, relation, second(argument))

    def _add(self, key: Key, index: int = 1, relation: str = "", base: Expr = S.Zero) -> None:
        atom = self.table.get(key)
        if atom is None:
            self.table[key] = Atom(len(self.table), index, relation, base)
            return
        atom.index = int(sympy.ilcm(atom.index, index))
        if atom.index > _LARGEST_INDEX:
            raise OverflowError("a root of a high index")


def _is_total(expr: Expr) -> bool:
    """Tell whether an exponent or angle has a value everywhere."""
    if isinstance(expr, Symbol | Rational) or expr.is_NumberSymbol or expr is S.ImaginaryUnit:
        return True
    if isinstance(expr, (sympy.Add, sympy.Mul, *_ENTIRE)):
        return all(_is_total(argument) for argument in expr.args)
    return bool(
        isinstance(expr, sympy.Pow)
        and expr.exp.is_Integer
        and expr.exp > 0
        and _is_total(expr.base)
    )


def factors_of_power(expr: Expr) -> list[tuple[Expr, Expr, Rational]]:
    """Split a power ``b**(r1 m1 + r2 m2 + ...)`` into ``(b, m1, r1)``, ``(b, m2, r2)``, ...

    Roots of positive rational numbers are split into those of primes, so that ``sqrt(6)`` is the
    product of ``sqrt(2)`` and ``sqrt(3)``.

    Parameters
    ----------
    expr : sympy.Pow or sympy.exp

    Returns
    -------
    list of (sympy.Expr, sympy.Expr, sympy.Rational)
    """
    base, exponent = expr.as_base_exp() if isinstance(expr, sympy.exp) else expr.args
    found: list[tuple[Expr, Expr, Rational]] = []
    for term in sympy.Add.make_args(exponent):
        ratio, part = term.as_coeff_Mul()
        if not ratio.is_Rational:
            ratio, part = Integer(1), term
        is_number = base.is_Rational and base > 0 and not ratio.is_Integer and part == 1
        if is_number and max(base.p, base.q) <= _LARGEST_RADICAND:
            primes = sympy.factorrat(base)
            found += [(Integer(prime), S.One, ratio * count) for prime, count in primes.items()]
        else:
            found.append((base, part, ratio))
    return found
