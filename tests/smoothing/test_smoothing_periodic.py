from __future__ import annotations

from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

import symnum as sn
from symnum.smoothing import Mollifier, NonIntegrableGrowth
from symnum.smoothing.mollifiers.table import MOLLIFIERS
from symnum.smoothing.periodic.laws import LAWS
from symnum.smoothing.periodic.periodic_forms import periodic_form, smoothed_periodic
from symnum.smoothing.periodic.values import wave_value
from symnum.smoothing.periodic.waves import PeriodicWave, RectifiedSine, law_number

x = sp.Symbol("x", real=True)
NAMES = [law.name for law in LAWS]


def parsed(text: str) -> sp.Expr:
    return sp.sympify(text, locals={"x": x})


# Functions, their period, and where they break within it.
FUNCTIONS: dict[str, tuple[Any, float, list[float]]] = {
    "frac(2*x + 1/3)": (lambda t: (2 * t + mpmath.mpf(1) / 3) % 1, 0.5, [1 / 3]),
    "Mod(x, 3)": (lambda t: t % 3, 3.0, [0.0]),
    "Mod(x, -2)": (lambda t: -((-t) % 2), 2.0, [0.0]),
    "x - ceiling(x)": (lambda t: t - mpmath.ceil(t), 1.0, [0.0]),
    "sign(sin(x))": (lambda t: mpmath.sign(mpmath.sin(t)), 2 * np.pi, [0.0, np.pi]),
    "Heaviside(-cos(x))": (
        lambda t: mpmath.mpf(mpmath.cos(t) < 0),
        2 * np.pi,
        [np.pi / 2, 3 * np.pi / 2],
    ),
    "asin(sin(x))": (lambda t: mpmath.asin(mpmath.sin(t)), 2 * np.pi, [np.pi / 2, 3 * np.pi / 2]),
    "acos(-cos(2*x))": (lambda t: mpmath.acos(-mpmath.cos(2 * t)), np.pi, [0.0, np.pi / 2]),
    "atan(tan(x))": (lambda t: mpmath.atan(mpmath.tan(t)), np.pi, [np.pi / 2]),
    "Abs(cos(x))": (lambda t: abs(mpmath.cos(t)), np.pi, [np.pi / 2]),
    "-2*Abs(-3*sin(x))": (lambda t: -6 * abs(mpmath.sin(t)), np.pi, [0.0]),
    "Max(0, -sin(x))": (lambda t: max(-mpmath.sin(t), mpmath.mpf(0)), 2 * np.pi, [0.0, np.pi]),
}


def by_fourier(text: str, place: float, h: float) -> float:
    """Weight the Fourier coefficients, themselves integrated numerically, by the Gaussian's."""
    function, period, breaks = FUNCTIONS[text]
    ends = [*breaks, breaks[0] + period]
    total = mpmath.quad(function, ends) / period
    for n in range(1, 9):
        omega = 2 * mpmath.pi * n / period
        for wave in (mpmath.cos, mpmath.sin):
            places = np.concatenate([np.linspace(a, b, n + 2)[:-1] for a, b in pairwise(ends)])
            coefficient = mpmath.quad(
                lambda t, w=wave, o=omega: function(t) * w(o * t), [*places, ends[-1]]
            )
            total += (
                2 / period * coefficient * wave(omega * place) * mpmath.exp(-((omega * h) ** 2) / 2)
            )
    return float(total)


QUICK = ("Mod(x, 3)", "asin(sin(x))", "Max(0, -sin(x))")


@pytest.mark.parametrize(
    "text",
    [text if text in QUICK else pytest.param(text, marks=pytest.mark.slow) for text in FUNCTIONS],
)
def test_each_kind_of_function_is_its_weighted_fourier_series(text: str) -> None:
    h = sp.Rational(FUNCTIONS[text][1]).limit_denominator(100) / 4
    form = periodic_form(parsed(text), x)
    assert form is not None
    assert not form.rest.has(x)
    smooth = smoothed_periodic(form, MOLLIFIERS["gaussian"], h)
    for place in (sp.Rational(1, 5), -sp.Rational(17, 10)):
        value = float(smooth.subs(x, place).evalf(25))
        assert value == pytest.approx(by_fourier(text, float(place), float(h)), abs=1e-12)


