"""Where the search for the solution of a boundary-value problem starts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from symnum.homotopy.boundary.collocated_boundary import CollocatedBoundary, Domain, Profile
from symnum.homotopy.boundary.problem import BoundaryProblem

__all__ = ["starts"]

Array = NDArray[np.float64]

# How much of the function that satisfies all conditions with zeros is added, one try after another.
ADDITIONS = (0.0, 1.0, -1.0, 4.0, -4.0)
NUMBER_STEPS = 8


def starts(system: CollocatedBoundary) -> Iterator[Profile]:
    """Yield starts: the smoothest polynomial that satisfies the linear conditions, then others.

    Unknown numbers are chosen so that the equation is satisfied best in the mean.

    Parameters
    ----------
    system : CollocatedBoundary

    Yields
    ------
    Profile
    """
    particular, homogeneous = _polynomials(system.problem, system.domain)
    for addition in ADDITIONS:
        profile = _profile(system, particular + addition * homogeneous)
        left = system.start(profile)
        if np.all(np.isfinite(left)):
            yield _with_numbers(system, profile)


def _polynomials(problem: BoundaryProblem, domain: Domain) -> tuple[Array, Array]:
    """Return Chebyshev coefficients on the domain: the start, and what can be added to it."""
    count = problem.order + len(problem.unknowns) + 3
    half = (domain.high - domain.low) / 2
    rows, targets = [], []
    for condition in problem.conditions:
        if not condition.is_linear:
            continue
        row = np.zeros(count)
        for place, weight in condition.weights():
            point = np.clip(float(place.point), domain.low, domain.high)
            inside = (point - domain.low) / half - 1
            for j in range(count):
                unit = chebyshev.chebder(np.eye(count)[j], place.derivative)
                value = chebyshev.chebval(inside, unit) / half**place.derivative
                row[j] += float(weight) * float(value)
        size = np.max(np.abs(row))
        rows.append(row / size)
        targets.append(float(condition.target) / size)
    if not rows:
        return np.zeros(count), np.eye(count)[0]
    particular = _lowest_degree(np.array(rows), np.array(targets))
    penalty = (1.0 + np.arange(count)) ** 3
    matrix = np.array(rows) / penalty
    # The smoothest polynomial in the kernel: the constant, projected onto it.
    _, values, right = np.linalg.svd(matrix)
    kernel = right[int(np.sum(values > 1e-12 * values[0])) :]
    mixed = kernel.T @ (kernel @ np.eye(count)[0]) / penalty
    if not np.any(np.abs(mixed) > 1e-12):
        mixed = kernel[0] / penalty
    grid = np.linspace(-1, 1, 101)
    sampled = chebyshev.chebval(grid, mixed)
    return particular, mixed / sampled[np.argmax(np.abs(sampled))]


def _lowest_degree(rows: Array, targets: Array) -> Array:
    """Return the coefficients of the polynomial of lowest degree that meets the targets."""
    found = np.zeros(rows.shape[1])
    for degree in range(rows.shape[1]):
        part = rows[:, : degree + 1]
        found[: degree + 1] = np.linalg.lstsq(part, targets, rcond=None)[0]
        if np.max(np.abs(rows @ found - targets)) <= 1e-9 * max(
            1.0, float(np.max(np.abs(targets)))
        ):
            break
    return found


def _profile(system: CollocatedBoundary, coefficients: Array) -> Profile:
    """Return the profile of a polynomial."""
    domain, n = system.domain, system.problem.order
    half = (domain.high - domain.low) / 2
    lefts = (domain.x(system.breaks[:-1]) - domain.low) / half - 1
    nodes = (system.x - domain.low) / half - 1
    ends = [
        chebyshev.chebval(lefts, chebyshev.chebder(coefficients, k)) / half**k for k in range(n)
    ]
    highest = chebyshev.chebval(nodes, chebyshev.chebder(coefficients, n)) / half**n
    numbers = np.zeros(len(system.problem.unknowns))
    return Profile(highest * system.rate, np.stack(ends, axis=1), numbers)


def _with_numbers(system: CollocatedBoundary, profile: Profile) -> Profile:
    """Choose the unknown numbers by least squares over the nodes."""
    count = len(system.problem.unknowns)
    if count == 0:
        return profile
    nodes = system.pieces * system.size
    lengths = np.repeat(system.half, system.size) * np.sqrt(
        1 - np.tile(system.grid.nodes, system.pieces) ** 2
    )
    weights = np.sqrt(lengths * system.rate.ravel())
    for _ in range(NUMBER_STEPS):
        left = system.start(profile)[:nodes] * weights
        slopes = np.stack(system.program.slopes()[system.problem.order + 1 :], axis=1)
        matrix = slopes * weights[:, None]
        if not (np.all(np.isfinite(left)) and np.all(np.isfinite(matrix))):
            return profile
        step = np.linalg.lstsq(matrix, -left, rcond=None)[0]
        profile = Profile(profile.slopes, profile.ends, profile.numbers + step)
        if np.all(np.abs(step) <= 1e-3 * (1 + np.abs(profile.numbers))):
            break
    return profile
