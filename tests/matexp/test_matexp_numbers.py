"""Derivative, condition, phi functions, action on vectors and balls of matrices of numbers."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse

from symnum.matexp import expm, expm_ball, expm_cond, expm_frechet, expm_multiply, phi

UNIT = 2.0**-53


def in_balls(matrix):
    """The exponential in 60 digits, as an array of mpmath numbers."""
    mp = mpmath.MPContext()
    mp.dps = 60
    exact = expm_ball(matrix, 50)
    n = exact.nrows()

    def number(entry):
        parts = (entry.real, entry.imag) if isinstance(entry, flint.acb) else (entry,)
        values = [mp.mpf(part.mid().str(60, radius=False)) for part in parts]
        return values[0] if len(values) == 1 else mp.mpc(*values)

    return np.array([[number(exact[i, j]) for j in range(n)] for i in range(n)], dtype=object)


def relative(result, exact):
    size = max(abs(value) for value in exact.ravel())
    pairs = zip(result.ravel(), exact.ravel(), strict=True)
    return float(max(abs(mpmath.mpmathify(x.item()) - y) for x, y in pairs) / size)


def random_matrix(rng, n, kind, norm=1.0):
    matrix = rng.standard_normal((n, n))
    if kind == "complex":
        matrix = matrix + 1j * rng.standard_normal((n, n))
    elif kind == "skew":
        matrix = matrix - matrix.T
    elif kind == "negative":
        matrix = -matrix @ matrix.T
    elif kind == "singular":
        matrix[:, 0] = matrix[:, -1]
    if not matrix.any() or kind == "zero":
        return np.zeros((n, n))
    return matrix * (norm / np.abs(matrix).sum(axis=0).max())


# --------------------------------------------------------------------------- derivative


@pytest.mark.parametrize("n", [1, 2, 3, 8, 18])
@pytest.mark.parametrize("kind", ["real", "complex", "skew", "zero"])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_the_derivative_is_the_corner_of_a_larger_exponential(n, kind, scale):
    rng = np.random.default_rng([n, len(kind)])
    matrix, direction = random_matrix(rng, n, kind, 3.0), rng.standard_normal((n, n))
    value, derivative = expm_frechet(matrix, direction * scale)
    assert np.array_equal(value, expm(matrix))
    whole = np.block([[matrix, direction], [np.zeros((n, n)), matrix]])
    assert relative(derivative / scale, in_balls(whole)[:n, n:]) < 1e-13


def test_derivatives_come_in_batches():
    rng = np.random.default_rng(1)
    matrices, directions = rng.standard_normal((5, 1, 3, 3)), rng.standard_normal((4, 3, 3))
    value, derivative = expm_frechet(matrices, directions)
    assert value.shape == derivative.shape == (5, 4, 3, 3)
    single = expm_frechet(matrices[2, 0], directions[3])
    assert np.array_equal(derivative[2, 3], single[1])
    assert np.allclose(
        derivative[2, 3], scipy.linalg.expm_frechet(matrices[2, 0], directions[3])[1]
    )
    assert expm_frechet(np.zeros((0, 2, 2)), np.eye(2))[1].shape == (0, 2, 2)


@pytest.mark.parametrize(
    ("direction", "message"),
    [
        (np.eye(3), r"E: expected matrices of the shape \(2, 2\)"),
        (np.ones((2, 3)), r"E: expected the shape"),
    ],
    ids=["size", "oblong"],
)
def test_directions_must_fit(direction, message):
    with pytest.raises(ValueError, match=message):
        expm_frechet(np.eye(2), direction)


def test_batches_must_broadcast():
    with pytest.raises(ValueError, match="broadcast"):
        expm_frechet(np.zeros((3, 2, 2)), np.zeros((4, 2, 2)))


@pytest.mark.parametrize("n", [1, 2, 5, 12, 20])
@pytest.mark.parametrize("norm", [0.01, 1.0, 50.0])
def test_the_condition_number(n, norm):
    matrix = random_matrix(np.random.default_rng(n), n, "real", norm)
    assert expm_cond(matrix) == pytest.approx(scipy.linalg.expm_cond(matrix), rel=1e-2)


def test_the_condition_number_at_the_edges():
    assert expm_cond(np.zeros((3, 3))) == 0.0
    assert expm_cond([[700.0]]) == pytest.approx(700.0)
    assert expm_cond(np.diag([600.0, 1.0])) == pytest.approx(600.0, rel=1e-2)
    for wrong in (np.zeros((2, 2, 2)), [[np.nan]]):
        with pytest.raises(ValueError, match="A: expected"):
            expm_cond(wrong)


# --------------------------------------------------------------------------- phi functions


def phi_in_balls(k, matrix):
    n = len(matrix)
    whole = np.zeros(((k + 1) * n, (k + 1) * n), dtype=matrix.dtype)
    whole[:n, :n] = matrix
    for j in range(k):
        whole[j * n : (j + 1) * n, (j + 1) * n : (j + 2) * n] = np.eye(n)
    return in_balls(whole)[:n, k * n :]


@pytest.mark.parametrize("k", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("kind", ["real", "complex", "negative", "singular", "zero"])
@pytest.mark.parametrize("norm", [1e-9, 1.0, 40.0])
def test_phi_functions(k, kind, norm):
    matrix = random_matrix(np.random.default_rng([k, len(kind)]), 4, kind, norm)
    assert relative(phi(k, matrix), phi_in_balls(k, matrix)) < 1e-13


def test_phi_functions_come_in_batches_and_keep_types():
    rng = np.random.default_rng(2)
    batch = (rng.standard_normal((2, 3, 3, 3)) * 5).astype(np.float32)
    result = phi(2, batch)
    assert result.dtype == np.float32
    assert result.shape == batch.shape
    assert np.array_equal(result[1, 2], phi(2, batch[1, 2]))
    assert np.array_equal(phi(0, batch[0]), expm(batch[0]))
    assert phi(3, np.zeros((0, 2, 2))).shape == (0, 2, 2)


@pytest.mark.parametrize(
    ("k", "error"), [(-1, ValueError), (1.5, TypeError), (True, TypeError)], ids=str
)
def test_the_index_of_phi(k, error):
    with pytest.raises(error, match="k: expected"):
        phi(k, np.eye(2))


# --------------------------------------------------------------------------- action


@pytest.mark.parametrize("kind", ["real", "complex", "skew", "negative", "singular", "zero"])
@pytest.mark.parametrize("t", [1, -2.5, 7, 1.5j])
@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_matrix, scipy.sparse.coo_array])
def test_the_action_on_vectors(kind, t, form):
    rng = np.random.default_rng(len(kind))
    matrix, vectors = random_matrix(rng, 30, kind, 4.0), rng.standard_normal((30, 3))
    exact = expm(t * matrix)
    result = expm_multiply(form(matrix), vectors, t)
    norms = np.linalg.norm(exact, 2) * np.linalg.norm(vectors, 2)
    limit = 1e-14 * norms * max(1.0, np.linalg.norm(t * matrix, 2))
    assert np.linalg.norm(result - exact @ vectors, 2) <= limit
    assert result.dtype == np.result_type(matrix, vectors, np.asarray(t), float)
    assert np.allclose(expm_multiply(form(matrix), vectors[:, 0], t), result[:, 0], rtol=1e-12)


def test_the_action_of_a_long_chain():
    n = 400
    chain = scipy.sparse.diags([1.0, -2.0, 1.0], [-1, 0, 1], shape=(n, n))
    start = np.zeros(n)
    start[n // 2] = 1.0
    result = expm_multiply(chain, start, 20.0)
    bessel = [float(mpmath.besseli(k, 40) * mpmath.exp(-40)) for k in range(20)]
    assert np.allclose(result[n // 2 : n // 2 + 20], bessel, rtol=1e-13)


def test_the_action_of_sparse_matrices_without_a_full_diagonal():
    matrix = scipy.sparse.csr_matrix(([5.0, 3.0, -2.0], ([0, 1, 2], [0, 2, 1])), shape=(3, 3))
    vector = np.array([1.0, 2.0, 3.0])
    assert np.allclose(expm_multiply(matrix, vector), expm(matrix.toarray()) @ vector, rtol=1e-14)
    assert np.array_equal(vector, [1.0, 2.0, 3.0])


def test_a_nilpotent_action_takes_no_squarings():
    matrix = np.array([[0.0, 1e12], [0.0, 0.0]])
    with pytest.raises(ValueError, match="norm of tA"):
        expm_multiply(matrix, [1.0, 2.0])
    assert np.array_equal(expm_multiply(matrix * 1e-6, [1.0, 2.0]), [2e6 + 1, 2.0])


@pytest.mark.parametrize(
    ("matrix", "vector", "t", "error", "message"),
    [
        (np.ones((2, 3)), [1, 2], 1, ValueError, "A: expected a square matrix"),
        (
            np.eye(2),
            [1, 2, 3],
            1,
            ValueError,
            r"b: expected the shape \(2,\) or \(2, m\), got \(3,\)",
        ),
        (np.eye(2), np.zeros((1, 2, 2)), 1, ValueError, "b: expected the shape"),
        (np.eye(2), [1, np.nan], 1, ValueError, "b: expected finite"),
        (np.full((2, 2), np.inf), [1, 2], 1, ValueError, "A: expected finite"),
        (np.eye(2), [1, 2], [1, 2], ValueError, "t: expected a number"),
        (np.eye(2), ["a", "b"], 1, TypeError, "b: expected numbers"),
    ],
    ids=["oblong", "length", "axes", "nan", "infinite", "times", "text"],
)
def test_misuse_of_the_action(matrix, vector, t, error, message):
    with pytest.raises(error, match=message):
        expm_multiply(matrix, vector, t)


# --------------------------------------------------------------------------- balls


def test_balls_contain_known_values():
    ball = expm_ball([[0, Fraction(1, 3)], [Fraction(-1, 3), 0]], 40)
    with flint.ctx.workprec(300):
        third = flint.arb(flint.fmpq(1, 3))
        assert ball[0, 0].overlaps(third.cos())
        assert ball[0, 1].overlaps(third.sin())


@pytest.mark.parametrize("digits", [1, 15, 100, 1000])
def test_radii_are_as_small_as_promised(digits):
    rng = np.random.default_rng(digits)
    for matrix in (rng.standard_normal((4, 4)) * 10, rng.standard_normal((3, 3)) * 1j):
        ball = expm_ball(matrix, digits)
        n = ball.nrows()
        with flint.ctx.workprec(4000):
            entries = [ball[i, j] for i in range(n) for j in range(n)]
            largest = max(abs(entry).upper() for entry in entries)
            for entry in entries:
                parts = (entry.real, entry.imag) if isinstance(entry, flint.acb) else (entry,)
                assert all(part.rad() * flint.arb(10) ** digits <= largest for part in parts)


def test_balls_at_the_edges():
    assert expm_ball(np.zeros((0, 0)), 5).nrows() == 0
    assert expm_ball([[10**6]], 3)[0, 0] > flint.arb(10) ** 100
    with pytest.raises(ArithmeticError, match="could not be enclosed to 3 digits"):
        expm_ball([[0, 10**60000], [-(10**60000), 0]], 3)
    assert math.isinf(float(expm([[800.0]])[0, 0]))


@pytest.mark.parametrize(
    ("matrix", "digits", "error", "message"),
    [
        ([[1.0, 2.0]], 5, ValueError, "A: expected a square"),
        ([[np.nan]], 5, ValueError, "A: expected finite"),
        ([["x"]], 5, TypeError, "A: expected numbers"),
        ([[1.0]], 0, ValueError, "digits: expected at least 1"),
        ([[1.0]], 2.5, TypeError, "digits: expected an integer"),
    ],
    ids=["oblong", "nan", "text", "none", "half"],
)
def test_misuse_of_balls(matrix, digits, error, message):
    with pytest.raises(error, match=message):
        expm_ball(matrix, digits)
