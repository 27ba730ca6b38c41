"""The array functions beside the derivations of the chapter on matrices, against plain formulas."""

from __future__ import annotations

import sys
from types import ModuleType

import mpmath
import numpy as np
import pytest

from symnum import catalogue

GENERATOR = np.random.default_rng(7)


def functions(name: str) -> ModuleType:
    catalogue.row(name)
    return sys.modules[f"symnum_gallery.matrices.{name}"]


UNIT = functions("unit_vector_orthogonal_map")
ROTARY = functions("rotary_embedding")
PLANE = functions("rotary_embedding_2d")
NYSTROM = functions("nystrom_attention")
WHITENING = functions("whitening_beta_gamma")
DETERMINANT = functions("det_exp_trace")


def unit_vectors(count: int, size: int) -> np.ndarray:
    vectors = GENERATOR.standard_normal((count, size))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.mark.parametrize("size", [1, 2, 3, 17, 512])
@pytest.mark.parametrize(
    ("name", "back"), [("rotate", False), ("reflect", True), ("exchange", True)]
)
def test_orthogonal_maps_take_a_to_b_and_keep_lengths(name: str, back: bool, size: int) -> None:
    a, b = unit_vectors(2, size)
    if size == 1:
        a, b = (np.ones(1), -np.ones(1)) if name == "reflect" else (np.ones(1), np.ones(1))
    x = GENERATOR.standard_normal((5, size))
    apply = getattr(UNIT, name)
    assert np.allclose(apply(a, b, a), b, rtol=0, atol=1e-14)
    if back:
        assert np.allclose(apply(a, b, b), a, rtol=0, atol=1e-14)
    images = apply(a, b, x)
    assert np.allclose(images @ images.T, x @ x.T, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("name", "sign"), [("rotate", 1), ("reflect", -1), ("exchange", 1)])
