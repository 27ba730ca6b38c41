"""Which outputs of a program depend on which arguments, and what their derivatives cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symnum.compiler.program import BOOLEAN, OPERATIONS, Node, Program
from symnum.compiler.vocabulary import FUNCTIONS

__all__ = ["Sparsity", "sparsity"]


@dataclass(frozen=True, slots=True)
class Sparsity:
    """The structure of a Jacobian.

    Parameters
    ----------
    rows : tuple of tuple of int
        For each output the columns that it depends on, ascending; a column is the number of an
        argument in the list of those that are differentiated by.
    forward : int
        The number of pairs of a node and a column that it depends on: what sweeps from the
        arguments to the outputs have to compute.
    backward : int
        The number of pairs of a node and an output that depends on it.
    """

    rows: tuple[tuple[int, ...], ...]
    forward: int
    backward: int


def sparsity(program: Program, arguments: Sequence[int]) -> Sparsity:
    """Return which derivatives of a program are not zero by structure.

    A comparison has no derivative, and neither has a function that is constant between its jumps.
    Sets are the bits of an integer and live no longer than they are needed.

    Parameters
    ----------
    program : Program
        With m outputs.
    arguments : sequence of int
        Positions of different arguments.
    """
    columns = {argument: column for column, argument in enumerate(arguments)}
    operands = [_differentiated_operands(node, program.complex_valued) for node in program.nodes]
    uses = [0] * len(program.nodes)
    for found in operands:
        for operand in found:
            uses[operand] += 1
    for output in program.outputs:
        uses[output] += 1
    masks: list[int] = []
    forward = 0
    active: list[bool] = []
    for position, node in enumerate(program.nodes):
        mask = 0
        if node.operation == "argument" and node.value in columns:
            mask = 1 << columns[node.value]
        for operand in operands[position]:
            mask |= masks[operand]
            uses[operand] -= 1
            if not uses[operand]:
                masks[operand] = 0
        masks.append(mask)
        active.append(mask != 0)
        forward += mask.bit_count()
    rows = tuple(tuple(_bits(masks[output])) for output in program.outputs)
    return Sparsity(rows, forward, _backward_cost(program, operands, active))


def _backward_cost(
    program: Program, operands: Sequence[Sequence[int]], active: Sequence[bool]
) -> int:
    reached = [0] * len(program.nodes)
    for number, output in enumerate(program.outputs):
        reached[output] |= 1 << number
    cost = 0
    for position in range(len(program.nodes) - 1, -1, -1):
        mask, reached[position] = reached[position], 0
        if mask and active[position]:
            cost += mask.bit_count()
            for operand in operands[position]:
                reached[operand] |= mask
    return cost


def _differentiated_operands(node: Node, complex_valued: bool) -> Sequence[int]:
    """Return the operands in which a node has a derivative that is not zero everywhere."""
    if OPERATIONS[node.operation].result == BOOLEAN:
        return ()
    if node.operation == "select":
        return node.operands[1:]
    if node.operation != "call":
        return node.operands
    row = FUNCTIONS[node.value]
    # In the complex numbers a function with jumps is refused, which its sweep must come to.
    if complex_valued and not row.analytic:
        return node.operands
    return [
        operand
        for operand, formula in zip(node.operands, row.partials, strict=True)
        if formula is not None
    ]


def _bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
