"""One root of one equation: the public verbs `newton` and `polish`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, TypeAlias

import mpmath
import sympy as sp
from flint import ctx

from symnum.errors import near_names
from symnum.expressions import as_symbol
from symnum.reference import evaluate
from symnum.rootfinding.arguments import Params, as_number, read_bracket, read_start
from symnum.rootfinding.certificates import certificate_of
from symnum.rootfinding.problem import ScalarProblem, read_problem
from symnum.rootfinding.result import ON_FAIL, RootResult, deliver
from symnum.rootfinding.scalar.absence import vanishes_nowhere
from symnum.rootfinding.scalar.findings import Finding
from symnum.rootfinding.scalar.iterations import Limits
from symnum.rootfinding.scalar.polishing import polished_enclosure
from symnum.rootfinding.scalar.precision import bits_of, precise_root, rounded_root
from symnum.rootfinding.scalar.search import find_root
from symnum.rootfinding.scalar.steps import METHODS
from symnum.rootfinding.scalar.verdicts import Verdict
from symnum.rootfinding.scalar_functions import ScalarFunction, scalar_function
from symnum.rootfinding.status import Status

__all__ = ["newton", "polish"]

Equation: TypeAlias = str | sp.Expr | sp.Eq

#: Points at which an equation that vanishes at all of them is suspected to be an identity.
GENERIC_POINTS = (0.37281946, 1.61748213, -0.81935471)

#: More digits than this take minutes.
MOST_DIGITS = 100_000


def newton(
    equation: Equation,
    x0: Any = None,
    *,
    bracket: Any = None,
    params: Params | None = None,
    method: str = "auto",
    domain: str = "real",
    xtol: float | None = None,
    maxiter: int = 100,
    digits: int | None = None,
    on_fail: str = "flag",
) -> RootResult:
    """Find one root of an equation in one unknown, with a proved bound on its error.

    The derivatives are derived from the equation. The iteration
    ``x - f(x)/f'(x)`` (or Halley's) is damped, remembers changes of sign, adapts itself to
    multiple roots, and looks elsewhere when it fails. What it finds is proved by interval Newton in
    ball arithmetic: N(X) inside X; the double nearest to the root is returned.

    Parameters
    ----------
    equation : str, Expr or Eq
        ``"x - cos(x)"`` or ``"lhs = rhs"``; an expression means ``expr = 0``.
    x0 : number, optional
        The start. Without it, and without a bracket, a start is searched.
    bracket : sequence of two numbers, optional
        The root is searched in this closed interval and nowhere else; a start outside is ignored.
    params : mapping, optional
        From names or symbols to numbers, taken exactly as they are given.
    method : str, optional
        ``"auto"``, ``"newton"``, ``"halley"``, ``"householder"`` (of order 3), ``"schroeder"`` or
        ``"bracketed"``. All but ``"auto"`` and ``"bracketed"`` are, without a bracket, the plain
        iteration of that name, whose cycles and divergence are reported.
    domain : str, optional
        ``"real"`` or ``"complex"``.
    xtol : float, optional
        Stop as soon as a step is at most this long. By default iterate to the last bit.
    maxiter : int, optional
        Steps of one iteration.
    digits : int, optional
        Return an mpmath number, certified to that many digits.
    on_fail : str, optional
        ``"flag"``: return the failure; ``"warn"``: warn as well; ``"raise"``: `NoRootError`.

    Returns
    -------
    RootResult
        `root`, `error_bound`, `status`, `multiplicity`, `certificate`, ...

    Raises
    ------
    ValueError, TypeError
        For wrong arguments, before any work. The message names the argument.
    NoRootError
        For a failure, if it was asked for.

    Examples
    --------
    >>> newton("x - cos(x)").root
    0.7390851332151607
    >>> print(newton("exp(x)", 0).converged)
    False
    """
    _check_options(method, xtol, maxiter, digits, on_fail)
    problem = read_problem(equation, params, domain)
    about = (problem.name, problem.real, problem.admitted)
    start, ends = read_start(x0, *about), read_bracket(bracket, *about)
    if method == "bracketed" and ends is None:
        raise ValueError("bracket: method='bracketed' needs bracket=(a, b)")
    function = scalar_function(problem.expr, problem.unknown, problem.real)
    _refuse_identity(function, problem)
    if ends is not None and start is not None and not ends[0] <= start.real <= ends[1]:
        start = None
    chosen = METHODS[method]
    if start is None and ends is None and not chosen.safeguarded:
        # The plain iterations need a start; the search of one is part of the safeguards.
        chosen = METHODS["auto"]
    finding = find_root(function, chosen, start, ends, Limits(xtol, maxiter), problem.admitted)
    if chosen.safeguarded and ends is None:
        finding = _with_proof_of_absence(function, finding)
    return deliver(_result(function, problem, finding, digits), on_fail)


def polish(equation: Equation, x: Any, x0: Any, digits: int) -> RootResult:
    """Return a root near a start to any number of certified digits.

    Newton's iteration doubles the precision at every step, f' at half of it, and one interval
    Newton step in balls proves the result.

    Parameters
    ----------
    equation : str, Expr or Eq
        In one unknown.
    x : Symbol or str
        The unknown.
    x0 : number
        An approximation; a complex one asks for a complex root.
    digits : int
        Digits wanted.

    Returns
    -------
    RootResult
        `root` and `error_bound` are mpmath numbers.

    Raises
    ------
    ValueError, TypeError
        For wrong arguments.

    Examples
    --------
    >>> result = polish("x**2 - 2", "x", 1.4, 40)
    >>> print(mpmath.nstr(result.root, 40))
    1.41421356237309504880168872420969807857
    """
    if x0 is None or digits is None:
        name = "x0" if x0 is None else "digits"
        raise TypeError(f"{name}: expected a number, got None")
    unknown = as_symbol(x, "x")
    complex_start = as_number(x0, "x0").imag != 0.0
    problem = read_problem(equation, None, "complex" if complex_start else "real", unknown)
    _check_options("auto", None, 100, digits, "flag")
    start = read_start(x0, problem.name, problem.real, problem.admitted)
    function = scalar_function(problem.expr, problem.unknown, problem.real)
    if isinstance(start, float) and function.quick is not None:
        result = _polished(function, problem, start, digits)
        if result is not None:
            return result
    _refuse_identity(function, problem)
    finding = find_root(function, METHODS["auto"], start, None, Limits(None, 100))
    finding = _with_proof_of_absence(function, finding)
    return _result(function, problem, finding, digits)


def _polished(
    function: ScalarFunction, problem: ScalarProblem, start: float, digits: int
) -> RootResult | None:
    """Return a simple root by Newton's iteration in balls alone, None where the start strays."""
    assert function.quick is not None
    bits = bits_of(digits)
    polished = polished_enclosure(function.quick, start, bits)
    if polished is None:
        return None
    found, steps = polished
    if not problem.admitted[0] <= float(found.root) <= problem.admitted[1]:
        return None
    with ctx.workprec(bits + 64):
        root, bound = rounded_root(found.root, bits)
    return RootResult(
        root=root,
        converged=True,
        status=Status.CONVERGED,
        iterations=steps,
        residual=function.sample(float(found.root)).value,
        error_bound=bound,
        multiplicity=1,
        certificate=certificate_of(
            "interval-newton", function.expr, function.unknown, function, found, None
        ),
        equation=problem.text,
        unknown=problem.name,
        digits=digits,
    )


