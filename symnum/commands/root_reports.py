"""Roots in the terminal and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import mpmath
import typer

__all__ = [
    "basins_as_json",
    "certified_digits",
    "print_basins",
    "print_root",
    "print_roots",
    "root_as_json",
    "roots_as_json",
]

#: Roots that are listed in the terminal.
LISTED = 60


def certified_digits(root: Any, bound: Any) -> int | None:
    """Return how many significant digits of a root its bound guarantees; None for all of them.

    Parameters
    ----------
    root, bound : number

    Returns
    -------
    int or None

    Examples
    --------
    >>> certified_digits(0.739, 3e-17)
    16
    """
    size = abs(root)
    if bound == 0:
        return None
    return max(0, int(mpmath.floor(-mpmath.log10(bound / size if size else bound))))


def print_root(result: Any) -> None:
    """Print what `newton` found: root, bound, digits, certificate; or why there is none.

    Parameters
    ----------
    result : RootResult
    """
    if not result.converged:
        typer.echo(str(result))
        return
    digits = certified_digits(result.root, result.error_bound)
    kind = {None: "root", 1: "simple root"}.get(
        result.multiplicity, f"root of multiplicity {result.multiplicity}"
    )
    typer.echo(f"{result.unknown} = {_number(result.root, result.digits)}")
    _table(
        ("error bound", mpmath.nstr(mpmath.mpf(result.error_bound), 2)),
        ("digits", "exact" if digits is None else f"{digits} certified"),
        ("status", f"{result.status}, {kind}, {result.iterations} iterations"),
        ("certificate", str(result.certificate)),
    )


def root_as_json(result: Any) -> str:
    """Return what `newton` found as JSON; numbers of many digits are texts.

    Parameters
    ----------
    result : RootResult

    Returns
    -------
    str
    """
    certificate = result.certificate
    found = result.converged
    return _json(
        {
            "equation": result.equation,
            "unknown": result.unknown,
            "root": _plain(result.root, result.digits),
            "converged": found,
            "status": str(result.status),
            "iterations": result.iterations,
            "residual": _plain(result.residual),
            "error_bound": _plain(result.error_bound, 3 if result.digits else None),
            "digits": certified_digits(result.root, result.error_bound) if found else 0,
            "multiplicity": result.multiplicity,
            "certificate": {
                "kind": certificate.kind,
                "box": _texts(certificate.box),
                "precision": certificate.precision,
            },
            "message": str(result),
        }
    )


def print_roots(result: Any) -> None:
    """Print all roots of a box with their statuses, and what is left open.

    Parameters
    ----------
    result : RootSet
    """
    typer.echo(str(result).partition(": ")[0])
    rows = list(zip(result.roots, result.statuses, result.multiplicities, strict=True))
    for root, status, multiplicity in rows[:LISTED]:
        several = "" if multiplicity in (None, 1) else f", multiplicity {multiplicity}"
        name = f"({result.unknown})" if isinstance(root, tuple) else result.unknown
        typer.echo(f"  {name} = {_number(root)}  [{status}{several}]")
    if len(rows) > LISTED:
        typer.echo(f"  ... and {len(rows) - LISTED} more")
    for place in result.unresolved[:LISTED]:
        typer.echo(f"  undecided: {place}")


def roots_as_json(result: Any) -> str:
    """Return all roots of a box as JSON.

    Parameters
    ----------
    result : RootSet

    Returns
    -------
    str
    """
    return _json(
        {
            "equation": result.equation,
            "unknown": result.unknown,
            "complete": result.complete,
            "roots": [_plain(root) for root in result.roots],
            "statuses": list(map(str, result.statuses)),
            "multiplicities": list(result.multiplicities),
            "enclosures": _texts(result.enclosures),
            "unresolved": _texts(result.unresolved),
        }
    )


def print_basins(result: Any) -> None:
    """Print the roots of a basin plot with the share of the points that go to each.

    Parameters
    ----------
    result : Basins
    """
    typer.echo(str(result))
    *shares, lost = _shares(result)
    for root, share in zip(result.roots, shares, strict=True):
        typer.echo(f"  {share:7.2%} to {result.unknown} = {complex(root)!r}")
    typer.echo(f"  {lost:7.2%} to no root")
    typer.echo(f"  {float(result.iterations.mean()):.2f} iterations on average")


def basins_as_json(result: Any) -> str:
    """Return the roots and the sizes of their basins as JSON.

    Parameters
    ----------
    result : Basins

    Returns
    -------
    str
    """
    *shares, lost = _shares(result)
    return _json(
        {
            "equation": result.equation,
            "unknown": result.unknown,
            "roots": [_plain(complex(root)) for root in result.roots],
            "shares": shares,
            "lost": lost,
            "mean_iterations": float(result.iterations.mean()),
        }
    )


def _shares(result: Any) -> list[float]:
    """Return the share of the points that go to each root and, last, to none."""
    return [float((result.index == k).mean()) for k in (*range(len(result.roots)), -1)]


def _table(*rows: tuple[str, str]) -> None:
    for label, value in rows:
        typer.echo(f"  {label:12} {value}")


def _number(root: Any, digits: int | None = None) -> str:
    if isinstance(root, tuple):
        return f"({', '.join(map(_number, root))})"
    return repr(root) if digits is None else str(mpmath.nstr(root, digits))


def _plain(number: Any, digits: int | None = None) -> Any:
    """Return a number as JSON can hold it: None where it is not finite, pairs for complex ones."""
    if isinstance(number, Iterable) and not isinstance(number, str):
        return [_plain(part) for part in number]
    if digits is not None:
        return mpmath.nstr(number, digits)
    if isinstance(number, complex):
        return {"real": _plain(number.real), "imag": _plain(number.imag)}
    value = float(number)
    return value if math.isfinite(value) else None


def _texts(ends: Any) -> Any:
    """Return exact numbers as texts, nested as they come."""
    if isinstance(ends, (tuple, list)):
        return [_texts(end) for end in ends]
    return str(ends)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
