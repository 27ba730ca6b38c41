from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest

from symnum.compiler.elementary import ELEMENTARY
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.memory import ENTRY
from symnum.compiler.vector_code import module_text
from symnum.compiler.vectors import Target, host_target

# The host, the same family without AVX-512, and what every processor of the family has.
TARGETS = {
    "host": host_target(),
    "avx2": Target("x86-64-v3", "+avx,+avx2,+fma,+bmi,+bmi2,+sse4.1,+sse4.2,+popcnt"),
    "baseline": Target("x86-64", ""),
}


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
            codemodel="jitdefault",
        )

    compiler = machine()
    module = llvm.parse_assembly(module_text(program, dtype, target))
    module.triple = llvm.get_process_triple()
    module.data_layout = str(compiler.target_data)
    module.verify()
    passes = llvm.create_pass_builder(
        compiler, llvm.create_pipeline_tuning_options(speed_level=2)
    )
    passes.getModulePassManager().run(module, passes)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
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
        if target != "host" and not llvm.get_process_triple().startswith("x86_64"):
            pytest.skip("the reduced targets are of another family of processors")
        return _compiled(name, dtype, target)

    return compiled
