"""The driver of an iterated program: lanes are read, exchanged when finished, and written."""

from __future__ import annotations

from collections.abc import Sequence

from symnum.compiler.iteration_code import argument_places
from symnum.compiler.iteration_layout import Layout
from symnum.compiler.memory import ENTRY

__all__ = ["DECLARED", "driver_text"]


def driver_text(layout: Layout) -> str:
    """Return the functions that move lanes, and the one that is called.

    Parameters
    ----------
    layout : Layout
        Where everything is.
    """
    return "\n\n".join(
        [
            _fetch_text(layout),
            _pull_text(layout),
            _stage_text(layout),
            _flush_text(layout),
            _entry_text(layout),
        ]
    )


# What the driver calls: name, result and parameters.
DECLARED = (
    ("llvm.ctlz.i64", "i64", ("i64", "i1")),
    ("llvm.fptoui.sat.i8.f64", "i8", ("double",)),
)


def _array(number: int | str, name: str, arrays: str = "%arrays") -> list[str]:
    """Write the reading of the address of an array."""
    return [
        f"  {name}.slot = getelementptr inbounds ptr, ptr {arrays}, i64 {number}",
        f"  {name} = load ptr, ptr {name}.slot, align 8",
    ]


def _moves(pairs: Sequence[tuple[int, int]], source: str, sink: str, name: str) -> list[str]:
    """Write the moves of cells, each at an offset from one lane to another."""
    lines = []
    for index, (start, end) in enumerate(pairs):
        cell = f"%{name}{index}"
        lines += [
            f"  {cell}.from = getelementptr inbounds i64, ptr {source}, i64 {start}",
            f"  {cell} = load i64, ptr {cell}.from, align 8",
            f"  {cell}.to = getelementptr inbounds i64, ptr {sink}, i64 {end}",
            f"  store i64 {cell}, ptr {cell}.to, align 8",
        ]
    return lines


def _fetch_text(layout: Layout) -> str:
    """Write the reading of the next elements into the buffer of incoming lanes."""
    settings = layout.read + layout.written + 1
    begin = "  call void @begin(ptr %incoming, i64 %count)" if layout.code.begin else ""
    opened = "\n".join(_array(settings, "%settings") + _array("%column", "%array"))
    body = f"""  br label %column.loop
column.loop:
  %column = phi i64 [ 0, %entry ], [ %column.next, %filled ]
{opened}
  %distance.place = add i64 %column, 1
  %distance.slot = getelementptr inbounds i64, ptr %settings, i64 %distance.place
  %distance = load i64, ptr %distance.slot, align 8
  %first.byte = mul i64 %first, %distance
  %source.first = getelementptr inbounds i8, ptr %array, i64 %first.byte
  %sink.cell = mul i64 %column, {layout.incoming}
  %sink.first = getelementptr inbounds double, ptr %incoming, i64 %sink.cell
  br label %each
each:
  %k = phi i64 [ 0, %column.loop ], [ %k.next, %each ]
  %source.byte = mul i64 %k, %distance
  %source = getelementptr inbounds i8, ptr %source.first, i64 %source.byte
  %value = load double, ptr %source, align 8
  %sink = getelementptr inbounds double, ptr %sink.first, i64 %k
  store double %value, ptr %sink, align 8
  %k.next = add nuw i64 %k, 1
  %k.more = icmp ult i64 %k.next, %count
  br i1 %k.more, label %each, label %filled
filled:
  %column.next = add nuw i64 %column, 1
  %column.more = icmp ult i64 %column.next, {layout.read}
  br i1 %column.more, label %column.loop, label %done
done:
{begin}
  ret void"""
    return f"""define internal void @fetch(ptr %arrays, ptr %incoming, i64 %first, i64 %count) \
noinline nounwind {{
entry:
{body}
}}"""


# The numbers that the driver keeps: the next element to read, its number of elements, the incoming
# lane to take next, how many there are, the element of the first of them, and the finished lanes.
NEXT, SIZE, TAKEN, HAVE, BASE, STAGED = range(6)


