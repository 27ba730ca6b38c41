"""Which structure a symbolic matrix has: exact tests on its entries, each a row of a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from symnum.matexp.symbolic.coefficient_rings import CoefficientRing, Polynomial
from symnum.matexp.symbolic.polynomial_matrices import PolynomialMatrix, cyclic_blocks

__all__ = ["STRUCTURES", "structure_of"]

Recogniser: TypeAlias = Callable[[PolynomialMatrix], bool]


def _differs(ring: CoefficientRing, left: Polynomial, right: Polynomial) -> bool:
    return not ring.reduced(left - right).is_zero()


def _is_diagonal(A: PolynomialMatrix) -> bool:
    n = range(A.size)
    return all(A.rows[i][j].is_zero() for i in n for j in n if i != j)


def _is_rank_one(A: PolynomialMatrix) -> bool:
    """All minors with one entry that is not zero vanish."""
    n, ring = range(A.size), A.ring
    place = next(((i, j) for i in n for j in n if not A.rows[i][j].is_zero()), None)
    if place is None:
        return False
    p, q = place
    pivot = A.rows[p][q]
    return not any(
        _differs(ring, pivot * A.rows[i][j], A.rows[i][q] * A.rows[p][j]) for i in n for j in n
    )


def _is_square_a_multiple_of_one(A: PolynomialMatrix) -> bool:
    square = A @ A
    return (square.plus(-square.rows[0][0])).is_zero


def _is_square_a_multiple(A: PolynomialMatrix) -> bool:
    n, ring, square = range(A.size), A.ring, A @ A
    place = next(((i, j) for i in n for j in n if not A.rows[i][j].is_zero()), None)
    if place is None:
        return False
    p, q = place
    return not any(
        _differs(ring, square.rows[p][q] * A.rows[i][j], A.rows[p][q] * square.rows[i][j])
        for i in n
        for j in n
    )


def _is_mirrored(A: PolynomialMatrix, sign: int, conjugate: bool) -> bool:
    n, ring = range(A.size), A.ring
    return not any(
        _differs(ring, A.rows[i][j], _conjugate(ring, A.rows[j][i], conjugate) * sign)
        for i in n
        for j in n
    )


def _conjugate(ring: CoefficientRing, entry: Polynomial, wanted: bool) -> Polynomial:
    return ring.conjugate(entry) if wanted else entry


def _is_skew(A: PolynomialMatrix) -> bool:
    return _is_mirrored(A, -1, False)


def _is_symmetric(A: PolynomialMatrix) -> bool:
    return _is_mirrored(A, 1, False)


def _is_hermitian(A: PolynomialMatrix) -> bool:
    return A.ring.has_imaginary_unit and _is_mirrored(A, 1, True)


def _is_skew_hermitian(A: PolynomialMatrix) -> bool:
    return A.ring.has_imaginary_unit and _is_mirrored(A, -1, True)


def _is_circulant(A: PolynomialMatrix) -> bool:
    n, ring = A.size, A.ring
    return n > 1 and not any(
        _differs(ring, A.rows[i][j], A.rows[0][(j - i) % n]) for i in range(n) for j in range(n)
    )


def _is_companion(A: PolynomialMatrix) -> bool:
    """Ones above the diagonal and a last row, or the transpose of that."""
    return A.size > 1 and (_has_companion_rows(A.rows) or _has_companion_rows(_transposed(A)))


def _transposed(A: PolynomialMatrix) -> tuple[tuple[Polynomial, ...], ...]:
    return tuple(zip(*A.rows, strict=True))


def _has_companion_rows(rows: tuple[tuple[Polynomial, ...], ...]) -> bool:
    return all(
        entry == (1 if j == i + 1 else 0)
        for i, row in enumerate(rows[:-1])
        for j, entry in enumerate(row)
    )


def _is_triangular(A: PolynomialMatrix) -> bool:
    return all(len(block) == 1 for block in cyclic_blocks(A))


def _is_metzler(A: PolynomialMatrix) -> bool:
    """Numbers off the diagonal, none negative."""
    n = range(A.size)
    entries = [A.rows[i][j] for i in n for j in n if i != j]
    return all(
        entry.is_constant() and (entry.is_zero() or entry.leading_coefficient() > 0)
        for entry in entries
    )


def _is_block_triangular(A: PolynomialMatrix) -> bool:
    return 1 < len(cyclic_blocks(A)) < A.size


# In this order; the first two that hold are reported.
STRUCTURES: tuple[tuple[str, Recogniser], ...] = (
    ("zero", lambda A: A.is_zero),
    ("diagonal", _is_diagonal),
    ("rank 1", _is_rank_one),
    ("square is a multiple of 1", _is_square_a_multiple_of_one),
    ("square is a multiple of it", _is_square_a_multiple),
    ("skew", _is_skew),
    ("2x2", lambda A: A.size == 2),
    ("skew-Hermitian", _is_skew_hermitian),
    ("Hermitian", _is_hermitian),
    ("circulant", _is_circulant),
    ("companion", _is_companion),
    ("triangular", _is_triangular),
    ("block triangular", _is_block_triangular),
    ("Metzler", _is_metzler),
    ("symmetric", _is_symmetric),
)


def structure_of(A: PolynomialMatrix, degree: int, family: str) -> str:
    """Return what a connected matrix is, for a reader.

    Parameters
    ----------
    A : PolynomialMatrix
    degree : int
        Of its minimal polynomial.
    family : str
        The law of its closed form.
    """
    found = [name for name, holds in STRUCTURES if holds(A)]
    if found and found[0] in ("zero", "diagonal", "rank 1"):
        return found[0]
    if family == "finite series" and all(entry.is_zero() for entry in _diagonal(A)):
        return f"nilpotent, degree {degree}"
    names = found[:2] or ["generic"]
    if names[0] == "skew":
        names[0] = f"skew {A.size}x{A.size}"
    return f"{', '.join(names)}, degree {degree} ({family})"


def _diagonal(A: PolynomialMatrix) -> list[Polynomial]:
    return [A.rows[i][i] for i in range(A.size)]
