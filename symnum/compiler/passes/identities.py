"""Identities that hold in rounded arithmetic: for every number, infinity, NaN and signed zero.

Each rule is one law. Where a rule changes the rounding it removes one; none of them turns a number
into NaN or a finite number into an infinity. Not among them, because they fail: x + 0 = x and
(-a) - b = -(a + b) and -(a - b) = b - a (the sign of zero), x - x = 0 and x*0 = 0 (infinities),
sqrt(x)**2 = x (negative x), (c a)/b = c (a/b) and its like (overflow half way).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr, S

from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.program import Node, Program
from symnum.compiler.terms import call
from symnum.compiler.vocabulary import FUNCTIONS

__all__ = ["IDENTITIES", "Identity", "apply_identities"]


@dataclass(frozen=True, slots=True)
class Identity:
    """One law.

    Parameters
    ----------
    operation : str
        The operation on the left-hand side.
    law : str
        The identity in words and formulas.
    apply : callable
        Returns the position of the right-hand side, or None where the left-hand side is not there.
    """

    operation: str
    law: str
    apply: Callable[[Rewriter, Node], int | None]


# Exact constants are multiplied within these bounds, where no format of a kernel overflows.
SMALLEST, LARGEST = S(2) ** -60, S(2) ** 60

# Functions whose values have no sign, so that the absolute value changes nothing.
NONNEGATIVE = frozenset(["absolute", "exp", "hypot"])


def apply_identities(program: Program) -> Program:
    """Apply the table of laws at every node until none applies any more.

    Every law takes an operation away or moves a sign or a factor towards the outputs or into a
    constant, so this ends.

    Parameters
    ----------
    program : Program
        Any program.
    """
    while (simpler := rewrite(program, _apply)) != program:
        program = simpler
    return program


def _apply(rewriter: Rewriter, node: Node) -> int | None:
    for identity in BY_OPERATION.get(node.operation, ()):
        place = identity.apply(rewriter, node)
        if place is not None:
            return place
    return None


def _is_moderate(number: Expr) -> bool:
    if not number.is_real or number.is_zero:
        return False
    return bool(abs(number) >= SMALLEST) and bool(abs(number) <= LARGEST)


def _split(rewriter: Rewriter, node: Node) -> tuple[int, Expr] | None:
    """Split a product of two into an operand and a constant."""
    for operand, other in (node.operands, node.operands[::-1]):
        constant = rewriter.constant(other)
        if constant is not None:
            return operand, constant
    return None


def _double_negation(rewriter: Rewriter, node: Node) -> int | None:
    return rewriter.operand(node.operands[0], "negative")


def _negative_multiple(rewriter: Rewriter, node: Node) -> int | None:
    (place,) = node.operands
    inner = rewriter.node(place)
    if rewriter.uses[place] > 1:
        return None
    if inner.operation == "multiply" and (split := _split(rewriter, inner)):
        return (rewriter.term(split[0]) * rewriter.number(-split[1])).position
    if inner.operation == "divide":
        constant = rewriter.constant(inner.operands[0])
        if constant is not None:
            return (rewriter.number(-constant) / rewriter.term(inner.operands[1])).position
    return None


def _sum_with_negative(rewriter: Rewriter, node: Node) -> int | None:
    for here, other in (node.operands, node.operands[::-1]):
        opposite = rewriter.operand(other, "negative")
        if opposite is not None:
            return (rewriter.term(here) - rewriter.term(opposite)).position
    return None


def _difference_with_negative(rewriter: Rewriter, node: Node) -> int | None:
    left, right = node.operands
    opposite = rewriter.operand(right, "negative")
    if opposite is None:
        return None
    return (rewriter.term(left) + rewriter.term(opposite)).position


def _difference_with_zero(rewriter: Rewriter, node: Node) -> int | None:
    return node.operands[0] if rewriter.constant(node.operands[1]) is S.Zero else None


def _multiple_of_unit(rewriter: Rewriter, node: Node) -> int | None:
    split = _split(rewriter, node)
    if split is None or split[1] not in (S.One, S.NegativeOne):
        return None
    return split[0] if split[1] is S.One else (-rewriter.term(split[0])).position


def _product_with_negative(rewriter: Rewriter, node: Node) -> int | None:
    split = _split(rewriter, node)
    for here, other in (node.operands, node.operands[::-1]):
        opposite = rewriter.operand(here, "negative")
        if opposite is None:
            continue
        if split is not None:
            return (rewriter.term(opposite) * rewriter.number(-split[1])).position
        again = rewriter.operand(other, "negative")
        if again is not None:
            return (rewriter.term(opposite) * rewriter.term(again)).position
        return (-(rewriter.term(opposite) * rewriter.term(other))).position
    return None


def _multiple_of_multiple(rewriter: Rewriter, node: Node) -> int | None:
    split = _split(rewriter, node)
    if split is None or not _is_moderate(split[1]):
        return None
    operand, factor = split
    inner = rewriter.node(operand)
    again = _split(rewriter, inner) if inner.operation == "multiply" else None
    if again is not None and _is_moderate(again[1]):
        return (rewriter.term(again[0]) * rewriter.number(factor * again[1])).position
    if inner.operation == "divide" and rewriter.uses[operand] <= 1:
        constant = rewriter.constant(inner.operands[0])
        if constant is not None and _is_moderate(constant):
            return (rewriter.number(factor * constant) / rewriter.term(inner.operands[1])).position
    return None


def _product_with_reciprocal(rewriter: Rewriter, node: Node) -> int | None:
    for here, other in (node.operands, node.operands[::-1]):
        inner = rewriter.node(other)
        if inner.operation != "divide" or rewriter.uses[other] > 1:
            continue
        if rewriter.constant(inner.operands[0]) is S.One:
            return (rewriter.term(here) / rewriter.term(inner.operands[1])).position
    return None


def _quotient_by_constant(rewriter: Rewriter, node: Node) -> int | None:
    constant = rewriter.constant(node.operands[1])
    if constant is None or not _is_moderate(constant):
        return None
    numerator = rewriter.term(node.operands[0])
    if constant is S.One:
        return numerator.position
    if constant is S.NegativeOne:
        return (-numerator).position
    return (numerator * rewriter.number(1 / constant)).position


def _quotient_with_negative(rewriter: Rewriter, node: Node) -> int | None:
    top, bottom = node.operands
    opposite = rewriter.operand(bottom, "negative")
    if opposite is not None:
        constant = rewriter.constant(top)
        if constant is not None:
            return (rewriter.number(-constant) / rewriter.term(opposite)).position
        again = rewriter.operand(top, "negative")
        if again is not None:
            return (rewriter.term(again) / rewriter.term(opposite)).position
        return (-(rewriter.term(top) / rewriter.term(opposite))).position
    opposite = rewriter.operand(top, "negative")
    if opposite is not None:
        return (-(rewriter.term(opposite) / rewriter.term(bottom))).position
    return None


def _quotient_of_multiple(rewriter: Rewriter, node: Node) -> int | None:
    constant = rewriter.constant(node.operands[0])
    inner = rewriter.node(node.operands[1])
    if constant is None or inner.operation != "multiply" or rewriter.uses[node.operands[1]] > 1:
        return None
    split = _split(rewriter, inner)
    if split is None or not (_is_moderate(constant) and _is_moderate(split[1])):
        return None
    return (rewriter.number(constant / split[1]) / rewriter.term(split[0])).position


def _quotient_by_quotient(rewriter: Rewriter, node: Node) -> int | None:
    top, bottom = node.operands
    inner = rewriter.node(bottom)
    if inner.operation != "divide" or rewriter.uses[bottom] > 1:
        return None
    above, below = rewriter.constant(top), rewriter.constant(inner.operands[0])
    if below is S.One:
        return (rewriter.term(top) * rewriter.term(inner.operands[1])).position
    if above is None or below is None or not (_is_moderate(above) and _is_moderate(below)):
        return None
    return (rewriter.number(above / below) * rewriter.term(inner.operands[1])).position


def _quotient_of_multiples(rewriter: Rewriter, node: Node) -> int | None:
    top, bottom = (rewriter.node(operand) for operand in node.operands)
    if top.operation != "multiply" or bottom.operation != "multiply":
        return None
    above, below = _split(rewriter, top), _split(rewriter, bottom)
    if above is None or below is None or above[1] != below[1] or not _is_moderate(above[1]):
        return None
    return (rewriter.term(above[0]) / rewriter.term(below[0])).position


def _power_of_negative(rewriter: Rewriter, node: Node) -> int | None:
    opposite = rewriter.operand(node.operands[0], "negative")
    if opposite is None:
        return None
    power = rewriter.term(opposite) ** int(node.value)
    return power.position if node.value % 2 == 0 else (-power).position


def _power_of_absolute(rewriter: Rewriter, node: Node) -> int | None:
    inner = rewriter.node(node.operands[0])
    if rewriter.builder.complex_valued or node.value % 2 or inner.value != "absolute":
        return None
    return (rewriter.term(inner.operands[0]) ** int(node.value)).position


def _power_of_power(rewriter: Rewriter, node: Node) -> int | None:
    inner = rewriter.node(node.operands[0])
    if inner.operation != "integer_power":
        return None
    exponent = int(inner.value * node.value)
    return (rewriter.term(inner.operands[0]) ** exponent).position


def _root_of_even_power(rewriter: Rewriter, node: Node) -> int | None:
    inner = rewriter.node(node.operands[0])
    if rewriter.builder.complex_valued or inner.operation != "integer_power" or inner.value % 2:
        return None
    return call("absolute", rewriter.term(inner.operands[0]) ** (inner.value // 2)).position


def _absolute_of_nonnegative(rewriter: Rewriter, node: Node) -> int | None:
    if node.value != "absolute" or rewriter.builder.complex_valued:
        return None
    inner = rewriter.node(node.operands[0])
    known = inner.operation == "square_root" or (
        inner.operation == "call" and inner.value in NONNEGATIVE
    )
    even = inner.operation == "integer_power" and inner.value % 2 == 0
    return node.operands[0] if known or even else None


def _function_of_negative(rewriter: Rewriter, node: Node) -> int | None:
    parity = FUNCTIONS[node.value].parity
    if not parity:
        return None
    opposite = rewriter.operand(node.operands[0], "negative")
    if opposite is None:
        return None
    value = call(node.value, rewriter.term(opposite))
    return value.position if parity == "even" else (-value).position


def _double_negate(rewriter: Rewriter, node: Node) -> int | None:
    inner = rewriter.node(node.operands[0])
    if inner.operation == "negate":
        return inner.operands[0]
    if inner.operation == "compare" and inner.value in ("==", "!="):
        relation = "!=" if inner.value == "==" else "=="
        return rewriter.builder.add("compare", *inner.operands, value=relation)
    return None


def _selection_by_negation(rewriter: Rewriter, node: Node) -> int | None:
    condition, then, otherwise = node.operands
    opposite = rewriter.operand(condition, "negate")
    if opposite is None:
        return None
    return rewriter.builder.add("select", opposite, otherwise, then)


# The laws of all operations; of those of one operation, the first that applies is taken.
IDENTITIES: tuple[Identity, ...] = (
    Identity("negative", "-(-a) = a", _double_negation),
    Identity(
        "negative",
        "-(c a) = (-c) a and -(c/a) = (-c)/a, where the inner operation has no other use",
        _negative_multiple,
    ),
    Identity("add", "a + (-b) = a - b", _sum_with_negative),
    Identity("subtract", "a - 0 = a; constants have no negative zero", _difference_with_zero),
    Identity("subtract", "a - (-b) = a + b", _difference_with_negative),
    Identity("multiply", "1 a = a, (-1) a = -a", _multiple_of_unit),
    Identity(
        "multiply", "(-a) b = -(a b), with a constant (-a) c = a (-c)", _product_with_negative
    ),
    Identity(
        "multiply",
        "c (d a) = (c d) a and c (d / a) = (c d) / a, with one rounding less",
        _multiple_of_multiple,
    ),
    Identity("multiply", "a (1/b) = a/b, where 1/b has no other use", _product_with_reciprocal),
    Identity("divide", "a/1 = a, a/(-1) = -a, a/c = a (1/c)", _quotient_by_constant),
    Identity(
        "divide", "(-a)/b = -(a/b), a/(-b) = -(a/b), c/(-b) = (-c)/b", _quotient_with_negative
    ),
    Identity("divide", "c/(d a) = (c/d)/a, with one rounding less", _quotient_of_multiple),
    Identity("divide", "(c a)/(c b) = a/b", _quotient_of_multiples),
    Identity(
        "divide",
        "a/(1/b) = a b and c/(d/b) = (c/d) b, where the divisor has no other use",
        _quotient_by_quotient,
    ),
    Identity("integer_power", "(-a)**n = a**n for even n, -(a**n) for odd n", _power_of_negative),
    Identity("integer_power", "abs(a)**n = a**n for even n and real a", _power_of_absolute),
    Identity("integer_power", "(a**m)**n = a**(m n)", _power_of_power),
    Identity(
        "square_root",
        "sqrt(a**(2 n)) = abs(a**n) for real a; nothing overflows on the way",
        _root_of_even_power,
    ),
    Identity(
        "call",
        "abs(a) = a for even powers, roots, exponentials and absolute values of real numbers",
        _absolute_of_nonnegative,
    ),
    Identity("call", "f(-a) = f(a) for even f, -f(a) for odd f", _function_of_negative),
    Identity(
        "negate", "not not p = p, not (a == b) = (a != b), not (a != b) = (a == b)", _double_negate
    ),
    Identity("select", "select(not p, a, b) = select(p, b, a)", _selection_by_negation),
)

BY_OPERATION: dict[str, tuple[Identity, ...]] = {
    operation: tuple(row for row in IDENTITIES if row.operation == operation)
    for operation in sorted({row.operation for row in IDENTITIES})
}
