"""Activation functions: smooth stand-ins for max(x, 0), and its relatives with kinks."""

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
    erfc,
    exp,
    pi,
    sqrt,
    tanh,
)

from symnum.smoothing.catalog.constants import (
    GELU_SIGMOID_SCALE,
    GELU_TANH_CUBIC,
    GELU_TANH_PAIR,
    PHI_SIGMOID_SCALE,
    PHI_TANH_CUBIC,
)
from symnum.smoothing.catalog.forms import (
    hard_swish_form,
    log_sigmoid_form,
    logistic_gate,
    mish_form,
    softplus_form,
    softsign_form,
    squareplus_form,
    tanhshrink_form,
)
from symnum.smoothing.catalog.rows import Convolution, Row, X, nonnegative, number, positive, share
from symnum.smoothing.mollifiers.logistic import Softplus
from symnum.smoothing.mollifiers.normal import NormalCdf, NormalGate, NormalRamp

__all__ = ["ACTIVATIONS"]

RAMP = Max(X, 0)
STEP = Heaviside(X)
ZERO, ONE = Integer(0), Integer(1)
# Twice the slope of erf at 0: Phi(x) is (1 + tanh(u))/2 = 1/(1 + e^(-2u)) with u near it times x.
SLOPE = 2 * sqrt(2 / pi)


def _ramp(**_: Expr) -> Expr:
    return RAMP


def _vanishing(**_: Expr) -> tuple[Expr, Expr]:
    return ZERO, ZERO


def _relu6(y: Expr) -> Expr:
    return Min(Max(y, 0), 6)


def _cubic(cubic: Expr) -> Expr:
    """Return the argument of the tanh form of GELU."""
    return sqrt(2 / pi) * (X + cubic * X**3)


def selu_constants() -> tuple[Expr, Expr]:
    """Return alpha and lambda, with which mean 0 and variance 1 are a fixed point.

    Source: Klambauer et al., Self-normalizing neural networks, 2017.
    """
    e = sympy.E
    first, second = erfc(1 / sqrt(2)), erfc(sqrt(2))
    inner = 1 - first * sqrt(e)
    alpha = sqrt(2 / pi) / inner
    square = 2 * second * e**2 + pi * first**2 * e - 2 * (2 + pi) * first * sqrt(e) + pi + 2
    return alpha, inner * sqrt(2 * pi) / sqrt(square)


def _selu() -> Expr:
    alpha, scale = selu_constants()
    return scale * Piecewise((X, X > 0), (alpha * (exp(X) - 1), True))


def _squareplus_origin(b: Expr) -> Convolution | None:
    return Convolution(RAMP, "student_t2", sqrt(b)) if b.is_zero is not True else None


_SMOOTH = (
    Row(
        "softplus",
        "max(x, 0) smoothed by a logistic density of width 1/beta",
        lambda beta: Softplus(beta * X) / beta,
        {"beta": positive(1)},
        _ramp,
        lambda beta: Convolution(RAMP, "logistic", 1 / beta),
        lambda beta: softplus_form(X, beta),
        _vanishing,
    ),
    Row(
        "squareplus",
        "max(x, 0) smoothed by a Student t density of two degrees of freedom",
        lambda b: (X + sqrt(X**2 + b)) / 2,
        {"b": nonnegative(4)},
        _ramp,
        _squareplus_origin,
        lambda b: squareplus_form(X, b),
        _vanishing,
    ),
    Row(
        "smoothed_relu",
        "max(x, 0) smoothed by a Gaussian, h (u Phi(u) + phi(u)) with u = x/h",
        lambda h: h * NormalRamp(X / h),
        {"h": positive(1)},
        _ramp,
        lambda h: Convolution(RAMP, "gaussian", h),
        limits=_vanishing,
    ),
    Row(
        "smelu",
        "max(x, 0) smoothed by a uniform density of half width beta",
        lambda beta: Piecewise(
            (ZERO, -beta >= X), ((X + beta) ** 2 / (4 * beta), beta > X), (X, True)
        ),
        {"beta": positive(1)},
        _ramp,
        lambda beta: Convolution(RAMP, "uniform", beta),
    ),
    Row(
        "sau",
        "leaky max(x, 0) smoothed by a Gaussian of width 1/beta",
        lambda alpha, beta: alpha * X + (1 - alpha) * NormalRamp(beta * X) / beta,
        {"alpha": share(Rational(1, 4)), "beta": positive(1)},
        lambda alpha, **_: alpha * X + (1 - alpha) * RAMP,
        lambda alpha, beta: Convolution(
            RAMP, "gaussian", 1 / beta, factor=1 - alpha, offset=alpha * X
        ),
        limits=_vanishing,
    ),
)

