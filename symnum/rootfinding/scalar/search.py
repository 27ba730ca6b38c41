"""The search for one root: which strategy is right for what is given."""

from __future__ import annotations

import math
from typing import Any

from symnum.rootfinding.scalar.bracket_search import BracketSearch
from symnum.rootfinding.scalar.findings import Finding
from symnum.rootfinding.scalar.free_search import FreeSearch
from symnum.rootfinding.scalar.iterations import Limits
from symnum.rootfinding.scalar.steps import Method
from symnum.rootfinding.scalar_functions import ScalarFunction

__all__ = ["find_root"]

Number = Any  # float or complex
Bracket = tuple[float, float]


def find_root(
    function: ScalarFunction,
    method: Method,
    x0: Number | None,
    bracket: Bracket | None,
    limits: Limits,
    admitted: Bracket = (-math.inf, math.inf),
) -> Finding:
    """Search for one root.

    Parameters
    ----------
    function : ScalarFunction
        f.
    method : Method
        How to step.
    x0 : float, complex or None
        Where to start.
    bracket : tuple of float or None
        Where to stay.
    limits : Limits
        When to stop one iteration.
    admitted : tuple of float, optional
        What the assumptions of the unknown admit.

    Returns
    -------
    Finding
    """
    if bracket is not None:
        return BracketSearch(function, method, limits, bracket).search(x0)
    free = FreeSearch(function, method, limits, admitted)
    if x0 is not None and not method.safeguarded:
        return free.plain(x0)
    return free.search(x0) if function.real else free.search_plane(x0)
