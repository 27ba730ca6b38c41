"""Mathematics written once: a checked derivation, a compiled kernel, a measured error.

SymPy says what is true, mpmath and Arb say how exact, LLVM says how fast. Nothing heavy is
imported until a name is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symnum.approximation import minimax
    from symnum.catalogue import derive, gallery
    from symnum.compiler import Kernel, lambdify
    from symnum.derivation import Derivation
    from symnum.errors import ParseError, Refuted, Undecided
    from symnum.expressions import Box, Integers, Interval, parse
    from symnum.matexp import expm, matrix_exp
    from symnum.rootfinding import newton, newton_kernel, root, roots
    from symnum.smoothing import mollify

__version__ = "0.1.0"

_HOME = {
    "Box": "symnum.expressions",
    "Derivation": "symnum.derivation",
    "Integers": "symnum.expressions",
    "Interval": "symnum.expressions",
    "Kernel": "symnum.compiler",
    "ParseError": "symnum.errors",
    "Refuted": "symnum.errors",
    "Undecided": "symnum.errors",
    "derive": "symnum.catalogue",
    "expm": "symnum.matexp",
    "gallery": "symnum.catalogue",
    "lambdify": "symnum.compiler",
    "matrix_exp": "symnum.matexp",
    "minimax": "symnum.approximation",
    "mollify": "symnum.smoothing",
    "newton": "symnum.rootfinding",
    "newton_kernel": "symnum.rootfinding",
    "parse": "symnum.expressions",
    "root": "symnum.rootfinding",
    "roots": "symnum.rootfinding",
}

__all__ = [
    "Box",
    "Derivation",
    "Integers",
    "Interval",
    "Kernel",
    "ParseError",
    "Refuted",
    "Undecided",
    "derive",
    "expm",
    "gallery",
    "lambdify",
    "matrix_exp",
    "minimax",
    "mollify",
    "newton",
    "newton_kernel",
    "parse",
    "root",
    "roots",
]

_PACKAGES = frozenset(
    [
        "algebra",
        "approximation",
        "compiler",
        "derivation",
        "expressions",
        "homotopy",
        "matexp",
        "reference",
        "rootfinding",
        "smoothing",
    ]
)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    if name in _PACKAGES:
        return importlib.import_module(f"symnum.{name}")
    raise AttributeError(f"module 'symnum' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_PACKAGES})
