"""The divergence of NVAE's residual posterior: the prior drops out of it.

NVAE lets the posterior be the prior moved by a relative amount, N(mu + dmu, (sg ds)^2) against
N(mu, sg^2). Then neither mu nor, but for the unit of dmu, sg is left in the divergence. Source: Su
Jianlin, kexue.fm, 强大的NVAE：以后再也不能说VAE生成的图像模糊了.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

import symnum as sn
from symnum.algebra import Gaussian, NormalFrame
from symnum.matexp import Phi

RANGES = {"dmu": (-3.0, 3.0), "log_ds": (-3.0, 3.0), "log_sg": (-3.0, 3.0)}
TAILS = (
    {"dmu": 0.0, "log_ds": 1e-9, "log_sg": 1.0},
    {"dmu": 0.0, "log_ds": 300.0, "log_sg": 0.0},
    {"dmu": 0.5, "log_ds": -300.0, "log_sg": 2.0},
    {"dmu": 1e100, "log_ds": 0.3, "log_sg": 300.0},
    {"dmu": 1e-100, "log_ds": -1e-12, "log_sg": -250.0},
    {"dmu": 0.0, "log_ds": 0.0, "log_sg": 0.0},
)
# The layout for faces of 256 x 256 pixels: latent groups by the side of their grid.
GROUPS = {8: 4, 16: 4, 32: 4, 64: 8, 128: 16}
CHANNELS = 20
PIXELS = 3 * 256**2

dmu, log_ds, log_sg, mu, h, z1 = sp.symbols("dmu log_ds log_sg mu h z1")
sg, ds, r = sp.symbols("sg ds r")


def derive() -> sn.Derivation:
    """Prove the decomposition of the loss, the divergence of a group, and the layout's size."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "nvae_residual_kl",
        title="Powerful NVAE / 强大的NVAE：以后再也不能说VAE生成的图像模糊了",
        source="Su Jianlin, kexue.fm: 强大的NVAE：以后再也不能说VAE生成的图像模糊了",
        domain={
            **dict.fromkeys((dmu, log_ds, log_sg, mu, z1, *sp.symbols("m1 m2 c n1 n2 b")), reals),
            **dict.fromkeys((sg, ds, *sp.symbols("s1 s2 t1 t2"), *_weights()), positive),
            h: sn.Interval(-1, sp.oo, left_open=True),
            r: sn.Interval(-1, 1),
        },
    )
    _loss(d)
    _chain(d)
    divergence = _residual(d)
    _bounds(d, divergence)
    plain = (dmu**2 * sp.exp(-2 * log_sg) + sp.exp(2 * log_ds) - 2 * log_ds - 1) / 2
    stable = ((dmu * sp.exp(-log_sg)) ** 2 + 4 * log_ds**2 * Phi(2, 2 * log_ds)) / 2
    d.equal(
        divergence.subs({ds: sp.exp(log_ds), sg: sp.exp(log_sg)}),
        plain,
        why="in terms of the logarithms, which a network gives",
    )
    d.equal(plain, stable, why="with phi_2(l) = (e^l - 1 - l)/l^2 nothing cancels near log ds = 0")
    _layout(d)
    d.result(stable, args=list(RANGES))
    return d


def _weights() -> list[sp.Symbol]:
    return list(sp.symbols("p1:5 q1:3 g1:3(1:3)"))


