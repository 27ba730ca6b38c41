from __future__ import annotations

from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.smoothing import mollify

x = sp.Symbol("x")
h = sp.Symbol("h", positive=True)

FUNCTIONS: dict[str, tuple[str, Any]] = {
    "relu": ("Max(x, 0)", lambda y: max(y, 0)),
    "leaky": ("Piecewise((x, x > 0), (x/10, True))", lambda y: y if y > 0 else y / 10),
    "abs": ("Abs(x)", abs),
    "sign": ("sign(x)", mpmath.sign),
    "clip": ("Max(-1, Min(1, x))", lambda y: max(-1, min(1, y))),
    "soft": ("sign(x)*Max(Abs(x) - 1, 0)", lambda y: mpmath.sign(y) * max(abs(y) - 1, 0)),
    "relu2": ("Max(x, 0)**2", lambda y: max(y, 0) ** 2),
    "huber": (
        "Piecewise((x**2/2, Abs(x) < 1), (Abs(x) - 1/2, True))",
        lambda y: y * y / 2 if abs(y) < 1 else abs(y) - mpmath.mpf(1) / 2,
    ),
    "elu": ("Piecewise((x, x > 0), (exp(x) - 1, True))", lambda y: y if y > 0 else mpmath.expm1(y)),
    "sine": ("sin(x)*Heaviside(x)", lambda y: mpmath.sin(y) if y > 0 else mpmath.mpf(0)),
}
INFINITE = [-mpmath.inf, -8, -2, 0, 2, 8, mpmath.inf]
DENSITIES: dict[str, tuple[Any, list[Any]]] = {
    "gaussian": (lambda t: mpmath.npdf(t), INFINITE),
    "logistic": (lambda t: mpmath.sech(t / 2) ** 2 / 4, INFINITE),
    "laplace": (lambda t: mpmath.exp(-abs(t)) / 2, INFINITE),
    "uniform": (lambda t: mpmath.mpf(1) / 2, [-1, 1]),
    "triangular": (lambda t: 1 - abs(t), [-1, 0, 1]),
    "epanechnikov": (lambda t: 3 * (1 - t * t) / 4, [-1, 1]),
    "raised_cosine": (lambda t: (1 + mpmath.cos(mpmath.pi * t)) / 2, [-1, 1]),
}


def convolution(function: str, mollifier: str, at: Any, width: Any) -> Any:
    f, (density, ends) = FUNCTIONS[function][1], DENSITIES[mollifier]
    inside = [(at - a) / width for a in (-1, 0, 1)]
    points = sorted({*map(mpmath.mpf, ends), *(p for p in inside if ends[0] < p < ends[-1])})
    return mpmath.quad(lambda t: f(at - width * t) * density(t), points)


@pytest.mark.parametrize(("function", "mollifier"), list(product(FUNCTIONS, DENSITIES)))
def test_closed_form_is_the_convolution(function: str, mollifier: str) -> None:
    smooth = mollify(FUNCTIONS[function][0], x, mollifier, "0.7")
    assert not smooth.expr.has(sp.Integral, sp.nan, sp.oo, sp.zoo)
    assert smooth.method in ("jump_form", "exp_polynomial")
    at = sp.Rational(3, 10)
    with mpmath.workdps(36):
        exact = convolution(function, mollifier, mpmath.mpf(3) / 10, mpmath.mpf(7) / 10)
        value = mpmath.mpf(str(smooth.expr.subs(x, at).evalf(40)))
        assert abs(value - exact) < mpmath.mpf(10) ** -28


@pytest.mark.parametrize(
    ("function", "mollifier"),
    [("clip", "gaussian"), ("huber", "logistic"), ("soft", "raised_cosine"), ("elu", "laplace")],
)
def test_kernel_is_right_near_far_and_at_infinity(function: str, mollifier: str) -> None:
    kernel = mollify(FUNCTIONS[function][0], x, mollifier, "0.7").compile()
    points = np.array([-50.0, -3.0, -1.0, -0.2, 0.0, 0.9, 1.0, 4.0, 60.0])
    with mpmath.workdps(30):
        for at, value in zip(points, kernel(points), strict=True):
            exact = convolution(function, mollifier, mpmath.mpf(at), mpmath.mpf(7) / 10)
            assert abs(value - exact) <= 4e-16 * max(1, abs(exact)), at
    f = FUNCTIONS[function][1]
    for far in (-1e200, 1e17):
        assert kernel(far) == float(f(mpmath.mpf(far)))
    assert np.isnan(kernel(np.nan))


@pytest.mark.parametrize(
    ("function", "limits"), [("clip", (-1, 1)), ("elu", (-1, np.inf)), ("huber", (np.inf, np.inf))]
)
def test_kernel_gives_the_limits(function: str, limits: tuple[float, float]) -> None:
    kernel = mollify(FUNCTIONS[function][0], x, "logistic", 2).compile()
    assert tuple(kernel(np.array([-np.inf, np.inf]))) == limits


