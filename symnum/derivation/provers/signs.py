"""Signs as sets: what is known of a number, by balls, by SymPy and by separation bounds."""

from __future__ import annotations

import sympy
from sympy import Expr

from symnum.derivation.provers.constants import algebraic_zero, sign_by_balls

__all__ = [
    "ANY",
    "NEGATIVE",
    "POSITIVE",
    "ZERO",
    "Signs",
    "by_assumptions",
    "sign_of_number",
]

Signs = frozenset[int]

ANY: Signs = frozenset((-1, 0, 1))
POSITIVE: Signs = frozenset((1,))
NEGATIVE: Signs = frozenset((-1,))
ZERO: Signs = frozenset((0,))

_MOST_NUMBER_OPERATIONS = 30
_MOST_ASKED_OPERATIONS = 25

# Assumption of SymPy -> signs.
_ASSUMED: tuple[tuple[str, Signs], ...] = (
    ("is_positive", POSITIVE),
    ("is_negative", NEGATIVE),
    ("is_zero", ZERO),
    ("is_nonnegative", frozenset({0, 1})),
    ("is_nonpositive", frozenset({-1, 0})),
    ("is_nonzero", frozenset({-1, 1})),
)


def sign_of_number(number: Expr) -> Signs:
    """Return the sign of a real number, several where it cannot be told from zero.

    Parameters
    ----------
    number : sympy.Expr
        Without free symbols.

    Returns
    -------
    frozenset of int
    """
    found = sign_by_balls(number)
    if len(found) > 1 and 0 in found and sympy.count_ops(number) < _MOST_NUMBER_OPERATIONS:
        found &= by_assumptions(number)
    if len(found) > 1 and 0 in found:
        verdict = algebraic_zero(number)
        if verdict is not None:
            found = found & ZERO if verdict else found - ZERO
    return found


def by_assumptions(expr: Expr) -> Signs:
    """Return what SymPy's assumptions say about the sign of an expression."""
    # Asking SymPy about a sum or a long product may end in factoring polynomials of any size.
    if isinstance(expr, sympy.Add) or sympy.count_ops(expr) > _MOST_ASKED_OPERATIONS:
        return ANY
    found = ANY
    for name, signs in _ASSUMED:
        if getattr(expr, name):
            found &= signs
            if len(found) == 1:
                break
    return found
