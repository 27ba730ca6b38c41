"""Trees from an impact matrix: greedy splits, the best tree, and dependency trees.

The entry f_ij says how much hiding token j moves the prediction at the masked token i. A split of
a span is scored by the means of the four blocks it makes; trees are compared exactly, in rational
numbers and against enumeration. Source: Su Jianlin, kexue.fm,
无监督分词和句法分析！原来BERT还可以这样用.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra.spanning_trees import arborescence as arborescence
from symnum.algebra.spanning_trees import dependency_trees, projective_heads

Splits = list[tuple[int, int, int]]

NAMES = ["f12", "f13", "f21", "f23", "f31", "f32"]
RANGES = dict.fromkeys(NAMES, (0.0, 1.0))
TAILS = (
    dict.fromkeys(NAMES, 0.0),
    dict.fromkeys(NAMES, 1.0),
    dict(zip(NAMES, (1e-9, 1.0, 1e-9, 1e9, 1.0, 1e9), strict=True)),
    dict(zip(NAMES, (1e300, 0.0, 1e300, 0.0, 1e-300, 0.0), strict=True)),
)
# Impacts for which the best first cut leads to a worse tree: rows are the moved tokens.
MISLEADING = ((0, 3, 2, 1), (3, 0, 0, 0), (2, 0, 0, 4), (1, 0, 4, 0))

FIELD = sp.Matrix(4, 4, lambda i, j: sp.Symbol(f"f{i + 1}{j + 1}") if i != j else sp.S.Zero)
A, B, C, g, h, x, u, w, n, m = sp.symbols("A B C g h x u w n m")
k = sp.Symbol("k", integer=True)


def derive() -> sn.Derivation:
    """Prove what the scores are and how trees by them compare."""
    nonnegative, reals = sn.Interval(0, sp.oo), sn.Interval(-sp.oo, sp.oo)
    d = sn.Derivation(
        "perturbed_masking_trees",
        title="Unsupervised parsing with BERT (Perturbed Masking) / "
        "无监督分词和句法分析！原来BERT还可以这样用",
        source="Su Jianlin, kexue.fm: 无监督分词和句法分析！原来BERT还可以这样用",
        domain={
            **dict.fromkeys([entry for entry in FIELD if entry != 0], nonnegative),
            **dict.fromkeys((u, w), nonnegative),
            **dict.fromkeys((A, B), sn.Interval(0, sp.oo, left_open=True)),
            **dict.fromkeys((C, g, h, x), reals),
            **dict.fromkeys((n, m), sn.Integers(1, sp.oo)),
        },
        where=A * B > C**2,
    )
    _impact(d)
    _splitting(d)
    _enumerated(d)
    _greedy(d)
    _dependencies(d)
    three = FIELD[:3, :3]
    scores = {f"split{cut}": sp.expand(direct_score(three, 0, cut, 3)) for cut in (1, 2)}
    prefix = prefix_sums(np.array(three.tolist(), dtype=object))
    d.equal(
        [split_score(prefix, 0, cut, 3) for cut in (1, 2)],
        list(scores.values()),
        why="three tokens: the two splits, the diagonal of zeros included in the means",
    )
    d.result(scores, args=NAMES)
    return d


def _impact(d: sn.Derivation) -> None:
    joint = sp.Matrix([[A, C], [C, B]])
    means = joint.inv() * sp.Matrix([g, h])
    d.equal(
        (g - C * x) / A - means[0],
        -C / A * (x - means[1]),
        why="a Gaussian field with the precision (A, C; C, B) of tokens i, j given the others: "
        "hiding j moves the mean of i by C/A times the surprise of x_j, so the impact measures "
        "their coupling exactly",
    )


def direct_score(matrix: sp.Matrix, start: int, cut: int, stop: int) -> sp.Expr:
    """Return mean(11) + mean(22) - mean(12) - mean(21) for a split of a span, by its definition."""

    def mean(rows: range, columns: range) -> sp.Expr:
        entries = [matrix[i, j] for i in rows for j in columns]
        return sp.Add(*entries) / len(entries)

    left, right = range(start, cut), range(cut, stop)
    return mean(left, left) + mean(right, right) - mean(left, right) - mean(right, left)


def prefix_sums(matrix: NDArray[Any]) -> NDArray[Any]:
    """Return the sums of all blocks that start at the upper left corner, (T + 1) x (T + 1)."""
    size = len(matrix)
    sums = np.zeros((size + 1, size + 1), dtype=matrix.dtype)
    sums[1:, 1:] = np.cumsum(np.cumsum(matrix, axis=0), axis=1)
    return sums


def split_score(sums: NDArray[Any], start: int, cut: int, stop: int) -> Any:
    """Return the score of a split in O(1), from the prefix sums."""

    def mean(top: int, bottom: int, left: int, right: int) -> Any:
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return total / ((bottom - top) * (right - left))

    inside = mean(start, cut, start, cut) + mean(cut, stop, cut, stop)
    return inside - mean(start, cut, cut, stop) - mean(cut, stop, start, cut)


def _splitting(d: sn.Derivation) -> None:
    sums = prefix_sums(np.array(FIELD.tolist(), dtype=object))
    spans = [(0, 1, 4), (0, 2, 4), (0, 3, 4), (1, 2, 4), (1, 3, 4), (0, 1, 3), (2, 3, 4)]
    d.equal(
        [split_score(sums, *span) for span in spans],
        [direct_score(FIELD, *span) for span in spans],
        why="the score of a split, by the four block means and in O(1) by two-dimensional prefix "
        "sums (all kinds of spans of four tokens)",
    )
    cost = d.less_equal(
        (n + m - 1) + n * (n - 1) / 2 + m * (m - 1) / 2,
        (n + m) * (n + m - 1) / 2,
        why="top down, a span of n + m tokens tries n + m - 1 splits and leaves spans of n and m: "
        "by induction T tokens need at most T (T - 1)/2 scores",
    )
    d.equal(
        sp.Sum(k - 1, (k, 2, n)),
        n * (n - 1) / 2,
        why="which is attained by a comb, so the recursion is O(T^2)",
        using=cost,
    )


def greedy_tree(matrix: ArrayLike) -> tuple[Splits, Any]:
    """Return the tree of the best split, span by span from the top, and its score.

    Parameters
    ----------
    matrix : array of shape (T, T)
        Impacts, T >= 1; numbers of any kind, exact for an object array of fractions.

    Returns
    -------
    list of (start, cut, stop)
        The splits, parents first; ties go to the first cut.
    number
    """
    matrix = np.asarray(matrix)
    sums, splits, total = prefix_sums(matrix), [], 0
    waiting = [(0, len(matrix))]
    while waiting:
        start, stop = waiting.pop()
        if stop - start < 2:
            continue
        scores = [split_score(sums, start, cut, stop) for cut in range(start + 1, stop)]
        best = max(range(len(scores)), key=scores.__getitem__)
        cut = start + 1 + best
        total += scores[best]
        splits.append((start, cut, stop))
        waiting += [(cut, stop), (start, cut)]
    return splits, total


def optimal_tree(matrix: ArrayLike) -> tuple[Splits, Any]:
    """Return a tree with the largest sum of split scores, by dynamic programming in O(T^3)."""
    matrix = np.asarray(matrix)
    sums, size = prefix_sums(matrix), len(matrix)
    best: dict[tuple[int, int], tuple[Any, int]] = {(i, i + 1): (0, i) for i in range(size)}
    for length in range(2, size + 1):
        for start in range(size - length + 1):
            stop = start + length
            values = [
                split_score(sums, start, cut, stop) + best[start, cut][0] + best[cut, stop][0]
                for cut in range(start + 1, stop)
            ]
            place = max(range(len(values)), key=values.__getitem__)
            best[start, stop] = (values[place], start + 1 + place)
    splits, waiting = [], [(0, size)]
    while waiting:
        start, stop = waiting.pop()
        if stop - start > 1:
            cut = best[start, stop][1]
            splits.append((start, cut, stop))
            waiting += [(cut, stop), (start, cut)]
    return splits, best[0, size][0]


@cache
def all_trees(start: int, stop: int) -> tuple[tuple[tuple[int, int, int], ...], ...]:
    """Return all binary trees over a span, each as its splits with parents first."""
    if stop - start < 2:
        return ((),)
    return tuple(
        ((start, cut, stop), *left, *right)
        for cut in range(start + 1, stop)
        for left in all_trees(start, cut)
        for right in all_trees(cut, stop)
    )


def _fractions(size: int, seed: int) -> NDArray[Any]:
    """Return a random matrix of fractions with a diagonal of zeros."""
    whole = np.random.default_rng(seed).integers(0, 100, (size, size))
    entries = [Fraction(int(v) * (i != j), 100) for (i, j), v in np.ndenumerate(whole)]
    return np.array(entries, dtype=object).reshape(size, size)


def _rational(value: Any) -> sp.Rational:
    exact = Fraction(value)
    return sp.Rational(exact.numerator, exact.denominator)


def _by_enumeration(matrix: NDArray[Any]) -> Any:
    sums, size = prefix_sums(matrix), len(matrix)
    scores = {
        (start, cut, stop): split_score(sums, start, cut, stop)
        for start in range(size)
        for stop in range(start + 2, size + 1)
        for cut in range(start + 1, stop)
    }
    return max(sum(scores[split] for split in tree) for tree in all_trees(0, size))


def _enumerated(d: sn.Derivation) -> None:
    d.equal(
        [len(all_trees(0, size)) for size in range(1, 9)],
        [sp.binomial(2 * size - 2, size - 1) / size for size in range(1, 9)],
        why="the number of binary trees over T tokens, enumerated for T <= 8: 429 at T = 8",
    )
    fields = [_fractions(8, seed) for seed in range(5)]
    best = [_rational(optimal_tree(field)[1]) for field in fields]
    d.equal(
        best,
        [_rational(_by_enumeration(field)) for field in fields],
        why="dynamic programming finds the best of all 429 trees of 8 tokens: five random "
        "matrices, in rational numbers",
    )
    d.less_equal(
        [_rational(greedy_tree(field)[1]) for field in fields],
        best,
        why="the greedy tree is one of them, and so not better than the best",
    )


def _greedy(d: sn.Derivation) -> None:
    point = {FIELD[i, j]: MISLEADING[i][j] for i in range(4) for j in range(4) if FIELD[i, j] != 0}
    greedy = greedy_tree(np.array(MISLEADING, dtype=object) * Fraction(1))[0]
    best = optimal_tree(np.array(MISLEADING, dtype=object) * Fraction(1))[0]
    first = direct_score(FIELD, *greedy[0])
    for cut in (1, 2, 3):
        if cut != greedy[0][1]:
            d.refute(
                sp.Ge(direct_score(FIELD, 0, cut, 4), first),
                at=point,
                why=f"four tokens: the split after {cut} scores less than that after "
                f"{greedy[0][1]}, which the greedy tree takes",
            )
    totals = [sp.Add(*(direct_score(FIELD, *split) for split in tree)) for tree in (greedy, best)]
    d.refute(
        sp.Ge(totals[0], totals[1]),
        at=point,
        why="greedy = optimum fails: with these impacts the tree that starts from the better "
        "split ends below another tree",
    )
    _planted(d)


def _planted(d: sn.Derivation) -> None:
    for size in (4, 6, 8):
        field = _blocks(size)
        others = [cut for cut in range(1, size) if 2 * cut != size]
        d.less_equal(
            [direct_score(field, 0, cut, size) for cut in others],
            [direct_score(field, 0, size // 2, size) for _ in others],
            why=f"a planted hierarchy: {size} tokens in two halves, impact u across and u + w "
            "within. No split scores more than the true one, so the greedy tree starts with it",
        )
    field = _blocks(4)
    planted, other = (
        sp.Add(*(direct_score(field, *split) for split in tree))
        for tree in (((0, 2, 4), (0, 1, 2), (2, 3, 4)), ((0, 1, 4), (1, 3, 4), (1, 2, 3)))
    )
    d.refute(
        sp.Ge(planted, other),
        at={u: 0, w: 1},
        why="the sum over a whole tree need not find it: parting a pair costs -2 (u + w), as its "
        "blocks hold the zeros of the diagonal alone, and a comb does so only once",
    )


def _blocks(size: int) -> sp.Matrix:
    """Return the impacts u between two halves and u + w within them."""
    half = size // 2
    return sp.Matrix(size, size, lambda i, j: 0 if i == j else u + w * int(i // half == j // half))


def _dependencies(d: sn.Derivation) -> None:
    trees = {size: list(dependency_trees(size)) for size in range(1, 7)}
    d.equal(
        [len(trees[size]) for size in trees],
        [sp.binomial(3 * size - 2, size - 1) / size for size in trees],
        why="the number of projective dependency trees over T tokens, enumerated for T <= 6",
    )
    fields = [np.random.default_rng(size).integers(0, 50, (size, size)) for size in trees]
    d.equal(
        [int(projective_heads(field)[1]) for field in fields],
        [
            max(
                sum(int(field[t, head]) for t, head in enumerate(heads) if head >= 0)
                for heads in trees[len(field)]
            )
            for field in fields
        ],
        why="dynamic programming finds the best of them: random matrices for T = 1 to 6",
    )


def segments(matrix: ArrayLike, threshold: float) -> list[tuple[int, int]]:
    """Return spans of tokens, cut where neighbours' impact on each other is below a threshold.

    A heuristic: no theorem says which threshold is right.
    """
    matrix = np.asarray(matrix)
    ties = [(matrix[i, i + 1] + matrix[i + 1, i]) / 2 for i in range(len(matrix) - 1)]
    cuts = [0, *(i + 1 for i, tie in enumerate(ties) if tie < threshold), len(matrix)]
    return list(pairwise(cuts))


def _by_means(*point: float) -> dict[str, float]:
    """Return both scores by slicing the matrix and taking means."""
    field = np.zeros((3, 3))
    field[[0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1]] = point
    return {
        f"split{cut}": float(
            field[:cut, :cut].mean()
            + field[cut:, cut:].mean()
            - field[:cut, cut:].mean()
            - field[cut:, :cut].mean()
        )
        for cut in (1, 2)
    }


PEERS = {"means of slices, by NumPy": _by_means}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Count how often the greedy tree falls short of the best one."""
    lines = []
    for size in (4, 8, 16):
        generator = np.random.default_rng(size)
        fields = [generator.random((size, size)) * (1 - np.eye(size)) for _ in range(40)]
        below = sum(greedy_tree(field)[1] < optimal_tree(field)[1] - 1e-12 for field in fields)
        lines.append((f"greedy below the best tree, random matrices, T = {size}", f"{below} of 40"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw a noisy hierarchy with the greedy and the best tree over it, and their gap."""
    *panels, right = figure.subplots(1, 3)
    generator, size = np.random.default_rng(3), 8
    levels = [[4 - (i ^ j).bit_length() if i != j else 0 for j in range(size)] for i in range(size)]
    field = np.array(levels) + generator.random((size, size)) * (1 - np.eye(size))
    names = ("Greedy tree: what was planted", "Tree of the best sum: no cut pair")
    for axes, name, (splits, _) in zip(
        panels, names, (greedy_tree(field), optimal_tree(field)), strict=True
    ):
        axes.imshow(field, cmap="Blues")
        for start, cut, stop in splits:
            corner, width = start - 0.5, stop - start
            axes.plot(
                [corner, corner + width, corner + width, corner, corner],
                [corner, corner, corner + width, corner + width, corner],
                color="#d95f02",
                linewidth=0.5 + 0.4 * width,
            )
            axes.plot([cut - 0.5], [cut - 0.5], "o", color="#d95f02", markersize=4)
        axes.set_title(name, fontsize=9)
        axes.set_xlabel("hidden token j")
        axes.grid(visible=False)
    panels[0].set_ylabel("predicted token i")
    sizes = range(3, 21)
    gaps = []
    for size in sizes:
        fields = [generator.random((size, size)) * (1 - np.eye(size)) for _ in range(8)]
        gaps.append([optimal_tree(field)[1] - greedy_tree(field)[1] for field in fields])
    right.plot(list(sizes), np.mean(gaps, axis=1), label="mean")
    right.fill_between(
        list(sizes), np.min(gaps, axis=1), np.max(gaps, axis=1), alpha=0.25, label="range"
    )
    right.set_xlabel("tokens")
    right.set_title("Best sum minus greedy, random impacts", fontsize=9)
    right.legend()
