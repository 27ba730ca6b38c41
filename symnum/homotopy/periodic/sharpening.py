"""A last Newton step with residuals in extended precision.

Near a separatrix the frequency answers to rounding errors of the residual as it does to those of
the amplitude, many times over. The amplitude is what it is; the residual can be had with the 64
bits of `numpy.longdouble` where the machine has them, and the error of the frequency then is that
of its own rounding. Where it has not, the step does no harm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from symnum.homotopy.periodic.balance import Balance

__all__ = ["sharpened"]


def sharpened(balance: Balance, start: float | None) -> Balance:
    """Return a settled balance after a Newton step with an accurate residual.

    Parameters
    ----------
    balance : Balance
    start : float or None
        u(0); None where it is an unknown.

    Returns
    -------
    Balance
    """
    if not (balance.settled and balance.squared > 0):
        return balance
    equations, length = balance.equations, balance.equations.basis.length
    residuals = _residuals(balance, start)
    _, jacobian = equations.bordered(balance.coefficients, balance.squared, balance.damping)
    try:
        step = np.linalg.solve(jacobian, -residuals.astype(np.float64))
    except np.linalg.LinAlgError:
        return balance
    # A step that is no correction of rounding errors is none to be taken.
    largest = float(np.max(np.abs(balance.coefficients)))
    if not (
        np.all(np.isfinite(step))
        and np.max(np.abs(step[:length])) < 1e-8 * largest
        and abs(step[length]) < 1e-8 * balance.squared
    ):
        return balance
    return replace(
        balance,
        coefficients=balance.coefficients + step[:length],
        squared=float(balance.squared + step[length]),
        damping=balance.damping + (float(step[-1]) if equations.has_damping else 0.0),
    )


def _residuals(balance: Balance, start: float | None) -> Any:
    """Return the residuals of the equations and of the constraints in extended precision."""
    equations = balance.equations
    basis, force = equations.basis, equations.force
    multiples, half_turn = basis.angles()
    angles = np.arange(2 * half_turn).astype(np.longdouble) * (_PI / half_turn)
    places, part = multiples % (2 * half_turn), basis.cosines
    cosine, sine = np.cos(angles), np.sin(angles)
    values = np.hstack([cosine[places[:, :part]], sine[places[:, part:]]])
    inverse = values.T * (np.longdouble(2) / len(values))
    if not basis.odd:
        inverse[0] /= 2
    n = basis.harmonics.astype(np.longdouble)
    coefficients = balance.coefficients.astype(np.longdouble)
    squared = np.longdouble(balance.squared)
    velocity: Any = None
    acceleration: Any = None
    if force.moving or equations.has_damping:
        slopes = np.hstack([-sine[places[:, :part]], cosine[places[:, part:]]])
        velocity = np.sqrt(squared) * (slopes @ (n * coefficients))
        acceleration = -squared * (values @ (n * n * coefficients))
    position: Any = values @ coefficients
    side = force.values(position, velocity, acceleration)
    if equations.has_damping:
        side = side + balance.damping * velocity
    balanced = inverse @ side - squared * (force.inertia * n * n) * coefficients
    ends = [] if start is None else [coefficients[:part].sum() - np.longdouble(start)]
    if equations.has_sines:
        ends.append((n * coefficients)[part:].sum())
    return np.concatenate([balanced, np.array(ends, dtype=np.longdouble)])


_PI = np.longdouble("3.14159265358979323846264338327950288")
