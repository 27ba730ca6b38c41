"""How a kernel meets memory: formats of numbers, the rest beyond whole blocks, constant outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symnum.compiler.vectors.values import constant_text

__all__ = ["ENTRY", "FORMATS", "MOST_HELD", "Format", "entry_text", "filling_text"]

# The name of the function that a kernel's module offers.
ENTRY = "symnum_kernel"

# So many arrays at most are read before any is written: more find no room in registers.
MOST_HELD = 24


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
    "float32 in double": Format("float", 1, "double"),
    "complex128": Format("double", 2, "double"),
    # Computed in double precision and rounded at the end.
    "complex64": Format("float", 2, "double"),
}


def filling_text(constants: Mapping[int, Sequence[float]], form: Format) -> tuple[list[str], str]:
    """Return the tables and the function that fills the constant outputs, and its call.

    Parameters
    ----------
    constants : mapping of int to sequence of float
        The parts of the number in every element, by the place of the array.
    form : Format
        How numbers lie in memory.
    """
    if not constants:
        return [], ""
    count = len(constants)
    numbers = []
    for values in constants.values():
        texts = [f"{form.kind} {constant_text(value, form.kind)}" for value in values]
        whole = texts[0] if form.parts == 1 else f"{form.element} <{', '.join(texts)}>"
        numbers.append(whole)
    places = ", ".join(f"i64 {place}" for place in constants)
    tables = [
        f"@places = private unnamed_addr constant [{count} x i64] [{places}], align 64",
        f"@values = private unnamed_addr constant [{count} x {form.element}] "
        f"[{', '.join(numbers)}], align 64",
    ]
    function = f"""define internal void @fill(ptr %arrays, i64 %size) noinline nounwind {{
entry:
  br label %table
table:
  %c = phi i64 [ 0, %entry ], [ %c.next, %full ]
  %place.slot = getelementptr inbounds i64, ptr @places, i64 %c
  %place = load i64, ptr %place.slot, align 8
  %value.slot = getelementptr inbounds {form.element}, ptr @values, i64 %c
  %value = load {form.element}, ptr %value.slot, align {form.size}
  %slot = getelementptr inbounds ptr, ptr %arrays, i64 %place
  %array = load ptr, ptr %slot, align 8
  br label %each
each:
  %k = phi i64 [ 0, %table ], [ %k.next, %each ]
  %sink = getelementptr inbounds {form.element}, ptr %array, i64 %k
  store {form.element} %value, ptr %sink, align {form.size}
  %k.next = add nuw i64 %k, 1
  %k.more = icmp ult i64 %k.next, %size
  br i1 %k.more, label %each, label %full
full:
  %c.next = add nuw i64 %c, 1
  %c.more = icmp ult i64 %c.next, {count}
  br i1 %c.more, label %table, label %done
done:
  ret void
}}"""
    return [*tables, function], "  call void @fill(ptr %arrays, i64 %size)\n"


def _whole_blocks(lanes: int, copies: int) -> str:
    """Write the calls that compute whole blocks, as many at once as there is a loop for."""
    if copies == 1:
        return "  call void @blocks(ptr %arrays, i64 0, i64 %whole)"
    return f"""  %wide = and i64 %size, {-lanes * copies}
  %any.wide = icmp ne i64 %wide, 0
  br i1 %any.wide, label %run.wide, label %run.more
run.wide:
  call void @wide_blocks(ptr %arrays, i64 0, i64 %wide)
  br label %run.more
run.more:
  %any.more = icmp ult i64 %wide, %whole
  br i1 %any.more, label %run.single, label %rest
run.single:
  call void @blocks(ptr %arrays, i64 %wide, i64 %whole)"""


def entry_text(
    inputs: int, outputs: int, form: Format, lanes: int, copies: int, filling: str
) -> str:
    """Write the function that is called: whole blocks, then a padded block for the rest.

    Parameters
    ----------
    inputs, outputs : int
        The number of arrays.
    form : Format
        How numbers lie in memory.
    lanes : int
        Elements of one block.
    copies : int
        How many blocks ``wide_blocks`` computes at once; it is there if there are several.
    filling : str
        What is done at the end.
    """
    count, size, kind, arity = inputs + outputs, form.size, form.element, inputs
    block = f"[{lanes} x {kind}]"
    first = _whole_blocks(lanes, copies)
    return f"""define void @{ENTRY}(ptr %arrays, i64 %size) nounwind {{
entry:
  %buffers = alloca [{count} x {block}], align 64
  %pointers = alloca [{count} x ptr], align 8
  %whole = and i64 %size, {-lanes}
  %some = icmp ne i64 %whole, 0
  br i1 %some, label %run, label %rest
run:
{first}
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
  call void @blocks(ptr %pointers, i64 0, i64 {lanes})
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
{filling}  ret void
}}"""
