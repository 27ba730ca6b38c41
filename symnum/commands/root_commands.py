"""The commands ``symnum newton``, ``symnum roots`` and ``symnum basins``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

__all__ = ["basins", "newton", "roots", "with_ranges"]

FAILED = 1

Result = TypeVar("Result")

AsJson = Annotated[bool, typer.Option("--json", help="Print what a program can read.")]
PlotFile = Annotated[
    Path | None, typer.Option("--plot", help="Write a plot here; the suffix chooses the format.")
]


def newton(
    equation: Annotated[str, typer.Argument(help='Such as "x - cos(x)" or "x**2 = 2".')],
    x0: Annotated[
        str | None, typer.Option("--x0", help="Where to start, such as 1 or pi/3.")
    ] = None,
    bracket: Annotated[
        tuple[str, str] | None, typer.Option(help="Search between two numbers and nowhere else.")
    ] = None,
    param: Annotated[
        list[str] | None, typer.Option(help="A parameter, as in a=2 or a=1/3; may be repeated.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="auto newton halley householder schroeder bracketed")
    ] = "auto",
    domain: Annotated[str, typer.Option(help="real or complex")] = "real",
    digits: Annotated[int | None, typer.Option(help="Certified digits, such as 50.")] = None,
    xtol: Annotated[float | None, typer.Option(help="Stop at a step this short.")] = None,
    maxiter: Annotated[int, typer.Option(help="Steps of one iteration.")] = 100,
    plot: PlotFile = None,
    as_json: AsJson = False,
) -> None:
    """Find one root of an equation, with a proved bound on its error.

    The derivative comes from the equation. Without --x0 and --bracket a start is searched.
    """
    from symnum.commands.root_reports import print_root, root_as_json
    from symnum.rootfinding import newton as find

    writable(plot)
    result = refusing(
        lambda: find(
            equation,
            x0,
            bracket=bracket,
            params=dict(map(_assignment, param or [])),
            method=method,
            domain=domain,
            digits=digits,
            xtol=xtol,
            maxiter=maxiter,
        )
    )
    if plot is not None:
        from symnum.commands.root_plots import plot_root

        _save(lambda figure: plot_root(result, figure, x0=x0, bracket=bracket), plot)
    if as_json:
        typer.echo(root_as_json(result))
    else:
        print_root(result)
    _announce(plot, as_json)
    if not result.converged:
        raise typer.Exit(FAILED)


def roots(
    equations: Annotated[list[str], typer.Argument(help="As many equations as unknowns.")],
    box: Annotated[
        list[str] | None,
        typer.Option(help="Where to look: --box 0 10, or one --box x=0:10 for each unknown."),
    ] = None,
    complex_: Annotated[
        bool,
        typer.Option(
            "--complex", help="Complex roots; --box has two corners, such as -2-2*I 2+2*I."
        ),
    ] = False,
    plot: PlotFile = None,
    as_json: AsJson = False,
) -> None:
    """Find all roots in a box, with a proof that there are no others.

    Ends are numbers such as 0.5, 1/3 or 2*pi, and belong to the box. The status is 1 unless the
    answer is proved complete.
    """
    from symnum.commands.root_reports import print_roots, roots_as_json
    from symnum.rootfinding import roots as find

    writable(plot)
    listed: Any = equations if len(equations) > 1 else equations[0]
    sides = _sides(box or [])
    result = refusing(lambda: find(listed, sides, complex=complex_))
    if plot is not None:
        from symnum.commands.root_plots import plot_roots

        _save(lambda figure: plot_roots(result, sides, figure), plot)
    typer.echo(roots_as_json(result)) if as_json else print_roots(result)
    _announce(plot, as_json)
    if not result.complete:
        raise typer.Exit(FAILED)


def basins(
    function: Annotated[str, typer.Argument(help='Such as "z**3 - 1".')],
    window: Annotated[
        tuple[float, float, float, float],
        typer.Option(help="Left, right, bottom and top of the part of the plane."),
    ] = (-2.0, 2.0, -2.0, 2.0),
    shape: Annotated[tuple[int, int], typer.Option(help="Rows and columns of points.")] = (
        600,
        600,
    ),
    plot: PlotFile = None,
    as_json: AsJson = False,
) -> None:
    """Show to which root Newton's iteration goes from each point of the complex plane."""
    from symnum.commands.root_reports import basins_as_json, print_basins
    from symnum.rootfinding import basins as compute

    writable(plot)
    result = refusing(lambda: compute(function, window, shape))
    if plot is not None:
        _save(result.plot, plot)
    typer.echo(basins_as_json(result)) if as_json else print_basins(result)
    _announce(plot, as_json)
    if not len(result.roots):
        raise typer.Exit(FAILED)


def refusing(work: Callable[[], Result]) -> Result:
    """Call an engine; what it says of its arguments becomes the message of wrong usage.

    Parameters
    ----------
    work : callable
        Of no arguments.

    Returns
    -------
    object
        What it returned.
    """
    try:
        return work()
    except (ValueError, TypeError) as misuse:
        raise typer.BadParameter(str(misuse)) from None


def writable(target: Path | None) -> None:
    """Refuse a file that cannot be written before the work is done, not after it."""
    if target is not None and not target.absolute().parent.is_dir():
        raise typer.BadParameter(f"the folder {target.absolute().parent} does not exist")
    if target is not None and target.is_dir():
        raise typer.BadParameter(f"{target} is a folder; expected a file")


def with_ranges(arguments: Iterable[str]) -> list[str]:
    """Write ``--box 0 10`` as ``--box 0:10``, which the parser of options can read.

    Parameters
    ----------
    arguments : iterable of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> with_ranges(["roots", "sin(x)", "--box", "-1", "10", "--json"])
    ['roots', 'sin(x)', '--box', '-1:10', '--json']
    """
    full = list(arguments)
    for place in range(len(full) - 3, -1, -1):
        option, low, high = full[place : place + 3]
        if option == "--box" and not re.search("[=:]", low) and not high.startswith("--"):
            full[place + 1 : place + 3] = [f"{low}:{high}"]
    return full


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise typer.BadParameter(f"expected NAME=VALUE, got {text!r}", param_hint="--param")
    return name.strip(), value.strip()


def _sides(texts: list[str]) -> Any:
    """Return the box: a pair for one unknown, a mapping for named ones, None if none was given."""
    if not texts:
        return None
    sides: dict[str, tuple[str, str]] = {}
    for text in texts:
        name, _, ends = text.rpartition("=")
        low, colon, high = ends.partition(":")
        if not colon or not low.strip() or not high.strip():
            expected = "two numbers, as in --box 0 10 or --box x=0:10"
            raise typer.BadParameter(f"expected {expected}, got {text!r}", param_hint="--box")
        if name.strip() in sides:
            raise typer.BadParameter(f"{name or 'the box'} is given twice", param_hint="--box")
        sides[name.strip()] = (low.strip(), high.strip())
    if "" not in sides:
        return sides
    if len(sides) > 1:
        raise typer.BadParameter("several sides need names, as in x=0:10", param_hint="--box")
    return sides[""]


def _save(draw: Callable[[Any], None], target: Path) -> None:
    from symnum.report import save_figure

    def plot(_: Any, figure: Any) -> None:
        draw(figure)

    nothing: Any = None
    refusing(lambda: save_figure(plot, nothing, target))


def _announce(plot: Path | None, as_json: bool) -> None:
    if plot is not None:
        typer.echo(f"plot written to {plot}", err=as_json)
