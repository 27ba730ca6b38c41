"""What went wrong in other libraries: shapes, layouts, containers and types of arrays.

Each test is named by the report of the peer, and its docstring says what the peer did.
"""

from __future__ import annotations

import array

import numpy as np
import pytest
import sympy
from sympy import Integer, Matrix, Max, Min, Piecewise, Rational, Symbol, exp, pi, sqrt, symbols

from symnum.compiler import lambdify

x, y, z = symbols("x y z")
LINE = np.linspace(-2, 2, 10)


# constants


@pytest.fixture(scope="module")
def constants():
    """One, two, x/x, a derivative that is a number, a result of one argument of two, a sum."""
    return lambdify([x, y], [1, pi, x / x, sympy.diff(x**2, x, 2), y, x + y])


def test_sympy_5642_constants_have_the_shape_of_the_arguments(constants):
    """sympy: a lambdified constant returned one number, whatever the shape of the arrays."""
    for row in constants(LINE, LINE[:, None]):
        assert row.shape == (10, 10)
        assert row.dtype == np.float64


def test_sympy_24036_what_cancels_to_a_constant_too(constants):
    """sympy: ``x/x`` of three numbers returned 1, not three ones."""
    np.testing.assert_array_equal(constants([1, 2, 3], 0)[2], np.ones(3))


def test_sympy_18347_arrays_in_arrays_out(constants):
    """sympy: ``1 + x`` gave an array and ``1`` a number; x*(x + 1) - x**2 - x + 1 was the way out."""
    np.testing.assert_array_equal(constants(np.array((1, 2)), 0)[0], [1.0, 1.0])
    assert constants(5, 0)[0] == 1.0
    assert np.ndim(constants(5, 0)[0]) == 0


def test_sympy_30032_partial_expressions_keep_the_common_shape(constants):
    """sympy: what does not depend on every argument had the shape of those it depends on."""
    rows = constants(np.zeros((3, 1)), np.zeros(4))
    assert {row.shape for row in rows} == {(3, 4)}


def test_sympy_5642_derivatives_of_linear_functions():
    """sympy: the gradient of a linear loss was a list of numbers beside arrays."""
    rows = lambdify([x, y], 3 * x - y / 2).gradient()(LINE, 1.0)
    np.testing.assert_array_equal(rows, np.stack([np.full(10, 3.0), np.full(10, -0.5)]))


def test_sympy_27632_a_matrix_of_an_array_and_a_number():
    """sympy: an array beside a number raised 'inhomogeneous shape'; entries are broadcast here."""
    k = lambdify([x, y], Matrix([[x, y], [x + y, y**2], [0, 1]]))
    value = k(np.ones(5), 10.0)
    assert value.shape == (5, 3, 2)
    np.testing.assert_array_equal(value[3], [[1, 10], [11, 100], [0, 1]])


def test_sympy_19259_a_matrix_of_one_varying_entry():
    """sympy: the result was an object array of shape (2, 2) that held arrays and integers."""
    a, b, c, d = symbols("a b c d")
    value = lambdify([a, b, c, d], Matrix([[a, b], [c, d]]))(np.arange(4), 1, 2, 3)
    assert value.dtype == np.float64
    assert value.shape == (4, 2, 2)
    np.testing.assert_array_equal(value[:, 0, 0], np.arange(4))


@pytest.mark.parametrize("shape", [(0, 1), (1, 0), (0, 0), (0, 3)], ids=str)
def test_sympy_27174_empty_matrices_keep_their_shape(shape):
    """sympy: the lambdified Matrix of shape (0, 1) had the shape (0,)."""
    k = lambdify([x], sympy.zeros(*shape))
    assert k(1.0).shape == shape
    assert k(LINE).shape == (10, *shape)


def test_symengine_py_170_several_results_of_different_shapes():
    """symengine.py: a number, a vector and its Jacobian came back as one flat array."""
    vector = Matrix([x + y, x * y])
    k = lambdify([x, y], (x**y, vector, vector.jacobian([x, y])))
    power, values, slopes = k(2, 3)
    assert power == 8.0
    np.testing.assert_array_equal(values, [[5.0], [6.0]])
    np.testing.assert_array_equal(slopes, [[1.0, 1.0], [3.0, 2.0]])


