"""Diffusion as a stochastic differential equation: its marginals, its reversal, its score.

A linear equation dx = f x dt + g dw keeps normal distributions normal, so drift and diffusion can
be read off from the wanted signal a(t) and noise b(t). Running it backwards takes the score, which
is known exactly for mixtures. Source: Su Jianlin, kexue.fm, 生成扩散模型漫谈(五)：一般框架之SDE篇.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum.algebra import Gaussian, NormalFrame

RANGES = {
    "x": (-3.0, 3.0),
    "a": (0.05, 1.0),
    "b": (0.05, 1.0),
    "da": (-2.0, 0.0),
    "db": (0.0, 2.0),
    "m": (0.1, 2.0),
    "s0": (0.05, 1.0),
}
TAILS = tuple(
    dict(zip(RANGES, point, strict=True))
    for point in (
        (200.0, 0.5, 0.3, -0.1, 0.5, 1.0, 0.5),
        (-200.0, 0.5, 0.05, -0.1, 0.5, 1.0, 0.5),
        (1e-9, 0.9, 0.05, -0.3, 0.2, 1.0, 0.1),
        (0.0, 0.9, 0.05, 0.0, 0.2, -1.0, 0.1),
        (3.0, 1e-3, 1.0, -1.0, 1e-3, 2.0, 1e-3),
        (1.0, 1.0, 1e-6, -1e-6, 1.0, 50.0, 1e-3),
    )
)

x, a, b, da, db, m, s0 = sp.symbols("x a b da db m s0")
dt, y, x0, m0, drift_, g, s1, s2 = sp.symbols("dt y x0 m0 f g s1 s2")
c0, c1, c2, p, q, theta = sp.symbols("c0 c1 c2 p q theta")


def derive() -> sn.Derivation:
    """Prove drift, diffusion, reversal and score, and the marginals that they share."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    symbols = (x, da, db, m, y, x0, m0, drift_, s1, s2, c0, c1, c2, theta)
    d = sn.Derivation(
        "score_sde",
        title="A general framework: stochastic differential equations / "
        "生成扩散模型漫谈(五)：一般框架之SDE篇",
        source="Su Jianlin, kexue.fm: 生成扩散模型漫谈(五)：一般框架之SDE篇",
        domain={
            **dict.fromkeys(symbols, reals),
            **dict.fromkeys((a, b, s0, dt, g, p, q), positive),
        },
    )
    drift, diffusion2 = _linear(d)
    _reversal(d)
    _marginals(d, drift, diffusion2)
    _tables(d)
    _denoising(d)
    score = _mixture(d)
    d.result({"drift": drift, "diffusion2": diffusion2, "score": score}, args=list(RANGES))
    return d


def _linear(d: sn.Derivation) -> tuple[sp.Expr, sp.Expr]:
    drift, diffusion2 = da / a, 2 * b * (db - b * da / a)
    frame = NormalFrame.of(["e", "w"])
    now = x0 * a + b * frame.noise("e")
    later = now * (1 + drift_ * dt) + g * sp.sqrt(dt) * frame.noise("w")
    signal, noise = a + da * dt, b + db * dt
    d.equal(
        sp.Derivative(later.mean, dt),
        drift_ * a * x0,
        why="a small step of dx = f x dt + g dw from x = a x_0 + b eps: the signal a grows at the "
        "rate f a, which has to be da/dt",
    )
    d.equal(
        sp.Derivative(signal, dt) / a,
        drift,
        why="so f = (da/dt)/a = d log(a)/dt",
    )
    d.series(
        later.variance.subs(drift_, drift) - noise**2,
        dt,
        2,
        dt * (g**2 - diffusion2),
        why="and the variance is (b + db)^2 to first order if g^2 = 2 b (db - b da/a)",
    )
    d.equal(
        2 * a * b * (db * a - b * da) / a**2,
        diffusion2,
        why="that is 2 a b times the derivative of b/a",
    )
    return drift, diffusion2


