"""One pendulum in numbers: its exact frequency, and what the series makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import mpmath
import numpy as np
import sympy

from symnum.expressions.parsing import as_expression
from symnum.homotopy.arguments import read_count, read_order
from symnum.homotopy.elliptic_pendulum import pendulum_angle
from symnum.homotopy.errors import NoOscillationError
from symnum.homotopy.series.pendulum_series import pendulum

__all__ = ["PendulumFacts", "pendulum_facts"]

GUARD_DIGITS = 15
MOST_DIGITS = 1000
HARMONICS = 5  # shown: those of cos(tau), cos(3 tau), ...


@final
@dataclass(frozen=True, slots=True)
class PendulumFacts:
    """What is known of a pendulum that is released at rest.

    Attributes
    ----------
    degrees : Rational
        The angle of release.
    order, digits : int
    frequency, period : mpf
        Over those of small swings, by the arithmetic-geometric mean.
    partial_sum, pade : mpf
        The frequency from the series in the square of the amplitude.
    coefficients : list of Rational
        Of that series.
    harmonics : dict from int to mpf
        The first Fourier coefficients of the angle, in radians: n -> that of cos(n w t).
    condition : float
        The relative change of the frequency over that of the amplitude.
    """

    degrees: sympy.Rational
    order: int
    digits: int
    frequency: Any
    period: Any
    partial_sum: Any
    pade: Any
    coefficients: list[sympy.Rational]
    harmonics: dict[int, Any]
    condition: float

    @property
    def amplitude(self) -> float:
        """The angle of release in radians."""
        return float(self.degrees) * np.pi / 180

    def errors(self) -> dict[str, float]:
        """Return the relative errors of the partial sum and of the Padé approximant."""
        return {
            "partial sum": float(abs(self.partial_sum / self.frequency - 1)),
            "pade": float(abs(self.pade / self.frequency - 1)),
        }

    def as_dict(self) -> dict[str, Any]:
        """Return everything in a form that JSON can hold; numbers of many digits are texts."""
        shown = {
            name: _text(getattr(self, name), self.digits)
            for name in ("frequency", "period", "partial_sum", "pade")
        }
        return {
            "degrees": str(self.degrees),
            "order": self.order,
            "digits": self.digits,
            **shown,
            "errors": self.errors(),
            "condition": self.condition,
            "harmonics": {str(n): _text(a, self.digits) for n, a in self.harmonics.items()},
            "series": [str(c) for c in self.coefficients],
        }

    def lines(self) -> list[str]:
        """Return everything as lines of text."""
        errors = self.errors()
        kept = min(len(self.coefficients), 5)
        terms = [f"{c}*A**{2 * m}" for m, c in enumerate(self.coefficients[:kept]) if m]
        more = " + ..." if kept < len(self.coefficients) else ""
        names = ("frequency", "period")
        rows = [
            (name, f"{_text(getattr(self, name), self.digits)}  (small swings: 1)")
            for name in names
        ]
        rows += [
            (
                f"series to A**{2 * self.order}",
                _with_error(self.partial_sum, errors["partial sum"]),
            ),
            ("its Padé approximant", _with_error(self.pade, errors["pade"])),
            ("conditioning", f"{self.condition:.3g}"),
            ("series", " + ".join(["1", *terms]).replace("+ -", "- ") + more),
        ]
        rows += [
            (f"cos({n} w t)" if n > 1 else "cos(w t)", _text(a, self.digits))
            for n, a in self.harmonics.items()
        ]
        width = max(len(label) for label, _ in rows)
        return [f"{label:{width}}  {text}" for label, text in rows]

    def draw(self, figure: Any) -> None:
        """Draw the angle over two periods beside a swing of small amplitude."""
        axes = figure.subplots()
        end = 4 * np.pi * float(self.period)
        times = np.linspace(0.0, end, 600)
        angle = np.degrees(pendulum_angle(times, self.amplitude))
        axes.plot(times, angle, color="#08306b", label=f"{float(self.degrees):g}° (exact)")
        small = float(self.degrees) * np.cos(times)
        axes.plot(times, small, color="#d95f02", linewidth=1, label="as a small swing")
        axes.set_xlabel(r"time in $\sqrt{l/g}$")
        axes.set_ylabel("angle in degrees")
        axes.grid(visible=True, alpha=0.25)
        axes.legend(fontsize=8)


def pendulum_facts(degrees: Any, order: int = 20, digits: int = 25) -> PendulumFacts:
    """Compute the frequency of a pendulum exactly and by its series.

    Parameters
    ----------
    degrees : number or str
        The angle of release, between 0 and 180; a decimal is taken for what it says.
    order : int
        The highest power of A**2 in the series.
    digits : int
        Of the numbers that are shown.

    Returns
    -------
    PendulumFacts

    Raises
    ------
    NoOscillationError
        180 degrees and more: the pendulum stands or turns over.
    ValueError
        An angle that is no number or not positive, an order below 0, too many digits.

    Examples
    --------
    >>> facts = pendulum_facts(90, order=10)
    >>> print(facts.lines()[0])
    frequency             0.8472130847939790866064991  (small swings: 1)
    """
    order, digits = read_order(order), read_count(digits, "digits")
    if digits > MOST_DIGITS:
        raise ValueError(f"digits: expected at most {MOST_DIGITS}, got {digits}")
    angle = _read_degrees(degrees)
    context = mpmath.mp.clone()
    context.dps = digits + GUARD_DIGITS
    amplitude = context.mpf(int(angle.p)) / int(angle.q) * context.pi / 180
    frequency = 1 / _mean_ratio(context, amplitude)
    series = pendulum(order)
    square = sympy.Rational(*_fraction(amplitude**2))
    partial = sum(
        (
            context.mpf(int(c.p)) / int(c.q) * amplitude ** (2 * m)
            for m, c in enumerate(series.frequency)
        ),
        context.mpf(0),
    )
    return PendulumFacts(
        degrees=angle,
        order=order,
        digits=digits,
        frequency=frequency,
        period=1 / frequency,
        partial_sum=partial,
        pade=context.mpf(series.pade(square)),
        coefficients=series.frequency,
        harmonics=_harmonics(context, amplitude),
        condition=_condition(context, amplitude),
    )


def _read_degrees(degrees: Any) -> sympy.Rational:
    value = as_expression(str(degrees) if isinstance(degrees, float) else degrees, "degrees")
    if not value.is_Rational or value <= 0:
        raise ValueError(f"degrees: expected a positive number, got {degrees}")
    if value >= 180:
        raise NoOscillationError(
            f"degrees: a pendulum that is released at {value} degrees makes no oscillation: from "
            "180 on it stands on its head or turns over; the amplitude must be below"
        )
    return value


def _mean_ratio(context: Any, amplitude: Any) -> Any:
    """Return the period over that of small swings: ``2 K(sin(A/2)) / pi``."""
    return 1 / context.agm(1, context.cos(amplitude / 2))


def _condition(context: Any, amplitude: Any) -> float:
    """Return ``|d ln w / d ln A|`` from the derivative of the complete integral."""
    parameter = context.sin(amplitude / 2) ** 2
    slope = (context.ellipe(parameter) - (1 - parameter) * context.ellipk(parameter)) / (
        2 * parameter * (1 - parameter)
    )
    rate = context.sin(amplitude) / 2
    return float(abs(amplitude * rate * slope / context.ellipk(parameter)))


def _harmonics(context: Any, amplitude: Any) -> dict[int, Any]:
    """Return ``(-1)**k 8 q**(k+1/2) / ((2k+1) (1 + q**(2k+1)))``, q the nome."""
    nome = context.qfrom(m=context.sin(amplitude / 2) ** 2)
    result = {}
    for k in range(HARMONICS):
        n = 2 * k + 1
        size = 8 * nome ** (context.mpf(n) / 2) / (n * (1 + nome**n))
        result[n] = size if k % 2 == 0 else -size
    return result


def _fraction(value: Any) -> tuple[int, int]:
    """Return a multiprecision number as the fraction that it is."""
    sign, mantissa, exponent, _ = value._mpf_
    number = -int(mantissa) if sign else int(mantissa)
    return (number << exponent, 1) if exponent >= 0 else (number, 1 << -exponent)


def _text(value: Any, digits: int) -> str:
    return str(value.context.nstr(value, digits))


def _with_error(value: Any, error: float) -> str:
    return f"{_text(value, 17)}  (relative error {error:.1e})"
