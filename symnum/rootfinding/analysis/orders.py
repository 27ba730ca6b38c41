"""The order of convergence of an iteration, derived from its local series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symnum.rootfinding.analysis.iteration_steps import X, differentiated, iteration_step
from symnum.rootfinding.analysis.local_series import LocalSeries, SeriesField

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation

__all__ = ["ConvergenceOrder", "convergence_order"]

#: Terms of the series of f, tried in turn until the error of the next iterate shows itself.
TERMS = (4, 6, 9, 12)


@dataclass(frozen=True)
class ConvergenceOrder:
    """How fast an iteration converges: e_next = constant * e**order + higher terms.

    Attributes
    ----------
    order : int
        The order; 1 means linear convergence with the rate `constant`.
    constant : Expr
        The asymptotic error constant in the symbols ``c2, c3, ...`` of the root, with
        ``f(r + e) = f1*e**m*(1 + c2*e + c3*e**2 + ...)``.
    step : Expr
        The iteration as an expression in x, f(x) and its derivatives.
    multiplicity : Expr
        The multiplicity m that was assumed.
    """

    order: int
    constant: sp.Expr
    step: sp.Expr
    multiplicity: sp.Expr

    @property
    def expr(self) -> sp.Expr:
        """The leading term of the next error, an expression in ``e`` and the c's."""
        return self.constant * sp.Symbol("e") ** self.order

    @property
    def next_error(self) -> sp.Expr:
        """The error after one step, f and its derivatives written out by Taylor's formula.

        In ``e``, ``c2, c3, ...``, ``f1`` and the remainders ``R0, R1, ...``, one a derivative.
        """
        from symnum.rootfinding.analysis.taylor import local_error

        return local_error(self.step, self.order, self.multiplicity)

    @property
    def derivation(self) -> Derivation:
        """The checked chain from the local series of f to the order and the constant."""
        from symnum.rootfinding.proofs import convergence_derivation

        return convergence_derivation(self)

    def compile(self, **options: Any) -> Kernel:
        """Return the leading term of the next error as a kernel; options of `lambdify`."""
        return self.derivation.compile(**options)

    def __str__(self) -> str:
        return f"order {self.order}: e_next = ({self.constant}) * e**{self.order} + ..."

    def _repr_latex_(self) -> str:
        return (
            rf"$\displaystyle e_{{n+1}} = {sp.latex(self.constant)}\, e_n^{{{self.order}}} + \dots$"
        )


def convergence_order(
    method_or_step: str | sp.Expr, multiplicity: int | str | sp.Symbol = 1
) -> ConvergenceOrder:
    """Derive the order and the error constant of an iteration from its series around a root.

    With ``f(r + e) = f1*e**m*(1 + c2*e + c3*e**2 + ...)`` the step is expanded in e, exactly; the
    first term that does not vanish gives ``e_next = constant * e**order``.

    Parameters
    ----------
    method_or_step : str or Expr
        A method (``"newton"``, ``"halley"``, ``"householder"`` or ``"householder3"``,
        ``"chebyshev"``, ``"schroeder"``, ``"modified_newton"`` or ``"newton times m"``,
        ``"ostrowski"``, ``"jarratt"``, ``"steffensen"``) or a step such as ``"x - f/f'"``: an
        expression in ``x``, ``f`` and its derivatives, written ``f'``, ``f''`` or ``f1``, ``f2``,
        ``f`` evaluated at other points too. Square roots are taken for f'(r) > 0.
    multiplicity : int or Symbol, optional
        Multiplicity of the root; a symbol (or its name) gives the answer for every m >= 2.

    Returns
    -------
    ConvergenceOrder

    Raises
    ------
    ValueError
        If the name is unknown, the step does not keep the root fixed, or has no series there.

    Examples
    --------
    >>> result = convergence_order("halley")
    >>> result.order, result.constant
    (3, c2**2 - c3)
    >>> convergence_order("newton", multiplicity="m").constant
    (m - 1)/m

    Notes
    -----
    J. F. Traub, Iterative Methods for the Solution of Equations, 1964.
    """
    m = _multiplicity(multiplicity)
    step = iteration_step(method_or_step).subs(sp.Symbol("m"), m)
    for terms in TERMS:
        field = SeriesField(m, terms)
        error = _expand(step, field) + field.constant(-field.root)
        if error.is_void:
            continue
        order = error.power
        if error.multiples or order < 1:
            raise ValueError(f"step {step}: the root is not a fixed point of this iteration")
        constant = sp.factor(error.coefficients[0].as_expr())
        expanded = sp.expand(constant)
        if sp.count_ops(expanded) < sp.count_ops(constant):
            constant = expanded
        return ConvergenceOrder(order, constant, step, sp.sympify(m))
    raise ValueError(f"step {step}: no term of the error up to e**{TERMS[-1]} is different from 0")


def _multiplicity(value: int | str | sp.Symbol) -> int | sp.Symbol:
    if isinstance(value, str) and value.isidentifier():
        return sp.Symbol(value)
    if isinstance(value, sp.Symbol):
        return value
    if isinstance(value, (int, sp.Integer)) and not isinstance(value, bool) and value >= 1:
        return int(value)
    raise ValueError(f"multiplicity: expected a positive integer or a symbol, got {value!r}")


def _expand(expr: sp.Expr, field: SeriesField) -> LocalSeries:
    """Return the series of a step, node by node."""
    if expr == X:
        return field.position()
    if expr.is_Rational or expr in field.field.symbols:
        return field.constant(expr)
    if isinstance(expr, AppliedUndef):
        return field.derivative_at(_displacement(expr.args[0], field), 0)
    if isinstance(expr, (sp.Derivative, sp.Subs)):
        order, point = differentiated(expr)
        return field.derivative_at(_displacement(point, field), order)
    if expr.is_Add or expr.is_Mul:
        total = _expand(expr.args[0], field)
        for argument in expr.args[1:]:
            term = _expand(argument, field)
            total = total + term if expr.is_Add else total * term
        return total
    if expr.is_Pow and expr.exp.is_Rational:
        base = _expand(expr.base, field)
        return base.whole_power(int(expr.exp)) if expr.exp.is_Integer else base.root_power(expr.exp)
    raise ValueError(f"a step is made of x, f and its derivatives by arithmetic, not of {expr}")


def _displacement(point: sp.Expr, field: SeriesField) -> LocalSeries:
    if point == X:
        return field.displacement()
    return _expand(point, field) + field.constant(-field.root)
