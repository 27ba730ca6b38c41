"""Pages as self-contained HTML: formulas in MathML, the plot as SVG, nothing from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from symnum.derivation.outline import outline_of
from symnum.derivation.webpage import body_of, page
from symnum.report.pages import Page

__all__ = ["page_as_html", "write_index", "write_page"]


def page_as_html(content: Page) -> str:
    """Return the page of a derivation: its steps, its kernel as measured, its plot.

    Parameters
    ----------
    content : Page

    Returns
    -------
    str
        A complete document. Everything but the section ``timing`` is the same in every run.
    """
    outline = outline_of(content.derivation, content.mutants)
    return page(outline.title, "\n".join([body_of(outline), *_sections(content)]))


def _sections(content: Page) -> Iterator[str]:
    accuracy = content.measurement.accuracy
    arguments = ", ".join(f"<code>{html.escape(str(a))}</code>" for a in content.kernel.args)
    yield f"<h2>Kernel</h2>\n<p>A function of {arguments}.</p>"
    yield f"<pre>{html.escape(str(accuracy))}</pre>"
    yield from _tails(content)
    yield from _findings(content)
    if content.svg is not None:
        yield f"<h2>Plot</h2>\n<figure>{content.svg}</figure>"
    yield from _timing(content)
    name = html.escape(content.derivation.name)
    yield f"<h2>Run it again</h2>\n<pre>symnum derive {name}</pre>"


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield "<table>\n<tr>" + "".join(f"<th>{html.escape(cell)}</th>" for cell in head) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
    yield "</table>"


def _tails(content: Page) -> Iterator[str]:
    if not content.measurement.tails:
        return
    yield "<h3>At the tails</h3>"
    rows = [
        [
            ", ".join(f"{name} = {value:g}" for name, value in tail.point.items()),
            ", ".join(f"{value:.17g}" for value in tail.values),
            f"{tail.ulp:.3g}",
        ]
        for tail in content.measurement.tails
    ]
    yield from _table(["at", "value", "error in ulp"], rows)


def _findings(content: Page) -> Iterator[str]:
    if content.findings:
        yield "<h3>Measured</h3>"
        yield from _table(["what", "figure"], [list(finding) for finding in content.findings])


def _timing(content: Page) -> Iterator[str]:
    speed = content.measurement.speed
    line = f"{speed.kernel:.2f} ns an element, {speed.size} at once"
    if speed.ratio is not None:
        line += f"; NumPy {speed.numpy:.2f} ns: {speed.verdict}"
    yield f'<section class="timing">\n<h2>Speed</h2>\n<p>{line}</p>\n</section>'


def write_page(content: Page, path: Path) -> None:
    """Write the page of one derivation.

    Parameters
    ----------
    content : Page
    path : pathlib.Path
    """
    path.write_text(page_as_html(content), encoding="utf-8")


def write_index(rows: Sequence[tuple[str, str, str, Mapping[str, Any]]], folder: Path) -> None:
    """Write the page that links to the pages of a site.

    Parameters
    ----------
    rows : sequence of (chapter, name, title, figures)
        The page of each is ``name.html``; the figures are those of `page_figures`.
    folder : pathlib.Path
        Where the pages are.
    """
    chapters: dict[str, list[str]] = {}
    for chapter, name, title, figures in rows:
        chapters.setdefault(chapter, []).append(
            f'<tr><td><a href="{html.escape(name)}.html">{html.escape(title)}</a></td>'
            f"<td>{figures['level']}</td><td>{figures['steps']}</td>"
            f"<td>{figures['max_ulp']}</td></tr>"
        )
    body = ["<h1>symnum: the derivations</h1>"]
    for chapter, lines in chapters.items():
        body.append(f"<h2>{html.escape(chapter)}</h2>\n<table>")
        body.append("<tr><th>derivation</th><th>level</th><th>steps</th><th>worst ulp</th></tr>")
        body += [*lines, "</table>"]
    index = page("symnum: the derivations", "\n".join(body))
    (folder / "index.html").write_text(index, encoding="utf-8")
