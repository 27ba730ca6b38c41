r"""Puiseux series of the roots of a polynomial, by Newton's polygon.

In ``P(x, s) = sum_i p_i(s) x**i`` the points (i, v_i), v_i the lowest power of s in p_i, have a
lower convex hull. An edge of slope -a/b belongs to roots ``x ~ c s**(a/b)``, c a root of the edge
polynomial. With ``s -> s**b`` and ``x = s**a (c + y)`` the roots y that vanish with s are again
those of such a polynomial; where c is simple there is one, a power series, which Newton's method
finds by doubling. Coefficients stay in the field that the roots c generate.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, final

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.dense_polynomials import shifted_argument
from symnum.algebra.extensions import adjoin_root
from symnum.algebra.fields import Field

__all__ = ["PuiseuxClass", "newton_polygon", "puiseux_classes", "simple_root", "small_classes"]

Rows = list[Any]

# Branches that have so many terms in common are taken to be equal.
LONGEST_HEAD = 500


@final
@dataclasses.dataclass(eq=False, slots=True)
class PuiseuxClass:
    """The Puiseux series of one root and of those that are conjugate to it over the coefficients.

    Attributes
    ----------
    field : Field
        The coefficients; the conjugates of its generator tell the roots of the class apart.
    ramification : int
        The series is one in ``s = eps**(1/ramification)``.
    head : list of pairs
        Exponents of eps with their coefficients, up to where the root has no equal left.
    rest : list of polynomials in s, optional
        The equation of what comes after the head, over the last power of eps in it; None where the
        head is the root.
    """

    field: Field
    ramification: int
    head: list[tuple[Fraction, Any]]
    rest: Rows | None
    _tail: list[Any] = dataclasses.field(default_factory=list)

    @property
    def leading_exponent(self) -> Fraction:
        """The exponent of the first term; 0 for the root 0."""
        return self.head[0][0] if self.head else Fraction(0)

    def coefficients(self, order: int) -> list[Any]:
        """Return the coefficients of the leading power and of `order` steps of s after it."""
        result = [self.field.element(0)] * (order + 1)
        for exponent, value in self.head:
            place = int((exponent - self.leading_exponent) * self.ramification)
            if place <= order:
                result[place] = value
        if self.rest is not None:
            start = int((self.head[-1][0] - self.leading_exponent) * self.ramification)
            if len(self._tail) <= order - start:
                self._tail = simple_root(self.field, self.rest, order - start + 1)
            for k in range(1, order - start + 1):
                result[start + k] = self._tail[k]
        return result


def puiseux_classes(base: Field, rows: Rows) -> list[PuiseuxClass]:
    """Return the series of all roots of a polynomial without repeated roots.

    Parameters
    ----------
    base : Field
    rows : list of polynomials over the field
        The coefficients of 1, x, x**2, ..., as polynomials in eps.

    Returns
    -------
    list of PuiseuxClass

    Examples
    --------
    >>> from symnum.algebra.fields import Rationals
    >>> Q = Rationals()
    >>> rows = [Q.polynomial([0, 0, -1]), Q.polynomial([0]), Q.polynomial([0]), Q.polynomial([1])]
    >>> [(str(c.leading_exponent), c.field.expression(c.head[0][1]))
    ...     for c in puiseux_classes(Q, rows)]
    [('2/3', 1), ('2/3', -1/2 - sqrt(3)*I/2)]
    """
    return list(_classes(base, rows, 1, Fraction(0), [], small_only=False))


def small_classes(base: Field, rows: Rows, start: Any | None) -> list[PuiseuxClass]:
    """Return the series of the roots ``start + y`` for which y vanishes with eps.

    Parameters
    ----------
    base : Field
    rows : list of polynomials over the field
        The coefficients of 1, y, y**2, ..., as polynomials in eps.
    start : element of the field, optional
        0 if not given.

    Returns
    -------
    list of PuiseuxClass
    """
    head = [] if start is None else [(Fraction(0), start)]
    return list(_classes(base, rows, 1, Fraction(0), head, small_only=True))


def newton_polygon(rows: Sequence[Any]) -> list[tuple[Fraction, list[tuple[int, int]]]]:
    """Return the edges of Newton's polygon: the exponent of s, and the points on the edge.

    Parameters
    ----------
    rows : sequence of polynomials in s
        The coefficients of 1, x, x**2, ...

    Returns
    -------
    list of pairs
        From the largest exponent to the smallest; points (i, v_i).
    """
    points = []
    for i, row in enumerate(rows):
        valuation = _valuation(row)
        if valuation is not None:
            points.append((i, valuation))
    edges = []
    start = 0
    while start < len(points) - 1:
        i, v = points[start]
        slopes = [Fraction(w - v, j - i) for j, w in points[start + 1 :]]
        lowest = min(slopes)
        on_edge = [k for k, slope in enumerate(slopes, start + 1) if slope == lowest]
        edges.append((-lowest, [points[k] for k in (start, *on_edge)]))
        start = on_edge[-1]
    return edges


def _valuation(polynomial: Any) -> int | None:
    return next((k for k, c in enumerate(polynomial.coeffs()) if c != 0), None)


def _classes(
    base: Field,
    rows: Rows,
    ramification: int,
    offset: Fraction,
    head: list[tuple[Fraction, Any]],
    *,
    small_only: bool,
) -> Iterator[PuiseuxClass]:
    """Follow the edges; only those of positive exponents once the leading term is known."""
    if len(head) > LONGEST_HEAD:
        raise NoJetError("a branch", "it does not separate from its neighbours")
    if rows[0] == 0:
        yield PuiseuxClass(base, ramification, head, None)
        rows = rows[1:]
    for exponent, points in newton_polygon(rows):
        if small_only and exponent <= 0:
            break
        edge = [base.element(0)] * (points[-1][0] - points[0][0] + 1)
        for i, v in points:
            edge[i - points[0][0]] = rows[i].coeffs()[v]
        place = offset + exponent / ramification
        finer = ramification * exponent.denominator
        for factor, multiplicity in base.factors(base.polynomial(edge)):
            larger, embed, root = adjoin_root(base, factor)
            longer = [(e, embed(c)) for e, c in head] + [(place, root)]
            lifted = [larger.polynomial([embed(c) for c in row.coeffs()]) for row in rows]
            following = _substituted(larger, lifted, exponent, root)
            if multiplicity == 1:
                yield PuiseuxClass(larger, finer, longer, following)
            else:
                yield from _classes(larger, following, finer, place, longer, small_only=True)


def _substituted(field: Field, rows: Rows, exponent: Fraction, root: Any) -> Rows:
    """Return P(s**a (root + y), s**b) without its common power of s, exponent = a/b."""
    a, b = exponent.numerator, exponent.denominator
    lowest = min(v * b + a * i for i, row in enumerate(rows) if (v := _valuation(row)) is not None)
    zero = field.element(0)
    spread = []
    for i, row in enumerate(rows):
        coefficients = row.coeffs()
        values = [zero] * max(a * i - lowest + b * (len(coefficients) - 1) + 1, 0)
        for k, c in enumerate(coefficients):
            if c != 0:
                values[a * i - lowest + b * k] = c
        spread.append(field.polynomial(values))
    return shifted_argument(spread, root)


def simple_root(field: Field, rows: Rows, length: int) -> list[Any]:
    """Return the first coefficients of the root y(s) with y(0) = 0, which must be simple.

    Newton's method doubles the number of right coefficients, of the root and of the reciprocal of
    the derivative at once.

    Parameters
    ----------
    field : Field
    rows : list of polynomials in s
        The coefficients of 1, y, y**2, ...
    length : int

    Returns
    -------
    list of elements of the field
    """
    root = field.polynomial([])
    inverse = field.polynomial([1 / rows[1].coeffs()[0]])
    two = field.polynomial([field.element(2)])
    known = 1
    while known < length:
        # The reciprocal of the slope is needed as far as the root is known, and no further.
        slope = _slope(rows, root, known)
        inverse = inverse.mul_low(two - slope.mul_low(inverse, known), known)
        known = min(2 * known, length)
        value = _value([row.truncate(known) for row in rows], root, known)
        root = root - value.mul_low(inverse, known)
    coefficients: list[Any] = root.coeffs()
    return coefficients + [field.element(0)] * (length - len(coefficients))


def _value(rows: Rows, point: Any, length: int) -> Any:
    """Return a polynomial in y at a truncated series."""
    value = rows[-1]
    for row in reversed(rows[:-1]):
        value = value.mul_low(point, length) + row
    return value


def _slope(rows: Rows, point: Any, length: int) -> Any:
    """Return the derivative of a polynomial in y at a truncated series."""
    derived = [row.truncate(length) * power for power, row in enumerate(rows)]
    return _value(derived[1:], point, length)
