"""Trigonometric and hyperbolic functions of complex numbers in functions of real ones."""

from __future__ import annotations

from collections.abc import Callable

from sympy import S

from symnum.compiler.splitting.exponentials import grown, limited
from symnum.compiler.splitting.pairs import Pair, signed
from symnum.compiler.terms import Term, call, choose, constant

__all__ = ["CIRCULAR", "hyperbolic"]

# Above, 1/cosh(x)**2 is below the normal numbers, and cosh(x)**2 is still finite.
TANGENT_LIMIT = 354


def hyperbolic(size: Term) -> tuple[Term, Term]:
    """Return cosh and sinh of a nonnegative number from one exponential.

    With g = exp(x) - 1 and q = g/(g + 1): cosh(x) = 1 + g q/2, sinh(x) = (g + q)/2; nothing
    cancels.
    """
    growth = call("expm1", size)
    ratio = growth / (growth + 1)
    return 1 + growth * ratio * S.Half, (growth + ratio) * S.Half


def _scaled(x: Term) -> tuple[Term, Term, Term]:
    """Return cosh(x) and sinh(x) without the square of a factor, and the factor."""
    size, factor = limited(call("absolute", x))
    cosine, sine = hyperbolic(size)
    return cosine, signed(sine, x), factor


def sinh(z: Pair) -> Pair:
    """Return sinh(z) = sinh x cos y + i cosh x sin y."""
    if z.imaginary is None:
        return Pair(call("sinh", z.parts[0]), None)
    if z.real is None:
        return Pair(None, call("sin", z.imaginary))
    cosine, sine, factor = _scaled(z.real)
    real, imaginary = call("cos", z.imaginary), call("sin", z.imaginary)
    return Pair(grown(real, sine, factor), grown(imaginary, cosine, factor))


def cosh(z: Pair) -> Pair:
    """Return cosh(z) = cosh x cos y + i sinh x sin y."""
    if z.imaginary is None:
        return Pair(call("cosh", z.parts[0]), None)
    if z.real is None:
        return Pair(call("cos", z.imaginary), None)
    cosine, sine, factor = _scaled(z.real)
    real, imaginary = call("cos", z.imaginary), call("sin", z.imaginary)
    return Pair(grown(real, cosine, factor), grown(imaginary, sine, factor))


def sin(z: Pair) -> Pair:
    """Return sin(z) = sin x cosh y + i cos x sinh y."""
    if z.imaginary is None:
        return Pair(call("sin", z.parts[0]), None)
    if z.real is None:
        return Pair(None, call("sinh", z.imaginary))
    cosine, sine, factor = _scaled(z.imaginary)
    along, across = call("sin", z.real), call("cos", z.real)
    return Pair(grown(along, cosine, factor), grown(across, sine, factor))


def cos(z: Pair) -> Pair:
    """Return cos(z) = cos x cosh y - i sin x sinh y."""
    if z.imaginary is None:
        return Pair(call("cos", z.parts[0]), None)
    if z.real is None:
        return Pair(call("cosh", z.imaginary), None)
    cosine, sine, factor = _scaled(z.imaginary)
    along, across = call("cos", z.real), call("sin", z.real)
    return Pair(grown(along, cosine, factor), -grown(across, sine, factor))


def _tangent_parts(x: Term, y: Term) -> tuple[Term, Term]:
    """Return both parts of tanh(x + i y).

    They are sinh x cosh x and sin y cos y over cos(y)**2 + sinh(x)**2, a sum of squares, so that
    nothing cancels, not even near the poles.
    """
    size = call("absolute", x)
    cosine, sine = hyperbolic(call("minimum", size, constant(x, TANGENT_LIMIT)))
    across, along = call("cos", y), call("sin", y)
    bottom = across * across + sine * sine
    turn = along * across / bottom
    visible = choose(size.compare(">", TANGENT_LIMIT), 0, constant(x, 1))
    return signed(cosine * sine / bottom, x), turn * visible


def tanh(z: Pair) -> Pair:
    """Return tanh(z) without overflow."""
    if z.imaginary is None:
        return Pair(call("tanh", z.parts[0]), None)
    if z.real is None:
        return Pair(None, call("tan", z.imaginary))
    return Pair(*_tangent_parts(z.real, z.imaginary))


def tan(z: Pair) -> Pair:
    """Return tan(z) = -i tanh(i z)."""
    if z.imaginary is None:
        return Pair(call("tan", z.parts[0]), None)
    if z.real is None:
        return Pair(None, call("tanh", z.imaginary))
    imaginary, real = _tangent_parts(z.imaginary, z.real)
    return Pair(real, imaginary)


CIRCULAR: dict[str, Callable[[Pair], Pair]] = {
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
}
