"""Trees over tokens from a matrix of scores: projective ones, and spanning arborescences."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["arborescence", "dependency_trees", "projective_heads"]


def projective_heads(matrix: ArrayLike) -> tuple[list[int], Any]:
    """Return the best projective dependency tree, by dynamic programming over spans in O(T^3).

    Parameters
    ----------
    matrix : array of shape (T, T)
        ``matrix[m, h]`` is the impact of token h on token m, the score of h as the head of m.

    Returns
    -------
    list of int
        The head of each token, -1 for the root.
    number
    """
    matrix = np.asarray(matrix)
    size = len(matrix)
    # (start, stop) inclusive, headed at its left (0) or right (1) end: score and how it was made.
    closed: dict[tuple[int, int, int], tuple[Any, int]] = {}
    linked: dict[tuple[int, int, int], tuple[Any, int]] = {}
    for i in range(size):
        closed[i, i, 0] = closed[i, i, 1] = (0, i)
    spans = sorted(((i, j) for j in range(size) for i in range(j)), key=lambda s: s[1] - s[0])
    for i, j in spans:
        value, place = max(
            ((closed[i, c, 0][0] + closed[c + 1, j, 1][0], -c) for c in range(i, j)),
        )
        linked[i, j, 0] = (value + matrix[j, i], -place)
        linked[i, j, 1] = (value + matrix[i, j], -place)
        value, place = max(
            (linked[i, c, 0][0] + closed[c, j, 0][0], -c) for c in range(i + 1, j + 1)
        )
        closed[i, j, 0] = (value, -place)
        value, place = max((closed[i, c, 1][0] + linked[c, j, 1][0], -c) for c in range(i, j))
        closed[i, j, 1] = (value, -place)
    last = size - 1
    total, root = max((closed[0, c, 1][0] + closed[c, last, 0][0], -c) for c in range(size))
    heads = [-1] * size
    waiting = [(closed, 0, -root, 1), (closed, -root, last, 0)]
    while waiting:
        table, i, j, side = waiting.pop()
        if i == j:
            continue
        cut = table[i, j, side][1]
        if table is linked:
            heads[i if side else j] = j if side else i
            waiting += [(closed, i, cut, 0), (closed, cut + 1, j, 1)]
        elif side == 0:
            waiting += [(linked, i, cut, 0), (closed, cut, j, 0)]
        else:
            waiting += [(closed, i, cut, 1), (linked, cut, j, 1)]
    return heads, total


def dependency_trees(size: int, *, projective: bool = True) -> Iterator[tuple[int, ...]]:
    """Yield the heads of all dependency trees over a number of tokens, by enumeration."""
    for heads in product(range(-1, size), repeat=size):
        if heads.count(-1) == 1 and _is_tree(heads) and (not projective or _is_projective(heads)):
            yield heads


def _is_tree(heads: tuple[int, ...]) -> bool:
    for token in range(len(heads)):
        place = token
        for _ in heads:
            place = heads[place] if place >= 0 else -1
        if place >= 0:
            return False
    return True


def _is_projective(heads: tuple[int, ...]) -> bool:
    arcs = [tuple(sorted((token, head))) for token, head in enumerate(heads) if head >= 0]
    crossed = any(a < c < b < e for a, b in arcs for c, e in arcs)
    root = heads.index(-1)
    return not crossed and not any(a < root < b for a, b in arcs)


def arborescence(matrix: ArrayLike) -> tuple[list[int], Any]:
    """Return the best dependency tree, projective or not: Edmonds' algorithm for each root.

    Arguments and values as in `projective_heads`.
    """
    matrix = np.asarray(matrix)
    size = len(matrix)
    found = []
    for root in range(size):
        scores = {(h, m): matrix[m, h] for m in range(size) for h in range(size) if h != m}
        heads = _edmonds(scores, set(range(size)), root)
        total = sum(matrix[token, head] for token, head in heads.items())
        found.append((total, -root, [heads.get(token, -1) for token in range(size)]))
    total, _, best = max(found, key=lambda entry: entry[:2])
    return best, total


def _edmonds(scores: dict[tuple[int, int], Any], nodes: set[int], root: int) -> dict[int, int]:
    """Return the head of each node but the root, by contracting cycles."""
    heads = {}
    for node in nodes - {root}:
        others = [other for other in nodes - {node} if (other, node) in scores]
        _, behind = max((scores[other, node], -other) for other in others)
        heads[node] = -behind
    cycle = _cycle(heads)
    if not cycle:
        return heads
    new = max(nodes) + 1
    outer: dict[tuple[int, int], Any] = {}
    origin: dict[tuple[int, int], tuple[int, int]] = {}
    for (head, node), score in sorted(scores.items(), key=lambda item: item[0]):
        if head in cycle and node in cycle:
            continue
        edge = (new if head in cycle else head, new if node in cycle else node)
        value = score - scores[heads[node], node] if node in cycle else score
        if edge not in outer or value > outer[edge]:
            outer[edge], origin[edge] = value, (head, node)
    inner = _edmonds(outer, (nodes - cycle) | {new}, root)
    joined = {node: heads[node] for node in cycle}
    for node, head in inner.items():
        start, end = origin[head, node]
        joined[end] = start
    return joined


def _cycle(heads: dict[int, int]) -> set[int]:
    for start in sorted(heads):
        seen, node = [], start
        while node in heads and node not in seen:
            seen.append(node)
            node = heads[node]
        if node in seen:
            return set(seen[seen.index(node) :])
    return set()
