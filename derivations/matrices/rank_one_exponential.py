"""A matrix that is always invertible: exp(x y^T) = I + phi_1(x.y) x y^T.

The powers of a rank-one matrix are multiples of it, so its exponential needs no eigenvalues. All
statements are proved in the algebra of low-rank matrices, for every dimension d; the kernel is
the case of three dimensions. Source: Su Jianlin, kexue.fm, 构造一个显式的、总是可逆的矩阵.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import LowRankMatrix, VectorFrame
from symnum.matexp import LowRank, Phi, matrix_exp

NAMES = [f"{vector}{i}" for vector in "xyv" for i in (1, 2, 3)]
RANGES = dict.fromkeys(NAMES, (-2.0, 2.0))
TAILS = (
    dict(zip(NAMES, (1e8, 1e8, 0.0, 1e8, -1e8, 1e8, 1.0, 2.0, 3.0), strict=True)),
    dict(zip(NAMES, (-745.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 2.0, 3.0), strict=True)),
    dict(zip(NAMES, (1e-160, 0.0, 1.0, 1e-160, 1.0, 0.0, 1.0, 2.0, 3.0), strict=True)),
)


def derive() -> sn.Derivation:
    """Prove the closed form, its determinant and its inverse for every dimension."""
    names = sp.symbols(NAMES)
    c, b, t = sp.symbols("c b t", real=True)
    n = sp.Symbol("n", integer=True, positive=True)
    C, P = (sp.Matrix(2, 2, sp.symbols(f"{name}1:3(1:3)")) for name in ("c", "p"))
    everywhere = sn.Interval(-sp.oo, sp.oo)
    domain = dict.fromkeys([*names, c, b, t, *C, *P], everywhere)
    gram = sp.Matrix(2, 2, [*sp.symbols("g11 g12"), *sp.symbols("g12 g22")])
    domain |= dict.fromkeys([*sp.symbols("g11 g12 g22")], everywhere)
    d = sn.Derivation(
        "rank_one_exponential",
        title="An explicit matrix that is always invertible / 构造一个显式的、总是可逆的矩阵",
        source="Su Jianlin, kexue.fm: 构造一个显式的、总是可逆的矩阵",
        domain=domain | {n: sn.Integers(1, sp.oo)},
    )
    _powers(d, c, n)
    _exponential(d, c, t)
    _sums(d, c, b)
    _rank_two(d, C, P, gram)
    x, y, v = (sp.Matrix(names[3 * i : 3 * i + 3]) for i in range(3))
    product = matrix_exp(LowRank(x, y)).expr * v
    d.equal(
        list(product),
        list(v + Phi(1, x.dot(y)) * y.dot(v) * x),
        why="three dimensions: the engine's exp(x y^T), applied to v, costs two inner products",
    )
    stable = _without_cancellation(d, x, y, v)
    d.result(stable, args=NAMES)
    return d


def _without_cancellation(
    d: sn.Derivation, x: sp.Matrix, y: sp.Matrix, v: sp.Matrix
) -> list[sp.Expr]:
    z = x.dot(y)
    image = list(v + Phi(1, z) * y.dot(v) * x)
    moved = [sp.Add(*(y[j] * (x[i] * v[j] - x[j] * v[i]) for j in range(3))) for i in range(3)]
    weight = 1 + z * Phi(1, z)
    apart = [weight * v[i] + Phi(1, z) * moved[i] for i in range(3)]
    power = d.equal(weight, sp.exp(z), why="z phi_1(z) = e^z - 1, here for z = x.y")
    d.equal(
        image,
        apart,
        why="so that v and phi_1(z) (y.v) x, which cancel as z -> -oo, can be put together: "
        "(1 + z phi_1(z)) v_i + phi_1(z) sum y_j (x_i v_j - x_j v_i)",
    )
    turned = [sp.exp(z) * v[i] + Phi(1, z) * moved[i] for i in range(3)]
    d.equal(apart, turned, why="with e^z in front of v_i nothing is lost", using=power)
    stable = [
        sp.Piecewise((other, z < -1), (plain, True))
        for plain, other in zip(image, turned, strict=True)
    ]
    d.equal(turned, stable, why="that form where z is large and negative", using=power)
    return stable


def _rank_one(c: sp.Symbol) -> LowRankMatrix:
    frame = VectorFrame.of(["x", "y"], inner_products={("x", "y"): c})
    return frame.vector("x").outer(frame.vector("y"))


def _powers(d: sn.Derivation, c: sp.Symbol, n: sp.Symbol) -> None:
    A = _rank_one(c)
    d.equal(A @ A, c * A, why="(x y^T)(x y^T) = (y.x) x y^T with c = x.y: the case n = 1")
    d.equal(
        (c ** (n - 1) * A) @ A,
        c**n * A,
        why="induction: if A^n = c^(n-1) A for A = x y^T, then A^(n+1) = c^n A",
    )
    d.series(
        1 + c * Phi(1, c),
        c,
        8,
        sum(c**k / sp.factorial(k) for k in range(8)),
        why="the scalar series sum c^n/n! is 1 + c phi_1(c) (shown to the seventh power), so that "
        "of the matrix, I + A (1 + c/2! + c^2/3! + ...), is I + phi_1(c) x y^T",
    )


def _exponential(d: sn.Derivation, c: sp.Symbol, t: sp.Symbol) -> None:
    A = _rank_one(c)
    s = sp.Symbol("s", real=True)
    one = A.vectors.identity()
    moving = one + t * Phi(1, c * t) * A
    d.equal(
        sp.Integral(sp.exp(c * s), (s, 0, t)),
        t * Phi(1, c * t),
        why="the derivative of t phi_1(c t) is e^(c t)",
    )
    d.equal(
        A @ moving,
        sp.exp(c * t) * A,
        why="so X(t) = I + t phi_1(c t) A solves X' = A X with X(0) = I: it is exp(t A)",
    )
    E = one + Phi(1, c) * A
    d.equal(E.det(), sp.exp(c), why="det(I + W C W^T) = det(I + C G): never zero, for every d")
    d.equal(E @ (one - Phi(1, -c) * A), one, why="exp(-A) = I - phi_1(-c) A is the inverse")
    d.limit(Phi(1, c), c, 0, 1, why="orthogonal x and y: the matrix is I + x y^T")


def _sums(d: sn.Derivation, c: sp.Symbol, b: sp.Symbol) -> None:
    frame = VectorFrame.of(["x", "y", "z"], inner_products={("x", "y"): c, ("x", "z"): b})
    x, y, z = (frame.vector(name) for name in frame.names)
    one, A, B = frame.identity(), x.outer(y), x.outer(z)
    d.equal(
        A @ B - B @ A,
        c * x.outer(z) - b * x.outer(y),
        why="A = x y^T and B = x z^T, with c = x.y and b = x.z, do not commute",
    )
    product = (one + Phi(1, c) * A) @ (one + Phi(1, b) * B)
    joint = one + Phi(1, c + b) * (A + B)
    d.refute(
        sp.Eq(product.core[0, 1], joint.core[0, 1], evaluate=False),
        at={c: 0, b: 1},
        why="exp(A) exp(B) = exp(A + B) fails: the coefficients of x y^T differ",
    )


def _rank_two(d: sn.Derivation, C: sp.Matrix, P: sp.Matrix, gram: sp.Matrix) -> None:
    products = {
        ("w1", "w1"): gram[0, 0],
        ("w1", "w2"): gram[0, 1],
        ("w2", "w2"): gram[1, 1],
    }
    frame = VectorFrame.of(["w1", "w2"], inner_products=products)
    A = LowRankMatrix(frame, sp.Integer(0), sp.ImmutableMatrix(C))
    power = LowRankMatrix(frame, sp.Integer(0), sp.ImmutableMatrix(P * C))
    d.equal(
        power @ A,
        LowRankMatrix(frame, sp.Integer(0), sp.ImmutableMatrix((P * (C * gram)) * C)),
        why="rank two: A = W C W^T has A^(n+1) = W (C G)^n C W^T (induction with P = (C G)^n), "
        "so exp(A) = I + W phi_1(C G) C W^T",
    )


def _phi(z: NDArray[np.float64]) -> NDArray[np.float64]:
    safe = np.where(z == 0.0, 1.0, z)
    return np.where(z == 0.0, 1.0, np.expm1(safe) / safe)


def _inner(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sum(x * y, axis=-1, keepdims=True)


def apply(x: ArrayLike, y: ArrayLike, v: ArrayLike) -> NDArray[np.float64]:
    """Return exp(x y^T) v for vectors of any dimension; leading axes broadcast."""
    x, y, v = (np.asarray(array, dtype=np.float64) for array in (x, y, v))
    return v + _phi(_inner(x, y)) * _inner(y, v) * x


def inverse_apply(x: ArrayLike, y: ArrayLike, v: ArrayLike) -> NDArray[np.float64]:
    """Return exp(-x y^T) v, the inverse of `apply`."""
    return apply(np.negative(np.asarray(x, dtype=np.float64)), y, v)


def log_det(x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """Return log det exp(x y^T) = x.y; leading axes broadcast."""
    return _inner(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))[..., 0]


def condition_number(length: ArrayLike, cosine: ArrayLike) -> NDArray[np.float64]:
    """Return the condition number in the 2-norm, for |x||y| = `length` and their cosine.

    In the plane of x and y the singular values s1 >= 1 >= s2 have the product e^c and the sum of
    squares 2 + 2 phi_1(c) c + phi_1(c)^2 length^2; the others are 1.
    """
    length, cosine = np.asarray(length, dtype=np.float64), np.asarray(cosine, dtype=np.float64)
    c = length * cosine
    phi = _phi(c)
    squares, product = 2.0 + 2.0 * phi * c + (phi * length) ** 2, np.exp(c)
    plus = np.sqrt(squares + 2.0 * product)
    minus = np.sqrt(np.maximum(squares - 2.0 * product, 0.0))
    return (plus + minus) ** 2 / (4.0 * product)


def _by_scipy(*point: float) -> NDArray[np.float64]:
    from scipy.linalg import expm

    x, y, v = (np.array(point[3 * i : 3 * i + 3]) for i in range(3))
    return np.asarray(expm(np.outer(x, y)) @ v)


PEERS = {"scipy.linalg.expm": _by_scipy}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the layer in 512 dimensions: round trip, and the condition number it obeys."""
    generator = np.random.default_rng(0)
    x, y, v = generator.standard_normal((3, 100, 512)) / 512**0.25
    back = inverse_apply(x, y, apply(x, y, v))
    error = np.max(np.linalg.norm(back - v, axis=-1) / np.linalg.norm(v, axis=-1))
    lengths = np.linalg.norm(x, axis=-1) * np.linalg.norm(y, axis=-1)
    worst = np.max(condition_number(lengths, log_det(x, y) / lengths))
    return [
        (
            "inverse_apply(apply(v)) against v, 100 layers of 512 dimensions",
            f"{error:.1e} relative",
        ),
        ("largest condition number among them", f"{worst:.3g}"),
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the condition number of exp(x y^T) against |x||y| for several angles."""
    axes = figure.subplots()
    lengths = np.linspace(0.0, 12.0, 400)
    for degrees in (0, 45, 90):
        cosine = np.cos(np.radians(degrees))
        other = "" if degrees == 90 else f" and {180 - degrees}"
        label = f"{degrees}{other} degrees"
        axes.semilogy(lengths, condition_number(lengths, cosine), label=label)
    axes.set_xlabel("|x| |y|")
    axes.set_ylabel("condition number of exp(x y^T)")
    axes.set_title("Always invertible, but not always well conditioned")
    axes.legend(title="angle of x and y")
