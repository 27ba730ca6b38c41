"""A symmetric divergence for scores that are no distribution: (sigma(s) - sigma(t))(s - t).

The sum of both Kullback-Leibler divergences of two softmax distributions needs only differences
of probabilities and of scores, so it extends to GlobalPointer, whose scores are independent
two-class decisions. Source: Su Jianlin, kexue.fm, GlobalPointer下的“KL散度”应该是怎样的？.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn

RANGES = {"s": (-6.0, 6.0), "t": (-6.0, 6.0)}
TAILS = (
    {"s": 40.0, "t": 41.0},
    {"s": 300.0, "t": 302.0},
    {"s": -700.0, "t": -720.0},
    {"s": 800.0, "t": -900.0},
    {"s": 1.0, "t": 1.0 + 2.0**-40},
    {"s": 2.0, "t": 2.0},
)

s, t = sp.symbols("s t")
P, Q = sp.symbols("p1:4"), sp.symbols("q1:4")
A, B = sp.symbols("a1:4"), sp.symbols("b1:4")


def derive() -> sn.Derivation:
    """Prove the divergence, its bounds, and a form without cancellation."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "globalpointer_symmetric_kl",
        title="What is the KL divergence for GlobalPointer? / "
        "GlobalPointer下的“KL散度”应该是怎样的？",
        source="Su Jianlin, kexue.fm: GlobalPointer下的“KL散度”应该是怎样的？",
        domain={
            **dict.fromkeys((s, t, *A, *B), reals),
            **dict.fromkeys((*P, *Q), positive),
        },
    )
    _distributions(d)
    divergence = _two_classes(d)
    _bounds(d, divergence)
    return d


def sigma(u: sp.Expr) -> sp.Expr:
    """Return the logistic function as an expression."""
    return 1 / (1 + sp.exp(-u))


def _divergence(p: Any, q: Any) -> sp.Expr:
    return sp.Add(*(a * sp.log(a / b) for a, b in zip(p, q, strict=True)))


def _softmax(scores: Any) -> list[sp.Expr]:
    total = sp.Add(*(sp.exp(score) for score in scores))
    return [sp.exp(score) / total for score in scores]


def _distributions(d: sn.Derivation) -> None:
    rows = list(zip(P, Q, strict=True))
    d.equal(
        _divergence(P, Q) + _divergence(Q, P),
        sum((p - q) * (sp.log(p) - sp.log(q)) for p, q in rows),
        why="KL(p|q) + KL(q|p) pairs the differences of the probabilities with those of their "
        "logarithms; it is a sum over the classes, of which three are written out",
    )
    p, q = rows[0]
    d.less_equal(
        0,
        (p - q) * (sp.log(p) - sp.log(q)),
        why="each class contributes a nonnegative term, since the logarithm grows",
        using="lipschitz",
    )
    first, second = _softmax(A), _softmax(B)
    d.equal(sum(first) - sum(second), 0, why="both softmax distributions sum to 1")
    d.equal(
        sum((x - y) * (sp.log(x) - sp.log(y)) for x, y in zip(first, second, strict=True)),
        sum((x - y) * (a - b) for x, y, a, b in zip(first, second, A, B, strict=True)),
        why="with scores a and b the logarithms of the normalisers are constants, which the "
        "differences p - q do not see: no logarithm is left",
    )


def _two_classes(d: sn.Derivation) -> sp.Expr:
    p, q = _softmax([s, 0]), _softmax([t, 0])
    d.equal(p, [sigma(s), 1 - sigma(s)], why="one score s against 0: softmax(s, 0)")
    d.equal(
        (p[0] - q[0]) * (s - t) + (p[1] - q[1]) * 0,
        (sigma(s) - sigma(t)) * (s - t),
        why="the divergence of two such decisions, with the scores (s, 0) and (t, 0)",
    )
    halves = sp.sinh((s - t) / 2) / (2 * sp.cosh(s / 2) * sp.cosh(t / 2))
    divergence = (sigma(s) - sigma(t)) * (s - t)
    d.equal(
        divergence, halves * (s - t), why="the difference as one quotient, free of cancellation"
    )
    high, low = sp.Max(s, t), sp.Min(s, t)
    stable = (high - low) * sigma(high) * sigma(-low) * (1 - sp.exp(low - high))
    d.equal(
        divergence,
        stable,
        why="the same without overflow: for s >= t the difference of the two is "
        "sigma(s) sigma(-t) (1 - e^(t - s)), and the divergence is symmetric",
    )
    d.result(stable, args=["s", "t"])
    return divergence


