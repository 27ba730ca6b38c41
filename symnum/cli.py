"""The command ``symnum``: arguments in, calls out, heavy imports inside the commands."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from symnum.commands import (
    matrix_commands,
    pendulum_command,
    root_commands,
    smoothing_commands,
)
from symnum.errors import Refuted, SymnumError, Undecided

if TYPE_CHECKING:
    from symnum.catalogue import Row
    from symnum.report import Page

__all__ = ["app", "main"]

DONE, FAILED, MISUSED = 0, 1, 2

app = typer.Typer(
    name="symnum",
    help="Mathematics written once: a checked derivation, a compiled kernel, a measured error.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cache = typer.Typer(help="Look at the cache on disk, or empty it.", no_args_is_help=True)
app.add_typer(cache, name="cache")
for command in (
    root_commands.newton,
    root_commands.roots,
    root_commands.basins,
    pendulum_command.pendulum,
    smoothing_commands.mollify,
    smoothing_commands.minimax,
    matrix_commands.expm,
):
    app.command()(command)

AsJson = Annotated[bool, typer.Option("--json", help="Print what a program can read.")]


@app.command("list")
def list_derivations(as_json: AsJson = False) -> None:
    """Show the derivations: level, number of steps, accuracy, speed."""
    from symnum import catalogue
    from symnum.report import print_table

    names = catalogue.gallery()
    figures = catalogue.figures()
    rows = [{"name": name, **figures.get(name, {})} for name in names]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        print_table(rows)


@app.command()
def derive(
    name: Annotated[str | None, typer.Argument(help="One of `symnum list`.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Run all of them.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write the page here (with --all: a folder).")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Write the plot here; the suffix chooses the format.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a derivation: steps with certificates, result, accuracy, timing.

    A bare --html or --plot writes NAME.html or NAME.svg into the current folder.
    """
    if every == (name is not None):
        raise typer.BadParameter("give the name of one derivation, or --all", param_hint="NAME")
    if name is None:
        _derive_all(html, as_json=as_json)
    else:
        _derive_one(name, html, plot, as_json=as_json)


def _derive_one(name: str, html: Path | None, plot: Path | None, *, as_json: bool) -> None:
    from symnum import catalogue
    from symnum.report import page_as_json, print_page, save_figure, write_page

    row = catalogue.row(name)
    if plot is not None and row.plot is None:
        raise typer.BadParameter(f"{name} has no plot", param_hint="--plot")
    for target in (html, plot):
        root_commands.writable(target)
    page = _run(row, thorough=html is not None, quiet=as_json)
    # The files first: whoever reads the output may stop reading, as `head` does.
    if html is not None:
        write_page(page, html)
    if plot is not None and row.plot is not None:
        save_figure(row.plot, page.derivation, plot)
    if as_json:
        typer.echo(page_as_json(page))
    else:
        print_page(page)
    for what, target in (("page", html), ("plot", plot)):
        if target is not None:
            typer.echo(f"{what} written to {target}", err=as_json)


def _run(row: Row, *, thorough: bool, quiet: bool) -> Page:
    from symnum.report import build_page

    with _progress(row.name, stages=6 if thorough else 4, quiet=quiet) as advance:
        return build_page(
            row.derive,
            ranges=row.ranges,
            tails=row.tails,
            plot=row.plot,
            findings=row.findings,
            peers=row.peers,
            thorough=thorough,
            advance=advance,
        )


@contextlib.contextmanager
def _progress(name: str, *, stages: int, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being done, on standard error, where somebody is there to see it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(name, total=stages)

        def advance(stage: str) -> None:
            progress.update(task, advance=1, description=f"{name}: {stage}")

        yield advance


def _derive_all(folder: Path | None, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from symnum import catalogue
    from symnum.commands.gallery_run import run_rows
    from symnum.report import print_table, write_index

    names = catalogue.gallery()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as progress:
        task = progress.add_task("deriving", total=len(names))
        outcomes = run_rows(
            names, folder, lambda name: progress.update(task, advance=1, description=name)
        )
    done = [outcome for outcome in outcomes if not outcome.failure]
    if folder is not None:
        ordered = sorted(outcomes, key=lambda row: catalogue.CHAPTERS.index(row.chapter))
        write_index([(row.chapter, row.name, row.title, row.figures) for row in ordered], folder)
        typer.echo(f"{len(done)} pages written to {folder}", err=as_json)
    figures = [{"name": outcome.name, **outcome.figures} for outcome in done]
    if as_json:
        typer.echo(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        print_table(figures)
    for outcome in outcomes:
        if outcome.failure:
            typer.echo(f"{outcome.name}: {outcome.failure}", err=True)
    if len(done) < len(outcomes):
        raise typer.Exit(FAILED)


@app.command()
def info(as_json: AsJson = False) -> None:
    """Show the versions, the processor and the cache that this installation works with."""
    from symnum.report import installation

    facts = installation()
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    width = max(map(len, facts))
    for label, value in facts.items():
        typer.echo(f"{label:{width}}  {value}")


@cache.command("info")
def cache_info(as_json: AsJson = False) -> None:
    """Show where the cache is and how much it holds."""
    from symnum.compiler import cache_info as kernels
    from symnum.derivation import archive_size

    found = kernels()
    facts = {
        "folder": str(found.folder),
        "kernels": found.kernels,
        "bytes": found.bytes,
        "certificates": archive_size(),
    }
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    for label, value in facts.items():
        typer.echo(f"{label}: {value}")


@cache.command("clear")
def cache_clear() -> None:
    """Delete all cached kernels and certificates; they are made again when they are needed."""
    from symnum.compiler import clear_cache
    from symnum.derivation import clear_archive

    clear_cache()
    clear_archive()
    typer.echo("the cache is empty")


def completed(arguments: Sequence[str]) -> list[str]:
    """Give a bare ``--html`` or ``--plot`` the derivation's name as its file, and join ranges.

    Parameters
    ----------
    arguments : sequence of str

    Returns
    -------
    list of str
    """
    full = root_commands.with_ranges(arguments)
    names = [text for text in full[1:2] if not text.startswith("-")]
    if full[:1] != ["derive"] or "--all" in full or not names:
        return full
    suffixes = {"--html": ".html", "--plot": ".svg"}
    for position in range(len(full) - 1, 0, -1):
        bare = position + 1 == len(full) or full[position + 1].startswith("--")
        if full[position] in suffixes and bare:
            full.insert(position + 1, names[0] + suffixes[full[position]])
    return full


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 a check failed, 2 wrong usage.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands behind the program's name; by default the process's own arguments.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(completed(given), prog_name="symnum")
    except (Refuted, Undecided) as verdict:
        typer.echo(str(verdict), err=True)
        sys.exit(FAILED)
    except SymnumError as misuse:
        typer.echo(f"symnum: {misuse}", err=True)
        sys.exit(MISUSED)
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `symnum list | head` has.
        sys.exit(DONE)
    except OSError as refused:
        typer.echo(f"symnum: {refused}", err=True)
        sys.exit(MISUSED)
