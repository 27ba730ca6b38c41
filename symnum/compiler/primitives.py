"""The smallest pieces of generated code: memory access, selection, rounding, remainders.

The text of these definitions is copied into each kernel's file; see `snippets.py`. Each is free of
branches, so that a loop over them becomes vector code, and rounds the same in vector and scalar
form, so that a value does not depend on its position in an array.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

# What is generated is called with other arguments than the function that generates it.
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

# The default error model raises ZeroDivisionError, which no vector loop can.
inline: Decorator = njit(error_model="numpy", nogil=True, forceinline=True)
generated: Decorator = intrinsic
generated_literal: Decorator = intrinsic(prefer_literal=True)


# --------------------------------------------------------------------------- memory

# Numba cannot say that arrays do not overlap; without that, LLVM vectorises no loop with more than
# about a dozen outputs. The caller guarantees it, and these marks hand the guarantee to LLVM: all
# loads share one scope that no store touches, and two outputs differ in some bit of their number.
OUTPUT_BITS = 16


def scope(module: Any, domain: str, name: str) -> Any:
    """Return the mark of one alias scope."""
    return module.add_metadata([f"{domain} {name}", module.add_metadata([domain])])


def element_pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Return the address of an element of a contiguous array."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index], inbounds=True)


@generated
def load(typing_context: Any, array: Any, index: Any) -> Any:
    """Read one element of a contiguous array that no output overlaps."""

    def generate(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        module = builder.module
        array_value, index_value = operands
        value = builder.load(
            element_pointer(context, builder, signature.args[0], array_value, index_value)
        )
        inputs = module.add_metadata([scope(module, "symnum inputs", "0")])
        outputs = module.add_metadata([scope(module, "symnum outputs", "0")])
        value.set_metadata("alias.scope", inputs)
        value.set_metadata("noalias", outputs)
        return value

    return array.dtype(array, types.intp), generate


@generated_literal
def store(typing_context: Any, array: Any, index: Any, value: Any, number: Any) -> Any:
    """Write one element of the output with this number."""
    position = number.literal_value

    def generate(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        module = builder.module
        array_value, index_value, stored, _ = operands
        instruction = builder.store(
            stored, element_pointer(context, builder, signature.args[0], array_value, index_value)
        )
        own = [scope(module, "symnum outputs", "0")]
        foreign = [scope(module, "symnum inputs", "0")]
        for bit in range(OUTPUT_BITS):
            value_of_bit = position >> bit & 1
            own.append(scope(module, f"symnum bit {bit}", str(value_of_bit)))
            foreign.append(scope(module, f"symnum bit {bit}", str(1 - value_of_bit)))
        instruction.set_metadata("alias.scope", module.add_metadata(own))
        instruction.set_metadata("noalias", module.add_metadata(foreign))
        return context.get_dummy_value()

    return types.none(array, types.intp, array.dtype, number), generate


# --------------------------------------------------------------------------- arithmetic


@generated
def select(typing_context: Any, condition: Any, then: Any, otherwise: Any) -> Any:
    """Return `then` where the condition holds, else `otherwise`; both are evaluated."""

    def generate(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        truth, left, right = operands
        return builder.select(truth, left, right)

    return then(types.boolean, then, then), generate


def call_llvm(builder: Any, name: str, operands: Any) -> Any:
    """Call an intrinsic function of LLVM on numbers of one type."""
    kind = operands[0].type
    suffix = "f32" if isinstance(kind, ir.FloatType) else "f64"
    signature = ir.FunctionType(kind, [kind] * len(operands))
    full_name = f"llvm.{name}.{suffix}"
    function = builder.module.globals.get(full_name)
    if function is None:
        function = ir.Function(builder.module, signature, full_name)
    return builder.call(function, operands)


@generated
def multiply_add(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a*b + c, rounded once where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return call_llvm(builder, "fmuladd", operands)

    return a(a, a, a), generate


@generated
def maximum(typing_context: Any, a: Any, b: Any) -> Any:
    """Return the larger one, NaN where either is NaN; 0.0 is larger than -0.0."""

    def generate(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return call_llvm(builder, "maximum", operands)

    return a(a, a), generate


@generated
def minimum(typing_context: Any, a: Any, b: Any) -> Any:
    """Return the smaller one, NaN where either is NaN; -0.0 is smaller than 0.0."""

    def generate(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return call_llvm(builder, "minimum", operands)

    return a(a, a), generate


@generated
def floor(typing_context: Any, x: Any) -> Any:
    """Round towards minus infinity; the sign of a zero stays."""

    def generate(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return call_llvm(builder, "floor", operands)

    return x(x), generate


@generated
def ceiling(typing_context: Any, x: Any) -> Any:
    """Round towards plus infinity; the sign of a zero stays."""

    def generate(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return call_llvm(builder, "ceil", operands)

    return x(x), generate


@generated
def truncate(typing_context: Any, x: Any) -> Any:
    """Round towards zero."""

    def generate(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return call_llvm(builder, "trunc", operands)

    return x(x), generate


@inline
def modulo(x: Any, y: Any) -> Any:
    """Return x - y*floor(x/y) with the sign of the divisor, exact, as NumPy's `mod`."""
    remainder = numpy.fmod(x, y)
    wrong_sign = (remainder < 0) != (y < 0)
    shifted = select(wrong_sign, remainder + y, remainder)
    # A zero remainder takes the sign of the divisor; that of NaN stays NaN.
    return select(remainder == 0, numpy.copysign(remainder, y), shifted)


@inline
def loggamma(x: Any) -> Any:
    """Return log(gamma(x)) for x > 0, infinity at 0, NaN below."""
    return select(x < 0, x * math.nan, math.lgamma(x))
