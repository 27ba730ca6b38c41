"""Functions as sums of terms that start or end at a break, and the smoothing of each term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, I, Integer, Symbol, binomial, cos, exp, factorial, sin

from symnum.smoothing.mollifiers.laws import Law
from symnum.smoothing.pieces.exponential_polynomials import Terms, taylor_at

__all__ = ["Term", "decomposed", "derivative", "smoothed"]

_STEADY = Integer(0)


@dataclass(frozen=True, slots=True)
class Term:
    r"""One term of a function: a wave or an exponential on a half line, or on the whole line.

    .. math:: C\,\frac{(x-a)^k}{k!}\,e^{c(x-a)} \text{ for } x > a \text{ or } x < a,
              \qquad C\,x^k e^{c x} \text{ everywhere}

    With a complex rate the term stands for twice its real part. For k = -1, -2, ... it is a
    derivative of Dirac's delta at a.

    Attributes
    ----------
    side : str
        ``"right"`` (x > a), ``"left"`` or ``"whole"``.
    rate : Expr
        c.
    at : Expr
        a.
    order : int
        k.
    coefficient : Expr
        C.
    """

    side: str
    rate: Expr
    at: Expr
    order: int
    coefficient: Expr


def decomposed(pieces: Sequence[tuple[Expr, Expr, Terms]]) -> list[Term]:
    """Return the terms of a function given by its pieces.

    Each exponential is anchored on the half line where it is active, so that no integral is split
    into parts that diverge.

    Parameters
    ----------
    pieces : sequence of (Expr, Expr, Terms)
        Left end, right end, sum of x^n e^(c x).
    """
    rates: list[Expr] = []
    for _, _, terms in pieces:
        rates += [c for c, _ in terms if c not in rates and not _is_conjugate(c)]
    found: list[Term] = []
    for rate in sorted(rates, key=sympy.default_sort_key):
        rows = [terms.get((rate, _STEADY), {}) for _, _, terms in pieces]
        found += _terms_of_rate(rate, rows, [low for low, _, _ in pieces])
    return found


def _is_conjugate(rate: Expr) -> bool:
    return bool(sympy.im(rate).could_extract_minus_sign())


def _terms_of_rate(rate: Expr, rows: list[dict[int, Expr]], starts: list[Expr]) -> list[Term]:
    growth = sympy.re(rate)
    side = "right"
    if rows[0] and rows[-1]:
        side = "left" if growth.is_positive else "right"
    elif rows[-1]:
        side = "right"
    elif rows[0] or growth.is_positive:
        side = "left"
    if rate == 0:
        side = "right"
    everywhere = rows[0] if side == "right" else rows[-1]
    found = [Term("whole", rate, _STEADY, n, value) for n, value in sorted(everywhere.items())]
    for at, before, after in zip(starts[1:], rows, rows[1:], strict=False):
        first, second = (before, after) if side == "right" else (after, before)
        change = {n: second.get(n, _STEADY) - first.get(n, _STEADY) for n in {*first, *second}}
        for k, value in sorted(taylor_at(change, at).items()):
            found.append(Term(side, rate, at, k, value * exp(rate * at)))
    return found


def derivative(terms: Sequence[Term]) -> list[Term]:
    """Return the terms of the derivative, Dirac's delta at each jump included."""
    found: dict[tuple[str, Expr, Expr, int], Expr] = {}

    def add(term: Term) -> None:
        key = (term.side, term.rate, term.at, term.order)
        found[key] = found.get(key, _STEADY) + term.coefficient

    for term in terms:
        if term.rate != 0 and (term.side == "whole" or term.order >= 0):
            add(replace(term, coefficient=term.rate * term.coefficient))
        if term.side == "whole":
            if term.order > 0:
                value = term.order * term.coefficient
                add(replace(term, order=term.order - 1, coefficient=value))
        elif term.side == "left" and term.order == 0:
            add(replace(term, side="right", order=-1, coefficient=-term.coefficient))
        else:
            add(replace(term, order=term.order - 1))
    return [
        Term(*key, sympy.expand(value)) for key, value in found.items() if sympy.expand(value) != 0
    ]