def test_symengine_py_174_a_constant_among_several_results():
    """symengine.py: with shared terms taken out, cos(x)**0 beside arrays raised ValueError."""
    rows = lambdify([x], [sympy.cos(x) ** i for i in range(5)])(np.array([1, 2, 3]))
    np.testing.assert_allclose(rows, [np.cos([1.0, 2, 3]) ** i for i in range(5)], rtol=1e-15)


def test_sympy_23536_arguments_in_vectors():
    """sympy: with cse, functions inside of argument vectors were not replaced: NameError."""
    t = Symbol("t")
    q, u = (sympy.Function(name)(t) for name in "qu")
    k = lambdify([Matrix([q, u]), x], [q * u + x, q * u])
    np.testing.assert_array_equal(k([2.0, 3.0], 1.0), [7.0, 6.0])


def test_sympy_26404_derivatives_as_arguments():
    """sympy: with cse, the argument Derivative(x(t), t) was no longer recognised."""
    t = Symbol("t")
    place = sympy.Function("x")(t)
    k = lambdify([place.diff(t), place], place.diff(t) + place)
    assert k(1, 2) == 3.0


def test_tensorwaves_555_entries_of_matrix_symbols_as_arguments():
    """tensorwaves: a trace of MatrixSymbol entries could not be made numerical."""
    entries = sympy.MatrixSymbol("M", 2, 2)
    k = lambdify([entries[0, 0], entries[1, 1]], entries[0, 0] + entries[1, 1])
    assert k(2, 5) == 7.0


# Max, Min, Piecewise over arrays


@pytest.fixture(scope="module")
def extremes():
    return lambdify(
        [x, y],
        [Max(x, 0), Min(x, 45, y), Max(3, x), Max(x, y), Min(x, y)],
    )


@pytest.mark.parametrize("position", [0, 2], ids=["zero", "three"])
def test_sympy_17269_and_25660_extremes_with_constants(extremes, position):
    """sympy: Max(x, 0) of an array raised ValueError: it became amax((0, x), axis=0)."""
    found = extremes([-1, 1, 7], 0.0)[position]
    np.testing.assert_array_equal(found, np.maximum([-1, 1, 7], (0, 0, 3)[position]))


def test_sympy_18742_extremes_are_taken_element_by_element(extremes):
    """sympy: Min(0.1*x + 3, x + 1, 0.5*x + 1) was one number, the least of the whole array."""
    first, second = np.linspace(0, 60, 30), np.linspace(100, 0, 30)
    expected = np.minimum(np.minimum(first, 45), second)
    np.testing.assert_array_equal(extremes(first, second)[1], expected)


def test_sympy_25211_extremes_are_broadcast(extremes):
    """sympy: Max(x, y) of arrays of different shapes failed."""
    assert extremes(np.zeros((2, 1)), np.zeros(3))[3].shape == (2, 3)


def test_sympy_10375_extremes_of_integers(extremes):
    """sympy: Min(x, y, z) of three plain integers raised AttributeError."""
    assert extremes(50, 46)[1] == 45.0


@pytest.mark.parametrize("place", range(19), ids=str)
def test_numba_min_max_propagate_nan_from_either_side(extremes, place):
    """numba: min and max of NaN and a number are one or the other, as the order has it."""
    first, second = np.ones(19), np.full(19, 2.0)
    first[place] = np.nan
    for pair in ((first, second), (second, first)):
        for row in (3, 4):
            assert np.flatnonzero(np.isnan(extremes(*pair)[row])).tolist() == [place]


def test_sympy_21611_piecewise_with_minima():
    """sympy: a Piecewise with Min(60.3, z) raised 'setting an array element with a sequence'."""
    slopes = z * Rational(91, 5) + Rational(21, 5) * Min(z, Rational(603, 10)) ** 2
    found = lambdify([z], Piecewise((0, z < 0), (slopes, True)))(np.array([-1.0, 10, 100]))
    np.testing.assert_allclose(found, [0, 602, 18.2 * 100 + 4.2 * 60.3**2], rtol=1e-15)


def test_sympy_25307_results_are_numbers_not_objects():
    """sympy: entries of a vector with several Piecewise were arrays of the type object."""
    steps = [Piecewise((0, x < k), (x - k, True)) for k in range(6)]
    value = lambdify([x], Matrix([sum(steps), steps[1] * steps[2]]))(np.arange(5))
    assert value.dtype == np.float64
    assert value[4].tolist() == [[10.0], [6.0]]


