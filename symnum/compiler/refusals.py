"""Errors of the lowering: which node, where it stands, and what could replace it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy
from sympy import Basic
from sympy.core.function import AppliedUndef

from symnum.errors import UnsupportedNodeError, near_names

__all__ = ["brief", "unknown_symbol", "unsupported"]

# Expressions with more nodes than this are not printed in full.
LONGEST = 60

# What to do instead, by the class of the node; the first matching row counts.
REPLACEMENTS: tuple[tuple[type, str], ...] = (
    (AppliedUndef, "substitute an expression for it, or make it an argument"),
    (sympy.Derivative, "carry it out with .doit(), or make it an argument"),
    (sympy.Integral, "evaluate it with .doit(), or give its closed form"),
    (sympy.Sum, "give numerical bounds, or a closed form"),
    (sympy.Product, "give numerical bounds, or a closed form"),
    (sympy.Limit, "evaluate it with .doit()"),
    (sympy.Subs, "carry it out with .doit()"),
    (sympy.Order, "drop it with .removeO()"),
    (sympy.MatrixExpr, "give an explicit matrix"),
    (sympy.DiracDelta, "it has no value at a point; integrate it first, or take a narrow density"),
)


def brief(expression: Basic) -> str:
    """Print an expression, or only its head where it is long.

    Examples
    --------
    >>> brief(sympy.sin(sympy.Symbol("x")))
    'sin(x)'
    """
    count = 0
    stack = [expression]
    while stack and count <= LONGEST:
        stack.extend(stack.pop().args)
        count += 1
    if count <= LONGEST:
        return str(expression)
    return f"{type(expression).__name__}(...) of more than {LONGEST} nodes"


def unsupported(node: Basic, roots: Sequence[Basic], known: Iterable[str]) -> UnsupportedNodeError:
    """Return the error for a node that has no numerical meaning.

    Parameters
    ----------
    node : Basic
        The node.
    roots : sequence of Basic
        The outputs, in one of which the node stands.
    known : iterable of str
        Names of functions that can be evaluated, for the suggestion.
    """
    name = type(node).__name__
    hint = next((text for kind, text in REPLACEMENTS if isinstance(node, kind)), "")
    if not hint:
        similar = near_names(name, known)
        hint = f"did you mean {', '.join(similar)}?" if similar else "rewrite it in known functions"
    where = _place(node, roots)
    return UnsupportedNodeError(f"{name} cannot be evaluated: {brief(node)}{where}; {hint}")


def _place(node: Basic, roots: Sequence[Basic]) -> str:
    """Say where a node stands, as the path of `args` that leads to it."""
    for index, root in enumerate(roots):
        path = _path(node, root)
        if path is None:
            continue
        steps = "".join(f".args[{step}]" for step in path[:12]) + ("..." if path[12:] else "")
        start = "expr" if len(roots) == 1 else f"output {index}"
        inside = f" of {brief(root)}" if path else ""
        return f", at {start}{steps}{inside}"
    return ""


def _path(node: Basic, root: Basic) -> list[int] | None:
    stack: list[tuple[Basic, int, int]] = [(root, -1, -1)]
    entries: list[tuple[int, int]] = []
    seen: set[int] = set()
    while stack:
        current, parent, step = stack.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        entries.append((parent, step))
        here = len(entries) - 1
        if current is node:
            path = []
            while entries[here][0] >= 0:
                here, step = entries[here]
                path.append(step)
            return path[::-1]
        stack.extend(
            (child, here, position) for position, child in reversed(list(enumerate(current.args)))
        )
    return None


def unknown_symbol(symbol: Basic, arguments: Sequence[Basic], roots: Sequence[Basic]) -> ValueError:
    """Return the error for a symbol that is not an argument."""
    names = ", ".join(str(argument) for argument in arguments) or "none at all"
    message = f"the symbol {symbol} is not an argument{_place(symbol, roots)}; arguments: {names}"
    if any(str(argument) == str(symbol) for argument in arguments):
        message += " (one of them has the same name but other assumptions: another symbol)"
    return ValueError(message)
