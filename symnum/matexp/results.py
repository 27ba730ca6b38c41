"""The exponential of a symbolic matrix: closed form, proof, kernel, enclosure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import flint
import sympy
from sympy import Expr, ImmutableMatrix, MatrixBase, Poly, Symbol

from symnum.compiler import Kernel
from symnum.derivation import Derivation
from symnum.expressions import Interval, as_expression, as_symbol
from symnum.matexp.closed_forms import ClosedForm, closed_form
from symnum.matexp.entire_functions import Phi
from symnum.matexp.factored import LowRank
from symnum.reference import BallFunction
from symnum.reference.balls import working_precision

__all__ = ["MatrixExp", "matrix_exp"]

_LONGEST = 2000


def matrix_exp(A: MatrixBase | LowRank, t: Any = 1) -> MatrixExp:
    r"""Return exp(tA) in closed form.

    .. math:: e^{tA} = I + t\,\varphi_1(ct)\,A \quad\text{where } A^2 = cA

    Parameters
    ----------
    A : sympy.Matrix or LowRank
        Square; its free symbols are real parameters.
    t : number, symbol or str
        The factor of A.

    Returns
    -------
    MatrixExp

    Raises
    ------
    TypeError
        `A` is neither a Matrix nor a `LowRank`, or `t` is no scalar.
    ValueError
        `A` is not square, or has entries that are not finite.
    NotImplementedError
        No structure with a closed form was recognised.

    Examples
    --------
    >>> from sympy import Matrix, symbols
    >>> x, y = symbols("x y")
    >>> matrix_exp(LowRank(Matrix([x]), Matrix([y]))).expr
    Matrix([[x*y*Phi(1, x*y) + 1]])

    References
    ----------
    Su Jianlin, kexue.fm: 构造一个显式的、总是可逆的矩阵.
    """
    if isinstance(A, LowRank):
        matrix = A.as_explicit()
    elif isinstance(A, MatrixBase):
        matrix = ImmutableMatrix(A)
    else:
        raise TypeError(f"A: expected a SymPy Matrix or a LowRank, got {type(A).__name__}")
    if matrix.rows != matrix.cols:
        raise ValueError(f"A: expected a square matrix, got the shape {matrix.shape}")
    if matrix.has(sympy.nan, sympy.oo, -sympy.oo, sympy.zoo):
        raise ValueError("A: expected finite entries")
    factor = as_expression(t, "t")
    return MatrixExp(matrix, factor, closed_form(matrix, factor))


@final
@dataclass(frozen=True)
class MatrixExp:
    """exp(tA), its structure and its proof.

    Attributes
    ----------
    matrix : ImmutableMatrix
        A, n x n.
    t : Expr
    form : ClosedForm
    """

    matrix: ImmutableMatrix
    t: Expr
    form: ClosedForm

    @property
    def expr(self) -> ImmutableMatrix:
        """exp(tA), n x n."""
        return self.form.expr

    @property
    def structure(self) -> str:
        """What was recognised in A."""
        return self.form.structure

    @property
    def minimal_polynomial(self) -> Poly:
        """Monic, of the exact degree for generic values of the parameters."""
        return self.form.minimal_polynomial

    @property
    def degenerate_set(self) -> tuple[Expr, ...]:
        """Expressions that must not vanish; none, as these forms are free of confluence."""
        return ()

    def inverse(self) -> MatrixExp:
        """Return exp(-tA)."""
        return matrix_exp(self.matrix, -self.t)

    def det(self) -> Expr:
        """Return exp(t tr A), which no determinant was expanded for."""
        return sympy.exp(self.t * self.matrix.trace())

    def diff(self, symbol: Symbol | str) -> ImmutableMatrix:
        """Return the entry-wise derivative in a symbol of A or t."""
        name = as_symbol(symbol, "symbol").name
        known = {known.name: known for known in self.symbols}
        if name not in known:
            raise ValueError(f"symbol: expected one of {sorted(known)}, got {name!r}")
        return ImmutableMatrix(self.expr.diff(known[name]))

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The free symbols of A and t, sorted by name: the arguments of the kernel."""
        free = self.matrix.free_symbols | self.t.free_symbols
        return tuple(sorted(free, key=lambda symbol: symbol.name))

    @cached_property
    def derivation(self) -> Derivation:
        """The proof: m(A) = 0, X(0) = I, and X' = AX for X(t) = exp(tA)."""
        time, scale = (Symbol(_fresh_name(name, self.symbols)) for name in ("t", "c"))
        domain = dict.fromkeys((*self.symbols, time, scale), Interval(-sympy.oo, sympy.oo))
        moving = closed_form(self.matrix, time).expr
        proof = Derivation("matrix_exp", title="exp(tA) in closed form", domain=domain)
        powers = _horner(self.minimal_polynomial, self.matrix)
        proof.equal(powers, 0 * self.matrix, why="the minimal polynomial annihilates A")
        proof.equal(moving.subs(time, 0), sympy.eye(self.matrix.rows), why="X(0) = I")
        if self.form.scale is None:
            flow = self.matrix * moving
            proof.equal(moving.diff(time), flow, why="X' = AX, so X(t) = exp(tA)")
        else:
            _prove_flow(proof, time, scale)
        proof.equal(self.expr, moving.subs(time, self.t), why="the value at the wanted t")
        proof.result(self.expr, args=self.symbols)
        return proof

    def compile(self, **options: Any) -> Kernel:
        """Return the kernel in `symbols`; its result has the shape (..., n, n)."""
        return self.derivation.compile(**options)

    def enclose(self, values: Mapping[Any, Any], digits: int = 15) -> flint.arb_mat:
        """Return a rigorous enclosure at the given values, by Arb's own exponential.

        Parameters
        ----------
        values : mapping
            From symbol or name to an exact number or float, taken exactly.
        digits : int
            Each radius is at most 10^-digits times the largest entry.

        Returns
        -------
        flint.arb_mat

        Raises
        ------
        ValueError
            A symbol without a value, or `digits` below 1.
        """
        if digits < 1:
            raise ValueError(f"digits: expected at least 1, got {digits}")
        named = {str(key): as_expression(value, str(key)) for key, value in values.items()}
        missing = [symbol.name for symbol in self.symbols if symbol.name not in named]
        if missing:
            raise ValueError(f"values: no value for {', '.join(missing)}")
        exact = (self.t * self.matrix).subs({s: named[s.name] for s in self.symbols})
        precision = 64 + 4 * digits
        while True:
            with working_precision(precision):
                ball = _ball_matrix(exact, precision).exp()
                if _narrow_enough(ball, digits):
                    return ball
            precision *= 2

    def _repr_latex_(self) -> str:
        return f"$${sympy.latex(self.expr)}$$"

    def __str__(self) -> str:
        text = sympy.sstr(self.expr)
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
        return f"exp(t*A) [{self.structure}] = {shown}"


