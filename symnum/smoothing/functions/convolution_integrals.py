"""Convolutions without a closed form, as functions with values to any digits."""

from __future__ import annotations

import copyreg
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import sympy
from sympy import Expr, Integer, Max, Min, Symbol
from sympy.core.function import ArgumentIndexError, FunctionClass

from symnum.errors import UnsupportedNodeError
from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.functions.evaluation import context_function, evaluated_function
from symnum.smoothing.pieces.exponential_polynomials import as_terms

__all__ = ["convolution", "is_closed"]

# Left end, right end and expression.
Piece = tuple[Expr, Expr, Expr]

# Rate, power and coefficient, as numbers.
Wave = tuple[Any, int, Any]

# Where the interval is cut, in t for the density and in x for f.
_MARKS = (-256, -64, -24, -8, -4, -2, -1, 0, 1, 2, 4, 8, 24, 64, 256)
_GUARD = 30
# More digits than this are asked for only by who looks for a zero that is none.
_MOST_BITS = 500


class _ConvolutionClass(FunctionClass):  # type: ignore[misc]
    """The class of functions that are made at run time; they are pickled by what they are."""


class _Convolution(NamedFunction, metaclass=_ConvolutionClass):
    r"""The integral of f(x - h t) K(t) over t, a function of x, h and the parameters of f.

    Attributes
    ----------
    pieces, density : tuple of Piece
        f in the first of `arguments`, and K in `place`.
    place : Symbol
    arguments : tuple of Symbol
        x, h, parameters.
    """

    evaluated_directly = True
    pieces: tuple[Piece, ...] = ()
    density: tuple[Piece, ...] = ()
    place: Symbol = Symbol("t")
    arguments: tuple[Symbol, ...] = ()

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the integrals between the breaks of f and of the density."""
        x, h = cls.arguments[:2]
        t = Symbol("t", real=True)
        while any(t in part.free_symbols for part in (*arguments, *cls.arguments)):
            t = Symbol(t.name + "_", real=True)
        values = dict(zip(cls.arguments, arguments, strict=True))
        total: list[Expr] = []
        for low, high, piece in cls.pieces:
            start, end = _bounds(low, high, x, h)
            for left, right, density in cls.density:
                limits = (_clipped(bound, left, right) for bound in (start, end))
                first, last = (bound.subs(values, simultaneous=True) for bound in limits)
                if first == last or piece == 0:
                    continue
                inside = piece.subs(x, x - h * t).subs(values, simultaneous=True)
                total.append(
                    sympy.Integral(inside * density.xreplace({cls.place: t}), (t, first, last))
                )
        return sympy.Add(*total)

    @classmethod
    def value(cls, context: Any, *arguments: Any) -> Any:
        """Return the value at numbers of an mpmath context, 150 digits at most."""
        if any(context.isnan(number) for number in arguments):
            return context.nan
        with context.workprec(min(context.prec, _MOST_BITS) + _GUARD):
            found = _integrated(context, cls, arguments)
        return +found

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Refuse: a kernel takes the sum over nodes of the smoothed function."""
        raise UnsupportedNodeError("Integral: compile the smoothed function itself")

    @classmethod
    def eval(cls, *arguments: Expr) -> Expr | None:
        """Return the constant that f ends with, at the infinities."""
        if not arguments[0].is_infinite:
            return None
        last = cls.pieces[0 if arguments[0] is -sympy.oo else -1][2]
        if last.has(cls.arguments[0]):
            return None
        return last.xreplace(dict(zip(cls.arguments, arguments, strict=True)))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the derivative by x: f' smoothed, and a multiple of the density at each jump."""
        kind = type(self)
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        x, h = kind.arguments[:2]
        inside = [(low, high, piece.diff(x)) for low, high, piece in kind.pieces]
        slope = _of(kind, inside)
        for (_, at, before), (_, _, after) in pairwise(kind.pieces):
            jump = sympy.expand(after.subs(x, at) - before.subs(x, at))
            if not jump.is_finite and not jump.free_symbols:
                raise ValueError(
                    f"n: f has no finite values at {at}; its derivative is no function"
                )
            slope += jump / h * _density_at(kind, (x - at) / h)
        return slope.subs(dict(zip(kind.arguments, self.args, strict=True)), simultaneous=True)

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        if any(argument.has(symbol) for argument in self.args[1:]):
            return self.definition(*self.args).diff(symbol)
        return self.fdiff(1) * self.args[0].diff(symbol)

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(argument.is_extended_real for argument in self.args) else None

    def _eval_evalf(self, precision: int) -> Any:
        return evaluated_function(self, precision)

    def _sympystr(self, printer: Any) -> str:
        return str(printer.doprint(self.definition(*self.args)))

    def _latex(self, printer: Any) -> str:
        return str(printer.doprint(self.definition(*self.args)))


