"""The value of an expression as a ball that is proved to contain it (python-flint, Arb).

The expression is compiled once into a list of steps, shared sub-expressions once. A ball is right
or says that it does not know: where the value is not provably defined the ball is not finite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy
from flint import acb, arb, arf, fmpq, fmpz
from sympy.logic.boolalg import Boolean

from symnum.reference.ball_rules import ball_plan, run_balls
from symnum.reference.exact import leaf_rational, raw_rational
from symnum.reference.graph import build_graph
from symnum.reference.precision import working_precision

__all__ = ["BallFunction", "as_expression", "ball_of", "enclose", "to_ball", "working_precision"]

# `enclose` gives up refining at this many bits, and on an undefined value already at the second.
PRECISION_LIMIT = 1 << 14
UNDEFINED_LIMIT = 1 << 10


def to_ball(value: Any, name: str = "value") -> Any:
    """Return a number as an exact rational, or as a ball at the precision that is set.

    Parameters
    ----------
    value : number
        int, float (taken exactly), Fraction, complex, an mpmath or NumPy number, a python-flint
        number, or a SymPy expression without free symbols.
    name : str
        What to call it in an error message.

    Returns
    -------
    fmpq, arb or acb

    Raises
    ------
    TypeError
        Where it is no number.

    Examples
    --------
    >>> to_ball(0.5)
    1/2
    """
    if isinstance(value, fmpq | arb | acb):
        return value
    if isinstance(value, fmpz | arf):
        return fmpq(value) if isinstance(value, fmpz) else arb(value)
    if isinstance(value, bool) or (not isinstance(value, NUMBERS) and not _is_foreign(value)):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}: {value!r}")
    if isinstance(value, int | Fraction):
        return fmpq(value.numerator, value.denominator)
    if isinstance(value, sympy.Expr):
        return _symbolic_ball(value, name)
    if isinstance(value, float):
        return fmpq(*value.as_integer_ratio()) if value - value == 0 else arb(value)
    return _foreign_ball(value)


def as_expression(expr: Any) -> Any:
    """Return a scalar of Python or SymPy as a SymPy object; text is refused, never evaluated.

    Raises
    ------
    TypeError
        Where it is a text or a container.
    """
    if isinstance(expr, sympy.Basic) and not isinstance(expr, sympy.Tuple | sympy.MatrixBase):
        return expr
    try:
        value = sympy.sympify(expr, strict=True)
    except sympy.SympifyError:
        value = None
    if not isinstance(value, sympy.Expr | Boolean):
        raise TypeError(f"expr must be a SymPy expression, not {type(expr).__name__}: {expr!r}")
    return value


NUMBERS = (int, float, complex, Fraction, sympy.Expr)


def _is_foreign(value: Any) -> bool:
    """Return whether this is a number of mpmath or NumPy."""
    return getattr(type(value), "__module__", "").split(".")[0] in ("mpmath", "numpy")


def _foreign_ball(value: Any) -> Any:
    raw = getattr(value, "_mpf_", None)
    if raw is not None:
        exact = raw_rational(raw)
        return arb(value) if exact is None else exact
    if isinstance(value, complex):
        return acb(value.real, value.imag)
    if getattr(value, "_mpc_", None) is not None:
        return acb(arb(value.real), arb(value.imag))
    item = value.item()
    return acb(item) if isinstance(item, complex) else to_ball(item)


def _symbolic_ball(value: sympy.Expr, name: str) -> Any:
    if value.free_symbols:
        names = ", ".join(sorted(str(symbol) for symbol in value.free_symbols))
        raise TypeError(f"{name} must be a number, but {value} contains the symbols {names}")
    if isinstance(value, sympy.Rational | sympy.Float):
        exact = leaf_rational(value)
        if exact is not None:
            return exact
    return BallFunction((), value).at_precision(())


def ball_of(low: Any, high: Any, prec: int = 64) -> arb:
    """Return a ball that contains the closed interval from `low` to `high`.

    Parameters
    ----------
    low, high : number
        As `to_ball` takes them; infinities allowed.
    prec : int
        Precision in bits.

    Returns
    -------
    arb

    Examples
    --------
    >>> ball_of(1, 3).contains(2)
    True
    """
    with working_precision(prec):
        ends = [to_ball(low, "low"), to_ball(high, "high")]
        return arb(ends[0]).union(arb(ends[1]))


class BallFunction:
    """An expression compiled to run on balls.

    Parameters
    ----------
    args : sequence of Symbol
        The order in which values will come.
    expr : Expr
        The expression; each of its free symbols must be in `args`.

    Raises
    ------
    ValueError
        Where a free symbol is not in `args`, naming it.
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> f = BallFunction([x], (1 - sympy.cos(x)) / x**2)
    >>> f([1e-9], prec=200).str(17, radius=False)
    '0.50000000000000000'
    """

    def __init__(self, args: Sequence[sympy.Symbol], expr: Any) -> None:
        self.args = tuple(args)
        self._names = tuple(str(symbol) for symbol in self.args)
        self.expr = as_expression(expr)
        self._graph = build_graph([self.expr])
        self._rules = ball_plan(self._graph)
        unknown = [str(symbol) for symbol in self._graph.symbols if symbol not in self.args]
        if unknown:
            given = ", ".join(str(symbol) for symbol in self.args) or "none"
            raise ValueError(f"no value will come for {', '.join(sorted(unknown))}; args: {given}")

    def __repr__(self) -> str:
        return f"BallFunction({list(self.args)}, {self.expr})"

    def __call__(self, values: Sequence[Any], prec: int = 64) -> arb:
        """Return a real ball that contains the value; nan where it is not provably real.

        Parameters
        ----------
        values : sequence of number or ball
            One for each argument.
        prec : int
            Precision in bits.
        """
        with working_precision(prec):
            value = self.at_precision(values)
            if isinstance(value, acb):
                return arb.nan()
            return arb(value) if isinstance(value, fmpq) else value

    def complex(self, values: Sequence[Any], prec: int = 64) -> acb:
        """Return a complex ball that contains the value.

        Parameters
        ----------
        values : sequence of number or ball
            One for each argument.
        prec : int
            Precision in bits.
        """
        with working_precision(prec):
            return acb(self.at_precision(values))

    def at_precision(self, values: Sequence[Any]) -> Any:
        """Return the value, exact, real or complex, at the precision that is set."""
        if len(values) != len(self.args):
            raise ValueError(f"{len(self.args)} values expected, {len(values)} came")
        bindings = {
            symbol: to_ball(value, name)
            for symbol, name, value in zip(self.args, self._names, values, strict=True)
        }
        root = self._graph.roots[0]
        return run_balls(self._graph, self._rules, self._graph.prompt, bindings)[root]


def enclose(expr: Any, point: Mapping[sympy.Symbol, Any], digits: int = 13) -> Any:
    """Return a ball around the value of an expression at a point, refined until it is small.

    The precision is doubled until the radius is below 10**-digits of the value, or a limit is
    reached. Floats are taken exactly.

    Parameters
    ----------
    expr : Expr
    point : mapping
        From each free symbol to a number.
    digits : int
        Relative accuracy wanted, in decimal digits.

    Returns
    -------
    arb, or acb where the value is not real

    Raises
    ------
    ValueError
        Where a symbol has no value.
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> enclose((1 - sympy.cos(x)) / x**2, {x: 1e-9}).str(15, radius=False)
    '0.500000000000000'
    """
    symbols = tuple(point)
    return refine(BallFunction(symbols, expr), [point[symbol] for symbol in symbols], digits)


def refine(function: BallFunction, values: Sequence[Any], digits: int = 13) -> Any:
    """Return the same as `enclose` for a function that is compiled already."""
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    prec = max(64, int(digits * 3.33) + 30)
    while True:
        with working_precision(prec):
            ball = function.at_precision(values)
            if isinstance(ball, fmpq):
                ball = arb(ball)
            if _is_small(ball, digits):
                return ball
        if prec >= PRECISION_LIMIT or (prec >= UNDEFINED_LIMIT and not ball.is_finite()):
            return ball
        prec = min(2 * prec, PRECISION_LIMIT)


def _is_small(ball: Any, digits: int) -> bool:
    if not ball.is_finite():
        return False
    if isinstance(ball, acb):
        radius, size = abs(acb(ball.real.rad(), ball.imag.rad())), ball.abs_lower()
    else:
        radius, size = ball.rad(), ball.abs_lower()
    return bool(radius * arb(10) ** digits <= size)
