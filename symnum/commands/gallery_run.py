"""All derivations at once, one process for each processor."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symnum.errors import SymnumError

__all__ = ["RowOutcome", "run_rows"]


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one derivation.

    Attributes
    ----------
    name, chapter, title : str
    figures : dict
        Its line in the table; empty where it failed.
    failure : str
        Why it failed.
    """

    name: str
    chapter: str
    title: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    failure: str = ""


def run_rows(
    names: Sequence[str], folder: Path | None, advance: Callable[[str], None]
) -> list[RowOutcome]:
    """Run derivations, each in one of several processes.

    Parameters
    ----------
    names : sequence of str
    folder : pathlib.Path or None
        Where the pages are written; without it neither mutants are tried nor plots drawn.
    advance : callable
        Told the name of each that is done.

    Returns
    -------
    list of RowOutcome
        In the order of the names.
    """
    workers = min(len(names), _processors())
    around = list(zip(names, ["", *names], [*names[1:], ""], strict=False))
    if workers <= 1:
        return [_announced(run_row(name, folder, near), advance) for name, *near in around]
    # A fork would inherit threads and locks of what is loaded here.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = {pool.submit(run_row, name, folder, near): name for name, *near in around}
        found = {}
        for done in concurrent.futures.as_completed(waiting):
            found[waiting[done]] = _announced(done.result(), advance)
    return [found[name] for name in names]


def _processors() -> int:
    """Return how many processors this process may use."""
    if platform.system() == "Linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _announced(outcome: RowOutcome, advance: Callable[[str], None]) -> RowOutcome:
    advance(outcome.name)
    return outcome


def run_row(name: str, folder: Path | None, around: Sequence[str] = ("", "")) -> RowOutcome:
    """Run one derivation and write its page; a failure is an outcome as well.

    Parameters
    ----------
    name : str
    folder : pathlib.Path or None
    around : sequence of str
        The names before and after it, which its page links to.

    Returns
    -------
    RowOutcome
    """
    from symnum import catalogue
    from symnum.report import Neighbours, build_page, page_figures, write_failure, write_page

    row, neighbours = catalogue.row(name), Neighbours(*around)
    try:
        page = build_page(
            row.derive,
            ranges=row.ranges,
            tails=row.tails,
            plot=row.plot,
            findings=row.findings,
            peers=row.peers,
            thorough=folder is not None,
        )
    except SymnumError as failure:
        if folder is not None:
            write_failure(name, str(failure), folder / f"{name}.html", neighbours)
        return RowOutcome(name, row.chapter, failure=str(failure))
    if folder is not None:
        write_page(page, folder / f"{name}.html", neighbours)
    return RowOutcome(name, row.chapter, page.derivation.title or name, page_figures(page))
