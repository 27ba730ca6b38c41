"""The derivations that the results carry: order equations, solvability, and what closes them.

The formulas come out of the solved series and are proved afresh, from the equation, by the
checks of `symnum.Derivation`: a wrong coefficient could not be written down here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import sympy

from symnum.algebra.coefficients import ExpressionAlgebra
from symnum.algebra.jets import JetProgram
from symnum.derivation import Derivation
from symnum.expressions import Integers, Interval
from symnum.homotopy.periodic.motion_proofs import state_balance
from symnum.homotopy.periodic.oscillator import Oscillator
from symnum.homotopy.presentation import TAU, equation_coefficient

if TYPE_CHECKING:
    from symnum.homotopy.periodic.collocated_solution import CollocatedSolution
    from symnum.homotopy.periodic.graded_solution import GradedSolution

__all__ = [
    "CHECKED_ORDERS",
    "Terms",
    "derive_collocated",
    "derive_graded",
    "domain_of",
    "linear_operator",
    "polynomial_of",
]

# Proofs of higher orders say the same with more terms.
CHECKED_ORDERS = 3
CHECKED_POWERS = 7
REALS = Interval("-oo", "oo")
POSITIVE = Interval(0, "oo", left_open=True)
NEGATIVE = Interval("-oo", 0, right_open=True)

Terms = Mapping[int, sympy.Expr]


def domain_of(
    symbols: Iterable[sympy.Symbol], positive: Iterable[sympy.Symbol] = ()
) -> dict[sympy.Symbol, Interval]:
    """Return the widest domains that fit the symbols' own assumptions, sorted by name."""
    above = set(positive)
    result = {}
    for symbol in sorted(symbols, key=lambda s: s.name):
        if symbol.is_negative:
            result[symbol] = NEGATIVE
        else:
            result[symbol] = POSITIVE if symbol.is_positive or symbol in above else REALS
    return result


def polynomial_of(terms: Terms, small: sympy.Symbol) -> sympy.Expr:
    """Return the polynomial in a symbol whose coefficients are listed by power."""
    return sympy.Add(*(term * small**p for p, term in terms.items()))


def _closure(
    d: Derivation,
    oscillator: Oscillator,
    small: sympy.Symbol,
    motions: Terms,
    squared: sympy.Expr,
) -> None:
    """State that the truncated series solves the equation up to the first power left out."""
    motion = polynomial_of(motions, small)
    force = oscillator.force.xreplace({oscillator.position: motion})
    d.series(
        squared * sympy.Derivative(motion, (TAU, 2)) + force,
        small,
        max(motions) + 1,
        0,
        why="put into the equation, the series leaves no power of its own unbalanced",
    )


def linear_operator(motion: sympy.Expr) -> sympy.Expr:
    """Return ``motion'' + motion``, the derivative not carried out."""
    return sympy.Derivative(motion, (TAU, 2)) + motion if motion != 0 else sympy.S.Zero


def force_term(
    oscillator: Oscillator, small: sympy.Symbol, motions: Terms, power: int
) -> sympy.Expr:
    """Return the coefficient of ``small**power`` of the force on a motion given by powers."""
    program: JetProgram[sympy.Expr] = JetProgram(ExpressionAlgebra())
    program.declare(small, [sympy.S.Zero, sympy.S.One])
    listed = [motions.get(p, sympy.S.Zero) for p in range(max(motions) + 1)]
    program.declare(oscillator.position, listed)
    return program.compile(oscillator.force).coefficient(power)


def derive_graded(solution: GradedSolution) -> Derivation:
    """Derive the first deformation equations of a solution with a symbolic amplitude.

    Parameters
    ----------
    solution : GradedSolution

    Returns
    -------
    Derivation
        Its result is the squared frequency.
    """
    amplitude, c0 = solution.amplitude, solution.c0
    d = Derivation(
        "homotopy_series",
        title=f"Homotopy analysis of {solution.oscillator.equation.lhs} = 0",
        domain=domain_of({amplitude, TAU}),
    )
    for m in range(1, min(solution.order, CHECKED_ORDERS) + 1):
        left, right = _deformation_by_power(solution, m)
        if not left:
            break  # a linear oscillator has one term
        d.equal(
            left,
            right,
            why=f"the deformation equation of order {m} at c0 = {c0}, power by power of "
            f"{amplitude}; its right side has no cos(tau), which is what fixes W_{m - 1}",
        )
    if c0 == -1 and solution.linear_scale.is_number:
        total = _by_power(sympy.Add(*solution.series().solution), amplitude)
        kept = {p: term for p, term in sorted(total.items()) if p <= CHECKED_POWERS}
        squared = _by_power(solution.squared_frequency, amplitude)
        lowest = {p: value for p, value in sorted(squared.items()) if p < CHECKED_POWERS}
        _closure(d, solution.oscillator, amplitude, kept, polynomial_of(lowest, amplitude))
    d.equal(
        sympy.Add(*solution.series(), evaluate=False),
        solution.squared_frequency,
        why="at q = 1 the series sums to the squared frequency",
    )
    d.result(solution.squared_frequency, [amplitude])
    return d


