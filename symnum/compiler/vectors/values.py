"""Vectors of numbers as values of the text that is being written.

Arithmetic on a `Vector` appends instructions to the function it belongs to. A Python number on the
other side becomes a constant in all lanes. Comparisons give vectors of truth values and are false
where a lane is NaN; they are methods, because `==` of two values must stay a Python truth value.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from symnum.compiler.vectors.modules import Function

__all__ = ["BITS", "SUFFIXES", "Operand", "Vector", "constant_text"]

Operand: TypeAlias = "Vector | float | int"

# The bits of one lane, by LLVM's name of the type.
BITS = {"double": 64, "float": 32, "i64": 64, "i32": 32, "i1": 1}
SUFFIXES = {"double": "f64", "float": "f32", "i64": "i64", "i32": "i32", "i1": "i1"}
REAL = frozenset(["double", "float"])
INTEGER_OF = {"double": "i64", "float": "i32"}
REAL_OF = {integer: real for real, integer in INTEGER_OF.items()}


def constant_text(value: float, kind: str) -> str:
    """Return LLVM's text for one number; doubles by their bits, so that none is rounded."""
    if kind in REAL:
        if kind == "float":
            value = struct.unpack("f", struct.pack("f", value))[0]
        return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
    if kind == "i1":
        return "true" if value else "false"
    if value != int(value):
        raise ValueError(f"{value} is no constant of integers")
    return str(int(value))


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """A value of one kind in every lane.

    Parameters
    ----------
    function : Function
        Where it is computed.
    name : str
        Its text as an operand.
    kind : str
        ``"double"``, ``"float"``, ``"i64"``, ``"i32"`` or ``"i1"``.
    lanes : int
        How many numbers it holds.
    """

    function: Function
    name: str
    kind: str
    lanes: int

    @property
    def type(self) -> str:
        """LLVM's text of the type."""
        return f"<{self.lanes} x {self.kind}>"

    def of(self, value: Operand) -> Vector:
        """Return a number as a constant vector of this kind; a vector as it is."""
        if isinstance(value, Vector):
            if value.kind != self.kind:
                raise TypeError(f"a vector of {value.kind} where {self.kind} was expected")
            return value
        text = constant_text(value, self.kind)
        return self.function.constant([text] * self.lanes, self.kind)

    def _made(self, text: str, kind: str) -> Vector:
        return self.function.instruction(text, kind, self.lanes)

    def _binary(self, real: str, integer: str, other: Operand, swapped: bool = False) -> Vector:
        right = self.of(other)
        left, right = (right, self) if swapped else (self, right)
        operation = real if self.kind in REAL else integer
        if not operation:
            raise TypeError(f"no such operation for vectors of {self.kind}")
        return self._made(f"{operation} {self.type} {left.name}, {right.name}", self.kind)

    def __add__(self, other: Operand) -> Vector:
        return self._binary("fadd", "add", other)

    def __radd__(self, other: Operand) -> Vector:
        return self._binary("fadd", "add", other, swapped=True)

    def __sub__(self, other: Operand) -> Vector:
        return self._binary("fsub", "sub", other)

    def __rsub__(self, other: Operand) -> Vector:
        return self._binary("fsub", "sub", other, swapped=True)

    def __mul__(self, other: Operand) -> Vector:
        return self._binary("fmul", "mul", other)

    def __rmul__(self, other: Operand) -> Vector:
        return self._binary("fmul", "mul", other, swapped=True)

    def __truediv__(self, other: Operand) -> Vector:
        return self._binary("fdiv", "", other)

    def __rtruediv__(self, other: Operand) -> Vector:
        return self._binary("fdiv", "", other, swapped=True)

    def __neg__(self) -> Vector:
        if self.kind in REAL:
            return self._made(f"fneg {self.type} {self.name}", self.kind)
        return self.of(0) - self

    def __and__(self, other: Operand) -> Vector:
        return self._binary("", "and", other)

    def __or__(self, other: Operand) -> Vector:
        return self._binary("", "or", other)

    def __xor__(self, other: Operand) -> Vector:
        return self._binary("", "xor", other)

    def __invert__(self) -> Vector:
        return self ^ (1 if self.kind == "i1" else -1)

    def __lshift__(self, other: Operand) -> Vector:
        return self._binary("", "shl", other)

    def __rshift__(self, other: Operand) -> Vector:
        """Shift right, keeping the sign."""
        return self._binary("", "ashr", other)

    def logical_shift(self, other: Operand) -> Vector:
        """Shift right, filling with zeros."""
        return self._binary("", "lshr", other)

    def _compared(self, real: str, integer: str, other: Operand) -> Vector:
        right = self.of(other)
        operation = f"fcmp {real}" if self.kind in REAL else f"icmp {integer}"
        return self._made(f"{operation} {self.type} {self.name}, {right.name}", "i1")

    def __lt__(self, other: Operand) -> Vector:
        return self._compared("olt", "slt", other)

    def __le__(self, other: Operand) -> Vector:
        return self._compared("ole", "sle", other)

    def __gt__(self, other: Operand) -> Vector:
        return self._compared("ogt", "sgt", other)

    def __ge__(self, other: Operand) -> Vector:
        return self._compared("oge", "sge", other)

    def equals(self, other: Operand) -> Vector:
        """Return where both are equal; -0.0 equals 0.0."""
        return self._compared("oeq", "eq", other)

    def differs(self, other: Operand) -> Vector:
        """Return where both are not equal, or one is NaN."""
        return self._compared("une", "ne", other)

    def below(self, other: Operand) -> Vector:
        """Return where an integer is smaller, both read without sign."""
        return self._compared("", "ult", other)

    def is_nan(self) -> Vector:
        """Return where the value is NaN."""
        return self._compared("uno", "", 0.0)

    def bits(self) -> Vector:
        """Return the bits of real numbers as integers of the same size."""
        return self._cast("bitcast", INTEGER_OF[self.kind])

    def as_real(self) -> Vector:
        """Return integers read as the bits of real numbers."""
        return self._cast("bitcast", REAL_OF[self.kind])

    def widened(self) -> Vector:
        """Return single-precision numbers as doubles, which is exact."""
        return self._cast("fpext", "double")

    def narrowed(self) -> Vector:
        """Return doubles rounded to single precision."""
        return self._cast("fptrunc", "float")

    def to_integer(self, kind: str = "i64") -> Vector:
        """Return whole numbers as integers; without meaning where they do not fit."""
        return self._cast("fptosi", kind)

    def to_real(self, kind: str = "double") -> Vector:
        """Return integers as real numbers."""
        return self._cast("sitofp", kind)

    def to_wide(self) -> Vector:
        """Return integers of 32 bits as integers of 64, with their sign."""
        return self._cast("sext", "i64")

    def to_narrow(self) -> Vector:
        """Return the low 32 bits of integers of 64."""
        return self._cast("trunc", "i32")

    def _cast(self, operation: str, kind: str) -> Vector:
        target = f"<{self.lanes} x {kind}>"
        return self._made(f"{operation} {self.type} {self.name} to {target}", kind)
