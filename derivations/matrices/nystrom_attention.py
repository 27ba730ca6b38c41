"""Attention through landmarks, and the iteration that stands for a pseudo-inverse in it.

The n x n matrix of attention is replaced by C A^+ R with the m x m matrix A of the landmarks; A^+
is found by an iteration of order three, whose residual obeys a scalar law. Source: Su Jianlin,
kexue.fm, Nyströmformer：基于矩阵分解的线性化Attention方案.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import VectorFrame

RANGES = {"a": (0.2, 1.3), "z": (0.2, 1.5)}
TAILS = (
    {"a": 2.0, "z": 0.5},
    {"a": 3.0, "z": 1 / 3},
    {"a": 1.75, "z": 0.5714328571428571},
    {"a": 0.7, "z": 1.4285571428571429},
    {"a": 1e-300, "z": 1e-8},
    {"a": 1e8, "z": 1.9999e-8},
)
STEPS = 6  # of the published method

a, z, E = sp.symbols("a z E")
e, s = sp.symbols("e s")
entries = m11, m12, m21, m22 = sp.symbols("a11 a12 a21 a22")
b1, b2, c1, c2, g = sp.symbols("b1 b2 c1 c2 g")
R, C, p, q, f, h = sp.symbols("R C p q f h")
v1, v2, t1, t2 = sp.symbols("v1 v2 t1 t2")
# 0 < a z < 2, in terms that the kernel can test without rounding the product: equal signs, and
# 1 - a z, which it needs anyway, above -1.
DOMAIN = (sp.Max(sp.Min(a, z), -sp.Max(a, z)) > 0, sp.Gt(1 - a * z, -1, evaluate=False))


def residual(gap: Any) -> Any:
    """Return what one step makes of I - A Z."""
    return gap**3 * (gap + 3) / 4


def derive() -> sn.Derivation:
    """Prove where the approximation is exact, and what the iteration does to its residual."""
    reals = sn.Interval(-sp.oo, sp.oo)
    d = sn.Derivation(
        "nystrom_attention",
        title="Nyströmformer: attention by matrix decomposition / "
        "Nyströmformer：基于矩阵分解的线性化Attention方案",
        source="Su Jianlin, kexue.fm: Nyströmformer：基于矩阵分解的线性化Attention方案",
        domain=dict.fromkeys([a, z, *entries, b1, b2, c1, c2, g, v1, v2, t1, t2], reals)
        | dict.fromkeys([E, s], sn.Interval(-1, 1))
        | dict.fromkeys([R, C, p, q], sn.Interval(0, sp.oo))
        | dict.fromkeys([e, f, h], sn.Interval(0, 1)),
        where=(*DOMAIN, sp.Ne(m11 * m22 - m12 * m21, 0)),
    )
    _landmarks(d)
    _iteration(d)
    _start(d)
    _steps(d)
    x = a * z
    gap = 1 - x
    powers = z + z * gap + z * gap**2 + z * gap**3 / 4
    d.equal(
        1 - a * (z * (13 - x * (15 - x * (7 - x))) / 4),
        residual(gap),
        why="the iteration Z <- Z/4 (13 - AZ (15 - AZ (7 - AZ))) turns E = I - AZ into E^3 (E + 3)"
        "/4: all is a polynomial in the one matrix AZ, so numbers stand for matrices",
    )
    d.equal(
        [z * (13 - x * (15 - x * (7 - x))) / 4, residual(gap)],
        [powers, gap**4 / 4 + 3 * gap**3 / 4],
        why="both in powers of E = 1 - a z, which a fused product and sum rounds only once however "
        "close a z is to 1 (for the same reason signs and E state the domain 0 < a z < 2)",
    )
    d.result({"iterate": powers, "residual": gap**4 / 4 + 3 * gap**3 / 4}, args=["a", "z"])
    return d


def _landmarks(d: sn.Derivation) -> None:
    A = sp.Matrix(2, 2, entries)
    inverse = sp.Matrix([[m22, -m12], [-m21, m11]]) / (m11 * m22 - m12 * m21)
    d.equal(
        [sp.exp(t1) / (sp.exp(t1) + sp.exp(t2)) + sp.exp(t2) / (sp.exp(t1) + sp.exp(t2))],
        [1],
        why="rows of a softmax add up to 1: |A|_inf = 1",
    )
    d.equal(A * inverse * A, A, why="with as many landmarks as tokens C = R = A, and A A^+ A = A: "
            "nothing is lost (2 x 2, invertible)")  # fmt: skip
    frame = VectorFrame.of(["u", "v"], inner_products={("u", "u"): R, ("v", "v"): C})
    u, v = frame.vector("u"), frame.vector("v")
    scaled = v.outer(u)
    d.equal(
        u.outer(v) @ scaled @ u.outer(v),
        R * C * u.outer(v),
        why="the same where A = u v^T has rank one, with A^+ = v u^T/(|u|^2 |v|^2), in every size",
    )
    column, row = sp.Matrix([b1, b2]), sp.Matrix([[c1, c2]])
    whole = sp.Matrix(sp.BlockMatrix([[A, column], [row, sp.Matrix([[g]])]]))
    left, right = sp.Matrix.vstack(A, row), sp.Matrix.hstack(A, column)
    gap = g - (row * inverse * column)[0, 0]
    d.equal(
        whole - left * inverse * right,
        sp.diag(sp.zeros(2, 2), gap),
        why="a sub-matrix of the rows and columns that it belongs to: [A; C] A^+ [A, B] restores "
        "A, B and C, and misses D by the Schur complement D - C A^+ B",
    )
    d.equal(
        whole.det(method="berkowitz"),
        (m11 * m22 - m12 * m21) * gap,
        why="det M = det(A) (D - C A^-1 B): it is exact if and only if M has the rank of A. Why "
        "the landmarks of a softmax, which are no sub-matrix, should do is not proved here",
    )


def _iteration(d: sn.Derivation) -> None:
    x = a * z
    gap = 1 - x
    d.equal(
        z * (1 + gap + gap**2 + gap**3 / 4),
        z * (13 - x * (15 - x * (7 - x))) / 4,
        why="one step is a truncated geometric series of 1/(1 - E), the last coefficient changed",
    )
    d.less_equal(
        sp.Abs(residual(E)),
        sp.Abs(E) ** 3,
        why="|E| < 1 implies |E'| <= |E|^3 < 1: third order from anywhere in 0 < a z < 2",
    )
    d.equal(
        1 - a * z * (2 - a * z),
        (1 - a * z) ** 2,
        why="the method of Newton and Schulz, Z (2 - A Z), squares the residual instead",
    )


def _start(d: sn.Derivation) -> None:
    d.equal(
        v1 * (m11**2 + m12**2) * v1
        + 2 * v1 * (m11 * m21 + m12 * m22) * v2
        + v2 * (m21**2 + m22**2) * v2,
        (m11 * v1 + m21 * v2) ** 2 + (m12 * v1 + m22 * v2) ** 2,
        why="start with Z = A^T/(|A|_1 |A|_inf): v^T A A^T v = |A^T v|^2 is positive, and so are "
        "the eigenvalues of A Z where A is invertible",
    )
    d.less_equal(
        sp.Abs(b1 + b2 * s),
        sp.Abs(b1) + sp.Abs(b2),
        why="no eigenvalue exceeds 1: with an eigenvector whose largest entry is 1 and another s, "
        "it is at most the sum of the moduli in a row of A A^T",
    )
    d.less_equal(
        C * (p * f + q * h),
        C * (p + q),
        why="that sum is |a_ik| times the sum of moduli in column k of A, added up over k: here p, "
        "q and C f, C h with C = |A|_1 and f, h <= 1. So it is at most |A|_inf |A|_1",
    )


def _steps(d: sn.Derivation) -> None:
    d.less_equal(
        e * (13 - e * (15 - e * (7 - e))) / 4,
        sp.Rational(13, 4) * e,
        why="an eigenvalue e of A Z in [0, 1] grows by a factor of 13/4 at most in a step, so that "
        "one of size e needs at least log(1/(2 e))/log(13/4) steps to reach 1/2",
    )
    gap: sp.Expr = 1 - e
    for _ in range(STEPS):
        gap = residual(gap)
    d.refute(
        sp.Le(gap, sp.Rational(1, 2), evaluate=False),
        at={e: sp.Rational(1, 100000)},
        why="six steps do not give the inverse where A Z starts with the eigenvalue 1e-5, that is "
        "for a condition of a few hundred; how many do is measured below",
    )


def softmax(logits: ArrayLike) -> NDArray[np.float64]:
    """Return the softmax over the last axis."""
    logits = np.asarray(logits, dtype=np.float64)
    weights = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return np.asarray(weights / np.sum(weights, axis=-1, keepdims=True))


class PseudoInverse(NamedTuple):
    """An approximate inverse, a bound of the largest row sum of I - A Z, and the steps made."""

    value: NDArray[np.float64]
    residual: float
    steps: int


def pseudo_inverse(matrix: ArrayLike, steps: int = 200, tolerance: float = 1e-10) -> PseudoInverse:
    """Invert a square matrix by the iteration, with a residual that rounding is part of.

    It ends as soon as the bound of |I - A Z| in the maximum norm is below `tolerance`, or does not
    fall any more once it is below 1. While the bound r is below 1, the error of Z in that norm is
    at most r/(1 - r) times the norm of Z; a matrix that is not invertible keeps r at 1 or above.
    """
    A = np.asarray(matrix, dtype=np.float64)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or not A.size or not np.all(np.isfinite(A)):
        raise ValueError(f"matrix: expected a finite square matrix, got the shape {A.shape}")
    one, size = np.eye(len(A)), len(A)
    scale = np.max(np.sum(np.abs(A), axis=0)) * np.max(np.sum(np.abs(A), axis=1))
    best = PseudoInverse(A.T / scale if scale else A.T, np.inf, 0)
    Z = best.value
    for step in range(steps + 1):
        product = A @ Z
        rounding = (size + 2) * np.finfo(float).eps * (np.abs(A) @ np.abs(Z) + one)
        bound = float(np.max(np.sum(np.abs(one - product) + rounding, axis=1)))
        if best.residual < 1 and not bound < best.residual:
            break
        best = PseudoInverse(Z, bound, step)
        if bound <= tolerance:
            break
        Z = Z @ (13 * one - product @ (15 * one - product @ (7 * one - product))) / 4
    return best


def landmark_attention(
    queries: ArrayLike, keys: ArrayLike, values: ArrayLike, landmarks: int, steps: int = 200
) -> NDArray[np.float64]:
    """Return C A^+ (R V) for queries and keys (n, d), with means of segments for landmarks."""
    Q, K, V = (np.asarray(array, dtype=np.float64) for array in (queries, keys, values))
    if not 1 <= landmarks <= len(Q) or len(Q) != len(K) or len(K) != len(V):
        raise ValueError(
            f"landmarks: expected 1 to {len(Q)} of them and as many queries as keys and values, "
            f"got {landmarks} for {len(Q)}, {len(K)}, {len(V)}"
        )
    short_q, short_k = (
        np.stack([np.mean(part, axis=0) for part in np.array_split(array, landmarks)])
        for array in (Q, K)
    )
    root = np.sqrt(Q.shape[-1])
    inner = pseudo_inverse(softmax(short_q @ short_k.T / root), steps).value
    left, right = softmax(Q @ short_k.T / root), softmax(short_q @ K.T / root)
    return np.asarray(left @ (inner @ (right @ V)))


def example(spread: float, size: int = 12) -> NDArray[np.float64]:
    """Return the softmax of random logits with this standard deviation."""
    generator = np.random.default_rng(0)
    return softmax(spread * generator.standard_normal((size, size)))


def history(matrix: NDArray[np.float64], steps: int) -> list[float]:
    """Return the spectral norm of I - A Z after 0, 1, ... steps."""
    left = np.linalg.svd(matrix, compute_uv=False)
    norms = np.max(np.sum(np.abs(matrix), axis=0)) * np.max(np.sum(np.abs(matrix), axis=1))
    gaps, sizes = 1 - left**2 / norms, []
    for _ in range(steps + 1):
        sizes.append(float(np.max(np.abs(gaps))))
        gaps = residual(gaps)
    return sizes


def _as_transformers(a: float, z: float) -> dict[str, float]:
    """Return the step as iterative_inv writes it, and the residual of what it gives."""
    x = a * z
    step = 0.25 * z * (13 - x * (15 - x * (7 - x)))
    return {"iterate": float(step), "residual": float(1 - a * step)}


PEERS = {"iterative_inv, as transformers writes it": _as_transformers}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure steps against the condition, and a batch that shares one maximum."""
    lines = []
    for spread in (0.3, 1.0, 4.0):
        A = example(spread)
        sizes = history(A, 60)
        needed = next(step for step, size in enumerate(sizes) if size < 1e-12)
        smallest = np.linalg.svd(A, compute_uv=False)[-1]
        norms = np.max(np.sum(A, axis=0)) * np.max(np.sum(A, axis=1))
        rule = np.log(norms / smallest**2) / np.log(13 / 4)
        lines.append(
            (
                f"12 x 12 softmax matrix of condition {np.linalg.cond(A):.0f}",
                f"residual {sizes[STEPS]:.2f} after six steps, {sizes[8]:.2f} after eight; below "
                f"1e-12 after {needed}, log(|A|_1 |A|_inf/s^2)/log(13/4) + 3.5 = {rule + 3.5:.1f}",
            )
        )
    A, neighbour = example(4.0), np.sum(np.abs(example(30.0)), axis=0).max()
    alone = np.max(np.sum(A, axis=0))
    lines.append(
        (
            "a start that divides by the largest |A|_1 of a batch, as in a published code",
            f"{max(alone, neighbour) / alone:.2f} times smaller for this sample beside another one",
        )
    )
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the residual against the number of steps for several conditions."""
    axes = figure.subplots()
    for spread in (0.3, 8.0, 1.0, 4.0, 2.0):
        A = example(spread)
        sizes = np.maximum(history(A, 24), 1e-17)
        label = f"condition {np.linalg.cond(A):.3g}"
        axes.semilogy(range(25), sizes, marker="o", markersize=3, label=label)
    axes.axvline(STEPS, color="gray", linestyle=":", linewidth=1)
    axes.text(STEPS + 0.2, 1e-15, "six steps", color="gray")
    axes.set_xlim(-0.5, 18)
    axes.set_ylim(1e-16, 3)
    axes.set_xlabel("steps")
    axes.set_ylabel("spectral norm of I - A Z, in exact arithmetic")
    axes.set_title("Random softmax matrices of size 12: six steps are not enough")
    axes.grid(visible=True, alpha=0.25)
    axes.legend(loc="lower right")
