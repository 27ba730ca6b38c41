"""The derivations behind the closed forms: each step checked, the last one compiled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sympy as sp

from symnum.derivation import Derivation
from symnum.expressions import Integers, Interval
from symnum.reference import evaluate
from symnum.rootfinding.analysis.householder_steps import function_numerators

if TYPE_CHECKING:
    from symnum.rootfinding.analysis.householder_steps import HouseholderStep
    from symnum.rootfinding.analysis.implicit import RootDerivatives
    from symnum.rootfinding.analysis.orders import ConvergenceOrder

__all__ = [
    "convergence_derivation",
    "householder_derivation",
    "implicit_derivation",
    "natural_domain",
]

REALS = Interval(-sp.oo, sp.oo)

#: Domains tried for a symbol, the widest first, with points that speak for each.
CANDIDATES: tuple[tuple[Interval, tuple[str, ...]], ...] = (
    (REALS, ("-17/10", "-3/10", "4/10", "23/10")),
    (Interval(0, sp.oo, left_open=True), ("1/10", "4/10", "23/10")),
    (Interval(0, 1, left_open=True, right_open=True), ("1/10", "4/10", "9/10")),
    (Interval(1, sp.oo, left_open=True), ("11/10", "23/10", "9")),
    (Interval(-1, 1, left_open=True, right_open=True), ("-4/10", "1/10", "9/10")),
)


def natural_domain(exprs: Iterable[sp.Expr]) -> dict[sp.Symbol, Interval]:
    """Return for each symbol the widest of a few intervals on which the expressions look real.

    It is a guess that the checks of a derivation then confirm or refuse.

    Parameters
    ----------
    exprs : iterable of Expr
        The expressions.

    Returns
    -------
    dict from Symbol to Interval
        Sorted by name.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> print(natural_domain([sp.log(x)])[x])
    (0, oo)
    """
    collected = list(exprs)
    symbols = sorted({s for expr in collected for s in expr.free_symbols}, key=lambda s: s.name)
    generic = {s: sp.Rational(7 + 2 * k, 10 + k) for k, s in enumerate(symbols)}
    domains: dict[sp.Symbol, Interval] = {}
    for symbol in symbols:
        concerned = [expr for expr in collected if symbol in expr.free_symbols]
        for domain, points in CANDIDATES:
            if _agrees(symbol, domain) and all(
                _is_real(expr, {**generic, symbol: sp.Rational(point)})
                for expr in concerned
                for point in points
            ):
                domains[symbol] = domain
                break
        else:
            domains[symbol] = REALS
    return domains


def _agrees(symbol: sp.Symbol, domain: Interval) -> bool:
    """Whether the assumptions of a symbol hold for all of a domain."""
    facts = domain.assumptions()
    return not (symbol.is_positive and not facts.get("positive"))


def _is_real(expr: sp.Expr, point: dict[sp.Symbol, sp.Rational]) -> bool:
    value = evaluate(expr, {s: v for s, v in point.items() if s in expr.free_symbols}, 15)
    return bool(value == value and abs(value) < sp.oo and complex(value).imag == 0.0)


def householder_derivation(step: HouseholderStep) -> Derivation:
    """Derive a Householder step from the derivatives of 1/f.

    Parameters
    ----------
    step : HouseholderStep
        What `householder` returned.

    Returns
    -------
    Derivation
        Its result is the step, a function of x and the parameters.
    """
    f, x, order = step.function, step.unknown, step.order
    numerators = function_numerators(f, x, order)
    sign = -1 if order % 2 else 1
    # 1/f needs a point that is no root; the step itself is wanted at roots, too.
    u = _fresh(f"{x.name}_0", f)
    away = f.xreplace({x: u})
    conditions = _nonzero(away, sign * numerators[-1])
    d = Derivation(
        f"householder_{order}",
        title=f"Householder's iteration of order {order} for {f}",
        source="A. S. Householder, The Numerical Treatment of a Single Nonlinear Equation, 1970",
        domain=natural_domain([step.expr, f, away]),
        where=conditions,
    )
    for k in range(max(1, order - 1), order + 1):
        d.equal(
            sp.Derivative(1 / away, (u, k)),
            numerators[k].xreplace({x: u}) / away ** (k + 1),
            why=f"the derivative of order {k} of 1/f over the common denominator f**{k + 1}",
        )
    d.equal(
        x - order * f * (-sign * numerators[order - 1]) / (sign * numerators[order]),
        step.expr,
        why="x + d*(1/f)^(d-1)/(1/f)^(d), with the powers of f cancelled",
    )
    d.result(step.expr, args=_arguments(x, step.expr))
    return d


def convergence_derivation(result: ConvergenceOrder) -> Derivation:
    """Derive the order of an iteration from Taylor's formula with remainders.

    Parameters
    ----------
    result : ConvergenceOrder
        What `convergence_order` returned.

    Returns
    -------
    Derivation
        Its result is the leading term of the next error, a function of e and the c's. Where the
        step takes roots, f' is assumed to be positive at the root.
    """
    e, leading, m = sp.Symbol("e"), sp.Symbol("f1"), result.multiplicity
    error = result.next_error
    free = error.free_symbols | result.expr.free_symbols
    symbols = sorted(free - {e, m}, key=lambda s: s.name)
    domain: dict[sp.Symbol, Interval | Integers] = {e: Interval(-1, 1)}
    domain.update(dict.fromkeys(symbols, REALS))
    if m in free:
        domain[m] = Integers(2, sp.oo)
    if leading in free and any(not power.exp.is_Integer for power in error.atoms(sp.Pow)):
        domain[leading] = Interval(0, sp.oo, left_open=True)
    d = Derivation(
        "convergence_order",
        title=f"Order of convergence of {result.step}",
        source="J. F. Traub, Iterative Methods for the Solution of Equations, 1964",
        domain=domain,
        where=_nonzero(leading) if leading in free else (),
    )
    d.series(
        error,
        e,
        result.order + 1,
        result.expr,
        why="Taylor's formula for f and its derivatives; the remainders do not enter",
    )
    d.result(result.expr, args=_arguments(e, result.expr))
    return d


def implicit_derivation(table: RootDerivatives) -> Derivation:
    """Derive how a root moves: every total derivative of the equation along the root vanishes.

    Parameters
    ----------
    table : RootDerivatives
        What `root_derivatives` returned.

    Returns
    -------
    Derivation
        Its result is the table, by the names of the derivatives.
    """
    F, x = table.equation, table.unknown
    slope = sp.diff(F, x)
    formulas = list(table.table.values())
    d = Derivation(
        "root_derivatives",
        title=f"Derivatives of the root of {F} = 0",
        source="the implicit function theorem",
        domain=natural_domain([F, slope, *formulas]),
        where=_nonzero(slope),
    )
    for key, formula in table.table.items():
        *earlier, parameter = key
        if not earlier:
            total = sp.diff(F, parameter) + slope * formula
            why = f"F(x({parameter}), {parameter}) = 0 differentiated along the root"
        else:
            lower, first = table[tuple(earlier)], table[(parameter,)]
            total = sp.diff(lower, parameter) + sp.diff(lower, x) * first - formula
            why = f"the lower derivative, differentiated along the root with respect to {parameter}"
        d.equal(total, 0, why=why)
    entries = table.expr
    for name, value in entries.items():
        d.define(sp.Symbol(name.replace("/", "_")), value, why=f"{name}, solved for")
    d.result(entries, args=_arguments(x, *formulas, first=table.parameters))
    return d


def _nonzero(*exprs: sp.Expr) -> list[sp.Ne]:
    """Return the conditions that expressions do not vanish, each once."""
    return [sp.Ne(e, 0, evaluate=False) for e in dict.fromkeys(exprs) if e.free_symbols]


def _fresh(name: str, expr: sp.Expr) -> sp.Symbol:
    """Return a symbol whose name does not occur in an expression."""
    taken = {symbol.name for symbol in expr.free_symbols}
    while name in taken:
        name += "_"
    return sp.Symbol(name)


def _arguments(x: sp.Symbol, *exprs: sp.Expr, first: tuple[sp.Symbol, ...] = ()) -> list[sp.Symbol]:
    """Return x, then some symbols that come first, then the others sorted by name."""
    others = {symbol for expr in exprs for symbol in expr.free_symbols} - {x, *first}
    return [x, *first, *sorted(others, key=lambda symbol: symbol.name)]
