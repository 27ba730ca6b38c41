"""Pages as self-contained HTML: formulas in MathML, the plot as SVG, nothing from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symnum.derivation.outline import outline_of
from symnum.derivation.webpage import body_of, page
from symnum.report.pages import Page
from symnum.report.peers import shown_error
from symnum.report.values import shown_point

__all__ = ["Neighbours", "page_as_html", "write_failure", "write_index", "write_page"]

INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The names of the pages before and after one in a site; empty at its ends."""

    before: str = ""
    after: str = ""


def page_as_html(content: Page, neighbours: Neighbours | None = None) -> str:
    """Return the page of a derivation: its steps, its kernel as measured, its plot.

    Parameters
    ----------
    content : Page
    neighbours : Neighbours, optional
        The pages that it links to, where it is one of a site.

    Returns
    -------
    str
        A complete document. Everything but the section ``timing`` is the same in every run.
    """
    outline = outline_of(content.derivation, content.mutants)
    links = list(_links(neighbours))
    return page(outline.title, "\n".join([*links, body_of(outline), *_sections(content), *links]))


def _links(neighbours: Neighbours | None) -> Iterator[str]:
    if neighbours is None:
        return
    links = [f'<a href="{INDEX}">all derivations</a>']
    if neighbours.before:
        name = html.escape(neighbours.before)
        links.insert(0, f'<a rel="prev" href="{name}.html">&#x2190; {name}</a>')
    if neighbours.after:
        name = html.escape(neighbours.after)
        links.append(f'<a rel="next" href="{name}.html">{name} &#x2192;</a>')
    yield f'<nav class="source">{" &#xB7; ".join(links)}</nav>'


def _sections(content: Page) -> Iterator[str]:
    arguments = ", ".join(f"<code>{html.escape(str(a))}</code>" for a in content.kernel.args)
    yield f"<h2>Kernel</h2>\n<p>A function of {arguments}.</p>"
    yield f"<pre>{html.escape(content.measurement.verdict)}</pre>"
    yield from _tails(content)
    yield from _peers(content)
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
            shown_point(tail.point),
            ", ".join(f"{value:.17g}" for value in tail.values),
            f"{tail.ulp:.3g}",
        ]
        for tail in content.measurement.tails
    ]
    yield from _table(["at", "value", "error in ulp"], rows)


def _peers(content: Page) -> Iterator[str]:
    rows = content.measurement.peers
    if not rows:
        return
    yield "<h3>Relative error at the tails, beside others</h3>"
    cells = [
        [
            shown_point(row.point),
            shown_error(row.kernel),
            *map(shown_error, row.peers.values()),
        ]
        for row in rows
    ]
    yield from _table(["at", "symnum", *rows[0].peers], cells)


def _findings(content: Page) -> Iterator[str]:
    if content.findings:
        yield "<h3>Measured</h3>"
        yield from _table(["what", "figure"], [list(finding) for finding in content.findings])


def _timing(content: Page) -> Iterator[str]:
    line = html.escape(str(content.measurement.speed))
    yield f'<section class="timing">\n<h2>Speed</h2>\n<p>{line}</p>\n</section>'


def write_page(content: Page, path: Path, neighbours: Neighbours | None = None) -> None:
    """Write the page of one derivation.

    Parameters
    ----------
    content : Page
    path : pathlib.Path
    neighbours : Neighbours, optional
        The pages that it links to, where it is one of a site.
    """
    path.write_text(page_as_html(content, neighbours), encoding="utf-8")


def write_failure(name: str, failure: str, path: Path, neighbours: Neighbours) -> None:
    """Write the page of a derivation that failed, so that a site has no broken link.

    Parameters
    ----------
    name, failure : str
        The derivation, and why it failed.
    path : pathlib.Path
    neighbours : Neighbours
    """
    head = f'<h1>{html.escape(name)}</h1>\n<p class="warning">This derivation failed.</p>'
    body = [*_links(neighbours), head, f"<pre>{html.escape(failure)}</pre>"]
    path.write_text(page(name, "\n".join(body)), encoding="utf-8")


def write_index(rows: Sequence[tuple[str, str, str, Mapping[str, Any]]], folder: Path) -> None:
    """Write the page that links to the pages of a site.

    Parameters
    ----------
    rows : sequence of (chapter, name, title, figures)
        The page of each is ``name.html``; the figures are those of `page_figures`, none where it
        failed. The last two are the worst error, and how far the exact value moves there when
        each argument is rounded.
    folder : pathlib.Path
        Where the pages are.
    """
    chapters: dict[str, list[str]] = {}
    for chapter, name, title, figures in rows:
        chapters.setdefault(chapter, []).append(
            f'<tr><td><a href="{html.escape(name)}.html">{html.escape(title or name)}</a></td>'
            + "".join(f"<td>{cell}</td>" for cell in _figures(figures))
            + "</tr>"
        )
    body = ["<h1>symnum: the derivations</h1>"]
    for chapter, lines in chapters.items():
        body.append(f"<h2>{html.escape(chapter)}</h2>\n<table>")
        heads = ("derivation", "level", "steps", "worst ulp", "rounded arguments, ulp")
        body.append("<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>")
        body += [*lines, "</table>"]
    index = page("symnum: the derivations", "\n".join(body))
    (folder / INDEX).write_text(index, encoding="utf-8")


def _figures(figures: Mapping[str, Any]) -> list[str]:
    if not figures:
        return ["failed", "", "", ""]
    level = f'<span class="level {figures["level"]}">{figures["level"]}</span>'
    errors = [f"{figures[name]:.4g}" for name in ("max_ulp", "rounding_ulp")]
    return [level, str(figures["steps"]), *errors]
