"""Every root of equations in a closed box, with a proof that there are no others."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symnum.rootfinding.boxes.arguments import check_names, named_sides, read_side
from symnum.rootfinding.boxes.complex_roots import analytic_roots
from symnum.rootfinding.boxes.root_set import RootSet
from symnum.rootfinding.boxes.scalar import scalar_roots
from symnum.rootfinding.boxes.systems import system_roots
from symnum.rootfinding.problem import ScalarProblem, equation_to_expression, read_problem
from symnum.rootfinding.systems.problem import listed_equations, natural_order

__all__ = ["RootSet", "roots"]

#: Names that mean a constant in a text, unless they are the unknown.
CONSTANTS = ("E", "I", "pi", "oo")


def roots(equations: Any, box: Any = None, *, complex: bool = False) -> RootSet:  # noqa: A002
    """Find every root of one or more equations in a closed box, with proof.

    One equation in one unknown is split into factors; polynomials are isolated exactly by FLINT,
    others by interval Newton and bisection. Several equations are solved by branch and bound: a box
    is dropped where the range of a function excludes 0, and the Krawczyk operator proves that
    exactly one root lies in a box.

    Parameters
    ----------
    equations : str, Expr or Eq, or a sequence of them
        As many as unknowns.
    box : tuple of two numbers, or mapping
        For one unknown ``(a, b)``, exact numbers such as ``"pi/2"`` included; for several
        ``{symbol: (a, b), ...}``. A root on the edge counts. For complex roots two corners
        ``(a, b)``, complex numbers, or None for all roots of a polynomial.
    complex : bool, optional
        Whether the complex roots of one analytic equation are wanted.

    Returns
    -------
    RootSet
        `roots`, `statuses`, `complete`, `unresolved`, ...

    Raises
    ------
    ValueError, TypeError
        For unequal numbers of equations and unknowns, an equation that is none, or a box that is
        reversed, infinite or without a side for an unknown.

    Examples
    --------
    >>> print(roots("tan(x) - x", (1, 8)))
    2 roots of tan(x) - x, proved complete: x = 4.493409457909064, 7.725251836937707
    >>> print(roots(["x**2 + y**2 = 25", "x*y = 12"], {"x": (0, 9), "y": (0, 9)}))
    2 roots of [x**2 + y**2 = 25, x*y = 12], proved complete: (x, y) = (3.0, 4.0), (4.0, 3.0)
    >>> roots("z**3 = 8", complex=True).roots[0]
    (-1-1.7320508075688772j)
    """
    if not isinstance(complex, bool):
        raise TypeError(f"complex: expected True or False, got {complex!r:.60}")
    listed = listed_equations(equations)
    named = named_sides(box)
    if complex:
        if len(listed) > 1:
            raise ValueError(
                f"equations: complex roots are found of one equation, got {len(listed)}; write "
                "real and imaginary parts as equations in real unknowns"
            )
        return analytic_roots(_problem(listed[0], named, "complex"), box)
    if len(listed) > 1 or (named is not None and len(named) > 1):
        if named is None:
            raise TypeError(
                "box: expected a mapping {symbol: (a, b), ...} with a side for each unknown, got "
                f"{box!r:.60}"
            )
        return system_roots(listed, named)
    problem = _problem(listed[0], named, "real")
    if named is not None:
        check_names(named, [problem.name])
        box = named[problem.name]
    if box is None:
        raise ValueError(f"box: expected two numbers (a, b) for {problem.name}, got None")
    return scalar_roots(problem, read_side(box, problem.name))


def _problem(equation: Any, named: dict[str, Any] | None, domain: str) -> ScalarProblem:
    """Read an equation in one unknown; where there are several, say how many equations it takes."""
    name = next(iter(named)) if named else None
    unknown = sp.Symbol(name) if name in CONSTANTS and isinstance(equation, str) else None
    declared = {} if unknown is None else {unknown.name: unknown}
    names = {symbol.name for symbol in equation_to_expression(equation, declared).free_symbols}
    if len(names) > 1:
        raise ValueError(
            f"equations: 1 equation in {len(names)} unknowns ({', '.join(natural_order(names))}): "
            "its roots are not isolated; give as many equations as unknowns, or substitute values"
        )
    return read_problem(equation, None, domain, unknown)
