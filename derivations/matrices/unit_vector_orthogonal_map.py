"""An orthogonal matrix that takes one unit vector to another: rotation, reflection, or neither.

With c = a.b all three maps are identities plus a matrix of rank two or one, so everything is proved
in the algebra of low-rank matrices, for every dimension d; the kernel is the symmetric map in three
dimensions. Source: Su Jianlin, kexue.fm, 从一个单位向量变换到另一个单位向量的正交矩阵.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum import matexp
from symnum.algebra import LowRankMatrix, LowRankVector, VectorFrame

NAMES = [f"{vector}{i}" for vector in "abx" for i in (1, 2, 3)]
UNIT = sp.Rational(1, 10**6)  # how far from 1 the square of a rounded unit vector may be
SIDE = 0.5773502691896258  # entries of a unit vector, up to what the domain admits
RANGES = {name: (-2.0, 2.0) if name[0] == "x" else (SIDE - 1e-7, SIDE + 1e-7) for name in NAMES}
PROBE = (0.3, -1.7, 2.2)
TAILS = (
    dict(zip(NAMES, (0.6, 0.0, 0.8, 0.6, 0.0, 0.8, *PROBE), strict=True)),
    dict(zip(NAMES, (1.0, 0.0, 0.0, -1.0, 1e-7, 0.0, *PROBE), strict=True)),
    dict(zip(NAMES, (1.0, 0.0, 0.0, -1.0, 1e-9, 2e-9, *PROBE), strict=True)),
    dict(zip(NAMES, (0.6, 0.0, -0.8, -0.6, 1e-200, 0.8, *PROBE), strict=True)),
)

c, e, h, t = sp.symbols("c e h t")
n = sp.Symbol("d")


def derive() -> sn.Derivation:
    """Prove what the three maps do, in every dimension, and the form that is stable."""
    a, b, x = (sp.Matrix(sp.symbols(NAMES[3 * i : 3 * i + 3])) for i in range(3))
    everywhere = sn.Interval(-sp.oo, sp.oo)
    d = sn.Derivation(
        "unit_vector_orthogonal_map",
        title="An orthogonal matrix that takes one unit vector to another / "
        "从一个单位向量变换到另一个单位向量的正交矩阵",
        source="Su Jianlin, kexue.fm: 从一个单位向量变换到另一个单位向量的正交矩阵",
        domain=dict.fromkeys([*a, *b, *x, t], everywhere)
        | {
            c: sn.Interval(-1, 1, left_open=True),
            e: sn.Interval(-1, 1, left_open=True, right_open=True),
            h: sn.Interval(-1, 1, right_open=True),
            n: sn.Integers(2, sp.oo),
        },
        where=(
            sp.Abs(a.dot(a) - 1) <= UNIT,
            sp.Abs(b.dot(b) - 1) <= UNIT,
            sp.sqrt((a + b).dot(a + b)) > 0,
        ),
    )
    _plane(d)
    _rotation(d)
    _reflection(d)
    _symmetric(d)
    _exponential(d)
    total = a + b
    w = total / sp.sqrt(total.dot(total))
    image = list(2 * w * w.dot(x) - x)
    d.equal(
        list(2 * total.dot(x) / total.dot(total) * total - x),
        image,
        why="three dimensions: the symmetric map, applied to x, costs one inner product, and the "
        "length of a + b is measured and not taken from c",
    )
    d.result(image, args=NAMES)
    return d


def _pair(cosine: sp.Symbol) -> tuple[LowRankMatrix, LowRankVector, LowRankVector]:
    """Return the identity and two unit vectors whose inner product is `cosine`."""
    products = {("a", "a"): 1, ("b", "b"): 1, ("a", "b"): cosine}
    frame = VectorFrame.of(["a", "b"], n, products)
    return frame.identity(), frame.vector("a"), frame.vector("b")


def _plane(d: sn.Derivation) -> None:
    one, a, b = _pair(e)
    s = sp.sqrt(1 - e**2)
    u = (b - e * a) * (1 / s)
    d.equal([a.inner(u), u.inner(u)], [0, 1], why="u = (b - c a)/s with s = sqrt(1 - c^2) is a "
            "unit vector orthogonal to a, in the plane of a and b (-1 < c < 1)")  # fmt: skip
    turned = e * a.outer(a) - s * a.outer(u) + s * u.outer(a) + e * u.outer(u)
    d.equal(
        turned + one - a.outer(a) - u.outer(u),
        one + 2 * b.outer(a) - (a + b).outer(a + b) * (1 / (1 + e)),
        why="turning that plane, Q R Q^T + I - Q Q^T with Q = [a, u] and R = [[c, -s], [s, c]], "
        "needs neither u nor s in the end",
    )


def _rotation(d: sn.Derivation) -> None:
    one, a, b = _pair(c)
    T = one + 2 * b.outer(a) - (a + b).outer(a + b) * (1 / (1 + c))
    d.equal(T @ T.T, one, why="the rotation is orthogonal, for every d")
    d.equal(T.apply(a), b, why="it takes a to b")
    d.equal(T.det(), 1, why="its determinant is 1: it is a rotation")
    d.equal(T.trace(), n - 2 + 2 * c, why="and its trace that of a turn by arccos(c)")
    d.equal(
        T,
        ((a + b).outer(a + b) * (1 / (1 + c)) - one) @ (2 * a.outer(a) - one),
        why="it is two half turns, about a and then about a + b: orthogonal however c is rounded",
    )
    d.refute(
        sp.Eq(sp.Matrix(T.apply(b).weights), sp.Matrix(a.weights), evaluate=False),
        at={c: 0},
        why="the article prints a = T b; it is b = T a, and the rotation takes b to 2 c b - a",
    )


def _reflection(d: sn.Derivation) -> None:
    one, a, b = _pair(h)
    T = one - (a - b).outer(a - b) * (1 / (1 - h))
    d.equal(T @ T.T, one, why="the reflection of Householder is orthogonal (c < 1)")
    d.equal([*T.apply(a).weights, *T.apply(b).weights], [*b.weights, *a.weights],
            why="it exchanges a and b")  # fmt: skip
    d.equal([T.det(), T.trace()], [-1, n - 2], why="its determinant is -1, its trace d - 2")


def _symmetric(d: sn.Derivation) -> None:
    one, a, b = _pair(c)
    T = (a + b).outer(a + b) * (1 / (1 + c)) - one
    d.equal(T @ T.T, one, why="the map that the article calls simplest is orthogonal")
    d.equal([*T.apply(a).weights, *T.apply(b).weights], [*b.weights, *a.weights],
            why="it exchanges a and b as well")  # fmt: skip
    d.equal(T.det(), (-1) ** (n + 1), why="its determinant depends on the dimension alone")
    d.equal(T.trace(), 2 - n, why="as its trace does: one eigenvalue is 1, all others are -1")
    d.refute(
        sp.Eq(T.det(), 1, evaluate=False),
        at={n: 2, c: 0},
        why="in an even dimension the simplest map is no rotation",
    )
    w = (a + b) * (1 / sp.sqrt(2 + 2 * c))
    d.equal((a + b).inner(a + b), 2 + 2 * c, why="the sum has the length sqrt(2 + 2 c)")
    d.equal(w.inner(w), 1, why="so that w = (a + b)/|a + b| is a unit vector")
    d.equal(T, 2 * w.outer(w) - one, why="and the symmetric map is 2 w w^T - I, the half turn "
            "about w, orthogonal for every unit vector w however close b is to -a")  # fmt: skip


def _exponential(d: sn.Derivation) -> None:
    frame = VectorFrame.of(["a", "u"], n, {("a", "a"): 1, ("u", "u"): 1, ("a", "u"): 0})
    one, a, u = frame.identity(), frame.vector("a"), frame.vector("u")
    W, plane = u.outer(a) - a.outer(u), a.outer(a) + u.outer(u)
    d.equal(W @ W @ W, -1 * W, why="W = u a^T - a u^T is skew, and W^3 = -W for orthonormal a, u")
    X = one + sp.sin(t) * W + (sp.cos(t) - 1) * plane
    slope = X.core.applyfunc(lambda entry: sp.Derivative(entry, t) if entry.has(t) else 0)
    d.equal(
        LowRankMatrix(frame, sp.S.Zero, sp.ImmutableMatrix(slope)),
        W @ X,
        why="X(t) = I + sin(t) W + (cos(t) - 1)(a a^T + u u^T) solves X' = W X",
    )
    start = LowRankMatrix(frame, X.alpha, X.core.subs(t, 0))
    d.equal(start, one, why="with X(0) = I: X = exp(t W)")
    b = sp.cos(t) * a + sp.sin(t) * u
    T = one + 2 * b.outer(a) - (a + b).outer(a + b) * (1 / (1 + sp.cos(t)))
    d.equal(
        sp.Matrix((1 + sp.cos(t)) * T.core),
        sp.Matrix((1 + sp.cos(t)) * X.core),
        why="with b = cos(t) a + sin(t) u this is the rotation above (multiplied by 1 + c, which "
        "is not 0): it is the exponential of an angle times W",
    )


def _unit_sum(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    total = a + b
    largest = np.max(np.abs(total), axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = total / largest
        return np.asarray(scaled / np.linalg.norm(scaled, axis=-1, keepdims=True))


def _inner(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sum(x * y, axis=-1, keepdims=True))


def _arrays(*values: ArrayLike) -> list[NDArray[np.float64]]:
    return [np.asarray(value, dtype=np.float64) for value in values]


def _applied(matrices: NDArray[Any], x: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(np.einsum("...ij,...j->...i", matrices, np.asarray(x, dtype=np.float64)))


def rotate(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
    """Return the rotation from a to b applied to x, a half turn if a = -b; axes broadcast."""
    return _applied(matexp.unit_vector_rotation(a, b), x)


def reflect(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
    """Return a reflection that exchanges a and b applied to x; leading axes broadcast."""
    return _applied(matexp.unit_vector_reflection(a, b), x)


def exchange(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
    """Return the symmetric map that exchanges a and b applied to x, NaN where a = -b."""
    a, b, x = _arrays(a, b, x)
    w = _unit_sum(a, b)
    return 2 * w * _inner(w, x) - x


def losses(angle: float) -> dict[str, float]:
    """Return how far the printed and the normalised map are from orthogonal, `angle` from -a."""
    a = np.array([0.6, 0.0, 0.8])
    b = -np.cos(angle) * a + np.sin(angle) * np.array([0.64, 0.6, -0.48])
    with np.errstate(invalid="ignore", divide="ignore"):
        total, w = a + b, _unit_sum(a, b)
        printed = np.outer(total, total) / (1 + a @ b) - np.eye(3)
        normalised = 2 * np.outer(w, w) - np.eye(3)
        return {
            name: float(np.max(np.abs(T @ T.T - np.eye(3))))
            for name, T in (("(a + b)(a + b)^T/(1 + c) - I", printed), ("2 w w^T - I", normalised))
        }


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the loss of orthogonality near b = -a."""
    return [
        (f"T T^T - I at the angle {angle:g} from opposite, {name}", f"{loss:.0e}")
        for angle in (1e-3, 1e-7, 1e-9)
        for name, loss in losses(angle).items()
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the loss of orthogonality against the angle from opposite."""
    axes = figure.subplots()
    angles = np.geomspace(1e-10, 3.0, 300)
    rows = [losses(angle) for angle in angles]
    for name in rows[0]:
        axes.loglog(angles, [max(row[name], 1e-17) for row in rows], label=name)
    axes.set_xlabel("angle between b and -a")
    axes.set_ylabel("largest entry of T T^T - I")
    axes.set_title("Measure the length of a + b; do not compute it from c = a.b")
    axes.grid(visible=True, alpha=0.25)
    axes.legend()
