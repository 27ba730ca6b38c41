"""Vector code for small matrices: one matrix in each lane, all of them exponentiated at once.

A block of matrices lies in memory entry by entry, each entry a vector with one lane a matrix.
Products run over such blocks without a single shuffle. Each lane takes the degree and the number
of squarings that its own matrix asks for, so its result does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symnum.compiler.vectors import Function, Module, Vector
from symnum.compiler.vectors.operations import (
    absolute,
    ceiling,
    exponent,
    maximum,
    multiply_add,
    scale,
    select,
)

__all__ = ["Block", "Matrix", "doublings", "power_of_two", "product_text", "transposed"]

# Rows and columns of the part of a product that is summed up in registers.
ROWS, COLUMNS = 4, 6

# Up to this size products are written out.
LARGEST_WRITTEN_OUT = 4


@dataclass(frozen=True, slots=True)
class Matrix:
    """A block of matrices in the workspace.

    Parameters
    ----------
    name : str
        LLVM's name of its address.
    """

    name: str


class Block:
    """What is written for one block: loops over entries, products, sums along columns.

    Parameters
    ----------
    module : Module
        Where the products are defined.
    n : int
        The size of the matrices.
    parts : int
        2 for complex numbers, whose imaginary parts lie behind the real ones.

    Attributes
    ----------
    head : list of str
        Instructions that stand before all others.
    buffers : int
        How many blocks of matrices the workspace must hold.
    """

    def __init__(self, module: Module, n: int, parts: int) -> None:
        self.module = module
        self.n = n
        self.parts = parts
        self.function = Function(module)
        self.head: list[str] = []
        self.buffers = 0

    @property
    def type(self) -> str:
        """LLVM's type of an entry."""
        return f"<{self.module.lanes} x double>"

    @property
    def numbers(self) -> int:
        """Vectors that make a matrix."""
        return self.parts * self.n * self.n

    def matrix(self) -> Matrix:
        """Return a new block of matrices in the workspace."""
        name = f"%matrix{self.buffers}"
        self.head.append(
            f"  {name} = getelementptr inbounds {self.type}, ptr %workspace, "
            f"i64 {self.buffers * self.numbers}"
        )
        self.buffers += 1
        return Matrix(name)

    def number(self, value: float) -> Vector:
        """Return a number in all lanes."""
        blank = Vector(self.function, "", "double", self.module.lanes)
        return blank.of(value)

    def load(self, matrix: Matrix, index: str | int) -> Vector:
        """Read an entry."""
        address = self._address(matrix, index)
        return self.function.instruction(
            f"load {self.type}, ptr {address}, align 64", "double", self.module.lanes
        )

    def store(self, value: Vector, matrix: Matrix, index: str | int) -> None:
        """Write an entry."""
        address = self._address(matrix, index)
        self.function.lines.append(f"  store {self.type} {value.name}, ptr {address}, align 64")

    def _address(self, matrix: Matrix, index: str | int) -> str:
        return self.index_of(matrix.name, index, self.type)

    def index(self, text: str) -> str:
        """Append an instruction of single numbers or addresses and return the name of its value."""
        name = f"%{self.function.fresh()}"
        self.function.lines.append(f"  {name} = {text}")
        return name

    def index_of(self, address: str, index: str | int, kind: str = "double") -> str:
        """Return the address of an element of an array."""
        return self.index(f"getelementptr inbounds {kind}, ptr {address}, i64 {index}")

    def repeat(
        self,
        count: int | str,
        carried: Sequence[Vector],
        body: Callable[..., Sequence[Vector]],
    ) -> list[Vector]:
        """Write a loop: `body` gets the index and the carried values and returns the new ones."""
        function = self.function
        start, label = function.block, f"loop{function.fresh()}"
        index, following = f"%{function.fresh()}", f"%{function.fresh()}"
        function.lines += [f"  br label %{label}", f"{label}:"]
        function.block = label
        place = len(function.lines)
        phis = [
            Vector(function, f"%{function.fresh()}", value.kind, value.lanes) for value in carried
        ]
        new = body(index, *phis)
        end = function.block
        heads = [f"  {index} = phi i64 [ 0, %{start} ], [ {following}, %{end} ]"]
        heads += [
            f"  {phi.name} = phi {phi.type} [ {old.name}, %{start} ], [ {value.name}, %{end} ]"
            for phi, old, value in zip(phis, carried, new, strict=True)
        ]
        function.lines[place:place] = heads
        more, after = f"%{function.fresh()}", f"after{function.fresh()}"
        function.lines += [
            f"  {following} = add nuw i64 {index}, 1",
            f"  {more} = icmp ult i64 {following}, {count}",
            f"  br i1 {more}, label %{label}, label %{after}",
            f"{after}:",
        ]
        function.block = after
        return list(new)

    def while_any(
        self,
        going: Callable[..., Vector],
        carried: Sequence[Vector],
        body: Callable[..., Sequence[Vector]],
    ) -> list[Vector]:
        """Write a loop that runs while a condition holds in some lane."""
        function = self.function
        start, label = function.block, f"while{function.fresh()}"
        inside, after = f"do{function.fresh()}", f"done{function.fresh()}"
        function.lines += [f"  br label %{label}", f"{label}:"]
        function.block = label
        place = len(function.lines)
        phis = [
            Vector(function, f"%{function.fresh()}", value.kind, value.lanes) for value in carried
        ]
        wanted = self.any(going(*phis))
        function.lines += [f"  br i1 {wanted}, label %{inside}, label %{after}", f"{inside}:"]
        function.block = inside
        new = body(*phis)
        end = function.block
        function.lines[place:place] = [
            f"  {phi.name} = phi {phi.type} [ {old.name}, %{start} ], [ {value.name}, %{end} ]"
            for phi, old, value in zip(phis, carried, new, strict=True)
        ]
        function.lines += [f"  br label %{label}", f"{after}:"]
        function.block = after
        return phis

    def when(self, wanted: str, body: Callable[[], None]) -> None:
        """Write a piece of code that runs only if a truth value holds; it returns nothing."""
        function = self.function
        then, after = f"then{function.fresh()}", f"else{function.fresh()}"
        function.lines += [f"  br i1 {wanted}, label %{then}, label %{after}", f"{then}:"]
        function.block = then
        body()
        function.lines += [f"  br label %{after}", f"{after}:"]
        function.block = after

    def any(self, condition: Vector) -> str:
        """Return whether a condition holds in some lane, as LLVM's name of a truth value."""
        full = f"llvm.vector.reduce.or.v{condition.lanes}i1"
        self.module.declare(full, "i1", [condition.type])
        return self.index(f"call i1 @{full}({condition.type} {condition.name})")

    # ----------------------------------------------------------------------- matrices

    def product(self, left: Matrix, right: Matrix) -> Matrix:
        """Return a new block with the products."""
        result = self.matrix()
        self.multiply(result, left, right)
        return result

    def multiply(self, result: Matrix, left: Matrix, right: Matrix) -> None:
        """Write products into a block that is neither of the factors."""
        self.function.lines.append(
            f"  call void @product(ptr {result.name}, ptr {left.name}, ptr {right.name})"
        )

    def entries(self, result: Matrix, body: Callable[[str], Vector]) -> None:
        """Write every number of a block, the parts of complex numbers alike."""

        def each(index: str) -> list[Vector]:
            self.store(body(index), result, index)
            return []

        self.repeat(self.numbers, [], each)

    def combination(self, terms: Sequence[tuple[float, Matrix]], identity: float = 0.0) -> Matrix:
        """Return a new block with a linear combination of blocks and the identity."""
        result = self.matrix()

        def each(index: str) -> Vector:
            (first, matrix), *rest = terms
            total = self.load(matrix, index)
            total = total if first == 1.0 else total * first
            for factor, other in rest:
                value = self.load(other, index)
                total = total + value if factor == 1.0 else multiply_add(value, factor, total)
            return total

        self.entries(result, each)
        if identity:
            self.on_diagonal(result, lambda value, _: value + identity)
        return result

    def on_diagonal(self, matrix: Matrix, change: Callable[[Vector, str], Vector]) -> None:
        """Replace the real parts of the diagonal; `change` gets the entry and its index."""

        def each(index: str) -> list[Vector]:
            place = self.index(f"mul nuw i64 {index}, {self.n + 1}")
            self.store(change(self.load(matrix, place), place), matrix, place)
            return []

        self.repeat(self.n, [], each)

    def column_norm(self, matrix: Matrix) -> Vector:
        """Return the largest sum of a column's magnitudes, for complex numbers |re| + |im|."""

        def column(j: str, largest: Vector) -> list[Vector]:
            total = self.number(0.0)
            for part in range(self.parts):
                for i in range(self.n):
                    offset = part * self.n * self.n + i * self.n
                    place = self.index(f"add nuw i64 {j}, {offset}")
                    total = total + absolute(self.load(matrix, place))
            return [maximum(largest, total)]

        return self.repeat(self.n, [self.number(0.0)], column)[0]

    def add(self, matrix: Matrix, other: Matrix) -> None:
        """Add other matrices to those of a block."""
        self.entries(matrix, lambda index: self.load(matrix, index) + self.load(other, index))

    def multiply_entries(self, matrix: Matrix, factor: Vector) -> None:
        """Multiply each matrix of a block by a number of its own."""
        self.entries(matrix, lambda index: self.load(matrix, index) * factor)

    def scaled(self, matrix: Matrix, factor: Vector) -> Matrix:
        """Return a new block, each matrix times a number of its own."""
        result = self.matrix()
        self.entries(result, lambda index: self.load(matrix, index) * factor)
        return result

    def chosen(self, result: Matrix, where: Vector, then: Matrix, otherwise: Matrix) -> None:
        """Write into a block the matrices of one of two others, lane by lane."""
        self.entries(
            result,
            lambda index: select(where, self.load(then, index), self.load(otherwise, index)),
        )


