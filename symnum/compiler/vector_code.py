"""A program as the text of a module of LLVM: a loop over blocks of lanes, and its entry.

The entry takes an array of pointers, one for each input and output, and the number of elements.
Whole blocks are computed in place; what is left over is copied into a block of its own, so that the
same instructions compute every element, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from sympy import S

from symnum.compiler.elementary import ELEMENTARY, PAIRED, PAIRS, call_elementary, call_pair
from symnum.compiler.literals import literal_value
from symnum.compiler.memory import FORMATS, MOST_HELD, Format, entry_text, filling_text
from symnum.compiler.native_calls import call_native
from symnum.compiler.passes.intervals import ranges
from symnum.compiler.program import Node, Program
from symnum.compiler.vectors import Function, Module, Target, Vector
from symnum.compiler.vectors.operations import (
    fma,
    multiply_add,
    root_by_products,
    select,
    square_root,
    unzipped,
    zipped,
)
from symnum.compiler.vectors.values import constant_text

__all__ = ["MOST_INLINED", "Places", "copies_at_once", "evaluate_copies", "module_text"]

# Up to how many operations so many blocks are computed at once, a call counting for as many as its
# body has. Found by measurement: beyond, registers run out.
COPIES = ((150, 4), (400, 2))
CALL_SIZE = 20

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
    copies = copies_at_once(program, program.arity + len(program.outputs))
    loops = [_loop(program, module, form, varying, "blocks", 1)]
    if copies > 1:
        loops.append(_loop(program, module, form, varying, "wide_blocks", copies))
    inputs = program.arity // form.parts
    numbers = {place: _numbers(program, parts, form) for place, parts in constants.items()}
    fill, filling = filling_text(numbers, form)
    entry = entry_text(inputs, len(outputs), form, lanes, copies, filling)
    return "\n\n".join([module.text(), *loops, *fill, entry]) + "\n"


class Places(Protocol):
    """Where the arguments of a program come from and its values go."""

    def argument(self, index: int) -> Vector:
        """Return an argument of the program."""

    def computed(self, position: int, value: Vector) -> None:
        """Take the value of a node."""


def copies_at_once(program: Program, arrays: int, short: Collection[str] = ()) -> int:
    """Return how many blocks are computed at once: one chain of operations leaves units idle.

    Parameters
    ----------
    program : Program
        What is computed.
    arrays : int
        How many arrays are read and written.
    short : collection of str, optional
        Functions that are counted as single operations.
    """
    size = sum(
        CALL_SIZE if node.operation == "call" and node.value not in short else 1
        for node in program.nodes
    )
    if arrays > MOST_HELD:
        return 1
    return next((copies for largest, copies in COPIES if size <= largest), 1)


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
    program: Program,
    module: Module,
    form: Format,
    outputs: Mapping[int, tuple[int, ...]],
    name: str,
    copies: int,
) -> str:
    """Write a loop over blocks, so many at a time."""
    function = Function(module, block="loop")
    inputs = program.arity // form.parts
    every = [_Arrays(function, form, inputs, outputs, copy) for copy in range(copies)]
    evaluate_copies(program, function, every, form.computed)
    for arrays in every:
        arrays.finish()
    start = "\n".join(every[0].start)
    body = "\n".join(function.lines)
    return f"""define internal void @{name}(ptr %arrays, i64 %start, i64 %size) noinline nounwind {{
entry:
{start}
  br label %loop
loop:
  %index0 = phi i64 [ %start, %entry ], [ %next, %{function.block} ]
{body}
  %next = add nuw i64 %index0, {copies * module.lanes}
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
    copy : int
        Which of the blocks that are computed at once.
    """

    def __init__(
        self,
        function: Function,
        form: Format,
        inputs: int,
        outputs: Mapping[int, tuple[int, ...]],
        copy: int,
    ) -> None:
        self._copy = copy
        if copy:
            function.lines.append(f"  %index{copy} = add nuw i64 %index0, {copy * function.lanes}")
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
            f"  {name} = getelementptr inbounds {self._form.element}, ptr {array}, "
            f"i64 %index{self._copy}"
        )
        return name


def _address(place: int, slot: str, array: str) -> tuple[str, str]:
    """Write the reading of the address of an array."""
    return (
        f"  {slot} = getelementptr inbounds ptr, ptr %arrays, i64 {place}",
        f"  {array} = load ptr, ptr {slot}, align 8",
    )


# --------------------------------------------------------------------------- operations

EXTREMA = frozenset(["maximum", "minimum"])

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


def evaluate_copies(
    program: Program, function: Function, every: Sequence[Places], kind: str
) -> None:
    """Append the instructions of a program, those of several blocks in turn.

    Parameters
    ----------
    program : Program
        In its final form, of real numbers.
    function : Function
        What they are appended to.
    every : sequence of Places
        One for each block.
    kind : str
        What is computed with: ``"double"`` or ``"float"``.
    """
    counts = program.counts()
    operations = dict(OPERATIONS)
    vectors = kind == "double" and function.target.has("avx512f")
    if vectors and counts["square_root"] and counts["divide"]:
        # One unit takes roots and quotients: where there are both, roots go elsewhere.
        operations["square_root"] = root_by_products
    columns: list[list[Vector]] = [[] for _ in every]
    calls = [_Calls(program) for _ in every]
    for position, node in enumerate(program.nodes):
        for arrays, values, found in zip(every, columns, calls, strict=True):
            operands = [values[operand] for operand in node.operands]
            if node.operation in operations:
                values.append(operations[node.operation](*operands))
            else:
                values.append(_value(node, operands, function, arrays, found, kind))
            arrays.computed(position, values[position])


def _value(
    node: Node,
    operands: Sequence[Vector],
    function: Function,
    arrays: Places,
    calls: _Calls,
    kind: str,
) -> Vector:
    """Append what is more than an operation on its operands."""
    match node.operation:
        case "argument":
            return arrays.argument(node.value)
        case "constant":
            return _constant(function, literal_value(node.value, kind == "float"), kind)
        case "truth":
            return _constant(function, node.value, "i1")
        case "compare":
            return COMPARISONS[node.value](*operands)
        case _:
            return calls.call(node, operands)


def _constant(function: Function, value: float | bool, kind: str) -> Vector:
    return function.constant([constant_text(value, kind)] * function.lanes, kind)


def _shares(program: Program) -> set[int]:
    """Return the exponentials of what is never positive: they lie between 0 and 1."""
    if not any(node.value == "log1p" for node in program.nodes):
        return set()
    known = ranges(program)
    return {
        position
        for position, node in enumerate(program.nodes)
        if node.operation == "call" and node.value == "exp" and known[node.operands[0]].high <= 0
    }


class _Calls:
    """Calls of functions; those of one number that share their work are made together."""

    def __init__(self, program: Program) -> None:
        called = {(node.value, node.operands) for node in program.nodes if node.operation == "call"}
        self._wanted = {
            (name, operands)
            for name, operands in called
            if name in PAIRS and all((part, operands) in called for part in PAIRED[PAIRS[name]])
        }
        self._known: dict[tuple[str, tuple[int, ...]], list[Vector]] = {}
        self._shares = _shares(program)
        self._constants = {
            position
            for position, node in enumerate(program.nodes)
            if node.operation == "constant" and node.value.is_number and node.value is not S.NaN
        }

    def call(self, node: Node, operands: Sequence[Vector]) -> Vector:
        """Append a call, of the pair if both parts are wanted."""
        name = node.value
        if name in EXTREMA and any(operand in self._constants for operand in node.operands):
            return self._bounded(node, operands)
        if name not in ELEMENTARY:
            return call_native(name, *operands)
        if name == "log1p" and node.operands[0] in self._shares:
            return call_elementary("log1p_of_share", *operands)
        if (name, node.operands) not in self._wanted:
            return call_elementary(name, *operands)
        pair = PAIRS[name]
        key = (pair, node.operands)
        if key not in self._known:
            self._known[key] = call_pair(pair, *operands)
        return self._known[key][PAIRED[pair].index(name)]

    def _bounded(self, node: Node, operands: Sequence[Vector]) -> Vector:
        """Append the larger or smaller of a number and a constant, in one instruction.

        NaN stays; which zero is taken for two zeros is left open, as NumPy leaves it.
        """
        first = node.operands[0] in self._constants
        bound, x = operands if first else (operands[1], operands[0])
        beyond = bound > x if node.value == "maximum" else bound < x
        return select(beyond, bound, x)
