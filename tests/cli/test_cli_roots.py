"""``symnum newton`` and ``symnum roots`` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symnum import cli
from symnum.commands.root_commands import with_ranges
from symnum.commands.root_reports import certified_digits


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_newton_says_root_bound_digits_and_certificate(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("newton", "x - cos(x)", capsys=capsys)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert status == 0
    assert lines[0] == "x = 0.7390851332151607"
    assert lines[1].startswith("error bound 3.1e-17")
    assert lines[2] == "digits 16 certified"
    assert lines[3].startswith("status converged, simple root")
    assert lines[4].startswith("certificate interval-newton on [0.739")


def test_newton_with_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--param", "e=1/2", "--param", "M=3", "--bracket", "-1", "pi", "--digits", "40")
    status, out, _ = run(
        "newton", "x - e*sin(x) = M", "--method", "halley", *options, capsys=capsys
    )
    assert status == 0
    assert "x = 3.047150774702394435198272737431725" in out
    status, out, _ = run(
        "newton", "z**2 + 1", "--domain", "complex", "--x0", "1+I", "--json", capsys=capsys
    )
    assert status == 0
    assert json.loads(out)["root"] == {"real": 0.0, "imag": 1.0}


def test_newton_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(
        "newton", "x**2 = 2", "--x0", "1", "--digits", "30", "--json", capsys=capsys
    )
    found = json.loads(out)
    assert status == 0
    assert found["root"].startswith("1.4142135623730950488016887242")
    assert found["certificate"]["kind"] == "interval-newton"
    assert found["digits"] >= 30
    assert (found["converged"], found["multiplicity"]) == (True, 1)


def test_a_failure_ends_with_status_one_and_an_advice(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("newton", "tan(x)", "--bracket", "1", "2", capsys=capsys)
    assert status == 1
    assert "pole" in out
    status, out, _ = run("newton", "x**2 + 1", "--x0", "1", "--json", capsys=capsys)
    found = json.loads(out)
    assert status == 1
    assert (found["status"], found["error_bound"]) == ("proved_none", None)


def test_roots_in_one_and_two_unknowns(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("roots", "tan(x) - x", "--box", "0.5", "20", capsys=capsys)
    assert status == 0
    assert "5 roots of tan(x) - x, proved complete" in out
    assert "x = 17.22075527193077  [proved]" in out
    equations = ("x**2 + y**2 = 25", "x*y = 12")
    status, out, _ = run(
        "roots", *equations, "--box", "x=0:9", "--box", "y=0:9", "--json", capsys=capsys
    )
    assert status == 0
    assert json.loads(out)["roots"] == [[3.0, 4.0], [4.0, 3.0]]


def test_no_root_is_an_answer_if_it_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("roots", "x**2 + 1", "--box", "-3", "3", capsys=capsys)
    assert (status, out) == (0, "no root of x**2 + 1, proved complete\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("newton", "x - cos(x)", "--x0", "3"),
        ("newton", "tan(x)", "--bracket", "1", "2"),
        ("newton", "z**2 + 1", "--domain", "complex", "--x0", "1+I"),
        ("roots", "tan(x) - x", "--box", "0.5", "20"),
        ("roots", "x**2 + y**2 - 1", "x - y", "--box", "x=-2:2", "--box", "y=-2:2"),
    ],
    ids=" ".join,
)
def test_plots(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "plot.png"
    run(*arguments, "--plot", str(target), capsys=capsys)
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("newton",), "Missing argument"),
        (("newton", "x*y - 1"), "more than one candidate for the unknown: x, y"),
        (("newton", "x +"), "a value is missing"),
        (("newton", "x - a", "--param", "a"), "expected NAME=VALUE"),
        (("newton", "x", "--x0", "__import__('os')"), "x0"),
        (("newton", "x", "--method", "newtn"), "did you mean 'newton'"),
        (("newton", "x", "--digits", "0"), "digits: expected 1"),
        (("newton", "x", "--plot", "/no/such/folder/x.png"), "does not exist"),
        (("newton", "x", "--plot", "x.nonsense"), "expected a file ending in"),
        (("roots", "sin(x)"), "box: expected two numbers"),
        (("roots", "sin(x)", "--box", "3", "1"), "box"),
        (("roots", "sin(x)", "--box", "x=1"), "as in --box 0 10"),
        (("roots", "x - y", "x + y", "--box", "x=0:1", "--box", "0:1"), "need names"),
        (("roots", "x - y", "x + y", "--box", "x=0:1", "--box", "x=0:1"), "given twice"),
        (("roots", "x - y", "--box", "0", "1"), "1 equation in 2 unknowns"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else None,
)
def test_misuse_ends_with_status_two(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(*arguments, capsys=capsys)
    assert status == 2
    assert words in " ".join(err.replace("│", " ").split())


def test_basins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "basins.png"
    window = ("--window", "-1", "1", "-1", "1", "--shape", "21", "31")
    status, out, _ = run("basins", "z**2 - 1", *window, "--plot", str(target), capsys=capsys)
    assert status == 0
    assert "to z = (1+0j)" in out
    assert target.read_bytes().startswith(b"\x89PNG")
    status, out, _ = run("basins", "z**2 - 1", *window, "--json", capsys=capsys)
    found = json.loads(out)
    assert status == 0
    assert sum(found["shares"]) + found["lost"] == pytest.approx(1)
    assert len(found["roots"]) == 2


def test_ranges_are_joined() -> None:
    given = ["roots", "sin(x)", "--box", "-1", "10", "--json"]
    assert with_ranges(given) == ["roots", "sin(x)", "--box", "-1:10", "--json"]
    for untouched in (["roots", "f", "--box", "x=0:1", "--json"], ["newton", "x", "--x0", "1"]):
        assert with_ranges(untouched) == untouched


@pytest.mark.parametrize(
    ("root", "bound", "digits"),
    [(0.739, 3e-17, 16), (2.0, 0.0, None), (1e-300, 1e-310, 10), (0.0, 1e-20, 20), (1.0, 0.5, 0)],
)
def test_certified_digits(root: float, bound: float, digits: int | None) -> None:
    assert certified_digits(root, bound) == digits
