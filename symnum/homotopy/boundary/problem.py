"""Reading a boundary-value problem: one equation, its conditions, its unknown numbers.

Whatever the form in which it was given (text with primes, `Eq`, expression), the solvers see the
equation as an expression in real symbols for u, u', u'', ..., and each condition as an expression
in symbols for the values of these at points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

import sympy
from sympy.core.function import AppliedUndef

from symnum.expressions import as_symbol
from symnum.homotopy.arguments import read_difference, read_unknown

__all__ = ["BoundaryProblem", "Condition", "Evaluation", "read_boundary_problem"]


@final
@dataclass(frozen=True, slots=True)
class Evaluation:
    """The value of a derivative of the unknown function at a point.

    Parameters
    ----------
    derivative : int
    point : Expr
        A real number, ``oo`` or ``-oo``.
    """

    derivative: int
    point: sympy.Expr


@final
@dataclass(frozen=True, slots=True)
class Condition:
    """A condition ``expr = 0``.

    Parameters
    ----------
    expr : Expr
        In the symbols of `values` and the unknown numbers.
    values : mapping from Symbol to Evaluation
    text : str
        As it was given.
    """

    expr: sympy.Expr
    values: Mapping[sympy.Symbol, Evaluation]
    text: str

    @property
    def is_linear(self) -> bool:
        """Whether the condition is affine in the values, with numbers as coefficients."""
        slopes = [sympy.diff(self.expr, symbol) for symbol in self.values]
        rest = self.expr.xreplace(dict.fromkeys(self.values, sympy.S.Zero))
        return all(slope.is_number for slope in slopes) and bool(rest.is_number)

    @property
    def target(self) -> sympy.Expr:
        """The number that a linear condition asks its combination of values to be."""
        return -self.expr.xreplace(dict.fromkeys(self.values, sympy.S.Zero))

    def weights(self) -> list[tuple[Evaluation, sympy.Expr]]:
        """Return the coefficient of each value in a linear condition."""
        return [(place, sympy.diff(self.expr, symbol)) for symbol, place in self.values.items()]


@final
@dataclass(frozen=True, slots=True)
class BoundaryProblem:
    """An equation ``expr = 0`` with conditions.

    Parameters
    ----------
    function : Expr
        The unknown as an applied function, u(x).
    variable : Symbol
    slots : tuple of Symbol
        Real symbols for u, u', ..., up to the highest derivative.
    expr : Expr
        In `variable`, `slots` and `unknowns`.
    conditions : tuple of Condition
    unknowns : tuple of Symbol
        Unknown numbers, sorted by name.
    """

    function: sympy.Expr
    variable: sympy.Symbol
    slots: tuple[sympy.Symbol, ...]
    expr: sympy.Expr
    conditions: tuple[Condition, ...]
    unknowns: tuple[sympy.Symbol, ...]

    @property
    def order(self) -> int:
        """The order of the equation."""
        return len(self.slots) - 1

    @property
    def points(self) -> list[sympy.Expr]:
        """The points of the conditions in ascending order."""
        places = {
            place.point for condition in self.conditions for place in condition.values.values()
        }
        return sorted(places, key=_ascending)

    @property
    def is_linear(self) -> bool:
        """Whether equation and conditions are affine in u, and nothing else is unknown."""
        if self.unknowns or not all(condition.is_linear for condition in self.conditions):
            return False
        slopes = [sympy.diff(self.expr, slot) for slot in self.slots]
        return not any(slope.has(*self.slots) for slope in slopes)

    @property
    def is_exact(self) -> bool:
        """Whether no floating-point number occurs."""
        return not any(
            e.atoms(sympy.Float) for e in [self.expr, *(c.expr for c in self.conditions)]
        )

    @property
    def equation(self) -> sympy.Eq:
        """The equation in the unknown function itself."""
        return sympy.Eq(self.in_function(self.function), 0, evaluate=False)

    def in_function(self, function: sympy.Expr) -> sympy.Expr:
        """Return the left side on an expression in place of u, derivatives not carried out."""
        rules = {self.slots[0]: function}
        for k, slot in enumerate(self.slots[1:], 1):
            rules[slot] = sympy.Derivative(function, (self.variable, k))
        return self.expr.xreplace(rules)


def _ascending(point: sympy.Expr) -> float:
    return float(point)


def read_boundary_problem(equation: Any, u: Any, x: Any, conditions: Any) -> BoundaryProblem:
    """Read an equation and its conditions.

    Parameters
    ----------
    equation : str, Eq or Expr
        Text writes derivatives as primes; an expression means ``expr = 0``.
    u : Function, applied function, Symbol or str
    x : Symbol or str
    conditions : sequence of str, Eq or Expr

    Returns
    -------
    BoundaryProblem

    Raises
    ------
    ValueError
        An equation without its unknown or its derivatives, a condition that is none, too few or too
        many of them.

    Examples
    --------
    >>> conditions = ["u(0) = 0", "u(1) = 0", "u(1/2) = 2"]
    >>> problem = read_boundary_problem("u'' + lam*exp(u)", "u", "x", conditions)
    >>> problem.order, problem.unknowns, problem.points
    (2, (lam,), [0, 1/2, 1])
    """
    variable = as_symbol(x, "x")
    function = read_unknown(u, variable)
    expr = read_difference(equation, "equation", (variable,), function)
    expr, slots = _with_slots(expr, function, variable)
    texts = _as_sequence(conditions)
    found = tuple(_read_condition(given, function, variable, len(slots) - 1) for given in texts)
    symbols = expr.free_symbols - {variable, *slots}
    for condition in found:
        symbols |= condition.expr.free_symbols - condition.values.keys()
    unknowns = tuple(sorted(symbols, key=lambda symbol: str(symbol.name)))
    problem = BoundaryProblem(function, variable, slots, expr, found, unknowns)
    _check_count(problem)
    _check_independence(problem)
    return problem


def _with_slots(
    expr: sympy.Expr, function: sympy.Expr, variable: sympy.Symbol
) -> tuple[sympy.Expr, tuple[sympy.Symbol, ...]]:
    """Replace u, u', ... by real symbols: functions of x carry no assumptions."""
    if any(node.expr != function for node in expr.atoms(sympy.Derivative)):
        expr = expr.doit()  # derivatives of composed expressions are carried out
    applied = sorted(expr.atoms(AppliedUndef), key=str)
    for node in applied:
        if node != function:
            raise ValueError(f"equation: only {function} may occur as unknown, found {node}")
    if not applied:
        raise ValueError(f"equation: the unknown {function} does not occur in {expr}")
    derivatives = expr.atoms(sympy.Derivative)
    order = max((node.derivative_count for node in derivatives), default=0)
    if order == 0:
        raise ValueError(f"equation: expected a derivative of {function}, found none in {expr}")
    name = function.func.__name__
    slots = tuple(sympy.Symbol(name + "'" * k, real=True) for k in range(order + 1))
    rules = {node: slots[node.derivative_count] for node in derivatives}
    result = expr.xreplace(rules).xreplace({function: slots[0]})
    if sympy.diff(result, slots[-1]) == 0:
        raise ValueError(f"equation: the derivative of order {order} cancels out of {expr}")
    if result.has(sympy.I):
        raise ValueError(f"equation: expected real coefficients, got {expr}")
    return result, slots