def test_orthogonal_maps_have_their_determinants(name: str, sign: int) -> None:
    a, b = unit_vectors(2, 3)
    matrix = getattr(UNIT, name)(a, b, np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(sign, abs=1e-13)


@pytest.mark.parametrize("angle", [1e-3, 1e-7, 1e-9, 1e-15])
def test_normalised_maps_stay_orthogonal_near_the_opposite_vector(angle: float) -> None:
    a, b = np.array([1.0, 0.0, 0.0]), np.array([-np.cos(angle), np.sin(angle), 0.0])
    for apply in (UNIT.rotate, UNIT.exchange):
        matrix = apply(a, b, np.eye(3))
        assert np.max(np.abs(matrix @ matrix.T - np.eye(3))) < 1e-14
    assert np.all(np.isnan(UNIT.exchange(a, -a, a)))
    assert UNIT.losses(1e-7)["(a + b)(a + b)^T/(1 + c) - I"] > 1e-4


@pytest.mark.parametrize("layout", ["interleaved", "half"])
def test_rotary_inner_products_see_the_difference_alone(layout: str) -> None:
    query, key = GENERATOR.standard_normal((2, 64))

    def product(m: int, n: int) -> float:
        turned = (
            ROTARY.apply_rotary(vector, place, layout=layout)
            for vector, place in ((query, m), (key, n))
        )
        return float(np.dot(*turned))

    assert product(3, 10) == pytest.approx(product(400, 407), abs=1e-11)
    assert product(5, 5) == pytest.approx(float(query @ key), abs=1e-12)
    assert abs(product(0, 7) - product(0, 8)) > 1e-6


def test_rotary_layouts_are_permutations_of_each_other() -> None:
    vector, places = GENERATOR.standard_normal(8), np.arange(5)
    order = np.array([0, 4, 1, 5, 2, 6, 3, 7])
    half = ROTARY.apply_rotary(vector, places, layout="half")
    interleaved = ROTARY.apply_rotary(vector[order], places)
    assert np.array_equal(half[:, order], interleaved)


def test_rotary_misuse_is_named() -> None:
    with pytest.raises(ValueError, match="even last axis"):
        ROTARY.apply_rotary(np.ones(3), 1)
    with pytest.raises(ValueError, match="even last axis"):
        ROTARY.apply_rotary(1.0, 1)
    with pytest.raises(ValueError, match="'interleaved' or 'half', got 'other'"):
        ROTARY.apply_rotary(np.ones(4), 1, layout="other")
    with pytest.raises(ValueError, match="last axis of 4, 8"):
        PLANE.apply_rotary_2d(np.ones(6), 1, 2)


def test_rotary_continuum_is_the_integral() -> None:
    context = mpmath.mp.clone()
    base, distance = 10000, 5

    def size(upper: float) -> mpmath.mpf:
        return abs(context.quad(lambda u: context.expj(distance * base**-u), [0, upper]))

    exact = 64 * context.quad(size, [0, 0.5, 1], maxdegree=4)
    assert ROTARY.continuum(np.array([5.0]))[0] == pytest.approx(float(exact), rel=1e-4)


def test_rotary_2d_is_blocks_of_planar_rotations() -> None:
    vector = GENERATOR.standard_normal(4)
    turned = PLANE.apply_rotary_2d(vector, 2, -3)
    for plane, angle in ((slice(0, 2), 2.0), (slice(2, 4), -3.0)):
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        assert np.allclose(turned[plane], rotation @ vector[plane], rtol=0, atol=1e-15)
    many = PLANE.apply_rotary_2d(GENERATOR.standard_normal((3, 1, 8)), np.arange(5), 1)
    assert many.shape == (3, 5, 8)


@pytest.mark.parametrize("spread", [0.3, 1.0, 4.0])
def test_pseudo_inverse_is_within_its_bound(spread: float) -> None:
    matrix = NYSTROM.example(spread)
    found = NYSTROM.pseudo_inverse(matrix)
    assert found.residual < 1e-9
    error = np.linalg.norm(found.value - np.linalg.inv(matrix), np.inf)
    bound = found.residual / (1 - found.residual) * np.linalg.norm(found.value, np.inf)
    assert error <= bound
    assert found.steps > NYSTROM.STEPS


@pytest.mark.parametrize("matrix", [np.ones((2, 2)), np.zeros((3, 3))], ids=["rank one", "zero"])
def test_pseudo_inverse_of_a_singular_matrix_does_not_claim_success(matrix: np.ndarray) -> None:
    assert NYSTROM.pseudo_inverse(matrix).residual >= 1


def test_landmark_attention_is_exact_with_all_tokens() -> None:
    queries, keys, values = GENERATOR.standard_normal((3, 10, 4))
    exact = NYSTROM.softmax(queries @ keys.T / 2) @ values
    assert np.allclose(NYSTROM.landmark_attention(queries, keys, values, 10), exact, atol=1e-8)
    assert NYSTROM.landmark_attention(queries, keys, values, 3).shape == (10, 4)
    with pytest.raises(ValueError, match="expected 1 to 10"):
        NYSTROM.landmark_attention(queries, keys, values, 11)
    with pytest.raises(ValueError, match="finite square matrix"):
        NYSTROM.pseudo_inverse(np.ones((2, 3)))


@pytest.mark.parametrize("offset", [0.0, 1e8])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_whitened_samples_have_the_stated_moment(gamma: float, offset: float) -> None:
    samples = WHITENING.example(500, 12) + offset
    whitening = WHITENING.fit(samples, gamma=gamma, k=5)
    image = WHITENING.apply(whitening, samples)
    moment = image.T @ image / len(image)
    expected = np.diag(whitening.eigenvalues[:5] ** (1 - gamma))
    assert np.allclose(moment, expected, rtol=0, atol=1e-12 if offset == 0 else 1e-5)


def test_whitening_without_both_parameters_keeps_inner_products() -> None:
    samples = WHITENING.example(50, 6)
    image = WHITENING.apply(WHITENING.fit(samples, beta=0.0, gamma=0.0), samples)
    assert np.allclose(image @ image.T, samples @ samples.T, rtol=0, atol=1e-13)


def test_whitening_of_deficient_samples_is_refused_or_floored() -> None:
    samples = np.outer(np.arange(6.0), [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="of rank 1, below k = 3"):
        WHITENING.fit(samples)
    assert WHITENING.fit(samples, k=1).matrix.shape == (3, 1)
    assert np.all(np.isfinite(WHITENING.fit(samples, gamma=0.0).matrix))
    assert np.all(np.isfinite(WHITENING.fit(samples, floor=1e-3).matrix))
    with pytest.raises(ValueError, match="expected 1 to 3, got 4"):
        WHITENING.fit(samples, k=4)
    with pytest.raises(ValueError, match="finite numbers of shape"):
        WHITENING.fit(np.array([1.0, np.nan]))


def test_exponential_estimates_its_error() -> None:
    matrices = GENERATOR.standard_normal((4, 5, 5))
    powers, gaps = DETERMINANT.exponential(matrices)
    assert powers.shape == (4, 5, 5)
    assert np.all(gaps < 1e-12)
    wrong = powers[0] * 1.001
    assert DETERMINANT.defect(wrong, matrices[0]) == pytest.approx(5 * np.log(1.001), rel=1e-6)


def test_action_and_logarithm_belong_to_the_exponential() -> None:
    matrix = GENERATOR.standard_normal((5, 5)) / 4
    power, _ = DETERMINANT.exponential(matrix)
    start = GENERATOR.standard_normal(5)
    assert np.allclose(DETERMINANT.action(matrix, start), power @ start, rtol=0, atol=1e-12)
    assert np.allclose(DETERMINANT.logarithm(power), matrix, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="invertible square matrix"):
        DETERMINANT.logarithm(np.zeros((2, 2)))
