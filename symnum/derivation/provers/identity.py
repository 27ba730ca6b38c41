"""The last resort for an equality of analytic expressions: agreement at many points."""

from __future__ import annotations

import random
from collections.abc import Iterator

import sympy
from sympy import Expr, Rational, Symbol

from symnum.derivation.claims import Equality
from symnum.derivation.provers.continuity import obstacle
from symnum.derivation.provers.scrutiny import apart, is_clear
from symnum.derivation.provers.task import Proof, Task
from symnum.derivation.refuter import Survey, Violation, judge
from symnum.expressions.box import Box
from symnum.expressions.domains import Interval

__all__ = ["prove_by_points"]

_LEAST = 5
_POINTS = 12
_NEAR = 8


def prove_by_points(task: Task, survey: Survey, claim: Equality, box: Box) -> Proof | None:
    """Accept agreement at random points, where both sides are analytic on the domain.

    A rational identity of degree d that fails would vanish at 12 random points with probability at
    most ``(d/10**6)**12`` (Schwartz, Zippel). For other analytic expressions agreement is evidence,
    not proof. Points at which a part of a side is too small to be noticed do not count.

    Parameters
    ----------
    task : Task
        Over the symbols of the setting.
    survey : Survey
        Of the refuter, which compared the sides.
    claim : Equality
    box : symnum.expressions.Box

    Returns
    -------
    Proof or None
        None where a side may jump or branch on the domain, or could not be evaluated.

    Raises
    ------
    Refuted
        A closer look at a point tells the sides apart.
    """
    symbols = task.setting.symbols
    if not symbols or survey.random_points < _LEAST or survey.skipped:
        return None
    if not any(symbol in task.difference.free_symbols for symbol in symbols):
        return None
    if any(obstacle(side, task.setting) is not None for side in (task.lhs, task.rhs)):
        return None
    wanted = min(survey.random_points, _POINTS)
    count = 0
    for point in _points(claim, box, wanted):
        verdict = judge(claim.lhs, claim.rhs, point)
        if isinstance(verdict, Violation):
            raise verdict.error(claim)
        if apart(claim.lhs, claim.rhs, point):
            raise Violation(point, None, None, "the sides differ, if only by little").error(claim)
        count += verdict is True and is_clear((claim.lhs, claim.rhs), point, survey.digits)
        if count >= wanted:
            break
    if count < _LEAST:
        return None
    rows = [("agreement", f"{count} points x {survey.digits} digits")]
    numerator = sympy.numer(sympy.together(task.difference))
    if numerator.is_polynomial(*symbols):
        degree = sympy.Poly(numerator, *symbols).total_degree()
        rows.append(("probability of a false identity", f"at most ({degree}/10**6)**{count}"))
    else:
        rows.append(("nature", "evidence, not proof"))
    return Proof("agreement at points", tuple(rows), "identity")


def _points(claim: Equality, box: Box, count: int) -> Iterator[dict[Symbol, Expr]]:
    """Yield random points of the box, then some of its part that is of moderate size."""
    rng = random.Random("points " + claim.fingerprint() + box.fingerprint)
    yield from box.sample(rng, count)
    domains = dict(box)
    for symbol, domain in domains.items():
        low, high = max(domain.low, -_NEAR), min(domain.high, Rational(_NEAR))
        if isinstance(domain, Interval) and low < high:
            domains[symbol] = Interval(low, high, domain.left_open, domain.right_open)
    try:
        yield from Box(domains, box.where).sample(rng, count)
    except ValueError:
        return  # the conditions leave nothing there
