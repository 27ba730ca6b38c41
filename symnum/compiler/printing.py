"""Short forms of expressions for messages, terminals and notebooks; none recurses or runs long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Basic

from symnum.compiler.refusals import brief

__all__ = ["brief_latex", "brief_text"]

LONGEST_TEXT = 200
LONGEST_LATEX = 1000

# SymPy's printers recurse and take long; expressions of more nodes are not handed to them.
MOST_NODES = 150


def brief_text(value: Any) -> str:
    """Return an expression, or a container of them, on one line of limited length.

    Examples
    --------
    >>> brief_text([sympy.Symbol("x") ** 2, 1])
    '[x**2, 1]'
    """
    return _shortened(_text(value), LONGEST_TEXT)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{_joined(value)}]"
    if isinstance(value, tuple):
        return f"({_joined(value)})"
    if isinstance(value, dict):
        pairs = (f"{key!r}: {_text(part)}" for key, part in list(value.items())[:LONGEST_TEXT])
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, sympy.MatrixBase):
        rows, columns = value.shape
        return f"Matrix {rows} x {columns} [{_joined(list(value.flat()))}]"
    return brief(value) if isinstance(value, Basic) else str(value)


def _joined(parts: Sequence[Any]) -> str:
    # An entry takes at least two characters, so the rest would be cut off anyway.
    return ", ".join(_text(part) for part in parts[:LONGEST_TEXT])


def _shortened(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 3] + "..."


def brief_latex(value: Any) -> str:
    """Return an expression in LaTeX, or in words where it is large.

    Examples
    --------
    >>> print(brief_latex(sympy.Symbol("x") ** 2))
    x^{2}
    """
    if _nodes(value) <= MOST_NODES:
        text: str = sympy.latex(value)
        if len(text) <= LONGEST_LATEX:
            return text
    return rf"\text{{{type(value).__name__} of more than {MOST_NODES} nodes}}"


def _nodes(value: Any) -> int:
    """Count the nodes of a tree, up to a few more than what is printed."""
    stack, count = [value], 0
    while stack and count <= MOST_NODES:
        node = stack.pop()
        count += 1
        if isinstance(node, dict):
            stack.extend(node.values())
        elif isinstance(node, list | tuple):
            stack.extend(node)
        elif isinstance(node, Basic):
            stack.extend(node.args)
    return count
