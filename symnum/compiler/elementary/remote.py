"""Large numbers modulo pi/16, exactly, in integers of 256 bits.

x = m 2**e with a whole number m of 53 bits. Of 2**e 16/pi only what is left modulo 32 matters: a
window of 256 bits of the number 16/pi. Its product with m has k modulo 32 in the first five bits
and the fraction in the others. No double is closer than 2**-59 to a whole multiple, in units of
pi/16, so that the 198 bits of the fraction that are right suffice for any.
"""

from __future__ import annotations

from functools import cache

import mpmath

from symnum.compiler.vectors.operations import per_lane
from symnum.compiler.vectors.values import Vector

__all__ = ["remote_fraction"]

WORD = 64
# Bits after the binary point of the window, and of the whole number: enough for any exponent.
POINT = 251
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
    module.declare("llvm.ctlz.i256", "i256", ["i256", "i1"])
    results = []
    for part, result in RESULTS.items():
        name = f"remote.{part}"
        if name not in module.functions:
            table = module.table("i64", _words())
            module.functions[name] = _text(name, table, result)
        results.append(per_lane(name, x))
    index, first, second = results
    return index, first, second


RESULTS = {
    "index": """
  %start = lshr i256 %product, 251
  %up = lshr i256 %product, 250
  %nearest = and i256 %up, 1
  %index = add i256 %start, %nearest
  %small = trunc i256 %index to i64
  %value = uitofp i64 %small to double
  ret double %value""",
    "first": """
  %part = lshr i256 %normal, 203
  %digits = trunc i256 %part to i64
  %number = uitofp i64 %digits to double
  %scaled = fmul double %number, 0x3CA0000000000000
  %sized = fmul double %scaled, %power
  %opposite = fneg double %sized
  %value = select i1 %below, double %opposite, double %sized
  ret double %value""",
    "second": """
  %part = lshr i256 %normal, 150
  %low = trunc i256 %part to i64
  %digits = and i64 %low, 9007199254740991
  %number = uitofp i64 %digits to double
  %scaled = fmul double %number, 0x3950000000000000
  %sized = fmul double %scaled, %power
  %opposite = fneg double %sized
  %value = select i1 %below, double %opposite, double %sized
  ret double %value""",
}


def _text(name: str, table: str, result: str) -> str:
    """Return the function of one double that computes one of the results."""
    return f"""define internal double @{name}(double %x) noinline nounwind {{
entry:
  %bits = bitcast double %x to i64
  %field = lshr i64 %bits, 52
  %exponent = and i64 %field, 2047
  %away = sub i64 {PLACES - POINT + 1075}, %exponent
  %inside = icmp ult i64 %away, {PLACES - POINT + 52}
  %bit = select i1 %inside, i64 %away, i64 0
  %byte = lshr i64 %bit, 3
  %place = getelementptr inbounds i8, ptr {table}, i64 %byte
  %read = load i320, ptr %place, align 1
  %odd = and i64 %bit, 7
  %shift = zext i64 %odd to i320
  %moved = lshr i320 %read, %shift
  %window = trunc i320 %moved to i256
  %fraction = and i64 %bits, 4503599627370495
  %mantissa = or i64 %fraction, 4503599627370496
  %factor = zext i64 %mantissa to i256
  %product = mul i256 %window, %factor
  %signed = shl i256 %product, 5
  %below = icmp slt i256 %signed, 0
  %negative = sub i256 0, %signed
  %size = select i1 %below, i256 %negative, i256 %signed
  %zeros = call i256 @llvm.ctlz.i256(i256 %size, i1 false)
  %normal = shl i256 %size, %zeros
  %count = trunc i256 %zeros to i64
  %biased = sub i64 1023, %count
  %placed = shl i64 %biased, 52
  %power = bitcast i64 %placed to double{result}
}}"""
