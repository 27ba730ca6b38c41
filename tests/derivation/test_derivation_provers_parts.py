"""The parts of the provers, each against cases that are known by other means."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from sympy import (
    E,
    Eq,
    Float,
    I,
    Integer,
    Integral,
    Max,
    Ne,
    Piecewise,
    Poly,
    Rational,
    Sum,
    acos,
    cos,
    exp,
    gamma,
    log,
    oo,
    pi,
    root,
    sin,
    sqrt,
    symbols,
    tan,
)  # fmt: skip

from symnum.derivation import archive, provers, refuter
from symnum.derivation.claims import Approximation, Equality, Inequality, LimitClaim, RootClaim
from symnum.derivation.evidence import Evidence
from symnum.derivation.fingerprints import digest
from symnum.derivation.provers.algebra import by_separation
from symnum.derivation.provers.breaks import switches
from symnum.derivation.provers.constants import algebraic_zero, sign_by_balls
from symnum.derivation.provers.continuity import obstacle
from symnum.derivation.provers.definedness import check_defined
from symnum.derivation.provers.expansions import Expander, NoExpansionError
from symnum.derivation.provers.kernels import polynomial_verdict
from symnum.derivation.provers.normalform import normal_form
from symnum.derivation.provers.realroots import box_signs, line_signs
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import NEGATIVE, POSITIVE, sign_of_number
from symnum.derivation.provers.squares import by_means, by_squares
from symnum.derivation.provers.task import Task
from symnum.derivation.provers.zeros import zeros_on_line
from symnum.errors import Refuted, Undecided
from symnum.expressions import Box, Integers, Interval

x, y, z, n, k, t = symbols("x y z n k t")
LINE = Interval(-oo, oo)
NONNEGATIVE = Interval(0, oo)
UNIT = Interval(0, 1)
BOTH_SIGNS = Interval(-1, 1)


def setting_of(**domains: Interval | Integers) -> tuple[Setting, dict[Any, Any]]:
    return Setting.of(Box(domains))


# evidence


def test_evidence_checks_its_level_and_method() -> None:
    with pytest.raises(ValueError, match="level: expected one of exact, interval, identity"):
        Evidence("proved", "by looking at it")
    with pytest.raises(ValueError, match="method: expected a few words"):
        Evidence("exact", "")


# refuter


def test_refuter_uses_twelve_points_and_the_probes() -> None:
    survey = refuter.refute(Equality(sin(x) ** 2, 1 - cos(x) ** 2), Box({x: UNIT}))
    assert survey.random_points == 12
    assert survey.probes >= 3
    assert dict(survey.details())["random points"] == "12 x 100 digits"


def test_refuter_is_deterministic() -> None:
    claim, box = Equality(sin(x), x), Box({x: LINE})
    points = []
    for _ in range(2):
        with pytest.raises(Refuted) as caught:
            refuter.refute(claim, box)
        points.append(caught.value.point)
    assert points[0] == points[1]


def test_refuted_prints_the_point_and_both_values() -> None:
    with pytest.raises(Refuted) as caught:
        provers.prove(Equality(x**2, Integer(4)), Box({x: Interval(3, 3)}))
    text = str(caught.value)
    assert "x = 3" in text
    assert "left side  9.0" in text
    assert "right side 4.0" in text


@pytest.mark.parametrize(
    ("lhs", "rhs", "reason"),
    [
        (1 / x, 10 + 1 / x, "undefined|infinite|not defined"),
        (log(x - 2), x, "not real"),
        (sqrt(x - 5), x, "not real"),
    ],
    ids=["pole", "logarithm", "root"],
)
def test_violations_name_what_is_wrong(lhs: Any, rhs: Any, reason: str) -> None:
    with pytest.raises(Refuted, match=reason):
        provers.prove(Inequality(lhs, rhs), Box({x: BOTH_SIGNS}))


def test_symbols_that_cancel_are_sampled_too() -> None:
    claim = Equality(x + 1 / y, x + 1 / y)
    with pytest.raises(Refuted) as caught:
        provers.prove(claim, Box({x: UNIT, y: BOTH_SIGNS}))
    assert caught.value.point[y] == 0


@pytest.mark.parametrize("power", [20, 40, 70, 91, 150], ids=str)
def test_tiny_differences_stay(power: int) -> None:
    with pytest.raises(Refuted):
        provers.prove(Equality(sin(x) + Rational(1, 10**power), sin(x)), Box({x: LINE}))


def test_differences_below_every_precision_are_found_by_algebra() -> None:
    with pytest.raises(Refuted) as caught:
        provers.prove(Equality(sin(x) + Rational(1, 10**5000), sin(x)), Box({x: UNIT}))
    # Numbers of so many digits are described, not printed; Python refuses to write them out.
    assert "[large expression in x] = sin(x)" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [Rational(10**5000 + 1, 3), -(Integer(10) ** 6000), Float(sqrt(2).evalf(5000))],
    ids=["fraction", "integer", "float"],
)
def test_evidence_of_many_digits_is_kept(value: Any, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SYMNUM_CACHE_DIR", str(tmp_path))
    evidence = Evidence("exact", "long numbers", value=value)
    archive.save("ab" * 16, evidence)
    assert archive.load("ab" * 16) == evidence
    assert digest(value) != digest(value + 1)


def test_values_lost_to_cancellation_refute_nothing() -> None:
    claim = Equality(sympy.cosh(x) ** 2 - sympy.sinh(x) ** 2, Integer(1))
    assert provers.prove(claim, Box({x: LINE})).level == "exact"


# undecided


def test_undecided_lists_what_was_tried_and_what_would_help() -> None:
    slow = Sum(1 / k**2, (k, 1, n))
    with pytest.raises(Undecided) as caught:
        provers.prove(Approximation(slow, pi**2 / 6, 1 / n), Box({n: Integers(1, oo)}))
    assert "random points" in caught.value.tried[0]
    assert any("nonnegative" in attempt for attempt in caught.value.tried)
    assert "using=" in caught.value.hint


def test_undecided_names_the_box_that_would_not_close() -> None:
    # Two terms that come near 1 together, at points that no sample meets: far too many boxes.
    rough = sin(x**2 * y) + cos(x * y**2)
    with pytest.raises(Undecided) as caught:
        provers.prove(
            Inequality(rough, Rational(199999, 100000)),
            Box({x: Interval(-9, 9), y: Interval(-9, 9)}),
        )
    assert any("box that would not close" in attempt for attempt in caught.value.tried)


def test_numeric_inequality_is_never_accepted_from_points() -> None:
    evidence = provers.prove(Inequality(exp(pi) - pi, Integer(20)), Box({}))
    assert evidence.level == "interval"


# levels


def test_points_are_the_last_resort_and_say_so() -> None:
    claim = Equality(sympy.expint(1, x), -sympy.Ei(-x))
    evidence = provers.prove(claim, Box({x: Interval(1, 2)}))
    assert evidence.level == "identity"
    assert dict(evidence.details)["nature"] == "evidence, not proof"
    assert dict(evidence.details)["agreement"] == "12 points x 100 digits"


@pytest.mark.parametrize(
    ("expr", "domain", "is_analytic"),
    [
        (acos(cos(x)), Interval(Rational(1, 10), 3), True),
        (acos(cos(x)), Interval(0, 4), False),
        (sqrt(x * y), Interval(-2, -1), True),
        (sqrt(x * y), BOTH_SIGNS, False),
        (Max(x, y / 7), UNIT, False),
        (Max(x, Integer(3)), UNIT, True),
        (sympy.floor(x), UNIT, False),
        (sympy.floor(x + Rational(1, 3)), Interval(0, Rational(1, 2)), True),
        (log(x), Interval(1, 2), True),
        (log(x), BOTH_SIGNS, False),
        (sympy.Abs(x), Interval(1, 2), True),
        (Piecewise((x, x > Rational(1, 2)), (0, True)), UNIT, False),
    ],
    ids=str,
)
def test_identity_is_for_analytic_expressions_only(
    expr: Any, domain: Interval, is_analytic: bool
) -> None:
    setting, images = setting_of(x=domain, y=domain)
    assert (obstacle(expr.xreplace(images), setting) is None) is is_analytic


# lemmas


@pytest.mark.parametrize(
    ("lemma", "low", "high", "domain"),
    [
        ("jensen", exp((x + y) / 2), (exp(x) + exp(y)) / 2, LINE),
        ("jensen", (x + y) / 2 * log((x + y) / 2), (x * log(x) + y * log(y)) / 2, Interval(1, oo)),
        ("am-gm", 2 * x * y, x**2 + y**2, NONNEGATIVE),
        ("cauchy-schwarz", (x + y) ** 2, 2 * x**2 + 2 * y**2, LINE),
        ("squares", 2 * x * y, x**2 + y**2, LINE),
        ("convexity", 1 + x, exp(x), LINE),
        ("monotonicity", x, sympy.sinh(x) + y**2, NONNEGATIVE),
        ("squaring", sqrt(x + y), sqrt(x) + sqrt(y), NONNEGATIVE),
        ("exponential", x, log(exp(x) + exp(y)), LINE),
        ("lipschitz", Integer(0), (x - y) * (exp(x) - exp(y)), LINE),
    ],
    ids=lambda value: str(value),
)
def test_named_lemma_is_applied_and_printed(
    lemma: str, low: Any, high: Any, domain: Interval
) -> None:
    box = Box({x: domain, y: domain})
    evidence = provers.prove(Inequality(low, high), box, lemmas=(lemma,))
    assert dict(evidence.details)["lemma"] == f"{lemma}: {provers.LEMMAS[lemma]}"


def test_lemma_does_not_prove_what_is_false() -> None:
    claim = Inequality((exp(x) + exp(y)) / 2, exp((x + y) / 2))
    with pytest.raises(Refuted):
        provers.prove(claim, Box({x: LINE, y: LINE}), lemmas=("jensen",))


# numbers


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (sqrt(2) + sqrt(3) - sqrt(5 + 2 * sqrt(6)), True),
        (root(7 + 5 * sqrt(2), 3) - 1 - sqrt(2), True),
        (cos(pi / 7) - cos(2 * pi / 7) + cos(3 * pi / 7) - Rational(1, 2), True),
        (tan(3 * pi / 11) + 4 * sin(2 * pi / 11) - sqrt(11), True),
        (sqrt(2) + sqrt(3) - sqrt(5 + 2 * sqrt(6)) + Rational(1, 10**120), False),
        (sympy.Add(*(sqrt(value) for value in (10, 11, 12))) - Rational(9943, 1000), False),
        (E - Rational(2718, 1000), None),
    ],
    ids=str,
)
def test_separation_bound(number: Any, verdict: bool | None) -> None:
    assert algebraic_zero(number) is verdict


def test_separation_rung_is_for_numbers_only() -> None:
    setting, images = setting_of(x=LINE)
    left, right = sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6))
    proof = by_separation(Task(setting, left, right, lambda _: None))
    assert proof is not None
    assert proof.method == "separation bound of algebraic numbers"
    assert by_separation(Task(setting, images[x] * left, images[x] * right, lambda _: None)) is None


@pytest.mark.parametrize(
    ("number", "signs"),
    [
        (pi - Rational(22, 7), {-1}),
        (exp(pi * sqrt(163)) - 262537412640768744, {-1}),
        (sqrt(8) - 2 * sqrt(2), {0}),
        (gamma(Rational(1, 2)) - sqrt(pi), {0}),
    ],
    ids=str,
)
def test_sign_of_number(number: Any, signs: set[int]) -> None:
    assert sign_of_number(number) == signs


def test_balls_alone_leave_zero_open() -> None:
    open_signs = sign_by_balls(sympy.Add(sqrt(2), sqrt(3), -sqrt(5 + 2 * sqrt(6)), evaluate=False))
    assert 0 in open_signs


# polynomials


@pytest.mark.parametrize(
    ("expr", "domain", "signs"),
    [
        (x**2 - 2, Interval(0, 1), {-1}),
        (x**2 - 2, Interval(1, 2), {-1, 0, 1}),
        ((x - 1) ** 2, UNIT, {0, 1}),
        ((x - 1) ** 2, Interval(0, 1, right_open=True), {1}),
        ((x**2 - 2) ** 2, Interval(1, 2), {0, 1}),
        (x * (x - Rational(1, 10**6)), UNIT, {-1, 0, 1}),
        (x - pi, Interval(0, 3), {-1}),
        (x**6 - 3 * x**4 + 3 * x**2 - 1, Interval(2, oo), {1}),
    ],
    ids=str,
)
def test_signs_of_polynomials(expr: Any, domain: Interval, signs: set[int]) -> None:
    setting, images = setting_of(x=domain)
    assert setting.exactly.signs(expr.xreplace(images)) == signs


def test_line_signs_are_exact_at_irrational_ends() -> None:
    poly = Poly(x**2 - 2, x, domain="QQ")
    assert line_signs(poly, Interval(sqrt(2), 3)) == {0, 1}
    assert line_signs(poly, Interval(sqrt(2), 3, left_open=True)) == {1}


def test_box_signs_look_at_the_corners() -> None:
    poly = Poly(x * y, x, y, domain="QQ")
    assert box_signs(poly, {x: UNIT, y: UNIT}) == {0, 1}
    assert box_signs(poly, {x: Interval(1, 2), y: Interval(1, 2)}) == {1}
    assert box_signs(Poly(x - y, x, y, domain="QQ"), {x: UNIT, y: UNIT}) is None


@pytest.mark.parametrize(
    ("expr", "is_sum"),
    [
        (x**2 - 2 * x * y + y**2, True),
        (x**2 - 2 * x * y + y**2 + 1, True),
        (x**2 - 3 * x * y + y**2, False),
        (x**4 + y**4 + z**4 - x**2 * y * z * 0, True),
        (x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1, False),
        (-(x**2), False),
    ],
    ids=str,
)
def test_sums_of_squares(expr: Any, is_sum: bool) -> None:
    assert (by_squares(Poly(expr, x, y, z, domain="QQ")) is not None) is is_sum


@pytest.mark.parametrize(
    ("expr", "holds"),
    [
        (x + y - 2 * z, False),
        (x**2 + y**2 - 2 * x * y, True),
        (x**3 + y**3 + z**3 - 3 * x * y * z, True),
        (x**3 + y**3 + z**3 - Rational(301, 100) * x * y * z, False),
        (x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1, True),
        (x**2 / 2 + 2 * y**2 - 2 * x * y, True),
    ],
    ids=str,
)
def test_weighted_means(expr: Any, holds: bool) -> None:
    assert (by_means(Poly(expr, x, y, z, domain="QQ")) is not None) is holds


def test_moduli_of_whole_lines_keep_the_signs_of_the_others() -> None:
    # With y <= 0 the term x*y has both signs: no bound may be drawn from it.
    poly = Poly(x**2 - y + 2 * x * y, x, y, domain="QQ")
    assert polynomial_verdict(poly, {x: LINE, y: Interval(-oo, 0)}) is None


# normal form


@pytest.mark.parametrize(
    ("expr", "domain"),
    [
        (sin(3 * x) - 3 * sin(x) + 4 * sin(x) ** 3, LINE),
        (sqrt(1 - cos(x) ** 2) - sin(x), Interval(0, pi)),
        (sqrt(x**2 - 2 * x + 1) - 1 + x, UNIT),
        (log(x**3 * exp(x)) - 3 * log(x) - x, Interval(1, 2)),
        (gamma(x + 3) - x * (x + 1) * (x + 2) * gamma(x), Interval(1, 2)),
        ((exp(I * x) + exp(-I * x)) / 2 - cos(x), LINE),
        (x ** Rational(3, 2) * sqrt(x) - x**2, NONNEGATIVE),
    ],
    ids=str,
)
def test_normal_form_reduces_to_zero(expr: Any, domain: Interval) -> None:
    setting, images = setting_of(x=domain)
    form, (value,) = normal_form(setting, expr.xreplace(images))
    assert form.field.vanishes(value)


@pytest.mark.parametrize(
    "expr",
    [sin(x) - cos(x), sqrt(x**2) - x, log(x**2) - 2 * log(x), exp(x) - 1 - x, tan(x) - x],
    ids=str,
)
def test_normal_form_of_what_is_not_zero(expr: Any) -> None:
    setting, images = setting_of(x=LINE)
    form, (value,) = normal_form(setting, expr.xreplace(images))
    assert not form.field.vanishes(value)


# definedness


@pytest.mark.parametrize(
    ("expr", "domain", "flaws"),
    [
        (1 / x, BOTH_SIGNS, 1),
        (1 / x, Interval(0, 1, left_open=True), 0),
        (Piecewise((1, Eq(x, 0)), (sin(x) / x, True)), BOTH_SIGNS, 0),
        (Piecewise((sin(x) / x, Ne(x, 0)), (1, True)), BOTH_SIGNS, 0),
        (Piecewise((sin(x) / x, x >= 0), (1, True)), BOTH_SIGNS, 1),
        (log(x), Interval(-1, 2), 1),
        (log(1 + x**2), LINE, 0),
        (gamma(x), Interval(Rational(-3, 2), Rational(-5, 4)), 0),
        (gamma(x), Interval(-2, 1), 1),
        (tan(x), Interval(0, 1), 0),
        (tan(x), Interval(0, 2), 1),
        (1 / (x - cos(x)), UNIT, 1),
        (1 / (exp(x) - x), LINE, 0),
        (x ** (-Rational(1, 2)), NONNEGATIVE, 1),
    ],
    ids=str,
)
def test_definedness(expr: Any, domain: Interval, flaws: int) -> None:
    setting, images = setting_of(x=domain)
    assert len(check_defined([expr], setting, images)) == flaws


def test_zeros_are_complete_and_exact_where_they_have_a_closed_form() -> None:
    setting, images = setting_of(x=Interval(1, 7))
    found = zeros_on_line(sin(images[x]), images[x], setting)
    assert found.complete
    assert found.inside == (pi, 2 * pi)


def test_zero_without_closed_form_is_close() -> None:
    setting, images = setting_of(x=UNIT)
    found = zeros_on_line(images[x] - cos(images[x]), images[x], setting)
    assert found.complete
    assert abs(found.inside[0] - Float("0.7390851332151606416553120876738734", 35)) < 1e-29
    assert "within" in found.about


def test_switches_see_kinks_poles_and_jumps() -> None:
    expr = Max(x, y) + 1 / (x - 3) + sympy.Heaviside(y - 1) + Piecewise((1, x < 5), (2, True))
    assert {y - x, x - 3, y - 1, x - 5} <= {
        s for switch in switches(expr) for s in (switch, -switch)
    }


# expansions


@pytest.mark.parametrize(
    ("expr", "terms"),
    [
        (exp(t) - 1 - t, {(2, 0): Rational(1, 2)}),
        (1 / sin(t), {(-1, 0): 1, (1, 0): Rational(1, 6)}),
        (sqrt(t) * cos(t), {(Rational(1, 2), 0): 1}),
        (t**t, {(0, 0): 1, (1, 1): 1}),
        (log(sin(t)), {(0, 1): 1}),
        (exp(-1 / t), {}),
        (gamma(t), {(-1, 0): 1, (0, 0): -sympy.EulerGamma}),
    ],
    ids=str,
)
def test_expansions(expr: Any, terms: dict[Any, Any]) -> None:
    small = sympy.Dummy("t", positive=True)
    found = Expander(small, Setting({}), Integer(4)).expand(expr.subs(t, small))
    for key, value in terms.items():
        assert sympy.simplify(found.terms[key] - value) == 0
    # What is claimed beyond the table is checked too: nothing stands below its first term.
    assert found.valuation == min((exponent for exponent, _ in terms), default=found.order)
    assert all(exponent < found.order for exponent, _ in found.terms)


def test_expansions_do_not_claim_what_was_cut_off() -> None:
    small = sympy.Dummy("t", positive=True)
    found = Expander(small, Setting({}), Integer(2)).expand(1 / sin(small))
    assert found.terms == {(-1, 0): 1}
    assert found.order <= 1


def test_expansion_refuses_what_grows_faster_than_every_power() -> None:
    small = sympy.Dummy("t", positive=True)
    with pytest.raises(NoExpansionError, match="faster than every power"):
        Expander(small, Setting({}), Integer(2)).expand(exp(1 / small))


# settings


def test_setting_solves_equalities_and_points() -> None:
    box = Box({x: UNIT, y: UNIT, z: Interval(2, 2)}, where=[Eq(x + y, 1)])
    setting, images = Setting.of(box)
    assert images[z] == 2
    assert sympy.expand(images[x] + images[y]) == 1
    assert len(setting.symbols) == 1


def test_facts_give_signs() -> None:
    setting, images = Setting.of(Box({x: LINE, y: LINE}, where=[x > y]))
    assert setting.signs(images[x] - images[y]) == POSITIVE
    assert setting.signs(3 * images[y] - 3 * images[x]) == NEGATIVE


def test_open_ends_make_signs_strict() -> None:
    setting, images = setting_of(x=Interval(0, pi, left_open=True, right_open=True))
    assert setting.signs(sin(images[x])) == POSITIVE
    assert setting.signs(1 - exp(-images[x])) == POSITIVE


# misuse


def test_claims_of_other_kinds_are_handed_on() -> None:
    with pytest.raises(TypeError, match="compares two sides"):
        refuter.refute(LimitClaim(x, x, Integer(0), Integer(0)), Box({x: LINE}))


def test_root_outside_of_the_domain_is_not_found() -> None:
    with pytest.raises((Refuted, Undecided)):
        provers.prove(RootClaim(x**2 - 2, x, Integer(2), 30), Box({x: Interval(2, 3)}))


def test_iterated_integral() -> None:
    claim = Equality(Integral(x * y, (x, 0, 1), (y, 0, 2)), Integer(1))
    assert provers.prove(claim, Box({})).level == "exact"
