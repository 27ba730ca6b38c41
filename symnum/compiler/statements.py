"""A program as a list of statements, and the list cut into pieces that Numba compiles quickly.

Two decisions are taken here. A product that is used once, by an addition, is fused with it, except
where the other operand is a product too: a*b - c*d must vanish where both products are equal, and
must not change its sign for a rounding error. And since Numba's time grows faster than the length
of a function, a long program is cut where the fewest values are alive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from symnum.compiler.functions import IMPLEMENTATIONS
from symnum.compiler.literals import literal
from symnum.compiler.program import Node, Program

__all__ = ["Body", "Piece", "Statement", "cut", "statements_of"]

# A piece has at most this many statements; the cut is looked for in the last third.
LONGEST_PIECE = 150

REAL_OPERATIONS: Mapping[str, str] = {
    "negative": "-{0}",
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "square_root": "math.sqrt({0})",
    "both": "{0} & {1}",
    "either": "{0} | {1}",
    "negate": "not {0}",
    "select": "select({0}, {1}, {2})",
}

# The operators of Numba divide complex numbers with an exception for zero.
COMPLEX_OPERATIONS: Mapping[str, str] = {
    **REAL_OPERATIONS,
    "divide": "numpy.divide({0}, {1})",
    "square_root": "numpy.sqrt({0})",
}

# Complex numbers are compared by their real parts; false where an imaginary part is not zero.
COMPLEX_COMPARISONS: Mapping[str, str] = {
    "<": "complex_less({0}, {1})",
    "<=": "complex_less_equal({0}, {1})",
    ">": "complex_less({1}, {0})",
    ">=": "complex_less_equal({1}, {0})",
    "==": "{0} == {1}",
    "!=": "{0} != {1}",
}

# What rounds a product or a quotient: next to these a product is not fused.
PRODUCTS = frozenset(["multiply", "divide", "integer_power"])


@dataclass(frozen=True, slots=True)
class Statement:
    """One value: the lines that compute it, its own name, and the names it needs."""

    name: str
    lines: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive statements with the names that come in and go out."""

    statements: tuple[Statement, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """The statements of a program, its constants, and the names of its results.

    Parameters
    ----------
    statements : tuple of Statement
        In an order in which each stands after what it needs.
    constants : tuple of (str, str)
        Names and texts of the constants that cannot stand in an expression.
    results : tuple of str
        Names or literals of the outputs.
    """

    statements: tuple[Statement, ...]
    constants: tuple[tuple[str, str], ...]
    results: tuple[str, ...]


def statements_of(program: Program, kind: str) -> Body:
    """Return the statements of a program.

    Parameters
    ----------
    program : Program
        In its final form.
    kind : str
        ``"real"``, ``"single"`` or ``"complex"``.
    """
    names: list[str] = []
    constants: dict[str, str] = {}
    fused = {} if kind == "complex" else _fused_products(program)
    absorbed = {product for product, _ in fused.values()}
    statements: list[Statement] = []
    for position, node in enumerate(program.nodes):
        if node.operation == "constant":
            names.append(_constant_name(literal(node.value, kind), kind, constants))
        elif node.operation == "argument":
            names.append(f"a{node.value}")
        else:
            names.append(f"v{position}")
            if position in fused:
                product, template = fused[position]
                operands = (*_factors(program.nodes[product]), *node.operands)
                statements.append(_statement(names, position, template, operands))
            elif node.operation == "integer_power" and position not in absorbed:
                statements.append(_power(names, position, node, _constant_one(kind, constants)))
            elif position not in absorbed:
                template = _template(node, kind)
                statements.append(_statement(names, position, template, node.operands))
    results = tuple(names[output] for output in program.outputs)
    declared = tuple((name, text) for text, name in constants.items())
    return Body(tuple(statements), declared, results)


def _constant_name(text: str, kind: str, constants: dict[str, str]) -> str:
    """Write doubles where they are used; typed constants are names of the generated module."""
    if kind == "real":
        return text if text[0] != "-" else f"({text})"
    return constants.setdefault(text, f"c{len(constants)}")


def _constant_one(kind: str, constants: dict[str, str]) -> str:
    one = {"real": "1.0", "single": "numpy.float32(1.0)", "complex": "complex(1.0, 0.0)"}[kind]
    return _constant_name(one, kind, constants)


def _template(node: Node, kind: str) -> str:
    if node.operation == "call":
        return IMPLEMENTATIONS[node.value].template(kind)
    if node.operation == "truth":
        return repr(node.value)
    if node.operation == "compare":
        return COMPLEX_COMPARISONS[node.value] if kind == "complex" else f"{{0}} {node.value} {{1}}"
    operations = COMPLEX_OPERATIONS if kind == "complex" else REAL_OPERATIONS
    return operations[node.operation]


def _statement(
    names: Sequence[str], position: int, template: str, operands: Sequence[int]
) -> Statement:
    used = [names[operand] for operand in operands]
    fields = (int(field) for _, field, _, _ in Formatter().parse(template) if field)
    needs = dict.fromkeys(used[field] for field in fields if _is_variable(used[field]))
    return Statement(f"v{position}", (f"v{position} = {template.format(*used)}",), tuple(needs))


def _is_variable(name: str) -> bool:
    return name[0] in "av"


def _power(names: Sequence[str], position: int, node: Node, one: str) -> Statement:
    """Raise to an integer power by squaring.

    For a negative exponent the reciprocal comes first: the power of x may overflow, or lose digits
    as a subnormal number, where that of 1/x is an ordinary number.
    """
    base = names[node.operands[0]]
    name = f"v{position}"
    lines: list[str] = []
    square = base
    if node.value < 0:
        square = f"{name}_reciprocal"
        template = "numpy.divide({0}, {1})" if one[0] == "c" else "{0} / {1}"
        lines.append(f"{square} = {template.format(one, base)}")
    total = ""
    for step, digit in enumerate(reversed(f"{abs(node.value):b}")):
        if step:
            lines.append(f"{name}_square{step} = {square} * {square}")
            square = f"{name}_square{step}"
        if digit == "1" and total:
            lines.append(f"{name}_product{step} = {total} * {square}")
            total = f"{name}_product{step}"
        elif digit == "1":
            total = square
    lines.append(f"{name} = {total}")
    return Statement(name, tuple(lines), (base,) if _is_variable(base) else ())


def _factors(node: Node) -> tuple[int, int]:
    return (node.operands[0], node.operands[-1])


def _fused_products(program: Program) -> dict[int, tuple[int, str]]:
    """Map an addition to the product it absorbs and the template of the fused operation.

    In the template, operands 0 and 1 are the factors, 2 and 3 the operands of the addition.
    """
    uses = Counter(operand for node in program.nodes for operand in node.operands)
    uses.update(program.outputs)
    fused: dict[int, tuple[int, str]] = {}
    for position, node in enumerate(program.nodes):
        if node.operation not in ("add", "subtract"):
            continue
        left, right = node.operands
        products = [_is_product(program.nodes[side]) for side in (left, right)]
        rounded = [program.nodes[side].operation in PRODUCTS for side in (left, right)]
        if products[1] and not rounded[0] and uses[right] == 1:
            first = "-{0}" if node.operation == "subtract" else "{0}"
            fused[position] = (right, f"multiply_add({first}, {{1}}, {{2}})")
        elif products[0] and not rounded[1] and uses[left] == 1:
            last = "-{3}" if node.operation == "subtract" else "{3}"
            fused[position] = (left, f"multiply_add({{0}}, {{1}}, {last})")
    return fused


def _is_product(node: Node) -> bool:
    return node.operation == "multiply" or (node.operation == "integer_power" and node.value == 2)


def cut(statements: Sequence[Statement], results: Sequence[str]) -> list[Piece]:
    """Cut statements into pieces of at most `LONGEST_PIECE`, where the fewest values are alive.

    Parameters
    ----------
    statements : sequence of Statement
        All statements of a program.
    results : sequence of str
        The names that are alive at the end.
    """
    end = len(statements)
    last_use = dict.fromkeys(results, end)
    for index in range(end - 1, -1, -1):
        for name in statements[index].needs:
            last_use.setdefault(name, index)
    alive = _alive(statements, last_use)
    pieces = []
    start = 0
    while start < end:
        stop = min(start + LONGEST_PIECE, end)
        if stop < end:
            candidates = range(stop, stop - LONGEST_PIECE // 3, -1)
            stop = min(candidates, key=lambda border: alive[border])
        pieces.append(_piece(statements[start:stop], last_use, stop))
        start = stop
    return pieces


def _alive(statements: Sequence[Statement], last_use: Mapping[str, int]) -> list[int]:
    """Return, for each border, how many values made before it are used after it."""
    change = [0] * (len(statements) + 2)
    for index, statement in enumerate(statements):
        change[index + 1] += 1
        change[last_use.get(statement.name, index) + 1] -= 1
    total, alive = 0, []
    for step in change:
        total += step
        alive.append(total)
    return alive


def _piece(statements: Sequence[Statement], last_use: Mapping[str, int], stop: int) -> Piece:
    made = {statement.name for statement in statements}
    inputs = dict.fromkeys(
        name for statement in statements for name in statement.needs if name not in made
    )
    names = (statement.name for statement in statements)
    outputs = tuple(name for name in names if last_use.get(name, -1) >= stop)
    return Piece(tuple(statements), tuple(inputs), outputs)
