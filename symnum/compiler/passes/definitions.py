"""Functions made of simpler ones are replaced by their definitions."""

from __future__ import annotations

from symnum.compiler.named import named_value
from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.program import Node, Program
from symnum.compiler.vocabulary import FUNCTIONS, PRIMITIVES

__all__ = ["expand_definitions"]


def expand_definitions(program: Program) -> Program:
    """Put the definition of every function that has one in the place of its calls.

    It comes after differentiation, because a derivative is simpler, and accurate, by the rule of
    the function itself.

    Parameters
    ----------
    program : Program
        Any program.
    """
    while any(_is_defined(node) for node in program.nodes):
        program = rewrite(program, _expand)
    return program


def _is_defined(node: Node) -> bool:
    return node.operation == "named" or (node.operation == "call" and node.value not in PRIMITIVES)


def _expand(rewriter: Rewriter, node: Node) -> int | None:
    if node.operation == "named":
        return named_value(node.value, [rewriter.term(k) for k in node.operands]).position
    if node.operation != "call":
        return None
    definition = FUNCTIONS[node.value].definition
    if definition is None:
        return None
    return definition(*map(rewriter.term, node.operands)).position
