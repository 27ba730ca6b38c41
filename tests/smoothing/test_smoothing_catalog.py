"""The catalogue: names, formulas, origins, parameters, refusals."""

from __future__ import annotations

import math
import pickle
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.approximation import minimax
from symnum.expressions.named_functions import unfold
from symnum.smoothing import CATALOG
from symnum.smoothing.catalog.constants import RECIPES
from symnum.smoothing.catalog.rows import X

NAMES = [
    "softplus",
    "squareplus",
    "gelu",
    "gelu_tanh",
    "gelu_sigmoid",
    "smoothed_relu",
    "silu",
    "mish",
    "elu",
    "celu",
    "selu",
    "log_sigmoid",
    "log_cosh",
    "pseudo_huber",
    "huber",
    "smelu",
    "softsign",
    "tanhshrink",
    "softshrink",
    "hard_swish",
    "hard_sigmoid",
    "hard_tanh",
    "relu6",
    "smoothstep",
    "smootherstep",
    "welsch",
    "geman_mcclure",
    "cauchy_loss",
    "lisht",
]

# Written a second time, in doubles.
SECOND = {
    "softplus": lambda x: math.log1p(math.exp(x)),
    "squareplus": lambda x: (x + math.sqrt(x * x + 4)) / 2,
    "gelu": lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
    "gelu_tanh": lambda x: (
        0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    ),
    "gelu_sigmoid": lambda x: x / (1 + math.exp(-1.702 * x)),
    "smoothed_relu": lambda x: (
        x * math.erfc(-x / math.sqrt(2)) / 2 + math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    ),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "celu": lambda x: max(x, 0) + min(0, math.expm1(x)),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "log_sigmoid": lambda x: -math.log1p(math.exp(-x)),
    "log_cosh": lambda x: math.log(math.cosh(x)),
    "pseudo_huber": lambda x: math.hypot(1, x) - 1,
    "huber": lambda x: x * x / 2 if abs(x) <= 1 else abs(x) - 0.5,
    "smelu": lambda x: 0.0 if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4,
    "softsign": lambda x: x / (1 + abs(x)),
    "tanhshrink": lambda x: x - math.tanh(x),
    "softshrink": lambda x: math.copysign(max(abs(x) - 0.5, 0.0), x),
    "hard_swish": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "hard_sigmoid": lambda x: min(max(x + 3, 0), 6) / 6,
    "hard_tanh": lambda x: min(max(x, -1), 1),
    "relu6": lambda x: min(max(x, 0), 6),
    "smoothstep": lambda x: 0.0 if x <= 0 else 1.0 if x >= 1 else x * x * (3 - 2 * x),
    "smootherstep": lambda x: (
        0.0 if x <= 0 else 1.0 if x >= 1 else x**3 * (10 - 15 * x + 6 * x * x)
    ),
    "welsch": lambda x: 1 - math.exp(-x * x / 2),
    "geman_mcclure": lambda x: x * x / (2 * (1 + x * x)),
    "cauchy_loss": lambda x: math.log1p(x * x / 2),
    "lisht": lambda x: x * math.tanh(x),
}
POINTS = np.array([-7.25, -3.0, -1.0, -0.625, -0.125, 0.0, 0.375, 0.5, 1.0, 2.75, 6.0, 9.5])


def test_all_names_are_there() -> None:
    assert set(NAMES) <= set(CATALOG)
    assert list(CATALOG) == sorted(CATALOG)


@pytest.mark.parametrize("name", NAMES)
def test_kernel_agrees_with_a_second_writing(name: str) -> None:
    values = CATALOG[name].compile()(POINTS)
    expected = [SECOND[name](float(x)) for x in POINTS]
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", list(CATALOG))
def test_formula_is_exact_and_form_equals_it(name: str) -> None:
    entry = CATALOG[name]
    assert entry.expr.free_symbols == {X}
    assert not entry.expr.has(sp.Float, sp.nan, sp.zoo, sp.oo)
    for place in ("-9/4", "-1/3", "1/7", "5/3", "31/4"):
        at = {X: sp.Rational(place)}
        exact, compiled = (sp.N(side.subs(at), 40) for side in (entry.expr, entry.form.expr))
        assert abs(exact - compiled) <= sp.Float("1e-36", 40) * (1 + abs(exact))


@pytest.mark.parametrize("name", [name for name in CATALOG if CATALOG[name].origin is not None])
def test_origin_is_the_convolution(name: str) -> None:
    """Integrate the definition by quadrature, split at the kinks."""
    from symnum.smoothing.catalog.proofs import convolved

    entry = CATALOG[name]
    origin = entry.origin
    assert origin is not None
    density = convolved(origin).mollifier.density
    (symbol,) = density.free_symbols
    h = float(origin.bandwidth)
    weight = sp.lambdify(symbol, unfold(density), "mpmath")
    f, factor, offset = (
        sp.lambdify(X, side, ["mpmath", {"Heaviside": lambda t, *_: mpmath.mpf(t > 0)}])
        for side in origin[:1] + origin[3:]
    )
    place = 0.4
    kinks = sorted(
        {(place - k) / h for k in (-3, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3)} | {-1.0, 1.0}
    )
    ends = [-mpmath.inf, *kinks, mpmath.inf]
    smooth = mpmath.quad(lambda t: f(place - h * t) * weight(t), ends)
    value = factor(place) * smooth + offset(place)
    assert float(value) == pytest.approx(float(entry.expr.subs(X, place)), abs=2e-7)


