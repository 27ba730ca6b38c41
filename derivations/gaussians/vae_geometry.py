"""A variational autoencoder as geometry: noise costs where the decoder stretches.

The Kullback-Leibler term asks for the radius 1, the reconstruction for the radius 0. For a linear
decoder the balance has a closed form: the posterior is an ellipse whose axes are short where the
decoder stretches. Source: Su Jianlin, kexue.fm, 变分自编码器(六)：从几何视角来理解VAE的尝试.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import Gaussian, NormalFrame, expectation
from symnum.matexp import Phi

RANGES = {"mu": (-3.0, 3.0), "log_s2": (-5.0, 5.0)}
TAILS = (
    {"mu": 0.0, "log_s2": 1e-9},
    {"mu": 0.0, "log_s2": -1e-5},
    {"mu": 0.0, "log_s2": 700.0},
    {"mu": 1.0, "log_s2": -700.0},
    {"mu": 1e-6, "log_s2": 1e-12},
    {"mu": 0.0, "log_s2": 0.0},
)

mu, log_s2, s, h, c, t, x = sp.symbols("mu log_s2 s h c t x")
OUTPUTS, LATENTS = 3, 2


def derive() -> sn.Derivation:
    """Prove the closed form, its bounds, and the best noise of a linear decoder."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    one_side = sn.Interval(-1, sp.oo, left_open=True)
    d = sn.Derivation(
        "vae_geometry",
        title="Variational autoencoders (6): a geometric view / "
        "变分自编码器(六)：从几何视角来理解VAE的尝试",
        source="Su Jianlin, kexue.fm: 变分自编码器(六)：从几何视角来理解VAE的尝试",
        domain={
            **dict.fromkeys((mu, log_s2, x, *_entries(), *_slopes()), reals),
            s: positive,
            h: one_side,
            c: sn.Interval(0, sp.oo),
        },
    )
    divergence = _divergence(d)
    _neighbourhood(d, divergence)
    _linear_decoder(d)
    _best_noise(d)
    _curved_decoder(d)
    plain = (mu**2 + (sp.exp(log_s2) - 1) - log_s2) / 2
    stable = (mu**2 + log_s2**2 * Phi(2, log_s2)) / 2
    d.equal(divergence.subs(s, sp.exp(log_s2 / 2)), plain, why="in terms of log s^2")
    d.equal(
        plain,
        stable,
        why="with phi_2(l) = (e^l - 1 - l)/l^2 nothing cancels where s is close to 1",
    )
    d.result(stable, args=[mu, log_s2])
    return d


def _entries() -> list[sp.Symbol]:
    matrix = sp.symbols(f"d1:{OUTPUTS + 1}(1:{LATENTS + 1})")
    means, widths = sp.symbols(f"m1:{LATENTS + 1}"), sp.symbols(f"s1:{LATENTS + 1}")
    return [*sp.symbols(f"x1:{OUTPUTS + 1}"), *matrix, *means, *widths]


def _slopes() -> list[sp.Symbol]:
    return list(sp.symbols("g0:5"))


def _divergence(d: sn.Derivation) -> sp.Expr:
    posterior, prior = Gaussian.of(mu, s**2), Gaussian.of(0, 1)
    log_ratio = t**2 / 2 - (t - mu) ** 2 / (2 * s**2) - sp.log(s)
    closed = (mu**2 + s**2 - sp.log(s**2) - 1) / 2
    d.equal(
        posterior.log_density(t).subs(t, x) - prior.log_density(x),
        log_ratio.subs(t, x),
        why="the logarithm of the ratio of posterior N(mu, s^2) and prior N(0, 1)",
    )
    density = sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)
    moments = d.equal(
        [sp.Integral(t**k * density, (t, -sp.oo, sp.oo)) for k in range(3)],
        [1, 0, 1],
        why="the moments of a standard normal variable e",
    )
    noise = NormalFrame.of(["e"]).noise("e")
    d.equal(
        expectation(log_ratio, {t: mu + s * noise}),
        closed,
        why="so its mean for t = mu + s e, under the posterior, the divergence, is this",
        using=moments,
    )
    d.equal(posterior.kullback_leibler(prior), closed, why="as the general formula says")
    return closed


