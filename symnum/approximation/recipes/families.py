"""All recipes, by the family of functions they belong to."""

from __future__ import annotations

from collections.abc import Mapping

from symnum.approximation.recipes.error_functions import ERROR_FUNCTIONS
from symnum.approximation.recipes.exponential import EXPONENTIAL
from symnum.approximation.recipes.hyperbolic import HYPERBOLIC
from symnum.approximation.recipes.inverse_trigonometric import INVERSE_TRIGONOMETRIC
from symnum.approximation.recipes.logarithm import LOGARITHM
from symnum.approximation.recipes.pieces import PiecewiseRecipe
from symnum.approximation.recipes.powers import POWERS
from symnum.approximation.recipes.rows import Recipe
from symnum.approximation.recipes.trigonometric import TRIGONOMETRIC

__all__ = ["FAMILIES"]

FAMILIES: Mapping[str, tuple[Recipe | PiecewiseRecipe, ...]] = {
    "error_functions": ERROR_FUNCTIONS,
    "exponential": EXPONENTIAL,
    "hyperbolic": HYPERBOLIC,
    "inverse_trigonometric": INVERSE_TRIGONOMETRIC,
    "logarithm": LOGARITHM,
    "powers": POWERS,
    "trigonometric": TRIGONOMETRIC,
}