def test_sympy_22106_sums_of_piecewise_counts():
    """sympy: three Piecewise added together could not be evaluated on lists."""
    a, b, c = symbols("a b c", real=True)
    count = sum(Piecewise((1, sympy.Eq(symbol, 0)), (0, True)) for symbol in (a, b, c))
    k = lambdify([a, b, c], Matrix([Piecewise((1, sympy.Eq(count, 2)), (0, True)), count]))
    value = k([0, 1], [0, 1], [1, 0])
    assert value[..., 0].tolist() == [[1.0, 2.0], [0.0, 1.0]]


def test_sympy_14295_conditions_joined_three_times():
    """sympy: And of three conditions raised 'return arrays must be of ArrayType'."""
    inside = sympy.And(abs(x) <= 3, abs(y) <= 3, abs(z) <= 3)
    k = lambdify([x, y, z], Piecewise((exp(-x), inside), (0, True)))
    np.testing.assert_array_equal(k([1, 4, 1], 1, [1, 1, -9]), [np.exp(-1.0), 0, 0])


# layouts and types


@pytest.fixture(scope="module")
def plane():
    return lambdify([x, y], x**2 - 3 * y + x * y)


@pytest.mark.parametrize(
    "layout",
    [
        lambda a: a[::2],
        lambda a: a[::-1],
        lambda a: np.asfortranarray(np.vstack([a, a])),
        lambda a: a.astype(">f8"),
        lambda a: np.lib.stride_tricks.as_strided(a, (5, 3), (8, 16)),
        lambda a: np.broadcast_to(a[0], (7, 3)),
        lambda a: a.view([("f", "f8")])["f"],
        lambda a: np.frombuffer(b"\0" + a.tobytes(), "u1")[1:].view("f8"),
    ],
    ids=[
        "strided",
        "reversed",
        "fortran",
        "big-endian",
        "overlapping",
        "broadcast",
        "field",
        "odd",
    ],
)
def test_finufft_58_layouts_of_memory(plane, layout):
    """finufft, neuropod, galario: arrays that are not contiguous gave wrong numbers or an error."""
    u = layout(np.linspace(-3, 3, 22))
    v = layout(np.linspace(5, 9, 22))
    np.testing.assert_allclose(plane(u, v), u**2 - 3 * v + u * v, rtol=1e-14)


def test_numpy_11605_out_of_any_order(plane):
    """numpy: clip wrote into a transposed `out` as if it were contiguous."""
    u = np.arange(6.0).reshape(2, 3)
    out = np.zeros((3, 2)).T
    assert plane(u, 1.0, out=out) is out
    np.testing.assert_array_equal(out, u**2 - 3 + u)


@pytest.mark.parametrize("shift", [-9, -1, 1, 9], ids=str)
def test_numpy_8043_out_that_overlaps_an_argument(plane, shift):
    """numpy before 1.13: what was written was read again as an argument."""
    memory = np.linspace(0, 1, 60)
    u, out = memory[10:50], memory[10 + shift : 50 + shift]
    expected = u**2 - 3 * u + u * u
    plane(u, u, out=out)
    np.testing.assert_allclose(out, expected, rtol=1e-14, atol=1e-15)


def test_numba_1867_out_at_the_first_call():
    """numba: a ufunc that was not compiled yet did not take `out`."""
    out = np.zeros(3)
    lambdify([x, y], 5 * x - y)(np.ones(3), np.ones(3), out=out)
    assert out.tolist() == [4.0, 4.0, 4.0]


@pytest.mark.parametrize("n", [0, *range(1, 41)], ids=str)
def test_every_length_has_the_same_values(plane, n):
    """heyoka, numpy: what does not fill a vector is computed in another way, and a bit differs."""
    u = np.linspace(-1, 1, 64)
    np.testing.assert_array_equal(plane(u[:n], 0.1), plane(u, 0.1)[:n])


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0, 2)], ids=str)
def test_empty_arrays_keep_shape_and_type(plane, shape):
    """Most peers: arrays without elements are an error, or come back as one empty row."""
    value = plane(np.zeros(shape), 1.0)
    assert value.shape == shape
    assert value.dtype == np.float64


@pytest.fixture(scope="module")
def single():
    """Integers, fractions, pi and roots in single precision."""
    return lambdify(
        [x], [x / 3 + 1, pi * x, sqrt(2) * x, x**3, exp(x) + Integer(10) ** 20], dtype="float32"
    )


