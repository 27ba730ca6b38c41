"""Batches of real roots: right in every lane, with an honest bound and a status each."""

from __future__ import annotations

import pickle
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from numpy.typing import NDArray

import symnum as sn
from symnum.errors import FallbackWarning
from symnum.rootfinding import NewtonKernel, RootResult, Status

KEPLER = "E - e*sin(E) = M"
D1 = "(log(100/K) + (1/50 + s**2/2)*T)/(s*sqrt(T))"
D2 = "(log(100/K) + (1/50 - s**2/2)*T)/(s*sqrt(T))"
CALL = f"50*(1 + erf({D1}/sqrt(2))) - K*exp(-T/50)*(1 + erf({D2}/sqrt(2)))/2 = P"

mp = mpmath.mp.clone()
mp.dps = 60


@pytest.fixture(scope="module")
def kepler() -> NewtonKernel:
    return sn.newton_kernel(KEPLER, "E", ["e", "M"], gradient=True)


def exact_kepler(e: float, mean: float) -> Any:
    """Return the root by bisection, which needs no slope."""
    e, mean = mp.mpf(e), mp.mpf(mean)
    low, high = mean - 1, mean + 1
    for _ in range(190):
        middle = (low + high) / 2
        if middle - e * mp.sin(middle) < mean:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def lanes_of_kepler() -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(7)
    e = np.concatenate([rng.uniform(0, 0.9999, 40), np.full(40, 0.9999), [0.0, 0.5, 0.9999]])
    mean = np.concatenate([rng.uniform(0, np.pi, 40), 10 ** rng.uniform(-12, 0.4, 40), [1, 0, 0]])
    return e, mean


# The second size is solved by machine code.
@pytest.mark.parametrize("copies", [1, 13], ids=["interpreted", "compiled"])
@pytest.mark.parametrize("start", [None, 2.0, "M"], ids=["no start", "one start", "own starts"])
def test_kepler_within_its_bound(kepler: NewtonKernel, start: Any, copies: int) -> None:
    e, mean = lanes_of_kepler()
    x0 = np.tile(mean, copies) if start == "M" else start
    result = kepler.solve(x0, np.tile(e, copies), np.tile(mean, copies), bracket=(0, np.pi))
    assert result.converged.all()
    for i in range(len(e)):
        exact = exact_kepler(e[i], mean[i])
        error = abs(exact - mp.mpf(result.root[i]))
        assert error <= result.error_bound[i] + mp.mpf(10) ** -50
        assert result.error_bound[i] <= 4e-12 * (1 + abs(result.root[i]))
        slope = 1 - mp.mpf(e[i]) * mp.cos(exact)
        for entry, partial in zip(result.gradient[i], (mp.sin(exact), 1), strict=True):
            tolerance = mp.mpf(10) ** -50 + 1e-8 * abs(partial / slope)
            assert abs(partial / slope - mp.mpf(entry)) <= tolerance


def test_bounds_are_sharp(kepler: NewtonKernel) -> None:
    rng = np.random.default_rng(8)
    e, mean = rng.uniform(0, 0.95, 60), rng.uniform(0, np.pi, 60)
    result = kepler.solve(mean, e, mean, bracket=(0, np.pi))
    errors = [
        max(abs(float(exact_kepler(*row) - mp.mpf(x))), np.spacing(x))
        for *row, x in zip(e, mean, result.root, strict=True)
    ]
    assert np.median(result.error_bound / np.array(errors)) <= 60


def test_both_tiers_agree(kepler: NewtonKernel) -> None:
    rng = np.random.default_rng(9)
    e, mean = rng.uniform(0, 0.9999, 1200), rng.uniform(0, np.pi, 1200)
    compiled = kepler.solve(mean, e, mean)
    fresh = sn.newton_kernel(KEPLER, "E", ["e", "M"], gradient=True)
    interpreted = fresh.solve(mean[:600], e[:600], mean[:600])
    assert not fresh._solver("real").kernel.compiled
    assert kepler._solver("real").kernel.compiled
    assert np.abs(compiled.root[:600] - interpreted.root).max() < 1e-14
    assert np.array_equal(compiled.status[:600], interpreted.status)


