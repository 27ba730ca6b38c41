"""The iteration of a lane for one real equation from a start alone: damped, or of the textbooks."""

from __future__ import annotations

import sympy as sp
from sympy import Rational

from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.terms import Term, choose, constant, nan
from symnum.rootfinding.lanes.codes import Code
from symnum.rootfinding.lanes.scalar import (
    BRACKETED,
    bracketed_states,
    finished_step,
    in_bracket,
)
from symnum.rootfinding.lanes.steps import LANE_METHODS, NO_STEP, UNIT, Bracket, is_settled
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

__all__ = ["FREE", "PLAIN", "free_begin", "free_step", "plain_begin", "plain_step"]

#: The states from a start alone: those of a bracket, whose sign is 0 as long as there is none; the
#: best point and f there; the start; how far from it the search is; steps in a row that do not get
#: shorter; and why the search began, or 0.
FREE = (*BRACKETED, "base", "height", "origin", "probe", "runs", "why")

#: The states of the plain iteration: the point, the last step, a point to come back to in a cycle,
#: steps since it was chosen, and after how many the next one is.
PLAIN = ("x", "last", "saved", "age", "span")

#: Halvings of a step before it is given up.
HALVINGS = 14

#: Steps that go the same way without getting shorter before the iterates run away.
CRAWL = 12

#: The search around the start begins so near, moves apart by a factor, and ends so far away.
NEAREST, APART, FARTHEST = Rational(1, 64), Rational(3, 2), 10**5

#: Beyond this the iterates have run away; those of the plain iteration already here.
AWAY, PLAIN_AWAY = Rational(10) ** 300, Rational(10) ** 150

#: A step is so much longer than the distance to where the iterates were before, in a cycle.
CYCLE = 10**6


def free_begin(function: LaneFunction) -> Program:
    """Return the program from a start to the first states of the damped iteration."""
    builder = ProgramBuilder(function.arity)
    x, *_ = arguments(builder)
    infinite, nothing = constant(x, sp.oo), constant(x, 0)
    bracket = (-infinite, infinite, nothing, infinite, nothing)
    near = (1 + absolute(x)) * NEAREST
    states = (x, *bracket, nan(x), infinite, x, near, nothing, nothing)
    return builder.finish(tuple(state.position for state in states))


def free_step(function: LaneFunction, method: str) -> Program:
    """Return the step of the damped iteration, which looks elsewhere where it fails.

    A step is halved until |f| falls. The first two points with values of opposite signs become a
    bracket. Where no step descends, or the iterates run away, points around the start are tried,
    farther and farther away.

    Parameters
    ----------
    function : LaneFunction
        f, with as many derivatives as the method looks at.
    method : str
        A row of `LANE_METHODS`.
    """
    builder = ProgramBuilder(len(FREE) + function.arity - 1)
    every = arguments(builder)
    x = every[0]
    known = Bracket(*every[1 : len(BRACKETED)])
    base, height, origin, probe, runs, why = every[len(BRACKETED) : len(FREE)]
    sample = function.sample(x, every[len(FREE) :])
    value = sample.value
    step = LANE_METHODS[method].step(sample)
    bracketed = known.sign.compare("!=", 0)
    # Without a first point the height is infinite and of no sign.
    some = base.compare("==", base)
    opposite = both(some, negate(bracketed), (value * height).compare("<", 0))
    bracket = _joined(known, opposite, x, value, base, height)
    inside = in_bracket(x, bracket, sample, step)
    search = _Search(
        x, sample, step, known.last, known.slow, base, height, origin, probe, runs, why
    )
    enclosed = either(bracketed, opposite)
    code = choose(enclosed, inside.code, search.code)
    following = choose(enclosed, inside.x, search.x)
    ends = bracketed_states(inside.bracket)
    kept = [known.low, known.high, known.sign, search.last, search.slow]
    states = [choose(enclosed, new, old) for new, old in zip(ends, kept, strict=True)]
    rest = [search.base, search.height, origin, search.probe, search.runs, search.why]
    return finished_step(builder, [following, *states, *rest], code)


def _joined(
    known: Bracket, opposite: Term, x: Term, value: Term, base: Term, height: Term
) -> Bracket:
    """Return the bracket of two points with values of opposite signs, where they have just met."""
    low, high = smaller(base, x), larger(base, x)
    at_low = choose(base.compare("<", x), height, value)
    sign = choose(at_low.compare(">", 0), constant(x, 1), -1)
    new = (low, high, sign, high - low, constant(x, NO_STEP))
    old = (known.low, known.high, known.sign, known.last, known.slow)
    return Bracket(*(choose(opposite, a, b) for a, b in zip(new, old, strict=True)))


