"""Smoothing by convolution with a mollifier, in closed form."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, Symbol

from symnum.expressions import as_expression, as_symbol
from symnum.smoothing.fallback import check_convergence, convolution_integral
from symnum.smoothing.gaussian_squares import smoothed_squares
from symnum.smoothing.growth import check_growth
from symnum.smoothing.half_lines import Term, smoothed
from symnum.smoothing.many_kinks import JumpForm
from symnum.smoothing.many_kinks_smoothing import MollifiedKinks, smoothed_kinks
from symnum.smoothing.mollified import Mollified
from symnum.smoothing.mollifier import Mollifier
from symnum.smoothing.mollifier_table import MOLLIFIERS, mollifier_named
from symnum.smoothing.periodic import periodic_form, smoothed_periodic
from symnum.smoothing.pieced_functions import PiecedFunction, read_expression, split_function

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
    bandwidth : number, positive symbol, or str
        h > 0; a name stands for a positive symbol.
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
    if isinstance(value, str) and value.isidentifier():
        return Symbol(value, positive=True)
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
        hint = "; declare Symbol(..., positive=True)" if h.free_symbols else ""
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
        expr = summed(terms, density, h, x)
        method = "jump_form" if function.is_polynomial else "exp_polynomial"
    if expr is None:
        return _by_quadrature(function, density, h)
    if density.name == "bump" or expr.has(sympy.Integral):
        method = "quadrature"
    closed = function.plain(sympy.expand_mul(expr))
    return Mollified(
        function.original, function.variable, density, h, closed, method, function, terms
    )


def summed(terms: tuple[Term, ...], density: Mollifier, h: Expr, x: Symbol) -> Expr | None:
    """Return the sum of smoothed terms, or None where one has no closed form."""
    parts: list[Expr] = []
    for term in terms:
        value = smoothed(term, density.law, h, x)
        if value is None:
            return None
        parts.append(value)
    return sympy.Add(*parts)


def _by_quadrature(function: PiecedFunction, density: Mollifier, h: Expr) -> Mollified:
    check_convergence(function.pieces, density, h, function.real)
    integral = convolution_integral(function.pieces, density, h, function.real)
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
