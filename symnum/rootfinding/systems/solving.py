"""Roots of systems of equations: the public verb `root`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from symnum.errors import UnsupportedNodeError, near_names
from symnum.rootfinding.result import ON_FAIL, RootResult, deliver
from symnum.rootfinding.scalar.solving import newton
from symnum.rootfinding.systems.balls import ball_system
from symnum.rootfinding.systems.certificates import SystemCertificate, system_certificate_of
from symnum.rootfinding.systems.functions import SystemFunction, Vector, system_function
from symnum.rootfinding.systems.portfolio import SYSTEM_METHODS, find_system_root
from symnum.rootfinding.systems.problem import SystemProblem, read_system
from symnum.rootfinding.systems.verdicts import SystemVerdict

__all__ = ["root"]

#: Values at which an equation that holds at all of them is suspected to be an identity.
GENERIC_VALUES = (0.37281946, 1.61748213, 0.81935471)


def root(
    equations: Any,
    x0: Any,
    *,
    method: str = "auto",
    maxiter: int = 200,
    on_fail: str = "flag",
) -> RootResult:
    """Find one root of a system of n equations in n unknowns, with a proved bound on its error.

    The Jacobian is derived from the equations. What an iteration finds is proved by the Krawczyk
    operator in ball arithmetic: K(X) inside the box X means that X holds exactly one root. A root
    at which the Jacobian is singular is recognised by its exact form or through the factors of the
    equations, or followed down with many digits (``noise_limited``).

    Parameters
    ----------
    equations : sequence of str, Expr or Eq, or a Matrix
        ``["x**2 + y**2 = 1", "x - y"]``; an expression means ``expr = 0``.
    x0 : mapping or sequence
        The start. A mapping from names or symbols to numbers also tells the order of the
        unknowns; a sequence, an array or a Matrix is in the natural order of their names, x2
        before x10.
    method : str, optional
        ``"newton"``: damped by the natural monotonicity test; ``"dogleg"``: trust region;
        ``"lm"``: Levenberg-Marquardt; ``"auto"``: plain Newton and all of these in turn, then
        other starts.
    maxiter : int, optional
        Steps of one iteration.
    on_fail : str, optional
        ``"flag"``: return the failure; ``"warn"``: warn as well; ``"raise"``: `NoRootError`.

    Returns
    -------
    RootResult
        `root` and `error_bound` are mappings with the keys of `x0` where it is a mapping, else
        arrays; `residual` is an array with one value for each equation.

    Raises
    ------
    ValueError, TypeError
        For wrong arguments, before any work. The message names the argument.
    NoRootError
        For a failure, if it was asked for.

    Examples
    --------
    >>> result = root(["x**2 + y**2 = 1", "y = x**3"], {"x": 1, "y": 1})
    >>> result.root
    {'x': 0.826031357654187, 'y': 0.5636241621612585}
    >>> str(result.status), result.certificate.kind
    ('converged', 'krawczyk')
    >>> root(["x1 - x2 = 1", "x1 + x2 = 3"], [0, 0]).root
    array([2., 1.])
    """
    _check_options(method, maxiter, on_fail)
    problem = read_system(equations, x0)
    if len(problem.functions) == 1 and method == "auto":
        return deliver(_one_equation(problem, maxiter), on_fail)
    function = system_function(problem.functions, problem.unknowns, problem.admitted)
    _refuse_identities(function, problem)
    start = np.array(problem.start)
    finding = find_system_root(function, SYSTEM_METHODS[method], start, maxiter)
    return deliver(_result(function, problem, finding.verdict, finding.iterations), on_fail)


def _check_options(method: Any, maxiter: Any, on_fail: Any) -> None:
    for name, value, known in (("method", method, SYSTEM_METHODS), ("on_fail", on_fail, ON_FAIL)):
        if not isinstance(value, str) or value not in known:
            near = near_names(str(value), known)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}{hint}")
    if isinstance(maxiter, bool) or not isinstance(maxiter, (int, np.integer)):
        raise TypeError(f"maxiter: expected an integer, got {maxiter!r}")
    if maxiter < 1:
        raise ValueError(f"maxiter: expected at least 1, got {maxiter}")


def _refuse_identities(function: SystemFunction, problem: SystemProblem) -> None:
    """Raise where an equation holds everywhere; only then it vanishes at generic points."""
    size = len(function)
    points = [value * (1.0 + np.arange(size) / (3.0 + size)) for value in GENERIC_VALUES]
    samples = [function.sample(point) for point in points]
    for index, expr in enumerate(problem.functions):
        values = [(sample.values[index], sample.noise[index]) for sample in samples]
        if all(abs(value) <= noise < np.inf for value, noise in values) and sp.simplify(expr) == 0:
            label = f"equations[{index}]" if len(problem.functions) > 1 else "equations"
            raise ValueError(f"{label}: the equation is an identity; nothing to solve")


def _one_equation(problem: SystemProblem, maxiter: int) -> RootResult:
    """Return what the search for one unknown finds, in the shape that was asked for."""
    found = newton(problem.functions[0], problem.start[0], maxiter=maxiter)
    return replace(
        found,
        root=_shaped(np.array([found.root]), problem),
        error_bound=_shaped(np.array([found.error_bound]), problem),
        residual=np.array([found.residual]),
        equation=problem.text,
        unknown=problem.names[0],
    )


def _result(
    function: SystemFunction, problem: SystemProblem, verdict: SystemVerdict, iterations: int
) -> RootResult:
    with np.errstate(all="ignore"):
        residual = function.sample(verdict.root).values
    return RootResult(
        root=_shaped(verdict.root, problem),
        converged=verdict.status.success,
        status=verdict.status,
        iterations=iterations,
        residual=residual,
        error_bound=_shaped(verdict.bound, problem),
        multiplicity=verdict.multiplicity,
        certificate=_certificate(function, verdict),
        equation=problem.text,
        unknown=", ".join(problem.names),
        detail=verdict.detail,
    )


def _shaped(numbers: Vector, problem: SystemProblem) -> Any:
    """Return numbers as a mapping with the user's keys, or as an array."""
    if problem.keys is None:
        return numbers
    return dict(zip(problem.keys, numbers.tolist(), strict=True))


def _certificate(function: SystemFunction, verdict: SystemVerdict) -> SystemCertificate:
    about = (function.functions, verdict.exact)
    try:
        if verdict.enclosure is None:
            return system_certificate_of(function.balls(), None, *about)
        target = ball_system(verdict.target, function.unknowns)
        return system_certificate_of(target, verdict.enclosure, *about)
    except UnsupportedNodeError:
        return SystemCertificate("none", (), (), 0, function.functions, function.unknowns, *about)
