"""DDPM as tearing down and rebuilding: the closed forward process, the loss and the sampler.

Adding noise step by step is one large step, since sums of independent normal variables are normal.
A rotation of the two noises in the loss takes one of them out. Source: Su Jianlin, kexue.fm,
生成扩散模型漫谈(一)：DDPM = 拆楼 + 建楼.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import Gaussian, NormalFrame, expectation

RANGES = {"x": (-3.0, 3.0), "eps": (-3.0, 3.0), "alpha": (0.5, 0.9999), "abar_t": (0.01, 0.99)}
TAILS = (
    {"x": 1.3, "eps": 0.4, "alpha": 1 - 2**-40, "abar_t": 1 - 2**-39},
    {"x": -0.2, "eps": 1.9, "alpha": 1 - 2**-53, "abar_t": 1 - 2**-53},
    {"x": 1.3, "eps": -0.4, "alpha": 0.99, "abar_t": 1 - 2**-50},
    {"x": 1e-6, "eps": 1.0, "alpha": 1 - 2**-40, "abar_t": 1 - 2**-39},
    {"x": 2.0, "eps": 1.0, "alpha": 1e-3, "abar_t": 1e-12},
)
STEPS, LARGEST = 1000, sp.Rational(1, 50)  # alpha_t = sqrt(1 - LARGEST t/STEPS)

x, eps, alpha, abar_t, x0, abar, theta = sp.symbols("x eps alpha abar_t x0 abar theta")
beta, s0, v, log_abar, t, omega = sp.symbols("beta s0 v log_abar t omega")


def derive() -> sn.Derivation:
    """Prove the forward process, the loss, the sampler, and what the schedule leaves over."""
    reals = sn.Interval(-sp.oo, sp.oo)
    inside = sn.Interval(0, 1, left_open=True, right_open=True)
    d = sn.Derivation(
        "ddpm",
        title="DDPM: demolish and build / 生成扩散模型漫谈(一)：DDPM = 拆楼 + 建楼",
        source="Su Jianlin, kexue.fm: 生成扩散模型漫谈(一)：DDPM = 拆楼 + 建楼",
        domain={
            **dict.fromkeys((x, eps, x0, theta, log_abar), reals),
            **dict.fromkeys((alpha, abar_t, abar), inside),
            v: sn.Interval(0, 1, right_open=True),
            s0: sn.Interval(0, sp.oo, left_open=True),
        },
    )
    _forward(d)
    _loss(d)
    mean = _sampler(d)
    _schedule(d)
    d.result(mean, args=list(RANGES))
    return d


def _forward(d: sn.Derivation) -> None:
    frame = NormalFrame.of(["e", "w"])
    before = x0 * abar + sp.sqrt(1 - abar**2) * frame.noise("e")
    after = before * alpha + sp.sqrt(1 - alpha**2) * frame.noise("w")
    d.equal(
        [after.mean, after.variance],
        [alpha * abar * x0, 1 - (alpha * abar) ** 2],
        why="x_t = alpha x_(t-1) + beta eps_t with alpha^2 + beta^2 = 1; if x_(t-1) is abar x_0 + "
        "bbar e with abar^2 + bbar^2 = 1, then x_t is of this form, with alpha abar: induction",
    )


def _rotated() -> tuple[Any, Any, Any, sp.Expr, sp.Expr]:
    """Return the last noise, the two rotated ones, and both weights of the rotation."""
    frame = NormalFrame.of(["old", "last"])
    old, last = frame.noise("old"), frame.noise("last")
    bbar = sp.sqrt(1 - (alpha * abar) ** 2)
    weight = alpha * sp.sqrt(1 - abar**2) / bbar
    share = sp.sqrt(1 - alpha**2) / bbar
    return last, weight * old + share * last, share * old - weight * last, share, weight


def _loss(d: sn.Derivation) -> None:
    last, total, other, share, weight = _rotated()
    d.equal(
        [total.variance, other.variance, total.covariance(other)],
        [1, 1, 0],
        why="the noise in x_t, eps = (alpha bbar_(t-1) e + beta eps_t)/bbar_t, and "
        "omega = (beta e - alpha bbar_(t-1) eps_t)/bbar_t are a rotation of (e, eps_t): standard "
        "and independent, E[eps omega] = 0",
    )
    d.equal(
        share * total - weight * other,
        last,
        why="backwards: eps_t = (beta eps - alpha bbar_(t-1) omega)/bbar_t",
    )
    single = NormalFrame.of(["w"]).noise("w")
    error = (share * eps - weight * omega - theta) ** 2
    d.equal(
        expectation(error, {omega: single}),
        share**2 * (eps - theta / share) ** 2 + weight**2,
        why="the network eps_theta sees x_0 and eps only, so the mean over omega can be taken: "
        "(beta/bbar)^2 |eps - (bbar/beta) eps_theta|^2 and a constant for each component",
    )
    d.equal(
        [weight**2, 1 - share**2],
        [alpha**2 * (1 - abar**2) / (1 - (alpha * abar) ** 2)] * 2,
        why="the constant is alpha^2 bbar_(t-1)^2/bbar_t^2, times the dimension",
    )


def _sampler(d: sn.Derivation) -> sp.Expr:
    spread = sp.sqrt((1 - alpha) * (1 + alpha))
    bbar = sp.sqrt((1 - abar_t) * (1 + abar_t))
    plain = (x - (1 - alpha**2) / sp.sqrt(1 - abar_t**2) * eps) / alpha
    mean = (x - (1 - alpha) * (1 + alpha) / bbar * eps) / alpha
    d.equal(
        (x - spread * (spread / bbar * eps)) / alpha,
        plain,
        why="rebuilding: x_(t-1) = (x_t - beta eps_t)/alpha, with (beta/bbar) eps for eps_t, as "
        "omega cannot be known",
    )
    d.equal(
        plain,
        mean,
        why="differences of squares as products keep their digits where alpha is near 1",
    )
    frame = NormalFrame.of(["data", "e", "w"])
    before = abar * s0 * frame.noise("data") + sp.sqrt(1 - abar**2) * frame.noise("e")
    after = before * alpha + sp.sqrt(1 - alpha**2) * frame.noise("w")
    variances = [1 + a**2 * (s0**2 - 1) for a in (abar, alpha * abar)]
    posterior = Gaussian.joint(before, after).given({1: x})
    best = sp.sqrt(1 - (alpha * abar) ** 2) * x / variances[1]
    d.equal(
        [before.variance, after.variance],
        variances,
        why="exact chain for data N(0, s0^2): the variances of x_(t-1) and x_t",
    )
    d.equal(
        [posterior.mean[0], posterior.covariance[0]],
        [alpha * variances[0] * x / variances[1], (1 - alpha**2) * variances[0] / variances[1]],
        why="and x_(t-1) given x_t = x, by conditioning",
    )
    d.equal(
        mean.subs({abar_t: alpha * abar, eps: best}),
        alpha * variances[0] * x / variances[1],
        why="the sampler with the best prediction, eps = bbar x/var(x_t), has exactly this mean; "
        "only its variance beta^2 differs, unless s0 = 1",
    )
    return mean


def _schedule(d: sn.Derivation) -> None:
    total = sp.Sum(sp.log(1 - LARGEST * t / STEPS), (t, 1, STEPS)) / 2
    d.less_equal(sp.log(1 - v), -v, why="a logarithm lies below its tangent")
    bound = -sp.Sum(LARGEST * t / STEPS, (t, 1, STEPS)) / 2
    d.equal(bound, -sp.Rational(1001, 200), why="so log abar_T < -(0.02/T) T (T + 1)/4 = -5.005")
    root = d.solve(
        sp.Eq(log_abar, total),
        log_abar,
        near=-5.04,
        why="alpha_t = sqrt(1 - 0.02 t/T) with T = 1000: the sum of the logarithms",
        name="log_abar",
    )
    d.less_equal(
        root.certificate.value, -sp.Rational(1001, 200), why="below the bound, as it must be"
    )


def schedule(steps: int = STEPS, largest: float = float(LARGEST)) -> NDArray[np.float64]:
    """Return alpha_t and abar_t for t = 1 .. steps, as rows; sums of logarithms, not products."""
    logs = np.log1p(-largest * np.arange(1, steps + 1) / steps) / 2
    return np.exp(np.stack([logs, np.cumsum(logs)]))


def noisy(x0: ArrayLike, noise: ArrayLike, abar: ArrayLike) -> NDArray[np.float64]:
    """Return the forward sample abar x_0 + sqrt(1 - abar^2) noise."""
    level = np.asarray(abar, dtype=np.float64)
    weight = np.sqrt((1.0 - level) * (1.0 + level))
    return level * np.asarray(x0, np.float64) + weight * np.asarray(noise, np.float64)


@cache
def _kernel() -> Any:
    bbar = sp.sqrt((1 - abar_t) * (1 + abar_t))
    mean = (x - (1 - alpha) * (1 + alpha) / bbar * eps) / alpha
    return sn.lambdify(list(RANGES), mean)


def step(state: ArrayLike, noise: ArrayLike, alpha: float, abar: float) -> Any:
    """Return the mean of x_(t-1) for arrays of states x_t and of predicted noises."""
    arrays = (np.asarray(value, dtype=np.float64) for value in (state, noise))
    return _kernel()(*arrays, alpha, abar)


def reverse_variances(deviation: float, steps: int) -> NDArray[np.float64]:
    """Return the variance of every state of the sampler for data N(0, deviation^2), last first.

    The network is the best one, and every step adds the variance beta^2.
    """
    alphas, abars = schedule(steps, float(LARGEST) * STEPS / steps)
    variance, history = 1.0, [1.0]
    for a, level in zip(alphas[::-1], abars[::-1], strict=True):
        true = 1.0 + level**2 * (deviation**2 - 1.0)
        factor = step(1.0, np.sqrt(1.0 - level**2) / true, float(a), float(level))
        variance = factor**2 * variance + 1.0 - a**2
        history.append(variance)
    return np.array(history)


def _as_diffusers(x: float, eps: float, alpha: float, abar_t: float) -> float:
    """Return the mean as DDPMScheduler writes it, through the predicted start."""
    here, before = abar_t**2, (abar_t / alpha) ** 2
    beta = 1 - alpha**2
    start = (x - np.sqrt(1 - here) * eps) / np.sqrt(here)
    return float(
        np.sqrt(before) * beta / (1 - here) * start + alpha * (1 - before) / (1 - here) * x
    )


def _as_written(x: float, eps: float, alpha: float, abar_t: float) -> float:
    return float((x - (1 - alpha**2) / np.sqrt(1 - abar_t**2) * eps) / alpha)


PEERS = {
    "DDPMScheduler.step, as diffusers writes it": _as_diffusers,
    "the formula as it stands": _as_written,
}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the schedule with its constant, and the end of the sampler with the data."""
    constant = float(derivation.constants["log_abar"])
    error = abs(np.log(schedule()[1][-1]) - constant)
    lines = [("log abar_T in floating point against the constant", f"{error:.1e}")]
    for deviation in (0.1, 0.5, 2.0):
        end = np.sqrt(reverse_variances(deviation, STEPS)[-1])
        lines.append(
            (f"deviation of the samples, data N(0, {deviation:g}^2), T = 1000", f"{end:.4f}")
        )
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the schedule, and the deviation of the reverse chain for Gaussian data."""
    left, right = figure.subplots(1, 2)
    abars = schedule()[1]
    times = np.arange(1, STEPS + 1)
    left.plot(times, abars, label="abar: what is left of the data")
    left.plot(times, np.sqrt(1.0 - abars**2), label="bbar: the noise")
    left.plot(times, np.exp(-(times**2) / 2e5), ":", color="black", label="exp(-0.005 t^2/T)")
    left.set_xlabel("t")
    left.legend(fontsize=8)
    left.set_title("The schedule, T = 1000")
    for deviation, colour in ((0.1, "C0"), (0.5, "C1"), (2.0, "C2")):
        for steps, style in ((STEPS, "-"), (100, "--")):
            values = np.sqrt(reverse_variances(deviation, steps))
            ticks = np.linspace(1.0, 0.0, steps + 1)
            label = f"data {deviation:g}, T = {steps}"
            right.plot(ticks, values, style, color=colour, linewidth=1.2, label=label)
        level = np.concatenate([[1.0], abars])
        exact = np.sqrt(1.0 + level**2 * (deviation**2 - 1.0))
        right.plot(
            np.linspace(0.0, 1.0, STEPS + 1), exact, color="black", linewidth=0.6, linestyle=":"
        )
    right.invert_xaxis()
    right.set_yscale("log")
    right.set_xlabel("t/T, from noise to data")
    right.set_ylabel("standard deviation of x_t")
    right.set_title("The reverse chain; dotted: forward process")
    right.legend(fontsize=7)
