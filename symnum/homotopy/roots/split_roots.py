"""Branches of an analytic equation from a repeated root, by Newton's polygon of its Taylor series.

Near a root c of multiplicity m at eps = 0 the equation is a power series in ``y = x - c`` and eps.
The m branches with y -> 0 are those of its truncations, as soon as these are long enough: the
length is doubled until the coefficients asked for stand still.
"""

from __future__ import annotations

from typing import Any

import sympy

from symnum.algebra.extensions import AlgebraicElement
from symnum.algebra.field_algebra import FieldAlgebra, generators_at
from symnum.algebra.fields import Field, RationalFunction
from symnum.algebra.jets import JetProgram
from symnum.algebra.puiseux import PuiseuxClass, small_classes
from symnum.algebra.taylor import TaylorAlgebra
from symnum.homotopy.errors import BranchError

__all__ = ["split_root"]

LONGEST = 128


def split_root(
    expr: sympy.Expr,
    symbols: tuple[sympy.Symbol, sympy.Symbol],
    start: sympy.Expr,
    multiplicity: int,
    order: int,
) -> list[tuple[PuiseuxClass, FieldAlgebra]]:
    """Return the series of all branches from a repeated root at eps = 0.

    Parameters
    ----------
    expr : Expr
    symbols : pair of Symbol
        The unknown and the small parameter.
    start : Expr
        The root.
    multiplicity, order : int

    Returns
    -------
    list of pairs
        The classes of conjugate branches, and what writes their coefficients.

    Raises
    ------
    BranchError
        The branches do not separate, as where the equation is a square.
    """
    field, numbers = generators_at(expr, {symbols[0]: start}, symbols[1])
    length = 2 * (order + multiplicity + 1)
    previous: list[Any] | None = None
    while length <= LONGEST:
        found = _classes(expr, symbols, numbers, field, start, length)
        shown = [(c.ramification, c.head, c.coefficients(order)) for c in found]
        count = sum(c.field.conjugate_count for c in found)
        if count == multiplicity and previous is not None and _same(previous, shown):
            return [(c, numbers.over(c.field)) for c in found]
        length, previous = 2 * length, shown
    raise BranchError(
        f"equation: the branches from the {multiplicity}-fold root {symbols[0]} = {start} at "
        f"{symbols[1]} = 0 do not separate within {LONGEST} powers"
    )


def _same(left: list[Any], right: list[Any]) -> bool:
    """Compare ramifications and coefficients; fields are made anew, so by their polynomials."""

    def plain(rows: list[Any]) -> list[tuple[int, list[str]]]:
        return [(row[0], [_text(c) for c in row[2]]) for row in rows]

    return plain(left) == plain(right)


def _text(element: Any) -> str:
    if isinstance(element, AlgebraicElement):
        return str([_text(c) for c in element.polynomial.coeffs()])
    if isinstance(element, RationalFunction):
        return f"{element.above}/{element.below}"
    return str(element)


def _classes(
    expr: sympy.Expr,
    symbols: tuple[sympy.Symbol, sympy.Symbol],
    numbers: FieldAlgebra,
    field: Field,
    start: sympy.Expr,
    length: int,
) -> list[PuiseuxClass]:
    algebra = TaylorAlgebra(numbers, length)
    program: JetProgram[Any] = JetProgram(algebra)
    root = numbers.constant(start)
    one = field.element(1)
    program.declare(symbols[0], [algebra.series([root, one])])
    program.declare(symbols[1], [algebra.zero, algebra.series([one])])
    jet = program.compile(expr)
    columns = [jet.coefficient(j).polynomial.coeffs() for j in range(length)]
    zero = field.element(0)
    rows = [
        field.polynomial([column[i] if i < len(column) else zero for column in columns])
        for i in range(length)
    ]
    return small_classes(field, rows, None if root == 0 else root)
