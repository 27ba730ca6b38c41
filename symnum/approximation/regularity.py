"""The proof that target and weight can be approximated, or the place that spoils it."""

from __future__ import annotations

from flint import arb

from symnum.approximation.problem import Problem
from symnum.approximation.regular import RegularFunction
from symnum.approximation.taylor import series_precision

__all__ = ["require_regular"]

MOST_BOXES = 4000
PREC = 128
#: How narrow a box is, relative to its distance from 0, before its values count as those of a jump.
SMALLEST = arb(2) ** -100
#: How large a jump is at least, relative to the target.
LEAST_JUMP = arb(2) ** -24


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
        With the place near which the target has a pole, jumps, is singular or complex, the relative
        weight a zero of the target, or the weight a zero of its own.
    """
    place = _singular_place(problem, problem.target)
    if place is not None:
        raise ValueError(
            f"target: {problem.target_expr} has a pole, is singular or not real near "
            f"{problem.x} = {place}"
        )
    place = _jump(problem, problem.target)
    if place is not None:
        raise ValueError(f"target: {problem.target_expr} jumps near {problem.x} = {place}")
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
                return _shown(problem, middle)
            stack += [(middle, high), (low, middle)]
    return None


def _jump(problem: Problem, function: RegularFunction) -> str | None:
    """Return a place at which a bounded function jumps, or None.

    Only boxes over which no slope is known are looked at, down to the smallest there are.
    """
    ends = problem.ends(PREC)
    with series_precision(PREC, 2):
        stack = [(ends[0].lower(), ends[1].upper())]
        least = (ends[1].upper() - ends[0].lower()) * SMALLEST**3
        scale = abs(function.series(stack[0][0].union(stack[0][1]), PREC, 2)[0]).upper()
        for _ in range(MOST_BOXES):
            if not stack:
                break
            low, high = stack.pop()
            series = function.series(low.union(high), PREC, 2)
            if not series[0].is_finite() or series[1].is_finite():
                continue
            middle = ((low + high) / 2).mid()
            wide = high - low > SMALLEST * high.max(-low) and high - low > least
            if low < middle < high and wide:
                stack += [(middle, high), (low, middle)]
            elif series[0].rad() > scale * LEAST_JUMP:
                return _shown(problem, middle)
    return None


def _shown(problem: Problem, place: arb) -> str:
    low, high = (float(end) for end in problem.interval)
    shown = float(problem.x_at(place, PREC).mid())
    return f"{0.0 if abs(shown) < 1e-15 * (high - low) else shown:.6g}"
