"""expm against published matrices and against balls: errors, structure, overflow, bad input."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import flint
import mpmath
import numpy as np
import pytest

from symnum.matexp import AccuracyWarning, expm, expm_ball, expm_cond

DATA = Path(__file__).parents[1] / "data" / "matexp_matrices.json"
ROWS = json.loads(DATA.read_text())["matrices"]
UNIT = 2.0**-53
LARGEST = np.finfo(float).max
mp = mpmath.MPContext()
mp.dps = 60


def parsed(row):
    n = round(len(row["A"]) ** 0.5)
    entries = [complex(*map(float, a)) if isinstance(a, list) else float(a) for a in row["A"]]
    reference = [mp.mpc(*a) if isinstance(a, list) else mp.mpf(a) for a in row["expA"]]
    return np.array(entries).reshape(n, n), reference


def normwise(result, reference):
    pairs = [(mp.convert(complex(x) if np.iscomplexobj(result) else float(x)), y)
             for x, y in zip(np.ravel(result), reference, strict=True)]  # fmt: skip
    error = mp.sqrt(sum(abs(x - y) ** 2 for x, y in pairs))
    return float(error / mp.sqrt(sum(abs(y) ** 2 for _, y in pairs)))


def in_balls(matrix, bits=400):
    """The exponential as a flat list of numbers of 60 digits."""
    with flint.ctx.workprec(bits):
        exact = expm_ball(matrix, 60)
        n = exact.nrows()

        def number(entry):
            if isinstance(entry, flint.acb):
                return mp.mpc(
                    entry.real.mid().str(70, radius=False), entry.imag.mid().str(70, radius=False)
                )
            return mp.mpf(entry.mid().str(70, radius=False))

        return [number(exact[i, j]) for i in range(n) for j in range(n)]


FINITE = [row for row in ROWS if max(abs(y) for y in parsed(row)[1]) < LARGEST]
VISIBLE = [row for row in FINITE if max(abs(y) for y in parsed(row)[1]) > 1e-300]


@pytest.mark.parametrize("row", VISIBLE, ids=[row["name"] for row in VISIBLE])
def test_published_matrices(row):
    matrix, reference = parsed(row)
    assert normwise(expm(matrix), reference) <= 10 * max(float(row["cond"]), 1.0) * UNIT


def test_the_median_of_the_published_matrices():
    errors = []
    for row in VISIBLE:
        matrix, reference = parsed(row)
        errors.append(normwise(expm(matrix), reference) / (max(float(row["cond"]), 1.0) * UNIT))
    assert np.median(errors) <= 0.5


@pytest.mark.parametrize(
    "row", [r for r in ROWS if "overflow" in r["tags"]], ids=lambda r: r["name"]
)
def test_only_what_is_too_large_is_infinite(row):
    matrix, reference = parsed(row)
    for x, y in zip(expm(matrix).ravel(), reference, strict=True):
        if abs(y) > LARGEST:
            assert np.isinf(x)
            assert (x > 0) == (y > 0)
        else:
            assert abs(mp.mpf(float(x)) - y) <= 1e-12 * abs(y)


@pytest.mark.parametrize("row", [r for r in FINITE if r not in VISIBLE], ids=lambda r: r["name"])
def test_what_is_too_small_is_zero(row):
    assert np.array_equal(expm(parsed(row)[0]), np.zeros_like(parsed(row)[0]))


@pytest.mark.parametrize("n", [2, 3, 4, 6, 8, 11, 20])
@pytest.mark.parametrize("norm", [0.1, 1.0, 10.0, 100.0])
@pytest.mark.parametrize("kind", ["real", "complex", "skew"])
def test_random_matrices(n, norm, kind):
    rng = np.random.default_rng([n, int(10 * norm), len(kind)])
    matrix = rng.standard_normal((n, n))
    if kind == "complex":
        matrix = matrix + 1j * rng.standard_normal((n, n))
    elif kind == "skew":
        matrix = matrix - matrix.T
    matrix *= norm / np.abs(matrix).sum(axis=0).max()
    limit = 10 * max(expm_cond(matrix), 1.0) * UNIT
    assert normwise(expm(matrix), in_balls(matrix)) <= limit


@pytest.mark.parametrize("n", [3, 5, 12, 24])
def test_triangular_matrices_have_an_exact_diagonal(n):
    rng = np.random.default_rng(n)
    upper = np.triu(rng.standard_normal((n, n)) * 10)
    order = rng.permutation(n)
    for matrix in (upper, upper.T, upper[np.ix_(order, order)]):
        result, exact = expm(matrix), np.exp(np.diag(matrix))
        assert np.all(np.abs(np.diag(result) - exact) <= 4 * UNIT * exact)
        assert normwise(result, in_balls(matrix)) <= 10 * max(expm_cond(matrix), 1.0) * UNIT


@pytest.mark.parametrize("n", [2, 3, 6, 16, 30])
@pytest.mark.parametrize("density", [0.4, 1.0])
def test_entries_of_positive_matrices_keep_their_digits(n, density):
    rng = np.random.default_rng([n, int(10 * density)])
    matrix = 10.0 ** rng.uniform(-8, 1, (n, n)) * (rng.random((n, n)) < density)
    matrix -= np.diag(20 * rng.random(n))
    result, exact = expm(matrix).ravel(), in_balls(matrix)
    limit = 10 * n * max(1.0, np.abs(matrix).sum(axis=0).max()) * UNIT
    assert np.all(result >= 0)
    for x, y in zip(result, exact, strict=True):
        assert abs(mp.mpf(float(x)) - y) <= max(limit * y, 1e-290)


def test_a_decay_chain_far_below_its_norm():
    n = 10
    matrix = np.diag(np.full(n - 1, 1e-6), -1) - np.diag(np.linspace(1e-6, 1e-7, n))
    result, exact = expm(matrix), in_balls(matrix)
    assert abs(mp.mpf(float(result[-1, 0])) / exact[n * (n - 1)] - 1) < 1e-14
    assert result[-1, 0] < 1e-58


@pytest.mark.parametrize("n", [2, 3, 4, 8, 12])
@pytest.mark.parametrize("kind", ["real", "complex"])
def test_a_batch_is_its_matrices_one_by_one(n, kind):
    rng = np.random.default_rng(n)
    batch = rng.standard_normal((37, n, n)) * 10.0 ** rng.uniform(-3, 2, (37, 1, 1))
    batch[3], batch[5], batch[7] = np.triu(batch[3]), np.abs(batch[5]), np.diag(np.arange(n))
    batch[11, 0, :], batch[13] = 0.0, 0.0
    if kind == "complex":
        batch = batch + 1j * rng.standard_normal(batch.shape)
    whole = expm(batch)
    assert np.array_equal(whole, np.stack([expm(matrix) for matrix in batch]))
    order = rng.permutation(37)
    assert np.array_equal(expm(batch[order]), whole[order])


def test_nan_stays_in_its_lane_and_where_it_reaches():
    rng = np.random.default_rng(0)
    batch = rng.standard_normal((20, 3, 3))
    spoiled = batch.copy()
    spoiled[4, 1, 2] = np.nan
    result, clean = expm(spoiled), expm(batch)
    assert np.isnan(result[4]).all()
    rest = np.arange(20) != 4
    assert np.array_equal(result[rest], clean[rest])
    apart = expm([[1.0, 2.0, 0.0], [0.0, np.nan, 0.0], [0.0, 0.0, 3.0]])
    assert np.array_equal(
        np.isnan(apart), [[False, True, False], [False, True, False], [False] * 3]
    )
    assert apart[0, 0] == np.exp(1.0)
    assert apart[2, 2] == np.exp(3.0)


def test_infinities_on_a_diagonal():
    assert np.array_equal(expm(np.diag([np.inf, -np.inf, 0.0])), np.diag([np.inf, 0.0, 1.0]))
    assert not np.isfinite(expm([[np.inf, 1.0], [1.0, 0.0]])).any()


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[800.0, 1.0], [0.0, 0.0]], [[np.inf, np.inf], [0.0, 1.0]]),
        ([[1.0, 1e300], [0.0, 1.0]], [[np.e, np.e * 1e300], [0.0, np.e]]),
        ([[0.0, 1e308], [0.0, 0.0]], [[1.0, 1e308], [0.0, 1.0]]),
        ([[-1e4, 1.0], [1.0, -1e4]], [[0.0, 0.0], [0.0, 0.0]]),
        ([[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]),
    ],
    ids=["overflow", "corner", "largest", "underflow", "zero"],
)
def test_sizes_at_the_edge_of_the_numbers(matrix, expected):
    assert np.allclose(expm(matrix), expected, rtol=1e-15, atol=0)


def test_overflow_carries_its_sign():
    matrix = np.array([[715.0, -1.0, 0.5], [-2.0, 714.0, 1.0], [0.5, 1.0, -30.0]])
    result = expm(matrix)
    with flint.ctx.workprec(200):
        exact = expm_ball(matrix, 20)
        for i in range(3):
            for j in range(3):
                value = float(exact[i, j].mid()) if abs(exact[i, j]) < 1e308 else None
                if value is None:
                    assert result[i, j] == (np.inf if exact[i, j] > 0 else -np.inf)
                else:
                    assert result[i, j] == pytest.approx(value, rel=1e-12)
    assert np.isinf(result[0, 0])
    assert np.isfinite(result[2, 2])


def test_a_rotation_by_a_huge_angle_stays_one():
    result = expm([[0.0, 1e200], [-1e200, 0.0]])
    assert abs(result[0, 0] ** 2 + result[0, 1] ** 2 - 1) < 1e-15
    assert result[0, 0] == np.cos(1e200)


def test_a_matrix_beyond_all_digits_is_said_to_be():
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((20, 20)) * 1e300
    matrix -= matrix.T
    with pytest.warns(AccuracyWarning, match="do not determine"):
        assert np.isnan(expm(matrix)).any()
    # Positive sums are beyond every double, whatever their digits.
    assert np.all(expm(np.abs(matrix)) == np.inf)


def test_zeros_of_the_pattern_are_exact():
    rng = np.random.default_rng(8)
    blocks = np.zeros((3, 5, 5))
    blocks[:, :2, :2], blocks[:, 2:, 2:] = (
        rng.standard_normal((3, 2, 2)),
        rng.standard_normal((3, 3, 3)),
    )
    blocks[:, 0, 3] = 1.0
    order = rng.permutation(5)
    for batch, places in (
        (blocks, np.arange(5)),
        (blocks[:, order[:, None], order], np.argsort(order)),
    ):
        result = expm(batch)[:, places[:, None], places]
        assert np.all(result[:, 2:, :2] == 0)
        assert np.all(result[:, :2, 2:] != 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_types_stay(dtype):
    matrix = np.array([[0, 1, 2], [3, 4, 5], [1, 0, 1]], dtype=dtype)
    result = expm(matrix)
    assert result.dtype == dtype
    exact = expm(matrix.astype(np.complex128 if result.dtype.kind == "c" else np.float64))
    assert np.abs(result - exact).max() <= 2 * np.finfo(dtype).eps * np.abs(exact).max()


def test_integers_and_lists_are_doubles():
    assert expm([[0, 1], [0, 0]]).dtype == np.float64
    assert np.array_equal(expm(np.array([[True, False], [False, True]])), np.diag([np.e, np.e]))


@pytest.mark.parametrize(
    "shape", [(0, 0), (0, 3, 3), (2, 0, 0), (1, 1), (2, 1, 3, 2, 2), (4, 1, 1)]
)
def test_shapes_are_kept(shape):
    assert expm(np.zeros(shape)).shape == shape


def test_any_layout_of_memory():
    rng = np.random.default_rng(1)
    batch = rng.standard_normal((6, 3, 3))
    expected = expm(batch)
    fortran = np.asfortranarray(batch)
    swapped = batch.astype(">f8")
    reversed_ = batch[::-1, ::-1, ::-1]
    fixed = batch.copy()
    fixed.setflags(write=False)
    for other in (fortran, swapped, fixed, np.repeat(batch, 2, axis=0)[::2]):
        assert np.array_equal(expm(other), expected)
    assert np.allclose(expm(reversed_), expected[::-1, ::-1, ::-1], rtol=1e-13)
    assert np.array_equal(fixed, batch)


@pytest.mark.parametrize(
    ("matrix", "error", "message"),
    [
        (np.zeros((2, 3)), ValueError, r"A: expected the shape \(\.\.\., n, n\), got \(2, 3\)"),
        (np.zeros(3), ValueError, r"got \(3,\)"),
        (3.0, ValueError, r"got \(\)"),
        ([[1.0], [2.0, 3.0]], ValueError, "ragged"),
        ([["a", "b"], ["c", "d"]], TypeError, "matrix_exp"),
        (np.array([[object()]]), TypeError, "object"),
        (np.zeros((2, 2), np.float16), TypeError, "float16"),
        (np.zeros((2, 2), np.longdouble), TypeError, "float128|longdouble"),
    ],
    ids=["oblong", "vector", "scalar", "ragged", "text", "objects", "half", "long"],
)
def test_misuse(matrix, error, message):
    with pytest.raises(error, match=message):
        expm(matrix)


def test_nothing_warns_on_ordinary_overflow():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isinf(expm(np.full((3, 3), 500.0))).all()


def test_a_nilpotent_matrix_of_any_size():
    matrix = np.diag(np.ones(199), 1)
    result = expm(matrix)
    assert np.all(result[np.tril_indices(200, -1)] == 0)
    factorials = 1.0 / np.array([float(mp.factorial(k)) for k in range(30)])
    assert np.allclose(result[0, :30], factorials, rtol=1e-13, atol=0)
