"""Why decoding may never stop, and how to make it stop.

Bounded logits keep the probability of the end token above a bound, so sampling stops; truncation
that drops the end token breaks this, and a survival probability that is a product of factors below
1 - eps makes even greedy decoding stop. Source: Su Jianlin, kexue.fm,
如何应对Seq2Seq中的“根本停不下来”问题？.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn

RANGES = {"V": (2.0, 1e5), "B": (0.0, 20.0), "eps": (1e-3, 0.95), "t": (0.0, 200.0)}
TAILS = (
    {"V": 30000.0, "B": 300.0, "eps": 1e-15, "t": 0.0},
    {"V": 2.0, "B": 0.0, "eps": 1e-15, "t": 1e6},
    {"V": 30000.0, "B": 300.0, "eps": 0.999999, "t": 1.0},
    {"V": 50000.0, "B": 1e-3, "eps": 0.5, "t": 1000.0},
    {"V": 2.0, "B": 5.0, "eps": 1e-9, "t": 0.0},
)

V, B, eps, t, x, w, p, s, m = sp.symbols("V B eps t x w p s m")
N, M, q, r, z, L = sp.symbols("N M q r z L")
k = sp.Symbol("k", integer=True, nonnegative=True)
TERMS = {
    "length_bound_0_05": (sp.Rational(1, 20), 64),
    "length_bound_0_001": (sp.Rational(1, 1000), 480),
}


def derive() -> sn.Derivation:
    """Prove the bounds on the end token's probability and on the length."""
    nonnegative, inside = sn.Interval(0, sp.oo), sn.Interval(0, 1, True, True)
    d = sn.Derivation(
        "terminating_decoding",
        title="Sequence models that do not stop / 如何应对Seq2Seq中的“根本停不下来”问题？",
        source="Su Jianlin, kexue.fm: 如何应对Seq2Seq中的“根本停不下来”问题？",
        domain={
            V: sn.Interval(2, sp.oo),
            **dict.fromkeys((B, t, x), nonnegative),
            **dict.fromkeys((eps, q, r), inside),
            **dict.fromkeys((w, s), sn.Interval(0, 1)),
            **dict.fromkeys((p, m), sn.Interval(0, 1, left_open=True)),
            L: sn.Interval(0, 100),
            z: sn.Interval(0, sp.Rational(1, 10), left_open=True),
            **dict.fromkeys((N, M), sn.Integers(0, sp.oo)),
        },
    )
    bound = _end_token(d)
    _sampling(d)
    stop = _self_terminating(d)
    _length(d)
    d.result({"eos_bound": bound, "stop_probability": stop}, args=["V", "B", "eps", "t"])
    return d


def _end_token(d: sn.Derivation) -> sp.Expr:
    bound = 1 / (1 + (V - 1) * sp.exp(2 * B))
    end, others = sp.exp(x - B), (V - 1) * w * sp.exp(B)
    ratio = d.equal(
        end / (end + others),
        1 / (1 + (V - 1) * w * sp.exp(2 * B - x)),
        why="softmax over V tokens: the end token has the logit x - B >= -B, the others have the "
        "mean weight w e^B with w <= 1",
    )
    d.less_equal(
        bound,
        1 / (1 + (V - 1) * w * sp.exp(2 * B - x)),
        why="so logits between -B and B leave the end token this probability at least",
        using=ratio,
    )
    d.equal(
        (end / (end + others)).subs({x: 0, w: 1}),
        bound,
        why="attained where the end token has -B and all the others have B",
    )
    return bound


def _sampling(d: sn.Derivation) -> None:
    d.less_equal(
        (1 - eps - p * (1 - eps)) * (s * (1 - eps) ** t),
        (1 - eps) ** (t + 1),
        why="sampling: if p_eos >= eps at each step (here eps + p (1 - eps)) and s (1 - eps)^t "
        "with s <= 1 have not stopped by t, at most (1 - eps)^(t+1) have not by t + 1",
    )
    d.equal(
        sp.Sum((1 - eps) ** k, (k, 0, N)),
        (1 - (1 - eps) ** (N + 1)) / eps,
        why="the sum of these bounds stays below 1/eps, and so does the expected length",
    )
    kept = sp.Piecewise((p / (p + (1 - p) / 2), p > (1 - p) / 2), (sp.S.Zero, True))
    d.refute(
        sp.Le((1 - kept) ** t, (1 - p) ** t, evaluate=False),
        at={p: sp.Rational(1, 5), t: 10},
        why="truncation: with the end token at p = 1/5 and two others at 2/5 top-2 sampling drops "
        "it, and the decoding never stops",
    )
    d.less_equal(
        p,
        p / m,
        why="if the end token is always kept, the renormalisation by the mass m that was kept "
        "only raises its probability, and the bound holds",
    )


