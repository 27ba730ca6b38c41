"""SquarePlus: the simplest smooth max(x, 0), above softplus or as near to it as possible.

What b has to be for SquarePlus to lie above softplus, by log-concavity and again by intervals, and
which b brings the two closest together. Source: Su Jianlin, kexue.fm,
SquarePlus：可能是运算最简单的ReLU光滑近似.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

import symnum as sn

RANGES = {"x": (-6.0, 6.0), "b": (0.5, 8.0)}
TAILS = (
    {"x": -1e8, "b": 4.0},
    {"x": 1e8, "b": 4.0},
    {"x": -1e200, "b": 1.0},
    {"x": 1e200, "b": 1.0},
    {"x": -3.0, "b": 0.0},
    {"x": 3.0, "b": 0.0},
    {"x": -1e-3, "b": 1e-300},
    {"x": 0.0, "b": 1e-300},
)

x, b, s, t, largest = sp.symbols("x b s t E")
SQUAREPLUS = (x + sp.sqrt(x**2 + b)) / 2
SOFTPLUS = sp.log(1 + sp.exp(x))
#: log(1 + e^x) log(1 + e^-x), which b has to exceed four times.
PRODUCT = SOFTPLUS * sp.log(1 + sp.exp(-x))

ROOT = sp.Piecewise(
    (sp.sqrt(x**2 + b), sp.Abs(x) <= 2**500), (sp.Abs(x) * sp.sqrt(1 + b / x**2), True)
)
STABLE = sp.Piecewise((b / (2 * (ROOT - x)), x < 0), ((x + ROOT) / 2, True))


def derive() -> sn.Derivation:
    """Prove the least b above softplus, and the best b."""
    reals = sn.Interval(-sp.oo, sp.oo)
    d = sn.Derivation(
        "squareplus",
        title=(
            "SquarePlus, maybe the simplest smooth ReLU / "
            "SquarePlus：可能是运算最简单的ReLU光滑近似"
        ),
        source="Su Jianlin, kexue.fm: SquarePlus：可能是运算最简单的ReLU光滑近似",
        domain={
            x: reals,
            b: sn.Interval(0, sp.oo),
            s: sn.Interval(0, sp.oo, left_open=True),
            t: sn.Interval(-6, 6),
            largest: sn.Interval(0, sp.Rational(1, 2)),
        },
    )
    _shape(d)
    _above_softplus(d)
    _closest_to_softplus(d)
    _near_relu(d)
    d.equal(
        SQUAREPLUS,
        STABLE,
        why="the form for floating point: nothing cancels for x < 0, and no square overflows",
    )
    d.result(STABLE, args=["x", "b"])
    return d


def _shape(d: sn.Derivation) -> None:
    curve = SQUAREPLUS.subs(b, s)
    slope = (1 + x / sp.sqrt(x**2 + s)) / 2
    d.equal(sp.Derivative(curve, x), slope, why="the slope, between 0 and 1")
    bend = s / (2 * (x**2 + s) ** sp.Rational(3, 2))
    d.equal(
        sp.Derivative(slope, x),
        bend,
        why="the second derivative is a Student t density of width sqrt(b): SquarePlus is "
        "max(x, 0) convolved with it",
    )
    smooth = sn.mollify("Max(x, 0)", "x", "student_t2", sp.sqrt(sp.Symbol("s", positive=True)))
    plain = smooth.expr.subs(sp.Symbol("s", positive=True), s)
    d.equal(plain, curve, why="which is the engine's closed form of that convolution")
    d.equal(
        curve,
        s / (2 * (sp.sqrt(x**2 + s) - x)),
        why="the form for x < 0, where the sum cancels",
    )


def _above_softplus(d: sn.Derivation) -> None:
    gap = 4 * SOFTPLUS * (SOFTPLUS - x)
    d.equal(
        (2 * SOFTPLUS - x) ** 2 - x**2,
        gap,
        why="SquarePlus >= softplus means x^2 + b >= (2 log(1 + e^x) - x)^2, as 2 log(1 + e^x) "
        "exceeds x: b has to be at least this",
    )
    d.equal(
        gap,
        4 * PRODUCT,
        why="with log(1 + e^x) - x = log(1 + e^-x): b >= 4 log(1 + e^x) log(1 + e^-x) for all x",
    )
    curvature = (
        sp.exp(x) * (SOFTPLUS - sp.exp(x)) / ((1 + sp.exp(x)) ** 2 * sp.log(1 + sp.exp(x)) ** 2)
    )
    d.equal(
        sp.Derivative(sp.log(SOFTPLUS), x, 2),
        curvature,
        why="the second derivative of log log(1 + e^x)",
    )
    d.less_equal(
        sp.log(1 + s),
        s,
        why="with s = e^x: the numerator is negative, so log(1 + e^x) is log-concave",
    )
    least = 4 * sp.log(2) ** 2
    d.equal(
        4 * PRODUCT.subs(x, 0),
        least,
        why="Jensen: the logarithms of the two factors, at x and -x, have their largest sum at "
        "x = 0. The least b is 4 log(2)^2",
        name="b_upper",
    )
    d.less_equal(
        SOFTPLUS.subs(x, t),
        SQUAREPLUS.subs({x: t, b: sp.Rational("1.9219")}),
        why="the same by intervals on [-6, 6], with b a hair above",
    )
    d.refute(
        sp.Le(SOFTPLUS, SQUAREPLUS.subs(b, sp.Rational("1.92")), evaluate=False),
        at={x: 0},
        why="with b a hair below 4 log(2)^2 softplus is larger at 0",
    )


def _closest_to_softplus(d: sn.Derivation) -> None:
    error = SQUAREPLUS - SOFTPLUS
    d.equal(
        error,
        error.subs(x, -x),
        why="the difference is even, as both exceed their mirror images by x: x >= 0 is enough",
    )
    # The slopes agree where sqrt(x1^2 + b) = x1 coth(x1/2).
    root, width = s / sp.tanh(s / 2), s / sp.sinh(s / 2)
    d.equal(
        s**2 + width**2,
        root**2,
        why="for x = s > 0 the slopes of both agree where sqrt(s^2 + b) = s coth(s/2), that is "
        "b = (s/sinh(s/2))^2",
    )
    fit = sn.minimax(SOFTPLUS, x, (0, 12), form=SQUAREPLUS, params={b: sp.Rational(3, 2)})
    d.solve(
        width / 2 - sp.log(2) + (s + root) / 2 - SOFTPLUS.subs(x, s),
        s,
        near=sp.Float(fit.alternation[-1], 30),
        digits=40,
        why="equioscillation, e(0) = -e(s): the engine's second alternation point",
        name="x_alternation",
    )
    place = sp.Rational(d.constants["x_alternation"])
    first, second = (error.subs(x, at) for at in (0, place))
    d.solve(
        first + second,
        b,
        near=sp.Float(fit.params[b], 30),
        why="the b for which both errors have one size; the second place is stationary, so that "
        "its rounding counts by its square only",
        name="b_minimax",
    )
    d.solve(
        largest - second.subs(b, 4 * (sp.log(2) - largest) ** 2),
        largest,
        near=sp.Float(fit.error, 30),
        why="and that size, with b = 4 (log 2 - E)^2 from e(0) = -E",
        name="error_minimax",
    )
    d.less_equal(
        0,
        sp.diff(SQUAREPLUS.subs(b, s), s),
        why="optimal: the error grows with b everywhere, so that with any other b one of the two "
        "extrema is larger",
    )
    best = sp.Rational(d.constants["b_minimax"])
    bound = sp.Rational(d.constants["error_minimax"]) * sp.Rational(1001, 1000)
    d.approximate(
        SQUAREPLUS.subs({x: t, b: best}),
        SOFTPLUS.subs(x, t),
        bound=bound,
        why="no error on [-6, 6] is larger, up to a thousandth",
    )
    far = (sp.sqrt(s**2 + b) - s) / 2
    d.less_equal(far, b / (4 * s), why="beyond, SquarePlus less x is at most b/(4 x)")
    d.less_equal(
        best / 24, bound, why="which at 6 is smaller, and softplus less x is positive: so no error"
    )


def _near_relu(d: sn.Derivation) -> None:
    above = (sp.sqrt(x**2 + b) - sp.Abs(x)) / 2
    d.equal(SQUAREPLUS, sp.Max(x, 0) + above, why="how far SquarePlus is above max(x, 0)")
    d.less_equal(0, above, why="never below")
    d.less_equal(above, sp.sqrt(b) / 2, why="and by at most sqrt(b)/2, at 0")


def _as_jax(x: float, b: float) -> float:
    return float(0.5 * (x + np.sqrt(np.square(x) + b)))


PEERS = {"jax.nn.squareplus, as jax writes it": _as_jax}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the article's decimals, and the kernel with the formula as it is written."""
    lines = []
    for name, printed in (("b_minimax", "1.52382103"), ("error_minimax", "0.075931")):
        value = derivation.constants[name]
        lines.append((f"{name}, in the article {printed}", str(sp.N(value, 20))))
    kernel = derivation.compile()
    for at in (-1e3, -1e8):
        exact = float(kernel.reference(at, 4.0))
        written = (at + np.sqrt(at * at + 4.0)) / 2
        for label, value in (("kernel", kernel(at, 4.0)), ("as it is written", written)):
            lines.append((f"x = {at:g}, {label}", f"{abs(value / exact - 1):.1e} relative"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the curves, and the equioscillating error."""
    left, right = figure.subplots(1, 2)
    kernel = derivation.compile()
    points = np.linspace(-6.0, 6.0, 1201)
    softplus = np.logaddexp(points, 0.0)
    constants = {
        "b = 4 log(2)²": float(derivation.constants["b_upper"]),
        "best b": float(derivation.constants["b_minimax"]),
        "b = 4": 4.0,
    }
    left.plot(points, np.maximum(points, 0.0), color="black", linewidth=1.0, label="max(x, 0)")
    left.plot(points, softplus, color="tab:gray", linestyle="--", label="softplus")
    for label, value in constants.items():
        left.plot(points, kernel(points, value), label=f"SquarePlus, {label}")
        if value < 2:
            right.plot(points, kernel(points, value) - softplus, label=label)
    size = float(derivation.constants["error_minimax"])
    place = float(derivation.constants["x_alternation"])
    for height in (-size, size):
        right.axhline(height, color="tab:gray", linewidth=0.8, linestyle=":")
    right.plot([-place, 0.0, place], [size, -size, size], "o", color="black", markersize=4)
    left.set(title="SquarePlus", xlabel="x", xlim=(-4, 4), ylim=(-0.2, 4))
    right.set(title="SquarePlus less softplus", xlabel="x")
    left.legend(fontsize=8)
    right.legend(fontsize=8)
