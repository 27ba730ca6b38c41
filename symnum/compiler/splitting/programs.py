"""The walk that turns a program of complex numbers into one of real numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from symnum.compiler.program import Node, Program, ProgramBuilder
from symnum.compiler.splitting import arithmetic
from symnum.compiler.splitting.cancellation import stable_forms
from symnum.compiler.splitting.circular import CIRCULAR
from symnum.compiler.splitting.components import COMPONENTS
from symnum.compiler.splitting.error_functions import ERROR_FUNCTIONS
from symnum.compiler.splitting.exponentials import EXPONENTIALS
from symnum.compiler.splitting.inverses import INVERSES
from symnum.compiler.splitting.pairs import Pair
from symnum.compiler.terms import Term, call, nan
from symnum.errors import UnsupportedNodeError

__all__ = ["FORMULAS", "OF_REALS", "split_complex"]

# The formula of each function that takes complex numbers.
FORMULAS: dict[str, Callable[..., Pair]] = {
    **EXPONENTIALS,
    **CIRCULAR,
    **INVERSES,
    **COMPONENTS,
    **ERROR_FUNCTIONS,
}

# Functions that have real values for all real numbers, for operands that are real by construction.
OF_REALS = frozenset(
    [
        *("gamma", "digamma", "zeta_minus_one", "sine_integral", "hyperbolic_sine_integral"),
        *("bessel_j0", "bessel_j1", "bessel_i0", "bessel_i1", "fresnels", "fresnelc"),
        *("airyai_native", "airyaiprime_native", "airybi_native", "airybiprime_native"),
    ]
)

Value = Pair | Term


def split_complex(program: Program, *, stable: bool = False) -> Program:
    """Turn a program of complex numbers into a program of their real and imaginary parts.

    Argument k becomes the arguments 2 k, its real part, and 2 k + 1, its imaginary part; so do the
    outputs. What is real or imaginary by construction costs no operation for the other part.
    Branch cuts and the signs of zeros are NumPy's, infinities those of C99, Annex G, where that is
    free; a number with a part that is NaN may become NaN in both.

    Parameters
    ----------
    program : Program
        A complex program whose definitions and named functions are expanded. The usual passes
        simplify the result.
    stable : bool
        Whether differences such as exp(z) - 1 take a form that keeps their digits.

    Returns
    -------
    Program
        A real program.

    Raises
    ------
    ValueError
        If the program is real.
    UnsupportedNodeError
        If it calls functions that have no formula for complex numbers, by name.

    Examples
    --------
    >>> builder = ProgramBuilder(1, complex_valued=True)
    >>> z = builder.add("argument", value=0)
    >>> print(split_complex(builder.finish((builder.add("multiply", z, z),))))
    v0 = argument(0)
    v1 = argument(1)
    v2 = subtract(v0, v1)
    v3 = add(v0, v1)
    v4 = multiply(v2, v3)
    v5 = add(v0, v0)
    v6 = multiply(v1, v5)
    return v4, v6
    """
    if not program.complex_valued:
        raise ValueError("a program of real numbers has no imaginary parts to split off")
    if stable:
        program = stable_forms(program)
    walk = _Walk(ProgramBuilder(2 * program.arity))
    for node in program.nodes:
        walk.values.append(walk.value(node))
    if walk.refused:
        names = ", ".join(sorted(walk.refused))
        raise UnsupportedNodeError(
            f"no implementation of {names} for complex numbers in compiled code"
        )
    outputs = [part.position for k in program.outputs for part in walk.pair(k).parts]
    return walk.builder.finish(tuple(outputs))


@dataclass(slots=True)
class _Walk:
    """The values of the nodes so far, and the functions that have no formula."""

    builder: ProgramBuilder
    values: list[Value] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def pair(self, position: int) -> Pair:
        """Return a number by its position in the complex program."""
        value = self.values[position]
        assert isinstance(value, Pair)
        return value

    def truth(self, position: int) -> Term:
        """Return a truth value by its position in the complex program."""
        value = self.values[position]
        assert isinstance(value, Term)
        return value

    def value(self, node: Node) -> Value:
        """Append what one node becomes."""
        operands = node.operands
        match node.operation:
            case "argument":
                places = (2 * node.value, 2 * node.value + 1)
                return Pair(*(self._term("argument", place) for place in places))
            case "constant":
                return arithmetic.constant_pair(self.builder, node.value)
            case "truth":
                return self._term("truth", node.value)
            case "both" | "either" | "negate":
                truths = [self.truth(operand) for operand in operands]
                return truths[0].make(node.operation, *truths)
            case "select":
                pairs = [self.pair(operand) for operand in operands[1:]]
                return arithmetic.select(self.truth(operands[0]), *pairs)
        return self._number(node, [self.pair(operand) for operand in operands])

    def _term(self, operation: str, value: object) -> Term:
        return Term(self.builder, self.builder.add(operation, value=value))

    def _number(self, node: Node, operands: Sequence[Pair]) -> Value:
        match node.operation:
            case "compare":
                return arithmetic.compare(node.value, *operands)
            case "integer_power":
                return arithmetic.integer_power(operands[0], node.value)
            case "multiply_add" | "fused_multiply_add":
                return arithmetic.add(arithmetic.multiply(*operands[:2]), operands[2])
            case "call":
                return self._call(node.value, operands)
        return ARITHMETIC[node.operation](*operands)

    def _call(self, name: str, operands: Sequence[Pair]) -> Pair:
        formula = FORMULAS.get(name)
        if formula is not None:
            return formula(*operands)
        reals = [operand.parts[0] for operand in operands]
        if name in OF_REALS and all(operand.is_real for operand in operands):
            return Pair(call(name, *reals), None)
        self.refused.add(name)
        return Pair(nan(reals[0]), None)


ARITHMETIC: dict[str, Callable[..., Pair]] = {
    "negative": arithmetic.negative,
    "add": arithmetic.add,
    "subtract": arithmetic.subtract,
    "multiply": arithmetic.multiply,
    "divide": arithmetic.divide,
    "square_root": arithmetic.square_root,
}