@pytest.mark.parametrize(
    "name",
    [
        name if name not in ("sech", "student_t2") else pytest.param(name, marks=pytest.mark.slow)
        for name in NAMES
    ],
)
def test_waves_obey_the_fourier_series(name: str) -> None:
    context = mpmath.mp.clone()
    context.dps = 25
    for k, y, h in [(1, 0.3, 1.5), (2, 0.85, 0.75)]:
        law = LAWS[law_number(name) or 0]
        s = sp.Symbol("s", positive=True)
        transform = sp.lambdify(s, law.characteristic(s), "mpmath")
        with mpmath.workdps(25):
            terms = [
                transform(2 * mpmath.pi * n * h)
                * 2
                / (2 * mpmath.pi * n) ** k
                * (
                    -mpmath.sin(2 * mpmath.pi * n * y)
                    if k == 1
                    else mpmath.cos(2 * mpmath.pi * n * y)
                )
                for n in range(1, 400)
            ]
            # What is left out falls like n^-3 at worst.
            assert (
                abs(wave_value(context, name, k, context.mpf(y), context.mpf(h)) - sum(terms))
                < 3e-7
            )


@pytest.mark.parametrize(
    "name",
    [
        "gaussian",
        "uniform",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("logistic", "laplace", "cauchy", "student_t2", "triweight")
        ),
    ],
)
def test_kernels_of_floor_at_any_bandwidth(name: str) -> None:
    h = sp.Symbol("h", positive=True)
    smooth = sn.mollify("floor(x)", "x", name, h, principal_value=True)
    assert smooth.method == "periodic"
    kernel = sn.lambdify(["x", h], smooth.expr)
    number = law_number(name) or 0
    context = mpmath.mp.clone()
    context.dps = 25
    border = float(LAWS[number].border)
    for width in (1e-6, 0.01, border * 0.999, border, border * 1.001, 3.0, 1e4):
        for place in (0.3, -2.75, 0.5, 7.0, 123456.789, 1e15 + 0.5):
            exact = (
                context.mpf(place)
                - 0.5
                - wave_value(context, name, 1, context.mpf(place), context.mpf(width))
            )
            if place == 7.0 and name != "gaussian":
                exact = context.mpf(6.5)
            assert abs(kernel(place, width) - exact) <= 1e-15 * max(1, abs(place)), (place, width)


def test_continuous_at_the_integers() -> None:
    kernel = sn.mollify("floor(x)", "x", "gaussian", sp.Rational(1, 4)).compile()
    places = np.array([3 - 2.0**-48, 3.0, 3 + 2.0**-48])
    assert np.ptp(kernel(places)) < 3e-14
    assert kernel(3.0) == 2.5


@pytest.mark.slow
def test_rectified_sine_in_both_regimes() -> None:
    for name, h in (("gaussian", 0.02), ("gaussian", 2.0), ("uniform", 0.5), ("laplace", 0.3)):
        width = sp.Rational(str(h))
        wave = RectifiedSine(law_number(name), 0, x, width)
        kernel = sn.lambdify(x, wave)
        for place in (0.0, 0.4, -1.5707, 100.25):
            exact = kernel.reference(place, digits=20)
            assert abs(kernel(place) - float(exact)) <= 1e-15 * max(1, abs(place))
    # (1 - cos h)/h at 0 for the uniform density
    value = RectifiedSine(law_number("uniform"), 0, sp.Integer(0), sp.Rational(1, 2)).evalf(30)
    assert abs(value - (1 - sp.cos(sp.Rational(1, 2))).evalf(30) * 2) < 1e-28


