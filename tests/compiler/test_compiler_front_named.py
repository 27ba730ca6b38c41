"""Functions of the engines: one node until they are differentiated, then their stable form."""

from __future__ import annotations

import math

import mpmath
import pytest
import sympy
from sympy import Abs, Eq, Piecewise, Rational, S, exp
from sympy.codegen.cfunctions import expm1
from sympy.core.function import ArgumentIndexError

from symnum.compiler.differentiation import differentiate, hessian, jacobian
from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import optimise
from symnum.errors import UnsupportedNodeError
from symnum.expressions.named_functions import NamedFunction

x, y = sympy.symbols("x y")


class Growth(NamedFunction):
    """The k-th derivative of (exp(x) - 1)/x, which is the mean of s**k exp(s x) over [0, 1]."""

    nargs = 2

    @classmethod
    def definition(cls, *args):
        k, u = args
        value = Piecewise((S.One, Eq(u, 0)), ((exp(u) - 1) / u, True))
        for order in range(1, int(k) + 1):
            value = Piecewise(
                (Rational(1, order + 1), Eq(u, 0)), ((exp(u) - order * value) / u, True)
            )
        return value

    @classmethod
    def stable_form(cls, *args):
        k, u = int(args[0]), args[1]
        series = sum(u**j / (sympy.factorial(j) * (j + k + 1)) for j in range(25))
        value = expm1(u) / u
        for order in range(1, k + 1):
            value = (exp(u) - order * value) / u
        return Piecewise((series, Abs(u) < 1 + k), (value, True))

    def fdiff(self, argindex=2):
        if argindex != 2:
            raise ArgumentIndexError(self, argindex)
        return Growth(self.args[0] + 1, self.args[1])


class Plain(NamedFunction):
    """A function without a derivative."""

    nargs = 1

    @classmethod
    def definition(cls, *args):
        return args[0] ** 2

    @classmethod
    def stable_form(cls, *args):
        return args[0] ** 2


class Unfinished(NamedFunction):
    """A function without any form."""


EXPRESSION = Growth(0, 2 * x) * y + Growth(1, x)


def mean(k, at):
    return mpmath.quad(lambda s: s**k * mpmath.exp(s * at), [0, 1])


def test_they_stay_one_node_before_and_vanish_after_the_passes():
    program = lower((x, y), (EXPRESSION,))
    assert program.counts()["Growth"] == 2
    assert "named(v" in str(program)
    assert "Growth" in str(program)
    assert "Growth" not in optimise(program)[0].counts()


@pytest.mark.parametrize("at", [0, Rational(1, 10**9), Rational(-3, 7), 5, -30], ids=str)
def test_values_and_slopes_keep_their_digits(at):
    program = lower((x, y), (EXPRESSION,))
    both = optimise(jacobian(program, with_values=True))[0]
    second = optimise(hessian(program))[0]
    with mpmath.workdps(30):
        t = mpmath.mpf(S(at).p) / S(at).q
        expected = [
            3 * mean(0, 2 * t) + mean(1, t),
            6 * mean(1, 2 * t) + mean(2, t),
            mean(0, 2 * t),
        ]
        curvature = 12 * mean(2, 2 * t) + mean(3, t)
        for value, exact in zip(interpret(both, (at, 3), 30), expected, strict=True):
            assert abs(value - exact) < 1e-18 * abs(exact)
        assert abs(interpret(second, (at, 3), 30)[0] - curvature) < 1e-17 * abs(curvature)
        (oracle,) = interpret(program, (at, 3), 30)
        assert abs(oracle - expected[0]) < 1e-25 * abs(oracle)


def test_a_constant_application_is_evaluated_by_the_kernel():
    program = lower((), (Growth(1, Rational(1, 2)),))
    (value,) = interpret(optimise(program)[0], (), 30)
    assert math.isclose(value, mean(1, 0.5), rel_tol=1e-15)


def test_complex_programs_know_them():
    program = lower((x,), (Growth(0, x),), complex_valued=True)
    slope = optimise(differentiate(program, (0,)))[0]
    (value,) = interpret(slope, (1 + 2j,), 30)
    assert abs(value - mean(1, 1 + 2j)) < 1e-15


def test_a_missing_derivative_is_named():
    program = lower((x,), (Plain(x),))
    assert interpret(optimise(program)[0], (3,), 20) == (9,)
    with pytest.raises(UnsupportedNodeError, match="derivative of Plain in operand 0"):
        differentiate(program, (0,))
    with pytest.raises(UnsupportedNodeError, match="derivative of Growth in operand 0"):
        differentiate(lower((x, y), (Growth(x, y),)), (0,))


def test_a_missing_form_is_named():
    with pytest.raises(NotImplementedError, match="Unfinished is a named function without"):
        optimise(lower((x,), (Unfinished(x),)))
