"""Where to start the search for the parameters of a form: a small least-squares search."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy
from flint import arb
from numpy.typing import NDArray

from symnum.approximation.parametric import ParametricFamily

__all__ = ["start_values"]

Floats = NDArray[np.float64]
Model = Callable[[Floats], tuple[Floats, Floats]]

POINTS = 72
MAGNITUDES = (0.1, 0.5, 1.0, 3.0, 10.0)
MOST_STARTS = 80
STEPS = 40
SHARPENINGS = 12
KEPT = 4
SEED = 20


def start_values(
    family: ParametricFamily, given: Sequence[float | None], prec: int = 96
) -> list[tuple[float, ...]]:
    """Return some parameter values that make the largest error small, best first.

    Parameters
    ----------
    family : ParametricFamily
    given : sequence of float or None
        A start for each free parameter, or None where it is to be searched.
    prec : int
        Precision in bits at which the target is evaluated.
    """
    model = _model(family, prec)
    found: list[tuple[float, tuple[float, ...]]] = []
    for start in _grid(given):
        fitted = _fitted(model, np.array(start))
        if fitted is not None:
            found.append((_largest(model, fitted), tuple(float(v) for v in fitted)))
    # Of fits that differ by a symmetry of the form the one with positive parameters comes first.
    found.sort(key=lambda row: (float(f"{row[0]:.6e}"), -sum(np.sign(row[1])), row[1]))
    distinct: list[tuple[float, tuple[float, ...]]] = []
    for error, values in found:
        if all(_differ(values, other) for _, other in distinct):
            distinct.append((error, values))
        if len(distinct) == KEPT:
            break
    sharpened = []
    for error, values in distinct:
        better = _sharpened(model, np.array(values))
        sharpened.append((_largest(model, better), tuple(float(v) for v in better)))
        if sharpened[-1][0] > error:
            sharpened[-1] = (error, values)
    return [values for _, values in sharpened]


def _grid(given: Sequence[float | None]) -> list[tuple[float, ...]]:
    choices: list[list[float]] = []
    for start in given:
        if start is None:
            choices.append([sign * size for size in MAGNITUDES for sign in (1, -1)])
        else:
            choices.append([start])
    count = math.prod(len(choice) for choice in choices)
    if count <= MOST_STARTS:
        return list(itertools.product(*choices))
    rng = random.Random(SEED)
    positive = [
        tuple(abs(rng.choice(choice)) for choice in choices) for _ in range(MOST_STARTS // 2)
    ]
    mixed = [tuple(rng.choice(choice) for choice in choices) for _ in range(MOST_STARTS // 2)]
    return list(dict.fromkeys([*positive, *mixed]))


def _model(family: ParametricFamily, prec: int) -> Model:
    """Return a function of the parameters: weighted errors and their slopes, in floats."""
    problem = family.problem
    low, high = (float(end.mid()) for end in problem.ends(prec))
    angles = np.pi * (np.arange(POINTS) + 0.5) / POINTS
    places = (low + high) / 2 - (high - low) / 2 * np.cos(angles)
    targets, factors = [], []
    for place in places:
        target, inverse = problem.data(arb(float(place)), prec, 1)
        targets.append(float(target[0].mid()))
        factors.append(1.0 if inverse is None else float(inverse[0].mid()))
    inner = {problem.x: problem.place}
    outputs = [family.member, *family.slope_expressions]
    compiled = sympy.lambdify(
        [problem.s, *family.free],
        [output.subs(inner) for output in outputs],
        modules=["scipy", "numpy"],
        cse=True,
    )
    goal, factor = np.array(targets), np.array(factors)

    def model(values: Floats) -> tuple[Floats, Floats]:
        with np.errstate(all="ignore"):
            member, *slopes = compiled(places, *values)
            errors = (goal - member) * factor
            table = [np.broadcast_to(-np.asarray(slope) * factor, goal.shape) for slope in slopes]
            return np.broadcast_to(errors, goal.shape), np.stack(table, axis=1)

    return model


def _largest(model: Model, values: Floats | tuple[float, ...]) -> float:
    errors, _ = model(np.asarray(values))
    worst = float(np.max(np.abs(errors)))
    return worst if math.isfinite(worst) else math.inf


def _fitted(model: Model, values: Floats, weights: Floats | None = None) -> Floats | None:
    """Return the least-squares fit near a start by the method of Levenberg and Marquardt."""
    with np.errstate(all="ignore"):
        return _descended(model, values, weights)


def _descended(model: Model, values: Floats, weights: Floats | None) -> Floats | None:
    damping = 1e-3
    errors, slopes = model(values)
    if not _usable(errors, slopes):
        return None
    scale = np.ones_like(errors) if weights is None else np.sqrt(weights)
    cost = float(np.sum((scale * errors) ** 2))
    for _ in range(STEPS):
        jacobian, residual = slopes * scale[:, None], errors * scale
        normal = jacobian.T @ jacobian
        system = normal + damping * np.diag(np.diag(normal) + 1e-300)
        try:
            step = -np.linalg.solve(system, jacobian.T @ residual)
        except np.linalg.LinAlgError:
            return values
        trial = values + step
        new_errors, new_slopes = model(trial)
        new_cost = float(np.sum((scale * new_errors) ** 2))
        if _usable(new_errors, new_slopes) and new_cost < cost:
            gain = cost - new_cost
            values, errors, slopes, cost = trial, new_errors, new_slopes, new_cost
            damping = max(damping / 10, 1e-12)
            if gain <= 1e-10 * cost:
                break
        else:
            damping *= 10
            if damping > 1e10:
                break
    return values


def _usable(*arrays: Floats) -> bool:
    return all(bool(np.all(np.isfinite(array))) for array in arrays)


def _sharpened(model: Model, values: Floats) -> Floats:
    """Move a least-squares fit towards the smallest largest error by Lawson's weights."""
    best, least = values, _largest(model, values)
    weights = np.ones(POINTS) / POINTS
    for _ in range(SHARPENINGS):
        errors, _ = model(values)
        weights = weights * np.abs(errors)
        total = float(np.sum(weights))
        if not total > 0 or not math.isfinite(total):
            break
        weights = weights / total
        fitted = _fitted(model, values, weights)
        if fitted is None:
            break
        values = fitted
        reached = _largest(model, values)
        if reached < least:
            best, least = values, reached
    return best


def _differ(left: Sequence[Any], right: Sequence[Any]) -> bool:
    return any(abs(a - b) > 1e-4 * (abs(a) + abs(b)) for a, b in zip(left, right, strict=True))
