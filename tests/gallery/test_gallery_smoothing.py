"""The array functions beside the derivations of the chapter on smoothing, against plain formulas."""

from __future__ import annotations

import sys
from itertools import combinations
from types import ModuleType

import mpmath
import numpy as np
import pytest

from symnum import catalogue
from symnum.smoothing import perturbed_argmax


def functions(name: str) -> ModuleType:
    catalogue.row(name)
    return sys.modules[f"symnum_gallery.smoothing.{name}"]


LSE = functions("logsumexp_inequalities")
SHARES = functions("discrete_reparameterization")
ACCURACY = functions("expected_accuracy_exact")
INFINITY = np.inf


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([3.0], 3.0),
        ([-INFINITY], -INFINITY),
        ([-INFINITY, -INFINITY], -INFINITY),
        ([-INFINITY, 2.0, -INFINITY], 2.0),
        ([INFINITY, 0.0], INFINITY),
        ([INFINITY, INFINITY], INFINITY),
        ([np.nan, 1.0], np.nan),
        ([1e308, -1e308], 1e308),
        ([0.0, -40.0], 4.248354255291589e-18),
        (3.0, 3.0),
    ],
    ids=str,
)
def test_logsumexp_of_any_scores(scores: list[float], expected: float) -> None:
    value = LSE.logsumexp(scores)
    assert np.isnan(value) if np.isnan(expected) else value == expected


def test_logsumexp_takes_an_axis_and_a_temperature() -> None:
    scores = np.random.default_rng(3).standard_normal((3, 4, 5))
    for axis in range(3):
        expected = 0.7 * np.log(np.exp(scores / 0.7).sum(axis=axis))
        assert np.allclose(LSE.logsumexp(scores, 0.7, axis), expected, rtol=1e-14, atol=1e-14)


def test_bounds_are_in_their_order() -> None:
    generator = np.random.default_rng(4)
    for size in (1, 2, 17):
        scores = 3 * generator.standard_normal(size)
        weights = generator.dirichlet(np.ones(size))
        value = LSE.logsumexp(scores, 0.5)
        *lower, upper = LSE.bounds(scores, weights, 0.5, order=1.7).values()
        assert max(lower) <= value + 1e-14
        assert value <= upper + 1e-14
        shares = np.exp(scores - LSE.logsumexp(scores))
        tight = LSE.bounds(scores, shares)["p.x + tau H(p)"]
        assert tight == pytest.approx(LSE.logsumexp(scores), rel=1e-13)


def test_entropy_falls_with_its_order() -> None:
    weights = [0.5, 0.25, 0.25, 0.0]
    orders = (1, 1 + 1e-12, 1 + 1e-6, 1.5, 2, 2 + 1e-9, 50, 1e4, INFINITY)
    entropies = [LSE.renyi_entropy(weights, order) for order in orders]
    assert np.all(np.diff(entropies) <= 1e-15)
    assert entropies[0] == pytest.approx(1.5 * np.log(2), rel=1e-15)
    assert entropies[-1] == pytest.approx(np.log(2), rel=1e-15)


def test_misuse_of_the_bounds_is_named() -> None:
    with pytest.raises(ValueError, match="at least one score along the axis, got none"):
        LSE.logsumexp([])
    with pytest.raises(ValueError, match="expected a positive number, got 0"):
        LSE.logsumexp([1.0], temperature=0)
    with pytest.raises(ValueError, match="expected one distribution"):
        LSE.renyi_entropy([0.5, 0.6])
    with pytest.raises(ValueError, match=r"order: expected at least 1, got 0\.5"):
        LSE.renyi_entropy([1.0], 0.5)
    with pytest.raises(ValueError, match="expected the shape"):
        LSE.bounds([1.0, 2.0], [1.0])


