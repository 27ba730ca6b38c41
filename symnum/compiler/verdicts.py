"""Stable forms of programs, kept on disk: measuring them again would take longer than compiling."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

from symnum.compiler.program import Program, node_digest
from symnum.compiler.storage import Store, StoredKernel

__all__ = ["Rewrites", "stable_program"]

# What was rewritten, as text.
Rewrites = tuple[str, ...]

ENTRY = "stable"


def stable_program(
    program: Program, spans: Sequence[tuple[float, float]], names: Sequence[str], *, single: bool
) -> tuple[Program, Rewrites]:
    """Return a program that keeps its digits, as it was found now or by an earlier process.

    Parameters
    ----------
    program : Program
        A real program before other passes.
    spans : sequence of (float, float)
        Where each argument is expected.
    names : sequence of str
        What to call the arguments in the record.
    single : bool
        Whether the program will run in single precision.

    Returns
    -------
    program : Program
    rewrites : tuple of str
        What was replaced, in order.
    """
    stored = _stored(program, spans, names, single)
    stored.prepare((ENTRY,))
    payload = stored.load(ENTRY)
    if payload is not None:
        from symnum.compiler.stability.choices import program_from_plain

        plain, rewrites = json.loads(payload)
        return (program if plain is None else program_from_plain(plain)), tuple(rewrites)
    from symnum.compiler.stability import Span, plain_program, stabilise

    found, choices = stabilise(
        program, [Span(low, high) for low, high in spans], names=names, single=single
    )
    rewrites = tuple(map(str, choices))
    try:
        plain = plain_program(found) if choices else None
    except ValueError:
        # It holds functions of a user's own, which have no text.
        return found, rewrites
    stored.save(ENTRY, json.dumps([plain, rewrites]).encode())
    return found, rewrites


def _stored(
    program: Program, spans: Sequence[tuple[float, float]], names: Sequence[str], single: bool
) -> StoredKernel:
    digests: list[bytes] = []
    for node in program.nodes:
        digests.append(node_digest(node, digests))
    whole = hashlib.sha256()
    for output in program.outputs:
        whole.update(digests[output])
    whole.update(repr((program.arity, tuple(spans), tuple(names), single)).encode())
    environment = {"rules": _rules_digest()}
    whole.update(environment["rules"].encode())
    title = f"# symnum, stable form of a program with {program.arity} arguments\n"
    return StoredKernel(Store.open(), whole.hexdigest(), title, environment)


@cache
def _rules_digest() -> str:
    """Return a hash of the modules that decide."""
    digest = hashlib.sha256()
    folder = resources.files("symnum.compiler.stability")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()
