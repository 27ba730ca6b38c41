"""Locks of things that the whole process shares, safe across a fork.

A fork waits until it holds them all, so that a child never inherits one from a thread that does not
exist there, nor a half-changed state behind it.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Literal

__all__ = ["Shared", "process_lock"]

Shared = Literal["machine code", "fallback", "precision", "references", "addresses"]

#: A thread that holds one of them waits for later ones only; the fork takes them in this order.
ORDER: tuple[Shared, ...] = ("machine code", "fallback", "precision", "references", "addresses")

_LOCKS = {shared: threading.RLock() for shared in ORDER}


def process_lock(shared: Shared) -> threading.RLock:
    """Return the lock of something that all threads share; its holder may take it again."""
    return _LOCKS[shared]


def _acquire_all() -> None:
    for shared in ORDER:
        _LOCKS[shared].acquire()


def _release_all() -> None:
    for shared in reversed(ORDER):
        _LOCKS[shared].release()


if sys.platform != "win32":
    os.register_at_fork(
        before=_acquire_all, after_in_parent=_release_all, after_in_child=_release_all
    )
