"""Bessel, spherical Bessel and Airy functions."""

from __future__ import annotations

import sympy
from sympy import Expr, Rational, S

from symnum.compiler.terms import Term, call, choose, constant
from symnum.compiler.vocabulary.rows import Formula, FunctionRow, no_derivative, polynomial

__all__ = ["BESSEL_FUNCTIONS"]

# Up to here the library of Bessel functions may underflow or overflow inside.
TINY = Rational(1, 10**280)


def _by_order(kind: str) -> Formula:
    """Return the definition that takes the quicker function for the orders 0 and 1."""

    def definition(order: Term, x: Term) -> Term:
        if order.exact is None:
            return call(f"bessel_{kind}v", order, x)
        if order.exact == 0 or order.exact == 1:
            value = call(f"bessel_{kind}{order.exact}", x)
        else:
            value = call(f"bessel_{kind}v", order, x)
        leading = _leading(kind, order.exact, x)
        if leading is None:
            return value
        return choose(call("absolute", x).compare("<", TINY), leading, value)

    return definition


def _leading(kind: str, order: Expr, x: Term) -> Term | None:
    """Return the first term of the series at 0, for where the library gives up; None: it does not.

    J and I are (x/2)**n/gamma(n + 1), K and Y are gamma(|n|) (2/x)**|n| times 1/2 and -1/pi.
    """
    if kind in "ji":
        if order.is_Integer:
            return constant(x, 0) if abs(order) > 1 else None
        return call("power", x, constant(x, order)) * (2**-order / sympy.gamma(order + 1))
    if kind == "y" and (order < 0 or order.is_Integer):
        return None
    if order.is_zero:
        return (sympy.log(2) - sympy.EulerGamma) - call("log", x)
    size = abs(order)
    factor = S.Half if kind == "k" else -1 / sympy.pi
    return call("power", x, constant(x, -size)) * (factor * 2**size * sympy.gamma(size))


def _neighbours(name: str, below: int, above: int) -> Formula:
    """Return the derivative (below f(n - 1, x) + above f(n + 1, x))/2 of the function."""
    both = below == above

    def slope(order: Term, x: Term, f: Term) -> Term:
        if order.exact == 0:
            # f(-1, x) is above/below times f(1, x).
            return call(name, constant(x, 1), x) * above
        left, right = (call(name, _moved(order, step), x) for step in (-1, 1))
        total = left + right if both else left - right
        return total * Rational(below, 2)

    return slope


def _moved(order: Term, step: int) -> Term:
    if order.exact is None:
        return order + step
    return constant(order, order.exact + step)


# ------------------------------------------------------------------ spherical Bessel functions


def _spherical(kind: str) -> Formula:
    """Return the definition sqrt(pi/(2 x)) f(n + 1/2, x), continued to x < 0 for integers n."""

    def definition(order: Term, x: Term) -> Term:
        number = order.exact
        if number is None or not number.is_Integer:
            return _half_integer(kind, _moved(order, Rational(1, 2)), x)
        if number < 0:
            # y(n) = (-1)**(n + 1) j(-n - 1), and j(n) = (-1)**n y(-n - 1)
            other = call(f"spherical_{'y' if kind == 'j' else 'j'}", constant(x, -number - 1), x)
            return -other if (number % 2 == 1) == (kind == "j") else other
        if kind == "j" and number == 0:
            return call("sinc", x)
        size = call("absolute", x)
        value = _half_integer(kind, constant(x, number + Rational(1, 2)), size)
        is_odd = (number % 2 == 1) == (kind == "j")
        value = choose(x.compare("<", 0), -value, value) if is_odd else value
        return choose(x.compare("==", 0), 0, value) if kind == "j" else value

    return definition


def _half_integer(kind: str, order: Term, x: Term) -> Term:
    return call(f"bessel_{kind}v", order, x) * (sympy.sqrt(sympy.pi / 2) / x.root())


def _spherical_slope(name: str) -> Formula:
    """Return the derivative (n f(n - 1) - (n + 1) f(n + 1))/(2 n + 1), without division by x."""

    def slope(order: Term, x: Term, f: Term) -> Term:
        if order.exact == 0:
            return -call(name, constant(x, 1), x)
        left, right = (call(name, _moved(order, step), x) for step in (-1, 1))
        if order.exact is None:
            return (order * left - (order + 1) * right) / (2 * order + 1)
        n = order.exact
        if n == -Rational(1, 2):
            return (n / x) * f - right
        return left * (n / (2 * n + 1)) - right * ((n + 1) / (2 * n + 1))

    return slope


# ------------------------------------------------------------------ Airy functions


# Beyond these the library gives up, and asymptotic series are as good.
FAR_RIGHT, FAR_LEFT = 100, -(10**5)
AIRY_TERMS = 7


