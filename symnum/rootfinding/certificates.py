"""What was proved about a root, in a form that can be checked again from scratch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import acb, arb, ctx, fmpq, fmpz

from symnum.rootfinding.enclosure import Enclosure
from symnum.rootfinding.scalar_functions import ScalarFunction

__all__ = ["RootCertificate", "certificate_of", "exact_ends"]

Ball = Any  # flint.arb or flint.acb
Side = tuple[sp.Rational, sp.Rational]


@dataclass(frozen=True, slots=True)
class RootCertificate:
    """The proof that there is a root in a box, or the word that there is none.

    Attributes
    ----------
    kind : str
        ``"interval-newton"``: N(X) lies inside X, so that X holds exactly one root.
        ``"sign-change"``: a continuous function has opposite signs at the ends.
        ``"none"``: no proof.
    box : tuple
        ``(low, high)`` in exact rational numbers; of a complex root two such pairs, real and
        imaginary. Empty without a proof.
    center : Rational or tuple
        The point of the box at which f is evaluated; None without a proof.
    precision : int
        Bits of the ball arithmetic.
    expr : Expr
        The function of which the proof speaks: the equation, a factor of it or, for a multiple
        root, a derivative.
    unknown : Symbol
        Its variable.
    exact : Expr or None
        The root in closed form, where it was recognised; it is substituted to prove that the
        equation itself vanishes.
    equation : Expr
        The whole equation.
    """

    kind: str
    box: tuple[Any, ...]
    center: Any
    precision: int
    expr: sp.Expr
    unknown: sp.Symbol
    equation: sp.Expr
    exact: sp.Expr | None = None

    def verify(self) -> bool:
        """Check the proof again, from the expressions alone.

        Returns
        -------
        bool
            False where nothing was proved.
        """
        if self.exact is not None and not self._vanishes_exactly():
            return False
        if not self.box:
            return self.exact is not None
        # A function of its own: nothing is taken over from the search.
        real = not isinstance(self.box[0], tuple)
        function = ScalarFunction(self.expr, self.unknown, real, direct=False)
        with ctx.workprec(self.precision):
            box = self._ball()
            if self.kind == "interval-newton":
                return _contracts(function, box, self._center(), self.precision)
            return self.kind == "sign-change" and _changes_sign(function, self.box, self.precision)

    def _vanishes_exactly(self) -> bool:
        value = self.equation.subs(self.unknown, self.exact)
        return bool(value == 0 or sp.simplify(value) == 0)

    def _center(self) -> Ball:
        if isinstance(self.center, tuple):
            return acb(*(arb(_fraction(part)) for part in self.center))
        return arb(_fraction(self.center))

    def _ball(self) -> Ball:
        if isinstance(self.box[0], tuple):
            return acb(_hull(*self.box[0]), _hull(*self.box[1]))
        return _hull(*self.box)

    def __str__(self) -> str:
        if self.kind == "none":
            return "no certificate"
        if not self.box:
            return f"{self.kind} at {self.exact}"
        sides = self.box if isinstance(self.box[0], tuple) else (self.box,)
        places = " x ".join(_interval_text(low, high) for low, high in sides)
        return f"{self.kind} on {places} at {self.precision} bits"


def certificate_of(
    kind: str,
    equation: sp.Expr,
    unknown: sp.Symbol,
    target: ScalarFunction | None,
    enclosure: Enclosure | None,
    exact: sp.Expr | None,
) -> RootCertificate:
    """Return the certificate of a confirmed root."""
    if enclosure is None or target is None or kind == "none":
        return RootCertificate(kind, (), None, 0, equation, unknown, equation, exact)
    box, middle = enclosure.box, enclosure.center
    sides: tuple[Any, ...] = exact_ends(box.real)
    center: Any = _dyadic(middle.real)
    if isinstance(box, acb):
        sides, center = (sides, exact_ends(box.imag)), (center, _dyadic(middle.imag))
    proved = target.derivative(enclosure.order)
    bits = enclosure.precision
    return RootCertificate(kind, sides, center, bits, proved, unknown, equation, exact)


def _contracts(function: ScalarFunction, box: Ball, center: Ball, precision: int) -> bool:
    """Whether N(X) = c - f(c)/f'(X) lies inside X."""
    slope = function.ball(1, box, precision)
    if not slope.is_finite() or slope.contains(0):
        return False
    image = center - function.ball(0, center, precision) / slope
    if not image.is_finite() or not function.is_smooth_over(box, precision):
        return False
    return bool(box.contains(center)) and _is_inside(image, box)


def _is_inside(image: Ball, box: Ball) -> bool:
    if isinstance(box, acb):
        return _is_inside(image.real, box.real) and _is_inside(image.imag, box.imag)
    return bool(box.contains_interior(image))


def _changes_sign(function: ScalarFunction, box: tuple[Any, ...], precision: int) -> bool:
    low, high = (arb(_fraction(end)) for end in box)
    left, right = function.ball(0, low, precision), function.ball(0, high, precision)
    if left.contains(0) or right.contains(0) or bool(left > 0) == bool(right > 0):
        return False
    return function.is_smooth_over(low.union(high), precision)


def _fraction(number: sp.Rational) -> fmpq:
    return fmpq(fmpz(int(number.p)), fmpz(int(number.q)))


def _hull(low: sp.Rational, high: sp.Rational) -> arb:
    middle, radius = (low + high) / 2, (high - low) / 2
    return arb(_fraction(middle), arb(_fraction(radius)).upper())


def exact_ends(ball: arb) -> Side:
    """Return the ends of a ball exactly: its middle and radius are dyadic."""
    (middle, high), (radius, low) = _parts(ball.mid()), _parts(ball.rad())
    exponent = min(high, low)
    middle, radius = middle << (high - exponent), radius << (low - exponent)
    return _power_of_two_times(middle - radius, exponent), _power_of_two_times(
        middle + radius, exponent
    )


def _dyadic(number: arb) -> sp.Rational:
    return _power_of_two_times(*_parts(number))


def _parts(number: arb) -> tuple[int, int]:
    mantissa, exponent = number.man_exp()
    return int(mantissa), int(exponent)


def _power_of_two_times(mantissa: int, exponent: int) -> sp.Rational:
    """Return mantissa * 2**exponent."""
    if mantissa == 0 or exponent >= 0:
        return sp.Integer(mantissa << max(exponent, 0))
    spare = min(-exponent, (mantissa & -mantissa).bit_length() - 1)
    return sp.Rational(mantissa >> spare, 1 << (-exponent - spare))


def _interval_text(low: sp.Rational, high: sp.Rational) -> str:
    middle = (low + high) / 2
    return f"[{sp.Float(middle, 17)} +/- {float(high - middle):.2g}]"
