"""The proof that target and weight can be approximated, or the place that spoils it."""

from __future__ import annotations

from flint import arb

from symnum.approximation.problem import Problem
from symnum.approximation.regular import RegularFunction
from symnum.approximation.taylor import series_precision

__all__ = ["require_regular"]

MOST_BOXES = 4000
PREC = 128


def require_regular(problem: Problem, label: str) -> None:
    """Prove that target and one over the weight are bounded and real on the interval.

    Parameters
    ----------
    problem : Problem
    label : str
        "absolute", "relative" or "weight": how the weight was given.

    Raises
    ------
    ValueError
        With the place near which the target has a pole, is singular or complex, the relative
        weight a zero of the target, or the weight a zero of its own.
    """
    place = _singular_place(problem, problem.target)
    if place is not None:
        raise ValueError(
            f"target: {problem.target_expr} has a pole, is singular or not real near "
            f"{problem.x} = {place}"
        )
    if problem.inverse_weight is None:
        return
    place = _singular_place(problem, problem.inverse_weight)
    if place is not None and label == "relative":
        raise ValueError(
            f"weight: 'relative' divides by the target, and {problem.target_expr} vanishes near "
            f"{problem.x} = {place}"
        )
    if place is not None:
        raise ValueError(
            f"weight: {problem.weight_expr} vanishes or is not real near {problem.x} = {place}"
        )


def _singular_place(problem: Problem, function: RegularFunction) -> str | None:
    """Return a place that no box around could be proved harmless, or None."""
    ends = problem.ends(PREC)
    with series_precision(PREC, 1):
        stack = [(ends[0].lower(), ends[1].upper())]
        boxes = 0
        while stack:
            low, high = stack.pop()
            boxes += 1
            value = function.series(low.union(high), PREC, 1)
            if value[0].is_finite():
                continue
            middle = ((low + high) / 2).mid()
            narrow = high - low < arb(2) ** -60 * (1 + abs(middle))
            if narrow or boxes > MOST_BOXES or not low < middle < high:
                return f"{float(problem.x_at(middle, PREC).mid()):.6g}"
            stack += [(middle, high), (low, middle)]
    return None
