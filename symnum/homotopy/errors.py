"""What can be wrong with an oscillator, each with its own exception."""

from __future__ import annotations

from symnum.errors import SymnumError, SymnumWarning

__all__ = [
    "BranchError",
    "DivergenceWarning",
    "HomotopyError",
    "NoOscillationError",
    "NonAnalyticError",
    "ResonanceError",
    "SecularTermError",
    "SpuriousSolutionError",
]


class HomotopyError(SymnumError, ValueError):
    """The problem has no solution of the kind asked for; the message names the offending term."""


class NoOscillationError(HomotopyError):
    """There is no periodic solution of this amplitude around the equilibrium."""


class SecularTermError(HomotopyError):
    """A solvability condition has no unknown left, so a secular term cannot be removed."""


class ResonanceError(HomotopyError):
    """An explicit forcing lies in the kernel of the linear operator."""


class NonAnalyticError(HomotopyError):
    """A function has no power series where one is needed; the message names it."""


class SpuriousSolutionError(HomotopyError):
    """The solver ended in a solution of the discrete equations that is no oscillation."""


class BranchError(HomotopyError):
    """A branch of the roots cannot be expanded; the message names where it starts."""


class DivergenceWarning(SymnumWarning):
    """A series is returned whose sum cannot be trusted; the text says what to try next."""