def _prove_flow(proof: Derivation, t: Symbol, c: Symbol) -> None:
    """Prove X' = AX for X = I + t phi_1(ct) A with A^2 = cA, which is two scalar identities."""
    s = sympy.Dummy("s", real=True)
    proof.equal(
        sympy.Integral(sympy.exp(c * s), (s, 0, t)),
        t * Phi(1, c * t),
        why="with A^2 = cA and X = I + t phi_1(ct) A, this says X' = e^(ct) A",
    )
    proof.equal(
        1 + c * t * Phi(1, c * t),
        sympy.exp(c * t),
        why="and AX = (1 + ct phi_1(ct)) A is the same, so X(t) = exp(tA)",
    )


def _fresh_name(name: str, taken: tuple[Symbol, ...]) -> str:
    used = {symbol.name for symbol in taken}
    while name in used:
        name += "_"
    return name


def _horner(polynomial: Poly, A: ImmutableMatrix) -> ImmutableMatrix:
    value = ImmutableMatrix.zeros(A.rows, A.rows)
    for coefficient in polynomial.all_coeffs():
        value = value * A + coefficient * ImmutableMatrix.eye(A.rows)
    return value


def _ball_matrix(matrix: ImmutableMatrix, precision: int) -> flint.arb_mat:
    entries = [BallFunction((), entry)((), precision) for entry in matrix]
    return flint.arb_mat(matrix.rows, matrix.cols, entries)


def _narrow_enough(ball: flint.arb_mat, digits: int) -> bool:
    entries = ball.entries()
    largest = max(abs(entry).upper() for entry in entries)
    return all(entry.rad() * 10**digits <= largest for entry in entries)
