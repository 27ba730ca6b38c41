r"""The pendulum ``u'' + sin(u) = 0`` as a power series in the square of its amplitude.

With ``u = A v`` and ``eps = A**2`` the sine ``s = sin(A v)/A`` and the cosine ``k = cos(A v)``
are series in eps whose coefficients obey

    2n k_n = -sum_(i<n) (1+2i) v_i s_(n-1-i),   (2n+1) s_n = sum_(i<=n) (1+2i) v_i k_(n-i),

the derivative of each with respect to A; the term i = n of s_n is the unknown v_n itself. All
odd functions are ``cos(tau)`` times a polynomial in ``y = cos(tau)**2``, which is what is stored.
"""

from __future__ import annotations

from typing import Any

import flint
import sympy

from symnum.algebra.harmonics import Harmonics, RationalRing
from symnum.expressions.parsing import as_expression
from symnum.homotopy.arguments import read_order
from symnum.homotopy.expansion import Expansion
from symnum.homotopy.oscillator import Oscillator
from symnum.homotopy.perturbation import PerturbationSeries

__all__ = ["pendulum"]


def pendulum(order: int, amplitude: Any = None) -> PerturbationSeries:
    """Expand the motion and the frequency of the pendulum in the square of the amplitude.

    Parameters
    ----------
    order : int
        The highest power of A**2; order 200 takes about ten seconds.
    amplitude : number, Symbol or str, optional
        What stands for the amplitude A in the formulas: by default the symbol ``A``.

    Returns
    -------
    PerturbationSeries
        In powers of ``A**2``; `frequency` is the frequency over that of small swings.

    Raises
    ------
    ValueError
        An order that is negative, an amplitude that is no symbol and no number below pi.

    Examples
    --------
    >>> pendulum(3).frequency
    [1, -1/16, 1/3072, -23/737280]
    """
    order = read_order(order)
    swing = sympy.Symbol("A") if amplitude is None else as_expression(amplitude, "amplitude")
    if swing.is_number:
        magnitude = abs(swing.evalf(30))
        if not (magnitude.is_comparable and 0 < magnitude < sympy.pi.evalf(30)):
            raise ValueError(f"amplitude: expected a number between 0 and pi, got {swing}")
    elif not swing.is_Symbol:
        raise ValueError(f"amplitude: expected a number or a symbol, got {swing}")
    return PerturbationSeries(
        oscillator=_pendulum_oscillator(),
        variable=swing**2,
        linear_frequency=sympy.S.One,
        expansion=_expand(order),
        initial=swing,
        prefactor=swing,
    )


def _pendulum_oscillator() -> Oscillator:
    time, position = sympy.Symbol("t"), sympy.Symbol("u", real=True)
    motion = sympy.Function("u")(time)
    return Oscillator(motion, time, position, sympy.sin(position), sympy.S.One)


def _expand(order: int) -> Expansion:
    """Return the expansion of v; shapes are the polynomials V with ``v = cos(tau) V(y)``."""
    ring = RationalRing()
    nothing, one = flint.fmpq_poly([]), flint.fmpq_poly([1])
    shapes, sines, cosines = [one], [one], [one]
    weighted = [one]  # (1 + 2n) V_n
    accelerations = [-one]
    squared = [flint.fmpq(1)]
    for n in range(1, order + 1):
        cosine = _convolution(weighted, sines, n, n - 1).left_shift(1)
        cosines.append(cosine * flint.fmpq(-1, 2 * n))
        sine = _convolution(weighted, cosines, n, n) * flint.fmpq(1, 2 * n + 1)
        side = -sine
        for j in range(1, n):
            side -= squared[j] * accelerations[n - j]
        solution, condition = Harmonics(ring, nothing, side).solve_oscillator()
        squared.append(condition)
        shapes.append(solution.odd)
        weighted.append((1 + 2 * n) * solution.odd)
        sines.append(sine + solution.odd)
        accelerations.append(solution.second_derivative().odd)
    return Expansion(ring, squared, [Harmonics(ring, nothing, shape) for shape in shapes])


def _convolution(x: list[Any], y: list[Any], count: int, total: int) -> Any:
    """Return ``sum(x_i y_(total-i) for i < count)``."""
    result = flint.fmpq_poly([])
    for i in range(count):
        result += x[i] * y[total - i]
    return result
