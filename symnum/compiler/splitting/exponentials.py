"""Exponentials, logarithms and powers of complex numbers in functions of real ones."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import S

from symnum.compiler.splitting.pairs import (
    Pair,
    is_nonnegative,
    magnitude,
    power_of_two,
)
from symnum.compiler.terms import Term, call, choose, constant, nan

__all__ = ["EXPONENTIALS", "exponential", "grown", "limited", "log_modulus"]

# The exponential of a large number is exp(x - step) * exp(step/2) * exp(step/2): its product with a
# small sine may be finite where it is not. Each row is a bound above which a step is taken; the
# differences are exact, and from 40 to 429 until every product is infinite.
STEPS = ((1080, 1040), (700, 660))

# exp(HIGHEST) is finite. What is larger, also infinity, is put back to it, so that the product with
# sin(0) is 0 and not NaN; with any other number and the factors it is infinite.
HIGHEST = 709


def limited(x: Term) -> tuple[Term, Term]:
    """Return what is left of x, whose exponential does not overflow, and the missing factor.

    Parameters
    ----------
    x : Term
        A real number; only large positive ones are replaced.

    Returns
    -------
    rest, factor : Term
        With exp(x) = exp(rest) * factor**2; see `grown`.
    """
    step, factor = constant(x, 0), constant(x, 1)
    for bound, size in reversed(STEPS):
        above = x.compare(">", bound)
        step = choose(above, constant(x, size), step)
        factor = choose(above, constant(x, sympy.exp(S(size) / 2)), factor)
    return call("minimum", x - step, constant(x, HIGHEST)), factor


def grown(part: Term, growth: Term, factor: Term) -> Term:
    """Return part * growth * factor**2, with the first factor before the growth.

    A part that is nearly nothing does not vanish, and nothing overflows that should not.
    """
    return part * factor * growth * factor


def exponential(z: Pair) -> Pair:
    """Return exp(z) = exp(x) (cos y + i sin y)."""
    if z.imaginary is None:
        return Pair(call("exp", z.parts[0]), None)
    cosine, sine = call("cos", z.imaginary), call("sin", z.imaginary)
    if z.real is None:
        return Pair(cosine, sine)
    exponent, factor = limited(z.real)
    growth = call("exp", exponent)
    return Pair(grown(cosine, growth, factor), grown(sine, growth, factor))


def exponential_minus_one(z: Pair) -> Pair:
    """Return exp(z) - 1 = (exp(x) - 1) cos y - (1 - cos y) + i exp(x) sin y."""
    if z.imaginary is None:
        return Pair(call("expm1", z.parts[0]), None)
    cosine, sine = call("cos", z.imaginary), call("sin", z.imaginary)
    # 1 - cos y = sin(y)**2/(1 + cos y), where it would cancel.
    right = cosine.compare(">", 0)
    versine = choose(right, sine * sine, 1 - cosine) / choose(right, 1 + cosine, 1)
    if z.real is None:
        return Pair(-versine, sine)
    exponent, factor = limited(z.real)
    growth = call("expm1", exponent)
    return Pair(grown(cosine, growth, factor) - versine, grown(sine, growth + 1, factor))


# --------------------------------------------------------------------------- logarithms


def _minus(a: Term, b: Term | int) -> Term:
    """Return a - b as an operation that no pass takes apart: errors are found by it."""
    return a.make("fused_multiply_add", a, 1, -b if isinstance(b, Term) else constant(a, -b))


def _two_sum(a: Term, b: Term) -> tuple[Term, Term]:
    """Return the rounded sum of two numbers and its error (Knuth)."""
    total = a + b
    shadow = _minus(total, a)
    return total, _minus(a, _minus(total, shadow)) + _minus(b, shadow)


def _square_excess(d: Term, e: Term) -> Term:
    """Return (1 + d)**2 + e**2 - 1 = 2 d + d**2 + e**2 with few wrong digits if it cancels."""
    squares = [d * d, e * e]
    errors = [
        part.make("fused_multiply_add", part, part, -square)
        for part, square in zip((d, e), squares, strict=True)
    ]
    inner, lost = _two_sum(*squares)
    outer, missed = _two_sum(d + d, inner)
    return outer + ((missed + lost) + (errors[0] + errors[1]))


def log_modulus(x: Term, y: Term, size: Term, excess: Term) -> Term:
    """Return log|x + i y| with one call of the logarithm.

    Near the unit circle it is half of log(1 + t), t = |x + i y|**2 - 1, with the rounding error
    of 1 + t made good; elsewhere half of log(x**2 + y**2), scaled.

    Parameters
    ----------
    x, y : Term
        The parts of the number.
    size : Term
        The larger absolute value of the two.
    excess : Term
        The number t, where it is near the unit circle.
    """
    huge, tiny = size.compare(">", S(2) ** 500), size.compare("<", S(2) ** -400)
    scale = choose(huge, power_of_two(x, -600), choose(tiny, power_of_two(x, 600), 1))
    gone = 600 * sympy.log(2)
    shift = choose(huge, constant(x, gone), choose(tiny, constant(x, -gone), 0))
    first, second = x * scale, y * scale
    square = first * first + second * second
    near = size.make("both", square.compare(">", S.Half), square.compare("<", 2))
    near = size.make("both", near, scale.compare("==", 1))
    rounded = 1 + excess
    rest = _minus(excess, _minus(rounded, 1)) / rounded
    logarithm = call("log", choose(near, rounded, square))
    value: Term = (logarithm + choose(near, rest, shift + shift)) * S.Half
    return value


def logarithm(z: Pair) -> Pair:
    """Return the principal logarithm."""
    if z.imaginary is None:
        x = z.parts[0]
        if is_nonnegative(x):
            return Pair(call("log", x), None)
        angle = choose(x.compare("<", 0), constant(x, sympy.pi), 0)
        return Pair(call("log", call("absolute", x)), angle)
    x, y = z.parts
    angle = call("atan2", y, x)
    if z.real is None:
        return Pair(call("log", call("absolute", y)), angle)
    first, second = call("absolute", x), call("absolute", y)
    large, small = call("maximum", first, second), call("minimum", first, second)
    return Pair(log_modulus(large, small, large, _square_excess(large - 1, small)), angle)


def logarithm_of_one_plus(z: Pair) -> Pair:
    """Return log(1 + z), accurate for small z."""
    x, y = z.parts
    if z.imaginary is None:
        left = x.compare("<", -1)
        # |1 + x| = 1 + (-2 - x) for x < -1
        return Pair(call("log1p", choose(left, -2 - x, x)), choose(left, constant(x, sympy.pi), 0))
    base = 1 + x
    modulus = log_modulus(base, y, magnitude(base, y), _square_excess(x, y))
    return Pair(modulus, call("atan2", y, base))


def _based(base: int) -> Callable[[Pair], Pair]:
    def rule(z: Pair) -> Pair:
        value = logarithm(z)
        if z.is_real and value.is_real:
            return Pair(call(f"log{base}", z.parts[0]), None)
        factor = 1 / sympy.log(base)
        return Pair(*(None if part is None else part * factor for part in value.parts))

    return rule


# --------------------------------------------------------------------------- powers


def _real_power(z: Pair, w: Pair) -> Pair | None:
    """Return a real power of a real number, None where one of them is not real."""
    if z.imaginary is not None or w.imaginary is not None:
        return None
    (x, _), (u, _) = z.parts, w.parts
    if is_nonnegative(x):
        return Pair(call("power", x, u), None)
    size = call("power", call("absolute", x), u)
    left, turn = x.compare("<", 0), u * sympy.pi
    return Pair(
        choose(left, size * call("cos", turn), size), choose(left, size * call("sin", turn), 0)
    )


def _modulus_and_angle(z: Pair) -> tuple[Term, Term | None]:
    """Return |z| and the angle of z, None where it is 0 by construction."""
    x, y = z.parts
    if z.imaginary is not None:
        return call("hypot", x, y), call("atan2", y, x)
    if is_nonnegative(x):
        return x, None
    return call("absolute", x), choose(x.compare("<", 0), constant(x, sympy.pi), 0)


def power(z: Pair, w: Pair) -> Pair:
    """Return z**w, the principal value, in polar form; 0**0 is 1.

    With w = u + i v, r = |z| and t the angle of z: r**u exp(-v t) is the modulus and
    v log r + u t the angle. That keeps digits that exp(w log z) loses for large and small z.
    """
    real = _real_power(z, w)
    if real is not None:
        return real
    radius, angle = _modulus_and_angle(z)
    if w.imaginary is None:
        assert w.real is not None
        assert angle is not None
        size = call("power", radius, w.real)
        turn = w.real * angle
        return Pair(size * call("cos", turn), size * call("sin", turn))
    u, v = w.real, w.imaginary
    # Half of the exponent, twice: the factors of the modulus may overflow where it does not.
    root = constant(v, 1) if u is None else call("power", radius, u * S.Half)
    turn = v * call("log", radius)
    if angle is not None:
        root = root * call("exp", v * angle * -S.Half)
        turn = turn if u is None else turn + u * angle
    value = Pair(root * call("cos", turn) * root, root * call("sin", turn) * root)
    return _power_of_zero(radius, u, v, value)


def _power_of_zero(radius: Term, u: Term | None, v: Term, value: Pair) -> Pair:
    """Put in what powers of zero are: 0, 1 for 0**0, or NaN."""
    exponent = constant(v, 0) if u is None else u
    none = v.make("both", exponent.compare("==", 0), v.compare("==", 0))
    at_zero = choose(exponent.compare(">", 0), 0, choose(none, 1, nan(v)))
    zero = radius.compare("==", 0)
    real, imaginary = value.parts
    return Pair(
        choose(zero, at_zero, real),
        choose(zero, choose(at_zero.compare(">=", 0), 0, nan(v)), imaginary),
    )


EXPONENTIALS: dict[str, Callable[..., Pair]] = {
    "exp": exponential,
    "expm1": exponential_minus_one,
    "log": logarithm,
    "log1p": logarithm_of_one_plus,
    "log2": _based(2),
    "log10": _based(10),
    "power": power,
}
