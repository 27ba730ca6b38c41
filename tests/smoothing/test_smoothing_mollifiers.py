from __future__ import annotations

import pickle
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.expressions.named_functions import unfold
from symnum.smoothing import MOLLIFIERS, Mollifier, U, mollify

x = sp.Symbol("x")
CLASSES = {
    "gaussian": "gaussian",
    "logistic": "exponential",
    "laplace": "exponential",
    "sech": "exponential",
    "cauchy": "algebraic",
    "student_t2": "algebraic",
}


def test_the_table_has_all_names() -> None:
    names = "bump biweight cauchy cosine epanechnikov gaussian laplace logistic raised_cosine"
    assert set(MOLLIFIERS) == {
        *names.split(),
        "sech",
        "student_t2",
        "triangular",
        "triweight",
        "uniform",
    }


@pytest.mark.parametrize("name", MOLLIFIERS)
def test_attributes(name: str) -> None:
    mollifier = MOLLIFIERS[name]
    assert mollifier.tail_class == CLASSES.get(name, "compact")
    assert not mollifier.signed
    assert mollifier.order == (1 if name == "cauchy" else 2)
    assert pickle.loads(pickle.dumps(mollifier)) == mollifier
    if mollifier.moment(2) is not sp.oo and name != "bump":
        small = sp.Rational(1, 1000)
        value = mollifier.characteristic_function.subs(U, small).evalf(30)
        assert float((1 - value) * 2 / small**2) == pytest.approx(
            float(mollifier.moment(2)), rel=1e-5
        )


@pytest.mark.parametrize("name", MOLLIFIERS)
def test_tails_agree_with_the_antiderivatives(name: str) -> None:
    law = MOLLIFIERS[name].law
    for m in (1, 2, 3):
        assert law.tail is not None
        form = law.tail(m, sp.Rational(2, 3))
        # Each side for itself: SymPy looks long for digits of a difference that is zero.
        exact = law.at(m, -sp.Rational(2, 3))
        assert float(form.evalf(25)) == pytest.approx(float(exact.evalf(25)), abs=1e-15)


@pytest.mark.parametrize("name", MOLLIFIERS)
def test_right_sides_mirror_left_sides(name: str) -> None:
    law, u = MOLLIFIERS[name].law, sp.Rational(5, 3)
    for m in (1, 2, 3, 4):
        powers = sum(
            sp.binomial(m - 1, k) * (-1) ** k * u ** (m - 1 - k) * law.finite_moment(k)
            for k in range(m)
        ) / sp.factorial(m - 1)
        mirrored = float(powers) + (-1) ** m * float(law.at(m, -u).evalf(25))
        assert float(law.at(m, u).evalf(25)) == pytest.approx(mirrored, abs=1e-15)


OWN: list[tuple[str, dict[str, Any], Any]] = [
    ("2*t", {"support": (0, 1)}, lambda t: 2 * t),
    ("exp(-t)", {"support": (0, sp.oo)}, lambda t: mpmath.exp(-t)),
    ("(2 - t**2)*exp(-t**2/2)/sqrt(2*pi)", {"signed": True}, lambda t: (2 - t**2) * mpmath.npdf(t)),
]


@pytest.mark.parametrize(("density", "options", "function"), OWN, ids=lambda v: str(v)[:12])
def test_densities_of_ones_own(density: str, options: dict[str, Any], function: Any) -> None:
    mollifier = Mollifier(density, **options)
    smooth = mollify("Max(-1, Min(x, 1))", x, mollifier, "0.6")
    low, high = options.get("support", (-sp.oo, sp.oo))
    ends = [mpmath.mpf(-mpmath.inf if low == -sp.oo else int(low))]
    ends.append(mpmath.mpf(mpmath.inf if high is sp.oo else int(high)))
    with mpmath.workdps(34):
        at, width = mpmath.mpf(3) / 10, mpmath.mpf(6) / 10
        breaks = [(at - a) / width for a in (1, -1)]
        points = sorted({*ends, *(b for b in breaks if ends[0] < b < ends[1])})
        exact = mpmath.quad(lambda t: max(-1, min(1, at - width * t)) * function(t), points)
        value = mpmath.mpf(str(smooth.expr.subs(x, sp.Rational(3, 10)).evalf(40)))
        assert abs(value - exact) < mpmath.mpf(10) ** -25
    assert smooth.compile()(0.3) == pytest.approx(float(exact), rel=1e-14)


def test_signed_kernels_have_their_moments() -> None:
    gelu = Mollifier("(2 - t**2)*exp(-t**2/2)/sqrt(2*pi)", signed=True)
    assert [gelu.moment(k) for k in range(4)] == [1, 0, -1, 0]
    relu = mollify("Max(x, 0)", x, gelu).expr
    expected = x * sp.erfc(-x / sp.sqrt(2)) / 2
    assert abs((unfold(relu) - expected).subs(x, sp.Rational(-7, 5)).evalf(20)) < 1e-18


