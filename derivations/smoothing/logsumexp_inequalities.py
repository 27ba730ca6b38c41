"""Bounds of log-sum-exp from above and below, and by how much each of them misses.

The bounds of the article by a mean, by Hoelder and by Cauchy are one identity: what they miss is a
sum of Kullback-Leibler divergences, for any number of scores. Source: Su Jianlin, kexue.fm,
logsumexp运算的几个不等式.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import IndexSums, SoftMaximum

NAMES = ["x1", "x2", "x3", "tau"]
RANGES = dict.fromkeys(NAMES[:3], (-3.0, 3.0)) | {"tau": (0.05, 5.0)}
TAILS = tuple(
    dict(zip(NAMES, values, strict=True))
    for values in (
        (1e4, 9999.0, -1e4, 0.001),
        (2.0, 2.0, 2.0, 0.7),
        (-1e4, -10001.0, -9999.5, 1.0),
        (-1e300, -1e300, -1e300, 1.0),
        (1.0, 0.5, -2.0, 1e-300),
        (1.0, 2.0, 3.0, 1e300),
        (1e308, -1e308, 0.0, 1e-5),
        (0.0, -40.0, -41.0, 1.0),
    )
)

X, tau = sp.symbols(NAMES[:3]), sp.Symbol("tau")
V = sp.symbols("v1:4")
G, H = sp.symbols("g1:4"), sp.symbols("h1:3")
P, B = sp.symbols("p1:4"), sp.symbols("b1:4")
top, shift, rest, n, t, p, q, v = sp.symbols("m h r n t p q v")
total, power, mean = sp.symbols("Z S xbar")
j, k = sp.symbols("j k", integer=True)
# Indexed quantities: a distribution, its scores, the shares of softmax, a direction.
ps, xs, qs, vs = map(sp.IndexedBase, "pxqv")
# Sums over them, by name.
dot, negentropy, slope, first, second = sp.symbols("px plogp rlogp pv pvv")


def derive() -> sn.Derivation:
    """Prove the bounds, what they miss, and that log-sum-exp is convex and 1-Lipschitz."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "logsumexp_inequalities",
        title="Some inequalities for logsumexp / logsumexp运算的几个不等式",
        source="Su Jianlin, kexue.fm: logsumexp运算的几个不等式",
        domain={
            **dict.fromkeys(
                (*X, *V, *B, top, mean, v, dot, negentropy, slope, first, second), reals
            ),
            **dict.fromkeys((*G, *H, rest), sn.Interval(0, sp.oo)),
            **dict.fromkeys((*P, q, tau, total, power), positive),
            shift: reals,
            p: sn.Interval(0, 1, left_open=True, right_open=True),
            t: sn.Interval(1, sp.oo, left_open=True),
            n: sn.Interval(1, sp.oo),
        },
    )
    smooth = _maximum(d)
    _divergences(d)
    _mean(d)
    _powers(d)
    _slopes(d)
    d.equal(
        smooth,
        SoftMaximum(tau, *X),
        why="as the largest score plus what the others add to it: nothing overflows",
    )
    d.result(SoftMaximum(tau, *X), args=NAMES)
    return d


def _lse(values: Any) -> sp.Expr:
    return sp.log(sp.Add(*map(sp.exp, values)))


def _softmax(values: Any) -> list[sp.Expr]:
    powers = [sp.exp(value) for value in values]
    return [one / sp.Add(*powers) for one in powers]


def _sum(body: Any) -> sp.Sum:
    return sp.Sum(body, (j, 1, n))


