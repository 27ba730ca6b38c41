"""Put the nodes in an order that depends on the formula alone."""

from __future__ import annotations

from symnum.compiler.program import COMMUTATIVE, Node, Program, ProgramBuilder, node_digest

__all__ = ["order_nodes"]


def order_nodes(program: Program) -> Program:
    """Put nodes in the order in which a walk from the outputs finishes them.

    Law: a sum or product of two is the same either way round, so its operands go by their
    digests. Programs of the same formula become the same program, and each value is computed
    near its first use. The sine and the cosine of one node stand next to each other, because
    they are computed together.

    Parameters
    ----------
    program : Program
        Any program.

    Returns
    -------
    Program
        The same nodes in canonical order, without dead ones.
    """
    digests: list[bytes] = []
    for node in program.nodes:
        digests.append(node_digest(node, digests))
    builder = ProgramBuilder(program.arity, program.complex_valued)
    partners = _partners(program)
    placed: dict[int, int] = {}
    stack = list(reversed(program.outputs))
    while stack:
        position = stack[-1]
        node = program.nodes[position]
        operands = _ordered(node, digests)
        missing = [operand for operand in operands if operand not in placed]
        if missing:
            stack.extend(reversed(missing))
            continue
        stack.pop()
        for place in (position, partners.get(position)):
            if place is not None and place not in placed:
                node = program.nodes[place]
                new = (placed[operand] for operand in _ordered(node, digests))
                placed[place] = builder.add(node.operation, *new, value=node.value)
    return builder.finish(tuple(placed[output] for output in program.outputs))


# Functions whose values at one point share most of their work.
TOGETHER = {"sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh"}


def _partners(program: Program) -> dict[int, int]:
    """Return for each call of a function of a pair the other one of the same operand."""
    calls = {
        (node.value, node.operands): position
        for position, node in enumerate(program.nodes)
        if node.operation == "call" and node.value in TOGETHER
    }
    return {
        position: calls[TOGETHER[name], operands]
        for (name, operands), position in calls.items()
        if (TOGETHER[name], operands) in calls
    }


def _ordered(node: Node, digests: list[bytes]) -> tuple[int, ...]:
    if node.operation not in COMMUTATIVE:
        return node.operands
    return tuple(sorted(node.operands, key=digests.__getitem__))
