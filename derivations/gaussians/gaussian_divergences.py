"""Kullback-Leibler, Bhattacharyya and Wasserstein between two normal distributions.

The closed forms are differences of traces and logarithms that cancel where the two distributions
are close. In two dimensions each is a sum of terms that are never negative and vanish for equal
matrices, and that is what the kernel computes. Source: Su Jianlin, kexue.fm,
两个多元正态分布的KL散度、巴氏距离和W距离.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray
from sympy.codegen.cfunctions import log1p

import symnum as sn
from symnum.algebra import Gaussian, LogExcess, NormalFrame, expectation

RANGES = {
    "d1": (-2.0, 2.0),
    "d2": (-2.0, 2.0),
    "p11": (1.0, 3.0),
    "p12": (-0.9, 0.9),
    "p22": (1.0, 3.0),
    "q11": (1.0, 3.0),
    "q12": (-0.9, 0.9),
    "q22": (1.0, 3.0),
}
TAILS = tuple(
    dict(zip(RANGES, point, strict=True))
    for point in (
        (0.0, 0.0, 1 / 3, 0.1, 0.7, 1 / 3, 0.1, 0.7),
        (0.3, 0.1, 2.0, 0.3, 1.0, 2.0, 0.3, 1.0),
        (0.0, 0.0, 2.0, 0.3 + 1e-9, 1.0 - 1e-9, 2.0, 0.3, 1.0),
        (0.0, 0.0, 6.0, 0.9, 3.0, 2.0, 0.3, 1.0),
        (0.0, 0.0, 1.0, 0.0, 1e-12, 1e-12, 0.0, 1.0),
        (1e-5, 0.0, 1.0, 1e-7, 1e-12, 2.0, 1e-7, 1e-12),
        (0.0, 0.0, 1e-20, 0.0, 2e-20, 1.0, 0.3, 1.0),
    )
)

NAMES = list(RANGES)
d1, d2, p11, p12, p22, q11, q12, q22 = sp.symbols(NAMES)
P, Q = sp.Matrix([[p11, p12], [p12, p22]]), sp.Matrix([[q11, q12], [q12, q22]])
D = sp.Matrix([d1, d2])
det_p, det_q = p11 * p22 - p12**2, q11 * q22 - q12**2
# tr(adj(Q) P), which is symmetric in P and Q.
mixed = q22 * p11 - 2 * q12 * p12 + q11 * p22
# The same, and tr(P Q), as sums of positive numbers.
mixed_sum = p11 * det_q / q11 + q11 * det_p / p11 + (q12 * p11 - q11 * p12) ** 2 / (p11 * q11)
trace_sum = p11 * det_q / q22 + q22 * det_p / p11 + (q12 * p11 + q22 * p12) ** 2 / (p11 * q22)
x, y, t, c, m, u, r, l1, l2 = sp.symbols("x y t c m u r l1 l2")
s1, s2 = sp.symbols("s1 s2")


def derive() -> sn.Derivation:
    """Prove the closed forms, their relations, and the forms without cancellation."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "gaussian_divergences",
        title="KL, Bhattacharyya and Wasserstein between two normal distributions / "
        "两个多元正态分布的KL散度、巴氏距离和W距离",
        source="Su Jianlin, kexue.fm: 两个多元正态分布的KL散度、巴氏距离和W距离",
        domain={
            **dict.fromkeys((d1, d2, p12, q12, x, y, m, r), reals),
            **dict.fromkeys((*_symmetric("a"), *_symmetric("b")), reals),
            **dict.fromkeys((p11, p22, q11, q22, c, l1, l2, s1, s2), positive),
            t: sn.Interval(0, 1, left_open=True, right_open=True),
            u: sn.Interval(-1, sp.oo, left_open=True),
        },
        # The last two follow from the others, as the first step of `_overlaps` shows.
        where=(p11 * p22 > p12**2, q11 * q22 > q12**2, mixed > 0, ((P + Q).det() > 0)),
    )
    _integrals(d)
    _overlaps(d)
    _transport(d)
    _relation(d)
    divergence = _divergence(d)
    overlap = _overlap(d)
    distance = _distance(d)
    d.result({"kl": divergence, "bhattacharyya": overlap, "w2_squared": distance}, args=NAMES)
    return d


