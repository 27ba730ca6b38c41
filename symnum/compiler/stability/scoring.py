"""How good a form is, in one number, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.program import Node
from symnum.compiler.stability.doubles import Column
from symnum.compiler.stability.workspace import Workspace

__all__ = ["GOOD", "Score", "node_cost", "score", "tolerated"]

# Errors below this many ulps are left alone.
HARMLESS = 3.5

# A form is good enough below this many ulps; only then nothing more expensive is tried.
GOOD = 8.0

# Up to this condition errors count in full ulps; beyond it in proportion, because the rounding of
# the arguments alone does so much to the result.
WELL_CONDITIONED = 8.0

# Up to this condition the strict measure is compared; beyond it a result is near one of its zeros.
STRICT_CONDITION = 3_000.0


@dataclass(frozen=True, slots=True)
class Score:
    """The worst errors of a form over the sample points.

    Parameters
    ----------
    fair : float
        Errors in ulps; where the result is badly conditioned, as multiples of what rounding the
        arguments does to it.
    strict : float
        Errors in ulps, but for points next to a zero of the result.
    undefined : int
        The number of points where the form has no finite value and should.
    bad : int
        The number of points with larger errors than are wanted.
    """

    fair: float
    strict: float
    undefined: int = 0
    bad: int = 0

    def __str__(self) -> str:
        return f"{self.strict:.2g} ulp"


def score(workspace: Workspace, position: int, computed: Column) -> Score:
    """Measure computed values of a node.

    Parameters
    ----------
    workspace : Workspace
        What knows the exact values.
    position : int
        The node.
    computed : ndarray
        Its values in some form.
    """
    exact = workspace.exact(position)
    counted = workspace.inside & exact.known
    lost = counted & np.isfinite(exact.high) & ~np.isfinite(computed)
    lost |= counted & np.isnan(computed)
    errors = np.where(workspace.ordinary & counted, exact.errors(computed), 0.0)
    suspects = np.flatnonzero(errors > HARMLESS).tolist()
    fair, strict, bad = _worst(workspace, position, errors, suspects)
    floor = float(np.max(np.delete(errors, suspects), initial=0.0))
    return Score(max(fair, floor), max(strict, floor), int(np.count_nonzero(lost)), bad)


def _worst(
    workspace: Workspace, position: int, errors: NDArray[np.float64], suspects: Sequence[int]
) -> tuple[float, float, int]:
    if not suspects:
        return 0.0, 0.0, 0
    conditions = workspace.condition(position, suspects)
    found = errors[suspects]
    fair = found / np.maximum(conditions / WELL_CONDITIONED, 1.0)
    strict = np.where(conditions <= STRICT_CONDITION, found, 0.0)
    return float(fair.max()), float(strict.max()), int(np.count_nonzero(fair > GOOD))


def tolerated(
    workspace: Workspace, position: int, computed: Column, strictly: bool = False
) -> NDArray[np.float64]:
    """Return the error of each point over what any expression may have, 1 being the border.

    The border is 7 * 2**-53 (|f| + sum |x_i df/dx_i|), a little below what is promised; `strictly`,
    at most 7 ulps for well-conditioned values.
    """
    exact = workspace.exact(position)
    errors = np.where(workspace.ordinary & exact.known, exact.errors(computed), 0.0)
    over = errors / HARMLESS
    suspects = np.flatnonzero(over > 1).tolist()
    if suspects:
        conditions = workspace.condition(position, suspects)
        # An ulp is one or two times 2**-53 of the value.
        border = HARMLESS * (1 + conditions)
        if strictly:
            border = np.minimum(border, 7.0 * np.maximum(conditions / WELL_CONDITIONED, 1.0))
        over[suspects] = errors[suspects] / border
    return over


# What operations cost, in units of an addition, on a processor with vectors.
COSTS = {
    "argument": 0.0,
    "constant": 0.0,
    "truth": 0.0,
    "negative": 0.5,
    "add": 1.0,
    "subtract": 1.0,
    "multiply": 1.0,
    "multiply_add": 1.0,
    "fused_multiply_add": 1.0,
    "divide": 6.0,
    "square_root": 8.0,
    "compare": 1.0,
    "both": 0.5,
    "either": 0.5,
    "negate": 0.5,
    "select": 1.0,
}

FUNCTION_COSTS = {
    "absolute": 0.5,
    "sign": 2.0,
    "maximum": 1.0,
    "minimum": 1.0,
    "floor": 1.0,
    "ceiling": 1.0,
    "exp": 12.0,
    "expm1": 18.0,
    "log": 16.0,
    "log1p": 18.0,
    "sin": 18.0,
    "cos": 18.0,
    "tan": 28.0,
    "hypot": 18.0,
    "cube_root": 20.0,
    "power": 45.0,
    "erf": 30.0,
    "erfc": 40.0,
    "erfcx": 30.0,
}

OTHER_FUNCTION = 30.0


def node_cost(node: Node) -> float:
    """Return what a node costs, in units of an addition.

    Examples
    --------
    >>> node_cost(Node("divide", (0, 1)))
    6.0
    """
    if node.operation == "call":
        return FUNCTION_COSTS.get(node.value, OTHER_FUNCTION)
    if node.operation == "integer_power":
        exponent = abs(int(node.value))
        products = exponent.bit_length() + exponent.bit_count() - 2
        return products + (6.0 if node.value < 0 else 0.0)
    return COSTS.get(node.operation, OTHER_FUNCTION)
