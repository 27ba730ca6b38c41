"""Series of roots: all branches, the right powers, exact coefficients, honest refusals."""

from __future__ import annotations

import json
import random
from pathlib import Path

import mpmath
import pytest
import sympy

from symnum import homotopy

DATA = json.loads(
    (Path(__file__).resolve().parents[1] / "data" / "homotopy_reference.json").read_text()
)
x, eps, p, E, e, M = sympy.symbols("x eps p E e M")
R = sympy.Rational


def residual_order(branch: homotopy.RootBranch, equation: sympy.Expr) -> float:
    """Return the power of eps with which the residual of a branch vanishes, numerically."""
    context = mpmath.mp.clone()
    context.dps = 200
    values = branch.numeric(200)
    numbers = [context.mpc(str(sympy.re(v)), str(sympy.im(v))) for v in values]
    polynomial = sympy.Poly(equation, x, eps)
    sizes = []
    for power in (12, 18):
        small = context.mpf(10) ** -power
        root = context.mpc(0)
        for number, exponent in zip(numbers, branch.exponents, strict=True):
            root += number * small ** (context.mpf(int(exponent.p)) / int(exponent.q))
        value, slope = context.mpc(0), context.mpc(0)
        for (i, j), c in polynomial.terms():
            term = context.mpf(int(c.p)) / int(c.q) * small**j
            value += term * root**i
            slope += i * term * root ** (i - 1) if i else 0
        if abs(value) < context.mpf(10) ** -170:
            return float("inf")  # the truncated series is the root
        # Newton's step is what the truncated series is off by.
        sizes.append(abs(value / slope) if slope else abs(value))
    return float(context.log(sizes[0] / sizes[1], 10) / 6)


CASES = [
    ("eps*x**3 + x**2 - 1", [(0, 1), (0, 1), (-1, 1)]),
    ("x**5 + eps*x - 1", [(0, 1)] * 5),
    ("x**2 - eps", [("1/2", 2)] * 2),
    ("x**3 - eps**2", [("2/3", 3)] * 3),
    ("x**2 - eps**3", [("3/2", 2)] * 2),
    ("x**2 - eps**4", [(2, 1)] * 2),
    ("eps*x**5 + eps*x**4 + x - 1", [(0, 1)] + [("-1/4", 4)] * 4),
    ("eps**2*x**4 + eps*x**3 + x**2 - x + eps", [(0, 1), (1, 1), ("-1", 1), ("-1", 1)]),
    ("(x**2 - eps)**2 - eps**5", [("1/2", 2)] * 4),
    ("(x - eps)**2 - eps**9", [(1, 2)] * 2),
    ("(x - 1)**3*x - eps*x", [(0, 1), (0, 3), (0, 3), (0, 3)]),
    ("((x**2 - 2)**2 - eps)**2 - eps**3*x", [(0, 2)] * 8),
    ("x**4 - 5*eps*x**2 + 4*eps**2 + eps**3*x", [("1/2", 2)] * 4),
    ("eps*x**2 + eps**3*x + 1", [("-1/2", 2)] * 2),
    ("x**3 - x - 1 - eps*x**2", [(0, 1)] * 3),
    ("(x**2 + 1)**2 - eps*(x + 3)", [(0, 2)] * 4),
    ("x*(x - eps)*(x - eps**2)*(x - eps - eps**4) - eps**9", None),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[row[0] for row in CASES])
def test_all_branches_solve_the_equation(
    text: str, expected: list[tuple[object, int]] | None
) -> None:
    order = 5
    branches = homotopy.perturb_roots(text, "x", "eps", order)
    equation = sympy.sympify(text, locals={"x": x, "eps": eps})
    assert sum(branch.multiplicity for branch in branches) == sympy.degree(equation, x)
    if expected is not None:
        found = sorted((branch.exponents[0], branch.ramification) for branch in branches)
        assert found == sorted((R(str(power)), r) for power, r in expected)
    for branch in branches:
        assert len(branch.coefficients) == len(branch.exponents) == order + 1
        # The next term is at least one step of eps**(1/r) further; parallel branches may be merged.
        reached = branch.exponents[-1]
        if all(other is branch or other.expr != branch.expr for other in branches):
            assert residual_order(branch, equation) >= reached + R(1, branch.ramification) - R(
                1, 50
            )


