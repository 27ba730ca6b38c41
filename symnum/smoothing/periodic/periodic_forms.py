"""Smoothing of functions with infinitely many jumps or kinks that repeat themselves.

Each is a linear function plus periodic Bernoulli functions or |sin|, one term for each jump in a
period; a mollifier weights their Fourier series by its characteristic function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import (
    Abs,
    Dummy,
    Expr,
    Heaviside,
    Integer,
    Max,
    Min,
    Mod,
    Rational,
    Symbol,
    acos,
    asin,
    atan,
    atan2,
    ceiling,
    cos,
    floor,
    frac,
    pi,
    sign,
    sin,
    tan,
    tanh,
)

from symnum.smoothing.errors import NonIntegrableGrowth
from symnum.smoothing.periodic.images import Phase, imaged_sine, imaged_wave
from symnum.smoothing.periodic.laws import LAWS
from symnum.smoothing.periodic.waves import PeriodicWave, RectifiedSine, law_number

__all__ = [
    "PeriodicForm",
    "PeriodicTerm",
    "check_derivative",
    "periodic_error",
    "periodic_form",
    "smoothed_periodic",
    "steady_periodic",
]


@dataclass(frozen=True, slots=True)
class PeriodicTerm:
    """A multiple of a periodic function.

    Attributes
    ----------
    weight : Expr
    kind : str
        ``"bernoulli"`` for B_k({y})/k!, ``"rectified"`` for |sin y|, ``"sine"`` for sin y.
    order : int
        k; 0 for the other kinds.
    place : Expr
        y, an affine function of x.
    """

    weight: Expr
    kind: str
    order: int
    place: Expr


@dataclass(frozen=True, slots=True)
class PeriodicForm:
    """A function with infinitely many breaks, taken apart.

    Attributes
    ----------
    original : Expr
    variable : Symbol
    rest : Expr
        What has finitely many breaks, the linear parts of floor and its like among it.
    terms : tuple of PeriodicTerm
    """

    original: Expr
    variable: Symbol
    rest: Expr
    terms: tuple[PeriodicTerm, ...]

    @property
    def is_affine(self) -> bool:
        """Whether the rest is a linear function."""
        rest = self.rest
        return bool(rest.is_polynomial(self.variable) and sympy.degree(rest, self.variable) <= 1)


Parts = tuple[Expr, list[PeriodicTerm]]


def _wave(weight: Any, order: int, place: Expr) -> PeriodicTerm:
    return PeriodicTerm(sympy.sympify(weight), "bernoulli", order, place)


def _floor(g: Expr) -> Parts:
    return g - Rational(1, 2), [_wave(-1, 1, g)]


def _ceiling(g: Expr) -> Parts:
    return g + Rational(1, 2), [_wave(-1, 1, g)]


def _frac(g: Expr) -> Parts:
    return Rational(1, 2), [_wave(1, 1, g)]


def _square(g: Expr) -> Parts:
    # sign(sin g) jumps by 2 at 0 and by -2 at pi.
    y = g / (2 * pi)
    return Integer(0), [_wave(-2, 1, y), _wave(2, 1, y - Rational(1, 2))]


def _triangle(g: Expr) -> Parts:
    # The slope of asin(sin g) jumps by -2 at pi/2 and by 2 at 3 pi/2; -J P B_2/2 for each.
    y = g / (2 * pi)
    return Integer(0), [_wave(4 * pi, 2, y - Rational(1, 4)), _wave(-4 * pi, 2, y - Rational(3, 4))]


def _sawtooth(g: Expr) -> Parts:
    # atan(tan g) jumps by -pi at pi/2.
    return Integer(0), [_wave(pi, 1, g / pi - Rational(1, 2))]


def _rectified(g: Expr) -> Parts:
    return Integer(0), [PeriodicTerm(Integer(1), "rectified", 0, g)]


def _angle(inside: Expr) -> Expr | None:
    """Return g where the argument is sin g; cos g is the sine of g + pi/2."""
    if isinstance(inside, sin):
        return inside.args[0]
    return inside.args[0] + pi / 2 if isinstance(inside, cos) else None


def _of_sine(node: Expr) -> Parts | None:
    """Take apart sign, Abs, asin, acos and Heaviside of a multiple of a sine."""
    factor, inside = node.args[0].as_coeff_Mul()
    g = _angle(inside)
    if g is None or not factor.is_real or factor.is_zero:
        return None
    if isinstance(node, (asin, acos)) and factor not in (1, -1):
        return None
    constant, terms = _SINES[type(node)](g)
    if isinstance(node, Abs):
        return constant, _scaled(terms, abs(factor))
    if isinstance(node, acos):
        # acos(-s) = pi - acos(s)
        return (constant if factor > 0 else pi - constant), _scaled(terms, factor)
    if isinstance(node, Heaviside):
        return constant, _scaled(terms, sympy.sign(factor))
    return constant, _scaled(terms, sympy.sign(factor))


def _scaled(terms: list[PeriodicTerm], factor: Expr) -> list[PeriodicTerm]:
    return [PeriodicTerm(factor * t.weight, t.kind, t.order, t.place) for t in terms]


def _arc_cosine(g: Expr) -> Parts:
    constant, terms = _triangle(g)
    return pi / 2 - constant, _scaled(terms, Integer(-1))


def _step(g: Expr) -> Parts:
    return Rational(1, 2), _scaled(_square(g)[1], Rational(1, 2))


_SINES: dict[type, Callable[[Expr], Parts]] = {
    sign: _square,
    Abs: _rectified,
    asin: _triangle,
    acos: _arc_cosine,
    Heaviside: _step,
}


def _extreme(node: Expr) -> Parts | None:
    """Take apart Max(0, c sin g) = (c sin g + |c sin g|)/2, and Min."""
    if len(node.args) != 2 or Integer(0) not in node.args:
        return None
    (other,) = [argument for argument in node.args if argument != 0]
    factor, inside = other.as_coeff_Mul()
    g = _angle(inside)
    if g is None:
        return None
    half = factor / 2
    size = abs(half) if isinstance(node, Max) else -abs(half)
    return Integer(0), [
        PeriodicTerm(half, "sine", 0, g),
        PeriodicTerm(size, "rectified", 0, g),
    ]


def _parts(node: Expr) -> Parts | None:
    if isinstance(node, (floor, ceiling, frac)):
        return {floor: _floor, ceiling: _ceiling, frac: _frac}[type(node)](node.args[0])
    if isinstance(node, Mod):
        dividend, divisor = node.args
        constant, terms = _frac(dividend / divisor)
        return divisor * constant, _scaled(terms, divisor)
    if isinstance(node, tuple(_SINES)):
        return _of_sine(node)
    if isinstance(node, atan) and isinstance(node.args[0], tan):
        return _sawtooth(node.args[0].args[0])
    return _extreme(node) if isinstance(node, (Max, Min)) else None


def _atoms(expr: Expr, x: Symbol) -> Iterator[tuple[Expr, Parts]]:
    """Yield the outermost periodic parts of an expression."""
    if not expr.has(x):
        return
    parts = _parts(expr)
    if parts is not None and any(term.place.has(x) for term in parts[1]):
        yield expr, parts
        return
    for argument in expr.args:
        yield from _atoms(argument, x)


def periodic_form(f: Expr, x: Symbol) -> PeriodicForm | None:
    """Take apart a function with infinitely many breaks; None where there are finitely many.

    Parameters
    ----------
    f : Expr
    x : Symbol

    Returns
    -------
    PeriodicForm or None

    Raises
    ------
    ValueError
        If the periodic functions in f are not of a linear function of x, or f is no linear
        combination of them.

    Examples
    --------
    >>> x = Symbol("x")
    >>> periodic_form(2 * floor(x), x).rest
    2*x - 1
    """
    found = dict(_atoms(f, x))
    if not found:
        return None
    stand_ins = {atom: Dummy(f"a{place}") for place, atom in enumerate(found)}
    for atom, (_, parts) in found.items():
        for term in parts:
            slope = term.place.diff(x)
            if slope.has(x) or not slope.is_real or slope.is_zero:
                raise ValueError(
                    f"f: infinitely many breaks must be equidistant, as in functions of a x + b "
                    f"with a real number a; those of {atom} accumulate, or come ever closer"
                )
    replaced = sympy.expand(f.xreplace(stand_ins))
    symbols = list(stand_ins.values())
    weights = [replaced.diff(symbol) for symbol in symbols]
    if any(weight.has(x, *symbols) for weight in weights):
        raise ValueError(
            "f: with infinitely many breaks a sum of multiples of periodic functions is expected, "
            f"got {f}"
        )
    rest = replaced.xreplace(dict.fromkeys(symbols, Integer(0)))
    terms: list[PeriodicTerm] = []
    for weight, (constant, parts) in zip(weights, found.values(), strict=True):
        rest += weight * constant
        terms += _scaled(parts, weight)
    return PeriodicForm(f, x, sympy.expand(rest), tuple(terms))


def _cauchy_wave(y: Expr, h: Expr) -> Expr:
    # y - 1/2 - floor(y) + atan2(...)/pi: sum of q^k sin(k v)/k = atan2(q sin v, 1 - q cos v),
    # written with the fractional part r and 1/2 - r, which are exact in floating point.
    r = Phase(y)
    angle = atan2(tanh(pi * h) * sin(pi * (Rational(1, 2) - r)), sin(pi * r))
    return r - Rational(1, 2) + angle / pi


def _smoothed_term(term: PeriodicTerm, density: Any, x: Symbol, h: Expr, *, steady: bool) -> Expr:
    slope = term.place.diff(x)
    width = sympy.Abs(slope) * h
    number = law_number(density.name)
    if number is None:
        return _by_images(term, density, slope, width, steady=steady)
    law = LAWS[number]
    if term.kind == "sine":
        return law.characteristic(width) * sin(term.place)
    if term.kind == "rectified":
        return RectifiedSine(number, 0, term.place, width)
    if law.name == "cauchy" and term.order == 1:
        return _cauchy_wave(term.place, width)
    return PeriodicWave(number, term.order, term.place, width)


def _by_images(term: PeriodicTerm, density: Any, slope: Expr, width: Expr, *, steady: bool) -> Expr:
    """Return a term smoothed by a density that is not in the table of laws."""
    # B_k({-y}) = (-1)^k B_k({y}): the place is made to rise with x.
    falls = bool(slope.is_negative)
    place = -term.place if falls else term.place
    if term.kind == "bernoulli":
        return (-1 if falls and term.order % 2 else 1) * imaged_wave(
            density, term.order, place, width
        )
    if density.law.wave is None or term.kind == "sine":
        raise ValueError(f"mollifier: |sin| and its like have no closed form with {density.name}")
    return imaged_sine(density, place, width, steady=steady)


def smoothed_periodic(
    form: PeriodicForm,
    density: Any,
    h: Expr,
    *,
    principal_value: bool = False,
    steady: bool = False,
) -> Expr:
    """Return the smoothing of the periodic terms, and of the rest where it is linear.

    Parameters
    ----------
    form : PeriodicForm
    density : Mollifier
    h : Expr
        Positive.
    principal_value : bool
        Whether a conditionally convergent integral may be taken in the sense of Cauchy.
    steady : bool
        Whether to take the forms for floating point.

    Raises
    ------
    NonIntegrableGrowth
        A linear part with a mollifier that has no first moment, without `principal_value`.
    ValueError
        A mollifier that is not in the table of laws and has no bounded support, or reaches too many
        breaks.
    """
    x = form.variable
    smooth: Expr = Integer(0)
    if form.is_affine:
        mean = Integer(0) if density.symmetric else density.moment(1)
        smooth = form.rest - h * mean * form.rest.diff(x)
        if form.rest.has(x) and density.degree is not None and density.degree < 1:
            grows = sympy.LT(form.rest, x) if x in form.rest.free_symbols else form.rest
            if not principal_value:
                raise NonIntegrableGrowth(
                    f"the {density.name} mollifier has no moment of order 1, but f grows like "
                    f"{grows}; the integral converges only conditionally: pass "
                    "principal_value=True"
                )
    for term in form.terms:
        smooth += term.weight * _smoothed_term(term, density, x, h, steady=steady)
    return smooth


def steady_periodic(form: PeriodicForm, density: Any, h: Expr) -> Expr | None:
    """Return the form for floating point, None where the exact one serves."""
    waves = any(term.kind == "rectified" for term in form.terms)
    if not waves or law_number(density.name) is not None or not form.is_affine:
        return None
    return smoothed_periodic(form, density, h, steady=True)


def check_derivative(form: PeriodicForm, density: Any, n: int) -> None:
    """Refuse derivatives of the smoothed function that are no functions."""
    orders = [2 if term.kind == "rectified" else term.order for term in form.terms]
    lowest = min((k for k in orders if k), default=n)
    if n - lowest > density.law.smoothness:
        raise ValueError(
            f"n: derivative {n} of this function is no function, as the {density.name} mollifier "
            f"has {density.law.smoothness} derivatives"
        )


def periodic_error(form: PeriodicForm, density: Any, h: Expr) -> Expr | None:
    r"""Return a bound of sup |S_h f - f|, or None where the rest is not linear.

    .. math:: |S_h B_1 - B_1| \le \tfrac12, \qquad
              \tfrac12 |S_h B_2 - B_2| \le \tfrac18, \qquad |S_h |\sin| - |\sin|| \le 1
    """
    if not form.is_affine:
        return None
    bounds = {("bernoulli", 1): Rational(1, 2), ("bernoulli", 2): Rational(1, 8)}
    return sympy.Add(
        *(abs(t.weight) * bounds.get((t.kind, t.order), Integer(1)) for t in form.terms)
    )
