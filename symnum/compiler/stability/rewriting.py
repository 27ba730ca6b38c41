"""Forms that are equal to a formula by one of the rules, found once for each formula."""

from __future__ import annotations

import sympy
from sympy import Expr

from symnum.compiler.stability.quotients import RULES

__all__ = ["equivalent_forms"]

KNOWN: dict[Expr, tuple[tuple[str, Expr], ...]] = {}
MOST_KNOWN = 2_000

# Forms with many more operations than the formula are left out.
LARGEST = 60


def equivalent_forms(expression: Expr) -> tuple[tuple[str, Expr], ...]:
    """Return laws and the forms that they give, each form once.

    Parameters
    ----------
    expression : Expr
        A formula in real variables.
    """
    found = KNOWN.get(expression)
    if found is None:
        if len(KNOWN) >= MOST_KNOWN:
            KNOWN.clear()
        found = KNOWN[expression] = _forms(expression)
    return found


def _forms(expression: Expr) -> tuple[tuple[str, Expr], ...]:
    seen = {expression}
    forms: list[tuple[str, Expr]] = []
    for rule in RULES:
        for form in rule.apply(expression):
            if form in seen or form.has(sympy.I, sympy.nan, sympy.zoo, sympy.oo):
                continue
            seen.add(form)
            if form.count_ops() <= LARGEST:
                forms.append((rule.law, form))
    return tuple(forms)
