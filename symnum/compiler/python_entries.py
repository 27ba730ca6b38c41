"""How Python calls a kernel: functions in a kernel's own module that speak CPython's C interface.

They are the cheapest way into machine code there is: nothing is looked at twice, and nothing but
LLVM is needed to load them. What they know of NumPy's arrays they read from where NumPy's binary
interface puts it, right behind the head of the object.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symnum.compiler.memory import MOST_HELD

__all__ = [
    "ARRAY_TYPE",
    "C_FUNCTIONS",
    "Signature",
    "block_entry_text",
    "dtype_symbol",
    "entries_text",
]

# What the entries call, from the interpreter itself.
C_FUNCTIONS = {
    "PyBool_FromLong": "ptr (i64)",
    "PyComplex_FromDoubles": "ptr (double, double)",
    "PyComplex_ImagAsDouble": "double (ptr)",
    "PyComplex_RealAsDouble": "double (ptr)",
    "PyErr_Occurred": "ptr ()",
    "PyEval_RestoreThread": "void (ptr)",
    "PyEval_SaveThread": "ptr ()",
    "PyFloat_AsDouble": "double (ptr)",
    "PyFloat_FromDouble": "ptr (double)",
    "PyLong_AsSsize_t": "i64 (ptr)",
    "PyTuple_New": "ptr (i64)",
    "PyTuple_SetItem": "i32 (ptr, i64, ptr)",
}

# The symbol under which the linker knows NumPy's type of arrays.
ARRAY_TYPE = "symnum_type_ndarray"

# Below this many elements the interpreter lock is kept: letting go of it costs more.
SHORTEST_UNLOCKED = 4096


@dataclass(frozen=True, slots=True)
class Signature:
    """What a kernel takes and gives.

    Parameters
    ----------
    inputs, outputs : int
        The number of arrays.
    dtype : str
        The type of their numbers.
    kind : str
        What the parts of a number are stored as: ``"double"`` or ``"float"``.
    parts : int
        1, or 2 for complex numbers.
    """

    inputs: int
    outputs: int
    dtype: str
    kind: str
    parts: int

    @property
    def count(self) -> int:
        """How many arrays there are."""
        return self.inputs + self.outputs

    @property
    def size(self) -> int:
        """Bytes of one number."""
        return self.parts * (8 if self.kind == "double" else 4)


def dtype_symbol(dtype: str) -> str:
    """Return the symbol under which the linker knows NumPy's description of a number type."""
    return f"symnum_dtype_{dtype}"


def entries_text(signature: Signature, kernel: str, head: int) -> str:
    """Return the text of the functions ``formula``, ``block`` and ``into``.

    Each takes what a function of Python with positional arguments does.

    Parameters
    ----------
    signature : Signature
        What the kernel takes and gives.
    kernel : str
        The name of the function that takes pointers and a length.
    head : int
        Bytes of the head of a Python object; the last of them are the address of its type.
    """
    symbols = (ARRAY_TYPE, dtype_symbol(signature.dtype))
    declared = [*_declarations(C_FUNCTIONS), *(f"@{name} = external global i8" for name in symbols)]
    entries = [_formula(signature, kernel), _block(signature.count, head), _into(signature, head)]
    return "\n\n".join([*declared, _unlocked(kernel), *entries])


def block_entry_text(arrays: int, kernel: str, head: int) -> str:
    """Return the text of the function ``block`` alone, for a kernel of any kinds of arrays.

    Parameters
    ----------
    arrays : int
        How many there are; the length of the last one is passed on.
    kernel, head
        As for `entries_text`.
    """
    called = ("PyBool_FromLong", "PyEval_RestoreThread", "PyEval_SaveThread")
    return "\n\n".join([*_declarations(called), _unlocked(kernel), _block(arrays, head)])


def _declarations(names: Iterable[str]) -> list[str]:
    declared = []
    for name in names:
        result, parameters = C_FUNCTIONS[name].split(" ", 1)
        declared.append(f"declare {result} @{name}{parameters} nonlazybind")
    return declared


