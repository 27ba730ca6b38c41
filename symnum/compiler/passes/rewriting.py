"""What the passes share: one walk over a program that rebuilds it node by node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import sympy

from symnum.compiler.program import Node, Program, ProgramBuilder
from symnum.compiler.terms import Term

__all__ = ["Rewriter", "rewrite"]


@dataclass(slots=True)
class Rewriter:
    """A program in the making, with what a rule may ask about it.

    Parameters
    ----------
    builder : ProgramBuilder
        Collects the new nodes.
    uses : Counter
        How often the node at a position of the new program was used in the old one.
    old : Node
        The node being rewritten, with its operands in the old program.
    position : int
        Its position in the old program.
    places : list of int
        Where each node of the old program before it is in the new one.
    """

    builder: ProgramBuilder
    old: Node
    uses: Counter[int] = field(default_factory=Counter)
    position: int = -1
    places: list[int] = field(default_factory=list)

    def node(self, position: int) -> Node:
        """Return the new node at a position."""
        return self.builder.nodes[position]

    def term(self, position: int) -> Term:
        """Return the new node at a position, ready for arithmetic."""
        return Term(self.builder, position)

    def number(self, value: sympy.Expr) -> Term:
        """Append an exact constant, ready for arithmetic."""
        return Term(self.builder, self.builder.add("constant", value=value))

    def constant(self, position: int) -> sympy.Expr | None:
        """Return the exact number at a position, or None where it is no constant."""
        node = self.node(position)
        return node.value if node.operation == "constant" else None

    def operand(self, position: int, operation: str) -> int | None:
        """Return the operand of a unary node of some kind, or None where it is another node."""
        node = self.node(position)
        return node.operands[0] if node.operation == operation else None


Rule = Callable[[Rewriter, Node], "int | None"]


def rewrite(program: Program, rule: Rule) -> Program:
    """Rebuild a program, asking a rule at every node.

    Parameters
    ----------
    program : Program
        Any program.
    rule : callable
        Takes the rewriter and the node with its operands already rewritten; returns the position
        of what stands in its place, or None where the node stays.

    Returns
    -------
    Program
        Without dead nodes.
    """
    builder = ProgramBuilder(program.arity, program.complex_valued)
    rewriter = Rewriter(builder, Node("nothing"))
    old_uses = Counter(operand for node in program.nodes for operand in node.operands)
    old_uses.update(program.outputs)
    places = rewriter.places
    for position, old in enumerate(program.nodes):
        rewriter.old, rewriter.position = old, position
        node = Node(old.operation, tuple(places[operand] for operand in old.operands), old.value)
        place = rule(rewriter, node)
        if place is None:
            place = builder.add(node.operation, *node.operands, value=node.value)
        rewriter.uses[place] += old_uses[position]
        places.append(place)
    return builder.finish(tuple(places[output] for output in program.outputs))
