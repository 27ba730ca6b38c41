"""The value of a SymPy expression at a point, to any number of digits.

The expression itself is evaluated, never a lowered program: an oracle that shared the lowering
would share its mistakes. The working precision is raised until two precisions agree, so that a sum
that cancels does not lose digits, and never returns 0 only because its terms are longer than the
precision.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
import sympy
from flint import acb, arb

from symnum.locks import process_lock
from symnum.reference.balls import as_expression, to_ball
from symnum.reference.climb import Climb, Compiled

__all__ = ["Reference", "evaluate"]


def evaluate(expr: Any, point: Mapping[sympy.Symbol, Any], digits: int = 50) -> Any:
    """Return the value of an expression at a point, right to a number of digits.

    Parameters
    ----------
    expr : Expr
        A scalar expression, or a condition.
    point : mapping
        From each free symbol to a number: int, float (taken exactly), Fraction, complex, an mpmath
        or NumPy number, or a SymPy number.
    digits : int
        Relative accuracy, in decimal digits; of a complex value, of its modulus.

    Returns
    -------
    mpmath.mpf or mpmath.mpc, or bool for a condition
        nan where the value is undefined (SymPy's zoo included) or could not be established, -inf
        and inf where SymPy has an infinity with a sign, as at log(0). A value that is within
        10**-1000 and less of cancelling completely is 0.

    Raises
    ------
    ValueError
        Where a symbol has no value, or digits is below 1.
    TypeError
        Where a value is no number.
        Where a part has no numerical value, naming it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> print(evaluate(sympy.exp(x) - 1, {x: 1e-20}, digits=20))
    1.0e-20
    """
    expression = as_expression(expr)
    irrational = {s: v for s, v in point.items() if _is_irrational(v)}
    compiled = Compiled([expression], irrational) if irrational else _compiled(expression)
    missing = [s for s in compiled.graph.symbols if s not in point]
    if missing:
        names = ", ".join(sorted(str(symbol) for symbol in missing))
        raise ValueError(f"no value for {names} in the point")
    bindings = {s: _exact(point[s], str(s)) for s in compiled.graph.symbols}
    return Climb(compiled, bindings, _checked(digits)).values()[0]


def _checked(digits: int) -> int:
    if isinstance(digits, bool) or not isinstance(digits, int | np.integer) or digits < 1:
        raise ValueError(f"digits must be a positive integer, not {digits!r}")
    return int(digits)


def _is_irrational(value: Any) -> bool:
    """Return whether a value is a constant expression of SymPy, to be put in as it is."""
    number = isinstance(value, sympy.Rational | sympy.Float)
    return isinstance(value, sympy.Expr) and not number and not value.free_symbols


def _exact(value: Any, name: str) -> Any:
    """Return a number as an exact rational, or as an mpmath number where it is none."""
    ball = to_ball(value, name)
    if isinstance(ball, arb):
        return mpmath.mpf(value)
    return mpmath.mpc(value) if isinstance(ball, acb) else ball


# Expressions by identity: hashing or comparing a deep one recurses. The expression is kept, so
# that its identity is not given to another one.
_CACHE: OrderedDict[int, tuple[Any, Compiled]] = OrderedDict()
_CACHE_SIZE = 64
_CACHE_LOCK = process_lock("references")


def _compiled(expression: Any) -> Compiled:
    key = id(expression)
    with _CACHE_LOCK:
        if key in _CACHE:
            _CACHE.move_to_end(key)
            return _CACHE[key][1]
    compiled = Compiled([expression])
    with _CACHE_LOCK:
        _CACHE[key] = (expression, compiled)
        while len(_CACHE) > _CACHE_SIZE:
            _CACHE.popitem(last=False)
    return compiled


class Reference:
    """The values of an expression, or of a container of them, at any point and precision.

    Parameters
    ----------
    args : Symbol or (nested) sequence of Symbol
        The order in which values will come.
    expr : Expr, Matrix, or (nested) list, tuple or dict of them
        What to evaluate.

    Raises
    ------
    ValueError
        Where a free symbol is not among the arguments, naming it.
        Where a part has no numerical value, naming it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> Reference([x], {"value": x**2, "slope": 2 * x}).value([3])
    {'value': mpf('9.0'), 'slope': mpf('6.0')}
    """

    def __init__(self, args: Any, expr: Any) -> None:
        self.args = tuple(_flat(args))
        self.expr = expr
        self._scalars: list[Any] = []
        self._shape = _take_shape(expr, self._scalars)
        self._compiled = Compiled(self._scalars)
        unknown = sorted(str(s) for s in self._compiled.graph.symbols if s not in self.args)
        if unknown:
            given = ", ".join(str(symbol) for symbol in self.args) or "none"
            raise ValueError(f"no value will come for {', '.join(unknown)}; arguments: {given}")

    def value(self, point: Sequence[Any], digits: int = 50) -> Any:
        """Return the value or values at a point.

        Parameters
        ----------
        point : sequence of number
            One for each argument, nested as the arguments or flat; as `evaluate` takes them.
        digits : int
            Relative accuracy of each value, in decimal digits.

        Returns
        -------
        mpmath.mpf, mpmath.mpc, or a container of them
            A list gives a list, a tuple a tuple, a dict a dict; a Matrix gives an object array of
            the same shape.
        """
        numbers = list(_flat(point))
        if len(numbers) != len(self.args):
            raise ValueError(f"{len(self.args)} values expected, {len(numbers)} came")
        named = dict(zip(self.args, numbers, strict=True))
        irrational = {s: number for s, number in named.items() if _is_irrational(number)}
        compiled = Compiled(self._scalars, irrational) if irrational else self._compiled
        bindings = {s: _exact(named[s], str(s)) for s in compiled.graph.symbols}
        return self._shape(iter(Climb(compiled, bindings, _checked(digits)).values()))


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple | sympy.Tuple):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _take_shape(expr: Any, scalars: list[Any]) -> Callable[[Iterator[Any]], Any]:
    """Append the scalars of a container in order; return what puts values back into its shape."""
    if isinstance(expr, dict | sympy.Dict):
        parts = {key: _take_shape(value, scalars) for key, value in expr.items()}
        return lambda values: {key: part(values) for key, part in parts.items()}
    if isinstance(expr, list | tuple | sympy.Tuple):
        items = [_take_shape(value, scalars) for value in expr]
        kind = list if isinstance(expr, list) else tuple
        return lambda values: kind(item(values) for item in items)
    if isinstance(expr, sympy.MatrixBase | sympy.NDimArray):
        shape = tuple(int(side) for side in expr.shape)
        entries = list(sympy.flatten(expr))
        scalars.extend(entries)
        return lambda values: _array([next(values) for _ in entries], shape)
    scalars.append(as_expression(expr))
    return next


def _array(values: list[Any], shape: tuple[int, ...]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)
