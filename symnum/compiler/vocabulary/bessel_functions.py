"""Bessel, spherical Bessel and Airy functions."""

from __future__ import annotations

import sympy
from sympy import Expr, Rational, S

from symnum.compiler.terms import Term, call, choose, constant
from symnum.compiler.vocabulary.rows import Formula, FunctionRow, moved, no_derivative, polynomial

__all__ = ["BESSEL_FUNCTIONS"]

# Up to here the library may underflow or overflow inside; two terms of the series of J and I, one
# of K and Y are as good.
NEAR, TINY = Rational(1, 10**4), Rational(1, 10**100)


def _by_order(kind: str) -> Formula:
    """Return the definition that takes the quicker function for the orders 0 and 1."""

    def definition(order: Term, x: Term) -> Term:
        if order.exact is None:
            return call(f"bessel_{kind}v", order, x)
        if order.exact == 0 or order.exact == 1:
            value = call(f"bessel_{kind}{order.exact}", x)
        else:
            value = call(f"bessel_{kind}v", order, x)
        near = _near_zero(kind, order.exact, x)
        if near is None:
            return value
        border = NEAR if kind in "ji" else TINY
        return choose(call("absolute", x).compare("<", border), near, value)

    return definition


def _near_zero(kind: str, order: Expr, x: Term) -> Term | None:
    """Return the first terms of the series at 0, for where the library gives up; None: it does not.

    J and I are (x/2)**n/gamma(n + 1) (1 -+ x**2/(4 n + 4)); K and Y are made of those of n and -n.
    """
    if kind in "ji":
        if order.is_Integer and abs(order) < 2:
            return None
        # J(-n) = (-1)**n J(n) and I(-n) = I(n) for integers n.
        size = abs(order) if order.is_Integer else order
        scale = (-1) ** size if kind == "j" and order.is_Integer and order < 0 else S.One
        slope = Rational(1 if kind == "i" else -1, 4) / (size + 1)
        series: Term = _monomial(size, x) * (1 + x**2 * slope) * scale
        return series
    if order.is_zero:
        return (sympy.log(2) - sympy.EulerGamma) - call("log", x) if kind == "k" else None
    if order.is_Integer:
        return None if kind == "y" else _single_pole(abs(order), x)
    right, left = _monomial(order, x), _monomial(-order, x)
    sine, cosine = sympy.sin(sympy.pi * order), sympy.cos(sympy.pi * order)
    if kind == "k":
        decaying: Term = (left - right) * (sympy.pi / 2 / sine)
        return decaying
    singular: Term = left * (-1 / sine)
    return singular if cosine.is_zero else singular + right * (cosine / sine)


def _monomial(order: Expr, x: Term) -> Term:
    """Return (x/2)**n/gamma(n + 1)."""
    power = x ** int(order) if order.is_Integer else call("power", x, constant(x, order))
    result: Term = power * (2**-order / sympy.gamma(order + 1))
    return result


def _single_pole(order: Expr, x: Term) -> Term:
    """Return the first term of K(n, x) for a positive integer n."""
    result: Term = (1 / x) ** int(order) * (2 ** (order - 1) * sympy.gamma(order))
    return result


def _neighbours(name: str, below: int, above: int) -> Formula:
    """Return the derivative (below f(n - 1, x) + above f(n + 1, x))/2 of the function."""
    both = below == above

    def slope(order: Term, x: Term, f: Term) -> Term:
        if order.exact == 0:
            # f(-1, x) is above/below times f(1, x).
            return call(name, constant(x, 1), x) * above
        left, right = (call(name, moved(order, step), x) for step in (-1, 1))
        total = left + right if both else left - right
        result: Term = total * Rational(below, 2)
        return result

    return slope


# ------------------------------------------------------------------ spherical Bessel functions


def _spherical(kind: str) -> Formula:
    """Return the definition sqrt(pi/(2 x)) f(n + 1/2, x), continued to x < 0 for integers n."""

    def definition(order: Term, x: Term) -> Term:
        number = order.exact
        if number is None or not number.is_Integer:
            return _half_integer(kind, moved(order, Rational(1, 2)), x)
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
        if kind == "y":
            return value
        n = int(number)
        # The function of half an order more may underflow where this does not.
        near = x**n * (1 - x**2 * Rational(1, 4 * n + 6)) * (1 / sympy.factorial2(2 * n + 1))
        return choose(size.compare("<", NEAR), near, value)

    return definition


def _half_integer(kind: str, order: Term, x: Term) -> Term:
    result: Term = call(f"bessel_{kind}v", order, x) * (sympy.sqrt(sympy.pi / 2) / x.root())
    return result


def _spherical_slope(name: str) -> Formula:
    """Return the derivative (n f(n - 1) - (n + 1) f(n + 1))/(2 n + 1), without division by x."""

    def slope(order: Term, x: Term, f: Term) -> Term:
        if order.exact == 0:
            return -call(name, constant(x, 1), x)
        left, right = (call(name, moved(order, step), x) for step in (-1, 1))
        if order.exact is None:
            return (order * left - (order + 1) * right) / (2 * order + 1)
        n = order.exact
        if n == -Rational(1, 2):
            value: Term = (n / x) * f - right
        else:
            value = left * (n / (2 * n + 1)) - right * ((n + 1) / (2 * n + 1))
        return value

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
    result: Term = call("exp", sign * zeta + power) * series * (factor / sympy.sqrt(sympy.pi))
    return result


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
        value: Term = wave * root.root() / sympy.sqrt(2 * sympy.pi)
    else:
        wave = early + late * small if kind == "ai" else early * small - late
        value = wave / root.root() / sympy.sqrt(2 * sympy.pi)
    return value


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
