"""Roots at which f' vanishes as well: through the factors of f or through its derivatives."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp
from flint import acb, arb, ctx

from symnum.errors import UnsupportedNodeError
from symnum.reference import enclose
from symnum.rootfinding.enclosure import Enclosure, exact_ball, isolate_near, refine
from symnum.rootfinding.factors import simple_numbers, vanishing_factors
from symnum.rootfinding.scalar.verdicts import Verdict, nearest_double, proved_root
from symnum.rootfinding.scalar_functions import ScalarFunction, scalar_function
from symnum.rootfinding.status import Status

__all__ = ["is_exactly_zero", "multiple_root", "multiplicity_beside", "root_of_a_factor"]

Number = Any  # float or complex

#: Orders of multiplicity that the derivatives are asked for.
HIGHEST_MULTIPLICITY = 24

#: Derivatives longer than this are not looked at.
MOST_OPERATIONS = 200

#: No kink may be closer than this: at a kink derivatives say nothing of multiplicity.
KINK_FREE = 1e-9

#: Bits to which a multiple root is enclosed before its exact form is guessed.
FIRST_BITS = (64, 256)

#: Bits to which f must vanish at a multiple root that has no simple exact form.
LAST_BITS = 4000


def root_of_a_factor(function: ScalarFunction, x: Number) -> Verdict | None:
    """Prove a simple root of one factor of f at which the others stay finite.

    Parameters
    ----------
    function : ScalarFunction
        f.
    x : float or complex
        Close to the root.

    Returns
    -------
    Verdict or None
        None where no factor has a provable root here.
    """
    factors = vanishing_factors(function.expr)
    for factor in factors:
        if factor.exponent.is_positive is not True or (
            len(factors) == 1 and factor.expr == function.expr
        ):
            continue
        target = scalar_function(factor.expr, function.unknown, function.real)
        found = isolate_near(target, x)
        if found is None or not _is_near(found, x):
            continue
        others = [other for other in factors if other is not factor]
        values = [_ball_of(other.expr, function, found) for other in others]
        if not all(value.is_finite() for value in values):
            continue
        zeros = [other for other, value in zip(others, values, strict=True) if value.contains(0)]
        if any(not other.exponent.is_positive for other in zeros):
            continue
        verdict = proved_root(function, target, found, None if zeros else factor.multiplicity)
        # Several factors vanish, as in x*sin(x): only the derivatives of f know the multiplicity.
        common = multiple_root(function, verdict.root) if zeros else None
        return common if common is not None and common.status.success else verdict
    return None


def _ball_of(expr: sp.Expr, function: ScalarFunction, found: Enclosure) -> Any:
    other = scalar_function(expr, function.unknown, function.real)
    return other.ball(0, found.root, found.precision)


def _is_near(found: Enclosure, x: Number, reach: float = 0.05) -> bool:
    """Whether an enclosure is still the root that the iteration was after."""
    middle = complex(found.root.mid())
    return bool(abs(middle - x) <= reach * max(abs(x), 1e-3) + 1e-6)


def multiple_root(function: ScalarFunction, x: Number) -> Verdict | None:
    """Look for a derivative of f with a simple root here at which all lower ones vanish.

    Parameters
    ----------
    function : ScalarFunction
        f.
    x : float or complex
        Close to the root.

    Returns
    -------
    Verdict or None
        ``stalled`` where f is proved not to vanish at its extremum; None where nothing was found.
    """
    orders = _plausible_orders(function, x)
    for order in orders:
        if not _is_affordable(function, order):
            return _closed_form(function, x, orders[0] + 1)
        found = isolate_near(function, x, order, FIRST_BITS)
        if found is None or not _is_near(found, x):
            continue
        lower = [function.ball(k, found.root, found.precision) for k in range(order)]
        if not all(value.is_finite() for value in lower):
            return None
        if not all(value.contains(0) for value in lower):
            return _extremum(x)
        for number in _candidates(function, found):
            if all(is_exactly_zero(function.exact_value(number, k)) for k in range(order)):
                return proved_root(function, function, found, order + 1, number)
        return _vanishing_to_all_digits(function, found, x)
    return None


def _plausible_orders(function: ScalarFunction, x: Number) -> list[int]:
    """Return the orders of derivatives that may have a simple root here, from q = 1 - f f''/f'**2.

    Next to a root of multiplicity m, q tends to 1/m. Balls resolve f where floats see noise only.
    An exponential tail, which underflows as f does at a multiple root, has q close to 0.
    """
    with ctx.workprec(FIRST_BITS[-1]):
        point = exact_ball(x, function.real)
        if function.real and not function.is_smooth_over(point + arb(0, KINK_FREE), 64, 1):
            return []
        value, slope, curvature = (function.ball(k, point, FIRST_BITS[-1]) for k in range(3))
        if not (value.is_finite() and slope.is_finite() and curvature.is_finite()):
            return []
        if value.contains(0) or slope.contains(0):
            return list(range(1, HIGHEST_MULTIPLICITY))
        q = 1 - (value / slope) * (curvature / slope)
        share = float(q.real.mid()) if isinstance(q, acb) else float(q.mid())
    if not 0.8 / HIGHEST_MULTIPLICITY < share < 0.8:
        return []
    likely = round(1.0 / share)
    return [order for order in (likely - 1, likely, likely - 2) if order >= 1]


def multiplicity_beside(function: ScalarFunction, root: sp.Expr) -> int | None:
    """Return the multiplicity m to which 1/q = 1/(1 - f f''/f'**2) tends at a root.

    Parameters
    ----------
    function : ScalarFunction
        f, real and smooth around the root.
    root : Expr
        Exact.

    Returns
    -------
    int or None
        None where f is too flat for a number, or not like a power.
    """
    precision = 4096
    with ctx.workprec(precision):
        place = enclose(root + sp.Rational(1, 10**20), {}, 1000)
        value, slope, curvature = (function.ball(k, place, precision) for k in range(3))
        inverse = 1 / (1 - (value / slope) * (curvature / slope))
        if not inverse.is_finite() or not inverse.rad() < 1e-3:
            return None
        estimate = float(inverse.mid())
    return round(estimate) if abs(estimate - round(estimate)) < 1e-6 else None


def _closed_form(function: ScalarFunction, x: Number, multiplicity: int) -> Verdict | None:
    """Guess the root from Newton's step times the multiplicity and check it by substitution.

    For functions whose higher derivatives are too long.
    """
    precision = FIRST_BITS[-1]
    with ctx.workprec(precision):
        point = exact_ball(x, function.real)
        step = point
        for _ in range(10):
            value, slope = (function.ball(k, point, precision) for k in range(2))
            if not value.is_finite() or not slope.is_finite() or slope.contains(0):
                break
            step = multiplicity * value / slope
            point = (point - step).mid()
        reach = step.abs_upper() * 2**10 + arb(2) ** (64 - precision)
        if not function.real or not bool(reach < abs(x) * 1e-9 + 1e-20):
            return None
        numbers = list(simple_numbers(point + arb(0, reach)))
    for number in numbers:
        if is_exactly_zero(function.exact_value(number)):
            root = float(number)
            bound = abs(float(sp.N(sp.Rational(root) - number, 30)))
            return Verdict(
                Status.CONVERGED if bound else Status.EXACT,
                root,
                math.nextafter(bound, math.inf) if bound else 0.0,
                multiplicity_beside(function, number),
                target=function,
                exact=number,
            )
    return None


def _is_affordable(function: ScalarFunction, order: int) -> bool:
    """Whether the derivatives up to an order, and the next one, stay short."""
    return all(sp.count_ops(function.derivative(k)) <= MOST_OPERATIONS for k in range(order + 1))


def _extremum(x: Number) -> Verdict:
    return Verdict(
        Status.STALLED, x, detail="the residual has an extremum there and does not vanish"
    )


def _vanishing_to_all_digits(function: ScalarFunction, found: Enclosure, x: Number) -> Verdict:
    """Return what can be said of a multiple root without an exact form."""
    precise = refine(function, found, LAST_BITS)
    if precise is not None:
        lower = [function.ball(k, precise.root, precise.precision) for k in range(found.order)]
        if not all(value.contains(0) for value in lower):
            return _extremum(x)
    root, bound = nearest_double(found.root, function.real)
    return Verdict(
        Status.NOISE_LIMITED,
        root,
        bound,
        found.order + 1,
        target=function,
        enclosure=found,
        detail="f and its lower derivatives vanish there to all digits that were tried",
    )


def _candidates(function: ScalarFunction, found: Enclosure) -> list[sp.Expr]:
    with ctx.workprec(found.precision):
        if function.real:
            return list(simple_numbers(found.root))
        if found.root.imag.contains(0):
            return list(simple_numbers(found.root.real))
        if found.root.real.contains(0):
            return [sp.I * number for number in simple_numbers(found.root.imag)]
    return []


def is_exactly_zero(value: sp.Expr) -> bool:
    """Whether SymPy shows that a number is zero."""
    if value == 0:
        return True
    if value.is_Rational or not value.is_number or value.has(sp.nan, sp.zoo, sp.oo):
        return False
    try:
        ball = enclose(value, {}, 60)
    except UnsupportedNodeError:
        return False
    # Simplification is slow and only worth it for what cannot be told from zero.
    return bool(ball.contains(0) and sp.count_ops(value) < 100 and sp.simplify(value) == 0)
