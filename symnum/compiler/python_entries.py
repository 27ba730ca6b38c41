"""How Python calls a kernel: functions in a kernel's own module that speak CPython's C interface.

They are the cheapest way into machine code there is: nothing is looked at twice, and nothing but
LLVM is needed to load them. The caller has checked the arguments; `block` reads the addresses of
NumPy arrays from where NumPy's binary interface puts them, right behind the head of the object.
"""

from __future__ import annotations

from dataclasses import dataclass

from symnum.compiler.memory import MOST_HELD

__all__ = ["C_FUNCTIONS", "Signature", "python_entries"]

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
    "PyTuple_New": "ptr (i64)",
    "PyTuple_SetItem": "i32 (ptr, i64, ptr)",
}

# Below this many elements the interpreter lock is kept: letting go of it costs more.
SHORTEST_UNLOCKED = 4096


@dataclass(frozen=True, slots=True)
class Signature:
    """What a kernel takes and gives.

    Parameters
    ----------
    inputs, outputs : int
        The number of arrays.
    kind : str
        What the parts of a number are stored as: ``"double"`` or ``"float"``.
    parts : int
        1, or 2 for complex numbers.
    """

    inputs: int
    outputs: int
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


def python_entries(signature: Signature, kernel: str, head: int) -> str:
    """Return the text of the functions ``formula``, ``block`` and ``into``.

    Each takes what a function of Python with positional arguments does.

    Parameters
    ----------
    signature : Signature
        What the kernel takes and gives.
    kernel : str
        The name of the function that takes pointers and a length.
    head : int
        Bytes of the head of a Python object.
    """
    declared = []
    for name, kind in C_FUNCTIONS.items():
        result, parameters = kind.split(" ", 1)
        declared.append(f"declare {result} @{name}{parameters} nonlazybind")
    texts = [*declared, _formula(signature, kernel), _block(signature, kernel, head)]
    texts.append(_into(signature, head))
    return "\n\n".join(texts)


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


def _collect(signature: Signature, head: int) -> str:
    """Write the loop that reads the addresses of the arrays, and the length of the last."""
    return f"""  %pointers = alloca [{signature.count} x ptr], align 8
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
  %i.more = icmp ult i64 %i.next, {signature.count}
  br i1 %i.more, label %point, label %pointed
pointed:
  %shape.field = getelementptr inbounds i8, ptr %object, i64 {head + 16}
  %shape = load ptr, ptr %shape.field, align 8
  %length = load i64, ptr %shape, align 8"""


def _block(signature: Signature, kernel: str, head: int) -> str:
    """Write the function of arrays; it returns true."""
    return f"""define ptr @block(ptr %self, ptr %arguments, i64 %size) nounwind {{
entry:
{_collect(signature, head)}
  %short = icmp ult i64 %length, {SHORTEST_UNLOCKED}
  br i1 %short, label %locked, label %unlocked
locked:
  call void @{kernel}(ptr %pointers, i64 %length)
  br label %end
unlocked:
  %thread = call ptr @PyEval_SaveThread()
  call void @{kernel}(ptr %pointers, i64 %length)
  call void @PyEval_RestoreThread(ptr %thread)
  br label %end
end:
  %true = call ptr @PyBool_FromLong(i64 1)
  ret ptr %true
}}"""


def _into(signature: Signature, head: int) -> str:
    """Write the function that looks whether outputs overlap other arrays before it calls `block`.

    An output may be an input, because each block is read before it is written; with many arrays
    it is not, and none is accepted.
    """
    if signature.count > MOST_HELD or not signature.outputs:
        return """define ptr @into(ptr %self, ptr %arguments, i64 %size) nounwind {
entry:
  %false = call ptr @PyBool_FromLong(i64 0)
  ret ptr %false
}"""
    return f"""define ptr @into(ptr %self, ptr %arguments, i64 %size) nounwind {{
entry:
{_collect(signature, head)}
  %bytes = mul i64 %length, {signature.size}
  br label %output
output:
  %o = phi i64 [ {signature.inputs}, %pointed ], [ %o.next, %compared ]
  %o.slot = getelementptr inbounds ptr, ptr %pointers, i64 %o
  %o.place = load i64, ptr %o.slot, align 8
  %first = icmp eq i64 %o, 0
  br i1 %first, label %compared, label %other
other:
  %j = phi i64 [ 0, %output ], [ %j.next, %apart ]
  %j.slot = getelementptr inbounds ptr, ptr %pointers, i64 %j
  %j.place = load i64, ptr %j.slot, align 8
  %difference = sub i64 %o.place, %j.place
  %distance = call i64 @llvm.abs.i64(i64 %difference, i1 false)
  %near = icmp ult i64 %distance, %bytes
  %apart.at.all = icmp ne i64 %distance, 0
  %both.outputs = icmp uge i64 %j, {signature.inputs}
  %matters = or i1 %apart.at.all, %both.outputs
  %overlap = and i1 %near, %matters
  br i1 %overlap, label %refuse, label %apart
apart:
  %j.next = add i64 %j, 1
  %j.more = icmp ult i64 %j.next, %o
  br i1 %j.more, label %other, label %compared
compared:
  %o.next = add i64 %o, 1
  %o.more = icmp ult i64 %o.next, {signature.count}
  br i1 %o.more, label %output, label %run
run:
  %done = call ptr @block(ptr %self, ptr %arguments, i64 %size)
  ret ptr %done
refuse:
  %false = call ptr @PyBool_FromLong(i64 0)
  ret ptr %false
}}

declare i64 @llvm.abs.i64(i64, i1)"""
