"""Families given by an expression in x and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from flint import arb, arb_mat, arb_series

from symnum.approximation.families import Family, Level
from symnum.approximation.ordering import ascending, binary_exponent
from symnum.approximation.problem import Problem
from symnum.approximation.regular import RegularFunction
from symnum.approximation.taylor import series_precision
from symnum.approximation.zeros import Argument, real_slope

__all__ = ["ParametricFamily"]

MOST_STEPS = 80
MOST_HALVINGS = 12


class ParametricFamily(Family):
    """Functions F(x; p) given by an expression.

    Parameters
    ----------
    problem : Problem
    form : Expr
        In x and the parameters.
    params : sequence of Symbol
        All parameters, in the order of the user.
    fixed : mapping
        From some of them to exact numbers.
    argument : Argument or None
        What proves optimality; see `zero_count`.
    """

    def __init__(
        self,
        problem: Problem,
        form: sympy.Expr,
        params: Sequence[sympy.Symbol],
        fixed: Mapping[sympy.Symbol, sympy.Expr],
        argument: Argument | None = None,
    ) -> None:
        self.problem = problem
        self.form = form
        self.params = tuple(params)
        self.fixed = dict(fixed)
        self.free = tuple(symbol for symbol in self.params if symbol not in self.fixed)
        self.argument = argument
        member = form.subs(self.fixed)
        self.member = member
        sample = tuple((arb(7 + 4 * k) / 8).mid() for k in range(len(self.free)))
        inner = {problem.x: problem.place}

        def regular(expr: sympy.Expr) -> RegularFunction:
            return RegularFunction(
                expr.subs(inner), problem.s, problem.low, problem.high, self.free, sample
            )

        self.function = regular(member)
        self.slope_expressions = tuple(real_slope(member, symbol) for symbol in self.free)
        self.slopes = tuple(regular(slope) for slope in self.slope_expressions)

    def series(self, box: arb, values: Sequence[arb], prec: int, terms: int) -> arb_series:
        """Return the Taylor series of a member over a box."""
        return self.function.series(box, prec, terms, tuple(values))

    def level(self, reference: Sequence[arb], previous: Level | None, prec: int) -> Level:
        """Solve the levelled equations by Newton's method, with halved steps where they fail."""
        if previous is None:
            raise ArithmeticError("the levelled equations need a start")
        signs = [(-1) ** index * self.orientation(place) for index, place in enumerate(reference)]
        state = [value.mid() for value in previous.values]
        error = previous.error.mid()
        with series_precision(prec, 1):
            errors = self._errors(reference, state, prec)
            if errors is None:
                raise ArithmeticError("the member is not defined on the reference")
            noise = _noise(self._scale(reference, prec), prec)
            size = _spread(errors, signs, error)
            for _ in range(MOST_STEPS):
                if size <= noise:
                    break
                step = self._step(reference, state, errors, signs, error, prec)
                moved = self._accepted(reference, state, error, step, signs, size, prec)
                if moved is None:
                    if size <= abs(error) * arb(2) ** (-prec // 2):
                        break
                    raise ArithmeticError("Newton's method found no levelled member")
                state, error, errors, size = moved
            else:
                raise ArithmeticError("Newton's method found no levelled member")
        return Level(tuple(state), error)

    def _scale(self, reference: Sequence[arb], prec: int) -> int:
        data = [self.problem.cached_data(place, prec, 1) for place in reference]
        return max(
            binary_exponent(target[0] if inverse is None else target[0] * inverse[0])
            for target, inverse in data
        )

    def _errors(
        self, reference: Sequence[arb], values: Sequence[arb], prec: int
    ) -> list[arb] | None:
        errors = []
        for place in reference:
            target, inverse = self.problem.cached_data(place, prec, 1)
            value = target[0] - self.series(place, values, prec, 1)[0]
            if inverse is not None:
                value = value * inverse[0]
            if not value.is_finite():
                return None
            errors.append(value.mid())
        return errors

    def _step(
        self,
        reference: Sequence[arb],
        values: Sequence[arb],
        errors: Sequence[arb],
        signs: Sequence[int],
        error: arb,
        prec: int,
    ) -> list[arb]:
        rows, right = [], []
        for place, value, sign in zip(reference, errors, signs, strict=True):
            _, inverse = self.problem.cached_data(place, prec, 1)
            factor = arb(1) if inverse is None else inverse[0]
            slopes = [
                -slope.series(place, prec, 1, tuple(values))[0] * factor for slope in self.slopes
            ]
            rows.append([*(slope.mid() for slope in slopes), arb(-sign)])
            right.append([sign * error - value])
        try:
            solution = arb_mat(rows).solve(arb_mat(right), algorithm="approx").entries()
        except ZeroDivisionError:
            raise ArithmeticError("the levelled equations are singular") from None
        step = [entry.mid() for entry in solution]
        if not all(entry.is_finite() for entry in step):
            raise ArithmeticError("the levelled equations are singular")
        return step

    def _accepted(
        self,
        reference: Sequence[arb],
        values: Sequence[arb],
        error: arb,
        step: Sequence[arb],
        signs: Sequence[int],
        size: arb,
        prec: int,
    ) -> tuple[list[arb], arb, list[arb], arb] | None:
        """Return the state after the longest of the halved steps that comes nearer."""
        share = arb(1)
        for _ in range(MOST_HALVINGS):
            moved = [
                (value + share * change).mid()
                for value, change in zip(values, step[:-1], strict=True)
            ]
            level = (error + share * step[-1]).mid()
            errors = self._errors(reference, moved, prec)
            if errors is not None:
                reached = _spread(errors, signs, level)
                if reached < size:
                    return moved, level, errors, reached
            share = share / 2
        return None

    def pattern(self, place: arb) -> int:
        """Return 1."""
        return 1

    def optimality(self) -> str:
        """Return what proves that no member does better, as far as anything does."""
        if not self.free:
            return "every parameter is fixed: the family has no other member"
        if self.argument is None:
            return "the bounds are for this fit only: the zeros of differences are not counted"
        return f"{self.argument.text}: {self.size + 1} alternations prove optimality"

    def guard_bits(self) -> int:
        """Return bits for Newton's method."""
        return 48 + 16 * self.size

    def order(self) -> int:
        """Return an order for the Taylor polynomials of a proof."""
        return 8

    def parameters(self, values: Sequence[arb]) -> dict[Any, Any]:
        """Return every parameter by its symbol."""
        named: dict[Any, Any] = dict(zip(self.free, values, strict=True))
        named.update(self.fixed)
        return {symbol: named[symbol] for symbol in self.params}

    def state(self, numbers: Mapping[Any, Any]) -> tuple[Any, ...]:
        """Return the values of a member from its parameters by name."""
        return tuple(numbers[symbol] for symbol in self.free)

    def expression(self, numbers: dict[Any, sympy.Expr]) -> sympy.Expr:
        """Return the member in x."""
        return self.form.subs(numbers)


def _noise(scale: int, prec: int) -> arb:
    return arb(2) ** (scale - prec + 16)


def _spread(errors: Sequence[arb], signs: Sequence[int], error: arb) -> arb:
    """Return by how much the errors miss their common size."""
    return max(
        (abs(value - sign * error).mid() for value, sign in zip(errors, signs, strict=True)),
        key=ascending,
    )
