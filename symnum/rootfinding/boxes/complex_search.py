"""All zeros of an analytic function in a rectangle: cut, drop, narrow and prove.

A rectangle is dropped where the range of f excludes 0, that of the values or that of
f(m) + f'(X)(X - m). Where f' has no zero in X, every zero lies in N = m - f(m)/f'(X); if N lies
inside X, there is exactly one. X is inflated for this, so that a zero on the side between two
rectangles is found all the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from flint import acb, arb, ctx

from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.scalar_functions import ScalarFunction

__all__ = ["ComplexSearch", "Rectangle", "rectangle_ball"]

#: Never the middle: roots love mid-points.
SHARE = 0.492

#: A rectangle is inflated by this share of its width, and by this share of its distance from 0.
INFLATION = 0.06
ABSOLUTE_INFLATION = 1e-14

#: A rectangle narrower than this, relative to its distance from 0 or 1, is not cut.
NARROWEST = 2.0**-34

#: A rectangle that shrank to this share of its width is narrowed again before it is cut.
WORTHWHILE = 0.6

#: Bits for wide and for narrow rectangles, and what is narrow: there f is lost in cancellation.
PRECISIONS = (64, 192)
NARROW = 1e-4


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A closed rectangle of the complex plane with float ends."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def size(self) -> float:
        """The largest distance of its sides from 0."""
        return max(abs(self.left), abs(self.right), abs(self.bottom), abs(self.top))

    @property
    def width(self) -> float:
        """The longer one of its sides."""
        return max(self.right - self.left, self.top - self.bottom)

    def holds(self, z: acb) -> bool:
        """Whether a ball lies in it."""
        real, imag = z.real, z.imag
        inside = real >= self.left and real <= self.right
        return bool(inside and imag >= self.bottom and imag <= self.top)

    def touches(self, other: Rectangle) -> bool:
        """Whether it has a point in common with another one."""
        across = self.left <= other.right and other.left <= self.right
        return across and self.bottom <= other.top and other.bottom <= self.top

    def hull(self, other: Rectangle) -> Rectangle:
        """Return the smallest rectangle around both."""
        return Rectangle(
            min(self.left, other.left),
            max(self.right, other.right),
            min(self.bottom, other.bottom),
            max(self.top, other.top),
        )

    def inflated(self, floor: float) -> Rectangle:
        """Return a rectangle with this one in its inside."""
        return self.widened(INFLATION * self.width + ABSOLUTE_INFLATION * max(self.size, floor))

    def widened(self, margin: float) -> Rectangle:
        """Return a rectangle that reaches further by a margin to every side."""
        return Rectangle(
            self.left - margin, self.right + margin, self.bottom - margin, self.top + margin
        )

    def halves(self) -> tuple[Rectangle, Rectangle]:
        """Return the two parts into which its longer side is cut."""
        if self.right - self.left >= self.top - self.bottom:
            place = self.left + SHARE * (self.right - self.left)
            return (
                Rectangle(self.left, place, self.bottom, self.top),
                Rectangle(place, self.right, self.bottom, self.top),
            )
        place = self.bottom + SHARE * (self.top - self.bottom)
        return (
            Rectangle(self.left, self.right, self.bottom, place),
            Rectangle(self.left, self.right, place, self.top),
        )


def rectangle_ball(rectangle: Rectangle) -> acb:
    """Return a complex ball around a rectangle, at the precision that is set."""
    return acb(
        arb(rectangle.left).union(arb(rectangle.right)),
        arb(rectangle.bottom).union(arb(rectangle.top)),
    )


@dataclass
class ComplexSearch:
    """The search in one rectangle.

    Parameters
    ----------
    function : ScalarFunction
        Complex, without poles.
    budget : int
        The number of rectangles after which the rest is left undecided.

    Attributes
    ----------
    found : list of (Rectangle, acb)
        A rectangle with exactly one zero, and a ball around the zero.
    undecided : list of Rectangle
    boxes : int
    """

    function: ScalarFunction
    budget: int
    found: list[tuple[Rectangle, acb]] = field(default_factory=list)
    undecided: list[Rectangle] = field(default_factory=list)
    boxes: int = 0

    def run(self, whole: Rectangle) -> None:
        """Search a rectangle; the parts are looked at in the order in which they were cut."""
        floor = min(1.0, whole.width)
        queue = deque([whole])
        while queue:
            box = queue.popleft()
            self.boxes += 1
            if self.boxes > self.budget:
                self.undecided += [box, *queue]
                return
            precision = PRECISIONS[box.width < NARROW * max(box.size, floor)]
            with ctx.workprec(precision):
                rest = self._examined(box, floor, precision)
            if rest is None:
                continue
            if rest.width <= NARROWEST * max(rest.size, floor):
                self.undecided.append(rest)
            elif rest.width <= WORTHWHILE * box.width:
                queue.append(rest)
            else:
                queue.extend(rest.halves())

    def _examined(self, box: Rectangle, floor: float, precision: int) -> Rectangle | None:
        """Return what is left of a rectangle, None where nothing is."""
        if any(_is_inside(box, known) for known, _ in self.found):
            return None
        over = self.function.ball(0, rectangle_ball(box), precision)
        if over.is_finite() and not over.contains(0):
            return None
        wider = box.inflated(floor)
        ball = rectangle_ball(wider)
        slope = self._slope(ball, precision)
        if slope is None or not self.function.is_smooth_over(ball, precision):
            return box
        center = acb((wider.left + wider.right) / 2.0, (wider.bottom + wider.top) / 2.0)
        value = self.function.ball(0, center, precision)
        if not (value + slope * (ball - center)).contains(0):
            return None
        if slope.contains(0) or not value.is_finite():
            return box
        newton = center - value / slope
        if ball.contains_interior(newton):
            self.found.append((wider, newton))
            return None
        return _intersection(box, newton)

    def _slope(self, ball: acb, precision: int) -> acb | None:
        """Return f' over a rectangle, None where it is not known."""
        try:
            slope = self.function.ball(1, ball, precision)
        except UnsupportedNodeError:
            return None
        return slope if slope.is_finite() else None


def _is_inside(box: Rectangle, known: Rectangle) -> bool:
    across = known.left <= box.left and box.right <= known.right
    return across and known.bottom <= box.bottom and box.top <= known.top


def _intersection(box: Rectangle, ball: acb) -> Rectangle | None:
    """Return the part of a rectangle that overlaps with a ball."""
    sides = _ends(ball.real), _ends(ball.imag)
    left, right = max(box.left, sides[0][0]), min(box.right, sides[0][1])
    bottom, top = max(box.bottom, sides[1][0]), min(box.top, sides[1][1])
    return Rectangle(left, right, bottom, top) if left <= right and bottom <= top else None


def _ends(side: arb) -> tuple[float, float]:
    """Return doubles around a real ball."""
    margin = 1e-300 + 1e-15 * abs(float(side.abs_upper()))
    return float(side.lower()) - margin, float(side.upper()) + margin
