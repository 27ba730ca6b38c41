"""Settings shared by all tests: a cache of their own, deterministic hypothesis."""

from __future__ import annotations

import os
import tempfile

from hypothesis import settings

os.environ["SYMNUM_CACHE_DIR"] = os.environ.get(
    "SYMNUM_TEST_CACHE_DIR", tempfile.mkdtemp(prefix="symnum-tests-")
)
os.environ.setdefault("MPLBACKEND", "Agg")

settings.register_profile("symnum", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("symnum")
