"""Arrays of any shape, strides and type as contiguous blocks of one type."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MOST_OPERANDS",
    "Array",
    "Pieces",
    "as_number_array",
    "contiguous",
    "disjoint",
    "is_ready",
    "join_arrays",
]

Array = NDArray[Any]

# Elements of a buffer, as many as NumPy's own functions use.
BUFFER = 8192

# More arrays than this no iterator of NumPy takes; they are copied whole.
MOST_OPERANDS = 60

# Flags of an array that a compiled loop reads as it is: contiguous in C order, aligned.
READY = 0x0001 | 0x0100


def as_number_array(value: Any, dtype: np.dtype[Any], name: str) -> Array:
    """Return `value` as an array of numbers, without changing their type.

    Parameters
    ----------
    value : array_like
        Numbers of any real type; complex ones only if `dtype` is complex.
    dtype : numpy.dtype
        What the kernel computes with.
    name : str
        The argument, for the message.

    Raises
    ------
    TypeError
        If the entries are no numbers, or complex numbers for a real kernel.
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"the argument {name} is no array of numbers: {error}") from None
    if array.dtype.kind in "biuf" or (array.dtype.kind == "c" and dtype.kind == "c"):
        return array
    if array.dtype.kind == "c":
        raise TypeError(
            f"the argument {name} is complex ({array.dtype}) and the kernel is real ({dtype}): "
            'build it with dtype="complex128"'
        )
    raise TypeError(
        f"the argument {name} must hold numbers, not {array.dtype} ({type(value).__name__})"
    )


class Pieces:
    """Broadcast arrays in C order, piece by piece: contiguous, aligned, of one type.

    Parameters
    ----------
    arrays : sequence of ndarray
        At least one; of any strides and types.
    shape : tuple of int
        What they broadcast to.
    dtype : numpy.dtype
        The type of the pieces.
    """

    def __init__(
        self, arrays: Sequence[Array], shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self.arrays = arrays
        self.shape = shape
        self.dtype = dtype

    def between(self, start: int, stop: int) -> Iterator[tuple[Array, ...]]:
        """Yield the elements from `start` to `stop`; each piece is overwritten by the next."""
        # An iterator of its own for every thread.
        count = len(self.arrays)
        # NumPy's stubs do not know the flag that asks for contiguous pieces.
        operand: list[Any] = ["readonly", "contig", "aligned", "nbo"]
        iterator: Any = np.nditer(
            list(self.arrays),
            flags=["external_loop", "buffered", "ranged"],
            op_flags=[operand] * count,
            op_dtypes=[self.dtype] * count,
            order="C",
            casting="unsafe",
            itershape=self.shape,
            buffersize=BUFFER,
        )
        with iterator:
            iterator.iterrange = (start, stop)
            for pieces in iterator:
                yield (pieces,) if count == 1 else pieces


def contiguous(array: Array, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return a contiguous copy, broadcast and converted, with one axis."""
    return np.ascontiguousarray(np.broadcast_to(array, shape), dtype).reshape(-1)


def is_ready(arrays: Sequence[Array], dtype: np.dtype[Any]) -> bool:
    """Tell whether a compiled loop can read the arrays as they are."""
    return all(array.dtype == dtype and array.flags.num & READY == READY for array in arrays)


def disjoint(targets: Sequence[Array], arrays: Sequence[Array]) -> bool:
    """Tell whether contiguous targets surely share no memory with an array or one another."""
    every = [*targets, *arrays]
    for array in every:
        if not array.flags.owndata:
            break
    else:
        if len(set(map(id, every))) == len(every):
            return True
    if any(np.may_share_memory(target, array) for target in targets for array in arrays):
        return False
    ends = sorted((_address(target), target.nbytes) for target in targets)
    return all(start + size <= after for (start, size), (after, _) in itertools.pairwise(ends))


def _address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def join_arrays(entries: list[Array], shape: tuple[int, ...]) -> Array:
    """Join the entries of a Matrix to one array whose last axes are those of the Matrix."""
    stacked = np.stack(entries).reshape(shape + entries[0].shape)
    own = len(shape)
    return stacked.transpose(*range(own, stacked.ndim), *range(own))