def _formula(signature: Signature, kernel: str) -> str:
    """Write the function of numbers: it returns a number, or a tuple of several."""
    count, kind, parts = signature.count, signature.kind, signature.parts
    number = f"[{parts} x {kind}]"
    single = signature.outputs == 1
    given = _made_number(signature, "%out")
    if single:
        finish = f"""  %out = getelementptr inbounds {number}, ptr %numbers, i64 {signature.inputs}
{given}
  ret ptr %made"""
    else:
        finish = f"""  %tuple = call ptr @PyTuple_New(i64 {signature.outputs})
  %failed = icmp eq ptr %tuple, null
  %none = icmp eq i64 {signature.outputs}, 0
  %skip = or i1 %failed, %none
  br i1 %skip, label %end, label %fill
fill:
  %k = phi i64 [ 0, %ready ], [ %k.next, %fill ]
  %k.place = add i64 %k, {signature.inputs}
  %out = getelementptr inbounds {number}, ptr %numbers, i64 %k.place
{given}
  %ignored = call i32 @PyTuple_SetItem(ptr %tuple, i64 %k, ptr %made)
  %k.next = add i64 %k, 1
  %k.more = icmp ult i64 %k.next, {signature.outputs}
  br i1 %k.more, label %fill, label %end
end:
  ret ptr %tuple"""
    return f"""define ptr @formula(ptr %self, ptr %arguments, i64 %size) nounwind {{
entry:
  %numbers = alloca [{max(count, 1)} x {number}], align 16
  %pointers = alloca [{max(count, 1)} x ptr], align 8
  br label %point
point:
  %i = phi i64 [ 0, %entry ], [ %i.next, %pointed ]
  %number = getelementptr inbounds {number}, ptr %numbers, i64 %i
  %pointer = getelementptr inbounds ptr, ptr %pointers, i64 %i
  store ptr %number, ptr %pointer, align 8
  %input = icmp ult i64 %i, {signature.inputs}
  br i1 %input, label %read, label %pointed
read:
  %slot = getelementptr inbounds ptr, ptr %arguments, i64 %i
  %object = load ptr, ptr %slot, align 8
{_read_number(signature)}
  br i1 %suspect, label %check, label %pointed
check:
  %error = call ptr @PyErr_Occurred()
  %wrong = icmp ne ptr %error, null
  br i1 %wrong, label %refuse, label %pointed
pointed:
  %i.next = add i64 %i, 1
  %i.more = icmp ult i64 %i.next, {count}
  br i1 %i.more, label %point, label %ready
ready:
  call void @{kernel}(ptr %pointers, i64 1)
{finish}
refuse:
  ret ptr null
}}"""


def _read_number(signature: Signature) -> str:
    """Write the reading of one number; -1.0 may mean that it is none."""
    names = ["value"]
    lines = ["  %value = call double @PyFloat_AsDouble(ptr %object)"]
    if signature.parts == 2:
        names = ["value", "imaginary"]
        lines = [
            "  %value = call double @PyComplex_RealAsDouble(ptr %object)",
            "  %imaginary = call double @PyComplex_ImagAsDouble(ptr %object)",
        ]
    for part, name in enumerate(names):
        stored = f"%{name}"
        if signature.kind == "float":
            stored = f"%{name}.rounded"
            lines.append(f"  {stored} = fptrunc double %{name} to float")
        lines += [
            f"  %part{part} = getelementptr inbounds {signature.kind}, ptr %number, i64 {part}",
            f"  store {signature.kind} {stored}, ptr %part{part}, align 4",
        ]
    return "\n".join([*lines, "  %suspect = fcmp oeq double %value, -1.0"])


def _made_number(signature: Signature, place: str) -> str:
    """Write the making of a Python number from one that was computed."""
    lines, parts = [], []
    for part in range(signature.parts):
        lines += [
            f"  %from{part} = getelementptr inbounds {signature.kind}, ptr {place}, i64 {part}",
            f"  %raw{part} = load {signature.kind}, ptr %from{part}, align 4",
        ]
        if signature.kind == "float":
            lines.append(f"  %wide{part} = fpext float %raw{part} to double")
        parts.append(f"double %{'wide' if signature.kind == 'float' else 'raw'}{part}")
    maker = "PyFloat_FromDouble" if signature.parts == 1 else "PyComplex_FromDoubles"
    return "\n".join([*lines, f"  %made = call ptr @{maker}({', '.join(parts)})"])


def _unlocked(kernel: str) -> str:
    """Write the call of the kernel without the interpreter lock, where that is worth while."""
    return f"""define internal void @unlocked(ptr %pointers, i64 %length) nounwind {{
entry:
  %short = icmp ult i64 %length, {SHORTEST_UNLOCKED}
  br i1 %short, label %keep, label %release
keep:
  call void @{kernel}(ptr %pointers, i64 %length)
  ret void
release:
  %thread = call ptr @PyEval_SaveThread()
  call void @{kernel}(ptr %pointers, i64 %length)
  call void @PyEval_RestoreThread(ptr %thread)
  ret void
}}"""