def _check_options(method: Any, xtol: Any, maxiter: Any, digits: Any, on_fail: Any) -> None:
    for name, value, known in (("method", method, METHODS), ("on_fail", on_fail, ON_FAIL)):
        if value not in known:
            near = near_names(str(value), known)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}{hint}")
    if isinstance(maxiter, bool) or not isinstance(maxiter, int):
        raise TypeError(f"maxiter: expected an integer, got {maxiter!r}")
    if maxiter < 1:
        raise ValueError(f"maxiter: expected at least 1, got {maxiter}")
    if xtol is not None and not (isinstance(xtol, (int, float)) and 0.0 < xtol < math.inf):
        raise ValueError(f"xtol: expected a positive number, got {xtol!r}")
    if digits is None:
        return
    if isinstance(digits, bool) or not isinstance(digits, int):
        raise TypeError(f"digits: expected an integer, got {digits!r}")
    if not 1 <= digits <= MOST_DIGITS:
        raise ValueError(f"digits: expected 1 to {MOST_DIGITS}, got {digits}")


def _refuse_identity(function: ScalarFunction, problem: ScalarProblem) -> None:
    """Raise where the equation holds everywhere; only then it vanishes at generic points."""
    suspected = all(function.sample(x).vanishes for x in GENERIC_POINTS)
    if suspected and sp.simplify(function.expr) == 0:
        raise ValueError(f"equation: {problem.text} = 0 is an identity; nothing to solve")


def _with_proof_of_absence(function: ScalarFunction, finding: Finding) -> Finding:
    """Say of a failed search on the whole line that there is no root, where that can be proved."""
    status = finding.verdict.status
    if status.success or status in (Status.MAXITER, Status.UNDERFLOW):
        return finding
    if not vanishes_nowhere(function.expr, function.unknown):
        return finding
    return replace(finding, verdict=replace(finding.verdict, status=Status.PROVED_NONE, detail=""))


def _result(
    function: ScalarFunction, problem: ScalarProblem, finding: Finding, digits: int | None
) -> RootResult:
    verdict = finding.verdict
    if not verdict.status.success:
        verdict = _explained(function, verdict)
    root, bound, enclosure = verdict.root, verdict.bound, verdict.enclosure
    if digits is not None and verdict.status.success:
        precise = precise_root(function, verdict, digits)
        if precise is None:
            what = f"the root could not be enclosed to {digits} digits"
            verdict = Verdict(Status.STALLED, root, detail=what)
            bound, enclosure = math.inf, None
        else:
            root, bound, enclosure = precise
    return RootResult(
        root=root,
        converged=verdict.status.success,
        status=verdict.status,
        iterations=finding.iterations,
        residual=function.sample(verdict.root).value,
        error_bound=bound,
        multiplicity=verdict.multiplicity,
        certificate=certificate_of(
            verdict.kind, function.expr, function.unknown, verdict.target, enclosure, verdict.exact
        ),
        equation=problem.text,
        unknown=problem.name,
        detail=verdict.detail,
        digits=digits if verdict.status.success else None,
    )


def _hint_at_odd_roots(expr: sp.Expr) -> str:
    """Say what an odd root means, where a user may have meant another one."""
    if any(p.exp.is_Rational and p.exp.q % 2 and p.exp.q > 1 for p in expr.atoms(sp.Pow)):
        return "odd roots of negative numbers are complex here; real_root(x, n) is the real one"
    return ""


def _explained(function: ScalarFunction, verdict: Verdict) -> Verdict:
    """Say of a point without a real value whether the function is complex there."""
    if not function.real or verdict.status is Status.PROVED_NONE:
        return verdict
    if verdict.status is not Status.NAN:
        return replace(verdict, detail=verdict.detail or _hint_at_odd_roots(function.expr))
    value = evaluate(function.expr, {function.unknown: verdict.root}, 15)
    if value == value and mpmath.isfinite(value) and complex(value).imag != 0.0:
        return replace(verdict, status=Status.LEFT_DOMAIN)
    return verdict
