"""Shapes of results: an expression, or a list, tuple, dict or Matrix of them, nested at will.

`flatten` splits what the user gave into single expressions and a `Structure`; the structure puts
numbers, arrays or references back into the same shape.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from numpy.typing import DTypeLike, NDArray
from sympy.logic.boolalg import Boolean

__all__ = ["Grid", "Items", "Leaf", "Named", "Structure", "as_matrix", "flatten", "is_row"]

# Makes one object of the entries of a Matrix, given in row order, and its shape.
Join = Callable[[list[Any], tuple[int, ...]], Any]


class Structure(abc.ABC):
    """How single results are put together."""

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """The number of single results."""

    @abc.abstractmethod
    def combine(self, values: Iterator[Any], join: Join) -> Any:
        """Put single results, in order, into the shape.

        Parameters
        ----------
        values : iterator
            The single results.
        join : callable
            Makes one object of the entries of a Matrix and its shape.
        """

    @abc.abstractmethod
    def allocate(self, shape: tuple[int, ...], dtype: DTypeLike) -> tuple[list[NDArray[Any]], Any]:
        """Return contiguous arrays for the single results, and the result made of them."""

    @abc.abstractmethod
    def split(self, result: Any, name: str) -> Iterator[tuple[str, Any]]:
        """Take a result apart; each part comes with what to call it in messages.

        Raises
        ------
        TypeError, ValueError
            If `result` is not of this shape.
        """


@dataclass(frozen=True, slots=True)
class Leaf(Structure):
    """One expression."""

    @property
    def size(self) -> int:
        """One."""
        return 1

    def combine(self, values: Iterator[Any], join: Join) -> Any:
        """Return the value."""
        return next(values)

    def allocate(self, shape: tuple[int, ...], dtype: DTypeLike) -> tuple[list[NDArray[Any]], Any]:
        """Return one array."""
        array = np.empty(shape, dtype)
        return [array], array

    def split(self, result: Any, name: str) -> Iterator[tuple[str, Any]]:
        """Return the array itself."""
        yield name, result


@dataclass(frozen=True, slots=True)
class Items(Structure):
    """A list or a tuple.

    Parameters
    ----------
    kind : type
        ``list`` or ``tuple``.
    parts : tuple of Structure
        One for each entry.
    """

    kind: type
    parts: tuple[Structure, ...]

    @property
    def size(self) -> int:
        """The sum over the entries."""
        return sum(part.size for part in self.parts)

    def combine(self, values: Iterator[Any], join: Join) -> Any:
        """Return a list or tuple."""
        return self.kind([part.combine(values, join) for part in self.parts])

    def allocate(self, shape: tuple[int, ...], dtype: DTypeLike) -> tuple[list[NDArray[Any]], Any]:
        """Allocate for each entry."""
        if is_row(self):
            rows = [np.empty(shape, dtype) for _ in self.parts]
            return rows, self.kind(rows)
        made = [part.allocate(shape, dtype) for part in self.parts]
        return [row for rows, _ in made for row in rows], self.kind([whole for _, whole in made])

    def split(self, result: Any, name: str) -> Iterator[tuple[str, Any]]:
        """Take every entry apart."""
        if not isinstance(result, list | tuple):
            raise TypeError(f"{name}: expected a {self.kind.__name__}, got {_type(result)}")
        if len(result) != len(self.parts):
            raise ValueError(f"{name}: expected {len(self.parts)} entries, got {len(result)}")
        for index, (part, value) in enumerate(zip(self.parts, result, strict=True)):
            yield from part.split(value, f"{name}[{index}]")


@dataclass(frozen=True, slots=True)
class Named(Structure):
    """A dict.

    Parameters
    ----------
    keys : tuple of hashable
        In the order given.
    parts : tuple of Structure
        One for each key.
    """

    keys: tuple[Hashable, ...]
    parts: tuple[Structure, ...]

    @property
    def size(self) -> int:
        """The sum over the entries."""
        return sum(part.size for part in self.parts)

    def combine(self, values: Iterator[Any], join: Join) -> Any:
        """Return a dict."""
        return {
            key: part.combine(values, join) for key, part in zip(self.keys, self.parts, strict=True)
        }

    def allocate(self, shape: tuple[int, ...], dtype: DTypeLike) -> tuple[list[NDArray[Any]], Any]:
        """Allocate for each entry."""
        made = [part.allocate(shape, dtype) for part in self.parts]
        whole = dict(zip(self.keys, [whole for _, whole in made], strict=True))
        return [row for rows, _ in made for row in rows], whole

    def split(self, result: Any, name: str) -> Iterator[tuple[str, Any]]:
        """Take every entry apart."""
        if not isinstance(result, Mapping):
            raise TypeError(f"{name}: expected a dict, got {_type(result)}")
        if set(result) != set(self.keys):
            wanted, found = list(map(str, self.keys)), list(map(str, result))
            raise ValueError(f"{name}: expected the keys {wanted}, got {found}")
        for key, part in zip(self.keys, self.parts, strict=True):
            yield from part.split(result[key], f"{name}[{key!r}]")


@dataclass(frozen=True, slots=True)
class Grid(Structure):
    """A Matrix or an array of expressions; its axes trail those of the arguments.

    Parameters
    ----------
    shape : tuple of int
        Of the Matrix: two numbers.
    """

    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.prod(self.shape, dtype=int))

    def combine(self, values: Iterator[Any], join: Join) -> Any:
        """Return the entries, joined."""
        return join([next(values) for _ in range(self.size)], self.shape)

    def allocate(self, shape: tuple[int, ...], dtype: DTypeLike) -> tuple[list[NDArray[Any]], Any]:
        """Allocate one array; the entries of the Matrix are contiguous in it, one after another."""
        whole = np.empty((self.size, *shape), dtype)
        own = len(self.shape)
        nested = whole.reshape(self.shape + shape)
        return list(whole), nested.transpose(*range(own, nested.ndim), *range(own))

    def split(self, result: Any, name: str) -> Iterator[tuple[str, Any]]:
        """Return views of the entries."""
        if not isinstance(result, np.ndarray):
            raise TypeError(f"{name}: expected a NumPy array, got {_type(result)}")
        if result.shape[result.ndim - len(self.shape) :] != self.shape:
            raise ValueError(f"{name}: expected the last axes {self.shape}, got {result.shape}")
        for index in np.ndindex(*self.shape):
            yield f"{name}[..., {', '.join(map(str, index))}]", result[(..., *index)]


def _type(value: Any) -> str:
    return type(value).__name__


def is_row(structure: Structure) -> bool:
    """Tell whether a structure is a list or tuple of single results."""
    return isinstance(structure, Items) and all(isinstance(part, Leaf) for part in structure.parts)


def as_matrix(entries: list[Any], shape: tuple[int, ...]) -> Any:
    """Join expressions to an immutable SymPy Matrix, or to an array where there are not two axes.

    Examples
    --------
    >>> as_matrix([1, 2, 3, 4], (2, 2))[1, 0]
    3
    """
    if len(shape) == 2:
        return sympy.ImmutableDenseMatrix(*shape, entries)
    return sympy.ImmutableDenseNDimArray(entries, shape)


Reader = Callable[[str], Any]


def flatten(expr: Any, read: Reader, name: str = "expr") -> tuple[list[sympy.Basic], Structure]:
    """Split nested expressions into single ones and the structure that holds them.

    Parameters
    ----------
    expr : expression, text, number, condition, Matrix, or list, tuple or dict of them
        What the user gave.
    read : callable
        Turns a text into an expression.
    name : str
        What to call it in messages.

    Returns
    -------
    leaves : list of sympy.Basic
        Expressions, or conditions.
    structure : Structure

    Raises
    ------
    TypeError
        If a part is no expression; the message says which.

    Examples
    --------
    >>> flatten([1, (sympy.pi,)], sympy.Symbol)[0]
    [1, pi]
    """
    if isinstance(expr, str):
        expr = read(expr)
    if isinstance(expr, list | tuple):
        made = [flatten(part, read, f"{name}[{index}]") for index, part in enumerate(expr)]
        kind = list if isinstance(expr, list) else tuple
        return _joined(made), Items(kind, tuple(part for _, part in made))
    if isinstance(expr, sympy.Tuple):
        return flatten(tuple(expr), read, name)
    if isinstance(expr, Mapping):
        made = [flatten(part, read, f"{name}[{key!r}]") for key, part in expr.items()]
        return _joined(made), Named(tuple(expr), tuple(part for _, part in made))
    entries = _entries(expr)
    if entries is not None:
        shape, values = entries
        made = [flatten(value, read, f"an entry of {name}") for value in values]
        if any(not isinstance(part, Leaf) for _, part in made):
            raise TypeError(f"{name}: an entry of a Matrix must be one expression")
        return _joined(made), Grid(shape)
    return [_expression(expr, name)], Leaf()


def _joined(made: Sequence[tuple[list[sympy.Basic], Structure]]) -> list[sympy.Basic]:
    return [leaf for leaves, _ in made for leaf in leaves]


def _entries(expr: Any) -> tuple[tuple[int, ...], list[Any]] | None:
    """Return shape and entries of anything like a Matrix, else None."""
    if isinstance(expr, sympy.MatrixExpr):
        expr = expr.as_explicit()
    if isinstance(expr, sympy.MatrixBase):
        return tuple(map(int, expr.shape)), list(expr.flat())
    if isinstance(expr, sympy.NDimArray):
        return tuple(map(int, expr.shape)), list(sympy.flatten(expr.tolist()))
    if isinstance(expr, np.ndarray):
        return expr.shape, list(expr.flat)
    return None


def _expression(value: Any, name: str) -> sympy.Basic:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return sympy.true if value else sympy.false
    if isinstance(value, sympy.Expr | Boolean):
        return value
    try:
        # Strict: never parses a text. Numbers of the standard library and of mpmath pass.
        converted = sympy.sympify(value, strict=True)
    except (sympy.SympifyError, TypeError, ValueError):
        converted = None
    if isinstance(converted, sympy.Expr | Boolean):
        return converted
    raise TypeError(f"{name}: expected an expression, text, number or Matrix, got {_type(value)}")
