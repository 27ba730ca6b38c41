"""All roots of a system in a box: cut, drop, narrow and prove, many boxes at a time.

A box is dropped where the range of a function excludes 0. The derivatives narrow it, or prove that
it holds exactly one root; for this it is inflated, so that a root on the face between two boxes is
found all the same. What is left is cut in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.boxes.box_search_contraction import Contraction, contracted
from symnum.rootfinding.boxes.box_search_functions import BoxFunctions
from symnum.rootfinding.systems.balls import derived_jacobian

__all__ = ["BoxSearch", "Found"]

Floats = NDArray[np.float64]

#: Never the middle: roots love mid-points.
SHARE = 0.492

#: Boxes that are looked at together.
BATCH = 1024

#: A box is inflated by this share of its width, and by this share of its distance from 0.
INFLATION = 0.06
ABSOLUTE_INFLATION = 1e-14

#: A box narrower than this, relative to its distance from 0 or 1, is not cut.
NARROWEST = 2.0**-34

#: How often the box of a root is narrowed.
NARROWINGS = 100

#: A box that shrank to this share of its width is narrowed again before it is cut.
WORTHWHILE = 0.6


@dataclass(frozen=True, slots=True)
class Found:
    """A box that holds exactly one root.

    Attributes
    ----------
    low, high : ndarray
        The box.
    place : ndarray
        A point next to the root.
    """

    low: Floats
    high: Floats
    place: Floats


@dataclass
class BoxSearch:
    """The search in one box.

    Parameters
    ----------
    equations : sequence of Expr
        As many as unknowns, exact.
    unknowns : sequence of Symbol
        Real ones.
    budget : int
        The number of boxes after which the rest is left undecided.

    Attributes
    ----------
    found : list of Found
        Each root once or more often.
    undecided : list of (ndarray, ndarray)
        Boxes that may hold more roots.
    boxes : int
        How many were looked at.
    """

    equations: Sequence[sp.Expr]
    unknowns: Sequence[sp.Symbol]
    budget: int
    found: list[Found] = field(default_factory=list)
    undecided: list[tuple[Floats, Floats]] = field(default_factory=list)
    boxes: int = 0

    def __post_init__(self) -> None:
        self._functions = BoxFunctions(self.equations, self.unknowns)
        self._jacobian: BoxFunctions | None
        try:
            rows = derived_jacobian(self.equations, self.unknowns)
            self._jacobian = BoxFunctions([e for row in rows for e in row], self.unknowns)
        except UnsupportedNodeError:
            self._jacobian = None

    @property
    def cost(self) -> int:
        """How many functions of an evaluation are enclosed box by box."""
        return self._functions.cost + (self._jacobian.cost if self._jacobian else 0)

    def run(self, low: Floats, high: Floats) -> None:
        """Search a box.

        Parameters
        ----------
        low, high : ndarray
            One number for each unknown.
        """
        floor = np.minimum(1.0, high - low)
        lows, highs = low[None, :], high[None, :]
        while len(lows):
            widths = np.maximum(_relative_widths(lows, highs, floor), NARROWEST)
            order = np.argsort(-np.log(widths).sum(axis=1), kind="stable")
            # Half of them the smallest: where the budget does not suffice some roots are found.
            later = order[BATCH // 2 : max(BATCH // 2, len(order) - BATCH // 2)]
            now = np.setdiff1d(order, later)
            self.boxes += len(now)
            if self.boxes > self.budget:
                self.undecided += list(zip(lows, highs, strict=True))
                return
            rest = lows[later], highs[later]
            parts = self._examined(lows[now], highs[now], floor)
            lows = np.concatenate([parts[0], rest[0]])
            highs = np.concatenate([parts[1], rest[1]])

    def narrowed(self, found: Found) -> tuple[Floats, Floats]:
        """Return a narrower box around a root, as narrow as floats allow.

        Parameters
        ----------
        found : Found
            The box that holds it alone.

        Returns
        -------
        tuple of ndarray
            The corners.
        """
        low, high = found.low[None, :], found.high[None, :]
        for _ in range(NARROWINGS):
            if self._jacobian is None:
                break
            step = contracted(self._functions, self._jacobian, low, high)
            if not (step.high - step.low < WORTHWHILE * (high - low)).any():
                break
            low, high = step.low, step.high
        return low[0], high[0]

    def _examined(self, low: Floats, high: Floats, floor: Floats) -> tuple[Floats, Floats]:
        """Return the boxes that are left of some, cut where they did not shrink."""
        keep = ~self._is_settled(low, high)
        low, high = low[keep], high[keep]
        keep = np.logical_and.reduce([f.may_vanish for f in self._functions(low, high)])
        low, high = low[keep], high[keep]
        widths = _relative_widths(low, high, floor)
        narrowed = self._contracted(low, high, floor)
        for k in np.flatnonzero(narrowed.unique):
            self.found.append(Found(narrowed.low[k], narrowed.high[k], narrowed.places[k]))
        first, last = np.maximum(narrowed.low, low), np.minimum(narrowed.high, high)
        keep = ~narrowed.unique & (first <= last).all(axis=1)
        first, last, widths = first[keep], last[keep], widths[keep]
        now = _relative_widths(first, last, floor)
        # What has only just become small is looked at once more.
        small = widths.max(axis=1) <= NARROWEST
        self.undecided += list(zip(first[small], last[small], strict=True))
        least = np.maximum(NARROWEST, WORTHWHILE * widths.max(axis=1))
        shrunk = ~small & (now.max(axis=1) <= least)
        cut = ~small & ~shrunk
        left, right = _halves(first[cut], last[cut], now[cut], narrowed.slopes[keep][cut])
        return (
            np.concatenate([first[shrunk], left[0], right[0]]),
            np.concatenate([last[shrunk], left[1], right[1]]),
        )

    def _contracted(self, low: Floats, high: Floats, floor: Floats) -> Contraction:
        """Narrow boxes that are inflated a little; `low` and `high` of unique ones are theirs."""
        if self._jacobian is None or not len(low):
            nowhere = np.zeros(len(low), bool)
            return Contraction(low, high, nowhere, low, np.full((*low.shape, low.shape[1]), np.inf))
        size = np.maximum(floor, np.maximum(abs(low), abs(high)))
        margin = INFLATION * (high - low) + ABSOLUTE_INFLATION * size
        wider = low - margin, high + margin
        result = contracted(self._functions, self._jacobian, *wider)
        # At the border of the domain of a function the box itself may be all that is left.
        unknown = np.isinf(result.slopes).any(axis=(1, 2))
        if unknown.any():
            again = contracted(self._functions, self._jacobian, low[unknown], high[unknown])
            for whole, part in zip(result, again, strict=True):
                whole[unknown] = part
            wider[0][unknown], wider[1][unknown] = low[unknown], high[unknown]
        result.low[result.unique] = wider[0][result.unique]
        result.high[result.unique] = wider[1][result.unique]
        return result

    def _is_settled(self, low: Floats, high: Floats) -> NDArray[np.bool_]:
        """Where a box lies in one that is known to hold a single root."""
        settled = np.zeros(len(low), bool)
        for known in self.found:
            settled |= (low >= known.low).all(axis=1) & (high <= known.high).all(axis=1)
        return settled


def _relative_widths(low: Floats, high: Floats, floor: Floats) -> Floats:
    return np.asarray((high - low) / np.maximum(floor, np.maximum(np.abs(low), np.abs(high))))


def _halves(
    low: Floats, high: Floats, widths: Floats, slopes: Floats
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Cut each box across the side along which the functions change most."""
    known: NDArray[np.bool_] = np.all(np.isfinite(slopes), axis=(1, 2))
    with np.errstate(invalid="ignore"):
        change = (slopes * (high - low)[:, None, :]).max(axis=1)
    change = np.where(known[:, None], change, 0.0)
    # A side that is far narrower than the widest one is never cut.
    change = np.where(widths >= 1e-3 * widths.max(axis=1, keepdims=True, initial=0.0), change, -1.0)
    known &= change.max(axis=1, initial=0.0) > 0.0
    side = np.where(known, change.argmax(axis=1), widths.argmax(axis=1))
    rows = np.arange(len(low))
    place = low[rows, side] + SHARE * (high[rows, side] - low[rows, side])
    first_high, last_low = high.copy(), low.copy()
    first_high[rows, side] = place
    last_low[rows, side] = place
    return (low, first_high), (last_low, high)
