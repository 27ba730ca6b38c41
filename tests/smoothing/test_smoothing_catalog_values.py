"""Digits of the catalogue's formulas and kernels where a plain formula loses them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.reference.ulps import ulp_distance
from symnum.smoothing import CATALOG
from symnum.smoothing.catalog.remainders import LogCosh, SineShrink, TanhShrink
from symnum.smoothing.catalog.rows import X

DATA = Path(__file__).resolve().parents[1] / "data"
TAILS = json.loads((DATA / "smoothing_tails.json").read_text(encoding="utf-8"))["values"]
M = mpmath.mp.clone()
M.dps = 400


def phi(x: Any) -> Any:
    return M.erfc(-x / M.sqrt(2)) / 2


def ramp(x: Any) -> Any:
    return x * phi(x) + M.exp(-x * x / 2) / M.sqrt(2 * M.pi)


# A second writing, at 400 digits.
EXACT: dict[str, Callable[[Any], Any]] = {
    "cauchy_loss": lambda x: M.log1p(x * x / 2),
    "gelu_sigmoid": lambda x: x / (1 + M.exp(-M.mpf("1.702") * x)),
    "gelu_tanh": lambda x: x * (1 + M.tanh(M.sqrt(2 / M.pi) * (x + M.mpf("0.044715") * x**3))) / 2,
    "hard_shrink": lambda x: x if abs(x) > 0.5 else M.zero,
    "hard_swish": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "level_set_heaviside": lambda x: (
        M.zero if x <= -1 else M.one if x >= 1 else (1 + x + M.sin(M.pi * x) / M.pi) / 2
    ),
    "log_cosh": lambda x: M.log(M.cosh(x)),
    "log_sigmoid": lambda x: -M.log1p(M.exp(-x)),
    "mish": lambda x: x * M.tanh(M.log1p(M.exp(x))),
    "smoothed_hinge": lambda x: M.mpf(0.5) - x if x <= 0 else (1 - x) ** 2 / 2 if x < 1 else M.zero,
    "smootherstep": lambda x: (
        M.zero if x <= 0 else M.one if x >= 1 else x**3 * (10 - 15 * x + 6 * x * x)
    ),
    "softplus": lambda x: M.log1p(M.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "tanhshrink": lambda x: x - M.tanh(x),
}
POINTS = [-19.7, -8.3, -2.9999, -1.2, -0.99999, -0.51, -1e-3, -1e-11]
POINTS += [0.3, 0.74, 0.9999, 1.4, 3.1, 9.2, 17.5]


@pytest.mark.parametrize("name", list(EXACT))
def test_kernels_and_formulas_against_a_second_writing(name: str) -> None:
    entry = CATALOG[name]
    double, single = entry.compile(), entry.compile(dtype="float32")
    for x in POINTS:
        exact = EXACT[name](M.mpf(x))
        assert ulp_distance(np.float64(double(x)), exact) <= 4.0, x
        short = np.float32(x)
        assert ulp_distance(single(short), EXACT[name](M.mpf(float(short)))) <= 2.0, x
        shown = entry.expr.subs(X, sp.Rational(x)).evalf(40)
        assert abs(M.mpf(str(shown)) - exact) <= abs(exact) * M.mpf("1e-38"), x


@pytest.mark.parametrize("name", [name for name in TAILS if name in CATALOG])
def test_formulas_in_the_tails_to_28_digits(name: str) -> None:
    for text, stated in TAILS[name].items():
        value = M.mpf(str(CATALOG[name].expr.subs(X, sp.Rational(text)).evalf(40)))
        assert abs(value - M.mpf(stated)) <= abs(value) * M.mpf("1e-28"), text


def test_formulas_next_to_zero_and_far_out() -> None:
    tiny = sp.Rational(1, 10**30)
    assert CATALOG["log_cosh"].expr.subs(X, tiny).evalf(20) == sp.Float("5e-61", 20)
    assert CATALOG["cauchy_loss"].expr.subs(X, tiny).evalf(20) == sp.Float("5e-61", 20)
    value = M.mpf(str(CATALOG["log_sigmoid"].expr.subs(X, 1000).evalf(30)))
    assert abs(value + M.exp(-1000)) <= abs(value) * M.mpf("1e-29")


ENDS = {
    "hard_shrink": (-math.inf, math.inf),
    "hard_swish": (0.0, math.inf),
    "gelu_tanh": (0.0, math.inf),
    "level_set_heaviside": (0.0, 1.0),
    "mish": (0.0, math.inf),
    "smoothed_hinge": (math.inf, 0.0),
    "softsign": (-1.0, 1.0),
    "tanhshrink": (-math.inf, math.inf),
}


@pytest.mark.parametrize("name", list(ENDS))
def test_infinities_and_nan(name: str) -> None:
    for dtype in ("float64", "float32"):
        kernel = CATALOG[name].compile(dtype=dtype)
        values = kernel(np.array([-math.inf, math.inf, math.nan], dtype=dtype))
        assert (values[0], values[1]) == ENDS[name]
        assert math.isnan(values[2])


@pytest.mark.parametrize(("name", "low", "high"), [
    ("softplus", -740.0, -700.0),
    ("softplus", -9.0, 1.0),
    ("silu", -740.0, 1.0),
    ("smoothed_relu", -2.5, 0.1),
    ("gelu", -2.5, 0.1),
    ("log_cosh", -1.5, 0.0),
    ("tanhshrink", -1.5, 0.0),
])  # fmt: skip
def test_kernels_where_their_branches_meet(name: str, low: float, high: float) -> None:
    report = CATALOG[name].compile().accuracy({"x": (low, high)}, n=400)
    assert report.max_ulp <= 4.0


def test_slopes_of_the_branches_agree_at_zero() -> None:
    for name in ("softplus", "mish", "squareplus", "log_sigmoid"):
        slope = CATALOG[name].compile().diff("x")
        expected = CATALOG[name].expr.diff(X).subs(X, 0).evalf()
        assert slope(0.0) == pytest.approx(float(expected), rel=1e-15)


def test_remainders_are_odd_or_even_and_their_slopes_right() -> None:
    x = sp.Symbol("x")
    assert TanhShrink(x, 53).diff(x) == sp.tanh(x) ** 2
    assert LogCosh(x).diff(x) == sp.tanh(x)
    assert SineShrink(x).diff(x) == 2 * sp.sin(x / 2) ** 2
    assert (TanhShrink(0, 24), LogCosh(0), SineShrink(0)) == (0, 0, 0)


def test_operations_near_their_jumps_and_parameters() -> None:
    steps = [("floor", "7.4", 7.0), ("ceil", "7.4", 8.0), ("round", "-7.3", -7.0)]
    steps += [("max", "7.4", 7.4), ("min", "-7.4", -7.4)]
    for name, place, value in steps:
        shown = CATALOG[f"smooth_{name}"](h="1/50").expr.subs(X, sp.Rational(place))
        assert float(shown.evalf(20)) == pytest.approx(value, abs=1e-15)
    mod = CATALOG["smooth_mod"](period="3/2", h="1/50").expr.subs(X, -sp.Rational(1, 2))
    assert float(mod.evalf(20)) == pytest.approx(1.0, abs=1e-15)
    clip = CATALOG["smooth_clip"](low=0, width=6, h="1/10").compile()
    assert clip(np.array([-1e300, 3.0, 1e300])).tolist() == [0.0, 3.0, 6.0]
    for x in (-0.25, 0.125, 5.875, 6.25):
        exact = (ramp(10 * M.mpf(x)) - ramp(10 * M.mpf(x - 6))) / 10
        assert ulp_distance(np.float64(clip(x)), exact) <= 8.0
    with pytest.raises(ValueError, match="width: expected positive"):
        CATALOG["smooth_clip"](width=0)
    with pytest.raises(ValueError, match="level: expected a finite real number"):
        CATALOG["smooth_max"](level="oo")
