"""The files of coefficients: Python modules of constants."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import symnum
from symnum.approximation.recipes.families import FAMILIES
from symnum.approximation.recipes.rows import PolynomialRecipe

__all__ = ["coefficients_folder", "family_text", "write_family"]

HEAD = '''"""Coefficients and tables of the family {family}, as its recipes give them.

`ERRORS` holds the proved bound of the relative error of each polynomial as it stands here.
"""

from __future__ import annotations

# fmt: off
'''


def coefficients_folder() -> Path:
    """Return the folder of the files of coefficients."""
    return Path(symnum.__file__).parent / "compiler" / "elementary" / "coefficients"


def family_text(family: str) -> str:
    """Compute all sets of a family and return the text of its module.

    Parameters
    ----------
    family : str
        A key of `FAMILIES`.

    Raises
    ------
    ArithmeticError
        If a polynomial is not as accurate as its recipe demands.
    """
    parts = [HEAD.format(family=family)]
    errors: list[str] = []
    for recipe in FAMILIES[family]:
        made = recipe.compute()
        about = recipe.about
        if made.error is not None:
            if isinstance(recipe, PolynomialRecipe) and made.error > recipe.allowed:
                raise ArithmeticError(
                    f"{recipe.name} has the error {made.error:.3g}, "
                    f"allowed are {recipe.allowed:.3g}"
                )
            about = f"{about}; relative error {made.error!r}"
            errors.append(f'    "{recipe.name}": {made.error!r},')
        comment = "\n".join(f"# {line}" for line in textwrap.wrap(about, 96))
        parts.append(f"{comment}\n{recipe.name} = (\n{number_lines(made.values)}\n)\n")
    parts.append("\n".join(["ERRORS = {", *errors, "}"]) + "\n")
    return "\n".join(parts)


def number_lines(values: Sequence[float]) -> str:
    """Return numbers with commas, as many to a line as fit."""
    text = ", ".join(map(repr, values))
    indent = "    "
    filled = textwrap.fill(
        text, 98, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
    return f"{filled},"


def write_family(family: str) -> Path:
    """Compute a family and write its module; return the file."""
    path = coefficients_folder() / f"{family}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(family_text(family), encoding="utf-8")
    return path
