"""The scale that keeps the entropy of a softmax the same when there are more scores.

The approximation of the article is a rigorous lower bound. The scale log n follows for scores with
one spike; evenly spread and Gaussian scores need other scales. Source: Su Jianlin, kexue.fm,
熵不变性Softmax的一个快速推导.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import IndexSums
from symnum.algebra.log_partition import LogPartition

RANGES = {"n": (2.0, 1e4), "lam": (0.05, 4.0), "D": (0.1, 3.0)}
TAILS = (
    {"n": 10.0, "lam": 600.0, "D": 1.0},
    {"n": 4096.0, "lam": 20.0, "D": 3.0},
    {"n": 10.0, "lam": 1e-9, "D": 1.0},
    {"n": 2.0, "lam": 1.0, "D": 1.0},
    {"n": 1e15, "lam": 1.0, "D": 0.5},
)
ENTROPY = 3  # nats, in the comparison of the laws

n, lam, D, length, q = sp.symbols("n lam D l q")
S, G = sp.symbols("s1:6"), sp.symbols("g1:4")
L, mean = sp.symbols("L m")
POWERS = sp.symbols("w1:6")


def derive() -> sn.Derivation:
    """Prove the entropy, its bound, the laws for three kinds of scores and their scales."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "entropy_invariant_softmax",
        title="A quick derivation of entropy-invariant softmax / 熵不变性Softmax的一个快速推导",
        source="Su Jianlin, kexue.fm: 熵不变性Softmax的一个快速推导",
        domain={
            n: sn.Interval(2, sp.oo),
            **dict.fromkeys((lam, D, length, *POWERS), positive),
            q: sn.Interval(0, 1, left_open=True, right_open=True),
            **dict.fromkeys((*S, L, mean), reals),
            **dict.fromkeys(G, sn.Interval(0, sp.oo)),
        },
    )
    _entropy(d)
    _lower_bound(d)
    spike = _spike(d)
    _other_laws(d)
    _scales(d, spike)
    return d


def _softmax(scores: Any) -> tuple[list[sp.Expr], sp.Expr]:
    """Return the probabilities and their common denominator."""
    powers = [sp.exp(lam * score) for score in scores]
    return [power / sum(powers) for power in powers], sum(powers)


def _entropy(d: sn.Derivation) -> None:
    for size in (2, 3):
        scores = S[:size]
        shares, total = _softmax(scores)
        d.equal(
            -sum(p * sp.log(p) for p in shares),
            sp.log(total) - lam * sum(p * s for p, s in zip(shares, scores, strict=True)),
            why=f"the entropy of p = softmax(lam s), {size} scores",
        )
    for size in (4, 5):
        powers = POWERS[:size]
        total = sp.Add(*powers)
        d.equal(
            -sp.Add(*(w / total * sp.log(w / total) for w in powers)),
            sp.log(total) - sp.Add(*(w / total * sp.log(w) for w in powers)),
            why=f"{size} scores, with w_j = e^(lam s_j) and so log w_j = lam s_j",
        )
    p, s, j, size = sp.IndexedBase("p"), sp.IndexedBase("s"), sp.Symbol("j", integer=True), n
    average = sp.Sum(p[j] * s[j], (j, 1, size))
    sums = IndexSums({average: mean}, unit_sums={p: 0})
    d.equal(
        sums.of(-sp.Sum(p[j] * (lam * s[j] - L), (j, 1, size))),
        sums.of(L - lam * average),
        why="any number of scores: log p_j = lam s_j - L with L = log sum e^(lam s), and the p_j "
        "sum to 1",
    )
    scores = S[:3]
    shares, total = _softmax(scores)
    d.equal(
        sp.log(total),
        sp.log(3) + sp.log(total / 3),
        why="the entropy is log n plus the logarithm of a mean less lam sum p s",
    )
    entropy = sp.log(total) - lam * sum(p * s for p, s in zip(shares, scores, strict=True))
    pairs = combinations(zip(shares, scores, strict=True), 2)
    d.equal(
        sp.Derivative(entropy, lam),
        -lam * sum(p * r * (x - y) ** 2 for (p, x), (r, y) in pairs),
        why="dH/dlam = -lam Var_p(s): the entropy falls as the scale grows",
    )


def _lower_bound(d: sn.Derivation) -> None:
    """Prove H >= log n - lam (max - mean), with the gaps g = lam (max - s) of three scores."""
    powers = [sp.exp(-g) for g in G]
    average = sum(G) / 3
    d.less_equal(
        sp.exp(-average),
        sum(powers) / 3,
        why="Jensen, in terms of the gaps g = lam (max - s) >= 0: the exponential of a mean",
        using="jensen",
    )
    d.less_equal(
        sp.log(3) - average,
        sp.log(sum(powers)),
        why="so the logarithm of the mean of e^(lam s) is at least lam mean(s)",
    )
    excess = sum(power * g for power, g in zip(powers, G, strict=True)) / sum(powers)
    d.less_equal(0, excess, why="and the mean of s under p is at most the largest score")
    d.equal(
        sp.log(sum(powers)) + excess,
        -sum(power / sum(powers) * sp.log(power / sum(powers)) for power in powers),
        why="both together: H >= log n - lam (max s - mean s). The article has this as an "
        "approximation; it is a lower bound",
    )


