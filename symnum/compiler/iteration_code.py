"""The code of an iterated program: a step on vectors of lanes, what begins it and what ends it.

Lanes live in buffers of columns: *incoming* ones have been read and wait, *working* ones are
stepped, *finished* ones wait to be written. The step is evaluated on groups of working lanes and
says which are finished; the driver exchanges those, so that no lane waits for the slowest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symnum.compiler.emission import called_functions
from symnum.compiler.listing import program_text
from symnum.compiler.program import Program
from symnum.compiler.vectors import Function, Module, Target, Vector

if TYPE_CHECKING:
    from symnum.compiler.iteration_layout import Layout

__all__ = ["IterationCode", "argument_places"]


def argument_places(program: Program | None) -> set[int]:
    """Return the arguments that a program looks at."""
    if program is None:
        return set()
    return {node.value for node in program.nodes if node.operation == "argument"}


@dataclass(frozen=True, slots=True)
class IterationCode:
    """Programs in their final form, and how they work together.

    Parameters
    ----------
    step : Program
        Arguments: the states, then the parameters. Outputs: the next states, then 0 to go on or a
        positive code.
    finish : Program or None
        Arguments as those of the step, and the code of the lane if `decides`. Outputs: further
        results of a finished lane, and its final code if `decides`.
    begin : Program or None
        Arguments: the inputs, then the parameters. Outputs: the first states. Without it the inputs
        are the first states.
    inputs, states, parameters : int
        How many there are of each.
    kept : tuple of int
        The states that are results.
    decides : bool
        Whether the code of a lane is what `finish` makes of it.
    """

    step: Program
    finish: Program | None
    begin: Program | None
    inputs: int
    states: int
    parameters: int
    kept: tuple[int, ...]
    decides: bool

    @property
    def extras(self) -> int:
        """The number of further results."""
        return 0 if self.finish is None else len(self.finish.outputs) - self.decides

    @property
    def programs(self) -> dict[str, Program]:
        """The programs that there are, by what they do."""
        every = {"begin": self.begin, "step": self.step, "finish": self.finish}
        return {name: program for name, program in every.items() if program is not None}

    @property
    def text(self) -> str:
        """The programs as Python text; equal texts are equal iterations."""
        head = (
            f"# symnum iteration: inputs {self.inputs}, states {self.states}, "
            f"parameters {self.parameters}, kept {self.kept}, decides {self.decides}\n"
        )
        parts = [
            program_text(program, "float64").replace("def formula(", f"def {name}(")
            for name, program in self.programs.items()
        ]
        return "\n".join([head, *parts])

    @property
    def called(self) -> list[str]:
        """The functions that the programs call."""
        names = {name for program in self.programs.values() for name in called_functions(program)}
        return sorted(names)

    def module_text(self, target: Target, head: int) -> str:
        """Return the text of the module, with the entry that Python calls.

        Parameters
        ----------
        target : Target
            The processor.
        head : int
            Bytes of the head of a Python object.
        """
        from symnum.compiler.iteration_driver import DECLARED, driver_text
        from symnum.compiler.iteration_layout import Layout
        from symnum.compiler.memory import ENTRY
        from symnum.compiler.python_entries import block_entry_text
        from symnum.compiler.vector_code import MOST_INLINED

        calls = sum(
            node.operation == "call" for program in self.programs.values() for node in program.nodes
        )
        module = Module(target, target.lanes, calls <= MOST_INLINED)
        layout = Layout(self, target.lanes)
        for declared in DECLARED:
            module.declare(*declared)
        bodies = [_step_text(self, module, layout)]
        if self.begin is not None:
            columns = layout.begin_columns()
            copies = layout.copies_of(self.begin)
            bodies.append(
                _loop_text("begin", self.begin, module, layout.incoming, *columns, copies)
            )
        if self.finish is not None:
            columns = layout.finish_columns()
            copies = layout.copies_of(self.finish)
            bodies.append(
                _loop_text("finish", self.finish, module, layout.finished, *columns, copies)
            )
        entry = block_entry_text(layout.arrays, ENTRY, head)
        return "\n\n".join([module.text(), *bodies, driver_text(layout), entry]) + "\n"


class _Columns:
    """The arguments and values of a program in columns of a buffer, for one block of lanes.

    Parameters
    ----------
    function : Function
        Where they are read and written.
    buffer : int
        Lanes of the buffer.
    inputs : mapping of int to int
        The column of each argument.
    copy : int
        Which of the blocks that are computed at once.
    """

    def __init__(
        self, function: Function, buffer: int, inputs: Mapping[int, int], copy: int
    ) -> None:
        self._function = function
        self._buffer = buffer
        self._inputs = inputs
        self._copy = copy
        self._read: dict[int, Vector] = {}
        self.values: dict[int, Vector] = {}

    def argument(self, index: int) -> Vector:
        """Return an argument of the program."""
        if index not in self._read:
            self._read[index] = self.load(self._inputs[index])
        return self._read[index]

    def computed(self, position: int, value: Vector) -> None:
        """Take the value of a node."""
        self.values[position] = value

    def load(self, column: int) -> Vector:
        """Append the reading of a column."""
        function = self._function
        text = f"load <{function.lanes} x double>, ptr {self._address(column)}, align 8"
        return function.instruction(text, "double", function.lanes)

    def store(self, column: int, value: Vector) -> None:
        """Append the writing of a column."""
        address = self._address(column)
        self._function.lines.append(f"  store {value.type} {value.name}, ptr {address}, align 8")

    def _address(self, column: int) -> str:
        function = self._function
        place, name = f"%{function.fresh()}", f"%{function.fresh()}"
        offset = column * self._buffer + self._copy * function.lanes
        function.lines += [
            f"  {place} = add nuw i64 %index, {offset}",
            f"  {name} = getelementptr inbounds double, ptr %buffer, i64 {place}",
        ]
        return name


def _evaluated(
    program: Program, function: Function, buffer: int, inputs: Mapping[int, int], copies: int
) -> list[_Columns]:
    from symnum.compiler.vector_code import evaluate_copies

    every = [_Columns(function, buffer, inputs, copy) for copy in range(copies)]
    evaluate_copies(program, function, every, "double")
    return every


def _loop_text(
    name: str,
    program: Program,
    module: Module,
    buffer: int,
    inputs: Mapping[int, int],
    outputs: Sequence[int],
    copies: int,
) -> str:
    """Write a program over the first lanes of a buffer, so many vectors at a time."""
    function = Function(module, block="loop")
    for columns in _evaluated(program, function, buffer, inputs, copies):
        for output, column in zip(program.outputs, outputs, strict=True):
            columns.store(column, columns.values[output])
    body = "\n".join(function.lines)
    return f"""define internal void @{name}(ptr %buffer, i64 %count) noinline nounwind {{
entry:
  br label %loop
loop:
  %index = phi i64 [ 0, %entry ], [ %next, %{function.block} ]
{body}
  %next = add nuw i64 %index, {copies * module.lanes}
  %more = icmp ult i64 %next, %count
  br i1 %more, label %loop, label %done
done:
  ret void
}}"""


def _step_text(code: IterationCode, module: Module, layout: Layout) -> str:
    """Write the step of one group of lanes; it returns a bit for each that is finished."""
    function = Function(module)
    copies = layout.copies
    every = _evaluated(code.step, function, layout.working, layout.step_columns(), copies)
    lanes = module.lanes
    total = "0"
    for copy, columns in enumerate(every):
        states = [columns.values[output] for output in code.step.outputs]
        for column, state in enumerate(states[:-1]):
            columns.store(column, state)
        count = columns.load(layout.count) + 1.0
        most = function.instruction(f"load <{lanes} x double>, ptr %most, align 8", "double", lanes)
        columns.store(layout.count, count)
        columns.store(layout.code_column, states[-1])
        finished = states[-1].differs(0.0) | (count >= most)
        bits, wide, moved, joined = (f"%{function.fresh()}" for _ in range(4))
        function.lines += [
            f"  {bits} = bitcast {finished.type} {finished.name} to i{lanes}",
            f"  {wide} = zext i{lanes} {bits} to i64",
            f"  {moved} = shl i64 {wide}, {copy * lanes}",
            f"  {joined} = or i64 {total}, {moved}",
        ]
        total = joined
    body = "\n".join(function.lines)
    return f"""define internal i64 @step(ptr %buffer, i64 %index, ptr %most) noinline nounwind {{
entry:
{body}
  ret i64 {total}
}}"""
