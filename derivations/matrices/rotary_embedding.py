"""Rotary position embedding: absolute positions whose inner products see relative ones alone.

Turning a query by its position times an angle, and a key by its own, leaves the difference of the
positions. The steps prove that nothing else does, and what is known about the decay with distance.
Source: Su Jianlin, kexue.fm, Transformer升级之路：2、博采众长的旋转式位置编码.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn

NAMES = ["q1", "q2", "k1", "k2", "m", "n", "theta"]
RANGES = dict.fromkeys(NAMES, (-2.0, 2.0)) | {"m": (0.0, 64.0), "n": (0.0, 64.0)}
PAIR = {"q1": 0.3, "q2": -1.2, "k1": 0.7, "k2": 1.1}
TAILS = (
    PAIR | {"m": 1e15, "n": 1e15 + 3, "theta": 0.93},
    PAIR | {"m": 1e15 + 2, "n": 1e15 - 5, "theta": 1e-4},
    PAIR | {"m": 4096.0, "n": 4096.0, "theta": 1.0},
    PAIR | {"m": 0.0, "n": 1e6, "theta": 1e-300},
)
WIDTH, BASE = 128, 10000
DISTANCES = (1, 64, 1024)

q1, q2, k1, k2, m, n, theta = arguments = sp.symbols(NAMES)
v, w, t, u, x, M, B = sp.symbols("v w t u x M B")
a1, a2, b1, b2, h, g, z, S, T = sums = sp.symbols("a1 a2 b1 b2 h g z S T")
rho, r = sp.symbols("rho r")
phases = Qm, Qn, Km, Kn, G0, G1 = sp.symbols("Q_m Q_n K_m K_n G_0 G_1")


def turn(angle: sp.Expr) -> sp.Matrix:
    """Return the matrix of a rotation of the plane."""
    return sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]])


def derive() -> sn.Derivation:
    """Prove the form, its uniqueness and its group law, and the bound that decays."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "rotary_embedding",
        title="Rotary position embedding / Transformer升级之路：2、博采众长的旋转式位置编码",
        source="Su Jianlin, kexue.fm: Transformer升级之路：2、博采众长的旋转式位置编码",
        domain=dict.fromkeys([*arguments, v, w, t, u, *sums, *phases], reals)
        | {rho: sn.Interval(0, sp.oo), r: sn.Interval(0, sp.oo), x: positive, M: positive}
        | {B: sn.Interval(1, sp.oo, left_open=True)},
        where=(sp.Eq(Qm, Km + G0), sp.Eq(Qn, Kn + G0), sp.Eq(Qm, Kn + G1)),
    )
    _functional_equation(d)
    relative = _rotations(d)
    _linear_attention(d)
    _summation(d)
    _decay(d)
    d.refute(
        sp.Lt(relative, q1 * k1 + q2 * k2, evaluate=False),
        at={q1: 1, q2: 0, k1: 1, k2: 0, m: 0, n: 44, theta: sp.pi / 22},
        why="what decays is the bound: the inner product of one plane comes back after a full turn",
    )
    d.result(relative, args=NAMES)
    return d


def _functional_equation(d: sn.Derivation) -> None:
    d.equal(
        rho**2 - r**2,
        (rho - r) * (rho + r),
        why="f(q, m) conj f(k, n) = g(q, k, m - n), taken for k = q and n = m, says that "
        "|f(q, m)|^2 = |f(q, 0)|^2; neither is negative: the modulus does not depend on the place",
    )
    d.equal(
        Qm - Qn,
        G1 - G0,
        why="of the phases Q_m, K_m of f(q, m), f(k, m), and of position n = m - 1, it says Q_m - "
        "K_m = G_0 = Q_n - K_n and Q_m - K_n = G_1: they grow by the same amount at each step",
    )
    d.equal(
        theta * m + theta,
        theta * (m + 1),
        why="with theta for that amount, induction gives the phase m theta: f(q, m) = q e^(i m "
        "theta), and the same theta for q and k as G_0 does not depend on m",
    )


