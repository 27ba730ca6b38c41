"""Derivatives of a program, as a program.

The rules work on nodes, not on expressions: what values and derivatives have in common is made
once, and the size grows in proportion to the program. A selection is differentiated branch by
branch and the derivative is selected, never multiplied by 0 or 1, so an infinite slope in a branch
that is not taken does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symnum.compiler.adjoints import active_nodes, gradient_terms
from symnum.compiler.jacobian_structure import sparsity
from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.tangents import tangent_terms
from symnum.compiler.terms import Term, constant

__all__ = ["differentiate", "hessian", "jacobian", "jacobian_pattern", "sparse_jacobian"]

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


def jacobian_pattern(program: Program) -> tuple[tuple[int, ...], ...]:
    """Return for each output the arguments in which its derivative is not zero by structure.

    Parameters
    ----------
    program : Program
        With m outputs.

    Returns
    -------
    tuple of tuple of int
        For each output positions of arguments in ascending order.

    Examples
    --------
    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x, y, z = sympy.symbols("x y z")
    >>> jacobian_pattern(lower((x, y, z), (x * z, y, sympy.floor(z))))
    ((0, 2), (1,), ())
    """
    return sparsity(program, range(program.arity)).rows


def sparse_jacobian(
    program: Program, *, with_values: bool = False
) -> tuple[Program, tuple[int, ...], tuple[int, ...]]:
    r"""Return the derivatives that are not zero by structure, and their places.

    The time is in proportion to the operations of these derivatives; the size m n of the whole
    matrix does not matter.

    Parameters
    ----------
    program : Program
        With m outputs and n arguments.
    with_values : bool
        Whether the outputs themselves come first.

    Returns
    -------
    program : Program
        The entries, row by row, columns ascending, after the m values if these are asked for.
    rows, columns : tuple of int
        The output and the argument of each entry.

    Examples
    --------
    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x, y, z = sympy.symbols("x y z")
    >>> entries, rows, columns = sparse_jacobian(lower((x, y, z), (x * z, sympy.sin(y))))
    >>> print(entries, rows, columns, sep="\n")
    v0 = argument(2)
    v1 = argument(0)
    v2 = argument(1)
    v3 = call(v2, 'cos')
    return v0, v1, v3
    (0, 0, 1)
    (0, 2, 1)
    """
    matrix = _Matrix(program, range(program.arity))
    places = [(row, column) for row, found in enumerate(matrix.pattern) for column in found]
    entries = [matrix.entry(row, column) for row, column in places]
    rows, columns = (tuple(place[k] for place in places) for k in (0, 1))
    return matrix.finish(entries, with_values), rows, columns


def _derivatives(
    program: Program, argument_positions: Sequence[int], *, with_values: bool
) -> Program:
    for position in argument_positions:
        if not 0 <= position < program.arity:
            raise ValueError(f"argument {position} of a program of {program.arity} arguments")
    matrix = _Matrix(program, argument_positions)
    entries = [
        entry
        for row in range(len(program.outputs))
        for entry in matrix.row(argument_positions, row)
    ]
    return matrix.finish(entries, with_values)


class _Matrix:
    """The derivatives of all outputs, those that are not zero, in a program in the making."""

    def __init__(self, program: Program, arguments: Sequence[int]) -> None:
        self.program = program
        self.builder = ProgramBuilder(program.arity, program.complex_valued)
        self.values = [Term(self.builder, place) for place in self.builder.include(program)]
        self.arguments = tuple(dict.fromkeys(arguments))
        structure = sparsity(program, self.arguments)
        self.pattern = structure.rows
        # For each output the entries by argument, and the one in every other argument.
        self.entries: list[dict[int, Term]] = []
        self.elsewhere: list[Term] = []
        if len(self.arguments) <= FEW or structure.forward <= structure.backward:
            self._sweep_forward()
        else:
            self._sweep_backward()

    def _sweep_forward(self) -> None:
        columns = {argument: argument for argument in self.arguments}
        tangents, elsewhere = tangent_terms(self.program, self.values, columns)
        for output in self.program.outputs:
            self.entries.append(tangents[output])
            self.elsewhere.append(elsewhere[output] or constant(self.values[output], 0))

    def _sweep_backward(self) -> None:
        active = active_nodes(self.program, frozenset(self.arguments))
        for output in self.program.outputs:
            entries, elsewhere = gradient_terms(self.program, self.values, output, active)
            self.entries.append(entries)
            self.elsewhere.append(elsewhere)

    def entry(self, row: int, column: int) -> Term:
        """Return the derivative of an output in an argument of the pattern."""
        return self.entries[row].get(self.arguments[column], self.elsewhere[row])

    def row(self, arguments: Sequence[int], row: int) -> Iterator[Term]:
        """Return the derivatives of an output in some arguments."""
        entries, elsewhere = self.entries[row], self.elsewhere[row]
        return (entries.get(argument, elsewhere) for argument in arguments)

    def finish(self, entries: Iterable[Term], with_values: bool) -> Program:
        """Return the program of some entries, after the values if these are asked for."""
        kept = self.program.outputs if with_values else ()
        places = [self.values[output].position for output in kept]
        places.extend(term.position for term in entries)
        return self.builder.finish(tuple(places))
