"""Reading an equation of motion: ``u'' + f(u) = 0`` in a normal form.

Whatever the form in which it was given (text with primes, `Eq`, expression), what the solvers
see is the force on a real symbol for the position, and the original equation's mass, so that
residuals can be stated for the equation that was asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn, final

import numpy as np
import sympy

from symnum.homotopy.equation_reading import MotionEquation, read_motion_equation
from symnum.homotopy.errors import HomotopyError, ResonanceError, SecularTermError

__all__ = [
    "Oscillator",
    "conservative",
    "read_autonomous",
    "read_oscillator",
    "refuse_velocity",
]


@final
@dataclass(frozen=True, slots=True)
class Oscillator:
    """An equation ``mass(u) * (u'' + force(u)) = 0``.

    Parameters
    ----------
    motion : Expr
        The unknown as an applied function, u(t).
    time : Symbol
    position : Symbol
        Real; stands for u(t) in `force` and `mass`.
    force : Expr
        The restoring force per mass.
    mass : Expr
        The coefficient of u'' in the equation as it was given.
    """

    motion: sympy.Expr
    time: sympy.Symbol
    position: sympy.Symbol
    force: sympy.Expr
    mass: sympy.Expr

    @property
    def equation(self) -> sympy.Eq:
        """The equation in its normal form, ``u'' + f(u) = 0``."""
        acceleration = sympy.Derivative(self.motion, (self.time, 2))
        force = self.force.xreplace({self.position: self.motion})
        return sympy.Eq(acceleration + force, 0, evaluate=False)

    @property
    def parameters(self) -> list[sympy.Symbol]:
        """The free symbols of the force other than the position, sorted by name."""
        symbols = (self.force.free_symbols | self.mass.free_symbols) - {self.position}
        return sorted(symbols, key=lambda symbol: symbol.name)

    def is_odd(self) -> bool:
        """Tell whether the force is odd, as far as SymPy's own rules show it."""
        mirrored = self.force.xreplace({self.position: -self.position})
        return bool(sympy.expand(self.force + mirrored) == 0)

    def has_floats(self) -> bool:
        """Tell whether the force contains floating-point numbers."""
        return bool(self.force.atoms(sympy.Float))


def read_oscillator(equation: Any, u: Any, t: Any, small: sympy.Symbol | None = None) -> Oscillator:
    """Read an autonomous equation of second order without velocities.

    Parameters
    ----------
    equation : str, Eq or Expr
        Text writes derivatives as primes; an expression means ``expr = 0``.
    u : Function, applied function, Symbol or str
        The unknown.
    t : Symbol or str
        The independent variable.
    small : Symbol, optional
        The small parameter, for messages.

    Returns
    -------
    Oscillator

    Raises
    ------
    ValueError
        An equation without its unknown, or not of second order.
    SecularTermError, ResonanceError, HomotopyError
        A damping, a forcing, any other dependence on velocity or time.
    """
    return conservative(read_autonomous(equation, u, t, small, forced=True), small)


def read_autonomous(
    equation: Any, u: Any, t: Any, small: sympy.Symbol | None = None, *, forced: bool = False
) -> MotionEquation:
    """Read an equation of second order, and refuse an explicit dependence on time.

    Parameters
    ----------
    equation, u, t, small
        Those of `read_oscillator`.
    forced : bool
        Leave the refusal to `conservative`.

    Returns
    -------
    MotionEquation
    """
    read = read_motion_equation(equation, u, t, small)
    mass = read.mass
    if mass == 0 or (not mass.is_number and sympy.simplify(mass) == 0):
        raise ValueError(
            f"equation: expected second order in {read.time}, found no {read.motion.func}''"
        )
    if not forced and read.left.has(read.time):
        _refuse_forcing(sympy.expand(read.rest / mass), read.position, read.time)
    return read


def conservative(read: MotionEquation, small: sympy.Symbol | None = None) -> Oscillator:
    """Return the oscillator of an equation ``mass(u) u'' + rest(u) = 0``, or say what it has more.

    Parameters
    ----------
    read : MotionEquation
    small : Symbol, optional
        The small parameter, for messages.

    Returns
    -------
    Oscillator
    """
    mass, rest = read.mass, read.rest
    if mass.has(read.acceleration):
        raise HomotopyError(
            f"equation: {read.motion}'' must occur linearly, its coefficient is {mass}"
        )
    if rest.has(read.velocity) or mass.has(read.velocity):
        _refuse_velocity(rest / mass, read.position, read.velocity, small)
    if rest.has(read.time) or mass.has(read.time):
        _refuse_forcing(sympy.expand(rest / mass), read.position, read.time)
    if mass.is_number:
        force = sympy.Add(*(term / mass for term in sympy.Add.make_args(rest)))
    else:
        force = rest / mass
    return Oscillator(read.motion, read.time, read.position, force, mass)


