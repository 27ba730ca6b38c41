"""What a page says about a derivation, before it is Markdown or HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sympy import Symbol, sstr

from symnum.derivation.chain import unused_steps
from symnum.derivation.claims import (
    Definition,
    Refutation,
    RefutedEquality,
    ResultClaim,
    point_pieces,
    relation_pieces,
)
from symnum.derivation.falsification import MutationReport, StepMutants
from symnum.derivation.proofs import LEVELS
from symnum.derivation.records import Record
from symnum.derivation.steps import records_of
from symnum.derivation.typography import AT_MOST, COMMA, Mark, Piece, words
from symnum.expressions.domains import Integers, Interval

if TYPE_CHECKING:
    from symnum.derivation.derivation import Derivation

__all__ = ["Constant", "Line", "Outline", "outline_of"]

MEANINGS = {
    "exact": "the computer algebra reduced the difference to zero, and no point of the domain "
    "speaks against it",
    "interval": "outward-rounded arithmetic covers the whole domain",
    "identity": "both sides agree at random points to many digits: for rational expressions a "
    "proof up to the stated probability, for all others evidence, not proof",
    "statistical": "a simulation agrees within its stated confidence",
}

ELEMENT = Mark(" in ", r" \in ", "<mo>&#x2208;</mo>")


@dataclass(frozen=True, slots=True)
class Line:
    """One step: its number, its claim, the reason, the level and the evidence in words."""

    number: int
    pieces: tuple[Piece, ...]
    why: str
    level: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A named number with the step that proved it."""

    name: str
    value: str
    step: int
    enclosure: str


@dataclass(frozen=True, slots=True)
class Outline:
    """Everything on a page, in order."""

    name: str
    title: str
    source: str
    level: str
    assumptions: tuple[tuple[Piece, ...], ...]
    steps: tuple[Line, ...]
    findings: tuple[Line, ...]
    result: tuple[tuple[Piece, ...], ...]
    constants: tuple[Constant, ...]
    levels: tuple[tuple[str, int, str], ...]
    warnings: tuple[str, ...]


def outline_of(derivation: Derivation, mutants: MutationReport | None = None) -> Outline:
    """Return the outline of a derivation.

    Parameters
    ----------
    derivation : Derivation
    mutants : MutationReport, optional
        Adds to each step how many of its mutants were refuted.

    Returns
    -------
    Outline
    """
    steps = records_of(derivation.steps)
    reports = {report.number: report for report in mutants.steps} if mutants else {}
    findings = [s for s in steps if isinstance(s.claim, Refutation | RefutedEquality)]
    others = [s for s in steps if s not in findings and not isinstance(s.claim, ResultClaim)]
    return Outline(
        name=derivation.name,
        title=derivation.title or derivation.name,
        source=derivation.source,
        level=derivation.level,
        assumptions=_assumptions(derivation),
        steps=tuple(_line(step, steps, reports) for step in others),
        findings=tuple(_line(step, steps, reports) for step in findings),
        result=_result(steps),
        constants=_constants(steps),
        levels=_levels(steps),
        warnings=_warnings(steps),
    )


def _assumptions(derivation: Derivation) -> tuple[tuple[Piece, ...], ...]:
    box = derivation.domain
    alike: dict[Interval | Integers, list[Symbol]] = {}
    for symbol, domain in box.items():
        alike.setdefault(domain, []).append(symbol)
    rows = [_domain_pieces(symbols, domain) for domain, symbols in alike.items()]
    return (*rows, *(relation_pieces(relation) for relation in box.where))


def _domain_pieces(symbols: list[Symbol], domain: Interval | Integers) -> tuple[Piece, ...]:
    names = tuple(piece for symbol in symbols for piece in (COMMA, symbol))[1:]
    if isinstance(domain, Integers):
        below: tuple[Piece, ...] = () if domain.left_open else (domain.low, AT_MOST)
        above: tuple[Piece, ...] = () if domain.right_open else (AT_MOST, domain.high)
        return (*below, *names, *above, words(" integer"))
    left, right = ("(" if domain.left_open else "["), (")" if domain.right_open else "]")
    return (
        *(*names, ELEMENT),
        Mark(left, rf"\left{left}", f'<mo fence="true" form="prefix">{left}</mo>'),
        *(domain.low, COMMA, domain.high),
        Mark(right, rf"\right{right}", f'<mo fence="true" form="postfix">{right}</mo>'),
    )


def _line(step: Record, steps: tuple[Record, ...], reports: Mapping[int, StepMutants]) -> Line:
    claim = step.claim
    pieces = claim.pieces()
    if isinstance(claim, Refutation | RefutedEquality):
        place = (words(" fails at "), *point_pieces(claim.at)) if claim.at else (words(" fails"),)
        pieces = (*claim.relation_pieces(), *place)
    notes = []
    if not isinstance(claim, Definition):
        notes.append(step.method)
        notes += [f"{name}: {value}" for name, value in step.details]
    before = [s.number for s in steps[: step.number - 1] if s.thread == step.thread]
    if before:
        notes.append(f"continues step {before[-1]}")
    if step.using and not any(name == "from steps" for name, _ in step.details):
        notes.append(f"given steps {', '.join(map(str, step.using))}")
    if step.lemmas:
        notes.append(f"lemma {', '.join(step.lemmas)}")
    if step.cached:
        notes.append("taken from the certificate cache")
    if step.number in reports and reports[step.number].total:
        notes += _mutant_notes(reports[step.number])
    return Line(step.number, pieces, step.why, step.level, tuple(notes))


def _mutant_notes(report: StepMutants) -> list[str]:
    notes = [f"{report.refuted} of {report.total} mutants refuted"]
    notes += [
        f"survivor {survivor.claim} ({survivor.explanation or 'unexplained'})"
        for survivor in report.survivors
    ]
    return notes


def _result(steps: tuple[Record, ...]) -> tuple[tuple[Piece, ...], ...]:
    for step in steps:
        if isinstance(step.claim, ResultClaim):
            forms = [step.claim, step.expanded]
            return tuple(dict.fromkeys(form.pieces() for form in forms))
    return ()


def _constants(steps: tuple[Record, ...]) -> tuple[Constant, ...]:
    return tuple(
        Constant(step.name, sstr(step.value), step.number, dict(step.details).get("enclosure", ""))
        for step in steps
        if step.name
    )


def _levels(steps: tuple[Record, ...]) -> tuple[tuple[str, int, str], ...]:
    levels = [step.level for step in steps]
    return tuple(
        (level, levels.count(level), MEANINGS[level]) for level in LEVELS if level in levels
    )


def _warnings(steps: tuple[Record, ...]) -> tuple[str, ...]:
    unused = unused_steps(steps)
    if not unused:
        return ()
    which = ", ".join(map(str, unused))
    return (f"nothing uses step{'s' if len(unused) > 1 else ''} {which}",)
