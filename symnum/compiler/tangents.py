"""Forward differentiation: the tangent of every node along one argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sympy import S

from symnum.compiler.named import named_slope
from symnum.compiler.program import BOOLEAN, OPERATIONS, Node, Program
from symnum.compiler.terms import Term, choose, constant, nan
from symnum.compiler.vocabulary import FUNCTIONS, no_derivative
from symnum.errors import UnsupportedNodeError

__all__ = [
    "EXTREMA",
    "opposite",
    "over",
    "partial",
    "require_analytic",
    "tangent_terms",
    "times",
]

# The relation that holds where the first operand is the value.
EXTREMA = {"maximum": ">", "minimum": "<"}


# Selections inside each other are searched for a branch with slope zero this deep.
DEEPEST_BRANCH = 8


def times(slope: Term, factor: Term) -> Term:
    """Multiply a slope, leaving out a factor 1 that is there by construction."""
    if factor.exact is S.One:
        return slope
    return _in_branches(slope, lambda part: factor if part.exact is S.One else part * factor)


def over(slope: Term, divisor: Term) -> Term:
    """Divide a slope."""
    return _in_branches(slope, lambda part: part / divisor)


def opposite(slope: Term) -> Term:
    """Change the sign of a slope."""
    return _in_branches(slope, lambda part: -part)


def _in_branches(slope: Term, apply: Callable[[Term], Term], depth: int = DEEPEST_BRANCH) -> Term:
    """Apply a linear function to a slope, in each branch where another one is zero.

    In a branch that does not depend on the argument the slope is zero whatever it is multiplied
    by, also by the infinite slope that a function has at the constant value of the branch.
    """
    if not _has_zero_branch(slope, depth):
        return apply(slope)
    condition, *branches = _operands(slope)
    then, otherwise = (
        branch if branch.exact is S.Zero else _in_branches(branch, apply, depth - 1)
        for branch in branches
    )
    return choose(condition, then, otherwise)


def _has_zero_branch(slope: Term, depth: int) -> bool:
    pending = [(slope, depth)]
    while pending:
        term, left = pending.pop()
        if left == 0 or term.builder.nodes[term.position].operation != "select":
            continue
        for branch in _operands(term)[1:]:
            if branch.exact is S.Zero:
                return True
            pending.append((branch, left - 1))
    return False


def _operands(term: Term) -> list[Term]:
    return [Term(term.builder, place) for place in term.builder.nodes[term.position].operands]


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


Tangents = dict[int, Term]


def tangent_terms(
    program: Program, values: Sequence[Term], columns: Mapping[int, int]
) -> tuple[list[Tangents], list[Term | None]]:
    """Return the derivatives of every node in the arguments that it depends on.

    Parameters
    ----------
    program : Program
        The program.
    values : sequence of Term
        Its nodes in the builder that takes the new ones.
    columns : mapping of int to int
        A number for each argument that is differentiated by.

    Returns
    -------
    tangents : list of dict
        For each node its derivatives by the number of the argument.
    elsewhere : list of (Term or None)
        For each node the derivative in every other argument: None is zero; it is NaN where the
        node is not defined.
    """
    elsewhere = _elsewhere(program, values)
    tangents: list[Tangents] = []
    for position, node in enumerate(program.nodes):
        if node.operation == "argument":
            column = columns.get(node.value)
            tangents.append({} if column is None else {column: constant(values[position], 1)})
            continue
        found: Tangents = {}
        operands: list[Term] = []
        for column in _columns_of(node, tangents):
            operands = operands or [values[operand] for operand in node.operands]
            slopes = [tangents[k].get(column, elsewhere[k]) for k in node.operands]
            tangent = _tangent(node, operands, slopes, values[position])
            if tangent is not None:
                found[column] = tangent
        tangents.append(found)
    return tangents, elsewhere


def _columns_of(node: Node, tangents: Sequence[Tangents]) -> Iterable[int]:
    if OPERATIONS[node.operation].result == BOOLEAN:
        return ()
    if len(node.operands) == 1:
        return tangents[node.operands[0]]
    return dict.fromkeys(column for operand in node.operands for column in tangents[operand])


def _elsewhere(program: Program, values: Sequence[Term]) -> list[Term | None]:
    """Return the derivative of every node in something that it does not depend on."""
    slopes: list[Term | None] = [None] * len(program.nodes)
    undefined = False
    for position, node in enumerate(program.nodes):
        if node.operation == "constant" and node.value is S.NaN:
            # Where a function is not defined, its derivative is not either.
            slopes[position] = values[position]
            undefined = True
        elif undefined:
            operands = [values[operand] for operand in node.operands]
            parts = [slopes[operand] for operand in node.operands]
            slopes[position] = _tangent(node, operands, parts, values[position])
    return slopes


def _tangent(
    node: Node,
    operands: Sequence[Term],
    slopes: Sequence[Term | None],
    value: Term,
) -> Term | None:
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
    return opposite(right) if left is None else left - right


def _tangent_of_negative(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    return None if slopes[0] is None else opposite(slopes[0])


def _tangent_of_product(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    (a, b), (da, db) = operands, slopes
    return _total((da and times(da, b), db and times(db, a)))


def _tangent_of_quotient(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    # (da - (a/b) db)/b: the square of b, which overflows early, does not occur.
    (_, b), (da, db) = operands, slopes
    if db is None:
        return da and over(da, b)
    change = times(db, value)
    return opposite(over(change, b)) if da is None else (da - change) / b


def _tangent_of_root(operands: Sequence[Term], slopes: Slopes, value: Term) -> Term | None:
    return slopes[0] and over(times(slopes[0], constant(value, S.Half)), value)


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
    if da.exact is S.Zero:
        # The operand that does not change comes first: what is multiplied later is the rest.
        a, b, da, db = b, a, db, da
    mean = times(da + db, constant(a, S.Half)) if da.position != db.position else da
    undecided = choose(a.compare("==", b), mean, nan(a))
    moving = choose(a.compare(relation, b), da, undecided)
    return choose(b.compare(relation, a), db, moving)
