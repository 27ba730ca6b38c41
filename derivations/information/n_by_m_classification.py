"""A loss for n classifications into m classes that did not succeed, and why.

Cutting the product of the likelihoods at first order extends the multi-label loss; a third form of
it, with centred scores, has the softmax as its minimiser, but a small loss does not imply the right
class. Source: Su Jianlin, kexue.fm, 不成功的尝试：将多标签交叉熵推广到“n个m分类”上去.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum import rootfinding
from symnum.algebra.log_partition import LogPartition

NAMES = ["s1", "s2", "s3", "t1", "t2", "t3"]
RANGES = dict.fromkeys(NAMES[:3], (-4.0, 4.0)) | dict.fromkeys(NAMES[3:], (0.0, 1.0))
TAILS = tuple(
    dict(zip(NAMES, values, strict=True))
    for values in (
        (900.0, -900.0, 0.0, 1.0, 0.0, 0.0),
        (-900.0, 900.0, 0.0, 1.0, 0.0, 0.0),
        (900.0, 900.0, -900.0, 0.0, 0.0, 1.0),
        (1e7, -1e7, 0.0, 0.0, 1.0, 0.0),
        (10.0, 11.0, -21.0, 1.0, 0.0, 0.0),
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    )
)
WRONG = (10, 11, -21)  # scores whose largest is not that of class 1

S, T = sp.symbols(NAMES[:3]), sp.symbols(NAMES[3:])
U, V, SCALES = sp.symbols("u1:4"), sp.symbols("v1:4"), sp.symbols("c1:3")
eps, s, t, b = sp.symbols("eps s t b")


def derive() -> sn.Derivation:
    """Prove what both losses do, and refute what the last one was meant to do."""
    reals, weight = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo)
    d = sn.Derivation(
        "n_by_m_classification",
        title="An (unsuccessful) loss for n classifications into m classes / "
        "不成功的尝试：将多标签交叉熵推广到“n个m分类”上去",
        source="Su Jianlin, kexue.fm: 不成功的尝试：将多标签交叉熵推广到“n个m分类”上去",
        domain={
            **dict.fromkeys((*S, *U, *V, s), reals),
            **dict.fromkeys((*T, *SCALES, b), weight),
            **dict.fromkeys((eps, t), sn.Interval(0, 1)),
        },
    )
    _first_loss(d)
    loss = _third_loss(d)
    _failure(d, loss)
    _result(d, loss)
    return d


def first_loss(scores: Any, targets: Any) -> sp.Expr:
    """Return sum_j log(1 + sum_i sum_(k != j) t_ij e^(s_ik - s_ij)) for rows of scores."""
    classes = range(len(scores[0]))
    return sp.Add(
        *(
            sp.log(
                1
                + sp.Add(
                    *(
                        target[j] * sp.exp(row[k] - row[j])
                        for row, target in zip(scores, targets, strict=True)
                        for k in classes
                        if k != j
                    )
                )
            )
            for j in classes
        )
    )


def centred(row: Any) -> list[sp.Expr]:
    """Return scores less their mean."""
    return [score - sp.Add(*row) / len(row) for score in row]


def third_loss(scores: Any, targets: Any) -> sp.Expr:
    """Return sum_j log(1 + sum_i t_ij e^(-f_ij)), f the centred scores, for rows of scores."""
    rows = [centred(row) for row in scores]
    return sp.Add(
        *(
            sp.log(
                1 + sum(target[j] * sp.exp(-f[j]) for f, target in zip(rows, targets, strict=True))
            )
            for j in range(len(rows[0]))
        )
    )


def _first_loss(d: sn.Derivation) -> None:
    odds = [sum(eps * sp.exp(row[k] - row[0]) for k in (1, 2)) for row in (S, U)]
    d.equal(
        -sp.log(sp.exp(S[0]) / sum(sp.exp(score) for score in S)),
        sp.log(1 + odds[0].subs(eps, 1)),
        why="the cross-entropy of one classification into three classes, class 1 being right",
    )
    d.series(
        (1 + odds[0]) * (1 + odds[1]),
        eps,
        2,
        1 + odds[0] + odds[1],
        why="two classifications s and u with the same right class: to first order in a "
        "bookkeeping parameter eps the product of the likelihood ratios is 1 plus a sum; the sum "
        "over the classes of its logarithms, weighted by the targets t_ij, is loss 1",
    )
    loss = first_loss([S], [T])
    shares = []
    for j in range(3):
        ratios = [T[j] * sp.exp(S[k] - S[j]) for k in range(3)]
        total = 1 + sum(ratio for k, ratio in enumerate(ratios) if k != j)
        shares.append([ratio / total for ratio in ratios])
    d.equal(
        [sp.Derivative(loss, score) for score in S],
        [sum(shares[j][k] - shares[k][j] for j in range(3) if j != k) for k in range(3)],
        why="its gradient for n = 1: what class k takes from the others less what it gives",
    )
    d.equal(
        first_loss([(s, 0), (S[0], 0)], [(t, 1 - t), (eps, 1 - eps)]),
        sp.log(1 + t * sp.exp(-s) + eps * sp.exp(-S[0]))
        + sp.log(1 + (1 - t) * sp.exp(s) + (1 - eps) * sp.exp(S[0])),
        why="for m = 2 classes, with the scores (s, 0) and the targets (t, 1 - t) of two labels, "
        "it is the soft multi-label loss",
    )


def _third_loss(d: sn.Derivation) -> sp.Expr:
    d.equal(sum(centred(S)), 0, why="the centred scores f = s - mean(s) sum to 0")
    total = sum(sp.exp(f) for f in centred(S))
    d.equal(
        [
            sp.exp(score - f) / sum(sp.exp(other) for other in S)
            for score, f in zip(S, centred(S), strict=True)
        ],
        [1 / total] * 3,
        why="for t = softmax(s) the products t_j e^(-f_j) are the same for all classes",
    )
    for rows in ((S,), (S, U)):
        weights = [sp.symbols(f"w{i}_1:4") for i in range(len(rows))]
        loss = third_loss(rows, weights)
        values = {
            weight: scale * sp.exp(f)
            for names, row, scale in zip(weights, rows, SCALES, strict=False)
            for weight, f in zip(names, centred(row), strict=True)
        }
        d.equal(
            sp.diff(loss, S[0]).xreplace(values),
            0,
            why=f"n = {len(rows)}: where these products are constants c_i the slope in each score "
            "(shown for the first) vanishes, since the centred scores sum to 0: the loss is "
            "stationary at t = softmax(s)",
        )
    loss = third_loss([S], [T])
    states = [target * sp.exp(-f) for target, f in zip(T, centred(S), strict=True)]
    bend = sum(state / (1 + state) ** 2 * v**2 for state, v in zip(states, centred(V), strict=True))
    d.equal(
        sum(
            sp.diff(loss, one, other) * x * y
            for (one, x), (other, y) in product(zip(S, V, strict=True), repeat=2)
        ),
        bend,
        why="the second derivative of loss 3, for n = 1, in a direction v",
    )
    d.less_equal(
        0, bend, why="is not negative: loss 3 is convex, and t = softmax(s) its global minimum"
    )
    return loss


def _failure(d: sn.Derivation, loss: sp.Expr) -> None:
    hard = {**dict(zip(T, (1, 0, 0), strict=True))}
    d.less_equal(
        sp.log(2),
        sp.log(1 + sp.exp(b) + sp.exp(s)),
        why="what a loss has to do: where a wrong class leads by b >= 0, cross-entropy is at least "
        "log 2, so that a small loss implies the right class",
    )
    d.refute(
        sp.Ge(loss.subs(hard), sp.log(2), evaluate=False),
        at=dict(zip(S, WRONG, strict=True)),
        why="loss 3 does not: here class 1 is right, class 2 has the largest score, and the loss "
        "is small, since it asks for f_1 to be large and not to be the largest",
    )
    d.equal(
        loss.subs(hard).subs(dict(zip(S, WRONG, strict=True))),
        sp.log(1 + sp.exp(-10)),
        why="the loss at this point, about 4.5e-5; a closed form for the minimiser of loss 1 with "
        "soft targets is an open problem, only its numbers are given here",
        name="counterexample_loss",
    )


def _result(d: sn.Derivation, loss: sp.Expr) -> None:
    stable = sp.Add(*(LogPartition(target, -f) for target, f in zip(T, centred(S), strict=True)))
    d.equal(loss, stable, why="as log-partition functions, for every size of the scores")
    d.result(stable, args=NAMES)


def losses_and_gradients(
    scores: ArrayLike, targets: ArrayLike
) -> dict[str, tuple[float, NDArray[np.float64]]]:
    """Return losses 1 and 3 with their gradients, for n rows of m scores.

    Under the keys "first" and "third"; the gradients have the shape of the scores.
    """
    s, t = np.asarray(scores, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    m = s.shape[-1]
    with np.errstate(divide="ignore"):
        logs = np.log(t)
    # Exponents of the states (row i, class k) in the sum of class j; no state has k = j.
    steps = logs[:, :, None] + s[:, None, :] - s[:, :, None]
    steps[:, np.arange(m), np.arange(m)] = -np.inf
    first, moves = _partition(np.moveaxis(steps, 1, 0).reshape(m, -1))
    shares = np.moveaxis(moves.reshape(m, *s.shape), 0, 1)
    f = s - s.mean(axis=-1, keepdims=True)
    third, states = _partition((logs - f).T)
    slopes = -states.T
    return {
        "first": (float(first.sum()), shares.sum(axis=1) - shares.sum(axis=2)),
        "third": (float(third.sum()), slopes - slopes.mean(axis=-1, keepdims=True)),
    }


def _partition(levels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return log(1 + sum e^level) over the last axis, and the probability of each state."""
    top = np.maximum(levels.max(axis=-1, initial=0.0), 0.0)
    states = np.exp(levels - top[..., None])
    total = top + np.log1p(np.expm1(-top) + states.sum(axis=-1))
    return total, np.exp(levels - total[..., None])


