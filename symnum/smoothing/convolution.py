"""Smoothing by convolution with a mollifier, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import sympy
from sympy import Expr, Integer, Poly, Rational, Symbol

from symnum.compiler import Kernel
from symnum.derivation import Derivation
from symnum.expressions import Interval, as_expression, as_symbol
from symnum.smoothing.errors import NonIntegrableGrowth
from symnum.smoothing.jump_forms import JumpForm, jump_form
from symnum.smoothing.mollifier import MOLLIFIERS, Mollifier, U, mollifier_named
from symnum.smoothing.periodic import is_floor, smoothed_floor

__all__ = ["MOLLIFIERS", "Mollified", "mollify"]

_LONGEST = 2000


def mollify(
    f: Any,
    x: Any,
    mollifier: str = "gaussian",
    bandwidth: Any = 1,
    *,
    principal_value: bool = False,
) -> Mollified:
    r"""Return f smoothed by convolution with a mollifier, in closed form.

    .. math:: S_h f(x) = \int f(x - h t)\,K(t)\,dt
              = E\,p_0(x - hT) + \sum_{j,k} J_{jk}\,h^k A_{k+1}\left(\frac{x - a_j}{h}\right)

    Parameters
    ----------
    f : Expr or str
        A piecewise polynomial, or ``floor(x)``; other symbols are parameters.
    x : Symbol or str
    mollifier : str
        A name in `MOLLIFIERS`.
    bandwidth : number, positive symbol, or str
        h > 0; a name stands for a positive symbol.
    principal_value : bool
        Whether a conditionally convergent integral may be taken in the sense of Cauchy.

    Returns
    -------
    Mollified

    Raises
    ------
    ValueError
        An unknown mollifier, a bandwidth that is not known to be positive, a function that is no
        piecewise polynomial, breaks in unknown order.
    NonIntegrableGrowth
        A `ValueError`: the mollifier cannot integrate the growth of f.

    Examples
    --------
    >>> import symnum as sn
    >>> sn.mollify("Max(x, 0)", "x", "student_t2", 2).expr
    x/2 + sqrt(x**2/4 + 1)

    References
    ----------
    Su Jianlin, kexue.fm: 用狄拉克函数来构造非光滑函数的光滑近似.
    """
    variable = as_symbol(x, "x")
    expr = as_expression(f, "f", declared={variable.name: variable})
    h = _as_bandwidth(bandwidth)
    density = mollifier_named(mollifier)
    if is_floor(expr, variable):
        smooth = smoothed_floor(variable, density, h, principal_value=principal_value)
        return Mollified(expr, variable, density, h, smooth, "periodic", None)
    form = jump_form(expr, variable)
    _check_growth(form, density, principal_value=principal_value)
    return Mollified(expr, variable, density, h, _from_jumps(form, density, h), "jump_form", form)


def _as_bandwidth(value: Any) -> Expr:
    if isinstance(value, str) and value.isidentifier():
        return Symbol(value, positive=True)
    expected = "bandwidth: expected something known to be positive and finite"
    try:
        h = as_expression(value, "bandwidth")
    except (TypeError, ValueError) as refused:
        raise ValueError(f"{expected}, got {value!r}") from refused
    if h.is_positive is not True or h.is_finite is False:
        hint = "; declare Symbol(..., positive=True)" if h.free_symbols else ""
        raise ValueError(f"{expected}, got {value!r}{hint}")
    return h


def _check_growth(form: JumpForm, density: Mollifier, *, principal_value: bool) -> None:
    """Refuse growth that K cannot integrate, naming the side, the term and the reason."""
    if density.degree is None:
        return
    left = Poly(form.polynomial, form.variable)
    right = Poly(form.last_polynomial, form.variable)
    for side, polynomial in (("to the left", left), ("to the right", right)):
        if polynomial.degree() <= density.degree:
            continue
        degree = polynomial.degree()
        term = polynomial.LC() * form.variable**degree
        reason = (
            f"the {density.name} mollifier has no moment of order {degree}, but f grows like "
            f"{term} {side}"
        )
        # Over [-M, M] the divergent parts of the two sides cancel exactly in this case.
        odd = degree == density.degree + 1 and degree % 2 == 1
        monomial = form.variable**degree
        if odd and sympy.simplify(left.coeff_monomial(monomial) - right.LC()) == 0:
            if principal_value:
                continue
            raise NonIntegrableGrowth(
                f"{reason}; the integral converges only conditionally: pass principal_value=True"
            )
        raise NonIntegrableGrowth(f"{reason}; the integral diverges for every bandwidth")


def _from_jumps(form: JumpForm, density: Mollifier, h: Expr) -> Expr:
    x = form.variable
    polynomial = Poly(form.polynomial, x)
    terms: list[Expr] = []
    for (degree,), coefficient in polynomial.terms():
        for k in range(0, degree + 1, 2):
            weight = sympy.binomial(degree, k) * h**k * density.moment(k)
            terms.append(coefficient * weight * x ** (degree - k))
    for a, k, jump in form.jumps:
        scaled = density.antiderivative(k + 1).subs(U, (x - a) / h)
        terms.append(jump * h**k * scaled)
    return sympy.expand_mul(sympy.Add(*terms))


@final
@dataclass(frozen=True)
class Mollified:
    """A smoothed function: closed form, proof, kernel, bound of the error.

    Attributes
    ----------
    original : Expr
        f.
    variable : Symbol
        x.
    mollifier : Mollifier
    bandwidth : Expr
        h.
    expr : Expr
        S_h f, exact.
    method : str
        ``"jump_form"`` or ``"periodic"``.
    form : JumpForm or None
    """

    original: Expr
    variable: Symbol
    mollifier: Mollifier
    bandwidth: Expr
    expr: Expr
    method: str
    form: JumpForm | None

    @property
    def sup_error(self) -> Expr | None:
        r"""A bound of sup |S_h f - f|, attained for one kink or jump; None where there is none.

        .. math:: \sum |J_0|/2 + h A_2(0) \sum |J_1| + \tfrac12 h^2 m_2 \left(\sum |J_2|
                  + |p_0''|\right)
        """
        if self.form is None:
            return Integer(1)
        h, K = self.bandwidth, self.mollifier
        rows = {
            0: Rational(1, 2),
            1: h * K.antiderivative(2).subs(U, 0),
            2: h**2 * K.moment(2) / 2,
        }
        degree = sympy.degree(self.form.polynomial, self.variable)
        bearable = 2 if K.degree is None else min(K.degree, 2)
        if degree > 2 or any(k > bearable for _, k, _ in self.form.jumps):
            return None
        total = sum((sympy.Abs(jump) * rows[k] for _, k, jump in self.form.jumps), Integer(0))
        curvature = sympy.Abs(self.form.polynomial.diff(self.variable, 2))
        if curvature != 0:
            total += curvature * rows[2]
        return sympy.simplify(total)

    def diff(self, n: int = 1) -> Expr:
        """Return the n-th derivative in x."""
        if n < 0:
            raise ValueError(f"n: expected at least 0, got {n}")
        return self.expr.diff(self.variable, n)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The arguments of the kernel: x, then parameters and bandwidth by name."""
        rest = (self.expr.free_symbols | {self.variable}) - {self.variable}
        return (self.variable, *sorted(rest, key=lambda symbol: symbol.name))

    @cached_property
    def derivation(self) -> Derivation:
        """The proof: each A_{m+1} integrates A_m from minus infinity, and the sum of the jumps."""
        domain = {symbol: _real_domain(symbol) for symbol in self.symbols}
        u = Symbol("u" if all(s.name != "u" for s in self.symbols) else "u_", real=True)
        domain[u] = Interval(-sympy.oo, sympy.oo)
        proof = Derivation("mollified", title="smoothing by convolution", domain=domain)
        if self.form is not None:
            orders = sorted({k for _, k, _ in self.form.jumps})
            for m in range(max(orders, default=-1) + 1):
                below, above = (self.mollifier.antiderivative(j).subs(U, u) for j in (m, m + 1))
                if m > 0 or self.mollifier.continuous:
                    why = f"A_{m + 1} is an antiderivative of A_{m}"
                    proof.equal(above.diff(u), below, why=why)
                if self.mollifier.degree is None or m <= self.mollifier.degree:
                    proof.limit(above, u, -sympy.oo, 0, why=f"A_{m + 1} starts from 0")
            smooth = _from_jumps(self.form, self.mollifier, self.bandwidth)
            proof.equal(self.expr, smooth, why="the sum over the jumps of f")
        else:
            again = smoothed_floor(
                self.variable, self.mollifier, self.bandwidth, principal_value=True
            )
            proof.equal(self.expr, again, why="Poisson's sum over the period")
        proof.result(self.expr, args=self.symbols)
        return proof

    def compile(self, **options: Any) -> Kernel:
        """Return the kernel in `symbols`."""
        return self.derivation.compile(**options)

    def _repr_latex_(self) -> str:
        return f"$${sympy.latex(self.expr)}$$"

    def __str__(self) -> str:
        text = sympy.sstr(self.expr)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _real_domain(symbol: Symbol) -> Interval:
    """Return the domain that the assumptions of a symbol describe."""
    if symbol.is_nonnegative:
        return Interval(0, sympy.oo, left_open=bool(symbol.is_positive))
    if symbol.is_nonpositive:
        return Interval(-sympy.oo, 0, right_open=bool(symbol.is_negative))
    return Interval(-sympy.oo, sympy.oo)
