"""The duality of mollifiers and regularisers.

The integral A_2 of a distribution function is the convex conjugate of R(p) = int_0^p Q, with Q the
quantile function: A_2(u) = max over 0 <= p <= 1 of p u - R(p), attained where p = A_1(u).
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, Integer, Piecewise, Rational, Symbol, erfinv, exp, log, pi, sin, sqrt

from symnum.expressions.named_functions import unfold
from symnum.smoothing.functions.convolution_integrals import is_closed
from symnum.smoothing.mollifiers.series_tilts import SechTilt
from symnum.smoothing.pieces.canonical_pieces import sample_between

__all__ = ["P", "merit", "regularizer"]

P = Symbol("p", positive=True)
_PROBE = Rational(1, 3)


def _gaussian(p: Expr) -> Expr:
    # -phi(Q(p)), Q(p) = sqrt(2) erfinv(2 p - 1)
    return -exp(-(erfinv(2 * p - 1) ** 2)) / sqrt(2 * pi)


def _laplace(p: Expr) -> Expr:
    half = Rational(1, 2)
    return Piecewise((p * (log(2 * p) - 1), p <= half), ((1 - p) * (log(2 * (1 - p)) - 1), True))


def _triangular(p: Expr) -> Expr:
    # Q = -1 + sqrt(2 p) on the left half
    half = Rational(1, 2)
    left = -p + 2 * sqrt(2) * p ** Rational(3, 2) / 3
    q = 1 - p
    right = -q + 2 * sqrt(2) * q ** Rational(3, 2) / 3
    return Piecewise((left, p <= half), (right, True))


def _epanechnikov(p: Expr) -> Expr:
    # p = (2 + 3 Q - Q^3)/4: Q = 2 sin(asin(2 p - 1)/3), and R = -E (T - Q)_+ + ... = int t K dt.
    q = 2 * sin(sympy.asin(2 * p - 1) / 3)
    return -3 * (1 - q**2) ** 2 / 16


def _sech(p: Expr) -> Expr:
    quantile = 2 / pi * log(sympy.tan(pi * p / 2))
    return p * quantile - SechTilt(1, 0, quantile)


# With dp = K dt: R(p) = int t K(t) dt up to the quantile. Each row gives it in closed form.
_ROWS: dict[str, Any] = {
    "cosine": lambda p: (
        # Q = (2/pi) asin(2 p - 1)
        (2 * (2 * p - 1) * sympy.asin(2 * p - 1) / 2 + 2 * sqrt(p * (1 - p))) / pi - Rational(1, 2)
    ),
    "epanechnikov": _epanechnikov,
    "gaussian": _gaussian,
    "laplace": _laplace,
    "logistic": lambda p: p * log(p) + (1 - p) * log(1 - p),
    "sech": _sech,
    "student_t2": lambda p: -sqrt(p * (1 - p)),
    "triangular": _triangular,
    "uniform": lambda p: -p * (1 - p),
}


def regularizer(mollifier: Any) -> Expr:
    r"""Return the regulariser whose conjugate is the smoothed ramp of a mollifier.

    .. math:: R(p) = \int_0^p Q(s)\,ds = \max_u \left(p u - A_2(u)\right)

    Parameters
    ----------
    mollifier : Mollifier

    Returns
    -------
    Expr
        In the symbol `P`, 0 < p < 1.

    Raises
    ------
    ValueError
        A mollifier without a first moment, a signed one, or one whose quantile function has no
        closed form.

    Examples
    --------
    >>> from symnum.smoothing import MOLLIFIERS
    >>> regularizer(MOLLIFIERS["uniform"])
    -p*(1 - p)
    """
    name = mollifier.name
    if mollifier.signed:
        raise ValueError("regularizer: a signed mollifier has no quantile function")
    if name == "cauchy":
        raise ValueError("regularizer: the cauchy mollifier has no first moment")
    if name in _ROWS:
        return _ROWS[name](P)
    return _by_inversion(mollifier)


def _by_inversion(mollifier: Any) -> Expr:
    """Solve A_1(u) = p and return p u - A_2(u) there."""
    low, high = mollifier.support
    inside = Symbol("t", real=True)
    distribution = mollifier.law.at(1, inside)
    if isinstance(distribution, Piecewise):
        distribution = _piece_at(distribution, inside, sample_between(low, high))
    distribution = unfold(distribution)
    try:
        closed = is_closed(distribution)
        solutions = sympy.solve(distribution - P, inside) if closed else []
    except NotImplementedError:
        solutions = []
    ramp = unfold(mollifier.law.at(2, inside))
    for solution in solutions:
        if _is_quantile(solution, distribution, inside, mollifier.support):
            quantile = solution.subs(P, _PROBE)
            piece = _piece_at(ramp, inside, quantile) if isinstance(ramp, Piecewise) else ramp
            return sympy.simplify(P * solution - piece.subs(inside, solution))
    raise ValueError(
        f"regularizer: the quantile function of {mollifier.name} has no closed form; "
        "p*u - A_2(u) at p = A_1(u) gives it by a parameter"
    )


def _is_quantile(solution: Expr, distribution: Expr, t: Symbol, support: tuple[Any, Any]) -> bool:
    """Tell whether a solution of A_1(t) = p lies on the support, for one p."""
    quantile = solution.subs(P, _PROBE).evalf(30)
    if not quantile.is_real or not support[0] <= quantile <= support[1]:
        return False
    return bool(abs(distribution.subs(t, quantile).evalf(30) - _PROBE) < 1e-15)


def _piece_at(expr: Piecewise, symbol: Symbol, place: Expr) -> Expr:
    for piece, condition in expr.args:
        if condition == sympy.true or condition.subs(symbol, place) == sympy.true:
            return piece
    raise ValueError("regularizer: no piece")  # pragma: no cover


def merit(mollifier: Any) -> Expr:
    r"""Return the merit K(0) A_2(0) of a smoothing of max(x, 0); lower is better.

    The largest error is h A_2(0) and the largest curvature K(0)/h, so their product does not depend
    on the bandwidth. The uniform density has the lowest, 1/8.

    Parameters
    ----------
    mollifier : Mollifier

    Returns
    -------
    Expr

    Examples
    --------
    >>> from symnum.smoothing import MOLLIFIERS
    >>> merit(MOLLIFIERS["uniform"])
    1/8
    """
    density = mollifier.law.at(0, Integer(0))
    ramp = mollifier.law.at(2, Integer(0))
    return sympy.simplify(density * ramp)
