"""The pendulum as a series: homotopy analysis, its c0 family, and the elliptic functions behind it.

The equation ``theta'' + sin(theta) = 0`` is deformed from ``A cos(tau)``; each order fixes one
more term of the frequency by the condition that no secular term appears. The exact solution in
elliptic functions is the witness: it gives the same rationals on an independent way, and tells
where the series ends. Source: Su Jianlin, kexue.fm, 单摆运动级数解：初试同伦分析.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import mpmath
import numpy as np
import sympy as sp

import symnum as sn
from symnum import homotopy
from symnum.derivation import Step

RANGES = {"A": (0.0, 3.0)}
TAILS = ({"A": 1e-3}, {"A": 3.0}, {"A": 0.0}, {"A": 3.1415926})
EQUATION = "u'' + sin(u)"
ORDER = 6  # of the result, in powers of A**2
SHORT = 3  # of the motion, where a proof runs over all its harmonics

A, a, k, q, p, c0, tau, t, phi, psi = sp.symbols("A a k q p c0 tau t phi psi")
omega, L, N = sp.symbols("omega L N")
n = sp.Symbol("n")
u, b, x = sp.symbols("u_0:3"), sp.symbols("b_0:3"), sp.symbols("x_0:5")


def derive() -> sn.Derivation:
    """Prove the equations of the series, the elliptic solution, and that both agree."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "pendulum_homotopy",
        title="The pendulum as a series: a first try of homotopy analysis"
        " / 单摆运动级数解：初试同伦分析",
        source="Su Jianlin, kexue.fm: 单摆运动级数解：初试同伦分析",
        domain=dict.fromkeys([tau, t, phi, L, N, *u, *b, *x, *sp.symbols("W_0:2")], reals)
        | {
            A: sn.Interval(0, sp.pi, right_open=True),
            a: sn.Interval(0, 2),
            k: sn.Interval(0, 1, right_open=True),
            q: sn.Interval(0, sp.Rational(1, 4)),
            p: sn.Interval(0, sp.Rational(1, 10)),
            psi: sn.Interval(0, sp.pi / 2, right_open=True),
            c0: sn.Interval(-2, 0, left_open=True, right_open=True),
            omega: positive,
            n: sn.Integers(1, sp.oo),
        },
    )
    solution = homotopy.solve_periodic(EQUATION, "u", "t", amplitude=A, order=ORDER - 1)
    series = homotopy.pendulum(ORDER, A)
    _solvability(d, solution, using=_deformation(d, solution))
    family = _control(d)
    squared = sp.expand(solution.frequency**2)
    _motion(d, series)
    d.equal(
        sp.Add(*solution.series(), evaluate=False),
        sp.Add(*(w * A ** (2 * m) for m, w in enumerate(series.squared_frequency))),
        why="at c0 = -1 homotopy analysis is the Poincaré-Lindstedt method: the same squared "
        "frequency, though its terms are grouped differently",
        using=family,
    )
    frequency = series.frequency_expr
    d.series(sp.sqrt(squared), A, 2 * ORDER + 1, frequency, why="the root of the squared frequency")
    _elliptic(d, frequency)
    _nome(d, series)
    _limits(d, frequency)
    d.result(frequency, args=["A"])
    return d


def _deformation(d: sn.Derivation, solution: homotopy.PeriodicSolution) -> list[Step]:
    phase = d.equal(
        sp.Derivative(sp.cos(n * omega * t), (t, 2)),
        -(omega**2) * n**2 * sp.cos(n * omega * t),
        why="with tau = omega t each harmonic turns theta'' into omega^2 u''(tau)",
    )
    whole, *orders = (solution.deformation_equation(m) for m in range(3))
    expansion = d.series(
        _as_symbols(whole.lhs - whole.rhs),
        q,
        3,
        sum(_as_symbols(sp.expand(e.lhs - e.rhs)) * q**m for m, e in enumerate(orders, start=1)),
        why="(1 - q) L[U - u_0] = c0 q N[U, W] with U = u_0 + u_1 q + u_2 q^2: its powers of q are "
        "the deformation equations of order 1 and 2 (b_m stands for u_m'')",
    )
    return [phase, expansion]