def test_textbook_values_to_forty_digits() -> None:
    r, h = sp.Rational(3, 10), sp.Rational(7, 10)
    laplace = sn.mollify("floor(x)", "x", "laplace", h).expr.subs("x", r + 4)
    exact = 4 - sp.sinh((sp.Rational(1, 2) - r) / h) / (2 * sp.sinh(1 / (2 * h)))
    assert abs((laplace - exact).evalf(40)) < 1e-39
    uniform = sn.mollify("floor(x)", "x", "uniform", h).expr.subs("x", r)
    integral = [sp.floor(y) * y - sp.floor(y) * (sp.floor(y) + 1) / 2 for y in (r + h, r - h)]
    assert abs((uniform - (integral[0] - integral[1]) / (2 * h)).evalf(40)) < 1e-39


def test_derivatives() -> None:
    h = sp.Symbol("h", positive=True)
    wave = PeriodicWave(law_number("gaussian"), 1, x, h)
    point = {x: sp.Rational(1, 3), h: sp.Rational(2, 5)}
    step = sp.Rational(1, 10**12)
    for symbol in (x, h):
        near = [wave.subs({**point, symbol: point[symbol] + s * step}).evalf(40) for s in (-1, 1)]
        slope = (near[1] - near[0]) / (2 * step)
        assert abs(slope - wave.diff(symbol).subs(point).evalf(30)) < 1e-20
    sine = RectifiedSine(law_number("gaussian"), 0, x, sp.Rational(1, 2))
    near = [sine.subs(x, sp.Rational(1, 3) + s * step).evalf(50) for s in (-1, 0, 1)]
    second = (near[0] - 2 * near[1] + near[2]) / step**2
    assert abs(second - sine.diff(x, 2).subs(x, sp.Rational(1, 3)).evalf(30)) < 1e-18


def test_linear_parts_and_the_rest() -> None:
    smooth = sn.mollify("3*floor(x) - 2*x + Max(x, 0)", "x", "gaussian", sp.Rational(1, 2))
    parts = [
        3 * sn.mollify("floor(x)", "x", "gaussian", sp.Rational(1, 2)).expr,
        -2 * sp.Symbol("x"),
        sn.mollify("Max(x, 0)", "x", "gaussian", sp.Rational(1, 2)).expr,
    ]
    names = {"x": sp.Rational(2, 7)}
    difference = smooth.expr.subs(names) - sp.Add(*parts).subs(names)
    assert abs(difference.evalf(30)) < 1e-28


def test_growth_and_refusals() -> None:
    with pytest.raises(NonIntegrableGrowth, match=r"cauchy.*principal_value=True"):
        sn.mollify("floor(x)", "x", "cauchy", 1)
    assert sn.mollify("frac(x)", "x", "cauchy", 1).method == "periodic"
    for text in ("floor(x**2)", "floor(x)**2", "x*floor(x)", "floor(exp(x))"):
        with pytest.raises(ValueError, match="infinitely many breaks"):
            periodic_form(parsed(text), x)
    assert periodic_form(parsed("Max(x, 0) + sin(x)"), x) is None
    for width, words in ((sp.Symbol("h", positive=True), "number.*positive"), (100, "at most 40")):
        with pytest.raises(ValueError, match=rf"bandwidth.*{words}"):
            sn.mollify("floor(x)", "x", "bump", width)
    with pytest.raises(ValueError, match="bounded support"):
        sn.mollify("floor(x)", "x", Mollifier("1/(4*cosh(x/2)**2)"), 1)
    with pytest.raises(ValueError, match=r"derivative 2.*no function"):
        sn.mollify("floor(x)", "x", "uniform", 1).diff(2)


def test_printing() -> None:
    wave = PeriodicWave(law_number("student_t2"), 1, x, 2)
    assert str(wave) == "PeriodicWave(student_t2, 1, x, 2)"
    assert sp.latex(wave) == r"W^{\mathrm{student\_t2}}_{1}\left(x, 2\right)"


def test_the_smoothing_proves_itself() -> None:
    smooth = sn.mollify("floor(x)", "x", "gaussian", sp.Symbol("h", positive=True))
    assert len(smooth.derivation.steps) >= 4
    assert smooth.sup_error == sp.Rational(1, 2)
    assert smooth.compile()(0.25, 0.01) == pytest.approx(0.0, abs=1e-15)


