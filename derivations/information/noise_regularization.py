"""Noise on the input is a penalty on the gradient; for a classifier it is the Fisher information.

The expectation over Gaussian noise is the exponential of the Laplacian. Its second-order term is
s^2 times the squared gradient for the squared loss, and s^2/2 times the trace of the Fisher matrix
for the Kullback-Leibler loss. Source: Su Jianlin, kexue.fm,
泛化性乱弹：从随机噪声、梯度惩罚到虚拟对抗训练.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn

RANGES = {"x": (-2.0, 2.0), "w": (-2.0, 2.0), "s": (0.0, 1.0)}
TAILS = (
    {"x": 600.0, "w": 1.0, "s": 0.5},
    {"x": -600.0, "w": 1.0, "s": 0.5},
    {"x": 0.5, "w": 1200.0, "s": 1.0},
    {"x": 3.0, "w": 0.0, "s": 1.0},
    {"x": 1e-8, "w": 1.0, "s": 1e-8},
)
DEGREE = 4

x, w, s, y, z = sp.symbols("x w s y z")
u, a, b = sp.symbols("u1:3"), sp.symbols("a1:4"), sp.symbols("b1:4")
f, q = sp.symbols("f1:4"), sp.symbols("q1:4")
g, h, k = sp.symbols("g1:3"), sp.symbols("h1:3"), sp.symbols("k1:3")
c = sp.symbols("c0:5")
lam, ratio, n = sp.symbols("lam ratio n")


def derive() -> sn.Derivation:
    """Prove the penalties, and refute the condition from which the article obtains one of them."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "noise_regularization",
        title="Generalisation: noise, gradient penalty, virtual adversarial training / "
        "泛化性乱弹：从随机噪声、梯度惩罚到虚拟对抗训练",
        source="Su Jianlin, kexue.fm: 泛化性乱弹：从随机噪声、梯度惩罚到虚拟对抗训练",
        domain={
            **dict.fromkeys((x, w, y, z, *u, *a, *b, *g, *h, *k, *c), reals),
            s: sn.Interval(0, sp.oo),
            **dict.fromkeys((*f, *q), positive),
            lam: positive,
            ratio: sn.Interval(0, 1, left_open=True, right_open=True),
            n: sn.Integers(0, sp.oo),
        },
    )
    _heat(d)
    _squared_loss(d)
    _kullback_leibler(d)
    _sampling(d)
    _adversary(d)
    _one_input(d)
    return d