def _spike(d: sn.Derivation) -> sp.Expr:
    ratio = (n - 1) * sp.exp(-lam * D)
    total = sp.exp(lam * D) + n - 1
    entropy = sp.log(1 + ratio) + ratio / (1 + ratio) * lam * D
    d.equal(
        sp.log(total) - lam * D * sp.exp(lam * D) / total,
        entropy,
        why="one score D above n - 1 equal ones: the spike law",
    )
    stable = LogPartition(n - 1, -lam * D) + ratio / (1 + ratio) * lam * D
    d.equal(
        entropy,
        stable,
        why="with the logarithm as a log-partition function, right for tiny and for huge ratios",
    )
    d.limit(entropy, lam, 0, sp.log(n), why="a vanishing scale gives the uniform distribution")
    d.result(stable, args=["n", "lam", "D"])
    return entropy


def _other_laws(d: sn.Derivation) -> None:
    z = sp.Symbol("z")
    weight = (sp.exp(length) - 1) / length
    d.equal(
        [
            sp.Integral(sp.exp(length * z), (z, 0, 1)),
            sp.Integral(length * z * sp.exp(length * z), (z, 0, 1)),
        ],
        [weight, sp.exp(length) - weight],
        why="many scores spread evenly over [0, 1], lam = l: the means of e^(l s) and l s e^(l s)",
    )
    d.equal(
        sp.log(n) + sp.log(weight) - (sp.exp(length) - weight) / weight,
        uniform_law(n, length),
        why="the uniform law, up to the deviation of a sum from its integral",
    )
    growth = lam**2 / 2
    d.equal(
        sp.log(n) + growth - lam * sp.Derivative(growth, lam),
        sp.log(n) - lam**2 / 2,
        why="standard normal scores: with log E e^(lam s) = lam^2/2 and its derivative as the mean "
        "under p, the Gaussian law. A heuristic: that the sums are near their expectations, as "
        "they are for lam^2 well below 2 log n, is not proved here",
    )
    d.equal(
        (1 - q) * q * sp.Derivative(1 / (1 - q), q),
        q / (1 - q),
        why="evenly spaced scores j/n with lam = c n: the probabilities are (1 - q) q^k, q = e^-c, "
        "for large n, and their mean is (1 - q) q d/dq of the geometric series 1/(1 - q)",
    )
    c = -sp.log(q)
    d.equal(
        -sp.log(1 - q) + c * q / (1 - q),
        c / (sp.exp(c) - 1) - sp.log(1 - sp.exp(-c)),
        why="their entropy, which depends on c = lam/n alone",
    )


def uniform_law(size: sp.Expr, scale: sp.Expr) -> sp.Expr:
    """Return the entropy of many scores that are spread evenly over [0, 1]."""
    power = sp.exp(scale)
    return sp.log(size) + sp.log((power - 1) / scale) - scale * power / (power - 1) + 1


def _scales(d: sn.Derivation, spike: sp.Expr) -> None:
    d.solve(
        spike.subs({n: 4096, D: 1}) - ENTROPY,
        lam,
        near=sp.Rational(922, 100),
        why="the scale that gives the spike law the entropy 3 for n = 4096",
        name="spike_scale_4096",
    )
    d.solve(
        length / (sp.exp(length) - 1) - sp.log(1 - sp.exp(-length)) - ENTROPY,
        length,
        near=sp.Rational(135, 1000),
        why="and lam/n for evenly spaced scores: their scale grows like n",
        name="uniform_rate",
    )
    for power in (8, 12, 16):
        low, high = (
            spike.subs({n: 2**power, D: 1, lam: factor * power * sp.log(2)})
            for factor in (sp.Rational(105, 100), sp.Rational(112, 100))
        )
        d.less_equal(
            [high, ENTROPY],
            [ENTROPY, low],
            why=f"for n = 2^{power} the spike needs lam between 1.05 log n and 1.12 log n",
        )
    small, large = 2**8, 2**16
    drift = uniform_law(large, 16 * sp.log(2)) - uniform_law(small, 8 * sp.log(2))
    d.refute(
        sp.Le(drift, 1, evaluate=False),
        at={},
        why="lam = log n does not keep the entropy of evenly spread scores: from n = 2^8 to 2^16 "
        "it grows by more than one nat",
    )
    gaussian = [sp.log(size) - sp.log(size) ** 2 / 18 for size in (2**12, 2**20)]
    d.refute(
        sp.Le(sp.Abs(gaussian[1] - gaussian[0]), 1, evaluate=False),
        at={},
        why="nor does lam = (log n)/3 keep that of the Gaussian law, log n - lam^2/2, which asks "
        "for lam = sqrt(2 (log n - H)): from n = 2^12 to 2^20 it falls by more than one nat",
    )


