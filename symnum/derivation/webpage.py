"""A derivation as a self-contained HTML page with MathML formulas."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Any

from symnum.derivation.mathml import mathml_of
from symnum.derivation.notation import fenced, identifier, listed
from symnum.derivation.outline import Line, Outline
from symnum.derivation.structures import Coordinated, Listed, Named
from symnum.derivation.typography import Mark, Piece, as_text, is_large, short_floats, summary

__all__ = ["as_mathml", "body_of", "page"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6570; --line: #d8dee4; --back: #fff;
  --box: #f6f8fa; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa5b1; --line: #3a424b;
  --back: #14181c; --box: #1d2329; --bad: #ff8a80; } figure { background: #fff; } }
body { background: var(--back); color: var(--ink); font: 16px/1.55 system-ui, sans-serif;
  margin: 2.5rem auto; max-width: 58rem; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.3rem; }
h2 { border-bottom: 1px solid var(--line); font-size: 1.15rem; margin: 2.2rem 0 0.8rem;
  padding-bottom: 0.25rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 0.5rem; }
math { font-size: 1.08em; }
.source, .notes, .meaning { color: var(--soft); font-size: 0.86em; }
.domain { list-style: none; margin: 0; padding: 0; }
nav { margin: 0.8rem 0; } a { color: inherit; }
.step { display: grid; grid-template-columns: 2.4rem minmax(0, 1fr); margin: 1.1rem 0; }
.number { color: var(--soft); font-variant-numeric: tabular-nums; }
.formula { overflow-x: auto; overflow-y: hidden; padding: 0.15rem 0; }
.why { margin: 0.15rem 0; }
.level { border: 1px solid; border-radius: 0.7em; font-size: 0.75em; margin-left: 0.4em;
  padding: 0.05em 0.55em; white-space: nowrap; }
.exact { color: #1a7f37; } .interval { color: #0969da; }
.identity { color: #9a6700; } .statistical { color: #bc4c00; }
@media (prefers-color-scheme: dark) { .exact { color: #3fb950; } .interval { color: #58a6ff; }
  .identity { color: #d29922; } .statistical { color: #f0883e; } }
.findings { border-left: 4px solid var(--bad); padding-left: 1rem; }
.refuted { color: var(--bad); font-weight: 600; }
.warning { color: #9a6700; font-size: 0.9em; }
summary { cursor: pointer; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 1.2rem 0.3rem 0; text-align: left;
  vertical-align: top; }
pre { background: var(--box); border-radius: 6px; overflow-x: auto; padding: 0.7rem 0.9rem;
  white-space: pre-wrap; }
figure { margin: 1rem 0; } figure svg { height: auto; max-width: 100%; }
""".strip()


def as_mathml(pieces: Iterable[Piece]) -> str:
    """Return pieces as one ``math`` element, with the text as its alternative.

    Parameters
    ----------
    pieces : iterable of Piece

    Returns
    -------
    str
    """
    shown = tuple(pieces)
    content = "".join(
        piece.mathml if isinstance(piece, Mark) else mathml_of_side(piece) for piece in shown
    )
    alternative = html.escape(as_text(shown), quote=True)
    return f'<math display="inline" displaystyle="true" alttext="{alternative}">{content}</math>'


_REFUTED = '<span class="refuted">refuted:</span> '


@singledispatch
def mathml_of_side(structure: Any) -> str:
    """Return one side of a claim as MathML.

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    str
    """
    if is_large(structure):
        return f"<mtext>{html.escape(summary(structure))}</mtext>"
    return mathml_of(short_floats(structure))


@mathml_of_side.register
def _(structure: Listed) -> str:
    return fenced(listed(mathml_of_side(item) for item in structure.items))


@mathml_of_side.register
def _(structure: Named) -> str:
    rows = "".join(
        f"<mtr><mtd>{identifier(key)}<mo>=</mo></mtd><mtd>{mathml_of_side(item)}</mtd></mtr>"
        for key, item in structure.items
    )
    return fenced(f"<mtable>{rows}</mtable>", "{", "}")


@mathml_of_side.register
def _(structure: Coordinated) -> str:
    return f"<mtext>{html.escape(structure.description)}</mtext>"


def page(title: str, body: str) -> str:
    """Return a complete HTML page that needs nothing from elsewhere.

    Parameters
    ----------
    title : str
    body : str
        The content of its body, as HTML.

    Returns
    -------
    str
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def body_of(outline: Outline) -> str:
    """Return the body of the page of a derivation.

    Parameters
    ----------
    outline : Outline

    Returns
    -------
    str
    """
    return "\n".join(_sections(outline))


def _sections(outline: Outline) -> Iterator[str]:
    yield f"<h1>{html.escape(outline.title)}</h1>"
    source = f" &#xB7; Source: {html.escape(outline.source)}" if outline.source else ""
    yield f'<p class="source"><code>{html.escape(outline.name)}</code>{source}</p>'
    yield f"<p>Weakest level: {_badge(outline.level)}</p>"
    if outline.assumptions:
        yield '<h2>Assumptions</h2>\n<ul class="domain">'
        yield from (f"<li>{as_mathml(pieces)}</li>" for pieces in outline.assumptions)
        yield "</ul>"
    if outline.steps:
        yield "<h2>Steps</h2>"
        yield from (_item(line) for line in outline.steps)
    if outline.findings:
        yield '<section class="findings">\n<h2>Findings</h2>'
        yield from (_item(line, _REFUTED) for line in outline.findings)
        yield "</section>"
    if outline.result:
        yield "<h2>Result</h2>"
        yield from (f'<p class="formula">{as_mathml(pieces)}</p>' for pieces in outline.result)
    yield from _constants(outline)
    if outline.levels:
        yield '<h2>Levels</h2>\n<ul class="domain">'
        for level, count, meaning in outline.levels:
            steps = "1 step" if count == 1 else f"{count} steps"
            yield (
                f"<li>{steps} {_badge(level)} "
                f'<span class="meaning">{html.escape(meaning)}</span></li>'
            )
        yield "</ul>"
    for warning in outline.warnings:
        yield f'<p class="warning">{html.escape(warning.capitalize())}.</p>'


def _item(line: Line, head: str = "") -> str:
    method, *notes = (html.escape(note) for note in line.notes) if line.notes else ("",)
    evidence = f'<div class="notes">{method}</div>' if method else ""
    if notes:
        listed_notes = "".join(f"<li>{note}</li>" for note in notes)
        evidence = (
            f'<details class="notes"><summary>{method}</summary><ul>{listed_notes}</ul></details>'
        )
    return (
        f'<div class="step" id="step-{line.number}"><div class="number">{line.number}.</div><div>'
        f'<div class="formula">{head}{as_mathml(line.pieces)}</div>'
        f'<p class="why">{html.escape(line.why)} {_badge(line.level)}</p>{evidence}</div></div>'
    )


def _badge(level: str) -> str:
    return f'<span class="level {level}">{level}</span>'


def _constants(outline: Outline) -> Iterator[str]:
    if not outline.constants:
        return
    yield "<h2>Constants</h2>\n<ul>"
    for constant in outline.constants:
        enclosure = f", {constant.enclosure}" if constant.enclosure else ""
        yield (
            f"<li><code>{html.escape(constant.name)}</code> = "
            f"{html.escape(constant.value)} (step {constant.step}{html.escape(enclosure)})</li>"
        )
    yield "</ul>"
