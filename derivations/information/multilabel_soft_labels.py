"""The multi-label loss with one softmax for all labels, for targets between 0 and 1.

Cutting the product of all two-class likelihoods at first order gives the hard loss; weighting its
states by the targets gives the soft one, whose minimiser is known in closed form. Source:
Su Jianlin, kexue.fm, 多标签“Softmax+交叉熵”的软标签版本.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra.log_partition import LogPartition

NAMES = ["s1", "s2", "t1", "t2"]
RANGES = dict.fromkeys(NAMES[:2], (-4.0, 4.0)) | dict.fromkeys(NAMES[2:], (0.0, 1.0))
TAILS = tuple(
    dict(zip(NAMES, values, strict=True))
    for values in (
        (1e7, -1e7, 1.0, 0.0),
        (-1e7, 1e7, 0.0, 1.0),
        (-1e7, 1e7, 1.0, 0.0),
        (-1e7, 3.0, 0.0, 0.5),
        (800.0, -800.0, 0.5, 0.5),
        (-680.0, 800.0, 1e-300, 1.0),
        (0.0, 0.0, 0.0, 0.0),
    )
)

s1, s2, t1, t2 = sp.symbols(NAMES)
S, T = (s1, s2), (t1, t2)
eps, w = sp.symbols("eps w")
v, a, b = (sp.symbols(f"{name}1:3") for name in "vab")


def derive() -> sn.Derivation:
    """Prove the soft loss, its convexity, its minimiser and its least value."""
    reals, unit = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, 1)
    inside = sn.Interval(0, 1, left_open=True, right_open=True)
    d = sn.Derivation(
        "multilabel_soft_labels",
        title="Soft labels for the multi-label softmax loss / 多标签“Softmax+交叉熵”的软标签版本",
        source="Su Jianlin, kexue.fm: 多标签“Softmax+交叉熵”的软标签版本",
        domain={
            **dict.fromkeys((*S, *v, *a, *b), reals),
            **dict.fromkeys((*T, eps), unit),
            w: inside,
        },
    )
    _hard_loss(d)
    loss = _soft_loss(d)
    _convexity(d, loss)
    _minimum(d, loss)
    _result(d, loss)
    return d


def soft_loss(scores: Any, targets: Any) -> sp.Expr:
    """Return log(1 + sum t e^-s) + log(1 + sum (1 - t) e^s) as an expression."""
    pairs = list(zip(scores, targets, strict=True))
    wanted = sp.Add(*(t * sp.exp(-s) for s, t in pairs))
    unwanted = sp.Add(*((1 - t) * sp.exp(s) for s, t in pairs))
    return sp.log(1 + wanted) + sp.log(1 + unwanted)


def _hard_loss(d: sn.Derivation) -> None:
    """Cut the product of the likelihoods of two labels, one present and one absent."""
    present, absent = sp.exp(-s1), sp.exp(s2)
    d.equal(
        -sp.log(1 / (1 + sp.exp(-s1))) - sp.log(1 - 1 / (1 + sp.exp(-s2))),
        sp.log((1 + present) * (1 + absent)),
        why="the sum of two-class cross-entropies, label 1 present and label 2 absent, is the "
        "logarithm of a product",
    )
    for sign, kind in ((-1, "present"), (1, "absent")):
        states = [sp.exp(sign * s) for s in S]
        d.series(
            (1 + eps * states[0]) * (1 + eps * states[1]),
            eps,
            2,
            1 + eps * sum(states),
            why=f"two {kind} labels: to first order in a bookkeeping parameter eps on each "
            "exponential, the product is 1 plus a sum: one softmax, which balances the labels",
        )
    d.equal(
        soft_loss(S, (1, 0)),
        sp.log(1 + present) + sp.log(1 + absent),
        why="hard labels: a sum over the present labels and one over the absent ones, each with "
        "the threshold score 0",
    )


def _soft_loss(d: sn.Derivation) -> sp.Expr:
    loss = soft_loss(S, T)
    for targets in ((1, 1), (0, 0), (0, 1)):
        d.equal(
            loss.subs(dict(zip(T, targets, strict=True))),
            sp.log(1 + sum(sp.exp(-s) for s, t in zip(S, targets, strict=True) if t))
            + sp.log(1 + sum(sp.exp(s) for s, t in zip(S, targets, strict=True) if not t)),
            why=f"the soft loss, each label counted as present with the weight t and as absent "
            f"with the weight 1 - t, has the hard loss at the targets {targets}",
        )
    wanted = [t * sp.exp(-s) for s, t in zip(S, T, strict=True)]
    unwanted = [(1 - t) * sp.exp(s) for s, t in zip(S, T, strict=True)]
    d.equal(
        [sp.Derivative(loss, s) for s in S],
        [
            q / (1 + sum(unwanted)) - p / (1 + sum(wanted))
            for p, q in zip(wanted, unwanted, strict=True)
        ],
        why="its gradient: the share of a label among the absent less that among the present",
    )
    return loss


def _convexity(d: sn.Derivation, loss: sp.Expr) -> None:
    squares, rest = [], []
    for states in (
        [t * sp.exp(-s) for s, t in zip(S, T, strict=True)],
        [(1 - t) * sp.exp(s) for s, t in zip(S, T, strict=True)],
    ):
        total = (1 + sum(states)) ** 2
        squares.append(sum(p * x**2 for p, x in zip(states, v, strict=True)) / total)
        rest.append(states[0] * states[1] * (v[0] - v[1]) ** 2 / total)
    d.equal(
        sum(
            sp.diff(loss, one, other) * x * y
            for one, x in zip(S, v, strict=True)
            for other, y in zip(S, v, strict=True)
        ),
        sum(squares) + sum(rest),
        why="the second derivative in a direction v: two variances, each written as squares "
        "v_i^2 and a rest",
    )
    d.less_equal(0, sum(rest), why="the rest is not negative")
    d.less_equal(
        0,
        sum(squares),
        why="nor are the squares: the loss is convex, strictly for 0 < t < 1, when the squares "
        "vanish at v = 0 only",
    )


def _minimum(d: sn.Derivation, loss: sp.Expr) -> None:
    sigmoid = {t: 1 / (1 + sp.exp(-2 * s)) for s, t in zip(S, T, strict=True)}
    slopes = [sp.diff(loss, s).subs(sigmoid) for s in S]
    d.equal(slopes, [0, 0], why="the gradient vanishes where t = sigma(2 s)")
    product = sp.Mul(*(part.args[0] for part in loss.args))
    roots = 1 + sum(sp.sqrt(t * (1 - t)) for t in T)
    d.less_equal(
        (1 + a[0] * b[0] + a[1] * b[1]) ** 2,
        (1 + a[0] ** 2 + a[1] ** 2) * (1 + b[0] ** 2 + b[1] ** 2),
        why="Cauchy-Schwarz for the vectors (1, a1, a2) and (1, b1, b2)",
        using="cauchy-schwarz",
    )
    first = [sp.sqrt(t) * sp.exp(-s / 2) for s, t in zip(S, T, strict=True)]
    second = [sp.sqrt(1 - t) * sp.exp(s / 2) for s, t in zip(S, T, strict=True)]
    d.equal(
        [
            1 + sum(x * y for x, y in zip(first, second, strict=True)),
            (1 + sum(x**2 for x in first)) * (1 + sum(y**2 for y in second)),
        ],
        [roots, product],
        why="with a = sqrt(t) e^(-s/2) and b = sqrt(1 - t) e^(s/2) the right side is the product "
        "whose logarithm is the loss, and the left side does not depend on the scores",
    )
    d.equal(
        product.subs(sigmoid),
        roots.subs(sigmoid) ** 2,
        why="with equality at the stationary point t = sigma(2 s): it is the global minimum",
    )
    d.equal(
        sigmoid[t1].subs(s1, sp.log(w / (1 - w)) / 2),
        w,
        why="which a target w between 0 and 1 has at s = log(w/(1 - w))/2",
    )
    d.equal(
        sp.log(roots**2),
        2 * sp.log(roots),
        why="so 2 log(1 + sum sqrt(t (1 - t))) bounds the loss from below for all targets",
    )


def _result(d: sn.Derivation, loss: sp.Expr) -> None:
    stable = LogPartition(t1, -s1, t2, -s2) + LogPartition(1 - t1, s1, 1 - t2, s2)
    d.equal(
        loss,
        stable,
        why="as log-partition functions, whose states have the exponents log t - s and "
        "log(1 - t) + s; a state of weight 0 is left out",
    )
    small = sp.Rational(1, 10**8)
    d.refute(
        sp.Eq(loss.subs({t1: small, t2: 0}), loss.subs({t1: 0, t2: 0}), evaluate=False),
        at={s1: -40, s2: 0},
        why="to clip targets at a small number, as the article does, is no substitute for that "
        "rule: an absent label with the score -40 costs 21.6 then, not 0",
    )
    minimum = 2 * sp.log(1 + sum(sp.sqrt(t * (1 - t)) for t in T))
    d.result({"loss": stable, "minimum": minimum}, args=NAMES)


def loss_and_gradient(
    scores: ArrayLike, targets: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the soft loss of any number of labels and its gradient in the scores.

    The labels are along the last axis; targets of 0 and 1 need no clipping.
    """
    s, t = np.asarray(scores, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    with np.errstate(divide="ignore"):
        wanted, present = _partition(np.log(t) - s)
        unwanted, absent = _partition(np.log1p(-t) + s)
    return wanted + unwanted, absent - present


def _partition(levels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return log(1 + sum e^level) over the last axis, and the probability of each state."""
    top = np.maximum(levels.max(axis=-1, initial=0.0), 0.0)
    states = np.exp(levels - top[..., None])
    total = top + np.log1p(np.expm1(-top) + states.sum(axis=-1))
    return total, np.exp(levels - total[..., None])


def _as_torch(s1: float, s2: float, t1: float, t2: float) -> dict[str, float]:
    """Return the loss by logsumexp over a zero and log t - s, as a model in torch writes it."""
    s, t = np.array([s1, s2]), np.array([t1, t2])
    parts = [
        np.logaddexp.reduce([0.0, *(np.log(weight) + sign * s)])
        for weight, sign in ((t, -1), (1 - t, 1))
    ]
    return {"loss": float(sum(parts))}


def _as_written(s1: float, s2: float, t1: float, t2: float) -> dict[str, float]:
    s, t = np.array([s1, s2]), np.array([t1, t2])
    loss = np.log(1 + np.sum(t * np.exp(-s))) + np.log(1 + np.sum((1 - t) * np.exp(s)))
    return {"loss": float(loss), "minimum": float(2 * np.log(1 + np.sum(np.sqrt(t * (1 - t)))))}


PEERS = {"logsumexp, as torch writes it": _as_torch, "the formula as it stands": _as_written}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Descend along the gradient from a far start and compare with the least value."""
    targets = np.array([0.02, 0.3, 0.5, 0.9, 0.999])
    scores = np.full(5, 6.0)
    for _ in range(20_000):
        scores -= loss_and_gradient(scores, targets)[1]
    least = 2 * np.log1p(np.sqrt(targets * (1 - targets)).sum())
    return [
        ("least value for five targets", f"{least:.12g}"),
        ("loss after gradient descent", f"{loss_and_gradient(scores, targets)[0]:.12g}"),
        (
            "largest error of sigma(2 s) against the targets",
            f"{np.max(np.abs(1 / (1 + np.exp(-2 * scores)) - targets)):.1e}",
        ),
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the loss of one label against its score, with the minima, and what clipping does."""
    left, right = figure.subplots(1, 2)
    kernel = derivation.compile()
    scores = np.linspace(-6.0, 6.0, 400)
    far = -40.0  # an absent second label that adds nothing
    for target, colour in ((0.1, "tab:blue"), (0.5, "tab:green"), (0.9, "tab:orange")):
        left.plot(
            scores, kernel(scores, far, target, 0.0)["loss"], color=colour, label=f"t = {target}"
        )
        best = np.log(target / (1 - target)) / 2
        left.plot(best, kernel(best, far, target, 0.0)["minimum"], "o", color=colour)
    left.set_title("one label: loss and its minimum", fontsize=10)
    scores = np.linspace(-60.0, 10.0, 400)
    for target, style in ((0.0, "-"), (1e-8, "--"), (1e-4, ":")):
        values = kernel(scores, far, target, 0.0)["loss"]
        right.plot(scores, values, color="black", linestyle=style, label=f"t = {target:g}")
    right.set_title("an absent label, its target clipped or not", fontsize=10)
    for axes in (left, right):
        axes.set_xlabel("score s")
        axes.grid(visible=True, alpha=0.25)
        axes.legend(fontsize=8)
