"""Smoothing by convolution with a mollifier, in closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr

from symnum.expressions import as_expression, as_symbol
from symnum.smoothing.convolution.fallback import check_convergence, density_pieces
from symnum.smoothing.convolution.gaussian_squares import smoothed_squares
from symnum.smoothing.convolution.growth import check_growth
from symnum.smoothing.convolution.half_lines import Term, smoothed
from symnum.smoothing.convolution.mollified import Mollified
from symnum.smoothing.convolution.pieced_functions import (
    PiecedFunction,
    read_expression,
    split_function,
)
from symnum.smoothing.functions.convolution_integrals import convolution, is_closed
from symnum.smoothing.kinks.jump_arrays import JumpForm
from symnum.smoothing.kinks.smoothed_arrays import MollifiedKinks, smoothed_kinks
from symnum.smoothing.mollifiers.laws import U
from symnum.smoothing.mollifiers.mollifier import Mollifier
from symnum.smoothing.mollifiers.table import MOLLIFIERS, mollifier_named
from symnum.smoothing.periodic.periodic_forms import periodic_form, smoothed_periodic

__all__ = ["MOLLIFIERS", "Mollified", "mollify"]


def mollify(
    f: Any,
    x: Any,
    mollifier: str | Mollifier = "gaussian",
    bandwidth: Any = 1,
    *,
    principal_value: bool = False,
) -> Mollified | MollifiedKinks:
    r"""Return f smoothed by convolution with a mollifier, in closed form.

    .. math:: S_h f(x) = \int f(x - h t)\,K(t)\,dt
              = E\,p_0(x - hT) + \sum_{j,k} J_{jk}\,h^k A_{k+1}\left(\frac{x - a_j}{h}\right)

    Parameters
    ----------
    f : Expr, str or JumpForm
        Polynomials, exponentials and waves joined by Abs, sign, Heaviside, Max, Min and Piecewise
        in any nesting; other functions are smoothed by quadrature. Other symbols are parameters.
    x : Symbol or str
    mollifier : str or Mollifier
        A name in `MOLLIFIERS`, or a density of one's own.
    bandwidth : number, text of a number, or expression
        h > 0; its symbols must be declared positive.
    principal_value : bool
        Whether a conditionally convergent integral may be taken in the sense of Cauchy.

    Returns
    -------
    Mollified

    Raises
    ------
    ValueError
        An unknown mollifier, a bandwidth that is not known to be positive, a function that is not
        real, has poles or infinitely many breaks, or breaks in unknown order.
    NonIntegrableGrowth
        A `ValueError`: the mollifier cannot integrate the growth of f.

    Examples
    --------
    >>> import symnum as sn
    >>> sn.mollify("Max(x, 0)", "x", "student_t2", 2).expr
    x/2 + sqrt(x**2/4 + 1)

    References
    ----------
    Su Jianlin, kexue.fm: 用狄拉克函数来构造非光滑函数的光滑近似.
    """
    density = mollifier_named(mollifier)
    h = _as_bandwidth(bandwidth)
    if isinstance(f, JumpForm):
        return smoothed_kinks(f, as_symbol(x, "x"), density, h)
    expr, variable = read_expression(f, x)
    if variable in h.free_symbols:
        raise ValueError(
            f"bandwidth: expected a positive number, got {h}, which contains {variable}"
        )
    form = periodic_form(expr, variable)
    if form is not None:
        smooth = smoothed_periodic(form, density, h, principal_value=principal_value)
        if not form.is_affine:
            rest = split_function(form.rest, variable)
            smooth += smoothed_function(rest, density, h, principal_value=principal_value).expr
        return Mollified(expr, variable, density, h, smooth, "periodic", periodic=form)
    function = split_function(expr, variable)
    return smoothed_function(function, density, h, principal_value=principal_value)


def _as_bandwidth(value: Any) -> Expr:
    expected = "bandwidth: expected something known to be positive and finite"
    if isinstance(value, bool):
        raise ValueError(f"{expected}, got {value!r}")
    try:
        h = as_expression(value, "bandwidth")
    except (TypeError, ValueError) as refused:
        raise ValueError(f"{expected}, got {value!r}") from refused
    decimals = {
        number: sympy.Rational(str(number)) for number in h.atoms(sympy.Float) if number.is_finite
    }
    h = h.xreplace(decimals)
    if h.is_positive is not True or h.is_finite is False:
        name = min((symbol.name for symbol in h.free_symbols), default="")
        hint = f'; write Symbol("{name}", positive=True)' if name else ""
        raise ValueError(f"{expected}, got {value!r}{hint}")
    return h


def smoothed_function(
    function: PiecedFunction, density: Mollifier, h: Expr, *, principal_value: bool
) -> Mollified:
    """Return a function with known pieces smoothed by a density."""
    x = function.real
    if function.terms is None:
        return _by_quadrature(function, density, h)
    ends = function.terms[0], function.terms[-1]
    check_growth(*ends, density, h, x, principal_value=principal_value)
    if function.has_squares:
        expr = smoothed_squares(function, density, h)
        terms: tuple[Term, ...] | None = None
        method = "exp_polynomial"
    else:
        terms = tuple(function.decomposed)
        expr = summed(terms, density, h, function)
        method = "jump_form" if function.is_polynomial else "exp_polynomial"
    if expr is None:
        return _by_quadrature(function, density, h)
    if density.name == "bump" or not is_closed(expr):
        method = "quadrature"
    parts = (sympy.expand_mul(part, deep=False) for part in sympy.Add.make_args(expr))
    closed = function.plain(sympy.Add(*parts))
    return Mollified(
        function.original, function.variable, density, h, closed, method, function, terms
    )


def summed(
    terms: tuple[Term, ...], density: Mollifier, h: Expr, function: PiecedFunction
) -> Expr | None:
    """Return the sum of smoothed terms, or None where one has no closed form."""
    parts: list[Expr] = []
    for term in terms:
        numbers = density.law.symmetric and not (term.at + term.coefficient).free_symbols
        if term.rate == 0 or (numbers and term.rate.is_number):
            # In the symbols of the user: `plain` need not build it once more.
            at, weight = function.plain(term.at), function.plain(term.coefficient)
            term = replace(term, at=at, coefficient=weight)
            value = smoothed(term, density.law, h, function.variable)
        else:
            value = smoothed(term, density.law, h, function.real)
        if value is None:
            return None
        parts.append(value)
    return sympy.Add(*parts)


def _by_quadrature(function: PiecedFunction, density: Mollifier, h: Expr) -> Mollified:
    # Waves mislead the probes; where growth and tails are known, they have been compared.
    if function.terms is None or density.law.rate != 0:
        check_convergence(function.pieces, density, h, function.real)
    integral = convolution(function.pieces, density_pieces(density), function.real, h, U)
    return Mollified(
        function.original,
        function.variable,
        density,
        h,
        function.plain(integral),
        "quadrature",
        function,
        None,
    )
