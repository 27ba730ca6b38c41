r"""Refinement of a solution to many digits, in mixed precision.

The Jacobian is inverted once, in double precision; the residual is evaluated with many digits.
Each step then gains as many digits as the inverse has, about 16 less those of the conditioning.
The harmonics are as many as the decay of the coefficients asks for.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb

from symnum.homotopy.arguments import read_count
from symnum.homotopy.equation_reading import MotionEquation
from symnum.homotopy.errors import DivergenceWarning, HomotopyError
from symnum.homotopy.periodic.balance import Balance, polish, satisfying, solve_balance
from symnum.homotopy.periodic.ball_equations import BallEquations
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocation import Array, CosineBasis, Force
from symnum.homotopy.periodic.refined_solution import RefinedNumbers, RefinedSolution
from symnum.reference.balls import BallFunction
from symnum.reference.precision import working_precision

if TYPE_CHECKING:
    from symnum.homotopy.periodic.collocated_solution import CollocatedSolution

__all__ = ["refined"]

GUARD_DIGITS = 12
MOST_DIGITS = 1000
LARGEST_LENGTH = 768  # coefficients
LARGEST_SIZE = 512  # harmonics
SMALLEST_SIZE = 8
GROWTHS = 6
MOST_STEPS = 200
FARTHEST, NEAREST = 0.2, 1e-3  # the change of the frequency that a start may need
ROUNDING = 1e-13  # coefficients below that of the largest are rounding errors


def refined(solution: CollocatedSolution, digits: int) -> RefinedSolution:
    """Return a solution to many digits.

    Parameters
    ----------
    solution : CollocatedSolution
    digits : int
        Of the frequency, and of the coefficients relative to the largest.

    Returns
    -------
    RefinedSolution

    Raises
    ------
    HomotopyError
        Newton's method does not settle near the solution.

    Warns
    -----
    DivergenceWarning
        So many digits were not reached with the most harmonics that are tried.
    """
    digits = read_count(digits, "digits")
    if digits > MOST_DIGITS:
        raise ValueError(f"digits: expected at most {MOST_DIGITS}, got {digits}")
    balance = _settled(solution, solution.balance.equations.basis.size)
    basis = balance.equations.basis
    largest = min(LARGEST_SIZE, LARGEST_LENGTH * basis.size // basis.length)
    size = _needed_size(balance, digits, largest)
    numbers = None
    for _ in range(GROWTHS):
        balance = _settled(solution, size, balance)
        numbers = _newton(solution, balance, digits)
        worst = max(numbers.tail, numbers.error)
        if worst <= 10.0**-digits or size >= largest:
            break
        reached = float(np.clip(-np.log10(worst) / digits, 0.55, 0.9))
        size = min(largest, int(size * 1.1 / reached) + 4)
    if numbers is None:
        raise AssertionError("unreachable")
    result = RefinedSolution(solution, numbers, digits)
    if not result.converged:
        warnings.warn(
            f"refine: {digits} digits were not reached with {size} harmonics: estimated relative "
            f"error of the frequency {float(result.error_estimate):.1g}; forces with corners or "
            "jumps converge slowly, ask for fewer digits",
            DivergenceWarning,
            stacklevel=3,
        )
    return result


def _settled(solution: CollocatedSolution, size: int, known: Balance | None = None) -> Balance:
    """Return the solution in double precision with so many harmonics."""
    balance = known or solution.balance
    equations = balance.equations.resized(size)
    start = None if equations.free else solution.starting_position
    if balance.squared > 0 and np.all(np.isfinite(balance.coefficients)):
        embedded = balance.equations.basis.embed(balance.coefficients, equations.basis)
        polished = polish(equations, satisfying(equations, embedded, start), balance.squared)
        change = abs(float(np.sqrt(polished.squared / balance.squared)) - 1)
        # From a sum that has not converged Newton's method may go anywhere.
        if polished.settled and change < (FARTHEST if solution.converged else NEAREST):
            return polished
    return _restarted(solution, size)


def _restarted(solution: CollocatedSolution, size: int) -> Balance:
    """Return the solution by harmonic balance, as if there were no other."""
    from symnum.homotopy.periodic.motion_solving import balance_motion

    problem, equations = solution.oscillator, solution.balance.equations
    if isinstance(problem, MotionEquation):
        amplitude = None if equations.free else solution.amplitude
        balance = balance_motion(problem, amplitude, size).balance
    elif (
        solution.orbit is not None
        and isinstance(equations.force, Force)
        and isinstance(equations.basis, CosineBasis)
    ):
        balance = solve_balance(equations.force, equations.basis.resized(size), solution.orbit)
    else:
        raise TypeError(f"solution: expected an oscillator, got {type(problem).__name__}")
    if not balance.settled:
        raise HomotopyError(
            "refine: Newton's method does not settle on a periodic solution; the forces may be too "
            "rough for so many digits"
        )
    return balance


def _needed_size(balance: Balance, digits: int, largest: int) -> int:
    """Return how many harmonics have coefficients above ``10**-digits``, from their decay."""
    basis = balance.equations.basis
    sizes = np.abs(balance.coefficients[: basis.cosines])
    waves = np.abs(balance.coefficients[basis.cosines :])
    shift = basis.cosines - len(waves)
    sizes[shift:] = np.maximum(sizes[shift:], waves) if len(waves) else sizes[shift:]
    # The envelope from above, from the last harmonic on: single coefficients may vanish.
    envelope = np.maximum.accumulate(sizes[::-1])[::-1] / sizes.max()
    last = int(np.argmax(envelope < ROUNDING)) if np.any(envelope < ROUNDING) else len(envelope)
    first = last // 3
    if last - first < 2 or not envelope[last - 1] > 0:
        return max(SMALLEST_SIZE, basis.size)
    rate = np.log10(envelope[first] / envelope[last - 1]) / (last - 1 - first)
    if not rate > 0:
        return min(largest, 2 * basis.size)
    reached = -np.log10(envelope[last - 1])
    kappa = balance.equations.condition(balance.coefficients, balance.squared)
    lost = float(np.log10(1 + kappa)) if np.isfinite(kappa) else 0.0
    missing = max(0.0, digits + 2 + lost - reached) / rate
    return int(np.clip(last + missing + 4, SMALLEST_SIZE, largest))


def _newton(solution: CollocatedSolution, balance: Balance, digits: int) -> RefinedNumbers:
    equations = balance.equations
    kappa = equations.condition(balance.coefficients, balance.squared)
    lost = int(np.log10(1 + kappa)) if np.isfinite(kappa) else 0
    bits = int((digits + GUARD_DIGITS + lost) * 3.33) + 32
    amplitude = None
    if not equations.free:
        amplitude = BallFunction([], solution.amplitude)([], bits + 32).mid()
    balls = BallEquations(equations, amplitude, bits)
    inverse = balls.jacobian_inverse(balance.coefficients, balance.squared, balance.damping)
    length = equations.basis.length
    with working_precision(bits):
        values = [arb(float(value)) for value in balance.coefficients]
        squared, damping = arb(balance.squared), arb(balance.damping)
    largest = float(np.max(np.abs(balance.coefficients)))
    goal = 10.0 ** -(digits + 6)
    previous, count = float("inf"), 0
    while count < MOST_STEPS:
        count += 1
        scaled, scale = _scaled(balls.residuals(values, squared, damping))
        step = -(inverse @ scaled)
        with working_precision(bits):
            changes = [arb(float(value)) * scale for value in step]
            values = [(v + c).mid() for v, c in zip(values, changes[:length], strict=True)]
            squared = (squared + changes[length]).mid()
            if equations.has_damping:
                damping = (damping + changes[length + 1]).mid()
            size = float(max(abs(c) for c in changes[:length])) / largest
            size = max(size, abs(float(changes[length] / squared)))
        if size < goal or size > 0.5 * previous:
            break
        previous = size
    tail = _tail(equations.basis.cosines, values) / largest
    error = max(_truncation(equations, values, squared, amplitude, bits), 10.0 ** -(digits + 3))
    return RefinedNumbers(equations, values, squared, damping, bits, tail, error, count)


def _truncation(
    equations: CollocatedEquations, values: list[Any], squared: Any, amplitude: Any, bits: int
) -> float:
    """Return twice the change of the frequency in a Newton step with twice the harmonics."""
    basis = equations.basis
    larger = equations.resized(2 * basis.size)
    part = basis.cosines
    zeros = [arb(0)] * (larger.basis.cosines - part)
    waves = larger.basis.length - larger.basis.cosines - (basis.length - part)
    embedded = [*values[:part], *zeros, *values[part:], *([arb(0)] * waves)]
    # Without the damping: where one is left over, the residual is to show it.
    residuals = BallEquations(larger, amplitude, bits).residuals(embedded, squared, arb(0))
    doubles = np.array([float(value) for value in embedded])
    _, jacobian = larger.bordered(doubles, float(squared))
    scaled, scale = _scaled(residuals)
    change = np.linalg.solve(jacobian, scaled)[larger.basis.length]
    return abs(float(change) * float(scale) / float(squared))


def _scaled(values: list[Any]) -> tuple[Array, Any]:
    """Return values scaled to fit doubles, and the scale."""
    largest = max((abs(value) for value in values), key=float)
    if float(largest) == 0.0:
        return np.zeros(len(values)), arb(1)
    return np.array([float(value / largest) for value in values]), largest.mid()


def _tail(part: int, values: list[Any]) -> float:
    ends = [values[:part], values[part:]]
    return max(abs(float(value)) for end in ends if end for value in end[-max(1, len(end) // 32) :])
