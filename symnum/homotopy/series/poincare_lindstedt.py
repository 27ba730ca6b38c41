"""The Poincaré-Lindstedt expansion of a weakly nonlinear oscillator."""

from __future__ import annotations

from typing import Any

import sympy

from symnum.algebra.harmonics import CosineRing, ParameterRing, RationalRing
from symnum.expressions.names import as_symbol
from symnum.homotopy.arguments import is_exact, read_amplitude, read_order
from symnum.homotopy.equation_reading import MotionEquation
from symnum.homotopy.errors import HomotopyError
from symnum.homotopy.periodic.oscillator import read_autonomous
from symnum.homotopy.series.expansion import Expansion, expand_motion, linear_part
from symnum.homotopy.series.limit_cycle_series import Disturbance, expand_with_velocity
from symnum.homotopy.series.perturbation import PerturbationSeries

__all__ = ["lindstedt", "read_perturbation"]

HIGHEST_SCALING = 8  # the highest power of the amplitude that one power of eps may carry


def lindstedt(
    equation: Any, u: Any, t: Any, eps: Any, order: int, *, amplitude: Any = 1
) -> PerturbationSeries:
    """Expand the periodic solution of an oscillator in a small parameter, without secular terms.

    With ``tau = w t`` both u and w are series in eps; at each order the coefficient of cos(tau) on
    the right side, whose response would grow like ``t sin(t)``, is removed by the next term of w.
    The coefficient of sin(tau) vanishes where no energy is lost; where it fixes the amplitude, the
    solution is a limit cycle and its amplitude a series as well.

    Parameters
    ----------
    equation : str, Eq or Expr
        ``u'' + F(u, u', eps) = 0``, linear and without u' at eps = 0, whose coefficients in eps
        are polynomials in u and u'; text writes derivatives as primes.
    u : Function, applied function, Symbol or str
    t, eps : Symbol or str
    order : int
        The highest power of eps.
    amplitude : exact number, Symbol or str
        The initial position u(0); the initial velocity is 0. A limit cycle has an amplitude of its
        own; of several that one is expanded which at eps = 0 is nearest to this number.

    Returns
    -------
    PerturbationSeries
        Exact: rational numbers, or what roots and symbols the problem brings.

    Raises
    ------
    SecularTermError
        A damping leaves the condition of sin(tau) without an unknown.
    NoOscillationError
        The equation at eps = 0 does not oscillate.
    NonAnalyticError
        A function has no power series in eps, or not with polynomials as coefficients.
    ValueError
        An equation without eps, a float where exact numbers are needed.

    Examples
    --------
    >>> lindstedt("u'' + u + eps*u**3", "u", "t", "eps", 3).frequency
    [1, 3/8, -21/256, 81/2048]
    >>> cycle = lindstedt("u'' + u = eps*(1 - u**2)*u'", "u", "t", "eps", 4)
    >>> cycle.frequency, cycle.amplitude
    ([1, 0, -1/16, 0, 17/3072], [2, 0, 1/96, 0, -1033/552960])
    """
    oscillator, problem, initial, order = read_perturbation(equation, u, t, eps, order, amplitude)
    disturbance, squared, small = problem.expr, problem.squared, problem.small
    position, velocity = problem.position, problem.velocity
    linear_frequency = sympy.sqrt(squared)
    if problem.is_damped():
        expansion = expand_with_velocity(problem, initial, order)
        return PerturbationSeries(oscillator, small, linear_frequency, expansion)
    # Only squares of the velocity are left, so that the frequency w0 enters as its square.
    disturbance = disturbance.xreplace({velocity: linear_frequency * velocity})
    power = _scaling_power(disturbance, (position, velocity), small, initial)
    inverse = sympy.Dummy("inverse")
    hidden = () if squared.is_Rational else ((inverse, 1 / squared),)
    numbers = _irrational_numbers(disturbance)
    scaled = disturbance.xreplace(numbers) * (inverse if hidden else 1 / squared)
    start = sympy.S.One if power else initial
    return PerturbationSeries(
        oscillator=oscillator,
        variable=small,
        linear_frequency=linear_frequency,
        expansion=_expand(scaled, (position, velocity), small, start, order),
        weight=initial**power,
        prefactor=initial if power else sympy.S.One,
        substitution=(*hidden, *((symbol, value) for value, symbol in numbers.items())),
    )


