"""The exponential of a block of small matrices, written as vector code.

Four ways: `closed` for two by two real numbers; `general` by a Taylor polynomial after scaling;
`triangular`, the same with the exact diagonal and its neighbour after each
squaring; `positive` for what is not negative off the diagonal, by sums of positive terms alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from symnum.compiler.elementary import call_elementary, call_pair
from symnum.compiler.vectors import Module, Target, Vector
from symnum.compiler.vectors.operations import (
    absolute,
    exponent,
    fma,
    maximum,
    minimum,
    select,
)
from symnum.matexp.numeric.balancing import IMBALANCE
from symnum.matexp.numeric.lane_code import Block, Matrix, doublings, power_of_two, product_text
from symnum.matexp.numeric.lane_pairs import closed
from symnum.matexp.numeric.taylor_sums import BLOCKS, INVERSE_FACTORIALS, STEP, THETA

__all__ = ["FLAGS", "MOST_SQUARINGS", "WAYS", "block_code"]

# What is said of each matrix.
FLAGS = {"infinite": 1, "zeros": 2, "positive": 4, "unbalanced": 8, "huge": 16, "overflow": 32}

# More squarings than these lose all digits.
MOST_SQUARINGS = 60.0


def block_code(way: str, n: int, parts: int, target: Target) -> tuple[Module, Block]:
    """Return what exponentiates one block of matrices: a module and the code of the block.

    The code reads the block from the first matrix of the workspace and leaves the result in the
    second; ``%flags`` gets what is said of the matrices.

    Parameters
    ----------
    way : str
        A key of `WAYS`.
    n : int
        The size of the matrices.
    parts : int
        2 for complex matrices.
    target : Target
        The processor.
    """
    module = Module(target, target.lanes)
    block = Block(module, n, parts)
    given, result = block.matrix(), block.matrix()
    flags = _flags(block, given, patterns=way == "general" and n > 2)
    skipped = block.function.instruction(
        f"load {flags.type}, ptr %skipped, align 8", "i64", module.lanes
    )
    _store_flags(block, flags)
    wanted = block.any((flags & skipped).equals(0))

    def compute() -> None:
        huge = WAYS[way](block, given, result)
        found = select(huge, flags | FLAGS["huge"], flags)
        _store_flags(block, select(_is_finite(block, result), found, found | FLAGS["overflow"]))

    block.when(wanted, compute)
    module.functions["product"] = product_text(module, n, parts)
    return module, block


def _store_flags(block: Block, flags: Vector) -> None:
    block.function.lines.append(f"  store {flags.type} {flags.name}, ptr %flags, align 8")


def _flags(block: Block, given: Matrix, *, patterns: bool) -> Vector:
    """Return what can be seen before anything is computed."""
    norm = block.column_norm(given)
    none = norm.bits() & 0
    flags = select(norm < float("inf"), none, none | FLAGS["infinite"])
    if not patterns:
        return flags
    some_zero, all_positive = _zeros_and_signs(block, given, none)
    # Balancing saves squarings; where there are none it serves nothing.
    uneven = _is_uneven(block, given, none) & (norm > THETA)
    flags = select(some_zero, flags | FLAGS["zeros"], flags)
    flags = select(uneven, flags | FLAGS["unbalanced"], flags)
    if block.parts == 1:
        flags = select(all_positive, flags | FLAGS["positive"], flags)
    return flags


def _zeros_and_signs(block: Block, given: Matrix, none: Vector) -> tuple[Vector, Vector]:
    """Return where some entry off the diagonal is zero, and where none is negative."""
    n = block.n

    def band(q: str, *found: Vector) -> list[Vector]:
        # Between one diagonal entry and the next there are n others.
        start = block.index(f"mul nuw i64 {q}, {n + 1}")

        def entry(r: str, some_zero: Vector, all_positive: Vector) -> list[Vector]:
            place = block.index(f"add nuw i64 {start}, {r}")
            place = block.index(f"add nuw i64 {place}, 1")
            value = block.load(given, place)
            vanishes = value.equals(0.0)
            if block.parts == 2:
                behind = block.index(f"add nuw i64 {place}, {n * n}")
                vanishes = vanishes & block.load(given, behind).equals(0.0)
            return [some_zero | vanishes, all_positive & (value >= 0.0)]

        return block.repeat(n, found, entry)

    some_zero, all_positive = block.repeat(n - 1, [none.equals(1), none.equals(0)], band)
    return some_zero, all_positive


def _is_uneven(block: Block, given: Matrix, none: Vector) -> Vector:
    """Return where a row and its column are of very different size, the diagonal left out."""
    n, size, zero = block.n, block.n * block.n, block.number(0.0)

    def magnitude(place: str) -> Vector:
        total = absolute(block.load(given, place))
        if block.parts == 2:
            behind = block.index(f"add nuw i64 {place}, {size}")
            total = total + absolute(block.load(given, behind))
        return total

    def line(i: str, uneven: Vector) -> list[Vector]:
        start = block.index(f"mul nuw i64 {i}, {n}")

        def entry(k: str, row: Vector, column: Vector) -> list[Vector]:
            below = block.index(f"mul nuw i64 {k}, {n}")
            return [
                row + magnitude(block.index(f"add nuw i64 {start}, {k}")),
                column + magnitude(block.index(f"add nuw i64 {below}, {i}")),
            ]

        row, column = block.repeat(n, [zero, zero], entry)
        own = magnitude(block.index(f"mul nuw i64 {i}, {n + 1}"))
        row, column = row - own, column - own
        return [uneven | (row > column * IMBALANCE) | (column > row * IMBALANCE)]

    return block.repeat(n, [none.equals(1)], line)[0]


def _is_finite(block: Block, matrix: Matrix) -> Vector:
    def each(index: str, total: Vector) -> list[Vector]:
        return [total + block.load(matrix, index) * 0.0]

    return block.repeat(block.numbers, [block.number(0.0)], each)[0].equals(0.0)


# --------------------------------------------------------------------------- general matrices


def general(block: Block, given: Matrix, result: Matrix) -> Vector:
    """Write exp by scaling, a Taylor polynomial and squarings; return where it is hopeless."""
    mean, work = _centred(block, given)
    norm = block.column_norm(work)
    powers, squarings = _scaled_powers(block, work, norm)
    _taylor(block, powers, result)
    _multiply_by_exponential(block, result, mean, squarings)
    _square(block, result, squarings)
    return squarings > MOST_SQUARINGS


def _centred(block: Block, given: Matrix) -> tuple[list[Vector], Matrix]:
    """Return the mean of the diagonal and the matrix without it, where that is smaller."""
    n, size = block.n, block.n * block.n
    means = []
    for part in range(block.parts):
        total = block.number(0.0)
        for i in range(n):
            total = total + block.load(given, part * size + i * (n + 1)) * (1.0 / n)
        means.append(total)
    centred = block.matrix()
    block.entries(centred, lambda index: block.load(given, index))
    _subtract_from_diagonal(block, centred, means)
    smaller = block.column_norm(centred) < block.column_norm(given)
    means = [select(smaller, mean, 0.0) for mean in means]
    block.chosen(centred, smaller, centred, given)
    return means, centred


def _subtract_from_diagonal(block: Block, matrix: Matrix, values: Sequence[Vector]) -> None:
    n, size = block.n, block.n * block.n
    for part, value in enumerate(values):
        for i in range(n):
            place = part * size + i * (n + 1)
            block.store(block.load(matrix, place) - value, matrix, place)


def _scaled_powers(block: Block, work: Matrix, norm: Vector) -> tuple[list[Matrix], Vector]:
    """Return X, X**2, X**3 for X = A / 2**s, and s by the norms of the powers.

    The bound is min(|A|, max(|A**2|**(1/2), |A**3|**(1/3))); the powers are those of A scaled by
    its norm, so that nothing overflows.
    """
    first = minimum(maximum(exponent(norm) + 1.0, 0.0), MOST_SQUARINGS + 4.0)
    base = block.scaled(work, power_of_two(-first))
    square = block.product(base, base)
    cube = block.product(square, base)
    by_powers = maximum(
        doublings(block.column_norm(square), THETA**2, 2),
        doublings(block.column_norm(cube), THETA**3, 3),
    )
    more = minimum(doublings(block.column_norm(base), THETA, 1), by_powers)
    more = maximum(more, -first)
    factor = power_of_two(-more)
    factors = (factor, factor * factor, factor * factor * factor)
    for matrix, power in zip((base, square, cube), factors, strict=True):
        block.multiply_entries(matrix, power)
    return [base, square, cube], first + more


def _taylor(block: Block, powers: Sequence[Matrix], result: Matrix) -> None:
    """Write the polynomial of degree 20, by blocks of four terms."""
    step = block.product(powers[1], powers[1])

    def part(index: int) -> Matrix:
        identity, *factors = INVERSE_FACTORIALS[STEP * index : STEP * (index + 1)]
        return block.combination(list(zip(factors, powers, strict=True)), identity)

    first = STEP * (BLOCKS - 1)
    identity, *factors = INVERSE_FACTORIALS[first : first + STEP + 1]
    total = block.combination(list(zip(factors, (*powers, step), strict=True)), identity)
    for index in reversed(range(BLOCKS - 1)):
        total = block.product(step, total)
        block.add(total, part(index))
    block.entries(result, lambda index: block.load(total, index))


def _multiply_by_exponential(
    block: Block, result: Matrix, mean: Sequence[Vector], squarings: Vector
) -> None:
    """Multiply by exp(mean / 2**squarings)."""
    shrink = power_of_two(-squarings)
    growth = call_elementary("exp", mean[0] * shrink)
    if block.parts == 1:
        block.multiply_entries(result, growth)
        return
    sine, cosine = call_pair("sine_cosine", mean[1] * shrink)
    a, b, size = growth * cosine, growth * sine, block.n * block.n

    def each(index: str) -> list[Vector]:
        behind = block.index(f"add nuw i64 {index}, {size}")
        x, y = block.load(result, index), block.load(result, behind)
        block.store(fma(x, a, -(y * b)), result, index)
        block.store(fma(x, b, y * a), result, behind)
        return []

    block.repeat(size, [], each)


def _square(
    block: Block,
    result: Matrix,
    squarings: Vector,
    mend: Callable[[Vector, Vector], None] | None = None,
) -> None:
    """Square each matrix as often as it wants.

    `mend` is called after each squaring with what is left to do and the lanes that were squared.
    """
    squared = block.matrix()

    def once(left: Vector) -> list[Vector]:
        block.multiply(squared, result, result)
        going = left > 0.0
        block.chosen(result, going, squared, result)
        if mend is not None:
            mend(left - 1.0, going)
        return [left - 1.0]

    block.while_any(lambda left: left > 0.0, [squarings], once)


# --------------------------------------------------------------------------- triangular matrices


def triangular(block: Block, given: Matrix, result: Matrix) -> Vector:
    """Write exp of upper triangular matrices, the diagonal and its neighbour exact at each step.

    References
    ----------
    Al-Mohy and Higham, "A new scaling and squaring algorithm for the matrix exponential",
    SIAM J. Matrix Anal. Appl. 31 (2009).
    """
    mean, work = _centred(block, given)
    powers, squarings = _scaled_powers(block, work, block.column_norm(work))
    _taylor(block, powers, result)
    _multiply_by_exponential(block, result, mean, squarings)

    def mend(left: Vector, going: Vector) -> None:
        _exact_diagonal(block, given, result, left, going)

    mend(squarings, squarings.equals(squarings))
    _square(block, result, squarings, mend)
    return squarings > MOST_SQUARINGS


def _exact_diagonal(
    block: Block, given: Matrix, result: Matrix, left: Vector, where: Vector
) -> None:
    """Set the diagonal, and for real numbers its neighbour, to those of exp(A / 2**left)."""
    n, size, shrink = block.n, block.n * block.n, power_of_two(-left)

    def replace(value: Vector, place: int | str) -> None:
        block.store(select(where, value, block.load(result, place)), result, place)

    def each(index: str) -> list[Vector]:
        place = block.index(f"mul nuw i64 {index}, {n + 1}")
        x = block.load(given, place) * shrink
        growth = call_elementary("exp", x)
        if block.parts == 1:
            replace(growth, place)
            return []
        behind = block.index(f"add nuw i64 {place}, {size}")
        sine, cosine = call_pair("sine_cosine", block.load(given, behind) * shrink)
        replace(growth * cosine, place)
        replace(growth * sine, behind)
        return []

    block.repeat(n, [], each)
    if block.parts == 2 or n == 1:
        return

    def neighbour(index: str) -> list[Vector]:
        place = block.index(f"mul nuw i64 {index}, {n + 1}")
        above = block.index(f"add nuw i64 {place}, 1")
        below = block.index(f"add nuw i64 {place}, {n + 1}")
        x, y = (block.load(given, where_) * shrink for where_ in (place, below))
        replace(block.load(given, above) * shrink * _divided_difference(x, y), above)
        return []

    block.repeat(n - 1, [], neighbour)


def _divided_difference(x: Vector, y: Vector) -> Vector:
    """Return (exp(x) - exp(y)) / (x - y): exp((x+y)/2) sinh(d)/d for a small gap 2d."""
    gap = x - y
    half = gap * 0.5
    ratio = select(half.equals(0.0), half.of(1.0), call_elementary("sinh", half) / half)
    near = call_elementary("exp", x * 0.5 + y * 0.5) * ratio
    far = (call_elementary("exp", x) - call_elementary("exp", y)) / gap
    return select(absolute(gap) < 2.0, near, far)


# --------------------------------------------------------------------------- positive matrices

# The degree, 24, is at least 8 above the size, so that entries far from the diagonal have their
# digits: powers up to the fifth, and five blocks.
LONG_STEP = 5


def positive(block: Block, given: Matrix, result: Matrix) -> Vector:
    """Write exp of real matrices that are not negative off the diagonal, without a subtraction.

    With the least diagonal entry taken off, all powers are sums of positive terms, and so is the
    polynomial of degree 24.
    """
    n = block.n
    least = block.load(given, 0)
    for i in range(1, n):
        least = minimum(least, block.load(given, i * (n + 1)))
    work = block.matrix()
    block.entries(work, lambda index: block.load(given, index))
    _subtract_from_diagonal(block, work, [least])
    norm = block.column_norm(work)
    squarings = maximum(exponent(norm) + 1.0, 0.0)
    block.multiply_entries(work, power_of_two(-minimum(squarings, MOST_SQUARINGS + 4.0)))
    powers = [work]
    for k in range(2, LONG_STEP + 1):
        powers.append(block.product(powers[k // 2 - 1], powers[k - k // 2 - 1]))

    def part(index: int) -> Matrix:
        identity, *factors = INVERSE_FACTORIALS[LONG_STEP * index : LONG_STEP * (index + 1)]
        return block.combination(list(zip(factors, powers[:-1], strict=True)), identity)

    total = part(BLOCKS - 1)
    for index in reversed(range(BLOCKS - 1)):
        total = block.product(total, powers[-1])
        block.add(total, part(index))
    block.entries(result, lambda index: block.load(total, index))
    _multiply_by_exponential(block, result, [least], squarings)
    _square(block, result, squarings)
    return squarings > MOST_SQUARINGS


WAYS: Mapping[str, Callable[[Block, Matrix, Matrix], Vector]] = {
    "closed": closed,
    "general": general,
    "triangular": triangular,
    "positive": positive,
}
