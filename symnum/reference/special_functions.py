"""How each special SymPy function is computed with mpmath: one row a function.

Where SymPy's convention differs from mpmath's, the row is a function of its own that says how.
"""

from __future__ import annotations

from typing import Any

import mpmath
import sympy
from flint import acb, arb

from symnum.reference.ball_functions import BALL_FUNCTIONS
from symnum.reference.function_rows import Row, bounded, direct, growing, magnitude, whole
from symnum.reference.precision import working_precision

__all__ = ["SPECIAL_FUNCTIONS", "hypergeometric", "meijer"]

# So many bits at most are added for a sum of unlike parts.
WIDEST_SUM = 8_000

# From -100 on downwards polygamma is reflected to the right half plane.
REFLECTED = 100


def _erf2(ctx: Any, x: Any, y: Any) -> Any:
    return ctx.erf(y) - ctx.erf(x)


def _erfcinv(ctx: Any, y: Any) -> Any:
    # 1 - y must not round: the guard is the number of bits by which y lies below 1.
    with ctx.extraprec(max(0, -magnitude(ctx, y)) + 10):
        return ctx.erfinv(1 - y)


def _erf2inv(ctx: Any, x: Any, y: Any) -> Any:
    return ctx.erfinv(y + ctx.erf(x))


def _digamma(ctx: Any, x: Any) -> Any:
    return _whole_polygamma(ctx, 0, x)


def _trigamma(ctx: Any, x: Any) -> Any:
    return _whole_polygamma(ctx, 1, x)


def _multigamma(ctx: Any, x: Any, p: Any) -> Any:
    count = whole(ctx, p)
    value = ctx.pi ** (ctx.mpf(count * (count - 1)) / 4)
    for k in range(1, count + 1):
        value *= ctx.gamma(x + ctx.mpf(1 - k) / 2)
    return value


def _lowergamma(ctx: Any, s: Any, x: Any) -> Any:
    return ctx.gammainc(s, 0, x)


def _uppergamma(ctx: Any, s: Any, x: Any) -> Any:
    return ctx.gammainc(s, x)


def _betainc(ctx: Any, a: Any, b: Any, low: Any, high: Any) -> Any:
    return ctx.betainc(a, b, low, high)


def _betainc_regularized(ctx: Any, a: Any, b: Any, low: Any, high: Any) -> Any:
    return ctx.betainc(a, b, low, high, regularized=True)


def _roomy(name: str) -> Row:
    """Return a row for gamma functions of sums: the sum of unlike parts must not round."""

    def row(ctx: Any, *arguments: Any) -> Any:
        sizes = [magnitude(ctx, argument) for argument in arguments if argument != 0]
        spread = max(sizes, default=0) - min(sizes, default=0)
        with ctx.extraprec(min(2 * max(0, spread, *sizes), WIDEST_SUM)):
            return getattr(ctx, name)(*arguments)

    return row


def _beta(ctx: Any, a: Any, b: Any = None) -> Any:
    value: Any = _roomy("beta")(ctx, a, a if b is None else b)
    return value


def _harmonic(ctx: Any, n: Any, order: Any = 1) -> Any:
    return ctx.harmonic(n) if order == 1 else ctx.zeta(order) - ctx.zeta(order, n + 1)


def _subfactorial(ctx: Any, n: Any) -> Any:
    return ctx.gammainc(n + 1, -1) / ctx.e


def _dirichlet_eta(ctx: Any, s: Any, a: Any = None) -> Any:
    if a is None:
        return ctx.altzeta(s)
    return (ctx.zeta(s, a / 2) - ctx.zeta(s, (a + 1) / 2)) / ctx.power(2, s)


def _riemann_xi(ctx: Any, s: Any) -> Any:
    if s in (0, 1):
        return ctx.mpf(0.5)
    return s * (s - 1) * ctx.gamma(s / 2) * ctx.zeta(s) / (2 * ctx.pi ** (s / 2))


def _zeta(ctx: Any, s: Any, a: Any = 1) -> Any:
    # One of the terms (a + k)**-s is a pole, which mpmath leaves out.
    if ctx.re(s) > 0 and ctx.isint(a) and ctx.re(a) <= 0:
        return ctx.nan
    return ctx.zeta(s, a)


