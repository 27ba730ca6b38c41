"""Formulas of lanes: conditions, and a function with its derivatives and its noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import sympy as sp

from symnum.compiler.differentiation import differentiate
from symnum.compiler.functions import check_functions
from symnum.compiler.lowering import lower
from symnum.compiler.passes import PASSES, contract
from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.rounding_errors import error_terms
from symnum.compiler.terms import Term, call, choose

__all__ = [
    "LaneFunction",
    "LaneSample",
    "absolute",
    "arguments",
    "both",
    "choose_first",
    "either",
    "larger",
    "negate",
    "simplified",
    "smaller",
]


def absolute(x: Term) -> Term:
    """Append the size of a number."""
    return call("absolute", x)


def larger(a: Term, b: Term) -> Term:
    """Append the larger of two numbers; the second where they cannot be compared."""
    return choose(a.compare(">", b), a, b)


def smaller(a: Term, b: Term) -> Term:
    """Append the smaller of two numbers; the second where they cannot be compared."""
    return choose(a.compare("<", b), a, b)


def both(*conditions: Term) -> Term:
    """Append the conjunction of conditions."""
    return reduce(lambda a, b: a.make("both", a, b), conditions)


def either(*conditions: Term) -> Term:
    """Append the disjunction of conditions."""
    return reduce(lambda a, b: a.make("either", a, b), conditions)


def negate(condition: Term) -> Term:
    """Append the opposite of a condition."""
    return condition.make("negate", condition)


def choose_first(*rows: tuple[Term, Term | int], otherwise: Term | int) -> Term:
    """Append the value of the first condition that holds."""
    chosen: Term | int = otherwise
    for condition, value in reversed(rows):
        chosen = choose(condition, value, chosen)
    assert isinstance(chosen, Term)
    return chosen


def arguments(builder: ProgramBuilder) -> list[Term]:
    """Return all arguments of a program in the making."""
    return [Term(builder, builder.add("argument", value=k)) for k in range(builder.arity)]


def simplified(program: Program) -> Program:
    """Return a program after all passes but the contraction, which hides where it rounds.

    Parameters
    ----------
    program : Program
        As it comes from the lowering or from a differentiation.
    """
    for _, transform in PASSES:
        if transform is not contract:
            program = transform(program)
    return program


@dataclass(frozen=True, slots=True)
class LaneSample:
    """A function at one point of a lane.

    Attributes
    ----------
    value : Term
        f.
    slopes : tuple of Term
        f', f'', ...
    partials : tuple of Term
        The derivatives in the parameters.
    noise : Term
        A bound on the rounding error of `value`.
    slope_noise : Term or None
        One of f', where it was asked for.
    """

    value: Term
    slopes: tuple[Term, ...]
    partials: tuple[Term, ...]
    noise: Term
    slope_noise: Term | None

    @property
    def vanishes(self) -> Term:
        """Whether the value cannot be told from zero; never where its noise is not finite."""
        finite = self.noise.compare("<", sp.oo)
        return both(absolute(self.value).compare("<=", self.noise), finite)


class LaneFunction:
    """A real function of the unknown and parameters, to be evaluated in programs of lanes.

    Parameters
    ----------
    expr : Expr
        In real symbols.
    unknown : Symbol
        Its variable.
    params : sequence of Symbol
        Its parameters.
    order : int
        Derivatives in the unknown that are wanted.
    gradient : bool
        Whether the derivatives in the parameters are wanted.

    Raises
    ------
    UnsupportedNodeError
        If a function has no machine code, or no derivative.
    """

    def __init__(
        self,
        expr: sp.Expr,
        unknown: sp.Symbol,
        params: Sequence[sp.Symbol],
        *,
        order: int = 1,
        gradient: bool = False,
    ) -> None:
        value = lower([unknown, *params], [expr])
        programs = [value]
        for _ in range(order):
            programs.append(differentiate(programs[-1], (0,)))
        if gradient and params:
            programs.append(differentiate(value, range(1, 1 + len(params))))
        builder = ProgramBuilder(value.arity)
        outputs: list[int] = []
        for program in programs:
            places = builder.include(program)
            outputs += [places[output] for output in program.outputs]
        self.order = order
        self.arity = value.arity
        self.program = simplified(builder.finish(tuple(outputs)))
        check_functions(self.program)

    def sample(
        self,
        x: Term,
        params: Sequence[Term],
        *,
        slope_noise: bool = False,
        below_normal: bool = False,
    ) -> LaneSample:
        """Append the function at a point; what is not looked at later costs nothing.

        Parameters
        ----------
        x : Term
            The point.
        params : sequence of Term
            The parameters.
        slope_noise : bool, optional
            Whether a bound on the error of f' is wanted.
        below_normal : bool, optional
            Whether the bounds hold for values that underflow, too.
        """
        builder = x.builder
        places = [x.position, *(param.position for param in params)]
        values = [Term(builder, place) for place in builder.include(self.program, places)]
        outputs = self.program.outputs
        wanted = outputs[: 1 + slope_noise]
        bounds = error_terms(self.program, values, wanted, below_normal=below_normal)
        found = [values[output] for output in outputs]
        return LaneSample(
            value=found[0],
            slopes=tuple(found[1 : 1 + self.order]),
            partials=tuple(found[1 + self.order :]),
            noise=bounds[0],
            slope_noise=bounds[1] if slope_noise else None,
        )
