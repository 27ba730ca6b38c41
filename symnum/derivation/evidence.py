"""What a prover hands back: how strongly a claim holds, by what, and with which numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

__all__ = ["Evidence"]

_LEVELS = ("exact", "interval", "identity", "statistical")


@final
@dataclass(frozen=True, slots=True)
class Evidence:
    """The outcome of a successful check.

    Parameters
    ----------
    level : str
        ``exact``: algebra reduced the difference to zero, or an exact decision procedure answered.
        ``interval``: outward-rounded arithmetic covered the whole domain. ``identity``: agreement
        at points, of expressions that are analytic on the domain. ``statistical``: a simulation.
    method : str
        The deciding argument in a few words, for the page.
    details : tuple of (str, str)
        Further facts in reading order: points and digits, boxes, lemmas, enclosures.
    value : object
        For a root the SymPy number; None otherwise.

    Raises
    ------
    ValueError
        A level that does not exist, an empty method.

    Examples
    --------
    >>> Evidence("exact", "polynomial identity", (("points", "12 x 50 digits"),)).level
    'exact'
    """

    level: str
    method: str
    details: tuple[tuple[str, str], ...] = ()
    value: Any = None

    def __post_init__(self) -> None:
        if self.level not in _LEVELS:
            raise ValueError(f"level: expected one of {', '.join(_LEVELS)}, got {self.level!r}")
        if not self.method:
            raise ValueError("method: expected a few words, got an empty text")
