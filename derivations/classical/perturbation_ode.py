"""Perturbation of differential equations: secular terms, and how to be rid of them.

The power series of a weakly nonlinear oscillation in its small parameter has terms that grow with
time, though the motion is bounded. Letting the frequency be a series as well removes them; the same
condition finds limit cycles, a slow time does the work for a damping, and Newton's polygon for
roots that run away. Source: Su Jianlin, kexue.fm, 轻微的扰动——摄动法简介(3).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath
import numpy as np
import sympy as sp

import symnum as sn
from symnum import homotopy
from symnum.derivation import Step

RANGES = {"eps": (-0.4, 0.4), "a": (0.05, 1.5)}
TAILS = (
    {"eps": -0.25, "a": 1.5},
    {"eps": 1e-6, "a": 1.0},
    {"eps": 0.0, "a": 2.0},
    {"eps": -1e-6, "a": 1e-3},
    {"eps": 0.9, "a": 1.0},
)
DUFFING = "x'' + x + eps*x**3"
VAN_DER_POL = "x'' + x - eps*(1 - x**2)*x'"
ORDER = 6  # of the result
SHORT = 3  # of the motions, where a proof runs over all their harmonics
EXAMPLE = {"eps": sp.Rational(1, 10), "a": sp.S.One}

eps, a, e, d0, m, n, t, tau, phi, r, x, v, z = sp.symbols("eps a e d m n t tau phi r x v z")


def derive() -> sn.Derivation:
    """Prove the series, their exact partners, and where the naive expansion fails."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "perturbation_ode",
        title="Slight perturbations: the perturbation method (3) / 轻微的扰动——摄动法简介(3)",
        source="Su Jianlin, kexue.fm: 轻微的扰动——摄动法简介(3)",
        domain={
            eps: sn.Interval(-sp.oo, sp.oo),
            a: positive,
            e: sn.Interval(-sp.Rational(1, 2), sp.Rational(1, 2)),
            d0: sn.Interval(0, sp.Rational(1, 10), left_open=True),
            m: sn.Interval(-sp.Rational(1, 2), sp.Rational(1, 2)),
            n: sn.Integers(1, sp.oo),
            r: sn.Interval(1, 2),
            z: sn.Interval(0, 10),
            phi: sn.Interval(0, sp.pi / 2),
            **dict.fromkeys((t, tau, x, v), reals),
        },
        where=(eps * a**2 < 1, eps * a**2 > -1),
    )
    _naive(d)
    duffing = _lindstedt(d)
    _elliptic(d, duffing)
    cycle = _limit_cycle(d)
    _damping(d)
    _roots(d)
    frequency = duffing.frequency_expr.subs(eps, eps * a**2)
    d.equal(
        sp.Add(*(w * (eps * a**2) ** m for m, w in enumerate(duffing.frequency))),
        sp.expand(frequency),
        why="an amplitude a only turns eps into eps a^2",
    )
    d.result(
        {"duffing": sp.expand(frequency), "van_der_pol": cycle.frequency_expr}, args=["eps", "a"]
    )
    return d


def _naive(d: sn.Derivation) -> None:
    first, second = naive().solution
    d.equal(
        sp.Derivative(second, (t, 2)) + second,
        -(first**3),
        why="the naive series with frequency 1: x_0 = a cos(t), and x_1 answers to -x_0^3, which "
        "contains -(3/4) a^3 cos(t), a resonance",
    )
    d.equal(
        second - second.subs({sp.cos(t): 0, sp.cos(3 * t): 0}),
        a**3 * (sp.cos(3 * t) - sp.cos(t)) / 32,
        why="apart from its secular term -(3/8) a^3 t sin(t) it is bounded",
    )
    energy = v**2 / 2 + x**2 / 2 + eps * x**4 / 4
    d.equal(
        sp.diff(energy, x) * v + sp.diff(energy, v) * (-x - eps * x**3),
        0,
        why="but the energy is conserved along every motion",
    )
    d.equal(
        2 * (energy.subs({v: 0, x: a}) - energy.subs(v, 0)),
        (a**2 - x**2) * (1 + eps * (a**2 + x**2) / 2),
        why="and v^2 >= 0 keeps x between -a and a: the motion is bounded by its amplitude",
    )
    d.refute(
        sp.Le(sp.Abs(first + eps * second), a, evaluate=False),
        at={eps: EXAMPLE["eps"], a: EXAMPLE["a"], t: 36},
        why="the naive series leaves these bounds at t ~ 1/eps: secular growth is an error of the "
        "expansion and not a property of the motion",
    )


