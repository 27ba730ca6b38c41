"""Functions bound by symbol: signatures, addresses, and a new process that loads stored code."""

from __future__ import annotations

import ctypes
import math
import os
import subprocess
import sys

import pytest
from llvmlite import binding

from symnum.compiler import native
from symnum.compiler.native import (
    NATIVE,
    NativeFunction,
    native_address,
    native_signature,
    register,
)
from symnum.compiler.vocabulary import FUNCTIONS, PRIMITIVES
from symnum.errors import KernelError

PROTOTYPES = {
    "gamma": "double (double, int)",
    "bessel_jv": "double (double, double, int)",
    "carlson_rd": "double (double, double, double, int)",
    "airybi_native": "void (double, double *, double *, double *, double *)",
    "fresnelc_native": "void (double, double *, double *)",
}


@pytest.mark.parametrize(("name", "prototype"), PROTOTYPES.items(), ids=PROTOTYPES)
def test_prototypes(name, prototype):
    assert native_signature(name).prototype() == prototype


def test_names_of_others_are_none():
    assert native_signature("sin") is None
    assert native_signature("no such function") is None


@pytest.mark.parametrize("name", sorted(NATIVE))
def test_rows_and_operands_agree(name):
    assert name in PRIMITIVES
    assert FUNCTIONS[name].arity == native_signature(name).arity


def _called(name, *operands):
    signature: NativeFunction = native_signature(name)
    address = native_address(name)
    number = ctypes.c_double
    if signature.outputs:
        places = [number() for _ in range(signature.outputs)]
        kinds = [number] * signature.arity + [ctypes.POINTER(number)] * signature.outputs
        function = ctypes.CFUNCTYPE(None, *kinds)(address)
        function(*operands, *map(ctypes.byref, places))
        return places[signature.output].value
    function = ctypes.CFUNCTYPE(number, *[number] * signature.arity, ctypes.c_int)(address)
    return function(*operands, 0)


# Integrals and sums of other kinds than the functions are computed by: DLMF, exact cases.
VALUES = {
    "gamma": ((5.0,), 24.0),
    "loggamma": ((3.0,), math.log(2)),
    "digamma": ((1.0,), -0.5772156649015329),
    "bessel_jv": ((0.5, math.pi / 2), 2 / math.pi),
    "bessel_iv": ((0.5, 1.0), math.sqrt(2 / math.pi) * math.sinh(1)),
    "bessel_kv": ((0.5, 1.0), math.sqrt(math.pi / 2) * math.exp(-1)),
    "bessel_yv": ((0.5, math.pi), 2**0.5 / math.pi),
    "airyai_native": ((0.0,), 3 ** (-2 / 3) / math.gamma(2 / 3)),
    "airybiprime_native": ((0.0,), 3 ** (1 / 6) / math.gamma(1 / 3)),
    "erfcinv": ((1.0,), 0.0),
    "elliptic_k": ((0.0,), math.pi / 2),
    "carlson_rf": ((2.0, 2.0, 2.0), 2**-0.5),
    "carlson_rd": ((2.0, 2.0, 2.0), 2**-1.5),
    "zeta_minus_one": ((2.0,), math.pi**2 / 6 - 1),
    "expint_native": ((2.0, 0.0), 1.0),
    "sine_integral": ((0.0,), 0.0),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_at_the_address(name):
    operands, expected = VALUES[name]
    assert _called(name, *operands) == pytest.approx(expected, rel=4e-15, abs=1e-300)


def test_every_function_is_found():
    assert all(native_address(name) for name in NATIVE)


def test_registered_symbols_are_known_to_llvm():
    register(["gamma", "airyai_native", "sin"])
    assert binding.address_of_symbol("symnum_gamma") == native_address("gamma")
    assert binding.address_of_symbol("symnum_airy") == native_address("airyai_native")
    assert binding.address_of_symbol("symnum_sin") is None


def test_a_function_that_scipy_lacks_is_named(monkeypatch):
    monkeypatch.setitem(NATIVE, "gone", native._Origin("no_such_function", 2))
    with pytest.raises(
        KernelError, match=r"no function no_such_function .*double \(double, double"
    ):
        native_address("gone")
    with pytest.raises(KernelError, match="no_such_function"):
        register(["gone"])


def test_another_signature_is_not_taken(monkeypatch):
    monkeypatch.setitem(NATIVE, "wrong", native._Origin("gammaln", 3))
    with pytest.raises(KernelError, match="gammaln"):
        native_address("wrong")


NEW_PROCESS = """
import numpy, sympy, symnum
from symnum.compiler import machine
if STORED:
    machine.object_code = None
x = sympy.Symbol("x")
kernel = symnum.lambdify(x, sympy.besselj(0, x) + sympy.airybi(x))
print(repr(float(kernel(numpy.array([1.25]))[0])))
"""


def test_a_new_process_registers_before_it_loads(tmp_path):
    environment = {**os.environ, "SYMNUM_CACHE_DIR": str(tmp_path)}
    printed = []
    for stored in (False, True):
        text = NEW_PROCESS.replace("STORED", str(stored))
        command = [sys.executable, "-c", text]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        printed.append(done.stdout)
    assert printed[0] == printed[1]
    assert float(printed[0]) == pytest.approx(0.645906085271285 + 1.48438827549511, rel=1e-13)
