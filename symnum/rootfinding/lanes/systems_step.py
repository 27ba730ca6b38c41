"""One step of Newton's method for a system, as a program without branches.

Each step evaluates the equations and their Jacobian once, at a trial point. It is accepted where
the sum of squares went down (Armijo) or where Newton's next step is shorter by half, which does not
depend on the scales of the equations; else half of the step is tried. Where the Jacobian is
singular, or parts of steps do not help, a lane makes the whole step all the same or is moved aside,
a few times. The iteration stops where the next step is predicted to be below rounding, from the
quadratic law of the last two, and where steps no longer shrink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy import Rational, S

from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.terms import Term, call, choose, constant
from symnum.rootfinding.lanes.systems_algebra import (
    absolute,
    all_of,
    any_of,
    dot,
    irregular,
    largest,
    solve,
)
from symnum.rootfinding.lanes.systems_verdict import CODES
from symnum.rootfinding.status import Status

__all__ = ["START_ROOM", "STATES", "step_program"]

#: The states besides the point, the step and the start.
STATES = 5
#: How far, in parts of x, a lane is moved out of its first dead end; then twice as far.
START_ROOM = Rational(1, 16)
#: A step has to lower the sum of squares by this part, times its length.
DECREASE = Rational(1, 2**13)
#: Steps below this part of x are taken whatever the sum of squares says.
NEARBY = Rational(1, 2**13)
#: Whole steps below this part of x that do not shrink, or do not help, are noise.
NOISE = Rational(1, 2**20)
ROUNDING = Rational(1, 2**51)
#: A quarter of a unit of rounding: where the step after the next one is predicted to be.
QUADRATIC = Rational(1, 2**57)
#: Steps below this part of x end the iteration where the Jacobian is singular.
SETTLED = Rational(1, 2**40)
#: Components of x below this part of the largest one are measured by it.
FLOOR = Rational(1, 2**20)
#: Parts of a step down to this are tried.
SHORTEST = Rational(1, 2**7)
#: How far it is moved at last, in parts of x; from its start four times as far.
MOST_ROOM = 32
HOMEWARD = 4
#: So many trials without coming to an end are a dead end.
MOST_TRIALS = 40
#: Smaller x are moved as if they were this.
SMALL = Rational(1, 128)
FARTHEST = 10**120
OVERFLOW = 10**300


def step_program(values: Program, slopes: Program, size: int) -> Program:
    """Return the program of one step.

    Parameters
    ----------
    values, slopes : Program
        The equations and their Jacobian, row by row, from unknowns and parameters.
    size : int
        The number of unknowns.

    Returns
    -------
    Program
        From states and parameters to the next states and a code. The states: the trial point, the
        step to it, the start, its part of Newton's step, the sum of squares before it, its relative
        length, how far to move out of the next dead end, and the trials since the last one.
    """
    lane = _Lane(values, slopes, size)
    cases = [*_ends(lane), *_escapes(lane), *_progress(lane)]
    return lane.builder.finish(tuple(term.position for term in _first_of(cases)))


@dataclass(frozen=True, slots=True)
class _States:
    """The states of a lane; of what they mean see `step_program`."""

    point: tuple[Term, ...]
    step: tuple[Term, ...]
    home: tuple[Term, ...]
    part: Term
    sum: Term
    length: Term
    room: Term
    trials: Term

    @property
    def flat(self) -> list[Term]:
        """All of them in a row."""
        numbers = (self.part, self.sum, self.length, self.room, self.trials)
        return [*self.point, *self.step, *self.home, *numbers]


@dataclass(frozen=True, slots=True)
class _Case:
    """What happens where a condition holds: the next states, and the code."""

    condition: Term
    states: _States
    code: Term

    @property
    def flat(self) -> list[Term]:
        """The next states and the code in a row."""
        return [*self.states.flat, self.code]


def _first_of(cases: Sequence[_Case]) -> list[Term]:
    """Return what happens in the first case whose condition holds, the last one's always."""
    *others, last = cases
    chosen = last.flat
    for case in reversed(others):
        chosen = [
            old if new.position == old.position else choose(case.condition, new, old)
            for new, old in zip(case.flat, chosen, strict=True)
        ]
    return chosen


