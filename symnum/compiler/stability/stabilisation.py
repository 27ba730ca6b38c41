"""The pass: a program in, a program that keeps its digits out, with the record of the choices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.ordering import order_nodes
from symnum.compiler.program import Program, node_digest
from symnum.compiler.stability.choices import Choice
from symnum.compiler.stability.finishing import (
    fill_removable_points,
    protect_quotients,
    protect_roots,
)
from symnum.compiler.stability.restoration import restore_differences, restore_exponents
from symnum.compiler.stability.sampling import REAL_LINE, Span, sample
from symnum.compiler.stability.search import Search
from symnum.compiler.stability.workspace import Workspace

__all__ = ["stabilise"]

# How much work the search may do: operations handed to a rule, and nodes measured.
BUDGET = 1_300

# Programs with more nodes are left as they are: measuring them takes too long.
LARGEST = 3_000

# How many values of nodes are computed exactly at most, before anything is suspected.
MOST_VALUES = 25_000

# Operations in which something may be lost; without them a program is as good as it can be.
RISKY = frozenset(["add", "subtract", "divide", "multiply_add"])
RISKY_FUNCTIONS = frozenset(["exp", "log", "acos", "cosh", "sinh", "power"])

Verdict = tuple[Program, tuple[Choice, ...]]
VERDICTS: dict[tuple[object, ...], Verdict] = {}
MOST_VERDICTS = 64


def stabilise(
    program: Program,
    domain: Sequence[Span | None] | None = None,
    *,
    names: Sequence[str] | None = None,
    single: bool = False,
    budget: int = BUDGET,
) -> Verdict:
    """Rewrite a program so that it keeps its digits.

    Errors are measured against exact values at sample points; a node that loses digits takes the
    cheapest of the most accurate forms that the rules give. A value that is defined stays defined.

    Parameters
    ----------
    program : Program
        A real program before other passes. What depends on named functions is left as it is.
    domain : sequence of Span or None, optional
        Where each argument is expected; None is everywhere.
    names : sequence of str, optional
        What to call the arguments in the record; x0, x1, ... without them.
    single : bool
        Whether the program will run in single precision: pairs of doubles are no help there.
    budget : int
        How much work the search may do, in operations.

    Returns
    -------
    program : Program
    choices : tuple of Choice
        What was replaced, in order.

    Raises
    ------
    ValueError
        If `domain` or `names` has not one entry for each argument.

    Examples
    --------
    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x = sympy.Symbol("x")
    >>> program, choices = stabilise(lower((x,), (sympy.exp(x) - 1,)), names=("x",))
    >>> print(choices[0].before, "->", choices[0].after)
    (exp(x) - 1) -> expm1(x)
    """
    spans = _one_each(domain, program.arity)
    called = tuple(names) if names is not None else tuple(f"x{k}" for k in range(program.arity))
    if len(called) != program.arity:
        raise ValueError(f"names: expected {program.arity}, got {len(called)}")
    if not _is_risky(program):
        return program, ()
    key = (_digests(program), program.arity, spans, called, single, budget)
    if key not in VERDICTS:
        if len(VERDICTS) >= MOST_VERDICTS:
            VERDICTS.clear()
        VERDICTS[key] = _searched(program, spans, called, single, budget)
    return VERDICTS[key]


def _one_each(domain: Sequence[Span | None] | None, arity: int) -> tuple[Span, ...]:
    if domain is None:
        return (REAL_LINE,) * arity
    if len(domain) != arity:
        raise ValueError(
            f"domain: expected one range for each of {arity} arguments, got {len(domain)}"
        )
    return tuple(REAL_LINE if span is None else span for span in domain)


def _digests(program: Program) -> tuple[bytes, ...]:
    digests: list[bytes] = []
    for node in program.nodes:
        digests.append(node_digest(node, digests))
    return tuple(digests[output] for output in program.outputs)


def _is_risky(program: Program) -> bool:
    """Tell whether there is anything to measure."""
    if program.complex_valued or not program.arity or len(program.nodes) > LARGEST:
        return False
    return any(
        node.operation in RISKY or (node.operation == "call" and node.value in RISKY_FUNCTIONS)
        for node in program.nodes
    )


def _searched(
    program: Program, spans: Sequence[Span], names: tuple[str, ...], single: bool, budget: int
) -> Verdict:
    points = sample(spans)
    # Long programs are measured at fewer points.
    points = points[:, :: max(1, len(program.nodes) * points.shape[1] // MOST_VALUES)]
    special = _special_points(program.arity)
    every = np.concatenate([points, special], axis=1)
    lows = np.array([[span.low] for span in spans])
    highs = np.array([[span.high] for span in spans])
    workspace, outputs = Workspace.of(program, every)
    workspace.ordinary = np.arange(every.shape[1]) < points.shape[1]
    workspace.inside = np.all((lows <= every) & (every <= highs), axis=0)
    domain = " x ".join(map(str, spans[:3])) + (" x ..." if len(spans) > 3 else "")
    search = Search(workspace, outputs, names, domain, single, budget)
    search.run()
    restore_differences(search)
    restore_exponents(search)
    protect_roots(search)
    protect_quotients(search)
    fill_removable_points(search)
    if not search.choices:
        return program, ()
    rewritten = order_nodes(workspace.builder.finish(tuple(search.outputs)))
    return rewritten, tuple(search.choices)


EXTREMES = (0.0, math.inf, -math.inf, 1e200, -1e200, 1e-200, -1e-200, -1.0)


def _special_points(arity: int) -> NDArray[np.float64]:
    """Return points at the border of everything: zero, the infinities, NaN, gigantic numbers."""
    columns = [np.full(arity, value) for value in EXTREMES]
    for place in range(min(arity, 4)):
        for value in (0.0, math.inf, -math.inf, math.nan, 1e200):
            column = np.ones(arity)
            column[place] = value
            columns.append(column)
    return np.array(columns).T
