"""The derivations of boundary-value solutions: equations order by order, conditions, closure.

The formulas come out of the solved problem and are proved afresh, from the equation and the
conditions as they were given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import sympy

from symnum.algebra.coefficients import ExpressionAlgebra
from symnum.algebra.jets import JetProgram
from symnum.derivation import Derivation
from symnum.expressions import Interval
from symnum.homotopy.boundary.problem import BoundaryProblem, Condition

if TYPE_CHECKING:
    from symnum.homotopy.boundary.collocated_boundary_solution import CollocatedBoundarySolution
    from symnum.homotopy.boundary.series_boundary_solution import SeriesBoundarySolution

__all__ = ["derive_collocated_boundary", "derive_series_boundary"]

CHECKED_ORDERS = 3
CHECKED_POINTS = 4
EMBEDDING = sympy.Symbol("q")
LONGEST_SUM = 300
LONGEST_NUMBER = 64  # bits
SLACK = 1e-11  # of the conditions, relative to the size of the solution


def _interval(problem: BoundaryProblem) -> Interval:
    """Return where the problem is stated, without ends at which the equation may be singular."""
    points = problem.points
    if len(points) == 1:
        return Interval(points[0], "oo", left_open=True)
    return Interval(points[0], points[-1], left_open=True, right_open=True)


def derive_series_boundary(solution: SeriesBoundarySolution) -> Derivation:
    """Derive a sum of exact terms: its start, its deformation equations, its conditions.

    Parameters
    ----------
    solution : SeriesBoundarySolution

    Returns
    -------
    Derivation
        Its result is the sum of the orders that were checked.
    """
    problem, terms = solution.problem, solution.terms
    if not terms.space.is_closed or not problem.is_exact:
        return _rounded(solution)
    count = min(terms.order, CHECKED_ORDERS)
    functions = [terms.space.expression(f) for f in terms.functions[: count + 1]]
    numbers = {symbol: list(values)[: count + 1] for symbol, values in terms.numbers.items()}
    d = _opened(problem)
    for condition in problem.conditions:
        _condition_step(d, problem, condition, functions[0], condition.target, "u_0 satisfies it")
    for m in range(1, count + 1):
        new = functions[m] - (functions[m - 1] if m > 1 else 0)
        d.equal(
            terms.space.operator(sympy.expand(new)),
            -terms.space.factor * _side(problem, functions[:m], numbers, m - 1),
            why=f"the deformation equation of order {m} at c0 = -1",
        )
    if count:
        for condition in problem.conditions:
            _condition_step(
                d,
                problem,
                condition,
                functions[count],
                sympy.S.Zero,
                f"u_{count} satisfies it with zero, as all terms after u_0 do",
            )
    total, parts, why = _total(solution, functions)
    d.equal(sympy.Add(*parts, evaluate=False), total, why=why)
    d.result(total, [problem.variable])
    return d


def _total(
    solution: SeriesBoundarySolution, checked: Sequence[sympy.Expr]
) -> tuple[sympy.Expr, Sequence[sympy.Expr], str]:
    """Return the sum of all terms at c0, or where that is huge of those that were checked."""
    whole = solution.partial_sum
    if len(whole.args) > LONGEST_SUM:
        total = sympy.Add(*(sympy.expand(f) for f in checked))
        return total, checked, f"the terms that were checked, at q = 1: u_0 to u_{len(checked) - 1}"
    return (
        whole,
        solution.weighted_terms(),
        f"at q = 1 the terms sum to the solution; with c0 = {solution.c0} a term enters with the "
        "weight that the family of all c0 gives it",
    )


def _opened(problem: BoundaryProblem) -> Derivation:
    conditions = ", ".join(condition.text for condition in problem.conditions)
    return Derivation(
        "boundary_value_problem",
        title=f"The solution of {problem.equation.lhs} = 0 with {conditions}",
        domain={problem.variable: _interval(problem)},
    )


def _condition_step(
    d: Derivation,
    problem: BoundaryProblem,
    condition: Condition,
    function: sympy.Expr,
    target: sympy.Expr,
    why: str,
) -> None:
    """State a linear condition: values where it has points, a limit where it has none."""
    x = problem.variable
    far = [place for place in condition.values.values() if not place.point.is_finite]
    reason = f"the condition {condition.text}: {why}"
    if far:
        ((place, weight),) = condition.weights()
        derivative = sympy.expand(sympy.diff(function, x, place.derivative))
        d.limit(derivative, x, place.point, target / weight, why=reason)
        return
    total = sympy.S.Zero
    for place, weight in condition.weights():
        total += weight * sympy.diff(function, x, place.derivative).subs(x, place.point)
    d.equal(total, target, why=reason)


def _side(
    problem: BoundaryProblem,
    functions: Sequence[sympy.Expr],
    numbers: Mapping[sympy.Symbol, Sequence[sympy.Expr]],
    power: int,
) -> sympy.Expr:
    """Return the coefficient of ``q**power`` of the equation's left side."""
    x = problem.variable
    program: JetProgram[sympy.Expr] = JetProgram(ExpressionAlgebra())
    for k, slot in enumerate(problem.slots):
        listed = [sympy.Derivative(f, (x, k)) if k and f != 0 else f for f in functions]
        program.declare(slot, listed)
    for symbol, values in numbers.items():
        program.declare(symbol, list(values))
    return program.compile(problem.expr).coefficient(power)


