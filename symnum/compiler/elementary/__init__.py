"""The library of elementary functions: bodies of vector code, one for each function and format.

A body is a Python function that takes vectors and returns the vector of results; it is written
into a kernel's module once and inlined where it is called. A function without a body of its own is
called from the system's library, lane by lane.
"""

from symnum.compiler.elementary.table import (
    ELEMENTARY,
    PAIRED,
    PAIRS,
    Elementary,
    call_elementary,
    call_pair,
)

__all__ = ["ELEMENTARY", "PAIRED", "PAIRS", "Elementary", "call_elementary", "call_pair"]
