"""Cosine series on a grid of the phase, and forces evaluated there.

An even function of tau is given by its values at K points of the half period (of the quarter
period where only odd harmonics occur). The points are those at which the K cosines are
orthogonal, so that the change between values and coefficients is a product with an orthogonal
matrix up to a factor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.special
import sympy
from numpy.typing import NDArray

from symnum.algebra.coefficients import Algebra, NoJetError
from symnum.algebra.jets import Jet, JetProgram
from symnum.homotopy.errors import NonAnalyticError

__all__ = ["CosineBasis", "Force", "GridAlgebra"]

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
    sympy.erf: scipy.special.erf,
    sympy.erfc: scipy.special.erfc,
    sympy.LambertW: lambda x: np.real(scipy.special.lambertw(x, 0)),
    sympy.Abs: np.abs,
    sympy.sign: np.sign,
    sympy.Heaviside: lambda x: np.heaviside(x, 0.5),
}


@final
@dataclass(frozen=True, slots=True)
class CosineBasis:
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
        steps = np.arange(self.size, dtype=np.float64)
        return 2 * steps + 1 if self.odd else steps

    @property
    def first(self) -> int:
        """The position of cos(tau)."""
        return 0 if self.odd else 1

    def values_matrix(self, refinement: int = 1) -> Array:
        """Return the cosines at the points, one column a harmonic.

        With ``refinement > 1`` the points are those of a basis that is so many times as large.
        """
        points = self.size * refinement
        # tau_j = (2j+1) pi / (4 points) or / (2 points): the angle as a multiple of pi / (4 points)
        step = 1 if self.odd else 2
        odd_numbers = 2 * np.arange(points, dtype=np.int64) + 1
        return _cosines(step * np.outer(odd_numbers, self.harmonics.astype(np.int64)), points)

    def coefficients_matrix(self) -> Array:
        """Return the inverse of `values_matrix`."""
        inverse = self.values_matrix().T * (2.0 / self.size)
        if not self.odd:
            inverse[0] /= 2
        return inverse


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
    """Values on a grid, in double precision; functions act point by point."""

    def __init__(self, size: int) -> None:
        self.size = size

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
        return not x.any()


@final
class Force:
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
        self.position = position
        # The jump of sign and the corner of Abs lie between the points: no delta on a grid.
        slope = sympy.diff(expr, position).replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
        self._expressions = (expr, slope)
        self._programs: dict[int, tuple[JetProgram[Any], list[Jet[Any]]]] = {}

    def __call__(self, u: Array) -> Array:
        """Return the force at the positions `u`."""
        return self._evaluate(u, 1)[0]

    def with_slope(self, u: Array) -> tuple[Array, Array]:
        """Return the force and its derivative at the positions `u`."""
        force, slope = self._evaluate(u, 2)
        return force, slope

    def _evaluate(self, u: Array, count: int) -> list[Array]:
        positions = np.asarray(u, dtype=np.float64)
        program, outputs = self._program(positions.size)
        program.restart()
        program.feed(self.position, positions.ravel())
        # A pole or a logarithm of a negative number gives inf or nan, which the solvers look for.
        with np.errstate(all="ignore"):
            values = [output.coefficient(0) for output in outputs[:count]]
        return [value.reshape(positions.shape) for value in values]

    def _program(self, size: int) -> tuple[JetProgram[Any], list[Jet[Any]]]:
        known = self._programs.get(size)
        if known is None:
            program: JetProgram[Any] = JetProgram(GridAlgebra(size), values_only=True)
            program.declare(self.position)
            try:
                outputs = [program.compile(expr) for expr in self._expressions]
            except NoJetError as error:
                raise NonAnalyticError(
                    f"the force {self.expr} cannot be evaluated: {error.function}: {error.reason}"
                ) from error
            known = self._programs[size] = (program, outputs)
        return known