def _bounds(d: sn.Derivation, divergence: sp.Expr) -> None:
    d.less_equal(
        0, divergence, why="both factors have the sign of s - t: sigma grows", using="lipschitz"
    )
    d.less_equal(
        sigma(s) * sigma(-s),
        sp.Rational(1, 4),
        why="the slope of sigma, sigma(s) sigma(-s), is at most 1/4, attained at 0",
    )
    d.less_equal(
        divergence,
        (s - t) ** 2 / 4,
        why="so the divergence is at most the squared distance of the scores over 4",
        using="lipschitz",
    )
    d.equal(
        sp.Derivative(divergence, s),
        sigma(s) * sigma(-s) * (s - t) + sigma(s) - sigma(t),
        why="its gradient, for training with it as a penalty",
    )


def divergence(scores: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    """Return the divergence of two arrays of scores, summed over the last axis."""
    s, t = np.asarray(scores, dtype=np.float64), np.asarray(others, dtype=np.float64)
    high, low = np.maximum(s, t), np.minimum(s, t)
    logarithm = -np.logaddexp(0.0, -high) - np.logaddexp(0.0, low)
    return np.sum((high - low) * np.exp(logarithm) * -np.expm1(low - high), axis=-1)


def _by_scipy(s: float, t: float) -> float:
    from scipy.special import expit, rel_entr

    p, q = np.array([expit(s), expit(-s)]), np.array([expit(t), expit(-t)])
    return float(np.sum(rel_entr(p, q) + rel_entr(q, p)))


def _as_torch(s: float, t: float) -> float:
    """Return both kl_div of log_softmax(., 0), as torch writes them."""
    p, q = ((-np.logaddexp(0.0, -score), -np.logaddexp(0.0, score)) for score in (s, t))
    both = ((np.exp(a) * (a - b), np.exp(b) * (b - a)) for a, b in zip(p, q, strict=True))
    return float(sum(map(sum, both)))


PEERS = {"scipy.special.rel_entr": _by_scipy, "kl_div both ways, as torch writes it": _as_torch}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Set the stable form beside the obvious one, where two sigmoids cancel."""
    kernel, lines = derivation.compile(), []
    for one, other in ((20.0, 21.0), (36.0, 37.0), (40.0, 41.0)):
        obvious = (1 / (1 + np.exp(-one)) - 1 / (1 + np.exp(-other))) * (one - other)
        lines.append(
            (f"s = {one:g}, t = {other:g}", f"{kernel(one, other):.6g}; obvious form {obvious:.6g}")
        )
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the divergence as a map, and how much of its quadratic bound it reaches."""
    kernel = derivation.compile()
    grid = np.linspace(-6.0, 6.0, 241)
    s, t = np.meshgrid(grid, grid)
    values, bound = kernel(s, t), (s - t) ** 2 / 4
    share = np.divide(values, bound, out=np.ones_like(bound), where=bound > 0)
    # The diagonal is a removable singularity: the slope of sigma times 4.
    share[s == t] = 1 / np.cosh(s[s == t] / 2) ** 2
    for axes, data, title in zip(
        figure.subplots(1, 2),
        (values, share),
        ("divergence", "divergence over (s - t)^2/4"),
        strict=True,
    ):
        image = axes.pcolormesh(s, t, data, shading="gouraud", rasterized=True)
        levels = (0.1, 0.3, 0.5, 0.7, 0.9) if data is share else (0.5, 1, 2, 4, 6, 8, 10)
        lines = axes.contour(s, t, data, levels=levels, colors="white", linewidths=0.8)
        axes.clabel(lines, fontsize=7)
        axes.set_xlabel("s")
        axes.set_ylabel("t")
        axes.set_title(title, fontsize=10)
        figure.colorbar(image, ax=axes, shrink=0.8)
