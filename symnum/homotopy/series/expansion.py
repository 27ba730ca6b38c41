r"""Expansion of an oscillation in a small parameter, exactly.

With ``tau = w t`` and ``w = w0 Omega`` the equation ``u'' + F(u, u', eps) = 0`` becomes
``W u'' + F(u, w0 Omega u', eps) / w0**2 = 0``, where ``W = Omega**2`` and ``F = w0**2 u`` at eps =
0. At order m

    u_m'' + u_m = -sum_(1<=j<m) W_j u''_(m-j) - g_m + W_m A cos(tau),

g being the series of ``F / w0**2 - u``, to which u_m and W_m contribute nothing at this order. The
coefficient of cos(tau) on the right must vanish, or u_m grows like ``t sin(t)``: that fixes W_m.
So must that of sin(tau). In a conservative equation there is none; on a limit cycle it fixes the
amplitude, one term for each order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import sympy

from symnum.algebra.coefficients import ExpressionAlgebra, NoJetError
from symnum.algebra.harmonics import CosineRing, HarmonicAlgebra, Harmonics
from symnum.algebra.jets import Jet, JetProgram, NotYetKnownError
from symnum.errors import SymnumError
from symnum.homotopy.errors import (
    HomotopyError,
    NonAnalyticError,
    NoOscillationError,
    SecularTermError,
)

__all__ = [
    "Expansion",
    "LimitCycle",
    "UnbalancedSineError",
    "expand_motion",
    "linear_part",
    "square_root_series",
]


@final
@dataclass(frozen=True, slots=True)
class Expansion:
    """The terms of an expansion in the small parameter.

    Attributes
    ----------
    ring : CosineRing
    squared : list
        1, W_1, W_2, ...: the squared frequency over that of the undisturbed oscillator.
    motions : list of Harmonics
        u_0, u_1, ...
    """

    ring: CosineRing
    squared: list[Any]
    motions: list[Harmonics]

    def starts(self) -> list[Any]:
        """Return the values of the motions at the start."""
        return [motion.at_start() for motion in self.motions]


@final
@dataclass(frozen=True, slots=True)
class LimitCycle:
    """How the condition of sin(tau) fixes the amplitude.

    Attributes
    ----------
    delay : int
        The order at which the condition first contains the amplitude.
    slope : coefficient of the ring
        Its derivative with respect to the amplitude there, not 0.
    """

    delay: int
    slope: Any


class UnbalancedSineError(SymnumError, ArithmeticError):
    """A condition of sin(tau) does not hold and has no unknown.

    Attributes
    ----------
    order : int
    value : coefficient of the ring
        What the condition leaves.
    """

    def __init__(self, order: int, value: Any) -> None:
        super().__init__(order, value)
        self.order, self.value = order, value


def linear_part(
    force: sympy.Expr,
    position: sympy.Symbol,
    small: sympy.Symbol,
    velocity: sympy.Symbol | None = None,
) -> sympy.Expr:
    """Return ``w0**2``, where the force at ``small = 0`` is ``w0**2 u``.

    Raises
    ------
    NonAnalyticError
        The force has no power series in the small parameter.
    NoOscillationError
        ``w0**2`` is not positive.
    SecularTermError
        The equation is damped even at ``small = 0``.
    HomotopyError
        The force at ``small = 0`` is not linear.
    """
    undisturbed = _undisturbed(force, small)
    squared = sympy.diff(undisturbed, position)
    rest = sympy.expand(undisturbed - squared * position)
    if velocity is not None and rest.has(velocity) and not squared.has(position, velocity):
        raise SecularTermError(
            f"equation: at {small} = 0 the term {rest} leaves a secular term: the solvability "
            "condition of sin(tau) at order 0 has no unknown left, so there is no periodic solution"
        )
    if squared.has(position) or rest != 0:
        raise HomotopyError(
            f"equation: at {small} = 0 the force must be linear in {position}, it is {undisturbed}"
        )
    if squared.is_positive is False:
        raise NoOscillationError(
            f"no oscillation: at {small} = 0 the force is {undisturbed}, the squared frequency "
            f"{squared} is not positive"
        )
    return squared


def _undisturbed(force: sympy.Expr, small: sympy.Symbol) -> sympy.Expr:
    """Return the force at ``small = 0``, by its series where the form of the force hides it."""
    if force.is_polynomial(small):
        return sympy.expand(force.xreplace({small: sympy.S.Zero}))
    program: JetProgram[sympy.Expr] = JetProgram(ExpressionAlgebra())
    program.declare(small, [sympy.S.Zero, sympy.S.One])
    try:
        return sympy.expand(program.compile(force).coefficient(0))
    except NoJetError as error:
        raise NonAnalyticError(
            f"the force {force} has no power series in {small}: {error.function}: {error.reason}"
        ) from error


def expand_motion(
    disturbance: sympy.Expr,
    position: sympy.Symbol,
    small: sympy.Symbol,
    ring: CosineRing,
    amplitude: Any,
    order: int,
    velocity: sympy.Symbol | None = None,
    *,
    pace: Any = None,
    cycle: LimitCycle | None = None,
) -> Expansion:
    """Solve ``W u'' + u + g(u, v, eps) = 0`` order by order with ``u(0) = A``, ``u'(0) = 0``.

    Parameters
    ----------
    disturbance : Expr
        g, which vanishes at eps = 0.
    position, small : Symbol
    ring : CosineRing
        Contains every other symbol of g.
    amplitude : coefficient of the ring
        A, not 0.
    order : int
    velocity : Symbol, optional
        v
    pace : coefficient of the ring, optional
        The frequency at eps = 0, in units of which W is the square of the frequency: ``v = pace
        sqrt(W) u'``; 1 if not given.
    cycle : LimitCycle, optional
        Let the conditions of sin(tau) correct the amplitude.

    Returns
    -------
    Expansion

    Raises
    ------
    NonAnalyticError
        A term of g is no polynomial in u and v.
    UnbalancedSineError
        A condition of sin(tau) cannot be met.
    """
    try:
        run = _Run(disturbance, position, small, ring, amplitude, velocity, pace)
        for m in range(1, order + 1):
            left = run.advance()
            if not run.vanishes(left) and cycle is not None and m > cycle.delay:
                run.correct(m - cycle.delay, ring.quotient(-left, cycle.slope))
                while run.order() < m:
                    left = run.advance()
            if not run.vanishes(left):
                raise UnbalancedSineError(m, left)
    except NoJetError as error:
        raise NonAnalyticError(
            f"the disturbance {disturbance} is no series in {small} with coefficients that are "
            f"polynomials in {position}: {error.function}: {error.reason}"
        ) from error
    return Expansion(ring, run.squared, run.motions)


@final
class _Run:
    """The state of an expansion: all terms up to an order, which can be taken back."""

    def __init__(
        self,
        disturbance: sympy.Expr,
        position: sympy.Symbol,
        small: sympy.Symbol,
        ring: CosineRing,
        amplitude: Any,
        velocity: sympy.Symbol | None,
        pace: Any,
    ) -> None:
        self.ring, self.amplitude, self.pace = ring, amplitude, pace
        self.position, self.velocity = position, velocity
        algebra = HarmonicAlgebra(ring)
        self.cosine = algebra.cosine
        self.program: JetProgram[Harmonics] = JetProgram(algebra)
        self.program.declare(small, [algebra.zero, algebra.constant(sympy.S.One)])
        self.program.declare(position)
        if velocity is not None:
            self.program.declare(velocity)
        self.jet: Jet[Harmonics] = self.program.compile(disturbance)
        self.motions = [self.cosine.times(amplitude)]
        self.squared: list[Any] = [ring.scalar(sympy.S.One)]
        self.roots: list[Any] = [self.squared[0]]
        self.rates: list[Harmonics] = []
        self.accelerations: list[Harmonics] = []
        self.lengths: list[list[int]] = []

    def order(self) -> int:
        """Return the order up to which the terms are known."""
        return len(self.squared) - 1

    def vanishes(self, scalar: Any) -> bool:
        """Tell whether a coefficient is 0."""
        return bool(scalar == 0)

    def advance(self) -> Any:
        """Make the terms of the next order; return what is left of the condition of sin(tau)."""
        m = len(self.squared)
        self.lengths.append(self.program.lengths())
        self.program.feed(self.position, self.motions[-1])
        self.accelerations.append(self.motions[-1].second_derivative())
        if self.velocity is not None:
            self._feed_velocity(m)
        side = -self._known_part(m)
        for j in range(1, m):
            side = side - self.accelerations[m - j].times(self.squared[j])
        solution, condition, left = side.solve_resonance()
        self.squared.append(self.ring.quotient(condition, self.amplitude))
        self.motions.append(solution)
        if self.velocity is not None:
            self.roots.append(_next_root(self.ring, self.squared, self.roots))
        return left

    def _feed_velocity(self, m: int) -> None:
        rate = self.motions[-1].derivative()
        self.rates.append(rate if self.pace is None else rate.times(self.pace))
        total = self.rates[m - 1]
        for j in range(1, m):
            if not self.vanishes(self.roots[j]):
                total = total + self.rates[m - 1 - j].times(self.roots[j])
        self.program.feed(self.velocity, total)

    def correct(self, order: int, amplitude: Any) -> None:
        """Take the terms after an order back, and add ``amplitude * cos(tau)`` to its motion."""
        while self.order() > order:
            self.program.retract(self.lengths.pop())
            self.program.withdraw(self.position)
            if self.velocity is not None:
                self.program.withdraw(self.velocity)
                self.roots.pop()
                self.rates.pop()
            self.motions.pop()
            self.squared.pop()
            self.accelerations.pop()
        self.motions[order] = self.motions[order] + self.cosine.times(amplitude)

    def _known_part(self, m: int) -> Harmonics:
        """Return the coefficient m of the disturbance, to which u_m does not contribute."""
        try:
            return self.jet.coefficient(m)
        except NotYetKnownError:
            # The form of the expression asks for u_m, as sin(eps*u)/eps does; its share cancels.
            lengths = self.program.lengths()
            unknowns = [s for s in (self.position, self.velocity) if s is not None]
            for symbol in unknowns:
                self.program.feed(symbol, self.program.algebra.zero)
            value = self.jet.coefficient(m)
            self.program.retract(lengths)
            for symbol in unknowns:
                self.program.withdraw(symbol)
            return value


def _next_root(ring: CosineRing, squared: list[Any], root: list[Any]) -> Any:
    """Return the next coefficient of the square root of a series that starts with 1."""
    m = len(root)
    rest = squared[m]
    for i in range(1, m):
        rest = rest - root[i] * root[m - i]
    return rest * ring.scalar(sympy.Rational(1, 2))


def square_root_series(ring: CosineRing, squared: list[Any]) -> list[Any]:
    """Return the series of the square root of ``1 + W_1 eps + W_2 eps**2 + ...``."""
    root = [ring.scalar(sympy.S.One)]
    while len(root) < len(squared):
        root.append(_next_root(ring, squared, root))
    return root
