"""Smoothed periodic Bernoulli functions to any number of digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symnum.smoothing.periodic.laws import LAWS
from symnum.smoothing.periodic.student_sine import student_sine_value

__all__ = ["rectified_sine_value", "wave_value"]

# Terms of |sin x| that are split off by its jumps.
_SPLIT = 12


def wave_value(context: Any, name: str, k: int, y: Any, h: Any) -> Any:
    """Return W_k(y, h) to the precision of an mpmath context.

    Parameters
    ----------
    context : mpmath context
    name : str
        The mollifier.
    k : int
    y : mpf
    h : mpf
        Positive: the bandwidth in units of the period.

    Returns
    -------
    mpf
    """
    if not (context.isfinite(y) and context.isfinite(h)):
        return context.nan
    with context.workprec(context.prec + 40 + 4 * abs(k) + max(0, context.mag(y))):
        r = y - context.floor(y)
        if name in _CLOSED:
            value = _CLOSED[name](context, k, r, h)
        elif name in _TAILS and h < 1 / context.mpf(2):
            value = _images(context, k, r, h, *_TAILS[name])
        elif name in _DENSITIES:
            value = _by_density(context, name, k, r, h)
        elif name in _COMPACT:
            value = _by_breaks(context, name, k, r, h)
        else:
            value = _fourier(context, k, r, h, _TRANSFORMS[name])
    return +value


def rectified_sine_value(context: Any, name: str, order: int, x: Any, h: Any) -> Any:
    """Return the derivative of this order, 0 or 1, of the smoothed |sin x|."""
    if not (context.isfinite(x) and context.isfinite(h)):
        return context.nan
    if name == "student_t2":
        return student_sine_value(context, order, x, h)
    with context.workprec(context.prec + 30 + max(0, context.mag(x))):
        if name == "laplace":
            return _laplace_sine(context, order, x, h)
        total = context.mpf(0) if order else 2 / context.pi
        # |sin x| in terms of its jumps; the j-th term is below 4^-j.
        transform = _TRANSFORMS.get(name)
        count = _SPLIT if transform else context.prec // 2 + 2
        for j in range(count):
            weight = -2 * (-1) ** j * context.pi ** (2 * j + 1 - order)
            k = 2 * j + 2 - order
            total += weight * wave_value(context, name, k, x / context.pi, h / context.pi)
        if transform:
            total += _remainder(context, transform, order, x, h)
    return +total


def _laplace_sine(context: Any, order: int, x: Any, h: Any) -> Any:
    # (1 - h^2 D^2) applied to |sin| is (1 + h^2) |sin| less 2 h^2 times a comb of deltas.
    r = x - context.pi * context.floor(x / context.pi)
    left, right = context.exp(-r / h), context.exp(-(context.pi - r) / h)
    whole = -context.expm1(-context.pi / h)
    if order:
        return (context.cos(r) + (right - left) / whole) / (1 + h * h)
    return (context.sin(r) + h * (left + right) / whole) / (1 + h * h)


def _remainder(context: Any, transform: Callable[..., Any], order: int, x: Any, h: Any) -> Any:
    """Return what |sin x| is besides its first jumps: its coefficients fall like n^-26."""
    total, n = context.mpf(0), 0
    while True:
        n += 1
        bound = context.mpf(4) / (context.mpf(2 * n) ** (2 * _SPLIT) * (4 * n * n - 1))
        wave = -2 * n * context.sin(2 * n * x) if order else context.cos(2 * n * x)
        total -= bound / context.pi * transform(context, 2 * n * h) * wave
        if 2 * n * n * bound < context.eps:
            return total


def _by_breaks(context: Any, name: str, k: int, r: Any, h: Any) -> Any:
    """Return the sum over the jumps of a piecewise polynomial density, which is finite."""
    jumps = _COMPACT[name]
    highest = max(i for _, i, _ in jumps)
    cancelled = (highest + k + 1) * max(0, -context.mag(h)) + 20
    with context.workprec(context.prec + cancelled):
        total = context.mpf(0)
        for a, i, jump in jumps:
            order = k + i + 1
            if order >= 0:
                y = r - a * h
                value = context.bernpoly(order, y - context.floor(y)) / context.factorial(order)
                total += context.mpf(int(jump.p)) / int(jump.q) * value / h ** (i + 1)
        return total


def _fourier(context: Any, k: int, r: Any, h: Any, transform: Callable[..., Any]) -> Any:
    turn = 2 * context.pi
    total, n = context.mpf(0), 0
    while True:
        n += 1
        weight = transform(context, turn * n * h) * 2 / (turn * n) ** k
        wave = context.sinpi(2 * n * r) if k % 2 else context.cospi(2 * n * r)
        total += weight * wave
        if abs(weight) < context.eps * (turn * n) ** -2 * context.mpf(10) ** -3:
            break
    sign = (-1) ** ((k + 1) // 2) if k % 2 else (-1) ** (k // 2 + 1)
    return sign * total


def _polynomial(context: Any, k: int, r: Any, h: Any, moment: Callable[..., Any]) -> Any:
    """Smooth the Bernoulli polynomial B_k(r)/k!."""
    return context.fsum(
        context.bernpoly(k - i, r)
        / context.factorial(k - i)
        * h**i
        * moment(context, i)
        / context.factorial(i)
        for i in range(0, k + 1, 2)
    )


def _images(
    context: Any, k: int, r: Any, h: Any, tail: Callable[..., Any], moment: Callable[..., Any]
) -> Any:
    total = _polynomial(context, k, r, h, moment)
    for start, direction, sign in ((1 - r, 1, -1), (r, 1, (-1) ** (k - 1))):
        place = start
        while True:
            term = h ** (k - 1) * tail(context, k, place / h)
            total += sign * term
            if abs(term) < context.eps * context.mpf(10) ** -3 * h ** max(k, 1):
                break
            place += direction
    return total


def _gaussian_tail(context: Any, k: int, v: Any) -> Any:
    density = context.exp(-v * v / 2) / context.sqrt(2 * context.pi)
    if k <= 0:
        # (-d/dv)^n of the density is He_n(v) times it
        below, hermite = context.mpf(0), context.mpf(1)
        for n in range(-k):
            below, hermite = hermite, v * hermite - n * below
        return density * hermite
    below, above = density, context.erfc(v / context.sqrt(2)) / 2
    for m in range(1, k):
        below, above = above, (below - v * above) / m
    return above


def _logistic_tail(context: Any, k: int, v: Any) -> Any:
    return -context.re(context.polylog(k - 1, -context.exp(-v)))


def _sech_tail(context: Any, k: int, v: Any) -> Any:
    argument = context.mpc(0, context.exp(-context.pi * v / 2))
    return (2 / context.pi) ** k * context.im(context.polylog(k, argument))


def _gaussian_moment(context: Any, k: int) -> Any:
    return context.fac2(k - 1) if k else context.mpf(1)


def _logistic_moment(context: Any, k: int) -> Any:
    return 2 * context.altzeta(k) * context.factorial(k) if k else context.mpf(1)


def _sech_moment(context: Any, k: int) -> Any:
    return abs(context.eulernum(k))


def _cauchy(context: Any, k: int, r: Any, h: Any) -> Any:
    """Return the sum of q^n e^(2 pi i n y)/(2 pi n)^k, a polylogarithm."""
    w = context.mpc(-2 * context.pi * h, 2 * context.pi * r)
    value = 2 * context.polylog(k, context.exp(w)) / (2 * context.pi) ** k
    if k % 2:
        return (-1) ** ((k + 1) // 2) * context.im(value)
    return (-1) ** (k // 2 + 1) * context.re(value)


def _laplace(context: Any, k: int, r: Any, h: Any) -> Any:
    # (1 - h^2 D^2) W_k is the Bernoulli function itself.
    with context.workprec(context.prec + max(0, int((k + 2) * context.mag(h)) + 10)):
        scale = 2 * context.expm1(-1 / h)
        left, right = context.exp(-r / h), context.exp(-(1 - r) / h)
        if k % 2:
            value = h ** (k - 1) * (right - left) / scale
        else:
            value = h ** (k - 1) * (right + left) / scale
        for i in range(k // 2 + 1):
            order = k - 2 * i
            if order >= 0:
                value += h ** (2 * i) * context.bernpoly(order, r) / context.factorial(order)
        return value


def _student(context: Any, k: int, r: Any, h: Any) -> Any:
    if h >= context.mpf(1) / 4 or k not in (1, 2):
        return _fourier(context, k, r, h, lambda c, s: s * c.besselk(1, s))
    # The tails of the images fall like a power: Hurwitz' zeta sums them.
    first = 10
    if k == 1:
        total = r - context.mpf(1) / 2
        for m in range(1, first):
            total -= _student_tail(context, 1, (m - r) / h)
        for m in range(first):
            total += _student_tail(context, 1, (r + m) / h)
    else:
        total = context.bernpoly(2, r) / 2
        total += h * h / 2 * (context.log(2 / h) + context.mpf(1) / 2 - context.euler)
        for m in range(1, first):
            total += h * h / (2 * m) - h * _student_tail(context, 2, (m - r) / h)
        for m in range(first):
            total -= h * _student_tail(context, 2, (r + m) / h)
        both = context.psi(0, first - r) + context.psi(0, first + r) - 2 * context.psi(0, first)
        total += h * h / 4 * both
    j = k
    while True:
        power = 2 * j + (1 - k)
        weight = context.binomial(context.mpf(-1) / 2 if k == 1 else context.mpf(1) / 2, j) / 2
        left, right = context.zeta(power, first - r), context.zeta(power, first + r)
        term = weight * h ** (2 * j) * (left - right if k == 1 else -(left + right))
        total += term
        if abs(weight * h ** (2 * j) * left) < context.eps * h / 1000:
            break
        j += 1
    return total


def _student_tail(context: Any, k: int, v: Any) -> Any:
    root = context.sqrt(1 + v * v)
    return 1 / (2 * root * (root + v)) if k == 1 else 1 / (2 * (root + v))


def _by_density(context: Any, name: str, k: int, r: Any, h: Any) -> Any:
    """Integrate W_k = E B_k(r - h T)/k! between kinks, or sum over the jumps of the density."""
    density, ends, rate = _DENSITIES[name](context)
    if h >= 2:
        return _by_rising_breaks(context, k, r, h, rate)
    factorial = context.factorial(k)

    def smoothed(t: Any) -> Any:
        y = r - h * t
        return density(t) * context.bernpoly(k, y - context.floor(y)) / factorial

    lowest, highest = context.ceil(r - h), context.floor(r + h)
    kinks = {(r - m) / h for m in range(int(lowest), int(highest) + 1)}
    places = sorted({*ends, *(kink for kink in kinks if -1 < kink < 1)})
    return context.quad(smoothed, places)


def _ends(context: Any) -> tuple[Any, ...]:
    return (context.mpf(-1), context.mpf(0), context.mpf(1))


def _by_rising_breaks(context: Any, k: int, r: Any, h: Any, rate: Any) -> Any:
    """Return the sum over the jumps at -1 and 1 of the cosine or raised cosine density."""
    raised = rate == context.pi
    total = context.mpf(0)
    places = [y - context.floor(y) for y in (r + h, r - h)]
    i = 2 if raised else 1
    sign = 1
    while True:
        # (1 + cos(pi t))/2 has the derivatives (-1)^(i/2) pi^i cos(pi t)/2, i even; and
        # (pi/4) cos(pi t/2) those of odd order (-1)^((i+1)/2) (pi/4) (pi/2)^i sin(pi t/2).
        jump = sign * rate**i / 2 if raised else sign * rate ** (i + 1) / 2
        order = k + i + 1
        left, right = (context.bernpoly(order, y) / context.factorial(order) for y in places)
        total += jump / h ** (i + 1) * (left - right if raised else left + right)
        if abs(jump) / h ** (i + 1) * context.mpf(2 * context.pi) ** -order < context.eps / 1000:
            return total
        i += 2
        sign = -sign


_DENSITIES: dict[str, Callable[..., Any]] = {
    "cosine": lambda c: (lambda t: c.pi / 4 * c.cospi(t / 2), _ends(c), c.pi / 2),
    "raised_cosine": lambda c: (lambda t: (1 + c.cospi(t)) / 2, _ends(c), +c.pi),
}

_CLOSED: dict[str, Callable[..., Any]] = {
    "cauchy": _cauchy,
    "laplace": _laplace,
    "student_t2": _student,
}

_TAILS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "gaussian": (_gaussian_tail, _gaussian_moment),
    "logistic": (_logistic_tail, _logistic_moment),
    "sech": (_sech_tail, _sech_moment),
}

_TRANSFORMS: dict[str, Callable[..., Any]] = {
    "cauchy": lambda c, s: c.exp(-s),
    "gaussian": lambda c, s: c.exp(-s * s / 2),
    "laplace": lambda c, s: 1 / (1 + s * s),
    "logistic": lambda c, s: c.pi * s / c.sinh(c.pi * s),
    "sech": lambda c, s: c.sech(s),
}

_COMPACT = {
    law.name: law.breaks()
    for law in LAWS
    if law.breaks is not None and law.name != "laplace" and law.name not in _DENSITIES
}
