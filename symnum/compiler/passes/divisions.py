"""Many divisions by one node by its reciprocal."""

from __future__ import annotations

from collections import defaultdict

from sympy import Expr, S

from symnum.compiler.passes.intervals import Range, ranges
from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.program import Node, Program
from symnum.compiler.terms import Term, call, choose, constant

__all__ = ["share_reciprocals"]

# With fewer divisions by one node, they are as fast as its reciprocal.
FEWEST = 3

# Within 1/LARGE ... LARGE the reciprocal of a number is as exact in single as in double precision;
# beyond, the number is scaled first.
LARGE, SCALE = S(2) ** 100, S(2) ** 64

# A divisor may be another one times a constant up to this size.
LARGEST_FACTOR = S(2) ** 10

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
        divisor = divisors.get(rewriter.position)
        if divisor is None:
            return None
        base, factor = divisor
        top, bottom = rewriter.term(node.operands[0]), rewriter.term(rewriter.places[base])
        return _quotient(top, bottom, factor, found[base]).position

    return rewrite(program, replace)


def _divisors(program: Program) -> dict[int, tuple[int, Expr]]:
    """Return the divisions that are replaced, each with its divisor: a node and a factor."""
    watched = {
        operand
        for node in program.nodes
        if node.operation == "compare" or (node.operation == "call" and node.value in JUMPS)
        for operand in node.operands
    }
    by_base: dict[int, dict[int, Expr]] = defaultdict(dict)
    for position, node in enumerate(program.nodes):
        if node.operation == "divide" and position not in watched:
            base, factor = _multiple(program, node.operands[1])
            by_base[base][position] = factor
    return {
        position: (base, factor)
        for base, uses in by_base.items()
        if len(uses) >= FEWEST and program.nodes[base].operation != "constant"
        for position, factor in uses.items()
    }


def _multiple(program: Program, position: int) -> tuple[int, Expr]:
    """Split a divisor into a node and a constant factor of moderate size."""
    node = program.nodes[position]
    if node.operation == "multiply":
        for operand, other in (node.operands, node.operands[::-1]):
            factor = program.nodes[other].value
            if program.nodes[other].operation != "constant" or not factor.is_Rational:
                continue
            if 1 / LARGEST_FACTOR <= abs(factor) <= LARGEST_FACTOR:
                return operand, factor
    return position, S.One


def _quotient(top: Term, bottom: Term, factor: Expr, found: Range) -> Term:
    is_moderate = min(abs(found.low), abs(found.high)) >= 1 / LARGE and (
        found.low > 0 or found.high < 0
    )
    if is_moderate:
        # No use is made of an upper bound: what divides by 2**1022 and more is subnormal soon.
        return _product(top, 1 / bottom, factor)
    size = bottom if found.low >= 0 else call("absolute", bottom)
    large = choose(size.compare(">", LARGE), constant(bottom, 1 / SCALE), 1)
    scale = choose(size.compare("<", 1 / LARGE), constant(bottom, SCALE), large)
    return _product(top, 1 / (bottom * scale), factor) * scale


def _product(top: Term, reciprocal: Term, factor: Expr) -> Term:
    if factor is not S.One:
        reciprocal = reciprocal * (1 / factor)
    return reciprocal if top.exact is S.One else top * reciprocal