@pytest.mark.parametrize("mollifier", ["gaussian", "logistic", "epanechnikov"])
def test_small_bandwidths_give_f_and_midpoints(mollifier: str) -> None:
    kernel = mollify("sign(x)", x, mollifier, h).compile()
    assert kernel(0.5, 1e-300) == 1.0
    assert kernel(-1e-200, 1e-308) == -1.0
    # The midpoint of -1 and 1, up to one rounding of what is added to them.
    assert abs(kernel(0.0, 1e-300)) <= 2.0**-52


def test_error_is_of_second_order_at_smooth_points() -> None:
    smooth = mollify("Max(x, 0)**3", x, "epanechnikov", h).expr
    errors = [float((smooth.subs({x: 2, h: sp.Rational(1, 2) ** k}) - 8).evalf(30)) for k in (6, 7)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize(
    ("function", "mollifier", "n"),
    [
        ("clip", "gaussian", 2),
        ("elu", "logistic", 1),
        ("sine", "laplace", 2),
        ("abs", "biweight", 3),
    ],
)
def test_derivatives_shift_the_index(function: str, mollifier: str, n: int) -> None:
    smooth = mollify(FUNCTIONS[function][0], x, mollifier, 2)
    at = sp.Rational(3, 7)
    by_rule = smooth.diff(n).expr.subs(x, at).evalf(25)
    by_sympy = smooth.expr.diff(x, n).subs(x, at).evalf(25)
    assert abs(by_rule - by_sympy) < 1e-20


def test_derivatives_that_are_no_functions_are_refused() -> None:
    smooth = mollify("sign(x)", x, "uniform")
    assert smooth.diff().expr.subs(x, 0) == 1
    with pytest.raises(ValueError, match="no function"):
        smooth.diff(2)


@pytest.mark.parametrize("mollifier", ["gaussian", "logistic", "triangular"])
def test_exponentials_are_anchored_where_they_are_active(mollifier: str) -> None:
    smooth = mollify("exp(x)*(Heaviside(x) - Heaviside(x - 1))", x, mollifier, 2)
    at = mpmath.mpf(1) / 4
    density, ends = DENSITIES[mollifier]
    with mpmath.workdps(36):
        limits = [max((at - 1) / 2, ends[0]), 0, min(at / 2, ends[-1])]
        exact = mpmath.quad(lambda t: mpmath.exp(at - 2 * t) * density(t), limits)
        value = mpmath.mpf(str(smooth.expr.subs(x, sp.Rational(1, 4)).evalf(40)))
        assert abs(value - exact) < mpmath.mpf(10) ** -28


@pytest.mark.parametrize("rate", [-1, -2, sp.Rational(1, 2)])
def test_resonant_rates_have_finite_values(rate: Any) -> None:
    for mollifier in ("laplace", "logistic"):
        smooth = mollify(x * sp.exp(rate * x) * sp.Heaviside(x if rate < 0 else -x), x, mollifier)
        value = smooth.expr.subs(x, sp.Rational(1, 3)).evalf(30)
        assert smooth.compile()(1 / 3) == pytest.approx(float(value), rel=1e-14)


def test_products_with_squares_need_the_gaussian() -> None:
    smooth = mollify("Abs(x)*exp(-x**2)", x, "gaussian", "0.5")
    with mpmath.workdps(36):
        at = mpmath.mpf(3) / 10
        exact = mpmath.quad(
            lambda y: abs(y) * mpmath.exp(-y * y) * mpmath.npdf(at - y, 0, mpmath.mpf(1) / 2),
            [-mpmath.inf, 0, 1, mpmath.inf],
        )
        value = mpmath.mpf(str(smooth.expr.subs(x, sp.Rational(3, 10)).evalf(40)))
        assert abs(value - exact) < mpmath.mpf(10) ** -28


@pytest.mark.parametrize("mollifier", ["logistic", "sech", "bump"])
@pytest.mark.parametrize("f", ["Max(x, 0)**2", "Max(x, 0)**3", "Max(-1, Min(x, 1))**2"])
def test_series_have_forty_digits_at_rational_points(f: str, mollifier: str) -> None:
    smooth = mollify(f, x, mollifier, "0.7")
    densities = {
        "logistic": (lambda t: mpmath.sech(t / 2) ** 2 / 4, [-mpmath.inf, -20, mpmath.inf]),
        "sech": (lambda t: mpmath.sech(mpmath.pi * t / 2) / 2, [-mpmath.inf, -20, mpmath.inf]),
        "bump": (lambda t: mpmath.exp(-1 / (1 - t * t)) if abs(t) < 1 else mpmath.mpf(0), [-1, 1]),
    }
    density, ends = densities[mollifier]
    function = sp.lambdify(x, sp.sympify(f), "mpmath")
    at, h = mpmath.mpf(-1) / 3, mpmath.mpf(7) / 10
    value = smooth.expr.subs(x, sp.Rational(-1, 3)).evalf(40)
    with mpmath.workdps(34):
        at, h = mpmath.mpf(-1) / 3, mpmath.mpf(7) / 10
        places = [p for p in ((at - a) / h for a in (1, 0, -1)) if ends[0] < p < ends[-1]]
        points = sorted({*map(mpmath.mpf, ends), mpmath.mpf(0), *places})
        exact = mpmath.quad(lambda t: function(at - h * t) * density(t), points)
        if mollifier == "bump":
            exact /= mpmath.quad(density, [-1, 0, 1])
        assert abs(mpmath.mpf(str(value)) - exact) < mpmath.mpf(10) ** -27


@pytest.mark.parametrize(
    ("f", "mollifier"),
    [("relu2", "gaussian"), ("clip", "raised_cosine"), ("elu", "uniform")],
)
def test_the_reference_of_a_kernel_is_the_closed_form(f: str, mollifier: str) -> None:
    smooth = mollify(FUNCTIONS[f][0], x, mollifier, "0.7")
    value = smooth.compile().reference(-0.375, digits=35)
    with mpmath.workdps(40):
        exact = mpmath.mpf(str(smooth.expr.subs(x, sp.Rational(-3, 8)).evalf(40)))
        assert abs(value - exact) < mpmath.mpf(10) ** -33


@pytest.mark.parametrize("mollifier", ["uniform", "laplace", "gaussian"])
@pytest.mark.parametrize("function", ["elu", "sine"])
def test_exponentials_stay_finite_far_away(function: str, mollifier: str) -> None:
    kernel = mollify(FUNCTIONS[function][0], x, mollifier, h).compile()
    for at, width in ((1e3, 1.0), (1e10, 1.0), (-1e10, 1.0), (1.0, 1e-6), (-1e6, 1e6), (9e5, 1e6)):
        value = kernel(at, width)
        assert np.isfinite(value), (at, width)
        if function == "elu" and width <= 1:
            assert value == pytest.approx(at if at > 0 else -1.0, rel=1e-15)
    assert np.isnan(kernel(np.nan, 1.0))
    left = kernel(-np.inf, 1.0)
    assert left == (-1 if function == "elu" else 0)


def test_bounded_squares_may_meet_the_cauchy_density() -> None:
    smooth = mollify("Max(-1, Min(x, 1))**2", x, "cauchy", "0.7")
    kernel = smooth.compile()
    for at in (-2.0, -0.5, 0.0, 1.0, 7.0):
        with mpmath.workdps(30):
            width = mpmath.mpf(7) / 10
            breaks = sorted({mpmath.mpf(0), *((at - a) / width for a in (1, 0, -1))})
            exact = mpmath.quad(
                lambda t, at=at, width=width: (
                    max(-1, min(1, at - width * t)) ** 2 / (mpmath.pi * (1 + t * t))
                ),
                [-mpmath.inf, *breaks, mpmath.inf],
            )
        assert kernel(at) == pytest.approx(float(exact), rel=2e-15)


@pytest.mark.parametrize(
    ("f", "mollifier"),
    [
        ("tanh(x)", "gaussian"),
        ("exp(x**2/9)*Heaviside(x)", "gaussian"),
        ("Max(x, 0)**2", "logistic"),
        ("Max(x, 0)", "bump"),
        ("sin(x)*Heaviside(x)", "uniform"),
    ],
)
def test_each_method_proves_something(f: str, mollifier: str) -> None:
    claims = [step.claim for step in mollify(f, x, mollifier, 2).derivation.steps]
    assert len(claims) >= 4
    assert sum(getattr(c, "lhs", None) != getattr(c, "rhs", True) for c in claims[:-1]) >= 2


def test_breaks_at_the_zeros_of_cubics_are_real() -> None:
    smooth = mollify("Max(pi/3, x**3/3 - x)", x, "triangular", "0.5")
    value = smooth.expr.subs(x, 2).evalf(30)
    assert value.is_real
    with mpmath.workdps(30):
        break_ = mpmath.findroot(lambda y: y**3 / 3 - y - mpmath.pi / 3, 2)
        points = [-1, 0, (2 - break_) * 2, 1]
        exact = mpmath.quad(
            lambda t: max(mpmath.pi / 3, (2 - t / 2) ** 3 / 3 - 2 + t / 2) * (1 - abs(t)),
            sorted(points),
        )
        assert abs(mpmath.mpf(str(value)) - exact) < mpmath.mpf(10) ** -25
