"""Nodes as text for the record of what was chosen."""

from __future__ import annotations

from collections.abc import Sequence

from symnum.compiler.program import ProgramBuilder
from symnum.compiler.stability.doubles import double_constant

__all__ = ["formula_text"]

# A longer text is cut.
LONGEST = 160
LONGEST_NUMBER = 24

SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "both": "&", "either": "|"}


def formula_text(builder: ProgramBuilder, position: int, names: Sequence[str]) -> str:
    """Return the formula of a node in one line.

    Parameters
    ----------
    builder : ProgramBuilder
        What holds the node.
    position : int
        The node.
    names : sequence of str
        One for each argument.
    """
    texts: dict[int, str] = {}
    stack = [position]
    while stack:
        place = stack[-1]
        node = builder.nodes[place]
        missing = [operand for operand in node.operands if operand not in texts]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        texts[place] = _text(node.operation, node.value, [texts[k] for k in node.operands], names)
    return texts[position]


def _text(operation: str, value: object, operands: Sequence[str], names: Sequence[str]) -> str:
    if operation == "argument":
        return names[int(str(value))]
    if operation in ("constant", "truth"):
        text = str(value)
        # A long fraction is a rounded coefficient.
        return text if len(text) <= LONGEST_NUMBER else f"{double_constant(value):.17g}"
    if operation in SIGNS:
        text = f"({operands[0]} {SIGNS[operation]} {operands[1]})"
    elif operation == "compare":
        text = f"({operands[0]} {value} {operands[1]})"
    elif operation == "integer_power":
        text = f"{operands[0]}**{value}"
    elif operation == "negative":
        text = f"(-{operands[0]})"
    else:
        name = {"call": str(value), "square_root": "sqrt"}.get(operation, operation)
        text = f"{name}({', '.join(operands)})"
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
