"""Boundary-value problems: `solve_bvp`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import sympy

from symnum.homotopy.arguments import read_c0, read_order
from symnum.homotopy.boundary.collocated_boundary import (
    CollocatedBoundary,
    Profile,
    SingularMatrixError,
)
from symnum.homotopy.boundary.collocated_boundary_solution import CollocatedBoundarySolution
from symnum.homotopy.boundary.exponential_basis import Exponentials, solve_in_exponentials
from symnum.homotopy.boundary.power_basis import solve_in_powers
from symnum.homotopy.boundary.problem import BoundaryProblem, read_boundary_problem
from symnum.homotopy.boundary.searching import Finding, relative_tail, search
from symnum.homotopy.boundary.solution import HAMSolution
from symnum.homotopy.errors import BranchError, DivergenceWarning, HomotopyError, ResonanceError

__all__ = ["solve_bvp"]

BASES = ("powers", "exponentials", "chebyshev", "auto")
CYCLE = 4  # terms of a cycle that is restarted; more cost more than they bring
SINGULAR = 1e13
FINE_PIECES = 32
RESOLVED = 1e-5  # tail of a function that is one, and no artefact of the nodes


def solve_bvp(
    equation: Any,
    u: Any,
    x: Any,
    conditions: Any,
    *,
    order: int,
    basis: str | Exponentials = "auto",
    c0: Any = "optimal",
) -> HAMSolution:
    r"""Solve a boundary-value or initial-value problem by homotopy analysis.

    ``N[u] = 0`` is deformed from u_0, which satisfies the conditions, by
    ``(1 - q) L[phi - u_0] = c0 q N[phi]``. In the bases of powers and of exponentials L is the
    highest derivative, or a decaying operator, and all terms are exact. On Chebyshev points the
    equation is linearised, ``L = N'[u_0]``, and the sum is taken as the next u_0 until the
    residual stops falling.

    Parameters
    ----------
    equation : str, Eq or Expr
        Text writes derivatives as primes: ``"u''' + u*u''"``. Free symbols besides `x` are unknown
        numbers; each asks for one further condition, which also selects the branch.
    u : Function, applied function, Symbol or str
    x : Symbol or str
    conditions : sequence of str, Eq or Expr
        Such as ``"u(0) = 0"`` or ``"u'(oo) = 1"``, of derivatives below the highest.
    order : int
        The last term of the series; the cycles on Chebyshev points are shorter.
    basis : {"powers", "exponentials", "chebyshev", "auto"} or Exponentials
        Powers of x for initial values and regular intervals; ``x**k exp(-n rate x)`` for half
        lines; Chebyshev points for every interval. ``"auto"`` takes powers for initial values and
        Chebyshev points otherwise.
    c0 : number or "optimal"
        The convergence-control parameter of the series; by default the one of least residual.

    Returns
    -------
    HAMSolution

    Raises
    ------
    ValueError
        Arguments that state no problem: their number, their names, their kind.
    NonAnalyticError
        A function of u without power series, by name.
    ResonanceError
        A linear problem without a unique solution.
    BranchError
        The conditions do not determine an unknown number.

    Warns
    -----
    DivergenceWarning
        The result cannot be trusted; its `converged` is False.

    Examples
    --------
    >>> bratu = solve_bvp(
    ...     "u'' + lam*exp(u)", "u", "x", ["u(0)=0", "u(1)=0", "u(1/2)=2"], order=10,
    ...     basis="chebyshev",
    ... )
    >>> [round(value, 10) for value in bratu.unknowns.values()]
    [2.9742962899]
    """
    count = read_order(order)
    _check_basis(basis)
    parameter = None if isinstance(c0, str) and c0 == "optimal" else read_c0(c0)
    problem = read_boundary_problem(equation, u, x, conditions)
    initial = len(problem.points) == 1 and bool(problem.points[0].is_finite)
    if basis == "auto":
        basis = "powers" if initial else "chebyshev"
    solution: HAMSolution
    if isinstance(basis, Exponentials) or basis == "exponentials":
        rate = basis.rate if isinstance(basis, Exponentials) else None
        solution = solve_in_exponentials(problem, count, parameter, rate)
    elif basis == "powers":
        solution = solve_in_powers(problem, count, parameter)
    else:
        if initial:
            raise ValueError(
                f"conditions: all are at {problem.points[0]}, so that the interval has no end: "
                "basis='powers' treats initial values, basis='chebyshev' needs a second point"
            )
        solution = _on_chebyshev_points(problem, count, parameter)
    if not solution.converged:
        warnings.warn(_advice(solution, count), DivergenceWarning, stacklevel=2)
    return solution


def _check_basis(basis: Any) -> None:
    if isinstance(basis, Exponentials) or (isinstance(basis, str) and basis in BASES):
        return
    names = ", ".join(BASES)
    raise ValueError(f"basis: expected one of {names}, got {basis!r:.40}")


def _on_chebyshev_points(
    problem: BoundaryProblem, order: int, c0: sympy.Expr | None
) -> HAMSolution:
    _check_trivial(problem)
    cycle = max(1, min(order, CYCLE))
    finding = search(problem, cycle)
    if finding is None:
        raise HomotopyError(
            f"equation: {problem.equation.lhs} has no finite real values near functions that "
            "satisfy the conditions"
        )
    _check_uniqueness(finding)
    return CollocatedBoundarySolution(finding, order, c0)


def _check_trivial(problem: BoundaryProblem) -> None:
    """Refuse unknown numbers that u = 0, which satisfies everything, leaves open."""
    values = {symbol: sympy.S.Zero for c in problem.conditions for symbol in c.values}
    at_rest = problem.expr.xreplace(dict.fromkeys(problem.slots, sympy.S.Zero))
    left = [sympy.expand(at_rest), *(c.expr.xreplace(values) for c in problem.conditions)]
    if problem.unknowns and all(expr == 0 for expr in left):
        names = ", ".join(str(symbol) for symbol in problem.unknowns)
        raise BranchError(
            f"conditions: they do not determine {names}: all are homogeneous, and u = 0 satisfies "
            "them and the equation for every value; a condition such as u(1/2) = 1 selects a branch"
        )


def _check_uniqueness(finding: Finding) -> None:
    """Refuse what linear algebra shows to be no problem with one solution."""
    system, profile = finding.system, finding.settlement.profile
    problem = system.problem
    if not (problem.is_linear or problem.unknowns):
        return
    if problem.is_linear and not (finding.stands and np.any(profile.flat())):
        # Pieces that were not halved, for u = 0 needs none, would not show what oscillates.
        breaks = np.linspace(system.breaks[0], system.breaks[-1], FINE_PIECES + 1)
        system = CollocatedBoundary(system.equation, system.domain, breaks, system.size)
        profile = system.split(np.zeros(system.unknown_count))
    if not _is_singular(system, profile):
        return
    if problem.is_linear:
        if not all(point.is_finite for point in problem.points) and not finding.stands:
            return
        raise ResonanceError(
            f"conditions: resonance: the homogeneous problem of {problem.equation.lhs} = 0 has "
            "solutions besides u = 0, so that with these conditions there are none or infinitely "
            "many"
        )
    names = ", ".join(str(symbol) for symbol in problem.unknowns)
    if finding.stands:
        raise BranchError(
            f"conditions: they do not determine {names}: the branch that was found satisfies them "
            "for other values as well; a condition that is not homogeneous selects one"
        )


def _is_singular(system: CollocatedBoundary, profile: Profile) -> bool:
    """Tell whether the linearised problem is singular, and not merely its discrete form.

    A function that it maps to zero must be resolved by the pieces.
    """
    if not np.all(np.isfinite(system.start(profile))):
        return False
    if not all(np.all(np.isfinite(slope)) for slope in system.program.slopes()):
        return False
    try:
        factors = system.linearise()
    except SingularMatrixError:
        return True
    if factors.condition() < SINGULAR:
        return False
    return relative_tail(system, system.split(factors.null_vector())) < RESOLVED


def _advice(solution: HAMSolution, order: int) -> str:
    estimate = f"estimated relative error {solution.error_estimate:.1g}"
    residual = f"residual {solution.residual():.1g}"
    if isinstance(solution, CollocatedBoundarySolution):
        return (
            f"the homotopy cycles have not converged: {estimate}, {residual}; there may be no "
            "solution, or one on another branch: give a further condition and a parameter as "
            "unknown, such as u(1/2) = 2, to pass a fold"
        )
    return (
        f"the homotopy series of order {order} has not converged: {estimate}, {residual}; try a "
        "higher order, another c0, pade(), or basis='chebyshev', which iterates"
    )