def test_implied_volatility_also_where_the_price_tells_nothing() -> None:
    rng = np.random.default_rng(3)
    n = 1500
    strike, time = rng.uniform(40, 250, n), rng.uniform(0.05, 3, n)
    volatility = rng.uniform(0.05, 1, n)
    price = sn.lambdify(["s", "K", "T", "P"], CALL.replace("= P", "+ 0*P"))
    paid = price(volatility, strike, time, 0.0)
    kernel = sn.newton_kernel(CALL, "s", ["K", "T", "P"])
    result = kernel.solve(0.3, strike, time, paid, bracket=(1e-3, 5))
    assert result.converged.all()
    assert (result.error_bound < 1 + result.root).all()
    assert set(map(str, result.status)) == {"converged", "noise_limited"}
    hardest = np.argsort(result.error_bound)
    for i in [*hardest[-15:], *hardest[:15], *range(15)]:
        assert_encloses(price, i, result, strike, time, paid)


def assert_encloses(price: Any, i: int, result: RootResult, *columns: NDArray[np.float64]) -> None:
    """Check that the root for exactly these doubles, if there is one, is within the bound."""
    strike, time, paid = (mp.mpf(column[i]) for column in columns)

    def f(s: Any) -> Any:
        d1 = (mp.log(100 / strike) + (mp.mpf(1) / 50 + s * s / 2) * time) / (s * mp.sqrt(time))
        d2 = d1 - s * mp.sqrt(time)
        return 100 * mp.ncdf(d1) - strike * mp.exp(-time / 50) * mp.ncdf(d2) - paid

    low, high = mp.mpf("1e-3"), mp.mpf(5)
    x, bound = mp.mpf(result.root[i]), mp.mpf(result.error_bound[i])
    if f(low) * f(high) < 0:
        assert f(max(x - bound, low)) * f(min(x + bound, high)) <= 0


# --------------------------------------------------------------------------- statuses

EVERY = [
    # equation, start, bracket, status, root
    ("1/x", None, (-1, 2), "pole", None),
    ("1/(x - 1)", None, (0, 1.5), "pole", None),
    ("tan(x)", None, (1, 2), "pole", None),
    ("1/(x - 1/3)**3", None, (0, 1), "pole", None),
    ("floor(x) - 1/2", None, (0, 3), "discontinuity", None),
    ("sign(x - 1/3)", None, (0, 3), "discontinuity", None),
    ("Piecewise((1 + x/10, x > 1), (x/10 - 1, x < 1), (0, True))", None, (0.5, 2), None, None),
    ("exp(x)", -800.0, None, "underflow", None),
    ("x*exp(-x)", 800.0, None, "underflow", None),
    ("exp(-x**2)", None, (30, 50), "underflow", None),
    ("x**2 + 1", None, (-1, 2), "no_sign_change", None),
    ("x**2 + 1", 0.0, None, "zero_derivative", None),
    ("exp(x) + 1", 1.0, None, None, None),
    ("sqrt(x) + 1", -2.0, None, "left_domain", None),
    ("log(x) - x", None, (-3, -1), "left_domain", None),
    ("x**(1/3) + 2", -8.0, None, "left_domain", None),
    ("(x - 1)**2", 5.0, None, "exact", 1.0),
    ("(x - 1/3)**2", 5.0, None, "noise_limited", 1 / 3),
    ("(x - 1/3)**2", None, (0, 2), "noise_limited", 1 / 3),
    ("(x - 1/3)**3", None, (0, 2), None, 1 / 3),
    ("x**9", 1.0, None, None, 0.0),
    ("x**19", None, (-1, 2), None, 0.0),
    ("x**3 - 2*x + 2", 0.0, None, "converged", -1.7692923542386314),
    ("atan(x)", 20.0, None, None, 0.0),
    ("cosh(x) - 10**10", 100.0, None, "converged", None),
    ("1e-40*(x - 3)", 1.0, None, None, 3.0),
    ("exp(x) - 10**-200", None, (-1000, 100), "converged", -200 * np.log(10)),
    ("1 - 1/x**2", None, (1e-12, 1e12), None, 1.0),
    ("x**2 - 10**-30", None, (0, 1), None, 1e-15),
    ("log(x)", None, (0, 5), None, 1.0),
    ("sign(x)*Abs(x)**(1/3)", 1.0, None, None, 0.0),
    ("Max(x, 1) - 2", 0.0, None, None, 2.0),
    ("besselj(0, x)", 2.0, None, "converged", 2.404825557695773),
    ("x - 1", None, (1, 2), None, 1.0),
    ("x - 2", None, (1, 2), None, 2.0),
]


