"""Smooth stand-ins for functions with kinks and jumps, by convolution with a Dirac sequence.

Every smoothing of the article is one construction, f * K_h with a density K of width h; the engine
gives the closed forms, and the steps prove that they are what they claim to be. Source: Su
Jianlin, kexue.fm, 用狄拉克函数来构造非光滑函数的光滑近似.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy as sp

import symnum as sn
from symnum.smoothing import MOLLIFIERS, NonIntegrableGrowth, NormalCdf, NormalRamp, U, mollify

RANGES = {"x": (-4.0, 4.0), "h": (0.05, 4.0)}
TAILS = (
    {"x": -30.0, "h": 1.0},
    {"x": -7.5, "h": 0.25},
    {"x": 30.0, "h": 1.0},
    {"x": 2.5, "h": 0.01},
    {"x": 0.0, "h": 0.01},
    {"x": -3e-7, "h": 7e-7},
)

x, h, t, u = sp.symbols("x h t u")
q, v = sp.symbols("q v")
k, r = sp.symbols("k r")


def derive() -> sn.Derivation:
    """Prove the closed forms, their errors, and what cannot be smoothed."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "dirac_smoothing",
        title="Smoothing with the Dirac delta / 用狄拉克函数来构造非光滑函数的光滑近似",
        source="Su Jianlin, kexue.fm: 用狄拉克函数来构造非光滑函数的光滑近似",
        domain={
            x: reals,
            u: reals,
            h: positive,
            t: positive,
            v: reals,
            q: sn.Interval(0, 1, right_open=True),
            k: sn.Integers(1, sp.oo),
            r: sn.Interval(0, 1, left_open=True, right_open=True),
        },
    )
    _step(d)
    _relu(d)
    _activations(d)
    _errors(d)
    _divergence(d)
    floor_cauchy = _floor(d)
    d.result(
        {"relu": h * NormalRamp(x / h), "step": NormalCdf(x / h), "floor_cauchy": floor_cauchy},
        args=["x", "h"],
    )
    return d


def _smoothed(f: Any, mollifier: str, bandwidth: Any = None, **options: Any) -> sp.Expr:
    """Return the engine's closed form in the plain symbols of this derivation."""
    positive = sp.Symbol("h", positive=True)
    smooth = mollify(f, x, mollifier, positive, **options).expr
    return smooth.subs(positive, h if bandwidth is None else bandwidth)


def _step(d: sn.Derivation) -> None:
    step = _smoothed(sp.Heaviside(x), "gaussian")
    d.equal(
        step,
        sp.erfc(-x / (sp.sqrt(2) * h)) / 2,
        why="a Gaussian turns the unit step into Phi(x/h)",
    )
    d.equal(
        _smoothed(sp.Heaviside(x), "cauchy"),
        sp.Rational(1, 2) + sp.atan(x / h) / sp.pi,
        why="a Cauchy density turns the unit step into an arc tangent",
    )
    d.limit(
        step,
        x,
        0,
        sp.Rational(1, 2),
        why="at the jump the smoothing is (f(0-) + f(0+))/2, whatever the width",
    )
    d.limit(step.subs(x, 1), h, 0, 1, why="to the right of the jump S_h f tends to f(1) = 1")
    d.limit(step.subs(x, -1), h, 0, 0, why="and to the left to f(-1) = 0")
    names = [name for name in sorted(MOLLIFIERS) if name != "bump"]
    jumps = [_smoothed(sp.Heaviside(x), name).subs(x, 0) for name in names]
    d.equal(
        jumps,
        [sp.Rational(1, 2)] * len(jumps),
        why="theorem: for an even density and an f that it can integrate, with one-sided limits "
        "at x, S_h f(x) tends to (f(x-) + f(x+))/2, as half of the mass is on either side; here "
        f"the step at 0, for all densities with elementary integrals ({', '.join(names)})",
    )
    for name in ("logistic", "cauchy", "laplace", "student_t2"):
        other = _smoothed(sp.Heaviside(x), name)
        d.limit(other.subs(x, 1), h, 0, 1, why=f"and the step at 1, the {name} density")


