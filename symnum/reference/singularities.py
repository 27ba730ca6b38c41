"""Where an expression, as it is written, is undefined or not real: poles and branch points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Literal, NamedTuple

import mpmath
import sympy
from flint import fmpq

from symnum.errors import UnsupportedNodeError
from symnum.reference.balls import as_expression
from symnum.reference.boxes import (
    Region,
    as_fraction,
    as_region,
    as_symbolic,
    bisect,
    middle,
    simplest_inside,
    widest,
)
from symnum.reference.evaluator import evaluate
from symnum.reference.isolation import Isolation
from symnum.reference.ranges import RangeFunction
from symnum.reference.spans import DEFINED, HIGH_OPEN, INFINITY, LOW_OPEN, MINUS_INFINITY, Span

__all__ = ["definedness"]

Place = dict[sympy.Symbol, sympy.Expr]
Verdict = Literal["defined", "undecided"] | tuple[Literal["violated"], Place]

# Corners are tried in boxes of at most this many unknowns.
MOST_CORNERS = 4
# Boxes spent on one slice of a denominator, and how far an infinite side is followed.
SLICE_BUDGET = 200
FAR = 1 << 20


class Guard(NamedTuple):
    """A part that must not be zero; `certain` unless it stands in a branch that may not count."""

    expr: Any
    certain: bool


def definedness(
    expr: Any,
    box: Mapping[sympy.Symbol, Any],
    *,
    where: Sequence[Any] = (),
    budget: int = 2_000,
    prec: int = 64,
) -> Verdict:
    """Return whether an expression is defined and real at every point of a box.

    The expression is taken as it is written: x/x is undefined at 0.

    Parameters
    ----------
    expr : Expr
    box : mapping
        From each free symbol to (low, high) or a domain. An end that is open does not count.
    where : sequence of Relational
        Only the points of the box that satisfy these count.
    budget : int
        The number of boxes after which to give up.
    prec : int
        Precision in bits.

    Returns
    -------
    "defined", "undecided", or ("violated", point)
        The first is a proof. `point` maps each symbol to a number: exact where it is rational,
        otherwise a Float near a point that is proved to exist, such as an irrational pole.

    Raises
    ------
    ValueError
        Where a free symbol has no side, or a side is reversed.
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> definedness(1 / (x**2 - 4), {x: (0, 3)})
    ('violated', {x: 2})
    >>> definedness(sympy.log(1 + x**2), {x: (-1, 1)})
    'defined'
    """
    expression = as_expression(expr)
    region = as_region(box)
    survey = Survey(expression, tuple(where), region, prec)
    return survey.run(budget)


class Survey:
    """The search for a point where an expression is undefined."""

    def __init__(self, expr: Any, where: tuple[Any, ...], region: Region, prec: int) -> None:
        self.expr = expr
        self.where = where
        self.range = RangeFunction(expr)
        self.conditions = RangeFunction(*where) if where else None
        names = dict.fromkeys(self.range.symbols)
        if self.conditions is not None:
            names.update(dict.fromkeys(self.conditions.symbols))
        missing = sorted(str(symbol) for symbol in names if symbol not in region)
        if missing:
            raise ValueError(f"the box has no side for {', '.join(missing)}")
        self.region = {symbol: region[symbol] for symbol in region if symbol in names}
        self.prec = prec

    def run(self, budget: int) -> Verdict:
        """Cut the box until every part is defined, or a violation is found."""
        stack = [self.region]
        sliced = False
        boxes = 0
        while stack:
            box = stack.pop()
            boxes += 1
            if boxes > budget:
                return "undecided"
            if self._is_defined(box):
                continue
            found = self._sampled(box)
            if found is None and not sliced:
                sliced = True
                found = self._on_slices()
            if found is not None:
                return "violated", found
            symbol = widest(box)
            if symbol is None:
                return "undecided"
            stack.extend(reversed(bisect(box, symbol, middle(box[symbol]))))
        return "defined"

    def _is_defined(self, box: Region) -> bool:
        if self.conditions is not None and False in self.conditions.all(box, self.prec):
            return True
        return bool(self.range(box, self.prec).flags & DEFINED)

    # points of a box

    def _sampled(self, box: Region) -> Place | None:
        for place in self._candidates(box):
            exact = {symbol: as_symbolic(value) for symbol, value in place.items()}
            if self._counts(exact) and self._is_violation(exact):
                return exact
        return None

    def _candidates(self, box: Region) -> Iterator[dict[sympy.Symbol, fmpq]]:
        centre = {symbol: middle(side) for symbol, side in box.items()}
        yield centre
        simple = {symbol: simplest_inside(side) for symbol, side in box.items()}
        yield {s: centre[s] if value is None else value for s, value in simple.items()}
        if len(box) <= MOST_CORNERS:
            ends = [_closed_ends(side) or [centre[symbol]] for symbol, side in box.items()]
            for corner in product(*ends):
                yield dict(zip(box, corner, strict=True))

    def _counts(self, place: Place) -> bool:
        return all(evaluate(condition, place, 20) is True for condition in self.where)

    def _is_violation(self, place: Place) -> bool:
        value = evaluate(self.expr, place, 20)
        return not isinstance(value, mpmath.mpf) or not mpmath.isfinite(value)

    # zeros of denominators along one direction

    def _on_slices(self) -> Place | None:
        """Return a zero of a guard on a line through the middle of the box."""
        centre = {symbol: as_symbolic(middle(side)) for symbol, side in self.region.items()}
        for guard in _guards(self.expr):
            for symbol in sorted(guard.expr.free_symbols, key=sympy.default_sort_key):
                others = {s: value for s, value in centre.items() if s != symbol}
                found = self._on_slice(guard, symbol, others)
                if found is not None:
                    return found
        return None

    def _on_slice(self, guard: Guard, symbol: sympy.Symbol, others: Place) -> Place | None:
        side = self.region[symbol]
        low = fmpq(-FAR) if side.low == MINUS_INFINITY else as_fraction(side.low)
        high = fmpq(FAR) if side.high == INFINITY else as_fraction(side.high)
        sliced = guard.expr.xreplace(others)
        if sliced.free_symbols != {symbol} or not low < high:
            return None
        try:
            search = Isolation(sliced, symbol, SLICE_BUDGET, 30)
        except UnsupportedNodeError:
            return None
        search.run(Span(low, high))
        for located in search.located:
            if not located.proved or not _is_inside(located.span, side):
                continue
            exact = located.span.low == located.span.high
            root = as_symbolic(as_fraction(located.span.low))
            place = {**others, symbol: root if exact else sympy.Float(root, 30)}
            if not self._counts(place):
                continue
            if self._is_violation(place) if exact else guard.certain:
                return {s: place[s] for s in self.region}
        return None


def _closed_ends(side: Span) -> list[fmpq]:
    ends = []
    if not side.flags & LOW_OPEN and isinstance(side.low, fmpq):
        ends.append(side.low)
    if not side.flags & HIGH_OPEN and isinstance(side.high, fmpq):
        ends.append(side.high)
    return ends


def _is_inside(span: Span, side: Span) -> bool:
    above = span.low > side.low or (span.low == side.low and not side.flags & LOW_OPEN)
    below = span.high < side.high or (span.high == side.high and not side.flags & HIGH_OPEN)
    return bool(above and below)


def _guards(expr: Any) -> list[Guard]:
    """Return the parts of an expression that must not be zero, each once, in a fixed order."""
    found: dict[Any, Guard] = {}
    seen: set[tuple[int, bool]] = set()
    stack: list[tuple[Any, bool]] = [(expr, True)]
    while stack:
        node, certain = stack.pop()
        if (id(node), certain) in seen:
            continue
        seen.add((id(node), certain))
        for part in _must_not_vanish(node):
            if part.free_symbols and (part not in found or certain):
                found[part] = Guard(part, certain)
        inside = certain and not isinstance(node, sympy.Piecewise)
        stack.extend((part, inside) for part in reversed(node.args))
    return list(found.values())


def _must_not_vanish(node: Any) -> list[Any]:
    if isinstance(node, sympy.Pow):
        return [node.base] if node.exp.could_extract_minus_sign() else []
    rows = NONZERO.get(type(node))
    return rows(*node.args) if rows is not None else []


# function -> the parts that must not be zero for it to be defined
NONZERO: dict[type, Any] = {
    sympy.log: lambda u, *base: [u, *(sympy.log(b) for b in base)],
    sympy.tan: lambda u: [sympy.cos(u)],
    sympy.sec: lambda u: [sympy.cos(u)],
    sympy.cot: lambda u: [sympy.sin(u)],
    sympy.csc: lambda u: [sympy.sin(u)],
    sympy.coth: lambda u: [u],
    sympy.csch: lambda u: [u],
    sympy.acoth: lambda u: [u**2 - 1],
    sympy.acsch: lambda u: [u],
    sympy.asech: lambda u: [u],
    sympy.atanh: lambda u: [u**2 - 1],
    sympy.erfinv: lambda u: [u**2 - 1],
    sympy.zeta: lambda s, *rest: [s - 1],
    sympy.Ei: lambda u: [u],
    sympy.Ci: lambda u: [u],
    sympy.Chi: lambda u: [u],
    sympy.li: lambda u: [u, u - 1],
    sympy.besselk: lambda order, u: [u],
    sympy.bessely: lambda order, u: [u],
    sympy.elliptic_k: lambda m: [m - 1],
    sympy.Mod: lambda u, modulus: [modulus],
}