def derive_collocated_boundary(solution: CollocatedBoundarySolution) -> Derivation:
    """Derive a solution with rounded coefficients: linearisation, conditions, residuals.

    Parameters
    ----------
    solution : CollocatedBoundarySolution

    Returns
    -------
    Derivation
        Its result is the solution as a function of x.
    """
    return _rounded(solution)


def _rounded(solution: CollocatedBoundarySolution | SeriesBoundarySolution) -> Derivation:
    problem = solution.problem
    d = Derivation(
        "boundary_value_problem",
        title=_opened(problem).title,
        domain={
            problem.variable: _interval(problem),
            **_value_domains(solution),
        },
    )
    _linearisation(d, problem)
    size = max(1.0, max(abs(float(solution.value(float(x)))) for x in _inner(solution)))
    numbers = {s: sympy.Rational(float(v)) for s, v in solution.unknowns.items()}
    for condition in problem.conditions:
        places = {
            symbol: sympy.Rational(
                float(solution.value(_within(solution, place.point), place.derivative))
            )
            for symbol, place in condition.values.items()
        }
        d.approximate(
            condition.expr.xreplace(places).xreplace(numbers),
            0,
            bound=sympy.Rational(SLACK * size),
            why=f"the condition {condition.text} holds for the values that were found",
        )
    residuals = []
    for point in _inner(solution):
        values = {
            slot: sympy.Rational(float(solution.value(float(point), k)))
            for k, slot in enumerate(problem.slots)
        }
        replaced = problem.expr.xreplace(values).xreplace(numbers)
        residuals.append(replaced.xreplace({problem.variable: point}))
    bound = 4 * solution.residual() + SLACK * size
    d.approximate(
        residuals,
        [sympy.S.Zero] * len(residuals),
        bound=sympy.Rational(bound),
        why="u and its derivatives satisfy the equation at these points up to its residual",
    )
    formula = _as_fractions(solution.expr)
    d.define("solution", formula, why="the coefficients, taken for the fractions they are")
    points = _inner(solution)
    d.approximate(
        [formula.xreplace({problem.variable: point}) for point in points],
        [sympy.Rational(float(solution.value(float(point)))) for point in points],
        bound=sympy.Rational(SLACK * size),
        why="the formula takes these values of u there",
    )
    d.result("solution", [problem.variable])
    return d


def _as_fractions(expr: sympy.Expr) -> sympy.Expr:
    """Return the solution with its coefficients as short fractions, on the interval only."""
    if isinstance(expr, sympy.Piecewise):
        pieces = [tuple(piece.args) for piece in expr.args if piece.expr is not sympy.nan]
        pieces[-1] = (pieces[-1][0], sympy.true)
        expr = sympy.Piecewise(*pieces, evaluate=False)
    rules = {f: sympy.Rational(f) for f in expr.atoms(sympy.Float)}
    rules |= {
        r: sympy.Rational(float(r))
        for r in expr.atoms(sympy.Rational)
        if max(abs(r.p), r.q).bit_length() > LONGEST_NUMBER
    }
    return expr.xreplace(rules)


def _linearisation(d: Derivation, problem: BoundaryProblem) -> None:
    """State that the linearised operator is the one of the first deformation equation."""
    steps = _steps(problem)
    moved = {u: u + EMBEDDING * v for u, v in zip(problem.slots, steps, strict=True)}
    linear = sympy.Add(
        *(
            sympy.diff(problem.expr, u).xreplace(moved) * v
            for u, v in zip(problem.slots, steps, strict=True)
        )
    )
    d.equal(
        sympy.Derivative(problem.expr.xreplace(moved), EMBEDDING),
        linear,
        why="the linear operator: along u + q v the equation changes by N'[u + q v] v, which is "
        "L[v] at q = 0; primes and indices name the values of derivatives",
    )


def _steps(problem: BoundaryProblem) -> list[sympy.Symbol]:
    """Return symbols for the derivatives of a change of u."""
    return [sympy.Symbol(f"v_{k}", real=True) for k in range(problem.order + 1)]


def _value_domains(
    solution: CollocatedBoundarySolution | SeriesBoundarySolution,
) -> dict[sympy.Symbol, Interval]:
    """Return domains of the symbols for u, u', ... near what the solution takes, and the rest."""
    problem, points = solution.problem, [float(x) for x in _inner(solution)]
    domains = {EMBEDDING: Interval(0, 1)}
    for k, (slot, step) in enumerate(zip(problem.slots, _steps(problem), strict=True)):
        values = np.abs(np.asarray(solution.value(points, k)))
        low = np.asarray(solution.value(points, k))
        least, most = sympy.Rational(float(np.min(low))), sympy.Rational(float(np.max(low)))
        domains[slot] = Interval(least, most + sympy.Rational(float(np.max(values))) + 1)
        domains[step] = Interval(0, 1)
    domains |= {symbol: Interval("-oo", "oo") for symbol in problem.unknowns}
    return domains


def _inner(solution: CollocatedBoundarySolution | SeriesBoundarySolution) -> list[sympy.Rational]:
    """Return points at which the solution is checked, short fractions."""
    return [
        sympy.Rational(*point.as_integer_ratio())
        for point in solution.sample_points(CHECKED_POINTS)
    ]


def _within(
    solution: CollocatedBoundarySolution | SeriesBoundarySolution, point: sympy.Expr
) -> float:
    """Return a point of a condition, the cut in the place of an infinite one."""
    return float(np.clip(float(point), *solution.interval))
