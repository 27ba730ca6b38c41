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
from symnum.homotopy.oscillator import Oscillator
from symnum.homotopy.presentation import TAU, force_coefficient

if TYPE_CHECKING:
    from symnum.homotopy.collocated_solution import CollocatedSolution
    from symnum.homotopy.graded_solution import GradedSolution
    from symnum.homotopy.perturbation import PerturbationSeries

__all__ = ["derive_collocated", "derive_graded", "derive_series", "domain_of"]

# Proofs of higher orders say the same with more terms.
CHECKED_ORDERS = 3
CHECKED_POWERS = 7
CHECKED_PHASES = 4
START_TOLERANCE = 1e-12  # relative to the amplitude
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


def derive_series(series: PerturbationSeries) -> Derivation:
    """Derive the first orders of a perturbation series from its equation.

    Parameters
    ----------
    series : PerturbationSeries

    Returns
    -------
    Derivation
        Its result is the frequency through the orders that were checked.
    """
    count = min(series.order, CHECKED_ORDERS)
    motions, squared = series.solution[: count + 1], series.squared_frequency[: count + 1]
    if series.variable.is_Symbol:
        small, first, step = series.variable, 0, 1
    else:
        # In powers of the amplitude itself: u = A cos(tau) + A**3 (...) + ...
        small, first, step = sympy.Symbol("A"), 1, 2
        motions = [sympy.expand(motion / series.prefactor) for motion in motions]
    motion_terms = {first + step * m: term for m, term in enumerate(motions)}
    squared_terms = {step * m: term for m, term in enumerate(squared)}
    symbols = set().union(*(term.free_symbols for term in [*motions, *squared])) - {TAU}
    d = Derivation(
        "perturbation_series",
        title=f"The periodic solution of {series.oscillator.equation.lhs} = 0",
        domain=domain_of({small, TAU, *symbols}, series.linear_frequency.free_symbols),
    )
    _order_equations(d, series.oscillator, small, motion_terms, squared_terms, first)
    polynomial = _polynomial(squared_terms, small)
    _closure(d, series.oscillator, small, motion_terms, polynomial)
    frequency = sympy.Add(
        *(term * small ** (step * m) for m, term in enumerate(series.frequency[: count + 1]))
    )
    d.series(
        sympy.sqrt(polynomial),
        small,
        step * count + 1,
        frequency,
        why="the frequency is the square root of its square, term by term",
    )
    arguments = sorted(frequency.free_symbols, key=lambda symbol: str(symbol.name))
    d.result(frequency, arguments or [small])
    return d


def _order_equations(
    d: Derivation,
    oscillator: Oscillator,
    small: sympy.Symbol,
    motions: Terms,
    squared: Terms,
    first: int,
) -> None:
    """State for each power after the first the solvability and the equation of the new term."""
    lowest = motions[first]
    accelerations = {p: sympy.Derivative(term, (TAU, 2)) for p, term in motions.items()}
    for power in sorted(motions)[1:]:
        lower = {p: term for p, term in motions.items() if p < power}
        side = force_term(oscillator, small, lower, power)
        for p, frequency in squared.items():
            if 0 < p < power - first and power - p in accelerations:
                side += frequency * accelerations[power - p]
        new = motions[power]
        rest = sympy.expand(squared[0] * (sympy.diff(new, TAU, 2) + new))
        frequency = squared.get(power - first, sympy.S.Zero)
        d.equal(
            side + frequency * sympy.Derivative(lowest, (TAU, 2)),
            -rest,
            why=f"solvability at {small}**{power}: this term of the squared frequency is the one "
            "with which no cos(tau) is left on the right side",
        )
        d.equal(
            squared[0] * _linear(new),
            rest,
            why=f"the term of {small}**{power} of the motion answers to the other harmonics",
        )


def _polynomial(terms: Terms, small: sympy.Symbol) -> sympy.Expr:
    return sympy.Add(*(term * small**p for p, term in terms.items()))


def _closure(
    d: Derivation,
    oscillator: Oscillator,
    small: sympy.Symbol,
    motions: Terms,
    squared: sympy.Expr,
) -> None:
    """State that the truncated series solves the equation up to the first power left out."""
    motion = _polynomial(motions, small)
    force = oscillator.force.xreplace({oscillator.position: motion})
    d.series(
        squared * sympy.Derivative(motion, (TAU, 2)) + force,
        small,
        max(motions) + 1,
        0,
        why="put into the equation, the series leaves no power of its own unbalanced",
    )


def _linear(motion: sympy.Expr) -> sympy.Expr:
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
        _closure(d, solution.oscillator, amplitude, kept, _polynomial(lowest, amplitude))
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
    return _rounded_balance(d, solution)


def _exact_deformation(d: Derivation, solution: CollocatedSolution) -> Derivation:
    family, oscillator = solution.series(), solution.oscillator
    motions, c0 = family.solution, family.c0
    for m in range(1, min(len(motions) - 1, CHECKED_ORDERS) + 1):
        new = motions[m] - (motions[m - 1] if m > 1 else 0)
        side = force_coefficient(oscillator, list(motions[:m]), m - 1)
        for j in range(m):
            side += family[j] * sympy.Derivative(motions[m - 1 - j], (TAU, 2))
        d.equal(
            family[0] * _linear(sympy.expand(new)),
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


def _rounded_balance(d: Derivation, solution: CollocatedSolution) -> Derivation:
    coefficients = {n: sympy.Rational(value) for n, value in solution.coefficients.items()}
    motion = sympy.Add(*(value * sympy.cos(n * TAU) for n, value in coefficients.items()))
    size = abs(float(solution.amplitude))
    d.define("motion", motion, why="the cosine coefficients, taken for the fractions they are")
    d.approximate(
        sympy.Add(*coefficients.values()),
        solution.amplitude,
        bound=sympy.Rational(size * START_TOLERANCE),
        why="the motion starts at the amplitude",
    )
    force = _with_real_roots(solution.oscillator)
    force = force.xreplace({solution.oscillator.position: motion})
    squared = sympy.Rational(solution.frequency) ** 2
    residual = squared * sympy.diff(motion, TAU, 2) + force
    phases = [sympy.Rational(k, 5) * sympy.pi for k in range(1, CHECKED_PHASES + 1)]
    d.approximate(
        [residual.xreplace({TAU: phase}) for phase in phases],
        [sympy.S.Zero] * CHECKED_PHASES,
        bound=sympy.Rational(2 * solution.largest_force_error + size * START_TOLERANCE),
        why="the equation of motion holds at these phases up to its largest residual",
    )
    d.result("motion", [TAU])
    return d


def _with_real_roots(oscillator: Oscillator) -> sympy.Expr:
    """Return the force with its roots of odd degree written as the real ones, as they are meant."""
    return oscillator.force.replace(
        lambda node: node.is_Pow and node.exp.is_Rational and node.exp.q > 1 and node.exp.q % 2,
        lambda node: sympy.sign(node.base) ** node.exp.p * sympy.Abs(node.base) ** node.exp,
    )


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
            left.append(factor * _linear(new))
            right.append(solution.c0 * side)
    return left, right


def _by_power(expr: sympy.Expr, amplitude: sympy.Symbol) -> dict[int, sympy.Expr]:
    """Return the coefficients of a polynomial in the amplitude, by power."""
    return {power: value for (power,), value in sympy.Poly(expr, amplitude).terms() if value != 0}
