"""From a scalar claim to evidence: the provers, the archive, and what earlier steps can add."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import (
    Add,
    Basic,
    Derivative,
    Expr,
    Float,
    Integer,
    Lambda,
    Limit,
    Rational,
    Subs,
    Symbol,
    exp,
    log,
)
from sympy.codegen.cfunctions import expm1, log1p
from sympy.concrete.expr_with_limits import ExprWithLimits

from symnum.derivation import archive, provers
from symnum.derivation.claims import (
    Approximation,
    Claim,
    Equality,
    Inequality,
    LimitClaim,
    PairClaim,
    SeriesClaim,
)
from symnum.derivation.evidence import Evidence
from symnum.derivation.fingerprints import nodes_of
from symnum.errors import Refuted, Undecided
from symnum.expressions.box import Box
from symnum.expressions.named_functions import NamedFunction, unfold

__all__ = [
    "LEVELS",
    "Fact",
    "Proof",
    "bound_symbols",
    "operated_symbols",
    "prove_with_facts",
    "weakest",
]

# From the strongest to the weakest.
LEVELS = ("exact", "interval", "identity", "statistical")


@dataclass(frozen=True, slots=True)
class Fact:
    """A scalar part of an earlier step that a proof may lean on."""

    step: int
    claim: PairClaim
    level: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence, and whether it came from the archive."""

    evidence: Evidence
    cached: bool


@dataclass(frozen=True, slots=True)
class Reduction:
    """Claims from which, together with the facts, the one to be proved follows."""

    claims: tuple[Claim, ...]
    facts: tuple[Fact, ...]
    how: str


def weakest(levels: Iterable[str]) -> str:
    """Return the weakest of some levels, ``"exact"`` for none.

    Parameters
    ----------
    levels : iterable of str

    Returns
    -------
    str

    Examples
    --------
    >>> weakest(["interval", "exact"])
    'interval'
    """
    return LEVELS[max((LEVELS.index(level) for level in levels), default=0)]


def prove_with_facts(
    claim: Claim, box: Box, facts: Sequence[Fact] = (), lemmas: tuple[str, ...] = ()
) -> Proof:
    """Prove a scalar claim, if need be with the help of earlier steps.

    The claim is refuted or proved on its own where that is possible. Only then the facts are used:
    a proved equality replaces one side by the other, proved inequalities are added up. The level
    is never better than that of a fact that was needed.

    Parameters
    ----------
    claim : Claim
        Scalar, with definitions substituted.
    box : symnum.expressions.Box
    facts : sequence of Fact
    lemmas : tuple of str
        Names of lemmas for the provers.

    Returns
    -------
    Proof

    Raises
    ------
    Refuted, Undecided
    """
    try:
        return _prove(claim, box, lemmas)
    except Undecided as verdict:
        if not facts:
            raise
        tried, hint = list(verdict.tried), verdict.hint
    for reduction in _reductions(claim, facts):
        try:
            return _combined(reduction, box, lemmas)
        except (Refuted, Undecided) as verdict:
            tried.append(f"{reduction.how}, which leaves {str(verdict).splitlines()[0]}")
    if not any(True for _ in _reductions(claim, facts)):
        tried.append("the steps named by using=, none of which applies to this claim")
    raise Undecided(claim, tried, hint)


def _prove(claim: Claim, box: Box, lemmas: tuple[str, ...]) -> Proof:
    exact = claim.rebuilt(_in_known_terms)
    if isinstance(exact, Equality | Inequality | Approximation | LimitClaim | SeriesClaim):
        # Symbols that are neither in the claim nor tied to it would only be sampled in vain.
        box = box.restricted(exact.free_symbols)
    if not archive.is_enabled():
        return Proof(provers.prove(exact, box, lemmas=lemmas), cached=False)
    key = archive.key_of(exact, box, lemmas)
    kept = archive.load(key)
    if kept is not None:
        return Proof(kept, cached=True)
    evidence = provers.prove(exact, box, lemmas=lemmas)
    archive.save(key, evidence)
    return Proof(evidence, cached=False)


def _in_known_terms(expr: Expr) -> Expr:
    """Put definitions for named functions, and for floats the rationals that they are."""
    kinds = {type(node) for node in nodes_of(expr)}
    if any(issubclass(kind, NamedFunction) for kind in kinds):
        expr = unfold(expr)
        kinds = {type(node) for node in nodes_of(expr)}
    if kinds & {log1p, expm1}:
        expr = expr.replace(log1p, lambda z: log(1 + z)).replace(expm1, lambda z: exp(z) - 1)
    if Float in kinds:
        expr = expr.xreplace({number: Rational(number) for number in expr.atoms(Float)})
    return expr


def _combined(reduction: Reduction, box: Box, lemmas: tuple[str, ...]) -> Proof:
    proofs = [_prove(claim, box, lemmas) for claim in reduction.claims]
    chain = Evidence("exact", "chain of proved steps", ())
    evidences = [proof.evidence for proof in proofs] or [chain]
    steps = ", ".join(str(number) for number in sorted({fact.step for fact in reduction.facts}))
    levels = [evidence.level for evidence in evidences] + [fact.level for fact in reduction.facts]
    details = (*evidences[0].details, ("follows by", reduction.how), ("from steps", steps))
    evidence = replace(evidences[0], level=weakest(levels), details=details)
    return Proof(evidence, any(proof.cached for proof in proofs))


def _reductions(claim: Claim, facts: Sequence[Fact]) -> Iterator[Reduction]:
    for strategy in STRATEGIES:
        yield from strategy(claim, facts)


