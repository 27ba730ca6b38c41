"""What the rules share: expressions seen as rational functions of their kernels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy import Add, Expr, Mul, Pow, S

__all__ = [
    "Frozen",
    "coefficient_and_rest",
    "expanded",
    "factored",
    "fraction",
    "freeze",
    "is_power_of_two",
    "kernels",
    "sums_inside",
]

# A power of a sum with a higher exponent is a kernel: expanding it would do harm.
HIGHEST_POWER = 4

# Expanding and factoring is given up beyond this many operations.
LARGEST = 80


@dataclass(frozen=True, slots=True)
class Frozen:
    """An expression whose kernels are variables.

    Parameters
    ----------
    expression : Expr
        A rational function.
    kernels : dict
        From each variable to the kernel that it stands for.
    """

    expression: Expr
    kernels: dict[Expr, Expr]

    def thawed(self, expression: Expr) -> Expr:
        """Put the kernels back into an expression."""
        return expression.xreplace(self.kernels)


def freeze(expression: Expr) -> Frozen:
    """Replace every function and every root by a variable."""
    names: dict[Expr, Expr] = {}

    def walk(node: Expr) -> Expr:
        if node.is_Symbol or node.is_Rational:
            return node
        if node.is_Add or node.is_Mul:
            return node.func(*(walk(part) for part in node.args))
        if isinstance(node, Pow) and node.exp.is_Integer:
            small = abs(node.exp) <= HIGHEST_POWER or not node.base.is_Add
            if small:
                return walk(node.base) ** node.exp
        if node not in names:
            names[node] = sympy.Symbol(f"k{len(names)}", real=True)
        return names[node]

    frozen = walk(expression)
    return Frozen(frozen, {symbol: kernel for kernel, symbol in names.items()})


def kernels(expression: Expr) -> list[Expr]:
    """Return the functions and roots in an expression, those inside of others left out."""
    return list(freeze(expression).kernels.values())


def _is_small(expression: Expr) -> bool:
    return bool(expression.count_ops() <= LARGEST)


def expanded(expression: Expr) -> Expr:
    """Expand a sum of products of kernels."""
    frozen = freeze(expression)
    if not _is_small(frozen.expression):
        return expression
    return frozen.thawed(sympy.expand(frozen.expression))


def factored(expression: Expr) -> Expr:
    """Factor an expression as a rational function of its kernels."""
    frozen = freeze(expression)
    if not _is_small(frozen.expression):
        return expression
    return frozen.thawed(sympy.factor(frozen.expression))


def fraction(expression: Expr) -> tuple[Expr, Expr]:
    """Return numerator and denominator without common factors, the numerator expanded."""
    frozen = freeze(expression)
    if not _is_small(frozen.expression):
        return expression, S.One
    top, bottom = sympy.fraction(sympy.cancel(frozen.expression))
    _, whole_bottom = sympy.fraction(sympy.together(frozen.expression))
    if sympy.expand(whole_bottom - bottom) == 0:
        # The denominator as it stands is a product.
        bottom = whole_bottom
    return frozen.thawed(top), frozen.thawed(bottom)


def sums_inside(expression: Expr) -> Iterator[Expr]:
    """Yield the sums in an expression, the outermost first."""
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, Add) and not node.is_number:
            yield node


def coefficient_and_rest(term: Expr) -> tuple[Expr, Expr]:
    """Split a term into its constant factor and the others."""
    constants = [part for part in Mul.make_args(term) if part.is_number]
    others = [part for part in Mul.make_args(term) if not part.is_number]
    return Mul(*constants), Mul(*others)


def is_power_of_two(number: Expr) -> bool:
    """Tell whether multiplying a double by a number, of either sign, rounds nothing.

    Examples
    --------
    >>> is_power_of_two(sympy.Rational(-1, 4)), is_power_of_two(sympy.Integer(3))
    (True, False)
    """
    if not number.is_Rational or number == 0:
        return False
    height = abs(int(number.p)) * int(number.q)
    return height & (height - 1) == 0 and height < 2**100
