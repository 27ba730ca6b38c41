"""The function of a family that is closest to a target in the largest error, with the proof."""

from __future__ import annotations

from symnum.approximation.errors import NoBestApproximation
from symnum.approximation.result import Minimax
from symnum.approximation.solving import minimax

__all__ = ["Minimax", "NoBestApproximation", "minimax"]