def _relu(d: sn.Derivation) -> None:
    d.equal(
        _smoothed(sp.Max(x, 0), "logistic", 1 / t),
        sp.log(1 + sp.exp(t * x)) / t,
        why="a logistic density of width 1/t turns max(x, 0) into log(1 + e^(t x))/t",
    )
    relu = _smoothed(sp.Max(x, 0), "gaussian")
    phi = sp.exp(-(x**2) / (2 * h**2)) / sp.sqrt(2 * sp.pi)
    d.equal(
        relu,
        x * NormalCdf(x / h) + h * phi,
        why="a Gaussian turns it into x Phi(x/h) + h phi(x/h)",
    )
    d.equal(
        sp.Derivative(relu, x, 2),
        phi / h,
        why="the second derivative of a smoothed max(x, 0) is the density itself",
    )
    d.limit(NormalRamp(u), u, -sp.oo, 0, why="and the smoothing starts from 0 at the far left")


def _activations(d: sn.Derivation) -> None:
    d.equal(
        x * _smoothed(sp.Heaviside(x), "logistic", 1),
        x / (1 + sp.exp(-x)),
        why="x times the smoothed step: the logistic density gives Swish",
    )
    gelu = x * sp.erfc(-x / sp.sqrt(2)) / 2
    d.equal(x * _smoothed(sp.Heaviside(x), "gaussian", 1), gelu, why="and the Gaussian GELU")
    d.equal(
        _smoothed(sp.Max(x, 0), "gaussian", 1) - sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi),
        gelu,
        why="GELU is the Gaussian smoothing of max(x, 0) less the density",
    )


def _errors(d: sn.Derivation) -> None:
    d.equal(
        NormalRamp(u) - u, NormalRamp(-u), why="in units of h the Gaussian error is even in u = x/h"
    )
    d.equal(sp.Derivative(NormalRamp(u), u), NormalCdf(u), why="on the left its slope is Phi")
    d.less_equal(0, NormalCdf(u), why="so it grows up to u = 0")
    d.limit(
        NormalRamp(u),
        u,
        0,
        1 / sp.sqrt(2 * sp.pi),
        why="where it attains its largest value, h/sqrt(2 pi)",
    )
    d.less_equal(
        sp.log(1 + sp.exp(u)) - sp.Max(u, 0),
        sp.log(2),
        why="in units of 1/t the logistic error is at most log 2, attained at 0",
    )
    area = MOLLIFIERS["gaussian"].antiderivative(3).subs(U, u)
    d.equal(sp.Derivative(area, u), NormalRamp(u), why="an antiderivative of the smoothed ramp")
    d.limit(area, u, -sp.oo, 0, why="which starts from 0")
    d.limit(
        area,
        u,
        0,
        sp.Rational(1, 4),
        why="so the L1 distance is h^2/2: both sides of 0 contribute h^2/4",
    )


def _divergence(d: sn.Derivation) -> None:
    try:
        _smoothed(sp.Max(x, 0), "cauchy")
    except NonIntegrableGrowth:
        d.limit(
            sp.log(1 + u**2) / (2 * sp.pi),
            u,
            sp.oo,
            sp.oo,
            why="a Cauchy density cannot smooth max(x, 0): its first moment up to M, "
            "log(1 + M^2)/(2 pi), has no limit, and the engine refuses",
        )
    window = sum(1 / (1 + sp.exp(-10 * (x - n))) for n in range(-4, 11)) - 5
    d.refute(
        sp.Le(sp.Abs(window - sp.floor(x)), 1, evaluate=False),
        at={x: sp.Rational(27, 2)},
        why="a finite sum of sigmoids is no smooth floor: it stays near 10 beyond its window",
    )


