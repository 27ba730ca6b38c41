"""What has no periodic solution of the kind asked for is refused, by name and with the reason."""

from __future__ import annotations

import math

import pytest
import sympy

from symnum import homotopy
from symnum.errors import ParseError, SymnumError

A = sympy.Symbol("A")

PERIODIC = [
    ("u'' + sin(u)", {"amplitude": math.pi}, homotopy.NoOscillationError, "amplitude 3.14159"),
    ("u'' + sin(u)", {"amplitude": "pi"}, homotopy.NoOscillationError, "does not pull back"),
    ("u'' + sin(u)", {"amplitude": 3.5}, homotopy.NoOscillationError, "beyond a saddle"),
    ("u'' - u", {"amplitude": 1}, homotopy.NoOscillationError, "repulsive force"),
    ("u'' - u + u**3", {"amplitude": 1.2}, homotopy.NoOscillationError, "potential at 0.7"),
    ("u'' + u - u**3", {"amplitude": 1.01}, homotopy.NoOscillationError, "does not pull back"),
    ("u'' + u + u**2", {"amplitude": 0.6}, homotopy.NoOscillationError, "second turning point"),
    ("u'' + log(u)", {"amplitude": -1}, homotopy.NoOscillationError, "no value at the amplitude"),
    ("u'' - sin(u)", {"amplitude": A}, homotopy.NoOscillationError, "pull back on both sides"),
    ("u'' + u**2", {"amplitude": A}, homotopy.NoOscillationError, "both sides"),
    ("u'' + cos(u)", {"amplitude": A}, homotopy.NoOscillationError, "does not vanish"),
    ("u'' + u'", {"amplitude": 1}, homotopy.NoOscillationError, "nothing pulls back"),
    ("u'' + u' + u", {"amplitude": 1}, homotopy.SecularTermError, "term u' .* order 0"),
    ("u'' + u + cos(t)", {"amplitude": 1}, homotopy.ResonanceError, r"cos\(t\).*resonance"),
    ("u'' + u + cos(2*t)", {"amplitude": 1}, homotopy.HomotopyError, "depends on t explicitly"),
    ("u'' + t*u", {"amplitude": 1}, homotopy.HomotopyError, "term t.u depends on t"),
    ("u'' + u - (1 - u**2)*u'", {"amplitude": 1}, homotopy.HomotopyError, "limit cycle"),
    ("u'' - u + u*u'**2", {"amplitude": 1}, homotopy.NoOscillationError, "does not come back"),
    ("u'' + u/u'", {"amplitude": 1}, homotopy.NoOscillationError, "no acceleration"),
    ("u'' + u + 0.001*u'**3", {"amplitude": 1}, homotopy.SecularTermError, r"u'\*\*3.*secular"),
    ("u'' + u + u**2*u'", {"amplitude": 1}, homotopy.SecularTermError, r"u\*\*2\*u'.*secular"),
    ("u'' + sin(u)", {"amplitude": None}, homotopy.HomotopyError, "no limit cycle"),
    ("u''**2 + u", {"amplitude": 1}, homotopy.HomotopyError, "linearly.*2.u''"),
    ("u'' + u*Abs(u)", {"amplitude": 1}, homotopy.NonAnalyticError, "Abs.*harmonic_balance"),
    ("u'' + floor(u)", {"amplitude": 1}, homotopy.NonAnalyticError, "floor"),
    ("u'' + Abs(u)", {"amplitude": A}, homotopy.NonAnalyticError, "Abs"),
    ("u'' + sqrt(2)*u", {"amplitude": A}, homotopy.NonAnalyticError, "sqrt.2."),
    ("u'' + u**3 + u**5", {"amplitude": A}, homotopy.HomotopyError, "no linear part"),
    ("u'' + sin(u)", {"amplitude": 0}, ValueError, "amplitude: .*other than 0"),
    ("u'' + sin(u)", {"amplitude": math.nan}, ValueError, "amplitude: .*finite"),
    ("u'' + sin(u)", {"amplitude": 1j}, ValueError, "amplitude: .*real"),
    ("u'' + sin(u)", {"amplitude": "A + 1"}, ValueError, "amplitude: .*expression A . 1"),
    ("u'' + sin(u)", {"amplitude": None}, ValueError, "amplitude: .*None"),
    ("u'' + sin(u)", {"amplitude": True}, TypeError, "amplitude: .*True"),
    ("u'' + A*u", {"amplitude": A}, ValueError, "amplitude: the symbol A occurs"),
    ("u'' + k*sin(u)", {"amplitude": 1}, ValueError, "parameter k has no value"),
    ("u'' + sin(u)", {"amplitude": 1, "c0": 0}, ValueError, "c0: .*other than 0"),
    ("u'' + sin(u)", {"amplitude": 1, "c0": "h"}, ValueError, "c0: "),
    ("u'' + sin(u)", {"amplitude": 1, "order": -1}, ValueError, "order: .*at least 0, got -1"),
    ("u'' + sin(u)", {"amplitude": 1, "order": 2.5}, TypeError, "order: .*float 2.5"),
    ("u'' + sin(u)", {"amplitude": 1, "order": True}, TypeError, "order: .*True"),
    ("u' + u", {"amplitude": 1}, ValueError, "second order"),
    ("u''' + u", {"amplitude": 1}, ValueError, "second order"),
    ("sin(x)", {"amplitude": 1}, ValueError, "unknown u.t. does not occur"),
    ("u'' + u(0)", {"amplitude": 1}, ValueError, "found u.0."),
    ("u'' + __import__('os')", {"amplitude": 1}, ParseError, "__import__"),
    (5, {"amplitude": 1}, TypeError, "equation: expected text"),
]


