"""From nodes back to SymPy, where algebra is done, and from SymPy to nodes again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr

from symnum.compiler.lowering import lower
from symnum.compiler.program import Node, ProgramBuilder
from symnum.compiler.stability.algebra import is_power_of_two
from symnum.compiler.terms import Term, call, choose, nan
from symnum.compiler.vocabulary import FUNCTIONS

__all__ = [
    "Raised",
    "SplitSquareExp",
    "below",
    "dominated_by",
    "is_exact",
    "lowered",
    "not_below_zero",
    "or_zero",
    "raise_node",
    "scaled_erfc",
]

# Variables that stand for arguments, which are not rounded, have names that begin like this.
EXACT = "x"

# A formula of more operations than this is cut: what is further down becomes a variable.
LARGEST = 60


class scaled_erfc(sympy.Function):  # type: ignore[misc]  # noqa: N801
    """The function exp(x**2)*erfc(x)."""

    nargs = (1,)


class SplitSquareExp(sympy.Function):  # type: ignore[misc]
    """The function exp(-r x**2) of x and r, where x**2 is carried in two parts."""

    nargs = (2,)


class not_below_zero(sympy.Function):  # type: ignore[misc]  # noqa: N801
    """The first argument where the second is not negative, else NaN."""

    nargs = (2,)


class dominated_by(sympy.Function):  # type: ignore[misc]  # noqa: N801
    """The second argument where the first is below zero, the third elsewhere."""

    nargs = (3,)


class or_zero(sympy.Function):  # type: ignore[misc]  # noqa: N801
    """The argument, or zero where it is not a number."""

    nargs = (1,)


class below(sympy.Function):  # type: ignore[misc]  # noqa: N801
    """The third argument where the first is below the second, the fourth elsewhere."""

    nargs = (4,)


@dataclass(frozen=True, slots=True)
class Raised:
    """A formula, and the nodes that its variables stand for.

    Parameters
    ----------
    expression : Expr
    leaves : dict
        From each variable to a position.
    """

    expression: Expr
    leaves: dict[sympy.Symbol, int]


def is_exact(expression: Expr) -> bool:
    """Return whether an expression is a variable that stands for an argument."""
    return isinstance(expression, sympy.Symbol) and expression.name.startswith(EXACT)


def raise_node(builder: ProgramBuilder, position: int, largest: int = LARGEST) -> Raised | None:
    """Return a node as a SymPy expression in variables that stand for other nodes.

    Parameters
    ----------
    builder : ProgramBuilder
        What holds the node.
    position : int
        The node.
    largest : int
        The number of operations that are raised at most.

    Returns
    -------
    Raised or None
        None where the node itself has no form in SymPy.
    """
    inside = _inside(builder, position, largest)
    if position not in inside:
        return None
    expressions: dict[int, Expr] = {}
    leaves: dict[sympy.Symbol, int] = {}
    for place in sorted(inside | _operands(builder, inside)):
        node = builder.nodes[place]
        if node.operation == "constant":
            expressions[place] = node.value
        elif place in inside:
            operands = [expressions[operand] for operand in node.operands]
            expressions[place] = _expression(node, operands)
        else:
            # Named by their order, so that the same formula has the same names everywhere.
            kind = EXACT if node.operation == "argument" else "v"
            symbol = sympy.Symbol(f"{kind}{len(leaves)}", real=True)
            leaves[symbol] = place
            expressions[place] = symbol
    return Raised(expressions[position], leaves)


def _inside(builder: ProgramBuilder, position: int, largest: int) -> set[int]:
    """Return the nodes that are raised: those with a SymPy form, nearest to the root first."""
    inside: set[int] = set()
    queue = [position]
    while queue and len(inside) < largest:
        place = queue.pop(0)
        node = builder.nodes[place]
        if place in inside or not _has_form(node):
            continue
        inside.add(place)
        queue.extend(node.operands)
    return inside


def _operands(builder: ProgramBuilder, inside: set[int]) -> set[int]:
    return {operand for place in inside for operand in builder.nodes[place].operands}


def _has_form(node: Node) -> bool:
    if node.operation == "call":
        return node.value in FORMS
    return node.operation in ARITHMETIC or node.operation == "integer_power"


def _expression(node: Node, operands: Sequence[Expr]) -> Expr:
    if node.operation == "integer_power":
        return operands[0] ** int(node.value)
    if node.operation == "call":
        return FORMS[node.value](*operands)
    return ARITHMETIC[node.operation](*operands)


ARITHMETIC: dict[str, Callable[..., Expr]] = {
    "negative": lambda a: -a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "square_root": sympy.sqrt,
    "multiply_add": lambda a, b, c: a * b + c,
}

# Functions that algebra knows something about; the values of others become variables.
FORMS: dict[str, Callable[..., Expr]] = {
    name: FUNCTIONS[name].classes[0]
    for name in (
        *("sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "sinh", "cosh"),
        *("tanh", "coth", "sech", "csch", "asinh", "acosh", "atanh", "exp", "log", "erf", "erfc"),
    )
}
FORMS["expm1"] = lambda x: sympy.exp(x) - 1
FORMS["log1p"] = lambda x: sympy.log(1 + x)
FORMS["power"] = lambda x, y: x**y
FORMS["hypot"] = lambda x, y: sympy.sqrt(x**2 + y**2)
FORMS["absolute"] = sympy.Abs


def _scaled_erfc_term(x: Term) -> Term:
    return call("erfcx", x)


def _split_square_exp_term(x: Term, rate: Term) -> Term:
    """Return exp(-r x**2): the rounding error of x**2 would be multiplied by its size."""
    number = rate.exact
    if number is None:
        raise ValueError("the rate of a Gaussian must be a constant")
    square = x * x
    rest = x.make("fused_multiply_add", x, x, -square)
    if not is_power_of_two(number):
        nearest = sympy.Rational(float(number))
        product = square * nearest
        rest = (
            square.make("fused_multiply_add", square, x._lift(nearest), -product)
            + square * (number - nearest)
            + rest * nearest
        )
        square = product
    else:
        square, rest = square * number, rest * number
    main = call("exp", -square)
    # Where the square overflows its remainder is not a number, and the exponential is 0.
    return choose(main.compare("==", 0), 0, main - main * rest)


TERMS: dict[type, Callable[..., Term]] = {
    scaled_erfc: _scaled_erfc_term,
    SplitSquareExp: _split_square_exp_term,
    not_below_zero: lambda x, u: choose(u.make("compare", u._lift(0), u, value="<="), x, nan(x)),
    dominated_by: lambda u, a, b: choose(u.compare("<", 0), a, b),
    or_zero: lambda x: choose(x.compare("==", x), x, 0),
    below: lambda u, limit, a, b: choose(u.compare("<", limit), a, b),
}


def lowered(builder: ProgramBuilder, expression: Expr, leaves: Mapping[sympy.Symbol, int]) -> int:
    """Append the nodes of an expression and return the position of its value.

    Parameters
    ----------
    builder : ProgramBuilder
        What collects the nodes.
    expression : Expr
        In the variables of `leaves`; the functions of this module may occur in it.
    leaves : mapping
        From each variable to a position.

    Raises
    ------
    TypeError, ValueError, NotImplementedError
        If the expression is no real formula.
    """
    known = dict(leaves)
    while True:
        special = sorted(
            (node for node in expression.atoms(*TERMS) if not _inner(node).atoms(*TERMS)),
            key=sympy.default_sort_key,
        )
        if not special:
            return _plain(builder, expression, known)
        replaced: dict[Expr, Expr] = {}
        for node in special:
            operands = [Term(builder, _plain(builder, part, known)) for part in node.args]
            symbol = sympy.Symbol(f"w{len(known)}", real=True)
            known[symbol] = TERMS[type(node)](*operands).position
            replaced[node] = symbol
        expression = expression.xreplace(replaced)


def _inner(node: Expr) -> Expr:
    return sympy.Tuple(*node.args)


def _plain(builder: ProgramBuilder, expression: Expr, known: Mapping[sympy.Symbol, int]) -> int:
    used = sorted(expression.free_symbols, key=lambda symbol: known[symbol])
    program = lower(used, (expression,))
    places = builder.include(program, [known[symbol] for symbol in used])
    return places[program.outputs[0]]
