"""``symnum expm`` as a user types it."""

from __future__ import annotations

import json

import pytest

from symnum import cli

ROTATION = "[[0, -t], [t, 0]]"


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["expm", *arguments])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_a_rotation(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(ROTATION, capsys=capsys)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert status == 0
    assert lines[:2] == ["closed form [cos(t), -sin(t)]", "[sin(t), cos(t) ]"]
    assert "minimal polynomial s**2 + t**2" in lines
    assert "proved exact" in lines


def test_its_value_in_balls(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(ROTATION, "--at", "t=3/10", "--digits", "30", "--json", capsys=capsys)
    found = json.loads(out)
    assert status == 0
    assert found["closed form"][0] == ["cos(t)", "-sin(t)"]
    assert found["value"][0][0].startswith("[0.95533648912560601964231022")
    assert "+/-" in found["value"][0][0]


def test_numbers_have_a_value_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("[[0, 1], [0, 0]]", "--json", capsys=capsys)
    found = json.loads(out)
    assert status == 0
    assert [[float(entry) for entry in row] for row in found["value"]] == [[1, 1], [0, 1]]


def test_a_symbol_s_leaves_its_name_free(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("[[s, 1], [0, s]]", "--at", "s=-2", capsys=capsys)
    assert status == 0
    assert "s**2 - 2*s*z + z**2" in out
    assert "[0.1353352832366" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing argument"),
        (("1",), "expected rows in brackets as [[a, b], [c, d]], got '1'"),
        (("[[1, 2], [3]]",), "expected rows of one length"),
        (("[[1, 2, 3], [3, 4, 5]]",), "A: expected a square matrix, got the shape (2, 3)"),
        (("[[]]",), "the text is empty"),
        (("[[foo(1)]]",), "unknown function foo"),
        (("[[__import__('os').system('id')]]",), "is no name for a symbol"),
        (("[[oo, 1], [0, 1]]",), "A: expected finite entries"),
        ((ROTATION, "--at", "t"), "expected name=value, got 't'"),
        ((ROTATION, "--at", "u=3"), "u is no symbol of the matrix"),
        ((ROTATION, "--at", "t=abc"), "expected a number for t, got 'abc'"),
        ((ROTATION, "--at", "t="), "the text is empty"),
        ((ROTATION, "--at", "t=1", "--at", "t=2"), "t is given twice"),
        ((ROTATION, "--at", "t=1", "--digits", "0"), "digits: expected at least 1, got 0"),
        (("[[a, b], [c, d]]", "--at", "a=1"), "no value for b, c, d"),
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
