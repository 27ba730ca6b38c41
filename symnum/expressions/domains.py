"""Domains of one symbol: real intervals and ranges of integers, with exact ends."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from symnum.expressions.draws import LARGEST, draw_rational
from symnum.expressions.exact import (
    compare,
    exact_number,
    fraction_above,
    fraction_below,
    is_real,
    python_number,
    without_floats,
)
from symnum.expressions.parsing import parse_expression

_INFINITIES = (sympy.oo, -sympy.oo)
_POWERS = (-6, -3, 0, 1, 2, 3, 6)


def _end(value: Any, name: str) -> Expr:
    """Return one end of a domain as an exact number; text is parsed."""
    if isinstance(value, str):
        value = parse_expression(value)
    return exact_number(value, name)


def _as_member(value: Any) -> Expr | None:
    """Return a candidate for membership as an exact number, None for what no domain contains."""
    number = value if isinstance(value, Expr) else python_number(value)
    if number is None or number.free_symbols:
        raise TypeError(f"expected a number to look up in a domain, got {value!r:.60}")
    number = without_floats(number)
    return number if is_real(number) and number not in _INFINITIES else None


def _sign_facts(domain: Interval | Integers) -> dict[str, bool]:
    """Return what the ends of a domain say about the sign of its members."""
    above, below = compare(domain.low, Integer(0)), compare(domain.high, Integer(0))
    contains_zero = Integer(0) in domain
    facts: dict[str, bool] = {}
    if above == 0 and below == 0:
        facts["zero"] = True
    elif above is not None and above >= 0:
        facts["nonnegative" if contains_zero else "positive"] = True
    elif below is not None and below <= 0:
        facts["nonpositive" if contains_zero else "negative"] = True
    return facts


@dataclass(frozen=True, slots=True)
class Interval:
    r"""A real interval, the domain of one real symbol.

    .. math:: [a, b], \quad (a, b], \quad [a, b), \quad (a, b)

    Parameters
    ----------
    low, high : number or str
        The ends, ``-oo`` and ``oo`` included. Floats are taken exactly; text is parsed, and
        ``"0.1"`` means one tenth.
    left_open, right_open : bool
        Whether the end itself is left out. An infinite end is always left out.

    Raises
    ------
    ValueError
        An end that is a truth value, nan, not real or contains symbols; an empty interval.
    TypeError
        An end that is no number.

    Examples
    --------
    >>> print(Interval(0, "oo"))
    [0, oo)
    >>> sympy.pi in Interval(3, "22/7")
    True
    """

    low: Expr
    high: Expr
    left_open: bool = False
    right_open: bool = False

    def __post_init__(self) -> None:
        low, high = _end(self.low, "low"), _end(self.high, "high")
        for name in ("left_open", "right_open"):
            flag = getattr(self, name)
            if not isinstance(flag, bool):
                raise TypeError(f"{name}: expected True or False, got {flag!r:.60}")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)
        object.__setattr__(self, "left_open", self.left_open or low in _INFINITIES)
        object.__setattr__(self, "right_open", self.right_open or high in _INFINITIES)
        order = compare(low, high)
        if order is None or order > 0 or (order == 0 and (self.left_open or self.right_open)):
            raise ValueError(f"the interval {self} is empty: low = {low}, high = {high}")

    @property
    def is_point(self) -> bool:
        """Whether the interval holds one number only."""
        return compare(self.low, self.high) == 0

    @property
    def is_bounded(self) -> bool:
        """Whether both ends are finite."""
        return self.low not in _INFINITIES and self.high not in _INFINITIES

    @property
    def midpoint(self) -> Expr:
        """The middle; of an unbounded interval the number one away from its end, or zero."""
        if self.is_bounded:
            return (self.low + self.high) / 2
        if self.low not in _INFINITIES:
            return self.low + 1
        return self.high - 1 if self.high not in _INFINITIES else Integer(0)

    def __contains__(self, value: object) -> bool:
        number = _as_member(value)
        if number is None:
            return False
        above, below = compare(number, self.low), compare(self.high, number)
        if above is None or below is None:
            return False
        return above >= int(self.left_open) and below >= int(self.right_open)

    def __str__(self) -> str:
        left, right = "(" if self.left_open else "[", ")" if self.right_open else "]"
        return f"{left}{_readable(self.low)}, {_readable(self.high)}{right}"

    def assumptions(self) -> dict[str, bool]:
        """Return the SymPy assumptions that hold for every member.

        Returns
        -------
        dict from str to bool
            ``real`` and, where the ends tell, the sign.

        Examples
        --------
        >>> Interval(0, 1, left_open=True).assumptions()
        {'real': True, 'positive': True}
        """
        return {"real": True, **_sign_facts(self)}

    def sample(self, rng: random.Random) -> Expr:
        """Return a random member with numerator and denominator up to ``10**6``.

        Where the interval leaves no such number (it is a point, thinner than ``10**-6``, or far
        from zero) the member is the point itself, or a rational number of more digits.

        Parameters
        ----------
        rng : random.Random
            The source of randomness.

        Returns
        -------
        sympy.Expr
            A Rational, except for a single irrational point.

        Examples
        --------
        >>> Interval(0, 1).sample(random.Random(0)) in Interval(0, 1)
        True
        """
        if self.is_point:
            return self.low
        while True:
            number = draw_rational(self.low, self.high, rng)
            if number in self:
                return number

    def clamp(self, value: Fraction) -> Fraction:
        """Return the fraction nearest to `value` that lies between the ends.

        Parameters
        ----------
        value : fractions.Fraction
            Any number.

        Returns
        -------
        fractions.Fraction
            `value` itself where it is between the ends; an end, rounded inwards, where it is not.

        Examples
        --------
        >>> Interval(0, 1).clamp(Fraction(3, 2))
        Fraction(1, 1)
        """
        if self.low not in _INFINITIES:
            value = max(value, fraction_above(self.low, 30))
        if self.high not in _INFINITIES:
            value = min(value, fraction_below(self.high, 30))
        return value

    def probes(self) -> tuple[Expr, ...]:
        """Return the members worth a look in every check: ends, middle, zero, powers of ten.

        Next to an open end stand members at a millionth and a thousandth of the width from it.

        Returns
        -------
        tuple of sympy.Expr
            Exact, in increasing distance from the ends, without repetitions.

        Examples
        --------
        >>> Interval(0, 1).probes()
        (0, 1, 1/2)
        """
        candidates: list[Expr] = [self.low, self.high, self.midpoint, Integer(0)]
        if self.is_bounded:
            width = self.high - self.low
            for part in (Rational(1, 10**6), Rational(1, 1000)):
                if self.left_open:
                    candidates.append(self.low + part * width)
                if self.right_open:
                    candidates.append(self.high - part * width)
        else:
            base_low, base_high = _finite(self.low), _finite(self.high)
            powers = [Rational(10) ** power for power in _POWERS]
            if self.high in _INFINITIES:
                candidates += [base_low + power for power in powers]
            if self.low in _INFINITIES:
                candidates += [base_high - power for power in powers]
        return _distinct_members(candidates, self)


@dataclass(frozen=True, slots=True)
class Integers:
    r"""A range of integers, both ends included where they are finite.

    .. math:: \{n \in \mathbb{Z} : a \le n \le b\}

    Parameters
    ----------
    low, high : integer, ``-oo`` or ``oo``, or str
        The ends. Without ends the range is all integers.

    Raises
    ------
    ValueError
        An end that is no integer and not infinite; an empty range.
    TypeError
        An end that is no number.

    Examples
    --------
    >>> print(Integers(1, "oo"))
    {1, 2, ...}
    >>> 3 in Integers(1, 5), 2.5 in Integers(1, 5)
    (True, False)
    """

    low: Expr = -sympy.oo
    high: Expr = sympy.oo

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            end = _end(getattr(self, name), name)
            if not (end.is_Integer or end in _INFINITIES):
                raise ValueError(f"{name}: expected an integer or an infinity, got {end}")
            object.__setattr__(self, name, end)
        if self.low == sympy.oo or self.high == -sympy.oo or compare(self.low, self.high) == 1:
            raise ValueError(f"the range from low = {self.low} to high = {self.high} is empty")

    @property
    def left_open(self) -> bool:
        """Whether the lower end is infinite."""
        return self.low in _INFINITIES

    @property
    def right_open(self) -> bool:
        """Whether the upper end is infinite."""
        return self.high in _INFINITIES

    @property
    def is_point(self) -> bool:
        """Whether the range holds one number only."""
        return bool(self.low == self.high)

    @property
    def is_bounded(self) -> bool:
        """Whether both ends are finite."""
        return not (self.left_open or self.right_open)

    @property
    def midpoint(self) -> Expr:
        """The middle, rounded down; of an unbounded range the number next to its end, or zero."""
        if self.is_bounded:
            return (self.low + self.high) // 2
        if not self.left_open:
            return self.low + 1
        return self.high - 1 if not self.right_open else Integer(0)

    def __contains__(self, value: object) -> bool:
        number = _as_member(value)
        if number is None or not (number.is_Integer or _is_integral(number)):
            return False
        return compare(number, self.low) in (0, 1) and compare(self.high, number) in (0, 1)

    def __str__(self) -> str:
        if not self.is_bounded:
            if not self.left_open:
                return f"{{{self.low}, {self.low + 1}, ...}}"
            return f"{{..., {self.high - 1}, {self.high}}}" if not self.right_open else "integers"
        if self.high - self.low < 3:
            members = range(int(self.low), int(self.high) + 1)
            return "{" + ", ".join(str(member) for member in members) + "}"
        return f"{{{self.low}, ..., {self.high}}}"

    def assumptions(self) -> dict[str, bool]:
        """Return the SymPy assumptions that hold for every member.

        Returns
        -------
        dict from str to bool
            ``integer`` and, where the ends tell, the sign.

        Examples
        --------
        >>> Integers(1, 10).assumptions()
        {'integer': True, 'positive': True}
        """
        return {"integer": True, **_sign_facts(self)}

    def sample(self, rng: random.Random) -> Expr:
        """Return a random member; of an unbounded range mostly one near its end.

        Parameters
        ----------
        rng : random.Random
            The source of randomness.

        Returns
        -------
        sympy.Integer
            A member.

        Examples
        --------
        >>> Integers(1, 6).sample(random.Random(0)) in Integers(1, 6)
        True
        """
        if self.is_bounded:
            return Integer(rng.randint(int(self.low), int(self.high)))
        reach = int(10.0 ** rng.uniform(0.0, 2.5)) - 1
        if not self.left_open:
            return self.low + reach
        return self.high - reach if not self.right_open else Integer(rng.choice((-1, 1)) * reach)

    def clamp(self, value: Fraction) -> Fraction:
        """Return the member nearest to `value`, as a fraction.

        Parameters
        ----------
        value : fractions.Fraction
            Any number.

        Returns
        -------
        fractions.Fraction
            A member of the range.

        Examples
        --------
        >>> Integers(0, 3).clamp(Fraction(5, 3))
        Fraction(2, 1)
        """
        nearest = round(value)
        if not self.left_open:
            nearest = max(nearest, int(self.low))
        if not self.right_open:
            nearest = min(nearest, int(self.high))
        return Fraction(nearest)

    def probes(self) -> tuple[Expr, ...]:
        """Return the members worth a look in every check: ends and their neighbours, zero, tails.

        Returns
        -------
        tuple of sympy.Expr
            Integers, without repetitions.

        Examples
        --------
        >>> Integers(1, 9).probes()
        (1, 9, 5, 2, 8)
        """
        low, high = _finite(self.low), _finite(self.high)
        candidates = [low, high, self.midpoint, low + 1, high - 1, Integer(0)]
        powers = [Integer(10) ** power for power in _POWERS if power >= 0]
        if self.right_open:
            candidates += [low + power for power in powers]
        if self.left_open:
            candidates += [high - power for power in powers]
        return _distinct_members(candidates, self)


def _finite(end: Expr) -> Expr:
    return Integer(0) if end in _INFINITIES else end


def _is_integral(number: Expr) -> bool:
    return bool(number.is_integer) or compare(number, sympy.Integer(round(number))) == 0


def _distinct_members(candidates: list[Expr], domain: Interval | Integers) -> tuple[Expr, ...]:
    members = [candidate for candidate in candidates if candidate not in _INFINITIES]
    return tuple(dict.fromkeys(member for member in members if member in domain))


def _readable(end: Expr) -> str:
    """Print an end; a rational number that is an exact double of many digits as that double."""
    if end.is_Rational and end.q > LARGEST and Rational(float(end)) == end:
        return repr(float(end))
    return str(end)
