"""Elements of a field as coefficients of a series, with values of functions as new generators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import flint
import sympy

from symnum.algebra.coefficients import Algebra, ExpressionAlgebra, NoJetError
from symnum.algebra.fields import Field, field_with
from symnum.algebra.jets import JetProgram

__all__ = ["FieldAlgebra", "generators_at"]


@final
class FieldAlgebra(Algebra[Any]):
    """Elements of a field; a function has the value that is listed, or a rational one.

    Parameters
    ----------
    field : Field
    generators : mapping from Expr to Symbol, optional
        Numbers such as sin(1) or sqrt(2), and the parameters of the field that stand for them.
    """

    def __init__(
        self, field: Field, generators: Mapping[sympy.Expr, sympy.Symbol] | None = None
    ) -> None:
        self.field = field
        self._symbols = dict(generators or {})
        self._values = {symbol: value for value, symbol in self._symbols.items()}

    @property
    def zero(self) -> Any:
        """The number 0."""
        return self.field.element(0)

    def constant(self, value: sympy.Expr) -> Any:
        """Return an expression in the generators and parameters as an element."""
        return self.field.constant(_replaced(value, self._symbols))

    def over(self, field: Field) -> FieldAlgebra:
        """Return the algebra of a larger field with the same generators."""
        return self if field is self.field else FieldAlgebra(field, self._symbols)

    def expression(self, element: Any, conjugate: int = 0) -> sympy.Expr:
        """Return an element as an expression, generators put back in."""
        shown = self.field.expression(element, conjugate)
        return sympy.expand(shown.xreplace(self._values)) if self._values else shown

    def scale(self, x: Any, numerator: int, denominator: int = 1) -> Any:
        """Return ``x * numerator / denominator``."""
        return x * flint.fmpq(numerator, denominator)

    def divide(self, x: Any, y: Any) -> Any:
        """Return the quotient."""
        return x / y

    def apply(self, function: type[sympy.Function], x: Any) -> Any:
        """Return the value of a function; `NoJetError` where no generator stands for it."""
        return self._element(function(self._argument(x, function.__name__)), function.__name__)

    def power(self, x: Any, exponent: sympy.Expr) -> Any:
        """Return a power; `NoJetError` where no generator stands for it."""
        return self._element(self._argument(x, "a power") ** exponent, "a power")

    def is_zero(self, x: Any) -> bool:
        """Tell whether the element is 0."""
        return bool(x == 0)

    def _argument(self, x: Any, what: str) -> sympy.Expr:
        value = self.expression(x)
        if self.field.conjugate_count > 1 and self.expression(x, 1) != value:
            raise NoJetError(what, "its value at an algebraic number is not in the field")
        return value

    def _element(self, value: sympy.Expr, what: str) -> Any:
        try:
            return self.constant(value)
        except NoJetError:
            raise NoJetError(what, f"its value {value} is no known number") from None


def generators_at(
    expr: sympy.Expr, start: Mapping[sympy.Symbol, sympy.Expr], small: sympy.Symbol
) -> tuple[Field, FieldAlgebra]:
    """Return the field in which the power series of an expression has its coefficients.

    Parameters
    ----------
    expr : Expr
    start : mapping from Symbol to Expr
        The values of its unknowns at ``small = 0``.
    small : Symbol

    Returns
    -------
    field : Field
        Rational functions of the parameters and of all values such as sin(1) that occur.
    algebra : FieldAlgebra
    """
    program: JetProgram[sympy.Expr] = JetProgram(ExpressionAlgebra())
    program.declare(small, [sympy.S.Zero, sympy.S.One])
    for symbol, value in start.items():
        program.declare(symbol, [value])
    jet = program.compile(expr)
    values = [jet.coefficient(0), *program.function_values(), *start.values()]
    symbols: dict[sympy.Expr, sympy.Symbol] = {}
    parameters: set[sympy.Symbol] = set()
    for value in values:
        for node in sympy.preorder_traversal(value):
            if _is_generator(node) and node not in symbols:
                symbols[node] = sympy.Dummy(f"g{len(symbols)}")
        parameters |= {s for s in value.free_symbols if not isinstance(s, sympy.Dummy)}
    field = field_with([*parameters, *symbols.values()])
    return field, FieldAlgebra(field, symbols)


def _is_generator(node: sympy.Basic) -> bool:
    if node.is_Function or node.is_NumberSymbol or node is sympy.I:
        return True
    return isinstance(node, sympy.CRootOf) or bool(node.is_Pow and not node.exp.is_Integer)


def _replaced(expr: sympy.Expr, symbols: Mapping[sympy.Expr, sympy.Symbol]) -> sympy.Expr:
    """Replace whole generators, the outermost first."""
    if not symbols:
        return expr
    if expr in symbols:
        return symbols[expr]
    if not expr.args:
        return expr
    return expr.func(*(_replaced(arg, symbols) for arg in expr.args))
