"""Homotopy analysis and perturbation of oscillators.

A problem goes in, a periodic solution comes out that knows its series, its error and its
derivation: `solve_periodic` by homotopy analysis, `lindstedt` and `pendulum` as exact power
series, `harmonic_balance` as their numeric partner.
"""

from __future__ import annotations

from symnum.homotopy.convergence_control import family_terms
from symnum.homotopy.elliptic_pendulum import pendulum_angle, pendulum_frequency
from symnum.homotopy.errors import (
    DivergenceWarning,
    HomotopyError,
    NonAnalyticError,
    NoOscillationError,
    ResonanceError,
    SecularTermError,
    SpuriousSolutionError,
)
from symnum.homotopy.pendulum_series import pendulum
from symnum.homotopy.periodic_solution import HomotopySeries, PeriodicSolution
from symnum.homotopy.perturbation import PerturbationSeries
from symnum.homotopy.poincare_lindstedt import lindstedt
from symnum.homotopy.solving import harmonic_balance, solve_periodic

__all__ = [
    "DivergenceWarning",
    "HomotopyError",
    "HomotopySeries",
    "NoOscillationError",
    "NonAnalyticError",
    "PeriodicSolution",
    "PerturbationSeries",
    "ResonanceError",
    "SecularTermError",
    "SpuriousSolutionError",
    "family_terms",
    "harmonic_balance",
    "lindstedt",
    "pendulum",
    "pendulum_angle",
    "pendulum_frequency",
    "solve_periodic",
]
