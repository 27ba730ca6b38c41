"""Square matrices of polynomials, and their characteristic polynomials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

import flint
import numpy as np

from symnum.matexp.numeric.zero_patterns import ZeroPattern
from symnum.matexp.symbolic.coefficient_rings import CoefficientRing, Polynomial

__all__ = ["PolynomialMatrix", "cyclic_blocks", "evaluated"]


@final
@dataclass(frozen=True, slots=True)
class PolynomialMatrix:
    """An n x n matrix over a ring of coefficients, reduced by its relations."""

    ring: CoefficientRing
    rows: tuple[tuple[Polynomial, ...], ...]

    @staticmethod
    def of(ring: CoefficientRing, rows: Iterable[Iterable[Polynomial]]) -> PolynomialMatrix:
        """Return the matrix of some rows."""
        return PolynomialMatrix(ring, tuple(tuple(row) for row in rows))

    @staticmethod
    def scalar(ring: CoefficientRing, n: int, value: Polynomial) -> PolynomialMatrix:
        """Return a multiple of the identity."""
        zero = ring.zero
        return PolynomialMatrix.of(
            ring, ((value if i == j else zero for j in range(n)) for i in range(n))
        )

    @property
    def size(self) -> int:
        """N."""
        return len(self.rows)

    @property
    def is_zero(self) -> bool:
        """Whether every entry vanishes."""
        return all(entry.is_zero() for row in self.rows for entry in row)

    def __matmul__(self, other: PolynomialMatrix) -> PolynomialMatrix:
        ring = self.ring
        columns = [
            [(k, entry) for k, entry in enumerate(column) if not entry.is_zero()]
            for column in zip(*other.rows, strict=True)
        ]
        rows = []
        for row in self.rows:
            fresh = []
            for column in columns:
                total = ring.zero
                for k, entry in column:
                    if not row[k].is_zero():
                        total = total + row[k] * entry
                fresh.append(ring.reduced(total))
            rows.append(fresh)
        return PolynomialMatrix.of(ring, rows)

    def __add__(self, other: PolynomialMatrix) -> PolynomialMatrix:
        pairs = zip(self.rows, other.rows, strict=True)
        return PolynomialMatrix.of(
            self.ring, ((x + y for x, y in zip(*pair, strict=True)) for pair in pairs)
        )

    def scaled(self, factor: Polynomial) -> PolynomialMatrix:
        """Return the product with a polynomial or a rational number."""
        reduced = self.ring.reduced
        return PolynomialMatrix.of(
            self.ring, ((reduced(entry * factor) for entry in row) for row in self.rows)
        )

    def plus(self, value: Polynomial) -> PolynomialMatrix:
        """Return the sum with a multiple of the identity."""
        return self + PolynomialMatrix.scalar(self.ring, self.size, value)

    def block(self, indices: Sequence[int]) -> PolynomialMatrix:
        """Return the rows and columns with these indices."""
        return PolynomialMatrix.of(
            self.ring, ((self.rows[int(i)][int(j)] for j in indices) for i in indices)
        )

    def pattern(self) -> ZeroPattern:
        """Return where the entries do not vanish."""
        mask = [[not entry.is_zero() for entry in row] for row in self.rows]
        return ZeroPattern(np.array(mask, dtype=bool).reshape(self.size, self.size))

    def characteristic_polynomial(self) -> Polynomial:
        """Return det(sI - M) by the method of Faddeev and LeVerrier, which divides by integers."""
        ring, n = self.ring, self.size
        total, last = ring.variable**n, PolynomialMatrix.scalar(ring, n, ring.one)
        for k in range(1, n + 1):
            product = self @ last
            trace = sum((product.rows[i][i] for i in range(n)), ring.zero)
            coefficient = trace * flint.fmpq(-1, k)
            total = total + coefficient * ring.variable ** (n - k)
            last = product.plus(coefficient)
        return ring.reduced(total)


def cyclic_blocks(matrix: PolynomialMatrix) -> list[list[int]]:
    """Return the indices of the diagonal blocks of the finest block triangular form."""
    reach = matrix.pattern().reach
    both = reach & reach.T
    blocks: dict[int, list[int]] = {}
    for index in range(matrix.size):
        blocks.setdefault(int(np.argmax(both[index])), []).append(index)
    return list(blocks.values())


def evaluated(coefficients: Sequence[Polynomial], matrix: PolynomialMatrix) -> PolynomialMatrix:
    """Return a polynomial of the matrix; the constant coefficient comes first."""
    value = PolynomialMatrix.scalar(matrix.ring, matrix.size, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = (matrix @ value).plus(coefficient)
    return value
