"""Values of a program with bounds of their rounding errors, for verdicts on lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symnum.compiler.passes import expand_definitions, expand_powers, fold_constants
from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.rounding_errors import error_terms
from symnum.compiler.terms import Term

__all__ = ["Noisy", "noisy_values", "prepared"]


@dataclass(frozen=True, slots=True)
class Noisy:
    """A value with a bound of its rounding error.

    Attributes
    ----------
    value : Term
        The number.
    bound : Term
        At least the size of its error; zero only where the arithmetic is exact.
    """

    value: Term
    bound: Term


def prepared(program: Program) -> Program:
    """Return a real program with functions and powers expanded, as `noisy_values` takes it."""
    return expand_powers(expand_definitions(fold_constants(program)))


def noisy_values(
    program: Program,
    builder: ProgramBuilder,
    arguments: Sequence[Term],
    *,
    underflow: bool = True,
) -> list[Noisy]:
    """Append a program together with bounds of its rounding errors.

    Parameters
    ----------
    program : Program
        Real, as `prepared` returns it.
    builder : ProgramBuilder
        What it is appended to.
    arguments : sequence of Term
        What stands for its arguments, taken as exact.
    underflow : bool, optional
        Whether underflow counts. If not, a bound may be zero where a product underflows.

    Returns
    -------
    list of Noisy
        One for each output.

    Examples
    --------
    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x = sympy.Symbol("x")
    >>> builder = ProgramBuilder(1)
    >>> argument = Term(builder, builder.add("argument", value=0))
    >>> (square,) = noisy_values(lower((x,), (x * x,)), builder, [argument])
    >>> square.bound.exact is None
    True
    """
    places = builder.include(program, [argument.position for argument in arguments])
    values = [Term(builder, place) for place in places]
    bounds = error_terms(program, values, program.outputs, below_normal=underflow)
    return [Noisy(values[k], bound) for k, bound in zip(program.outputs, bounds, strict=True)]
