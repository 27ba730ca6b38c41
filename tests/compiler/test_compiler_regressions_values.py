"""What went wrong in other libraries: branches, not-a-number, signs, digits, complex numbers.

Each test is named by the report of the peer, and its docstring says what the peer did.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import sympy
from sympy import (
    Abs,
    Eq,
    Float,
    I,
    Integer,
    Max,
    Mod,
    Ne,
    Piecewise,
    Rational,
    Symbol,
    acos,
    arg,
    atan2,
    ceiling,
    cos,
    exp,
    floor,
    im,
    log,
    pi,
    re,
    root,
    sign,
    sin,
    sqrt,
    symbols,
)

from symnum.compiler import lambdify
from symnum.errors import UnsupportedNodeError

x, y, z = symbols("x y z")
NAN, INF = math.nan, math.inf


def same(found, expected):
    """Equal bit for bit, with the signs of zeros; all NaN are alike."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    np.testing.assert_array_equal(found, expected)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])


# branches


@pytest.fixture(scope="module")
def guarded():
    """Formulas whose other branch has no value where it is not taken."""
    return lambdify(
        [x],
        [
            Piecewise((0, x <= 0), (1 / x, True)),
            Piecewise((log(x), x > 0), (0, True)),
            Piecewise((sqrt(x), x > 0), (0, True)),
            Piecewise((sin(x) / x, Ne(x, 0)), (1, True)),
            Piecewise((x ** Rational(3, 2), x > 0), (x, True)),
            Piecewise((acos(x), Abs(x) < 1), (0, True)),
        ],
    )


POINTS = (-2, -1, 0, 1, 2)


def test_sympy_11306_the_branch_of_zero_is_not_divided(guarded):
    """sympy: Piecewise((0, x <= 0), (1/x, True)) at the integer 0 raised ZeroDivisionError."""
    assert guarded(0)[0] == 0.0
    same(guarded(POINTS)[0], [0, 0, 0, 1, 0.5])


def test_sympy_28585_no_branch_warns_where_it_is_not_taken(guarded):
    """sympy: all branches were computed for all values, with RuntimeWarning or an exception."""
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        found = np.array(guarded(np.array([*POINTS, 1e200, -1e200])))
    assert np.isfinite(found).all()


def test_sympy_19441_a_conjunction_chooses_the_branch():
    """sympy: the integral of sin(a x) + cos(b x) at a = 0, b = 1 raised ZeroDivisionError."""
    whole = Piecewise(
        (sin(2 * pi * y) / y - cos(2 * pi * x) / x + 1 / x, Ne(x, 0) & Ne(y, 0)),
        (2 * pi - cos(2 * pi * x) / x + 1 / x, Ne(x, 0)),
        (sin(2 * pi * y) / y, Ne(y, 0)),
        (2 * pi, True),
    )
    k = lambdify([x, y], whole)
    assert k(0, 0) == 2 * math.pi
    assert k(0, 1) == pytest.approx(0, abs=1e-15)
    assert k(0.5, 0) == pytest.approx(2 * math.pi + 4)


def test_jax_1052_and_5798_derivatives_of_guarded_branches(guarded):
    """jax: the gradient of where(x > 0, sqrt(x), 0) was NaN for x <= 0; log and x**1.5 as well."""
    slopes = np.array(guarded.diff("x")(POINTS))
    expected = [
        [0, 0, 0, -1, -0.25],
        [0, 0, 0, 1, 0.5],
        [0, 0, 0, 0.5, 0.5 / math.sqrt(2)],
    ]
    for row, values in enumerate(expected):
        np.testing.assert_allclose(slopes[row], values, rtol=1e-15, atol=1e-300)
    assert slopes[3][2] == 0.0
    np.testing.assert_allclose(slopes[4], [1, 1, 1, 1.5, 1.5 * math.sqrt(2)], rtol=1e-15)
    assert slopes[5][[0, 4]].tolist() == [0.0, 0.0]


def test_casadi_1805_and_1878_second_derivatives_of_guarded_branches(guarded):
    """casadi: NaN of a branch that is not taken spoilt the Jacobian, later the second derivative."""
    curvature = np.array(guarded.diff("x", 2)([-3.0, 2.0]))
    assert np.isfinite(curvature).all()
    assert curvature[2].tolist() == pytest.approx([0, -0.25 * 2**-1.5])


def test_heyoka_select_branches_in_single_precision_and_blocks(guarded):
    """heyoka: a guarded derivative is NaN where only some lanes of a vector take the branch."""
    mixed = np.tile([-1.0, 4.0, 0.0], 7)
    slopes = guarded.diff("x")(mixed)[2]
    same(slopes, np.tile([0, 0.25, 0], 7))


