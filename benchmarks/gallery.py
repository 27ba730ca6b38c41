"""Run the whole gallery and record its figures: ``python -m benchmarks.gallery``.

Writes ``derivations/figures.json``, which `symnum list` shows, and ``derivations/TABLE.md``.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from symnum import catalogue
from symnum.report import build_page, page_figures

HEAD = """# The derivations

Written by `python -m benchmarks.gallery`. Level is that of the weakest step; the worst error is
measured against mpmath over the row's ranges, and beside it stands by how much the exact value
moves there when the arguments alone are rounded; speed is beside NumPy on 10,000 points, on the
machine that wrote this table.

| derivation | chapter | level | steps | kernel | worst ulp | of rounded arguments | times NumPy |
|---|---|---|---|---|---|---|---|
"""


def measured(name: str) -> dict[str, Any]:
    """Return the figures of one row, with its title and its kernel's arguments."""
    row = catalogue.row(name)
    page = build_page(row.derive, ranges=row.ranges, tails=row.tails)
    arguments = ", ".join(str(argument) for argument in page.kernel.args)
    return {
        "title": page.derivation.title,
        "chapter": row.chapter,
        "kernel": f"({arguments})",
        **page_figures(page),
    }


def table(figures: dict[str, dict[str, Any]]) -> str:
    """Return TABLE.md, one row a derivation."""
    lines = [
        f"| [{name}]({row['chapter']}/{name}.py): {row['title']} | {row['chapter']} "
        f"| {row['level']} | {row['steps']} | `{row['kernel']}` | {row['max_ulp']} "
        f"| {row['rounding_ulp']} | {row['times_numpy']} |"
        for name, row in figures.items()
    ]
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    """Run all rows and write both files."""
    folder = catalogue.gallery_folder()
    names = catalogue.gallery()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        figures = dict(zip(names, pool.map(measured, names), strict=True))
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    (folder / "figures.json").write_text(text, encoding="utf-8")
    (folder / "TABLE.md").write_text(table(figures), encoding="utf-8")
    print(table(figures))


if __name__ == "__main__":
    main()
