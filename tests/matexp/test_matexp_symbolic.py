"""Closed forms against exponentials in ball arithmetic, at random rational points."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import flint
import mpmath
import pytest
import sympy as sp

import symnum as sn
from symnum.matexp import ImpulseResponse, LowRank, Stumpff, matrix_exp

t = sp.Symbol("t")
a, b, c, d, k, m, w, x, y, z = sp.symbols("a b c d k m w x y z")
DATA = Path(__file__).parents[1] / "data" / "matexp_symbolic.json"


def _matrix(rows: list[list[str]]) -> sp.Matrix:
    names = {name for row in rows for entry in row for name in re.findall(r"[A-Za-z]\w*", entry)}
    known = {name: sp.Symbol(name) for name in sorted(names - {"I"})}
    return sp.Matrix([[sp.sympify(entry, locals=known) for entry in row] for row in rows])


PUBLISHED = {case["name"]: _matrix(case["rows"]) for case in json.loads(DATA.read_text())["cases"]}

ROOT, SPIN = sp.sqrt(2), sp.Matrix([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
NORMAL = sp.Matrix([sp.sin(x) * sp.cos(y), sp.sin(x) * sp.sin(y), sp.cos(x)])

OWN = {
    "compartments": sp.Matrix([[-a - b, c, 0], [a, -c - d, 0], [b, d, 0]]),
    "Leslie": sp.Matrix([[a, b, c], [x, 0, 0], [0, y, 0]]),
    "decay chain": sp.Matrix([[-a, 0, 0, 0], [a, -b, 0, 0], [0, b, -c, 0], [0, 0, c, 0]]),
    "spin 1": -sp.I * (x * SPIN / ROOT + z * sp.diag(1, 0, -1)),
    "spin 1/2": sp.Matrix([[sp.I * z, x - sp.I * y], [-x - sp.I * y, -sp.I * z]]),
    "damped oscillator": sp.Matrix([[0, 1], [-k / m, -c / m]]),
    "two oscillators": sp.Matrix(
        [[0, 0, 1, 0], [0, 0, 0, 1], [-2 * k, k, -c, 0], [k, -2 * k, 0, -c]]
    ),
    "repeated complex pair": sp.Matrix([[a, -b, 1, 0], [b, a, 0, 1], [0, 0, a, -b], [0, 0, b, a]]),
    "three times a pair": sp.Matrix(
        6, 6, lambda i, j: [[1, -2], [2, 1]][i % 2][j % 2] if i // 2 == j // 2 else int(j == i + 2)
    ),
    "irreducible, degree 6": sp.Matrix(6, 6, lambda i, j: (7 * i * i + 5 * j * j + i * j) % 13 - 6),
    "circulant of 5": sp.Matrix(5, 5, lambda i, j: sp.symbols("p0:5")[(j - i) % 5]),
    "isoclinic": sp.Matrix([[0, -a, -b, -c], [a, 0, -c, b], [b, c, 0, -a], [c, -b, a, 0]]),
    "root in entries": sp.Matrix([[sp.sqrt(x), 1], [y, -sp.sqrt(x)]]),
    "roots of numbers": sp.Matrix([[ROOT, x, 0], [0, sp.sqrt(3), 1], [x, 0, sp.sqrt(6)]]),
    "reflection by angles": sp.eye(3) - 2 * NORMAL * NORMAL.T,
    "hidden relation": sp.Matrix([[sp.sin(2 * x), 1], [0, 2 * sp.sin(x) * sp.cos(x)]]),
    "hidden confluence": sp.Matrix(
        [[sp.sin(2 * x), 1, 0], [0, 2 * sp.sin(x) * sp.cos(x), 1], [0, 0, y]]
    ),
    "exponentials in entries": sp.Matrix([[sp.exp(x), sp.exp(-x)], [y, sp.exp(2 * x)]]),
    "logarithm and power": sp.Matrix([[sp.log(x), 1 / x], [0, x**y]]),
    "constants": sp.Matrix([[sp.pi, x], [1, sp.E]]),
    "nilpotent plus diagonal": sp.Matrix([[a, b, c], [0, a, d], [0, 0, a]]),
    "singular": sp.Matrix([[a, 2 * a, b], [c, 2 * c, d], [a + c, 2 * a + 2 * c, b + d]]),
    "permutation": sp.Matrix(5, 5, lambda i, j: int((i, j) in {(0, 1), (1, 0), (2, 3), (3, 4), (4, 2)})),
    "one entry": sp.Matrix([[sp.I * w]]),
    "Markov": sp.Matrix([[-a, a], [b, -b]]),
    "driven three levels": -sp.I * sp.Matrix([[0, 0, a / 2], [0, 0, b / 2], [a / 2, b / 2, c]]),
    "golden sections": sp.Matrix(
        [[(1 + sp.sqrt(5)) / 2, 1, 0], [0, (1 - sp.sqrt(5)) / 2, x], [0, 0, 1]]
    ),
    "circulant of 6": sp.Matrix(6, 6, lambda i, j: sp.symbols("p0:6")[(j - i) % 6]),
}  # fmt: skip


def _ball(number: sp.Expr) -> flint.acb:
    parts = sp.expand(number, complex=True).as_real_imag()
    return flint.acb(*(flint.arb(str(part.evalf(110))) for part in parts))


def _error(A: sp.Matrix, expr: sp.Matrix, seed: int = 1) -> float:
    """Return the largest error at a random point, relative to the largest entry."""
    draws = random.Random(seed)
    symbols = sorted(A.free_symbols | {t}, key=str)
    at = {s: sp.Rational(draws.randint(1, 20), draws.randint(7, 13)) for s in symbols}
    n = A.rows
    with flint.ctx.workprec(360):
        moved = (t * A).subs(at)
        exact = flint.acb_mat(n, n, [_ball(entry) for entry in moved]).exp()
        largest = max(abs(entry).upper() for entry in exact.entries())
        values = [_ball(entry.xreplace(at).evalf(40)) for entry in expr]
        gaps = (abs(v - e).upper() for v, e in zip(values, exact.entries(), strict=True))
        return float(max(gaps) / largest)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_matrices(name: str) -> None:
    A = PUBLISHED[name]
    exponential = matrix_exp(A, t)
    assert exponential.expr.free_symbols <= A.free_symbols | {t}
    assert not exponential.expr.has(sp.Integral, sp.CRootOf)
    assert _error(A, exponential.expr) < 1e-30


@pytest.mark.parametrize("name", OWN)
def test_other_matrices(name: str) -> None:
    A = OWN[name]
    assert _error(A, matrix_exp(A, t).expr, seed=2) < 1e-30


PROVED = (
    "2x2 generic",
    "3x3 generic",
    "se3 twist 4x4",
    "jordan 6",
    "rank1 x y^T 3x3",
    "4x4 repeated +-i (sympy#15858)",
    "spin 1",
    "roots of numbers",
    "reflection by angles",
    "compartments",
    "one entry",
    "driven three levels",
    "golden sections",
)


@pytest.mark.parametrize("name", PROVED)
def test_the_proof_holds(name: str) -> None:
    derivation = matrix_exp((PUBLISHED | OWN)[name], t).derivation
    assert derivation.level in ("exact", "identity")
    reasons = " ".join(str(step.why) for step in derivation.steps)
    for part in ("annihilates", "X(0) = I", "NX - X'", "determinant", "inverse"):
        assert part in reasons


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*PUBLISHED, *OWN} - {*PROVED}))
def test_every_proof_holds(name: str) -> None:
    derivation = matrix_exp((PUBLISHED | OWN)[name], t).derivation
    assert derivation.level in ("exact", "identity")


@pytest.mark.parametrize(
    ("name", "degree"),
    [
        ("4x4 hermitian (sympy#19210)", 4),
        ("rank2 4x4", 3),
        ("circulant 11 (sympy#21631)", 6),
        ("jordan 6", 6),
        ("involutory 2", 2),
        ("7x7 neuron (sympy#19887)", 7),
        ("isoclinic", 2),
        ("reflection by angles", 2),
        ("repeated complex pair", 4),
        ("permutation", 4),
    ],
)
def test_degree_of_the_minimal_polynomial(name: str, degree: int) -> None:
    A = (PUBLISHED | OWN)[name]
    polynomial = matrix_exp(A).minimal_polynomial
    assert polynomial.degree() == degree
    assert polynomial.LC() == 1
    at = {s: sp.Rational(place + 2, 7) for place, s in enumerate(sorted(A.free_symbols, key=str))}
    value, number = sp.zeros(*A.shape), A.subs(at)
    for coefficient in polynomial.all_coeffs():
        value = value * number + sp.eye(A.rows) * coefficient.subs(at)
    assert all(abs(entry) < 1e-20 for entry in value.evalf(30))


@pytest.mark.parametrize(
    ("A", "words"),
    [
        (sp.Matrix([[0, -z, y], [z, 0, -x], [-y, x, 0]]), "skew 3x3"),
        (sp.Matrix([[a, b], [c, d]]), "2x2"),
        (PUBLISHED["3x3 generic"], "generic, degree 3"),
        (PUBLISHED["RoPE 2D 4x4"], "block diagonal"),
        (PUBLISHED["companion 4 symbolic"], "companion"),
        (PUBLISHED["circulant 4 symbolic"], "circulant"),
        (PUBLISHED["nilpotent 4x4"], "nilpotent, degree 4"),
        (PUBLISHED["rank1 x y^T 4x4"], "rank 1"),
        (OWN["spin 1"], "skew-Hermitian"),
        (OWN["decay chain"], "triangular"),
        (PUBLISHED["8x8 int"], "Metzler"),
    ],
)
def test_structure_is_named(A: sp.Matrix, words: str) -> None:
    assert words in matrix_exp(A, t).structure


def test_rotations_are_written_with_sines() -> None:
    assert matrix_exp(sp.Matrix([[0, -w], [w, 0]]), t).expr == sp.Matrix(
        [[sp.cos(t * w), -sp.sin(t * w)], [sp.sin(t * w), sp.cos(t * w)]]
    )
    expr = matrix_exp(sp.Matrix([[0, -z, y], [z, 0, -x], [-y, x, 0]]), t).expr
    assert {f.args[0] for f in expr.atoms(Stumpff)} == {1, 2}


def test_degenerate_set_is_where_roots_meet() -> None:
    A = sp.Matrix([[a, 1, 0], [0, b, 1], [0, 0, c]])
    degenerate = matrix_exp(A, t).degenerate_set
    assert {sp.expand(e**2) for e in degenerate} == {
        sp.expand((p - q) ** 2) for p, q in ((a, b), (a, c), (b, c))
    }
    assert matrix_exp(PUBLISHED["3x3 generic"], t).degenerate_set == ()


def test_inverse_determinant_and_derivative() -> None:
    A = PUBLISHED["3x3 SO question (sympy#21585)"]
    exponential = matrix_exp(A, t)
    assert exponential.det() == sp.exp(t * A.trace())
    symbols = sorted(A.free_symbols, key=str)
    at = {s: sp.Rational(place + 3, 11) for place, s in enumerate(symbols)} | {t: sp.Rational(4, 3)}
    product = (exponential.expr.subs(at) * exponential.inverse().expr.subs(at)).evalf(30)
    assert all(abs(entry) < 1e-25 for entry in product - sp.eye(3))
    step = sp.Rational(1, 10**12)
    symbol = symbols[0]
    ends = [exponential.expr.subs(at | {symbol: at[symbol] + s * step}) for s in (1, -1)]
    quotient = ((ends[0] - ends[1]) / (2 * step)).evalf(40)
    gap = quotient - exponential.diff(symbol).subs(at).evalf(40)
    assert all(abs(entry) < 1e-20 for entry in gap)


def test_low_rank_factors() -> None:
    U, V = (sp.Matrix(5, 2, sp.symbols(f"{name}0:10")) for name in "uv")
    exponential = matrix_exp(LowRank(U, V), t)
    assert exponential.minimal_polynomial.degree() == 3
    assert exponential.degenerate_set == ()
    assert _error(U * V.T, exponential.expr) < 1e-30
    assert sp.expand(exponential.det().args[0] - t * (V.T * U).trace()) == 0
    assert exponential.derivation.level in ("exact", "identity")


@pytest.mark.parametrize(
    ("U", "V", "degree"),
    [
        (sp.Matrix([1, x, 0]), sp.Matrix([0, 0, 0]), 1),
        (sp.Matrix([1, 1]), sp.Matrix([1, -1]), 2),
        (sp.Matrix([[1, 2], [2, 4], [x, 2 * x]]), sp.Matrix([[1, 0], [0, 1], [y, 1]]), 2),
        (sp.Matrix([[a, b], [c, d]]), sp.eye(2), 2),
    ],
    ids=["zero", "orthogonal", "dependent columns", "full rank"],
)
def test_factors_of_lower_or_full_rank(U: sp.Matrix, V: sp.Matrix, degree: int) -> None:
    exponential = matrix_exp(LowRank(U, V), t)
    assert exponential.minimal_polynomial.degree() == degree
    assert _error(U * V.T, exponential.expr) < 1e-30


def test_impulse_response_is_entire() -> None:
    # The roots 1, 1, 1: h = t^2 e^t/2.
    assert abs(ImpulseResponse(0, 2, -1, 3, -3).evalf(30) - 2 * sp.exp(2).evalf(30)) < 1e-28
    h = ImpulseResponse(1, t, a, b, c)
    assert h.diff(t) == ImpulseResponse(2, t, a, b, c)
    assert ImpulseResponse(2, 0, a, b, c) == 1
    at = {a: sp.Rational(1, 3), b: 2, c: -1, t: sp.Rational(3, 2)}
    step = sp.Rational(1, 10**12)
    ends = [h.subs(at | {b: 2 + s * step}).evalf(50) for s in (1, -1)]
    assert abs((ends[0] - ends[1]) / (2 * step) - h.diff(b).subs(at).evalf(40)) < 1e-20
    with pytest.raises(ValueError, match="k: expected an integer from 0 to 1, got 2"):
        ImpulseResponse(2, t, a, b)
    with pytest.raises(ValueError, match="at least one"):
        ImpulseResponse(0, t)
    assert "h^{(1)}" in sp.latex(h)


def test_stumpff_functions_are_those_of_the_square_root() -> None:
    assert Stumpff(3, 0) == sp.Rational(1, 6)
    assert abs(Stumpff(0, -9).evalf(30) - sp.cosh(3).evalf(30)) < 1e-27
    assert Stumpff(0, x).diff(x) == -Stumpff(1, x) / 2
    assert sp.series(Stumpff(2, x), x, 0, 2).removeO() == sp.Rational(1, 2) - x / 24
    kernel = sn.lambdify(x, Stumpff(3, x))
    with mpmath.workdps(60):
        for at in (-400.0, -5.0, -1e-9, 0.0, 1e-300, 5.9, 6.1, 50.0):
            terms = ((-mpmath.mpf(at)) ** i / mpmath.factorial(2 * i + 3) for i in range(120))
            assert abs(kernel(at) / float(mpmath.fsum(terms)) - 1) < 2e-15
    with pytest.raises(ValueError, match="k: expected an integer of at least 0, got -1"):
        Stumpff(-1, x)


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: matrix_exp(sp.Matrix([[x]]), sp.Symbol("x", real=True)), ValueError, "called x"),
        (lambda: matrix_exp(sp.Matrix([[x]]), [1]), TypeError, "t"),
        (lambda: matrix_exp(sp.MatrixSymbol("A", 2, 2)), TypeError, "A: expected a SymPy Matrix"),
        (lambda: matrix_exp(5), TypeError, "got int"),
        (lambda: matrix_exp(sp.Matrix([[x]])).diff("q"), ValueError, "symbol: expected one of"),
        (lambda: matrix_exp(sp.Matrix([[x]])).enclose({"x": 1, "q": 2}), ValueError, "called q"),
        (lambda: matrix_exp(sp.Matrix([[x]])).enclose({"x": sp.nan}), ValueError, "finite"),
        (lambda: matrix_exp(sp.Matrix([[x]])).enclose({"x": [1]}), TypeError, "expected a number"),
        (lambda: matrix_exp(sp.Matrix([[x]])).enclose({"x": 1}, 2.5), TypeError, "digits"),
    ],
    ids=["names", "list", "symbol", "number", "diff", "unknown", "nan", "value", "digits"],
)
def test_misuse_is_named(build: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        build()


def test_enclosure_of_a_complex_matrix() -> None:
    balls = matrix_exp(OWN["spin 1/2"], t).enclose({"x": 0.5, "y": 1, z: "1/3", "t": 2}, digits=40)
    assert isinstance(balls, flint.acb_mat)
    at = {x: sp.Rational(1, 2), y: 1, z: sp.Rational(1, 3), t: 2}
    exact = matrix_exp(OWN["spin 1/2"], t).expr.subs(at)
    with flint.ctx.workprec(300):
        for ball, entry in zip(balls.entries(), exact, strict=True):
            assert abs(ball - _ball(entry.evalf(60))).upper() < flint.arb("1e-39")


@pytest.mark.parametrize(
    ("A", "factor"),
    [
        (sp.Matrix([[1, 2], [3, 4]]), 1),
        (sp.diag(sp.Matrix([[1, 2], [3, 4]]), 5), sp.Rational(1, 2)),
        (sp.Matrix([[sp.Symbol("n", integer=True, positive=True), 1], [0, 2]]), t),
        (sp.Matrix([[sp.Symbol("q", imaginary=True), 1], [0, 2]]), t),
        (sp.Matrix([[sp.Symbol("p", positive=True), 1], [2, sp.Symbol("tau")]]), "a"),
        (sp.Matrix([[1, 2, 0], [3, 4, 1], [1, 1, 5]]), 0),
    ],
    ids=["numbers", "blocks", "integer", "imaginary", "positive", "no time"],
)
def test_proofs_with_numbers_and_assumptions(A: sp.Matrix, factor: Any) -> None:
    assert matrix_exp(A, factor).derivation.level in ("exact", "identity")


def test_empty_matrix() -> None:
    exponential = matrix_exp(sp.Matrix(0, 0, []))
    assert exponential.expr.shape == (0, 0)
    assert exponential.minimal_polynomial.degree() == 0
    assert exponential.compile()().shape == (0, 0)
    assert exponential.derivation.level == "exact"
