"""The answer to one equation: the root, how far off it may be, and what to do if there is none."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

from symnum.errors import SymnumError, SymnumWarning
from symnum.rootfinding.certificates import RootCertificate
from symnum.rootfinding.status import Status

if TYPE_CHECKING:
    from symnum.rootfinding.systems.certificates import SystemCertificate

__all__ = ["ON_FAIL", "NoRootError", "NoRootWarning", "RootResult", "deliver"]

#: Unknowns of a system that a message lists.
MOST_LISTED = 8

#: What may be done about a failure.
ON_FAIL = ("flag", "warn", "raise")


class NoRootError(SymnumError, RuntimeError):
    """No root was found and `on_fail="raise"` was asked for; the message names the status."""


class NoRootWarning(SymnumWarning):
    """No root was found and `on_fail="warn"` was asked for; the message names the status."""


@dataclass(frozen=True, slots=True)
class RootResult:
    """The outcome of a search for one root, or for many at once.

    Of a batch each of these is an array of the shape of the batch, but for the certificate and the
    texts; there a multiplicity that is unknown is 0.

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
    gradient : ndarray or None
        Derivatives of the root in the parameters, in the last axis, where they were asked for; NaN
        after a failure.
    """

    root: Any
    converged: bool
    status: Status
    iterations: int
    residual: Any
    error_bound: Any
    multiplicity: int | None
    certificate: RootCertificate | SystemCertificate
    equation: str
    unknown: str
    detail: str = ""
    digits: int | None = None
    gradient: Any = None

    def __str__(self) -> str:
        if np.ndim(self.status):
            return self._batch()
        return self._success() if self.converged else self._failure()

    def _batch(self) -> str:
        counts = Counter(map(str, np.ravel(self.status)))
        found = int(np.count_nonzero(self.converged))
        parts = [f"{count} {name}" for name, count in counts.most_common()]
        text = f"{found} of {sum(counts.values())} roots of {self.equation} found"
        if found:
            largest = float(np.max(np.ravel(self.error_bound)[np.ravel(self.converged)]))
            text += f" (errors <= {largest:.2g})"
        if parts:
            text += f": {', '.join(parts)}"
        failures = (Status(name) for name, _ in counts.most_common() if Status(name).advice)
        worst = next(failures, None)
        return text if worst is None else f"{text}; {worst}: {worst.advice}"

    def _success(self) -> str:
        kind = {1: "simple root", None: "root"}.get(
            self.multiplicity, f"root of multiplicity {self.multiplicity}"
        )
        proof = "" if self.certificate.kind == "none" else f", proved by {self.certificate.kind}"
        error = mpmath.nstr(mpmath.mpf(_largest(self.error_bound)), 2)
        return (
            f"{_place(self.unknown, self.root, self.digits)} (error <= {error}), "
            f"{kind} of {self.equation}: {self.status} in {_counted(self.iterations)}{proof}"
        )

    def _failure(self) -> str:
        where = f" at {_place(self.unknown, self.root, self.digits)}"
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


def _place(unknown: str, root: Any, digits: int | None) -> str:
    """Return the root in a message: a number, or the point of a system."""
    if isinstance(root, dict):
        parts = [f"{name} = {value!r}" for name, value in root.items()]
        return ", ".join(parts[:MOST_LISTED]) + (", ..." if len(parts) > MOST_LISTED else "")
    if isinstance(root, np.ndarray):
        numbers = [repr(value) for value in root.tolist()]
        if len(numbers) == 1:
            return f"{unknown} = {numbers[0]}"
        listed = ", ".join(numbers[:MOST_LISTED])
        return f"({unknown}) = ({listed}{', ...' if len(numbers) > MOST_LISTED else ''})"
    return f"{unknown} = {_text(root, digits)}"


def _largest(bounds: Any) -> Any:
    """Return the largest error bound, of a system over all unknowns."""
    if isinstance(bounds, dict):
        return max(bounds.values())
    return float(np.max(bounds)) if isinstance(bounds, np.ndarray) else bounds


def _text(root: Any, digits: int | None) -> str:
    return repr(root) if digits is None else str(mpmath.nstr(root, digits))
