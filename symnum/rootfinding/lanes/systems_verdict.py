"""What the last point of a lane of a system is: a root with a bound of its error, or what else.

With F the equations, n their rounding errors and J the Jacobian, d = |inverse of J| (|F| + n) is a
bound of the distance to the root as long as J hardly changes over a box of a few d. Where it does
change, roots are multiple or nearly so; then F must be nothing but rounding errors, or the last
step and F with it must be tiny beside what they are a little further away.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Rational, S

from symnum.compiler.differentiation import differentiate
from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.terms import Term, choose, constant
from symnum.rootfinding.lanes.systems_algebra import (
    Matrix,
    absolute,
    all_of,
    any_of,
    dot,
    irregular,
    largest,
    solve,
)
from symnum.rootfinding.lanes.systems_noise import Noisy, noisy_values, prepared
from symnum.rootfinding.status import Status

__all__ = ["CODES", "SIMPLE", "verdict_program"]

#: What the codes of lanes mean. The step itself says 1 where it stopped.
CODES: dict[int, Status] = {
    1: Status.STALLED,
    2: Status.SINGULAR_JACOBIAN,
    3: Status.DIVERGED,
    4: Status.NAN,
    5: Status.CONVERGED,
    6: Status.EXACT,
    7: Status.NOISE_LIMITED,
    8: Status.UNDERFLOW,
}
#: The code of roots where the Jacobian can be trusted, so that they are simple.
SIMPLE = 5
_CODE = {status: code for code, status in CODES.items()}

#: The Jacobian is trusted where its relative change over the box is below this.
CHANGE = Rational(1, 4)
#: The box in which it is looked at, in bounds of the error.
BOX = 4
#: Bounds below this part of max(1, |x|) are answers: of noise, and where the Jacobian is trusted.
WIDEST, WIDEST_TRUSTED = Rational(1, 2**7), Rational(1, 2**36)
#: Bounds below this part of |x| are those of a converged iteration.
SHARP = Rational(1, 2**36)
#: Values up to so many times their rounding errors are noise.
NOISE = 16
#: Near multiple roots the step may be this much shorter than the distance.
MULTIPLE = 8
#: A last step below this part of x, where the equations grow by this factor a few steps away.
SETTLED = Rational(1, 2**40)
FAR_OFF, RISE = 16, 8
#: From here on a point that has no value has run away.
FAR = 10**15
#: Rounding errors below it come from underflow.
VANISHING = Rational(1, 10**290)


def verdict_program(
    values: Program, slopes: Program, size: int, states: int, *, gradient: bool
) -> tuple[Program, tuple[str, ...]]:
    """Return the program that judges a lane, and the names of its outputs.

    Parameters
    ----------
    values, slopes : Program
        The equations and their Jacobian, from unknowns and parameters.
    size : int
        The number of unknowns.
    states : int
        How many states a lane has; the first ones are the unknowns.
    gradient : bool
        Whether the derivatives of the root in the parameters are wanted.

    Returns
    -------
    tuple of Program and tuple of str
        From states, parameters and code to the named numbers and the final code.
    """
    params = values.arity - size
    builder = ProgramBuilder(states + params + 1)
    columns = [Term(builder, builder.add("argument", value=k)) for k in range(builder.arity)]
    arguments, code = [*columns[:size], *columns[states:-1]], columns[-1]
    numbers = noisy_values(prepared(values), builder, arguments)
    rows = _matrix(slopes, arguments, size)
    solution = solve(rows, _identity(size, code))
    judge = _Judge(columns[:size], numbers, solution.columns, code)
    last = [absolute(column) for column in columns[size : 2 * size]]
    final, bound = judge.verdict(values, slopes, arguments, solution.singular, last)
    names = ["error_bound", "residual"]
    outputs = [bound, judge.residual]
    if gradient and params:
        partials = _matrix(differentiate(values, range(size, values.arity)), arguments, size)
        for i, row in enumerate(judge.inverse):
            for j in range(params):
                outputs.append(-dot(row, [partial[j] for partial in partials]))
                names.append(f"gradient[{i},{j}]")
    return builder.finish(tuple(term.position for term in (*outputs, final))), tuple(names)


def _matrix(program: Program, arguments: Sequence[Term], rows: int) -> Matrix:
    """Append a program whose outputs are a matrix, row by row."""
    entries = _values(program, arguments)
    width = len(entries) // rows
    return [entries[width * i : width * (i + 1)] for i in range(rows)]


def _values(program: Program, arguments: Sequence[Term]) -> list[Term]:
    """Append a program and return its outputs."""
    builder = arguments[0].builder
    places = builder.include(program, [argument.position for argument in arguments])
    return [Term(builder, places[k]) for k in program.outputs]


def _identity(size: int, like: Term) -> Matrix:
    return [[constant(like, int(i == j)) for j in range(size)] for i in range(size)]


class _Judge:
    """The numbers at the last point of a lane, and what follows from them."""

    def __init__(
        self, point: Sequence[Term], numbers: Sequence[Noisy], columns: Matrix, code: Term
    ) -> None:
        self.point = point
        self.numbers = numbers
        # Solutions for unit vectors are the columns of the inverse.
        self.inverse = [list(row) for row in zip(*columns, strict=True)]
        self.code = code
        self.scale = largest([absolute(x) for x in point])
        self.residual = largest([absolute(number.value) for number in numbers])
        self.infinity = constant(code, S.Infinity)

    def verdict(
        self,
        values: Program,
        slopes: Program,
        arguments: Sequence[Term],
        singular: Term,
        last: Sequence[Term],
    ) -> tuple[Term, Term]:
        """Return the final code and the bound of the error; `last` is the last step's size."""
        rests = [absolute(number.value) + number.bound for number in self.numbers]
        distances = [dot(list(map(absolute, row)), rests) for row in self.inverse]
        distance = largest(distances)
        further = self.values(values, self.corner(distances), arguments)
        nearby = self.values(values, self.corner(last), arguments)
        trusted = all_of(
            singular.make("negate", singular),
            self._is_trusted(values, slopes, arguments, distances),
        )
        noise = all_of(*(self._is_noise(*pair) for pair in zip(self.numbers, further, strict=True)))
        bound = choose(trusted, distance * Rational(3, 2), distance * MULTIPLE)
        stopped = self.code.compare("==", 1)
        settled = all_of(
            stopped,
            *(
                size.compare("<=", absolute(x) * SETTLED)
                for size, x in zip(last, self.point, strict=True)
            ),
            *(
                all_of(
                    absolute(far).compare(">=", absolute(near.value) * RISE),
                    far.compare("!=", 0),  # what underflows does not rise
                )
                for far, near in zip(nearby, self.numbers, strict=True)
            ),
        )
        ending = largest(last) * FAR_OFF + self.scale * Rational(1, 2**51)
        wide = choose(noise, self._number(WIDEST), self._number(WIDEST_TRUSTED))
        limit = largest([self.scale, self._number(1)]) * wide
        exact = all_of(
            *(number.value.compare("==", 0) for number in self.numbers),
            *(number.bound.compare("==", 0) for number in self.numbers),
        )
        sound = all_of(any_of(trusted, noise), bound.compare("<=", limit))
        bound = choose(sound, bound, ending)
        finite = self.residual.compare("<", S.Infinity)
        found = all_of(finite, any_of(exact, sound, settled))
        sharp = all_of(trusted, bound.compare("<=", self.scale * SHARP + SHARP * SHARP))
        good = choose(sharp, self._is(Status.CONVERGED), self._is(Status.NOISE_LIMITED))
        good = choose(exact, self._is(Status.EXACT), good)
        bound = choose(exact, self._number(0), bound)
        failed = self._failure(singular)
        return choose(found, good, failed), choose(found, bound, self.infinity)

    def _number(self, value: Rational | int) -> Term:
        return constant(self.code, value)

    def _is(self, status: Status) -> Term:
        return self._number(_CODE[status])

    def _is_trusted(
        self,
        values: Program,
        slopes: Program,
        arguments: Sequence[Term],
        distances: Sequence[Term],
    ) -> Term:
        """Return whether Jacobian and equations at the corner of a box are as the tangent says."""
        least = largest(distances) * Rational(1, 2**20)
        sides = [
            BOX * (distance + absolute(x) * Rational(1, 2**53)) + least
            for distance, x in zip(distances, self.point, strict=True)
        ]
        size = len(self.point)
        corner = [x + side for x, side in zip(self.point, sides, strict=True)]
        here = _matrix(slopes, arguments, size)
        there = _matrix(slopes, [*corner, *arguments[size:]], size)
        changes = [
            dot([_difference(b, a) for a, b in zip(*rows, strict=True)], sides)
            for rows in zip(here, there, strict=True)
        ]
        rises = [
            far - number.value
            for far, number in zip(
                self.values(values, corner, arguments), self.numbers, strict=True
            )
        ]
        conditions = []
        for row, side in zip(self.inverse, sides, strict=True):
            change = dot(list(map(absolute, row)), changes)
            conditions.append(change.compare("<=", side * CHANGE))
            # A jump; rounding errors alone are up to half of the side.
            off = absolute(dot(row, rises) - side)
            conditions.append(off.compare("<=", side * Rational(3, 4)))
        return all_of(*conditions)

    def _is_noise(self, number: Noisy, further: Term) -> Term:
        """Return whether a value is nothing but rounding, and a few distances away no longer."""
        lost = absolute(number.value).compare("<=", number.bound * NOISE)
        return all_of(lost, absolute(further).compare(">=", number.bound * 2))

    def values(
        self, values: Program, point: Sequence[Term], arguments: Sequence[Term]
    ) -> list[Term]:
        """Append the equations at another point."""
        return _values(values, [*point, *arguments[len(self.point) :]])

    def corner(self, last: Sequence[Term]) -> list[Term]:
        """Return a point a few steps off, not on a diagonal."""
        return [
            x + (size * FAR_OFF + absolute(x) * Rational(1, 2**50)) * irregular(i)
            for i, (x, size) in enumerate(zip(self.point, last, strict=True))
        ]

    def _failure(self, singular: Term) -> Term:
        """Return the code of a lane that has not found a root."""
        finite = self.residual.compare("<", S.Infinity)
        errors = largest([number.bound for number in self.numbers])
        vanished = all_of(self.residual.compare("==", 0), errors.compare("<=", VANISHING))
        code = choose(
            all_of(self.code.compare("==", 1), singular),
            self._is(Status.SINGULAR_JACOBIAN),
            self.code,
        )
        code = choose(vanished, self._is(Status.UNDERFLOW), code)
        far = self.scale.compare(">=", FAR)
        lost = choose(far, self._is(Status.DIVERGED), self._is(Status.NAN))
        return choose(finite, code, lost)


def _difference(first: Term, second: Term) -> Term:
    """Return |first - second|, zero for equal entries."""
    if first.position == second.position:
        return constant(first, 0)
    return absolute(first - second)
