"""What every solution of a boundary-value problem answers, in whatever basis it was found."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from symnum.expressions.parsing import as_expression
from symnum.homotopy.boundary.problem import BoundaryProblem
from symnum.homotopy.boundary.series import BoundarySeries, HomotopyPade, HomotopyTerms, best_c0
from symnum.homotopy.convergence_control import partial_sum_weights
from symnum.homotopy.presentation import shortened
from symnum.homotopy.sampled_equation import SampledEquation

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation

__all__ = ["HAMSolution", "asymptotic_form", "read_derivative", "read_points"]

Array = NDArray[np.float64]


class HAMSolution(ABC):
    """The solution u(x) of a boundary-value problem, found by homotopy analysis.

    Attributes
    ----------
    problem : BoundaryProblem
    """

    problem: BoundaryProblem

    @property
    @abstractmethod
    def c0(self) -> sympy.Expr:
        """The convergence-control parameter of `series`."""

    @property
    @abstractmethod
    def interval(self) -> tuple[float, float]:
        """Where the residual is measured; infinite ends are cut."""

    @property
    @abstractmethod
    def unknowns(self) -> Mapping[sympy.Symbol, Any]:
        """The unknown numbers of the equation."""

    @property
    @abstractmethod
    def converged(self) -> bool:
        """Whether the result can be used as it is."""

    @property
    @abstractmethod
    def error_estimate(self) -> float:
        """The estimated relative error."""

    @property
    @abstractmethod
    def expr(self) -> sympy.Expr:
        """The solution as a function of x, with the found numbers put in."""

    @property
    @abstractmethod
    def derivation(self) -> Derivation:
        """The derivation of the solution, each step checked."""

    @abstractmethod
    def value(self, x: ArrayLike, derivative: int = 0) -> Any:
        """Return u or one of its derivatives.

        Parameters
        ----------
        x : array_like
        derivative : int

        Returns
        -------
        float or ndarray
            The shape of `x`.

        Raises
        ------
        ValueError
            A point outside the interval of the problem.
        """

    @abstractmethod
    def residual(self) -> float:
        """Return the largest absolute value of the original equation's left side.

        It is taken on a fine grid between the points at which the equation was solved.
        """

    @abstractmethod
    def _terms(self) -> HomotopyTerms:
        """Return the homotopy series at c0 = -1."""

    def series(self, c0: Any = None) -> BoundarySeries:
        """Return the terms u_0, u_1, ... at `c0`, a number or a symbol.

        The linear operator is the highest derivative (with the singular terms of the same weight).
        The terms are exact in the bases of powers and exponentials where the problem was given
        exactly. Without `c0` that of the solution is taken.
        """
        given = self.c0 if c0 is None else as_expression(c0, "c0")
        if given == 0:
            raise ValueError("c0: expected a number other than 0 or a symbol, got 0")
        return BoundarySeries(self._terms(), given)

    def pade(self) -> HomotopyPade:
        """Return the diagonal homotopy-Padé sums of `series`; c0 has no influence."""
        return HomotopyPade(self._terms(), self._largest_residual)

    def compile(self, **options: Any) -> Kernel:
        """Compile `expr` as a function of x.

        Parameters
        ----------
        **options
            Those of `symnum.lambdify`.
        """
        from symnum.compiler import lambdify

        return lambdify([self.problem.variable], self.expr, **options)

    def _optimal_c0(self, terms: HomotopyTerms, points: Array) -> sympy.Rational:
        """Return the c0 of least mean square residual on points, as a short decimal."""
        program = SampledEquation(self.problem).on(points)
        tables = [terms.values(points, k) for k in range(self.problem.order + 1)]
        numbers = [np.array([float(v) for v in table]) for table in terms.numbers.values()]

        def residual_of(c0: Any) -> float:
            weights = partial_sum_weights(float(c0), terms.order)
            with np.errstate(all="ignore"):
                sums = [weights @ table for table in tables]
                program.start([*sums, *(np.atleast_1d(weights @ table) for table in numbers)])
                return float(np.sqrt(np.mean(program.coefficient(0) ** 2)))

        return sympy.Rational(str(best_c0(residual_of)))

    @abstractmethod
    def _probes(self) -> Array:
        """Return the points on which residuals are measured."""

    def _largest_residual(
        self, function: Callable[[Array, int], Any], numbers: Sequence[float]
    ) -> float:
        """Return the largest residual of a function, given with its derivatives."""
        points = self._probes()
        program = SampledEquation(self.problem).on(points)
        values = [np.asarray(function(points, k)) for k in range(self.problem.order + 1)]
        program.start([*values, *(np.full(1, float(number)) for number in numbers)])
        found = np.abs(program.coefficient(0))
        return float(np.max(found)) if np.all(np.isfinite(found)) else float("inf")

    def __str__(self) -> str:
        conditions = ", ".join(condition.text for condition in self.problem.conditions)
        lines = [f"{self.problem.equation.lhs} = 0, {conditions}"]
        lines.extend(f"{symbol} = {value}" for symbol, value in self.unknowns.items())
        lines.append(f"{self.problem.function} = {self._formula(latex=False)}")
        lines.append(f"converged = {self.converged}, error estimate = {self.error_estimate:.2g}")
        return "\n".join(lines)

    def _repr_latex_(self) -> str:
        name = sympy.latex(self.problem.function)
        return rf"$\displaystyle {name} = {self._formula(latex=True)}$"

    def _formula(self, *, latex: bool) -> str:
        """Return the solution as a line of text."""
        pieces = len(self.expr.args) if isinstance(self.expr, sympy.Piecewise) else 0
        if not pieces:
            return shortened(self.expr, latex=latex)
        low, high = self.interval
        words = f"polynomials on {pieces - 2} pieces of [{low:g}, {high:g}]"
        return rf"\text{{{words}}}" if latex else words


def asymptotic_form(
    problem: BoundaryProblem, side: int, derivative: Callable[[int], float]
) -> list[float]:
    """Return the Taylor coefficients at a cut of what the solution is beyond it.

    The lowest derivative that a condition at infinity fixes has reached its limit there, and the
    ones below go on from the cut.

    Parameters
    ----------
    problem : BoundaryProblem
    side : int
        0 for ``-oo``, 1 for ``oo``.
    derivative : callable
        k -> the derivative of order k at the cut.

    Returns
    -------
    list of float
        The constant coefficient first.
    """
    point = problem.points[-side]
    targets: dict[int, float] = {}
    for condition in problem.conditions:
        if condition.is_linear and len(condition.values) == 1:
            ((place, weight),) = condition.weights()
            if place.point == point:
                targets[place.derivative] = float(condition.target / weight)
    lowest = min(targets, default=problem.order - 1)
    coefficients, factorial = [], 1.0
    for k in range(lowest + 1):
        factorial *= max(k, 1)
        coefficients.append((targets[k] if k in targets else derivative(k)) / factorial)
    return coefficients


def read_derivative(derivative: Any) -> int:
    """Return the order of a derivative as an int of at least 0."""
    expected = "derivative: expected an integer of at least 0"
    if isinstance(derivative, bool):
        raise TypeError(f"{expected}, got {derivative}")
    try:
        count = operator.index(derivative)
    except TypeError:
        raise TypeError(f"{expected}, got {type(derivative).__name__} {derivative!r:.60}") from None
    if count < 0:
        raise ValueError(f"{expected}, got {count}")
    return count


def read_points(x: Any, low: float, high: float) -> Array:
    """Return points as an array; a ValueError names one that lies outside."""
    try:
        points = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        points = np.asarray([float(v) for v in np.ravel(x)], dtype=np.float64).reshape(np.shape(x))
    slack = 1e-14 * max(abs(v) for v in (low, high, 1.0) if np.isfinite(v))
    outside = ~((points >= low - slack) & (points <= high + slack))
    if np.any(outside):
        raise ValueError(
            f"x: the problem is stated on [{low:g}, {high:g}], got {points[outside].ravel()[0]:g}"
        )
    return points