@pytest.mark.parametrize(
    ("f", "mollifier"),
    [("tanh(x)", "gaussian"), ("Max(x, 0)", "bump"), ("log(1 + exp(x))", "uniform")],
)
def test_quadrature_gives_the_digits(f: str, mollifier: str) -> None:
    smooth = mollify(f, x, mollifier, "0.5")
    assert smooth.method == "quadrature"
    kernel = smooth.compile()
    exact = kernel.reference(0.25, digits=32)
    density = sp.lambdify(U, unfold(MOLLIFIERS[mollifier].density), "mpmath")
    function = sp.lambdify(x, sp.sympify(f), "mpmath")
    ends = [-1, 0, mpmath.mpf(1) / 2, 1] if mollifier != "gaussian" else [-20, -5, 0, 5, 20]
    with mpmath.workdps(34):
        value = mpmath.quad(lambda t: function(mpmath.mpf(1) / 4 - t / 2) * density(t), ends)
        assert abs(value - exact) < mpmath.mpf(10) ** -28
    assert kernel(0.25) == pytest.approx(float(exact), rel=1e-13)


def test_kernels_of_quadrature_are_pickled() -> None:
    kernel = mollify("tanh(x)", x, "uniform").compile()
    again = pickle.loads(pickle.dumps(kernel))
    assert again == kernel
    assert np.isclose(again(0.5), kernel(0.5))


@pytest.mark.parametrize("mollifier", ["gaussian", "logistic", "laplace"])
def test_exponentials_prove_themselves(mollifier: str) -> None:
    smooth = mollify("exp(-2*x)*Heaviside(x) + Max(x, 0)", x, mollifier, "0.3")
    assert len(smooth.derivation.steps) >= 3
    assert smooth.sup_error is not None
    assert float(smooth.sup_error) >= 0.5


@pytest.mark.parametrize(
    ("density", "support", "tail", "degree", "rate"),
    [
        ("exp(-t**4)/(2*gamma(5/4))", (-sp.oo, sp.oo), "gaussian", None, sp.oo),
        ("1/(2*cosh(t)**2)", (-sp.oo, sp.oo), "exponential", None, 2),
        ("1/(pi*(1+t**2))", (-sp.oo, sp.oo), "algebraic", 0, 0),
        ("8/(3*pi*sqrt(5))/(1+t**2/5)**3", (-sp.oo, sp.oo), "algebraic", 4, 0),
        ("3/t**4", (1, sp.oo), "algebraic", 2, 0),
    ],
)
def test_tails_of_ones_own(density: str, support: Any, tail: str, degree: Any, rate: Any) -> None:
    mollifier = Mollifier(density, support=support)
    assert (mollifier.tail_class, mollifier.degree) == (tail, degree)
    assert mollifier.law.rate == rate


# By mpmath's quad between the breaks, and by the integral along the imaginary axis, at 40 digits.
WITHOUT_CLOSED_FORM = [
    (
        "Piecewise((x, x > 0), (exp(x) - 1, True))",
        "student_t2",
        sp.sqrt(2) / 3,
        sp.pi / 3,
        "1.078529211471263008282789201251907883456",
    ),
    (
        "sin(x)*Heaviside(x)",
        "cauchy",
        sp.Rational(1, 3),
        sp.Rational(-5, 3),
        "0.01930750659431061241721812985429562526303",
    ),
]


@pytest.mark.parametrize(
    ("f", "mollifier", "bandwidth", "at", "text"), WITHOUT_CLOSED_FORM, ids=["elu", "sine"]
)
def test_convolutions_have_values_without_infinities(
    f: str, mollifier: str, bandwidth: Any, at: Any, text: str
) -> None:
    smooth = mollify(f, x, mollifier, bandwidth)
    assert smooth.method == "quadrature"
    assert not smooth.expr.has(sp.oo, sp.nan, sp.zoo)
    with mpmath.workdps(45):
        value = mpmath.mpf(str(smooth.expr.subs(x, at).evalf(40)))
        assert abs(value - mpmath.mpf(text)) < mpmath.mpf(10) ** -38
    slope = smooth.diff().expr.subs(x, at).evalf(20)
    step = sp.Rational(1, 10**8)
    ends = [smooth.expr.subs(x, at + sign * step).evalf(30) for sign in (1, -1)]
    assert abs((ends[0] - ends[1]) / (2 * step) - slope) < 1e-14


def test_values_far_below_the_smallest_number_are_found() -> None:
    # The two ramps of a soft threshold cancel to e^(-700^2/2).
    smooth = mollify("sign(x)*Max(Abs(x) - 1, 0)", x, "gaussian", "1/1000")
    value = smooth.expr.subs(x, sp.Rational(3, 10)).evalf(20)
    assert str(value) == "5.7895529489264658593e-106412"


def test_a_double_exponential_density_has_values() -> None:
    # Quadrature comes to exp(-exp(10**40)).
    gumbel = Mollifier("exp(-t - exp(-t))")
    assert abs(gumbel.moment(1) - sp.EulerGamma.n(40)) < sp.Float("1e-38", 40)
    smooth = mollify("Max(x, 0)", "x", gumbel).expr.subs("x", 1).evalf(30)
    x = mpmath.mpf(1)
    # The integral of exp(-exp(-t)) up to x is E1(exp(-x)).
    assert abs(smooth - sp.Float(str(mpmath.e1(mpmath.exp(-x))), 15)) < 1e-14
