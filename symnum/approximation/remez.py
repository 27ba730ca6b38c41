"""The Remez exchange: a reference on which the error is levelled, moved to the extrema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from flint import arb

from symnum.approximation.errors import NoBestApproximation
from symnum.approximation.extrema import Extremum, local_extrema
from symnum.approximation.families import Family, Level
from symnum.approximation.ordering import ascending, binary_exponent
from symnum.approximation.taylor import series_precision

__all__ = ["Outcome", "alternating", "exchange", "strongest"]

MOST_ROUNDS = 60
HALVINGS = 10
BETWEEN = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the exchange ended.

    Attributes
    ----------
    level : Level
        The member, with its error on the reference.
    reference : tuple of Extremum
        One more than there are parameters, alternating.
    extrema : tuple of Extremum
        All local extrema and both ends.
    deviation : float
        How much the sizes on the reference differ, relatively.
    rounds : int
    lost_bits : int
        By how many bits the error is smaller than the target.
    negligible : bool
        Whether the error cannot be told from zero at this precision.
    """

    level: Level
    reference: tuple[Extremum, ...]
    extrema: tuple[Extremum, ...]
    deviation: float
    rounds: int
    lost_bits: int
    negligible: bool

    @property
    def largest(self) -> arb:
        """The size of the largest error that was seen."""
        return max((extremum.size for extremum in self.extrema), key=ascending)


def exchange(
    family: Family,
    reference: Sequence[arb],
    grid: Sequence[arb],
    prec: int,
    tolerance: float,
    start: Level | None = None,
    most: int = MOST_ROUNDS,
) -> Outcome:
    """Exchange reference points for extrema until the error is levelled.

    Parameters
    ----------
    family : Family
    reference : sequence of arb
        The points to start from, one more than there are free parameters.
    grid : sequence of arb
        Where to look for extrema.
    prec : int
        Precision in bits.
    tolerance : float
        The deviation at which to stop.
    start : Level, optional
        For families whose levelled equations need a start.
    most : int
        Rounds after which to give up.

    Raises
    ------
    NoBestApproximation
        Where it does not converge, with the last reference.
    """
    level, places = start, list(reference)
    previous: list[arb] | None = None
    for rounds in range(1, most + 1):
        level, places = _levelled(family, places, previous, level, prec)
        previous = places
        nodes = merged(grid, _refined(places, grid, prec))
        extrema = local_extrema(family, level.values, nodes, prec)
        if not all(extremum.error.is_finite() for extremum in extrema):
            raise NoBestApproximation("the error is not finite everywhere", places, 0)
        lost, negligible = _loss(family, extrema, prec)
        chosen = alternating(family, extrema)
        if negligible:
            return Outcome(level, tuple(chosen), tuple(extrema), 0.0, rounds, lost, True)
        if len(chosen) < family.size + 1:
            raise NoBestApproximation(
                f"only {len(chosen)} alternations of the error were found where "
                f"{family.size + 1} are needed",
                [extremum.place for extremum in chosen],
                len(chosen),
            )
        kept = strongest(chosen, family.size + 1)
        with series_precision(prec, 1):
            sizes = sorted((extremum.size for extremum in kept), key=ascending)
            deviation = float((sizes[-1] - sizes[0]) / sizes[-1])
        if deviation <= tolerance:
            return Outcome(level, tuple(kept), tuple(extrema), deviation, rounds, lost, False)
        places = [extremum.place for extremum in kept]
    raise NoBestApproximation(
        f"the exchange did not converge in {most} rounds", places, len(places)
    )


def _levelled(
    family: Family,
    places: list[arb],
    previous: list[arb] | None,
    level: Level | None,
    prec: int,
) -> tuple[Level, list[arb]]:
    """Return the levelled member, on a reference nearer to the last one where there is none."""
    wanted = places
    for _ in range(HALVINGS):
        try:
            return family.level(places, level, prec), places
        except ArithmeticError as reason:
            if previous is None:
                raise NoBestApproximation(str(reason), wanted, len(wanted)) from None
            with series_precision(prec, 1):
                places = [((a + b) / 2).mid() for a, b in zip(places, previous, strict=True)]
    raise NoBestApproximation("no member is levelled on the reference", wanted, len(wanted))


def _refined(places: Sequence[arb], grid: Sequence[arb], prec: int) -> list[arb]:
    """Return a reference with further points where the grid is too coarse for it.

    Extrema crowd together near a branch point; between two of them there should be some points.
    """
    result = [places[0]]
    index = 0
    for left, right in pairwise(places):
        while index < len(grid) and grid[index] <= left:
            index += 1
        between = index
        while between < len(grid) and grid[between] < right:
            between += 1
        if between - index < BETWEEN:
            with series_precision(prec, 1):
                result += [
                    (left + (right - left) * k / (BETWEEN + 1)).mid() for k in range(1, BETWEEN + 1)
                ]
        result.append(right)
    return result


def _loss(family: Family, extrema: Sequence[Extremum], prec: int) -> tuple[int, bool]:
    """Return by how many bits the error is below the target, and whether it may be zero."""
    largest = max(binary_exponent(extremum.size) for extremum in extrema)
    scale = largest
    for extremum in extrema:
        target, inverse = family.problem.cached_data(extremum.place, prec, 1)
        with series_precision(prec, 1):
            weighted = target[0] if inverse is None else target[0] * inverse[0]
        scale = max(scale, binary_exponent(weighted))
    return scale - largest, largest < scale - prec + family.guard_bits() + 48


def merged(grid: Sequence[arb], places: Sequence[arb]) -> list[arb]:
    """Return grid and further points, ascending, each once."""
    result: list[arb] = []
    rest = list(places)
    for node in grid:
        while rest and rest[0] < node:
            result.append(rest.pop(0))
        if rest and rest[0] == node:
            rest.pop(0)
        result.append(node)
    return [*result, *rest]


def alternating(family: Family, extrema: Sequence[Extremum]) -> list[Extremum]:
    """Return the largest of each run of equal signs."""
    chosen: list[Extremum] = []
    last = 0
    for extremum in extrema:
        middle = extremum.error.mid()
        if middle == 0:
            continue
        sign = (1 if middle > 0 else -1) * family.orientation(extremum.place)
        if sign != last:
            chosen.append(extremum)
            last = sign
        elif extremum.size > chosen[-1].size:
            chosen[-1] = extremum
    return chosen


def strongest(chosen: Sequence[Extremum], count: int) -> list[Extremum]:
    """Drop extrema until so many remain: from the weaker end, or a weak pair of neighbours."""
    kept = list(chosen)
    while len(kept) > count:
        if len(kept) >= count + 2:
            weakest = min(range(len(kept)), key=lambda k: ascending(kept[k].size))
            if 0 < weakest < len(kept) - 1:
                left, right = kept[weakest - 1], kept[weakest + 1]
                neighbour = weakest - 1 if left.size < right.size else weakest + 1
                for index in sorted((weakest, neighbour), reverse=True):
                    del kept[index]
                continue
        if kept[0].size < kept[-1].size:
            del kept[0]
        else:
            del kept[-1]
    return kept
