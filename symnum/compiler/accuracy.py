"""How many units in the last place a kernel is off, against the exact expression."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.exact_errors import ErrorMeter
from symnum.compiler.points import measuring_points, read_domain
from symnum.compiler.recipe import ExactForm, Recipe
from symnum.reference import Reference

__all__ = ["AccuracyReport", "measure_accuracy"]

Rows = Callable[..., tuple[NDArray[Any], ...]]

# So many values are compared at most, those of all outputs together; without balls a tenth.
MOST_VALUES = 60_000

# The largest errors are measured again, by mpmath alone.
RECHECKED = 12


@dataclass(frozen=True, slots=True)
class AccuracyReport:
    """The error of a kernel over a domain, in units in the last place.

    One ulp is the spacing of the numbers of the kernel's type at the exact value.

    Parameters
    ----------
    max_ulp, median_ulp : float
        Largest and median error over all points and results. Infinite where the kernel has no
        number and the expression has one.
    worst_point : dict
        From the name of each argument to the number at which the kernel is `max_ulp` off.
    points : int
        At how many points it was measured. Points outside of a guard, and points at which the
        expression has no value, do not count.
    output : int
        Which of the results is the worst one, in a row.
    computed, exact : object
        What the kernel gives at the worst point, and what is right, from mpmath.
    """

    max_ulp: float
    median_ulp: float
    worst_point: dict[Any, Any]
    points: int
    output: int
    computed: Any
    exact: Any

    def __str__(self) -> str:
        place = ", ".join(f"{name} = {value!r}" for name, value in self.worst_point.items())
        return (
            f"max {self.max_ulp:.3g} ulp, median {self.median_ulp:.3g} ulp at {self.points} points"
            f"; worst at {place or 'the only point'}"
        )


def measure_accuracy(
    rows: Rows,
    recipe: Recipe,
    form: ExactForm,
    domain: Mapping[Any, tuple[Any, Any]],
    n: int,
    rng: Any,
) -> AccuracyReport:
    """Compare a kernel with its expression at many points.

    Parameters
    ----------
    rows : callable
        The kernel: arrays in, a tuple of arrays out.
    recipe : Recipe
        What the kernel is made from.
    form : ExactForm
        What is exact.
    domain, n, rng
        As for `Kernel.accuracy`.
    """
    count = _positive(n)
    dtype = np.dtype(recipe.dtype)
    ranges = read_domain(recipe.arguments, domain, dtype)
    if not form.outputs:
        raise ValueError("accuracy: the kernel has no results")
    if all(low == high for low, high in ranges):
        count = 1
    with np.errstate(all="ignore"):
        columns = measuring_points(ranges, count, dtype, _generator(rng))
        computed = tuple(np.atleast_1d(row) for row in rows(*columns))
        points = list(zip(*(column.tolist() for column in columns), strict=True)) or [()]
        inside = _inside_guard(form, points, computed)
        measured = _measure(form, dtype, points, computed, inside)
        return _report(measured, recipe, points, computed)


def _generator(rng: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise TypeError(f"rng: expected a seed or a generator, got {rng!r:.60}") from error


def _positive(n: Any) -> int:
    try:
        count = operator.index(n)
    except TypeError:
        raise TypeError(f"n: expected a number of points, got {n!r}") from None
    if count < 1:
        raise ValueError(f"n: expected at least one point, got {count}")
    return count


def _inside_guard(
    form: ExactForm, points: Sequence[tuple[Any, ...]], computed: Sequence[NDArray[Any]]
) -> list[int]:
    """Return the points inside the guard. Only where everything is NaN need it be evaluated."""
    nothing = np.logical_and.reduce([np.isnan(row) for row in computed])
    if form.guard is None or not nothing.any():
        return list(range(len(points)))
    guard = Reference(form.symbols, form.guard)
    return [
        index
        for index, point in enumerate(points)
        if not nothing[index] or guard.value(list(point)) is True
    ]


@dataclass(frozen=True, slots=True)
class _Measured:
    """Errors of one result at the points with these numbers."""

    output: int
    meter: ErrorMeter
    indices: list[int]
    errors: NDArray[np.float64]


def _measure(
    form: ExactForm,
    dtype: np.dtype[Any],
    points: Sequence[tuple[Any, ...]],
    computed: Sequence[NDArray[Any]],
    inside: Sequence[int],
) -> list[_Measured]:
    measured = []
    share = MOST_VALUES // len(form.outputs)
    for output, expression in enumerate(form.outputs):
        meter = ErrorMeter(form.symbols, expression, dtype)
        most = max(share if meter.uses_balls else share // 10, 100)
        indices = list(inside[:most])
        values = computed[output]
        errors = np.array([meter.quick(values[index], points[index]) for index in indices])
        measured.append(_Measured(output, meter, indices, errors))
    return measured


def _report(
    measured: Sequence[_Measured],
    recipe: Recipe,
    points: Sequence[tuple[Any, ...]],
    computed: Sequence[NDArray[Any]],
) -> AccuracyReport:
    defined = [item.errors[~np.isnan(item.errors)] for item in measured]
    every = np.concatenate(defined)
    if not every.size:
        raise ValueError("accuracy: the expression has no value at any point of the domain")
    candidates = [(item, index) for item in measured for index in _largest(item)]
    errors = [
        item.meter.careful(computed[item.output][index], points[index])
        for item, index in candidates
    ]
    largest, (item, index) = max(zip(errors, candidates, strict=True), key=operator.itemgetter(0))
    counted = {point for part in measured for point in _defined(part)}
    return AccuracyReport(
        max_ulp=largest,
        median_ulp=float(np.median(every)),
        worst_point=dict(zip(recipe.arguments.labels(), points[index], strict=True)),
        points=len(counted),
        output=item.output,
        computed=computed[item.output][index].item(),
        exact=item.meter.exact(points[index]),
    )


def _defined(item: _Measured) -> list[int]:
    """Return the points at which the expression has a value."""
    return [
        index
        for index, error in zip(item.indices, item.errors.tolist(), strict=True)
        if not math.isnan(error)
    ]


def _largest(item: _Measured) -> list[int]:
    """Return the points with the largest errors."""
    order = np.argsort(np.where(np.isnan(item.errors), -1.0, item.errors), kind="stable")
    places = [place for place in order[::-1][:RECHECKED] if not math.isnan(item.errors[place])]
    return [item.indices[place] for place in places]
