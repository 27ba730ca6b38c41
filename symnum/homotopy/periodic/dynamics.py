"""An equation of motion as functions on arrays, and solved for its acceleration."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import numpy as np
import sympy

from symnum.homotopy.equation_reading import MotionEquation
from symnum.homotopy.errors import HomotopyError, NonAnalyticError
from symnum.homotopy.periodic.collocation import (
    VALUES,
    Array,
    Dynamics,
    GridFunction,
    smooth_derivative,
)

__all__ = ["MotionDynamics", "acceleration_function", "is_reversible", "is_symmetric", "real_roots"]

Acceleration = Callable[[float, float], float]

ROUNDING = 1e-13


@final
class MotionDynamics(Dynamics):
    """A general equation of motion on arrays.

    Parameters
    ----------
    equation : MotionEquation
        Without explicit time and without parameters.
    """

    def __init__(self, equation: MotionEquation) -> None:
        left, mass = solved_form(equation), equation.mass
        if mass.has(equation.acceleration):
            mass = sympy.S.One
        self.inertia = 1.0 if mass.is_number else 0.0
        if mass.is_number:
            rest = left.xreplace({equation.acceleration: sympy.S.Zero})
            self.expr = sympy.Add(*(term / mass for term in sympy.Add.make_args(rest)))
        else:
            self.expr = left
        symbols = [equation.position, equation.velocity, equation.acceleration]
        slopes = [smooth_derivative(self.expr, symbol) for symbol in symbols]
        self._present = [slope != 0 for slope in slopes]
        self._function = GridFunction(
            symbols, [self.expr, *(slope for slope in slopes if slope != 0)]
        )
        self.symbols = tuple(symbols)

    @property
    def moving(self) -> bool:
        """Whether g depends on velocity or acceleration."""
        return any(self._present[1:])

    def values(self, u: Array, v: Array | None, a: Array | None) -> Array:
        """Return g at positions, velocities and accelerations."""
        return self._function(_filled(u, v, a), 1)[0]

    def partials(
        self, u: Array, v: Array | None, a: Array | None
    ) -> tuple[Array, tuple[Array | None, ...]]:
        """Return g and its three partial derivatives; None where one vanishes identically."""
        values, *slopes = self._function(_filled(u, v, a))
        remaining = iter(slopes)
        return values, tuple(next(remaining) if present else None for present in self._present)


def _filled(u: Array, v: Array | None, a: Array | None) -> list[Array]:
    zeros = np.zeros_like(u)
    return [u, zeros if v is None else v, zeros if a is None else a]


def solved_form(equation: MotionEquation) -> sympy.Expr:
    """Return a left side that is linear in u'': the given one, or ``u'' - (what u'' equals)``.

    Raises
    ------
    HomotopyError
        The equation does not determine u'', or not in one way.
    """
    acceleration = equation.acceleration
    mass = equation.mass
    if not mass.has(acceleration):
        return equation.left
    rest = equation.rest
    power = sympy.expand(equation.left - rest)
    factor, base = power.as_independent(acceleration)
    if base.is_Pow and base.base == acceleration and base.exp.is_Integer and base.exp % 2 == 1:
        ratio = rest / factor
        return acceleration + sympy.sign(ratio) * sympy.Abs(ratio) ** (1 / base.exp)
    unknown = sympy.Dummy("acceleration", real=True)
    try:
        roots = sympy.solve(equation.left.xreplace({acceleration: unknown}), unknown)
    except NotImplementedError:
        roots = []
    roots = [root for root in roots if _is_real(equation, root)]
    if len(roots) == 1:
        return acceleration - roots[0]
    raise HomotopyError(
        f"equation: {equation.motion}'' must occur linearly, or so that the equation determines "
        f"it; its coefficient is {mass}, and {len(roots)} real solutions for it were found"
    )


def _is_real(equation: MotionEquation, root: sympy.Expr) -> bool:
    """Tell whether an expression is real at some points near the origin."""
    for place, speed in ((0.3, -0.2), (-0.4, 0.1), (0.05, 0.5)):
        value = root.xreplace(
            {equation.position: sympy.Float(place), equation.velocity: sympy.Float(speed)}
        ).evalf(20)
        if not value.is_number or abs(sympy.im(value)) > 1e-12:
            return False
    return True


def real_roots(expr: sympy.Expr) -> sympy.Expr:
    """Return an expression with its roots of odd degree written as the real ones."""
    return expr.replace(
        lambda node: node.is_Pow and node.exp.is_Rational and node.exp.q > 1 and node.exp.q % 2,
        lambda node: sympy.sign(node.base) ** (node.exp.p % 2) * sympy.Abs(node.base) ** node.exp,
    )


def acceleration_function(equation: MotionEquation) -> Acceleration:
    """Return u'' as a function of two floats, position and velocity; nan where it has no value."""
    left = solved_form(equation)
    rest = left.xreplace({equation.acceleration: sympy.S.Zero})
    mass = left.coeff(equation.acceleration) if left is not equation.left else equation.mass
    names = {function.__name__: values for function, values in VALUES.items()}
    raw = sympy.lambdify(
        (equation.position, equation.velocity), real_roots(-rest / mass), [names, "numpy"]
    )

    def acceleration(position: float, velocity: float) -> float:
        try:
            with np.errstate(all="ignore"):
                value = raw(np.float64(position), np.float64(velocity))
        except ZeroDivisionError:
            return float("nan")
        except (NameError, TypeError) as error:
            raise NonAnalyticError(f"the force {rest} cannot be evaluated: {error}") from error
        return float(value) if np.isreal(value) else float("nan")

    return acceleration


def is_symmetric(equation: MotionEquation) -> bool:
    """Tell whether -u solves the equation with u, by SymPy's rules or else by values."""
    return equation.is_symmetric() or _agree(equation, -1.0, -1.0, -1.0)


def is_reversible(equation: MotionEquation) -> bool:
    """Tell whether the velocity enters evenly, by SymPy's rules or else by values."""
    return equation.is_reversible() or _agree(equation, 1.0, -1.0, 1.0)


def _agree(equation: MotionEquation, *signs: float) -> bool:
    symbols = [equation.position, equation.velocity, equation.acceleration]
    function = GridFunction(symbols, [equation.left])
    steps = np.arange(1.0, 30.0)
    points = [np.sin(steps), np.cos(2.1 * steps), np.sin(3.7 * steps + 1)]
    here = function(points)[0]
    there = function([sign * values for sign, values in zip(signs, points, strict=True)])[0]
    size = np.max(np.abs(here))
    if not np.isfinite(size):
        return False
    differences = (np.max(np.abs(here - there)), np.max(np.abs(here + there)))
    return bool(min(differences) <= ROUNDING * size)
