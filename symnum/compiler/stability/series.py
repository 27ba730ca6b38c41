"""Polynomials near a point where a function of one variable loses its digits.

Such a function is u**k g(u) with a leading power k and a smooth g; g is replaced near u = 0 by a
truncated Chebyshev series, which is within a small factor of the best polynomial.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sympy
from flint import arb, arb_poly
from numpy.typing import NDArray

from symnum.compiler.program import Program, ProgramBuilder, node_digest
from symnum.compiler.stability.balls import evaluate_balls
from symnum.compiler.stability.scoring import WELL_CONDITIONED
from symnum.compiler.stability.workspace import Workspace
from symnum.compiler.terms import Term, call, choose, constant
from symnum.reference.balls import working_precision

__all__ = ["Series", "find_series", "program_values", "single_cuts", "sub_program"]

# Bits of the arithmetic that makes the coefficients.
BITS = 900

# Where the polynomial may end, and the points of the interpolation.
THRESHOLDS = (0.0625, 0.125, 0.25, 0.5, 0.75, 0.875, 0.9375, 1.25, 1.5, 2.0, 3.0, 4.0)
NODES = 64
MOST_TERMS = 54

# Relative error of the polynomial.
WANTED = 2.0**-57

# Above the threshold the plain form may have so many ulps.
PLAIN_ULPS = 4.5

# The terms of a polynomial may be this much larger than its values.
MOST_GROWTH = 4.0

# The point around which it is expanded, and its coefficients.
Polynomial = tuple[float, tuple[float, ...]]

# Where the leading power and the symmetry are read off.
PROBES = (2.0**-30, 2.0**-31)
SIDES = (0.37, 0.11)


@dataclass(frozen=True, slots=True)
class Series:
    """A polynomial form of a function near a point.

    Parameters
    ----------
    centre : sympy.Rational
        The variable is u - centre.
    power : int
        The leading power.
    step : int
        2 where only every second power occurs, else 1.
    threshold : float
        The form is meant for distances below it.
    middle : float
        The polynomial is one in v**step - middle.
    coefficients : tuple of float
        Of its powers, the constant first.
    """

    centre: sympy.Rational
    power: int
    step: int
    threshold: float
    middle: float
    coefficients: tuple[float, ...]

    def joined(self, u: Term, plain: Term) -> Term:
        """Append the polynomial below the threshold, and the plain form elsewhere."""
        v = u if self.centre == 0 else u - self.centre
        near = call("absolute", v).compare("<", sympy.Rational(self.threshold))
        return choose(near, self.near(v), plain)

    def near(self, v: Term) -> Term:
        """Append the polynomial."""
        variable = v * v if self.step == 2 else v
        if self.middle:
            variable = variable - sympy.Rational(self.middle)
        total = constant(v, sympy.Rational(self.coefficients[-1]))
        for coefficient in reversed(self.coefficients[:-1]):
            total = total * variable + sympy.Rational(coefficient)
        if self.power == 0:
            return total
        if self.power < 0:
            return total / v ** (-self.power)
        return total * v**self.power

    def __str__(self) -> str:
        at = "" if self.centre == 0 else f" around {self.centre}"
        return f"polynomial of {len(self.coefficients)} terms{at} below {self.threshold:g}"


def single_cuts(builder: ProgramBuilder, position: int, most: int = 8) -> list[int]:
    """Return nodes such that a node is a function of that one alone, the nearest first."""
    cuts: list[int] = []
    frontier = set(builder.nodes[position].operands)
    while frontier:
        frontier = {k for k in frontier if builder.nodes[k].operation not in ("constant", "truth")}
        if len(frontier) == 1:
            (only,) = frontier
            if builder.nodes[only].operation not in ("compare", "both", "either", "negate"):
                cuts.append(only)
        inner = [k for k in frontier if builder.nodes[k].operands]
        if not inner or len(cuts) == most:
            break
        top = max(inner)
        frontier = (frontier - {top}) | set(builder.nodes[top].operands)
    return cuts


def sub_program(builder: ProgramBuilder, position: int, cut: int) -> Program | None:
    """Return a node as a program of one argument, which stands for another node.

    None where it is not a function of that node alone.
    """
    small = ProgramBuilder(1, builder.complex_valued)
    places = {cut: small.add("argument", value=0)}
    stack = [position]
    while stack:
        here = stack[-1]
        node = builder.nodes[here]
        missing = [k for k in node.operands if k not in places]
        if here in places:
            stack.pop()
        elif node.operation == "argument":
            return None
        elif missing:
            stack.extend(missing)
        else:
            operands = (places[k] for k in node.operands)
            places[here] = small.add(node.operation, *operands, value=node.value)
    return small.finish((places[position],))


KNOWN: dict[tuple[bytes, bytes, str], Series | None] = {}
MOST_KNOWN = 2_000


def find_series(program: Program, plain: Program, centre: sympy.Rational) -> Series | None:
    """Return the polynomial form of a function of one variable near a point, if it has one.

    Parameters
    ----------
    program : Program
        One argument, one output: what is exact.
    plain : Program
        The form that is used elsewhere.
    centre : sympy.Rational
        The point.

    Returns
    -------
    Series or None
        None where the function has no such form, or would not gain by it.
    """
    key = _digest(program), _digest(plain), str(centre)
    if key not in KNOWN:
        if len(KNOWN) >= MOST_KNOWN:
            KNOWN.clear()
        KNOWN[key] = _find_series(program, plain, centre)
    return KNOWN[key]


def _digest(program: Program) -> bytes:
    digests: list[bytes] = []
    for node in program.nodes:
        digests.append(node_digest(node, digests))
    return digests[program.outputs[0]]


def _find_series(program: Program, plain: Program, centre: sympy.Rational) -> Series | None:
    shape = _leading(program, centre)
    if shape is None:
        return None
    power, step = shape
    distances, errors = _plain_errors(program, plain, centre)
    best: tuple[float, float, Polynomial] | None = None
    for threshold in THRESHOLDS:
        above = errors[distances >= threshold]
        worst = float(np.max(above)) if len(above) else 0.0
        if best is not None and worst > best[0] / 1.5:
            continue
        polynomial = _polynomial(program, centre, power, step, threshold)
        if polynomial is None:
            break
        best = worst, threshold, polynomial
        if worst <= PLAIN_ULPS:
            break
    if best is None:
        return None
    return Series(centre, power, step, best[1], *best[2])


def program_values(program: Program, centre: sympy.Rational, distances: Sequence[arb]) -> list[arb]:
    """Evaluate the function at some distances from the centre, at the precision that is set."""
    shift = arb(int(centre.p)) / int(centre.q)
    argument = [shift + distance for distance in distances]
    columns: list[list[arb]] = []
    for node in program.nodes:
        operands = [columns[operand] for operand in node.operands]
        columns.append(evaluate_balls(node, operands, [argument]))
    return columns[program.outputs[0]]


def _leading(program: Program, centre: sympy.Rational) -> tuple[int, int] | None:
    """Return the leading power and the step of the powers; None where there is no power law."""
    with working_precision(BITS):
        points = [arb(v) for v in (*PROBES, *SIDES)]
        right = program_values(program, centre, points)
        left = program_values(program, centre, [-v for v in points])
        if not all(ball.is_finite() and not ball.contains(0) for ball in (*right, *left)):
            return None
        slope = float((right[0] / right[1]).__abs__().log() / arb(PROBES[0] / PROBES[1]).log())
        power = round(slope)
        if abs(slope - power) > 1e-6 or abs(power) > 12:
            return None
        sign = (-1) ** power
        symmetric = all(
            float(abs(a / b - sign)) < 2.0**-200 for a, b in zip(left, right, strict=True)
        )
        smooth = float(abs(left[0] / right[0] - sign)) < 1e-6
    return (power, 2 if symmetric else 1) if smooth else None


def _plain_errors(
    program: Program, plain: Program, centre: sympy.Rational
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances from the centre and the errors of the plain form there."""
    near = np.geomspace(0.05, 6.0, 60)
    sizes = np.concatenate([near, np.geomspace(6.5, 700.0, 24)]) * 1.000123
    points = float(centre) + np.concatenate([sizes, -sizes])
    workspace, (output,) = Workspace.of(program, points[np.newaxis, :])
    place = workspace.builder.include(plain)[plain.outputs[0]]
    errors = workspace.exact(output).errors(workspace.double(place))
    errors = np.where(np.isfinite(errors), errors, 0.0)
    suspects = np.flatnonzero(errors > 1.0).tolist()
    if suspects:
        conditions = workspace.condition(output, suspects)
        errors[suspects] /= np.maximum(conditions / WELL_CONDITIONED, 1.0)
    return np.abs(points - float(centre)), errors