def _stieltjes(ctx: Any, n: Any, a: Any = 1) -> Any:
    order = whole(ctx, n)
    return ctx.stieltjes(order, a) if order >= 0 and ctx.re(a) > 0 else ctx.nan


def _polygamma(ctx: Any, order: Any, x: Any) -> Any:
    if ctx.isint(order) and ctx.re(order) >= 0:
        return _whole_polygamma(ctx, whole(ctx, order), x)
    # Balanced generalisation of Espinosa and Moll, which SymPy uses for other orders.
    slope, value = ctx.zeta(order + 1, x, 1), ctx.zeta(order + 1, x)
    return (slope + (ctx.psi(0, -order) + ctx.euler) * value) * ctx.rgamma(-order)


def _whole_polygamma(ctx: Any, order: int, x: Any) -> Any:
    if ctx.re(x) > -REFLECTED:
        return ctx.psi(order, x)
    # mpmath steps down one by one; the reflection formula has d^n/dx^n cot(pi x), a polynomial in
    # the cotangent c with d/dx c = -pi (1 + c^2).
    c = ctx.cot(ctx.pi * x)
    polynomial = [0, 1]
    for _ in range(order):
        slope = [-k * factor for k, factor in enumerate(polynomial)][1:]
        polynomial = [a + b for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    reflected = ctx.polyval(polynomial[::-1], c) * ctx.pi ** (order + 1)
    return (-1) ** order * ctx.psi(order, 1 - x) - reflected


def _spherical(name: str, parity: int) -> Row:
    """Return the spherical form: sqrt(pi/2) x**(-1/2) times the function of order n + 1/2.

    For an integer n it is an even or odd function, n + `parity` says which.
    """

    def row(ctx: Any, n: Any, x: Any) -> Any:
        if x == 0 and ctx.isint(n) and name == "besselj" and ctx.re(n) >= 0:
            return ctx.mpf(n == 0)
        if ctx.isint(n) and not ctx.im(x) and x < 0:
            value = row(ctx, n, -x)
            return -value if (whole(ctx, n) + parity) % 2 else value
        return ctx.sqrt(ctx.pi / 2) / ctx.sqrt(x) * getattr(ctx, name)(n + ctx.mpf(0.5), x)

    return row


def _derived(name: str) -> Row:
    def row(ctx: Any, x: Any) -> Any:
        return getattr(ctx, name)(x, derivative=1)

    return row


def _elliptic_pi(ctx: Any, *arguments: Any) -> Any:
    below_one = all(not ctx.im(part) and part < 1 for part in (arguments[0], arguments[-1]))
    if below_one and not ctx.im(arguments[1]):
        return ctx.ellippi(*arguments)
    # Elsewhere mpmath integrates, which takes minutes; the same branches come from Arb at once.
    with working_precision(ctx.prec + 20):
        parts = [acb(arb(ctx.re(part)), arb(ctx.im(part))) for part in arguments]
        real = [part.real if part.imag.is_zero() else part for part in parts]
        value = acb(BALL_FUNCTIONS[sympy.elliptic_pi](*real))
        if not value.is_finite():
            return ctx.nan
        return ctx.mpc(mpmath.mpf(value.real.mid()), mpmath.mpf(value.imag.mid()))


def _shifted_li(ctx: Any, x: Any) -> Any:
    return ctx.li(x, offset=True)


def _laguerre(ctx: Any, n: Any, x: Any) -> Any:
    return ctx.laguerre(n, 0, x)


def _hermite_prob(ctx: Any, n: Any, x: Any) -> Any:
    root = ctx.sqrt(2)
    return ctx.hermite(n, x / root) / root**n


def _assoc_legendre(ctx: Any, n: Any, m: Any, x: Any) -> Any:
    return ctx.legenp(n, m, x, type=2)


def _spherical_harmonic(ctx: Any, n: Any, m: Any, theta: Any, phi: Any) -> Any:
    return ctx.spherharm(n, m, theta, phi)


def hypergeometric(ctx: Any, groups: list[list[Any]], x: Any) -> Any:
    """Return the generalized hypergeometric function of two groups of parameters."""
    upper, lower = groups
    return ctx.hyper(upper, lower, x)


def meijer(ctx: Any, groups: list[list[Any]], x: Any) -> Any:
    """Return the Meijer G function of its four groups of parameters."""
    return ctx.meijerg(groups[:2], groups[2:], x)


# SymPy class -> row. A name alone means the same function with the same arguments.
SPECIAL_FUNCTIONS: dict[type, Row] = {
    # the error function and its relatives
    sympy.erf: growing("erf", 1.0, -1.0),
    sympy.erfc: growing("erfc", 0.0, 2.0),
    sympy.erfi: growing("erfi", float("inf"), float("-inf")),
    sympy.erf2: _erf2,
    sympy.erfinv: direct("erfinv"),
    sympy.erfcinv: _erfcinv,
    sympy.erf2inv: _erf2inv,
    sympy.fresnels: bounded("fresnels"),
    sympy.fresnelc: bounded("fresnelc"),
    # gamma and its relatives
    sympy.gamma: direct("gamma"),
    sympy.loggamma: direct("loggamma"),
    sympy.digamma: _digamma,
    sympy.trigamma: _trigamma,
    sympy.polygamma: _polygamma,
    sympy.multigamma: _multigamma,
    sympy.lowergamma: _lowergamma,
    sympy.uppergamma: _uppergamma,
    sympy.beta: _beta,
    sympy.betainc: _betainc,
    sympy.betainc_regularized: _betainc_regularized,
    sympy.factorial: direct("factorial"),
    sympy.factorial2: direct("fac2"),
    sympy.subfactorial: _subfactorial,
    sympy.RisingFactorial: _roomy("rf"),
    sympy.FallingFactorial: _roomy("ff"),
    sympy.binomial: _roomy("binomial"),
    sympy.harmonic: _harmonic,
    sympy.stieltjes: _stieltjes,
    # zeta and polylogarithms
    sympy.zeta: _zeta,
    sympy.dirichlet_eta: _dirichlet_eta,
    sympy.riemann_xi: _riemann_xi,
    sympy.polylog: direct("polylog"),
    sympy.lerchphi: direct("lerchphi"),
    # exponential integrals
    sympy.Ei: direct("ei"),
    sympy.expint: direct("expint"),
    sympy.li: direct("li"),
    sympy.Li: _shifted_li,
    sympy.Si: direct("si"),
    sympy.Ci: direct("ci"),
    sympy.Shi: direct("shi"),
    sympy.Chi: direct("chi"),
    # Bessel and Airy
    sympy.besselj: direct("besselj"),
    sympy.bessely: direct("bessely"),
    sympy.besseli: direct("besseli"),
    sympy.besselk: direct("besselk"),
    sympy.hankel1: direct("hankel1"),
    sympy.hankel2: direct("hankel2"),
    sympy.jn: _spherical("besselj", 0),
    sympy.yn: _spherical("bessely", 1),
    sympy.airyai: direct("airyai"),
    sympy.airybi: direct("airybi"),
    sympy.airyaiprime: _derived("airyai"),
    sympy.airybiprime: _derived("airybi"),
    # elliptic integrals, in the parameter m
    sympy.elliptic_k: direct("ellipk"),
    sympy.elliptic_f: direct("ellipf"),
    sympy.elliptic_e: direct("ellipe"),
    sympy.elliptic_pi: _elliptic_pi,
    # orthogonal polynomials
    sympy.legendre: direct("legendre"),
    sympy.assoc_legendre: _assoc_legendre,
    sympy.chebyshevt: direct("chebyt"),
    sympy.chebyshevu: direct("chebyu"),
    sympy.hermite: direct("hermite"),
    sympy.hermite_prob: _hermite_prob,
    sympy.laguerre: _laguerre,
    sympy.assoc_laguerre: direct("laguerre"),
    sympy.gegenbauer: direct("gegenbauer"),
    sympy.jacobi: direct("jacobi"),
    sympy.Ynm: _spherical_harmonic,
}
