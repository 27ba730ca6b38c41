"""Functions of complex numbers for generated code, where Numba's own are wrong or inaccurate.

The text of these definitions is copied into each kernel's file; see `snippets.py`. Branch cuts and
the signs of zeros are those of C99, Annex G, which NumPy and Python's `cmath` follow.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from symnum.compiler.primitives import (
    ceiling,
    floor,
    inline,
    maximum,
    minimum,
    modulo,
    multiply_add,
)

# Above, 1/cosh(x)**2 is below the last place of 1 and cosh(x)**2 is still far from overflow.
HYPERBOLIC_LIMIT = 22.0


@inline
def complex_absolute(z: Any) -> Any:
    """Return the modulus."""
    return complex(math.hypot(z.real, z.imag), 0.0)


@inline
def complex_argument(z: Any) -> Any:
    """Return the angle, from -pi to pi."""
    return complex(math.atan2(z.imag, z.real), 0.0)


@inline
def complex_less(z: Any, w: Any) -> Any:
    """Compare real numbers; false where an imaginary part is not zero."""
    return (z.imag == 0.0) & (w.imag == 0.0) & (z.real < w.real)


@inline
def complex_less_equal(z: Any, w: Any) -> Any:
    """Compare real numbers; false where an imaginary part is not zero."""
    return (z.imag == 0.0) & (w.imag == 0.0) & (z.real <= w.real)


@inline
def complex_floor(z: Any) -> Any:
    """Round both parts down."""
    return complex(floor(z.real), floor(z.imag))


@inline
def complex_ceiling(z: Any) -> Any:
    """Round both parts up."""
    return complex(ceiling(z.real), ceiling(z.imag))


@inline
def both_real(z: Any, w: Any) -> Any:
    """Tell whether both numbers are real."""
    return (z.imag == 0.0) & (w.imag == 0.0)


@inline
def complex_maximum(z: Any, w: Any) -> Any:
    """Return the larger of two real numbers, NaN for others."""
    return complex(maximum(z.real, w.real), 0.0) if both_real(z, w) else complex(math.nan, math.nan)


@inline
def complex_minimum(z: Any, w: Any) -> Any:
    """Return the smaller of two real numbers, NaN for others."""
    return complex(minimum(z.real, w.real), 0.0) if both_real(z, w) else complex(math.nan, math.nan)


@inline
def complex_modulo(z: Any, w: Any) -> Any:
    """Return the remainder of two real numbers, NaN for others."""
    return complex(modulo(z.real, w.real), 0.0) if both_real(z, w) else complex(math.nan, math.nan)


@inline
def complex_log(z: Any) -> Any:
    """Return the principal logarithm; near abs(z) = 1 its real part loses no digits."""
    large = max(abs(z.real), abs(z.imag))
    small = min(abs(z.real), abs(z.imag))
    if 0.5 <= large <= 1.5 and small <= 1.0:
        # |z|**2 - 1 = (large - 1)*(large + 1) + small**2, the product with its rounding error.
        lower, upper = large - 1.0, large + 1.0
        product = lower * upper
        square = small * small
        errors = multiply_add(lower, upper, -product) + multiply_add(small, small, -square)
        real = 0.5 * math.log1p((product + square) + errors)
    else:
        real = math.log(math.hypot(z.real, z.imag))
    return complex(real, math.atan2(z.imag, z.real))


@inline
def complex_log1p(z: Any) -> Any:
    """Return log(1 + z), accurate for small z."""
    if abs(z.real) < 0.5 and abs(z.imag) < 0.5:
        double, square = z.real * (2.0 + z.real), z.imag * z.imag
        return complex(0.5 * math.log1p(double + square), math.atan2(z.imag, 1.0 + z.real))
    return complex_log(complex(1.0 + z.real, z.imag))


@inline
def complex_expm1(z: Any) -> Any:
    """Return exp(z) - 1, accurate for small z."""
    if abs(z.real) > 1.0:
        w = numpy.exp(z)
        return complex(w.real - 1.0, w.imag)
    half = math.sin(0.5 * z.imag)
    growth = math.expm1(z.real)
    # exp(x) cos(y) - 1 = (exp(x) - 1) cos(y) - 2 sin(y/2)**2
    real = growth * math.cos(z.imag) - 2.0 * half * half
    return complex(real, (growth + 1.0) * math.sin(z.imag))


@inline
def complex_tanh(z: Any) -> Any:
    """Return tanh(z) without overflow (Kahan, Branch cuts for complex elementary functions)."""
    if abs(z.real) > HYPERBOLIC_LIMIT:
        decay = math.exp(-2.0 * abs(z.real))
        turn = 4.0 * math.sin(z.imag) * math.cos(z.imag) * decay
        return complex(math.copysign(1.0, z.real), turn)
    slope = math.tan(z.imag)
    beta = 1.0 + slope * slope
    sine = math.sinh(z.real)
    cosine = math.sqrt(1.0 + sine * sine)
    if math.isinf(slope):
        return complex(cosine / sine, 1.0 / slope)
    scale = 1.0 + beta * sine * sine
    return complex(beta * cosine * sine / scale, slope / scale)


@inline
def complex_tan(z: Any) -> Any:
    """Return tan(z) as -i tanh(i z)."""
    w = complex_tanh(complex(-z.imag, z.real))
    return complex(w.imag, -w.real)


@inline
def complex_acosh(z: Any) -> Any:
    """Return acosh(z) (Kahan, Branch cuts for complex elementary functions)."""
    lower = numpy.sqrt(complex(z.real - 1.0, z.imag))
    upper = numpy.sqrt(complex(z.real + 1.0, z.imag))
    if abs(z.real) > 1e150 or abs(z.imag) > 1e150:
        # The products of the roots lose the small parts; acosh(z) = log(2 z) to all digits there.
        w = complex_log(complex(0.5 * z.real, 0.5 * z.imag))
        return complex(w.real + 2.0 * math.log(2.0), w.imag)
    real = math.asinh(lower.real * upper.real + lower.imag * upper.imag)
    return complex(real, 2.0 * math.atan2(lower.imag, upper.real))


@inline
def complex_log2(z: Any) -> Any:
    """Return the logarithm to base 2."""
    w = complex_log(z)
    return complex(w.real / math.log(2.0), w.imag / math.log(2.0))


@inline
def complex_log10(z: Any) -> Any:
    """Return the logarithm to base 10."""
    w = complex_log(z)
    return complex(w.real / math.log(10.0), w.imag / math.log(10.0))


@inline
def complex_hypot(z: Any, w: Any) -> Any:
    """Return sqrt(z**2 + w**2), without overflow for real numbers."""
    if both_real(z, w):
        return complex(math.hypot(z.real, w.real), 0.0)
    return numpy.sqrt(z * z + w * w)


@inline
def complex_atan2(y: Any, x: Any) -> Any:
    """Return -i log((x + i y)/sqrt(x**2 + y**2)), real where both operands are."""
    if both_real(y, x):
        return complex(math.atan2(y.real, x.real), 0.0)
    w = complex_log(numpy.divide(x + 1j * y, numpy.sqrt(x * x + y * y)))
    return complex(w.imag, -w.real)


@inline
def complex_power(z: Any, w: Any) -> Any:
    """Return z**w, the principal value; 0**0 is 1."""
    if both_real(z, w) and z.real >= 0.0:
        # The argument of z is a zero with the sign of its imaginary part.
        return complex(math.pow(z.real, w.real), w.real * z.imag)
    if z.real == 0.0 and z.imag == 0.0:
        return complex(0.0, 0.0) if w.real > 0.0 else complex(math.nan, math.nan)
    return numpy.exp(w * complex_log(z))
