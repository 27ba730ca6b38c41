import mpmath
import numpy as np
import pytest
import sympy as sp

import symnum as sn
from symnum.compiler.interpretation import interpret
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.terms import Term
from symnum.rootfinding.lanes.systems import lane_problem
from symnum.rootfinding.lanes.systems_algebra import solve

RNG = np.random.default_rng(11)
X, Y, W = sp.symbols("x y w", real=True)
U = sp.symbols("u0:6", real=True)

SOLVABLE = {
    "linear": ((2 * X + Y - 3, X - 3 * Y + 1), (X, Y)),
    "circle": ((X**2 + Y**2 - 4, X - Y), (X, Y)),
    "rosenbrock": ((1 - X, 10 * (Y - X**2)), (X, Y)),
    "himmelblau": ((X**2 + Y - 11, X + Y**2 - 7), (X, Y)),
    "badly scaled": (
        (10**4 * X * Y - 1, sp.exp(-X) + sp.exp(-Y) - sp.Rational(10001, 10000)),
        (X, Y),
    ),
    "other units": ((10**6 * (X - 10**6), Y * X / 1000 - 1), (X, Y)),
    "tiny": ((10**20 * X - 1, Y - 3 * X), (X, Y)),
    "kinks": ((sp.Abs(X) + Y - 1, sp.Max(X, Y) - sp.Rational(3, 4)), (X, Y)),
    "exponential": (
        (sp.exp(X) + Y - 2 * W, X**2 + Y**2 + W**2 - 3, sp.sin(X * Y) + W - 1),
        (X, Y, W),
    ),
    "products": ((sp.exp(X * Y) - W, X + Y + W - 3, X * W - Y - sp.Rational(1, 2)), (X, Y, W)),
    "one unknown": ((X**3 - 2 * X + 2,), (X,)),
    "six unknowns": (
        tuple(
            (3 - 2 * u) * u - (U[i - 1] if i else 0) + 1 - 2 * (U[i + 1] if i < 5 else 0)
            for i, u in enumerate(U)
        ),
        U,
    ),
    "four unknowns": (
        tuple(sum(U[:4]) + sp.sin(U[i]) + 3 * U[i] ** 3 - 7 - i for i in range(4)),
        U[:4],
    ),
}


def solved(equations, unknowns, starts):
    return sn.newton_kernel(list(equations), list(unknowns)).solve(starts)


def check_roots(result, equations, unknowns, count):
    """Compare some roots with those that mpmath polishes."""
    slopes = sp.Matrix(equations).jacobian(sp.Matrix(unknowns))
    with mpmath.workdps(40):
        value = sp.lambdify(unknowns, list(equations), "mpmath")
        slope = sp.lambdify(unknowns, slopes, "mpmath")
        for k in np.flatnonzero(result.converged)[:count]:
            start = mpmath.matrix([float(x) for x in result.root[k]])
            point = start.copy()
            for _ in range(150):
                step = mpmath.lu_solve(slope(*point), -mpmath.matrix(value(*point)))
                point += step
                if mpmath.norm(step) < 1e-33 * (1 + mpmath.norm(point)):
                    break
            assert mpmath.norm(mpmath.matrix(value(*point))) < 1e-25
            assert mpmath.norm(point - start, mpmath.inf) <= result.error_bound[k]


@pytest.mark.parametrize("name", SOLVABLE)
def test_systems_are_solved_within_their_bounds(name):
    equations, unknowns = SOLVABLE[name]
    starts = RNG.uniform(-2, 2, (40, len(unknowns)))
    result = solved(equations, unknowns, starts)
    assert np.mean(result.converged) > 0.95
    assert set(result.status[result.converged]) <= {"converged", "exact", "noise_limited"}
    check_roots(result, equations, unknowns, 6)


