"""The search: which nodes lose digits, which forms they could have, and which of them is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr

from symnum.compiler.program import BOOLEAN, OPERATIONS
from symnum.compiler.stability.choices import Choice
from symnum.compiler.stability.doubles import evaluate_node
from symnum.compiler.stability.naming import formula_text
from symnum.compiler.stability.quotients import RULES
from symnum.compiler.stability.raising import Raised, lowered, raise_node
from symnum.compiler.stability.scoring import Score, node_cost, score, tolerated
from symnum.compiler.stability.series import find_series, single_cuts, sub_program
from symnum.compiler.stability.workspace import Workspace
from symnum.compiler.terms import choose

__all__ = ["Search"]

# A form is good enough below this many ulps; only then nothing more expensive is tried.
GOOD = 8.0

# Forms within this many ulps of the best one compete by cost.
SLACK = 1.0

# A rewrite must reduce the error to this part of what it was.
WORTHWHILE = 0.6

# With such an error the search for better forms of a node ends.
ENOUGH = 4.5

# How many forms are rewritten once more, and the number of passes over the program.
MOST_AGAIN = 6
MOST_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Form:
    """A candidate: a node that computes the same as another one, and how well."""

    position: int
    law: str
    score: Score
    cost: float


@dataclass(slots=True)
class Search:
    """A program being made stable.

    Parameters
    ----------
    workspace : Workspace
        Holds the program and the values of its nodes.
    outputs : list of int
        The positions of its outputs.
    names : sequence of str
        What to call the arguments in the record.
    domain : str
        The sample points, for the record.
    ordinary : ndarray of bool
        The points without infinities and NaN in them.
    budget : int
        How many forms may be measured altogether.
    """

    workspace: Workspace
    outputs: list[int]
    names: tuple[str, ...]
    domain: str
    ordinary: NDArray[np.bool_]
    budget: int
    choices: list[Choice] = field(default_factory=list)
    # Nodes that nothing could be done about.
    hopeless: set[int] = field(default_factory=set)
    # What now stands in the place of a node of the program as it was.
    current: dict[int, int] = field(default_factory=dict)

    def run(self) -> None:
        """Rewrite nodes until the outputs are as good as they can be made."""
        for _ in range(MOST_ROUNDS):
            bad = self._bad_points()
            if not bad.any() or not self._improve(bad):
                return

    # ------------------------------------------------------------------ what is wrong

    def _bad_points(self) -> NDArray[np.bool_]:
        """Return the points where some output has a larger error than it needs to have."""
        bad = np.zeros(self.workspace.count, dtype=bool)
        for output in dict.fromkeys(self.outputs):
            over = tolerated(self.workspace, output, self.workspace.double(output))
            bad |= over > 1
        return bad & self.ordinary

    def _improve(self, bad: NDArray[np.bool_]) -> bool:
        """Go through the nodes that lose digits, operands first; tell whether any was changed."""
        changed = False
        position = -1
        while True:
            position = self._next_suspect(position, bad)
            if position < 0 or self.budget <= 0:
                return changed
            form = self._best_form(position)
            if form is None:
                self.hopeless.add(position)
                continue
            changed = True
            self._replace(position, form)
            bad = self._bad_points()
            if not bad.any():
                return changed
            position = -1

    def _next_suspect(self, after: int, bad: NDArray[np.bool_]) -> int:
        for position in self.workspace.reached(self.outputs):
            if position > after and position not in self.hopeless:
                if self._is_suspect(position, bad):
                    return position
        return -1

    def _is_suspect(self, position: int, bad: NDArray[np.bool_]) -> bool:
        """Tell whether a node is inaccurate where its operands are the nearest doubles."""
        space = self.workspace
        node = space.builder.nodes[position]
        if not node.operands or OPERATIONS[node.operation].result == BOOLEAN:
            return False
        operands = [self._nearest(operand) for operand in node.operands]
        with np.errstate(all="ignore"):
            value = evaluate_node(node, operands, list(space.points))
        value = np.broadcast_to(value, (space.count,))
        exact = space.exact(position)
        local = np.where(bad, exact.errors(value), np.nan)
        undefined = bad & exact.known & np.isnan(value)
        if undefined.any():
            return True
        return bool((np.where(bad, tolerated(space, position, value), 0.0) > 1).any()) and bool(
            np.nanmax(local, initial=0.0) > 2
        )

    def _nearest(self, position: int) -> NDArray[np.float64]:
        node = self.workspace.builder.nodes[position]
        if OPERATIONS[node.operation].result == BOOLEAN:
            return self.workspace.double(position)
        exact = self.workspace.exact(position)
        return np.where(exact.known, exact.high, self.workspace.double(position))

    # ------------------------------------------------------------------ what could be there

    def _best_form(self, position: int) -> Form | None:
        """Return the cheapest of the most accurate forms of a node, if it is worth it."""
        space = self.workspace
        present = Form(position, "", score(space, position, space.double(position)), 0.0)
        forms = [present]
        for attempt in (self._algebraic_forms, self._series_forms):
            forms.extend(attempt(position))
            best = self._chosen(forms)
            if best.score.fair <= ENOUGH and best.score.strict <= ENOUGH:
                break
        before, after = present.score, best.score
        gained = after.fair <= WORTHWHILE * before.fair or after.undefined < before.undefined
        return best if gained else None

    def _chosen(self, forms: list[Form]) -> Form:
        defined = min(form.score.undefined for form in forms)
        forms = [form for form in forms if form.score.undefined == defined]
        strict = min(form.score.strict for form in forms)
        if strict <= GOOD:
            kept = [form for form in forms if form.score.strict <= max(strict + SLACK, 3.0)]
        else:
            fair = min(form.score.fair for form in forms)
            kept = [form for form in forms if form.score.fair <= max(fair + SLACK, 3.0)]
        forms = kept
        return min(forms, key=lambda form: form.cost)

    def _algebraic_forms(self, position: int) -> Iterator[Form]:
        """Yield forms by one rule; then by two, until one is good enough."""
        seen: set[Expr] = set()
        first: list[tuple[Raised, str, Expr]] = []
        for raised in self._formulas(position):
            if raised.expression in seen:
                continue
            seen.add(raised.expression)
            for law, expression in _by_one_rule(raised.expression):
                if expression not in seen and self.budget > 0:
                    seen.add(expression)
                    first.append((raised, law, expression))
        good = False
        for raised, law, expression in first:
            form = self._measured(position, raised, law, expression)
            if form is not None:
                good |= _is_good(form)
                yield form
        first.sort(key=lambda row: row[2].count_ops())
        for raised, law, expression in first[:MOST_AGAIN]:
            if good:
                return
            for second, again in _by_one_rule(expression):
                if again in seen or self.budget <= 0:
                    continue
                seen.add(again)
                both = law if law == second else f"{law}; {second}"
                form = self._measured(position, raised, both, again)
                if form is not None:
                    good |= _is_good(form)
                    yield form

    def _formulas(self, position: int) -> Iterator[Raised]:
        """Yield the formula of a node as it was written, and as it is now."""
        space = self.workspace
        origin = space.aliases.get(position, position)
        for place in dict.fromkeys((origin, position)):
            raised = raise_node(space.builder, place)
            if raised is not None:
                leaves = {symbol: self.current.get(k, k) for symbol, k in raised.leaves.items()}
                yield Raised(raised.expression, leaves)

    def _measured(self, position: int, raised: Raised, law: str, expression: Expr) -> Form | None:
        self.budget -= 1
        if expression.has(sympy.I, sympy.nan, sympy.zoo, sympy.oo):
            return None
        try:
            place = lowered(self.workspace.builder, expression, raised.leaves)
        except (TypeError, ValueError, NotImplementedError, ArithmeticError):
            return None
        return self._form(position, place, law)

    def _form(self, position: int, place: int, law: str) -> Form | None:
        """Measure a form; where only it has no value, it gives way to the present one."""
        if place == position:
            return None
        space = self.workspace
        before, after = space.double(position), space.double(place)
        lost = np.isnan(after) & ~np.isnan(before)
        if (lost & self.ordinary & ~(self.workspace.points == 0).any(axis=0)).any():
            # Not only at the border of the domain: worth a look only where it repairs more.
            if score(space, position, after).undefined > score(space, position, before).undefined:
                return None
        if lost.any():
            form = space.term(place)
            place = choose(form.compare("==", form), form, space.term(position)).position
            after = space.double(place)
        invented = np.isnan(before) & ~np.isnan(after) & ~space.exact(position).known
        inside = self.ordinary & (space.points != 0).all(axis=0)
        if (invented & inside).any() or (np.isnan(after) & ~np.isnan(before)).any():
            return None
        return Form(place, law, score(space, position, after), self._cost(place, position))

    def _cost(self, place: int, position: int) -> float:
        """Return what the program costs more with a form in the place of a node."""
        nodes = self.workspace.builder.nodes
        return sum(node_cost(nodes[k]) for k in self.workspace.reached([place]))

    def _series_forms(self, position: int) -> Iterator[Form]:
        """Yield polynomials near a point joined to the present form."""
        space = self.workspace
        origin = space.aliases.get(position, position)
        for cut in single_cuts(space.builder, origin):
            here = self.current.get(cut, cut)
            exact = sub_program(space.builder, origin, cut)
            plain = sub_program(space.builder, position, here)
            if exact is None or plain is None or self.budget <= 0:
                continue
            for centre in self._centres(cut):
                self.budget -= 5
                series = find_series(exact, plain, centre)
                if series is None:
                    continue
                term = series.joined(space.term(here), space.term(position))
                form = self._form(position, term.position, str(series))
                if form is not None:
                    yield form
                    if _is_good(form):
                        return

    def _centres(self, cut: int) -> list[sympy.Rational]:
        """Return points near which the polynomial may be needed: 0, and 1 where it may occur."""
        values = self._nearest(cut)
        centres = [sympy.Integer(0)]
        for centre in (1, -1):
            if (np.abs(values - centre) < 1e-6).any():
                centres.append(sympy.Integer(centre))
        return centres

    # ------------------------------------------------------------------ what is put there

    def _replace(self, position: int, form: Form) -> None:
        space = self.workspace
        self.choices.append(
            Choice(
                formula_text(space.builder, position, self.names),
                formula_text(space.builder, form.position, self.names),
                form.law,
                score(space, position, space.double(position)).strict,
                form.score.strict,
                self.domain,
            )
        )
        live = space.reached(self.outputs)
        inside = set(space.reached([form.position]))
        # Where the new form keeps the old one, it is for the points where that is good.
        self.hopeless.add(position)
        space.aliases[form.position] = space.aliases.get(position, position)
        moved = {position: form.position}
        for place in live:
            node = space.builder.nodes[place]
            if place <= position or not any(operand in moved for operand in node.operands):
                continue
            if place in inside:
                continue
            operands = (moved.get(operand, operand) for operand in node.operands)
            new = space.builder.add(node.operation, *operands, value=node.value)
            moved[place] = new
            if new != place and OPERATIONS[node.operation].result != BOOLEAN:
                space.aliases.setdefault(new, space.aliases.get(place, place))
            if place in self.hopeless:
                self.hopeless.add(new)
        for old, new in moved.items():
            self.current[space.aliases.get(old, old)] = new
        self.outputs = [moved.get(output, output) for output in self.outputs]


def _is_good(form: Form) -> bool:
    return form.score.fair <= ENOUGH and form.score.strict <= ENOUGH and not form.score.undefined


def _by_one_rule(expression: Expr) -> Iterator[tuple[str, Expr]]:
    for rule in RULES:
        for form in rule.apply(expression):
            yield rule.law, form