def enumerated(scores: list[float]) -> list[float]:
    """Return w_i sum_S (-1)^|S| prod_S w_j/(|S| + 1) at 40 digits."""
    context = mpmath.mp.clone()
    context.dps = 40
    weights = [context.exp(context.mpf(x) - max(scores)) for x in scores]
    shares = []
    for i, weight in enumerate(weights):
        others = [w for j, w in enumerate(weights) if j != i]
        total = context.fsum(
            (-1) ** size * context.fprod(chosen) / (size + 1)
            for size in range(len(weights))
            for chosen in combinations(others, size)
        )
        shares.append(float(weight * total))
    return shares


@pytest.mark.parametrize(
    "scores",
    [[0.5], [1.0, 1.0], [0.3, -0.2, 1.1, 0.6], [5.0, 5.0, -30.0, 4.5, 0.0, 5.0, 1.0]],
    ids=["one", "tie", "four", "seven"],
)
def test_exponential_shares_are_the_sum_over_subsets(scores: list[float]) -> None:
    assert SHARES.exponential_shares(scores) == pytest.approx(enumerated(scores), rel=2e-15)


def test_exponential_shares_of_many_scores() -> None:
    scores = 2 * np.random.default_rng(5).standard_normal(60)
    shares = SHARES.exponential_shares(scores)
    assert shares.sum() == pytest.approx(1, abs=1e-14)
    assert shares == pytest.approx(perturbed_argmax(scores, "exponential"), rel=1e-12)


def test_quadrature_converges_and_the_grid_does_not_sum_to_one() -> None:
    exact = perturbed_argmax(SHARES.SCORES, "gaussian")
    assert np.max(np.abs(SHARES.hermite_shares(SHARES.SCORES) - exact)) < 1e-15
    assert SHARES.grid_shares(SHARES.SCORES, 64).sum() - 1 == pytest.approx(-0.0144974969799616)
    assert SHARES.grid_shares([2.0, 2.0, 2.0], 9).sum() == pytest.approx(1 - 1 / 20, abs=1e-15)


def probability(margins: list[float]) -> mpmath.mpf:
    context = mpmath.mp.clone()
    context.dps = 20

    def integrand(noise: mpmath.mpf) -> mpmath.mpf:
        return context.npdf(noise) * context.fprod(context.ncdf(m + noise) for m in margins)

    panels = context.linspace(-9, 27, 19)
    # The error of the quadrature is judged as it is: the integrand has to be of size 1.
    scale = max(map(integrand, panels))
    return scale * context.quad(lambda noise: integrand(noise) / scale, panels)


@pytest.mark.parametrize(
    "margins", [[0.0], [1.0, -2.0, 0.5], [-20.0, -9.0, 3.0]], ids=["one", "middle", "far"]
)
def test_accuracy_is_the_integral(margins: list[float]) -> None:
    exact = probability(margins)
    assert ACCURACY.log_accuracy(margins)[0] == pytest.approx(float(mpmath.log(exact)), rel=1e-13)
    value, gradient = ACCURACY.expected_accuracy(margins)
    assert value == pytest.approx(float(exact), rel=1e-12)
    step = 1e-6
    for i in range(len(margins)):
        moved = [
            np.array(margins) + sign * step * (np.arange(len(margins)) == i) for sign in (1, -1)
        ]
        slope = (ACCURACY.log_accuracy(moved[0])[0] - ACCURACY.log_accuracy(moved[1])[0]) / 2e-6
        assert gradient[i] / value == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_accuracy_of_equal_means_and_of_far_tails() -> None:
    for count in (1, 2, 10, 1000):
        value, gradient = ACCURACY.expected_accuracy(np.zeros(count - 1))
        assert value == pytest.approx(1 / count, rel=1e-12)
        assert gradient.shape == (count - 1,)
    far = ACCURACY.log_accuracy([-1000.0])[0]
    assert far == pytest.approx(float(mpmath.log(mpmath.ncdf(-1000 / mpmath.sqrt(2)))), rel=1e-13)
    assert ACCURACY.expected_accuracy([500.0])[0] == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize("margins", [[np.nan], [[0.0]], [np.inf], 1.0], ids=str)
def test_margins_that_are_no_row_of_numbers_are_refused(margins: object) -> None:
    with pytest.raises(ValueError, match="one row of finite numbers"):
        ACCURACY.log_accuracy(margins)