@pytest.mark.parametrize(
    ("equation", "start", "bracket", "status", "root"),
    EVERY,
    ids=[f"{row[0]} {row[1] if row[2] is None else row[2]}" for row in EVERY],
)
def test_what_becomes_of_a_lane(
    equation: str, start: Any, bracket: Any, status: str | None, root: float | None
) -> None:
    result = sn.newton_kernel(equation, "x").solve(start, bracket=bracket)
    if status is not None:
        assert str(result.status) == status
    assert result.converged is result.status.success
    if root is None:
        assert result.converged is (status == "converged")
    else:
        assert result.converged
        assert abs(result.root - root) <= result.error_bound + 1e-15 * abs(root)
    if not result.converged:
        assert result.error_bound == np.inf


def test_lanes_do_not_disturb_each_other() -> None:
    kernel = sn.newton_kernel("x**2 = a", "x", "a", gradient=True)
    values = np.tile([2.0, -1.0, np.nan, 4.0, np.inf, 0.0, 1e-300, 1e300], 200)
    result = kernel.solve(1.0, values)
    expected = ["converged", "zero_derivative", "nan", "converged"]
    assert [str(status) for status in result.status[:4]] == expected
    good = np.isfinite(values) & (values >= 0)
    assert np.array_equal(result.converged, good)
    assert (
        np.abs(np.abs(result.root[good]) - np.sqrt(values[good])) <= result.error_bound[good]
    ).all()
    assert np.isnan(result.gradient[~good]).all()
    assert np.isinf(result.error_bound[~good]).all()
    assert "800 of 1600 roots" not in str(result)
    assert f"{good.sum()} of 1600 roots of x**2 = a found" in str(result)


def test_a_closed_bracket_costs_no_steps() -> None:
    # A converged step that equals an end point must not be bisected away.
    kernel = sn.newton_kernel("x**3 - a", "x", "a")
    ends = np.linspace(1.0, 3.0, 50)
    result = kernel.solve(None, ends**3, bracket=(ends, 5.0))
    assert result.converged.all()
    assert result.iterations.mean() < 8
    assert np.abs(result.root - ends).max() < 1e-14


def test_no_tolerance_makes_lanes_oscillate() -> None:
    # Roots at which the last digits of f are noise, far larger than any fixed tolerance in x.
    kernel = sn.newton_kernel("(x - a)*(x - a - 1/1000)*(x + 5) + x**3*0", "x", "a")
    a = np.linspace(1, 1000, 1500)
    result = kernel.solve(None, a, bracket=(a - 0.3e-3, a + 0.6e-3))
    assert result.converged.all()
    assert result.iterations.max() < 60
    assert (np.abs(result.root - a) <= result.error_bound + 1e-16 * a).all()


# --------------------------------------------------------------------------- shapes


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 3)], ids=str)
@pytest.mark.parametrize("bracket", [None, (0, 4)], ids=["start", "bracket"])
def test_shape_in_is_shape_out(kepler: NewtonKernel, shape: tuple[int, ...], bracket: Any) -> None:
    result = kepler.solve(np.full(shape, 1.0), 0.5, 1.0, bracket=bracket)
    for field in ("root", "converged", "status", "iterations", "residual", "error_bound"):
        assert np.shape(getattr(result, field)) == shape
    assert result.gradient.shape == (*shape, 2)
    if shape == ():
        assert isinstance(result.root, float)
        assert isinstance(result.converged, bool)
        assert isinstance(result.status, Status)
        assert result.multiplicity == 1
        assert "E = 1.4987011335178" in str(result)
    else:
        assert isinstance(result.root, np.ndarray)
        assert result.root.dtype == np.float64


def test_everything_broadcasts(kepler: NewtonKernel) -> None:
    e, mean = np.array([[0.1], [0.9]]), np.array([0.5, 1.0, 2.0])
    result = kepler.solve(1, e, mean, bracket=(np.zeros((2, 1)), [3, 3.1, 3.2]))
    assert result.root.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        alone = kepler.solve(1.0, e[i, 0], mean[j], bracket=(0, 3)).root
        assert result.root[i, j] == pytest.approx(alone, abs=1e-14)


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.astype(np.float32),
        lambda x: x.astype(">f8"),
        lambda x: np.repeat(x, 2)[::2],
        lambda x: x.tolist(),
        lambda x: [sp.Rational(v) for v in x.tolist()],
    ],
    ids=["single", "big-endian", "strided", "list", "sympy"],
)
def test_numbers_of_any_kind(kepler: NewtonKernel, convert: Any) -> None:
    e = np.array([0.0, 0.25, 0.5, 0.75])
    result = kepler.solve(1, convert(e), 1, bracket=sn.Interval(0, 4))
    assert np.array_equal(result.root, kepler.solve(1.0, e, 1.0, bracket=(0.0, 4.0)).root)


