"""Constants of the approximations to GELU, with the problems whose best answers they are.

Each is the parameter of `symnum.minimax` for the target, the form and the interval beside it; the
tests solve the problems again. By symmetry of the errors they are the best on the whole line.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Integer, Rational, oo

__all__ = [
    "GELU_SIGMOID_SCALE",
    "GELU_TANH_CUBIC",
    "GELU_TANH_PAIR",
    "PHI_SIGMOID_SCALE",
    "PHI_TANH_CUBIC",
    "RECIPES",
    "BestConstants",
]


@dataclass(frozen=True, slots=True)
class BestConstants:
    """Constants that are the answer to a problem of best approximation.

    Attributes
    ----------
    target, form : str
        In x; the form has the names of `values` as parameters.
    interval : tuple
    values : dict from str to Rational
    error : Rational
        The largest error of the form.
    """

    target: str
    form: str
    interval: tuple[Expr, Expr]
    values: dict[str, Rational]
    error: Rational


_PHI = "erfc(-x/sqrt(2))/2"
_TANH = "(1 + tanh(sqrt(2/pi)*(x + c*x**3)))/2"
_HALF_LINE = (Integer(0), oo)

PHI_SIGMOID_SCALE = Rational("1.70174492533800331231316952348317578")
PHI_TANH_CUBIC = Rational("0.0447149112276324949562981868505291227")
GELU_SIGMOID_SCALE = Rational("1.77293396561675462975270088388574528")
GELU_TANH_CUBIC = Rational("0.0443829438167340923726243922626411579")
GELU_TANH_PAIR = (
    Rational("0.800157078548103552617220495281091959"),
    Rational("0.0347008934323310547229719636085702609"),
)

#: The problems, by the entry of the catalogue that has the answer.
RECIPES = {
    "gelu_sigmoid_phi": BestConstants(
        _PHI,
        "1/(1 + exp(-l*x))",
        _HALF_LINE,
        {"l": PHI_SIGMOID_SCALE},
        Rational("0.0094573091763710803145225084039"),
    ),
    "gelu_tanh_phi": BestConstants(
        _PHI,
        _TANH,
        _HALF_LINE,
        {"c": PHI_TANH_CUBIC},
        Rational("0.000178921310945219723520113399407"),
    ),
    "gelu_sigmoid_minimax": BestConstants(
        f"x*{_PHI}",
        "x/(1 + exp(-l*x))",
        _HALF_LINE,
        {"l": GELU_SIGMOID_SCALE},
        Rational("0.0139222454727584996715273248489"),
    ),
    "gelu_tanh_minimax": BestConstants(
        f"x*{_PHI}",
        f"x*{_TANH}",
        _HALF_LINE,
        {"c": GELU_TANH_CUBIC},
        Rational("0.000387418738310607733096582694622"),
    ),
    "gelu_tanh_minimax2": BestConstants(
        f"x*{_PHI}",
        "x*(1 + tanh(a*x + b*x**3))/2",
        _HALF_LINE,
        dict(zip("ab", GELU_TANH_PAIR, strict=True)),
        Rational("0.000270727474657972749206695932644"),
    ),
}
