"""The kernel of a derivation: the proved object, and NaN outside the declared domain."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symnum as sn
from symnum.derivation.guard import domain_guard

x, y, n = sp.symbols("x y n")
real = sn.Interval("-oo", "oo")

GUARDS = {
    "unbounded": ({x: real}, (), [x], sp.true),
    "closed": ({x: sn.Interval(0, 1)}, (), [x], sp.And(x >= 0, x <= 1)),
    "open": ({x: sn.Interval(0, 1, True, True)}, (), [x], sp.And(x > 0, x < 1)),
    "half line": ({x: sn.Interval(0, "oo")}, (), [x], x >= 0),
    "irrational end": ({x: sn.Interval("-oo", sp.pi)}, (), [x], x <= sp.pi),
    "integers": (
        {n: sn.Integers(1, "oo")},
        (),
        [n],
        sp.And(n >= 1, sp.Eq(n, sp.floor(n), evaluate=False)),
    ),
    "joint": ({x: real, y: real}, x * y < 2, [x, y], x * y < 2),
    "joint with a symbol that is no argument": ({x: real, y: real}, x * y < 2, [x], sp.true),
    "no arguments": ({}, (), [], sp.true),
}


@pytest.mark.parametrize(
    ("domain", "where", "args", "expected"), GUARDS.values(), ids=GUARDS.keys()
)
def test_guard(domain, where, args, expected):
    assert domain_guard(sn.Box(domain, where), args) == expected


def test_equalities_count_up_to_rounding():
    box = sn.Box({x: sn.Interval(0, 1), y: sn.Interval(0, 1)}, where=sp.Eq(x + y, 1))
    guard = domain_guard(box, [x, y])
    assert guard.subs({x: 0.1, y: 0.9}) == sp.true
    assert guard.subs({x: 0.1, y: 0.9 + 1e-14}) == sp.true
    assert guard.subs({x: 0.1, y: 0.91}) == sp.false


@pytest.fixture(scope="module")
def kernel():
    d = sn.Derivation(
        "guarded",
        domain={x: sn.Interval(0, 2, left_open=True), y: sn.Interval("-oo", 5)},
        where=x * y < 3,
    )
    d.equal(sp.log(x) + y - y, sp.log(x), why="cancel")
    d.equal(x * y + x, x * (y + 1), why="factor")
    d.result({"log": sp.log(x), "product": x * (y + 1)}, args=["x", "y"])
    return d.compile()


INSIDE = {"inside": (1.0, 1.0), "closed end": (2.0, 1.0), "corner": (0.5, 5.0)}
OUTSIDE = {
    "open end": (0.0, 1.0),
    "below": (-1.0, 1.0),
    "above": (2.5, 1.0),
    "other argument": (0.1, 5.5),
    "joint condition": (2.0, 2.0),
    "joint boundary": (1.0, 3.0),
    "nan": (float("nan"), 1.0),
}


@pytest.mark.parametrize("point", INSIDE.values(), ids=INSIDE.keys())
def test_inside_the_kernel_answers(kernel, point):
    values = kernel(*point)
    assert list(values) == ["log", "product"]
    np.testing.assert_allclose(values["log"], np.log(point[0]), rtol=1e-15)
    np.testing.assert_allclose(values["product"], point[0] * (point[1] + 1), rtol=1e-15)


@pytest.mark.parametrize("point", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_outside_the_kernel_answers_nan(kernel, point):
    assert all(np.isnan(value) for value in kernel(*point).values())


def test_arrays_are_guarded_element_by_element(kernel):
    values = kernel(np.array([-1.0, 1.0, 3.0]), 1.0)["product"]
    np.testing.assert_array_equal(np.isnan(values), [True, False, True])


def test_the_proved_object_is_compiled(kernel):
    assert kernel.args == (x, y)
    assert kernel.expr == {"log": sp.log(x), "product": x * (y + 1)}


def test_options_of_lambdify_are_passed_on():
    d = sn.Derivation("single", domain={x: real})
    d.equal(x + x, 2 * x, why="count")
    d.result(2 * x, args=[x])
    assert d.compile(dtype="float32")(np.float32(3)).dtype == np.float32
    with pytest.raises((TypeError, ValueError), match="no_such"):
        d.compile(no_such=1)
