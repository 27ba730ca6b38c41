"""Smooth stand-ins for max, argmax, top-k and the F1 score, and what is wrong with one of them.

The recursive soft-k-max of the article leaves [0, 1] and does not keep the order; the threshold
form does both. Source: Su Jianlin, kexue.fm, 函数光滑化杂谈：不可导函数的可导逼近.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import SoftMaximum

RANGES = {**dict.fromkeys(("x1", "x2", "x3"), (-3.0, 3.0)), "K": (0.1, 20.0)}
TAILS = (
    {"x1": 1.0, "x2": 0.5, "x3": -2.0, "K": 1e5},
    {"x1": 1.0, "x2": 1.0, "x3": 1.0, "K": 3.0},
    {"x1": 2.0, "x2": 2.0, "x3": -1.0, "K": 1e5},
    {"x1": -1000.0, "x2": -1000.5, "x3": -999.0, "K": 2.0},
    {"x1": 1e-8, "x2": 0.0, "x3": -1e-8, "K": 1.0},
    {"x1": -1.7e-18, "x2": -2.2, "x3": -2.7, "K": 17.0},
)

X = sp.symbols("x1 x2 x3")
K = sp.Symbol("K")
P = sp.symbols("p1 p2 p3")
SCORES = sp.symbols("s1:6")
z, g, v, lam, tau = sp.symbols("z g v lam tau")


def derive() -> sn.Derivation:
    """Prove bounds, gradients and counterexamples."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "smooth_surrogates",
        title=(
            "Notes on smoothing non-differentiable functions / 函数光滑化杂谈：不可导函数的可导逼近"
        ),
        source="Su Jianlin, kexue.fm: 函数光滑化杂谈：不可导函数的可导逼近",
        domain={
            **dict.fromkeys((*X, *SCORES, z, v, lam), reals),
            **dict.fromkeys((K, tau), positive),
            **dict.fromkeys(P, sn.Interval(0, 1)),
            g: sn.Interval(0, sp.oo),
        },
    )
    smooth_max = _maximum(d)
    soft_argmax = _argmax(d)
    _f1_score(d)
    _recursion(d)
    _threshold(d)
    d.result({"smooth_max": smooth_max, "soft_argmax": soft_argmax}, args=["x1", "x2", "x3", "K"])
    return d


def _lse(values: Any) -> sp.Expr:
    return sp.log(sp.Add(*map(sp.exp, values)))


def _softmax(values: Any) -> list[sp.Expr]:
    total = sp.Add(*map(sp.exp, values))
    return [sp.exp(value) / total for value in values]


def _maximum(d: sn.Derivation) -> sp.Expr:
    # With the largest taken out, the others are -g <= 0 below it.
    d.less_equal(
        0,
        sp.log(1 + sp.exp(-K * g) + sp.exp(-K * (g + tau))) / K,
        why="lse(K x)/K less the largest score, when the others are g and g + tau below it: "
        "never negative",
    )
    d.less_equal(
        sp.log(1 + sp.exp(-K * g) + sp.exp(-K * (g + tau))) / K,
        sp.log(3) / K,
        why="and at most log(n)/K, here with n = 3",
    )
    smooth_max = _lse([K * value for value in X]) / K
    d.equal(
        smooth_max - z,
        _lse([K * (value - z) for value in X]) / K,
        why="what is taken out of the scores comes out of the smooth maximum: nothing overflows",
    )
    d.limit(sp.log(3) / K, K, sp.oo, 0, why="so the smooth maximum tends to the maximum")
    stable = SoftMaximum(1 / K, *X)
    d.equal(
        smooth_max,
        stable,
        why="the smooth maximum of three scores, computed as the largest plus what the others add",
    )
    return stable


def _argmax(d: sn.Derivation) -> sp.Expr:
    chances = _softmax(X)
    d.equal(
        [sp.exp(value - _lse(X)) for value in X],
        chances,
        why="softmax is the exponential of x - lse(x)",
    )
    d.equal(
        [sp.Derivative(_lse(X), value) for value in X],
        chances,
        why="and the gradient of lse",
    )
    others = sp.exp(-K * g) + sp.exp(-K * (g + tau))
    d.less_equal(
        others / (1 + others),
        2 * sp.exp(-K * g),
        why="1 - p_max <= (n - 1) e^(-K gap), here with n = 3 and the gaps g and g + tau",
    )
    scaled = _softmax([K * value for value in X])
    soft_argmax = sp.Add(*(i * p for i, p in enumerate(scaled, 1)))
    distance = (sp.exp(-K * g) + 2 * sp.exp(-K * (g + tau))) / (1 + others)
    d.less_equal(
        distance,
        4 * sp.exp(-K * g),
        why="the worst place of the largest is an end: then the soft argmax is off by at most "
        "(n - 1)^2 e^(-K gap)",
    )
    d.equal(sp.Add(*scaled), 1, why="the probabilities sum to 1")
    d.define("soft_argument", soft_argmax, why="the mean place under softmax")
    return soft_argmax


