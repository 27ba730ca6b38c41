"""What the environment decides: the cache folder, and the processor that code is made for."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["cache_folder", "processor"]


def cache_folder() -> Path:
    """Return the folder of the cache; it need not exist yet.

    The environment variable ``SYMNUM_CACHE_DIR`` is read at every call; without it the
    platform's own cache folder of the user is taken.

    Returns
    -------
    pathlib.Path
        An absolute path.
    """
    named = os.environ.get("SYMNUM_CACHE_DIR", "").strip()
    folder = Path(named) if named else Path(platformdirs.user_cache_dir("symnum", appauthor=False))
    return folder.expanduser().absolute()


def processor() -> tuple[str | None, str]:
    """Return the processor that ``SYMNUM_CPU`` names, and the features of ``SYMNUM_CPU_FEATURES``.

    Both are in LLVM's words, such as ``x86-64-v3`` and ``+avx2,+fma``.

    Returns
    -------
    name : str or None
        None where code is made for the machine it runs on.
    features : str
        Empty where the name says it all.
    """
    name = os.environ.get("SYMNUM_CPU", "").strip() or None
    return name, os.environ.get("SYMNUM_CPU_FEATURES", "").strip()
