"""Smooth stand-ins for functions with kinks and jumps, by convolution with a mollifier."""

from symnum.smoothing.argmax.probabilities import perturbed_argmax
from symnum.smoothing.catalog.entries import CATALOG
from symnum.smoothing.convolution.jump_forms import jump_form
from symnum.smoothing.convolution.mollification import Mollified, mollify
from symnum.smoothing.errors import NonIntegrableGrowth
from symnum.smoothing.kinks.jump_arrays import JumpForm
from symnum.smoothing.mollifiers.implied import implied_mollifier
from symnum.smoothing.mollifiers.logistic import Logistic, Softplus
from symnum.smoothing.mollifiers.mollifier import Mollifier, U
from symnum.smoothing.mollifiers.normal import NormalCdf, NormalGate, NormalRamp
from symnum.smoothing.mollifiers.table import MOLLIFIERS
from symnum.smoothing.scores.soft_maxima import (
    boltzmann_max,
    log_sum_exp,
    p_norm_max,
    soft_argmax,
    softmax,
)
from symnum.smoothing.scores.soft_ranking import soft_rank, soft_sort, soft_top_k
from symnum.smoothing.scores.soft_scores import soft_accuracy, soft_f1, soft_precision, soft_recall
from symnum.smoothing.scores.sparse_shares import entmax, sparsemax

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
    "boltzmann_max",
    "entmax",
    "implied_mollifier",
    "jump_form",
    "log_sum_exp",
    "mollify",
    "p_norm_max",
    "perturbed_argmax",
    "soft_accuracy",
    "soft_argmax",
    "soft_f1",
    "soft_precision",
    "soft_rank",
    "soft_recall",
    "soft_sort",
    "soft_top_k",
    "softmax",
    "sparsemax",
]
