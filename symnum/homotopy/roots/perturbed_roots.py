"""All roots of an equation with a small parameter, as series in it."""

from __future__ import annotations

from typing import Any

import flint
import sympy

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.extensions import SimpleExtension, adjoin_root
from symnum.algebra.field_algebra import FieldAlgebra, generators_at
from symnum.algebra.fields import Field, FunctionField, field_with
from symnum.algebra.puiseux import puiseux_classes
from symnum.expressions.names import as_symbol
from symnum.homotopy.arguments import read_difference, read_order
from symnum.homotopy.errors import BranchError
from symnum.homotopy.roots.regular_roots import (
    regular_root,
    transcendental_starts,
    undisturbed_equation,
)
from symnum.homotopy.roots.root_branches import RootBranch
from symnum.homotopy.roots.split_roots import split_root

__all__ = ["perturb_roots"]


def perturb_roots(equation: Any, x: Any, eps: Any, order: int) -> list[RootBranch]:
    r"""Expand every root of an equation in a small parameter.

    Of a polynomial in x and eps Newton's polygon gives all branches: regular ones, singular ones
    that go to infinity, repeated ones that split with broken powers. Of any other analytic
    equation those are expanded that start from a root at eps = 0; if that equation is no polynomial
    either, from a real root that has a closed form.

    Parameters
    ----------
    equation : str, Eq or Expr
        What is zero; other symbols in it are parameters, taken for generic.
    x, eps : Symbol or str
        The unknown and the small parameter.
    order : int
        The number of steps of ``eps**(1/r)`` after the leading term, r the ramification.

    Returns
    -------
    list of RootBranch
        Conjugates one by one; the multiplicities add up to the degree of a polynomial equation.
        Regular branches first, then those that vanish with eps, then those that grow beyond bounds.

    Raises
    ------
    BranchError
        A branch that cannot be expanded: one without a closed form of its leading term, or that
        does not separate from its neighbours.
    NonAnalyticError
        A function without a power series where it is needed.
    ValueError
        An equation that vanishes identically or lacks its unknown or its small parameter, a float.

    Examples
    --------
    >>> for branch in perturb_roots("eps*x**3 + x**2 - 1", "x", "eps", 2):
    ...     print(branch)
    x = -5*eps**2/8 - eps/2 - 1
    x = 5*eps**2/8 - eps/2 + 1
    x = eps - 1/eps

    References
    ----------
    Su Jianlin, kexue.fm, the perturbation method.
    """
    order = read_order(order)
    unknown, small = as_symbol(x, "x"), as_symbol(eps, "eps")
    if unknown == small:
        raise ValueError(f"eps: the small parameter {small} is the unknown itself")
    expr = _read(equation, unknown, small)
    polynomial = _as_polynomial(expr, unknown, small)
    if polynomial is None:
        branches = _analytic(expr, unknown, small, order)
    else:
        branches = _algebraic(expr, polynomial, unknown, small, order)
    return sorted(branches, key=_sort_key)


def _read(equation: Any, unknown: sympy.Symbol, small: sympy.Symbol) -> sympy.Expr:
    expr = read_difference(equation, "equation", (unknown, small))
    floats = expr.atoms(sympy.Float)
    if floats:
        raise ValueError(
            f"equation: exact work needs exact numbers, got {min(floats)}; write it as a Rational, "
            "or the equation as text"
        )
    if expr.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        raise ValueError(f"equation: it contains a number that is not finite: {expr}")
    for symbol, name in ((unknown, "the unknown"), (small, "the small parameter")):
        if symbol not in expr.free_symbols:
            argument = "eps" if symbol is small else "equation"
            raise ValueError(f"{argument}: {name} {symbol} does not occur in {expr}")
    return expr


def _as_polynomial(
    expr: sympy.Expr, unknown: sympy.Symbol, small: sympy.Symbol
) -> tuple[sympy.Poly, FieldAlgebra] | None:
    """Return the equation as a polynomial in x, eps and its parameters, or None."""
    try:
        polynomial = _rational_polynomial(expr, unknown, small)
        if polynomial is not None:
            return polynomial, FieldAlgebra(field_with(polynomial.gens[2:]))
        numerator = sympy.expand(sympy.fraction(sympy.cancel(sympy.together(expr)))[0])
        # Numbers such as pi stand beside the parameters.
        values = sympy.Poly(numerator, unknown, small).coeffs()
    except sympy.PolynomialError:
        return None
    numbers = {node for value in values for node in _numbers(value)}
    names = {node: sympy.Dummy(f"g{k}") for k, node in enumerate(sorted(numbers, key=str))}
    polynomial = _rational_polynomial(numerator.xreplace(names), unknown, small)
    if polynomial is None:
        return None
    return polynomial, FieldAlgebra(field_with(polynomial.gens[2:]), names)


def _numbers(expr: sympy.Expr) -> set[sympy.Expr]:
    """Return the largest parts of an expression that are irrational constants or functions."""
    if expr.is_Add or expr.is_Mul or (expr.is_Pow and expr.exp.is_Integer):
        return set().union(*(_numbers(arg) for arg in expr.args))
    return set() if expr.is_Rational or expr.is_Symbol else {expr}


def _rational_polynomial(
    expr: sympy.Expr, unknown: sympy.Symbol, small: sympy.Symbol
) -> sympy.Poly | None:
    others = sorted(expr.free_symbols - {unknown, small}, key=lambda symbol: str(symbol.name))
    try:
        return sympy.Poly(expr, unknown, small, *others, domain="QQ")
    except (sympy.PolynomialError, sympy.CoercionFailed):
        return None


