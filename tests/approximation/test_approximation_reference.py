"""Best approximations against values of 40 digits that were computed elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mpmath
import pytest

from symnum.approximation import Minimax, minimax

DATA = Path(__file__).parents[1] / "data" / "minimax_reference.json"
CASES = json.loads(DATA.read_text(encoding="utf-8"))["cases"]
CTX = mpmath.mp.clone()
CTX.dps = 45


def solved(case: dict[str, Any]) -> Minimax:
    if case["form"] in ("polynomial", "rational"):
        return minimax(
            case["target"],
            "x",
            case["interval"],
            form=case["form"],
            degree=case["degree"],
            weight=case["weight"],
        )
    return minimax(case["target"], "x", case["interval"], form=case["form"], params=case["params"])


def close(value: Any, text: str, digits: int) -> bool:
    exact = CTX.mpf(text)
    return bool(abs(CTX.make_mpf(value._mpf_) - exact) <= abs(exact) * CTX.mpf(10) ** -digits)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_digit(case: dict[str, Any]) -> None:
    fit = solved(case)
    params = {str(name): value for name, value in fit.params.items()}
    for name, text in zip(case["params"], case["values"], strict=True):
        assert close(params[name], text, 30), name
    assert close(fit.error, case["error"], 30)
    lower, upper = (CTX.make_mpf(bound._mpf_) for bound in fit.error_bounds)
    error = CTX.mpf(case["error"])
    # The reference is rounded to 40 digits.
    assert lower <= error * (1 + CTX.mpf(10) ** -38)
    assert upper >= error * (1 - CTX.mpf(10) ** -38)
    assert (upper - lower) / error < CTX.mpf(10) ** -10
    assert len(fit.alternation) == len(case["alternation"])
    for place, text in zip(fit.alternation, case["alternation"], strict=True):
        assert abs(CTX.make_mpf(place._mpf_) - CTX.mpf(text)) < CTX.mpf(10) ** -18


def test_more_digits_agree_with_fewer() -> None:
    few = minimax("exp(x)", "x", (0, 1), degree=3, digits=12)
    many = minimax("exp(x)", "x", (0, 1), degree=3, digits=60)
    assert abs(few.error - many.error) < few.error * mpmath.mpf(10) ** -12
    assert CTX.nstr(CTX.make_mpf(many.error._mpf_), 40) == CTX.nstr(
        CTX.make_mpf(minimax("exp(x)", "x", (0, 1), degree=3, digits=45).error._mpf_), 40
    )


def test_the_global_precision_is_left_alone() -> None:
    before = mpmath.mp.dps
    minimax("exp(x)", "x", (0, 1), degree=2, digits=50)
    assert mpmath.mp.dps == before
