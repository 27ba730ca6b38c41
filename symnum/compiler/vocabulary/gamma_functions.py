"""The gamma function and what is made of it."""

from __future__ import annotations

from functools import cache

import sympy
from sympy import Rational

from symnum.compiler.terms import Term, call, choose, constant
from symnum.compiler.vocabulary.rows import FunctionRow, both, moved, no_derivative, polynomial

__all__ = ["GAMMA_FUNCTIONS"]

# What is left out of a series, relative to its value.
NEGLIGIBLE = Rational(1, 10**18)

# The asymptotic series of log gamma(x) and its derivatives are used from here on.
FAR = 12


# ------------------------------------------------------------------ digamma and polygamma


def _polygamma_call(order: Term | int, x: Term) -> Term:
    return call("polygamma", order if isinstance(order, Term) else constant(x, order), x)


def _polygamma(order: Term, x: Term) -> Term:
    """Return the derivative of digamma of an order that is a positive constant.

    For x > 0 the recurrence leads to x + count, where the asymptotic series holds; all terms have
    one sign. For x < 0 reflection: what is added is a derivative of pi*cot(pi*x).
    """
    n = int(order.exact or 0)
    positive = x.compare(">", 0)
    # 1 - x is taken of negative x only, where it is rounded no worse than x + 1.
    size = _polygamma_size(n, choose(positive, x, 1 - x))
    right = size if n % 2 else -size
    reflected = -right if n % 2 else right
    return choose(positive, right, reflected - _cotangent_derivative(n, x))


def _polygamma_size(n: int, x: Term) -> Term:
    """Return |polygamma(n, x)| = n! (sum of 1/(x + k)**(n + 1) over all k) for x > 0."""
    count = FAR + n
    y = x + count
    inverse = 1 / y
    square = inverse**2
    coefficients = _stirling_coefficients(n, count)
    tail = polynomial(coefficients, square)
    # (n-1)!/y**n + n!/(2 y**(n+1)) + ..., over n!
    tail = (tail * inverse + Rational(1, 2)) * inverse + Rational(1, n)
    total = tail * inverse**n
    for k in reversed(range(count)):
        total = total + (1 / (x + k if k else x)) ** (n + 1)
    result: Term = total * sympy.factorial(n)
    return result


@cache
def _stirling_coefficients(n: int, start: int) -> tuple[Rational, ...]:
    """Return B_2k (2k+n-1)!/((2k)! n!) for k = 1, 2, ... as far as it matters at `start`."""
    coefficients: list[Rational] = []
    k = 1
    while True:
        coefficient = (
            sympy.bernoulli(2 * k)
            * sympy.factorial(2 * k + n - 1)
            / (sympy.factorial(2 * k) * sympy.factorial(n))
        )
        if coefficients and abs(coefficient) < NEGLIGIBLE * Rational(start) ** (2 * k) / n:
            return tuple(coefficients)
        coefficients.append(coefficient)
        k += 1


def _cotangent_derivative(n: int, x: Term) -> Term:
    """Return the n-th derivative of pi*cot(pi*x), a polynomial in the cotangent."""
    fraction = x - call("floor", x + Rational(1, 2))
    size = call("absolute", fraction)
    # Near its zeros the cotangent is the tangent of the complement, which is exact there.
    steep = 1 / call("tan", size * sympy.pi)
    flat = call("tan", (Rational(1, 2) - size) * sympy.pi)
    cotangent = choose(size.compare("<", Rational(1, 4)), steep, flat)
    cotangent = choose(fraction.compare("<", 0), -cotangent, cotangent)
    symbol = sympy.Dummy("c")
    derivative = sympy.Poly(symbol, symbol)
    for _ in range(n):
        # d/dx cot(pi x) = -pi (1 + cot(pi x)**2)
        derivative = derivative.diff(symbol) * sympy.Poly(-1 - symbol**2, symbol)
    # Only every other power occurs.
    value = polynomial(derivative.all_coeffs()[::2][::-1], cotangent**2)
    value = value if derivative.degree() % 2 == 0 else value * cotangent
    result: Term = value * sympy.pi ** (n + 1)
    return result


def _digamma_difference(x: Term, h: Term) -> Term:
    """Return digamma(x + h) - digamma(x), without cancellation where both arguments are positive.

    The recurrence gives the sum of h/((x + k)(x + k + h)), the asymptotic series a logarithm and
    a divided difference.
    """
    y = x + FAR
    z = y + h
    # log(z/y) + (1/y - 1/z)/2 + sum of B_2k/(2k) (1/y**2k - 1/z**2k); 1/y - 1/z = h/(y z)
    u, v = (1 / y) ** 2, (1 / z) ** 2
    coefficients = [sympy.bernoulli(2 * k) / (2 * k) for k in range(1, 10)]
    value, slope = constant(x, coefficients[-1]), constant(x, 0)
    for coefficient in reversed(coefficients[:-1]):
        slope = slope * u + value
        value = value * v + coefficient
    # slope is (p(u) - p(v))/(u - v) of the polynomial p, value is p(v)
    gap = (h / y) / z
    series = (slope * u + value) * (gap * (1 / y + 1 / z))
    total = call("log1p", h / y) + gap * Rational(1, 2) + series
    for k in reversed(range(FAR)):
        place = x + k if k else x
        total = total + (h / place) / (place + h)
    positive = both(x.compare(">", 0), (x + h).compare(">", 0))
    return choose(positive, total, call("digamma", x + h) - call("digamma", x))


