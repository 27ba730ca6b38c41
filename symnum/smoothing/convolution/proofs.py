"""The derivation of a smoothed function: what its formulas integrate, and how they add up."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Integer, Symbol

from symnum.derivation import Derivation
from symnum.errors import Undecided
from symnum.expressions import Interval
from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.convolution.gaussian_squares import smoothed_squares
from symnum.smoothing.convolution.half_lines import Term, smoothed
from symnum.smoothing.functions.convolution_integrals import is_closed
from symnum.smoothing.periodic.proofs import prove_periodic

if TYPE_CHECKING:
    from symnum.smoothing.convolution.mollified import Mollified

__all__ = ["proof_of"]


def proof_of(smooth: Mollified) -> Derivation:
    """Return the derivation of a smoothed function.

    Each integral of the density that occurs is shown to be one: it has the right derivative and
    starts from 0. The sum over the breaks follows.
    """
    domain = {symbol: _real_domain(symbol) for symbol in smooth.symbols}
    u = Symbol("u" if all(s.name != "u" for s in smooth.symbols) else "u_", real=True)
    domain[u] = Interval(-sympy.oo, sympy.oo)
    proof = Derivation("mollified", title="smoothing by convolution", domain=domain)
    result: Expr = smooth.expr
    by_series = smooth.mollifier.name == "bump"
    if smooth.function is not None and smooth.terms is not None and not by_series:
        result = _prove_terms(proof, smooth, u)
    elif smooth.method == "periodic" and smooth.order == 0:
        prove_periodic(proof, smooth.periodic, smooth.mollifier, smooth.bandwidth, smooth.expr, u)
    else:
        _prove_density(proof, smooth, u)
        result = _prove_integral(proof, smooth, u)
    proof.result(result, args=smooth.symbols)
    return proof


def _prove_terms(proof: Derivation, smooth: Mollified, u: Symbol) -> Expr:
    assert smooth.terms is not None
    assert smooth.function is not None
    mollifier = smooth.mollifier
    steady = [t for t in smooth.terms if t.rate == 0 and t.side == "right" and t.order >= 0]
    for m in range(max((t.order for t in steady), default=0) + 1):
        below, above = (mollifier.law.at(j, u) for j in (m, m + 1))
        if m > 0 or mollifier.continuous:
            why = f"A_{m + 1} is an antiderivative of A_{m}"
            _prove_slope(proof, above, u, below, why)
        if mollifier.degree is None or m <= mollifier.degree:
            proof.limit(above, u, -sympy.oo, 0, why=f"A_{m + 1} starts from 0")
    rising = mollifier.law.at(1, u)
    if is_closed(rising):
        with suppress(Undecided):
            proof.limit(rising, u, sympy.oo, 1, why="A_1 ends at 1, so that constants are kept")
    seen: set[tuple[str, Expr, int]] = set()
    for term in smooth.terms:
        key = (term.side, term.rate, term.order)
        if term.rate != 0 and term.side != "whole" and term.order >= 0 and key not in seen:
            seen.add(key)
            _prove_half_line(proof, smooth, term, u)
    whole = is_closed(smooth.expr) and not smooth.expr.has(sympy.Piecewise)
    if whole and all(t.rate == 0 for t in smooth.terms):
        _prove_slope(
            proof,
            smooth.expr,
            smooth.variable,
            smooth.diff().expr,
            "the slope of the sum over the breaks is the same sum for the slope of f, jumps as "
            "multiples of the density included",
        )
    return _prove_sum(proof, smooth)


def _prove_slope(proof: Derivation, expr: Expr, x: Symbol, slope: Expr, why: str) -> None:
    """State a derivative; as it was carried out where the prover does not see through it."""
    try:
        proof.equal(sympy.Derivative(expr, x), slope, why=why)
    except Undecided:
        proof.equal(expr.diff(x), slope, why=why)


def _prove_sum(proof: Derivation, smooth: Mollified) -> Expr:
    """Put the breaks into the theorem, and simplify."""
    assert smooth.terms is not None
    assert smooth.function is not None
    law, h, x = smooth.mollifier.law, smooth.bandwidth, smooth.function.real
    parts: list[Expr] = []
    for term in smooth.terms:
        value = smoothed(replace(term, coefficient=Integer(1)), law, h, x)
        if value is None or term.rate.has(sympy.I):
            whole = smoothed(term, law, h, x)
            parts += [] if whole is None else [whole]
        else:
            parts.append(sympy.Mul(term.coefficient, value, evaluate=False))
    plain = smooth.function.plain
    total = plain(sympy.Add(*parts))
    why = "the sum over the pieces and the breaks of f: coefficients times smoothed terms"
    direct = any(node.evaluated_directly for node in total.atoms(NamedFunction))
    if total == smooth.expr and direct:
        # Numbers at many digits would cost much, and say nothing.
        return _defined(proof, smooth, why)
    if total == smooth.expr:
        total = sympy.Add(Integer(0), *map(plain, parts), evaluate=False)
    try:
        proof.equal(total, smooth.expr, why=why)
    except Undecided:
        # Complex rates in the pieces of both, multiplied out: it is what the sum is said to be.
        return _defined(proof, smooth, why)
    return smooth.expr


def _defined(proof: Derivation, smooth: Mollified, why: str) -> Expr:
    name = "S"
    while any(symbol.name == name for symbol in smooth.symbols):
        name += "_"
    result = Symbol(name)
    proof.define(result, smooth.expr, why=why)
    return result


def _prove_density(proof: Derivation, smooth: Mollified, u: Symbol) -> None:
    """Show that K is a density: it has an antiderivative that rises from 0 to 1."""
    mollifier = smooth.mollifier
    density, rising = (mollifier.law.at(m, u) for m in (0, 1))
    if not is_closed(rising):
        return
    if mollifier.continuous and mollifier.name != "bump":
        why = "the convolution weights f(x - h u) with K(u), whose antiderivative is A_1"
        _prove_slope(proof, rising, u, density, why)
    proof.limit(rising, u, -sympy.oo, 0, why="A_1 starts from 0")
    proof.limit(rising, u, sympy.oo, 1, why="and ends at 1, so that constants are kept")


def _prove_integral(proof: Derivation, smooth: Mollified, u: Symbol) -> Expr:
    """Write the convolution with Gaussians of another width, or as what defines the result."""
    function, h = smooth.function, smooth.bandwidth
    squares = function is not None and function.has_squares and smooth.order == 0
    if squares and is_closed(smooth.expr):
        assert function is not None
        _prove_squares(proof, smooth, u)
        total = smoothed_squares(function, smooth.mollifier, h, evaluate=False)
        assert total is not None
        why = "the sum over the breaks, each term with its factor e^(q x^2 s^2/h^2) s/h"
        proof.equal(function.plain(total), smooth.expr, why=why)
    else:
        why = "the integral of f(x - h t) K(t) over t, split at the breaks of both; it has no "
        return _defined(proof, smooth, why + "closed form, and defines the result")
    return smooth.expr


def _prove_squares(proof: Derivation, smooth: Mollified, y: Symbol) -> None:
    """Complete the squares: a Gaussian times e^(q y^2) is a Gaussian of another width."""
    assert smooth.function is not None
    x, h = smooth.variable, smooth.bandwidth
    squares = {q for _, _, terms in smooth.function.rows for _, q in terms if q != 0}
    for q in sorted(squares, key=sympy.default_sort_key):
        square = smooth.function.plain(q)
        width = h / sympy.sqrt(1 - 2 * square * h**2)
        place = width**2 * x / h**2
        proof.equal(
            sympy.exp(square * y**2) * sympy.exp(-((x - y) ** 2) / (2 * h**2)),
            sympy.exp(square * width**2 * x**2 / h**2)
            * sympy.exp(-((y - place) ** 2) / (2 * width**2)),
            why=f"the square is completed: the width of the density becomes {width}",
        )


def _prove_half_line(proof: Derivation, smooth: Mollified, term: Term, u: Symbol) -> None:
    """Show that B' = gamma B + (what s^(k-1) gives), which with its limit determines B."""
    law, one = smooth.mollifier.law, Integer(1)
    at_zero = Term(term.side, term.rate, Integer(0), term.order, one)
    value = smoothed(at_zero, law, one, u)
    known = not term.rate.has(sympy.I)
    if value is None or not known or not (smooth.mollifier.continuous or term.order):
        return
    if term.order:
        lower = smoothed(Term(term.side, term.rate, Integer(0), term.order - 1, one), law, one, u)
        start = Integer(0) if lower is None else lower
    else:
        start = law.at(0, u) * (1 if term.side == "right" else -1)
    why = (
        "the smoothed exponential on a half line solves the equation that the exponential "
        "solves, with the density for the jump"
    )
    if value.has(sympy.Piecewise):
        proof.equal(value.diff(u), term.rate * value + start, why=why)
    else:
        _prove_slope(proof, value, u, term.rate * value + start, why)


def _real_domain(symbol: Symbol) -> Interval:
    """Return the domain that the assumptions of a symbol describe."""
    if symbol.is_nonnegative:
        return Interval(0, sympy.oo, left_open=bool(symbol.is_positive))
    if symbol.is_nonpositive:
        return Interval(-sympy.oo, 0, right_open=bool(symbol.is_negative))
    return Interval(-sympy.oo, sympy.oo)
