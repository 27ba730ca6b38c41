"""What other software gives at the tails of a row, beside the kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

from symnum.report.values import flatten

if TYPE_CHECKING:
    from symnum.compiler import Kernel

__all__ = ["Comparison", "Peer", "measure_peers", "shown_error"]

Peer = Callable[..., Any]

_DIGITS = 30


@dataclass(frozen=True, slots=True)
class Comparison:
    """Relative errors at one point: of the kernel, and of each peer.

    The error is the largest over the outputs, relative to the exact value or, where that is smaller
    still, to the smallest normal number. It is NaN where there is no number though the result has
    one, and infinite where something else than 0 is given for 0.

    Attributes
    ----------
    point : mapping
        From argument name to number.
    kernel : float
        The error of the kernel over the outputs that any of the peers gives.
    peers : mapping
        From the name of a peer to its error over the outputs that it gives.
    """

    point: Mapping[str, float]
    kernel: float
    peers: Mapping[str, float]


def measure_peers(
    kernel: Kernel, points: Sequence[Mapping[str, float]], peers: Mapping[str, Peer]
) -> tuple[Comparison, ...]:
    """Compare the kernel and its peers with the exact result at each of some points.

    Parameters
    ----------
    kernel : Kernel
    points : sequence of mappings
        From argument name to number.
    peers : mapping
        From a name to a function of the kernel's arguments, in their order. It returns what the
        kernel returns; of several named outputs it may leave some out. A peer that is not
        installed raises ImportError and is left out.

    Returns
    -------
    tuple of Comparison
        Empty where there is no peer.

    Examples
    --------
    >>> import symnum as sn
    >>> kernel = sn.lambdify("x", "log(1 + x)")
    >>> rows = measure_peers(kernel, [{"x": 1e-9}], {"log(1 + x)": lambda x: np.log(1 + x)})
    >>> rows[0].kernel < 1e-15, shown_error(rows[0].peers["log(1 + x)"])
    (True, '8.3e-08')
    """
    installed = {name: peer for name, peer in peers.items() if _is_there(peer, points, kernel)}
    if not installed:
        return ()
    rows = []
    for point in points:
        arguments = [float(point[str(argument)]) for argument in kernel.args]
        exact = kernel.reference(*arguments, digits=_DIGITS)
        values = {name: _called(peer, arguments) for name, peer in installed.items()}
        errors = {name: _error(value, exact) for name, value in values.items()}
        own = _shared(_called(kernel, arguments), list(values.values()))
        rows.append(Comparison(dict(point), _error(own, exact), errors))
    return tuple(rows)


def _shared(own: Any, others: Sequence[Any]) -> Any:
    """Return those of the kernel's outputs that others give as well."""
    given = [set(value) for value in others if isinstance(value, Mapping)]
    if not isinstance(own, Mapping) or len(given) < sum(value is not None for value in others):
        return own
    names = set().union(*given) or set(own)
    return {name: value for name, value in own.items() if name in names}


def _is_there(peer: Peer, points: Sequence[Mapping[str, float]], kernel: Kernel) -> bool:
    for point in points[:1]:
        try:
            _called(peer, [float(point[str(argument)]) for argument in kernel.args])
        except ImportError:
            return False
    return True


def _called(function: Peer, arguments: Sequence[float]) -> Any:
    """Return what a function gives, None where it refuses the arguments."""
    with np.errstate(all="ignore"):
        try:
            return function(*map(np.float64, arguments))
        except (ArithmeticError, ValueError, np.linalg.LinAlgError):
            return None


def _error(value: Any, exact: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(exact, Mapping) and isinstance(value, Mapping):
        exact = {name: exact[name] for name in value}
    pairs = zip(flatten(value), flatten(exact), strict=True)
    errors = [_relative(np.float64(one), truth) for one, truth in pairs]
    return float("nan") if any(map(np.isnan, errors)) else max(errors)


def _relative(value: np.float64, exact: Any) -> float:
    nearest = float(exact)
    if np.isnan(value) or np.isinf(value) or np.isinf(nearest):
        return 0.0 if value == nearest else float("nan")
    if not exact:
        return float("inf") if value else 0.0
    # Below the normal numbers a double has fewer digits, or none.
    size = max(abs(exact), mpmath.mpf(float(np.finfo(np.float64).tiny)))
    return float(abs(mpmath.mpf(float(value)) - exact) / size)


def shown_error(error: float) -> str:
    """Return a relative error in words."""
    if np.isnan(error):
        return "no number"
    if np.isinf(error):
        return "not 0"
    if error >= 0.5:
        return "no digit"
    return f"{error:.1e}" if error else "0"
