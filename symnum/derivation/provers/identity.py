"""The last resort for an equality of analytic expressions: agreement at many points."""

from __future__ import annotations

import sympy

from symnum.derivation.provers.continuity import obstacle
from symnum.derivation.provers.task import Proof, Task
from symnum.derivation.refuter import Survey

__all__ = ["prove_by_points"]


def prove_by_points(task: Task, survey: Survey) -> Proof | None:
    """Accept agreement at the refuter's points, where both sides are analytic on the domain.

    A rational identity of degree d that fails would vanish at 12 random points with probability at
    most ``(d/10**6)**12`` (Schwartz, Zippel). For other analytic expressions agreement is evidence,
    not proof.

    Parameters
    ----------
    task : Task
        Over the symbols of the setting.
    survey : Survey
        Of the refuter, which compared the sides.

    Returns
    -------
    Proof or None
        None where a side may jump or branch on the domain, or could not be evaluated.
    """
    symbols = task.setting.symbols
    if not symbols or survey.random_points < 5 or survey.skipped:
        return None
    if not any(symbol in task.difference.free_symbols for symbol in symbols):
        return None
    if any(obstacle(side, task.setting) is not None for side in (task.lhs, task.rhs)):
        return None
    rows = [("agreement", f"{survey.random_points} points x {survey.digits} digits")]
    numerator = sympy.numer(sympy.together(task.difference))
    if numerator.is_polynomial(*symbols):
        degree = sympy.Poly(numerator, *symbols).total_degree()
        bound = f"({degree}/10**6)**{survey.random_points}"
        rows.append(("probability of a false identity", f"at most {bound}"))
    else:
        rows.append(("nature", "evidence, not proof"))
    return Proof("agreement at points", tuple(rows), "identity")
