"""Nodes of a program in balls at many points: the exact values that errors are measured against.

The precision of each point is raised until every node is known to many more digits than a double
has, or a limit is reached; what is undefined or stays unknown is not a number.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy
from flint import arb

from symnum.compiler.constants import numeric_constant, working_context
from symnum.compiler.program import Node
from symnum.reference import BallFunction

__all__ = ["ball_constant", "evaluate_balls"]

# Balls, truth values, or None for a comparison that the balls do not decide.
Balls = list[Any]

NAN = arb.nan()

# Beyond this the exponential is not worth a value, and below it nothing but positive.
LARGEST_EXPONENT = arb(2) ** 200
NOTHING = arb(0).union(arb(2) ** -(10**9))


def evaluate_balls(node: Node, operands: Sequence[Balls], arguments: Sequence[Balls]) -> Balls:
    """Return the balls of one node, one for each point, at the precision that is set.

    Parameters
    ----------
    node : Node
        Any node but a named function.
    operands : sequence of list
        The balls of its operands.
    arguments : sequence of list
        The balls of the arguments of the program; there is at least one point.

    Returns
    -------
    list of arb, bool or None
        NaN balls where the value is not provably defined, or the function has no row.
    """
    operation = node.operation
    count = len(arguments[0]) if arguments else 1
    if operation == "argument":
        return arguments[int(node.value)]
    if operation == "constant":
        return [ball_constant(node.value)] * count
    if operation == "truth":
        return [node.value] * count
    if operation == "integer_power":
        exponent = int(node.value)
        return [_integer_power(x, exponent) for x in operands[0]]
    function: Callable[..., Any] | None
    if operation == "call":
        function = FUNCTIONS_OF_BALLS.get(node.value)
    elif operation == "compare":
        function = COMPARED[node.value]
    else:
        function = SIMPLE.get(operation)
    if function is None:
        return [NAN] * count
    return list(map(function, *operands))


def ball_constant(value: Any) -> arb:
    """Return a ball around an exact constant, at the precision that is set."""
    if isinstance(value, sympy.Rational):
        return arb(int(value.p)) / int(value.q)
    known = CONSTANT_FUNCTIONS.get(value)
    if known is None:
        known = CONSTANT_FUNCTIONS[value] = _constant_function(value)
    return known()


CONSTANT_FUNCTIONS: dict[Any, Callable[[], arb]] = {}

# Decimal digits of a constant that the reference cannot enclose.
DIGITS = 1_000


def _constant_function(value: Any) -> Callable[[], arb]:
    try:
        function = BallFunction((), value)
    except (NotImplementedError, TypeError, ValueError):
        number = numeric_constant(value, working_context(DIGITS))
        return lambda: arb(number.real)

    def ball() -> arb:
        found = function.at_precision(())
        return found if isinstance(found, arb) else arb(found)

    return ball


def _integer_power(x: arb, exponent: int) -> arb:
    if not x.is_finite() and not x.is_exact():
        return NAN  # a power of a ball of infinite radius may crash in FLINT
    return x**exponent if exponent >= 0 else 1 / x ** (-exponent)


def _exponential(x: arb) -> arb:
    if abs(x) < LARGEST_EXPONENT:
        return x.exp()
    # Arb would keep an exponent of as many bits as the argument's size.
    return NOTHING if x < 0 else NAN


def _quotient(x: arb, y: arb) -> arb:
    return x / y


def _square_root(x: arb) -> arb:
    return arb(0) if x.is_zero() else x.sqrt()


def _power(x: arb, y: arb) -> arb:
    if y.is_zero():
        return arb(1)
    if x.is_zero():
        return arb(0) if y > 0 else NAN
    whole = y.is_exact() and y.is_integer()
    return x**y if whole or x > 0 else NAN


def _select(condition: bool | None, then: arb, otherwise: arb) -> arb:
    if condition is None:
        return NAN
    return then if condition else otherwise


def _relation(holds: Callable[[Any, Any], bool], fails: Callable[[Any, Any], bool]) -> Any:
    def compared(x: arb, y: arb) -> bool | None:
        if x.is_nan() or y.is_nan():
            return None
        if holds(x, y):
            return True
        return False if fails(x, y) else None

    return compared


COMPARED: Mapping[str, Callable[[arb, arb], bool | None]] = {
    "<": _relation(operator.lt, operator.ge),
    "<=": _relation(operator.le, operator.gt),
    ">": _relation(operator.gt, operator.le),
    ">=": _relation(operator.ge, operator.lt),
    "==": _relation(operator.eq, operator.ne),
    "!=": _relation(operator.ne, operator.eq),
}


def _both(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def _either(a: bool | None, b: bool | None) -> bool | None:
    if a or b:
        return True
    return None if a is None or b is None else False


SIMPLE: Mapping[str, Callable[..., Any]] = {
    "negative": operator.neg,
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": _quotient,
    "square_root": _square_root,
    "multiply_add": lambda a, b, c: a * b + c,
    "fused_multiply_add": lambda a, b, c: a * b + c,
    "both": _both,
    "either": _either,
    "negate": lambda a: None if a is None else not a,
    "select": _select,
}


def _sign(x: arb) -> arb:
    return x.sgn()


def _extremum(name: str) -> Callable[[arb, arb], arb]:
    method: Callable[[arb, arb], arb] = getattr(arb, name)

    def extremum(x: arb, y: arb) -> arb:
        return NAN if x.is_nan() or y.is_nan() else method(x, y)

    return extremum


def _cube_root(x: arb) -> arb:
    if x.is_zero():
        return arb(0)
    return x.root(3) if x > 0 else -((-x).root(3))


def _scaled_erfc(x: arb) -> arb:
    # erfc falls below every exponent that Arb keeps long before exp(x**2) does harm.
    if abs(x) < 1_000_000:
        return (x * x).exp() * x.erfc()
    # The asymptotic series; its first term left out is the error.
    square = 1 / (2 * x * x)
    total = 1 - square + 3 * square**2 - 15 * square**3 + arb(0, 105 * square.mid() ** 4)
    return total / (x * arb.pi().sqrt()) if x > 0 else NAN


def _atan2(y: arb, x: arb) -> arb:
    return NAN if y.contains(0) and x.contains(0) else arb.atan2(y, x)


def _acot(x: arb) -> arb:
    return arb.pi() / 2 if x.is_zero() else (1 / x).atan()


FUNCTIONS_OF_BALLS: Mapping[str, Callable[..., arb]] = {
    "exp": _exponential,
    "expm1": lambda x: x.expm1() if abs(x) < LARGEST_EXPONENT else _exponential(x) - 1,
    "log": lambda x: x.log(),
    "log1p": lambda x: x.log1p(),
    "log2": lambda x: x.log() / arb.const_log2(),
    "log10": lambda x: x.log() / arb.const_log10(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": lambda x: x.tan(),
    "cot": lambda x: x.cot(),
    "sec": lambda x: x.sec(),
    "csc": lambda x: x.csc(),
    "asin": lambda x: x.asin(),
    "acos": lambda x: x.acos(),
    "atan": lambda x: x.atan(),
    "acot": _acot,
    "asec": lambda x: (1 / x).acos(),
    "acsc": lambda x: (1 / x).asin(),
    "atan2": _atan2,
    "sinh": lambda x: x.sinh(),
    "cosh": lambda x: x.cosh(),
    "tanh": lambda x: x.tanh(),
    "coth": lambda x: x.coth(),
    "sech": lambda x: x.sech(),
    "csch": lambda x: x.csch(),
    "asinh": lambda x: x.asinh(),
    "acosh": lambda x: x.acosh(),
    "atanh": lambda x: x.atanh(),
    "acoth": lambda x: (1 / x).atanh(),
    "asech": lambda x: (1 / x).acosh(),
    "acsch": lambda x: (1 / x).asinh(),
    "power": _power,
    "cube_root": _cube_root,
    "hypot": lambda x, y: (x * x + y * y).sqrt(),
    "sinc": lambda x: x.sinc(),
    "absolute": abs,
    "sign": _sign,
    "floor": lambda x: x.floor(),
    "ceiling": lambda x: x.ceil(),
    "modulo": lambda x, y: x - y * (x / y).floor(),
    "maximum": _extremum("max"),
    "minimum": _extremum("min"),
    "erf": lambda x: x.erf(),
    "erfc": lambda x: x.erfc(),
    "erfcx": _scaled_erfc,
    "erfi": lambda x: x.erfi(),
    "gamma": lambda x: x.gamma(),
    "loggamma": lambda x: x.lgamma() if x > 0 else NAN,
    "digamma": lambda x: x.digamma(),
}