def _integrals(d: sn.Derivation) -> None:
    density = sp.exp(-c * x**2 / 2)
    d.equal(
        sp.Integral(density, (x, -sp.oo, sp.oo)),
        sp.sqrt(2 * sp.pi / c),
        why="the Gaussian integral in one dimension; by diagonalisation, the product over the "
        "eigenvalues in any other",
    )
    frame = NormalFrame.of(["e1", "e2"])
    first, second = s1 * frame.noise("e1"), r * frame.noise("e1") + s2 * frame.noise("e2")
    normal = Gaussian.joint(first, second)
    d.equal(
        normal.covariance,
        sp.Matrix([[s1**2, r * s1], [r * s1, r**2 + s2**2]]),
        why="moments: s1 e1 and r e1 + s2 e2 have this covariance, and by Cholesky every "
        "covariance matrix is of this form",
    )
    variables = {x: first, y: second}
    d.equal(
        [
            -expectation(Gaussian.of(0, c**2).log_density(x), {x: c * frame.noise("e1")}),
            -expectation(sp.expand(normal.log_density([x, y])), variables),
        ],
        [Gaussian.of(0, c**2).entropy(), normal.entropy()],
        why="the entropy, n/2 log(2 pi e) + log(det)/2, for n = 1 and 2",
    )
    other = Gaussian.of(-D, Q)
    difference = normal.log_density([x, y]) - other.log_density([x, y])
    d.equal(
        expectation(difference, variables),
        normal.kullback_leibler(other),
        why="Kullback-Leibler: the mean of log p - log q is "
        "(tr(Q^-1 P) - n - log(det P/det Q) + d^T Q^-1 d)/2",
    )


def _overlaps(d: sn.Derivation) -> None:
    S = (P + Q) / 2
    entries = (s1**2, r * s1, r**2 + s2**2, l1**2, m * l1, m**2 + l2**2)
    factors = dict(zip((p11, p12, p22, q11, q12, q22), entries, strict=True))
    d.equal(
        mixed.subs(factors, simultaneous=True),
        (m * s1 - r * l1) ** 2 + (s1 * l2) ** 2 + (l1 * s2) ** 2,
        why="with both matrices by Cholesky, N = tr(adj(Q) P) is positive, and so is "
        "4 det S = det P + det Q + N for S = (P + Q)/2: the domain says so for short",
    )
    d.equal(
        P.inv() + Q.inv(),
        2 * P.inv() * S * Q.inv(),
        why="with S = (P + Q)/2; any dimension, as P^-1 (P + Q) Q^-1 = Q^-1 + P^-1",
    )
    M = (P.inv() + Q.inv()) / 2
    place = sp.Matrix([x, y])
    centre = place - M.inv() * Q.inv() * D / 2
    d.equal(
        (place.T * P.inv() * place)[0] / 4 + ((place - D).T * Q.inv() * (place - D))[0] / 4,
        (centre.T * M * centre)[0] / 2 + (D.T * S.inv() * D)[0] / 8,
        why="Bhattacharyya: completing the square in -log sqrt(p q) leaves d^T S^-1 d/8",
    )
    d.equal(
        M.det() * P.det() * Q.det(),
        S.det(),
        why="and the Gaussian integral with the matrix (P^-1 + Q^-1)/2 leaves "
        "(det P det Q)^(1/4)/det(S)^(1/2): BD = d^T S^-1 d/8 + log(det S/sqrt(det P det Q))/2",
    )
    d.equal(
        (sp.sqrt(l1) - sp.sqrt(l2)) ** 2 / 2,
        (l1 + l2) / 2 - sp.sqrt(l1 * l2),
        why="Hellinger: half the integral of (sqrt p - sqrt q)^2 is 1 - e^(-BD) (l1, l2 the "
        "densities at a point)",
    )
    blend = t * l2 + (1 - t) * l1
    middle = (1 - t) * l1 * m / blend
    d.equal(
        t * x**2 / l1 + (1 - t) * (x - m) ** 2 / l2,
        blend / (l1 * l2) * (x - middle) ** 2 + t * (1 - t) * m**2 / blend,
        why="Chernoff: p^t q^(1 - t) completes to a square with t (1 - t) d^2/(t Q + (1 - t) P), "
        "for variances P = l1 and Q = l2 along each axis of a common diagonalisation",
    )


