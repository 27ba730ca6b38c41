r"""Starts for linear eigenvalue problems: the mode with the fewest changes of sign.

Where the equation is ``A u + lam B u = 0``, one inhomogeneous condition gives the size of u, and
the others are made homogeneous with it: the discrete problem is an eigenvalue problem of matrices.
Of its real modes the one that oscillates least is the start.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import NDArray

from symnum.homotopy.boundary.collocated_boundary import CollocatedBoundary, Profile
from symnum.homotopy.boundary.problem import BoundaryProblem

__all__ = ["fundamental_mode", "is_eigenvalue_problem", "sign_changes"]

Array = NDArray[np.float64]

SHIFT = -0.4142135  # the pencil is inverted there; an eigenvalue equals it only by chance
LARGEST_SIZE = 260
INVISIBLE = 1e-6  # values below this part of the largest have no sign
REAL = 1e-7


def is_eigenvalue_problem(problem: BoundaryProblem) -> bool:
    """Tell whether a problem is linear in u with one unknown number that multiplies u.

    Parameters
    ----------
    problem : BoundaryProblem

    Returns
    -------
    bool
        True also asks that the conditions are linear and not all homogeneous.
    """
    if len(problem.unknowns) != 1 or not all(c.is_linear for c in problem.conditions):
        return False
    if all(c.target == 0 for c in problem.conditions):
        return False
    (number,), slots = problem.unknowns, problem.slots
    at_rest = dict.fromkeys(slots, sympy.S.Zero)
    slopes = [sympy.diff(problem.expr, slot) for slot in slots]
    return (
        sympy.expand(problem.expr.xreplace(at_rest)) == 0
        and not any(slope.has(*slots) for slope in slopes)
        and all(sympy.expand(sympy.diff(slope, number, 2)) == 0 for slope in slopes)
    )


def fundamental_mode(system: CollocatedBoundary) -> Profile | None:
    """Return the mode with the fewest changes of sign, sized by the inhomogeneous condition.

    Parameters
    ----------
    system : CollocatedBoundary
        Of an eigenvalue problem.

    Returns
    -------
    Profile or None
        None where no real mode satisfies the inhomogeneous condition.
    """
    total = system.unknown_count
    if total > LARGEST_SIZE:
        return None
    conditions = system.problem.conditions
    normalising = next(i for i, c in enumerate(conditions) if c.target != 0)
    kept = np.delete(np.arange(total), total - len(conditions) + normalising)
    first, second = (_matrix(system, number)[:, :-1] for number in (SHIFT, SHIFT + 1))
    weights = system.condition_row(normalising)[:-1]
    for line, condition in enumerate(conditions):
        ratio = float(condition.target / conditions[normalising].target)
        for matrix in (first, second):
            matrix[total - len(conditions) + line] -= ratio * weights
    first, second = first[kept], second[kept]
    try:
        inverse = np.linalg.solve(first, first - second)
        values, vectors = np.linalg.eig(inverse)
    except np.linalg.LinAlgError:
        return None
    best: tuple[int, float, Profile] | None = None
    target = float(conditions[normalising].target)
    with np.errstate(all="ignore"):
        numbers = SHIFT + 1 / values
    for number, vector in zip(numbers, vectors.T, strict=True):
        if not np.isfinite(number) or abs(number.imag) > REAL * (1 + abs(number)):
            continue
        mode = np.real(vector)
        size = float(weights @ mode)
        profile = system.split(np.append(mode, number.real))
        values_of_u = system.inputs(profile)[0]
        largest = float(np.max(np.abs(values_of_u)))
        if largest == 0 or abs(size) < INVISIBLE * largest:
            continue
        rank = (sign_changes(values_of_u), abs(float(number.real)))
        if best is None or rank < best[:2]:
            scaled = np.append(mode * (target / size), number.real)
            best = (*rank, system.split(scaled))
    return None if best is None else best[2]


def _matrix(system: CollocatedBoundary, number: float) -> Array:
    """Return the matrix of the linear problem at a value of the unknown number."""
    zero = np.zeros(system.unknown_count)
    zero[-1] = number
    system.start(system.split(zero))
    matrix: Array = system.matrix(system.program.slopes()).toarray()
    return matrix


def sign_changes(values: Array) -> int:
    """Return how often values change sign, those near zero left out."""
    seen = values[np.abs(values) > INVISIBLE * np.max(np.abs(values))]
    return int(np.sum(seen[1:] * seen[:-1] < 0))
