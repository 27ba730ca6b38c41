"""The compiler's only data type: a straight-line program in static single assignment form.

A program is a tuple of nodes. Each node names one operation and refers to earlier nodes by their
position; arguments are positions too, so no name of a user's symbol ever reaches generated code.
`OPERATIONS` is the executable specification: `Program.validate` checks every node against it, and
it runs after each pass.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

__all__ = [
    "BOOLEAN",
    "COMMUTATIVE",
    "COMPARISONS",
    "OPERATIONS",
    "Node",
    "Operation",
    "Program",
    "ProgramBuilder",
    "node_digest",
]

NUMBER = "number"
BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Operation:
    """What a node of one kind takes and gives.

    `operands` lists the type of each operand, or is None where their count depends on the function;
    `value` is the type that `Node.value` must have.
    """

    operands: tuple[str, ...] | None
    result: str
    value: type | tuple[type, ...]


NOTHING = type(None)

# One row for each kind of node.
OPERATIONS: dict[str, Operation] = {
    "constant": Operation((), NUMBER, object),  # an exact SymPy number, rounded once at emission
    "argument": Operation((), NUMBER, int),  # position of the flattened argument
    "negative": Operation((NUMBER,), NUMBER, NOTHING),
    "add": Operation((NUMBER, NUMBER), NUMBER, NOTHING),
    "subtract": Operation((NUMBER, NUMBER), NUMBER, NOTHING),
    "multiply": Operation((NUMBER, NUMBER), NUMBER, NOTHING),
    "divide": Operation((NUMBER, NUMBER), NUMBER, NOTHING),
    "integer_power": Operation((NUMBER,), NUMBER, int),  # exponent other than 0 and 1
    "square_root": Operation((NUMBER,), NUMBER, NOTHING),
    # a*b + c: fused where the processor can, or with a single rounding on every processor.
    "multiply_add": Operation((NUMBER, NUMBER, NUMBER), NUMBER, NOTHING),
    "fused_multiply_add": Operation((NUMBER, NUMBER, NUMBER), NUMBER, NOTHING),
    "call": Operation(None, NUMBER, str),  # value: the function's name in the function table
    "named": Operation(None, NUMBER, type),  # value: a NamedFunction, expanded before emission
    "truth": Operation((), BOOLEAN, bool),
    "compare": Operation((NUMBER, NUMBER), BOOLEAN, str),  # value: one of COMPARISONS
    "both": Operation((BOOLEAN, BOOLEAN), BOOLEAN, NOTHING),
    "either": Operation((BOOLEAN, BOOLEAN), BOOLEAN, NOTHING),
    "negate": Operation((BOOLEAN,), BOOLEAN, NOTHING),
    "select": Operation((BOOLEAN, NUMBER, NUMBER), NUMBER, NOTHING),  # condition, then, otherwise
}

COMPARISONS = frozenset(["<", "<=", ">", ">=", "==", "!="])

# Their operands are kept in ascending order, so that a + b and b + a are one node.
COMMUTATIVE = frozenset(["add", "multiply", "both", "either"])


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: its kind, the positions of its operands, and what belongs to it alone."""

    operation: str
    operands: tuple[int, ...] = ()
    value: Any = None


def node_digest(node: Node, digests: Sequence[bytes]) -> bytes:
    """Return a fingerprint of the formula that a node computes.

    It depends on the operations and constants alone, not on positions, so it puts operands in an
    order that every program with the same formula shares.

    Parameters
    ----------
    node : Node
        The node.
    digests : sequence of bytes
        The fingerprints of the nodes before it.

    Returns
    -------
    bytes
        Sixteen bytes.
    """
    operands = [digests[operand] for operand in node.operands]
    if node.operation in COMMUTATIVE:
        operands.sort()
    text = f"{node.operation}|{_exact_text(node.value)}|"
    return hashlib.blake2b(text.encode() + b"".join(operands), digest_size=16).digest()


def _label(node: Node) -> str:
    if node.operation == "call":
        return str(node.value)
    return str(node.value.__name__) if node.operation == "named" else node.operation


def _exact_text(value: Any) -> str:
    # The general printer is slow, and most constants are plain rational numbers.
    if isinstance(value, sympy.Rational):
        return f"{value.p}/{value.q}"
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    return str(value)