# Densities on bounded supports, two of them with a mean.
BOUNDED = {
    "rising": ("2*t", (0, 1), lambda t: 2 * t),
    "parabola": ("3*(1 - t**2)/4", (-1, 1), lambda t: 3 * (1 - t**2) / 4),
    "decay": (
        "exp(-t)/(1 - exp(-2))",
        (0, 2),
        lambda t: mpmath.exp(-t) / (1 - mpmath.exp(-2)),
    ),
}


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize(
    "text", ["frac(2*x + 1/3)", "Mod(x, -2)", "acos(-cos(2*x))", "Abs(cos(x))"]
)
def test_densities_on_bounded_supports_by_images(name: str, text: str) -> None:
    density, support, weight = BOUNDED[name]
    function, period, breaks = FUNCTIONS[text]
    h = sp.Rational(2, 5)
    smooth = sn.mollify(text, "x", Mollifier(density, support=support), h)
    assert smooth.method == "periodic"
    place, width = sp.Rational(-17, 10), mpmath.mpf(2) / 5
    at = mpmath.mpf(-17) / 10
    kinks = [(at - b - period * j) / width for b in breaks for j in range(-8, 8)]
    ends = sorted({*map(float, support), *(float(k) for k in kinks)})
    exact = mpmath.quad(
        lambda t: weight(t) * function(at - width * t),
        [end for end in ends if support[0] <= end <= support[1]],
    )
    assert abs(float(smooth.expr.subs("x", place).evalf(25)) - exact) < 1e-13
    assert abs(smooth.compile()(-1.7) - exact) < 1e-14


def test_the_linear_part_shifts_by_the_mean() -> None:
    rising = Mollifier("2*t", support=(0, 1))
    smooth = sn.mollify("floor(x) - frac(x) - x", "x", rising, sp.Rational(1, 8)).expr
    # Within a period: f = -2 frac(x), whose mean under the shift is -2 (x - h E T).
    assert smooth.subs("x", sp.Rational(1, 2)) == -2 * (sp.Rational(1, 2) - sp.Rational(1, 12))


@pytest.mark.parametrize(
    "h", ["1/2", *(pytest.param(h, marks=pytest.mark.slow) for h in ("1/1000", "7"))]
)
def test_rectified_sine_with_student(h: str) -> None:
    width = sp.Rational(h)
    smooth = sn.mollify("Abs(sin(x))", "x", "student_t2", width)
    kernel, slope = smooth.compile(), smooth.diff(1).compile()
    with mpmath.workdps(30):
        for place in (0.0, 0.4, -1.5707, 1e6 + 0.25):
            exact = smooth.expr.subs("x", sp.Rational(place)).evalf(30)
            assert abs(kernel(place) - float(exact)) <= 1e-15 * max(1, abs(place))
        if width >= sp.Rational(1, 2):
            series = 2 / mpmath.pi - 4 / mpmath.pi * mpmath.nsum(
                lambda n: (
                    mpmath.cos(2 * n * mpmath.mpf("0.4"))
                    / (4 * n * n - 1)
                    * (2 * n * float(width))
                    * mpmath.besselk(1, 2 * n * float(width))
                ),
                [1, 60],
            )
            assert abs(kernel(0.4) - series) < 1e-15
    step = sp.Rational(1, 10**10)
    near = [smooth.expr.subs("x", sp.Rational(2, 5) + s * step).evalf(40) for s in (-1, 1)]
    assert abs(slope(0.4) - float((near[1] - near[0]) / (2 * step))) < 1e-12


def test_the_derivative_with_cauchy_is_a_function() -> None:
    smooth = sn.mollify("floor(x)", "x", "cauchy", sp.Rational(1, 2), principal_value=True)
    # The sum of the images of the density.
    exact = sp.sinh(sp.pi) / (sp.cosh(sp.pi) - sp.cos(2 * sp.pi / 5))
    slope = smooth.diff(1)
    assert abs((slope.expr.subs("x", sp.Rational(1, 5)) - exact).evalf(30)) < 1e-28
    assert slope.compile()(0.2) == pytest.approx(float(exact), abs=1e-15)
