"""Symnum and its peers as competitors: each compiles a case at its best setting.

A row of `PEERS` builds a competitor for a case, given inputs of shape (arguments, n) and room for
outputs of shape (outputs, n). A library that is not installed raises `ImportError` there; a formula
that it cannot express raises `UnsupportedError`.
"""

from __future__ import annotations

import functools
import linecache
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, final

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy.printing.numpy import NumPyPrinter

import symnum as sn
from benchmarks.cases import Case

__all__ = ["AS_WRITTEN", "PEERS", "Competitor", "UnsupportedError", "libraries", "numba_function"]

Array = NDArray[np.float64]
Call = Callable[[], object]


class UnsupportedError(Exception):
    """The peer has no such function."""


@final
@dataclass(frozen=True, slots=True)
class Competitor:
    """What is timed, and what it computes.

    Attributes
    ----------
    call : callable without arguments
        Evaluates all outputs of the case once.
    results : callable without arguments
        Does so too, and returns them as an array of shape (outputs, n).
    """

    call: Call
    results: Callable[[], Array]


Build = Callable[[Case, Array, Array], Competitor]


def _writing(call: Call, outputs: Array) -> Competitor:
    """Return the competitor whose call writes into the given outputs."""

    def results() -> Array:
        call()
        return outputs

    return Competitor(call, results)


def _returning(function: Callable[..., Any], rows: Any) -> Competitor:
    """Return the competitor whose call returns new arrays."""
    rows = tuple(rows)
    return Competitor(lambda: function(*rows), lambda: np.stack(function(*rows)))


def _symnum(case: Case, inputs: Array, outputs: Array, *, stable: bool = True) -> Competitor:
    kernel = sn.lambdify(list(case.args), case.formula, parallel=False, stable=stable)
    rows = tuple(inputs)
    out = outputs[0] if len(case.outputs) == 1 else list(outputs)
    return _writing(functools.partial(kernel, *rows, out=out), outputs)


def _natural(case: Case, inputs: Array, outputs: Array) -> Competitor:
    if case.natural is None:
        raise UnsupportedError("nobody writes this by hand")
    return _returning(case.natural, inputs)


def _lambdify(case: Case, inputs: Array, outputs: Array, *, cse: bool) -> Competitor:
    modules = ["scipy", "numpy"]
    function = sympy.lambdify(case.args, list(case.outputs), modules=modules, cse=cse)
    return _returning(function, inputs)


def _numexpr(case: Case, inputs: Array, outputs: Array) -> Competitor:
    numexpr = import_module("numexpr")

    if any(expr.has(sympy.erf) for expr in case.outputs):
        raise UnsupportedError("has no erf")
    parts = []
    for expr, out in zip(case.outputs, outputs, strict=True):
        used = [place for place, symbol in enumerate(case.args) if symbol in expr.free_symbols]
        signature = [(str(case.args[place]), np.float64) for place in used]
        compiled = numexpr.NumExpr(_numexpr_text(expr), signature)
        parts.append((compiled, [inputs[place] for place in used], out))

    def call() -> None:
        for compiled, rows, out in parts:
            compiled(*rows, out=out, ex_uses_vml=False)

    return _writing(call, outputs)


def _numexpr_text(expr: sympy.Expr) -> str:
    """Return a formula without quotients of integers, which numexpr would round down."""
    text: str = sympy.sstr(sympy.N(expr, 17))
    return text


def _symengine(case: Case, inputs: Array, outputs: Array) -> Competitor:
    symengine = import_module("symengine")

    arguments = [symengine.sympify(argument) for argument in case.args]
    formulas = [symengine.sympify(expr) for expr in case.outputs]
    function = symengine.Lambdify(arguments, formulas, backend="llvm", cse=True, order="C")
    points = np.ascontiguousarray(inputs.T)
    values = np.empty((inputs.shape[1], len(formulas)))

    # Points in rows are the layout that is fastest here.
    def results() -> Array:
        function(points, out=values)
        return values.T

    return Competitor(functools.partial(function, points, out=values), results)


def _heyoka(case: Case, inputs: Array, outputs: Array, **options: bool) -> Competitor:
    heyoka = import_module("heyoka")

    variables = [heyoka.expression(str(argument)) for argument in case.args]
    formulas = [heyoka.from_sympy(expr) for expr in case.outputs]
    function = heyoka.cfunc(formulas, vars=variables, **options)
    return _writing(functools.partial(function, inputs, outputs=outputs), outputs)


def _jax(case: Case, inputs: Array, outputs: Array) -> Competitor:
    jax = import_module("jax")

    plain = sympy.lambdify(
        case.args, list(case.outputs), modules=[{"erf": jax.scipy.special.erf}, "jax"], cse=True
    )
    function = jax.jit(plain)
    rows = [jax.numpy.asarray(row) for row in inputs]
    return _returning(lambda *values: jax.block_until_ready(function(*values)), rows)