def derive_collocated(solution: CollocatedSolution) -> Derivation:
    """Derive a solution with numbers.

    Where it has exact homotopy terms, its first deformation equations are proved; otherwise what
    can be said of rounded coefficients: the start, and the residual at several phases, in balls.

    Parameters
    ----------
    solution : CollocatedSolution

    Returns
    -------
    Derivation
        Its result is the motion as a function of the phase.
    """
    d = Derivation(
        "periodic_solution",
        title=f"A periodic solution of {solution.oscillator.equation.lhs} = 0",
        domain={**domain_of([TAU]), sympy.Symbol("n"): Integers(0, "oo")},
    )
    n = sympy.Symbol("n")
    d.equal(
        sympy.Derivative(sympy.cos(n * TAU), (TAU, 2)) + sympy.cos(n * TAU),
        (1 - n**2) * sympy.cos(n * TAU),
        why="the linear operator multiplies each harmonic by a number, and cos(tau) by 0: that "
        "part of the right side must vanish",
    )
    if solution.has_exact_terms:
        return _exact_deformation(d, solution)
    return state_balance(d, solution)


def _exact_deformation(d: Derivation, solution: CollocatedSolution) -> Derivation:
    family, oscillator = solution.series(), solution.oscillator
    motions, c0 = family.solution, family.c0
    for m in range(1, min(len(motions) - 1, CHECKED_ORDERS) + 1):
        new = motions[m] - (motions[m - 1] if m > 1 else 0)
        side = equation_coefficient(oscillator, list(motions[:m]), m - 1, list(family[:m]))
        d.equal(
            family[0] * linear_operator(sympy.expand(new)),
            c0 * side,
            why=f"the deformation equation of order {m} at c0 = {c0}; its right side has no "
            f"cos(tau), which is what fixes W_{m - 1}",
        )
    total = sympy.expand(sympy.Add(*motions))
    d.equal(
        sympy.Add(*motions, evaluate=False), total, why="at q = 1 the series sums to the motion"
    )
    d.result(total, [TAU])
    return d


def _deformation_by_power(
    solution: GradedSolution, m: int
) -> tuple[list[sympy.Expr], list[sympy.Expr]]:
    """Return both sides of the deformation equation of order m, by powers of the amplitude."""
    family, oscillator = solution.series(), solution.oscillator
    scale = sympy.Poly(solution.linear_scale, solution.amplitude)
    shift, factor = scale.degree(), scale.LC()
    highest = min(solution.highest_power, CHECKED_POWERS)
    q = sympy.Symbol("q")
    motions = [_by_power(term, solution.amplitude) for term in family.solution[: m + 1]]
    squared = [_by_power(term, solution.amplitude) for term in family[:m]]
    joined = {
        p: sympy.Add(*(motions[k].get(p, 0) * q**k for k in range(m))) for p in range(highest + 1)
    }
    left, right = [], []
    for power in range(1, highest + 1):
        new = motions[m].get(power, sympy.S.Zero)
        if m > 1:
            new -= motions[m - 1].get(power, sympy.S.Zero)
        force = force_term(oscillator, sympy.Dummy(), joined, power + shift)
        side = sympy.expand(force).coeff(q, m - 1)
        for j in range(m):
            for i, frequency in squared[j].items():
                motion = motions[m - 1 - j].get(power + shift - i)
                if motion is not None:
                    side += frequency * sympy.Derivative(motion, (TAU, 2))
        if new != 0 or side != 0:
            left.append(factor * linear_operator(new))
            right.append(solution.c0 * side)
    return left, right


def _by_power(expr: sympy.Expr, amplitude: sympy.Symbol) -> dict[int, sympy.Expr]:
    """Return the coefficients of a polynomial in the amplitude, by power."""
    return {power: value for (power,), value in sympy.Poly(expr, amplitude).terms() if value != 0}
