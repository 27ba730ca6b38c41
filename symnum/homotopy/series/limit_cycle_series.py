r"""Expansion of oscillators whose force depends on the velocity: centres and limit cycles.

With the amplitude a as a symbol the equations of order 1, 2, ... are solved as far as the condition
of sin(tau) holds by itself. Where it never fails the origin is a centre, as far as this order sees,
and the amplitude is free. The first condition that fails, S(a) = 0, has as its positive root the
amplitude of the limit cycle, and at each later order the one new term of the amplitude enters the
condition with the factor S'(a). A damping has no positive root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import sympy

from symnum.algebra.extensions import adjoin_root
from symnum.algebra.fields import Field, FunctionField, Rationals, field_with
from symnum.algebra.harmonics import CosineRing, FieldRing, RationalRing
from symnum.homotopy.errors import HomotopyError, SecularTermError
from symnum.homotopy.series.expansion import (
    Expansion,
    LimitCycle,
    UnbalancedSineError,
    expand_motion,
)

__all__ = ["Disturbance", "expand_with_velocity", "ring_with_frequency"]

TEST_DIGITS = 30
NEAR = 1e-15


@final
@dataclass(frozen=True, slots=True)
class Disturbance:
    """What stands beside the linear oscillator: ``u'' + squared u + expr = 0``.

    Parameters
    ----------
    expr : Expr
        Vanishes at ``small = 0``.
    position, velocity, small : Symbol
    squared : Expr
        The square of the frequency at ``small = 0``.
    """

    expr: sympy.Expr
    position: sympy.Symbol
    velocity: sympy.Symbol
    small: sympy.Symbol
    squared: sympy.Expr

    @property
    def parameters(self) -> set[sympy.Symbol]:
        """The other symbols in it."""
        symbols: set[sympy.Symbol] = self.expr.free_symbols | self.squared.free_symbols
        return symbols - {self.position, self.velocity, self.small}

    @property
    def damping(self) -> sympy.Expr:
        """The part that changes sign with the velocity."""
        mirrored = self.expr.xreplace({self.velocity: -self.velocity})
        return sympy.expand((self.expr - mirrored) / 2)

    def is_damped(self) -> bool:
        """Tell whether the velocity enters otherwise than by even powers."""
        return self.velocity in self.expr.free_symbols and self.damping != 0

    def retraces(self) -> bool:
        """Tell whether a motion that is mirrored in u and in time is again one."""
        mirrored = self.expr.xreplace({self.position: -self.position})
        return bool(sympy.expand(self.expr + mirrored) == 0)

    def first_order(self) -> int:
        """Return the lowest power of the small parameter in the damping."""
        powers = [
            term.as_coeff_exponent(self.small)[1] for term in sympy.Add.make_args(self.damping)
        ]
        return int(min((p for p in powers if p.is_Integer and p > 0), default=1))


def expand_with_velocity(problem: Disturbance, amplitude: sympy.Expr, order: int) -> Expansion:
    """Expand a centre at the amplitude that is given, or a limit cycle at its own.

    Parameters
    ----------
    problem : Disturbance
    amplitude : Rational or Symbol
    order : int

    Returns
    -------
    Expansion

    Raises
    ------
    SecularTermError
        There is neither a centre nor a limit cycle.
    NonAnalyticError
        A term is no series in eps with polynomials in u and u' as coefficients.
    HomotopyError
        The amplitude of the limit cycle is no simple root, or not known without the parameters.
    """
    base = field_with(problem.parameters)
    if not problem.retraces():
        symbol = sympy.Dummy("a", positive=True)
        wide = field_with({*problem.parameters, symbol})
        ring, pace = ring_with_frequency(wide, problem.squared)
        try:
            highest = max(order, problem.first_order())
            _expand(problem, ring, ring.scalar(symbol), highest, pace)
        except UnbalancedSineError as found:
            value = found.value if pace is None else ring.quotient(found.value, pace)
            # Odd in the frequency, for a change of its sign is one of the direction of time.
            condition = ring.expression(value)
            return _limit_cycle(problem, base, symbol, found.order, condition, amplitude, order)
    field = field_with(problem.parameters | amplitude.free_symbols)
    ring, pace = ring_with_frequency(field, problem.squared)
    return _expand(problem, ring, ring.scalar(amplitude), order, pace)


def _expand(
    problem: Disturbance,
    ring: CosineRing,
    amplitude: Any,
    order: int,
    pace: Any,
    cycle: LimitCycle | None = None,
) -> Expansion:
    return expand_motion(
        problem.expr / problem.squared,
        problem.position,
        problem.small,
        ring,
        amplitude,
        order,
        problem.velocity,
        pace=pace,
        cycle=cycle,
    )


def ring_with_frequency(field: Field, squared: sympy.Expr) -> tuple[CosineRing, Any]:
    """Return the ring over a field with the undisturbed frequency, and that frequency."""
    if squared == 1:
        ring: CosineRing = RationalRing() if isinstance(field, Rationals) else FieldRing(field)
        return ring, None
    larger, _, pace = _frequency_in(field, squared)
    conjugate = _positive_reading(larger, [pace])
    return (RationalRing() if isinstance(larger, Rationals) else FieldRing(larger, conjugate)), pace


def _frequency_in(field: Field, squared: sympy.Expr) -> tuple[Field, Any, Any]:
    """Adjoin the square root of the squared frequency, where it is not there."""
    value = field.constant(squared)
    factors = field.factors(field.polynomial([-value, field.element(0), field.element(1)]))
    fields = [adjoin_root(field, factor) for factor, _ in factors]
    if len(fields) == 2 and not _looks_positive(fields[0][0].expression(fields[0][2])):
        return fields[1]
    return fields[0]


def _looks_positive(value: sympy.Expr) -> bool:
    """Tell whether a number is positive, or an expression is written without a minus in front."""
    if value.is_number:
        number = value.evalf(TEST_DIGITS)
        return bool(number.is_real and number > 0)
    return not value.could_extract_minus_sign()


def _positive_reading(field: Field, elements: list[Any]) -> int:
    """Return the conjugate under which all these elements are positive."""
    for conjugate in range(field.conjugate_count):
        if all(_looks_positive(field.expression(element, conjugate)) for element in elements):
            return conjugate
    raise HomotopyError("equation: its frequency and amplitude are not real")


def _limit_cycle(
    problem: Disturbance,
    base: Rationals | FunctionField,
    symbol: sympy.Symbol,
    delay: int,
    condition: sympy.Expr,
    nearest: sympy.Expr,
    order: int,
) -> Expansion:
    """Expand at the amplitude that solves the first condition of sin(tau)."""
    above, below = (
        _in_amplitude(base, part, symbol) for part in sympy.fraction(sympy.together(condition))
    )
    choices = []
    for factor, multiplicity in base.factors(above):
        field, embed, root = adjoin_root(base, factor)
        for conjugate in range(field.conjugate_count):
            value = field.expression(root, conjugate)
            if value != 0 and _looks_positive(value):
                choices.append((value, multiplicity, factor, field, embed, root))
    if not choices:
        shown = problem.damping
        raise SecularTermError(
            f"equation: the term {shown} leaves a secular term: the solvability condition of "
            f"sin(tau) at order {delay} has no unknown left that could meet it, so there is no "
            "periodic solution near the undisturbed one"
        )
    value, multiplicity, factor, field, embed, root = _chosen(choices, nearest, condition)
    if multiplicity > 1:
        raise HomotopyError(
            f"equation: at {problem.small} = 0 the amplitude {value} of the limit cycle is a "
            f"{multiplicity}-fold root of the condition of sin(tau), so there is no series in "
            f"whole powers of {problem.small}"
        )
    slope = _derivative_at(field, embed, above, root) / _value_at(field, embed, below, root)
    pace, conjugate = None, 0
    if problem.squared != 1:
        larger, lift, pace = _frequency_in(field, problem.squared)
        root, slope, field = lift(root), lift(slope) * pace, larger
    for k in range(field.conjugate_count):
        gap = field.expression(root, k) - value
        same = gap == 0 or (gap.is_number and abs(gap.evalf(TEST_DIGITS)) < NEAR)
        if same and (pace is None or _looks_positive(field.expression(pace, k))):
            conjugate = k
    ring = RationalRing() if isinstance(field, Rationals) else FieldRing(field, conjugate)
    # The last terms of the amplitude come from orders beyond that of the frequency.
    longer = _expand(problem, ring, root, order + delay, pace, LimitCycle(delay, slope))
    return Expansion(ring, longer.squared[: order + 1], longer.motions[: order + 1])


def _chosen(choices: list[Any], nearest: sympy.Expr, condition: sympy.Expr) -> Any:
    """Return the amplitude nearest to a number; without numbers there must be only one."""
    if len(choices) == 1:
        return choices[0]
    if any(choice[0].free_symbols for choice in choices):
        found = ", ".join(str(choice[0]) for choice in choices)
        raise HomotopyError(
            f"equation: there may be several limit cycles, of amplitudes {found}; give the "
            "parameters numbers"
        )
    goal = nearest if nearest.is_number else sympy.S.Zero
    return min(choices, key=lambda choice: (abs(choice[0] - goal).evalf(15), choice[0].evalf(15)))


def _in_amplitude(base: Field, expr: sympy.Expr, symbol: sympy.Symbol) -> Any:
    coefficients = sympy.Poly(expr, symbol).all_coeffs()[::-1]
    return base.polynomial([base.constant(c) for c in coefficients])


def _value_at(field: Field, embed: Any, polynomial: Any, point: Any) -> Any:
    result = field.element(0)
    for coefficient in reversed(polynomial.coeffs()):
        result = result * point + embed(coefficient)
    return result


def _derivative_at(field: Field, embed: Any, polynomial: Any, point: Any) -> Any:
    result = field.element(0)
    coefficients = polynomial.coeffs()
    for power in range(len(coefficients) - 1, 0, -1):
        result = result * point + embed(coefficients[power]) * power
    return result
