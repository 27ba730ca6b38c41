"""Piecewise polynomials with many kinks, given by arrays."""

from __future__ import annotations

from math import factorial
from typing import Any, final

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray
from sympy import Expr, Rational, Symbol

from symnum.expressions import as_expression

__all__ = ["HIGHEST_ORDER", "JumpForm"]

# Orders beyond this have jumps whose powers leave the range of doubles at everyday distances.
HIGHEST_ORDER = 12


@final
class JumpForm:
    r"""A piecewise polynomial as the sum of its jumps, from arrays.

    .. math:: f(x) = p_0(x) + \sum_j J_j \frac{(x - a_j)_+^{k_j}}{k_j!}

    Parameters
    ----------
    breaks : array_like of float, shape (m,)
        The places a_j, in any order; a place may occur several times.
    orders : array_like of int, shape (m,) or a number
        The orders k_j: the derivative of this order jumps.
    jumps : array_like of float, shape (m,) or a number
        The heights J_j.
    polynomial : expression in one symbol, or sequence of float
        The leftmost piece p_0; a sequence holds its coefficients from the constant one on.

    Raises
    ------
    ValueError
        Arrays of different lengths, a number that is not finite, a negative order, a leftmost
        piece that is no polynomial.

    Examples
    --------
    >>> form = JumpForm([-1.0, 1.0], 1, [1.0, -1.0], [-1.0])
    >>> form([-5.0, 0.5, 5.0]).tolist()
    [-1.0, 0.5, 1.0]
    >>> form.jumps
    ((-1, 1, 1), (1, 1, -1))
    """

    __slots__ = ("_pieces", "breaks", "coefficients", "heights", "orders")

    def __init__(self, breaks: ArrayLike, orders: Any, jumps: Any, polynomial: Any = 0) -> None:
        places = _finite(breaks, "breaks")
        if places.ndim != 1:
            raise ValueError(f"breaks: expected one axis, got shape {places.shape}")
        heights = _as_long_as(_finite(jumps, "jumps"), places, "jumps")
        degrees = _as_long_as(_orders(orders), places, "orders")
        order = np.argsort(places, kind="stable")
        self.breaks: NDArray[np.float64] = places[order]
        self.orders: NDArray[np.int64] = degrees[order]
        self.heights: NDArray[np.float64] = heights[order]
        self.coefficients: tuple[float, ...] = _coefficients(polynomial)
        for array in (self.breaks, self.orders, self.heights):
            array.flags.writeable = False
        self._pieces: NDArray[np.float64] | None = None

    @property
    def polynomial(self) -> Expr:
        """The leftmost piece p_0, in the symbol x."""
        x = Symbol("x")
        return sympy.Add(*(Rational(c) * x**k for k, c in enumerate(self.coefficients)))

    @property
    def jumps(self) -> tuple[tuple[Expr, int, Expr], ...]:
        """Triples (a, k, J), exact; a ascends."""
        rows = zip(self.breaks, self.orders, self.heights, strict=True)
        return tuple((Rational(float(a)), int(k), Rational(float(J))) for a, k, J in rows)

    @property
    def degree(self) -> int:
        """The highest degree of a piece."""
        return max(len(self.coefficients) - 1, int(self.orders.max(initial=0)))

    @property
    def pieces(self) -> NDArray[np.float64]:
        """The pieces to the right of each break, shape (m, degree + 1).

        Row j holds the coefficients of the powers of x - a_j, from the constant one on, in the sum
        of p_0 and of the jumps up to the j-th.
        """
        if self._pieces is None:
            self._pieces = self._scanned()
        return self._pieces

    def _scanned(self) -> NDArray[np.float64]:
        """Sum by doubling: each round shifts partial sums by as many places as they span."""
        a, count = self.breaks, len(self.breaks)
        found = np.zeros((count, self.degree + 1))
        inverse = np.array([1 / factorial(k) for k in range(self.degree + 1)])
        found[np.arange(count), self.orders] = self.heights * inverse[self.orders]
        if count:
            start = np.zeros((1, self.degree + 1))
            start[0, : len(self.coefficients)] = self.coefficients
            found[0] += shifted(start, a[:1])[0]
        step = 1
        while step < count:
            found[step:] += shifted(found[:-step], a[step:] - a[:-step])
            step *= 2
        found.flags.writeable = False
        return found

    def __call__(self, x: ArrayLike) -> Any:
        """Return f(x); at a jump the mean of both sides."""
        points = np.asarray(x, dtype=np.float64)
        below = np.searchsorted(self.breaks, points, side="left") - 1
        above = np.searchsorted(self.breaks, points, side="right") - 1
        values = (self.piece_at(below, points) + self.piece_at(above, points)) / 2
        return values if points.ndim else float(values)

    def piece_at(self, index: NDArray[np.int64], points: NDArray[np.float64]) -> Any:
        """Return the piece to the right of the break of this index, -1 for the leftmost piece."""
        left = np.zeros(np.shape(points))
        for coefficient in reversed(self.coefficients):
            left = left * points + coefficient
        if not len(self.breaks):
            return left
        return np.where(index < 0, left, evaluated(self.pieces, self.breaks, index, points))

    def __len__(self) -> int:
        return len(self.breaks)

    def __repr__(self) -> str:
        return f"<JumpForm: {len(self)} jumps, degree {self.degree}>"


