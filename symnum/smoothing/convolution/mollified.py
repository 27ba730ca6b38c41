"""`Mollified`: a smoothed function with its proof, its kernel and the bound of its error."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import sympy
from sympy import Expr, Integer, Symbol

from symnum.compiler import Kernel
from symnum.compiler.lambdification import build_kernel
from symnum.derivation import Derivation
from symnum.smoothing.convolution.error_bounds import sup_error_of
from symnum.smoothing.convolution.fallback import node_derivative, node_form
from symnum.smoothing.convolution.half_lines import Term, derivative, smoothed
from symnum.smoothing.convolution.jump_forms import PiecewiseForm, form_of
from symnum.smoothing.convolution.kernel_forms import steady_form, wave_terms
from symnum.smoothing.convolution.pieced_functions import PiecedFunction
from symnum.smoothing.convolution.proofs import proof_of
from symnum.smoothing.functions.convolution_integrals import is_closed
from symnum.smoothing.functions.steady_functions import steady_function
from symnum.smoothing.mollifiers.mollifier import Mollifier
from symnum.smoothing.periodic.periodic_forms import (
    check_derivative,
    periodic_error,
    steady_periodic,
)

__all__ = ["Mollified"]

_LONGEST = 2000


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
        ``"jump_form"``, ``"exp_polynomial"``, ``"periodic"`` or ``"quadrature"``.
    function : PiecedFunction or None
        The pieces of f.
    terms : tuple of Term or None
        f, or the derivative of it that was smoothed, as a sum over half lines.
    order : int
        Which derivative of S_h f this is.
    periodic : PeriodicForm or None
        f in terms of periodic functions, where it has infinitely many breaks.
    """

    original: Expr
    variable: Symbol
    mollifier: Mollifier
    bandwidth: Expr
    expr: Expr
    method: str
    function: PiecedFunction | None = field(default=None, repr=False)
    terms: tuple[Term, ...] | None = field(default=None, repr=False)
    order: int = 0
    periodic: Any = field(default=None, repr=False)

    @cached_property
    def form(self) -> PiecewiseForm | None:
        """The jump form of f, where f is a piecewise polynomial."""
        if self.function is None or not self.function.is_polynomial:
            return None
        return form_of(self.function)

    @cached_property
    def sup_error(self) -> Expr | None:
        """A proved bound of sup |S_h f - f|; None where there is none, as for a derivative."""
        if self.method == "periodic":
            return (
                None
                if self.order
                else periodic_error(self.periodic, self.mollifier, self.bandwidth)
            )
        return None if self.order else sup_error_of(self.function, self.mollifier, self.bandwidth)

    @property
    def facts(self) -> dict[str, bool]:
        """What S_h f keeps of f: monotone, convex, bounds, the Lipschitz constant.

        A density keeps all of them; a signed one none.
        """
        kept = not self.mollifier.signed
        names = ("monotone", "convex", "bounds", "lipschitz_constant")
        return dict.fromkeys(names, kept)

    def diff(self, n: int = 1) -> Mollified:
        """Return the n-th derivative in x, the index of each A_m shifted.

        Raises
        ------
        ValueError
            n is negative, or the mollifier is not so smooth.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise ValueError(f"n: expected an integer of at least 0, got {n}")
        if n == 0:
            return self
        if self.periodic is not None:
            check_derivative(self.periodic, self.mollifier, self.order + n)
        if self.terms is None or self.function is None:
            return self._with(self.expr.diff(self.variable, n), None, n)
        terms = list(self.terms)
        for _ in range(n):
            terms = derivative(terms)
        steps = max((-term.order for term in terms), default=0)
        if steps - 1 > self.mollifier.law.smoothness:
            raise ValueError(
                f"n: derivative {self.order + n} of this function is no function, as the "
                f"{self.mollifier.name} mollifier has {self.mollifier.law.smoothness} derivatives"
            )
        parts = [
            smoothed(term, self.mollifier.law, self.bandwidth, self.function.real) for term in terms
        ]
        expr = sympy.expand_mul(sympy.Add(*(part for part in parts if part is not None)))
        return self._with(self.function.plain(expr), tuple(terms), n)

    def _with(self, expr: Expr, terms: tuple[Term, ...] | None, n: int) -> Mollified:
        return Mollified(
            self.original,
            self.variable,
            self.mollifier,
            self.bandwidth,
            expr,
            self.method,
            self.function,
            terms,
            self.order + n,
            self.periodic,
        )

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The arguments of the kernel: x, then parameters and bandwidth by name."""
        rest = (self.expr.free_symbols | self.bandwidth.free_symbols) - {self.variable}
        return (self.variable, *sorted(rest, key=lambda symbol: symbol.name))

    @cached_property
    def derivation(self) -> Derivation:
        """The proof: each A_{m+1} integrates A_m from minus infinity, and the sum of the jumps."""
        return proof_of(self)

    @cached_property
    def kernel_expr(self) -> Expr:
        """What becomes a kernel: a function whose definition is `expr`; nothing cancels in it."""
        steady = self._steady_expr()
        if steady is None:
            return self.expr
        origin = (self.original, self.variable, self.mollifier, self.bandwidth, self.order)
        return steady_function(self.symbols, self.expr, steady, origin)(*self.symbols)

    def _steady_expr(self) -> Expr | None:
        """Return the form for floating point, or None where `expr` will do."""
        function = self.function
        if function is None:
            steady = steady_periodic(self.periodic, self.mollifier, self.bandwidth)
            return None if steady is None else steady.diff(self.variable, self.order)
        terms = self.terms
        if not is_closed(self.expr):
            terms = wave_terms(function, self.mollifier, self.order)
            if terms is None:
                origin = (function.pieces, self.mollifier, self.bandwidth, function.real)
                nodes = node_derivative(*origin, self.order) if self.order else node_form(*origin)
                return function.plain(nodes)
        if terms is None or function.terms is None:
            return None
        rows = function.rows
        for _ in range(self.order):
            rows = [(low, high, _derivative_of_terms(terms)) for low, high, terms in rows]
        # To put the user's x into a large form afterwards would build it once more.
        alone = set(function.back) == {function.real}
        x = function.variable if alone else function.real
        steady = steady_form(rows, terms, self.mollifier.law, self.bandwidth, x)
        return steady if steady is None or alone else function.plain(steady)

    def compile(self, **options: Any) -> Kernel:
        """Return the kernel in `symbols`.

        Parameters
        ----------
        **options
            Those of `symnum.lambdify`.
        """
        # Without their assumptions the conditions on the arguments are not taken for granted.
        plain = {symbol: Symbol(symbol.name) for symbol in self.symbols}
        expr = self.kernel_expr.xreplace(plain)
        conditions = [sympy.Gt(plain[symbol], 0) for symbol in self.symbols if symbol.is_positive]
        guard = sympy.And(*conditions) if conditions else None
        return build_kernel(list(plain.values()), expr, guard=guard, **options)

    def _repr_latex_(self) -> str:
        return f"$${sympy.latex(self.expr)}$$"

    def __str__(self) -> str:
        text = sympy.sstr(self.expr)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _derivative_of_terms(terms: Any) -> Any:
    found: dict[Any, dict[int, Expr]] = {}
    for (c, q), row in terms.items():
        shifted: dict[int, Expr] = {}
        for n, value in row.items():
            if c != 0:
                shifted[n] = shifted.get(n, Integer(0)) + c * value
            if n > 0:
                shifted[n - 1] = shifted.get(n - 1, Integer(0)) + n * value
        if shifted:
            found[(c, q)] = shifted
    return found