def _loss(d: sn.Derivation) -> None:
    """State the loss on tables of 2 x 2; p and q need no sum of 1 where each is normalised."""
    weights = _weights()
    p = sp.Matrix(2, 2, weights[:4]) / sum(weights[:4])
    prior = [weight / sum(weights[4:6]) for weight in weights[4:6]]
    rows = sp.Matrix(2, 2, weights[6:])
    decoder = sp.Matrix(2, 2, lambda x, z: rows[z, x] / (rows[z, 0] + rows[z, 1]))
    places = [(x, z) for x in range(2) for z in range(2)]
    marginal = [p[x, 0] + p[x, 1] for x in range(2)]
    joint = sum(p[x, z] * sp.log(p[x, z] / (prior[z] * decoder[x, z])) for x, z in places)
    reconstruction = -sum(p[x, z] * sp.log(decoder[x, z]) for x, z in places)
    conditional = sum(p[x, z] * sp.log(p[x, z] / marginal[x] / prior[z]) for x, z in places)
    entropy = -sum(value * sp.log(value) for value in marginal)
    d.equal(
        joint,
        reconstruction + conditional - entropy,
        why="KL(p(x,z) | q(x,z)) = E[-log q(x|z)] + E KL(p(z|x) | q(z)) - H(x), for any tables "
        "of 2 x 2 (p joint, g the rows of the decoder, all normalised): the last term is constant",
    )


def _chain(d: sn.Derivation) -> None:
    m1, m2, c, n1, n2, b, s1, s2, t1, t2 = sp.symbols("m1 m2 c n1 n2 b s1 s2 t1 t2")
    frame = NormalFrame.of(["e1", "e2"])
    first, second = frame.noise("e1"), frame.noise("e2")
    posterior = Gaussian.joint(m1 + s1 * first, m2 + c * s1 * first + s2 * second)
    prior = Gaussian.joint(n1 + t1 * first, n2 + b * t1 * first + t2 * second)
    inner = Gaussian.of(m2 + c * (z1 - m1), s2**2).kullback_leibler(
        Gaussian.of(n2 + b * (z1 - n1), t2**2)
    )
    mean_inner = inner.subs(z1, m1) + (c - b) ** 2 * s1**2 / (2 * t2**2)
    d.equal(
        sp.Derivative(inner, (z1, 2)),
        (c - b) ** 2 / t2**2,
        why="two groups, z2 given z1: the divergence of the second is a quadratic in z1, so its "
        "mean adds half of this times the variance s1^2 to the value at m1",
    )
    outer = Gaussian.of(m1, s1**2).kullback_leibler(Gaussian.of(n1, t1**2))
    d.equal(
        posterior.kullback_leibler(prior),
        outer + mean_inner,
        why="autoregressive groups: the divergence is the sum of the divergences of each group "
        "given the ones before",
    )


def _residual(d: sn.Derivation) -> sp.Expr:
    posterior, prior = Gaussian.of(mu + dmu, (sg * ds) ** 2), Gaussian.of(mu, sg**2)
    closed = (dmu**2 / sg**2 + ds**2 - 2 * sp.log(ds) - 1) / 2
    d.equal(
        posterior.kullback_leibler(prior),
        closed,
        why="residual posterior: mu drops out, and sg remains as the unit of dmu alone",
    )
    d.equal(
        Gaussian.of(dmu / sg, ds**2).kullback_leibler(Gaussian.of(0, 1)),
        closed,
        why="it is the divergence from a standard normal, of the relative shift and scale",
    )
    return closed


def _bounds(d: sn.Derivation, divergence: sp.Expr) -> None:
    d.less_equal(0, divergence, why="it is never negative")
    d.series(
        divergence.subs({dmu: 0, ds: 1 + h}),
        h,
        5,
        h**2 - h**3 / 3 + h**4 / 4,
        why="about ds = 1, with h = ds - 1",
    )
    d.less_equal(
        (sp.exp(2 * r) - 2 * r - 1) / 2,
        (sp.exp(2) - 3) / 2,
        why="for r = log ds in [-1, 1] the part of the scale is at most its value at 1, so a group "
        "with |dmu|/sg <= K adds at most K^2/2 + (e^2 - 3)/2: bounded outputs bound the loss",
    )


