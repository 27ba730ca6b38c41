"""What the last point of a complex lane is: a root with a bound of its error, or what else.

With p, the numerator of Newton's step, its rounding error n and d = (|p| + n)/|p'| the tangent can
be trusted where |p''| d is small beside |p'|; then a root lies within 5/4 d. Near a multiple root
it cannot, and the bound comes from the derivatives up to the fourth: by Cauchy the smallest root
of a0 + a1 h + ... + a4 h**4 is at most the least of (binomial(4, k) |a0/ak|)**(1/k).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp
from sympy import Rational, S, binomial, factorial

from symnum.compiler.differentiation import differentiate
from symnum.compiler.lowering import lower
from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.terms import Term, call, choose, constant
from symnum.rootfinding.lanes.complex_map import NewtonQuotient
from symnum.rootfinding.lanes.complex_terms import (
    Point,
    complex_program,
    joined,
    largest_size,
    product_over,
    quotient,
    smallest_size,
    square,
)
from symnum.rootfinding.lanes.systems_noise import Noisy, noisy_values, prepared
from symnum.rootfinding.status import Status

__all__ = ["CODES", "SIMPLE", "verdict_program"]

#: What the codes of lanes mean. The step itself says 1 where it stopped and 2 where it left.
CODES: dict[int, Status] = {
    1: Status.STALLED,
    2: Status.DIVERGED,
    3: Status.CONVERGED,
    4: Status.EXACT,
    5: Status.NOISE_LIMITED,
    6: Status.ZERO_DERIVATIVE,
    7: Status.POLE,
    8: Status.NAN,
    9: Status.UNDERFLOW,
}
#: The code of roots where the tangent can be trusted, so that they are simple.
SIMPLE = 3
_CODE = {status: code for code, status in CODES.items()}

#: A tangent is trusted where its relative change over the distance to the root is below this.
CURVATURE = Rational(1, 8)
#: Derivatives that are taken where roots may be multiple.
HIGHEST_DERIVATIVE = 4
#: Bounds of errors below this part of max(1, |z|) are answers: of noise, and of other numbers.
WIDEST, WIDEST_TRUSTED = Rational(1, 2**7), Rational(1, 2**36)
#: Bounds below this part of |z| are those of a converged iteration.
SHARP = Rational(1, 2**40)
#: From here on a point that has no value has run away.
FAR = 10**100


def verdict_program(
    expr: sp.Expr,
    base: NewtonQuotient,
    unknown: sp.Symbol,
    params: Sequence[sp.Symbol],
    states: int,
    *,
    gradient: bool,
    complex_params: bool,
) -> tuple[Program, tuple[str, ...]]:
    """Return the program that judges a lane, and the names of its outputs.

    Parameters
    ----------
    expr : Expr
        The equation f.
    base : NewtonQuotient
        Newton's step for it.
    unknown, params : Symbol, sequence of Symbol
        The unknown and the parameters.
    states : int
        How many states a lane has; the first two are the unknown.
    gradient : bool
        Whether the derivatives of the root in the parameters are wanted.
    complex_params : bool
        Whether parameters are complex.

    Returns
    -------
    tuple of Program and tuple of str
        From states, parameters and code to the named numbers and the final code.
    """
    arguments = (unknown, *params)
    functions = lower(arguments, (expr, base.numerator, base.denominator), complex_valued=True)
    slopes = [lower(arguments, (base.numerator,), complex_valued=True)]
    partials = []
    if gradient and params:
        partials.append(differentiate(slopes[0], range(1, len(arguments))))
    highest = 2 if base.simple else HIGHEST_DERIVATIVE
    for _ in range(highest):
        slopes.append(differentiate(slopes[-1], (0,)))
    whole = complex_program(joined(functions, *slopes[1:], *partials), complex_params)
    builder = ProgramBuilder(states + whole.arity - 1)
    columns = [Term(builder, builder.add("argument", value=k)) for k in range(builder.arity)]
    numbers = noisy_values(
        prepared(whole),
        builder,
        [*columns[:2], *columns[states:-1]],
        # A polynomial with simple roots vanishes by underflow only where that is no matter.
        underflow=not base.simple,
    )
    pairs = [_pair(numbers, k) for k in range(len(whole.outputs) // 2)]
    count = highest + 3
    judge = _Judge((columns[0], columns[1]), pairs[:count], columns[-1], base.numerator == expr)
    code, bound = judge.verdict(base.simple)
    names = ["error_bound", "residual.re", "residual.im"]
    outputs = [bound, *judge.residual[0]]
    for j, slope in enumerate(pairs[count:]):
        step = quotient(slope[0], judge.slope)
        outputs += [-step[0], -step[1]]
        names += [f"gradient[{j}].re", f"gradient[{j}].im"]
    return builder.finish(tuple(term.position for term in (*outputs, code))), tuple(names)


def _pair(numbers: Sequence[Noisy], index: int) -> tuple[Point, Term]:
    """Return one complex number and a bound of its error."""
    real, imaginary = numbers[2 * index : 2 * index + 2]
    return (real.value, imaginary.value), real.bound + imaginary.bound


class _Judge:
    """The numbers at the last point of a lane, and what follows from them."""

    def __init__(
        self, point: Point, pairs: Sequence[tuple[Point, Term]], code: Term, is_equation: bool
    ) -> None:
        self.residual, (self.top, self.noise), (self.bottom, _), *derivatives = pairs
        self.slope, slope_noise = derivatives[0]
        self.higher = derivatives[1:]
        self.code = code
        self.is_equation = is_equation
        self.place = smallest_size(point)
        self.rest = largest_size(self.top) + self.noise
        # Zero where it cannot be told from zero.
        self.steep = smallest_size(self.slope) - slope_noise
        self.infinity = constant(code, S.Infinity)

    def verdict(self, simple: bool) -> tuple[Term, Term]:
        """Return the final code and the bound of the error."""
        steep = self.steep.compare(">", 0)
        distance = choose(steep, self.rest / self.steep, self.infinity)
        change = largest_size(self.higher[0][0]) * distance
        trusted = _all(steep, change.compare("<=", self.steep * CURVATURE))
        bound = choose(trusted, distance * Rational(5, 4), self.infinity)
        if not simple:
            bound = choose(trusted, bound, self._bound_at_cluster())
        wide = choose(
            self._is_noise(),
            constant(self.code, WIDEST),
            constant(self.code, WIDEST_TRUSTED),
        )
        scale = call("maximum", self.place, constant(self.code, 1))
        root, pole = self._kinds()
        vanishes = _all(largest_size(self.top).compare("==", 0), self.noise.compare("==", 0))
        found = _all(root, bound.compare("<=", wide * scale))
        exact = _all(root, vanishes, largest_size(self.slope).compare("<", S.Infinity))
        sharp = _all(
            trusted,
            bound.compare("<=", call("maximum", self.place, constant(self.code, SHARP)) * SHARP),
        )
        close = distance.compare("<=", self.place * WIDEST_TRUSTED)
        close = close.make("either", close, vanishes)
        good = self._codes(exact, sharp)
        failed = choose(_all(pole, trusted, close), self._is(Status.POLE), self._failure())
        found = found.make("either", found, exact)
        bound = choose(exact, constant(self.code, 0), bound)
        return choose(found, good, failed), choose(found, bound, self.infinity)

    def _is(self, status: Status) -> Term:
        return constant(self.code, _CODE[status])

    def _codes(self, exact: Term, sharp: Term) -> Term:
        good = choose(sharp, self._is(Status.CONVERGED), self._is(Status.NOISE_LIMITED))
        return choose(exact, self._is(Status.EXACT), good)

    def _bound_at_cluster(self) -> Term:
        """Return the bound where several roots are close; infinite far from any."""
        sizes = [self.steep]
        sizes += [smallest_size(derivative) - noise for derivative, noise in self.higher]
        least = self.infinity
        for order, size in enumerate(sizes, 1):
            weight = factorial(order) * binomial(HIGHEST_DERIVATIVE, order)
            ratio = ROOTS[order](weight * (self.rest / size))
            smaller = _all(size.compare(">", 0), ratio.compare("<", least))
            least = choose(smaller, ratio, least)
        # The relative change of the step: 1/m at a root, -1/m at a pole, of multiplicity m.
        change = product_over(self.top, self.higher[0][0], self.slope)
        small = _all(
            self.steep.compare(">", 0),
            (4 * self.rest).compare("<=", self.steep * self.place * Rational(1, 2**30)),
            change.compare("<=", Rational(24, 25)),
        )
        return choose(small.make("either", small, self._is_noise()), 4 * least, self.infinity)

    def _is_noise(self) -> Term:
        return largest_size(self.top).compare("<=", 8 * self.noise)

    def _kinds(self) -> tuple[Term, Term]:
        """Return whether p'/q is that of a root, and whether it is that of a pole."""
        if self.is_equation:
            always = self.code.make("truth", value=True)
            return always, self.code.make("truth", value=False)
        (a, b), (c, d) = self.slope, self.bottom
        along, across, size = a * c + b * d, a * d - b * c, square(self.bottom)
        straight = (4 * call("absolute", across)).compare("<=", call("absolute", along))
        root = _all(
            straight,
            along.compare(">", 0),
            along.compare(">=", size * Rational(1, 50)),
            along.compare("<=", size * 50),
        )
        # Where both vanish, f itself tells: it has no value at a pole.
        value, noise = self.residual
        flat = _all(size.compare("==", 0), largest_size(value).compare("<=", 8 * noise))
        return root.make("either", root, flat), _all(straight, along.compare("<", 0))

    def _failure(self) -> Term:
        """Return the code of a lane that has not found a root."""
        flat = largest_size(self.bottom).compare("==", 0)
        empty = largest_size(self.top).compare("==", 0)
        level = choose(empty, self._is(Status.UNDERFLOW), self._is(Status.ZERO_DERIVATIVE))
        finite = (largest_size(self.top) + largest_size(self.bottom)).compare("<", S.Infinity)
        lost = choose(
            self.place.compare(">=", FAR), self._is(Status.DIVERGED), self._is(Status.NAN)
        )
        return choose(finite, choose(flat, level, self.code), lost)


#: Roots of a term, by their order.
ROOTS: dict[int, Callable[[Term], Term]] = {
    1: lambda x: x,
    2: lambda x: x.root(),
    3: lambda x: call("cube_root", x),
    4: lambda x: x.root().root(),
}


def _all(*conditions: Term) -> Term:
    first, *rest = conditions
    for condition in rest:
        first = first.make("both", first, condition)
    return first
