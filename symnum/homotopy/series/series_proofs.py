"""The derivation of a perturbation series: order equations, solvability, what closes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import sympy

from symnum.algebra.coefficients import ExpressionAlgebra
from symnum.algebra.jets import JetProgram
from symnum.derivation import Derivation
from symnum.homotopy.presentation import TAU
from symnum.homotopy.proofs import CHECKED_ORDERS, domain_of, linear_operator, polynomial_of

if TYPE_CHECKING:
    from symnum.homotopy.series.perturbation import PerturbationSeries

__all__ = ["derive_series"]


@final
@dataclass(frozen=True, slots=True)
class _Terms:
    """The first terms of a series by powers of one symbol: eps, or the amplitude itself."""

    small: sympy.Symbol
    first: int  # the power of the first term of the motion
    motions: Mapping[int, sympy.Expr]
    frequencies: Mapping[int, sympy.Expr]
    squares: Mapping[int, sympy.Expr]
    theta: sympy.Symbol | None = None  # stands for a root without a closed form
    modulus: sympy.Expr = sympy.S.Zero  # its minimal polynomial

    def agreeing(self, lhs: sympy.Expr, rhs: sympy.Expr) -> sympy.Expr:
        """Return `rhs`, plus that multiple of the minimal polynomial by which `lhs` differs."""
        if self.theta is None:
            return rhs
        difference = sympy.Poly(sympy.expand((lhs - rhs).doit()), self.theta)
        return rhs + self.modulus * sympy.quo(difference.as_expr(), self.modulus, self.theta)

    def velocities(self) -> dict[int, sympy.Expr]:
        """Return the terms of ``w du/dtau``."""
        result: dict[int, sympy.Expr] = {}
        for p, frequency in self.frequencies.items():
            for k, motion in self.motions.items():
                if p + k <= max(self.motions):
                    term = frequency * sympy.diff(motion, TAU)
                    result[p + k] = sympy.expand(result.get(p + k, sympy.S.Zero) + term)
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
    terms = _first_terms(series, count)
    if terms.theta is not None:
        terms = _first_terms(series, min(count, 1))  # higher orders fill pages with powers of it
    motion_equation = series.oscillator
    force = motion_equation.rest / motion_equation.mass
    shown = [*terms.motions.values(), *terms.squares.values(), force]
    own = {motion_equation.position, motion_equation.velocity, TAU}
    symbols = set().union(*(term.free_symbols for term in shown)) - own
    d = Derivation(
        "perturbation_series",
        title=f"The periodic solution of {motion_equation.equation.lhs} = 0",
        domain=domain_of({terms.small, TAU, *symbols}, series.linear_frequency.free_symbols),
    )
    _order_equations(d, series, force, terms)
    frequency = polynomial_of(terms.frequencies, terms.small)
    if terms.theta is not None:
        return _with_nameless_root(d, terms, frequency)
    _closure(d, series, force, terms)
    d.series(
        sympy.sqrt(polynomial_of(terms.squares, terms.small)),
        terms.small,
        max(terms.frequencies) + 1,
        frequency,
        why="the frequency is the square root of its square, term by term",
    )
    arguments = sorted(frequency.free_symbols, key=lambda symbol: str(symbol.name))
    d.result(frequency, arguments or [terms.small])
    return d


def _with_nameless_root(d: Derivation, terms: _Terms, frequency: sympy.Expr) -> Derivation:
    """End the derivation of a series whose coefficients are polynomials in a root."""
    w = terms.frequencies
    products = [
        sympy.Add(*(w[j] * w[k - j] for j in range(k + 1))) for k in range(max(terms.squares) + 1)
    ]
    d.equal(
        products,
        [terms.agreeing(product, terms.squares[k]) for k, product in enumerate(products)],
        why=f"the frequency is the square root of its square, up to multiples of {terms.modulus}, "
        f"which vanishes at {terms.theta}",
    )
    d.define("frequency", frequency, why="the series with these terms")
    symbols: set[sympy.Symbol] = frequency.free_symbols | {terms.small}
    arguments = sorted(symbols, key=lambda symbol: symbol.name)
    d.result("frequency", arguments)
    return d


def _first_terms(series: PerturbationSeries, count: int) -> _Terms:
    motions = series.solution[: count + 1]
    if series.variable.is_Symbol:
        small, first, step = series.variable, 0, 1
    else:
        # In powers of the amplitude itself: u = A cos(tau) + A**3 (...) + ...
        small, first, step = sympy.Symbol("A"), 1, 2
        motions = [sympy.expand(motion / series.prefactor) for motion in motions]
    frequencies, squares = series.frequency[: count + 1], series.squared_frequency[: count + 1]
    roots = set().union(*(term.atoms(sympy.CRootOf) for term in [*motions, *frequencies]))
    theta, rules, modulus = None, {}, sympy.S.Zero
    for root in roots:  # all coefficients lie in the field of one root
        theta = sympy.Symbol("theta", real=True)
        rules = {root: theta}
        modulus = root.poly.as_expr().xreplace({root.poly.gen: theta})
    return _Terms(
        small,
        first,
        {first + step * m: term.xreplace(rules) for m, term in enumerate(motions)},
        {step * m: term.xreplace(rules) for m, term in enumerate(frequencies)},
        {step * m: term.xreplace(rules) for m, term in enumerate(squares)},
        theta,
        modulus,
    )


def _order_equations(
    d: Derivation, series: PerturbationSeries, force: sympy.Expr, terms: _Terms
) -> None:
    """State for each power after the first the solvability and the equation of the new term."""
    lowest, small, first = terms.motions[terms.first], terms.small, terms.first
    accelerations = {p: sympy.Derivative(term, (TAU, 2)) for p, term in terms.motions.items()}
    resonant = "cos(tau)"
    if any(motion.has(sympy.sin) for motion in terms.motions.values()):
        resonant = "cos(tau) and no sin(tau)"
    for power in sorted(terms.motions)[1:]:
        side = _force_term(series, force, terms, power)
        for p, frequency in terms.squares.items():
            if 0 < p < power - first and power - p in accelerations:
                side += frequency * accelerations[power - p]
        new = terms.motions[power]
        rest = sympy.expand(terms.squares[0] * (sympy.diff(new, TAU, 2) + new))
        frequency = terms.squares.get(power - first, sympy.S.Zero)
        left = side + frequency * sympy.Derivative(lowest, (TAU, 2))
        d.equal(
            left,
            terms.agreeing(_in_cosine(left, terms), _in_cosine(-rest, terms)),
            why=f"solvability at {small}**{power}: this term of the squared frequency is the one "
            f"with which no {resonant} is left on the right side",
        )
        d.equal(
            terms.squares[0] * linear_operator(new),
            rest,
            why=f"the term of {small}**{power} of the motion answers to the other harmonics",
        )


def _in_cosine(expr: sympy.Expr, terms: _Terms) -> sympy.Expr:
    """Write an expression by exponentials, in which products of waves are sums; or leave it."""
    if terms.theta is None:
        return expr
    return sympy.expand(sympy.expand(expr.doit()).rewrite(sympy.exp))


def _force_term(
    series: PerturbationSeries, force: sympy.Expr, terms: _Terms, power: int
) -> sympy.Expr:
    """Return the coefficient of a power of the force, without what the newest term adds."""
    program: JetProgram[sympy.Expr] = JetProgram(ExpressionAlgebra())
    program.declare(terms.small, [sympy.S.Zero, sympy.S.One])
    velocities = terms.velocities()
    for symbol, values in (
        (series.oscillator.position, terms.motions),
        (series.oscillator.velocity, velocities),
    ):
        program.declare(symbol, [values.get(p, sympy.S.Zero) for p in range(power)])
    return program.compile(force).coefficient(power)


def _closure(d: Derivation, series: PerturbationSeries, force: sympy.Expr, terms: _Terms) -> None:
    """State that the truncated series solves the equation up to the first power left out."""
    motion = polynomial_of(terms.motions, terms.small)
    squared = polynomial_of(terms.squares, terms.small)
    rules = {series.oscillator.position: motion}
    if force.has(series.oscillator.velocity):
        frequency = polynomial_of(terms.frequencies, terms.small)
        rules[series.oscillator.velocity] = frequency * sympy.Derivative(motion, TAU)
    d.series(
        squared * sympy.Derivative(motion, (TAU, 2)) + force.xreplace(rules),
        terms.small,
        max(terms.motions) + 1,
        0,
        why="put into the equation, the series leaves no power of its own unbalanced",
    )
