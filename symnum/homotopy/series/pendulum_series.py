r"""The pendulum ``u'' + sin(u) = 0`` as a power series in the square of its amplitude.

The frequency over that of small swings is ``1 / M(1, cos(A/2))`` with Gauss's
arithmetic-geometric mean M, which a handful of square roots of power series gives to any order.

The motion, which is made when it is asked for, follows from a recurrence. With ``u = A v`` and
``eps = A**2`` the sine ``s = sin(A v)/A`` and the cosine ``k = cos(A v)`` are series in eps whose
coefficients obey

    2n k_n = -sum_(i<n) (1+2i) v_i s_(n-1-i),   (2n+1) s_n = sum_(i<=n) (1+2i) v_i k_(n-i),

the derivative of each with respect to A; the term i = n of s_n is the unknown v_n itself. All
odd functions are ``cos(tau)`` times a polynomial in ``y = cos(tau)**2``, which is what is stored.
The frequency comes out of it once more, term by term.
"""

from __future__ import annotations

from functools import cached_property
from math import factorial
from typing import Any, final

import flint
import sympy

from symnum.algebra.harmonics import Harmonics, RationalRing
from symnum.expressions.parsing import as_expression
from symnum.homotopy.arguments import read_order
from symnum.homotopy.equation_reading import read_motion_equation
from symnum.homotopy.series.perturbation import PerturbationSeries

__all__ = ["PendulumExpansion", "pendulum"]


def pendulum(order: int, amplitude: Any = None) -> PerturbationSeries:
    """Expand the motion and the frequency of the pendulum in the square of the amplitude.

    Parameters
    ----------
    order : int
        The highest power of A**2. The frequency to order 200 takes a fraction of a second, the
        motion, where it is asked for, about ten.
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
        oscillator=read_motion_equation("u'' + sin(u)", "u", "t"),
        variable=swing**2,
        linear_frequency=sympy.S.One,
        expansion=PendulumExpansion(order),
        prefactor=swing,
    )


@final
class PendulumExpansion:
    """The terms of the expansion: the frequency at once, the motions when they are asked for.

    Attributes
    ----------
    ring : RationalRing
    squared : list of fmpq
        The square of the frequency.
    """

    def __init__(self, order: int) -> None:
        self.ring = RationalRing()
        frequency = _mean_of_one_and_cosine(order + 1)
        square = frequency.mul_low(frequency, order + 1).coeffs()
        self.squared: list[Any] = square + [flint.fmpq(0)] * (order + 1 - len(square))

    @cached_property
    def motions(self) -> list[Harmonics]:
        """The terms of the motion over the amplitude."""
        return _motions(self.ring, len(self.squared) - 1)

    def starts(self) -> list[Any]:
        """Return the values of the motions at the start."""
        return [flint.fmpq(1), *([flint.fmpq(0)] * (len(self.squared) - 1))]


def _mean_of_one_and_cosine(length: int) -> Any:
    """Return the series of M(1, cos(A/2)) in A**2.

    The two means differ by O(eps) at first, and each round squares what is left.
    """
    mean = flint.fmpq_poly([1])
    other = flint.fmpq_poly([flint.fmpq((-1) ** n, 4**n * factorial(2 * n)) for n in range(length)])
    reached = 1
    while reached < length:
        product = mean.mul_low(other, length)
        mean, other = (mean + other) / 2, _square_root(product, length)
        reached *= 2
    return mean


def _square_root(series: Any, length: int) -> Any:
    """Return the square root of a series that starts with 1, by doubling that of its reciprocal."""
    three, inverse, known = flint.fmpq_poly([3]), flint.fmpq_poly([1]), 1
    while known < length:
        known = min(2 * known, length)
        square = inverse.mul_low(inverse, known)
        inverse = inverse.mul_low(three - square.mul_low(series.truncate(known), known), known) / 2
    return inverse.mul_low(series, length)


def _motions(ring: RationalRing, order: int) -> list[Harmonics]:
    """Return the terms of v; shapes are the polynomials V with ``v = cos(tau) V(y)``."""
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
    return [Harmonics(ring, nothing, shape) for shape in shapes]


def _convolution(x: list[Any], y: list[Any], count: int, total: int) -> Any:
    """Return ``sum(x_i y_(total-i) for i < count)``."""
    result = flint.fmpq_poly([])
    for i in range(count):
        result += x[i] * y[total - i]
    return result
