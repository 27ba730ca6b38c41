"""The iteration of a lane for one real equation: inside a bracket, or from a start alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy import Rational

from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.terms import Term, choose, constant, nan
from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.lanes.codes import Code
from symnum.rootfinding.lanes.steps import (
    LANE_METHODS,
    MOST_UNDEFINED,
    NO_STEP,
    SAME_SIGN_STEPS,
    Bracket,
    is_settled,
    program_cost,
)
from symnum.rootfinding.lanes.terms import (
    LaneFunction,
    LaneSample,
    absolute,
    arguments,
    both,
    choose_first,
    either,
    larger,
    negate,
    smaller,
)

__all__ = [
    "BRACKETED",
    "Advance",
    "bracketed_begin",
    "bracketed_states",
    "bracketed_step",
    "chosen_method",
    "finished_step",
    "in_bracket",
]

#: The states inside a bracket; the first three are the point and the ends.
BRACKETED = ("x", "low", "high", "sign", "last", "slow")

#: A second derivative that makes a step costlier by more than this factor is not worth it.
WORTH = Rational(3, 2)


#: What may be spent on it in any case: it pays at multiple roots.
ROOM = 14


def chosen_method(
    method: str, expr: sp.Expr, unknown: sp.Symbol, params: Sequence[sp.Symbol], *, bracketed: bool
) -> str:
    """Return the method that ``"auto"`` stands for: with f'' where that is cheap, or needed.

    Parameters
    ----------
    method : str
        As the user named it.
    expr, unknown, params
        The equation.
    bracketed : bool
        Whether a bracket makes up for slow convergence to multiple roots.
    """
    if method not in ("auto", "bracketed"):
        return method
    try:
        second = LaneFunction(expr, unknown, params, order=2).program
    except UnsupportedNodeError:
        # Not every derivative is known.
        return "newton"
    first = LaneFunction(expr, unknown, params, order=1).program
    if not bracketed:
        return "adapted"
    costs = program_cost(first), program_cost(second)
    return "adapted" if costs[1] <= WORTH * costs[0] + ROOM else "newton"


def bracketed_begin(function: LaneFunction) -> Program:
    """Return the program from a start and two ends to the first states.

    Parameters
    ----------
    function : LaneFunction
        f.
    """
    builder = ProgramBuilder(2 + function.arity)
    x, one, other, *params = arguments(builder)
    finite = both(absolute(one).compare("<", sp.oo), absolute(other).compare("<", sp.oo))
    low, high = (choose(finite, pick(one, other), nan(x)) for pick in (smaller, larger))
    samples = [function.sample(end, params) for end in (low, high)]
    below, above = (_sign(sample) for sample in samples)
    known, above_known = below.compare("!=", 0), above.compare("!=", 0)
    same = both(known, above_known, (below * above).compare(">", 0))
    sign = choose_first((same, 2 * below), (known, below), (above_known, -above), otherwise=1)
    rise = samples[1].value - samples[0].value
    part = -(samples[0].value / rise)
    good = both(part.compare(">=", Rational(1, 20)), part.compare("<=", Rational(19, 20)))
    width = high - low
    guess = low + width * choose(good, part, constant(x, Rational(1, 2)))
    given = both(low.compare("<=", x), x.compare("<=", high))
    first = choose(given, x, guess)
    nothing = both(samples[0].vanishes, samples[1].vanishes)
    first = choose(nothing, low, first)
    outputs = (first, low, high, sign, width, constant(x, NO_STEP))
    return builder.finish(tuple(output.position for output in outputs))


def _sign(sample: LaneSample) -> Term:
    """Append the sign of f, 0 where it cannot be told from rounding or is undefined."""
    value = sample.value
    return choose_first(
        (sample.vanishes, 0),
        (value.compare(">", 0), 1),
        (value.compare("<", 0), -1),
        otherwise=constant(value, 0),
    )


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a lane in a bracket goes next."""

    x: Term
    bracket: Bracket
    code: Term


def in_bracket(x: Term, bracket: Bracket, sample: LaneSample, step: Term) -> Advance:
    """Append the rules of a lane in a bracket.

    Parameters
    ----------
    x : Term
        The point.
    bracket : Bracket
        As it was before f was evaluated there.
    sample : LaneSample
        f there.
    step : Term
        Where the method wants to go.
    """
    defined = sample.value.compare("==", sample.value)
    shrunk = bracket.shrunk(x, sample)
    following, counted, taken = shrunk.advanced(x, step)
    # After a halving the last length says nothing of the steps.
    last = choose(bracket.slow.compare(">=", 0), bracket.last, constant(x, sp.oo))
    settled = both(taken, is_settled(step, last, following), negate(shrunk.unsigned))
    aside, waiting = bracket.undefined(x)
    nothing = either(
        negate((bracket.high - bracket.low).compare("<", sp.oo)),
        waiting.compare(">", MOST_UNDEFINED),
    )
    hopeless = both(shrunk.unsigned, shrunk.slow.compare(">=", SAME_SIGN_STEPS))
    ends = either(both(shrunk.closed, negate(shrunk.unsigned)), hopeless)
    code = choose_first(
        (sample.vanishes, constant(x, Code.VANISHED)),
        (settled, Code.SETTLED),
        (ends, choose(hopeless, constant(x, Code.NO_SIGN_CHANGE), Code.CLOSED)),
        otherwise=0,
    )
    code = choose(defined, code, choose(nothing, constant(x, Code.NAN), 0))
    stays = either(sample.vanishes, both(ends, negate(settled)))
    moved = choose(defined, choose(stays, x, following), choose(nothing, x, aside))
    slow = choose(defined, counted.slow, waiting)
    merged = Bracket(counted.low, counted.high, counted.sign, counted.last, slow)
    return Advance(moved, merged, code)


def bracketed_step(function: LaneFunction, method: str) -> Program:
    """Return the step of a lane inside a bracket.

    Parameters
    ----------
    function : LaneFunction
        f, with as many derivatives as the method looks at.
    method : str
        A row of `LANE_METHODS`.
    """
    count = len(BRACKETED)
    builder = ProgramBuilder(count + function.arity - 1)
    every = arguments(builder)
    x, *ends = every[:count]
    sample = function.sample(x, every[count:])
    advance = in_bracket(x, Bracket(*ends), sample, LANE_METHODS[method].step(sample))
    return finished_step(builder, [advance.x, *bracketed_states(advance.bracket)], advance.code)


def bracketed_states(bracket: Bracket) -> list[Term]:
    """Return the states of a bracket behind the point."""
    return [bracket.low, bracket.high, bracket.sign, bracket.last, bracket.slow]


def finished_step(builder: ProgramBuilder, states: Sequence[Term], code: Term) -> Program:
    """Return the program of a step."""
    return builder.finish(tuple(term.position for term in (*states, code)))