def _block(arrays: int, head: int) -> str:
    """Write the function of one-dimensional arrays, which trusts what it is given."""
    return f"""define ptr @block(ptr %self, ptr %arguments, i64 %size) nounwind {{
entry:
  %pointers = alloca [{arrays} x ptr], align 8
  br label %point
point:
  %i = phi i64 [ 0, %entry ], [ %i.next, %point ]
  %slot = getelementptr inbounds ptr, ptr %arguments, i64 %i
  %object = load ptr, ptr %slot, align 8
  %field = getelementptr inbounds i8, ptr %object, i64 {head}
  %data = load ptr, ptr %field, align 8
  %pointer = getelementptr inbounds ptr, ptr %pointers, i64 %i
  store ptr %data, ptr %pointer, align 8
  %i.next = add i64 %i, 1
  %i.more = icmp ult i64 %i.next, {arrays}
  br i1 %i.more, label %point, label %pointed
pointed:
  %shape.field = getelementptr inbounds i8, ptr %object, i64 {head + SHAPE}
  %shape = load ptr, ptr %shape.field, align 8
  %length = load i64, ptr %shape, align 8
  call void @unlocked(ptr %pointers, i64 %length)
  %true = call ptr @PyBool_FromLong(i64 1)
  ret ptr %true
}}"""


# With more arrays than this `into` refuses: comparing each with each costs more than it gains.
MOST_COMPARED = 64

# Where NumPy keeps what describes an array, in bytes behind the head of the object.
DIMENSIONS, SHAPE, TYPE_OF_NUMBERS, ARRAY_FLAGS = 8, 16, 40, 48

# Flags of an array: contiguous and aligned; and writable.
READABLE, WRITABLE = 0x0101, 0x0501


