"""Where symnum keeps what it may delete at any time."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["cache_folder"]


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
