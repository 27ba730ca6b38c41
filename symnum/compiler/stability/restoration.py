"""Rounding errors of products given back: to differences of products, and to exponents.

A fused multiply-add knows what a product lost. Both forms are better by themselves, however well
or badly conditioned the formula is, so no measurement asks for them; one has to confirm them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import sympy

from symnum.compiler.program import Node
from symnum.compiler.stability.algebra import is_power_of_two
from symnum.compiler.stability.doubling import paired
from symnum.compiler.stability.raising import lowered, raise_node
from symnum.compiler.stability.scoring import node_cost
from symnum.compiler.stability.search import Search
from symnum.compiler.terms import Term, call, choose

__all__ = ["restore_differences", "restore_exponents"]

# An exponent is carried in two parts where that costs at most so much.
MOST_COST = 100.0

# Errors of an exponential below this many ulps are left alone.
FELT = 4.0

# Powers in exponents up to this one are multiplied out.
LARGEST_POWER = 4

POLYNOMIAL = frozenset(
    ["argument", "constant", "negative", "add", "subtract", "multiply", "integer_power"]
)


class Product(NamedTuple):
    """A power of two, perhaps negative, times two arguments of the program."""

    scale: sympy.Rational
    first: int
    second: int

    @property
    def is_square(self) -> bool:
        """Whether both arguments are the same."""
        return self.first == self.second


def restore_differences(search: Search) -> None:
    """Let a*b - c*d of arguments keep its digits where both products are nearly equal.

    With w = c*d rounded it is fma(a, b, -w) - fma(c, d, -w) (Kahan), at most two ulps off.
    """
    if search.single:
        return
    space = search.workspace
    for position in space.reached(search.outputs):
        node = space.builder.nodes[position]
        if node.operation not in ("add", "subtract"):
            continue
        left, right = (_product(space.builder.nodes, operand) for operand in node.operands)
        if left is None or right is None:
            continue
        sign = 1 if node.operation == "add" else -1
        # A difference of squares and a common factor are taken out; a sum of squares loses nothing.
        if (left.is_square and right.is_square) or {*left[1:]} & {*right[1:]}:
            continue
        a, b = (space.term(place) for place in left[1:])
        c, d = (space.term(place) for place in right[1:])
        a, c = _scaled(a, left.scale), _scaled(c, sign * right.scale)
        rounded = c * d
        rest = c.make("fused_multiply_add", c, d, -rounded)
        total = a.make("fused_multiply_add", a, b, rounded) + rest
        # Where a product is infinite, what it lost is not a number.
        kept = choose(total.compare("==", total), total, space.term(position))
        form = search.form(position, kept.position, "a b - c d = fma(a, b, -w) - fma(c, d, -w)")
        if form is not None:
            search.replace(position, form)


def _product(nodes: Sequence[Node], position: int) -> Product | None:
    """Return a node as a product of two arguments and a power of two, None if it is none."""
    scale = sympy.Rational(1)
    arguments: list[int] = []
    stack = [position]
    while stack:
        place = stack.pop()
        node = nodes[place]
        if node.operation == "argument":
            arguments.append(place)
        elif node.operation == "constant" and is_power_of_two(node.value):
            scale *= node.value
        elif node.operation == "negative":
            scale = -scale
            stack.extend(node.operands)
        elif node.operation == "multiply":
            stack.extend(node.operands)
        elif node.operation == "integer_power" and node.value == 2:
            stack.extend(2 * node.operands)
        else:
            return None
        if len(arguments) > 2:
            return None
    return Product(scale, *arguments) if len(arguments) == 2 else None


def _scaled(term: Term, scale: sympy.Rational) -> Term:
    if scale == 1:
        return term
    return -term if scale == -1 else term * scale


def restore_exponents(search: Search) -> None:
    """Let exponentials of polynomials in the arguments be right however large the exponent is.

    The rounding error of an exponent is an error of the exponential as many times as large as
    itself: exp(u + r) = exp(u) + r exp(u) with u rounded and r what was lost. The rounding of the
    arguments does as much, so this is done only in formulas that have been worked on.
    """
    space = search.workspace
    if search.single or not search.choices:
        return
    known = _rests(search)
    for position in space.reached(search.outputs):
        node = space.builder.nodes[position]
        if node.operation != "call" or node.value != "exp":
            continue
        if not _is_polynomial(search, node.operands[0], known):
            continue
        present = search.present(position)
        if _worst(search, position, position) <= FELT:
            continue
        length = len(space.builder.nodes)
        value = _restored(search, node.operands[0])
        added = space.builder.nodes[length:]
        if value is None or sum(map(node_cost, added)) > MOST_COST:
            continue
        form = search.form(position, value.position, "exp(u + r) = exp(u) + r exp(u)")
        if form is None or form.score.undefined > present.score.undefined:
            continue
        if _worst(search, position, form.position) <= FELT:
            search.replace(position, form)


def _rests(search: Search) -> set[int]:
    """Return the nodes whose rounding errors the program computes already."""
    space = search.workspace
    nodes = space.builder.nodes
    found: set[int] = set()
    for place in space.reached(search.outputs):
        if nodes[place].operation == "fused_multiply_add":
            last = nodes[place].operands[2]
            found.update([last, *nodes[last].operands])
    return {place for place in found if nodes[place].operation not in ("argument", "constant")}


def _is_polynomial(search: Search, position: int, known: set[int]) -> bool:
    """Tell whether a node is a polynomial in the arguments, of degree two at least.

    One with a part whose rounding error is `known` is none: it has been taken care of.
    """
    nodes = search.workspace.builder.nodes
    curved = False
    for place in search.workspace.reached([position]):
        node = nodes[place]
        if node.operation not in POLYNOMIAL or place in known:
            return False
        if node.operation == "integer_power":
            if not 1 < int(node.value) <= LARGEST_POWER:
                return False
            curved = True
        elif node.operation == "multiply":
            curved |= all(nodes[k].operation != "constant" for k in node.operands)
    return curved


def _restored(search: Search, exponent: int) -> Term | None:
    space = search.workspace
    nodes = space.builder.nodes

    def leaf(place: int) -> Term | None:
        return space.term(place) if nodes[place].operation == "argument" else None

    raised = raise_node(space.builder, exponent)
    if raised is None:
        return None
    # A common factor is multiplied by once.
    content, primitive = raised.expression.primitive()
    whole = space.term(lowered(space.builder, primitive, raised.leaves)) * content
    pair = paired(nodes, whole.position, whole, leaf)
    if pair is None or pair.low is None:
        return None
    main = call("exp", pair.high)
    value = main + main * pair.low
    # Where the exponent overflows, what it lost is not a number.
    return choose(value.compare("==", value), value, main)


def _worst(search: Search, position: int, place: int) -> float:
    """Return the worst error, in ulps, of a node as another one computes it."""
    space = search.workspace
    exact = space.exact(position)
    errors = exact.errors(space.double(place))
    counted = (
        space.ordinary & space.inside & exact.known & (np.abs(exact.high) > np.finfo(float).tiny)
    )
    counted &= np.isfinite(exact.high)
    return float(np.max(errors[counted], initial=0.0))
