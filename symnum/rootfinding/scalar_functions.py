"""A function of one variable with its derivatives: in floats with error bounds, and in balls."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import sympy as sp
import sympy.tensor.tensor  # the first sum would load it, in the middle of the first root
from flint import arb, ctx

from symnum.compiler.differentiation import differentiate
from symnum.compiler.lowering import lower
from symnum.compiler.passes import expand_definitions
from symnum.compiler.program import Program, ProgramBuilder
from symnum.errors import UnsupportedNodeError
from symnum.reference import BallFunction, evaluate
from symnum.rootfinding.continuity import Guard, continuity_guards
from symnum.rootfinding.fast_balls import QuickBalls, quick_balls
from symnum.rootfinding.kinks import derivatives
from symnum.rootfinding.running_error import UNIT_ROUNDOFF, RunningErrorProgram

__all__ = ["Sample", "ScalarFunction", "scalar_function"]

Number = Any  # float or complex
Ball = Any  # flint.arb or flint.acb

#: Bits tried in turn where floats cannot tell a sign.
SIGN_PRECISIONS = (64, 256, 1024)


@dataclass(frozen=True, slots=True)
class Sample:
    """The function at one point, in floats.

    Attributes
    ----------
    x : float or complex
        The point.
    value : float or complex
        f(x); NaN where it is not defined.
    noise : float
        A bound on the rounding error of `value`.
    slopes : tuple
        f'(x), f''(x), ...
    """

    x: Number
    value: Number
    noise: float
    slopes: tuple[Number, ...]

    @property
    def defined(self) -> bool:
        """Whether the function has a value there, an infinite one included."""
        return bool(self.value == self.value)

    @property
    def sign(self) -> int:
        """The sign of a real value, 0 where it cannot be told from rounding or is undefined."""
        if not self.defined or (abs(self.value) <= self.noise and math.isfinite(self.value)):
            return 0
        return 1 if self.value > 0.0 else -1

    @property
    def vanishes(self) -> bool:
        """Whether the value cannot be told from zero."""
        return self.defined and abs(self.value) <= self.noise < math.inf


class ScalarFunction:
    """The left side of an equation, evaluated in every way that the search needs.

    Parameters
    ----------
    expr : Expr
        In `unknown` alone.
    unknown : Symbol
        A real dummy in the reals.
    real : bool
        Whether only real values count.
    direct : bool, optional
        Whether elementary functions are given to Arb directly. Otherwise every ball comes from the
        general evaluator, as a check of a proof wants it.
    """

    def __init__(
        self, expr: sp.Expr, unknown: sp.Symbol, real: bool, *, direct: bool = True
    ) -> None:
        self.expr = expr
        self.unknown = unknown
        self.real = real
        self._derivatives: list[sp.Expr] = [expr]
        self._balls: dict[int, BallFunction] = {}
        self._programs: dict[int, RunningErrorProgram | None] = {}
        self._guards: dict[int, tuple[Guard, ...]] = {}
        self._direct = direct and real

    def derivative(self, order: int) -> sp.Expr:
        """Return the derivative of that order as an expression."""
        missing = order + 1 - len(self._derivatives)
        if missing > 0:
            self._derivatives += derivatives(self._derivatives[-1], self.unknown, missing)
        return self._derivatives[order]

    @property
    def differentiable(self) -> bool:
        """Whether the derivative is known in closed form."""
        if self.quick is not None:
            return True
        try:
            self.derivative(1)
        except UnsupportedNodeError:
            return False
        return True

    def sample(self, x: Number, count: int = 2) -> Sample:
        """Evaluate f and its first `count` derivatives in floats, NaN for unknown derivatives."""
        if count not in self._programs:
            self._programs[count] = self._program(count)
        program = self._programs[count]
        if program is None:
            return self._slow_sample(x, count)
        (value, noise), *slopes = program(x)
        known = [slope for slope, _ in slopes]
        return Sample(x, value, noise, tuple(known + [math.nan] * (count - len(known))))

    def resolved(self, x: float, count: int = 2) -> Sample:
        """Evaluate f in floats, and in balls where floats cannot tell its sign from zero.

        That is where they overflow on the way, underflow, or divide by what may be zero. At a point
        where balls cannot tell either, f is undefined or zero.
        """
        sample = self.sample(x, count)
        bounded = sample.noise < math.inf and (sample.noise > 0.0 or sample.value != 0.0)
        if sample.defined and (bounded or math.isinf(sample.value)):
            return sample
        for precision in SIGN_PRECISIONS:
            try:
                value = self.ball(0, arb(x), precision)
            except UnsupportedNodeError:
                return sample
            if value.is_finite() and not value.contains(0):
                number = float(value.mid()) or math.copysign(5e-324, float(value.sgn()))
                return replace(sample, value=number, noise=0.0)
            if value.is_zero():
                break
        return sample if sample.noise < math.inf else replace(sample, value=math.nan)

    def ball(self, order: int, x: Ball, precision: int) -> Ball:
        """Enclose the derivative of that order over a ball; not finite where it is not defined."""
        if order < 2 and self.quick is not None:
            with ctx.workprec(precision):
                return self.quick.both(x)[1] if order else self.quick.value(x)
        if order not in self._balls:
            self._balls[order] = BallFunction([self.unknown], self.derivative(order))
        function = self._balls[order]
        return function([x], precision) if self.real else function.complex([x], precision)

    @cached_property
    def quick(self) -> QuickBalls | None:
        """The function and its derivative in quick balls, where it is of the elementary kind."""
        return quick_balls(self.expr, self.unknown) if self._direct else None

    def is_smooth_over(self, x: Ball, precision: int, order: int = 0) -> bool:
        """Whether the derivative of some order is continuous over a ball: no jump, pole or cut.

        Then the derivative above it tells all about it there.
        """
        if order not in self._guards:
            expr = self.derivative(order)
            self._guards[order] = continuity_guards(expr, [self.unknown], self.real)
        if not self.ball(order, x, precision).is_finite():
            return False
        return all(guard.holds([x], precision) for guard in self._guards[order])

    def exact_value(self, point: sp.Expr, order: int = 0) -> sp.Expr:
        """Return the derivative of that order at an exact point, as SymPy evaluates it."""
        return self.derivative(order).subs(self.unknown, point)

    def _program(self, count: int) -> RunningErrorProgram | None:
        """Return the program of f and its derivatives, None where only the slow way is left."""
        for make in (self._differentiated, self._lowered):
            try:
                return RunningErrorProgram(expand_definitions(make(count)), self.real)
            except (UnsupportedNodeError, TypeError):
                continue
        return None

    def _differentiated(self, count: int) -> Program:
        """Return f and its derivatives, differentiated as a program: faster than as expressions."""
        lowered = lower([self.unknown], [self.expr], complex_valued=not self.real)
        return _repeated_derivatives(lowered, count)

    def _lowered(self, count: int) -> Program:
        return lower([self.unknown], self._known(count), complex_valued=not self.real)

    def _known(self, count: int) -> list[sp.Expr]:
        """Return the function and as many of its derivatives as there are."""
        known = [self.expr]
        for order in range(1, count + 1):
            try:
                known.append(self.derivative(order))
            except UnsupportedNodeError:
                break
        return known

    def _slow_sample(self, x: Number, count: int) -> Sample:
        """Evaluate by the reference evaluator: right for every function, and slower."""
        point = {self.unknown: x}
        values = [evaluate(expr, point, 20) for expr in self._known(count)]
        number, *slopes = (_as_float(value, self.real) for value in values)
        slopes += [math.nan] * (count - len(slopes))
        return Sample(x, number, 4.0 * UNIT_ROUNDOFF * abs(number), tuple(slopes))


@lru_cache(maxsize=128)
def scalar_function(expr: sp.Expr, unknown: sp.Symbol, real: bool) -> ScalarFunction:
    """Return the function of an expression; equal ones share their derivatives and programs."""
    return ScalarFunction(expr, unknown, real)


def _repeated_derivatives(program: Program, count: int) -> Program:
    """Return the program of an output followed by its derivatives of order 1 to `count`."""
    builder = ProgramBuilder(program.arity, program.complex_valued)
    outputs = []
    for order in range(count + 1):
        if order:
            program = differentiate(program, (0,))
        outputs.append(builder.include(program)[program.outputs[0]])
    return builder.finish(tuple(outputs))


def _as_float(value: Any, real: bool) -> Number:
    number = complex(value)
    if not real:
        return number
    return number.real if number.imag == 0.0 else math.nan