def _transport(d: sn.Derivation) -> None:
    A, B = _symmetric("a"), _symmetric("b")
    d.equal(
        (A * B * A) * A,
        A * (B * A * A),
        why="W2, n = 3: with A = P^(1/2) the matrices A Q A and Q P are similar, so "
        "tr((P^(1/2) Q P^(1/2))^(1/2)) is the sum of the roots of the eigenvalues of P Q",
    )
    d.equal(
        sp.sqrt(l1 + l2 + 2 * sp.sqrt(l1 * l2)),
        sp.sqrt(l1) + sp.sqrt(l2),
        why="n = 2: with the eigenvalues l1, l2 of P Q, l1 + l2 = tr(P Q) and l1 l2 = det P det Q",
    )
    a, b = sp.sqrt(det_p), sp.sqrt(det_q)
    T = Q + b / a * P.adjugate()
    size = (P * Q).trace() + 2 * a * b
    d.equal(
        T * P * T,
        size * Q,
        why="Monge map for n = 2: T = (Q + sqrt(det Q/det P) adj P)/sqrt(tr(P Q) + "
        "2 sqrt(det P det Q)) takes N(0, P) to N(0, Q), as T P T = Q",
    )
    d.equal(
        (T * P).trace(),
        size,
        why="so E|x - T x|^2 = tr P + tr Q - 2 tr(T P) attains the distance, with "
        "tr(T P) = sqrt(tr(P Q) + 2 sqrt(det P det Q))",
    )
    d.equal(
        Gaussian.of([0, 0], sp.diag(l1, l2)).wasserstein_squared(
            Gaussian.of([0, 0], sp.diag(s1, s2))
        ),
        (sp.sqrt(l1) - sp.sqrt(s1)) ** 2 + (sp.sqrt(l2) - sp.sqrt(s2)) ** 2,
        why="commuting matrices: the distance of the standard deviations",
    )


def _symmetric(name: str) -> sp.Matrix:
    return sp.Matrix(3, 3, lambda i, j: sp.Symbol(f"{name}{min(i, j) + 1}{max(i, j) + 1}"))


def _relation(d: sn.Derivation) -> None:
    d.less_equal(
        m**2 / (2 * (1 + l1)) + sp.log((1 + l1) / 2) - sp.log(l1) / 2,
        (l1 - 1 - sp.log(l1) + m**2) / 2,
        why="2 BD <= KL, Jensen for the logarithm: along each axis of a common diagonalisation, "
        "where Q = 1 and P = l1, m the difference of the means",
    )