class _Lane:
    """The states of a lane, and what is known at its point."""

    def __init__(self, values: Program, slopes: Program, size: int) -> None:
        self.builder = ProgramBuilder(2 * size + STATES + values.arity)
        columns = [
            Term(self.builder, self.builder.add("argument", value=k))
            for k in range(self.builder.arity)
        ]
        rest = 3 * size + STATES
        point, step, home = (tuple(columns[size * k : size * (k + 1)]) for k in range(3))
        self.states = _States(point, step, home, *columns[3 * size : rest])
        places = [column.position for column in (*point, *columns[rest:])]
        equations = self._appended(values, places)
        entries = self._appended(slopes, places)
        rows = [entries[size * i : size * (i + 1)] for i in range(size)]
        solution = solve(rows, [[-value for value in equations]])
        self.newton, self.singular = tuple(solution.columns[0]), solution.singular
        self.regular = self._negated(self.singular)
        self.sum = dot(equations, equations)
        self.scale = largest([absolute(x) for x in point])
        self.relative = self._relative(self.newton)
        self.whole = self.states.part.compare("==", 1)
        self.accepted = self._is_accepted()
        self.rejected = self._negated(self.accepted)
        sizes = [absolute(x) for x in self.shifted(self.newton)]
        self.outside = self._negated(largest(sizes).compare("<", FARTHEST))

    def _appended(self, program: Program, places: Sequence[int]) -> list[Term]:
        found = self.builder.include(program, places)
        return [Term(self.builder, found[k]) for k in program.outputs]

    @staticmethod
    def _negated(condition: Term) -> Term:
        return condition.make("negate", condition)

    def _relative(self, direction: Sequence[Term]) -> Term:
        """Return the largest part of x by which a direction moves it."""
        least = self.scale * FLOOR + Rational(1, 10**300)
        pairs = zip(self.states.point, direction, strict=True)
        return largest([absolute(d) * (1 / (absolute(x) + least)) for x, d in pairs])

    def _is_accepted(self) -> Term:
        states = self.states
        less = self.sum.compare("<=", states.sum * (1 - DECREASE * states.part))
        close = all_of(self.whole, states.length.compare("<=", NEARBY))
        # Measured at the same point: far away every step is a small part of x.
        limit = self._relative(states.step) * (1 - states.part * Rational(1, 2))
        shrinks = all_of(self.regular, self.relative.compare("<=", limit))
        return all_of(self.sum.compare("<", OVERFLOW), any_of(less, close, shrinks))

    def number(self, value: sp.Expr | int) -> Term:
        """Append a constant."""
        return constant(self.sum, value)

    def code(self, status: Status) -> Term:
        """Append the code of a status."""
        return self.number(next(code for code, known in CODES.items() if known is status))

    def shifted(self, direction: Sequence[Term], part: Term | int = 1) -> tuple[Term, ...]:
        """Return the point moved by a part of a direction."""
        pairs = zip(self.states.point, direction, strict=True)
        return tuple(x + (d if part == 1 else d * part) for x, d in pairs)

    @property
    def base(self) -> tuple[Term, ...]:
        """The last accepted point."""
        return self.shifted(self.states.step, -self.states.part)

    def beside(self, base: Sequence[Term], distance: Term) -> tuple[Term, ...]:
        """Return a point beside another one: never the same, and in a new direction every time."""
        size = largest([absolute(x) for x in base])
        least = choose(size.compare(">", SMALL), size, self.number(SMALL))
        places = []
        for i, x in enumerate(base):
            turn = distance * irregular(i)
            side = 2 * (turn - call("floor", turn)) - 1
            places.append(x + (absolute(x) + least) * (distance * side))
        return tuple(places)


def _is_settled(lane: _Lane) -> Term:
    """Return whether the point, moved by the next step, is as good as it gets."""
    before, relative = lane.states.length, lane.relative
    predicted = (relative * relative * relative).compare("<=", before * before * QUADRATIC)
    quick = all_of(lane.whole, predicted, relative.compare("<=", Rational(1, 2**10)))
    return any_of(quick, relative.compare("<=", ROUNDING))


