"""The exponential of a symbolic matrix: closed form, proof, kernel, enclosure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import flint
import numpy as np
import sympy
from sympy import Dummy, Expr, ImmutableMatrix, MatrixBase, Poly, Symbol

from symnum.compiler import Kernel, lambdify
from symnum.derivation import Derivation
from symnum.expressions import as_expression, as_symbol
from symnum.matexp.symbolic.enclosures import enclosed_exponential, exact, exact_number
from symnum.matexp.symbolic.exponential_kernels import exponential_kernel
from symnum.matexp.symbolic.factored import LowRank
from symnum.matexp.symbolic.flow_proofs import prove_exponential
from symnum.matexp.symbolic.impulse_responses import ImpulseResponse
from symnum.matexp.symbolic.low_rank_solutions import solve
from symnum.matexp.symbolic.solutions import Solution

__all__ = ["MatrixExp", "matrix_exp"]

_LONGEST = 2000


def matrix_exp(A: MatrixBase | LowRank, t: Any = 1) -> MatrixExp:
    r"""Return exp(tA) in closed form.

    .. math:: e^{tA} = \sum_{k=0}^{d-1} h^{(k)}(t) B_k, \qquad
              \frac{1}{m(s)} \text{ the Laplace transform of } h, \qquad
              (s - A)^{-1} = \frac{1}{m(s)} \sum_k s^k B_k

    with the minimal polynomial m of A, of degree d. Where its factors have degree 1 and 2, h is
    written in exponentials, sines and entire functions of their squares (`Phi`, `Stumpff`),
    otherwise as an `ImpulseResponse`, which is entire in the coefficients of m.

    Parameters
    ----------
    A : sympy.Matrix or LowRank
        Square. Entries may hold roots, exponentials, sines and the imaginary unit; its symbols
        stand for generic values, and floats are taken exactly.
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
        `A` is not square, or has entries that are not finite; two symbols have one name.

    Examples
    --------
    >>> from sympy import Matrix, symbols
    >>> w, t = symbols("w t")
    >>> matrix_exp(Matrix([[0, -w], [w, 0]]), t).expr.tolist()
    [[cos(t*w), -sin(t*w)], [sin(t*w), cos(t*w)]]
    >>> x, y = symbols("x y")
    >>> matrix_exp(LowRank(Matrix([x, 1]), Matrix([y, 0]))).expr.tolist()
    [[x*y*Phi(1, x*y) + 1, 0], [y*Phi(1, x*y), 1]]

    References
    ----------
    Su Jianlin, kexue.fm: 构造一个显式的、总是可逆的矩阵.
    """
    if isinstance(A, LowRank):
        A = LowRank(exact(A.U), exact(A.V))
        matrix = A.as_explicit()
    elif isinstance(A, MatrixBase):
        matrix = exact(ImmutableMatrix(A))
    else:
        raise TypeError(f"A: expected a SymPy Matrix or a LowRank, got {type(A).__name__}")
    _check_matrix(matrix)
    factor = exact(_read_factor(t, matrix))
    given = A if isinstance(A, LowRank) else matrix
    return MatrixExp(A if isinstance(A, LowRank) else None, matrix, factor, solve(given, factor))


def _check_matrix(matrix: ImmutableMatrix) -> None:
    if matrix.rows != matrix.cols:
        raise ValueError(f"A: expected a square matrix, got the shape {matrix.shape}")
    if matrix.has(sympy.nan, sympy.oo, -sympy.oo, sympy.zoo):
        raise ValueError("A: expected finite entries")
    strange = [entry for entry in matrix if not (isinstance(entry, Expr) and entry.is_commutative)]
    if strange:
        raise TypeError(f"A: expected scalar entries, got {strange[0]}")


def _slope(expr: ImmutableMatrix, symbol: Symbol) -> ImmutableMatrix:
    """Return the entry-wise derivative; that of a response, which many entries share, once."""
    shared = {response: Dummy() for response in expr.atoms(ImpulseResponse)}
    slopes = {dummy: response.diff(symbol) for response, dummy in shared.items()}

    def slope(entry: Expr) -> Expr:
        entry = entry.xreplace(shared)
        inner = (entry.diff(dummy) * own for dummy, own in slopes.items() if entry.has(dummy))
        return sympy.Add(entry.diff(symbol), *inner)

    back = {dummy: response for response, dummy in shared.items()}
    return ImmutableMatrix(expr.applyfunc(slope).xreplace(back))


def _read_factor(t: Any, matrix: ImmutableMatrix) -> Expr:
    declared = {symbol.name: symbol for symbol in matrix.free_symbols}
    factor = as_expression(t, "t", declared)
    if factor.has(sympy.nan, sympy.oo, -sympy.oo, sympy.zoo):
        raise ValueError(f"t: expected a finite factor, got {factor}")
    names = Counter(symbol.name for symbol in matrix.free_symbols | factor.free_symbols)
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        raise ValueError(f"A and t: two symbols are called {', '.join(twice)}")
    return factor


@final
@dataclass(frozen=True)
class MatrixExp:
    """exp(tA), its structure and its proof.

    Attributes
    ----------
    factors : LowRank or None
        U and V, where A was given so.
    matrix : ImmutableMatrix
        A, n x n.
    t : Expr
    solution : Solution
        The closed form.
    """

    factors: LowRank | None
    matrix: ImmutableMatrix
    t: Expr
    solution: Solution

    @property
    def expr(self) -> ImmutableMatrix:
        """exp(tA), n x n."""
        return self.solution.expr

    @property
    def structure(self) -> str:
        """What was recognised in A, and by which law the exponential is written."""
        return self.solution.structure

    @property
    def minimal_polynomial(self) -> Poly:
        """Monic, of the exact degree for generic values of the parameters."""
        return self.solution.minimal_polynomial

    @property
    def degenerate_set(self) -> tuple[Expr, ...]:
        """Expressions none of which may vanish; empty for forms that are free of confluence."""
        return self.solution.degenerate_set

    def inverse(self) -> MatrixExp:
        """Return exp(-tA)."""
        return matrix_exp(self.matrix if self.factors is None else self.factors, -self.t)

    def det(self) -> Expr:
        """Return exp(t tr A), which no determinant was expanded for."""
        trace = self.matrix.trace() if self.factors is None else self.factors.gram.trace()
        return sympy.exp(self.t * trace)

    def diff(self, symbol: Symbol | str) -> ImmutableMatrix:
        """Return the entry-wise derivative in a symbol of A or t.

        What has no derivative in the complex numbers, such as Abs, is differentiated as for real
        symbols.
        """
        name = as_symbol(symbol, "symbol").name
        known = {known.name: known for known in self.symbols}
        if name not in known:
            raise ValueError(f"symbol: expected one of {sorted(known)}, got {name!r}")
        slope = _slope(self.expr, known[name])
        if not slope.has(sympy.Derivative, sympy.Subs):
            return slope
        free = (symbol for symbol in self.symbols if symbol.is_extended_real is None)
        real = {symbol: Dummy(symbol.name, real=True) for symbol in free}
        slope = _slope(self.expr.xreplace(real), real.get(known[name], known[name]))
        return ImmutableMatrix(slope.xreplace({dummy: symbol for symbol, dummy in real.items()}))

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The free symbols of A and t, sorted by name: the arguments of the kernel."""
        free = self.matrix.free_symbols | self.t.free_symbols
        return tuple(sorted(free, key=lambda symbol: symbol.name))

    @cached_property
    def derivation(self) -> Derivation:
        """The proof: m(A) = 0, X(0) = I, X' = AX, the determinant and the inverse."""
        return prove_exponential(self.matrix, self.t, self.solution, self.det())

    def compile(self, **options: Any) -> Kernel:
        """Return the kernel in `symbols`; its result has the shape (..., n, n).

        Closed forms that keep their digits are compiled as they stand. Otherwise tA is assembled
        and the matrix of numbers is exponentiated, which is as accurate where eigenvalues meet.

        Parameters
        ----------
        **options
            Those of `symnum.lambdify`. The type is float64, or complex128 where A or t is not
            real.
        """
        scaled = ImmutableMatrix(self.t * self.matrix)
        real = not scaled.has(sympy.I) and all(entry.is_real is not False for entry in scaled)
        options.setdefault("dtype", "float64" if real else "complex128")
        is_real = np.dtype(options["dtype"]).kind == "f"
        if self.solution.is_stable and is_real and scaled.rows:
            return lambdify(list(self.symbols), self.expr, **options)
        given = self.matrix if self.factors is None else self.factors
        return exponential_kernel(self.symbols, given, self.t, options)

    def enclose(self, values: Mapping[Any, Any], digits: int = 15) -> flint.arb_mat | flint.acb_mat:
        """Return a rigorous enclosure at the given values, by Arb's own exponential.

        Parameters
        ----------
        values : mapping
            From symbol or name to an exact number or float, taken exactly.
        digits : int
            Each radius is at most 10^-digits times the largest entry.

        Returns
        -------
        flint.arb_mat, or flint.acb_mat where tA is not real

        Raises
        ------
        ValueError
            A symbol without a value, a name that is no symbol, a value that is not finite, or
            `digits` below 1.
        """
        if isinstance(digits, bool) or not isinstance(digits, int | np.integer):
            raise TypeError(f"digits: expected an integer, got {digits!r}")
        if digits < 1:
            raise ValueError(f"digits: expected at least 1, got {digits}")
        named = {str(key): exact_number(value, str(key)) for key, value in values.items()}
        missing = [symbol.name for symbol in self.symbols if symbol.name not in named]
        if missing:
            raise ValueError(f"values: no value for {', '.join(missing)}")
        unknown = sorted(named.keys() - {symbol.name for symbol in self.symbols})
        if unknown:
            raise ValueError(f"values: no symbol is called {', '.join(unknown)}")
        point = {symbol: named[symbol.name] for symbol in self.symbols}
        return enclosed_exponential(ImmutableMatrix(self.t * self.matrix), point, int(digits))

    def _repr_latex_(self) -> str:
        text = sympy.latex(self.expr)
        shown = text if len(text) <= 5 * _LONGEST else r"e^{tA}\text{ (too long to show)}"
        return f"$${shown}$$"

    def __str__(self) -> str:
        text = sympy.sstr(self.expr)
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
        return f"exp(t*A) [{self.structure}] = {shown}"
