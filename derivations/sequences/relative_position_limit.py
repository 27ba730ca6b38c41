"""Relative positions alone cannot tell where a token stands: rows of softmax sum to 1.

Given the same vector at every position, such a layer returns the same vector at every position,
whatever the logits are. Statements about n tokens hold for symbolic n; the kernel is the row sum
of three logits after a normalisation that repairs the defect. Source: Su Jianlin, kexue.fm,
相对位置编码Transformer的一个理论缺陷与对策.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import IndexSums

RANGES = {"b1": (-8.0, 8.0), "b2": (-8.0, 8.0), "b3": (-8.0, 8.0)}
TAILS = (
    {"b1": 1000.0, "b2": -1000.0, "b3": 0.0},
    {"b1": 1000.0, "b2": 1000.0, "b3": 1000.0},
    {"b1": -1000.0, "b2": -1000.0, "b3": -999.0},
    {"b1": 0.0, "b2": 1000.0, "b3": 999.5},
    {"b1": 0.0, "b2": -40.0, "b3": -40.0},
)

b1, b2, b3, v, v0, w, c, m = sp.symbols("b1 b2 b3 v v0 w c m")
s, q, x, a0, a1 = sp.symbols("s q x a0 a1")
n = sp.Symbol("n", integer=True, positive=True)
i, j, k = sp.symbols("i j k", integer=True, positive=True)
a, e, g, r = map(sp.IndexedBase, "aegr")
NAMED = {sp.Sum(r[j], (j, 1, n)): s, sp.Sum(r[j] ** 2, (j, 1, n)): q}
SUMS = IndexSums(NAMED, unit_sums={a: 1})


def derive() -> sn.Derivation:
    """Prove the defect for every n, and what three repairs change."""
    reals, share = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, 1)
    nonnegative = sn.Interval(0, sp.oo)
    quantities = _over_rows().free_symbols - {n, i, v}
    d = sn.Derivation(
        "relative_position_limit",
        title="A theoretical defect of relative position encodings / "
        "相对位置编码Transformer的一个理论缺陷与对策",
        source="Su Jianlin, kexue.fm: 相对位置编码Transformer的一个理论缺陷与对策",
        domain={
            **dict.fromkeys((b1, b2, b3, v, v0, w, c, m), reals),
            **dict.fromkeys(sorted(quantities, key=str), reals),
            **dict.fromkeys((s, q, x), nonnegative),
            **dict.fromkeys((a0, a1), share),
            n: sn.Integers(2, sp.oo),
            i: sn.Integers(1, sp.oo),
        },
        where=q <= s**2,
    )
    _defect(d)
    _marker_and_factor(d)
    _square_normalisation(d)
    row = _three_logits(d)
    d.result(row, args=["b1", "b2", "b3"])
    return d


def _over_rows() -> sp.Expr:
    """Return what is left of a row whose weights get factors: the sum of a[i, j] g[i, j]."""
    return SUMS.scalar(sp.Sum(a[i, j] * g[i, j] * v, (j, 1, n)))


def _defect(d: sn.Derivation) -> None:
    d.equal(
        SUMS.of(sp.Sum(e[j] / sp.Sum(e[k], (k, 1, n)), (j, 1, n))),
        SUMS.of(1),
        why="a row of softmax, with e[j] = exp(b[j]), sums to 1, for every n",
    )
    attended = sp.Sum(a[i, j] * v, (j, 1, n))
    d.equal(
        SUMS.of(attended),
        SUMS.of(v),
        why="so with the same v at all positions attention returns it at each position i: A 1 = 1",
    )
    d.equal(
        SUMS.of(v + w * sp.tanh(attended)),
        SUMS.of(v + w * sp.tanh(v)),
        why="induction over the layers: whatever acts on each row by itself, such as a residual "
        "branch or tanh, keeps the rows equal, and the next layer meets the same case",
    )
    d.less_equal(
        (n - 1) / 2,
        sp.Max(sp.Abs(c - 1), sp.Abs(c - n)),
        why="hence n equal tokens do not map to 1, 2, ..., n: a constant output c misses the "
        "first or the last by (n - 1)/2 at least",
    )


def _marker_and_factor(d: sn.Derivation) -> None:
    d.equal(
        SUMS.of(sp.Sum(a[i, j] * (i * v), (j, 1, n))),
        SUMS.of(i * v),
        why="repair a), an elementwise factor on A: with the factor i in row i the row sums are "
        "1, 2, ..., n, just the map that was impossible",
    )
    d.equal(
        SUMS.of(sp.Sum(a[i, j] * g[i, j] * v, (j, 1, n)) - v),
        SUMS.of(sp.Sum(a[i, j] * (g[i, j] - 1), (j, 1, n)) * v),
        why="a general factor g[i, j] moves the output by the mean of g - 1, which may depend on i",
    )
    d.equal(
        SUMS.of(a0 * v0 + (1 - a0) * sp.Sum(a[i, j] * v, (j, 1, n))),
        SUMS.of(v0 + (1 - a0) * (v - v0)),
        why="repair c), a marker token with the weight a0 in this row; the others share 1 - a0",
    )
    d.equal(
        (a0 * v0 + (1 - a0) * v) - (a1 * v0 + (1 - a1) * v),
        (a0 - a1) * (v0 - v),
        why="two positions with different weights a0, a1 of the marker tell themselves apart",
    )


def _square_normalisation(d: sn.Derivation) -> None:
    d.less_equal(
        q + x**2,
        (s + x) ** 2,
        why="repair b), rows of unit length: induction over n with s the sum of nonnegative "
        "entries, q <= s^2 that of their squares and x the next entry; with q = 1 the row sum is "
        "at least 1",
    )
    d.equal(
        SUMS.of(n * sp.Sum(r[j] ** 2, (j, 1, n)) - sp.Sum(r[j], (j, 1, n)) ** 2),
        SUMS.of(sp.Sum((r[j] - r[k]) ** 2, (j, 1, n), (k, 1, n)) / 2),
        why="Lagrange's identity, s^2 = n q less a sum of squares: with q = 1 the row sum is at "
        "most sqrt(n)",
    )
    d.equal(
        sp.Sum(1 / sp.sqrt(n), (j, 1, n)),
        sp.sqrt(n),
        why="attained by equal entries",
    )


def _three_logits(d: sn.Derivation) -> sp.Expr:
    def row_sum(*logits: sp.Expr) -> sp.Expr:
        squares = sp.Add(*(sp.exp(2 * logit) for logit in logits))
        return sp.Add(*map(sp.exp, logits)) / sp.sqrt(squares)

    plain = row_sum(b1, b2, b3)
    d.limit(plain, b1, sp.oo, 1, why="three logits: a row with one large entry attains 1")
    d.equal(plain.subs({b2: b1, b3: b1}), sp.sqrt(3), why="and equal logits sqrt(3)")
    shifted = d.equal(
        plain,
        row_sum(b1 - m, b2 - m, b3 - m),
        why="a common shift of the logits changes nothing",
    )
    largest = sp.Max(b1, b2, b3)
    stable = row_sum(*(logit - largest for logit in (b1, b2, b3)))
    d.equal(
        plain,
        stable,
        why="taken with the largest logit, it keeps the exponentials in range",
        using=shifted,
    )
    return stable


def attention(
    logits: ArrayLike, values: ArrayLike, norm: str = "l1", positions: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return A V with rows of A = exp(logits) normalised in one of three ways.

    Parameters
    ----------
    logits : array of shape (..., n, n)
        Entries -inf mask a position; a row needs one other entry at least.
    values : array of shape (..., n, d)
    norm : str
        ``"l1"`` (softmax), ``"l2"`` (rows of unit length), ``"n"`` (softmax times the position).
    positions : array of shape (n,), optional
        The factors of ``"n"``; 1, 2, ..., n by default.
    """
    logits, values = np.asarray(logits, dtype=np.float64), np.asarray(values, dtype=np.float64)
    weights = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    if norm == "l2":
        weights /= np.sqrt(np.sum(weights**2, axis=-1, keepdims=True))
    elif norm in ("l1", "n"):
        weights /= np.sum(weights, axis=-1, keepdims=True)
    else:
        raise ValueError(f"norm: expected 'l1', 'l2' or 'n', got {norm!r}")
    if norm == "n":
        factors = np.arange(1, weights.shape[-2] + 1) if positions is None else positions
        weights = weights * np.asarray(factors, dtype=np.float64)[:, None]
    return weights @ values


