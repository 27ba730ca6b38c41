"""The exact values of what a kernel computes, from the SymPy expressions themselves.

The program that the kernel was compiled from is never consulted: an oracle that shared the lowering
would share its mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from symnum.compiler.recipe import ExactForm, Recipe
from symnum.reference import BallFunction, Reference
from symnum.reference.balls import refine

if TYPE_CHECKING:
    from symnum.compiler.accuracy import AccuracyReport
    from symnum.compiler.sources import Rows

__all__ = ["Oracle", "nested_list", "object_array", "plain_numbers"]


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
        values = self._reference.value(plain_numbers(point), digits)
        return self.recipe.structure().combine(iter(values), object_array)

    def enclose(self, point: Sequence[Any]) -> Any:
        """Return balls around the values at a point; a Matrix as a list of rows."""
        values = plain_numbers(point)
        balls = [refine(function, values) for function in self._balls]
        return self.recipe.structure().combine(iter(balls), nested_list)

    def accuracy(
        self, rows: Rows, domain: Mapping[Any, tuple[Any, Any]], n: int, rng: Any
    ) -> AccuracyReport:
        """Compare what a kernel computes with the expressions; see `Kernel.accuracy`."""
        from symnum.compiler.accuracy import measure_accuracy

        return measure_accuracy(rows, self.recipe, self.form, domain, n, rng)


def plain_numbers(point: Sequence[Any]) -> list[Any]:
    """Turn NumPy scalars and arrays of one number into Python numbers, which are exact."""
    return [
        value.item() if isinstance(value, np.generic | np.ndarray) and value.ndim == 0 else value
        for value in point
    ]


def object_array(entries: list[Any], shape: tuple[int, ...]) -> Any:
    """Return the entries of a Matrix as an array of objects."""
    array = np.empty(len(entries), object)
    array[:] = entries
    return array.reshape(shape)


def nested_list(entries: list[Any], shape: tuple[int, ...]) -> Any:
    """Return the entries of a Matrix as a list of rows."""
    return object_array(entries, shape).tolist()