def _reversal(d: sn.Derivation) -> None:
    """Complete the square in Bayes' rule, the density before being expanded about x."""
    back = x - (drift_ * x - g**2 * s1) * dt
    forward = (x - y - drift_ * x * dt) ** 2
    log_before = s1 * (y - x)
    d.equal(
        -forward / (2 * g**2 * dt) + log_before,
        -((y - back) ** 2) / (2 * g**2 * dt) + dt * (g**2 * s1**2 / 2 - drift_ * x * s1),
        why="Bayes: p(y | x) ~ p(x | y) p(y), with the drift taken at x (it differs in higher "
        "order) and log p(y) = log p(x) + s (y - x) + ..., s the score: completing the square "
        "leaves a normal density about x - (f - g^2 s) dt, with the variance g^2 dt",
    )


def _density(mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    return sp.exp(Gaussian.of(mean, variance).log_density(x))


def _marginals(d: sn.Derivation, drift: sp.Expr, diffusion2: sp.Expr) -> None:
    """Check Fokker-Planck, divided by the density; time enters by a and b alone."""
    mean, variance = a * m0, a**2 * s0**2 + b**2
    log_density = Gaussian.of(mean, variance).log_density(x)
    rate = da * sp.diff(log_density, a) + db * sp.diff(log_density, b)
    score = sp.diff(log_density, x)
    transport = -drift - drift * x * score
    spread = diffusion2 / 2 * (sp.diff(score, x) + score**2)
    d.equal(
        rate,
        transport + spread,
        why="Fokker-Planck, p_t = -(f x p)' + g^2 p''/2, divided by p: N(a m0, a^2 s0^2 + b^2) "
        "satisfies it for data N(m0, s0^2)",
    )
    velocity = drift * x - diffusion2 / 2 * score
    flow = -sp.diff(velocity, x) - velocity * score
    d.equal(
        flow,
        transport + spread,
        why="the ordinary equation dx = (f x - g^2 s/2) dt moves the density in the same way",
    )
    reverse = drift * x - diffusion2 * score
    backwards = sp.diff(reverse, x) + reverse * score + spread
    d.equal(
        backwards,
        -(transport + spread),
        why="and so does, backwards in time, dx = (f x - g^2 s) dt + g dw: the three share their "
        "marginals",
    )
    d.equal(
        -(s2 + s1 * (drift_ * x - g**2 * s1 / 2)) + g**2 * c2 / 2,
        -(s2 + s1 * drift_ * x) + g**2 * (c2 + s1**2) / 2,
        why="nor does it need a normal distribution: with any score s1 and its slope c2 (s2 the "
        "slope of f x), flow and diffusion agree as p''/p = s' + s^2",
    )


def _tables(d: sn.Derivation) -> None:
    drift, diffusion2 = da / a, 2 * b * (db - b * da / a)
    rate = sp.Symbol("g")
    exploding = {a: 1, da: 0, db: rate / (2 * b)}
    d.equal(
        [drift.subs(exploding), diffusion2.subs(exploding)],
        [0, rate],
        why="variance exploding: a = 1 and g^2 = d(b^2)/dt",
    )
    preserving = {da: -rate * p / 2, a: p}
    noise = sp.sqrt(1 - p**2)
    level = sp.tanh(q)  # any number in (0, 1)
    d.equal(
        [
            (drift.subs(preserving)),
            diffusion2.subs({**preserving, b: noise, db: rate * p**2 / (2 * noise)}).subs(p, level),
        ],
        [-rate / 2, rate],
        why="variance preserving: a' = -(beta/2) a and b = sqrt(1 - a^2) give f = -beta/2 and "
        "g^2 = beta (a = tanh q in the second)",
    )
    sub = {**preserving, b: 1 - p**2, db: rate * p**2}
    d.equal(
        [drift.subs(sub), diffusion2.subs(sub)],
        [-rate / 2, rate * (1 - p**4)],
        why="sub-variance preserving: b = 1 - a^2 gives g^2 = beta (1 - a^4)",
    )


def _denoising(d: sn.Derivation) -> None:
    d.equal(
        Gaussian.of(a * x0, b**2).score(a * x0 + b * y)[0],
        -y / b,
        why="conditional score: at x = a x_0 + b eps it is -eps/b",
    )
    one, two = (p * _density(a * s1, b**2), q * _density(a * s2, b**2))
    scores = [-(x - a * point) / b**2 for point in (s1, s2)]
    mean = (one * scores[0] + two * scores[1]) / (one + two)
    d.equal(
        sp.diff(one + two, x) / (one + two),
        mean,
        why="data of two points s1, s2 with weights p, q: the score of the marginal is the "
        "posterior mean of the conditional scores",
    )
    total = p + q
    average = (p * c0 + q * c1) / total
    d.equal(
        (p * (theta - c0) ** 2 + q * (theta - c1) ** 2) / total,
        (theta - average) ** 2 + p * q * (c0 - c1) ** 2 / total**2,
        why="hence the denoising loss is the score loss plus a constant: a mean square about theta "
        "is that about the mean plus the variance (c0, c1 the conditional scores, p, q the "
        "posterior weights)",
    )


def _mixture(d: sn.Derivation) -> sp.Expr:
    variance = a**2 * s0**2 + b**2
    score = (a * m * sp.tanh(a * m * x / variance) - x) / variance
    left, right = _density(-a * m, variance), _density(a * m, variance)
    d.equal(
        sp.diff(left + right, x) / (left + right),
        score,
        why="equal parts of N(m, s0^2) and N(-m, s0^2): the score in closed form",
    )
    return score


# The variance-preserving process with a constant rate: a = exp(-RATE t/2) for 0 <= t <= 1.
RATE = 8.0


@cache
def _kernel() -> Any:
    variance = a**2 * s0**2 + b**2
    score = (a * m * sp.tanh(a * m * x / variance) - x) / variance
    return sn.lambdify([x, a, b, m, s0], score)


def score(state: ArrayLike, time: float, centre: float, deviation: float) -> Any:
    """Return the score at a time for data of equal parts of N(+-centre, deviation^2)."""
    signal, noise = math.exp(-RATE * time / 2), math.sqrt(-math.expm1(-RATE * time))
    return _kernel()(np.asarray(state, np.float64), signal, noise, centre, deviation)


def euler_maruyama(
    starts: ArrayLike, steps: int, centre: float, deviation: float, seed: int = 0
) -> NDArray[np.float64]:
    """Return the states of the reverse equation from noise to data, (steps + 1, ...)."""
    generator = np.random.default_rng(seed)
    states = [np.asarray(starts, dtype=np.float64)]
    width = 1.0 / steps
    for place in range(steps, 0, -1):
        now = states[-1]
        slope = now / 2 + score(now, place * width, centre, deviation)
        noise = generator.standard_normal(now.shape)
        states.append(now + RATE * width * slope + math.sqrt(RATE * width) * noise)
    return np.array(states)


def runge_kutta(
    starts: ArrayLike, steps: int, centre: float, deviation: float
) -> NDArray[np.float64]:
    """Return the states of the probability flow from noise to data by RK4, (steps + 1, ...)."""

    def slope(state: Any, time: float) -> Any:
        return RATE / 2 * (state + score(state, time, centre, deviation))

    states = [np.asarray(starts, dtype=np.float64)]
    width = 1.0 / steps
    for place in range(steps, 0, -1):
        now, time = states[-1], place * width
        one = slope(now, time)
        two = slope(now + width / 2 * one, time - width / 2)
        three = slope(now + width / 2 * two, time - width / 2)
        four = slope(now + width * three, max(time - width, 0.0))
        states.append(now + width / 6 * (one + 2 * two + 2 * three + four))
    return np.array(states)


def weak_error(steps: int, deviation: float = 0.5) -> float:
    """Return the error of the variance by Euler-Maruyama for data N(0, deviation^2).

    Every step is linear, so the variance follows a recursion, and nothing has to be sampled.
    """
    width = 1.0 / steps
    final = 1.0 + math.exp(-RATE) * (deviation**2 - 1.0)
    variance = final
    for place in range(steps, 0, -1):
        factor = 1.0 + RATE * width * (0.5 + float(score(1.0, place * width, 0.0, deviation)))
        variance = factor**2 * variance + RATE * width
    return abs(variance / deviation**2 - 1.0)


def kolmogorov_distance(sample: NDArray[np.float64], centre: float, deviation: float) -> float:
    """Return the largest distance between the empirical and the mixture's distribution."""
    points = np.sort(sample)
    scale = deviation * math.sqrt(2.0)
    cdf = np.array(
        [
            (math.erfc((-centre - value) / scale) + math.erfc((centre - value) / scale)) / 4
            for value in points.tolist()
        ]
    )
    ranks = np.arange(len(points) + 1) / len(points)
    return float(max(np.max(ranks[1:] - cdf), np.max(cdf - ranks[:-1])))


def _by_weights(
    x: float, a: float, b: float, da: float, db: float, m: float, s0: float
) -> dict[str, float]:
    """Return the score as the gradient of a mixture's log_prob does, by weights of the parts."""
    variance = a**2 * s0**2 + b**2
    logs = np.array([-((x - sign * a * m) ** 2) / (2 * variance) for sign in (1, -1)])
    weights = np.exp(logs - np.logaddexp(*logs))
    score = np.sum(weights * np.array([a * m - x, -a * m - x]) / variance)
    return {"drift": da / a, "diffusion2": 2 * b * (db - b * da / a), "score": float(score)}


PEERS = {"MixtureSameFamily, as torch's gradient of log_prob": _by_weights}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the orders of the samplers, and the distribution of what they return."""
    lines = [
        (f"Euler-Maruyama, {steps} steps: relative error of the variance", f"{error:.4f}")
        for steps in (100, 200, 400, 800)
        for error in [weak_error(steps)]
    ]
    for steps in (50, 100, 200):
        exact = 0.5 / math.sqrt(1.0 + math.exp(-RATE) * (0.25 - 1.0))
        error = abs(float(runge_kutta(1.0, steps, 0.0, 0.5)[-1]) / exact - 1.0)
        lines.append((f"RK4 on the flow, {steps} steps: relative error", f"{error:.1e}"))
    count = 20_000
    starts = np.random.default_rng(1).standard_normal(count)
    sample = euler_maruyama(starts, 1000, 1.0, 0.3)[-1]
    bound = math.sqrt(math.log(2 / 1e-3) / (2 * count))
    distance = kolmogorov_distance(sample, 1.0, 0.3)
    lines.append(("samples of a mixture: distance of the distributions", f"{distance:.4f}"))
    lines.append(("Dvoretzky-Kiefer-Wolfowitz bound at 99.9 %", f"{bound:.4f}"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the densities p_t as a map, with paths of the reverse equation and of the flow."""
    centre, deviation = 1.0, 0.2
    times, places = np.linspace(0.0, 1.0, 201) ** 2, np.linspace(-3.0, 3.0, 241)
    signal = np.exp(-RATE * times / 2)
    spread = np.sqrt(1.0 + signal**2 * (deviation**2 - 1.0))
    density = sum(
        np.exp(-(((places[:, None] - sign * signal * centre) / spread) ** 2) / 2)
        / (spread * np.sqrt(8.0 * np.pi))
        for sign in (-1.0, 1.0)
    )
    panels = figure.subplots(1, 2, sharey=True)
    starts = np.linspace(-2.0, 2.0, 9)
    runs = (
        ("Reverse equation", euler_maruyama(starts, 400, centre, deviation)),
        ("Probability flow", runge_kutta(starts, 400, centre, deviation)),
    )
    for axes, (title, paths) in zip(panels, runs, strict=True):
        axes.pcolormesh(
            np.sqrt(times), places, np.sqrt(density), cmap="Blues", shading="auto", rasterized=True
        )
        axes.plot(np.sqrt(np.linspace(1.0, 0.0, 401)), paths, color="C3", linewidth=0.8)
        axes.invert_xaxis()
        axes.set_xlabel("sqrt(t), from noise to data")
        axes.set_title(title)
        axes.set_ylim(-3, 3)
    panels[0].set_ylabel("x")