def refuse_velocity(equation: MotionEquation) -> NoReturn:
    """Say why a motion of a given amplitude is not periodic."""
    position, velocity = equation.position, equation.velocity
    mass = equation.mass
    force = equation.left if mass.has(equation.acceleration) else equation.rest / mass
    odd = sympy.expand((force - force.subs(velocity, -velocity)) / 2)
    work = _work_of(odd, position, velocity)
    if np.any(work[:-1] * work[1:] < 0) or np.max(np.abs(work)) > 1e-9:
        _refuse_velocity(force, position, velocity, None)
    raise SecularTermError(
        f"equation: the term {odd} leaves a secular term: the solvability condition of sin(tau) "
        "has no unknown left at this amplitude, to which the motion does not return: there is no "
        "periodic solution of this amplitude"
    )


def _refuse_velocity(
    force: sympy.Expr,
    position: sympy.Symbol,
    velocity: sympy.Symbol,
    small: sympy.Symbol | None,
) -> NoReturn:
    """Say why an equation with u' is refused: damping, self-excitation, or merely velocity."""
    name = position.name
    shown = sympy.Symbol(f"{name}'")
    odd = sympy.expand((force - force.subs(velocity, -velocity)) / 2)
    work = _work_of(odd, position, velocity)
    if np.any(work[:-1] * work[1:] < 0):
        raise HomotopyError(
            f"equation: the term {odd.subs(velocity, shown)} changes the energy with a sign that "
            "depends on the amplitude: the periodic solution is a limit cycle, whose amplitude is "
            "an unknown; harmonic_balance with amplitude=None finds it"
        )
    if np.max(np.abs(work)) > 1e-9:
        order = 0 if small is None else _leading_power(odd, small)
        raise SecularTermError(
            f"equation: the term {odd.subs(velocity, shown)} leaves a secular term: the "
            f"solvability condition of sin(tau) at order {order} has no unknown left, so there is "
            "no periodic solution near the undisturbed one"
        )
    raise HomotopyError(
        f"equation: the force {force.subs(velocity, shown)} depends on the velocity {shown}; "
        "only conservative forces f(u) are treated here"
    )


def _work_of(odd: sympy.Expr, position: sympy.Symbol, velocity: sympy.Symbol) -> Any:
    """Return the work of a velocity-dependent force over a circle, for several amplitudes.

    Free parameters are set to 1: only the signs of the values are used.
    """
    if odd == 0:
        return np.zeros(1)
    parameters = dict.fromkeys(odd.free_symbols - {position, velocity}, sympy.S.One)
    force = sympy.lambdify((position, velocity), odd.xreplace(parameters), "numpy")
    phase = (np.arange(64) + 0.5) * (np.pi / 32)
    amplitudes = np.geomspace(1e-2, 1e2, 81)[:, None]
    with np.errstate(all="ignore"):
        values = force(amplitudes * np.cos(phase), -amplitudes * np.sin(phase))
        power = values * np.sin(phase)
        work = np.mean(power, axis=1) / amplitudes[:, 0]
        size = np.mean(np.abs(power), axis=1) / amplitudes[:, 0]
    # A mean that is rounding error beside its terms has no sign of its own.
    return np.where(np.isfinite(work) & (np.abs(work) > 1e-12 * size), work, 0.0)


def _leading_power(expr: sympy.Expr, small: sympy.Symbol) -> int:
    powers = [term.as_coeff_exponent(small)[1] for term in sympy.Add.make_args(expr)]
    return int(min((p for p in powers if p.is_Integer), default=0))


def _refuse_forcing(force: sympy.Expr, position: sympy.Symbol, time: sympy.Symbol) -> None:
    """Say why an equation with explicit time is refused: resonance, or merely no autonomy."""
    forcing = sympy.Add(*(term for term in sympy.Add.make_args(force) if term.has(time)))
    linear = sympy.diff(force - forcing, position).xreplace({position: sympy.S.Zero})
    for wave in sorted(forcing.atoms(sympy.sin, sympy.cos), key=str):
        rate = sympy.diff(wave.args[0], time)
        if not forcing.has(position) and sympy.simplify(rate**2 - linear) == 0:
            raise ResonanceError(
                f"equation: the forcing {forcing} contains {wave}, which is a solution of the "
                f"linear equation {position}'' + {linear}*{position} = 0: resonance, the response "
                "grows without bound"
            )
    raise HomotopyError(
        f"equation: the term {forcing} depends on {time} explicitly; "
        "only autonomous equations are treated here"
    )
