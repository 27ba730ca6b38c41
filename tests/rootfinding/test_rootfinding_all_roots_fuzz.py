"""Random functions with planted roots: none is lost, none is invented, simple ones are complete."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import mpmath
import pytest
import sympy as sp

from symnum.rootfinding import RootSet, roots

x = sp.Symbol("x", real=True)
CONTEXT = mpmath.MPContext()
CONTEXT.dps = 60


@dataclass(frozen=True)
class Case:
    """A function, a box and every root in it."""

    expr: sp.Expr
    low: sp.Rational
    high: sp.Rational
    planted: tuple[sp.Expr, ...]
    simple: bool = True


def rational(rng: random.Random, most: int = 9, denominator: int = 12) -> sp.Rational:
    return sp.Rational(rng.randint(-most * denominator, most * denominator), denominator)


def positive(rng: random.Random) -> sp.Rational:
    return sp.Rational(rng.randint(1, 40), rng.randint(1, 15))


def box(rng: random.Random) -> tuple[sp.Rational, sp.Rational]:
    low = rational(rng)
    return low, low + positive(rng)


def inside(candidates: list[sp.Expr], low: sp.Rational, high: sp.Rational) -> tuple[sp.Expr, ...]:
    """Return the real candidates in a closed interval, each once."""
    kept = dict.fromkeys(sp.sympify(c) for c in candidates)
    return tuple(c for c in kept if c.is_real is not False and low <= c <= high)


def waves(value: sp.Expr, period: sp.Expr, low: sp.Expr, high: sp.Expr) -> list[sp.Expr]:
    """Return the numbers value + k period between two numbers."""
    first = int(sp.floor(sp.N((low - value) / period, 30))) - 1
    last = int(sp.ceiling(sp.N((high - value) / period, 30))) + 1
    return [value + k * period for k in range(first, last + 1)]


# families with simple roots


def rational_roots(rng: random.Random) -> Case:
    low, high = box(rng)
    planted = {rational(rng) for _ in range(rng.randint(1, 7))}
    product = sp.prod([x - r for r in sorted(planted)]) * (x**2 + positive(rng))
    expr = sp.expand(product) if rng.random() < 0.6 else product
    return Case(expr, low, high, inside(list(planted), low, high))


def irrational_roots(rng: random.Random) -> Case:
    low, high = box(rng)
    squares = {positive(rng) for _ in range(rng.randint(1, 3))}
    cubes = {rational(rng) for _ in range(rng.randint(0, 2))} - {sp.Integer(0)}
    expr = sp.prod([x**2 - s for s in squares] + [x**3 - c for c in cubes])
    planted = [e * sp.sqrt(s) for s in squares for e in (1, -1)]
    planted += [sp.real_root(c, 3) for c in cubes]
    if rng.random() < 0.5:
        expr *= sp.exp(-rational(rng, 2) * x)
    return Case(expr, low, high, inside(planted, low, high))


def sines(rng: random.Random) -> Case:
    low, high = box(rng)
    a, b = positive(rng), rational(rng, 3)
    c = sp.Rational(rng.randint(-19, 19), 20)
    angle = sp.asin(c)
    two = [(angle - b) / a, (sp.pi - angle - b) / a]
    planted = [r for value in two for r in waves(value, 2 * sp.pi / a, low, high)]
    return Case(sp.sin(a * x + b) - c, low, high, inside(planted, low, high))


def cosine_polynomial(rng: random.Random) -> Case:
    low, high = box(rng)
    values = {sp.Rational(rng.randint(-18, 18), 20) for _ in range(2)}
    u = sp.cos(x)
    expr = sp.expand(sp.prod([u - v for v in values]) * (u - 3))
    starts = [e * sp.acos(v) for v in values for e in (1, -1)]
    planted = [r for value in starts for r in waves(value, 2 * sp.pi, low, high)]
    return Case(expr, low, high, inside(planted, low, high))


def exponential_polynomial(rng: random.Random) -> Case:
    low, high = box(rng)
    values = {positive(rng) for _ in range(rng.randint(1, 3))}
    rate = rng.choice([1, 2, sp.Rational(1, 3)])
    u = sp.exp(rate * x)
    expr = sp.expand(sp.prod([u - v for v in values] + [u + positive(rng)]))
    return Case(expr, low, high, inside([sp.log(v) / rate for v in values], low, high))


MONOTONE: tuple[tuple[Callable[[sp.Expr], sp.Expr], Callable[[sp.Expr], sp.Expr]], ...] = (
    (sp.sinh, sp.asinh),
    (sp.atan, sp.tan),
    (sp.exp, sp.log),
    (lambda u: sp.log(u + 12), lambda v: sp.exp(v) - 12),
    (lambda u: sp.sqrt(u + 10), lambda v: v**2 - 10),
    (lambda u: sp.tanh(u / 4), lambda v: 4 * sp.atanh(v)),
    (lambda u: 1 / (u + 11), lambda v: 1 / v - 11),
    (sp.asinh, sp.sinh),
)


def composition(rng: random.Random) -> Case:
    low, high = box(rng)
    forward, back = rng.choice(MONOTONE)
    places = {low + (high - low) * sp.Rational(rng.randint(0, 30), 30) for _ in range(3)}
    values = [sp.nsimplify(sp.N(forward(p), 12), rational=True) for p in places]
    values = [sp.Rational(round(v * 1000), 1000) for v in values]
    expr = sp.prod([forward(x) - v for v in dict.fromkeys(values)])
    if rng.random() < 0.5:
        expr = sp.expand(expr)
    planted = [r for r in (back(v) for v in values if v != 0 or back is not sp.log) if r.is_real]
    good = [r for r in planted if abs(sp.N(forward(r) - forward(r), 20)) == 0]
    matching = [r for r in good if any(abs(sp.N(forward(r) - v, 30)) < 1e-25 for v in values)]
    return Case(expr, low, high, inside(matching, low, high))


def poles(rng: random.Random) -> Case:
    low, high = box(rng)
    a, c = sp.Rational(rng.randint(1, 9), rng.randint(1, 3)), rational(rng, 4)
    planted = waves(sp.atan(c) / a, sp.pi / a, low, high)
    return Case(sp.tan(a * x) - c, low, high, inside(planted, low, high))


def rational_function(rng: random.Random) -> Case:
    low, high = box(rng)
    tops = {rational(rng) for _ in range(3)}
    bottoms = {rational(rng) for _ in range(2)}
    expr = sp.prod([x - r for r in tops]) / sp.prod([x - r for r in bottoms])
    if rng.random() < 0.5:
        expr = sp.apart(sp.cancel(expr), x)
    # What cancels is defined again once it is cancelled by SymPy's own arithmetic.
    bottom = sp.fraction(sp.together(expr))[1]
    planted = [r for r in tops if bottom.subs(x, r) != 0 and expr.subs(x, r) == 0]
    return Case(expr, low, high, inside(planted, low, high))


def quotient(rng: random.Random) -> Case:
    low, high = box(rng)
    hole = rational(rng, 3)
    shift = rng.choice([sp.Integer(0), rational(rng, 2)])
    planted = [r for r in waves(shift, sp.pi, low, high) if r != hole]
    return Case(sp.sin(x - shift) / (x - hole), low, high, inside(planted, low, high))


def kinks(rng: random.Random) -> Case:
    low, high = box(rng)
    a, b, c = rational(rng), rational(rng), positive(rng)
    top, bottom = max(a, b), min(a, b)
    choice = rng.randrange(5)
    if choice == 0:
        return Case(sp.Abs(x - a) - c, low, high, inside([a - c, a + c], low, high))
    if choice == 1:
        return Case(sp.Max(x - a, x - b), low, high, inside([bottom], low, high))
    if choice == 2:
        expr = sp.Abs(sp.Abs(x - a) - c) - c / 3
        planted = [a + s * c * sp.Rational(k, 3) for s in (1, -1) for k in (2, 4)]
        return Case(expr, low, high, inside(planted, low, high))
    if choice == 3:
        expr = sp.Piecewise((x - bottom + 1, x < bottom), (x - top, True))
        planted = [r for r in (bottom - 1, top) if (r < bottom) == (r == bottom - 1)]
        return Case(expr, low, high, inside(planted, low, high))
    # The jump from -1 to 1 is no root.
    expr = sp.Piecewise((-1 - x**2, x < a), (1 + x**2, True))
    return Case(expr, low, high, ())


def lambert(rng: random.Random) -> Case:
    low, high = box(rng)
    c = positive(rng)
    if rng.random() < 0.5:
        return Case(x * sp.exp(x) - c, low, high, inside([sp.LambertW(c)], low, high))
    d = -sp.Rational(rng.randint(1, 35), 100)
    planted = [sp.LambertW(d), sp.LambertW(d, -1)]
    return Case(x * sp.exp(x) - d, low, high, inside(planted, low, high))


def special(rng: random.Random) -> Case:
    low, high = box(rng)
    choice = rng.randrange(4)
    if choice == 0:
        value = sp.Rational(rng.randint(-9, 9), 10)
        root = sp.Rational(str(CONTEXT.erfinv(CONTEXT.mpf(value.p) / value.q)))
        return Case(sp.erf(x) - value, low, high, inside([root], low, high))
    if choice == 1:
        low, high = abs(low), abs(low) + 6
        zeros = [sp.Rational(str(CONTEXT.besseljzero(1, k))) for k in range(1, 9)]
        return Case(sp.besselj(1, x), low, high, inside([sp.Integer(0), *zeros], low, high))
    if choice == 2:
        zeros = [sp.Rational(str(CONTEXT.airyaizero(k))) for k in range(1, 20)]
        return Case(sp.airyai(x), low, high, inside(zeros, low, high))
    low, high = sp.Rational(1, 10), sp.Integer(6)
    root = sp.Rational(str(CONTEXT.findroot(lambda t: CONTEXT.gamma(t) - 2, 0.44)))
    return Case(sp.gamma(x) - 2, low, high, (root, sp.Integer(3)))


# families that are hard on purpose


def multiple(rng: random.Random) -> Case:
    low, high = box(rng)
    planted = {rational(rng): rng.randint(1, 4) for _ in range(3)}
    expr = sp.prod([(x - r) ** m for r, m in planted.items()])
    expr = rng.choice([expr, sp.expand(expr), expr * sp.exp(x), expr * sp.cosh(x)])
    return Case(expr, low, high, inside(list(planted), low, high), simple=False)


def touching(rng: random.Random) -> Case:
    low, high = box(rng)
    choice = rng.randrange(4)
    if choice == 0:
        planted = waves(sp.pi / 2, 2 * sp.pi, low, high)
        return Case(sp.sin(x) - 1, low, high, inside(planted, low, high), simple=False)
    if choice == 1:
        a = rational(rng)
        expr = sp.exp(x - a) - (x - a) - 1
        return Case(expr, low, high, inside([a], low, high), simple=False)
    if choice == 2:
        a = positive(rng)
        return Case(x**2 + a / 10**9 + sp.cosh(x) - 1, low, high, (), simple=False)
    a = rational(rng)
    return Case(sp.Abs(x - a), low, high, inside([a], low, high), simple=False)


def close_pairs(rng: random.Random) -> Case:
    low, high = box(rng)
    a = rational(rng)
    b = a + sp.Rational(1, 10 ** rng.choice([6, 9, 12]))
    weight = rng.choice([sp.Integer(1), sp.exp(x / 3), 2 + sp.sin(x)])
    expr = sp.expand((x - a) * (x - b)) * weight
    return Case(expr, low, high, inside([a, b], low, high), simple=False)


def edges(rng: random.Random) -> Case:
    low, high = box(rng)
    third = rational(rng)
    expr = (x - low) * (x - high) * (x - third)
    expr = rng.choice([expr, sp.expand(expr), expr * sp.exp(-x), sp.sinh(expr)])
    return Case(expr, low, high, inside([low, high, third], low, high), simple=False)


def half_defined(rng: random.Random) -> Case:
    low, high = box(rng)
    a, c = rational(rng), rational(rng, 2)
    if rng.random() < 0.5:
        return Case(sp.log(x - a) - c, low, high, inside([a + sp.exp(c)], low, high), simple=False)
    planted = [a + c**2] if c >= 0 else []
    return Case(sp.sqrt(x - a) - c, low, high, inside(planted, low, high), simple=False)


SIMPLE = (
    rational_roots,
    irrational_roots,
    sines,
    cosine_polynomial,
    exponential_polynomial,
    composition,
    poles,
    rational_function,
    quotient,
    kinks,
    lambert,
    special,
)
HARD = (multiple, touching, close_pairs, edges, half_defined)


def check(case: Case, found: RootSet) -> None:
    """Compare an answer with the planted roots: exactly those, or an open place around each."""
    exact = [sp.Rational(str(sp.N(r, 50))) for r in case.planted]
    slack = sp.Rational(1, 10**40)
    places = [*found.enclosures, *found.unresolved]
    for root in exact:
        grain = slack * max(1, abs(root))
        lost = not any(low - grain <= root <= high + grain for low, high in places)
        assert not lost, f"{case} lost {sp.N(root, 20)}: {found}"
    for status, (low, high) in zip(found.statuses, found.enclosures, strict=True):
        grain = slack * max(1, abs(low))
        held = sum(bool(low - grain <= root <= high + grain) for root in exact)
        if status == "proved":
            assert held == 1, f"{case}: {held} roots in [{low}, {high}]: {found}"
    if found.complete:
        assert len(found) == len(exact), f"{case}: {found}"


def run(count: int, seed: int) -> tuple[int, int, list[Case]]:
    """Return how many simple cases there were, how many were complete, and the others."""
    rng = random.Random(seed)
    simple = complete = 0
    unfinished = []
    families = [*SIMPLE, *SIMPLE, *HARD]
    for k in range(count):
        case = families[k % len(families)](rng)
        found = roots(case.expr, (case.low, case.high))
        check(case, found)
        if case.simple:
            simple += 1
            complete += found.complete
        if not found.complete:
            unfinished.append(case)
    return simple, complete, unfinished


def test_a_hundred_random_functions() -> None:
    simple, complete, unfinished = run(116, 1)
    assert complete >= 0.95 * simple, unfinished


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 8))
def test_many_random_functions(seed: int) -> None:
    simple, complete, unfinished = run(203, seed)
    assert complete >= 0.95 * simple, unfinished
