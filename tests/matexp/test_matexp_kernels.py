"""Kernels that exponentiate numbers are kernels like all others; impulse responses are known."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp

import symnum as sn
from symnum.compiler import Kernel
from symnum.errors import FallbackWarning
from symnum.matexp import ImpulseResponse, LowRank, matrix_exp
from symnum.reference import BallFunction, evaluate

a, b, c, t, x = sp.symbols("a b c t x")
OSCILLATOR = matrix_exp(sp.Matrix([[0, 1], [-a, -b]]), t)
A, B, T = np.linspace(0.1, 2, 7), np.linspace(0, 1, 7), np.linspace(-1, 1, 7)


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return OSCILLATOR.compile()


def test_it_is_a_kernel_of_the_closed_form(kernel: Kernel) -> None:
    assert isinstance(kernel, Kernel)
    assert kernel.expr == OSCILLATOR.expr
    assert kernel.args == (a, b, t)
    assert kernel.rewrites == ()
    assert "exponential" in kernel.source
    assert "exp(Matrix" in repr(kernel)
    assert kernel._repr_latex_().startswith(r"$\displaystyle e^")


def test_jacobian_holds_all_derivatives(kernel: Kernel) -> None:
    jacobian = kernel.jacobian()
    found = jacobian(A, B, T)
    assert found.shape == (7, 4, 3)
    for place, name in enumerate("abt"):
        assert np.array_equal(found[..., place].reshape(7, 2, 2), kernel.diff(name)(A, B, T))
    assert jacobian.expr == sp.Matrix(OSCILLATOR.expr.reshape(4, 1)).jacobian([a, b, t])
    sparse = kernel.sparse_jacobian()(A[1], B[1], T[1])
    assert np.array_equal(sparse.toarray(), found[1])
    second = kernel.diff("a").jacobian()(0.5, 0.25, 1.0)
    assert np.allclose(second[:, 0].reshape(2, 2), kernel.diff("a", 2)(0.5, 0.25, 1.0), rtol=1e-13)
    for refused in (kernel.gradient, kernel.hessian):
        with pytest.raises(ValueError, match="the kernel has 4 results"):
            refused()


def test_arrays_of_other_libraries(kernel: Kernel) -> None:
    dask, xarray = pytest.importorskip("dask.array"), pytest.importorskip("xarray")
    plain = kernel(A, 0.5, T)
    lazy = kernel(dask.from_array(A, chunks=3), 0.5, T)
    assert isinstance(lazy, dask.Array)
    assert np.array_equal(lazy.compute(), plain)
    labelled = kernel(xarray.DataArray(A, dims="place"), 0.5, 0.25)
    assert labelled.dims == ("place", "row", "column")
    masked = kernel(np.ma.array(A, mask=[True] + [False] * 6), 0.5, T)
    assert masked.mask[0].all()
    assert not masked.mask[1:].any()


def test_identity_and_pickles(kernel: Kernel) -> None:
    slope = kernel.diff("a")
    twin = pickle.loads(pickle.dumps(slope))
    assert twin == slope
    assert hash(twin) == hash(slope)
    assert slope != kernel
    assert OSCILLATOR.compile() == kernel
    assert np.array_equal(twin(A, B, T), slope(A, B, T))


@pytest.mark.parametrize("dtype", ["float32", "complex64", "complex128"])
def test_types(kernel: Kernel, dtype: str) -> None:
    found = OSCILLATOR.compile(dtype=dtype)(A, B, T)
    assert found.dtype == dtype
    assert np.allclose(found, kernel(A, B, T), rtol=1e-6 if dtype != "complex128" else 1e-15)


def test_layouts_and_outputs(kernel: Kernel) -> None:
    plain = kernel(A, B, T)
    for order in "CF":
        out = np.empty((7, 2, 2), order=order)
        assert kernel(A, B, T, out=out) is out
        assert np.array_equal(out, plain)
    assert np.array_equal(kernel(A.astype(">f8"), B, T), plain)
    assert np.array_equal(kernel(A[::-1], B[::-1], T[::-1]), plain[::-1])
    assert kernel(np.empty(0), 1, 1).shape == (0, 2, 2)
    lanes = kernel(np.array([np.nan, A[1]]), B[1], T[1])
    assert np.isnan(lanes[0]).all()
    assert np.array_equal(lanes[1], plain[1])


def test_each_entry_has_digits_of_its_own() -> None:
    tiny = matrix_exp(sp.Matrix([[-a, 0, 0], [a, -1, 0], [0, 1, 0]]), t).compile()
    exact = tiny.reference(1e-20, 1e-20, digits=20)
    assert abs(exact[2, 0] / mpmath.mpf("5e-61") - 1) < 1e-15
    ball = tiny.enclose(1e-20, 1e-20)[2][0]
    assert ball.rel_accuracy_bits() > 45
    assert tiny.enclose(1e-20, 1e-20)[0][1] == 0


def test_accuracy_of_derivatives_and_of_no_arguments(kernel: Kernel) -> None:
    ranges = {"a": (0.1, 2), "b": (0, 1), "t": (-1, 1)}
    report = kernel.jacobian().accuracy(ranges, 5)
    assert report.points == 5
    assert report.median_ulp < 4
    assert matrix_exp(sp.Matrix([[1, 2], [3, 4]])).compile().accuracy({}).max_ulp < 8


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda: OSCILLATOR.compile(dtype="int8"), TypeError, "dtype: expected one of"),
        (lambda: OSCILLATOR.compile(paralel=2), TypeError, "paralel"),
        (lambda: OSCILLATOR.compile()(1j, 1, 1), TypeError, "argument a is complex"),
        (lambda: OSCILLATOR.compile().accuracy({"q": (0, 1)}), ValueError, "q is not an argument"),
        (lambda: OSCILLATOR.compile().enclose(1, 2), TypeError, "expected 3 arguments"),
    ],
    ids=["dtype", "option", "complex", "domain", "point"],
)
def test_misuse_is_named(use: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        use()


def test_kernel_of_low_rank_and_of_moduli() -> None:
    U, V = sp.Matrix([[a, 1], [b, 2], [1, 3]]), sp.Matrix([[1, 1], [b, 0], [a, 2]])
    factored = matrix_exp(LowRank(U, V))
    assert factored.compile().expr == factored.expr
    assert np.allclose(factored.compile()(0.5, 0.25), matrix_exp(U * V.T).compile()(0.5, 0.25))
    modulus = matrix_exp(sp.Matrix([[sp.Abs(a), 1], [b, 0]]))
    slope = modulus.compile().diff("a")(-0.5, 1.0)
    assert np.allclose(slope, -modulus.compile().diff("a")(0.5, 1.0))
    symbolic = modulus.diff(a)
    assert not symbolic.has(sp.Derivative)
    exact = symbolic.subs({a: sp.Rational(-1, 2), b: 1}).evalf(20)
    assert np.allclose(slope, np.array(exact.tolist(), dtype=float))


def test_floats_are_taken_exactly() -> None:
    exponential = matrix_exp(sp.Matrix([[0.1, 0.2], [0.3, 0.4]]), 0.7)
    exact = [[sp.Rational(0.1), sp.Rational(0.2)], [sp.Rational(0.3), sp.Rational(0.4)]]
    twin = matrix_exp(sp.Matrix(exact), sp.Rational(0.7))
    assert exponential.det() == twin.det()
    gap = exponential.enclose({}, 30)[0, 1] - twin.enclose({}, 30)[0, 1]
    assert abs(gap).upper() < flint.arb("1e-29")


# ---------------------------------------------------------------------- impulse responses

RESPONSE = ImpulseResponse(1, t, a, b, c)
POINT = {t: sp.Rational(1, 2), a: 1, b: 2, c: -1}


def test_the_reference_knows_impulse_responses() -> None:
    exact = sp.Rational(str(RESPONSE.subs(POINT).evalf(40)))
    assert abs(sp.Rational(str(evaluate(RESPONSE, POINT, 30))) - exact) < 1e-14
    place = [flint.fmpq(1, 2), *map(flint.fmpq, (1, 2, -1))]
    with flint.ctx.workprec(160):
        ball = BallFunction([t, a, b, c], RESPONSE)(place, 120)
        gap = abs(ball - flint.fmpq(int(exact.p), int(exact.q))).upper()
        assert gap < flint.arb("1e-30")
    # Where roots meet the sum over the roots has no value; the response has.
    assert evaluate(ImpulseResponse(0, t, 1, 2), {t: 1}, 20) == pytest.approx(np.exp(-1))
    distinct = ImpulseResponse(0, 1, 3, 1)
    assert abs((distinct.definition(*distinct.args).doit() - distinct).evalf(20)) < 1e-15
    complex_one = evaluate(ImpulseResponse(0, t, a, 0), {t: 1, a: -1j}, 20)
    assert abs(complex_one - complex(sp.N(sp.sinh(sp.sqrt(sp.I)) / sp.sqrt(sp.I)))) < 1e-15


def test_lambdify_knows_impulse_responses() -> None:
    with pytest.warns(FallbackWarning, match="ImpulseResponse has no machine code"):
        kernel = sn.lambdify([t, a, b, c], RESPONSE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        slope = kernel.diff("b")
    point = (0.5, 1.0, 2.0, -1.0)
    assert kernel(*point) == pytest.approx(float(RESPONSE.subs(POINT)), rel=1e-15)
    assert slope(*point) == pytest.approx(float(RESPONSE.diff(b).subs(POINT)), rel=1e-14)
    assert kernel(np.array([0.0, 0.5]), *point[1:]).shape == (2,)
    assert kernel.enclose(*point).rel_accuracy_bits() > 40
