"""The gates that every change passes: layers, types, style, sizes, the cost of importing."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import symnum

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "symnum").rglob("*.py"), *(ROOT / "derivations").rglob("*.py")])
PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "symnum").rglob("__init__.py")
)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "mypy"),
        ("-m", "ruff", "check", "."),
        ("-m", "ruff", "format", "--check", "."),
        ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
    ],
    ids=["mypy", "ruff-check", "ruff-format", "import-linter"],
)
def test_gate(command: tuple[str, ...]) -> None:
    finished = run(*command)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_import_loads_nothing_heavy() -> None:
    heavy = ["sympy", "numba", "matplotlib", "mpmath", "scipy", "flint", "numpy"]
    finished = run("-c", f"import sys, symnum; print([m for m in {heavy} if m in sys.modules])")
    assert finished.stdout.strip() == "[]", finished.stdout + finished.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_sorted_and_true(package: str) -> None:
    module = importlib.import_module(package)
    names = getattr(module, "__all__", [])
    # Constants, then classes, then functions, as ruff's RUF022 sorts them.
    assert list(names) == sorted(
        names, key=lambda n: (not (n.isupper() and len(n) > 1), n[0].islower(), n)
    )
    for name in names:
        assert getattr(module, name) is not None


def test_top_level_offers_its_names() -> None:
    assert set(symnum.__all__) <= set(dir(symnum))
    with pytest.raises(AttributeError, match="no attribute 'squareplus'"):
        _ = symnum.squareplus


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


def public_functions(tree: ast.Module) -> list[str]:
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_named_like_a_module_of_its_package(package: str) -> None:
    folder = ROOT.joinpath(*package.split("."))
    siblings = {path.stem for path in folder.glob("*.py")} | {
        path.name for path in folder.iterdir() if path.is_dir()
    }
    for path in sorted(folder.glob("*.py")):
        clashes = siblings & set(public_functions(ast.parse(path.read_text(encoding="utf-8"))))
        assert not clashes, f"{path.name}: {clashes}"
