"""det(exp A) = exp(tr A), from the derivative of a determinant, and what surrounds it.

The determinant of exp(t A) grows at the rate tr A; exponentials, logarithms and sines of matrices
follow the scalar laws as far as the matrices commute. The kernel is the exponential of a 2 x 2
matrix. Source: Su Jianlin, kexue.fm, 恒等式 det(exp(A)) = exp(Tr(A)) 赏析.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

import symnum as sn
from symnum import matexp

NAMES = ["a", "b", "c", "d"]
RANGES = dict.fromkeys(NAMES, (-3.0, 3.0))
TAILS = tuple(
    dict(zip(NAMES, point, strict=True))
    for point in (
        (1.0, 1.0, -1.0, -1.0),
        (3.0, 2.0, 0.0, 3.0),
        (0.7, 1.2, -0.3, -0.5 + 1e-9),
        (0.0, 1.0, 0.0, 0.0),
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 2.5, -2.5, 0.0),
        (-800.0, 799.0, 799.0, -800.0),
        (-700.0, 1.0, 2.0, -699.0),
        (5.0, 0.0, 0.0, -5.0),
        (1e-170, 1e-170, 1e-170, 0.0),
    )
)
ORDER = 6

a, b, c, d = arguments = sp.symbols(NAMES)
t, e, r, s, x, y, u, v, h, l1, l2 = sp.symbols("t e r s x y u v h lambda_1 lambda_2")
p, q, n, tau, f, alpha = sp.symbols("p q n tau f alpha")


def derive() -> sn.Derivation:
    """Prove the identity, its neighbours, and the closed form of a 2 x 2 exponential."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    entries = [*square("A", 4), *square("X", 3)]
    free = [*arguments, *entries, t, e, x, y, u, v, h, tau, f, alpha]
    proof = sn.Derivation(
        "det_exp_trace",
        title="det(exp A) = exp(tr A) / 恒等式 det(exp(A)) = exp(Tr(A)) 赏析",
        source="Su Jianlin, kexue.fm: 恒等式 det(exp(A)) = exp(Tr(A)) 赏析",
        domain=dict.fromkeys(free, reals)
        | dict.fromkeys([r, s, l1, l2], positive)
        | dict.fromkeys([p, q], sn.Interval(-sp.Rational(1, 2), sp.Rational(1, 2)))
        | {n: sn.Integers(-sp.oo, sp.oo)},
    )
    _jacobi(proof)
    _special_matrices(proof)
    _commuting(proof)
    _logarithms(proof)
    proof.result(_two_by_two(proof), args=NAMES)
    return proof


def square(name: str, size: int) -> sp.Matrix:
    """Return a matrix of symbols."""
    return sp.Matrix(size, size, sp.symbols(f"{name}1:{size + 1}(1:{size + 1})"))


def rate(matrix: sp.Matrix) -> sp.Matrix:
    """Return the derivative of each entry by t, not worked out."""
    return matrix.applyfunc(lambda entry: sp.Derivative(entry, t) if entry.has(t) else 0)


def _jacobi(proof: sn.Derivation) -> None:
    for size in (2, 3, 4):
        A = square("A", 4)[:size, :size]
        proof.series(
            (sp.eye(size) + e * A).det(method="berkowitz"),
            e,
            2,
            1 + e * A.trace(),
            why=f"the derivative of the determinant at I is the trace, here for n = {size}; in "
            "general, since a product of entries off the diagonal has two of them at least",
        )
    for size in (2, 3):
        A, X = square("A", 4)[:size, :size], square("X", 3)[:size, :size]
        proof.equal(
            (X + e * X * A).det(method="berkowitz"),
            X.det(method="berkowitz") * (sp.eye(size) + e * A).det(method="berkowitz"),
            why="at X it is det(X) tr A in the direction X A (Jacobi), as determinants multiply: "
            f"n = {size}",
        )
    proof.equal(
        tau * f * sp.exp(-tau * t) + f * sp.Derivative(sp.exp(-tau * t), t),
        0,
        why="so f(t) = det exp(t A) has f' = tau f with tau = tr A. Then f e^(-tau t) is constant, "
        "and f(0) = 1 makes it 1: det exp(A) = exp(tr A)",
    )


