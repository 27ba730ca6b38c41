"""Functions bound by symbol: machine code that SciPy brings along, called from generated code.

`scipy.special.cython_special` publishes the address of each of its C functions in a capsule, whose
name is the C signature. Names of functions with several number types are mangled, and differently
in different releases, so a function is chosen by its signature. Its address is registered with LLVM
under a name of its own; stored machine code holds that name, never the address, and works in a new
process once the name is registered there.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from symnum.errors import KernelError
from symnum.locks import process_lock

__all__ = ["NATIVE", "NativeFunction", "native_address", "native_signature", "register"]

PREFIX = "symnum_"

# What stands last in the signature of most functions; it means "do not look for an override".
SKIP_DISPATCH = "int __pyx_skip_dispatch"


@dataclass(frozen=True, slots=True)
class NativeFunction:
    """How a function bound by symbol is called; every number is a double.

    With `outputs` 0 it is ``double f(double, ...)``, and where `skip_dispatch` holds an ``int``
    that must be 0 follows the numbers. Otherwise it is ``void f(double, ..., double *, ...)`` with
    so many places for results, of which the one with the index `output` is wanted.

    Parameters
    ----------
    symbol : str
        The name under which LLVM knows its address.
    arity : int
        The number of operands.
    outputs : int
        The number of places for results, 0 if the result is returned.
    output : int
        Which of them is the value.
    skip_dispatch : bool
        Whether an ``int`` follows the operands.
    """

    symbol: str
    arity: int
    outputs: int = 0
    output: int = 0
    skip_dispatch: bool = True

    def prototype(self) -> str:
        """Return the C signature, as in ``double (double, int)``."""
        parts = ["double"] * self.arity + ["double *"] * self.outputs
        if self.skip_dispatch:
            parts.append("int")
        return f"{'void' if self.outputs else 'double'} ({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class _Origin:
    """Which function of SciPy it is: its name there, operands, and places for results."""

    name: str
    arity: int
    outputs: int = 0
    output: int = 0

    def signature(self) -> str:
        """Return the text by which the capsule is recognised."""
        if self.outputs:
            return f"void ({', '.join(['double'] * self.arity + ['double *'] * self.outputs)})"
        return f"double ({', '.join([*['double'] * self.arity, SKIP_DISPATCH])})"


# The primitive of the vocabulary, and the function of SciPy that computes it.
NATIVE: dict[str, _Origin] = {
    # gamma and its relatives
    "gamma": _Origin("gamma", 1),
    "loggamma": _Origin("loggamma", 1),
    "digamma": _Origin("psi", 1),
    "beta_native": _Origin("beta", 2),
    "binomial_native": _Origin("binom", 2),
    "rising_factorial_native": _Origin("poch", 2),
    "regularized_lower_gamma": _Origin("gammainc", 2),
    "regularized_upper_gamma": _Origin("gammaincc", 2),
    # relatives of the error function
    "erfinv": _Origin("erfinv", 1),
    "erfcinv": _Origin("erfcinv", 1),
    "erfi": _Origin("erfi", 1),
    "erfcx": _Origin("erfcx", 1),
    # Bessel functions of real order
    "bessel_j0": _Origin("j0", 1),
    "bessel_j1": _Origin("j1", 1),
    "bessel_jv": _Origin("jv", 2),
    "bessel_y0": _Origin("y0", 1),
    "bessel_y1": _Origin("y1", 1),
    "bessel_yv": _Origin("yv", 2),
    "bessel_i0": _Origin("i0", 1),
    "bessel_i1": _Origin("i1", 1),
    "bessel_iv": _Origin("iv", 2),
    "bessel_k0": _Origin("k0", 1),
    "bessel_k1": _Origin("k1", 1),
    "bessel_kv": _Origin("kv", 2),
    # Airy functions: one call computes all four
    "airyai_native": _Origin("airy", 1, 4, 0),
    "airyaiprime_native": _Origin("airy", 1, 4, 1),
    "airybi_native": _Origin("airy", 1, 4, 2),
    "airybiprime_native": _Origin("airy", 1, 4, 3),
    # exponential integrals
    "ei": _Origin("expi", 1),
    "e1": _Origin("exp1", 1),
    "expint_native": _Origin("expn", 2),
    "sine_integral": _Origin("sici", 1, 2, 0),
    "cosine_integral_native": _Origin("sici", 1, 2, 1),
    "hyperbolic_sine_integral": _Origin("shichi", 1, 2, 0),
    "hyperbolic_cosine_integral_native": _Origin("shichi", 1, 2, 1),
    "fresnels_native": _Origin("fresnel", 1, 2, 0),
    "fresnelc_native": _Origin("fresnel", 1, 2, 1),
    # elliptic integrals
    "elliptic_k": _Origin("ellipk", 1),
    "elliptic_e_complete": _Origin("ellipe", 1),
    "elliptic_f_native": _Origin("ellipkinc", 2),
    "elliptic_e_native": _Origin("ellipeinc", 2),
    "carlson_rf": _Origin("elliprf", 3),
    "carlson_rd": _Origin("elliprd", 3),
    # zeta
    "zeta_minus_one": _Origin("zetac", 1),
}

_lock = process_lock("addresses")


def native_signature(name: str) -> NativeFunction | None:
    """Return how a primitive is called, or None where it is not bound by symbol.

    Parameters
    ----------
    name : str
        A primitive of the vocabulary.

    Returns
    -------
    NativeFunction or None

    Examples
    --------
    >>> native_signature("airybi_native").prototype()
    'void (double, double *, double *, double *, double *)'
    >>> native_signature("sin") is None
    True
    """
    origin = NATIVE.get(name)
    if origin is None:
        return None
    symbol = PREFIX + origin.name
    dispatch = not origin.outputs
    return NativeFunction(symbol, origin.arity, origin.outputs, origin.output, dispatch)


def native_address(name: str) -> int:
    """Return the address of a primitive in this process.

    Parameters
    ----------
    name : str
        A primitive that `native_signature` knows.

    Raises
    ------
    KernelError
        If the installed SciPy has no such function.
    """
    origin = NATIVE[name]
    wanted = origin.signature()
    for _, capsule in _published(origin.name):
        if _capsule_name(capsule) == wanted.encode():
            return _capsule_pointer(capsule, _capsule_name(capsule))
    raise KernelError(f"this SciPy has no function {origin.name} of the kind {wanted}")


def register(names: Iterable[str]) -> None:
    """Tell LLVM the addresses of primitives; to be called before machine code with them is loaded.

    Parameters
    ----------
    names : iterable of str
        Primitives that `native_signature` knows, the others are passed over.

    Raises
    ------
    KernelError
        If the installed SciPy lacks one of them.
    """
    with _lock:
        for name in names:
            if name in NATIVE:
                _register(NATIVE[name].name, name)


@cache
def _register(origin: str, name: str) -> None:
    from llvmlite import binding

    binding.add_symbol(PREFIX + origin, native_address(name))


@cache
def _published(name: str) -> tuple[tuple[str, object], ...]:
    """Return the capsules of a function in all number types, in the order of their names."""
    from scipy.special import cython_special

    mangled = re.compile(rf"(__pyx_fuse_(\d+_)*\d+)?{re.escape(name)}")
    capsules: dict[str, object] = cython_special.__pyx_capi__
    return tuple((key, capsules[key]) for key in sorted(capsules) if mangled.fullmatch(key))


def _capsule_name(capsule: object) -> bytes:
    # A prototype of its own: what is set on the functions of `pythonapi` is seen everywhere.
    prototype = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)
    name: bytes = prototype(("PyCapsule_GetName", ctypes.pythonapi))(capsule)
    return name


def _capsule_pointer(capsule: object, name: bytes) -> int:
    prototype = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    address: int = prototype(("PyCapsule_GetPointer", ctypes.pythonapi))(capsule, name)
    return address
