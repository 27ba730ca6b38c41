"""Backward differentiation: the slope of one output in every argument by one sweep.

A slope travels with two things that are applied as late as possible. One is the condition under
which it counts: behind a selection only one branch does, and multiplying the slope of the other by
zero would turn its infinities into NaN; so where branches meet again, a selection picks. The other
is a divisor. The slope of a/b in b is -(a/b)/b, which vanishes in rounded arithmetic when b is
large, even if what it is multiplied by next is as large as b, as in 1/(1 + exp(x)).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from sympy import S

from symnum.compiler.program import Node, Program
from symnum.compiler.tangents import EXTREMA, opposite, over, partial, require_analytic, times
from symnum.compiler.terms import Term, choose, constant, nan

__all__ = ["active_nodes", "gradient_terms"]

# The place of a contribution that says that the derivative is not defined.
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Slope:
    """The derivative of the output in a node, right where the condition holds.

    Parameters
    ----------
    value : Term
        A number.
    live : Term or None
        A truth value; None means everywhere.
    divisor : Term or None
        What the value is still to be divided by; None means 1.
    """

    value: Term
    live: Term | None = None
    divisor: Term | None = None

    @property
    def settled(self) -> Term:
        """The value after the division."""
        return self.value if self.divisor is None else over(self.value, self.divisor)

    @property
    def masked(self) -> Term:
        """The value after the division where the slope counts, 0 elsewhere."""
        return self.settled if self.live is None else choose(self.live, self.settled, 0)


def gradient_terms(
    program: Program, values: Sequence[Term], output: int, active: Sequence[bool]
) -> tuple[dict[int, Term], Term]:
    """Return the derivatives of one output in the arguments that it depends on.

    The sweep visits only what the output is made of.

    Parameters
    ----------
    program : Program
        The program.
    values : sequence of Term
        Its nodes in the builder that takes the new ones.
    output : int
        The position of the node to differentiate.
    active : sequence of bool
        What `active_nodes` marks.

    Returns
    -------
    gradient : dict of int to Term
        By the position of the argument.
    elsewhere : Term
        The derivative in every other argument: 0, or NaN where the output is not defined.
    """
    zero = constant(values[output], 0)
    if not active[output]:
        return {}, zero
    contributions: dict[int, list[Slope]] = {output: [Slope(constant(values[output], 1))]}
    # The largest position first: all uses of a node come after it.
    pending = [-output]
    found: dict[int, Term] = {}
    undefined: list[Slope] = []
    while pending:
        position = -heappop(pending)
        slope = _joined(contributions.pop(position))
        node = program.nodes[position]
        if node.operation == "argument":
            entry = slope.masked
            found[node.value] = found[node.value] + entry if node.value in found else entry
        elif node.operation == "constant":
            undefined.append(slope)
        operands = [values[operand] for operand in node.operands]
        wanted = [active[operand] for operand in node.operands]
        for place, part in _contributions(node, operands, values[position], wanted, slope):
            if place == NOWHERE:
                undefined.append(part)
                continue
            target = node.operands[place]
            if not active[target]:
                continue
            if target not in contributions:
                contributions[target] = []
                heappush(pending, -target)
            contributions[target].append(part)
    if not undefined:
        return found, zero
    # Where a function is not defined, its derivative is not either.
    lost = _joined(undefined).live
    nothing = nan(zero)
    if lost is None:
        return dict.fromkeys(found, nothing), nothing
    gradient = {argument: choose(lost, nothing, entry) for argument, entry in found.items()}
    return gradient, choose(lost, nothing, zero)


def active_nodes(program: Program, arguments: Collection[int]) -> list[bool]:
    """Mark the nodes that depend on the arguments, and what may be undefined."""
    active: list[bool] = []
    for node in program.nodes:
        if node.operation == "argument":
            active.append(node.value in arguments)
        elif node.operation == "constant":
            active.append(node.value is S.NaN)
        else:
            active.append(any(active[operand] for operand in node.operands))
    return active


def _joined(slopes: Sequence[Slope]) -> Slope:
    """Add slopes; conditions and divisors that differ are applied before."""
    first, *rest = slopes
    if all(_is_same(first.live, slope.live) for slope in rest):
        if all(_is_same(first.divisor, slope.divisor) for slope in rest):
            return replace(first, value=_total([slope.value for slope in slopes]))
        return Slope(_total([slope.settled for slope in slopes]), first.live)
    total = _total([slope.masked for slope in slopes])
    union = first.live
    for slope in rest:
        union = union and slope.live and union.make("either", union, slope.live)
    return Slope(total, union)


def _is_same(left: Term | None, right: Term | None) -> bool:
    if left is None or right is None:
        return left is right
    return left.position == right.position


def _total(terms: Sequence[Term]) -> Term:
    """Add by halves, so that rounding errors do not pile up where an argument has many uses."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return _total(terms[:half]) + _total(terms[half:])


def _narrowed(slope: Slope, condition: Term) -> Slope:
    live = slope.live
    both = condition if live is None else live.make("both", live, condition)
    return replace(slope, live=both)


def _contributions(
    node: Node, operands: Sequence[Term], value: Term, wanted: Sequence[bool], slope: Slope
) -> Iterator[tuple[int, Slope]]:
    """Yield what the slope of a node adds to the slopes of its operands."""
    if node.operation == "select":
        condition = operands[0]
        yield 1, _narrowed(slope, condition)
        yield 2, _narrowed(slope, condition.make("negate", condition))
        return
    if node.operation == "call" and node.value in EXTREMA:
        require_analytic(node.value, value)
        yield from _of_extremum(EXTREMA[node.value], operands, slope)
        return
    for place, is_wanted in enumerate(wanted):
        if is_wanted:
            part = _chained(node, operands, value, place, slope)
            if part is not None:
                yield place, part


def _chained(
    node: Node, operands: Sequence[Term], value: Term, place: int, slope: Slope
) -> Slope | None:
    """Multiply a slope by the derivative of a node in one operand."""
    match node.operation, place:
        case ("add", _) | ("subtract", 0):
            return slope
        case ("subtract", 1) | ("negative", _):
            return replace(slope, value=opposite(slope.value))
        case "multiply", _:
            return replace(slope, value=times(slope.value, operands[1 - place]))
        case "divide", 0:
            return Slope(slope.settled, slope.live, operands[1])
        case "divide", 1:
            return Slope(opposite(times(slope.settled, value)), slope.live, operands[1])
        case "square_root", _:
            return Slope(times(slope.settled, constant(value, S.Half)), slope.live, value)
        case _:
            factor = partial(node, operands, value, place)
            return None if factor is None else replace(slope, value=times(slope.value, factor))


def _of_extremum(
    relation: str, operands: Sequence[Term], slope: Slope
) -> Iterator[tuple[int, Slope]]:
    """Give the slope to the larger or smaller operand, half of it to each where they are equal."""
    a, b = operands
    equal = a.compare("==", b)
    half = times(slope.value, constant(a, S.Half))
    shared = replace(slope, value=choose(equal, half, slope.value))
    first, second = a.compare(f"{relation}=", b), b.compare(f"{relation}=", a)
    yield 0, _narrowed(shared, first)
    yield 1, _narrowed(shared, second)
    ordered = first.make("either", first, second)
    yield NOWHERE, _narrowed(slope, ordered.make("negate", ordered))
