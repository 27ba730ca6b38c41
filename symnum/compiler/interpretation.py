"""Programs evaluated by mpmath at any precision: the oracle of every pass.

Each operation means what its compiled form means, but for rounding: a selection picks one of two
values, a comparison with NaN is false, division by zero gives an infinity or NaN. mpmath has no
negative zero, so the sign of an infinity at a pole is that of the positive side.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import sympy

from symnum.compiler.constants import numeric_constant, working_context
from symnum.compiler.lowering import lower
from symnum.compiler.program import Node, Program
from symnum.compiler.vocabulary.mpmath_values import MPMATH_VALUES
from symnum.expressions.named_functions import NamedFunction

__all__ = ["interpret"]

# Digits computed beyond those asked for.
GUARD = 10


def interpret(program: Program, point: Sequence[Any], digits: int = 50) -> tuple[Any, ...]:
    """Evaluate a program at a point.

    Parameters
    ----------
    program : Program
        Any program, before or after passes.
    point : sequence of number
        One number for each argument: int, float, complex, mpf, mpc, or an exact SymPy number.
    digits : int
        Decimal digits of the arithmetic; a result that suffers cancellation has fewer.

    Returns
    -------
    tuple of mpf or mpc
        One for each output, of a private context.

    Raises
    ------
    ValueError
        If the point has not one number for each argument.

    Examples
    --------
    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x = sympy.Symbol("x")
    >>> print(interpret(lower((x,), (sympy.sqrt(x),)), (2,), digits=30)[0])
    1.41421356237309504880168872420969807857
    """
    if len(point) != program.arity:
        raise ValueError(
            f"the point has {len(point)} numbers, the program {program.arity} arguments"
        )
    context = working_context(digits + GUARD)
    arguments = [_number(entry, context) for entry in point]
    values: list[Any] = []
    for node in program.nodes:
        operands = [values[operand] for operand in node.operands]
        values.append(_value(node, operands, arguments, context, program.complex_valued))
    return tuple(values[output] for output in program.outputs)


def _number(entry: Any, context: Any) -> Any:
    if isinstance(entry, sympy.Expr):
        return numeric_constant(entry, context)
    return context.convert(entry)


def _value(
    node: Node, operands: Sequence[Any], arguments: Sequence[Any], context: Any, is_complex: bool
) -> Any:
    match node.operation:
        case "argument":
            return arguments[node.value]
        case "constant":
            return numeric_constant(node.value, context)
        case "truth":
            return node.value
        case "select":
            return operands[1] if operands[0] else operands[2]
        case "compare":
            return _compared(node.value, operands[0], operands[1], context)
        case "both" | "either" | "negate":
            return LOGIC[node.operation](*operands)
    try:
        value = _number_operation(node, operands, context)
    except (ValueError, OverflowError, ZeroDivisionError):
        # What mpmath refuses is not defined, or a pole in the middle of a function.
        return context.nan
    if isinstance(value, context.mpc) and (value.imag == 0 or not is_complex):
        return value.real if value.imag == 0 else context.nan
    return value


def _compared(relation: str, left: Any, right: Any, context: Any) -> bool:
    if context.isnan(left) or context.isnan(right):
        return relation == "!="
    if relation not in ("==", "!=") and (context.im(left) != 0 or context.im(right) != 0):
        return False
    if relation in ("==", "!="):
        return bool(COMPARED[relation](left, right))
    return bool(COMPARED[relation](context.re(left), context.re(right)))


COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

LOGIC: dict[str, Callable[..., bool]] = {
    "both": lambda a, b: a and b,
    "either": lambda a, b: a or b,
    "negate": lambda a: not a,
}


def _number_operation(node: Node, operands: Sequence[Any], context: Any) -> Any:
    match node.operation:
        case "integer_power":
            return _integer_power(operands[0], node.value, context)
        case "divide":
            return _quotient(operands[0], operands[1], context)
        case "multiply_add" | "fused_multiply_add":
            return operands[0] * operands[1] + operands[2]
        case "square_root":
            return context.sqrt(operands[0])
        case "call":
            return _call(node.value, operands, context)
        case "named":
            return _named(node.value, operands, context)
        case _:
            return ARITHMETIC[node.operation](*operands)


ARITHMETIC: dict[str, Callable[..., Any]] = {
    "negative": operator.neg,
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
}


def _quotient(numerator: Any, denominator: Any, context: Any) -> Any:
    if denominator != 0:
        return numerator / denominator
    if numerator == 0 or context.isnan(numerator) or context.im(numerator) != 0:
        return context.nan
    return context.inf * context.sign(numerator)


def _integer_power(base: Any, exponent: int, context: Any) -> Any:
    if base == 0 and exponent < 0:
        return context.inf
    return base**exponent


def _call(name: str, operands: Sequence[Any], context: Any) -> Any:
    if any(context.isnan(operand) for operand in operands):
        return context.nan
    own = OWN_FUNCTIONS.get(name)
    if own is not None:
        return own(context, *operands)
    return getattr(context, MPMATH_NAMES.get(name, name))(*operands)


def _named(kind: type[NamedFunction], operands: Sequence[Any], context: Any) -> Any:
    """Evaluate the definition; what it loses by cancellation is made up by more digits."""
    if kind.evaluated_directly:
        return kind.value(context, *operands)
    whole = [sympy.Integer(int(x)) if context.isint(x) else None for x in operands]
    variables = sympy.symbols(f"a:{len(operands)}")
    exact = [
        variable if number is None else number
        for number, variable in zip(whole, variables, strict=True)
    ]
    program = lower(variables, (kind.definition(*exact),), complex_valued=True)
    return context.convert(interpret(program, operands, 4 * context.dps)[0])


# Functions with another name in mpmath; the others have the same name there.
MPMATH_NAMES = {
    "absolute": "fabs",
    "ceiling": "ceil",
    "real_part": "re",
    "imaginary_part": "im",
    "conjugate": "conj",
    "argument": "arg",
    "polygamma": "psi",
}


def _power(context: Any, base: Any, exponent: Any) -> Any:
    if base == 0:
        if exponent == 0:
            return context.one
        return context.zero if context.re(exponent) > 0 else context.inf
    return context.power(base, exponent)


def _modulo(context: Any, x: Any, y: Any) -> Any:
    return x - y * context.floor(x / y)


def _angle(context: Any, y: Any, x: Any) -> Any:
    if context.im(y) == 0 and context.im(x) == 0:
        return context.atan2(context.re(y), context.re(x))
    return -1j * context.log((x + 1j * y) / context.sqrt(x**2 + y**2))


def _sinc_derivative(context: Any, order: Any, x: Any) -> Any:
    """Differentiate sin(x)/x = (integral of cos(x s) over s from 0 to 1) under the integral."""
    count = int(order)
    turn = count * context.pi / 2
    return context.quad(lambda s: s**count * context.cos(x * s + turn), [0, 1])


def _erfcinv(context: Any, x: Any) -> Any:
    # 1 - x must hold all digits of a small x.
    with context.extraprec(max(0, -int(context.mag(x))) if x != 0 else 0):
        return context.erfinv(1 - x)


def _reciprocal_of(name: str) -> Callable[[Any, Any], Any]:
    """Return 1/f, infinite at the zeros of f."""
    return lambda context, x: _quotient(context.one, getattr(context, name)(x), context)


def _of_reciprocal(name: str) -> Callable[[Any, Any], Any]:
    """Return f(1/x) with its limit at 0."""
    return lambda context, x: getattr(context, name)(_quotient(context.one, x, context))


OWN_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **MPMATH_VALUES,
    "cot": _reciprocal_of("tan"),
    "sec": _reciprocal_of("cos"),
    "csc": _reciprocal_of("sin"),
    "coth": _reciprocal_of("tanh"),
    "csch": _reciprocal_of("sinh"),
    "asech": _of_reciprocal("acosh"),
    "acsch": _of_reciprocal("asinh"),
    "power": _power,
    "modulo": _modulo,
    "atan2": _angle,
    "hypot": lambda context, x, y: context.sqrt(x**2 + y**2),
    "cube_root": lambda context, x: context.sign(x) * context.cbrt(abs(x)),
    "log": lambda context, x: -context.inf if x == 0 else context.log(x),
    "log1p": lambda context, x: -context.inf if x == -1 else context.log1p(x),
    "log2": lambda context, x: -context.inf if x == 0 else context.log(x, 2),
    "log10": lambda context, x: -context.inf if x == 0 else context.log10(x),
    "maximum": lambda context, x, y: max(x, y),
    "minimum": lambda context, x, y: min(x, y),
    "heaviside": lambda context, x, at_zero: at_zero if x == 0 else context.mpf(x > 0),
    "digamma": lambda context, x: context.psi(0, x),
    "erfcinv": _erfcinv,
    "sinc_derivative": _sinc_derivative,
}
