"""Is this point a root? A proof in balls where there is one, and the name of what it is if not."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import mpmath
import sympy as sp
from flint import arb

from symnum.errors import UnsupportedNodeError
from symnum.reference import evaluate
from symnum.rootfinding.enclosure import Enclosure, exact_ball, isolate_near
from symnum.rootfinding.kinks import has_kinks
from symnum.rootfinding.scalar.multiple_roots import (
    multiple_root,
    multiplicity_beside,
    root_of_a_factor,
)
from symnum.rootfinding.scalar.sign_changes import (
    break_of_sign,
    exact_root,
    root_between_signs,
    sign_change_around,
)
from symnum.rootfinding.scalar.verdicts import Verdict, proved_root
from symnum.rootfinding.scalar_functions import ScalarFunction
from symnum.rootfinding.status import Status

__all__ = ["confirm"]

Number = Any  # float or complex
Bracket = tuple[float, float]


def confirm(function: ScalarFunction, x: Number, ends: tuple[float, ...] | None = None) -> Verdict:
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
    ends : tuple of float, optional
        Two points around it at which f has opposite signs.

    Returns
    -------
    Verdict
    """
    try:
        return _confirm_in_balls(function, x, None if ends is None else (min(ends), max(ends)))
    except UnsupportedNodeError:
        return _confirm_in_numbers(function, x)


def _confirm_in_balls(function: ScalarFunction, x: Number, ends: Bracket | None) -> Verdict:
    smooth = function.differentiable
    found = isolate_near(function, x) if smooth else None
    if found is not None and (ends is None or _reaches(function, found, ends)):
        return proved_root(function, function, found, 1)
    bracket = sign_change_around(function, x, ends) if function.real else None
    verdict = None if bracket is None else break_of_sign(function, x, bracket)
    if verdict is None and smooth:
        verdict = root_of_a_factor(function, x) or multiple_root(function, x)
    if verdict is None and function.real:
        verdict = _with_multiplicity(function, exact_root(function, x, bracket))
        if verdict is None and bracket is not None:
            verdict = root_between_signs(function, bracket)
    return verdict or _refused(function, x)


def _with_multiplicity(function: ScalarFunction, verdict: Verdict | None) -> Verdict | None:
    """Add the multiplicity of an exact root, where f is smooth around it."""
    if verdict is None or not verdict.status.success or verdict.multiplicity is not None:
        return verdict
    if not function.differentiable or has_kinks(function.expr):
        return verdict
    return replace(verdict, multiplicity=multiplicity_beside(function, verdict.exact))


def _reaches(function: ScalarFunction, found: Enclosure, ends: Bracket) -> bool:
    """Whether a proved root is the one between two points, not another one across a jump."""
    slack = 4.0 * math.ulp(max(map(abs, ends)))
    hull = arb(ends[0] - slack).union(arb(ends[1] + slack))
    if hull.overlaps(found.root):
        return True
    signs = [function.ball(0, arb(end), 256) for end in ends]
    # Floats may be wrong about the signs where they lose digits to underflow.
    return any(sign.contains(0) or not sign.is_finite() for sign in signs) or bool(
        signs[0] * signs[1] > 0
    )


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


def _exact(number: Any) -> Any:
    """Return a number of Python or mpmath as the dyadic number that it is, None for nan and inf."""
    if isinstance(number, (complex, mpmath.mpc)):
        parts = _exact(number.real), _exact(number.imag)
        return None if None in parts else parts[0] + sp.I * parts[1]
    raw = getattr(number, "_mpf_", None) or mpmath.mpf(number)._mpf_
    sign, mantissa, exponent, _ = raw
    if not mantissa and exponent:
        return None
    return sp.Rational((-1) ** sign * int(mantissa)) * sp.Rational(2) ** exponent


def _confirm_in_numbers(function: ScalarFunction, x: Number) -> Verdict:
    """Judge by Newton's correction at high precision, for functions that have no balls."""
    if not function.differentiable:
        return Verdict(Status.STALLED, x, detail="neither a derivative nor an enclosure is known")
    point = _exact(x)
    sizes: list[float] = []
    for _ in range(3):
        place = {function.unknown: point}
        value = _exact(evaluate(function.expr, place, 20))
        if value is None and len(sizes) == 2:
            break  # too close to 0 to be told from it
        slope = _exact(evaluate(function.derivative(1), place, 20))
        if value is None or slope is None or slope == 0:
            return Verdict(Status.STALLED, x, detail="that it is a root could not be checked")
        correction = value / slope
        sizes.append(abs(complex(correction)))
        point = point - correction
    scale = max(abs(x), 1e-300)
    if sizes[0] > 1e-6 * scale or sizes[-1] > 1e-20 * scale or sizes[-1] > sizes[0]:
        return Verdict(Status.STALLED, x, detail="Newton's correction does not vanish there")
    root: Number = float(sp.re(point)) if function.real else complex(point)
    bound = abs(complex(point - _exact(root))) + 4.0 * sizes[-1]
    return Verdict(
        Status.NOISE_LIMITED,
        root,
        math.nextafter(bound, math.inf),
        1,
        detail="its functions have no rigorous enclosure",
    )
