"""The compiler's passes: named functions from program to program, in the order they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from symnum.compiler.ordering import order_nodes
from symnum.compiler.passes.contraction import contract
from symnum.compiler.passes.definitions import expand_definitions
from symnum.compiler.passes.divisions import share_reciprocals
from symnum.compiler.passes.domains import apply_ranges
from symnum.compiler.passes.doubling import double_angles
from symnum.compiler.passes.folding import fold_constants
from symnum.compiler.passes.fourier import sum_harmonics
from symnum.compiler.passes.identities import apply_identities
from symnum.compiler.passes.polynomials import nest_polynomials
from symnum.compiler.passes.powers import expand_powers, share_powers
from symnum.compiler.passes.proportions import share_multiples
from symnum.compiler.program import Program

__all__ = [
    "PASSES",
    "PassReport",
    "apply_identities",
    "apply_ranges",
    "contract",
    "double_angles",
    "expand_definitions",
    "expand_powers",
    "fold_constants",
    "nest_polynomials",
    "optimise",
    "order_nodes",
    "share_multiples",
    "share_powers",
    "share_reciprocals",
    "sum_harmonics",
]

Pass = Callable[[Program], Program]

# Folding and identities come before the expansions, which then see the simplest operands, and
# after them, because definitions and chains bring constants and reciprocals of their own.
PASSES: tuple[tuple[str, Pass], ...] = (
    ("fold constants", fold_constants),
    ("apply identities", apply_identities),
    ("sum harmonics", sum_harmonics),
    ("double angles", double_angles),
    ("expand definitions", expand_definitions),
    ("expand powers", expand_powers),
    ("apply ranges", apply_ranges),
    ("fold constants again", fold_constants),
    ("share multiples", share_multiples),
    ("nest polynomials", nest_polynomials),
    ("share powers", share_powers),
    ("apply identities again", apply_identities),
    ("share reciprocals", share_reciprocals),
    ("contract", contract),
    ("order nodes", order_nodes),
)


@dataclass(frozen=True, slots=True)
class PassReport:
    """What a pass left: its name and the number of operations of each kind.

    Parameters
    ----------
    name : str
        The name of the pass, or ``"lowered"`` for the program before the first.
    counts : Counter
        The number of nodes of each kind, calls by the name of the function.
    """

    name: str
    counts: Counter[str]

    def __str__(self) -> str:
        operations = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        return f"{self.name}: {operations or 'nothing'}"


def optimise(program: Program) -> tuple[Program, tuple[PassReport, ...]]:
    r"""Run all passes, validating the program after each.

    Parameters
    ----------
    program : Program
        As it comes from the lowering or from a differentiation.

    Returns
    -------
    program : Program
        An equivalent program that calls primitives only.
    trace : tuple of PassReport
        The operation counts before the first and after each pass.

    Examples
    --------
    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x = sympy.Symbol("x")
    >>> program, trace = optimise(lower((x,), (x**7 + x**5,)))
    >>> print(trace[0], trace[-1], sep="\n")
    lowered: add 1, argument 1, integer_power 2
    order nodes: add 1, argument 1, multiply 4
    """
    trace = [PassReport("lowered", program.counts())]
    for name, transform in PASSES:
        # What a builder finishes, it has validated.
        program = transform(program)
        trace.append(PassReport(name, program.counts()))
    return program, tuple(trace)
