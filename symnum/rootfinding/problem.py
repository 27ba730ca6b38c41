"""One equation in one unknown, read and checked before any work."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from symnum.errors import near_names
from symnum.expressions import parse_equation
from symnum.expressions.exact import without_floats
from symnum.rootfinding.arguments import Params, read_params

__all__ = [
    "NOT_ANALYTIC",
    "ScalarProblem",
    "admitted_interval",
    "equation_text",
    "equation_to_expression",
    "read_problem",
]

#: What a symbol's assumptions say about where its roots may lie.
_SIGNS: tuple[tuple[str, float, float], ...] = (
    ("is_nonnegative", 0.0, math.inf),
    ("is_nonpositive", -math.inf, 0.0),
)

#: Functions without a complex derivative.
NOT_ANALYTIC = (
    *(sp.Abs, sp.sign, sp.re, sp.im, sp.conjugate, sp.arg, sp.Max, sp.Min, sp.Heaviside),
    *(sp.floor, sp.ceiling, sp.frac, sp.Mod, sp.Piecewise),
)


@dataclass(frozen=True, slots=True)
class ScalarProblem:
    """The equation `expr` = 0 in one unknown, all parameters filled in with exact numbers.

    Attributes
    ----------
    expr : Expr
        Left side minus right side, in `unknown` alone.
    unknown : Symbol
        A dummy that is real where roots are wanted in the reals.
    name : str
        What the user calls the unknown.
    text : str
        The equation for messages, at most one line.
    real : bool
        Whether roots are wanted in the reals.
    admitted : tuple of float
        Lowest and highest root that the assumptions of the user's symbol admit.
    """

    expr: sp.Expr
    unknown: sp.Symbol
    name: str
    text: str
    real: bool
    admitted: tuple[float, float]


def equation_to_expression(equation: Any, declared: Mapping[str, sp.Symbol]) -> sp.Expr:
    """Return left side minus right side of an equation.

    Parameters
    ----------
    equation : str, Expr or Eq
        ``"lhs = rhs"``, an expression that is to vanish, or an equation.
    declared : mapping
        Names that mean a symbol even where they are constants, such as ``E``.

    Returns
    -------
    Expr
        Exact: binary floating-point numbers become the rational numbers that they are.

    Raises
    ------
    TypeError
        If it is anything else, another relation and a Matrix included.
    ValueError
        If it is always true or always false, or contains undefined functions or derivatives.

    Examples
    --------
    >>> equation_to_expression("x = cos(x)", {})
    x - cos(x)
    """
    if isinstance(equation, str):
        left, right = parse_equation(equation, declared)
        expr = left - right
    elif isinstance(equation, sp.Eq):
        expr = equation.lhs - equation.rhs
    elif (
        equation is True or equation is False or isinstance(equation, sp.logic.boolalg.BooleanAtom)
    ):
        kind = "an identity" if bool(equation) else "never satisfied"
        raise ValueError(f"equation: {equation!s} is {kind}; there is nothing to solve")
    elif isinstance(equation, (Relational, sp.MatrixBase)) or not isinstance(equation, sp.Expr):
        raise TypeError(
            "equation: expected text, an expression or Eq, got "
            f"{type(equation).__name__} {str(equation)[:60]}"
        )
    else:
        expr = equation
    _refuse_undefined(expr)
    return without_floats(expr)


def read_problem(
    equation: Any, params: Params | None, domain: str, unknown: sp.Symbol | None = None
) -> ScalarProblem:
    """Read an equation, find its unknown and fill in the parameters.

    Parameters
    ----------
    equation : str, Expr or Eq
        As in `equation_to_expression`.
    params : mapping or None
        From names or symbols to numbers, taken exactly as they are given.
    domain : str
        ``"real"`` or ``"complex"``.
    unknown : Symbol, optional
        The unknown, where it is known; a text may then use names of constants for it.

    Returns
    -------
    ScalarProblem

    Raises
    ------
    ValueError
        If there is no unknown or more than one candidate, if a parameter does not occur or is no
        finite number, if the equation is an identity, or the domain is unknown.
    TypeError
        If the equation or a parameter has the wrong type.

    Examples
    --------
    >>> read_problem("E1 - e*sin(E1) = M", {"e": 0.5, "M": 3}, "real").name
    'E1'
    """
    if domain not in ("real", "complex"):
        raise ValueError(f"domain: expected 'real' or 'complex', got {domain!r}")
    if (
        not params
        and isinstance(params, (dict, type(None)))
        and isinstance(equation, (str, sp.Eq, sp.Expr))
    ):
        return _read_plain_problem(equation, domain, unknown)
    values = read_params(params, domain == "real")
    return _with_values(equation, values, domain, unknown)


@lru_cache(maxsize=256, typed=True)
def _read_plain_problem(equation: Any, domain: str, unknown: sp.Symbol | None) -> ScalarProblem:
    """Read an equation without parameters; whoever asks again gets the same problem."""
    return _with_values(equation, {}, domain, unknown)


def _with_values(
    equation: Any, values: dict[str, sp.Expr], domain: str, unknown: sp.Symbol | None
) -> ScalarProblem:
    declared = {name: sp.Symbol(name) for name in values}
    if unknown is not None:
        declared[unknown.name] = unknown
    expr = equation_to_expression(equation, declared)
    text = equation_text(equation)
    names = {symbol.name for symbol in expr.free_symbols}
    for name in values:
        if name not in names:
            near = near_names(name, sorted(names))
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"params: the equation {text} does not contain {name!r}{hint}")
    fixed = {symbol: values[symbol.name] for symbol in expr.free_symbols if symbol.name in values}
    user = _the_unknown(expr, set(fixed), bool(values), text)
    if unknown is not None and user.name != unknown.name:
        raise ValueError(f"x: the unknown of {text} is {user.name}, not {unknown.name}")
    admitted = admitted_interval(user, domain)
    dummy = _dummy(domain == "real", admitted[0] == 0.0, admitted[1] == 0.0)
    substituted = expr.xreplace({**fixed, user: dummy})
    if substituted.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
        blamed = "params: with these values" if values else "equation:"
        raise ValueError(f"{blamed} the left side of {text} minus the right has no finite value")
    if dummy not in substituted.free_symbols:
        kind = "an identity" if substituted == 0 else f"{substituted} = 0, without {user}"
        raise ValueError(f"equation: with these values {text} is {kind}; there is nothing to solve")
    if domain == "real" and substituted.has(sp.I):
        raise ValueError(
            f"equation: {text} contains the imaginary unit; pass domain='complex' for its roots"
        )
    if domain == "complex" and substituted.has(*NOT_ANALYTIC):
        raise ValueError(
            f"equation: {text} is not analytic, so it has no complex derivative; write it without "
            "Abs, sign, re, im, conjugate, Max, Min, floor and Piecewise"
        )
    return ScalarProblem(substituted, dummy, user.name, text, domain == "real", admitted)


def _the_unknown(expr: sp.Expr, fixed: set[sp.Symbol], with_params: bool, text: str) -> sp.Symbol:
    left = sorted(expr.free_symbols - fixed, key=lambda symbol: (symbol.name, str(symbol)))
    if len(left) == 1:
        return left[0]
    if left:
        names = ", ".join(symbol.name for symbol in left)
        raise ValueError(
            f"equation: {text} has more than one candidate for the unknown: {names}; "
            f"give all but one a value, as in params={{{left[-1].name!r}: 1.0}}"
        )
    if expr == 0:
        raise ValueError(f"equation: {text} is an identity; there is nothing to solve")
    why = "every symbol is a parameter" if with_params else "it contains no symbol"
    constants = sorted(str(c) for c in expr.atoms(sp.core.numbers.NumberSymbol, type(sp.I)))
    if constants:
        why += f" ({', '.join(constants)} stands for the constant; use another name)"
    raise ValueError(f"equation: {text} has no unknown: {why}")


def admitted_interval(symbol: sp.Symbol, domain: str) -> tuple[float, float]:
    """Return the lowest and the highest root that the assumptions of an unknown admit."""
    if domain == "complex":
        return -math.inf, math.inf
    if symbol.is_extended_real is False or symbol.is_integer:
        raise ValueError(
            f"equation: the unknown {symbol} is assumed not to be a real variable; "
            "use a symbol without that assumption"
        )
    for fact, low, high in _SIGNS:
        if getattr(symbol, fact):
            return low, high
    return -math.inf, math.inf


@lru_cache
def _dummy(real: bool, nonnegative: bool, nonpositive: bool) -> sp.Dummy:
    """Return the same dummy for the same assumptions, so that equal equations compare equal."""
    facts: dict[str, bool] = {}
    if real:
        facts["real"] = True
    if nonnegative:
        facts["nonnegative"] = True
    if nonpositive:
        facts["nonpositive"] = True
    return sp.Dummy("x", **facts)


def _refuse_undefined(expr: sp.Expr) -> None:
    undefined = sorted(expr.atoms(AppliedUndef, sp.Derivative), key=str)
    if undefined:
        raise ValueError(
            f"equation: {undefined[0]} is not a known function; an equation is made of "
            "elementary and special functions"
        )


def equation_text(equation: Any) -> str:
    """Return an equation for a message, as it was given and on one line.

    Parameters
    ----------
    equation : str, Expr or Eq
        The equation.

    Returns
    -------
    str
        At most 120 characters.

    Examples
    --------
    >>> equation_text(sp.Eq(sp.Symbol("x"), 0.5))
    'x = 0.5'
    """
    if isinstance(equation, sp.Eq):
        text = f"{_plain(equation.lhs)} = {_plain(equation.rhs)}"
    else:
        text = equation if isinstance(equation, str) else _plain(equation)
    text = " ".join(text.split())
    return text if len(text) <= 120 else f"{text[:117]}..."


def _plain(expr: sp.Expr) -> str:
    # Floats with 15 digits, not with the zeros that SymPy prints behind them.
    return str(sp.sstr(expr, full_prec=False))
