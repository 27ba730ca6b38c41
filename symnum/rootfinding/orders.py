"""The order of convergence of an iteration, derived from its local series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symnum.expressions import parse_expression
from symnum.rootfinding.householder_steps import HouseholderStep
from symnum.rootfinding.local_series import LocalSeries, SeriesField

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation

__all__ = ["ConvergenceOrder", "convergence_order", "differentiated", "iteration_step"]

#: The iterations known by name; m is the multiplicity.
METHODS: dict[str, str] = {
    "newton": "x - f/f'",
    "halley": "x - 2*f*f'/(2*f'**2 - f*f'')",
    "householder": "x - (6*f*f'**2 - 3*f**2*f'')/(6*f'**3 - 6*f*f'*f'' + f**2*f''')",
    "chebyshev": "x - f/f' - f**2*f''/(2*f'**3)",
    "schroeder": "x - f*f'/(f'**2 - f*f'')",
    "modified_newton": "x - m*f/f'",
    "ostrowski": "x - f/f' - f(x - f/f')/f' * f/(f - 2*f(x - f/f'))",
}

#: Terms of the series of f, tried in turn until the error of the next iterate shows itself.
TERMS = (4, 6, 9, 12)

_X = sp.Symbol("x")
_F = sp.Function("f")


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
        from symnum.rootfinding.proofs import local_error

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
        A method (``"newton"``, ``"halley"``, ``"householder"``, ``"chebyshev"``, ``"schroeder"``,
        ``"modified_newton"``, ``"ostrowski"``) or a step such as ``"x - f/f'"``: an expression in
        ``x``, ``f`` and its derivatives, ``f`` evaluated at other points too.
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


def iteration_step(method_or_step: str | sp.Expr) -> sp.Expr:
    """Return the step of a method, or the step itself, as an expression in x and f(x).

    Parameters
    ----------
    method_or_step : str or Expr
        As in `convergence_order`.

    Returns
    -------
    Expr

    Raises
    ------
    ValueError
        If it is a bare word that names no method.
    TypeError
        If it is neither text nor an expression.

    Examples
    --------
    >>> iteration_step("newton")
    x - f(x)/Derivative(f(x), x)
    """
    if isinstance(method_or_step, (sp.Expr, HouseholderStep)):
        return sp.sympify(method_or_step)
    if not isinstance(method_or_step, str):
        kind = type(method_or_step).__name__
        raise TypeError(f"method_or_step: expected a method, a text or an expression, got {kind}")
    text = METHODS.get(method_or_step.strip().lower(), method_or_step)
    if text.strip().isidentifier() and text.strip() != "x":
        raise ValueError(
            f"method_or_step: unknown method {method_or_step!r}; known are {', '.join(METHODS)}, "
            'or a step such as "x - f/f\'"'
        )
    return parse_expression(text, {"x": _X}, unknowns={"f": (_F, _X)})


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
    if expr == _X:
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


def differentiated(expr: sp.Expr) -> tuple[int, sp.Expr]:
    """Return the order of a derivative of f and the point at which it is taken."""
    inner, point = expr, None
    if isinstance(expr, sp.Subs):
        inner, point = expr.expr, expr.point[0]
    if isinstance(inner, sp.Derivative) and isinstance(inner.expr, AppliedUndef):
        return inner.derivative_count, inner.expr.args[0] if point is None else point
    raise ValueError(f"a step is made of x, f and its derivatives by arithmetic, not of {expr}")


def _displacement(point: sp.Expr, field: SeriesField) -> LocalSeries:
    if point == _X:
        return field.displacement()
    return _expand(point, field) + field.constant(-field.root)
