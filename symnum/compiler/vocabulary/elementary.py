"""Trigonometric, hyperbolic and exponential functions, powers and roots."""

from __future__ import annotations

import sympy
from sympy.codegen import cfunctions

from symnum.compiler.terms import Term, call, choose, constant
from symnum.compiler.vocabulary.rows import FunctionRow

__all__ = ["ELEMENTARY"]


def _hypotenuse(x: Term) -> Term:
    """Return sqrt(1 + x**2), where x**2 may overflow."""
    if x.builder.complex_valued:
        return (1 + x**2).root()
    return call("hypot", x, constant(x, 1))


def _atan2_partial(numerator: Term, y: Term, x: Term) -> Term:
    # x/(x**2 + y**2) in two divisions: the sum of squares may overflow or vanish.
    radius = call("hypot", y, x)
    return (numerator / radius) / radius


def _acsch_slope(x: Term, f: Term) -> Term:
    if x.builder.complex_valued:
        return -1 / (x**2 * (1 + 1 / x**2).root())
    return -1 / (call("absolute", x) * _hypotenuse(x))


def _power_base(x: Term, y: Term, f: Term) -> Term:
    slope = y * call("power", x, y - 1)
    # x**0 is 1 also at x = 0, where the formula is 0*inf.
    return slope if y.exact is not None else choose(y.compare("==", 0), 0, slope)


def _power_exponent(x: Term, y: Term, f: Term) -> Term:
    slope = f * call("log", x)
    # x**y log(x) tends to 0 where the power itself is 0; the formula is 0*inf there.
    return slope if x.exact is not None and x.exact != 0 else choose(f.compare("==", 0), 0, slope)


def _sinc_derivative(order: Term, x: Term) -> Term:
    """Return the derivative of sin(x)/x of an order that is a positive constant.

    Near 0 the Taylor series; elsewhere f_n = (sin^(n)(x) - n f_(n-1))/x, whose rounding errors
    grow like n!/x**n. Both are accurate at (n + 1)/2.
    """
    count = int(order.exact or 0)
    border = sympy.Rational(count + 1, 2)
    near = call("absolute", x).compare("<", border)
    return choose(near, _sinc_series(count, border, x), _sinc_far(count, x))