@pytest.mark.parametrize(
    ("equation", "options", "error", "message"), PERIODIC, ids=[str(row[:2]) for row in PERIODIC]
)
def test_solve_periodic_refuses(
    equation: object, options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        homotopy.solve_periodic(equation, "u", "t", **options)  # type: ignore[arg-type]


LINDSTEDT = [
    ("u'' + eps*u' + u", {}, homotopy.SecularTermError, r"eps\*u'.*sin\(tau\) at order 1"),
    ("u'' + u + eps**3*u'**3", {}, homotopy.SecularTermError, "order 3"),
    ("u'' + u + eps*cos(t)", {}, homotopy.ResonanceError, "resonance"),
    ("u'' - u + eps*u**3", {}, homotopy.NoOscillationError, "squared frequency -1"),
    ("u'' + eps*u**3", {}, homotopy.NoOscillationError, "not positive"),
    ("u'' + u**3 + eps*u", {}, homotopy.HomotopyError, r"must be linear.*u\*\*3"),
    ("u'' + u + eps*sin(u)", {}, homotopy.NonAnalyticError, "sin"),
    ("u'' + u + eps*Abs(u)", {}, homotopy.NonAnalyticError, "Abs"),
    ("u'' + u + eps*sqrt(u)", {}, homotopy.NonAnalyticError, "power 1/2"),
    ("u'' + u + u/eps", {}, homotopy.NonAnalyticError, "denominator vanishes"),
    ("u'' + u + sqrt(eps)*u**3", {}, homotopy.NonAnalyticError, "power 1/2"),
    ("u'' + u", {}, ValueError, "eps: the small parameter eps does not occur"),
    ("u'' + u + eps*u**3", {"amplitude": 0.5}, ValueError, "amplitude: exact .*0.5.*Rational"),
    ("u'' + u + eps*u**3", {"amplitude": "sqrt(2)"}, ValueError, "amplitude: .*rational"),
    ("u'' + u + eps*u**3", {"amplitude": "eps"}, ValueError, "eps: .*something else"),
    ("u'' + u + eps*u**3", {"order": -1}, ValueError, "order"),
]


@pytest.mark.parametrize(
    ("equation", "options", "error", "message"), LINDSTEDT, ids=[str(row[:2]) for row in LINDSTEDT]
)
def test_lindstedt_refuses(
    equation: str, options: dict[str, object], error: type[Exception], message: str
) -> None:
    arguments: dict[str, object] = {"order": 3, **options}
    with pytest.raises(error, match=message):
        homotopy.lindstedt(equation, "u", "t", "eps", **arguments)  # type: ignore[arg-type]


def test_floats_do_not_enter_exact_work() -> None:
    t, u, eps = sympy.Symbol("t"), sympy.Function("u"), sympy.Symbol("eps")
    equation = u(t).diff(t, 2) + u(t) + 0.1 * eps * u(t) ** 3
    with pytest.raises(ValueError, match=r"exact numbers, got 0\.1"):
        homotopy.lindstedt(equation, u, t, eps, 3)
    with pytest.raises(ValueError, match=r"exact numbers, got 0\.1"):
        homotopy.solve_periodic(equation.subs(eps, 1), u, t, amplitude=A)
    # A decimal in a text stands for itself.
    series = homotopy.lindstedt("u'' + u + 0.1*eps*u**3", "u", "t", "eps", 1)
    assert series.frequency[1] == sympy.Rational(3, 80)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"harmonics": 0}, ValueError, "harmonics: .*at least 1, got 0"),
        ({"harmonics": 2.0}, TypeError, "harmonics"),
        ({"amplitude": A}, ValueError, "amplitude: .*needs a number"),
        ({"amplitude": 4}, homotopy.NoOscillationError, "no oscillation"),
        (
            {"equation": "u'' + u + u**2", "amplitude": 0.1, "harmonics": 1},
            ValueError,
            "at least 2",
        ),
        ({"equation": "u'' + besselj(0, u)"}, homotopy.NonAnalyticError, "besselj"),
        ({"u": 3}, TypeError, "u: expected a function"),
        ({"u": "2x"}, ValueError, "u: expected the name"),
        ({"u": sympy.Function("u")(sympy.Symbol("s"))}, ValueError, "u: expected a function of t"),
        ({"t": "1t"}, ValueError, "t: expected the name"),
    ],
)
def test_harmonic_balance_refuses(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    arguments = {
        "equation": "u'' + sin(u)",
        "u": "u",
        "t": "t",
        "amplitude": 1,
        "harmonics": 8,
        **options,
    }
    with pytest.raises(error, match=message):
        homotopy.harmonic_balance(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("amplitude", [0, 4, "pi", "A + 1"])
def test_pendulum_refuses_amplitudes(amplitude: object) -> None:
    with pytest.raises(ValueError, match="amplitude: expected a number"):
        homotopy.pendulum(3, amplitude)


def test_pade_needs_numbers() -> None:
    series = homotopy.lindstedt("u'' + u + eps*u**3", "u", "t", "eps", 4, amplitude=A)
    with pytest.raises(ValueError, match="value: the sum needs numbers, and A has none"):
        series.pade(1)
    with pytest.raises(ValueError, match="and x has none"):
        homotopy.pendulum(3).pade("x")


def test_all_refusals_are_of_the_family() -> None:
    for name in homotopy.__all__:
        value = getattr(homotopy, name)
        if name.endswith("Error"):
            assert issubclass(value, homotopy.HomotopyError)
    assert issubclass(homotopy.HomotopyError, (SymnumError, ValueError))
