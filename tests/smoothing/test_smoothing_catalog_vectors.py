"""Smooth maxima, softmax and its sparse relatives, soft sorting, soft scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from symnum.smoothing import (
    boltzmann_max,
    entmax,
    log_sum_exp,
    p_norm_max,
    perturbed_argmax,
    soft_accuracy,
    soft_argmax,
    soft_f1,
    soft_precision,
    soft_rank,
    soft_recall,
    soft_sort,
    soft_top_k,
    softmax,
    sparsemax,
)

EXACT = mpmath.mp.clone()
EXACT.dps = 60
RNG = np.random.default_rng(11)
ROWS: list[tuple[list[float], float]] = [
    ([0.0], 1.0),
    ([1.0, 2.0, 3.0], 1.0),
    ([0.3, -0.7, 0.1], 0.1),
    ([-700.25, -3.0, 0.1], 1.0),
    ([-1e6, 1e6, 1e6 + 0.1], 3.0),
    ([1e300, 1e300, -1e308], 1e299),
    ([5e-324, 0.0, -5e-324], 1e-300),
    ([-math.log(2), -math.log(2)], 1.0),
    ([-1.0986122886681098] * 3, 1.0),
    ([-0.5, math.log(-math.expm1(-0.5))], 1.0),
    ([-0.25, 0.25 * math.log(-math.expm1(-1.0))], 0.25),
    ([0.1] * 7 + [-math.inf], 0.7),
    (RNG.normal(size=37).tolist(), 0.3),
]


def exact_weights(row: list[float], tau: float) -> list[Any]:
    return [EXACT.exp(EXACT.mpf(x) / EXACT.mpf(tau)) for x in row]


def in_ulps(value: float, exact: Any) -> float:
    spacing = np.spacing(abs(float(exact)))
    return float(abs(EXACT.mpf(float(value)) - exact) / EXACT.mpf(float(spacing)))


@pytest.mark.parametrize(("row", "tau"), ROWS)
def test_log_sum_exp_to_a_few_ulp_where_it_cancels_too(row: list[float], tau: float) -> None:
    exact = EXACT.mpf(tau) * EXACT.log(EXACT.fsum(exact_weights(row, tau)))
    assert in_ulps(log_sum_exp(row, tau).item(), exact) <= 3


@pytest.mark.parametrize(("row", "tau"), ROWS)
def test_softmax_and_its_means_to_a_few_ulp(row: list[float], tau: float) -> None:
    weights = exact_weights(row, tau)
    total = EXACT.fsum(weights)
    shares = softmax(row, tau)
    for value, weight in zip(shares, weights, strict=True):
        if weight / total > 1e-307:
            assert in_ulps(value, weight / total) <= 4
        else:
            assert abs(value - float(weight / total)) <= 1e-322
    assert math.fsum(shares) == pytest.approx(1.0, abs=4e-16)
    index = EXACT.fsum(i * w for i, w in enumerate(weights)) / total
    assert soft_argmax(row, tau).item() == pytest.approx(float(index), rel=2e-15)
    finite = [(EXACT.mpf(x), w) for x, w in zip(row, weights, strict=True) if x > -math.inf]
    mean = EXACT.fsum(x * w for x, w in finite) / total
    size = max(abs(float(x)) for x, _ in finite)
    assert abs(EXACT.mpf(boltzmann_max(row, tau).item()) - mean) <= EXACT.mpf(3e-16 * size) + 1e-323


def test_softmax_is_the_argmax_perturbed_by_gumbel_noise() -> None:
    rows = RNG.normal(size=(3, 5))
    np.testing.assert_allclose(softmax(rows), perturbed_argmax(rows), rtol=1e-13)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 7.0, 400.0])
def test_p_norm(p: float) -> None:
    row = [0.25, -3.5, 3.5, 1e-3]
    exact = EXACT.fsum(abs(EXACT.mpf(x)) ** EXACT.mpf(p) for x in row) ** (1 / EXACT.mpf(p))
    assert in_ulps(p_norm_max(row, p).item(), exact) <= 3
    assert p_norm_max([0.0, 0.0], p) == 0.0
    assert p_norm_max([1e308, 0.0], p) == 1e308


def test_maxima_enclose_the_maximum() -> None:
    rows = RNG.normal(size=(50, 9))
    top = rows.max(axis=-1)
    assert np.all(boltzmann_max(rows) <= top)
    assert np.all(top <= log_sum_exp(rows))
    assert np.all(log_sum_exp(rows) <= top + math.log(9))


def test_sparsemax_is_the_closest_point() -> None:
    rows = RNG.normal(size=(40, 6)) * np.geomspace(0.01, 30, 40)[:, None]
    for row, shares in zip(rows, sparsemax(rows), strict=True):
        kept = max(
            k
            for k in range(1, 7)
            if 1 + k * EXACT.mpf(sorted(row)[-k]) > EXACT.fsum(sorted(row)[-k:])
        )
        level = (EXACT.fsum(sorted(row)[-kept:]) - 1) / kept
        exact = [max(EXACT.mpf(x) - level, 0) for x in row]
        np.testing.assert_allclose(shares, np.array(exact, dtype=float), atol=4e-16, rtol=0)


@pytest.mark.parametrize("alpha", [1.0, 1.01, 1.25, 1.5, 1.9, 2.0, 2.5, 4.0])
def test_entmax_satisfies_its_conditions(alpha: float) -> None:
    rows = RNG.normal(size=(30, 8)) * np.geomspace(0.01, 20, 30)[:, None]
    shares = entmax(rows, alpha)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, atol=4e-16 * 8)
    assert np.all(shares >= 0)
    if alpha == 1.0:
        np.testing.assert_array_equal(shares, softmax(rows))
        return
    # p^(alpha - 1) - (alpha - 1) x is one number where p > 0, and larger than -(alpha - 1) x else.
    for row, p in zip(rows, shares, strict=True):
        heights = (alpha - 1) * row
        support = p > 0
        levels = heights[support] - p[support] ** (alpha - 1)
        weight = p[support] ** max(0.0, 2 - alpha)
        spread = np.abs(levels - np.average(levels, weights=weight)) * weight
        assert spread.max() <= 2e-14 * max(1.0, np.abs(row).max())
        if not support.all():
            assert heights[~support].max() <= levels.max() + 1e-12


def test_entmax_of_two_in_closed_form() -> None:
    # alpha = 3/2: sqrt(p) - sqrt(1 - p) = d/2.
    d = 0.75
    p = (1 + (d / 2) * math.sqrt(2 - (d / 2) ** 2)) / 2
    np.testing.assert_allclose(entmax([d, 0.0]), [p, 1 - p], atol=3e-16)


@pytest.mark.parametrize("strength", [1e-3, 0.3, 1.0, 5.0, 1e3])
def test_soft_sort_and_rank_are_projections(strength: float) -> None:
    """Nothing in the hull of the permutations lies on the far side of the projection."""
    for row in RNG.normal(size=(6, 4)):
        places = np.arange(1.0, 5.0)
        pairs = [
            (places / strength, np.sort(row), soft_sort(row, strength)),
            (row / strength, places, soft_rank(row, strength)),
        ]
        for point, corner, found in pairs:
            assert found.sum() == pytest.approx(corner.sum(), rel=1e-13, abs=1e-13)
            scale = 1e-13 * (1 + np.abs(point).max()) * 10
            for order in itertools.permutations(corner):
                assert (point - found) @ (np.array(order) - found) <= scale
            # In the hull: partial sums of the largest are no larger than those of the corner.
            falling, limits = np.sort(found)[::-1], np.sort(corner)[::-1]
            assert np.all(np.cumsum(falling) <= np.cumsum(limits) + 1e-12)


def test_soft_sort_is_exact_for_small_regularization() -> None:
    row = [0.1, -7.3, 0.2, 1e9, 0.3]
    assert soft_sort(row, 1e-12).tolist() == sorted(row)
    assert soft_rank(row, 1e-9).tolist() == [2.0, 1.0, 3.0, 5.0, 4.0]
    assert soft_rank([2.0, 2.0, 1.0], 0.1).tolist() == [2.5, 2.5, 1.0]


@pytest.mark.parametrize("step", ["logistic", "linear"])
@pytest.mark.parametrize("tau", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("k", [0.5, 1, 3, 6.25, 7])
def test_soft_top_k_has_one_threshold(step: str, tau: float, k: float) -> None:
    rows = RNG.normal(size=(5, 7)) * 3
    shares = soft_top_k(rows, k, tau, step=step)
    np.testing.assert_allclose(shares.sum(axis=-1), k, rtol=1e-14)
    assert np.all((shares >= 0) & (shares <= 1))
    for row, p in zip(rows, shares, strict=True):
        inside = (p > 1e-6) & (p < 1 - 1e-6)
        steps = np.log(p[inside] / (1 - p[inside])) if step == "logistic" else p[inside]
        levels = row[inside] - tau * steps
        if levels.size > 1:
            assert np.ptp(levels) <= 1e-8 * (1 + tau)
        assert np.all(np.diff(p[np.argsort(row)]) >= -1e-15)


def test_scores_of_hard_guesses_are_the_usual_ones() -> None:
    truth, guess = np.array([1, 1, 0, 0, 1]), np.array([1, 0, 0, 1, 1])
    assert soft_accuracy(truth, guess) == pytest.approx(3 / 5)
    assert soft_precision(truth, guess) == pytest.approx(2 / 3)
    assert soft_recall(truth, guess) == pytest.approx(2 / 3)
    assert soft_f1(truth, guess) == pytest.approx(2 / 3)
    assert soft_f1([0, 0], [0.0, 0.0]) == soft_precision([1], [0.0]) == soft_recall([0], [1.0]) == 0
    assert soft_accuracy(np.ones((2, 3)), np.full((2, 3), 0.25)).tolist() == [0.25, 0.25]


FUNCTIONS: list[Callable[..., Any]] = [
    log_sum_exp,
    softmax,
    boltzmann_max,
    soft_argmax,
    sparsemax,
    entmax,
    soft_sort,
    soft_rank,
    lambda rows: p_norm_max(rows, 3),
    lambda rows: soft_top_k(rows, 2),
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_rows_of_a_batch_are_independent(function: Callable[..., Any]) -> None:
    rows = RNG.normal(size=(2, 3, 4))
    whole = function(rows)
    assert whole.dtype == np.float64
    for index in np.ndindex(2, 3):
        np.testing.assert_allclose(whole[index], function(rows[index]), rtol=1e-13, atol=1e-15)
    few = rows[0, 0].astype(np.float32)
    np.testing.assert_array_equal(function(few.tolist()), function(few))
    assert function(np.zeros((0, 3))).shape == (0, 3)[: whole.ndim - 1]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("rows", "error", "words"),
    [
        (3.0, ValueError, "at least one axis"),
        ([], ValueError, "at least one number"),
        ([0.0, math.nan], ValueError, "nan"),
        ([0.0, math.inf], ValueError, "finite"),
        ([1j, 0], TypeError, "real numbers"),
        (["a", "b"], TypeError, "real numbers"),
        ([[1.0], [1.0, 2.0]], TypeError, "rows of one length"),
        (None, TypeError, "real numbers"),
    ],
    ids=str,
)
def test_misuse_is_refused(
    function: Callable[..., Any], rows: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        function(rows)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: softmax([1.0], 0.0), "temperature: expected a positive"),
        (lambda: log_sum_exp([1.0], math.nan), "temperature: expected a positive"),
        (lambda: log_sum_exp([-math.inf]), "values: expected a finite largest"),
        (lambda: p_norm_max([1.0], 0.5), "p: expected at least 1"),
        (lambda: entmax([1.0], 0.9), "alpha: expected at least 1"),
        (lambda: soft_sort([1.0], -1), "regularization: expected a positive"),
        (lambda: soft_sort([1.0], 1e-320), "regularization: too small"),
        (lambda: soft_top_k([1.0, 2.0], 3), "k: expected at most 2"),
        (lambda: soft_top_k([1.0, 2.0], 0), "k: expected a positive"),
        (lambda: soft_top_k([1.0, 2.0], 1, step="cubic"), "step: expected one of logistic, linear"),
        (lambda: soft_f1([0, 1], [0.5]), "chances: expected 2 numbers in a row, got 1"),
        (lambda: soft_recall([0, 2], [0.5, 0.5]), "truth: expected numbers between 0 and 1"),
        (
            lambda: soft_accuracy(np.zeros((2, 3)), np.zeros((4, 3))),
            "chances: expected the shape of truth",
        ),
    ],
)
def test_bad_parameters_are_named(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
