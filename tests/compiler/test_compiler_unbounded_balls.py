"""Squares whose enclosures have no finite radius at some of the sampled points."""

from __future__ import annotations

import pytest
import sympy as sp

import symnum as sn


def test_square_of_a_product_that_leaves_the_range_of_doubles_on_the_way() -> None:
    x, y = sp.symbols("x y")
    square = sp.Pow(x * sp.exp(-y), 2, evaluate=False)
    kernel = sn.lambdify([x, y], square + 1)
    exact = float(kernel.reference(1e-200, -450.0))
    assert kernel(1e-200, -450.0) == pytest.approx(exact, rel=1e-12)
