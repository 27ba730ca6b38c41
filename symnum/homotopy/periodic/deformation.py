r"""The deformation equations of homotopy analysis, solved order by order.

With ``u_0 = b + a cos(tau) + ...`` (b = 0 for odd forces), ``L[v] = W_0 (v'' + v)``,
``N[u, W] = W u'' + f(u)`` and c0 = -1 the order m reads

    L[u_m - chi_m u_(m-1)] = -R_m,   R_m = sum_(j<m) W_j u''_(m-1-j) + [q**(m-1)] f(u),

and its cosine part, which L cannot produce, must vanish: that is linear in W_(m-1) and fixes it.
The recursion is the same whatever represents the motions; a `MotionSpace` supplies exact
harmonics or collocated cosines. Every other c0 follows from c0 = -1 (`convergence_control`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, final

import flint
import numpy as np
import sympy

from symnum.algebra.coefficients import Algebra, NoJetError
from symnum.algebra.harmonics import HarmonicAlgebra, Harmonics, RationalRing
from symnum.algebra.jets import JetProgram
from symnum.homotopy.errors import NonAnalyticError, NoOscillationError
from symnum.homotopy.periodic.collocation import Array, CosineBasis, GridAlgebra
from symnum.homotopy.periodic.oscillator import Oscillator

__all__ = ["ExactMotions", "GridMotions", "MotionSpace", "Terms", "check_analytic", "deform"]

M = TypeVar("M")


class MotionSpace(ABC, Generic[M]):
    """How motions are represented, and the linear operations on them.

    Attributes
    ----------
    algebra : Algebra
        The coefficients of the series of the force.
    swing : number
        The coefficient a of cos(tau) in the start, in the arithmetic of the space.
    overtones : bool
        The start has harmonics above the first.
    """

    algebra: Algebra[Any]
    swing: Any
    overtones: bool = False

    @abstractmethod
    def start(self) -> M:
        """Return ``u_0 = b + a cos(tau)``."""

    @abstractmethod
    def values(self, motion: M) -> Any:
        """Return the motion as an element of the algebra."""

    @abstractmethod
    def from_values(self, values: Any) -> M:
        """Return the motion that an element of the algebra stands for."""

    @abstractmethod
    def second_derivative(self, motion: M) -> M:
        """Return the second derivative with respect to tau."""

    @abstractmethod
    def times(self, motion: M, scalar: Any) -> M:
        """Return the multiple by a number."""

    @abstractmethod
    def solve(self, side: M) -> tuple[M, Any]:
        """Return v and X with ``v'' + v = side + X cos(tau)`` and ``v(0) = v'(0) = 0``."""


@final
class ExactMotions(MotionSpace[Harmonics]):
    """Polynomials in the cosine with rational coefficients, for polynomial forces."""

    def __init__(self, bias: flint.fmpq, swing: flint.fmpq) -> None:
        self.algebra = HarmonicAlgebra(RationalRing())
        self.swing = swing
        self._start = Harmonics.from_powers(self.algebra.ring, [bias, swing])

    def start(self) -> Harmonics:
        """Return ``u_0 = b + a cos(tau)``."""
        return self._start

    def values(self, motion: Harmonics) -> Harmonics:
        """Return the motion itself."""
        return motion

    def from_values(self, values: Harmonics) -> Harmonics:
        """Return the motion itself."""
        return values

    def second_derivative(self, motion: Harmonics) -> Harmonics:
        """Return the second derivative with respect to tau."""
        return motion.second_derivative()

    def times(self, motion: Harmonics, scalar: Any) -> Harmonics:
        """Return the multiple by a number."""
        return motion.times(scalar)

    def solve(self, side: Harmonics) -> tuple[Harmonics, Any]:
        """Solve the oscillator exactly."""
        return side.solve_oscillator()


