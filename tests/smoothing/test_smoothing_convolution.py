from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

import symnum as sn
from symnum.expressions.named_functions import unfold
from symnum.reference import ulp_distance
from symnum.smoothing import MOLLIFIERS, NonIntegrableGrowth, NormalRamp, jump_form, mollify
from symnum.smoothing.mollifiers.mollifier import U

DATA = Path(__file__).resolve().parents[1] / "data"
ROWS = json.loads((DATA / "smoothing_closed_forms.json").read_text(encoding="utf-8"))["rows"]
TAILS = json.loads((DATA / "smoothing_tails.json").read_text(encoding="utf-8"))["values"]
x = sp.Symbol("x")
h = sp.Symbol("h", positive=True)


def agrees(value: Any, text: str, digits: int = 28) -> bool:
    with mpmath.workdps(40):
        exact = mpmath.mpf(text)
        return bool(abs(mpmath.mpf(str(value)) - exact) <= mpmath.mpf(10) ** -digits)


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['name']}-{r['mollifier']}")
def test_closed_form_has_the_reference_values(row: dict[str, Any]) -> None:
    smooth = mollify(
        row["f"],
        "x",
        row["mollifier"],
        row["bandwidth"],
        principal_value=row["principal_value"],
    )
    for point, text in row["values"].items():
        value = smooth.expr.subs(x, sp.Rational(point)).evalf(40)
        assert agrees(value, text), (point, value, text)


@pytest.mark.parametrize("name", MOLLIFIERS)
def test_each_antiderivative_integrates_the_one_before(name: str) -> None:
    mollifier = MOLLIFIERS[name]
    step = sp.Rational(1, 10**8)
    for m in (1, 2, 3):
        above, below = (unfold(mollifier.antiderivative(j)) for j in (m, m - 1))
        for at in (sp.Rational(-7, 3), sp.Rational(-1, 3), sp.Rational(2, 5), sp.Rational(5, 2)):
            slope = (above.subs(U, at + step) - above.subs(U, at - step)) / (2 * step)
            difference = (slope - below.subs(U, at)).evalf(40)
            assert abs(difference) < 1e-14


@pytest.mark.parametrize("name", MOLLIFIERS)
def test_mass_is_one_and_odd_moments_vanish(name: str) -> None:
    mollifier = MOLLIFIERS[name]
    assert mollifier.moment(0) == 1
    assert mollifier.moment(3) == 0
    assert float(unfold(mollifier.cdf).subs(U, 10**9)) == pytest.approx(1, rel=1e-8)


@pytest.mark.parametrize(
    ("f", "jumps"),
    [
        ("Abs(x - 1)", ((1, 1, 2),)),
        ("Max(-1, Min(x, 1))", ((-1, 1, 1), (1, 1, -1))),
        ("Abs(Abs(x) - 1)", ((-1, 1, 2), (0, 1, -2), (1, 1, 2))),
        ("Piecewise((0, x < 0), (x**2, True))", ((0, 2, 2),)),
        ("sign(x)*x", ((0, 1, 2),)),
        ("Heaviside(x**2 - 2)", ((-sp.sqrt(2), 0, -1), (sp.sqrt(2), 0, 1))),
        ("x**3 + 1", ()),
        ("Max(x, 0, 1 - x)", ((sp.Rational(1, 2), 1, 2),)),
        # The inner function has no value beyond 1, where it is not in force.
        (
            "Piecewise((Piecewise((1, x < 0), (x + 1, x < 1)), x < 1), (2, True))",
            ((0, 1, 1), (1, 1, -1)),
        ),
    ],
)
def test_jump_form(f: str, jumps: tuple[Any, ...]) -> None:
    assert jump_form(f, "x").jumps == jumps


def test_breaks_may_be_parameters_whose_order_is_known() -> None:
    a = sp.Symbol("a", positive=True)
    assert jump_form(sp.Max(-a, sp.Min(x, a)), x).jumps == ((-a, 1, 1), (a, 1, -1))
    b = sp.Symbol("b", real=True)
    with pytest.raises(ValueError, match="assumptions"):
        jump_form(sp.Abs(x - b) + sp.Abs(x), x)


@pytest.mark.parametrize(
    ("f", "mollifier", "words"),
    [
        ("Max(x, 0)", "cauchy", ["cauchy", "grows like x to the right", "diverges"]),
        ("Abs(x)", "cauchy", ["diverges"]),
        ("x", "cauchy", ["principal_value=True"]),
        ("floor(x)", "cauchy", ["principal_value=True"]),
        ("x**2", "student_t2", ["order 2", "diverges"]),
    ],
)
def test_growth_is_refused_with_its_reason(f: str, mollifier: str, words: list[str]) -> None:
    with pytest.raises(NonIntegrableGrowth) as refused:
        mollify(f, x, mollifier, h)
    assert all(word in str(refused.value) for word in words), refused.value


@pytest.mark.parametrize(
    "bandwidth", [0, -1, float("nan"), sp.oo, sp.I, "1 + ", "wide", "oo", sp.Symbol("k")], ids=str
)
def test_bandwidth_must_be_positive(bandwidth: Any) -> None:
    with pytest.raises(ValueError, match=r"bandwidth.*positive"):
        mollify("Max(x, 0)", x, "gaussian", bandwidth)


def test_unknown_mollifier_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"expected one of .*gaussian.*got 'gausian'"):
        mollify("Max(x, 0)", x, "gausian")


def test_other_functions_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="polynomial"):
        jump_form("exp(x)*Heaviside(x)", x)


@pytest.mark.parametrize(
    ("f", "mollifier", "bound"),
    [
        ("Max(x, 0)", "gaussian", h / sp.sqrt(2 * sp.pi)),
        ("Max(x, 0)", "logistic", h * sp.log(2)),
        ("sign(x)", "cauchy", sp.Integer(1)),
        ("Max(-1, Min(x, 1))", "cauchy", None),
    ],
)
def test_sup_error(f: str, mollifier: str, bound: sp.Expr | None) -> None:
    found = mollify(f, x, mollifier, h).sup_error
    assert found is None if bound is None else sp.simplify(found - bound) == 0


@pytest.fixture(scope="module")
def ramp() -> sn.Kernel:
    return sn.lambdify("u", NormalRamp(sp.Symbol("u")))


def test_ramp_keeps_its_digits_in_the_tail(ramp: sn.Kernel) -> None:
    points = np.array([float(text) for text in TAILS["smoothed_relu"]])
    for value, text in zip(ramp(points), TAILS["smoothed_relu"].values(), strict=True):
        assert ulp_distance(value, mpmath.mpf(text)) < 6, (value, text)


def test_ramp_is_right_on_the_whole_line(ramp: sn.Kernel) -> None:
    assert ramp.accuracy({"u": (-37.0, 8.0)}, n=2000).max_ulp < 6


def test_a_smoothing_proves_itself() -> None:
    smooth = mollify("Abs(x - 1)", "x", "gaussian", h)
    assert smooth.derivation.level in ("exact", "identity")
    assert len(smooth.derivation.steps) >= 4
    kernel = smooth.compile()
    assert [str(argument) for argument in kernel.args] == ["x", "h"]
    assert kernel(1.0, 0.5) == pytest.approx(np.sqrt(2 / np.pi) / 2, rel=1e-15)
