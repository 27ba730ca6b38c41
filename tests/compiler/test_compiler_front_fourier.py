"""Fourier sums by one sine and one cosine: operations, exact values, rounding errors."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Float, Rational, S, cos, exp, pi, sin, sqrt

from symnum.compiler.differentiation import jacobian
from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import (
    apply_identities,
    fold_constants,
    optimise,
    order_nodes,
    sum_harmonics,
)
from symnum.compiler.passes.angles import common_frequency

x, y, z = ARGS = sympy.symbols("x y z")
C = [Rational(3 * k + 1, k * k + 7) * (-1) ** (k * (k + 1) // 2) for k in range(60)]


def prepared(*outputs):
    return apply_identities(fold_constants(lower(ARGS, outputs)))


def waves(program):
    counts = program.counts()
    return counts["sin"], counts["cos"]


SUMS = {
    "odd cosines": sum(C[k] * cos((2 * k + 1) * x) for k in range(20)),
    "odd sines": sum(C[k] * sin((2 * k + 1) * x) for k in range(20)),
    "cosines": sum(C[k] * cos(k * x) for k in range(20)),
    "sines": sum(C[k] * sin(k * x) for k in range(1, 20)),
    "sines and cosines": sum(C[k] * cos(k * x) + C[k + 3] * sin(k * x) for k in range(1, 8)),
    "even harmonics": sum(C[k] * cos(2 * k * x) for k in range(9)),
    "gaps": sum(C[k] * cos(k * x) for k in (1, 2, 5, 6, 9)),
    "four terms": sum(sin(k * x) for k in range(1, 5)),
    "phases": sum(C[k] * cos(k * x + Rational(k, 3)) for k in range(1, 8)),
    "phases of sines": sum(C[k] * sin(k * x - pi / 7) for k in range(1, 8)),
    "negative frequencies with phases": sum(C[k] * sin(1 - k * x) for k in range(1, 8)),
    "thirds": sum(C[k] * cos(k * x / 3) for k in range(1, 8)),
    "halves and wholes": sum(C[k] * sin(Rational(k, 2) * x) for k in (1, 2, 3, 4, 5, 8)),
    "irrational unit": sum(C[k] * cos(2 * pi * k * x) for k in range(1, 8)),
    "combination": sum(C[k] * cos(k * (2 * x - y / 3)) for k in range(1, 8)),
    "angle with a product": sum(C[k] * cos(k * (z * x + y)) for k in range(1, 8)),
    "angle is a function": sum(C[k] * cos(k * exp(x)) for k in range(1, 8)),
    "node coefficients": sum(y * C[k] * z**k * cos((2 * k + 1) * x) for k in range(8)),
    "coefficients with the angle": sum(x**k * cos(k * x) for k in range(1, 8)),
    "terms beside": sum(C[k] * cos(k * x) for k in range(1, 8)) + y * z - exp(x) + 3,
    "two angles": sum(C[k] * cos(k * x) + C[k] * sin(k * y) for k in range(1, 8)),
    "inside a function": exp(sum(C[k] * cos(k * x) for k in range(1, 8))) * y,
    "exact binary floats": sum(cos(k * Float(0.25) * x) for k in range(1, 7)),
}
POINTS = (
    (Rational(5, 7), Rational(-3, 5), Rational(11, 9)),
    (Rational(1, 10**6), Rational(2, 3), Rational(-1, 2)),
    (pi - Rational(1, 10**5), Rational(2, 3), Rational(-1, 2)),
    (pi / 2 + Rational(1, 10**5), Rational(-7, 3), Rational(3, 2)),
    (-40, 3, Rational(9, 8)),
    (S.Zero, S.Zero, S.One),
)


@pytest.mark.parametrize("name", SUMS)
def test_one_sine_and_one_cosine_for_each_angle(name):
    program = prepared(SUMS[name])
    summed = order_nodes(sum_harmonics(program).validate())
    assert waves(summed) == ((2, 2) if name == "two angles" else (1, 1))
    for point in POINTS:
        (before,), (after,) = interpret(program, point, 60), interpret(summed, point, 60)
        # The recurrence itself cancels a little in the tails of a product of powers.
        assert abs(before - after) <= 1e-48 * (1 + abs(before))


def test_the_angle_of_the_first_harmonic_is_used():
    summed = sum_harmonics(prepared(SUMS["odd cosines"]))
    operands = {node.operands for node in summed.nodes if node.value in ("sin", "cos")}
    assert [summed.nodes[place].operation for (place,) in operands] == ["argument"]


def test_operations_of_twenty_odd_cosines():
    program, _ = optimise(prepared(SUMS["odd cosines"]))
    operations = sum(1 for node in program.nodes if node.operands)
    # Three for each step, and a dozen around them.
    assert operations <= 3 * 19 + 14


KEPT = {
    "three terms": (cos(x) + cos(2 * x) + cos(3 * x),),
    "incommensurate": (sum(cos(sqrt(k) * x) for k in (2, 3, 5, 6, 7)),),
    "floats that are nearly multiples": (sum(cos(k * Float(0.1) * x) for k in (1, 3, 6, 7)),),
    "far apart": (cos(x) + cos(37 * x) + cos(95 * x) + cos(400 * x),),
    "products of waves": (sum(sin(k * x) * cos((k + 1) * x) for k in range(1, 6)),),
    "the waves are needed anyway": (
        sum(cos(k * x) for k in range(1, 6)),
        *(cos(k * x) for k in range(1, 6)),
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_gains_nothing_stays(name):
    program = prepared(*KEPT[name])
    assert sum_harmonics(program) == program


def test_complex_programs_stay():
    program = lower((x,), (sum(cos(k * x) for k in range(1, 9)),), complex_valued=True)
    assert sum_harmonics(program) == program


def test_value_and_derivatives_share_the_waves():
    # The motion of a pendulum: odd harmonics of the angle, its velocity and acceleration.
    series = sum(C[k] * sin((2 * k + 1) * (y * x + z)) for k in range(10))
    outputs = (series, series.diff(x), series.diff(x, 2))
    program = prepared(*outputs)
    summed, _ = optimise(program)
    assert waves(summed) == (1, 1)
    for point in POINTS[:2]:
        for left, right in zip(
            interpret(program, point, 60), interpret(summed, point, 60), strict=True
        ):
            assert abs(left - right) <= 1e-45 * (1 + abs(left))


def test_derivatives_of_programs_are_summed_as_well():
    program = jacobian(lower((x,), (SUMS["odd cosines"],)), with_values=True)
    assert waves(optimise(program)[0]) == (1, 1)


def test_even_and_odd_sums_share_one_base():
    even = sum(C[k] * cos(2 * k * x) for k in range(1, 8))
    odd = sum(C[k] * sin((2 * k + 1) * x) for k in range(8))
    assert waves(optimise(prepared(even, odd))[0]) == (1, 1)
    # Multiples of three among them would take steps for harmonics that are not there.
    thirds = sum(C[k] * sin(21 * k * x) for k in range(1, 8))
    assert waves(optimise(prepared(odd, thirds))[0]) == (2, 2)


def test_undefined_angles_give_nan():
    summed = sum_harmonics(prepared(SUMS["odd cosines"]))
    assert mpmath.isnan(interpret(summed, (mpmath.nan, 0, 0), 30)[0])


FREQUENCIES = st.lists(
    st.fractions(-5, 5, max_denominator=4).filter(bool), min_size=4, max_size=9, unique=True
)


@given(FREQUENCIES, FREQUENCIES, st.integers(-20, 20))
def test_any_commensurate_sum_keeps_its_value(first, second, shift):
    expression = sum(
        (k + 2) * cos(Rational(f) * x + Rational(shift, 7)) for k, f in enumerate(first)
    ) + sum((k - 3) * sin(Rational(f) * x) for k, f in enumerate(second))
    program = prepared(expression)
    summed = sum_harmonics(program).validate()
    for point in ((Rational(13, 17), 0, 0), (Rational(-31, 10), 0, 0)):
        (before,), (after,) = interpret(program, point, 50), interpret(summed, point, 50)
        assert abs(before - after) <= 1e-40


@given(st.lists(st.fractions(-20, 20, max_denominator=30).filter(bool), min_size=1, max_size=5))
def test_the_common_frequency_divides_all(frequencies):
    numbers = [Rational(f) for f in frequencies]
    unit = common_frequency(numbers)
    quotients = [number / unit for number in numbers]
    assert all(quotient.is_Integer for quotient in quotients)
    assert math.gcd(*map(int, quotients)) == 1


# ------------------------------------------------------------------ rounding

DOUBLE = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "negative": np.negative,
    "select": np.where,
    "compare": np.less,
}


def in_doubles(program, points):
    values = []
    for node in program.nodes:
        operands = [values[k] for k in node.operands]
        match node.operation:
            case "argument":
                values.append(points)
            case "constant":
                values.append(np.full_like(points, float(node.value)))
            case "call":
                values.append({"sin": np.sin, "cos": np.cos}[node.value](*operands))
            case operation:
                values.append(DOUBLE[operation](*operands))
    return values[program.outputs[0]]


def places(count):
    """Return doubles at random, near 0, near pi, near pi/2, and far away."""
    rng = np.random.default_rng(5)
    small = 10.0 ** rng.uniform(-9, -0.5, count)
    return np.concatenate(
        [
            rng.uniform(-4, 4, count),
            small,
            np.pi - small,
            np.pi / 2 - small,
            rng.uniform(-100, 100, count),
        ]
    )


def spectra(terms):
    rng = np.random.default_rng(9)
    yield [Rational(int(c), 500) for c in rng.integers(-499, 499, terms)]
    yield [S.One] * terms
    if terms <= 20:
        yield [Rational(1, (k + 1) ** 2) for k in range(terms)]
        yield [Rational((-1) ** k, 1) for k in range(terms)]


KINDS = {
    "odd cosines": lambda k: cos((2 * k + 1) * x),
    "odd sines": lambda k: sin((2 * k + 1) * x),
    "cosines": lambda k: cos((k + 1) * x),
    "sines": lambda k: sin((k + 1) * x),
}


@pytest.mark.parametrize("terms", [20, 60])
@pytest.mark.parametrize("kind", KINDS)
def test_errors_near_multiples_of_a_right_angle(kind, terms):
    points = places(40)
    for coefficients in spectra(terms):
        program = prepared(sum(c * KINDS[kind](k) for k, c in enumerate(coefficients)))
        summed = fold_constants(sum_harmonics(program))
        exact = [interpret(program, (float(p), 0, 0), 40)[0] for p in points]
        direct, new = (
            np.array(
                [float(abs(v - e)) for v, e in zip(in_doubles(version, points), exact, strict=True)]
            )
            for version in (program, summed)
        )
        largest = max(float(abs(value)) for value in exact)
        assert new.max() <= 3e-14 * largest * terms / 20
        assert new.max() <= 1.5 * direct.max() + 1e-15 * largest
        # At small angles by themselves, where the recurrence of Clenshaw loses digits.
        near = slice(40, 80)
        assert new[near].max() <= 3 * direct[near].max() + 1e-15 * largest
