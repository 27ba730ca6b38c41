from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symnum.algebra import LowRankMatrix, VectorFrame

small = st.integers(-4, 4)


def explicit(matrix: LowRankMatrix, W: sp.Matrix) -> sp.Matrix:
    return matrix.alpha * sp.eye(W.rows) + W * matrix.core * W.T


def frame_of(W: sp.Matrix) -> VectorFrame:
    gram = W.T * W
    names = ["a", "b"]
    products = {(names[i], names[j]): gram[i, j] for i in range(2) for j in range(i, 2)}
    return VectorFrame.of(names, W.rows, products)


@given(
    st.lists(small, min_size=6, max_size=6),
    st.lists(small, min_size=5, max_size=5),
    st.lists(small, min_size=5, max_size=5),
)
def test_the_algebra_is_that_of_matrices(w: list[int], p: list[int], q: list[int]) -> None:
    W = sp.Matrix(3, 2, w)
    frame = frame_of(W)
    A = LowRankMatrix(frame, sp.Integer(p[0]), sp.ImmutableMatrix(2, 2, p[1:]))
    B = LowRankMatrix(frame, sp.Integer(q[0]), sp.ImmutableMatrix(2, 2, q[1:]))
    assert explicit(A @ B, W) == explicit(A, W) * explicit(B, W)
    assert explicit(A + B, W) == explicit(A, W) + explicit(B, W)
    assert explicit(A - 3 * B, W) == explicit(A, W) - 3 * explicit(B, W)
    assert explicit(A.T, W) == explicit(A, W).T
    assert A.trace() == explicit(A, W).trace()
    determinant = explicit(A, W).det()
    if A.alpha != 0:
        assert A.det() == determinant
        if determinant != 0:
            assert explicit(A.inverse(), W) == explicit(A, W).inv()
    vector = frame.vector("a") - 2 * frame.vector("b")
    assert W * A.apply(vector).weights == explicit(A, W) * W * vector.weights


def test_coordinates_decide_equality_for_every_dimension() -> None:
    frame = VectorFrame.of(["x", "y"])
    A = frame.vector("x").outer(frame.vector("y"))
    product = (A @ A).coordinates()
    assert product == (sp.Symbol("x_y", real=True) * A).coordinates()
    assert A.frame() == frame
    assert frame.identity().det() == 1
    assert frame.identity().trace() == frame.dimension


def test_descriptions_are_readable() -> None:
    frame = VectorFrame.of(["x", "y"])
    matrix = frame.identity() + 2 * frame.vector("x").outer(frame.vector("y"))
    assert matrix.describe() == "(1)*I + (2)*x*y^T"
    assert (frame.vector("x") - frame.vector("y")).describe() == "x + (-1)*y"


def test_misuse_is_named() -> None:
    frame, other = VectorFrame.of(["x", "y"]), VectorFrame.of(["x", "z"])
    with pytest.raises(ValueError, match="different names"):
        VectorFrame.of(["x", "x"])
    with pytest.raises(ValueError, match="not all among the vectors"):
        VectorFrame.of(["x"], inner_products={("x", "q"): 1})
    with pytest.raises(ValueError, match="do not combine"):
        frame.identity() + other.identity()
    with pytest.raises(ValueError, match="alpha"):
        frame.vector("x").outer(frame.vector("y")).inverse()
    with pytest.raises(ValueError, match="expected one of"):
        frame.vector("q")
