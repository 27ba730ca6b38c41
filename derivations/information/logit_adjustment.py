"""Class imbalance as a shift of the scores by the logarithms of the class frequencies.

A model trained with the prior inside its softmax learns the pointwise mutual information of input
and class instead of the posterior, and its argmax maximises the balanced accuracy. Source:
Su Jianlin, kexue.fm, 通过互信息思想来缓解类别不平衡问题.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra.log_partition import LogPartition

NAMES = ["f1", "f2", "f3", "p1", "p2", "p3", "tau"]
RANGES = (
    dict.fromkeys(NAMES[:3], (-4.0, 4.0))
    | dict.fromkeys(NAMES[3:6], (0.05, 0.95))
    | {"tau": (0.0, 2.0)}
)
TAILS = tuple(
    dict(zip(NAMES, values, strict=True))
    for values in (
        (-900.0, 900.0, 0.0, 0.3, 0.3, 0.4, 1.0),
        (900.0, 900.0, -900.0, 0.3, 0.3, 0.4, 1.0),
        (40.0, 0.0, 1.0, 0.3, 0.3, 0.4, 0.5),
        (0.0, 1.0, 2.0, 1e-300, 0.5, 0.5, 1.0),
        (0.0, 1.0, 2.0, 1e-300, 0.5, 0.5, 2.0),
        (0.0, 1.0, 2.0, 1e-300, 0.5, 0.5, 0.0),
    )
)
# Numbers of examples by input (rows) and class (columns), for the enumeration of all classifiers.
COUNTS = ((60, 3, 1), (20, 8, 2), (15, 1, 6), (5, 4, 3))

f1, f2, f3, p1, p2, p3, tau = sp.symbols(NAMES)
F, P = (f1, f2, f3), (p1, p2, p3)
c, posterior, v = sp.symbols("c"), sp.symbols("r1:4"), sp.symbols("v1:4")


def derive() -> sn.Derivation:
    """Prove the adjusted loss, what it learns, and what its argmax maximises."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "logit_adjustment",
        title="Class imbalance through mutual information / 通过互信息思想来缓解类别不平衡问题",
        source="Su Jianlin, kexue.fm: 通过互信息思想来缓解类别不平衡问题",
        domain={
            **dict.fromkeys((*F, *v, c), reals),
            **dict.fromkeys((*P, *posterior), positive),
            tau: sn.Interval(0, sp.oo),
        },
    )
    loss = _loss(d)
    _gradient(d, loss)
    _mutual_information(d)
    _balanced_accuracy(d)
    _result(d, loss)
    return d


def adjusted() -> list[sp.Expr]:
    """Return the exponentials of f + tau log p."""
    return [p**tau * sp.exp(f) for f, p in zip(F, P, strict=True)]


def softmax(scores: Any) -> list[sp.Expr]:
    """Return the softmax of some scores, as expressions."""
    total = sp.Add(*(sp.exp(score) for score in scores))
    return [sp.exp(score) / total for score in scores]


def _loss(d: sn.Derivation) -> sp.Expr:
    d.equal(
        -sp.log(softmax(F)[0]),
        sp.log(1 + sp.exp(f2 - f1) + sp.exp(f3 - f1)),
        why="the cross-entropy of class 1 is a smooth maximum of the differences f_i - f_1 and 0",
    )
    weights = adjusted()
    loss = sp.log(1 + (p2 / p1) ** tau * sp.exp(f2 - f1) + (p3 / p1) ** tau * sp.exp(f3 - f1))
    d.equal(
        -sp.log(weights[0] / sum(weights)),
        loss,
        why="with the class frequencies p as a prior, softmax of f + tau log p",
    )
    d.equal(
        loss.subs(tau, 0),
        sp.log(1 + sp.exp(f2 - f1) + sp.exp(f3 - f1)),
        why="tau = 0 is the plain loss",
    )
    d.equal(
        (p2 / p1) ** tau * sp.exp(f2 - f1),
        sp.exp(f2 - (f1 - tau * sp.log(p2 / p1))),
        why="each competitor i has to be beaten by the margin tau log(p_i/p_1): large for a "
        "frequent competitor of a rare class",
    )
    return loss