def _rotations(d: sn.Derivation) -> sp.Expr:
    J = sp.Matrix([[0, -1], [1, 0]])
    one = sp.eye(2)
    slope = turn(t).applyfunc(lambda entry: sp.Derivative(entry, t))
    d.equal(slope, J * turn(t), why="as a matrix e^(i t) is R(t), with R' = J R")
    d.equal(turn(t).subs(t, 0), one, why="and R(0) = I: R_m = R(m theta) = exp(m theta J)")
    d.equal(turn(t).T * turn(t), one, why="it is orthogonal: lengths stay")
    d.equal(
        turn(m * theta).T * turn(n * theta),
        turn((n - m) * theta),
        why="R_m^T R_n = R_(n - m): positions enter as their difference alone",
    )
    query, key = sp.Matrix([q1, q2]), sp.Matrix([k1, k2])
    angle = (n - m) * theta
    relative = (q1 * k1 + q2 * k2) * sp.cos(angle) + (q2 * k1 - q1 * k2) * sp.sin(angle)
    d.equal(
        (turn(m * theta) * query).dot(turn(n * theta) * key),
        relative,
        why="so does the inner product of the turned query and the turned key",
    )
    return relative


def _linear_attention(d: sn.Derivation) -> None:
    query, first, second = sp.Matrix([q1, q2]), sp.Matrix([k1, k2]), sp.Matrix([a1, a2])
    turned = turn(t) * query
    one, two = turn(u) * first, turn(z) * second
    d.equal(
        turned.dot(one) * v + turned.dot(two) * w,
        turned.dot(v * one + w * two),
        why="linear attention: the numerator with turned features is still one sum over the keys, "
        "which does not know the query",
    )
    d.refute(
        sp.Gt((turn(m * theta) * query).dot(turn(n * theta) * first), 0, evaluate=False),
        at={q1: 1, q2: 1, k1: 1, k2: 1, m: 0, n: 1, theta: sp.pi},
        why="its denominator must not be turned: the weights of positive features may then be "
        "negative, and their sum 0",
    )


def _summation(d: sn.Derivation) -> None:
    d.equal(
        (S * h - T) + h * z,
        (S + z) * g - (T + (S + z) * (g - h)),
        why="Abel summation by induction: if sum h_i z_i = S_N h_N - T_N over i < N, with S_N the "
        "sum of z_i and T_N that of S_(i+1) (h_(i+1) - h_i), then also with one more term (h, g "
        "for h_N, h_(N+1)); where h_N = 0 after the last one, sum h_i z_i = -T_N",
    )
    d.less_equal(
        (a1 * b1 + a2 * b2) ** 2,
        (a1**2 + a2**2) * (b1**2 + b2**2),
        using="cauchy-schwarz",
        why="for complex terms z_i = e^(i m theta_i), two coordinates each",
    )
    d.less_equal(
        sp.sqrt((a1 + b1) ** 2 + (a2 + b2) ** 2),
        sp.sqrt(a1**2 + a2**2) + sp.sqrt(b1**2 + b2**2),
        using="squaring",
        why="the triangle inequality; term by term |T_N| <= max |h_(i+1) - h_i| sum |S_(i+1)|",
    )


def partial_sum(distance: int, count: int) -> tuple[sp.Expr, sp.Expr]:
    """Return the real and the imaginary part of S_j, the sum of e^(i m theta_i) over i < j."""
    angles = [distance * BASE ** sp.Rational(-2 * i, WIDTH) for i in range(count)]
    return sp.Add(*map(sp.cos, angles)), sp.Add(*map(sp.sin, angles))


def _decay(d: sn.Derivation) -> None:
    half = WIDTH // 2
    for distance in DISTANCES:
        sizes = [
            sp.sqrt(real**2 + imaginary**2)
            for real, imaginary in (partial_sum(distance, j) for j in range(1, half + 1))
        ]
        mean = sp.Add(*sizes) / half
        d.solve(
            x - mean,
            x,
            near=mean.evalf(10),
            name=f"decay_{distance}",
            why=f"the number x that is the mean of |S_1| to |S_{half}| at the distance {distance}, "
            f"for theta_i = {BASE}^(-2 i/{WIDTH})",
        )
    wave = M * B ** (-u)
    for antiderivative, part in ((sp.Ci, sp.cos), (sp.Si, sp.sin)):
        d.equal(
            sp.Derivative(-antiderivative(wave) / sp.log(B), u),
            part(wave),
            why="many planes: the mean of e^(i m theta_i) tends to the integral of e^(i m B^-u) "
            f"over [0, 1], whose {'real' if part is sp.cos else 'imaginary'} part has this "
            "antiderivative; together (E_1(-i m/B) - E_1(-i m))/log B",
        )


