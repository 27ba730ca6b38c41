"""A derivation as a self-contained HTML page with MathML formulas."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Any

from symnum.derivation.mathml import fenced, identifier, listed, mathml_of
from symnum.derivation.outline import Line, Outline
from symnum.derivation.structures import Coordinated, Listed, Named
from symnum.derivation.typography import Mark, Piece, as_text, is_large, summary

__all__ = ["as_mathml", "body_of", "page"]

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
math { font-size: 1.05em; }
li { margin: 0.6rem 0; overflow-x: auto; }
.notes, .source { color: #555; font-size: 0.85em; }
.level { border: 1px solid; border-radius: 0.6em; font-size: 0.8em; padding: 0 0.5em; }
.exact { color: #14532d; } .interval { color: #1e3a8a; }
.identity { color: #854d0e; } .statistical { color: #9a3412; }
.findings { border-left: 4px solid #b91c1c; padding-left: 1rem; }
.refuted { color: #b91c1c; font-weight: bold; }
.warning { color: #b45309; }
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
    return mathml_of(structure)


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
    for warning in outline.warnings:
        yield f'<p class="warning">Warning: {html.escape(warning)}</p>'
    if outline.assumptions:
        yield "<h2>Assumptions</h2>\n<ul>"
        yield from (f"<li>{as_mathml(pieces)}</li>" for pieces in outline.assumptions)
        yield "</ul>"
    if outline.steps:
        yield "<h2>Steps</h2>\n<ol>"
        yield from (_item(line) for line in outline.steps)
        yield "</ol>"
    if outline.findings:
        yield '<section class="findings">\n<h2>Findings</h2>\n<ol>'
        yield from (
            _item(line, '<span class="refuted">refuted:</span> ') for line in outline.findings
        )
        yield "</ol>\n</section>"
    if outline.result:
        yield "<h2>Result</h2>"
        yield from (f"<p>{as_mathml(pieces)}</p>" for pieces in outline.result)
    yield from _constants(outline)
    if outline.levels:
        yield "<h2>Levels</h2>\n<ul>"
        for level, count, meaning in outline.levels:
            steps = "1 step" if count == 1 else f"{count} steps"
            yield f"<li>{_badge(level)} {steps}: {html.escape(meaning)}</li>"
        yield "</ul>"


def _item(line: Line, head: str = "") -> str:
    notes = html.escape("; ".join(line.notes))
    evidence = f' <span class="notes">{notes}</span>' if notes else ""
    return (
        f'<li value="{line.number}">{head}{as_mathml(line.pieces)} &#x2014; '
        f"{html.escape(line.why)} {_badge(line.level)}{evidence}</li>"
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
