"""Powers with constant exponents: roots, chains of multiplications, corrected general powers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import sympy
from sympy import Expr, S

from symnum.compiler.constants import numeric_constant, working_context
from symnum.compiler.passes.intervals import ranges
from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.program import Node, Program
from symnum.compiler.terms import Term, call, choose, nan

__all__ = ["expand_powers", "share_powers"]

# Denominators of exponents that are roots of roots: how many square roots, how many cube roots.
ROOTS: dict[int, tuple[int, int]] = {
    2: (1, 0),
    3: (0, 1),
    4: (2, 0),
    6: (1, 1),
    8: (3, 0),
    12: (2, 1),
}
LARGEST_EXPONENT = 64


def expand_powers(program: Program) -> Program:
    """Compute fractional powers by roots, and correct the rounding of other exponents.

    Laws: x**(n + k/2) = x**n sqrt(x)**k, and so for the denominators 3, 4, 6, 8 and 12. A cube
    root is real for negative numbers, the power is not: it is NaN there in a real program.
    A constant exponent c that is no double is a double d plus a rest; x**c = x**d exp((c - d)
    log x) = x**d (1 + (c - d) log x) to all digits.

    Parameters
    ----------
    program : Program
        Any program.
    """
    if not any(node.operation == "call" and node.value == "power" for node in program.nodes):
        return program
    found = [] if program.complex_valued else ranges(program)

    def expand(rewriter: Rewriter, node: Node) -> int | None:
        base = rewriter.old.operands[0] if node.operation == "call" else 0
        return _expand(rewriter, node, bool(found) and found[base].low >= 0)

    return rewrite(program, expand)


def _expand(rewriter: Rewriter, node: Node, is_nonnegative: bool) -> int | None:
    if node.value != "power" or node.operation != "call":
        return None
    exponent = rewriter.constant(node.operands[1])
    base = rewriter.term(node.operands[0])
    if exponent is None or rewriter.constant(node.operands[0]) is not None:
        return None
    if exponent.is_zero:
        return rewriter.number(S.One).position
    if exponent.is_Integer:
        return (base ** int(exponent)).position
    if exponent.is_Rational and exponent.q in ROOTS and abs(exponent) <= LARGEST_EXPONENT:
        _, cubes = ROOTS[exponent.q]
        if not (cubes and base.builder.complex_valued):
            fraction = Fraction(int(exponent.p), int(exponent.q))
            return _by_roots(base, fraction, is_nonnegative).position
    if base.builder.complex_valued:
        return None
    corrected = _corrected(base, exponent)
    return None if corrected is None else corrected.position


def _by_roots(base: Term, exponent: Fraction, is_nonnegative: bool) -> Term:
    squares, cubes = ROOTS[exponent.denominator]
    root = base
    for _ in range(squares):
        root = root.root()
    # A square root before it makes negative numbers NaN already.
    guard = cubes and not squares and not is_nonnegative
    for _ in range(cubes):
        root = call("cube_root", root)
    whole, part = divmod(abs(exponent), 1)
    power = root**part.numerator
    if whole:
        power = base**whole * power
    if guard:
        power = choose(base.compare(">=", 0), power, nan(base))
    return power if exponent > 0 else 1 / power


def _corrected(base: Term, exponent: Expr) -> Term | None:
    if not exponent.is_extended_real or not exponent.is_finite:
        return None
    value = numeric_constant(exponent, working_context(40))
    if not 1e-300 < abs(value) < 1e300:
        return None
    nearest = sympy.Rational(*float(value).as_integer_ratio())
    rest = exponent - nearest
    if rest.is_zero:
        return None
    power = base.make("call", base, nearest, value="power")
    correction = power * (call("log", base) * rest)
    # At 0 and infinity, and where the power under- or overflows, there is nothing to correct.
    return choose(call("absolute", correction).compare("<", power), power + correction, power)


def share_powers(program: Program) -> Program:
    """Write integer powers as chains of multiplications that share their links.

    Laws: x**(m + n) = x**m x**n, x**(-n) = 1/x**n. All powers of one base in the program are
    built together, the small ones first.

    Parameters
    ----------
    program : Program
        Any program.
    """
    exponents: dict[int, set[int]] = defaultdict(set)
    for node in program.nodes:
        if node.operation == "integer_power":
            exponents[node.operands[0]].add(abs(node.value))
    if not exponents:
        return program
    plans = {base: addition_chain(sorted(wanted)) for base, wanted in exponents.items()}
    links: dict[int, dict[int, Term]] = defaultdict(dict)

    def multiply_out(rewriter: Rewriter, node: Node) -> int | None:
        if node.operation != "integer_power":
            return None
        base = rewriter.old.operands[0]
        powers = links[base]
        powers.setdefault(1, rewriter.term(node.operands[0]))
        power = _linked(powers, plans[base], abs(node.value))
        return (power if node.value > 0 else 1 / power).position

    return rewrite(program, multiply_out)


def _linked(powers: dict[int, Term], plan: dict[int, tuple[int, int]], exponent: int) -> Term:
    """Append the links of one power that are not there yet."""
    pending = [exponent]
    while pending:
        top = pending[-1]
        missing = [] if top in powers else [part for part in plan[top] if part not in powers]
        if missing:
            pending.extend(missing)
            continue
        pending.pop()
        if top not in powers:
            first, second = plan[top]
            powers[top] = powers[first] * powers[second]
    return powers[exponent]


def addition_chain(wanted: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return how each power is the product of two smaller ones.

    Parameters
    ----------
    wanted : sequence of int
        Positive exponents in ascending order.

    Returns
    -------
    dict of int to (int, int)
        For each exponent that is needed, in an order in which each comes after its two parts.

    Examples
    --------
    >>> addition_chain([5, 15])
    {2: (1, 1), 4: (2, 2), 5: (4, 1), 10: (5, 5), 15: (10, 5)}
    """
    links: dict[int, tuple[int, int]] = {}
    for exponent in wanted:
        _reach(exponent, 1, links)
    return links


def _reach(count: int, unit: int, links: dict[int, tuple[int, int]]) -> None:
    """Make the power `count * unit` from what is there."""
    target = count * unit
    if target == 1 or target in links:
        return
    known = [*sorted(links, reverse=True), 1]
    partner = next((part for part in known if target - part in links or target - part == 1), None)
    if partner is not None:
        links[target] = (partner, target - partner)
        return
    divisor = next((part for part in known if target % part == 0 and part > unit), None)
    factor = _factor(count)
    if divisor is not None:
        _reach(target // divisor, divisor, links)
    elif count % 2 == 0:
        _reach(count // 2, unit, links)
        links[target] = (target // 2, target // 2)
    elif factor:
        _reach(factor, unit, links)
        _reach(count // factor, unit * factor, links)
    else:
        _reach(count - 1, unit, links)
        links[target] = (target - unit, unit)


def _factor(count: int) -> int:
    """Return the factor by which a chain is shorter than by count = (count - 1) + 1, or 0."""
    for factor in range(3, min(count, 100), 2):
        if count % factor == 0 and factor < count:
            composed = _length(factor) + _length(count // factor)
            return factor if composed < _length(count - 1) + 1 else 0
    return 0


@cache
def _length(count: int) -> int:
    """Estimate the number of multiplications of a power."""
    if count == 1:
        return 0
    if count % 2 == 0:
        return _length(count // 2) + 1
    factor = _factor(count)
    if factor:
        return _length(factor) + _length(count // factor)
    return _length(count - 1) + 1
