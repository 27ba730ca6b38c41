"""The judgement on a finished lane: a root with a bound, or what looked like one.

Most lanes are judged by the values on both sides of the point: opposite signs, beyond all noise,
with a smaller value between them, are a root. Those that cannot be judged so are reviewed: the two
points move apart until they tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy import Rational

from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.terms import Term, choose, constant, nan
from symnum.rootfinding.lanes.codes import UNSURE, Code
from symnum.rootfinding.lanes.steps import UNIT
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

__all__ = ["Ends", "judgement", "review_begin", "review_finish", "review_step", "whole_line"]

Ends = Callable[[Sequence[Term]], tuple[Term, Term]]

#: How much farther the two points are than the root by a first-order bound.
MARGIN = 2

#: Below this many times u|x| no distance is tried; the points are rounded by half as much.
NEAREST = 2

#: The factors by which the two points move apart, at first, and after so many moves.
APART, FAR_APART, MANY = 4, 10**6, 24

#: The farthest distance is this part of 1 + |x|; close to it, they move apart by a small factor.
FARTHEST, NEAR_END, NEAR_FACTOR = Rational(1, 4), Rational(1, 2**8), Rational(5, 4)

#: A bound is not to be larger than this part of 1 + |x|.
BROAD = Rational(7, 8)

#: A value of so many times its noise, or a bound below this part of |x|, ends an iteration.
NOISY, SHARP = 32, Rational(1, 2**36)

#: A bound of an answer that a review found is at most this part of 1 + |x|.
WIDEST = Rational(1, 2**20)

#: So many distances are tried even beyond the ends of a bracket, which may have closed on a pole.
FREE_TRIES = 4

#: Where the values on both sides do not shrink on the way to the point, f jumps; where they grow,
#: it has a pole. These are the factors over two moves.
GROWS, SHRINKS = Rational(31, 32), Rational(33, 32)


def whole_line(states: Sequence[Term]) -> tuple[Term, Term]:
    """Return the ends of the real line, for iterations without a bracket."""
    infinite = constant(states[0], sp.oo)
    return -infinite, infinite


def judgement(function: LaneFunction, states: int, ends: Ends) -> Program:
    """Return the program that judges a finished lane.

    Its outputs are the residual, the bound on the error, and the derivatives of the root in the
    parameters, then the code. A lane that needs a review has its bracket in place of the first two,
    and `UNSURE` more than the code of the iteration.

    Parameters
    ----------
    function : LaneFunction
        f, with its derivatives in the parameters where these are wanted.
    states : int
        The number of states; the first one is the point.
    ends : callable
        From the states to the ends of the bracket.
    """
    builder = ProgramBuilder(states + function.arity)
    every = arguments(builder)
    x, code, params = every[0], every[-1], every[states:-1]
    low, high = ends(every[:states])
    here = function.sample(x, params, slope_noise=True)
    left, right = _sides(x, _first_distance(x, here))
    sides = [function.sample(side, params) for side in (left, right)]
    bound = larger(right - x, x - left)
    crossed = both(_certainly_opposite(*sides), _smaller_between(here, sides))
    # Zero to the last digit: either so in exact arithmetic, or something underflowed.
    suspect = both(here.value.compare("==", 0), here.noise.compare("==", 0))
    failed = code.compare(">=", Code.NO_SIGN_CHANGE)
    sure = both(crossed, _is_sharp(x, here, bound), negate(suspect))
    final = choose_first((failed, code), (sure, constant(x, Code.SIMPLE)), otherwise=code + UNSURE)
    plain = either(failed, sure)
    results = [
        choose(plain, here.value, low),
        choose_first((failed, constant(x, sp.oo)), (sure, bound), otherwise=high),
        *(-(partial / here.slopes[0]) for partial in here.partials),
    ]
    return builder.finish(tuple(term.position for term in (*results, final)))


def _first_distance(x: Term, here: LaneSample) -> Term:
    """Return a distance beyond which the sign should be certain if the root is a simple one."""
    assert here.slope_noise is not None
    steepness = absolute(here.slopes[0]) - here.slope_noise
    distance = (absolute(here.value) + here.noise) * MARGIN / steepness
    sound = both(steepness.compare(">", 0), distance.compare("<", sp.oo))
    rounding = absolute(x) * UNIT
    return larger(choose(sound, distance, nan(x)) + rounding, NEAREST * rounding)


def _is_sharp(x: Term, here: LaneSample, bound: Term) -> Term:
    """Whether the point is as good as the noise allows, or nearly as the doubles do."""
    noisy = absolute(here.value).compare("<=", here.noise * NOISY)
    fine = bound.compare("<=", absolute(x) * SHARP)
    return both(bound.compare("<", (1 + absolute(x)) * Rational(1, 2)), either(noisy, fine))


def _sides(x: Term, distance: Term) -> tuple[Term, Term]:
    return x - distance, x + distance


def _certain(sample: LaneSample) -> Term:
    return absolute(sample.value).compare(">", sample.noise)


def _certainly_opposite(left: LaneSample, right: LaneSample) -> Term:
    return both(_certain(left), _certain(right), (_sign(left) * _sign(right)).compare("<", 0))


def _sign(sample: LaneSample) -> Term:
    # The product of two values may underflow.
    return choose(sample.value.compare("<", 0), constant(sample.value, -1), 1)


def _smaller_between(here: LaneSample, sides: Sequence[LaneSample]) -> Term:
    """Whether |f| has a dip at the point: at a pole it has none, nor in a jump."""
    size = absolute(here.value) + here.noise
    return both(*(size.compare("<", absolute(side.value)) for side in sides))


# --------------------------------------------------------------------------- the review

#: Inputs of a review: the point, the ends of the bracket, and the code of the iteration.
#: States: those, f and its noise there, the distance, how often one was tried, and the distance at
#: which the signs were first opposite for sure, with the larger value and the bound there.
REVIEW = (
    *("x", "low", "high", "code", "value", "noise", "distance", "tries"),
    *("reach", "first", "bound"),
)


#: The states that what is done at the end looks at.
REVIEWED = ("x", "value", "noise", "bound")


def review_begin(function: LaneFunction) -> Program:
    """Return the program from a point, its bracket and its code to the states of a review."""
    builder = ProgramBuilder(4 + function.arity - 1)
    x, low, high, code, *params = arguments(builder)
    here = function.sample(x, params, slope_noise=True, below_normal=True)
    distance = _first_distance(x, here)
    least = absolute(x) * (8 * UNIT) + Rational(1, 10**300)
    # From a flat piece the tangent leads astray.
    close = both(
        distance.compare("<", (1 + absolute(x)) * NEAR_END),
        either(low.compare("<=", x - distance), (x + distance).compare("<=", high)),
    )
    distance = choose(close, larger(distance, least), least)
    zero = constant(x, 0)
    states = (x, low, high, code, here.value, here.noise, distance, zero, zero, zero, zero)
    return builder.finish(tuple(state.position for state in states))


@dataclass(frozen=True, slots=True)
class _Look:
    """What is seen at a distance on both sides of a point.

    Attributes
    ----------
    left, right : Term
        The two points.
    sides : sequence of LaneSample
        f there.
    free : Term
        Whether they may lie outside of the bracket, which may have closed on a pole.
    """

    left: Term
    right: Term
    sides: Sequence[LaneSample]
    free: Term

    @property
    def ahead(self) -> Term:
        """The larger value."""
        return larger(*(absolute(side.value) for side in self.sides))

    def ends(self, low: Term, high: Term, endless: Term) -> Term:
        """Whether on each side there is a certain value, or nothing left to look at."""
        certain = [_certain(side) for side in self.sides]
        return both(
            negate(self.free),
            either(certain[0], self.left.compare("==", low), endless),
            either(certain[1], self.right.compare("==", high), endless),
        )


def review_step(function: LaneFunction) -> Program:
    """Return the step of a review: look on both sides, and farther away if that does not tell."""
    builder = ProgramBuilder(len(REVIEW) + function.arity - 1)
    every = arguments(builder)
    x, low, high, code, value, noise, distance, tries, reach, first, _ = every[: len(REVIEW)]
    free = tries.compare("<", FREE_TRIES)
    left = choose(free, x - distance, larger(x - distance, low))
    right = choose(free, x + distance, smaller(x + distance, high))
    params = every[len(REVIEW) :]
    sides = [function.sample(side, params, below_normal=True) for side in (left, right)]
    look = _Look(left, right, sides, free)
    here = LaneSample(value, (), (), noise, None)
    far = (1 + absolute(x)) * FARTHEST
    seen = reach.compare(">", 0)
    fresh = both(negate(seen), _certainly_opposite(*sides))
    span = larger(right - x, x - left)
    bound = choose(seen, every[len(REVIEW) - 1], span)
    verdict = _verdict(x, here, look, code, seen, distance, far, (reach, first, bound), (low, high))
    factor = choose_first(
        (distance.compare(">", far), constant(x, 2)),
        (either(seen, fresh), APART),
        (distance.compare(">", far * NEAR_END), NEAR_FACTOR),
        (tries.compare("<", MANY), APART),
        otherwise=FAR_APART,
    )
    # A flat piece may be wider than its middle is far from zero.
    wide = both(verdict.compare("==", Code.FLAT), span.compare(">=", (1 + absolute(x)) * BROAD))
    half = (right - left) * Rational(1, 2)
    exact = verdict.compare("==", Code.EXACT)
    states = [
        choose(wide, left + half, x),
        *(low, high, code, value, noise),
        distance * factor,
        tries + 1,
        choose(fresh, distance, reach),
        choose(fresh, look.ahead, first),
        choose_first((exact, constant(x, 0)), (wide, half), otherwise=bound),
    ]
    return builder.finish(tuple(term.position for term in (*states, verdict)))


def _verdict(
    x: Term,
    here: LaneSample,
    look: _Look,
    code: Term,
    seen: Term,
    distance: Term,
    far: Term,
    earlier: tuple[Term, Term, Term],
    bracket: tuple[Term, Term],
) -> Term:
    """Return what is known now: 0 if nothing is, yet."""
    reach, first, bound = earlier
    low, high = bracket
    vanishes, size = here.vanishes, absolute(here.value)
    exact = both(here.value.compare("==", 0), here.noise.compare("==", 0))
    small = bound.compare("<=", (1 + absolute(x)) * WIDEST)
    # Since the signs were first opposite, the values went on growing, or they did not.
    ready = both(seen, distance.compare(">=", reach * APART**2))
    growth = look.ahead / first
    opposite = _certainly_opposite(*look.sides)
    rises = either(growth.compare(">=", SHRINKS), negate(opposite))
    dip = (size + here.noise).compare("<", look.ahead)
    lower = both(dip, either(vanishes, small))
    endless = both(negate(distance.compare("<", far)), (high - low).compare("==", sp.oo))
    limit = both(look.ends(low, high, endless), negate(seen), negate(opposite))
    certain = both(*(_certain(side) for side in look.sides))
    # Of values that are hardly more than noise nothing can be said but that the sign changes.
    noise = larger(*(side.noise for side in look.sides)) * NOISY
    # The same holds where the ends of the bracket are in the way.
    whole = both(look.left.compare("<=", x - distance), look.right.compare(">=", x + distance))
    solid = both(look.ahead.compare(">", noise), first.compare(">", noise), whole)
    open_end = either(vanishes, code.compare("!=", Code.CLOSED))
    return choose_first(
        (both(ready, solid, opposite, growth.compare("<", GROWS)), constant(x, Code.POLE)),
        (both(ready, solid, negate(rises)), Code.DISCONTINUITY),
        (both(exact, either(ready, limit)), Code.EXACT),
        (both(ready, lower), Code.CONVERGED),
        (both(ready, negate(solid), open_end), Code.NOISE_LIMITED),
        (ready, _without_root(code)),
        (both(limit, vanishes, certain), Code.NOISE_LIMITED),
        (both(limit, vanishes, negate(endless)), Code.FLAT),
        (both(limit, vanishes), Code.STALLED),
        (limit, _without_root(code)),
        otherwise=0,
    )


def _without_root(code: Term) -> Term:
    """Return what a lane is that stopped where there is no root."""
    return choose_first(
        (code.compare("==", Code.CLOSED), constant(code, Code.DISCONTINUITY)),
        (code.compare("==", Code.GOING), UNSURE),
        otherwise=Code.STALLED,
    )


def review_finish(function: LaneFunction) -> Program:
    """Return the program from the states of a review to what was found.

    Its outputs are residual, bound, multiplicity (0 where it is unknown) and the final code.
    """
    builder = ProgramBuilder(len(REVIEW) + function.arity)
    every = arguments(builder)
    x, value, noise, bound = (every[REVIEW.index(name)] for name in REVIEWED)
    code = every[-1]
    params = every[len(REVIEW) : -1]
    here = function.sample(x, params, slope_noise=True, below_normal=True)
    assert here.slope_noise is not None
    # Where f and f' both vanish because they underflow, nothing is known of a root.
    lost = both(
        value.compare("==", 0),
        noise.compare("<", Rational(1, 10**290)),
        absolute(here.slopes[0]).compare("<=", here.slope_noise),
    )
    final = choose_first(
        (both(code.compare("==", Code.STALLED), lost), constant(x, Code.UNDERFLOW)),
        (
            code.compare("==", Code.FLAT),
            choose(lost, constant(x, Code.UNDERFLOW), Code.NOISE_LIMITED),
        ),
        (code.compare("==", UNSURE), Code.GOING),
        otherwise=code,
    )
    known = both(final.compare(">=", Code.CONVERGED), final.compare("<=", Code.NOISE_LIMITED))
    results_bound = choose(known, bound, constant(x, sp.oo))
    simple = both(known, absolute(here.slopes[0]).compare(">", here.slope_noise))
    multiplicity = choose(simple, constant(x, 1), 0)
    results = (here.value, results_bound, multiplicity, final)
    return builder.finish(tuple(term.position for term in results))
