"""Rotary embedding for two-dimensional positions: two commuting rotations, and no quaternions.

A rotation for each position (x, y) whose products see differences alone comes from two skew
matrices that commute; in four dimensions these are rotations of two planes. Source: Su Jianlin,
kexue.fm, Transformer升级之路：4、二维位置的旋转式位置编码.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn

VECTORS = [f"{vector}{i}" for vector in "qk" for i in (1, 2, 3, 4)]
NAMES = [*VECTORS, "dx", "dy", "theta"]
RANGES = dict.fromkeys(VECTORS, (-2.0, 2.0)) | {"dx": (-64.0, 64.0), "dy": (-64.0, 64.0)}
RANGES |= {"theta": (1e-3, 1.0)}
PAIR = dict(zip(VECTORS, (0.3, -1.2, 0.8, 0.5, 0.7, 1.1, -0.4, 1.6), strict=True))
TAILS = (
    PAIR | {"dx": 0.0, "dy": 0.0, "theta": 0.7},
    PAIR | {"dx": 3.0, "dy": 0.0, "theta": 1.0},
    PAIR | {"dx": 1e15, "dy": -1e15, "theta": 0.5},
    PAIR | {"dx": 1e-300, "dy": -7.0, "theta": 1e-8},
)

positions = x, y, x1, y1, x2, y2 = sp.symbols("x y x_1 y_1 x_2 y_2")
entries = a, b, c, p, q, r, f = sp.symbols("a b c p q r f")
t, w = sp.symbols("t omega")
J = sp.Matrix([[0, 1], [-1, 0]])


def turn(angle: sp.Expr) -> sp.Matrix:
    """Return the matrix of a rotation of the plane."""
    return sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]])


def commutator(left: sp.Matrix, right: sp.Matrix) -> sp.Matrix:
    """Return left right - right left."""
    return left * right - right * left


def rate(matrix: sp.Matrix, symbol: sp.Symbol) -> sp.Matrix:
    """Return the derivative of each entry, not worked out."""
    return matrix.applyfunc(lambda entry: sp.Derivative(entry, symbol) if entry.has(symbol) else 0)


def quaternion(one: int, i: int, j: int, k: int) -> sp.Matrix:
    """Return the matrix of the left multiplication with one + i I + j J + k K."""
    rows = [[one, -i, -j, -k], [i, one, -k, j], [j, k, one, -i], [k, -j, i, one]]
    return sp.Matrix(rows)


def derive() -> sn.Derivation:
    """Prove which pairs of generators commute, the group law, and that quaternions fail."""
    reals = sn.Interval(-sp.oo, sp.oo)
    names = sp.symbols(NAMES)
    general = sp.Matrix(3, 3, sp.symbols("b1:4(1:4)")), sp.Matrix(3, 3, sp.symbols("x1:4(1:4)"))
    free = [*names, *positions, *entries, t, *general[0], *general[1]]
    d = sn.Derivation(
        "rotary_embedding_2d",
        title="Two-dimensional rotary embedding / Transformer升级之路：4、二维位置的旋转式位置编码",
        source="Su Jianlin, kexue.fm: Transformer升级之路：4、二维位置的旋转式位置编码",
        domain=dict.fromkeys(free, reals) | {w: sn.Interval(0, sp.oo, left_open=True)},
    )
    _generators(d, *general)
    _commuting(d)
    _group_law(d)
    _quaternions(d)
    q1, q2, q3, q4, k1, k2, k3, k4, dx, dy, theta = names
    turned = sp.diag(turn(dx * theta), turn(dy * theta)) * sp.Matrix([k1, k2, k3, k4])
    relative = (
        (q1 * k1 + q2 * k2) * sp.cos(dx * theta)
        + (q2 * k1 - q1 * k2) * sp.sin(dx * theta)
        + (q3 * k3 + q4 * k4) * sp.cos(dy * theta)
        + (q4 * k3 - q3 * k4) * sp.sin(dy * theta)
    )
    d.equal(
        sp.Matrix([q1, q2, q3, q4]).dot(turned),
        relative,
        why="the inner product of a query with a key that is (dx, dy) away: two planes, one for "
        "each coordinate",
    )
    d.result(relative, args=NAMES)
    return d


def _generators(d: sn.Derivation, B: sp.Matrix, X: sp.Matrix) -> None:
    d.equal(
        (B * X).T * X + X.T * (B * X),
        X.T * (B.T + B) * X,
        why="relativity asks R(t)^T R(t) = R(0) = I of R(t) = exp(t B). As X' = B X, this is the "
        "derivative of X^T X: it vanishes if B is skew, and at X = I only then",
    )
    x_part, y_part = general_skew(1, 0, 0), general_skew(p, q, r)
    mixed = (sp.eye(3) + x * x_part) * (sp.eye(3) + y * y_part)
    joint = sp.eye(3) + (x * x_part + y * y_part) + (x * x_part + y * y_part) ** 2 / 2
    d.equal(
        rate(rate(mixed - joint, x), y),
        commutator(x_part, y_part) / 2,
        why="two positions: the coefficient of x y in exp(x B1) exp(y B2) - exp(x B1 + y B2) is "
        "half of B1 B2 - B2 B1 (here for 3 x 3), so that B1 and B2 must commute",
    )
    d.equal(
        commutator(x_part, y_part),
        sp.Matrix([[0, 0, r], [0, 0, -q], [-r, q, 0]]),
        why="in three dimensions, with B1 a rotation of one plane, they commute only for q = r = "
        "0: then B2 = p B1, and the third dimension stays a block of zeros",
    )


def general_skew(first: Any, second: Any, third: Any) -> sp.Matrix:
    """Return the 3 x 3 skew matrix with these entries above the diagonal."""
    return sp.Matrix([[0, first, second], [-first, 0, third], [-second, -third, 0]])


def _commuting(d: sn.Derivation) -> None:
    block = sp.Matrix([[b, c], [p, q]])
    general = sp.Matrix(sp.BlockMatrix([[a * J, block], [-block.T, r * J]]))
    planes = sp.diag(J, -f * J)
    gaps = commutator(general, planes)
    d.equal(
        [gaps[0, 2], gaps[0, 3], gaps[1, 2], gaps[1, 3], *gaps[:2, :2], *gaps[2:, 2:]],
        [-p + c * f, -q - b * f, b + q * f, c - p * f, *[0] * 8],
        why="in four dimensions, with rotations of two planes for B2 (by 1 and -f) and any skew "
        "B1 with the entries b, c, p, q between the planes: they commute if and only if p = c f, "
        "q = -b f, and the two others vanish",
    )
    solved = gaps.subs({p: c * f, q: -b * f})
    d.equal(
        [solved[1, 2], solved[1, 3]],
        [b * (1 - f**2), c * (1 - f**2)],
        why="these two are b (1 - f^2) and c (1 - f^2): for f^2 = 1 every b and c will do, and "
        "else b = c = 0",
    )
    d.equal(
        gaps.subs({b: 0, c: 0, p: 0, q: 0}),
        sp.zeros(4, 4),
        why="b = c = 0 always commutes: B1 and B2 rotate the same two planes, by any two angles",
    )
    first = commutator(general, sp.diag(J, sp.zeros(2, 2)))
    d.equal(
        first[:2, 2:],
        -J * block,
        why="what commutes with the rotation of one plane alone has no entries between the planes "
        "(J is invertible): no third direction is left in four dimensions. In d dimensions it is "
        "floor(d/2) planes, the rank of the rotation group, which is quoted and not proved here",
    )


def _group_law(d: sn.Derivation) -> None:
    def law(u: sp.Expr, v: sp.Expr) -> sp.Matrix:
        return sp.diag(turn(u * w), turn(v * w))

    plane, nothing = -w * J, sp.zeros(2, 2)
    d.equal(rate(law(x, y), x), sp.diag(plane, nothing) * law(x, y), why="R(x, y) with angles x w, "
            "y w solves dR/dx = B1 R")  # fmt: skip
    d.equal(rate(law(x, y), y), sp.diag(nothing, plane) * law(x, y), why="and dR/dy = B2 R")
    d.equal(
        law(x, y).subs({x: 0, y: 0}),
        sp.eye(4),
        why="with R(0, 0) = I: it is exp(x B1 + y B2)",
    )
    d.equal(
        law(x1, y1).T * law(x2, y2),
        law(x2 - x1, y2 - y1),
        why="so differences of both coordinates are all that is seen",
    )
    d.equal(
        turn((x + 2 * sp.pi / w) * w),
        turn(x * w),
        why="a position can be read off its rotation only modulo 2 pi/w",
    )


def _quaternions(d: sn.Derivation) -> None:
    one, i, j, k = (quaternion(*row) for row in sp.eye(4).tolist())
    d.equal([i * i, j * j, i * j, j * i], [-one, -one, k, -k], why="quaternions: i^2 = j^2 = -1, "
            "and i j = k = -j i, for the 4 x 4 matrices of left multiplication")  # fmt: skip
    powers = []
    for name, matrix, size in (("i", i, 1), ("j", j, 1), ("i + j", i + j, sp.sqrt(2))):
        power = sp.cos(size * t) * one + sp.sin(size * t) / size * matrix
        d.equal(
            rate(power, t),
            matrix * power,
            why=f"exp(t L) = cos(s t) I + sin(s t) L/s for L = {name}, s = {size}: it solves X' = "
            "L X, and it is I for t = 0",
        )
        powers.append(power.subs(t, 1))
    both, joint = powers[0] * powers[1], powers[2]
    d.refute(
        sp.Eq(both[3, 0], joint[3, 0], evaluate=False),
        at={},
        why="exp(i) exp(j) = exp(i + j) is false: the left side has a k-component",
    )
    d.equal(
        both[3, 0] - joint[3, 0],
        sp.sin(1) ** 2,
        name="quaternion_defect",
        why="of the size sin(1)^2",
    )
    gaps = both - joint
    d.less_equal(
        [sp.Abs(gaps[row, 0]) for row in range(3)],
        [sp.sin(1) ** 2] * 3,
        why="which is the largest entry of the difference: a quaternion has four components, and "
        "the other columns repeat them with signs",
    )


def apply_rotary_2d(
    vectors: ArrayLike, x: ArrayLike, y: ArrayLike, base: float = 10000.0
) -> NDArray[np.float64]:
    """Turn vectors (..., d): planes 0, 2, 4, ... by x, planes 1, 3, 5, ... by y.

    A plane is two neighbouring entries; the angles are the position times base^(-4 i/d). A
    ValueError unless 4 divides d.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim == 0 or vectors.shape[-1] % 4 or not vectors.shape[-1]:
        raise ValueError(f"vectors: expected a last axis of 4, 8, ..., got {vectors.shape}")
    count = vectors.shape[-1] // 4
    frequencies = base ** (-np.arange(count) / count)
    places = np.stack(np.broadcast_arrays(x, y), axis=-1).astype(np.float64)
    angles = places[..., None, :] * frequencies[:, None]
    planes = vectors.reshape(*vectors.shape[:-1], count, 2, 2)
    u, v = planes[..., 0], planes[..., 1]
    turned = np.stack(
        [u * np.cos(angles) - v * np.sin(angles), u * np.sin(angles) + v * np.cos(angles)], axis=-1
    )
    return turned.reshape(*turned.shape[:-3], vectors.shape[-1])