@dataclass(frozen=True, slots=True)
class Program:
    """Nodes in an order in which each stands after its operands; some of them are outputs.

    Attributes
    ----------
    nodes : tuple of Node
    outputs : tuple of int
        Positions of the results, in the order of the flattened expression.
    arity : int
        The number of flattened arguments, used or not.
    complex_valued : bool
        Whether numbers are complex. Only then a constant may contain I.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    arity: int
    complex_valued: bool = False

    def validate(self) -> Program:
        """Return the program itself, or raise `ValueError` naming the node that is malformed."""
        types: list[str] = []
        for position, node in enumerate(self.nodes):
            rule = OPERATIONS.get(node.operation)
            if rule is None:
                raise ValueError(f"node {position}: unknown operation {node.operation!r}")
            if any(not 0 <= operand < position for operand in node.operands):
                raise ValueError(f"node {position}: {node} refers to a node that is not before it")
            found = tuple(types[operand] for operand in node.operands)
            expected = (NUMBER,) * len(found) if rule.operands is None else rule.operands
            if found != expected:
                raise ValueError(f"node {position}: {node} takes {expected}, not {found}")
            self._check_value(position, node, rule)
            types.append(rule.result)
        if any(not 0 <= output < len(types) for output in self.outputs):
            raise ValueError(f"outputs {self.outputs} of a program of {len(types)} nodes")
        if any(types[output] != NUMBER for output in self.outputs):
            raise ValueError("an output of a program is a truth value, not a number")
        return self

    def _check_value(self, position: int, node: Node, rule: Operation) -> None:
        value: Any = node.value
        if not isinstance(value, rule.value):
            raise ValueError(f"node {position}: {node} carries {value!r}")
        if node.operation == "argument" and not 0 <= node.value < self.arity:
            raise ValueError(f"node {position}: argument {value} of {self.arity}")
        if node.operation == "compare" and value not in COMPARISONS:
            raise ValueError(f"node {position}: unknown comparison {value!r}")
        if node.operation == "integer_power" and value in (0, 1):
            raise ValueError(f"node {position}: the power {value} is no operation")

    def counts(self) -> Counter[str]:
        """Count the nodes of each kind; calls are counted by the function's name."""
        return Counter(_label(node) for node in self.nodes)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for position, node in enumerate(self.nodes):
            parts = [f"v{operand}" for operand in node.operands]
            if isinstance(node.value, str):
                parts.append(repr(node.value))
            elif node.value is not None:
                parts.append(_label(node) if node.operation == "named" else str(node.value))
            yield f"v{position} = {node.operation}({', '.join(parts)})"
        yield f"return {', '.join(f'v{output}' for output in self.outputs)}"


@dataclass(slots=True)
class ProgramBuilder:
    """Collects nodes; equal nodes are made once, so common sub-expressions are shared by nature."""

    arity: int
    complex_valued: bool = False
    nodes: list[Node] = field(default_factory=list)
    _known: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def add(self, operation: str, *operands: int, value: Any = None) -> int:
        """Return the position of this node, appending it if no equal one is there."""
        if operation in COMMUTATIVE:
            operands = tuple(sorted(operands))
        # True == 1 in Python: the type is part of the key so that constants stay apart.
        key = (operation, operands, type(value), value)
        position = self._known.get(key)
        if position is None:
            position = self._known[key] = len(self.nodes)
            self.nodes.append(Node(operation, operands, value))
        return position

    def include(self, program: Program, arguments: Sequence[int] | None = None) -> list[int]:
        """Append the nodes of a program and return their positions here.

        Parameters
        ----------
        program : Program
            What is appended.
        arguments : sequence of int, optional
            The positions that take the place of its arguments; without them they stay arguments.
        """
        places: list[int] = []
        for node in program.nodes:
            if node.operation == "argument" and arguments is not None:
                places.append(arguments[node.value])
                continue
            operands = (places[operand] for operand in node.operands)
            places.append(self.add(node.operation, *operands, value=node.value))
        return places

    def finish(self, outputs: tuple[int, ...]) -> Program:
        """Return the validated program without the nodes that no output needs."""
        needed = set(outputs)
        for position in range(len(self.nodes) - 1, -1, -1):
            if position in needed:
                needed.update(self.nodes[position].operands)
        if len(needed) == len(self.nodes):
            return Program(tuple(self.nodes), outputs, self.arity, self.complex_valued).validate()
        kept = sorted(needed)
        renumbered = {old: new for new, old in enumerate(kept)}
        nodes = tuple(
            Node(node.operation, tuple(renumbered[k] for k in node.operands), node.value)
            for node in (self.nodes[old] for old in kept)
        )
        places = tuple(renumbered[k] for k in outputs)
        return Program(nodes, places, self.arity, self.complex_valued).validate()
