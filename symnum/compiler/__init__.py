"""From an expression to machine code: lower, optimise, emit, store, call, measure."""

from typing import TYPE_CHECKING, Any

from symnum.compiler.kernel import Kernel
from symnum.compiler.lambdification import build_kernel, lambdify
from symnum.compiler.machine import cache_info, clear_cache
from symnum.compiler.storage import CacheInfo

if TYPE_CHECKING:
    from symnum.compiler.accuracy import AccuracyReport

__all__ = [
    "AccuracyReport",
    "CacheInfo",
    "Kernel",
    "build_kernel",
    "cache_info",
    "clear_cache",
    "lambdify",
]


def __getattr__(name: str) -> Any:
    # What measures a kernel needs balls and much else that calling one does not.
    if name == "AccuracyReport":
        from symnum.compiler.accuracy import AccuracyReport

        return AccuracyReport
    raise AttributeError(f"module 'symnum.compiler' has no attribute {name!r}")
