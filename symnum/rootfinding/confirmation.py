"""Is this point a root? A proof in balls where there is one, and the name of what it is if not."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

from symnum.errors import UnsupportedNodeError
from symnum.reference import evaluate
from symnum.rootfinding.enclosure import exact_ball, isolate_near
from symnum.rootfinding.multiple_roots import multiple_root, root_of_a_factor
from symnum.rootfinding.scalar_functions import ScalarFunction
from symnum.rootfinding.sign_changes import (
    break_of_sign,
    exact_root,
    root_between_signs,
    sign_change_around,
)
from symnum.rootfinding.status import Status
from symnum.rootfinding.verdicts import Verdict, proved_root

__all__ = ["confirm"]

Number = Any  # float or complex


def confirm(function: ScalarFunction, x: Number) -> Verdict:
    """Decide what a point is at which an iteration stopped.

    The proofs are tried in this order: a simple root by interval Newton; a simple root of a factor;
    a multiple root through the derivatives; an exact number of simple form; a change of sign of a
    continuous function.

    Parameters
    ----------
    function : ScalarFunction
        f.
    x : float or complex
        The point.

    Returns
    -------
    Verdict
    """
    try:
        return _confirm_in_balls(function, x)
    except UnsupportedNodeError:
        return _confirm_in_numbers(function, x)


def _confirm_in_balls(function: ScalarFunction, x: Number) -> Verdict:
    smooth = function.differentiable
    found = isolate_near(function, x) if smooth else None
    if found is not None:
        return proved_root(function, function, found, 1)
    bracket = sign_change_around(function, x) if function.real else None
    verdict = None if bracket is None else break_of_sign(function, x, bracket)
    if verdict is None and smooth:
        verdict = root_of_a_factor(function, x) or multiple_root(function, x)
    if verdict is None and function.real:
        verdict = exact_root(function, x, bracket)
        if verdict is None and bracket is not None:
            verdict = root_between_signs(function, bracket)
    return verdict or _refused(function, x)


def _refused(function: ScalarFunction, x: Number) -> Verdict:
    """Name what a point is that looked like a root to floats and is none."""
    sample = function.sample(x)
    if not sample.defined:
        return Verdict(Status.NAN, x, detail="f is not defined there")
    if sample.value == 0 and sample.noise == 0.0:
        for precision in (64, 1024):
            value = function.ball(0, exact_ball(x, function.real), precision)
            if value.is_finite() and not value.contains(0):
                return Verdict(
                    Status.UNDERFLOW, x, detail="f is not zero there, it only underflows"
                )
    return Verdict(Status.STALLED, x, detail="that it is a root could not be proved")


def _confirm_in_numbers(function: ScalarFunction, x: Number) -> Verdict:
    """Judge by Newton's correction at high precision, for functions that have no balls."""
    if not function.differentiable:
        return Verdict(Status.STALLED, x, detail="neither a derivative nor an enclosure is known")
    point, sizes = sp.sympify(x), []
    for digits in (30, 45, 60):
        place = {function.unknown: point}
        value = evaluate(function.expr, place, digits)
        slope = evaluate(function.derivative(1), place, digits)
        if value != value or slope != slope or slope == 0:
            return Verdict(Status.STALLED, x, detail="that it is a root could not be checked")
        correction = sp.sympify(value / slope)
        sizes.append(abs(complex(correction)))
        point = point - correction
    scale = max(abs(x), 1e-300)
    if sizes[0] > 1e-6 * scale or sizes[-1] > 1e-20 * scale or sizes[-1] > sizes[0]:
        return Verdict(Status.STALLED, x, detail="Newton's correction does not vanish there")
    root: Number = float(sp.re(point)) if function.real else complex(point)
    bound = abs(complex(point - sp.sympify(root))) + 4.0 * sizes[-1]
    return Verdict(
        Status.NOISE_LIMITED,
        root,
        math.nextafter(bound, math.inf),
        1,
        detail="its functions have no rigorous enclosure",
    )
