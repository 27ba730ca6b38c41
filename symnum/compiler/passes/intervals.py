"""Between which numbers the nodes of a real program lie, wherever they are numbers at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Expr, S

from symnum.compiler.constants import numeric_constant, working_context
from symnum.compiler.program import BOOLEAN, OPERATIONS, Node, Program

__all__ = ["ANYTHING", "Range", "ranges"]

INFINITY = math.inf


@dataclass(frozen=True, slots=True)
class Range:
    """Every value of a node that is not NaN lies between two numbers, both included.

    Parameters
    ----------
    low, high : float
        Exact in single precision, so that rounding in a kernel of either precision, which never
        changes the order of two numbers, does not leave the range.
    """

    low: float
    high: float


ANYTHING = Range(-INFINITY, INFINITY)
NONNEGATIVE = Range(0.0, INFINITY)


def outward(low: float, high: float) -> Range:
    """Return the smallest range with ends in single precision."""
    with np.errstate(over="ignore"):
        down, up = np.float32(low), np.float32(high)
        if float(down) > low:
            down = np.nextafter(down, np.float32(-INFINITY))
        if float(up) < high:
            up = np.nextafter(up, np.float32(INFINITY))
    return Range(float(down), float(up))


def ranges(program: Program) -> list[Range]:
    """Return the range of every node of a real program; truth values have none that says anything.

    Parameters
    ----------
    program : Program
        A real program.

    Examples
    --------
    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x = sympy.Symbol("x")
    >>> ranges(lower((x,), (2 + x**2,)))[-1]
    Range(low=2.0, high=inf)
    """
    found: list[Range] = []
    for node in program.nodes:
        operands = [found[operand] for operand in node.operands]
        found.append(_range(node, operands))
    return found


def _range(node: Node, operands: Sequence[Range]) -> Range:
    match node.operation:
        case "constant":
            return _of_constant(node.value)
        case "multiply" if node.operands[0] == node.operands[1]:
            return _power(operands[0], 2)
        case "integer_power":
            return _power(operands[0], int(node.value))
        case "select":
            then, otherwise = operands[1:]
            return Range(min(then.low, otherwise.low), max(then.high, otherwise.high))
        case "call":
            rule = CALLS.get(node.value)
        case operation:
            rule = RULES.get(operation)
    if rule is None or OPERATIONS[node.operation].result == BOOLEAN:
        return ANYTHING
    return rule(*operands)


def _of_constant(constant: Expr) -> Range:
    if constant.is_Rational:
        try:
            value = int(constant.p) / int(constant.q)
        except OverflowError:
            return NONNEGATIVE if constant > 0 else Range(-INFINITY, 0.0)
        # The quotient is rounded; an integer as large as this is exact.
        exact = constant.q == 1 and abs(value) < 2**53
        return outward(value, value) if exact else _widened(value)
    if constant is S.NaN:
        return Range(INFINITY, -INFINITY)
    return _widened(float(numeric_constant(constant, working_context(20)).real))


def _widened(value: float) -> Range:
    return outward(math.nextafter(value, -INFINITY), math.nextafter(value, INFINITY))


def _hull(values: Sequence[float]) -> Range:
    """Return the range of some numbers that have been rounded."""
    if any(map(math.isnan, values)):
        return ANYTHING
    low, high = min(values), max(values)
    return outward(
        low if low == 0 else math.nextafter(low, -INFINITY),
        high if high == 0 else math.nextafter(high, INFINITY),
    )


def _sum(a: Range, b: Range) -> Range:
    low, high = a.low + b.low, a.high + b.high
    # Infinities of opposite sign say nothing of what lies between.
    return Range(
        -INFINITY if math.isnan(low) else _exact_or_widened(low, a.low, b.low).low,
        INFINITY if math.isnan(high) else _exact_or_widened(high, a.high, b.high).high,
    )


def _exact_or_widened(total: float, left: float, right: float) -> Range:
    is_exact = math.isinf(total) or (total - left == right and total - right == left)
    return outward(total, total) if is_exact else _widened(total)


def _negative(a: Range) -> Range:
    return Range(-a.high, -a.low)


def _difference(a: Range, b: Range) -> Range:
    return _sum(a, _negative(b))


def _times(left: float, right: float) -> float:
    # 0 times infinity is NaN for the ends themselves, and 0 for all that lies between.
    return 0.0 if left == 0 or right == 0 else left * right


def _product(a: Range, b: Range) -> Range:
    return _hull([_times(x, y) for x in (a.low, a.high) for y in (b.low, b.high)])


def _quotient(a: Range, b: Range) -> Range:
    if b.low <= 0 <= b.high:
        # A divisor that may be a negative zero gives infinities of both signs.
        return ANYTHING
    reciprocal = Range(
        0.0 if math.isinf(b.high) else 1 / b.high, 0.0 if math.isinf(b.low) else 1 / b.low
    )
    return _product(a, _hull([reciprocal.low, reciprocal.high]))


def _power(base: Range, exponent: int) -> Range:
    if exponent < 0:
        inverse = _quotient(Range(1.0, 1.0), _power(base, -exponent) if exponent < -1 else base)
        return NONNEGATIVE if inverse == ANYTHING and exponent % 2 == 0 else inverse
    ends = [_raised(base.low, exponent), _raised(base.high, exponent)]
    if exponent % 2 == 0 and base.low <= 0 <= base.high:
        ends.append(0.0)
    if base.low > base.high:
        return base
    # A power is a chain of products, each of which rounds.
    slack = 0.0 if set(ends) <= {0.0, 1.0, -1.0} else min(0.5, 1e-6 * exponent)
    low, high = min(ends), max(ends)
    return outward(low - slack * abs(low), high + slack * abs(high))


def _raised(number: float, exponent: int) -> float:
    try:
        return number**exponent
    except OverflowError:
        return -INFINITY if number < 0 and exponent % 2 else INFINITY


def _root(a: Range) -> Range:
    if a.high < 0:
        return NONNEGATIVE
    return _hull([math.sqrt(max(a.low, 0.0)), math.sqrt(a.high)])


def _absolute(a: Range) -> Range:
    if a.low >= 0:
        return a
    return _negative(a) if a.high <= 0 else Range(0.0, max(-a.low, a.high))


def _maximum(a: Range, b: Range) -> Range:
    return Range(max(a.low, b.low), max(a.high, b.high))


def _minimum(a: Range, b: Range) -> Range:
    return Range(min(a.low, b.low), min(a.high, b.high))


def _exponential(a: Range) -> Range:
    # Far ends only: a library's rounding of a value near 1 is not relied upon.
    return Range(0.0, 1.5 if a.high <= 0 else INFINITY)


def _general_power(base: Range, exponent: Range) -> Range:
    return NONNEGATIVE if base.low >= 0 else ANYTHING


def _between(low: float, high: float) -> Callable[..., Range]:
    """Return the rule of a bounded function; the bounds allow for a library's rounding."""
    slack = 1e-6
    bounds = outward(
        low - slack * abs(low) if low else 0.0, high + slack * abs(high) if high else 0.0
    )
    return lambda *operands: bounds


RULES: dict[str, Callable[..., Range]] = {
    "negative": _negative,
    "add": _sum,
    "subtract": _difference,
    "multiply": _product,
    "divide": _quotient,
    "square_root": _root,
    "multiply_add": lambda a, b, c: _sum(_product(a, b), c),
}

CALLS: dict[str, Callable[..., Range]] = {
    "absolute": _absolute,
    "maximum": _maximum,
    "minimum": _minimum,
    "exp": _exponential,
    "power": _general_power,
    "hypot": lambda a, b: NONNEGATIVE,
    "cosh": _between(1.0, INFINITY),
    "sech": _between(0.0, 1.0),
    "sin": _between(-1.0, 1.0),
    "cos": _between(-1.0, 1.0),
    "tanh": _between(-1.0, 1.0),
    "erf": _between(-1.0, 1.0),
    "erfc": _between(0.0, 2.0),
    "sign": _between(-1.0, 1.0),
    "atan": _between(-1.5708, 1.5708),
    "asin": _between(-1.5708, 1.5708),
    "acos": _between(0.0, 3.1416),
    "atan2": _between(-3.1416, 3.1416),
    "acosh": lambda a: NONNEGATIVE,
    "expm1": _between(-1.0, INFINITY),
}
