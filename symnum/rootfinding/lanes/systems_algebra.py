"""Small linear systems whose entries are terms of a program, solved without branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from sympy import Rational, S

from symnum.compiler.terms import Term, call, choose, constant

__all__ = [
    "Matrix",
    "Solution",
    "absolute",
    "all_of",
    "any_of",
    "dot",
    "irregular",
    "largest",
    "solve",
]

Row: TypeAlias = "list[Term]"
Matrix: TypeAlias = "list[list[Term]]"

#: Systems of so many unknowns are solved by the adjugate, larger ones by elimination.
MOST_ADJUGATE = 3
#: A determinant below this part of its terms, or a pivot of its column, is rounding.
SINGULAR = Rational(1, 2**44)


@dataclass(frozen=True, slots=True)
class Solution:
    """What solving a system gives.

    Attributes
    ----------
    columns : Matrix
        For each right side the solution.
    singular : Term
        Whether the matrix cannot be told from a singular one.
    """

    columns: Matrix
    singular: Term


def absolute(x: Term) -> Term:
    """Append |x|."""
    return call("absolute", x)


def largest(values: Sequence[Term]) -> Term:
    """Append the largest of some terms, NaN if one is NaN."""
    return reduce(lambda first, second: call("maximum", first, second), values)


def all_of(*conditions: Term) -> Term:
    """Append the conjunction of conditions."""
    return reduce(lambda first, second: first.make("both", first, second), conditions)


def any_of(*conditions: Term) -> Term:
    """Append the disjunction of conditions."""
    return reduce(lambda first, second: first.make("either", first, second), conditions)


def irregular(index: int) -> Rational:
    """Return a number between 1/2 and 1 with a sign, different for each unknown."""
    turns = (index + 1) * 40503 % 65536  # the golden section in 65536ths
    return Rational((-1) ** index * (65536 + turns), 2 * 65536)


def _times(x: Term, y: Term) -> Term:
    """Append a product; what is zero by structure costs nothing."""
    if x.exact is S.Zero or y.exact is S.One:
        return x
    return y if y.exact is S.Zero or x.exact is S.One else x * y


def _plus(x: Term, y: Term) -> Term:
    if x.exact is S.Zero:
        return y
    return x if y.exact is S.Zero else x + y


def _minus(x: Term, y: Term) -> Term:
    return x if y.exact is S.Zero else x - y


def dot(first: Sequence[Term], second: Sequence[Term]) -> Term:
    """Append the sum of products."""
    return reduce(_plus, map(_times, first, second))


def solve(matrix: Matrix, sides: Matrix) -> Solution:
    """Append the solutions of a system with several right sides.

    Parameters
    ----------
    matrix : list of list of Term
        The rows.
    sides : list of list of Term
        The right sides.

    Returns
    -------
    Solution
        Numbers without meaning where the matrix is singular.
    """
    if len(matrix) <= MOST_ADJUGATE:
        return _by_adjugate(matrix, sides)
    return _by_elimination(matrix, sides)


def _by_adjugate(matrix: Matrix, sides: Matrix) -> Solution:
    size = len(matrix)
    adjugate = ADJUGATES[size](matrix)
    products = [_times(a, b) for a, b in zip(matrix[0], (row[0] for row in adjugate), strict=True)]
    determinant = reduce(_plus, products)
    terms = reduce(_plus, map(absolute, _expansion(matrix)), constant(determinant, 0))
    # False for NaN, so that it counts as singular.
    regular = absolute(determinant).compare(">", terms * SINGULAR)
    inverse = 1 / determinant
    columns = [[_times(dot(row, side), inverse) for row in adjugate] for side in sides]
    return Solution(columns, regular.make("negate", regular))


def _expansion(matrix: Matrix) -> Row:
    """Return the products whose signed sum is the determinant."""
    if len(matrix) == 1:
        return [matrix[0][0]]
    return [
        _times(entry, product)
        for column, entry in enumerate(matrix[0])
        if entry.exact is not S.Zero
        for product in _expansion([row[:column] + row[column + 1 :] for row in matrix[1:]])
    ]


def _adjugate_of_one(matrix: Matrix) -> Matrix:
    return [[constant(matrix[0][0], 1)]]


def _adjugate_of_two(matrix: Matrix) -> Matrix:
    (a, b), (c, d) = matrix
    return [[d, -b], [-c, a]]


def _adjugate_of_three(matrix: Matrix) -> Matrix:
    def cofactor(i: int, j: int) -> Term:
        rows, columns = ((i + 1) % 3, (i + 2) % 3), ((j + 1) % 3, (j + 2) % 3)
        (a, b), (c, d) = ([matrix[row][column] for column in columns] for row in rows)
        return _minus(_times(a, d), _times(b, c))

    return [[cofactor(j, i) for j in range(3)] for i in range(3)]


ADJUGATES: dict[int, Callable[[Matrix], Matrix]] = {
    1: _adjugate_of_one,
    2: _adjugate_of_two,
    3: _adjugate_of_three,
}


def _by_elimination(matrix: Matrix, sides: Matrix) -> Solution:
    """Solve by Gauss elimination; the larger of two rows is taken by selecting every entry."""
    size = len(matrix)
    rows = [[*row, *(side[i] for side in sides)] for i, row in enumerate(matrix)]
    scales = [largest([absolute(row[k]) for row in matrix]) for k in range(size)]
    regular: list[Term] = []
    inverses: list[Term] = []
    for k in range(size):
        for i in range(k + 1, size):
            _order(rows, k, i)
        pivot = rows[k][k]
        regular.append(absolute(pivot).compare(">", scales[k] * SINGULAR))
        inverses.append(1 / pivot)
        for i in range(k + 1, size):
            if rows[i][k].exact is S.Zero:
                continue
            factor = rows[i][k] * inverses[k]
            for j in range(k + 1, len(rows[i])):
                rows[i][j] = _minus(rows[i][j], _times(factor, rows[k][j]))
    columns = []
    for side in range(size, size + len(sides)):
        column: Row = []
        for k in reversed(range(size)):
            rest = rows[k][side]
            if column:
                rest = _minus(rest, dot(rows[k][k + 1 : size], column))
            column.insert(0, _times(rest, inverses[k]))
        columns.append(column)
    sound = all_of(*regular)
    return Solution(columns, sound.make("negate", sound))


def _order(rows: Matrix, first: int, second: int) -> None:
    """Exchange two rows where the second has the larger entry in the column of the first."""
    one, two = rows[first], rows[second]
    if two[first].exact is S.Zero:
        return
    exchanged = absolute(two[first]).compare(">", absolute(one[first]))
    for j in range(first, len(one)):
        if one[j].position != two[j].position:
            one[j], two[j] = choose(exchanged, two[j], one[j]), choose(exchanged, one[j], two[j])
