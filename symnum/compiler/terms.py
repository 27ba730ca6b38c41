"""Formulas over the nodes of a program, written with Python's operators.

Derivative rules, definitions of functions and rewrites are short formulas. A `Term` is a node of a
program in the making; arithmetic on terms appends nodes, and equal nodes are made once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import sympy

from symnum.compiler.program import ProgramBuilder

__all__ = ["Operand", "Term", "call", "choose", "constant", "nan"]

# What arithmetic takes on the other side of a term: numbers become constants.
Operand: TypeAlias = "Term | int | sympy.Expr"


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One node of a program in the making.

    Parameters
    ----------
    builder : ProgramBuilder
        What collects the nodes.
    position : int
        The position of the node in it.

    Examples
    --------
    >>> builder = ProgramBuilder(1)
    >>> x = Term(builder, builder.add("argument", value=0))
    >>> print(builder.finish((((x * x) + 1).position,)))
    v0 = argument(0)
    v1 = multiply(v0, v0)
    v2 = constant(1)
    v3 = add(v1, v2)
    return v3
    """

    builder: ProgramBuilder
    position: int

    def make(self, operation: str, *operands: Operand, value: object = None) -> Term:
        """Append one node; numbers among the operands become constants."""
        positions = (self._lift(operand).position for operand in operands)
        return Term(self.builder, self.builder.add(operation, *positions, value=value))

    def _lift(self, operand: Operand) -> Term:
        if isinstance(operand, Term):
            return operand
        number = sympy.Integer(operand) if isinstance(operand, int) else operand
        return Term(self.builder, self.builder.add("constant", value=number))

    @property
    def exact(self) -> sympy.Expr | None:
        """The exact number, where the node is a constant."""
        node = self.builder.nodes[self.position]
        return node.value if node.operation == "constant" else None

    def __add__(self, other: Operand) -> Term:
        return self.make("add", self, other)

    def __radd__(self, other: int | sympy.Expr) -> Term:
        return self.make("add", other, self)

    def __sub__(self, other: Operand) -> Term:
        return self.make("subtract", self, other)

    def __rsub__(self, other: int | sympy.Expr) -> Term:
        return self.make("subtract", other, self)

    def __mul__(self, other: Operand) -> Term:
        return self.make("multiply", self, other)

    def __rmul__(self, other: int | sympy.Expr) -> Term:
        return self.make("multiply", other, self)

    def __truediv__(self, other: Operand) -> Term:
        return self.make("divide", self, other)

    def __rtruediv__(self, other: int | sympy.Expr) -> Term:
        return self.make("divide", other, self)

    def __neg__(self) -> Term:
        return self.make("negative", self)

    def __pow__(self, exponent: int) -> Term:
        if exponent == 1:
            return self
        return self.make("integer_power", self, value=exponent)

    def compare(self, relation: str, other: Operand) -> Term:
        """Append a comparison, a truth value; > and >= become < and <= with operands swapped."""
        if relation.startswith(">"):
            return self.make("compare", other, self, value=relation.replace(">", "<"))
        return self.make("compare", self, other, value=relation)

    def root(self) -> Term:
        """Append the square root."""
        return self.make("square_root", self)


def call(name: str, *operands: Term) -> Term:
    """Append the call of a function of the vocabulary."""
    return operands[0].make("call", *operands, value=name)


def choose(condition: Term, then: Term | int, otherwise: Term | int) -> Term:
    """Append a select: `then` where the condition holds, else `otherwise`."""
    return condition.make("select", condition, then, otherwise)


def constant(like: Term, number: int | sympy.Expr) -> Term:
    """Append a constant to the program that `like` belongs to."""
    return like._lift(number)


def nan(like: Term) -> Term:
    """Append the constant NaN to the program that `like` belongs to."""
    return like._lift(sympy.nan)
