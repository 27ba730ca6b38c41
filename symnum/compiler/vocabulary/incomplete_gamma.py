"""The incomplete gamma functions for any real order."""

from __future__ import annotations

import sympy
from sympy import Rational

from symnum.compiler.terms import Term, call, choose, constant
from symnum.compiler.vocabulary.rows import FunctionRow, both, no_derivative

__all__ = ["INCOMPLETE_GAMMA"]

# Beyond this the gamma function is no double.
LARGEST_GAMMA = 170

# Up to here x**a is a double, and exp(-x) no zero, wherever their product matters.
SMALL_ORDER = 20

# For a <= 0 the continued fraction holds from `BORDER` on, to so many levels; below, so many terms
# of the exponential are integrated.
BORDER, LEVELS, TERMS = 2, 46, 32


def _complete(a: Term, regularized: Term) -> Term:
    """Return gamma(a) times a regularized function, also where gamma(a) overflows."""
    scaled = call("exp", call("loggamma", a) + call("log", regularized))
    if a.exact is None:
        return choose(a.compare("<=", LARGEST_GAMMA), call("gamma", a) * regularized, scaled)
    if a.exact > LARGEST_GAMMA:
        return scaled
    result: Term = regularized * sympy.gamma(a.exact)
    return result


def _fraction(a: Term, x: Term, levels: int) -> Term:
    """Return x + 1 - a - (1 - a)/(x + 3 - a - 2 (2 - a)/(x + 5 - a - ...))."""
    fraction = x + (2 * levels + 1) - a
    for k in range(levels, 0, -1):
        fraction = (x + (2 * k - 1) - a) - k * (k - a) / fraction
    return fraction


def _upper_of_positive(a: Term, x: Term) -> Term:
    """Return the upper function for a > 0.

    Far to the right the regularized function may be zero where this is not: there the continued
    fraction is short.
    """
    near = _complete(a, call("regularized_upper_gamma", a, x))
    far = call("exp", a * call("log", x) - x) / _fraction(a, x, 12)
    is_far = both(x.compare(">", 600), x.compare(">", 2 * a))
    return choose(is_far, choose(x.compare("<", sympy.oo), far, 0), near)


def _upper_of_others(a: Term, x: Term) -> Term:
    """Return the upper function for a <= 0: that at a border, and the integral of what is left.

    The integral of t**(a+k-1) from x to the border B is B**b (1 - (x/B)**b)/b with b = a + k, which
    is well-conditioned for every b, and a logarithm for b = 0.
    """
    start = call("maximum", x, constant(x, BORDER))
    right = call("exp", a * call("log", start) - start) / _fraction(a, start, LEVELS)
    right = choose(x.compare("==", sympy.oo), 0, right)
    logarithm = call("log", x * Rational(1, BORDER))
    total, first = constant(x, 0), constant(x, 0)
    for k in range(TERMS, -1, -1):
        b = a + k if k else a
        piece = choose(b.compare("==", 0), -logarithm, -(call("expm1", b * logarithm) / b))
        first = piece * (Rational((-1) ** k * BORDER**k) / sympy.factorial(k))
        total = total + first
    scale = call("power", constant(x, BORDER), a)
    # Where the first term overflows, the others do too, with both signs.
    left = right + scale * choose(first.compare("==", sympy.oo), first, total)
    return choose(x.compare("<", BORDER), left, right)


def _upper_gamma(a: Term, x: Term) -> Term:
    """Return the integral of t**(a-1) exp(-t) from x to infinity."""
    if a.exact is not None:
        return _upper_of_positive(a, x) if a.exact > 0 else _upper_of_others(a, x)
    return choose(a.compare(">", 0), _upper_of_positive(a, x), _upper_of_others(a, x))


def _lower_of_positive(a: Term, x: Term) -> Term:
    """Return the lower function for a > 0.

    For x <= 1 by its series: the regularized function may be zero where this is not.
    """
    series = constant(x, 1)
    for k in range(20, 0, -1):
        series = 1 + (x / (a + k)) * series
    near = call("power", x, a) * call("exp", -x) * series / a
    return choose(x.compare("<=", 1), near, _complete(a, call("regularized_lower_gamma", a, x)))


def _lower_gamma(a: Term, x: Term) -> Term:
    """Return the integral of t**(a-1) exp(-t) from 0 to x, continued to a < 0."""
    if a.exact is not None and a.exact > 0:
        return _lower_of_positive(a, x)
    others = call("gamma", a) - _upper_of_others(a, x)
    if a.exact is not None:
        return others
    return choose(a.compare(">", 0), _lower_of_positive(a, x), others)


def _slope(a: Term, x: Term) -> Term:
    """Return x**(a-1) exp(-x)."""
    if a.exact is not None and abs(a.exact) < SMALL_ORDER:
        slope = call("exp", -x) * call("power", x, a - 1)
    else:
        # The power alone would overflow.
        slope = call("exp", (a - 1) * call("log", x) - x)
    return choose(x.compare("==", sympy.oo), 0, slope)


INCOMPLETE_GAMMA = (
    FunctionRow("regularized_upper_gamma", 2, (no_derivative, no_derivative)),
    FunctionRow("regularized_lower_gamma", 2, (no_derivative, no_derivative)),
    FunctionRow(
        name="upper_gamma",
        arity=2,
        partials=(no_derivative, lambda a, x, f: -_slope(a, x)),
        classes=(sympy.uppergamma,),
        definition=_upper_gamma,
    ),
    FunctionRow(
        name="lower_gamma",
        arity=2,
        partials=(no_derivative, lambda a, x, f: _slope(a, x)),
        classes=(sympy.lowergamma,),
        definition=_lower_gamma,
    ),
)
