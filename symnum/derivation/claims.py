"""What a step may say: one frozen class for each kind of claim.

The sides are kept as they are written. No claim is ever handed to SymPy as a relation that it
could evaluate, so ``x = x`` and ``1 = 2`` keep both of their sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from sympy import Eq, Expr, Ge, Gt, Le, Lt, Ne, Symbol
from sympy.core.relational import Relational

from symnum.derivation.statements import Claim, PairClaim, Substitution
from symnum.derivation.structures import (
    Structure,
    entries,
    mapped,
)
from symnum.derivation.typography import (
    AT_MOST,
    BAR,
    CLOSE,
    COMMA,
    END_BAR,
    EQUALS,
    MINUS,
    OPEN,
    PLUS,
    STANDS_FOR,
    TENDS_TO,
    Mark,
    Piece,
    as_latex,
    as_text,
    fenced,
    words,
)

__all__ = [
    "CLAIMS",
    "Approximation",
    "Claim",
    "Definition",
    "Entrywise",
    "Equality",
    "Inequality",
    "LimitClaim",
    "PairClaim",
    "Refutation",
    "RefutedEquality",
    "ResultClaim",
    "RootClaim",
    "SeriesClaim",
]

RELATION_MARKS: dict[type[Relational], Mark] = {
    Eq: EQUALS,
    Ne: Mark(" != ", r" \ne ", "<mo>&#x2260;</mo>"),
    Le: AT_MOST,
    Lt: Mark(" < ", " < ", "<mo>&lt;</mo>"),
    Ge: Mark(" >= ", r" \ge ", "<mo>&#x2265;</mo>"),
    Gt: Mark(" > ", " > ", "<mo>&gt;</mo>"),
}


@final
@dataclass(frozen=True, slots=True)
class Equality(PairClaim):
    """lhs = rhs at every point of the domain."""

    lhs: Expr
    rhs: Expr

    @property
    def sides(self) -> tuple[Expr, ...]:
        """Both sides."""
        return (self.lhs, self.rhs)

    @property
    def relation(self) -> Relational:
        """The claim as a SymPy relation that was not evaluated."""
        return Eq(self.lhs, self.rhs, evaluate=False)

    def phrase(self, left: Structure, right: Structure) -> tuple[Piece, ...]:
        """Return ``left = right``."""
        return (left, EQUALS, right)

    def rebuilt(self, function: Substitution) -> Equality:
        """Return the claim with `function` applied to both sides."""
        return Equality(function(self.lhs), function(self.rhs))


@final
@dataclass(frozen=True, slots=True)
class Inequality(PairClaim):
    """lhs <= rhs at every point of the domain."""

    lhs: Expr
    rhs: Expr

    @property
    def sides(self) -> tuple[Expr, ...]:
        """Both sides."""
        return (self.lhs, self.rhs)

    @property
    def relation(self) -> Relational:
        """The claim as a SymPy relation that was not evaluated."""
        return Le(self.lhs, self.rhs, evaluate=False)

    def phrase(self, left: Structure, right: Structure) -> tuple[Piece, ...]:
        """Return ``left <= right``."""
        return (left, AT_MOST, right)

    def rebuilt(self, function: Substitution) -> Inequality:
        """Return the claim with `function` applied to both sides."""
        return Inequality(function(self.lhs), function(self.rhs))


@final
@dataclass(frozen=True, slots=True)
class LimitClaim(PairClaim):
    """expr tends to value as x tends to x0 within the domain of x."""

    expr: Expr
    x: Symbol
    x0: Expr
    value: Expr

    @property
    def sides(self) -> tuple[Expr, ...]:
        """The expression and its limit."""
        return (self.expr, self.value)

    @property
    def free_symbols(self) -> frozenset[Symbol]:
        """The symbols of the expression, the limit and the point, and x."""
        symbols = self.expr.free_symbols | self.value.free_symbols | self.x0.free_symbols
        return frozenset(symbols | {self.x})

    def phrase(self, left: Structure, right: Structure) -> tuple[Piece, ...]:
        """Return ``lim_{x -> x0} left = right``."""
        under = (self.x, TENDS_TO, self.x0)
        head = Mark(
            f"lim_{{{as_text(under)}}} ",
            rf"\lim_{{{as_latex(under)}}} ",
            "<mi>lim</mi>",
        )
        return (head, *fenced(left), EQUALS, right)

    def rebuilt(self, function: Substitution) -> LimitClaim:
        """Return the claim with `function` applied to the expression, the point and the limit."""
        return LimitClaim(function(self.expr), self.x, function(self.x0), function(self.value))


@final
@dataclass(frozen=True, slots=True)
class SeriesClaim(PairClaim):
    """value is the expansion of expr about x = 0, every term below x**order."""

    expr: Expr
    x: Symbol
    order: int
    value: Expr

    @property
    def sides(self) -> tuple[Expr, ...]:
        """The expression and its expansion."""
        return (self.expr, self.value)

    @property
    def free_symbols(self) -> frozenset[Symbol]:
        """The symbols of the expression and its expansion, and x."""
        return frozenset(self.expr.free_symbols | self.value.free_symbols | {self.x})

    def phrase(self, left: Structure, right: Structure) -> tuple[Piece, ...]:
        """Return ``left = right + O(x**order)``."""
        power = self.x**self.order
        return (left, EQUALS, right, PLUS, Mark("O", "O", "<mi>O</mi>"), OPEN, power, CLOSE)

    def rebuilt(self, function: Substitution) -> SeriesClaim:
        """Return the claim with `function` applied to the expression and its expansion."""
        return SeriesClaim(function(self.expr), self.x, self.order, function(self.value))


@final
@dataclass(frozen=True, slots=True)
class Approximation(PairClaim):
    """abs(lhs - rhs) <= bound at every point of the domain."""

    lhs: Expr
    rhs: Expr
    bound: Expr

    @property
    def sides(self) -> tuple[Expr, ...]:
        """The two expressions that are close to each other."""
        return (self.lhs, self.rhs)

    @property
    def free_symbols(self) -> frozenset[Symbol]:
        """The symbols of both sides and of the bound."""
        return frozenset(self.lhs.free_symbols | self.rhs.free_symbols | self.bound.free_symbols)

    def phrase(self, left: Structure, right: Structure) -> tuple[Piece, ...]:
        """Return ``|left - right| <= bound``."""
        return (BAR, left, MINUS, *fenced(right), END_BAR, AT_MOST, self.bound)

    def rebuilt(self, function: Substitution) -> Approximation:
        """Return the claim with `function` applied to both sides and the bound."""
        return Approximation(function(self.lhs), function(self.rhs), function(self.bound))


Point = tuple[tuple[Symbol, Expr], ...]


@final
@dataclass(frozen=True, slots=True)
class Refutation(Claim):
    """The relation is false at one point of the domain.

    `at` may be given as a mapping; it is kept as pairs in the order of the names.
    """

    relation: Relational
    at: Point

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", _sorted_point(self.at))

    @property
    def point(self) -> dict[Symbol, Expr]:
        """The point, as a fresh dictionary."""
        return dict(self.at)

    @property
    def sides(self) -> tuple[Expr, ...]:
        """Both sides of the relation."""
        return (self.relation.lhs, self.relation.rhs)

    def pieces(self) -> tuple[Piece, ...]:
        """Return ``not (left = right) at x = ...``."""
        return _refuted_pieces(self)

    def relation_pieces(self) -> tuple[Piece, ...]:
        """Return ``left = right``, what is false."""
        return relation_pieces(self.relation)

    def rebuilt(self, function: Substitution) -> Refutation:
        """Return the claim with `function` applied to both sides of the relation."""
        sides = (function(side) for side in self.sides)
        return Refutation(type(self.relation)(*sides, evaluate=False), self.at)


@final
@dataclass(frozen=True, slots=True)
class RefutedEquality(Claim):
    """Two lists, matrices or dictionaries differ in at least one entry at one point."""

    lhs: Structure
    rhs: Structure
    at: Point

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", _sorted_point(self.at))

    @property
    def alternatives(self) -> tuple[tuple[str, Refutation], ...]:
        """One refutation for each entry; one of them is enough."""
        pairs = zip(entries(self.lhs), entries(self.rhs), strict=True)
        return tuple(
            (place, Refutation(Eq(left, right, evaluate=False), self.at))
            for (place, left), (_, right) in pairs
        )

    @property
    def sides(self) -> tuple[Expr, ...]:
        """The entries of both sides."""
        return tuple(entry for side in (self.lhs, self.rhs) for _, entry in entries(side))

    def pieces(self) -> tuple[Piece, ...]:
        """Return ``not (left = right) at x = ...``."""
        return _refuted_pieces(self)

    def relation_pieces(self) -> tuple[Piece, ...]:
        """Return ``left = right``, what is false."""
        return (self.lhs, EQUALS, self.rhs)

    def rebuilt(self, function: Substitution) -> RefutedEquality:
        """Return the claim with `function` applied to each entry of both sides."""
        return RefutedEquality(mapped(self.lhs, function), mapped(self.rhs, function), self.at)


def _sorted_point(at: Point | Mapping[Symbol, Expr]) -> Point:
    pairs = at.items() if isinstance(at, Mapping) else at
    return tuple(sorted(pairs, key=lambda pair: pair[0].name))


def relation_pieces(relation: Relational) -> tuple[Piece, ...]:
    """Return a relation as sides and a mark."""
    return (relation.lhs, RELATION_MARKS[type(relation)], relation.rhs)


def point_pieces(at: Point) -> tuple[Piece, ...]:
    """Return a point as ``x = 1, y = 2``."""
    pieces: list[Piece] = []
    for symbol, value in at:
        pieces += [COMMA, symbol, EQUALS, value]
    return tuple(pieces[1:])


def _refuted_pieces(claim: Refutation | RefutedEquality) -> tuple[Piece, ...]:
    place = (words(" at "), *point_pieces(claim.at)) if claim.at else ()
    return (words("not "), OPEN, *claim.relation_pieces(), CLOSE, *place)


@final
@dataclass(frozen=True, slots=True)
class RootClaim(Claim):
    """equation = 0 has a root near `near`, the only one in a stated enclosure."""

    equation: Expr
    unknown: Symbol
    near: Expr
    digits: int

    @property
    def sides(self) -> tuple[Expr, ...]:
        """The left side of the equation."""
        return (self.equation,)

    @property
    def free_symbols(self) -> frozenset[Symbol]:
        """The symbols of the equation but the unknown."""
        return frozenset(self.equation.free_symbols - {self.unknown})

    def pieces(self) -> tuple[Piece, ...]:
        """Return ``equation = 0 has one root x near ...``."""
        zero: Piece = Mark("0", "0", "<mn>0</mn>")
        return (
            self.equation,
            EQUALS,
            zero,
            words(" has exactly one root "),
            self.unknown,
            words(f" in a certified enclosure near {float(self.near):.6g}"),
        )

    def rebuilt(self, function: Substitution) -> RootClaim:
        """Return the claim with `function` applied to the equation."""
        return RootClaim(function(self.equation), self.unknown, self.near, self.digits)


@final
@dataclass(frozen=True, slots=True)
class Definition(Claim):
    """The symbol stands for the expression from here on."""

    symbol: Symbol
    expr: Expr

    @property
    def sides(self) -> tuple[Expr, ...]:
        """The expression."""
        return (self.expr,)

    def pieces(self) -> tuple[Piece, ...]:
        """Return ``symbol := expr``."""
        return (self.symbol, STANDS_FOR, self.expr)

    def rebuilt(self, function: Substitution) -> Definition:
        """Return the claim with `function` applied to the expression."""
        return Definition(self.symbol, function(self.expr))


@final
@dataclass(frozen=True, slots=True)
class Entrywise(Claim):
    """The same claim for each pair of entries of two lists, matrices or dictionaries."""

    lhs: Structure
    rhs: Structure
    parts: tuple[tuple[str, PairClaim], ...]

    @property
    def sides(self) -> tuple[Expr, ...]:
        """The sides of all parts."""
        return tuple(side for _, part in self.parts for side in part.sides)

    @property
    def free_symbols(self) -> frozenset[Symbol]:
        """The symbols of all parts."""
        return frozenset(symbol for _, part in self.parts for symbol in part.free_symbols)

    def pieces(self) -> tuple[Piece, ...]:
        """Return what the parts say, with the whole structures as sides."""
        return self.parts[0][1].phrase(self.lhs, self.rhs)

    def rebuilt(self, function: Substitution) -> Entrywise:
        """Return the claim with `function` applied to each entry."""
        return Entrywise(
            mapped(self.lhs, function),
            mapped(self.rhs, function),
            tuple((place, part.rebuilt(function)) for place, part in self.parts),
        )


@final
@dataclass(frozen=True, slots=True)
class ResultClaim(Claim):
    """The formula to compile, as a function of the arguments."""

    expr: Structure
    args: tuple[Symbol, ...]

    @property
    def sides(self) -> tuple[Expr, ...]:
        """The entries of the formula."""
        return tuple(entry for _, entry in entries(self.expr))

    def pieces(self) -> tuple[Piece, ...]:
        """Return ``result(x, y) = expr``."""
        arguments: list[Piece] = []
        for argument in self.args:
            arguments += [COMMA, argument]
        return (words("result"), OPEN, *arguments[1:], CLOSE, EQUALS, self.expr)

    def rebuilt(self, function: Substitution) -> ResultClaim:
        """Return the claim with `function` applied to each entry of the formula."""
        return ResultClaim(mapped(self.expr, function), self.args)


CLAIMS: tuple[type[Claim], ...] = (
    Approximation,
    Definition,
    Entrywise,
    Equality,
    Inequality,
    LimitClaim,
    Refutation,
    RefutedEquality,
    ResultClaim,
    RootClaim,
    SeriesClaim,
)
