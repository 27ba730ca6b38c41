"""Modules of vector code for small matrices: how blocks meet memory, and how Python calls them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symnum.compiler.python_entries import block_entry_text
from symnum.compiler.vectors import Module, Target, Vector, host_target
from symnum.matexp.numeric.lane_code import Block, Matrix, transposed
from symnum.matexp.numeric.lane_exponentials import block_code

__all__ = ["LaneCode"]

KERNEL = "symnum_exponentials"


@dataclass(frozen=True, slots=True)
class LaneCode:
    """The code that exponentiates an array of small matrices, as the compiler takes it.

    The function ``block`` takes the matrices, the flags (one integer of 64 bits for each matrix, in
    whole blocks), a workspace that begins on a boundary of 64 bytes, one block of the flags of
    matrices to leave alone, and the results; the length of the last is the number of matrices.

    Parameters
    ----------
    way : str
        How the exponential is computed.
    n : int
        The size of the matrices.
    parts : int
        2 for complex matrices, whose real and imaginary parts alternate in memory.
    kernel : str
        The text of the module without what Python calls; it decides everything.
    workspace : int
        The doubles that the workspace must hold.
    """

    way: str
    n: int
    parts: int
    kernel: str
    workspace: int

    @classmethod
    def of(cls, way: str, n: int, parts: int) -> LaneCode:
        """Return the code for this processor."""
        module, block = block_code(way, n, parts, host_target())
        workspace = block.buffers * block.numbers * module.lanes
        return cls(way, n, parts, _kernel_text(module, block), workspace)

    @property
    def text(self) -> str:
        """All that decides what it is."""
        return self.kernel

    @property
    def called(self) -> list[str]:
        """Functions of other libraries that it calls: none."""
        return []

    def module_text(self, target: Target, head: int) -> str:
        """Return the text of the module."""
        return self.kernel + block_entry_text(5, KERNEL, head)


def _kernel_text(module: Module, block: Block) -> str:
    kind, step = block.type, block.numbers
    head, body = "\n".join(block.head), "\n".join(block.function.lines)
    loads = "\n".join(
        f"""  %slot{index} = getelementptr inbounds ptr, ptr %arrays, i64 {index}
  %{name} = load ptr, ptr %slot{index}, align 8"""
        for index, name in enumerate(("given", "flags", "workspace", "skipped", "results"))
    )
    gather, scatter = _mover(block, "gather"), _mover(block, "scatter")
    return f"""{module.text()}
define internal void @exponentiate(ptr %workspace, ptr %flags, ptr %skipped) noinline nounwind {{
entry:
{head}
{body}
  ret void
}}

{gather}

{scatter}

define void @{KERNEL}(ptr %arrays, i64 %count) nounwind {{
entry:
{loads}
  %second = getelementptr inbounds {kind}, ptr %workspace, i64 {step}
  %some = icmp ne i64 %count, 0
  br i1 %some, label %loop, label %done
loop:
  %first = phi i64 [ 0, %entry ], [ %next, %loop ]
  %left = sub i64 %count, %first
  %last = sub i64 %left, 1
  call void @gather(ptr %workspace, ptr %given, i64 %first, i64 %last)
  %said = getelementptr inbounds i64, ptr %flags, i64 %first
  call void @exponentiate(ptr %workspace, ptr %said, ptr %skipped)
  call void @scatter(ptr %second, ptr %results, i64 %first, i64 %last)
  %next = add nuw i64 %first, {module.lanes}
  %more = icmp ult i64 %next, %count
  br i1 %more, label %loop, label %done
done:
  ret void
}}

"""


def _mover(block: Block, name: str) -> str:
    """Write a function that moves a block of matrices from memory to the workspace or back.

    As many numbers of each matrix as there are lanes are moved at once, by transposing a square of
    numbers; the rest one by one. Lanes behind the last matrix repeat it.
    """
    lanes, parts, step = block.module.lanes, block.parts, block.numbers
    writer = Block(block.module, block.n, parts)
    function, workspace = writer.function, Matrix("%block")
    starts = []
    for lane in range(lanes):
        kept = writer.index(f"call i64 @llvm.umin.i64(i64 {lane}, i64 %last)")
        matrix = writer.index(f"add i64 %first, {kept}")
        starts.append(writer.index_of("%memory", writer.index(f"mul i64 {matrix}, {step}")))
    block.module.declare("llvm.umin.i64", "i64", ["i64", "i64"])
    move = _gather if name == "gather" else _scatter
    whole = step // lanes

    def square(index: str) -> list[Vector]:
        base = writer.index(f"mul nuw i64 {index}, {lanes}")
        rows = [writer.index_of(start, base) for start in starts]
        half = writer.index(f"mul nuw i64 {index}, {lanes // parts}")
        places = [
            writer.index(f"add nuw i64 {half}, {q % parts * step // parts + q // parts}")
            for q in range(lanes)
        ]
        move(writer, rows, workspace, places)
        return []

    if whole:
        writer.repeat(whole, [], square)
    for position in range(whole * lanes, step):
        rows = [writer.index_of(start, position) for start in starts]
        place = position % parts * step // parts + position // parts
        _move_one(writer, rows, workspace, place, name)
    body = "\n".join(function.lines)
    head = f"define internal void @{name}(ptr %block, ptr %memory, i64 %first, i64 %last)"
    return f"{head} noinline nounwind {{\nentry:\n{body}\n  ret void\n}}"


def _gather(writer: Block, rows: Sequence[str], workspace: Matrix, places: Sequence[str]) -> None:
    function, lanes = writer.function, writer.module.lanes
    read = [
        function.instruction(f"load {writer.type}, ptr {row}, align 8", "double", lanes)
        for row in rows
    ]
    for value, place in zip(transposed(read), places, strict=True):
        writer.store(value, workspace, place)


def _scatter(writer: Block, rows: Sequence[str], workspace: Matrix, places: Sequence[str]) -> None:
    values = transposed([writer.load(workspace, place) for place in places])
    for value, row in zip(values, rows, strict=True):
        writer.function.lines.append(f"  store {value.type} {value.name}, ptr {row}, align 8")


def _move_one(writer: Block, rows: Sequence[str], workspace: Matrix, place: int, name: str) -> None:
    """Move one number of each matrix."""
    cell = writer.index_of(workspace.name, place, writer.type)
    for lane, row in enumerate(rows):
        mine = writer.index_of(cell, lane)
        source, sink = (row, mine) if name == "gather" else (mine, row)
        value = writer.index(f"load double, ptr {source}, align 8")
        writer.function.lines.append(f"  store double {value}, ptr {sink}, align 8")
