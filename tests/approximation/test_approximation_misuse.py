"""Bad input: refused before any work, naming the argument."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from symnum.approximation import NoBestApproximation, minimax
from symnum.errors import SymnumError
from symnum.expressions import Interval

x, a, y = sp.symbols("x a y")


@pytest.mark.parametrize(
    ("target", "interval", "options", "error", "words"),
    [
        ("exp(x)", (1, 1), {"degree": 2}, ValueError, "interval.*one point"),
        ("exp(x)", (1, 0), {"degree": 2}, ValueError, "interval.*reversed"),
        ("exp(x)", (0, sp.oo), {"degree": 2}, ValueError, "interval.*infinite"),
        ("exp(x)", (0, 1, 2), {"degree": 2}, ValueError, "interval.*pair"),
        ("exp(x)", "0, 1", {"degree": 2}, TypeError, "interval.*pair"),
        ("exp(x)", (0, float("nan")), {"degree": 2}, ValueError, "interval"),
        ("exp(x)", (0, sp.I), {"degree": 2}, ValueError, "interval"),
        ("exp(x)", (0, 1), {}, ValueError, "degree.*needs one number"),
        ("exp(x)", (0, 1), {"degree": -1}, ValueError, "degree.*-1"),
        ("exp(x)", (0, 1), {"degree": 2.5}, ValueError, "degree"),
        ("exp(x)", (0, 1), {"degree": True}, ValueError, "degree"),
        ("exp(x)", (0, 1), {"form": "rational", "degree": 2}, ValueError, "degree.*pair"),
        ("exp(x)", (0, 1), {"form": "rational"}, ValueError, "degree.*pair"),
        ("exp(x)", (0, 1), {"form": "rational", "degree": (1, -1)}, ValueError, "degree.*-1"),
        ("log(x)", (0, 1), {"degree": 2}, ValueError, "target.*near x = "),
        ("sqrt(x)", (-1, 1), {"degree": 2}, ValueError, "target.*near x = "),
        ("1/x", (-1, 1), {"degree": 2}, ValueError, "target.*near x = "),
        ("1/(x - 1/3)", (0, 1), {"degree": 2}, ValueError, r"target.*near x = 0\.3333"),
        ("tan(x)", (0, 2), {"degree": 2}, ValueError, r"target.*near x = 1.5708"),
        ("tan(x)/(x - pi/4)", (0, 1), {"degree": 2}, ValueError, r"target.*near x = 0\.785"),
        ("cos(x)/(x - pi)", (2, 4), {"degree": 2}, ValueError, r"target.*near x = 3\.14159"),
        ("Heaviside(x)", (-1, 1), {"degree": 2}, ValueError, "target.*jumps near x = 0"),
        ("sign(x - 1/3)", (0, 1), {"degree": 2}, ValueError, r"target.*jumps near x = 0\.33333"),
        (
            "Piecewise((x, x < 1/2), (x + 1/1000, True))",
            (0, 1),
            {"degree": 2},
            ValueError,
            r"target.*jumps near x = 0\.5",
        ),
        ("I*x", (0, 1), {"degree": 2}, ValueError, "target"),
        ("exp(x + y)", (0, 1), {"degree": 2}, ValueError, "target.*y"),
        (
            "sin(x)",
            (-1, 1),
            {"degree": 3, "weight": "relative"},
            ValueError,
            "weight.*vanishes near x = ",
        ),
        (
            "exp(x)",
            (0, 1),
            {"degree": 3, "weight": "relativ"},
            ValueError,
            "weight.*did you mean 'relative'",
        ),
        ("exp(x)", (-1, 1), {"degree": 3, "weight": x}, ValueError, "weight.*vanishes"),
        ("exp(x)", (0, 1), {"degree": 3, "weight": "1 + y"}, ValueError, "weight.*y"),
        ("exp(x)", (0, 1), {"degree": 3, "fixed": {"c4": 1}}, ValueError, "fixed.*c4"),
        (
            "exp(x)",
            (0, 1),
            {"form": "rational", "degree": (1, 1), "fixed": {"p0": 1}},
            ValueError,
            "fixed.*rational",
        ),
        ("exp(x)", (0, 1), {"degree": 3, "fixed": [1]}, TypeError, "fixed.*mapping"),
        ("exp(x)", (0, 1), {"degree": 3, "fixed": {"c0": sp.oo}}, ValueError, "fixed.*finite"),
        ("exp(x)", (0, 1), {"degree": 3, "digits": 0}, ValueError, "digits.*0"),
        ("exp(x)", (0, 1), {"degree": 3, "digits": 10.5}, TypeError, "digits"),
        ("exp(x)", (0, 1), {"degree": 3, "params": [a]}, ValueError, "params"),
        ("exp(x)", (0, 1), {"form": "a*x"}, ValueError, "params"),
        ("exp(x)", (0, 1), {"form": "a*x", "params": [a, y]}, ValueError, "params.*no parameter y"),
        ("exp(x)", (0, 1), {"form": "a*x + y", "params": [a]}, ValueError, "form.*y"),
        ("exp(x)", (0, 1), {"form": "a*x", "params": []}, ValueError, "params.*at least one"),
        ("exp(x)", (0, 1), {"form": "a*x", "params": [x, a]}, ValueError, "params.*variable"),
        ("exp(x)", (0, 1), {"form": "a*x", "params": [a], "degree": 2}, ValueError, "degree"),
        (
            "exp(x)",
            (0, 1),
            {"form": "a*x", "params": [a], "fixed": {"b": 2}},
            ValueError,
            "fixed.*b",
        ),
    ],
)
def test_refused(
    target: str, interval: Any, options: dict[str, Any], error: type, words: str
) -> None:
    with pytest.raises(error, match=words):
        minimax(target, x, interval, **options)


def test_assumptions_of_the_variable() -> None:
    positive = sp.Symbol("x", positive=True)
    with pytest.raises(ValueError, match=r"interval.*assumptions"):
        minimax(sp.exp(positive), positive, (-1, 1), degree=2)
    assert minimax(sp.exp(positive), positive, (1, 2), degree=2).error > 0


def test_an_interval_object_is_welcome() -> None:
    assert minimax("exp(x)", "x", Interval(0, 1), degree=1).interval == (0, 1)


def test_failure_shows_the_last_reference() -> None:
    # The best member would need an infinite parameter.
    with pytest.raises(NoBestApproximation, match="last reference") as caught:
        minimax("Max(x, 0)", x, (-1, 1), form="log(1+exp(a*x))/a", params=[a])
    assert isinstance(caught.value, SymnumError)
    assert isinstance(caught.value, ArithmeticError)
    assert caught.value.alternations >= 0
