"""Large numbers modulo pi/16, exactly, in integers of three words.

x = m 2**e with a whole number m of 53 bits. Of 2**e 16/pi only what is left modulo 32 matters: a
window of 192 bits of the number 16/pi. Its product with m has k modulo 32 in the first five bits
and the fraction in the others. No double is closer than 2**-59 to a whole multiple, in units of
pi/16, so that the 134 bits of the fraction that are right suffice for any, its first word is not
zero, and to flip the bits of a negative one is as good as to negate it.
"""

from __future__ import annotations

from functools import cache

import mpmath

from symnum.compiler.vectors.operations import per_lane
from symnum.compiler.vectors.values import Vector

__all__ = ["remote_fraction"]

WORD = 64
# Bits after the binary point: of the window, and of the number, enough for any exponent.
POINT = 187
PLACES = 2046 + POINT - 1075
# With zeros above, so that a window can be read anywhere.
WORDS = 24


@cache
def _words() -> tuple[int, ...]:
    """Return 16/pi 2**PLACES, rounded down, in signed words, the lowest first."""
    context = mpmath.mp.clone()
    context.prec = PLACES + WORD
    whole = int(context.floor(context.ldexp(16 / context.pi, PLACES)))
    words = [(whole >> (WORD * place)) % 2**WORD for place in range(WORDS)]
    return tuple(word - 2**WORD if word >= 2 ** (WORD - 1) else word for word in words)


def remote_fraction(x: Vector) -> tuple[Vector, Vector, Vector]:
    """Return k modulo 32 for positive doubles from 2 on, and x 16/pi - k in two parts.

    Infinities and NaN have no meaning here, but do no harm.
    """
    module = x.function.module
    if NAME not in module.functions:
        module.declare("llvm.ctlz.i64", "i64", ["i64", "i1"])
        for shift in ("llvm.fshl.i64", "llvm.fshr.i64"):
            module.declare(shift, "i64", ["i64"] * 3)
        module.functions[NAME] = _text(module.table("i64", _words()))
    index, first, second = (per_lane(NAME, x, x.of(part)) for part in range(3))
    return index, first, second


NAME = "remote.fraction"


def _text(table: str) -> str:
    """Return the function of one double and the number of the part that it computes."""
    return f"""define internal double @{NAME}(double %x, double %part) noinline nounwind {{
entry:
  %bits = bitcast double %x to i64
  %field = lshr i64 %bits, 52
  %exponent = and i64 %field, 2047
  %away = sub i64 {PLACES - POINT + 1075}, %exponent
  %inside = icmp ult i64 %away, {PLACES - POINT + 52}
  %bit = select i1 %inside, i64 %away, i64 0
  %shift = and i64 %bit, 63
  %word = lshr i64 %bit, 6
  %place0 = getelementptr inbounds i64, ptr {table}, i64 %word
  %place1 = getelementptr inbounds i64, ptr %place0, i64 1
  %place2 = getelementptr inbounds i64, ptr %place0, i64 2
  %place3 = getelementptr inbounds i64, ptr %place0, i64 3
  %read0 = load i64, ptr %place0, align 8
  %read1 = load i64, ptr %place1, align 8
  %read2 = load i64, ptr %place2, align 8
  %read3 = load i64, ptr %place3, align 8
  %window0 = call i64 @llvm.fshr.i64(i64 %read1, i64 %read0, i64 %shift)
  %window1 = call i64 @llvm.fshr.i64(i64 %read2, i64 %read1, i64 %shift)
  %window2 = call i64 @llvm.fshr.i64(i64 %read3, i64 %read2, i64 %shift)
  %stored = and i64 %bits, 4503599627370495
  %mantissa = or i64 %stored, 4503599627370496
  %factor = zext i64 %mantissa to i128
  %wide0 = zext i64 %window0 to i128
  %wide1 = zext i64 %window1 to i128
  %times0 = mul nuw i128 %wide0, %factor
  %times1 = mul nuw i128 %wide1, %factor
  %over0 = lshr i128 %times0, 64
  %sum = add nuw i128 %times1, %over0
  %over1 = lshr i128 %sum, 64
  %carried = trunc i128 %over1 to i64
  %times2 = mul i64 %window2, %mantissa
  %product0 = trunc i128 %times0 to i64
  %product1 = trunc i128 %sum to i64
  %product2 = add i64 %times2, %carried
  %halves = lshr i64 %product2, 58
  %up = add i64 %halves, 1
  %count = lshr i64 %up, 1
  %index = uitofp i64 %count to double
  %signed2 = call i64 @llvm.fshl.i64(i64 %product2, i64 %product1, i64 5)
  %signed1 = call i64 @llvm.fshl.i64(i64 %product1, i64 %product0, i64 5)
  %signed0 = shl i64 %product0, 5
  %below = icmp slt i64 %signed2, 0
  %flip = ashr i64 %signed2, 63
  %size2 = xor i64 %signed2, %flip
  %size1 = xor i64 %signed1, %flip
  %size0 = xor i64 %signed0, %flip
  %zeros = call i64 @llvm.ctlz.i64(i64 %size2, i1 false)
  %normal1 = call i64 @llvm.fshl.i64(i64 %size2, i64 %size1, i64 %zeros)
  %normal0 = call i64 @llvm.fshl.i64(i64 %size1, i64 %size0, i64 %zeros)
  %first = lshr i64 %normal1, 11
  %end = and i64 %normal1, 2047
  %raised = shl i64 %end, 42
  %start = lshr i64 %normal0, 22
  %second = or i64 %raised, %start
  %low = fcmp ogt double %part, 1.5
  %digits = select i1 %low, i64 %second, i64 %first
  %whole = uitofp i64 %digits to double
  %unit = select i1 %low, double 0x3950000000000000, double 0x3CA0000000000000
  %scaled = fmul double %whole, %unit
  %biased = sub i64 1023, %zeros
  %placed = shl i64 %biased, 52
  %power = bitcast i64 %placed to double
  %sized = fmul double %scaled, %power
  %opposite = fneg double %sized
  %share = select i1 %below, double %opposite, double %sized
  %counted = fcmp olt double %part, 0.5
  %value = select i1 %counted, double %index, double %share
  ret double %value
}}"""
