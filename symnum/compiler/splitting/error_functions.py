"""Error functions of complex numbers.

In the right half-plane erfc(z) = exp(-z**2) W(z) with the scaled function W, which is a rational
function to all digits of a double (J. A. C. Weideman, Computation of the complex error function,
SIAM J. Numer. Anal. 31 (1994), 1497); elsewhere erfc(z) = 2 - erfc(-z). Near 0, where 1 - erfc(z)
would cancel, erf is its Taylor series.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import sympy
from sympy import Expr, S

from symnum.compiler.constants import working_context
from symnum.compiler.splitting.arithmetic import add, divide, multiply, negative, select, subtract
from symnum.compiler.splitting.exponentials import grown, limited
from symnum.compiler.splitting.pairs import Pair
from symnum.compiler.terms import Term, call, choose, constant

__all__ = ["ERROR_FUNCTIONS", "weideman_coefficients"]

# So many terms bring the rational function to 2e-16 of W in the whole half-plane.
TERMS = 40

# The Taylor series in z**2, for |z| < 1: the term after the last is below 1e-17.
SERIES = 18


@cache
def weideman_coefficients() -> tuple[Expr, tuple[Expr, ...]]:
    """Return the scale L and the coefficients of W(z) = 2 p(Z)/(L + z)**2 + 1/(sqrt(pi) (L + z)).

    Z is (L - z)/(L + z), and the coefficients of p are those of the Fourier series of
    (L**2 + t**2) exp(-t**2) with t = L tan(theta/2), by the trapezoidal rule, which converges
    faster than any power here.

    Returns
    -------
    scale : Expr
    coefficients : tuple of Expr
        The constant first; each the double nearest to the coefficient.

    Examples
    --------
    >>> scale, coefficients = weideman_coefficients()
    >>> len(coefficients), float(scale)
    (40, 5.3182958969449885)
    """
    context = working_context(30)
    points = 2 * TERMS
    scale = context.sqrt(TERMS / context.sqrt(2))
    step = context.pi / points
    samples = []
    for k in range(points):
        square = (scale * context.tan(k * step / 2)) ** 2
        samples.append((scale**2 + square) * context.exp(-square))
    cosines = [context.cos(k * step) for k in range(2 * points)]
    coefficients = []
    for order in range(1, TERMS + 1):
        terms = (samples[k] * cosines[order * k % (2 * points)] for k in range(1, points))
        total = samples[0] + 2 * context.fsum(terms)
        coefficients.append(_double(total / (2 * points)))
    return _double(scale), tuple(coefficients)


def _double(number: Any) -> Expr:
    return sympy.Rational(*float(number).as_integer_ratio())


def _polynomial(coefficients: Sequence[Expr], z: Pair) -> Pair:
    """Return a polynomial with real coefficients, the constant first, by Horner's scheme."""
    like = z.parts[0]
    total = Pair(constant(like, coefficients[-1]), None)
    for coefficient in reversed(coefficients[:-1]):
        total = add(multiply(total, z), Pair(constant(like, coefficient), None))
    return total


def _scaled_complement(z: Pair) -> Pair:
    """Return W(z) = exp(z**2) erfc(z) in the right half-plane."""
    like = z.parts[0]

    def number(value: Expr | int) -> Pair:
        return Pair(constant(like, value), None)

    scale, coefficients = weideman_coefficients()
    inverse = divide(number(1), add(z, number(scale)))
    inner = subtract(multiply(number(2 * scale), inverse), number(1))
    sum_ = multiply(number(2), multiply(_polynomial(coefficients, inner), inverse))
    return multiply(inverse, add(sum_, number(1 / sympy.sqrt(sympy.pi))))


def _right_complement(z: Pair) -> Pair:
    """Return erfc(z) = exp(-z**2) W(z) in the right half-plane."""
    x, y = z.parts
    size = (y - x) * (y + x)
    # Where the exponential vanishes, the angle may be infinite.
    angle = choose(size.compare("<", -800), 0, (x + x) * y)
    exponent, factor = limited(size)
    growth = call("exp", exponent)
    turn = Pair(call("cos", angle), -call("sin", angle))
    real, imaginary = multiply(turn, _scaled_complement(z)).parts
    return Pair(grown(real, growth, factor), grown(imaginary, growth, factor))


def _reflected(z: Pair) -> tuple[Pair, Term]:
    """Return z or -z, whichever is in the right half-plane, and whether it is -z."""
    left = z.parts[0].compare("<", 0)
    return select(left, negative(z), z), left


def erfc(z: Pair) -> Pair:
    """Return erfc(z)."""
    x = z.parts[0]
    if z.imaginary is None:
        return Pair(call("erfc", x), None)
    right, left = _reflected(z)
    value = _right_complement(right)
    return select(left, subtract(Pair(constant(x, 2), None), value), value)


def erf(z: Pair) -> Pair:
    """Return erf(z)."""
    x, y = z.parts
    if z.imaginary is None:
        return Pair(call("erf", x), None)
    right, left = _reflected(z)
    far = subtract(Pair(constant(x, 1), None), _right_complement(right))
    far = select(left, negative(far), far)
    square = multiply(z, z)
    factor = 2 / sympy.sqrt(sympy.pi)
    coefficients = [
        factor * S.NegativeOne**k / (sympy.factorial(k) * (2 * k + 1)) for k in range(SERIES)
    ]
    near = multiply(z, _polynomial(coefficients, square))
    real, imaginary = select((x * x + y * y).compare("<", 1), near, far).parts
    # Odd and real for real numbers, it is imaginary on the imaginary axis.
    return Pair(choose(x.compare("==", 0), x, real), imaginary)


def erfi(z: Pair) -> Pair:
    """Return erfi(z) = -i erf(i z)."""
    x, y = z.parts
    if z.imaginary is None:
        return Pair(call("erfi", x), None)
    value = erf(Pair(-y, x))
    real, imaginary = value.parts
    return Pair(imaginary, -real)


ERROR_FUNCTIONS: dict[str, Callable[[Pair], Pair]] = {"erf": erf, "erfc": erfc, "erfi": erfi}