def _sinc_series(count: int, border: sympy.Rational, x: Term) -> Term:
    coefficients = []
    power = count % 2
    while True:
        k = (count + power) // 2
        coefficient = sympy.Rational((-1) ** k, (2 * k + 1) * sympy.factorial(power))
        if abs(coefficient) * border**power < sympy.Rational(1, 10**18) / (count + 1):
            break
        coefficients.append(coefficient)
        power += 2
    square = x**2
    total = constant(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * square + coefficient
    return total * x if count % 2 else total


def _sinc_far(count: int, x: Term) -> Term:
    sine, cosine = call("sin", x), call("cos", x)
    turns = (sine, cosine, -sine, -cosine)
    value = sine / x
    for order in range(1, count + 1):
        value = (turns[order % 4] - order * value) / x
    return value


ELEMENTARY = (
    FunctionRow("sin", 1, (lambda x, f: call("cos", x),), (sympy.sin,), None, "odd"),
    FunctionRow("cos", 1, (lambda x, f: -call("sin", x),), (sympy.cos,), None, "even"),
    FunctionRow("tan", 1, (lambda x, f: 1 + f**2,), (sympy.tan,), None, "odd"),
    FunctionRow(
        name="cot",
        arity=1,
        partials=(lambda x, f: -(1 + f**2),),
        classes=(sympy.cot,),
        definition=lambda x: 1 / call("tan", x),
        parity="odd",
    ),
    FunctionRow(
        name="sec",
        arity=1,
        partials=(lambda x, f: f * call("tan", x),),
        classes=(sympy.sec,),
        definition=lambda x: 1 / call("cos", x),
        parity="even",
    ),
    FunctionRow(
        name="csc",
        arity=1,
        partials=(lambda x, f: -(f * call("cot", x)),),
        classes=(sympy.csc,),
        definition=lambda x: 1 / call("sin", x),
        parity="odd",
    ),
    FunctionRow(
        "asin", 1, (lambda x, f: 1 / ((1 - x) * (1 + x)).root(),), (sympy.asin,), None, "odd"
    ),
    FunctionRow("acos", 1, (lambda x, f: -1 / ((1 - x) * (1 + x)).root(),), (sympy.acos,)),
    FunctionRow("atan", 1, (lambda x, f: 1 / (1 + x**2),), (sympy.atan,), None, "odd"),
    FunctionRow(
        name="acot",
        arity=1,
        partials=(lambda x, f: -1 / (1 + x**2),),
        classes=(sympy.acot,),
        definition=lambda x: choose(x.compare("==", 0), sympy.pi / 2, call("atan", 1 / x)),
    ),
    FunctionRow(
        name="asec",
        arity=1,
        partials=(lambda x, f: 1 / (x**2 * (1 - 1 / x**2).root()),),
        classes=(sympy.asec,),
        definition=lambda x: call("acos", 1 / x),
    ),
    FunctionRow(
        name="acsc",
        arity=1,
        partials=(lambda x, f: -1 / (x**2 * (1 - 1 / x**2).root()),),
        classes=(sympy.acsc,),
        definition=lambda x: call("asin", 1 / x),
        parity="odd",
    ),
    FunctionRow(
        name="atan2",
        arity=2,
        partials=(
            lambda y, x, f: _atan2_partial(x, y, x),
            lambda y, x, f: -_atan2_partial(y, y, x),
        ),
        classes=(sympy.atan2,),
    ),
    FunctionRow("sinh", 1, (lambda x, f: call("cosh", x),), (sympy.sinh,), None, "odd"),
    FunctionRow("cosh", 1, (lambda x, f: call("sinh", x),), (sympy.cosh,), None, "even"),
    # 1 - tanh(x)**2 would lose every digit for large x.
    FunctionRow("tanh", 1, (lambda x, f: call("sech", x) ** 2,), (sympy.tanh,), None, "odd"),
    FunctionRow(
        name="coth",
        arity=1,
        partials=(lambda x, f: -(call("csch", x) ** 2),),
        classes=(sympy.coth,),
        definition=lambda x: 1 / call("tanh", x),
        parity="odd",
    ),
    FunctionRow(
        name="sech",
        arity=1,
        partials=(lambda x, f: -(f * call("tanh", x)),),
        classes=(sympy.sech,),
        definition=lambda x: 1 / call("cosh", x),
        parity="even",
    ),
    FunctionRow(
        name="csch",
        arity=1,
        partials=(lambda x, f: -(f * call("coth", x)),),
        classes=(sympy.csch,),
        definition=lambda x: 1 / call("sinh", x),
        parity="odd",
    ),
    FunctionRow("asinh", 1, (lambda x, f: 1 / _hypotenuse(x),), (sympy.asinh,), None, "odd"),
    FunctionRow("acosh", 1, (lambda x, f: 1 / ((x - 1).root() * (x + 1).root()),), (sympy.acosh,)),
    FunctionRow("atanh", 1, (lambda x, f: 1 / ((1 - x) * (1 + x)),), (sympy.atanh,), None, "odd"),
    FunctionRow(
        name="acoth",
        arity=1,
        partials=(lambda x, f: 1 / ((1 - x) * (1 + x)),),
        classes=(sympy.acoth,),
        definition=lambda x: call("atanh", 1 / x),
        parity="odd",
    ),
    FunctionRow(
        name="asech",
        arity=1,
        partials=(lambda x, f: -1 / (x * ((1 - x) * (1 + x)).root()),),
        classes=(sympy.asech,),
        definition=lambda x: call("acosh", 1 / x),
    ),
    FunctionRow(
        name="acsch",
        arity=1,
        partials=(_acsch_slope,),
        classes=(sympy.acsch,),
        definition=lambda x: call("asinh", 1 / x),
        parity="odd",
    ),
    FunctionRow("exp", 1, (lambda x, f: f,), (sympy.exp,)),
    # exp(x) itself: adding 1 to expm1(x) would lose every digit for very negative x.
    FunctionRow("expm1", 1, (lambda x, f: call("exp", x),), (cfunctions.expm1,)),
    FunctionRow("log", 1, (lambda x, f: 1 / x,), (sympy.log,)),
    FunctionRow("log1p", 1, (lambda x, f: 1 / (1 + x),), (cfunctions.log1p,)),
    FunctionRow("log2", 1, (lambda x, f: 1 / (x * sympy.log(2)),), (cfunctions.log2,)),
    FunctionRow("log10", 1, (lambda x, f: 1 / (x * sympy.log(10)),), (cfunctions.log10,)),
    FunctionRow(
        name="power",
        arity=2,
        partials=(_power_base, _power_exponent),
    ),
    FunctionRow("cube_root", 1, (lambda x, f: 1 / (3 * f**2),), (), None, "odd", analytic=False),
    FunctionRow(
        name="hypot",
        arity=2,
        partials=(lambda x, y, f: x / f, lambda x, y, f: y / f),
        classes=(cfunctions.hypot,),
    ),
    FunctionRow(
        name="sinc",
        arity=1,
        partials=(lambda x, f: call("sinc_derivative", constant(x, 1), x),),
        classes=(sympy.sinc,),
        definition=lambda x: choose(x.compare("==", 0), 1, call("sin", x) / x),
        parity="even",
    ),
    FunctionRow(
        name="sinc_derivative",
        arity=2,
        partials=(
            None,
            lambda n, x, f: call("sinc_derivative", constant(x, n.exact + 1), x),
        ),
        definition=_sinc_derivative,
    ),
)
