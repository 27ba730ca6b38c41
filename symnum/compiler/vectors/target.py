"""The processor that code is made for: how wide its vectors are and what it can do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from symnum.settings import processor

__all__ = ["Target", "host_target"]


@dataclass(frozen=True, slots=True)
class Target:
    """What the vector code must know of a processor.

    Parameters
    ----------
    processor : str
        LLVM's name for it.
    features : str
        LLVM's list of features, each with its sign.
    """

    processor: str
    features: str

    def has(self, feature: str) -> bool:
        """Return whether the processor has a feature, by LLVM's name for it."""
        return f"+{feature}" in self.features.split(",")

    @property
    def fused(self) -> bool:
        """Whether a*b + c with a single rounding is an instruction, not a call."""
        return self.has("fma") or self.has("neon")

    @property
    def lanes(self) -> int:
        """The number of doubles in one vector."""
        if self.has("avx512f"):
            return 8
        return 4 if self.has("avx") else 2


@cache
def host_target() -> Target:
    """Return the target of this process: this machine, or what the settings name."""
    import llvmlite.binding as llvm

    name, features = processor()
    if name is None:
        return Target(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())
    return Target(name, features)
