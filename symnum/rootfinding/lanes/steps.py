"""Steps of the methods in programs of lanes, and the rules of a bracket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Rational, oo

from symnum.compiler.program import Program
from symnum.compiler.terms import Term, choose, constant
from symnum.rootfinding.lanes.terms import (
    LaneSample,
    absolute,
    both,
    choose_first,
    either,
    larger,
    negate,
    smaller,
)

__all__ = ["LANE_METHODS", "Bracket", "LaneMethod", "is_settled", "program_cost"]

HALF = Rational(1, 2)
UNIT = Rational(1, 2**53)
SMALLEST = Rational(1, 2**1074)

#: Steps that may shrink slowly before the bracket is halved.
SLOW_STEPS = 3

#: Magnitudes are covered by leaps where the ends are further apart than two of them, else by hops.
LEAP, HUGE, HOP = Rational(2**30), Rational(2**60), Rational(8)

#: Steps whose squares and cubes are numbers.
SHORTEST, LONGEST = Rational(1, 10**90), 10**100

#: What `Bracket.slow` is before the first step.
NO_STEP = -1

#: A step may end outside of the bracket by this part of its length; it is cut there.
OUTSIDE = Rational(1, 8)

#: Steps in a bracket whose ends have the same sign, before it is given up.
SAME_SIGN_STEPS = 24

#: A point without a value counts as so many slow steps, up to this many.
UNDEFINED, MOST_UNDEFINED = 16, 64


@dataclass(frozen=True, slots=True)
class LaneMethod:
    """One method.

    Attributes
    ----------
    step : callable
        From a sample to the displacement; NaN or infinite where there is none.
    order : int
        How many derivatives it looks at.
    """

    step: Callable[[LaneSample], Term]
    order: int


def _newton(sample: LaneSample) -> Term:
    return -(sample.value / sample.slopes[0])


def _curvature(sample: LaneSample) -> tuple[Term, Term]:
    """Return u = f/f' and L = u f''/f', in an order of operations that does not underflow."""
    inverse: Term = 1 / sample.slopes[0]
    u = sample.value * inverse
    return u, u * (sample.slopes[1] * inverse)


def _halley(sample: LaneSample) -> Term:
    u, curvature = _curvature(sample)
    denominator: Term = 1 - curvature * HALF
    return -(u / denominator)


def _schroeder(sample: LaneSample) -> Term:
    u, curvature = _curvature(sample)
    return -(u / (1 - curvature))


def _householder(sample: LaneSample) -> Term:
    u, curvature = _curvature(sample)
    third = u * u * (sample.slopes[2] / sample.slopes[0])
    numerator: Term = u * (1 - curvature * HALF)
    denominator: Term = 1 - curvature + third * Rational(1, 6)
    return -(numerator / denominator)


def _adapted(sample: LaneSample) -> Term:
    """Return Halley's step where the curvature is mild, Schroeder's near multiple roots.

    Elsewhere Newton's. q = 1 - f f''/f'**2 tends to 1/m.
    """
    u, curvature = _curvature(sample)
    q = 1 - curvature
    mild = absolute(curvature).compare("<=", Rational(1, 4))
    multiple = both(q.compare(">", Rational(1, 50)), q.compare("<", Rational(3, 4)))
    return -(u / choose_first((mild, 1 - curvature * HALF), (multiple, q), otherwise=1))


#: The methods by name; ``"auto"`` is made of the first two.
LANE_METHODS: dict[str, LaneMethod] = {
    "newton": LaneMethod(_newton, 1),
    "adapted": LaneMethod(_adapted, 2),
    "halley": LaneMethod(_halley, 2),
    "householder": LaneMethod(_householder, 3),
    "schroeder": LaneMethod(_schroeder, 2),
}

#: What operations cost beside an addition.
COSTS = {"call": 14, "divide": 6, "square_root": 8, "constant": 0, "argument": 0}
CHEAP_CALLS = frozenset(["absolute", "maximum", "minimum", "floor", "ceiling"])


def program_cost(program: Program) -> int:
    """Return what a program costs, in additions."""
    return sum(
        1 if node.value in CHEAP_CALLS else COSTS.get(node.operation, 1) for node in program.nodes
    )


def is_settled(step: Term, last: Term, target: Term) -> Term:
    """Whether the step after this one will be below rounding, so that its end is the root.

    A method of order 2 or more takes a step d after one of length l to be followed by one of about
    d (d/l)**2.
    """
    size = absolute(step)
    limit = absolute(target) * UNIT
    # Quotients of squares without a quotient; sizes that they would lose take one step more.
    foreseen = both(
        (2 * size * size * size).compare("<=", limit * (last * last)),
        size.compare(">", SHORTEST),
        (100 * size).compare("<=", absolute(last)),
        (64 * size).compare("<=", absolute(target)),
        absolute(last).compare("<", LONGEST),
    )
    # An infinite derivative makes a step of length zero anywhere.
    moves = both(size.compare(">", 0), size.compare("<", oo))
    return both(moves, either(foreseen, size.compare("<=", limit)))


@dataclass(frozen=True, slots=True)
class Bracket:
    """A bracket that shrinks by the sign of f, and how well the steps in it have served.

    Attributes
    ----------
    low, high : Term
        Its ends.
    sign : Term
        The sign of f at the lower end, 1 or -1; twice that where both ends have this sign and no
        other was met yet.
    last : Term
        The length of the last step; negative if the next halving is one of magnitudes, which take
        turns with those of values.
    slow : Term
        Slow steps in a row, -1 after a halving.
    """

    low: Term
    high: Term
    sign: Term
    last: Term
    slow: Term

    def shrunk(self, x: Term, sample: LaneSample) -> Bracket:
        """Return the bracket after f was evaluated inside it; only a certain sign moves an end."""
        finite = sample.noise.compare("<", oo)
        bar = choose(finite, sample.noise, 0)
        signed = sample.value * self.sign
        same, other = signed.compare(">", bar), signed.compare("<", -bar)
        low = choose(both(same, negate(self.unsigned)), x, self.low)
        high = choose(other, x, self.high)
        sign = choose(both(other, self.unsigned), self.sign * HALF, self.sign)
        return Bracket(low, high, sign, self.last, self.slow)

    @property
    def closed(self) -> Term:
        """Whether no double is left inside."""
        size = larger(absolute(self.low), absolute(self.high))
        return (self.high - self.low).compare("<=", size * (2 * UNIT) + SMALLEST)

    @property
    def unsigned(self) -> Term:
        """Whether both ends have the same sign."""
        return absolute(self.sign).compare(">", Rational(3, 2))

    def advanced(self, x: Term, step: Term) -> tuple[Term, Bracket, Term]:
        """Return the next point, the bracket with its steps counted, and whether x + step is it.

        A step is taken if it ends in the *closed* bracket, so that a converged step that equals an
        end is not thrown away, and is at most half as long as the one before; after a halving it
        may be of any length.
        """
        size, wanted = absolute(step), x + step
        target = smaller(larger(wanted, self.low), self.high)
        # What ends a little outside was meant for the end: the root may be there.
        inside = absolute(wanted - target).compare("<=", size * OUTSIDE)
        last = absolute(self.last)
        serves = both((2 * size).compare("<=", last), self.slow.compare("<", SLOW_STEPS))
        taken = both(inside, either(serves, self.unsigned), step.compare("!=", 0))
        lengthy = (5 * size).compare(">", last)
        counted = choose(lengthy, larger(self.slow, constant(x, 0)) + 1, 0)
        by_value = self.last.compare(">", 0)
        width = self.high - self.low
        end = choose(step.compare(">", 0), self.high, self.low)
        cut = choose(self.unsigned, (x + end) * HALF, self._middle(x, width, by_value))
        length = choose(taken, size, 2 * width)
        kept = choose(by_value, length, -length)
        turned = choose(taken, kept, -kept)
        slow = choose(self.unsigned, self.slow + 1, choose(taken, counted, NO_STEP))
        following = choose(taken, target, cut)
        return following, Bracket(self.low, self.high, self.sign, turned, slow), taken

    def _middle(self, x: Term, width: Term, by_value: Term) -> Term:
        """Return the middle of the values, or in turn with it a point of another magnitude.

        Where the ends are magnitudes apart, both are moved by leaps. Zero comes first.
        """
        middle = self.low + width * HALF
        sizes = absolute(self.low), absolute(self.high)
        apart, near = larger(*sizes), smaller(*sizes)
        zero, huge = near.compare("==", 0), apart.compare(">", near * HUGE)
        across = both(self.low.compare("<", 0), self.high.compare(">", 0))
        down, up = apart * (1 / LEAP), near * choose(huge, constant(x, LEAP), HOP)
        size = choose(either(by_value, zero), down, up)
        other = choose_first(
            (across, constant(x, 0)), (self.high.compare(">", 0), size), otherwise=-size
        )
        far = both(huge, negate(zero), negate(across))
        wide = either(far, both(negate(by_value), apart.compare(">", HOP * near)))
        wide = either(wide, both(across, negate(by_value)))
        within = both(self.low.compare("<", other), other.compare("<", self.high))
        return choose(both(wide, within), other, middle)

    def undefined(self, x: Term) -> tuple[Term, Term]:
        """Return where to look next where f has no value, and what counts the slow steps."""
        slow = larger(self.slow, constant(x, 0)) + UNDEFINED
        return x + (self.high - x) * Rational(37, 100), slow
