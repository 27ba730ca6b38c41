"""The coefficients of the elementary functions are what their recipes give."""

from __future__ import annotations

from importlib import import_module

import pytest

from symnum.approximation.recipes import (
    FAMILIES,
    PolynomialRecipe,
    coefficients_folder,
    family_text,
)
from symnum.approximation.recipes.__main__ import main

ROWS = [(family, recipe) for family, recipes in FAMILIES.items() for recipe in recipes]
POLYNOMIALS = [row for row in ROWS if isinstance(row[1], PolynomialRecipe)]


def _data(family):
    return import_module(f"symnum.compiler.elementary.coefficients.{family}")


def _id(row):
    return f"{row[0]}-{row[1].name}"


@pytest.mark.parametrize("row", POLYNOMIALS, ids=_id)
def test_the_error_of_every_polynomial_is_proved_to_be_small(row):
    family, recipe = row
    assert _data(family).ERRORS[recipe.name] <= recipe.allowed


@pytest.mark.parametrize("family", FAMILIES)
def test_every_set_has_a_name_of_its_own(family):
    names = [recipe.name for recipe in FAMILIES[family]]
    assert len(set(names)) == len(names)
    assert set(names) <= set(vars(_data(family)))


# One polynomial and one table of each family are computed anew, the last, which is the shortest; in
# the sweep all of them.
LAST = {(family, isinstance(recipe, PolynomialRecipe)): (family, recipe) for family, recipe in ROWS}


@pytest.mark.parametrize("row", LAST.values(), ids=_id)
def test_a_recipe_gives_the_stored_numbers(row):
    family, recipe = row
    made = recipe.compute()
    assert tuple(made.values) == getattr(_data(family), recipe.name)
    if made.error is not None:
        assert made.error == _data(family).ERRORS[recipe.name]


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_the_file_of_a_family_is_written_anew(family):
    stored = (coefficients_folder() / f"{family}.py").read_text(encoding="utf-8")
    assert family_text(family) == stored


def test_an_unknown_family_is_refused():
    with pytest.raises(SystemExit, match="no family of recipes is called 'spherical'"):
        main(["spherical"])


def test_a_polynomial_that_is_not_accurate_enough_is_not_written(monkeypatch):
    recipe = PolynomialRecipe("COARSE", "too short", "exp(x)", ("0", "1"), 2, "exp(x)")
    monkeypatch.setitem(FAMILIES, "coarse", (recipe,))
    with pytest.raises(ArithmeticError, match="COARSE has the error"):
        family_text("coarse")