def _neighbourhood(d: sn.Derivation, divergence: sp.Expr) -> None:
    d.less_equal(0, divergence, why="it is never negative")
    d.less_equal(
        (mu**2 + (s - 1) ** 2) / 2,
        divergence,
        why="and more: it exceeds half the squared distance from (0, 1), so it is 0 there only",
    )
    d.series(
        divergence.subs({mu: 0, s: 1 + h}),
        h,
        5,
        h**2 - h**3 / 3 + h**4 / 4,
        why="about s = 1, with h = s - 1: to second order the divergence is mu^2/2 + (s - 1)^2",
    )
    d.refute(
        sp.Ge(divergence, mu**2 + (s - 1) ** 2, evaluate=False),
        at={mu: 1, s: 1},
        why="the naive regulariser mu^2 + (s - 1)^2 is this second-order term only up to the "
        "factor 1/2 of mu^2: it is no lower bound",
    )


def _linear_decoder(d: sn.Derivation) -> None:
    frame = NormalFrame.of([f"e{j + 1}" for j in range(LATENTS)])
    entries = _entries()
    target, rest = sp.Matrix(entries[:OUTPUTS]), entries[OUTPUTS:]
    decoder = sp.Matrix(OUTPUTS, LATENTS, rest[: OUTPUTS * LATENTS])
    means, widths = (sp.Matrix(rest[-i:][:LATENTS]) for i in (2 * LATENTS, LATENTS))
    latents = sp.symbols(f"z1:{LATENTS + 1}")
    codes = {z: frame.noise(f"e{j + 1}") * widths[j] + means[j] for j, z in enumerate(latents)}
    away = target - decoder * sp.Matrix(latents)
    at_mean = target - decoder * means
    d.equal(
        expectation(away.dot(away), codes),
        at_mean.dot(at_mean)
        + sum(widths[j] ** 2 * decoder[:, j].dot(decoder[:, j]) for j in range(LATENTS)),
        why="linear decoder D: E|x - D(mu + s e)|^2 = |x - D mu|^2 + sum s_j^2 |d_j|^2, where d_j "
        f"are the columns ({OUTPUTS} x {LATENTS}; the noises are independent, so any size alike)",
    )


def _best_noise(d: sn.Derivation) -> None:
    cost = c * s**2 + (s**2 - 2 * sp.log(s) - 1) / 2
    best = 1 / sp.sqrt(1 + 2 * c)
    slope = d.equal(
        sp.Derivative(cost, s),
        ((1 + 2 * c) * s**2 - 1) / s,
        why="one axis, c = |d_j|^2: noise costs c s^2 in the reconstruction, and its divergence",
    )
    d.equal(
        (1 + 2 * c) * best**2,
        1,
        why="so the slope vanishes at s = 1/sqrt(1 + 2 |d_j|^2) alone",
        using=slope,
    )
    d.equal(cost.subs(s, best), sp.log(1 + 2 * c) / 2, why="the cost there")
    ratio = (1 + 2 * c) * s**2
    d.equal(
        cost - sp.log(1 + 2 * c) / 2,
        (ratio - 1 - sp.log(ratio)) / 2,
        why="any other cost exceeds it by (z - 1 - log z)/2 with z = (1 + 2 c) s^2",
    )
    d.less_equal(sp.log(s), s - 1, why="which is never negative: log z <= z - 1")
    d.less_equal(
        best**2 * c,
        sp.Rational(1, 2),
        why="the axes of the posterior are the inverse of the stretch: decoded, s_j |d_j| stays "
        "below 1/sqrt(2)",
    )
    d.limit(
        best * sp.sqrt(c),
        c,
        sp.oo,
        1 / sp.sqrt(2),
        why="and tends to it where the decoder stretches strongly: a circle in data space",
    )


def _curved_decoder(d: sn.Derivation) -> None:
    values = _slopes()
    z = sp.Symbol("z")
    decoded = sum(value * z**k / sp.factorial(k) for k, value in enumerate(values))
    noise = NormalFrame.of(["e"]).noise("e") * s
    error = expectation((x - decoded) ** 2, {z: noise})
    d.series(
        error,
        s,
        4,
        (x - values[0]) ** 2 + s**2 * (values[1] ** 2 - (x - values[0]) * values[2]),
        why="curved decoder g, with derivatives g0 .. g4 at mu: the next term is the gradient "
        "penalty s^2 g1^2, and a curvature times what is left of the reconstruction error",
    )


