"""From an expression to machine code: lower, optimise, emit, store, call, measure."""

from symnum.compiler.accuracy import AccuracyReport
from symnum.compiler.kernel import Kernel, build_kernel, lambdify
from symnum.compiler.machine import cache_info, clear_cache
from symnum.compiler.storage import CacheInfo

__all__ = [
    "AccuracyReport",
    "CacheInfo",
    "Kernel",
    "build_kernel",
    "cache_info",
    "clear_cache",
    "lambdify",
]
