r"""The homotopy series with the highest derivative as linear operator, on Chebyshev points.

    u_m = chi_m u_(m-1) - L^(-1) R_m,   R_m = [q**(m-1)] N[phi, Lambda],   L = d^n/dx^n,

each u_m with the conditions made homogeneous. An unknown number enters R_m linearly with its
newest term, and its further condition fixes that: both are solved for at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from symnum.homotopy.boundary.collocated_boundary import (
    CollocatedBoundary,
    Factorization,
    Profile,
    SingularMatrixError,
)
from symnum.homotopy.boundary.start import starts
from symnum.homotopy.errors import HomotopyError

__all__ = ["deform_collocated"]

Array = NDArray[np.float64]

NUMBER_STEPS = 20


def deform_collocated(system: CollocatedBoundary, order: int) -> list[Profile]:
    """Return u_0, ..., u_M at c0 = -1 from the polynomial of lowest degree as u_0.

    Parameters
    ----------
    system : CollocatedBoundary
    order : int
        M.

    Returns
    -------
    list of Profile

    Raises
    ------
    HomotopyError
        Nonlinear conditions, or a start at which the equation has no finite values.
    """
    problem = system.problem
    for condition in problem.conditions:
        if not condition.is_linear:
            raise HomotopyError(f"series: the condition {condition.text} is not linear")
    start = next(starts(system), None)
    if start is None:
        raise HomotopyError("series: the equation has no finite values at the start")
    try:
        start, factors, rate = _first_numbers(system, start)
    except SingularMatrixError:
        raise HomotopyError(
            "series: the highest derivative with these conditions has no inverse"
        ) from None
    terms, count = [start], len(problem.unknowns)
    for m in range(1, order + 1):
        side = system.coefficient(m - 1)
        side[system.pieces * system.size :] = 0.0
        if not np.all(np.isfinite(side)):
            raise HomotopyError(f"series: the deformation equation of order {m} has no finite side")
        found = system.split(factors.solve(-side / rate))
        if count and m > 1:
            # The newest terms of the numbers belong to the order below.
            terms[-1] = Profile(terms[-1].slopes, terms[-1].ends, found.numbers)
            system.replace_last(terms[-1])
        following = Profile(found.slopes, found.ends, np.zeros(count))
        if m > 1:
            older = Profile(terms[-1].slopes, terms[-1].ends, np.zeros(count))
            following = following.plus(older)
        terms.append(following)
        if m < order:
            system.feed(following)
    return terms


def _first_numbers(
    system: CollocatedBoundary, start: Profile
) -> tuple[Profile, Factorization, Array]:
    """Return the start with the numbers for which the first equation can be solved."""
    for _ in range(NUMBER_STEPS):
        left = system.start(start)
        left[system.pieces * system.size :] = 0.0
        factors, rate = _operator(system)
        step = system.split(factors.solve(-left / rate)).numbers
        if not step.size or float(np.max(np.abs(step))) <= 1e-14 * (
            1 + float(np.max(np.abs(start.numbers)))
        ):
            break
        start = Profile(start.slopes, start.ends, start.numbers + step)
    return start, factors, rate


def _operator(system: CollocatedBoundary) -> tuple[Factorization, Array]:
    """Return the factors of the operator, bordered by the unknown numbers, and row scales."""
    slopes = system.program.slopes()
    n = system.problem.order
    # The sign and size of the highest derivative's coefficient belong to the operator.
    rate = np.ones(system.unknown_count)
    highest = slopes[n]
    nodes = system.pieces * system.size
    rate[:nodes] = np.where(highest == 0, 1.0, highest)
    constant = [np.zeros(nodes)] * n + [np.ones(nodes)]
    numbers = [slope / rate[:nodes] for slope in slopes[n + 1 :]]
    return system.assemble([*constant, *numbers]), rate
