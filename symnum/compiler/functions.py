"""Which functions have code: those of the library, and those bound by symbol."""

from __future__ import annotations

from symnum.compiler.elementary import ELEMENTARY
from symnum.compiler.native import NATIVE
from symnum.compiler.program import Program
from symnum.errors import UnsupportedNodeError

__all__ = ["check_functions"]


def check_functions(program: Program) -> None:
    """Raise if a program calls a function that has no code.

    Parameters
    ----------
    program : Program
        Of real numbers, in its final form.

    Raises
    ------
    UnsupportedNodeError
        Naming the functions.
    """
    called = {node.value for node in program.nodes if node.operation == "call"}
    missing = sorted(called - ELEMENTARY.keys() - NATIVE.keys())
    if missing:
        raise UnsupportedNodeError(
            f"no implementation of {', '.join(missing)} for real numbers in compiled code"
        )
