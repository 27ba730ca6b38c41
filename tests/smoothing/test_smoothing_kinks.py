from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
import sympy as sp

import symnum as sn
from symnum.smoothing import Mollifier, NonIntegrableGrowth
from symnum.smoothing.kinks.jump_arrays import JumpForm
from symnum.smoothing.kinks.smoothed_arrays import smoothed_kinks
from symnum.smoothing.mollifiers.table import MOLLIFIERS

x = sp.Symbol("x")
half = sp.Rational(1, 2)


def smoothed(form: JumpForm, name: str = "gaussian", h: Any = half) -> Any:
    return smoothed_kinks(form, x, MOLLIFIERS[name], h)


@pytest.fixture(scope="module")
def mixed() -> JumpForm:
    rng = np.random.default_rng(3)
    breaks = np.round(rng.uniform(-20, 20, 300) * 64) / 64
    return JumpForm(breaks, rng.integers(0, 4, 300), rng.normal(size=300), [1.0, -2.0, 0.5])


def test_the_function_itself(mixed: JumpForm) -> None:
    points = np.random.default_rng(1).uniform(-25, 25, 40)
    p0 = 1 - 2 * points + 0.5 * points**2
    factorials = np.array([math.factorial(k) for k in mixed.orders])
    distance = points[:, None] - mixed.breaks
    powers = np.where(distance > 0, np.maximum(distance, 0) ** mixed.orders, 0)
    exact = p0 + (powers / factorials) @ mixed.heights
    assert np.abs(mixed(points) - exact).max() <= 1e-12 * np.abs(exact).max()


def test_at_a_jump_the_mean_of_both_sides() -> None:
    assert JumpForm([0.0], 0, [3.0], 1)(0.0) == 2.5
    assert smoothed(JumpForm([0.0], 0, [3.0], 1)).compile()(0.0) == 2.5


@pytest.mark.parametrize("name", ["gaussian", "logistic", "uniform", "laplace", "epanechnikov"])
def test_smoothing_is_the_direct_sum(mixed: JumpForm, name: str) -> None:
    some = slice(None, None, 40)
    orders = np.minimum(mixed.orders[some], 1)
    form = JumpForm(mixed.breaks[some], orders, mixed.heights[some], [1.0, -2.0])
    smooth = smoothed(form, name, sp.Rational(1, 4))
    values = smooth.compile()(np.linspace(-22, 22, 9))
    exact = sn.lambdify(x, smooth.expr)(np.linspace(-22, 22, 9))
    assert np.abs(values - exact).max() <= 2e-14 * np.abs(exact).max()


@pytest.mark.parametrize("h", [0.002, 0.3, 40.0])
def test_many_kinks_agree_with_the_direct_sum_and_are_faster(h: float) -> None:
    rng = np.random.default_rng(5)
    breaks, heights = rng.uniform(-1, 1, 20_000), rng.normal(size=20_000)
    kernel = smoothed(JumpForm(breaks, 1, heights, 2.0), "gaussian", sp.Rational(str(h))).compile()
    points = rng.uniform(-1.5, 1.5, 20_000)
    kernel(points)
    start = time.perf_counter()
    values = kernel(points)
    quick = time.perf_counter() - start
    some = points[:20]
    ramp = sn.lambdify("u", MOLLIFIERS["gaussian"].antiderivative(2))
    start = time.perf_counter()
    direct = 2 + (ramp((some[:, None] - breaks) / h) * (heights * h)).sum(axis=1)
    slow = (time.perf_counter() - start) / len(some) * len(points)
    assert np.abs(values[:20] - direct).max() <= 2e-14 * np.abs(direct).max()
    assert slow > 3 * quick


def test_interpolated_panels_agree_with_windows() -> None:
    rng = np.random.default_rng(6)
    form = JumpForm(rng.uniform(0, 50, 5000), 1, rng.normal(size=5000))
    for name in ("gaussian", "logistic", "sech"):
        kernel = smoothed(form, name, half).compile()
        points = np.sort(rng.uniform(-1, 51, 20_000))
        values = kernel(points)
        direct = kernel._direct(points[::500], 0.5)
        assert np.abs(values[::500] - direct).max() <= 2e-14 * np.abs(direct).max()


def test_mollify_accepts_arrays_and_a_symbolic_bandwidth() -> None:
    form = JumpForm([1.0, -1.0], [1, 1], [-1.0, 1.0], [-1.0])
    smooth = sn.mollify(form, "x", "gaussian", sp.Symbol("h", positive=True))
    assert smooth.method == "jump_form"
    again = sn.mollify("Max(-1, Min(x, 1))", "x", "gaussian", half).compile()
    points = np.linspace(-3, 3, 13)
    assert (
        np.abs(smooth.compile()(points, 0.5) - again(points)).max() < 1e-15
    )  # the ramps are as large as 4
    with pytest.raises(TypeError, match="arguments x, h"):
        smooth.compile()(points)
    with pytest.raises(ValueError, match="positive"):
        smooth.compile()(points, -1.0)


