"""Accuracy as a loss: the probability that the right score stays the largest under normal noise.

It is an orthant probability of a normal law and has a one-dimensional form; for two classes, and
for the gradient with three, a closed one. The article's example against cross-entropy and hinge
loss rests on a fixed scale. Source: Su Jianlin, kexue.fm, 如何训练你的准确率？.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcx, log_ndtr, ndtr

import symnum as sn
from symnum.algebra import NormalFrame
from symnum.smoothing import NormalCdf

RANGES = {"m1": (-4.0, 4.0), "m2": (-4.0, 4.0)}
TAILS = (
    {"m1": -40.0, "m2": -20.0},
    {"m1": -20.0, "m2": -40.0},
    {"m1": 0.0, "m2": 0.0},
    {"m1": 30.0, "m2": 30.0},
    {"m1": -12.0, "m2": 12.0},
    {"m1": 1e-9, "m2": -1e-9},
)
# The toy data: places and labels.
DATA = ((sp.Rational(-1, 4), -1), (sp.Integer(0), -1), (sp.Rational(1, 4), 1))
QUARTER = sp.Rational(1, 4)

m1, m2, e, v, a, x1, x2, b = sp.symbols("m1 m2 e v a x1 x2 b")
n, p, c, g, q, r, t, scale, width = sp.symbols("n p c g q r t k sigma")


def derive() -> sn.Derivation:
    """Prove both forms, the closed ones, the gradient, and what the toy data show."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "expected_accuracy_exact",
        title="How to train your accuracy? (EXACT) / 如何训练你的准确率？",
        source="Su Jianlin, kexue.fm: 如何训练你的准确率？",
        domain={
            **dict.fromkeys((m1, m2, e, v, a, x1, x2, b), reals),
            **dict.fromkeys((p, t, scale, width), positive),
            n: sn.Interval(1, sp.oo),
            c: sn.Interval(3 * QUARTER, 1),
            g: sn.Interval(0, sp.oo),
            q: sn.Interval(0, 6 * QUARTER),
            r: sn.Interval(0, QUARTER, left_open=True, right_open=True),
        },
    )
    _orthant(d)
    accuracy = _two_classes(d)
    slopes = _gradient(d)
    _bounds(d)
    _cross_entropy(d)
    _hinge(d)
    _scale(d)
    names = dict(zip(("grad1", "grad2"), slopes, strict=True))
    d.result({"accuracy2": accuracy, **names}, args=["m1", "m2"])
    return d


def phi(x: Any) -> sp.Expr:
    """Return the normal density as an expression."""
    return sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)


def _orthant(d: sn.Derivation) -> None:
    frame = NormalFrame.of(["y", "e1", "e2", "e3"])
    leads = [frame.noise("y") - frame.noise(f"e{i}") for i in (1, 2, 3)]
    d.equal(
        sp.Matrix(3, 3, lambda i, j: leads[i].covariance(leads[j])),
        sp.eye(3) + sp.ones(3, 3),
        why="scores with independent normal noise, in units of sigma: the leads of the right class "
        "over the others are N(m, I + 1 1^T), and it is the largest where all leads are positive; "
        "each entry concerns two classes only, so any number of them alike",
    )
    d.equal(
        sp.Derivative(NormalCdf(e), e),
        phi(e),
        why="with the noise e of the right class given, class i is below it with probability "
        "Phi(m_i + e), the integral of phi: p = int phi(e) prod Phi(m_i + e) de",
    )
    d.limit(NormalCdf(e), e, -sp.oo, 0, why="Phi starts from 0")
    d.limit(NormalCdf(e), e, sp.oo, 1, why="and ends at 1")
    spread = sp.exp(-(x1**2 + x2**2 - (x1 + x2) ** 2 / 3) / 2) / (2 * sp.pi * sp.sqrt(3))
    d.equal(
        phi(e) * phi(x1 - e) * phi(x2 - e),
        spread * sp.sqrt(3) * phi(sp.sqrt(3) * (e - (x1 + x2) / 3)),
        why="both forms agree: for two leads the joint density with e is the density of "
        "N(0, I + 1 1^T), whose inverse is I - 1 1^T/3, times a density in e",
    )
    d.equal(
        sp.Derivative(NormalCdf(e) ** n / n, e),
        phi(e) * NormalCdf(e) ** (n - 1),
        why="equal means, n classes: the integrand has the antiderivative Phi^n/n, which goes from "
        "0 to 1/n",
    )