def product_text(module: Module, n: int, parts: int) -> str:
    """Return the function that multiplies two blocks of matrices.

    Parameters
    ----------
    module : Module
        What it will belong to.
    n : int
        The size of the matrices.
    parts : int
        2 for complex numbers.
    """
    block = Block(module, n, parts)
    if n <= LARGEST_WRITTEN_OUT:
        for i in range(n):
            for j in range(n):
                _entry(block, i, j)
    else:
        _tiles(block)
    body = "\n".join(block.function.lines)
    return (
        "define internal void @product(ptr noalias %c, ptr %a, ptr %b) noinline nounwind {\n"
        f"entry:\n{body}\n  ret void\n}}"
    )


LEFT, RIGHT, RESULT = Matrix("%a"), Matrix("%b"), Matrix("%c")


def _entry(block: Block, i: int, j: int) -> None:
    """Write one entry of a product."""
    n, size = block.n, block.n * block.n
    sums: list[Vector] = []
    for k in range(n):
        left = [block.load(LEFT, part * size + i * n + k) for part in range(block.parts)]
        right = [block.load(RIGHT, part * size + k * n + j) for part in range(block.parts)]
        sums = _accumulated(sums, left, right)
    for part, total in enumerate(sums):
        block.store(total, RESULT, part * size + i * n + j)


