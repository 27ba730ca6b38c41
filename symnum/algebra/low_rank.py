"""Matrices alpha I + W C W^T of symbolic size, as exact algebra on r x r matrices of scalars.

W = [w_1 ... w_r] holds symbolic vectors of a symbolic dimension d, G = W^T W is their Gram
matrix, C an r x r matrix of scalars. The set is closed under products, inverses and
exponentials, so a statement about such matrices is an identity between scalars, true for every d.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import sympy
from sympy import Expr, ImmutableMatrix, Integer, Symbol

from symnum.algebra.coordinates import Coordinates

__all__ = ["LowRankMatrix", "LowRankVector", "VectorFrame"]


@dataclass(frozen=True, slots=True)
class VectorFrame:
    """Named vectors of one symbolic dimension, known by their inner products alone.

    Parameters
    ----------
    names : tuple of str
        The vectors' names.
    dimension : Expr
        The number of their entries, a symbol or a number.
    gram : ImmutableMatrix
        Their inner products, r x r and symmetric.
    """

    names: tuple[str, ...]
    dimension: Expr
    gram: ImmutableMatrix

    @staticmethod
    def of(
        names: Sequence[str],
        dimension: Expr | int | str = "d",
        inner_products: Mapping[tuple[str, str], Any] | None = None,
    ) -> VectorFrame:
        """Return a frame; inner products that are not given become real symbols ``x_y``.

        Parameters
        ----------
        names : sequence of str
            Different names of the vectors.
        dimension : Expr, int or str
            A name stands for a positive integer symbol.
        inner_products : mapping, optional
            From pairs of names to scalars, such as ``{("a", "a"): 1}`` for a unit vector.

        Raises
        ------
        ValueError
            Names that repeat, or an inner product of a vector that is not there.

        Examples
        --------
        >>> VectorFrame.of(["x", "y"]).gram[0, 1]
        x_y
        """
        if not names or len(set(names)) != len(names):
            raise ValueError(f"names: expected different names of vectors, got {list(names)}")
        given = {frozenset(pair): sympy.sympify(v) for pair, v in (inner_products or {}).items()}
        for pair in given:
            if not pair <= set(names):
                raise ValueError(
                    f"inner_products: {sorted(pair)} are not all among the vectors {list(names)}"
                )
        gram = sympy.zeros(len(names), len(names))
        for i, j in combinations_with_replacement(range(len(names)), 2):
            pair = frozenset((names[i], names[j]))
            value = given.get(pair, Symbol(f"{names[i]}_{names[j]}", real=True))
            gram[i, j] = gram[j, i] = value
        if isinstance(dimension, str):
            dimension = Symbol(dimension, positive=True, integer=True)
        return VectorFrame(tuple(names), sympy.sympify(dimension), ImmutableMatrix(gram))

    @property
    def rank(self) -> int:
        """The number of vectors."""
        return len(self.names)

    def vector(self, name: str) -> LowRankVector:
        """Return one of the vectors; `ValueError` where no vector has that name."""
        if name not in self.names:
            raise ValueError(f"name: expected one of {list(self.names)}, got {name!r}")
        weights = [Integer(name == other) for other in self.names]
        return LowRankVector(self, ImmutableMatrix(weights))

    def identity(self) -> LowRankMatrix:
        """Return the identity matrix."""
        return LowRankMatrix(self, Integer(1), ImmutableMatrix.zeros(self.rank, self.rank))


def _same_frame(left: VectorFrame, right: VectorFrame) -> VectorFrame:
    if left != right:
        raise ValueError(f"matrices over the vectors {left.names} and {right.names} do not combine")
    return left


@dataclass(frozen=True, slots=True)
class LowRankVector(Coordinates):
    """A combination W u of the vectors of a frame, with r weights u."""

    vectors: VectorFrame
    weights: ImmutableMatrix

    def __add__(self, other: LowRankVector) -> LowRankVector:
        return LowRankVector(_same_frame(self.vectors, other.vectors), self.weights + other.weights)

    def __sub__(self, other: LowRankVector) -> LowRankVector:
        return self + other * -1

    def __mul__(self, scalar: Any) -> LowRankVector:
        return LowRankVector(self.vectors, self.weights * sympy.sympify(scalar))

    __rmul__ = __mul__

    def inner(self, other: LowRankVector) -> Expr:
        """Return the inner product, u^T G v."""
        gram = _same_frame(self.vectors, other.vectors).gram
        return (self.weights.T * gram * other.weights)[0, 0]

    def outer(self, other: LowRankVector) -> LowRankMatrix:
        """Return the matrix W u (W v)^T."""
        frame = _same_frame(self.vectors, other.vectors)
        return LowRankMatrix(frame, Integer(0), self.weights * other.weights.T)

    def coordinates(self) -> tuple[Expr, ...]:
        """Return the weights: equal weights are equal vectors, whatever the dimension."""
        return tuple(self.weights)

    def frame(self) -> VectorFrame:
        """Return the vectors that the coordinates refer to."""
        return self.vectors

    def describe(self) -> str:
        """Return the combination as text."""
        terms = [
            name if weight == 1 else f"({sympy.sstr(weight)})*{name}"
            for name, weight in zip(self.vectors.names, self.weights, strict=True)
            if weight != 0
        ]
        return " + ".join(terms) or "0"


@dataclass(frozen=True, slots=True)
class LowRankMatrix(Coordinates):
    """The matrix alpha I + W C W^T of size d x d, for symbolic d.

    Parameters
    ----------
    vectors : VectorFrame
    alpha : Expr
        The factor of the identity.
    core : ImmutableMatrix
        C, r x r.

    Examples
    --------
    >>> frame = VectorFrame.of(["x", "y"])
    >>> a = frame.vector("x").outer(frame.vector("y"))
    >>> (a @ a).core[0, 1]
    x_y
    """

    vectors: VectorFrame
    alpha: Expr
    core: ImmutableMatrix

    def __add__(self, other: LowRankMatrix) -> LowRankMatrix:
        frame = _same_frame(self.vectors, other.vectors)
        return LowRankMatrix(frame, self.alpha + other.alpha, self.core + other.core)

    def __sub__(self, other: LowRankMatrix) -> LowRankMatrix:
        return self + other * -1

    def __mul__(self, scalar: Any) -> LowRankMatrix:
        scalar = sympy.sympify(scalar)
        return LowRankMatrix(self.vectors, self.alpha * scalar, self.core * scalar)

    __rmul__ = __mul__

    def __matmul__(self, other: LowRankMatrix) -> LowRankMatrix:
        """Return the product: ab I + W (aD + bC + C G D) W^T."""
        frame = _same_frame(self.vectors, other.vectors)
        core = (
            self.alpha * other.core + other.alpha * self.core + self.core * frame.gram * other.core
        )
        return LowRankMatrix(frame, self.alpha * other.alpha, core)

    def apply(self, vector: LowRankVector) -> LowRankVector:
        """Return the product with a vector: W (alpha u + C G u)."""
        frame = _same_frame(self.vectors, vector.vectors)
        image = self.alpha * vector.weights + self.core * frame.gram * vector.weights
        return LowRankVector(frame, image)

    @property
    def T(self) -> LowRankMatrix:
        """The transpose."""
        return LowRankMatrix(self.vectors, self.alpha, self.core.T)

    def trace(self) -> Expr:
        """Return alpha d + tr(C G)."""
        return self.alpha * self.vectors.dimension + (self.core * self.vectors.gram).trace()

    def det(self) -> Expr:
        """Return alpha^(d - r) det(alpha I + C G)."""
        rank = self.vectors.rank
        inside = self.alpha * sympy.eye(rank) + self.core * self.vectors.gram
        return self.alpha ** (self.vectors.dimension - rank) * inside.det()

    def inverse(self) -> LowRankMatrix:
        """Return the inverse after Woodbury, (I - W C (alpha I + G C)^-1 W^T)/alpha.

        Raises
        ------
        ValueError
            alpha is 0: the matrix is singular as soon as d exceeds r.
        """
        if self.alpha == 0:
            raise ValueError("alpha: a matrix of low rank without a multiple of I has no inverse")
        inside = self.alpha * sympy.eye(self.vectors.rank) + self.vectors.gram * self.core
        core = -self.core * inside.inv() / self.alpha
        return LowRankMatrix(self.vectors, 1 / self.alpha, ImmutableMatrix(core))

    def coordinates(self) -> tuple[Expr, ...]:
        """Return alpha and the entries of C: equal ones are equal matrices for every d."""
        return (self.alpha, *self.core)

    def frame(self) -> VectorFrame:
        """Return the vectors that the coordinates refer to."""
        return self.vectors

    def describe(self) -> str:
        """Return the matrix as text, a sum of outer products."""
        terms = [] if self.alpha == 0 else [f"({sympy.sstr(self.alpha)})*I"]
        rank, names = self.vectors.rank, self.vectors.names
        for i in range(rank):
            for j in range(rank):
                if self.core[i, j] != 0:
                    factor = "" if self.core[i, j] == 1 else f"({sympy.sstr(self.core[i, j])})*"
                    terms.append(f"{factor}{names[i]}*{names[j]}^T")
        return " + ".join(terms) or "0"