def _algebraic(
    expr: sympy.Expr,
    reading: tuple[sympy.Poly, FieldAlgebra],
    unknown: sympy.Symbol,
    small: sympy.Symbol,
    order: int,
) -> list[RootBranch]:
    """Expand the roots of each factor that contains x."""
    polynomial, algebra = reading
    if polynomial.is_zero:
        raise ValueError(f"equation: {expr} vanishes identically")
    for symbol, name in ((unknown, "the unknown"), (small, "the small parameter")):
        if polynomial.degree(symbol) == 0:
            argument = "eps" if symbol is small else "equation"
            raise ValueError(f"{argument}: {name} {symbol} cancels from {expr}")
    _, factors = _as_flint(polynomial).factor()
    result: list[RootBranch] = []
    for factor, multiplicity in factors:
        rows = _rows(algebra.field, factor)
        if len(rows) < 2:
            continue
        try:
            for source in puiseux_classes(algebra.field, rows):
                one = algebra.over(source.field)
                if isinstance(source.field, SimpleExtension) and source.field.parameters:
                    _ = source.field.conjugates  # closed forms are needed, and not always there
                result.extend(
                    RootBranch(expr, unknown, small, order, int(multiplicity), source, one, k)
                    for k in range(source.field.conjugate_count)
                )
        except NoJetError as error:
            raise BranchError(
                f"equation: the leading terms of a branch solve {error.function} = 0: "
                f"{error.reason}; give the parameters numbers"
            ) from error
    return result


def _as_flint(polynomial: sympy.Poly) -> Any:
    names = ["x", "s", *(f"p{k}" for k in range(len(polynomial.gens) - 2))]
    context = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.lex)
    terms = {powers: flint.fmpq(int(c.p), int(c.q)) for powers, c in polynomial.terms()}
    return context.from_dict(terms)


def _rows(field: Field, polynomial: Any) -> list[Any]:
    """Return the coefficients of the powers of x as polynomials in s over the field."""
    parts: dict[tuple[int, int], Any] = {}
    for powers, number in polynomial.to_dict().items():
        i, j = int(powers[0]), int(powers[1])
        if isinstance(field, FunctionField):
            monomial = field.context.from_dict({(0, *powers[2:]): number})
            number = field.from_polynomial(monomial)
        parts[i, j] = parts[i, j] + number if (i, j) in parts else number
    degree = max(i for i, _ in parts)
    zero = field.element(0)
    rows = []
    for i in range(degree + 1):
        highest = max((j for k, j in parts if k == i), default=-1)
        rows.append(field.polynomial([parts.get((i, j), zero) for j in range(highest + 1)]))
    return rows


def _analytic(
    expr: sympy.Expr, unknown: sympy.Symbol, small: sympy.Symbol, order: int
) -> list[RootBranch]:
    """Expand the branches that start from the simple roots at eps = 0."""
    undisturbed = undisturbed_equation(expr, unknown, small)
    if unknown not in undisturbed.free_symbols:
        raise BranchError(
            f"equation: at {small} = 0 it is {undisturbed} = 0, which leaves {unknown} open: there "
            "is no regular branch, and only those of an equation that is no polynomial are expanded"
        )
    result = []
    for algebra, start, multiplicity in _starts(undisturbed, unknown, small):
        if multiplicity == 1:
            regular = regular_root(expr, (unknown, small), algebra, start)
            for source, writer, k in regular:
                result.append(RootBranch(expr, unknown, small, order, 1, source, writer, k))
            continue
        for conjugate in range(algebra.field.conjugate_count):
            root = algebra.expression(start, conjugate)
            for parts, writer in split_root(expr, (unknown, small), root, multiplicity, order):
                result.extend(
                    RootBranch(expr, unknown, small, order, 1, parts, writer, k)
                    for k in range(parts.field.conjugate_count)
                )
    return result


def _starts(
    undisturbed: sympy.Expr, unknown: sympy.Symbol, small: sympy.Symbol
) -> list[tuple[FieldAlgebra, Any, int]]:
    """Return the roots at eps = 0 with the algebras of their fields, and their multiplicities."""
    reading = _as_polynomial(undisturbed, unknown, small)
    result: list[tuple[FieldAlgebra, Any, int]] = []
    if reading is None:
        for root, multiplicity in transcendental_starts(undisturbed, unknown):
            _, algebra = generators_at(unknown, {unknown: root}, small)
            result.append((algebra, algebra.constant(root), multiplicity))
        return result
    polynomial, algebra = reading
    constants = [row[0] for row in _rows(algebra.field, _as_flint(polynomial))]
    for factor, multiplicity in algebra.field.factors(algebra.field.polynomial(constants)):
        larger, _, root = adjoin_root(algebra.field, factor)
        result.append((algebra.over(larger), root, multiplicity))
    return result


def _sort_key(branch: RootBranch) -> tuple[int, Any, int, Any]:
    """Order the branches: regular, vanishing, unbounded; rational leading terms first, by value."""
    exponent = branch.exponents[0]
    kind = 0 if exponent == 0 else 1 if exponent > 0 else 2
    leading = branch.source.coefficients(0)[0]
    if isinstance(leading, flint.fmpq):
        return kind, exponent, 0, leading
    return kind, exponent, 1, flint.fmpq(0)