def _pencil() -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Return mixed^2 - 4 det P det Q as a sum of squares, from P and from P - Q, and `near`."""
    D11, D12, D22 = p11 - q11, p12 - q12, p22 - q22

    def squares(e11: sp.Expr, e12: sp.Expr, e22: sp.Expr) -> sp.Expr:
        shear = q12 * e11 - q11 * e12
        return (q22 * e11 - q11 * e22 - 2 * q12 / q11 * shear) ** 2 + 4 * shear**2 * det_q / q11**2

    growth = (q22 * D11 - 2 * q12 * D12 + q11 * D22) / (2 * det_q)
    return squares(p11, p12, p22), squares(D11, D12, D22), growth


def _divergence(d: sn.Derivation) -> sp.Expr:
    far, near, growth = _pencil()
    d.equal(
        [mixed**2 - 4 * det_p * det_q] * 2,
        [far, near],
        why="with N = tr(adj(Q) P): N^2 - 4 det P det Q is a sum of squares, K, and the same in "
        "the entries of P - Q; it vanishes only for proportional matrices",
    )
    d.equal(mixed / (2 * det_q) - 1, growth, why="half of tr(Q^-1 P) - 2 from P - Q")
    classical = Gaussian.of(D, P).kullback_leibler(Gaussian.of([0, 0], Q))
    ratio = mixed / (2 * det_q)
    quadratic = (q22 * d1**2 - 2 * q12 * d1 * d2 + q11 * d2**2) / det_q
    parts = quadratic / 2 + ratio - 1 - sp.log(ratio)
    d.equal(
        classical,
        parts + sp.log(1 + far / (4 * det_p * det_q)) / 2,
        why="so with v = N/(2 det Q) - 1 the divergence is d^T Q^-1 d/2 + v - log(1 + v) + "
        "log(1 + K/(4 det P det Q))/2: a sum of nonnegative terms",
    )
    close = sp.Abs(growth) < sp.Rational(1, 2)
    product = 4 * det_p * det_q
    stable = quadratic / 2 + sp.Piecewise(
        (LogExcess(growth) + log1p(near / product) / 2, close),
        (ratio - 1 - sp.log(ratio) + log1p(far / product) / 2, True),
    )
    d.equal(
        parts + sp.log(1 + far / (4 * det_p * det_q)) / 2,
        stable,
        why="each from P - Q where the two matrices are close",
    )
    return stable


def _determinants() -> tuple[sp.Expr, sp.Expr]:
    """Return sqrt(det P) - sqrt(det Q) from P - Q, and sqrt(det P) sqrt(det Q)."""
    D11, D12, D22 = p11 - q11, p12 - q12, p22 - q22
    roots = sp.sqrt(det_p), sp.sqrt(det_q)
    change = D11 * p22 + q11 * D22 - (p12 + q12) * D12
    return change / (roots[0] + roots[1]), roots[0] * roots[1]


def _overlap(d: sn.Derivation) -> sp.Expr:
    change, product = _determinants()
    d.equal(
        [mixed, (P * Q).trace()],
        [mixed_sum, trace_sum],
        why="N and tr(P Q) as sums of positive terms",
    )
    d.equal(
        sp.sqrt(det_p) - sp.sqrt(det_q), change, why="roots of determinants, from P - Q: call it E"
    )
    far, near, growth = _pencil()
    d.equal(
        4 * ((P + Q) / 2).det(),
        4 * product + change**2 + far / (mixed_sum + 2 * product),
        why="four times det S is 4 g + E^2 + K/(N + 2 g) with g = sqrt(det P det Q)",
    )
    classical = Gaussian.of(D, P).bhattacharyya(Gaussian.of([0, 0], Q))
    sums = p11 + q11, p12 + q12, p22 + q22
    quadratic = (sums[2] * d1**2 - 2 * sums[1] * d1 * d2 + sums[0] * d2**2) / (
        sums[0] * sums[2] - sums[1] ** 2
    )
    ratio = ((P + Q) / 2).det() / product
    d.equal(
        classical,
        quadratic / 4 + log1p(ratio - 1) / 2,
        why="Bhattacharyya in the entries, with the logarithm of det S/g",
    )
    shares = [
        (change**2 + form / (mixed_sum + 2 * product)) / (4 * product) for form in (near, far)
    ]
    close = sp.Abs(growth) < sp.Rational(1, 2)
    share = sp.Piecewise((shares[0], close), (shares[1], True))
    d.equal(
        ratio - 1,
        share,
        why="what det S/g has beside 1 is never negative; K from P - Q where the two are close",
    )
    return quadratic / 4 + log1p(share) / 2


def _distance(d: sn.Derivation) -> sp.Expr:
    change, product = _determinants()
    D11, D12, D22 = p11 - q11, p12 - q12, p22 - q22
    trace, root = (
        p11 + p22 + q11 + q22,
        sp.sqrt(trace_sum + 2 * product),
    )
    squares = 4 * change**2 + D11**2 - 2 * D11 * D22 + D22**2 + 4 * D12**2
    d.equal(
        trace**2 - 4 * root**2,
        squares,
        why="W2: (tr P + tr Q)^2 - 4 (tr(P Q) + 2 g) is 4 E^2 + (D11 - D22)^2 + 4 D12^2 with "
        "D = P - Q",
    )
    stable = d1**2 + d2**2 + squares / (trace + 2 * root)
    d.equal(
        d1**2 + d2**2 + trace - 2 * root,
        stable,
        why="so |d|^2 + tr P + tr Q - 2 tr((P Q)^(1/2)) is a sum of squares over a positive number",
    )
    return stable


def divergences(difference: ArrayLike, P: ArrayLike, Q: ArrayLike) -> dict[str, float]:
    """Return the three for matrices of any size n, by Cholesky and singular values.

    For one singular matrix the first two are infinite; two of them are a ValueError, as there is no
    density to compare, and so is a negative eigenvalue.
    """
    d, p, q = (np.asarray(array, dtype=np.float64) for array in (difference, P, Q))
    if p.shape != q.shape or p.shape != (d.size, d.size):
        raise ValueError(f"shapes do not fit: {d.shape}, {p.shape}, {q.shape}")
    spectra = [np.linalg.eigh(matrix) for matrix in (p, q)]
    least = [values[0] / max(abs(values[-1]), 1e-300) for values, _ in spectra]
    if min(least) < -1e-12 or max(least) <= 0:
        raise ValueError("P, Q: expected no negative eigenvalue and at most one singular matrix")
    # tr((P Q)^(1/2)) is the nuclear norm of L^T R for P = L L^T and Q = R R^T.
    roots = [vectors * np.sqrt(np.maximum(values, 0.0)) for values, vectors in spectra]
    nuclear = np.sum(np.linalg.svd(roots[0].T @ roots[1], compute_uv=False))
    distance = float(d @ d + np.trace(p) + np.trace(q) - 2.0 * nuclear)
    if min(least) <= 0:
        return {"kl": np.inf, "bhattacharyya": np.inf, "w2_squared": distance}
    low, right, middle = (np.linalg.cholesky(matrix) for matrix in (p, q, (p + q) / 2.0))
    # Ratios of the variances along the axes of a common diagonalisation.
    ratios = np.linalg.svd(np.linalg.solve(right, low), compute_uv=False) ** 2
    away, between = np.linalg.solve(right, d), np.linalg.solve(middle, d)
    logs = np.log(ratios)
    return {
        "kl": float(np.sum(ratios - 1.0 - logs) + away @ away) / 2.0,
        "bhattacharyya": float(np.sum(np.log((1.0 + ratios) / 2.0) - logs / 2.0)) / 2.0
        + float(between @ between) / 8.0,
        "w2_squared": distance,
    }


def diagonal_divergences(difference: ArrayLike, p: ArrayLike, q: ArrayLike) -> dict[str, Any]:
    """Return the three for variances p and q over the last axis; infinite where one is 0."""
    d, p, q = (np.asarray(array, dtype=np.float64) for array in (difference, p, q))
    regular, sums = (p > 0) & (q > 0), np.sqrt(p) + np.sqrt(q)
    squares = ((p - q) / np.where(sums > 0, sums, 1.0)) ** 2
    product, below = np.where(regular, np.sqrt(p * q), np.nan), np.where(regular, q, np.nan)
    kl = (_excess()((p - q) / below) + d**2 / below) / 2.0
    overlap = np.log1p(squares / (2.0 * product)) / 2.0 + d**2 / np.where(
        regular, 4.0 * (p + q), 1.0
    )
    return {
        "kl": np.sum(np.where(regular, kl, np.inf), axis=-1),
        "bhattacharyya": np.sum(np.where(regular, overlap, np.inf), axis=-1),
        "w2_squared": np.sum(d**2 + squares, axis=-1),
    }


@cache
def _excess() -> Any:
    return sn.lambdify([u], LogExcess(u))


def _matrices(point: tuple[float, ...]) -> tuple[NDArray[np.float64], ...]:
    d1, d2, p11, p12, p22, q11, q12, q22 = point
    return (
        np.array([d1, d2]),
        np.array([[p11, p12], [p12, p22]]),
        np.array([[q11, q12], [q12, q22]]),
    )


def _by_scipy(*point: float) -> dict[str, float]:
    """Return the distance of W2 as POT writes bures_wasserstein_distance, by roots of matrices."""
    from scipy.linalg import sqrtm

    d, p, q = _matrices(point)
    root = sqrtm(p)
    cross = np.real(np.trace(sqrtm(root @ q @ root)))
    return {"w2_squared": float(d @ d + np.trace(p) + np.trace(q) - 2 * cross)}


def _as_torch(*point: float) -> dict[str, float]:
    """Return kl_divergence of two MultivariateNormal as torch writes it, by Cholesky."""
    d, p, q = _matrices(point)
    left, right = np.linalg.cholesky(p), np.linalg.cholesky(q)
    logs = np.sum(np.log(np.diag(right))) - np.sum(np.log(np.diag(left)))
    squares = np.linalg.solve(right, np.column_stack([left, d])) ** 2
    return {"kl": float(logs + 0.5 * (np.sum(squares) - 2))}


PEERS = {
    "w2: POT's formula with scipy.linalg.sqrtm": _by_scipy,
    "kl: kl_divergence, as torch writes it": _as_torch,
}


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the three along the geodesic of W2 between two covariances, and the ellipses on it."""
    left, right = figure.subplots(1, 2)
    kernel = derivation.compile()
    first, last = np.array([[2.0, 0.9], [0.9, 0.8]]), np.array([[0.4, -0.2], [-0.2, 1.5]])
    product = np.sqrt(np.linalg.det(first) * np.linalg.det(last))
    adjugate = np.linalg.inv(first) * np.linalg.det(first)
    size = np.trace(first @ last) + 2.0 * product
    monge = (last + product / np.linalg.det(first) * adjugate) / np.sqrt(size)
    shares = np.linspace(0.0, 1.0, 201)
    steps = (1.0 - shares)[:, None, None] * np.eye(2) + shares[:, None, None] * monge
    path = steps @ first @ steps
    columns = [path[:, 0, 0], path[:, 0, 1], path[:, 1, 1]]
    values = kernel(0.0, 0.0, *columns, first[0, 0], first[0, 1], first[1, 1])
    labels = {"kl": "KL", "bhattacharyya": "Bhattacharyya", "w2_squared": "W2 squared"}
    for name, label in labels.items():
        left.semilogy(shares[1:], values[name][1:], label=label)
    left.semilogy(shares[1:], 2 * values["bhattacharyya"][1:], ":", color="C1", label="2 BD <= KL")
    left.set_xlabel("share of the way from Q to the other end")
    left.set_title("From Q along the geodesic of W2")
    left.legend(fontsize=8)
    turn = np.linspace(0.0, 2.0 * np.pi, 200)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    for place in (0, 50, 100, 150, 200):
        ellipse = np.linalg.cholesky(path[place]) @ circle
        right.plot(*ellipse, color=f"{0.75 * (1 - shares[place]):.2f}", linewidth=1.5)
    right.set_aspect("equal")
    right.set_title("The ellipses on the way (darker: farther)")
