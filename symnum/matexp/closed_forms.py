"""Closed forms of exp(tA) that need no eigenvalues: a table of structures, each with its law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Dummy, Expr, ImmutableMatrix, Poly, exp, factorial

from symnum.matexp.entire_functions import Phi

__all__ = ["STRUCTURES", "ClosedForm", "closed_form"]

_S = Dummy("s")


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """exp(tA) with what was found out about A.

    Attributes
    ----------
    expr : ImmutableMatrix
        exp(tA).
    structure : str
        What was recognised.
    minimal_polynomial : Poly
        Monic, for generic values of the parameters.
    scale : Expr or None
        c where A^2 = cA.
    """

    expr: ImmutableMatrix
    structure: str
    minimal_polynomial: Poly
    scale: Expr | None = None


def _is_zero(matrix: ImmutableMatrix) -> bool:
    return all(sympy.cancel(sympy.expand(entry)) == 0 for entry in matrix)


def _zero(A: ImmutableMatrix, t: Expr) -> ClosedForm | None:
    if not _is_zero(A):
        return None
    return ClosedForm(ImmutableMatrix.eye(A.rows), "zero", Poly(_S, _S))


def _diagonal(A: ImmutableMatrix, t: Expr) -> ClosedForm | None:
    if not A.is_diagonal():
        return None
    entries = [A[i, i] for i in range(A.rows)]
    factors = [_S - entry for entry in sorted(set(entries), key=sympy.default_sort_key)]
    expr = ImmutableMatrix.diag(*(exp(t * entry) for entry in entries))
    return ClosedForm(expr, "diagonal", Poly(sympy.Mul(*factors), _S))


def _scaled_idempotent(A: ImmutableMatrix, t: Expr) -> ClosedForm | None:
    square = A * A
    pivot = next((k for k, entry in enumerate(A) if sympy.cancel(entry) != 0), None)
    if pivot is None:
        return None
    scale = sympy.cancel(sympy.expand(square[pivot]) / A[pivot])
    if not _is_zero(square - scale * A):
        return None
    expr = ImmutableMatrix.eye(A.rows) + t * Phi(1, scale * t) * A
    name = "rank 1" if sympy.cancel(scale - A.trace()) == 0 else "square is a multiple"
    return ClosedForm(ImmutableMatrix(expr), name, Poly(_S * (_S - scale), _S), scale)


def _nilpotent(A: ImmutableMatrix, t: Expr) -> ClosedForm | None:
    power, total = ImmutableMatrix.eye(A.rows), ImmutableMatrix.zeros(A.rows, A.rows)
    for degree in range(A.rows + 1):
        if _is_zero(power):
            return ClosedForm(total, f"nilpotent, degree {degree}", Poly(_S**degree, _S))
        total += power * t**degree / factorial(degree)
        power = ImmutableMatrix((power * A).applyfunc(sympy.expand))
    return None


Recogniser = Callable[[ImmutableMatrix, Expr], ClosedForm | None]

# In this order; the first that recognises the matrix answers.
STRUCTURES: tuple[Recogniser, ...] = (
    _zero,  # exp(0) = I
    _diagonal,  # exp(t diag(a)) = diag(exp(t a))
    _scaled_idempotent,  # A^2 = cA: exp(tA) = I + t phi_1(ct) A
    _nilpotent,  # A^k = 0: the exponential series ends
)


def closed_form(A: ImmutableMatrix, t: Expr) -> ClosedForm:
    """Return exp(tA) for a matrix of a known structure.

    Raises
    ------
    NotImplementedError
        None of the structures fits; the message lists them.
    """
    for recognise in STRUCTURES:
        found = recognise(A, t)
        if found is not None:
            return found
    known = "zero, diagonal, A^2 = c*A (rank one among them), nilpotent"
    raise NotImplementedError(f"A: no closed form for {A.rows} x {A.cols} {A}; known are {known}")