_FUNCTIONS = ("sin", "cos", "exp", "log", "sqrt", "tanh", "erf")


def _casadi(case: Case, inputs: Array, outputs: Array, *, compiled: bool) -> Competitor:
    casadi = import_module("casadi")

    known = {name: getattr(casadi, name) for name in _FUNCTIONS}
    plain = sympy.lambdify(case.args, list(case.outputs), modules=[known], cse=True)
    scalars = [casadi.SX.sym(str(argument)) for argument in case.args]
    count = inputs.shape[1]
    function = casadi.Function("f", scalars, plain(*scalars)).map(count, "serial")
    if compiled:
        if shutil.which("gcc") is None:
            raise UnsupportedError("needs a C compiler")
        rows = [casadi.MX.sym(str(argument), 1, count) for argument in case.args]
        options = {"flags": ["-O3", "-march=native", "-ffast-math"]}
        jit = {"jit": True, "compiler": "shell", "jit_options": options}
        function = casadi.Function("g", rows, function.call(rows), jit)
    buffer, trigger = function.buffer()
    for place, row in enumerate(inputs):
        buffer.set_arg(place, memoryview(row))
    for place, row in enumerate(outputs):
        buffer.set_res(place, memoryview(row))

    def results() -> Array:
        # The buffer holds the memory of the function; both have to live as long as the call.
        assert function.n_out() == len(outputs)
        assert buffer is not None
        trigger()
        return outputs

    return Competitor(trigger, results)


def numba_function(case: Case, **options: Any) -> Callable[[Array, Array], None]:
    """Return a loop over points compiled by Numba as a user would: common terms taken out.

    Parameters
    ----------
    case : Case
    **options
        Of `numba.njit`.

    Returns
    -------
    callable
        Takes inputs of shape (arguments, n) and outputs of shape (outputs, n).
    """
    numba = import_module("numba")
    printer = NumPyPrinter({"fully_qualified_modules": False, "precision": 17})
    names = [sympy.Symbol(f"a{place}") for place in range(len(case.args))]
    renamed = [expr.subs(dict(zip(case.args, names, strict=True))) for expr in case.outputs]
    terms, results = sympy.cse(renamed, symbols=sympy.numbered_symbols("t"))
    lines = ["def loop(inputs, outputs):", "    for i in range(inputs.shape[1]):"]
    lines += [f"        {name} = inputs[{place}, i]" for place, name in enumerate(names)]
    lines += [f"        {name} = {printer.doprint(term)}" for name, term in terms]
    lines += [f"        outputs[{k}, i] = {printer.doprint(r)}" for k, r in enumerate(results)]
    text = "\n".join(lines) + "\n"
    file = f"<numba {case.name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space: dict[str, Any] = {name: getattr(math, name) for name in _FUNCTIONS}
    exec(compile(text, file, "exec"), space)
    loop: Callable[[Array, Array], None] = numba.njit(error_model="numpy", **options)(space["loop"])
    return loop


def _numba(case: Case, inputs: Array, outputs: Array, *, fastmath: bool) -> Competitor:
    loop = numba_function(case, fastmath=fastmath)
    return _writing(functools.partial(loop, inputs, outputs), outputs)


# Not a peer: what it would be without the rewriting for accuracy, which no peer does.
AS_WRITTEN = "symnum as written"

PEERS: dict[str, Build] = {
    "symnum": _symnum,
    AS_WRITTEN: functools.partial(_symnum, stable=False),
    "heyoka": _heyoka,
    "heyoka avx512": functools.partial(_heyoka, force_avx512=True),
    "heyoka fast": functools.partial(_heyoka, force_avx512=True, fast_math=True),
    "numexpr": _numexpr,
    "symengine": _symengine,
    "casadi": functools.partial(_casadi, compiled=False),
    "casadi C": functools.partial(_casadi, compiled=True),
    "jax": _jax,
    "numba": functools.partial(_numba, fastmath=False),
    "numba fast": functools.partial(_numba, fastmath=True),
    "numpy": _natural,
    "lambdify cse": functools.partial(_lambdify, cse=True),
    "lambdify": functools.partial(_lambdify, cse=False),
}

LIBRARIES = (
    "symnum",
    "numpy",
    "scipy",
    "sympy",
    "numba",
    "llvmlite",
    "heyoka",
    "numexpr",
    "symengine",
    "casadi",
    "jax",
)


def libraries() -> dict[str, str | None]:
    """Return the version of each library that is compared, None where it is not installed."""
    found: dict[str, str | None] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
