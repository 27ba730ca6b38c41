"""What is measured on the kernel of a derivation: its error, its tails, its speed beside NumPy."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import sympy

from symnum.compiler import AccuracyReport, Kernel
from symnum.expressions.named_functions import unfold
from symnum.reference import ulp_distance
from symnum.report.peers import Comparison, Peer, measure_peers
from symnum.report.values import flatten

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Measurement", "Speed", "Tail", "measure", "measure_speed", "measure_tails"]

SIZE = 10_000
ROUNDS = 15
# mpmath takes so many of the points at most, and no more than these seconds.
FEW, PATIENCE = 10, 0.05
# Larger errors are set beside what the rounding of the arguments does.
CLOSE = 4.0


@dataclass(frozen=True, slots=True)
class Tail:
    """The kernel at one point: its value and the error in ulps, the worst of all outputs."""

    point: Mapping[str, float]
    values: tuple[complex, ...]
    ulp: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Nanoseconds for one element, of the kernel and of NumPy and mpmath on the same points.

    The peers are what `sympy.lambdify` makes; None where it cannot print the expression for them.
    """

    kernel: float
    numpy: float | None
    size: int
    mpmath: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times faster the kernel is; None where there is nothing to compare with."""
        return None if self.numpy is None else self.numpy / self.kernel

    @property
    def verdict(self) -> str:
        """The ratio in words."""
        ratio = self.ratio
        if ratio is None:
            return "nothing to compare with"
        return f"{ratio:.1f} times faster" if ratio >= 1 else f"{1 / ratio:.1f} times slower"

    def __str__(self) -> str:
        text = f"{self.kernel:.2f} ns an element, {self.size} at once"
        if self.numpy is not None:
            text += f"; NumPy {self.numpy:.2f} ns: {self.verdict}"
        if self.mpmath is not None:
            text += f"; mpmath {self.mpmath:.0f} ns: {self.mpmath / self.kernel:.0f} times faster"
        return text


@dataclass(frozen=True, slots=True)
class Measurement:
    """All that is measured on one kernel.

    The sensitivity is by how many ulps the exact value changes at the worst point when every
    argument is rounded: what no kernel can be asked to beat by much.
    """

    accuracy: AccuracyReport
    tails: tuple[Tail, ...]
    speed: Speed
    peers: tuple[Comparison, ...] = ()
    sensitivity: float = 0.0

    @property
    def verdict(self) -> str:
        """The accuracy in words."""
        text = str(self.accuracy)
        if self.accuracy.max_ulp > CLOSE:
            text += (
                f"\nthere, rounding the arguments alone changes the exact result by "
                f"{self.sensitivity:.3g} ulp"
            )
        return text


def measure_sensitivity(kernel: Kernel, point: Mapping[Any, float], output: int) -> float:
    """Return how far half an ulp in each argument moves the exact value, in ulps of the value."""
    arguments = [Fraction(float(point[str(argument)])) for argument in kernel.args]
    exact = flatten(kernel.reference(*arguments))[output]
    if not (mpmath.isfinite(exact) and mpmath.isfinite(float(exact))):
        return 0.0
    total = mpmath.mpf(0)
    for place, value in enumerate(arguments):
        moved: list[Any] = list(arguments)
        moved[place] = value * (1 + Fraction(1, 2**53))
        change = abs(flatten(kernel.reference(*moved))[output] - exact)
        total += change if mpmath.isfinite(change) else 0
    return float(total / float(np.spacing(abs(float(exact)))))


def measure_tails(kernel: Kernel, tails: Sequence[Mapping[str, float]]) -> tuple[Tail, ...]:
    """Compare the kernel with its reference at each of `tails`."""
    lines = []
    for tail in tails:
        point = [float(tail[str(argument)]) for argument in kernel.args]
        values = flatten(kernel(*point))
        exact = flatten(kernel.reference(*point))
        errors = [ulp_distance(value, truth) for value, truth in zip(values, exact, strict=True)]
        lines.append(Tail(dict(tail), tuple(values), max(errors)))
    return tuple(lines)


def _points(kernel: Kernel, ranges: Mapping[str, tuple[float, float]]) -> list[NDArray[np.float64]]:
    generator = np.random.default_rng(0)
    return [generator.uniform(*ranges[str(argument)], SIZE) for argument in kernel.args]


def _printed(kernel: Kernel, modules: list[str], like: type) -> Callable[..., Any] | None:
    try:
        peer: Callable[..., Any] = sympy.lambdify(
            list(kernel.args),
            [unfold(entry) for entry in flatten(kernel.expr)],
            modules=modules,
            cse=True,
        )
        with np.errstate(all="ignore"):
            peer(*(like(0.5) for _ in kernel.args))
    except (ArithmeticError, NameError, TypeError, NotImplementedError, AttributeError):
        # SymPy has no such printer for some node: there is no peer to stand beside.
        return None
    return peer


def _seconds_by_mpmath(kernel: Kernel, points: list[NDArray[np.float64]]) -> float | None:
    """Return the median for one point, None where mpmath has no answer."""
    peer = _printed(kernel, ["mpmath"], mpmath.mpf)
    if peer is None:
        return None
    taken: list[float] = []
    for place in range(FEW):
        point = [mpmath.mpf(float(column[place])) for column in points]
        try:
            taken.append(_seconds(lambda point=point: peer(*point)))  # type: ignore[misc]
        except (ArithmeticError, TypeError, ValueError):
            continue
        if sum(taken) > PATIENCE:
            break
    return statistics.median(taken) if taken else None


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure_speed(kernel: Kernel, ranges: Mapping[str, tuple[float, float]]) -> Speed:
    """Time the kernel and `sympy.lambdify` with NumPy in turn, on one thread's worth of points.

    mpmath takes a few of the points, one after the other.

    Parameters
    ----------
    kernel : Kernel
    ranges : mapping
        From argument name to ``(low, high)``; points are drawn uniformly.

    Returns
    -------
    Speed
        Medians over interleaved rounds.
    """
    points = _points(kernel, ranges)
    peer = _printed(kernel, ["numpy", "scipy"], np.float64)
    own: list[float] = []
    theirs: list[float] = []
    with np.errstate(all="ignore"):
        kernel(*points)
        for _ in range(ROUNDS):
            own.append(_seconds(lambda: kernel(*points)))
            if peer is not None:
                theirs.append(_seconds(lambda: peer(*points)))
    scale = 1e9 / SIZE
    slow = _seconds_by_mpmath(kernel, points)
    return Speed(
        kernel=statistics.median(own) * scale,
        numpy=statistics.median(theirs) * scale if theirs else None,
        size=SIZE,
        mpmath=None if slow is None else slow * 1e9,
    )


def measure(
    kernel: Kernel,
    ranges: Mapping[str, tuple[float, float]],
    tails: Sequence[Mapping[str, float]] = (),
    peers: Mapping[str, Peer] | None = None,
) -> Measurement:
    """Measure a kernel's error over `ranges`, its value at `tails`, its peers there, its speed.

    Parameters
    ----------
    kernel : Kernel
    ranges : mapping
        From argument name to finite ``(low, high)``.
    tails : sequence of mappings
        Points from argument name to number.
    peers : mapping, optional
        See `measure_peers`.

    Returns
    -------
    Measurement
    """
    if not all(math.isfinite(end) for ends in ranges.values() for end in ends):
        raise ValueError(f"ranges: expected finite ends, got {dict(ranges)}")
    accuracy = kernel.accuracy(ranges)
    worst = {str(name): value for name, value in accuracy.worst_point.items()}
    return Measurement(
        accuracy=accuracy,
        sensitivity=measure_sensitivity(kernel, worst, accuracy.output),
        tails=measure_tails(kernel, tails),
        speed=measure_speed(kernel, ranges),
        peers=measure_peers(kernel, tails, peers or {}),
    )
