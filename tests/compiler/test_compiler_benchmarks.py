"""The benchmark itself: that all compute the same, and what is printed of it."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not installed with the library")

from benchmarks import elementary, kernels, results, scaling, throughput, timing
from benchmarks.cases import ten_cases

SEED = 3


@pytest.fixture(scope="module")
def rows():
    """All ten cases, small and short, against what is always installed."""
    names = ("symnum", "numpy", "lambdify cse", "lambdify")
    return [throughput.measure_case(case, 4000, 3, names) for case in ten_cases(SEED)]


def test_cases_are_those_of_the_seed():
    first, again, other = ten_cases(SEED), ten_cases(SEED), ten_cases(SEED + 1)
    assert [case.outputs for case in first] == [case.outputs for case in again]
    assert all(one.outputs != two.outputs for one, two in zip(first, other, strict=True))
    assert [len(case.outputs) for case in first] == [1] * 8 + [10, 6]


def test_everyone_agrees(rows):
    for row in rows:
        assert max(row.deviations.values()) < 1e-11, row.case
        assert set(row.absent) <= {"numpy"}


def test_tables_name_the_best_peer_and_what_is_left_out(rows):
    lines = throughput.table_lines(rows)
    assert len(lines) == 12
    assert len({line.count("|") for line in lines}) == 1
    assert "nobody writes this by hand" in "\n".join(throughput.absent_lines(rows))
    assert "geometric mean of 10 ratios" in throughput.summary_lines(rows)[0]
    json.dumps([row.plain() for row in rows])


def test_a_wrong_competitor_is_never_the_best(rows):
    row = rows[0]
    fast = throughput.Row(
        row.case, row.n, {**row.rates, "cheat": 1e9}, {**row.deviations, "cheat": 1e-3}, {}
    )
    assert fast.best_peer == row.best_peer


@pytest.mark.parametrize("name", ["exp", "atan2", "erf"])
def test_elementary_functions_are_compared(name):
    function = next(function for function in elementary.FUNCTIONS if function.name == name)
    row = elementary.measure_function(function, "float64", 500, 1)
    assert row.deviation < 1e-14
    assert row.ratio > 0
    assert len(elementary.table_lines([row])) == 5


def test_threads_change_no_bit():
    found = scaling.measure_scaling(["poly12"], SEED, 50_000, 1, timing.processors())
    assert [row["same"] for row in found] == [True]


def test_sections_are_replaced_in_place(tmp_path, monkeypatch):
    file = tmp_path / "RESULTS.md"
    monkeypatch.setattr(results, "RESULTS", file)
    results.write_section("One", ["first"])
    results.write_section("Two", ["second"])
    results.write_section("One", ["third"])
    text = file.read_text()
    assert text.startswith("# Results")
    assert text.index("third") < text.index("second")
    assert "first" not in text


def test_the_machine_is_described_without_names_and_places():
    line = results.machine_line()
    assert "numpy" in line
    assert platform.node() not in line.split()
    assert str(Path.home()) not in line


def test_the_command_line_is_checked(capsys):
    asked = kernels.arguments(["--quick", "--n", "10", "--cases", "poly12", "--parts", "cases"])
    assert (asked.n, asked.rounds, asked.parts) == ([10], 3, ["cases"])
    with pytest.raises(SystemExit):
        kernels.arguments(["--parts", "everything"])
    assert "invalid choice" in capsys.readouterr().err


def test_medians_are_of_seconds():
    values = np.arange(1000.0)
    found = timing.interleaved({"sort": lambda: np.sort(values), "sum": values.sum}, 3)
    assert 0 < found["sum"] < 1e-3