def _as_symbols(expr: sp.Expr) -> sp.Expr:
    """Replace the functions of a deformation equation by symbols for their values."""
    values = {sp.Function(f"u_{m}")(tau): u[m] for m in range(3)}
    values[sp.Function("phi")(tau, q)] = sum(u[m] * q**m for m in range(3))
    second = {sp.Function(f"u_{m}")(tau): b[m] for m in range(3)}
    second[sp.Function("phi")(tau, q)] = sum(b[m] * q**m for m in range(3))
    rules = {sp.Derivative(f, (tau, 2)): value for f, value in second.items()}
    rules[sp.Function("W")(q)] = sp.Symbol("W_0") + sp.Symbol("W_1") * q
    return expr.xreplace(rules).xreplace(values)


def _solvability(d: sn.Derivation, solution: homotopy.PeriodicSolution, using: list[Step]) -> None:
    first, second = solution.series().solution[:2]
    start = _below(solution.series()[0], 2 * SHORT)
    sine = sum((-1) ** m * first ** (2 * m + 1) / sp.factorial(2 * m + 1) for m in range(SHORT))
    response = _below(sp.expand(second + sp.diff(second, tau, 2)), 2 * SHORT)
    d.equal(
        sine + start * sp.Derivative(first, (tau, 2)),
        -response,
        why="order 1: W_0 is the number with which no cos(tau) is left in sin(A cos(tau)) + "
        "W_0 u_0'', whose answer would grow like tau sin(tau); here through A^5",
        using=using,
    )
    d.series(
        2 * sp.besselj(1, A) / A,
        A,
        2 * ORDER + 1,
        solution.series()[0],
        why="its closed form is Bessel's: W_0 = 2 J_1(A)/A to every order of the engine",
    )
    residual = second + sp.Derivative(second, (tau, 2)) + sp.sin(first)
    residual += solution.series()[0] * sp.Derivative(first, (tau, 2))
    reason = "with this W_0 the equation of order 1 has the periodic solution u_1 of the engine"
    d.series(residual, A, 2 * SHORT + 3, 0, why=reason)


def _below(expr: sp.Expr, power: int) -> sp.Expr:
    """Cut a polynomial in the amplitude off."""
    return sum(expr.coeff(A, j) * A**j for j in range(power))


def _control(d: sn.Derivation) -> list[Step]:
    stretched = -c0 * q / (1 - (1 + c0) * q)
    deformed = d.equal(
        (1 - q) * L - c0 * q * N,
        (1 - (1 + c0) * q) * ((1 - stretched) * L + stretched * N),
        why="the deformation at any c0 is that at c0 = -1 with q replaced by "
        "s = -c0 q/(1 - (1 + c0) q)",
    )
    family = homotopy.family_terms(x, c0)
    terms = d.series(
        sum(term * stretched**m for m, term in enumerate(x)),
        q,
        5,
        sum(term * q**m for m, term in enumerate(family)),
        why="so the terms at every c0 are a triangular matrix times those at c0 = -1",
    )
    return [deformed, terms]


def _motion(d: sn.Derivation, series: homotopy.PerturbationSeries) -> None:
    motion = sum(term * A ** (2 * m) for m, term in enumerate(series.solution[: SHORT + 1]))
    squared = sum(w * A ** (2 * m) for m, w in enumerate(series.squared_frequency[: SHORT + 1]))
    residual = squared * sp.Derivative(motion, (tau, 2)) + sp.sin(motion)
    reason = f"the series through A^{2 * SHORT + 1} leaves a residual O(A^{2 * SHORT + 3})"
    d.series(residual, A, 2 * SHORT + 3, 0, why=reason)
    energy = squared * sp.Derivative(motion, tau) ** 2 / 2 - sp.cos(motion)
    reason = "and conserves the energy -cos(A) one power further"
    d.series(energy + sp.cos(A), A, 2 * SHORT + 4, 0, why=reason)


