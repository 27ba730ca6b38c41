"""What vectors can do besides arithmetic: fused products, rounding, selection, scaling, tables."""

from __future__ import annotations

from collections.abc import Sequence

from symnum.compiler.vectors.values import Operand, Vector, constant_text

__all__ = [
    "absolute",
    "ceiling",
    "copy_sign",
    "exponent",
    "floor",
    "fma",
    "halves",
    "horner",
    "joined",
    "lookup",
    "mantissa",
    "maximum",
    "minimum",
    "multiply_add",
    "per_lane",
    "root_by_products",
    "round_even",
    "scale",
    "select",
    "square_root",
    "truncate",
    "unzipped",
    "zipped",
]


def fma(a: Vector, b: Operand, c: Operand) -> Vector:
    """Return a*b + c with a single rounding, on every processor."""
    return a.function.intrinsic("fma", a, a.of(b), a.of(c))


def multiply_add(a: Vector, b: Operand, c: Operand) -> Vector:
    """Return a*b + c with a single rounding where the processor has one, else with two."""
    return a.function.intrinsic("fmuladd", a, a.of(b), a.of(c))


def horner(x: Vector, coefficients: Sequence[float]) -> Vector:
    """Return the polynomial with these coefficients, the constant first, by fused products."""
    total = x.of(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = fma(total, x, coefficient)
    return total


def select(condition: Vector, then: Vector, otherwise: Operand) -> Vector:
    """Return `then` where the condition holds, else `otherwise`."""
    other = then.of(otherwise)
    return then.function.instruction(
        f"select {condition.type} {condition.name}, {then.type} {then.name}, "
        f"{other.type} {other.name}",
        then.kind,
        then.lanes,
    )


def absolute(x: Vector) -> Vector:
    """Return the number without its sign."""
    return x.function.intrinsic("fabs", x)


def copy_sign(x: Vector, sign: Operand) -> Vector:
    """Return x with the sign of another number."""
    return x.function.intrinsic("copysign", x, x.of(sign))


def square_root(x: Vector) -> Vector:
    """Return the square root, rounded correctly."""
    return x.function.intrinsic("sqrt", x)


# Numbers with an exponent in this range have roots by steps that never leave the ordinary numbers.
LEAST_EXPONENT, EXPONENTS = 123, 1900


def root_by_products(x: Vector) -> Vector:
    """Return the square root without the processor's divider, which quotients may keep busy.

    Newton's method from an estimate y of 1/sqrt(x) with 14 bits: g = x y and h = y/2 are improved
    together, by r = 1/2 - g h, and at last g by h (x - g**2), after which the error is half a unit
    in the last place and a few thousandths. Numbers of extreme size take the usual instruction.

    Parameters
    ----------
    x : Vector
        Doubles; the processor has AVX-512.
    """
    inverse = _estimated_inverse_root(x)
    root, half = x * inverse, 0.5 * inverse
    lost = fma(-root, half, 0.5)
    root, half = fma(root, lost, root), fma(half, lost, half)
    root = fma(root, fma(-root, half, 0.5), root)
    root = fma(fma(-root, root, x), half, root)
    # One comparison of integers: several of floating-point numbers take longer than all the rest.
    strange = ~(x.bits() - (LEAST_EXPONENT << 52)).below(EXPONENTS << 52)

    def taken(usual: Vector) -> list[Vector]:
        return [select(strange, square_root(x), usual)]

    return x.function.rarely(strange, [root], taken)[0]


def _estimated_inverse_root(x: Vector) -> Vector:
    if x.lanes > 8:
        low, high = halves(x)
        return joined(_estimated_inverse_root(low), _estimated_inverse_root(high))
    name = "llvm.x86.avx512.rsqrt14.pd.512"
    x.function.module.declare(name, x.type, [x.type, x.type, "i8"])
    text = f"call {x.type} @{name}({x.type} {x.name}, {x.type} zeroinitializer, i8 -1)"
    return x.function.instruction(text, "double", x.lanes)


def floor(x: Vector) -> Vector:
    """Round towards minus infinity."""
    return x.function.intrinsic("floor", x)


def ceiling(x: Vector) -> Vector:
    """Round towards plus infinity."""
    return x.function.intrinsic("ceil", x)


def truncate(x: Vector) -> Vector:
    """Round towards zero."""
    return x.function.intrinsic("trunc", x)


def round_even(x: Vector) -> Vector:
    """Round to the nearest whole number, ties to even."""
    return x.function.intrinsic("roundeven", x)


def maximum(a: Vector, b: Operand) -> Vector:
    """Return the larger one, NaN where either is NaN; 0.0 is larger than -0.0."""
    return a.function.intrinsic("maximum", a, a.of(b))


def minimum(a: Vector, b: Operand) -> Vector:
    """Return the smaller one, NaN where either is NaN; -0.0 is smaller than 0.0."""
    return a.function.intrinsic("minimum", a, a.of(b))


# --------------------------------------------------------------------------- powers of two


def scale(x: Vector, power: Vector) -> Vector:
    """Return x * 2**power rounded once, for whole numbers `power` between -2200 and 2200.

    Parameters
    ----------
    x : Vector
        Doubles, 2**-60 to 2**60 in magnitude, or zero.
    power : Vector
        Doubles that are whole numbers.
    """
    if x.function.target.has("avx512f"):
        return _avx512("scalef.pd", x, power)
    # In two steps: the first product is exact, the second rounds where the result is subnormal.
    half = round_even(power * 0.5)
    return x * _power_of_two(half) * _power_of_two(power - half)


def _power_of_two(power: Vector) -> Vector:
    # 2**52 + 2**51 puts a whole number into the low bits of the mantissa.
    shifted = power + (6755399441055744.0 + 1023.0)
    return (shifted.bits() << 52).as_real()


def exponent(x: Vector) -> Vector:
    """Return floor(log2(abs(x))) of normal doubles, as doubles."""
    if x.function.target.has("avx512f"):
        return _avx512("getexp.pd", x)
    bits = (x.bits().logical_shift(52) & 0x7FF) | 0x4330000000000000
    return bits.as_real() - (4503599627370496.0 + 1023.0)


def mantissa(x: Vector) -> Vector:
    """Return abs(x) / 2**exponent(x) of normal doubles: in [1, 2)."""
    return ((x.bits() & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).as_real()


def halves(x: Vector) -> tuple[Vector, Vector]:
    """Return the first and the second half of the lanes."""
    size = x.lanes // 2
    parts = []
    for start in (0, size):
        mask = ", ".join(f"i32 {lane}" for lane in range(start, start + size))
        text = f"shufflevector {x.type} {x.name}, {x.type} poison, <{size} x i32> <{mask}>"
        parts.append(x.function.instruction(text, x.kind, size))
    return parts[0], parts[1]


def joined(low: Vector, high: Vector) -> Vector:
    """Return the lanes of both."""
    size = 2 * low.lanes
    mask = ", ".join(f"i32 {lane}" for lane in range(size))
    text = f"shufflevector {low.type} {low.name}, {high.type} {high.name}, <{size} x i32> <{mask}>"
    return low.function.instruction(text, low.kind, size)


def unzipped(x: Vector) -> tuple[Vector, Vector]:
    """Return the lanes with even and with odd numbers."""
    size = x.lanes // 2
    parts = []
    for start in (0, 1):
        mask = ", ".join(f"i32 {2 * lane + start}" for lane in range(size))
        text = f"shufflevector {x.type} {x.name}, {x.type} poison, <{size} x i32> <{mask}>"
        parts.append(x.function.instruction(text, x.kind, size))
    return parts[0], parts[1]


def zipped(even: Vector, odd: Vector) -> Vector:
    """Return the lanes of both in turn."""
    size = even.lanes
    mask = ", ".join(f"i32 {lane}, i32 {lane + size}" for lane in range(size))
    text = (
        f"shufflevector {even.type} {even.name}, {odd.type} {odd.name}, <{2 * size} x i32> <{mask}>"
    )
    return even.function.instruction(text, even.kind, 2 * size)


def _avx512(name: str, *operands: Vector) -> Vector:
    """Call an instruction of AVX-512 that takes eight doubles."""
    if operands[0].lanes > 8:
        parts = [halves(operand) for operand in operands]
        return joined(
            _avx512(name, *(low for low, _ in parts)), _avx512(name, *(high for _, high in parts))
        )
    function, kind = operands[0].function, operands[0].type
    full = f"llvm.x86.avx512.mask.{name}.512"
    function.module.declare(full, kind, [*[kind] * (len(operands) + 1), "i8", "i32"])
    arguments = ", ".join(f"{operand.type} {operand.name}" for operand in operands)
    return function.instruction(
        f"call {kind} @{full}({arguments}, {kind} zeroinitializer, i8 -1, i32 4)", "double", 8
    )


# --------------------------------------------------------------------------- tables


def lookup(index: Vector, values: Sequence[float]) -> Vector:
    """Return entries of a table of doubles.

    Tables of 8 and 16 entries stay in registers where the processor can pick from those.

    Parameters
    ----------
    index : Vector
        Integers of 64 bits, from 0 to the length of the table less one.
    values : sequence of float
        The table.
    """
    function = index.function
    if function.target.has("avx512f") and len(values) in (8, 16):
        return _picked(index, values)
    name = function.module.table("double", values)
    result = function.constant(["0x0000000000000000"] * index.lanes, "double")
    for lane in range(index.lanes):
        position, place, entry = (f"%{function.fresh()}" for _ in range(3))
        function.lines += [
            f"  {position} = extractelement {index.type} {index.name}, i64 {lane}",
            f"  {place} = getelementptr inbounds double, ptr {name}, i64 {position}",
            f"  {entry} = load double, ptr {place}, align 8",
        ]
        text = f"insertelement {result.type} {result.name}, double {entry}, i64 {lane}"
        result = function.instruction(text, "double", index.lanes)
    return result


def _picked(index: Vector, values: Sequence[float]) -> Vector:
    """Pick from one or two registers."""
    if index.lanes > 8:
        low, high = halves(index)
        return joined(_picked(low, values), _picked(high, values))
    function = index.function
    texts = [constant_text(value, "double") for value in values]
    first = function.constant(texts[:8], "double")
    if len(values) == 8:
        return function.call("llvm.x86.avx512.permvar.df.512", "double", first, index)
    second = function.constant(texts[8:], "double")
    return function.call("llvm.x86.avx512.vpermi2var.pd.512", "double", first, index, second)


# --------------------------------------------------------------------------- lane by lane


def per_lane(symbol: str, *operands: Vector) -> Vector:
    """Call a function of doubles for each lane.

    Parameters
    ----------
    symbol : str
        A function that the module defines, or a name that the linker knows.
    *operands : Vector
        Doubles.
    """
    function = operands[0].function
    module = function.module
    name = f"each.{symbol}"
    if name not in module.functions:
        if symbol not in module.functions:
            module.declare(symbol, "double", ["double"] * len(operands))
        module.functions[name] = _each_lane(name, symbol, len(operands), operands[0].lanes)
    return function.call(name, "double", *operands)


def _each_lane(name: str, symbol: str, arity: int, lanes: int) -> str:
    kind = f"<{lanes} x double>"
    places = range(arity)
    head = ", ".join(f"{kind} %a{index}" for index in places)
    entries = "\n".join(
        f"  %x{index} = extractelement {kind} %a{index}, i64 %lane" for index in places
    )
    arguments = ", ".join(f"double %x{index}" for index in places)
    return f"""define internal {kind} @{name}({head}) noinline nounwind {{
entry:
  br label %each
each:
  %lane = phi i64 [ 0, %entry ], [ %next, %each ]
  %sofar = phi {kind} [ zeroinitializer, %entry ], [ %filled, %each ]
{entries}
  %y = call double @{symbol}({arguments})
  %filled = insertelement {kind} %sofar, double %y, i64 %lane
  %next = add i64 %lane, 1
  %more = icmp ult i64 %next, {lanes}
  br i1 %more, label %each, label %done
done:
  ret {kind} %filled
}}"""
