"""How the coefficients of the elementary functions are made: one row for each set.

``python -m symnum.approximation.recipes`` computes every set anew and writes it to
``symnum/compiler/elementary/coefficients``; with names of families, only those.
"""

from symnum.approximation.recipes.families import FAMILIES
from symnum.approximation.recipes.rows import CoefficientSet, PolynomialRecipe, TableRecipe
from symnum.approximation.recipes.writing import coefficients_folder, family_text, write_family

__all__ = [
    "FAMILIES",
    "CoefficientSet",
    "PolynomialRecipe",
    "TableRecipe",
    "coefficients_folder",
    "family_text",
    "write_family",
]