def _f1_score(d: sn.Derivation) -> None:
    soft, hard = [], []
    for truth in product((0, 1), repeat=2):
        for guess in product((0, 1), repeat=2):
            if not any(truth) and not any(guess):
                continue
            hits = sum(t and p for t, p in zip(truth, guess, strict=True))
            misses = sum(t != p for t, p in zip(truth, guess, strict=True))
            soft.append(sp.Rational(2 * sum(map(int.__mul__, truth, guess)), sum(truth + guess)))
            hard.append(sp.Rational(hits, hits + sp.Rational(misses, 2)))
    d.equal(soft, hard, why="2 sum t p/sum (t + p) is the F1 score for all labels and hard guesses")
    p1, p2, p3 = P
    # Labels 1, 0, 1: N = 2 sum t p, D = sum (t + p).
    above, below = 2 * (p1 + p3), 2 + p1 + p2 + p3
    score = above / below
    d.equal(
        [sp.Derivative(score, p) for p in P],
        [(2 * t * below - above) / below**2 for t in (1, 0, 1)],
        why="its gradient, (2 t_i D - N)/D^2, for the labels 1, 0, 1",
    )


def soft_k_max(scores: Any, k: int) -> list[sp.Expr]:
    """Return the article's recursion, p <- p + softmax((1 - p)(x - min x)), k times from 0."""
    least = sp.Min(*scores)
    weights: list[sp.Expr] = [sp.Integer(0)] * len(scores)
    for _ in range(k):
        logits = [(1 - p) * (x - least) for p, x in zip(weights, scores, strict=True)]
        weights = [p + share for p, share in zip(weights, _softmax(logits), strict=True)]
    return weights


def _recursion(d: sn.Derivation) -> None:
    pair = SCORES[:2]
    weights = soft_k_max(pair, 2)
    d.equal(
        [sp.Add(*soft_k_max(pair, 1)), sp.Add(*weights)],
        [1, 2],
        why="each turn of the recursive soft-k-max adds a softmax, which sums to 1: in the end k "
        "(k = 1 and 2)",
    )
    at = {pair[0]: sp.Integer(1), pair[1]: sp.Integer(0)}
    once = 1 / (1 + sp.exp(-1))
    d.equal(
        weights[0].subs(at),
        once + 1 / (1 + sp.exp(once - 1)),
        why="for the scores 1 and 0 and k = 2 its first component",
        name="soft_k_max_counterexample",
    )
    d.refute(
        sp.Le(weights[0], 1, evaluate=False),
        at=at,
        why="which exceeds 1: the recursion does not stay in [0, 1]",
    )
    scores = [sp.Rational(text) for text in ("1.235", "3.128", "-0.386", "4.099", "-1.996")]
    weights = soft_k_max(SCORES, 2)
    d.refute(
        sp.Le(weights[1], weights[3], evaluate=False),
        at=dict(zip(SCORES, scores, strict=True)),
        why="nor does it keep the order: here the second gets more than the fourth, the largest",
    )
    total = sp.Add(*(1 / (1 + sp.exp(lam - score)) for score in scores))
    d.solve(
        total - 2,
        lam,
        near=sp.Float(2.5),
        why="the threshold form on the same scores, sum sigma(x_i - lam) = 2, has a threshold",
    )


def _threshold(d: sn.Derivation) -> None:
    gates = [1 / (1 + sp.exp((lam - value) / tau)) for value in X]
    total = sp.Add(*gates)
    falling = [gate * (1 - gate) / tau for gate in gates]
    d.equal(
        [sp.Derivative(gate, lam) for gate in gates],
        [-weight for weight in falling],
        why="each term of sum sigma((x_i - lam)/tau) falls with lam",
    )
    d.less_equal(
        0,
        sp.exp(v) / (1 + sp.exp(v)) ** 2,
        why="strictly, as sigma (1 - sigma) is positive",
    )
    gate = 1 / (1 + sp.exp(-v))
    d.limit(gate, v, -sp.oo, 0, why="the sum tends to 0 as lam grows")
    d.limit(gate, v, sp.oo, 1, why="and to n as it falls: it is k, 0 < k < n, for exactly one lam")
    d.less_equal(gate, 1 / (1 + sp.exp(-v - g)), why="a larger score gets more: the order is kept")
    d.equal(
        [
            sp.Derivative(total, value) + sp.Derivative(total, lam) * weight / sp.Add(*falling)
            for value, weight in zip(X, falling, strict=True)
        ],
        [0, 0, 0],
        why="the implicit gradient: d lam/d x_i is the i-th weight over their sum",
    )


