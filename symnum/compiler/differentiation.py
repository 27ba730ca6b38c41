"""Derivatives of a program, as a program.

The rules work on nodes, not on expressions: what values and derivatives have in common is made
once, and the size grows in proportion to the program. A selection is differentiated branch by
branch and the derivative is selected, never multiplied by 0 or 1, so an infinite slope in a branch
that is not taken does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence

from symnum.compiler.adjoints import gradient_terms
from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.tangents import tangent_terms
from symnum.compiler.terms import Term, constant

__all__ = ["differentiate", "hessian", "jacobian"]

# With this many directions or fewer, one forward sweep for each is as short as a backward one.
FEW = 2


def differentiate(program: Program, argument_positions: Sequence[int]) -> Program:
    """Return the partial derivatives of every output in some of the arguments.

    Parameters
    ----------
    program : Program
        With m outputs; before or after the passes, better before.
    argument_positions : sequence of int
        The n arguments to differentiate by.

    Returns
    -------
    Program
        With m n outputs: all derivatives of the first output, then those of the second, ...

    Raises
    ------
    UnsupportedNodeError
        If a function has no derivative by formula, or none in the complex numbers.
    ValueError
        If a position is none of an argument.

    Examples
    --------
    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x, y = sympy.symbols("x y")
    >>> print(differentiate(lower((x, y), (x * y,)), (0,)))
    v0 = argument(1)
    return v0
    """
    return _derivatives(program, argument_positions, with_values=False)


def jacobian(program: Program, *, with_values: bool = False) -> Program:
    """Return the derivatives of every output in every argument.

    Parameters
    ----------
    program : Program
        With m outputs and n arguments.
    with_values : bool
        Whether the outputs themselves come first.

    Returns
    -------
    Program
        With m n outputs in row order, after the m values if these are asked for.
    """
    return _derivatives(program, range(program.arity), with_values=with_values)


def hessian(program: Program) -> Program:
    """Return the second derivatives of every output in every pair of arguments.

    Parameters
    ----------
    program : Program
        With m outputs and n arguments.

    Returns
    -------
    Program
        With m n n outputs: for each output its symmetric matrix in row order. The two mixed
        derivatives of a pair are one node.
    """
    arity = program.arity
    first = jacobian(program)
    second = jacobian(first)
    # Row i of a matrix holds the derivatives of the i-th slope; below the diagonal take the mirror.
    outputs = tuple(
        second.outputs[(block + min(i, j)) * arity + max(i, j)]
        for block in range(0, len(first.outputs), max(1, arity))
        for i in range(arity)
        for j in range(arity)
    )
    builder = ProgramBuilder(arity, second.complex_valued)
    places = builder.include(second)
    return builder.finish(tuple(places[output] for output in outputs))


def _derivatives(
    program: Program, argument_positions: Sequence[int], *, with_values: bool
) -> Program:
    for position in argument_positions:
        if not 0 <= position < program.arity:
            raise ValueError(f"argument {position} of a program of {program.arity} arguments")
    builder = ProgramBuilder(program.arity, program.complex_valued)
    values = [Term(builder, position) for position in builder.include(program)]
    columns = len(argument_positions)
    slopes: list[Term]
    if columns > FEW and columns > len(program.outputs):
        slopes = [
            slope
            for output in program.outputs
            for slope in gradient_terms(program, values, output, argument_positions)
        ]
    else:
        by_column = [tangent_terms(program, values, column) for column in argument_positions]
        slopes = [
            column[output] or constant(values[output], 0)
            for output in program.outputs
            for column in by_column
        ]
    kept = [values[output] for output in program.outputs] if with_values else []
    return builder.finish(tuple(term.position for term in (*kept, *slopes)))
