from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from symnum.smoothing import Mollifier, NonIntegrableGrowth, mollify

x = sp.Symbol("x")
h = sp.Symbol("h", positive=True)


@pytest.mark.parametrize(
    ("f", "mollifier", "bandwidth", "words"),
    [
        ("exp(x**2)", "gaussian", "0.8", ["gaussian", "exp(x**2)", "2*c*h**2 < 1"]),
        ("exp(x)", "laplace", 1, ["laplace", "exp(x)", "right", "|c|*h < 1"]),
        ("exp(-3*x)", "logistic", "0.4", ["logistic", "left", "|c|*h < 1"]),
        ("exp(x)*Heaviside(x)", "logistic", h, ["right", "|c|*h < 1"]),
        ("exp(x**2)", "logistic", "0.1", ["any bandwidth"]),
        ("exp(x)", "cauchy", 1, ["cauchy", "any bandwidth"]),
        ("x**2", "student_t2", 1, ["order 2", "diverges"]),
        ("x*atan(x)", "cauchy", 1, ["cauchy", "x*atan(x)"]),
        ("exp(exp(x))", "gaussian", 1, ["right"]),
        ("exp(x**3)", "gaussian", "0.1", ["exp(x**3)", "right"]),
        ("Abs(x)", Mollifier("1/(pi*(1+t**2))"), 1, ["order 1", "diverges"]),
        ("exp(x)", Mollifier("1/(pi*cosh(t))"), 1, ["|c|*h < 1"]),
    ],
)
def test_growth_is_refused(f: str, mollifier: Any, bandwidth: Any, words: list[str]) -> None:
    with pytest.raises(NonIntegrableGrowth) as refused:
        mollify(f, x, mollifier, bandwidth)
    assert all(word in str(refused.value) for word in words), refused.value


@pytest.mark.parametrize(
    ("f", "mollifier", "bandwidth"),
    [
        ("exp(x**2/2)", "gaussian", "0.99"),
        ("exp(Abs(x))", "laplace", "0.99"),
        ("exp(-x)*Heaviside(x)", "logistic", 7),
        ("exp(x**2/9)*Heaviside(x)", "gaussian", 2),
        ("cos(x)", "cauchy", 1),
        ("exp(50*x)", "epanechnikov", 3),
        ("exp(5*x)*Heaviside(x)", Mollifier("exp(-t)", support=(0, sp.oo)), 1),
    ],
)
def test_growth_just_inside_is_answered(f: str, mollifier: Any, bandwidth: Any) -> None:
    smooth = mollify(f, x, mollifier, bandwidth)
    value = smooth.expr.subs(x, sp.Rational(1, 3)).evalf(20)
    assert value.is_finite
    assert smooth.method == "exp_polynomial"


@pytest.mark.parametrize(
    ("f", "words"),
    [
        ("1/x", "pole"),
        ("tan(x)", "pole"),
        ("coth(x)", "pole"),
        ("gamma(x)", "pole"),
        ("(-1)**x", "real"),
        ("nan", "finite"),
        ("Abs(sin(1/x))", "accumulate"),
        (sp.Abs(x - sp.Symbol("z", complex=True)), "complex"),
        ("I*x", "real"),
        ("sqrt(x)", "real"),
        ("asin(x)", "real"),
        ("Max(x, cos(x))", "closed form"),
        ("Piecewise((x, x > 0))", "no value"),
        (None, "expression"),
        ("oo", "finite"),
        (sp.Matrix([x]), "expression"),
    ],
    ids=str,
)
def test_what_is_no_such_function_is_refused(f: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mollify(f, x)


def test_several_variables_are_refused() -> None:
    with pytest.raises(ValueError, match="x: expected"):
        mollify("x*y", ("x", "y"))


@pytest.mark.parametrize(
    ("density", "options", "words"),
    [
        ("exp(-t**2)", {}, "mass 1, got mass 1.77"),
        ("t", {"support": (-1, 1)}, "signed|mass"),
        ("(2 - t**2)*exp(-t**2/2)/sqrt(2*pi)", {}, "signed"),
        ("0", {}, "mass"),
        ("s*t", {}, "one symbol"),
        ("2*t", {"support": (1, 0)}, "support"),
    ],
)
def test_densities_are_checked(density: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Mollifier(density, **options)