def soft_top_k(scores: ArrayLike, k: float, tau: float = 1.0) -> NDArray[np.float64]:
    """Return sigma((x_i - lam)/tau) with the lam for which they sum to k.

    Parameters
    ----------
    scores : array_like
        Along the last axis; leading axes are a batch.
    k : float
        Between 0 and the number of scores.
    tau : float
        The temperature, positive.

    Raises
    ------
    ValueError
        For a k or a tau outside of its range.
    """
    values = np.asarray(scores, dtype=np.float64)
    count = values.shape[-1]
    if not 0 < k < count:
        raise ValueError(f"k: expected more than 0 and less than {count}, got {k}")
    if not 0 < tau < np.inf:
        raise ValueError(f"tau: expected a positive number, got {tau}")
    shift = tau * np.log((count - k) / k)
    low = values.min(axis=-1, keepdims=True) + shift
    high = values.max(axis=-1, keepdims=True) + shift
    lam = (low + high) / 2
    for _ in range(200):
        with np.errstate(over="ignore"):
            gates = 1 / (1 + np.exp((lam - values) / tau))
        excess = gates.sum(axis=-1, keepdims=True) - k
        low, high = np.where(excess > 0, lam, low), np.where(excess > 0, high, lam)
        slope = (gates * (1 - gates)).sum(axis=-1, keepdims=True) / tau
        step = lam + excess / np.maximum(slope, np.finfo(float).tiny)
        inside = (step > low) & (step < high)
        following = np.where(inside, step, (low + high) / 2)
        if np.array_equal(following, lam):
            break
        lam = following
    return gates


def soft_f1(truth: ArrayLike, chances: ArrayLike) -> float:
    """Return 2 sum t p/sum (t + p), the F1 score where the chances are 0 and 1."""
    t, p = np.asarray(truth, dtype=np.float64), np.asarray(chances, dtype=np.float64)
    total = float((t + p).sum())
    return 2.0 * float((t * p).sum()) / total if total else 0.0


def soft_recall(truth: ArrayLike, chances: ArrayLike) -> float:
    """Return sum t p/sum t, the recall where the chances are 0 and 1; 0 without true labels."""
    t, p = np.asarray(truth, dtype=np.float64), np.asarray(chances, dtype=np.float64)
    total = float(t.sum())
    return float((t * p).sum()) / total if total else 0.0


def _by_scipy(x1: float, x2: float, x3: float, K: float) -> dict[str, float]:
    from scipy.special import logsumexp, softmax

    scores = K * np.array([x1, x2, x3])
    return {
        "smooth_max": float(logsumexp(scores) / K),
        "soft_argmax": float(softmax(scores) @ np.arange(1, 4)),
    }


def _as_torch(x1: float, x2: float, x3: float, K: float) -> dict[str, float]:
    scores = K * np.array([x1, x2, x3])
    top = scores.max()
    powers = np.exp(scores - top)
    return {
        "smooth_max": float((top + np.log(powers.sum())) / K),
        "soft_argmax": float(powers / powers.sum() @ np.arange(1, 4)),
    }


PEERS = {
    "scipy.special.logsumexp and softmax": _by_scipy,
    "logsumexp and softmax, as torch writes them": _as_torch,
}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Show both forms of the soft top-k on the scores of the counterexamples."""
    lines = []
    for scores in ((1.0, 0.0, -2.0), (1.235, 3.128, -0.386, 4.099, -1.996)):
        weights = [float(p) for p in soft_k_max([sp.Rational(str(x)) for x in scores], 2)]
        for label, values in (("recursive", weights), ("threshold", soft_top_k(scores, 2))):
            text = ", ".join(f"{value:.4f}" for value in values)
            lines.append((f"soft top-2 of {scores}, {label}", text))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the recursive soft top-2 beside the threshold form, at three temperatures."""
    scores = np.array([1.235, 3.128, -0.386, 4.099, -1.996])
    order = np.argsort(-scores)
    panels = figure.subplots(1, 3, sharey=True)
    for axes, temperature in zip(panels, (0.25, 1.0, 4.0), strict=True):
        ranked = scores[order]
        logits = [sp.Float(value / temperature) for value in ranked]
        recursive = [float(p) for p in soft_k_max(logits, 2)]
        places = np.arange(1, 6)
        axes.bar(places - 0.2, recursive, 0.4, label="recursive")
        axes.bar(places + 0.2, soft_top_k(ranked, 2, temperature), 0.4, label="threshold")
        axes.axhline(1.0, color="black", linewidth=0.8, linestyle=":")
        axes.set(title=f"temperature {temperature:g}", xlabel="rank of the score", xticks=places)
    panels[0].set_ylabel("weight of the soft top-2")
    panels[0].legend(fontsize=8)
