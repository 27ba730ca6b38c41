"""Kernels of symbolic exponentials: accuracy where eigenvalues meet, derivatives, protocol."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
import sympy as sp

from symnum.errors import Refuted
from symnum.matexp import (
    expm_ball,
    expm_cond,
    matrix_exp,
    product_rule,
    rigid_motion,
    rope,
    rotation,
    unit_vector_map,
)

a, b, c, d, q, t, w, x, y, z = sp.symbols("a b c d q t w x y z")
UNIT = 2.0**-53

# Three families of matrices with eigenvalues 1 and 1 + gap, as parameters of symbolic ones.
CONFLUENT: dict[str, tuple[sp.Matrix, Any]] = {
    "2x2 generic": (
        sp.Matrix([[a, b], [c, d]]),
        lambda gap: {"a": 1.0, "b": 0.5, "c": 0.0, "d": 1.0 + gap},
    ),
    "2x2 rotated": (
        sp.Matrix([[a, b], [c, d]]),
        lambda gap: {"a": 1.5, "b": 1.0, "c": gap - 0.25, "d": 0.5},
    ),
    "3x3 factored": (
        sp.Matrix([[a, x, y], [0, b, z], [0, 0, c]]),
        lambda gap: {"a": 1.0, "b": 1.0 + gap, "c": 1.0 - 2 * gap, "x": 0.5, "y": -1.0, "z": 2.0},
    ),
    "3x3 generic": (
        sp.Matrix([[a, 1, x], [q, b, 1], [y, q, c]]),
        lambda gap: {"a": 1.0, "b": 1.0 + gap, "c": 1.0, "q": gap, "x": 0.25, "y": gap / 3},
    ),
    "rank one": (
        sp.Matrix([[a * c, a * d], [b * c, b * d]]),
        lambda gap: {"a": 1.0, "b": 1.0, "c": 1.0 + gap, "d": -1.0},
    ),
}


@pytest.mark.parametrize("gap", [1.0, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 0.0])
@pytest.mark.parametrize("name", CONFLUENT)
def test_confluence_costs_no_digits(name: str, gap: float) -> None:
    A, values = CONFLUENT[name]
    point = values(gap)
    kernel = matrix_exp(A).compile()
    assert [argument.name for argument in kernel.args] == sorted(point)
    result = kernel(*(point[argument.name] for argument in kernel.args))
    exact = A.subs({symbol: sp.Rational(point[symbol.name]) for symbol in A.free_symbols})
    numbers = np.array(exact.tolist(), dtype=float)
    # Entries of products are taken exactly, their condition is that of the rounded matrix.
    with flint.ctx.workprec(200):
        n = exact.rows
        ball = flint.arb_mat(n, n, [flint.fmpq(int(v.p), int(v.q)) for v in exact]).exp()
        pairs = zip(result.flat, ball.entries(), strict=True)
        error = max(float(abs(flint.arb(float(v)) - u).upper()) for v, u in pairs)
        largest = max(float(abs(u).lower()) for u in ball.entries())
    assert error <= 20 * max(expm_cond(numbers), 1.0) * UNIT * largest


@pytest.mark.parametrize(
    "A",
    [sp.Matrix([[a, b], [c, d]]), sp.Matrix([[0, -z, y], [z, 0, -x], [-y, x, 0]])],
    ids=["assembled", "formula"],
)
def test_kernel_protocol(A: sp.Matrix) -> None:
    exponential = matrix_exp(A, t)
    kernel = exponential.compile()
    point = np.linspace(0.3, 1.1, len(kernel.args))
    value = kernel(*point)
    assert value.shape == A.shape
    assert kernel(np.ones((4, 1)), *[np.ones(3)] * (len(point) - 1)).shape == (4, 3, *A.shape)
    twin = pickle.loads(pickle.dumps(kernel))
    assert twin == kernel
    assert np.array_equal(twin(*point), value)
    place = {s: sp.Rational(float(p)) for s, p in zip(kernel.args, point, strict=True)}
    for by in (("t",), (kernel.args[0], "t"), ("t", 2)):
        exact = exponential.expr.diff(*(sp.Symbol(s) if isinstance(s, str) else s for s in by))
        exact = np.array(exact.subs(place).evalf(25).tolist(), dtype=float)
        assert np.allclose(kernel.diff(*by)(*point), exact, rtol=1e-13, atol=1e-14)
    out = np.empty(A.shape)
    assert kernel(*point, out=out) is out
    assert np.array_equal(out, value)
    assert isinstance(kernel.source, str)
    assert exponential.compile(dtype="float32")(*point).dtype == np.float32
    reference = kernel.reference(*point, digits=30)
    assert abs(value[0, 1] - float(reference[0, 1])) < 1e-15
    ball = kernel.enclose(*point)[0][1]
    assert abs(ball - flint.arb(str(reference[0, 1]))).upper() < flint.arb("1e-12")


def test_complex_matrix_gives_a_complex_kernel() -> None:
    kernel = matrix_exp(sp.Matrix([[0, sp.I * w], [sp.I * w, 0]])).compile()
    assert kernel.dtype == np.complex128
    assert np.allclose(
        kernel(0.5), [[np.cos(0.5), 1j * np.sin(0.5)], [1j * np.sin(0.5), np.cos(0.5)]]
    )
    derivative = kernel.diff()(0.5)
    assert np.allclose(derivative[0], [-np.sin(0.5), 1j * np.cos(0.5)])


def test_matrix_without_symbols() -> None:
    kernel = matrix_exp(sp.Matrix([[1, 2], [3, 4]])).compile()
    exact = expm_ball([[1, 2], [3, 4]], 30)
    assert np.allclose(kernel(), [[float(exact[i, j]) for j in (0, 1)] for i in (0, 1)], rtol=1e-15)


def test_accuracy_report() -> None:
    report = (
        matrix_exp(sp.Matrix([[0, 1], [-a, -b]])).compile().accuracy({"a": (1, 2), b: (0, 1)}, 30)
    )
    assert report.points == 30
    assert report.median_ulp < 4


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda k: k(1.0), TypeError, "argument"),
        (lambda k: k(1.0, 2.0, out=[1]), TypeError, "out: expected a NumPy array, got list"),
        (lambda k: k(1.0, 2.0, out=np.empty((3, 3))), ValueError, "out: expected the last axes"),
        (lambda k: k.diff("q"), ValueError, "diff: q is not an argument; the arguments are a, b"),
        (lambda k: k.diff(), ValueError, "name the argument"),
        (lambda k: k.diff(2), ValueError, "repeats no symbol"),
        (lambda k: k.accuracy({"a": (0, 1)}), ValueError, "no range for b"),
        (lambda k: k.accuracy({"a": (1, 0), "b": (0, 1)}), ValueError, "reversed"),
    ],
)
def test_misuse_of_kernels(use: Any, error: type[Exception], words: str) -> None:
    kernel = matrix_exp(sp.Matrix([[0, 1], [-a, -b]])).compile()
    with pytest.raises(error, match=words):
        use(kernel)


def test_rotation_stays_orthogonal_and_smooth() -> None:
    kernel = rotation([x, y, z]).compile()
    directions = np.random.default_rng(0).standard_normal((200, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for angle in (0.0, 1e-200, 1e-9, 0.5, np.pi, 2 * np.pi, 11.0, 100.0):
        R = kernel(*(angle * directions).T)
        assert np.abs(R.transpose(0, 2, 1) @ R - np.eye(3)).max() <= 4e-15
        slope = kernel.diff("x")(*(angle * directions[0]))
        A = sp.Matrix([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        at = {
            s: sp.Rational(float(v)) for s, v in zip((x, y, z), angle * directions[0], strict=True)
        }
        block = sp.BlockMatrix([[A, A.diff(x)], [sp.zeros(3, 3), A]]).as_explicit().subs(at)
        ball = expm_ball([[_fraction(v) for v in row] for row in block.tolist()], 25)
        exact = np.array([[float(ball[i, 3 + j]) for j in range(3)] for i in range(3)])
        assert np.abs(slope - exact).max() <= 1e-13
    assert np.array_equal(kernel(0.0, 0.0, 0.0), np.eye(3))


def _fraction(number: sp.Rational) -> Any:
    return Fraction(int(number.p), int(number.q))


def test_motions_and_positions() -> None:
    turn = rigid_motion(["x", "y", "z"], ["a", "b", "c"]).expr
    at = {x: 1, y: sp.Rational(1, 2), z: -3, a: 1, b: 2, c: 3}
    gap = (turn[:3, :3] - rotation(["x", "y", "z"]).expr).subs(at)
    assert all(abs(entry) < 1e-25 for entry in gap.evalf(30))
    assert list(turn[3, :]) == [0, 0, 0, 1]
    R = rope(["p", "q"]).expr
    assert R.shape == (4, 4)
    n, k = sp.symbols("n k")
    gap = R.subs(n, k).T * R - R.subs(n, n - k)
    assert sp.simplify(gap) == sp.zeros(4, 4)
    with pytest.raises(ValueError, match="w: expected 3 entries, got 2"):
        rotation([x, y])
    with pytest.raises(ValueError, match="frequencies: expected at least one"):
        rope([])
    with pytest.raises(TypeError, match="w: expected a sequence"):
        rotation("x")


def test_unit_vector_maps() -> None:
    start, end = sp.Matrix([3, 4, 0]) / 5, sp.Matrix([0, 5, 12]) / 13
    for kind, sign in (("rotation", 1), ("reflection", -1)):
        Q = unit_vector_map(start, end, kind=kind)
        assert Q * start == end
        assert sp.eye(3) == Q.T * Q
        assert Q.det() == sign
    with pytest.raises(ValueError, match="no rotation for opposite vectors"):
        unit_vector_map([1, 0], [-1, 0])
    with pytest.raises(ValueError, match="no reflection for equal vectors"):
        unit_vector_map([1, 0], [1, 0], kind="reflection")
    with pytest.raises(ValueError, match="a: expected a unit vector, got the length 2"):
        unit_vector_map([2, 0], [0, 1])
    with pytest.raises(ValueError, match="kind"):
        unit_vector_map([1, 0], [0, 1], kind="shear")


def test_product_rule_needs_commuting_generators() -> None:
    plane, nothing = sp.Matrix([[0, -w], [w, 0]]), sp.zeros(2, 2)
    assert product_rule(sp.diag(plane, nothing), sp.diag(nothing, plane)).level == "exact"
    first, second = sp.Matrix([[0, -1, 0], [1, 0, 0], [0, 0, 0]]), sp.diag(0, plane.subs(w, 1))
    with pytest.raises(Refuted, match=r"commutator B1 B2 - B2 B1 = Matrix") as caught:
        product_rule(first, second)
    assert caught.value.lhs != caught.value.rhs
    with pytest.raises(ValueError, match="one square shape"):
        product_rule(first, plane)
    with pytest.raises(ValueError, match="two names"):
        product_rule(plane.subs(w, x), plane)
