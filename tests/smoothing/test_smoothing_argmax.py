from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.smoothing.argmax.noises import NOISES
from symnum.smoothing.argmax.probabilities import perturbed_argmax

DATA = Path(__file__).resolve().parents[1] / "data" / "smoothing_perturbed_argmax.json"
TABLE = json.loads(DATA.read_text(encoding="utf-8"))

# density, distribution function, and where they have kinks
LAWS: dict[str, tuple[Any, Any, tuple[float, ...]]] = {
    "exponential": (
        lambda t: mpmath.exp(-t) if t > 0 else mpmath.mpf(0),
        lambda t: 1 - mpmath.exp(-t) if t > 0 else mpmath.mpf(0),
        (0.0,),
    ),
    "gaussian": (mpmath.npdf, mpmath.ncdf, ()),
    "gumbel": (
        lambda t: mpmath.exp(-t - mpmath.exp(-t)),
        lambda t: mpmath.exp(-mpmath.exp(-t)),
        (),
    ),
    "laplace": (
        lambda t: mpmath.exp(-abs(t)) / 2,
        lambda t: mpmath.exp(t) / 2 if t < 0 else 1 - mpmath.exp(-t) / 2,
        (0.0,),
    ),
    "logistic": (
        lambda t: mpmath.sech(t / 2) ** 2 / 4,
        lambda t: 1 / (1 + mpmath.exp(-t)),
        (),
    ),
    "uniform": (
        lambda t: mpmath.mpf(1) / 2 if abs(t) < 1 else mpmath.mpf(0),
        lambda t: min(max((t + 1) / 2, mpmath.mpf(0)), mpmath.mpf(1)),
        (-1.0, 1.0),
    ),
}


def by_quadrature(mu: list[float], noise: str) -> list[float]:
    density, distribution, kinks = LAWS[noise]
    mu = [m - max(mu) for m in mu]
    places = sorted({-60.0, -6.0, -2.0, 0.0, 2.0, 6.0, 60.0, *(m + k for m in mu for k in kinks)})
    shares = []
    for i, m in enumerate(mu):

        def integrand(z: Any, i: int = i, m: float = m) -> Any:
            others = (distribution(z - other) for j, other in enumerate(mu) if j != i)
            return density(z - m) * mpmath.fprod(others)

        shares.append(float(mpmath.quad(integrand, places)))
    return shares


@pytest.mark.parametrize("noise", TABLE["probabilities"])
def test_reference_values(noise: str) -> None:
    mu = [float(text) for text in TABLE["mu"]]
    exact = [float(text) for text in TABLE["probabilities"][noise]]
    assert np.abs(perturbed_argmax(mu, noise) - exact).max() <= 2e-16


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(
    "mu", [[0.0, -0.3], [1.5, 1.5, -0.25, 0.75], [0.0, -1.9, -0.1, -5.0]], ids=str
)
def test_shares_are_the_integrals(noise: str, mu: list[float]) -> None:
    assert np.abs(perturbed_argmax(mu, noise) - by_quadrature(mu, noise)).max() <= 1e-14


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("count", [1, 2, 7, 64, 150])
def test_shares_add_up_to_one_and_do_not_change_by_a_common_shift(noise: str, count: int) -> None:
    mu = np.random.default_rng(count).normal(size=(3, count)) * 2
    shares = perturbed_argmax(mu, noise)
    assert shares.shape == mu.shape
    assert np.abs(shares.sum(axis=-1) - 1).max() <= 4e-15
    assert (shares >= 0).all()
    exact = np.round(mu * 1024) / 1024
    assert np.array_equal(perturbed_argmax(exact, noise), perturbed_argmax(exact + 256.0, noise))


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("count", [2, 5, 64])
def test_ties_share_equally(noise: str, count: int) -> None:
    assert np.abs(perturbed_argmax(np.full(count, 3.7), noise) - 1 / count).max() <= 1e-16
    pair = perturbed_argmax([0.25, 0.25, -1.0], noise)
    assert abs(pair[0] - pair[1]) <= 2e-16


@pytest.mark.parametrize("noise", NOISES)
def test_a_batch_is_its_rows(noise: str) -> None:
    mu = np.random.default_rng(7).normal(size=(2, 3, 4))
    mu[0, 0] = [50.0, 0.0, -20.0, 49.0]
    whole = perturbed_argmax(mu, noise)
    for place in np.ndindex(2, 3):
        assert np.abs(whole[place] - perturbed_argmax(mu[place], noise)).max() <= 1e-15


