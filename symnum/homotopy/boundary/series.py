r"""The homotopy series of a boundary-value problem: its terms, its sums at any c0, its Padé sums.

Solved is the series at c0 = -1, with the highest derivative as linear operator; the terms at every
other c0 follow from it (`convergence_control`), and the diagonal Padé sums do not depend on c0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, final, overload

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from symnum.homotopy.acceleration import diagonal_pade, steadiest_pade
from symnum.homotopy.convergence_control import family_terms, partial_sum_weights
from symnum.homotopy.presentation import shortened

__all__ = ["BoundarySeries", "HomotopyPade", "HomotopyTerms", "best_c0"]

Array = NDArray[np.float64]

C0_SCAN = -np.linspace(0.02, 1.98, 99)


class HomotopyTerms(ABC):
    """The terms u_0, ..., u_M and those of the unknown numbers at c0 = -1."""

    @property
    @abstractmethod
    def order(self) -> int:
        """M."""

    @property
    @abstractmethod
    def numbers(self) -> Mapping[sympy.Symbol, Sequence[Any]]:
        """The terms of each unknown number."""

    @abstractmethod
    def expressions(self) -> Sequence[sympy.Expr]:
        """Return the terms as expressions in x."""

    @abstractmethod
    def values(self, x: Array, derivative: int) -> Array:
        """Return a derivative of each term at points: shape (M + 1, number of points)."""

    @abstractmethod
    def exact_table(self, x: Array, derivative: int) -> list[list[Fraction]] | None:
        """Return a derivative of each term at points to many digits; None where it is rounded."""


@final
class BoundarySeries(Sequence[sympy.Expr]):
    """The terms u_0, u_1, ... of the solution at one convergence-control parameter.

    Parameters
    ----------
    terms : HomotopyTerms
    c0 : Expr
        A number or a symbol.
    """

    def __init__(self, terms: HomotopyTerms, c0: sympy.Expr) -> None:
        self._terms = terms
        self.c0 = c0
        self._made: list[sympy.Expr] | None = None

    @property
    def terms(self) -> tuple[sympy.Expr, ...]:
        """The terms as expressions in x."""
        if self._made is None:
            self._made = family_terms(list(self._terms.expressions()), self.c0)
        return tuple(self._made)

    @property
    def solution(self) -> tuple[sympy.Expr, ...]:
        """The same as `terms`."""
        return self.terms

    @property
    def unknowns(self) -> dict[sympy.Symbol, list[Any]]:
        """The terms of each unknown number."""
        return {
            symbol: family_terms([sympy.sympify(value) for value in values], self.c0)
            for symbol, values in self._terms.numbers.items()
        }

    def value(self, x: ArrayLike, derivative: int = 0) -> Any:
        """Return the sum of all terms, or one of its derivatives, at x."""
        weights = partial_sum_weights(float(self.c0), self._terms.order)
        given = np.asarray(x, dtype=np.float64)
        total = weights @ self._terms.values(given.ravel(), derivative)
        return total.reshape(given.shape)[()]

    def __len__(self) -> int:
        return self._terms.order + 1

    @overload
    def __getitem__(self, index: int) -> sympy.Expr: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[sympy.Expr, ...]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.terms[index]

    def __iter__(self) -> Iterator[sympy.Expr]:
        return iter(self.terms)

    def __repr__(self) -> str:
        return f"BoundarySeries({shortened(sympy.Tuple(*self.terms))}, c0={self.c0})"


@final
class HomotopyPade:
    """The diagonal homotopy-Padé sums, point by point and derivative by derivative.

    Parameters
    ----------
    terms : HomotopyTerms
    residual : callable
        Returns the largest residual of a function of points and derivative, with given numbers.
    """

    def __init__(self, terms: HomotopyTerms, residual: Callable[..., float]) -> None:
        self._terms = terms
        self._residual = residual

    def value(self, x: ArrayLike, derivative: int = 0) -> Any:
        """Return the Padé sum of a derivative at x."""
        given = np.asarray(x, dtype=np.float64)
        points = given.ravel()
        exact = self._terms.exact_table(points, derivative)
        if exact is not None:
            found = [_pade(list(terms)) for terms in zip(*exact, strict=True)]
        else:
            columns = self._terms.values(points, derivative).T
            found = [_rounded_pade(column) for column in columns]
        return np.array(found, dtype=np.float64).reshape(given.shape)[()]

    @property
    def unknowns(self) -> dict[sympy.Symbol, float]:
        """The Padé sum of each unknown number."""
        return {
            symbol: _rounded_pade(np.array([float(value) for value in values]))
            for symbol, values in self._terms.numbers.items()
        }

    def residual(self) -> float:
        """Return the largest absolute value of the original equation's left side."""
        return self._residual(self.value, list(self.unknowns.values()))


def _pade(terms: list[Fraction]) -> float:
    """Return the diagonal Padé sum to double precision."""
    last = next((k for k in range(len(terms), 0, -1) if terms[k - 1]), 0)
    return float(diagonal_pade(terms[:last], digits=20)) if last else 0.0


def _rounded_pade(terms: Array) -> float:
    """Return the diagonal Padé sum of rounded terms, those left out that are rounding errors."""
    least = np.finfo(float).eps * float(np.max(np.abs(np.cumsum(terms))))
    (kept,) = np.nonzero(np.abs(terms) > least)
    return float(steadiest_pade(list(terms[: kept[-1] + 1]))) if len(kept) else 0.0


def best_c0(residual_of: Callable[[Array], float]) -> float:
    """Return the c0 whose partial sum has the least residual.

    Parameters
    ----------
    residual_of : callable
        c0 -> residual.

    Returns
    -------
    float
        Negative; -1 where no c0 gives a finite residual.
    """
    found = np.array([residual_of(c0) for c0 in C0_SCAN])
    if not np.any(np.isfinite(found)):
        return -1.0
    best = int(np.nanargmin(np.where(np.isfinite(found), found, np.nan)))
    low, high = C0_SCAN[min(best + 1, len(C0_SCAN) - 1)], C0_SCAN[max(best - 1, 0)]
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(12):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if residual_of(left) < residual_of(right):
            high = right
        else:
            low = left
    middle = (low + high) / 2
    # A short decimal is as good and can be read.
    chosen = middle if residual_of(middle) <= found[best] else C0_SCAN[best]
    return round(float(chosen), 3)
