"""Waves that start at 0, smoothed by densities with algebraic tails, in floating point."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import final

import sympy
from sympy import (
    Abs,
    Expr,
    Float,
    Integer,
    Max,
    Min,
    Piecewise,
    Symbol,
    cos,
    cosh,
    exp,
    pi,
    sin,
    sinh,
    sqrt,
)
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.functions.quadrature_rules import gauss_legendre
from symnum.smoothing.functions.steady_functions import steady_function

__all__ = ["cauchy_wave", "student_wave"]

Pair = tuple[Expr, Expr]

# Ends of the panels of v, r = sinh v; what is beyond the last is below 2^-53, or decays.
_PANELS = (0, 1, *range(2, 32, 2))
_NODES = 16
# Farther away the densities are 0, and powers of it are numbers.
_FARTHEST = Integer(10) ** 60

# Nodes that count for less are left out.
_LEAST = Float("1e-60")

_OMEGA = Symbol("omega", real=True)
_PLACE = Symbol("u", real=True)


class _HalfLine(NamedFunction):
    r"""The integral of K(u - s) cos(omega s) or sin(omega s) over s > 0, u <= 0.

    The path turns by 45 degrees, where the wave decays and the density has no pole:

    .. math:: \int_0^\infty e^{i\omega s} K(u - s)\,ds, \qquad s = r e^{i\pi/4}
    """

    nargs = 2
    part = 0
    last = 30

    @classmethod
    @abstractmethod
    def density(cls, p: Expr, q: Expr) -> Pair:
        """Return the parts of K(z) where 1 + z^2 = p + i q; q is not negative."""

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the integral."""
        omega, u = arguments
        s = Symbol("s", real=True)
        wave = (cos, sin)[cls.part](omega * s)
        return sympy.Integral(wave * cls.density(1 + (u - s) ** 2, Integer(0))[0], (s, 0, sympy.oo))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the rule at the arguments."""
        symbols, form = cls.written_form()
        return form.xreplace(dict(zip(symbols, arguments, strict=True)))

    @classmethod
    def written_form(cls) -> tuple[tuple[Symbol, Symbol], Expr]:
        """Return Gauss's rule on panels of the turned path."""
        return (_OMEGA, _PLACE), _turned(cls.density, cls.last, _OMEGA)[cls.part]

    @classmethod
    def at_rate(cls, omega: Expr) -> Callable[[Expr], Expr]:
        """Return the function of u for a number omega, which is in the weights of the nodes."""
        form = _turned(cls.density, cls.last, omega)[cls.part]
        made: Callable[[Expr], Expr] = steady_function((_PLACE,), cls(omega, _PLACE), form)
        return made

    def fdiff(self, argindex: int = 2) -> Expr:
        """Refuse: the smoothed waves are differentiated as terms."""
        raise ArgumentIndexError(self, argindex)


class _Cauchy(_HalfLine):
    @classmethod
    def density(cls, p: Expr, q: Expr) -> Pair:
        """Return the parts of 1/(pi (p + i q))."""
        norm = pi * (p**2 + q**2)
        return p / norm, -q / norm


class _Student(_HalfLine):
    last = 18

    @classmethod
    def density(cls, p: Expr, q: Expr) -> Pair:
        """Return the parts of (p + i q)^(-3/2)/2, p > 0."""
        size = sqrt(p**2 + q**2)
        a = sqrt((size + p) / 2)
        b = q / (2 * a)
        norm = 2 * size**3
        return (p * a - q * b) / norm, -(p * b + q * a) / norm


@final
class CauchyCosine(_Cauchy):
    """The cosine smoothed by a Cauchy density, to the left of where it starts."""


@final
class CauchySine(_Cauchy):
    """The sine smoothed by a Cauchy density, to the left of where it starts."""

    part = 1


@final
class StudentCosine(_Student):
    """The cosine smoothed by Student's density, to the left of where it starts."""


@final
class StudentSine(_Student):
    """The sine smoothed by Student's density, to the left of where it starts."""

    part = 1


@cache
def _turned(density: Callable[[Expr, Expr], Pair], last: int, omega: Expr) -> Pair:
    real: list[Expr] = []
    imaginary: list[Expr] = []
    scale = 1 / Max(1, omega)
    for start, end in pairwise(end for end in _PANELS if end <= last):
        for node, share in gauss_legendre(_NODES):
            v = start + (end - start) * node
            weight = (share * (end - start) * cosh(v) / sqrt(2)).evalf(25)
            # r/sqrt 2
            c = scale * (sinh(v) / sqrt(2)).evalf(25)
            k = density(1 + _PLACE**2 - 2 * _PLACE * c, 2 * c**2 - 2 * _PLACE * c)
            phase = omega * c
            wave = (cos(phase) - sin(phase), cos(phase) + sin(phase))
            factor = sympy.Mul(weight, scale, exp(-phase), evaluate=omega.is_number)
            if omega.is_number and abs(factor) < _LEAST:
                continue
            for parts, value in (
                (real, wave[0] * k[0] - wave[1] * k[1]),
                (imaginary, wave[0] * k[1] + wave[1] * k[0]),
            ):
                parts.append(sympy.Mul(factor, value, evaluate=False))
    return sympy.Add(*real, evaluate=False), sympy.Add(*imaginary, evaluate=False)


def cauchy_wave(n: int, alpha: Expr, omega: Expr, u: Expr) -> Pair:
    """Return the parts of B_0(i omega, u) of the Cauchy density, omega > 0; n and alpha are 0."""
    del n, alpha
    return _mirrored((CauchyCosine, CauchySine), exp(-omega), omega, u)


def student_wave(n: int, alpha: Expr, omega: Expr, u: Expr) -> Pair:
    """Return the parts of B_0(i omega, u) of Student's density, omega > 0; n and alpha are 0."""
    del n, alpha
    # The whole line is twice the half line from 0.
    whole = 2 * StudentCosine(omega, 0)
    if omega.is_number:
        whole = (omega * sympy.besselk(1, omega)).evalf(30)
    return _mirrored((StudentCosine, StudentSine), whole, omega, u)


def _mirrored(parts: tuple[type[_HalfLine], ...], whole: Expr, omega: Expr, u: Expr) -> Pair:
    """Join the left side and what the right side leaves of the whole line."""
    left = -Min(Abs(u), _FARTHEST)
    if omega.is_number:
        omega = omega.evalf(25)
        real, imaginary = (part.at_rate(omega)(left) for part in parts)
    else:
        real, imaginary = (part(omega, left) for part in parts)
    place = Max(u, 0)
    return (
        Piecewise(
            (Integer(0), u < -_FARTHEST), (real, u < 0), (whole * cos(omega * place) - real, True)
        ),
        Piecewise(
            (Integer(0), u < -_FARTHEST),
            (imaginary, u < 0),
            (whole * sin(omega * place) + imaginary, True),
        ),
    )
