r"""|sin x| smoothed by the Student density with two degrees of freedom.

Its characteristic function is a superposition of Cauchy's,

.. math:: s K_1(s) = \int_0^\infty s \cosh\theta\; e^{-s \cosh\theta}\,d\theta,

and for Cauchy's the Fourier series of |sin x| has an elementary sum: with :math:`H = h\cosh\theta`
and :math:`w = e^{-H + ix}`,

.. math:: \frac2\pi - \frac2\pi \int_{-\infty}^\infty H\,\operatorname{Re} g(w)\,d\theta, \qquad
          g(w) = \frac12\left(\left(w + \frac1w\right)\operatorname{artanh} w - 1\right).

The integrand is analytic for :math:`|\operatorname{Im}\theta| < \pi/2`, so that the trapezoidal
rule converges geometrically.
"""

from __future__ import annotations

from typing import Any

import sympy
from mpmath import mp
from sympy import Expr, Integer, Piecewise, Rational, cos, exp, pi, sin
from sympy.codegen.cfunctions import expm1, log1p

__all__ = ["stable_student_sine", "student_sine_value"]

# Beyond this H the integrand is below 1e-17.
_FARTHEST = 21
# exp(-pi^2/step) is below 1e-17.
_STEP = Rational(1, 4)
# A bandwidth so small changes no digit of |sin x|; for symbols the step grows with its logarithm.
_SMALLEST = Rational(1, 10**16)
_SYMBOLIC_NODES = 170
# From here on the power series of g needs only so many terms.
_NEAR, _TERMS = 2, 10
_DIGITS = 50


def student_sine_value(context: Any, order: int, x: Any, h: Any) -> Any:
    """Return the smoothed |sin x| or its derivative to the precision of an mpmath context."""
    with context.workprec(context.prec + 40 + max(0, -2 * context.mag(h))):
        digits = context.prec * context.log(2)
        step = context.pi**2 / (digits + 10)
        turn = context.expj(x)
        total, k = context.mpf(0), 0
        while True:
            theta = k * step
            height = h * context.cosh(theta)
            w = turn * context.exp(-height)
            if abs(w) ** 2 * height < context.eps and height > 1:
                break
            total += (1 if k == 0 else 2) * height * _summand(context, order, w)
            k += 1
        mean = 2 / context.pi
        value = (0 if order else mean) - mean * step * total
    return +value


def _summand(context: Any, order: int, w: Any) -> Any:
    if abs(w) < context.mpf(2) ** (-context.prec):
        return context.mpf(0)
    artanh = (context.log(1 + w) - context.log(1 - w)) / 2
    if order == 0:
        return context.re((w + 1 / w) * artanh - 1) / 2
    slope = (w - 1 / w) * artanh + (1 + w * w) / (1 - w * w)
    return -context.im(slope) / 2


def stable_student_sine(order: int, x: Expr, h: Expr) -> Expr:
    """Return the trapezoidal rule in floating point.

    Parameters
    ----------
    order : int
        0, or 1 for the derivative.
    x, h : Expr
    """
    # |sin x| has the period pi; near 0 differences from 1 keep their digits.
    angle = pi * (x / pi - sympy.floor(x / pi + Rational(1, 2)))
    if h.is_number:
        width, step = h, _STEP
        top = float(mp.acosh(max(1.0, _FARTHEST / float(h))))
        count = int(top / float(step)) + 1
    else:
        width = sympy.Max(h, _SMALLEST)
        step = sympy.acosh(sympy.Max(2, _FARTHEST / width)) / _SYMBOLIC_NODES
        count = _SYMBOLIC_NODES
    total = []
    for k in range(count + 1):
        height = width * sympy.cosh(k * step)
        if height.is_number:
            # Exact numbers would be evaluated one by one, with care.
            height = height.evalf(_DIGITS)
        share = _stable_summand(order, height, angle)
        total.append((1 if k == 0 else 2) * height * share)
    mean = 2 / pi
    value = (Integer(0) if order else mean) - mean * step * sympy.Add(*total)
    if order or h.is_number:
        return value
    return Piecewise((sympy.Abs(sin(angle)), h < _SMALLEST), (value, True))


def _stable_summand(order: int, height: Expr, angle: Expr) -> Expr:
    """Return Re g(w), w = e^(-H + i angle), or its derivative; by its power series for large H."""
    if height.is_number:
        far = bool(height > _NEAR)
        return (_by_series if far else _by_logarithm)(order, height, angle)
    near = _by_logarithm(order, sympy.Min(height, _NEAR), angle)
    return Piecewise((near, height < _NEAR), (_by_series(order, height, angle), True))


def _by_series(order: int, height: Expr, angle: Expr) -> Expr:
    square = exp(-2 * height)
    value: Expr = Integer(0)
    for n in range(_TERMS, 0, -1):
        weight = Rational(2 * n, 4 * n * n - 1)
        wave = -2 * n * sin(2 * n * angle) if order else cos(2 * n * angle)
        value = square * (weight * wave + value)
    return value


def _by_logarithm(order: int, height: Expr, angle: Expr) -> Expr:
    sine, cosine = sin(angle), cos(angle)
    size = exp(-height)
    missing = 1 - size if size.is_number else -expm1(-height)
    a, b = size * cosine, size * sine
    # (1 - a)^2 + b^2 = (1 - |w|)^2 + 2 |w| (1 - cos x)
    below = missing**2 + 2 * size * sine**2 / (1 + cosine)
    real = log1p(4 * a / below) / 4
    imaginary = sympy.atan2(2 * b, missing * (1 + size)) / 2
    plus, minus = size + 1 / size, size - 1 / size
    if order == 0:
        # 1/w = (cos x - i sin x)/|w|
        return (plus * cosine * real - minus * sine * imaginary - 1) / 2
    # Im of (w - 1/w) artanh w + (1 + w^2)/(1 - w^2)
    first = minus * cosine * imaginary + plus * sine * real
    square = size**2
    quotient = 4 * square * sine * cosine / ((missing * (1 + size)) ** 2 + 4 * square * sine**2)
    return -(first + quotient) / 2