def _elliptic(d: sn.Derivation, frequency: sp.Expr) -> None:
    root = sp.sqrt(1 - k**2 * sp.sin(phi) ** 2)
    angle = 2 * sp.asin(k * sp.sin(phi))
    velocity = d.equal(
        sp.Derivative(angle, phi) * root,
        2 * k * sp.cos(phi),
        why="exact partner: theta = 2 asin(k sin(phi)) with k = sin(A/2) and dt = dphi/root has "
        "the velocity 2 k cos(phi)",
    )
    acceleration = d.equal(
        sp.Derivative(2 * k * sp.cos(phi), phi) * root,
        -sp.sin(angle),
        why="and the acceleration -sin(theta): it solves the equation",
    )
    clock = d.equal(
        sp.Derivative(sp.elliptic_f(phi, k**2), phi),
        1 / root,
        why="so the time is the elliptic integral of phi, and sin(phi) is the function sn of time",
    )
    quarter = d.equal(
        sp.Integral(1 / root, (phi, 0, sp.pi / 2)),
        sp.elliptic_k(k**2),
        why="a quarter of the period is the complete integral: omega = pi/(2 K(k^2))",
    )
    weights = [sp.S.One]
    for j in range(1, ORDER + 1):
        weights.append(weights[-1] * sp.Rational(2 * j - 1, 2 * j))
    binomial = d.series(
        1 / root,
        k,
        2 * ORDER + 2,
        sum(w * (k * sp.sin(phi)) ** (2 * j) for j, w in enumerate(weights)),
        why="an independent way to the rationals: the integrand as a binomial series in k",
    )
    means = d.equal(
        sp.Derivative(sp.sin(phi) ** (2 * n - 1) * sp.cos(phi), phi),
        (2 * n - 1) * sp.sin(phi) ** (2 * n - 2) - 2 * n * sp.sin(phi) ** (2 * n),
        why="both ends vanish, so the mean of sin^(2n) over a quarter is (2n - 1)/(2n) of the one "
        "before: the same numbers as in the binomial series",
    )
    d.series(
        1 / sum(w**2 * sp.sin(A / 2) ** (2 * j) for j, w in enumerate(weights)),
        A,
        2 * ORDER + 1,
        frequency,
        why="with k = sin(A/2) the reciprocal of the integrated series is the engine's frequency",
        using=[velocity, acceleration, clock, quarter, binomial, means],
    )
    mean, other = sp.S.One, sp.cos(A / 2)
    for _ in range(3):
        mean, other = (mean + other) / 2, sp.sqrt(mean * other)
    d.series(
        mean,
        A,
        2 * ORDER + 1,
        frequency,
        why="and three rounds of the arithmetic-geometric mean of 1 and cos(A/2) agree with it",
    )