def _by_scipy(*point: float) -> float:
    from scipy.linalg import expm

    dx, dy, theta = point[8:]
    generator = np.zeros((4, 4))
    for place, angle in ((0, dx * theta), (2, dy * theta)):
        generator[place, place + 1], generator[place + 1, place] = -angle, angle
    return float(np.array(point[:4]) @ expm(generator) @ np.array(point[4:8]))


def _as_pixtral(*point: float) -> float:
    """Multiply complex pairs by e^(i angle), as implementations for images do."""
    query, key = (
        np.array(half[::2]) + 1j * np.array(half[1::2]) for half in (point[:4], point[4:8])
    )
    turned = key * np.exp(1j * np.array(point[8:10]) * point[10])
    return float(np.sum(np.real(np.conj(query) * turned)))


PEERS = {"scipy.linalg.expm": _by_scipy, "complex pairs, as Pixtral does": _as_pixtral}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure relativity, and how far the quaternions are from it."""
    generator = np.random.default_rng(0)
    query, key = generator.standard_normal((2, 1000, 64))
    x, y, dx, dy, u, v = generator.integers(0, 256, (6, 1000))
    products = [
        np.sum(apply_rotary_2d(query, s, t) * apply_rotary_2d(key, s + dx, t + dy), axis=-1)
        for s, t in ((x, y), (u, v))
    ]
    error = np.max(np.abs(products[0] - products[1]))
    defect = float(derivation.constants["quaternion_defect"])
    return [
        ("inner products of 1000 pairs, 64 dimensions, at two places", f"differ by {error:.1e}"),
        ("largest entry of exp(i) exp(j) - exp(i + j)", f"{defect:.5f}"),
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the inner product over (dx, dy): one frequency, and 32 of them."""
    left, right = figure.subplots(1, 2)
    steps = np.arange(-40.0, 41.0)
    dx, dy = np.meshgrid(steps, steps)
    ones = np.tile([1.0, 0.0], 2)
    single = derivation.compile()(*ones, *ones, dx, dy, 0.25)
    many = np.tile([1.0, 0.0], 64)
    mean = np.sum(apply_rotary_2d(many, dx, dy) * many, axis=-1) / 32
    pictures = ((left, single, "theta = 1/4: periodic"), (right, mean, "32 frequencies, mean"))
    for axes, values, title in pictures:
        drawn = axes.pcolormesh(steps, steps, values, cmap="RdBu_r", vmin=-2, vmax=2)
        axes.contour(steps, steps, values, levels=[0.0, 1.0, 1.5], colors="black", linewidths=0.5)
        axes.set_aspect("equal")
        axes.set_xlabel("dx")
        axes.set_ylabel("dy")
        axes.set_title(title)
        figure.colorbar(drawn, ax=axes, shrink=0.8)
