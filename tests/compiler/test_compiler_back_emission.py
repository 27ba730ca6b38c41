"""From a program to text and machine code: every operation, constants, cuts, vector code."""

from __future__ import annotations

import ast
import math
import re

import numpy as np
import pytest
import sympy
from sympy import Integer, Rational, S

from symnum.compiler.emission import emit
from symnum.compiler.functions import IMPLEMENTATIONS
from symnum.compiler.machine import machine_code
from symnum.compiler.program import Node, Program, ProgramBuilder
from symnum.compiler.snippets import snippet_library
from symnum.compiler.statements import LONGEST_PIECE, cut, statements_of
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


POWERS = [2, 3, 5, 7, 12, 31, 64, -1, -2, -3, -7, 1001]


@pytest.fixture(scope="module")
def powers():
    nodes = [Node("integer_power", (0,), exponent) for exponent in POWERS]
    program = program_of(1, *nodes, outputs=tuple(range(1, 1 + len(nodes))))
    return machine_code(emit(program, "float64")).entry("formula")


@pytest.mark.parametrize("x", [1.1, -0.3, 2.0, 1e-154, 1.2e154, -7e-155])
def test_integer_powers_are_right_over_the_whole_range(powers, x):
    for exponent, value in zip(POWERS, powers(x), strict=True):
        exact = sympy.Rational(x) ** exponent
        if abs(exact) > sympy.Rational(np.finfo(float).max):
            assert math.isinf(value)
        else:
            nearest = float(exact)
            assert abs(value - nearest) <= abs(exponent) * 2.3e-16 * abs(nearest) + 5e-324


def test_negative_powers_of_zero_and_infinity(powers):
    values = dict(zip(POWERS, powers(0.0), strict=True))
    assert (values[-1], values[-2], values[3]) == (INF, INF, 0.0)
    assert dict(zip(POWERS, powers(-0.0), strict=True))[-3] == -INF
    assert dict(zip(POWERS, powers(-INF), strict=True))[-3] == 0.0


# --------------------------------------------------------------------------- contraction


def test_a_product_used_once_is_fused_with_the_sum():
    fused = program_of(3, Node("multiply", (0, 1)), Node("add", (2, 3)))
    text = emit(fused, "float64").text
    assert "v4 = multiply_add(a0, a1, a2)" in text
    assert "v3" not in text
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
    assert "= multiply_add" not in emit(program_of(3, *nodes, outputs=outputs), "float64").text


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
    assert "def block(x0, x1, y0):" in first
    assert "import symnum" not in first
    assert "Any" not in first
    assert '"""' not in first
    compile(first, "kernel", "exec")


def test_only_what_is_needed_is_copied():
    text = emit(program_of(1, Node("negative", (0,))), "float64").text
    assert "def modulo" not in text
    assert "def load" in text
    assert "complex" not in text


def test_one_operation_a_line():
    nodes = [Node("call", (0,), "exp"), Node("add", (1, 0)), Node("divide", (2, 1))]
    text = emit(program_of(1, *nodes), "float64").text
    body = text.split("def formula(a0):\n")[1].split("\n\n")[0].splitlines()
    assert [line.strip() for line in body] == [
        "v1 = math.exp(a0)",
        "v2 = v1 + a0",
        "v3 = v2 / v1",
        "return v3",
    ]


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float64", "v2 = a0 / 0.3333333333333333"),
        ("float32", "c0 = numpy.float32(0.3333333432674408)"),
        ("complex128", "c0 = complex(0.3333333333333333, 0.0)"),
    ],
)
def test_constants_are_rounded_once_to_the_type(dtype, expected):
    builder = ProgramBuilder(1, dtype == "complex128")
    x = builder.add("argument", value=0)
    third = builder.add("constant", value=Rational(1, 3))
    program = builder.finish((builder.add("divide", x, third),))
    lines = [line.strip() for line in emit(program, dtype).text.splitlines()]
    assert any(re.sub(r"v\d+", "v2", line) == expected for line in lines), lines


def test_a_function_without_implementation_is_refused_by_name():
    program = program_of(1, Node("call", (0,), "erfinv"))
    with pytest.raises(UnsupportedNodeError, match="erfinv"):
        emit(program, "float64")
    with pytest.raises(UnsupportedNodeError, match=r"erf .*complex"):
        emit(program_of(1, Node("call", (0,), "erf"), complex_valued=True), "complex128")


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


def test_long_programs_are_cut_into_functions_with_the_same_value():
    program = long_program(150)
    body = statements_of(program, "real")
    pieces = cut(body.statements, body.results)
    assert len(pieces) == math.ceil(len(body.statements) / LONGEST_PIECE) > 1
    assert all(len(piece.statements) <= LONGEST_PIECE for piece in pieces)
    assert all(len(piece.inputs) < 8 and len(piece.outputs) < 8 for piece in pieces)
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
    assert text.count("def part") > 150
    assert max(len(line) for line in text.splitlines()) < 400


# --------------------------------------------------------------------------- machine code


def horner(degree):
    builder = ProgramBuilder(1)
    x = builder.add("argument", value=0)
    total = builder.add("constant", value=Integer(1))
    for step in range(degree):
        coefficient = builder.add("constant", value=Rational(1, step + 2))
        total = builder.add("add", builder.add("multiply", total, x), coefficient)
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
        value = builder.add("add", builder.add("multiply", value, y), x)
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


@pytest.mark.parametrize("kind", ["real", "single", "complex"])
def test_every_template_uses_known_names(kind):
    known = {"abs", "complex", "a", "b"}
    for name, implementation in IMPLEMENTATIONS.items():
        template = implementation.template(kind)
        if template:
            tree = ast.parse(template.format("a", "b"))
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            assert all(used in known or used in snippet_library() for used in names), name


def test_every_primitive_of_the_vocabulary_is_implemented_or_refused():
    missing = sorted(PRIMITIVES - IMPLEMENTATIONS.keys())
    for name in missing:
        row = FUNCTIONS[name]
        nodes = [Node("call", (0,) * row.arity, name)]
        with pytest.raises(UnsupportedNodeError, match=name):
            emit(program_of(1, *nodes), "float64")
    assert not {"sin", "exp", "log", "power", "erf", "gamma", "maximum"} & set(missing)
