"""The mollifier that an activation function implies."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import mpmath
import sympy
from sympy import Expr, Integer, Symbol

from symnum.expressions import as_expression, as_symbol
from symnum.reference import evaluate
from symnum.reference.precision import private_context
from symnum.smoothing.functions.convolution_integrals import is_closed
from symnum.smoothing.functions.evaluation import context_function
from symnum.smoothing.mollifiers.densities import law_of_density
from symnum.smoothing.mollifiers.laws import Law
from symnum.smoothing.mollifiers.mollifier import Mollifier, U
from symnum.smoothing.mollifiers.table import MOLLIFIERS
from symnum.smoothing.pieces.canonical_pieces import is_below, sample_between

__all__ = ["implied_mollifier"]

# Where tails are looked at, and what is small there.
_FAR = 10**6
_SMALL = 1e-3
_PROBES = 16
_DIGITS = 60
# of numbers as large as those where the ends are looked at
_ROUNDING = 1e-40
_SAMPLES = 800
# Ramps of different mollifiers differ by more somewhere.
_ROUGHLY = 1e-10


def implied_mollifier(a: Any, x: Any) -> Mollifier:
    r"""Return the mollifier K = a'' of which an activation function is the smoothed max(x, 0).

    .. math:: a(x) = \int \max(x - t, 0)\,K(t)\,dt
              \quad\text{where } a(-\infty) = 0,\ a(x) - x \to -E\,T \text{ as } x \to \infty

    Parameters
    ----------
    a : Expr or str
        Twice differentiable.
    x : Symbol or str

    Returns
    -------
    Mollifier
        Signed where a is not convex.

    Raises
    ------
    ValueError
        If a does not tend to 0 on the left, or does not differ from x by a constant on the far
        right, or has no second derivative that is a function.

    Examples
    --------
    >>> implied_mollifier("x*(1 + erf(x/sqrt(2)))/2", "x").moment(2)
    -1
    """
    variable = as_symbol(x, "x")
    expr = as_expression(a, "a", declared={variable.name: variable})
    if expr.free_symbols != {variable}:
        raise ValueError(f"a: expected a function of {variable} alone, got {expr}")
    function = expr.subs(variable, U)
    _check_left(function)
    _check_right(function)
    _check_slopes(function)
    if _has_kink(function):
        raise ValueError(f"a: expected a function with a second derivative, got {expr}")
    density = _tidied(function.diff(U, 2))
    if density.has(sympy.DiracDelta, sympy.Derivative, sympy.Subs):
        raise ValueError(f"a: expected a function with a second derivative, got {expr}")
    known = _known(function)
    if known is not None:
        return known
    support = _support(density)
    if density.has(sympy.Piecewise):
        density = _inside(density, support)
    signed = _changes_sign(density, support)
    law = _with_integrals(law_of_density(density, *support), function)
    return Mollifier.of_law(sympy.sstr(density), law, support, None, signed=signed)


def _with_integrals(law: Law, function: Expr) -> Law:
    """Return a law whose A_1 and A_2 are a' and a, where they were integrals."""
    if is_closed(law.antiderivative(2)):
        return law
    t = Symbol("t", real=True)

    def antiderivative(m: int) -> Expr:
        if m <= 2:
            return function.diff(U, 2 - m)
        weight = (U - t) ** (m - 3) / sympy.factorial(m - 3)
        return sympy.Integral(weight * function.subs(U, t), (t, -sympy.oo, U))

    return replace(law, antiderivative=cache(antiderivative))


def _known(function: Expr) -> Mollifier | None:
    """Return the mollifier of the table whose smoothed ramp has the same values, if any.

    Two of these analytic functions that agree to 30 digits at six places are the same.
    """
    places = [sympy.Rational(k, 7) for k in (-9, -5, -1, 2, 4, 11)]
    near = [float(evaluate(function, {U: place}, 15)) for place in places]
    for mollifier in MOLLIFIERS.values():
        if mollifier.name in ("bump", "cauchy"):
            continue
        ramp = mollifier.antiderivative(2)
        if any(
            abs(evaluate(ramp, {U: u}, 15) - value) > _ROUGHLY
            for u, value in zip(places, near, strict=True)
        ):
            continue
        differences = (evaluate(ramp - function, {U: u}, 5) for u in places)
        if all(abs(value) < mpmath.mpf(10) ** -30 for value in differences):
            return mollifier
    return None


def _check_left(function: Expr) -> None:
    sizes = _far_values(function, -1)
    if _tends_to_zero(sizes):
        return
    refusal = f"a: a smoothed max(x, 0) must tend to 0 on the left; {_plain(function)} does not"
    if len(sizes) == _PROBES and _tends_to_zero([value - sizes[-1] for value in sizes]):
        refusal += f" but tends to {mpmath.nstr(sizes[-1], 8)}: subtract this offset"
    raise ValueError(refusal)


