"""The examples in the commands' own documentation run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import symnum.commands

MODULES = sorted(
    f"symnum.commands.{module.name}" for module in pkgutil.iter_modules(symnum.commands.__path__)
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
