"""The points at which errors are measured: a declared domain, or a broad one on a log scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sympy
from numpy.typing import NDArray

__all__ = ["REAL_LINE", "Span", "sample", "span_of_symbol"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where an argument is expected.

    Parameters
    ----------
    low, high : float
        The ends; infinite ends are open.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"domain: the range from {self.low} to {self.high} is empty")

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g}]"


REAL_LINE = Span(-math.inf, math.inf)


def span_of_symbol(symbol: sympy.Expr) -> Span:
    """Return where a symbol can be, by its assumptions.

    Examples
    --------
    >>> print(span_of_symbol(sympy.Symbol("x", positive=True)))
    [0, inf]
    """
    low = 0.0 if symbol.is_nonnegative else -math.inf
    high = 0.0 if symbol.is_nonpositive else math.inf
    return Span(low, high)


# Magnitudes for a single argument: tiny, small, about one, where exponentials overflow, large.
MAGNITUDES = (
    *(1e-30, 1e-20, 1e-16, 1e-12, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 5e-4, 2e-3, 5e-3),
    *(0.01, 0.03, 0.07, 0.12, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95, 1.1, 1.3, 1.5, 1.8, 2.1, 2.5),
    *(3.0, 3.5, 4.0, 5.0, 6.5, 8.0, 10.0, 13.0, 17.0, 22.0, 28.0, 36.0, 50.0, 100.0, 300.0, 600.0),
    *(700.0, 725.0, 750.0, 2e3, 1e4, 1e5, 1e6, 1e8, 1e12, 1e16, 1e25),
)

# Values where formulas have something special.
LANDMARKS = (0.0, 1.0, -1.0, 1 + 1e-9, 1 - 1e-9, 1e-9 - 1, 2.0, -2.0, 0.5, 3.0)

# The number of points in a declared range, and for several arguments.
DECLARED = 64
SEVERAL = 72
SEED = 20_250_301

# Magnitudes of several arguments lie between these powers of ten, most of them near 1.
SMALLEST_POWER, LARGEST_POWER = -9.0, 3.0


def sample(spans: Sequence[Span]) -> NDArray[np.float64]:
    """Return sample points, the same ones in every run.

    Parameters
    ----------
    spans : sequence of Span
        One for each argument.

    Returns
    -------
    ndarray of shape (arity, count)
    """
    random = np.random.default_rng(SEED)
    if len(spans) == 1:
        return _line(spans[0], random)[np.newaxis, :]
    if not spans:
        return np.zeros((0, 1))
    columns = np.array([_spread(span, random) for span in spans])
    columns = _related(columns, random)
    for row, span in zip(columns, spans, strict=True):
        outside = ~((span.low <= row) & (row <= span.high))
        row[outside] = _spread(span, random)[outside]
    return columns


def _line(span: Span, random: np.random.Generator) -> NDArray[np.float64]:
    # Round numbers have few digits, and round too well.
    sizes = np.array(MAGNITUDES) * (1 + 0.02 * random.random(len(MAGNITUDES)))
    broad = np.concatenate([sizes, -sizes, LANDMARKS])
    points = broad[(span.low <= broad) & (broad <= span.high)]
    if math.isfinite(span.low) and math.isfinite(span.high):
        points = np.concatenate([points, _declared(span, DECLARED, random)])
    return np.unique(points)


def _declared(span: Span, count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return points all over a finite range, its ends, and points close to the ends."""
    width = span.high - span.low
    if width == 0:
        return np.full(count, span.low)
    even = span.low + width * random.random(count - 10)
    close = width * np.array([1e-12, 1e-8, 1e-4, 1e-2])
    ends = np.array([span.low, span.high])
    points = np.concatenate([even, ends, span.low + close, span.high - close])
    if span.low > 0 and span.high / span.low > 100:
        ratio = math.log(span.high / span.low)
        points[: (count - 10) // 2] = span.low * np.exp(ratio * random.random((count - 10) // 2))
    return np.asarray(np.clip(points, span.low, span.high))


def _spread(span: Span, random: np.random.Generator) -> NDArray[np.float64]:
    if math.isfinite(span.low) and math.isfinite(span.high):
        points = _declared(span, SEVERAL, random)
        random.shuffle(points)
        return points
    # Half of the points near 1, the others anywhere.
    powers = random.uniform(SMALLEST_POWER, LARGEST_POWER, SEVERAL)
    powers[::2] = random.uniform(-1.0, 0.7, len(powers[::2]))
    signs = np.where(random.random(SEVERAL) < 0.5, -1.0, 1.0)
    points = signs * 10**powers
    if span.low > -math.inf:
        return np.abs(points) + span.low
    if span.high < math.inf:
        return span.high - np.abs(points)
    return points


def _related(columns: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Let arguments be nearly equal, equal, all large or all small at some points."""
    arity = len(columns)
    columns = columns.copy()
    for step, distance in enumerate((0.0, 1e-12, 1e-9, 1e-6, 1e-3, 0.3)):
        for repeat in range(3):
            place = 3 * step + repeat
            first = columns[0, place]
            close = first * (1 + distance * random.uniform(-1, 1, arity))
            columns[:, place] = close
    # Large arguments, in which exponentials overflow; in pairs close to each other.
    for step, size in enumerate((30.0, 300.0, 1e3, 5e3)):
        for repeat in range(2):
            place = 20 + 2 * step + repeat
            signs = random.choice((-1.0, 1.0), arity) if repeat else np.ones(arity)
            columns[:, place] = signs * size * random.uniform(0.7, 1.0, arity)
    # Differences at which exponentials become subnormal.
    for place in range(33, 33 + min(arity, 4)):
        columns[:, place] = 3.0 * random.random(arity)
        columns[place - 33, place] += 722.0
        columns[:, place + 4] = 723.0 + 3.0 * random.random(arity)
        columns[place - 33, place + 4] -= 722.0
    for step, size in enumerate((1e-4, 1e-8, 1e-12)):
        place = 30 + step
        columns[:, place] = size * random.uniform(-1.0, 1.0, arity)
    return columns
