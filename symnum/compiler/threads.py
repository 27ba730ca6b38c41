"""A pool of threads that survives forks, and the division of work among them.

Kernels release the interpreter lock, so ordinary threads do. The caller works too: a pool that is
busy with another call delays nothing, and there is nothing to wait for that has not started.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import sys
import threading
from collections.abc import Callable

__all__ = ["available_threads", "run_chunks"]

Task = Callable[[int, int], None]

# Chunks begin at multiples of this many elements, a cache line of doubles.
ALIGNMENT = 8

# Several chunks for each thread, so that one that is delayed leaves its share to the others.
CHUNKS_PER_THREAD = 8
SMALLEST_CHUNK = 1024
LARGEST_CHUNK = 65_536


def available_threads() -> int:
    """Return the number of processors this process may use."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class _Job:
    """One call: its chunks are taken one by one by whoever is free."""

    def __init__(self, task: Task, size: int, chunk: int) -> None:
        self.task = task
        self.size = size
        self.chunk = chunk
        self.error: BaseException | None = None
        self._next = itertools.count()
        self._working = 0
        self._done = threading.Condition()

    def work(self) -> None:
        """Take chunks until none is left."""
        with self._done:
            self._working += 1
        try:
            # One step of a counter cannot be interrupted by another thread.
            while (start := next(self._next) * self.chunk) < self.size and self.error is None:
                self.task(start, min(start + self.chunk, self.size))
        except BaseException as error:
            self.error = error
        finally:
            with self._done:
                self._working -= 1
                self._done.notify_all()

    def wait(self) -> None:
        """Wait until nobody works on it; all chunks were taken before the caller gets here."""
        with self._done:
            self._done.wait_for(lambda: self._working == 0)
        if self.error is not None:
            raise self.error


class _Pool:
    """Daemon threads that wait for jobs; more are started when more are asked for."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._threads = 0
        self._lock = threading.Lock()

    def help(self, job: _Job, helpers: int) -> None:
        """Offer a job to that many threads."""
        with self._lock:
            while self._threads < helpers:
                name = f"symnum-{self._threads}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()
                self._threads += 1
        for _ in range(helpers):
            self._jobs.put(job)

    def _serve(self) -> None:
        while True:
            self._jobs.get().work()


_pool = _Pool()


def _forget_pool() -> None:
    """Start anew in a forked child, where the threads of the parent do not exist."""
    global _pool
    _pool = _Pool()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_pool)


def run_chunks(task: Task, size: int, threads: int) -> None:
    """Call a task on chunks of a range, in several threads.

    Parameters
    ----------
    task : callable
        Takes the first and the last-plus-one index of a chunk; called in any order.
    size : int
        The length of the range.
    threads : int
        How many threads take part, the caller among them.

    Raises
    ------
    BaseException
        What the task raised first.

    Examples
    --------
    >>> done = []
    >>> run_chunks(lambda start, stop: done.append(stop - start), 5000, 2)
    >>> sum(done)
    5000
    """
    share = -(-size // (threads * CHUNKS_PER_THREAD))
    chunk = min(max(share, SMALLEST_CHUNK), LARGEST_CHUNK)
    chunk = -(-chunk // ALIGNMENT) * ALIGNMENT
    helpers = min(threads, -(-size // chunk)) - 1
    job = _Job(task, size, chunk)
    if helpers > 0:
        # An interpreter that is shutting down starts no threads: then the caller does it all.
        with contextlib.suppress(RuntimeError):
            _pool.help(job, helpers)
    job.work()
    job.wait()