def _two_classes(d: sn.Derivation) -> sp.Expr:
    slope = phi(m1 / sp.sqrt(2)) / sp.sqrt(2)
    d.equal(
        sp.Derivative(slope * NormalCdf(sp.sqrt(2) * (e + m1 / 2)), e),
        phi(e) * phi(m1 + e),
        why="two classes: the slope of p in m is the integral of phi(e) phi(m + e), which has this "
        "antiderivative",
    )
    d.equal(
        sp.Derivative(NormalCdf(m1 / sp.sqrt(2)), m1),
        slope,
        why="so it is the slope of Phi(m/sqrt 2); both vanish for m -> -oo",
    )
    stable = sp.Piecewise((sp.erfc(sp.Abs(m1) / 2) / 2, m1 < 0), (1 - sp.erfc(m1 / 2) / 2, True))
    d.equal(
        NormalCdf(m1 / sp.sqrt(2)),
        stable,
        why="by the complementary error function, small values to all digits",
    )
    return stable


def _gradient(d: sn.Derivation) -> list[sp.Expr]:
    d.equal(
        sp.Derivative(phi(e) * NormalCdf(m1 + e) * NormalCdf(m2 + e), m1),
        phi(m1 / sp.sqrt(2)) * phi(sp.sqrt(2) * (e + m1 / 2)) * NormalCdf(m2 + e),
        why="three classes: in the slope the product of two densities is one in m and one in "
        "v = sqrt(2) (e + m1/2), with dv = sqrt(2) de",
    )
    root = sp.sqrt(sp.Rational(2, 3))
    d.equal(
        sp.Derivative(root * phi(root * a) * NormalCdf((v + sp.sqrt(2) * a / 3) / root), v),
        phi(v) * phi(a + v / sp.sqrt(2)),
        why="the mean of Phi(a + v/sqrt 2), a = m2 - m1/2: the slope in a has this antiderivative "
        "in v",
    )
    d.equal(
        sp.Derivative(NormalCdf(root * a), a),
        root * phi(root * a),
        why="so it is that of Phi(a/sqrt(3/2))",
    )
    d.equal(
        phi(v) * (NormalCdf(v / sp.sqrt(2)) + NormalCdf(-v / sp.sqrt(2))),
        phi(v),
        why="and at a = 0 both are 1/2, as v and -v show together",
    )
    slopes = []
    for one, other in ((m1, m2), (m2, m1)):
        w = (one - 2 * other) / (2 * sp.sqrt(3))
        plain = sp.exp(-(one**2) / 4) * sp.erfc(w) / (4 * sp.sqrt(sp.pi))
        d.equal(
            phi(one / sp.sqrt(2)) / sp.sqrt(2) * NormalCdf(root * (other - one / 2)),
            plain,
            why=f"so the slope in {one} is phi({one}/sqrt 2)/sqrt 2 "
            f"Phi(({other} - {one}/2)/sqrt(3/2))",
        )
        joined = sp.exp(-(m1**2 - m1 * m2 + m2**2) / 3)
        scaled = joined * sp.exp(w**2) * sp.erfc(w) / (4 * sp.sqrt(sp.pi))
        d.equal(
            sp.Integer(0),
            -(one**2) / 4 + (m1**2 - m1 * m2 + m2**2) / 3 - w**2,
            why="where Phi is small its exponential joins the other one: together they are the "
            "largest value of the density of both leads, and e^(w^2) erfc(w) varies slowly",
        )
        stable = sp.Piecewise((plain, w < 0), (scaled, True))
        d.equal(plain, stable, why="so kernels keep all digits on both sides")
        slopes.append(stable)
    return slopes


