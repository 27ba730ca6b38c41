"""The array functions and findings beside the derivation of Newton's method."""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from symnum.rootfinding import newton

PATH = Path(__file__).parents[2] / "derivations" / "classical" / "newton_raphson.py"


@pytest.fixture(scope="module")
def row() -> ModuleType:
    spec = importlib.util.spec_from_file_location("newton_raphson_row", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_basins_agree_with_the_engine(row: ModuleType) -> None:
    window, shape = (-1.5, 1.5, -1.2, 1.2), (7, 9)
    index, steps = row.basins(window, shape)
    assert index.shape == steps.shape == shape
    columns, rows = np.linspace(-1.5, 1.5, 9), np.linspace(1.2, -1.2, 7)
    roots = np.exp(2j * np.pi * np.arange(3) / 3)
    for i, j in ((0, 0), (1, 7), (3, 6), (5, 2), (6, 8)):
        start = complex(columns[j], rows[i])
        result = newton("z**3 - 1", start, domain="complex", method="newton")
        assert abs(result.root - roots[index[i, j]]) < 1e-12
    assert index[3, 4] == -1  # the origin, where f' vanishes


@pytest.mark.parametrize(("order", "constant"), [(1, 0.2208), (2, 0.115837)])
def test_errors_fall_with_the_proved_order(row: ModuleType, order: int, constant: float) -> None:
    errors = row.error_history(order, 1.0, 3)
    ratios = [after / before ** (order + 1) for before, after in pairwise(errors)]
    assert ratios[-1] == pytest.approx(constant, rel=1e-3)


def test_findings_name_what_was_found(row: ModuleType) -> None:
    import symnum as sn

    findings = dict(row.findings(sn.Derivation("unused")))
    assert "0.7390851332151607" in findings["one root"]
    assert "39" in findings["50 certified digits"]
    assert "proved complete" in findings["all roots on [0, 10]"]
    assert "cycle" in findings["plain Newton on the cubic"]
    assert "-1.7692923542386314" in findings["safeguarded on the cubic"]
    assert "diverged" in findings["plain Newton on atan"]
    assert "1.3917452002707" in findings["border of the basin on atan"]
