"""Special functions as SymPy writes them, and what compiled code makes of each.

One SymPy class may stand for several functions, by the number of its arguments, or be compiled for
some orders only. A form takes the arguments of a node and returns the row that computes it, another
expression that is lowered in its place, or None where compiled code has nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Basic, Expr, S

__all__ = ["FORMS", "Compiled"]

# Polynomials and products are written out up to this degree.
MOST_TERMS = 400

# The largest order of polygamma: its factorial and powers stay far from overflow.
LARGEST_ORDER = 60


@dataclass(frozen=True, slots=True)
class Compiled:
    """The call of a row of the vocabulary.

    Parameters
    ----------
    name : str
        The row.
    operands : tuple of Expr
        What it is called with.
    """

    name: str
    operands: tuple[Expr, ...]


Form = Callable[..., "Compiled | Basic | None"]


def _row(name: str, arity: int) -> Form:
    """Return the form of a class whose nodes with so many arguments are a row."""

    def form(*args: Expr) -> Compiled | None:
        return Compiled(name, args) if len(args) == arity else None

    return form


def _count(order: Expr) -> int | None:
    """Return an order that is written out: a moderate integer, not negative."""
    return int(order) if order.is_Integer and 0 <= order <= MOST_TERMS else None


# ------------------------------------------------------------------ gamma and its relatives


def _polygamma(order: Expr, x: Expr) -> Compiled | None:
    if order.is_zero:
        return Compiled("digamma", (x,))
    if order.is_Integer and 0 < order <= LARGEST_ORDER:
        return Compiled("polygamma", (order, x))
    return None


def _binomial(n: Expr, k: Expr) -> Compiled | Basic | None:
    count = _count(k)
    if count is None:
        return S.Zero if k.is_Integer and k < 0 else Compiled("binomial", (n, k))
    return sympy.Mul(*((n - step) / (step + 1) for step in range(count)), evaluate=False)


def _rising(x: Expr, k: Expr) -> Compiled | Basic:
    count = _count(k)
    if count is None:
        return Compiled("rising_factorial", (x, k))
    return sympy.Mul(*(x + step for step in range(count)), evaluate=False)


def _falling(x: Expr, k: Expr) -> Compiled | Basic:
    count = _count(k)
    if count is None:
        return Compiled("rising_factorial", (x - k + 1, k))
    return sympy.Mul(*(x - step for step in range(count)), evaluate=False)


def _zeta(s: Expr, a: Expr = S.One) -> Compiled | Basic | None:
    if a is S.One:
        return Compiled("zeta", (s,))
    if s.is_Integer and 1 < s <= LARGEST_ORDER:
        scale = (-1) ** int(s) / sympy.factorial(s - 1)
        return scale * sympy.polygamma(s - 1, a, evaluate=False)
    return None


def _lambert(x: Expr, branch: Expr = S.Zero) -> Compiled | None:
    names = {S.Zero: "lambert_w", S.NegativeOne: "lower_lambert_w"}
    return Compiled(names[branch], (x,)) if branch in names else None


# ------------------------------------------------------------------ integrals


def _expint(order: Expr, x: Expr) -> Compiled | None:
    is_written_out = order.is_Integer and order >= -MOST_TERMS
    return Compiled("expint", (order, x)) if is_written_out else None


def _elliptic_e(*args: Expr) -> Compiled:
    return Compiled("elliptic_e_complete" if len(args) == 1 else "elliptic_e_incomplete", args)


# ------------------------------------------------------------------ orthogonal polynomials


def _by_recurrence(
    first: Callable[..., Expr], step: Callable[..., tuple[Expr, Expr, Expr]]
) -> Form:
    """Return the form of polynomials with P_0 = 1 and P_(n+1) = (a x + b) P_n - c P_(n-1).

    Written out in powers they would cancel; the recurrence does not.

    Parameters
    ----------
    first : callable
        P_1 for the parameters and x.
    step : callable
        The coefficients a, b, c for n and the parameters.
    """

    def form(degree: Expr, *others: Expr) -> Basic | None:
        count = _count(degree)
        if count is None:
            return None
        *parameters, x = others
        before: Expr = S.One
        value = first(*parameters, x) if count else S.One
        for n in range(1, count):
            a, b, c = step(sympy.Integer(n), *parameters)
            slope = a * x if b is S.Zero else a * x + b
            # Wrapped, so that SymPy does not multiply out.
            previous, current = sympy.UnevaluatedExpr(before), sympy.UnevaluatedExpr(value)
            before, value = value, slope * current - c * previous
        return value

    return form


def _jacobi_step(n: Expr, alpha: Expr, beta: Expr) -> tuple[Expr, Expr, Expr]:
    s = alpha + beta
    whole = 2 * (n + 1) * (n + s + 1) * (2 * n + s)
    a = (2 * n + s) * (2 * n + s + 1) * (2 * n + s + 2) / whole
    b = (2 * n + s + 1) * (alpha - beta) * (alpha + beta) / whole
    c = 2 * (n + alpha) * (n + beta) * (2 * n + s + 2) / whole
    return a, b, c


def _assoc_legendre(n: Expr, m: Expr, x: Expr) -> Basic | None:
    """Return P_n^m = (-1)**m (1-x**2)**(m/2) (2m-1)!! C_(n-m)^(m+1/2)(x) for 0 <= m."""
    degree, order = _count(n), n.is_Integer and m.is_Integer and int(m)
    if degree is None or order is False:
        return None
    size = abs(order)
    if size > degree:
        return S.Zero
    polynomial = FORMS[sympy.gegenbauer](n - size, sympy.Rational(2 * size + 1, 2), x)
    scale = (-1) ** size * sympy.factorial2(2 * size - 1)
    if order < 0:
        scale = sympy.factorial2(2 * size - 1) * sympy.factorial(degree - size)
        scale /= sympy.factorial(degree + size)
    arc = ((1 - x) * (1 + x)) ** sympy.Rational(size, 2)
    return sympy.Mul(scale, arc, sympy.UnevaluatedExpr(polynomial))


FORMS: dict[type, Form] = {
    # gamma and its relatives
    sympy.gamma: _row("gamma", 1),
    sympy.polygamma: _polygamma,
    sympy.trigamma: lambda x: Compiled("polygamma", (S.One, x)),
    sympy.factorial: lambda n: sympy.gamma(n + 1, evaluate=False),
    sympy.beta: lambda a, b=None: Compiled("beta", (a, a if b is None else b)),
    sympy.binomial: _binomial,
    sympy.RisingFactorial: _rising,
    sympy.FallingFactorial: _falling,
    sympy.harmonic: _row("harmonic", 1),
    sympy.uppergamma: _row("upper_gamma", 2),
    sympy.lowergamma: _row("lower_gamma", 2),
    # zeta and Lambert's W
    sympy.zeta: _zeta,
    sympy.LambertW: _lambert,
    # integrals
    sympy.expint: _expint,
    sympy.Li: lambda x: sympy.li(x) - sympy.li(2),
    sympy.elliptic_e: _elliptic_e,
    # orthogonal polynomials
    sympy.legendre: _by_recurrence(
        lambda x: x, lambda n: ((2 * n + 1) / (n + 1), S.Zero, n / (n + 1))
    ),
    sympy.chebyshevt: _by_recurrence(lambda x: x, lambda n: (S(2), S.Zero, S.One)),
    sympy.chebyshevu: _by_recurrence(lambda x: 2 * x, lambda n: (S(2), S.Zero, S.One)),
    sympy.hermite: _by_recurrence(lambda x: 2 * x, lambda n: (S(2), S.Zero, 2 * n)),
    sympy.hermite_prob: _by_recurrence(lambda x: x, lambda n: (S.One, S.Zero, n)),
    sympy.laguerre: _by_recurrence(
        lambda x: 1 - x, lambda n: (-1 / (n + 1), (2 * n + 1) / (n + 1), n / (n + 1))
    ),
    sympy.assoc_laguerre: _by_recurrence(
        lambda a, x: 1 + a - x,
        lambda n, a: (-1 / (n + 1), (2 * n + 1 + a) / (n + 1), (n + a) / (n + 1)),
    ),
    sympy.gegenbauer: _by_recurrence(
        lambda a, x: 2 * a * x,
        lambda n, a: (2 * (n + a) / (n + 1), S.Zero, (n + 2 * a - 1) / (n + 1)),
    ),
    sympy.jacobi: _by_recurrence(lambda a, b, x: (a + 1) + (a + b + 2) * (x - 1) / 2, _jacobi_step),
    sympy.assoc_legendre: _assoc_legendre,
}