def _control(place: int, name: str) -> list[str]:
    return [
        f"  {name}.slot = getelementptr inbounds i64, ptr %control, i64 {place}",
        f"  {name} = load i64, ptr {name}.slot, align 8",
    ]


def _pull_text(layout: Layout) -> str:
    """Write the function that puts the next element into a working lane, if there is one."""
    code = layout.code
    first_state = layout.read if code.begin is not None else 0
    columns = [(first_state + state, state) for state in range(code.states)]
    columns += [
        (code.inputs + parameter, code.states + column)
        for column, parameter in enumerate(layout.carried)
    ]
    pairs = [(layout.incoming * a, layout.working * b) for a, b in columns]
    head = "\n".join([*_control(TAKEN, "%taken"), *_control(HAVE, "%have")])
    more = "\n".join([*_control(NEXT, "%next"), *_control(SIZE, "%size")])
    base = "\n".join(_control(BASE, "%base.now"))
    moves = "\n".join(_moves(pairs, "%from", "%to", "cell"))
    return f"""define internal i1 @pull(ptr %arrays, ptr %buffers, ptr %control, i64 %lane) \
alwaysinline nounwind {{
entry:
  %incoming = getelementptr inbounds i64, ptr %buffers, i64 {layout.incoming_cell}
  %working = getelementptr inbounds i64, ptr %buffers, i64 {layout.working_cell}
{head}
  %empty = icmp eq i64 %taken, %have
  br i1 %empty, label %refill, label %copy
refill:
{more}
  %none = icmp eq i64 %next, %size
  br i1 %none, label %fail, label %fetch
fetch:
  %left = sub i64 %size, %next
  %fits = icmp ult i64 %left, {layout.incoming}
  %count = select i1 %fits, i64 %left, i64 {layout.incoming}
  call void @fetch(ptr %arrays, ptr %incoming, i64 %next, i64 %count)
  %after = add i64 %next, %count
  store i64 %after, ptr %next.slot, align 8
  store i64 %count, ptr %have.slot, align 8
  %base.put = getelementptr inbounds i64, ptr %control, i64 {BASE}
  store i64 %next, ptr %base.put, align 8
  br label %copy
copy:
  %lane.taken = phi i64 [ %taken, %entry ], [ 0, %fetch ]
{base}
  %from = getelementptr inbounds i64, ptr %incoming, i64 %lane.taken
  %to = getelementptr inbounds i64, ptr %working, i64 %lane
{moves}
  %count.to = getelementptr inbounds i64, ptr %to, i64 {layout.count * layout.working}
  store i64 0, ptr %count.to, align 8
  %element = add i64 %base.now, %lane.taken
  %place.to = getelementptr inbounds i64, ptr %to, i64 {layout.place * layout.working}
  store i64 %element, ptr %place.to, align 8
  %taken.next = add i64 %lane.taken, 1
  store i64 %taken.next, ptr %taken.slot, align 8
  ret i1 true
fail:
  ret i1 false
}}"""


def _stage_text(layout: Layout) -> str:
    """Write the function that takes a finished lane out; a full buffer is written."""
    code = layout.code
    needed = argument_places(code.finish)
    columns = [
        column
        for argument, column in layout.step_columns().items()
        if argument in needed or argument in code.kept
    ]
    columns += [layout.count, layout.code_column, layout.place]
    pairs = [(layout.working * column, layout.finished * column) for column in columns]
    moves = "\n".join(_moves(pairs, "%from", "%to", "cell"))
    staged = "\n".join(_control(STAGED, "%staged"))
    return f"""define internal void @stage(ptr %arrays, ptr %buffers, ptr %control, i64 %lane) \
alwaysinline nounwind {{
entry:
  %working = getelementptr inbounds i64, ptr %buffers, i64 {layout.working_cell}
  %finished = getelementptr inbounds i64, ptr %buffers, i64 {layout.finished_cell}
{staged}
  %from = getelementptr inbounds i64, ptr %working, i64 %lane
  %to = getelementptr inbounds i64, ptr %finished, i64 %staged
{moves}
  %more = add i64 %staged, 1
  %full = icmp eq i64 %more, {layout.finished}
  br i1 %full, label %flush, label %keep
flush:
  call void @flush(ptr %arrays, ptr %finished, i64 %more)
  store i64 0, ptr %staged.slot, align 8
  ret void
keep:
  store i64 %more, ptr %staged.slot, align 8
  ret void
}}"""


