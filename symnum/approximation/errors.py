"""What best approximation refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symnum.errors import SymnumError

__all__ = ["NoBestApproximation"]


class NoBestApproximation(SymnumError, ArithmeticError):
    """The exchange did not converge, or its answer could not be proved.

    Parameters
    ----------
    reason : str
        What happened.
    reference : sequence
        The last reference points.
    alternations : int
        How many alternations of the error were found.
    """

    def __init__(self, reason: str, reference: Sequence[Any], alternations: int) -> None:
        self.reason = reason
        self.reference = tuple(reference)
        self.alternations = alternations
        super().__init__(reason, self.reference, alternations)

    def __str__(self) -> str:
        points = ", ".join(f"{float(point):.6g}" for point in self.reference)
        return f"{self.reason}; {self.alternations} alternations; last reference: [{points}]"
