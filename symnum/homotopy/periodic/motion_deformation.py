r"""The deformation equations where the velocity matters, solved order by order on a grid.

With ``N[u, W] = F(u, w u', W u'')``, ``W = w**2``, and ``L[v] = m W_0 (v'' + v)``, m the mean of
the derivative of F with respect to u'', the order m at c0 = -1 reads

    L[u_m - chi_m u_(m-1)] = -R_m,   R_m = [q**(m-1)] N[phi, W].

The cosine and sine parts of R_m must vanish. They are linear in W_(m-1) and in a second unknown:
the change of the amplitude for a limit cycle, otherwise a damping ``d u'`` that sums up to 0 where
a motion of the given amplitude is periodic. Where motions retrace their path there is no sine and
no second unknown. The conditions of order 1 are not linear and are solved by Newton's method.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np
import sympy

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.jets import JetProgram
from symnum.homotopy.errors import NoOscillationError
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocation import Array, GridAlgebra
from symnum.homotopy.periodic.deformation import Terms, non_analytic
from symnum.homotopy.periodic.dynamics import MotionDynamics

__all__ = ["deform_motion"]

MOST_STEPS = 50


@final
class _Conditions:
    """The solvability conditions at the start, and what of them depends on the two unknowns."""

    def __init__(self, equations: CollocatedEquations, start: Array, squared: float) -> None:
        self.equations = equations
        basis = equations.basis
        self.rows = [basis.first]
        self.columns = [basis.length]
        if equations.has_sines:
            self.rows.append(basis.cosines)
            self.columns.append(basis.first if equations.free else basis.length + 1)
        self.start, self.squared, self.damping = start.copy(), squared, 0.0
        for _ in range(MOST_STEPS):
            residuals, jacobian = equations.bordered(self.start, self.squared, self.damping)
            self.response = jacobian[: basis.length, self.columns]
            step = self.unknowns(residuals[: basis.length])
            if not np.all(np.isfinite(step)) or self.squared + step[0] <= 0:
                raise NoOscillationError(
                    "no oscillation: the first harmonics of the equation on the start u_0 are "
                    "balanced by no positive squared frequency W_0"
                )
            self._move(step)
            if np.max(np.abs(step)) <= 4e-16 * max(self.squared, float(np.max(np.abs(start)))):
                break
        _, jacobian = equations.bordered(self.start, self.squared, self.damping)
        self.response = jacobian[: basis.length, self.columns]

    def _move(self, step: Array) -> None:
        self.squared += float(step[0])
        if self.equations.free:
            self.start[self.equations.basis.first] += step[1]
        elif len(step) == 2:
            self.damping += float(step[1])

    def unknowns(self, side: Array) -> Array:
        """Return the unknowns with which the first harmonics of `side` are balanced."""
        try:
            return np.asarray(np.linalg.solve(self.response[self.rows], -side[self.rows]))
        except np.linalg.LinAlgError:
            return np.full(len(self.rows), np.nan)


def deform_motion(
    dynamics: MotionDynamics,
    equations: CollocatedEquations,
    start: Array,
    squared: float,
    order: int,
) -> Terms[Array]:
    """Solve the deformation equations up to an order.

    Parameters
    ----------
    dynamics : MotionDynamics
    equations : CollocatedEquations
        Of `dynamics`.
    start : ndarray
        u_0; its first cosine is adjusted where the amplitude is unknown.
    squared : float
        About W_0.
    order : int

    Returns
    -------
    Terms

    Raises
    ------
    NonAnalyticError
        A function of the equation has no power series.
    NoOscillationError
        No positive W_0 balances the start.
    """
    conditions = _Conditions(equations, start, squared)
    series = _Series(dynamics, equations, conditions)
    basis = equations.basis
    mass = _mass(dynamics, equations, conditions)
    divisors = mass * conditions.squared * (1 - basis.harmonics**2)
    kernel = basis.harmonics == 1
    divisors[kernel] = 1.0
    squares: list[float] = []
    try:
        motion = conditions.start
        for m in range(1, order + 2):
            side = series.side(motion, first=m == 1)
            if m == 1:
                unknowns = np.array([conditions.squared, conditions.damping])
            else:
                unknowns = conditions.unknowns(side)
                side = side + conditions.response @ unknowns
                if equations.free:
                    motion = motion.copy()
                    motion[basis.first] += unknowns[1]
            series.accept(motion, unknowns)
            squares.append(float(unknowns[0]))
            if m > order:
                break
            following = -side / divisors
            following[kernel] = 0.0
            if m > 1:
                following = following + motion
            following[kernel] = 0.0
            motion = _homogeneous(equations, following)
    except NoJetError as error:
        raise non_analytic(dynamics.expr, error) from error
    dampings = series.dampings if equations.has_damping else []
    return Terms(squares, series.motions, dampings, mass)


def _mass(
    dynamics: MotionDynamics, equations: CollocatedEquations, conditions: _Conditions
) -> float:
    if dynamics.inertia:
        return 1.0
    # The answer to W of the first cosine, which a constant mass m would make -m times it.
    first = equations.basis.first
    return float(-conditions.response[first, 0] / conditions.start[first])


def _homogeneous(equations: CollocatedEquations, motion: Array) -> Array:
    """Choose the first harmonics so that the motion changes neither start nor initial velocity."""
    basis = equations.basis
    result = motion.copy()
    if not equations.free:
        result[basis.first] = -result[: basis.cosines].sum()
    if equations.has_sines:
        result[basis.cosines] = -(basis.harmonics * result)[basis.cosines :].sum()
    return result


@final
class _Series:
    """The equation along the series of the motion, coefficient by coefficient."""

    def __init__(
        self, dynamics: MotionDynamics, equations: CollocatedEquations, conditions: _Conditions
    ) -> None:
        basis = equations.basis
        self.inertia = dynamics.inertia * basis.harmonics**2
        self.equations = equations
        self._values = basis.values_matrix()
        self._slopes = basis.slopes_matrix()
        self._back = basis.coefficients_matrix()
        self._squares = basis.harmonics**2
        self._program: JetProgram[Any] = JetProgram(GridAlgebra(len(self._values)))
        self._symbols: tuple[sympy.Symbol, ...] = dynamics.symbols
        for symbol in self._symbols:
            self._program.declare(symbol)
        try:
            self._force = self._program.compile(dynamics.expr)
        except NoJetError as error:
            raise non_analytic(dynamics.expr, error) from error
        self.motions: list[Array] = []
        # W and w order by order, and the damping.
        self._squared: list[float] = []
        self._roots: list[float] = []
        self.dampings: list[float] = []
        self._start = (conditions.squared, conditions.damping)

    def side(self, motion: Array, *, first: bool) -> Array:
        """Return the coefficients of R_m, the new unknowns taken to be 0 unless they are known."""
        unknowns = self._start if first else (0.0, 0.0)
        lengths = self._program.lengths()
        self._push(motion, unknowns)
        m = len(self.motions) - 1
        force = self._back @ self._force.coefficient(m)
        for j, frequency in enumerate(self._squared):
            force = force - frequency * self.inertia * self.motions[m - j]
        for j, damping in enumerate(self.dampings):
            if damping:
                force = force + damping * (self._back @ self._velocity(m - j))
        self._program.retract(lengths)
        for symbol in self._symbols:
            self._program.withdraw(symbol)
        self.motions.pop()
        for known in (self._squared, self._roots, self.dampings):
            known.pop()
        return np.asarray(force)

    def accept(self, motion: Array, unknowns: Array) -> None:
        """Take a term of the motion, with the unknowns of its order, for good."""
        damped = self.equations.has_damping and len(unknowns) > 1
        self._push(motion, (float(unknowns[0]), float(unknowns[1]) if damped else 0.0))

    def _push(self, motion: Array, unknowns: tuple[float, float]) -> None:
        squared, damping = unknowns
        m = len(self.motions)
        if m == 0:
            root = float(np.sqrt(squared))
        else:
            crossed = sum(self._roots[j] * self._roots[m - j] for j in range(1, m))
            root = (squared - crossed) / (2 * self._roots[0])
        self.motions.append(motion)
        self._squared.append(squared)
        self._roots.append(root)
        self.dampings.append(damping)
        bends = [self._values @ (-self._squares * term) for term in self.motions]
        acceleration = sum(self._squared[j] * bends[m - j] for j in range(m + 1))
        inputs = (self._values @ motion, self._velocity(m), acceleration)
        for symbol, values in zip(self._symbols, inputs, strict=True):
            self._program.feed(symbol, values)

    def _velocity(self, m: int) -> Array:
        total: Array = np.zeros(len(self._values))
        for j in range(m + 1):
            total = total + self._roots[j] * (self._slopes @ self.motions[m - j])
        return total