# Codes are small whole numbers; anything else must not be without meaning.
TO_CODE = "call i8 @llvm.fptoui.sat.i8.f64({})"


def _flush_text(layout: Layout) -> str:
    """Write the function that writes the results of finished lanes where they belong."""
    code = layout.code
    columns = [*code.kept, *(layout.width + extra for extra in range(code.extras))]
    writers = [
        _writer(f"result{index}", layout.read + index, column * layout.finished)
        for index, column in enumerate(columns)
    ]
    steps = layout.read + layout.written
    writers += [
        _writer("steps", steps, layout.count * layout.finished, "i32", "fptosi {} to i32"),
        _writer("code", steps + 3, layout.code_column * layout.finished, "i8", TO_CODE),
    ]
    names = [name for name, _ in writers]
    body = "\n".join(
        text.replace("@after", after)
        for (_, text), after in zip(writers, [*names[1:], "done"], strict=True)
    )
    finish = "  call void @finish(ptr %finished, i64 %count)" if code.finish is not None else ""
    settings = "\n".join(_array(layout.read + layout.written + 1, "%settings"))
    return f"""define internal void @flush(ptr %arrays, ptr %finished, i64 %count) \
noinline nounwind {{
entry:
{finish}
{settings}
  %places = getelementptr inbounds i64, ptr %finished, i64 {layout.place * layout.finished}
  br label %{names[0]}
{body}
done:
  ret void
}}"""


def _writer(
    name: str, array: int, cell: int, kind: str = "double", cast: str = ""
) -> tuple[str, str]:
    """Write the loop that writes one column, as its label and its text.

    Doubles go where the settings say, the others lie one behind the other.
    """
    size = {"double": 8, "i32": 4, "i8": 1}[kind]
    distance = f"  %{name}.distance = add i64 0, {size}"
    if kind == "double":
        distance = "\n".join(
            [
                f"  %{name}.distance.slot = getelementptr inbounds i64, ptr %settings, "
                f"i64 {array + 1}",
                f"  %{name}.distance = load i64, ptr %{name}.distance.slot, align 8",
            ]
        )
    value = f"double %{name}.value"
    conversion = f"  %{name}.out = {cast.format(value)}\n" if cast else ""
    stored = f"%{name}.{'out' if cast else 'value'}"
    opened = "\n".join(_array(array, f"%{name}.array"))
    return (
        name,
        f"""{name}:
{opened}
{distance}
  %{name}.column = getelementptr inbounds double, ptr %finished, i64 {cell}
  br label %{name}.each
{name}.each:
  %{name}.k = phi i64 [ 0, %{name} ], [ %{name}.next, %{name}.each ]
  %{name}.at = getelementptr inbounds i64, ptr %places, i64 %{name}.k
  %{name}.place = load i64, ptr %{name}.at, align 8
  %{name}.from = getelementptr inbounds double, ptr %{name}.column, i64 %{name}.k
  %{name}.value = load double, ptr %{name}.from, align 8
{conversion}  %{name}.byte = mul i64 %{name}.place, %{name}.distance
  %{name}.to = getelementptr inbounds i8, ptr %{name}.array, i64 %{name}.byte
  store {kind} {stored}, ptr %{name}.to, align 1
  %{name}.next = add nuw i64 %{name}.k, 1
  %{name}.more = icmp ult i64 %{name}.next, %count
  br i1 %{name}.more, label %{name}.each, label %@after""",
    )


