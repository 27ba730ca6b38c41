"""Learning rate schedules that follow from a balance of step and decay.

The squared distance to the optimum, expanded to second order in the step, gives a recursion for
its logarithm; its continuous limit is a schedule in closed form. That the cosine between update
and error stays about p is an assumption of the article, not proved here. Source: Su Jianlin,
kexue.fm, 基于Amos优化器思想推导出来的一些“炼丹策略”.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

import symnum as sn
from symnum.algebra import VectorFrame

RANGES = {"t": (0.0, 1e6), "alpha0": (1e-4, 0.1), "p": (0.01, 1.0)}
TAILS = (
    {"t": 1e12, "alpha0": 1e-6, "p": 1e-6},
    {"t": 1e12, "alpha0": 0.1, "p": 1.0},
    {"t": 0.0, "alpha0": 0.1, "p": 1.0},
    {"t": 1.0, "alpha0": 1e-6, "p": 1e-6},
)
STEPS = 100_000
RATE = sp.Rational(1, 1000)
# The exponents of the correction end here, and those of exp in the proof of its remainder.
TERMS, TAYLOR = 8, 12

t, alpha0, p, alpha, r, q, s, c, y = sp.symbols("t alpha0 p alpha r q s c y")
T, x, v, e, Y, n, m = sp.symbols("T x v e Y n m")
INNER = uu, uo, ue, oo, oe, ee = sp.symbols("uu uo ue oo oe ee")


def derive() -> sn.Derivation:
    """Prove the expansion, the two schedules, and how far the recursion is from its limit."""
    positive, nonnegative = sn.Interval(0, sp.oo, left_open=True), sn.Interval(0, sp.oo)
    reals, unit = sn.Interval(-sp.oo, sp.oo), sn.Interval(-1, 1)
    d = sn.Derivation(
        "amos_schedule",
        title="Training strategies derived from the Amos optimizer / "
        "基于Amos优化器思想推导出来的一些“炼丹策略”",
        source="Su Jianlin, kexue.fm: 基于Amos优化器思想推导出来的一些“炼丹策略”",
        domain={
            t: nonnegative,
            **dict.fromkeys((alpha0, p, q, c, T, uu, ee, oo), positive),
            **dict.fromkeys((alpha, r, uo, ue, oe), reals),
            s: nonnegative,
            y: sn.Interval(1, sp.oo),
            x: sn.Interval(0, RATE, left_open=True),
            v: sn.Interval(-sp.Rational(1, 100), sp.Rational(1, 100)),
            e: unit,
            Y: sn.Interval(50, 200),
            **dict.fromkeys((n, m), sn.Integers(1, sp.oo)),
        },
    )
    _expansion(d)
    schedules = _limit(d)
    _recursion(d)
    _scales(d)
    d.result(schedules, args=["t", "alpha0", "p"])
    return d


def _expansion(d: sn.Derivation) -> None:
    products = dict(
        zip(
            (("u", "u"), ("u", "o"), ("u", "e"), ("o", "o"), ("o", "e"), ("e", "e")),
            INNER,
            strict=True,
        )
    )
    frame = VectorFrame.of(["u", "o", "e"], inner_products=products)
    u, o, error = (frame.vector(name) for name in frame.names)
    after = error - alpha * u - r * alpha**2 * o
    d.series(
        after.inner(after),
        alpha,
        3,
        ee - 2 * alpha * ue + alpha**2 * (uu - 2 * r * oe),
        why="the update -alpha u - rho theta with rho = r alpha^2 changes the squared error "
        "|e|^2 (inner products as symbols: ue = u.e, o stands for theta)",
    )
    d.equal(
        alpha**2 * (uu - 2 * r * q * ee),
        2 * alpha**2 * q * ee * (uu / (2 * q * ee) - r),
        why="balance: with theta.e = q |e|^2 the second order vanishes exactly for "
        "alpha^2 |u|^2 = 2 rho q |e|^2",
    )
    d.series(
        -sp.log(1 - 2 * alpha * p * sp.exp(-s)) / 2,
        alpha,
        2,
        alpha * p * sp.exp(-s),
        why="assuming (unproved) that cos(u, e) stays p, and steps alpha |u| = alpha0 e^(-S) |e|: "
        "|e|^2 = E0 e^(-2S) gives S_(t+1) = S_t + alpha0 p e^(-S_t) (alpha stands for alpha0)",
    )


def _limit(d: sn.Derivation) -> dict[str, sp.Expr]:
    constant = 1 / (1 + alpha0 * p * t) ** 2
    decaying = 1 / (1 + 2 * alpha0 * p * t)
    log = sp.log(1 + alpha0 * p * t)
    d.equal(
        sp.Derivative(log, t),
        alpha0 * p * sp.exp(-log),
        why="the continuous limit S' = alpha0 p e^(-S), S(0) = 0, has this solution",
    )
    d.equal(sp.exp(-2 * log), constant, why="so for a constant p the factor e^(-2S)")
    half = sp.log(1 + 2 * alpha0 * p * t) / 2
    d.equal(
        sp.Derivative(half, t),
        alpha0 * (p * sp.exp(-half)) * sp.exp(-half),
        why="with p_t = p e^(-S) it is S' = alpha0 p e^(-2S)",
    )
    d.equal(sp.exp(-2 * half), decaying, why="and so the inverse-time decay")
    d.equal(
        1 / (1 + c * T) ** 2 - sp.Rational(1, 2),
        (sp.sqrt(2) - 1 - c * T) * (sp.sqrt(2) + 1 + c * T) / (2 * (1 + c * T) ** 2),
        why="half life: the constant-p factor is 1/2 at t = T exactly for "
        "alpha0 p = (sqrt(2) - 1)/T",
    )
    # The squares of more steps than these may overflow where the schedule itself does not vanish.
    expanded = 1 / (1 + 2 * alpha0 * p * t + (alpha0 * p * t) ** 2)
    stable = sp.Piecewise((expanded, t < 10**100), (constant, True))
    d.equal(constant, stable, why="for kernels: the square of a rounded sum has twice its error")
    return {"constant_p": stable, "decaying_p": decaying}


def corrections() -> list[sp.Rational]:
    """Return a_k such that 1/x + log(x)/2 + sum a_k x^k grows by 1 as x becomes x e^-x.

    The coefficients of x^2, x^3, ... in the growth determine them one after the other.
    """
    known: list[sp.Rational] = []
    for k in range(1, TERMS + 1):
        # (e^x - 1)/x and x^j (e^(-j x) - 1) at the order k + 1; the unknown adds -k a_k.
        rest = sp.Rational(1, sp.factorial(k + 2)) + sum(
            a * sp.Rational((-j) ** (k + 1 - j), sp.factorial(k + 1 - j))
            for j, a in enumerate(known, start=1)
        )
        known.append(rest / k)
    return known


def _clock(z: sp.Expr) -> sp.Expr:
    """Return the function that counts the steps, for z = c/e^S."""
    return 1 / z + sp.log(z) / 2 + sum(a * z**k for k, a in enumerate(corrections(), start=1))


def _recursion(d: sn.Derivation) -> None:
    d.less_equal(
        y + c,
        y * sp.exp(c / y),
        why="y = e^S grows by y e^(c/y) >= y + c with c = alpha0 p, so the recursion stays above "
        "its limit 1 + c t",
    )
    a = corrections()
    defect = (
        sp.exp(x)
        - 1
        - x
        - x**2 / 2
        + sum(weight * x ** (k + 1) * (sp.exp(-k * x) - 1) for k, weight in enumerate(a, start=1))
    )
    step = d.series(
        defect,
        x,
        TERMS + 3,
        0,
        why="x = c/y becomes x e^(-x), and F = 1/x + log(x)/2 + sum a_k x^k grows by 1 but for "
        "the defect, here times x, whose series starts with x^11",
    )
    bounded = d.less_equal(
        sp.exp(v), 2, why="the twelfth derivative in Taylor's theorem for exp, with |v| <= 1/100"
    )

    def taylor(z: sp.Expr) -> sp.Expr:
        return sum(z**j / sp.factorial(j) for j in range(TAYLOR))

    finite = (
        taylor(x)
        - 1
        - x
        - x**2 / 2
        + sum(weight * x ** (k + 1) * (taylor(-k * x) - 1) for k, weight in enumerate(a, start=1))
    )
    rest = x**TAYLOR + sum(
        abs(weight) * x ** (k + 1) * (k * x) ** TAYLOR for k, weight in enumerate(a, start=1)
    )
    whole = finite + e * rest * 2 / sp.factorial(TAYLOR)
    small = d.approximate(
        sp.expand(sp.expand(whole) / x ** (TERMS + 3)),
        0,
        bound=1,
        why="Taylor polynomials and their remainders (e from -1 to 1): the defect is at most "
        "x^10, so over all steps from c = 1/1000 F grows by their number up to 2/10^28",
        using=[step, bounded],
    )
    d.solve(
        _clock(RATE / Y) - _clock(RATE) - STEPS,
        Y,
        near=101,
        why="hence y after 100000 steps from y = 1 with c = 1/1000, right to 28 decimals",
        using=small,
        name="recursion_value",
    )
    d.approximate(
        d.constants["recursion_value"],
        1 + RATE * STEPS + RATE / 2 * sp.log(1 + RATE * STEPS),
        bound=sp.Rational(1, 10**6),
        why="against 1 + c t + (c/2) log(1 + c t): the recursion is ahead of its limit by the "
        "logarithm alone",
    )


def _scales(d: sn.Derivation) -> None:
    d.equal(
        n * m * (1 / sp.sqrt(n)) ** 2,
        m,
        why="the scale of |e_0|^2: a matrix of n x m entries of the variance 1/n has the expected "
        "squared norm m",
    )
    d.equal(
        (alpha * sp.sqrt(oo) / sp.sqrt(uu)) ** 2 * uu,
        alpha**2 * oo,
        why="LAMB, the step alpha |theta| u/|u|, is the special case with |e| estimated by |theta|",
    )


def recursion(rate: float, steps: int) -> NDArray[np.float64]:
    """Return e^S for 0, 1, ..., steps by the recursion itself, from 1."""
    values = np.empty(steps + 1)
    values[0] = 1.0
    for step in range(steps):
        values[step + 1] = values[step] * np.exp(rate / values[step])
    return values


def _as_optax(t: float, alpha0: float, p: float) -> dict[str, float]:
    """Return the schedules as optax writes them: 1/(1 + rate t), and a power of it."""
    return {
        "constant_p": float(np.power(1 + alpha0 * p * t, -2.0)),
        "decaying_p": float(1 / (1 + 2 * alpha0 * p * t)),
    }


PEERS = {"inverse-time decay, as optax writes it": _as_optax}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the constant with the recursion, and the schedule with a quadratic model."""
    exact = float(derivation.constants["recursion_value"])
    run = recursion(1e-3, STEPS)[-1]
    error, alpha = np.random.default_rng(0).standard_normal(1000), 0.02
    scale = np.linalg.norm(error)
    for step in range(1000):
        shrink = 1 / (1 + alpha * step)
        error = error - alpha * scale * shrink**2 * error / np.linalg.norm(error)
    return [
        ("e^S after 100000 steps, by the recursion in double precision", f"{run:.9f}"),
        ("the constant", f"{exact:.9f}"),
        ("1 + c t", "101"),
        (
            "quadratic model, p = 1: |e|^2/|e_0|^2 after 1000 steps",
            f"{np.linalg.norm(error) ** 2 / scale**2:.2e}",
        ),
        (
            "1/(1 + alpha0 t)^2",
            f"{float(derivation.compile()(1000.0, alpha, 1.0)['constant_p']):.2e}",
        ),
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the decay laws, and what the recursion adds to its limit."""
    left, right = figure.subplots(1, 2)
    times = np.geomspace(1, 1e6, 200)
    kernel = derivation.compile()
    for rate, colour in ((1e-2, "#1f77b4"), (1e-4, "#d62728")):
        values = kernel(times, rate, 1.0)
        left.loglog(times, values["constant_p"], color=colour, label=f"constant p, c = {rate:g}")
        left.loglog(times, values["decaying_p"], "--", color=colour, label="decaying p")
    left.set_xlabel("step t")
    left.set_title("Factor of the learning rate")
    left.legend(fontsize=8)
    for rate in (0.1, 0.01):
        steps = np.arange(10001.0)
        ahead = (recursion(rate, 10000) - 1 - rate * steps) / rate
        right.plot(rate * steps, ahead, label=f"recursion, c = {rate:g}")
    grid = np.geomspace(1e-2, 1000, 200)
    right.plot(grid, np.log1p(grid) / 2, ":", color="black", label="log(1 + c t)/2")
    right.set_xscale("log")
    right.set_xlim(1e-2, 1e3)
    right.set_xlabel("c t")
    right.set_title("(e^S - 1 - c t)/c")
    right.legend(fontsize=8)
