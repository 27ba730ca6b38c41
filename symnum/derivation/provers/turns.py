"""Rungs by exponentials: of a sum of logarithms, and of i times a sum of angles."""

from __future__ import annotations

import math

import sympy
from sympy import Expr, I, Rational

from symnum.derivation.provers.continuity import is_continuous
from symnum.derivation.provers.enclosures import enclosed_at
from symnum.derivation.provers.field import Quotient, TooLargeError, integer
from symnum.derivation.provers.normalform import NormalForm
from symnum.derivation.provers.powers import exponential, principal_power
from symnum.derivation.provers.task import CounterexampleError, Proof, Task
from symnum.derivation.provers.witness import points_of

__all__ = ["by_logarithms", "by_turns", "linear_in"]


def by_logarithms(task: Task) -> Proof | None:
    """Prove that the exponential of a real difference is one."""
    converted = task.converted(task.difference)
    if converted is None:
        return None
    form, (gap,) = converted
    field = form.field
    places = list(field.used(gap.numerator))
    logs = [place for place in places if field.generators[place].kind == "logarithm"]
    if not logs or not gap.denominator.is_constant() or not field.is_real(gap.numerator):
        return None
    try:
        coefficients = linear_in(gap, logs)
        if coefficients is None:
            return None
        scale = math.lcm(*(int(value.q) for value in coefficients.values()))
        rest = gap
        product = integer(1)
        for place, value in coefficients.items():
            generator = field.generators[place]
            factor = Rational(value)
            rest = rest - field.element(place) * _rational(factor)
            product = product * generator.argument.power(int(factor * scale))
        product = product * exponential(form, rest * integer(int(scale)))
        if field.vanishes(product - integer(1)):
            return Proof("normal form of the exponential", (("logarithms", str(len(logs))),))
    except (TooLargeError, ZeroDivisionError):
        return None
    return None


def _rational(value: Rational) -> Quotient:
    return integer(int(value.p)) / integer(int(value.q))


def linear_in(value: Quotient, places: list[int]) -> dict[int, Rational] | None:
    """Return the rational coefficients with which generators occur, None where not linear.

    Parameters
    ----------
    value : Quotient
        With a constant denominator.
    places : list of int
        Places of generators; each may stand alone with a rational factor, and nowhere else.

    Returns
    -------
    dict from int to sympy.Rational, or None
    """
    scale = value.denominator.leading_coefficient()
    found: dict[int, Rational] = {}
    for monomial, coefficient in value.numerator.terms():
        inside = [place for place in places if monomial[place]]
        if not inside:
            continue
        if len(inside) > 1 or sum(int(exponent) for exponent in monomial) != 1:
            return None
        ratio = coefficient / scale
        found[inside[0]] = Rational(int(ratio.p), int(ratio.q))
    return found


def _half_turn_of(form: NormalForm, expr: Expr) -> Quotient | None:
    """Return ``exp(2 i f)`` of an inverse circular function as an algebraic quotient."""
    i = form.convert(I)
    if isinstance(expr, sympy.atan):
        u = form.convert(expr.args[0])
        return (integer(1) + i * u) / (integer(1) - i * u)
    if isinstance(expr, sympy.atan2):
        y, x = (form.convert(argument) for argument in expr.args)
        return (x + i * y) / (x - i * y)
    if isinstance(expr, sympy.asin | sympy.acos):
        u = form.convert(expr.args[0])
        root = principal_power(form, integer(1) - u * u, Rational(1, 2))
        whole = root + i * u if isinstance(expr, sympy.asin) else u + i * root
        return whole * whole
    return None


def by_turns(task: Task) -> Proof | None:
    """Prove that a combination of inverse circular functions is a whole turn, and which one."""
    if not task.difference.has(sympy.atan, sympy.asin, sympy.acos, sympy.atan2):
        return None
    converted = task.converted(task.difference, I)
    if converted is None:
        return None
    form, (gap, _) = converted
    field = form.field
    if not gap.denominator.is_constant():
        return None
    angles = [
        place
        for place in field.used(gap.numerator)
        if field.generators[place].kind in ("function", "constant")
        and field.generators[place].expr != sympy.pi
    ]
    try:
        coefficients = linear_in(gap, angles)
        if not coefficients:
            return None
        scale = math.lcm(*(int(value.q) for value in coefficients.values()))
        turned, rest = integer(1), gap
        for place, value in coefficients.items():
            half = _half_turn_of(form, field.generators[place].expr)
            if half is None:
                return None
            turned = turned * half.power(int(value * scale))
            rest = rest - field.element(place) * _rational(value)
        turned = turned * exponential(form, rest * integer(2 * scale) * form.convert(I))
        if not field.vanishes(turned - integer(1)):
            return None
    except (TooLargeError, ZeroDivisionError):
        return None
    return _fixed_turn(task, sympy.pi / scale)


def _fixed_turn(task: Task, step: Expr) -> Proof | None:
    """Conclude from a continuous difference that is a multiple of a step everywhere."""
    connected = task.setting.is_product and is_continuous(task.difference, task.setting)
    if not connected and task.setting.symbols:
        return None
    for point in points_of(task.setting, 3) if task.setting.symbols else [{}]:
        gap = enclosed_at(task.difference / step, point)
        if gap.low > -0.5 and gap.high < 0.5:
            return Proof("exponential of i times the difference", (("whole turns", "0"),))
        if gap.low > 0.5 or gap.high < -0.5:
            raise CounterexampleError(point)
    return None
