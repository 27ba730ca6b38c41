"""The derivation of an answer: real steps, each checked."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from symnum.approximation import minimax
from symnum.derivation import Derivation

x = sp.Symbol("x")


@pytest.mark.parametrize(
    ("target", "interval", "options", "reasons"),
    [
        (
            "exp(x)",
            (-1, 1),
            {"degree": 3},
            ["slope vanishes", "extreme size", "functional", "derivative of order 4"],
        ),
        (
            "exp(x)",
            (-1, 1),
            {"degree": 2, "weight": "relative"},
            ["slope vanishes", "functional", "up to a thousandth"],
        ),
        (
            "exp(x)",
            (-1, 1),
            {"form": "rational", "degree": (1, 1)},
            ["denominator", "up to a thousandth"],
        ),
        (
            "erf(x)",
            (0, 4),
            {"form": "tanh(a*x)", "params": ["a"]},
            ["Descartes", "up to a thousandth"],
        ),
        (
            "log(1+exp(x))",
            (-20, 20),
            {"form": "(x+sqrt(x**2+b))/2", "params": ["b"]},
            ["monotone in b"],
        ),
        (
            "(exp(x)-1-x)/x**2",
            (-1, 1),
            {"degree": 6, "weight": "exp(x)/x**2"},
            ["grows just before", "falls just after", "functional"],
        ),
        (
            "sin(x)",
            (0, 2),
            {"form": "a*tanh(b*x)", "params": ["a", "b"]},
            ["ratio of two members", "up to a thousandth"],
        ),
    ],
    ids=["polynomial", "relative", "rational", "tanh", "squareplus", "tiny", "ratio"],
)
def test_steps(target: str, interval: Any, options: dict[str, Any], reasons: list[str]) -> None:
    fit = minimax(target, x, interval, **options)
    derivation = fit.derivation
    assert isinstance(derivation, Derivation)
    assert derivation is fit.derivation
    assert derivation.level in ("exact", "interval")
    whys = [step.why for step in derivation.steps]
    for reason in reasons:
        assert any(reason in why for why in whys), (reason, whys)
    assert derivation.expr == fit.exact_expr
    assert len([why for why in whys if "extreme size" in why]) == len(fit.alternation)


def test_the_lower_bound_comes_from_a_functional() -> None:
    fit = minimax("exp(x)", x, (0, 1), degree=1)
    step = next(step for step in fit.derivation.steps if "over its norm" in step.why)
    bound = step.claim.lhs
    error = sp.Rational("0.105933416257783260320753144528508")
    assert error * (1 - sp.Rational(1, 10**8)) < bound < error
