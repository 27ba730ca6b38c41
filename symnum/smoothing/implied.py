"""The mollifier that an activation function implies."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy
from sympy import Expr, Symbol

from symnum.expressions import as_expression, as_symbol
from symnum.reference import evaluate
from symnum.smoothing.mollifier import Mollifier, U
from symnum.smoothing.mollifier_table import MOLLIFIERS

__all__ = ["implied_mollifier"]

# Where tails are looked at, and what is small there.
_FAR = 10**6
_SMALL = 1e-3


def implied_mollifier(a: Any, x: Any) -> Mollifier:
    r"""Return the mollifier K = a'' of which an activation function is the smoothed max(x, 0).

    .. math:: a(x) = \int \max(x - t, 0)\,K(t)\,dt
              \quad\text{where } a(-\infty) = 0,\ a(x) - x \to 0 \text{ as } x \to \infty

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
        If a does not tend to 0 on the left or to x on the right, or has no second derivative that
        is a function.

    Examples
    --------
    >>> implied_mollifier("x*(1 + erf(x/sqrt(2)))/2", "x").moment(2)
    -1
    """
    variable = as_symbol(x, "x")
    expr = as_expression(a, "a", declared={variable.name: variable})
    if expr.free_symbols != {variable}:
        raise ValueError(f"a: expected a function of {variable} alone, got {expr}")
    real = Symbol(variable.name, real=True)
    function = expr.subs(variable, real)
    _check_end(function, real, -1, "tend to 0 on the left")
    _check_end(function - real, real, 1, "approach x on the right")
    density = _tidied(function.diff(real, 2))
    if density.has(sympy.DiracDelta, sympy.Derivative, sympy.Subs) or _has_kink(function, real):
        raise ValueError(f"a: expected a function with a second derivative, got {expr}")
    known = _known(function, real)
    if known is not None:
        return known
    support = _support(density)
    if density.has(sympy.Piecewise):
        density = _inside(density, real, support)
    signed = _changes_sign(density, real, support)
    return Mollifier(density, support=support, signed=signed)


def _known(function: Expr, x: Symbol) -> Mollifier | None:
    """Return the mollifier of the table whose smoothed ramp has the same values, if any.

    Two of these analytic functions that agree to 30 digits at six places are the same.
    """
    places = [sympy.Rational(k, 7) for k in (-9, -5, -1, 2, 4, 11)]
    values = [evaluate(function, {x: place}, 35) for place in places]
    for mollifier in MOLLIFIERS.values():
        if mollifier.name in ("bump", "cauchy"):
            continue
        ramp = mollifier.antiderivative(2)
        pairs = zip(places, values, strict=True)
        if all(
            abs(evaluate(ramp, {U: u}, 35) - value) < mpmath.mpf(10) ** -30 for u, value in pairs
        ):
            return mollifier
    return None


def _check_end(function: Expr, x: Symbol, side: int, wanted: str) -> None:
    """Refuse a function that does not tend to 0 at an infinity."""
    refusal = ValueError(f"a: a smoothed max(x, 0) must {wanted}; {_plain(function)} does not")
    sizes = []
    for k in range(3):
        for shift in (0, 1, 2, 3):
            value = evaluate(function, {x: side * (_FAR * 10**k + shift)}, 15)
            if not isinstance(value, mpmath.mpf) or not mpmath.isfinite(value):
                raise refusal
            sizes.append(abs(float(value)))
    near, far = max(sizes[:4]), max(sizes[8:])
    if near > _SMALL or far > near / 2 + 1e-300:
        raise refusal


def _plain(expr: Expr) -> str:
    text = str(expr)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _tidied(density: Expr) -> Expr:
    """Return a second derivative without the terms that vanish almost everywhere."""
    return sympy.simplify(density) if sympy.count_ops(density) < 200 else density


def _has_kink(function: Expr, x: Symbol) -> bool:
    """Tell whether the first derivative jumps at one of the borders of a Piecewise."""
    slope = function.diff(x)
    if slope.has(sympy.sign, sympy.Heaviside, sympy.Abs):
        return bool(slope.rewrite(sympy.Piecewise).has(sympy.sign))
    for border in _borders(slope):
        step = sympy.Rational(1, 10**12)
        left, right = (evaluate(slope, {x: border + s * step}, 15) for s in (-1, 1))
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
    borders = _borders(density)
    symbol = next(iter(density.free_symbols), Symbol("x", real=True))
    if len(borders) < 2:
        return (-sympy.oo, sympy.oo)
    outside = (density.subs(symbol, borders[0] - 1), density.subs(symbol, borders[-1] + 1))
    return (borders[0], borders[-1]) if outside == (0, 0) else (-sympy.oo, sympy.oo)


def _inside(density: Expr, x: Symbol, support: tuple[Expr, Expr]) -> Expr:
    """Return the single piece on a bounded support, where there is only one."""
    if not support[0].is_finite or len(_borders(density)) > 2:
        return density
    middle = (support[0] + support[1]) / 2
    pieces = density.atoms(sympy.Piecewise)
    for piecewise in pieces:
        for piece, condition in piecewise.args:
            if condition == sympy.true or condition.subs(x, middle) == sympy.true:
                density = density.xreplace({piecewise: piece})
                break
    return density


def _changes_sign(density: Expr, x: Symbol, support: tuple[Expr, Expr]) -> bool:
    """Tell whether a density is negative somewhere, from points that leave out no wave of it."""
    low = float(support[0]) if support[0].is_finite else -40.0
    high = float(support[1]) if support[1].is_finite else 40.0
    count = 800
    step = sympy.Rational(high - low) / count
    start = sympy.Rational(low) + step / 2
    values = [evaluate(density, {x: start + k * step}, 10) for k in range(count)]
    largest = max(abs(value) for value in values)
    return any(value < -1e-12 * largest for value in values)
