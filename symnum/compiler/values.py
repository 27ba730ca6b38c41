"""What the lowering knows of a sub-expression: a number or a truth value, not yet a node.

A `Value` is coefficient * numerator / denominator, with an exact coefficient. Signs, exact factors
and reciprocals stay in it until the value is used: so a + (-1)*b is one subtraction,
a * b**-1 * c**-2 one division, and constants are multiplied exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr

__all__ = ["Condition", "Value"]


@dataclass(frozen=True, slots=True)
class Value:
    """A number: coefficient * numerator / denominator; None stands for 1.

    Parameters
    ----------
    coefficient : Expr
        An exact constant.
    numerator, denominator : int or None
        Positions of nodes.
    depth : int
        How many operations deep the expression of a constant is.
    """

    coefficient: Expr
    numerator: int | None = None
    denominator: int | None = None
    depth: int = 0

    @property
    def is_constant(self) -> bool:
        """Whether no node takes part."""
        return self.numerator is None and self.denominator is None

    @property
    def is_negative(self) -> bool:
        """Whether the coefficient is written with a minus sign."""
        number = self.coefficient
        return bool(number < 0 if number.is_Rational else number.could_extract_minus_sign())

    @property
    def opposite(self) -> Value:
        """The value with the other sign."""
        return replace(self, coefficient=-self.coefficient)


@dataclass(frozen=True, slots=True)
class Condition:
    """A truth value: the position of its node."""

    position: int
