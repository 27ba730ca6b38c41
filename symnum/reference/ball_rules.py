"""What each kind of vertex computes in balls: arithmetic, kinks, conditions.

A value is a `fmpq` (exact), an `arb`, an `acb`, or for conditions True, False or None, which means
that the ball does not decide. Where a decision is open, the value is the hull of both outcomes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import reduce
from typing import Any

import flint
import sympy
from flint import acb, arb, fmpq

from symnum.errors import UnsupportedNodeError
from symnum.expressions.named_functions import NamedFunction
from symnum.reference.ball_decisions import DECISIONS, RELATIONS, BallRule, Value, absolute
from symnum.reference.ball_functions import BALL_FUNCTIONS, as_complex
from symnum.reference.exact import (
    EXACT_BITS,
    IMAGINARY,
    REAL,
    WHOLE,
    exact_power,
    leaf_rational,
)
from symnum.reference.functions import VANISHING
from symnum.reference.graph import MISSING, Graph, Vertex, execute

__all__ = ["ball_plan", "constant_ball", "run_balls"]

MOST_TERMS = 10_000
# What has a value although an operand may be undefined: it need not be taken.
BRANCHING = frozenset([sympy.Piecewise, sympy.ITE, *RELATIONS])


def run_balls(
    graph: Graph,
    rules: Iterable[BallRule],
    positions: Iterable[int],
    bindings: Mapping[sympy.Symbol, Value],
    zeros: Collection[tuple[int, int]] = (),
) -> list[Value]:
    """Return the value of each vertex at the precision that is set; MISSING where not needed.

    Parameters
    ----------
    graph : Graph
    rules : iterable of BallRule
        What `ball_plan` returned for the graph.
    positions : iterable of int
        What to compute, as `prompt` returns it.
    bindings : mapping
        From symbol to an exact rational or a ball.
    zeros : collection of (int, int)
        Values, or their real or imaginary parts, that are known to be exactly zero.
    """
    table = tuple(rules)
    values: list[Value] = [MISSING] * len(graph.vertices)

    def apply(position: int) -> None:
        vertex = graph.vertices[position]
        if isinstance(vertex.payload, sympy.Symbol):
            values[position] = bindings[vertex.payload]
            return
        operands = [values[operand] for operand in vertex.operands]
        if (position, WHOLE) in zeros:
            values[position] = fmpq(0)
            return
        if vertex.head not in BRANCHING and any(_unknown(operand) for operand in operands):
            values[position] = arb.nan()
            return
        value = _normal(table[position](vertex, operands))
        if isinstance(value, acb) and (position, IMAGINARY) in zeros:
            value = value.real
        elif isinstance(value, acb) and (position, REAL) in zeros:
            value = acb(0, value.imag)
        values[position] = value

    execute(graph, positions, values, apply)
    return values


def _unknown(value: Value) -> bool:
    """Return whether a ball is not finite: undefined, or too large to be known.

    Arb encloses a bounded function of such a ball, sin or sign, in [-1, 1], as if it were defined.
    """
    return isinstance(value, arb | acb) and not value.is_finite()


def _normal(value: Value) -> Value:
    """Return a complex ball that is real as a real one."""
    return value.real if isinstance(value, acb) and value.imag.is_zero() else value


def ball_plan(graph: Graph) -> tuple[BallRule, ...]:
    """Return the rule of each vertex.

    Raises
    ------
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.
    """
    return tuple(_rule(vertex) for vertex in graph.vertices)


def _rule(vertex: Vertex) -> BallRule:
    if not vertex.operands and isinstance(vertex.payload, sympy.Basic):
        return _leaf_rule(vertex.payload)
    if vertex.head in BINDERS:
        return BINDERS[vertex.head](vertex)
    rule = ARITHMETIC.get(vertex.head) or DECISIONS.get(vertex.head)
    compute = _ball_function(vertex.head)
    if rule is None and compute is not None:
        rule = _function(compute)
    if rule is None:
        raise UnsupportedNodeError(f"{vertex.head.__name__} has no implementation in balls")
    return rule


def _ball_function(head: type) -> Callable[..., Any] | None:
    if issubclass(head, NamedFunction) and head.has_enclosure:
        return head.enclosure
    return BALL_FUNCTIONS.get(head)


# leaves


def _leaf_rule(leaf: Any) -> BallRule:
    if leaf in (sympy.true, sympy.false):
        truth = bool(leaf)
        return lambda vertex, operands: truth
    if isinstance(leaf, sympy.Symbol):
        return _missing_symbol
    make = constant_ball(leaf)
    if make is None:
        raise UnsupportedNodeError(f"{type(leaf).__name__} has no implementation in balls: {leaf}")
    return lambda vertex, operands: make()


def constant_ball(leaf: Any) -> Callable[[], Value] | None:
    """Return what computes a constant, exact or as a ball at the precision that is set."""
    if isinstance(leaf, sympy.Rational | sympy.Float):
        exact = leaf_rational(leaf)
        if exact is None:
            return lambda: arb(leaf._to_mpmath(leaf._prec))
        return lambda: exact
    if isinstance(leaf, sympy.CRootOf):
        return lambda: _algebraic(leaf)
    return CONSTANTS.get(leaf)


def _missing_symbol(vertex: Vertex, operands: list[Value]) -> Value:
    raise AssertionError(f"symbol {vertex.payload} is bound by the run")


def _golden_ratio() -> arb:
    return (1 + arb(5).sqrt()) / 2


def _tribonacci() -> arb:
    root = 3 * arb(33).sqrt()
    return (1 + (19 + root).root(3) + (19 - root).root(3)) / 3


CONSTANTS: dict[Any, Callable[[], Value]] = {
    sympy.pi: arb.pi,
    sympy.E: arb.const_e,
    sympy.EulerGamma: arb.const_euler,
    sympy.Catalan: arb.const_catalan,
    sympy.GoldenRatio: _golden_ratio,
    sympy.TribonacciConstant: _tribonacci,
    sympy.I: lambda: acb(0, 1),
    sympy.oo: arb.pos_inf,
    -sympy.oo: arb.neg_inf,
    sympy.zoo: arb.nan,
    sympy.nan: arb.nan,
}


def _algebraic(root: Any) -> Value:
    """Return the root of a polynomial with the index that SymPy gives it."""
    polynomial = flint.fmpz_poly([int(c) for c in reversed(root.poly.all_coeffs())])
    # A few digits tell which of the roots it is: those of an irreducible polynomial are apart. More
    # of SymPy's digits of a complex root would take minutes.
    guess = acb(*(arb(str(part)) for part in root.evalf(15).as_real_imag()))
    found: Any = polynomial.complex_roots()
    nearest = min((pair[0] for pair in found), key=lambda ball: float(abs(ball - guess).mid()))
    return nearest.real if root.is_real else nearest


# arithmetic


def _split(operands: list[Value], unit: int, combine: Callable[[Any, Any], Any]) -> Any:
    exact = fmpq(unit)
    rounded = []
    for operand in operands:
        if isinstance(operand, fmpq):
            exact = combine(exact, operand)
        else:
            rounded.append(operand)
    return exact, rounded


def _add(vertex: Vertex, operands: list[Value]) -> Value:
    exact, rounded = _split(operands, 0, lambda a, b: a + b)
    if not rounded:
        return _kept(exact)
    total = reduce(lambda a, b: a + b, rounded)
    return total if exact == 0 else total + exact


def _mul(vertex: Vertex, operands: list[Value]) -> Value:
    exact, rounded = _split(operands, 1, lambda a, b: a * b)
    if not rounded:
        return _kept(exact)
    if exact == 0:
        return exact if all(factor.is_finite() for factor in rounded) else arb.nan()
    product = reduce(lambda a, b: a * b, rounded)
    return product if exact == 1 else product * exact


def _kept(exact: fmpq) -> Value:
    return exact if exact.height_bits() <= EXACT_BITS else arb(exact)


def _pow(vertex: Vertex, operands: list[Value]) -> Value:
    base, exponent = operands
    if isinstance(exponent, fmpq):
        if isinstance(base, fmpq):
            value = exact_power(base, exponent)
            if value is not None:
                return value
            if base == 0:
                return fmpq(0) if exponent > 0 else arb.nan()
            base = arb(base)
        if exponent.q == 1:
            return _integer_power(base, int(exponent.p))
        return _fractional_power(base, exponent)
    if isinstance(base, fmpq):
        base = arb(base)
    if isinstance(base, arb) and base > 0:
        return base**exponent
    return as_complex(base).pow(exponent)


def _integer_power(base: Any, exponent: int) -> Value:
    if not isinstance(base, arb) or base.is_exact() or not base.contains(0):
        return base**exponent
    # Arb's power of a ball whose middle is 0 is not finite.
    if exponent < 0:
        return arb.nan()
    if exponent % 2 == 0:
        return absolute(base) ** exponent
    return (base.lower() ** exponent).union(base.upper() ** exponent)


def _fractional_power(base: Any, exponent: fmpq) -> Value:
    if isinstance(base, acb):
        return base.pow(exponent)
    if base.is_zero():
        return fmpq(0) if exponent > 0 else arb.nan()
    degree, power = int(exponent.q), int(exponent.p)
    if base > 0:
        return _root(base, degree, power, exponent)
    if base < 0:
        size = _root(-base, degree, power, exponent)
        if degree == 2:
            return acb(0, size if power % 4 == 1 else -size)
        sine, cosine = arb.sin_cos_pi_fmpq(exponent)
        return acb(size * cosine, size * sine)
    return as_complex(base).pow(exponent)


def _root(base: arb, degree: int, power: int, exponent: fmpq) -> arb:
    if degree == 2:
        root = base.sqrt()
    elif degree < 64:
        root = base.root(degree)
    else:
        return base**exponent
    return root**power


# functions and binders


def _function(compute: Callable[..., Any]) -> BallRule:
    """Return the rule of a function that is given for balls."""

    def rule(vertex: Vertex, operands: list[Value]) -> Value:
        first, head = operands[0], vertex.head
        if isinstance(first, fmpq) and first == 0 and len(operands) == 1 and head in VANISHING:
            return fmpq(VANISHING[head])
        balls = [arb(operand) if isinstance(operand, fmpq) else operand for operand in operands]
        try:
            return compute(*balls)
        except (ValueError, OverflowError, ZeroDivisionError):
            return arb.nan()

    return rule


def _hypergeometric(vertex: Vertex, operands: list[Value]) -> Value:
    upper, lower = vertex.payload
    parameters: list[Any] = [acb(operand) for operand in operands[:-1]]
    value = acb(operands[-1]).hypgeom(parameters[:upper], parameters[upper : upper + lower])
    real = not any(isinstance(operand, acb) for operand in operands)
    # Outside the unit circle a series with p = q + 1 is continued, and crosses its cut.
    inside = upper <= lower or bool(abs(operands[-1]) < 1)
    return value.real if real and inside else value


def _body(vertex: Vertex) -> Callable[[list[Value]], Value]:
    """Compile the body of a binder: a function of the free values, then the bound ones."""
    binder = vertex.payload
    rules = ball_plan(binder.body)
    names = (*binder.free, *binder.bound)

    def value(places: list[Value]) -> Value:
        bindings = dict(zip(names, places, strict=True))
        values = run_balls(binder.body, rules, binder.body.prompt, bindings)
        return values[binder.body.roots[0]]

    return value


def _accumulated(unit: int, combine: Callable[[Any, Any], Any]) -> Callable[[Vertex], BallRule]:
    """Return the rule of a sum or a product with finitely many terms."""

    def prepare(vertex: Vertex) -> BallRule:
        body = _body(vertex)

        def rule(vertex: Vertex, operands: list[Value]) -> Value:
            *free, low, high = operands
            if not all(isinstance(end, fmpq) and end.q == 1 for end in (low, high)):
                return arb.nan()
            first, last = int(low.p), int(high.p)
            if last < first - 1 or last - first >= MOST_TERMS:
                return arb.nan()
            terms = (body([*free, fmpq(index)]) for index in range(first, last + 1))
            return reduce(combine, terms, fmpq(unit))

        return rule

    return prepare


def _substitution(vertex: Vertex) -> BallRule:
    body = _body(vertex)
    return lambda vertex, operands: body(operands)


ARITHMETIC: dict[type, BallRule] = {
    sympy.Add: _add,
    sympy.Mul: _mul,
    sympy.Pow: _pow,
    sympy.hyper: _hypergeometric,
}

BINDERS: dict[type, Callable[[Vertex], BallRule]] = {
    sympy.Sum: _accumulated(0, operator.add),
    sympy.Product: _accumulated(1, operator.mul),
    sympy.Subs: _substitution,
}
