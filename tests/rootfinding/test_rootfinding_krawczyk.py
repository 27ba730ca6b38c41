"""The Krawczyk operator: what it proves, what it excludes, and what it leaves open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from flint import arb

from symnum.reference import BallFunction
from symnum.rootfinding.systems.balls import BallSystem, ball_system, derived_jacobian
from symnum.rootfinding.systems.certificates import system_certificate_of
from symnum.rootfinding.systems.krawczyk_operator import enclose_near, krawczyk

x, y = UNKNOWNS = sp.symbols("x y", real=True)
CIRCLE = BallSystem([x**2 + y**2 - 1, x - y], UNKNOWNS)


@pytest.mark.parametrize(
    ("middle", "radius", "verdict"),
    [
        ((0.7, 0.7), 0.05, "unique"),
        ((0.7071, 0.7071), 1e-3, "unique"),
        ((2.0, 0.5), 0.5, "none"),
        ((0.6, 0.7), 0.01, "none"),
        ((0.0, 0.0), 2.0, "undecided"),  # two roots
        ((0.0, 0.0), 0.1, "none"),
    ],
)
def test_verdicts(middle: tuple[float, float], radius: float, verdict: str) -> None:
    box = [arb(place, radius) for place in middle]
    step = krawczyk(CIRCLE, box)
    assert step.verdict == verdict
    if verdict == "unique":
        assert all(part.contains(0.5**0.5 + 1e-17) for part in step.image)
        assert all(side.contains(part) for side, part in zip(box, step.image, strict=True))


def test_a_box_with_a_root_is_never_excluded() -> None:
    generator = np.random.default_rng(3)
    system = BallSystem([sp.sin(x) + y**3 - y / 2, sp.exp(x * y) - 1 - x + y], UNKNOWNS)
    verdicts = set()
    for _ in range(60):  # (0, 0) is a root
        radii = 10.0 ** generator.uniform(-6, 0, 2)
        shift = generator.uniform(-0.9, 0.9, 2) * radii
        box = [arb(s, r) for s, r in zip(shift.tolist(), radii.tolist(), strict=True)]
        step = krawczyk(system, box)
        verdicts.add(step.verdict)
        assert step.verdict != "none"
        assert all(part.contains(0) for part in step.image)
    assert verdicts == {"unique", "undecided"}


@pytest.mark.parametrize(
    "functions",
    [
        [x**2, y],  # a double root
        [sp.floor(x), y - x],  # a jump
        [sp.sqrt(x), y],  # the edge of the domain
        [x * y, x + y],  # crossing lines
        [1 / x, y],  # a pole
        [sp.sign(x), y],
    ],
    ids=str,
)
def test_what_cannot_be_proved_is_left_open(functions: list[sp.Expr]) -> None:
    system = BallSystem(functions, UNKNOWNS)
    assert enclose_near(system, [1e-9, 1e-9]) is None
    step = krawczyk(system, [arb(0, 0.1), arb(0, 0.1)])
    assert step.verdict == "undecided"


def test_kinks_away_from_the_root_and_at_it() -> None:
    tent = BallSystem([sp.Abs(x) - 1, y + sp.sign(x)], UNKNOWNS)
    found = enclose_near(tent, [0.9, -1.1])
    assert found is not None
    assert [float(side) for side in found.root] == [1.0, -1.0]
    # A kink at the root does no harm where all slopes of it are regular.
    bent = BallSystem([x - 1 - sp.Abs(y) / 2, y + sp.Abs(y) / 2], UNKNOWNS)
    found = enclose_near(bent, [1.1, 0.1])
    assert found is not None
    assert [float(side) for side in found.root] == [1.0, 0.0]


def test_enclosures_of_badly_scaled_systems() -> None:
    powell = BallSystem(
        [10**4 * x * y - 1, sp.exp(-x) + sp.exp(-y) - sp.Rational(10001, 10000)], UNKNOWNS
    )
    found = enclose_near(powell, [1.1e-5, 9.1])
    assert found is not None
    assert found.root[0].overlaps(arb("1.0981593296998174556837616456252466e-5"))
    assert found.root[1].overlaps(arb("9.106146739866524010946710490319727"))
    assert found.root[0].rad() < arb("1e-22")


def test_exact_roots_have_no_radius() -> None:
    found = enclose_near(BallSystem([x**3 - x, 3 * y - x], UNKNOWNS), [1e-3, 1e-5])
    assert found is not None
    assert [side.rad() for side in found.root] == [0, 0]


def test_a_certificate_is_checked_from_scratch() -> None:
    certificate = system_certificate_of(CIRCLE, enclose_near(CIRCLE, [0.7, 0.7]))
    assert certificate.kind == "krawczyk"
    assert certificate.precision >= 64
    assert certificate.verify()
    assert "krawczyk on [0.70710678118654752" in str(certificate)
    (low, high), other = certificate.box
    moved = replace(certificate, box=((low + 1, high + 1), other))
    assert not moved.verify()
    elsewhere = replace(certificate, functions=(x**2 + y**2 - 2, x - y))
    assert not elsewhere.verify()
    foreign = replace(certificate, equations=(x**2 + y**2 - 3, x - y))
    assert not foreign.verify()
    assert not system_certificate_of(CIRCLE, None).verify()
    assert str(system_certificate_of(CIRCLE, None)) == "no certificate"


def test_exact_roots_are_certified_by_substitution() -> None:
    system = BallSystem([x**2 - 2, (y - x) ** 2], UNKNOWNS)
    true = system_certificate_of(system, None, exact=(sp.sqrt(2), sp.sqrt(2)))
    assert true.verify()
    wrong = system_certificate_of(system, None, exact=(sp.sqrt(2), sp.Rational(7, 5)))
    assert not wrong.verify()


def test_the_derived_jacobian_has_no_generalised_functions() -> None:
    rows = derived_jacobian([sp.Piecewise((x * y, x > 0), (y, True)), sp.Max(x, y)], UNKNOWNS)
    assert not any(entry.has(sp.DiracDelta, sp.Derivative) for row in rows for entry in row)
    assert ball_system((x, y), UNKNOWNS) is ball_system((x, y), UNKNOWNS)


@pytest.mark.parametrize("exponent", [1, 2, 3, 4, 5, 19])
def test_powers_of_boxes_around_zero_are_finite(exponent: int) -> None:
    power = BallFunction([x], x**exponent)([arb(0, 0.25)])
    assert power.is_finite()
    assert power.contains(arb(0.25) ** exponent)
    assert power.contains((-arb(0.25)) ** exponent)
    assert power.abs_upper() <= 1.01 * 0.25**exponent
    assert not BallFunction([x], x**-exponent)([arb(0, 0.25)]).is_finite()