def _maximum(d: sn.Derivation) -> sp.Expr:
    d.less_equal(
        top,
        sp.log(sp.exp(top) + rest),
        why="the exponential of the largest score and a rest r >= 0 of the others, however many: "
        "max <= lse",
    )
    d.less_equal(
        sp.exp(top - rest), sp.exp(top), why="each exponential is at most that of the largest score"
    )
    sums = IndexSums({_sum(sp.exp(xs[j])): total})
    d.equal(
        sums.of(_sum(sp.exp(top) - sp.exp(xs[j]))),
        sums.of(n * sp.exp(top) - _sum(sp.exp(xs[j]))),
        why="summed over n scores: n e^max - Z, Z the sum of the exponentials, is not negative",
    )
    d.equal(sp.log(n * sp.exp(top)), top + sp.log(n), why="so lse <= max + log n, for every n")
    d.refute(
        sp.Lt(X[0], _lse(X[:1]), evaluate=False),
        at={X[0]: 0},
        why="the article's strict sign max < lse fails for n = 1: there lse is the score itself",
    )
    d.less_equal(
        0,
        tau * sp.log(1 + rest),
        why="with a temperature, the largest score taken out: tau lse(x/tau) - max >= 0",
    )
    d.less_equal(
        tau * _lse([-g / tau for g in (0, *H)]),
        tau * sp.log(3),
        why="and at most tau log n, here for n = 3 with the other scores h1, h2 below the largest",
    )
    d.equal(
        tau * sp.log(n * sp.exp(top / tau)),
        top + tau * sp.log(n),
        why="for every n by the bound above, applied to x/tau",
    )
    smooth = tau * _lse([x / tau for x in X])
    d.equal(
        smooth - shift,
        tau * _lse([(x - shift) / tau for x in X]),
        why="what is taken out of the scores comes out of tau lse(x/tau)",
    )
    shares = _softmax([x / tau for x in X])
    d.equal(
        sp.Derivative(smooth, tau),
        -sp.Add(*(s * sp.log(s) for s in shares)),
        why="its slope in tau is the entropy of softmax(x/tau): it grows with the temperature",
    )
    return smooth


def _divergences(d: sn.Derivation) -> None:
    """Show that lse - p.x - H(p) is the divergence of p from softmax(x)."""
    named = {_sum(ps[j] * xs[j]): dot, _sum(ps[j] * sp.log(ps[j])): negentropy}
    sums = IndexSums(named, unit_sums={ps: 0})
    d.equal(
        sums.of(_sum(ps[j] * (sp.log(ps[j]) - (xs[j] - sp.log(total))))),
        sums.of(sp.log(total) - _sum(ps[j] * xs[j]) + _sum(ps[j] * sp.log(ps[j]))),
        why="any n: the divergence KL(p | softmax x), as log softmax_j = x_j - log Z and the p_j "
        "sum to 1, is lse - p.x - H(p)",
    )
    both = IndexSums(unit_sums={ps: 0, qs: 0})
    d.less_equal(
        (sp.sqrt(p) - sp.sqrt(q)) ** 2,
        p * sp.log(p / q) - p + q,
        why="each term of a divergence exceeds p - q by a square at least",
    )
    d.equal(
        both.of(_sum(ps[j] - qs[j])),
        both.of(0),
        why="and the terms p_j - q_j sum to 0: so KL >= sum (sqrt p - sqrt q)^2 >= 0, and "
        "lse = p.x + H(p) at p = softmax(x) only",
    )


def _mean(d: sn.Derivation) -> None:
    sums = IndexSums({_sum(xs[j]): n * mean})
    d.equal(
        sums.of(sp.log(total) - _sum(xs[j] / n) + _sum(sp.log(1 / n) / n)),
        sums.of(sp.log(total) - mean - sp.log(n)),
        why="p = 1/n: lse >= mean + log n for every n",
    )
    d.less_equal(
        sp.exp(sp.Add(*X) / 3),
        sp.Add(*map(sp.exp, X)) / 3,
        why="as Jensen's inequality says, here for three scores",
        using="jensen",
    )