def _gradient(d: sn.Derivation, loss: sp.Expr) -> None:
    weights = adjusted()
    targets = (1, 0, 0)
    d.equal(
        [sp.Derivative(loss, f) for f in F],
        [weight / sum(weights) - target for weight, target in zip(weights, targets, strict=True)],
        why="the gradient is the adjusted softmax less the target",
    )
    bend = (
        sum(
            a * b * (v[i] - v[j]) ** 2
            for (i, a), (j, b) in (
                ((0, weights[0]), (1, weights[1])),
                ((0, weights[0]), (2, weights[2])),
                ((1, weights[1]), (2, weights[2])),
            )
        )
        / sum(weights) ** 2
    )
    d.equal(
        sum(
            sp.diff(loss, one, other) * v[i] * v[j]
            for (i, one), (j, other) in product(enumerate(F), repeat=2)
        ),
        bend,
        why="its second derivative in a direction v is the variance of v under the adjusted "
        "softmax",
    )
    d.less_equal(0, bend, why="so the loss is convex in the scores")


def _mutual_information(d: sn.Derivation) -> None:
    total = sum(posterior)
    optimum = [sp.log(r / total / p) + c for r, p in zip(posterior, P, strict=True)]
    d.equal(
        softmax([f + sp.log(p) for f, p in zip(optimum, P, strict=True)]),
        [r / total for r in posterior],
        why="tau = 1: with the scores f_y = log(p(y|x)/p(y)) + c, the pointwise mutual information "
        "up to a constant c, the adjusted softmax is the posterior p(y|x) (r_y up to its sum)",
    )
    d.equal(
        [
            sp.log(q) - sp.log(p) - (f - f1)
            for q, p, f in zip(
                softmax([f + sp.log(p) for f, p in zip(F, P, strict=True)]), P, F, strict=True
            )
        ],
        [f1 - sp.log(sum(p * sp.exp(f) for f, p in zip(F, P, strict=True)))] * 3,
        why="and conversely any scores equal log(q_y/p_y), q the adjusted softmax, up to one "
        "constant: at the optimum, q = p(y|x), they are the mutual information",
    )


def balanced_accuracy(choice: tuple[int, ...]) -> Fraction:
    """Return the mean over the classes of the share that a classifier of `COUNTS` gets right."""
    totals = [sum(column) for column in zip(*COUNTS, strict=True)]
    hits = [Fraction(0)] * len(totals)
    for row, label in zip(COUNTS, choice, strict=True):
        hits[label] += Fraction(row[label], totals[label])
    return sum(hits, Fraction(0)) / len(totals)


def _balanced_accuracy(d: sn.Derivation) -> None:
    totals = [sum(column) for column in zip(*COUNTS, strict=True)]
    size = sum(totals)
    ratios = [
        [Fraction(n * size, sum(row) * total) for n, total in zip(row, totals, strict=True)]
        for row in COUNTS
    ]
    by_information = tuple(row.index(max(row)) for row in ratios)
    everything = list(product(range(len(totals)), repeat=len(COUNTS)))
    accuracies = sorted({sp.Rational(balanced_accuracy(choice)) for choice in everything})
    d.equal(
        sp.Max(*accuracies, evaluate=False),
        sp.Rational(balanced_accuracy(by_information)),
        why=f"the argmax of p(y|x)/p(y) has the best balanced accuracy among all {len(everything)} "
        f"classifiers of a table of {len(COUNTS)} inputs and {len(totals)} classes (enumerated): "
        "each input contributes p(x|y) of its class, and p(x|y) is p(x) p(y|x)/p(y)",
    )
    by_posterior = tuple(row.index(max(row)) for row in COUNTS)
    d.refute(
        sp.Eq(sp.Rational(balanced_accuracy(by_posterior)), max(accuracies), evaluate=False),
        at={},
        why="the argmax of the posterior p(y|x) itself does not reach it on this table",
    )