def _difference_slope(x: Term, h: Term, f: Term) -> Term:
    return _polygamma_call(1, x + h) - _polygamma_call(1, x)


# ------------------------------------------------------------------ beta, binomial, Pochhammer


def _beta(a: Term, b: Term) -> Term:
    """Return gamma(a) gamma(b)/gamma(a + b); by Stirling's series where one of them is large."""
    small, large = call("minimum", a, b), call("maximum", a, b)
    total = small + large
    # log gamma(q) - log gamma(p + q), with p <= q
    ratio = (
        small
        - (large - Rational(1, 2)) * call("log1p", small / large)
        + (_stirling(large) - _stirling(total))
    )
    one_large = call("gamma", small) * call("exp", ratio - small * call("log", total))
    quotient = call("log", small / total)
    both_large = call("exp", ratio - small + small * quotient + _stirling(small))
    both_large = both_large * (2 * sympy.pi / small).root()
    stirling = choose(small.compare(">=", FAR), both_large, one_large)
    finite = large.compare("<", sympy.oo)
    usable = both(small.compare(">", 0), large.compare(">=", 2 * FAR), finite)
    return choose(usable, stirling, call("beta_native", a, b))


def _stirling(x: Term) -> Term:
    """Return log gamma(x) - (x - 1/2) log(x) + x - log(2 pi)/2 for x >= 12."""
    inverse = 1 / x
    square = inverse**2
    value = constant(x, 0)
    for k in range(8, 0, -1):
        value = value * square + sympy.bernoulli(2 * k) / (2 * k * (2 * k - 1))
    return value * inverse


def _rising(x: Term, k: Term) -> Term:
    """Return gamma(x + k)/gamma(x); by Stirling's series where both arguments are large."""
    y = x + k
    exponent = (x - Rational(1, 2)) * call("log1p", k / x) - k
    exponent = exponent + k * call("log", y) + (_stirling(y) - _stirling(x))
    usable = both(x.compare(">=", 2 * FAR), y.compare(">=", 2 * FAR), x.compare("<", sympy.oo))
    return choose(usable, call("exp", exponent), call("rising_factorial_native", x, k))


def _binomial(n: Term, k: Term) -> Term:
    """Return the binomial coefficient, 1/((n + 1) beta(n - k + 1, k + 1)) where n is large."""
    a, b = n - k + 1, k + 1
    usable = both(
        a.compare(">", 0), b.compare(">", 0), n.compare(">=", 4 * FAR), n.compare("<", sympy.oo)
    )
    return choose(usable, 1 / ((n + 1) * call("beta", a, b)), call("binomial_native", n, k))


def _difference(x: Term, h: Term) -> Term:
    return call("digamma_difference", x, h)


def _harmonic(x: Term) -> Term:
    value = call("digamma_difference", constant(x, 1), x)
    return choose(x.compare("==", sympy.oo), constant(x, sympy.oo), value)


GAMMA_FUNCTIONS = (
    FunctionRow("gamma", 1, (lambda x, f: f * call("digamma", x),), (sympy.gamma,)),
    FunctionRow("loggamma", 1, (lambda x, f: call("digamma", x),), (sympy.loggamma,)),
    FunctionRow("digamma", 1, (lambda x, f: _polygamma_call(1, x),), (sympy.digamma,)),
    FunctionRow(
        name="polygamma",
        arity=2,
        partials=(no_derivative, lambda n, x, f: _polygamma_call(moved(n, 1), x)),
        classes=(sympy.polygamma,),
        definition=_polygamma,
    ),
    FunctionRow(
        name="digamma_difference",
        arity=2,
        partials=(_difference_slope, lambda x, h, f: _polygamma_call(1, x + h)),
        definition=_digamma_difference,
    ),
    FunctionRow(
        "harmonic", 1, (lambda x, f: _polygamma_call(1, x + 1),), (sympy.harmonic,), _harmonic
    ),
    FunctionRow("beta_native", 2, (no_derivative, no_derivative)),
    FunctionRow(
        name="beta",
        arity=2,
        partials=(
            lambda a, b, f: -(f * _difference(a, b)),
            lambda a, b, f: -(f * _difference(b, a)),
        ),
        classes=(sympy.beta,),
        definition=_beta,
    ),
    FunctionRow(
        name="binomial",
        arity=2,
        partials=(
            lambda n, k, f: f * _difference(n - k + 1, k),
            lambda n, k, f: f * _difference(k + 1, n - 2 * k),
        ),
        classes=(sympy.binomial,),
        definition=_binomial,
    ),
    FunctionRow(
        name="rising_factorial",
        arity=2,
        partials=(
            lambda x, k, f: f * _difference(x, k),
            lambda x, k, f: f * call("digamma", x + k),
        ),
        classes=(sympy.RisingFactorial,),
        definition=_rising,
    ),
    FunctionRow("binomial_native", 2, (no_derivative, no_derivative)),
    FunctionRow("rising_factorial_native", 2, (no_derivative, no_derivative)),
)
