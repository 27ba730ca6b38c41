"""Matrix exponentials in closed form, with proof, kernel and enclosure."""

from symnum.matexp.action import expm_multiply
from symnum.matexp.balls import expm_ball
from symnum.matexp.entire_functions import Phi, Stumpff
from symnum.matexp.factored import LowRank
from symnum.matexp.frechet import expm_cond, expm_frechet
from symnum.matexp.impulse_responses import ImpulseResponse
from symnum.matexp.motions import (
    product_rule,
    rigid_motion,
    rope,
    rotation,
    unit_vector_map,
)
from symnum.matexp.numeric import AccuracyWarning, expm
from symnum.matexp.phi_functions import phi
from symnum.matexp.results import MatrixExp, matrix_exp

__all__ = [
    "AccuracyWarning",
    "ImpulseResponse",
    "LowRank",
    "MatrixExp",
    "Phi",
    "Stumpff",
    "expm",
    "expm_ball",
    "expm_cond",
    "expm_frechet",
    "expm_multiply",
    "matrix_exp",
    "phi",
    "product_rule",
    "rigid_motion",
    "rope",
    "rotation",
    "unit_vector_map",
]
