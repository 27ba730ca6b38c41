"""What kernels of matrix exponentials are made from: the matrix, its factor, the derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias, final

import sympy
from sympy import Expr, ImmutableMatrix, Symbol

from symnum.compiler.arguments import Arguments
from symnum.compiler.printing import brief_text
from symnum.compiler.recipe import read_recipe
from symnum.compiler.sources import Making, Measure
from symnum.compiler.structure import Grid, Items, Leaf, Structure, as_matrix
from symnum.matexp.symbolic.factored import LowRank
from symnum.matexp.symbolic.low_rank_solutions import solve

__all__ = ["ExponentialSource", "Output"]

# An entry of exp(tA) and the positions of the arguments by which it is differentiated.
Output: TypeAlias = "tuple[int, int, tuple[int, ...]]"


@final
@dataclass(frozen=True)
class ExponentialSource:
    """exp(tA) or derivatives of it, to be computed by exponentials of numbers.

    Where eigenvalues meet no formula in them keeps its digits; the exponential of the assembled
    matrix of numbers does, and so do its derivatives.

    Parameters
    ----------
    arguments : Arguments
    A : ImmutableMatrix or LowRank
    t : Expr
    dtype : str
    parallel : bool, int or "auto"
    stable : bool
        As for `symnum.lambdify`.
    derivatives : tuple of (str, tuple of int)
        The operations and the positions of arguments, in order.
    """

    arguments: Arguments
    A: ImmutableMatrix | LowRank
    t: Expr
    dtype: str
    parallel: bool | int | str
    stable: bool
    derivatives: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @staticmethod
    def read(
        args: Sequence[Symbol],
        A: ImmutableMatrix | LowRank,
        t: Expr,
        *,
        dtype: Any,
        parallel: bool | int | str = "auto",
        stable: bool = True,
    ) -> ExponentialSource:
        """Return the source for options as `symnum.lambdify` takes them.

        Raises
        ------
        TypeError, ValueError
            As `symnum.lambdify` does.
        """
        base = read_recipe(list(args), explicit(A), dtype, parallel, stable, None)
        return ExponentialSource(base.arguments, A, t, base.dtype, base.parallel, base.stable)

    @cached_property
    def matrix(self) -> ImmutableMatrix:
        """The matrix tA that is exponentiated, n x n."""
        return ImmutableMatrix(self.t * explicit(self.A))

    # ------------------------------------------------------------------ results

    @cached_property
    def outputs(self) -> tuple[Output, ...]:
        """The single results, in order."""
        n, arity = range(self.matrix.rows), len(self.arguments.flat)
        found: list[Output] = [(i, j, ()) for i in n for j in n]
        for operation, positions in self.derivatives:
            if operation == "diff":
                found = [(i, j, (*by, *positions)) for i, j, by in found]
            elif operation == "jacobian":
                found = [(i, j, (*by, place)) for i, j, by in found for place in range(arity)]
            else:
                places = zip(positions[::2], positions[1::2], strict=True)
                found = [(*found[row][:2], (*found[row][2], column)) for row, column in places]
        return tuple(found)

    def structure(self) -> Structure:
        """Return the shape of the result, derivatives included."""
        structure: Structure = Grid(self.matrix.shape)
        for operation, positions in self.derivatives:
            if operation == "jacobian":
                structure = Grid((structure.size, len(self.arguments.flat)))
            elif operation == "sparse_jacobian":
                structure = Items(list, (Leaf(),) * (len(positions) // 2))
        return structure

    def derived(self, operation: str, positions: tuple[int, ...] = ()) -> ExponentialSource:
        """Return the source of a derivative."""
        return replace(self, derivatives=(*self.derivatives, (operation, positions)))

    def dependencies(self) -> list[range]:
        """Return on which arguments, by position, each result depends: on all."""
        return [range(len(self.arguments.flat))] * len(self.outputs)

    # ------------------------------------------------------------------ formulas

    def expression(self) -> Any:
        """Return the closed form, as SymPy expressions in the shape of the result."""
        return self.structure().combine(self._entries(), as_matrix)

    def _entries(self) -> Iterator[Expr]:
        closed: dict[tuple[int, ...], ImmutableMatrix] = {(): solve(self.A, self.t).expr}
        for i, j, by in self.outputs:
            for length in range(1, len(by) + 1):
                if by[:length] not in closed:
                    before = closed[by[: length - 1]]
                    closed[by[:length]] = self.slope(before, by[length - 1])
            yield closed[by][i, j]

    def described(self) -> Any:
        """Return exp(tA) for display, and how it is differentiated."""
        whole = sympy.exp(self.matrix, evaluate=False)
        if not self.derivatives:
            return whole
        names, steps = self.arguments.flat, ""
        for operation, positions in self.derivatives:
            shown = positions if operation == "diff" else ()
            steps += f".{operation}({', '.join(str(names[place]) for place in shown)})"
        return f"({brief_text(whole)}){steps}"

    def augmented(self, by: Sequence[int]) -> ImmutableMatrix:
        """Return the matrix in the corner of whose exponential the derivative of exp(tA) stands."""
        matrix = self.matrix
        for place in by:
            zero = sympy.zeros(*matrix.shape)
            top = sympy.Matrix(matrix).row_join(self.slope(matrix, place))
            matrix = ImmutableMatrix(top.col_join(zero.row_join(matrix)))
        return matrix

    def slope(self, matrix: ImmutableMatrix, place: int) -> ImmutableMatrix:
        """Return the entry-wise derivative by an argument, as a kernel has it."""
        arguments = list(self.arguments.flat)
        recipe = read_recipe(arguments, matrix, self.dtype, self.parallel, self.stable, None)
        return ImmutableMatrix(*matrix.shape, recipe.derived("diff", (place,)).outputs())

    # ------------------------------------------------------------------ numbers

    def making(self) -> Making:
        """Return what assembles and exponentiates."""
        from symnum.matexp.symbolic.exponential_kernels import Exponentiation

        return Exponentiation(self)

    def oracle(self) -> Measure:
        """Return what knows the exact values, from balls."""
        from symnum.matexp.symbolic.exponential_oracles import ExponentialOracle

        return ExponentialOracle(self)


def explicit(A: ImmutableMatrix | LowRank) -> ImmutableMatrix:
    """Return the n x n matrix."""
    return A.as_explicit() if isinstance(A, LowRank) else A
