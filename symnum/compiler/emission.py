"""A program as the text of a Python module that Numba compiles.

The module stands on its own and is the same, byte for byte, for the same program. It has two
entries: `formula` takes numbers and returns the outputs, `block` runs `formula` over contiguous
one-dimensional arrays. Variables are called by position, so nothing a user wrote reaches the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symnum.compiler.functions import check_functions
from symnum.compiler.program import Program
from symnum.compiler.snippets import snippet_library
from symnum.compiler.statements import Piece, cut, statements_of

__all__ = ["EMITTER_VERSION", "GeneratedCode", "emit"]

# Part of every key of the cache: raise it when the same text would be compiled differently.
EMITTER_VERSION = 1

# What numbers of a program are, for each type that arrays may have. Single-precision complex
# numbers are computed in double precision and rounded at the end.
KINDS = {"float64": "real", "float32": "single", "complex128": "complex", "complex64": "complex"}
FORMULA_TYPES = {**{name: name for name in KINDS}, "complex64": "complex128"}

IDENTIFIER = re.compile(r"[A-Za-z_]\w*")

# Nanoseconds of one element, where vector code is possible; the order of magnitude matters, for it
# decides from which size on several threads are worth waking.
CALL_WORK = 3.0
ARRAY_WORK = 0.15
OPERATION_WORK = {"divide": 0.5, "square_root": 0.8, "constant": 0.0, "argument": 0.0}


@dataclass(frozen=True, slots=True)
class GeneratedCode:
    """The text of a module, and what is needed to compile and call it.

    Parameters
    ----------
    text : str
        The module.
    dtype : str
        Number type of the arrays.
    arity, outputs : int
        How many numbers go in and come out.
    work : float
        A rough guess of the nanoseconds that one element takes.
    """

    text: str
    dtype: str
    arity: int
    outputs: int
    work: float

    @property
    def number_type(self) -> str:
        """The number type that `formula` takes and returns."""
        return FORMULA_TYPES[self.dtype]

    def numbered(self) -> str:
        """Return the text with line numbers."""
        lines = self.text.splitlines()
        return "\n".join(f"{number:5d}  {line}" for number, line in enumerate(lines, 1))


def emit(program: Program, dtype: str) -> GeneratedCode:
    """Return the module that evaluates a program.

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
    kind = KINDS[dtype]
    check_functions(program, kind)
    body = statements_of(program, kind)
    pieces = cut(body.statements, body.results)
    code = [f"{name} = {text}" for name, text in body.constants]
    if len(pieces) > 1:
        code += [_part(number, piece) for number, piece in enumerate(pieces)]
        lines = [_part_call(number, piece) for number, piece in enumerate(pieces)]
    else:
        lines = [line for piece in pieces for item in piece.statements for line in item.lines]
    arguments = [f"a{index}" for index in range(program.arity)]
    code.append(_function("formula", arguments, [*lines, _return(body.results)]))
    code.append(_block(program.arity, len(program.outputs), dtype))
    outputs = len(program.outputs)
    text = _module(code, dtype, program)
    return GeneratedCode(text, dtype, program.arity, outputs, _work(program))


def _work(program: Program) -> float:
    memory = ARRAY_WORK * (program.arity + len(program.outputs))
    return memory + sum(
        CALL_WORK if node.operation == "call" else OPERATION_WORK.get(node.operation, 0.06)
        for node in program.nodes
    )


def _module(code: Sequence[str], dtype: str, program: Program) -> str:
    own = "\n\n\n".join(code)
    library = snippet_library()
    needed = {name for name in set(IDENTIFIER.findall(own)) if name in library}
    title = (
        f"# symnum kernel, emitter {EMITTER_VERSION}: "
        f"{dtype}, arguments {program.arity}, outputs {len(program.outputs)}"
    )
    return "\n\n".join([title, library.text(needed), "\n" + own]) + "\n"


def _function(name: str, arguments: Iterable[str], lines: Iterable[str]) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"@inline\ndef {name}({', '.join(arguments)}):\n{body}"


def _return(names: Sequence[str]) -> str:
    """Return one number alone, any other count as a tuple."""
    return (
        f"return {names[0]}" if len(names) == 1 else f"return ({''.join(f'{n}, ' for n in names)})"
    )


def _part(number: int, piece: Piece) -> str:
    lines = [line for statement in piece.statements for line in statement.lines]
    return _function(f"part{number}", piece.inputs, [*lines, _return(piece.outputs)])


def _part_call(number: int, piece: Piece) -> str:
    targets = ", ".join(piece.outputs)
    return f"{targets} = part{number}({', '.join(piece.inputs)})"


def _block(arity: int, outputs: int, dtype: str) -> str:
    """Write the loop; complex numbers of single precision are widened and rounded in it."""
    arguments = [f"x{index}" for index in range(arity)] + [f"y{index}" for index in range(outputs)]
    loaded = [f"load(x{index}, i)" for index in range(arity)]
    results = [f"r{index}" for index in range(outputs)]
    stored = results
    if FORMULA_TYPES[dtype] != dtype:
        loaded = [f"numpy.{FORMULA_TYPES[dtype]}({text})" for text in loaded]
        stored = [f"numpy.{dtype}({name})" for name in results]
    lines = [f"{', '.join(results)} = formula({', '.join(loaded)})"]
    lines += [f"store(y{index}, i, {value}, {index})" for index, value in enumerate(stored)]
    loop = ["for i in range(y0.size):", *(f"    {line}" for line in lines)]
    return _function("block", arguments, loop)
