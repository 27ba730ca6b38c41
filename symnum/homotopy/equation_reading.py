"""Reading an equation of motion ``F(u, u', u'') = 0`` from text, `Eq` or expression.

Functions of time carry no assumptions, under which Abs and sign would differentiate into real and
imaginary parts; what the solvers see are real symbols for position, velocity and acceleration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import sympy
from sympy.core.function import AppliedUndef

from symnum.expressions import as_symbol
from symnum.homotopy.arguments import read_difference, read_unknown

__all__ = ["MotionEquation", "read_motion_equation"]


@final
@dataclass(frozen=True, slots=True)
class MotionEquation:
    """An equation ``left(u, u', u'') = 0`` in real symbols.

    Parameters
    ----------
    motion : Expr
        The unknown as an applied function, u(t).
    time, position, velocity, acceleration : Symbol
        All but the time are real; the last two are named ``u'`` and ``u''``.
    left : Expr
    """

    motion: sympy.Expr
    time: sympy.Symbol
    position: sympy.Symbol
    velocity: sympy.Symbol
    acceleration: sympy.Symbol
    left: sympy.Expr

    @property
    def equation(self) -> sympy.Eq:
        """The equation as one in the unknown function."""
        rules = {
            self.position: self.motion,
            self.velocity: sympy.Derivative(self.motion, self.time),
            self.acceleration: sympy.Derivative(self.motion, (self.time, 2)),
        }
        return sympy.Eq(self.left.xreplace(rules), 0, evaluate=False)

    @property
    def parameters(self) -> list[sympy.Symbol]:
        """The free symbols other than those of the motion, sorted by name."""
        own = {self.position, self.velocity, self.acceleration, self.time}
        return sorted(self.left.free_symbols - own, key=lambda symbol: symbol.name)

    @property
    def mass(self) -> sympy.Expr:
        """The coefficient of u''; it holds u'' itself where that does not occur linearly."""
        mass = self.left.coeff(self.acceleration)
        rest = self.left - mass * self.acceleration
        if mass.has(self.acceleration) or rest.has(self.acceleration):
            mass = sympy.diff(self.left, self.acceleration)
        return mass

    @property
    def rest(self) -> sympy.Expr:
        """What remains at ``u'' = 0``."""
        return self.left.xreplace({self.acceleration: sympy.S.Zero})

    def is_conservative(self) -> bool:
        """Tell whether the equation is ``mass(u) u'' + rest(u) = 0``."""
        mass = self.mass
        return not (mass.has(self.acceleration, self.velocity) or self.rest.has(self.velocity))

    def is_reversible(self) -> bool:
        """Tell whether the velocity enters evenly, so that every motion retraces its path."""
        mirrored = self.left.xreplace({self.velocity: -self.velocity})
        return _same_up_to_sign(self.left, mirrored)

    def is_symmetric(self) -> bool:
        """Tell whether -u solves the equation with u, so that only odd harmonics occur."""
        own = (self.position, self.velocity, self.acceleration)
        return _same_up_to_sign(self.left, self.left.xreplace({s: -s for s in own}))

    def has_floats(self) -> bool:
        """Tell whether the equation contains floating-point numbers."""
        return bool(self.left.atoms(sympy.Float))


def _same_up_to_sign(left: sympy.Expr, right: sympy.Expr) -> bool:
    return bool(sympy.expand(left - right) == 0 or sympy.expand(left + right) == 0)


def read_motion_equation(
    equation: Any, u: Any, t: Any, small: sympy.Symbol | None = None
) -> MotionEquation:
    """Read an equation of second order; time may still occur in it.

    Parameters
    ----------
    equation : str, Eq or Expr
        Text writes derivatives as primes; an expression means ``expr = 0``.
    u : Function, applied function, Symbol or str
        The unknown.
    t : Symbol or str
        The independent variable.
    small : Symbol, optional
        A parameter that a text refers to by its name.

    Returns
    -------
    MotionEquation

    Raises
    ------
    ValueError
        An equation without its unknown, or not of second order.

    Examples
    --------
    >>> read_motion_equation("u'' + u = (1 - u**2)*u'", "u", "t").rest
    u - u'*(1 - u**2)
    """
    time = as_symbol(t, "t")
    motion = read_unknown(u, time)
    expr = _as_expression(equation, motion, time, small)
    name = motion.func.__name__
    position, velocity, acceleration = (
        sympy.Symbol(name + primes, real=True) for primes in ("", "'", "''")
    )
    left = _with_symbols(expr, motion, time, (position, velocity, acceleration))
    return MotionEquation(motion, time, position, velocity, acceleration, left)


def _as_expression(
    equation: Any, motion: sympy.Expr, time: sympy.Symbol, small: sympy.Symbol | None
) -> sympy.Expr:
    declared = (time,) if small is None else (time, small)
    expr = read_difference(equation, "equation", declared, motion)
    name = motion.func.__name__
    found = {node for node in expr.atoms(AppliedUndef) if node.func.__name__ == name}
    if not found:
        raise ValueError(f"equation: the unknown {motion} does not occur in {expr}")
    for node in sorted(expr.atoms(AppliedUndef), key=str):
        if node not in found or node.args != (time,):
            raise ValueError(f"equation: only {motion} may occur as unknown, found {node}")
    # Derivatives of composed expressions, such as Derivative(u(t)**2, t), are carried out.
    composed = any(node.expr != motion for node in expr.atoms(sympy.Derivative))
    return expr.doit() if composed else expr


def _with_symbols(
    expr: sympy.Expr,
    motion: sympy.Expr,
    time: sympy.Symbol,
    symbols: tuple[sympy.Symbol, ...],
) -> sympy.Expr:
    """Replace u, u' and u'' by real symbols."""
    rules: dict[sympy.Expr, sympy.Expr] = {}
    for derivative in expr.atoms(sympy.Derivative):
        order = derivative.derivative_count
        if derivative.expr.func != motion.func or order > 2:
            raise ValueError(f"equation: expected second order in {time}, found {derivative}")
        rules[derivative] = symbols[order]
    applied = dict.fromkeys(expr.atoms(AppliedUndef), symbols[0])
    return expr.xreplace(rules).xreplace(applied)