def _into(signature: Signature, head: int) -> str:
    """Write the function that takes anything, looks at all of it, and calls `block` if it can.

    The first argument is the largest number of elements. An output may be an input, because each
    block is read before it is written; where there are many arrays it is not, and may not.
    """
    if signature.count > MOST_COMPARED or not signature.outputs or not signature.inputs:
        return """define ptr @into(ptr %self, ptr %arguments, i64 %size) nounwind {
entry:
  %false = call ptr @PyBool_FromLong(i64 0)
  ret ptr %false
}"""
    matters = "%near" if signature.count > MOST_HELD else "%overlap"
    return f"""define ptr @into(ptr %self, ptr %arguments, i64 %size) nounwind {{
entry:
  %pointers = alloca [{signature.count} x ptr], align 8
  %given = icmp eq i64 %size, {signature.count + 1}
  br i1 %given, label %open, label %refuse
open:
  %limit.object = load ptr, ptr %arguments, align 8
  %limit = call i64 @PyLong_AsSsize_t(ptr %limit.object)
  %arrays = getelementptr inbounds ptr, ptr %arguments, i64 1
  %first = load ptr, ptr %arrays, align 8
  %first.kind.field = getelementptr inbounds i8, ptr %first, i64 {head - 8}
  %first.kind = load ptr, ptr %first.kind.field, align 8
  %first.array = icmp eq ptr %first.kind, @{ARRAY_TYPE}
  br i1 %first.array, label %measure, label %refuse
measure:
  %rank.field = getelementptr inbounds i8, ptr %first, i64 {head + DIMENSIONS}
  %rank = load i32, ptr %rank.field, align 4
  %shape.field = getelementptr inbounds i8, ptr %first, i64 {head + SHAPE}
  %shape = load ptr, ptr %shape.field, align 8
  %scalar = icmp eq i32 %rank, 0
  br i1 %scalar, label %refuse, label %extent
extent:
  %e = phi i32 [ 0, %measure ], [ %e.next, %extent ]
  %sofar = phi i64 [ 1, %measure ], [ %length, %extent ]
  %e.slot = getelementptr inbounds i64, ptr %shape, i32 %e
  %e.size = load i64, ptr %e.slot, align 8
  %length = mul i64 %sofar, %e.size
  %e.next = add i32 %e, 1
  %e.more = icmp ult i32 %e.next, %rank
  br i1 %e.more, label %extent, label %bounded
bounded:
  %small = icmp sle i64 %length, %limit
  br i1 %small, label %look, label %refuse
look:
  %i = phi i64 [ 0, %bounded ], [ %i.next, %alike ]
  %slot = getelementptr inbounds ptr, ptr %arrays, i64 %i
  %object = load ptr, ptr %slot, align 8
  %kind.field = getelementptr inbounds i8, ptr %object, i64 {head - 8}
  %kind = load ptr, ptr %kind.field, align 8
  %array = icmp eq ptr %kind, @{ARRAY_TYPE}
  br i1 %array, label %inside, label %refuse
inside:
  %numbers.field = getelementptr inbounds i8, ptr %object, i64 {head + TYPE_OF_NUMBERS}
  %numbers = load ptr, ptr %numbers.field, align 8
  %right.numbers = icmp eq ptr %numbers, @{dtype_symbol(signature.dtype)}
  %flags.field = getelementptr inbounds i8, ptr %object, i64 {head + ARRAY_FLAGS}
  %flags = load i32, ptr %flags.field, align 4
  %is.input = icmp ult i64 %i, {signature.inputs}
  %wanted = select i1 %is.input, i32 {READABLE}, i32 {WRITABLE}
  %has = and i32 %flags, %wanted
  %right.flags = icmp eq i32 %has, %wanted
  %own.rank.field = getelementptr inbounds i8, ptr %object, i64 {head + DIMENSIONS}
  %own.rank = load i32, ptr %own.rank.field, align 4
  %right.rank = icmp eq i32 %own.rank, %rank
  %right.memory = and i1 %right.numbers, %right.flags
  %right = and i1 %right.memory, %right.rank
  br i1 %right, label %compare, label %refuse
compare:
  %own.shape.field = getelementptr inbounds i8, ptr %object, i64 {head + SHAPE}
  %own.shape = load ptr, ptr %own.shape.field, align 8
  br label %axis
axis:
  %d = phi i32 [ 0, %compare ], [ %d.next, %same ]
  %d.slot = getelementptr inbounds i64, ptr %shape, i32 %d
  %d.size = load i64, ptr %d.slot, align 8
  %own.slot = getelementptr inbounds i64, ptr %own.shape, i32 %d
  %own.size = load i64, ptr %own.slot, align 8
  %equal = icmp eq i64 %d.size, %own.size
  br i1 %equal, label %same, label %refuse
same:
  %d.next = add i32 %d, 1
  %d.more = icmp ult i32 %d.next, %rank
  br i1 %d.more, label %axis, label %alike
alike:
  %data.field = getelementptr inbounds i8, ptr %object, i64 {head}
  %data = load ptr, ptr %data.field, align 8
  %pointer = getelementptr inbounds ptr, ptr %pointers, i64 %i
  store ptr %data, ptr %pointer, align 8
  %i.next = add i64 %i, 1
  %i.more = icmp ult i64 %i.next, {signature.count}
  br i1 %i.more, label %look, label %apart.all
apart.all:
  %bytes = mul i64 %length, {signature.size}
  br label %output
output:
  %o = phi i64 [ {signature.inputs}, %apart.all ], [ %o.next, %compared ]
  %o.slot = getelementptr inbounds ptr, ptr %pointers, i64 %o
  %o.place = load i64, ptr %o.slot, align 8
  br label %other
other:
  %j = phi i64 [ 0, %output ], [ %j.next, %apart ]
  %j.slot = getelementptr inbounds ptr, ptr %pointers, i64 %j
  %j.place = load i64, ptr %j.slot, align 8
  %difference = sub i64 %o.place, %j.place
  %distance = call i64 @llvm.abs.i64(i64 %difference, i1 false)
  %near = icmp ult i64 %distance, %bytes
  %shifted = icmp ne i64 %distance, 0
  %both.outputs = icmp uge i64 %j, {signature.inputs}
  %matters = or i1 %shifted, %both.outputs
  %overlap = and i1 %near, %matters
  br i1 {matters}, label %refuse, label %apart
apart:
  %j.next = add i64 %j, 1
  %j.more = icmp ult i64 %j.next, %o
  br i1 %j.more, label %other, label %compared
compared:
  %o.next = add i64 %o, 1
  %o.more = icmp ult i64 %o.next, {signature.count}
  br i1 %o.more, label %output, label %run
run:
  call void @unlocked(ptr %pointers, i64 %length)
  %true = call ptr @PyBool_FromLong(i64 1)
  ret ptr %true
refuse:
  %false = call ptr @PyBool_FromLong(i64 0)
  ret ptr %false
}}

declare i64 @llvm.abs.i64(i64, i1)"""
