"""The command line as a user types it: output, exit status, messages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import symnum as sn
from symnum import cli


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_list_shows_every_derivation(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("list", capsys=capsys)
    assert status == 0
    assert all(name in out for name in sn.gallery())


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("list", "--json", capsys=capsys)
    rows = json.loads(out)
    assert status == 0
    assert [row["name"] for row in rows] == sn.gallery()
    assert all(row["steps"] >= 4 and row["max_ulp"] >= 0 for row in rows)


def test_derive_prints_steps_levels_accuracy_and_speed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page, plot = tmp_path / "page.html", tmp_path / "plot.png"
    status, out, _ = run(
        "derive", "newton_raphson", "--html", str(page), "--plot", str(plot), capsys=capsys
    )
    assert status == 0
    assert all(word in out for word in ("exact", "interval", "ulp", "NumPy", "f2/(2*f1)"))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "<math" in text
    assert "<svg" in text
    assert "mutants refuted" in text
    for outside in ("http://", "https://"):
        links = text.replace("http://www.w3.org", "").replace("http://purl.org", "")
        links = links.replace("http://creativecommons.org", "").replace(
            "https://matplotlib.org", ""
        )
        assert outside not in links
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_derive_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("derive", "newton_raphson", "--json", capsys=capsys)
    document = json.loads(out)
    assert status == 0
    assert document["arguments"] == ["f1", "f2", "f3"]
    assert len(document["steps"]) >= 4
    assert document["constants"]["dottie"].startswith("0.73908513321516064165")
    assert document["accuracy"]["max_ulp"] >= 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("derive", "pendulum_homotpy"), "did you mean pendulum_homotopy"),
        (("derive",), "give the name of one derivation"),
        (("derive", "newton_raphson", "--all"), "give the name of one derivation"),
        (("derive", "newton_raphson", "--html", "/no/such/folder/x.html"), "does not exist"),
        (("solve",), "No such command"),
    ],
    ids=["near-name", "no-name", "both", "folder", "command"],
)
def test_misuse_ends_with_status_two(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(*arguments, capsys=capsys)
    assert status == 2
    assert words in " ".join(err.split())


def test_bare_options_take_the_name_of_the_derivation() -> None:
    completed = cli.completed(["derive", "ddim", "--html", "--plot"])
    assert completed == ["derive", "ddim", "--html", "ddim.html", "--plot", "ddim.svg"]
    assert cli.completed(["derive", "--all", "--html"]) == ["derive", "--all", "--html"]
    assert cli.completed(["derive", "ddim", "--html", "x.html"])[-1] == "x.html"


def test_info_and_cache(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("info", capsys=capsys)
    assert status == 0
    assert all(word in out for word in ("symnum", "sympy", "processor", "cache"))
    status, out, _ = run("cache", "info", "--json", capsys=capsys)
    assert status == 0
    assert set(json.loads(out)) == {"folder", "kernels", "bytes", "certificates"}


def test_cache_clear_empties_the_cache(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYMNUM_CACHE_DIR", str(tmp_path))
    sn.lambdify("x", "x**2 + 17")(2.0)
    _, out, _ = run("cache", "info", "--json", capsys=capsys)
    assert json.loads(out)["kernels"] == 1
    assert run("cache", "clear", capsys=capsys)[0] == 0
    _, out, _ = run("cache", "info", "--json", capsys=capsys)
    assert json.loads(out)["kernels"] == 0


def test_help_costs_no_heavy_import() -> None:
    code = (
        "import sys; from symnum import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: print([m for m in ('sympy', 'numba', 'matplotlib') if m in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip().endswith("[]")
