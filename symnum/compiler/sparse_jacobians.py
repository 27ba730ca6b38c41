"""Jacobians of large systems: the entries that are not zero everywhere, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symnum.compiler.kernel import Kernel

__all__ = ["SparseJacobian"]


@dataclass(frozen=True, slots=True)
class SparseJacobian:
    """The Jacobian of a kernel, entry by entry.

    Parameters
    ----------
    values : Kernel
        A list of the entries, row by row; broadcasts like every kernel.
    places : tuple of (int, int)
        The row and the column of each entry: results by arguments.
    shape : tuple of (int, int)
        That of the matrix.
    """

    values: Kernel
    places: tuple[tuple[int, int], ...]
    shape: tuple[int, int]

    def __call__(self, *point: Any) -> Any:
        """Return the matrix at one point.

        Parameters
        ----------
        *point : number
            One for each argument, nested like the arguments.

        Returns
        -------
        scipy.sparse.csr_array
            Of shape `shape`. Entries that vanish at this point only are stored.
        """
        from scipy.sparse import csr_array

        rows = [row for row, _ in self.places]
        columns = [column for _, column in self.places]
        entries = self.values(*point)
        return csr_array((entries, (rows, columns)), shape=self.shape)
