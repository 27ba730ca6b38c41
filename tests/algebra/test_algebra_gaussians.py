"""Gaussian algebra against integrals, enumeration-free moments and numerical linear algebra."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy.linalg import sqrtm

from symnum.algebra import Gaussian, NormalFrame, expectation

x, y, m, s = sp.symbols("x y m s", real=True)
a, b = sp.symbols("a b", positive=True)
FRAME = NormalFrame.of(["e", "w"])
e, w = FRAME.noise("e"), FRAME.noise("w")
P = [[2, sp.Rational(1, 2)], [sp.Rational(1, 2), 1]]
Q = [[1, sp.Rational(-1, 3)], [sp.Rational(-1, 3), 3]]


def test_affine_maps_add_their_weights() -> None:
    one, two = 2 - a * e, (3 * w + x * e) / 2
    assert (one + two).coordinates() == (2, x / 2 - a, sp.Rational(3, 2))
    assert (one - two).mean == 2
    assert one.covariance(two) == -a * x / 2
    assert (-one).variance == a**2
    assert (1 + e - 1).coordinates() == e.coordinates()
    assert one.describe() == "2 + (-a)*e"
    assert (e - e).describe() == "0"


def test_a_rotation_of_two_noises_stays_independent_and_standard() -> None:
    c, t = sp.cos(x), sp.sin(x)
    first, second = c * e + t * w, c * w - t * e
    assert sp.simplify(first.variance) == sp.simplify(second.variance) == 1
    assert sp.simplify(first.covariance(second)) == 0


@pytest.mark.parametrize("power", range(7))
def test_moments_are_those_of_the_integral(power: int) -> None:
    value = expectation(x**power, {x: sp.Rational(1, 3) + 2 * e})
    with mpmath.workdps(30):
        exact = mpmath.quad(
            lambda z: (mpmath.mpf(1) / 3 + 2 * z) ** power * mpmath.npdf(z), [-25, 0, 25]
        )
        assert mpmath.almosteq(mpmath.mpf(value.p) / value.q, exact, 1e-20)


def test_mixed_moments_follow_isserlis() -> None:
    one, two = 2 * e + 3 * w, e - 5 * w
    value = expectation(x**2 * y**2 * b, {x: one, y: two})
    product = one.variance * two.variance + 2 * one.covariance(two) ** 2
    assert value == b * product
    assert expectation(sp.Integer(7), {x: e}) == 7


def test_conditioning_leaves_a_residual_independent_of_what_is_known() -> None:
    variables = (1 + e, 2 * e + w, e - 3 * w)
    joint = Gaussian.joint(*variables)
    posterior = joint.given({1: y})
    gain = posterior.mean.diff(y)
    residual = variables[0] - gain[0] * variables[1]
    assert residual.covariance(variables[1]) == 0
    assert residual.variance == posterior.covariance[0, 0]
    assert joint.marginal(2, 0).covariance == sp.Matrix([[10, 1], [1, 1]])


def test_bayes_by_densities() -> None:
    joint = Gaussian.joint(a * e, a * e + b * w)
    left = joint.given({1: y}).log_density(x) + joint.marginal(1).log_density(y)
    point = {x: 0.3, y: -1.1, a: 0.7, b: 1.3}
    assert float((left - joint.log_density([x, y])).subs(point)) == pytest.approx(0, abs=1e-12)


def test_score_is_the_gradient_of_the_density() -> None:
    normal = Gaussian.of([1, 2], P)
    gradient = sp.Matrix([normal.log_density([x, y])]).jacobian([x, y]).T
    assert sp.simplify(gradient - normal.score([x, y])) == sp.zeros(2, 1)


def test_an_affine_map_of_a_distribution() -> None:
    moved = Gaussian.joint(e, w).affine([[1, 2], [0, 1]], [m, 0])
    assert moved == Gaussian.joint(m + e + 2 * w, w)


def test_divergences_in_one_dimension_are_the_integrals() -> None:
    p, q = Gaussian.of(1, 2), Gaussian.of(sp.Rational(-1, 2), 3)
    with mpmath.workdps(30):

        def density(normal: Gaussian, at: mpmath.mpf) -> mpmath.mpf:
            return mpmath.npdf(
                at,
                mpmath.mpf(str(sp.N(normal.mean[0], 30))),
                mpmath.sqrt(int(normal.covariance[0])),
            )

        def relative(at: mpmath.mpf) -> mpmath.mpf:
            return density(p, at) * mpmath.log(density(p, at) / density(q, at))

        def overlap(at: mpmath.mpf) -> mpmath.mpf:
            return mpmath.sqrt(density(p, at) * density(q, at))

        ends = [-20, -5, 0, 5, 20]
        assert float(p.kullback_leibler(q)) == pytest.approx(
            float(mpmath.quad(relative, ends)), rel=1e-14
        )
        assert float(p.bhattacharyya(q)) == pytest.approx(
            float(-mpmath.log(mpmath.quad(overlap, ends))), rel=1e-14
        )
    difference = sp.sqrt(2) - sp.sqrt(3)
    assert sp.simplify(p.wasserstein_squared(q) - sp.Rational(9, 4) - difference**2) == 0
    assert sp.simplify(p.entropy() - (1 + sp.log(4 * sp.pi)) / 2) == 0


def test_divergences_in_two_dimensions_against_numerical_algebra() -> None:
    p, q = Gaussian.of([1, 0], P), Gaussian.of([0, 2], Q)
    A, B = np.array(P, dtype=float), np.array(Q, dtype=float)
    d = np.array([1.0, -2.0])
    kl = (
        np.trace(np.linalg.solve(B, A))
        - 2
        - np.log(np.linalg.det(A) / np.linalg.det(B))
        + d @ np.linalg.solve(B, d)
    ) / 2
    root = sqrtm(A)
    cross = np.trace(sqrtm(root @ B @ root)).real
    assert float(p.kullback_leibler(q)) == pytest.approx(kl, rel=1e-13)
    distance = d @ d + np.trace(A) + np.trace(B) - 2 * cross
    assert float(p.wasserstein_squared(q)) == pytest.approx(distance, rel=1e-12)
    assert p.bhattacharyya(q) == q.bhattacharyya(p)
    assert p.bhattacharyya(p) == p.kullback_leibler(p) == p.wasserstein_squared(p) == 0


def test_diagonal_matrices_of_any_size_have_a_closed_distance() -> None:
    p, q = Gaussian.of([0, 0, 0], sp.diag(1, 4, 9)), Gaussian.of([0, 0, 1], sp.eye(3))
    assert p.wasserstein_squared(q) == 1 + 0 + 1 + 4


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: NormalFrame.of(["e", "e"]), ValueError, "different names"),
        (lambda: NormalFrame.of([]), ValueError, "different names"),
        (lambda: NormalFrame.of("ew"), ValueError, "list of different names"),
        (lambda: FRAME.noise("z"), ValueError, "one of"),
        (lambda: e + NormalFrame.of(["z"]).noise("z"), ValueError, "do not combine"),
        (lambda: e * w, TypeError, "expectation"),
        (lambda: expectation(sp.exp(x), {x: e}), ValueError, "polynomial"),
        (lambda: expectation(x, {}), ValueError, "polynomial"),
        (lambda: Gaussian.of([0, 0], 1), ValueError, "2 x 2"),
        (lambda: Gaussian.of([[0, 0]], P), ValueError, "column"),
        (lambda: Gaussian.of([0, 0], [[1, 2], [3, 4]]), ValueError, "symmetric"),
        (lambda: Gaussian.of([0, 0], P).given({}), ValueError, "some of 2 places"),
        (lambda: Gaussian.of([0, 0], P).given({0: 1, 1: 2}), ValueError, "some of 2 places"),
        (lambda: Gaussian.of([0, 0], P).given({5: 1}), ValueError, "some of 2 places"),
        (lambda: Gaussian.of(0, 1).bhattacharyya(Gaussian.of([0, 0], P)), ValueError, "1 dim"),
        (
            lambda: Gaussian.of([0] * 3, sp.ones(3, 3) + sp.eye(3)).wasserstein_squared(
                Gaussian.of([0] * 3, sp.eye(3))
            ),
            NotImplementedError,
            "diagonal",
        ),
    ],
    ids=lambda value: None if callable(value) else str(value),
)
def test_misuse_is_named(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
