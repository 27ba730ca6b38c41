"""Many divisions by one node by its reciprocal."""

from __future__ import annotations

from collections import defaultdict

from sympy import S

from symnum.compiler.passes.ranges import Range, ranges
from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.program import Node, Program
from symnum.compiler.terms import Term, call, choose, constant

__all__ = ["share_reciprocals"]

# With fewer divisions by one node, they are as fast as its reciprocal.
FEWEST = 3

# Within 1/LARGE ... LARGE the reciprocal of a number is as exact in single as in double precision;
# beyond, the number is scaled first.
LARGE, SCALE = S(2) ** 100, S(2) ** 64

# A quotient that a jump looks at must be exact where it can be: 49 (1/49) is less than 1.
JUMPS = frozenset(["floor", "ceiling", "modulo"])


def share_reciprocals(program: Program) -> Program:
    """Replace divisions by a node that divides at least three times by products.

    Law: a/b = (a r) s with s a power of two and r = 1/(b s), where s = 2**64 for tiny b, 2**-64
    for huge b, and 1 else. Nothing overflows on the way that does not in the end; zeros,
    infinities and NaN are those of the division. Two roundings take the place of one: the error
    is at most 1.5 units in the last place instead of 0.5.

    Parameters
    ----------
    program : Program
        Any program; a complex one is left alone.
    """
    if program.complex_valued:
        return program
    divisors = _divisors(program)
    if not divisors:
        return program
    found = ranges(program)

    def replace(rewriter: Rewriter, node: Node) -> int | None:
        if rewriter.position not in divisors:
            return None
        top, bottom = (rewriter.term(operand) for operand in node.operands)
        return _quotient(top, bottom, found[rewriter.old.operands[1]]).position

    return rewrite(program, replace)


def _divisors(program: Program) -> frozenset[int]:
    """Return the positions of the divisions that are replaced."""
    watched = {
        operand
        for node in program.nodes
        if node.operation == "compare" or (node.operation == "call" and node.value in JUMPS)
        for operand in node.operands
    }
    by_divisor: dict[int, list[int]] = defaultdict(list)
    for position, node in enumerate(program.nodes):
        if node.operation == "divide" and position not in watched:
            by_divisor[node.operands[1]].append(position)
    return frozenset(
        position
        for divisor, uses in by_divisor.items()
        if len(uses) >= FEWEST and program.nodes[divisor].operation != "constant"
        for position in uses
    )


def _quotient(top: Term, bottom: Term, found: Range) -> Term:
    is_moderate = min(abs(found.low), abs(found.high)) >= 1 / LARGE and (
        found.low > 0 or found.high < 0
    )
    if is_moderate:
        # No use is made of an upper bound: what divides by 2**1022 and more is subnormal soon.
        return _product(top, 1 / bottom)
    size = call("absolute", bottom)
    large = choose(size.compare(">", LARGE), constant(bottom, 1 / SCALE), 1)
    scale = choose(size.compare("<", 1 / LARGE), constant(bottom, SCALE), large)
    return _product(top, 1 / (bottom * scale)) * scale


def _product(top: Term, reciprocal: Term) -> Term:
    return reciprocal if top.exact is S.One else top * reciprocal