def _special_matrices(proof: sn.Derivation) -> None:
    P = sp.Matrix([[1, p], [q, 1]])
    power = P * sp.diag(sp.exp(u), sp.exp(v)) * P.inv()
    proof.equal(
        [power.det(), (P * sp.diag(u, v) * P.inv()).trace()],
        [sp.exp(u + v), u + v],
        why="another proof for A = P Lambda P^-1: both sides depend on the eigenvalues alone",
    )
    jordan = sp.exp(u * t) * sp.Matrix([[1, t], [0, 1]])
    block = sp.Matrix([[u, 1], [0, u]])
    proof.equal(rate(jordan), block * jordan, why="a Jordan block by hand: this X(t) has X' = A X, "
                "and X(0) = I")  # fmt: skip
    proof.equal(jordan.det(), sp.exp(2 * u * t), why="and det exp(t A) = exp(2 u t)")


def _commuting(proof: sn.Derivation) -> None:
    N = sp.Matrix([[h, s], [(r**2 - h**2) / s, -h]])
    proof.equal(N * N, r**2 * sp.eye(2), why="N without trace and with -det N = r^2 > 0: N^2 = r^2 "
                "I")  # fmt: skip

    def power(time: sp.Expr) -> sp.Matrix:
        return sp.cosh(r * time) * sp.eye(2) + sp.sinh(r * time) / r * N

    proof.equal(rate(power(t)), N * power(t), why="so exp(t N) = cosh(r t) I + sinh(r t)/r N: X' = "
                "N X, which also solves x' = N x for every start")  # fmt: skip
    proof.equal(power(1) * power(-1), sp.eye(2), why="exp(N) exp(-N) = I: always invertible")
    proof.equal(
        power(x) * power(y),
        power(x + y),
        why="matrices that commute, as x N and y N do: exp(A) exp(B) = exp(A + B)",
    )
    up, down = sp.Matrix([[0, 1], [0, 0]]), sp.Matrix([[0, 0], [1, 0]])
    swap = sp.cosh(1) * sp.eye(2) + sp.sinh(1) * (up + down)
    proof.refute(
        sp.Eq(((sp.eye(2) + up) * (sp.eye(2) + down))[0, 0], swap[0, 0], evaluate=False),
        at={},
        why="without that it fails: for A = e_12 and B = e_21 the first entries are 2 and cosh 1",
    )
    proof.equal(
        symmetric(sp.sin, x + u, y + v),
        symmetric(sp.sin, x, y) * symmetric(sp.cos, u, v)
        + symmetric(sp.cos, x, y) * symmetric(sp.sin, u, v),
        why="in the same way sin(A + B) = sin A cos B + cos A sin B for commuting matrices, here "
        "[[x, y], [y, x]] and [[u, v], [v, u]]",
    )


def symmetric(function: Any, diagonal: sp.Expr, other: sp.Expr) -> sp.Matrix:
    """Return a function of [[x, y], [y, x]], by its eigenvalues x + y and x - y."""
    high, low = function(diagonal + other), function(diagonal - other)
    return sp.Matrix([[high + low, high - low], [high - low, high + low]]) / 2


