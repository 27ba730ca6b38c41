"""Why alternation proves a member of a parametric family to be the best.

If another member were closer, its difference from this one would have the sign of the error at each
of the n + 1 alternation points, and so n zeros between them. It is enough to show that differences
have at most n - 1 zeros that change the sign.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy
from flint import arb

from symnum.derivation import Derivation
from symnum.errors import Refuted, Undecided, UnsupportedNodeError
from symnum.expressions import Interval
from symnum.reference.balls import BallFunction

__all__ = ["Argument", "real_slope", "zero_count"]

#: Strictly monotone functions: equal values mean equal arguments.
INJECTIVE = (
    sympy.tanh,
    sympy.erf,
    sympy.erfc,
    sympy.exp,
    sympy.log,
    sympy.atan,
    sympy.sinh,
    sympy.asinh,
    sympy.atanh,
)


#: Where an expression is looked at before a proof is tried, as shares of each side of a box.
SHARES = (0.04, 0.23, 0.51, 0.74, 0.93)
SIGN_BITS = 128


@dataclass(frozen=True, slots=True)
class Argument:
    """A proof that differences of members have few zeros.

    Attributes
    ----------
    text : str
        In one phrase.
    slope : Expr or None
        What is not negative: the slope in the only parameter, or that of a ratio of members.
    identity : tuple of Expr
        Two equal expressions that show it, or nothing.
    domain : tuple of (Symbol, Interval)
        For which parameters and other symbols it holds.
    """

    text: str
    slope: sympy.Expr | None = None
    identity: tuple[sympy.Expr, ...] = ()
    domain: tuple[tuple[sympy.Symbol, Interval], ...] = ()


@lru_cache(maxsize=64)
def zero_count(
    member: sympy.Expr,
    x: sympy.Symbol,
    interval: tuple[sympy.Expr, sympy.Expr],
    free: tuple[sympy.Symbol, ...],
    signs: tuple[int, ...],
) -> Argument | None:
    """Return an argument for optimality by alternation, or None where none is found.

    Parameters
    ----------
    member : Expr
        In x and the free parameters.
    x : Symbol
    interval : pair of Expr
        Between which ends the alternation lies.
    free : tuple of Symbol
    signs : tuple of int
        The signs of the parameters found: members with the same signs are compared.
    """
    if interval[0].is_nonnegative:
        counted = _by_monomials(member, x, free)
        if counted is not None:
            return counted
    if len(free) == 1:
        return _by_monotony(member, x, interval, free[0], signs[0])
    if len(free) == 2 and interval[0].is_nonnegative:
        return _by_ratio(member, x, interval, free, signs)
    return None


def real_slope(expr: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Return the derivative in a symbol where all symbols are real, so that |x| has one."""
    symbols = sorted(expr.free_symbols, key=lambda s: str(s))
    reals = {s: sympy.Dummy(str(s), real=True) for s in symbols}
    slope = sympy.diff(expr.xreplace(reals), reals[symbol])
    return slope.xreplace({real: s for s, real in reals.items()})


def _by_monomials(
    member: sympy.Expr, x: sympy.Symbol, free: Sequence[sympy.Symbol]
) -> Argument | None:
    """Count the zeros by Descartes' rule, after the injective functions outside are removed."""
    inner = _peeled(member, x, set(free))
    others = {symbol: sympy.Symbol(f"{symbol.name}_other") for symbol in free}
    above, below = sympy.fraction(sympy.together(inner))
    if not (above.is_polynomial(x) and below.is_polynomial(x)):
        return None
    cross = sympy.expand(above * below.subs(others) - above.subs(others) * below)
    if cross == 0 or not cross.is_polynomial(x):
        return None
    count = len(sympy.Poly(cross, x).monoms())
    if count > len(free):
        return None
    shown = sympy.sstr(inner)
    return Argument(
        f"differences vanish only with those of {shown}, which for x > 0 have at most {count - 1} "
        "zeros by Descartes' rule",
        identity=(above * below.subs(others) - above.subs(others) * below, cross),
    )


def _peeled(expr: sympy.Expr, x: sympy.Symbol, free: set[sympy.Symbol]) -> sympy.Expr:
    """Remove what two equal values have in common: injective functions, known terms, factors."""
    while True:
        even = isinstance(expr, sympy.cosh | sympy.sech) and _of_one_sign(expr.args[0], x)
        if even or (isinstance(expr, INJECTIVE) and len(expr.args) == 1):
            expr = expr.args[0]
        elif isinstance(expr, sympy.Pow) and not expr.exp.free_symbols and expr.exp.is_negative:
            expr = expr.base ** (-expr.exp)
        elif isinstance(expr, sympy.Pow) and expr.base is sympy.E:
            expr = expr.exp
        elif expr.is_Add or expr.is_Mul:
            known, unknown = expr.as_independent(*free, as_Add=expr.is_Add)
            neutral = 0 if expr.is_Add else 1
            if known == neutral or unknown in (expr, neutral):
                return expr
            if expr.is_Mul and known.free_symbols and not _monomial(known, x):
                return expr
            expr = unknown
        else:
            return expr


