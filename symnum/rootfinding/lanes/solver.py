"""A lane problem solved for many lanes: interpreted for a few, compiled for many."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.iteration import IterationKernel, IterationOutcome, iteration_kernel
from symnum.compiler.threads import available_threads
from symnum.rootfinding.lanes.codes import UNSURE
from symnum.rootfinding.lanes.problem import Column, LaneProblem
from symnum.rootfinding.status import Status

__all__ = ["LaneOutcome", "LaneSolver"]

#: So many lanes are worth a compilation.
FEWEST_COMPILED = 1000

#: A review takes a few steps, where a root takes many.
FEWEST_REVIEWED = 5000

#: So many lanes are worth another thread.
FEWEST_SHARED = 40_000


@dataclass(frozen=True, slots=True)
class LaneOutcome:
    """What became of every lane.

    Attributes
    ----------
    root : list of ndarray
        The states that are the answer.
    codes : ndarray of uint8
        Keys of `LaneProblem.statuses`.
    iterations : ndarray of int32
        Steps taken.
    extras : dict from str to ndarray
        By the names of `LaneProblem.extras`, with those of the review.
    """

    root: list[Column]
    codes: NDArray[np.uint8]
    iterations: NDArray[np.int32]
    extras: dict[str, Column]


class LaneSolver:
    """The kernels of one lane problem.

    Parameters
    ----------
    problem : LaneProblem
        What is iterated.
    fewest : int, optional
        How many lanes are worth a compilation.
    """

    def __init__(self, problem: LaneProblem, fewest: int = FEWEST_COMPILED) -> None:
        self.problem = problem
        self._fewest = fewest
        self._kernel = iteration_kernel(
            problem.step,
            problem.states,
            problem.finish,
            begin=problem.begin,
            inputs=problem.inputs,
            kept=problem.root,
            decides=problem.decides,
        )
        self._review: LaneSolver | None = None
        if problem.review is not None:
            self._review = LaneSolver(problem.review, FEWEST_REVIEWED)

    @property
    def kernel(self) -> IterationKernel:
        """The iterated kernel."""
        return self._kernel

    @property
    def source(self) -> str:
        """The programs as text."""
        return self._kernel.source

    @property
    def statuses(self) -> Mapping[int, Status]:
        """The meaning of the codes."""
        return self.problem.statuses

    @property
    def simple(self) -> int | None:
        """The code of a root that is a simple one for sure."""
        return self.problem.simple

    def solve(self, starts: Sequence[NDArray[Any]], params: Sequence[Column]) -> LaneOutcome:
        """Iterate all lanes and judge them.

        Parameters
        ----------
        starts : sequence of ndarray
            What `LaneProblem.start` takes.
        params : sequence of ndarray
            One-dimensional, of the same length.
        """
        problem = self.problem
        outcome = self._run(problem.start(starts, params), params)
        extras = dict(zip(problem.extras, outcome.extras, strict=True))
        found = LaneOutcome(outcome.states, outcome.status, outcome.iterations, extras)
        if self._review is not None:
            self._reviewed(self._review, found, params)
        return found

    def _run(self, inputs: Sequence[Column], params: Sequence[Column]) -> IterationOutcome:
        size = inputs[0].shape[0]
        interpreted = size < self._fewest and not self._kernel.compiled
        threads = available_threads() if size >= FEWEST_SHARED else 1
        return self._kernel.run(
            inputs,
            params,
            most=self.problem.most,
            threads=threads,
            interpreted=interpreted,
            out=self._columns(size),
        )

    def _columns(self, size: int) -> list[Column]:
        """Return columns for the results; those that belong together lie in one array.

        These are the coordinates or the two parts of a root, the parts of other complex numbers,
        and the derivatives.
        """
        names = [re.split(r"[.\[]", name)[0] for name in self.problem.extras]
        counts = [len(self.problem.root), *(len(list(group)) for _, group in groupby(names))]
        blocks = [np.empty((size, count)) for count in counts]
        return [block[:, k] for block in blocks for k in range(block.shape[1])]

    def _reviewed(self, review: LaneSolver, found: LaneOutcome, params: Sequence[Column]) -> None:
        """Put what a review finds in the place of what a lane was unsure about."""
        unsure = np.flatnonzero(found.codes >= UNSURE)
        if not unsure.size:
            return
        names = self.problem.extras[:2]
        starts = [column[unsure] for column in (*found.root, *(found.extras[n] for n in names))]
        starts.append((found.codes[unsure] - UNSURE).astype(np.float64))
        again = review.solve(starts, [param[unsure] for param in params])
        found.codes[unsure] = again.codes
        for old, new in zip(found.root, again.root, strict=True):
            old[unsure] = new
        for name, column in again.extras.items():
            if name not in found.extras:
                found.extras[name] = np.zeros(found.codes.shape[0])
            found.extras[name][unsure] = column
