"""Where the lanes of an iterated program lie: arrays, buffers of lanes, columns of buffers.

Everything is counted in cells of eight bytes. A buffer holds columns of so many cells, one for each
lane; a lane is moved by copying its cell in each column.
"""

from __future__ import annotations

from symnum.compiler.iteration_code import IterationCode, argument_places
from symnum.compiler.program import Program
from symnum.compiler.vector_code import copies_at_once
from symnum.compiler.vectors import host_target

__all__ = ["HEAD", "Layout", "buffer_cells"]

# Lanes that are stepped in turn, and lanes that wait before and after. A vector that is read again
# right after one of its lanes was exchanged would have to wait for the memory.
WORKING = 128
INCOMING = 64
FINISHED = 64

# Functions that are single instructions, or nearly so.
SHORT = frozenset(["absolute", "maximum", "minimum", "floor", "ceiling"])

# Cells before the first buffer: the largest number of steps, once for each lane of a vector.
HEAD = 16


class Layout:
    """Where everything is: arrays by their number, buffers by cells, lanes by columns.

    The arrays are the inputs, the parameters, the results (kept states, then extras), the numbers
    of steps, the settings (the largest number of steps and the distance in bytes between elements
    of each input, parameter and result), the memory for the buffers, and the codes.

    Parameters
    ----------
    code : IterationCode
        The programs.
    lanes : int
        Doubles of a vector.
    """

    def __init__(self, code: IterationCode, lanes: int) -> None:
        self.code = code
        self.lanes = lanes
        self.working, self.incoming, self.finished = WORKING, INCOMING, FINISHED
        used = argument_places(code.step) | (argument_places(code.finish))
        # Parameters that are needed after the first step was prepared.
        self.carried = [k for k in range(code.parameters) if code.states + k in used]
        self.copies = self.copies_of(code.step)
        self.group = self.copies * lanes

    def copies_of(self, program: Program) -> int:
        """Return how many vectors of lanes are computed at once."""
        # The columns are read when they are needed, so their number does not matter.
        return copies_at_once(program, 0, SHORT)

    @property
    def read(self) -> int:
        """The number of arrays that are read."""
        return self.code.inputs + self.code.parameters

    @property
    def written(self) -> int:
        """The number of results of a lane besides its steps and its code."""
        return len(self.code.kept) + self.code.extras

    @property
    def arrays(self) -> int:
        """The number of arrays."""
        return self.read + self.written + 4

    # ------------------------------------------------------------------ columns

    @property
    def count(self) -> int:
        """The column with the number of steps of a working or finished lane."""
        return self.code.states + len(self.carried)

    @property
    def code_column(self) -> int:
        """The column with the code."""
        return self.count + 1

    @property
    def place(self) -> int:
        """The column with the number of the element that a lane computes."""
        return self.count + 2

    @property
    def width(self) -> int:
        """The number of columns of working lanes."""
        return self.count + 3

    def step_columns(self) -> dict[int, int]:
        """Return the column of each argument of the step."""
        columns = {state: state for state in range(self.code.states)}
        for column, parameter in enumerate(self.carried):
            columns[self.code.states + parameter] = self.code.states + column
        return columns

    def finish_columns(self) -> tuple[dict[int, int], list[int]]:
        """Return the columns of the arguments and of the results of what is done at the end."""
        columns = self.step_columns()
        columns[self.code.states + self.code.parameters] = self.code_column
        results = [self.width + extra for extra in range(self.code.extras)]
        return columns, results + [self.code_column] * self.code.decides

    def begin_columns(self) -> tuple[dict[int, int], list[int]]:
        """Return the columns of the arguments and of the results of what comes first."""
        columns = {argument: argument for argument in range(self.read)}
        return columns, [self.read + state for state in range(self.code.states)]

    # ------------------------------------------------------------------ cells

    @property
    def incoming_cell(self) -> int:
        """The first cell of the incoming lanes."""
        return HEAD

    @property
    def working_cell(self) -> int:
        """The first cell of the working lanes."""
        begun = self.code.states if self.code.begin is not None else 0
        return self.incoming_cell + (self.read + begun) * self.incoming

    @property
    def finished_cell(self) -> int:
        """The first cell of the finished lanes."""
        return self.working_cell + self.width * self.working

    @property
    def cells(self) -> int:
        """The size of all buffers."""
        return self.finished_cell + (self.width + self.code.extras) * self.finished


def buffer_cells(code: IterationCode) -> int:
    """Return the number of cells that the buffers of an iteration take on this machine."""
    return Layout(code, host_target().lanes).cells
