"""A periodic solution to many digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

import mpmath
import sympy
from flint import arb, arb_mat
from numpy.typing import ArrayLike, NDArray

from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.dynamics import real_roots
from symnum.homotopy.periodic.oscillator import Oscillator
from symnum.homotopy.periodic.periodic_solution import HomotopySeries, Motion, PeriodicSolution
from symnum.homotopy.presentation import left_side
from symnum.reference.balls import BallFunction
from symnum.reference.precision import working_precision

if TYPE_CHECKING:
    from symnum.derivation import Derivation
    from symnum.homotopy.periodic.collocated_solution import CollocatedSolution

__all__ = ["RefinedNumbers", "RefinedSolution"]

EXTRA_DIGITS = 5
PHASES = 4  # per highest harmonic, where the residual is looked for
MOST_PHASES = 1001
VELOCITY, ACCELERATION = sympy.symbols("velocity acceleration", real=True)


@final
@dataclass(frozen=True, slots=True)
class RefinedNumbers:
    """What the refinement found, as points of Arb.

    Attributes
    ----------
    equations : CollocatedEquations
    values : list of arb
        The coefficients on the basis.
    squared, damping : arb
        W, and the auxiliary damping.
    bits : int
        The precision of the work.
    tail : float
        The largest of the last coefficients, relative to the largest of all.
    error : float
        The estimated relative error of the frequency.
    steps : int
    """

    equations: CollocatedEquations
    values: list[Any]
    squared: Any
    damping: Any
    bits: int
    tail: float
    error: float
    steps: int


@final
class RefinedSolution(PeriodicSolution):
    """A solution whose frequency and coefficients are numbers of mpmath.

    Parameters
    ----------
    rough : CollocatedSolution
        The solution in double precision, which has the series.
    numbers : RefinedNumbers
    digits : int
    """

    def __init__(self, rough: CollocatedSolution, numbers: RefinedNumbers, digits: int) -> None:
        self.oscillator = rough.oscillator
        self.amplitude = rough.amplitude
        self.digits = digits
        self.rough = rough
        self.numbers = numbers
        self._context = mpmath.mp.clone()
        self._context.dps = digits + EXTRA_DIGITS
        if numbers.equations.free:
            part = numbers.equations.basis.cosines
            with working_precision(numbers.bits):
                start = sum(numbers.values[:part], arb(0)).mid()
            self.amplitude = sympy.Float(self._number(start), digits + EXTRA_DIGITS)

    def _number(self, value: Any) -> Any:
        """Return a point of Arb as a number of mpmath, rounded to the digits of the solution."""
        mantissa, exponent = value.mid().man_exp()
        return +self._context.ldexp(self._context.mpf(int(mantissa)), int(exponent))

    @cached_property
    def frequency(self) -> Any:
        """The frequency w, a number of mpmath with its own context."""
        with working_precision(self.numbers.bits):
            root = self.numbers.squared.sqrt().mid()
        return self._number(root)

    @cached_property
    def coefficients(self) -> Mapping[int, Any]:
        """The cosine coefficients: harmonic n -> coefficient of cos(n w t); 0 is the bias."""
        return self._mapping(slice(None, self.numbers.equations.basis.cosines))

    @cached_property
    def sine_coefficients(self) -> Mapping[int, Any]:
        """The sine coefficients: none where the motion retraces its path."""
        return self._mapping(slice(self.numbers.equations.basis.cosines, None))

    def _mapping(self, part: slice) -> Mapping[int, Any]:
        harmonics = self.numbers.equations.basis.harmonics[part].tolist()
        values = self.numbers.values[part]
        return MappingProxyType(
            {int(n): self._number(v) for n, v in zip(harmonics, values, strict=True)}
        )

    @property
    def condition(self) -> float:
        """How the frequency answers to relative changes, kappa."""
        return self.rough.condition

    @property
    def error_estimate(self) -> Any:
        """The estimated relative error of the frequency."""
        return self._context.mpf(self.numbers.error)

    @property
    def converged(self) -> bool:
        """Whether the digits that were asked for were reached."""
        limit = self._context.mpf(10) ** -self.digits
        damped = abs(float(self.numbers.damping)) > float(limit) * float(self.frequency)
        return bool(self.error_estimate <= limit * (1 + self.condition)) and not damped

    def residual(self) -> Any:
        """Return the largest ``|N[u]|`` of the equation as it was given, over a period."""
        problem = self.oscillator
        mass = problem.mass if isinstance(problem, Oscillator) else sympy.S.One
        return self._largest(mass * self._left_side(problem))

    @property
    def largest_force_error(self) -> Any:
        """The residual per mass, where the mass is constant."""
        return self._largest(self._left_side(self.oscillator))

    def _left_side(self, problem: Motion) -> sympy.Expr:
        if isinstance(problem, Oscillator):
            return left_side(problem, problem.position, VELOCITY, ACCELERATION)
        own = {problem.velocity: VELOCITY, problem.acceleration: ACCELERATION}
        return problem.left.xreplace(own)

    def _largest(self, left: sympy.Expr) -> Any:
        """Return the largest absolute value of an expression along the motion."""
        numbers = self.numbers
        symbols = (self.oscillator.position, VELOCITY, ACCELERATION)
        function = BallFunction(symbols, real_roots(left))
        basis = numbers.equations.basis
        count = min(PHASES * int(max(basis.harmonics)) + 1, MOST_PHASES)
        with working_precision(numbers.bits):
            w = numbers.squared.sqrt().mid()
            largest = arb(0)
            # A motion without sines shows all its values on half a period.
            half = count if basis.length > basis.cosines else count // 2 + 1
            rows = _trigonometry(count, half, basis, w)
            columns = arb_mat([[value] for value in numbers.values])
            motion = [row * columns for row in rows]
            for j in range(half):
                value = arb(function.at_precision([part[j, 0].mid() for part in motion]))
                largest = max(largest, abs(value.mid()), key=float)
        return self._number(largest)

    def series(self, c0: Any = None) -> HomotopySeries:
        """Return the series of the solution that was refined, in its precision."""
        return self.rough.series(c0)

    def c0_curve(self, c0s: ArrayLike) -> NDArray[Any]:
        """Return the frequency at each of many c0, by the series of the refined solution."""
        return self.rough.c0_curve(c0s)

    def optimal_c0(self) -> Any:
        """Return the c0 whose sum has the least residual."""
        return self.rough.optimal_c0()

    def pade(self) -> Any:
        """Return the frequency by the diagonal homotopy-Padé approximant."""
        return self.rough.pade()

    def iterate(
        self, cycles: int | None = None, order: int = 3, tol: float | None = None
    ) -> PeriodicSolution:
        """Return the solution after cycles of homotopy analysis, in double precision."""
        return self.rough.iterate(cycles, order, tol)

    def refine(self, digits: int) -> PeriodicSolution:
        """Return the solution to another number of digits."""
        return self.rough.refine(digits)

    def deformation_equation(self, m: int) -> sympy.Eq:
        """Return the deformation equation of order m; order 0 holds the embedding parameter q."""
        return self.rough.deformation_equation(m)

    def solvability_condition(self, m: int) -> sympy.Eq:
        """Return the condition on order m, linear in the symbol ``W_(m-1)``, that fixes it."""
        return self.rough.solvability_condition(m)

    @property
    def derivation(self) -> Derivation:
        """The derivation of the solution, each step checked."""
        from symnum.homotopy.periodic.motion_proofs import derive_balance

        return derive_balance(self)


def _trigonometry(count: int, used: int, basis: Any, w: Any) -> tuple[Any, Any, Any]:
    """Return the matrices of position, velocity and acceleration at some of `count` phases."""
    turn = [arb(2 * k) / count for k in range(count)]
    cosine, sine = [x.cos_pi() for x in turn], [x.sin_pi() for x in turn]
    position, velocity, acceleration = [], [], []
    harmonics = [int(n) for n in basis.harmonics]
    for j in range(used):
        rows: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        for k, n in enumerate(harmonics):
            m = n * j % count
            c, s = (cosine[m], sine[m]) if k < basis.cosines else (sine[m], -cosine[m])
            rows[0].append(c)
            rows[1].append(-n * w * s)
            rows[2].append(-((n * w) ** 2) * c)
        position.append(rows[0])
        velocity.append(rows[1])
        acceleration.append(rows[2])
    return arb_mat(position), arb_mat(velocity), arb_mat(acceleration)