def probe(logits: ArrayLike, norm: str = "l1") -> NDArray[np.float64]:
    """Return what n equal tokens, all 1, become: the row sums, one number a position."""
    logits = np.asarray(logits, dtype=np.float64)
    return attention(logits, np.ones((logits.shape[-1], 1)), norm)[..., 0]


def relative_logits(tokens: int, decay: float = 0.3) -> NDArray[np.float64]:
    """Return causal logits that depend on i - j alone: -decay (i - j), and -inf ahead."""
    gap = np.arange(tokens)[:, None] - np.arange(tokens)[None, :]
    return np.where(gap >= 0, -decay * gap, -np.inf)


def _as_torch(b1: float, b2: float, b3: float) -> float:
    """Return the row sum of normalize(exp(b)), as torch writes it without a shift."""
    weights = np.exp(np.array([b1, b2, b3]))
    return float(np.sum(weights / np.sqrt(np.sum(weights**2))))


def _by_scipy(b1: float, b2: float, b3: float) -> float:
    from scipy.special import softmax

    weights = softmax([b1, b2, b3])
    return float(np.sum(weights / np.linalg.norm(weights)))


PEERS = {"scipy.special.softmax": _by_scipy, "normalize(exp(b)), as torch writes it": _as_torch}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure how far the outputs of 64 equal tokens spread."""
    logits = relative_logits(64, 0.05)
    return [
        (f"64 equal tokens, rows normalised by {norm}: spread of the output", f"{spread:.3g}")
        for norm in ("l1", "l2", "n")
        for spread in [float(np.ptp(probe(logits, norm)))]
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the output for equal tokens against the position, for the three normalisations."""
    left, right = figure.subplots(1, 2)
    positions = np.arange(1, 33)
    for decay, style in ((0.05, "-"), (0.3, "--")):
        logits = relative_logits(32, decay)
        for norm, colour in (("l1", "#636363"), ("l2", "#e6550d"), ("n", "#3182bd")):
            label = f"{norm}, decay {decay}"
            left.plot(positions, probe(logits, norm), style, color=colour, label=label)
    left.set_yscale("log")
    left.plot(positions, np.sqrt(positions), ":", color="#e6550d", label="sqrt(i), the most for l2")
    left.set_xlabel("position i")
    left.set_title("What 32 equal tokens become")
    left.legend(fontsize=7)
    gaps = np.linspace(-6, 6, 301)
    kernel = derivation.compile()
    for other in (-20.0, 0.0, 2.0):
        right.plot(gaps, kernel(gaps, 0.0, other), label=f"b2 = 0, b3 = {other:g}")
    right.axhline(np.sqrt(3), color="gray", linestyle=":")
    right.axhline(1, color="gray", linestyle=":")
    right.set_ylim(0.97, 1.95)
    right.set_xlabel("b1")
    right.set_title("Row sum of three logits, from 1 to sqrt(3)")
    right.legend(fontsize=8)
