"""What the stabilisation did, to be read."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Choice"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One rewrite that was chosen.

    Parameters
    ----------
    before, after : str
        The formula as it was and as it is.
    law : str
        Why both are equal.
    error_before, error_after : float
        Worst errors in ulps over the sample points.
    domain : str
        Where they were measured.
    """

    before: str
    after: str
    law: str
    error_before: float
    error_after: float
    domain: str

    def __str__(self) -> str:
        return (
            f"{self.before} -> {self.after}   [{self.law}; worst error {self.error_before:.2g} -> "
            f"{self.error_after:.2g} ulp on {self.domain}]"
        )
