"""The derivation of a smoothed periodic function: its jumps, its Fourier series, their weights."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, Integer, Mod, Rational, Symbol, cos, floor, frac, pi, sin, tan

from symnum.smoothing.periodic.laws import LAWS
from symnum.smoothing.periodic.periodic_forms import PeriodicForm, smoothed_periodic
from symnum.smoothing.periodic.waves import law_number

__all__ = ["prove_periodic"]


def prove_periodic(
    proof: Any, form: PeriodicForm, density: Any, h: Expr, smooth: Expr, u: Symbol
) -> None:
    """Append the steps of the proof to a derivation.

    Parameters
    ----------
    proof : Derivation
    form : PeriodicForm
    density : Mollifier
    h, smooth : Expr
    u : Symbol
        Of the domain, besides those of f.
    """
    r = Symbol("r", real=True)
    _prove_decomposition(proof, form)
    for order, at in ((1, "a jump"), (2, "a kink")):
        if any(term.order == order for term in form.terms):
            bernoulli = sympy.bernoulli(order, r) / sympy.factorial(order)
            slope = bernoulli.diff(r, order - 1)
            why = f"B_{order}/{order}! has {at} of -1 at the end of its period"
            proof.equal(slope.subs(r, 0) - slope.subs(r, 1), -1, why=why)
            proof.equal(sympy.Integral(bernoulli, (r, 0, 1)), 0, why=f"and B_{order} has mean 0")
            wave = (sin, cos)[order - 1](2 * pi * r)
            weight = (-1, 1)[order - 1] / (2 * pi) ** order
            proof.equal(
                sympy.Integral(bernoulli * wave, (r, 0, 1)),
                weight,
                why=f"its Fourier coefficient for n = 1; for n it is {weight}/n^{order}",
            )
    if any(term.kind == "rectified" for term in form.terms):
        proof.equal(sympy.Integral(sin(r), (r, 0, pi)) / pi, 2 / pi, why="the mean of |sin|")
        proof.equal(
            sympy.Integral(sin(r) * cos(2 * r), (r, 0, pi)) * 2 / pi,
            -4 / (3 * pi),
            why="its Fourier coefficient for n = 1; for n it is -4/(pi (4 n^2 - 1))",
        )
    _prove_weight(proof, density, u)
    parts = smoothed_periodic(form, density, h, principal_value=True) if form.is_affine else smooth
    proof.equal(smooth, parts, why="the Fourier series, its terms weighted, is summed")


def _prove_decomposition(proof: Any, form: PeriodicForm) -> None:
    """Append that f is the sum of its parts, where they are steps."""
    if any(term.order != 1 for term in form.terms) or form.original.has(sin, cos, tan):
        return
    places = [(term.weight, term.place) for term in form.terms]
    parts = [weight * (y - floor(y) - Rational(1, 2)) for weight, y in places]
    plain = form.original.replace(
        lambda node: isinstance(node, (frac, Mod)),
        lambda node: _without_remainder(node),
    )
    whole = form.rest + sympy.Add(*parts)
    if sympy.expand(plain - whole) == 0:
        proof.equal(plain, whole, why="f is a sum of functions B_1 of the fractional part")


def _without_remainder(node: Expr) -> Expr:
    y = node.args[0] if isinstance(node, frac) else node.args[0] / node.args[1]
    scale = Integer(1) if isinstance(node, frac) else node.args[1]
    return scale * (y - floor(y))


def _prove_weight(proof: Any, density: Any, u: Symbol) -> None:
    """Append what a density does to a wave, at 0, where it must leave the mean."""
    number = law_number(density.name)
    if number is None or density.name == "student_t2":
        return
    proof.limit(
        LAWS[number].characteristic(u),
        u,
        0,
        1,
        why="a density multiplies each term by its characteristic function, which is 1 at 0",
    )
