"""Smooth stand-ins for functions with kinks and jumps, by convolution with a mollifier."""

from symnum.smoothing.convolution import Mollified, mollify
from symnum.smoothing.errors import NonIntegrableGrowth
from symnum.smoothing.jump_forms import JumpForm, jump_form
from symnum.smoothing.logistic import Logistic, Softplus
from symnum.smoothing.mollifier import MOLLIFIERS, Mollifier, U
from symnum.smoothing.normal import NormalCdf, NormalRamp

__all__ = [
    "MOLLIFIERS",
    "JumpForm",
    "Logistic",
    "Mollified",
    "Mollifier",
    "NonIntegrableGrowth",
    "NormalCdf",
    "NormalRamp",
    "Softplus",
    "U",
    "jump_form",
    "mollify",
]