@pytest.mark.parametrize(
    ("equations", "unknowns"),
    [
        ((X**2 + Y**2 + 1, X - Y), (X, Y)),
        ((sp.exp(X) + sp.exp(Y), X - Y), (X, Y)),
        ((X**2 + Y**2 - 1, X - 1 - sp.Rational(1, 10**10)), (X, Y)),
        ((1 / X + Y, X * Y + 1 + 1 / Y), (X, Y)),
        ((1 / (X - 1), Y), (X, Y)),
        ((sp.exp(-(X**2)), Y - X), (X, Y)),
        ((X**2 + sp.Rational(1, 10**20),), (X,)),
        ((sp.atan(10**12 * X) + 2, Y - X), (X, Y)),
        ((sp.sign(X) + sp.Rational(1, 2), Y - 1), (X, Y)),
        ((X + Y - 1, X + Y - 2), (X, Y)),
        ((sp.exp((X + Y) * (Y - 1)), sp.exp(Y**2 + sp.tanh(X))), (X, Y)),
        ((X**2 * (Y + 1) + sp.atan(1 / Y), sp.atan(Y)), (X, Y)),
        (((X + 9) * (X**2 + 2 * Y), sp.cos(sp.cos(Y)) + sp.Rational(1, 2)), (X, Y)),
    ],
    ids=str,
)
def test_systems_without_a_root_are_never_solved(equations, unknowns):
    starts = np.concatenate(
        [
            RNG.uniform(-2, 2, (60, len(unknowns))),
            np.zeros((1, len(unknowns))),
            np.ones((1, len(unknowns))),
        ]
    )
    starts = np.concatenate([starts, starts * 1e-9, starts * 1e6, 1 + starts * 1e-15])
    result = solved(equations, unknowns, starts)
    assert not result.converged.any()
    assert np.all(np.isinf(result.error_bound))


@pytest.mark.parametrize(
    ("equations", "starts", "root"),
    [
        ((X + Y - 2, X**2 + Y**2 - 2), [[0.5, 2.0], [1.9, -1.0], [0.0, 0.0]], [1, 1]),
        (((X - 1) ** 2, (Y - 2) ** 2), [[2.0, 2.0], [0.5, 7.0], [1.0, 2.0]], [1, 2]),
        ((1 - sp.cos(X), Y - X), [[0.5, 2.0], [1.0, 1.0]], [0, 0]),
    ],
    ids=str,
)
def test_singular_roots_have_a_bound_that_holds(equations, starts, root):
    result = solved(equations, (X, Y), np.array(starts))
    assert result.converged.all()
    distance = np.max(np.abs(result.root - root), axis=1)
    assert np.all(distance <= result.error_bound)
    assert np.all(result.error_bound < 1e-4)


@pytest.mark.parametrize(
    ("equations", "start"),
    [
        ((X**2 - Y**2 - 1, X * Y - 1), [0.0, 0.0]),
        ((X + Y + W - 3, X**2 + Y**2 + W**2 - 5, X**3 + Y**3 + W**3 - 9), [1.0, 1.0, 1.0]),
        ((X**2 - 2, Y - X), [0.0, 0.0]),
    ],
    ids=str,
)
def test_a_singular_start_is_left(equations, start):
    unknowns = (X, Y, W)[: len(start)]
    result = solved(equations, unknowns, np.array([start]))
    assert result.converged.all()
    check_roots(result, equations, unknowns, 1)


@pytest.mark.parametrize(
    ("equations", "start", "status"),
    [
        ((X + Y - 1, X + Y - 2), [0.0, 0.0], "singular_jacobian"),
        ((X**2 + Y**2 + 1, X - Y), [1.0, 0.5], "stalled"),
        ((sp.log(X), Y), [-1.0, 0.0], "nan"),
        ((X**2 - 2, Y - X), [np.nan, 1.0], "nan"),
        ((X - 1, Y - 2), [1.0, 2.0], "exact"),
        ((X - 1, Y - 2), [4.0, 4.0], "exact"),
    ],
    ids=str,
)
def test_statuses(equations, start, status):
    result = solved(equations, (X, Y), np.array([start]))
    assert str(result.status[0]) == status


