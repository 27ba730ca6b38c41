"""Best trees against enumeration."""

from __future__ import annotations

import numpy as np
import pytest

from symnum.algebra.spanning_trees import arborescence, dependency_trees, projective_heads


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("projective", [True, False])
def test_no_tree_is_better(size: int, seed: int, projective: bool) -> None:
    matrix = np.random.default_rng([size, seed]).integers(0, 9, (size, size))
    heads, total = (projective_heads if projective else arborescence)(matrix)
    every = [
        sum(matrix[token, head] for token, head in enumerate(tree) if head >= 0)
        for tree in dependency_trees(size, projective=projective)
    ]
    assert total == max(every)
    assert sum(matrix[token, head] for token, head in enumerate(heads) if head >= 0) == total