def test_symengine_py_234_piecewise_of_a_cube():
    """symengine.py: a Piecewise could not be evaluated at all: 'Not Implemented'."""
    k = lambdify([x], [Piecewise((-x, x < 0), (x**3, True))])
    same(k([-2.0, 2.0])[0], [2, 8])


def test_sympy_14789_no_branch_is_not_a_number():
    """sympy: what no branch covers depended on the printer; here it is NaN, and so is a NaN."""
    k = lambdify([x], [Piecewise((1, x < 0), (2, x > 1)), Piecewise((1, x < 0), (2, True))])
    same(k([-1, 0.5, 2, NAN])[0], [1, NAN, 2, NAN])
    same(k([NAN])[1], [2])


def test_casadi_1792_conditions_alone_have_no_slope():
    """casadi: the Jacobian of if_else(x > 10, x, 0) was 0 everywhere."""
    slope = lambdify([x], Piecewise((x, x > 10), (0, True))).diff("x")
    same(slope([9.0, 11.0]), [0, 1])


# extremes, signs, remainders


def test_jax_37821_the_slope_of_a_maximum_is_of_its_own_argument():
    """jax: the derivative of max(x, 0) was 1/2 at 0 and wherever x is subnormal."""
    slope = lambdify([x], Max(x, 0)).diff("x")
    found = slope([-1e-310, 1e-310, -1.0, 1.0])
    same(found, [0, 1, 0, 1])


def test_jax_2107_the_slope_of_softplus_at_zero():
    """jax: softplus as log1p(exp(-|x|)) + max(x, 0) had the slope 1 at 0."""
    slope = lambdify([x], log(1 + exp(x))).diff("x")
    np.testing.assert_allclose(slope([-800, 0, 800]), [0, 0.5, 1], rtol=1e-15)


@pytest.fixture(scope="module")
def parts():
    return lambdify([x, y], [sign(x), Abs(x), floor(x), ceiling(x), Mod(x, y), -Mod(x, y)])


def test_jax_js_215_sign_of_nan(parts):
    """jax-js, godot, DecFP: sign(NaN) was 1; sign(0) is 0 here."""
    same(parts([NAN, -2, 0, 3, INF, -INF], 1)[0], [NAN, -1, 0, 1, 1, -1])


def test_sympy_17737_minus_before_a_remainder(parts):
    """sympy: -Mod(3, 7) was 4: printed without parentheses as ``-x % y``."""
    assert parts(3, 7)[5] == -3.0


@pytest.mark.parametrize(
    ("a", "b"), [(-1, 3), (1, -3), (-4, 10), (5.5, 2.25), (-5.5, -2.25), (1e18, 7)]
)
def test_casadi_1112_remainders_have_the_sign_of_the_divisor(parts, a, b):
    """casadi and numba 8574: the remainder of -1 and 3 was -1, as in C; SymPy and NumPy say 2."""
    assert parts(a, b)[4] == np.mod(float(a), float(b))


def test_numpy_floor_of_large_numbers_and_zeros(parts):
    """numba: floor went through integers of 64 bits, which hold neither 1e300 nor a zero's sign."""
    values = [1e300, -1e300, 2.0**63, -0.5, INF, NAN]
    same(parts(values, 1)[2], np.floor(values))
    same(parts(values, 1)[3], np.ceil(values))


@pytest.fixture(scope="module")
def planes():
    return lambdify([x, y], [atan2(x, y), x**y, sqrt(x**2 + y**2)])


ENDS = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN]


@pytest.mark.parametrize("name", ["atan2", "hypot"])
def test_numba_atan2_signed_zeros_and_infinities(planes, name):
    """jax and others: atan2(-0.0, -1.0) was pi, not -pi; sqrt(x**2 + y**2) of infinity NaN."""
    a, b = np.meshgrid(ENDS, ENDS)
    row, function = {"atan2": (0, np.arctan2), "hypot": (2, np.hypot)}[name]
    expected = function(a, b)
    if name == "hypot":  # as written: NaN beside infinity is NaN
        expected[np.isnan(a) | np.isnan(b)] = NAN
    same(planes(a, b)[row], expected)


def test_numexpr_powers_of_zero_and_one(planes):
    """peers by logarithms: 0**0 was NaN, (-2)**3 was NaN, 1**inf was NaN."""
    a, b = np.meshgrid([*ENDS, 2.0, -2.0], [*ENDS, 3.0, -3.0, 0.5, 2.0])
    with np.errstate(all="ignore"):
        same(planes(a, b)[1], np.power(a, b))


# digits


def test_sympy_16464_floats_keep_their_digits():
    """sympy: 1.414213562373095048801688724209698 was printed with 15 digits."""
    long = Float("1.4142135623730950488016887242097", 32)
    k = lambdify([x], [long * x, Float(0.1) * x, Float(1 / 3) * x, sqrt(2).evalf(64) - x])
    assert k(1.0) == [math.sqrt(2), 0.1, 1 / 3, math.sqrt(2) - 1.0]