def evaluated(
    pieces: NDArray[np.float64], places: NDArray[np.float64], index: Any, points: Any
) -> Any:
    """Return the pieces of these indices at the points, by Horner's rule."""
    chosen = np.maximum(index, 0)
    distance = points - places[chosen]
    value = pieces[chosen, -1]
    for k in range(pieces.shape[1] - 2, -1, -1):
        value = value * distance + pieces[chosen, k]
    return value


def shifted(pieces: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coefficients about a point further to the right by these distances."""
    moved = pieces.copy()
    degree = pieces.shape[1] - 1
    for start in range(degree):
        for k in range(degree - 1, start - 1, -1):
            moved[:, k] += by * moved[:, k + 1]
    return moved


def _finite(values: Any, name: str) -> NDArray[np.float64]:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as refused:
        raise ValueError(f"{name}: expected real numbers, got {values!r}") from refused
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {array[~np.isfinite(array)][0]}")
    return array


def _orders(values: Any) -> NDArray[np.int64]:
    array = _finite(values, "orders")
    if (array != np.floor(array)).any() or (array < 0).any() or (array > HIGHEST_ORDER).any():
        raise ValueError(f"orders: expected integers from 0 to {HIGHEST_ORDER}, got {values!r}")
    return array.astype(np.int64)


def _as_long_as(values: Any, places: NDArray[np.float64], name: str) -> Any:
    if values.ndim == 0:
        return np.full(places.shape, values[()])
    if values.shape != places.shape:
        raise ValueError(
            f"{name}: expected one number for each of the {len(places)} breaks, "
            f"got shape {values.shape}"
        )
    return values


def _coefficients(polynomial: Any) -> tuple[float, ...]:
    if isinstance(polynomial, list | tuple | np.ndarray):
        array = _finite(polynomial, "polynomial")
        if array.ndim != 1:
            raise ValueError(f"polynomial: expected one axis, got shape {array.shape}")
        return tuple(float(c) for c in array) or (0.0,)
    expr = as_expression(polynomial, "polynomial")
    symbols = sorted(expr.free_symbols, key=lambda symbol: symbol.name)
    if len(symbols) > 1:
        raise ValueError(f"polynomial: expected one variable, got {expr}")
    variable = symbols[0] if symbols else Symbol("x")
    if not expr.is_polynomial(variable):
        raise ValueError(f"polynomial: expected a polynomial, got {expr}")
    ascending = reversed(sympy.Poly(expr, variable).all_coeffs())
    return tuple(_finite([sympy.Float(c, 17) for c in ascending], "polynomial").tolist())