def test_derivatives_shift_the_index() -> None:
    smooth = smoothed(JumpForm([0.0, 1.0], [1, 2], [1.0, 3.0], [0.0, 1.0, 1.0]))
    points = np.array([-0.4, 0.0, 0.3, 2.0, 9.0])
    for n in (1, 2):
        exact = sn.lambdify(x, smooth.expr.diff(x, n))(points)
        assert np.abs(smooth.diff(n).compile()(points) - exact).max() < 1e-14
    assert smooth.diff(2).expr.subs(x, 0).evalf() == pytest.approx(exact[1])


def test_ends_of_the_line() -> None:
    kernel = smoothed(JumpForm([0.0], 1, [2.0], [0.0, -1.0])).compile()
    found = kernel(np.array([-np.inf, np.nan, np.inf]))
    assert found[0] == found[2] == np.inf
    assert np.isnan(found[1])
    clip = smoothed(JumpForm([-1.0, 1.0], 1, [1.0, -1.0], -1.0)).compile()
    assert clip([-np.inf, np.inf, 1e300, -1e300]).tolist() == [-1.0, 1.0, 1.0, -1.0]


def test_no_kinks_at_all() -> None:
    kernel = smoothed(JumpForm([], [], [], [1.0, 0.0, 1.0])).compile()
    assert kernel(2.0) == 5.25


def test_the_smoothing_proves_itself_and_bounds_its_error() -> None:
    smooth = smoothed(JumpForm([0.0, 2.0], [0, 1], [1.0, -4.0]))
    assert len(smooth.derivation.steps) >= 4
    assert smooth.sup_error == half + 4 * half / sp.sqrt(2 * sp.pi)
    points = np.linspace(-3, 5, 161)
    error = np.abs(smooth.compile()(points) - smooth.original(points)).max()
    assert error <= float(smooth.sup_error)
    assert "jumps" in str(smoothed(JumpForm(np.arange(60.0), 1, 1.0)))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0.0, 1.0], 1, [1.0]), "jumps: expected one number for each of the 2 breaks"),
        (([0.0], -1, [1.0]), "orders: expected integers"),
        (([0.0], 0.5, [1.0]), "orders: expected integers"),
        (([math.nan], 1, [1.0]), "breaks: expected finite"),
        (([[0.0]], 1, [1.0]), "breaks: expected one axis"),
        ((["a"], 1, [1.0]), "breaks: expected real numbers"),
        (([0.0], 1, [1.0], "sin(x)"), "polynomial: expected a polynomial"),
        (([0.0], 1, [1.0], "x*y"), "one variable"),
    ],
    ids=str,
)
def test_refusals(arguments: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        JumpForm(*arguments)


def test_growth_is_refused() -> None:
    with pytest.raises(NonIntegrableGrowth, match=r"cauchy.*order 1.*to the right"):
        smoothed(JumpForm([0.0], 1, [1.0]), "cauchy")
    bounded = smoothed(JumpForm([-1.0, 1.0], 1, [1.0, -1.0]), "cauchy").compile()
    assert bounded(0.0) == pytest.approx(1.0)


def test_densities_of_ones_own() -> None:
    form = JumpForm([-1.0, 0.5, 2.0], [0, 1, 1], [1.0, -2.0, 0.5], [0.0, 1.0])
    rising = Mollifier("2*t", support=(0, 1))
    smooth = sn.mollify(form, "x", rising, half)
    assert smooth.sup_error is None
    points = np.array([-1.1, -0.75, 0.6, 30.0])
    exact = [float(smooth.expr.subs("x", sp.Rational(float(p))).evalf(25)) for p in points]
    assert np.abs(smooth.compile()(points) - exact).max() < 1e-14
    ends = np.linspace(0, 1, 4001)
    middle = (ends[1:] + ends[:-1]) / 2
    riemann = (form(points[:, None] - middle / 2) * 2 * middle).mean(axis=1)
    assert np.abs(smooth.compile()(points) - riemann).max() < 1e-3


def test_derivatives_that_are_no_functions_are_refused() -> None:
    smooth = smoothed(JumpForm([0.0], 1, [1.0]), "uniform")
    assert smooth.diff(2).compile()(0.1) == 1.0
    for n in (3, -1, 1.5):
        with pytest.raises(ValueError, match="n: "):
            smooth.diff(n)
