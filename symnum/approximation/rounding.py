"""Fits whose coefficients are floating-point numbers, and the kernels that run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import sympy
from flint import arb

from symnum.approximation.certificate import certify
from symnum.approximation.errors import NoBestApproximation
from symnum.approximation.extrema import chebyshev_grid, local_extrema
from symnum.approximation.families import Family
from symnum.approximation.ordering import ascending
from symnum.approximation.parametric import ParametricFamily
from symnum.approximation.polynomial import PolynomialFamily
from symnum.approximation.remez import exchange
from symnum.approximation.result import Minimax, as_mpf, frozen, outward
from symnum.approximation.search import grid_size
from symnum.approximation.taylor import series_precision

if TYPE_CHECKING:
    from symnum.compiler.kernel import Kernel

__all__ = ["FORMATS", "kernel_of", "rounded_fit"]

MOST_ROUNDS = 5

FORMATS: dict[str, Any] = {"float64": np.float64, "float32": np.float32}


def rounded_fit(fit: Minimax, dtype: str) -> Minimax:
    """Return a fit with rounded coefficients; see `Minimax.rounded`."""
    if dtype not in FORMATS:
        raise ValueError(f"dtype: expected one of {', '.join(FORMATS)}, got {dtype!r:.40}")
    family = fit.family
    kept = family.fixed if isinstance(family, ParametricFamily) else {}
    plain = {
        name: value if name in kept else _nearest(value, dtype)
        for name, value in fit.params.items()
    }
    result = _certified_again(fit, plain, dtype)
    if isinstance(family, PolynomialFamily) and fit.outcome is not None:
        refitted = _successively(fit, family, dtype)
        numbers = {name: _nearest(refitted[name], dtype) for name in plain}
        better = _certified_again(fit, numbers, dtype)
        result = min(result, better, key=lambda candidate: candidate.error)
    return result


def _nearest(value: Any, dtype: str) -> Any:
    """Return the nearest number of a format, rounded once."""
    bits = {"float64": 53, "float32": 24}[dtype]
    rounded = mpmath.mp.make_mpf(mpmath.libmp.mpf_pos(value._mpf_, bits, "n"))
    with np.errstate(under="ignore", over="ignore"):
        number: Any = FORMATS[dtype](float(rounded))
    return mpmath.mp.make_mpf(mpmath.libmp.from_float(float(number), 53, "n"))


def _successively(fit: Minimax, family: PolynomialFamily, dtype: str) -> dict[Any, Any]:
    """Round one coefficient after the other, the lowest first, and fit the others anew."""
    prec = fit.bits
    ends = family.problem.ends(prec)
    numbers = dict(fit.params)
    assert fit.outcome is not None
    places = [extremum.place for extremum in fit.outcome.reference]
    current = family
    grid = chebyshev_grid(*ends, grid_size(family), prec)
    for power in family.powers:
        numbers[f"c{power}"] = _nearest(numbers[f"c{power}"], dtype)
        fixed = {**current.fixed, power: _rational(numbers[f"c{power}"])}
        current = PolynomialFamily(family.problem, family.degree, fixed)
        places = places[1:]
        if not current.size:
            break
        try:
            outcome = exchange(current, places, grid, prec, 1e-3, most=MOST_ROUNDS)
        except NoBestApproximation:
            # What was rounded spoils more than the rest can make up for: keep the others.
            continue
        places = [extremum.place for extremum in outcome.reference]
        for free, value in zip(current.free, outcome.level.values, strict=True):
            numbers[free] = as_mpf(value)
    return numbers


def _rational(value: Any) -> sympy.Rational:
    return sympy.Rational(*float(value).as_integer_ratio())


def _ball(value: Any) -> arb:
    return arb(float(value))


def _certified_again(fit: Minimax, numbers: dict[Any, Any], dtype: str) -> Minimax:
    family: Family = fit.family
    if isinstance(family, PolynomialFamily):
        fixed = {k: _rational(numbers[f"c{k}"]) for k in family.fixed}
        family = PolynomialFamily(family.problem, family.degree, fixed)
    values = tuple(_ball(number) for number in family.state(numbers))
    prec = fit.bits
    ends = family.problem.ends(prec)
    grid = chebyshev_grid(*ends, grid_size(fit.family), prec)
    extrema = local_extrema(family, values, grid, prec)
    bound = certify(family, values, ends, extrema, prec)
    with series_precision(prec, 1):
        largest = max((extremum.size for extremum in extrema), key=ascending)
        lower = max((abs(extremum.error).lower() for extremum in extrema), key=ascending)
    return Minimax(
        params=frozen(numbers),
        error=as_mpf(largest),
        error_bounds=outward(lower, bound.upper),
        alternation=fit.alternation,
        certificate=f"the bounds are for this fit with its coefficients in {dtype}",
        digits=fit.digits,
        family=family,
        values=values,
        outcome=None,
        bits=fit.bits,
        notes=fit.notes,
        dtype=dtype,
    )


def kernel_of(fit: Minimax, **options: Any) -> Kernel:
    """Return the kernel of a fit with its coefficients rounded to the format of the kernel."""
    from symnum.compiler.lambdification import lambdify

    dtype = options.get("dtype", "float64")
    rounded = fit if fit.dtype == dtype else fit.rounded(dtype)
    expr = (
        sympy.horner(rounded.exact_expr, fit.x)
        if rounded.exact_expr.is_polynomial()
        else (rounded.exact_expr)
    )
    return lambdify([fit.x], expr, **options)
