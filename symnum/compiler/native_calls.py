"""Calls of functions that are bound by symbol, from vector code: one lane after the other."""

from __future__ import annotations

from symnum.compiler.native import NativeFunction, native_signature
from symnum.compiler.vectors import Vector
from symnum.compiler.vectors.operations import per_lane

__all__ = ["call_native"]


def call_native(name: str, *operands: Vector) -> Vector:
    """Append a call of a function that SciPy brings along, for each lane.

    Parameters
    ----------
    name : str
        A primitive that `native_signature` knows.
    *operands : Vector
        Doubles or single-precision numbers, which are widened.
    """
    signature = native_signature(name)
    if signature is None:
        raise KeyError(name)
    module = operands[0].function.module
    # A table of functions and no declaration: `per_lane` calls what the module defines.
    scalar = f"native.{name}"
    if scalar not in module.functions:
        module.functions[scalar] = _scalar(scalar, signature)
        module.declare(signature.symbol, *_prototype(signature))
    if operands[0].kind == "double":
        return per_lane(scalar, *operands)
    return per_lane(scalar, *(operand.widened() for operand in operands)).narrowed()


def _prototype(signature: NativeFunction) -> tuple[str, list[str]]:
    parameters = ["double"] * signature.arity + ["ptr"] * signature.outputs
    if signature.skip_dispatch:
        parameters.append("i32")
    return ("void" if signature.outputs else "double"), parameters


def _scalar(name: str, signature: NativeFunction) -> str:
    """Write a function of doubles that returns a double."""
    places = range(signature.arity)
    head = ", ".join(f"double %a{index}" for index in places)
    arguments = [f"double %a{index}" for index in places]
    arguments += [f"ptr %place{index}" for index in range(signature.outputs)]
    if signature.skip_dispatch:
        arguments.append("i32 0")
    call = f"@{signature.symbol}({', '.join(arguments)})"
    if signature.outputs:
        lines = [f"  %place{index} = alloca double" for index in range(signature.outputs)]
        lines += [f"  call void {call}", f"  %y = load double, ptr %place{signature.output}"]
    else:
        lines = [f"  %y = call double {call}"]
    body = "\n".join(lines)
    return f"define internal double @{name}({head}) nounwind {{\n{body}\n  ret double %y\n}}"
