"""Exact algebra that several engines share."""

from symnum.algebra.low_rank import LowRankMatrix, LowRankVector, VectorFrame

__all__ = ["LowRankMatrix", "LowRankVector", "VectorFrame"]
