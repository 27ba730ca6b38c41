"""The commands ``symnum mollify`` and ``symnum minimax``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from symnum.commands.root_commands import refusing, writable

__all__ = ["minimax", "mollify"]

AsJson = Annotated[bool, typer.Option("--json", help="Print what a program can read.")]
PlotFile = Annotated[
    Path | None, typer.Option("--plot", help="Write a plot here; the suffix chooses the format.")
]

# Formulas beyond so many characters are not written out.
_LONGEST = 400


def mollify(
    function: Annotated[str, typer.Argument(help='Such as "Max(x, 0)" or "floor(x)".')],
    mollifier: Annotated[str, typer.Option(help="A density, such as gaussian.")] = "gaussian",
    bandwidth: Annotated[str, typer.Option(help="A positive number, or a name for one.")] = "h",
    variable: Annotated[str, typer.Option(help="What the function is smoothed in.")] = "x",
    at: Annotated[str | None, typer.Option("--at", help="Also show the value here.")] = None,
    digits: Annotated[int, typer.Option(help="Digits of the value.")] = 30,
    principal_value: Annotated[
        bool, typer.Option(help="Allow integrals that converge only conditionally.")
    ] = False,
    plot: PlotFile = None,
    as_json: AsJson = False,
) -> None:
    """Smooth a function with kinks or jumps by convolution with a density, in closed form.

    A bandwidth that is not given stays a symbol; a value and a plot take 1 for it.
    """
    from symnum.commands.smoothing_reports import plot_mollified, value_of
    from symnum.smoothing import mollify as smoothed

    writable(plot)
    options: dict[str, Any] = {"principal_value": principal_value}
    width = _symbol_or_text(bandwidth)
    result = refusing(lambda: smoothed(function, variable, mollifier, width, **options))
    facts = {
        "function": str(result.original),
        "mollifier": mollifier,
        "bandwidth": str(result.bandwidth),
        "method": result.method,
        "expr": str(result.expr),
        **_written_out(result.expr),
        "largest distance": None if result.sup_error is None else str(result.sup_error),
    }
    if at is not None:
        unit = f", {result.bandwidth} = 1" if result.bandwidth.is_Symbol else ""
        facts[f"value at {at}{unit}"] = refusing(lambda: value_of(result, at, digits))
    if plot is not None:
        _save(lambda figure: plot_mollified(result, options, figure), plot)
    _show(facts, plot, as_json)


def _written_out(expr: Any) -> dict[str, str]:
    """Return the expression in SymPy's own functions, where it has others and is short."""
    from symnum.expressions.named_functions import unfold

    text = str(unfold(expr))
    return {"written out": text} if text != str(expr) and len(text) <= _LONGEST else {}


def _symbol_or_text(text: str) -> Any:
    """Return the positive symbol of that name; numbers and constants stay texts."""
    import sympy

    from symnum.expressions import parse

    given = refusing(lambda: parse(text, positive=True))
    return given if isinstance(given, sympy.Symbol) else text


def minimax(
    target: Annotated[str, typer.Argument(help='Such as "exp(x)".')],
    interval: Annotated[tuple[str, str], typer.Option(help="Its two ends, such as 0 1.")],
    degree: Annotated[
        str | None, typer.Option(help="Of the polynomial; of a rational form two, as in 3,2.")
    ] = None,
    form: Annotated[
        str, typer.Option(help="polynomial, rational, or an expression with --param.")
    ] = "polynomial",
    param: Annotated[
        list[str] | None, typer.Option(help="A parameter of the form; may be repeated.")
    ] = None,
    weight: Annotated[str, typer.Option(help="absolute, relative, or an expression.")] = "absolute",
    variable: Annotated[str, typer.Option(help="The variable.")] = "x",
    digits: Annotated[int, typer.Option(help="Digits of coefficients and error.")] = 30,
    plot: PlotFile = None,
    as_json: AsJson = False,
) -> None:
    """Find the function of a family that is closest to a target in the largest error."""
    from symnum.approximation import NoBestApproximation
    from symnum.approximation import minimax as closest
    from symnum.commands.smoothing_reports import minimax_facts, plot_errors

    writable(plot)
    try:
        result = refusing(
            lambda: closest(
                target,
                variable,
                interval,
                form=form,
                degree=_degree(degree),
                params=param,
                weight=weight,
                digits=digits,
            )
        )
    except NoBestApproximation as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from None
    if plot is not None:
        _save(lambda figure: plot_errors(result, figure), plot)
    _show(minimax_facts(result, digits), plot, as_json)


def _degree(text: str | None) -> int | tuple[int, ...] | None:
    if text is None:
        return None
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        expected = "a number, or two as in 3,2"
        raise typer.BadParameter(
            f"expected {expected}, got {text!r}", param_hint="--degree"
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers


def _show(facts: dict[str, Any], plot: Path | None, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        shown = {name: fact for name, fact in facts.items() if fact is not None}
        width = max(map(len, shown))
        for name, fact in shown.items():
            text = ", ".join(fact) if isinstance(fact, list) else fact
            typer.echo(f"{name:{width}}  {text}")
    if plot is not None:
        typer.echo(f"plot written to {plot}", err=as_json)


def _save(draw: Callable[[Any], None], target: Path) -> None:
    from symnum.report import save_figure

    def adapted(_: Any, figure: Any) -> None:
        draw(figure)

    nothing: Any = None
    refusing(lambda: save_figure(adapted, nothing, target))
