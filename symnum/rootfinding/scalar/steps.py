"""The steps of the methods: where to go next from f, f', f'', ... at one point."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symnum.rootfinding.scalar_functions import Sample

__all__ = ["METHODS", "Method", "multiplicity_estimate"]

Number = Any  # float or complex
Step = Callable[[Sample], Number]


@dataclass(frozen=True, slots=True)
class Method:
    """One method of `newton`.

    Attributes
    ----------
    step : callable
        From a sample to the displacement; NaN or inf where the step does not exist.
    derivatives : int
        How many derivatives it looks at.
    safeguarded : bool
        Whether the search may damp its steps and look elsewhere when it fails. Otherwise, without a
        bracket, it is the iteration of the textbooks, with its cycles and its divergence.
    """

    step: Step
    derivatives: int
    safeguarded: bool


def _newton(sample: Sample) -> Number:
    return -sample.value / sample.slopes[0]


def _curvature(sample: Sample) -> tuple[Number, Number]:
    """Return u = f/f' and L = u f''/f', in an order of operations that does not underflow."""
    u = sample.value / sample.slopes[0]
    return u, u * (sample.slopes[1] / sample.slopes[0])


def _halley(sample: Sample) -> Number:
    u, curvature = _curvature(sample)
    return -u / (1.0 - 0.5 * curvature)


def _householder(sample: Sample) -> Number:
    u, curvature = _curvature(sample)
    third = u * u * (sample.slopes[2] / sample.slopes[0])
    return -u * (1.0 - 0.5 * curvature) / (1.0 - curvature + third / 6.0)


def _schroeder(sample: Sample) -> Number:
    u, curvature = _curvature(sample)
    return -u / (1.0 - curvature)


def multiplicity_estimate(sample: Sample) -> int:
    """Return the multiplicity that q = 1 - f f''/f'**2, which tends to 1/m, points to.

    Parameters
    ----------
    sample : Sample
        With two derivatives.

    Returns
    -------
    int
        1 unless 0 < q < 0.75.
    """
    _, curvature = _curvature(sample)
    q = 1.0 - curvature
    if isinstance(q, complex):
        q = q.real if abs(q.imag) < 0.1 else math.nan
    return round(1.0 / q) if 0.02 < q < 0.75 else 1


def _adapted(sample: Sample) -> Number:
    """Return Halley's step where the curvature is mild, else Newton's times the multiplicity."""
    u, curvature = _curvature(sample)
    if abs(curvature) <= 0.25:
        return -u / (1.0 - 0.5 * curvature)
    return -u * multiplicity_estimate(sample)


#: The methods by name. A bracket makes every one of them safe.
METHODS: dict[str, Method] = {
    "auto": Method(_adapted, 2, True),
    "newton": Method(_newton, 2, False),
    "halley": Method(_halley, 2, False),
    "householder": Method(_householder, 3, False),
    "schroeder": Method(_schroeder, 2, False),
    "bracketed": Method(_adapted, 2, True),
}
