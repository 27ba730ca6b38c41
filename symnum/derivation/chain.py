"""How steps hang together: definitions, threads, what a result follows from, what nothing uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sympy import Basic, Expr, Symbol, preorder_traversal

from symnum.derivation.claims import (
    Claim,
    Definition,
    Entrywise,
    Equality,
    PairClaim,
    Refutation,
    RefutedEquality,
    ResultClaim,
)
from symnum.derivation.fingerprints import nodes_of
from symnum.derivation.proofs import (
    Fact,
    bound_symbols,
    operated_symbols,
    prove_with_facts,
)
from symnum.derivation.records import Record
from symnum.derivation.typography import as_text
from symnum.errors import Refuted, Undecided
from symnum.expressions.box import Box

__all__ = [
    "check_definition",
    "definitions_of",
    "expanded",
    "facts_of",
    "find_result",
    "owners_of",
    "thread_of",
    "unused_steps",
]

_PASSES = 8
# Smaller expressions, such as x**2, say nothing about what two steps have in common.
_SMALLEST_COMMON = 4
_CANDIDATES = 3


def definitions_of(steps: Iterable[Record]) -> dict[Symbol, Expr]:
    """Return what each defined symbol stands for, with earlier definitions substituted.

    Parameters
    ----------
    steps : iterable of Record

    Returns
    -------
    dict from sympy.Symbol to sympy.Expr
    """
    return {
        step.expanded.symbol: step.expanded.expr
        for step in steps
        if isinstance(step.expanded, Definition)
    }


def expanded(claim: Claim, definitions: Mapping[Symbol, Expr]) -> Claim:
    """Return a claim with the definitions substituted.

    Parameters
    ----------
    claim : Claim
    definitions : mapping from sympy.Symbol to sympy.Expr

    Returns
    -------
    Claim

    Raises
    ------
    ValueError
        If an integral or a sum binds a defined symbol or one that a definition contains.
    """
    written = {node for side in claim.sides for node in nodes_of(side)} | claim.free_symbols
    used = {symbol: expr for symbol, expr in definitions.items() if symbol in written}
    inner = {symbol for expr in used.values() for symbol in expr.free_symbols}
    for side in claim.sides:
        clash = (operated_symbols(side) & used.keys()) | (bound_symbols(side) & inner)
        if clash:
            name = min(symbol.name for symbol in clash)
            raise ValueError(
                f"{name} is the variable of an integral, a sum or a derivative and also belongs "
                "to a definition; give the variable another name"
            )
    return claim.rebuilt(lambda expr: expr.xreplace(used)) if used else claim


def check_definition(claim: Definition, box: Box, definitions: Mapping[Symbol, Expr]) -> None:
    """Refuse a definition that redefines a symbol, refers to itself, hides a domain or assumes.

    Parameters
    ----------
    claim : Definition
        As written.
    box : symnum.expressions.Box
    definitions : mapping from sympy.Symbol to sympy.Expr

    Raises
    ------
    ValueError
    """
    symbol = claim.symbol
    if symbol.name in {known.name for known in box.symbols}:
        raise ValueError(f"{symbol} has a domain and cannot be defined as well")
    if symbol.name in {known.name for known in definitions}:
        raise ValueError(f"{symbol} is defined already; a definition stands for good")
    if symbol.name in {known.name for known in claim.expr.free_symbols}:
        raise ValueError(f"the definition of {symbol} is circular: {claim}")
    facts = {name: value for name, value in symbol._assumptions_orig.items() if value is not None}
    if not facts:
        return  # to write a large definition out takes long
    meaning = claim.expr.xreplace(dict(definitions)).xreplace(box.dummies())
    for fact, value in sorted(facts.items()):
        if getattr(meaning, f"is_{fact}", None) is not value:
            raise ValueError(
                f"{symbol} was made with {fact}={value}, which its definition does not imply as "
                "it stands; use a plain symbol"
            )


def scalar_parts(claim: Claim) -> tuple[tuple[str, PairClaim], ...]:
    """Return the scalar claims about two sides that a claim consists of, each with its place.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    tuple of (str, PairClaim)
        Empty for definitions, refutations, roots and results.
    """
    if isinstance(claim, Entrywise):
        return claim.parts
    return (("", claim),) if isinstance(claim, PairClaim) else ()


def facts_of(steps: Iterable[Record]) -> tuple[Fact, ...]:
    """Return what a proof may use of some steps.

    Parameters
    ----------
    steps : iterable of Record

    Returns
    -------
    tuple of Fact
    """
    return tuple(
        Fact(step.number, part, step.level)
        for step in steps
        for _, part in scalar_parts(step.expanded)
    )


def thread_of(claim: Claim, steps: Sequence[Record]) -> int:
    """Return the number of the thread that a claim continues, or of a new one.

    A claim continues the thread of the latest earlier step whose right side is its left side.

    Parameters
    ----------
    claim : Claim
        With definitions substituted.
    steps : sequence of Record
        The steps before it.

    Returns
    -------
    int
        Counted from 1.
    """
    left = tuple(part.sides[0] for _, part in scalar_parts(claim))
    if left:
        for step in reversed(steps):
            if left == _right_of(step.expanded) and not all(side.is_Atom for side in left):
                return step.thread
    return 1 + max((step.thread for step in steps), default=0)


def _right_of(claim: Claim) -> tuple[Expr, ...]:
    if isinstance(claim, Definition):
        return (claim.expr,)
    return tuple(part.sides[1] for _, part in scalar_parts(claim))


def _sides_of(step: Record) -> tuple[Expr, ...]:
    """Return the expressions that a step vouches for; a refuted relation vouches for nothing."""
    if isinstance(step.expanded, Refutation | RefutedEquality | ResultClaim):
        return ()
    value = step.value
    return (*step.expanded.sides, *([value] if isinstance(value, Expr) else []))


def _rules(steps: Iterable[Record]) -> dict[Expr, Expr]:
    """Return for each side of a proved equality the side that the latest steps end in.

    Each class of equal expressions is represented by a number if it contains one, and otherwise by
    its latest right side. A side inside its own representative is left alone, since replacing it
    would never end.
    """
    classes: list[list[Expr]] = []
    for step in steps:
        for _, part in scalar_parts(step.expanded):
            if not isinstance(part, Equality):
                continue
            joined = [members for members in classes if set(members) & set(part.sides)]
            rest = [members for members in classes if members not in joined]
            merged = [expr for members in joined for expr in members] + list(part.sides)
            classes = [*rest, merged]
    rules: dict[Expr, Expr] = {}
    for members in classes:
        target = next((expr for expr in members if expr.is_number), members[-1])
        for expr in members:
            if not expr.is_number and not target.has(expr):
                rules[expr] = target
    return rules


def _canonical(expr: Expr, rules: Mapping[Expr, Expr]) -> Expr:
    operated = operated_symbols(expr)
    usable = {
        old: new
        for old, new in rules.items()
        if not operated & (old.free_symbols | new.free_symbols)
    }
    for _ in range(_PASSES):
        replaced = expr.xreplace(usable)
        if replaced == expr:
            break
        expr = replaced
    return expr


def owners_of(claim: ResultClaim, steps: Sequence[Record]) -> tuple[tuple[Expr, int | None], ...]:
    """Return for each entry of a result the step in which it was found, None where in none.

    An entry is found if it is a side of a proved step or a definition, or if replacing sides of
    proved equalities by each other makes it one.

    Parameters
    ----------
    claim : ResultClaim
        With definitions substituted.
    steps : sequence of Record

    Returns
    -------
    tuple of (sympy.Expr, int or None)
    """
    owners = {side: step.number for step in steps for side in _sides_of(step)}
    if all(entry in owners for entry in claim.sides):
        return tuple((entry, owners[entry]) for entry in claim.sides)
    rules = _rules(steps)
    canonical = {_canonical(side, rules): number for side, number in owners.items()}
    return tuple(
        (entry, owners.get(entry, canonical.get(_canonical(entry, rules)))) for entry in claim.sides
    )


def find_result(claim: ResultClaim, steps: Sequence[Record], box: Box) -> tuple[int, ...]:
    """Find a result among the sides of the proved steps and definitions; see `owners_of`.

    Parameters
    ----------
    claim : ResultClaim
        With definitions substituted.
    steps : sequence of Record
    box : symnum.expressions.Box

    Returns
    -------
    tuple of int
        The numbers of the steps in which the entries were found.

    Raises
    ------
    Refuted
        If an entry differs from every side that it could be meant to be.
    Undecided
        If an entry occurs nowhere and cannot be told from a side.
    """
    numbers: set[int] = set()
    for entry, owner in owners_of(claim, steps):
        if owner is None:
            _refuse(claim, entry, steps, box)
        else:
            numbers.add(owner)
    return tuple(sorted(numbers))


def _refuse(claim: ResultClaim, entry: Expr, steps: Sequence[Record], box: Box) -> None:
    """Raise the error that tells most about a formula that is not among the proved ones."""
    owners = {side: step.number for step in steps for side in _sides_of(step)}
    alike = [side for side in reversed(owners) if side.free_symbols == entry.free_symbols]
    shown = as_text((entry,))
    tried = [f"finding {shown} among the {len(owners)} sides of proved steps"]
    differences: list[Refuted] = []
    for side in alike[:_CANDIDATES]:
        try:
            prove_with_facts(Equality(entry, side), box)
        except Refuted as difference:
            differences.append(difference)
        except Undecided:
            tried.append(f"comparing it with {as_text((side,))} of step {owners[side]}")
        else:
            raise Undecided(
                claim,
                tried,
                f"it equals {as_text((side,))} of step {owners[side]}: state that as a step",
            )
    if differences and len(differences) == len(alike[:_CANDIDATES]):
        first = differences[0]
        reason = f"{shown} is no side of a proved step and differs from the nearest one"
        raise Refuted(claim, first.point, first.lhs, first.rhs, reason)
    raise Undecided(claim, tried, "end a chain of proved steps in the formula of the result")


def unused_steps(steps: Sequence[Record]) -> tuple[int, ...]:
    """Return the numbers of the steps that no other step has anything to do with.

    A step counts as used if the result was found in it, or if another step names it, is named by
    it, continues its thread, mentions what it defines, or speaks about an expression of it.
    Refutations and named constants always count. Without a result no step is unused.

    Parameters
    ----------
    steps : sequence of Record

    Returns
    -------
    tuple of int
    """
    if not any(isinstance(step.claim, ResultClaim) for step in steps):
        return ()
    parts = {step.number: _compound_parts(step) for step in steps}
    always = (Refutation, RefutedEquality, ResultClaim)
    return tuple(
        step.number
        for step in steps
        if not (step.name or isinstance(step.claim, always))
        and not any(_are_related(step, other, parts) for other in steps if other is not step)
    )


def _are_related(step: Record, other: Record, parts: Mapping[int, frozenset[Basic]]) -> bool:
    if step.number in other.using or other.number in step.using or step.thread == other.thread:
        return True
    if isinstance(step.claim, Definition):
        return step.claim.symbol in other.claim.free_symbols
    return bool(parts[step.number] & parts[other.number])


def _compound_parts(step: Record) -> frozenset[Basic]:
    """Return what a step speaks about: sub-expressions that are no mere powers, and constants."""
    value = step.value
    roots = [*step.expanded.sides, *([value] if value is not None else [])]
    return frozenset(
        node
        for root in roots
        for node in nodes_of(root)
        if node.is_Float or (node.free_symbols and _has_nodes(node, _SMALLEST_COMMON))
    )


def _has_nodes(tree: Basic, least: int) -> bool:
    return any(count >= least for count, _ in enumerate(preorder_traversal(tree), start=1))
