"""The answer to one equation: the root, how far off it may be, and what to do if there is none."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import mpmath

from symnum.errors import SymnumError, SymnumWarning
from symnum.rootfinding.certificates import RootCertificate
from symnum.rootfinding.status import Status

__all__ = ["ON_FAIL", "NoRootError", "NoRootWarning", "RootResult", "deliver"]

#: What may be done about a failure.
ON_FAIL = ("flag", "warn", "raise")


class NoRootError(SymnumError, RuntimeError):
    """No root was found and `on_fail="raise"` was asked for; the message names the status."""


class NoRootWarning(SymnumWarning):
    """No root was found and `on_fail="warn"` was asked for; the message names the status."""


@dataclass(frozen=True, slots=True)
class RootResult:
    """The outcome of a search for one root.

    Attributes
    ----------
    root : float, complex or mpf
        The root; after a failure the last point.
    converged : bool
        Whether it is a root.
    status : Status
        ``converged``, ``exact``, ``noise_limited``, or what stood in the way.
    iterations : int
        Steps of the iteration that decided.
    residual : float or complex
        The equation at the root, in floats.
    error_bound : float or mpf
        A bound on the distance to the true root; inf after a failure.
    multiplicity : int or None
        Of the root; None where it is unknown.
    certificate : RootCertificate
        What was proved, with `verify()`.
    equation : str
        The equation, for messages.
    unknown : str
        The name of the unknown.
    detail : str
        What happened, where there is more to say.
    digits : int or None
        Certified digits, where they were asked for.
    """

    root: Any
    converged: bool
    status: Status
    iterations: int
    residual: Any
    error_bound: Any
    multiplicity: int | None
    certificate: RootCertificate
    equation: str
    unknown: str
    detail: str = ""
    digits: int | None = None

    def __str__(self) -> str:
        return self._success() if self.converged else self._failure()

    def _success(self) -> str:
        kind = {1: "simple root", None: "root"}.get(
            self.multiplicity, f"root of multiplicity {self.multiplicity}"
        )
        proof = "" if self.certificate.kind == "none" else f", proved by {self.certificate.kind}"
        error = mpmath.nstr(mpmath.mpf(self.error_bound), 2)
        return (
            f"{self.unknown} = {_text(self.root, self.digits)} (error <= {error}), "
            f"{kind} of {self.equation}: {self.status} in {_counted(self.iterations)}{proof}"
        )

    def _failure(self) -> str:
        where = f" at {self.unknown} = {_text(self.root, self.digits)}"
        detail = f" ({self.detail})" if self.detail else ""
        return (
            f"no root of {self.equation} found: {self.status}{where}{detail}; {self.status.advice}"
        )


def deliver(result: RootResult, on_fail: str) -> RootResult:
    """Return a result, or warn or raise if it is a failure and that was asked for."""
    if not result.converged and on_fail == "raise":
        raise NoRootError(str(result))
    if not result.converged and on_fail == "warn":
        warnings.warn(str(result), NoRootWarning, stacklevel=3)
    return result


def _counted(iterations: int) -> str:
    return "1 iteration" if iterations == 1 else f"{iterations} iterations"


def _text(root: Any, digits: int | None) -> str:
    return repr(root) if digits is None else str(mpmath.nstr(root, digits))
