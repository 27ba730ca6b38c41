"""From the columns of a batch to the result that a user sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnum.rootfinding.certificates import certificate_of
from symnum.rootfinding.lanes.reading import KernelProblem
from symnum.rootfinding.lanes.solver import LaneOutcome
from symnum.rootfinding.result import RootResult
from symnum.rootfinding.status import Status

__all__ = ["ResultForm"]

Array = NDArray[Any]

#: How many codes there may be.
CODES = 256


@dataclass(frozen=True, slots=True)
class ResultForm:
    """What the columns of a batch become.

    Parameters
    ----------
    problem : KernelProblem
        What was solved.
    statuses : mapping of int to Status
        The meaning of the codes.
    simple : int or None
        The code of a root that is a simple one for sure.
    shape : tuple of int
        The shape of the batch.
    parts : int
        2 for complex roots, whose real and imaginary parts are columns of their own.
    gradient : bool
        Whether there are derivatives of the roots.
    """

    problem: KernelProblem
    statuses: Mapping[int, Status]
    simple: int | None
    shape: tuple[int, ...]
    parts: int
    gradient: bool

    def result(self, outcome: LaneOutcome) -> RootResult:
        """Return the result: arrays, or numbers where the shape is ``()``."""
        problem, codes, extras = self.problem, outcome.codes, outcome.extras
        converged = _successes(self.statuses)[codes]
        certificate = certificate_of(
            "none", problem.equations[0], problem.unknowns[0], None, None, None
        )
        bound = extras["error_bound"]
        if not converged.all():
            bound = np.where(converged, bound, np.inf)
        return RootResult(
            root=self._root(outcome.root),
            converged=self._shaped(converged),
            status=self._shaped(_statuses(self.statuses)[codes]),
            iterations=self._shaped(outcome.iterations),
            residual=self._shaped(_numbers(extras, "residual", self.parts)),
            error_bound=self._shaped(bound),
            multiplicity=self._multiplicity(codes, extras),
            certificate=certificate,
            equation=problem.text,
            unknown=", ".join(symbol.name for symbol in problem.unknowns),
            gradient=self._gradients(extras, converged) if self.gradient else None,
        )

    def _shaped(self, column: Array, own: tuple[int, ...] = ()) -> Any:
        """Return a column in the shape of the batch; a number where that is ``()``."""
        if self.shape or own:
            return column.reshape(self.shape + own)
        return column.item()

    def _root(self, columns: Sequence[Array]) -> Any:
        if self.problem.single:
            return self._shaped(columns[0] if self.parts == 1 else _complex(columns)[:, 0])
        return self._shaped(_joined(columns), (len(columns),))

    def _multiplicity(self, codes: Array, extras: Mapping[str, Array]) -> Any:
        """Return 1 for simple roots, 0 where it is unknown; None for one number."""
        known = extras.get("multiplicity")
        found = np.zeros(codes.shape, np.int8) if known is None else known.astype(np.int8)
        if self.simple is not None:
            found[codes == self.simple] = 1
        return self._shaped(found) if self.shape else int(found[0]) or None

    def _gradients(self, extras: Mapping[str, Array], converged: Array) -> Array:
        columns = [column for name, column in extras.items() if name.startswith("gradient[")]
        entries = _joined(columns) if self.parts == 1 else _complex(columns)
        if not converged.all():
            entries[~converged] = np.nan
        params = len(self.problem.params)
        own = (params,) if self.problem.single else (len(self.problem.unknowns), params)
        return entries.reshape(self.shape + own)


def _numbers(extras: Mapping[str, Array], name: str, parts: int) -> Array:
    if parts == 1:
        return extras[name]
    return _complex([extras[f"{name}.re"], extras[f"{name}.im"]])[:, 0]


def _complex(columns: Sequence[Array]) -> Array:
    """Return complex numbers from columns of real and imaginary parts in turn."""
    return _joined(columns).view(np.complex128)


def _joined(columns: Sequence[Array]) -> Array:
    """Return columns side by side, without a copy where they lie so already."""
    base = columns[0].base
    if (
        isinstance(base, np.ndarray)
        and base.shape == (columns[0].shape[0], len(columns))
        and all(column.base is base for column in columns)
    ):
        return base
    return np.stack(columns, axis=-1)


def _successes(statuses: Mapping[int, Status]) -> Array:
    table = np.zeros(CODES, dtype=bool)
    for code, status in statuses.items():
        table[code] = status.success
    return table


def _statuses(statuses: Mapping[int, Status]) -> Array:
    table = np.full(CODES, Status.MAXITER, dtype=object)
    for code, status in statuses.items():
        table[code] = status
    return table
