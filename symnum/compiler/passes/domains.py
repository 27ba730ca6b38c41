"""What the ranges of nodes decide: moduli, maxima and comparisons that need not be computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import S

from symnum.compiler.passes.intervals import Range, ranges
from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.program import Node, Program

__all__ = ["apply_ranges"]

Decision = Callable[[Rewriter, Node, Sequence[Range]], "int | None"]


def apply_ranges(program: Program) -> Program:
    """Leave out what the ranges of the operands decide.

    Laws: abs(a) = a for a >= 0 and -a for a <= 0; max(a, c) = a for a >= c, where the constant c
    is no NaN; sqrt(a)**(2 n) = a**n for a >= 0; a < b is false where a >= b. A comparison never
    becomes true, for it is false where an operand is NaN, with the exception of !=.

    Parameters
    ----------
    program : Program
        Any program; a complex one is left alone.
    """
    if program.complex_valued or not any(map(_may_be_decided, program.nodes)):
        return program
    found = ranges(program)

    def decide(rewriter: Rewriter, node: Node) -> int | None:
        if node.operation == "integer_power":
            return _power_of_root(rewriter, node, program, found)
        rule = DECISIONS.get(_name(node))
        if rule is None:
            return None
        return rule(rewriter, node, [found[operand] for operand in rewriter.old.operands])

    return rewrite(program, decide)


def _name(node: Node) -> str:
    return str(node.value) if node.operation == "call" else node.operation


def _may_be_decided(node: Node) -> bool:
    return node.operation == "integer_power" or _name(node) in DECISIONS


def _absolute(rewriter: Rewriter, node: Node, operands: Sequence[Range]) -> int | None:
    (operand,) = operands
    if operand.low >= 0:
        return node.operands[0]
    return (-rewriter.term(node.operands[0])).position if operand.high <= 0 else None


def _extremum(rewriter: Rewriter, node: Node, operands: Sequence[Range]) -> int | None:
    for here, other in ((0, 1), (1, 0)):
        # A NaN among the operands is the result: what is left out must be a number.
        constant = rewriter.constant(node.operands[other])
        if constant is None or constant is S.NaN:
            continue
        left, right = operands[here], operands[other]
        if left.low >= right.high if node.value == "maximum" else left.high <= right.low:
            return node.operands[here]
    return None


def _comparison(rewriter: Rewriter, node: Node, operands: Sequence[Range]) -> int | None:
    left, right = operands
    is_apart = left.high < right.low or left.low > right.high
    never = {
        "<": left.low >= right.high,
        "<=": left.low > right.high,
        ">": left.high <= right.low,
        ">=": left.high < right.low,
        "==": is_apart,
    }
    if node.value == "!=":
        return rewriter.builder.add("truth", value=True) if is_apart else None
    return rewriter.builder.add("truth", value=False) if never[node.value] else None


def _power_of_root(
    rewriter: Rewriter, node: Node, program: Program, found: Sequence[Range]
) -> int | None:
    inner = rewriter.operand(node.operands[0], "square_root")
    root = program.nodes[rewriter.old.operands[0]]
    if inner is None or node.value % 2 or root.operation != "square_root":
        return None
    if found[root.operands[0]].low < 0:
        return None
    half = int(node.value) // 2
    return (rewriter.term(inner) ** half).position


DECISIONS: dict[str, Decision] = {
    "absolute": _absolute,
    "maximum": _extremum,
    "minimum": _extremum,
    "compare": _comparison,
}
