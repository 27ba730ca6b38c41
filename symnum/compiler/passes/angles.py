"""The operands of sines and cosines as multiples of a common angle, exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd, lcm

import sympy
from sympy import Expr, S

from symnum.compiler.passes.rewriting import Rewriter
from symnum.compiler.passes.sums import Monomial, is_moderate, product_of, settled, signed_sum
from symnum.compiler.program import Node

__all__ = ["WAVES", "Angle", "Direction", "angle_node", "angle_of", "common_frequency"]

# Angles are taken apart into this many nodes.
LONGEST_ANGLE = 30

WAVES = frozenset(["sin", "cos"])

# Nodes with their coefficients.
Direction = tuple[tuple[int, Expr], ...]


@dataclass(frozen=True, slots=True)
class Angle:
    """The operand of a sine or cosine: frequency * (a combination of nodes) + phase.

    Parameters
    ----------
    direction : tuple of (int, Expr)
        The nodes of the combination with their coefficients, the first of which is an irrational
        number or 1.
    frequency : sympy.Rational
    phase : Expr
        An exact constant.
    """

    direction: Direction
    frequency: Expr
    phase: Expr


def angle_of(nodes: Sequence[Node], position: int) -> Angle | None:
    """Read a node as a linear combination of others with exact coefficients.

    Parameters
    ----------
    nodes : sequence of Node
        The nodes of a program.
    position : int
        The operand of a sine or cosine.

    Returns
    -------
    Angle or None
        None where the operand is constant or a coefficient is huge or tiny.
    """
    found: dict[int, Expr] = defaultdict(lambda: S.Zero)
    phase: Expr = S.Zero
    stack: list[tuple[int, Expr]] = [(position, S.One)]
    steps = 0
    while stack:
        place, factor = stack.pop()
        node = nodes[place]
        parts = _linear_parts(nodes, node, factor)
        steps += 1
        if node.operation == "constant":
            phase += factor * node.value
        elif parts is None or steps > LONGEST_ANGLE:
            found[place] += factor
        else:
            stack.extend(parts)
    terms = sorted((place, factor) for place, factor in found.items() if not factor.is_zero)
    if not terms or not all(is_moderate(factor) for _, factor in terms):
        return None
    if not (phase.is_zero or is_moderate(phase)):
        return None
    frequency = terms[0][1].as_coeff_Mul()[0]
    if not frequency.is_Rational:
        return None
    return Angle(tuple((place, factor / frequency) for place, factor in terms), frequency, phase)


def _linear_parts(nodes: Sequence[Node], node: Node, factor: Expr) -> list[tuple[int, Expr]] | None:
    """Return the operands of a sum or a multiple with their factors, None for other nodes."""
    match node.operation:
        case "negative":
            return [(node.operands[0], -factor)]
        case "add":
            return [(operand, factor) for operand in node.operands]
        case "subtract":
            return [(node.operands[0], factor), (node.operands[1], -factor)]
        case "multiply":
            for operand, other in (node.operands, node.operands[::-1]):
                if nodes[other].operation == "constant" and is_moderate(nodes[other].value):
                    return [(operand, factor * nodes[other].value)]
    return None


def common_frequency(frequencies: Iterable[Expr]) -> Expr:
    """Return the largest rational number of which all are integer multiples.

    Examples
    --------
    >>> common_frequency([sympy.Rational(3, 2), sympy.Integer(2)])
    1/2
    """
    numbers = [abs(frequency) for frequency in frequencies]
    bottom = lcm(*(int(number.q) for number in numbers))
    return sympy.Rational(gcd(*(int(number * bottom) for number in numbers)), bottom)


def angle_node(
    rewriter: Rewriter, direction: Direction, frequency: Expr, known: int | None = None
) -> int:
    """Append a multiple of a combination of nodes, unless a node that is there already holds it.

    Parameters
    ----------
    rewriter : Rewriter
        The program in the making.
    direction, frequency : Direction, sympy.Rational
        As of an `Angle`.
    known : int, optional
        The position in the old program of a node with this value.
    """
    if known is not None and known < len(rewriter.places):
        return rewriter.places[known]
    terms = [
        product_of(rewriter, Monomial(factor * frequency, ((place, 1),)))
        for place, factor in direction
    ]
    return settled(rewriter, signed_sum(rewriter, terms))
