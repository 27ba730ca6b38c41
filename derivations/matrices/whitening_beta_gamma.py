"""Whitening with two hyper-parameters: how much of the mean to take away, how much to whiten.

Vectors become (x - beta mu) W with W = U Lambda^(-gamma/2), from the second moment about beta mu.
The steps prove what both parameters do; the kernel is W W^T in two dimensions. Source: Su Jianlin,
kexue.fm, 当BERT-whitening引入超参数：总有一款适合你.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import IndexSums

NAMES = ["c11", "c12", "c22", "m1", "m2", "beta", "gamma"]
RANGES = {
    **dict.fromkeys(("c11", "c22"), (1.0, 3.0)),
    **dict.fromkeys(("m1", "m2"), (-2.0, 2.0)),
    **dict.fromkeys(("beta", "gamma"), (0.0, 1.0)),
    "c12": (-0.9, 0.9),
}
TAILS = tuple(
    dict(zip(NAMES, point, strict=True))
    for point in (
        (2.0, 0.0, 2.0, 0.3, -0.4, 1.0, 0.7),
        (1.0, 1e-9, 1.0, 0.0, 0.0, 1.0, 0.5),
        (1.0, 1e-9, 1.0, 0.3, 0.2, 0.4, 1.0),
        (1.5, 0.4, 0.9, 0.3, -0.2, 0.4, 0.0),
        (1.0, 0.999, 1.0, 1.0, 1.0, 0.0, 0.5),
        (1.0, 0.0, 1e-12, 1e6, 1e6, 0.0, 0.5),
        (1e8, 9.9e7, 1e8, 3.0, 2.0, 0.5, 0.9),
    )
)

c11, c12, c22, m1, m2, beta, gamma = arguments = sp.symbols(NAMES)
S11, S12, S22, half, root, D = sp.symbols("S_11 S_12 S_22 eta rho Delta")
x1, x2, y1, y2, phi, h, g = reals = sp.symbols("x1 x2 y1 y2 phi h g")
data = sp.symbols("x1:4(1:3)")
k, N = sp.symbols("k N", integer=True, positive=True)
first, second = sp.IndexedBase("x"), sp.IndexedBase("y")
# Two coordinates of N samples, by their means and their covariance.
SAMPLES = {first[k]: m1, second[k]: m2, first[k] * second[k]: c12 + m1 * m2}
SUMS = IndexSums({sp.Sum(term, (k, 1, N)): N * mean for term, mean in SAMPLES.items()})
L1, L2, q, t, u, v, w = positive = sp.symbols("lambda_1 lambda_2 q t u v w")


def derive() -> sn.Derivation:
    """Prove what beta and gamma do in every dimension, and the closed form in two."""
    line, half_line = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "whitening_beta_gamma",
        title="BERT-whitening with hyper-parameters / 当BERT-whitening引入超参数：总有一款适合你",
        source="Su Jianlin, kexue.fm: 当BERT-whitening引入超参数：总有一款适合你",
        domain=dict.fromkeys([c11, c22, *positive], half_line)
        | dict.fromkeys([c12, m1, m2, *reals, *data], line)
        | dict.fromkeys([beta, gamma], sn.Interval(0, 1))
        | {N: sn.Integers(1, sp.oo)},
        where=(c11 * c22 > c12**2,),
    )
    _second_moment(d)
    _whitened(d)
    _divided_difference(d)
    d.result(_closed_form(d), args=NAMES)
    return d


def _second_moment(d: sn.Derivation) -> None:
    average = sp.Sum((first[k] - beta * m1) * (second[k] - beta * m2), (k, 1, N)) / N
    d.equal(
        SUMS.of(average),
        SUMS.of(c12 + (1 - beta) ** 2 * m1 * m2),
        why="N samples, any two of their coordinates x and y, with the means m1, m2 and the "
        "covariance c12: the second moment about beta mu is S = Cov + (1 - beta)^2 mu mu^T, for "
        "every N and in every dimension",
    )
    X = sp.Matrix(3, 2, data)
    mean = sp.Matrix([[sum(X[:, 0]) / 3, sum(X[:, 1]) / 3]])
    shifted, centred = (X - sp.ones(3, 1) * scale * mean for scale in (beta, 1))
    d.equal(
        shifted.T * shifted / 3,
        centred.T * centred / 3 + (1 - beta) ** 2 * mean.T * mean,
        why="written out for three samples in two dimensions",
    )


def _whitened(d: sn.Derivation) -> None:
    U = sp.Matrix([[sp.cos(phi), -sp.sin(phi)], [sp.sin(phi), sp.cos(phi)]])
    S = U * sp.diag(L1, L2) * U.T
    W = U * sp.diag(L1 ** (-gamma / 2), L2 ** (-gamma / 2))
    d.equal(
        W.T * S * W,
        sp.diag(L1 ** (1 - gamma), L2 ** (1 - gamma)),
        why="with S = U Lambda U^T and W = U Lambda^(-gamma/2) the vectors x W have the second "
        "moment Lambda^(1 - gamma): for each eigenvalue l^(-gamma/2) l l^(-gamma/2)",
    )
    x, y = sp.Matrix([[x1, x2]]), sp.Matrix([[y1, y2]])
    d.equal(
        ((x * W.subs(gamma, 0)) * (y * W.subs(gamma, 0)).T)[0, 0],
        x1 * y1 + x2 * y2,
        why="gamma = 0 turns the vectors: with beta = 0 all inner products stay as they were",
    )
    d.equal(
        (W.T * S * W).subs(gamma, 1),
        sp.eye(2),
        why="gamma = 1 is the whitening of old: every direction has the same size",
    )
    powers = sp.diag(L1 ** (-gamma), L2 ** (-gamma))
    d.equal(W * W.T, U * powers * U.T, why="W W^T = S^(-gamma), which decides all inner products")
    signs = sp.diag(1, -1)
    d.equal(
        (U * signs) * powers * (U * signs).T,
        U * powers * U.T,
        why="whatever the signs of the eigenvectors in U are",
    )
    d.equal(
        (W.T * S * W).trace(),
        L1 ** (1 - gamma) + L2 ** (1 - gamma),
        why="the mean square of the length is the sum of l^(1 - gamma), one term for each "
        "coordinate: a reduction to k of them drops the terms of the others",
    )
    d.less_equal(
        v,
        (v + w) * sp.cos(phi) ** 2 + v * sp.sin(phi) ** 2,
        why="and no other direction has less than the least of the terms (here v, and v + w)",
    )
    d.less_equal(
        L1 ** (1 - gamma),
        (L1 + L2) ** (1 - gamma),
        why="which belongs to the least eigenvalue, since l^(1 - gamma) does not fall",
    )


def _divided_difference(d: sn.Derivation) -> None:
    large, small = q * sp.exp(t), q * sp.exp(-t)
    A = sp.Matrix([[h, g], [g, -h]])
    S = q * sp.cosh(t) * sp.eye(2) + A
    d.equal(
        (S - large * sp.eye(2)) * (S - small * sp.eye(2)),
        (h**2 + g**2 - q**2 * sp.sinh(t) ** 2) * sp.eye(2),
        why="two dimensions: with S = q cosh(t) I + A, A without trace, and q sinh(t) = sqrt(h^2 + "
        "g^2), the eigenvalues are q e^t and q e^(-t)",
    )
    d.equal(
        (large ** (-gamma) + small ** (-gamma)) / 2,
        q ** (-gamma) * sp.cosh(gamma * t),
        why="S^(-gamma) = (mean of l^(-gamma)) I + (its divided difference) A: the mean",
    )
    d.equal(
        (large ** (-gamma) - small ** (-gamma)) / (large - small),
        -(q ** (-gamma)) * sp.sinh(gamma * t) / (q * sp.sinh(t)),
        why="and the divided difference over the two eigenvalues",
    )
    d.limit(
        sp.sinh(gamma * t) / (q * sp.sinh(t)),
        t,
        0,
        gamma / q,
        why="which has a limit where the eigenvalues become equal",
    )


def _closed_form(d: sn.Derivation) -> sp.Matrix:
    rest = (1 - beta) ** 2
    d.define(S11, c11 + rest * m1**2, why="the entries of S")
    d.define(S12, c12 + rest * m1 * m2, why="the entries of S")
    d.define(S22, c22 + rest * m2**2, why="the entries of S")
    d.define(half, (S11 - S22) / 2, why="half the difference of the diagonal")
    d.define(root, sp.sqrt(half**2 + S12**2), why="half the difference of the eigenvalues")
    inner = (c11 * c22 - c12**2) * (1 + rest * m1**2 / c11)
    d.define(
        D,
        inner + rest * (c11 * m2 - c12 * m1) ** 2 / c11,
        why="the determinant of S, as a sum of positive terms",
    )
    d.equal(S11 * S22 - S12**2, D, why="it is that, by completing the square")
    d.equal(
        D + root**2,
        ((S11 + S22) / 2) ** 2,
        why="so q = sqrt(Delta) and sinh(t) = rho/q give q cosh(t) = (S_11 + S_22)/2, as needed",
    )
    angle = sp.asinh(root / sp.sqrt(D))
    slope = sp.Piecewise(
        (sp.sinh(gamma * angle) / root, sp.Gt(root, 0)), (gamma / sp.sqrt(D), True)
    )
    traceless = sp.Matrix([[half, S12], [S12, -half]])
    matrix = sp.Matrix(D ** (-gamma / 2) * (sp.cosh(gamma * angle) * sp.eye(2) - slope * traceless))
    d.equal(
        sp.sqrt(D) ** (-gamma) * sp.cosh(gamma * angle) * sp.eye(2)
        - sp.sqrt(D) ** (-gamma) * slope * traceless,
        matrix,
        why="all put together: W W^T = S^(-gamma), with the limit where rho = 0",
    )
    return matrix


class Whitening(NamedTuple):
    """What `fit` found: x becomes (x - shift) matrix; all eigenvalues of S, descending."""

    shift: NDArray[np.float64]
    matrix: NDArray[np.float64]
    eigenvalues: NDArray[np.float64]


def fit(
    samples: ArrayLike,
    beta: float = 1.0,
    gamma: float = 1.0,
    k: int | None = None,
    floor: float | None = None,
) -> Whitening:
    """Return the whitening of samples (N, d), reduced to the k largest directions.

    Eigenvalues below `floor` count as `floor`. Without it a ValueError is raised if gamma > 0 and
    one of the k eigenvalues is 0 up to rounding.
    """
    X = np.asarray(samples, dtype=np.float64)
    if X.ndim != 2 or not X.size or not np.all(np.isfinite(X)):
        raise ValueError(f"samples: expected finite numbers of shape (N, d), got {X.shape}")
    k = X.shape[1] if k is None else k
    if not 1 <= k <= X.shape[1]:
        raise ValueError(f"k: expected 1 to {X.shape[1]}, got {k}")
    moved = X - X[0]  # a common offset goes before anything is squared
    mean = np.mean(moved, axis=0)
    centred = moved - mean
    mu = X[0] + mean
    moment = centred.T @ centred / len(X) + (1 - beta) ** 2 * np.outer(mu, mu)
    eigenvalues, U = np.linalg.eigh(moment)
    eigenvalues, U = np.maximum(eigenvalues[::-1], 0.0), U[:, ::-1]
    kept = eigenvalues[:k]
    smallest = X.shape[1] * np.finfo(float).eps * eigenvalues[0]
    if floor is not None:
        kept = np.maximum(kept, floor)
    elif gamma > 0 and kept[-1] <= smallest:
        rank = int(np.sum(eigenvalues > smallest))
        raise ValueError(f"samples: of rank {rank}, below k = {k}; reduce k or give a floor")
    return Whitening(beta * mu, U[:, :k] * kept ** (-gamma / 2), eigenvalues)


def apply(whitening: Whitening, vectors: ArrayLike) -> NDArray[np.float64]:
    """Return the whitened vectors (..., k) of vectors (..., d)."""
    return np.asarray((np.asarray(vectors, dtype=np.float64) - whitening.shift) @ whitening.matrix)


def example(size: int = 2000, width: int = 64) -> NDArray[np.float64]:
    """Return samples whose spectrum falls like a power, about a mean that is not 0."""
    generator = np.random.default_rng(0)
    scales = np.arange(1, width + 1) ** -1.0
    turned, _ = np.linalg.qr(generator.standard_normal((width, width)))
    return generator.standard_normal((size, width)) * scales @ turned + 0.2


def _moment(point: tuple[float, ...]) -> NDArray[np.float64]:
    c11, c12, c22, m1, m2, beta, _ = point
    mean = (1 - beta) * np.array([m1, m2])
    return np.array([[c11, c12], [c12, c22]]) + np.outer(mean, mean)


def _by_scipy(*point: float) -> NDArray[np.float64]:
    from scipy.linalg import eigh

    values, vectors = eigh(_moment(point))
    return np.asarray((vectors * values ** -point[6]) @ vectors.T)


def _by_powers(*point: float) -> NDArray[np.float64]:
    from scipy.linalg import fractional_matrix_power

    return np.asarray(np.real(fractional_matrix_power(_moment(point), -point[6])))


PEERS = {"scipy.linalg.eigh": _by_scipy, "scipy.linalg.fractional_matrix_power": _by_powers}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the whitened moments, and what a large offset does."""
    samples = example()
    lines = []
    for offset in (0.0, 1e8):
        whitening = fit(samples + offset)
        image = apply(whitening, samples + offset)
        error = np.max(np.abs(image.T @ image / len(image) - np.eye(image.shape[1])))
        lines.append((f"whitened moment against I, offset {offset:g}", f"{error:.1e}"))
    energy = fit(samples).eigenvalues
    for gamma_value in (0.0, 0.5, 1.0):
        kept = np.sum(energy[:16] ** (1 - gamma_value)) / np.sum(energy ** (1 - gamma_value))
        lines.append((f"energy kept by 16 of 64 directions, gamma = {gamma_value}", f"{kept:.3f}"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the spectrum of the transformed samples for gamma from 0 to 1, and the energy kept."""
    left, right = figure.subplots(1, 2)
    eigenvalues = fit(example()).eigenvalues
    index = np.arange(1, len(eigenvalues) + 1)
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        spectrum = eigenvalues ** (1 - value)
        left.loglog(index, spectrum, label=f"gamma = {value}")
        right.plot(index, np.cumsum(spectrum) / np.sum(spectrum), label=f"gamma = {value}")
    left.set_xlabel("direction")
    left.set_ylabel("eigenvalue of the second moment")
    left.set_title("The spectrum after whitening")
    right.set_xlabel("directions kept")
    right.set_ylabel("part of the energy")
    right.set_title("What a reduction keeps")
    for axes in (left, right):
        axes.grid(visible=True, alpha=0.25)
    left.legend()