def smoothed(term: Term, law: Law, h: Expr, x: Symbol, *, steady: bool = False) -> Expr | None:
    """Return a term smoothed by a density, or None where there is no closed form.

    Parameters
    ----------
    term : Term
    law : Law
    h : Expr
        Bandwidth.
    x : Symbol
    steady : bool
        Whether to take the forms without cancellation.
    """
    if term.side == "whole":
        return _whole(term, law, h, x)
    u = (x - term.at) / h
    scale = h**term.order
    if term.order < 0 or (term.rate == 0 and term.side == "right"):
        return _real(term.coefficient, term.rate) * scale * law.at(term.order + 1, u)
    parts = _half_line(term, law, h, u, steady=steady)
    if parts is None:
        return None
    if not _is_wave(term.rate):
        return term.coefficient * scale * parts[0]
    real, imaginary = term.coefficient.as_real_imag()
    # A product of 0 and a Piecewise asks whether all its branches are finite, which takes long.
    found = [2 * scale * w * part for w, part in zip((real, -imaginary), parts, strict=True) if w]
    return sympy.Add(*found)


def _is_wave(rate: Expr) -> bool:
    return bool(rate.has(I))


def _real(coefficient: Expr, rate: Expr) -> Expr:
    return 2 * coefficient.as_real_imag()[0] if _is_wave(rate) else coefficient


def _half_line(term: Term, law: Law, h: Expr, u: Expr, *, steady: bool) -> tuple[Expr, Expr] | None:
    """Return the real and imaginary part of B_k, or of its mirror image for the left side."""
    tilted = law.steady_tilted if steady and law.steady_tilted else law.tilted
    wave = law.steady_wave if steady and law.steady_wave else law.wave
    if (wave if _is_wave(term.rate) else tilted) is None:
        return None
    k, left = term.order, term.side == "left"
    gamma = term.rate * h
    if left and not law.symmetric:
        return _left_of_asymmetric(term, law, h, u)
    sign = (-1) ** k if left else 1
    mirror = -1 if left else 1
    if not _is_wave(gamma):
        assert tilted is not None
        return sign * tilted(k, mirror * gamma, mirror * u), _STEADY
    assert wave is not None
    alpha, omega = gamma.as_real_imag()
    cosine, sine = wave(k, mirror * alpha, omega, mirror * u)
    return sign * cosine, sign * mirror * sine


def _left_of_asymmetric(term: Term, law: Law, h: Expr, u: Expr) -> tuple[Expr, Expr] | None:
    """Return what the whole line leaves: the integral over t > u."""
    gamma = term.rate * h
    moments = [law.tilted_moment(j, gamma) for j in range(term.order + 1)]
    if law.tilted is None or law.wave is None or any(moment is None for moment in moments):
        return None
    k = term.order
    whole = exp(gamma * u) * sympy.Add(
        *(
            binomial(k, j) * (-1) ** j * u ** (k - j) * moment / factorial(k)
            for j, moment in enumerate(moments)
        )
    )
    if not _is_wave(gamma):
        return whole - law.tilted(k, gamma, u), _STEADY
    real, imaginary = sympy.expand(whole, complex=True).as_real_imag()
    alpha, omega = gamma.as_real_imag()
    cosine, sine = law.wave(k, alpha, omega, u)
    return real - cosine, imaginary - sine


def _whole(term: Term, law: Law, h: Expr, x: Symbol) -> Expr | None:
    """Return C E (x - h T)^k e^(c (x - h T))."""
    k, rate = term.order, term.rate
    total: Expr = _STEADY
    for j in range(k + 1):
        moment = law.finite_moment(j) if rate == 0 else law.tilted_moment(j, rate * h)
        if moment is None:
            return None
        total += binomial(k, j) * (-h) ** j * moment * x ** (k - j)
    total *= term.coefficient
    if not _is_wave(rate):
        return exp(rate * x) * total
    alpha, omega = rate.as_real_imag()
    real = Symbol("x", real=True)
    value = sympy.expand(total.xreplace({x: real}), complex=True)
    first, second = (part.xreplace({real: x}) for part in value.as_real_imag())
    return 2 * exp(alpha * x) * (first * cos(omega * x) - second * sin(omega * x))
