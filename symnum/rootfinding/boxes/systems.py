"""All roots of several equations in as many unknowns, proved by the Krawczyk operator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.boxes.arguments import Ends, clipped, read_side
from symnum.rootfinding.boxes.box_search import BoxSearch, Found
from symnum.rootfinding.boxes.clusters import FloatBox, open_clusters, possible_root
from symnum.rootfinding.boxes.edges import EDGE_BITS, float_ends, lies_between
from symnum.rootfinding.boxes.root_set import POSSIBLE, PROVED, RootSet
from symnum.rootfinding.boxes.singular import singular_roots
from symnum.rootfinding.certificates import exact_ends
from symnum.rootfinding.enclosure import double_in
from symnum.rootfinding.numerators import numerator_and_denominator
from symnum.rootfinding.systems.balls import BallSystem, ball_system
from symnum.rootfinding.systems.krawczyk_operator import enclose_near
from symnum.rootfinding.systems.problem import SystemProblem, read_system

__all__ = ["system_roots"]

#: Polynomials with more operations are not made square-free.
LONGEST = 200

#: Boxes that a search may look at, and how many fewer for each function enclosed box by box.
BUDGET = 100_000
SMALLEST_BUDGET = 10_000


@dataclass(frozen=True, slots=True)
class _Place:
    """A root, or a possible one: balls around it, and a box in which there is no other."""

    sides: tuple[arb, ...]
    region: FloatBox
    proved: bool
    narrow: bool = True
    singular: bool = False

    @property
    def root(self) -> tuple[float, ...]:
        return tuple(map(double_in, self.sides))


def system_roots(equations: Sequence[Any], named: Mapping[str, Any]) -> RootSet:
    """Find every root of a system in a closed box, with proof.

    Parameters
    ----------
    equations : sequence of text, Expr or Eq
        As many as unknowns.
    named : mapping
        From the name of each unknown to its side, not read yet.

    Returns
    -------
    RootSet

    Raises
    ------
    ValueError, TypeError
        For unequal numbers of equations and unknowns, a missing, superfluous or wrong side.
    """
    problem = _read(equations, named)
    sides = [read_side(named[name], name) for name in problem.names]
    inside = [clipped(side, low) for side, low in zip(sides, problem.admitted, strict=True)]
    box = [side for side in inside if side is not None]
    tops, bottoms, simple = _fractions(problem)
    if len(box) < len(inside):
        return _root_set(problem, tops, [], [], 0)
    search = _searched(problem, tops, box)
    places = _proved_places(search, box)
    open_boxes: list[FloatBox] = []
    for cluster in open_clusters(search):
        possible = possible_root(search, cluster)
        if possible is None:
            open_boxes.append(cluster)
            continue
        corners = cluster[0].tolist(), cluster[1].tolist()
        settled = singular_roots(search.equations, search.unknowns, *corners)
        if settled is None:
            places.append(_Place(possible, cluster, False))
        elif settled and _is_new(settled[0], places, box):
            places.append(_Place(settled[0], cluster, True, singular=True))
    kept = []
    for place in places:
        verdict = _is_defined(place, bottoms)
        if verdict is None:
            open_boxes.append(_float_box(place))
        elif verdict:
            kept.append(place)
    found = _root_set(problem, tops, kept, open_boxes, search.boxes)
    return found if simple else replace(found, multiplicities=(None,) * len(found))


def _read(equations: Sequence[Any], named: Mapping[str, Any]) -> SystemProblem:
    """Read the equations; 0 is a number that the assumptions of every unknown admit."""
    if not named:
        raise ValueError("box: expected a side (a, b) for each unknown, got an empty mapping")
    try:
        return read_system(equations, dict.fromkeys(named, 0))
    except ValueError as error:
        message = str(error)
        if not message.startswith("x0"):
            raise
        message = message.replace("x0", "box", 1).replace("a start", "a side")
        raise ValueError(message.replace("no start", "no side")) from None


def _fractions(problem: SystemProblem) -> tuple[tuple[sp.Expr, ...], BallSystem, bool]:
    """Return numerators with each factor once, denominators, and whether no power was left out."""
    pairs = [numerator_and_denominator(function) for function in problem.functions]
    tops = tuple(_without_powers(top, problem.unknowns) for top, _ in pairs)
    bottoms = tuple(bottom for _, bottom in pairs if not bottom.is_number)
    simple = all(top == whole for top, (whole, _) in zip(tops, pairs, strict=True))
    return tops, ball_system(bottoms, problem.unknowns), simple


def _searched(
    problem: SystemProblem, functions: Sequence[sp.Expr], box: Sequence[Ends]
) -> BoxSearch:
    low, high = np.array([float_ends(side) for side in box]).T
    search = BoxSearch(functions, problem.unknowns, BUDGET)
    search.budget = max(SMALLEST_BUDGET, BUDGET // (1 + search.cost))
    search.run(low, high)
    return search


def _without_powers(expr: sp.Expr, unknowns: Sequence[sp.Symbol]) -> sp.Expr:
    """Return a function with the same zeros, each of its factors once.

    A double zero makes the Jacobian singular; of a square-free function it often is not.
    """
    if expr.is_Mul:
        return sp.Mul(*(_without_powers(factor, unknowns) for factor in expr.args))
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 1:
        return _without_powers(expr.base, unknowns)
    if not expr.is_Add or not expr.is_polynomial(*unknowns) or sp.count_ops(expr) > LONGEST:
        return expr
    try:
        _, parts = sp.Poly(expr, *unknowns, domain="QQ").sqf_list()
    except sp.CoercionFailed:
        return expr
    if all(power == 1 for _, power in parts):
        return expr
    return sp.Mul(*(part.as_expr() for part, _ in parts))


# proved roots


def _proved_places(search: BoxSearch, box: Sequence[Ends]) -> list[_Place]:
    """Return each root that was found once, narrowed, unless it lies outside of the box."""
    system = ball_system(tuple(search.equations), tuple(search.unknowns))
    kept: list[_Place] = []
    for one in search.found:
        place = _narrowed(search, system, one)
        if any(_holds(known.region, place.sides) for known in kept):
            continue
        if not place.narrow and any(_overlap(known.region, place.region) for known in kept):
            place = replace(place, proved=False)
        if _is_in_box(system, place, box):
            kept.append(place)
    return kept


def _narrowed(search: BoxSearch, system: BallSystem, one: Found) -> _Place:
    """Return narrow balls around the only root in a box."""
    region = one.low, one.high
    try:
        enclosure = enclose_near(system, one.place.tolist())
    except UnsupportedNodeError:
        enclosure = None
    if enclosure is not None and _holds(region, enclosure.root):
        return _Place(enclosure.root, region, True)
    low, high = search.narrowed(one)
    ends = zip(low.tolist(), high.tolist(), strict=True)
    return _Place(tuple(arb(low).union(arb(high)) for low, high in ends), region, True, False)


def _holds(region: FloatBox, sides: Sequence[arb]) -> bool:
    ends = zip(sides, region[0].tolist(), region[1].tolist(), strict=True)
    return all(bool(side >= low) and bool(side <= high) for side, low, high in ends)


def _is_new(sides: Sequence[arb], places: Sequence[_Place], box: Sequence[Ends]) -> bool:
    """Whether an exact root is not known yet and not outside of the box."""
    if any(_holds(place.region, sides) for place in places):
        return False
    bits = EDGE_BITS[0]
    return all(
        lies_between(side, ends, bits) is not False for side, ends in zip(sides, box, strict=True)
    )


def _overlap(one: FloatBox, other: FloatBox) -> bool:
    return bool((one[0] <= other[1]).all() and (other[0] <= one[1]).all())


def _is_in_box(system: BallSystem, place: _Place, box: Sequence[Ends]) -> bool:
    """Whether a root is in the closed box; on the edge counts, and what cannot be told from it."""
    sides = place.sides
    for precision in EDGE_BITS:
        verdicts = [
            lies_between(side, ends, precision) for side, ends in zip(sides, box, strict=True)
        ]
        if False in verdicts:
            return False
        if None not in verdicts:
            return True
        finer = enclose_near(system, [side.mid() for side in sides], (precision,))
        if finer is None or not _holds(place.region, finer.root):
            return True
        sides = finer.root
    return True


# the answer


def _is_defined(place: _Place, bottoms: BallSystem) -> bool | None:
    """Whether the equations are defined at a root of their numerators."""
    values = bottoms.values(place.sides, 256)
    if any(value.is_zero() for value in values):
        return False
    clear = all(value.is_finite() and not value.contains(0) for value in values)
    return True if clear else None


def _float_box(place: _Place) -> FloatBox:
    ends = [float_ends(exact_ends(side)) for side in place.sides]
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends])


def _root_set(
    problem: SystemProblem,
    functions: tuple[sp.Expr, ...],
    places: Sequence[_Place],
    open_boxes: Sequence[FloatBox],
    boxes: int,
) -> RootSet:
    ordered = sorted(places, key=lambda place: place.root)
    return RootSet(
        roots=tuple(place.root for place in ordered),
        statuses=tuple(PROVED if place.proved else POSSIBLE for place in ordered),
        multiplicities=tuple(
            1 if place.proved and not place.singular else None for place in ordered
        ),
        enclosures=tuple(tuple(map(exact_ends, place.sides)) for place in ordered),
        unresolved=tuple(sorted(tuple(_exact_pairs(box)) for box in open_boxes)),
        complete=not open_boxes and all(place.proved for place in ordered),
        equation=problem.text,
        unknown=", ".join(problem.names),
        boxes=boxes,
        functions=problem.functions,
        unknowns=problem.unknowns,
        proved_functions=functions,
    )


def _exact_pairs(box: FloatBox) -> Iterator[tuple[sp.Rational, sp.Rational]]:
    for low, high in zip(box[0].tolist(), box[1].tolist(), strict=True):
        yield sp.Rational(low), sp.Rational(high)