QUICK = ("gelu", "silu", "log_cosh", "huber", "pseudo_huber", "squareplus", "elu", "mish", "selu")


@pytest.mark.parametrize("name", QUICK)
def test_derivation_is_exact(name: str) -> None:
    derivation = CATALOG[name].derivation
    assert derivation.level == "exact"
    assert derivation.expr == CATALOG[name].expr


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CATALOG))
def test_every_derivation_holds(name: str) -> None:
    assert CATALOG[name].derivation.level in ("exact", "interval")


def test_selu_constants_to_thirty_digits() -> None:
    slope = CATALOG["selu"].expr.subs(X, 1).evalf(30)
    deep = CATALOG["selu"].expr.subs(X, -1000).evalf(30)
    assert str(slope) == "1.05070098735548049341933498529"
    assert str(deep / slope)[:29] == "-1.67326324235437728481704299"


@pytest.mark.parametrize("name", list(RECIPES))
def test_best_constants_are_what_the_recipe_gives(name: str) -> None:
    recipe = RECIPES[name]
    fit = minimax(
        recipe.target,
        "x",
        recipe.interval,
        form=recipe.form,
        params={sp.Symbol(key): value for key, value in recipe.values.items()},
        digits=30,
    )
    for symbol, value in fit.params.items():
        stated = recipe.values[symbol.name]
        assert abs(sp.Float(value, 34) - stated) < sp.Rational(1, 10**27)
        assert stated in CATALOG[name].params.values()
    assert abs(sp.Float(fit.error, 34) - recipe.error) < sp.Rational(1, 10**27)
    assert recipe.interval == (0, sp.oo)
    assert any("holds on [0, oo]" in note for note in fit.notes)


@pytest.mark.parametrize(
    ("name", "published"),
    [("gelu_sigmoid_minimax", "gelu_sigmoid"), ("gelu_tanh_minimax", "gelu_tanh")],
)
def test_best_constants_beat_the_published_ones(name: str, published: str) -> None:
    points = np.linspace(-9.0, 9.0, 20_001)
    exact = CATALOG["gelu"].compile()(points)
    errors = [
        float(np.max(np.abs(CATALOG[form].compile()(points) - exact))) for form in (name, published)
    ]
    assert errors[0] < 0.85 * errors[1]
    assert errors[0] == pytest.approx(float(RECIPES[name].error), rel=1e-6)


def test_other_values_of_parameters() -> None:
    entry = CATALOG["squareplus"](b=1)
    assert entry.expr == X / 2 + sp.sqrt(X**2 + 1) / 2
    assert entry.params["b"] == 1
    assert CATALOG["squareplus"].params["b"] == 4
    assert CATALOG["swish"](beta=2.5).params["beta"] == sp.Rational(5, 2)
    assert CATALOG["huber"](delta="1/3").compile()(2.0) == pytest.approx((2 - 1 / 6) / 3, rel=1e-15)
    assert CATALOG["squareplus"](b=0).origin is None
    assert CATALOG["pseudo_huber"](delta=sp.sqrt(2)).compile()(1e200) == pytest.approx(
        math.sqrt(2) * 1e200, rel=1e-15
    )


def test_a_parameter_may_be_a_symbol() -> None:
    delta = sp.Symbol("delta", positive=True)
    entry = CATALOG["pseudo_huber"](delta=delta)
    assert entry.symbols == (X, delta)
    assert entry.compile()(1e-9, 2.0) == pytest.approx(5e-19, rel=1e-15)
    assert entry.derivation.level == "exact"


MISUSES: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("squareplus", {"b": -1}, ValueError, "b: expected finite and at least 0, got -1"),
    ("squareplus", {"b": math.nan}, ValueError, "b: expected finite"),
    ("squareplus", {"c": 1}, TypeError, "squareplus has no parameter 'c'; its parameters: b"),
    ("gelu", {"h": 1}, TypeError, "its parameters: none"),
    ("softplus", {"beta": 0}, ValueError, "beta: expected positive"),
    ("softplus", {"beta": "oo"}, ValueError, "beta: expected positive"),
    ("softplus", {"beta": sp.Symbol("beta")}, ValueError, "declare its assumptions"),
    ("softplus", {"beta": sp.I}, ValueError, "beta: expected positive"),
    ("softplus", {"beta": [1]}, ValueError, "beta: expected positive"),
    ("softplus", {"beta": True}, ValueError, "beta: expected positive"),
    ("softplus", {"beta": X}, ValueError, "x is the variable"),
    ("pinball", {"tau": 2}, ValueError, "tau: expected a number between 0 and 1"),
]


@pytest.mark.parametrize(("name", "values", "error", "text"), MISUSES)
def test_misuse_names_the_parameter(
    name: str, values: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        CATALOG[name](**values)
    assert text in str(caught.value)


def test_unknown_entry_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="squareplus"):
        CATALOG["squareplu"]
    assert "relu" not in CATALOG
    assert CATALOG.get("nothing") is None


def test_entries_are_printed_and_pickled() -> None:
    entry = CATALOG["swish"](beta=3)
    assert str(entry) == "swish(beta=3): x/(1 + exp(-3*x))"
    assert entry._repr_latex_().startswith("$$")
    again = pickle.loads(pickle.dumps(entry))
    assert again.expr == entry.expr
    assert again == entry
