"""Homotopy analysis and perturbation of oscillators.

A problem goes in, a periodic solution comes out that knows its series, its error and its
derivation: `solve_periodic` by homotopy analysis, `lindstedt` and `pendulum` as exact power
series, `harmonic_balance` as their numeric partner.
"""

from __future__ import annotations

from symnum.homotopy.boundary.exponential_basis import Exponentials
from symnum.homotopy.boundary.solution import HAMSolution
from symnum.homotopy.boundary.value import solve_bvp
from symnum.homotopy.convergence_control import family_terms
from symnum.homotopy.elliptic_pendulum import pendulum_angle, pendulum_frequency
from symnum.homotopy.errors import (
    BranchError,
    DivergenceWarning,
    HomotopyError,
    NonAnalyticError,
    NoOscillationError,
    ResonanceError,
    SecularTermError,
    SpuriousSolutionError,
)
from symnum.homotopy.pendulum_summary import PendulumFacts, pendulum_facts
from symnum.homotopy.periodic.periodic_solution import HomotopySeries, PeriodicSolution
from symnum.homotopy.periodic.solving import harmonic_balance, solve_periodic
from symnum.homotopy.plots import plot_c0_curves, plot_errors
from symnum.homotopy.roots.perturbed_roots import perturb_roots
from symnum.homotopy.roots.root_branches import RootBranch
from symnum.homotopy.series.pendulum_series import pendulum
from symnum.homotopy.series.perturbation import PerturbationSeries
from symnum.homotopy.series.poincare_lindstedt import lindstedt
from symnum.homotopy.series.straightforward import (
    StraightforwardExpansion,
    straightforward_expansion,
)

__all__ = [
    "BranchError",
    "DivergenceWarning",
    "Exponentials",
    "HAMSolution",
    "HomotopyError",
    "HomotopySeries",
    "NoOscillationError",
    "NonAnalyticError",
    "PendulumFacts",
    "PeriodicSolution",
    "PerturbationSeries",
    "ResonanceError",
    "RootBranch",
    "SecularTermError",
    "SpuriousSolutionError",
    "StraightforwardExpansion",
    "family_terms",
    "harmonic_balance",
    "lindstedt",
    "pendulum",
    "pendulum_angle",
    "pendulum_facts",
    "pendulum_frequency",
    "perturb_roots",
    "plot_c0_curves",
    "plot_errors",
    "solve_bvp",
    "solve_periodic",
    "straightforward_expansion",
]
