"""Expansions with velocities: limit cycles, centres, dampings, and the naive one."""

from __future__ import annotations

import json
from pathlib import Path

import mpmath
import pytest
import sympy

from symnum import homotopy

DATA = json.loads(
    (Path(__file__).resolve().parents[1] / "data" / "homotopy_reference.json").read_text()
)
A, b, mu, k, eps, tau, t = sympy.symbols("A b mu k eps tau t")
R = sympy.Rational
VAN_DER_POL = "u'' + u - eps*(1 - u**2)*u'"


def test_van_der_pol_has_the_stored_series() -> None:
    stored = [R(text) for text in DATA["van_der_pol"]["frequency_even_powers_of_eps"]]
    series = homotopy.lindstedt(VAN_DER_POL, "u", "t", "eps", 2 * len(stored) - 1)
    assert series.frequency[0::2] == stored
    assert not any(series.frequency[1::2])
    assert series.amplitude[:5] == [2, 0, R(1, 96), 0, R(-1033, 552960)]


@pytest.mark.parametrize("value", ["0.5", "1", "2"])
def test_pade_of_van_der_pol_reaches_the_period(value: str) -> None:
    series = homotopy.lindstedt(VAN_DER_POL, "u", "t", "eps", 40)
    row = DATA["van_der_pol"]["periods"][value]
    context = mpmath.mp.clone()
    context.dps = 40
    exact = 2 * context.pi / context.mpf(row["period"])
    bound = {"0.5": 1e-20, "1": 1e-13, "2": 1e-6}[value]
    assert abs(series.pade(R(value)) / exact - 1) < bound


def test_pade_of_a_series_with_irrational_coefficients() -> None:
    series = homotopy.lindstedt("u'' + 2*u + pi*eps*u**3", "u", "t", "eps", 20)
    value = series.pade(R(1, 5))
    context = value.context
    strength = context.pi / 10  # over the squared frequency at eps = 0
    exact = context.sqrt(2) * context.pi * context.sqrt(1 + strength)
    exact /= 2 * context.ellipk(strength / (2 * (1 + strength)))
    assert abs(value / exact - 1) < 1e-18


def test_the_amplitude_of_van_der_pol_is_that_of_its_orbit() -> None:
    amplitudes = homotopy.lindstedt(VAN_DER_POL, "u", "t", "eps", 24).amplitude
    total = sum(float(a) * 0.5**m for m, a in enumerate(amplitudes))
    assert total == pytest.approx(2.00248793044710844, abs=1e-12)


EQUATIONS = [
    (VAN_DER_POL, {}),
    ("u'' + u - eps*(u' - u'**3/3)", {}),
    ("u'' + u - eps*(1 - 3*u**2)*u'", {}),
    ("u'' + u - eps*(1 - u**4)*u'", {}),
    ("u'' + 4*u - eps*(1 - u**2)*u'", {}),
    ("u'' + 2*u - eps*(1 - u**2)*u' + eps*u**3", {}),
    ("u'' + k*u - eps*(1 - u**2)*u'", {}),
    ("u'' + k**2*u - eps*(1 - u**2)*u'", {}),
    ("u'' + u - eps*(mu - u**2)*u'", {}),
    ("u'' + u - eps*mu*(1 - u**2)*u' + b*eps*u**3", {}),
    ("u'' + u + eps*u*u'", {"amplitude": "A"}),
    ("u'' + u + eps*u*u'**2", {"amplitude": "A"}),
    ("u'' + 3*u + eps*u'**2", {"amplitude": "2/3"}),
    ("(1 + eps*u**2)*u'' + u + eps*u*u'**2", {"amplitude": "1/2"}),
    ("(1 + eps*u')*u'' + u - eps*(1 - u**2)*u'", {}),
    ("u'' + u + eps*u**2 - eps**2*(1 - u**2)*u'", {}),
    ("u'' + u + eps*u**2 - eps*(1 - u**2)*u'", {}),
    ("u'' + sin(eps*u)/eps - eps*(1 - u**2)*u'", {}),
    ("u'' + u - eps*(1 - u**2 + u**4/16)*u'", {}),
    ("u'' + u + eps*u'*(u**2 + u'**2 - 1)", {}),
]