_GATES = (
    Row(
        "gelu",
        "x times the unit step smoothed by a Gaussian",
        lambda: NormalGate(X),
        stands_for=_ramp,
        origin=lambda: Convolution(STEP, "gaussian", ONE, factor=X),
        limits=_vanishing,
    ),
    Row(
        "silu",
        "x times the unit step smoothed by a logistic density",
        lambda: X / (1 + exp(-X)),
        stands_for=_ramp,
        origin=lambda: Convolution(STEP, "logistic", ONE, factor=X),
        form=lambda: logistic_gate(X, ONE),
        limits=_vanishing,
    ),
    Row(
        "swish",
        "x times the unit step smoothed by a logistic density of width 1/beta",
        lambda beta: X / (1 + exp(-beta * X)),
        {"beta": positive(1)},
        _ramp,
        lambda beta: Convolution(STEP, "logistic", 1 / beta, factor=X),
        lambda beta: logistic_gate(X, beta),
        _vanishing,
    ),
    Row(
        "hard_swish",
        "x times the unit step smoothed by a uniform density of half width 3",
        lambda: X * _relu6(X + 3) / 6,
        stands_for=_ramp,
        origin=lambda: Convolution(STEP, "uniform", Integer(3), factor=X),
        form=lambda: hard_swish_form(X),
    ),
    Row(
        "lisht",
        "x times the sign smoothed by a logistic density of width 1/2",
        lambda: X * tanh(X),
        stands_for=lambda: Abs(X),
        origin=lambda: Convolution(sympy.sign(X), "logistic", Rational(1, 2), factor=X),
        limits=_vanishing,
    ),
    Row(
        "smu",
        "leaky max(x, 0) whose step is smoothed by a Gaussian",
        lambda alpha, mu: X * (alpha + (1 - alpha) * NormalCdf(sqrt(2) * mu * (1 - alpha) * X)),
        {"alpha": share(Rational(1, 4)), "mu": positive(1)},
        lambda alpha, **_: alpha * X + (1 - alpha) * RAMP,
        lambda alpha, mu: (
            Convolution(
                STEP,
                "gaussian",
                1 / (sqrt(2) * mu * (1 - alpha)),
                factor=(1 - alpha) * X,
                offset=alpha * X,
            )
            if (1 - alpha).is_positive
            else None
        ),
    ),
    Row(
        "mish",
        "x times the hyperbolic tangent of log(1 + e^x)",
        lambda: X * tanh(Softplus(X)),
        stands_for=_ramp,
        form=lambda: mish_form(X),
    ),
)


def _gelu_tanh(name: str, about: str, cubic: Expr) -> Row:
    return Row(
        name,
        about,
        lambda cubic: X / (1 + exp(-2 * _cubic(cubic))),
        {"cubic": nonnegative(cubic)},
        _ramp,
        form=lambda cubic: logistic_gate(X, SLOPE, SLOPE * cubic, hyperbolic=True),
    )


def _gelu_sigmoid(name: str, about: str, scale: Expr) -> Row:
    return Row(
        name,
        about,
        lambda scale: X / (1 + exp(-scale * X)),
        {"scale": positive(scale)},
        _ramp,
        lambda scale: Convolution(STEP, "logistic", 1 / scale, factor=X),
        lambda scale: logistic_gate(X, scale),
        _vanishing,
    )


def _gelu_tanh_pair(linear: Expr, cubic: Expr) -> Expr:
    return X / (1 + exp(-2 * (linear * X + cubic * X**3)))


