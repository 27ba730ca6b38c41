"""Machine code for one term of a Taylor series with a sparse matrix, in one pass over its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from symnum.compiler.machine import machine_code
from symnum.compiler.python_entries import block_entry_text
from symnum.compiler.vectors import Target

__all__ = ["next_term"]

KERNEL = "symnum_next_term"

ARRAYS = ("starts", "columns", "entries", "term", "total", "next", "numbers", "sizes")


def _element(name: str, kind: str, array: str, index: str) -> str:
    """Write the reading of an element of an array."""
    return f"""  %{name}.at = getelementptr inbounds {kind}, ptr %{array}, i64 {index}
  %{name} = load {kind}, ptr %{name}.at, align {8 if kind != "i32" else 4}"""


def _text() -> str:
    loads = "\n".join(_element(name, "ptr", "arrays", str(i)) for i, name in enumerate(ARRAYS))
    head = ", ".join(f"ptr %{name}" for name in ARRAYS)
    return f"""
declare double @llvm.fma.f64(double, double, double)
declare i64 @llvm.umax.i64(i64, i64)

{_loop("one_column", single=True)}

{_loop("columns", single=False)}

define void @{KERNEL}(ptr %arrays, i64 %two) nounwind {{
entry:
{loads}
{_element("width", "i64", "sizes", "1")}
  %single = icmp eq i64 %width, 1
  br i1 %single, label %one, label %several
one:
  call void @one_column({head})
  ret void
several:
  call void @columns({head})
  ret void
}}
"""


def _loop(name: str, *, single: bool) -> str:
    """Write the loop over the rows, for vectors of one column or of several."""
    head = ", ".join(f"ptr noalias %{array}" for array in ARRAYS)
    row = "" if single else "  %base = mul i64 %i, %width"
    columns = """  %place = add i64 %i, 0""" if single else "  %place = add i64 %base, %j"
    other = (
        """  %c.place = sext i32 %c to i64"""
        if single
        else """  %c.wide = sext i32 %c to i64
  %c.base = mul i64 %c.wide, %width
  %c.place = add i64 %c.base, %j"""
    )
    more = (
        "  br label %row.done"
        if single
        else """  %j.next = add i64 %j, 1
  %j.more = icmp slt i64 %j.next, %width
  br i1 %j.more, label %column, label %row.done"""
    )
    start = (
        ""
        if single
        else """  %j = phi i64 [ 0, %row ], [ %j.next, %column.done ]
  %big.j = phi i64 [ %big, %row ], [ %big.new, %column.done ]
  %large.j = phi i64 [ %large, %row ], [ %large.new, %column.done ]
"""
    )
    big, large = ("%big", "%large") if single else ("%big.j", "%large.j")
    return f"""define internal void @{name}({head}) noinline nounwind {{
entry:
{_element("rows", "i64", "sizes", "0")}
{_element("width", "i64", "sizes", "1")}
{_element("factor", "double", "numbers", "0")}
{_element("mean", "double", "numbers", "1")}
  %minus = fneg double %mean
{_element("origin", "i32", "starts", "0")}
  br label %row
row:
  %i = phi i64 [ 0, %entry ], [ %i.next, %row.done ]
  %start = phi i32 [ %origin, %entry ], [ %end, %row.done ]
  %big = phi i64 [ 0, %entry ], [ %big.new, %row.done ]
  %large = phi i64 [ 0, %entry ], [ %large.new, %row.done ]
  %i.next = add i64 %i, 1
{_element("end", "i32", "starts", "%i.next")}
  %some = icmp slt i32 %start, %end
{row}
  br label %column
column:
{start}{columns}
{_element("own", "double", "term", "%place")}
  %first = fmul double %minus, %own
  br i1 %some, label %product, label %column.done
product:
  %k = phi i32 [ %start, %column ], [ %k.next, %product ]
  %sum = phi double [ %first, %column ], [ %sum.next, %product ]
  %k.wide = sext i32 %k to i64
{_element("c", "i32", "columns", "%k.wide")}
{other}
{_element("x", "double", "term", "%c.place")}
{_element("a", "double", "entries", "%k.wide")}
  %sum.next = call double @llvm.fma.f64(double %a, double %x, double %sum)
  %k.next = add i32 %k, 1
  %k.more = icmp slt i32 %k.next, %end
  br i1 %k.more, label %product, label %column.done
column.done:
  %found = phi double [ %first, %column ], [ %sum.next, %product ]
  %new = fmul double %found, %factor
  %new.at = getelementptr inbounds double, ptr %next, i64 %place
  store double %new, ptr %new.at, align 8
{_element("old", "double", "total", "%place")}
  %more = fadd double %old, %new
  store double %more, ptr %old.at, align 8
  %new.bits = bitcast double %new to i64
  %new.size = and i64 %new.bits, 9223372036854775807
  %big.new = call i64 @llvm.umax.i64(i64 {big}, i64 %new.size)
  %more.bits = bitcast double %more to i64
  %more.size = and i64 %more.bits, 9223372036854775807
  %large.new = call i64 @llvm.umax.i64(i64 {large}, i64 %more.size)
{more}
row.done:
  %i.more = icmp slt i64 %i.next, %rows
  br i1 %i.more, label %row, label %finish
finish:
  %big.at = getelementptr inbounds double, ptr %numbers, i64 2
  store i64 %big.new, ptr %big.at, align 8
  %large.at = getelementptr inbounds double, ptr %numbers, i64 3
  store i64 %large.new, ptr %large.at, align 8
  ret void
}}"""


@dataclass(frozen=True, slots=True)
class TermCode:
    """The code, as the compiler takes it."""

    text: str

    @property
    def called(self) -> list[str]:
        """Functions of other libraries that it calls: none."""
        return []

    def module_text(self, target: Target, head: int) -> str:
        """Return the text of the module."""
        return self.text + block_entry_text(len(ARRAYS), KERNEL, head)


@cache
def next_term() -> Callable[..., Any]:
    r"""Return the function that makes the next term, adds it, and measures both.

    .. math:: x' = c\,(A - \mu I)\,x, \qquad s \mathrel{+}= x'

    Its arguments are contiguous arrays: row starts and columns (int32) and entries (float64) of A
    in the format CSR; x, s and x' (float64, rows side by side); four numbers, c and mu before, the
    largest magnitudes in x' and in s after; and the shape of x (int64).

    Magnitudes are compared by their bits, as whole numbers: a comparison of doubles that keeps NaN
    takes longer than all the rest.
    """
    return machine_code(TermCode(_text())).entry("block")
