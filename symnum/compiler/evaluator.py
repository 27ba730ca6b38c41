"""Calls of the compiled entries of one kernel: numbers, arrays, threads, results.

The compiled loop wants contiguous one-dimensional arrays of one type that do not overlap. Arrays
that are so already go straight through; all others are broadcast, converted and copied piece by
piece through buffers that stay in the cache.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy import empty, float64, ndarray

from symnum.compiler.broadcasting import (
    MOST_OPERANDS,
    READY,
    Array,
    Pieces,
    as_number_array,
    contiguous,
    disjoint,
    is_ready,
    join_arrays,
)
from symnum.compiler.structure import Leaf, Structure, is_row
from symnum.compiler.threads import SMALLEST_CHUNK, available_threads, run_chunks

__all__ = ["Evaluator"]

Compiled = Callable[[], Callable[..., Any]]

# Nanoseconds of work above which another thread pays for waking it, about 4e4 exponentials.
PARALLEL_WORK = 100_000.0

# Numbers that compiled code takes as they are.
NUMBERS = {
    "float64": frozenset([float, int, float64]),
    "float32": frozenset([float, int, float64]),
    "complex128": frozenset([complex, np.complex128]),
}


class Evaluator:
    """Calls the compiled entries of one kernel.

    Parameters
    ----------
    formula, block, into : callable
        Return the compiled entries, compiling them if need be; called once each.
    structure : Structure
        The shape of the result.
    names : sequence of str
        The arguments, for messages.
    dtype : numpy.dtype
        What arrays hold.
    direct_arity : int
        With how many arguments `fast` may be called; -1 if the arguments are nested or there are
        no results.
    work : float
        Nanoseconds that one element takes, roughly.
    parallel : bool, int or "auto"
        As for `lambdify`.
    """

    __slots__ = (
        "_block",
        "_formula",
        "_into_arrays",
        "_is_double",
        "_is_leaf",
        "_is_row",
        "_is_single",
        "_make_block",
        "_make_formula",
        "_make_into",
        "_numbers",
        "_parallel",
        "_serial_limit",
        "direct_arity",
        "dtype",
        "names",
        "structure",
    )

    def __init__(
        self,
        formula: Compiled,
        block: Compiled,
        into: Compiled,
        structure: Structure,
        names: Sequence[str],
        dtype: np.dtype[Any],
        *,
        direct_arity: int,
        work: float,
        parallel: bool | int | str,
    ) -> None:
        self._make_formula = formula
        self._make_block = block
        self._make_into = into
        self._formula: Callable[..., Any] | None = None
        self._block: Callable[..., Any] | None = None
        self._into_arrays: Callable[..., Any] | None = None
        self._is_leaf = isinstance(structure, Leaf)
        self._is_single = structure.size == 1
        self._is_row = is_row(structure)
        # Single-precision complex numbers must be rounded before they are used.
        self._numbers = NUMBERS.get(dtype.name, frozenset())
        self._is_double = dtype.name == "float64"
        self._parallel = parallel
        self._serial_limit = _serial_limit(parallel, work)
        self.structure = structure
        self.names = tuple(names)
        self.direct_arity = direct_arity
        self.dtype = dtype

    @property
    def formula(self) -> Callable[..., Any]:
        """The compiled function of numbers."""
        if self._formula is None:
            self._formula = self._make_formula()
        return self._formula

    @property
    def into(self) -> Callable[..., Any]:
        """The compiled loop that refuses outputs which overlap another array."""
        if self._into_arrays is None:
            self._into_arrays = self._make_into()
        return self._into_arrays

    @property
    def block(self) -> Callable[..., Any]:
        """The compiled loop."""
        if self._block is None:
            self._block = self._make_block()
        return self._block

    # ------------------------------------------------------------------ the short way

    def fast(self, values: tuple[Any, ...], out: Any) -> Any:
        """Return the result for numbers and contiguous arrays of one shape and the right type.

        Everything else gives NotImplemented.
        """
        if out is None and type(values[0]) is ndarray:
            result = self._fast_arrays(values)
        elif out is None:
            result = self._fast_numbers(values)
        else:
            return self._fast_into(values, out)
        return self._fast_mixed(values) if result is NotImplemented else result

    def _fast_arrays(self, arrays: tuple[Any, ...]) -> Any:
        shape = arrays[0].shape
        into = self._into_arrays or self.into
        if self._is_leaf:
            result = empty(shape, self.dtype)
            return result if into(self._serial_limit, *arrays, result) else NotImplemented
        if not shape:
            return NotImplemented
        rows, result = self.structure.allocate(shape, self.dtype)
        return result if into(self._serial_limit, *arrays, *rows) else NotImplemented

    def _fast_into(self, arrays: tuple[Any, ...], out: Any) -> Any:
        """Write to arrays of the caller."""
        into = self._into_arrays or self.into
        if self._is_leaf:
            return out if into(self._serial_limit, *arrays, out) else NotImplemented
        if self._is_row and type(out) in (list, tuple) and len(out) == self.structure.size:
            return out if into(self._serial_limit, *arrays, *out) else NotImplemented
        return NotImplemented

    def _fast_mixed(self, values: tuple[Any, ...]) -> Any:
        """Return the result for arrays among numbers, each of which fills an array of its own."""
        shape = None
        for value in values:
            kind = type(value)
            if kind is ndarray:
                if value.dtype is not self.dtype or value.flags.num & READY != READY:
                    return NotImplemented
                if shape is None:
                    shape = value.shape
                elif value.shape != shape:
                    return NotImplemented
            elif kind not in self._numbers:
                return NotImplemented
        if not shape or prod(shape) > self._serial_limit:
            return NotImplemented
        values = self._flat(values, shape)
        if not values:
            return NotImplemented
        rows, result = self.structure.allocate(shape, self.dtype)
        self.block(*values, *(row.ravel() for row in rows))
        return result

    def _flat(self, values: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
        """Return one-dimensional arrays, filled ones for numbers; none if a number is too large."""
        flat = []
        for value in values:
            if type(value) is ndarray:
                flat.append(value.ravel())
            elif self._is_double:
                filled = empty(prod(shape), self.dtype)
                try:
                    filled.fill(value)
                except OverflowError:
                    # An integer beyond every double; the long way says which argument it is.
                    return ()
                flat.append(filled)
            else:
                # Rounding to another type may warn; the long way does not.
                return ()
        return tuple(flat)

    def _fast_numbers(self, values: tuple[Any, ...]) -> Any:
        for value in values:
            if type(value) not in self._numbers:
                return NotImplemented
        try:
            result = (self._formula or self.formula)(*values)
        except (OverflowError, TypeError):
            # An integer beyond every double, as compiled code reports it.
            return NotImplemented
        if self._is_leaf and self._is_double:
            return result
        return self._assembled(result)

    # ------------------------------------------------------------------ numbers

    def _assembled(self, result: Any) -> Any:
        """Put what the compiled formula returned into the shape of the result."""
        results = (result,) if self._is_single else result
        if not self._is_double:
            results = self._rounded(results)
        if self._is_leaf:
            return results[0]
        return self.structure.combine(iter(results), self._join_numbers)

    def _rounded(self, results: Sequence[Any]) -> list[Any]:
        """Return NumPy scalars of the kernel's type."""
        scalar = self.dtype.type
        if scalar is not np.complex64:
            # These are numbers of the type already.
            return [scalar(value) for value in results]
        with np.errstate(all="ignore"):
            return [scalar(value) for value in results]

    def _join_numbers(self, entries: list[Any], shape: tuple[int, ...]) -> Array:
        return np.array(entries, self.dtype).reshape(shape)

    # ------------------------------------------------------------------ arrays

    def rows(self, values: Sequence[Any]) -> tuple[Array, ...]:
        """Return each single result as an array of the broadcast shape."""
        with np.errstate(all="ignore"):
            arrays = self._arrays(values)
            shape = self._shape(arrays)
            rows = tuple(np.empty(shape, self.dtype) for _ in range(self.structure.size))
            self._run(arrays, rows, shape)
            return rows

    def _arrays(self, values: Sequence[Any]) -> list[Array]:
        return [
            as_number_array(value, self.dtype, name)
            for name, value in zip(self.names, values, strict=True)
        ]

    def __call__(self, values: Sequence[Any], out: Any = None) -> Any:
        """Return the result for values of any kind, in the shape of the structure.

        Raises
        ------
        TypeError
            Values that are no numbers of the right field; `out` of another type.
        ValueError
            Shapes that do not broadcast; `out` of another shape.
        """
        with np.errstate(all="ignore"):
            arrays = self._arrays(values)
            shape = self._shape(arrays)
            if out is None and not shape:
                scalars = [array.astype(self.dtype).item() for array in arrays]
                return self._assembled(self.formula(*scalars) if self.structure.size else ())
            if out is None:
                return self.fresh(arrays, shape)
            return self._into(arrays, shape, out)

    def _shape(self, arrays: Sequence[Array]) -> tuple[int, ...]:
        shapes = {array.shape for array in arrays} - {()}
        if len(shapes) < 2:
            return shapes.pop() if shapes else ()
        try:
            return np.broadcast_shapes(*(array.shape for array in arrays))
        except ValueError:
            listed = ", ".join(
                f"{name} {array.shape}" for name, array in zip(self.names, arrays, strict=True)
            )
            raise ValueError(f"the shapes of the arguments do not broadcast: {listed}") from None

    def fresh(self, arrays: Sequence[Array], shape: tuple[int, ...]) -> Any:
        """Return a new result for arrays that broadcast to a shape."""
        if self._in_fortran_order(arrays, shape):
            # The transposes are contiguous; so is the result, in the order of the arguments.
            turned = [array.T for array in arrays]
            rows = [np.empty(shape[::-1], self.dtype) for _ in range(self.structure.size)]
            self._run(turned, rows, shape[::-1])
            return self.structure.combine((row.T for row in rows), join_arrays)
        rows, result = self.structure.allocate(shape, self.dtype)
        self._run(arrays, rows, shape)
        return result

    def _in_fortran_order(self, arrays: Sequence[Array], shape: tuple[int, ...]) -> bool:
        if len(shape) < 2 or not self.structure.size:
            return False
        full = [array for array in arrays if array.ndim and array.shape == shape]
        partial = [array for array in arrays if array.ndim and array.shape != shape]
        return (
            bool(full)
            and not partial
            and all(array.flags.f_contiguous and not array.flags.c_contiguous for array in full)
        )

    def _into(self, arrays: Sequence[Array], shape: tuple[int, ...], out: Any) -> Any:
        """Write the result into arrays of the caller, which may overlap the arguments."""
        targets = [part for _, part in self._targets(shape, out)]
        if is_ready(targets, self.dtype) and disjoint(targets, arrays):
            self._run(arrays, [target.reshape(shape) for target in targets], shape)
            return out
        rows = [np.empty(shape, self.dtype) for _ in targets]
        self._run(arrays, rows, shape)
        for target, row in zip(targets, rows, strict=True):
            np.copyto(target, row)
        return out

    def _targets(self, shape: tuple[int, ...], out: Any) -> list[tuple[str, Array]]:
        parts = list(self.structure.split(out, "out"))
        for name, part in parts:
            if not isinstance(part, np.ndarray):
                raise TypeError(f"{name}: expected a NumPy array, got {type(part).__name__}")
            if part.dtype != self.dtype:
                raise TypeError(f"{name}: expected dtype {self.dtype}, got {part.dtype}")
            if part.shape != shape:
                raise ValueError(f"{name}: expected shape {shape}, got {part.shape}")
            if not part.flags.writeable:
                raise ValueError(f"{name}: the array is read-only")
        return parts

    # ------------------------------------------------------------------ loops

    def threads(self, size: int) -> int:
        """Return how many threads a call with so many elements takes."""
        if size <= self._serial_limit:
            return 1
        if self._parallel is True or self._parallel == "auto":
            return available_threads()
        return int(self._parallel)

    def _run(self, arrays: Sequence[Array], rows: Sequence[Array], shape: tuple[int, ...]) -> None:
        """Fill contiguous rows that overlap nothing."""
        size = rows[0].size if rows else 0
        if not size:
            return
        flat_rows = [row.reshape(-1) for row in rows]
        if is_ready(arrays, self.dtype) and all(array.shape == shape for array in arrays):
            task = self._plain_task([array.reshape(-1) for array in arrays], flat_rows)
        else:
            task = self._buffered_task(arrays, flat_rows, shape)
        threads = self.threads(size)
        if threads == 1:
            task(0, size)
        else:
            run_chunks(task, size, threads)

    def _plain_task(self, arrays: list[Array], rows: list[Array]) -> Callable[[int, int], None]:
        block = self.block
        every = [*arrays, *rows]

        def task(start: int, stop: int) -> None:
            block(*(array[start:stop] for array in every))

        return task

    def _buffered_task(
        self, arrays: Sequence[Array], rows: list[Array], shape: tuple[int, ...]
    ) -> Callable[[int, int], None]:
        """Broadcast and convert the arguments piece by piece."""
        block = self.block
        if len(arrays) > MOST_OPERANDS:
            copies = [contiguous(array, shape, self.dtype) for array in arrays]
            return self._plain_task(copies, rows)
        pieces = Pieces(arrays, shape, self.dtype)

        def task(start: int, stop: int) -> None:
            for loaded in pieces.between(start, stop):
                end = start + loaded[0].size
                block(*loaded, *(row[start:end] for row in rows))
                start = end

        return task


def _serial_limit(parallel: bool | int | str, work: float) -> int:
    """Return up to how many elements one thread does it all."""
    if parallel is False or not work:
        return sys.maxsize
    return int(PARALLEL_WORK / work) if parallel == "auto" else SMALLEST_CHUNK
