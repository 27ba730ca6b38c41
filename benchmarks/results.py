"""``benchmarks/RESULTS.md``: sections that the benchmarks write, each with date and machine."""

from __future__ import annotations

import datetime
import os
import platform
import re
from pathlib import Path

from benchmarks.peers import libraries

__all__ = ["machine_line", "write_section"]

RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = """# Results

Written by the programs of this folder with `--write`. Ratios are those of one run, on one machine;
a ratio above 1 means that symnum is faster.
"""


def machine_line() -> str:
    """Return the date, the processor and the versions of all libraries."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    found = libraries()
    versions = [f"{name} {version}" for name, version in found.items() if version]
    missing = [name for name, version in found.items() if version is None]
    text = (
        f"{today}; {_processor()}, {os.cpu_count()} cores; "
        f"{platform.system()}, Python {platform.python_version()}; {', '.join(versions)}."
    )
    return text + (f" Not installed: {', '.join(missing)}." if missing else "")


def _processor() -> str:
    """Return the name of the processor, with its widest vectors where the system tells."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    known = re.compile(r"^(model name|cpu family|model|flags)\s*:\s*(.*)$", re.MULTILINE)
    fields = dict(known.findall(text))
    name = fields.get("model name", platform.machine())
    if "cpu family" in fields:
        name += f" (family {fields['cpu family']}, model {fields.get('model', '?')})"
    flags = fields.get("flags", "").split()
    widest = next((flag for flag in ("avx512f", "avx2", "avx") if flag in flags), "")
    return f"{name} with {widest}" if widest else name


def write_section(title: str, lines: list[str]) -> None:
    """Replace one section of the file, or append it.

    Parameters
    ----------
    title : str
        Of the heading.
    lines : list of str
        Markdown below it.
    """
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else _HEAD
    section = "\n".join([f"## {title}", "", *lines]).rstrip() + "\n"
    parts = re.split(r"(?m)^(?=## )", text)
    kept = [part.rstrip() + "\n" for part in parts]
    for place, part in enumerate(kept):
        if part.startswith(f"## {title}\n"):
            kept[place] = section
            break
    else:
        kept.append(section)
    RESULTS.write_text("\n".join(kept), encoding="utf-8")