def _floor(d: sn.Derivation) -> sp.Expr:
    wave = sp.sin(2 * sp.pi * k * u)
    d.equal(
        2 * sp.Integral((sp.Rational(1, 2) - u) * wave, (u, 0, 1)),
        1 / (sp.pi * k),
        why="floor(x) = x - 1/2 + sum sin(2 pi k x)/(pi k): the Fourier coefficients of the "
        "periodic part, each of which a density weights with its characteristic function",
    )
    d.series(
        sp.atan(q * sp.sin(v) / (1 - q * sp.cos(v))),
        q,
        5,
        sum(q**j * sp.sin(j * v) / j for j in range(1, 5)),
        why="for Cauchy the weights are q^k, q = e^(-2 pi h), and the sum of q^k sin(k v)/k is "
        "the angle of 1 - q e^(-i v) (shown to the fourth power)",
    )
    weight = sp.exp(-2 * sp.pi * h)
    angle = 2 * sp.pi * r
    wave = sp.atan2(weight * sp.sin(angle), 1 - weight * sp.cos(angle)) / sp.pi
    short = -sp.atan2(sp.tanh(sp.pi * h) * sp.cos(sp.pi * r), sp.sin(sp.pi * r)) / sp.pi
    d.equal(
        r - sp.Rational(1, 2) + wave,
        short,
        why="on one period, 0 < r < 1, the article's form is a single angle",
    )
    fraction = x - sp.floor(x)
    floor_cauchy = _smoothed(sp.floor(x), "cauchy", principal_value=True)
    d.equal(
        sp.floor(x) + short.subs(r, fraction),
        floor_cauchy,
        why="with the fractional part of x for r, and cos(pi r) = sin(pi (1/2 - r)), whose "
        "argument is exact in floating point",
    )
    nearest = sp.Min(fraction, sp.floor(x) + 1 - x)
    distance = d.equal(
        sp.sin(sp.pi * fraction),
        sp.sin(sp.pi * nearest),
        why="as sin(pi r) = sin(pi (1 - r)), with the distance to the nearest integer, which is "
        "exact in floating point where the fractional part of a small negative x is not",
    )
    level = sp.tanh(sp.pi * h) * sp.sin(sp.pi * (sp.Rational(1, 2) - fraction))
    stable = sp.floor(x) - sp.atan2(level, sp.sin(sp.pi * nearest)) / sp.pi
    d.equal(floor_cauchy, stable, why="the form for floating point", using=distance)
    return stable


def _by_scipy(x: float, h: float) -> dict[str, float]:
    from scipy.special import ndtr

    density = np.exp(-((x / h) ** 2) / 2) / np.sqrt(2 * np.pi)
    return {"relu": float(x * ndtr(x / h) + h * density), "step": float(ndtr(x / h))}


def _as_torch(x: float, h: float) -> dict[str, float]:
    """Return GELU and the density, with Phi by erf, as torch writes it."""
    step = 0.5 * (1 + math.erf(x / h * math.sqrt(0.5)))
    density = np.exp(-((x / h) ** 2) / 2) / np.sqrt(2 * np.pi)
    return {"relu": float(x * step + h * density), "step": float(step)}


PEERS = {"scipy.special.ndtr": _by_scipy, "Phi by erf, as torch writes it": _as_torch}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the kernel with the textbook formula at x = -30 h, relative to the exact value."""
    kernel = derivation.compile()
    names = [str(argument) for argument in kernel.args]
    lines = []
    for point in ({"x": -5.0, "h": 1.0}, {"x": -30.0, "h": 1.0}):
        values = [point[name] for name in names]
        exact = float(kernel.reference(*values)["relu"])
        z = point["x"] / point["h"]
        density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
        textbook = z * (1 + math.erf(z / math.sqrt(2))) / 2 + density
        for label, value in (("kernel", kernel(*values)["relu"]), ("textbook formula", textbook)):
            lines.append(
                (f"relu at x = {point['x']:g} h, {label}", f"{abs(value / exact - 1):.1e} relative")
            )
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw smoothings of max(x, 0), and their errors against the width."""
    left, right = figure.subplots(1, 2)
    points = np.linspace(-1.5, 1.5, 601)
    ramp = np.maximum(points, 0.0)
    left.plot(points, ramp, color="black", label="max(x, 0)")
    widths = np.geomspace(0.01, 2.0, 25)
    styles = {"gaussian": "-", "logistic": "-", "laplace": "-", "student_t2": "--", "uniform": "-"}
    bandwidth = sp.Symbol("h", positive=True)
    for mollifier, style in styles.items():
        kernel = mollify("Max(x, 0)", "x", mollifier, bandwidth).compile()
        left.plot(points, kernel(points, 0.5), style, label=mollifier)
        errors = [np.max(np.abs(kernel(points, width) - ramp)) for width in widths]
        right.loglog(widths, errors, style, label=mollifier)
    left.set_xlabel("x")
    left.set_title("max(x, 0) smoothed with width h = 1/2")
    left.legend()
    right.set_xlabel("width h")
    right.set_ylabel("largest error")
    right.set_title("The error is proportional to the width")
