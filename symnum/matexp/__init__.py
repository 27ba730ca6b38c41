"""Matrix exponentials in closed form, with proof, kernel and enclosure."""

from symnum.matexp.action import expm_multiply
from symnum.matexp.balls import expm_ball
from symnum.matexp.entire_functions import Phi
from symnum.matexp.factored import LowRank
from symnum.matexp.frechet import expm_cond, expm_frechet
from symnum.matexp.numeric import AccuracyWarning, expm
from symnum.matexp.phi_functions import phi
from symnum.matexp.results import MatrixExp, matrix_exp

__all__ = [
    "AccuracyWarning",
    "LowRank",
    "MatrixExp",
    "Phi",
    "expm",
    "expm_ball",
    "expm_cond",
    "expm_frechet",
    "expm_multiply",
    "matrix_exp",
    "phi",
]