def _entry_text(layout: Layout) -> str:
    """Write the function that is called: fill the working lanes, step them until none is left."""
    settings = layout.read + layout.written + 1
    opened = "\n".join([*_array(settings, "%settings"), *_array(settings + 1, "%buffers")])
    starts = "\n".join(
        f"  %start{place} = getelementptr inbounds i64, ptr %control, i64 {place}\n"
        f"  store i64 {'%size' if place == SIZE else 0}, ptr %start{place}, align 8"
        for place in range(6)
    )
    most = "\n".join(
        f"  %most{lane} = getelementptr inbounds double, ptr %buffers, i64 {lane}\n"
        f"  store double %most.real, ptr %most{lane}, align 8"
        for lane in range(layout.lanes)
    )
    pairs = [(layout.working * column, layout.working * column) for column in range(layout.width)]
    moves = "\n".join(_moves(pairs, "%last.lane", "%hole", "cell"))
    staged = "\n".join(_control(STAGED, "%staged"))
    call = "ptr %arrays, ptr %buffers, ptr %control, i64"
    return f"""define void @{ENTRY}(ptr %arrays, i64 %size) nounwind {{
entry:
  %control = alloca [6 x i64], align 8
{opened}
  %most.whole = load i64, ptr %settings, align 8
  %most.real = sitofp i64 %most.whole to double
{starts}
{most}
  %working = getelementptr inbounds i64, ptr %buffers, i64 {layout.working_cell}
  %finished = getelementptr inbounds i64, ptr %buffers, i64 {layout.finished_cell}
  br label %fill
fill:
  %filled = phi i64 [ 0, %entry ], [ %filled.next, %got ]
  %ok = call i1 @pull({call} %filled)
  br i1 %ok, label %got, label %ready
got:
  %filled.next = add nuw i64 %filled, 1
  %room = icmp ult i64 %filled.next, {layout.working}
  br i1 %room, label %fill, label %ready
ready:
  %live.first = phi i64 [ %filled, %fill ], [ %filled.next, %got ]
  br label %pass
pass:
  %live.pass = phi i64 [ %live.first, %ready ], [ %live.end, %stepped ]
  %any = icmp ne i64 %live.pass, 0
  br i1 %any, label %group, label %end
group:
  %offset = phi i64 [ 0, %pass ], [ %offset.next, %stepped ]
  %live.group = phi i64 [ %live.pass, %pass ], [ %live.end, %stepped ]
  %bits = call i64 @step(ptr %working, i64 %offset, ptr %buffers)
  %within = sub i64 %live.group, %offset
  %partial = icmp ult i64 %within, {layout.group}
  %shift = select i1 %partial, i64 %within, i64 0
  %one = shl i64 1, %shift
  %mask = sub i64 %one, 1
  %kept.bits = and i64 %bits, %mask
  %bits.live = select i1 %partial, i64 %kept.bits, i64 %bits
  br label %check
check:
  %bits.left = phi i64 [ %bits.live, %group ], [ %bits.rest, %exchanged ]
  %live.now = phi i64 [ %live.group, %group ], [ %live.after, %exchanged ]
  %some = icmp ne i64 %bits.left, 0
  br i1 %some, label %take, label %stepped
take:
  %zeros = call i64 @llvm.ctlz.i64(i64 %bits.left, i1 true)
  %bit = sub i64 63, %zeros
  %bit.mask = shl i64 1, %bit
  %bits.rest = xor i64 %bits.left, %bit.mask
  %lane = add i64 %offset, %bit
  call void @stage({call} %lane)
  %pulled = call i1 @pull({call} %lane)
  br i1 %pulled, label %exchanged, label %close
close:
  %live.less = sub i64 %live.now, 1
  %last.lane = getelementptr inbounds i64, ptr %working, i64 %live.less
  %hole = getelementptr inbounds i64, ptr %working, i64 %lane
{moves}
  br label %exchanged
exchanged:
  %live.after = phi i64 [ %live.now, %take ], [ %live.less, %close ]
  br label %check
stepped:
  %live.end = phi i64 [ %live.now, %check ]
  %offset.next = add i64 %offset, {layout.group}
  %more = icmp ult i64 %offset.next, %live.end
  br i1 %more, label %group, label %pass
end:
{staged}
  %left = icmp ne i64 %staged, 0
  br i1 %left, label %flush, label %done
flush:
  call void @flush(ptr %arrays, ptr %finished, i64 %staged)
  br label %done
done:
  ret void
}}"""