def _self_terminating(d: sn.Derivation) -> sp.Expr:
    d.less_equal(
        (w * (1 - eps)) * (s * (1 - eps) ** (t + 1)),
        (1 - eps) ** (t + 2),
        why="self-terminating: alpha_t = alpha_{t-1} sigma_t with factors w (1 - eps) below "
        "1 - eps stays below (1 - eps)^(t+1)",
    )
    stop = 1 - (1 - eps) ** (t + 1)
    rise = d.less_equal(
        stop,
        1 - s * (1 - eps) ** (t + 1),
        why="so the end token has the probability 1 - alpha_t >= 1 - (1 - eps)^(t+1)",
    )
    d.less_equal(
        (1 - eps) ** (x - sp.log(2) / sp.log(1 - eps)),
        sp.Rational(1, 2),
        why="which is at least 1/2 as soon as t + 1 >= -log 2/log(1 - eps): greedy decoding "
        "takes the end token then",
        using=rise,
    )
    return stop


def _length(d: sn.Derivation) -> None:
    survival = d.equal(
        sp.Product((1 - eps) ** (k + 1), (k, 0, N)),
        (1 - eps) ** ((N + 1) * (N + 2) / 2),
        why="not to have stopped by the step N has at most this probability, and the expected "
        "length is at most the sum of these bounds over N",
    )
    d.equal(
        2 * q ** ((N + sp.Rational(1, 2)) ** 2 / 2),
        2 * q ** sp.Rational(1, 8) * q ** (N * (N + 1) / 2),
        why="with q = 1 - eps these are the terms of theta_2(0, sqrt q) after division by "
        "2 q^(1/8), all but the first, which is 1",
        using=survival,
    )
    d.less_equal(
        (N + 1) * (N + 2) / 2 + (N + 1) * M,
        (N + M + 1) * (N + M + 2) / 2,
        why="from the term N on they fall faster than the powers of q^(N+1)",
    )
    tail = d.equal(
        sp.Sum(r**k, (k, 0, N)),
        (1 - r ** (N + 1)) / (1 - r),
        why="and a geometric series stays below 1/(1 - r)",
    )
    for name, (small, terms) in TERMS.items():
        rate = 2 * sp.atanh(small / (2 - small))
        d.less_equal(
            sp.exp(-rate * (terms + 1) * (terms + 2) / 2) / (1 - sp.exp(-rate * (terms + 1))),
            sp.Rational(1, 10**45),
            why=f"eps = {small}, q = exp(-{rate}): so the terms from N = {terms} on are negligible",
            using=tail,
        )
        partial = sp.Sum(sp.exp(-rate * (k + 1) * (k + 2) / 2), (k, 0, terms - 1))
        closed = d.approximate(
            partial,
            _transformed(rate),
            bound=sp.Rational(1, 10**40),
            why="Jacobi's transformation of theta_2 turns the sum of the others into a formula "
            "that is exact up to a factor 1 - 2 exp(-2 pi^2/lambda), lambda = -log(1 - eps)",
        )
        d.solve(
            L - _transformed(rate),
            L,
            near=length_bound(float(small)),
            why="the bound on the expected length, to more than 30 digits",
            using=closed,
            name=name,
        )
    rate = -sp.log(1 - z)
    d.limit(
        (_transformed(rate) + 1) / sp.sqrt(sp.pi / (2 * z)),
        z,
        0,
        1,
        why="as eps -> 0 this is sqrt(pi/(2 eps)) - 1",
    )
    d.approximate(
        sp.exp(rate / 8) * sp.sqrt(z / rate),
        1,
        bound=z / 6,
        why="with a relative error of at most eps/6 in the root, up to eps = 1/10",
    )


def _transformed(rate: sp.Expr) -> sp.Expr:
    return sp.exp(rate / 8) * sp.sqrt(sp.pi / (2 * rate)) - 1