def _result(d: sn.Derivation, loss: sp.Expr) -> None:
    second, third = (tau * (sp.log(p) - sp.log(p1)) + f - f1 for f, p in ((f2, p2), (f3, p3)))
    stable = LogPartition(1, second, 1, third)
    d.equal(
        loss,
        stable,
        why="the form for every size of the scores and of the frequencies: the log-partition "
        "function of the competitors beside class 1",
    )
    d.result(stable, args=NAMES)


def adjusted_loss(
    scores: ArrayLike, frequencies: ArrayLike, target: int, tau: float = 1.0
) -> NDArray[np.float64]:
    """Return the adjusted cross-entropy for any number of classes; leading axes broadcast."""
    shifted = np.asarray(scores, dtype=np.float64) + tau * np.log(frequencies)
    margins = shifted - shifted[..., target, None]
    others = np.delete(margins, target, axis=-1)
    top = np.maximum(np.max(others, axis=-1, initial=0.0), 0.0)
    states = np.exp(others - top[..., None]).sum(axis=-1)
    return top + np.log1p(np.expm1(-top) + states)


def _shifted(point: tuple[float, ...]) -> NDArray[np.float64]:
    return np.array(point[:3]) + point[6] * np.log(np.array(point[3:6]))


def _by_scipy(*point: float) -> float:
    from scipy.special import log_softmax

    return float(-log_softmax(_shifted(point))[0])


def _as_torch(*point: float) -> float:
    scores = _shifted(point)
    top = scores.max()
    return float(top + np.log(np.sum(np.exp(scores - top))) - scores[0])


PEERS = {
    "scipy.special.log_softmax": _by_scipy,
    "cross_entropy(f + tau log p), as torch writes it": _as_torch,
}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the two rules on the table of counts."""
    rows = []
    totals = [sum(column) for column in zip(*COUNTS, strict=True)]
    for label, weights in (("p(y|x)", [1] * 3), ("p(y|x)/p(y)", totals)):
        choice = tuple(
            int(np.argmax([n / weight for n, weight in zip(row, weights, strict=True)]))
            for row in COUNTS
        )
        accuracy = sum(row[label] for row, label in zip(COUNTS, choice, strict=True)) / sum(totals)
        rows.append(
            (
                f"argmax of {label} on the table of counts",
                f"accuracy {accuracy:.3f}, balanced {float(balanced_accuracy(choice)):.3f}",
            )
        )
    return rows


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw where the loss decides between two Gaussian classes of which one is rare."""
    axes = figure.subplots()
    rare = 0.02
    grid = np.linspace(-4.0, 4.0, 400)
    x, y = np.meshgrid(grid, np.linspace(-3.0, 3.0, 300))
    common_score = -((x + 1.2) ** 2 + y**2) / 2 + np.log(1 - rare)
    rare_score = -((x - 1.2) ** 2 / 0.6 + y**2 / 1.5) / 2 - np.log(np.sqrt(0.9)) + np.log(rare)
    axes.contourf(x, y, np.exp(common_score - np.log(1 - rare)), levels=6, cmap="Blues", alpha=0.6)
    axes.contour(x, y, np.exp(rare_score - np.log(rare)), levels=6, cmap="Oranges", linewidths=0.8)
    for tau_value, style in ((0.0, ":"), (0.5, "--"), (1.0, "-")):
        # A model that has learnt the posterior with tau in its loss decides without the prior.
        margin = rare_score - common_score - tau_value * np.log(rare / (1 - rare))
        line = axes.contour(x, y, margin, levels=[0.0], colors="black", linestyles=style)
        axes.plot([], [], color="black", linestyle=style, label=f"tau = {tau_value:g}")
        del line
    axes.set_title("Two classes, frequencies 98 % (blue) and 2 % (orange): boundaries", fontsize=10)
    axes.legend(loc="upper left", fontsize=8)
