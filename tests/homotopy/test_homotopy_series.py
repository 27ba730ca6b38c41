"""Exact perturbation series: stored rationals, independent routes, laws."""

from __future__ import annotations

import json
from fractions import Fraction
from math import comb
from pathlib import Path

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum import homotopy

DATA = json.loads(
    (Path(__file__).resolve().parents[1] / "data" / "homotopy_reference.json").read_text()
)
A, eps, tau, w0, b = sympy.symbols("A eps tau w0 b")
R = sympy.Rational


def test_pendulum_has_the_stored_coefficients() -> None:
    series = homotopy.pendulum(6)
    squared = [R(text) for text in DATA["pendulum_series"]["frequency_squared_in_A2"]]
    period = [R(text) for text in DATA["pendulum_series"]["period_in_A2"]]
    assert series.squared_frequency[: len(squared)] == squared
    assert series.period[: len(period)] == period
    assert all(isinstance(value, sympy.Rational) for value in series.frequency)


def elliptic_period(order: int) -> list[sympy.Rational]:
    """Return T/T_0 in powers of A**2 from the hypergeometric series of K at sin(A/2)**2."""
    sine = [R(0)] * (order + 1)  # sin(A/2)**2 = (1 - cos A)/2
    for n in range(1, order + 1):
        sine[n] = -R((-1) ** n, 2 * sympy.factorial(2 * n))
    total, power = [R(0)] * (order + 1), [R(1)] + [R(0)] * order
    for n in range(order + 1):
        weight = R(comb(2 * n, n), 4**n) ** 2
        total = [t + weight * p for t, p in zip(total, power, strict=True)]
        power = [sum(power[i] * sine[k - i] for i in range(k + 1)) for k in range(order + 1)]
    return total


def test_pendulum_period_is_that_of_the_elliptic_integral() -> None:
    assert homotopy.pendulum(16).period == elliptic_period(16)


def test_pendulum_is_the_lindstedt_series_of_its_own_equation() -> None:
    # eps is the amplitude here: sin(eps*u)/eps with u(0) = 1.
    general = homotopy.lindstedt("u'' + sin(eps*u)/eps", "u", "t", "eps", 12)
    special = homotopy.pendulum(6)
    assert general.frequency[0::2] == special.frequency
    assert not any(general.frequency[1::2])
    for m in range(7):
        assert sympy.expand(general.solution[2 * m] - special.solution[m] / A) == 0


@pytest.mark.parametrize("row", DATA["pendulum"]["rows"], ids=lambda row: row["degrees"])
def test_pade_sum_of_the_pendulum(row: dict[str, str]) -> None:
    context = mpmath.mp.clone()
    context.dps = 40
    amplitude = context.mpf(row["degrees"]) * context.pi / 180
    exact = context.mpf(row["frequency_over_small_frequency"])
    bounds = {"5": 1e-27, "30": 1e-27, "90": 1e-27, "150": 1e-21, "179": 5e-4}
    value = homotopy.pendulum(40).pade(sympy.Float(str(amplitude**2), 40))
    assert abs(value / exact - 1) < bounds[row["degrees"]]


