"""Object code by LLVM: from the text of a module to bytes, and from bytes to Python functions."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from symnum.compiler.emission import KINDS, Code
from symnum.compiler.python_entries import ARRAY_TYPE, C_FUNCTIONS, dtype_symbol
from symnum.compiler.vectors import host_target

__all__ = ["FLAGS", "ObjectCode", "assembly_text", "object_code", "optimised_module"]

# Flag of a function of Python that takes positional arguments as an array.
METH_FASTCALL = 0x0080


# In this order; the code is vectors already, so nothing is left for the vectorisers to find. The
# default pipelines take twice as long, and llvmlite never frees their manager.
PASSES = (
    "always_inliner",
    "sroa",
    "instruction_combine",
    "simplify_cfg",
    "new_gvn",
    "dead_code_elimination",
    "instruction_combine",
)


class MethodDefinition(ctypes.Structure):
    """CPython's description of a function."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("documentation", ctypes.c_char_p),
    )


@cache
def _binding() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for name in C_FUNCTIONS:
        function = getattr(ctypes.pythonapi, name)
        llvm.add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)
    # The address of an object is its identity.
    llvm.add_symbol(ARRAY_TYPE, id(np.ndarray))
    for dtype in KINDS:
        llvm.add_symbol(dtype_symbol(dtype), id(np.dtype(dtype)))
    return llvm


def _machine() -> Any:
    llvm, target = _binding(), host_target()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=target.processor,
        features=target.features,
        opt=2,
        jit=True,
        # Constants are then operands in memory. Code and constants must lie within 2 GB of each
        # other, which LLVM's default memory manager does not promise and llvmlite's does.
        reloc="pic",
        codemodel="small",
    )


# Calls of the run-time library go through the table of addresses, as `Module.declare` has it for
# the others: the memory manager must know all sizes beforehand.
FLAGS = """
!llvm.module.flags = !{!0}
!0 = !{i32 7, !"RtLibUseGOT", i32 1}
"""


def optimised_module(text: str, machine: Any) -> Any:
    """Return the module of a text, ready to be made into code by a target machine of llvmlite.

    Raises
    ------
    RuntimeError
        If the text is no valid module.
    """
    llvm = _binding()
    module = llvm.parse_assembly(text)
    module.triple = llvm.get_process_triple()
    module.data_layout = str(machine.target_data)
    module.verify()
    passes = llvm.create_new_module_pass_manager()
    for name in PASSES:
        getattr(passes, f"add_{name}_pass")()
    passes.run(
        module,
        llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2)),
    )
    return module


def object_code(code: Code) -> bytes:
    """Compile generated code and return the object file.

    Parameters
    ----------
    code : Code
        What is compiled.
    """
    machine = _machine()
    made: bytes = machine.emit_object(optimised_module(_module_text(code), machine))
    return made


def assembly_text(code: Code) -> str:
    """Return the assembly text of generated code, compiled now."""
    machine = _machine()
    text: str = machine.emit_assembly(optimised_module(_module_text(code), machine))
    return text


def _module_text(code: Code) -> str:
    return code.module_text(host_target(), object.__basicsize__) + FLAGS


class ObjectCode:
    """Object code in memory; it is freed when neither this object nor a function of it is left.

    Parameters
    ----------
    payload : bytes
        What `object_code` returned, in this process or in an earlier one.

    Raises
    ------
    ValueError
        If it is no object code of a kernel.
    """

    __slots__ = ("_definitions", "_engine")

    def __init__(self, payload: bytes) -> None:
        llvm = _binding()
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(), use_lmm=True)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(payload))
        self._engine.finalize_object()
        self._definitions: list[MethodDefinition] = []

    def function(self, name: str) -> Callable[..., Any]:
        """Return a function of the object code as a function of Python.

        Parameters
        ----------
        name : str
            ``"formula"``, of numbers; ``"block"``, of contiguous one-dimensional arrays of one
            length, inputs before outputs, that do not overlap; ``"into"``, of a largest number of
            elements and any objects, which does nothing and returns False unless these are
            contiguous arrays of one shape and the right type, and no output overlaps another
            array without being it.
        """
        address = self._engine.get_function_address(name)
        if not address:
            raise ValueError(f"the object code has no function {name!r}")
        definition = MethodDefinition(name.encode(), address, METH_FASTCALL, None)
        self._definitions.append(definition)
        # The function holds this object, and with it the code and its own definition.
        made: Callable[..., Any] = _new_function(ctypes.byref(definition), self, None)
        return made


_new_function: Any = ctypes.pythonapi.PyCFunction_NewEx
_new_function.restype = ctypes.py_object
_new_function.argtypes = (ctypes.POINTER(MethodDefinition), ctypes.py_object, ctypes.c_void_p)
