"""What a search over boxes left open: clusters of boxes, and the root that one may hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb
from numpy.typing import NDArray

from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.boxes.box_search import BoxSearch
from symnum.rootfinding.systems.balls import ball_system

__all__ = ["FloatBox", "open_clusters", "possible_root"]

Floats = NDArray[np.float64]
FloatBox = tuple[Floats, Floats]

#: Undecided boxes that together are narrower than this count as one possible root.
CLUSTER = 1e-3

#: Gaps below this, relative to the distance from 0 or 1, do not part a cluster.
GAP = 1e-6

#: Steps towards a possible root.
POLISHING_STEPS = 60


def open_clusters(search: BoxSearch) -> list[FloatBox]:
    """Return hulls of the undecided boxes that touch or nearly do.

    Boxes in one that is known to hold a single root are left out.

    Parameters
    ----------
    search : BoxSearch
        After its run.

    Returns
    -------
    list of (ndarray, ndarray)
        Lower and upper corners.
    """
    boxes = [
        (low, high)
        for low, high in search.undecided
        if not any((low >= one.low).all() and (high <= one.high).all() for one in search.found)
    ]
    return _joined(boxes)


def _joined(boxes: Sequence[FloatBox]) -> list[FloatBox]:
    """Return hulls of groups of boxes; two groups have a gap between them along some side."""
    clusters: list[FloatBox] = []
    if not boxes:
        return clusters
    waiting = [(np.array([low for low, _ in boxes]), np.array([high for _, high in boxes]))]
    while waiting:
        lows, highs = waiting.pop()
        parts = _parted(lows, highs)
        if len(parts) > 1:
            waiting.extend(reversed(parts))
        else:
            clusters.append((lows.min(axis=0), highs.max(axis=0)))
    return clusters


def _parted(lows: Floats, highs: Floats) -> list[FloatBox]:
    """Return the groups into which boxes fall along the first side that has gaps."""
    for side in range(lows.shape[1]):
        order = np.argsort(lows[:, side], kind="stable")
        starts, ends = lows[order, side], np.maximum.accumulate(highs[order, side])
        gap = GAP * np.maximum(1.0, np.abs(ends[:-1]))
        cuts = np.flatnonzero(starts[1:] > ends[:-1] + gap) + 1
        if len(cuts):
            return [(lows[part], highs[part]) for part in np.split(order, cuts)]
    return [(lows, highs)]


def possible_root(search: BoxSearch, cluster: FloatBox) -> tuple[arb, ...] | None:
    """Return balls around a narrow cluster with a possible root in the middle.

    Parameters
    ----------
    search : BoxSearch
        The search that left it open.
    cluster : tuple of ndarray
        Its corners.

    Returns
    -------
    tuple of arb, or None
        None where the cluster is not narrow.
    """
    low, high = cluster
    if not (high - low <= CLUSTER * np.maximum(1.0, np.maximum(abs(low), abs(high)))).all():
        return None
    place = _polished(search, cluster)
    sides = tuple(arb(one).union(arb(two)) for one, two in zip(low, high, strict=True))
    near = tuple(
        arb(p, max(p - one, two - p) * 1.01) for p, one, two in zip(place, low, high, strict=True)
    )
    hold = all(ball.contains(side) for ball, side in zip(near, sides, strict=True))
    return near if hold else sides


def _polished(search: BoxSearch, cluster: FloatBox) -> list[float]:
    """Return the point of a cluster where Gauss and Newton's iteration ends: next to a root."""
    system = ball_system(tuple(search.equations), tuple(search.unknowns))
    low, high = cluster
    middle = low + (high - low) / 2.0
    size = len(low)
    point = middle
    for _ in range(POLISHING_STEPS):
        sides = [arb(c) for c in point.tolist()]
        try:
            slopes = np.array([float(e.mid()) for e in system.jacobian(sides, 64).entries()])
        except UnsupportedNodeError:
            return list(middle.tolist())
        values = np.array([float(value.mid()) for value in system.values(sides, 64)])
        if not (np.isfinite(slopes).all() and np.isfinite(values).all()) or not values.any():
            break
        step = np.linalg.lstsq(slopes.reshape(size, size), values, rcond=1e-12)[0]
        moved = np.clip(point - step, low, high)
        if (moved == point).all():
            break
        point = moved
    return list(point.tolist())
