"""NumPy's rules: shapes, strides, types, scalars, `out=`, and what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sympy

from symnum.compiler import lambdify

x, y = sympy.symbols("x y")


def formula(a, b):
    return a * b + a - 3 * b


@pytest.fixture(scope="module")
def k():
    return lambdify([x, y], x * y + x - 3 * y)


@pytest.fixture(scope="module")
def two():
    return lambdify([x, y], [x + y, x - y])


@pytest.fixture(scope="module")
def matrix():
    return lambdify([x], sympy.Matrix([[x, 1], [x**2, x + 1], [2, x / 2]]))


@pytest.fixture(autouse=True)
def _strict():
    """Nothing may warn or raise for floating-point flags."""
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).uniform(-2, 2, shape)


@pytest.mark.parametrize("n", [*range(41), 1000, 8191, 8192, 8193, 20_000])
def test_every_length(k, n):
    a, b = numbers(n), numbers(n, seed=2)
    expected = np.array([k(p, q) for p, q in zip(a[:64].tolist(), b[:64].tolist(), strict=True)])
    result = k(a, b)
    assert result.shape == (n,)
    assert result[:64].tolist() == expected.tolist()
    np.testing.assert_allclose(result, formula(a, b), rtol=1e-14, atol=1e-14)


big = numbers(6, 8)
LAYOUTS = {
    "sliced": (big[::2, ::3], big[1::2, ::3]),
    "reversed": (big[::-1, ::-1], big),
    "transposed": (big.T, big.T * 2),
    "one transposed": (np.asfortranarray(big), big),
    "fortran": (np.asfortranarray(big), np.asfortranarray(big + 1)),
    "column and row": (big[:, :1], big[:1]),
    "outer 3d": (big[:, None, :3], big[None, :2, :3]),
    "array and number": (big, 2.5),
    "number and array": (-1.5, big),
    "0-d": (np.array(0.5), big),
    "one element": (big, np.array([[3.0]])),
    "float32": (big.astype("f4"), big),
    "integers": (np.arange(48).reshape(6, 8), big),
    "bools": (big > 0, big),
    "big endian": (big.astype(">f8"), big),
    "long double": (big.astype(np.longdouble), big),
    "half": (big.astype(np.float16), big),
    "lists": (big.tolist(), [1, 2, 3, 4, 5, 6, 7, 8]),
    "unaligned": (np.frombuffer(b"\0" + big.tobytes(), offset=1, dtype="u1").view("f8"), 1.0),
    "empty": (np.empty((3, 0)), 1.0),
    "empty broadcast": (np.empty((0, 1)), np.empty((1, 5))),
    "stride zero": (np.broadcast_to(np.float64(2), (6, 8)), big),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(k, layout):
    a, b = LAYOUTS[layout]
    result = k(a, b)
    expected = formula(np.asarray(a, float), np.asarray(b, float))
    assert type(result) is np.ndarray
    assert result.dtype == np.float64
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-14, atol=1e-13)


def test_read_only_arguments(k):
    a = numbers(10)
    a.flags.writeable = False
    np.testing.assert_array_equal(k(a, a), k(a.copy(), a.copy()))


def test_fortran_order_is_kept(k):
    a = np.asfortranarray(big)
    assert k(a, a).flags.f_contiguous
    np.testing.assert_array_equal(k(a, a), k(big, big))


SCALARS = [2, 2.0, True, np.float64(2), np.float32(2), np.int8(2), np.array(2.0), np.array(2)]


@pytest.mark.parametrize("value", SCALARS, ids=lambda v: f"{type(v).__name__}")
def test_scalars_give_scalars(k, value):
    result = k(value, 0.5)
    assert isinstance(result, float)
    assert not isinstance(result, np.ndarray)
    assert result == formula(float(value), 0.5)


def test_scalars_of_other_types():
    single = lambdify(x, x / 3, dtype="float32")
    assert single(1.0) == np.float32(1) / np.float32(3)
    assert isinstance(single(1.0), np.float32)
    small = lambdify(x, x / 3, dtype="complex64")
    assert isinstance(small(1 + 3j), np.complex64)
    assert lambdify(x, x / 3, dtype=complex)(3j) == 1j


def test_containers(two, matrix):
    a = numbers(4, 5)
    plus, minus = two(a, 1.0)
    np.testing.assert_array_equal(plus, a + 1)
    np.testing.assert_array_equal(minus, a - 1)
    assert two(2.0, 1.0) == [3.0, 1.0]
    result = matrix(a)
    assert result.shape == (4, 5, 3, 2)
    np.testing.assert_array_equal(result[..., 0, 1], np.ones((4, 5)))
    np.testing.assert_array_equal(result[..., 1, 0], a * a)
    assert matrix(2.0).tolist() == [[2, 1], [4, 3], [2, 1]]
    assert matrix(np.empty(0)).shape == (0, 3, 2)


CONSTANTS = [5, sympy.pi, [1, x], sympy.Matrix([[1], [2]]), {"a": 3, "b": x}]


@pytest.mark.parametrize("expr", CONSTANTS, ids=str)
def test_constants_get_the_shape_of_the_arguments(expr):
    kernel = lambdify(x, expr)
    for shape in ((), (3,), (2, 0), (2, 3)):
        result = kernel(np.zeros(shape))
        entries = result.values() if isinstance(result, dict) else result
        entries = entries if isinstance(result, dict | list) else [result]
        trailing = (2, 1) if isinstance(result, np.ndarray) and np.ndim(result) > len(shape) else ()
        assert all(np.shape(entry) == shape for entry in entries) or (
            result.shape == shape + trailing
        )


def test_no_arguments_at_all():
    assert lambdify([], sympy.sqrt(2))() == 2**0.5
    assert lambdify((), [1, 2])() == [1.0, 2.0]
    out = np.empty(())
    assert lambdify([], 7)(out=out) is out
    assert out == 7
    nothing = lambdify(x, [])
    empty = []
    assert nothing(np.zeros(3)) == nothing(2.0) == []
    assert nothing(np.zeros(3), out=empty) is empty


# --------------------------------------------------------------------------- out=


def test_out_is_returned_and_filled(k):
    a, b, out = numbers(30), numbers(30, seed=3), np.empty(30)
    assert k(a, b, out=out) is out
    np.testing.assert_array_equal(out, k(a, b))


OUTS = {
    "strided": lambda: np.empty((12, 10))[::2, ::2],
    "fortran": lambda: np.empty((6, 5), order="F"),
    "reversed": lambda: np.empty((6, 5))[::-1],
}


@pytest.mark.parametrize("kind", OUTS)
def test_out_of_any_strides(k, kind):
    a, out = numbers(6, 5), OUTS[kind]()
    assert k(a, 1.0, out=out) is out
    np.testing.assert_array_equal(out, k(a, 1.0))


@pytest.mark.parametrize("shift", [0, 1, -1, 8])
def test_out_may_overlap_an_argument(k, shift):
    memory = numbers(200)
    a = memory[20:120]
    expected = k(a.copy(), 0.5)
    out = memory[20 + shift : 120 + shift]
    assert k(a, 0.5, out=out) is out
    np.testing.assert_array_equal(out, expected)


def test_out_may_be_an_argument(k):
    a, b = numbers(50), numbers(50, seed=5)
    expected = k(a, b)
    assert k(a, b, out=a) is a
    np.testing.assert_array_equal(a, expected)
    backwards = np.arange(9.0)
    k(backwards, 0.0, out=backwards[::-1])
    np.testing.assert_array_equal(backwards, np.arange(9.0)[::-1])


def test_out_of_containers(two, matrix):
    a = numbers(7)
    out = [np.empty(7), np.empty(7)]
    assert two(a, 1.0, out=out) is out
    np.testing.assert_array_equal(out[1], a - 1)
    rows = np.empty((2, 7))
    two(a, 1.0, out=tuple(rows))
    np.testing.assert_array_equal(rows[0], a + 1)
    whole = np.empty((7, 3, 2))
    assert matrix(a, out=whole) is whole
    np.testing.assert_array_equal(whole, matrix(a))
    named = lambdify(x, {"u": x, "v": x**2})
    table = {"v": np.empty(7), "u": np.empty(7)}
    assert named(a, out=table) is table
    np.testing.assert_array_equal(table["v"], a * a)


def test_outs_that_overlap_each_other_are_filled_one_after_the_other(two):
    a, same = numbers(20), np.empty(20)
    two(a, 1.0, out=[same, same])
    np.testing.assert_array_equal(same, a - 1)


BAD_OUTS = [
    (np.empty(4), ValueError, r"out: expected shape \(3,\), got \(4,\)"),
    (np.empty(3, "f4"), TypeError, "out: expected dtype float64, got float32"),
    (np.empty(3, ">f8"), TypeError, "out: expected dtype float64, got >f8"),
    ([1.0, 2.0, 3.0], TypeError, "out: expected a NumPy array, got list"),
]


@pytest.mark.parametrize(("out", "error", "message"), BAD_OUTS)
def test_wrong_out(k, out, error, message):
    with pytest.raises(error, match=message):
        k(np.zeros(3), 1.0, out=out)


def test_wrong_out_of_containers(two):
    with pytest.raises(ValueError, match="out: expected 2 entries, got 1"):
        two(1.0, 2.0, out=[np.empty(())])
    with pytest.raises(TypeError, match="out: expected a list, got ndarray"):
        two(1.0, 2.0, out=np.empty(2))
    with pytest.raises(ValueError, match=r"out\[1\]: expected shape \(3,\)"):
        two(np.zeros(3), 2.0, out=[np.empty(3), np.empty(2)])
    frozen = np.empty(3)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match=r"out\[0\]: the array is read-only"):
        two(np.zeros(3), 2.0, out=[frozen, np.empty(3)])
    with pytest.raises(ValueError, match=r"out: expected the keys \['u'\], got \['w'\]"):
        lambdify(x, {"u": x})(1.0, out={"w": np.empty(())})


# --------------------------------------------------------------------------- refused


BAD_VALUES = [
    (1j, "argument x is complex"),
    (np.zeros(3, complex), 'argument x is complex .*dtype="complex128"'),
    (np.array([1, None]), "argument x must hold numbers, not object"),
    (["a"], "argument x must hold numbers, not <U1"),
    ("1.0", "argument x must hold numbers"),
    (None, "argument x must hold numbers, not object"),
    (sympy.pi, "argument x must hold numbers, not object"),
    (10**400, "argument x must hold numbers, not object"),
    (np.array(["2020-01-01"], "M8[D]"), "argument x must hold numbers, not datetime64"),
    ([[1.0], [1.0, 2.0]], "argument x is no array of numbers"),
]


@pytest.mark.parametrize(("value", "message"), BAD_VALUES, ids=lambda v: str(v)[:20])
def test_values_that_are_no_real_numbers(k, value, message):
    for other in (1.0, np.zeros(3)):
        with pytest.raises(TypeError, match=message):
            k(value, other)


def test_wrong_calls(k):
    with pytest.raises(TypeError, match=r"expected 2 arguments \(x, y\), got 1"):
        k(1.0)
    with pytest.raises(TypeError, match="got 3"):
        k(1.0, 2.0, 3.0)
    with pytest.raises(ValueError, match=r"do not broadcast: x \(3,\), y \(4,\)"):
        k(np.zeros(3), np.zeros(4))


# --------------------------------------------------------------------------- types


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
def test_result_type_does_not_depend_on_the_arguments(dtype):
    kernel = lambdify([x, y], x * sympy.pi + y / 3 + sympy.sqrt(2), dtype=dtype)
    for a in (2, np.float32(2), np.arange(3), np.arange(3, dtype="f4"), np.arange(3.0)):
        for b in (1.5, np.ones(3, "f8"), np.ones(3, "i2")):
            result = kernel(a, b)
            if isinstance(result, np.ndarray):
                assert result.dtype == np.dtype(dtype)
            expected = np.asarray(a) * np.pi + np.asarray(b) / 3 + 2**0.5
            np.testing.assert_allclose(result, expected, rtol=3e-7)
    assert kernel.dtype == np.dtype(dtype)


def test_overflow_in_a_conversion_is_silent():
    single = lambdify(x, x, dtype="float32")
    assert single(np.array([1e300]))[0] == np.inf
    assert single(1e300) == np.inf


def test_special_values_are_silent():
    kernel = lambdify(x, [sympy.log(x), 1 / x, sympy.sqrt(x), sympy.exp(x)])
    logarithm, inverse, root, power = kernel(np.array([-1.0, 0.0, 1e4]))
    assert np.isnan(logarithm[0])
    assert logarithm[1] == -np.inf
    assert inverse[1] == np.inf
    assert np.isnan(root[0])
    assert power[2] == np.inf


def test_more_arguments_than_an_iterator_takes():
    symbols = sympy.symbols("a:70")
    kernel = lambdify(symbols, sum(symbols))
    values = [np.arange(3)] * 70
    assert kernel(*values).tolist() == [0, 70, 140]


@pytest.mark.parametrize("count", [3, 40])
def test_outputs_may_be_the_inputs_however_many_there_are(count):
    symbols = sympy.symbols(f"a:{count}")
    rotated = lambdify(symbols, [symbols[index - 1] + 1 for index in range(count)])
    arrays = [np.arange(19.0) + 100 * index for index in range(count)]
    expected = [array.copy() for array in rotated(*arrays)]
    assert rotated(*arrays, out=arrays) is arrays
    for array, wanted in zip(arrays, expected, strict=True):
        assert array.tolist() == wanted.tolist()


def test_constant_outputs_are_filled_everywhere():
    for dtype in ("float64", "float32", "complex128", "complex64"):
        kernel = lambdify([x], [3, x, sympy.Rational(1, 3)], dtype=dtype)
        for size in (1, 8, 19):
            three, same, third = kernel(np.arange(size).astype(dtype))
            assert three.tolist() == [3] * size
            assert same.tolist() == list(range(size))
            assert third.dtype == dtype
            assert (third == np.array(1 / 3, dtype)).all()
