"""Machine code for single large matrices: passes over all entries at once, products by BLAS.

Rows are padded to whole vectors, so that a pass needs no remainder. BLAS reads the rows as columns:
it multiplies the transposes, which makes no difference for polynomials in one matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symnum.compiler.elementary import call_elementary, call_pair
from symnum.compiler.python_entries import block_entry_text
from symnum.compiler.vectors import Function, Module, Target, Vector, host_target
from symnum.compiler.vectors.operations import absolute, maximum, minimum, multiply_add, select
from symnum.matexp.numeric.lane_code import Block, Matrix, doublings, power_of_two
from symnum.matexp.numeric.lane_exponentials import MOST_SQUARINGS
from symnum.matexp.numeric.taylor_sums import EIGHTEEN, NINTH, THETA_EIGHTEEN

__all__ = ["MATRICES", "LargeCode"]

KERNEL = "symnum_large_exponentials"

ARRAYS = ("given", "workspace", "numbers", "hopeless", "results")

# Matrices that the workspace holds.
MATRICES = 10

# ``numbers``: n, the padded length of a row in numbers, and the address of BLAS's product.
SIZE, PADDED, ROUTINE = range(3)


@dataclass(frozen=True, slots=True)
class LargeCode:
    """The code that exponentiates matrices one by one, as the compiler takes it.

    The function ``block`` takes the matrices, a workspace of `MATRICES` padded matrices that begins
    on a boundary of 64 bytes and is zero, three integers of 64 bits (n, the padded length of a row,
    the address of dgemm or zgemm), a flag for each matrix that is set where more squarings would be
    wanted than leave digits, and the results, whose length is the number of matrices.

    Parameters
    ----------
    parts : int
        2 for complex numbers.
    text : str
        All that decides what it is.
    """

    parts: int
    text: str

    @classmethod
    def of(cls, parts: int) -> LargeCode:
        """Return the code for this processor."""
        return cls(parts, _Writer(parts, host_target()).text())

    @property
    def called(self) -> list[str]:
        """Functions that are bound by symbol: none, the address of the product is an argument."""
        return []

    def module_text(self, target: Target, head: int) -> str:
        """Return the text of the module."""
        return self.text + block_entry_text(len(ARRAYS), KERNEL, head)


class _Writer:
    """What is written for one matrix; every single number stands in all lanes of a vector."""

    def __init__(self, parts: int, target: Target) -> None:
        self.parts = parts
        self.module = Module(target, target.lanes)
        self.block = Block(self.module, 0, parts)
        self.function: Function = self.block.function

    def text(self) -> str:
        """Return the module."""
        lost = self._exponentiate()
        flag = self.block.index(f"extractelement {lost.type} {lost.name}, i64 0")
        body = "\n".join([*self.function.lines, f"  ret i1 {flag}"])
        pointers = "\n".join(
            f"""  %matrix{k}.offset = mul i64 %bytes, {k}
  %matrix{k} = getelementptr inbounds i8, ptr %workspace, i64 %matrix{k}.offset"""
            for k in range(MATRICES)
        )
        return f"""{self.module.text()}
@letter = private constant i8 78
@one = private constant [2 x double] [double 1.0, double 0.0], align 16
@zero = private constant [2 x double] zeroinitializer, align 16

{self._product_text()}

{self._mover_text("read")}

{self._mover_text("write")}

define internal i1 @exponentiate(
    ptr %given, ptr %result, ptr %workspace, i64 %n, i64 %row, i64 %routine) noinline nounwind {{
entry:
  %numbers = mul i64 %n, %row
  %vectors = udiv i64 %numbers, {self.module.lanes}
  %bytes = mul i64 %numbers, 8
  %step = add i64 %row, {self.parts}
  %row.vectors = udiv i64 %row, {self.module.lanes}
  %factor = alloca [2 x double], align 16
{pointers}
{body}
}}

