"""Named lemmas: what a step may appeal to by `using`, each with premises that are proved anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symnum.derivation.provers.calculus import (
    by_common_factor,
    by_concavity,
    by_convexity,
    by_monotony,
)
from symnum.derivation.provers.goal import Goal, named
from symnum.derivation.provers.jensen import by_jensen
from symnum.derivation.provers.kernels import by_kernels
from symnum.derivation.provers.task import Proof
from symnum.derivation.provers.terms import by_terms
from symnum.derivation.provers.transforms import by_exponential, by_root

__all__ = ["LEMMAS", "rungs_of"]

Rung = Callable[[Goal], Proof | None]


def _by_squares(goal: Goal) -> Proof | None:
    return by_terms(goal) or by_kernels(goal)


# Name -> (the rung that proves the premises, the statement for the page).
_TABLE: dict[str, tuple[Rung, str]] = {
    "am-gm": (by_kernels, "weighted arithmetic means are at least the geometric ones"),
    "cauchy-schwarz": (by_kernels, "(sum a b)**2 <= (sum a**2)(sum b**2), as a sum of squares"),
    "concavity": (by_concavity, "a concave function is least at an end"),
    "convexity": (by_convexity, "a convex function is least where its derivative vanishes"),
    "exponential": (by_exponential, "x <= y if exp(x) <= exp(y)"),
    "jensen": (by_jensen, "f of a mean is at most the mean of f for convex f"),
    "lipschitz": (by_common_factor, "(x - y)(f(x) - f(y)) >= 0 if f' >= 0"),
    "monotonicity": (by_monotony, "a function with f' >= 0 is least at the lower end"),
    "squares": (_by_squares, "a sum of squares is nonnegative"),
    "squaring": (by_root, "0 <= x <= y if x**2 <= y**2"),
}

# Name -> statement: what `using` accepts besides steps.
LEMMAS: dict[str, str] = {name: statement for name, (_, statement) in sorted(_TABLE.items())}


def rungs_of(names: Sequence[str]) -> tuple[Rung, ...]:
    """Return the rungs of some lemmas; a proof by one of them names it.

    Parameters
    ----------
    names : sequence of str
        Keys of `LEMMAS`.

    Returns
    -------
    tuple of callables
    """
    return tuple(_named_rung(name) for name in names)


def _named_rung(name: str) -> Rung:
    rung, statement = _TABLE[name]
    return lambda goal: named(rung(goal), f"{name}: {statement}")
