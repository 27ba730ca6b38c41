"""The working precisions of the two arithmetics: none of them is anybody's global setting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flint
import mpmath

from symnum.locks import process_lock

__all__ = ["private_context", "working_precision"]

_LOCK = process_lock("precision")
_THREAD = threading.local()


@contextmanager
def working_precision(prec: int) -> Iterator[None]:
    """Set Arb's precision in bits for a block; all threads share it and wait for each other."""
    with _LOCK, flint.ctx.workprec(prec):
        yield


def private_context() -> Any:
    """Return this thread's own mpmath context: no setting is shared with anyone."""
    context = getattr(_THREAD, "context", None)
    if context is None:
        context = _THREAD.context = mpmath.mp.clone()
    return context
