"""Chebyshev grids and piecewise Chebyshev polynomials."""

from __future__ import annotations

import numpy as np
import pytest

from symnum.algebra.chebyshev import ChebyshevGrid, PiecewiseChebyshev


@pytest.mark.parametrize("size", [1, 2, 5, 24])
def test_polynomials_are_integrated_exactly(size: int) -> None:
    grid = ChebyshevGrid(size)
    for power in range(size):
        integral = (grid.nodes ** (power + 1) - (-1.0) ** (power + 1)) / (power + 1)
        assert np.allclose(grid.integration @ grid.nodes**power, integral, atol=1e-14)
        assert (
            abs(grid.integral_row(1.0) @ grid.nodes**power - (1 + (-1) ** power) / (power + 1))
            < 1e-14
        )
        assert abs(grid.value_row(0.3) @ grid.nodes**power - 0.3**power) < 1e-13


def test_nodes_are_symmetric_and_inside() -> None:
    nodes = ChebyshevGrid(9).nodes
    assert nodes[4] == 0
    assert np.array_equal(nodes, -nodes[::-1])
    assert np.all(np.abs(nodes) < 1)


def test_pieces_and_derivatives() -> None:
    grid, breaks = ChebyshevGrid(20), np.array([0.0, 0.5, 3.0])
    middles, half = (breaks[1:] + breaks[:-1])[:, None] / 2, np.diff(breaks)[:, None] / 2
    values = np.sin(middles + half * grid.nodes)
    function = PiecewiseChebyshev(breaks, values @ grid.to_coefficients.T)
    points = np.linspace(0, 3, 31)
    assert np.allclose(function(points), np.sin(points), atol=1e-14)
    assert np.allclose(function.derivative()(points), np.cos(points), atol=1e-12)
    assert abs(function(3.0) - np.sin(3.0)) < 1e-14
    assert np.all(function.tails(2) < 1e-13)
    assert function(np.ones((2, 3))).shape == (2, 3)
