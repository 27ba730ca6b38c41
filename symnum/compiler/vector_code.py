"""A program as the text of a module of LLVM: a loop over blocks of lanes, and its entry.

The entry takes an array of pointers, one for each input and output, and the number of elements.
Whole blocks are computed in place; what is left over is copied into a block of its own, so that the
same instructions compute every element, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from symnum.compiler.elementary import ELEMENTARY, PAIRED, PAIRS, call_elementary, call_pair
from symnum.compiler.literals import literal_value
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

__all__ = ["ENTRY", "module_text"]

# The name of the function that a kernel's module offers.
ENTRY = "symnum_kernel"

# Functions of the library are inlined unless a program calls them more often than this.
MOST_INLINED = 24


@dataclass(frozen=True, slots=True)
class Format:
    """How the numbers of an array lie in memory.

    Parameters
    ----------
    kind : str
        What is stored: ``"double"`` or ``"float"``.
    parts : int
        How many of them make one element: 2 for complex numbers.
    computed : str
        What is computed with.
    """

    kind: str
    parts: int
    computed: str

    @property
    def size(self) -> int:
        """Bytes of one part."""
        return 8 if self.kind == "double" else 4

    @property
    def element(self) -> str:
        """LLVM's type of one element."""
        return self.kind if self.parts == 1 else f"<{self.parts} x {self.kind}>"


FORMATS = {
    "float64": Format("double", 1, "double"),
    "float32": Format("float", 1, "float"),
    "complex128": Format("double", 2, "double"),
    # Computed in double precision and rounded at the end.
    "complex64": Format("float", 2, "double"),
}


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
    loop = _loop(program, module, form)
    entry = _entry(program.arity // form.parts, len(program.outputs) // form.parts, form, lanes)
    return "\n\n".join([module.text(), loop, entry]) + "\n"


def _loop(program: Program, module: Module, form: Format) -> str:
    """Write the loop over whole blocks."""
    function = Function(module, block="loop")
    inputs, outputs = program.arity // form.parts, len(program.outputs) // form.parts
    pointers = [
        line
        for index in range(inputs + outputs)
        for line in (
            f"  %slot{index} = getelementptr inbounds ptr, ptr %arrays, i64 {index}",
            f"  %array{index} = load ptr, ptr %slot{index}, align 8",
        )
    ]
    arguments = [part for index in range(inputs) for part in _loaded(function, index, form)]
    results = _evaluate(program, function, arguments, form.computed)
    for index in range(outputs):
        parts = results[form.parts * index : form.parts * (index + 1)]
        _store(function, inputs + index, parts, form)
    body = "\n".join(function.lines)
    start = "\n".join(pointers)
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


def _place(function: Function, index: int, form: Format) -> str:
    name = f"%{function.fresh()}"
    function.lines.append(
        f"  {name} = getelementptr inbounds {form.element}, ptr %array{index}, i64 %index"
    )
    return name


def _loaded(function: Function, index: int, form: Format) -> list[Vector]:
    """Read one block of an array: the numbers, or real and imaginary parts."""
    place = _place(function, index, form)
    count = form.parts * function.lanes
    text = f"load <{count} x {form.kind}>, ptr {place}, align {form.size}"
    whole = function.instruction(text, form.kind, count)
    parts = [whole] if form.parts == 1 else list(unzipped(whole))
    return [part.widened() if form.kind != form.computed else part for part in parts]


def _store(function: Function, index: int, parts: Sequence[Vector], form: Format) -> None:
    stored = [part.narrowed() if form.kind != form.computed else part for part in parts]
    whole = stored[0] if form.parts == 1 else zipped(*stored)
    place = _place(function, index, form)
    function.lines.append(f"  store {whole.type} {whole.name}, ptr {place}, align {form.size}")


def _entry(inputs: int, outputs: int, form: Format, lanes: int) -> str:
    """Write the function that is called: whole blocks, then a padded block for the rest."""
    count, size, kind, arity = inputs + outputs, form.size, form.element, inputs
    block = f"[{lanes} x {kind}]"
    return f"""define void @{ENTRY}(ptr %arrays, i64 %size) nounwind {{
entry:
  %buffers = alloca [{count} x {block}], align 64
  %pointers = alloca [{count} x ptr], align 8
  %whole = and i64 %size, {-lanes}
  %some = icmp ne i64 %whole, 0
  br i1 %some, label %run, label %rest
run:
  call void @blocks(ptr %arrays, i64 %whole)
  br label %rest
rest:
  %left = sub i64 %size, %whole
  %last = sub i64 %left, 1
  %tail = icmp ne i64 %left, 0
  br i1 %tail, label %point, label %done
point:
  %j = phi i64 [ 0, %rest ], [ %j.next, %filled ]
  %buffer = getelementptr inbounds {block}, ptr %buffers, i64 %j
  %pointer = getelementptr inbounds ptr, ptr %pointers, i64 %j
  store ptr %buffer, ptr %pointer, align 8
  %input = icmp ult i64 %j, {arity}
  br i1 %input, label %open, label %filled
open:
  %slot = getelementptr inbounds ptr, ptr %arrays, i64 %j
  %array = load ptr, ptr %slot, align 8
  br label %copy
copy:
  %k = phi i64 [ 0, %open ], [ %k.next, %copy ]
  %beyond = icmp ugt i64 %k, %last
  %kept = select i1 %beyond, i64 %last, i64 %k
  %from = add i64 %whole, %kept
  %source = getelementptr inbounds {kind}, ptr %array, i64 %from
  %value = load {kind}, ptr %source, align {size}
  %sink = getelementptr inbounds {kind}, ptr %buffer, i64 %k
  store {kind} %value, ptr %sink, align {size}
  %k.next = add i64 %k, 1
  %k.more = icmp ult i64 %k.next, {lanes}
  br i1 %k.more, label %copy, label %filled
filled:
  %j.next = add i64 %j, 1
  %j.more = icmp ult i64 %j.next, {count}
  br i1 %j.more, label %point, label %ready
ready:
  call void @blocks(ptr %pointers, i64 {lanes})
  br label %give
give:
  %m = phi i64 [ {arity}, %ready ], [ %m.next, %given ]
  %m.slot = getelementptr inbounds ptr, ptr %arrays, i64 %m
  %m.array = load ptr, ptr %m.slot, align 8
  %m.buffer = getelementptr inbounds {block}, ptr %buffers, i64 %m
  br label %back
back:
  %b = phi i64 [ 0, %give ], [ %b.next, %back ]
  %b.source = getelementptr inbounds {kind}, ptr %m.buffer, i64 %b
  %b.value = load {kind}, ptr %b.source, align {size}
  %b.place = add i64 %whole, %b
  %b.sink = getelementptr inbounds {kind}, ptr %m.array, i64 %b.place
  store {kind} %b.value, ptr %b.sink, align {size}
  %b.next = add i64 %b, 1
  %b.more = icmp ult i64 %b.next, %left
  br i1 %b.more, label %back, label %given
given:
  %m.next = add i64 %m, 1
  %m.more = icmp ult i64 %m.next, {count}
  br i1 %m.more, label %give, label %done
done:
  ret void
}}"""


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
    """Append the instructions of a program and return its results."""
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
    return [values[output] for output in program.outputs]


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
