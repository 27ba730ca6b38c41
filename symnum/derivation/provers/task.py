"""What the rungs of the ladder share: the task, the proof, and the counterexample on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from sympy import Expr, Symbol

from symnum.derivation.provers.enclosures import enclosed_at, excludes_zero
from symnum.derivation.provers.field import Quotient, TooLargeError
from symnum.derivation.provers.normalform import NormalForm, normal_form
from symnum.derivation.provers.setting import Setting

__all__ = ["CounterexampleError", "Proof", "Task", "differs"]


@final
@dataclass(frozen=True, slots=True)
class Proof:
    """How something was proved."""

    method: str
    details: tuple[tuple[str, str], ...] = ()
    level: str = "exact"


@final
class CounterexampleError(Exception):
    """A point of the setting at which the two sides differ, found while proving."""

    def __init__(self, point: dict[Symbol, Expr]) -> None:
        super().__init__(point)
        self.point = point


@final
@dataclass(frozen=True, slots=True)
class Task:
    """Two sides to be proved equal on a setting.

    Attributes
    ----------
    setting : Setting
    lhs, rhs : sympy.Expr
        Over the symbols of the setting.
    prover : callable
        The whole ladder, for the smaller tasks that a rung makes.
    depth : int
        How many rungs led here.
    """

    setting: Setting
    lhs: Expr
    rhs: Expr
    prover: Callable[[Task], Proof | None]
    depth: int = 0

    def prove(self, setting: Setting, lhs: Expr, rhs: Expr) -> Proof | None:
        """Climb the ladder for a smaller task."""
        return self.prover(Task(setting, lhs, rhs, self.prover, self.depth + 1))

    @property
    def difference(self) -> Expr:
        """The left side minus the right one."""
        return self.lhs - self.rhs

    def converted(self, *exprs: Expr) -> tuple[NormalForm, tuple[Quotient, ...]] | None:
        """Return expressions in normal form over common generators, None where too large."""
        try:
            return normal_form(self.setting, *exprs)
        except (TooLargeError, ZeroDivisionError):
            return None


def differs(lhs: Expr, rhs: Expr, point: dict[Symbol, Expr]) -> bool:
    """Tell whether balls at a point exclude that the two sides are equal."""
    return excludes_zero(enclosed_at(lhs - rhs, point))
