"""What is generated from a program: its text, and how to make machine code of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from symnum.compiler.functions import check_functions
from symnum.compiler.listing import program_text
from symnum.compiler.native import NATIVE
from symnum.compiler.program import Node, Program

if TYPE_CHECKING:
    from symnum.compiler.vectors import Target

__all__ = ["EMITTER_VERSION", "KINDS", "Code", "GeneratedCode", "called_functions", "emit"]

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


class Code(Protocol):
    """What machine code is made from."""

    @property
    def text(self) -> str:
        """All that decides what it is."""

    @property
    def called(self) -> list[str]:
        """The functions that it calls."""

    def module_text(self, target: Target, head: int) -> str:
        """Return the text of its module for a processor and the head of Python's objects."""


def called_functions(program: Program) -> list[str]:
    """Return the names of the functions that a program calls."""
    return sorted({node.value for node in program.nodes if node.operation == "call"})


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
    wide : bool
        Whether single-precision numbers are computed in double precision.
    """

    program: Program
    text: str
    dtype: str
    work: float
    wide: bool = False

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
        return called_functions(self.program)

    def module_text(self, target: Target, head: int) -> str:
        """Return the text of the module, with the entries that Python calls.

        Parameters
        ----------
        target : Target
            The processor.
        head : int
            Bytes of the head of a Python object.
        """
        # What writes code is not needed where stored code is loaded.
        from symnum.compiler.memory import ENTRY, FORMATS
        from symnum.compiler.python_entries import Signature, entries_text
        from symnum.compiler.vector_code import module_text

        layout = _layout(self.dtype, self.wide)
        form = FORMATS[layout]
        signature = Signature(self.arity, self.outputs, self.dtype, form.kind, form.parts)
        entries = entries_text(signature, ENTRY, head)
        return module_text(self.program, layout, target) + entries

    @property
    def _parts(self) -> int:
        return 2 if KINDS[self.dtype] == "complex" else 1

    def numbered(self) -> str:
        """Return the text with line numbers."""
        lines = self.text.splitlines()
        return "\n".join(f"{number:5d}  {line}" for number, line in enumerate(lines, 1))


def _layout(dtype: str, wide: bool) -> str:
    """Return the name of the format: how numbers are stored, and what is computed with."""
    return f"{dtype} in double" if wide and dtype == "float32" else dtype


def emit(program: Program, dtype: str, *, wide: bool = False) -> GeneratedCode:
    """Return what is generated from a program.

    Parameters
    ----------
    program : Program
        In its final form.
    dtype : str
        ``"float64"``, ``"float32"``, ``"complex128"`` or ``"complex64"``.
    wide : bool, optional
        Whether single-precision numbers are computed in double precision and rounded at the end.

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
    text = program_text(program, _layout(dtype, wide))
    return GeneratedCode(program, text, dtype, _work(program), wide)


def _work(program: Program) -> float:
    memory = ARRAY_WORK * (program.arity + len(program.outputs))
    return memory + sum(map(_node_work, program.nodes))


def _node_work(node: Node) -> float:
    if node.operation == "call":
        return NATIVE_WORK if node.value in NATIVE else CALL_WORK
    return OPERATION_WORK.get(node.operation, PLAIN_WORK)
