"""Families of functions among which the closest one is sought."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import arb, arb_series

from symnum.approximation.problem import Problem

__all__ = ["Family", "Level"]

SIGN_BITS = 96


@dataclass(frozen=True, slots=True)
class Level:
    """A member of a family whose weighted errors at the reference points are equal in size.

    Attributes
    ----------
    values : tuple of arb
        The free parameters, exact.
    error : arb
        The signed error at the first point of the reference.
    """

    values: tuple[arb, ...]
    error: arb


class Family(ABC):
    """Functions F(x; p) of one variable with finitely many free parameters p.

    Attributes
    ----------
    problem : Problem
        What is approximated.
    free : tuple of str or Symbol
        The names of the free parameters.
    """

    problem: Problem
    free: tuple[Any, ...]

    @abstractmethod
    def series(self, box: arb, values: Sequence[arb], prec: int, terms: int) -> arb_series:
        """Return the Taylor series of a member over a box, as `RegularFunction.series` does."""

    @abstractmethod
    def level(self, reference: Sequence[arb], previous: Level | None, prec: int) -> Level:
        """Return the member with errors of equal size and alternating signs at the reference.

        Parameters
        ----------
        reference : sequence of arb
            One point more than there are free parameters, ascending and exact.
        previous : Level or None
            A start, where one is needed.
        prec : int
            Precision in bits.

        Raises
        ------
        ArithmeticError
            Where there is none, or it was not found.
        """

    @abstractmethod
    def pattern(self, place: arb) -> int:
        """Return the sign with which a difference of members counts at a point.

        It is 1 for a Haar family: differences vanish only where they change sign.
        """

    @abstractmethod
    def guard_bits(self) -> int:
        """Return how many bits the solution of the levelled equations may lose."""

    @abstractmethod
    def order(self) -> int:
        """Return the order of Taylor polynomials that suits the error of a member."""

    @abstractmethod
    def parameters(self, values: Sequence[arb]) -> dict[Any, arb]:
        """Return every parameter by name, fixed ones included."""

    @abstractmethod
    def state(self, numbers: Mapping[Any, Any]) -> tuple[Any, ...]:
        """Return the values of a member, as `series` takes them, from its parameters by name."""

    @abstractmethod
    def expression(self, numbers: dict[Any, sympy.Expr]) -> sympy.Expr:
        """Return a member as an expression in x, from its parameters by name."""

    @abstractmethod
    def optimality(self) -> str:
        """Return the argument by which so many alternations prove a member to be the best."""

    @property
    def size(self) -> int:
        """The number of free parameters."""
        return len(self.free)

    def orientation(self, place: arb) -> int:
        """Return the sign with which the weighted error counts at a point.

        One over the weight may change its sign where it vanishes: only its size matters.
        """
        inverse = self.problem.inverse_weight
        if inverse is None:
            return self.pattern(place)
        weighted = self.problem.cached_data(place, SIGN_BITS, 1)[1]
        assert weighted is not None
        return self.pattern(place) * (-1 if weighted[0] < 0 else 1)

    def error(self, box: arb, values: Sequence[arb], prec: int, terms: int) -> arb_series:
        """Return the Taylor series of the weighted error of a member over a box."""
        target, inverse_weight = self.problem.data(box, prec, terms)
        difference = target - self.series(box, values, prec, terms)
        return difference if inverse_weight is None else difference * inverse_weight