def _powers(d: sn.Derivation) -> None:
    """Bound lse by p.x - log(sum p^t)/(t - 1), with the escort r = p^t/S, S = sum p^t."""
    escort = ps[j] ** t / power
    named = {
        _sum(ps[j] ** t): power,
        _sum(ps[j] * xs[j]): dot,
        _sum(ps[j] * sp.log(ps[j])): negentropy,
        _sum(ps[j] ** t * sp.log(ps[j])): slope,
    }
    sums = IndexSums(named, unit_sums={ps: 0})
    log_escort = t * sp.log(ps[j]) - sp.log(power)
    d.equal(sp.log(p**t / power), t * sp.log(p) - sp.log(power), why="the logarithm of the escort")
    d.equal(
        sums.of(
            (t - 1) * _sum(ps[j] * (sp.log(ps[j]) - (xs[j] - sp.log(total))))
            + _sum(ps[j] * (sp.log(ps[j]) - log_escort))
        ),
        sums.of((t - 1) * (sp.log(total) - _sum(ps[j] * xs[j])) + sp.log(power)),
        why="any n: (t - 1)(lse - p.x) + log sum p^t = (t - 1) KL(p | softmax x) + KL(p | r), "
        "which is not negative: Hoelder's bound lse >= p.x - log(sum p^t)/(t - 1)",
    )
    d.less_equal(
        sp.Add(*(a * b for a, b in zip(P, B, strict=True))) ** 2,
        sp.Add(*(a**2 for a in P)) * sp.Add(*(b**2 for b in B)),
        why="t = 2, the other way: Cauchy-Schwarz for p and b = e^(x/2)",
        using="cauchy-schwarz",
    )
    d.less_equal(
        1 + v,
        sp.exp(v),
        why="and e^(x_j/2 - m) >= 1 + x_j/2 - m, with m = p.x/2",
        using="convexity",
    )
    at_mean = IndexSums({_sum(ps[j] * xs[j]): 2 * top}, unit_sums={ps: 0})
    d.equal(
        at_mean.of(_sum(ps[j] * (1 + xs[j] / 2 - top))),
        at_mean.of(1),
        why="so e^m <= sum p e^(x/2) <= sqrt(sum p^2) sqrt(Z): lse >= p.x - log sum p^2",
    )
    chances = [a / sp.Add(*P) for a in P]
    d.limit(
        sp.log(sp.Add(*(a**t for a in chances))) / (1 - t),
        t,
        1,
        -sp.Add(*(a * sp.log(a) for a in chances)),
        why="t -> 1 gives the entropy, and lse >= p.x + H(p): three classes, p = w/(w1 + w2 + w3)",
    )
    bound = sp.log(sp.Add(*(a**t for a in P))) / (1 - t)
    shares = [a**t / sp.Add(*(a**t for a in P)) for a in P]
    d.equal(
        sp.Derivative(bound, t),
        -sp.Add(*(r * sp.log(r / a) for r, a in zip(shares, P, strict=True))) / (t - 1) ** 2,
        why="the bound grows as t falls to 1: its slope in t is -KL(r | p)/(t - 1)^2",
    )
    d.equal(
        sums.of(_sum(escort * (log_escort - sp.log(ps[j])))),
        sums.of((t - 1) * _sum(escort * sp.log(ps[j])) - sp.log(power)),
        why="the same divergence for any n: (t - 1)^2 times the slope -S'/S/(t - 1) + "
        "log S/(t - 1)^2 of log S/(1 - t), with the other sign",
    )


def _slopes(d: sn.Derivation) -> None:
    lse, shares = _lse(X), _softmax(X)
    d.equal([sp.Derivative(lse, x) for x in X], shares, why="the gradient is softmax(x)")
    d.equal(sp.Add(*shares), 1, why="whose entries are positive and sum to 1")
    d.less_equal(
        _lse([x + shift - g for x, g in zip(X, G, strict=True)]),
        shift + lse,
        why="scores that grow by at most h raise lse by at most h: with the two points exchanged, "
        "|lse(x) - lse(y)| <= max |x - y|",
    )
    d.equal(
        sp.Add(
            *(
                sp.diff(lse, a, b) * x * y
                for a, x in zip(X, V, strict=True)
                for b, y in zip(X, V, strict=True)
            )
        ),
        sp.Add(
            *(
                a * b * (x - y) ** 2
                for (a, x), (b, y) in combinations(zip(shares, V, strict=True), 2)
            )
        ),
        why="the second derivative in a direction v: half the sum of p_i p_j (v_i - v_j)^2, "
        "each pair taken twice there",
    )
    named = {_sum(ps[j] * vs[j]): first, _sum(ps[j] * vs[j] ** 2): second}
    sums = IndexSums(named, unit_sums={ps: 0})
    d.equal(
        sums.of(_sum(ps[j] * vs[j] ** 2) - _sum(ps[j] * vs[j]) ** 2),
        sums.of(sp.Sum(ps[j] * ps[k] * (vs[j] - vs[k]) ** 2, (j, 1, n), (k, 1, n)) / 2),
        why="for any n, where the second derivative is diag(p) - p p^T: a variance",
    )
    (a, b), (x, y) = P[:2], V[:2]
    d.less_equal(0, a * b * (x - y) ** 2, why="no term is negative: lse is convex")


def logsumexp(scores: ArrayLike, temperature: float = 1.0, axis: int = -1) -> NDArray[np.float64]:
    """Return tau log sum e^(x/tau) along an axis, for any number of scores.

    Parameters
    ----------
    scores : array_like
        At least one along the axis; entries of minus infinity count for nothing.
    temperature : float
        tau, positive.
    axis : int

    Raises
    ------
    ValueError
        For no scores, or a temperature that is not positive and finite.
    """
    values = np.moveaxis(np.atleast_1d(np.asarray(scores, dtype=np.float64)), axis, -1)
    if not values.shape[-1]:
        raise ValueError("scores: expected at least one score along the axis, got none")
    if not 0 < temperature < np.inf:
        raise ValueError(f"temperature: expected a positive number, got {temperature}")
    places = np.argmax(values, axis=-1, keepdims=True)
    largest = np.take_along_axis(values, places, axis=-1)
    with np.errstate(over="ignore"):
        gaps = (values - np.where(np.isfinite(largest), largest, 0.0)) / temperature
        np.put_along_axis(gaps, places, -np.inf, axis=-1)
        others = np.log1p(np.exp(gaps).sum(axis=-1))
        return np.asarray(largest[..., 0] + temperature * others)


