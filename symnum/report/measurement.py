"""What is measured on the kernel of a derivation: its error, its tails, its speed beside NumPy."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from symnum.compiler import AccuracyReport, Kernel
from symnum.expressions.named_functions import unfold
from symnum.reference import ulp_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Measurement", "Speed", "Tail", "flatten", "measure", "measure_speed", "measure_tails"]

SIZE = 10_000
ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Tail:
    """The kernel at one point: its value and the error in ulps, the worst of all outputs."""

    point: Mapping[str, float]
    values: tuple[complex, ...]
    ulp: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Nanoseconds for one element, of the kernel and of NumPy on the same points.

    `numpy` is None where `sympy.lambdify` cannot print the expression for NumPy and SciPy.
    """

    kernel: float
    numpy: float | None
    size: int

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


@dataclass(frozen=True, slots=True)
class Measurement:
    """All that is measured on one kernel."""

    accuracy: AccuracyReport
    tails: tuple[Tail, ...]
    speed: Speed


def flatten(value: Any) -> list[Any]:
    """Return the scalars of a result in order: values of a dict, items, a Matrix row by row."""
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in flatten(item)]
    if isinstance(value, sympy.MatrixBase):
        return list(value)
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flatten(item)]
    if isinstance(value, np.ndarray) and value.ndim:
        return list(value.ravel())
    return [value]


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


def _numpy_peer(kernel: Kernel) -> Callable[..., Any] | None:
    try:
        peer: Callable[..., Any] = sympy.lambdify(
            list(kernel.args),
            [unfold(entry) for entry in flatten(kernel.expr)],
            modules=["numpy", "scipy"],
            cse=True,
        )
        with np.errstate(all="ignore"):
            peer(*(np.float64(0.5) for _ in kernel.args))
    except (NameError, TypeError, NotImplementedError, AttributeError):
        # SymPy has no NumPy printer for some node: there is no peer to stand beside.
        return None
    return peer


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure_speed(kernel: Kernel, ranges: Mapping[str, tuple[float, float]]) -> Speed:
    """Time the kernel and `sympy.lambdify` with NumPy in turn, on one thread's worth of points.

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
    peer = _numpy_peer(kernel)
    own: list[float] = []
    theirs: list[float] = []
    with np.errstate(all="ignore"):
        kernel(*points)
        for _ in range(ROUNDS):
            own.append(_seconds(lambda: kernel(*points)))
            if peer is not None:
                theirs.append(_seconds(lambda: peer(*points)))
    scale = 1e9 / SIZE
    return Speed(
        kernel=statistics.median(own) * scale,
        numpy=statistics.median(theirs) * scale if theirs else None,
        size=SIZE,
    )


def measure(
    kernel: Kernel,
    ranges: Mapping[str, tuple[float, float]],
    tails: Sequence[Mapping[str, float]] = (),
) -> Measurement:
    """Measure a kernel's error over `ranges`, its value at `tails`, and its speed.

    Parameters
    ----------
    kernel : Kernel
    ranges : mapping
        From argument name to finite ``(low, high)``.
    tails : sequence of mappings
        Points from argument name to number.

    Returns
    -------
    Measurement
    """
    if not all(math.isfinite(end) for ends in ranges.values() for end in ends):
        raise ValueError(f"ranges: expected finite ends, got {dict(ranges)}")
    return Measurement(
        accuracy=kernel.accuracy(ranges),
        tails=measure_tails(kernel, tails),
        speed=measure_speed(kernel, ranges),
    )