def random_polynomial(rng: random.Random) -> sympy.Expr:
    kind = rng.randrange(3)
    degree = rng.randrange(2, 5)
    if kind == 0:
        return (
            sum(rng.randrange(-3, 4) * x**i * eps ** rng.randrange(4) for i in range(degree + 1))
            + x**degree * eps ** rng.randrange(3)
            - eps ** rng.randrange(3)
        )
    base = (x - rng.randrange(-2, 3)) ** rng.randrange(1, 4) * (x**2 - rng.randrange(1, 4))
    if kind == 1:
        return base - eps * (x + rng.randrange(3)) + eps**2 * x**5
    return base**2 - eps ** rng.randrange(1, 4) * (1 + x)


@pytest.mark.parametrize("seed", range(24))
def test_random_polynomials(seed: int) -> None:
    equation = sympy.expand(random_polynomial(random.Random(seed)))
    if not equation.has(eps) or not equation.has(x):
        return
    branches = homotopy.perturb_roots(equation, x, eps, 3)
    assert sum(branch.multiplicity for branch in branches) == sympy.degree(equation, x)
    texts = [str(branch.expr) for branch in branches]
    for branch, text in zip(branches, texts, strict=True):
        if branch.algebra.field.conjugate_count <= 4 and texts.count(text) == 1:
            step = R(1, branch.ramification)
            reached = branch.exponents[-1]
            assert residual_order(branch, equation) >= (reached + step) * R(49, 50) - R(1, 50)


def test_the_quintic_has_the_stored_series() -> None:
    stored = [R(text) for text in DATA["quintic"]["series"]]
    branch = homotopy.perturb_roots("x**5 + eps*x - 1", "x", "eps", len(stored) - 1)[0]
    assert branch.coefficients == stored
    assert branch.exponents == list(range(len(stored)))
    long = homotopy.perturb_roots("x**5 + eps*x - 1", "x", "eps", 150)[0]
    for value in ("0.1", "1"):
        exact = mpmath.mpf(DATA["quintic"]["real root at eps"][value])
        total = sum(float(c) * float(value) ** k for k, c in enumerate(long.coefficients))
        assert abs(total - exact) < (1e-15 if value == "0.1" else 1e-14)


def test_the_singular_cubic_has_its_roots() -> None:
    branches = homotopy.perturb_roots("x**2 - 1 + eps*x**3", "x", "eps", 14)
    values = sorted(float(branch.expr.subs(eps, R(1, 100))) for branch in branches)
    assert values == pytest.approx([float(v) for v in DATA["singular_cubic"]["roots"]], rel=1e-13)


def test_parameters_stay_symbols() -> None:
    plus, minus, singular = homotopy.perturb_roots("eps*x**3 + x**2 - p**2", "x", "eps", 3)
    assert plus.coefficients == [p, -(p**2) / 2, 5 * p**3 / 8, -(p**4)]
    assert minus.coefficients == [-p, -(p**2) / 2, -5 * p**3 / 8, -(p**4)]
    assert singular.coefficients == [-1, 0, p**2, 0]
    assert singular.exponents == [-1, 0, 1, 2]
    left, right = homotopy.perturb_roots("x**2 - p - eps*x", "x", "eps", 2)
    assert {left.coefficients[0], right.coefficients[0]} == {-sympy.sqrt(p), sympy.sqrt(p)}
    assert homotopy.perturb_roots("a*x**3 - eps", "x", "eps", 1)[0].exponents[0] == R(1, 3)