def _airy(kind: str, slope: bool) -> Formula:
    """Return the definition of an Airy function or its derivative, asymptotic far out."""
    name = f"airy{kind}{'prime' if slope else ''}"
    # To the left the derivatives oscillate with growing amplitude.
    at_minus = S.NaN if slope else S.Zero

    def definition(x: Term) -> Term:
        value = call(f"{name}_native", x)
        value = choose(x.compare(">", FAR_RIGHT), _airy_right(kind, slope, x), value)
        value = choose(x.compare("<", FAR_LEFT), _airy_left(kind, slope, x), value)
        at_plus = S.Infinity if kind == "bi" else S.Zero
        value = choose(x.compare("==", S.Infinity), constant(x, at_plus), value)
        return choose(x.compare("==", S.NegativeInfinity), constant(x, at_minus), value)

    return definition


def _airy_coefficients(slope: bool) -> list[Rational]:
    """Return u_k = (6k-5)(6k-3)(6k-1)/(216 k (2k-1)) u_(k-1), or v_k = -(6k+1)/(6k-1) u_k."""
    u = [S.One]
    for k in range(1, AIRY_TERMS):
        step = Rational((6 * k - 5) * (6 * k - 3) * (6 * k - 1), 216 * k * (2 * k - 1))
        u.append(u[-1] * step)
    if not slope:
        return u
    return [-Rational(6 * k + 1, 6 * k - 1) * value for k, value in enumerate(u)]


def _airy_right(kind: str, slope: bool, x: Term) -> Term:
    root = x.root()
    zeta = x * root * Rational(2, 3)
    sign = 1 if kind == "bi" else -1
    series = polynomial(_airy_coefficients(slope), sign / zeta)
    factor = (-1 if kind == "ai" and slope else 1) * (S.One if kind == "bi" else S.Half)
    # One exponential, for the power of x and exp(zeta) may not be doubles both.
    power = call("log", x) * (Rational(1, 4) if slope else Rational(-1, 4))
    return call("exp", sign * zeta + power) * series * (factor / sympy.sqrt(sympy.pi))


def _airy_left(kind: str, slope: bool, x: Term) -> Term:
    z = -x
    root = z.root()
    # Beyond all doubles that have a phase any phase is as good.
    zeta = call("minimum", z * root * Rational(2, 3), constant(x, sympy.Integer(10) ** 300))
    sine, cosine = call("sin", zeta), call("cos", zeta)
    # sin and cos of zeta - pi/4, times sqrt(2)
    late, early = sine - cosine, cosine + sine
    small = _airy_coefficients(slope)[1] / zeta
    if slope:
        wave = late - early * small if kind == "ai" else early + late * small
        return wave * root.root() / sympy.sqrt(2 * sympy.pi)
    wave = early + late * small if kind == "ai" else early * small - late
    return wave / root.root() / sympy.sqrt(2 * sympy.pi)


def _bessel_rows() -> tuple[FunctionRow, ...]:
    rows: list[FunctionRow] = []
    for kind, sympy_class, below, above in (
        ("j", sympy.besselj, 1, -1),
        ("y", sympy.bessely, 1, -1),
        ("i", sympy.besseli, 1, 1),
        ("k", sympy.besselk, -1, -1),
    ):
        name = f"bessel{kind}"
        partials = (no_derivative, _neighbours(name, below, above))
        rows.append(FunctionRow(name, 2, partials, (sympy_class,), _by_order(kind)))
        rows += [FunctionRow(f"bessel_{kind}{n}", 1, (no_derivative,)) for n in (0, 1)]
        rows.append(FunctionRow(f"bessel_{kind}v", 2, (no_derivative, no_derivative)))
    for kind, sympy_class in (("j", sympy.jn), ("y", sympy.yn)):
        name = f"spherical_{kind}"
        partials = (no_derivative, _spherical_slope(name))
        rows.append(FunctionRow(name, 2, partials, (sympy_class,), _spherical(kind)))
    return tuple(rows)


def _airy_rows() -> tuple[FunctionRow, ...]:
    rows: list[FunctionRow] = []
    for name, sympy_class, slope in AIRY:
        definition = _airy(name[4:6], name.endswith("prime"))
        rows.append(FunctionRow(name, 1, (slope,), (sympy_class,), definition))
        rows.append(FunctionRow(f"{name}_native", 1, (no_derivative,)))
    return tuple(rows)


AIRY: tuple[tuple[str, type, Formula], ...] = (
    ("airyai", sympy.airyai, lambda x, f: call("airyaiprime", x)),
    ("airyaiprime", sympy.airyaiprime, lambda x, f: x * call("airyai", x)),
    ("airybi", sympy.airybi, lambda x, f: call("airybiprime", x)),
    ("airybiprime", sympy.airybiprime, lambda x, f: x * call("airybi", x)),
)

BESSEL_FUNCTIONS = (*_bessel_rows(), *_airy_rows())