class _Search:
    """The rules of a lane without a bracket.

    Parameters
    ----------
    x, sample, step
        The point, f there, and where the method wants to go.
    last, slow, base, height, origin, probe, runs, why
        The states.
    """

    def __init__(
        self,
        x: Term,
        sample: LaneSample,
        step: Term,
        last: Term,
        slow: Term,
        base: Term,
        height: Term,
        origin: Term,
        probe: Term,
        runs: Term,
        why: Term,
    ) -> None:
        value = sample.value
        defined = value.compare("==", value)
        size, target = absolute(step), x + step
        newton = why.compare("==", 0)
        # Where the search meets a much smaller value, the iteration begins anew.
        allowed = choose(newton, absolute(height), absolute(height) * Rational(1, 2))
        first = negate(base.compare("==", base))
        descends = both(defined, either(first, absolute(value).compare("<", allowed)))
        crawling = both(
            (10 * size).compare(">=", 7 * absolute(last)), (step * last).compare(">", 0)
        )
        self.runs = choose(descends, choose(crawling, runs + 1, 0), runs)
        flat = negate(both(size.compare("<", sp.oo), step.compare("!=", 0)))
        away = either(self.runs.compare(">=", CRAWL), absolute(target).compare(">", AWAY))
        worn = both(newton, negate(descends), slow.compare(">=", HALVINGS))
        fails = either(both(descends, either(flat, away)), worn)
        searching = either(fails, both(negate(newton), negate(descends)))
        reason = choose_first(
            (both(descends, flat), constant(x, Code.ZERO_DERIVATIVE)),
            (both(descends, away), Code.DIVERGED),
            (worn, choose(defined, constant(x, Code.STALLED), Code.LEFT_DOMAIN)),
            (descends, 0),
            otherwise=why,
        )
        self.why = reason
        self.base = choose(descends, x, base)
        self.height = choose(descends, value, height)
        self.last = choose(descends, step, last)
        self.slow = choose(both(newton, negate(descends)), slow + 1, 0)
        self.probe = choose(searching, -(probe * APART), probe)
        halfway = (x + base) * Rational(1, 2)
        settled = both(descends, is_settled(step, last, target))
        # So near to the best point no value can be told from another.
        stuck = both(
            newton,
            negate(descends),
            negate(first),
            absolute(x - base).compare("<=", absolute(base) * (128 * UNIT)),
        )
        exhausted = both(
            searching, absolute(self.probe).compare(">", (1 + absolute(origin)) * FARTHEST)
        )
        self.code = choose_first(
            (sample.vanishes, constant(x, Code.VANISHED)),
            (both(first, negate(defined)), Code.NAN),
            (settled, Code.SETTLED),
            (stuck, Code.SETTLED),
            (exhausted, reason),
            otherwise=0,
        )
        self.x = choose_first(
            (either(sample.vanishes, both(first, negate(defined))), x),
            (settled, target),
            (either(stuck, exhausted), base),
            (searching, origin + self.probe),
            (descends, target),
            otherwise=halfway,
        )


def plain_begin(function: LaneFunction) -> Program:
    """Return the program from a start to the first states of the plain iteration."""
    builder = ProgramBuilder(function.arity)
    x, *_ = arguments(builder)
    states = (x, constant(x, sp.oo), nan(x), constant(x, 0), constant(x, 1))
    return builder.finish(tuple(state.position for state in states))


def plain_step(function: LaneFunction, method: str) -> Program:
    """Return the step of the textbooks, which recognises cycles and divergence.

    Parameters
    ----------
    function : LaneFunction
        f, with as many derivatives as the method looks at.
    method : str
        A row of `LANE_METHODS`.
    """
    builder = ProgramBuilder(len(PLAIN) + function.arity - 1)
    every = arguments(builder)
    x, last, saved, age, span = every[: len(PLAIN)]
    sample = function.sample(x, every[len(PLAIN) :])
    step = LANE_METHODS[method].step(sample)
    size, target = absolute(step), x + step
    value = sample.value
    settled = is_settled(step, last, target)
    first = last.compare("==", sp.oo)
    returned = (absolute(x - saved) * CYCLE).compare("<=", smaller(size, absolute(last)))
    code = choose_first(
        (sample.vanishes, constant(x, Code.VANISHED)),
        (absolute(value).compare("<", sp.oo), 0),
        (first, Code.NAN),
        otherwise=Code.DIVERGED,
    )
    going = choose_first(
        (negate(both(size.compare("<", sp.oo), step.compare("!=", 0))), Code.ZERO_DERIVATIVE),
        (absolute(target).compare(">", PLAIN_AWAY), constant(x, Code.DIVERGED)),
        (settled, Code.SETTLED),
        (returned, Code.CYCLE),
        otherwise=0,
    )
    code = choose(code.compare("==", 0), going, code)
    moves = either(code.compare("==", 0), code.compare("==", Code.SETTLED))
    renewed = age.compare(">=", span)
    states = [
        choose(moves, target, x),
        step,
        choose(renewed, x, saved),
        choose(renewed, constant(x, 0), age + 1),
        choose(renewed, 2 * span, span),
    ]
    return finished_step(builder, states, code)
