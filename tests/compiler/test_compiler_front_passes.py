"""Each pass and each law by itself, in exact and in rounded arithmetic."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational, S, pi, sqrt

from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import (
    PASSES,
    apply_identities,
    expand_definitions,
    fold_constants,
    optimise,
    order_nodes,
    share_powers,
)
from symnum.compiler.passes.identities import IDENTITIES
from symnum.compiler.passes.powers import addition_chain
from symnum.compiler.program import Node, Program, ProgramBuilder
from symnum.compiler.terms import Term, call, choose
from symnum.compiler.vocabulary import FUNCTIONS, PRIMITIVES
from symnum.compiler.vocabulary.discrete import DISCRETE
from symnum.compiler.vocabulary.elementary import ELEMENTARY

x, y = sympy.symbols("x y")


def built(formula, arity=2, complex_valued=False):
    """Return the program of a formula in terms."""
    builder = ProgramBuilder(arity, complex_valued)
    terms = [Term(builder, builder.add("argument", value=k)) for k in range(arity)]
    return builder.finish((formula(*terms).position,))


# ------------------------------------------------------------------ rounded arithmetic

DOUBLE = {
    "negative": np.negative,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "square_root": np.sqrt,
    "select": np.where,
    "negate": np.logical_not,
    "both": np.logical_and,
    "either": np.logical_or,
}
DOUBLE_CALLS = {
    "absolute": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "exp": np.exp,
    "power": np.power,
    "log": np.log,
}
DOUBLE_COMPARISONS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def in_doubles(program, *point):
    """Evaluate a program in double precision, node by node, with IEEE rules."""
    values = []
    with np.errstate(all="ignore"):
        for node in program.nodes:
            operands = [values[k] for k in node.operands]
            match node.operation:
                case "argument":
                    value = point[node.value]
                case "constant":
                    value = np.full_like(point[0], float(node.value))
                case "integer_power":
                    value = np.prod([operands[0]] * node.value, axis=0)
                case "call":
                    value = DOUBLE_CALLS[node.value](*operands)
                case "compare":
                    value = DOUBLE_COMPARISONS[node.value](*operands)
                case _:
                    value = DOUBLE[node.operation](*operands)
            values.append(value)
    return values[program.outputs[0]]


SPECIAL = np.array(
    [
        *(0.0, -0.0, 1.0, -1.0, 0.7, -1.3, 3e7, -2e-9, 1e300, -1e300, 5e-324, 1e-310),
        *(np.inf, -np.inf, np.nan, 3e-308, 1.7e308, -0.1),
    ]
)
GRID = tuple(axis.ravel() for axis in np.meshgrid(SPECIAL, SPECIAL))

# The law, a formula with its left-hand side, the number of operations left, and the rounding
# errors that the two sides may be apart (0: every bit is the same).
LAWS = {
    "negation twice": (lambda a, b: (a + b).make("negative", -(a + b)), 1, 0),
    "opposite of a multiple": (lambda a, b: -(a * 3), 1, 0),
    "opposite of c/a": (lambda a, b: -(S(3) / a), 1, 0),
    "sum with an opposite": (lambda a, b: a + (-b), 1, 0),
    "sum with an opposite before": (lambda a, b: -a + b, 1, 0),
    "sum of opposites": (lambda a, b: -a + (-b), 2, 0),
    "difference with an opposite": (lambda a, b: a - (-b), 1, 0),
    "minus zero": (lambda a, b: a * b - 0, 1, 0),
    "times one": (lambda a, b: (a + b) * 1, 1, 0),
    "times minus one": (lambda a, b: (a + b) * S(-1), 2, 0),
    "product of opposites": (lambda a, b: (-a) * (-b), 1, 0),
    "product with an opposite": (lambda a, b: (-a) * b, 2, 0),
    "multiple of an opposite": (lambda a, b: (-a) * 3, 1, 0),
    "multiple of a multiple": (lambda a, b: (a * 3) * Rational(1, 7), 1, 2),
    "multiple of c/a": (lambda a, b: (3 / a) * Rational(1, 7), 1, 2),
    "times a reciprocal": (lambda a, b: a * (1 / b), 1, 2),
    "over one": (lambda a, b: (a + b) / 1, 1, 0),
    "over minus one": (lambda a, b: (a + b) / S(-1), 2, 0),
    "over four": (lambda a, b: a / 4, 1, 0),
    "over three": (lambda a, b: a / 3, 1, 2),
    "quotient of opposites": (lambda a, b: (-a) / (-b), 1, 0),
    "opposite over": (lambda a, b: (-a) / b, 2, 0),
    "over an opposite": (lambda a, b: a / (-b), 2, 0),
    "constant over an opposite": (lambda a, b: 3 / (-b), 1, 0),
    "constant over a multiple": (lambda a, b: 3 / (b * 7), 1, 2),
    "multiple over the same multiple": (lambda a, b: (3 * a) / (b * 3), 1, 3),
    "over a reciprocal": (lambda a, b: a / (1 / b), 1, 2),
    "constant over a quotient": (lambda a, b: 3 / (S(7) / b), 1, 2),
    "even power of an opposite": (lambda a, b: (-a) ** 4, 1, 0),
    "odd power of an opposite": (lambda a, b: (-a) ** 3, 2, 0),
    "even power of a modulus": (lambda a, b: call("absolute", a) ** 2, 1, 0),
    "power of a power": (lambda a, b: (a**2) ** 3, 1, 3),
    "root of a square": (lambda a, b: (a**2).root(), 1, 2),
    "root of a fourth power": (lambda a, b: (a**4).root(), 1, 2),
    "root of a sixth power": (lambda a, b: (a**6).root(), 2, 3),
    "modulus of a modulus": (lambda a, b: call("absolute", call("absolute", a)), 1, 0),
    "modulus of an exponential": (lambda a, b: call("absolute", call("exp", a)), 1, 0),
    "modulus of an opposite": (lambda a, b: call("absolute", -a), 1, 0),
    "even function": (lambda a, b: call("cos", -a), 1, 0),
    "odd function": (lambda a, b: call("sin", -a), 2, 0),
    "not not": (lambda a, b: choose(_negated(_negated(a.compare("<", b))), a, b), 2, 0),
    "not equal": (lambda a, b: choose(_negated(a.compare("==", b)), a, b), 2, 0),
    "selection by a negation": (lambda a, b: choose(_negated(a.compare("<", b)), a, b), 2, 0),
}


def _negated(condition):
    return condition.make("negate", condition)


@pytest.mark.parametrize("name", LAWS)
def test_identities_hold_for_every_double(name):
    formula, count, ulps = LAWS[name]
    program = built(formula)
    simpler = apply_identities(program)
    assert simpler != program
    assert count == sum(1 for node in simpler.nodes if node.operands)
    before, after = in_doubles(program, *GRID), in_doubles(simpler, *GRID)
    number = ~np.isnan(before)
    # A number never becomes NaN; NaN becomes a number only where an overflow on the way made it.
    assert not np.any(np.isnan(after) & number)
    for lane in np.flatnonzero(~number & ~np.isnan(after)):
        point = [float(axis[lane]) for axis in GRID]
        assert ulps > 0
        assert not mpmath.isnan(interpret(program, point, 400)[0])
    if ulps == 0:
        assert np.array_equal(before.view(np.int64)[number], after.view(np.int64)[number])
        return
    assert not np.any(np.isfinite(before) & np.isinf(after))
    ordinary = np.isfinite(before) & (np.abs(before) > 1e-290) & (np.abs(GRID[0]) > 1e-140)
    before, after = before[ordinary], after[ordinary]
    assert np.all(np.abs(before - after) <= ulps * np.spacing(np.abs(before)))


def test_every_identity_is_exercised():
    fired = set()
    for formula, _, _ in LAWS.values():
        program = built(formula)
        while True:
            for row in IDENTITIES:
                if _applies(row, program):
                    fired.add(row.law)
            simpler = apply_identities(program)
            if simpler == program:
                break
            program = simpler
    assert fired == {row.law for row in IDENTITIES}


def _applies(row, program):
    from symnum.compiler.passes.rewriting import rewrite

    def rule(rewriter, node):
        return row.apply(rewriter, node) if node.operation == row.operation else None

    return rewrite(program, rule) != program


REFUSED = {
    "x + 0 loses the sign of -0": lambda a, b: a + 0,
    "0 - x is not -x at 0": lambda a, b: 0 - a,
    "x - x is NaN at infinity": lambda a, b: a - a,
    "x * 0 is NaN at infinity": lambda a, b: a * 0,
    "x / x is NaN at 0": lambda a, b: a / a,
    "sqrt(x)**2 is NaN below 0": lambda a, b: a.root() ** 2,
    "-(a - b) and b - a differ in the sign of 0": lambda a, b: -(a - b),
    "(-a) - b and -(a + b) differ in the sign of 0": lambda a, b: -a - b,
    "3 a / (7 b) may overflow in another way": lambda a, b: (3 * a) / (7 * b),
    "not (a < b) holds for NaN": lambda a, b: _negated(a.compare("<", b)).make(
        "select", _negated(a.compare("<", b)), a, b
    ),
    "a reciprocal used twice is one division": lambda a, b: a * (1 / b) + 1 / b,
    "huge factors are not multiplied": lambda a, b: (a * S(10) ** 200) * S(10) ** 200,
}


@pytest.mark.parametrize("name", [n for n in REFUSED if not n.startswith("not (a")])
def test_what_fails_in_rounded_arithmetic_is_left_alone(name):
    program = built(REFUSED[name])
    assert apply_identities(program) == program


def test_negated_order_keeps_nan():
    program = built(REFUSED["not (a < b) holds for NaN"])
    before, after = in_doubles(program, *GRID), in_doubles(apply_identities(program), *GRID)
    assert np.array_equal(before, after, equal_nan=True)


def test_complex_programs_keep_moduli():
    for formula in (lambda a, b: (a**2).root(), lambda a, b: call("absolute", a) ** 2):
        program = built(formula, complex_valued=True)
        assert apply_identities(program) == program


# ------------------------------------------------------------------ constants

FOLDED = {
    "sum": (lambda a, b: a + (a.make("add", Rational(1, 3), Rational(1, 6))), Rational(1, 2)),
    "irrational": (lambda a, b: a * a.make("square_root", S(2)), sqrt(2)),
    "function": (lambda a, b: a * call("sin", _number(a, 1)), sympy.sin(1)),
    "power": (
        lambda a, b: a * call("power", _number(a, 2), _number(a, Rational(1, 3))),
        2 ** Rational(1, 3),
    ),
    "real cube root": (lambda a, b: a * call("cube_root", _number(a, -8)), S(-2)),
    "hypotenuse": (lambda a, b: a * call("hypot", _number(a, 3), _number(a, 4)), S(5)),
    "not real": (lambda a, b: a * call("log", _number(a, -2)), S.NaN),
    "nan spreads": (lambda a, b: a * (_number(a, S.NaN) + 1), S.NaN),
    "infinity minus infinity": (lambda a, b: a * (_number(a, S.Infinity) - S.Infinity), S.NaN),
    "maximum": (lambda a, b: a * call("maximum", _number(a, pi), _number(a, 3)), pi),
    "compare": (lambda a, b: choose(_number(a, pi).compare("<", Rational(22, 7)), 5 * a, b), S(5)),
    "compare nan": (lambda a, b: choose(_number(a, S.NaN).compare("!=", 1), 5 * a, b), S(5)),
    "and": (
        lambda a, b: choose(
            _both(_number(a, 1).compare("<", 2), _number(a, 1).compare("==", 1)), 5 * a, b
        ),
        S(5),
    ),
    "or": (
        lambda a, b: choose(_either(_number(a, 1).compare("<", 2), a.compare("<", b)), 5 * a, b),
        S(5),
    ),
    "not": (lambda a, b: choose(_negated(_number(a, 3).compare("<", 2)), 5 * a, b), S(5)),
}


def _number(like, value):
    return like.make("constant", value=sympy.sympify(value))


def _both(left, right):
    return left.make("both", left, right)


def _either(left, right):
    return left.make("either", left, right)


@pytest.mark.parametrize(("formula", "expected"), FOLDED.values(), ids=FOLDED)
def test_operations_on_constants_are_carried_out(formula, expected):
    program = fold_constants(built(formula))
    constants = [node.value for node in program.nodes if node.operation == "constant"]
    assert constants == [expected]
    assert program.counts().total() <= 3


KEPT = {
    "pole": lambda a, b: a * call("log", _number(a, 0)),
    "division by zero": lambda a, b: a * (_number(a, 1) / 0),
    "factorial of a million": lambda a, b: a * call("gamma", _number(a, 10**6)),
    "huge power": lambda a, b: a * _number(a, 3) ** 10**9,
    "unknown equality": lambda a, b: choose(
        _number(a, sqrt(2) + sqrt(3)).compare("<", sqrt(5 + 2 * sqrt(6))), a, b
    ),
    "no rule": lambda a, b: call("sinc_derivative", _number(a, 1), _number(a, 2)) * a,
}


@pytest.mark.parametrize("formula", KEPT.values(), ids=KEPT)
def test_what_has_no_small_exact_value_is_left_to_the_kernel(formula):
    program = built(formula)
    assert fold_constants(program) == program


def test_a_constant_condition_removes_the_other_branch():
    program = fold_constants(built(lambda a, b: choose(_number(a, 1).compare("<", 2), a, b / 0)))
    assert program.nodes == (Node("argument", (), 0),)


# ------------------------------------------------------------------ powers


@pytest.mark.parametrize("count", [*range(2, 40), 100, 127, 255, 1000, 10**20], ids=str)
def test_chains_are_no_longer_than_binary_powers(count):
    chain = addition_chain([count])
    reached = {1}
    for total, (left, right) in chain.items():
        assert {left, right} <= reached
        assert left + right == total
        reached.add(total)
    assert count in reached
    assert len(chain) <= count.bit_length() + count.bit_count() - 2


SHORTEST = {7: 4, 11: 5, 15: 5, 27: 6, 31: 7, 33: 6}  # Knuth, The Art of Computer Programming 4.6.3


@pytest.mark.parametrize(("count", "length"), SHORTEST.items(), ids=map(str, SHORTEST))
def test_small_chains_are_shortest(count, length):
    assert len(addition_chain([count])) == length


def test_powers_of_one_base_share():
    program = share_powers(lower((x, y), tuple(x**k for k in (2, 3, 4, 6, -6))))
    assert program.counts() == {"argument": 1, "constant": 1, "multiply": 4, "divide": 1}


EXPONENTS = [Rational(p, q) for q in (2, 3, 4, 5, 6, 7, 8, 12) for p in (1, 5, 7, -1, -11) if p % q]


@pytest.mark.parametrize("exponent", EXPONENTS, ids=str)
def test_fractional_powers_at_fifty_digits(exponent):
    program = optimise(lower((x,), (x**exponent,)))[0]
    with mpmath.workdps(60):
        for base in (Rational(3, 7), S(10) ** 300, S(10) ** -300):
            (value,) = interpret(program, (base,), 50)
            expected = mpmath.mpf(base.p) / base.q
            expected **= mpmath.mpf(exponent.p) / exponent.q
            # The correction of a general exponent is a first-order one, for double precision.
            assert abs(value / expected - 1) < (1e-26 if exponent.q in (5, 7) else 1e-45)
        (below,) = interpret(program, (-1,), 50)
        assert mpmath.isnan(below)
        (zero,) = interpret(program, (0,), 50)
        assert zero == (0 if exponent > 0 else mpmath.inf)


@pytest.mark.parametrize("exponent", [Rational(1, 5), Rational(-3, 7), pi, -sqrt(2)], ids=str)
def test_the_rounding_of_an_exponent_is_corrected(exponent):
    program = optimise(lower((x,), (x**exponent,)))[0]
    points = np.array([1e-300, 1e-20, 0.3, 1.0, 7.5, 1e30, 1e300, 0.0, np.inf])
    values = in_doubles(program, points)
    with mpmath.workdps(40):
        power = mpmath.mpf(str(exponent.evalf(40)))
        exact = [mpmath.mpf(float(point)) ** power for point in points[:7]]
        for value, expected in zip(values, exact, strict=False):
            if expected < 1e308:
                assert abs(value - expected) <= 4 * math.ulp(float(expected))
            else:
                assert value == np.inf
    assert values[7] == (0 if exponent > 0 else np.inf)
    assert values[8] == (np.inf if exponent > 0 else 0)


def test_exponents_that_are_doubles_need_no_correction():
    program = optimise(lower((x,), (x ** Rational(3, 16),)))[0]
    assert program.counts() == {"argument": 1, "constant": 1, "power": 1}


def test_complex_powers_keep_the_principal_value():
    z = sympy.Symbol("z")
    for exponent in (Rational(3, 2), Rational(1, 3), Rational(-5, 4), Rational(2, 5)):
        program = optimise(lower((z,), (z**exponent,), complex_valued=True))[0]
        for at in (-2 + 1e-3j, -2 - 1e-3j, 3 + 4j, -1):
            (value,) = interpret(program, (at,), 30)
            assert (
                abs(value - mpmath.mpmathify(at) ** (mpmath.mpf(exponent.p) / exponent.q)) < 1e-14
            )


# ------------------------------------------------------------------ definitions, order, trace


# Definitions that are exact; those that are approximations have tests of their own.
DEFINED = {row.name for row in (*ELEMENTARY, *DISCRETE)} - PRIMITIVES - {"sinc_derivative"}


@pytest.mark.parametrize("name", sorted(DEFINED))
def test_definitions_mean_the_function(name):
    row = FUNCTIONS[name]
    program = built(lambda a, b: call(name, *(a, b)[: row.arity]))
    expanded = expand_definitions(program)
    assert name not in expanded.counts()
    for at in (Rational(1, 3), Rational(-2, 5), Rational(5, 2), -3, 0, mpmath.nan):
        (before,) = interpret(program, (at, Rational(1, 4)), 40)
        (after,) = interpret(expanded, (at, Rational(1, 4)), 40)
        same = mpmath.isnan(before) and mpmath.isnan(after)
        assert same or before == after or abs(before - after) < 1e-38


@pytest.mark.parametrize("order", [1, 2, 3, 4, 7])
def test_derivatives_of_sinc_join_series_and_recurrence(order):
    program = built(lambda a, b: call("sinc_derivative", _number(a, order), a))
    expanded = optimise(program)[0]
    for k in range(-80, 81, 3):
        at = Rational(k, 13)
        (exact,) = interpret(program, (at, 0), 30)
        (value,) = interpret(expanded, (at, 0), 30)
        assert abs(value - exact) < 1e-17 / (order + 1)


def test_the_order_depends_on_the_formula_alone():
    def first(a, b):
        return (call("sin", a) + call("cos", b)) * call("exp", a)

    def second(a, b):
        right = call("exp", a)
        return right * (call("cos", b) + call("sin", a))

    assert built(first) != built(second)
    assert order_nodes(built(first)) == order_nodes(built(second))


def test_dead_nodes_are_dropped():
    nodes = (Node("argument", (), 0), Node("negative", (0,)), Node("square_root", (0,)))
    assert order_nodes(Program(nodes, (1,), 1)).counts() == {"argument": 1, "negative": 1}


def test_the_trace_names_every_pass():
    program, trace = optimise(lower((x, y), (sympy.sech(x) ** Rational(3, 2) + y**5,)))
    assert [report.name for report in trace] == ["lowered", *(name for name, _ in PASSES)]
    assert (
        str(trace[0]) == "lowered: add 1, argument 2, constant 1, integer_power 1, power 1, sech 1"
    )
    assert "cosh 1" in str(trace[-1])
    assert trace[-1].counts == program.counts()


def test_validation_names_the_malformed_node():
    x_node = Node("argument", (), 0)
    malformed = {
        "unknown operation 'sine'": (x_node, Node("sine", (0,))),
        "not before it": (x_node, Node("add", (0, 1))),
        "takes": (x_node, Node("compare", (0, 0), "<"), Node("add", (0, 1))),
        "argument 3 of 1": (Node("argument", (), 3),),
        "unknown comparison '<>'": (x_node, Node("compare", (0, 0), "<>"), x_node),
        "the power 1 is no operation": (x_node, Node("integer_power", (0,), 1)),
        "carries": (x_node, Node("add", (0, 0), 7)),
    }
    for message, nodes in malformed.items():
        with pytest.raises(ValueError, match=message):
            Program(nodes, (len(nodes) - 1,), 1).validate()
    with pytest.raises(ValueError, match="a truth value, not a number"):
        Program((x_node, Node("compare", (0, 0), "<")), (1,), 1).validate()
    with pytest.raises(ValueError, match="outputs"):
        Program((x_node,), (4,), 1).validate()
