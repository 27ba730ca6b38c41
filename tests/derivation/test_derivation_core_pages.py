"""Pages: everything a reader needs, escaped, balanced, and the same bytes in every run."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
import sympy as sp

import symnum as sn
from symnum.derivation.falsification import MutationReport, StepMutants, Survivor

x, y = sp.symbols("x y")

PROGRAM = """
import sympy as sp
import symnum as sn
x, y, b = sp.symbols("x y b")
def derive():
    d = sn.Derivation("page", title="A page / 一页", source="Su Jianlin, kexue.fm: 一篇文章",
        domain={x: sn.Interval("-oo", "oo"), y: sn.Interval(0, 1, right_open=True),
                "n": sn.Integers(1, "oo")}, where=x + y < 5)
    d.define("s", x + y, why="a sum")
    d.equal("s**2", "x**2 + 2*x*y + y**2", why="expand the *square*")
    d.equal("x**2 + 2*x*y + y**2", "x*(x + 2*y) + y**2", why="collect x")
    d.equal([x * y, y * x], [y * x, x * y], why="multiplication commutes")
    d.refute(sp.Eq((x + y)**2, x**2 + y**2, evaluate=False), at={x: 1, y: sp.Rational(1, 2), "n": 1},
             why="the slip of a beginner")
    d.equal("2**10", 1024, why="count", name="kibi")
    d.result({"square": "s**2", "same": x*y}, args=["x", "y"])
    return d
"""


@pytest.fixture(scope="module")
def d():
    scope = {}
    exec(PROGRAM, scope)
    return scope["derive"]()


class Balance(HTMLParser):
    """Collects the text and checks that each element is closed where it was opened."""

    VOID = frozenset({"meta", "br", "img", "link", "hr"})

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.words, self.tags = [], [], set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


def read(page):
    balance = Balance()
    balance.feed(page)
    balance.close()
    assert balance.open == []
    return balance


IN_BOTH = [
    "A page / 一页",
    "Su Jianlin, kexue.fm: 一篇文章",
    "a sum",
    "multiplication commutes",
    "refuted:",
    "the slip of a beginner",
    "exact",
    "kibi",
    "1024",
    "Assumptions",
    "Findings",
    "Result",
    "Levels",
    "continues step",
]


@pytest.mark.parametrize("words", IN_BOTH)
def test_words_on_both_pages(d, words):
    assert words in d.to_markdown()
    assert words in " ".join(read(d.to_html()).words)


def test_html_is_self_contained(d):
    page = d.to_html()
    assert page.startswith("<!DOCTYPE html>")
    assert read(page).tags.isdisjoint({"script", "link", "img", "iframe"})
    assert "http" not in page
    assert '<math display="inline"' in page


def test_findings_stand_apart(d):
    markdown = d.to_markdown()
    steps, findings = markdown.split("## Findings")
    assert "refuted" not in steps.split("## Steps")[1]
    assert re.search(r"5\. \*\*refuted:\*\* \$.*fails at.*x = 1.*y = \\frac\{1\}\{2\}", findings)
    assert "\n5." not in steps.split("## Steps")[1]


def test_assumptions_are_domains_and_joint_conditions(d):
    section = d.to_markdown().split("## Assumptions")[1].split("## Steps")[0]
    assert r"$x \in \left(-\infty,\; \infty\right)$" in section
    assert r"$y \in \left[0,\; 1\right)$" in section
    assert re.search(r"\$1 \\le n\\text\{.*integer\}\$", section)
    assert "$x + y < 5$" in section


def test_result_is_shown_as_written_and_expanded(d):
    section = d.to_markdown().split("## Result")[1]
    assert r"\text{square}: s^{2}" in section
    assert r"\text{square}: \left(x + y\right)^{2}" in section


def test_markup_in_words_is_escaped(d):
    assert r"expand the \*square\*" in d.to_markdown()
    page = sn.Derivation("a<b>", title="<script>alert(1)</script>", source="a & b").to_html()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "a &amp; b" in page


def test_pages_are_the_same_in_every_process(d):
    code = PROGRAM + "\nd = derive()\nprint(d.to_html() + d.to_markdown() + str(d))"
    pages = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        ).stdout.decode()
        for seed in ("1", "4242")
    ]
    assert pages[0] == pages[1]
    assert pages[0].strip() == (d.to_html() + d.to_markdown() + str(d)).strip()


def test_no_dates_or_timings(d):
    text = " ".join(read(d.to_html()).words)
    assert not re.search(r"20\d\d-|\d+ ?m?s\b|seconds", text)


def test_mutants_on_the_page(d):
    survivor = Survivor("x = x", "nothing was changed", True, "the change alters nothing")
    odd = Survivor("x = 2*x", "doubled", False, "")
    report = MutationReport((StepMutants(2, "claim", 8, 6, (survivor, odd)),))
    for page in (d.to_markdown(report), d.to_html(report)):
        assert "6 of 8 mutants refuted" in page
        assert "the change alters nothing" in page
        assert "unexplained" in page
    assert "mutants" not in d.to_markdown()


def test_text_is_readable(d):
    lines = str(d).splitlines()
    assert lines[0] == "page: A page / 一页 [exact]"
    assert "  2. [exact] s**2 = x**2 + 2*x*y + y**2 (expand the *square*)" in lines
    assert repr(d) == "<Derivation page: 7 steps, exact>"


def test_long_derivations_are_shortened():
    d = sn.Derivation("long", domain={x: sn.Interval("-oo", "oo")})
    for k in range(45):
        d.define(f"a{k}", x + k, why="one more")
    lines = str(d).splitlines()
    assert len(lines) < 45
    assert any("... 6 steps ..." in line for line in lines)
    assert lines[-1].startswith(" 45.")
    assert "5 more" in d._repr_latex_()


def test_notebook_formula(d):
    latex = d._repr_latex_()
    assert latex.startswith(r"$\displaystyle \begin{array}")
    assert latex.endswith(r"\end{array}$")
    assert latex.count("{") == latex.count("}")
    empty = sn.Derivation("empty")._repr_latex_()
    assert "no steps yet" in empty


def test_an_empty_derivation_has_pages():
    d = sn.Derivation("empty")
    assert "# empty" in d.to_markdown()
    read(d.to_html())
    assert str(d).startswith("empty: empty [exact]")