@cache
def naive() -> homotopy.StraightforwardExpansion:
    """Return the first terms of the naive expansion."""
    return homotopy.straightforward_expansion(DUFFING, "x", "t", "eps", 1, amplitude="a")


def _lindstedt(d: sn.Derivation) -> homotopy.PerturbationSeries:
    series = homotopy.lindstedt(DUFFING, "x", "t", "eps", ORDER)
    first, second = series.solution[:2]
    d.equal(
        -series.squared_frequency[1] * sp.Derivative(first, (tau, 2)) - first**3,
        sp.Derivative(second, (tau, 2)) + second,
        why="Lindstedt: with tau = w t and w^2 = 1 + (3/4) eps + ... no cos(tau) is left on the "
        "left side, and x_1 is periodic",
    )
    motion = sum(term * e**m for m, term in enumerate(series.solution[: SHORT + 1]))
    squared = sum(w * e**m for m, w in enumerate(series.squared_frequency[: SHORT + 1]))
    d.series(
        squared * sp.Derivative(motion, (tau, 2)) + motion + e * motion**3,
        e,
        SHORT + 1,
        0,
        why=f"and so on: put into the equation, the series through e^{SHORT} leaves no power of "
        "its own (e = eps a^2, x in units of a)",
    )
    return series


def _elliptic(d: sn.Derivation, series: homotopy.PerturbationSeries) -> None:
    square = 1 + e - e * sp.sin(phi) ** 2 / 2
    rate = sp.sqrt(square)
    d.equal(
        sp.Derivative(-sp.sin(phi) * rate, phi) * rate,
        -sp.cos(phi) - e * sp.cos(phi) ** 3,
        why="exact partner: x = cos(phi) with dphi/dt = sqrt(1 + e - (e/2) sin^2 phi), hence "
        "x' = -sin(phi) dphi/dt, has the acceleration -x - e x^3",
    )
    parameter = e / (2 * (1 + e))
    form = d.equal(
        square,
        (1 + e) * (1 - parameter * sp.sin(phi) ** 2),
        why="so a quarter of the period is K(m)/sqrt(1 + e) with m = e/(2 (1 + e)), and the "
        "frequency is pi sqrt(1 + e)/(2 K(m))",
    )
    weights = [sp.S.One]
    for j in range(1, ORDER + 1):
        weights.append(weights[-1] * sp.Rational(2 * j - 1, 2 * j))
    binomial = d.series(
        1 / sp.sqrt(1 - m * sp.sin(phi) ** 2),
        m,
        ORDER + 1,
        sum(w * (m * sp.sin(phi) ** 2) ** j for j, w in enumerate(weights)),
        why="the integrand of K(m) as a binomial series",
    )
    means = d.equal(
        sp.Derivative(sp.sin(phi) ** (2 * n - 1) * sp.cos(phi), phi),
        (2 * n - 1) * sp.sin(phi) ** (2 * n - 2) - 2 * n * sp.sin(phi) ** (2 * n),
        why="both ends vanish, so the mean of sin^(2n) over a quarter is (2n - 1)/(2n) of the one "
        "before: the same numbers as in the binomial series",
    )
    polynomial = series.frequency_expr.subs(eps, e)
    d.series(
        sp.sqrt(1 + e) / sum(w**2 * parameter**j for j, w in enumerate(weights)),
        e,
        ORDER + 1,
        polynomial,
        why="and the integrated series gives the frequency of Lindstedt, through the sixth power",
        using=[form, binomial, means],
    )
    d.approximate(
        polynomial,
        sp.pi * sp.sqrt(1 + e) / (2 * sp.elliptic_k(parameter)),
        bound=sp.Rational(1, 2000),
        why="on |e| <= 1/2 the frequency is this close, so that the phase stays right as long as "
        "the time is small beside 2000",
    )
    small = EXAMPLE["eps"]
    d.approximate(
        polynomial.subs(e, small),
        sp.pi * sp.sqrt(1 + small) / (2 * sp.elliptic_k(parameter.subs(e, small))),
        bound=sp.Rational(2, 10**9),
        why="at e = 1/10 the phase of Lindstedt's series is off by less than 2e-8 at t = 1/e, "
        "where the naive series has left the bounds of the motion",
    )
    second = series.solution[1]
    d.less_equal(
        [second, -second],
        [sp.Rational(1, 16)] * 2,
        why="and its first term x_1 stays below 1/16 for all times, instead of growing like t",
    )


