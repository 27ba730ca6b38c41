"""From precision to precision until two agree: the loop around the runs of the machine.

Two runs settle most values. Where they do not, balls decide cheaply at a high precision what is
going on: a value that needs more bits, or a sum, a sign, a floor that lies exactly on the spot. The
latter are snapped, and the climb starts again at the bottom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import mpmath
import sympy
from flint import acb, arb, fmpq

from symnum.errors import UnsupportedNodeError
from symnum.reference.ball_rules import ball_plan, run_balls
from symnum.reference.exact import IMAGINARY, REAL, WHOLE
from symnum.reference.functions import SLOW
from symnum.reference.graph import MISSING, build_graph, prompt
from symnum.reference.machine import SAFETY, Key, Run
from symnum.reference.precision import private_context, working_precision
from symnum.reference.rules import plan

__all__ = ["Climb", "Compiled"]

# Bits beyond the digits that were asked for.
GUARD = 30
# A sum that still cancels at this many bits is 0, unless some number in the expression is so small
# or some function so near its limit that more bits are called for, up to the second.
ENOUGH = 1 << 12
MOST = 1 << 17
MOST_RESTARTS = 12
# How far the precision of functions that mpmath sums or integrates for may rise.
SLOW_RISE = 3
MOST_SLOW = 600


class Compiled:
    """Expressions ready to run: their graph and the rule of each vertex."""

    def __init__(
        self, expressions: Sequence[Any], replaced: Mapping[sympy.Symbol, Any] | None = None
    ) -> None:
        self.graph = build_graph(expressions, replaced)
        self.rules = plan(self.graph)
        self.slow = any(vertex.head in SLOW for vertex in self.graph.vertices)
        self._reach: dict[int, frozenset[int]] = {}

    @cached_property
    def ball_rules(self) -> Any:
        """The rules in balls, or None where a vertex has none."""
        try:
            return ball_plan(self.graph)
        except UnsupportedNodeError:
            return None

    def reach(self, root: int) -> frozenset[int]:
        """Return the positions on which a root may depend."""
        if root not in self._reach:
            found, stack = {root}, [root]
            while stack:
                fresh = set(self.graph.vertices[stack.pop()].operands) - found
                found |= fresh
                stack.extend(fresh)
            self._reach[root] = frozenset(found)
        return self._reach[root]


class Climb:
    """The evaluation of compiled expressions at one point.

    Parameters
    ----------
    compiled : Compiled
    bindings : mapping
        From symbol to an exact rational or an mpmath number.
    digits : int
        Relative accuracy wanted, in decimal digits.
    """

    def __init__(
        self, compiled: Compiled, bindings: Mapping[sympy.Symbol, Any], digits: int
    ) -> None:
        self.compiled = compiled
        self.ctx = private_context()
        self.bindings = {s: self._own(value) for s, value in bindings.items()}
        self.bits = int(digits * 3.3219281) + 2

    def _own(self, value: Any) -> Any:
        """Return an mpmath number of any context, unrounded, as one of the private context."""
        if isinstance(value, fmpq):
            return value
        if isinstance(value, mpmath.mpc):
            return self.ctx.make_mpc(value._mpc_)
        return self.ctx.make_mpf(value._mpf_)

    def values(self) -> list[Any]:
        """Return the values of all roots."""
        graph = self.compiled.graph
        start = self.bits + GUARD
        low = self._run(graph.prompt, start)
        high = self._run(graph.prompt, start + start // 2, low)
        return [
            self._exported(high.values[root])
            if self._settled(low, high, root)
            else self._alone(root, high)
            for root in graph.roots
        ]

    def _run(
        self,
        positions: Iterable[int],
        prec: int,
        previous: Run | None = None,
        snapped: frozenset[Key] = frozenset(),
    ) -> Run:
        self.ctx.prec = prec
        compiled = self.compiled
        run = Run(compiled.graph, compiled.rules, self.ctx, self.bindings, previous, snapped)
        run.evaluate(positions)
        return run

    # agreement

    def _settled(self, low: Run, high: Run, root: int) -> bool:
        if high.doubts:
            reach = self.compiled.reach(root)
            if any(position in reach for position, _ in high.doubts):
                return False
        return self._agree(low.values[root], high.values[root])

    def _agree(self, before: Any, after: Any) -> bool:
        if isinstance(after, fmpq | bool):
            return isinstance(before, type(after)) and before == after
        if type(before) is not type(after):
            return False
        if not self.ctx.isfinite(after):
            return bool(before == after or (self.ctx.isnan(before) and self.ctx.isnan(after)))
        change = abs(after - before)
        # Written so that nan, where the lower precision met a pole, does not agree.
        if not change <= abs(after) * self.ctx.ldexp(1, -self.bits):
            return False
        if isinstance(after, self.ctx.mpf):
            return True
        parts = ((before.real, after.real), (before.imag, after.imag))
        return all(abs(new - old) * 256 <= abs(new) for old, new in parts)

    # one value that two runs did not settle

    def _alone(self, root: int, run: Run) -> Any:
        positions = prompt(self.compiled.graph.vertices, [root])
        snapped: frozenset[Key] = frozenset()
        if self.compiled.ball_rules is not None:
            value, snapped = self._ask_balls(root, positions, run, snapped)
            if value is not None:
                return value
        for _ in range(MOST_RESTARTS):
            value, found = self._ascend(root, positions, snapped, None if snapped else run)
            if not found:
                return value
            snapped |= found
        return mpmath.mpf("nan")

    def _ascend(
        self, root: int, positions: Sequence[int], snapped: frozenset[Key], previous: Run | None
    ) -> tuple[Any, frozenset[Key]]:
        """Climb once; return the value, or the spots that were recognised on the way."""
        start = self.bits + GUARD
        prec = start if previous is None else 3 * start
        asked = not snapped
        top = 0
        while True:
            run = self._run(positions, prec, previous, snapped)
            if previous is not None and self._settled(previous, run, root):
                return self._exported(run.values[root]), frozenset()
            if previous is not None and not asked and self._balls_apply(snapped):
                asked = True
                value, found = self._ask_balls(root, positions, run, snapped)
                if value is not None or found:
                    return value, found
            # From the first run: at a pole the rounding error itself is as large as the precision.
            top = top or self._top(run)
            if self.compiled.slow:
                top = min(top, max(SLOW_RISE * start, MOST_SLOW))
            if previous is not None and prec >= top:
                found = self._spots(root, previous, run) - snapped
                return mpmath.mpf("nan"), found
            previous, prec = run, prec * 2

    def _top(self, run: Run) -> int:
        """Return the bits after which what cancels is taken to be zero."""
        depth = run.depth
        for value in run.values:
            if isinstance(value, fmpq):
                depth = max(depth, value.height_bits())
            elif isinstance(value, self.ctx.mpf | self.ctx.mpc):
                size = self.ctx.mag(value)
                depth = max(depth, abs(size)) if isinstance(size, int) else depth
        return min(ENOUGH + 2 * depth, MOST)

    def _spots(self, root: int, low: Run, high: Run) -> frozenset[Key]:
        """Return the decisions and the values that are within the rounding error of zero."""
        reach = self.compiled.reach(root)
        found = {key for key in high.doubts if key[0] in reach}
        noisy: set[int] = set()
        for position in sorted(reach):
            pair = low.values[position], high.values[position]
            if MISSING in pair or any(isinstance(value, fmpq | bool) for value in pair):
                continue
            operands = self.compiled.graph.vertices[position].operands
            scale = max([self._size(high.values[o]) for o in operands], default=0) or 1
            slots = self._noise(*pair, scale)
            if slots:
                noisy.add(position)
                if not noisy.intersection(operands):
                    found.update((position, slot) for slot in slots)
        return frozenset(found)

    def _size(self, value: Any) -> Any:
        if value is MISSING or isinstance(value, bool):
            return 0
        number = abs(
            self.ctx.mpf(int(value.p)) / int(value.q) if isinstance(value, fmpq) else value
        )
        return number if self.ctx.isfinite(number) else 0

    def _noise(self, before: Any, after: Any, scale: Any) -> list[int]:
        """Return which parts of a value did not survive the last rise of the precision."""
        ctx = self.ctx
        tiny = scale * ctx.ldexp(1, -(ctx.prec // 4))
        if not (ctx.isfinite(before) and ctx.isfinite(after)):
            return []

        def lost(old: Any, new: Any) -> bool:
            return bool(abs(new) <= tiny and abs(new) <= SAFETY * abs(new - old))

        if lost(before, after):
            return [WHOLE]
        if isinstance(after, ctx.mpf):
            return []
        parts = ((REAL, ctx.re(before), after.real), (IMAGINARY, ctx.im(before), after.imag))
        return [slot for slot, old, new in parts if lost(old, new)]

    # balls

    def _balls_apply(self, snapped: frozenset[Key]) -> bool:
        return self.compiled.ball_rules is not None and all(slot < 0 for _, slot in snapped)

    def _ask_balls(
        self, root: int, positions: Sequence[int], run: Run, snapped: frozenset[Key]
    ) -> tuple[Any, frozenset[Key]]:
        """Return the value if balls find it, or the spots they recognise at the top precision."""
        top = self._top(run)
        prec = 4 * (self.bits + GUARD)
        while True:
            with working_precision(prec):
                bindings = {s: self._as_ball(value) for s, value in self.bindings.items()}
                values = run_balls(
                    self.compiled.graph, self.compiled.ball_rules, positions, bindings, snapped
                )
                value = self._from_ball(values[root])
                if value is not None:
                    return value, frozenset()
                if prec >= top:
                    return None, self._ball_spots(root, values, run, prec) - snapped
            prec = min(4 * prec, max(top, prec + 1))

    def _as_ball(self, value: Any) -> Any:
        if isinstance(value, fmpq):
            return value
        if isinstance(value, self.ctx.mpc):
            return acb(arb(value.real), arb(value.imag))
        return arb(value)

    def _from_ball(self, value: Any) -> Any:
        """Return the middle of a ball that is small enough, as an mpmath number, else None."""
        if isinstance(value, bool | fmpq):
            return self._exported(value)
        if value is None or not value.is_finite() or value.rel_accuracy_bits() < self.bits:
            return None
        if isinstance(value, arb):
            return self._exported(self.ctx.make_mpf(value.mid()._mpf_))
        parts = (value.real, value.imag)
        if any(part.rel_accuracy_bits() < 8 and not part.is_zero() for part in parts):
            return None
        real, imaginary = (part.mid()._mpf_ for part in parts)
        return self._exported(self.ctx.make_mpc((real, imaginary)))

    def _ball_spots(self, root: int, values: Sequence[Any], run: Run, prec: int) -> frozenset[Key]:
        reach = self.compiled.reach(root)
        found: set[Key] = set()
        noisy: set[int] = set()
        small = arb(2) ** (-prec // 2)
        for position in sorted(reach):
            value = values[position]
            if not isinstance(value, arb | acb) or not value.is_finite():
                continue
            operands = self.compiled.graph.vertices[position].operands
            scale = max(
                [abs(values[o]) for o in operands if isinstance(values[o], arb | acb | fmpq)],
                default=arb(1),
                key=lambda size: arb(size).abs_upper(),
            )
            slots = _zero_parts(value, small * scale)
            if slots:
                noisy.add(position)
                if not noisy.intersection(operands):
                    found.update((position, slot) for slot in slots)
        undecided = {
            key
            for key in run.doubts
            if key[0] in reach and key[1] >= 0 and _is_open(values[key[0]])
        }
        return frozenset(found | undecided)

    def _exported(self, value: Any) -> Any:
        """Return a value as a number of mpmath's public types, rounded to what was asked for."""
        if isinstance(value, bool):
            return value
        prec = self.bits + 16
        if isinstance(value, fmpq):
            raw = mpmath.libmp.from_rational(int(value.p), int(value.q), prec, "n")
            return mpmath.mp.make_mpf(raw)
        if isinstance(value, self.ctx.mpc):
            parts = tuple(mpmath.libmp.mpf_pos(part, prec, "n") for part in value._mpc_)
            return mpmath.mp.make_mpc(parts)
        return mpmath.mp.make_mpf(mpmath.libmp.mpf_pos(value._mpf_, prec, "n"))


def _zero_parts(value: Any, small: Any) -> list[int]:
    """Return which parts of a ball are zero as far as can be seen."""
    if isinstance(value, arb):
        return [WHOLE] if value.contains(0) and value.rad() <= small and not value.is_zero() else []
    parts = ((REAL, value.real), (IMAGINARY, value.imag))
    zero = [slot for slot, part in parts if part.contains(0) and part.rad() <= small]
    return [WHOLE] if len(zero) == 2 else zero


def _is_open(value: Any) -> bool:
    """Return whether a decision is still open in balls."""
    return value is None or (isinstance(value, arb | acb) and not value.is_exact())
