"""Truncated power series by recurrence, over any algebra of coefficients.

An expression is compiled once into a network of series. Each series makes its coefficients one at
a time, on demand, from those of its operands: with ``x = x_0 + x_1 q + x_2 q**2 + ...`` a new
coefficient costs O(m) products of the algebra,

    product      z_m = sum_k x_k y_(m-k)
    quotient     z_m = (x_m - sum_(k<m) z_k y_(m-k)) / y_0
    power p      m x_0 y_m = sum_(k=1..m) (k p - (m-k)) x_k y_(m-k)
    function f   m y_m = sum_(k=1..m) k x_k g_(m-k),  g the series of f'(x)

The last row covers every function whose derivative is again in the table: the exponential refers
to itself, sine and cosine to each other. What the coefficients are (rationals, polynomials in
the cosine, values on a grid, SymPy expressions) is the business of the `Algebra`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, final

import sympy

from symnum.algebra.coefficients import Algebra, Element, NoJetError
from symnum.errors import SymnumError

__all__ = ["FUNCTIONS", "Jet", "JetProgram", "NotYetKnownError"]


E = TypeVar("E", bound=Element)

# A series whose first coefficients vanish this far is taken to vanish altogether.
LONGEST_VALUATION = 64

# Functions of one variable whose derivative is again built of functions of this table and powers.
FUNCTIONS: frozenset[type[sympy.Function]] = frozenset(
    {
        sympy.exp,
        sympy.log,
        sympy.sin,
        sympy.cos,
        sympy.tan,
        sympy.cot,
        sympy.sec,
        sympy.csc,
        sympy.sinh,
        sympy.cosh,
        sympy.tanh,
        sympy.coth,
        sympy.sech,
        sympy.csch,
        sympy.asin,
        sympy.acos,
        sympy.atan,
        sympy.asinh,
        sympy.acosh,
        sympy.atanh,
        sympy.erf,
        sympy.erfc,
        sympy.LambertW,
    }
)


class NotYetKnownError(SymnumError, LookupError):
    """A coefficient was asked for that depends on input coefficients not fed so far."""


class Jet(ABC, Generic[E]):
    """One series of the network; its coefficients are made on demand and kept."""

    def __init__(self, algebra: Algebra[E]) -> None:
        self.algebra = algebra
        self._known: list[E] = []
        self._weighted: list[E] = []
        self._nonzero: list[bool] = []

    def coefficient(self, order: int) -> E:
        """Return the coefficient of ``q**order``."""
        while len(self._known) <= order:
            value = self._next(len(self._known))
            self._known.append(value)
            self._nonzero.append(not self.algebra.is_zero(value))
        return self._known[order]

    def vanishes(self, order: int) -> bool:
        """Tell whether the coefficient of ``q**order`` is zero."""
        self.coefficient(order)
        return not self._nonzero[order]

    def weighted(self, order: int) -> E:
        """Return ``order`` times the coefficient: the series of ``q dx/dq``."""
        while len(self._weighted) <= order:
            k = len(self._weighted)
            self._weighted.append(self.algebra.scale(self.coefficient(k), k))
        return self._weighted[order]

    def length(self) -> int:
        """Return how many coefficients are known."""
        return len(self._known)

    def retract(self, length: int) -> None:
        """Forget all coefficients from ``q**length`` on."""
        del self._known[length:], self._nonzero[length:], self._weighted[length:]

    @abstractmethod
    def _next(self, order: int) -> E:
        """Make the coefficient of ``q**order``; all lower ones are known."""


def _convolve(x: Jet[E], y: Jet[E], total: int, first: int, last: int) -> E:
    """Return ``sum(x_k y_(total-k) for k = first..last)``; y is not asked where x vanishes."""
    result = x.algebra.zero
    for k in range(first, last + 1):
        if not x.vanishes(k) and not y.vanishes(total - k):
            result = result + x.coefficient(k) * y.coefficient(total - k)
    return result


@final
class _Input(Jet[E]):
    """A series whose coefficients are fed from outside; complete ones end in zeros."""

    def __init__(self, algebra: Algebra[E], name: str, values: Sequence[E] | None) -> None:
        super().__init__(algebra)
        self.name = name
        self.fed: list[E] = list(values or ())
        self.complete = values is not None

    def _next(self, order: int) -> E:
        if order < len(self.fed):
            return self.fed[order]
        if self.complete:
            return self.algebra.zero
        raise NotYetKnownError(f"{self.name} is known below order {len(self.fed)}, not at {order}")


@final
class _Sum(Jet[E]):
    """A sum of series."""

    def __init__(self, algebra: Algebra[E], terms: Sequence[Jet[E]]) -> None:
        super().__init__(algebra)
        self.terms = terms

    def _next(self, order: int) -> E:
        result = self.algebra.zero
        for term in self.terms:
            if not term.vanishes(order):
                result = result + term.coefficient(order)
        return result


@final
class _Scaled(Jet[E]):
    """A rational multiple of a series."""

    def __init__(self, algebra: Algebra[E], x: Jet[E], factor: sympy.Rational) -> None:
        super().__init__(algebra)
        self.x = x
        self.numerator, self.denominator = int(factor.p), int(factor.q)

    def _next(self, order: int) -> E:
        return self.algebra.scale(self.x.coefficient(order), self.numerator, self.denominator)


@final
class _Product(Jet[E]):
    """A product of two series; a square costs half."""

    def __init__(self, algebra: Algebra[E], x: Jet[E], y: Jet[E]) -> None:
        super().__init__(algebra)
        self.x, self.y = x, y

    def _next(self, order: int) -> E:
        if self.x is not self.y:
            return _convolve(self.x, self.y, order, 0, order)
        half = _convolve(self.x, self.x, order, 0, (order - 1) // 2)
        result = self.algebra.scale(half, 2)
        if order % 2 == 0 and not self.x.vanishes(order // 2):
            middle = self.x.coefficient(order // 2)
            result = result + middle * middle
        return result


@final
class _Quotient(Jet[E]):
    """A quotient; a common power of q in both series is divided out."""

    def __init__(self, algebra: Algebra[E], x: Jet[E], y: Jet[E]) -> None:
        super().__init__(algebra)
        self.x, self.y = x, y
        self.valuation = 0

    def _next(self, order: int) -> E:
        if order == 0:
            self.valuation = _valuation(self.y)
            if any(not self.x.vanishes(k) for k in range(self.valuation)):
                raise NoJetError("a quotient", "its denominator vanishes at the expansion point")
        shift = self.valuation
        known = self.algebra.zero
        for k in range(order):
            if self._nonzero[k] and not self.y.vanishes(order + shift - k):
                known = known + self._known[k] * self.y.coefficient(order + shift - k)
        numerator = self.x.coefficient(order + shift) - known
        return self.algebra.divide(numerator, self.y.coefficient(shift))


@final
class _Power(Jet[E]):
    """A constant power of a series whose first coefficient does not vanish."""

    def __init__(self, algebra: Algebra[E], x: Jet[E], exponent: sympy.Expr) -> None:
        super().__init__(algebra)
        self.x, self.exponent = x, exponent

    def _next(self, order: int) -> E:
        if order == 0:
            if self.x.vanishes(0):
                raise NoJetError(f"the power {self.exponent}", "its base vanishes there")
            return self.algebra.power(self.x.coefficient(0), self.exponent)
        first = _convolve_weighted(self.x, self, order)
        second = self.algebra.zero
        for k in range(1, order):
            if not self.x.vanishes(k) and not self.vanishes(order - k):
                second = second + self.x.coefficient(k) * self.weighted(order - k)
        if self.exponent.is_Rational:
            first = self.algebra.scale(first, int(self.exponent.p), int(self.exponent.q))
        else:
            first = first * self.algebra.constant(self.exponent)
        total = first - second
        return self.algebra.divide(self.algebra.scale(total, 1, order), self.x.coefficient(0))


@final
class _Function(Jet[E]):
    """A function of a series, from the series of its derivative."""

    def __init__(self, algebra: Algebra[E], function: type[sympy.Function], x: Jet[E]) -> None:
        super().__init__(algebra)
        self.function, self.x = function, x
        self.derivative: Jet[E] | None = None

    def _next(self, order: int) -> E:
        if order == 0:
            return self.algebra.apply(self.function, self.x.coefficient(0))
        if self.derivative is None:
            raise NoJetError(self.function.__name__, "it is not analytic")
        return self.algebra.scale(_convolve_weighted(self.x, self.derivative, order), 1, order)


def _derivative(expr: sympy.Expr) -> sympy.Expr:
    """Return f'(x) in a form that needs no higher coefficients of f(x) than are known."""
    if expr.func is sympy.LambertW:
        # SymPy's W/(x (1 + W)) is 0/0 at x = 0 and would ask W for one coefficient more.
        return sympy.exp(-expr) / (1 + expr)
    return expr.fdiff(1)