def read_perturbation(
    equation: Any, u: Any, t: Any, eps: Any, order: Any, amplitude: Any
) -> tuple[MotionEquation, Disturbance, sympy.Expr, int]:
    """Read the arguments that all expansions of an oscillator have in common.

    Returns
    -------
    oscillator : MotionEquation
    problem : Disturbance
    initial : Expr
        The amplitude.
    order : int
    """
    order = read_order(order)
    small = as_symbol(eps, "eps")
    if not is_exact(amplitude):
        raise ValueError(
            f"amplitude: exact work needs an exact number, got {amplitude!r}; write it as a "
            "Rational or as text"
        )
    initial = read_amplitude(amplitude)
    oscillator = read_autonomous(equation, u, t, small)
    _check_exact(oscillator, small, initial)
    force = _force(oscillator)
    position, velocity = oscillator.position, oscillator.velocity
    squared = linear_part(force, position, small, velocity)
    disturbance = force - squared * position
    return oscillator, Disturbance(disturbance, position, velocity, small, squared), initial, order


def _irrational_numbers(expr: sympy.Expr) -> dict[sympy.Expr, sympy.Symbol]:
    """Return symbols for the irrational factors in an expression, such as pi and sqrt(2)."""
    found = {
        node
        for node in expr.atoms(sympy.NumberSymbol, sympy.Pow, sympy.Function)
        if node.is_number and not node.is_Rational and node.is_real
    }
    inner = {part for node in found for part in node.args if part in found}
    names = sorted(found - inner, key=str)
    return {node: sympy.Dummy(f"number{k}") for k, node in enumerate(names)}


def _force(oscillator: MotionEquation) -> sympy.Expr:
    """Return F in ``u'' + F = 0``."""
    terms = sympy.Add.make_args(oscillator.left)
    if [term for term in terms if term.has(oscillator.acceleration)] == [oscillator.acceleration]:
        return sympy.Add(*(term for term in terms if term != oscillator.acceleration))
    mass, rest = oscillator.mass, oscillator.rest
    if mass.has(oscillator.acceleration):
        raise HomotopyError(
            f"equation: {oscillator.motion}'' must occur linearly, its coefficient is {mass}"
        )
    if mass.is_number:
        return sympy.Add(*(term / mass for term in sympy.Add.make_args(rest)))
    return rest / mass


def _check_exact(oscillator: MotionEquation, small: sympy.Symbol, initial: sympy.Expr) -> None:
    if oscillator.has_floats():
        number = min(oscillator.left.atoms(sympy.Float))
        raise ValueError(
            f"equation: exact work needs exact numbers, got {number}; write it as a Rational, or "
            "the equation as text"
        )
    names = (oscillator.time.name, oscillator.position.name)
    if small.name in names or small in initial.free_symbols:
        raise ValueError(f"eps: the small parameter {small} is used for something else as well")
    if small not in oscillator.left.free_symbols:
        raise ValueError(f"eps: the small parameter {small} does not occur in the equation")
    if not (initial.is_Symbol or initial.is_Rational):
        raise ValueError(f"amplitude: expected a rational number or a symbol, got {initial}")


def _scaling_power(
    disturbance: sympy.Expr,
    motion: tuple[sympy.Symbol, sympy.Symbol],
    small: sympy.Symbol,
    initial: sympy.Expr,
) -> int:
    """Return s where an amplitude A is the same as A = 1 with ``eps A**s`` in the place of eps.

    Forces of one degree, such as eps*u**3, have it; the expansion then needs no symbol A.
    """
    if not initial.is_Symbol or initial in disturbance.free_symbols:
        return 0
    rules = {symbol: initial * symbol for symbol in motion}
    stretched = disturbance.xreplace(rules) / initial
    for power in range(1, HIGHEST_SCALING + 1):
        scaled = disturbance.xreplace({small: small * initial**power})
        if sympy.expand(stretched - scaled) == 0:
            return power
    return 0


def _expand(
    disturbance: sympy.Expr,
    motion: tuple[sympy.Symbol, sympy.Symbol],
    small: sympy.Symbol,
    initial: sympy.Expr,
    order: int,
) -> Expansion:
    """Expand in the smallest ring that holds the coefficients."""
    position, velocity = motion
    symbols = (disturbance.free_symbols | initial.free_symbols) - {position, velocity, small}
    ring: CosineRing = RationalRing()
    if symbols:
        ring = ParameterRing(sorted(symbols, key=lambda symbol: symbol.name))
    return expand_motion(
        disturbance,
        position,
        small,
        ring,
        ring.scalar(initial),
        order,
        velocity if velocity in disturbance.free_symbols else None,
    )