def _limit_cycle(d: sn.Derivation) -> homotopy.PerturbationSeries:
    series = homotopy.lindstedt(VAN_DER_POL, "x", "t", "eps", ORDER)
    start = a * sp.cos(tau)
    d.equal(
        (1 - start**2) * sp.Derivative(start, tau),
        -a * (1 - a**2 / 4) * sp.sin(tau) + a**3 * sp.sin(3 * tau) / 4,
        why="van der Pol: at order 1 the coefficient of sin(tau) is a (a^2/4 - 1), which vanishes "
        "for the amplitude 2 alone",
    )
    frequencies = [w * e**m for m, w in enumerate(series.frequency[: SHORT + 1])]
    motion = sum(term * e**m for m, term in enumerate(series.solution[: SHORT + 1]))
    frequency = sp.Add(*frequencies)
    d.series(
        frequency**2 * sp.Derivative(motion, (tau, 2))
        + motion
        - e * (1 - motion**2) * frequency * sp.Derivative(motion, tau),
        e,
        SHORT + 1,
        0,
        why=f"with it the series through eps^{SHORT} solves the equation (e stands for eps here)",
    )
    _higher_orders(d, series)
    d.series(
        sp.sqrt(sum(w * eps**k for k, w in enumerate(series.squared_frequency))),
        eps,
        ORDER + 1,
        series.frequency_expr,
        why="the frequency is the root of its square",
    )
    elapsed = r**2 / 2 - sp.log(r)
    creeping = d.equal(
        sp.Derivative(elapsed, r),
        (r**2 - 1) / r,
        why="for a large parameter mu the motion creeps from 2 to 1 in the time mu times the "
        "integral of (x^2 - 1)/x, whose antiderivative is this",
    )
    d.equal(
        2 * elapsed.subs(r, 2) - 2 * elapsed.subs(r, 1),
        3 - 2 * sp.log(2),
        why="twice in a period: that gives the leading term (3 - 2 log 2) mu of the period, by an "
        "argument about the fast jumps that is not proved here",
        using=creeping,
    )
    return series


def _higher_orders(d: sn.Derivation, series: homotopy.PerturbationSeries) -> None:
    """State the equations of the orders that the proof of the truncated series leaves out."""
    motions, w = series.solution, series.frequency
    for order in range(SHORT + 1, ORDER + 1):
        rates = [
            sp.Add(*(w[j] * sp.diff(motions[k - j], tau) for j in range(k + 1)))
            for k in range(order)
        ]
        squares = [
            sp.Add(*(motions[j] * motions[k - j] for j in range(k + 1))) for k in range(order)
        ]
        damping = rates[order - 1] - sp.Add(
            *(squares[j] * rates[order - 1 - j] for j in range(order))
        )
        side = damping - sp.Add(
            *(
                series.squared_frequency[j] * sp.diff(motions[order - j], tau, 2)
                for j in range(1, order + 1)
            )
        )
        d.equal(
            sp.Derivative(motions[order], (tau, 2)) + motions[order],
            side,
            why=f"the equation of order {order}, on whose right side neither cos(tau) nor sin(tau) "
            "is left: the first fixes the frequency, the second the amplitude",
        )


def _damping(d: sn.Derivation) -> None:
    w = sp.sqrt(1 - d0**2)
    exact = sp.exp(-d0 * z) * (sp.cos(w * z) + d0 * sp.sin(w * z) / w)
    d.equal(
        sp.Derivative(exact, (z, 2)) + 2 * d0 * sp.Derivative(exact, z) + exact,
        0,
        why="a damping, x'' + 2 d x' + x = 0, has this exact solution with x(0) = 1, x'(0) = 0",
    )
    d.equal(
        -2 * sp.Derivative(sp.exp(-tau), tau) - 2 * sp.exp(-tau),
        0,
        why="multiple scales: x = A(T) cos(t) with the slow time T = d t leaves no resonance if "
        "-2 A' - 2 A = 0, that is A = exp(-T)",
    )
    d.approximate(
        exact,
        sp.exp(-d0 * z) * sp.cos(z),
        bound=sp.Rational(1, 5),
        why="up to the time 1/d at d = 1/10 it differs from the exact solution by less than twice "
        "the size of d",
    )


def _roots(d: sn.Derivation) -> list[Step]:
    regular, singular = homotopy.perturb_roots("eps*x**2 + x - 1", "x", "eps", 4)
    steps = []
    for sign, branch, shift in ((1, regular, 0), (-1, singular, 1)):
        exact = (-1 + sign * sp.sqrt(1 + 4 * d0)) / (2 * d0)
        steps.append(
            d.equal(
                d0 * exact**2 + exact - 1,
                0,
                why=f"an algebraic equation: the {'regular' if sign > 0 else 'singular'} root of "
                "d x^2 + x - 1 = 0",
            )
        )
        d.series(
            d0**shift * exact,
            d0,
            5,
            sp.expand(d0**shift * branch.expr.subs(eps, d0)),
            why="is this power series"
            + (" after multiplication by d: it runs off like -1/d" if shift else ""),
            using=steps[-1],
        )
    return steps


