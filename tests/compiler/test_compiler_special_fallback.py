"""Kernels that mpmath evaluates: right, announced, and with the same rules; and what is refused."""

from __future__ import annotations

import math
import pickle
import warnings

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Function, Rational, oo, symbols

import symnum as sn
from symnum.errors import FallbackWarning, UnsupportedNodeError

x, y, n = symbols("x y n")
f = Function("f")


def _quiet(*args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        return sn.lambdify(*args, **options)


# Expression, point, what the notice names, and the value by mpmath itself.
SLOW = {
    "hyper": (sympy.hyper([1, 2], [3], x), 0.37, "hyper", lambda t: mpmath.hyp2f1(1, 2, 3, t)),
    "meijerg": (
        sympy.meijerg([[1], [2]], [[3], []], x),
        0.37,
        "meijerg",
        lambda t: mpmath.meijerg([[1], [2]], [[3], []], t),
    ),
    "polylog": (sympy.polylog(2, x), -0.4, "polylog", lambda t: mpmath.polylog(2, t)),
    "inside": (sympy.exp(-sympy.polylog(3, x)), 0.5, "polylog", lambda t: mpmath.exp(-mpmath.polylog(3, t))),
    "elliptic_pi": (
        sympy.elliptic_pi(x, Rational(1, 2)),
        0.3,
        "elliptic_pi",
        lambda t: mpmath.ellippi(t, 0.5),
    ),
    "slope in the order": (
        sympy.besselj(x, 2).diff(x),
        1.5,
        "Derivative",
        lambda t: mpmath.diff(lambda v: mpmath.besselj(v, 2), t),
    ),
    "slope in twice the order": (
        sympy.besselj(2 * x, 3).diff(x),
        0.7,
        "besselj",
        lambda t: mpmath.diff(lambda v: mpmath.besselj(2 * v, 3), t),
    ),
    "sum to infinity": (
        sympy.Sum(x**n / n**3, (n, 1, oo)),
        0.5,
        "Sum",
        lambda t: mpmath.polylog(3, t),
    ),
    "order of polygamma": (sympy.polygamma(x, 2), 0.5, "polygamma", None),
    "order of expint": (sympy.expint(x, 2), 0.5, "expint", lambda t: mpmath.expint(t, 2)),
    "third branch": (sympy.LambertW(x, 2), 0.5, "LambertW", "complex"),
    "double factorial": (sympy.factorial2(x), 4.5, "factorial2", mpmath.fac2),
    "eta": (sympy.dirichlet_eta(x), 0.5, "dirichlet_eta", mpmath.altzeta),
    "Stieltjes": (sympy.stieltjes(1, x), 1.0, "stieltjes", lambda t: mpmath.stieltjes(1)),
    "beta of four": (
        sympy.betainc(x, 2, 0, Rational(1, 2)),
        1.5,
        "betainc",
        lambda t: mpmath.betainc(t, 2, 0, 0.5),
    ),
    "real part of a complex function": (
        sympy.re(sympy.hankel1(0, x)),
        1.5,
        "hankel1",
        lambda t: mpmath.besselj(0, t),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_values_are_right_and_announced(name):
    expression, at, named, exact = SLOW[name]
    with pytest.warns(FallbackWarning) as caught:
        kernel = sn.lambdify(x, expression)
    (notice,) = [str(entry.message) for entry in caught]
    assert "mpmath" in notice
    assert named in notice
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = kernel(at)
        results = kernel(np.array([[at, math.nan]]))
    assert type(result) is float
    assert results.shape == (1, 2)
    assert math.isnan(results[0, 1])
    if exact == "complex":
        assert math.isnan(result)
        return
    expected = kernel.reference(at, digits=25) if exact is None else exact(mpmath.mpf(at))
    assert result == pytest.approx(float(expected), rel=1e-14)
    assert results[0, 0] == result


SLOPES = {
    "polylog": (sympy.polylog(2, x), 0.5, lambda t: mpmath.diff(lambda v: mpmath.polylog(2, v), t)),
    "hyper": (
        sympy.hyper([1, 2], [3], x),
        0.5,
        lambda t: mpmath.diff(lambda v: mpmath.hyp2f1(1, 2, 3, v), t),
    ),
    "order of Bessel": (
        sympy.besselj(x, 3),
        1.25,
        lambda t: mpmath.diff(lambda v: mpmath.besselj(v, 3), t),
    ),
    "order of the upper gamma function": (
        sympy.uppergamma(x, 3),
        1.25,
        lambda t: mpmath.diff(lambda v: mpmath.gammainc(v, 3), t),
    ),
    "jump": (sympy.sign(x) * sympy.polylog(2, x), -0.5, None),
    "corner": (sympy.Max(x, 0.3) * sympy.polylog(2, x), 0.5, None),
}


@pytest.mark.parametrize("name", SLOPES)
def test_derivatives_are_right_and_announced(name):
    expression, at, exact = SLOPES[name]
    kernel = _quiet(x, expression)
    with pytest.warns(FallbackWarning, match="mpmath") as caught:
        slope = kernel.diff(x)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    if exact is None:
        step = 1e-6
        expected = (kernel(at + step) - kernel(at - step)) / (2 * step)
        assert slope(at) == pytest.approx(expected, rel=1e-7)
    else:
        assert slope(at) == pytest.approx(float(exact(mpmath.mpf(at))), rel=1e-12)


def test_a_derivative_alone_may_need_mpmath():
    kernel = sn.lambdify([n, x], sympy.besselj(n, x))
    assert kernel(0.5, 1.0) == pytest.approx(float(mpmath.besselj(0.5, 1)), rel=1e-14)
    assert kernel.diff(x)(0.5, 1.0) == pytest.approx(
        float(mpmath.besselj(0.5, 1, derivative=1)), rel=1e-14
    )
    with pytest.warns(FallbackWarning, match=r"besselj\(n, x\).*mpmath"):
        gradient = kernel.gradient()
    by_order = mpmath.diff(lambda v: mpmath.besselj(v, 1), 0.5)
    assert gradient(0.5, 1.0)[0] == pytest.approx(float(by_order), rel=1e-12)


@pytest.fixture
def kernel():
    return _quiet([x, y], {"both": sympy.polylog(2, x) * y, "one": [x + y]})


def test_the_same_rules_for_arrays(kernel):
    columns, rows = np.array([[0.1], [0.2]]), [1, 2, 3]
    result = kernel(columns, rows)
    assert result["both"].shape == result["one"][0].shape == (2, 3)
    np.testing.assert_allclose(result["one"][0], columns + np.array(rows), rtol=1e-15)
    exact = float(mpmath.polylog(2, mpmath.mpf(0.2)))
    assert result["both"][1, 2] == pytest.approx(3 * exact, rel=1e-15)
    with pytest.raises(TypeError, match="x"):
        kernel(1j, 2.0)
    with pytest.raises(ValueError, match="broadcast"):
        kernel(np.ones(2), np.ones(3))


def test_the_same_rules_for_out(kernel):
    given = np.array([0.1, 0.2, 0.3])
    out = {"both": np.empty(3), "one": [given]}
    assert kernel(given, 1.0, out=out) is out
    np.testing.assert_allclose(given, [1.1, 1.2, 1.3], rtol=1e-15)
    assert out["both"][0] == pytest.approx(float(mpmath.polylog(2, mpmath.mpf(0.1))), rel=1e-15)
    with pytest.raises(ValueError, match="shape"):
        kernel(given, 1.0, out={"both": np.empty(2), "one": [np.empty(3)]})


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    {"float32": 1e-7, "float64": 1e-15, "complex64": 1e-7, "complex128": 1e-15}.items(),
)
def test_types_of_results(dtype, tolerance):
    kernel = _quiet(x, sympy.polylog(2, x), dtype=dtype)
    result = kernel(np.array([0.25, 1.5]))
    assert result.dtype == dtype
    assert result[0] == pytest.approx(0.26765263908273261, rel=tolerance)
    if "complex" in dtype:
        assert abs(result[1].imag) == pytest.approx(math.pi * math.log(1.5), rel=1e-6)
    else:
        assert math.isnan(result[1])
    assert type(kernel(0.25)).__name__ == {"float64": "float"}.get(dtype, dtype)


COMPLEX = {
    "gamma": (sympy.gamma(x), mpmath.gamma),
    "besselj": (sympy.besselj(0, x), lambda t: mpmath.besselj(0, t)),
    "LambertW": (sympy.LambertW(x), mpmath.lambertw),
    "zeta": (sympy.zeta(x), mpmath.zeta),
    "hankel1": (sympy.hankel1(1, x), lambda t: mpmath.hankel1(1, t)),
}


@pytest.mark.parametrize(("expression", "exact"), COMPLEX.values(), ids=COMPLEX)
def test_complex_numbers(expression, exact):
    name = type(expression).__name__
    with pytest.warns(FallbackWarning, match=rf"{name}\(.*mpmath"):
        kernel = sn.lambdify(x, expression, dtype="complex128")
    at = 0.3 + 0.4j
    assert kernel(at) == pytest.approx(complex(exact(mpmath.mpc(at))), rel=1e-14)


def test_pickled_kernels_are_not_announced_again(kernel):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = pickle.loads(pickle.dumps(kernel))
        assert again == kernel
        assert again(0.25, 2.0) == kernel(0.25, 2.0)


def test_the_listing_names_nothing_of_the_user():
    wild = sympy.Symbol("__import__('os')")
    kernel = _quiet([wild], sympy.polylog(2, wild) + wild)
    assert "def formula(a0):" in kernel.source
    assert "polylog(2, a0)" in kernel.source
    assert "import" not in kernel.source
    assert kernel.source == _quiet("x", sympy.polylog(2, x) + x).source


def test_branches():
    kernel = _quiet(x, sympy.Piecewise((sympy.polylog(2, x), x < 0.5), (7, True)))
    assert kernel(3.0) == 7.0
    assert kernel(0.25) == pytest.approx(0.26765263908273261, rel=1e-15)


def test_an_applied_function_may_be_an_argument():
    kernel = _quiet([f(x)], sympy.polylog(2, f(x)))
    assert kernel(0.25) == pytest.approx(0.26765263908273261, rel=1e-15)


def test_infinity_is_not_searched_for():
    kernel = _quiet(x, sympy.polylog(2, x))
    assert math.isnan(kernel(math.inf))


def test_accuracy_and_enclosure():
    kernel = _quiet(x, sympy.polylog(2, x))
    assert kernel.accuracy({"x": (0.1, 0.9)}, n=20).max_ulp <= 0.5
    assert float(kernel.enclose(0.25).mid()) == pytest.approx(kernel(0.25), rel=1e-15)


# ------------------------------------------------------------------ what is refused

REFUSED = {
    "undefined function": (sympy.polylog(2, x) + f(x), r"^f cannot .*f\(x\), at expr"),
    "integral": (sympy.polylog(2, x) * sympy.Integral(sympy.sin(x * y), (y, 0, 1)), "^Integral"),
    "integral alone": (sympy.Integral(sympy.sin(x * y), (y, 0, 1)), "^Integral cannot"),
    "impulse": (sympy.DiracDelta(x), "^DiracDelta cannot .*, at expr"),
    "impulse inside": (sympy.sin(sympy.DiracDelta(x)), r"^DiracDelta .*at expr\.args\[0\]"),
    "derivative of nothing": (sympy.Derivative(f(x), x), "^Derivative cannot"),
    "postponed derivative": (sympy.Derivative(sympy.sin(x), x), "^Derivative .*doit"),
    "postponed substitution": (sympy.Subs(sympy.sin(y), y, x), "^Subs .*doit"),
    "order": (sympy.sin(x) + sympy.Order(x**3), "^Order .*removeO"),
    "limit": (sympy.Limit(sympy.sin(y) / y, y, x), "^Limit .*doit"),
    "unknown to mpmath": (sympy.mathieuc(1, 2, x), "^mathieuc cannot"),
    "matrix": (sympy.MatrixSymbol("A", 2, 2)[0, 0] * x, "explicit matrix"),
}


@pytest.mark.parametrize(("expression", "message"), REFUSED.values(), ids=REFUSED)
def test_what_mpmath_cannot_is_refused(expression, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UnsupportedNodeError, match=message):
            sn.lambdify(x, expression)


UNKNOWN = {
    "in a slow function": sympy.polylog(2, y) + x,
    "in hyper": sympy.hyper([1, y], [2], x),
    "beside": sympy.polylog(2, x) + y,
}


@pytest.mark.parametrize("expression", UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_symbols_are_named(expression):
    with pytest.raises(ValueError, match=r"\by\b.*arguments: x"):
        sn.lambdify(x, expression)


def test_not_analytic_has_no_derivative():
    kernel = sn.lambdify(x, sympy.Abs(x), dtype="complex128")
    with pytest.raises(UnsupportedNodeError, match="no derivative in the complex numbers"):
        kernel.diff(x)
