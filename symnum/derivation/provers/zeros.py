"""All zeros of an expression of one symbol on its domain, with proof that there are no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import sympy
from flint import ctx
from sympy import Expr, Poly, Rational, Symbol

from symnum.derivation.provers.breaks import closed_forms
from symnum.derivation.provers.ranges import Range, RangeProgram, range_of_number
from symnum.derivation.provers.realroots import RealRoot, rational_polynomial, roots_inside
from symnum.derivation.provers.setting import Setting, sign_of_number
from symnum.derivation.provers.witness import exact_rational

__all__ = ["Zeros", "zeros_on_line"]

_PRECISION = 120
_MOST_CELLS = 1500
_SMALLEST = 1e-15
_INFINITIES = (sympy.oo, -sympy.oo)


@final
@dataclass(frozen=True, slots=True)
class Zeros:
    """Zeros on a domain.

    Attributes
    ----------
    inside : tuple of sympy.Expr
        In closed form where one is known, otherwise rational and closer than 1e-25.
    complete : bool
        Whether it is proved that there are no others.
    about : str
        What the points without closed form stand for.
    enclosures : tuple of Range
        An interval around each zero that has no closed form.
    """

    inside: tuple[Expr, ...]
    complete: bool
    about: str = ""
    enclosures: tuple[Range, ...] = ()


def zeros_on_line(expr: Expr, symbol: Symbol, setting: Setting) -> Zeros:
    """Return the zeros of an expression on the domain of its only symbol.

    Parameters
    ----------
    expr : sympy.Expr
        Real, over `symbol` alone.
    symbol : sympy.Symbol
    setting : Setting

    Returns
    -------
    Zeros
    """
    domain = setting.domains[symbol]
    poly = rational_polynomial(expr, [symbol])
    if poly is not None and not poly.is_zero:
        roots = roots_inside(poly, domain)
        if roots is not None:
            values = [_value_of(root, poly) for root in roots]
            return Zeros(tuple(value for value in values if value in domain), complete=True)
    known = [value for value in closed_forms(expr, symbol, domain) if _is_zero(expr, symbol, value)]
    with ctx.workprec(_PRECISION):
        return _isolated(expr, symbol, setting, known)


def _is_zero(expr: Expr, symbol: Symbol, value: Expr) -> bool:
    return sign_of_number(expr.subs(symbol, value)) == {0}


def _value_of(root: RealRoot, poly: Poly) -> Expr:
    if root.exact is not None:
        return root.exact
    for candidate in poly.real_roots(multiple=True):
        place = range_of_number(Rational(candidate.evalf(40)))
        if root.ball.overlaps(place.low):
            return candidate
    return exact_rational(root.ball)


@final
class _Line:
    """Enclosures of a function of one symbol and of its slope."""

    __slots__ = ("slope", "value")

    def __init__(self, expr: Expr, symbol: Symbol) -> None:
        self.value = RangeProgram((symbol,), expr)
        self.slope = RangeProgram((symbol,), sympy.diff(expr, symbol))


def _isolated(expr: Expr, symbol: Symbol, setting: Setting, known: list[Expr]) -> Zeros:
    domain = setting.domains[symbol]
    line = _Line(expr, symbol)
    start = Range(range_of_number(domain.low).low, range_of_number(domain.high).high)
    places = [(range_of_number(value), value) for value in [*known, *_ends(expr, symbol, domain)]]
    cells, count, complete = [start], 0, True
    inside: list[Expr] = []
    enclosures: list[Range] = []
    while cells:
        cell = cells.pop()
        count += 1
        if 0 not in line.value(cell).signs:
            continue
        if 0 not in line.slope(cell).signs:
            near = _monotone(line, cell, places)
            if near is not None:
                inside += [near] if isinstance(near, Expr) else []
                enclosures += [near] if isinstance(near, Range) else []
                continue
        halves = _halves(cell)
        if halves is None or count > _MOST_CELLS:
            complete = False
            if count > _MOST_CELLS:
                break
            continue
        cells += halves
    return _summary(inside, enclosures, domain, complete=complete)


def _ends(expr: Expr, symbol: Symbol, domain: Any) -> list[Expr]:
    finite = [end for end in (domain.low, domain.high) if end not in _INFINITIES]
    return [end for end in finite if _is_zero(expr, symbol, end)]


def _monotone(
    line: _Line, cell: Range, places: list[tuple[Range, Expr]]
) -> Expr | Range | bool | None:
    """Return the only zero of a monotone function on a cell, True for none, None to go on."""
    for place, value in places:
        if cell.low <= place.high and place.low <= cell.high:
            return value
    if not cell.is_bounded:
        end = cell.low if cell.low.is_finite() else cell.high
        if not end.is_finite():
            return None
        rising = line.slope(cell).low > 0
        at_end = line.value(Range(end, end)).signs
        away = 1 if rising is bool(cell.low.is_finite()) else -1
        return True if at_end == {away} else None
    first = line.value(Range(cell.low, cell.low)).signs
    last = line.value(Range(cell.high, cell.high)).signs
    if len(first) > 1 or len(last) > 1:
        return None
    return True if first == last else cell


def _halves(cell: Range) -> list[Range] | None:
    if cell.is_bounded:
        width = float((cell.high - cell.low).upper().mid())
        if width < _SMALLEST:
            return None
        cut = ((cell.low + cell.high) / 2).mid()
    elif cell.low.is_finite():
        cut = (2 * abs(cell.low) + 1).mid()
    elif cell.high.is_finite():
        cut = (-2 * abs(cell.high) - 1).mid()
    else:
        cut = cell.low * 0 if (cell.low * 0).is_finite() else range_of_number(sympy.S.Zero).low
    if not (cell.low < cut < cell.high):
        return None
    return [Range(cell.low, cut), Range(cut, cell.high)]


def _summary(
    inside: list[Expr], enclosures: list[Range], domain: Any, *, complete: bool
) -> Zeros:
    values = [value for value in dict.fromkeys(inside) if value in domain]
    about = ""
    near = []
    for cell in enclosures:
        middle = exact_rational((cell.low + cell.high) / 2)
        if middle in domain:
            near.append(middle)
            about = f"a zero lies between {_short(cell.low)} and {_short(cell.high)}"
    return Zeros((*values, *near), complete, about, tuple(enclosures))


def _short(value: Any) -> str:
    return str(value.mid().str(20, radius=False))
