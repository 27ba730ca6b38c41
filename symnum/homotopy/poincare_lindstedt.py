"""The Poincaré-Lindstedt expansion of a weakly nonlinear oscillator."""

from __future__ import annotations

from typing import Any

import sympy

from symnum.algebra.harmonics import CosineRing, ParameterRing, RationalRing
from symnum.expressions.names import as_symbol
from symnum.homotopy.arguments import is_exact, read_amplitude, read_order
from symnum.homotopy.expansion import Expansion, expand_motion, linear_part
from symnum.homotopy.oscillator import Oscillator, read_oscillator
from symnum.homotopy.perturbation import PerturbationSeries

__all__ = ["lindstedt"]

HIGHEST_SCALING = 8  # the highest power of the amplitude that one power of eps may carry


def lindstedt(
    equation: Any, u: Any, t: Any, eps: Any, order: int, *, amplitude: Any = 1
) -> PerturbationSeries:
    """Expand the periodic solution of an oscillator in a small parameter, without secular terms.

    With ``tau = w t`` both u and w are series in eps; at each order the coefficient of cos(tau) on
    the right side, whose response would grow like ``t sin(t)``, is removed by the next term of w.

    Parameters
    ----------
    equation : str, Eq or Expr
        ``u'' + F(u, eps) = 0``, linear at eps = 0, whose coefficients in eps are polynomials in u;
        text writes derivatives as primes.
    u : Function, applied function, Symbol or str
    t, eps : Symbol or str
    order : int
        The highest power of eps.
    amplitude : exact number, Symbol or str
        The initial position u(0); the initial velocity is 0.

    Returns
    -------
    PerturbationSeries
        Exact: rational numbers, or polynomials in the symbols of the problem.

    Raises
    ------
    SecularTermError
        A damping leaves the condition of sin(tau) without an unknown.
    NoOscillationError
        The equation at eps = 0 does not oscillate.
    NonAnalyticError
        A function has no power series in eps, or not with polynomials in u as coefficients.
    ValueError
        An equation without eps, a float where exact numbers are needed.

    Examples
    --------
    >>> lindstedt("u'' + u + eps*u**3", "u", "t", "eps", 3).frequency
    [1, 3/8, -21/256, 81/2048]
    """
    order = read_order(order)
    small = as_symbol(eps, "eps")
    if not is_exact(amplitude):
        raise ValueError(
            f"amplitude: exact work needs an exact number, got {amplitude!r}; write it as a "
            "Rational or as text"
        )
    initial = read_amplitude(amplitude)
    oscillator = read_oscillator(equation, u, t, small)
    _check_exact(oscillator, small, initial)
    squared = linear_part(oscillator.force, oscillator.position, small)
    disturbance = oscillator.force - squared * oscillator.position
    power = _scaling_power(disturbance, oscillator, small, initial)
    inverse = sympy.Dummy("inverse")
    expansion = _expand(
        disturbance * (1 / squared if squared.is_number else inverse),
        oscillator.position,
        small,
        sympy.S.One if power else initial,
        order,
    )
    return PerturbationSeries(
        oscillator=oscillator,
        variable=small,
        linear_frequency=sympy.sqrt(squared),
        expansion=expansion,
        weight=initial**power,
        prefactor=initial if power else sympy.S.One,
        initial=initial,
        substitution=((inverse, 1 / squared),),
    )


def _check_exact(oscillator: Oscillator, small: sympy.Symbol, initial: sympy.Expr) -> None:
    if oscillator.has_floats():
        number = min(oscillator.force.atoms(sympy.Float))
        raise ValueError(
            f"equation: exact work needs exact numbers, got {number}; write it as a Rational, or "
            "the equation as text"
        )
    if small not in oscillator.force.free_symbols:
        raise ValueError(f"eps: the small parameter {small} does not occur in the equation")
    if small in (oscillator.time, oscillator.position) or small in initial.free_symbols:
        raise ValueError(f"eps: the small parameter {small} is used for something else as well")
    if not (initial.is_Symbol or initial.is_Rational):
        raise ValueError(f"amplitude: expected a rational number or a symbol, got {initial}")


def _scaling_power(
    disturbance: sympy.Expr,
    oscillator: Oscillator,
    small: sympy.Symbol,
    initial: sympy.Expr,
) -> int:
    """Return s where an amplitude A is the same as A = 1 with ``eps A**s`` in the place of eps.

    Forces of one degree, such as eps*u**3, have it; the expansion then needs no symbol A.
    """
    if not initial.is_Symbol or initial in disturbance.free_symbols:
        return 0
    position = oscillator.position
    stretched = disturbance.xreplace({position: initial * position}) / initial
    for power in range(1, HIGHEST_SCALING + 1):
        scaled = disturbance.xreplace({small: small * initial**power})
        if sympy.expand(stretched - scaled) == 0:
            return power
    return 0


def _expand(
    disturbance: sympy.Expr,
    position: sympy.Symbol,
    small: sympy.Symbol,
    initial: sympy.Expr,
    order: int,
) -> Expansion:
    """Expand in the smallest ring that holds the coefficients."""
    symbols = (disturbance.free_symbols | initial.free_symbols) - {position, small}
    ring: CosineRing = RationalRing()
    if symbols:
        ring = ParameterRing(sorted(symbols, key=lambda symbol: symbol.name))
    return expand_motion(disturbance, position, small, ring, ring.scalar(initial), order)
