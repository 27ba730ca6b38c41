"""How each SymPy function is computed in balls: one row a function.

A row takes balls, `arb` or `acb`, and returns a ball that contains every value; a ball that is not
finite where a value is undefined or nothing is known. The branch cuts are those of mpmath, and so
of SymPy. A real argument outside the real domain gives the complex value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from flint import acb, arb, fmpq
from sympy.codegen import cfunctions

__all__ = ["BALL_FUNCTIONS", "Ball", "as_complex", "contains_zero"]

# An `arb` or an `acb`.
Ball = Any
Row = Callable[..., Any]


# Beyond this exp is not worth a value.
HUGE = arb(2) ** 4_000


def as_complex(value: Any) -> acb:
    """Return any exact number or ball as a complex ball."""
    return value if isinstance(value, acb) else acb(value)


def contains_zero(value: Any) -> bool:
    """Return whether a ball or an exact number may be zero."""
    return bool(value == 0) if isinstance(value, fmpq) else bool(value.contains(0))


def _either(name: str) -> Row:
    """Return the row of a method that real and complex balls share, its argument first."""

    def row(x: Ball, *rest: Ball) -> Ball:
        if isinstance(x, arb) and all(isinstance(other, arb) for other in rest):
            value = getattr(x, name)(*rest)
            if value.is_finite():
                return value
        return getattr(as_complex(x), name)(*rest)

    return row


def _argument_last(name: str) -> Row:
    """Return the same for SymPy functions that take their parameters before the argument."""
    shared = _either(name)

    def row(*operands: Ball) -> Ball:
        return shared(operands[-1], *operands[:-1])

    return row


def _inverse_of(name: str) -> Row:
    """Return the row of a function of 1/x, such as acot(x) = atan(1/x)."""
    shared = _either(name)

    def row(x: Ball) -> Ball:
        return shared(1 / x)

    return row


def _acot(x: Ball) -> Ball:
    # SymPy jumps at 0, from -pi/2 to pi/2, and acot(0) = pi/2.
    if isinstance(x, arb) and x.is_exact() and x == 0:
        return arb.pi() / 2
    return _inverse_of("atan")(x)


def _log(x: Ball, base: Ball | None = None) -> Ball:
    value = _either("log")(x)
    return value if base is None else value / _either("log")(base)


def _whole(parameter: Ball) -> int:
    """Return a parameter that must be an integer as an int."""
    exact = parameter.unique_fmpz() if isinstance(parameter, arb) else None
    if exact is None or not parameter.is_exact():
        raise ValueError(f"a parameter must be an integer, not {parameter}")
    return int(exact)


def _lambertw(x: Ball, branch: Ball | None = None) -> Ball:
    index = 0 if branch is None else _whole(branch)
    if isinstance(x, arb) and index in (0, -1):
        value = x.lambertw(index)
        if value.is_finite():
            return value
    return as_complex(x).lambertw(index)


def _exp(x: Ball) -> Ball:
    real = x.real
    if real.is_finite() and abs(real) > HUGE:
        # Arb would keep the exponent as an integer of as many bits as the argument's size.
        if real > 0:
            return arb("+inf") if isinstance(x, arb) else acb("nan")
        tiny = arb(2) ** -1_000_000
        return arb(0).union(tiny) if isinstance(x, arb) else acb(arb(0, tiny), arb(0, tiny))
    return x.exp()


def _sinc(x: Ball) -> Ball:
    return x.sinc()


def _atan2(y: Ball, x: Ball) -> Ball:
    if isinstance(y, acb) or isinstance(x, acb):
        return acb(0, -1) * ((x + acb(0, 1) * y) / as_complex(x * x + y * y).sqrt()).log()
    if contains_zero(y) and contains_zero(x):
        return arb.nan()
    return arb.atan2(y, x)


def _erf2(x: Ball, y: Ball) -> Ball:
    return y.erf() - x.erf()


def _normal_real(name: str) -> Row:
    def row(x: Ball) -> Ball:
        return getattr(x, name)() if isinstance(x, arb) else acb("nan")

    return row


def _polygamma(order: Ball, x: Ball) -> Ball:
    value = as_complex(x).polygamma(order)
    return value.real if isinstance(x, arb) and isinstance(order, arb) else value


def _digamma(x: Ball) -> Ball:
    return x.digamma()


def _trigamma(x: Ball) -> Ball:
    return _polygamma(arb(1), x)


def _beta(a: Ball, b: Ball | None = None) -> Ball:
    other = a if b is None else b
    return a.gamma() * other.gamma() * (a + other).rgamma()


def _factorial(x: Ball) -> Ball:
    return (x + 1).gamma()


def _falling(x: Ball, count: Ball) -> Ball:
    return (x + 1).gamma() * (x - count + 1).rgamma()


def _rising(x: Ball, count: Ball) -> Ball:
    if isinstance(count, arb) and count.is_exact() and count.is_integer() and 0 <= count < 1000:
        return x.rising(_whole(count))
    return (x + count).gamma() * x.rgamma()


def _binomial(n: Ball, k: Ball) -> Ball:
    if isinstance(k, arb) and k.is_exact() and k.is_integer() and 0 <= k < 1000:
        count = _whole(k)
        return (n - count + 1).rising(count) / arb(count).fac()
    return (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()


def _harmonic(n: Ball, order: Ball | None = None) -> Ball:
    if order is None or (isinstance(order, arb) and order.is_exact() and order == 1):
        return (n + 1).digamma() + arb.const_euler()
    return _zeta(order) - _zeta(order, n + 1)


def _zeta(s: Ball, a: Ball | None = None) -> Ball:
    return _either("zeta")(s) if a is None else _either("zeta")(s, a)


def _dirichlet_eta(s: Ball, a: Ball | None = None) -> Ball:
    if a is not None:
        return (_zeta(s, a / 2) - _zeta(s, (a + 1) / 2)) / arb(2) ** s
    value = as_complex(s).dirichlet_eta()
    return value.real if isinstance(s, arb) else value


def _riemann_xi(s: Ball) -> Ball:
    half = s / 2
    return s * (s - 1) * half.gamma() * _zeta(s) / (2 * arb.pi() ** half)


def _polylog(s: Ball, z: Ball) -> Ball:
    return _either("polylog")(z, s)


def _lerchphi(z: Ball, s: Ball, a: Ball) -> Ball:
    value = as_complex(z).lerch_phi(s, a)
    real = all(isinstance(part, arb) for part in (z, s, a))
    return value.real if real and abs(z) < 1 and a > 0 else value


def _stieltjes(n: Ball, a: Ball | None = None) -> Ball:
    value = acb.stieltjes(_whole(n), 1 if a is None else a)
    return value.real if a is None or isinstance(a, arb) else value


def _li(x: Ball, offset: bool = False) -> Ball:
    if isinstance(x, arb):
        value = x.li(offset=offset)
        if value.is_finite():
            return value
    return as_complex(x).li(offset=offset)


def _shifted_li(x: Ball) -> Ball:
    return _li(x, offset=True)


def _hankel(sign: int) -> Row:
    def row(order: Ball, x: Ball) -> Ball:
        z = as_complex(x)
        return z.bessel_j(order) + acb(0, sign) * z.bessel_y(order)

    return row


def _spherical(name: str, parity: int) -> Row:
    """Return sqrt(pi/2) x**(-1/2) f(n + 1/2, x), which is real for x < 0 if n is an integer."""
    shared, root = _either(name), _either("sqrt")

    def row(order: Ball, x: Ball) -> Ball:
        whole = order.unique_fmpz() if isinstance(order, arb) else None
        if whole is not None and order.is_exact() and isinstance(x, arb) and x < 0:
            value = row(order, -x)
            return -value if (int(whole) + parity) % 2 else value
        return root(arb.pi() / 2) / root(x) * shared(x, order + fmpq(1, 2))

    return row


def _airy(name: str, derivative: int) -> Row:
    def row(x: Ball) -> Ball:
        return getattr(x, name)(derivative=derivative)

    return row


def _below_one(parameter: Ball) -> bool:
    return isinstance(parameter, arb) and parameter < 1


def _elliptic_k(m: Ball) -> Ball:
    value = as_complex(m).elliptic_k()
    return value.real if _below_one(m) else value


def _elliptic_e(*operands: Ball) -> Ball:
    if len(operands) == 1:
        value = as_complex(operands[0]).elliptic_e()
    else:
        value = acb.elliptic_e_inc(*operands)
    real = _below_one(operands[-1]) and isinstance(operands[0], arb)
    return value.real if real else value


def _elliptic_f(phi: Ball, m: Ball) -> Ball:
    value = acb.elliptic_f(phi, m)
    return value.real if _below_one(m) and isinstance(phi, arb) else value


def _elliptic_pi(*operands: Ball) -> Ball:
    n, m = operands[0], operands[-1]
    value = acb.elliptic_pi(n, m) if len(operands) == 2 else acb.elliptic_pi_inc(*operands)
    real = _below_one(n) and _below_one(m) and isinstance(operands[1], arb)
    return value.real if real else value


def _lowergamma(s: Ball, x: Ball) -> Ball:
    return _either("gamma_lower")(x, s)


def _uppergamma(s: Ball, x: Ball) -> Ball:
    return _either("gamma_upper")(x, s)


def _betainc(a: Ball, b: Ball, low: Ball, high: Ball) -> Ball:
    return high.beta_lower(a, b) - low.beta_lower(a, b)


def _betainc_regularized(a: Ball, b: Ball, low: Ball, high: Ball) -> Ball:
    return high.beta_lower(a, b, 1) - low.beta_lower(a, b, 1)


def _laguerre(n: Ball, x: Ball) -> Ball:
    return x.laguerre_l(n)


def _assoc_laguerre(n: Ball, a: Ball, x: Ball) -> Ball:
    return x.laguerre_l(n, a)


def _hermite_prob(n: Ball, x: Ball) -> Ball:
    root = arb(2).sqrt()
    return (x / root).hermite_h(n) / root**n


def _log_base(base: int) -> Row:
    def row(x: Ball) -> Ball:
        return _log(x) / arb(base).log()

    return row


def _hypot(x: Ball, y: Ball) -> Ball:
    return _either("sqrt")(x**2 + y**2)


def _fma(x: Ball, y: Ball, z: Ball) -> Ball:
    return x * y + z


def _exp2(x: Ball) -> Ball:
    return (x * arb.const_log2()).exp()


def _cbrt(x: Ball) -> Ball:
    return x.root(3) if isinstance(x, acb) or x >= 0 else acb(x).root(3)


def _identity(x: Ball) -> Ball:
    return x


# SymPy class -> ball of the value
BALL_FUNCTIONS: dict[type, Row] = {
    # one argument, and the same meaning for real and complex balls
    sympy.exp: _exp,
    sympy.exp_polar: _exp,
    sympy.polar_lift: _identity,
    sympy.sin: _either("sin"),
    sympy.cos: _either("cos"),
    sympy.tan: _either("tan"),
    sympy.cot: _either("cot"),
    sympy.sec: _either("sec"),
    sympy.csc: _either("csc"),
    sympy.asin: _either("asin"),
    sympy.acos: _either("acos"),
    sympy.atan: _either("atan"),
    sympy.sinh: _either("sinh"),
    sympy.cosh: _either("cosh"),
    sympy.tanh: _either("tanh"),
    sympy.coth: _either("coth"),
    sympy.sech: _either("sech"),
    sympy.csch: _either("csch"),
    sympy.asinh: _either("asinh"),
    sympy.acosh: _either("acosh"),
    sympy.atanh: _either("atanh"),
    sympy.erf: _either("erf"),
    sympy.erfc: _either("erfc"),
    sympy.erfi: _either("erfi"),
    sympy.gamma: _either("gamma"),
    sympy.loggamma: _either("lgamma"),
    sympy.fresnels: _either("fresnel_s"),
    sympy.fresnelc: _either("fresnel_c"),
    sympy.Ei: _either("ei"),
    sympy.Si: _either("si"),
    sympy.Ci: _either("ci"),
    sympy.Shi: _either("shi"),
    sympy.Chi: _either("chi"),
    cfunctions.expm1: _either("expm1"),
    cfunctions.log1p: _either("log1p"),
    cfunctions.Sqrt: _either("sqrt"),
    # one argument, with a rule of its own
    sympy.acot: _acot,
    sympy.asec: _inverse_of("acos"),
    sympy.acsc: _inverse_of("asin"),
    sympy.acoth: _inverse_of("atanh"),
    sympy.asech: _inverse_of("acosh"),
    sympy.acsch: _inverse_of("asinh"),
    sympy.sinc: _sinc,
    sympy.erfinv: _normal_real("erfinv"),
    sympy.erfcinv: _normal_real("erfcinv"),
    sympy.digamma: _digamma,
    sympy.trigamma: _trigamma,
    sympy.factorial: _factorial,
    sympy.dirichlet_eta: _dirichlet_eta,
    sympy.riemann_xi: _riemann_xi,
    sympy.li: _li,
    sympy.Li: _shifted_li,
    sympy.airyai: _airy("airy_ai", 0),
    sympy.airybi: _airy("airy_bi", 0),
    sympy.airyaiprime: _airy("airy_ai", 1),
    sympy.airybiprime: _airy("airy_bi", 1),
    sympy.elliptic_k: _elliptic_k,
    cfunctions.exp2: _exp2,
    cfunctions.log2: _log_base(2),
    cfunctions.log10: _log_base(10),
    cfunctions.Cbrt: _cbrt,
    # several arguments
    sympy.log: _log,
    sympy.LambertW: _lambertw,
    sympy.atan2: _atan2,
    sympy.erf2: _erf2,
    sympy.polygamma: _polygamma,
    sympy.beta: _beta,
    sympy.betainc: _betainc,
    sympy.betainc_regularized: _betainc_regularized,
    sympy.RisingFactorial: _rising,
    sympy.FallingFactorial: _falling,
    sympy.binomial: _binomial,
    sympy.harmonic: _harmonic,
    sympy.lowergamma: _lowergamma,
    sympy.uppergamma: _uppergamma,
    sympy.zeta: _zeta,
    sympy.polylog: _polylog,
    sympy.lerchphi: _lerchphi,
    sympy.stieltjes: _stieltjes,
    sympy.expint: _argument_last("expint"),
    sympy.besselj: _argument_last("bessel_j"),
    sympy.bessely: _argument_last("bessel_y"),
    sympy.besseli: _argument_last("bessel_i"),
    sympy.besselk: _argument_last("bessel_k"),
    sympy.hankel1: _hankel(1),
    sympy.hankel2: _hankel(-1),
    sympy.jn: _spherical("bessel_j", 0),
    sympy.yn: _spherical("bessel_y", 1),
    sympy.elliptic_f: _elliptic_f,
    sympy.elliptic_e: _elliptic_e,
    sympy.elliptic_pi: _elliptic_pi,
    sympy.legendre: _argument_last("legendre_p"),
    sympy.assoc_legendre: _argument_last("legendre_p"),
    sympy.chebyshevt: _argument_last("chebyshev_t"),
    sympy.chebyshevu: _argument_last("chebyshev_u"),
    sympy.hermite: _argument_last("hermite_h"),
    sympy.hermite_prob: _hermite_prob,
    sympy.laguerre: _laguerre,
    sympy.assoc_laguerre: _assoc_laguerre,
    sympy.gegenbauer: _argument_last("gegenbauer_c"),
    sympy.jacobi: _argument_last("jacobi_p"),
    cfunctions.hypot: _hypot,
    cfunctions.fma: _fma,
}
