"""Every derivation of the gallery is tested by these loops; a new file needs no test of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

import symnum as sn
from symnum import catalogue
from symnum.report import Page, build_page, figure_svg
from symnum.report.values import flatten

DATA = Path(__file__).resolve().parents[1] / "data"
TABLE = {
    row["name"]: row
    for row in json.loads((DATA / "gallery_table.json").read_text(encoding="utf-8"))["rows"]
}
VALUES = json.loads((DATA / "gallery_values.json").read_text(encoding="utf-8"))["rows"]
NAMES = sn.gallery()


@cache
def page(name: str) -> Page:
    """Derive once, from scratch, for all tests of this row."""
    row = catalogue.row(name)
    return build_page(
        row.derive,
        ranges=row.ranges,
        tails=row.tails,
        plot=row.plot,
        findings=row.findings,
        peers=row.peers,
    )


def facts() -> Iterator[tuple[str, int]]:
    for name in NAMES:
        yield from ((name, index) for index in range(len(VALUES.get(name, {"facts": []})["facts"])))


@pytest.mark.parametrize("name", NAMES)
def test_row_is_in_its_chapter_and_has_its_arguments(name: str) -> None:
    expected, row = TABLE[name], catalogue.row(name)
    assert row.chapter == expected["chapter"]
    assert [str(argument) for argument in page(name).kernel.args] == expected["args"]
    assert set(row.ranges) == set(expected["args"])
    if isinstance(page(name).derivation.expr, dict):
        assert list(page(name).derivation.expr) == expected["outputs"]


@pytest.mark.parametrize("name", NAMES)
def test_row_proves_enough(name: str) -> None:
    derivation = page(name).derivation
    assert len(derivation.steps) >= 4
    assert derivation.name == name
    assert " / " in derivation.title
    assert derivation.source
    levels = [step.certificate.level for step in derivation.steps]
    strong = sum(level in ("exact", "interval") for level in levels)
    assert strong >= 0.6 * len(levels), levels


@pytest.mark.parametrize("name", NAMES)
def test_constants_have_their_names_and_digits(name: str) -> None:
    constants = page(name).derivation.constants
    assert sorted(constants) == sorted(TABLE[name]["constants"])
    for value in constants.values():
        assert value.is_Rational or not value.has(sympy.Float) or value._prec >= 98


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_mutants_die_or_are_explained(name: str) -> None:
    assert catalogue.row(name).derive().mutants().unexplained == ()


def rounding_effects(kernel: sn.Kernel, point: list[float], exact: list[mpmath.mpf]) -> list[float]:
    """How much the values change when each argument is rounded by half a unit."""
    effects = [0.0] * len(exact)
    for place, value in enumerate(point):
        moved: list[Any] = list(point)
        moved[place] = Fraction(value) * (1 + Fraction(1, 2**53))
        for k, other in enumerate(flatten(kernel.reference(*moved, digits=40))):
            effects[k] += float(abs(other - exact[k]))
    return effects


@pytest.mark.parametrize(("name", "index"), list(facts()))
def test_kernel_gives_the_reference_values(name: str, index: int) -> None:
    fact = VALUES[name]["facts"][index]
    point = [float(text) for text in fact["at"]]
    kernel = page(name).kernel
    values = flatten(kernel(*point))
    exact = flatten(kernel.reference(*point, digits=40))
    assert len(values) == len(fact["values"])
    effects = rounding_effects(kernel, point, exact)
    for value, text, truth, effect in zip(values, fact["values"], exact, effects, strict=True):
        with mpmath.workdps(40):
            stated = mpmath.mpf(text)
            assert abs(truth - stated) <= 1e-23 * abs(stated)
        assert abs(value - float(text)) <= 2e-14 * abs(float(text)) + 4 * effect


@pytest.mark.parametrize("name", NAMES)
def test_kernel_answers_in_the_tails(name: str) -> None:
    for tail in page(name).measurement.tails:
        assert all(np.isfinite(value) for value in tail.values), tail
        assert np.isfinite(tail.ulp)


def outside(domain: sn.Interval) -> list[float]:
    """Return numbers just outside of a domain, and its open ends."""
    low, high = float(domain.low), float(domain.high)
    beyond = [np.nextafter(low, -np.inf), low - 5, np.nextafter(high, np.inf), high + 5]
    ends = [low] * domain.left_open + [high] * domain.right_open
    return [float(value) for value in [*beyond, *ends] if np.isfinite(value)]


@pytest.mark.parametrize("name", NAMES)
def test_kernel_gives_no_number_outside_of_the_domain(name: str) -> None:
    kernel, domain = page(name).kernel, page(name).derivation.domain
    inside = [sum(catalogue.row(name).ranges[str(argument)]) / 2 for argument in kernel.args]
    for place, argument in enumerate(kernel.args):
        for value in outside(domain[argument]):
            point = [*inside[:place], value, *inside[place + 1 :]]
            assert all(np.isnan(flatten(kernel(*point)))), (argument, value)


# Conditions that join arguments, which the domain of a single one does not show.
JOINT = {
    "ddim": {"bbar_p": 0.5, "sigma": 0.50001},
    "gaussian_divergences": {"p11": 1.0, "p12": 1.0, "p22": 1.0},
    "linear_attention": {"c1": -1.0, "c2": -1.0},
    "newton_raphson": {"f1": 0.0},
    "nystrom_attention": {"a": 4.0, "z": 0.5},
    "perturbation_ode": {"eps": 1.0, "a": 1.0},
    "whitening_beta_gamma": {"c11": 1.0, "c12": -1.0, "c22": 1.0},
}


@pytest.mark.parametrize("name", JOINT)
def test_kernel_respects_joint_conditions(name: str) -> None:
    kernel, ranges = page(name).kernel, catalogue.row(name).ranges
    point = {str(argument): sum(ranges[str(argument)]) / 2 for argument in kernel.args}
    assert all(np.isfinite(flatten(kernel(*point.values()))))
    assert all(np.isnan(flatten(kernel(*{**point, **JOINT[name]}.values()))))


@pytest.mark.parametrize("name", NAMES)
def test_invalid_entries_stay_visible(name: str) -> None:
    kernel, ranges = page(name).kernel, catalogue.row(name).ranges
    inside = [sum(ranges[str(argument)]) / 2 for argument in kernel.args]
    for place, argument in enumerate(kernel.args):
        values = flatten(kernel(*[*inside[:place], np.nan, *inside[place + 1 :]]))
        for value, entry in zip(values, flatten(kernel.expr), strict=True):
            assert np.isnan(value) or argument not in entry.free_symbols, argument


@pytest.mark.parametrize("name", NAMES)
def test_kernel_is_not_behind_its_peers_in_the_tails(name: str) -> None:
    rows = page(name).measurement.peers
    for row in rows:
        assert row.kernel <= 1e-13, row
        assert set(row.peers) == set(rows[0].peers)


@pytest.mark.parametrize("name", NAMES)
def test_page_has_a_plot_and_the_words(name: str) -> None:
    text = page(name).derivation.to_html()
    for step in page(name).derivation.steps:
        assert step.certificate.level in text
    plot = catalogue.row(name).plot
    assert plot is not None
    svg = figure_svg(plot, page(name).derivation)
    assert svg.startswith("<svg")
    assert svg.count("<path") > 10


@pytest.mark.parametrize("name", NAMES)
def test_recorded_figures_are_up_to_date(name: str) -> None:
    recorded = catalogue.figures()[name]
    derivation = page(name).derivation
    assert recorded["level"] == derivation.level
    assert recorded["steps"] == len(derivation.steps)
    listed = (catalogue.gallery_folder() / "TABLE.md").read_text(encoding="utf-8")
    assert f"[{name}](" in listed
