"""What a row of the catalogue is made of: formula, parameters, origin, numeric form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sympy
from sympy import Expr, Integer, Symbol

from symnum.smoothing.catalog.forms import Form

__all__ = [
    "Convolution",
    "Parameter",
    "Row",
    "X",
    "nonnegative",
    "number",
    "positive",
    "share",
]

#: The variable of all entries.
X = Symbol("x")


class Convolution(NamedTuple):
    r"""Where an entry comes from: a function smoothed with a mollifier.

    .. math:: \text{entry}(x) = a(x)\, S_h f(x) + b(x)

    Attributes
    ----------
    f : Expr
        The function with kinks or jumps, in `X`.
    mollifier : str
        A name in `MOLLIFIERS`.
    bandwidth : Expr
        h.
    factor, offset : Expr
        a and b, in `X`.
    """

    f: Expr
    mollifier: str
    bandwidth: Expr = Integer(1)
    factor: Expr = Integer(1)
    offset: Expr = Integer(0)

    def combined(self, smooth: Expr) -> Expr:
        """Return the entry for a smoothed f."""
        return self.factor * smooth + self.offset


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an entry.

    Attributes
    ----------
    default : Expr
    low, high : Expr
        Where its values lie.
    low_open : bool
        Whether `low` is excluded.
    """

    default: Expr
    low: Expr = -sympy.oo
    high: Expr = sympy.oo
    low_open: bool = False

    @property
    def expected(self) -> str:
        """What values have to be, for messages."""
        if self.low == -sympy.oo:
            return "a finite real number"
        if self.high != sympy.oo:
            return f"a number between {self.low} and {self.high}"
        return "positive and finite" if self.low_open else "finite and at least 0"

    def admits(self, value: Expr) -> bool:
        """Tell whether a value, a number or a symbol with assumptions, is known to be allowed."""
        if value.is_finite is False or value.is_extended_real is False:
            return False
        if self.low == -sympy.oo:
            return value.is_extended_real is not False
        over = value - self.low
        above = over.is_positive if self.low_open else over.is_nonnegative
        below = True if self.high == sympy.oo else (self.high - value).is_nonnegative
        return above is True and below is True


def positive(default: Any) -> Parameter:
    """Return a parameter that is above 0."""
    return Parameter(sympy.sympify(default), Integer(0), low_open=True)


def nonnegative(default: Any) -> Parameter:
    """Return a parameter that is at least 0."""
    return Parameter(sympy.sympify(default), Integer(0))


def share(default: Any) -> Parameter:
    """Return a parameter between 0 and 1."""
    return Parameter(sympy.sympify(default), Integer(0), Integer(1))


def number(default: Any) -> Parameter:
    """Return a parameter of any sign."""
    return Parameter(sympy.sympify(default))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the catalogue; its functions take the values of the parameters.

    Attributes
    ----------
    name : str
    about : str
        One sentence.
    formula : callable
        The expression in `X`.
    parameters : mapping from str to Parameter
    stands_for : callable
        The function with kinks or jumps that the entry is a smooth stand-in for, or itself.
    origin : callable, optional
        The convolution that yields it; None for values at which there is none.
    form : callable, optional
        How it is compiled, where the formula as it is written loses digits.
    limits : callable, optional
        What entry less `stands_for` tends to at minus and at plus infinity.
    """

    name: str
    about: str
    formula: Callable[..., Expr]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    stands_for: Callable[..., Expr] | None = None
    origin: Callable[..., Convolution | None] | None = None
    form: Callable[..., Form] | None = None
    limits: Callable[..., tuple[Expr, Expr]] | None = None
