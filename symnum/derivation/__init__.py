"""Derivations: chains of checked formulas whose last one is compiled.

A step can only be added by a check, and every check can fail: with a counterexample, or with a
list of what was tried.
"""

from __future__ import annotations

from symnum.derivation.archive import archive_size, certificate_cache, clear_archive
from symnum.derivation.derivation import Derivation
from symnum.derivation.falsification import MutationReport, mutation_report
from symnum.derivation.steps import Certificate, Step

__all__ = [
    "Certificate",
    "Derivation",
    "MutationReport",
    "Step",
    "archive_size",
    "certificate_cache",
    "clear_archive",
    "mutation_report",
]
