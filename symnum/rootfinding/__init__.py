"""Roots of equations whose derivatives are derived, with a proof behind every answer."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from symnum.rootfinding.analysis.cycles import NewtonCycle, newton_cycles
from symnum.rootfinding.analysis.householder_steps import HouseholderStep, householder
from symnum.rootfinding.analysis.implicit import RootDerivatives, root_derivatives
from symnum.rootfinding.analysis.orders import ConvergenceOrder, convergence_order
from symnum.rootfinding.analysis.point_estimates import PointEstimate, kantorovich, smale
from symnum.rootfinding.analysis.taylor import local_expansion
from symnum.rootfinding.boxes.all_roots import RootSet, roots
from symnum.rootfinding.certificates import RootCertificate
from symnum.rootfinding.kinks import derivatives
from symnum.rootfinding.result import NoRootError, NoRootWarning, RootResult
from symnum.rootfinding.scalar.solving import newton, polish
from symnum.rootfinding.status import Status
from symnum.rootfinding.systems.certificates import SystemCertificate
from symnum.rootfinding.systems.solving import root

if TYPE_CHECKING:
    from symnum.rootfinding.lanes.basins_of_attraction import Basins, basins
    from symnum.rootfinding.lanes.kernel import NewtonKernel, newton_kernel

__all__ = [
    "Basins",
    "ConvergenceOrder",
    "HouseholderStep",
    "NewtonCycle",
    "NewtonKernel",
    "NoRootError",
    "NoRootWarning",
    "PointEstimate",
    "RootCertificate",
    "RootDerivatives",
    "RootResult",
    "RootSet",
    "Status",
    "SystemCertificate",
    "basins",
    "convergence_order",
    "derivatives",
    "householder",
    "kantorovich",
    "local_expansion",
    "newton",
    "newton_cycles",
    "newton_kernel",
    "polish",
    "root",
    "root_derivatives",
    "roots",
    "smale",
]


def __getattr__(name: str) -> Any:
    # What solves batches needs the compiler, which one root does not.
    if name in ("NewtonKernel", "newton_kernel"):
        return getattr(importlib.import_module("symnum.rootfinding.lanes.kernel"), name)
    if name in ("Basins", "basins"):
        return getattr(
            importlib.import_module("symnum.rootfinding.lanes.basins_of_attraction"), name
        )
    raise AttributeError(f"module 'symnum.rootfinding' has no attribute {name!r}")
