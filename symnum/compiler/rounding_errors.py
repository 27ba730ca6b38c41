"""Bounds of rounding errors, computed beside the values by the same program.

Beside each value v stands a bound e of its error, to first order in u = 2**-53:

* sum: ``e1 + e2 + u|v|``
* product: ``|v1| e2 + |v2| e1 + u|v|``
* quotient: ``(e1 + |v| e2) / |v2| + u|v|``
* square root: ``e / |v| + u|v|``, at zero the square root of e
* function: the sum of ``|g'| e`` over its operands, and a few u|v|

What is exact adds nothing: arguments, constants that are doubles, products with powers of two.
Numbers below the normal range lose more than that; a bound that allows for it costs a comparison
for each operation and is made on request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy
from sympy import Rational, S

from symnum.compiler.native import NATIVE
from symnum.compiler.program import BOOLEAN, OPERATIONS, Node, Program
from symnum.compiler.terms import Term, call, choose, constant
from symnum.compiler.vocabulary import FUNCTIONS, no_derivative
from symnum.errors import UnsupportedNodeError

__all__ = ["UNIT_ROUNDOFF", "error_terms"]

UNIT_ROUNDOFF = Rational(1, 2**53)

# What the terms of higher order and the rounding of the bound itself may add.
SLACK = Rational(65, 64)

# How many u|v| a function of the library may be off, and one of SciPy.
LIBRARY, BOUND_BY_SYMBOL = 4, 32

# The relative distance of the points of a difference quotient.
NEARBY = Rational(1, 2**20)

SMALLEST_NORMAL = Rational(1, 2**1022)
# Half of the smallest double, in units of u.
LOST_BELOW = Rational(1, 2**1075) / UNIT_ROUNDOFF

# Functions that are constant between their jumps, which lie at zero or at whole numbers; with the
# largest height of a jump.
JUMPS = {"sign": (False, 2), "heaviside": (False, 1), "floor": (True, 1), "ceiling": (True, 1)}

Errors = list[Term | None]


def error_terms(
    program: Program,
    values: Sequence[Term],
    outputs: Sequence[int],
    *,
    below_normal: bool = False,
) -> list[Term]:
    """Append bounds of the rounding errors of some nodes.

    Parameters
    ----------
    program : Program
        Of real numbers, without named functions, and not yet contracted.
    values : sequence of Term
        Its nodes in the builder that takes the new ones.
    outputs : sequence of int
        Positions of nodes of the program.
    below_normal : bool, optional
        Whether the bounds hold for values that underflow, too.

    Returns
    -------
    list of Term
        One bound for each of `outputs`; infinite or NaN where there is none.

    Raises
    ------
    UnsupportedNodeError
        If an operation has no bound, as that of a named function.

    Examples
    --------
    >>> from symnum.compiler.lowering import lower
    >>> from symnum.compiler.program import ProgramBuilder
    >>> x = sympy.Symbol("x")
    >>> program = lower((x,), (x + 1,))
    >>> builder = ProgramBuilder(1)
    >>> values = [Term(builder, place) for place in builder.include(program)]
    >>> (bound,) = error_terms(program, values, program.outputs)
    >>> print(builder.finish((bound.position,)))
    v0 = argument(0)
    v1 = constant(1)
    v2 = add(v0, v1)
    v3 = call(v2, 'absolute')
    v4 = constant(65/576460752303423488)
    v5 = multiply(v3, v4)
    return v5
    """
    # Of a condition the entry says where it may be the opposite of what it seems.
    errors: Errors = [None] * len(program.nodes)
    for position in _needed(program, outputs):
        node = program.nodes[position]
        operands = [values[operand] for operand in node.operands]
        known = [errors[operand] for operand in node.operands]
        if OPERATIONS[node.operation].result == BOOLEAN:
            errors[position] = _doubt(node, operands, known)
            continue
        error = _error(node, operands, known, values[position])
        if below_normal:
            error = _with_underflow(node, operands, known, values[position], error)
        errors[position] = error
    return [_in_numbers(values[output], errors[output]) for output in outputs]


def _needed(program: Program, outputs: Sequence[int]) -> list[int]:
    """Return the nodes that the outputs are made of, in order."""
    needed = set(outputs)
    for position in range(len(program.nodes) - 1, -1, -1):
        if position in needed:
            needed.update(program.nodes[position].operands)
    return sorted(needed)


def _in_numbers(value: Term, error: Term | None) -> Term:
    return constant(value, 0) if error is None else error * (SLACK * UNIT_ROUNDOFF)


# Bounds in units of u; None is zero.


def _error(
    node: Node, operands: Sequence[Term], errors: Sequence[Term | None], value: Term
) -> Term | None:
    rule = RULES.get(node.operation)
    if rule is not None:
        return rule(operands, errors, value)
    if node.operation == "call":
        return _of_call(str(node.value), operands, errors, value)
    if node.operation == "integer_power":
        return _of_power(int(node.value), operands[0], errors[0], value)
    if node.operation == "constant":
        return None if _is_double(node.value) else _size(value)
    if node.operation == "argument":
        return None
    raise UnsupportedNodeError(f"no bound of the rounding error of {node.operation}")


def _is_double(number: sympy.Expr) -> bool:
    if not isinstance(number, sympy.Rational):
        return number in (S.NaN, S.Infinity, S.NegativeInfinity)
    try:
        return bool(Rational(int(number.p) / int(number.q)) == number)
    except OverflowError:
        return False


def _size(value: Term) -> Term:
    return call("absolute", value)


def _sum(*parts: Term | None) -> Term | None:
    total: Term | None = None
    for part in parts:
        if part is not None:
            total = part if total is None else total + part
    return total


def _scaled(factor: Term, error: Term | None) -> Term | None:
    return None if error is None else _size(factor) * error


def _is_power_of_two(value: Term) -> bool:
    number = value.exact
    if not isinstance(number, sympy.Rational) or number == 0:
        return False
    p, q = abs(int(number.p)), int(number.q)
    return p & (p - 1) == 0 and q & (q - 1) == 0


def _of_sum(operands: Sequence[Term], errors: Sequence[Term | None], value: Term) -> Term | None:
    return _sum(*errors, _size(value))


def _of_product(
    operands: Sequence[Term], errors: Sequence[Term | None], value: Term
) -> Term | None:
    a, b = operands
    exact = _is_power_of_two(a) or _is_power_of_two(b)
    rounded = None if exact else _size(value)
    if a.position == b.position:
        return _sum(_scaled(2 * a, errors[0]), rounded)
    return _sum(_scaled(a, errors[1]), _scaled(b, errors[0]), rounded)


def _of_quotient(
    operands: Sequence[Term], errors: Sequence[Term | None], value: Term
) -> Term | None:
    size = _size(value)
    spread = _sum(errors[0], _scaled(value, errors[1]))
    rounded = None if _is_power_of_two(operands[1]) else size
    return _sum(None if spread is None else spread / _size(operands[1]), rounded)


def _of_root(operands: Sequence[Term], errors: Sequence[Term | None], value: Term) -> Term | None:
    if errors[0] is None:
        return value
    at_zero = (errors[0] / UNIT_ROUNDOFF).root()
    return choose(value.compare("==", 0), at_zero, errors[0] / value) + value


def _of_fused(operands: Sequence[Term], errors: Sequence[Term | None], value: Term) -> Term | None:
    a, b, _ = operands
    product = _of_product((a, b), errors[:2], a * b)
    return _sum(product, errors[2], _size(value))


def _of_choice(operands: Sequence[Term], errors: Sequence[Term | None], value: Term) -> Term | None:
    condition, *branches = operands
    doubt, *known = errors
    chosen: Term | None = None
    if known[0] is not None or known[1] is not None:
        chosen = choose(condition, *(0 if error is None else error for error in known))
    if doubt is None:
        return chosen
    # Where the other branch may be the right one, its value is as good.
    apart = _sum(_size(branches[0] - branches[1]) / UNIT_ROUNDOFF, *known)
    return choose(doubt, apart, 0 if chosen is None else chosen) if apart is not None else chosen


def _doubt(node: Node, operands: Sequence[Term], errors: Sequence[Term | None]) -> Term | None:
    """Return where a condition may be wrong, None where it never is."""
    known = [error for error in errors if error is not None]
    if not known:
        return None
    if node.operation == "compare":
        spread = _sum(*known)
        assert spread is not None
        distance = _size(operands[0] - operands[1])
        return distance.compare("<=", spread * (SLACK * UNIT_ROUNDOFF))
    return known[0] if len(known) == 1 else known[0].make("either", *known)


def _of_power(exponent: int, base: Term, error: Term | None, value: Term) -> Term | None:
    own = constant(value, abs(exponent)) * _size(value)
    return _sum(_scaled(exponent * base ** (exponent - 1), error), own)


def _of_call(
    name: str, operands: Sequence[Term], errors: Sequence[Term | None], value: Term
) -> Term | None:
    if name in JUMPS:
        return _of_jumps(name, operands[0], errors[0])
    if name == "absolute":
        return errors[0]
    if name in ("maximum", "minimum"):
        return _sum(*errors)
    parts = [
        None if error is None else _scaled(_slope(name, place, operands, value), error)
        for place, error in enumerate(errors)
    ]
    off = BOUND_BY_SYMBOL if name in NATIVE else LIBRARY
    if name in NATIVE:
        # Near a zero a function of SciPy is as good as its argument, and no better.
        parts += [
            _scaled(operand, _size(_slope(name, place, operands, value)))
            for place, operand in enumerate(operands)
            if operand.exact is None
        ]
    return _sum(*parts, off * _size(value))


def _of_jumps(name: str, operand: Term, error: Term | None) -> Term | None:
    """Return the height of a jump where an operand may lie on either side of it."""
    if error is None:
        return None
    at_integers, height = JUMPS[name]
    away = operand
    if at_integers:
        away = operand - call("floor", operand + Rational(1, 2))
    near = _size(away).compare("<=", error * (SLACK * UNIT_ROUNDOFF))
    return choose(near, constant(operand, height / UNIT_ROUNDOFF), 0)


def _slope(name: str, place: int, operands: Sequence[Term], value: Term) -> Term:
    if name == "power" and place == 0:
        return operands[1] * value / operands[0]
    formula = FUNCTIONS[name].partials[place]
    if formula is no_derivative:
        return _difference_quotient(name, place, operands, value)
    return constant(value, 0) if formula is None else formula(*operands, value)


def _difference_quotient(name: str, place: int, operands: Sequence[Term], value: Term) -> Term:
    """Append a slope that is good enough for a bound of rounding errors."""
    moved = list(operands)
    moved[place] = operands[place] * (1 + NEARBY)
    rise: Term = call(name, *moved) - value
    slope: Term = rise / (operands[place] * NEARBY)
    return slope


Rule = Callable[[Sequence[Term], Sequence["Term | None"], Term], "Term | None"]

RULES: dict[str, Rule] = {
    "negative": lambda operands, errors, value: errors[0],
    "add": _of_sum,
    "subtract": _of_sum,
    "multiply": _of_product,
    "divide": _of_quotient,
    "square_root": _of_root,
    "multiply_add": _of_fused,
    "fused_multiply_add": _of_fused,
    "select": _of_choice,
}

# --------------------------------------------------------------------------- underflow


@dataclass(frozen=True, slots=True)
class _Vanishing:
    """A function that is nowhere zero but where some operands are, and may underflow."""

    zeros: tuple[int, ...]


# What may round a number to zero or to a subnormal one.
VANISHING: dict[str, _Vanishing] = {
    "multiply": _Vanishing((0, 1)),
    "divide": _Vanishing((0,)),
    "integer_power": _Vanishing((0,)),
    "exp": _Vanishing(()),
    "erfc": _Vanishing(()),
    "power": _Vanishing((0,)),
    "multiply_add": _Vanishing(()),
}


def _with_underflow(
    node: Node,
    operands: Sequence[Term],
    errors: Sequence[Term | None],
    value: Term,
    error: Term | None,
) -> Term | None:
    """Allow for what is lost where a value is below the normal numbers and not exactly zero.

    The bound of a product with a tiny number may underflow itself.
    """
    row = VANISHING.get(str(node.value) if node.operation == "call" else node.operation)
    if row is None:
        return error
    lost = _size(value).compare("<", SMALLEST_NORMAL)
    for place in row.zeros:
        present, doubt = operands[place].compare("!=", 0), errors[place]
        if doubt is not None:
            present = present.make("either", present, doubt.compare("!=", 0))
        lost = lost.make("both", lost, present)
    return _sum(choose(lost, constant(value, LOST_BELOW), 0), error)
