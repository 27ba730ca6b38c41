"""The functions that a program may call: one row each.

A row says which SymPy classes are lowered to the call, how it is differentiated, and, where it is
made of simpler functions, its definition, which a pass puts in its place after differentiation.
A function without a definition is a primitive: it must have a row in the table of the emitter.

The primitives mean what NumPy means by them: `maximum` and `minimum` propagate NaN, `modulo` has
the sign of the divisor, `power(0, 0)` is 1 and a negative base with a fractional exponent gives
NaN in a real program and the principal value in a complex one. `cube_root` is the real cube root
and occurs in real programs only. `loggamma` is the logarithm of the gamma function for positive
arguments and NaN for negative ones. A constant operand (the exponent of `power`, the order of
`polygamma`) is exact, as all constants are. In a complex program `absolute`, `real_part`,
`imaginary_part` and `argument` are complex numbers with the imaginary part zero, `floor` and
`ceiling` act on both parts, and a comparison by size compares real parts and is false where an
imaginary part is not zero.

Special functions are real: where the function of a real argument is complex they are NaN. Those in
`native.NATIVE` are bound by symbol; the others are definitions, which add what the bound function
lacks: large and tiny arguments, other branches, limits at infinity. `forms` says which SymPy nodes
they compute; what is left goes to mpmath.
"""

from __future__ import annotations

from symnum.compiler.vocabulary.discrete import DISCRETE
from symnum.compiler.vocabulary.elementary import ELEMENTARY
from symnum.compiler.vocabulary.rows import Formula, FunctionRow, no_derivative
from symnum.compiler.vocabulary.special import SPECIAL

__all__ = [
    "FUNCTIONS",
    "FUNCTION_OF_CLASS",
    "PRIMITIVES",
    "Formula",
    "FunctionRow",
    "no_derivative",
]

# Every row by its canonical name.
FUNCTIONS: dict[str, FunctionRow] = {row.name: row for row in (*ELEMENTARY, *DISCRETE, *SPECIAL)}

# The row that a SymPy class is lowered to.
FUNCTION_OF_CLASS: dict[type, FunctionRow] = {
    kind: row for row in FUNCTIONS.values() for kind in row.classes
}

# The functions that the emitter must know.
PRIMITIVES: frozenset[str] = frozenset(
    row.name for row in FUNCTIONS.values() if row.definition is None
)
