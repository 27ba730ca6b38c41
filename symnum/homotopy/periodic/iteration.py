"""Homotopy analysis in cycles: a short series each, from the sum of the one before.

The start u_0 of a cycle is the sum of the last, with the amplitude imposed anew; W_0 follows from
its first harmonic. A c0 a little above -1 keeps the cycles from overshooting.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, final

import numpy as np
import sympy

from symnum.homotopy.arguments import read_count
from symnum.homotopy.convergence_control import partial_sum_weights
from symnum.homotopy.errors import HomotopyError
from symnum.homotopy.periodic.balance import Balance, satisfying
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocation import Array, CosineBasis
from symnum.homotopy.periodic.deformation import GridMotions, Terms, deform
from symnum.homotopy.periodic.dynamics import MotionDynamics
from symnum.homotopy.periodic.homotopy_run import HomotopyRun
from symnum.homotopy.periodic.motion_deformation import deform_motion
from symnum.homotopy.periodic.oscillator import Oscillator
from symnum.homotopy.warned import warned_series

if TYPE_CHECKING:
    from symnum.homotopy.periodic.collocated_solution import CollocatedSolution

__all__ = ["iterated"]

MOST_CYCLES = 300
FIRST_CONTROL = -0.9
WEAKEST_CONTROL = -0.2
STANDSTILL = 3  # cycles that gain nothing
LARGEST_SIZE = 256
ROUNDING = 2.0**-53


@final
@dataclass(slots=True)
class _State:
    """The sum of a cycle."""

    equations: CollocatedEquations
    values: Array
    squared: float
    damping: float = 0.0

    def residual(self) -> float:
        """Return the largest residual, infinite where there is no frequency."""
        if not self.squared > 0 or not np.all(np.isfinite(self.values)):
            return float("inf")
        equations, values = self.equations, self.values
        size = equations.largest_residual(values, self.squared, 2)
        if equations.has_damping:
            # The auxiliary damping is no part of the residual, and must vanish.
            size = max(size, abs(self.damping) * float(np.sqrt(self.squared)))
        return size if np.isfinite(size) else float("inf")


def iterated(
    solution: CollocatedSolution, cycles: int | None, order: int, tol: float | None
) -> CollocatedSolution:
    """Return the solution after cycles of homotopy analysis.

    Parameters
    ----------
    solution : CollocatedSolution
        Gives the problem, and the first start where it is better than one cosine.
    cycles : int or None
        None: until the residual stops falling.
    order : int
        Of each cycle.
    tol : float or None
        Stop where the frequency changes relatively by less.

    Returns
    -------
    CollocatedSolution
        Its series is that of the last cycle.

    Warns
    -----
    DivergenceWarning
        The result has not converged.
    """
    order = read_count(order, "order")
    most = MOST_CYCLES if cycles is None else read_count(cycles, "cycles")
    if tol is not None and not tol > 0:
        raise ValueError(f"tol: expected a positive number or None, got {tol}")
    state = _first_state(solution)
    control, best, idle, used = FIRST_CONTROL, state.residual(), 0, 0
    terms: Terms[Array] | None = None
    kept = state
    while used < most:
        used += 1
        following, terms_here = _cycle(solution, state, order, control)
        residual = following.residual()
        floor = 64 * ROUNDING * state.squared * abs(solution.starting_position)
        if residual > 2 * best and residual > floor and control < WEAKEST_CONTROL:
            control *= 0.75  # this cycle overshot: take it again with less control
            continue
        if terms_here is None:
            break
        change = abs(following.squared / state.squared - 1) / 2
        idle = idle + 1 if residual > 0.7 * best else 0
        if residual <= best or terms is None:
            best, kept, terms = residual, following, terms_here
        state = _grown(following)
        if tol is not None and change < tol:
            kept, terms = following, terms_here
            break
        if cycles is None and idle >= STANDSTILL:
            break
    return _result(solution, kept, terms, control)


def _first_state(solution: CollocatedSolution) -> _State:
    """Return the sum of the solution, or its u_0 where that has the smaller residual."""
    balance = solution.balance
    states = [_State(balance.equations, balance.coefficients, balance.squared, balance.damping)]
    if solution.run is not None:
        terms = solution.run.terms
        states.append(_State(balance.equations, terms.motions[0], terms.squared_frequencies[0]))
    best = min(states, key=_State.residual)
    if not np.isfinite(best.residual()):
        raise HomotopyError("iterate: the solution has no finite residual to start from")
    return _grown(best)


def _grown(state: _State) -> _State:
    """Return the state with more harmonics where the last of them have not decayed."""
    basis = state.equations.basis
    part = max(1, basis.size // 8)
    parts = (state.values[: basis.cosines], state.values[basis.cosines :])
    tail = max(np.max(np.abs(values[-part:])) for values in parts if len(values))
    if tail <= 8 * ROUNDING * np.max(np.abs(state.values)) or basis.size >= LARGEST_SIZE:
        return state
    larger = state.equations.resized(basis.size * 3 // 2 + 1)
    embedded = basis.embed(state.values, larger.basis)
    return _State(larger, embedded, state.squared, state.damping)


def _cycle(
    solution: CollocatedSolution, state: _State, order: int, control: float
) -> tuple[_State, Terms[Array] | None]:
    """Return the sum of one cycle and its terms."""
    equations, position = state.equations, solution.starting_position
    start = satisfying(equations, state.values, None if equations.free else position)
    try:
        if isinstance(solution.oscillator, Oscillator):
            if not isinstance(equations.basis, CosineBasis):
                raise TypeError("basis: expected cosines")
            space = GridMotions(equations.basis, start)
            terms = deform(solution.oscillator, space, order)
        else:
            if not isinstance(equations.force, MotionDynamics):
                raise TypeError("force: expected an equation of motion")
            terms = deform_motion(equations.force, equations, start, state.squared, order)
    except HomotopyError:
        # A cycle that overshot can have left no oscillation to start from.
        return _State(equations, state.values, float("nan")), None
    weights = partial_sum_weights(control, order)
    values = weights @ np.array(terms.motions)
    squared = float(weights @ np.array(terms.squared_frequencies))
    damping = float(weights @ np.array(terms.dampings)) if terms.dampings else 0.0
    values = satisfying(equations, values, None if equations.free else position)
    return _State(equations, values, squared, damping), terms


def _result(
    solution: CollocatedSolution, state: _State, terms: Terms[Array] | None, control: float
) -> CollocatedSolution:
    from symnum.homotopy.periodic.collocated_solution import CollocatedSolution

    if terms is None:
        raise HomotopyError(
            "iterate: no cycle had a finite sum; a higher order or harmonic_balance may do"
        )
    equations, first = state.equations, terms.motions[0]
    bias = 0.0 if equations.basis.odd else float(first[0])
    run = HomotopyRun(
        terms, Fraction(bias), Fraction(float(first[equations.basis.first])), sympy.Float(control),
        exact=False,
    )  # fmt: skip
    amplitude = solution.amplitude
    if equations.free:
        amplitude = sympy.Float(equations.start(state.values))
    balance = Balance(equations, state.values, state.squared, 0, True, state.damping)
    result = CollocatedSolution(solution.oscillator, amplitude, balance, solution.orbit, run)
    return warned_series(result, len(terms.motions) - 1, run.c0)
