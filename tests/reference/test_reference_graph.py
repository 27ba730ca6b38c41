"""The graph of an expression: shared parts, order, laziness, what it refuses."""

from __future__ import annotations

import pytest
import sympy

from symnum.errors import UnsupportedNodeError
from symnum.reference.graph import MISSING, build_graph, execute, prompt

x, y, n = sympy.symbols("x y n")


def test_equal_parts_occur_once():
    graph = build_graph([sympy.sin(x * y) + sympy.exp(sympy.sin(x * y)), sympy.sin(x * y)])
    heads = [vertex.head for vertex in graph.vertices]
    assert heads.count(sympy.sin) == 1
    assert graph.roots[1] in graph.vertices[graph.roots[0]].operands


def test_operands_stand_before_their_vertex():
    graph = build_graph([sympy.Piecewise((x**y, x > 0), (sympy.hyper([1, x], [y], n), True))])
    for position, vertex in enumerate(graph.vertices):
        assert all(operand < position for operand in vertex.operands)


def test_nothing_is_evaluated_on_the_way():
    unevaluated = sympy.Mul(x, sympy.Pow(x, -1, evaluate=False), evaluate=False)
    heads = [vertex.head for vertex in build_graph([unevaluated]).vertices]
    assert sympy.Mul in heads
    assert sympy.Pow in heads


def test_replaced_symbols_do_not_trigger_evaluation():
    graph = build_graph([sympy.sin(x)], {x: sympy.pi})
    assert graph.symbols == {}
    assert [vertex.head for vertex in graph.vertices][-1] is sympy.sin


def test_branches_wait_until_they_are_taken():
    expr = sympy.Piecewise((sympy.log(x), x > 0), (sympy.gamma(x), x < -5), (1, True))
    graph = build_graph([expr])
    assert all(graph.vertices[p].head not in (sympy.log, sympy.gamma) for p in graph.prompt)
    values = [MISSING] * len(graph.vertices)
    applied = []

    def apply(position):
        vertex = graph.vertices[position]
        applied.append(vertex.head)
        first = vertex.head is sympy.Gt
        values[position] = first if vertex.head in (sympy.Gt, sympy.Lt) else 1.0

    execute(graph, graph.prompt, values, apply)
    assert sympy.log in applied
    assert sympy.gamma not in applied
    assert sympy.Lt not in applied


def test_an_open_condition_needs_both_branches():
    graph = build_graph([sympy.Piecewise((sympy.log(x), x > 0), (sympy.gamma(x), True))])
    values = [MISSING] * len(graph.vertices)
    applied = []

    def apply(position):
        vertex = graph.vertices[position]
        applied.append(vertex.head)
        truth = {sympy.Gt: None, type(sympy.true): True}
        values[position] = truth.get(vertex.head, 1.0)

    execute(graph, graph.prompt, values, apply)
    assert sympy.log in applied
    assert sympy.gamma in applied


def test_prompt_of_one_root_leaves_out_the_other():
    graph = build_graph([sympy.sin(x), sympy.cos(y)])
    only = {graph.vertices[position].head for position in prompt(graph.vertices, graph.roots[:1])}
    assert sympy.sin in only
    assert sympy.cos not in only


def test_sums_keep_their_own_symbol_apart():
    graph = build_graph([sympy.Sum(x**n, (n, 0, 3)) + n])
    assert set(graph.symbols) == {x, n}
    (binder,) = [v.payload for v in graph.vertices if v.head is sympy.Sum]
    assert binder.bound == (n,)
    assert binder.free == (x,)


def test_a_deep_tree_and_a_dag_with_exponentially_many_paths():
    deep = x
    for _ in range(3_000):
        deep = sympy.Add(deep, sympy.Mul(-1, deep, y, evaluate=False), evaluate=False)
    assert len(build_graph([deep]).vertices) == 2 * 3_000 + 3


@pytest.mark.parametrize(
    ("expr", "name"),
    [
        (sympy.Function("f")(x), "f is not defined"),
        (sympy.Integral(x, x), "Integral without two limits"),
        (sympy.Order(x**2), "Order"),
        (sympy.Tuple(x, y), "Tuple"),
    ],
    ids=["function", "integral", "order", "tuple"],
)
def test_what_has_no_value_is_named(expr, name):
    with pytest.raises(UnsupportedNodeError, match=name):
        build_graph([expr])
