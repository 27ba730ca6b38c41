"""Attention without a softmax: what becomes linear in the number of tokens, and what it costs.

Sums over tokens and features are handled for symbolic numbers n and d of them. The kernel is the
attention of two tokens with the weights 1 + cos, which is a kernel form as well. Source: Su
Jianlin, kexue.fm, 线性Attention的探索：Attention必须有个Softmax吗？.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import IndexSums, VectorFrame

RANGES = {"c1": (-0.999, 1.0), "c2": (-0.999, 1.0), "v1": (0.1, 3.0), "v2": (0.1, 3.0)}
TAILS = (
    {"c1": -1.0, "c2": 0.5, "v1": 1.0, "v2": -2.0},
    {"c1": -1.0 + 1e-9, "c2": -1.0 + 3e-9, "v1": 1.0, "v2": 2.0},
    {"c1": -1.0, "c2": -1.0 + 1e-12, "v1": 5.0, "v2": 7.0},
    {"c1": 1.0, "c2": 1.0, "v1": 1e300, "v2": 1.0},
)

c1, c2, v1, v2, u, x, y, p, q = sp.symbols("c1 c2 v1 v2 u x y p q")
g11, g12, g22 = sp.symbols("g11 g12 g22")
n, d = sp.symbols("n d", integer=True, positive=True)
i, j, k, m = sp.symbols("i j k m", integer=True, positive=True)
Q, K, V, S, f, g = map(sp.IndexedBase, "QKVSfg")
SUMS = IndexSums(unit_sums={f: 1, g: 0})
WEIGHTS = sp.symbols("a1:4(1:3)"), sp.symbols("b1:4(1:3)")


def derive() -> sn.Derivation:
    """Prove what may be reordered, and how near a linear form comes to the exponential."""
    reals, cosine = sn.Interval(-sp.oo, sp.oo), sn.Interval(-1, 1)
    sides = [side.normal_form for claim in _reordered() for side in claim[:2]]
    sums = sorted({s for side in sides for s in side.free_symbols} - {n, d}, key=str)
    row = sn.Derivation(
        "linear_attention",
        title="Does attention need a softmax? / 线性Attention的探索：Attention必须有个Softmax吗？",
        source="Su Jianlin, kexue.fm: 线性Attention的探索：Attention必须有个Softmax吗？",
        domain={
            **dict.fromkeys((c1, c2, u), cosine),
            **dict.fromkeys((v1, v2, g11, g12, g22, *sums, *WEIGHTS[0], *WEIGHTS[1]), reals),
            **dict.fromkeys((x, y), sn.Interval(0, sp.oo, left_open=True)),
            **dict.fromkeys((n, d, p, q), sn.Integers(1, sp.oo)),
        },
        where=(c1 + c2 > -2, g11 + g22 - 2 * g12 > 0),
    )
    for left, right, why in _reordered():
        row.equal(left, right, why=why)
    _cosines(row)
    _exponential(row)
    _rank_and_cost(row)
    row.result(_two_tokens(row), args=["c1", "c2", "v1", "v2"])
    return row


def _reordered() -> list[tuple[Any, Any, str]]:
    """Return the claims on sums over n tokens and d features: both sides, and the reason."""
    features = sp.Sum(Q[i, m] * K[j, m], (m, 1, d))
    state = sp.Sum(K[j, m] * V[j], (j, 1, n))
    cosine = sp.Sum(Q[m] * K[m], (m, 1, d))
    moved = sp.Sum((S[m] + K[m] * v1) * Q[m], (m, 1, d))
    double = sp.Sum(sp.Sum(f[i, m] * g[j, m], (m, 1, d)), (j, 1, n))
    return [
        (
            SUMS.of(sp.Sum(features * V[j], (j, 1, n))),
            SUMS.of(sp.Sum(Q[i, m] * state, (m, 1, d))),
            "(phi(Q) phi(K)^T) V = phi(Q) (phi(K)^T V): Q and K stand for the features, V for one "
            "column; for all n and d",
        ),
        (
            SUMS.of(sp.Sum(features, (j, 1, n))),
            SUMS.of(sp.Sum(Q[i, m] * sp.Sum(K[j, m], (j, 1, n)), (m, 1, d))),
            "and so the normalisation, with z = phi(K)^T 1",
        ),
        (
            SUMS.of(moved),
            SUMS.of(sp.Sum(S[m] * Q[m], (m, 1, d)) + cosine * v1),
            "causal form, by induction: the state S + k v, read with q, is what S gave and the new "
            "token's q.k times v; z is the case v = 1",
        ),
        (
            SUMS.of(double),
            SUMS.of(1),
            "softmax of Q over the features (f) and of K over the tokens (g): the rows of the "
            "product sum to 1",
        ),
    ]


def _cosines(row: sn.Derivation) -> None:
    products = {("q", "q"): x**2, ("k", "k"): y**2, ("q", "k"): g12}
    frame = VectorFrame.of(["q", "k"], inner_products=products)
    total = y * frame.vector("q") + x * frame.vector("k")
    square = row.equal(
        total.inner(total),
        2 * x * y * (x * y + g12),
        why="|y q + x k|^2 >= 0 for vectors of lengths x and y in any dimension, so the cosine "
        "g12/(x y) is -1 at least",
    )
    row.less_equal(0, 1 + c1, why="and the weights 1 + cos are not negative", using=square)
    vectors = [sp.Matrix(symbols[:3]) for symbols in WEIGHTS]
    features = [sp.Matrix([1, *(v / size)]) for v, size in zip(vectors, (x, y), strict=True)]
    row.equal(
        features[0].dot(features[1]),
        (x * y + vectors[0].dot(vectors[1])) / (x * y),
        why="1 + cos = (1, q/|q|).(1, k/|k|), with x = |q| and y = |k|: a kernel form after all, "
        "with d + 1 features (written out for d = 3)",
    )


def _exponential(row: sn.Derivation) -> None:
    row.approximate(
        sp.exp(u),
        1 + u,
        bound=sp.E - 2,
        why="exp(u) against the first two terms of its series on [-1, 1]",
    )
    row.equal(
        (sp.exp(u) - 1 - u).subs(u, 1),
        sp.E - 2,
        why="attained at u = 1",
        name="linear_error",
    )
    row.less_equal(
        sp.exp(2 * g12),
        sp.exp(g11) * sp.exp(g22),
        why="the matrix exp(k_i.k_j) is positive definite for different keys, shown for n <= 3; "
        "n = 2: g11 + g22 - 2 g12 = |k1 - k2|^2 > 0",
    )
    third = sp.Matrix([[1, 1, 1], [1, sp.exp(g11), sp.exp(g12)], [1, sp.exp(g12), sp.exp(g22)]])
    row.equal(
        third.det(),
        (sp.exp(g11) - 1) * (sp.exp(g22) - 1) - (sp.exp(g12) - 1) ** 2,
        why="n = 3, rows and columns scaled so that one key is 0",
    )
    row.equal(
        x ** (2 * p) * y ** (2 * q) + x ** (2 * q) * y ** (2 * p) - 2 * (x * y) ** (p + q),
        (x**p * y**q - x**q * y**p) ** 2,
        why="with x = |k1|, y = |k2| and x y >= |g12|: the series of this determinant is at least "
        "the sum of these squares over p, q >= 1, divided by 2 p! q!; all of them vanish only for "
        "x = y, and then x y > g12",
    )


def _rank_and_cost(row: sn.Derivation) -> None:
    left, right = (sp.Matrix(3, 2, symbols) for symbols in WEIGHTS)
    products = left * right.T
    minors = [left.extract(list(rows), [0, 1]).det() for rows in ((1, 2), (0, 2), (0, 1))]
    row.equal(
        list(minors[0] * products.row(0) + minors[2] * products.row(2)),
        list(minors[1] * products.row(1)),
        why="two features a, b: any three rows of phi(Q) phi(K)^T are linearly dependent, so its "
        "rank is at most the number of features",
    )
    row.equal(
        2 * n**2 * d - 2 * n * d**2,
        2 * n * d * (n - d),
        why="2 n d^2 multiplications against 2 n^2 d: less as soon as n > d",
    )


def _two_tokens(row: sn.Derivation) -> sp.Expr:
    values = (1 + c1) * v1 + (1 + c2) * v2
    weights = sp.Add(1 + c1, 1 + c2, evaluate=False)
    row.equal(
        values / (2 + c1 + c2),
        values / weights,
        why="two tokens; near -1 each 1 + c is exact, and so the sum of the weights keeps its "
        "digits",
    )
    return values / weights


def linear_attention(
    queries: ArrayLike, keys: ArrayLike, values: ArrayLike, *, causal: bool = False
) -> NDArray[np.float64]:
    """Return attention with the weights 1 + cos in O(n d^2), leading axes broadcast.

    Parameters
    ----------
    queries, keys : arrays of shape (..., n, d)
    values : array of shape (..., n, e)
    causal : bool
        Each token sees itself and those before it; the running sums are compensated.
    """
    left, right = _features(queries), _features(keys)
    values = np.asarray(values, dtype=np.float64)
    joined = np.concatenate([values, np.ones((*values.shape[:-1], 1))], axis=-1)
    if not causal:
        seen = left @ (np.swapaxes(right, -1, -2) @ joined)
        return seen[..., :-1] / seen[..., -1:]
    state = np.zeros((*right.shape[:-2], right.shape[-1], joined.shape[-1]))
    lost, rows = np.zeros_like(state), []
    for token in range(left.shape[-2]):
        step = right[..., token, :, None] * joined[..., token, None, :]
        total = state + step
        back = total - state
        lost += (state - (total - back)) + (step - back)
        state = total
        rows.append(np.einsum("...f,...fe->...e", left[..., token, :], state + lost))
    seen = np.stack(rows, axis=-2)
    return seen[..., :-1] / seen[..., -1:]


def quadratic_attention(
    queries: ArrayLike, keys: ArrayLike, values: ArrayLike
) -> NDArray[np.float64]:
    """Return the same in O(n^2 d), for comparison."""
    weights = _features(queries) @ np.swapaxes(_features(keys), -1, -2)
    return (weights @ np.asarray(values)) / np.sum(weights, axis=-1, keepdims=True)


def _features(vectors: ArrayLike) -> NDArray[np.float64]:
    vectors = np.asarray(vectors, dtype=np.float64)
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.concatenate([np.ones((*unit.shape[:-1], 1)), unit], axis=-1)


def _softmax_attention(
    queries: NDArray[np.float64], keys: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    cosines = _features(queries)[:, 1:] @ _features(keys)[:, 1:].T
    weights = np.exp(cosines)
    return (weights @ values) / np.sum(weights, axis=-1, keepdims=True)


def _as_torch(c1: float, c2: float, v1: float, v2: float) -> float:
    """Normalise the weights first, as attention in quadratic form does."""
    weights = np.array([1 + c1, 1 + c2])
    return float(weights / weights.sum() @ np.array([v1, v2]))


def _by_features(c1: float, c2: float, v1: float, v2: float) -> float:
    """Sum the features (1, cos) of the keys first, as the linear form does."""
    state, count = np.array([v1 + v2, c1 * v1 + c2 * v2]), np.array([2.0, c1 + c2])
    return float(state.sum() / count.sum())


PEERS = {
    "quadratic form, as torch writes it": _as_torch,
    "linear form, sums over the features": _by_features,
}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the two orders of multiplication and the causal form against each other."""
    tokens = np.random.default_rng(0).standard_normal((3, 500, 16))
    direct, linear = quadratic_attention(*tokens), linear_attention(*tokens)
    causal = linear_attention(*tokens, causal=True)
    last = quadratic_attention(tokens[0][-1:], tokens[1], tokens[2])
    return [
        ("linear against quadratic, 500 tokens", f"{np.max(np.abs(linear - direct)):.1e}"),
        ("causal form, last token", f"{np.max(np.abs(causal[-1:] - last)):.1e}"),
        (
            "1 + cos against exp(cos), largest difference of the outputs",
            f"{np.max(np.abs(direct - _softmax_attention(*tokens))):.2f}",
        ),
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the cost, the linear weight, and what it changes in the output of attention."""
    left, middle, right = figure.subplots(1, 3)
    lengths = np.geomspace(8, 8192, 100)
    for size, colour in ((32, "#1f77b4"), (128, "#d62728")):
        left.loglog(lengths, 2 * lengths**2 * size, color=colour, label=f"2 n^2 d, d = {size}")
        left.loglog(lengths, 2 * lengths * size**2, "--", color=colour, label="2 n d^2")
    left.set_xlabel("tokens n")
    left.set_title("Multiplications")
    left.legend(fontsize=8)
    cosines = np.linspace(-1, 1, 201)
    middle.plot(cosines, np.exp(cosines), label="exp(cos)")
    middle.plot(cosines, 1 + cosines, label="1 + cos")
    middle.plot(cosines, np.exp(cosines) - 1 - cosines, ":", label="difference, at most e - 2")
    middle.axhline(float(derivation.constants["linear_error"]), color="gray", linewidth=1)
    middle.set_xlabel("cos")
    middle.set_title("The weights")
    middle.legend(fontsize=8)
    counts = (8, 16, 32, 64, 128, 256, 512)
    generator = np.random.default_rng(0)
    for size, colour in ((4, "#1f77b4"), (32, "#d62728")):
        errors = []
        for count in counts:
            gaps = []
            for tokens in generator.standard_normal((9, 3, count, size)):
                exact = _softmax_attention(*tokens)
                gaps.append(np.linalg.norm(linear_attention(*tokens) - exact))
                gaps[-1] /= np.linalg.norm(exact)
            errors.append(np.median(gaps))
        right.semilogx(counts, errors, "o-", color=colour, markersize=4, label=f"d = {size}")
    right.set_ylim(bottom=0)
    right.set_xlabel("tokens n")
    right.set_title("Outputs: relative difference", fontsize=10)
    right.legend(fontsize=8)