def test_sympy_8818_differences_of_long_floats():
    """sympy: sqrt(2) of 64 digits less sqrt(2) lost everything beyond 15 digits."""
    k = lambdify([x], x - sqrt(2).evalf(64))
    assert k(math.sqrt(2)) == 0.0


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Integer(10) ** 40, 1e40),
        (Integer(2) ** 1023 * 3 / 2, 1.5 * 2.0**1023),
        (Rational(1, 3), 1 / 3),
        (Rational(10**400 + 1, 3 * 10**400), 1 / 3),
        (Rational(1, 10**320), 1e-320),
        (Integer(2**53) + 1, 2.0**53),
        (Rational(2**54 + 3, 2), 2.0**53 + 2),
        (Integer(10) ** 5000, INF),
        (Rational(1, 10**5000), 0.0),
        (Float("1e-400", 20), 0.0),
        (exp(Integer(-800)), 0.0),
        (pi**50, math.pi**50),
    ],
    ids=lambda value: str(value) if isinstance(value, float) else "",
)
def test_sympy_14974_constants_are_rounded_once(number, expected):
    """sympy: a fraction was divided as two doubles, and huge integers were no doubles at all."""
    found = lambdify([x], [number + 0 * Symbol("x"), number])(0.0)[1]
    assert found == pytest.approx(expected, rel=1e-14, abs=0)
    if isinstance(number, Integer | Rational):
        assert found == expected


def test_sympy_9439_long_integers_in_exponents():
    """sympy: nested powers of a large integer ran for ever or raised a SyntaxError."""
    k = lambdify([x], [x ** (10**6), x ** (-(10**6)), x ** Rational(10**9 + 1, 10**9)])
    values = k(1.000001)
    assert values[0] == pytest.approx(math.exp(1e6 * math.log1p(1e-6)), rel=1e-9)
    assert values[1] == pytest.approx(1 / values[0], rel=1e-9)
    assert values[2] == pytest.approx(1.000001, rel=1e-14)


def test_sympy_powers_of_thirds_are_as_sympy_means():
    """Many peers: x**(1/3) of a negative number is real here and NaN there; SymPy has it complex."""
    k = lambdify([x], [x ** Rational(1, 3), sympy.real_root(x, 3), root(x, 3) ** 3])
    found = k([-8.0, 8.0, 0.0])
    same(np.isnan(found[0]), [True, False, False])
    np.testing.assert_allclose(found[1], [-2, 2, 0], rtol=1e-15)
    assert found[0][1] == pytest.approx(2, rel=1e-15)


def test_symengine_py_448_intermediate_overflow():
    """symengine.py: quotients of exponentials were inf or NaN where the value is ordinary."""
    k = lambdify([x], [exp(x) / (1 + exp(x)), sympy.tanh(x), log(1 + exp(x))])
    found = k([1000.0, -1000.0])
    np.testing.assert_allclose(found, [[1, 0], [1, -1], [1000, 0]], rtol=1e-15)


def test_sympy_optims_c99_small_differences():
    """sympy: exp(x) - 1, log(1 + x), 1 - cos(x) and sqrt(1 + x) - 1 of 1e-12 lost four digits."""
    formulas = [exp(x) - 1, log(1 + x), (1 - cos(x)) / x**2, (sqrt(1 + x) - 1) / x]
    found = lambdify([x], formulas)(1e-12)
    np.testing.assert_allclose(
        found, [1e-12 * (1 + 5e-13), 1e-12 * (1 - 5e-13), 0.5, 0.5 - 1.25e-13], rtol=3e-16
    )


# complex numbers


def test_symengine_py_406_complex_data_is_refused():
    """symengine dropped the imaginary part, sympy compared it away; here it is an error."""
    k = lambdify([x, y], x * y)
    for value in (1j, np.array([1 + 1j]), np.complex64(2)):
        with pytest.raises(TypeError, match="complex"):
            k(value, 1.0)


@pytest.mark.parametrize("formula", [I * x, x + I, exp(I * x)], ids=str)
def test_symengine_py_138_and_396_an_imaginary_unit_is_refused_when_built(formula):
    """symengine.py: the imaginary unit in a real function raised 'Not Implemented', or was lost."""
    with pytest.raises(TypeError, match="complex128"):
        lambdify([x], formula)