# --------------------------------------------------------------------------- names, methods


@pytest.mark.parametrize(
    ("unknown", "params"),
    [("lambda", ["np", "x"]), ("f", ["a0", "v1"]), ("E", ["I", "pi"]), ("S", ["step", "self"])],
)
def test_names_mean_nothing(unknown: str, params: list[str]) -> None:
    text = f"{unknown}**2 - {params[0]}*{params[1]}"
    assert sn.newton_kernel(text, unknown, params).solve(1.0, 2.0, 8.0).root == 4.0


def test_symbols_are_known_by_name() -> None:
    a = sp.Symbol("a", positive=True)
    x = sp.Symbol("x", real=True)
    kernel = sn.newton_kernel(sp.Eq(sp.Symbol("x") ** 2, a), x, [sp.Symbol("a")])
    assert kernel.solve(1.0, 9.0).root == 3.0


@pytest.mark.parametrize("method", ["newton", "halley", "householder", "schroeder"])
def test_every_method_in_a_bracket_and_alone(method: str) -> None:
    kernel = sn.newton_kernel("x**3 - a", "x", "a", method=method)
    values = np.linspace(1, 100, 40)
    for bracket in (None, (0, 10)):
        result = kernel.solve(2.0, values, bracket=bracket)
        assert result.converged.all()
        assert np.abs(result.root - np.cbrt(values)).max() < 1e-14


def test_the_plain_iteration_reports_its_failures() -> None:
    cycle = sn.newton_kernel("x**3 - 2*x + 2", "x", method="newton")
    assert [str(s) for s in cycle.solve([0.0, 1.0, -2.0]).status] == ["cycle"] * 2 + ["converged"]
    atan = sn.newton_kernel("atan(x)", "x", method="newton").solve([1.3, 1.5])
    assert atan.converged.tolist() == [True, False]
    assert str(atan.status[1]) == "diverged"
    flat = sn.newton_kernel("x**2 - 2", "x", method="newton").solve(0.0)
    assert str(flat.status) == "zero_derivative"


def test_the_one_protocol() -> None:
    x, a = sp.symbols("x a")
    kernel = sn.newton_kernel(x**2 - a, x, a)
    assert sp.simplify(kernel.expr - (x + a / x) / 2) == 0
    assert kernel.compile()(1.0, 3.0) == 2.0
    assert kernel.derivation.level in ("exact", "identity", "interval")
    assert "def step(" in kernel.source
    assert repr(kernel) == "NewtonKernel(-a + x**2 for x; a)"
    assert kernel._repr_latex_().startswith("$")
    again = pickle.loads(pickle.dumps(kernel))
    assert again.solve(1.0, 2.0).root == kernel.solve(1.0, 2.0).root


# --------------------------------------------------------------------------- misuse

