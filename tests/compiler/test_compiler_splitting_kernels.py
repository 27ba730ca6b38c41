"""Complex kernels as a user has them: single precision, positions, derivatives, containers."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import symnum as sn

Z, W = sympy.symbols("z w")


def numbers(count, seed=0):
    return np.random.default_rng(seed).normal(size=2 * count).view(complex)


@pytest.fixture(scope="module")
def kernel():
    return sn.lambdify([Z, W], sympy.log(Z) * sympy.sqrt(W) + Z / W, dtype="complex128")


def test_a_value_does_not_depend_on_its_position(kernel):
    for count in (1, 2, 3, 7, 8, 9, 15, 16, 17, 33):
        z, w = numbers(count), numbers(count, 1)
        values = kernel(z, w)
        assert np.array_equal(values, [kernel(a, b) for a, b in zip(z, w, strict=True)])
        assert np.array_equal(kernel(z[::-1], w[::-1]), values[::-1])
        assert np.array_equal(kernel(np.repeat(z, 2)[::2], w), values)


def test_values_are_those_of_numpy(kernel):
    z, w = numbers(1000), numbers(1000, 1)
    assert kernel(z, w) == pytest.approx(np.log(z) * np.sqrt(w) + z / w, rel=2e-14)


def test_the_result_may_take_the_place_of_an_argument(kernel):
    z, w = numbers(50), numbers(50, 1)
    expected = kernel(z, w)
    assert kernel(z, w, out=z) is z
    assert np.array_equal(z, expected)


def test_single_precision_is_rounded_once():
    z, w = numbers(200).astype(np.complex64), numbers(200, 1).astype(np.complex64)
    # Numbers whose squares leave the range of single precision.
    z[:2], w[:2] = [1e30 + 1e30j, 1e-30 - 1e-30j], [2e30j, 3e-30]
    formula = sympy.exp(sympy.I * Z / W) * sympy.sqrt(W)
    double, single = (sn.lambdify([Z, W], formula, dtype=t) for t in ("complex128", "complex64"))
    result = single(z, w)
    assert result.dtype == np.complex64
    assert np.array_equal(result, double(z, w).astype(np.complex64))


def test_derivatives():
    powers = sn.lambdify([Z, W], Z**W, dtype="complex128")
    z, w = 1 + 1j, 0.5 - 2j
    by_base, by_exponent = powers.gradient()(z, w)
    assert by_base == pytest.approx(w * z ** (w - 1), rel=1e-14)
    assert by_exponent == pytest.approx(z**w * np.log(z), rel=1e-14)


def test_a_function_without_derivative_is_refused():
    with pytest.raises(NotImplementedError, match="absolute has no derivative in the complex"):
        sn.lambdify([Z], sympy.Abs(Z) * Z, dtype="complex128").diff(Z)(1j)


def test_constants_and_containers():
    matrix = sn.lambdify([Z], sympy.Matrix([[1, sympy.I], [Z, 0]]), dtype="complex128")
    assert np.array_equal(matrix(np.array([2j, 3.0]))[1], [[1, 1j], [3, 0]])
    assert np.array_equal(
        sn.lambdify([Z], 3 + sympy.I, dtype="complex128")(np.ones(3)), [3 + 1j] * 3
    )


def test_the_sign_of_a_zero_chooses_the_side_of_a_cut():
    logarithm = sn.lambdify([Z], sympy.log(Z), dtype="complex128")
    above, below = logarithm(np.array([complex(-1, 0.0), complex(-1, -0.0)]))
    assert (above, below) == (np.pi * 1j, -np.pi * 1j)
