from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import mpmath
import numpy as np
import pytest

from symnum.compiler.elementary import ELEMENTARY
from symnum.compiler.memory import ENTRY
from symnum.compiler.objects import FLAGS, optimised_module
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.vector_code import module_text
from symnum.compiler.vectors import Target, host_target
from symnum.reference import ulp_distance

# The host, the same family without AVX-512, and what every processor of the family has.
TARGETS = {
    "host": host_target(),
    "avx2": Target("x86-64-v3", "+avx,+avx2,+fma,+bmi,+bmi2,+sse4.1,+sse4.2,+popcnt"),
    "baseline": Target("x86-64", ""),
}


def _wanted(target: Target) -> list[str]:
    return [feature for feature in target.features.split(",") if feature.startswith("+")]


@cache
def _compiled(name: str, dtype: str, target_name: str) -> Callable[..., Any]:
    target = TARGETS[target_name]
    arity = ELEMENTARY[name].arity
    builder = ProgramBuilder(arity)
    operands = [builder.add("argument", value=index) for index in range(arity)]
    program = builder.finish((builder.add("call", *operands, value=name),))
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()

    def machine() -> Any:
        return llvm.Target.from_default_triple().create_target_machine(
            cpu=target.processor,
            features=target.features,
            opt=2,
            jit=True,
            reloc="pic",
            codemodel="small",
        )

    compiler = machine()
    module = optimised_module(module_text(program, dtype, target) + FLAGS, compiler)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine(), use_lmm=True)
    engine.add_object_file(llvm.ObjectFileRef.from_data(compiler.emit_object(module)))
    engine.finalize_object()
    entry = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(
        engine.get_function_address(ENTRY)
    )

    def call(*operands: Any) -> Any:
        arrays = [np.ascontiguousarray(operand, dtype=dtype) for operand in operands]
        out = np.empty(arrays[0].shape, dtype)
        pointers = (ctypes.c_void_p * (arity + 1))(
            *(array.ctypes.data for array in arrays), out.ctypes.data
        )
        # The engine is named here so that it lives as long as this function.
        assert engine
        entry(ctypes.cast(pointers, ctypes.c_void_p), out.size)
        return out

    return call


@pytest.fixture(scope="session")
def elementary_function() -> Callable[..., Any]:
    """Return a function of the library as machine code, from its name, type and target."""

    def compiled(name: str, dtype: str = "float64", target: str = "host") -> Callable[..., Any]:
        if not set(_wanted(TARGETS[target])) <= set(_wanted(host_target())):
            pytest.skip(f"this processor does not run code for {target}")
        if not llvm.get_process_triple().startswith("x86_64") and target != "host":
            pytest.skip("the reduced targets are of another family of processors")
        return _compiled(name, dtype, target)

    return compiled


@pytest.fixture(scope="session")
def worst_error() -> Callable[..., tuple[float, Any]]:
    """Return what finds the largest error in ulps of values, and the point where it is."""
    exact_numbers = mpmath.mp.clone()
    exact_numbers.prec = 220

    def worst(values: Any, exact: Callable[..., Any], *points: Any) -> tuple[float, Any]:
        errors = []
        for value, *point in zip(values, *points, strict=True):
            right = exact(exact_numbers, *(exact_numbers.mpf(float(x)) for x in point))
            single = values.dtype == np.float32
            errors.append(ulp_distance(value if single else float(value), right))
        place = int(np.argmax(errors))
        return errors[place], [float(operand[place]).hex() for operand in points]

    return worst
