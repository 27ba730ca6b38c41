"""What a transformer layer costs, and from which length on its attention matters.

Multiplications are counted for n tokens, h heads of size d, so that a vector has h d entries. The
crossovers are solved for with h = 12 and d = 64. Source: Su Jianlin, kexue.fm,
线性Transformer应该不是你要等的那个模型.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import sympy as sp

import symnum as sn

RANGES = {"n": (1.0, 1e5), "h": (1.0, 96.0), "d": (1.0, 256.0)}
TAILS = (
    {"n": 1e9, "h": 96.0, "d": 128.0},
    {"n": 1.0, "h": 1.0, "d": 1.0},
    {"n": 1.0, "h": 12.0, "d": 64.0},
    {"n": 1e9, "h": 12.0, "d": 64.0},
    {"n": 1536.0, "h": 12.0, "d": 64.0},
)

n, h, d, g, a, b, c = sp.symbols("n h d g a b c")
i, j, k = sp.symbols("i j k", integer=True)
WIDTH = h * d


def derive() -> sn.Derivation:
    """Count, compare the parts of the layer, and solve for the lengths where they meet."""
    from_one = sn.Interval(1, sp.oo)
    row = sn.Derivation(
        "transformer_cost",
        title="The linear transformer is not the model you wait for / "
        "线性Transformer应该不是你要等的那个模型",
        source="Su Jianlin, kexue.fm: 线性Transformer应该不是你要等的那个模型",
        domain={
            **dict.fromkeys((n, h, d), from_one),
            **dict.fromkeys((a, b, c), sn.Integers(1, sp.oo)),
            g: sn.Interval(-sp.oo, sp.oo),
        },
    )
    _loops(row)
    attention, ffn = _layer(row)
    _crossovers(row)
    row.result({"attention": attention, "ffn": ffn}, args=["n", "h", "d"])
    return row


def _loops(row: sn.Derivation) -> None:
    row.equal(
        sp.Sum(sp.Sum(sp.Sum(1, (k, 1, b)), (j, 1, c)), (i, 1, a)),
        a * b * c,
        why="a matrix of a x b times one of b x c: each of the a c entries is a sum of b products",
    )
    sizes = [(1, 1, 1), (2, 3, 4), (4, 3, 2), (3, 5, 1)]
    row.equal(
        [counted_by_loops(*size) for size in sizes],
        [x * y * z for x, y, z in sizes],
        why="the same, counted by running the three loops for the sizes "
        + ", ".join(map(str, sizes)),
    )


def counted_by_loops(rows: int, inner: int, columns: int) -> int:
    """Multiply two matrices of ones by three loops and return how often it multiplied."""
    products = 0
    for _ in product(range(rows), range(columns), range(inner)):
        products += 1
    return products


def _layer(row: sn.Derivation) -> tuple[sp.Expr, sp.Expr]:
    attention, ffn = 4 * n * WIDTH**2 + 2 * n**2 * WIDTH, 8 * n * WIDTH**2
    projection, score, mixing, wider = sp.symbols("projection score mixing wider")
    for symbol, count, why in (
        (projection, n * WIDTH * WIDTH, "n x hd times hd x hd"),
        (score, n * d * n, "Q K^T in one head: n x d times d x n"),
        (mixing, n * n * d, "the weights times V in one head: n x n times n x d"),
        (wider, n * WIDTH * (4 * WIDTH), "n x hd times hd x 4hd"),
    ):
        row.define(symbol, count, why=why)
    row.equal(
        4 * projection + h * (score + mixing),
        attention,
        why="attention: the projections to Q, K and V, all heads, and the output",
    )
    row.equal(2 * wider, ffn, why="feed-forward: up to four times the width and back")
    row.equal(
        2 * n**2 * WIDTH / (attention + ffn),
        2 * n / (12 * WIDTH + 2 * n),
        why="attention for free saves this share of a layer, and any cheaper attention less",
    )
    row.less_equal(
        2 * n / (12 * WIDTH + 2 * n),
        n / (6 * WIDTH),
        why="below n = h d that is less than a sixth: the layer's cost is not in the square of n",
    )
    return attention, ffn


def _crossovers(row: sn.Derivation) -> None:
    attention, ffn = 4 * n * WIDTH**2 + 2 * n**2 * WIDTH, 8 * n * WIDTH**2
    quadratic, rest = 2 * n**2 * WIDTH, 4 * n * WIDTH**2 + 8 * n * WIDTH**2
    linear, wide, usual = 2 * n * d**2, 2 * n * (4 * d) ** 2, 2 * n**2 * d
    pairs = (
        (
            "crossover_attention_ffn",
            attention - ffn,
            2 * n * WIDTH * (n - 2 * WIDTH),
            "attention costs more than the feed-forward part as soon as n > 2 h d",
        ),
        (
            "crossover_quadratic",
            quadratic - rest,
            2 * n * WIDTH * (n - 6 * WIDTH),
            "its quadratic part costs more than all the rest as soon as n > 6 h d",
        ),
        (
            "crossover_linear",
            usual - linear,
            2 * n * d * (n - d),
            "linear attention, n d^2 for K^T V and n d^2 for Q times that, is cheaper than "
            "2 n^2 d as soon as n > d",
        ),
        (
            "crossover_linear_4x",
            usual - wide,
            2 * n * d * (n - 16 * d),
            "with heads four times as large, to make up for the lost rank, as soon as n > 16 d",
        ),
    )
    twelve = {h: 12, d: 64, n: g}
    for name, difference, factored, why in pairs:
        fact = row.equal(difference, factored, why=why)
        per_token = sp.cancel(difference.subs(twelve) / g)
        row.solve(
            per_token,
            g,
            near=sp.solve(per_token, g)[0],
            why="for h = 12 and d = 64 the costs a token are equal at this length",
            using=fact,
            name=name,
        )


def counts(tokens: int, heads: int, size: int) -> dict[str, int]:
    """Return the exact numbers of multiplications of one layer, as integers of any size."""
    width = heads * size
    return {
        "attention": 4 * tokens * width**2 + 2 * tokens**2 * width,
        "ffn": 8 * tokens * width**2,
        "quadratic": 2 * tokens**2 * width,
        "linear": 2 * tokens * size * width,
        "linear_4x": 32 * tokens * size * width,
    }


def _in_integers(n: float, h: float, d: float) -> dict[str, float]:
    """Count in 64-bit integers, as tools that multiply shapes do."""
    tokens, width = np.int64(n), np.int64(h) * np.int64(d)
    return {
        "attention": float(4 * tokens * width**2 + 2 * tokens**2 * width),
        "ffn": float(8 * tokens * width**2),
    }


PEERS = {"64-bit integers": _in_integers}


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the parts of a layer's cost against the length, and where they meet."""
    left, right = figure.subplots(1, 2)
    lengths = np.geomspace(16, 65536, 400)
    width = 12 * 64
    kernel = derivation.compile()
    parts = kernel(lengths, 12.0, 64.0)
    quadratic = 2 * lengths**2 * width
    projections = parts["attention"] - quadratic
    total = parts["attention"] + parts["ffn"]
    left.stackplot(
        lengths,
        parts["ffn"] / total,
        projections / total,
        quadratic / total,
        labels=["feed-forward", "projections", "quadratic part"],
        colors=["#9ecae1", "#c7e9c0", "#fdae6b"],
    )
    left.set_xscale("log")
    left.set_xlim(lengths[0], lengths[-1])
    left.set_ylim(0, 1)
    left.set_xlabel("tokens")
    left.set_title("Shares of one layer, 12 heads of 64")
    for name, label in (
        ("crossover_attention_ffn", "attention = feed-forward"),
        ("crossover_quadratic", "quadratic = the rest"),
    ):
        crossover = int(derivation.constants[name])
        left.axvline(crossover, color="black", linestyle="--", linewidth=1)
        left.text(crossover * 0.95, 0.03, f"{label}: {crossover}", rotation=90, ha="right")
    left.legend(loc="upper left", fontsize=8, frameon=True, framealpha=0.9)
    rest = total - quadratic
    right.loglog(lengths, 1 + quadratic / rest, label="free attention", color="black")
    for factor, label in ((1, "linear attention"), (16, "linear, heads 4 times as large")):
        cheaper = rest + 2 * lengths * 64 * factor * width
        right.loglog(lengths, total / cheaper, label=label)
    right.axhline(1, color="gray", linewidth=1)
    right.set_xlabel("tokens")
    right.set_title("How much faster the layer becomes")
    right.legend(fontsize=8)