def length_bound(eps: float) -> float:
    """Return the bound on the expected length, the sum of (1 - eps)^((t+1)(t+2)/2)."""
    rate = -np.log1p(-eps)
    steps = np.arange(int(np.sqrt(80.0 / rate)) + 2)
    return float(np.sum(np.exp(-rate * (steps + 1.0) * (steps + 2.0) / 2)))


def expected_length(stop: ArrayLike) -> float:
    """Return the mean number of steps of a chain that stops with probability stop[t] at step t.

    The last entry holds for all later steps; 0 there means that it may never stop.
    """
    stop = np.asarray(stop, dtype=np.float64)
    survival = np.concatenate([[1.0], np.cumprod(1.0 - stop)])
    if survival[-2] == 0.0:
        return float(np.sum(survival[:-1]))
    rest = np.inf if stop[-1] == 0.0 else survival[-2] / stop[-1]
    return float(np.sum(survival[:-2]) + rest)


def survival(stop: ArrayLike) -> NDArray[np.float64]:
    """Return the probability of going on after each step, as a running product."""
    return np.cumprod(1.0 - np.asarray(stop, dtype=np.float64), axis=-1)


def _as_written(V: float, B: float, eps: float, t: float) -> dict[str, float]:
    return {
        "eos_bound": float(np.exp(-B) / (np.exp(-B) + (V - 1) * np.exp(B))),
        "stop_probability": float(1 - (1 - eps) ** (t + 1)),
    }


def _by_scipy(V: float, B: float, eps: float, t: float) -> dict[str, float]:
    from scipy.special import expit
    from scipy.stats import geom

    return {
        "eos_bound": float(expit(-2 * B - np.log(V - 1))),
        "stop_probability": float(geom.cdf(t + 1, eps)),
    }


PEERS = {"scipy: expit and geom.cdf": _by_scipy, "the formulas as they stand": _as_written}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the bound with a linear solve for the absorbing chain, and with the asymptotics."""
    lines = []
    for eps in (0.05, 0.001):
        steps = int(20 / np.sqrt(eps))
        stop = 1.0 - (1.0 - eps) ** (np.arange(steps) + 1.0)
        transitions = np.diag(1.0 - stop[:-1], 1)
        lengths = np.linalg.solve(np.eye(steps) - transitions, np.ones(steps))
        # The chain counts the step at which it stops, the bound the steps before it.
        lines.append((f"length by an absorbing chain, eps = {eps}", f"{lengths[0] - 1:.9f}"))
        name = f"length_bound_{eps}".replace(".", "_")
        lines.append((f"bound, eps = {eps}", f"{float(derivation.constants[name]):.9f}"))
        lines.append((f"sqrt(pi/(2 eps)) - 1, eps = {eps}", f"{np.sqrt(np.pi / 2 / eps) - 1:.9f}"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the survival of three decoders, and the bounds on their lengths."""
    left, right = figure.subplots(1, 2)
    small, steps = 0.02, np.arange(301.0)
    kernel = derivation.compile()
    factors = 1.0 - kernel(2.0, 0.0, small, steps)["stop_probability"]
    left.semilogy(steps, (1 - small) ** steps, label="sampling: (1 - eps)^t")
    left.semilogy(steps, np.cumprod(factors), label="self-terminating sampling")
    greedy = int(np.ceil(-np.log(2) / np.log1p(-small)))
    alive = np.where(steps < greedy, 1.0, np.nan)
    left.semilogy(steps, alive, label=f"self-terminating greedy: stops by t = {greedy}")
    left.semilogy(steps, np.ones_like(steps), ":", label="truncation without the end token")
    left.set_ylim(1e-9, 3)
    left.set_xlabel("step t")
    left.set_title("Probability of not having stopped, eps = 0.02")
    left.legend(fontsize=7, loc="lower left")
    sizes = np.geomspace(1e-5, 0.5, 60)
    right.loglog(sizes, 1 / sizes, label="sampling: 1/eps")
    right.loglog(sizes, [length_bound(size) for size in sizes], label="self-terminating")
    right.loglog(sizes, np.sqrt(np.pi / 2 / sizes) - 1, "--", label="sqrt(pi/(2 eps)) - 1")
    right.set_xlabel("eps")
    right.set_title("Bound on the expected length")
    right.legend(fontsize=8)