@pytest.mark.parametrize("kind", ["f4", "f8", "i4", "i8", "?", "u1", ">f4"], ids=str)
def test_numba_2006_single_precision_stays_single(single, kind):
    """numba: x**3 of float32 was float64; integers and pi promote; types depended on history."""
    for row in single(np.arange(2).astype(kind)):
        assert row.dtype == np.float32


def test_pandas_12388_constants_do_not_widen(single):
    """numexpr in pandas: a float32 column divided by 3.0 became float64."""
    value = single(np.float32(1))
    assert all(isinstance(entry, np.float32) for entry in value)
    assert value[0] == np.float32(1) + np.float32(1) / np.float32(3)


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int64, np.uint8], ids=str)
def test_numexpr_71_negative_powers_of_integers(kind):
    """numexpr: a**-1.0 of integers was rounded down to 0; numpy refuses negative powers of them."""
    k = lambdify([x], [x ** (-1), x ** (-2), 2 ** (-x)])
    np.testing.assert_array_equal(
        k(np.array([2, 4], kind)), [[0.5, 0.25], [0.25, 0.0625], [0.25, 0.0625]]
    )


def test_sympy_26862_integer_arrays_in_exponents():
    """sympy: (2/3)*3**(1 - n) of an integer array raised 'Integers to negative integer powers'."""
    k = lambdify([x], 2 * 3 ** (1 - x) / Integer(3))
    np.testing.assert_allclose(k(np.arange(1, 5)), 2 / 3 * 3.0 ** -np.arange(4), rtol=1e-15)


def test_numexpr_22_quotients_of_integers():
    """numexpr: 1/2 was 0, and an array of integers divided by 5.0 was rounded down."""
    k = lambdify([x, y], [x / y, Rational(1, 2) * x, x / 5])
    found = k(np.array([1, 3]), 2)
    np.testing.assert_allclose(found, [[0.5, 1.5], [0.5, 1.5], [0.2, 0.6]], rtol=1e-15)


def test_numpy_13102_powers_of_integers_do_not_wrap():
    """numpy: 100**8 of 32-bit integers was 1874919424."""
    assert lambdify([x], x**8)(np.array([100], np.int32))[0] == 1e16


def test_numpy_11407_huge_python_integers():
    """numpy: exp(2**64) raised AttributeError: 'int' object has no attribute 'exp'."""
    k = lambdify([x], [sqrt(x), x + 1])
    assert k(2**64) == [2.0**32, 2.0**64]
    with pytest.raises(TypeError, match="argument x must hold numbers"):
        k([2**64, 4])  # an array of objects, for NumPy


# what is an array, and what is none


@pytest.mark.parametrize(
    "value",
    [
        [1, 2.5],
        (True, 2.5),
        range(1, 3),
        array.array("f", [1, 2.5]),
        memoryview(np.array([1.0, 2.5])),
        np.array([1, 2.5], np.float16),
        np.array([1, 2.5], np.longdouble),
        np.array([[1, 2.5]]).T[:, 0],
    ],
    ids=["list", "tuple", "range", "array", "memoryview", "half", "long", "view"],
)
def test_everything_numpy_takes_is_an_argument(plane, value):
    """sympy: lists were multiplied as lists are, [1, 2]*2 being [1, 2, 1, 2]."""
    u = np.asarray(value, float)
    found = plane(value, 2)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, u**2 - 6 + 2 * u)


@pytest.mark.parametrize(
    "value",
    ["1", b"1", None, [[1, 2], [3]], np.array(["1"]), np.array([1, 2], object),
     np.array(["2020-01-01"], "M8[D]"), np.zeros(2, [("a", "f8")]), {1, 2}, Symbol("x"), 1j],
    ids=["text", "bytes", "none", "ragged", "texts", "objects", "dates", "records", "set", "symbol",
         "complex"],
)  # fmt: skip
def test_jax_and_sympy_what_is_no_array_of_numbers_is_refused_by_name(plane, value):
    """sympy computed on with it: a text times 3 is a longer text, dates become integers."""
    with pytest.raises(TypeError, match="argument y"):
        plane(1.0, value)


def test_relations_are_ones_and_zeros():
    """sympy: a lambdified condition gave booleans, or a SymPy object where it was constant."""
    rows = lambdify([x], [x > 0, sympy.Eq(x, 1), sympy.true])([-1.0, 1.0])
    np.testing.assert_array_equal(rows, [[0, 1], [0, 1], [1, 1]])
    assert all(row.dtype == np.float64 for row in rows)
