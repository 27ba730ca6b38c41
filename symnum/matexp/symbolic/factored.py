"""Matrices of low rank that are given by their factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import ImmutableMatrix, MatrixBase

__all__ = ["LowRank"]


def _as_factor(value: Any, name: str) -> ImmutableMatrix:
    if not isinstance(value, MatrixBase):
        raise TypeError(f"{name}: expected a SymPy Matrix, got {type(value).__name__}")
    if 0 in value.shape:
        raise ValueError(f"{name}: expected at least one row and one column, got {value.shape}")
    return ImmutableMatrix(value)


@dataclass(frozen=True, slots=True, init=False)
class LowRank:
    """The n x n matrix U V^T, kept as its factors.

    Parameters
    ----------
    U, V : sympy.Matrix
        Both n x k.

    Raises
    ------
    TypeError
        A factor that is no SymPy Matrix.
    ValueError
        Factors of different shapes.

    Examples
    --------
    >>> from sympy import Matrix, symbols
    >>> x, y = symbols("x y")
    >>> LowRank(Matrix([x, 1]), Matrix([1, y])).gram
    Matrix([[x + y]])
    """

    U: ImmutableMatrix
    V: ImmutableMatrix

    def __init__(self, U: MatrixBase, V: MatrixBase) -> None:
        left, right = _as_factor(U, "U"), _as_factor(V, "V")
        if left.shape != right.shape:
            raise ValueError(f"U and V: expected equal shapes, got {left.shape} and {right.shape}")
        object.__setattr__(self, "U", left)
        object.__setattr__(self, "V", right)

    @property
    def rank(self) -> int:
        """The number of columns of the factors, an upper bound of the rank."""
        return int(self.U.cols)

    @property
    def gram(self) -> ImmutableMatrix:
        """V^T U, k x k: it carries the spectrum of U V^T except for zeros."""
        return self.V.T * self.U

    def as_explicit(self) -> ImmutableMatrix:
        """Return the n x n matrix."""
        return ImmutableMatrix(sympy.expand(self.U * self.V.T))
