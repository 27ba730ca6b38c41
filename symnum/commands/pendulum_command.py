"""The command ``symnum pendulum``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from symnum.commands.root_commands import refusing, writable

__all__ = ["pendulum"]


def pendulum(
    degrees: Annotated[str, typer.Option(help="Angle of release, below 180.")],
    order: Annotated[int, typer.Option(help="Highest power of A**2 in the series.")] = 20,
    digits: Annotated[int, typer.Option(help="Digits of the numbers that are shown.")] = 25,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Write a plot here; the suffix is the format.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what a program can read.")] = False,
) -> None:
    """Show the frequency of a pendulum: exact, and what its power series makes of it."""
    from symnum.homotopy import pendulum_facts

    writable(plot)
    facts = refusing(lambda: pendulum_facts(degrees, order, digits))
    if plot is not None:
        from symnum.report import save_figure

        def draw(_: Any, figure: Any) -> None:
            facts.draw(figure)

        nothing: Any = None
        refusing(lambda: save_figure(draw, nothing, plot))
    if as_json:
        typer.echo(json.dumps(facts.as_dict(), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(facts.lines()))
    if plot is not None:
        typer.echo(f"plot written to {plot}", err=as_json)
