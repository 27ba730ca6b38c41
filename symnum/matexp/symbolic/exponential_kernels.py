"""Kernels of matrix exponentials: assemble tA by a compiled formula, then exponentiate numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, ImmutableMatrix, Symbol

from symnum.compiler import Kernel, lambdify
from symnum.matexp.numeric.dispatch import expm
from symnum.matexp.numeric.frechet import expm_frechet
from symnum.matexp.symbolic.exponential_sources import ExponentialSource
from symnum.matexp.symbolic.factored import LowRank

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Exponentiation", "exponential_kernel"]


def exponential_kernel(
    args: Sequence[Symbol],
    A: ImmutableMatrix | LowRank,
    t: Expr,
    options: Mapping[str, Any],
) -> Kernel:
    """Return the kernel of exp(tA), which is accurate where eigenvalues meet too.

    Parameters
    ----------
    args : sequence of Symbol
        The order of the arguments.
    A : Matrix or LowRank
    t : Expr
    options : mapping
        Those of `symnum.lambdify`; `dtype` is among them.

    Examples
    --------
    >>> x = Symbol("x")
    >>> kernel = exponential_kernel([x], ImmutableMatrix([[0, 1], [0, 0]]), x, {"dtype": float})
    >>> kernel(2.0)
    array([[1., 2.],
           [0., 1.]])
    >>> kernel.diff("x")(2.0)
    array([[0., 1.],
           [0., 0.]])
    """
    return Kernel.validated(ExponentialSource.read(args, A, t, **options))


@final
class Exponentiation:
    """What runs such a kernel; the entries are called like compiled ones.

    Parameters
    ----------
    source : ExponentialSource
    """

    def __init__(self, source: ExponentialSource) -> None:
        self._source = source
        # By what the results are differentiated, each with the places of the results.
        self._groups: dict[tuple[int, ...], list[tuple[int, int, int]]] = {}
        for place, (i, j, by) in enumerate(source.outputs):
            self._groups.setdefault(by, []).append((place, i, j))

    @cached_property
    def _assemblies(self) -> dict[tuple[int, ...], tuple[Kernel, Kernel | None]]:
        """The matrix and its slope, for each derivative."""
        found = {}
        for by in self._groups:
            whole = self._source.augmented(by[:-1])
            slope = None
            if by:
                slope = self._assembled(self._source.slope(whole, by[-1]))
            found[by] = self._assembled(whole), slope
        return found

    def _assembled(self, matrix: ImmutableMatrix) -> Kernel:
        source = self._source
        wide = "complex128" if np.dtype(source.dtype).kind == "c" else "float64"
        return lambdify(
            list(source.arguments.flat),
            matrix,
            dtype=wide,
            parallel=source.parallel,
            stable=source.stable,
        )

    # ------------------------------------------------------------------ what it is

    @property
    def text(self) -> str:
        """The generated code of the matrices that are exponentiated."""
        parts = [f"# {self._source.dtype}, entries of the exponential of the matrix\n"]
        for by, (whole, slope) in self._assemblies.items():
            places = " ".join(f"{i},{j}->{place}" for place, i, j in self._groups[by])
            parts.append(f"# {places}; by the arguments {by}\n{whole.source}")
            parts += [] if slope is None else [f"# in the direction of\n{slope.source}"]
        return "".join(parts)

    @property
    def work(self) -> float:
        """A rough guess of the nanoseconds that one element takes."""
        sizes = (self._source.matrix.rows << len(by) for by in self._groups)
        return float(sum(20 + 10 * size**3 for size in sizes))

    @property
    def rewrites(self) -> tuple[str, ...]:
        """What was rewritten for accuracy in the entries of the matrices."""
        pairs = [kernel for pair in self._assemblies.values() for kernel in pair if kernel]
        return tuple(dict.fromkeys(line for kernel in pairs for line in kernel.rewrites))

    @property
    def notice(self) -> str | None:
        """Nothing: what there is to say of the entries, their own kernels have said."""
        _ = self._assemblies
        return None

    @property
    def parallel(self) -> bool:
        """Never: where balls decide, their precision belongs to the whole process."""
        return False

    # ------------------------------------------------------------------ running

    def entry(self, name: str) -> Callable[..., Any]:
        """Return what stands in for an entry of a compiled module."""
        entries = {"formula": self.formula, "block": self.block, "into": _refuse}
        return entries[name]

    def formula(self, *numbers: Any) -> Any:
        """Evaluate at one point: a number, or a tuple of several."""
        kind = np.dtype(self._source.dtype).type
        rows = [np.empty(1, kind) for _ in self._source.outputs]
        self.block(*(np.array([number], kind) for number in numbers), *rows)
        results = tuple(row[0].item() for row in rows)
        return results[0] if len(results) == 1 else results

    def block(self, *arrays: Any) -> None:
        """Evaluate at every element of the inputs and store the results in the outputs."""
        count = len(self._source.arguments.flat)
        inputs, outputs = arrays[:count], arrays[count:]
        with np.errstate(all="ignore"):
            for by, places in self._groups.items():
                values = self._values(by, inputs)
                for place, i, j in places:
                    outputs[place][...] = values[..., i, j]

    def _values(self, by: tuple[int, ...], inputs: Sequence[Any]) -> NDArray[Any]:
        """Return the exponentials, or one of their derivatives."""
        n = self._source.matrix.rows
        assembly, slope = self._assemblies[by]
        whole = np.asarray(assembly(*inputs))
        if slope is None:
            return expm(whole)
        derivative = expm_frechet(whole, np.asarray(slope(*inputs)))[1]
        return derivative[..., :n, whole.shape[-1] - n :]


def _refuse(*arrays: Any) -> bool:
    return False