def _bounds(d: sn.Derivation) -> None:
    d.less_equal(
        1 - p,
        -sp.log(p),
        why="-log p >= 1 - p: cross-entropy bounds the error rate",
        using="convexity",
    )
    d.limit(
        (-sp.log(p) - (1 - p)) / (1 - p) ** 2,
        p,
        1,
        sp.Rational(1, 2),
        why="they touch at p = 1 to first order",
    )
    d.limit(
        NormalCdf(t / (sp.sqrt(2) * width)),
        width,
        0,
        1,
        why="sigma -> 0: a positive lead t counts 1",
    )
    d.limit(NormalCdf(-t / (sp.sqrt(2) * width)), width, 0, 0, why="a negative one 0: the accuracy")


def sigmoid(x: Any) -> sp.Expr:
    """Return the logistic function as an expression."""
    return 1 / (1 + sp.exp(-x))


def cross_entropy(bias: Any, slope: Any = 1) -> sp.Expr:
    """Return the sum of log(1 + e^(-l f(x))) over the toy data for f(x) = k (x - b)."""
    return sp.Add(*(sp.log(1 + sp.exp(-label * slope * (x - bias))) for x, label in DATA))


def hinge(bias: Any, slope: Any = 1) -> sp.Expr:
    """Return the sum of max(0, 1 - l f(x)) over the toy data for f(x) = k (x - b)."""
    return sp.Add(*(sp.Max(0, 1 - label * slope * (x - bias)) for x, label in DATA))


def _cross_entropy(d: sn.Derivation) -> None:
    d.equal(
        sp.Matrix([sp.sign(x - r) for x, _ in DATA]),
        sp.Matrix([label for _, label in DATA]),
        why="f(x) = x - b is right on all three points for 0 < b < 1/4",
    )
    slope = sigmoid(b - QUARTER) - sigmoid(-b - QUARTER) - sigmoid(-b)
    d.equal(sp.Derivative(cross_entropy(b), b), slope, why="the slope of the cross-entropy in b")
    bend = sp.Add(*(sigmoid(b - x) * sigmoid(x - b) for x, _ in DATA))
    d.equal(sp.Derivative(slope, b), bend, why="which itself grows")
    d.less_equal(0, bend, why="with b, everywhere: the cross-entropy is convex")
    d.solve(
        slope,
        b,
        near=sp.Rational(7, 10),
        why="so it has one minimum, where sigma(b - 1/4) = sigma(-b - 1/4) + sigma(-b)",
        name="bias_cross_entropy",
    )
    d.refute(
        sp.Ge(slope, 0, evaluate=False),
        at={b: QUARTER},
        why="beyond all right classifiers: at b = 1/4 it still falls",
    )


def _hinge(d: sn.Derivation) -> None:
    least = 7 * QUARTER
    d.equal(hinge(c), least, why="the hinge loss is 7/4 for 3/4 <= b <= 1")
    d.equal(hinge(1 + g), least + g, why="grows to the right with slope 1")
    d.equal(hinge(3 * QUARTER - q), least + q, why="and to the left with slope -1 down to b = -3/4")
    d.equal(
        hinge(-3 * QUARTER - g),
        13 * QUARTER + 2 * g,
        why="and with slope -2 from there on: it is least on [3/4, 1] only",
    )
    d.refute(
        sp.Eq(sp.sign(DATA[2][0] - b), DATA[2][1], evaluate=False),
        at={b: 3 * QUARTER},
        why="where the third point is on the wrong side",
    )


def _scale(d: sn.Derivation) -> None:
    middle = QUARTER / 2
    d.refute(
        sp.Ge(hinge(b, scale), 7 * QUARTER, evaluate=False),
        at={b: middle, scale: 8},
        why="the example fixes the scale: with f(x) = k (x - b) the hinge loss is 0 at b = 1/8, "
        "k = 8, a right classifier",
    )
    d.limit(
        cross_entropy(middle, scale),
        scale,
        sp.oo,
        0,
        why="and the cross-entropy at b = 1/8 tends to 0: the losses are not to blame",
    )


