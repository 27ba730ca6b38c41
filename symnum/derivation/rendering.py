"""A derivation as text, LaTeX, Markdown and HTML; the same bytes in every run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from symnum.derivation.falsification import MutationReport
from symnum.derivation.outline import Line, Outline, outline_of
from symnum.derivation.steps import records_of
from symnum.derivation.typography import as_latex, as_text
from symnum.derivation.webpage import body_of, page

if TYPE_CHECKING:
    from symnum.derivation.derivation import Derivation

__all__ = ["to_html", "to_latex", "to_markdown", "to_text"]

_MOST_LINES = 40
_LONGEST_CLAIM = 120


def to_html(derivation: Derivation, mutants: MutationReport | None = None) -> str:
    """Return a derivation as a self-contained page; see `Derivation.to_html`."""
    outline = outline_of(derivation, mutants)
    return page(outline.title, body_of(outline))


def to_markdown(derivation: Derivation, mutants: MutationReport | None = None) -> str:
    """Return a derivation as Markdown; see `Derivation.to_markdown`."""
    return "\n".join(_sections(outline_of(derivation, mutants))) + "\n"


def _sections(outline: Outline) -> Iterator[str]:
    yield f"# {_plain(outline.title)}\n"
    source = f" · Source: {_plain(outline.source)}" if outline.source else ""
    yield f"`{outline.name}`{source}\n"
    yield f"Weakest level: **{outline.level}**\n"
    for warning in outline.warnings:
        yield f"> Warning: {_plain(warning)}\n"
    if outline.assumptions:
        yield "## Assumptions\n"
        yield from (f"- ${as_latex(pieces)}$" for pieces in outline.assumptions)
        yield ""
    if outline.steps:
        yield "## Steps\n"
        yield from (_item(line) for line in outline.steps)
        yield ""
    if outline.findings:
        yield "## Findings\n"
        yield from (_item(line, "**refuted:** ") for line in outline.findings)
        yield ""
    if outline.result:
        yield "## Result\n"
        yield from (f"$${as_latex(pieces)}$$\n" for pieces in outline.result)
    if outline.constants:
        yield "## Constants\n"
        for constant in outline.constants:
            enclosure = f", {_plain(constant.enclosure)}" if constant.enclosure else ""
            value = f"`{constant.name}` = `{constant.value}`"
            yield f"- {value} (step {constant.step}{enclosure})"
        yield ""
    if outline.levels:
        yield "## Levels\n"
        for level, count, meaning in outline.levels:
            yield f"- **{level}**, {count} step{'' if count == 1 else 's'}: {meaning}"


def _item(line: Line, head: str = "") -> str:
    notes = _plain("; ".join(line.notes))
    evidence = f" {notes}" if notes else ""
    return (
        f"{line.number}. {head}${as_latex(line.pieces)}$ — {_plain(line.why)} "
        f"**[{line.level}]**{evidence}"
    )


def _plain(text: str) -> str:
    """Escape what Markdown would read as markup."""
    return "".join(
        f"\\{character}" if character in "\\`*_{}[]<>#|$" else character for character in text
    )


def to_text(derivation: Derivation) -> str:
    """Return a derivation as plain text of at most some forty lines."""
    outline = outline_of(derivation)
    lines = [f"{outline.name}: {outline.title} [{outline.level}]"]
    if outline.source:
        lines.append(f"source: {outline.source}")
    lines.append(f"domain: {derivation.domain}")
    lines += [f"warning: {warning}" for warning in outline.warnings]
    body = [
        f"{step.number:3d}. [{step.level}] "
        f"{as_text(step.claim.pieces(), _LONGEST_CLAIM)} ({step.why})"
        for step in records_of(derivation.steps)
    ]
    if len(body) > _MOST_LINES:
        omitted = len(body) - _MOST_LINES + 1
        half = (_MOST_LINES - 1) // 2
        body = [*body[:half], f"     ... {omitted} steps ...", *body[half + omitted :]]
    return "\n".join(lines + body)


def to_latex(derivation: Derivation) -> str:
    """Return the steps of a derivation as one LaTeX array in dollar signs."""
    steps = records_of(derivation.steps)
    rows = [
        rf"{step.number}. & {step.claim.latex()} & \text{{{step.level}}}"
        for step in steps[:_MOST_LINES]
    ]
    if len(steps) > _MOST_LINES:
        rows.append(rf"& \cdots & \text{{{len(steps) - _MOST_LINES} more}}")
    table = r" \\ ".join(rows) or r"& \text{no steps yet} &"
    return rf"$\displaystyle \begin{{array}}{{rll}} {table} \end{{array}}$"