def _layout(d: sn.Derivation) -> None:
    count = CHANNELS * sum(groups * side**2 for side, groups in GROUPS.items())
    terms = [
        sp.Mul(groups, sp.Pow(side, 2, evaluate=False), evaluate=False)
        for side, groups in GROUPS.items()
    ]
    d.equal(
        sp.Mul(CHANNELS, sp.Add(*terms, evaluate=False), evaluate=False),
        sp.Integer(count),
        why="latent variables for faces of 256 x 256: 20 channels on 4 groups of 8^2, 4 of 16^2, "
        "4 of 32^2, 8 of 64^2 and 16 of 128^2",
        name="latent_count",
    )
    d.less_equal(
        PIXELS, count, why="more than the 3 x 256^2 numbers of the image: no bottleneck in size"
    )
    d.refute(
        sp.Le(sp.Integer(count), 999_999, evaluate=False),
        at={},
        why="copies of the article print the count with a digit missing: six digits are too few",
    )


def divergence(dmu: Any, log_ds: Any, log_sg: Any) -> Any:
    """Return the divergence summed over the last axis, for arrays of latent groups."""
    kernel = sn.derive("nvae_residual_kl").compile()
    arrays = (np.asarray(value, dtype=np.float64) for value in (dmu, log_ds, log_sg))
    return np.sum(kernel(*arrays), axis=-1)


def _as_torch(dmu: float, log_ds: float, log_sg: float) -> float:
    """Return kl_divergence(Normal(dmu, sg ds), Normal(0, sg)) as torch writes it."""
    ratio = (np.exp(log_sg + log_ds) / np.exp(log_sg)) ** 2
    return float(0.5 * (ratio + (dmu / np.exp(log_sg)) ** 2 - 1 - np.log(ratio)))


PEERS = {"kl_divergence of two Normal, as torch writes it": _as_torch}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the kernel with simulation and with the usual formula near the prior."""
    kernel = derivation.compile()
    generator = np.random.default_rng(0)
    shift, log_scale, log_width = 0.7, -0.4, 0.3
    noise = generator.standard_normal(1_000_000)
    relative = (shift * np.exp(-log_width) + np.exp(log_scale) * noise) ** 2 - noise**2
    sampled = np.mean(relative / 2 - log_scale)
    deviation = np.std(relative / 2) / 1000
    away = abs(sampled - kernel(shift, log_scale, log_width))
    ratio = float(derivation.constants["latent_count"]) / PIXELS
    exact = float(kernel.reference(0.0, 1e-9, 0.0))
    usual = (np.exp(2e-9) - 2e-9 - 1) / 2
    return [
        ("simulation against the kernel, in standard deviations", f"{away / deviation:.2f}"),
        ("the usual formula at log ds = 1e-9", f"{abs(usual / exact - 1):.1e} relative"),
        ("latent variables for each number of the image", f"{ratio:.1f}"),
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the divergence over the relative shift and scale, and the size of the groups."""
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": [3, 2]})
    kernel = derivation.compile()
    shifts, scales = np.linspace(-3.0, 3.0, 241), np.linspace(0.05, 3.0, 237)
    values = kernel(shifts[None, :], np.log(scales)[:, None], 0.0)
    levels = [0.01, 0.1, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0]
    lines = left.contour(shifts, scales, values, levels=levels, cmap="viridis")
    left.clabel(lines, fontsize=8)
    left.plot([0.0], [1.0], "k.", markersize=6)
    left.set_xlabel("dmu/sg")
    left.set_ylabel("ds")
    left.set_title("Divergence of a group from its prior")
    sides = list(GROUPS)
    counts = [CHANNELS * groups * side**2 for side, groups in GROUPS.items()]
    right.barh([f"{GROUPS[side]} x {side}^2" for side in sides], counts, color="C0")
    right.axvline(PIXELS, color="C3", linewidth=1, label="numbers of the image")
    right.set_xscale("log")
    right.set_xlabel("latent variables")
    right.set_title(f"{sum(counts):,} in all")
    right.legend(fontsize=8)
