"""Matrix exponentials in closed form, with proof, kernel and enclosure."""

from symnum.matexp.numeric.action import expm_multiply
from symnum.matexp.numeric.balls import expm_ball
from symnum.matexp.numeric.dispatch import AccuracyWarning, expm
from symnum.matexp.numeric.frechet import expm_cond, expm_frechet
from symnum.matexp.numeric.phi_functions import phi
from symnum.matexp.numeric.unit_vectors import unit_vector_reflection, unit_vector_rotation
from symnum.matexp.symbolic.entire_functions import Phi, Stumpff
from symnum.matexp.symbolic.factored import LowRank
from symnum.matexp.symbolic.impulse_responses import ImpulseResponse
from symnum.matexp.symbolic.motions import (
    commuting_generators,
    product_rule,
    rigid_motion,
    rope,
    rotation,
    unit_vector_map,
)
from symnum.matexp.symbolic.results import MatrixExp, matrix_exp

__all__ = [
    "AccuracyWarning",
    "ImpulseResponse",
    "LowRank",
    "MatrixExp",
    "Phi",
    "Stumpff",
    "commuting_generators",
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
    "unit_vector_reflection",
    "unit_vector_rotation",
]