def _tiles(block: Block) -> None:
    """Write a product tile by tile, so that each number that is read is used several times."""
    n, rows = block.n, max(1, ROWS // block.parts)
    groups = -(-n // COLUMNS)
    columns = [range(n * g // groups, n * (g + 1) // groups) for g in range(groups)]

    def band(index: str) -> list[Vector]:
        first = block.index(f"mul nuw i64 {index}, {rows}")
        for part in columns:
            _tile(block, first, rows, part)
        return []

    block.repeat(n // rows, [], band)
    if n % rows:
        for part in columns:
            _tile(block, str(n - n % rows), n % rows, part)


def _tile(block: Block, first: str, rows: int, columns: range) -> None:
    """Write the entries of a product in some rows and columns, each with a sum of its own."""
    n, parts, size = block.n, block.parts, block.n * block.n
    start = block.index(f"mul nuw i64 {first}, {n}")

    def at(matrix: Matrix, base: str, offset: int) -> list[Vector]:
        return [
            block.load(matrix, block.index(f"add nuw i64 {base}, {part * size + offset}"))
            for part in range(parts)
        ]

    def term(k: str, *sums: Vector) -> list[Vector]:
        place = block.index(f"add nuw i64 {start}, {k}")
        row = block.index(f"mul nuw i64 {k}, {n}")
        right = [at(RIGHT, row, j) for j in columns]
        new: list[Vector] = []
        for i in range(rows):
            left = at(LEFT, place, i * n)
            for other in right:
                old = sums[len(new) : len(new) + parts]
                new += _accumulated(old, left, other)
        return new

    count = rows * len(columns) * parts
    sums = block.repeat(n, [block.number(0.0)] * count, term)
    for i in range(rows):
        for j in columns:
            for part in range(parts):
                place = block.index(f"add nuw i64 {start}, {part * size + i * n + j}")
                block.store(sums.pop(0), RESULT, place)


def _accumulated(
    sums: Sequence[Vector], left: Sequence[Vector], right: Sequence[Vector]
) -> list[Vector]:
    """Add a product of two numbers, real or complex."""
    if len(left) == 1:
        return [multiply_add(left[0], right[0], sums[0]) if sums else left[0] * right[0]]
    (a, b), (c, d) = left, right
    real = multiply_add(a, c, sums[0]) if sums else a * c
    imaginary = multiply_add(a, d, sums[1]) if sums else a * d
    return [multiply_add(-b, d, real), multiply_add(b, c, imaginary)]


def transposed(rows: Sequence[Vector]) -> list[Vector]:
    """Return the columns of a square of numbers, as many rows as each vector has lanes.

    Each step interleaves the first half of the rows with the second; after as many steps as the
    number of lanes has bits, every number has changed its row for its lane.
    """
    lanes, current = len(rows), list(rows)
    for _ in range(lanes.bit_length() - 1):
        pairs = zip(current[: lanes // 2], current[lanes // 2 :], strict=True)
        current = [woven for pair in pairs for woven in _interleaved(*pair)]
    return current


def _interleaved(first: Vector, second: Vector) -> list[Vector]:
    lanes = first.lanes
    woven = []
    for start in (0, lanes // 2):
        order = [f"i32 {k}, i32 {k + lanes}" for k in range(start, start + lanes // 2)]
        text = (
            f"shufflevector {first.type} {first.name}, {second.type} {second.name}, "
            f"<{lanes} x i32> <{', '.join(order)}>"
        )
        woven.append(first.function.instruction(text, first.kind, lanes))
    return woven


def power_of_two(power: Vector) -> Vector:
    """Return 2**power for whole numbers of moderate size."""
    return scale(power.of(1.0) + power * 0.0, power)


def doublings(value: Vector, bound: float, root: int) -> Vector:
    """Return the least whole t with ``value <= bound * 2**(root*t)``, as doubles."""
    ratio = value * (1.0 / bound)
    whole = exponent(ratio)
    # The bound itself is rounded, so an exact power of two may be taken for more than it is.
    return maximum(ceiling((whole + 1.0) * (1.0 / root) - 1e-9), -1100.0)
