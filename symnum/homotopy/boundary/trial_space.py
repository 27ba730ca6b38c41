r"""The deformation equations of a boundary-value problem in exact functions.

A `TrialSpace` says what the functions are, which linear operator L is inverted, and what its
kernel is. With u_0 from the conditions, the terms at c0 = -1 are

    u_m = chi_m u_(m-1) - L^(-1) R_m + kernel,   R_m = [q**(m-1)] N[phi, Lambda],

where the kernel and the newest terms of the unknown numbers, which enter R_m linearly, come from
the conditions made homogeneous: a small exact linear system.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic, TypeVar, final

import flint
import numpy as np
import sympy
from numpy.typing import NDArray

from symnum.algebra.coefficients import Algebra, NoJetError
from symnum.algebra.jets import JetProgram
from symnum.algebra.power_series import NumberAlgebra, shortened_number
from symnum.homotopy.boundary.problem import BoundaryProblem, Condition
from symnum.homotopy.boundary.series import HomotopyTerms
from symnum.homotopy.errors import BranchError, HomotopyError, NonAnalyticError, ResonanceError
from symnum.homotopy.sampled_equation import separate

__all__ = ["ExactTerms", "TrialSpace", "deform_exactly", "solve_exactly"]

Array = NDArray[np.float64]
E = TypeVar("E")


class TrialSpace(ABC, Generic[E]):
    """Functions of x with exact coefficients.

    Attributes
    ----------
    problem : BoundaryProblem
    algebra : Algebra
    numbers : NumberAlgebra
    expr : Expr
        The left side of the equation, perhaps multiplied by a power of the variable.
    """

    problem: BoundaryProblem
    algebra: Algebra[Any]
    numbers: NumberAlgebra
    expr: sympy.Expr

    @property
    @abstractmethod
    def is_closed(self) -> bool:
        """Whether nothing was rounded or cut off: the terms solve their equations exactly."""

    @abstractmethod
    def known(self, expr: sympy.Expr) -> E:
        """Return a function of x that occurs in the equation."""

    @abstractmethod
    def start(self) -> E:
        """Return u_0, which satisfies the conditions."""

    @abstractmethod
    def kernel(self) -> list[E]:
        """Return the functions that L maps to zero."""

    @abstractmethod
    def invert(self, side: E) -> E:
        """Return a function that L maps to `side`."""

    @abstractmethod
    def derivative(self, function: E) -> E:
        """Return the derivative."""

    @abstractmethod
    def condition_values(self, condition: Condition, function: E) -> list[flint.fmpq]:
        """Return what must vanish where the homogeneous condition holds."""

    @abstractmethod
    def combine(self, function: E, other: E, factor: flint.fmpq) -> E:
        """Return ``function + factor * other``."""

    @abstractmethod
    def rounded(self, function: E) -> E:
        """Return the function with shorter coefficients where these are rounded anyway."""

    @abstractmethod
    def expression(self, function: E) -> sympy.Expr:
        """Return the function as an expression in x."""

    @abstractmethod
    def fractions(self, function: E, x: Sequence[float]) -> list[Fraction]:
        """Return the values at points to many digits."""

    @abstractmethod
    def operator(self, function: sympy.Expr) -> sympy.Expr:
        """Return ``L[function]`` as an expression, derivatives not carried out."""

    @property
    @abstractmethod
    def factor(self) -> sympy.Expr:
        """By which the equation was multiplied."""


@final
@dataclass(frozen=True, slots=True)
class ExactTerms(HomotopyTerms, Generic[E]):
    """Homotopy terms in a trial space.

    Parameters
    ----------
    space : TrialSpace
    functions : list
        u_0, ..., u_M.
    number_terms : mapping
        Unknown number -> its terms, as rationals.
    """

    space: TrialSpace[E]
    functions: list[E]
    number_terms: Mapping[sympy.Symbol, list[sympy.Rational]]
    _derivatives: list[list[E]] = field(default_factory=list, repr=False)

    @property
    def order(self) -> int:
        """M."""
        return len(self.functions) - 1

    @property
    def numbers(self) -> Mapping[sympy.Symbol, Sequence[Any]]:
        """The terms of each unknown number."""
        return self.number_terms

    def expressions(self) -> list[sympy.Expr]:
        """Return the terms as expressions in x."""
        return [self.space.expression(function) for function in self.functions]

    def values(self, x: Array, derivative: int) -> Array:
        """Return a derivative of each term at points."""
        table = [[float(v) for v in row] for row in self.exact_table(x, derivative)]
        return np.array(table, dtype=np.float64).reshape(len(self.functions), len(x))

    def exact_table(self, x: Array, derivative: int) -> list[list[Fraction]]:
        """Return a derivative of each term at points, one list a term."""
        while len(self._derivatives) <= derivative:
            last = self._derivatives[-1] if self._derivatives else None
            self._derivatives.append(
                self.functions if last is None else [self.space.derivative(f) for f in last]
            )
        points = [float(v) for v in x]
        return [self.space.fractions(f, points) for f in self._derivatives[derivative]]


def deform_exactly(space: TrialSpace[E], order: int) -> ExactTerms[E]:
    """Solve the deformation equations at c0 = -1 up to an order.

    Parameters
    ----------
    space : TrialSpace
    order : int
        M.

    Returns
    -------
    ExactTerms

    Raises
    ------
    NonAnalyticError
        A function that the space does not know, by name.
    HomotopyError
        An unknown number that does not enter linearly.
    """
    problem = space.problem
    try:
        return _deform(space, order)
    except NoJetError as error:
        raise NonAnalyticError(
            f"basis: {problem.equation.lhs} cannot be treated in this basis: {error.function}: "
            f"{error.reason}; basis='chebyshev' treats every analytic function"
        ) from error


def _deform(space: TrialSpace[E], order: int) -> ExactTerms[E]:
    problem = space.problem
    expr, known = separate(space.expr, problem.variable, {*problem.slots, *problem.unknowns})
    program: JetProgram[Any] = JetProgram(space.algebra)
    for symbol, source in known.items():
        program.declare(symbol, [space.known(source)])
    for symbol in (*problem.slots, *problem.unknowns):
        program.declare(symbol)
    jet = program.compile(expr)
    slopes = [program.compile(sympy.diff(expr, symbol)) for symbol in problem.unknowns]
    if any(sympy.diff(expr, a, b) != 0 for a in problem.unknowns for b in problem.unknowns):
        names = ", ".join(str(symbol) for symbol in problem.unknowns)
        raise HomotopyError(
            f"basis: the unknown {names} must enter the equation linearly here; "
            "basis='chebyshev' has no such limit"
        )
    functions = [space.start()]
    values: dict[sympy.Symbol, list[flint.fmpq]] = {symbol: [] for symbol in problem.unknowns}
    kernel = space.kernel()
    responses: list[E] = []
    for m in range(1, order + 2):
        marks = program.lengths()
        _feed(space, program, functions[-1], [flint.fmpq(0)] * len(values))
        particular = space.invert(jet.coefficient(m - 1))
        if m == 1:
            responses = [space.invert(slope.coefficient(0)) for slope in slopes]
        if m > order and not values:
            break
        new, numbers = _with_conditions(space, particular, responses, kernel)
        if not space.numbers.is_exact:
            numbers = [shortened_number(number) for number in numbers]
        for symbol, number in zip(values, numbers, strict=True):
            values[symbol].append(number)
        if m > order:
            break
        if values:
            for symbol in (*problem.slots, *problem.unknowns):
                program.withdraw(symbol)
            program.retract(marks)
            _feed(space, program, functions[-1], numbers)
        if m > 1:
            new = space.combine(functions[-1], new, flint.fmpq(-1))
        else:
            new = space.combine(space.algebra.zero, new, flint.fmpq(-1))
        functions.append(space.rounded(new))
    terms = {
        symbol: [sympy.Rational(int(v.p), int(v.q)) for v in found]
        for symbol, found in values.items()
    }
    return ExactTerms(space, functions, terms)


def _feed(
    space: TrialSpace[E], program: JetProgram[Any], function: E, numbers: Sequence[flint.fmpq]
) -> None:
    for slot in space.problem.slots:
        program.feed(slot, function)
        function = space.derivative(function)
    for symbol, number in zip(space.problem.unknowns, numbers, strict=True):
        value = sympy.Rational(int(number.p), int(number.q))
        program.feed(symbol, space.algebra.constant(value))


def _with_conditions(
    space: TrialSpace[E], particular: E, responses: list[E], kernel: list[E]
) -> tuple[E, list[flint.fmpq]]:
    """Return ``L^(-1) R`` with homogeneous conditions, and the newest terms of the numbers."""
    conditions = space.problem.conditions
    functions = [*responses, *kernel, particular]
    rows: list[list[flint.fmpq]] = []
    for condition in conditions:
        values = [space.condition_values(condition, function) for function in functions]
        length = max((len(value) for value in values), default=0)
        rows.extend(
            [value[i] if i < len(value) else flint.fmpq(0) for value in values]
            for i in range(length)
        )
    solution = solve_exactly([row[:-1] for row in rows], [-row[-1] for row in rows])
    if solution is None:
        raise ResonanceError(
            f"conditions: resonance: L with the conditions of {space.problem.equation.lhs} = 0 "
            "made homogeneous has no inverse in this basis; try basis='chebyshev'"
        )
    found, free = solution
    if free and responses:
        names = ", ".join(str(symbol) for symbol in space.problem.unknowns)
        raise BranchError(f"conditions: they do not determine {names} in this basis")
    if free:
        raise ResonanceError(
            "conditions: resonance: the highest derivative with these conditions has functions in "
            "its kernel; try basis='chebyshev'"
        )
    result = particular
    for value, function in zip(found, functions[:-1], strict=True):
        if value:
            result = space.combine(result, function, value)
    return result, found[: len(responses)]


def solve_exactly(
    rows: Sequence[Sequence[flint.fmpq]], sides: Sequence[flint.fmpq]
) -> tuple[list[flint.fmpq], bool] | None:
    """Solve a linear system of any shape exactly.

    Parameters
    ----------
    rows : sequence of sequences of fmpq
    sides : sequence of fmpq

    Returns
    -------
    (values, free) or None
        A solution, with 0 for unknowns that are free, and whether there are any; None where there
        is no solution.

    Examples
    --------
    >>> one, two = flint.fmpq(1), flint.fmpq(2)
    >>> solve_exactly([[one, one], [one, two]], [two, two])
    ([2, 0], False)
    """
    width = len(rows[0]) if rows else 0
    matrix = flint.fmpq_mat(
        len(rows),
        width + 1,
        [entry for row, side in zip(rows, sides, strict=True) for entry in (*row, side)],
    )
    reduced, rank = matrix.rref()
    values, pivots = [flint.fmpq(0)] * width, 0
    for i in range(rank):
        column = next(j for j in range(width + 1) if reduced[i, j])
        if column == width:
            return None
        values[column] = reduced[i, width]
        pivots += 1
    return values, pivots < width
