"""The answer: the member of the family, how far it is from the target, and the proof of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import mpmath
import sympy
from flint import arb

from symnum.approximation.families import Family
from symnum.approximation.remez import Outcome

if TYPE_CHECKING:
    from symnum.compiler.kernel import Kernel
    from symnum.derivation import Derivation

__all__ = ["Minimax", "as_mpf", "frozen", "outward"]

LONGEST = 600
#: Bounds are rounded outwards to so many bits, 19 digits.
BOUND_BITS = 64


def as_mpf(number: arb, bits: int | None = None) -> Any:
    """Return the middle of a ball as an mpmath number, every bit of it or rounded to so many."""
    mantissa, exponent = number.mid().man_exp()
    raw = mpmath.libmp.from_man_exp(int(mantissa), int(exponent))
    return mpmath.mp.make_mpf(raw if bits is None else mpmath.libmp.mpf_pos(raw, bits, "n"))


def outward(lower: arb, upper: arb) -> tuple[Any, Any]:
    """Return bounds as short numbers, the lower one rounded down and the upper one up."""
    ends = []
    for number, way in ((lower, "f"), (upper, "c")):
        mantissa, exponent = number.mid().man_exp()
        raw = mpmath.libmp.from_man_exp(int(mantissa), int(exponent))
        ends.append(mpmath.mp.make_mpf(mpmath.libmp.mpf_pos(raw, BOUND_BITS, way)))
    return ends[0], ends[1]


@dataclass(frozen=True, eq=False)
class Minimax:
    """The best approximation to a target in a family, or one with rounded coefficients.

    Attributes
    ----------
    params : mapping
        From the name of a coefficient (``"c0"``, ``"p0"``, ``"q1"``) or a symbol to its value.
    error : mpf
        The largest weighted error.
    error_bounds : tuple of mpf
        Proved: no member of the family has a smaller largest error than the first, where
        `certificate` says so; the largest error of this member is between them.
    alternation : tuple of mpf
        Where the error takes its largest size with alternating signs, ascending.
    certificate : str
        Which argument proves that no member does better.
    digits : int
        What was asked for.
    notes : tuple of str
        What else is to be known: common factors, a form that leaves the target outside.
    """

    params: Mapping[Any, Any]
    error: Any
    error_bounds: tuple[Any, Any]
    alternation: tuple[Any, ...]
    certificate: str
    digits: int
    family: Family
    values: tuple[arb, ...]
    outcome: Outcome | None
    bits: int
    notes: tuple[str, ...] = ()
    dtype: str | None = None

    @property
    def x(self) -> sympy.Symbol:
        """The variable."""
        return self.family.problem.x

    @property
    def target(self) -> sympy.Expr:
        """What is approximated."""
        return self.family.problem.target_expr

    @property
    def weight(self) -> sympy.Expr:
        """What the error is divided by."""
        return self.family.problem.weight_expr

    @property
    def interval(self) -> tuple[sympy.Expr, sympy.Expr]:
        """The ends of the interval."""
        return self.family.problem.interval

    @cached_property
    def expr(self) -> sympy.Expr:
        """The approximation, a function of `x`, with its coefficients at full precision."""
        return self.family.expression(
            {name: sympy.Float(value, precision=self.bits) for name, value in self.params.items()}
        )

    @cached_property
    def exact_expr(self) -> sympy.Expr:
        """The same with the coefficients as the rational numbers that they are."""
        return self.family.expression(
            {name: sympy.Rational(*_ratio(value)) for name, value in self.params.items()}
        )

    def rounded(self, dtype: str = "float64") -> Minimax:
        """Return the fit with coefficients that are numbers of a format, certified again.

        The coefficients are rounded one after the other, and after each the others are fitted
        anew, so that they make up for what the rounding spoils.

        Parameters
        ----------
        dtype : str
            ``"float64"`` or ``"float32"``.

        Returns
        -------
        Minimax
            Its `error_bounds` are about the rounded fit itself.

        Raises
        ------
        ValueError
            For another format.

        Examples
        --------
        >>> from symnum.approximation import minimax
        >>> fit = minimax("exp(x)", "x", (0, 1), degree=3).rounded("float32")
        >>> fit.params["c0"] == float(fit.params["c0"])
        True
        """
        from symnum.approximation.rounding import rounded_fit

        return rounded_fit(self, dtype)

    def compile(self, **options: Any) -> Kernel:
        """Return the kernel of the fit with its coefficients rounded to the kernel's format.

        Parameters
        ----------
        **options
            Those of `symnum.lambdify`.

        Returns
        -------
        Kernel
            In `x`.
        """
        from symnum.approximation.rounding import kernel_of

        return kernel_of(self, **options)

    @cached_property
    def derivation(self) -> Derivation:
        """The proof, step by step: stationarity, alternation, certificate, optimality."""
        from symnum.approximation.proofs import minimax_derivation

        return minimax_derivation(self)

    def _repr_latex_(self) -> str:
        shown = self.family.expression(
            {name: sympy.Float(value, 10) for name, value in self.params.items()}
        )
        return f"$${sympy.latex(shown)}$$"

    def __str__(self) -> str:
        shown = sympy.sstr(
            self.family.expression(
                {name: sympy.Float(value, 17) for name, value in self.params.items()}
            )
        )
        if len(shown) > LONGEST:
            shown = f"{shown[:LONGEST]} ..."
        low, high = self.interval
        kind = f" with coefficients in {self.dtype}" if self.dtype else ""
        lines = [
            f"{self.target} on [{low}, {high}], weight {self.weight}{kind}: {shown}",
            f"  largest error {mpmath.nstr(self.error, 12)}, "
            f"{len(self.alternation)} alternation points; {self.certificate}",
            *(f"  {note}" for note in self.notes),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Minimax {self}>"


def _ratio(value: Any) -> tuple[int, int]:
    sign, mantissa, exponent, _ = value._mpf_
    signed = -int(mantissa) if sign else int(mantissa)
    return (signed << exponent, 1) if exponent >= 0 else (signed, 1 << -exponent)


def frozen(values: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return a mapping that cannot be changed."""
    return MappingProxyType(dict(values))
