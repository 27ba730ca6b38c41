"""Several functions of several unknowns: in floats with error bounds, and in balls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnum.compiler.lowering import lower
from symnum.compiler.passes import expand_definitions
from symnum.errors import UnsupportedNodeError
from symnum.reference import evaluate
from symnum.rootfinding.running_error import UNIT_ROUNDOFF, RunningErrorProgram
from symnum.rootfinding.systems.balls import BallSystem, derived_jacobian

__all__ = ["SystemFunction", "SystemSample", "Vector", "system_function"]

Vector = NDArray[np.float64]
Interval = tuple[float, float]

#: Of a difference quotient, where a derivative has no closed form.
RELATIVE_STEP = 6e-6


@dataclass(frozen=True, slots=True, eq=False)
class SystemSample:
    """All functions at one point, in floats.

    Attributes
    ----------
    x : ndarray
        The point, shape (n,).
    values : ndarray
        F(x), shape (n,); NaN where a function is not defined.
    noise : ndarray
        Bounds on the rounding errors of `values`.
    """

    x: Vector
    values: Vector
    noise: Vector

    @property
    def usable(self) -> bool:
        """Whether all values are finite."""
        return bool(np.isfinite(self.values).all())

    @property
    def norm(self) -> float:
        """The Euclidean norm of the values; inf where they are not all finite."""
        if not self.usable:
            return math.inf
        largest = float(np.abs(self.values).max())
        return largest * float(np.linalg.norm(self.values / largest)) if largest else 0.0

    @property
    def vanishes(self) -> bool:
        """Whether no value can be told from zero."""
        return self.usable and bool((np.abs(self.values) <= self.noise).all())


class SystemFunction:
    """Functions of several unknowns, evaluated in every way that the search of a root needs.

    Parameters
    ----------
    functions : sequence of Expr
        In the unknowns alone.
    unknowns : sequence of Symbol
        Real ones.
    admitted : sequence of (float, float)
        Where each unknown may lie; outside the functions count as undefined.

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> function = SystemFunction([x * y - 2, x - y], [x, y])
    >>> function.sample(np.array([2.0, 1.0])).values.tolist()
    [0.0, 1.0]
    >>> function.jacobian(np.array([2.0, 1.0])).tolist()
    [[1.0, 2.0], [1.0, -1.0]]
    """

    def __init__(
        self,
        functions: Sequence[sp.Expr],
        unknowns: Sequence[sp.Symbol],
        admitted: Sequence[Interval] = (),
    ) -> None:
        self.functions = tuple(functions)
        self.unknowns = tuple(unknowns)
        self.admitted = tuple(admitted)
        self.slopes = self._derived()
        self._low = np.array([low for low, _ in self.admitted])
        self._high = np.array([high for _, high in self.admitted])
        self._values = self._program(self.functions)
        self._entries = None
        if self.slopes is not None:
            self._entries = self._program([entry for row in self.slopes for entry in row])
        self._balls: BallSystem | None = None

    def __len__(self) -> int:
        return len(self.unknowns)

    @property
    def is_linear(self) -> bool:
        """Whether all functions are polynomials of degree 1 or less."""
        if self.slopes is None or any(e.has(*self.unknowns) for row in self.slopes for e in row):
            return False
        # A step is flat as well, and no polynomial.
        return all(expr.is_polynomial(*self.unknowns) for expr in self.functions)

    def balls(self) -> BallSystem:
        """Return the same functions in balls.

        Raises
        ------
        UnsupportedNodeError
            If one of them has no implementation in balls, naming it.
        """
        if self._balls is None:
            self._balls = BallSystem(self.functions, self.unknowns, self.slopes)
        return self._balls

    def admits(self, x: Vector) -> bool:
        """Whether a point agrees with the assumptions of the unknowns."""
        if not self.admitted:
            return True
        return bool(((x >= self._low) & (x <= self._high)).all())

    def sample(self, x: Vector) -> SystemSample:
        """Evaluate the functions in floats, with bounds on the rounding errors."""
        if not self.admits(x):
            return SystemSample(x, np.full(len(x), math.nan), np.full(len(x), math.inf))
        if self._values is not None:
            pairs = np.array(self._values(*x.tolist()), dtype=np.float64)
            return SystemSample(x, pairs[:, 0], pairs[:, 1])
        values = self._slow(self.functions, x)
        return SystemSample(x, values, 4.0 * UNIT_ROUNDOFF * np.abs(values))

    def jacobian(self, x: Vector) -> Vector:
        """Return the derivatives in floats, a row for each function; NaN where undefined."""
        shape = (len(self.functions), len(self.unknowns))
        if self._entries is not None:
            pairs = self._entries(*x.tolist())
            return np.array([value for value, _ in pairs], dtype=np.float64).reshape(shape)
        if self.slopes is None:
            return self._differences(x)
        return self._slow([entry for row in self.slopes for entry in row], x).reshape(shape)

    def _derived(self) -> tuple[tuple[sp.Expr, ...], ...] | None:
        try:
            return derived_jacobian(self.functions, self.unknowns)
        except UnsupportedNodeError:
            return None

    def _program(self, outputs: Sequence[sp.Expr]) -> RunningErrorProgram | None:
        try:
            program = lower(list(self.unknowns), list(outputs))
            return RunningErrorProgram(expand_definitions(program), True)
        except (UnsupportedNodeError, TypeError):
            return None

    def _slow(self, expressions: Sequence[sp.Expr], x: Vector) -> Vector:
        """Evaluate by the reference evaluator: right for every function, and slower."""
        point = dict(zip(self.unknowns, x.tolist(), strict=True))
        return np.array([_as_float(evaluate(expr, point, 20)) for expr in expressions])

    def _differences(self, x: Vector) -> Vector:
        """Return central difference quotients, where a derivative has no closed form."""
        columns = []
        for index, place in enumerate(x):
            step = RELATIVE_STEP * max(abs(place), 1e-3)
            ahead, behind = x.copy(), x.copy()
            ahead[index] += step
            behind[index] -= step
            rise = self.sample(ahead).values - self.sample(behind).values
            columns.append(rise / (ahead[index] - behind[index]))
        return np.column_stack(columns)


@lru_cache(maxsize=64)
def system_function(
    functions: tuple[sp.Expr, ...],
    unknowns: tuple[sp.Symbol, ...],
    admitted: tuple[Interval, ...],
) -> SystemFunction:
    """Return the `SystemFunction` of some functions; equal ones share what is derived."""
    return SystemFunction(functions, unknowns, admitted)


def _as_float(value: Any) -> float:
    number = complex(value)
    return number.real if number.imag == 0.0 else math.nan
