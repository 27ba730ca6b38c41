"""Exponentials of the field: rotations, rigid motions, rotary positions, maps of unit vectors."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr, ImmutableMatrix, MatrixBase, Symbol

from symnum.derivation import Derivation
from symnum.errors import Refuted
from symnum.expressions import Interval, as_expression, as_symbol
from symnum.matexp.symbolic.results import MatrixExp, matrix_exp

__all__ = [
    "commuting_generators",
    "product_rule",
    "rigid_motion",
    "rope",
    "rotation",
    "unit_vector_map",
]


def rotation(w: Sequence[Any] | MatrixBase, t: Any = 1) -> MatrixExp:
    r"""Return the rotation by the vector w: exp(t W) with W v = w x v.

    .. math:: e^{tW} = I + t\,c_1(t^2 |w|^2)\, W + t^2 c_2(t^2 |w|^2)\, W^2

    Parameters
    ----------
    w : sequence of 3 expressions
        The axis times the angle.
    t : number, symbol or str

    Returns
    -------
    MatrixExp

    Raises
    ------
    ValueError
        `w` has not three entries.

    Examples
    --------
    >>> rotation([0, 0, "a"]).expr.tolist()
    [[cos(a), -sin(a), 0], [sin(a), cos(a), 0], [0, 0, 1]]
    """
    return matrix_exp(_cross(_vector(w, "w", 3)), t)


def rigid_motion(
    w: Sequence[Any] | MatrixBase, v: Sequence[Any] | MatrixBase, t: Any = 1
) -> MatrixExp:
    r"""Return the rigid motion with angular velocity w and velocity v, as a 4 x 4 matrix.

    .. math:: \exp\left(t \begin{pmatrix} W & v \\ 0 & 0 \end{pmatrix}\right)
              = \begin{pmatrix} e^{tW} & t \varphi_1(tW) v \\ 0 & 1 \end{pmatrix}

    Parameters
    ----------
    w, v : sequence of 3 expressions
    t : number, symbol or str

    Returns
    -------
    MatrixExp

    Examples
    --------
    >>> rigid_motion([0, 0, 0], ["a", "b", 0], "t").expr[:3, 3].tolist()
    [[a*t], [b*t], [0]]
    """
    turn, move = _cross(_vector(w, "w", 3)), _vector(v, "v", 3)
    return matrix_exp(turn.row_join(move).col_join(sympy.zeros(1, 4)), t)


def rope(frequencies: Sequence[Any], position: Any = "n") -> MatrixExp:
    """Return the rotary position encoding: a rotation of each plane by position times frequency.

    Parameters
    ----------
    frequencies : sequence of expressions
        One for each plane.
    position : number, symbol, str, or sequence of them
        Each of several coordinates has planes of its own, so that their generators commute.

    Returns
    -------
    MatrixExp
        Of size 2k for k frequencies, times the number of coordinates; R_m^T R_n = R_{n-m}.

    Raises
    ------
    ValueError
        There are no frequencies, or no coordinates.

    Examples
    --------
    >>> rope(["theta"]).expr.tolist()
    [[cos(n*theta), -sin(n*theta)], [sin(n*theta), cos(n*theta)]]
    >>> rope([1], ["x", "y"]).expr[2:, 2:].tolist()
    [[cos(y), -sin(y)], [sin(y), cos(y)]]

    References
    ----------
    Su Jianlin, kexue.fm: 博采众长的旋转式位置编码;
    Transformer升级之路：4、二维位置的旋转式位置编码.
    """
    rates = [as_expression(value, "frequencies") for value in frequencies]
    if not rates:
        raise ValueError("frequencies: expected at least one")
    plane = sympy.Matrix([[0, -1], [1, 0]])
    if isinstance(position, str) or not isinstance(position, Sequence):
        return matrix_exp(sympy.diag(*(rate * plane for rate in rates)), position)
    places = [as_expression(value, "position") for value in position]
    if not places:
        raise ValueError("position: expected at least one coordinate")
    return matrix_exp(sympy.diag(*(place * rate * plane for place in places for rate in rates)))


def commuting_generators(B: MatrixBase) -> tuple[ImmutableMatrix, ...]:
    """Return a basis of the skew matrices that commute with a matrix.

    They are what a second position may be encoded with: exp(x B + y C) = exp(x B) exp(y C) for all
    x and y if and only if C commutes with B.

    Parameters
    ----------
    B : sympy.Matrix
        Square. Its symbols stand for generic values.

    Returns
    -------
    tuple of ImmutableMatrix
        The solutions of BC = CB with C = -C^T, without denominators; none if only C = 0 does.

    Raises
    ------
    TypeError, ValueError
        `B` is no SymPy Matrix, or not square.

    Examples
    --------
    >>> plane = sympy.Matrix([[0, -1, 0], [1, 0, 0], [0, 0, 0]])
    >>> [C.tolist() for C in commuting_generators(plane)]
    [[[0, -1, 0], [1, 0, 0], [0, 0, 0]]]
    """
    if not isinstance(B, MatrixBase):
        raise TypeError(f"B: expected a SymPy Matrix, got {type(B).__name__}")
    if B.rows != B.cols:
        raise ValueError(f"B: expected a square matrix, got the shape {B.shape}")
    n = B.rows
    unit = [sympy.zeros(n, n) for _ in range(n * (n - 1) // 2)]
    for C, (j, i) in zip(unit, itertools.combinations(range(n), 2), strict=True):
        C[i, j], C[j, i] = 1, -1
    if not unit:
        return ()
    columns = [(B * C - C * B).reshape(n * n, 1) for C in unit]
    kernel = sympy.Matrix.hstack(*columns).nullspace(simplify=True)
    combined = (
        sum((c * C for c, C in zip(solution, unit, strict=True)), sympy.zeros(n, n))
        for solution in kernel
    )
    return tuple(map(_without_denominators, combined))


def _without_denominators(C: sympy.Matrix) -> ImmutableMatrix:
    parts = [sympy.fraction(sympy.cancel(entry)) for entry in C]
    common = sympy.lcm_list([bottom for _, bottom in parts])
    entries = [sympy.cancel(top * common / bottom) for top, bottom in parts]
    return ImmutableMatrix(*C.shape, entries)


def unit_vector_map(
    a: Sequence[Any] | MatrixBase, b: Sequence[Any] | MatrixBase, *, kind: str = "rotation"
) -> ImmutableMatrix:
    r"""Return the orthogonal matrix that takes the unit vector a to the unit vector b.

    .. math:: I + 2 b a^T - \frac{(a+b)(a+b)^T}{1 + c} \quad\text{or}\quad
              I - \frac{(a-b)(a-b)^T}{1 - c}, \qquad c = a \cdot b

    The rotation turns the plane of both and nothing else; there is none for b = -a. Reflections
    have the determinant -1; there is none for b = a. For numbers `unit_vector_rotation` and
    `unit_vector_reflection` are orthogonal for every pair, these limits included.

    Parameters
    ----------
    a, b : sequence of expressions
        Of length 1, which is not checked for symbols.
    kind : {"rotation", "reflection"}

    Returns
    -------
    ImmutableMatrix

    Raises
    ------
    ValueError
        Vectors of different sizes, numbers that are no unit vector, opposite or equal vectors, or
        another `kind`.

    Examples
    --------
    >>> unit_vector_map([1, 0], [0, 1]).tolist()
    [[0, -1], [1, 0]]

    References
    ----------
    Su Jianlin, kexue.fm: 从一个单位向量变换到另一个单位向量的正交矩阵.
    """
    if kind not in ("rotation", "reflection"):
        raise ValueError(f"kind: expected 'rotation' or 'reflection', got {kind!r}")
    start = _vector(a, "a", None)
    end = _vector(b, "b", len(start))
    for name, vector in (("a", start), ("b", end)):
        length = sympy.simplify(vector.dot(vector))
        if length.is_number and length != 1:
            raise ValueError(f"{name}: expected a unit vector, got the length {sympy.sqrt(length)}")
    cosine, one = start.dot(end), sympy.eye(len(start))
    below = 1 + cosine if kind == "rotation" else 1 - cosine
    if sympy.simplify(below) == 0:
        relation = "opposite" if kind == "rotation" else "equal"
        raise ValueError(f"a and b: there is no {kind} for {relation} vectors")
    if kind == "rotation":
        both = start + end
        return ImmutableMatrix(one + 2 * end * start.T - both * both.T / below)
    gap = start - end
    return ImmutableMatrix(one - gap * gap.T / below)


def product_rule(
    B1: MatrixBase, B2: MatrixBase, x: Symbol | str = "x", y: Symbol | str = "y"
) -> Derivation:
    """Prove exp(x B1 + y B2) = exp(x B1) exp(y B2) for all x and y, where B1 and B2 commute.

    Parameters
    ----------
    B1, B2 : sympy.Matrix
        Square, of one size; without x and y.
    x, y : Symbol or str

    Returns
    -------
    Derivation

    Raises
    ------
    Refuted
        The generators do not commute: the coefficients of x y differ by half their commutator,
        which is the witness.
    ValueError
        Matrices of different shapes, or that contain x or y.

    Examples
    --------
    >>> J = sympy.Matrix([[0, -1], [1, 0]])
    >>> product_rule(sympy.diag(J, J * 0), sympy.diag(J * 0, J)).level
    'exact'
    """
    if not (isinstance(B1, MatrixBase) and isinstance(B2, MatrixBase)):
        raise TypeError("B1 and B2: expected two SymPy matrices")
    if B1.shape != B2.shape or B1.rows != B1.cols or not B1.rows:
        raise ValueError(f"B1 and B2: expected one square shape, got {B1.shape} and {B2.shape}")
    places = [as_symbol(x, "x"), as_symbol(y, "y")]
    names = {symbol.name for symbol in B1.free_symbols | B2.free_symbols}
    if names & {place.name for place in places} or places[0].name == places[1].name:
        raise ValueError("x and y: expected two names that the generators do not contain")
    commutator = (B1 * B2 - B2 * B1).applyfunc(sympy.simplify)
    if not commutator.is_zero_matrix:
        ones = dict.fromkeys(places, sympy.Integer(1))
        raise Refuted(
            f"exp({places[0]}*B1 + {places[1]}*B2) = exp({places[0]}*B1) exp({places[1]}*B2)",
            ones,
            sympy.ImmutableMatrix((B1 * B2 + B2 * B1) / 2),
            sympy.ImmutableMatrix(B1 * B2),
            f"the coefficients of {places[0]}*{places[1]} differ by half the commutator "
            f"B1 B2 - B2 B1 = {sympy.sstr(commutator)}",
        )
    return _commuting(ImmutableMatrix(B1), ImmutableMatrix(B2), places)


def _commuting(B1: ImmutableMatrix, B2: ImmutableMatrix, places: list[Symbol]) -> Derivation:
    everywhere = Interval(-sympy.oo, sympy.oo)
    symbols = sorted(B1.free_symbols | B2.free_symbols, key=lambda symbol: symbol.name)
    proof = Derivation(
        "product_rule",
        title="exp(xB1 + yB2) = exp(xB1) exp(yB2)",
        domain=dict.fromkeys([*symbols, *places], everywhere),
    )
    x, y = places
    proof.equal(B1 * B2, B2 * B1, why="the generators commute")
    whole = x * B1 + y * B2
    proof.equal(
        B1 * whole,
        whole * B1,
        why="so B1 commutes with exp(x B1 + y B2) and exp(y B2): both sides have the derivative "
        "B1 times themselves in x, and agree at x = 0",
    )
    return proof


def _vector(value: Any, name: str, size: int | None) -> sympy.Matrix:
    if isinstance(value, str) or not isinstance(value, Sequence | MatrixBase):
        raise TypeError(f"{name}: expected a sequence of expressions, got {type(value).__name__}")
    entries: list[Expr] = [as_expression(entry, name) for entry in value]
    if not entries or (size is not None and len(entries) != size):
        raise ValueError(f"{name}: expected {size or 'some'} entries, got {len(entries)}")
    return sympy.Matrix(entries)


def _cross(w: sympy.Matrix) -> sympy.Matrix:
    x, y, z = w
    return sympy.Matrix([[0, -z, y], [z, 0, -x], [-y, x, 0]])
