"""What a mollifier must know of itself to smooth a function in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer, Piecewise, Symbol
from sympy.core.relational import Relational

__all__ = ["GAMMA", "Law", "U", "moments_from", "put_in"]

# The argument of densities and of their integrals, and the rate of a tilted one.
U = Symbol("u", real=True)
GAMMA = Symbol("gamma", real=True)


@dataclass(frozen=True, slots=True)
class Law:
    r"""The integrals of a density K.

    .. math:: A_m(u) = \int_{-\infty}^u \frac{(u-t)^{m-1}}{(m-1)!} K(t)\,dt, \qquad
              B_n(\gamma, u) = \int_{-\infty}^u \frac{(u-t)^n}{n!} e^{\gamma (u-t)} K(t)\,dt

    B_n is the smoothing of s^n e^(gamma s)/n! for s > 0, and B_{m-1}(0, u) = A_m(u).

    Attributes
    ----------
    antiderivative : callable
        From m >= 0 to A_m in `U`.
    moment : callable
        From k to E T^k; oo where it is infinite.
    transform : callable or None
        Gives E e^(-gamma T) in `GAMMA`.
    tilted : callable or None
        From n, a real gamma and u to B_n.
    wave : callable or None
        From n, alpha, omega, u to the real and imaginary part of B_n(alpha + i omega, u).
    degree : int or None
        The highest degree of polynomial growth that K integrates; None where every degree is.
    rate : Expr
        The least |gamma| for which e^(gamma t) is not integrated: 0 where none is, else oo.
    smoothness : Expr
        K has so many derivatives that are functions; oo for a smooth one.
    tail : callable or None
        From m >= 1 and z >= 0 to a form of A_m(-z) without cancellation.
    steady_tilted, steady_wave : callable or None
        As `tilted` and `wave`, without cancellation.
    symmetric : bool
        Whether K is even.
    cosine : callable or None
        From omega > 0 to E cos(omega T), where there is no `transform`.
    """

    antiderivative: Callable[[int], Expr]
    moment: Callable[[int], Expr]
    transform: Callable[[], Expr] | None = None
    tilted: Callable[[int, Expr, Expr], Expr] | None = None
    wave: Callable[[int, Expr, Expr, Expr], tuple[Expr, Expr]] | None = None
    degree: int | None = None
    rate: Expr = sympy.oo
    smoothness: Expr = sympy.oo
    tail: Callable[[int, Expr], Expr] | None = None
    steady_tilted: Callable[[int, Expr, Expr], Expr] | None = None
    steady_wave: Callable[[int, Expr, Expr, Expr], tuple[Expr, Expr]] | None = None
    symmetric: bool = True
    cosine: Callable[[Expr], Expr] | None = None

    def at(self, m: int, u: Expr) -> Expr:
        """Return A_m(u); for m < 0 the derivative of order -m of K."""
        value = self.antiderivative(m) if m >= 0 else self.antiderivative(0).diff(U, -m)
        return put_in(value, u)

    def finite_moment(self, k: int) -> Expr:
        """Return E T^k, and 0, its finite part, where it is infinite."""
        value = self.moment(k)
        return Integer(0) if value is sympy.oo else value

    def tilted_moment(self, k: int, rate: Expr) -> Expr | None:
        """Return E T^k e^(-rate T), or None where it has no closed form."""
        if self.transform is None:
            alpha, omega = rate.as_real_imag()
            return self.cosine(omega) if k == 0 and alpha == 0 and self.cosine else None
        derivative = (-1) ** k * self.transform().diff(GAMMA, k)
        return derivative.xreplace({GAMMA: rate})


def put_in(value: Expr, u: Expr) -> Expr:
    """Return a function of `U` at u.

    In the conditions U < c of a Piecewise SymPy does not search for their truth.
    """
    if not isinstance(value, Piecewise) or u.is_number:
        return value.xreplace({U: u})
    cases = [(part.xreplace({U: u}), _condition_at(test, u)) for part, test in value.args]
    return Piecewise(*cases, evaluate=False)


def _condition_at(test: Any, u: Expr) -> Any:
    if not isinstance(test, Relational):
        return test.xreplace({U: u})
    sides = (side.xreplace({U: u}) for side in test.args)
    return test.func(*sides, evaluate=False)


def moments_from(even: Callable[[int], Expr]) -> Callable[[int], Expr]:
    """Return the moments of an even density: E T^0 = 1, and 0 for odd k."""

    def moment(k: int) -> Expr:
        if k % 2:
            return Integer(0)
        return even(k) if k else Integer(1)

    return moment