def _nome(d: sn.Derivation, series: homotopy.PerturbationSeries) -> None:
    """State the Fourier coefficients in the nome; p is its square root, k = (theta_2/theta_3)^2."""
    modulus = 4 * p * ((1 + p**4 + p**12) / (1 + 2 * p**2 + 2 * p**8)) ** 2
    amplitude = 2 * sp.asin(modulus)
    nome = {
        m: 8 * (-1) ** (m // 2) * p**m / (m * (1 + p ** (2 * m)))
        for m in range(1, 2 * SHORT + 2, 2)
    }
    d.series(
        sp.Add(*nome.values()) - amplitude,
        p,
        2 * SHORT + 3,
        0,
        why="the Fourier coefficients of the elliptic solution in its nome p^2 sum to A at t = 0, "
        "with A as a function of p by Jacobi's theta functions",
    )
    motion = sp.expand(sum(w * A ** (2 * m) for m, w in enumerate(series.solution[: SHORT + 1])))
    ours = [motion.coeff(sp.cos(tau)), motion.coeff(sp.cos(3 * tau))]
    d.series(
        [ours[0].subs(A, amplitude) - nome[1], ours[1].subs(A, amplitude) - nome[3]],
        p,
        2 * SHORT + 3,
        [0, 0],
        why="and the first two are those of the homotopy series",
    )


def _limits(d: sn.Derivation, frequency: sp.Expr) -> None:
    exact = sp.pi / (2 * sp.elliptic_k(sp.sin(A / 2) ** 2))
    d.approximate(
        frequency.subs(A, a),
        exact.subs(A, a),
        bound=sp.Rational(1, 40000),
        why="the truncated series on [0, 2], against the elliptic integral",
    )
    primitive = sp.log((1 + sp.sin(psi)) / sp.cos(psi))
    d.equal(
        sp.Derivative(primitive, psi),
        1 / sp.cos(psi),
        why="at A = pi, where k = 1, the integrand of the period is 1/cos",
    )
    d.limit(
        primitive,
        psi,
        sp.pi / 2,
        sp.oo,
        why="so the period is infinite there: a logarithmic branch point, at which the series ends",
    )
    d.refute(
        sp.Le(sp.Abs(frequency / exact - 1), sp.Rational(6, 100), evaluate=False),
        at={A: 3},
        why="the series must not be read as valid up to pi: at A = 3 this polynomial is off by "
        "more than 6 per cent",
    )


@cache
def angle_by_series(order: int = 10) -> Any:
    """Return the kernel of theta(t, A) from the power series in A**2 up to an order."""
    return homotopy.pendulum(order, A).compile()


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the kernel and the motions against the elliptic functions of mpmath."""
    kernel = derivation.compile()
    lines = [("radius of convergence in A", "pi, at the separatrix: the period is infinite there")]
    context = mpmath.mp.clone()
    context.dps = 40
    for degrees in (30, 90, 150):
        angle = float(np.radians(degrees))
        m = context.sin(context.mpf(angle) / 2) ** 2
        exact = context.pi / (2 * context.ellipk(m))
        error = abs(context.mpf(kernel(angle)) / exact - 1)
        lines.append((f"relative error of the frequency at {degrees} degrees", _short(error)))
        times = np.array([float(j * context.ellipk(m) / 6) for j in range(25)])
        truth = [
            2 * context.asin(context.sqrt(m) * context.ellipfun("cd", j, m=m))
            for j in times.tolist()
        ]
        for name, values in (
            ("series through A^21", angle_by_series()(times, angle)),
            ("arithmetic-geometric mean", homotopy.pendulum_angle(times, angle)),
        ):
            worst = max(abs(value - w) for value, w in zip(values.tolist(), truth, strict=True))
            lines.append((f"error of theta(t) at {degrees} degrees, {name}", _short(worst)))
    lines += _near_the_top(context)
    far = context.pi / (2 * context.ellipk(context.sin(context.mpf(3) / 2) ** 2))
    lines.append(("relative error of the frequency at A = 3", _short(kernel(3.0) / far - 1)))
    return lines


def _near_the_top(context: Any) -> list[tuple[str, str]]:
    """Compare the exact frequency with SciPy's elliptic integral close to A = pi."""
    from scipy.special import ellipk

    angle = 3.1415926
    true = context.pi / (2 * context.ellipk(context.sin(context.mpf(angle) / 2) ** 2))
    return [
        (f"relative error of the exact frequency at A = {angle}, {name}", _short(value / true - 1))
        for name, value in (
            ("arithmetic-geometric mean", homotopy.pendulum_frequency(angle)),
            ("scipy.special.ellipk", np.pi / (2 * ellipk(np.sin(angle / 2) ** 2))),
        )
    ]


def _short(value: Any) -> str:
    return f"{float(abs(value)):.1e}"


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the frequency against c0, and the error against the order for three amplitudes."""
    left, right = figure.subplots(1, 2)
    controls = np.linspace(-1.6, -0.1, 151)
    amplitude = float(np.radians(150))
    exact = float(homotopy.pendulum_frequency(amplitude))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        for order, colour in zip(
            (2, 5, 10, 20), ("#9ecae1", "#6baed6", "#3182bd", "#08519c"), strict=True
        ):
            solution = homotopy.solve_periodic(EQUATION, "u", "t", amplitude=amplitude, order=order)
            left.plot(controls, solution.c0_curve(controls), color=colour, label=f"order {order}")
    left.axhline(exact, color="#d95f0e", linewidth=1, linestyle="--", label="elliptic integral")
    left.set_ylim(exact - 0.03, exact + 0.06)
    left.set_xlabel("convergence-control parameter $c_0$")
    left.set_ylabel(r"frequency $\omega/\omega_0$ at 150 degrees")
    left.legend(fontsize=8)
    coefficients = [float(w) for w in homotopy.pendulum(40).frequency]
    for degrees, colour in zip((30, 90, 150), ("#1b9e77", "#7570b3", "#d95f02"), strict=True):
        radians = float(np.radians(degrees))
        true = float(homotopy.pendulum_frequency(radians))
        sums = np.cumsum([w * radians ** (2 * m) for m, w in enumerate(coefficients)])
        error = np.maximum(np.abs(sums / true - 1), 2.0**-53)
        right.semilogy(error, color=colour, label=f"{degrees}°, powers of $A^2$")
        terms = homotopy.solve_periodic(EQUATION, "u", "t", amplitude=radians, order=40).series()
        partial = np.sqrt(np.cumsum([float(w) for w in terms]))
        error = np.maximum(np.abs(partial / true - 1), 2.0**-53)
        right.semilogy(error, "--", color=colour, label=f"{degrees}°, homotopy, $c_0=-1$")
    right.set_ylim(top=1e3)
    right.set_xlabel("order")
    right.set_ylabel("relative error of the frequency")
    right.legend(fontsize=8)
    for axes in (left, right):
        axes.grid(visible=True, alpha=0.25)
