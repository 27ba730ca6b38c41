"""The log-partition function: values at every size, zero weights, derivatives, misuse."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import sympy

import symnum as sn
from symnum.algebra.log_partition import LogPartition
from symnum.reference import ulp_distance

w, u, v, x = sympy.symbols("w u v x")


@pytest.fixture(scope="module")
def kernel() -> sn.Kernel:
    return sn.lambdify([w, u, x, v], LogPartition(w, u, x, v))


def exact(point: tuple[float, ...]) -> mpmath.mpf:
    context = mpmath.mp.clone()
    context.dps = 60
    first, one, second, other = map(context.mpf, point)
    total = first * context.exp(one) + second * context.exp(other)
    return context.log1p(total)


@pytest.mark.parametrize(
    "point",
    [
        (1.0, 0.0, 1.0, 0.0),
        (1.0, 1e7, 1.0, -1e7),
        (1.0, 800.0, 1.0, 799.5),
        (1.0, -700.0, 0.5, -701.0),
        (0.0, 1e7, 1.0, -3.0),
        (1e-300, 680.0, 0.0, 0.0),
        (1e-300, 800.0, 1e-300, 1.0),
        (1e300, -800.0, 1e-18, -2.0),
        (5e-324, 744.0, 0.0, 1.0),
        (1e-20, 0.5, 1e-25, 0.5),
    ],
    ids=str,
)
def test_every_size_of_weights_and_exponents(kernel: sn.Kernel, point: tuple[float, ...]) -> None:
    pairs = (point[:2], point[2:])
    is_plain = all(abs(exponent) < 690 for _, exponent in pairs)
    # Elsewhere log w and its sum with u are rounded, which shows as a relative error of e^(...).
    slack = max(abs(math.log(weight)) + abs(exponent) for weight, exponent in pairs if weight > 0)
    scale = 3 if is_plain else 3 + slack
    assert ulp_distance(kernel(*point), exact(point)) <= scale


def test_no_state_is_left_where_both_weights_are_zero(kernel: sn.Kernel) -> None:
    assert kernel(0.0, 1e7, 0.0, -1e7) == 0.0


def test_random_points_are_accurate(kernel: sn.Kernel) -> None:
    ranges = {"w": (0.0, 1.0), "u": (-5.0, 5.0), "x": (0.0, 1.0), "v": (-5.0, 5.0)}
    assert kernel.accuracy(ranges, n=2000).max_ulp <= 5


def test_arrays_are_taken_like_scalars(kernel: sn.Kernel) -> None:
    weights, exponents = np.array([0.0, 1e-300, 1.0]), np.array([1e7, 300.0, -30.0])
    together = kernel(weights, exponents, 0.5, -1.0)
    alone = [kernel(a, b, 0.5, -1.0) for a, b in zip(weights, exponents, strict=True)]
    assert together.tolist() == alone


def test_slopes_are_those_of_the_definition() -> None:
    function = LogPartition(w, u, x, v)
    for symbol in (w, u, x, v):
        slope = sn.lambdify([w, u, x, v], function.diff(symbol))
        point = (0.3, -0.7, 0.9, 1.1)
        truth = LogPartition.definition(w, u, x, v).diff(symbol)
        stated = truth.subs(dict(zip((w, u, x, v), point, strict=True))).evalf(30)
        assert slope(*point) == pytest.approx(float(stated), rel=1e-14)


def test_states_of_weight_zero_are_left_out() -> None:
    assert LogPartition(0, u) == 0
    assert LogPartition(0, u, x, v) == LogPartition(x, v)


def test_a_proof_sees_the_definition() -> None:
    reals = sn.Interval(-sympy.oo, sympy.oo)
    d = sn.Derivation("states", domain={u: reals, v: reals})
    d.equal(LogPartition(1, u, 1, v), sympy.log(1 + sympy.exp(u) + sympy.exp(v)), why="definition")
    with pytest.raises(sn.Refuted):
        d.equal(LogPartition(1, u), sympy.log(1 + sympy.exp(v)), why="another state")


@pytest.mark.parametrize(("arguments", "got"), [((), "0 arguments"), ((u,), "1 argument$")])
def test_a_weight_without_an_exponent_is_refused(
    arguments: tuple[sympy.Symbol, ...], got: str
) -> None:
    with pytest.raises(TypeError, match=f"pairs of a weight and an exponent, got {got}"):
        LogPartition(*arguments)
