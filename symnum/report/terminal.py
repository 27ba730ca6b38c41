"""A page in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sympy
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from symnum.report.peers import shown_error
from symnum.report.values import flatten, shown_point

if TYPE_CHECKING:
    from symnum.report.pages import Page

__all__ = ["print_page", "print_table"]

# The stronger the certificate, the calmer its colour.
LEVEL_STYLE = {
    "exact": "green",
    "interval": "cyan",
    "identity": "yellow",
    "statistical": "magenta",
}
LONGEST = 400
EVIDENCE = 160


def shortened(text: str, limit: int = LONGEST) -> str:
    """Cut a text that would fill the screen, and say how much was cut."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} ... ({len(text) - limit} more characters)"


def print_page(page: Page, console: Console | None = None) -> None:
    """Print a page: numbered steps with their levels, result, accuracy, speed, findings.

    Parameters
    ----------
    page : Page
    console : rich.console.Console, optional
        Where to; standard output by default.
    """
    console = console or Console()
    derivation = page.derivation
    alike: dict[str, list[str]] = {}
    for symbol, place in derivation.domain.items():
        alike.setdefault(str(place), []).append(str(symbol))
    domain = "; ".join(f"{', '.join(names)} in {place}" for place, names in alike.items())
    heading = Text(derivation.title or derivation.name, style="bold")
    heading.append(f"\n{derivation.source}", style="dim") if derivation.source else None
    heading.append(f"\n{domain}", style="not bold") if domain else None
    console.print(Panel(heading, title=derivation.name, title_align="left"))
    console.print(_steps(page))
    console.print(_result(page))
    console.print(_kernel(page))
    if page.measurement.peers:
        console.print(_peers(page))
    if page.findings:
        console.print(_findings(page))


def _steps(page: Page) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1, 1, 0))
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, step in enumerate(page.derivation.steps, 1):
        certificate = step.certificate
        evidence = "; ".join(f"{label}: {value}" for label, value in certificate.details)
        body = Text(shortened(str(step.claim)))
        body.append(f"\n{step.why}", style="italic")
        proof = certificate.method + (f" ({evidence})" if evidence else "")
        body.append(f"\n{shortened(proof, EVIDENCE)}", style="dim")
        level = Text(certificate.level, style=LEVEL_STYLE[certificate.level])
        table.add_row(str(number), level, body)
    return table


def _result(page: Page) -> Panel:
    expr = page.derivation.expr
    names = list(expr) if isinstance(expr, Mapping) else [None] * len(flatten(expr))
    lines = [
        shortened(sympy.sstr(entry) if name is None else f"{name} = {sympy.sstr(entry)}")
        for name, entry in zip(names, flatten(expr), strict=False)
    ]
    lines += [f"{name} = {value}" for name, value in page.derivation.constants.items()]
    arguments = ", ".join(str(argument) for argument in page.kernel.args)
    title = f"result, a function of {arguments}; weakest level: {page.derivation.level}"
    return Panel(escape("\n".join(lines)), title=title, title_align="left")


def _kernel(page: Page) -> Panel:
    lines = [page.measurement.verdict]
    for tail in page.measurement.tails:
        point = shown_point(tail.point)
        values = ", ".join(f"{value:.17g}" for value in tail.values)
        lines.append(f"at {point}: {values} ({tail.ulp:.3g} ulp)")
    lines.append(str(page.measurement.speed))
    return Panel(escape("\n".join(lines)), title="kernel", title_align="left")


def _peers(page: Page) -> Panel:
    table = Table(box=None, pad_edge=False)
    rows = page.measurement.peers
    for name in ("at", "symnum", *rows[0].peers):
        table.add_column(escape(name), overflow="fold")
    for row in rows:
        point = shown_point(row.point)
        table.add_row(escape(point), shown_error(row.kernel), *map(shown_error, row.peers.values()))
    return Panel(table, title="relative error at the tails", title_align="left")


def _findings(page: Page) -> Panel:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for label, value in page.findings:
        table.add_row(escape(label), escape(value))
    return Panel(table, title="measured", title_align="left")


_FIGURES = ("steps", "max_ulp", "rounding_ulp", "times_numpy")


def print_table(rows: Sequence[Mapping[str, Any]], console: Console | None = None) -> None:
    """Print the gallery, one derivation a line; what was not measured stays empty.

    Parameters
    ----------
    rows : sequence of mappings
        With the key ``name``, and ``level``, ``steps``, ``max_ulp``, ``rounding_ulp``,
        ``times_numpy`` where known.
    console : rich.console.Console, optional
        Where to; standard output by default.
    """
    console = console or Console()
    table = Table(box=None, pad_edge=False)
    table.add_column("derivation", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("steps", justify="right", no_wrap=True)
    table.add_column("worst ulp", justify="right", no_wrap=True)
    table.add_column("rounding", justify="right", no_wrap=True)
    table.add_column("× NumPy", justify="right", no_wrap=True)
    for row in rows:
        level = row.get("level", "")
        figures = [row.get(key) for key in _FIGURES]
        table.add_row(
            row["name"],
            Text(level, style=LEVEL_STYLE.get(level, "")),
            *("" if figure is None else str(figure) for figure in figures),
        )
    console.print(table)