def test_kepler_has_its_series() -> None:
    (branch,) = homotopy.perturb_roots("E - e*sin(E) - M", "E", "e", 6)
    # Lagrange: the coefficient of e**m is the derivative of order m-1 of sin(M)**m, over m!.
    for m in range(1, 7):
        exact = sympy.diff(sympy.sin(M) ** m, M, m - 1) / sympy.factorial(m)
        assert sympy.simplify(branch.coefficients[m] - exact) == 0
    (at_one,) = homotopy.perturb_roots("E - e*sin(E) - 1", "E", "e", 12)
    value = at_one.compile()(0.2)
    assert value == pytest.approx(float(DATA["kepler"]["0.2"]), abs=5e-9)


@pytest.mark.parametrize(
    ("text", "count", "second"),
    [
        ("x - cos(eps*x)", 1, 0),
        ("x**2 - 2 - sin(eps*x)", 2, R(1, 2)),
        ("exp(x) - 2 - eps*x", 1, sympy.log(2) / 2),
        ("x + eps*sqrt(x) - 1", 1, -1),
        ("x**3 - x - eps*exp(x)", 3, None),
        ("log(1 + eps*x) + x - 3", 1, -3),
        ("x**2 - 3 - eps*sin(x)", 2, None),
    ],
)
def test_regular_branches_of_analytic_equations(
    text: str, count: int, second: sympy.Expr | None
) -> None:
    branches = homotopy.perturb_roots(text, "x", "eps", 3)
    assert len(branches) == count
    equation = sympy.sympify(text, locals={"x": x, "eps": eps})
    for branch in branches:
        if second is not None:
            assert sympy.simplify(branch.coefficients[1] - second) == 0
        rest = sympy.N(equation.subs(x, branch.expr).subs(eps, R(1, 10**10)), 60)
        assert abs(rest) < 1e-37


@pytest.mark.parametrize(
    ("text", "count", "ramification"),
    [
        ("x**2 - eps*sin(x)", 2, 1),
        ("x**2 - eps*cos(x)", 2, 2),
        ("x**3 - eps*exp(x)", 3, 3),
        ("cosh(x) - 1 - eps", 2, 2),
        ("log(1 + x)**2 - eps", 2, 2),
        ("(x - 1)**2*exp(x) - eps*x", 2, 2),
        ("x**2 - 2*x*sin(eps) + sin(eps)**2 - eps**3*exp(x)", 2, 2),
    ],
)
def test_repeated_roots_of_analytic_equations_split(
    text: str, count: int, ramification: int
) -> None:
    branches = homotopy.perturb_roots(text, "x", "eps", 3)
    assert len(branches) == count
    equation = sympy.sympify(text, locals={"x": x, "eps": eps})
    small = R(1, 10**12)
    for branch in branches:
        assert branch.ramification == ramification
        place = {x: branch.expr.subs(eps, small), eps: small}
        rest = sympy.N(equation.subs(place), 60)
        slope = sympy.N(sympy.diff(equation, x).subs(place), 60)
        reached = branch.exponents[-1] + R(1, 2 * ramification)
        assert abs(rest / slope) < float(small) ** float(reached)


def test_rational_equations_and_irrational_numbers() -> None:
    small, large = homotopy.perturb_roots("x - eps/x - 1", "x", "eps", 3)
    assert {str(small.expr), str(large.expr)} == {
        "2*eps**3 - eps**2 + eps + 1",
        "5*eps**4 - 2*eps**3 + eps**2 - eps",
    }
    roots = homotopy.perturb_roots("x**2 - pi - eps", "x", "eps", 1)
    assert [root.coefficients[0] for root in roots] == [-sympy.sqrt(sympy.pi), sympy.sqrt(sympy.pi)]


