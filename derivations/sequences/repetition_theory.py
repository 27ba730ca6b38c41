"""Why decoding repeats itself: the trace of powers of the entrywise square of a chain.

With the transition matrix P the repeated k-grams have the total weight tr S^k, S = P o P, and all
repetitions together R = tr(S (I - S)^-1). Inequalities that hold for every number n of states are
sums over closed paths. Source: Su Jianlin, kexue.fm, Seq2Seq重复解码现象的理论分析尝试.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import IndexSums

RANGES = {"a": (0.01, 0.95), "b": (0.01, 0.95)}
TAILS = (
    {"a": 1e-9, "b": 0.3},
    {"a": 1e-6, "b": 1e-6},
    {"a": 0.5, "b": 1e-9},
    {"a": 0.999, "b": 0.999},
    {"a": 0.5, "b": 0.5},
)

a, b, z, l1, l2, x, y, rho = sp.symbols("a b z l1 l2 x y rho")
g = sp.Symbol("g")
i, j, k, N, n = sp.symbols("i j k N n", integer=True, positive=True)
p, w = sp.IndexedBase("p"), sp.IndexedBase("w")
SUMS = IndexSums(unit_sums={p: 1})
ENTRIES = sp.symbols("p1:5(1:5)")
S_ENTRIES = sp.symbols("s1:3(1:3)")
CHAIN = sp.Matrix([[1 - a, a], [b, 1 - b]])


def derive() -> sn.Derivation:
    """Prove the formula for R and its bounds, and refute two that are not theorems."""
    share, inside = sn.Interval(0, 1), sn.Interval(0, 1, True, True)
    sums = _paths().free_symbols | _row().free_symbols
    d = sn.Derivation(
        "repetition_theory",
        title="A theory of repeated decoding / Seq2Seq重复解码现象的理论分析尝试",
        source="Su Jianlin, kexue.fm: Seq2Seq重复解码现象的理论分析尝试",
        domain={
            **dict.fromkeys((a, b), inside),
            **dict.fromkeys((*ENTRIES, *S_ENTRIES), share),
            **dict.fromkeys(sorted(sums - {N, n}, key=str), sn.Interval(-sp.oo, sp.oo)),
            z: sn.Interval(0, 1),
            **dict.fromkeys((l1, l2), sn.Interval(-1, 1, True, True)),
            **dict.fromkeys((rho, x), sn.Interval(0, 1, right_open=True)),
            y: sn.Interval(-1, 1),
            g: sn.Integers(0, 1),
            **dict.fromkeys((n, N), sn.Integers(1, sp.oo)),
        },
    )
    _counting(d)
    closed = _closed_form(d)
    _path_bounds(d)
    _perron(d)
    d.result(closed, args=["a", "b"])
    return d


def _paths() -> sp.Expr:
    return SUMS.scalar(sp.Sum(w[j], (j, 1, N)) + sp.Sum(w[j] ** 2, (j, 1, N)))


def _row() -> sp.Expr:
    return SUMS.scalar(sp.Sum(p[i, j] ** 2, (j, 1, n)))


def _square(matrix: sp.Matrix) -> sp.Matrix:
    return matrix.applyfunc(lambda entry: entry**2)


def over_closed_paths(matrix: sp.Matrix, length: int) -> sp.Expr:
    """Return the sum over all k-grams of the squared probability of passing through one twice."""
    size = matrix.rows
    terms = []
    for path in product(range(size), repeat=length):
        steps = zip(path, (*path[1:], path[0]), strict=True)
        terms.append(sp.Mul(*(matrix[step] for step in steps)) ** 2)
    return sp.Add(*terms)


def _counting(d: sn.Derivation) -> None:
    for size, longest in ((2, 4), (3, 4)):
        matrix = sp.Matrix(4, 4, ENTRIES)[:size, :size]
        powers = range(1, longest + 1)
        d.equal(
            [over_closed_paths(matrix, length) for length in powers],
            [sp.expand((_square(matrix) ** length).trace()) for length in powers],
            why=f"the repeated k-grams, enumerated for {size} states and k <= {longest}, have the "
            "weight tr S^k with S = P o P",
        )


def _closed_form(d: sn.Derivation) -> sp.Expr:
    square = _square(CHAIN)
    one = sp.eye(2)
    general = sp.Matrix(2, 2, S_ENTRIES)
    d.equal(
        list((one - general) * (one + general + general**2)),
        list(one - general**3),
        why="(I - S)(I + S + ... + S^K) = I - S^(K+1), shown for K = 2, and S^K -> 0: the sum of "
        "tr S^k over k >= 1 is R = tr(S (I - S)^-1)",
    )
    trace, determinant = square.trace(), square.det()
    resolvent = d.equal(
        (square * (one - square).inv()).trace(),
        (trace - 2 * determinant) / (1 - trace + determinant),
        why="for two states, by trace and determinant of S",
    )
    d.equal(
        l1 / (1 - l1) + l2 / (1 - l2),
        ((l1 + l2) - 2 * l1 * l2) / (1 - (l1 + l2) + l1 * l2),
        why="the same in the eigenvalues: R = sum l/(1 - l)",
        using=resolvent,
    )
    d.equal(
        -sp.Derivative(sp.log((1 - z * rho) * (1 - z * x)), z),
        rho / (1 - z * rho) + x / (1 - z * x),
        why="det(I - z S) is the product of 1 - z l over the eigenvalues (rho and x here), so at "
        "z = 1 this is R = -d/dz log det(I - z S)",
    )
    closed = (a * (2 - a) + b * (2 - b)) / (2 * a * b * (2 - a - b)) - 2
    d.equal(
        (trace - 2 * determinant) / (1 - trace + determinant),
        closed,
        why="the closed form for two states",
        using=resolvent,
    )
    moved = sp.Add(1 - a, 1 - b, evaluate=False)
    positive = ((1 - a) ** 2 * (2 - b) / a + (1 - b) ** 2 * (2 - a) / b + 2 * a * b) / (2 * moved)
    d.equal(closed, positive, why="as a quotient of sums of positive terms, where nothing cancels")
    return positive


def _path_bounds(d: sn.Derivation) -> None:
    whole, squares = sp.Sum(w[j], (j, 1, N)), sp.Sum(w[j] ** 2, (j, 1, N))
    lagrange = d.equal(
        SUMS.of(N * squares - whole**2),
        SUMS.of(sp.Sum((w[j] - w[k]) ** 2, (j, 1, N), (k, 1, N)) / 2),
        why="for N paths with the probabilities w_j the sum of squares is at least "
        "(sum w)^2/N. All N = n^k closed paths: tr S^k >= (tr P^k)^2/n^k",
    )
    pattern = sp.Matrix([[1, 1, 0], [0, 1, 1], [1, 0, 0]])
    d.equal(
        [over_closed_paths(pattern, length) for length in range(1, 7)],
        [(pattern**length).trace() for length in range(1, 7)],
        why="only paths of nonzero weight count, N = tr B^k with B = 1[P > 0]: enumerated for "
        "three states, five nonzero entries and k <= 6",
        using=lagrange,
    )
    matrix = sp.Matrix(4, 4, ENTRIES)[:2, :2]
    twice = matrix**2
    d.less_equal(
        sum(twice[s, s] ** 2 for s in range(2)) / 2,
        over_closed_paths(matrix, 2),
        why="N = n^(k-1) paths from a state back to itself: tr S^k >= tr(P^k o P^k)/n^(k-1), here "
        "for n = k = 2",
    )
    four = sp.Matrix(4, 4, ENTRIES)
    rate = sum(sp.sign(entry) for entry in ENTRIES) / 16
    d.refute(
        sp.Ge(sum(four[s, s] ** 2 for s in range(4)), four.trace() ** 2 / (4 * rate)),
        at={four[r, c]: int(r == c) for r in range(4) for c in range(4)},
        why="with the rate zeta of nonzero entries, zeta^k n^k in place of tr B^k, it is no "
        "theorem: P = I_4 has tr S = 4 and (tr P)^2/(4 zeta) = 16 already for k = 1",
    )
    d.refute(
        sp.Eq((CHAIN**2).trace(), _square(CHAIN).trace(), evaluate=False),
        at={a: sp.Rational(1, 2), b: sp.Rational(1, 4)},
        why="tr P^(2k) is not tr(P^k o P^k): the article corrects the paper here",
    )


def _perron(d: sn.Derivation) -> None:
    s11, s12, s21, s22 = S_ENTRIES
    first, second = s11 + s12, s21 + s22

    def characteristic(place: sp.Expr) -> sp.Expr:
        return (place - s11) * (place - s22) - s12 * s21

    d.equal(
        [characteristic(first), characteristic(second)],
        [s12 * (first - second), s21 * (second - first)],
        why="Perron: at the larger row sum the characteristic polynomial of S is >= 0, at the "
        "smaller <= 0, so the largest eigenvalue l1 lies between the row sums",
    )
    d.equal(
        SUMS.of(n * sp.Sum(p[i, j] ** 2, (j, 1, n)) - 1),
        SUMS.of(n * sp.Sum((p[i, j] - 1 / n) ** 2, (j, 1, n))),
        why="a row sum of S is at least 1/n: sum p = 1 gives n sum p^2 - 1 as a sum of squares",
    )
    real = (rho * y - rho**2) / ((1 - rho) ** 2 + 2 * rho * (1 - y))
    d.less_equal(
        real,
        rho / (1 - rho),
        why="an eigenvalue of modulus rho and direction cosine y adds the real part of l/(1 - l), "
        "which is at most rho/(1 - rho)",
    )
    d.less_equal(
        x * y**2 / (1 - x * y**2),
        x / (1 - x),
        why="which grows with rho: with l1 the largest, R <= n l1/(1 - l1)",
    )
    d.equal(g**2, g, why="greedy decoding has entries 0 and 1: S = P, whose row sums are 1")
    d.limit(
        (1 - (1 - a) ** 2) * (1 - (1 - b) ** 2) - a**2 * b**2,
        a,
        1,
        1 - (1 - b) ** 2 - b**2,
        why="det(I - S) as state 1 always moves to state 2",
    )
    d.equal(
        1 - (1 - b) ** 2 - b**2,
        2 * b * (1 - b),
        why="which vanishes as b -> 1: greedy decoding, to and fro, has l1 = 1 and repeats for "
        "ever",
    )


def repetition(transitions: ArrayLike) -> float:
    """Return R = tr(S (I - S)^-1) for a stochastic matrix of any size; inf where l1 = 1."""
    square = np.asarray(transitions, dtype=np.float64) ** 2
    size = square.shape[0]
    if np.max(np.abs(np.linalg.eigvals(square))) >= 1.0 - 1e-14:
        return float("inf")
    return float(np.trace(np.linalg.solve(np.eye(size) - square, square)))


def bounds(transitions: ArrayLike) -> tuple[float, float]:
    """Return the sum of (tr P^k)^2/tr B^k for k <= 60 and n l1/(1 - l1), which enclose R."""
    matrix = np.asarray(transitions, dtype=np.float64)
    power, paths, lower = np.eye(len(matrix)), np.eye(len(matrix)), 0.0
    for _ in range(60):
        power, paths = power @ matrix, paths @ (matrix > 0)
        count = np.trace(paths)
        lower += float(np.trace(power) ** 2 / count) if count else 0.0
    largest = float(np.max(np.abs(np.linalg.eigvals(matrix**2))))
    upper = len(matrix) * largest / (1 - largest) if largest < 1 - 1e-14 else float("inf")
    return lower, upper


def top_p(transitions: ArrayLike, mass: float) -> NDArray[np.float64]:
    """Return the chain that keeps, in each row, the likeliest states up to a mass, renormalised."""
    matrix = np.asarray(transitions, dtype=np.float64)
    order = np.argsort(-matrix, axis=1, kind="stable")
    ranked = np.take_along_axis(matrix, order, axis=1)
    before = np.cumsum(ranked, axis=1) - ranked
    kept = np.zeros_like(matrix)
    np.put_along_axis(kept, order, np.where(before < mass, ranked, 0.0), axis=1)
    return kept / np.sum(kept, axis=1, keepdims=True)


def top_k(transitions: ArrayLike, number: int) -> NDArray[np.float64]:
    """Return the chain that keeps the likeliest `number` states of each row, renormalised."""
    matrix = np.asarray(transitions, dtype=np.float64)
    order = np.argsort(-matrix, axis=1, kind="stable")[:, :number]
    kept = np.zeros_like(matrix)
    np.put_along_axis(kept, order, np.take_along_axis(matrix, order, axis=1), axis=1)
    return kept / np.sum(kept, axis=1, keepdims=True)


def _random_chain(size: int, seed: int) -> NDArray[np.float64]:
    weights = np.random.default_rng(seed).exponential(size=(size, size)) ** 2
    return weights / np.sum(weights, axis=1, keepdims=True)


def _by_scipy(a: float, b: float) -> float:
    from scipy.linalg import eigvals

    values = eigvals(np.array([[1 - a, a], [b, 1 - b]]) ** 2)
    return float(np.real(np.sum(values / (1 - values))))


def _by_solving(a: float, b: float) -> float:
    square = np.array([[1 - a, a], [b, 1 - b]]) ** 2
    return float(np.trace(np.linalg.solve(np.eye(2) - square, square)))


PEERS = {"scipy.linalg.eigvals": _by_scipy, "numpy.linalg.solve": _by_solving}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Count, in random chains, how often a truncation raises R: this is no theorem."""
    raised = total = 0
    for seed in range(200):
        chain = _random_chain(5, seed)
        whole = repetition(chain)
        for number in (2, 3, 4):
            raised += repetition(top_k(chain, number)) > whole
            total += 1
    lower, upper = bounds(_random_chain(20, 0))
    exact = repetition(_random_chain(20, 0))
    return [
        ("top-k truncation raised R in random chains of 5 states", f"{raised} of {total}"),
        ("R of a random chain of 20 states", f"{lower:.3f} <= {exact:.3f} <= {upper:.3f}"),
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw R against top-p, and R of two states."""
    left, right = figure.subplots(1, 2)
    masses = np.linspace(0.3, 1.0, 141)
    for seed in range(5):
        chain = _random_chain(30, seed)
        left.semilogy(masses, [repetition(top_p(chain, mass)) for mass in masses])
    left.set_xlabel("top-p")
    left.set_title("R of five random chains of 30 states")
    grid = np.linspace(0.02, 0.98, 97)
    values = derivation.compile()(grid[None, :], grid[:, None])
    drawn = right.contourf(grid, grid, np.log10(values), levels=np.linspace(-0.2, 2, 12))
    figure.colorbar(drawn, ax=right, label="log10 R")
    right.set_xlabel("a")
    right.set_ylabel("b")
    right.set_title("Two states")
