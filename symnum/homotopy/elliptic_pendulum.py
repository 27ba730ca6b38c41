r"""The pendulum's exact solution by the arithmetic-geometric mean, the witness of its series.

With ``k = sin(A/2)`` the frequency is ``pi / (2 K(k)) = 1 / M(1, cos(A/2))`` and the motion
``theta(t) = 2 asin(k cd(t))``; both come out of one table of arithmetic-geometric means.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["pendulum_angle", "pendulum_frequency"]

ROUNDS = 9  # quadratic convergence: enough even where cos(A/2) is 1e-16


def pendulum_frequency(amplitude: ArrayLike) -> NDArray[np.float64]:
    """Return the frequency of ``theta'' + sin(theta) = 0`` at an amplitude, of any shape.

    Parameters
    ----------
    amplitude : array_like
        The largest angle in radians, between -pi and pi.

    Returns
    -------
    ndarray of float64
        Of the shape of `amplitude`; the period is ``2 pi`` over it. nan outside [-pi, pi].

    Examples
    --------
    >>> round(float(pendulum_frequency(np.pi / 2)), 12)
    0.847213084794

    References
    ----------
    Gauss: K(k) = pi / (2 M(1, k')).
    """
    mean, _ = _means(np.asarray(amplitude, dtype=np.float64))
    return mean


def pendulum_angle(time: ArrayLike, amplitude: ArrayLike) -> NDArray[np.float64]:
    """Return the angle of a pendulum that was released at rest at time 0, broadcasting.

    At the bottom of the descending Landen transformation the phase grows in proportion to time;
    upwards each round halves it. The angle is taken from ``tan(theta/2) = k cn(t) / k'``, which
    loses no digits at the turning points.

    Parameters
    ----------
    time : array_like
        In units in which small swings have frequency 1.
    amplitude : array_like
        The angle at time 0 in radians, between -pi and pi.

    Returns
    -------
    ndarray of float64

    Examples
    --------
    >>> float(pendulum_angle(0.0, 1.25))
    1.25
    """
    times, amplitudes = np.broadcast_arrays(
        np.asarray(time, dtype=np.float64), np.asarray(amplitude, dtype=np.float64)
    )
    mean, ratios = _means(amplitudes)
    phase = 2.0**ROUNDS * np.remainder(mean * times, 2 * np.pi)
    for ratio in reversed(ratios):
        phase = (phase + np.arcsin(ratio * np.sin(phase))) / 2
    half = amplitudes / 2
    return np.asarray(2 * np.arctan2(np.sin(half) * np.cos(phase), np.cos(half)))


def _means(
    amplitude: NDArray[np.float64],
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Return M(1, cos(A/2)) and the ratios c_n/a_n of the transformation."""
    inside = np.abs(amplitude) <= np.pi
    mean = np.where(inside, 1.0, np.nan)
    other = np.where(inside, np.cos(amplitude / 2), np.nan)
    ratios = []
    for _ in range(ROUNDS):
        difference = (mean - other) / 2
        mean, other = (mean + other) / 2, np.sqrt(mean * other)
        ratios.append(difference / mean)
    return mean, ratios