def _is_idle(lane: _Lane) -> Term:
    """Return whether steps no longer shrink: they are rounding errors."""
    return all_of(
        lane.whole,
        lane.relative.compare("<=", NOISE),
        lane.relative.compare(">=", lane.states.length * Rational(3, 4)),
    )


def _ends(lane: _Lane) -> list[_Case]:
    """Return the cases in which a lane stops at what may be a root."""
    states, one = lane.states, lane.number(1)
    final = replace(states, point=lane.shifted(lane.newton), step=lane.newton, length=lane.relative)
    small = all_of(lane.whole, states.length.compare("<=", SETTLED))
    noise = all_of(lane.rejected, lane.whole, states.length.compare("<=", NOISE))
    return [
        _Case(all_of(lane.accepted, lane.sum.compare("==", 0)), states, one),
        _Case(all_of(lane.accepted, lane.regular, _is_settled(lane)), final, one),
        _Case(all_of(lane.accepted, lane.regular, _is_idle(lane)), states, one),
        _Case(all_of(lane.accepted, lane.singular, small), states, one),
        _Case(noise, replace(states, point=lane.base), one),
    ]


def _escapes(lane: _Lane) -> list[_Case]:
    """Return the cases of dead ends: given up, the whole step all the same, or moved away.

    Away is beside the point where the Jacobian is singular, else beside the start.
    """
    states, nothing, one = lane.states, lane.number(0), lane.number(1)
    short = all_of(lane.rejected, states.part.compare("<=", SHORTEST))
    flat = all_of(lane.accepted, lane.singular)
    lost = all_of(lane.accepted, lane.regular, lane.outside)
    stuck = any_of(short, flat, lost, states.trials.compare(">=", MOST_TRIALS))
    tired = all_of(stuck, states.room.compare(">=", MOST_ROOM))
    undefined = all_of(lane.rejected, states.part.compare("==", 0))
    leap = all_of(short, states.room.compare("==", START_ROOM), states.part.compare(">", 0))
    fresh = replace(
        states,
        part=one,
        sum=lane.number(S.Infinity),
        trials=nothing,
        room=states.room * 2,
    )
    whole = tuple(x + d for x, d in zip(lane.base, states.step, strict=True))
    near = lane.beside(states.point, states.room)
    home = lane.beside(states.home, states.room * HOMEWARD)
    elsewhere = replace(
        fresh,
        point=tuple(choose(flat, x, y) for x, y in zip(near, home, strict=True)),
        step=(nothing,) * len(near),
        part=nothing,
        length=one,
    )
    return [
        _Case(
            all_of(undefined, states.room.compare("==", START_ROOM)), states, lane.code(Status.NAN)
        ),
        _Case(all_of(tired, flat), states, lane.code(Status.SINGULAR_JACOBIAN)),
        _Case(all_of(tired, lost), states, lane.code(Status.DIVERGED)),
        _Case(tired, replace(states, point=lane.base), lane.code(Status.STALLED)),
        _Case(leap, replace(fresh, point=whole), nothing),
        _Case(stuck, elsewhere, nothing),
    ]


def _progress(lane: _Lane) -> list[_Case]:
    """Return the other cases: the next step, or half of the last one."""
    states, nothing = lane.states, lane.number(0)
    half = states.part * Rational(1, 2)
    step = replace(
        states,
        point=lane.shifted(lane.newton),
        step=lane.newton,
        part=lane.number(1),
        sum=lane.sum,
        length=lane.relative,
        # Small steps, of which singular roots take many, count less.
        trials=states.trials
        + choose(lane.relative.compare(">", SMALL), lane.number(1), lane.number(Rational(1, 4))),
    )
    shorter = replace(
        states,
        point=lane.shifted(states.step, -half),
        part=half,
        trials=states.trials + 1,
    )
    return [
        _Case(lane.accepted, step, nothing),
        _Case(lane.rejected, shorter, nothing),
    ]
