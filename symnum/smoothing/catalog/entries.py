"""Activations, losses and steps by name, each with its formula, its origin and its kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, NoReturn, final

import numpy as np
import sympy
from sympy import Expr, Symbol

from symnum.compiler import Kernel
from symnum.compiler.lambdification import build_kernel
from symnum.derivation import Derivation
from symnum.errors import near_names
from symnum.expressions import Interval, as_expression
from symnum.smoothing.catalog.activations import ACTIVATIONS
from symnum.smoothing.catalog.forms import Form
from symnum.smoothing.catalog.losses import LOSSES, STEPS
from symnum.smoothing.catalog.operations import OPERATIONS
from symnum.smoothing.catalog.proofs import entry_derivation
from symnum.smoothing.catalog.rows import Convolution, Row, X

__all__ = ["CATALOG", "Catalog", "Entry", "UnknownEntryError"]


class UnknownEntryError(KeyError):
    """No entry of the catalogue has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


@final
@dataclass(frozen=True)
class Entry:
    """An activation, a loss or a step: formula, origin, proof, kernel.

    Calling it gives the same with other values of its parameters.

    Attributes
    ----------
    row : Row
        What the catalogue says of it.
    params : mapping from str to Expr
        The values of its parameters.

    Examples
    --------
    >>> CATALOG["squareplus"].expr
    x/2 + sqrt(x**2 + 4)/2
    >>> CATALOG["squareplus"](b=1).expr
    x/2 + sqrt(x**2 + 1)/2
    >>> f"{CATALOG['gelu'].compile()(-30.0):.12e}"
    '-1.472014178144e-196'
    """

    row: Row
    params: Mapping[str, Expr]

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return self.row.name

    @property
    def about(self) -> str:
        """What it is, in one sentence."""
        return self.row.about

    @cached_property
    def expr(self) -> Expr:
        """The formula, exact; the only free symbol is x, unless a parameter is a symbol."""
        return self.row.formula(**self.params)

    @cached_property
    def form(self) -> Form:
        """The same function as it is compiled, right to the last places in floating point."""
        return Form(self.expr, ()) if self.row.form is None else self.row.form(**self.params)

    @cached_property
    def origin(self) -> Convolution | None:
        """The function and the mollifier whose convolution it is; None where it is none."""
        return None if self.row.origin is None else self.row.origin(**self.params)

    @property
    def stands_for(self) -> Expr:
        """The function with kinks or jumps that it is a stand-in for; without one, itself."""
        row = self.row
        return self.expr if row.stands_for is None else row.stands_for(**self.params)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The arguments of the kernel: x, then the symbols among the parameters by name."""
        rest = {symbol for value in self.params.values() for symbol in value.free_symbols}
        return (X, *sorted(rest, key=lambda symbol: str(symbol.name)))

    @cached_property
    def derivation(self) -> Derivation:
        """The proof of the origin, of what the entry tends to, and of the numeric form."""
        return entry_derivation(self)

    def compile(self, **options: Any) -> Kernel:
        """Return the kernel in `symbols`.

        Parameters
        ----------
        **options
            Those of `symnum.lambdify`. Single precision is computed in double precision.

        Returns
        -------
        Kernel
        """
        expr, short = self.form.expr, self.form.single
        if short is not None and _is_single(options.get("dtype", "float64")):
            expr = short
        return build_kernel(self.symbols, expr, wide=True, **options)

    def __call__(self, **values: Any) -> Entry:
        """Return the entry with other values of its parameters.

        Parameters
        ----------
        **values : number, expression or str
            By the names in `params`; symbols need assumptions such as ``positive=True``.

        Raises
        ------
        TypeError
            For a parameter that it does not have.
        ValueError
            For a value outside of the parameter's range.
        """
        for name in values:
            if name not in self.params:
                known = ", ".join(self.params) or "none"
                raise TypeError(f"{self.name} has no parameter {name!r}; its parameters: {known}")
        given = {name: self._value(name, value) for name, value in values.items()}
        return Entry(self.row, MappingProxyType({**self.params, **given}))

    def _value(self, name: str, value: Any) -> Expr:
        parameter = self.row.parameters[name]
        try:
            expr = sympy.nsimplify(as_expression(value, name), rational=True)
        except (TypeError, ValueError) as refused:
            raise ValueError(f"{name}: expected {parameter.expected}, got {value!r}") from refused
        if X in expr.free_symbols:
            raise ValueError(f"{name}: x is the variable of the entry, got {value!r}")
        if not parameter.admits(expr):
            hint = "; declare its assumptions" if expr.free_symbols else ""
            raise ValueError(f"{name}: expected {parameter.expected}, got {value!r}{hint}")
        return expr

    def domain(self) -> dict[Symbol, Interval]:
        """Return where the symbols lie: x on the real line, parameters in their ranges."""
        found = {X: Interval(-sympy.oo, sympy.oo)}
        for name, value in self.params.items():
            for symbol in sorted(value.free_symbols, key=str):
                low = sympy.Integer(0) if symbol.is_nonnegative else -sympy.oo
                range_ = self.row.parameters[name]
                if value == symbol:
                    low = range_.low
                high = range_.high if value == symbol else sympy.oo
                found[symbol] = Interval(low, high, left_open=bool(symbol.is_positive))
        return found

    def _repr_latex_(self) -> str:
        return f"$${sympy.latex(self.expr)}$$"

    def __str__(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.name}({values}): {sympy.sstr(self.expr)}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.name, dict(self.params))


def _is_single(dtype: Any) -> bool:
    try:
        return bool(np.dtype(dtype) == np.float32)
    except TypeError:
        return False


def _restored(name: str, params: dict[str, Expr]) -> Entry:
    return Entry(CATALOG[name].row, MappingProxyType(params))


@final
class Catalog(Mapping[str, Entry]):
    """The entries by name; each is made when it is asked for.

    Parameters
    ----------
    rows : sequence of Row

    Examples
    --------
    >>> CATALOG["silu"].origin.mollifier
    'logistic'
    """

    __slots__ = ("_entries", "_rows")

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self._rows = {row.name: row for row in sorted(rows, key=lambda row: row.name)}
        self._entries: dict[str, Entry] = {}

    def __getitem__(self, name: str) -> Entry:
        """Return an entry; `UnknownEntryError`, a `KeyError`, names the nearest ones."""
        if name not in self._rows:
            self._refuse(name)
        if name not in self._entries:
            row = self._rows[name]
            values = {key: parameter.default for key, parameter in row.parameters.items()}
            self._entries[name] = Entry(row, MappingProxyType(values))
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"Catalog({', '.join(self._rows)})"

    def _refuse(self, name: Any) -> NoReturn:
        near = near_names(name, self._rows) if isinstance(name, str) else []
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(self._rows)}"
        raise UnknownEntryError(f"no entry {name!r}; {hint}")


CATALOG = Catalog((*ACTIVATIONS, *LOSSES, *STEPS, *OPERATIONS))
