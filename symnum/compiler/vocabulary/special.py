"""Functions of mathematical physics, gathered from the modules of their families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from symnum.compiler.terms import Term
from symnum.compiler.vocabulary.bessel_functions import BESSEL_FUNCTIONS
from symnum.compiler.vocabulary.elliptic import ELLIPTIC
from symnum.compiler.vocabulary.gamma_functions import GAMMA_FUNCTIONS
from symnum.compiler.vocabulary.incomplete_gamma import INCOMPLETE_GAMMA
from symnum.compiler.vocabulary.integrals import INTEGRALS
from symnum.compiler.vocabulary.rows import Formula, FunctionRow
from symnum.compiler.vocabulary.zeta_lambert import ZETA_LAMBERT
from symnum.errors import UnsupportedNodeError

__all__ = ["SPECIAL"]


def _real_only(name: str, definition: Formula) -> Formula:
    """Return a definition that refuses complex programs: it compares by size."""

    def guarded(*operands: Term) -> Term:
        if operands[0].builder.complex_valued:
            raise UnsupportedNodeError(
                f"no implementation of {name} for complex numbers in compiled code"
            )
        return definition(*operands)

    return guarded


def _guarded(rows: Iterable[FunctionRow]) -> Iterator[FunctionRow]:
    for row in rows:
        if row.definition is None:
            yield row
        else:
            yield replace(row, definition=_real_only(row.name, row.definition))


FAMILIES = (
    *INTEGRALS,
    *GAMMA_FUNCTIONS,
    *INCOMPLETE_GAMMA,
    *BESSEL_FUNCTIONS,
    *ELLIPTIC,
    *ZETA_LAMBERT,
)

SPECIAL = tuple(_guarded(FAMILIES))
