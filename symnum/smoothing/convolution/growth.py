"""What a mollifier can integrate: refusals that name the term, the side and the condition."""

from __future__ import annotations

import sympy
from sympy import Expr, Symbol

from symnum.smoothing.errors import NonIntegrableGrowth
from symnum.smoothing.mollifiers.mollifier import Mollifier
from symnum.smoothing.pieces.exponential_polynomials import Terms, expression_of

__all__ = ["check_growth"]


def check_growth(
    first: Terms,
    last: Terms,
    mollifier: Mollifier,
    h: Expr,
    x: Symbol,
    *,
    principal_value: bool,
) -> None:
    """Refuse growth that K cannot integrate.

    Parameters
    ----------
    first, last : Terms
        The leftmost and the rightmost piece.
    mollifier : Mollifier
    h : Expr
        Bandwidth.
    x : Symbol
        For the messages.
    principal_value : bool
        Whether odd growth by one degree too much may be integrated in the sense of Cauchy.

    Raises
    ------
    NonIntegrableGrowth
    """
    if all(end.is_finite for end in mollifier.support):
        return
    for side, terms, direction in (("left", first, -1), ("right", last, 1)):
        if not _reaches(mollifier, side):
            continue
        for (c, q), row in terms.items():
            growth = sympy.re(c) * direction
            _check_square(q, row, c, mollifier, h, x, side)
            if q == 0 and not growth.is_nonpositive:
                _check_rate(growth, {(c, q): row}, mollifier, h, x, side)
    if mollifier.degree is not None:
        _check_degree(first, last, mollifier, x, principal_value=principal_value)


def _reaches(mollifier: Mollifier, side: str) -> bool:
    """Tell whether f is weighted arbitrarily far to a side: x - h t with t of the other sign."""
    return bool(mollifier.support[1 if side == "left" else 0].is_infinite)


def _check_square(
    q: Expr, row: dict[int, Expr], c: Expr, mollifier: Mollifier, h: Expr, x: Symbol, side: str
) -> None:
    if q.is_nonpositive:
        return
    shown = _shown({(c, q): row}, x)
    if mollifier.tail_class != "gaussian":
        raise NonIntegrableGrowth(
            f"the {mollifier.name} mollifier cannot integrate {shown}, the growth of f to the "
            f"{side}, for any bandwidth h > 0"
        )
    if not (1 - 2 * q * h**2).is_positive:
        raise NonIntegrableGrowth(
            f"the {mollifier.name} mollifier integrates {shown}, the growth of f to the {side}, "
            f"only where 2*c*h**2 < 1 with c = {q}; here h = {h}"
        )


def _check_rate(
    growth: Expr, terms: Terms, mollifier: Mollifier, h: Expr, x: Symbol, side: str
) -> None:
    limit = mollifier.law.rate
    if limit is sympy.oo:
        return
    shown = _shown(terms, x)
    if limit == 0:
        raise NonIntegrableGrowth(
            f"the {mollifier.name} mollifier cannot integrate {shown}, the growth of f to the "
            f"{side}, for any bandwidth h > 0"
        )
    if not (limit - growth * h).is_positive:
        raise NonIntegrableGrowth(
            f"the {mollifier.name} mollifier integrates {shown}, the growth of f to the {side}, "
            f"only where |c|*h < {limit} with |c| = {growth}; here h = {h}"
        )


def _check_degree(
    first: Terms, last: Terms, mollifier: Mollifier, x: Symbol, *, principal_value: bool
) -> None:
    assert mollifier.degree is not None
    for side, terms, other in (("left", first, last), ("right", last, first)):
        if not _reaches(mollifier, side):
            continue
        for key, row in terms.items():
            degree = max(row)
            c, q = key
            growing = (sympy.re(c) * (1 if side == "right" else -1)).is_nonnegative
            if degree <= mollifier.degree or q != 0 or not growing:
                continue
            term = _shown({key: {degree: row[degree]}}, x)
            reason = (
                f"the {mollifier.name} mollifier has no moment of order {degree}, but f grows like "
                f"{term} to the {side}"
            )
            # Over [-M, M] the divergent parts of the two sides cancel exactly in this case.
            odd = degree == mollifier.degree + 1 and degree % 2 == 1 and c == 0
            odd = odd and mollifier.symmetric
            same = other.get(key, {}).get(degree)
            if odd and same is not None and sympy.simplify(same - row[degree]) == 0:
                if principal_value:
                    continue
                raise NonIntegrableGrowth(
                    f"{reason}; the integral converges only conditionally: pass "
                    "principal_value=True"
                )
            raise NonIntegrableGrowth(f"{reason}; the integral diverges for every bandwidth")


def _shown(terms: Terms, x: Symbol) -> Expr:
    paired: Terms = dict(terms)
    for (c, q), row in terms.items():
        paired.setdefault((sympy.conjugate(c), q), {n: sympy.conjugate(v) for n, v in row.items()})
    return expression_of(paired, x)
