"""The soft maximum: values at every size, small contributions, derivatives, misuse."""

from __future__ import annotations

from itertools import permutations

import mpmath
import pytest
import sympy

import symnum as sn
from symnum.algebra import SoftMaximum
from symnum.reference import ulp_distance

t, x, y, z = sympy.symbols("t x y z")
VALUE = SoftMaximum(t, x, y, z)


@pytest.fixture(scope="module")
def kernel() -> sn.Kernel:
    return sn.lambdify([t, x, y, z], VALUE)


def exact(temperature: float, *values: float) -> mpmath.mpf:
    context = mpmath.mp.clone()
    context.dps = 60
    tau, largest = context.mpf(temperature), max(values)
    gaps = [(context.mpf(value) - context.mpf(largest)) / tau for value in values]
    # The largest one contributes 1; what is left may be far below the precision beside it.
    gaps.remove(0)
    return context.mpf(largest) + tau * context.log1p(sum(map(context.exp, gaps)))


@pytest.mark.parametrize(
    "point",
    [
        (1.0, 0.0, 0.0, 0.0),
        (0.001, 1e4, 9999.0, -1e4),
        (1.0, -1e300, -1e300, -1e300),
        (1e-300, 1.0, 0.5, -2.0),
        (1e300, 1.0, 2.0, 3.0),
        (1e-5, 1e308, -1e308, 0.0),
        (1.0, 0.0, -40.0, -41.0),
        (0.07, -2.7, -2.69, 1e-17),
        (1.0, -700.0, 3.0, 3.0),
        (5e-324, 1.0, 1.0, 2.0),
    ],
    ids=str,
)
def test_every_size_in_every_order(kernel: sn.Kernel, point: tuple[float, ...]) -> None:
    truth = exact(*point)
    for values in permutations(point[1:]):
        assert ulp_distance(kernel(point[0], *values), truth) <= 1.5


def test_random_points_are_accurate(kernel: sn.Kernel) -> None:
    # Scores of one sign: elsewhere the largest and the rest may cancel.
    ranges = dict.fromkeys("xyz", (0.0, 6.0)) | {"t": (0.05, 5.0)}
    assert kernel.accuracy(ranges, n=2000).max_ulp <= 2


def test_slopes_are_shares_and_their_entropy() -> None:
    gradient = sn.lambdify([t, x, y, z], [VALUE.diff(s) for s in (t, x, y, z)])
    point = {t: sympy.Float(0.7, 40), x: sympy.Integer(1), y: sympy.Float(0.3, 40), z: -2}
    truth = SoftMaximum.definition(t, x, y, z)
    for found, symbol in zip(gradient(0.7, 1.0, 0.3, -2.0), (t, x, y, z), strict=True):
        stated = truth.diff(symbol).subs(point).evalf(30)
        assert found == pytest.approx(float(stated), rel=1e-14)
    shares = gradient(1e-3, 1e4, 9e3, -1e4)
    assert list(shares) == [0.0, 1.0, 0.0, 0.0]


def test_one_value_is_its_own_maximum() -> None:
    assert SoftMaximum(t, x) == x


def test_a_proof_sees_the_definition() -> None:
    reals = sn.Interval(-sympy.oo, sympy.oo)
    d = sn.Derivation("values", domain={x: reals, y: reals})
    d.equal(SoftMaximum(1, x, y), sympy.log(sympy.exp(x) + sympy.exp(y)), why="definition")
    with pytest.raises(sn.Refuted):
        d.equal(SoftMaximum(2, x, y), sympy.log(sympy.exp(x) + sympy.exp(y)), why="hotter")


def test_it_prints_its_definition() -> None:
    assert sympy.latex(SoftMaximum(t, x, y)) == sympy.latex(SoftMaximum.definition(t, x, y))


@pytest.mark.parametrize(("arguments", "got"), [((), "0 arguments"), ((t,), "1 argument$")])
def test_no_value_is_refused(arguments: tuple[sympy.Symbol, ...], got: str) -> None:
    with pytest.raises(TypeError, match=f"a temperature and values, got {got}"):
        SoftMaximum(*arguments)
