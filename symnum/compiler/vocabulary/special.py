"""Functions of mathematical physics, gathered from the modules of their families."""

from __future__ import annotations

from symnum.compiler.vocabulary.bessel_functions import BESSEL_FUNCTIONS
from symnum.compiler.vocabulary.elliptic import ELLIPTIC
from symnum.compiler.vocabulary.gamma_functions import GAMMA_FUNCTIONS
from symnum.compiler.vocabulary.integrals import INTEGRALS
from symnum.compiler.vocabulary.zeta_lambert import ZETA_LAMBERT

__all__ = ["SPECIAL"]

SPECIAL = (*INTEGRALS, *GAMMA_FUNCTIONS, *BESSEL_FUNCTIONS, *ELLIPTIC, *ZETA_LAMBERT)
