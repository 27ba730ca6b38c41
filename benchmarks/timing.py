"""One processor, interleaved rounds, medians.

The clock is the processor time of this process: on one processor it is the time on the wall, less
what other programs took. Where it ticks too coarsely the wall clock takes its place.
"""

from __future__ import annotations

import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["ON_LINUX", "geometric_mean", "interleaved", "own_clock", "processors", "single_thread"]

# Elsewhere no process can be pinned to a processor.
ON_LINUX = platform.system() == "Linux"

# Each sample repeats a call for about this long; what is slower is called once.
_SAMPLE_SECONDS = 1.5e-3
# What takes so many times longer than the fastest is sampled in the first rounds only: one in five.
_SLOW_TIMES = 25
# A clock has to tell such times apart.
_FINE_SECONDS = 1e-6

Clock = Callable[[], float]


def own_clock() -> Clock:
    """Return the clock of this process's own time, or the wall clock where that is too coarse."""
    fine = time.get_clock_info("process_time").resolution <= _FINE_SECONDS
    return time.process_time if fine else time.perf_counter


def processors() -> list[int]:
    """Return the processors that this process may use."""
    if ON_LINUX:
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def single_thread() -> bool:
    """Let this process use one processor; to be called before the libraries are imported.

    Returns
    -------
    bool
        Whether the process could be pinned to one processor.
    """
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "NUMEXPR_MAX_THREADS",
        "NUMBA_NUM_THREADS",
    ):
        os.environ[name] = "1"
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["XLA_FLAGS"] = flags
    os.environ["JAX_ENABLE_X64"] = "1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    if ON_LINUX:
        os.sched_setaffinity(0, processors()[-1:])
    return ON_LINUX


def interleaved(
    calls: Mapping[str, Callable[[], object]], rounds: int, clock: Clock | None = None
) -> dict[str, float]:
    """Time several calls in turn.

    Parameters
    ----------
    calls : mapping from name to callable without arguments
    rounds : int
        In each round every call is timed once, in an order of its own.
    clock : callable, optional
        Returns seconds; this process's own time by default, which several threads add up.

    Returns
    -------
    dict from name to float
        Median of the seconds a call.
    """
    clock = clock or own_clock()
    repeats = {name: _repeats(call, clock) for name, call in calls.items()}
    quickest = min((estimate for _, estimate in repeats.values()), default=0.0)
    samples: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    shuffle = random.Random(0)
    for turn in range(rounds):
        shuffle.shuffle(order)
        for name in order:
            count, estimate = repeats[name]
            if turn < max(1, rounds // 5) or estimate < _SLOW_TIMES * quickest:
                samples[name].append(_timed(calls[name], count, clock))
    return {name: statistics.median(values) for name, values in samples.items()}


def _repeats(call: Callable[[], object], clock: Clock) -> tuple[int, float]:
    """Return how often to call in a sample, and about how long one call takes."""
    estimate = min(_timed(call, 1, clock) for _ in range(2))  # the first may compile
    return max(1, round(_SAMPLE_SECONDS / max(estimate, 1e-7))), estimate


def _timed(call: Callable[[], object], count: int, clock: Clock) -> float:
    start = clock()
    for _ in range(count):
        call()
    return (clock() - start) / count


def geometric_mean(values: list[float]) -> float:
    """Return the geometric mean, NaN of nothing."""
    return statistics.geometric_mean(values) if values else float("nan")