def lagrange_period(powers: dict[int, Fraction], order: int) -> list[sympy.Rational]:
    """Return T/T_0 for V = u**2/2 + eps G(u) at energy V(1), in powers of eps, without dynamics.

    y = u sqrt(2V)/u is inverted by Lagrange's theorem, the coefficient of y**n in u(y) being that
    of u**(n-1) in (2V/u**2)**(-n/2) / n; T is the mean of u'(y) over y = sqrt(2E) sin(theta).
    """
    reduced = {n - 2: g for n, g in powers.items()}
    energy = 2 * sum(powers.values())  # 2E = 1 + eps * energy
    total = [R(0)] * (order + 1)
    power: dict[int, Fraction] = {0: Fraction(1)}  # of G/u**2
    for k in range(order + 1):
        for exponent, value in power.items():
            n = exponent + 1  # u**(n-1), and only even n - 1 have a mean
            if n % 2 == 0:
                continue
            mean = R(comb(n - 1, (n - 1) // 2), 2 ** (n - 1))
            weight = sympy.binomial(R(-n, 2), k) * 2**k * R(str(value)) * mean
            for j in range(order + 1 - k):
                total[k + j] += weight * comb((n - 1) // 2, j) * R(str(energy)) ** j
        following: dict[int, Fraction] = {}
        for exponent, value in power.items():
            for step, g in reduced.items():
                following[exponent + step] = following.get(exponent + step, 0) + value * g
        power = following
    return total


@pytest.mark.parametrize(
    ("force", "potential"),
    [
        ("eps*u**3", {4: Fraction(1, 4)}),
        ("eps*u**5", {6: Fraction(1, 6)}),
        ("eps*u**2", {3: Fraction(1, 3)}),
        ("eps*(u**2 + 2*u**3)", {3: Fraction(1, 3), 4: Fraction(1, 2)}),
    ],
)
def test_lindstedt_agrees_with_the_period_integral(
    force: str, potential: dict[int, Fraction]
) -> None:
    series = homotopy.lindstedt(f"u'' + u + {force}", "u", "t", "eps", 9)
    assert series.period == lagrange_period(potential, 9)


@pytest.mark.parametrize(
    ("equation", "amplitude"),
    [
        ("u'' + u + eps*u**3", "1/3"),
        ("u'' + u + eps*u**2", "A"),
        ("u'' + u + eps*(u**3 + b*u**5)", "A"),
        ("u'' + w0**2*u + eps*u**3", "A"),
        ("u'' + 2*u + eps*u**3 - eps**2*u**5", 1),
        ("(1 + eps*u**2)*u'' + u", "A"),
        ("u'' + u/sqrt(1 + eps*u**2)", "2/7"),
        ("u'' + u*exp(eps*u)", 1),
        ("u'' + (1 + eps)*u", 5),
    ],
)
def test_each_order_satisfies_the_equation(equation: str, amplitude: object) -> None:
    order = 2
    series = homotopy.lindstedt(equation, "u", "t", "eps", order, amplitude=amplitude)
    c = sympy.Symbol("c")

    def in_cosine(expr: sympy.Expr) -> sympy.Expr:
        return expr.replace(sympy.cos, lambda arg: sympy.chebyshevt(sympy.cancel(arg / tau), c))

    motion = sum(in_cosine(term) * eps**m for m, term in enumerate(series.solution))
    acceleration = sum(
        in_cosine(sympy.diff(term, tau, 2)) * eps**m for m, term in enumerate(series.solution)
    )
    squared = sum(term * eps**m for m, term in enumerate(series.squared_frequency))
    force = series.oscillator.rest / series.oscillator.mass
    force = force.xreplace({series.oscillator.position: motion})
    residual = squared * acceleration + force
    for m in range(order + 1):
        assert sympy.expand(sympy.diff(residual, eps, m).subs(eps, 0)) == 0
    starts = [term.subs(tau, 0) for term in series.solution]
    assert [sympy.expand(start) for start in starts] == series.amplitude
    product = [
        sum(series.frequency[i] * series.frequency[m - i] for i in range(m + 1))
        for m in range(order + 1)
    ]
    assert [
        sympy.simplify(p - w) for p, w in zip(product, series.squared_frequency, strict=True)
    ] == [0] * (order + 1)


def test_duffing_frequency_sums_to_the_elliptic_one() -> None:
    series = homotopy.lindstedt("u'' + u + eps*u**3", "u", "t", eps, 40)
    for row in DATA["duffing"]["rows"][:2]:
        bound = 1e-25 if row["eps_A2"] == "0.1" else 1e-13
        value = series.pade(row["eps_A2"])
        assert abs(value / value.context.mpf(row["frequency"]) - 1) < bound


@settings(max_examples=6)
@given(st.fractions(min_value=R(1, 9), max_value=9, max_denominator=9))
def test_an_amplitude_only_scales_a_cubic_force(amplitude: Fraction) -> None:
    at_one = homotopy.lindstedt("u'' + u + eps*u**3", "u", "t", "eps", 4).frequency
    scaled = homotopy.lindstedt("u'' + u + eps*u**3", "u", "t", "eps", 4, amplitude=amplitude)
    value = R(amplitude.numerator, amplitude.denominator)
    assert scaled.frequency == [c * value ** (2 * m) for m, c in enumerate(at_one)]
    symbolic = homotopy.lindstedt("u'' + u + eps*u**3", "u", "t", "eps", 4, amplitude=A)
    assert [c.subs(A, value) for c in symbolic.frequency] == scaled.frequency


def test_an_irrational_frequency_is_kept_exact() -> None:
    series = homotopy.lindstedt("u'' + 2*u + eps*u**3", "u", "t", "eps", 2)
    assert series.frequency == [sympy.sqrt(2), 3 * sympy.sqrt(2) / 16, -21 * sympy.sqrt(2) / 1024]


def test_order_zero_is_the_linear_oscillator() -> None:
    assert homotopy.pendulum(0).frequency == [1]
    series = homotopy.lindstedt("u'' + 4*u + eps*u**3", "u", "t", "eps", 0, amplitude=7)
    assert (series.frequency, series.solution) == ([2], [7 * sympy.cos(tau)])


def test_a_pendulum_with_a_number_has_it_in_its_motion() -> None:
    series = homotopy.pendulum(2, "1/2")
    assert series.expr.free_symbols == {sympy.Symbol("t")}
    assert series.frequency == homotopy.pendulum(2).frequency
    assert homotopy.pendulum(2, "a").expr.free_symbols == {sympy.Symbol("t"), sympy.Symbol("a")}


def test_results_can_be_read() -> None:
    series = homotopy.pendulum(3)
    assert str(series) == (
        "sin(u(t)) + Derivative(u(t), (t, 2)) = 0\n"
        "frequency = -23*A**6/737280 + A**4/3072 - A**2/16 + 1"
    )
    assert series._repr_latex_().startswith(r"$\displaystyle \omega = ")
    assert len(str(homotopy.pendulum(60))) < 1000


@pytest.mark.slow
def test_order_200_of_the_pendulum() -> None:
    series = homotopy.pendulum(200)
    degrees = mpmath.mp.clone()
    degrees.dps = 40
    amplitude = 179 * degrees.pi / 180
    exact = degrees.mpf(DATA["pendulum"]["rows"][-1]["frequency_over_small_frequency"])
    value = series.pade(sympy.Float(str(amplitude**2), 40))
    assert abs(value / exact - 1) < 1e-18
