"""What the names of a text mean: declared symbols, unknown functions, constants, plain symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Derivative, Expr, Subs, Symbol

_CONSTANTS: dict[str, Expr] = {
    "E": sympy.E,
    "I": sympy.I,
    "pi": sympy.pi,
    "oo": sympy.oo,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names of a text mean.

    Parameters
    ----------
    declared : mapping from str to sympy.Expr
        Symbols, usually; they win over the constants.
    functions : mapping from str to callable
        Functions besides the known ones; they win over these.
    unknowns : mapping from str to (function class, sympy.Symbol)
        Unknown functions and the symbol that they depend on.
    assumptions : mapping from str to bool
        Of the symbols that are not declared.
    """

    declared: Mapping[str, Expr] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    unknowns: Mapping[str, tuple[Any, Symbol]] = field(default_factory=dict)
    assumptions: Mapping[str, bool] = field(default_factory=dict)

    def value(self, name: str) -> Expr:
        """Return what a bare name stands for.

        Parameters
        ----------
        name : str
            A plausible name.

        Returns
        -------
        sympy.Expr
            An unknown function at its symbol, what is declared, a constant, or else a symbol.

        Examples
        --------
        >>> Scope().value("pi"), Scope(declared={"pi": Symbol("pi")}).value("pi").is_Symbol
        (pi, True)
        """
        if name in self.unknowns:
            return self.derivative(name, 0, None)
        if name in self.declared:
            return self.declared[name]
        for _, variable in self.unknowns.values():
            if variable.name == name:
                return variable
        return _CONSTANTS[name] if name in _CONSTANTS else Symbol(name, **self.assumptions)

    def derivative(self, name: str, order: int, place: Expr | None) -> Expr:
        """Return a derivative of an unknown function, at its symbol or at a place.

        Parameters
        ----------
        name : str
            One of `unknowns`.
        order : int
            0 for the function itself.
        place : sympy.Expr or None
            None for its symbol.

        Returns
        -------
        sympy.Expr
            At a place other than the symbol, derivatives are ``Subs`` objects.

        Examples
        --------
        >>> scope = Scope(unknowns={"u": (sympy.Function("u"), Symbol("t"))})
        >>> scope.derivative("u", 1, sympy.Integer(0))
        Subs(Derivative(u(t), t), t, 0)
        """
        function, variable = self.unknowns[name]
        if order == 0:
            return function(variable if place is None else place)
        derivative = Derivative(function(variable), (variable, order))
        return derivative if place in (None, variable) else Subs(derivative, variable, place)
