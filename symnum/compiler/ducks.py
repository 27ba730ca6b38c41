"""Arrays of other libraries: dask, xarray, pandas, masked arrays, and whatever acts like them.

A library is imported only when one of its objects arrives, so by then it is loaded anyway.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.broadcasting import join_arrays
from symnum.compiler.structure import Structure

__all__ = ["FlatKernel", "dispatch", "is_foreign"]

# What NumPy itself makes arrays of; nothing else needs to be asked.
PLAIN = frozenset([np.ndarray, float, int, complex, bool, list, tuple, str, bytes])


@dataclass(frozen=True, slots=True)
class FlatKernel:
    """A kernel as other libraries want it: arrays in, a tuple of arrays out.

    Parameters
    ----------
    evaluate : callable
        Takes arrays and returns a tuple with one array for each single result.
    structure : Structure
        What the results belong into.
    names : tuple of str
        The arguments, for messages.
    dtype : numpy.dtype
        The type of all results.
    token : str
        Identifies the kernel; equal for equal generated code.
    """

    evaluate: Callable[..., tuple[NDArray[Any], ...]]
    structure: Structure
    names: tuple[str, ...]
    dtype: np.dtype[Any]
    token: str

    @property
    def nin(self) -> int:
        """The number of arguments, as a NumPy ufunc has it."""
        return len(self.names)

    @property
    def nout(self) -> int:
        """The number of results, as a NumPy ufunc has it."""
        return self.structure.size

    @property
    def signature(self) -> None:
        """None: the kernel acts element by element, as a NumPy ufunc says it."""

    @property
    def __name__(self) -> str:
        """The name that dask shows."""
        return "symnum_kernel"

    def __dask_tokenize__(self) -> str:
        return self.token

    def __call__(self, *arrays: Any) -> Any:
        """Return one array, or a tuple of them if there are several results."""
        results = self.evaluate(*arrays)
        return results[0] if self.nout == 1 else results


def dispatch(kernel: FlatKernel, values: Sequence[Any]) -> Any:
    """Evaluate a kernel by the rules of the library that some of the arguments belong to.

    Parameters
    ----------
    kernel : FlatKernel
        The kernel.
    values : sequence
        The arguments of a call, in a row; at least one of them is foreign to NumPy.

    Returns
    -------
    object
        The result, made of the library's own arrays.

    Raises
    ------
    TypeError
        If arguments of several libraries cannot be combined.
    """
    foreign = [value for value in values if is_foreign(value)]
    for library, handler in HANDLERS.items():
        if any(_library(value) == library for value in foreign):
            return handler(kernel, values)
    for value in foreign:
        # The call of an unknown array type gets an object with the attributes of a ufunc.
        result = type(value).__array_ufunc__(value, kernel, "__call__", *values)
        if result is not NotImplemented:
            results = (result,) if kernel.nout == 1 else tuple(result)
            return kernel.structure.combine(iter(results), lambda entries, shape: entries)
    kinds = ", ".join(sorted({type(value).__name__ for value in foreign}))
    raise TypeError(f"a kernel cannot be applied to {kinds} together")


def is_foreign(value: Any) -> bool:
    """Tell whether NumPy alone would lose what an argument is."""
    kind = type(value)
    if kind in PLAIN or issubclass(kind, np.generic):
        return False
    if issubclass(kind, np.ndarray) and not issubclass(kind, np.ma.MaskedArray):
        return kind.__array_ufunc__ is not np.ndarray.__array_ufunc__
    known = _library(value) in HANDLERS
    return known or getattr(kind, "__array_ufunc__", None) is not None


def _library(value: Any) -> str:
    kind = type(value)
    if issubclass(kind, np.ma.MaskedArray):
        return "numpy.ma"
    top, _, rest = kind.__module__.partition(".")
    # Of dask only arrays have a rule of their own.
    return top if top != "dask" or rest.startswith("array") else "other"


def _of_xarray(kernel: FlatKernel, values: Sequence[Any]) -> Any:
    import xarray

    count = kernel.nout
    if not count:
        return kernel.structure.combine(iter(()), lambda entries, shape: entries)
    result = xarray.apply_ufunc(
        kernel,
        *values,
        output_core_dims=[()] * count,
        dask="parallelized",
        output_dtypes=[kernel.dtype] * count,
        keep_attrs="drop",
    )
    results = (result,) if count == 1 else result
    return kernel.structure.combine(iter(results), functools.partial(_join_xarray, xarray))


def _join_xarray(xarray: Any, entries: list[Any], shape: tuple[int, ...]) -> Any:
    """Concatenate along new last dimensions, ``row`` and ``column`` for a Matrix."""
    names = ("row", "column") if len(shape) == 2 else [f"axis_{n}" for n in range(len(shape))]
    for name, length in reversed(list(zip(names, shape, strict=True))):
        groups = [entries[start : start + length] for start in range(0, len(entries), length)]
        entries = [xarray.concat(group, dim=name) for group in groups]
    return entries[0].transpose(..., *names)


def _of_dask(kernel: FlatKernel, values: Sequence[Any]) -> Any:
    array: Any = importlib.import_module("dask.array")
    # A numpy array would reach every block whole.
    blocked = [array.asarray(value) if np.ndim(value) else value for value in values]
    # All arrays get the same shape and the same chunks.
    full = array.broadcast_arrays(*(item for item in blocked if isinstance(item, array.Array)))
    waiting = iter(full)
    aligned = [next(waiting) if isinstance(item, array.Array) else item for item in blocked]
    meta = np.empty((0,) * full[0].ndim, kernel.dtype)
    if kernel.nout == 1:
        results = [array.map_blocks(kernel, *aligned, dtype=kernel.dtype, meta=meta)]
    else:
        # All results of a block are computed together, on a new first axis.
        stacked = array.map_blocks(
            functools.partial(_stacked, kernel),
            *aligned,
            dtype=kernel.dtype,
            new_axis=0,
            chunks=((kernel.nout,), *full[0].chunks),
            meta=meta[np.newaxis],
        )
        results = [stacked[index] for index in range(kernel.nout)]
    return kernel.structure.combine(iter(results), functools.partial(_join_dask, array))


def _stacked(kernel: FlatKernel, *arrays: Any) -> NDArray[Any]:
    return np.stack(kernel.evaluate(*arrays))


def _join_dask(array: Any, entries: list[Any], shape: tuple[int, ...]) -> Any:
    stacked = array.stack(entries, axis=-1)
    return stacked.reshape(stacked.shape[:-1] + shape)


def _of_pandas(kernel: FlatKernel, values: Sequence[Any]) -> Any:
    import pandas

    labelled = [value for value in values if isinstance(value, pandas.Series | pandas.DataFrame)]
    if not labelled:
        plain = [np.asarray(value) for value in values]
        return kernel.structure.combine(iter(kernel.evaluate(*plain)), join_arrays)
    kinds = {type(value) for value in labelled}
    if len(kinds) > 1:
        raise TypeError("a kernel takes Series or DataFrames, not both in one call")
    aligned = _aligned(labelled)
    arguments = iter(aligned)
    plain = [
        _plain_array(next(arguments)) if isinstance(value, tuple(kinds)) else value
        for value in values
    ]
    first = aligned[0]
    if isinstance(first, pandas.Series):
        names = {series.name for series in aligned}
        name = first.name if len(names) == 1 else None

        def wrap(result: Any) -> Any:
            return pandas.Series(result, index=first.index, name=name)
    else:

        def wrap(result: Any) -> Any:
            return pandas.DataFrame(result, index=first.index, columns=first.columns)

    results = map(wrap, kernel.evaluate(*plain))
    return kernel.structure.combine(results, join_arrays)


def _plain_array(frame: Any) -> NDArray[Any]:
    """Return the values; a missing number of an extension type is NaN."""
    array: NDArray[Any] = frame.to_numpy()
    if array.dtype.kind != "O":
        return array
    import pandas

    types = [frame.dtype] if isinstance(frame, pandas.Series) else list(frame.dtypes)
    if all(pandas.api.types.is_numeric_dtype(kind) for kind in types):
        converted: NDArray[Any] = frame.to_numpy(dtype=np.float64, na_value=np.nan)
        return converted
    return array


def _aligned(frames: list[Any]) -> list[Any]:
    """Give all the same labels, their union, as pandas does; what is missing becomes NaN."""
    first = frames[0]
    for frame in frames[1:]:
        first, _ = first.align(frame, join="outer")
    return [first, *(frame.align(first, join="right")[0] for frame in frames[1:])]


def _of_masked(kernel: FlatKernel, values: Sequence[Any]) -> Any:
    plain = [np.ma.getdata(value) for value in values]
    masks = np.broadcast_arrays(*(np.ma.getmaskarray(value) for value in values))
    mask = functools.reduce(np.logical_or, masks)
    results = (np.ma.array(result, mask=mask) for result in kernel.evaluate(*plain))

    def join(entries: list[Any], shape: tuple[int, ...]) -> Any:
        stacked = np.ma.stack(entries, axis=-1)
        return stacked.reshape(stacked.shape[:-1] + shape)

    return kernel.structure.combine(results, join)


# The rule of each library; where several meet, the first one wins.
HANDLERS: dict[str, Callable[[FlatKernel, Sequence[Any]], Any]] = {
    "xarray": _of_xarray,
    "pandas": _of_pandas,
    "dask": _of_dask,
    "numpy.ma": _of_masked,
}
