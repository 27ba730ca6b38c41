"""Cosine series on a grid of the phase, and forces evaluated there.

An even function of tau is given by its values at K points of the half period (of the quarter
period where only odd harmonics occur). The points are those at which the K cosines are
orthogonal, so that the change between values and coefficients is a product with an orthogonal
matrix up to a factor.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np
import scipy.special
import sympy
from numpy.typing import NDArray

from symnum.algebra.coefficients import Algebra, NoJetError
from symnum.algebra.jets import JetProgram
from symnum.homotopy.errors import NonAnalyticError

__all__ = ["CosineBasis", "Dynamics", "Force", "GridAlgebra", "GridFunction"]

Array = NDArray[np.float64]

# SymPy function -> its values on an array of real numbers.
VALUES: dict[type[sympy.Function], Callable[[Array], Array]] = {
    sympy.exp: np.exp,
    sympy.log: np.log,
    sympy.sin: np.sin,
    sympy.cos: np.cos,
    sympy.tan: np.tan,
    sympy.cot: lambda x: 1 / np.tan(x),
    sympy.sec: lambda x: 1 / np.cos(x),
    sympy.csc: lambda x: 1 / np.sin(x),
    sympy.sinh: np.sinh,
    sympy.cosh: np.cosh,
    sympy.tanh: np.tanh,
    sympy.coth: lambda x: 1 / np.tanh(x),
    sympy.sech: lambda x: 1 / np.cosh(x),
    sympy.csch: lambda x: 1 / np.sinh(x),
    sympy.asin: np.arcsin,
    sympy.acos: np.arccos,
    sympy.atan: np.arctan,
    sympy.asinh: np.arcsinh,
    sympy.acosh: np.arccosh,
    sympy.atanh: np.arctanh,
    sympy.erf: lambda x: scipy.special.erf(np.float64(x)),
    sympy.erfc: lambda x: scipy.special.erfc(np.float64(x)),
    sympy.LambertW: lambda x: np.real(scipy.special.lambertw(np.float64(x), 0)),
    sympy.Abs: np.abs,
    sympy.floor: np.floor,
    sympy.ceiling: np.ceil,
    sympy.sign: np.sign,
}


class Basis(ABC):
    """Sines and cosines of multiples of the phase, and points that determine their sums."""

    odd: bool
    size: int

    @property
    @abstractmethod
    def harmonics(self) -> Array:
        """The multiple n of each element, cos(n tau) or sin(n tau)."""

    @property
    @abstractmethod
    def cosines(self) -> int:
        """How many of the elements, the first ones, are cosines."""

    @property
    def first(self) -> int:
        """The position of cos(tau)."""
        return 0 if self.odd else 1

    @abstractmethod
    def values_matrix(self, refinement: int = 1) -> Array:
        """Return the elements at the points, one column each."""

    @abstractmethod
    def slopes_matrix(self, refinement: int = 1) -> Array:
        """Return the derivatives of the elements at the points, one column each."""

    @abstractmethod
    def coefficients_matrix(self) -> Array:
        """Return the inverse of `values_matrix`."""

    @abstractmethod
    def angles(self, refinement: int = 1) -> tuple[NDArray[np.int64], int]:
        """Return the angles n tau at the points as integers m and N: ``pi m/N``."""

    @abstractmethod
    def resized(self, size: int) -> Basis:
        """Return the basis of the same kind with another number of harmonics."""

    @property
    def length(self) -> int:
        """The number of elements."""
        return len(self.harmonics)

    def embed(self, coefficients: Array, larger: Basis) -> Array:
        """Return the same sum on a larger basis, or its beginning on a smaller one."""
        result = np.zeros(larger.length)
        kept = min(self.cosines, larger.cosines)
        result[:kept] = coefficients[:kept]
        waves = min(self.length - self.cosines, larger.length - larger.cosines)
        start = self.cosines
        result[larger.cosines : larger.cosines + waves] = coefficients[start : start + waves]
        return result


@final
@dataclass(frozen=True, slots=True)
class CosineBasis(Basis):
    """The first `size` cosines and the points at which they are orthogonal.

    Parameters
    ----------
    odd : bool
        Only odd harmonics 1, 3, ..., 2K-1; otherwise 0, 1, ..., K-1.
    size : int
        K, the number of harmonics and of points.
    """

    odd: bool
    size: int

    @property
    def harmonics(self) -> Array:
        """The multiples n of the cosines cos(n tau)."""
        return first_harmonics(self.odd, self.size)

    @property
    def cosines(self) -> int:
        """All of them."""
        return self.size

    @property
    def phases(self) -> Array:
        """The points, in the first half or quarter of the period."""
        turn = np.pi / (2 if self.odd else 1)
        return np.asarray((np.arange(self.size) + 0.5) * (turn / self.size), dtype=np.float64)

    def angles(self, refinement: int = 1) -> tuple[NDArray[np.int64], int]:
        """Return the angles n tau at the points as integers m and N: ``pi m/N``."""
        points = self.size * refinement
        return self._multiples(points), 4 * points

    def resized(self, size: int) -> CosineBasis:
        """Return the basis of the same kind with another number of cosines."""
        return CosineBasis(self.odd, size)

    def values_matrix(self, refinement: int = 1) -> Array:
        """Return the cosines at the points, one column a harmonic.

        With ``refinement > 1`` the points are those of a basis that is so many times as large.
        """
        points = self.size * refinement
        return _cosines(self._multiples(points), points)

    def slopes_matrix(self, refinement: int = 1) -> Array:
        """Return the derivatives ``-n sin(n tau)`` at the points."""
        points = self.size * refinement
        # The sine is the cosine a quarter turn, 2 points steps, earlier.
        return -self.harmonics * _cosines(self._multiples(points) - 2 * points, points)

    def _multiples(self, points: int) -> NDArray[np.int64]:
        # tau_j = (2j+1) pi / (4 points) or / (2 points): the angle as a multiple of pi / (4 points)
        step = 1 if self.odd else 2
        odd_numbers = 2 * np.arange(points, dtype=np.int64) + 1
        return step * np.outer(odd_numbers, self.harmonics.astype(np.int64))

    def coefficients_matrix(self) -> Array:
        """Return the inverse of `values_matrix`."""
        inverse = self.values_matrix().T * (2.0 / self.size)
        if not self.odd:
            inverse[0] /= 2
        return inverse


@lru_cache(maxsize=64)
def first_harmonics(odd: bool, size: int) -> Array:
    """Return the first odd numbers 1, 3, ..., or all numbers 0, 1, ...; not to be written to."""
    steps = np.arange(size, dtype=np.float64)
    numbers: Array = 2 * steps + 1 if odd else steps
    numbers.flags.writeable = False
    return numbers


def _cosines(multiples: NDArray[np.int64], points: int) -> Array:
    """Return ``cos(multiples * pi / (4 points))``, the angle reduced exactly to an eighth turn."""
    k = np.arange(8 * points)
    k = np.minimum(k, 8 * points - k)
    sign = np.where(k > 2 * points, -1.0, 1.0)
    k = np.minimum(k, 4 * points - k)
    unit = np.pi / (4 * points)
    table: Array = sign * np.where(k > points, np.sin((2 * points - k) * unit), np.cos(k * unit))
    return table[multiples % (8 * points)]


@final
class GridAlgebra(Algebra[Array]):
    """Values on a grid, in double precision; functions act point by point.

    Parameters
    ----------
    size : int
        The number of points.
    sparse : bool
        Take values that vanish at all points for the number 0, which saves series work; without
        it a root of 0 is 0.
    """

    def __init__(self, size: int, *, sparse: bool = True) -> None:
        self.size = size
        self.sparse = sparse

    @property
    def zero(self) -> Array:
        """The zero function."""
        return np.zeros(self.size)

    def constant(self, value: sympy.Expr) -> Array:
        """Return a constant function."""
        if value.free_symbols:
            names = ", ".join(sorted(symbol.name for symbol in value.free_symbols))
            raise ValueError(f"equation: the parameter {names} has no value")
        number = complex(value.evalf(30))
        if number.imag != 0:
            raise ValueError(f"equation: expected real coefficients, got {value}")
        return np.full(self.size, number.real)

    def scale(self, x: Array, numerator: int, denominator: int = 1) -> Array:
        """Return ``x * numerator / denominator``."""
        return x * (numerator / denominator)

    def divide(self, x: Array, y: Array) -> Array:
        """Return the quotient, point by point."""
        return np.asarray(x / y)

    def apply(self, function: type[sympy.Function], x: Array) -> Array:
        """Return the function, point by point."""
        values = VALUES.get(function)
        if values is None:
            raise NoJetError(function.__name__, "it has no values on a grid")
        return np.asarray(values(x))

    def power(self, x: Array, exponent: sympy.Expr) -> Array:
        """Return the power; roots of odd degree of negative numbers are the real ones."""
        magnitude: Array = np.abs(x) ** float(exponent)
        if exponent.is_Rational and exponent.q % 2 == 1:
            return np.sign(x) * magnitude if exponent.p % 2 == 1 else magnitude
        return np.where(x < 0, np.nan, magnitude)

    def is_zero(self, x: Array) -> bool:
        """Tell whether the function vanishes at all points."""
        return self.sparse and not x.any()


class Dynamics(ABC):
    """An equation of motion ``inertia u'' + g(u, u', u'') = 0`` on arrays.

    Attributes
    ----------
    expr : Expr
        g.
    symbols : tuple of Symbol
        Those of `expr`: the position, and also velocity and acceleration unless it is a force.
    inertia : float
        1 where the coefficient of u'' is a number, by which all was divided; otherwise 0.
    """

    expr: sympy.Expr
    symbols: tuple[sympy.Symbol, ...]
    inertia: float

    @abstractmethod
    def values(self, u: Array, v: Array | None, a: Array | None) -> Array:
        """Return g at positions, velocities and accelerations."""

    @abstractmethod
    def partials(
        self, u: Array, v: Array | None, a: Array | None
    ) -> tuple[Array, tuple[Array | None, ...]]:
        """Return g and its three partial derivatives; None where one vanishes identically."""

    @property
    @abstractmethod
    def moving(self) -> bool:
        """Whether g depends on velocity or acceleration, which need not be given otherwise."""


@final
class GridFunction:
    """Expressions in some symbols, evaluated on arrays.

    Parameters
    ----------
    symbols : sequence of Symbol
        Real.
    expressions : sequence of Expr
        Roots of odd degree are the real ones.
    """

    def __init__(self, symbols: Sequence[sympy.Symbol], expressions: Sequence[sympy.Expr]) -> None:
        self.symbols = tuple(symbols)
        self.expressions = tuple(expressions)
        # Constants are arrays of one number, which fit arrays of any size.
        self._program: JetProgram[Any] = JetProgram(GridAlgebra(1, sparse=False), values_only=True)
        for symbol in self.symbols:
            self._program.declare(symbol)
        try:
            self._outputs = [
                self._program.compile(with_known_corners(expr)) for expr in self.expressions
            ]
        except NoJetError as error:
            raise NonAnalyticError(
                f"the force {self.expressions[0]} cannot be evaluated: {error.function}: "
                f"{error.reason}"
            ) from error

    def __call__(self, arrays: Sequence[Array], count: int | None = None) -> list[Array]:
        """Return the first `count` expressions, all of them without it, on arrays of one shape."""
        shape = arrays[0].shape
        self._program.restart()
        for symbol, array in zip(self.symbols, arrays, strict=True):
            self._program.feed(symbol, array.ravel())
        # A pole or a logarithm of a negative number gives inf or nan, which the solvers look for.
        with np.errstate(all="ignore"):
            values = [output.coefficient(0) for output in self._outputs[:count]]
        return [
            value.reshape(shape) if value.size == arrays[0].size else np.full(shape, value[0])
            for value in values
        ]


def smooth_derivative(expr: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Return the derivative; jumps and corners lie between the points: no delta on a grid."""
    slope = sympy.diff(with_known_corners(expr), symbol)
    slope = slope.replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
    steps = {
        node: sympy.S.Zero
        for node in slope.atoms(sympy.Derivative, sympy.Subs)
        if node.has(sympy.floor, sympy.ceiling)
    }
    return slope.xreplace(steps)


def with_known_corners(expr: sympy.Expr) -> sympy.Expr:
    """Return an expression with Max and Min by Abs, pieces and Heaviside's steps by sign."""
    if not expr.has(sympy.Max, sympy.Min, sympy.Piecewise, sympy.Heaviside):
        return expr
    joined = expr.rewrite([sympy.Max, sympy.Min], sympy.Abs)
    joined = joined.replace(sympy.Piecewise, _joined_pieces)
    return joined.replace(sympy.Heaviside, lambda x, *_: (1 + sympy.sign(x)) / 2)


def _joined_pieces(*pieces: sympy.Tuple) -> sympy.Expr:
    """Return the pieces of a function as one sum; conditions other than inequalities stay."""
    result: sympy.Expr = sympy.nan
    for value, condition in reversed(pieces):
        if condition == sympy.true:
            result = value
        elif isinstance(condition, (sympy.Lt, sympy.Le, sympy.Gt, sympy.Ge)):
            step = (1 + sympy.sign(condition.gts - condition.lts)) / 2
            result = value * step + (1 - step) * result
        else:
            return sympy.Piecewise(*pieces)
    return result


@final
class Force(Dynamics):
    """A force ``f(u)`` and its derivative on arrays of positions.

    Parameters
    ----------
    expr : Expr
        The force; roots of odd degree are the real ones.
    position : Symbol
        Real.
    """

    def __init__(self, expr: sympy.Expr, position: sympy.Symbol) -> None:
        self.expr = expr
        self.inertia = 1.0
        self.symbols = (position,)
        self._function = GridFunction([position], [expr, smooth_derivative(expr, position)])

    def __call__(self, u: Array) -> Array:
        """Return the force at the positions `u`."""
        return self._function([u], 1)[0]

    def with_slope(self, u: Array) -> tuple[Array, Array]:
        """Return the force and its derivative at the positions `u`."""
        force, slope = self._function([u])
        return force, slope

    @property
    def moving(self) -> bool:
        """False: the force knows the position alone."""
        return False

    def values(self, u: Array, v: Array | None, a: Array | None) -> Array:
        """Return the force."""
        return self(u)

    def partials(
        self, u: Array, v: Array | None, a: Array | None
    ) -> tuple[Array, tuple[Array | None, ...]]:
        """Return the force and its derivative with respect to the position."""
        force, slope = self.with_slope(u)
        return force, (slope, None, None)