def entropy(scores: ArrayLike, lam: ArrayLike = 1.0) -> NDArray[np.float64]:
    """Return the entropy of softmax(lam s) over the last axis."""
    return _moments(np.asarray(scores, dtype=np.float64), np.asarray(lam, dtype=np.float64))[0]


def _moments(s: NDArray[np.float64], lam: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the entropy and the variance of the scores under softmax(lam s)."""
    gaps = s.max(axis=-1, keepdims=True) - s
    powers = np.exp(-lam[..., None] * gaps)
    # All but one of the largest scores, so that a tiny entropy keeps its digits.
    others = powers.copy()
    np.put_along_axis(others, s.argmax(axis=-1)[..., None], 0.0, axis=-1)
    rest = others.sum(axis=-1)
    p = powers / (1 + rest)[..., None]
    average = (p * gaps).sum(axis=-1)
    variance = (p * (gaps - average[..., None]) ** 2).sum(axis=-1)
    return np.log1p(rest) + lam * average, variance


def scale_for_entropy(scores: ArrayLike, wanted: float, steps: int = 60) -> float:
    """Return the scale at which softmax(lam s) has a wanted entropy, for one row of scores.

    Newton's method in log lam with the exact derivative -lam Var_p(s), kept inside a bracket.
    """
    s = np.asarray(scores, dtype=np.float64)
    if not 0 < wanted < np.log(s.size):
        raise ValueError(f"wanted: expected an entropy between 0 and log {s.size}, got {wanted}")
    low, high = np.log(1e-12), np.log(1e12)
    place = -np.log(np.ptp(s) or 1.0)
    for _ in range(steps):
        lam = np.exp(place)
        value, variance = _moments(s, lam)
        low, high = (place, high) if value > wanted else (low, place)
        slope = lam**2 * variance
        following = place + (value - wanted) / slope if slope > 0 else np.inf
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - place) < 1e-15 * max(1.0, abs(place)):
            break
        place = following
    return float(np.exp(place))


def attention(
    queries: ArrayLike, keys: ArrayLike, values: ArrayLike, kappa: float = 1.0
) -> NDArray[np.float64]:
    """Return softmax(kappa (log n / d) Q K^T) V for n keys of d entries."""
    q, key, v = (np.asarray(array, dtype=np.float64) for array in (queries, keys, values))
    count, width = key.shape[-2:]
    scores = kappa * np.log(count) / width * (q @ np.swapaxes(key, -1, -2))
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True) @ v
    return result


def _scales_needed(size: int) -> dict[str, float]:
    """Return the scales for the wanted entropy, for Gaussian scores the median of some draws."""
    spike = np.zeros(size)
    spike[0] = 1.0
    draws = np.random.default_rng(0).standard_normal((9, size))
    return {
        "spike": scale_for_entropy(spike, ENTROPY),
        "evenly spread": scale_for_entropy(np.arange(size) / size, ENTROPY),
        "Gaussian": float(np.median([scale_for_entropy(draw, ENTROPY) for draw in draws])),
    }


def _by_scipy(n: float, lam: float, D: float) -> float:
    from scipy.special import entr

    total = np.exp(lam * D) + (n - 1)
    return float(entr(np.exp(lam * D) / total) + (n - 1) * entr(1 / total))


def _as_torch(n: float, lam: float, D: float) -> float:
    logs = np.array([lam * D, 0.0]) - np.log(np.exp(lam * D) + (n - 1))
    return float(-np.sum(np.array([1.0, n - 1]) * np.exp(logs) * logs))


PEERS = {"scipy.special.entr": _by_scipy, "Categorical.entropy, as torch writes it": _as_torch}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the scales for an entropy of 3 nats."""
    lines = []
    for size in (2**8, 2**12, 2**16):
        shown = ", ".join(f"{name} {scale:.4g}" for name, scale in _scales_needed(size).items())
        lines.append((f"scale for H = 3, n = {size}", f"{shown}; log n = {np.log(size):.4g}"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the scale that keeps the entropy at 3 nats against the number of scores."""
    axes = figure.subplots()
    sizes = [2**power for power in range(6, 17)]
    needed = [_scales_needed(size) for size in sizes]
    for name, marker in zip(needed[0], "os^", strict=True):
        axes.loglog(sizes, [row[name] for row in needed], marker, markersize=5, label=name)
    logs = np.log(sizes)
    axes.loglog(sizes, logs, color="black", linestyle="--", linewidth=1, label="log n")
    rate = float(derivation.constants["uniform_rate"])
    axes.loglog(sizes, rate * np.array(sizes), color="gray", linestyle=":", label="0.1354 n")
    gaussian = np.sqrt(2 * (logs - ENTROPY))
    axes.loglog(sizes, gaussian, color="gray", linestyle="-.", label="sqrt(2 (log n - 3))")
    axes.set_xlabel("scores n")
    axes.set_ylabel("scale lam for an entropy of 3 nats")
    axes.legend(fontsize=8)
