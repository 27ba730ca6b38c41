"""Functions with corners and jumps, and the parts of a complex number."""

from __future__ import annotations

import sympy

from symnum.compiler.terms import Term, call, choose, constant, nan
from symnum.compiler.vocabulary.rows import FunctionRow, no_derivative

__all__ = ["DISCRETE"]


def _sign(x: Term) -> Term:
    if x.builder.complex_valued:
        return choose(x.compare("==", 0), 0, x / call("absolute", x))
    # The last branch gives x itself: NaN and the sign of zero stay.
    return choose(x.compare(">", 0), 1, choose(x.compare("<", 0), -1, x))


def _heaviside(x: Term, at_zero: Term) -> Term:
    below = choose(x.compare("<", 0), 0, choose(x.compare("==", 0), at_zero, nan(x)))
    return choose(x.compare(">", 0), 1, below)


# The derivative of a jump is zero wherever it exists; the jump itself is left out.
# `maximum` and `minimum` have no partials here: the differentiation chooses between the tangents
# of their operands and takes the mean where they are equal, as Heaviside(0) = 1/2 does.
DISCRETE = (
    FunctionRow(
        name="absolute",
        arity=1,
        partials=(lambda x, f: call("sign", x),),
        classes=(sympy.Abs,),
        parity="even",
        analytic=False,
    ),
    FunctionRow("sign", 1, (None,), (sympy.sign,), _sign, "odd", analytic=False),
    FunctionRow("floor", 1, (None,), (sympy.floor,)),
    FunctionRow("ceiling", 1, (None,), (sympy.ceiling,)),
    FunctionRow(
        name="modulo",
        arity=2,
        partials=(
            lambda x, y, f: constant(x, 1),
            lambda x, y, f: -call("floor", x / y),
        ),
        classes=(sympy.Mod,),
        analytic=False,
    ),
    FunctionRow(
        name="heaviside",
        arity=2,
        partials=(None, None),
        classes=(sympy.Heaviside,),
        definition=_heaviside,
    ),
    FunctionRow("maximum", 2, (no_derivative, no_derivative), (sympy.Max,), analytic=False),
    FunctionRow("minimum", 2, (no_derivative, no_derivative), (sympy.Min,), analytic=False),
    FunctionRow("real_part", 1, (no_derivative,), (sympy.re,), analytic=False),
    FunctionRow("imaginary_part", 1, (no_derivative,), (sympy.im,), analytic=False),
    FunctionRow("conjugate", 1, (no_derivative,), (sympy.conjugate,), analytic=False),
    FunctionRow("argument", 1, (no_derivative,), (sympy.arg,), analytic=False),
)
