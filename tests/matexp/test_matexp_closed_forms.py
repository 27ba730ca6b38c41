from __future__ import annotations

from typing import Any

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp

import symnum as sn
from symnum.matexp import LowRank, Phi, matrix_exp
from symnum.reference import ulp_distance

x, y, t = sp.symbols("x y t", real=True)

MATRICES = {
    "zero": (sp.zeros(2, 2), "zero", 1),
    "diagonal": (sp.diag(x, y, x), "diagonal", 2),
    "rank 1": (sp.Matrix([[x, 2 * x], [y, 2 * y]]), "rank 1", 2),
    "nilpotent": (sp.Matrix([[0, x, y], [0, 0, x], [0, 0, 0]]), "nilpotent, degree 3", 3),
    "orthogonal vectors": (sp.Matrix([[1, -1], [1, -1]]), "rank 1", 2),
    "twice a projection": (sp.Matrix([[2, 0, x], [0, 2, y], [0, 0, 0]]), "square", 2),
}


@pytest.mark.parametrize("name", MATRICES)
def test_closed_form_is_the_exponential(name: str) -> None:
    A, structure, degree = MATRICES[name]
    exponential = matrix_exp(A, t)
    assert structure in exponential.structure
    assert exponential.minimal_polynomial.degree() == degree
    at = {x: sp.Rational(3, 7), y: sp.Rational(-5, 4), t: sp.Rational(2, 3)}
    with mpmath.workdps(40):
        truth = mpmath.expm(mpmath.matrix((t * A).subs(at).tolist()))
        for i in range(A.rows):
            for j in range(A.rows):
                value = mpmath.mpf(str(exponential.expr[i, j].subs(at).evalf(40)))
                assert abs(value - truth[i, j]) < mpmath.mpf(10) ** -30


@pytest.mark.parametrize("name", ["rank 1", "nilpotent", "twice a projection"])
def test_the_proof_holds(name: str) -> None:
    derivation = matrix_exp(MATRICES[name][0], t).derivation
    assert len(derivation.steps) >= 4
    assert derivation.level in ("exact", "identity")


def test_inverse_determinant_and_derivative() -> None:
    exponential = matrix_exp(MATRICES["rank 1"][0], t)
    assert exponential.det() == sp.exp(t * (x + 2 * y))
    at = {x: 1, y: sp.Rational(1, 3), t: sp.Rational(1, 2)}
    product = exponential.expr.subs(at) * exponential.inverse().expr.subs(at)
    assert all(abs(entry) < 1e-25 for entry in (product - sp.eye(2)).evalf(30))
    slope = exponential.diff("t").subs(at).evalf(30)
    moved = (MATRICES["rank 1"][0] * exponential.expr).subs(at).evalf(30)
    assert all(abs(entry) < 1e-25 for entry in slope - moved)


def test_kernel_is_right_where_the_vectors_are_orthogonal() -> None:
    kernel = matrix_exp(LowRank(sp.Matrix([x, 1]), sp.Matrix([y, 1]))).compile()
    assert kernel(1.0, -1.0).shape == (2, 2)
    assert np.array_equal(kernel(1.0, -1.0), [[0.0, 1.0], [-1.0, 2.0]])
    batch = kernel(np.linspace(-2, 2, 5), 1.0)
    assert batch.shape == (5, 2, 2)
    for value, at in zip(batch, np.linspace(-2, 2, 5), strict=True):
        exact = np.array(mpmath.expm(mpmath.matrix([[at, at], [1, 1]])).tolist(), dtype=float)
        assert np.allclose(value, exact, rtol=1e-13)


def test_enclosure_contains_the_exponential() -> None:
    exponential = matrix_exp(LowRank(sp.Matrix([x, 1]), sp.Matrix([1, y])))
    balls = exponential.enclose({"x": sp.Rational(1, 3), y: 2.5}, digits=30)
    with mpmath.workdps(60):
        exact = exponential.expr.subs({x: sp.Rational(1, 3), y: sp.Rational(5, 2)}).evalf(50)
        for i in range(2):
            for j in range(2):
                gap = balls[i, j] - flint.arb(str(exact[i, j]))
                assert gap.contains(0) or abs(gap).upper() < flint.arb("1e-29")
                assert balls[i, j].rad() < flint.arb("1e-28")


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_phi_keeps_its_digits(k: int) -> None:
    z = sp.Symbol("z")
    kernel = sn.lambdify(z, Phi(k, z))
    for at in (-700.0, -5.0, -1.0, -1e-3, -1e-300, 0.0, 1e-9, 0.5, 2.0, 20.0):
        with mpmath.workdps(1800):
            start = mpmath.fsum(mpmath.mpf(at) ** j / mpmath.factorial(j) for j in range(k))
            power = mpmath.mpf(at) ** k
            exact = (mpmath.exp(at) - start) / power if at else 1 / mpmath.factorial(k)
        assert ulp_distance(kernel(at), exact) < 16, at


def test_phi_is_differentiated_by_its_recurrence() -> None:
    z = sp.Symbol("z")
    assert Phi(1, z).diff(z) == Phi(1, z) - Phi(2, z)
    assert Phi(0, z) == sp.exp(z)
    with pytest.raises(ValueError, match="k: expected an integer of at least 0, got -1"):
        Phi(-1, z)


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: matrix_exp([[1]]), TypeError, "A: expected a SymPy Matrix or a LowRank, got list"),
        (lambda: matrix_exp(sp.ones(2, 3)), ValueError, r"square matrix, got the shape \(2, 3\)"),
        (lambda: matrix_exp(sp.Matrix([[sp.nan]])), ValueError, "finite"),
        (lambda: matrix_exp(sp.eye(2), sp.oo), ValueError, "t: expected a finite factor"),
        (lambda: LowRank(sp.ones(2, 1), sp.ones(3, 1)), ValueError, "equal shapes"),
        (lambda: LowRank(3, sp.ones(3, 1)), TypeError, "U: expected a SymPy Matrix, got int"),
        (lambda: matrix_exp(sp.eye(2)).enclose({}, digits=0), ValueError, "digits"),
        (lambda: matrix_exp(sp.diag(x, 1)).enclose({}), ValueError, "no value for x"),
    ],
    ids=["list", "shape", "nan", "factor of time", "factors", "factor", "digits", "values"],
)
def test_misuse_is_named(build: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        build()
