"""Which functions have code: the primitives of the vocabulary, and no others.

Each is in the library of elementary functions or bound by symbol; a test sees to it.
"""

from __future__ import annotations

from symnum.compiler.program import Program
from symnum.compiler.vocabulary import PRIMITIVES
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
    missing = sorted(called - PRIMITIVES)
    if missing:
        raise UnsupportedNodeError(
            f"no implementation of {', '.join(missing)} for real numbers in compiled code"
        )
