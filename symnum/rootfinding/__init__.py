"""Roots of equations whose derivatives are derived, with a proof behind every answer."""

from __future__ import annotations

from symnum.rootfinding.all_roots import RootSet, roots
from symnum.rootfinding.certificates import RootCertificate
from symnum.rootfinding.householder_steps import HouseholderStep, householder
from symnum.rootfinding.implicit import RootDerivatives, root_derivatives
from symnum.rootfinding.kinks import derivatives
from symnum.rootfinding.orders import ConvergenceOrder, convergence_order
from symnum.rootfinding.result import NoRootError, NoRootWarning, RootResult
from symnum.rootfinding.scalar import newton, polish
from symnum.rootfinding.status import Status
from symnum.rootfinding.taylor import local_expansion

__all__ = [
    "ConvergenceOrder",
    "HouseholderStep",
    "NoRootError",
    "NoRootWarning",
    "RootCertificate",
    "RootDerivatives",
    "RootResult",
    "RootSet",
    "Status",
    "convergence_order",
    "derivatives",
    "householder",
    "local_expansion",
    "newton",
    "polish",
    "root_derivatives",
    "roots",
]
