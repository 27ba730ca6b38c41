"""Programs as plain data, which can be stored and read by another process."""

from __future__ import annotations

import sympy

from symnum.compiler.program import Node, Program

__all__ = ["Plain", "plain_program", "program_from_plain"]

# A program as tuples of text and numbers.
Plain = tuple[
    tuple[tuple[str, tuple[int, ...], "str | int | bool | None"], ...], tuple[int, ...], int, bool
]


def plain_program(program: Program) -> Plain:
    """Return a program as plain data.

    Examples
    --------
    >>> program = Program((Node("argument", (), 0), Node("negative", (0,))), (1,), 1)
    >>> program_from_plain(plain_program(program)) == program
    True
    """
    nodes = tuple((node.operation, node.operands, _plain_value(node)) for node in program.nodes)
    return nodes, program.outputs, program.arity, program.complex_valued


def program_from_plain(plain: Plain) -> Program:
    """Return the program that plain data stand for.

    Raises
    ------
    ValueError
        If they are no program.
    """
    rows, outputs, arity, complex_valued = plain
    nodes = tuple(
        Node(operation, tuple(operands), _value(operation, value))
        for operation, operands, value in rows
    )
    return Program(nodes, tuple(outputs), arity, complex_valued).validate()


def _plain_value(node: Node) -> str | int | bool | None:
    if node.operation == "constant":
        return str(sympy.srepr(node.value))
    if node.operation == "named":
        raise ValueError("named functions must be expanded before a program is stored")
    value: str | int | bool | None = node.value
    return value


def _value(operation: str, value: str | int | bool | None) -> object:
    if operation != "constant":
        return value
    return _constant(str(value))


def _constant(text: str) -> sympy.Expr:
    if text.startswith(("Integer(", "Rational(")):
        numbers = text[text.index("(") + 1 : -1].split(",")
        return sympy.Rational(*(int(number) for number in numbers))
    return sympy.sympify(text)