def minimiser(targets: Any) -> list[float]:
    """Return the softmax of the scores that minimise loss 1 for one row of three soft targets."""
    loss = first_loss([(*S[:2], sp.Integer(0))], [targets])
    start = [float(sp.log(target / targets[2])) for target in targets[:2]]
    found = rootfinding.root(
        [sp.diff(loss, score) for score in S[:2]], dict(zip(S[:2], start, strict=True))
    )
    powers = np.exp([*(float(value) for value in found.root.values()), 0.0])
    return list((powers / powers.sum()).tolist())


def _as_torch(*point: float) -> float:
    """Return the loss by logsumexp over a zero and log t - f, as a model in torch writes it."""
    s, t = np.array(point[:3]), np.array(point[3:])
    return float(np.sum(np.logaddexp(0.0, np.log(t) - (s - s.mean()))))


def _as_written(*point: float) -> float:
    s, t = np.array(point[:3]), np.array(point[3:])
    return float(np.sum(np.log(1 + t * np.exp(-(s - s.mean())))))


PEERS = {"logsumexp, as torch writes it": _as_torch, "the formula as it stands": _as_written}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Show what soft targets become under loss 1."""
    lines = []
    for parts in ((6, 3, 1), (4, 3, 3), (18, 1, 1)):
        targets = [sp.Rational(part, sum(parts)) for part in parts]
        values = ", ".join(f"{value:.4f}" for value in minimiser(targets))
        asked = ", ".join(f"{float(target):g}" for target in targets)
        lines.append((f"softmax of the minimiser of loss 1 for the targets {asked}", values))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw what becomes of soft targets, and where a small loss goes with a wrong class."""
    left, right = figure.subplots(1, 2)
    shares = [sp.Rational(k, 50) for k in range(2, 49, 2)]
    for split, colour in ((sp.Rational(1, 2), "tab:blue"), (sp.Rational(9, 10), "tab:orange")):
        reached = [minimiser([p, (1 - p) * split, (1 - p) * (1 - split)])[0] for p in shares]
        label = f"loss 1, the rest split {float(split):g} to {float(1 - split):g}"
        left.plot([float(p) for p in shares], reached, color=colour, label=label)
    left.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1, label="loss 3: exact")
    left.set_xlabel("target of class 1")
    left.set_ylabel("probability at the minimum")
    left.set_title("soft targets, and what the losses make of them", fontsize=9)
    left.legend(fontsize=8)
    grid = np.linspace(-4.0, 12.0, 321)
    one, other = np.meshgrid(grid, grid)
    loss = derivation.compile()(one, other, -one - other, 1.0, 0.0, 0.0)
    lines = right.contour(one, other, loss, levels=[0.01, 0.1, 1, 4], colors="tab:blue")
    right.clabel(lines, fontsize=7)
    wrong = (loss < 0.1) & (np.maximum(other, -one - other) > one)
    right.contourf(one, other, wrong, levels=[0.5, 1.5], colors=["tab:red"], alpha=0.4)
    right.plot([-4, 12], [-4, 12], color="gray", linewidth=0.8)
    right.plot(*WRONG[:2], "o", color="tab:red")
    right.set_title("loss 3, class 1 right; red: below 0.1, class 1 not largest", fontsize=9)
    right.set_xlabel("s1")
    right.set_ylabel("s2 (s3 = -s1 - s2)")
