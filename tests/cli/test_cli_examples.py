"""The examples in the commands' own documentation run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import runpy
import sys

import pytest

import symnum.commands

MODULES = sorted(
    f"symnum.commands.{module.name}" for module in pkgutil.iter_modules(symnum.commands.__path__)
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_package_runs_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["symnum", "list"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("symnum", run_name="__main__")
    assert not ended.value.code
    assert "pendulum_homotopy" in capsys.readouterr().out
