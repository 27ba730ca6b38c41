"""What is iterated for a batch of roots: the programs of one lane, and what their results mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.program import Program
from symnum.rootfinding.status import Status

__all__ = ["Column", "LaneProblem"]

Column: TypeAlias = "NDArray[np.float64]"

Start = Callable[[Sequence[NDArray[Any]], Sequence[Column]], list[Column]]


@dataclass(frozen=True, slots=True)
class LaneProblem:
    """The iteration of one lane, for `iteration_kernel`.

    Attributes
    ----------
    step : Program
        From the states and the parameters to the next states and a code, 0 to go on.
    states : int
        How many states there are.
    start : callable
        From the starts of the unknowns and the parameters, one-dimensional arrays of one length, to
        the inputs of the iteration; arrays of stride 0 where these are the same in all lanes.
    root : tuple of int
        The states that are the answer: one for each unknown; real and imaginary part of a complex
        one.
    extras : tuple of str
        What `finish` computes, in order: ``"residual"`` (of a complex equation
        ``"residual.re"``, ``"residual.im"``), ``"error_bound"``, ``"multiplicity"``,
        ``"gradient[j]"`` or ``"gradient[i,j]"`` for parameter j.
    statuses : mapping of int to Status
        The meaning of the codes; 0 is `Status.MAXITER`.
    finish : Program or None
        From the same arguments, and the code if `decides`, to the extras, and the final code if
        `decides`.
    begin : Program or None
        From the inputs and the parameters to the first states; without it the inputs are these.
    decides : bool
        Whether `finish` has the last word on the code.
    inputs : int or None
        How many inputs `start` returns, if not one for each state.
    most : int
        The largest number of steps.
    simple : int or None
        The code that says that a root is a simple one, for sure.
    review : LaneProblem or None
        What is iterated for lanes that end with the code `UNSURE` or more. Its starts are the root,
        the first two extras, and the code less `UNSURE`; its root, extras and codes take the
        place of those.
    """

    step: Program
    states: int
    start: Start
    root: tuple[int, ...]
    extras: tuple[str, ...]
    statuses: Mapping[int, Status]
    finish: Program | None = None
    begin: Program | None = None
    decides: bool = False
    inputs: int | None = None
    most: int = 100
    simple: int | None = None
    review: LaneProblem | None = None
