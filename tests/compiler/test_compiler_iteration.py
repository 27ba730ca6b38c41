"""Iterated kernels: every lane ends as if it were alone, wherever it stands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from symnum.compiler.iteration import IterationKernel, iteration_kernel
from symnum.compiler.iteration_interpretation import evaluate_arrays
from symnum.compiler.lowering import lower
from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.rounding_errors import error_terms
from symnum.compiler.terms import Term
from symnum.compiler.threads import available_threads
from symnum.errors import UnsupportedNodeError

X, COUNT, A, B = sp.symbols("x count a b", real=True)


def collatz_step() -> Program:
    """Return a step whose number of repetitions differs wildly between neighbours."""
    odd = sp.Ne(X - 2 * sp.floor(X / 2), 0)
    following = sp.Piecewise((3 * X + 1, odd), (X / 2, True))
    code = sp.Piecewise((1, sp.Eq(following, 1)), (2, following > A), (0, True))
    return lower((X, COUNT, A), (following, COUNT + 1, code))


def collatz(start: int, limit: float) -> tuple[int, int, int]:
    """Return the last value, the number of steps and the code of one lane."""
    x, count = start, 0
    while True:
        x, count = (3 * x + 1 if x % 2 else x // 2), count + 1
        if x == 1:
            return x, count, 1
        if x > limit:
            return x, count, 2


@pytest.fixture(scope="module")
def kernel() -> IterationKernel:
    finish = lower((X, COUNT, A), (X + COUNT, 2 * A))
    return iteration_kernel(collatz_step(), 2, finish)


@pytest.mark.parametrize("interpreted", [False, True], ids=["compiled", "interpreted"])
@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 31, 33, 63, 64, 65, 127, 128, 129, 200, 1000])
def test_every_lane_ends_as_if_alone(kernel: IterationKernel, size: int, interpreted: bool) -> None:
    starts = np.arange(2.0, size + 2.0)
    limits = np.where(np.arange(size) % 3 == 0, 50.0, 1e6)
    nothing = np.broadcast_to(0.0, size)
    outcome = kernel.run([starts, nothing], [limits], most=1000, interpreted=interpreted)
    expected = [collatz(int(n), limit) for n, limit in zip(starts, limits, strict=True)]
    assert outcome.states[0].tolist() == [last for last, _, _ in expected]
    assert outcome.states[1].tolist() == [count for _, count, _ in expected]
    assert outcome.iterations.tolist() == [count for _, count, _ in expected]
    assert outcome.status.tolist() == [code for _, _, code in expected]
    assert outcome.extras[0].tolist() == [last + count for last, count, _ in expected]
    assert outcome.extras[1].tolist() == (2 * limits).tolist()


def test_too_few_steps_leave_status_zero(kernel: IterationKernel) -> None:
    starts = np.arange(2.0, 302.0)
    arrays = ([starts, np.zeros(300)], [np.full(300, np.inf)])
    whole = kernel.run(*arrays, most=1000)
    cut = kernel.run(*arrays, most=20)
    done = whole.iterations <= 20
    assert 0 < done.sum() < 300
    # A lane that needs all the steps has not failed.
    assert (cut.status == np.where(done, whole.status, 0)).all()
    assert cut.iterations.max() == 20


@pytest.mark.parametrize(
    "column",
    [
        lambda x: np.ascontiguousarray(x),
        lambda x: np.repeat(x, 3)[::3],
        lambda x: x[::-1].copy()[::-1],
        lambda x: x.astype(np.float32),
        lambda x: x.astype(np.int64),
        lambda x: x.astype(">f8"),
    ],
    ids=["contiguous", "strided", "reversed", "single", "integers", "big-endian"],
)
def test_any_memory_is_read(kernel: IterationKernel, column: Any) -> None:
    starts = np.arange(2.0, 152.0)
    plain = kernel.run([starts, np.zeros(150)], [np.full(150, 1e6)], most=999)
    other = kernel.run([column(starts), np.zeros(150)], [np.broadcast_to(1e6, 150)], most=999)
    assert np.array_equal(plain.states[0], other.states[0])
    assert np.array_equal(plain.iterations, other.iterations)


def test_no_lanes_give_empty_arrays(kernel: IterationKernel) -> None:
    outcome = kernel.run([np.empty(0), np.empty(0)], [np.empty(0)], most=5)
    assert outcome.states[0].shape == outcome.status.shape == outcome.extras[1].shape == (0,)


def test_threads_change_nothing(kernel: IterationKernel) -> None:
    starts = np.arange(2.0, 20_002.0)
    arrays = ([starts, np.zeros(20_000)], [np.full(20_000, 1e9)])
    one = kernel.run(*arrays, most=999)
    several = kernel.run(*arrays, most=999, threads=max(2, available_threads()))
    for a, b in zip([*one.states, *one.extras], [*several.states, *several.extras], strict=True):
        assert np.array_equal(a, b)
    assert np.array_equal(one.status, several.status)


def test_what_begins_and_what_decides() -> None:
    # The root of x**2 = a by bisection, from inputs that are twice the ends.
    begin = lower((X, COUNT, A), (X / 2, COUNT / 2))
    middle = (X + COUNT) / 2
    above = middle**2 > A
    step = lower(
        (X, COUNT, A),
        (
            sp.Piecewise((X, above), (middle, True)),
            sp.Piecewise((middle, above), (COUNT, True)),
            sp.Piecewise((3, abs(COUNT - X) < 1e-6), (0, True)),
        ),
    )
    code = sp.Symbol("code", real=True)
    finish = lower((X, COUNT, A, code), (middle, sp.Piecewise((9, A > 2), (code + 4, True))))
    kernel = iteration_kernel(step, 2, finish, begin=begin, kept=(1,), decides=True)
    for interpreted in (False, True):
        outcome = kernel.run(
            [np.zeros(3), np.full(3, 8.0)],
            [np.array([1.0, 2.0, 9.0])],
            most=99,
            interpreted=interpreted,
        )
        assert len(outcome.states) == len(outcome.extras) == 1
        assert outcome.extras[0] == pytest.approx([1.0, 2**0.5, 3.0], abs=1e-6)
        assert outcome.status.tolist() == [7, 7, 9]


def test_lanes_without_a_number_finish_and_disturb_nobody() -> None:
    step = lower((X, A), ((X + A / X) / 2, sp.Piecewise((1, abs(X * X - A) < 1e-9 * A), (0, True))))
    kernel = iteration_kernel(step, 1)
    values = np.arange(1.0, 301.0)
    values[::7] = np.nan
    outcome = kernel.run([np.ones(300)], [values], most=40)
    good = np.isfinite(values)
    assert np.allclose(outcome.states[0][good], np.sqrt(values[good]))
    assert (outcome.status[good] == 1).all()
    assert (outcome.status[~good] == 0).all()


@pytest.mark.parametrize(
    ("code", "status"), [(sp.nan, 0), (sp.Integer(255), 255), (sp.Integer(1000), 255)]
)
def test_codes_that_are_no_small_numbers(code: sp.Expr, status: int) -> None:
    kernel = iteration_kernel(lower((X,), (X + 1, code)), 1)
    for interpreted in (False, True):
        outcome = kernel.run([np.zeros(5)], [], most=3, interpreted=interpreted)
        assert outcome.status.tolist() == [status] * 5
        assert outcome.iterations.tolist() == [1] * 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": 2}, "step: expected at least 2 arguments and 3 outputs"),
        ({"states": 0}, "step: expected at least 1 arguments"),
        ({"finish": lower((X,), (X,))}, "finish: expected 2 arguments, got 1"),
        ({"decides": True}, "decides: there is no output"),
        ({"inputs": 2}, "inputs: without begin expected 1, got 2"),
        ({"begin": lower((X,), (X,))}, "begin: expected 2 arguments and 1 outputs, got 1 and 1"),
    ],
)
def test_programs_that_do_not_fit(change: dict[str, Any], message: str) -> None:
    options: dict[str, Any] = {"states": 1, **change}
    with pytest.raises(ValueError, match=message):
        iteration_kernel(lower((X, A), (X + A, sp.Integer(1))), **options)


@pytest.mark.parametrize(
    ("starts", "parameters", "message"),
    [
        ([np.ones(3)], [], "expected 2 starts and 1 parameters, got 1 and 0"),
        ([np.ones(3), np.ones(4)], [np.ones(3)], r"of one length, got \[\(3,\), \(4,\)\]"),
        ([np.ones((2, 2))] * 2, [np.ones((2, 2))], "expected one-dimensional arrays"),
    ],
)
def test_arrays_that_do_not_fit(
    kernel: IterationKernel,
    starts: Sequence[NDArray[Any]],
    parameters: Sequence[NDArray[Any]],
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        kernel.run(starts, parameters, most=5)


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    text = (
        "import numpy as np, sympy as sp\n"
        "import symnum.compiler.objects as objects\n"
        "from symnum.compiler.lowering import lower\n"
        "from symnum.compiler.iteration import iteration_kernel\n"
        "compiled = []\n"
        "import symnum.compiler.machine as machine\n"
        "real = machine.object_code\n"
        "machine.object_code = lambda code: compiled.append(1) or real(code)\n"
        "x, a = sp.symbols('x a')\n"
        "done = sp.Piecewise((1, abs(x**2 - a) < 1e-9), (0, True))\n"
        "kernel = iteration_kernel(lower((x, a), ((x + a/x)/2, done)), 1)\n"
        "print(kernel.run([np.ones(4)], [np.full(4, 49.0)], most=50).states[0][3], len(compiled))\n"
    )
    environment = {"SYMNUM_CACHE_DIR": str(tmp_path), "PATH": ""}
    runs = [
        subprocess.run(
            [sys.executable, "-c", text],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        ).stdout.split()
        for _ in range(2)
    ]
    assert runs == [["7.0", "1"], ["7.0", "0"]]


def test_the_source_names_the_programs(kernel: IterationKernel) -> None:
    assert kernel.source.startswith("# symnum iteration: inputs 2, states 2, parameters 1")
    assert "def step(a0, a1, a2):" in kernel.source
    assert "def finish(a0, a1, a2):" in kernel.source


# --------------------------------------------------------------------------- arrays


def test_functions_bound_by_symbol_are_evaluated_on_arrays() -> None:
    builder = ProgramBuilder(1)
    x = builder.add("argument", value=0)
    program = builder.finish(
        (builder.add("call", x, value="bessel_j0"), builder.add("call", x, value="airybi_native"))
    )
    values = evaluate_arrays(program, [np.array([0.0, 1.0])])
    assert values[0] == pytest.approx([1.0, 0.7651976865579666])
    assert values[1] == pytest.approx([0.6149266274460007, 1.2074235949528713])


def test_an_unknown_function_of_arrays_is_named() -> None:
    builder = ProgramBuilder(1)
    program = builder.finish((builder.add("call", builder.add("argument", value=0), value="f"),))
    with pytest.raises(UnsupportedNodeError, match="'f'"):
        evaluate_arrays(program, [np.ones(2)])


# --------------------------------------------------------------------------- rounding errors


def bounded(expr: sp.Expr, *, below_normal: bool = False) -> Program:
    """Return the program of an expression in a and b and the bound of its error."""
    program = lower((A, B), (expr,))
    builder = ProgramBuilder(2)
    values = [Term(builder, place) for place in builder.include(program)]
    (bound,) = error_terms(program, values, program.outputs, below_normal=below_normal)
    return builder.finish((values[program.outputs[0]].position, bound.position))


FORMULAS = {
    "sum": A + B + sp.Rational(1, 3),
    "cancellation": (A + B) ** 2 - A**2 - 2 * A * B - B**2,
    "quotient": (A - 3 * B) / (A * B + 7),
    "root": sp.sqrt(A * A + B * B) - A,
    "functions": sp.sin(A * B) * sp.exp(A / 10) - sp.log(1 + A * A),
    "power": (1 + A * A) ** B - sp.Rational(1, 7) * A**5,
    "choice": sp.Piecewise((A * sp.pi, A > B), (sp.cos(A + B), True)),
    "extremes": sp.Max(A / 3, B / 7) + abs(A * B - 1) + sp.floor(A),
    "special": sp.besselj(0, A * A) + sp.erf(B) / 3,
}


@pytest.mark.parametrize("name", FORMULAS)
@given(a=st.floats(-4, 4), b=st.floats(-4, 4))
@settings(max_examples=25, deadline=None)
def test_the_error_is_below_its_bound(name: str, a: float, b: float) -> None:
    from symnum.reference import evaluate

    expr = FORMULAS[name]
    arrays = [np.array([a]), np.array([b])]
    from symnum.compiler.passes import expand_definitions

    value, bound = (
        float(np.atleast_1d(column)[0])
        for column in evaluate_arrays(expand_definitions(bounded(expr)), arrays)
    )
    exact = evaluate(expr, {A: sp.Rational(a), B: sp.Rational(b)}, 40)
    if np.isfinite(bound) and not 0.0 < abs(value) < 1e-290:
        assert abs(exact - value) <= bound


@pytest.mark.parametrize(
    ("expr", "a", "lost"),
    [
        (sp.exp(A), -800.0, True),
        (A**9, 1e-40, True),
        (A**3, 0.0, False),
        (A * sp.exp(-A), 800.0, True),
        (A - 1, 1.0, False),
    ],
)
def test_zero_by_underflow_is_told_from_zero(expr: sp.Expr, a: float, lost: bool) -> None:
    program = bounded(expr, below_normal=True)
    value, bound = evaluate_arrays(program, [np.array([a]), np.zeros(1)])
    assert float(np.atleast_1d(value)[0]) == 0.0
    assert (float(np.atleast_1d(bound)[0]) > 0.0) is lost


def test_what_is_exact_has_no_error() -> None:
    builder_program = bounded(-4 * A)
    _, bound = evaluate_arrays(builder_program, [np.array([0.1]), np.zeros(1)])
    assert float(np.atleast_1d(bound)[0]) == 0.0
