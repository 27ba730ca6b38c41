"""Stable forms of programs, kept on disk: measuring them again would take longer than compiling."""

from __future__ import annotations

import contextlib
import hashlib
import pickle
from collections.abc import Sequence
from functools import cache
from importlib import resources

import sympy

from symnum.compiler.program import Program, node_digest
from symnum.compiler.storage import Store, StoredKernel

__all__ = ["Rewrites", "stable_program"]

# What was rewritten, as text.
Rewrites = tuple[str, ...]

ENTRY = "stable"

# Programs of so many nodes are measured in a few milliseconds: no file is worth it.
SHORT = 12


def stable_program(
    program: Program, spans: Sequence[tuple[float, float]], *, single: bool
) -> tuple[Program, Rewrites]:
    """Return a program that keeps its digits, as it was found now or by an earlier process.

    Parameters
    ----------
    program : Program
        A real program before other passes.
    spans : sequence of (float, float)
        Where each argument is expected.
    single : bool
        Whether the program will run in single precision.

    Returns
    -------
    program : Program
    rewrites : tuple of str
        What was replaced, in order; the arguments are called a0, a1, ... as in the source.
    """
    if len(program.nodes) <= SHORT:
        return _measured(program, spans, single)
    stored = _stored(program, spans, single)
    payload = stored.recovered(ENTRY)
    if payload is not None:
        # The checksum is right: a process of this user pickled it with these versions.
        nodes, outputs, texts = pickle.loads(payload)
        return Program(nodes, outputs, program.arity).validate(), texts
    found, rewrites = _measured(program, spans, single)
    rows = (found.nodes, found.outputs, rewrites)
    # Functions that a user defines where they cannot be found again are measured anew.
    with contextlib.suppress(pickle.PicklingError, AttributeError):
        stored.save(ENTRY, pickle.dumps(rows))
    return found, rewrites


def _measured(
    program: Program, spans: Sequence[tuple[float, float]], single: bool
) -> tuple[Program, Rewrites]:
    from symnum.compiler.stability import Span, stabilise

    domain = [Span(low, high) for low, high in spans]
    names = [f"a{index}" for index in range(program.arity)]
    found, choices = stabilise(program, domain, names=names, single=single)
    return found, tuple(map(str, choices))


def _stored(program: Program, spans: Sequence[tuple[float, float]], single: bool) -> StoredKernel:
    digests: list[bytes] = []
    for node in program.nodes:
        digests.append(node_digest(node, digests))
    whole = hashlib.sha256()
    for output in program.outputs:
        whole.update(digests[output])
    whole.update(repr((program.arity, tuple(spans), single)).encode())
    environment = {"rules": _rules_digest(), "sympy": sympy.__version__}
    whole.update(repr(sorted(environment.items())).encode())
    title = f"# symnum, stable form of a program with {program.arity} arguments\n"
    return StoredKernel(Store.open(), whole.hexdigest(), title, environment)


@cache
def _rules_digest() -> str:
    """Return a hash of the modules that decide."""
    root = resources.files("symnum.compiler")
    digest = hashlib.sha256(root.joinpath("program.py").read_bytes())
    for file in sorted(root.joinpath("stability").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()
