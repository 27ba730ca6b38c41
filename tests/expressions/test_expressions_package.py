"""The package itself: what it exports, and that its examples are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import symnum.expressions

MODULES = sorted(module.name for module in pkgutil.iter_modules(symnum.expressions.__path__))


def test_exports() -> None:
    names = symnum.expressions.__all__
    assert names == sorted(names)
    assert names == [
        "Box",
        "Integers",
        "Interval",
        "as_expression",
        "as_symbol",
        "parse",
        "parse_equation",
        "parse_expression",
    ]
    for name in names:
        assert getattr(symnum.expressions, name).__doc__


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(f"symnum.expressions.{name}")
    assert doctest.testmod(module).failed == 0