def _of_one_sign(expr: sympy.Expr, x: sympy.Symbol) -> bool:
    """Whether an argument of an even function is a multiple of one power of x."""
    parts = expr.as_independent(x, as_Add=False)
    return bool(parts[1] == x or (parts[1].is_Pow and parts[1].base == x))


def _monomial(expr: sympy.Expr, x: sympy.Symbol) -> bool:
    return bool(sympy.Mul(*expr.as_independent(x)[1:]).is_Pow or expr.as_independent(x)[1] == x)


def _by_monotony(
    member: sympy.Expr,
    x: sympy.Symbol,
    interval: tuple[sympy.Expr, sympy.Expr],
    parameter: sympy.Symbol,
    sign: int,
) -> Argument | None:
    """Prove that the slope in the only parameter has one sign."""
    slope = sympy.simplify(real_slope(member, parameter))
    for domain in _parameter_domains(sign):
        box = {x: Interval(*interval), parameter: domain}
        direction = _one_sign(slope, box)
        if direction:
            word = "increasing" if direction > 0 else "decreasing"
            text = f"monotone in {parameter}: {word} for every {x}, so differences have one sign"
            return Argument(text, slope=direction * slope, domain=((parameter, domain),))
    return None


def _parameter_domains(sign: int) -> list[Interval]:
    half = (
        Interval(0, sympy.oo, left_open=True) if sign > 0 else Interval(-sympy.oo, 0, False, True)
    )
    return [Interval(-sympy.oo, sympy.oo), half]


def _one_sign(expr: sympy.Expr, box: dict[sympy.Symbol, Interval]) -> int:
    """Return 1 or -1 where an expression is proved not to change its sign, else 0."""
    direction = _seen_sign(expr, box)
    if not direction:
        return 0
    proof = Derivation("one_sign", domain=box)
    try:
        proof.less_equal(0, direction * expr, why="the slope in the parameter has one sign")
    except (Refuted, Undecided, ValueError, NotImplementedError):
        return 0
    return direction


def _seen_sign(expr: sympy.Expr, box: dict[sympy.Symbol, Interval]) -> int:
    """Return the only sign that an expression has at some points, 0 where it has both or none."""
    symbols = sorted(box, key=lambda symbol: symbol.name)
    try:
        function = BallFunction(symbols, expr)
    except UnsupportedNodeError:
        return 0
    signs = set()
    for shares in itertools.product(SHARES, repeat=len(symbols)):
        pairs = zip(symbols, shares, strict=True)
        value = function([_between(box[symbol], share) for symbol, share in pairs], SIGN_BITS)
        signs.add(int(bool(value > 0)) - int(bool(value < 0)))
    signs.discard(0)
    return signs.pop() if len(signs) == 1 else 0


def _between(interval: Interval, share: float) -> arb:
    """Return a point of an interval; on an infinite one the middle share is about 1 away."""
    low, high = float(interval.low), float(interval.high)
    far = share / (1 - share)
    if math.isinf(low) and math.isinf(high):
        return arb(far - 1 / far)
    if math.isinf(high):
        return arb(low + far)
    return arb(high - 1 / far) if math.isinf(low) else arb(low + share * (high - low))


def _by_ratio(
    member: sympy.Expr,
    x: sympy.Symbol,
    interval: tuple[sympy.Expr, sympy.Expr],
    free: Sequence[sympy.Symbol],
    signs: Sequence[int],
) -> Argument | None:
    """Prove that a member a*g(x; b) over another one is monotone, so that it is 1 at most once."""
    for factor, inner in ((free[0], free[1]), (free[1], free[0])):
        shape = sympy.simplify(member / factor)
        if factor in shape.free_symbols:
            continue
        mixed = sympy.simplify(sympy.diff(sympy.log(shape), inner, x))
        sign = signs[list(free).index(inner)]
        # All members may vanish at the end 0, where the quotient has no value.
        inside = sympy.Symbol(f"{x.name}_inside")
        mixed = mixed.subs(x, inside)
        side = Interval(interval[0], interval[1], bool(interval[0] == 0))
        for domain in _parameter_domains(sign):
            direction = _one_sign(mixed, {inside: side, inner: domain})
            if direction:
                text = (
                    f"the ratio of two members is monotone in {x}, so differences have at most "
                    "one zero"
                )
                places = ((inside, side), (inner, domain))
                return Argument(text, slope=direction * mixed, domain=places)
    return None