def _bounds(low: Expr, high: Expr, x: Expr, h: Expr) -> tuple[Expr, Expr]:
    """Return the limits of t where low < x - h t < high."""
    start = -sympy.oo if high is sympy.oo else (x - high) / h
    end = sympy.oo if low is -sympy.oo else (x - low) / h
    return start, end


def _clipped(value: Expr, low: Expr, high: Expr) -> Expr:
    if value.is_infinite:
        return high if value is sympy.oo else low
    return Max(low, Min(value, high))


def _density_at(kind: Any, u: Expr) -> Expr:
    cases = [
        (piece.xreplace({kind.place: u}), sympy.And(low <= u, u <= high))
        for low, high, piece in kind.density
    ]
    if len(cases) == 1 and all(end.is_infinite for end in kind.density[0][:2]):
        return cases[0][0]
    return sympy.Piecewise(*cases, (Integer(0), True))


def _integrated(context: Any, kind: Any, arguments: Sequence[Any]) -> Any:
    """Return the sum of the integrals between all marks, by tanh-sinh quadrature."""
    x, h = arguments[:2]
    scales = [context.mpf(mark) for mark in _MARKS]
    marks = sorted({*scales, *((x - mark) / h for mark in scales)})
    densities = [
        (*_ends(context, row, kind, arguments), context_function(context, row[2], (kind.place,)))
        for row in kind.density
    ]
    parts: list[Any] = []
    for row in kind.pieces:
        if row[2] == 0:
            continue
        low, high = _ends(context, row, kind, arguments)
        f = context_function(context, row[2], kind.arguments)
        waves = _waves(context, row[2], kind, arguments)
        for (left, right, density), (_, _, formula) in zip(densities, kind.density, strict=True):
            first, last = max((x - high) / h, left), min((x - low) / h, right)
            if first >= last:
                continue

            def integrand(t: Any, f: Any = f, density: Any = density) -> Any:
                return f(x - h * t, *arguments[1:]) * density(t)

            cuts = _cuts([first, *(mark for mark in marks if first < mark < last), last], h)
            far = waves is not None and _singular_within(formula, kind.place)
            for ends in pairwise(cuts):
                finite = next(end for end in ends if abs(end) < context.inf)
                if far and context.inf in map(abs, ends) and abs(finite) > far:
                    parts.append(_turned(context, waves or [], density, x, h, ends))
                else:
                    parts.append(context.quad(integrand, list(ends)))
    return context.fsum(parts)


def _cuts(marks: list[Any], h: Any) -> list[Any]:
    """Leave out marks that are next to each other: an integral over so little costs as much."""
    least = min(0.05, 0.05 / h)
    kept = [marks[0]]
    for mark in marks[1:-1]:
        if mark - kept[-1] > least and marks[-1] - mark > least:
            kept.append(mark)
    return [*kept, marks[-1]]


def _ends(context: Any, row: Piece, kind: Any, arguments: Sequence[Any]) -> list[Any]:
    """Return the ends of a piece as numbers."""
    found = []
    for end in row[:2]:
        if end.is_infinite:
            found.append(context.inf if end is sympy.oo else -context.inf)
        elif end.free_symbols:
            found.append(context_function(context, end, kind.arguments)(*arguments))
        else:
            found.append(context.mpf(end.evalf(context.dps + 5)._to_mpmath(context.prec)))
    return found


