r"""Densities that are polynomials in :math:`u` and in :math:`\sigma(c u + d)`, in closed form.

With :math:`s = \sigma(v)`, :math:`ds = s (1 - s)\,dv`, every moment is a sum of

.. math:: \int_0^1 \left(\log\frac{s}{1-s}\right)^n s^m\,ds
          = n!\,[\theta^n]\; \frac{\prod_{i=1}^m (i + \theta)}{(m+1)!}
            \,\frac{\pi\theta}{\sin\pi\theta}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import sympy
from sympy import Dummy, Expr, Integer, Poly, Symbol, binomial, exp, factorial, log, pi, sin

from symnum.expressions.named_functions import unfold
from symnum.smoothing.mollifiers.laws import GAMMA, Law, U
from symnum.smoothing.mollifiers.logistic import Logistic, Softplus
from symnum.smoothing.mollifiers.series_tilts import LogisticTilt

__all__ = ["LogisticDensity", "logistic_density"]

_HYPERBOLIC = (sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth, sympy.sech, sympy.csch)
_S = Symbol("s")


@dataclass(frozen=True, slots=True)
class LogisticDensity:
    r"""The density :math:`\sum_j u^j s (1 - s) q_j(s)` with :math:`s = \sigma(c u + d)`.

    Attributes
    ----------
    rate, shift : Expr
        c > 0 and d.
    rows : tuple of (int, Poly)
        j and q_j.
    """

    rate: Expr
    shift: Expr
    rows: tuple[tuple[int, Poly], ...]

    def moment(self, k: int) -> Expr:
        """Return E T^k."""
        total: Expr = Integer(0)
        for j, q in self.rows:
            n = k + j
            # u = (v - d)/c
            for i in range(n + 1):
                share = binomial(n, i) * (-self.shift) ** (n - i)
                total += share * _power_integral(q, i) / self.rate ** (n + 1)
        return sympy.expand(total)

    def transform(self) -> Expr:
        """Return E e^(-gamma T), in `GAMMA`."""
        theta = -GAMMA / self.rate
        parts = []
        for j, q in self.rows:
            rational = sympy.Add(*(c * _rising(m, theta) for (m,), c in q.terms()))
            pole = pi * theta / sin(pi * theta)
            value = exp(GAMMA * self.shift / self.rate) * rational * pole / self.rate
            parts.append((-1) ** j * value.diff(GAMMA, j))
        return sympy.Add(*parts)

    def law(self, numbers: Law) -> Law:
        """Return a law with what has a closed form put into one that integrates numerically."""
        return replace(
            numbers,
            antiderivative=self.antiderivative or numbers.antiderivative,
            moment=cache(self.moment),
            transform=cache(self.transform),
            rate=self.rate,
            smoothness=sympy.oo,
        )

    @property
    def antiderivative(self) -> Callable[[int], Expr] | None:
        """The repeated integrals, where no power of u occurs."""
        if [j for j, _ in self.rows] != [0]:
            return None
        weights = _derivative_weights(self.rows[0][1])
        v = self.rate * U + self.shift

        @cache
        def repeated(m: int) -> Expr:
            parts = (w * _logistic(m + 1 - i, v) for i, w in weights.items())
            return sympy.expand(sympy.Add(*parts) / self.rate**m)

        return repeated


def _rising(m: int, theta: Expr) -> Expr:
    return sympy.Mul(*(i + theta for i in range(1, m + 1))) / factorial(m + 1)


@cache
def _power_integral(q: Poly, n: int) -> Expr:
    """Return the integral of log(s/(1-s))^n q(s) over 0 < s < 1."""
    theta = Dummy("theta")
    rational = sympy.Add(*(c * _rising(m, theta) for (m,), c in q.terms()))
    row = Poly(rational, theta)
    total: Expr = Integer(0)
    for (i,), value in row.terms():
        rest = n - i
        if rest >= 0 and rest % 2 == 0:
            total += value * LogisticTilt.summands.moment(rest) / factorial(rest)
    return factorial(n) * total


def _derivative_weights(q: Poly) -> dict[int, Expr]:
    """Return w with s (1 - s) q(s) = sum of w_i times the i-th derivative of sigma."""
    basis = [Poly(_S, _S)]
    rest = Poly(_S * (1 - _S), _S) * q
    while basis[-1].degree() < rest.degree():
        basis.append(basis[-1].diff(_S) * Poly(_S * (1 - _S), _S))
    weights: dict[int, Expr] = {}
    for i in range(len(basis) - 1, 0, -1):
        weight = rest.coeff_monomial(_S ** (i + 1)) / basis[i].LC()
        if weight != 0:
            weights[i] = weight
            rest -= basis[i] * weight
    return weights


@cache
def _logistic_derivative(i: int) -> Expr:
    """Return the i-th derivative of sigma in terms of s."""
    return _S if i == 0 else sympy.expand(_logistic_derivative(i - 1).diff(_S) * _S * (1 - _S))


def _logistic(m: int, v: Expr) -> Expr:
    """Return A_m of the logistic density at v, a derivative of it for m < 0."""
    if m >= 3:
        return LogisticTilt(m - 1, 0, v)
    if m == 2:
        return Softplus(v)
    if m == 0:
        return Logistic(v) * Logistic(-v)
    return _logistic_derivative(1 - m).subs(_S, Logistic(v))


def logistic_density(density: Expr) -> LogisticDensity | None:
    """Recognise a density in `U` on the whole line; None where it is of another kind.

    Parameters
    ----------
    density : Expr

    Examples
    --------
    >>> logistic_density(1 / (4 * sympy.cosh(U / 2) ** 2)).moment(2)
    pi**2/3
    """
    plain = unfold(density)
    plain = plain.rewrite(exp) if plain.has(*_HYPERBOLIC) else plain
    found = _in_powers(plain)
    if found is None:
        return None
    numerator, denominator, power, rate = found
    place = _only_pole(denominator, power)
    if place is None:
        return None
    rows = []
    for (j,), value in Poly(numerator, U).terms():
        # power = a s/(1 - s)
        inside = sympy.cancel((value / denominator).subs(power, place * _S / (1 - _S)))
        quotient = sympy.cancel(inside / (_S * (1 - _S)))
        if not quotient.is_polynomial(_S):
            return None
        rows.append((j, Poly(quotient, _S)))
    return LogisticDensity(rate, -log(place), tuple(sorted(rows, key=lambda row: row[0])))


def _in_powers(density: Expr) -> tuple[Expr, Expr, Symbol, Expr] | None:
    """Return numerator and denominator in U and in one power e^(c u), that power, and c > 0."""
    power = Symbol("power", positive=True)
    exponents = sorted(
        (node for node in density.atoms(exp) if node.has(U)), key=sympy.default_sort_key
    )
    rates = [node.args[0].diff(U) for node in exponents]
    if not rates or any(rate.has(U) for rate in rates):
        return None
    ratios = [rate / rates[0] for rate in rates]
    if any(not ratio.is_Rational for ratio in ratios):
        return None
    unit = abs(rates[0]) * sympy.gcd_list(ratios)
    if not unit.is_positive:
        return None
    replaced = density.xreplace(
        {
            node: exp(node.args[0].subs(U, 0)) * power ** sympy.nsimplify(rate / unit)
            for node, rate in zip(exponents, rates, strict=True)
        }
    )
    if not replaced.is_rational_function(U, power):
        return None
    numerator, denominator = sympy.fraction(sympy.cancel(sympy.together(replaced)))
    if denominator.has(U):
        return None
    # 1/cosh(u/2)^2 has only even powers of e^(u/2).
    used = [m for part in (numerator, denominator) for (m,) in Poly(part, power).monoms()]
    common = int(sympy.igcd(*used, 0)) if any(used) else 1
    if common > 1:
        root = power ** sympy.Rational(1, common)
        numerator, denominator = (part.subs(power, root) for part in (numerator, denominator))
    return numerator, denominator, power, unit * common


def _only_pole(denominator: Expr, power: Symbol) -> Expr | None:
    """Return a > 0 where the denominator is a multiple of power^k (power + a)^n, n > 0."""
    poly = Poly(denominator, power)
    lowest = min(m for (m,) in poly.monoms())
    n = poly.degree() - lowest
    if n < 1:
        return None
    leading = poly.LC()
    place = sympy.simplify(poly.coeff_monomial(power ** (poly.degree() - 1)) / (n * leading))
    whole = leading * power**lowest * (power + place) ** n
    if not place.is_positive or sympy.simplify(sympy.expand(whole - denominator)) != 0:
        return None
    return place