def _convolve_weighted(x: Jet[E], y: Jet[E], order: int) -> E:
    """Return ``sum(k x_k y_(order-k) for k = 1..order)``."""
    result = x.algebra.zero
    for k in range(1, order + 1):
        if not x.vanishes(k) and not y.vanishes(order - k):
            result = result + x.weighted(k) * y.coefficient(order - k)
    return result


def _valuation(x: Jet[Any]) -> int:
    """Return the order of the first coefficient that does not vanish."""
    for k in range(LONGEST_VALUATION):
        if not x.vanishes(k):
            return k
    raise NoJetError("a quotient", "its denominator vanishes identically")


@final
@dataclass(slots=True)
class JetProgram(Generic[E]):
    """Expressions as a network of series with shared parts.

    Parameters
    ----------
    algebra : Algebra
        What the coefficients are.
    values_only : bool
        Admit functions without a power series (Abs, sign, floor, ...), of which only the
        coefficient of order 0 can then be had.

    Examples
    --------
    >>> import flint, sympy
    >>> from symnum.algebra.coefficients import RationalAlgebra
    >>> q = sympy.Symbol("q")
    >>> program = JetProgram(RationalAlgebra())
    >>> program.declare(q, [flint.fmpq(0), flint.fmpq(1)])
    >>> tangent = program.compile(sympy.tan(q))
    >>> [str(tangent.coefficient(k)) for k in range(6)]
    ['0', '1', '0', '1/3', '0', '2/15']
    """

    algebra: Algebra[E]
    values_only: bool = False
    _inputs: dict[sympy.Symbol, _Input[E]] = field(default_factory=dict)
    _network: dict[sympy.Expr, Jet[E]] = field(default_factory=dict)

    def declare(self, symbol: sympy.Symbol, values: Sequence[E] | None = None) -> None:
        """Make a symbol an input: the complete polynomial `values`, or one that is fed later."""
        self._inputs[symbol] = self._network[symbol] = _Input(self.algebra, symbol.name, values)

    def feed(self, symbol: sympy.Symbol, value: E) -> None:
        """Append the next coefficient of an input."""
        self._inputs[symbol].fed.append(value)

    def withdraw(self, symbol: sympy.Symbol) -> None:
        """Take back the coefficient that was fed last."""
        self._inputs[symbol].fed.pop()

    def restart(self) -> None:
        """Forget all that was fed and computed; the network stays."""
        for entry in self._inputs.values():
            if not entry.complete:
                entry.fed.clear()
        for jet in self._network.values():
            jet.retract(0)

    def function_values(self) -> list[E]:
        """Return the coefficients of order 0 of all functions and powers in the network."""
        kinds = (_Function, _Power)
        return [jet.coefficient(0) for jet in self._network.values() if isinstance(jet, kinds)]

    def lengths(self) -> list[int]:
        """Return how far each series is known, for `retract`."""
        return [jet.length() for jet in self._network.values()]

    def retract(self, lengths: Iterable[int]) -> None:
        """Forget what was computed since `lengths` were taken."""
        for jet, length in zip(self._network.values(), lengths, strict=True):
            jet.retract(length)

    def compile(self, expr: sympy.Expr) -> Jet[E]:
        """Return the series of an expression in the declared inputs.

        Raises
        ------
        NoJetError
            If the expression contains a function that is not analytic, naming it.
        """
        known = self._network.get(expr)
        if known is not None:
            return known
        if not expr.free_symbols & self._inputs.keys():
            jet: Jet[E] = _Input(self.algebra, str(expr), [self.algebra.constant(expr)])
        elif expr.is_Add:
            jet = _Sum(self.algebra, [self.compile(term) for term in expr.args])
        elif expr.is_Mul:
            jet = self._product(expr)
        elif expr.is_Pow:
            jet = self._power(expr.base, expr.exp)
        elif expr.func in FUNCTIONS and len(expr.args) == 1:
            return self._function(expr)
        else:
            return self._rough(expr)
        self._network[expr] = jet
        return jet

    def _product(self, expr: sympy.Expr) -> Jet[E]:
        numerator, denominator = [], []
        factor, rest = expr.as_coeff_Mul(rational=True)
        for part in sympy.Mul.make_args(rest):
            if part.is_Pow and part.exp.is_Integer and part.exp < 0:
                denominator.append(part.base ** (-part.exp))
            else:
                numerator.append(part)
        jet = self._chain(numerator)
        if denominator:
            jet = self._keep(_Quotient(self.algebra, jet, self._chain(denominator)))
        return jet if factor == 1 else _Scaled(self.algebra, jet, factor)

    def _chain(self, factors: list[sympy.Expr]) -> Jet[E]:
        """Multiply; factors without unknowns stand first, so that their zeros save work."""
        if not factors:
            return self.compile(sympy.S.One)
        jets = [self.compile(part) for part in sorted(factors, key=self._waits)]
        result = jets[0]
        for jet in jets[1:]:
            result = self._keep(_Product(self.algebra, result, jet))
        return result

    def _waits(self, expr: sympy.Expr) -> bool:
        return any(
            not self._inputs[symbol].complete
            for symbol in expr.free_symbols
            if symbol in self._inputs
        )

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> Jet[E]:
        if exponent.free_symbols & self._inputs.keys():
            return self.compile(sympy.exp(exponent * sympy.log(base)))
        if not exponent.is_Integer:
            return _Power(self.algebra, self.compile(base), exponent)
        if exponent < 0:
            one = self.compile(sympy.S.One)
            return _Quotient(self.algebra, one, self.compile(base ** (-exponent)))
        half = self.compile(base ** (exponent // 2))
        square: Jet[E] = _Product(self.algebra, half, half)
        if exponent % 2 == 0:
            return square
        return _Product(self.algebra, self._keep(square), self.compile(base))

    def _function(self, expr: sympy.Expr) -> Jet[E]:
        jet = _Function(self.algebra, expr.func, self.compile(expr.args[0]))
        # Registered before its derivative is compiled: exp refers to itself, sin and cos mutually.
        self._network[expr] = jet
        jet.derivative = self.compile(_derivative(expr))
        return jet

    def _rough(self, expr: sympy.Expr) -> Jet[E]:
        if not self.values_only or len(expr.args) != 1:
            raise NoJetError(expr.func.__name__, "it is not analytic or not known")
        jet = self._network[expr] = _Function(self.algebra, expr.func, self.compile(expr.args[0]))
        return jet

    def _keep(self, jet: Jet[E]) -> Jet[E]:
        """Register an intermediate series, so that `retract` reaches it."""
        self._network[sympy.Dummy()] = jet
        return jet
