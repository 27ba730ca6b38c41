"""Periodic functions smoothed by a mollifier, as functions of their own."""

from __future__ import annotations

from typing import Any, final

import sympy
from mpmath.libmp import prec_to_dps
from sympy import Dummy, Expr, Integer, cos, pi, sin
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction
from symnum.reference.precision import private_context
from symnum.smoothing.periodic.kernel_forms import stable_rectified_sine, stable_wave
from symnum.smoothing.periodic.laws import LAWS, PeriodicLaw
from symnum.smoothing.periodic.values import rectified_sine_value, wave_value

__all__ = ["PeriodicWave", "RectifiedSine", "law_number"]

_NUMBERS = {law.name: number for number, law in enumerate(LAWS)}


def law_number(name: str) -> int | None:
    """Return the number of a mollifier in the table of laws, None if it is not there."""
    return _NUMBERS.get(name)


def _law(number: Expr) -> PeriodicLaw:
    return LAWS[int(number)]


def _evaluated(compute: Any, arguments: tuple[Expr, ...], precision: int) -> Expr | None:
    """Evaluate a function of mpmath at SymPy numbers, its arguments to more digits than asked."""
    name, order, place, width = arguments
    if not (place.is_number and width.is_number and place.is_real and width.is_positive):
        return None
    context = private_context()
    context.prec = precision + 20
    digits = prec_to_dps(precision) + 10
    size = sympy.Abs(place).evalf(5)
    more = digits + (len(str(int(size))) if size.is_finite else 0)
    numbers = [
        context.mpf(number.evalf(more)._to_mpmath(context.prec + 8)) for number in (place, width)
    ]
    value = compute(context, _law(name).name, int(order), *numbers)
    return sympy.Float._new(value._mpf_, precision)


