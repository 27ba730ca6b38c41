"""The headline kernels on the whole line: a few units in the last place, subnormal results too."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import mpmath
import numpy as np
import pytest

from symnum.reference.ulps import ulp_distance
from symnum.smoothing import CATALOG

DATA = Path(__file__).resolve().parents[1] / "data"
TAILS = json.loads((DATA / "smoothing_tails.json").read_text(encoding="utf-8"))["values"]
HEADLINE = [
    "gelu",
    "smoothed_relu",
    "softplus",
    "squareplus",
    "silu",
    "mish",
    "log_sigmoid",
    "elu",
    "log_cosh",
    "pseudo_huber",
    "tanhshrink",
    "welsch",
]
EDGES = [1e-300, 1e-30, 1e-8, 1e-3, 0.1, 1, 4, 16, 36, 38.6, 690, 746, 5e3, 1e9, 1e154, 1e308]
SINGLE_EDGES = [1e-36, 1e-12, 1e-4, 0.1, 1, 4, 12, 14.5, 60, 85, 104, 5e3, 1e9, 1e19, 1e37]


def both_sides(edges: list[float], count: int) -> np.ndarray:
    """Return points between the edges, evenly spread in the logarithm, of both signs."""
    rng = np.random.default_rng(7)
    logs = [rng.uniform(math.log(a), math.log(b), count) for a, b in pairwise(edges)]
    sizes = np.exp(np.concatenate(logs))
    return np.concatenate([-sizes, sizes])


@pytest.mark.parametrize("name", HEADLINE)
def test_double_precision_on_the_whole_line(name: str) -> None:
    kernel = CATALOG[name].compile()
    points = both_sides(EDGES, 5)
    for point, value in zip(points, kernel(points), strict=True):
        assert ulp_distance(value, kernel.reference(float(point), digits=25)) <= 4.0, point


@pytest.mark.parametrize("name", HEADLINE)
def test_single_precision_on_the_whole_line(name: str) -> None:
    kernel = CATALOG[name].compile(dtype="float32")
    points = both_sides(SINGLE_EDGES, 4).astype(np.float32)
    values = kernel(points)
    assert values.dtype == np.float32
    for point, value in zip(points, values, strict=True):
        assert ulp_distance(value, kernel.reference(float(point), digits=20)) <= 2.0, point


@pytest.mark.parametrize("name", [name for name in TAILS if name in CATALOG])
def test_values_in_the_tails(name: str) -> None:
    kernel = CATALOG[name].compile()
    for text, stated in TAILS[name].items():
        with mpmath.workdps(40):
            point = mpmath.mpf(text)
            exact = mpmath.mpf(stated)
        if float(point) != point:
            continue
        assert ulp_distance(np.float64(kernel(float(point))), exact) <= 4.0, text


@pytest.mark.parametrize("name", ["softplus", "squareplus", "smoothed_relu"])
def test_first_derivatives_are_right_in_the_tails(name: str) -> None:
    slope = CATALOG[name].compile().diff("x")
    points = np.concatenate([np.linspace(-37, 12, 60), [-700.0, -300.0, -1e5, 50.0, 900.0, 1e6]])
    for point, value in zip(points, slope(points), strict=True):
        exact = slope.reference(float(point), digits=25)
        if abs(exact) > 1e-300:
            assert abs(value - exact) <= 2e-15 * abs(exact), point


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("gelu", 0.0, math.inf),
        ("smoothed_relu", 0.0, math.inf),
        ("softplus", 0.0, math.inf),
        ("silu", 0.0, math.inf),
        ("mish", 0.0, math.inf),
        ("elu", -1.0, math.inf),
        ("log_sigmoid", -math.inf, 0.0),
        ("log_cosh", math.inf, math.inf),
        ("pseudo_huber", math.inf, math.inf),
        ("welsch", 1.0, 1.0),
    ],
)
def test_infinities_give_the_limits_and_nan_stays(name: str, left: float, right: float) -> None:
    kernel = CATALOG[name].compile()
    assert kernel(-math.inf) == left
    assert kernel(math.inf) == right
    assert math.isnan(kernel(math.nan))
