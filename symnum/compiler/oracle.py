"""The exact values of what a kernel computes, from the SymPy expressions themselves.

The program that the kernel was compiled from is never consulted: an oracle that shared the lowering
would share its mistakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from symnum.compiler.recipe import ExactForm, Recipe
from symnum.reference import BallFunction, Reference
from symnum.reference.balls import refine

__all__ = ["Oracle"]


class Oracle:
    """References and enclosures of one kernel, made when first asked for.

    Parameters
    ----------
    recipe : Recipe
        What the kernel is made from.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    @cached_property
    def form(self) -> ExactForm:
        """The expressions, derivatives carried out."""
        return self.recipe.exact_form()

    @cached_property
    def _reference(self) -> Reference:
        return Reference(self.form.symbols, list(self.form.guarded()))

    @cached_property
    def _balls(self) -> list[BallFunction]:
        return [BallFunction(self.form.symbols, output) for output in self.form.guarded()]

    def reference(self, point: Sequence[Any], digits: int) -> Any:
        """Return the values at a point in the shape of the result; a Matrix as an object array."""
        values = self._reference.value(_plain(point), digits)
        return self.recipe.structure().combine(iter(values), _object_array)

    def enclose(self, point: Sequence[Any]) -> Any:
        """Return balls around the values at a point; a Matrix as a list of rows."""
        values = _plain(point)
        balls = [refine(function, values) for function in self._balls]
        return self.recipe.structure().combine(iter(balls), _nested)


def _plain(point: Sequence[Any]) -> list[Any]:
    """Turn NumPy scalars and arrays of one number into Python numbers, which are exact."""
    return [
        value.item() if isinstance(value, np.generic | np.ndarray) and value.ndim == 0 else value
        for value in point
    ]


def _object_array(entries: list[Any], shape: tuple[int, ...]) -> Any:
    array = np.empty(len(entries), object)
    array[:] = entries
    return array.reshape(shape)


def _nested(entries: list[Any], shape: tuple[int, ...]) -> Any:
    return _object_array(entries, shape).tolist()
