"""Smoothed exponentials for densities of pieces t^n e^(r t), in floating point."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy
from sympy import Expr, Integer, Max, Piecewise, binomial, cos, exp, factorial, sin

from symnum.smoothing.functions.clipping import Clip
from symnum.smoothing.functions.quadrature_rules import gauss_legendre
from symnum.smoothing.pieces.exponential_polynomials import Terms, expression_of

__all__ = ["DensityPiece", "steady_by_ends", "steady_tilted", "steady_wave"]

# Left end, right end, terms in t.
DensityPiece = tuple[Expr, Expr, Terms]
Pair = tuple[Expr, Expr]

# Nodes on one piece: enough for e^(gamma t) with |gamma| (length of the piece) up to 20.
_NODES = 24
_LARGEST_RATE = 10
# Beyond every argument whose powers are numbers.
_LARGEST = Integer(10) ** 150


def steady_tilted(rows: Sequence[DensityPiece]) -> Callable[[int, Expr, Expr], Expr]:
    """Return B_n of bounded pieces for real rates, from n, the rate and u."""

    def tilted(n: int, gamma: Expr, u: Expr) -> Expr:
        nodes = _node_sum(rows, n, u, lambda s: exp(gamma * s))
        return _by_size(gamma, nodes, lambda: steady_by_ends(rows, n, gamma, Integer(0), u)[0])

    return tilted


def steady_wave(rows: Sequence[DensityPiece]) -> Callable[[int, Expr, Expr, Expr], Pair]:
    """Return the parts of B_n of bounded pieces for complex rates."""

    def wave(n: int, alpha: Expr, omega: Expr, u: Expr) -> Pair:
        size = Max(sympy.Abs(alpha), sympy.Abs(omega))
        cosine = _node_sum(rows, n, u, lambda s: exp(alpha * s) * cos(omega * s))
        sine = _node_sum(rows, n, u, lambda s: exp(alpha * s) * sin(omega * s))
        if size.is_number and size <= _LARGEST_RATE:
            return cosine, sine
        ends = steady_by_ends(rows, n, alpha, omega, u)
        return _by_size(size, cosine, lambda: ends[0]), _by_size(size, sine, lambda: ends[1])

    return wave


def _by_size(size: Expr, nodes: Expr, ends: Callable[[], Expr]) -> Expr:
    """Take the sum over nodes for moderate rates, else the values at the ends of the pieces."""
    if size.is_number:
        return nodes if abs(size) <= _LARGEST_RATE else ends()
    return Piecewise((nodes, sympy.Abs(size) <= _LARGEST_RATE), (ends(), True))


def _node_sum(
    rows: Sequence[DensityPiece], n: int, u: Expr, weight: Callable[[Expr], Expr]
) -> Expr:
    """Return a sum of positive terms if the weight is positive."""
    total: list[Expr] = []
    for low, high, terms in rows:
        length = Clip(u - low, Integer(0), high - low)
        for node, share in gauss_legendre(_NODES):
            t = low + length * node
            # To the left of the piece its length is 0; there the weight must not overflow.
            s = _positive_part(u - t)
            factors = (share, s**n / factorial(n), weight(s), expression_of(terms, t), length)
            total.append(sympy.Mul(*factors, evaluate=False))
    return sympy.Add(*total, evaluate=False)


def _positive_part(value: Expr) -> Expr:
    """Return max(value, 0) as a node that SymPy does not try to simplify."""
    return Clip(value, Integer(0), _LARGEST)


def steady_by_ends(rows: Sequence[DensityPiece], n: int, alpha: Expr, omega: Expr, u: Expr) -> Pair:
    r"""Return the parts of B_n(alpha + i omega, u) from antiderivatives at the ends of the pieces.

    .. math:: \int e^{r t + \gamma (u - t)} p(t)\,dt = e^{r t + \gamma (u - t)}
              \sum_j (-1)^j \frac{p^{(j)}(t)}{(r - \gamma)^{j+1}}

    The two exponentials are one, so that neither overflows. For rates that are not small; the
    outermost ends may be infinite.
    """
    real: list[Expr] = []
    imaginary: list[Expr] = []
    for low, high, terms in rows:
        finite = [end for end in (low, high) if end.is_finite]
        above = Clip(u, low, high) if len(finite) == 2 else _one_sided(u, low, high)
        parts = _at_end(terms, n, (alpha, omega), u, above)
        if low is not -sympy.oo:
            below = _at_end(terms, n, (alpha, omega), u, low)
            # Rounded, the difference is not 0 where it should be.
            inside = [a - b for a, b in zip(parts, below, strict=True)]
            cut = [Piecewise((Integer(0), u <= low), (part, True)) for part in inside]
            parts = (cut[0], cut[1])
        real.append(parts[0])
        imaginary.append(parts[1])
    return sympy.Add(*real), sympy.Add(*imaginary)


def _at_end(terms: Terms, n: int, gamma: Pair, u: Expr, t: Expr) -> Pair:
    found: list[Pair] = []
    for (rate, _), row in terms.items():
        for power, value in row.items():
            end = _antiderivative(n, power, rate, gamma, u, t)
            found.append(_times(value.as_real_imag(), end))
    return sympy.Add(*(pair[0] for pair in found)), sympy.Add(*(pair[1] for pair in found))


def _one_sided(u: Expr, low: Expr, high: Expr) -> Expr:
    if low is -sympy.oo:
        return u if high is sympy.oo else Clip(u, -_LARGEST, high)
    return Clip(u, low, _LARGEST)


def _antiderivative(n: int, power: int, rate: Expr, gamma: Pair, u: Expr, t: Expr) -> Pair:
    """Return an antiderivative of (u - t)^n/n! t^power e^(rate t + gamma (u - t)) at t."""
    alpha, omega = gamma
    growth, frequency = rate.as_real_imag()
    s = _positive_part(u - t)
    inverse = _inverse((growth - alpha, frequency - omega))
    total: Pair = (Integer(0), Integer(0))
    factor = inverse
    for j in range(n + power + 1):
        slope = _slope(n, power, j, s, t)
        total = (total[0] + slope * factor[0], total[1] + slope * factor[1])
        factor = _times((-factor[0], -factor[1]), inverse)
    size, angle = exp(growth * t + alpha * s), frequency * t + omega * s
    return _times((size * cos(angle), size * sin(angle)), total)


def _slope(n: int, power: int, j: int, s: Expr, t: Expr) -> Expr:
    """Return the j-th derivative in t of s^n/n! t^power with s = u - t."""
    total: Expr = Integer(0)
    for i in range(max(0, j - power), min(n, j) + 1):
        of_s = (-1) ** i * s ** (n - i) / factorial(n - i)
        of_t = factorial(power) / factorial(power - j + i) * t ** (power - j + i)
        total += binomial(j, i) * of_s * of_t
    return total


def _times(first: Pair, second: Pair) -> Pair:
    return (
        first[0] * second[0] - first[1] * second[1],
        first[0] * second[1] + first[1] * second[0],
    )


def _inverse(value: Pair) -> Pair:
    norm = value[0] ** 2 + value[1] ** 2
    return value[0] / norm, -value[1] / norm
