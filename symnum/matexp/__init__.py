"""Matrix exponentials in closed form, with proof, kernel and enclosure."""

from symnum.matexp.entire_functions import Phi
from symnum.matexp.factored import LowRank
from symnum.matexp.results import MatrixExp, matrix_exp

__all__ = ["LowRank", "MatrixExp", "Phi", "matrix_exp"]
