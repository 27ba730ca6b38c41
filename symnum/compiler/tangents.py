"""Forward differentiation: the tangent of every node along one argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sympy import S

from symnum.compiler.named import named_slope
from symnum.compiler.program import BOOLEAN, OPERATIONS, Node, Program
from symnum.compiler.terms import Term, choose, constant, nan
from symnum.compiler.vocabulary import FUNCTIONS, no_derivative
from symnum.errors import UnsupportedNodeError

__all__ = ["EXTREMA", "partial", "require_analytic", "tangent_terms", "times"]

# The relation that holds where the first operand is the value.
EXTREMA = {"maximum": ">", "minimum": "<"}


def times(left: Term, right: Term) -> Term:
    """Multiply, leaving out a factor 1 that is there by construction."""
    if left.exact is S.One:
        return right
    return left if right.exact is S.One else left * right


def partial(node: Node, values: Sequence[Term], value: Term, place: int) -> Term | None:
    """Return the derivative of one node in one of its operands, or None where it is zero.

    Parameters
    ----------
    node : Node
        A call, but not of a maximum or minimum, a named function, or an integer power.
    values : sequence of Term
        Its operands.
    value : Term
        The node itself.
    place : int
        Which operand.
    """
    if node.operation == "call":
        return _partial_of_call(node.value, values, value, place)
    if node.operation == "named":
        return named_slope(node.value, values, place)
    if node.operation == "integer_power":
        exponent = int(node.value)
        return exponent * values[0] ** (exponent - 1)
    raise AssertionError(f"{node.operation} has a rule of its own")


def require_analytic(name: str, value: Term) -> None:
    """Raise if a function that is not analytic is to be differentiated in a complex program."""
    if value.builder.complex_valued and not FUNCTIONS[name].analytic:
        raise UnsupportedNodeError(f"{name} has no derivative in the complex numbers")


def _partial_of_call(name: str, values: Sequence[Term], value: Term, place: int) -> Term | None:
    require_analytic(name, value)
    formula = FUNCTIONS[name].partials[place]
    if formula is no_derivative:
        raise UnsupportedNodeError(f"no formula for the derivative of {name} in operand {place}")
    return None if formula is None else formula(*values, value)


def tangent_terms(program: Program, values: Sequence[Term], argument: int) -> list[Term | None]:
    """Return the derivative of every node in one argument; None is zero.

    Parameters
    ----------
    program : Program
        The program.
    values : sequence of Term
        Its nodes in the builder that takes the new ones.
    argument : int
        The position of the argument.
    """
    tangents: list[Term | None] = []
    for position, node in enumerate(program.nodes):
        operands = [values[operand] for operand in node.operands]
        slopes = [tangents[operand] for operand in node.operands]
        tangents.append(_tangent(node, operands, slopes, values[position], argument))
    return tangents


def _tangent(
    node: Node,
    operands: Sequence[Term],
    slopes: Sequence[Term | None],
    value: Term,
    argument: int,
) -> Term | None:
    if node.operation == "argument":
        return constant(value, 1) if node.value == argument else None
    if node.operation == "constant":
        # Where a function is not defined, its derivative is not either.
        return value if node.value is S.NaN else None
    if all(slope is None for slope in slopes) or OPERATIONS[node.operation].result == BOOLEAN:
        return None
    rule = RULES.get(node.operation)
    if rule is not None:
        return rule(operands, slopes, value)
    if node.operation == "call" and node.value in EXTREMA:
        require_analytic(node.value, value)
        return _tangent_of_extremum(EXTREMA[node.value], operands, slopes)
    parts = (
        _scaled(slope, partial(node, operands, value, place))
        for place, slope in enumerate(slopes)
        if slope is not None
    )
    return _total(parts)


def _scaled(slope: Term, factor: Term | None) -> Term | None:
    return None if factor is None else times(slope, factor)


def _total(parts: Iterable[Term | None]) -> Term | None:
    total: Term | None = None
    for part in parts:
        if part is not None:
            total = part if total is None else total + part
    return total


Slopes = Sequence["Term | None"]


def _tangent_of_sum(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    return _total(slopes)


def _tangent_of_difference(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    left, right = slopes
    if right is None:
        return left
    return -right if left is None else left - right


def _tangent_of_negative(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    return None if slopes[0] is None else -slopes[0]


def _tangent_of_product(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    (a, b), (da, db) = operands, slopes
    return _total((da and times(da, b), db and times(db, a)))


def _tangent_of_quotient(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    # (da - (a/b) db)/b: the square of b, which overflows early, does not occur.
    (_, b), (da, db) = operands, slopes
    if db is None:
        return da and da / b
    change = times(db, value)
    return -(change / b) if da is None else (da - change) / b


def _tangent_of_root(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    return slopes[0] and times(slopes[0], constant(value, S.Half)) / value


def _tangent_of_selection(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    _, then, otherwise = slopes
    return choose(operands[0], then or constant(value, 0), otherwise or constant(value, 0))


RULES: dict[str, Callable[[Sequence[Term], Slopes, Term], Term | None]] = {
    "add": _tangent_of_sum,
    "subtract": _tangent_of_difference,
    "negative": _tangent_of_negative,
    "multiply": _tangent_of_product,
    "divide": _tangent_of_quotient,
    "square_root": _tangent_of_root,
    "select": _tangent_of_selection,
}


def _tangent_of_extremum(
    relation: str, operands: Sequence[Term], slopes: Sequence[Term | None]
) -> Term:
    """Choose the tangent of the larger or smaller operand, and their mean where they are equal."""
    a, b = operands
    da, db = (slope or constant(a, 0) for slope in slopes)
    mean = times(da + db, constant(a, S.Half)) if da.position != db.position else da
    undecided = choose(a.compare("==", b), mean, nan(a))
    return choose(a.compare(relation, b), da, choose(b.compare(relation, a), db, undecided))
