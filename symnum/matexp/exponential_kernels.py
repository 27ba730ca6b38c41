"""Kernels of matrix exponentials: assemble tA by a compiled formula, then exponentiate numbers.

Where eigenvalues meet no formula in them keeps its digits; the exponential of the matrix of numbers
does, and so do its derivatives.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, final

import flint
import mpmath
import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import ImmutableMatrix, Symbol

from symnum.compiler import Kernel, lambdify
from symnum.compiler.accuracy import AccuracyReport
from symnum.matexp.enclosures import enclosed_exponential
from symnum.matexp.frechet import expm_frechet
from symnum.matexp.numeric import expm
from symnum.reference import ulp_distance

__all__ = ["ExponentialKernel"]

# Values that `accuracy` compares at most: each point costs an exponential in balls.
MOST_VALUES = 20_000


@final
class ExponentialKernel:
    """exp of a matrix of formulas, or a derivative of it, as a function of arrays.

    Parameters
    ----------
    args : sequence of Symbol
        The order of the arguments.
    matrix : Matrix
        What is exponentiated, n x n.
    dtype : dtype
        float64, float32, complex128 or complex64.
    variables : sequence of Symbol
        By what the exponential is differentiated, one after the other.
    options : mapping
        Further options of `symnum.lambdify`, for the entries of the matrix.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> kernel = ExponentialKernel([x], sympy.Matrix([[0, x], [0, 0]]))
    >>> kernel(2.0)
    array([[1., 2.],
           [0., 1.]])
    >>> kernel.diff("x")(2.0)
    array([[0., 1.],
           [0., 0.]])
    """

    __name__ = "kernel"

    def __init__(
        self,
        args: Sequence[Symbol],
        matrix: sympy.MatrixBase,
        *,
        dtype: Any = "float64",
        variables: Sequence[Symbol] = (),
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._args = tuple(args)
        self._matrix = ImmutableMatrix(matrix)
        self._variables = tuple(variables)
        self._options = dict(options or {})
        self._dtype = np.dtype(dtype)
        # What is wrong with the formula, or with an option, is so said at once.
        self._assembly = self._assemble(self._augmented)

    def _assemble(self, matrix: ImmutableMatrix) -> Kernel:
        wide = "complex128" if self._dtype.kind == "c" else "float64"
        if self._dtype.name not in ("float32", "float64", "complex64", "complex128"):
            wide = self._dtype.name
        return lambdify(list(self._args), matrix, dtype=wide, **self._options)

    @cached_property
    def _augmented(self) -> ImmutableMatrix:
        """The matrix in whose exponential all derivatives but the last stand in a corner."""
        matrix = self._matrix
        for variable in self._variables[:-1]:
            matrix = _dual(matrix, variable)
        return matrix

    @cached_property
    def _direction(self) -> Kernel | None:
        if not self._variables:
            return None
        slope = ImmutableMatrix(self._augmented.diff(self._variables[-1]))
        return self._assemble(slope)

    # ------------------------------------------------------------------ calling

    def __call__(self, *values: Any, out: Any = None) -> Any:
        """Evaluate, element by element.

        Parameters
        ----------
        *values : array_like
            One for each argument; they are broadcast.
        out : ndarray, optional
            Where to put the result: of its shape and dtype.

        Returns
        -------
        ndarray, shape (..., n, n)

        Raises
        ------
        TypeError
            Wrong number of arguments, or values that are no numbers; an `out` of another type.
        ValueError
            Shapes that do not broadcast; an `out` of another shape.
        """
        n = self._matrix.rows
        if not n:
            lead = np.broadcast_shapes(*(np.shape(value) for value in values))
            return np.empty((*lead, 0, 0), dtype=self._dtype)
        whole = np.asarray(self._assembly(*values))
        if self._direction is None:
            result = expm(whole)
        else:
            slope = np.asarray(self._direction(*values))
            result = expm_frechet(whole, slope)[1][..., :n, whole.shape[-1] - n :]
        with np.errstate(over="ignore"):
            result = np.ascontiguousarray(result.astype(self._dtype, copy=False))
        return result if out is None else _put(result, out)

    # ------------------------------------------------------------------ what it is

    @property
    def args(self) -> tuple[Symbol, ...]:
        """The arguments, in the order of the call."""
        return self._args

    @property
    def expr(self) -> Any:
        """Exp of the matrix as an unevaluated SymPy object, or the derivative of it."""
        whole = sympy.exp(self._matrix, evaluate=False)
        return sympy.Derivative(whole, *self._variables) if self._variables else whole

    @property
    def source(self) -> str:
        """The generated code of the matrix that is exponentiated."""
        return self._assembly.source

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the result."""
        dtype: np.dtype[Any] = self._dtype
        return dtype

    def diff(self, *symbols: Any) -> ExponentialKernel:
        """Return the kernel of a partial derivative, of the same shape.

        Parameters
        ----------
        *symbols : symbol, name or int
            Differentiated one after the other; a number repeats the symbol before it. None at all
            means the only argument.

        Raises
        ------
        ValueError
            If a symbol is not an argument.
        """
        if not symbols:
            if len(self._args) != 1:
                raise ValueError("diff: name the argument to differentiate by, there are several")
            symbols = self._args
        known = {argument.name: argument for argument in self._args}
        variables: list[Symbol] = []
        for symbol in symbols:
            if isinstance(symbol, int | sympy.Integer) and not isinstance(symbol, bool):
                if not variables or symbol < 1:
                    raise ValueError(f"diff: {symbol} repeats no symbol")
                variables += variables[-1:] * (int(symbol) - 1)
            elif str(symbol) in known:
                variables.append(known[str(symbol)])
            else:
                raise ValueError(f"diff: expected one of {', '.join(known)}, got {symbol}")
        return self._with_variables((*self._variables, *variables))

    def _with_variables(self, variables: Sequence[Symbol]) -> ExponentialKernel:
        return ExponentialKernel(
            self._args,
            self._matrix,
            dtype=self._dtype,
            variables=variables,
            options=self._options,
        )

    # ------------------------------------------------------------------ oracles

    def _exact(self, point: Sequence[Any], digits: int) -> list[list[Any]]:
        """Return the entries as balls."""
        if len(point) != len(self._args):
            raise TypeError(f"expected {len(self._args)} arguments, got {len(point)}")
        matrix = self._augmented
        if self._variables:
            matrix = _dual(matrix, self._variables[-1])
        values = dict(zip(self._args, point, strict=True))
        balls = enclosed_exponential(matrix, values, digits)
        n, width = self._matrix.rows, matrix.rows
        return [[balls[i, j] for j in range(width - n, width)] for i in range(n)]

    def enclose(self, *point: Any, digits: int = 15) -> list[list[Any]]:
        """Return rows of balls that contain the exact entries at one point."""
        return self._exact(point, digits)

    def reference(self, *point: Any, digits: int = 50) -> Any:
        """Return the exact values at one point as an array of mpmath numbers.

        They are accurate to so many digits of the largest entry.
        """
        rows = self._exact(point, digits)
        entries = np.empty((len(rows), len(rows)), dtype=object)
        for i, row in enumerate(rows):
            for j, ball in enumerate(row):
                entries[i, j] = _middle(ball)
        return entries

    def accuracy(
        self, domain: Mapping[Any, tuple[Any, Any]], n: int = 10_000, rng: Any = 0
    ) -> AccuracyReport:
        """Measure the error of each entry in units in the last place, at fewer points for large n.

        Parameters
        ----------
        domain : mapping
            From the name of each argument, or the symbol, to its ends `(low, high)`.
        n : int
            The number of points.
        rng : int or numpy.random.Generator
            Seed of the points, or a generator.

        Raises
        ------
        ValueError
            If an argument is missing in the domain or unknown, or a range is reversed.
        """
        ranges = _ranges(self._args, domain)
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ValueError(f"n: expected at least one point, got {n!r}")
        size = self._matrix.rows
        count = min(n, max(1, MOST_VALUES // max(1, size**3)))
        generator = np.random.default_rng(rng)
        columns = [generator.uniform(low, high, count) for low, high in ranges]
        columns = [np.asarray(c, dtype=self._dtype.char.lower()) for c in columns]
        computed = self(*columns) if columns else self()[None]
        errors = np.empty(computed.shape)
        for index in range(len(computed)):
            exact = self.reference(*(column[index].item() for column in columns), digits=30)
            for i, j in itertools.product(range(size), repeat=2):
                errors[index, i, j] = _ulps(computed[index, i, j], exact[i, j])
        worst = np.unravel_index(int(np.argmax(errors)), errors.shape)
        point = [column[worst[0]].item() for column in columns]
        names = [argument.name for argument in self._args]
        return AccuracyReport(
            max_ulp=float(errors.max()),
            median_ulp=float(np.median(errors)),
            worst_point=dict(zip(names, point, strict=True)),
            points=len(computed),
            output=int(worst[1]) * size + int(worst[2]),
            computed=computed[worst].item(),
            exact=self.reference(*point, digits=30)[worst[1], worst[2]],
        )

    # ------------------------------------------------------------------ identity and display

    def _key(self) -> tuple[Any, ...]:
        options = tuple(sorted(self._options.items()))
        return self._args, self._matrix, str(self._dtype), self._variables, options

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExponentialKernel):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[Any, ...]:
        args, matrix, dtype, variables, options = self._key()
        return _restored, (args, matrix, dtype, variables, options)

    def __repr__(self) -> str:
        text = sympy.sstr(self._matrix)
        shown = text if len(text) <= 200 else f"{text[:200]} ..."
        by = f", by {', '.join(map(str, self._variables))}" if self._variables else ""
        return f"ExponentialKernel({self._args}, exp({shown}){by}, dtype={self._dtype})"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {sympy.latex(self.expr)}$"


def _restored(
    args: Any, matrix: Any, dtype: Any, variables: Any, options: Any
) -> ExponentialKernel:
    return ExponentialKernel(args, matrix, dtype=dtype, variables=variables, options=dict(options))


def _dual(matrix: ImmutableMatrix, variable: Symbol) -> ImmutableMatrix:
    """Return [[M, M'], [0, M]]: the derivative of exp(M) stands in its corner."""
    n = matrix.rows
    zero = sympy.zeros(n, n)
    return ImmutableMatrix(sympy.BlockMatrix([[matrix, matrix.diff(variable)], [zero, matrix]]))


def _put(result: NDArray[Any], out: Any) -> NDArray[Any]:
    if not isinstance(out, np.ndarray) or out.dtype != result.dtype:
        kind = out.dtype if isinstance(out, np.ndarray) else type(out).__name__
        raise TypeError(f"out: expected an array of {result.dtype}, got {kind}")
    if out.shape != result.shape:
        raise ValueError(f"out: expected the shape {result.shape}, got {out.shape}")
    out[...] = result
    return out


def _ranges(args: Sequence[Symbol], domain: Mapping[Any, Any]) -> list[tuple[float, float]]:
    named = {str(key): value for key, value in domain.items()}
    unknown = sorted(named.keys() - {argument.name for argument in args})
    if unknown:
        raise ValueError(f"domain: {', '.join(unknown)} is no argument")
    ranges = []
    for argument in args:
        if argument.name not in named:
            raise ValueError(f"domain: no range for {argument.name}")
        low, high = (float(end) for end in named[argument.name])
        if not low <= high:
            raise ValueError(f"domain: the range of {argument.name} is reversed: ({low}, {high})")
        ranges.append((low, high))
    return ranges


def _middle(ball: Any) -> Any:
    if isinstance(ball, flint.acb):
        return mpmath.mp.make_mpc((ball.real.mid()._mpf_, ball.imag.mid()._mpf_))
    return mpmath.mp.make_mpf(ball.mid()._mpf_)


def _ulps(value: Any, exact: Any) -> float:
    if isinstance(value, np.complexfloating):
        parts = ((value.real, mpmath.re(exact)), (value.imag, mpmath.im(exact)))
        return max(_ulps(*pair) for pair in parts)
    return float(ulp_distance(value, exact))
