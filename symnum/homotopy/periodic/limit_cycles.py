r"""Finding a limit cycle: the amplitude at which a motion neither gains nor loses energy.

On circles ``u = A cos(tau)``, ``u' = -A w sin(tau)`` the part of the force that is odd in the
velocity does a work whose change of sign, as A grows, announces a cycle: an attracting one where
the work is positive below and negative above. From there the motion is followed in time, or
backwards in time towards a repelling cycle, until its laps repeat themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import scipy.optimize

from symnum.homotopy.equation_reading import MotionEquation
from symnum.homotopy.errors import HomotopyError, NoOscillationError, SecularTermError
from symnum.homotopy.periodic.collocation import Array
from symnum.homotopy.periodic.dynamics import (
    Acceleration,
    MotionDynamics,
    acceleration_function,
    is_reversible,
)
from symnum.homotopy.periodic.trajectory import Lap, follow

__all__ = ["FoundCycle", "circles", "find_cycle"]

AMPLITUDES = np.geomspace(1e-7, 1e7, 337)
PHASES = (np.arange(128) + 0.5) * (np.pi / 64)
MOST_LAPS = 40
REPEATED = 1e-8  # the relative change of the amplitude from lap to lap
FADED = 1e-4  # of the amplitude at the start
MOST_CIRCLES = 6  # forces that oscillate with the position have hundreds
GUESSES = (1.0, 0.3, 3.0)  # where no circle tells
MOST_EVALUATIONS = 150_000  # of the acceleration in a whole search


@final
@dataclass(frozen=True, slots=True)
class FoundCycle:
    """A limit cycle as found by integration.

    Attributes
    ----------
    lap : Lap
        Close to the cycle.
    backwards : bool
        Time runs backwards in `lap`: the cycle is a repelling one.
    radius : float
        The circle from which the search started.
    """

    lap: Lap
    backwards: bool
    radius: float

    def positions(self, phases: Array) -> Array:
        """Return the positions of the lap at some phases between 0 and 2 pi."""
        fractions = np.asarray(phases) / (2 * np.pi)
        if self.backwards:
            fractions = 1 - fractions
        return self.lap.positions(fractions * self.lap.period)


def circles(equation: MotionEquation, amplitudes: Array) -> tuple[Array, Array]:
    """Return work and squared frequency on circles, one for each amplitude.

    The work of the equation's odd part, over the square of the amplitude, is positive where energy
    is fed. It is 0 where rounding hides its sign, and nan where the even part does not pull back.
    """
    dynamics = MotionDynamics(equation)
    cosine, sine = np.cos(PHASES), np.sin(PHASES)
    position = amplitudes[:, None] * cosine
    squared = np.ones(len(amplitudes))
    for _ in range(4):
        w = np.sqrt(np.where(squared > 0, squared, np.nan))[:, None]
        velocity = -w * amplitudes[:, None] * sine
        pull, back = (_pull(dynamics, position, sign * velocity) for sign in (1, -1))
        with np.errstate(all="ignore"):
            squared = np.mean((pull + back) * cosine, axis=1) / amplitudes
    with np.errstate(all="ignore"):
        power = (back - pull) / 2 * velocity
        work = np.mean(power, axis=1) / amplitudes**2
        size = np.mean(np.abs(power), axis=1) / amplitudes**2
    hidden = np.where(size >= 0, 0.0, np.nan)
    return np.where(np.abs(work) > 1e-12 * size, work, hidden), squared


def _pull(dynamics: MotionDynamics, u: Array, v: Array) -> Array:
    """Return minus the acceleration; the equation is linear in it."""
    zeros = np.zeros_like(u)
    rest = dynamics.values(u, v, zeros)
    if dynamics.inertia:
        return rest
    with np.errstate(all="ignore"):
        return np.asarray(rest / (dynamics.values(u, v, zeros + 1) - rest))


def find_cycle(equation: MotionEquation) -> FoundCycle:
    """Find a limit cycle: the attracting one of the least amplitude, else a repelling one.

    Parameters
    ----------
    equation : MotionEquation

    Returns
    -------
    FoundCycle

    Raises
    ------
    SecularTermError
        Energy is only fed, or only taken.
    HomotopyError
        The amplitude of the motions is free, or no motion repeats itself.
    """
    if is_reversible(equation):
        raise HomotopyError(
            f"amplitude: expected a number, got None: the velocity enters {equation.equation.lhs} "
            "= 0 evenly, so it has no limit cycle; its periodic solutions fill a family, whose "
            "amplitude is to be given"
        )
    work, _ = circles(equation, AMPLITUDES)
    usable = np.flatnonzero(np.isfinite(work) & (work != 0))
    signs, radii = np.sign(work[usable]), AMPLITUDES[usable]
    changes = np.flatnonzero((signs[:-1] != signs[1:]) & (np.diff(usable) == 1))
    acceleration = _bounded(acceleration_function(equation))
    attempts = [
        (_radius(equation, radii[k], radii[k + 1]), bool(signs[k] < 0))
        for k in sorted(changes.tolist(), key=lambda k: (signs[k] < 0, k))[:MOST_CIRCLES]
    ]
    if not np.all(signs == signs[:1]) or len(usable) < len(AMPLITUDES):
        # Circles do not tell all where the even part is far from linear.
        attempts += [(guess, backwards) for guess in GUESSES for backwards in (False, True)]
    for radius, backwards in attempts:
        found = _settle(acceleration, radius, backwards)
        # Where the first guess repeats itself at once, so does its neighbour: a family, no cycle.
        if found is not None and not (radius in GUESSES and found.lap.start == radius):
            return found
    _refuse(equation, signs)
    raise AssertionError("unreachable")


def _bounded(acceleration: Acceleration) -> Acceleration:
    """Return the acceleration with no value after so many evaluations, which ends a search."""
    left = [MOST_EVALUATIONS]

    def bounded(position: float, velocity: float) -> float:
        left[0] -= 1
        return acceleration(position, velocity) if left[0] > 0 else float("nan")

    return bounded


def _radius(equation: MotionEquation, low: float, high: float) -> float:
    def work(radius: float) -> float:
        return float(circles(equation, np.array([radius]))[0][0])

    middle = float(np.sqrt(low * high))
    if not work(low) * work(high) < 0:
        return middle
    try:
        return float(scipy.optimize.brentq(work, low, high, rtol=1e-6))
    except ValueError:
        return middle  # between two circles the even part stops pulling back


def _settle(acceleration: Acceleration, radius: float, backwards: bool) -> FoundCycle | None:
    """Follow the motion until its laps repeat; None where it fades, escapes or wanders."""

    def reversed_acceleration(position: float, velocity: float) -> float:
        return acceleration(position, -velocity)

    forces = reversed_acceleration if backwards else acceleration
    start, changes = radius, []
    for _ in range(MOST_LAPS):
        try:
            lap = follow(forces, start)
        except NoOscillationError:
            return None
        change = abs(lap.end - start) / abs(start)
        changes.append(change)
        if change < REPEATED:
            break
        if abs(lap.end) < FADED * radius or lap.end * start < 0:
            return None
        start = lap.end
    slowly = len(changes) == MOST_LAPS
    if slowly and not (changes[-1] < 0.01 and changes[-1] < 0.5 * max(changes[:5])):
        return None
    if lap.end < lap.opposite:
        # Released left of an equilibrium the laps began at the least position: take the largest.
        lap = follow(forces, lap.opposite)
    return FoundCycle(lap, backwards, radius)


def _refuse(equation: MotionEquation, signs: Array) -> None:
    shown = equation.equation.lhs
    if len(signs) and np.all(signs == signs[0]):
        verb = "feeds" if signs[0] > 0 else "takes"
        velocity = equation.velocity
        mirrored = equation.left.xreplace({velocity: -velocity})
        odd = ((equation.left - mirrored) / 2).expand()
        raise SecularTermError(
            f"equation: the term {odd} {verb} energy at every amplitude at which the other forces "
            "pull back, and leaves a secular term: the solvability condition of sin(tau) has no "
            "amplitude that fulfils it, so there is no limit cycle and no periodic solution"
        )
    if not np.any(signs):
        raise HomotopyError(
            f"amplitude: no work is done on the motions of {shown} = 0: where they are periodic "
            "they fill a family, whose amplitude is to be given"
        )
    raise NoOscillationError(
        f"no oscillation: no motion of {shown} = 0 settles on a limit cycle of a positive amplitude"
    )
