"""Basins of attraction: to which root Newton's method leads from every point of a window."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from symnum.rootfinding.lanes.basins_roots import distinct_roots
from symnum.rootfinding.lanes.complex import lane_problem
from symnum.rootfinding.lanes.solver import LaneSolver
from symnum.rootfinding.problem import read_problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Basins", "basins"]

#: Steps are enough for roots of a high multiplicity, to which the plain iteration is slow.
MOST_STEPS = 200
#: Roots in a picture up to this number have colours evenly around the wheel.
WHEEL = 12
GOLDEN = (math.sqrt(5) - 1) / 2
#: What belongs to no root is dark.
NOWHERE = (0.08, 0.08, 0.1)

Window = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Basins:
    """To which root every point of a window leads, and in how many steps.

    Attributes
    ----------
    index : ndarray of int32
        Place of the root in `roots`, -1 where there is none. The first row is the bottom of the
        window, the first column its left side.
    iterations : ndarray of int32
        Steps taken.
    roots : ndarray of complex128
        The roots, from left to right, one above another from below. They may lie outside of the
        window.
    error_bounds : ndarray of float64
        How far off each root may be.
    window : tuple
        ``((left, right), (bottom, top))``.
    equation : str
        The equation, for titles.
    unknown : str
        The name of the unknown.
    """

    index: NDArray[np.int32]
    iterations: NDArray[np.int32]
    roots: NDArray[np.complex128]
    error_bounds: NDArray[np.float64]
    window: Window
    equation: str
    unknown: str

    def __str__(self) -> str:
        found = float(np.mean(self.index >= 0)) if self.index.size else 0.0
        rows, columns = self.index.shape
        count = "1 root" if len(self.roots) == 1 else f"{len(self.roots)} roots"
        return (
            f"basins of {self.equation}: {count} from {rows} x {columns} points, "
            f"{100 * found:.4g} % of which lead to one"
        )

    def colours(self) -> NDArray[np.float64]:
        """Return a picture: a colour for each root, darker the more steps it took.

        Returns
        -------
        ndarray
            Of shape ``(rows, columns, 3)``, between 0 and 1, the first row at the bottom.
        """
        count = len(self.roots)
        turns = [k / count if count <= WHEEL else (k * GOLDEN) % 1.0 for k in range(count)]
        palette = np.array([colorsys.hls_to_rgb(turn, 0.56, 0.72) for turn in turns] + [NOWHERE])
        picture: NDArray[np.float64] = palette[self.index]
        known = self.index >= 0
        if known.any():
            steps = self.iterations[known].astype(np.float64)
            # Quantiles, so that one slow point does not make all others look alike.
            low, high = np.quantile(steps, (0.01, 0.98))
            part = np.clip((steps - low) / max(high - low, 1.0), 0.0, 1.0)
            picture[known] *= (1.0 - 0.72 * part**0.8)[:, np.newaxis]
        return picture

    def plot(self, figure: Figure) -> None:
        """Draw the basins on a matplotlib figure, with the roots that lie in the window.

        Parameters
        ----------
        figure : matplotlib.figure.Figure
            What is drawn on.
        """
        (left, right), (bottom, top) = self.window
        axes = figure.add_subplot()
        axes.imshow(
            self.colours(),
            origin="lower",
            extent=(left, right, bottom, top),
            interpolation="nearest",
        )
        inside = self.roots[
            (self.roots.real >= left)
            & (self.roots.real <= right)
            & (self.roots.imag >= bottom)
            & (self.roots.imag <= top)
        ]
        axes.plot(inside.real, inside.imag, "o", markersize=5, color="white", mec="black")
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
        axes.grid(visible=False)
        axes.set_xlabel(f"Re {self.unknown}")
        axes.set_ylabel(f"Im {self.unknown}")
        axes.set_title(f"Newton's method for {self.equation}")


def basins(
    f: Any, window: Any, shape: Any, *, method: str = "newton", maxiter: int = MOST_STEPS
) -> Basins:
    """Iterate from every point of a window and tell to which root each one leads.

    Parameters
    ----------
    f : str, Expr or Eq
        An analytic equation in one unknown, polynomial or not.
    window : sequence
        ``((left, right), (bottom, top))``; also the four numbers in a row, two complex numbers in
        opposite corners, or ``(low, high)`` for both axes.
    shape : tuple of int or int
        ``(rows, columns)`` of points, which include the sides of the window; one number for both.
    method : str, optional
        ``"newton"``, ``"halley"``, ``"householder"`` or ``"schroeder"``.
    maxiter : int, optional
        The largest number of steps.

    Returns
    -------
    Basins
        With ``.index``, ``.iterations``, ``.roots`` and ``.plot(figure)``.

    Raises
    ------
    ValueError, TypeError
        For an equation that is not analytic or has not one unknown, and for a wrong window, shape,
        method or number of steps.
    UnsupportedNodeError
        If a function has no code for complex numbers.

    Examples
    --------
    >>> thirds = basins("z**3 - 1", ((-2, 2), (-2, 2)), (5, 4))
    >>> thirds.roots.round(6).tolist()
    [(-0.5-0.866025j), (-0.5+0.866025j), (1+0j)]
    >>> thirds.index[:, 3].tolist()
    [2, 2, 2, 2, 2]
    """
    problem = read_problem(f, None, "complex")
    sides = _read_window(window)
    rows, columns = _read_shape(shape)
    if isinstance(maxiter, bool) or not isinstance(maxiter, (int, np.integer)) or maxiter < 1:
        raise ValueError(f"maxiter: expected a whole number from 1 on, got {maxiter!r}")
    lanes = lane_problem(
        [problem.expr], [problem.unknown], [], method=method, gradient=False, simple_roots=False
    )
    starts = _axis(*sides[0], columns) + 1j * _axis(*sides[1], rows)[:, np.newaxis]
    outcome = LaneSolver(replace(lanes, most=int(maxiter))).solve([starts.ravel()], [])
    found = np.zeros(max(lanes.statuses) + 1, dtype=bool)
    for code, status in lanes.statuses.items():
        found[code] = status.success
    points = outcome.root[0] + 1j * outcome.root[1]
    roots, bounds, index = distinct_roots(
        points, outcome.extras["error_bound"], found[outcome.codes]
    )
    return Basins(
        index.reshape(rows, columns),
        outcome.iterations.reshape(rows, columns),
        roots,
        bounds,
        sides,
        problem.text,
        problem.name,
    )


def _axis(low: float, high: float, count: int) -> NDArray[np.float64]:
    """Return points from end to end; a single one stands in the middle."""
    return np.linspace(low, high, count) if count != 1 else np.array([0.5 * low + 0.5 * high])


def _read_window(window: Any) -> Window:
    try:
        entries = [list(side) if np.ndim(side) else side for side in window]
        flat = np.array([n for side in entries for n in (side if np.ndim(side) else [side])])
        numbers = flat.astype(np.complex128)
    except (TypeError, ValueError):
        raise TypeError(f"window: expected {SPELLINGS}, got {window!r:.80}") from None
    nested = [np.ndim(side) for side in entries]
    if (nested == [1, 1] and [len(side) for side in entries] == [2, 2]) or nested == [0, 0, 0, 0]:
        sides = numbers
    elif nested == [0, 0] and np.any(numbers.imag):
        sides = np.array([*np.sort(numbers.real), *np.sort(numbers.imag)])
    elif nested == [0, 0]:
        sides = np.concatenate([numbers, numbers])
    else:
        raise ValueError(f"window: expected {SPELLINGS}, got {window!r:.80}")
    if np.any(sides.imag) or not np.all(np.isfinite(sides)):
        raise ValueError(f"window: expected finite real sides, got {window!r:.80}")
    left, right, bottom, top = (float(side) for side in sides.real)
    if not (left < right and bottom < top):
        raise ValueError(
            "window: expected the left side below the right one and the bottom below the top, got "
            f"{window!r:.80}"
        )
    return (left, right), (bottom, top)


SPELLINGS = "((left, right), (bottom, top))"


def _read_shape(shape: Any) -> tuple[int, int]:
    entries: Sequence[Any] = [shape, shape] if np.ndim(shape) == 0 else list(shape)
    whole = [
        isinstance(entry, (int, np.integer)) and not isinstance(entry, bool) for entry in entries
    ]
    if len(entries) != 2 or not all(whole):
        raise TypeError(f"shape: expected (rows, columns) as whole numbers, got {shape!r:.80}")
    rows, columns = (int(entry) for entry in entries)
    if rows < 1 or columns < 1:
        raise ValueError(f"shape: expected at least one row and one column, got {shape!r}")
    return rows, columns
