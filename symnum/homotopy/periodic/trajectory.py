"""Motions by integration in time: the start of Newton's method, and a witness for what it finds.

A motion released at rest is followed until it is at rest again at the same side. Where it comes
back to its start the motion is periodic; where it does not, something feeds or takes energy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.integrate
import scipy.optimize

from symnum.homotopy.errors import NoOscillationError
from symnum.homotopy.periodic.collocation import Array
from symnum.homotopy.periodic.dynamics import Acceleration

__all__ = ["Lap", "follow"]

RELATIVE_TOLERANCE = 1e-11
MOST_STEPS = 10_000
FARTHEST = 1e6  # in amplitudes: beyond that the motion has escaped
SLOWEST = 3e3  # in units of the time scale at the start


@final
@dataclass(frozen=True, slots=True)
class Lap:
    """One lap of a motion, from rest to rest at the same side.

    Attributes
    ----------
    start, end : float
        The positions at the beginning and at the end.
    opposite : float
        The position at which it turned.
    period : float
    """

    start: float
    end: float
    opposite: float
    period: float
    _pieces: tuple[tuple[float, Callable[[float], Array]], ...]

    @property
    def frequency(self) -> float:
        """2 pi over the duration of the lap."""
        return 2 * np.pi / self.period

    def positions(self, times: Array) -> Array:
        """Return the positions at some times between 0 and the period."""
        ends = np.array([end for end, _ in self._pieces])
        places = np.minimum(np.searchsorted(ends, times), len(ends) - 1)
        return np.array(
            [
                self._pieces[place][1](time)[0]
                for place, time in zip(places.tolist(), times.tolist(), strict=True)
            ]
        )


def follow(acceleration: Acceleration, start: float) -> Lap:
    """Follow the motion that is at rest at `start` for one lap.

    Parameters
    ----------
    acceleration : callable
        u'' as a function of position and velocity.
    start : float

    Returns
    -------
    Lap

    Raises
    ------
    NoOscillationError
        The motion does not come back, with the reason.
    """
    pull = acceleration(start, 0.0)
    if not np.isfinite(pull):
        raise NoOscillationError(
            f"no oscillation: the equation gives no acceleration at the amplitude {start}"
        )
    if not abs(pull) > 1e-14 * abs(start):
        raise NoOscillationError(
            f"no oscillation: nothing pulls back at the amplitude {start}, an equilibrium"
        )
    scale = float(np.sqrt(abs(start / pull)))

    def right(_: float, state: Array) -> list[float]:
        return [state[1], acceleration(state[0], state[1])]

    solver: Any = scipy.integrate.DOP853(
        right,
        0.0,
        np.array([start, 0.0]),
        SLOWEST * scale,
        rtol=RELATIVE_TOLERANCE,
        atol=RELATIVE_TOLERANCE * 1e-2 * abs(start),
        first_step=1e-3 * scale,
    )
    side = float(np.sign(pull))
    pieces: list[tuple[float, Callable[[float], Array]]] = []
    turns: list[tuple[float, float]] = []
    for _ in range(MOST_STEPS):
        before = side * float(solver.y[1])
        with np.errstate(all="ignore"):
            solver.step()
        if solver.status == "failed" or not np.all(np.isfinite(solver.y)):
            break
        piece = solver.dense_output()
        pieces.append((solver.t, piece))
        after = side * float(solver.y[1])
        wanted = 1.0 if not turns else -1.0
        if len(pieces) > 1 and wanted * before > 0 >= wanted * after:
            time = _zero_of_velocity(piece, solver.t_old, solver.t)
            if not np.isfinite(time):
                break
            turns.append((time, float(piece(time)[0])))
            if len(turns) == 2:
                (_, opposite), (period, end) = turns
                return Lap(start, end, opposite, period, tuple(pieces))
        if abs(float(solver.y[0])) > FARTHEST * abs(start) or solver.status == "finished":
            break
    raise NoOscillationError(
        f"no oscillation: released at {start} the motion does not come back; after the time "
        f"{solver.t:.4g} it is at {float(solver.y[0]):.4g}"
    )


def _zero_of_velocity(piece: Callable[[float], Array], left: float, right: float) -> float:
    def velocity(time: float) -> float:
        return float(piece(time)[1])

    if velocity(left) * velocity(right) > 0:
        return right
    try:
        return float(scipy.optimize.brentq(velocity, left, right, xtol=1e-15, rtol=1e-15))
    except ValueError:
        # The interpolation has no value somewhere: the motion is running away.
        return float("nan")
