"""From a program to text and machine code: every operation, constants, cuts, vector code."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import sympy
from sympy import Rational, S

from symnum.compiler.elementary import ELEMENTARY
from symnum.compiler.emission import emit
from symnum.compiler.machine import machine_code
from symnum.compiler.native import NATIVE
from symnum.compiler.passes import contract
from symnum.compiler.program import Node, Program, ProgramBuilder
from symnum.compiler.vocabulary import FUNCTIONS, PRIMITIVES
from symnum.errors import UnsupportedNodeError

NAN, INF = math.nan, math.inf
SPECIAL = [NAN, -INF, -2.5, -1.0, -0.0, 0.0, 0.75, 1.0, 2.0, 3.5, INF]


def program_of(arity, *nodes, outputs=None, complex_valued=False):
    arguments = tuple(Node("argument", (), index) for index in range(arity))
    every = (*arguments, *nodes)
    return Program(every, outputs or (len(every) - 1,), arity, complex_valued).validate()


def same(value, expected):
    if isinstance(expected, float) and math.isnan(expected):
        return math.isnan(value)
    return value == expected and math.copysign(1, value) == math.copysign(1, expected)


def numpy_sign_of_divisor(a, b):
    with np.errstate(all="ignore"):
        return float(np.mod(a, b))


def divided(a, b):
    with np.errstate(all="ignore"):
        return float(np.divide(a, b))


def maximum(a, b):
    if math.isnan(a) or math.isnan(b):
        return NAN
    return max((a, math.copysign(1, a)), (b, math.copysign(1, b)))[0]


def minimum(a, b):
    if math.isnan(a) or math.isnan(b):
        return NAN
    return min((a, math.copysign(1, a)), (b, math.copysign(1, b)))[0]


BINARY = [
    ("add", None, lambda a, b: a + b),
    ("subtract", None, lambda a, b: a - b),
    ("multiply", None, lambda a, b: a * b),
    ("divide", None, divided),
    ("call", "maximum", maximum),
    ("call", "minimum", minimum),
    ("call", "modulo", numpy_sign_of_divisor),
    ("call", "power", lambda a, b: float(np.power(a, b))),
]


@pytest.fixture(scope="module")
def binary_kernel():
    """All binary operations as the outputs of one program."""
    nodes = [Node(operation, (0, 1), value) for operation, value, _ in BINARY]
    program = program_of(2, *nodes, outputs=tuple(range(2, 2 + len(nodes))))
    return machine_code(emit(program, "float64"))


@pytest.mark.parametrize("a", SPECIAL)
def test_binary_operations_follow_numpy(binary_kernel, a):
    with np.errstate(all="ignore"):
        for b in SPECIAL:
            results = binary_kernel.entry("formula")(a, b)
            for (operation, value, expected), result in zip(BINARY, results, strict=True):
                assert same(result, expected(a, b)), (operation, value, a, b, result)


RELATIONS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def test_comparisons_and_logic_with_nan():
    builder = ProgramBuilder(2)
    a, b = (builder.add("argument", value=index) for index in range(2))
    one, zero = (builder.add("constant", value=number) for number in (S.One, S.Zero))
    tests = [builder.add("compare", a, b, value=relation) for relation in RELATIONS]
    less, equal = tests[0], tests[4]
    logic = {
        "both": lambda p, q: p and q,
        "either": lambda p, q: p or q,
    }
    tests += [builder.add(name, less, equal) for name in logic]
    tests += [builder.add("negate", less), builder.add("truth", value=True)]
    outputs = tuple(builder.add("select", test, one, zero) for test in tests)
    formula = machine_code(emit(builder.finish(outputs), "float64")).entry("formula")
    for x in SPECIAL:
        for y in SPECIAL:
            expected = [relation(x, y) for relation in RELATIONS.values()]
            expected += [rule(x < y, x == y) for rule in logic.values()]
            expected += [not x < y, True]
            assert [bool(value) for value in formula(x, y)] == expected, (x, y)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_unary_operations(dtype):
    builder = ProgramBuilder(1)
    x = builder.add("argument", value=0)
    outputs = [builder.add("negative", x), builder.add("square_root", x)]
    names = ("floor", "ceiling", "absolute", "erf", "gamma", "loggamma")
    outputs += [builder.add("call", x, value=name) for name in names]
    formula = machine_code(emit(builder.finish(tuple(outputs)), dtype)).entry("formula")
    tolerance = {"float64": 5e-16, "float32": 1e-7}[dtype]
    negative, root, floor, ceiling, absolute, erf, gamma, loggamma = formula(2.25)
    assert (negative, root, floor, ceiling, absolute) == (-2.25, 1.5, 2.0, 3.0, 2.25)
    assert erf == pytest.approx(math.erf(2.25), rel=tolerance)
    assert gamma == pytest.approx(math.gamma(2.25), rel=4 * tolerance)
    assert loggamma == pytest.approx(math.lgamma(2.25), rel=8 * tolerance)
    below = formula(-0.5)
    assert same(below[2], -1.0)
    assert same(below[3], -0.0)
    assert math.isnan(below[1])
    assert math.isnan(below[7])
    assert same(formula(-0.0)[5], -0.0)
    assert math.isinf(formula(1e300)[2]) == (dtype == "float32")


# --------------------------------------------------------------------------- contraction


def test_a_product_used_once_is_fused_with_the_sum():
    fused = contract(program_of(3, Node("multiply", (0, 1)), Node("add", (2, 3))))
    text = emit(fused, "float64").text
    assert "v3 = multiply_add(a0, a1, a2)" in text
    assert "v4" not in text
    formula = machine_code(emit(fused, "float64")).entry("formula")
    x = 1.0 + 2.0**-30
    assert formula(x, x, -1.0) == float(sympy.Rational(x) ** 2 - 1)


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ([Node("multiply", (0, 1)), Node("multiply", (1, 2)), Node("subtract", (3, 4))], None),
        ([Node("integer_power", (0,), 2), Node("multiply", (1, 2)), Node("add", (3, 4))], None),
        ([Node("divide", (0, 1)), Node("multiply", (1, 2)), Node("subtract", (3, 4))], None),
        ([Node("multiply", (0, 1)), Node("add", (2, 3))], (3, 4)),
        ([Node("multiply", (0, 1)), Node("add", (3, 3))], None),
    ],
    ids=["products", "square", "quotient", "used twice", "with itself"],
)
def test_products_that_are_not_fused(nodes, outputs):
    program = contract(program_of(3, *nodes, outputs=outputs))
    assert "multiply_add" not in program.counts()


@pytest.mark.parametrize(
    ("operation", "operands", "expected"),
    [
        ("add", (2, 3), 2.0 * 3.0 + 5.0),
        ("subtract", (2, 3), 5.0 - 2.0 * 3.0),
        ("subtract", (3, 2), 2.0 * 3.0 - 5.0),
    ],
)
def test_signs_of_what_is_fused(operation, operands, expected):
    program = contract(program_of(3, Node("multiply", (0, 1)), Node(operation, operands)))
    assert program.counts()["multiply_add"] == 1
    assert machine_code(emit(program, "float64")).entry("formula")(2.0, 3.0, 5.0) == expected


def test_difference_of_equal_products_is_zero():
    nodes = [Node("multiply", (0, 1)), Node("multiply", (2, 3)), Node("subtract", (4, 5))]
    formula = machine_code(emit(program_of(4, *nodes), "float64")).entry("formula")
    assert formula(0.1, 0.3, 0.1, 0.3) == 0.0
    assert formula(0.1, 0.3, 0.3, 0.1) == 0.0


# --------------------------------------------------------------------------- text


def test_text_is_the_same_every_time_and_has_no_user_names():
    program = program_of(2, Node("call", (0,), "sin"), Node("multiply", (1, 2)))
    first, second = emit(program, "float64").text, emit(program, "float64").text
    assert first == second
    assert "def formula(a0, a1):" in first
    compile(first, "kernel", "exec")


def test_one_operation_a_line():
    nodes = [Node("call", (0,), "exp"), Node("add", (1, 0)), Node("divide", (2, 1))]
    text = emit(program_of(1, *nodes), "float64").text
    body = text.split("def formula(a0):\n")[1].splitlines()
    assert [line.strip() for line in body] == [
        "v1 = exp(a0)",
        "v2 = v1 + a0",
        "v3 = v2 / v1",
        "return v3",
    ]


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float64", "v2 = a0 / 0.3333333333333333"),
        ("float32", "v2 = a0 / 0.3333333432674408"),
    ],
)
def test_constants_are_rounded_once_to_the_type(dtype, expected):
    builder = ProgramBuilder(1)
    x = builder.add("argument", value=0)
    third = builder.add("constant", value=Rational(1, 3))
    program = builder.finish((builder.add("divide", x, third),))
    lines = [line.strip() for line in emit(program, dtype).text.splitlines()]
    assert any(re.sub(r"v\d+", "v2", line) == expected for line in lines), lines


def test_a_function_without_implementation_is_refused_by_name():
    program = program_of(1, Node("call", (0,), "polylog"))
    with pytest.raises(UnsupportedNodeError, match="polylog"):
        emit(program, "float64")


# --------------------------------------------------------------------------- long programs


def long_program(count):
    """A sum of products in which values stay alive for a while."""
    builder = ProgramBuilder(2)
    x, y = (builder.add("argument", value=index) for index in range(2))
    tenth = builder.add("constant", value=Rational(1, 10))
    recent = [x, y]
    for step in range(count):
        product = builder.add("multiply", recent[-1], recent[-2 - step % 2 if step else -1])
        recent.append(builder.add("subtract", builder.add("add", product, tenth), y))
    return builder.finish((recent[-1], recent[-7]))


def test_long_programs_have_the_right_value():
    program = long_program(150)
    formula = machine_code(emit(program, "float64")).entry("formula")

    def evaluate(x, y):
        values = []
        for node in program.nodes:
            operands = [values[operand] for operand in node.operands]
            rules = {
                "argument": lambda ops, node=node: (x, y)[node.value],
                "constant": lambda ops, node=node: float(node.value),
                "multiply": lambda ops: ops[0] * ops[1],
                "add": lambda ops: ops[0] + ops[1],
                "subtract": lambda ops: ops[0] - ops[1],
            }
            values.append(rules[node.operation](operands))
        return [values[output] for output in program.outputs]

    assert formula(0.3, 0.2) == pytest.approx(evaluate(0.3, 0.2), rel=1e-13)


def test_very_long_programs_are_emitted_in_linear_time():
    text = emit(long_program(12_000), "float64").text
    assert len(text.splitlines()) == 36_003
    assert max(len(line) for line in text.splitlines()) < 400


# --------------------------------------------------------------------------- machine code


def horner(degree):
    """A polynomial by fused products."""
    builder = ProgramBuilder(1)
    x = builder.add("argument", value=0)
    total = builder.add("constant", value=Rational(1, 3))
    for step in range(degree):
        coefficient = builder.add("constant", value=Rational(1, step + 2))
        total = builder.add("multiply_add", total, x, coefficient)
    return builder.finish((total,))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_polynomial_is_vector_code(dtype):
    assembly = machine_code(emit(horner(12), dtype)).inspect_asm()
    fused = re.findall(r"vfn?m(?:add|sub)\w+p[sd]\s+.*[yz]mm", assembly)
    assert len(fused) >= 12


def test_many_outputs_are_vector_code_without_alias_checks():
    builder = ProgramBuilder(2)
    x, y = (builder.add("argument", value=index) for index in range(2))
    outputs, value = [], x
    for _ in range(24):
        value = builder.add("multiply_add", value, y, x)
        outputs.append(value)
    assembly = machine_code(emit(builder.finish(tuple(outputs)), "float64")).inspect_asm()
    assert len(re.findall(r"vfmadd\w+pd\s+.*[yz]mm", assembly)) >= 24


def test_selections_are_vector_code():
    builder = ProgramBuilder(1)
    x = builder.add("argument", value=0)
    zero = builder.add("constant", value=S.Zero)
    test = builder.add("compare", zero, x, value="<")
    root = builder.add("square_root", x)
    program = builder.finish((builder.add("select", test, root, x),))
    assert re.search(r"vsqrtpd\s+.*[yz]mm", machine_code(emit(program, "float64")).inspect_asm())


def test_values_do_not_depend_on_the_place_in_the_array():
    machine = machine_code(emit(horner(12), "float64"))
    x = np.linspace(-1.7, 1.9, 83)
    expected = [machine.entry("formula")(value) for value in x.tolist()]
    for count in (*range(1, 41), 83):
        result = np.empty(count)
        machine.entry("block")(x[-count:].copy(), result)
        assert result.tolist() == expected[-count:]


def test_every_primitive_of_the_vocabulary_is_implemented_or_refused():
    missing = sorted(PRIMITIVES - ELEMENTARY.keys() - NATIVE.keys())
    for name in missing:
        row = FUNCTIONS[name]
        nodes = [Node("call", (0,) * row.arity, name)]
        with pytest.raises(UnsupportedNodeError, match=name):
            emit(program_of(1, *nodes), "float64")
    assert not {"sin", "exp", "log", "power", "erf", "gamma", "maximum"} & set(missing)
