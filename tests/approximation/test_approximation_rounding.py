"""Rounded coefficients and the kernels that run them."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.approximation import minimax
from symnum.reference import evaluate

x = sp.Symbol("x")


@pytest.mark.parametrize(("dtype", "kind"), [("float64", np.float64), ("float32", np.float32)])
def test_rounded_coefficients_are_certified_again(dtype: str, kind: type) -> None:
    fit = minimax("exp(x)", x, (-1, 1), degree=6)
    rounded = fit.rounded(dtype)
    assert rounded.dtype == dtype
    for value in rounded.params.values():
        assert mpmath.mpf(float(kind(float(value)))) == value
    low, high = rounded.error_bounds
    assert low <= rounded.error <= high
    assert fit.error <= rounded.error
    assert "this fit" in rounded.certificate
    error = fit.target - rounded.exact_expr
    seen = max(abs(evaluate(error, {x: float(v)}, 20)) for v in np.linspace(-1, 1, 81))
    assert seen <= high * (1 + mpmath.mpf(10) ** -15)


def test_refitting_beats_plain_rounding() -> None:
    fit = minimax("exp(x)", x, (0, 1), degree=5)
    rounded = fit.rounded("float32")
    plain = {name: float(np.float32(float(value))) for name, value in fit.params.items()}
    error = fit.target - sum(sp.Rational(value) * x**k for k, value in enumerate(plain.values()))
    seen = max(abs(evaluate(error, {x: float(v)}, 20)) for v in np.linspace(0, 1, 101))
    assert rounded.error <= seen * (1 + 1e-3)


def test_rounding_a_rational_and_a_parametric_fit() -> None:
    rational = minimax("exp(x)", x, (-1, 1), form="rational", degree=(2, 2)).rounded("float32")
    assert 8.6e-5 < rational.error < 8.8e-5
    form = minimax("erf(x)", x, (0, 3), form="tanh(a*x+b*x**3)", params=["a", "b"]).rounded()
    assert form.error_bounds[0] <= form.error <= form.error_bounds[1]


def test_unknown_format() -> None:
    fit = minimax("exp(x)", x, (-1, 1), degree=2)
    with pytest.raises(ValueError, match=r"dtype.*float16"):
        fit.rounded("float16")


def test_kernel_runs_the_rounded_fit() -> None:
    fit = minimax("exp(x)", x, (-1, 1), degree=4)
    kernel = fit.compile()
    nodes = np.linspace(-1, 1, 1001)
    largest = np.max(np.abs(kernel(nodes) - np.exp(nodes)))
    assert largest == pytest.approx(float(fit.error), rel=1e-4)


def test_text_and_latex() -> None:
    fit = minimax("exp(x)", x, (-1, 1), degree=2)
    assert "largest error 0.045017388" in str(fit)
    assert "4 alternation points" in str(fit)
    assert fit._repr_latex_().startswith("$$")
    long = minimax("exp(x)", x, (-1, 1), degree=30, digits=5)
    assert len(str(long)) < 900
    with pytest.raises(TypeError):
        fit.params["c0"] = 1  # type: ignore[index]
