"""Roots of systems at which the Jacobian is singular, and systems that only seem to have one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symnum.rootfinding import Status
from symnum.rootfinding.systems.solving import root

ROOT_2 = 1.4142135623730951

SINGULAR: list[tuple[str, list[str], list[float], list[float], int | None]] = [
    ("squares", ["(x - 1)**2", "(y - 2)**2"], [2, 2], [1, 2], 4),
    ("powers", ["(x - y)**3", "(x + y - 2)**2*exp(x)"], [5, 0], [1, 1], 6),
    ("expanded square", ["x**2 - 2*x*y + y**2", "x + y - 2"], [3, 7], [1, 1], 2),
    ("touching circle", ["x**2 + y**2 - 2", "x*y - 1"], [3, 7], [1, 1], 2),
    ("griewank-osborne", ["29*x**3/16 - 2*x*y", "y - x**2"], [0.1, 0.1], [0, 0], None),
    (
        "without factors",
        ["29*x**3/16 - 2*x*y + y - x**2", "y - x**2"],
        [0.1, 0.1],
        [0, 0],
        3,
    ),
    (
        "irrational",
        ["29*(x - sqrt(2))**3/16 - 2*(x - sqrt(2))*y + y - (x - sqrt(2))**2", "(x - sqrt(2))**2=y"],
        [1.5, 0.1],
        [ROOT_2, 0],
        3,
    ),
    ("mixed powers", ["(x - sqrt(2))**2 + y - 2", "(y - 2)**3"], [1, 1], [ROOT_2, 2], 6),
    ("square roots", ["sqrt(x)", "y - x"], [1, 1], [0, 0], None),
    ("kink", ["Abs(x) + (y - 1)**2", "y - 1 - x"], [1, 3], [0, 1], None),
    ("crossing lines", ["x*y", "x - y"], [3, 1], [0, 0], None),
    ("cosine", ["cos(x) - 1 + y", "y*exp(x)"], [1, 1], [0, 0], 2),
    ("flat", ["x**4 + y", "y*(2 + x)"], [0.5, 0.3], [0, 0], 4),
]


@pytest.mark.parametrize(
    ("equations", "start", "expected", "multiplicity"),
    [row[1:] for row in SINGULAR],
    ids=[row[0] for row in SINGULAR],
)
def test_singular_roots(
    equations: list[str], start: list[float], expected: list[float], multiplicity: int | None
) -> None:
    result = root(equations, start)
    assert result.converged, str(result)
    assert np.abs(result.root - expected).max() <= result.error_bound.max()
    assert result.error_bound.max() <= 2.3e-16
    assert result.multiplicity == multiplicity


def test_a_root_without_a_closed_form_is_followed_down() -> None:
    equations = ["(x - cos(x))**2 + y - sin(x)", "y - sin(x) + (x - cos(x))*(y - sin(x))"]
    result = root(equations, {"x": 1, "y": 1})
    assert result.status is Status.NOISE_LIMITED
    assert result.multiplicity == 2
    assert abs(result.root["x"] - 0.7390851332151607) <= 1.2e-16
    assert result.error_bound["x"] <= 1.2e-16
    assert not result.certificate.verify()


def test_roots_that_are_not_isolated_are_roots() -> None:
    circle = root(["x**2 + y**2 - 1", "2*x**2 + 2*y**2 - 2"], [3, 1])
    assert circle.status is Status.NOISE_LIMITED
    assert np.hypot(*circle.root) == pytest.approx(1.0, abs=1e-15)
    line = root(["x + y - 1", "2*x + 2*y - 2"], [3, 0.25])
    assert line.root.tolist() == [0.75, 0.25]
    assert line.certificate.verify()


NONE: list[tuple[str, list[str], list[Any]]] = [
    ("parallel circles", ["x**2 + y**2 - 1", "x + y - 3"], [1, 1]),
    ("exponential", ["exp(-x)", "y - x"], [1, 1]),
    ("bell", ["exp(-x**2 - y**2)", "x - y"], [1, 0.5]),
    ("hyperbola", ["1/x", "y - x"], [1, 1]),
    ("limit 1", ["tanh(x) - 1", "x*y"], [1, 1]),
    ("limit pi/2", ["atan(x) - pi/2", "y - 1"], [1, 1]),
    ("tail", ["erfc(x)", "y - x"], [1, 1]),
    ("far tail", ["erfc(x)", "y - x"], [30, 1]),
    ("logistic", ["log(1 + exp(x))", "y - 1"], [1, 1]),
    ("minimum", ["x**2 + 1", "y - x"], [0.5, 1]),
    ("tiny minimum", ["(x - 1/3)**2 + 10**(-20)", "y - x"], [1, 1]),
    ("tinier minimum", ["(x - 1/3)**2 + 10**(-34)", "y - x"], [1, 1]),
    ("beyond the digits of floats", ["(x - 1/3)**2 + 10**(-60) + y", "y"], [1, 1]),
    ("kink above zero", ["Abs(x) + 1/1000", "y"], [1, 1]),
    ("jump over zero", ["sign(x) + 1/2", "y - x"], [1, 1]),
    ("pole", ["1/(x - 1)", "y - x"], [1.5, 1]),
    ("cosh", ["cosh(x) - y", "y - 999/1000"], [1, 1]),
    ("polynomial", ["x*y - 1", "x*y - 2"], [1, 3]),
    ("product that falls", ["(x**2 + 1)*exp(-x)", "x - y"], [3, 1]),
]


@pytest.mark.parametrize(
    ("equations", "start"), [row[1:] for row in NONE], ids=[row[0] for row in NONE]
)
@pytest.mark.parametrize("method", ["auto", "newton", "lm"])
def test_systems_without_a_root_are_never_solved(
    equations: list[str], start: list[Any], method: str
) -> None:
    result = root(equations, start, method=method, maxiter=60)
    assert not result.converged, str(result)
    assert not result.status.success
    assert result.certificate.kind == "none"
    assert np.isinf(result.error_bound).all()
    assert result.status.advice in str(result)


@pytest.mark.parametrize("offset", ["10**(-20)", "10**(-100)", "10**(-300)"])
@pytest.mark.parametrize(
    "equations",
    [
        ["(x - 1/3)**2 + {} + y", "y"],
        ["(x - 1/3)**2 + {}", "(y - 1/7)**2"],
        ["(x - 1/3)**2 + (y - 1)**2 + {}", "(x - 1/3)*(y - 1)"],
    ],
)
def test_no_offset_is_too_small_to_be_seen(equations: list[str], offset: str) -> None:
    result = root([equation.format(offset) for equation in equations], [1, 1], maxiter=40)
    assert not result.converged, str(result)


@pytest.mark.parametrize(
    "equations",
    [
        ["(x - sqrt(2))**2 + (y - sqrt(3))**2", "(x - sqrt(2))*(y - sqrt(3))"],
        ["(x - sqrt(2))**3 + (y - sqrt(3))**4", "(x - sqrt(2))*(y - sqrt(3))"],
        ["(x - sqrt(2))**2 + (y - sqrt(3))**3", "(x - sqrt(2))**2 + (x - sqrt(2))*(y - sqrt(3))"],
    ],
)
def test_two_ranks_may_be_lost_at_an_irrational_root(equations: list[str]) -> None:
    result = root(equations, [1.3, 1.9])
    assert result.status is Status.CONVERGED
    assert result.root.tolist() == [ROOT_2, 3**0.5]
    assert result.certificate.verify()


def test_a_point_outside_the_domain_is_no_root() -> None:
    # At -1 the square root is not real, although the product vanishes there.
    result = root(["sqrt(x)*(x + 1)", "y"], [-0.9, 1])
    assert result.root.tolist() == [0.0, 0.0]
    assert not root(["sqrt(x - 3)*(x + 1)**2", "y - x"], [-1, -1], method="lm").converged


def test_a_contradiction_of_linear_equations_is_proved() -> None:
    result = root(["x + y = 1", "x + y = 2"], [1, 1])
    assert result.status is Status.PROVED_NONE
    assert "contradict" in str(result)
    # A flat step is no linear function: nothing is concluded from its derivative.
    assert root(["sign(x) - 1", "y - 1"], [-3, 0]).status is not Status.PROVED_NONE
