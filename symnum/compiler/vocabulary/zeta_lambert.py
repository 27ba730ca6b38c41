"""Riemann's zeta function on the real line, and the two real branches of Lambert's W."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sympy
from sympy import Rational, S

from symnum.compiler.terms import Term, call, choose, constant, nan
from symnum.compiler.vocabulary.rows import FunctionRow, no_derivative, polynomial

__all__ = ["ZETA_LAMBERT"]

# The sum of Euler and Maclaurin: so many terms are added, so many corrections follow.
ADDED, CORRECTIONS = 12, 10


# ------------------------------------------------------------------ zeta


def _zeta(s: Term) -> Term:
    return call("zeta_minus_one", s) + 1


def _zeta_slope(s: Term) -> Term:
    """Return zeta'(s); for s < 0 by the functional equation."""
    right = s.compare(">=", 0)
    t = choose(right, s, 1 - s)
    slope = _slope_on_the_right(t)
    # zeta(s) = chi zeta(t) sin(pi s/2) with t = 1 - s, chi = 2 (2 pi)**(-t) gamma(t)
    chi = call("exp", -t * sympy.log(2 * sympy.pi)) * call("gamma", t) * 2
    value = call("zeta", t)
    quarter = call("modulo", s, constant(s, 4)) * (sympy.pi / 2)
    rate = (sympy.log(2 * sympy.pi) - call("digamma", t)) * value - slope
    turned = call("cos", quarter) * (sympy.pi / 2) * value + call("sin", quarter) * rate
    return choose(right, slope, chi * turned)


def _slope_on_the_right(s: Term) -> Term:
    """Return zeta'(s) for s >= 0 by the formula of Euler and Maclaurin, differentiated.

    zeta(s) = sum of k**-s for k < n + n**(1-s)/(s-1) + n**-s (1/2 + q(s)), where q is the
    polynomial with the terms B_2j/(2j)! s (s+1) ... (s+2j-2) n**(1-2j).
    """
    logarithm = sympy.log(ADDED)
    power = call("exp", -s * logarithm)
    values, slopes = _corrections()
    q, dq = polynomial(values, s), polynomial(slopes, s)
    total = power * (dq - (q + Rational(1, 2)) * logarithm)
    gap = s - 1
    total = total - (power / gap) * (1 / gap + logarithm) * ADDED
    for k in range(ADDED - 1, 1, -1):
        total = total - call("exp", -s * sympy.log(k)) * sympy.log(k)
    result: Term = total
    return result


@cache
def _corrections() -> tuple[tuple[Rational, ...], tuple[Rational, ...]]:
    """Return the coefficients of q and of its derivative."""
    s = sympy.Dummy("s")
    q = sympy.Poly(0, s)
    for j in range(1, CORRECTIONS + 1):
        scale = (
            sympy.bernoulli(2 * j) / sympy.factorial(2 * j) / sympy.Integer(ADDED) ** (2 * j - 1)
        )
        q += sympy.Poly(sympy.rf(s, 2 * j - 1), s) * scale
    return tuple(q.all_coeffs()[::-1]), tuple(q.diff(s).all_coeffs()[::-1])


# ------------------------------------------------------------------ Lambert's W

# 1/e as the nearest double and what is left: the sum x + 1/e is exact where it cancels.
INVERSE_E = Rational(float.fromhex("0x1.78b56362cef38p-2"))

# The series in p = sqrt(2 (1 + e x)) is used up to here.
LARGEST_P = Rational(3, 10)


@cache
def _branch_coefficients(count: int) -> tuple[Rational, ...]:
    """Return the coefficients of W = -1 + p - p**2/3 + ..., where W exp(W) = p**2/2/e - 1/e."""
    mu, alpha = [S.NegativeOne, S.One], [S(2), S.NegativeOne]
    for k in range(2, count):
        alpha.append(sum((mu[j] * mu[k + 1 - j] for j in range(2, k)), S.Zero))
        # alpha_k of the recurrence is the sum over 2 <= j <= k - 1.
        value = Rational(k - 1, k + 1) * (mu[k - 2] / 2 + alpha[k - 2] / 4)
        mu.append(value - alpha[k] / 2 - mu[k - 1] / (k + 1))
    return tuple(mu)


def _branch_distance(x: Term) -> Term:
    """Return sqrt(2 (1 + e x)), accurate also near -1/e; NaN on the left of it."""
    gap = (x + INVERSE_E) + (sympy.exp(-1) - INVERSE_E)
    result: Term = (gap * (2 * sympy.E)).root()
    return result


def _refined(logarithm: Callable[[Term], Term], start: Term, steps: int) -> Term:
    """Improve w by Fritsch's iteration, of fourth order, for log(x/w) = w."""
    w = start
    for _ in range(steps):
        rest = logarithm(w) - w
        one = 1 + w
        q = 2 * one * (one + rest * Rational(2, 3))
        w = w + w * ((rest / one) * ((q - rest) / (q - 2 * rest)))
    return w


def _lambert_w(x: Term) -> Term:
    """Return the principal branch for x >= -1/e."""
    p = _branch_distance(x)
    series = polynomial(_branch_coefficients(26), p)
    # Start: the first terms of the series, or elsewhere what is right at 0 and at infinity.
    rough = polynomial(_branch_coefficients(9), p)
    logarithm = call("log1p", x)
    large = logarithm * (1 - call("log1p", logarithm) / (2 + logarithm))
    start = choose(x.compare("<", Rational(-1, 5)), rough, large)
    w = _refined(lambda w: call("log", x / w), start, 2)
    tiny = call("absolute", x).compare("<", Rational(1, 2**30))
    w = choose(tiny, x - x**2, w)
    w = choose(p.compare("<", LARGEST_P), series, w)
    return choose(x.compare("==", S.Infinity), constant(x, S.Infinity), w)


def _lower_lambert_w(x: Term) -> Term:
    """Return the branch below -1, for -1/e <= x < 0."""
    p = _branch_distance(x)
    series = polynomial(_branch_coefficients(26), -p)
    rough = polynomial(_branch_coefficients(9), -p)
    first = call("log", -x)
    second = call("log", -first)
    tail = first - second + second / first
    start = choose(x.compare("<", Rational(-1, 5)), rough, tail)
    # The quotient x/w may underflow.
    w = _refined(lambda w: first - call("log", -w), start, 3)
    w = choose(p.compare("<", LARGEST_P), series, w)
    w = choose(x.compare("==", 0), constant(x, S.NegativeInfinity), w)
    return choose(x.compare("<=", 0), w, nan(x))


def _lambert_slope(x: Term, w: Term) -> Term:
    """Return exp(-W)/(1 + W), which is 1 at x = 0."""
    return call("exp", -w) / (1 + w)


def _lower_slope(x: Term, w: Term) -> Term:
    # exp(-W) may overflow where x is subnormal; W/x is the same.
    return w / (x * (1 + w))


ZETA_LAMBERT = (
    FunctionRow("zeta_minus_one", 1, (no_derivative,)),
    FunctionRow("zeta", 1, (lambda s, f: call("zeta_slope", s),), (sympy.zeta,), _zeta),
    FunctionRow("zeta_slope", 1, (no_derivative,), (), _zeta_slope),
    FunctionRow("lambert_w", 1, (_lambert_slope,), (sympy.LambertW,), _lambert_w),
    FunctionRow("lower_lambert_w", 1, (_lower_slope,), (), _lower_lambert_w),
)