def renyi_entropy(weights: ArrayLike, order: float = 1.0) -> float:
    """Return -log(sum p^t)/(t - 1) of a distribution for an order t >= 1, the entropy for t = 1."""
    p = np.asarray(weights, dtype=np.float64)
    if p.ndim != 1 or not p.size or np.any(p < 0) or not np.isclose(p.sum(), 1):
        raise ValueError(f"weights: expected one distribution, got {weights!r}")
    if not order >= 1:
        raise ValueError(f"order: expected at least 1, got {order}")
    logs = np.log(p[p > 0])
    if order == 1:
        return -float(np.dot(np.exp(logs), logs))
    if order == np.inf:
        return -float(logs.max())
    if order > 2:
        return -float(logsumexp(order * logs)) / (order - 1)
    # log sum p p^(t - 1), a logarithm close to log 1 for orders close to 1.
    return -float(np.log1p(np.dot(p[p > 0], np.expm1((order - 1) * logs))) / (order - 1))


def bounds(
    scores: ArrayLike, weights: ArrayLike, temperature: float = 1.0, order: float = 2.0
) -> dict[str, float]:
    """Return what lies below and above tau log sum e^(x/tau), by name, for one row of scores."""
    x, p = np.asarray(scores, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if x.shape != p.shape:
        raise ValueError(f"weights: expected the shape {x.shape} of the scores, got {p.shape}")
    entropies = {t: temperature * renyi_entropy(p, t) for t in (1.0, order)}
    average = float(np.dot(p[p > 0], x[p > 0]))
    size = temperature * np.log(x.size)
    return {
        "max": float(x.max()),
        "mean + tau log n": float(x.mean() + size),
        f"p.x + tau H_{order:g}(p)": average + entropies[order],
        "p.x + tau H(p)": average + entropies[1.0],
        "max + tau log n": float(x.max() + size),
    }


EXAMPLE, GUESS = (2.0, 1.0, 0.5, -1.0), (0.5, 0.25, 0.15, 0.1)


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """List the bounds for four scores, and log-sum-exp where most others fail."""
    lines = [(f"logsumexp{EXAMPLE}", f"{logsumexp(EXAMPLE):.6f}")]
    lines += [(name, f"{value:.6f}") for name, value in bounds(EXAMPLE, GUESS).items()]
    for scores in ((3.0,), (-np.inf, 0.0, -40.0), (-np.inf, -np.inf), (1e300, 1e300)):
        lines.append((f"logsumexp{scores}", f"{logsumexp(scores):.6g}"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw what each bound misses against the temperature, and Hoelder's against its order."""
    left, right = figure.subplots(1, 2)
    temperatures = np.geomspace(0.05, 20.0, 200)
    values = np.array([logsumexp(EXAMPLE, temperature) for temperature in temperatures])
    rows = [bounds(EXAMPLE, GUESS, temperature) for temperature in temperatures]
    for name in rows[0]:
        misses = np.abs(np.array([row[name] for row in rows]) - values)
        left.loglog(temperatures, misses, label=name)
    left.set(xlabel="temperature tau", ylabel="distance from tau lse(x/tau)", ylim=(1e-3, 30.0))
    left.set_title(f"bounds for x = {EXAMPLE}", fontsize=10)
    orders = np.linspace(1.0, 6.0, 100)
    shares = np.exp(np.array(EXAMPLE) - logsumexp(EXAMPLE))
    for label, weights in (("p = softmax(x)", shares), (f"p = {GUESS}", np.array(GUESS))):
        lowest = np.dot(weights, EXAMPLE)
        misses = [logsumexp(EXAMPLE) - lowest - renyi_entropy(weights, t) for t in orders]
        right.plot(orders, misses, label=label)
    right.set(xlabel="order t", ylabel="lse(x) - bound")
    right.set_title("Hoelder's bound improves as t falls to 1", fontsize=10)
    for axes in (left, right):
        axes.grid(visible=True, alpha=0.25)
        axes.legend(fontsize=8)
