"""``symnum mollify`` as a user types it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from symnum import cli


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["mollify", *arguments])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def lines(out: str) -> list[str]:
    return [" ".join(line.split()) for line in out.splitlines()]


def test_a_symbol_for_the_bandwidth_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("Max(x, 0)", "--at", "-3", capsys=capsys)
    assert status == 0
    assert lines(out)[2:7] == [
        "bandwidth h",
        "method jump_form",
        "expr h*NormalRamp(x/h)",
        "written out h*(sqrt(2)*exp(-x**2/(2*h**2))/(2*sqrt(pi)) + x*(1 - erfc(sqrt(2)*x/(2*h))/2)/h)",
        "largest distance sqrt(2)*h/(2*sqrt(pi))",
    ]
    assert lines(out)[7].startswith("value at -3, h = 1 0.00038215431704772")


def test_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--variable", "s", "--mollifier", "cauchy", "--bandwidth", "1/4", "--digits", "12")
    status, out, _ = run(
        "floor(s)", *options, "--principal-value", "--at", "0.3", "--json", capsys=capsys
    )
    found = json.loads(out)
    assert status == 0
    assert found["method"] == "periodic"
    assert found["mollifier"] == "cauchy"
    assert set(found) >= {"function", "bandwidth", "expr", "largest distance", "value at 0.3"}
    q, angle = math.exp(-math.pi / 2), 0.6 * math.pi
    wave = math.atan2(q * math.sin(angle), 1 - q * math.cos(angle)) / math.pi
    assert float(found["value at 0.3"]) == pytest.approx(-0.2 + wave, rel=1e-11)


@pytest.mark.parametrize(
    "arguments", [("Abs(x)", "--bandwidth", "1/2"), ("sign(x)", "--mollifier", "laplace")]
)
def test_plots(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "plot.png"
    status, out, err = run(*arguments, "--plot", str(target), "--json", capsys=capsys)
    assert status == 0
    assert json.loads(out)
    assert str(target) in err
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing argument"),
        (("foo(x)",), "unknown function foo"),
        (("x +",), "a value is missing"),
        (("__import__('os').system('id')",), "is no name for a symbol"),
        (("1/x",), "has a pole where x = 0"),
        (("Abs(sin(1/x))",), "f:"),
        (("exp(x**2)",), "gaussian"),
        (("Abs(x)", "--mollifier", "cauchy"), "the integral diverges for every bandwidth"),
        (("x", "--mollifier", "gausian"), "mollifier: expected one of biweight"),
        (("x", "--bandwidth", "-1"), "bandwidth: expected something known to be positive"),
        (("x", "--bandwidth", "oo"), "bandwidth: expected something known to be positive"),
        (("x", "--at", "foo("), "at: '(' is never closed"),
        (("x", "--at", "y"), "at: the value depends on y too"),
        (("x", "--at", "1", "--digits", "0"), "digits: expected 1 to 1000, got 0"),
        (("x", "--digits", "many"), "digits"),
        (("Max(x, y)", "--plot", "x.png"), "plot: the function depends on y too"),
        (("x", "--plot", "/no/such/folder/x.png"), "does not exist"),
        (("x", "--plot", "x.nonsense"), "expected a file ending in"),
        (("x", "--nothing"), "No such option"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_misuse_ends_with_status_two(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(*arguments, capsys=capsys)
    assert status == 2
    assert out == ""
    assert words in " ".join(err.replace("│", " ").split())
