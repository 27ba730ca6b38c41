"""Mollifiers: densities that smooth by convolution, with their repeated integrals."""

from __future__ import annotations

from typing import Any, final

import sympy
from sympy import Expr, Symbol

from symnum.expressions import as_expression
from symnum.smoothing.mollifiers.densities import checked_mass, law_of_density
from symnum.smoothing.mollifiers.laws import Law, U

__all__ = ["Mollifier", "U"]

# Moments that are looked at for the order.
_HIGHEST = 24


@final
class Mollifier:
    r"""A density K of mass 1 with its repeated integrals.

    .. math:: A_0 = K, \qquad A_{m+1}(u) = \int_{-\infty}^u A_m(t)\,dt

    Where an integral diverges, A_m is one antiderivative of A_{m-1}; differences in which the
    divergent part cancels are right (Hadamard's finite part).

    Parameters
    ----------
    density : Expr or str
        K in one symbol.
    support : pair of numbers
        Outside, the density is 0.
    signed : bool
        Whether K may be negative somewhere; facts about shapes then do not hold.

    Raises
    ------
    ValueError
        The mass is not 1, a density is negative without `signed`, it has more or less than one
        symbol, or the support is empty.

    Examples
    --------
    >>> Mollifier("2*t", support=(0, 1)).moment(1)
    2/3

    References
    ----------
    Su Jianlin, kexue.fm: 用狄拉克函数来构造非光滑函数的光滑近似.
    """

    __slots__ = ("_characteristic", "_law", "density", "name", "signed", "support", "variable")

    def __init__(
        self,
        density: Any,
        *,
        support: tuple[Any, Any] = (-sympy.oo, sympy.oo),
        signed: bool = False,
    ) -> None:
        expr = as_expression(density, "density")
        symbols = sorted(expr.free_symbols, key=lambda symbol: symbol.name)
        if len(symbols) > 1:
            names = ", ".join(symbol.name for symbol in symbols)
            raise ValueError(f"density: expected one symbol, got {names}")
        variable = symbols[0] if symbols else U
        low, high = (as_expression(end, "support") for end in support)
        if not (low.is_extended_real and high.is_extended_real and low < high):
            raise ValueError(f"support: expected an interval, got ({low}, {high})")
        inside = expr.subs(variable, U)
        checked_mass(inside, low, high, signed=signed)
        self._set(f"{sympy.sstr(expr)}", expr, variable, (low, high), signed)
        self._law = law_of_density(inside, low, high)
        self._characteristic: Expr | None = None

    def _set(
        self,
        name: str,
        density: Expr,
        variable: Symbol,
        support: tuple[Expr, Expr],
        signed: bool,
    ) -> None:
        self.name, self.density, self.variable = name, density, variable
        self.support, self.signed = support, signed

    @classmethod
    def of_law(
        cls,
        name: str,
        law: Law,
        support: tuple[Expr, Expr],
        characteristic: Expr | None,
        *,
        signed: bool = False,
    ) -> Mollifier:
        """Return a mollifier of a known law, without checks; for the table.

        Parameters
        ----------
        name : str
        law : Law
        support : pair of Expr
        characteristic : Expr or None
            E cos(U T), where it is known.
        signed : bool
        """
        self = cls.__new__(cls)
        self._set(name, law.antiderivative(0), U, support, signed)
        self._law, self._characteristic = law, characteristic
        return self

    @property
    def law(self) -> Law:
        """The integrals as functions, for the engine."""
        return self._law

    @property
    def degree(self) -> int | None:
        """The highest degree of polynomial growth that K integrates; None where every one is."""
        return self._law.degree

    @property
    def continuous(self) -> bool:
        """Whether K has no jumps, so that it is the derivative of A_1 everywhere."""
        return bool(self._law.smoothness > 0)

    @property
    def symmetric(self) -> bool:
        """Whether K is even."""
        return self._law.symmetric

    def antiderivative(self, m: int) -> Expr:
        """Return A_m in the symbol of the density; A_1 is the distribution function."""
        if isinstance(m, bool) or not isinstance(m, int) or m < 0:
            raise ValueError(f"m: expected at least 0, got {m}")
        return self.density if m == 0 else self._law.at(m, self.variable)

    @property
    def cdf(self) -> Expr:
        """The distribution function A_1."""
        return self.antiderivative(1)

    def moment(self, k: Any) -> Expr:
        """Return E T^k as a SymPy number; oo where it is infinite."""
        if isinstance(k, bool) or not isinstance(k, int) or k < 0:
            raise ValueError(f"k: expected at least 0, got {k}")
        return self._law.moment(k)

    @property
    def characteristic(self) -> Expr:
        """E e^(-i u T) in the symbol of the density."""
        if self._characteristic is not None:
            return self._characteristic.xreplace({U: self.variable})
        from symnum.smoothing.mollifiers.densities import characteristic_of

        return characteristic_of(self._law, self.variable, self.density, self.support)

    @property
    def characteristic_function(self) -> Expr:
        """E e^(-i u T) in the symbol of the density."""
        return self.characteristic

    @property
    def tail_class(self) -> str:
        """One of ``"compact"``, ``"gaussian"``, ``"exponential"`` and ``"algebraic"``."""
        if all(end.is_finite for end in self.support):
            return "compact"
        if self._law.degree is not None:
            return "algebraic"
        return "gaussian" if self._law.rate is sympy.oo else "exponential"

    @property
    def order(self) -> int:
        """The order r of the error h^r where f is smooth: the first moment that is not 0."""
        degree = _HIGHEST if self._law.degree is None else self._law.degree
        k = 1
        while k <= degree and self._law.moment(k) == 0:
            k += 1
        return k

    @property
    def regularizer(self) -> Expr:
        """The convex function of p in (0, 1) whose conjugate is A_2."""
        from symnum.smoothing.mollifiers.regularizers import regularizer

        return regularizer(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mollifier):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return self.name, self.density, self.support, self.signed

    def __repr__(self) -> str:
        return f"Mollifier({self.name})"

    def __reduce__(self) -> Any:
        from symnum.smoothing.mollifiers.table import MOLLIFIERS

        if MOLLIFIERS.get(self.name) == self:
            return _from_table, (self.name,)
        return _rebuilt, (self.density, self.support, self.signed)

    def _repr_latex_(self) -> str:
        return f"$${sympy.latex(self.density)}$$"


def _from_table(name: str) -> Mollifier:
    from symnum.smoothing.mollifiers.table import MOLLIFIERS

    return MOLLIFIERS[name]


def _rebuilt(density: Expr, support: tuple[Expr, Expr], signed: bool) -> Mollifier:
    return Mollifier(density, support=support, signed=signed)