def _check_right(function: Expr) -> None:
    """Refuse a function whose difference from x has no limit, which is minus the mean of K."""
    values = _far_values(function - U, 1)
    if len(values) < _PROBES or not _tends_to_zero([value - values[-1] for value in values]):
        raise ValueError(
            "a: a smoothed max(x, 0) must approach x on the right, or differ from it by a constant "
            f"there; {_plain(function)} does not"
        )


def _check_slopes(function: Expr) -> None:
    """Refuse a function whose slope does not rise from 0 to 1, which is the mass of K."""
    slope = function.diff(U)
    for value, side in ((slope, -1), (slope - 1, 1)):
        if not _tends_to_zero(_far_values(value, side)):
            raise ValueError(
                "a: the slope of a smoothed max(x, 0) must rise from 0 on the left to 1 on the "
                f"right; that of {_plain(function)} does not"
            )


def _far_values(function: Expr, side: int) -> list[Any]:
    """Return values further and further away; fewer where one is no finite real number."""
    context = private_context()
    context.dps = _DIGITS
    call = context_function(context, function, [U])
    values: list[Any] = []
    for k in range(4):
        for shift in (0, 1, 2, 3):
            try:
                value = call(context.mpf(side * (_FAR * 10 ** (2 * k) + shift)))
            except (OverflowError, ValueError, ZeroDivisionError):
                return values
            if not (context.isfinite(value) and context.im(value) == 0):
                return values
            values.append(context.re(value))
    return values


def _tends_to_zero(values: list[Any]) -> bool:
    sizes = [abs(float(value)) for value in values]
    if len(sizes) < _PROBES:
        return False
    near, far = max(sizes[:4]), max(sizes[-8:-4])
    return near <= _SMALL and far <= near / 2 + _ROUNDING


def _plain(expr: Expr) -> str:
    text = str(expr.subs(U, Symbol("x")))
    return text if len(text) <= 80 else f"{text[:77]}..."


def _tidied(density: Expr) -> Expr:
    """Return a second derivative as a product where that is short, without Dirac's deltas."""
    if density.has(sympy.DiracDelta):
        return sympy.simplify(density)
    if density.has(sympy.Piecewise):
        return sympy.piecewise_fold(density)
    if density.is_algebraic_expr(U):
        return sympy.factor(sympy.together(density))
    short = sympy.factor_terms(sympy.expand(density))
    return short if sympy.count_ops(short) < sympy.count_ops(density) else density


def _has_kink(function: Expr) -> bool:
    """Tell whether the first derivative jumps at one of the borders of a Piecewise."""
    slope = function.diff(U)
    if slope.has(sympy.sign, sympy.Heaviside, sympy.Abs):
        return bool(slope.rewrite(sympy.Piecewise).has(sympy.sign))
    for border in _borders(slope):
        step = sympy.Rational(1, 10**12)
        left, right = (evaluate(slope, {U: border + s * step}, 15) for s in (-1, 1))
        if abs(left - right) > 1e-6:
            return True
    return False


def _borders(expr: Expr) -> list[Expr]:
    """Return the numbers at which the conditions of a Piecewise change, ascending."""
    found: set[Expr] = set()
    for piecewise in expr.atoms(sympy.Piecewise):
        for _, condition in piecewise.args:
            if condition in (sympy.true, sympy.false):
                continue
            found |= {end for end in condition.as_set().boundary if end.is_finite}
    return sorted(found, key=lambda end: float(end))


def _support(density: Expr) -> tuple[Expr, Expr]:
    """Return the ends beyond which the density is 0."""
    borders = _borders(density)
    if not borders:
        return (-sympy.oo, sympy.oo)
    low = borders[0] if density.subs(U, borders[0] - 1) == 0 else -sympy.oo
    high = borders[-1] if density.subs(U, borders[-1] + 1) == 0 else sympy.oo
    return (low, high)


def _inside(density: Expr, support: tuple[Expr, Expr]) -> Expr:
    """Return the single piece between the ends, where there is only one."""
    if any(is_below(support[0], at) and is_below(at, support[1]) for at in _borders(density)):
        return density
    middle = sample_between(*support)
    for piecewise in density.atoms(sympy.Piecewise):
        for piece, condition in piecewise.args:
            if condition == sympy.true or condition.subs(U, middle) == sympy.true:
                density = density.xreplace({piecewise: piece})
                break
    return density


def _changes_sign(density: Expr, support: tuple[Expr, Expr]) -> bool:
    """Tell whether a density is negative somewhere, from points that leave out no wave of it."""
    low = support[0] if support[0].is_finite else Integer(-40)
    high = support[1] if support[1].is_finite else Integer(40)
    context = private_context()
    function = context_function(context, density, [U])
    start, length = context.mpf(float(low)), context.mpf(float(high - low))
    values = [function(start + length * (k + 0.5) / _SAMPLES) for k in range(_SAMPLES)]
    largest = max(abs(value) for value in values)
    return any(context.re(value) < -1e-9 * largest for value in values)