def _as_sequence(conditions: Any) -> list[Any]:
    if isinstance(conditions, str | sympy.Basic):
        raise TypeError(
            f"conditions: expected a list of conditions, got {type(conditions).__name__} "
            f"{conditions!s:.60}"
        )
    if not isinstance(conditions, Iterable):
        raise TypeError(f"conditions: expected a list, got {type(conditions).__name__}")
    return list(conditions)


def _read_condition(
    given: Any, function: sympy.Expr, variable: sympy.Symbol, order: int
) -> Condition:
    text = str(given)
    if given in (sympy.true, sympy.false):
        raise ValueError(f"conditions: expected an equation for {function}, got {given}")
    expr = read_difference(given, "conditions", (variable,), function)
    values: dict[sympy.Symbol, Evaluation] = {}
    rules: dict[sympy.Expr, sympy.Symbol] = {}
    nodes = [*sorted(expr.atoms(sympy.Subs), key=str), *sorted(expr.atoms(AppliedUndef), key=str)]
    for node in nodes:
        place = _evaluation(node, function, variable)
        if place is None:
            continue
        if place.derivative >= order:
            raise ValueError(
                f"conditions: {text} contains a derivative of order {place.derivative}; the "
                f"equation has order {order}, so conditions go up to order {order - 1}"
            )
        if not (place.point.is_number and place.point.is_extended_real):
            raise ValueError(f"conditions: {text} is not at a number but at {place.point}")
        primes = "'" * place.derivative
        symbol = sympy.Dummy(f"{function.func.__name__}{primes}({place.point})", real=True)
        rules[node], values[symbol] = symbol, place
    expr = expr.xreplace({node: rules[node] for node in nodes if isinstance(node, sympy.Subs)})
    expr = expr.xreplace(rules)
    if not values or expr.has(AppliedUndef) or variable in expr.free_symbols:
        raise ValueError(
            f"conditions: {text} is no condition on values of {function} at a point, such as "
            f"{function.func.__name__}(0) = 1"
        )
    if not set(values) & expr.free_symbols:
        raise ValueError(f"conditions: {text} holds for every function")
    return Condition(expr, values, text)


def _evaluation(
    node: sympy.Expr, function: sympy.Expr, variable: sympy.Symbol
) -> Evaluation | None:
    if isinstance(node, sympy.Subs):
        inner = node.expr
        if isinstance(inner, sympy.Derivative) and inner.expr.func == function.func:
            return Evaluation(inner.derivative_count, node.point[0])
        return None
    if node.func == function.func and node.args != (variable,):
        return Evaluation(0, node.args[0])
    return None


def _check_count(problem: BoundaryProblem) -> None:
    expected = problem.order + len(problem.unknowns)
    if len(problem.conditions) == expected:
        return
    names = ", ".join(str(symbol) for symbol in problem.unknowns)
    extra = f" with the unknown {names}" if names else ""
    kind = "few" if len(problem.conditions) < expected else "many"
    raise ValueError(
        f"conditions: too {kind}: an equation of order {problem.order}{extra} needs {expected}, "
        f"got {len(problem.conditions)}"
    )


def _check_independence(problem: BoundaryProblem) -> None:
    """Refuse linear conditions of which one repeats or contradicts the others."""
    linear = [condition for condition in problem.conditions if condition.is_linear]
    places = sorted({p for c in linear for p in c.values.values()}, key=lambda p: str(p))
    rows = []
    for condition in linear:
        weights: dict[Evaluation, sympy.Expr] = {}
        for place, weight in condition.weights():
            weights[place] = weights.get(place, sympy.S.Zero) + weight
        rows.append([weights.get(place, sympy.S.Zero) for place in places])
        if sympy.Matrix(rows).rank() < len(rows):
            raise ValueError(
                f"conditions: {condition.text} repeats or contradicts the other conditions"
            )
