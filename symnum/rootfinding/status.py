"""What became of a search for a root, and what to try next."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Status"]


class Status(StrEnum):
    """The verdict on one root; `str(status)` is its name.

    The first three are successes: `converged` has a proof or a stopping rule behind it, `exact`
    means that the equation vanishes there to the last digit, and `noise_limited` that the
    remaining residual cannot be told from rounding.

    Examples
    --------
    >>> str(Status.POLE), Status.POLE.success
    ('pole', False)
    """

    CONVERGED = "converged"
    EXACT = "exact"
    NOISE_LIMITED = "noise_limited"
    POLE = "pole"
    DISCONTINUITY = "discontinuity"
    ZERO_DERIVATIVE = "zero_derivative"
    SINGULAR_JACOBIAN = "singular_jacobian"
    NO_SIGN_CHANGE = "no_sign_change"
    LEFT_DOMAIN = "left_domain"
    DIVERGED = "diverged"
    STALLED = "stalled"
    CYCLE = "cycle"
    MAXITER = "maxiter"
    NAN = "nan"
    UNDERFLOW = "underflow"
    PROVED_NONE = "proved_none"

    @property
    def success(self) -> bool:
        """Whether a root was found."""
        return self in _SUCCESSES

    @property
    def advice(self) -> str:
        """What to try next, as a clause that ends a sentence; empty after a success."""
        return _ADVICE[self]


_SUCCESSES = frozenset([Status.CONVERGED, Status.EXACT, Status.NOISE_LIMITED])

_ADVICE: dict[Status, str] = {
    Status.CONVERGED: "",
    Status.EXACT: "",
    Status.NOISE_LIMITED: "",
    Status.POLE: "the sign changes through infinity; move the bracket off the pole",
    Status.DISCONTINUITY: "the sign changes in a jump; there is no root to find in this bracket",
    Status.ZERO_DERIVATIVE: "the tangent is horizontal; start elsewhere or give a bracket",
    Status.SINGULAR_JACOBIAN: "the Jacobian is singular; start elsewhere or use method='auto'",
    Status.NO_SIGN_CHANGE: (
        "both ends have the same sign and no root was met between them; widen the bracket, or "
        "let roots(equation, box) prove that there is none"
    ),
    Status.LEFT_DOMAIN: (
        "the equation is not real there; start inside its domain, give one equation a bracket or "
        "domain='complex', or write an odd root as real_root(x, n) or sign(x)*Abs(x)**(1/n)"
    ),
    Status.DIVERGED: (
        "the iterates run away; start closer to the root, or give one equation a bracket"
    ),
    Status.STALLED: "no step lowers the residual; start elsewhere, or ask roots(equation, box)",
    Status.CYCLE: (
        "the iterates repeat; start elsewhere, use method='auto', or give one equation a bracket"
    ),
    Status.MAXITER: "raise maxiter, start closer, or give one equation a bracket",
    Status.NAN: "the equation has no finite value there; start inside its domain",
    Status.UNDERFLOW: (
        "the residual is zero only because it underflows; start elsewhere or divide the "
        "equation by its vanishing factor"
    ),
    Status.PROVED_NONE: "it is proved that there is no root",
}