def apply_rotary(
    vectors: ArrayLike, positions: ArrayLike, base: float = BASE, layout: str = "interleaved"
) -> NDArray[np.float64]:
    """Turn the planes of vectors (..., d) by positions (...) times base^(-2 i/d).

    The planes are the pairs (0, 1), (2, 3), ... in the layout ``"interleaved"``, and (0, d/2),
    (1, d/2 + 1), ... in the layout ``"half"``. A ValueError for an odd d or another layout.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim == 0 or vectors.shape[-1] % 2 or not vectors.shape[-1]:
        raise ValueError(f"vectors: expected an even last axis, got the shape {vectors.shape}")
    if layout not in ("interleaved", "half"):
        raise ValueError(f"layout: expected 'interleaved' or 'half', got {layout!r}")
    width = vectors.shape[-1]
    angles = np.asarray(positions, dtype=np.float64)[..., None] * base ** (
        -2.0 * np.arange(width // 2) / width
    )
    cosine, sine = np.cos(angles), np.sin(angles)
    first, second = (
        (slice(0, None, 2), slice(1, None, 2))
        if layout == "interleaved"
        else (slice(0, width // 2), slice(width // 2, None))
    )
    x, y = vectors[..., first], vectors[..., second]
    turned = np.empty(np.broadcast_shapes(vectors.shape, (*angles.shape[:-1], width)))
    turned[..., first] = x * cosine - y * sine
    turned[..., second] = x * sine + y * cosine
    return turned


def decay(distances: ArrayLike, width: int = WIDTH, base: float = BASE) -> NDArray[np.float64]:
    """Return the mean of |S_1|, ..., |S_(d/2)| for an array of distances."""
    angles = np.asarray(distances, dtype=np.float64)[..., None] * base ** (
        -2.0 * np.arange(width // 2) / width
    )
    return np.asarray(np.mean(np.abs(np.cumsum(np.exp(1j * angles), axis=-1)), axis=-1))


def continuum(distances: ArrayLike, width: int = WIDTH, base: float = BASE) -> NDArray[np.float64]:
    """Return the same mean for infinitely many planes, scaled to d/2 of them; distances > 0."""
    from scipy.special import sici

    distances = np.asarray(distances, dtype=np.float64)[..., None]
    upper = (np.arange(400) + 0.5) / 400
    (sine, cosine), (last_sine, last_cosine) = sici(distances), sici(distances * base**-upper)
    size = np.hypot(cosine - last_cosine, sine - last_sine) / np.log(base)
    return np.asarray(width / 2 * np.mean(size, axis=-1))


def inner_products(distances: ArrayLike, planes: int | slice) -> NDArray[np.float64]:
    """Return the inner product of a unit vector in some planes with itself turned away."""
    vector = np.zeros((WIDTH // 2, 2))
    vector[planes] = 1.0
    vector = vector.ravel() / np.linalg.norm(vector)
    turned = apply_rotary(vector, np.asarray(distances, dtype=np.float64))
    return np.asarray(np.sum(turned * vector, axis=-1))


def _as_transformers(
    q1: float, q2: float, k1: float, k2: float, m: float, n: float, theta: float
) -> float:
    """Turn query and key each by its own position, as apply_rotary_pos_emb does."""
    query, key = (
        np.array([u, v]) * np.cos(place * theta) + np.array([-v, u]) * np.sin(place * theta)
        for u, v, place in ((q1, q2, m), (k1, k2, n))
    )
    return float(query @ key)


PEERS = {"both turned, as transformers does": _as_transformers}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the bound with its continuum, and with an inner product that it is a bound of."""
    distances = np.array([1.0, 64.0, 1024.0])
    return [
        (
            f"distance {distance:g}: mean |S_j|, continuum, vector of ones, one plane",
            f"{discrete:.3f}, {smooth:.3f}, {every:.3f}, {one:.3f}",
        )
        for distance, discrete, smooth, every, one in zip(
            distances,
            decay(distances),
            continuum(distances),
            inner_products(distances, slice(None)),
            inner_products(distances, 20),
            strict=True,
        )
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the decay of the bound with its continuum, and inner products that it bounds."""
    above, below = figure.subplots(2, 1)
    distances = np.arange(1.0, 1025.0)
    above.loglog(distances, decay(distances), color="#08306b", label="64 planes")
    above.loglog(distances, continuum(distances), "--", color="#d95f02", label="continuum")
    above.set_ylabel("mean of |S_j|")
    above.set_title("The bound decays with the distance")
    above.legend()
    for label, planes, colour in (
        ("all planes", slice(None), "#08306b"),
        ("plane 20 alone", 20, "#d95f02"),
    ):
        below.plot(distances, inner_products(distances, planes), colour, lw=0.8, label=label)
    below.legend(loc="lower left")
    below.set_xscale("log")
    below.set_xlabel("distance n - m")
    below.set_ylabel("inner product")
    below.set_title("The inner product of a unit vector with itself, turned away, need not")
    for axes in (above, below):
        axes.grid(visible=True, alpha=0.25)