def _logarithms(proof: sn.Derivation) -> None:
    def turn(angle: sp.Expr) -> sp.Matrix:
        return sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]])

    proof.equal(
        turn(alpha + 2 * sp.pi * n),
        turn(alpha),
        why="a logarithm is not unique: exp((alpha + 2 pi n) J) = exp(alpha J) for all integers n",
    )
    series = sum((-1) ** (k + 1) * e**k / k for k in range(1, ORDER + 1))
    proof.series(
        sp.exp(series),
        e,
        ORDER + 1,
        1 + e,
        why="log(I + A) = A - A^2/2 + A^3/3 - ... for |A| < 1 has exp log(I + A) = I + A (to the "
        "sixth power; both are series in the one matrix A)",
    )
    proof.equal(
        sp.log(l1 * l2),
        sp.log(l1) + sp.log(l2),
        why="log det B = tr log B for positive eigenvalues",
    )
    proof.refute(
        sp.Eq(sp.log(1 + p**2), sp.log(1 + p), evaluate=False),
        at={p: sp.Rational(1, 2)},
        why="the article prints log(I + P Lambda^n P^-1) = P log(I + Lambda) P^-1; the n on the "
        "left does not belong there, as 1 x 1 matrices show for n = 2",
    )


def _two_by_two(proof: sn.Derivation) -> sp.Matrix:
    middle, half = (a + d) / 2, (a - d) / 2
    gap = half**2 + b * c
    root, turns = sp.sqrt(gap), sp.sqrt(-gap)
    scale = sp.exp(middle)

    def cases(real: sp.Expr, complex_pair: sp.Expr, double: sp.Expr) -> sp.Piecewise:
        # The last case takes NaN as well, and carries it on.
        return sp.Piecewise((real, gap > 0), (double, sp.Eq(gap, 0)), (complex_pair, True))

    even = cases(scale * sp.cosh(root), scale * sp.cos(turns), scale)
    odd = cases(scale * sp.sinh(root) / root, scale * sp.sin(turns) / turns, scale)
    N = sp.Matrix([[half, b], [c, -half]])
    proof.equal(
        N * N,
        gap * sp.eye(2),
        why="A = (a + d)/2 I + N, N^2 = disc I with disc = ((a - d)/2)^2 + b c of either sign",
    )
    turning = sp.Matrix([[h, s], [-(r**2 + h**2) / s, -h]])
    wave = sp.cos(r * t) * sp.eye(2) + sp.sin(r * t) / r * turning
    proof.equal(
        [turning * turning, rate(wave)],
        [-(r**2) * sp.eye(2), turning * wave],
        why="for disc = -r^2 < 0 the same with cos and sin; for disc = 0 it is I + N",
    )
    slope = sp.exp(middle + root) * (1 - sp.exp(-2 * root)) / (2 * root)
    low, reach = sp.exp(middle - root), root + sp.Abs(half)

    def diagonal(sign: int) -> sp.Piecewise:
        weight = sp.Piecewise((reach, sign * half > 0), (b * c / reach, True))
        return cases(
            low + slope * weight,
            scale * sp.cos(turns) + sign * half * scale * sp.sin(turns) / turns,
            scale * (1 + sign * half),
        )

    factor = cases(slope, scale * sp.sin(turns) / turns, scale)
    matrix = sp.Matrix([[diagonal(1), b * factor], [c * factor, diagonal(-1)]])
    proof.equal(
        even * sp.eye(2) + odd * N,
        matrix,
        why="for real eigenvalues in terms that neither cancel nor overflow before the result does",
    )
    return matrix


