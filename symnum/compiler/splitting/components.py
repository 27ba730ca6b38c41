"""Parts of complex numbers, corners and jumps, and functions that take real numbers only."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import S

from symnum.compiler.splitting.arithmetic import add, divide, multiply, square_root
from symnum.compiler.splitting.exponentials import logarithm
from symnum.compiler.splitting.pairs import Pair, bare, is_nonnegative, magnitude, power_of_two
from symnum.compiler.terms import Term, call, choose, constant, nan

__all__ = ["COMPONENTS"]


def absolute(z: Pair) -> Pair:
    """Return the modulus, without overflow half way."""
    if z.real is not None and z.imaginary is not None:
        return Pair(call("hypot", bare(z.real) or z.real, bare(z.imaginary) or z.imaginary), None)
    part = z.real or z.imaginary
    assert part is not None
    return Pair(part if is_nonnegative(part) else call("absolute", part), None)


def argument(z: Pair) -> Pair:
    """Return the angle, from -pi to pi."""
    x, y = z.parts
    if z.imaginary is not None:
        return Pair(call("atan2", y, x), None)
    if is_nonnegative(x):
        return Pair(constant(x, 0), None)
    right = choose(x.compare(">=", 0), 0, nan(x))
    return Pair(choose(x.compare("<", 0), constant(x, sympy.pi), right), None)


def conjugate(z: Pair) -> Pair:
    """Return x - i y."""
    return Pair(z.real, None if z.imaginary is None else -z.imaginary)


def real_part(z: Pair) -> Pair:
    """Return x."""
    return Pair(z.parts[0], None)


def imaginary_part(z: Pair) -> Pair:
    """Return y."""
    return Pair(z.parts[1], None)


def _both_parts(name: str) -> Callable[[Pair], Pair]:
    def rule(z: Pair) -> Pair:
        return Pair(*(None if part is None else call(name, part) for part in (z.real, z.imaginary)))

    return rule


def _are_real(*numbers: Pair) -> Term | None:
    """Return the condition that some numbers are real, None where it holds by construction."""
    condition: Term | None = None
    for number in numbers:
        if number.imaginary is not None:
            test = number.imaginary.compare("==", 0)
            condition = test if condition is None else test.make("both", condition, test)
    return condition


def _of_reals(name: str) -> Callable[[Pair, Pair], Pair]:
    """Return the rule of a function of two real numbers, which is NaN for others."""

    def rule(z: Pair, w: Pair) -> Pair:
        value = call(name, z.parts[0], w.parts[0])
        condition = _are_real(z, w)
        return Pair(value if condition is None else choose(condition, value, nan(value)), None)

    return rule


def _chosen(condition: Term, real: Term, other: Pair) -> Pair:
    first, second = other.parts
    return Pair(choose(condition, real, first), choose(condition, 0, second))


def hypotenuse(z: Pair, w: Pair) -> Pair:
    """Return sqrt(z**2 + w**2), scaled by a power of two."""
    real = call("hypot", z.parts[0], w.parts[0])
    condition = _are_real(z, w)
    if condition is None:
        return Pair(real, None)
    size = magnitude(*z.parts, *w.parts)
    huge, tiny = size.compare(">", S(2) ** 500), size.compare("<", S(2) ** -400)
    scale = choose(huge, power_of_two(size, -600), choose(tiny, power_of_two(size, 600), 1))
    back = choose(huge, power_of_two(size, 600), choose(tiny, power_of_two(size, -600), 1))
    factor = Pair(scale, None)
    squares = [multiply(number, number) for number in (multiply(factor, z), multiply(factor, w))]
    return _chosen(condition, real, multiply(Pair(back, None), square_root(add(*squares))))


def angle(y: Pair, x: Pair) -> Pair:
    """Return atan2(y, x) = -i log((x + i y)/sqrt(x**2 + y**2)), real where both operands are."""
    real = call("atan2", y.parts[0], x.parts[0])
    condition = _are_real(y, x)
    if condition is None:
        return Pair(real, None)
    unit = Pair(None, constant(real, 1))
    turned = divide(add(x, multiply(unit, y)), square_root(add(multiply(x, x), multiply(y, y))))
    modulus, turn = logarithm(turned).parts
    return _chosen(condition, real, Pair(turn, -modulus))


COMPONENTS: dict[str, Callable[..., Pair]] = {
    "absolute": absolute,
    "argument": argument,
    "conjugate": conjugate,
    "real_part": real_part,
    "imaginary_part": imaginary_part,
    "floor": _both_parts("floor"),
    "ceiling": _both_parts("ceiling"),
    "modulo": _of_reals("modulo"),
    "maximum": _of_reals("maximum"),
    "minimum": _of_reals("minimum"),
    "hypot": hypotenuse,
    "atan2": angle,
}
