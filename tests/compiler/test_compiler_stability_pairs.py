"""Pairs of doubles: exponentials far below 1, logarithms close to 0, what overflows on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Rational, exp, log, symbols

import symnum as sn
from symnum.compiler.lambdification import build_kernel
from symnum.compiler.passes.contraction import contract
from symnum.reference import evaluate
from symnum.reference.ulps import ulp_distance

n, r, d, s, t = symbols("n r d s t")


def _worst(kernel: Any, args: tuple[Any, ...], expr: Any, points: list[tuple[float, ...]]) -> float:
    errors = []
    for point in points:
        exact = [Rational(*value.as_integer_ratio()) for value in point]
        truth = evaluate(expr, dict(zip(args, exact, strict=True)), 40)
        errors.append(ulp_distance(float(kernel(*point)), truth))
    return max(errors)


def test_small_terms_beside_one_are_kept() -> None:
    weight = (n - 1) * exp(-r * d)
    entropy = log(1 + weight) + weight / (1 + weight) * r * d
    points = [
        (844580.2123031679, 24.390706446132313, 2.446309647995579),
        (1e6, 10.0, 5.0),
        (1e3, 1.0, 0.125),
        (50.0, 25.0, 2.0),
    ]
    # The exponent itself is rounded to half an ulp of 60, which is 30 ulps of the value.
    assert _worst(sn.lambdify([n, r, d], entropy), (n, r, d), entropy, points) < 40


DIFFERENCES = [
    (40.0, 41.0),
    (-40.0, -41.0),
    (-300.0, -300.5),
    (700.0, 690.0),
    (3.0, 3.0000001),
    (-1.0, 2.0),
]


def test_difference_of_logistic_functions() -> None:
    gap = 1 / (1 + exp(-s)) - 1 / (1 + exp(-t))
    assert _worst(sn.lambdify([s, t], gap), (s, t), gap, DIFFERENCES) < 4


GUARDED = [
    (1 - s * t, s * t < 2, [(3.0, 1 / 3), (1.1, 0.909090909), (0.3, 3.3333333)]),
    (s * t - 1, s * t > 0, [(3.0, 1 / 3), (1.1, 0.909090909), (0.3, 3.3333333)]),
]


@pytest.mark.parametrize(("expr", "guard", "points"), GUARDED, ids=["less", "more"])
def test_guard_with_the_same_product_costs_no_digits(expr: Any, guard: Any, points: Any) -> None:
    kernel = build_kernel([s, t], expr, guard=guard)
    assert _worst(kernel, (s, t), expr, points) < 1
    assert np.isnan(kernel(3.0, -1.0)) == bool(not guard.subs({s: 3, t: -1}))


def test_products_of_branches_are_shared_as_before() -> None:
    from symnum.compiler.lowering import lower

    branches = sympy.Piecewise((s * t - 1, s * t > 1), (0, True))
    assert "multiply_add" not in str(contract(lower((s, t), (branches,))))
    guarded = contract(lower((s, t), (s * t - 1,), guard=s * t > 1))
    assert "multiply_add" in str(guarded)