def _heat(d: sn.Derivation) -> None:
    """Prove E l(x + s e) = exp(s^2 Laplacian/2) l, first for a polynomial of each degree."""
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    d.equal(
        sp.Derivative(z ** (n + 1) * density, z),
        (n + 1) * z**n * density - z ** (n + 2) * density,
        why="standard normal noise z: the moment of order n + 2 is n + 1 times that of order n, "
        "since the left side integrates to 0",
    )
    d.limit(
        z**6 * density,
        z,
        sp.oo,
        0,
        why="z^(n + 1) times the density vanishes at infinity: shown for the sixth power, beyond "
        "what is needed",
    )
    moments = [1, 0]
    for order in range(DEGREE - 1):
        moments.append((order + 1) * moments[order])
    loss = sum(coefficient * x**m for m, coefficient in enumerate(c))
    noisy = sp.Poly(sp.expand(loss.subs(x, x + s * z)), z)
    expectation = sum(noisy.coeff_monomial(z**m) * moment for m, moment in enumerate(moments))
    d.equal(
        expectation,
        sum(
            (s**2 / 2) ** m * sp.diff(loss, x, 2 * m) / sp.factorial(m)
            for m in range(DEGREE // 2 + 1)
        ),
        why="so, with the moments 1, 0, 1, 0, 3, E l(x + s z) = l + (s^2/2) l'' + (s^4/8) l'''' "
        "for a polynomial of degree 4: the exponential of (s^2/2) d^2/dx^2, which acts in each "
        "coordinate by itself",
    )
    d.series(
        expectation,
        s,
        4,
        loss + s**2 / 2 * sp.diff(loss, x, 2),
        why="the second-order truncation l + (s^2/2) Laplacian l",
    )


def _squared_loss(d: sn.Derivation) -> None:
    """Prove the penalty of |f - y|^2 where the model fits, with two inputs and two outputs."""
    model = [
        g[0] * u[0] + g[1] * u[1] + c[0] * u[0] ** 2 + c[1] * u[0] * u[1] + c[2] * u[1] ** 2,
        h[0] * u[0] + h[1] * u[1] + c[3] * u[0] ** 2 + c[4] * u[1] ** 2,
    ]
    loss = sum(part**2 for part in model)
    laplacian = sum(sp.diff(loss, v, 2) for v in u)
    d.equal(
        (s**2 / 2 * laplacian).subs(dict.fromkeys(u, 0)),
        s**2 * sum(slope**2 for slope in (*g, *h)),
        why="squared loss |f - y|^2 at a point where f = y: the second derivatives of f drop out, "
        "and (s^2/2) Laplacian is s^2 sum |grad f_i|^2 (g, h: the gradients of two outputs in "
        "two inputs)",
    )


def _kullback_leibler(d: sn.Derivation) -> None:
    """Prove the penalty of KL(f | .) for a distribution on three classes."""
    scores = [g[0] * y, g[1] * y, h[0] * y + h[1] * y**2]
    total = sum(sp.exp(score) for score in scores)
    logs = [score - sp.log(total) for score in scores]
    probabilities = [sp.exp(score) / total for score in scores]
    d.equal(
        sum(sp.Derivative(probability, y) for probability in probabilities),
        0,
        why="the probabilities of a model, here three classes along a line y of inputs, sum to 1, "
        "so their derivatives of every order sum to 0",
    )
    start = [probability.subs(y, 0) for probability in probabilities]
    loss = sum(p * (sp.log(p) - b) for p, b in zip(start, logs, strict=True))
    d.equal(
        sp.Subs(sp.Derivative(loss, y), y, 0), 0, why="hence KL(f(0) | f(y)) is stationary at y = 0"
    )
    slopes = [sp.diff(log, y).subs(y, 0) for log in logs]
    d.equal(
        sp.Subs(sp.Derivative(loss, (y, 2)), y, 0),
        sum(p * slope**2 for p, slope in zip(start, slopes, strict=True)),
        why="and its second derivative is sum f_i (grad log f_i)^2, the Fisher information: the "
        "penalty is s^2/2 times the trace of the Fisher matrix",
    )
    d.equal(
        [sp.Subs(sp.Derivative(p * sp.log(p / b), b), b, p) for p, b in zip(f, q, strict=True)],
        [-1, -1, -1],
        why="the derivative of KL(f | q) in q_i, at q = f",
    )
    divergence = sum(p * sp.log(p / q) for p, q in zip(f, q, strict=True))
    half, quarter = sp.Rational(1, 2), sp.Rational(1, 4)
    d.refute(
        sp.Eq(sp.diff(divergence, q[0]), 0, evaluate=False),
        at=dict(zip((*f, *q), (half, quarter, quarter) * 2, strict=True)),
        why="the condition of the article, that dl/df = 0 at f = y, does not hold for this loss: "
        "every component of the derivative is -1, and only sum df_i = 0 saves the result",
    )


def _sampling(d: sn.Derivation) -> None:
    """Prove Hutchinson's estimator for three gradients in two inputs, over all eight signs."""
    rows = [sp.Matrix(row) for row in (g, h, k)]
    squares = []
    for signs in product((1, -1), repeat=3):
        mixed = sum((sign * row for sign, row in zip(signs, rows, strict=True)), sp.zeros(2, 1))
        squares.append(mixed.dot(mixed))
    trace = sum(row.dot(row) for row in rows)
    d.equal(
        sp.Add(*squares) / 8,
        trace,
        why="one backward pass instead of one an output: with random signs eta_i the mean of "
        "|sum eta_i grad f_i|^2 is sum |grad f_i|^2 (all signs of three outputs)",
    )
    pairs = ((rows[0], rows[1]), (rows[0], rows[2]), (rows[1], rows[2]))
    d.equal(
        sp.Add(*((square - trace) ** 2 for square in squares)) / 8,
        4 * sum(one.dot(other) ** 2 for one, other in pairs),
        why="its variance is 4 sum_(i < j) (grad f_i . grad f_j)^2: none for orthogonal gradients",
    )


def _adversary(d: sn.Derivation) -> None:
    one, other = sp.Matrix(a), sp.Matrix(b)
    lengths = one.dot(one) * other.dot(other)
    d.less_equal(
        one.dot(other) ** 2,
        lengths,
        why="to first order a perturbation b of given length changes a loss with the gradient a by "
        "a.b, and (a.b)^2 is at most |a|^2 |b|^2",
        using="cauchy-schwarz",
    )
    along = dict(zip(b, lam * one, strict=True))
    d.equal(
        (one.dot(other) ** 2).subs(along),
        lengths.subs(along),
        why="attained for a perturbation b along the gradient: the adversarial direction",
    )
    d.equal(
        (ratio * lam) ** n / lam**n,
        ratio**n,
        why="for the Fisher form, whose gradient vanishes, the worst direction is the eigenvector "
        "of the largest eigenvalue: power iteration shrinks the component of an eigenvalue "
        "ratio * lam beside that of lam by the factor ratio a step (no eigenvalue is negative)",
    )
    d.limit(ratio**n, n, sp.oo, 0, why="so it converges where the second eigenvalue is smaller")
    d.equal(
        2 * one.dot(one) + 2 * other.dot(other) - (one + other).dot(one + other),
        (one - other).dot(one - other),
        why="parallelogram law",
    )
    d.less_equal(
        (one + other).dot(one + other),
        2 * one.dot(one) + 2 * other.dot(other),
        why="hence |a + b|^2 <= 2 |a|^2 + 2 |b|^2: penalties of two noises bound that of their sum",
    )


def _one_input(d: sn.Derivation) -> None:
    total = 1 + sp.exp(w * x)
    states = (sp.exp(w * x) / total, 1 / total)
    d.equal(
        s**2 / 2 * sum(p * sp.Derivative(sp.log(p), x) ** 2 for p in states),
        s**2 * w**2 / (2 * (1 + sp.exp(-w * x)) * (1 + sp.exp(w * x))),
        why="a model of two classes with the scores w x and 0: the penalty of noise of size s",
    )
    d.less_equal(
        s**2 * w**2 / (2 * (1 + sp.exp(-w * x)) * (1 + sp.exp(w * x))),
        s**2 * w**2 / 8,
        why="largest at the decision boundary: noise pushes confident inputs away from it",
    )
    d.result(s**2 * w**2 / (2 * (1 + sp.exp(-w * x)) * (1 + sp.exp(w * x))), args=["x", "w", "s"])


def noisy_divergence(x: ArrayLike, w: ArrayLike, s: ArrayLike) -> NDArray[np.float64]:
    """Return E KL(f(x) | f(x + s e)) for the two-class model, by 96 Gauss-Hermite nodes."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(96)
    x, w, s = (np.asarray(array, dtype=np.float64)[..., None] for array in (x, w, s))
    score, noisy = w * x, w * (x + s * nodes)
    probability = np.exp(-np.logaddexp(0.0, -score))
    loss = np.logaddexp(0.0, noisy) - np.logaddexp(0.0, score) - probability * (noisy - score)
    return loss @ (weights / np.sqrt(2 * np.pi))


def _by_scipy(x: float, w: float, s: float) -> float:
    from scipy.special import expit

    p = expit(w * x)
    return float(s**2 * w**2 * p * (1 - p) / 2)


PEERS = {"p (1 - p) with scipy.special.expit": _by_scipy}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Set the penalty beside the expectation that it truncates."""
    kernel = derivation.compile()
    lines = []
    for size in (0.01, 0.1, 0.5, 1.0):
        exact, penalty = float(noisy_divergence(1.0, 2.0, size)), float(kernel(1.0, 2.0, size))
        lines.append(
            (f"x = 1, w = 2, noise {size:g}", f"penalty {penalty:.6g}, expectation {exact:.6g}")
        )
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the expected divergence and its second-order penalty against the size of the noise."""
    kernel = derivation.compile()
    left, right = figure.subplots(1, 2)
    sizes = np.geomspace(0.01, 3.0, 200)
    for place, colour in ((0.0, "tab:blue"), (1.0, "tab:orange"), (2.0, "tab:green")):
        exact, penalty = noisy_divergence(place, 2.0, sizes), kernel(place, 2.0, sizes)
        left.loglog(sizes, exact, color=colour, label=f"x = {place:g}")
        left.loglog(sizes, penalty, color=colour, linestyle="--", linewidth=1)
        right.loglog(sizes, np.abs(penalty / exact - 1), color=colour, label=f"x = {place:g}")
    left.set_title("expectation (solid), penalty (dashed), w = 2", fontsize=10)
    right.set_title("relative error of the penalty", fontsize=10)
    for axes in (left, right):
        axes.set_xlabel("size s of the noise")
        axes.grid(visible=True, alpha=0.25)
        axes.legend(fontsize=8)