MISUSE: list[tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    (("x**2 - a", "x"), {}, ValueError, "contains a, which is neither the unknown nor among"),
    (("x**2 - 2", "x", "b"), {}, ValueError, "params: .* does not contain 'b'"),
    (("x**2 - 2", "y"), {}, ValueError, "contains x, which is neither"),
    (("x - a", "x", ["a", "x"]), {}, ValueError, "params: 'x' is declared twice"),
    (("x - a", "x", {"a"}), {}, TypeError, "params: expected symbols or names in an order"),
    (("x = x", "x"), {}, ValueError, "identity"),
    (("x > 1", "x"), {}, ValueError, "x > 1"),
    ((sp.Symbol("x") > 1, "x"), {}, TypeError, "equation: expected text"),
    (("f(x) - 1", "x"), {}, ValueError, "unknown function f"),
    (("x - 1", 3), {}, TypeError, "unknown: expected a symbol"),
    (("x - 1", "x"), {"method": "newtn"}, ValueError, "did you mean 'newton'"),
    (("x - 1", "x"), {"gradient": True}, ValueError, "gradient: there are no params"),
    (("x - a", "x", "a"), {"gradient": "yes"}, TypeError, "gradient: expected True or False"),
    ((["x - 1", "x - 2"], "x"), {}, ValueError, "equation: expected 1 for the unknowns x, got 2"),
]


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"), MISUSE, ids=[row[3] for row in MISUSE]
)
def test_misuse_is_refused_at_once(
    arguments: tuple[Any, ...], options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        sn.newton_kernel(*arguments, **options)


CALLS: list[tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ((1.0,), {}, TypeError, r"params: expected 2 \(e, M\), got 0"),
    ((1.0, 1, 2, 3), {}, TypeError, r"params: expected 2 \(e, M\), got 3"),
    ((np.nan, 0.5, 1), {}, ValueError, "x0: expected a finite number"),
    ((None, 0.5, 1), {}, ValueError, "x0: expected a start, or a bracket"),
    (("one", 0.5, 1), {}, TypeError, "x0: expected numbers"),
    ((1.0, [True], 1), {}, TypeError, "e: expected numbers, got bool"),
    ((1.0, 0.5, 1j), {}, TypeError, "M: expected real numbers"),
    (([1, 2], [1, 2, 3], 1), {}, ValueError, r"do not broadcast: x0 \(2,\), e \(3,\), M \(\)"),
    ((1.0, 0.5, 1), {"bracket": (1, 1)}, ValueError, "two different finite numbers"),
    ((1.0, 0.5, 1), {"bracket": (0, np.inf)}, ValueError, "two different finite numbers"),
    ((1.0, 0.5, 1), {"bracket": (0, 1, 2)}, ValueError, "expected two numbers or arrays, got 3"),
    ((1.0, 0.5, 1), {"bracket": 3}, TypeError, "expected a sequence of two"),
    ((1.0, 0.5, 1), {"bracket": (0, 1j)}, ValueError, "complex numbers have no order"),
    ((1j, 0.5, 1), {"bracket": (0, 1)}, ValueError, "complex numbers have no order"),
]


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"), CALLS, ids=[row[3] for row in CALLS]
)
def test_wrong_calls_are_refused(
    kepler: NewtonKernel,
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    kind: type[Exception],
    message: str,
) -> None:
    with pytest.raises(kind, match=message):
        kepler.solve(*arguments, **options)


# --------------------------------------------------------------------------- without machine code


def test_what_has_no_machine_code_is_searched_one_by_one() -> None:
    with pytest.warns(FallbackWarning, match="one by one"):
        kernel = sn.newton_kernel("besselj(x, 2) - a", "x", "a")
    result = kernel.solve([1.0, 2.0, 1.0], [1 / 3, 1 / 3, np.nan])
    assert [str(status) for status in result.status] == ["converged", "converged", "nan"]
    for x, bound in zip(result.root[:2], result.error_bound[:2], strict=True):
        # J grows with the order before its largest value and falls behind it.
        low, high = (mp.besselj(mp.mpf(x) + side * bound, 2) - mp.mpf(1 / 3) for side in (-1, 1))
        assert low * high < 0
    inside = kernel.solve(None, 1 / 3, bracket=(1, 3))
    assert inside.root == pytest.approx(result.root[1])
    assert "one search for every lane" in kernel.source


def test_derivatives_of_roots_without_machine_code() -> None:
    with pytest.warns(FallbackWarning):
        kernel = sn.newton_kernel("polylog(2, x) - a", "x", "a", gradient=True)
    result = kernel.solve(None, [0.5, np.inf], bracket=(0, 0.9))
    slope = -mp.log(1 - mp.mpf(result.root[0])) / result.root[0]
    assert float(result.gradient[0, 0] * slope) == pytest.approx(1.0, rel=1e-12)
    assert np.isnan(result.gradient[1]).all()


def test_the_second_derivative_is_not_needed() -> None:
    # The one of zeta is not known.
    result = sn.newton_kernel("zeta(x) - a", "x", "a").solve(1.5, [2.0, 3.0])
    assert result.converged.all()
    for x, a, bound in zip(result.root, (2, 3), result.error_bound, strict=True):
        assert (mp.zeta(mp.mpf(x) - bound) - a) * (mp.zeta(mp.mpf(x) + bound) - a) < 0


def test_complex_starts_and_the_imaginary_unit() -> None:
    kernel = sn.newton_kernel("z**2 + I*z - a", "z", "a")
    result = kernel.solve(np.array([1 + 0j, -1 + 0j]), 1.0)
    assert result.converged.all()
    assert np.abs(result.root**2 + 1j * result.root - 1).max() < 1e-14
    with pytest.raises(ValueError, match="contains I; give complex starts"):
        kernel.solve(1.0, 1.0)
