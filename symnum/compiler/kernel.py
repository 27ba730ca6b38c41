"""`Kernel`: a formula as a fast function of arrays."""

from __future__ import annotations

import functools
import hashlib
import itertools
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final

import numpy as np
import sympy
from numpy.typing import NDArray

from symnum.compiler.ducks import FlatKernel, dispatch, is_foreign
from symnum.compiler.evaluator import Evaluator
from symnum.compiler.printing import brief_latex, brief_text
from symnum.compiler.sources import Making, Measure, Source
from symnum.compiler.structure import Leaf, Structure
from symnum.errors import FallbackWarning

if TYPE_CHECKING:
    from symnum.compiler.accuracy import AccuracyReport
    from symnum.compiler.sparse_jacobians import SparseJacobian

__all__ = ["Kernel"]


@final
class Kernel:
    """A formula compiled to machine code, with NumPy's rules for arrays.

    Kernels are made by `lambdify`, by `compile()` of a result, or as a derivative of a kernel.
    Machine code is made when a kernel is first called, and kept on disk; kernels with the same
    formula share it, whatever their symbols are called.

    Parameters
    ----------
    source : Source
        What it is made from: a formula as a `Recipe`, or the algorithm of an engine. Two kernels
        are equal when their sources are, and a pickled kernel is its source.

    Examples
    --------
    >>> import symnum as sn
    >>> k = sn.lambdify(["x", "y"], "x*exp(-y)")
    >>> k(2.0, 0.0)
    2.0
    """

    # Libraries that name their tasks after functions read it.
    __name__ = "kernel"

    __slots__ = ("_compilation", "_evaluator", "_oracle", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._compilation: Making = source.making()
        self._evaluator: Evaluator | None = None
        self._oracle: Measure | None = None

    @classmethod
    def validated(cls, source: Source) -> Kernel:
        """Return the kernel of a source whose formula has been lowered.

        What is wrong with a formula is so said when the kernel is made, not when it is called.

        Raises
        ------
        ValueError, TypeError, UnsupportedNodeError
            As `lambdify` does.
        """
        kernel = cls(source)
        notice = kernel._compilation.notice
        if notice is not None:
            warnings.warn(notice, FallbackWarning, stacklevel=4)
        return kernel

    # ------------------------------------------------------------------ calling

    def __call__(self, *args: Any, out: Any = None) -> Any:
        """Evaluate the formula, element by element.

        Parameters
        ----------
        *args : array_like
            One for each argument, nested like the arguments: numbers, anything NumPy takes for an
            array of numbers, or arrays of dask, xarray or pandas. They are broadcast.
        out : ndarray, or list, tuple or dict of them, optional
            Where to put the result: of its shape and dtype. May be or overlap an argument.

        Returns
        -------
        number, ndarray, or list, tuple or dict of them
            Numbers for numbers, else arrays of the type `dtype`. The entries of a Matrix are the
            last two axes. With `out`, that object.

        Raises
        ------
        TypeError
            Wrong number of arguments; values that are no numbers, or complex numbers for a real
            kernel; an `out` of another type.
        ValueError
            Shapes that do not broadcast; an `out` of another shape.
        KernelError
            If the generated code cannot be compiled.
        """
        evaluator = self._evaluator
        if evaluator is None:
            evaluator = self._evaluator = self._make_evaluator()
        if len(args) == evaluator.direct_arity:
            result = evaluator.fast(args, out)
            if result is not NotImplemented:
                return result
        values = self._source.arguments.flatten(args)
        if not any(map(is_foreign, values)):
            return evaluator(values, out)
        if out is not None:
            raise TypeError("out: only for NumPy arrays, not for arrays of other libraries")
        return dispatch(self._flat_kernel(), values)

    def _make_evaluator(self) -> Evaluator:
        arguments = self._source.arguments
        entry = self._compilation.entry
        return Evaluator(
            functools.partial(entry, "formula"),
            functools.partial(entry, "block"),
            functools.partial(entry, "into"),
            self._structure,
            [str(argument) for argument in arguments.flat],
            self.dtype,
            direct_arity=len(arguments.flat) if self._is_direct() else -1,
            work=self._compilation.work,
            parallel=self._compilation.parallel,
        )

    def _is_direct(self) -> bool:
        arguments = self._source.arguments
        return bool(arguments.flat) and not arguments.nested and self._structure.size > 0

    def _flat_kernel(self) -> FlatKernel:
        names = tuple(str(argument) for argument in self._source.arguments.flat)
        return FlatKernel(self._rows, self._structure, names, self.dtype, self.__dask_tokenize__())

    def _rows(self, *values: Any) -> tuple[NDArray[Any], ...]:
        """Return every single result as an array, for arguments in a row."""
        if self._evaluator is None:
            self._evaluator = self._make_evaluator()
        return self._evaluator.rows(values)

    # ------------------------------------------------------------------ what it is

    @property
    def args(self) -> tuple[Any, ...]:
        """The arguments as given: symbols, nested in tuples where they were nested."""
        return self._source.arguments.tree

    @property
    def expr(self) -> Any:
        """The SymPy expression, or the list, tuple, dict or Matrix of them."""
        return self._source.expression()

    @property
    def source(self) -> str:
        """The generated Python text; nothing is compiled by looking at it."""
        return self._compilation.text

    @property
    def rewrites(self) -> tuple[str, ...]:
        """What `stable=True` has rewritten, with the law and the errors in ulps.

        The arguments are called a0, a1, ... as in the source.
        """
        return self._compilation.rewrites

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of every result."""
        return np.dtype(self._source.dtype)

    @property
    def _structure(self) -> Structure:
        return self._source.structure()

    # ------------------------------------------------------------------ derivatives

    def diff(self, *symbols: Any) -> Kernel:
        """Return the kernel of a partial derivative, in the same structure.

        Parameters
        ----------
        *symbols : symbol, name or int
            Differentiated one after the other; a number repeats the symbol before it. None at all
            means the only argument.

        Returns
        -------
        Kernel

        Raises
        ------
        ValueError
            If a symbol is not an argument.
        UnsupportedNodeError
            If a function has no derivative by formula.

        Examples
        --------
        >>> lambdify("x", "x**3").diff("x", 2)(1.0)
        6.0
        """
        arguments = self._source.arguments
        if not symbols:
            if len(arguments.flat) != 1:
                raise ValueError("diff: name the argument to differentiate by, there are several")
            symbols = arguments.flat
        positions: list[int] = []
        for symbol in symbols:
            if isinstance(symbol, int | sympy.Integer) and not isinstance(symbol, bool):
                if not positions or symbol < 1:
                    raise ValueError(f"diff: {symbol} repeats no symbol")
                positions += positions[-1:] * (int(symbol) - 1)
            else:
                positions.append(arguments.position(symbol, "diff"))
        return self._derived("diff", tuple(positions))

    def gradient(self) -> Kernel:
        """Return the kernel of all first derivatives, a list with one for each argument.

        Raises
        ------
        ValueError
            If the kernel has several results; `jacobian` is for those.
        """
        self._single("gradient", "jacobian() takes lists and matrices")
        return self._derived("gradient")

    def jacobian(self) -> Kernel:
        """Return the kernel of the Matrix of derivatives: results by arguments."""
        return self._derived("jacobian")

    def sparse_jacobian(self) -> SparseJacobian:
        """Return the derivatives that are not zero everywhere, with their rows and columns.

        For large systems: neither time nor memory is spent on the others.

        Examples
        --------
        >>> system = lambdify(["x", "y", "z"], ["x**2", "y*z", "3*z"])
        >>> system.sparse_jacobian()(1.0, 2.0, 5.0).toarray().tolist()
        [[2.0, 0.0, 0.0], [0.0, 5.0, 2.0], [0.0, 0.0, 3.0]]
        """
        from symnum.compiler.sparse_jacobians import SparseJacobian

        pattern = self._source.dependencies()
        places = [(row, column) for row, columns in enumerate(pattern) for column in columns]
        kernel = self._derived("sparse_jacobian", tuple(itertools.chain.from_iterable(places)))
        shape = (self._structure.size, len(self._source.arguments.flat))
        return SparseJacobian(kernel, tuple(places), shape)

    def hessian(self) -> Kernel:
        """Return the kernel of the Matrix of second derivatives: arguments by arguments.

        Raises
        ------
        ValueError
            If the kernel has several results.
        """
        self._single("hessian", "take it of each result")
        return self._derived("hessian")

    def _single(self, name: str, hint: str) -> None:
        if not isinstance(self._structure, Leaf):
            raise ValueError(f"{name}: the kernel has {self._structure.size} results; {hint}")

    def _derived(self, operation: str, positions: tuple[int, ...] = ()) -> Kernel:
        return Kernel.validated(self._source.derived(operation, positions))

    # ------------------------------------------------------------------ oracles

    def reference(self, *point: Any, digits: int = 50) -> Any:
        """Evaluate the SymPy expression itself at one point, to any number of digits.

        Parameters
        ----------
        *point : number
            One for each argument, nested like the arguments; doubles are taken exactly.
        digits : int
            Relative accuracy in decimal digits.

        Returns
        -------
        mpmath.mpf or mpmath.mpc
            Or a list, tuple, dict or matrix of them. NaN where a guarded kernel has none.
        """
        return self._make_oracle().reference(self._source.arguments.flatten(point), digits)

    def enclose(self, *point: Any) -> Any:
        """Return balls that contain the exact value at one point.

        They are refined until the radius is below 1e-13 of the value, or a limit of the precision.

        Parameters
        ----------
        *point : number
            One for each argument, nested like the arguments; doubles are taken exactly.

        Returns
        -------
        flint.arb or flint.acb
            Or a list, tuple or dict of them; for a Matrix a list of rows.
        """
        return self._make_oracle().enclose(self._source.arguments.flatten(point))

    def accuracy(
        self, domain: Mapping[Any, tuple[Any, Any]], n: int = 10_000, rng: Any = 0
    ) -> AccuracyReport:
        """Measure the error of the kernel in units in the last place.

        Parameters
        ----------
        domain : mapping
            From the name of each argument, or the symbol, to its ends `(low, high)`.
        n : int
            The number of points.
        rng : int or numpy.random.Generator
            Seed of the points, or a generator.

        Returns
        -------
        AccuracyReport

        Raises
        ------
        ValueError
            If an argument is missing in the domain or unknown, or a range is reversed.

        Examples
        --------
        >>> report = lambdify("x", "x + 1").accuracy({"x": (0, 1)}, n=100)
        >>> report.max_ulp <= 0.5
        True
        """
        return self._make_oracle().accuracy(self._rows, domain, n, rng)

    def _make_oracle(self) -> Measure:
        if self._oracle is None:
            self._oracle = self._source.oracle()
        return self._oracle

    # ------------------------------------------------------------------ identity and display

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Kernel):
            return NotImplemented
        return self._source == other._source

    def __hash__(self) -> int:
        return hash(self._source)

    def __reduce__(self) -> tuple[type[Kernel], tuple[Source]]:
        return Kernel, (self._source,)

    def __dask_tokenize__(self) -> str:
        # The text is the formula without names; structure and nesting are not in it.
        parts = (self.source, repr(self._structure), self._source.arguments.nesting())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def __repr__(self) -> str:
        shown = self._source.described()
        formula = shown if isinstance(shown, str) else brief_text(shown)
        return f"Kernel({brief_text(self.args)}, {formula}, dtype={self.dtype})"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {brief_latex(self._source.described())}$"
