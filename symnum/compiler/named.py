"""Named functions of the engines inside a program: their stable form and their derivatives.

A named function stays one node until it has been differentiated, because its derivative has a
formula of its own; differentiating the stable form, a series joined to a quotient, would lose the
digits for which it was made.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr
from sympy.core.function import ArgumentIndexError

from symnum.compiler.lowering import lower
from symnum.compiler.terms import Term
from symnum.errors import UnsupportedNodeError
from symnum.expressions.named_functions import NamedFunction

__all__ = ["named_slope", "named_value"]


def named_value(kind: type[NamedFunction], operands: Sequence[Term]) -> Term:
    """Append the stable form of a named function.

    Parameters
    ----------
    kind : type
        The function.
    operands : sequence of Term
        Its operands; constants among them are parameters of the form.

    Raises
    ------
    NotImplementedError
        If the function has no stable form.
    """
    written = kind.written_form()
    if written is not None:
        return _appended(written[1], written[0], operands)
    arguments = _arguments(operands)
    form = kind.stable_form(*arguments)
    if not isinstance(form, Expr):
        raise NotImplementedError(f"{kind.__name__} is a named function without a stable form")
    return _appended(form, arguments, operands)


def named_slope(kind: type[NamedFunction], operands: Sequence[Term], place: int) -> Term:
    """Append the derivative of a named function in one operand.

    Parameters
    ----------
    kind : type
        The function.
    operands : sequence of Term
        Its operands.
    place : int
        Which operand.

    Raises
    ------
    UnsupportedNodeError
        If the function has no formula for it.
    """
    arguments = _arguments(operands)
    application = kind(*arguments)
    try:
        slope = application.diff(arguments[place])
    except ArgumentIndexError:
        slope = None
    if slope is None or slope.has(sympy.Derivative, sympy.Subs):
        raise UnsupportedNodeError(
            f"no formula for the derivative of {kind.__name__} in operand {place}"
        )
    return _appended(slope, arguments, operands)


def _arguments(operands: Sequence[Term]) -> list[Expr]:
    """Return exact numbers for constant operands and symbols for the others."""
    return [
        sympy.Dummy(f"a{place}") if operand.exact is None else operand.exact
        for place, operand in enumerate(operands)
    ]


def _appended(expression: Expr, arguments: Sequence[Expr], operands: Sequence[Term]) -> Term:
    builder = operands[0].builder
    free = [k for k, argument in enumerate(arguments) if isinstance(argument, sympy.Symbol)]
    program = lower(
        [arguments[k] for k in free], (expression,), complex_valued=builder.complex_valued
    )
    places = builder.include(program, [operands[k].position for k in free])
    return Term(builder, places[program.outputs[0]])