@pytest.mark.parametrize(("equation", "options"), EQUATIONS, ids=[row[0] for row in EQUATIONS])
def test_each_order_satisfies_the_equation(equation: str, options: dict[str, object]) -> None:
    order = 2
    series = homotopy.lindstedt(equation, "u", "t", "eps", order, **options)  # type: ignore[arg-type]
    w = sum(c * eps**m for m, c in enumerate(series.frequency))
    motion = sum(term * eps**m for m, term in enumerate(series.solution))
    oscillator = series.oscillator
    rules = {
        oscillator.position: motion,
        oscillator.velocity: w * sympy.diff(motion, tau),
        oscillator.acceleration: w**2 * sympy.diff(motion, tau, 2),
    }
    residual = oscillator.left.xreplace(rules)
    values = {A: R(7, 5), mu: R(9, 5), b: R(2, 3), k: R(11, 4), tau: R(3, 7)}
    for small in (R(1, 10**6), R(1, 10**8)):
        value = sympy.N(residual.subs({**values, eps: small}), 60)
        assert abs(value) < 3000 * small ** (order + 1)
    starts = [sympy.expand(term.subs(tau, 0)) for term in series.solution]
    assert [sympy.simplify(s - a) for s, a in zip(starts, series.amplitude, strict=True)] == [0] * 3
    assert all(sympy.simplify(sympy.diff(m, tau).subs(tau, 0)) == 0 for m in series.solution)


def test_amplitudes_of_limit_cycles_are_exact() -> None:
    def amplitude(equation: str, **options: object) -> sympy.Expr:
        series = homotopy.lindstedt(equation, "u", "t", "eps", 2, **options)  # type: ignore[arg-type]
        return series.amplitude[0]

    assert amplitude("u'' + u - eps*(1 - 3*u**2)*u'") == 2 * sympy.sqrt(3) / 3
    assert amplitude("u'' + u - eps*(1 - u**4)*u'") == sympy.root(8, 4)
    assert amplitude("u'' + u - eps*(mu - u**2)*u'") == 2 * sympy.sqrt(mu)
    # Two cycles around each other: the condition of sin(tau) is a (a**2 - 4) (a**2 - 16)/16.
    assert amplitude("u'' + u - eps*(4 - 5*u**2 + u**4/2)*u'") == 2
    assert amplitude("u'' + u - eps*(4 - 5*u**2 + u**4/2)*u'", amplitude=7) == 4


@pytest.mark.parametrize(
    ("equation", "second"),
    [
        ("u'' + u + pi*eps*u**3", 3 * sympy.pi / 8),
        ("u'' + pi*u + eps*u**3", 3 / (8 * sympy.sqrt(sympy.pi))),
        ("u'' + sqrt(2)*u + eps*u**3", 3 * sympy.root(2, 4) ** 3 / 16),
        ("u'' + u + eps*sqrt(3)*u*u'**2", sympy.sqrt(3) / 8),
    ],
)
def test_irrational_coefficients_stay_exact(equation: str, second: sympy.Expr) -> None:
    frequency = homotopy.lindstedt(equation, "u", "t", "eps", 3).frequency
    assert sympy.simplify(frequency[1] - second) == 0
    assert not any(value.has(sympy.Dummy) for value in frequency)


@pytest.mark.parametrize("name", ["u", "t"])
def test_the_small_parameter_is_nothing_else(name: str) -> None:
    with pytest.raises(ValueError, match=r"eps: .*something else"):
        homotopy.lindstedt("u'' + u + eps*u**3", "u", "t", name, 3)


def test_amplitude_is_not_used_where_there_is_one_cycle() -> None:
    at_one = homotopy.lindstedt(VAN_DER_POL, "u", "t", "eps", 4)
    at_nine = homotopy.lindstedt(VAN_DER_POL, "u", "t", "eps", 4, amplitude=9)
    assert at_one.frequency == at_nine.frequency
    assert at_one.amplitude == at_nine.amplitude


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("u'' + u + eps*u'", r"eps\*u'.*sin\(tau\) at order 1"),
        ("u'' + u + eps**3*u'**3", "order 3"),
        ("u'' + u'/10 + u + eps*u**3", "order 0"),
        ("u'' + u + eps*(1 + u**2)*u'", "order 1"),
        ("u'' + u + eps*(u*u' + u**2)", "order 2"),
        ("u'' + u + eps*u**3 + eps**5*u'", "order 5"),
    ],
)
def test_dampings_are_refused(equation: str, message: str) -> None:
    with pytest.raises(homotopy.SecularTermError, match=message):
        homotopy.lindstedt(equation, "u", "t", "eps", 2)


