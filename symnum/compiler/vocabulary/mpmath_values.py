"""The special functions of the vocabulary by mpmath, for the interpreter of programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["MPMATH_VALUES"]

Value = Callable[..., Any]


def _renamed(name: str) -> Value:
    return lambda context, *operands: getattr(context, name)(*operands)


def _bessel(name: str, order: int) -> Value:
    return lambda context, x: getattr(context, name)(order, x)


def _slope(name: str) -> Value:
    return lambda context, x: getattr(context, name)(x, derivative=1)


def _spherical(name: str, parity: int) -> Value:
    def value(context: Any, order: Any, x: Any) -> Any:
        if context.isint(order) and context.im(x) == 0 and x < 0:
            mirrored = value(context, order, -x)
            return -mirrored if (int(order) + parity) % 2 else mirrored
        if x == 0 and name == "besselj":
            return context.mpf(order == 0)
        root = context.sqrt(context.pi / 2) / context.sqrt(x)
        return root * getattr(context, name)(order + context.mpf(0.5), x)

    return value


def _hyperbolic_sinc(context: Any, order: Any, x: Any) -> Any:
    """Differentiate the integral of cosh(x s) over s from 0 to 1 under the integral."""
    count = int(order)
    wave = context.sinh if count % 2 else context.cosh
    return context.quad(lambda s: s**count * wave(x * s), [0, 1])


def _digamma_difference(context: Any, x: Any, h: Any) -> Any:
    with context.extraprec(max(0, int(context.mag(x)) - int(context.mag(h))) if h != 0 else 0):
        return context.psi(0, x + h) - context.psi(0, x)


def _elliptic_k_slope(context: Any, m: Any) -> Any:
    return context.elliprd(0, 1, 1 - m) / 6


def _elliptic_e_slope(context: Any, m: Any) -> Any:
    return -context.elliprd(0, 1 - m, 1) / 6


def _in_parameter(power: int, sign: int) -> Value:
    """Differentiate an incomplete elliptic integral in m under the integral."""

    def value(context: Any, z: Any, m: Any) -> Any:
        def integrand(t: Any) -> Any:
            square = context.sin(t) ** 2
            return sign * square * context.sqrt(1 - m * square) ** -power / 2

        pieces = int(context.floor(abs(z))) + 2
        return context.quad(integrand, context.linspace(0, z, pieces))

    return value


def _erfcx(context: Any, x: Any) -> Any:
    # The exponential has so many bits before the point, and the argument must hold the others.
    with context.extraprec(max(0, 2 * int(context.mag(x))) if x != 0 else 0):
        return context.exp(x**2) * context.erfc(x)


def _lower_gamma(context: Any, a: Any, x: Any) -> Any:
    return context.gammainc(a, 0, x)


def _regularized(lower: bool) -> Value:
    def value(context: Any, a: Any, x: Any) -> Any:
        ends = (0, x) if lower else (x, context.inf)
        return context.gammainc(a, *ends, regularized=True)

    return value


MPMATH_VALUES: dict[str, Value] = {
    # gamma and its relatives
    "digamma_difference": _digamma_difference,
    "beta_native": _renamed("beta"),
    "binomial_native": _renamed("binomial"),
    **dict.fromkeys(["rising_factorial", "rising_factorial_native"], _renamed("rf")),
    "upper_gamma": _renamed("gammainc"),
    "lower_gamma": _lower_gamma,
    "regularized_lower_gamma": _regularized(True),
    "regularized_upper_gamma": _regularized(False),
    # integrals
    "erfcx": _erfcx,
    "erf2": lambda context, x, y: context.erf(y) - context.erf(x),
    "expint_native": _renamed("expint"),
    "sine_integral": _renamed("si"),
    "cosine_integral": _renamed("ci"),
    "cosine_integral_native": lambda context, x: context.re(context.ci(x)),
    "hyperbolic_sine_integral": _renamed("shi"),
    "hyperbolic_cosine_integral": _renamed("chi"),
    "hyperbolic_cosine_integral_native": lambda context, x: context.re(context.chi(x)),
    "fresnels_native": _renamed("fresnels"),
    "fresnelc_native": _renamed("fresnelc"),
    "hyperbolic_sinc": _hyperbolic_sinc,
    # Bessel and Airy functions
    **{f"bessel_{kind}v": _renamed(f"bessel{kind}") for kind in "jyik"},
    **{f"bessel_{kind}{n}": _bessel(f"bessel{kind}", n) for kind in "jyik" for n in (0, 1)},
    "spherical_j": _spherical("besselj", 0),
    "spherical_y": _spherical("bessely", 1),
    "airyai_native": _renamed("airyai"),
    "airybi_native": _renamed("airybi"),
    **dict.fromkeys(["airyaiprime", "airyaiprime_native"], _slope("airyai")),
    **dict.fromkeys(["airybiprime", "airybiprime_native"], _slope("airybi")),
    # elliptic integrals
    "carlson_rf": _renamed("elliprf"),
    "carlson_rd": _renamed("elliprd"),
    "elliptic_k": _renamed("ellipk"),
    "elliptic_k_slope": _elliptic_k_slope,
    "elliptic_e_complete": _renamed("ellipe"),
    "elliptic_e_slope": _elliptic_e_slope,
    **dict.fromkeys(["elliptic_f", "elliptic_f_native"], _renamed("ellipf")),
    **dict.fromkeys(["elliptic_e_incomplete", "elliptic_e_native"], _renamed("ellipe")),
    "elliptic_f_slope": _in_parameter(3, 1),
    "elliptic_e_incomplete_slope": _in_parameter(1, -1),
    # zeta and Lambert's W
    "zeta_minus_one": lambda context, s: context.zeta(s) - 1,
    "zeta_slope": lambda context, s: context.zeta(s, 1, 1),
    "lambert_w": _renamed("lambertw"),
    "lower_lambert_w": lambda context, x: context.lambertw(x, -1),
}