@final
class PeriodicWave(NamedFunction):
    r"""A smoothed periodic Bernoulli function.

    .. math:: W_k(y, h) = \int \frac{B_k(\{y - h t\})}{k!} K(t)\,dt
              = -\sum_{n \ne 0} \frac{e^{2\pi i n y}}{(2\pi i n)^k}\,\hat K(2\pi n h)

    Parameters
    ----------
    law : Integer
        The number of the mollifier, as `law_number` returns it.
    k : Integer
    y : Expr
    h : Expr
        The bandwidth, positive.

    Examples
    --------
    >>> PeriodicWave(law_number("gaussian"), 1, sympy.Rational(1, 4), 1)
    PeriodicWave(gaussian, 1, 1/4, 1)
    >>> PeriodicWave(law_number("gaussian"), 1, sympy.Rational(1, 4), 1).evalf(6)
    -8.51743e-10
    """

    nargs = 4
    evaluated_directly = True

    @classmethod
    def eval(cls, law: Expr, k: Expr, y: Expr, h: Expr) -> Expr | None:
        """Take whole periods away; use the parity in y."""
        if y.is_Rational and (y < 0 or y >= 1):
            return cls(law, k, y - sympy.floor(y), h)
        if y.could_extract_minus_sign() and not y.is_Rational:
            return (-1) ** int(k) * cls(law, k, -y, h)
        return None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the Fourier series."""
        law, k, y, h = arguments
        n = Dummy("n", integer=True, positive=True)
        weight = _law(law).characteristic(2 * pi * n * h) / (2 * pi * n) ** k
        if int(k) % 2:
            return (
                2
                * (-1) ** ((int(k) + 1) // 2)
                * sympy.Sum(weight * sin(2 * pi * n * y), (n, 1, sympy.oo))
            )
        return (
            2
            * (-1) ** (int(k) // 2 + 1)
            * sympy.Sum(weight * cos(2 * pi * n * y), (n, 1, sympy.oo))
        )

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return sums of images, or of a few terms of a series."""
        law, k, y, h = arguments
        return stable_wave(_law(law), int(k), y, h)

    @classmethod
    def value(cls, context: Any, *arguments: Any) -> Any:
        """Return the value at numbers of an mpmath context."""
        law, k, y, h = arguments
        return wave_value(context, LAWS[int(law)].name, int(k), y, h)

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the derivative: in y the order falls; in h by the heat equation."""
        law, k, y, h = self.args
        if argindex == 3:
            return PeriodicWave(law, k - 1, y, h)
        if argindex == 4 and _law(law).name == "gaussian":
            return h * PeriodicWave(law, k - 2, y, h)
        raise ArgumentIndexError(self, argindex)

    def _eval_evalf(self, precision: int) -> Any:
        return _evaluated(lambda *numbers: wave_value(*numbers), self.args, precision)

    def _eval_is_real(self) -> bool | None:
        return True if self.args[2].is_real and self.args[3].is_positive else None

    def _sympystr(self, printer: Any) -> str:
        law, *rest = self.args
        shown = ", ".join(printer.doprint(argument) for argument in rest)
        return f"PeriodicWave({_law(law).name}, {shown})"

    def _latex(self, printer: Any) -> str:
        law, k, y, h = self.args
        name = _law(law).name.replace("_", r"\_")
        shown = f"{printer.doprint(y)}, {printer.doprint(h)}"
        return rf"W^{{\mathrm{{{name}}}}}_{{{printer.doprint(k)}}}\left({shown}\right)"


@final
class RectifiedSine(NamedFunction):
    r"""The smoothed |sin x|, or its derivative.

    .. math:: \frac2\pi - \frac4\pi \sum_{n=1}^\infty \frac{\cos 2nx}{4n^2 - 1}\,\hat K(2nh)

    Parameters
    ----------
    law : Integer
        The number of the mollifier, as `law_number` returns it.
    order : Integer
        0, or 1 for the derivative.
    x : Expr
    h : Expr
        The bandwidth, positive.
    """

    nargs = 4
    evaluated_directly = True

    @classmethod
    def eval(cls, law: Expr, order: Expr, x: Expr, h: Expr) -> Expr | None:
        """Use the parity in x."""
        if x.could_extract_minus_sign():
            return (-1) ** int(order) * cls(law, order, -x, h)
        return None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the Fourier series."""
        law, order, x, h = arguments
        n = Dummy("n", integer=True, positive=True)
        weight = _law(law).characteristic(2 * n * h) / (4 * n**2 - 1)
        if order == 0:
            return 2 / pi - 4 / pi * sympy.Sum(weight * cos(2 * n * x), (n, 1, sympy.oo))
        return 8 / pi * sympy.Sum(n * weight * sin(2 * n * x), (n, 1, sympy.oo))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the jumps' part by smoothed Bernoulli functions, and a few terms of the rest."""
        law, order, x, h = arguments
        return stable_rectified_sine(_law(law), int(order), x, h)

    @classmethod
    def value(cls, context: Any, *arguments: Any) -> Any:
        """Return the value at numbers of an mpmath context."""
        law, order, x, h = arguments
        return rectified_sine_value(context, LAWS[int(law)].name, int(order), x, h)

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the derivative in x; the second one is 2 delta-smoothed minus the function."""
        law, order, x, h = self.args
        if argindex != 3:
            raise ArgumentIndexError(self, argindex)
        if order == 0:
            return RectifiedSine(law, Integer(1), x, h)
        comb = 2 * (1 - PeriodicWave(law, Integer(0), x / pi, h / pi)) / pi
        return comb - RectifiedSine(law, Integer(0), x, h)

    def _eval_evalf(self, precision: int) -> Any:
        return _evaluated(lambda *numbers: rectified_sine_value(*numbers), self.args, precision)

    def _eval_is_real(self) -> bool | None:
        return True if self.args[2].is_real and self.args[3].is_positive else None

    def _sympystr(self, printer: Any) -> str:
        law, *rest = self.args
        shown = ", ".join(printer.doprint(argument) for argument in rest)
        return f"RectifiedSine({_law(law).name}, {shown})"

    def _latex(self, printer: Any) -> str:
        law, order, x, h = self.args
        primes = "'" * int(order)
        shown = f"{printer.doprint(x)}, {printer.doprint(h)}"
        name = _law(law).name.replace("_", r"\_")
        return rf"S^{{\mathrm{{{name}}}}}\left|\sin\right|{primes}\left({shown}\right)"
