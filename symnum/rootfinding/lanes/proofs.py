"""The derivation behind the step of a system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from symnum.derivation import Derivation
from symnum.rootfinding.proofs import natural_domain

if TYPE_CHECKING:
    from symnum.rootfinding.lanes.reading import KernelProblem

__all__ = ["system_step_derivation"]


def system_step_derivation(problem: KernelProblem, step: Any) -> Derivation:
    """Derive Newton's step of a system: it is where the linear model of the equations vanishes.

    Parameters
    ----------
    problem : KernelProblem
        The equations.
    step : Matrix
        The next iterate.

    Returns
    -------
    Derivation
        Its result is the step, a function of the unknowns and the parameters.
    """
    values, unknowns = sp.Matrix(problem.equations), sp.Matrix(problem.unknowns)
    jacobian = values.jacobian(unknowns)
    determinant = jacobian.det()
    d = Derivation(
        "newton_step",
        title=f"Newton's step of {problem.text}",
        source="L. V. Kantorovich, Functional analysis and applied mathematics, 1948",
        domain=natural_domain([*problem.equations, *step]),
        where=() if determinant.is_number else (sp.Ne(determinant, 0),),
    )
    model = values + jacobian * (sp.Matrix(step) - unknowns)
    for equation, value in zip(problem.equations, model, strict=True):
        d.equal(value, 0, why=f"the tangent of {equation} vanishes at the next iterate")
    shift = jacobian.adjugate() * values / determinant
    for unknown, moved, following in zip(unknowns, shift, step, strict=True):
        d.equal(unknown - moved, following, why=f"Cramer's rule for {unknown}")
    d.result(step, args=(*problem.unknowns, *problem.params))
    return d
