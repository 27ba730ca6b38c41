"""Rigorous exponentials of matrices of numbers, in ball arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

__all__ = ["double_exponential", "expm_ball"]

# Bits beyond which no more digits are tried.
MOST_BITS = 1 << 17

# Digits of a double that are asked of a ball, and the bits at which that begins.
DOUBLE_DIGITS = 18
FIRST_BITS = 128

# Products of larger matrices take very long where exponents of two are beyond this.
LARGEST_ANY = 8
LARGEST_EXPONENT = 2.0**61

# Longer than this is not worth an answer about a matrix without digits.
MOST_SECONDS = 8.0


def expm_ball(A: Any, digits: int) -> flint.arb_mat | flint.acb_mat:
    """Return balls that contain the entries of exp(A).

    Parameters
    ----------
    A : array_like, shape (n, n)
        Real or complex numbers, each taken exactly as it is; Fractions and integers of any size
        are allowed.
    digits : int
        The radius of each entry is at most ``10**-digits`` times the largest entry.

    Returns
    -------
    flint.arb_mat or flint.acb_mat

    Raises
    ------
    ValueError
        For what is no finite square matrix, or digits below 1.
    ArithmeticError
        If the radii do not get that small within the largest precision.

    Examples
    --------
    >>> print(expm_ball([[0, 1], [0, 0]], 20)[0, 1].contains(1))
    True
    """
    if isinstance(digits, bool) or not isinstance(digits, (int, np.integer)):
        raise TypeError(f"digits: expected an integer, got {digits!r}")
    if digits < 1:
        raise ValueError(f"digits: expected at least 1, got {digits}")
    numbers = _numbers(A)
    matrix = _ball_matrix(numbers)
    if not numbers:
        return matrix
    size = _magnitude(matrix)
    bits = int(digits * 3.33 + min(1.5 * size, 4096.0)) + 60
    wanted = flint.fmpq(1, 10 ** int(digits))
    while bits <= max(MOST_BITS, 8 * int(digits)):
        with flint.ctx.workprec(bits):
            # Fractions are balls too, as narrow as the precision allows.
            result = _ball_matrix(numbers).exp()
            if _sharp(result, wanted):
                return result
        bits *= 2
    raise ArithmeticError(
        f"A: exp(A) could not be enclosed to {digits} digits; the norm of A is {size:.3g}"
    )


def _numbers(A: Any) -> list[list[Any]]:
    array = np.asarray(A)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"A: expected a square matrix, got an array of shape {array.shape}")
    return list(array.tolist())


def _ball_matrix(numbers: list[list[Any]]) -> flint.arb_mat | flint.acb_mat:
    """Return the numbers as balls, points where the precision can hold them."""
    if any(isinstance(value, complex) for row in numbers for value in row):
        return flint.acb_mat(
            [[flint.acb(_ball(value.real), _ball(value.imag)) for value in row] for row in numbers]
        )
    return flint.arb_mat([[_ball(value) for value in row] for row in numbers])


def _ball(value: Any) -> flint.arb:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"A: expected finite numbers, got {value}")
        mantissa, power = math.frexp(value)
        return flint.arb((int(mantissa * 2**53), power - 53))
    if isinstance(value, (int, Fraction)):
        number = Fraction(value)
        return flint.arb(flint.fmpq(number.numerator, number.denominator))
    raise TypeError(f"A: expected numbers, got {value!r}")


def _magnitude(matrix: flint.arb_mat | flint.acb_mat) -> float:
    """Return the norm in columns, or a very large number where that is no double."""
    n = matrix.nrows()
    largest = max(sum((abs(matrix[i, j]) for i in range(n)), flint.arb(0)) for j in range(n))
    return min(float(largest.mid()), 1e300)


def _sharp(result: flint.arb_mat | flint.acb_mat, wanted: flint.fmpq) -> bool:
    """Whether all radii are small beside the largest entry."""
    n = result.nrows()
    entries = [result[i, j] for i in range(n) for j in range(n)]
    if not all(entry.is_finite() for entry in entries):
        return False
    bound = max(abs(entry).lower() for entry in entries) * flint.arb(wanted)
    return all(_radius(entry) <= bound for entry in entries)


def _radius(entry: flint.arb | flint.acb) -> flint.arb:
    if isinstance(entry, flint.acb):
        return flint.arb(entry.real.rad()) + flint.arb(entry.imag.rad())
    return flint.arb(entry.rad())


def double_exponential(matrix: NDArray[Any]) -> NDArray[Any] | None:
    """Return exp of one finite matrix, each entry the double nearest to it, or None.

    Entries beyond the largest double are infinite with their sign, and no others are. None where
    a reasonable precision does not do.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        float64 or complex128.
    """
    exact = _ball_matrix(matrix.tolist())
    n = exact.nrows()
    if n > LARGEST_ANY and _abscissa(matrix) > LARGEST_EXPONENT:
        return np.full_like(matrix, np.inf) if _overflows_everywhere(matrix) else None
    growth = max(math.log2(_magnitude(exact) or 1.0), 0.0)
    bits = FIRST_BITS
    # Squarings lose a bit each: with fewer nothing would be left.
    while bits < growth + FIRST_BITS // 2:
        bits *= 2
    most = 1 << 14 if n <= 16 else 1 << 11
    while bits <= most and _seconds(n, growth, bits) < MOST_SECONDS:
        with flint.ctx.workprec(bits):
            result = exact.exp()
            negligible = _negligible(result, bits)
            if all(_decided(result[i, j], negligible) for i in range(n) for j in range(n)):
                values = [[_double(result[i, j]) for j in range(n)] for i in range(n)]
                return np.array(values, dtype=matrix.dtype)
        bits *= 2
    return None


def _abscissa(matrix: NDArray[Any]) -> float:
    """Return roughly the largest real part of the eigenvalues."""
    scale = float(np.abs(matrix).max()) or 1.0
    try:
        return float(np.linalg.eigvals(matrix / scale).real.max()) * scale
    except np.linalg.LinAlgError:
        return math.inf


def _overflows_everywhere(matrix: NDArray[Any]) -> bool:
    """Tell it of positive matrices: their largest eigenvalue is at least the least sum of a row."""
    diagonal = np.eye(len(matrix), dtype=bool)
    if matrix.dtype.kind == "c" or not ((matrix > 0) | diagonal).all():
        return False
    least = float((matrix / len(matrix)).sum(axis=1).min())
    return least > max(1e9, 1e-8 * float(np.abs(matrix).max()))


def _seconds(n: int, growth: float, bits: int) -> float:
    """Return roughly how long an exponential in balls takes."""
    products = growth + math.sqrt(bits)
    return products * n**3 * 4e-7 * max(bits / 2048, 0.3)


def _negligible(result: flint.arb_mat | flint.acb_mat, bits: int) -> flint.arb:
    """Return below what an entry that may be zero is taken for zero.

    A true zero that is no zero of the pattern never gets a relative accuracy; many digits of
    nothing beside the largest entry are taken for a sign of it.
    """
    entries = [result[i, j] for i in range(result.nrows()) for j in range(result.nrows())]
    if bits < FIRST_BITS * 16 or not all(entry.is_finite() for entry in entries):
        return TINY
    largest = max(abs(entry).lower() for entry in entries)
    return max(TINY, largest * flint.arb((1, -bits // 2)))


def _decided(entry: flint.arb | flint.acb, negligible: flint.arb) -> bool:
    """Whether the nearest double is known, as good as: to 60 bits, or below the smallest one."""
    if isinstance(entry, flint.acb):
        return _decided(entry.real, negligible) and _decided(entry.imag, negligible)
    if not entry.is_finite():
        return False
    if entry.rel_accuracy_bits() >= 60 or entry.is_zero():
        return True
    return bool(abs(entry) < negligible)


def _double(entry: flint.arb | flint.acb) -> float | complex:
    if isinstance(entry, flint.acb):
        return complex(_nearest(entry.real), _nearest(entry.imag))
    return _nearest(entry)


def _nearest(entry: flint.arb) -> float:
    if abs(entry) < TINY or entry.contains(0):
        return 0.0
    if entry > HUGE:
        return math.inf
    if entry < -HUGE:
        return -math.inf
    mantissa, power = entry.mid().man_exp()
    return _scaled(int(mantissa), int(power))


def _scaled(mantissa: int, power: int) -> float:
    """Return mantissa * 2**power, rounded once."""
    number = Fraction(mantissa) * (Fraction(2) ** power)
    return number.numerator / number.denominator


# Half the smallest double, and the number from which doubles are infinite.
TINY = flint.arb((1, -1075))
HUGE = flint.arb((2**54 - 1, 970))
