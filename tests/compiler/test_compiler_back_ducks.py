"""Arrays of dask, xarray and pandas, masked arrays, and types nobody has heard of."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sympy
from sympy import Matrix

from symnum.compiler import lambdify

dask_array = pytest.importorskip("dask.array")
xarray = pytest.importorskip("xarray")
pandas = pytest.importorskip("pandas")

x, y = sympy.symbols("x y")
a = np.linspace(-2, 2, 24).reshape(4, 6)
b = np.linspace(1, 3, 6)


@pytest.fixture(scope="module")
def one():
    return lambdify([x, y], x * y + sympy.sin(x))


@pytest.fixture(scope="module")
def many():
    return lambdify([x, (y,)], {"sum": x + y, "matrix": Matrix([[x, y], [1, x * y]])})


# --------------------------------------------------------------------------- dask


def test_dask_arrays_stay_lazy_and_chunked(one):
    lazy = dask_array.from_array(a, chunks=(2, 3))
    result = one(lazy, 0.5)
    assert isinstance(result, dask_array.Array)
    assert result.chunks == lazy.chunks
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result.compute(), one(a, 0.5))


def test_dask_with_numpy_arrays_and_other_chunks(one):
    first = dask_array.from_array(a, chunks=(4, 2))
    second = dask_array.from_array(b, chunks=(3,))
    for other in (second, b):
        np.testing.assert_array_equal(one(first, other).compute(), one(a, b))


def test_dask_with_several_results(many):
    first = dask_array.from_array(a, chunks=(2, 3))
    result = many(first, [dask_array.from_array(b, chunks=(3,))])
    expected = many(a, [b])
    assert result["matrix"].shape == (4, 6, 2, 2)
    np.testing.assert_array_equal(result["sum"].compute(), expected["sum"])
    np.testing.assert_array_equal(result["matrix"].compute(), expected["matrix"])
    number = many(dask_array.asarray(2.0), [3.0])
    assert number["sum"].compute() == 5.0


def test_dask_evaluates_nothing_before_compute(one, monkeypatch):
    def refuse(*args):
        raise AssertionError("evaluated")

    monkeypatch.setattr("symnum.compiler.kernel.Kernel._rows", refuse)
    lazy = one(dask_array.ones(10, chunks=5), 2.0)
    with pytest.raises(AssertionError, match="evaluated"):
        lazy.compute()


def test_dask_names_are_deterministic(one):
    from dask.base import tokenize

    again = pickle.loads(pickle.dumps(one))
    assert tokenize(one) == tokenize(again)
    assert tokenize(one) == tokenize(lambdify(["p", "q"], "p*q + sin(p)"))
    assert tokenize(one) != tokenize(one.diff(x))
    lazy = dask_array.from_array(a, chunks=2)
    assert one(lazy, 0.5).name == again(lazy, 0.5).name


# --------------------------------------------------------------------------- xarray


def test_xarray_dimensions_and_coordinates(one):
    first = xarray.DataArray(a, dims=("time", "place"), coords={"time": [1, 2, 3, 4]}, name="u")
    second = xarray.DataArray(b, dims=("place",))
    result = one(first, second)
    assert result.dims == ("time", "place")
    assert result.coords["time"].values.tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(result.values, one(a, b))
    swapped = one(second, first)
    assert swapped.dims == ("place", "time")


def test_xarray_over_dask_and_datasets(one):
    lazy = xarray.DataArray(dask_array.from_array(a, chunks=(2, 3)), dims=("t", "p"))
    result = one(lazy, 0.5)
    assert isinstance(result.data, dask_array.Array)
    np.testing.assert_array_equal(result.compute().values, one(a, 0.5))
    table = xarray.Dataset({"u": ("p", b), "v": ("p", 2 * b)})
    np.testing.assert_array_equal(one(table, 1.0)["v"].values, one(2 * b, 1.0))


def test_xarray_matrices_get_two_more_dimensions(many):
    result = many(xarray.DataArray(b, dims="p"), [1.0])
    assert result["sum"].dims == ("p",)
    assert result["matrix"].dims == ("p", "row", "column")
    np.testing.assert_array_equal(result["matrix"].values, many(b, [1.0])["matrix"])


# --------------------------------------------------------------------------- pandas


def test_pandas_keeps_the_index(one):
    series = pandas.Series([1.0, 2.0], index=["u", "v"], name="s")
    result = one(series, 3.0)
    assert isinstance(result, pandas.Series)
    assert result.index.tolist() == ["u", "v"]
    assert result.name == "s"
    assert result.tolist() == [one(1.0, 3.0), one(2.0, 3.0)]
    assert one(series, np.array([3.0, 4.0]))["v"] == one(2.0, 4.0)


def test_pandas_aligns_labels(one):
    first = pandas.Series([1.0, 2.0], index=["u", "v"], name="s")
    second = pandas.Series([5.0, 7.0], index=["v", "w"], name="t")
    result = one(first, second)
    assert result.index.tolist() == ["u", "v", "w"]
    assert result.name is None
    assert np.isnan(result["u"])
    assert result["v"] == one(2.0, 5.0)


def test_pandas_frames_and_missing_numbers(one):
    frame = pandas.DataFrame({"p": [1, 2], "q": [3, 4]}, index=[10, 20])
    result = one(frame, 0.5)
    assert result.columns.tolist() == ["p", "q"]
    assert result.loc[20, "q"] == one(4.0, 0.5)
    nullable = pandas.Series([1, None], dtype="Int64")
    values = one(nullable, 2.0)
    assert values[0] == one(1.0, 2.0)
    assert np.isnan(values[1])
    with pytest.raises(TypeError, match="Series or DataFrames, not both"):
        one(frame, nullable)
    with pytest.raises(TypeError, match="argument x must hold numbers"):
        one(pandas.Series(["1", "2"]), 1.0)


def test_pandas_with_several_results(many):
    series = pandas.Series([1.0, 2.0], index=[7, 8])
    result = many(series, [3.0])
    assert result["sum"].index.tolist() == [7, 8]
    assert result["matrix"].shape == (2, 2, 2)
    assert isinstance(one_index := many(pandas.Index([1.0, 2.0]), [3.0])["sum"], np.ndarray)
    assert one_index.tolist() == [4.0, 5.0]


# --------------------------------------------------------------------------- others


def test_masks_are_kept(one, many):
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    result = one(masked, np.ma.array([1.0, 1.0, 1.0], mask=[False, False, True]))
    assert result.mask.tolist() == [False, True, True]
    assert result[0] == one(1.0, 1.0)
    table = many(masked, [2.0])["matrix"]
    assert table.shape == (3, 2, 2)
    assert table.mask[1].all()
    assert not table.mask[0].any()


class Metres(np.lib.mixins.NDArrayOperatorsMixin):
    """A duck array in the style of NumPy's documentation."""

    def __init__(self, values):
        self.values = values

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [item.values if isinstance(item, Metres) else item for item in inputs]
        result = getattr(ufunc, method)(*plain, **kwargs)
        return tuple(map(Metres, result)) if isinstance(result, tuple) else Metres(result)


class Refusing:
    __array_ufunc__ = None


def test_unknown_array_types_decide_for_themselves(one, many):
    result = one(Metres(b), 2.0)
    assert isinstance(result, Metres)
    np.testing.assert_array_equal(result.values, one(b, 2.0))
    table = many(Metres(b), [2.0])
    assert isinstance(table["sum"], Metres)
    with pytest.raises(TypeError, match=r"Refusing"):
        one(Refusing(), 1.0)


def test_subclasses_of_arrays_are_arrays(one):
    class Plain(np.ndarray):
        pass

    np.testing.assert_array_equal(one(a.view(Plain), 0.5), one(a, 0.5))
    assert type(one(np.memmap("/dev/zero", "f8", "r", shape=(3,)), 0.5)) is np.ndarray


def test_out_is_for_numpy_arrays_only(one):
    with pytest.raises(TypeError, match="out: only for NumPy arrays"):
        one(pandas.Series([1.0]), 1.0, out=np.empty(1))


def test_the_first_call_may_be_with_any_of_them():
    fresh = lambdify(x, x**2 + sympy.Rational(3, 7877))
    series = pandas.Series([1.0], index=["u"])
    assert fresh(series)["u"] == 1 + 3 / 7877