def test_a_semistable_cycle_has_no_series_in_whole_powers() -> None:
    # The condition of sin(tau) is a (a**2 - 4)**2/16.
    with pytest.raises(homotopy.HomotopyError, match="2-fold root"):
        homotopy.lindstedt("u'' + u - eps*(1 - 2*u**2 + u**4/2)*u'", "u", "t", "eps", 2)


@pytest.mark.parametrize(
    ("equation", "options"),
    [
        (VAN_DER_POL, {}),
        ("u'' + u + eps*u*u'**2", {"amplitude": "A"}),
        ("u'' + 4*u - eps*(1 - u**2)*u'", {}),
    ],
)
def test_series_with_velocities_are_proved(equation: str, options: dict[str, object]) -> None:
    series = homotopy.lindstedt(equation, "u", "t", "eps", 4, **options)  # type: ignore[arg-type]
    d = series.derivation
    assert d.level == "exact"
    assert len(d.steps) >= 5


def test_the_kernel_of_a_limit_cycle() -> None:
    kernel = homotopy.lindstedt(VAN_DER_POL, "u", "t", "eps", 10).compile()
    assert [str(argument) for argument in kernel.args] == ["t", "eps"]
    assert kernel(0.0, 0.5) == pytest.approx(2.00248793, abs=1e-6)


NAIVE = [
    ("u'' + u + eps*u**3", "a"),
    ("u'' + 2*u + eps*u**2", 1),
    (VAN_DER_POL, "1/2"),
    ("u'' + 2*eps*u' + u", "a"),
    ("u'' + 4*u + eps*u*u'**2", 1),
]


@pytest.mark.parametrize(("equation", "amplitude"), NAIVE, ids=[row[0] for row in NAIVE])
def test_the_naive_expansion_solves_each_order(equation: str, amplitude: object) -> None:
    order = 3
    naive = homotopy.straightforward_expansion(
        equation, "u", "t", "eps", order, amplitude=amplitude
    )
    motion, oscillator = naive.expr, naive.oscillator
    residual = oscillator.left.xreplace(
        {
            oscillator.position: motion,
            oscillator.velocity: sympy.diff(motion, t),
            oscillator.acceleration: sympy.diff(motion, t, 2),
        }
    )
    small = R(1, 10**9)
    value = residual.subs({sympy.Symbol("a"): R(6, 5), t: R(17, 3), eps: small})
    assert abs(sympy.N(value, 60)) < 1e4 * small ** (order + 1)
    assert [sympy.simplify(term.subs(t, 0)) for term in naive.solution[1:]] == [0] * order
    slopes = [sympy.diff(term, t).subs(t, 0) for term in naive.solution]
    assert [sympy.simplify(slope) for slope in slopes] == [0] * (order + 1)


def test_the_naive_expansion_names_its_secular_terms() -> None:
    naive = homotopy.straightforward_expansion(
        "u'' + u + eps*u**3", "u", "t", "eps", 1, amplitude="a"
    )
    a = sympy.Symbol("a")
    assert naive.secular_terms == [0, -3 * a**3 * t * sympy.sin(t) / 8]
    with pytest.raises(homotopy.NonAnalyticError, match="sin"):
        homotopy.straightforward_expansion("u'' + u + eps*sin(u)", "u", "t", "eps", 2)


@pytest.mark.slow
def test_high_orders_of_van_der_pol() -> None:
    series = homotopy.lindstedt(VAN_DER_POL, "u", "t", "eps", 60)
    row = DATA["van_der_pol"]["periods"]["2"]
    exact = 2 * mpmath.pi / mpmath.mpf(row["period"])
    assert abs(series.pade(2) / exact - 1) < 1e-8


@pytest.mark.slow
def test_an_amplitude_without_closed_form_is_derived_with_a_symbol_for_it() -> None:
    equation = "u'' + u - eps*(4 - 5*u**2 + 2*u**4 - u**6/7)*u'"
    series = homotopy.lindstedt(equation, "u", "t", "eps", 2)
    assert series.amplitude[0].has(sympy.CRootOf)
    assert series.derivation.level == "exact"
