"""Rotations, rigid motions, positions and maps of unit vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

from symnum.errors import Refuted
from symnum.matexp import (
    commuting_generators,
    expm_ball,
    matrix_exp,
    product_rule,
    rigid_motion,
    rope,
    rotation,
    unit_vector_reflection,
    unit_vector_rotation,
)

theta, phi, w, x, y, z = sp.symbols("theta phi w x y z")
PLANE = sp.Matrix([[0, -1], [1, 0]])
EPSILON = 2.0**-52


def _unit(vectors: Any) -> Any:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _loss(matrices: Any) -> float:
    n = matrices.shape[-1]
    products = np.swapaxes(matrices, -1, -2) @ matrices
    return float(np.abs(products - np.eye(n)).max())


@pytest.mark.parametrize("angle", [1e-160, 1e-5, np.pi, 2 * np.pi, 11.0, 1e3, 1e6])
def test_rigid_motions_keep_lengths(angle: float) -> None:
    motion = rigid_motion(["x", "y", "z"], ["a", "b", "c"])
    kernel = motion.compile()
    rng = np.random.default_rng(0)
    turns, moves = angle * _unit(rng.standard_normal((100, 3))), rng.standard_normal((100, 3))
    found = kernel(*moves.T, *turns.T)
    assert _loss(found[:, :3, :3]) <= 4e-15
    assert np.array_equal(found[:, 3], np.tile([0, 0, 0, 1.0], (100, 1)))
    twist = motion.matrix.subs(
        dict(zip(sorted(motion.matrix.free_symbols, key=str), (*moves[0], *turns[0]), strict=True))
    )
    ball = expm_ball(np.array(twist.tolist(), dtype=float).tolist(), 25)
    exact = np.array([[float(ball[i, j]) for j in range(4)] for i in range(4)])
    assert np.abs(found[0] - exact).max() <= 1e-14 * max(1.0, angle)


def test_motions_are_written_with_the_rotation() -> None:
    whole = rigid_motion(["x", "y", "z"], ["a", "b", "c"]).expr
    assert whole[:3, :3] == rotation(["x", "y", "z"]).expr
    plane = matrix_exp(sp.Matrix([[0, -w, x], [w, 0, y], [0, 0, 0]])).expr
    assert plane[:2, :2] == sp.Matrix([[sp.cos(w), -sp.sin(w)], [sp.sin(w), sp.cos(w)]])
    assert rigid_motion(["x", "y", "z"], ["a", "b", "c"]).derivation.level == "exact"


def test_far_rotations_stay_orthogonal() -> None:
    kernel = rotation(["x", "y", "z"]).compile()
    directions = _unit(np.random.default_rng(1).standard_normal((500, 3)))
    for angle in (0.0, 1e-3, 3.0, 1e6, 1e15):
        assert _loss(kernel(*(angle * directions).T)) <= 4e-15


def test_positions_of_several_coordinates_commute() -> None:
    whole = rope(["p", "q"], ["x", "y"])
    assert whole.expr.shape == (8, 8)
    first, second = (rope(["p", "q"], place).expr for place in "xy")
    assert whole.expr == sp.diag(first, second)
    with pytest.raises(ValueError, match="position: expected at least one coordinate"):
        rope([1], [])
    with pytest.raises(TypeError, match="position"):
        rope([1], [[1]])


@pytest.mark.parametrize(
    ("B", "count"),
    [
        (sp.diag(PLANE, 0), 1),
        (sp.diag(theta * PLANE, 0, 0), 2),
        (sp.diag(theta * PLANE, theta * PLANE), 4),
        (sp.Matrix([[0, -z, y], [z, 0, -x], [-y, x, 0]]), 1),
        (sp.zeros(3, 3), 3),
        (sp.Matrix([[5]]), 0),
    ],
    ids=["one plane of 3", "one plane of 4", "equal planes", "axis", "zero", "one entry"],
)
def test_commuting_generators(B: sp.Matrix, count: int) -> None:
    found = commuting_generators(B)
    assert len(found) == count
    for C in found:
        assert sp.simplify(B * C - C * B).is_zero_matrix
        assert C.T == -C
        assert product_rule(B, C, "p", "q").level == "exact"


def test_misuse_of_generators() -> None:
    with pytest.raises(ValueError, match="B: expected a square matrix"):
        commuting_generators(sp.ones(2, 3))
    with pytest.raises(TypeError, match="B: expected a SymPy Matrix, got int"):
        commuting_generators(3)
    quaternions = [
        sp.Matrix([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]]),
        sp.Matrix([[0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]]),
    ]
    with pytest.raises(Refuted, match="commutator B1 B2 - B2 B1"):
        product_rule(*quaternions)


# ---------------------------------------------------------------------- unit vectors


def _checked(a: Any, b: Any, unit: float = EPSILON) -> None:
    n = a.shape[-1]
    maps = ((unit_vector_rotation, 1), (unit_vector_reflection, -1))
    for make, sign in maps:
        found = make(a, b)
        assert _loss(found) <= 20 * unit
        assert np.abs(np.einsum("...ij,...j->...i", found, a) - b).max() <= 16 * unit
        assert np.abs(np.linalg.det(found) - sign).max() <= 40 * unit
        assert found.shape == (*np.broadcast_shapes(a.shape, b.shape), n)


@pytest.mark.parametrize("n", [2, 3, 7, 40])
def test_maps_of_unit_vectors_are_orthogonal_for_every_pair(n: int) -> None:
    rng = np.random.default_rng(n)
    a = _unit(rng.standard_normal((50, n)))
    _checked(a, _unit(rng.standard_normal((50, n))))
    axis = np.tile(np.eye(n)[0], (50, 1))
    for gap in (1e-3, 1e-8, 1e-15, 1e-16, 1e-18, 1e-150, 1e-300, 0.0):
        for sign in (1, -1):
            noise = gap * rng.standard_normal((50, n))
            _checked(a, _unit(sign * a + noise))
            noise[:, 0] = 0.0
            _checked(axis, _unit(sign * axis + noise))
            _checked(a, sign * a * (1 + 2 * EPSILON * rng.standard_normal((50, 1))))


def test_half_turns_in_a_chosen_plane() -> None:
    found = unit_vector_rotation([0.0, 0.6, 0.8], [0.0, -0.6, -0.8])
    left = np.array([0.0, 0.8, -0.6])
    assert np.allclose(found, 2 * np.outer(left, left) - np.eye(3), atol=1e-15)
    assert np.array_equal(unit_vector_reflection([1, 0], [1, 0]), np.diag([1.0, -1.0]))
    # A tiny difference from the opposite still tells the plane.
    tilted = unit_vector_rotation([1.0, 0.0, 0.0], [-1.0, 0.0, 1e-200])
    assert np.array_equal(np.diag(tilted), [-1.0, 1.0, -1.0])


def test_batches_types_and_one_dimension() -> None:
    a = _unit(np.random.default_rng(0).standard_normal((4, 1, 3)))
    found = unit_vector_rotation(a, np.eye(3))
    assert found.shape == (4, 3, 3, 3)
    assert np.array_equal(found[2, 1], unit_vector_rotation(a[2, 0], [0, 1, 0]))
    single = unit_vector_rotation(a.astype("f4"), np.eye(3, dtype="f4"))
    assert single.dtype == np.float32
    assert np.allclose(single, found, atol=1e-6)
    assert unit_vector_rotation(np.empty((0, 3)), [1, 0, 0]).shape == (0, 3, 3)
    assert unit_vector_rotation([-1.0], [-1.0]) == 1.0
    assert unit_vector_reflection([1.0], [-1.0]) == -1.0
    lanes = unit_vector_rotation([[np.nan, 1.0], [1.0, 0.0]], [0.0, 1.0])
    assert np.isnan(lanes[0]).all()
    assert np.array_equal(lanes[1], [[0.0, -1.0], [1.0, 0.0]])


@pytest.mark.parametrize(
    ("a", "b", "error", "words"),
    [
        ([1], [-1], ValueError, "in one dimension no rotation takes a vector to its opposite"),
        ([1, 0], [1, 0, 0], ValueError, "vectors of one size, got 2 and 3"),
        ([1, 0], [0, 2], ValueError, "b: expected unit vectors, got the length 2"),
        ([[1, 0]] * 2, [[1, 0]] * 3, ValueError, "do not broadcast"),
        (1, [1], ValueError, r"a: expected the shape \(..., n\)"),
        ([[1, 0], [1]], [1, 0], ValueError, "ragged"),
        ([1j, 0], [1, 0], TypeError, "a: expected real numbers, got complex128"),
        (["one"], [1], TypeError, "a: expected real numbers"),
    ],
)
def test_misuse_of_maps(a: Any, b: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        unit_vector_rotation(a, b)


def test_no_reflection_of_one_dimension_keeps_a_vector() -> None:
    with pytest.raises(ValueError, match="in one dimension no reflection"):
        unit_vector_reflection([1.0], [1.0])
