"""Sides of a claim that hold several expressions: lists, dictionaries, matrices, coordinates.

A structure is frozen once, when it enters a claim, and read entry by entry from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, TypeAlias

from sympy import Expr, ImmutableDenseMatrix, MatrixBase

from symnum.algebra.coordinates import Coordinates

__all__ = [
    "Coordinated",
    "Listed",
    "Named",
    "Structure",
    "entries",
    "freeze",
    "is_scalar",
    "mapped",
    "thaw",
]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list or a tuple of structures."""

    items: tuple[Structure, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Named:
    """A dictionary from text keys to structures, in its own order."""

    items: tuple[tuple[str, Structure], ...]


@dataclass(frozen=True, slots=True)
class Coordinated:
    """An object of symbolic size, by its coordinates in a frame."""

    description: str
    frame: Hashable
    items: tuple[Expr, ...]


Structure: TypeAlias = Expr | ImmutableDenseMatrix | Listed | Named | Coordinated
Convert: TypeAlias = Callable[[Any, str], Expr]


def freeze(value: Any, name: str, convert: Convert) -> Structure:
    """Return an unchangeable copy of a value whose scalar entries went through `convert`.

    Parameters
    ----------
    value : object
        A scalar, or a list, tuple, dictionary, matrix or `Coordinates` of such values.
    name : str
        How messages call the value; entries are called ``name[0]``, ``name['key']``.
    convert : callable
        Takes an entry and its name and returns a SymPy expression or raises.

    Returns
    -------
    Structure

    Raises
    ------
    ValueError
        For an empty list, dictionary or matrix.
    TypeError
        For a dictionary whose keys are not texts.
    """
    if isinstance(value, MatrixBase):
        return _freeze_matrix(value, name, convert)
    if isinstance(value, Coordinates):
        scalars = tuple(
            convert(entry, f"{name}[{position}]")
            for position, entry in enumerate(value.coordinates())
        )
        frame = (type(value).__name__, value.frame())
        return Coordinated(value.describe(), frame, scalars)
    if isinstance(value, list | tuple):
        _refuse_empty(value, name)
        items = (freeze(entry, f"{name}[{i}]", convert) for i, entry in enumerate(value))
        return Listed(tuple(items), "list" if isinstance(value, list) else "tuple")
    if isinstance(value, Mapping):
        return _freeze_mapping(value, name, convert)
    return convert(value, name)


def _freeze_matrix(matrix: MatrixBase, name: str, convert: Convert) -> ImmutableDenseMatrix:
    rows, columns = matrix.shape
    if not rows * columns:
        raise ValueError(f"{name} is an empty matrix of shape {rows} x {columns}")
    scalars = [
        convert(matrix[row, column], f"{name}[{row}, {column}]")
        for row in range(rows)
        for column in range(columns)
    ]
    return ImmutableDenseMatrix(rows, columns, scalars)


def _freeze_mapping(value: Mapping[Any, Any], name: str, convert: Convert) -> Named:
    _refuse_empty(value, name)
    for key in value:
        if not isinstance(key, str):
            raise TypeError(
                f"the keys of {name} must be texts, got {key!r} of type {type(key).__name__}"
            )
    return Named(
        tuple((key, freeze(entry, f"{name}[{key!r}]", convert)) for key, entry in value.items())
    )


def _refuse_empty(value: Any, name: str) -> None:
    if not len(value):
        raise ValueError(f"{name} is empty; at least one expression is needed")


def is_scalar(structure: Structure) -> bool:
    """Tell whether a structure is a single expression; SymPy counts matrices as expressions too.

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    bool
    """
    return isinstance(structure, Expr) and not isinstance(structure, MatrixBase)


@singledispatch
def thaw(structure: Any) -> Any:
    """Return a structure as the value it was made of: list, tuple, dict, matrix or expression.

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    object
        Lists and dictionaries are fresh copies; coordinates come back as a tuple.
    """
    return structure


@thaw.register
def _(structure: Listed) -> Any:
    values = [thaw(item) for item in structure.items]
    return values if structure.kind == "list" else tuple(values)


@thaw.register
def _(structure: Named) -> Any:
    return {key: thaw(item) for key, item in structure.items}


@thaw.register
def _(structure: Coordinated) -> Any:
    return structure.items


@singledispatch
def entries(structure: Any) -> tuple[tuple[str, Expr], ...]:
    """Return the scalar entries of a structure, each with its place; a scalar's place is empty.

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    tuple of (str, sympy.Expr)

    Examples
    --------
    >>> from sympy.abc import x, y
    >>> entries(Named((("p", x), ("q", Listed((x, y), "list")))))
    (('p', x), ('q[0]', x), ('q[1]', y))
    """
    return (("", structure),)


@entries.register
def _(structure: ImmutableDenseMatrix) -> tuple[tuple[str, Expr], ...]:
    columns = structure.shape[1]
    return tuple(
        (f"[{position // columns}, {position % columns}]", entry)
        for position, entry in enumerate(structure.flat())
    )


@entries.register
def _(structure: Listed) -> tuple[tuple[str, Expr], ...]:
    return tuple(
        (f"[{position}]{place}", entry)
        for position, item in enumerate(structure.items)
        for place, entry in entries(item)
    )


@entries.register
def _(structure: Named) -> tuple[tuple[str, Expr], ...]:
    return tuple(
        (f"{key}{place}", entry) for key, item in structure.items for place, entry in entries(item)
    )


@entries.register
def _(structure: Coordinated) -> tuple[tuple[str, Expr], ...]:
    return tuple((f"coordinate {place}", entry) for place, entry in enumerate(structure.items))


@singledispatch
def mapped(structure: Any, function: Callable[[Expr], Expr]) -> Any:
    """Return the structure with `function` applied to each scalar entry.

    Parameters
    ----------
    structure : Structure
    function : callable
        From expression to expression.

    Returns
    -------
    Structure
    """
    return function(structure)


@mapped.register
def _(structure: ImmutableDenseMatrix, function: Callable[[Expr], Expr]) -> Any:
    rows, columns = structure.shape
    return ImmutableDenseMatrix(rows, columns, [function(entry) for entry in structure.flat()])


@mapped.register
def _(structure: Listed, function: Callable[[Expr], Expr]) -> Any:
    return Listed(tuple(mapped(item, function) for item in structure.items), structure.kind)


@mapped.register
def _(structure: Named, function: Callable[[Expr], Expr]) -> Any:
    return Named(tuple((key, mapped(item, function)) for key, item in structure.items))


@mapped.register
def _(structure: Coordinated, function: Callable[[Expr], Expr]) -> Any:
    items = tuple(function(entry) for entry in structure.items)
    return Coordinated(structure.description, structure.frame, items)
