"""The exact values of exp(tA) and of its derivatives, from exponentials in ball arithmetic."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any, final

import flint
import mpmath
import numpy as np

from symnum.compiler.accuracy import AccuracyReport
from symnum.compiler.oracle import nested_list, object_array, plain_numbers
from symnum.compiler.points import measuring_points, read_domain
from symnum.compiler.sources import Rows
from symnum.matexp.symbolic.enclosures import enclosed_exponential
from symnum.matexp.symbolic.exponential_sources import ExponentialSource, Output
from symnum.reference import ulp_distance

__all__ = ["ExponentialOracle"]

# Values that `accuracy` compares at most: each point costs an exponential in balls.
MOST_VALUES = 20_000

# How often the digits are raised for entries that are smaller than the largest one.
MOST_RAISES = 4

# Digits of enclosures: radii of 1e-13 and less.
DIGITS = 14


@final
class ExponentialOracle:
    """References and enclosures of one kernel.

    Parameters
    ----------
    source : ExponentialSource
    """

    def __init__(self, source: ExponentialSource) -> None:
        self._source = source

    def balls(self, point: Sequence[Any], digits: int) -> list[Any]:
        """Return the results as balls, each to so many digits of its own.

        An entry that is not sharp after some raises of the precision is taken as it is: zero, or
        as good as zero beside the largest one.
        """
        source = self._source
        values = dict(zip(source.arguments.flat, plain_numbers(point), strict=True))
        found: dict[Output, Any] = {}
        for by in {by for _, _, by in source.outputs}:
            matrix = source.augmented(by)
            places = [(i, j) for i, j, other in source.outputs if other == by]
            corner = matrix.rows - source.matrix.rows
            asked = digits
            for _ in range(MOST_RAISES):
                whole = enclosed_exponential(matrix, values, asked)
                if all(_is_sharp(whole[i, corner + j], digits) for i, j in places):
                    break
                asked *= 2
            found |= {(i, j, by): whole[i, corner + j] for i, j in places}
        return [found[output] for output in source.outputs]

    def reference(self, point: Sequence[Any], digits: int) -> Any:
        """Return the values at a point in the shape of the result; a Matrix as an object array."""
        values = map(_middle, self.balls(point, digits))
        return self._source.structure().combine(values, object_array)

    def enclose(self, point: Sequence[Any]) -> Any:
        """Return balls around the values at a point; a Matrix as a list of rows."""
        balls = iter(self.balls(point, DIGITS))
        return self._source.structure().combine(balls, nested_list)

    def accuracy(
        self, rows: Rows, domain: Mapping[Any, tuple[Any, Any]], n: int, rng: Any
    ) -> AccuracyReport:
        """Compare what a kernel computes with balls; see `Kernel.accuracy`."""
        source, dtype = self._source, np.dtype(self._source.dtype)
        count = operator.index(n)
        if count < 1:
            raise ValueError(f"n: expected a number of points, got {n}")
        ranges = read_domain(source.arguments, domain, dtype)
        if not source.outputs:
            raise ValueError("accuracy: the kernel has no results")
        count = min(count, max(1, MOST_VALUES // source.matrix.rows**3)) if ranges else 1
        columns = measuring_points(ranges, count, dtype, np.random.default_rng(rng))
        computed = np.array([np.atleast_1d(row) for row in rows(*columns)]).T
        points = list(zip(*(column.tolist() for column in columns), strict=True)) or [()]
        errors, exact = np.full(computed.shape, np.nan), []
        for index, point in enumerate(points):
            values = [_middle(ball) for ball in self.balls(point, 30)]
            exact.append(values)
            errors[index] = list(map(_ulps, computed[index], values))
        place, output = np.unravel_index(int(np.argmax(errors)), errors.shape)
        return AccuracyReport(
            max_ulp=float(errors.max()),
            median_ulp=float(np.median(errors)),
            worst_point=dict(zip(source.arguments.labels(), points[place], strict=True)),
            points=len(points),
            output=int(output),
            computed=computed[place, output].item(),
            exact=exact[place][output],
        )


def _is_sharp(ball: Any, digits: int) -> bool:
    return bool(ball.rel_accuracy_bits() >= digits * math.log2(10)) or bool(ball == 0)


def _middle(ball: Any) -> Any:
    if isinstance(ball, flint.acb):
        return mpmath.mp.make_mpc((ball.real.mid()._mpf_, ball.imag.mid()._mpf_))
    return mpmath.mp.make_mpf(ball.mid()._mpf_)


def _ulps(value: Any, exact: Any) -> float:
    if isinstance(value, np.complexfloating):
        parts = ((value.real, mpmath.re(exact)), (value.imag, mpmath.im(exact)))
        return max(_ulps(*pair) for pair in parts)
    return float(ulp_distance(value, exact))