def test_many_systems_from_one_start():
    a, b, c = sp.symbols("a b c")
    x, y, z = RNG.uniform(0, 2, (3, 3000))
    sides = [np.exp(x) + y * z, x + np.sin(y) + z**2, x * y + np.exp(-z)]
    p, q, r = sp.symbols("p q r")
    equations = [sp.exp(p) + q * r - a, p + sp.sin(q) + r**2 - b, p * q + sp.exp(-r) - c]
    kernel = sn.newton_kernel(equations, [p, q, r], [a, b, c], gradient=True)
    result = kernel.solve([1.1, 0.9, 1.2], *sides)
    assert np.mean(result.converged) > 0.999
    x, y, z = result.root[result.converged].T
    left = np.array([np.exp(x) + y * z, x + np.sin(y) + z**2, x * y + np.exp(-z)])
    right = np.array(sides)[:, result.converged]
    assert np.max(np.abs(left - right) / (1 + np.abs(right))) < 1e-13
    # The derivatives in the right sides are the inverse of the Jacobian.
    jacobian = np.array(
        [[np.exp(x), z, y], [1 + 0 * x, np.cos(y), 2 * z], [y, x, -np.exp(-z)]]
    ).transpose(2, 0, 1)
    product = np.einsum("kij,kjl->kil", jacobian, result.gradient[result.converged])
    condition = np.abs(jacobian).max((1, 2)) * np.abs(result.gradient[result.converged]).max((1, 2))
    error = np.abs(product - np.eye(3)).max((1, 2))
    assert np.all(error < 1e-13 * np.maximum(condition, 1) ** 2)


def test_gradients_of_a_large_system():
    p = sp.Symbol("p")
    equations = [3 * U[i] + sp.sin(U[(i + 1) % 5]) - p * (i + 1) for i in range(5)]
    kernel = sn.newton_kernel(equations, U[:5], [p], gradient=True)
    result = kernel.solve(np.zeros(5), np.array([0.5, 0.5 + 1e-6]))
    quotient = (result.root[1] - result.root[0]) / 1e-6
    np.testing.assert_allclose(result.gradient[0, :, 0], quotient, rtol=1e-5)


def test_shapes():
    kernel = sn.newton_kernel([X * Y - sp.Symbol("a"), X - Y], [X, Y], [sp.Symbol("a")])
    for shape in [(), (1,), (0,), (2, 3)]:
        result = kernel.solve(np.ones((*shape, 2)), np.full(shape, 4.0))
        assert result.root.shape == (*shape, 2)
        assert np.shape(result.converged) == np.shape(result.status) == shape
        np.testing.assert_allclose(result.root, 2.0, rtol=1e-15)


def test_unknown_methods_are_refused():
    with pytest.raises(ValueError, match="method: 'halley' is not for systems"):
        lane_problem([X - 1, Y - 1], [X, Y], [], method="halley", gradient=False)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_linear_systems(size):
    """The program is evaluated exactly, so nothing but the pivots may be off."""
    rng = np.random.default_rng(size)
    builder = ProgramBuilder(size * size + size)
    terms = [Term(builder, builder.add("argument", value=k)) for k in range(builder.arity)]
    rows = [terms[size * i : size * (i + 1)] for i in range(size)]
    (column,) = solve(rows, [terms[size * size :]]).columns
    program = builder.finish(tuple(term.position for term in column))
    for _ in range(5):
        matrix, side = rng.integers(-3, 4, (size, size)), rng.integers(-3, 4, size)
        if abs(np.linalg.det(matrix)) < 0.5:
            continue
        values = interpret(program, [int(n) for n in (*matrix.ravel(), *side)], 30)
        np.testing.assert_allclose(
            np.array(values, dtype=float), np.linalg.solve(matrix, side), rtol=1e-12, atol=1e-12
        )


@pytest.mark.parametrize("size", [2, 3, 4])
def test_singular_matrices_are_seen(size):
    builder = ProgramBuilder(size * size)
    terms = [Term(builder, builder.add("argument", value=k)) for k in range(size * size)]
    rows = [terms[size * i : size * (i + 1)] for i in range(size)]
    singular = solve(rows, [terms[:size]]).singular
    one = Term(builder, builder.add("constant", value=sp.Integer(1)))
    zero = Term(builder, builder.add("constant", value=sp.Integer(0)))
    program = builder.finish((singular.make("select", singular, one, zero).position,))
    matrix = RNG.integers(1, 9, (size, size))
    assert abs(np.linalg.det(matrix)) > 1e-6
    assert interpret(program, matrix.ravel().tolist())[0] == 0
    matrix[-1] = matrix[:-1].sum(axis=0)
    assert interpret(program, matrix.ravel().tolist())[0] == 1
    assert interpret(program, [float("nan")] * size**2)[0] == 1
