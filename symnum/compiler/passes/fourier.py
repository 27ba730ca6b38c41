"""Fourier sums by one sine, one cosine and a recurrence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sympy
from sympy import Expr, S

from symnum.compiler.passes.angles import (
    WAVES,
    Angle,
    Direction,
    angle_node,
    angle_of,
    common_frequency,
)
from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.passes.sums import (
    Monomial,
    Signed,
    Sums,
    is_call,
    product_of,
    settled,
    signed_sum,
)
from symnum.compiler.program import Node, Program
from symnum.compiler.terms import Term, call, choose

__all__ = ["sum_harmonics"]

# What a sine or cosine costs, and one step of the recurrence, in operations of arithmetic.
COST_OF_CALL = 20
COST_OF_STEP = 3

# Fewer terms are left as they are.
FEWEST = 4

# The highest harmonic, above which no sum is so dense that the recurrence pays.
HIGHEST = 20_000


@dataclass(frozen=True, slots=True)
class Wave:
    """A term of a sum: a coefficient times a sine or cosine.

    Parameters
    ----------
    name : str
        ``"sin"`` or ``"cos"``.
    call : int
        The position of the call.
    angle : Angle
    coefficient : Monomial
        What it is multiplied by.
    """

    name: str
    call: int
    angle: Angle
    coefficient: Monomial


@dataclass(slots=True)
class Series:
    """The waves of one sum whose angles are multiples of one combination of nodes.

    Parameters
    ----------
    root : int
        The position of the sum.
    waves : list of (int, Wave)
        With the places of the terms in the sum.
    base : sympy.Rational
        The frequency of which all others are multiples.
    """

    root: int
    waves: list[tuple[int, Wave]]
    base: Expr = field(default=S.One)

    @property
    def highest(self) -> int:
        """The number of the highest harmonic."""
        return max(abs(int(wave.angle.frequency / self.base)) for _, wave in self.waves)

    @property
    def steps(self) -> int:
        """The number of steps of the recurrences: even and odd harmonics have one each."""
        kinds: Counter[tuple[str, int]] = Counter()
        for _, wave in self.waves:
            harmonic = abs(int(wave.angle.frequency / self.base))
            names = (wave.name,) if wave.angle.phase.is_zero else ("sin", "cos")
            for name in names:
                kind = (name, harmonic % 2)
                kinds[kind] = max(kinds[kind], harmonic // 2)
        return sum(kinds.values())


def sum_harmonics(program: Program) -> Program:
    r"""Compute sums of sines and cosines of multiples of an angle from one sine and one cosine.

    Laws: with v = 2 u and d_k, b_k from Reinsch's recurrence

        d_k = c_k + delta b_(k+1) + sigma d_(k+1),    b_k = d_k + sigma b_(k+1),

    where 2 cos v = delta + 2 sigma, sigma is the sign of cos v, and delta is -4 sin(u)**2 or
    4 cos(u)**2, accurate where it is small,

        sum c_k cos(2 k u)       = c_0 + delta b_1/2 + sigma d_1,
        sum c_k sin(2 k u)       = 2 sin(u) cos(u) b_1,
        sum c_k cos((2 k + 1) u) = cos(u) (d_0 + (sigma - 1) b_1),
        sum c_k sin((2 k + 1) u) = sin(u) (d_0 + (sigma + 1) b_1).

    The sum of even and the sum of odd harmonics have half the steps each. Rounding errors do not
    grow near multiples of pi/2, as they do in Clenshaw's recurrence, which is the same for
    sigma = 0. Only exactly commensurate frequencies take part. All sums over multiples of one
    angle share its sine and cosine. Complex programs are left alone.

    Parameters
    ----------
    program : Program
        Any program.
    """
    waves = sum(1 for node in program.nodes if is_call(node, WAVES))
    if program.complex_valued or waves < FEWEST:
        return program
    search = _Search(program)
    chosen: dict[int, list[Series]] = defaultdict(list)
    for group in search.groups():
        for series in search.worth_it(group):
            chosen[series.root].append(series)
    if not chosen:
        return program

    def replace(rewriter: Rewriter, node: Node) -> int | None:
        found = chosen.get(rewriter.position)
        if found is None:
            return None
        terms = search.sums.terms(rewriter.position)
        taken = {place for series in found for place, _ in series.waves}
        parts = [
            (rewriter.places[position], negative)
            for place, (position, negative) in enumerate(terms)
            if place not in taken
        ]
        for series in found:
            parts.extend(_summed(rewriter, series, search.operands))
        return settled(rewriter, signed_sum(rewriter, parts))

    return rewrite(program, replace)


class _Search:
    """The Fourier sums of a program."""

    def __init__(self, program: Program) -> None:
        self.sums = Sums(program)
        self.users: Counter[int] = Counter()
        for node in program.nodes:
            self.users.update(set(node.operands))
        self.users.update(set(program.outputs))
        # The angle of each call, and a node that holds each multiple of a combination.
        self.angles: dict[int, Angle] = {}
        self.operands: dict[tuple[Direction, Expr], int] = {}
        for position, node in enumerate(program.nodes):
            if is_call(node, WAVES):
                angle = angle_of(program.nodes, node.operands[0])
                if angle is not None:
                    self.angles[position] = angle
                    if angle.phase.is_zero:
                        self.operands[angle.direction, angle.frequency] = node.operands[0]

    def groups(self) -> Iterator[list[Series]]:
        """Yield the series in multiples of one combination, those of one base together."""
        by_direction: dict[Direction, list[Series]] = defaultdict(list)
        for root in self.sums.roots:
            for direction, waves in self._waves(root).items():
                by_direction[direction].append(Series(root, waves))
        for found in by_direction.values():
            for series in found:
                series.base = common_frequency(wave.angle.frequency for _, wave in series.waves)
            base = common_frequency(series.base for series in found)
            by_base: dict[Expr, list[Series]] = defaultdict(list)
            for series in found:
                # Even multiples alone take no more steps with the base of the odd ones.
                if series.base / base in (1, 2):
                    series.base = base
                by_base[series.base].append(series)
            yield from by_base.values()

    def _waves(self, root: int) -> dict[Direction, list[tuple[int, Wave]]]:
        found: dict[Direction, list[tuple[int, Wave]]] = defaultdict(list)
        for place, (position, negative) in enumerate(self.sums.terms(root)):
            wave = self._wave(self.sums.monomial(position, negative))
            if wave is not None:
                found[wave.angle.direction].append((place, wave))
        return {direction: waves for direction, waves in found.items() if len(waves) >= FEWEST}

    def _wave(self, term: Monomial) -> Wave | None:
        """Read a term as a coefficient times a wave; a product of waves is left alone."""
        calls = [base for base, _ in term.factors if base in self.angles]
        if len(calls) != 1 or term.exponent(calls[0]) != 1:
            return None
        (position,) = calls
        name = str(self.sums.nodes[position].value)
        return Wave(name, position, self.angles[position], term.without(position))

    def worth_it(self, group: Sequence[Series]) -> list[Series]:
        """Return the series of one base that save operations, or none."""
        kept = [series for series in group if series.highest <= HIGHEST]
        absorbed = Counter(wave.call for series in kept for _, wave in series.waves)
        gone = sum(1 for call, count in absorbed.items() if count >= self.users[call])
        steps = sum(series.steps for series in kept)
        products = sum(len(series.waves) for series in kept)
        gain = COST_OF_CALL * (gone - 2) + products - COST_OF_STEP * steps
        return kept if gain > 0 else []


# The coefficients of one kind of wave by the number of the harmonic.
Spectrum = dict[int, list[Signed]]


def _summed(
    rewriter: Rewriter, series: Series, operands: dict[tuple[Direction, Expr], int]
) -> list[Signed]:
    """Append a series; return its parts: even and odd, sines and cosines."""
    direction = series.waves[0][1].angle.direction
    known = operands.get((direction, series.base))
    u = rewriter.term(angle_node(rewriter, direction, series.base, known))
    waves = _Waves(call("sin", u), call("cos", u))
    parts: list[Signed] = []
    for name, spectrum in _spectra(rewriter, series).items():
        for parity in (0, 1):
            harmonics = {
                harmonic // 2: signed_sum(rewriter, terms)
                for harmonic, terms in spectrum.items()
                if harmonic % 2 == parity
            }
            if harmonics:
                parts.append(waves.sum(rewriter, name, parity, harmonics))
    return parts


def _spectra(rewriter: Rewriter, series: Series) -> dict[str, Spectrum]:
    """Sort the coefficients by wave and harmonic.

    Laws: cos(a + p) = cos(p) cos(a) - sin(p) sin(a), sin(a + p) = cos(p) sin(a) + sin(p) cos(a),
    and for negative frequencies cos(-a) = cos(a), sin(-a) = -sin(a).
    """
    spectra: dict[str, Spectrum] = {"cos": defaultdict(list), "sin": defaultdict(list)}

    def put(name: str, harmonic: int, coefficient: Monomial, factor: Expr) -> None:
        if harmonic < 0 and name == "sin":
            factor = -factor
        if factor.is_zero:
            return
        term = Monomial(coefficient.coefficient * factor, coefficient.factors)
        spectra[name][abs(harmonic)].append(product_of(rewriter, term))

    for _, wave in series.waves:
        harmonic = int(wave.angle.frequency / series.base)
        along, across = sympy.cos(wave.angle.phase), sympy.sin(wave.angle.phase)
        if wave.name == "cos":
            put("cos", harmonic, wave.coefficient, along)
            put("sin", harmonic, wave.coefficient, -across)
        else:
            put("sin", harmonic, wave.coefficient, along)
            put("cos", harmonic, wave.coefficient, across)
    return spectra


class _Waves:
    """The sine and cosine of an angle, and the sums of harmonics made of them."""

    def __init__(self, sine: Term, cosine: Term) -> None:
        self.sine, self.cosine = sine, cosine
        squares = sine * sine, cosine * cosine
        # Near the multiples of pi the doubled angle has cosine 1, near the others -1.
        near = squares[0].compare("<", squares[1])
        self.sigma = choose(near, 1, -1)
        self.delta = choose(near, squares[0] * S(-4), squares[1] * S(4))

    def sum(
        self, rewriter: Rewriter, name: str, parity: int, harmonics: dict[int, Signed]
    ) -> Signed:
        """Append the sum of coefficients times even or odd harmonics, counted from 0."""
        highest = max(harmonics)
        wave = self.cosine if name == "cos" else self.sine
        if highest == 0:
            # The first odd harmonic alone; there is no even harmonic of number 0.
            position, negative = harmonics[0]
            return (rewriter.term(position) * wave).position, negative
        d, b = self._recurrence(rewriter, harmonics, highest)
        if parity == 0 and name == "sin":
            return (self.sine * self.cosine * 2 * b).position, False
        if parity == 0:
            return (self.sigma * d + (self.delta * S.Half) * b).position, False
        start = self._step(rewriter, harmonics.get(0), d, b)
        shift = self.sigma - 1 if name == "cos" else self.sigma + 1
        return ((start + shift * b) * wave).position, False

    def _recurrence(
        self, rewriter: Rewriter, harmonics: dict[int, Signed], highest: int
    ) -> tuple[Term, Term]:
        """Return d_1 and b_1."""
        d = b = rewriter.term(settled(rewriter, harmonics[highest]))
        for k in range(highest - 1, 0, -1):
            d = self._step(rewriter, harmonics.get(k), d, b)
            b = self.sigma * b + d
        return d, b

    def _step(self, rewriter: Rewriter, coefficient: Signed | None, d: Term, b: Term) -> Term:
        """Return c + delta b + sigma d."""
        change = (self.delta * b).position, False
        inner = change if coefficient is None else signed_sum(rewriter, (coefficient, change))
        total = rewriter.term(settled(rewriter, inner))
        return self.sigma * d + total
