"""Losses and steps: smooth stand-ins for the absolute value, the hinge and the jump."""

from __future__ import annotations

import sympy
from sympy import (
    Abs,
    Expr,
    Heaviside,
    Integer,
    Max,
    Min,
    Piecewise,
    Rational,
    exp,
    log,
    pi,
    sin,
    sqrt,
)

from symnum.algebra import LogPartition
from symnum.smoothing.catalog.forms import (
    cauchy_loss_form,
    geman_mcclure_form,
    level_set_form,
    log_cosh_form,
    mirrored_form,
    pseudo_huber_form,
    smootherstep_form,
)
from symnum.smoothing.catalog.remainders import LogCosh
from symnum.smoothing.catalog.rows import Convolution, Row, X, positive, share
from symnum.smoothing.mollifiers.normal import NormalCdf, NormalRamp

__all__ = ["LOSSES", "STEPS"]

HALF = Rational(1, 2)
ZERO = Integer(0)


def _size(**_: Expr) -> Expr:
    return Abs(X)


def _pinball(tau: Expr, **_: Expr) -> Expr:
    return Max(tau * X, (tau - 1) * X)


def _vanishing(**_: Expr) -> tuple[Expr, Expr]:
    return ZERO, ZERO


LOSSES = (
    Row(
        "log_cosh",
        "the absolute value smoothed by a logistic density of width 1/2, less log 2",
        lambda: LogCosh(X),
        stands_for=_size,
        origin=lambda: Convolution(Abs(X), "logistic", HALF, offset=-log(2)),
        form=lambda: log_cosh_form(X),
    ),
    Row(
        "pseudo_huber",
        "the absolute value smoothed by a Student t density, scaled",
        lambda delta: delta**2 * (sqrt(1 + (X / delta) ** 2) - 1),
        {"delta": positive(1)},
        lambda delta: delta * Abs(X),
        lambda delta: Convolution(Abs(X), "student_t2", delta, delta, -(delta**2)),
        lambda delta: pseudo_huber_form(X, delta),
    ),
    Row(
        "huber",
        "a parabola that goes on as a line: the absolute value smoothed by a uniform density",
        lambda delta: Piecewise((X**2 / 2, Abs(X) <= delta), (delta * (Abs(X) - delta / 2), True)),
        {"delta": positive(1)},
        lambda delta: delta * Abs(X),
        lambda delta: Convolution(Abs(X), "uniform", delta, delta, -(delta**2) / 2),
    ),
    Row(
        "smooth_abs",
        "the absolute value smoothed by a Gaussian",
        lambda h: 2 * h * NormalRamp(X / h) - X,
        {"h": positive(1)},
        _size,
        lambda h: Convolution(Abs(X), "gaussian", h),
        lambda h: mirrored_form(
            2 * h * NormalRamp(X / h) - X, 2 * h * NormalRamp(-Abs(X) / h) + Abs(X)
        ),
        _vanishing,
    ),
    Row(
        "welsch",
        "1 less a Gaussian: outliers cost no more than 1",
        lambda scale: 1 - exp(-((X / scale) ** 2) / 2),
        {"scale": positive(1)},
    ),
    Row(
        "geman_mcclure",
        "a quotient that tends to 1/2",
        lambda: X**2 / (2 * (1 + X**2)),
        form=lambda: geman_mcclure_form(X),
    ),
    Row(
        "cauchy_loss",
        "a logarithm: outliers cost little more",
        lambda scale: LogPartition((X / scale) ** 2 / 2, 0),
        {"scale": positive(1)},
        form=lambda scale: cauchy_loss_form(X / scale),
    ),
    Row("pinball", "the loss of the quantile tau", _pinball, {"tau": share(HALF)}),
    Row(
        "smoothed_pinball",
        "the loss of the quantile tau smoothed by a Gaussian",
        lambda tau, h: (tau - 1) * X + h * NormalRamp(X / h),
        {"tau": share(HALF), "h": positive(1)},
        _pinball,
        lambda tau, h: Convolution(_pinball(tau), "gaussian", h),
        lambda tau, h: mirrored_form(
            (tau - 1) * X + h * NormalRamp(X / h), _pinball(tau) + h * NormalRamp(-Abs(X) / h)
        ),
        _vanishing,
    ),
    Row(
        "expectile",
        "the square with weights tau and 1 - tau on its two sides",
        lambda tau: Piecewise((tau * X**2, X > 0), ((1 - tau) * X**2, True)),
        {"tau": share(HALF)},
    ),
    Row(
        "smoothed_hinge",
        "the hinge max(1/2 - x, 0) smoothed by a uniform density of half width 1/2",
        lambda: Piecewise((ZERO, X >= 1), ((1 - X) ** 2 / 2, X > 0), (HALF - X, True)),
        stands_for=lambda: Max(HALF - X, 0),
        origin=lambda: Convolution(Max(HALF - X, 0), "uniform", HALF),
    ),
)


def _clipped(inside: Expr, low: Expr, high: Expr) -> Expr:
    return Piecewise((ZERO, low >= X), (Integer(1), high <= X), (inside, True))


def _rise(**_: Expr) -> Expr:
    return Heaviside(X - HALF)


def _step(**_: Expr) -> Expr:
    return Heaviside(X)


STEPS = (
    Row(
        "hard_sigmoid",
        "the unit step smoothed by a uniform density of half width 3",
        lambda: Min(Max(X + 3, 0), 6) / 6,
        stands_for=_step,
        origin=lambda: Convolution(Heaviside(X), "uniform", Integer(3)),
    ),
    Row(
        "hard_tanh",
        "x between -1 and 1: the sign smoothed by a uniform density",
        lambda: Min(Max(X, -1), 1),
        stands_for=lambda: sympy.sign(X),
        origin=lambda: Convolution(sympy.sign(X), "uniform"),
    ),
    Row(
        "smoothstep",
        "the step at 1/2 smoothed by an Epanechnikov density of half width 1/2",
        lambda: _clipped(X**2 * (3 - 2 * X), ZERO, Integer(1)),
        stands_for=_rise,
        origin=lambda: Convolution(Heaviside(X - HALF), "epanechnikov", HALF),
    ),
    Row(
        "smootherstep",
        "the step at 1/2 smoothed by a biweight density of half width 1/2",
        lambda: _clipped(X**3 * (10 - 15 * X + 6 * X**2), ZERO, Integer(1)),
        stands_for=_rise,
        origin=lambda: Convolution(Heaviside(X - HALF), "biweight", HALF),
        form=lambda: smootherstep_form(X),
    ),
    Row(
        "level_set_heaviside",
        "the unit step smoothed by a raised cosine of half width epsilon",
        lambda epsilon: _clipped(
            (1 + X / epsilon + sin(pi * X / epsilon) / pi) / 2, -epsilon, epsilon
        ),
        {"epsilon": positive(1)},
        _step,
        lambda epsilon: Convolution(Heaviside(X), "raised_cosine", epsilon),
        lambda epsilon: level_set_form(X / epsilon),
    ),
    Row(
        "smooth_sign",
        "the sign smoothed by a Gaussian",
        lambda h: sympy.erf(X / (sqrt(2) * h)),
        {"h": positive(1)},
        lambda h: sympy.sign(X),
        lambda h: Convolution(sympy.sign(X), "gaussian", h),
        limits=_vanishing,
    ),
    Row(
        "smooth_heaviside",
        "the unit step smoothed by a Gaussian",
        lambda h: NormalCdf(X / h),
        {"h": positive(1)},
        _step,
        lambda h: Convolution(Heaviside(X), "gaussian", h),
        limits=_vanishing,
    ),
)
