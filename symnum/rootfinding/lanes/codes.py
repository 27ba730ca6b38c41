"""The codes with which a lane of a real equation ends, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from symnum.rootfinding.status import Status

__all__ = ["STATUSES", "UNSURE", "Code"]


class Code(IntEnum):
    """How a lane ended; the first ones are those of the iteration, to be judged."""

    GOING = 0
    SETTLED = 1
    VANISHED = 2
    CLOSED = 3
    NO_SIGN_CHANGE = 4
    NAN = 5
    ZERO_DERIVATIVE = 6
    DIVERGED = 7
    STALLED = 8
    CYCLE = 9
    CONVERGED = 10
    EXACT = 11
    NOISE_LIMITED = 12
    POLE = 13
    DISCONTINUITY = 14
    UNDERFLOW = 15
    LEFT_DOMAIN = 16
    SIMPLE = 17
    FLAT = 18


#: A lane that ended with a code below this plus it must be looked at again.
UNSURE = 32

STATUSES: Mapping[int, Status] = {
    Code.GOING: Status.MAXITER,
    Code.NO_SIGN_CHANGE: Status.NO_SIGN_CHANGE,
    Code.NAN: Status.NAN,
    Code.ZERO_DERIVATIVE: Status.ZERO_DERIVATIVE,
    Code.DIVERGED: Status.DIVERGED,
    Code.STALLED: Status.STALLED,
    Code.CYCLE: Status.CYCLE,
    Code.CONVERGED: Status.CONVERGED,
    Code.EXACT: Status.EXACT,
    Code.NOISE_LIMITED: Status.NOISE_LIMITED,
    Code.POLE: Status.POLE,
    Code.DISCONTINUITY: Status.DISCONTINUITY,
    Code.UNDERFLOW: Status.UNDERFLOW,
    Code.LEFT_DOMAIN: Status.LEFT_DOMAIN,
    Code.SIMPLE: Status.CONVERGED,
}