def log_accuracy(margins: ArrayLike) -> tuple[float, NDArray[np.float64]]:
    """Return log p and its gradient for the leads of the right class over any number of others.

    The integrand phi(e) prod Phi(m_i + e) is log-concave with a width of at most 1, so the
    trapezoidal rule about its largest value converges geometrically, however small p is.

    Parameters
    ----------
    margins : array_like
        One row, in units of sigma; none at all is certainty.

    Raises
    ------
    ValueError
        For margins that are not one row of finite numbers.
    """
    m = np.asarray(margins, dtype=np.float64)
    if m.ndim != 1 or not np.all(np.isfinite(m)):
        raise ValueError(f"margins: expected one row of finite numbers, got {margins!r}")
    low, high = 0.0, m.size + float(np.max(np.abs(m), initial=0.0))
    for _ in range(60):
        middle = (low + high) / 2
        rises = _hazard(m + middle).sum() > middle
        low, high = (middle, high) if rises else (low, middle)
    step = 1 / (16 + 4 * np.sqrt(m.size))
    noise = low + step * np.arange(-np.ceil(9 / step), np.ceil(9 / step) + 1)
    levels = log_ndtr(m[:, None] + noise).sum(axis=0) - noise**2 / 2
    top = levels.max()
    shares = np.exp(levels - top)
    total = float(top) + np.log(shares.sum() * step / np.sqrt(2 * np.pi))
    return float(total), np.asarray(_hazard(m[:, None] + noise) @ shares / shares.sum())


def _hazard(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return phi(x)/Phi(x), the slope of log Phi."""
    with np.errstate(over="ignore"):
        return np.asarray(np.sqrt(2 / np.pi) / erfcx(-x / np.sqrt(2)))


def expected_accuracy(margins: ArrayLike) -> tuple[float, NDArray[np.float64]]:
    """Return p and its gradient for the leads of the right class over any number of others."""
    logarithm, gradient = log_accuracy(margins)
    return float(np.exp(logarithm)), np.exp(logarithm) * gradient


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the quadrature with the closed forms, also far out."""
    kernel = derivation.compile()
    lines = [
        ("equal means, 10 classes", f"{expected_accuracy(np.zeros(9))[0]:.15f}"),
        ("log p for the leads -40, -20, -30", f"{log_accuracy([-40.0, -20.0, -30.0])[0]:.10f}"),
    ]
    for margins in ((-1.0, 0.5), (-40.0, -20.0)):
        closed = kernel(*margins)
        gradient = expected_accuracy(margins)[1]
        gap = max(abs(gradient[i] / closed[f"grad{i + 1}"] - 1) for i in (0, 1))
        lines.append((f"gradient at {margins}, relative difference of quadrature", f"{gap:.1e}"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the toy losses against b with their minimisers, and the accuracy they stand for."""
    left, right = figure.subplots(1, 2)
    biases = np.linspace(-1.0, 1.5, 501)
    places, labels = (np.array([float(row[k]) for row in DATA]) for k in (0, 1))
    leads = labels * (places - biases[:, None])
    best = float(derivation.constants["bias_cross_entropy"])
    smooth = np.logaddexp(0.0, -leads).sum(axis=1)
    left.plot(biases, smooth, label="cross-entropy")
    left.plot(best, np.interp(best, biases, smooth), "o", color="tab:blue")
    left.plot(biases, np.maximum(0.0, 1.0 - leads).sum(axis=1), label="hinge loss")
    left.plot([0.75, 1.0], [1.75, 1.75], "o-", color="tab:orange", linewidth=4)
    left.plot(biases, (leads < 0).sum(axis=1), color="black", label="number of errors")
    left.set_title("f(x) = x - b: minimisers outside of (0, 1/4)", fontsize=10)
    for width, style in ((0.5, ":"), (0.1, "--"), (0.02, "-")):
        # Two scores with noise of width sigma each: their difference has sqrt(2) sigma.
        errors = ndtr(-leads / (np.sqrt(2) * width)).sum(axis=1)
        right.plot(biases, errors, color="tab:green", linestyle=style, label=f"sigma = {width:g}")
    right.set_title("expected number of errors under normal noise", fontsize=10)
    for axes in (left, right):
        axes.axvspan(0.0, 0.25, color="tab:green", alpha=0.15)
        axes.set_xlabel("bias b")
        axes.grid(visible=True, alpha=0.25)
        axes.legend(fontsize=8)
