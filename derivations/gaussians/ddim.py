"""DDIM: every denoising step whose marginals are those of DDPM, and the flow it tends to.

The reverse step is a normal distribution with a free width; that its mean makes the marginals fit
leaves one formula. With width 0 it is the Euler step of a differential equation, which can be
solved for Gaussian data. Source: Su Jianlin, kexue.fm, 生成扩散模型漫谈(四)：DDIM = 高观点DDPM.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import Gaussian, NormalFrame

RANGES = {
    "x": (-3.0, 3.0),
    "eps": (-3.0, 3.0),
    "abar_t": (0.1, 0.9),
    "bbar_t": (0.3, 1.0),
    "abar_p": (0.1, 1.0),
    "bbar_p": (0.5, 1.0),
    "sigma": (0.0, 0.45),
}
TAILS = tuple(
    dict(zip(RANGES, point, strict=True))
    for point in (
        (1.3, 0.2, 0.006, 0.99998, 0.01, 0.99995, 0.3),
        (1.3, -0.7, 0.006, 0.99998, 0.01, 0.99995, 0.99995),
        (0.5, 1.5, 0.5, 0.8, 0.6, 0.75, 0.7499999999),
        (0.5, 1.5, 0.5, 0.8, 0.6, 0.75, 0.0),
        (-2.0, 0.3, 0.9, 0.4, 1.0, 1e-6, 1e-7),
    )
)
REVERSE = sp.symbols("abar_t bbar_t abar_p bbar_p sigma")

x, eps, x0, beta, s, s0, t = sp.symbols("x eps x0 beta s s0 t")
abar_t, bbar_t, abar_p, bbar_p, sigma = REVERSE
abar_q, bbar_q, u, v = sp.symbols("abar_q bbar_q u v")


def derive() -> sn.Derivation:
    """Prove the step from its marginals, its special cases, and the flow for Gaussian data."""
    reals, unit = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, 1, left_open=True)
    inside = sn.Interval(0, 1, left_open=True, right_open=True)
    d = sn.Derivation(
        "ddim",
        title="DDIM: DDPM from a higher standpoint / 生成扩散模型漫谈(四)：DDIM = 高观点DDPM",
        source="Su Jianlin, kexue.fm: 生成扩散模型漫谈(四)：DDIM = 高观点DDPM",
        domain={
            **dict.fromkeys((x, eps, x0, u, v), reals),
            **dict.fromkeys((abar_t, bbar_t, abar_p, bbar_p, abar_q, bbar_q), unit),
            sigma: sn.Interval(0, 1),
            **dict.fromkeys((beta, t), inside),
            s: sn.Interval(0, 2),
            s0: sn.Interval(0, sp.oo, left_open=True),
        },
        where=(sigma <= bbar_p,),
    )
    kappa, lam = _ansatz(d)
    step = _step(d, kappa, lam)
    _deterministic(d, step)
    _flow(d)
    _gaussian_data(d)
    d.result({"kappa": kappa, "lam": lam, "step": step}, args=list(RANGES))
    return d


def _ansatz(d: sn.Derivation) -> tuple[sp.Expr, sp.Expr]:
    frame = NormalFrame.of(["e", "w"])
    noise, fresh = frame.noise("e"), frame.noise("w")
    width = sp.sqrt((bbar_p - sigma) * (bbar_p + sigma))
    kappa = width / bbar_t
    lam = abar_p - abar_t * kappa
    noisy = x0 * abar_t + bbar_t * noise
    earlier = noisy * u + x0 * v + sigma * fresh
    d.equal(
        [earlier.mean, earlier.variance],
        [(u * abar_t + v) * x0, (u * bbar_t) ** 2 + sigma**2],
        why="ansatz N(u x_t + v x_0, sigma^2) for the step before x_t = abar_t x_0 + bbar_t eps: "
        "mean and variance given x_0 alone",
    )
    d.equal(
        [earlier.mean.subs({u: kappa, v: lam}), earlier.variance.subs({u: kappa, v: lam})],
        [abar_p * x0, bbar_p**2],
        why="they are those of DDPM, abar_p x_0 and bbar_p^2, for u = kappa and v = lam",
    )
    d.equal(
        (u * bbar_t) ** 2 + sigma**2 - bbar_p**2,
        bbar_t**2 * (u - kappa) * (u + kappa),
        why="and for no other u >= 0: the variance has these two roots only, and v follows",
    )
    d.equal(
        [sp.sqrt(bbar_p**2 - sigma**2) / bbar_t, abar_p - abar_t * kappa],
        [kappa, lam],
        why="as the article writes them; the product under the root keeps its digits where sigma "
        "is close to bbar_p",
    )
    return kappa, lam


def _step(d: sn.Derivation, kappa: sp.Expr, lam: sp.Expr) -> sp.Expr:
    width = kappa * bbar_t
    step = (abar_p / abar_t) * (x - bbar_t * eps) + width * eps
    d.equal(
        kappa * x + lam * (x - bbar_t * eps) / abar_t,
        step,
        why="x_0 is not known: it is replaced by (x - bbar_t eps)/abar_t with the predicted noise",
    )
    alpha = abar_t / abar_p
    square = abar_t**2 + bbar_t**2 - 1, abar_p**2 + bbar_p**2 - 1
    d.equal(
        bbar_t**2 - alpha**2 * bbar_p**2 - (1 - alpha**2),
        square[0] - alpha**2 * square[1],
        why="where abar^2 + bbar^2 = 1, beta^2 = 1 - alpha^2 and alpha = abar_t/abar_p, "
        "bbar_t^2 = alpha^2 bbar_p^2 + beta^2",
    )
    ratio, before = sp.sqrt(1 - beta**2), bbar_p
    after = sp.sqrt(ratio**2 * before**2 + beta**2)
    d.equal(
        before**2 - (before * beta / after) ** 2,
        (ratio * before**2 / after) ** 2,
        why="the width sigma = bbar_p beta/bbar_t leaves bbar_p^2 - sigma^2 = "
        "(alpha bbar_p^2/bbar_t)^2",
    )
    d.equal(
        (x - after * eps) / ratio + ratio * before**2 / after * eps,
        (x - beta**2 / after * eps) / ratio,
        why="and the mean of DDPM, (x - beta^2/bbar_t eps)/alpha",
    )
    return step


def _deterministic(d: sn.Derivation, step: sp.Expr) -> None:
    plain = step.subs(sigma, 0)
    d.equal(
        x / abar_t - plain / abar_p,
        (bbar_t / abar_t - bbar_p / abar_p) * eps,
        why="sigma = 0: in the variable x/abar a step is proportional to eps",
    )
    names = {x: plain, abar_t: abar_p, bbar_t: bbar_p, abar_p: abar_q, bbar_p: bbar_q}
    d.equal(
        plain.subs(names, simultaneous=True),
        plain.subs({abar_p: abar_q, bbar_p: bbar_q}),
        why="with the same eps two steps are one: nothing asks for neighbouring times, so any "
        "subsequence of them is a sampler as well",
    )
    frame = NormalFrame.of(["e", "w"])
    angle = sp.Symbol("t")
    between = sp.cos(sp.pi * angle / 2) * frame.noise("e") + sp.sin(
        sp.pi * angle / 2
    ) * frame.noise("w")
    d.equal(
        [between.mean, between.variance],
        [0, 1],
        why="spherical interpolation of two starting noises keeps N(0, I) for every t",
    )


def _flow(d: sn.Derivation) -> None:
    for decay in (sp.exp(-5 * s**2), sp.exp(-5 * s)):
        slope = sp.Symbol("eps")
        ratio = sp.sqrt(1 - decay**2) / decay
        rate = sp.diff(ratio, s)
        square = sp.simplify(decay**-2)
        closed = sp.diff(square, s) / (2 * sp.sqrt(square - 1))
        d.equal(
            rate.subs(s, t) * slope,
            closed.subs(s, t) * slope,
            why=f"small steps: d(x/abar)/ds = eps d(bbar/abar)/ds, for abar = {decay}",
        )


def _gaussian_data(d: sn.Derivation) -> None:
    frame = NormalFrame.of(["data", "e"])
    noise = frame.noise("e")
    noisy = abar_t * s0 * frame.noise("data") + bbar_t * noise
    predicted = Gaussian.joint(noise, noisy).given({1: x})
    variance = abar_t**2 * s0**2 + bbar_t**2
    d.equal(
        predicted.mean[0],
        bbar_t * x / variance,
        why="data N(0, s0^2): the best prediction of eps given x_t = x is linear",
    )
    length = sp.symbols("abar_p")
    spread = sp.sqrt(s0**2 + u**2)
    d.equal(
        sp.Derivative(spread * x, u),
        u * (spread * x) / (s0**2 + u**2),
        why="in y = x/abar and u = bbar/abar the flow is dy/du = u y/(s0^2 + u^2), solved by "
        "multiples of sqrt(s0^2 + u^2)",
    )
    d.equal(
        length * spread.subs(u, bbar_p / length),
        sp.sqrt(length**2 * s0**2 + bbar_p**2),
        why="so x is proportional to its standard deviation, sd = sqrt(abar^2 s0^2 + bbar^2): "
        "from noise to data, x(0) = x(1) s0/sd(1)",
    )


@cache
def _kernel() -> Any:
    width = sp.sqrt((bbar_p - sigma) * (bbar_p + sigma))
    step = (abar_p / abar_t) * (x - bbar_t * eps) + width * eps
    return sn.lambdify(list(RANGES), step)


def step(
    state: ArrayLike,
    noise: ArrayLike,
    now: tuple[float, float],
    then: tuple[float, float],
    sigma: float = 0.0,
) -> Any:
    """Return the mean of one step from (abar, bbar) = `now` to `then`, for arrays of states."""
    return _kernel()(
        np.asarray(state, np.float64), np.asarray(noise, np.float64), *now, *then, sigma
    )


def schedule(steps: int) -> NDArray[np.float64]:
    """Return abar and bbar = sqrt(1 - abar^2) at steps + 1 times, abar = exp(-5 s^2)."""
    times = np.linspace(0.0, 1.0, steps + 1)
    return np.stack([np.exp(-5.0 * times**2), np.sqrt(-np.expm1(-10.0 * times**2))], axis=1)


def sample(
    start: ArrayLike, predict: Any, steps: int, eta: float = 0.0, seed: int = 0
) -> NDArray[np.float64]:
    """Return the states from noise to data, (steps + 1, ...); eta = 0 is DDIM, 1 is DDPM.

    `predict(x, abar, bbar)` is the predicted noise.
    """
    generator = np.random.default_rng(seed)
    table = schedule(steps)
    states = [np.asarray(start, dtype=np.float64)]
    for place in range(steps, 0, -1):
        (abar, bbar), then = table[place], table[place - 1]
        ratio = abar / then[0]
        width = eta * then[1] * np.sqrt(max(1.0 - ratio**2, 0.0)) / bbar
        mean = step(states[-1], predict(states[-1], abar, bbar), (abar, bbar), tuple(then), width)
        states.append(mean + width * generator.standard_normal(np.shape(mean)))
    return np.array(states)


def gaussian_prediction(deviation: float) -> Any:
    """Return the exact prediction of the noise for data N(0, deviation^2)."""
    return lambda x, abar, bbar: bbar * x / (abar**2 * deviation**2 + bbar**2)


def mixture_prediction(centre: float, deviation: float) -> Any:
    """Return the exact prediction for equal parts of N(centre, .) and N(-centre, .)."""

    def predict(x: Any, abar: float, bbar: float) -> Any:
        variance = abar**2 * deviation**2 + bbar**2
        mean = abar * centre
        return bbar * (x - mean * np.tanh(mean * x / variance)) / variance

    return predict


def sampler_error(steps: int, deviation: float = 1.0) -> float:
    """Return the relative error of the end of the sampler for Gaussian data, against the flow."""
    end = sample(1.0, gaussian_prediction(deviation), steps)[-1]
    abar, bbar = schedule(steps)[-1]
    exact = deviation / np.hypot(abar * deviation, bbar)
    return float(abs(end / exact - 1.0))


def _as_diffusers(
    x: float,
    eps: float,
    abar_t: float,
    bbar_t: float,
    abar_p: float,
    bbar_p: float,
    sigma: float,
) -> dict[str, float]:
    """Return the step as DDIMScheduler writes it, with squares in the root."""
    start = (x - bbar_t * eps) / abar_t
    return {"step": float(abar_p * start + np.sqrt(bbar_p**2 - sigma**2) * eps)}


PEERS = {"DDIMScheduler.step, as diffusers writes it": _as_diffusers}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the order of the sampler on Gaussian data."""
    return [
        (f"relative error of the sampler, {steps} steps", f"{sampler_error(steps):.3f}")
        for steps in (25, 50, 100, 200)
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw paths to a mixture for three widths, and the error against the number of steps."""
    axes = figure.subplots(2, 2).ravel()
    starts = np.linspace(-2.2, 2.2, 23)
    times = np.linspace(1.0, 0.0, 101)
    for panel, eta in zip(axes, (0.0, 0.5, 1.0), strict=False):
        paths = sample(starts, mixture_prediction(1.5, 0.2), 100, eta)
        panel.plot(times, paths, linewidth=0.7, color="C0", alpha=0.8)
        panel.set_title(f"eta = {eta:g}")
        panel.set_xlabel("time, from noise to data")
        panel.invert_xaxis()
        panel.set_ylim(-3, 3)
    counts = [25, 50, 100, 200, 400]
    errors = [sampler_error(count) for count in counts]
    axes[3].loglog(counts, errors, "o-", label="DDIM on Gaussian data")
    axes[3].loglog(counts, [errors[0] * counts[0] / count for count in counts], ":", label="1/N")
    axes[3].set_xticks(counts, [str(count) for count in counts])
    axes[3].set_yticks([0.005, 0.01, 0.02, 0.05], ["0.005", "0.01", "0.02", "0.05"])
    axes[3].minorticks_off()
    axes[3].set_xlabel("steps N")
    axes[3].set_ylabel("relative error")
    axes[3].legend(fontsize=8)
