r"""Homotopy analysis with a symbolic amplitude, exact to a power of the amplitude.

With ``u = A v``, ``f(u) = k u + ...`` and the operator ``L[v] = k (v'' + v)``, which does not
depend on A, the zeroth-order deformation equation at c0 = -1 is itself an oscillator,

    Omega phi'' + phi + q (f(A phi)/(k A) - phi) = 0,   Omega = 1 - q + q W(q)/k,

so that one expansion in powers of A, with coefficients that are polynomials in the embedding
parameter q, holds all terms: W_m is the coefficient of ``q**(m+1)`` in ``k Omega`` (plus k for
m = 0), u_m that of ``q**m`` in ``A phi``. A force of one degree, ``k u**p``, needs no expansion:
the amplitude only scales it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import flint
import sympy

from symnum.algebra.coefficients import NoJetError, RationalAlgebra
from symnum.algebra.harmonics import Harmonics, ParameterRing, RationalRing, rational
from symnum.algebra.jets import JetProgram
from symnum.homotopy.errors import HomotopyError, NoOscillationError
from symnum.homotopy.periodic.deformation import ExactMotions, deform, non_analytic
from symnum.homotopy.periodic.oscillator import Oscillator
from symnum.homotopy.series.expansion import expand_motion

__all__ = ["GradedTerms", "deform_graded"]

HIGHEST_DEGREE = 64


@final
@dataclass(frozen=True, slots=True)
class GradedTerms:
    """The terms at c0 = -1 as polynomials in the amplitude.

    Attributes
    ----------
    squared_frequencies : list of dict
        For each m the terms of W_m: power of A -> coefficient.
    motions : list of dict
        For each m the terms of u_m: power of A -> harmonics with rational coefficients.
    scale : Rational
        The factor k of the linear operator, without the power of the amplitude.
    degree : int
        p: the lowest power in the force.
    """

    squared_frequencies: list[dict[int, sympy.Rational]]
    motions: list[dict[int, Harmonics]]
    scale: sympy.Rational
    degree: int


def deform_graded(oscillator: Oscillator, order: int) -> GradedTerms:
    """Solve the deformation equations for a symbolic amplitude.

    Parameters
    ----------
    oscillator : Oscillator
        With rational coefficients.
    order : int
        M: W_0..W_M through ``A**(2M+2)`` and u_0..u_M through ``A**(2M+1)`` for odd forces, both
        through ``A**(M+1)`` for others; that is as far as their sums are exact.

    Returns
    -------
    GradedTerms

    Raises
    ------
    NonAnalyticError
        The force has no power series at 0 with rational coefficients.
    NoOscillationError
        The lowest term of the force does not pull back.
    HomotopyError
        The force starts with a higher power and has further terms.
    """
    degree, lowest = _lowest_term(oscillator)
    if degree % 2 == 0 or lowest < 0:
        raise NoOscillationError(
            f"no oscillation of small amplitude: the force {oscillator.force} starts with "
            f"{lowest * oscillator.position**degree}, which does not pull back on both sides"
        )
    if degree == 1:
        return _expanded(oscillator, lowest, order)
    if sympy.expand(oscillator.force - lowest * oscillator.position**degree) != 0:
        raise HomotopyError(
            f"amplitude: the force {oscillator.force} has no linear part, so there is no series in "
            "the amplitude; give the amplitude as a number"
        )
    terms = deform(oscillator, ExactMotions(flint.fmpq(0), flint.fmpq(1)), order)
    squared = [{degree - 1: rational(value)} for value in terms.squared_frequencies]
    scale = squared[0][degree - 1]
    return GradedTerms(squared, [{1: motion} for motion in terms.motions], scale, degree)


def _lowest_term(oscillator: Oscillator) -> tuple[int, sympy.Rational]:
    """Return the lowest power of the force and its coefficient."""
    program: JetProgram[flint.fmpq] = JetProgram(RationalAlgebra())
    program.declare(oscillator.position, [flint.fmpq(0), flint.fmpq(1)])
    try:
        series = program.compile(oscillator.force)
        for degree in range(HIGHEST_DEGREE):
            if not series.vanishes(degree):
                if degree == 0:
                    raise NoOscillationError(
                        f"no oscillation of small amplitude about 0: the force {oscillator.force} "
                        "does not vanish there"
                    )
                return degree, rational(series.coefficient(degree))
    except NoJetError as error:
        raise non_analytic(oscillator.force, error) from error
    raise NoOscillationError(f"no oscillation: the force {oscillator.force} vanishes at 0")


def _expanded(oscillator: Oscillator, scale: sympy.Rational, order: int) -> GradedTerms:
    small, embedding = sympy.Dummy("A"), sympy.Dummy("q")
    position = oscillator.position
    stretched = oscillator.force.xreplace({position: small * position}) / (scale * small)
    ring = ParameterRing([embedding])
    expansion = expand_motion(
        embedding * (stretched - position),
        position,
        small,
        ring,
        ring.scalar(sympy.S.One),
        2 * order + 2,
    )
    # Each q brings a factor A**2 where the force is odd, otherwise only a factor A: beyond that
    # power the terms up to M are not all there are.
    odd = all(motion.is_zero() for motion in expansion.motions[1::2])
    highest = 2 * order + 2 if odd else order + 1
    squared: list[dict[int, sympy.Rational]] = [{} for _ in range(order + 1)]
    squared[0][0] = scale
    motions: list[dict[int, Harmonics]] = [{} for _ in range(order + 1)]
    for power, value in enumerate(expansion.squared[: highest + 1]):
        for (m,), number in ring.parts(value).items():
            if 1 <= m <= order + 1:
                squared[m - 1][power] = squared[m - 1].get(power, 0) + scale * rational(number)
    for power, motion in enumerate(expansion.motions[: highest - 1 if odd else highest]):
        for m, part in _split(ring, motion).items():
            if m <= order and not part.is_zero():
                motions[m][power + 1] = part
    return GradedTerms(squared, motions, scale, 1)


def _split(ring: ParameterRing, motion: Harmonics) -> dict[int, Harmonics]:
    """Split harmonics with coefficients in q by the power of q."""
    plain = RationalRing()
    powers: dict[int, dict[int, flint.fmpq]] = {}
    values = motion.powers()
    for exponent, value in enumerate(values):
        for (m,), number in ring.parts(value).items():
            powers.setdefault(m, {})[exponent] = number
    zero = flint.fmpq(0)
    return {
        m: Harmonics.from_powers(plain, [row.get(k, zero) for k in range(len(values))])
        for m, row in powers.items()
    }