@cache
def motion_by_lindstedt(order: int) -> Any:
    """Return the kernel of x(t, a, eps) from Lindstedt's series up to an order."""
    return homotopy.lindstedt(DUFFING, "x", "t", "eps", order, amplitude="a").compile()


@cache
def motion_by_naive_series() -> Any:
    """Return the kernel of x(t, a, eps) from the naive series of order 1."""
    return sn.lambdify([t, a, eps], naive().expr)


def exact_motion(times: Any, amplitude: float, small: float) -> np.ndarray:
    """Return the motion by Jacobi's function cn, correctly rounded, for an array of times."""
    context = mpmath.mp.clone()
    context.dps = 30
    strength = context.mpf(small) * context.mpf(amplitude) ** 2
    rate, parameter = context.sqrt(1 + strength), strength / (2 * (1 + strength))
    return np.array(
        [
            float(amplitude * context.ellipfun("cn", rate * time, m=parameter))
            for time in np.asarray(times, dtype=np.float64).tolist()
        ]
    )


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the expansions against the elliptic functions of mpmath."""
    lines = []
    for small in (0.1, 0.01):
        times = np.linspace(0.0, 1 / small, 41)
        exact = exact_motion(times, 1.0, small)
        naive_error = np.max(np.abs(motion_by_naive_series()(times, 1.0, small) - exact))
        lines.append(
            (f"naive series of order 1, eps = {small}, t up to 1/eps", _short(naive_error))
        )
        for order in (1, 2, 6):
            values = motion_by_lindstedt(order)(times, 1.0, small)
            error = np.max(np.abs(values - exact))
            lines.append((f"Lindstedt of order {order}, same times", _short(error)))
    lines.append(("DOP853 of SciPy at 1e-13, eps = 0.01, same times", _short(_by_scipy(0.01))))
    kernel = derivation.compile()
    context = mpmath.mp.clone()
    context.dps = 30
    for strength in (-0.4, 0.1, 0.9):
        value = context.mpf(strength)
        root = context.sqrt(1 + value)
        true = context.pi * root / (2 * context.ellipk(value / (2 * (1 + value))))
        error = float(abs(context.mpf(kernel(strength, 1.0)["duffing"]) / true - 1))
        lines.append((f"relative error of the frequency at eps a^2 = {strength}", _short(error)))
    return lines


def _by_scipy(small: float) -> float:
    """Return the largest error of SciPy's integrator on the motion up to 1/eps."""
    from scipy.integrate import solve_ivp

    times = np.linspace(0.0, 1 / small, 41)
    found = solve_ivp(
        lambda _, state: (state[1], -state[0] - small * state[0] ** 3),
        (0.0, 1 / small),
        (1.0, 0.0),
        method="DOP853",
        t_eval=times,
        rtol=1e-13,
        atol=1e-13,
    )
    return float(np.max(np.abs(found.y[0] - exact_motion(times, 1.0, small))))


def _short(value: Any) -> str:
    return f"{float(value):.1e}"


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the motion at t ~ 1/eps, and the errors against time."""
    above, below = figure.subplots(2, 1)
    small = float(EXAMPLE["eps"])
    times = np.linspace(0.0, 60.0, 601)
    exact = exact_motion(times, 1.0, small)
    above.plot(times, exact, color="black", linewidth=2.2, alpha=0.35, label="exact")
    rows = [("naive, order 1", "#d95f02", motion_by_naive_series())]
    for order, colour in ((1, "#9ecae1"), (2, "#4292c6"), (6, "#08306b")):
        rows.append((f"Lindstedt, order {order}", colour, motion_by_lindstedt(order)))
    for label, colour, kernel in rows:
        values = kernel(times, 1.0, small)
        if label in ("naive, order 1", "Lindstedt, order 2"):
            above.plot(times, values, color=colour, linewidth=1, label=label)
        error = np.maximum.accumulate(np.maximum(np.abs(values - exact), 1e-16))
        below.semilogy(times, error, color=colour, label=label)
    above.set_ylim(-3, 3)
    above.set_ylabel("x(t), eps = 1/10, a = 1")
    below.set_ylabel("largest error so far")
    below.set_xlabel("time")
    for axes, place in ((above, "upper left"), (below, "lower right")):
        axes.axvline(1 / small, color="gray", linestyle=":", linewidth=1)
        axes.grid(visible=True, alpha=0.25)
        axes.legend(fontsize=8, loc=place, ncols=2)