def best_noise(decoder: ArrayLike) -> NDArray[np.float64]:
    """Return the best standard deviations for the columns of a decoder, 1/sqrt(1 + 2 |d_j|^2)."""
    matrix = np.asarray(decoder, dtype=np.float64)
    return 1.0 / np.hypot(1.0, np.sqrt(2.0) * np.linalg.norm(matrix, axis=-2))


def elbo(x: ArrayLike, decoder: ArrayLike, mu: ArrayLike, log_s2: ArrayLike) -> Any:
    """Return -|x - D mu|^2 - sum s_j^2 |d_j|^2 - KL for a linear decoder D, (..., n, k).

    The log-likelihood is that of the article, minus the squared error.
    """
    matrix = np.asarray(decoder, dtype=np.float64)
    mean, log_variance = np.asarray(mu, np.float64), np.asarray(log_s2, np.float64)
    away = np.asarray(x, np.float64) - np.einsum("...ij,...j->...i", matrix, mean)
    spread = np.sum(np.exp(log_variance) * np.sum(matrix**2, axis=-2), axis=-1)
    return -np.sum(away**2, axis=-1) - spread - np.sum(divergence(mean, log_variance), axis=-1)


@cache
def _kernel() -> Any:
    return sn.lambdify([mu, log_s2], (mu**2 + log_s2**2 * Phi(2, log_s2)) / 2)


def divergence(mu: ArrayLike, log_s2: ArrayLike) -> Any:
    """Return the divergence of N(mu, s^2) from N(0, 1), entry by entry."""
    return _kernel()(np.asarray(mu, np.float64), np.asarray(log_s2, np.float64))


def _as_torch(mu: float, log_s2: float) -> float:
    """Return kl_divergence(Normal(mu, s), Normal(0, 1)) as torch writes it."""
    ratio = np.exp(log_s2 / 2) ** 2
    return float(0.5 * (ratio + mu**2 - 1 - np.log(ratio)))


def _as_written(mu: float, log_s2: float) -> float:
    return float(-0.5 * (1 + log_s2 - mu**2 - np.exp(log_s2)))


PEERS = {
    "kl_divergence of two Normal, as torch writes it": _as_torch,
    "the formula of most code": _as_written,
}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare with simulation, and the kernel with the usual formula near the prior."""
    generator = np.random.default_rng(0)
    decoder, target, mean = np.array([[2.0, 0.3], [0.0, 0.5]]), np.ones(2), np.zeros(2)
    noise = best_noise(decoder)
    best = elbo(target, decoder, mean, 2 * np.log(noise))
    others = [
        elbo(target, decoder, mean, 2 * np.log(noise) + 0.3 * generator.standard_normal(2))
        for _ in range(1000)
    ]
    naive = (np.exp(1e-9) - 1 - 1e-9) / 2
    exact = float(derivation.compile().reference(0.0, 1e-9))
    return [
        ("bound of a linear decoder at the best noise", f"{float(best):.6f}"),
        ("the best of 1000 others around it", f"{float(np.max(others)):.6f}"),
        ("exp(l) - 1 - l in floating point at l = 1e-9", f"{naive / exact - 1:.1e} relative"),
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw posterior ellipses and their images under a linear decoder."""
    left, right = figure.subplots(1, 2)
    turn = np.linspace(0.0, 2.0 * np.pi, 200)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    angle = np.pi / 6
    frame = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for stretch, colour in (((0.3, 0.3), "C0"), ((1.5, 0.3), "C1"), ((3.0, 1.0), "C2")):
        decoder = frame @ np.diag(stretch)
        ellipse = best_noise(decoder)[:, None] * circle
        label = f"stretch {stretch[0]:g}, {stretch[1]:g}"
        left.plot(*ellipse, color=colour, label=label)
        right.plot(*(decoder @ ellipse), color=colour, label=label)
    left.plot(*circle, color="black", linewidth=1, linestyle=":", label="prior")
    right.plot(*(circle / np.sqrt(2)), color="black", linewidth=1, linestyle=":", label="limit")
    for axes, title in ((left, "Latent space: the posterior"), (right, "Decoded: D times it")):
        axes.set_aspect("equal")
        axes.set_title(title)
        axes.grid(visible=True, alpha=0.25)
        axes.legend(fontsize=8, loc="upper right")
        axes.set_xlim(-1.3, 1.3)
        axes.set_ylim(-1.3, 1.9)
