"""Digests of expressions and claims: the same in each process, linear in shared parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from flint import fmpz
from sympy import Basic, Dummy, Rational, srepr
from sympy.core.function import AppliedUndef

from symnum.expressions.box import Box

__all__ = ["combine", "digest", "digest_of_box", "nodes_of"]

_SIZE = 16


def nodes_of(expr: Basic) -> Iterator[Basic]:
    """Yield each distinct node of an expression once.

    Parameters
    ----------
    expr : sympy.Basic

    Yields
    ------
    sympy.Basic
    """
    seen: set[Basic] = set()
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += node.args
            yield node


def combine(*parts: str) -> str:
    """Return one digest of several texts; the boundaries between them count.

    Parameters
    ----------
    *parts : str
        Texts, often digests themselves.

    Returns
    -------
    str
        32 hexadecimal digits.

    Examples
    --------
    >>> combine("ab", "c") == combine("a", "bc")
    False
    """
    summary = hashlib.blake2b(digest_size=_SIZE)
    for part in parts:
        # A subclass of str could answer one thing here and another on the page.
        if type(part) is not str:
            raise TypeError(f"expected a text, got {type(part).__name__}")
        encoded = part.encode()
        summary.update(len(encoded).to_bytes(8, "big"))
        summary.update(encoded)
    return summary.hexdigest()


def digest(value: Any) -> str:
    """Return a digest of a value made of SymPy objects, texts, numbers, tuples and None.

    Symbols count with their assumptions. Dummy symbols count by name and order, not by the number
    that SymPy gave them in this process.

    Parameters
    ----------
    value : object
        A SymPy object, str, int, bool or None, or a (nested) tuple of them.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    TypeError
        For a value of another type.

    Examples
    --------
    >>> from sympy import Symbol
    >>> digest(Symbol("x")) == digest(Symbol("x", positive=True))
    False
    """
    if isinstance(value, Basic):
        return _digest_of_tree(value)
    if type(value) is tuple:
        if all(type(entry) is str for entry in value):
            return combine("texts", *value)
        return combine("tuple", *(digest(entry) for entry in value))
    if type(value) is int:
        return combine("int", _decimal(value))
    if value is None or type(value) in (bool, str):
        return combine(type(value).__name__, repr(value))
    raise TypeError(f"no digest of {type(value).__name__}: {value!r}")


@lru_cache(maxsize=128)
def digest_of_box(box: Box) -> str:
    """Return the fingerprint of a domain; one that was altered in place has another hash.

    Parameters
    ----------
    box : symnum.expressions.Box

    Returns
    -------
    str
        Hexadecimal digits.
    """
    return box.fingerprint


@lru_cache(maxsize=4096)
def _digest_of_tree(tree: Basic) -> str:
    found = (node for node in nodes_of(tree) if isinstance(node, Dummy))
    dummies = sorted(found, key=lambda dummy: (dummy.name, dummy.dummy_index))
    names = {dummy: f"dummy {position}" for position, dummy in enumerate(dummies)}
    memory: dict[Basic, str] = {}

    def visit(node: Basic) -> str:
        known = memory.get(node)
        if known is None:
            known = _digest_of_node(node, names, [visit(argument) for argument in node.args])
            memory[node] = known
        return known

    return visit(tree)


def _digest_of_node(node: Basic, names: dict[Dummy, str], arguments: list[str]) -> str:
    if isinstance(node, Dummy):
        return combine(names[node], node.name, repr(sorted(node._assumptions_orig.items())))
    if isinstance(node, Rational):
        top, bottom = _decimal(int(node.p)), _decimal(int(node.q))
        return combine("atom", f"Integer({top})" if node.q == 1 else f"Rational({top}, {bottom})")
    if not arguments:
        return combine("atom", srepr(node))
    if isinstance(node, AppliedUndef):
        return combine("undefined", srepr(node.func), *arguments)
    return combine("node", type(node).__module__, type(node).__name__, *arguments)


def _decimal(number: int) -> str:
    """Return the digits of an integer of any length; `str` refuses more than 4300."""
    return str(fmpz(number))
