"""A program as the text of a module of LLVM: a loop over blocks of lanes, and its entry.

The entry takes an array of pointers, one for each input and output, and the number of elements.
Whole blocks are computed in place; what is left over is copied into a block of its own, so that the
same instructions compute every element, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from symnum.compiler.elementary import ELEMENTARY, PAIRED, PAIRS, call_elementary, call_pair
from symnum.compiler.literals import literal_value
from symnum.compiler.memory import FORMATS, Format, entry_text, filling_text
from symnum.compiler.native_calls import call_native
from symnum.compiler.program import Node, Program
from symnum.compiler.vectors import Function, Module, Target, Vector
from symnum.compiler.vectors.operations import (
    fma,
    multiply_add,
    select,
    square_root,
    unzipped,
    zipped,
)
from symnum.compiler.vectors.values import constant_text

__all__ = ["module_text"]

# Functions of the library are inlined unless a program calls them more often than this.
MOST_INLINED = 24


def module_text(program: Program, dtype: str, target: Target) -> str:
    """Return the module that evaluates a real program.

    Parameters
    ----------
    program : Program
        In its final form, of real numbers; for a complex type two for each element.
    dtype : str
        Type of the arrays.
    target : Target
        The processor.

    Returns
    -------
    str
        LLVM's intermediate language.
    """
    form = FORMATS[dtype]
    calls = sum(node.operation == "call" for node in program.nodes)
    inlined = calls <= MOST_INLINED
    lanes = target.lanes if form.computed == "double" else 2 * target.lanes
    module = Module(target, lanes, inlined)
    outputs = _outputs(program, form)
    constants = {place: parts for place, parts in outputs.items() if _are_constant(program, parts)}
    varying = {place: parts for place, parts in outputs.items() if place not in constants}
    loop = _loop(program, module, form, varying)
    inputs = program.arity // form.parts
    numbers = {place: _numbers(program, parts, form) for place, parts in constants.items()}
    fill, filling = filling_text(numbers, form)
    entry = entry_text(inputs, len(outputs), form, lanes, filling)
    return "\n\n".join([module.text(), loop, *fill, entry]) + "\n"


def _outputs(program: Program, form: Format) -> dict[int, tuple[int, ...]]:
    """Return the nodes that make each output, by the place of its array."""
    inputs = program.arity // form.parts
    return {
        inputs + index: program.outputs[form.parts * index : form.parts * (index + 1)]
        for index in range(len(program.outputs) // form.parts)
    }


def _numbers(program: Program, parts: Sequence[int], form: Format) -> list[float]:
    single = form.computed == "float"
    return [literal_value(program.nodes[part].value, single) for part in parts]


def _are_constant(program: Program, parts: Sequence[int]) -> bool:
    return all(program.nodes[part].operation == "constant" for part in parts)


# With more arrays than this their addresses are read in the loop: they find no room in registers.
MOST_HELD = 24


def _loop(
    program: Program, module: Module, form: Format, outputs: Mapping[int, tuple[int, ...]]
) -> str:
    """Write the loop over whole blocks."""
    function = Function(module, block="loop")
    inputs = program.arity // form.parts
    held = inputs + len(outputs) <= MOST_HELD
    start = "\n".join(
        line for place in (*range(inputs), *outputs) if held for line in _address(place)
    )
    arguments = [part for place in range(inputs) for part in _loaded(function, place, form, held)]
    values = _evaluate(program, function, arguments, form.computed)
    for place, parts in outputs.items():
        _store(function, place, [values[part] for part in parts], form, held)
    body = "\n".join(function.lines)
    return f"""define internal void @blocks(ptr %arrays, i64 %size) noinline nounwind {{
entry:
{start}
  br label %loop
loop:
  %index = phi i64 [ 0, %entry ], [ %next, %{function.block} ]
{body}
  %next = add nuw i64 %index, {module.lanes}
  %more = icmp ult i64 %next, %size
  br i1 %more, label %loop, label %done
done:
  ret void
}}"""


def _address(place: int) -> tuple[str, str]:
    return (
        f"  %slot{place} = getelementptr inbounds ptr, ptr %arrays, i64 {place}",
        f"  %array{place} = load ptr, ptr %slot{place}, align 8",
    )


def _place(function: Function, place: int, form: Format, held: bool) -> str:
    """Return the name of the address of the block in an array."""
    if not held:
        function.lines += _address(place)
    name = f"%{function.fresh()}"
    function.lines.append(
        f"  {name} = getelementptr inbounds {form.element}, ptr %array{place}, i64 %index"
    )
    return name


def _loaded(function: Function, place: int, form: Format, held: bool) -> list[Vector]:
    """Read one block of an array: the numbers, or real and imaginary parts."""
    address = _place(function, place, form, held)
    count = form.parts * function.lanes
    text = f"load <{count} x {form.kind}>, ptr {address}, align {form.size}"
    whole = function.instruction(text, form.kind, count)
    parts = [whole] if form.parts == 1 else list(unzipped(whole))
    return [part.widened() if form.kind != form.computed else part for part in parts]


def _store(
    function: Function, place: int, parts: Sequence[Vector], form: Format, held: bool
) -> None:
    stored = [part.narrowed() if form.kind != form.computed else part for part in parts]
    whole = stored[0] if form.parts == 1 else zipped(*stored)
    address = _place(function, place, form, held)
    function.lines.append(f"  store {whole.type} {whole.name}, ptr {address}, align {form.size}")


# --------------------------------------------------------------------------- operations

COMPARISONS: Mapping[str, Callable[[Vector, Vector], Vector]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a.equals(b),
    "!=": lambda a, b: a.differs(b),
}

OPERATIONS: Mapping[str, Callable[..., Vector]] = {
    "negative": lambda a: -a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "multiply_add": multiply_add,
    "fused_multiply_add": fma,
    "square_root": square_root,
    "both": lambda a, b: a & b,
    "either": lambda a, b: a | b,
    "negate": lambda a: ~a,
    "select": select,
}


def _evaluate(
    program: Program, function: Function, arguments: Sequence[Vector], kind: str
) -> list[Vector]:
    """Append the instructions of a program and return the values of its nodes."""
    values: list[Vector] = []
    pairs = _Pairs(program)
    for node in program.nodes:
        operands = [values[operand] for operand in node.operands]
        if node.operation == "argument":
            values.append(arguments[node.value])
        elif node.operation == "constant":
            values.append(_constant(function, literal_value(node.value, kind == "float"), kind))
        elif node.operation == "truth":
            values.append(_constant(function, node.value, "i1"))
        elif node.operation == "compare":
            values.append(COMPARISONS[node.value](*operands))
        elif node.operation == "call":
            values.append(pairs.call(node, operands))
        else:
            values.append(OPERATIONS[node.operation](*operands))
    return values


def _constant(function: Function, value: float | bool, kind: str) -> Vector:
    return function.constant([constant_text(value, kind)] * function.lanes, kind)


class _Pairs:
    """Calls of functions that share their work: the sine and the cosine of one number."""

    def __init__(self, program: Program) -> None:
        called = {(node.value, node.operands) for node in program.nodes if node.operation == "call"}
        self._wanted = {
            (name, operands)
            for name, operands in called
            if name in PAIRS and all((part, operands) in called for part in PAIRED[PAIRS[name]])
        }
        self._known: dict[tuple[str, tuple[int, ...]], list[Vector]] = {}

    def call(self, node: Node, operands: Sequence[Vector]) -> Vector:
        """Append a call, of the pair if both parts are wanted."""
        name = node.value
        if name not in ELEMENTARY:
            return call_native(name, *operands)
        if (name, node.operands) not in self._wanted:
            return call_elementary(name, *operands)
        pair = PAIRS[name]
        key = (pair, node.operands)
        if key not in self._known:
            self._known[key] = call_pair(pair, *operands)
        return self._known[key][PAIRED[pair].index(name)]
