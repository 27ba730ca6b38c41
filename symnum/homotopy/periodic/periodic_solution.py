"""What every periodic solution answers, however it was found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final, overload

import sympy
from numpy.typing import ArrayLike, NDArray

from symnum.homotopy.equation_reading import MotionEquation
from symnum.homotopy.periodic.oscillator import Oscillator
from symnum.homotopy.presentation import shortened

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation

__all__ = ["HomotopySeries", "Motion", "PeriodicSolution"]

Motion = Oscillator | MotionEquation

# A multiple n of a double has so many bits more, for n of up to 65536: then all are exact, and the
# compiler sees the multiples of one angle.
EXTRA_BITS = 16


@final
class HomotopySeries(Sequence[sympy.Expr]):
    """The terms W_0, W_1, ... of the squared frequency at one convergence-control parameter.

    Parameters
    ----------
    terms : sequence of Expr
    c0 : Expr
    solution : callable
        Makes the matching u_0, u_1, ... when they are asked for.
    """

    def __init__(
        self,
        terms: Sequence[sympy.Expr],
        c0: sympy.Expr,
        solution: Callable[[], Sequence[sympy.Expr]],
    ) -> None:
        self.terms = tuple(terms)
        self.c0 = c0
        self._make_solution = solution

    @property
    def solution(self) -> tuple[sympy.Expr, ...]:
        """The terms u_0, u_1, ... of the motion as functions of the symbol ``tau``."""
        return tuple(self._make_solution())

    def __len__(self) -> int:
        return len(self.terms)

    @overload
    def __getitem__(self, index: int) -> sympy.Expr: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[sympy.Expr, ...]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.terms[index]

    def __iter__(self) -> Iterator[sympy.Expr]:
        return iter(self.terms)

    def __repr__(self) -> str:
        return f"HomotopySeries({shortened(sympy.Tuple(*self.terms))}, c0={self.c0})"


class PeriodicSolution(ABC):
    """A periodic motion ``u(t) = sum over n of coefficients[n] cos(n w t)``.

    The squared frequency is the sum of the terms W_0, W_1, ... of a homotopy series, or was found
    together with the coefficients by harmonic balance.
    """

    oscillator: Motion
    amplitude: sympy.Expr

    @property
    @abstractmethod
    def frequency(self) -> Any:
        """The frequency w: a float, an expression where the amplitude is a symbol."""

    @property
    @abstractmethod
    def coefficients(self) -> Mapping[int, Any]:
        """The cosine coefficients: harmonic n -> coefficient of cos(n w t); 0 is the bias."""

    @property
    @abstractmethod
    def converged(self) -> bool:
        """Whether the result can be used as it is."""

    @property
    @abstractmethod
    def error_estimate(self) -> Any:
        """The estimated relative error of the frequency."""

    @property
    @abstractmethod
    def condition(self) -> Any:
        """The conditioning ``|d ln w / d ln A|`` of the frequency."""

    @property
    @abstractmethod
    def largest_force_error(self) -> Any:
        """The residual per mass, where the mass is constant."""

    @abstractmethod
    def residual(self) -> Any:
        """Return the largest absolute value of the original equation's left side over a period."""

    @abstractmethod
    def series(self, c0: Any = None) -> HomotopySeries:
        """Return the terms of the squared frequency at `c0`: a number or a symbol.

        Without `c0` that of the solution is taken. The terms are exact where the problem was given
        exactly and has exact terms, and polynomials in c0 where that is a symbol.
        """

    @abstractmethod
    def c0_curve(self, c0s: ArrayLike) -> NDArray[Any]:
        """Return the frequency at each of many convergence-control parameters."""

    @abstractmethod
    def optimal_c0(self) -> Any:
        """Return the c0 whose sum has the least residual.

        It is the best one for the motion as a whole, not always the best one for the frequency.
        """

    @abstractmethod
    def pade(self) -> Any:
        """Return the frequency by the diagonal homotopy-Padé approximant; c0 has no influence."""

    @abstractmethod
    def iterate(
        self, cycles: int | None = None, order: int = 3, tol: float | None = None
    ) -> PeriodicSolution:
        """Return the solution after cycles of homotopy analysis, each from the sum of the last.

        Parameters
        ----------
        cycles : int, optional
            How many; without it, until the residual stops falling.
        order : int
            The order of the series of each cycle, at least 1.
        tol : float, optional
            Stop where the relative change of the frequency is below.
        """

    @abstractmethod
    def refine(self, digits: int) -> PeriodicSolution:
        """Return the solution to `digits` digits, its numbers those of mpmath.

        The harmonics are as many as the decay of the coefficients asks for.
        """

    @abstractmethod
    def deformation_equation(self, m: int) -> sympy.Eq:
        """Return the deformation equation of order m; order 0 holds the embedding parameter q."""

    @abstractmethod
    def solvability_condition(self, m: int) -> sympy.Eq:
        """Return the condition on order m, linear in the symbol ``W_(m-1)``, that fixes it."""

    @property
    @abstractmethod
    def derivation(self) -> Derivation:
        """The derivation of the solution, each step checked."""

    @property
    def sine_coefficients(self) -> Mapping[int, Any]:
        """The sine coefficients: none, for the motion starts at rest and reverses its path."""
        return MappingProxyType({})

    @property
    def expr(self) -> sympy.Expr:
        """The motion u(t), with the found numbers put in."""
        time, frequency = self.oscillator.time, sympy.sympify(self.frequency)
        if isinstance(frequency, sympy.Float):
            bits = frequency._prec + EXTRA_BITS
            frequency = sympy.Float(frequency, precision=bits)
        parts = ((sympy.cos, self.coefficients), (sympy.sin, self.sine_coefficients))
        return sympy.Add(
            *(
                sympy.sympify(value) * function(n * frequency * time)
                for function, coefficients in parts
                for n, value in coefficients.items()
            )
        )

    def compile(self, **options: Any) -> Kernel:
        """Compile `expr` as a function of the time, and of the amplitude where it is a symbol.

        Parameters
        ----------
        **options
            Those of `symnum.lambdify`.
        """
        from symnum.compiler import lambdify

        args = [self.oscillator.time]
        if self.amplitude.is_Symbol:
            args.append(self.amplitude)
        return lambdify(args, self.expr, **options)

    def __str__(self) -> str:
        frequency = shortened(sympy.sympify(self.frequency))
        leading = sympy.Tuple(*list(self.coefficients.values())[:6])
        sines = sympy.Tuple(*list(self.sine_coefficients.values())[:6])
        error = shortened(sympy.sympify(self.error_estimate))
        lines = [
            f"{self.oscillator.equation.lhs} = 0, {self.oscillator.position}(0) = {self.amplitude}",
            f"frequency = {frequency}",
            f"cosine coefficients ({len(self.coefficients)}) = {shortened(leading)}",
        ]
        if sines:
            count = len(self.sine_coefficients)
            lines.append(f"sine coefficients ({count}) = {shortened(sines)}")
        lines.append(f"converged = {self.converged}, error estimate = {error}")
        return "\n".join(lines)

    def _repr_latex_(self) -> str:
        name = self.oscillator.position.name
        return rf"$\displaystyle {name}(t) = {shortened(self.expr, latex=True)}$"
