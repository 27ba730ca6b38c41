"""One pendulum in numbers, and the command that shows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from symnum import homotopy
from symnum.commands.pendulum_command import pendulum

DATA = json.loads(
    (Path(__file__).resolve().parents[1] / "data" / "homotopy_reference.json").read_text()
)
app = typer.Typer()
app.command()(pendulum)


@pytest.mark.parametrize("row", DATA["pendulum"]["rows"], ids=lambda row: row["degrees"])
def test_facts_are_the_stored_ones(row: dict[str, str]) -> None:
    facts = homotopy.pendulum_facts(row["degrees"], order=6, digits=24)
    context = facts.frequency.context
    assert abs(facts.frequency / context.mpf(row["frequency_over_small_frequency"]) - 1) < 1e-26
    assert abs(facts.period / context.mpf(row["period_over_small_period"]) - 1) < 1e-26
    for value, text in zip(facts.harmonics.values(), row["fourier_odd_cosines"], strict=False):
        assert abs(value / context.mpf(text) - 1) < 1e-22
    assert facts.condition == pytest.approx(float(row["condition_number"]), rel=1e-4)


def test_errors_of_the_series_are_told() -> None:
    errors = homotopy.pendulum_facts(150, order=20).errors()
    assert 1e-6 < errors["partial sum"] < 1e-5
    assert 1e-12 < errors["pade"] < 1e-11


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((180,), homotopy.NoOscillationError, "180 degrees makes no oscillation"),
        (("x",), ValueError, "degrees: expected a positive number, got x"),
        ((0,), ValueError, "degrees"),
        ((float("nan"),), ValueError, "degrees"),
        ((90, -1), ValueError, "order"),
        ((90, 3, 0), ValueError, "digits"),
        ((90, 3, 5000), ValueError, "digits: expected at most 1000"),
    ],
)
def test_misuse_is_refused(
    arguments: tuple[object, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        homotopy.pendulum_facts(*arguments)  # type: ignore[arg-type]


def test_the_command(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["--degrees", "90", "--order", "4"])
    assert shown.exit_code == 0
    assert "0.8472130847939790866064991" in shown.output
    target = tmp_path / "swing.svg"
    read = CliRunner().invoke(app, ["--degrees", "150", "--json", "--plot", str(target)])
    assert json.loads(read.stdout)["series"][1] == "-1/16"
    assert target.read_text().startswith("<?xml")
    assert CliRunner().invoke(app, ["--degrees", "200"]).exit_code == 2