@pytest.fixture(scope="module")
def complex_parts():
    t, s = symbols("t s")
    return lambdify(
        [t, s],
        [
            re(((t + I * s) * exp(3 * I)) ** 3),
            im(((t + I * s) * exp(3 * I)) ** 3),
            im(sqrt(-t)),
            Abs(t**2),
            sign(t),
            t / Abs(t),
            log(t),
            arg(t),
            Piecewise((t, s.as_real_imag()[0] < 1), (0, True)),
        ],
        dtype="complex128",
    )


def test_sympy_17625_real_and_imaginary_parts(complex_parts):
    """sympy: ``im`` could not be printed: 'not enough arguments for format string'."""
    found = complex_parts(1, 2)
    expected = ((1 + 2j) * np.exp(3j)) ** 3
    assert found[0] == pytest.approx(expected.real, rel=1e-14)
    assert found[1] == pytest.approx(expected.imag, rel=1e-14)


def test_sympy_21751_the_branch_of_a_root(complex_parts):
    """sympy: im(sqrt(-x)) went through atan2(-im(x), -re(x)) and changed sides by chance.

    Here the sign of zero chooses the side of the cut, as in NumPy.
    """
    for value in (complex(4, 0.0), complex(4, -0.0), -4.0):
        assert complex_parts(value, 0)[2] == np.sqrt(-np.complex128(value)).imag


def test_sympy_9474_modulus_of_a_power(complex_parts):
    """sympy: abs(k**2) of a complex number raised 'can't convert complex to float'."""
    assert complex_parts(10.01 + 0.1j, 0)[3] == pytest.approx(100.2101, rel=1e-15)


def test_sympy_22223_sign_of_a_complex_number(complex_parts):
    """sympy: sign(1 + i) was 1; it is z/|z|."""
    found = complex_parts(1 + 1j, 0)
    assert found[4] == pytest.approx(found[5], rel=1e-15)
    assert found[4] == pytest.approx((1 + 1j) / math.sqrt(2), rel=1e-15)


def test_branch_of_the_logarithm_follows_the_sign_of_zero(complex_parts):
    """Peers that go through real parts: log(-1 - 0i) was +i pi."""
    above, below = complex(-1.0, 0.0), complex(-1.0, -0.0)
    found = complex_parts(np.array([above, below]), 0)
    assert found[6].imag.tolist() == [math.pi, -math.pi]
    assert found[7].real.tolist() == [math.pi, -math.pi]


# what has no value


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        (sympy.Integral(exp(-(y**y)), (y, 0, x)), "Integral"),
        (sympy.Derivative(sympy.Function("f")(x), x), "Derivative"),
        (sympy.Function("f")(x), "f"),
        (x + sympy.O(x**2), "Order"),
        (sympy.DiracDelta(x), "DiracDelta"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sympy_5932_what_cannot_be_evaluated_is_refused_when_built(formula, name):
    """sympy: an Integral was printed into the code and raised 'Symbolic value' at the call."""
    with pytest.raises(UnsupportedNodeError, match=name):
        lambdify([x], formula)


def test_sympy_undeclared_symbols_are_refused_when_built():
    """sympy: a symbol that is no argument was a NameError at the call, or someone else's variable."""
    with pytest.raises(ValueError, match="np"):
        lambdify([x], x + Symbol("np"))


def test_domain_errors_are_silent_and_as_in_numpy():
    """numba: 1/x raised ZeroDivisionError, sqrt(-1) 'math domain error' in the math module."""
    k = lambdify([x], [1 / x, log(x), sqrt(x), acos(x), sympy.gamma(x)])
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        found = k([0.0, -0.0, -1.0, 2.0])
    same(found[0], [INF, -INF, -1, 0.5])
    same(found[1], [-INF, -INF, NAN, math.log(2)])
    same(found[2], [0, -0.0, NAN, math.sqrt(2)])
    assert np.isnan(found[3][3])


def test_signs_at_poles_are_those_of_the_formula_as_written():
    """Peers that turn differences around: 3 - 1/(2 - x) at 2 was +inf, through 3 + 1/(x - 2)."""
    # One at a time: what several formulas share is computed as it is written.
    for formula in (1 / (2 - x), 1 / (2 - x) - 1, x / (2 - x) - 1 / x, 3 + 1 / (2 - x) ** 3):
        assert lambdify([x], formula)(2.0) == INF
    for formula in (-1 / (2 - x), 3 - 1 / (2 - x), -x - sin(x) / (2 - x)):
        assert lambdify([x], formula)(2.0) == -INF


def test_equality_and_order_with_nan():
    """Fast mathematics in peers: comparisons with NaN were true, and isnan false."""
    flags = [Eq(x, x + 0 * y), Ne(x, y), x < y, x >= y]
    k = lambdify([x, y], [Piecewise((1, flag), (0, True)) for flag in flags[1:]])
    same(k(NAN, 1.0), [1, 0, 0])
    same(k(1.0, 1.0), [0, 0, 1])
