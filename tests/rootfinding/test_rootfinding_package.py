"""The package as a whole: its examples run, its names are sorted, nothing heavy is loaded."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import symnum.rootfinding

MODULES = sorted(
    f"symnum.rootfinding.{module.name}"
    for module in pkgutil.iter_modules(symnum.rootfinding.__path__)
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


def test_the_public_names() -> None:
    names = symnum.rootfinding.__all__
    assert names == sorted(names)
    assert all(getattr(symnum.rootfinding, name).__doc__ for name in names)


def test_nothing_heavy_is_loaded_for_one_root() -> None:
    code = (
        "import sys; from symnum.rootfinding import newton; newton('x - cos(x)', 1); "
        "print(sorted({'numba', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
