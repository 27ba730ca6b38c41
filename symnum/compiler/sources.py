"""What a kernel needs of whatever it computes: a formula, or an engine's own algorithm.

`Kernel` holds what all of them share: NumPy's rules for arguments, arrays of other libraries,
derivatives by name, display, pickles. A source says what is computed and how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from symnum.compiler.arguments import Arguments
from symnum.compiler.structure import Structure

if TYPE_CHECKING:
    from symnum.compiler.accuracy import AccuracyReport

__all__ = ["Making", "Measure", "Rows", "Source"]

# Arrays in, one array for each single result out.
Rows = Callable[..., tuple[NDArray[Any], ...]]


class Making(Protocol):
    """What runs a kernel."""

    @property
    def text(self) -> str:
        """What is evaluated, as text."""

    @property
    def work(self) -> float:
        """A rough guess of the nanoseconds that one element takes."""

    @property
    def rewrites(self) -> tuple[str, ...]:
        """What was rewritten for accuracy."""

    @property
    def notice(self) -> str | None:
        """What the user is told when the kernel is made."""

    @property
    def parallel(self) -> bool | int | str:
        """On how many threads it may run, as for `lambdify`."""

    def entry(self, name: str) -> Callable[..., Any]:
        """Return the function of numbers, ``"formula"``, or a loop, ``"block"`` or ``"into"``.

        A loop takes contiguous one-dimensional arrays, inputs before outputs; ``"into"`` may
        refuse by returning False.
        """


class Measure(Protocol):
    """What knows the exact values of a kernel."""

    def reference(self, point: Sequence[Any], digits: int) -> Any:
        """Return the values at a point, to any number of digits."""

    def enclose(self, point: Sequence[Any]) -> Any:
        """Return balls around the values at a point."""

    def accuracy(
        self, rows: Rows, domain: Mapping[Any, tuple[Any, Any]], n: int, rng: Any
    ) -> AccuracyReport:
        """Compare what a kernel computes with the exact values."""


class Source(Protocol):
    """What a kernel is made from. Sources are compared, hashed and pickled."""

    @property
    def arguments(self) -> Arguments:
        """The arguments as the user gave them."""

    @property
    def dtype(self) -> str:
        """The name of the type of every result."""

    def structure(self) -> Structure:
        """Return what the results are put into."""

    def expression(self) -> Any:
        """Return what is computed, as SymPy expressions in the shape of the result."""

    def described(self) -> Any:
        """Return the same for display, derivatives not carried out."""

    def derived(self, operation: str, positions: tuple[int, ...] = ()) -> Source:
        """Return the source of a derivative."""

    def dependencies(self) -> Sequence[Sequence[int]]:
        """Return on which arguments, by position, each result depends."""

    def making(self) -> Making:
        """Return what runs the kernel."""

    def oracle(self) -> Measure:
        """Return what knows the exact values."""
