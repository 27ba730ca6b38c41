"""Smooth stand-ins for functions with kinks and jumps, by convolution with a mollifier."""

from symnum.smoothing.catalog import CATALOG
from symnum.smoothing.convolution import Mollified, mollify
from symnum.smoothing.errors import NonIntegrableGrowth
from symnum.smoothing.implied import implied_mollifier
from symnum.smoothing.jump_forms import jump_form
from symnum.smoothing.logistic import Logistic, Softplus
from symnum.smoothing.many_kinks import JumpForm
from symnum.smoothing.mollifier import Mollifier, U
from symnum.smoothing.mollifier_table import MOLLIFIERS
from symnum.smoothing.normal import NormalCdf, NormalGate, NormalRamp
from symnum.smoothing.perturbed_maxima import perturbed_argmax

__all__ = [
    "CATALOG",
    "MOLLIFIERS",
    "JumpForm",
    "Logistic",
    "Mollified",
    "Mollifier",
    "NonIntegrableGrowth",
    "NormalCdf",
    "NormalGate",
    "NormalRamp",
    "Softplus",
    "U",
    "implied_mollifier",
    "jump_form",
    "mollify",
    "perturbed_argmax",
]
