"""Roots of systems with functions that have no enclosure: judged by Newton's correction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy as sp

from symnum.reference import evaluate
from symnum.reference.precision import private_context
from symnum.rootfinding.status import Status
from symnum.rootfinding.systems.functions import SystemFunction, Vector
from symnum.rootfinding.systems.verdicts import SystemVerdict, failure

__all__ = ["root_in_numbers"]

#: Digits of the corrections that are compared.
DIGITS = (30, 45, 60)

#: How small the first and the last correction must be, in units of the point.
FIRST, LAST = 1e-6, 1e-20


def root_in_numbers(function: SystemFunction, x: Vector) -> SystemVerdict:
    """Judge a point by Newton's correction at high precision.

    Parameters
    ----------
    function : SystemFunction
        F.
    x : ndarray
        Where an iteration stopped.

    Returns
    -------
    SystemVerdict
        ``noise_limited`` where the corrections vanish as they do at a regular root; else
        ``stalled``.
    """
    point: list[Any] = [sp.Rational(place) for place in x.tolist()]
    sizes, unit = [], float(np.abs(x).max()) or 1.0
    for digits in DIGITS:
        step = _correction(function, point, digits)
        if step is None:
            return failure(Status.STALLED, x, "that it is a root could not be checked")
        sizes.append(max(abs(float(part)) for part in step))
        point = [place + part for place, part in zip(point, step, strict=True)]
    if sizes[0] > FIRST * unit or sizes[-1] > LAST * unit or sizes[-1] > sizes[0]:
        return failure(Status.STALLED, x, "Newton's correction does not vanish there")
    root = np.array([float(place) for place in point])
    if not function.admits(root):
        return failure(Status.STALLED, x, "the assumptions of the unknowns exclude the root")
    misses = [abs(float(p - sp.Rational(r))) for p, r in zip(point, root.tolist(), strict=True)]
    bound = np.array([math.nextafter(miss + 4.0 * sizes[-1], math.inf) for miss in misses])
    what = "its functions have no rigorous enclosure"
    return SystemVerdict(Status.NOISE_LIMITED, root, bound, 1, detail=what)


def _correction(function: SystemFunction, point: list[Any], digits: int) -> list[Any] | None:
    """Return -J^-1 F at high precision, None where it is not known."""
    place = dict(zip(function.unknowns, point, strict=True))
    context = private_context()
    with context.workdps(digits + 10):
        matrix = context.matrix(_slopes(function, place, digits))
        values = context.matrix([-evaluate(expr, place, digits) for expr in function.functions])
        if not all(context.isfinite(entry) for entry in [*matrix, *values]):
            return None
        try:
            step = context.lu_solve(matrix, values)
        except (ZeroDivisionError, TypeError, ValueError):
            return None
        if any(context.im(part) for part in step):
            return None
        return [sp.Rational(str(context.re(part))) for part in step]


def _slopes(function: SystemFunction, place: dict[sp.Symbol, Any], digits: int) -> list[list[Any]]:
    """Return the Jacobian at high precision, by differences where it has no closed form."""
    if function.slopes is not None:
        return [[evaluate(entry, place, digits) for entry in row] for row in function.slopes]
    columns = []
    for unknown in function.unknowns:
        step = sp.Rational(1, 10 ** (digits // 2)) * max(sp.Integer(1), abs(place[unknown]))
        ends = [{**place, unknown: place[unknown] + sign * step} for sign in (1, -1)]
        ahead, behind = (
            [evaluate(expr, end, 2 * digits) for expr in function.functions] for end in ends
        )
        columns.append([(a - b) / (2 * step) for a, b in zip(ahead, behind, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]