def test_results_can_be_read_and_compiled() -> None:
    branches = homotopy.perturb_roots("x**5 + eps*x - 1", "x", "eps", 3)
    assert str(branches[0]) == "x = -eps**3/125 - eps**2/25 - eps/5 + 1"
    assert branches[0]._repr_latex_().startswith(r"$\displaystyle x = ")
    assert "CRootOf" in str(branches[1].expr)
    first = branches[1].numeric(20)[0]
    assert abs(sympy.N(first**4 + first**3 + first**2 + first + 1, 18)) < 1e-17
    value = branches[1].compile()(0.01)
    assert abs(value**5 + 0.01 * value - 1) < 1e-8
    assert branches[0].compile()(0.01) == pytest.approx(0.997995992)
    doubled = homotopy.perturb_roots("(x**2 - eps)**2", "x", "eps", 2)
    assert "multiplicity 2" in str(doubled[0])
    assert [branch.multiplicity for branch in doubled] == [2, 2]


@pytest.mark.parametrize(
    "text",
    [
        "eps*x**3 + x**2 - p**2",
        "x**2 - p - eps*x",
        "(x**2 - eps)**2 - eps**5",
        "x**3 - x - 1 - eps*x**2",
        "x - cos(eps*x)",
    ],
)
def test_branches_are_proved(text: str) -> None:
    for branch in homotopy.perturb_roots(text, "x", "eps", 3):
        d = branch.derivation
        assert len(d.steps) >= 4
        assert d.level == "exact"


REFUSALS = [
    ("x**2 - 1", {}, ValueError, "eps: the small parameter eps does not occur"),
    ("eps**2 - 1", {}, ValueError, "the unknown x does not occur"),
    ("eps*x - eps*x + x", {}, ValueError, "eps"),
    ("x**2 - eps", {"eps": "x"}, ValueError, "is the unknown itself"),
    ("x**2 - eps", {"order": -1}, ValueError, "order: .*at least 0, got -1"),
    ("x**2 - eps", {"order": 1.5}, TypeError, "order"),
    ("(x + eps)**2 - x**2 - 2*eps*x - eps**2", {}, ValueError, "vanishes identically"),
    ("x*(1 + eps) - x - eps*x + eps", {}, ValueError, "the unknown x cancels"),
    ("x - sin(x) - eps", {}, homotopy.BranchError, "closed form|repeated"),
    ("(x**2 - 2)**2 - eps*exp(x)", {}, homotopy.BranchError, "do not separate"),
    ("1 - cos(x) - eps", {}, homotopy.BranchError, "infinitely many"),
    ("eps*exp(x) - eps**2", {}, homotopy.BranchError, "leaves x open"),
    ("sin(x) - eps", {}, homotopy.BranchError, "infinitely many"),
    ("x - eps*Abs(x) - 1", {}, homotopy.NonAnalyticError, "Abs"),
    ("Abs(x) - eps", {}, homotopy.NonAnalyticError, "Abs"),
    ("besselj(0, x) - eps", {}, homotopy.NonAnalyticError, "besselj"),
    ("sqrt(x) - eps", {}, homotopy.NonAnalyticError, "power 1/2"),
    ("x**5 - p*x - p - eps*x**2", {}, homotopy.BranchError, "give the parameters numbers"),
    (3, {}, TypeError, "equation: expected text"),
    ("x**2 - __import__('os')", {}, ValueError, "__import__"),
]


@pytest.mark.parametrize(
    ("equation", "options", "error", "message"), REFUSALS, ids=[str(row[0]) for row in REFUSALS]
)
def test_misuse_is_refused(
    equation: object, options: dict[str, object], error: type[Exception], message: str
) -> None:
    arguments: dict[str, object] = {"x": "x", "eps": "eps", "order": 3, **options}
    with pytest.raises(error, match=message):
        homotopy.perturb_roots(equation, **arguments)  # type: ignore[arg-type]


def test_floats_are_refused_and_decimals_in_texts_are_exact() -> None:
    with pytest.raises(ValueError, match=r"exact numbers, got -0\.1"):
        homotopy.perturb_roots(x**2 - 1 - 0.1 * eps, x, eps, 2)
    branch = homotopy.perturb_roots("x - 1 - 0.1*eps", "x", "eps", 2)[0]
    assert branch.coefficients == [1, R(1, 10), 0]
