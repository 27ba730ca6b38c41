r"""Expansion of an oscillation in a small parameter, exactly.

With ``tau = w t`` and ``W = w**2 / w0**2`` the equation ``u'' + F(u, eps) = 0`` becomes
``W u'' + F(u, eps) / w0**2 = 0``, where ``F = w0**2 u`` at eps = 0. At order m

    u_m'' + u_m = -sum_(1<=j<m) W_j u''_(m-j) - g_m + W_m A cos(tau),

g being the series of ``F / w0**2 - u``, to which u_m contributes nothing at this order. The
coefficient of cos(tau) on the right must vanish, or u_m grows like ``t sin(t)``: that fixes W_m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import sympy

from symnum.algebra.coefficients import ExpressionAlgebra, NoJetError
from symnum.algebra.harmonics import CosineRing, HarmonicAlgebra, Harmonics
from symnum.algebra.jets import Jet, JetProgram, NotYetKnownError
from symnum.homotopy.errors import HomotopyError, NonAnalyticError, NoOscillationError

__all__ = ["Expansion", "expand_motion", "linear_part", "square_root_series"]


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


def linear_part(force: sympy.Expr, position: sympy.Symbol, small: sympy.Symbol) -> sympy.Expr:
    """Return ``w0**2``, where the force at ``small = 0`` is ``w0**2 u``.

    Raises
    ------
    NonAnalyticError
        The force has no power series in the small parameter.
    NoOscillationError
        ``w0**2`` is not positive.
    HomotopyError
        The force at ``small = 0`` is not linear.
    """
    program: JetProgram[sympy.Expr] = JetProgram(ExpressionAlgebra())
    program.declare(small, [sympy.S.Zero, sympy.S.One])
    try:
        undisturbed = sympy.expand(program.compile(force).coefficient(0))
    except NoJetError as error:
        raise NonAnalyticError(
            f"the force {force} has no power series in {small}: {error.function}: {error.reason}"
        ) from error
    squared = sympy.diff(undisturbed, position)
    if squared.has(position) or sympy.expand(undisturbed - squared * position) != 0:
        raise HomotopyError(
            f"equation: at {small} = 0 the force must be linear in {position}, it is {undisturbed}"
        )
    if squared.is_positive is False:
        raise NoOscillationError(
            f"no oscillation: at {small} = 0 the force is {undisturbed}, the squared frequency "
            f"{squared} is not positive"
        )
    return squared


def expand_motion(
    disturbance: sympy.Expr,
    position: sympy.Symbol,
    small: sympy.Symbol,
    ring: CosineRing,
    amplitude: Any,
    order: int,
) -> Expansion:
    """Solve ``W u'' + u + g(u, eps) = 0`` order by order with ``u(0) = A``, ``u'(0) = 0``.

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

    Returns
    -------
    Expansion

    Raises
    ------
    NonAnalyticError
        A term of g is no polynomial in u.
    """
    algebra = HarmonicAlgebra(ring)
    program: JetProgram[Harmonics] = JetProgram(algebra)
    motions = [algebra.cosine.times(amplitude)]
    accelerations = [motions[0].second_derivative()]
    squared: list[Any] = [ring.scalar(sympy.S.One)]
    try:
        program.declare(small, [algebra.zero, algebra.constant(sympy.S.One)])
        program.declare(position)
        jet = program.compile(disturbance)
        for m in range(1, order + 1):
            program.feed(position, motions[-1])
            side = -_known_part(program, position, jet, m)
            for j in range(1, m):
                side = side - accelerations[m - j].times(squared[j])
            solution, condition = side.solve_oscillator()
            squared.append(ring.quotient(condition, amplitude))
            motions.append(solution)
            accelerations.append(solution.second_derivative())
    except NoJetError as error:
        raise NonAnalyticError(
            f"the disturbance {disturbance} is no series in {small} with coefficients that are "
            f"polynomials in {position}: {error.function}: {error.reason}"
        ) from error
    return Expansion(ring, squared, motions)


def _known_part(
    program: JetProgram[Harmonics], position: sympy.Symbol, jet: Jet[Harmonics], m: int
) -> Harmonics:
    """Return the coefficient m of the disturbance, to which u_m does not contribute."""
    try:
        return jet.coefficient(m)
    except NotYetKnownError:
        # The form of the expression asks for u_m, as sin(eps*u)/eps does; its share cancels.
        lengths = program.lengths()
        program.feed(position, program.algebra.zero)
        value = jet.coefficient(m)
        program.retract(lengths)
        program.withdraw(position)
        return value


def square_root_series(ring: CosineRing, squared: list[Any]) -> list[Any]:
    """Return the series of the square root of ``1 + W_1 eps + W_2 eps**2 + ...``."""
    half = ring.scalar(sympy.Rational(1, 2))
    root = [ring.scalar(sympy.S.One)]
    for m in range(1, len(squared)):
        rest = squared[m]
        for i in range(1, m):
            rest = rest - root[i] * root[m - i]
        root.append(rest * half)
    return root
