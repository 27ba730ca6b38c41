"""The arguments of a kernel: what may stand for one, nesting, names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.matexpr import MatrixElement

from symnum.expressions import as_symbol

__all__ = ["Arguments", "read_arguments"]

# Besides symbols, what SymPy code uses as variables: f(t), Derivative(f(t), t), A[i], M[0, 1].
VARIABLES = (sympy.Symbol, AppliedUndef, sympy.Derivative, sympy.Indexed, MatrixElement)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments as given, and in a row.

    Parameters
    ----------
    tree : tuple
        Variables, and tuples of them where the arguments are nested.
    flat : tuple of sympy.Expr
        All variables, from left to right.
    """

    tree: tuple[Any, ...]
    flat: tuple[sympy.Expr, ...]

    @property
    def nested(self) -> bool:
        """Whether an argument is a sequence."""
        return any(isinstance(argument, tuple) for argument in self.tree)

    def nesting(self) -> str:
        """Return the nesting alone, the same for all names: ``(.(..))`` for (x, (y, z))."""
        return _brackets(self.tree)

    def labels(self) -> tuple[Any, ...]:
        """Return the names, or the variables themselves where two share a name."""
        names = [str(argument) for argument in self.flat]
        counts = Counter(names)
        return tuple(
            name if counts[name] == 1 else argument
            for name, argument in zip(names, self.flat, strict=True)
        )

    def position(self, key: Any, name: str) -> int:
        """Return the position of a variable given by itself or by its name.

        Raises
        ------
        ValueError
            If it is none of the arguments, or the name is that of several.
        """
        found = [index for index, argument in enumerate(self.flat) if argument == key]
        if not found:
            found = [index for index, argument in enumerate(self.flat) if str(argument) == str(key)]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(map(str, self.flat)) or "none"
        if found:
            raise ValueError(f"{name}: several arguments are called {key}, give the symbol itself")
        raise ValueError(f"{name}: {key} is not an argument; the arguments are {listed}")

    def flatten(self, values: Sequence[Any]) -> list[Any]:
        """Return the values of a call in a row.

        Raises
        ------
        TypeError
            If their number or nesting is another than that of the arguments.
        """
        if len(values) != len(self.tree):
            listed = ", ".join(map(_shown, self.tree)) or "none"
            plural = "" if len(self.tree) == 1 else "s"
            raise TypeError(
                f"expected {len(self.tree)} argument{plural} ({listed}), got {len(values)}"
            )
        if not self.nested:
            return list(values)
        flat: list[Any] = []
        for argument, value in zip(self.tree, values, strict=True):
            _unpack(argument, value, flat)
        return flat


def _brackets(argument: Any) -> str:
    if isinstance(argument, tuple):
        return f"({''.join(map(_brackets, argument))})"
    return "."


def _shown(argument: Any) -> str:
    if isinstance(argument, tuple):
        return f"({', '.join(map(_shown, argument))})"
    return str(argument)


def _unpack(argument: Any, value: Any, flat: list[Any]) -> None:
    if not isinstance(argument, tuple):
        flat.append(value)
        return
    if not isinstance(value, list | tuple | np.ndarray) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    ):
        raise TypeError(
            f"the argument {_shown(argument)}: expected a sequence of {len(argument)}, "
            f"got {type(value).__name__}"
        )
    if len(value) != len(argument):
        raise TypeError(
            f"the argument {_shown(argument)}: expected {len(argument)} entries, got {len(value)}"
        )
    for part, entry in zip(argument, value, strict=True):
        _unpack(part, entry, flat)


def read_arguments(args: Any, known: Iterable[sympy.Basic] = ()) -> Arguments:
    """Return the arguments that a user gave.

    Parameters
    ----------
    args : symbol, name, or (nested) sequence of them
        In the order of the call.
    known : iterable of sympy.Basic
        The symbols of the expressions. A name means the one of that name, with its assumptions.

    Returns
    -------
    Arguments

    Raises
    ------
    ValueError
        If an argument occurs twice, or a name could mean several symbols.
    TypeError
        If an entry is no variable.

    Examples
    --------
    >>> read_arguments(["x", ("y", "z")]).tree
    (x, (y, z))
    """
    by_name: dict[str, list[sympy.Basic]] = {}
    for symbol in known:
        by_name.setdefault(str(symbol), []).append(symbol)
    tree = _tree(args, by_name)
    whole = tree if isinstance(tree, tuple) else (tree,)
    flat: list[sympy.Expr] = []
    for argument in whole:
        _unpack_tree(argument, flat)
    repeated = [argument for argument, count in Counter(flat).items() if count > 1]
    if repeated:
        raise ValueError(f"args: the argument {repeated[0]} occurs twice")
    return Arguments(whole, tuple(flat))


def _unpack_tree(argument: Any, flat: list[sympy.Expr]) -> None:
    if isinstance(argument, tuple):
        for part in argument:
            _unpack_tree(part, flat)
    else:
        flat.append(argument)


def _tree(args: Any, by_name: dict[str, list[sympy.Basic]]) -> Any:
    if isinstance(args, str):
        return _named(args, by_name)
    if isinstance(args, VARIABLES):
        return as_symbol(args, "args") if isinstance(args, sympy.Symbol) else args
    if isinstance(args, list | tuple | sympy.Tuple | sympy.MatrixBase | np.ndarray):
        return tuple(_tree(argument, by_name) for argument in args)
    raise TypeError(
        "args: expected a symbol, a name, or a list or tuple of them, "
        f"got {type(args).__name__} {args!s:.60}"
    )


def _named(name: str, by_name: dict[str, list[sympy.Basic]]) -> sympy.Basic:
    symbol = as_symbol(name, "args")
    same = by_name.get(symbol.name, [])
    if len(same) > 1:
        raise ValueError(f"args: several symbols are called {name}, give the symbol itself")
    return same[0] if same else symbol
