"""What smoothing refuses."""

from __future__ import annotations

from symnum.errors import SymnumError

__all__ = ["NonIntegrableGrowth"]


class NonIntegrableGrowth(SymnumError, ValueError):
    """The function grows faster than the mollifier can integrate; the message names the term."""
