"""What a kernel is made from: everything that its equality, its pickle and its code depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from sympy import Basic, Dummy, Piecewise, S
from sympy.logic.boolalg import Boolean

from symnum.compiler.arguments import Arguments, read_arguments
from symnum.compiler.differentiation import (
    differentiate,
    hessian,
    jacobian,
    jacobian_pattern,
    sparse_jacobian,
)
from symnum.compiler.emission import KINDS
from symnum.compiler.lowering import lower
from symnum.compiler.printing import brief_text
from symnum.compiler.program import Program
from symnum.compiler.structure import Grid, Items, Leaf, Structure, as_matrix, flatten
from symnum.expressions import parse_expression
from symnum.expressions.named_functions import NamedFunction

if TYPE_CHECKING:
    from symnum.compiler.sources import Making, Measure

__all__ = ["ExactForm", "Recipe", "read_recipe"]


@dataclass(frozen=True, slots=True)
class ExactForm:
    """What an oracle evaluates: every variable is a symbol, every result a number.

    Parameters
    ----------
    symbols : tuple of sympy.Symbol
        One for each argument.
    outputs : tuple of sympy.Basic
        The single results, without the guard.
    guard : Boolean or None
        Where the results are defined.
    """

    symbols: tuple[sympy.Symbol, ...]
    outputs: tuple[Basic, ...]
    guard: Boolean | None

    def guarded(self) -> tuple[Basic, ...]:
        """Return the results, NaN outside of the guard."""
        if self.guard is None:
            return self.outputs
        nothing = (S.NaN, S.true)
        return tuple(
            Piecewise((output, self.guard), nothing, evaluate=False) for output in self.outputs
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """Arguments, expressions and options of a kernel, and the derivatives taken of them.

    Parameters
    ----------
    arguments : Arguments
        As the user gave them.
    leaves : tuple of sympy.Basic
        The single expressions, before any derivative.
    base : Structure
        What they are put into.
    dtype : str
        Name of the number type.
    parallel : bool, int or "auto"
    stable : bool
        As for `lambdify`.
    guard : Boolean or None
        Where it does not hold, every result is NaN.
    derivatives : tuple of (str, tuple of int)
        What was done to the expressions, in order: the operation and argument positions; of a
        sparse Jacobian the row and the column of each entry.
    wide : bool
        Whether single-precision numbers are computed in double precision.
    """

    arguments: Arguments
    leaves: tuple[Basic, ...]
    base: Structure
    dtype: str
    parallel: bool | int | str
    stable: bool
    guard: Boolean | None = None
    derivatives: tuple[tuple[str, tuple[int, ...]], ...] = ()
    wide: bool = False

    @property
    def complex_valued(self) -> bool:
        """Whether numbers are complex."""
        return KINDS[self.dtype] == "complex"

    def derived(self, operation: str, positions: tuple[int, ...] = ()) -> Recipe:
        """Return the recipe of a derivative."""
        return replace(self, derivatives=(*self.derivatives, (operation, positions)))

    def program(self) -> Program:
        """Lower the expressions and differentiate the program.

        Raises
        ------
        ValueError, TypeError, UnsupportedNodeError
            As `lower` and `differentiate` do.
        """
        program = lower(
            self.arguments.flat,
            self.leaves,
            guard=self.guard,
            complex_valued=self.complex_valued,
        )
        for operation, positions in self.derivatives:
            program = _differentiated(program, operation, positions)
        return program

    def making(self) -> Making:
        """Return what compiles and runs it."""
        from symnum.compiler.compilation import Compilation

        return Compilation(self)

    def oracle(self) -> Measure:
        """Return what evaluates the expressions themselves."""
        from symnum.compiler.oracle import Oracle

        return Oracle(self)

    def dependencies(self) -> Sequence[Sequence[int]]:
        """Return on which arguments, by position, each result depends."""
        return jacobian_pattern(self.program())

    def structure(self) -> Structure:
        """Return the shape of the result, derivatives included."""
        structure, arity = self.base, len(self.arguments.flat)
        for operation, positions in self.derivatives:
            if operation == "gradient":
                structure = Items(list, (Leaf(),) * arity)
            elif operation == "jacobian":
                structure = Grid((structure.size, arity))
            elif operation == "hessian":
                structure = Grid((arity, arity))
            elif operation == "sparse_jacobian":
                structure = Items(list, (Leaf(),) * (len(positions) // 2))
        return structure

    def described(self) -> Any:
        """Return the expressions for display; of derivatives, what is differentiated and how."""
        whole = self.base.combine(iter(self.leaves), as_matrix)
        if not self.derivatives:
            return whole
        names = self.arguments.flat
        steps = ""
        for operation, positions in self.derivatives:
            symbols = positions if operation == "diff" else ()
            steps += f".{operation}({', '.join(str(names[position]) for position in symbols)})"
        return f"({brief_text(whole)}){steps}"

    def expression(self) -> Any:
        """Return what the kernel computes, as SymPy expressions in the shape of the result."""
        return self.structure().combine(iter(self.outputs()), as_matrix)

    def outputs(self) -> list[Basic]:
        """Return the single expressions, derivatives carried out by SymPy."""
        leaves = list(self.leaves)
        for operation, positions in self.derivatives:
            leaves = list(self._derivatives(leaves, operation, positions))
        return leaves

    def _derivatives(
        self, leaves: Sequence[Basic], operation: str, positions: tuple[int, ...]
    ) -> Iterator[Basic]:
        variables = self.arguments.flat
        if operation == "diff":
            for leaf in leaves:
                for position in positions:
                    leaf = self._derivative(leaf, variables[position])
                yield leaf
        elif operation == "sparse_jacobian":
            for row, column in zip(positions[::2], positions[1::2], strict=True):
                yield self._derivative(leaves[row], variables[column])
        elif operation in ("gradient", "jacobian"):
            for leaf in leaves:
                for variable in variables:
                    yield self._derivative(leaf, variable)
        else:
            for leaf in leaves:
                for first in variables:
                    slope = self._derivative(leaf, first)
                    for second in variables:
                        yield self._derivative(slope, second)

    def _derivative(self, leaf: Basic, variable: sympy.Expr) -> Basic:
        if not isinstance(leaf, sympy.Expr):
            return S.Zero
        if self.complex_valued:
            return leaf.diff(variable)
        # Without knowing that arguments are real, SymPy differentiates Abs(x) into a formula in
        # the derivatives of re(x) and im(x).
        real = {
            symbol: Dummy(f"{symbol.name}", real=True)
            for symbol in self.arguments.flat
            if isinstance(symbol, sympy.Symbol) and symbol.is_extended_real is None
        }
        if not real:
            return leaf.diff(variable)
        slope = leaf.xreplace(real).diff(real.get(variable, variable))
        return slope.xreplace({dummy: symbol for symbol, dummy in real.items()})

    def exact_form(self) -> ExactForm:
        """Return what is evaluated at high precision."""
        variables = self.arguments.flat
        symbols = tuple(
            variable if isinstance(variable, sympy.Symbol) else Dummy(f"argument_{index}")
            for index, variable in enumerate(variables)
        )
        renamed = {
            variable: symbol
            for variable, symbol in zip(variables, symbols, strict=True)
            if variable is not symbol
        }
        outputs = [_as_number(leaf) for leaf in self.outputs()]
        guard = self.guard
        if renamed:
            outputs = [leaf.xreplace(renamed) for leaf in outputs]
            guard = guard.xreplace(renamed) if guard is not None else None
        return ExactForm(symbols, tuple(outputs), guard)


def _as_number(leaf: Basic) -> Basic:
    # Symbols are both: expressions first.
    if isinstance(leaf, Boolean) and not isinstance(leaf, sympy.Expr):
        return Piecewise((S.One, leaf), (S.Zero, S.true))
    return leaf


def _differentiated(program: Program, operation: str, positions: tuple[int, ...]) -> Program:
    if operation == "diff":
        for position in positions:
            program = differentiate(program, (position,))
        return program
    if operation == "sparse_jacobian":
        return sparse_jacobian(program)[0]
    return hessian(program) if operation == "hessian" else jacobian(program)


def read_recipe(
    args: Any,
    expr: Any,
    dtype: Any,
    parallel: bool | int | str,
    stable: bool,
    guard: Boolean | None,
    wide: bool = False,
) -> Recipe:
    """Check what a user gave and return the recipe of a kernel.

    Parameters
    ----------
    args, expr, dtype, parallel, stable
        As for `lambdify`.
    guard : Boolean or None
        A condition on the arguments.
    wide : bool
        Whether single-precision numbers are computed in double precision; they always are where
        a named function asks for it.

    Raises
    ------
    TypeError, ValueError
        Naming the argument that is wrong, what came and what was expected.
    """
    number_type = _dtype(dtype)
    threads = _threads(parallel)
    if not isinstance(stable, bool):
        raise TypeError(f"stable: expected True or False, got {stable!r}")
    if guard is not None and not isinstance(guard, Boolean):
        raise TypeError(f"guard: expected a condition, got {type(guard).__name__}")
    arguments = read_arguments(args, _symbols_of(expr) if _has_names(args) else ())
    declared: dict[str, sympy.Expr] = {}
    for argument in arguments.flat:
        if isinstance(argument, sympy.Symbol):
            declared.setdefault(argument.name, argument)

    def read(text: str) -> Any:
        return parse_expression(text, declared)

    leaves, structure = flatten(expr, read)
    single = number_type == "float32"
    wide = single and (wide or any(map(_asks_for_digits, leaves)))
    return Recipe(
        arguments, tuple(leaves), structure, number_type, threads, stable, guard, wide=wide
    )


def _asks_for_digits(leaf: Basic) -> bool:
    named = leaf.atoms(NamedFunction) if leaf.has(NamedFunction) else set()
    return any(function.in_double for function in named)


def _dtype(dtype: Any) -> str:
    known = ", ".join(KINDS)
    try:
        name = np.dtype(dtype).name if dtype is not None else "None"
    except TypeError:
        name = repr(dtype)
    if name not in KINDS:
        raise TypeError(f"dtype: expected one of {known}, got {name}")
    return name


def _threads(parallel: bool | int | str) -> bool | int | str:
    if isinstance(parallel, bool) or parallel == "auto":
        return parallel
    if isinstance(parallel, int | np.integer):
        if parallel < 1:
            raise ValueError(f"parallel: expected at least one thread, got {parallel}")
        # One thread is no parallel work; as a number it would equal True.
        return int(parallel) if parallel > 1 else False
    raise TypeError(f'parallel: expected "auto", True, False or a number, got {parallel!r}')


def _has_names(args: Any) -> bool:
    if isinstance(args, list | tuple):
        return any(_has_names(argument) for argument in args)
    return isinstance(args, str)


def _symbols_of(expr: Any) -> set[Basic]:
    """Return the symbols of all expressions that are not text, without recursion."""
    leaves, _ = flatten(expr, lambda text: S.Zero)
    symbols: set[Basic] = set()
    seen: set[int] = set()
    stack: list[Basic] = list(leaves)
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, sympy.Symbol):
            symbols.add(node)
        stack.extend(node.args)
    return symbols
