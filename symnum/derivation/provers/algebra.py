"""Rungs of algebra: the normal form, a square root removed, the simplifiers of SymPy."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from flint import fmpq_mpoly
from sympy import Expr, Integer

from symnum.derivation.provers.constants import algebraic_zero
from symnum.derivation.provers.field import Quotient, TooLargeError, integer
from symnum.derivation.provers.normalform import NormalForm
from symnum.derivation.provers.task import CounterexampleError, Proof, Task, differs
from symnum.derivation.provers.witness import points_of

__all__ = ["by_normal_form", "by_separation", "by_simplifiers"]

_FALLBACK_OPERATIONS = 60
_LONGEST = 10_000


def by_normal_form(task: Task) -> Proof | None:
    """Reduce the difference over the field of its roots, exponentials and logarithms to zero."""
    converted = task.converted(task.lhs, task.rhs)
    if converted is None:
        return None
    form, (left, right) = converted
    try:
        gap = left - right
        if form.field.vanishes(gap):
            kinds = sorted({g.kind for g in form.field.generators} - {"symbol", "constant"})
            over = f" over {', '.join(kinds)}" if kinds else ""
            name = "rational identity" if not kinds else "normal form"
            return Proof(
                name, (("reduced to 0", f"{len(form.field.generators)} generators{over}"),)
            )
        if task.depth == 0 and _never_vanishes(form, gap):
            raise CounterexampleError(next(points_of(task.setting, 1), {}))
        return _by_norm(task, form, gap)
    except TooLargeError:
        return None


def _never_vanishes(form: NormalForm, gap: Quotient) -> bool:
    """Tell whether a difference is a number times powers of exponentials."""
    top = form.field.reduce(gap.numerator)
    kinds = {form.field.generators[place].kind for place in form.field.used(top)}
    return len(top) == 1 and kinds <= {"exponential"}


def _by_norm(task: Task, form: NormalForm, gap: Quotient) -> Proof | None:
    """Multiply ``b + a r``, linear in a square root, by ``b - a r`` of known sign."""
    top = form.field.reduce(gap.numerator)
    for place in reversed(form.field.used(top)):
        generator = form.field.generators[place]
        if generator.kind not in ("root", "modulus") or generator.degree != 2:
            continue
        flipped = form.field.reduce(top.compose(*_flip(form, place), ctx=top.context()))
        if not form.field.vanishes(Quotient(top, _one()) * Quotient(flipped, _one())):
            continue
        if 0 not in task.setting.signs(form.field.polynomial_expression(flipped)):
            return Proof("normal form", (("squared", f"the root {generator.expr} was removed"),))
    return None


def _one() -> fmpq_mpoly:
    return integer(1).numerator


def _flip(form: NormalForm, place: int) -> list[fmpq_mpoly]:
    ring = integer(1).numerator.context()
    return [-g if i == place else g for i, g in enumerate(ring.gens())]


def by_separation(task: Task) -> Proof | None:
    """Prove that a number built from integers and roots is zero by its separation bound."""
    if task.difference.free_symbols or algebraic_zero(task.difference) is not True:
        return None
    return Proof("separation bound of algebraic numbers")


# What SymPy knows beyond the normal form; small expressions only, as none of these is bounded.
_SIMPLIFIERS: tuple[tuple[str, Callable[[Expr], Expr]], ...] = (
    ("expand_func", sympy.expand_func),
    ("gammasimp", sympy.gammasimp),
    ("radsimp", sympy.radsimp),
    ("trigsimp", sympy.trigsimp),
    ("simplify", sympy.simplify),
)


def by_simplifiers(task: Task) -> Proof | None:
    """Try the simplifiers of SymPy on a small difference."""
    gap = task.difference
    if task.depth > 2 or sympy.count_ops(gap) > _FALLBACK_OPERATIONS:
        return None
    if gap.has(sympy.Integral, sympy.Sum, sympy.Product):
        return None
    if any(max(abs(number.p), number.q) > _LONGEST for number in gap.atoms(sympy.Rational)):
        return None  # powers that high may keep them busy for hours
    for name, simplifier in _SIMPLIFIERS:
        try:
            value = simplifier(gap)
        except (ValueError, TypeError, NotImplementedError, ZeroDivisionError, RecursionError):
            continue
        if value == 0:
            return Proof("simplification", (("by", name),))
        if value.is_number and not value.has(sympy.Float) and differs(value, Integer(0), {}):
            for point in points_of(task.setting, 1) if task.setting.symbols else [{}]:
                raise CounterexampleError(point)
    return None
