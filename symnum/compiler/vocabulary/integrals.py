"""Error functions, exponential integrals, their trigonometric relatives, and Fresnel integrals."""

from __future__ import annotations

import sympy
from sympy import Rational

from symnum.compiler.terms import Term, call, choose, constant, nan
from symnum.compiler.vocabulary.rows import (
    Formula,
    FunctionRow,
    both,
    moved,
    no_derivative,
    polynomial,
)

__all__ = ["INTEGRALS"]

# What is left out of a series.
NEGLIGIBLE = Rational(1, 10**19)

BELL = 2 / sympy.sqrt(sympy.pi)


def _bell(x: Term) -> Term:
    result: Term = call("exp", -(x**2)) * BELL
    return result


def _erfcx_slope(x: Term, f: Term) -> Term:
    """Return 2 x erfcx(x) - 2/sqrt(pi), for large x by its asymptotic series."""
    inverse = (1 / x) ** 2
    coefficients = [
        Rational((-1) ** k * (2 * k + 1) * sympy.factorial2(2 * k - 1), 2**k) for k in range(15)
    ]
    far = -(polynomial(coefficients, inverse) * inverse * (1 / sympy.sqrt(sympy.pi)))
    return choose(x.compare(">", 10), far, 2 * (x * f) - BELL)


def _erf2(x: Term, y: Term) -> Term:
    """Return erf(y) - erf(x), on one side of zero by the complements."""
    half = Rational(1, 2)
    above = both(x.compare(">", half), y.compare(">", half))
    below = both(x.compare("<", -half), y.compare("<", -half))
    mirrored = call("erfc", -y) - call("erfc", -x)
    middle = call("erf", y) - call("erf", x)
    return choose(above, call("erfc", x) - call("erfc", y), choose(below, mirrored, middle))


def _expint(order: Term, x: Term) -> Term:
    """Return the integral of exp(-x t)/t**n from 1 to infinity for an integer constant n."""
    n = int(order.exact or 0)
    if n == 1:
        return _where_positive(x, call("e1", x))
    if n > 1:
        return _where_positive(x, call("expint_native", order, x))
    bell = call("exp", -x)
    value = bell / x
    for k in range(1, -n + 1):
        value = (bell + k * value) / x
    return value


def _where_positive(x: Term, value: Term) -> Term:
    """Return NaN for negative x, where the function has an imaginary part."""
    return choose(x.compare(">=", 0), value, nan(x))


def _cut(name: str) -> Formula:
    return lambda x: _where_positive(x, call(f"{name}_native", x))


def _over(name: str) -> Formula:
    """Return the derivative f(x)/x."""
    return lambda x, f: call(name, x) / x


def _hyperbolic_sinc(order: Term, x: Term) -> Term:
    """Return the derivative of sinh(x)/x of a constant order.

    Near 0 the Taylor series; elsewhere f_n = (sinh^(n)(x) - n f_(n-1))/x, whose rounding errors
    grow like n!/x**n.
    """
    count = int(order.exact or 0)
    border = Rational(count + 1, 2)
    coefficients: list[Rational] = []
    power = count % 2
    while not coefficients or coefficients[-1] * border**power > NEGLIGIBLE:
        coefficients.append(1 / ((count + power + 1) * sympy.factorial(power)))
        power += 2
    near = polynomial(coefficients, x**2)
    near = near * x if count % 2 else near
    waves = (call("sinh", x), call("cosh", x))
    far = waves[0] / x
    for k in range(1, count + 1):
        far = (waves[k % 2] - k * far) / x
    return choose(call("absolute", x).compare("<", border), near, far)


def _fresnel(name: str) -> Formula:
    """Return the definition that takes the limit far out, where the square of x may overflow."""

    def definition(x: Term) -> Term:
        half = choose(x.compare("<", 0), constant(x, Rational(-1, 2)), constant(x, Rational(1, 2)))
        far = call("absolute", x).compare(">", 10**17)
        return choose(far, half, call(f"{name}_native", x))

    return definition


def _fresnel_slope(name: str) -> Formula:
    return lambda x, f: call(name, x**2 * (sympy.pi / 2))


INTEGRALS = (
    FunctionRow("erf", 1, (lambda x, f: _bell(x),), (sympy.erf,), None, "odd"),
    FunctionRow("erfc", 1, (lambda x, f: -_bell(x),), (sympy.erfc,)),
    FunctionRow("erfcx", 1, (_erfcx_slope,)),
    FunctionRow("erfi", 1, (lambda x, f: call("exp", x**2) * BELL,), (sympy.erfi,), None, "odd"),
    FunctionRow(
        "erfinv", 1, (lambda x, f: call("exp", f**2) * (1 / BELL),), (sympy.erfinv,), None, "odd"
    ),
    FunctionRow("erfcinv", 1, (lambda x, f: -(call("exp", f**2) * (1 / BELL)),), (sympy.erfcinv,)),
    FunctionRow(
        name="erf2",
        arity=2,
        partials=(lambda x, y, f: -_bell(x), lambda x, y, f: _bell(y)),
        classes=(sympy.erf2,),
        definition=_erf2,
    ),
    FunctionRow("ei", 1, (lambda x, f: call("exp", x) / x,), (sympy.Ei,)),
    FunctionRow("e1", 1, (no_derivative,)),
    FunctionRow("expint_native", 2, (no_derivative, no_derivative)),
    FunctionRow(
        name="expint",
        arity=2,
        partials=(
            no_derivative,
            lambda n, x, f: -call("expint", moved(n, -1), x),
        ),
        classes=(sympy.expint,),
        definition=_expint,
    ),
    FunctionRow(
        name="li",
        arity=1,
        partials=(lambda x, f: 1 / call("log", x),),
        classes=(sympy.li,),
        definition=lambda x: call("ei", call("log", x)),
    ),
    FunctionRow("sine_integral", 1, (lambda x, f: call("sinc", x),), (sympy.Si,), None, "odd"),
    FunctionRow("cosine_integral", 1, (_over("cos"),), (sympy.Ci,), _cut("cosine_integral")),
    FunctionRow("cosine_integral_native", 1, (no_derivative,)),
    FunctionRow(
        name="hyperbolic_sine_integral",
        arity=1,
        partials=(lambda x, f: call("hyperbolic_sinc", constant(x, 0), x),),
        classes=(sympy.Shi,),
        parity="odd",
    ),
    FunctionRow(
        name="hyperbolic_sinc",
        arity=2,
        partials=(None, lambda n, x, f: call("hyperbolic_sinc", moved(n, 1), x)),
        definition=_hyperbolic_sinc,
    ),
    FunctionRow(
        name="hyperbolic_cosine_integral",
        arity=1,
        partials=(_over("cosh"),),
        classes=(sympy.Chi,),
        definition=_cut("hyperbolic_cosine_integral"),
    ),
    FunctionRow("hyperbolic_cosine_integral_native", 1, (no_derivative,)),
    *(
        row
        for name, wave, kind in (
            ("fresnels", "sin", sympy.fresnels),
            ("fresnelc", "cos", sympy.fresnelc),
        )
        for row in (
            FunctionRow(name, 1, (_fresnel_slope(wave),), (kind,), _fresnel(name), "odd"),
            FunctionRow(f"{name}_native", 1, (no_derivative,)),
        )
    ),
)
