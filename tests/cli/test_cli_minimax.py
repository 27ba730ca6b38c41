"""``symnum minimax`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symnum import cli


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["minimax", *arguments])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_a_line_in_closed_form(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("exp(x)", "--interval", "0", "1", "--degree", "1", capsys=capsys)
    shown = dict(line.split(maxsplit=1) for line in out.splitlines() if line[0] == "c")
    assert status == 0
    # The slope is e - 1.
    assert shown["c1"].startswith("1.7182818284590452353602874713")
    assert shown["c0"].startswith("0.8940665837422167396792468554")


def test_a_rational_form_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--interval", "-1", "1", "--form", "rational", "--degree", "1,1", "--digits", "12")
    status, out, _ = run("exp(x)", *options, "--json", capsys=capsys)
    found = json.loads(out)
    assert status == 0
    assert found["target"] == "exp(x) on [-1, 1]"
    assert float(found["no better than"]) <= float(found["largest error"]) * (1 + 1e-11)
    assert len(found["alternation"]) == 4
    assert "optimality" in found["certificate"]


def test_a_family_on_a_half_line(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--interval", "0", "oo", "--form", "1/(1 + exp(-l*x))", "--param", "l")
    status, out, _ = run("erfc(-x/sqrt(2))/2", *options, capsys=capsys)
    assert status == 0
    assert "1.7017449253380033123131695234" in out
    assert "0.0094573091763710803145225084" in out
    assert "holds on [0, oo]" in out


def test_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "error.png"
    options = ("--interval", "1", "2", "--degree", "2", "--weight", "relative", "--digits", "10")
    status, out, _ = run("sqrt(x)", *options, "--plot", str(target), capsys=capsys)
    assert status == 0
    assert f"plot written to {target}" in out
    assert target.read_bytes().startswith(b"\x89PNG")


INTERVAL = ("--interval", "0", "1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing argument"),
        (("exp(x)",), "Missing option"),
        (("exp(x)", *INTERVAL), "degree: the form 'polynomial' needs one number"),
        (("foo(x)", *INTERVAL, "--degree", "3"), "target: unknown function foo"),
        (("exp(x*y)", *INTERVAL, "--degree", "3"), "target: expected a function of x"),
        (("__import__('os')", *INTERVAL, "--degree", "3"), "is no name for a symbol"),
        (("exp(x)", "--interval", "1", "0", "--degree", "3"), "interval: [1, 0] is reversed"),
        (("exp(x)", "--interval", "a", "b", "--degree", "3"), "interval: expected a real number"),
        (("1/x", "--interval", "-1", "1", "--degree", "3"), "has a pole"),
        (("exp(x)", *INTERVAL, "--degree", "3.5"), "expected a number, or two as in 3,2"),
        (("exp(x)", *INTERVAL, "--degree", "-1"), "degree: expected 0 to"),
        (("exp(x)", *INTERVAL, "--degree", "3", "--digits", "0"), "digits: expected 1 to"),
        (("exp(x)", *INTERVAL, "--degree", "2", "--weight", "foo"), "weight: expected"),
        (("exp(x)", *INTERVAL, "--degree", "2", "--plot", "/no/such/x.png"), "does not exist"),
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
