"""Smooth max, min, clip, floor, ceiling, round and mod: elementary operations and a Gaussian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Expr, Integer, Max, Min, Piecewise, Rational, ceiling, floor
from sympy import Mod as Remainder

from symnum.smoothing.catalog.forms import Form
from symnum.smoothing.catalog.proofs import convolved
from symnum.smoothing.catalog.rows import Convolution, Row, X, number, positive
from symnum.smoothing.mollifiers.normal import NormalRamp

__all__ = ["OPERATIONS"]

HALF, ZERO = Rational(1, 2), Integer(0)
WIDTH = positive(Rational(1, 4))


def _vanishing(**_: Expr) -> tuple[Expr, Expr]:
    return ZERO, ZERO


def _ramp(x: Expr, h: Expr) -> Expr:
    return h * NormalRamp(x / h)


def _clip(low: Expr, width: Expr, **_: Expr) -> Expr:
    return Min(Max(X, low), low + width)


def _clipped(low: Expr, width: Expr, h: Expr) -> Expr:
    return low + _ramp(X - low, h) - _ramp(X - low - width, h)


def _clip_form(low: Expr, width: Expr, h: Expr) -> Form:
    """Return the smooth clip by the tails of both ends: far out nothing cancels."""
    high = low + width
    near, far = _ramp(low - X, h), _ramp(X - high, h)
    left = low + _ramp(X - low, h) - far
    middle = X + near - far
    right = high - _ramp(high - X, h) + near
    whole = _clipped(low, width, h)
    pieces = (
        (whole, middle, "between the ends, by ramp(u) = u + ramp(-u)"),
        (whole, right, "to the right of them, by the same"),
    )
    return Form(Piecewise((left, low > X), (right, high < X), (middle, True)), pieces)


def _max_form(level: Expr, h: Expr) -> Form:
    """Return the smooth maximum as the maximum and a correction that dies out on both sides."""
    gap = X - level
    why = "the correction dies out on both sides"
    whole = level + _ramp(gap, h)
    return Form(Max(X, level) + _ramp(-abs(gap), h), ((whole, X + _ramp(-gap, h), why),))


def _min_form(level: Expr, h: Expr) -> Form:
    """Return the smooth minimum as the minimum less a correction."""
    gap = X - level
    why = "the correction dies out on both sides"
    whole = level - _ramp(-gap, h)
    return Form(Min(X, level) - _ramp(-abs(gap), h), ((whole, X - _ramp(gap, h), why),))


def _periodic(name: str, about: str, jumping: Callable[..., Expr], **more: Any) -> Row:
    """Return the row of a function with equally spaced jumps."""

    def origin(h: Expr, **values: Expr) -> Convolution:
        return Convolution(jumping(**values), "gaussian", h)

    def formula(h: Expr, **values: Expr) -> Expr:
        return convolved(origin(h, **values)).expr

    def stands_for(h: Expr, **values: Expr) -> Expr:
        del h
        return jumping(**values)

    return Row(name, about, formula, {**more, "h": WIDTH}, stands_for, origin)


OPERATIONS = (
    Row(
        "smooth_max",
        "the larger of x and a level, smoothed by a Gaussian",
        lambda level, h: level + _ramp(X - level, h),
        {"level": number(0), "h": positive(1)},
        lambda level, h: Max(X, level),
        lambda level, h: Convolution(Max(X, level), "gaussian", h),
        _max_form,
        _vanishing,
    ),
    Row(
        "smooth_min",
        "the smaller of x and a level, smoothed by a Gaussian",
        lambda level, h: level - _ramp(level - X, h),
        {"level": number(0), "h": positive(1)},
        lambda level, h: Min(X, level),
        lambda level, h: Convolution(Min(X, level), "gaussian", h),
        _min_form,
        _vanishing,
    ),
    Row(
        "smooth_clip",
        "x kept between low and low + width, smoothed by a Gaussian",
        _clipped,
        {"low": number(-1), "width": positive(2), "h": WIDTH},
        _clip,
        lambda low, width, h: Convolution(_clip(low, width), "gaussian", h),
        _clip_form,
        _vanishing,
    ),
    _periodic("smooth_floor", "the next lower integer, smoothed by a Gaussian", lambda: floor(X)),
    _periodic("smooth_ceil", "the next higher integer, smoothed by a Gaussian", lambda: ceiling(X)),
    _periodic(
        "smooth_round", "the nearest integer, smoothed by a Gaussian", lambda: floor(X + HALF)
    ),
    _periodic(
        "smooth_mod",
        "the remainder of x and a period, smoothed by a Gaussian",
        lambda period: Remainder(X, period),
        period=positive(1),
    ),
)
