"""The sine and cosine of twice an angle by those of the angle."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr

from symnum.compiler.passes.angles import WAVES, Angle, Direction, angle_node, angle_of
from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.passes.sums import is_call
from symnum.compiler.program import Node, Program
from symnum.compiler.terms import Term, call

__all__ = ["double_angles"]


@dataclass(frozen=True, slots=True)
class Doubled:
    """A call of a wave at plus or minus twice an angle.

    Parameters
    ----------
    angle : Angle
        The angle of which it takes the double.
    operand : int
        Where that angle is.
    negative : bool
        Whether it is minus twice the angle.
    """

    angle: Angle
    operand: int
    negative: bool


def double_angles(program: Program) -> Program:
    """Compute sin(2 u) and cos(2 u) from sin(u) and cos(u), where one of those is needed.

    Laws: sin(2 u) = 2 sin(u) cos(u), cos(2 u) = (cos(u) - sin(u)) (cos(u) + sin(u)). The error of
    the sine is some units of its last place, that of the cosine some units of the last place of 1,
    as that of the rounded angle is. No angle is doubled twice, and angles are not added: sin(x - y)
    is accurate near x = y, which the difference of products is not.

    Parameters
    ----------
    program : Program
        Any program; a complex one is left alone.
    """
    doubled = {} if program.complex_valued else _doubled(program)
    if not doubled:
        return program

    def replace(rewriter: Rewriter, node: Node) -> int | None:
        found = doubled.get(rewriter.position)
        if found is None:
            return None
        u = rewriter.term(
            angle_node(rewriter, found.angle.direction, found.angle.frequency, found.operand)
        )
        return _wave(str(node.value), u, found.negative).position

    return rewrite(program, replace)


def _wave(name: str, u: Term, negative: bool) -> Term:
    sine, cosine = call("sin", u), call("cos", u)
    if name == "cos":
        return (cosine - sine) * (cosine + sine)
    product = sine * cosine * 2
    return -product if negative else product


def _doubled(program: Program) -> dict[int, Doubled]:
    angles: dict[int, Angle] = {}
    # For each angle that occurs, regardless of its sign, one node that holds it.
    places: dict[tuple[Direction, Expr], tuple[Angle, int]] = {}
    for position, node in enumerate(program.nodes):
        if is_call(node, WAVES):
            angle = angle_of(program.nodes, node.operands[0])
            if angle is not None and angle.phase.is_zero:
                angles[position] = angle
                places.setdefault(
                    (angle.direction, abs(angle.frequency)), (angle, node.operands[0])
                )
    replaced: set[tuple[Direction, Expr]] = set()
    for direction, frequency in sorted(places, key=lambda key: key[1]):
        half = direction, frequency / 2
        if half in places and half not in replaced:
            replaced.add((direction, frequency))
    found: dict[int, Doubled] = {}
    for position, angle in angles.items():
        if (angle.direction, abs(angle.frequency)) in replaced:
            base, operand = places[angle.direction, abs(angle.frequency) / 2]
            negative = angle.frequency * base.frequency < 0
            found[position] = Doubled(base, operand, bool(negative))
    return found
