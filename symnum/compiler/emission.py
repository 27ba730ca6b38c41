"""What is generated from a program: its text, and how to make machine code of it."""

from __future__ import annotations

from dataclasses import dataclass

from symnum.compiler.functions import check_functions
from symnum.compiler.listing import program_text
from symnum.compiler.native import NATIVE
from symnum.compiler.program import Node, Program

__all__ = ["EMITTER_VERSION", "KINDS", "GeneratedCode", "emit"]

# Part of every key of the cache: raise it when the same text would be compiled differently and no
# module that writes code has changed, for these are part of the key themselves.
EMITTER_VERSION = 2

# What numbers of a program are, for each type that arrays may have. Single-precision complex
# numbers are computed in double precision and rounded at the end.
KINDS = {"float64": "real", "float32": "single", "complex128": "complex", "complex64": "complex"}

# Nanoseconds of one element; the order of magnitude matters, for it decides from which size on
# several threads are worth waking.
CALL_WORK = 0.6
NATIVE_WORK = 60.0
ARRAY_WORK = 0.1
PLAIN_WORK = 0.02
OPERATION_WORK = {"divide": 0.15, "square_root": 0.25, "constant": 0.0, "argument": 0.0}


@dataclass(frozen=True, slots=True)
class GeneratedCode:
    """A program in its final form with its text.

    Parameters
    ----------
    program : Program
        Of real numbers.
    text : str
        It as Python text; equal texts are equal programs.
    dtype : str
        Number type of the arrays.
    work : float
        A rough guess of the nanoseconds that one element takes.
    """

    program: Program
    text: str
    dtype: str
    work: float

    @property
    def arity(self) -> int:
        """How many numbers go in."""
        return self.program.arity // self._parts

    @property
    def outputs(self) -> int:
        """How many numbers come out."""
        return len(self.program.outputs) // self._parts

    @property
    def called(self) -> list[str]:
        """The functions that the program calls."""
        return sorted({node.value for node in self.program.nodes if node.operation == "call"})

    @property
    def _parts(self) -> int:
        return 2 if KINDS[self.dtype] == "complex" else 1

    def numbered(self) -> str:
        """Return the text with line numbers."""
        lines = self.text.splitlines()
        return "\n".join(f"{number:5d}  {line}" for number, line in enumerate(lines, 1))


def emit(program: Program, dtype: str) -> GeneratedCode:
    """Return what is generated from a program.

    Parameters
    ----------
    program : Program
        In its final form.
    dtype : str
        ``"float64"``, ``"float32"``, ``"complex128"`` or ``"complex64"``.

    Returns
    -------
    GeneratedCode

    Raises
    ------
    UnsupportedNodeError
        If a function has no implementation for this number type.

    Examples
    --------
    >>> from symnum.compiler.program import ProgramBuilder
    >>> builder = ProgramBuilder(1)
    >>> x = builder.add("argument", value=0)
    >>> program = builder.finish((builder.add("multiply", x, x),))
    >>> "v1 = a0 * a0" in emit(program, "float64").text
    True
    """
    check_functions(program)
    return GeneratedCode(program, program_text(program, dtype), dtype, _work(program))


def _work(program: Program) -> float:
    memory = ARRAY_WORK * (program.arity + len(program.outputs))
    return memory + sum(map(_node_work, program.nodes))


def _node_work(node: Node) -> float:
    if node.operation == "call":
        return NATIVE_WORK if node.value in NATIVE else CALL_WORK
    return OPERATION_WORK.get(node.operation, PLAIN_WORK)
