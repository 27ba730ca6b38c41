"""Smoothed exponentials to any number of digits, for densities that are alternating series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["LOGISTIC", "SECH", "AlternatingSeries", "smoothed_exponential"]

# Bits gained by each term of the accelerated sum: log2(3 + sqrt 8) = 2.54.
_BITS_A_TERM = 2.5
# Exponentials that decay faster than this are integrated by quadrature: poles are many there.
_FAST = 6
# What is below 2^(-2 prec) needs no more bits than this: exponentials to 10^5 digits take long.
_LONG = 1000


class AlternatingSeries:
    """A density sum (-1)^k weight(k) e^(l_k t), t < 0, with l_k = first + step k, in numbers.

    Attributes
    ----------
    first, step : callable
        From an mpmath context to the number.
    weight : callable
        From k to an integer.
    transform : callable
        From a context, a rate and m to the first m coefficients in s of E e^(-(rate + s) T).
    density : callable
        From a context and t to K(t).
    """

    __slots__ = ("density", "first", "step", "transform", "weight")

    def __init__(
        self,
        first: Callable[[Any], Any],
        step: Callable[[Any], Any],
        weight: Callable[[int], int],
        transform: Callable[[Any, Any, int], list[Any]],
        density: Callable[[Any, Any], Any],
    ) -> None:
        self.first, self.step, self.weight = first, step, weight
        self.transform, self.density = transform, density


def smoothed_exponential(context: Any, series: AlternatingSeries, n: int, rate: Any, u: Any) -> Any:
    r"""Return the integral of (u - t)^n/n! e^(rate (u - t)) K(t) over t < u.

    .. math:: B_n(\gamma, u) = \sum_k (-1)^k \frac{w_k e^{l_k u}}{(l_k - \gamma)^{n+1}}, \quad
              u \le 0; \qquad
              B_n(\gamma, u) = E\frac{(u - T)^n}{n!} e^{\gamma (u - T)} - (-1)^n B_n(-\gamma, -u)

    Parameters
    ----------
    context : mpmath context
    series : AlternatingSeries
    n : int
    rate : mpf or mpc
    u : mpf
    """
    if not (context.isfinite(rate) and context.isfinite(u)):
        return context.nan
    if context.prec > _LONG and _vanishes(context, series, rate, u):
        with context.workprec(_LONG):
            return smoothed_exponential(context, series, n, rate, u)
    guard = 30 + 2 * n + max(0, context.mag(u)) + max(0, context.mag(rate))
    if u <= 0:
        with context.workprec(context.prec + guard):
            value = _left(context, series, n, rate, u)
        return +value
    if context.re(rate) < -_FAST and abs(context.im(rate)) <= -4 * context.re(rate):
        with context.workprec(context.prec + guard):
            value = _by_quadrature(context, series, n, rate, u)
        return +value
    # At rate = -l_k, and at 0 for a removable reason, both parts of the difference have a pole.
    wanted = context.prec + guard
    with context.workprec(wanted):
        far = _distance(context, series, rate)
    close = min(max(-context.mag(far), 0), wanted) if far != 0 else wanted
    with context.workprec(wanted + ((n + 2) * (close + 2) if rate != 0 else 0)):
        if rate != 0 and close >= wanted:
            rate += context.ldexp(1, -wanted)
        whole = _whole(context, series, n, rate, u)
        value = whole - (-1) ** n * _left(context, series, n, -rate, -u)
    return +value


def _vanishes(context: Any, series: AlternatingSeries, rate: Any, u: Any) -> bool:
    """Tell whether a value is so small that a sum at this precision sees nothing of it."""
    decay = series.first(context) if u < 0 else min(series.first(context), -context.re(rate))
    return bool(decay * abs(u) > 2 * context.prec)


def _by_quadrature(context: Any, series: AlternatingSeries, n: int, rate: Any, u: Any) -> Any:
    """Return the integral over s = u - t in units of the decay, where that is fast."""
    decay = -context.re(rate)
    turn = rate / decay
    end = context.prec * context.ln2 + 10
    marks = [mark for mark in (0, 1, 4, 12, 30) if mark < end]

    # In units of K(u), as the rule stops at a size that does not depend on it.
    scale = series.density(context, u)

    def integrand(q: Any) -> Any:
        return q**n * context.exp(turn * q) * (series.density(context, u - q / decay) / scale)

    total = context.quad(integrand, [*marks, end])
    return scale * total / (context.factorial(n) * decay ** (n + 1))


def _distance(context: Any, series: AlternatingSeries, rate: Any) -> Any:
    """Return how far a rate is from the nearest pole, 0 counted as one."""
    first, step = series.first(context), series.step(context)
    k = max(0, int(context.nint((-context.re(rate) - first) / step)))
    return min(abs(rate + first + step * k), abs(rate))


def _left(context: Any, series: AlternatingSeries, n: int, rate: Any, u: Any) -> Any:
    """Return the series for u <= 0.

    From l_k > Re rate on its terms are the moments of a measure on [0, 1], so that the sum can be
    accelerated (H. Cohen, F. Rodriguez Villegas, D. Zagier, Convergence acceleration of
    alternating series, Experimental Mathematics 9 (2000), algorithm 1).
    """
    first, step = series.first(context), series.step(context)
    ratio, power = context.exp(step * u), context.exp(first * u)
    start = max(0, int(context.ceil((context.re(rate) - first) / step)) + 1)

    def term(k: int) -> Any:
        return series.weight(k) * power / (first + step * k - rate) ** (n + 1)

    total = context.mpf(0)
    for k in range(start):
        total += (-1) ** k * term(k)
        power *= ratio
    if step * -u > _BITS_A_TERM * context.ln2:
        # Far from the break the series converges as fast by itself.
        for k in range(start, start + int(context.prec * context.ln2 / (step * -u)) + 2):
            total += (-1) ** k * term(k)
            power *= ratio
        return total
    count = int(context.prec / _BITS_A_TERM) + 4
    d = (3 + context.sqrt(8)) ** count
    d = (d + 1 / d) / 2
    b, c, rest = context.mpf(-1), -d, context.mpf(0)
    for k in range(count):
        c = b - c
        rest += c * term(start + k)
        power *= ratio
        b = b * (k + count) * (k - count) / ((k + context.mpf(1) / 2) * (k + 1))
    return total + (-1) ** start * rest / d


def _whole(context: Any, series: AlternatingSeries, n: int, rate: Any, u: Any) -> Any:
    """Return E (u - T)^n/n! e^(rate (u - T))."""
    coefficients = series.transform(context, rate, n + 1)
    total = context.fsum(
        u ** (n - j) / context.factorial(n - j) * value for j, value in enumerate(coefficients)
    )
    return context.exp(rate * u) * total


def _quotient(context: Any, above: list[Any], below: list[Any]) -> list[Any]:
    """Return the quotient of two power series of the same length."""
    found: list[Any] = []
    for j, value in enumerate(above):
        found.append((value - sum(found[i] * below[j - i] for i in range(j))) / below[0])
    return found


def _sine_series(context: Any, at: Any, scale: Any, count: int, shift: int = 0) -> list[Any]:
    """Return the Taylor coefficients in s of sin(scale (at + s) + shift pi/2)."""
    sine, cosine = context.sin(scale * at), context.cos(scale * at)
    cycle = (sine, cosine, -sine, -cosine)
    return [cycle[(j + shift) % 4] * scale**j / context.factorial(j) for j in range(count)]


def _logistic_transform(context: Any, rate: Any, count: int) -> list[Any]:
    """Return the coefficients of pi g/sin(pi g) at g = rate."""
    turn = +context.pi
    if rate == 0:
        sine = _sine_series(context, context.mpf(0), turn, count + 1)[1:]
        return _quotient(context, [turn] + [context.mpf(0)] * (count - 1), sine)
    above = [turn * rate, turn] + [context.mpf(0)] * count
    return _quotient(context, above[:count], _sine_series(context, rate, turn, count))


def _sech_transform(context: Any, rate: Any, count: int) -> list[Any]:
    """Return the coefficients of 1/cos g at g = rate."""
    above = [context.mpf(1)] + [context.mpf(0)] * (count - 1)
    return _quotient(context, above, _sine_series(context, rate, context.mpf(1), count, shift=1))


def _logistic_density(context: Any, t: Any) -> Any:
    small = context.exp(-abs(t))
    return small / (1 + small) ** 2


def _sech_density(context: Any, t: Any) -> Any:
    small = context.exp(-context.pi * abs(t) / 2)
    return small / (1 + small**2)


LOGISTIC = AlternatingSeries(
    lambda context: context.mpf(1),
    lambda context: context.mpf(1),
    lambda k: k + 1,
    _logistic_transform,
    _logistic_density,
)
SECH = AlternatingSeries(
    lambda context: context.pi / 2,
    lambda context: +context.pi,
    lambda k: 1,
    _sech_transform,
    _sech_density,
)