def exponential(matrix: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return exp(A) for matrices (..., n, n), and |log det exp(A) - tr A|, a free error estimate.

    The estimate sees errors of the determinant alone; it is NaN where the exponential has left the
    range of floating-point numbers.
    """
    A = np.asarray(matrix, dtype=np.float64)
    power = np.asarray(sn.expm(A))
    return power, defect(power, A)


def defect(power: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return |log det E - tr A| for an approximation E of exp(A)."""
    with np.errstate(all="ignore"):
        sign, size = np.linalg.slogdet(power)
    gap = np.abs(size - np.trace(matrix, axis1=-2, axis2=-1))
    return np.asarray(np.where(sign > 0, gap, np.nan))


def action(matrix: ArrayLike, vector: ArrayLike, t: float = 1.0) -> NDArray[np.float64]:
    """Return exp(t A) v, the solution of x' = A x at the time t, without the exponential."""
    return np.asarray(matexp.expm_multiply(np.asarray(matrix), np.asarray(vector), t))


def logarithm(matrix: ArrayLike) -> NDArray[np.complex128] | NDArray[np.float64]:
    """Return the principal logarithm of an invertible matrix (n, n)."""
    from scipy.linalg import logm

    B = np.asarray(matrix, dtype=np.float64)
    if B.ndim != 2 or B.shape[0] != B.shape[1] or not np.linalg.slogdet(B)[0]:
        raise ValueError(f"matrix: expected an invertible square matrix, got the shape {B.shape}")
    return np.asarray(logm(B))


def approximations(matrix: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return exp(A) by several methods."""
    one = np.eye(len(matrix))
    taylor, term = one.copy(), one.copy()
    for k in range(1, 41):
        term = term @ matrix / k
        taylor = taylor + term
    return {
        "sn.expm": np.asarray(sn.expm(matrix)),
        "Taylor, 40 terms": taylor,
        "(I + A/1024)^1024": np.linalg.matrix_power(one + matrix / 1024, 1024),
    }


def example(norm: float, size: int = 8) -> NDArray[np.float64]:
    """Return a random matrix with this 1-norm."""
    matrix = np.random.default_rng(0).standard_normal((size, size))
    return np.asarray(matrix * (norm / np.max(np.sum(np.abs(matrix), axis=0))))


def _by_scipy(*point: float) -> NDArray[np.float64]:
    from scipy.linalg import expm

    return np.asarray(expm(np.reshape(point, (2, 2))))


PEERS = {"scipy.linalg.expm": _by_scipy}


def kernel_errors(kernel: sn.Kernel, size: float, count: int = 60) -> tuple[float, float]:
    """Return the worst errors of the kernel for entries up to a size, in units of 2^-52.

    The first is that of a whole matrix over the norm of its exponential, which rounding the entries
    changes by as much as norm A times it; the second that of a single entry over itself.
    """
    whole = single = 0.0
    for entries in np.random.default_rng(0).uniform(-size, size, (count, 4)):
        exact = np.array(kernel.reference(*entries, digits=40))
        errors = np.array(abs(kernel(*entries) - exact), dtype=np.float64)
        sizes = np.abs(exact.astype(np.float64))
        whole = max(whole, float(np.linalg.norm(errors) / np.linalg.norm(sizes)))
        single = max(single, float(np.max(errors / sizes)))
    return whole / np.finfo(float).eps, single / np.finfo(float).eps


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the kernel in the norm, and the defect of the identity for several methods."""
    kernel = derivation.compile()
    lines = []
    for size in (3.0, 20.0):
        whole, single = kernel_errors(kernel, size)
        name = f"error of the kernel over 2^-52, entries up to {size:g}"
        lines.append((f"{name}, of the norm", f"{whole:.1f}"))
        lines.append((f"{name}, of single entries, where they cancel", f"{single:.0f}"))
    return lines + [
        (
            f"|log det E - tr A|, 1-norm {norm:g}, {name}",
            f"{float(defect(power, example(norm))):.1e}",
        )
        for norm in (1.0, 30.0)
        for name, power in approximations(example(norm)).items()
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the defect of the identity against the norm for several methods."""
    axes = figure.subplots()
    norms = np.geomspace(0.01, 60.0, 80)
    rows: dict[str, list[float]] = {}
    for norm in norms:
        matrix = example(norm)
        for name, power in approximations(matrix).items():
            rows.setdefault(name, []).append(max(float(defect(power, matrix)), 1e-17))
    for name, values in rows.items():
        axes.loglog(norms, values, label=name)
    axes.set_xlabel("1-norm of A, a random 8 x 8 matrix")
    axes.set_ylabel("|log det E - tr A|")
    axes.set_title("How far approximations E of exp(A) miss det(exp A) = exp(tr A)")
    axes.grid(visible=True, alpha=0.25)
    axes.legend()
