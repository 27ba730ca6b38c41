"""Products fused with the addition that takes them: one rounding where the processor has it."""

from __future__ import annotations

from collections import Counter

from sympy import S

from symnum.compiler.program import Node, Program, ProgramBuilder

__all__ = ["contract"]

# What rounds a product or a quotient: next to these a product is not fused, for a*b - c*d must
# vanish where both products are equal, and must not change its sign for a rounding error.
PRODUCTS = frozenset(["multiply", "divide", "integer_power"])


def contract(program: Program) -> Program:
    """Fuse a product that is used once, by an addition or subtraction, with it.

    What decides whether the result is NaN, the guard of a domain, does not count as a use: it
    computes the product for itself.

    Laws: a*b + c = fma(a, b, c), c - a*b = fma(-a, b, c), a*b - c = fma(a, b, -c).

    Parameters
    ----------
    program : Program
        A real program in its final form.
    """
    if program.complex_valued:
        return program
    uses = _uses(program)
    builder = ProgramBuilder(program.arity)
    places: list[int] = []
    for node in program.nodes:
        found = _fused(program, node, uses)
        operands = [places[operand] for operand in node.operands]
        if found is None:
            places.append(builder.add(node.operation, *operands, value=node.value))
            continue
        side, other = found
        factors = [places[factor] for factor in program.nodes[node.operands[side]].operands]
        rest = operands[other]
        if node.operation == "subtract" and side == 1:
            factors = _opposite(builder, factors)
        elif node.operation == "subtract":
            (rest,) = _opposite(builder, [rest])
        places.append(builder.add("multiply_add", *factors, rest))
    return builder.finish(tuple(places[output] for output in program.outputs))


def _uses(program: Program) -> Counter[int]:
    """Count how often each node is used, by guards only where nothing else uses it."""
    guards = {
        (output, program.nodes[output].operands[0])
        for output in program.outputs
        if _is_guarded(program, program.nodes[output])
    }
    uses: Counter[int] = Counter(program.outputs)
    counted: set[int] = set()
    for roots in (program.outputs, sorted(condition for _, condition in guards)):
        before = frozenset(counted)
        waiting = list(roots)
        while waiting:
            position = waiting.pop()
            if position in counted:
                continue
            counted.add(position)
            for operand in program.nodes[position].operands:
                if (position, operand) not in guards and operand not in before:
                    uses[operand] += 1
                    waiting.append(operand)
    return uses


def _is_guarded(program: Program, node: Node) -> bool:
    """Tell whether a node is NaN where a condition fails."""
    if node.operation != "select":
        return False
    otherwise = program.nodes[node.operands[2]]
    return otherwise.operation == "constant" and otherwise.value is S.NaN


def _opposite(builder: ProgramBuilder, factors: list[int]) -> list[int]:
    """Return the factors of the negative product: a constant is negated where there is one."""
    for place, factor in enumerate(factors):
        node = builder.nodes[factor]
        if node.operation == "constant":
            factors[place] = builder.add("constant", value=-node.value)
            return factors
    return [builder.add("negative", factors[0]), *factors[1:]]


def _fused(program: Program, node: Node, uses: Counter[int]) -> tuple[int, int] | None:
    """Return which operand is the product to fuse, and which is the other."""
    if node.operation not in ("add", "subtract"):
        return None
    kinds = [program.nodes[operand].operation for operand in node.operands]
    for side, other in ((1, 0), (0, 1)):
        single = uses[node.operands[side]] == 1
        if kinds[side] == "multiply" and kinds[other] not in PRODUCTS and single:
            return side, other
    return None
