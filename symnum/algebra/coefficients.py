"""What the coefficients of a series may be: algebras with the functions of one variable.

A series (`jets`) is built over an `Algebra`, which knows constants, quotients and the values of
functions at order 0. Rational numbers and SymPy expressions stand here; harmonics and values on a
grid have files of their own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, Protocol, TypeVar, final

import flint
import sympy

from symnum.errors import SymnumError

__all__ = ["Algebra", "Element", "ExpressionAlgebra", "NoJetError", "RationalAlgebra"]


class Element(Protocol):
    """A coefficient: it can be added, subtracted and multiplied."""

    def __add__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...


E = TypeVar("E", bound=Element)


class NoJetError(SymnumError, NotImplementedError):
    """A function has no power series at the point where it is needed.

    Attributes
    ----------
    function : str
        The name of the function.
    """

    def __init__(self, function: str, reason: str) -> None:
        super().__init__(function, reason)
        self.function = function
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.function} has no power series here: {self.reason}"


class Algebra(ABC, Generic[E]):
    """What the coefficients of a series must be able to do besides ``+``, ``-`` and ``*``."""

    @property
    @abstractmethod
    def zero(self) -> E:
        """The zero of the algebra."""

    @abstractmethod
    def constant(self, value: sympy.Expr) -> E:
        """Return the element that stands for a number (or a parameter of the algebra)."""

    @abstractmethod
    def scale(self, x: E, numerator: int, denominator: int = 1) -> E:
        """Return ``x * numerator / denominator``."""

    @abstractmethod
    def divide(self, x: E, y: E) -> E:
        """Return ``x / y``; `NoJetError` where the algebra has no such element."""

    @abstractmethod
    def apply(self, function: type[sympy.Function], x: E) -> E:
        """Return ``function(x)``; `NoJetError` where the algebra has no such element."""

    @abstractmethod
    def power(self, x: E, exponent: sympy.Expr) -> E:
        """Return ``x**exponent``; `NoJetError` where the algebra has no such element."""

    @abstractmethod
    def is_zero(self, x: E) -> bool:
        """Tell whether `x` is zero, so that products with it need not be formed."""


@final
class RationalAlgebra(Algebra[flint.fmpq]):
    """Exact rational numbers."""

    @property
    def zero(self) -> flint.fmpq:
        """The number 0."""
        return flint.fmpq(0)

    def constant(self, value: sympy.Expr) -> flint.fmpq:
        """Return a rational number; anything else is a `NoJetError`."""
        if not value.is_Rational:
            raise NoJetError(str(value), "it is not a rational number")
        return flint.fmpq(int(value.p), int(value.q))

    def scale(self, x: flint.fmpq, numerator: int, denominator: int = 1) -> flint.fmpq:
        """Return ``x * numerator / denominator``."""
        return x * flint.fmpq(numerator, denominator)

    def divide(self, x: flint.fmpq, y: flint.fmpq) -> flint.fmpq:
        """Return the quotient."""
        return x / y

    def apply(self, function: type[sympy.Function], x: flint.fmpq) -> flint.fmpq:
        """Return the value where it is rational, as exp(0) is; otherwise `NoJetError`."""
        value = function(sympy.Rational(int(x.p), int(x.q)))
        if not value.is_Rational:
            raise NoJetError(function.__name__, f"{value} is not a rational number")
        return self.constant(value)

    def power(self, x: flint.fmpq, exponent: sympy.Expr) -> flint.fmpq:
        """Return the power where it is rational, as 4**(1/2) is; otherwise `NoJetError`."""
        value = sympy.Rational(int(x.p), int(x.q)) ** exponent
        if not value.is_Rational:
            raise NoJetError("a power", f"{value} is not a rational number")
        return self.constant(value)

    def is_zero(self, x: flint.fmpq) -> bool:
        """Tell whether the number is 0."""
        return not x


@final
class ExpressionAlgebra(Algebra[sympy.Expr]):
    """SymPy expressions, for equations that are to be read."""

    @property
    def zero(self) -> sympy.Expr:
        """The number 0."""
        return sympy.S.Zero

    def constant(self, value: sympy.Expr) -> sympy.Expr:
        """Return the expression itself."""
        return value

    def scale(self, x: sympy.Expr, numerator: int, denominator: int = 1) -> sympy.Expr:
        """Return ``x * numerator / denominator``."""
        return x * sympy.Rational(numerator, denominator)

    def divide(self, x: sympy.Expr, y: sympy.Expr) -> sympy.Expr:
        """Return the quotient."""
        return x / y

    def apply(self, function: type[sympy.Function], x: sympy.Expr) -> sympy.Expr:
        """Return the function applied to the expression."""
        return function(x)

    def power(self, x: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        """Return the power."""
        return x**exponent

    def is_zero(self, x: sympy.Expr) -> bool:
        """Tell whether the expression is literally 0."""
        return x is sympy.S.Zero