@pytest.mark.parametrize("noise", ["exponential", "gumbel"])
@pytest.mark.parametrize("depth", [1.0, 40.0, 300.0, 570.0])
def test_tiny_probabilities_keep_their_digits(noise: str, depth: float) -> None:
    mu = [0.0, -depth, 0.5 - depth]
    with mpmath.workdps(300):
        w = [mpmath.exp(m) for m in mu]
        if noise == "gumbel":
            exact = w[1] / sum(w)
        else:
            exact = w[1] * (1 - (w[0] + w[2]) / 2 + w[0] * w[2] / 3)
        assert abs(perturbed_argmax(mu, noise)[1] / exact - 1) < 1e-12


@pytest.mark.parametrize(
    ("noise", "depth"), [("gaussian", 20.0), ("laplace", 100.0), ("logistic", 100.0)]
)
def test_two_alternatives_far_apart(noise: str, depth: float) -> None:
    tails = {
        "gaussian": mpmath.ncdf(-depth / mpmath.sqrt(2)),
        "laplace": (2 + depth) * mpmath.exp(-depth) / 4,
        "logistic": (depth - 1) * mpmath.exp(-depth),
    }
    assert abs(perturbed_argmax([depth, 0.0], noise)[1] / tails[noise] - 1) < 1e-11


def test_an_alternative_at_minus_infinity_is_impossible() -> None:
    for noise in NOISES:
        shares = perturbed_argmax([0.0, -np.inf, 0.0], noise)
        assert np.abs(shares - [0.5, 0.0, 0.5]).max() <= 1e-15


def test_beyond_the_reach_of_uniform_noise_nothing_is_left() -> None:
    assert perturbed_argmax([0.0, -2.5, 7.0], "uniform").tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("mu", "noise", "words"),
    [
        ([], "gumbel", "at least one alternative"),
        ([[]], "gaussian", "at least one alternative"),
        ([0.0, math.nan], "gumbel", "nan"),
        ([0.0, math.inf], "laplace", "finite"),
        ([-math.inf, -math.inf], "laplace", "finite"),
        (1.0, "gumbel", "axis"),
        ([1j, 0], "gumbel", "real numbers"),
        ([sp.I], "gumbel", r"mu\[0\].*real number"),
        ([1.0, 2.0], "gumble", "expected one of exponential, gaussian"),
        ([1.0, 2.0], None, "expected one of"),
        ([sp.Symbol("a"), sp.I], "gumbel", r"mu\[1\].*real"),
    ],
    ids=str,
)
def test_refusals(mu: Any, noise: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        perturbed_argmax(mu, noise)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("count", [2, 3])
def test_symbols_give_the_same_numbers(noise: str, count: int) -> None:
    mu = sp.symbols("a:3")[:count]
    shares = perturbed_argmax(list(mu), noise=noise)
    kernel = shares.compile()
    for values in ([0.3, -0.5, 1.1], [2.0, 2.0, 2.0], [0.0, 0.75, -3.0], [30.0, 0.0, 1.0]):
        point = values[:count]
        found = kernel(*point)
        assert found.shape == (count, 1)
        assert np.abs(found[:, 0] - perturbed_argmax(point, noise)).max() <= 1e-15


@pytest.mark.parametrize("noise", NOISES)
def test_exact_numbers_of_the_closed_form_for_two(noise: str) -> None:
    a, b = sp.symbols("a b")
    column = perturbed_argmax([a, b], noise).expr
    point = {a: sp.Rational(3, 10), b: -sp.Rational(1, 2)}
    exact = by_quadrature([0.3, -0.5], noise)
    assert abs(float(column[0].subs(point).evalf(30)) - exact[0]) < 1e-14


def test_exact_numbers_become_floats() -> None:
    assert np.array_equal(perturbed_argmax([sp.Rational(1, 2), 0]), perturbed_argmax([0.5, 0.0]))


def test_symbolic_shares_broadcast_and_prove_themselves() -> None:
    shares = perturbed_argmax(["a", "b", "c"], "gumbel")
    assert len(shares.derivation.steps) >= 3
    assert shares.derivation.level == "exact"
    assert shares.compile()(np.zeros(5), 1.0, 2.0).shape == (5, 3, 1)
    assert "exp" in str(shares)
    assert "frac" in shares._repr_latex_()