{self._entry_text()}
"""

    def _entry_text(self) -> str:
        loads = "\n".join(
            f"""  %{name}.slot = getelementptr inbounds ptr, ptr %arrays, i64 {k}
  %{name} = load ptr, ptr %{name}.slot, align 8"""
            for k, name in enumerate(ARRAYS)
        )
        numbers = "\n".join(
            f"""  %{name}.at = getelementptr inbounds i64, ptr %numbers, i64 {k}
  %{name} = load i64, ptr %{name}.at, align 8"""
            for k, name in enumerate(("n", "row", "routine"))
        )
        return f"""define void @{KERNEL}(ptr %arrays, i64 %count) nounwind {{
entry:
{loads}
{numbers}
  %square = mul i64 %n, %n
  %length = mul i64 %square, {self.parts}
  %some = icmp ne i64 %count, 0
  br i1 %some, label %each, label %done
each:
  %k = phi i64 [ 0, %entry ], [ %k.next, %each ]
  %offset = mul i64 %k, %length
  %from = getelementptr inbounds double, ptr %given, i64 %offset
  %to = getelementptr inbounds double, ptr %results, i64 %offset
  %lost = call i1 @exponentiate(
      ptr %from, ptr %to, ptr %workspace, i64 %n, i64 %row, i64 %routine)
  %flag = getelementptr inbounds i8, ptr %hopeless, i64 %k
  %byte = zext i1 %lost to i8
  store i8 %byte, ptr %flag, align 1
  %k.next = add i64 %k, 1
  %k.more = icmp ult i64 %k.next, %count
  br i1 %k.more, label %each, label %done
done:
  ret void
}}
"""

    def _product_text(self) -> str:
        """Write C = alpha A B + beta C by BLAS."""
        arguments = ", ".join(
            f"ptr {name}"
            for name in (
                *("@letter", "@letter", "%size", "%size", "%size"),
                *("%alpha", "%a", "%lead", "%b", "%lead", "%beta", "%c", "%lead"),
            )
        )
        kinds = ", ".join(["ptr"] * 13)
        return f"""define internal void @product(
    ptr %c, ptr %a, ptr %b, ptr %alpha, ptr %beta, i64 %n, i64 %row, i64 %routine) nounwind {{
entry:
  %size = alloca i32, align 4
  %lead = alloca i32, align 4
  %narrow = trunc i64 %n to i32
  store i32 %narrow, ptr %size, align 4
  %entries = udiv i64 %row, {self.parts}
  %wide = trunc i64 %entries to i32
  store i32 %wide, ptr %lead, align 4
  %call = inttoptr i64 %routine to ptr
  call void ({kinds}) %call({arguments})
  ret void
}}"""

    def _mover_text(self, name: str) -> str:
        """Write the copying of a matrix into padded rows, or back."""
        source, sink = ("%plain", "%padded") if name == "read" else ("%padded", "%plain")
        return f"""define internal void @{name}(ptr %wide, ptr %tight, i64 %n, i64 %row) nounwind {{
entry:
  %length = mul i64 %n, {self.parts}
  %bytes = mul i64 %length, 8
  br label %line
line:
  %i = phi i64 [ 0, %entry ], [ %next, %line ]
  %to = mul i64 %i, %row
  %from = mul i64 %i, %length
  %padded = getelementptr inbounds double, ptr %wide, i64 %to
  %plain = getelementptr inbounds double, ptr %tight, i64 %from
  call void @llvm.memcpy.p0.p0.i64(ptr {sink}, ptr {source}, i64 %bytes, i1 false)
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %line, label %done
done:
  ret void
}}"""

    # ----------------------------------------------------------------------- the algorithm

    def _exponentiate(self) -> Vector:
        """Write the exponential of one matrix; return where its norm leaves no digits."""
        self.module.declare("llvm.memcpy.p0.p0.i64", "void", ["ptr", "ptr", "i64", "i1"])
        base, square, cube, sixth, *parts = (Matrix(f"%matrix{k}") for k in range(MATRICES))
        self._call("read", f"ptr {base.name}, ptr %given, i64 %n, i64 %row")
        mean, norm = self._centre(base)
        first = maximum(doublings(norm, THETA_EIGHTEEN, 1), 0.0)
        first = minimum(first, MOST_SQUARINGS + 4.0)
        self._scale([base], [power_of_two(-first)], self.block.any(first > 0.0))
        self._product(square, base, base)
        self._product(cube, square, base)
        squarings = self._fewer_squarings([base, square, cube], first)
        self._product(sixth, cube, cube)
        self._combinations([base, square, cube, sixth], parts[:5])
        one, five, four, three, two = parts[:5]
        # A9 = B1 B5 + B4; the result is (B3 + A9) A9 + B2 + NINTH A9, times exp(mean / 2**s).
        self._product(four, one, five, beta="@one")
        self._pass(
            [three, two],
            lambda values: [values[0] + values[1], multiply_add(values[1], NINTH, values[2])],
            [three, four, two],
        )
        self._store_factor(mean, squarings)
        self._product(two, three, four, alpha="%factor", beta="%factor")
        self._square(two, one, squarings)
        self._call("write", f"ptr {two.name}, ptr %result, i64 %n, i64 %row")
        return squarings > MOST_SQUARINGS

    def _call(self, name: str, arguments: str) -> None:
        self.function.lines.append(f"  call void @{name}({arguments})")

    def _product(
        self, result: Matrix, a: Matrix, b: Matrix, alpha: str = "@one", beta: str = "@zero"
    ) -> None:
        names = ", ".join(f"ptr {name}" for name in (result.name, a.name, b.name, alpha, beta))
        self._call("product", f"{names}, i64 %n, i64 %row, i64 %routine")

    def _pass(
        self,
        results: Sequence[Matrix],
        body: Callable[[list[Vector]], Sequence[Vector]],
        sources: Sequence[Matrix],
    ) -> None:
        """Write one pass over all entries."""

        def each(index: str) -> list[Vector]:
            values = body([self.block.load(source, index) for source in sources])
            for value, result in zip(values, results, strict=True):
                self.block.store(value, result, index)
            return []

        self.block.repeat("%vectors", [], each)

    def _scale(self, matrices: Sequence[Matrix], factors: Sequence[Vector], wanted: str) -> None:
        def scale_all() -> None:
            self._pass(
                matrices,
                lambda values: [value * by for value, by in zip(values, factors, strict=True)],
                matrices,
            )

        self.block.when(wanted, scale_all)

    def _everywhere(self, scalar: str) -> Vector:
        """Return a number in all lanes."""
        lanes, kind = self.module.lanes, self.block.type
        single = self.block.index(f"insertelement {kind} poison, double {scalar}, i64 0")
        text = f"shufflevector {kind} {single}, {kind} poison, <{lanes} x i32> zeroinitializer"
        return self.function.instruction(text, "double", lanes)

    def _reduced(self, vector: Vector, operation: str) -> Vector:
        """Return the sum or the largest of the lanes, in all lanes."""
        full = f"llvm.vector.reduce.{operation}.v{vector.lanes}f64"
        start = "double 0.0, " if operation == "fadd" else ""
        kinds = ["double", vector.type] if start else [vector.type]
        self.module.declare(full, "double", kinds)
        return self._everywhere(
            self.block.index(f"call double @{full}({start}{vector.type} {vector.name})")
        )

    def _norm(self, matrix: Matrix) -> Vector:
        """Return the largest sum of the magnitudes of a row, for complex numbers |re| + |im|."""

        def line(i: str, largest: Vector) -> list[Vector]:
            start = self.block.index(f"mul nuw i64 {i}, %row.vectors")

            def entry(j: str, total: Vector) -> list[Vector]:
                place = self.block.index(f"add nuw i64 {start}, {j}")
                return [total + absolute(self.block.load(matrix, place))]

            total = self.block.repeat("%row.vectors", [self.block.number(0.0)], entry)[0]
            return [maximum(largest, self._reduced(total, "fadd"))]

        return self.block.repeat("%n", [self.block.number(0.0)], line)[0]

    def _diagonal(self, matrix: Matrix, part: int, index: str) -> str:
        """Return the address of a part of a diagonal entry."""
        place = self.block.index(f"mul nuw i64 {index}, %step")
        place = self.block.index(f"add nuw i64 {place}, {part}")
        return self.block.index_of(matrix.name, place)

    def _change_diagonal(self, matrix: Matrix, values: Sequence[str]) -> None:
        """Add numbers to the parts of all diagonal entries."""

        def each(index: str) -> list[Vector]:
            for part, value in enumerate(values):
                address = self._diagonal(matrix, part, index)
                old = self.block.index(f"load double, ptr {address}, align 8")
                new = self.block.index(f"fadd double {old}, {value}")
                self.function.lines.append(f"  store double {new}, ptr {address}, align 8")
            return []

        self.block.repeat("%n", [], each)

    def _centre(self, base: Matrix) -> tuple[list[Vector], Vector]:
        """Take the mean of the diagonal off where that makes the matrix smaller."""
        size = self.block.index("uitofp i64 %n to double")
        norm, means = self._norm(base), []
        for part in range(self.parts):

            def add(index: str, total: Vector, part: int = part) -> list[Vector]:
                address = self._diagonal(base, part, index)
                entry = self.block.index(f"load double, ptr {address}, align 8")
                share = self.block.index(f"fdiv double {entry}, {size}")
                return [total + self._everywhere(share)]

            means.append(self.block.repeat("%n", [self.block.number(0.0)], add)[0])
        self._change_diagonal(base, [self._lane(-mean) for mean in means])
        centred = self._norm(base)
        smaller = centred < norm
        # Where it is no smaller, the mean comes back; what that rounds is below its norm.
        back = [select(smaller, mean.of(0.0), mean) for mean in means]
        self.block.when(
            self.block.any(~smaller),
            lambda: self._change_diagonal(base, [self._lane(value) for value in back]),
        )
        return [select(smaller, mean, 0.0) for mean in means], select(smaller, centred, norm)

    def _lane(self, vector: Vector) -> str:
        return self.block.index(f"extractelement {vector.type} {vector.name}, i64 0")

    def _fewer_squarings(self, powers: Sequence[Matrix], first: Vector) -> Vector:
        """Take back squarings that the norms of the powers do not want."""
        room = self.function.fresh()
        kind = self.block.type
        self.function.lines += [
            f"  %{room} = alloca {kind}, align 64",
            f"  store {kind} zeroinitializer, ptr %{room}, align 64",
        ]

        def judge() -> None:
            more = maximum(
                doublings(self._norm(powers[1]), THETA_EIGHTEEN**2, 2),
                doublings(self._norm(powers[2]), THETA_EIGHTEEN**3, 3),
            )
            more = maximum(minimum(more, 0.0), -first)
            factor = power_of_two(-more)
            square = factor * factor
            self._scale(powers, [factor, square, square * factor], self.block.any(more < 0.0))
            self.function.lines.append(f"  store {kind} {more.name}, ptr %{room}, align 64")

        self.block.when(self.block.any(first > 0.0), judge)
        more = self.function.instruction(
            f"load {kind}, ptr %{room}, align 64", "double", self.module.lanes
        )
        return first + more

    def _combinations(self, powers: Sequence[Matrix], results: Sequence[Matrix]) -> None:
        """Write B1, B5, B4, B3, B2 of the polynomial of degree 18, in one pass."""
        rows = [EIGHTEEN[name] for name in ("B1", "B5", "B4", "B3", "B2")]

        def sums(values: list[Vector]) -> list[Vector]:
            found = []
            for row in rows:
                terms = [(c, value) for c, value in zip(row[1:], values, strict=True) if c]
                total = terms[0][1] * terms[0][0]
                for factor, value in terms[1:]:
                    total = multiply_add(value, factor, total)
                found.append(total)
            return found

        self._pass(results, sums, powers)
        for row, result in zip(rows, results, strict=True):
            if row[0]:
                self._change_diagonal(result, [self._lane(self.block.number(row[0]))])

    def _store_factor(self, mean: Sequence[Vector], squarings: Vector) -> None:
        """Leave exp(mean / 2**s) where BLAS finds it."""
        shrink = power_of_two(-squarings)
        growth = call_elementary("exp", mean[0] * shrink)
        values = [growth]
        if self.parts == 2:
            sine, cosine = call_pair("sine_cosine", mean[1] * shrink)
            values = [growth * cosine, growth * sine]
        for part, value in enumerate(values):
            address = self.block.index_of("%factor", part)
            lane = self._lane(value)
            self.function.lines.append(f"  store double {lane}, ptr {address}, align 8")

    def _square(self, matrix: Matrix, other: Matrix, squarings: Vector) -> None:
        def twice(left: Vector) -> list[Vector]:
            self._product(other, matrix, matrix)
            self._product(matrix, other, other)
            return [left - 2.0]

        def once() -> None:
            self._product(other, matrix, matrix)
            self._pass([matrix], lambda values: values, [other])

        most = minimum(squarings, MOST_SQUARINGS + 4.0)
        (left,) = self.block.while_any(lambda left: left > 1.0, [most], twice)
        self.block.when(self.block.any(left > 0.0), once)