def _by_substitution(claim: Claim, facts: Sequence[Fact]) -> Iterator[Reduction]:
    """Replace the left sides of proved equalities by the right ones, then the other way round."""
    if not isinstance(claim, Equality | Inequality | Approximation | LimitClaim):
        return
    operated = {symbol for side in claim.sides for symbol in operated_symbols(side)}
    equalities = [fact for fact in facts if isinstance(fact.claim, Equality)]
    for backwards in (False, True):
        reduced: Claim = claim
        used = []
        for fact in equalities:
            old, new = fact.claim.sides[::-1] if backwards else fact.claim.sides
            # Under an integral or a derivative the symbol is no point of the domain.
            if old.is_number or operated & fact.claim.free_symbols:
                continue
            replaced = reduced.rebuilt(lambda expr, old=old, new=new: expr.xreplace({old: new}))  # type: ignore[misc]
            if replaced != reduced:
                reduced = replaced
                used.append(fact)
        if used:
            # The replacement may cancel a pole, so the sides have to be defined as they stand.
            defined = (Equality(side, side) for side in claim.sides if side not in reduced.sides)
            yield Reduction((reduced, *defined), tuple(used), "substituting proved equalities")


def _by_inequalities(claim: Claim, facts: Sequence[Fact]) -> Iterator[Reduction]:
    """Chain proved inequalities, or add them up and prove what remains."""
    if not isinstance(claim, Inequality):
        return
    edges = [edge for fact in facts for edge in _inequalities_of(fact)]
    path = _path(claim.lhs, claim.rhs, edges)
    if path:
        used = tuple(fact for _, _, fact in path)
        yield Reduction((), used, "chaining proved inequalities")
    proper = [edge for edge in edges if not isinstance(edge[2].claim, Equality)]
    sums = [[edge] for edge in proper]
    if len(proper) > 1:
        sums.append(proper)
    for added in sums:
        rest = Inequality(Add(claim.lhs, *(high - low for low, high, _ in added)), claim.rhs)
        yield Reduction((rest,), tuple(fact for *_, fact in added), "adding proved inequalities")


def _by_triangle(claim: Claim, facts: Sequence[Fact]) -> Iterator[Reduction]:
    """Go from one side to the other through proved approximations and add their bounds."""
    if not isinstance(claim, Approximation):
        return
    edges = []
    for fact in facts:
        if isinstance(fact.claim, Approximation | Equality):
            left, right = fact.claim.sides
            edges += [(left, right, fact), (right, left, fact)]
    path = _path(claim.lhs, claim.rhs, edges)
    if path:
        bounds = (_bound_of(fact.claim) for *_, fact in path)
        rest = Inequality(Add(*bounds), claim.bound)
        yield Reduction((rest,), tuple(fact for *_, fact in path), "the triangle inequality")


# Each yields claims that, together with facts, imply the given one.
STRATEGIES: tuple[Callable[[Claim, Sequence[Fact]], Iterator[Reduction]], ...] = (
    _by_substitution,
    _by_inequalities,
    _by_triangle,
)

Edge = tuple[Expr, Expr, Fact]


def _bound_of(claim: PairClaim) -> Expr:
    return claim.bound if isinstance(claim, Approximation) else Integer(0)


def _inequalities_of(fact: Fact) -> list[Edge]:
    """Return the pairs (low, high) with low <= high that a fact contains."""
    claim = fact.claim
    if isinstance(claim, Inequality):
        return [(claim.lhs, claim.rhs, fact)]
    if isinstance(claim, Equality):
        return [(claim.lhs, claim.rhs, fact), (claim.rhs, claim.lhs, fact)]
    if isinstance(claim, Approximation):
        left, right, bound = claim.lhs, claim.rhs, claim.bound
        return [(left, right + bound, fact), (right, left + bound, fact)]
    return []


def _path(start: Expr, goal: Expr, edges: Sequence[Edge]) -> list[Edge]:
    """Return a shortest chain of edges from one expression to another, empty if there is none."""
    reached: dict[Expr, list[Edge]] = {start: []}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if here == goal:
            return reached[here]
        for edge in edges:
            if edge[0] == here and edge[1] not in reached:
                reached[edge[1]] = [*reached[here], edge]
                waiting.append(edge[1])
    return []


def operated_symbols(expr: Basic) -> frozenset[Symbol]:
    """Return the symbols that an integral, sum, limit or derivative in an expression acts on.

    Parameters
    ----------
    expr : sympy.Basic

    Returns
    -------
    frozenset of sympy.Symbol

    Examples
    --------
    >>> from sympy import Integral
    >>> from sympy.abc import x, y
    >>> operated_symbols(Integral(x * y, (x, 0, y)))
    frozenset({x})
    """
    variables = (
        variable
        for node in nodes_of(expr)
        if isinstance(node, Derivative)
        for variable in node.variables
        if isinstance(variable, Symbol)
    )
    return bound_symbols(expr).union(variables)


def bound_symbols(expr: Basic) -> frozenset[Symbol]:
    """Return the symbols that an integral, sum or limit in an expression binds.

    Parameters
    ----------
    expr : sympy.Basic

    Returns
    -------
    frozenset of sympy.Symbol
    """
    symbols: set[Basic] = set()
    for node in nodes_of(expr):
        if isinstance(node, Limit):
            symbols.add(node.args[1])
        elif isinstance(node, ExprWithLimits | Lambda | Subs):
            symbols.update(node.bound_symbols)
    return frozenset(symbol for symbol in symbols if isinstance(symbol, Symbol))
