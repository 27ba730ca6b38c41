"""The interface of symbolic objects that a few scalars determine, whatever their size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable

from sympy import Expr

__all__ = ["Coordinates"]


class Coordinates(ABC):
    """An object such as a matrix of symbolic size, given by scalars relative to a frame.

    Two objects of one frame are equal if their coordinates are. A proof of the equality of two
    such objects is therefore a proof of finitely many scalar identities.
    """

    @abstractmethod
    def coordinates(self) -> tuple[Expr, ...]:
        """Return the scalars that determine the object, always in the same order.

        Returns
        -------
        tuple of sympy.Expr
        """

    @abstractmethod
    def frame(self) -> Hashable:
        """Return what the coordinates refer to: the size, the vectors, the inner products.

        Coordinates of two objects may be compared only where this value is the same.

        Returns
        -------
        hashable
        """

    @abstractmethod
    def describe(self) -> str:
        """Return a short readable name of the object, such as ``I + W C W^T``.

        Returns
        -------
        str
        """
