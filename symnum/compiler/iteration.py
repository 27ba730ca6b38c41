"""Iterated kernels: a step repeated on every lane until that lane is finished.

An ordinary kernel evaluates a program once for each element. Here each element has states, a step
turns them into the next ones, and a code says when it is done. Vectors of lanes are stepped
together; a lane that is finished makes room for the next element, so none waits for the slowest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.functions import check_functions
from symnum.compiler.iteration_code import IterationCode
from symnum.compiler.machine import CompilationError, MachineCode, machine_code
from symnum.compiler.passes import optimise
from symnum.compiler.program import Program
from symnum.compiler.threads import run_chunks
from symnum.errors import SymnumError, SymnumWarning

__all__ = ["IterationKernel", "IterationOutcome", "iteration_kernel"]

Column: TypeAlias = "NDArray[np.float64]"

# Bytes of a line of the cache, where the buffers begin.
LINE = 64


@dataclass(frozen=True, slots=True)
class IterationOutcome:
    """What became of every element.

    Attributes
    ----------
    states : list of ndarray of float64
        The last values of the states that were asked for.
    status : ndarray of uint8
        The code with which each element finished; 0 where the steps did not suffice.
    iterations : ndarray of int32
        How many steps each took.
    extras : list of ndarray of float64
        What `finish` computed.
    """

    states: list[Column]
    status: NDArray[np.uint8]
    iterations: NDArray[np.int32]
    extras: list[Column]


def iteration_kernel(
    step: Program,
    states: int,
    finish: Program | None = None,
    *,
    begin: Program | None = None,
    inputs: int | None = None,
    kept: Sequence[int] | None = None,
    decides: bool = False,
) -> IterationKernel:
    """Return a kernel that repeats a step on every element until it is finished.

    Parameters
    ----------
    step : Program
        Of real numbers and without side effects. Arguments: the states, then the parameters.
        Outputs: as many next states, then a code: 0 to go on, or a whole number from 1 to 255 with
        which this element is finished. It may be evaluated for elements that are finished.
    states : int
        The number of states, at least 1.
    finish : Program, optional
        Evaluated once for every finished element, from the same arguments; its outputs are further
        results.
    begin : Program, optional
        Makes the first states from the inputs and the parameters. Without it the inputs are the
        first states.
    inputs : int, optional
        The number of inputs of `begin`; the number of states by default.
    kept : sequence of int, optional
        The states that are wanted as results, all by default.
    decides : bool, optional
        Whether `finish` takes the code as one more argument behind the parameters and returns the
        final code as its last output.

    Returns
    -------
    IterationKernel
        Nothing is compiled yet.

    Raises
    ------
    ValueError
        If the numbers of arguments and outputs do not fit together.

    Examples
    --------
    The square root by Newton's method:

    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x, a = sympy.symbols("x a")
    >>> done = sympy.Piecewise((1, abs(x**2 - a) < a * 1e-12), (0, True))
    >>> kernel = iteration_kernel(lower((x, a), ((x + a / x) / 2, done)), 1)
    >>> outcome = kernel.run([np.full(2, 1.0)], [np.array([4.0, 9.0])], most=50)
    >>> outcome.states[0].tolist()
    [2.0, 3.0]
    """
    read = states if inputs is None else inputs
    parameters = step.arity - states
    _check(step, states, finish, begin, read, decides)
    wanted = tuple(range(states)) if kept is None else tuple(kept)
    return IterationKernel(
        IterationCode(step, finish, begin, read, states, parameters, wanted, decides)
    )


def _check(
    step: Program,
    states: int,
    finish: Program | None,
    begin: Program | None,
    inputs: int,
    decides: bool,
) -> None:
    if states < 1 or step.arity < states or len(step.outputs) != states + 1:
        raise ValueError(
            f"step: expected at least {max(states, 1)} arguments and {states + 1} outputs for "
            f"{states} states, got {step.arity} and {len(step.outputs)}"
        )
    parameters = step.arity - states
    if finish is not None and finish.arity != step.arity + decides:
        raise ValueError(f"finish: expected {step.arity + decides} arguments, got {finish.arity}")
    if decides and (finish is None or not finish.outputs):
        raise ValueError("decides: there is no output of finish that could be the code")
    if begin is None and inputs != states:
        raise ValueError(f"inputs: without begin expected {states}, got {inputs}")
    if begin is not None and (begin.arity, len(begin.outputs)) != (inputs + parameters, states):
        raise ValueError(
            f"begin: expected {inputs + parameters} arguments and {states} outputs, got "
            f"{begin.arity} and {len(begin.outputs)}"
        )


class IterationKernel:
    """A step that is repeated on every element until that is finished.

    Parameters
    ----------
    raw : IterationCode
        The programs before the passes.
    """

    __slots__ = ("_code", "_machine", "raw")

    def __init__(self, raw: IterationCode) -> None:
        self.raw = raw
        self._code: IterationCode | None = None
        self._machine: MachineCode | None = None

    @property
    def code(self) -> IterationCode:
        """The programs in their final form.

        Raises
        ------
        UnsupportedNodeError
            If a function has no machine code.
        """
        if self._code is None:
            final = {name: optimise(program)[0] for name, program in self.raw.programs.items()}
            for program in final.values():
                check_functions(program)
            finish, begin = final.get("finish"), final.get("begin")
            self._code = replace(self.raw, step=final["step"], finish=finish, begin=begin)
        return self._code

    @property
    def source(self) -> str:
        """The programs as text."""
        return self.code.text

    @property
    def compiled(self) -> bool:
        """Whether the machine code is in memory, so that a call compiles and loads nothing."""
        return self._machine is not None and self._machine.loaded

    def compile(self) -> None:
        """Make the machine code, or load it, if that has not been done.

        Raises
        ------
        CompilationError
            If the compiler refuses the code.
        """
        self._entry()

    def run(
        self,
        starts: Sequence[NDArray[Any]],
        parameters: Sequence[NDArray[Any]],
        *,
        most: int,
        threads: int = 1,
        interpreted: bool = False,
        out: Sequence[Column] | None = None,
    ) -> IterationOutcome:
        """Iterate.

        Parameters
        ----------
        starts : sequence of ndarray
            The inputs, one-dimensional and of one length; any stride, 0 for what is the same in all
            elements.
        parameters : sequence of ndarray
            As many as the step has arguments behind the states.
        most : int
            The largest number of steps of one element.
        threads : int, optional
            How many threads take part; the results do not depend on it.
        interpreted : bool, optional
            Whether to do without machine code: for few elements that is quicker. The results differ
            by rounding.
        out : sequence of ndarray, optional
            Where to write the results, the states and then the extras: one-dimensional arrays of
            float64 with any stride.

        Returns
        -------
        IterationOutcome

        Raises
        ------
        ValueError
            If the number or the lengths of the arrays are wrong.
        """
        arrays = self._columns(starts, parameters)
        size = arrays[0].shape[0]
        code = self.raw
        written = len(code.kept) + code.extras
        results = [np.empty(size) for _ in range(written)] if out is None else list(out)
        if any(a.shape != (size,) or a.dtype != np.float64 for a in results):
            raise ValueError(f"out: expected arrays of {size} float64")
        if len(results) != written:
            raise ValueError(f"out: expected {written} arrays, got {len(results)}")
        if interpreted:
            from symnum.compiler.iteration_interpretation import interpret_iteration

            outcome = interpret_iteration(self.raw, arrays, most)
            for place, column in zip(results, [*outcome.states, *outcome.extras], strict=True):
                place[:] = column
            return replace(
                outcome, states=results[: len(code.kept)], extras=results[len(code.kept) :]
            )
        iterations = np.empty(size, dtype=np.int32)
        status = np.empty(size, dtype=np.uint8)
        if size:
            block = self._entry()
            whole: list[NDArray[Any]] = [*arrays, *results, iterations]
            distances = [array.strides[0] for array in (*arrays, *results)]
            settings = np.array([most, *distances], dtype=np.int64)

            def task(start: int, stop: int) -> None:
                rows = [array[start:stop] for array in whole]
                block(*rows, settings, self._buffers(), status[start:stop])

            if threads > 1:
                run_chunks(task, size, threads)
            else:
                task(0, size)
        kept = len(code.kept)
        return IterationOutcome(results[:kept], status, iterations, results[kept:])

    def _columns(
        self, starts: Sequence[NDArray[Any]], parameters: Sequence[NDArray[Any]]
    ) -> list[Column]:
        expected = (self.raw.inputs, self.raw.parameters)
        if (len(starts), len(parameters)) != expected:
            raise ValueError(
                f"expected {expected[0]} starts and {expected[1]} parameters, got {len(starts)} "
                f"and {len(parameters)}"
            )
        arrays = [np.asarray(array, dtype=np.float64) for array in (*starts, *parameters)]
        shapes = sorted({array.shape for array in arrays})
        if len(shapes) != 1 or len(shapes[0]) != 1:
            raise ValueError(f"expected one-dimensional arrays of one length, got {shapes}")
        return [array if array.flags.aligned else array.copy() for array in arrays]

    def _buffers(self) -> Column:
        """Return memory for the lanes; every call and thread has its own."""
        from symnum.compiler.iteration_layout import buffer_cells

        memory = np.zeros(buffer_cells(self.code) + LINE // 8)
        first = -memory.ctypes.data % LINE // 8
        return memory[first:]

    def _entry(self) -> Callable[..., Any]:
        try:
            if self._machine is None:
                self._machine = machine_code(self.code)
            return self._machine.entry("block")
        except (SymnumError, SymnumWarning):
            raise
        except Exception as error:
            lines = enumerate(self.source.splitlines(), 1)
            numbered = "\n".join(f"{number:5d}  {line}" for number, line in lines)
            raise CompilationError("an iterated kernel", str(error), numbered) from error