def _polynomial(
    program: Program, centre: sympy.Rational, power: int, step: int, threshold: float
) -> Polynomial | None:
    """Return a truncated Chebyshev series, None where it takes too many terms."""
    with working_precision(BITS):
        waves = _waves()
        nodes = waves[1]
        if step == 2:
            width = arb(threshold) ** 2
            places = [(width * (1 + x) / 2).sqrt() for x in nodes]
        else:
            places = [threshold * x for x in nodes]
        found = program_values(program, centre, places)
        values = [value / place**power for value, place in zip(found, places, strict=True)]
        if not all(value.is_finite() for value in values):
            return None
        chebyshev = [
            2 * sum((v * c for v, c in zip(values, wave, strict=True)), arb(0)) / NODES
            for wave in waves
        ]
        chebyshev[0] /= 2
        smallest = min(float(abs(value)) for value in values)
        tail, count = 0.0, NODES
        while count and tail + float(abs(chebyshev[count - 1])) < WANTED * smallest:
            count -= 1
            tail += float(abs(chebyshev[count]))
        if not 0 < count <= MOST_TERMS:
            return None
        scale = arb(threshold)
        if step == 1:
            return 0.0, _rounded(_monomials(chebyshev[:count], arb_poly([0, 1 / scale])))
        square = threshold**2
        plain = _rounded(_monomials(chebyshev[:count], arb_poly([-1, 2 / scale**2])))
        # Long series around the end have huge coefficients; around the middle they have not.
        if _growth(plain, square) < MOST_GROWTH * max(float(abs(value)) for value in values):
            return 0.0, plain
        middle = square / 2
        shifted = arb_poly([2 * arb(middle) / scale**2 - 1, 2 / scale**2])
        return middle, _rounded(_monomials(chebyshev[:count], shifted))


def _rounded(powers: Sequence[arb]) -> tuple[float, ...]:
    return tuple(float(coefficient) for coefficient in powers)


def _growth(coefficients: Sequence[float], width: float) -> float:
    return sum(abs(coefficient) * width**k for k, coefficient in enumerate(coefficients))


@functools.cache
def _waves() -> list[list[arb]]:
    """Return the Chebyshev polynomials at the nodes: row k is cos(k angle)."""
    quarter = arb.pi() / (2 * NODES)
    cosines = [(k * quarter).cos() for k in range(4 * NODES)]
    return [[cosines[(2 * j + 1) * k % (4 * NODES)] for j in range(NODES)] for k in range(NODES)]


def _monomials(chebyshev: Sequence[arb], line: arb_poly) -> list[arb]:
    """Expand a Chebyshev series in a linear function by Clenshaw's recurrence."""
    later, latest = arb_poly([0]), arb_poly([0])
    for coefficient in reversed(chebyshev[1:]):
        later, latest = latest, 2 * line * latest - later + coefficient
    total = line * latest - later + chebyshev[0]
    return [total[k] for k in range(len(chebyshev))]
