"""From a recipe to something that can be called: program, text, machine code, each when needed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, final

import sympy

from symnum.compiler.emission import GeneratedCode, emit
from symnum.compiler.functions import check_functions
from symnum.compiler.machine import CompilationError, MachineCode, machine_code
from symnum.compiler.passes import optimise
from symnum.compiler.printing import brief_text
from symnum.compiler.program import Program
from symnum.compiler.recipe import Recipe
from symnum.compiler.verdicts import Rewrites, stable_program
from symnum.errors import SymnumError, SymnumWarning, UnsupportedNodeError

if TYPE_CHECKING:
    from symnum.compiler.fallback import MpmathTier

__all__ = ["Compilation"]


def _span(argument: sympy.Expr) -> tuple[float, float]:
    """Return where an argument can be, by its assumptions."""
    low = 0.0 if argument.is_nonnegative else -math.inf
    return low, 0.0 if argument.is_nonpositive else math.inf


@final
class Compilation:
    """What is made from a recipe, step by step; nothing is made before it is asked for.

    Parameters
    ----------
    recipe : Recipe
        What it is made from.
    """

    __slots__ = ("_code", "_machine", "_program", "_rewrites", "_tier", "recipe")

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._program: Program | None = None
        self._rewrites: Rewrites = ()
        self._tier: MpmathTier | None = None
        self._code: GeneratedCode | None = None
        self._machine: MachineCode | None = None

    @property
    def program(self) -> Program:
        """The program in its final form, of real numbers.

        Raises
        ------
        UnsupportedNodeError
            If a node has no machine code.
        """
        if self._program is None:
            program, _ = optimise(self._stable(self.recipe.program()))
            if program.complex_valued:
                from symnum.compiler.splitting import split_complex

                program, _ = optimise(split_complex(program, stable=self.recipe.stable))
            check_functions(program)
            self._program = program
        return self._program

    def _stable(self, program: Program) -> Program:
        """Let a real program take the forms that keep its digits."""
        recipe = self.recipe
        if not recipe.stable or program.complex_valued:
            return program
        arguments = recipe.arguments.flat
        program, self._rewrites = stable_program(
            program,
            [_span(argument) for argument in arguments],
            single=recipe.dtype == "float32" and not recipe.wide,
        )
        return program

    @property
    def rewrites(self) -> Rewrites:
        """What was rewritten for accuracy, each with its law and its errors."""
        return () if self.tier is not None else self._rewrites

    @property
    def tier(self) -> MpmathTier | None:
        """What stands in for machine code where a node has none.

        Raises
        ------
        UnsupportedNodeError
            If not even mpmath can evaluate a node.
        """
        if self._program is None and self._tier is None:
            try:
                _ = self.program
            except UnsupportedNodeError as error:
                from symnum.compiler.fallback import mpmath_tier

                self._tier = mpmath_tier(self.recipe, error)
        return self._tier

    @property
    def notice(self) -> str | None:
        """What the user is told of a node without machine code."""
        return None if self.tier is None else self.tier.notice

    @property
    def parallel(self) -> bool | int | str:
        """On how many threads it may run."""
        # mpmath works under a lock.
        return self.recipe.parallel if self.tier is None else False

    @property
    def code(self) -> GeneratedCode:
        """The program with its text."""
        if self._code is None:
            self._code = emit(self.program, self.recipe.dtype, wide=self.recipe.wide)
        return self._code

    @property
    def text(self) -> str:
        """The text of what is evaluated."""
        return (self.tier or self.code).text

    @property
    def work(self) -> float:
        """A rough guess of the nanoseconds that one element takes."""
        return (self.tier or self.code).work

    @property
    def machine(self) -> MachineCode:
        """The machine code, shared with other kernels of the same text."""
        if self._machine is None:
            self._machine = machine_code(self.code)
        return self._machine

    def entry(self, name: str) -> Callable[..., Any]:
        """Return what runs the program; see `ObjectCode.function`.

        Raises
        ------
        CompilationError
            If the compiler refuses the code.
        """
        if self.tier is not None:
            return self.tier.entry(name)
        try:
            return self.machine.entry(name)
        except (SymnumError, SymnumWarning):
            raise
        except Exception as error:
            formula = brief_text(self.recipe.expression())
            raise CompilationError(formula, str(error), self.code.numbered()) from error
