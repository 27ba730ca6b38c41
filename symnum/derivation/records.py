"""Plain copies of proved steps, for reading them many times over within one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from sympy import Expr, Symbol

from symnum.derivation.claims import Claim, ResultClaim
from symnum.expressions.box import Box

if TYPE_CHECKING:
    from symnum.derivation.steps import Step

__all__ = ["Record", "View"]


@final
@dataclass(frozen=True, slots=True)
class Record:
    """What a step and its certificate say, without their seals.

    A record proves nothing: it is made from a step whose seal was checked, used at once and
    never handed out.
    """

    number: int
    claim: Claim
    expanded: Claim
    why: str
    using: tuple[int, ...]
    lemmas: tuple[str, ...]
    thread: int
    name: str
    level: str
    method: str
    details: tuple[tuple[str, str], ...]
    cached: bool
    value: Expr | None


@final
@dataclass(frozen=True, slots=True)
class View:
    """A ledger as it was when its seals were last checked.

    Attributes
    ----------
    titles : tuple of str
        Name, title and source.
    box : symnum.expressions.Box
    steps : tuple of Step
    records : tuple of Record
        One for each step.
    definitions : mapping from sympy.Symbol to sympy.Expr
        With earlier definitions substituted.
    """

    titles: tuple[str, str, str]
    box: Box
    steps: tuple[Step, ...]
    records: tuple[Record, ...]
    definitions: Mapping[Symbol, Expr]

    @property
    def declared(self) -> dict[str, Symbol]:
        """The symbols with a domain or a definition, by name."""
        return {symbol.name: symbol for symbol in (*self.box.symbols, *self.definitions)}

    @property
    def result(self) -> ResultClaim | None:
        """The result with definitions substituted, None where there is none yet."""
        claims = (record.expanded for record in self.records)
        return next((claim for claim in claims if isinstance(claim, ResultClaim)), None)
