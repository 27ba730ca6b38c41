"""Exact algebra that several engines share."""

from symnum.algebra.gaussians import Gaussian, NormalFrame, NormalVariable, expectation
from symnum.algebra.index_sums import IndexedExpression, IndexSums
from symnum.algebra.log_excess import LogExcess
from symnum.algebra.log_partition import LogPartition
from symnum.algebra.low_rank import LowRankMatrix, LowRankVector, VectorFrame
from symnum.algebra.soft_maximum import SoftMaximum

__all__ = [
    "Gaussian",
    "IndexSums",
    "IndexedExpression",
    "LogExcess",
    "LogPartition",
    "LowRankMatrix",
    "LowRankVector",
    "NormalFrame",
    "NormalVariable",
    "SoftMaximum",
    "VectorFrame",
    "expectation",
]
