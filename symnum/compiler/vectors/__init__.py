"""Vector code as the text of LLVM's intermediate language: values with operators, functions.

Everything is explicit vectors of a fixed number of lanes, so nothing depends on what a compiler's
loop vectoriser makes of a loop, and a value never depends on its position in an array.
"""

from symnum.compiler.vectors.modules import Function, Module
from symnum.compiler.vectors.target import Target, host_target
from symnum.compiler.vectors.values import Vector

__all__ = ["Function", "Module", "Target", "Vector", "host_target"]
