"""What a row of the table of functions holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sympy import Expr

from symnum.compiler.terms import Term, constant

__all__ = ["Formula", "FunctionRow", "both", "moved", "no_derivative", "polynomial"]

Formula = Callable[..., Term]


def no_derivative(*operands: Term) -> Term:
    """Stand for a partial derivative that has no formula; the differentiation refuses it."""
    raise NotImplementedError("this partial derivative has no formula")


def both(first: Term, *others: Term) -> Term:
    """Append the conjunction of conditions."""
    for condition in others:
        first = first.make("both", first, condition)
    return first


def moved(order: Term, step: Expr | int) -> Term:
    """Append an order plus a number; of a constant a constant."""
    return order + step if order.exact is None else constant(order, order.exact + step)


def polynomial(coefficients: Sequence[Expr], x: Term) -> Term:
    """Append a polynomial by Horner's rule; the coefficients start with the constant one."""
    total = constant(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """All that the compiler knows of one function.

    Parameters
    ----------
    name : str
        The canonical name, the value of a `call` node.
    arity : int
        The number of operands.
    partials : tuple of (callable or None)
        The derivative in each operand, called with the operands and the value of the function
        itself as last argument. None is a derivative that is zero wherever it exists;
        `no_derivative` one that has no formula.
    classes : tuple of type
        The SymPy classes that are lowered to a call of this function.
    definition : callable, optional
        The function in terms of simpler ones, called with the operands. A pass puts it in place
        of the call, after differentiation.
    parity : str
        ``"even"`` or ``"odd"`` where the function is so exactly, also in rounded arithmetic.
    analytic : bool
        Whether the derivative exists for complex operands.
    """

    name: str
    arity: int
    partials: tuple[Formula | None, ...]
    classes: tuple[type, ...] = ()
    definition: Formula | None = None
    parity: str = ""
    analytic: bool = True
