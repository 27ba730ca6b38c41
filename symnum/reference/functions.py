"""How each SymPy function is computed with mpmath: one row a function.

A row takes the private context and the arguments, already converted to its numbers, and returns a
number of it. Rows raise what mpmath raises; the machine turns that into nan. Where SymPy's
convention differs from mpmath's, the row is a function of its own that says how.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy.codegen import cfunctions

__all__ = ["FUNCTIONS", "SATURATION", "VANISHING", "magnitude"]

Row = Callable[..., Any]

# Exponents of two above this are not worth a value: exp gives infinity or 0, sin gives nan.
LARGEST_EXPONENT = 20_000


def magnitude(ctx: Any, number: Any) -> int:
    """Return n with |number| < 2**n, about as small as possible; 0 for zero, inf and nan."""
    size = ctx.mag(number)
    return size if isinstance(size, int) else 0


def _direct(name: str) -> Row:
    def row(ctx: Any, *arguments: Any) -> Any:
        return getattr(ctx, name)(*arguments)

    return row


def _exp(ctx: Any, x: Any) -> Any:
    if magnitude(ctx, x) > LARGEST_EXPONENT:
        return ctx.zero if ctx.re(x) < 0 else ctx.inf
    return ctx.exp(x)


def _bounded(name: str) -> Row:
    """Return a row that refuses arguments whose reduction would need a gigantic pi."""

    def row(ctx: Any, x: Any) -> Any:
        if magnitude(ctx, x) > LARGEST_EXPONENT:
            return ctx.nan
        return getattr(ctx, name)(x)

    return row


def _growing(name: str, at_plus: float, at_minus: float) -> Row:
    """Return a row for a function that is its limit, to any digits, at gigantic arguments."""

    def row(ctx: Any, x: Any) -> Any:
        if magnitude(ctx, x) > LARGEST_EXPONENT and not ctx.im(x):
            return ctx.mpf(at_plus if x > 0 else at_minus)
        return getattr(ctx, name)(x)

    return row


def _log(ctx: Any, x: Any, base: Any = None) -> Any:
    return ctx.ln(x) if base is None else ctx.ln(x) / ctx.ln(base)


def _lambertw(ctx: Any, x: Any, branch: Any = 0) -> Any:
    return ctx.lambertw(x, int(ctx.nint(branch)))


def _sinc(ctx: Any, x: Any) -> Any:
    return ctx.one if x == 0 else _bounded("sin")(ctx, x) / x


def _atan2(ctx: Any, y: Any, x: Any) -> Any:
    if ctx.im(y) or ctx.im(x):
        return -1j * ctx.ln((x + 1j * y) / ctx.sqrt(x * x + y * y))
    if x == 0 and y == 0:
        return ctx.nan
    return ctx.atan2(ctx.re(y), ctx.re(x))


def _erf2(ctx: Any, x: Any, y: Any) -> Any:
    return ctx.erf(y) - ctx.erf(x)


def _erfcinv(ctx: Any, y: Any) -> Any:
    # 1 - y must not round: the guard is the number of bits by which y lies below 1.
    with ctx.extraprec(max(0, -magnitude(ctx, y)) + 10):
        return ctx.erfinv(1 - y)


def _erf2inv(ctx: Any, x: Any, y: Any) -> Any:
    return ctx.erfinv(y + ctx.erf(x))


def _digamma(ctx: Any, x: Any) -> Any:
    return ctx.psi(0, x)


def _trigamma(ctx: Any, x: Any) -> Any:
    return ctx.psi(1, x)


def _multigamma(ctx: Any, x: Any, p: Any) -> Any:
    count = int(ctx.nint(p))
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


def _beta(ctx: Any, a: Any, b: Any = None) -> Any:
    return ctx.beta(a, a if b is None else b)


def _harmonic(ctx: Any, n: Any, order: Any = 1) -> Any:
    return ctx.harmonic(n) if order == 1 else ctx.zeta(order) - ctx.zeta(order, n + 1)


def _subfactorial(ctx: Any, n: Any) -> Any:
    return ctx.gammainc(n + 1, -1) / ctx.e


def _riemann_xi(ctx: Any, s: Any) -> Any:
    if s in (0, 1):
        return ctx.mpf(0.5)
    return s * (s - 1) * ctx.gamma(s / 2) * ctx.zeta(s) / (2 * ctx.pi ** (s / 2))


def _zeta(ctx: Any, s: Any, a: Any = 1) -> Any:
    return ctx.zeta(s, a)


def _stieltjes(ctx: Any, n: Any, a: Any = 1) -> Any:
    return ctx.stieltjes(int(ctx.nint(n)), a)


def _spherical(name: str) -> Row:
    """Return the spherical form: sqrt(pi / (2 x)) times the function of order n + 1/2."""

    def row(ctx: Any, n: Any, x: Any) -> Any:
        return ctx.sqrt(ctx.pi / (2 * x)) * getattr(ctx, name)(n + ctx.mpf(0.5), x)

    return row


def _derived(name: str) -> Row:
    def row(ctx: Any, x: Any) -> Any:
        return getattr(ctx, name)(x, derivative=1)

    return row


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


def _log_base(base: int) -> Row:
    def row(ctx: Any, x: Any) -> Any:
        return ctx.ln(x) / ctx.ln(base)

    return row


def _hypot(ctx: Any, x: Any, y: Any) -> Any:
    return ctx.sqrt(x * x + y * y)


def _fma(ctx: Any, x: Any, y: Any, z: Any) -> Any:
    return x * y + z


def _exp2(ctx: Any, x: Any) -> Any:
    return _exp(ctx, x * ctx.ln2)


def _exp_polar(ctx: Any, x: Any) -> Any:
    return _exp(ctx, x)


def _identity(ctx: Any, x: Any) -> Any:
    return x


def _log1p(ctx: Any, x: Any) -> Any:
    return ctx.log1p(x)


def hypergeometric(ctx: Any, groups: list[list[Any]], x: Any) -> Any:
    """Return the generalized hypergeometric function of two groups of parameters."""
    upper, lower = groups
    return ctx.hyper(upper, lower, x)


def meijer(ctx: Any, groups: list[list[Any]], x: Any) -> Any:
    """Return the Meijer G function of its four groups of parameters."""
    return ctx.meijerg(groups[:2], groups[2:], x)


# SymPy class -> how mpmath computes it. Names alone mean the same function with the same arguments.
FUNCTIONS: dict[type, Row] = {
    # exponential and logarithm
    sympy.exp: _exp,
    sympy.exp_polar: _exp_polar,
    sympy.polar_lift: _identity,
    sympy.log: _log,
    sympy.LambertW: _lambertw,
    cfunctions.expm1: _direct("expm1"),
    cfunctions.log1p: _log1p,
    cfunctions.exp2: _exp2,
    cfunctions.log2: _log_base(2),
    cfunctions.log10: _log_base(10),
    cfunctions.Sqrt: _direct("sqrt"),
    cfunctions.Cbrt: _direct("cbrt"),
    cfunctions.hypot: _hypot,
    cfunctions.fma: _fma,
    # circular and hyperbolic, with inverses
    **{
        kind: _bounded(kind.__name__)
        for kind in (sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sec, sympy.csc)
    },
    sympy.sinc: _sinc,
    **{
        kind: _direct(kind.__name__)
        for kind in (
            sympy.asin,
            sympy.acos,
            sympy.atan,
            sympy.acot,
            sympy.asec,
            sympy.acsc,
            sympy.asinh,
            sympy.acosh,
            sympy.atanh,
            sympy.acoth,
            sympy.asech,
            sympy.acsch,
        )
    },
    sympy.atan2: _atan2,
    sympy.sinh: _growing("sinh", float("inf"), float("-inf")),
    sympy.cosh: _growing("cosh", float("inf"), float("inf")),
    sympy.tanh: _growing("tanh", 1.0, -1.0),
    sympy.coth: _growing("coth", 1.0, -1.0),
    sympy.sech: _growing("sech", 0.0, 0.0),
    sympy.csch: _growing("csch", 0.0, 0.0),
    # the error function and its relatives
    sympy.erf: _growing("erf", 1.0, -1.0),
    sympy.erfc: _growing("erfc", 0.0, 2.0),
    sympy.erfi: _growing("erfi", float("inf"), float("-inf")),
    sympy.erf2: _erf2,
    sympy.erfinv: _direct("erfinv"),
    sympy.erfcinv: _erfcinv,
    sympy.erf2inv: _erf2inv,
    sympy.fresnels: _bounded("fresnels"),
    sympy.fresnelc: _bounded("fresnelc"),
    # gamma and its relatives
    sympy.gamma: _direct("gamma"),
    sympy.loggamma: _direct("loggamma"),
    sympy.digamma: _digamma,
    sympy.trigamma: _trigamma,
    sympy.polygamma: _direct("psi"),
    sympy.multigamma: _multigamma,
    sympy.lowergamma: _lowergamma,
    sympy.uppergamma: _uppergamma,
    sympy.beta: _beta,
    sympy.betainc: _betainc,
    sympy.betainc_regularized: _betainc_regularized,
    sympy.factorial: _direct("factorial"),
    sympy.factorial2: _direct("fac2"),
    sympy.subfactorial: _subfactorial,
    sympy.RisingFactorial: _direct("rf"),
    sympy.FallingFactorial: _direct("ff"),
    sympy.binomial: _direct("binomial"),
    sympy.harmonic: _harmonic,
    sympy.stieltjes: _stieltjes,
    # zeta and polylogarithms
    sympy.zeta: _zeta,
    sympy.dirichlet_eta: _direct("altzeta"),
    sympy.riemann_xi: _riemann_xi,
    sympy.polylog: _direct("polylog"),
    sympy.lerchphi: _direct("lerchphi"),
    # exponential integrals
    sympy.Ei: _direct("ei"),
    sympy.expint: _direct("expint"),
    sympy.li: _direct("li"),
    sympy.Li: _shifted_li,
    sympy.Si: _direct("si"),
    sympy.Ci: _direct("ci"),
    sympy.Shi: _direct("shi"),
    sympy.Chi: _direct("chi"),
    # Bessel and Airy
    sympy.besselj: _direct("besselj"),
    sympy.bessely: _direct("bessely"),
    sympy.besseli: _direct("besseli"),
    sympy.besselk: _direct("besselk"),
    sympy.hankel1: _direct("hankel1"),
    sympy.hankel2: _direct("hankel2"),
    sympy.jn: _spherical("besselj"),
    sympy.yn: _spherical("bessely"),
    sympy.airyai: _direct("airyai"),
    sympy.airybi: _direct("airybi"),
    sympy.airyaiprime: _derived("airyai"),
    sympy.airybiprime: _derived("airybi"),
    # elliptic integrals, in the parameter m
    sympy.elliptic_k: _direct("ellipk"),
    sympy.elliptic_f: _direct("ellipf"),
    sympy.elliptic_e: _direct("ellipe"),
    sympy.elliptic_pi: _direct("ellippi"),
    # orthogonal polynomials
    sympy.legendre: _direct("legendre"),
    sympy.assoc_legendre: _assoc_legendre,
    sympy.chebyshevt: _direct("chebyt"),
    sympy.chebyshevu: _direct("chebyu"),
    sympy.hermite: _direct("hermite"),
    sympy.hermite_prob: _hermite_prob,
    sympy.laguerre: _laguerre,
    sympy.assoc_laguerre: _direct("laguerre"),
    sympy.gegenbauer: _direct("gegenbauer"),
    sympy.jacobi: _direct("jacobi"),
    sympy.Ynm: _spherical_harmonic,
}

# f(0) is exactly this integer: an exact zero stays exact, so that it is told from a rounded one.
VANISHING: dict[type, int] = {
    **dict.fromkeys(
        [
            sympy.sin,
            sympy.tan,
            sympy.asin,
            sympy.atan,
            sympy.sinh,
            sympy.tanh,
            sympy.asinh,
            sympy.atanh,
            sympy.erf,
            sympy.erfi,
            sympy.erfinv,
            sympy.fresnels,
            sympy.fresnelc,
            sympy.Si,
            sympy.Shi,
            sympy.LambertW,
            cfunctions.expm1,
            cfunctions.log1p,
            cfunctions.Sqrt,
            cfunctions.Cbrt,
        ],
        0,
    ),
    **dict.fromkeys(
        [
            sympy.exp,
            sympy.cos,
            sympy.sec,
            sympy.cosh,
            sympy.sech,
            sympy.sinc,
            sympy.erfc,
            cfunctions.exp2,
        ],
        1,
    ),
}

# By how many bits f(x) may differ from a simple number, as a multiple of |x| or of x**2: such a
# function rounds to its limit, and a sum that cancels afterwards needs that many bits.
SATURATION: dict[type, tuple[float, int]] = {
    sympy.tanh: (2.9, 1),
    sympy.coth: (2.9, 1),
    sympy.erf: (1.5, 2),
    sympy.erfc: (1.5, 2),
    sympy.erf2: (1.5, 2),
    sympy.zeta: (1.0, 1),
    sympy.dirichlet_eta: (1.0, 1),
}
