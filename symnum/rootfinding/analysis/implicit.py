"""Derivatives of a root with respect to the parameters of its equation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import sympy as sp

from symnum.expressions import as_symbol
from symnum.rootfinding.kinks import derivatives
from symnum.rootfinding.problem import equation_to_expression

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation

__all__ = ["RootDerivatives", "root_derivatives"]

Names = tuple[sp.Symbol, ...]


@dataclass(frozen=True)
class RootDerivatives(Mapping[Names, sp.Expr]):
    """The derivatives of a root, a mapping from tuples of parameters to expressions.

    The order within a tuple does not matter, and names serve as well as symbols.

    Attributes
    ----------
    equation : Expr
        F, whose root is meant.
    unknown : Symbol
        x.
    table : dict
        From tuples of parameters, sorted as they were given, to expressions.
    """

    equation: sp.Expr
    unknown: sp.Symbol
    parameters: Names
    table: dict[Names, sp.Expr]

    def __getitem__(self, key: Any) -> sp.Expr:
        entries = key if isinstance(key, tuple) else (key,)
        known = {symbol.name: symbol for symbol in self.parameters}
        names = [
            entry if isinstance(entry, str) else getattr(entry, "name", "") for entry in entries
        ]
        if any(name not in known for name in names):
            raise KeyError(key)
        return self.table[tuple(sorted((known[name] for name in names), key=self.parameters.index))]

    def __iter__(self) -> Iterator[Names]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def expr(self) -> dict[str, sp.Expr]:
        """The expressions by printable names such as ``d2E/dedM``."""
        return {self._label(key): value for key, value in self.table.items()}

    @property
    def derivation(self) -> Derivation:
        """The checked chain: each total derivative of the equation vanishes."""
        from symnum.rootfinding.proofs import implicit_derivation

        return implicit_derivation(self)

    def compile(self, **options: Any) -> Kernel:
        """Return a kernel of x and the parameters that gives all of them; options of `lambdify`."""
        return self.derivation.compile(**options)

    def _label(self, key: Names) -> str:
        degree = "" if len(key) == 1 else str(len(key))
        return f"d{degree}{self.unknown}/" + "".join(f"d{symbol}" for symbol in key)

    def __str__(self) -> str:
        return "\n".join(f"{name} = {value}" for name, value in self.expr.items())

    def _repr_latex_(self) -> str:
        rows = (f"{sp.latex(sp.Symbol(k))} &= {sp.latex(v)}" for k, v in self.expr.items())
        return r"$\displaystyle \begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}$"


def root_derivatives(
    equation: sp.Expr | sp.Eq | str,
    x: sp.Symbol | str,
    params: Sequence[sp.Symbol | str],
    order: int = 1,
) -> RootDerivatives:
    """Derive how a root moves with the parameters, by the implicit function theorem.

    From F(x(p), p) = 0: ``dx/dp = -F_p/F_x``; higher orders by total differentiation of the lower.

    Parameters
    ----------
    equation : str, Expr or Eq
        F, or ``lhs = rhs``.
    x : Symbol or str
        The unknown.
    params : sequence of Symbol or str
        The parameters.
    order : int, optional
        Highest order.

    Returns
    -------
    RootDerivatives
        From tuples such as ``(e,)`` and ``(e, M)`` to expressions in x and the parameters.

    Raises
    ------
    ValueError
        If the order is below 1, a parameter is not in the equation, or F does not depend on x.

    Examples
    --------
    >>> E, e, M = sp.symbols("E1 e M")
    >>> root_derivatives(E - e * sp.sin(E) - M, E, (e, M), 1)[M,]
    1/(-e*cos(E1) + 1)
    """
    unknown = as_symbol(x, "x")
    if isinstance(params, (str, sp.Symbol)):
        params = (params,)
    parameters = tuple(as_symbol(p, "params") for p in params)
    declared = {symbol.name: symbol for symbol in (unknown, *parameters)}
    function = equation_to_expression(equation, declared)
    _check(function, unknown, parameters, order)
    slope = derivatives(function, unknown, 1)[0]
    first = {p: _tidy(-derivatives(function, p, 1)[0] / slope) for p in parameters}
    table: dict[Names, sp.Expr] = {(p,): first[p] for p in parameters}
    for degree in range(2, order + 1):
        for key in combinations_with_replacement(parameters, degree):
            lower, last = table[key[:-1]], key[-1]
            partial = (
                derivatives(lower, last, 1)[0] + derivatives(lower, unknown, 1)[0] * first[last]
            )
            table[key] = _tidy(partial)
    return RootDerivatives(function, unknown, parameters, table)


def _tidy(expr: sp.Expr) -> sp.Expr:
    """Return the expression over one denominator."""
    return sp.factor_terms(sp.together(expr)) if expr.is_commutative else expr


def _check(function: sp.Expr, unknown: sp.Symbol, parameters: Names, order: int) -> None:
    if isinstance(order, bool) or not isinstance(order, (int, sp.Integer)):
        raise TypeError(f"order: expected a positive integer, got {order!r}")
    if order < 1:
        raise ValueError(f"order: expected at least 1, got {order}")
    if not parameters:
        raise ValueError("params: expected at least one parameter, got none")
    if len(set(parameters)) < len(parameters) or unknown in parameters:
        raise ValueError(f"params: {parameters} names the unknown or the same symbol twice")
    if unknown not in function.free_symbols:
        raise ValueError(f"x: the equation {function} does not depend on {unknown}")
    for parameter in parameters:
        if parameter not in function.free_symbols:
            raise ValueError(f"params: the equation {function} does not contain {parameter}")
