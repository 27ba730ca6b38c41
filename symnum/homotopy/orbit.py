r"""Whether a conservative oscillator oscillates, decided by its potential.

Released at rest from u = A the motion is periodic exactly if there is a second turning point B
with V(B) = V(A), V < V(A) between the two, and a force at both ends that points inwards. Neither
a positive squared frequency nor a convergent solver proves that. The period is then

    T = integral over theta from 0 to pi of 2 r(theta),
    r**2 = (A - u)(u - B) / (2 (V(A) - V(u))),   u = (A+B)/2 + (A-B)/2 cos(theta),

whose integrand is smooth, so that the midpoint rule converges geometrically.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import scipy.optimize

from symnum.homotopy.collocation import Array, Force
from symnum.homotopy.errors import NoOscillationError

__all__ = ["Orbit", "find_orbit"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)
SAMPLES = 400
MOST_PHASES = 4096
POLE = 1e12  # a force so many times its usual size has a pole
FARTHEST = 1e3  # how far the second turning point may lie, in amplitudes


@final
@dataclass(frozen=True, slots=True)
class Orbit:
    """The turning points of a motion and its frequency by quadrature.

    Attributes
    ----------
    start, end : float
        The turning points A and B.
    frequency : float
    uncertainty : float
        Relative, estimated from the last refinement of the quadrature.
    """

    start: float
    end: float
    frequency: float
    uncertainty: float


def find_orbit(force: Force, start: float, *, odd: bool) -> Orbit:
    """Return the periodic orbit that is at rest at `start`.

    Parameters
    ----------
    force : Force
    start : float
        The initial position A, not 0.
    odd : bool
        Whether the force is odd and the orbit is to be symmetric about 0.

    Returns
    -------
    Orbit

    Raises
    ------
    NoOscillationError
        The text says what is missing: a restoring force at A, a turning point, a free way.
    """
    at_start = float(force(np.array([start]))[0])
    if not np.isfinite(at_start):
        raise NoOscillationError(f"no oscillation: the force has no value at the amplitude {start}")
    around = np.abs(force(start + abs(start) * np.linspace(-1, 1, 21)))
    # The middle of the sizes: a pole somewhere does not make every other force look like zero.
    negligible = 32 * np.finfo(float).eps * float(np.median(around[np.isfinite(around)]))
    if not abs(at_start) > negligible:
        raise NoOscillationError(
            f"no oscillation: the force {force.expr} does not pull back at the amplitude {start}, "
            "which is an equilibrium"
        )
    end = -start if odd else _turning_point(force, start, at_start)
    inner = start + (end - start) * np.sin(np.linspace(0, np.pi / 2, SAMPLES + 1)[1:-1]) ** 2
    gaps = _energy_gap(force, start, end, inner)
    if not at_start * np.sign(start - end) > negligible:
        raise NoOscillationError(
            f"no oscillation: the force {force.expr} does not pull back at the amplitude {start} "
            "(an equilibrium, beyond a saddle, or a repulsive force)"
        )
    if not np.all(gaps > 0):
        blocked = float(inner[np.argmax(~(gaps > 0))])
        raise NoOscillationError(
            f"no oscillation between {start} and {end:.6g}: the potential at {blocked:.6g} is not "
            "below that at the turning point, the motion does not get past it"
        )
    strongest = np.abs(force(inner))
    if not np.max(strongest) < POLE * max(float(np.median(strongest)), abs(at_start)):
        place = float(inner[np.argmax(np.where(np.isfinite(strongest), strongest, np.inf))])
        raise NoOscillationError(
            f"no oscillation between {start} and {end:.6g}: the force {force.expr} has a pole at "
            f"about {place:.3g}"
        )
    frequency, uncertainty = _frequency(force, start, end)
    return Orbit(start, end, frequency, uncertainty)


def _energy_gap(force: Force, start: float, end: float, u: Array) -> Array:
    """Return V(A) - V(u), integrated from the nearer turning point so that nothing cancels."""
    near_start = np.abs(u - start) <= np.abs(u - end)
    anchor = np.where(near_start, start, end)
    half = (anchor - u) / 2
    points = u[:, None] + half[:, None] * (1 + NODES)
    return np.asarray(half * (force(points) @ WEIGHTS))


def _turning_point(force: Force, start: float, at_start: float) -> float:
    """March down the potential from A until it has risen to V(A) again."""
    step = -np.sign(at_start) * abs(start) / 50
    position, gap = start, 0.0
    while abs(position - start) < FARTHEST * abs(start):
        following = position + step
        change = _work(force, position, following)
        if not np.isfinite(change):
            break
        if gap + change <= 0 and position != start:
            return _rise_to(force, position, following, gap)
        gap, position = gap + change, following
        step *= 1.02
    raise NoOscillationError(
        f"no oscillation: released at {start} the motion meets no second turning point "
        f"within {FARTHEST:g} amplitudes"
    )


def _rise_to(force: Force, left: float, right: float, gap: float) -> float:
    """Return where between two positions the energy `gap` at the first is used up."""

    def left_over(u: float) -> float:
        return gap + _work(force, left, u)

    return float(scipy.optimize.brentq(left_over, left, right, xtol=1e-15))


def _work(force: Force, start: float, end: float) -> float:
    """Return minus the integral of the force from `start` to `end`: the kinetic energy gained."""
    half = (end - start) / 2
    return -half * float(force(start + half * (1 + NODES)) @ WEIGHTS)


def _frequency(force: Force, start: float, end: float) -> tuple[float, float]:
    count, previous = 32, np.nan
    while True:
        theta = (np.arange(count) + 0.5) * (np.pi / count)
        middle, radius = (start + end) / 2, (start - end) / 2
        u = middle + radius * np.cos(theta)
        with np.errstate(all="ignore"):
            density = np.sqrt(
                radius**2 * np.sin(theta) ** 2 / (2 * _energy_gap(force, start, end, u))
            )
        frequency = 1 / float(np.mean(density))
        change = abs(frequency - previous) / frequency
        if change < 1e-13 or count >= MOST_PHASES:
            return frequency, max(change, 1e-13)
        count, previous = 2 * count, frequency
