"""Forces with corners and jumps: slow convergence, said honestly, against closed forms."""

from __future__ import annotations

import math

import mpmath
import pytest
import sympy

from symnum import homotopy

t = sympy.Symbol("t")
u = sympy.Function("u")(t)
HALF = sympy.Rational(1, 2)

# Pieces of harmonic motions: (equation, exact frequency at amplitude 1).
FORCES = [
    ("u'' + Max(u, 0) + u/3", 2 / (1 / math.sqrt(4 / 3) + 1 / math.sqrt(1 / 3))),
    (u.diff(t, 2) + sympy.Piecewise((u, u < 0), (2 * u, True)), 2 / (1 + 1 / math.sqrt(2))),
    (u.diff(t, 2) + u + sympy.Abs(u) / 2, 2 / (1 / math.sqrt(1.5) + 1 / math.sqrt(0.5))),
    # Each quarter: u + 1 (or u + 1/2) swings from 2 (3/2) to 1 (1/2).
    (u.diff(t, 2) + u + sympy.sign(u), math.pi / 2 / math.acos(1 / 2)),
    ("u'' + u + (2*Heaviside(u) - 1)/2", math.pi / 2 / math.acos(1 / 3)),
    (
        u.diff(t, 2) + u * sympy.Abs(u),
        2 * math.pi / float(4 * mpmath.quad(lambda x: 1 / mpmath.sqrt(2 * (1 - x**3) / 3), [0, 1])),
    ),
]


@pytest.mark.parametrize(("equation", "exact"), FORCES, ids=[str(row[0]) for row in FORCES])
@pytest.mark.parametrize("harmonics", [25, 100])
def test_the_error_is_known(equation: object, exact: float, harmonics: int) -> None:
    with pytest.warns(homotopy.DivergenceWarning, match="corners or jumps"):
        solution = homotopy.harmonic_balance(equation, "u", t, amplitude=1, harmonics=harmonics)
    error = abs(solution.frequency / exact - 1)
    assert not solution.converged
    assert error <= 1.2 * solution.error_estimate
    assert solution.error_estimate < 2 / harmonics**2


def test_dry_friction_and_its_kin() -> None:
    with pytest.raises(homotopy.SecularTermError, match=r"sign\(u'\)"):
        homotopy.harmonic_balance("u'' + u + sign(u')/10", "u", "t", amplitude=1, harmonics=32)
    with pytest.warns(homotopy.DivergenceWarning):
        rough, fine = (
            homotopy.harmonic_balance(
                "u'' + u - (1 - Abs(u))*u'/2", "u", "t", amplitude=None, harmonics=k
            )
            for k in (24, 96)
        )
    assert abs(rough.frequency / fine.frequency - 1) <= rough.error_estimate
    assert not rough.converged


@pytest.mark.parametrize("name", ["floor(u)", "Abs(u)", "sign(u)"])
def test_the_series_needs_an_analytic_force(name: str) -> None:
    with pytest.raises(homotopy.NonAnalyticError, match=name[:3]):
        homotopy.solve_periodic(f"u'' + {name}", "u", "t", amplitude=1)