_APPROXIMATIONS = (
    _gelu_tanh(
        "gelu_tanh",
        "GELU by a hyperbolic tangent, with the published decimals",
        Rational("0.044715"),
    ),
    _gelu_tanh(
        "gelu_tanh_phi",
        "the tanh form with the constant that is best for Phi",
        PHI_TANH_CUBIC,
    ),
    _gelu_tanh(
        "gelu_tanh_minimax",
        "the tanh form with the constant that is best for GELU itself",
        GELU_TANH_CUBIC,
    ),
    Row(
        "gelu_tanh_minimax2",
        "the tanh form with both constants chosen best for GELU itself",
        _gelu_tanh_pair,
        dict(zip(("linear", "cubic"), map(positive, GELU_TANH_PAIR), strict=True)),
        _ramp,
        form=lambda linear, cubic: logistic_gate(X, 2 * linear, 2 * cubic, hyperbolic=True),
    ),
    _gelu_sigmoid(
        "gelu_sigmoid",
        "GELU by a logistic function, with the published decimals",
        Rational("1.702"),
    ),
    _gelu_sigmoid(
        "gelu_sigmoid_phi",
        "the logistic form with the constant that is best for Phi",
        PHI_SIGMOID_SCALE,
    ),
    _gelu_sigmoid(
        "gelu_sigmoid_minimax",
        "the logistic form with the constant that is best for GELU itself",
        GELU_SIGMOID_SCALE,
    ),
)

_OTHERS = (
    Row(
        "elu",
        "x to the right of 0, an exponential to the left",
        lambda alpha: Piecewise((X, X > 0), (alpha * (exp(X) - 1), True)),
        {"alpha": positive(1)},
        _ramp,
        limits=lambda alpha: (-alpha, ZERO),
    ),
    Row(
        "celu",
        "ELU with a slope that is continuous for every alpha",
        lambda alpha: Piecewise((X, X > 0), (alpha * (exp(X / alpha) - 1), True)),
        {"alpha": positive(1)},
        _ramp,
        limits=lambda alpha: (-alpha, ZERO),
    ),
    Row(
        "selu",
        "ELU with the constants that keep mean 0 and variance 1",
        _selu,
        stands_for=lambda: selu_constants()[1] * RAMP,
    ),
    Row(
        "log_sigmoid",
        "the logarithm of the logistic function: min(x, 0) smoothed by a logistic density",
        lambda: -Softplus(-X),
        stands_for=lambda: Min(X, 0),
        origin=lambda: Convolution(Min(X, 0), "logistic"),
        form=lambda: log_sigmoid_form(X),
        limits=_vanishing,
    ),
    Row(
        "softsign",
        "the sign, approached like 1/x",
        lambda: X / (1 + Abs(X)),
        stands_for=lambda: sympy.sign(X),
        form=lambda: softsign_form(X),
    ),
    Row(
        "tanhshrink",
        "x less its hyperbolic tangent",
        lambda: X - tanh(X),
        form=lambda: tanhshrink_form(X),
    ),
    Row(
        "softshrink",
        "x moved towards 0 by a threshold",
        lambda threshold: Max(X - threshold, 0) + Min(X + threshold, 0),
        {"threshold": nonnegative(Rational(1, 2))},
    ),
    Row(
        "soft_threshold",
        "x moved towards 0 by a threshold: the proximal map of the absolute value",
        lambda threshold: Max(X - threshold, 0) + Min(X + threshold, 0),
        {"threshold": nonnegative(1)},
    ),
    Row(
        "hard_shrink",
        "x beyond a threshold, 0 within",
        lambda threshold: Piecewise((ZERO, Abs(X) <= threshold), (X, True)),
        {"threshold": nonnegative(Rational(1, 2))},
    ),
    Row("relu6", "x between 0 and 6", lambda: _relu6(X)),
    Row(
        "prelu",
        "max(x, 0) with a slope to the left",
        lambda alpha: Max(X, 0) + alpha * Min(X, 0),
        {"alpha": number(Rational(1, 4))},
    ),
)

ACTIVATIONS = (*_SMOOTH, *_GATES, *_APPROXIMATIONS, *_OTHERS)
