"""A program as the text of a module of LLVM: a loop over blocks of lanes, and its entry.

The entry takes an array of pointers, one for each input and output, and the number of elements.
Whole blocks are computed in place; what is left over is copied into a block of its own, so that the
same instructions compute every element, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from symnum.compiler.elementary import ELEMENTARY, PAIRED, PAIRS, call_elementary, call_pair
from symnum.compiler.literals import literal_value
from symnum.compiler.memory import FORMATS, MOST_HELD, Format, entry_text, filling_text
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


def _loop(
    program: Program, module: Module, form: Format, outputs: Mapping[int, tuple[int, ...]]
) -> str:
    """Write the loop over whole blocks."""
    function = Function(module, block="loop")
    arrays = _Arrays(function, form, program.arity // form.parts, outputs)
    _evaluate(program, function, arrays, form.computed)
    arrays.finish()
    start = "\n".join(arrays.start)
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


class _Arrays:
    """The reading and writing of blocks.

    A few arrays are all read at the beginning of a block and written at its end, so an output may
    be an input. Where there are more than registers hold, each is read when it is first needed and
    written as soon as it is computed; `into` refuses such overlaps then.

    Parameters
    ----------
    function : Function
        The loop.
    form : Format
        How numbers lie in memory.
    inputs : int
        The number of arrays that are read.
    outputs : mapping of int to tuple of int
        The nodes that make each output, by the place of its array.
    """

    def __init__(
        self, function: Function, form: Format, inputs: int, outputs: Mapping[int, tuple[int, ...]]
    ) -> None:
        self._function = function
        self._form = form
        self._waiting = dict(outputs)
        self._few = inputs + len(outputs) <= MOST_HELD
        self._read: dict[int, list[Vector]] = {}
        self._values: dict[int, Vector] = {}
        self._places: dict[int, list[int]] = {}
        for place, parts in outputs.items():
            self._places.setdefault(max(parts), []).append(place)
        self.start: list[str] = []
        if self._few:
            for place in (*range(inputs), *outputs):
                self.start += _address(place, f"%slot{place}", f"%array{place}")
            for place in range(inputs):
                self._block(place)

    def argument(self, index: int) -> Vector:
        """Return an argument of the program."""
        place, part = divmod(index, self._form.parts)
        return self._block(place)[part]

    def computed(self, position: int, value: Vector) -> None:
        """Take the value of a node, and write the outputs that it completes."""
        self._values[position] = value
        if not self._few:
            self._write(self._places.get(position, ()))

    def finish(self) -> None:
        """Write what has not been written."""
        self._write(list(self._waiting))

    def _block(self, place: int) -> list[Vector]:
        """Return the numbers of a block, or real and imaginary parts."""
        if place not in self._read:
            form, function = self._form, self._function
            count = form.parts * function.lanes
            text = f"load <{count} x {form.kind}>, ptr {self._address(place)}, align {form.size}"
            whole = function.instruction(text, form.kind, count)
            parts = [whole] if form.parts == 1 else list(unzipped(whole))
            widened = form.kind != form.computed
            self._read[place] = [part.widened() if widened else part for part in parts]
        return self._read[place]

    def _write(self, places: Sequence[int]) -> None:
        form, function = self._form, self._function
        for place in places:
            parts = [self._values[part] for part in self._waiting.pop(place)]
            if form.kind != form.computed:
                parts = [part.narrowed() for part in parts]
            whole = parts[0] if form.parts == 1 else zipped(*parts)
            address = self._address(place)
            function.lines.append(
                f"  store {whole.type} {whole.name}, ptr {address}, align {form.size}"
            )

    def _address(self, place: int) -> str:
        """Return the name of the address of the block in an array."""
        function = self._function
        name = f"%{function.fresh()}"
        array = f"%array{place}"
        if not self._few:
            slot, array = f"%{function.fresh()}", f"%{function.fresh()}"
            function.lines += _address(place, slot, array)
        function.lines.append(
            f"  {name} = getelementptr inbounds {self._form.element}, ptr {array}, i64 %index"
        )
        return name


def _address(place: int, slot: str, array: str) -> tuple[str, str]:
    """Write the reading of the address of an array."""
    return (
        f"  {slot} = getelementptr inbounds ptr, ptr %arrays, i64 {place}",
        f"  {array} = load ptr, ptr {slot}, align 8",
    )


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


def _evaluate(program: Program, function: Function, arrays: _Arrays, kind: str) -> None:
    """Append the instructions of a program."""
    values: list[Vector] = []
    pairs = _Pairs(program)
    for position, node in enumerate(program.nodes):
        operands = [values[operand] for operand in node.operands]
        if node.operation == "argument":
            values.append(arrays.argument(node.value))
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
        arrays.computed(position, values[position])


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
