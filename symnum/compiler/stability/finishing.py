"""What is done when nothing loses digits any more: roots that overflow, quotients 0/0."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sympy
from flint import arb
from numpy.typing import NDArray
from sympy import Expr

from symnum.compiler.program import Program
from symnum.compiler.stability.algebra import coefficient_and_rest
from symnum.compiler.stability.doubles import Column
from symnum.compiler.stability.quotients import squares
from symnum.compiler.stability.raising import Raised, below, lowered, raise_node
from symnum.compiler.stability.search import Form, Search
from symnum.compiler.stability.series import program_values, single_cuts, sub_program
from symnum.compiler.terms import choose, nan
from symnum.reference.balls import working_precision

__all__ = ["fill_removable_points", "protect_quotients", "protect_roots"]

# Squares of numbers below this do not overflow, and what is added to them may be this large.
SAFE = 2**500
SAFE_IN_SINGLE = 2**60

# A relative error from which on a number is wrong.
FAR = 1e-6

# A root may be so many ulps worse for not overflowing.
MOST_LOSS = 2.5

# Where a limit is read off, at this precision.
CLOSE = 2.0**-200
BITS = 1_200


def protect_roots(search: Search) -> None:
    """Let squares under a root not overflow, nor vanish, where the root itself does not."""
    space = search.workspace
    for position in space.reached(search.outputs):
        if space.builder.nodes[position].operation != "square_root":
            continue
        with np.errstate(all="ignore"):
            lost = space.inside & np.isfinite(space.exact(position).high)
            lost &= _is_far(space.double(position), space.nearest(position))
        raised = raise_node(space.builder, position, 9) if _is_felt(search, lost) else None
        if raised is None:
            continue
        forms = list(_root_forms(search, position, raised))
        if forms:
            best = min(forms, key=lambda form: (form.score.undefined, form.cost))
            search.replace(position, best)


def _is_far(computed: Column, exact: Column) -> NDArray[np.bool_]:
    """Tell where numbers have nothing to do with the exact ones."""
    near: NDArray[np.bool_] = np.abs(computed - exact) <= FAR * np.abs(exact)
    return ~near


def _is_felt(search: Search, points: NDArray[np.bool_]) -> bool:
    """Tell whether some output is infinite, undefined or plainly wrong at some points."""
    space = search.workspace
    with np.errstate(all="ignore"):
        for k in search.outputs:
            double, nearest = space.double(k), space.nearest(k)
            wrong = np.isfinite(nearest) & _is_far(double, nearest)
            if (points & (wrong | ~np.isfinite(double))).any():
                return True
    return False


def _root_forms(search: Search, position: int, raised: Raised) -> Iterator[Form]:
    root = raised.expression
    sides = squares(root.base) if isinstance(root, sympy.Pow) else None
    if sides is None:
        return
    expressions: list[tuple[str, Expr]] = []
    numbers = [side for side in sides if side.is_number]
    others = [side for side in sides if not side.is_number]
    safe = SAFE_IN_SINGLE if search.single else SAFE
    if len(others) == 1 and all(number < safe / 2**30 for number in numbers):
        size = sympy.Abs(coefficient_and_rest(others[0])[1])
        plain = below(size, safe, root, sympy.Abs(others[0]))
        expressions.append(("sqrt(a^2 + c) = |a| for large a", plain))
    total = sides[0]
    for side in sides[1:]:
        total = sympy.codegen.cfunctions.hypot(total, side)
    expressions.append(("sqrt(a^2 + b^2) = hypot(a, b)", total))
    space = search.workspace
    for law, expression in expressions:
        place = lowered(space.builder, expression, raised.leaves)
        if expression is total:
            # The length of infinity and no number is infinity, the root as written is no number.
            radicand = space.term(space.builder.nodes[position].operands[0])
            defined = radicand.compare("==", radicand)
            place = choose(defined, space.term(place), nan(radicand)).position
        form = search.form(position, place, law)
        if form is not None and form.score.fair <= search.present(position).score.fair + MOST_LOSS:
            yield form


def protect_quotients(search: Search) -> None:
    """Let quotients of numbers that underflow be polynomials there."""
    space = search.workspace
    for position in space.reached(search.outputs):
        if space.builder.nodes[position].operation != "divide":
            continue
        lost = space.inside & np.isfinite(space.nearest(position))
        if not _is_felt(search, lost & np.isnan(space.double(position))):
            continue
        candidates = list(search.series_forms(position))
        if not candidates:
            continue
        present = search.present(position)
        forms = [
            form
            for form in candidates
            if form.score.undefined < present.score.undefined
            and form.score.fair <= present.score.fair + MOST_LOSS
        ]
        if forms:
            search.replace(position, min(forms, key=lambda form: form.score.undefined))


def fill_removable_points(search: Search) -> None:
    """Give quotients that are 0/0 at a point their limit there."""
    space = search.workspace
    for position in space.reached(search.outputs):
        node = space.builder.nodes[position]
        if node.operation != "divide":
            continue
        top, bottom = (space.double(operand) for operand in node.operands)
        empty = (top == 0) & (bottom == 0)
        if not _is_felt(search, empty):
            continue
        origin = space.aliases.get(position, position)
        for cut in reversed(single_cuts(space.builder, origin)):
            here = search.current.get(cut, cut)
            at_zero = space.double(here) == 0
            exact = sub_program(space.builder, origin, cut)
            if exact is None or not (empty & at_zero).any() or (at_zero & ~empty).any():
                continue
            limit = _limit(exact)
            if limit is None:
                continue
            at = space.term(here).compare("==", 0)
            filled = choose(at, space.term(position)._lift(limit), space.term(position))
            form = Form(
                filled.position, "the limit at a removable point", *search.measure(position)
            )
            search.replace(position, form)
            break


def _limit(program: Program) -> sympy.Rational | None:
    """Return the limit of a function at 0, None where there is none."""
    with working_precision(BITS):
        points = [arb(CLOSE), arb(-CLOSE)]
        right, left = program_values(program, sympy.Integer(0), points)
        if not (right.is_finite() and left.is_finite()):
            return None
        if abs(right - left) > arb(2.0**-90) * (1 + abs(right)):
            return None
        middle = float((right + left) / 2)
    # An odd function is zero at 0 and close to it at the points.
    return sympy.Rational(middle) if abs(middle) > 2.0**-150 else sympy.Integer(0)
