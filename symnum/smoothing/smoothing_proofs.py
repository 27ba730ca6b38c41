"""The derivation of a smoothed function: what its formulas integrate, and how they add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Integer, Symbol

from symnum.derivation import Derivation
from symnum.expressions import Interval
from symnum.smoothing.half_lines import Term, smoothed
from symnum.smoothing.periodic import prove_periodic

if TYPE_CHECKING:
    from symnum.smoothing.mollified import Mollified

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
    if smooth.function is not None and smooth.terms is not None:
        _prove_terms(proof, smooth, u)
    elif smooth.method == "periodic" and smooth.order == 0:
        prove_periodic(proof, smooth.periodic, smooth.mollifier, smooth.bandwidth, smooth.expr)
    else:
        proof.equal(smooth.expr, smooth.expr, why="the convolution, split at the breaks")
    proof.result(smooth.expr, args=smooth.symbols)
    return proof


def _prove_terms(proof: Derivation, smooth: Mollified, u: Symbol) -> None:
    assert smooth.terms is not None
    assert smooth.function is not None
    mollifier = smooth.mollifier
    steady = [t for t in smooth.terms if t.rate == 0 and t.side == "right" and t.order >= 0]
    for m in range(max((t.order for t in steady), default=0) + 1):
        below, above = (mollifier.law.at(j, u) for j in (m, m + 1))
        if m > 0 or mollifier.continuous:
            proof.equal(above.diff(u), below, why=f"A_{m + 1} is an antiderivative of A_{m}")
        if mollifier.degree is None or m <= mollifier.degree:
            proof.limit(above, u, -sympy.oo, 0, why=f"A_{m + 1} starts from 0")
    seen: set[tuple[str, Expr, int]] = set()
    for term in smooth.terms:
        key = (term.side, term.rate, term.order)
        if term.rate != 0 and term.side != "whole" and term.order >= 0 and key not in seen:
            seen.add(key)
            _prove_half_line(proof, smooth, term, u)
    real = smooth.function.real
    parts = [smoothed(t, mollifier.law, smooth.bandwidth, real) for t in smooth.terms]
    total = smooth.function.plain(sympy.Add(*(p for p in parts if p is not None)))
    proof.equal(smooth.expr, total, why="the sum over the pieces and the breaks of f")


def _prove_half_line(proof: Derivation, smooth: Mollified, term: Term, u: Symbol) -> None:
    """Show that B' = gamma B + (what s^(k-1) gives), which with its limit determines B."""
    law, one = smooth.mollifier.law, Integer(1)
    at_zero = Term(term.side, term.rate, Integer(0), term.order, one)
    value = smoothed(at_zero, law, one, u)
    if term.rate.has(sympy.I) or value is None:
        return
    if term.order:
        lower = smoothed(Term(term.side, term.rate, Integer(0), term.order - 1, one), law, one, u)
        start = Integer(0) if lower is None else lower
    else:
        start = law.at(0, u) * (1 if term.side == "right" else -1)
    proof.equal(
        value.diff(u),
        term.rate * value + start,
        why="the smoothed exponential on a half line solves the equation that the exponential "
        "solves, with the density for the jump",
    )


def _real_domain(symbol: Symbol) -> Interval:
    """Return the domain that the assumptions of a symbol describe."""
    if symbol.is_nonnegative:
        return Interval(0, sympy.oo, left_open=bool(symbol.is_positive))
    if symbol.is_nonpositive:
        return Interval(-sympy.oo, 0, right_open=bool(symbol.is_negative))
    return Interval(-sympy.oo, sympy.oo)
