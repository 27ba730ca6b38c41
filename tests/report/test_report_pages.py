"""Pages of a site, peers beside a kernel, and what a measurement says in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import symnum as sn
from symnum.commands import gallery_run
from symnum.report import Neighbours, Page, build_page, write_failure, write_index, write_page
from symnum.report.html import page_as_html
from symnum.report.measurement import measure_sensitivity
from symnum.report.peers import measure_peers, shown_error

x = sympy.Symbol("x")


def missing(x: float) -> float:
    raise ImportError("not installed")


def refusing(x: float) -> float:
    raise ValueError("out of range")


PEERS = {
    "plain": lambda x: {"log": np.log(1 + x)},
    "missing": missing,
    "refusing": refusing,
}


@pytest.fixture(scope="module")
def content() -> Page:
    def derive() -> sn.Derivation:
        d = sn.Derivation("example", "One / 一", domain={x: sn.Interval(-1, 1, left_open=True)})
        d.equal(x + x, 2 * x, why="a sum")
        d.equal(sympy.log(1 + x), sympy.log(x + 1), why="the same")
        d.result({"log": sympy.log(1 + x), "double": 2 * x}, args=["x"])
        return d

    return build_page(
        derive, ranges={"x": (0.0, 1.0)}, tails=({"x": 1e-9}, {"x": 0.5}), peers=PEERS
    )


def test_peers_stand_beside_the_kernel(content: Page) -> None:
    tiny, half = content.measurement.peers
    assert list(tiny.peers) == ["plain", "refusing"]
    assert tiny.kernel < 1e-15
    assert tiny.peers["plain"] == pytest.approx(8.274e-8, rel=1e-3)
    assert half.peers["plain"] < 1e-15
    assert np.isnan(half.peers["refusing"])


@pytest.mark.parametrize(
    ("error", "text"),
    [(0.0, "0"), (1e-9, "1.0e-09"), (0.7, "no digit"), (np.inf, "not 0"), (np.nan, "no number")],
)
def test_errors_in_words(error: float, text: str) -> None:
    assert shown_error(error) == text


def test_peers_of_results_that_are_zero_or_too_large() -> None:
    kernel = sn.lambdify("x", sympy.exp(x) - 1)
    points = [{"x": 0.0}, {"x": 1000.0}]
    rows = measure_peers(kernel, points, {"noise": lambda x: np.exp(x) + 1e-17 - 1})
    assert [shown_error(row.peers["noise"]) for row in rows] == ["0", "0"]
    rows = measure_peers(kernel, points, {"wrong": lambda x: 1e-17})
    assert [shown_error(row.peers["wrong"]) for row in rows] == ["not 0", "no number"]
    assert measure_peers(kernel, points, {"missing": missing}) == ()


def test_a_page_shows_peers_speed_and_its_neighbours(content: Page) -> None:
    text = page_as_html(content, Neighbours("before", "after"))
    assert "<th>plain</th><th>refusing</th>" in text
    assert "<td>no number</td>" in text
    assert text.count('<a rel="prev" href="before.html">') == 2
    assert text.count('<a rel="next" href="after.html">') == 2
    assert 'href="index.html"' in text
    assert "mpmath" in text
    assert "<nav" not in page_as_html(content)
    assert "rel=" not in page_as_html(content, Neighbours())


def test_the_effect_of_rounded_arguments() -> None:
    kernel = sn.lambdify("x", x - sympy.Rational(1, 2) + 0 * x)
    assert measure_sensitivity(kernel, {"x": 1.0}, 0) == pytest.approx(1.0)
    near = measure_sensitivity(kernel, {"x": 0.5 + 2.0**-40}, 0)
    assert near == pytest.approx(2.0**38, rel=1e-3)


def test_an_index_links_to_what_failed_as_well(tmp_path: Path, content: Page) -> None:
    figures = {"level": "exact", "steps": 4, "max_ulp": 1234.5678, "rounding_ulp": 400.0}
    rows: list[tuple[str, str, str, dict[str, Any]]] = [
        ("classical", "one", "One / 一", figures),
        ("classical", "two", "", {}),
    ]
    write_page(content, tmp_path / "one.html", Neighbours("", "two"))
    write_failure("two", "refuted: 1 < 0", tmp_path / "two.html", Neighbours("one", ""))
    write_index(rows, tmp_path)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<td>1235</td>" in index
    assert "<td>failed</td>" in index
    assert '<a href="two.html">two</a>' in index
    failed = (tmp_path / "two.html").read_text(encoding="utf-8")
    assert "refuted: 1 &lt; 0" in failed
    assert 'href="one.html"' in failed


def test_a_failed_row_leaves_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from symnum import catalogue

    (tmp_path / "classical").mkdir()
    source = "import symnum as sn\nRANGES = {}\ndef derive():\n    d = sn.Derivation('wrong')\n"
    source += "    d.equal(1, 2, why='false')\n"
    (tmp_path / "classical" / "wrong.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(catalogue, "gallery_folder", lambda: tmp_path)
    outcome = gallery_run.run_row("wrong", tmp_path, ("before", "after"))
    assert outcome.failure
    assert not outcome.figures
    text = (tmp_path / "wrong.html").read_text(encoding="utf-8")
    assert "This derivation failed" in text
    assert 'href="after.html"' in text
