"""A program as Python text, to be read: what `Kernel.source` shows.

The text says everything about the program and nothing else, so it is what the key of a compiled
kernel is made of. Variables are called by position, so nothing a user wrote reaches it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from symnum.compiler.literals import literal_value
from symnum.compiler.program import Node, Program

__all__ = ["program_text"]

TEMPLATES: Mapping[str, str] = {
    "negative": "-{0}",
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "multiply_add": "multiply_add({0}, {1}, {2})",
    "fused_multiply_add": "fma({0}, {1}, {2})",
    "square_root": "sqrt({0})",
    "both": "{0} & {1}",
    "either": "{0} | {1}",
    "negate": "~{0}",
    "select": "select({0}, {1}, {2})",
}

# Operations whose text is more than a template.
WRITERS: Mapping[str, Callable[[Node, list[str]], str]] = {
    "truth": lambda node, names: repr(node.value),
    "compare": lambda node, names: f"{names[0]} {node.value} {names[1]}",
    "call": lambda node, names: f"{node.value}({', '.join(names)})",
    "integer_power": lambda node, names: f"{names[0]} ** {node.value}",
}


def program_text(program: Program, dtype: str) -> str:
    """Return a program as the definition of a function.

    Parameters
    ----------
    program : Program
        In its final form, of real numbers.
    dtype : str
        The number type.
    """
    single = dtype == "float32"
    names: list[str] = []
    lines: list[str] = []
    for position, node in enumerate(program.nodes):
        if node.operation == "constant":
            names.append(_number(literal_value(node.value, single)))
        elif node.operation == "argument":
            names.append(f"a{node.value}")
        else:
            operands = [names[operand] for operand in node.operands]
            write = WRITERS.get(node.operation)
            text = write(node, operands) if write else TEMPLATES[node.operation].format(*operands)
            names.append(f"v{position}")
            lines.append(f"    v{position} = {text}")
    arguments = ", ".join(f"a{index}" for index in range(program.arity))
    results = [names[output] for output in program.outputs]
    returned = results[0] if len(results) == 1 else f"({''.join(f'{name}, ' for name in results)})"
    head = f"# symnum kernel: {dtype}, arguments {program.arity}, outputs {len(results)}"
    return "\n".join([head, f"def formula({arguments}):", *lines, f"    return {returned}"]) + "\n"


def _number(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "(-inf)"
    text = repr(value)
    return text if text[0] != "-" else f"({text})"
