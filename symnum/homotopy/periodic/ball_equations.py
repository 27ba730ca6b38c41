"""The collocated equations at any precision: residuals in ball arithmetic.

The matrices hold cosines and sines of rational multiples of pi, to the precision that is set; the
equation of motion itself is evaluated as an expression, on balls.
"""

from __future__ import annotations

from typing import Any, final

import flint
import numpy as np
from flint import arb, arb_mat, fmpq

from symnum.homotopy.errors import HomotopyError
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocation import Array
from symnum.homotopy.periodic.dynamics import real_roots
from symnum.reference.balls import BallFunction
from symnum.reference.precision import working_precision

__all__ = ["BallEquations", "middle"]

Balls = list[Any]


def middle(values: Balls) -> Balls:
    """Return the mid-points: Newton's method corrects itself and needs no radii."""
    return [value.mid() for value in values]


@final
class BallEquations:
    """The equations of an oscillator on a basis, in the precision set when it was made.

    Parameters
    ----------
    equations : CollocatedEquations
    amplitude : arb or None
        u(0); None where it is an unknown.
    bits : int
        The working precision.
    """

    def __init__(self, equations: CollocatedEquations, amplitude: Any, bits: int) -> None:
        self.equations = equations
        self.amplitude = amplitude
        self.bits = bits
        basis = equations.basis
        self.harmonics = [int(n) for n in basis.harmonics]
        self.force = BallFunction(equations.force.symbols, real_roots(equations.force.expr))
        self._slow = not (equations.force.moving or equations.has_damping)
        with working_precision(bits):
            self._values, self._slopes = self._matrices()
            self._back = self._inverse()

    def _matrices(self) -> tuple[Any, Any]:
        """Return the matrices of values and of slopes, None where no slopes are needed."""
        basis = self.equations.basis
        multiples, half_turn = basis.angles()
        turn = 2 * half_turn
        table = [fmpq(k, half_turn) for k in range(turn)]
        cosine = [arb.cos_pi_fmpq(angle) for angle in table]
        sine = [arb.sin_pi_fmpq(angle) for angle in table] if basis.cosines < basis.length else []
        if not self._slow and not sine:
            sine = [arb.sin_pi_fmpq(angle) for angle in table]
        rows = (multiples % turn).tolist()
        part = basis.cosines
        values = [[cosine[m] for m in row[:part]] + [sine[m] for m in row[part:]] for row in rows]
        if self._slow:
            return arb_mat(values), None
        n = self.harmonics
        slopes = [
            [-k * sine[m] for k, m in zip(n[:part], row[:part], strict=True)]
            + [k * cosine[m] for k, m in zip(n[part:], row[part:], strict=True)]
            for row in rows
        ]
        return arb_mat(values), arb_mat(slopes)

    def _inverse(self) -> Any:
        """Return the inverse of the matrix of values: its columns are orthogonal."""
        points = self._values.nrows()
        transposed = self._values.transpose() * (arb(2) / points)
        if self.harmonics[0] == 0:
            for j in range(points):
                transposed[0, j] = transposed[0, j] / 2
        return transposed

    def residuals(self, coefficients: Balls, squared: Any, damping: Any) -> Balls:
        """Return the residuals of the equations and of the constraints."""
        with working_precision(self.bits):
            inertia = int(self.equations.force.inertia)
            force, speeds = self._pointwise(coefficients, squared)
            sides = self._back * force
            balance = [
                sides[k, 0] - squared * (inertia * n * n) * value
                for k, (n, value) in enumerate(zip(self.harmonics, coefficients, strict=True))
            ]
            if self.equations.has_damping:
                drag = self._back * speeds
                balance = [side + damping * drag[k, 0] for k, side in enumerate(balance)]
            return middle([*balance, *self._constraints(coefficients)])

    def _pointwise(self, coefficients: Balls, squared: Any) -> tuple[Any, Any]:
        """Return g and the velocities at the points, as columns."""
        values, slopes = self._values, self._slopes
        column = arb_mat([[value] for value in coefficients])
        inputs = [values * column]
        speeds = None
        if slopes is not None:
            speeds = slopes * column * squared.sqrt()
            bent = [[-n * n * c] for n, c in zip(self.harmonics, coefficients, strict=True)]
            inputs += [speeds, values * arb_mat(bent) * squared]
        used = inputs[: len(self.equations.force.symbols)]
        points = range(values.nrows())
        force = [self.force.at_precision([x[j, 0].mid() for x in used]) for j in points]
        for value in force:
            if not (isinstance(value, flint.fmpq) or value.is_finite()):
                raise HomotopyError(
                    f"refine: {self.equations.force.expr} has no value at a point of the motion"
                )
        return arb_mat([[arb(value)] for value in force]), speeds

    def _constraints(self, coefficients: Balls) -> Balls:
        part = self.equations.basis.cosines
        rows = [] if self.equations.free else [sum(coefficients[:part], arb(0)) - self.amplitude]
        if self.equations.has_sines:
            pairs = zip(self.harmonics[part:], coefficients[part:], strict=True)
            rows.append(sum((n * value for n, value in pairs), arb(0)))
        return rows

    def jacobian_inverse(self, coefficients: Array, squared: float, damping: float) -> Array:
        """Return the inverse of the Jacobian, in double precision."""
        _, jacobian = self.equations.bordered(coefficients, squared, damping)
        return np.asarray(np.linalg.inv(jacobian))