@final
class GridMotions(MotionSpace[Array]):
    """Coefficients of cosines; forces are evaluated point by point on the grid of the basis."""

    def __init__(self, basis: CosineBasis, start: Array) -> None:
        self.algebra = GridAlgebra(basis.size)
        self.swing = float(start[basis.first])
        self.basis = basis
        self._start = start
        self.overtones = bool(np.any(start[basis.first + 1 :]))
        self._to_values = basis.values_matrix()
        self._to_coefficients = basis.coefficients_matrix()
        self._squares = basis.harmonics**2

    @classmethod
    def between(cls, basis: CosineBasis, bias: float, start: float) -> GridMotions:
        """Return the space with the start ``u_0 = bias + (start - bias) cos(tau)``."""
        motion: Array = np.zeros(basis.size)
        motion[0] = bias
        motion[basis.first] = start - bias
        return cls(basis, motion)

    def start(self) -> Array:
        """Return u_0."""
        return self._start

    def values(self, motion: Array) -> Array:
        """Return the values at the points."""
        return self._to_values @ motion

    def from_values(self, values: Array) -> Array:
        """Return the coefficients of the interpolating cosine sum."""
        return self._to_coefficients @ values

    def second_derivative(self, motion: Array) -> Array:
        """Return the coefficients of the second derivative."""
        return -self._squares * motion

    def times(self, motion: Array, scalar: Any) -> Array:
        """Return the multiple by a number."""
        return motion * float(scalar)

    def solve(self, side: Array) -> tuple[Array, Any]:
        """Divide by 1 - n**2; the harmonic 1 is fixed by v(0) = 0."""
        first = self.basis.first
        divisors = 1 - self._squares
        divisors[first] = 1
        solution = side / divisors
        solution[first] = 0
        solution[first] = -solution.sum()
        return solution, -side[first]


@final
@dataclass(frozen=True, slots=True)
class Terms(Generic[M]):
    """The solution of the deformation equations at c0 = -1.

    Attributes
    ----------
    squared_frequencies : list
        W_0, ..., W_M.
    motions : list
        u_0, ..., u_M.
    dampings : list
        The terms of an auxiliary damping, where it stands among the unknowns.
    mass : float
        The factor of W_0 in the linear operator ``L[v] = mass W_0 (v'' + v)``.
    """

    squared_frequencies: list[Any]
    motions: list[M]
    dampings: list[float] = field(default_factory=list)
    mass: float = 1.0


def deform(oscillator: Oscillator, space: MotionSpace[M], order: int) -> Terms[M]:
    """Solve the deformation equations up to an order.

    Parameters
    ----------
    oscillator : Oscillator
    space : MotionSpace
    order : int
        M; the solvability condition of order M + 1 is used as well.

    Returns
    -------
    Terms

    Raises
    ------
    NonAnalyticError
        A function of the force has no power series.
    NoOscillationError
        W_0 is not positive.
    """
    program: JetProgram[Any] = JetProgram(space.algebra)
    program.declare(oscillator.position)
    motions, accelerations = [space.start()], [space.second_derivative(space.start())]
    squared: list[Any] = []
    try:
        force = program.compile(oscillator.force)
        for m in range(1, order + 2):
            program.feed(oscillator.position, space.values(motions[-1]))
            side: Any = space.from_values(force.coefficient(m - 1))
            for j, frequency in enumerate(squared):
                side = side + space.times(accelerations[m - 1 - j], frequency)
            solution, condition = space.solve(side)
            squared.append(-condition / space.swing)
            _check_start(oscillator, squared[0])
            if space.overtones:
                # The new term of W moves them too; a plain start has only what `condition` takes.
                solution, _ = space.solve(side + space.times(accelerations[0], squared[-1]))
            if m > order:
                break
            following: Any = space.times(solution, -1 / squared[0])
            if m > 1:
                following = following + motions[-1]
            motions.append(following)
            accelerations.append(space.second_derivative(following))
    except NoJetError as error:
        raise non_analytic(oscillator.force, error) from error
    return Terms(squared, motions)


def check_analytic(oscillator: Oscillator) -> None:
    """Refuse a force that contains a function without a power series, naming it.

    Raises
    ------
    NonAnalyticError
    """
    program: JetProgram[Any] = JetProgram(GridAlgebra(1))
    program.declare(oscillator.position)
    try:
        program.compile(oscillator.force)
    except NoJetError as error:
        raise non_analytic(oscillator.force, error) from error


def _check_start(oscillator: Oscillator, start: Any) -> None:
    if not start > 0:
        raise NoOscillationError(
            f"no oscillation: the first cosine coefficient of {oscillator.force} on the start "
            f"u_0 = b + a cos(tau) gives the squared frequency W_0 = {start}, which is not positive"
        )


def non_analytic(force: sympy.Expr, error: NoJetError) -> NonAnalyticError:
    """Return the error that names the function of a force that has no power series."""
    return NonAnalyticError(
        f"the force {force} has no power series along the motion: {error.function}: "
        f"{error.reason}; harmonic_balance needs none"
    )
