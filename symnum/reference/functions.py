"""The functions that can be evaluated with mpmath, and what is known of each at special places."""

from __future__ import annotations

import sympy
from sympy.codegen import cfunctions

from symnum.reference.elementary_functions import ELEMENTARY_FUNCTIONS
from symnum.reference.function_rows import Row
from symnum.reference.special_functions import SPECIAL_FUNCTIONS

__all__ = ["FUNCTIONS", "SATURATION", "SLOW", "VANISHING"]

FUNCTIONS: dict[type, Row] = {**ELEMENTARY_FUNCTIONS, **SPECIAL_FUNCTIONS}

# f(0) is exactly this integer: an exact zero stays exact, so that it is told from a rounded one.
VANISHING: dict[type, int] = {
    **dict.fromkeys(
        [
            sympy.sin,
            sympy.tan,
            sympy.asin,
            sympy.atan,
            sympy.sinh,
            sympy.tanh,
            sympy.asinh,
            sympy.atanh,
            sympy.erf,
            sympy.erfi,
            sympy.erfinv,
            sympy.fresnels,
            sympy.fresnelc,
            sympy.Si,
            sympy.Shi,
            sympy.LambertW,
            cfunctions.expm1,
            cfunctions.log1p,
            cfunctions.Sqrt,
            cfunctions.Cbrt,
        ],
        0,
    ),
    **dict.fromkeys(
        [
            sympy.exp,
            sympy.cos,
            sympy.sec,
            sympy.cosh,
            sympy.sech,
            sympy.sinc,
            sympy.erfc,
            cfunctions.exp2,
        ],
        1,
    ),
}

# What mpmath sums or integrates for: too slow for thousands of digits.
SLOW = (
    frozenset(SPECIAL_FUNCTIONS)
    - {sympy.erf, sympy.erfc, sympy.gamma, sympy.factorial, sympy.binomial}
) | {
    sympy.hyper,
    sympy.meijerg,
    sympy.Integral,
    sympy.Sum,
    sympy.Product,
    sympy.Derivative,
}

# By how many bits f(x) may differ from a simple number, as a multiple of |x| or of x**2: such a
# function rounds to its limit, and a sum that cancels afterwards needs that many bits.
SATURATION: dict[type, tuple[float, int]] = {
    sympy.tanh: (2.9, 1),
    sympy.coth: (2.9, 1),
    sympy.erf: (1.5, 2),
    sympy.erfc: (1.5, 2),
    sympy.erf2: (1.5, 2),
    sympy.zeta: (1.0, 1),
    sympy.dirichlet_eta: (1.0, 1),
}
