"""Regular branches of analytic equations with a small parameter, by jets."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, final

import sympy

from symnum.algebra.coefficients import ExpressionAlgebra, NoJetError
from symnum.algebra.extensions import SimpleExtension
from symnum.algebra.field_algebra import FieldAlgebra, generators_at
from symnum.algebra.jets import JetProgram
from symnum.homotopy.errors import BranchError, NonAnalyticError

__all__ = ["RegularRoot", "regular_root", "transcendental_starts", "undisturbed_equation"]

ZERO_DIGITS = 30
HIGHEST_MULTIPLICITY = 12


@final
class RegularRoot:
    """The power series of a simple root, order by order.

    Parameters
    ----------
    expr : Expr
        F(x, eps), what vanishes.
    symbols : pair of Symbol
        The unknown and the small parameter.
    algebra : FieldAlgebra
        Of the coefficients.
    start : element of the field
        The root at eps = 0.
    """

    ramification = 1
    leading_exponent = Fraction(0)

    def __init__(
        self,
        expr: sympy.Expr,
        symbols: tuple[sympy.Symbol, sympy.Symbol],
        algebra: FieldAlgebra,
        start: Any,
    ) -> None:
        self.field = algebra.field
        self._unknown, small = symbols
        self._known = [start]
        self._program: JetProgram[Any] = JetProgram(algebra)
        self._program.declare(small, [algebra.zero, self.field.element(1)])
        self._program.declare(self._unknown)
        self._program.feed(self._unknown, start)
        self._jet = self._program.compile(expr)
        self._jet.coefficient(0)
        self._slope = self._program.compile(sympy.diff(expr, self._unknown)).coefficient(0)
        value = algebra.expression(self._slope)
        if self._slope == 0 or (value.is_number and abs(value.evalf(ZERO_DIGITS)) < 1e-20):
            raise BranchError(
                f"equation: at {small} = 0 the root {self._unknown} = {algebra.expression(start)} "
                "is repeated; of an equation that is no polynomial only regular branches, those "
                "from simple roots, are expanded"
            )

    def coefficients(self, order: int) -> list[Any]:
        """Return the coefficients up to an order: what F leaves at x_m = 0 is ``-F_x x_m``."""
        while len(self._known) <= order:
            lengths = self._program.lengths()
            self._program.feed(self._unknown, self.field.element(0))
            rest = self._jet.coefficient(len(self._known))
            self._program.withdraw(self._unknown)
            self._program.retract(lengths)
            self._known.append(rest * (-1) / self._slope)
            self._program.feed(self._unknown, self._known[-1])
        return self._known[: order + 1]


def regular_root(
    expr: sympy.Expr,
    symbols: tuple[sympy.Symbol, sympy.Symbol],
    algebra: FieldAlgebra,
    start: Any,
) -> Iterator[tuple[RegularRoot, FieldAlgebra, int]]:
    """Return the branches that start from a root and its conjugates.

    Parameters
    ----------
    expr, symbols
        As for `RegularRoot`.
    algebra : FieldAlgebra
    start : element of its field

    Yields
    ------
    branch : RegularRoot
    algebra : FieldAlgebra
        Writes its coefficients.
    conjugate : int

    Raises
    ------
    NonAnalyticError, BranchError
    """
    unknown, small = symbols
    if isinstance(algebra.field, SimpleExtension):
        try:
            branch = RegularRoot(expr, symbols, algebra, start)
            branch.coefficients(1)
        except NoJetError:
            pass  # values such as sin(sqrt(2)) lie outside of the field
        else:
            for conjugate in range(algebra.field.conjugate_count):
                yield branch, algebra, conjugate
            return
    for conjugate in range(algebra.field.conjugate_count):
        root = algebra.expression(start, conjugate)
        try:
            _, wider = generators_at(expr, {unknown: root}, small)
            yield RegularRoot(expr, symbols, wider, wider.constant(root)), wider, 0
        except NoJetError as error:
            raise NonAnalyticError(
                f"equation: {expr} has no power series in {small} at {unknown} = {root}: "
                f"{error.function}: {error.reason}"
            ) from error


def transcendental_starts(
    undisturbed: sympy.Expr, unknown: sympy.Symbol
) -> list[tuple[sympy.Expr, int]]:
    """Return the real roots of an equation that is no polynomial, with multiplicities.

    Raises
    ------
    BranchError
        They have no closed form, or are infinitely many.
    """
    found = sympy.solveset(undisturbed, unknown, sympy.S.Reals)
    if not isinstance(found, sympy.FiniteSet):
        raise BranchError(
            f"equation: the roots of {undisturbed} = 0, from which the branches start, have no "
            "closed form or are infinitely many"
        )
    return [(root, _multiplicity(undisturbed, unknown, root)) for root in found]


def _multiplicity(undisturbed: sympy.Expr, unknown: sympy.Symbol, root: sympy.Expr) -> int:
    """Return how many derivatives vanish at a root, the function included."""
    value = undisturbed
    for count in range(1, HIGHEST_MULTIPLICITY):
        value = sympy.diff(value, unknown)
        here = sympy.simplify(value.subs(unknown, root))
        if here != 0 and not (here.is_number and abs(here.evalf(ZERO_DIGITS)) < 1e-20):
            return count
    raise BranchError(f"equation: the root {unknown} = {root} is repeated too often")


def undisturbed_equation(
    expr: sympy.Expr, unknown: sympy.Symbol, small: sympy.Symbol
) -> sympy.Expr:
    """Return the equation at eps = 0.

    Raises
    ------
    NonAnalyticError
        It has no power series in eps.
    """
    program: JetProgram[sympy.Expr] = JetProgram(ExpressionAlgebra())
    program.declare(small, [sympy.S.Zero, sympy.S.One])
    program.declare(unknown, [unknown])
    try:
        return sympy.expand(program.compile(expr).coefficient(0))
    except NoJetError as error:
        raise NonAnalyticError(
            f"equation: {expr} has no power series in {small}: {error.function}: {error.reason}"
        ) from error
