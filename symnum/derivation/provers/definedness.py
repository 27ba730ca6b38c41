"""Where a side is defined: poles and branch points of the sides as they were written.

Nothing is cancelled before. Each node that is not defined, or not real, everywhere contributes a
requirement on its argument; a branch of a `Piecewise` contributes under its condition only. A
requirement is met by the signs that hold on the domain, or its zeros are located: a zero inside the
domain is a counterexample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import sympy
from sympy import Expr, S, Symbol
from sympy.logic.boolalg import Boolean

from symnum.derivation.provers.conjugates import conjugate_of, real_expression
from symnum.derivation.provers.field import TooLargeError
from symnum.derivation.provers.normalform import normal_form
from symnum.derivation.provers.realroots import rational_polynomial, roots_inside
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import sign_of_number
from symnum.derivation.provers.truth import assumed, branches, truth_of
from symnum.derivation.provers.witness import points_of, satisfies
from symnum.derivation.provers.zeros import zeros_on_line

__all__ = ["Flaw", "Requirement", "check_defined", "requirements"]

NONZERO = frozenset({-1, 1})
NONNEGATIVE = frozenset({0, 1})
POSITIVE = frozenset({1})

_MOST_REQUIREMENTS = 300
_MOST_POLES = 40


@final
@dataclass(frozen=True, slots=True)
class Requirement:
    """An expression whose sign decides whether a node has a (real) value.

    Attributes
    ----------
    expr : sympy.Expr
    signs : frozenset of int
        The signs with which the node is defined.
    real_signs : frozenset of int
        Those with which it is also real.
    node : sympy.Expr
        For the message.
    guards : tuple of (condition, truth)
        Under which the node is evaluated at all.
    """

    expr: Expr
    signs: frozenset[int]
    real_signs: frozenset[int]
    node: Expr
    guards: tuple[tuple[Boolean, bool], ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Flaw:
    """A requirement that is not met, or not known to be met.

    Attributes
    ----------
    requirement : Requirement
    points : tuple of dict
        Points of the setting at which it fails; empty where it is open whether there are any.
    about : str
        Says where, if the point has no closed form.
    only_real : bool
        Whether the node is defined there, though perhaps not real.
    """

    requirement: Requirement
    points: tuple[dict[Symbol, Expr], ...]
    about: str = ""
    only_real: bool = False


Row = Callable[..., Iterable[tuple[Expr, frozenset[int], frozenset[int]]]]
ALL = frozenset({-1, 0, 1})


def _no_pole_below_one(argument: Expr) -> Iterator[tuple[Expr, frozenset[int], frozenset[int]]]:
    """Require that an argument is none of 0, -1, -2, ...; one requirement speaks for all."""
    yield argument, POSITIVE, POSITIVE


def _unit(argument: Expr, *, closed: bool) -> list[tuple[Expr, frozenset[int], frozenset[int]]]:
    defined, real = (ALL, NONNEGATIVE) if closed else (NONZERO, POSITIVE)
    return [(1 - argument, defined, real), (1 + argument, defined, real)]


# Function -> (expression, signs with which it is defined, signs with which it is real).
_ROWS: dict[type, Row] = {
    sympy.log: lambda u: [(u, NONZERO, POSITIVE)],
    sympy.tan: lambda u: [(sympy.cos(u), NONZERO, NONZERO)],
    sympy.sec: lambda u: [(sympy.cos(u), NONZERO, NONZERO)],
    sympy.cot: lambda u: [(sympy.sin(u), NONZERO, NONZERO)],
    sympy.csc: lambda u: [(sympy.sin(u), NONZERO, NONZERO)],
    sympy.coth: lambda u: [(u, NONZERO, NONZERO)],
    sympy.csch: lambda u: [(u, NONZERO, NONZERO)],
    sympy.asin: lambda u: _unit(u, closed=True),
    sympy.acos: lambda u: _unit(u, closed=True),
    sympy.atanh: lambda u: _unit(u, closed=False),
    sympy.erfinv: lambda u: _unit(u, closed=False),
    sympy.acosh: lambda u: [(u - 1, ALL, NONNEGATIVE)],
    sympy.acoth: lambda u: [(u**2 - 1, NONZERO, POSITIVE)],
    sympy.asec: lambda u: [(u, NONZERO, NONZERO), (u**2 - 1, ALL, NONNEGATIVE)],
    sympy.acsc: lambda u: [(u, NONZERO, NONZERO), (u**2 - 1, ALL, NONNEGATIVE)],
    sympy.asech: lambda u: [(u, NONZERO, POSITIVE), (1 - u, ALL, NONNEGATIVE)],
    sympy.acsch: lambda u: [(u, NONZERO, NONZERO)],
    sympy.gamma: _no_pole_below_one,
    sympy.loggamma: _no_pole_below_one,
    sympy.polygamma: lambda order, u: [(u, POSITIVE, POSITIVE)],
    sympy.factorial: lambda u: [(u + 1, POSITIVE, POSITIVE)],
    sympy.beta: lambda u, *v: [(u, POSITIVE, POSITIVE), *((w, POSITIVE, POSITIVE) for w in v[:1])],
    sympy.zeta: lambda s, *a: [(s - 1, NONZERO, NONZERO)],
    sympy.Ei: lambda u: [(u, NONZERO, NONZERO)],
    sympy.Ci: lambda u: [(u, NONZERO, POSITIVE)],
    sympy.Chi: lambda u: [(u, NONZERO, POSITIVE)],
    sympy.li: lambda u: [(u, NONNEGATIVE, NONNEGATIVE), (u - 1, NONZERO, NONZERO)],
    sympy.LambertW: lambda u, *k: [(u * S.Exp1 + 1, ALL, NONNEGATIVE)],
    sympy.polylog: lambda s, u: [(1 - u, ALL if s.is_number and s > 1 else NONZERO, NONNEGATIVE)],
    sympy.elliptic_k: lambda m: [(1 - m, NONZERO, POSITIVE)],
    sympy.elliptic_e: lambda *m: [(1 - m[-1], ALL, NONNEGATIVE)],
    sympy.bessely: lambda order, u: [(u, NONZERO, POSITIVE)],
    sympy.besselk: lambda order, u: [(u, NONZERO, POSITIVE)],
    sympy.Mod: lambda u, v: [(v, NONZERO, NONZERO)],
    sympy.arg: lambda u: [(u, NONZERO, NONZERO)],
}

_POLES_AT_INTEGERS = (sympy.gamma, sympy.loggamma, sympy.polygamma, sympy.factorial, sympy.beta)
_BINDERS = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Derivative, sympy.Subs)


def requirements(expr: Expr, setting: Setting, images: Mapping[Symbol, Expr]) -> list[Requirement]:
    """Return what has to hold for an expression, as written, to be defined and real.

    Parameters
    ----------
    expr : sympy.Expr
    setting : Setting
        Tells the signs of symbolic exponents.
    images : mapping from sympy.Symbol to sympy.Expr
        What stands for each symbol in the setting.

    Returns
    -------
    list of Requirement
        Without repetitions, inner nodes first.
    """
    found: dict[Requirement, None] = {}
    seen: set[tuple[Any, ...]] = set()
    replaced = dict(images)

    def exponent_of(power: Expr) -> tuple[Expr, frozenset[int]]:
        exponent = power.exp.xreplace(replaced)
        return exponent, setting.signs(exponent)

    _collect(expr, (), found, seen, exponent_of)
    return list(found)


def _collect(
    node: sympy.Basic,
    guards: tuple[tuple[Boolean, bool], ...],
    found: dict[Requirement, None],
    seen: set[tuple[Any, ...]],
    exponent_of: Callable[[Expr], tuple[Expr, frozenset[int]]],
) -> None:
    if len(found) > _MOST_REQUIREMENTS or not node.args or (node, guards) in seen:
        return
    seen.add((node, guards))
    if isinstance(node, sympy.Piecewise):
        for value, inner in branches(node):
            _collect(value, (*guards, *inner), found, seen, exponent_of)
        return
    if isinstance(node, _BINDERS):
        for bounds in node.args[1:]:
            for part in getattr(bounds, "args", ()):
                _collect(part, guards, found, seen, exponent_of)
        return
    for argument in node.args:
        _collect(argument, guards, found, seen, exponent_of)
    for expr, defined, real in _of_node(node, exponent_of):
        if expr.free_symbols or sign_of_number(expr) - defined:
            found.setdefault(Requirement(expr, defined, real, node, guards))


def _of_node(
    node: sympy.Basic, exponent_of: Callable[[Expr], tuple[Expr, frozenset[int]]]
) -> Iterable[tuple[Expr, frozenset[int], frozenset[int]]]:
    if isinstance(node, sympy.Pow):
        return _of_power(node.base, *exponent_of(node))
    if isinstance(node, sympy.exp):
        return ()
    row = _ROWS.get(node.func)
    return row(*node.args) if row is not None else ()


def _of_power(
    base: Expr, exponent: Expr, signs: frozenset[int]
) -> Iterable[tuple[Expr, frozenset[int], frozenset[int]]]:
    if base.is_number and base.is_positive:
        return ()
    if exponent.is_Rational:
        if exponent.is_Integer:
            return ((base, NONZERO, NONZERO),) if exponent < 0 else ()
        if exponent < 0:
            return ((base, NONZERO, POSITIVE),)
        return ((base, ALL, NONNEGATIVE),)
    if exponent.is_integer:
        return () if signs <= {0, 1} else ((base, NONZERO, NONZERO),)
    if signs <= {0, 1}:
        return ((base, ALL, NONNEGATIVE),)
    return ((base, NONZERO, POSITIVE),)


def check_defined(
    exprs: Iterable[Expr], setting: Setting, images: Mapping[Symbol, Expr]
) -> list[Flaw]:
    """Return the requirements of some expressions that are not proved on the domain.

    Parameters
    ----------
    exprs : iterable of sympy.Expr
        As written, over the symbols of the claim.
    setting : Setting
    images : mapping from sympy.Symbol to sympy.Expr
        What stands for each symbol in the setting.

    Returns
    -------
    list of Flaw
        Empty where every expression is defined and real on the whole domain.
    """
    flaws = []
    needed: dict[Requirement, None] = {}
    for expr in exprs:
        found = requirements(expr, setting, images)
        for requirement in found:
            needed.setdefault(requirement)
        if len(found) > _MOST_REQUIREMENTS:
            flaws.append(Flaw(found[-1], ()))  # what follows it was not looked at
    for requirement in needed if not flaws else ():
        flaw = _examined(requirement, setting, images)
        if flaw is not None:
            flaws.append(flaw)
    return flaws


def _examined(
    requirement: Requirement, setting: Setting, images: Mapping[Symbol, Expr]
) -> Flaw | None:
    guarded: Setting | None = setting
    for condition, wanted in requirement.guards:
        inside = condition.xreplace(dict(images))
        if guarded is None or truth_of(inside, guarded) is (not wanted):
            return None
        guarded = assumed(inside, guarded, wanted=wanted)
    if guarded is None:
        return None
    expr = requirement.expr.xreplace(dict(images))
    if expr.has(sympy.I):
        return _examined_complex(requirement, expr, guarded)
    if isinstance(requirement.node, _POLES_AT_INTEGERS):
        return _examined_poles(requirement, expr, guarded)
    signs = guarded.signs(expr)
    if signs <= requirement.real_signs:
        return None
    flaw = None if signs <= requirement.signs else _zeros(requirement, expr, guarded)
    if flaw is not None:
        return flaw
    return _not_real(requirement, expr, guarded)


def _examined_complex(requirement: Requirement, expr: Expr, setting: Setting) -> Flaw | None:
    """Require that a complex number does not vanish, by the square of its modulus."""
    if 0 in requirement.signs:
        return None
    try:
        form, (value,) = normal_form(setting, expr)
        square = form.field.reduced(value * conjugate_of(form, value))
        modulus = real_expression(form, square)
    except (TooLargeError, ZeroDivisionError):
        modulus = None
    if modulus is None:
        return Flaw(requirement, ())
    if 0 not in setting.signs(modulus):
        return None
    return _zeros(requirement, modulus, setting)


def _examined_poles(requirement: Requirement, expr: Expr, setting: Setting) -> Flaw | None:
    """Require that an argument is no integer from 0 downwards."""
    if setting.signs(expr) <= POSITIVE:
        return None
    low, high = setting.bounds(expr)
    if low < -_MOST_POLES:
        low = -float(_MOST_POLES)
    lowest = min(0, int(low) - 1)
    for pole in range(min(0, int(high) + 1), lowest - 1, -1):
        gap = expr - pole
        if 0 in setting.signs(gap):
            flaw = _zeros(requirement, gap, setting)
            if flaw is not None:
                return flaw
    if low > -_MOST_POLES:
        return None
    return Flaw(requirement, ())


def _zeros(requirement: Requirement, expr: Expr, setting: Setting) -> Flaw | None:
    """Locate zeros of an expression; None where it is proved that there are none."""
    if 0 in requirement.signs:
        return None
    if not expr.free_symbols:
        value = setting.signs(expr)
        return None if 0 not in value else Flaw(requirement, ({},) if value == {0} else ())
    symbols = [symbol for symbol in setting.symbols if symbol in expr.free_symbols]
    if len(symbols) == 1:
        found = zeros_on_line(expr, symbols[0], setting)
        if found.complete and not found.inside:
            return None
        rest = _rest_of(setting, symbols[0])
        points = tuple({**rest, symbols[0]: zero} for zero in found.inside)
        points = tuple(point for point in points if satisfies(setting, point))
        if points or found.about:
            return Flaw(requirement, points, found.about)
        return Flaw(requirement, ())
    for symbol in symbols:
        for others in points_of(setting, 2):
            line = expr.subs({key: value for key, value in others.items() if key != symbol})
            poly = rational_polynomial(line, [symbol])
            if poly is None or poly.is_zero:
                continue
            for root in roots_inside(poly, setting.domains[symbol]) or ():
                if root.exact is not None:
                    point = {**others, symbol: root.exact}
                    if satisfies(setting, point):
                        return Flaw(requirement, (point,))
    return Flaw(requirement, ())


def _rest_of(setting: Setting, symbol: Symbol) -> dict[Symbol, Expr]:
    for point in points_of(setting, 1):
        return {key: value for key, value in point.items() if key != symbol}
    return {}


def _not_real(requirement: Requirement, expr: Expr, setting: Setting) -> Flaw | None:
    """Look for points at which a node is defined but perhaps not real."""
    outside = requirement.signs - requirement.real_signs
    part = setting.assume(expr, outside) if outside else None
    if part is None:
        return None
    points = tuple(points_of(part, 3))
    if not points and 0 not in requirement.signs and setting.is_product:
        # Without zeros the sign is the same everywhere, so one point decides.
        for point in points_of(setting, 1):
            if (
                setting.assume(expr, requirement.real_signs)
                and sign_of_number(expr.subs(point)) <= requirement.real_signs
            ):
                return None
    return Flaw(requirement, points, only_real=True)
