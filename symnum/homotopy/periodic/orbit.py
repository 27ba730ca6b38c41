r"""Whether a conservative oscillator oscillates, decided by its potential.

Released at rest from u = A the motion is periodic exactly if there is a second turning point B
with V(B) = V(A), V < V(A) between the two, and a force at both ends that points inwards. Neither
a positive squared frequency nor a convergent solver proves that. The period is then

    T = integral over theta from 0 to pi of 2 r(theta),
    r**2 = (A - u)(u - B) / (2 (V(A) - V(u))),   u = (A+B)/2 + (A-B)/2 cos(theta),

whose integrand is smooth, so that the midpoint rule converges geometrically.
"""

from __future__ import annotations

from functools import cached_property
from typing import final

import numpy as np
import scipy.optimize

from symnum.homotopy.errors import NoOscillationError
from symnum.homotopy.periodic.collocation import Array, Force

__all__ = ["Orbit", "find_orbit"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)
SAMPLES = 192
MOST_PHASES = 4096
POLE = 1e12  # a force so many times its usual size has a pole
FARTHEST = 1e3  # how far the second turning point may lie, in amplitudes


@final
class Orbit:
    """The turning points of a motion and its frequency by quadrature.

    Parameters
    ----------
    force : Force
    start, end : float
        The turning points A and B.
    density : ndarray
        dt/dtheta at some hundred points ``theta = pi j/n``, without the ends.
    """

    def __init__(self, force: Force, start: float, end: float, density: Array) -> None:
        self.start, self.end = start, end
        self._force, self._density = force, density

    @property
    def coarse(self) -> float:
        """The frequency by a quadrature of a few hundred points."""
        return 1 / float(np.mean(self._density))

    def positions(self, phases: Array) -> Array:
        """Return the positions at some phases between 0 and pi, to some digits."""
        inner = self._density
        density = np.concatenate([inner[:1], inner, inner[-1:]])
        steps = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
        theta = np.linspace(0, np.pi, len(density))
        angle = np.interp(phases, steps * (np.pi / steps[-1]), theta)
        return np.asarray((self.start + self.end) / 2 + (self.start - self.end) / 2 * np.cos(angle))

    @cached_property
    def _quadrature(self) -> tuple[float, float]:
        return _frequency(self._force, self.start, self.end)

    @property
    def frequency(self) -> float:
        """The frequency by quadrature to rounding error, or as far as the integrand lets."""
        return self._quadrature[0]

    @property
    def uncertainty(self) -> float:
        """The relative uncertainty of `frequency`, from the last refinement of the quadrature."""
        return self._quadrature[1]


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
    theta = np.linspace(0, np.pi, SAMPLES + 1)[1:-1]
    inner = start + (end - start) * np.sin(theta / 2) ** 2
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
    return Orbit(force, start, end, _density(start, end, theta, gaps))


def _density(start: float, end: float, theta: Array, gaps: Array) -> Array:
    """Return dt/dtheta at phases of the quadrature, from V(A) - V(u) there."""
    with np.errstate(all="ignore"):
        return np.asarray(np.sqrt(((start - end) / 2 * np.sin(theta)) ** 2 / (2 * gaps)))


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
    changes: list[float] = []
    while True:
        theta: Array = (np.arange(count, dtype=np.float64) + 0.5) * (np.pi / count)
        u = (start + end) / 2 + (start - end) / 2 * np.cos(theta)
        gaps = _energy_gap(force, start, end, u)
        frequency = 1 / float(np.mean(_density(start, end, theta, gaps)))
        changes.append(abs(frequency - previous) / frequency)
        if changes[-1] < 1e-13:
            return frequency, 1e-13
        if count >= MOST_PHASES:
            # A corner between the phases: single changes may be small by chance.
            return frequency, max(changes[-3:])
        count, previous = 2 * count, frequency
