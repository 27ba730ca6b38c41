"""Many roots at once: an equation compiled into an iteration of lanes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnum.errors import FallbackWarning, UnsupportedNodeError
from symnum.rootfinding.analysis.householder_steps import HouseholderStep, householder
from symnum.rootfinding.lanes.codes import Code
from symnum.rootfinding.lanes.domain import is_complex_there
from symnum.rootfinding.lanes.problem import LaneProblem
from symnum.rootfinding.lanes.reading import (
    KernelProblem,
    as_columns,
    broadcast_shape,
    number_array,
    read_kernel,
)
from symnum.rootfinding.lanes.real import bracketed_problem
from symnum.rootfinding.lanes.real import lane_problem as real_problem
from symnum.rootfinding.lanes.results import ResultForm
from symnum.rootfinding.lanes.solver import LaneOutcome, LaneSolver
from symnum.rootfinding.result import RootResult

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation
    from symnum.rootfinding.lanes.loop import LoopSolver

__all__ = ["NewtonKernel", "newton_kernel"]

Array = NDArray[Any]


def newton_kernel(
    equation: Any,
    unknown: Any,
    params: Any = (),
    *,
    method: str = "auto",
    gradient: bool = False,
) -> NewtonKernel:
    """Return a solver of one equation, or of n equations in n unknowns, for many starts at once.

    Derivatives are derived from the equation; step, safeguards, stopping rule and a bound on the
    rounding errors become one program, which runs on vectors of lanes. A lane that is finished
    makes room for the next one.

    Parameters
    ----------
    equation : str, Expr or Eq, or a sequence of them
        ``"lhs = rhs"``, or what is to vanish.
    unknown : Symbol or str, or a sequence of them
        What is solved for.
    params : sequence of Symbol or str, optional
        What has a value of its own in every lane, in the order in which `solve` takes them.
    method : str, optional
        ``"auto"``: Newton's or Halley's step, whichever is cheaper, safeguarded. ``"newton"``,
        ``"halley"``, ``"householder"``, ``"schroeder"``: that step, without a bracket the plain
        iteration of the textbooks. ``"bracketed"``: as ``"auto"``, and `solve` insists on a
        bracket.
    gradient : bool, optional
        Whether the derivatives of the root in the parameters are wanted.

    Returns
    -------
    NewtonKernel

    Raises
    ------
    ValueError, TypeError
        For wrong arguments; the message names the argument.

    Examples
    --------
    >>> kepler = newton_kernel("E - e*sin(E) = M", "E", ["e", "M"])
    >>> result = kepler.solve(1.0, [0.0, 0.5], 1.0, bracket=(0, 3.2))
    >>> result.root.round(12).tolist(), result.converged.tolist()
    ([1.0, 1.498701133518], [True, True])
    """
    if not isinstance(gradient, (bool, np.bool_)):
        raise TypeError(f"gradient: expected True or False, got {gradient!r}")
    problem = read_kernel(equation, unknown, params, method)
    if gradient and not problem.params:
        raise ValueError("gradient: there are no params to differentiate by")
    return NewtonKernel(problem, method, bool(gradient))


class NewtonKernel:
    """An equation compiled into an iteration of many lanes; made by `newton_kernel`.

    Parameters
    ----------
    problem : KernelProblem
        Equations, unknowns and parameters.
    method : str
        How to step.
    gradient : bool
        Whether the derivatives of the roots are wanted.
    """

    def __init__(self, problem: KernelProblem, method: str, gradient: bool) -> None:
        self._problem = problem
        self._method = method
        self._gradient = gradient
        self._solvers: dict[str, LaneSolver | LoopSolver] = {}
        if not problem.single:
            self._solver("systems")
        elif not problem.equations[0].has(sp.I):
            self._solver("bracketed")

    # ------------------------------------------------------------------ solving

    def solve(self, x0: Any, *params: Any, bracket: Any = None) -> RootResult:
        """Find a root in every lane.

        Parameters
        ----------
        x0 : number or array
            Starts; they broadcast with the rest. None with a bracket: wherever it seems best. For n
            unknowns the last axis has length n. Complex starts ask for complex roots.
        *params : number or array
            The parameters, in the order in which they were declared.
        bracket : sequence of two numbers or arrays, optional
            The roots are searched in these closed intervals and nowhere else; a start outside is
            ignored.

        Returns
        -------
        RootResult
            Arrays of the common shape, numbers where that is ``()``. `gradient` has the parameters
            in the last axis.

        Raises
        ------
        ValueError, TypeError
            For wrong arguments, before any work. What goes wrong in a lane is its status.

        Examples
        --------
        >>> newton_kernel("x**2 - a", "x", "a").solve(1.0, 2.0).root
        1.4142135623730951
        """
        problem = self._problem
        if len(params) != len(problem.params):
            names = ", ".join(symbol.name for symbol in problem.params) or "none"
            raise TypeError(f"params: expected {len(problem.params)} ({names}), got {len(params)}")
        values = [
            number_array(value, symbol.name)
            for symbol, value in zip(problem.params, params, strict=True)
        ]
        if not problem.single:
            return self._solve_system(x0, values, bracket)
        if bracket is not None:
            return self._solve_bracketed(x0, values, bracket)
        if self._method == "bracketed":
            raise ValueError("bracket: method='bracketed' needs bracket=(a, b)")
        if x0 is None:
            raise ValueError("x0: expected a start, or a bracket, got neither")
        start = number_array(x0, "x0")
        if start.ndim == 0 and not np.isfinite(start):
            raise ValueError(f"x0: expected a finite number, got {x0}")
        if start.dtype.kind == "c":
            return self._solve_complex(start, values)
        if problem.equations[0].has(sp.I):
            raise ValueError(f"x0: {problem.text} contains I; give complex starts")
        self._refuse_complex(values, "give a complex x0 for complex roots")
        shape = self._shape([("x0", start.shape)], values)
        columns = as_columns([start, *values], shape)
        solver = self._solver("real")
        outcome = self._explained(solver.solve(columns[:1], columns[1:]), columns[1:])
        return self._result(outcome, solver, shape)

    def _solve_bracketed(self, x0: Any, values: Sequence[Array], bracket: Any) -> RootResult:
        low, high = _ends(bracket)
        start = np.asarray(np.nan) if x0 is None else number_array(x0, "x0")
        if start.dtype.kind == "c":
            raise ValueError("bracket: complex numbers have no order; pass x0 alone")
        self._refuse_complex(values, "complex numbers have no order; pass x0 alone")
        named = [("x0", start.shape), ("bracket[0]", low.shape), ("bracket[1]", high.shape)]
        shape = self._shape(named, values)
        columns = as_columns([start, low, high, *values], shape)
        solver = self._solver("bracketed")
        outcome = self._explained(solver.solve(columns[:3], columns[3:]), columns[3:])
        return self._result(outcome, solver, shape)

    def _explained(self, outcome: LaneOutcome, params: Sequence[Array]) -> LaneOutcome:
        """Say of points without a real value whether the equation is complex there."""
        lost = np.flatnonzero(outcome.codes == Code.NAN)
        if lost.size:
            columns = [outcome.root[0][lost], *(param[lost] for param in params)]
            away = is_complex_there(self._problem.equations[0], self.args, columns)
            outcome.codes[lost[away]] = Code.LEFT_DOMAIN
        return outcome

    def _solve_complex(self, start: Array, values: Sequence[Array]) -> RootResult:
        is_complex = any(value.dtype.kind == "c" for value in values)
        shape = self._shape([("x0", start.shape)], values)
        columns = as_columns([start, *values], shape)
        rows = columns[1:]
        if is_complex:
            whole = [np.asarray(row, dtype=np.complex128) for row in rows]
            rows = [part for row in whole for part in (row.real, row.imag)]
        solver = self._solver("complex params" if is_complex else "complex")
        return self._result(solver.solve(columns[:1], rows), solver, shape, parts=2)

    def _solve_system(self, x0: Any, values: Sequence[Array], bracket: Any) -> RootResult:
        count = len(self._problem.unknowns)
        if bracket is not None:
            raise ValueError(f"bracket: there are {count} unknowns, and a bracket is for one")
        if x0 is None:
            raise ValueError("x0: expected a start, got None")
        start = number_array(x0, "x0")
        if start.ndim == 0 or start.shape[-1] != count:
            raise ValueError(
                f"x0: expected the last axis to have length {count}, one for each unknown, got an "
                f"array of shape {start.shape}"
            )
        if start.dtype.kind == "c":
            raise TypeError("x0: systems are solved in real numbers; write real and imaginary part")
        self._refuse_complex(values, "systems are solved in real numbers")
        shape = self._shape([("x0", start.shape[:-1])], values)
        parts = [start[..., k] for k in range(count)]
        columns = as_columns([*parts, *values], shape)
        solver = self._solver("systems")
        outcome = solver.solve(columns[:count], columns[count:])
        return self._result(outcome, solver, shape)

    def _refuse_complex(self, values: Sequence[Array], hint: str) -> None:
        for symbol, value in zip(self._problem.params, values, strict=True):
            if value.dtype.kind == "c":
                raise TypeError(f"{symbol.name}: expected real numbers, got {value.dtype}; {hint}")

    def _shape(
        self, named: Sequence[tuple[str, tuple[int, ...]]], values: Sequence[Array]
    ) -> tuple[int, ...]:
        names = [symbol.name for symbol in self._problem.params]
        shapes = [(name, value.shape) for name, value in zip(names, values, strict=True)]
        return broadcast_shape([*named, *shapes])

    # ------------------------------------------------------------------ kernels

    def _solver(self, kind: str) -> LaneSolver | LoopSolver:
        """Return the kernels for a kind of lanes, made when they are first asked for."""
        if kind not in self._solvers:
            try:
                self._solvers[kind] = LaneSolver(self._lane_problem(kind))
            except UnsupportedNodeError as error:
                if kind not in ("real", "bracketed"):
                    raise
                self._solvers[kind] = self._loop(error)
        return self._solvers[kind]

    def _loop(self, error: UnsupportedNodeError) -> LoopSolver:
        """Return what solves lanes one by one, with a notice."""
        from symnum.rootfinding.lanes.loop import LoopSolver

        if not any(isinstance(solver, LoopSolver) for solver in self._solvers.values()):
            notice = f"no machine code ({error}); the roots are searched one by one, with mpmath"
            warnings.warn(notice, FallbackWarning, stacklevel=5)
        problem = self._problem.exchanged(real=True)
        (expr,), (unknown,) = problem.equations, problem.unknowns
        return LoopSolver(
            expr, unknown, problem.params, method=self._method, gradient=self._gradient
        )

    def _lane_problem(self, kind: str) -> LaneProblem:
        problem = self._problem.exchanged(
            real=not kind.startswith("complex"), real_params=kind != "complex params"
        )
        about = (problem.equations, problem.unknowns, problem.params)
        method, gradient = self._method, self._gradient
        if kind == "bracketed":
            (expr,), (unknown,), params = about
            return bracketed_problem(expr, unknown, params, method=method, gradient=gradient)
        if kind == "real":
            return real_problem(*about, method=method, gradient=gradient)
        if kind == "systems":
            from symnum.rootfinding.lanes import systems as lane_systems

            return lane_systems.lane_problem(*about, method=method, gradient=gradient)
        from symnum.rootfinding.lanes import complex as lane_complex

        return lane_complex.lane_problem(
            *about, method=method, gradient=gradient, complex_params=kind == "complex params"
        )

    def _result(
        self,
        outcome: LaneOutcome,
        solver: LaneSolver | LoopSolver,
        shape: tuple[int, ...],
        parts: int = 1,
    ) -> RootResult:
        form = ResultForm(
            self._problem, solver.statuses, solver.simple, shape, parts, self._gradient
        )
        return form.result(outcome)

    # ------------------------------------------------------------------ the one protocol

    @property
    def expr(self) -> Any:
        """The next iterate as an expression, of a system as a Matrix: Newton's or Halley's step."""
        problem = self._problem
        if problem.single:
            return self._step().expr
        jacobian = sp.Matrix(problem.equations).jacobian(sp.Matrix(problem.unknowns))
        step = jacobian.LUsolve(sp.Matrix(problem.equations))
        return sp.ImmutableMatrix(sp.Matrix(problem.unknowns) - step)

    @property
    def args(self) -> tuple[sp.Symbol, ...]:
        """The unknowns, then the parameters."""
        return (*self._problem.unknowns, *self._problem.params)

    @property
    def derivation(self) -> Derivation:
        """The checked chain from the equation to the next iterate."""
        if self._problem.single:
            return self._step().derivation
        from symnum.rootfinding.lanes.proofs import system_step_derivation

        return system_step_derivation(self._problem, self.expr)

    @property
    def source(self) -> str:
        """The programs of the iteration as text: begin, step and finish."""
        solvers = self._solvers
        if not solvers:
            self._solver("complex")
        return "\n".join(f"# {kind}\n{solver.source}" for kind, solver in sorted(solvers.items()))

    def compile(self, **options: Any) -> Kernel:
        """Return the next iterate as a kernel of the unknowns and parameters.

        Parameters
        ----------
        **options
            Of `lambdify`.
        """
        from symnum.compiler import lambdify

        return lambdify(self.args, self.expr, **options)

    def _step(self) -> HouseholderStep:
        order = {"halley": 2, "householder": 3}.get(self._method, 1)
        return householder(self._problem.equations[0], self._problem.unknowns[0], order)

    def __repr__(self) -> str:
        unknowns = ", ".join(symbol.name for symbol in self._problem.unknowns)
        params = ", ".join(symbol.name for symbol in self._problem.params)
        given = f"; {params}" if params else ""
        return f"NewtonKernel({self._problem.text} for {unknowns}{given})"

    def _repr_latex_(self) -> str:
        rows = r" \\ ".join(f"{sp.latex(expr)} = 0" for expr in self._problem.equations)
        return rf"$\displaystyle \begin{{cases}} {rows} \end{{cases}}$"

    def __reduce__(self) -> tuple[Any, ...]:
        return NewtonKernel, (self._problem, self._method, self._gradient)


def _ends(bracket: Any) -> tuple[Array, Array]:
    """Return the two ends of the brackets."""
    low, high = getattr(bracket, "low", None), getattr(bracket, "high", None)
    if low is None or high is None:
        if isinstance(bracket, (str, Mapping, set)):
            raise TypeError(f"bracket: expected a sequence of two, got {bracket!r}")
        try:
            ends = list(bracket)
        except TypeError:
            raise TypeError(f"bracket: expected a sequence of two, got {bracket!r}") from None
        if len(ends) != 2:
            raise ValueError(f"bracket: expected two numbers or arrays, got {len(ends)}")
        low, high = ends
    arrays = number_array(low, "bracket[0]"), number_array(high, "bracket[1]")
    if any(array.dtype.kind == "c" for array in arrays):
        raise ValueError("bracket: complex numbers have no order")
    if all(array.ndim == 0 for array in arrays):
        numbers = [float(array) for array in arrays]
        if not all(map(np.isfinite, numbers)) or numbers[0] == numbers[1]:
            raise ValueError(f"bracket: expected two different finite numbers, got {bracket}")
    return arrays
