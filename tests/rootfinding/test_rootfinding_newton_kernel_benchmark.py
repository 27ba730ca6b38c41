"""The benchmark of batches of roots runs, on a few lanes, and its tables say what they should."""

from __future__ import annotations

import pytest

from benchmarks.newton import Row, arguments, measure, table_lines
from benchmarks.newton_cases import CASES, kepler, volatility


@pytest.mark.parametrize("build", [kepler, volatility], ids=["kepler", "volatility"])
def test_a_case_is_measured_and_every_lane_is_solved(build: object) -> None:
    assert callable(build)
    case = build(lanes=1500)
    rows = measure(case, 1, ["find_root"])
    names = [row.name for row in rows]
    assert names[0] == "symnum"
    assert "find_root" in names
    assert "heyoka kepE" not in names
    for row in rows:
        assert row.seconds > 0
        if row.name.startswith("symnum"):
            assert row.unsolved == 0
            assert row.largest is not None
            assert row.largest < 1e-11
    lines = table_lines(rows)
    assert lines[0].startswith("| solver | ms | ratio")
    assert any(f"({case.required['find_root']:g})" in line for line in lines)


def test_a_goal_that_is_met_is_bold_and_an_absent_peer_named() -> None:
    rows = [
        Row("case", "symnum", 0.001, 1e-16, 0, None),
        Row("case", "fast", 0.004, 1e-16, 0, 5.0),
        Row("case", "slow", 0.006, None, None, 5.0),
        Row("case", "gone", 0.0, None, None, None, "not installed"),
    ]
    assert table_lines(rows)[2:] == [
        "| symnum | 1.0 |  | 1.0e-16 | 0 |",
        "| fast | 4.0 | 4.00 (5) | 1.0e-16 | 0 |",
        "| slow | 6.0 | **6.00** (5) |  |  |",
        "| gone | not installed | | | |",
    ]


def test_the_command_line() -> None:
    asked = arguments(["--cases", "kepler", "--rounds", "2"])
    assert (asked.cases, asked.rounds, asked.write) == (["kepler"], 2, False)
    assert set(CASES) == {"kepler", "volatility"}
