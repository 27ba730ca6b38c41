"""Which body computes which function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symnum.compiler.elementary import (
    error_functions,
    exponential,
    hyperbolic,
    inverse_trigonometric,
    logarithm,
    parts,
    powers,
    remainders,
    single_powers,
    trigonometric,
)
from symnum.compiler.vectors.values import Vector

__all__ = ["ELEMENTARY", "PAIRED", "PAIRS", "Elementary", "call_elementary", "call_pair"]

Body = Callable[..., Vector]


@dataclass(frozen=True, slots=True)
class Elementary:
    """How one function is computed.

    Parameters
    ----------
    arity : int
        The number of operands.
    double : callable
        The body for doubles.
    single : callable, optional
        The body for single precision; without one, the body for doubles is used and its result
        rounded.
    """

    arity: int
    double: Body
    single: Body | None = None

    def body(self, kind: str) -> Body:
        """Return the body for ``"double"`` or ``"float"``."""
        if kind == "double":
            return self.double
        return self.single or self._through_double

    def _through_double(self, *operands: Vector) -> Vector:
        return self.double(*(operand.widened() for operand in operands)).narrowed()


ELEMENTARY: dict[str, Elementary] = {
    "exp": Elementary(1, exponential.exp, exponential.exp_single),
    "expm1": Elementary(1, exponential.expm1, exponential.expm1_single),
    "log": Elementary(1, logarithm.log, logarithm.log),
    "log1p": Elementary(1, logarithm.log1p, logarithm.log1p),
    "log1p_of_share": Elementary(1, logarithm.log1p_of_share, logarithm.log1p_of_share),
    "log2": Elementary(1, logarithm.log2, logarithm.log2),
    "log10": Elementary(1, logarithm.log10, logarithm.log10),
    "sin": Elementary(1, trigonometric.sin, trigonometric.single_sin),
    "cos": Elementary(1, trigonometric.cos, trigonometric.single_cos),
    "tan": Elementary(1, trigonometric.tan, trigonometric.single_tan),
    "asin": Elementary(1, inverse_trigonometric.asin, inverse_trigonometric.asin),
    "acos": Elementary(1, inverse_trigonometric.acos, inverse_trigonometric.acos),
    "atan": Elementary(1, inverse_trigonometric.atan, inverse_trigonometric.atan),
    "atan2": Elementary(2, inverse_trigonometric.atan2, inverse_trigonometric.atan2),
    "sinh": Elementary(1, hyperbolic.sinh, hyperbolic.sinh_single),
    "cosh": Elementary(1, hyperbolic.cosh, hyperbolic.cosh_single),
    "tanh": Elementary(1, hyperbolic.tanh, hyperbolic.tanh_single),
    "asinh": Elementary(1, hyperbolic.asinh, hyperbolic.asinh),
    "acosh": Elementary(1, hyperbolic.acosh, hyperbolic.acosh),
    "atanh": Elementary(1, hyperbolic.atanh, hyperbolic.atanh_single),
    "power": Elementary(2, powers.power, single_powers.power_single),
    "cube_root": Elementary(1, powers.cube_root, powers.cube_root_single),
    "hypot": Elementary(2, powers.hypot, powers.hypot_single),
    "erf": Elementary(1, error_functions.erf),
    "erfc": Elementary(1, error_functions.erfc),
    "erfcx": Elementary(1, error_functions.erfcx),
    "absolute": Elementary(1, parts.absolute, parts.absolute),
    "floor": Elementary(1, parts.floor, parts.floor),
    "ceiling": Elementary(1, parts.ceiling, parts.ceiling),
    "modulo": Elementary(2, remainders.modulo),
    "maximum": Elementary(2, parts.maximum, parts.maximum),
    "minimum": Elementary(2, parts.minimum, parts.minimum),
    "real_part": Elementary(1, parts.real_part, parts.real_part),
    "imaginary_part": Elementary(1, parts.imaginary_part, parts.imaginary_part),
    "conjugate": Elementary(1, parts.conjugate, parts.conjugate),
    "argument": Elementary(1, parts.argument, parts.argument),
}


# Functions that are computed together where a program wants both: the pair, its parts, its body.
PAIRED: dict[str, tuple[str, ...]] = {"sine_cosine": ("sin", "cos")}
PAIRS: dict[str, str] = {part: pair for pair, parts in PAIRED.items() for part in parts}
PAIR_BODIES: dict[str, dict[str, Callable[..., tuple[Vector, ...]]]] = {
    "sine_cosine": {
        "double": trigonometric.sine_cosine,
        "float": trigonometric.single_sine_cosine,
    },
}


def call_elementary(name: str, *operands: Vector) -> Vector:
    """Append a call of a function of the library, writing its body if it is the first.

    Parameters
    ----------
    name : str
        A key of `ELEMENTARY`.
    *operands : Vector
        Doubles or single-precision numbers.
    """
    function, kind = operands[0].function, operands[0].kind
    symbol = f"{name}.{kind}"
    body = ELEMENTARY[name].body(kind)
    function.module.define(symbol, [kind] * len(operands), body)
    return function.call(symbol, kind, *operands)


def call_pair(name: str, *operands: Vector) -> list[Vector]:
    """Append a call of a pair of functions and return both results.

    Parameters
    ----------
    name : str
        A key of `PAIRED`.
    *operands : Vector
        Doubles or single-precision numbers.
    """
    function, kind = operands[0].function, operands[0].kind
    symbol = f"{name}.{kind}"
    function.module.define(symbol, [kind] * len(operands), PAIR_BODIES[name][kind])
    return function.call_several(symbol, [kind] * len(PAIRED[name]), *operands)
