"""The excess of a number over the logarithm of one plus it, against mpmath."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

import symnum as sn
from symnum.algebra import LogExcess
from symnum.reference.ulps import ulp_distance

v = sp.Symbol("v")
KERNEL = sn.lambdify([v], LogExcess(v))
POINTS = (
    *(sign * 10.0**-k for k in (1, 2, 5, 8, 100, 154) for sign in (1, -1)),
    *(0.5, -0.5, 0.4999, -0.4999, 0.5001, -0.5001, 1.0, 1e8, 1e300, -0.75, -1 + 2.0**-53),
)


@pytest.mark.parametrize("point", POINTS)
def test_kernel_is_accurate(point: float) -> None:
    with mpmath.workdps(400):
        exact = mpmath.mpf(point) - mpmath.log1p(mpmath.mpf(point))
        assert ulp_distance(KERNEL(point), exact) <= 3


def test_special_values_and_slope() -> None:
    assert LogExcess(0) == 0
    assert KERNEL(0.0) == 0.0
    assert sp.simplify(sp.diff(LogExcess(v**2), v) - 2 * v**3 / (1 + v**2)) == 0
    assert KERNEL.diff("v")(1e-9) == pytest.approx(1e-9 / (1 + 1e-9), rel=1e-15)


def test_provers_see_the_definition() -> None:
    d = sn.Derivation("excess", domain={v: sn.Interval(-1, sp.oo, left_open=True)})
    step = d.equal(LogExcess(v), v - sp.log(1 + v), why="its definition")
    assert step.certificate.level == "exact"
    with pytest.raises(sn.Refuted):
        d.equal(LogExcess(v), v**2 / 2, why="only the first term")


def test_two_functions_for_the_logarithm_are_known_to_be_one() -> None:
    from sympy.codegen.cfunctions import expm1, log1p

    d = sn.Derivation("code", domain={v: sn.Interval(-1, sp.oo, left_open=True)})
    d.equal(log1p(v), sp.log(1 + v), why="log1p by its definition")
    d.equal(expm1(log1p(v)), v, why="and its inverse")
    assert d.level == "exact"
