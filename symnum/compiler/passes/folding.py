"""Operations on constants are carried out, exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy import Expr, S

from symnum.compiler.constants import has_value, is_real_constant, numeric_constant, working_context
from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.program import Node, Program
from symnum.compiler.vocabulary import FUNCTIONS

__all__ = ["fold_constants"]

# Exact numbers may grow without limit; beyond these sizes the operation is left to the kernel.
MOST_BITS = 4_000
MOST_OPERATIONS = 60

# Functions whose exact value at a rational number has a size that grows with the number.
GROWING = frozenset(["gamma", "loggamma", "digamma", "polygamma", "power", "log"])
LARGEST_OF_GROWING = 100

# Functions that SymPy has no exact class for, or keeps unevaluated.
EXACT: dict[str, Callable[..., Expr]] = {
    "power": lambda x, y: x**y,
    "cube_root": lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3),
    "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
    "expm1": lambda x: sympy.exp(x) - 1,
    "log1p": lambda x: sympy.log(1 + x),
    "log2": lambda x: sympy.log(x) / sympy.log(2),
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "modulo": lambda x, y: x - y * sympy.floor(x / y),
    "maximum": sympy.Max,
    "minimum": sympy.Min,
}

ARITHMETIC: dict[str, Callable[..., Expr]] = {
    "negative": lambda a: -a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "square_root": sympy.sqrt,
    "multiply_add": lambda a, b, c: a * b + c,
    "fused_multiply_add": lambda a, b, c: a * b + c,
}

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def fold_constants(program: Program) -> Program:
    """Replace every operation on constants by its exact result.

    A result that is not a real number becomes NaN in a real program, as it would be computed. A
    pole is left to the kernel, which knows the sign of its infinity, and so is a number too large
    to be written down.

    Parameters
    ----------
    program : Program
        Any program.
    """
    return rewrite(program, _fold)


def _fold(rewriter: Rewriter, node: Node) -> int | None:
    logical = LOGIC.get(node.operation)
    if logical is not None:
        return logical(rewriter, node)
    if not node.operands or node.operation == "named":
        return None
    constants = [rewriter.constant(operand) for operand in node.operands]
    if any(constant is None for constant in constants):
        return None
    if node.operation == "compare":
        holds = _comparison(node.value, *constants)
        return None if holds is None else rewriter.builder.add("truth", value=holds)
    result = _result(node, constants)
    if result is None:
        return None
    if not rewriter.builder.complex_valued and not is_real_constant(result):
        result = S.NaN
    return rewriter.builder.add("constant", value=result)


def _result(node: Node, constants: Sequence[Any]) -> Expr | None:
    if S.NaN in constants and node.operation != "call":
        return S.NaN
    if not _is_small(node, constants):
        return None
    if node.operation == "integer_power":
        result = constants[0] ** node.value
    elif node.operation == "call":
        result = _function(node.value, constants)
    else:
        result = ARITHMETIC[node.operation](*constants)
    if result is None or result is S.ComplexInfinity or result.has(S.ComplexInfinity):
        return None
    return result if _size(result) <= MOST_OPERATIONS and has_value(result) else None


def _function(name: str, constants: Sequence[Any]) -> Expr | None:
    if S.NaN in constants:
        return None
    exact = EXACT.get(name)
    if exact is None:
        classes = FUNCTIONS[name].classes
        if not classes:
            return None
        exact = classes[0]
    try:
        result = exact(*constants)
    except (ArithmeticError, NotImplementedError, RecursionError, TypeError, ValueError):
        # SymPy may fail on a function of exact numbers: the kernel will not.
        return None
    return result if isinstance(result, Expr) else None


def _is_small(node: Node, constants: Sequence[Any]) -> bool:
    factor = abs(node.value) if node.operation == "integer_power" else 1
    if factor * max(_bits(constant) for constant in constants) > MOST_BITS:
        return False
    if node.operation == "call" and node.value in GROWING:
        return all(
            not constant.is_Rational or _height(constant) <= LARGEST_OF_GROWING
            for constant in constants
        )
    return factor <= MOST_BITS and sum(map(_size, constants)) <= MOST_OPERATIONS


def _height(number: Any) -> int:
    return max(abs(int(number.p)), int(number.q))


def _bits(constant: Any) -> int:
    return _height(constant).bit_length() if constant.is_Rational else 0


def _size(constant: Any) -> int:
    return 0 if constant.is_Rational else int(constant.count_ops())


def _comparison(relation: str, left: Any, right: Any) -> bool | None:
    if S.NaN in (left, right):
        return relation == "!="
    if left.is_Rational and right.is_Rational:
        return bool(COMPARED[relation](left, right))
    if left == right:
        return bool(COMPARED[relation](S.Zero, S.Zero))
    context = working_context(60)
    a, b = numeric_constant(left, context), numeric_constant(right, context)
    if relation in ("==", "!="):
        return relation == "!=" if abs(a - b) > abs(a) * context.mpf(10) ** -50 else None
    if isinstance(a, context.mpc) or isinstance(b, context.mpc):
        return False
    # Two expressions may be equal without SymPy seeing it: then the kernel decides.
    return bool(COMPARED[relation](a, b)) if abs(a - b) > abs(a) * context.mpf(10) ** -50 else None


def _truth(rewriter: Rewriter, position: int) -> bool | None:
    node = rewriter.node(position)
    return node.value if node.operation == "truth" else None


def _fold_junction(rewriter: Rewriter, node: Node) -> int | None:
    # True is neutral for `both` and decides `either`; False the other way round.
    neutral = node.operation == "both"
    for here, other in (node.operands, node.operands[::-1]):
        truth = _truth(rewriter, here)
        if truth is not None:
            return other if truth is neutral else here
    return node.operands[0] if node.operands[0] == node.operands[1] else None


def _fold_negation(rewriter: Rewriter, node: Node) -> int | None:
    truth = _truth(rewriter, node.operands[0])
    return None if truth is None else rewriter.builder.add("truth", value=not truth)


def _fold_selection(rewriter: Rewriter, node: Node) -> int | None:
    condition, then, otherwise = node.operands
    truth = _truth(rewriter, condition)
    if truth is None:
        return then if then == otherwise else None
    return then if truth else otherwise


LOGIC: dict[str, Callable[[Rewriter, Node], int | None]] = {
    "both": _fold_junction,
    "either": _fold_junction,
    "negate": _fold_negation,
    "select": _fold_selection,
}
