"""The command for exponentials of matrices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from symnum.commands.root_commands import refusing

if TYPE_CHECKING:
    from sympy import Matrix

__all__ = ["expm", "matrix_of_text"]


def expm(
    matrix: Annotated[str, typer.Argument(help='Rows of expressions: "[[0, -t], [t, 0]]".')],
    at: Annotated[
        list[str] | None, typer.Option("--at", help="A value for a symbol, as t=0.3.")
    ] = None,
    digits: Annotated[int, typer.Option(help="Digits of the value.")] = 15,
    as_json: Annotated[bool, typer.Option("--json", help="Print what a program can read.")] = False,
) -> None:
    """Give exp(A) in closed form, with what was found out about A and how it was proved.

    With a value for every symbol, also the value, in balls of the wanted digits.
    """
    from symnum import matrix_exp

    array = matrix_of_text(matrix)
    values = _values(at or [], {str(symbol) for symbol in array.free_symbols})
    result = refusing(lambda: matrix_exp(array))
    facts: dict[str, Any] = {
        "closed form": [[str(entry) for entry in row] for row in result.expr.tolist()],
        "structure": str(result.structure),
        "minimal polynomial": _polynomial(result.minimal_polynomial),
        "degenerate where zero": [str(expr) for expr in result.degenerate_set],
        "proved": result.derivation.level,
    }
    if at or not array.free_symbols:
        ball = refusing(lambda: result.enclose(values, digits))
        n = ball.nrows()
        facts["value"] = [[ball[i, j].str(digits) for j in range(n)] for i in range(n)]
    if as_json:
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    width = max(map(len, facts))
    for label, value in facts.items():
        if value or label != "degenerate where zero":
            lines = _lines(value) if isinstance(value, list) else [value]
            for place, line in enumerate(lines):
                typer.echo(f"{label if place == 0 else '':{width}}  {line}")


def _lines(entries: list[Any]) -> list[str]:
    """Return the rows of a matrix in columns, or a list in one line."""
    if not entries or not isinstance(entries[0], list):
        return [", ".join(entries)]
    widths = [max(map(len, column)) for column in zip(*entries, strict=True)]
    return [
        "[" + ", ".join(f"{text:{w}}" for text, w in zip(row, widths, strict=True)) + "]"
        for row in entries
    ]


def _polynomial(polynomial: Any) -> str:
    """Return a polynomial in s; in z where s is a symbol of the matrix."""
    from sympy import Symbol

    expr = polynomial.as_expr()
    taken = {str(symbol) for symbol in polynomial.free_symbols_in_domain}
    name = next(name for name in ("s", "z", "X", "lambda_") if name not in taken)
    return str(expr.subs(polynomial.gen, Symbol(name)))


def _values(texts: list[str], names: set[str]) -> dict[str, Any]:
    """Return the values of symbols that were given as name=value, each once."""
    values: dict[str, Any] = {}
    for text in texts:
        name, value = _pair(text)
        if name not in names or name in values:
            problem = "is given twice" if name in values else "is no symbol of the matrix"
            raise typer.BadParameter(f"{name} {problem}", param_hint="--at")
        values[name] = value
    return values


def _pair(text: str) -> tuple[str, Any]:
    from symnum import parse

    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise typer.BadParameter(f"expected name=value, got {text!r}", param_hint="--at")
    number = refusing(lambda: parse(value))
    if number.free_symbols:
        raise typer.BadParameter(f"expected a number for {name.strip()}, got {value!r}")
    return name.strip(), number


def matrix_of_text(text: str) -> Matrix:
    """Return the matrix that rows of expressions in brackets describe.

    Parameters
    ----------
    text : str
        ``[[a, b], [c, d]]``; each entry is read as `parse` reads it.

    Raises
    ------
    typer.BadParameter
        For anything but rows of one length in brackets.
    """
    import sympy

    from symnum import parse

    rows = [_pieces(row) for row in _pieces(text)]
    if not rows or len({len(row) for row in rows}) != 1:
        raise typer.BadParameter(
            f"expected rows of one length as [[a, b], [c, d]], got {text!r}", param_hint="MATRIX"
        )
    return refusing(lambda: sympy.Matrix([[parse(entry) for entry in row] for row in rows]))


def _pieces(text: str) -> list[str]:
    """Return what commas part in a pair of square brackets."""
    inner = text.strip()
    if len(inner) < 2 or inner[0] != "[" or inner[-1] != "]":
        raise typer.BadParameter(
            f"expected rows in brackets as [[a, b], [c, d]], got {text!r}", param_hint="MATRIX"
        )
    depth, pieces = 0, [""]
    for sign in inner[1:-1]:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += sign
    return [piece.strip() for piece in pieces]