def _singular_within(density: Expr, t: Symbol) -> float:
    """Return how far from 0 the singularities of an algebraic function are; 0 if it is none."""
    if density.atoms(sympy.Function) or density.is_polynomial(t):
        return 0
    furthest = 1.0
    for power in density.atoms(sympy.Pow):
        if power.base.has(t):
            if not power.base.is_polynomial(t) or not power.exp.is_Rational:
                return 0
            furthest = max(furthest, *(abs(z) for z in sympy.Poly(power.base, t).nroots()))
    return float(furthest)


def _turned(
    context: Any, waves: Sequence[Wave], density: Any, x: Any, h: Any, ends: tuple[Any, Any]
) -> Any:
    """Return an integral to infinity of waves times an algebraic density.

    From its finite end the path is turned to where the wave decays, past no singularity.
    """
    total = context.mpf(0)
    to_left = ends[0] == -context.inf
    start = ends[1] if to_left else ends[0]
    for rate, power, weight in waves:

        def term(t: Any, rate: Any = rate, power: int = power) -> Any:
            return (x - h * t) ** power * context.exp(rate * (x - h * t)) * density(t)

        frequency = context.im(rate)
        if frequency == 0:
            value = context.quad(term, list(ends))
        else:
            turn = context.mpc(0, -1 if frequency > 0 else 1)
            unit = 1 / (abs(frequency) * h)
            path = [0, unit, 8 * unit, 64 * unit, context.inf]
            value = turn * context.quad(lambda s, f=term, i=turn: f(start + i * s), path)
            value = -value if to_left else value
        total += context.re(weight * value)
    return total


def _waves(context: Any, piece: Expr, kind: Any, arguments: Sequence[Any]) -> list[Wave] | None:
    """Return a piece as a sum of powers times waves, or None where it is none, or has no wave."""
    terms = as_terms(piece, kind.arguments[0])
    if terms is None or all(c == 0 for c, _ in terms):
        return None
    found: list[Wave] = []
    for (c, q), row in terms.items():
        rate = context.mpmathify(context_function(context, c, kind.arguments)(*arguments))
        if q != 0 or context.re(rate) != 0:
            return None
        for n, weight in row.items():
            number = context_function(context, weight, kind.arguments)(*arguments)
            found.append((rate, n, context.mpmathify(number)))
    return found


def _of(kind: Any, pieces: Sequence[Piece]) -> Expr:
    """Return another function smoothed by the same density, at the symbols of a class."""
    if all(piece == 0 for _, _, piece in pieces):
        return Integer(0)
    made: Expr = _made(tuple(pieces), kind.density, kind.place, kind.arguments)(*kind.arguments)
    return made


def convolution(
    pieces: Sequence[Piece], density: Sequence[Piece], x: Symbol, h: Expr, place: Symbol
) -> Expr:
    """Return the convolution of a function with a density, as a function with values.

    Parameters
    ----------
    pieces : sequence of Piece
        The function, in x and parameters.
    density : sequence of Piece
        In `place`.
    x : Symbol
    h : Expr
        Bandwidth.
    place : Symbol
    """
    names = sorted(
        {symbol for row in pieces for part in row for symbol in part.free_symbols} - {x},
        key=lambda symbol: symbol.name,
    )
    width = Symbol("h", positive=True)
    while any(symbol.name == width.name for symbol in (x, *names)):
        width = Symbol(width.name + "_", positive=True)
    kind = _made(tuple(pieces), tuple(density), place, (x, width, *names))
    made: Expr = kind(x, h, *names)
    return made


@lru_cache(maxsize=256)
def _made(
    pieces: tuple[Piece, ...],
    density: tuple[Piece, ...],
    place: Symbol,
    arguments: tuple[Symbol, ...],
) -> Any:
    content = {
        "nargs": len(arguments),
        "pieces": pieces,
        "density": density,
        "place": place,
        "arguments": arguments,
        "__module__": __name__,
    }
    return _ConvolutionClass("Convolution", (_Convolution,), content)


def is_closed(expr: Expr) -> bool:
    """Tell whether an expression is free of integrals."""
    return not expr.has(sympy.Integral) and not expr.atoms(_Convolution)


copyreg.pickle(
    _ConvolutionClass,
    lambda kind: (_made, (kind.pieces, kind.density, kind.place, kind.arguments)),
)
