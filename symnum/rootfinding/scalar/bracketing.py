"""The iteration inside a bracket: Newton's step where it serves, else half the bracket."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

from symnum.rootfinding.scalar.iterations import Limits, Stop, method_step
from symnum.rootfinding.scalar.steps import Method, multiplicity_estimate
from symnum.rootfinding.scalar_functions import Sample, ScalarFunction
from symnum.rootfinding.status import Status

__all__ = ["bracketed_iteration"]

#: Steps that may shrink slowly before the bracket is halved.
SLOW_STEPS = 3

#: After so many halvings Newton's steps have shown that they do not serve.
MANY_HALVINGS = 12

#: A bracket is narrow if it is at most this part of its ends wide.
NARROW = 1e-9

#: Where to look, in parts of the bracket, next to a point at which f is not defined.
DETOURS = (0.0, 1e-9, -1e-9, 1e-3, -1e-3, 0.1, -0.1)


def bracketed_iteration(
    function: ScalarFunction,
    method: Method,
    ends: tuple[Sample, Sample],
    start: float | None,
    limits: Limits,
) -> Stop:
    """Iterate inside a bracket that shrinks by the sign of f.

    A step is taken if it stays in the *closed* bracket, so that a converged step that equals an end
    is not bisected away, and if it is at most half as long as the one before. Otherwise the bracket
    is halved, by value or, where it spans magnitudes, by the positions of its ends among the
    doubles: that takes at most 64 halvings from any bracket to neighbouring doubles.

    Parameters
    ----------
    function : ScalarFunction
        f.
    method : Method
        How to step.
    ends : tuple of Sample
        Two points of opposite sign.
    start : float or None
        The first point; ignored where it is not inside.
    limits : Limits
        When to stop.

    Returns
    -------
    Stop
        With the bracket that is left.
    """
    low, high = sorted(ends, key=lambda end: float(end.x))
    bracketing = _Bracketing(function, method, limits, low, high)
    x = start if start is not None and low.x < start < high.x else _first_guess(low, high)
    for count in range(limits.maxiter):
        following = bracketing.advance(x)
        if not isinstance(following, float):
            return Stop(*following, count + 1, bracketing.ends)
        x = following
    last = function.sample(x, method.derivatives)
    return Stop(last, Status.MAXITER, limits.maxiter, bracketing.ends)


@dataclass(slots=True)
class _Bracketing:
    """The bracket as it shrinks, and how well the steps have served."""

    function: ScalarFunction
    method: Method
    limits: Limits
    low: Sample
    high: Sample
    last: float = field(init=False)
    slow: int = 0
    halvings: int = 0

    def __post_init__(self) -> None:
        self.last = self.high.x - self.low.x

    @property
    def ends(self) -> tuple[Sample, Sample]:
        return self.low, self.high

    def advance(self, x: float) -> float | tuple[Sample, Status | None]:
        """Shrink the bracket by the sign at a point; return the next point, or where it stopped."""
        sample = self._sample_near(x)
        if sample is None:
            # A pole if hardly more than this point is left, else a hole in the domain.
            low, high = self.low.x, self.high.x
            narrow = high - low <= NARROW * max(abs(low), abs(high), 1e-290)
            undefined = self.function.sample(x, self.method.derivatives)
            return undefined, None if narrow else Status.NAN
        if sample.vanishes:
            return sample, None
        if sample.sign == self.low.sign:
            self.low = sample
        else:
            self.high = sample
        if math.nextafter(self.low.x, math.inf) >= self.high.x:
            return min(self.ends, key=lambda end: abs(end.value)), None
        target = self._stepped(sample)
        return self._halved() if target is None else target

    def _sample_near(self, x: float) -> Sample | None:
        """Return f at a point, or next to it where it is not defined there, as on a pole."""
        low, high = self.low.x, self.high.x
        trials = [x + part * (high - low) for part in DETOURS]
        for trial in (*trials, math.nextafter(x, low), math.nextafter(x, high)):
            if trial == x or low < trial < high:
                sample = self.function.resolved(trial, self.method.derivatives)
                if sample.defined:
                    return sample
        return None

    def _stepped(self, sample: Sample) -> float | tuple[Sample, Status | None] | None:
        """Return the point to which the method steps, None where the step does not serve."""
        step = method_step(self.method, sample)
        patience = SLOW_STEPS if self.halvings < MANY_HALVINGS else 1
        if step is None or self.slow >= patience:
            return None
        if abs(step) > 0.5 * abs(self.last):
            # Newton's own step may serve where a longer one for multiple roots does not.
            step = step / multiplicity_estimate(sample)
        target = sample.x + step
        if abs(step) > 0.5 * abs(self.last) or not self.low.x <= target <= self.high.x:
            return None
        if self.limits.is_small(step, target):
            return self.function.sample(target, self.method.derivatives), None
        self.slow = self.slow + 1 if abs(step) > 0.2 * abs(self.last) else 0
        self.last = float(step)
        if target <= self.low.x:
            return math.nextafter(self.low.x, math.inf)
        return float(min(target, math.nextafter(self.high.x, -math.inf)))

    def _halved(self) -> float:
        low, high = self.low.x, self.high.x
        # The first and the third cut by value: a wide bracket often holds an ordinary root.
        by_bits = _is_wide(low, high) and self.halvings not in (0, 2)
        self.last = 0.5 * (high - low)
        self.halvings += 1
        self.slow = 0
        return _middle(low, high, by_bits=by_bits)


def _first_guess(low: Sample, high: Sample) -> float:
    """Return the zero of the chord, kept off the ends, or the middle."""
    rise = high.value - low.value
    if math.isfinite(rise) and rise != 0.0:
        part = -low.value / rise
        if 0.05 <= part <= 0.95:
            return float(low.x + part * (high.x - low.x))
    return _middle(low.x, high.x, by_bits=False)


def _is_wide(low: float, high: float) -> bool:
    """Whether a bracket spans orders of magnitude, so that halving its width is slow."""
    return low * high <= 0.0 or max(abs(low), abs(high)) > 8.0 * min(abs(low), abs(high))


def _middle(low: float, high: float, *, by_bits: bool) -> float:
    """Return the middle of a bracket, of the values or of their positions among the doubles.

    The second kind needs at most 64 steps from any bracket to neighbouring doubles.
    """
    if by_bits:
        middle = _double((_position(low) + _position(high)) // 2)
    else:
        middle = low + 0.5 * (high - low)
    if not low < middle < high:
        middle = math.nextafter(low, high)
    return middle


def _position(x: float) -> int:
    """Return the place of a double in the order of all doubles."""
    (bits,) = struct.unpack("<q", struct.pack("<d", x))
    return int(bits) if bits >= 0 else -int(bits & 0x7FFFFFFFFFFFFFFF)


def _double(position: int) -> float:
    bits = position if position >= 0 else (-position) | -0x8000000000000000
    (x,) = struct.unpack("<d", struct.pack("<q", bits))
    return float(x)
