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
from symnum.compiler.stability.doubling import doubled
from symnum.compiler.stability.naming import formula_text
from symnum.compiler.stability.raising import Raised, lowered, raise_node
from symnum.compiler.stability.rewriting import equivalent_forms
from symnum.compiler.stability.scoring import GOOD, Score, node_cost, score, tolerated
from symnum.compiler.stability.series import find_series, single_cuts, sub_program
from symnum.compiler.stability.workspace import Workspace
from symnum.compiler.terms import Term, choose

__all__ = ["Form", "Search"]

# Forms within this many ulps of the best one compete by cost.
SLACK = 1.0

# A rewrite must reduce the error to this part of what it was.
WORTHWHILE = 0.6

# With such an error the search for better forms of a node ends.
ENOUGH = 6.5

# Where it stays large, it must fall by this factor.
LEAST_GAIN = 64.0

# Otherwise it must be mended at so many points; for functions of pairs, so many must be bad.
LEAST_MENDED = 4

# Evaluation with pairs of doubles is taken for a small gain only below this cost.
CHEAP_PAIRS = 150.0

# A node is to blame alone if exact values of it repair this part of the points, by this factor.
ALONE = 0.4
MUCH_BETTER = 4.0
TOUCHED = 1e-3

# A polynomial is tried only where digits are lost as near to its centre as this.
NEAR = 0.06

# How many operations around a node are looked at: the nearest first, then more of them.
NEARBY = (5, 10)
WIDE = (24,)
LARGEST = 30

# How many forms are rewritten once more, and the number of passes over the program.
MOST_AGAIN = 5
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
    single : bool
        Whether the program will run in single precision.
    budget : int
        How much work may be done, in operations.
    """

    workspace: Workspace
    outputs: list[int]
    names: tuple[str, ...]
    domain: str
    single: bool
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
        space = self.workspace
        bad = np.zeros(space.count, dtype=bool)
        for output in dict.fromkeys(self.outputs):
            # A formula that has been worked on must be good, not only tolerable.
            bad |= tolerated(space, output, space.double(output), bool(self.choices)) > 1
        return bad

    def _improve(self, bad: NDArray[np.bool_]) -> bool:
        """Rewrite the nodes that lose digits, one after the other; tell whether any was changed."""
        changed = False
        while self.budget > 0:
            position = self._next_suspect(bad)
            if position is None:
                return changed
            form = self._best_form(position)
            while form is None:
                self.hopeless.add(position)
                above = self.workspace.product_above(position, self.outputs)
                if above is None or above in self.hopeless:
                    break
                # Two factors that overflow and vanish may be fine together with a third one.
                position, form = above, self._best_form(above)
            if form is None:
                continue
            changed = True
            self.replace(position, form)
            bad = self._bad_points()
            if not bad.any():
                return changed
        return changed

    def _next_suspect(self, bad: NDArray[np.bool_]) -> int | None:
        """Return a node that is to blame for bad outputs: alone if possible, operands first."""
        accomplice: int | None = None
        for position in self.workspace.reached(self.outputs):
            if position in self.hopeless:
                continue
            blamed = self._blamed_points(position, bad)
            if not blamed.any():
                continue
            part = self._repaired_part(position, blamed)
            if part > ALONE:
                return position
            if part > 0 and accomplice is None:
                accomplice = position
        return accomplice

    def _blamed_points(self, position: int, bad: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the points where a node is inaccurate though its operands are exact."""
        space = self.workspace
        node = space.builder.nodes[position]
        nowhere = np.zeros(space.count, dtype=bool)
        if not node.operands or OPERATIONS[node.operation].result == BOOLEAN:
            return nowhere
        operands = [self._nearest(operand) for operand in node.operands]
        with np.errstate(all="ignore"):
            value = evaluate_node(node, operands, list(space.points))
        value = np.broadcast_to(value, (space.count,))
        nearest = space.nearest(position)
        known = bad & ~np.isnan(nearest)
        with np.errstate(all="ignore"):
            far = np.abs(value - nearest) > 1.5 * np.spacing(np.abs(nearest))
        blamed = known & (far | (~np.isfinite(value) & np.isfinite(nearest)))
        if not blamed.any():
            return nowhere
        over = tolerated(space, position, value, bool(self.choices)) > 1
        return np.asarray(blamed & (over | np.isnan(value)))

    def _repaired_part(self, position: int, points: NDArray[np.bool_]) -> float:
        """Return at what part of some points an output would be better if a node were exact."""
        space = self.workspace
        outputs = list(dict.fromkeys(self.outputs))
        repaired = space.with_values(position, self._nearest(position), outputs)
        better = np.zeros(space.count, dtype=bool)
        touched = np.zeros(space.count, dtype=bool)
        for output, column in zip(outputs, repaired, strict=True):
            present = space.double(output)
            nearest, spacing = space.nearest(output), space.exact(output).spacing()
            with np.errstate(all="ignore"):
                before, after = np.abs(present - nearest), np.abs(column - nearest)
                touched |= np.abs(column - present) > spacing
                better |= (before > 2 * spacing) & (after < before / MUCH_BETTER)
            touched |= np.isfinite(column) != np.isfinite(present)
            better |= np.isfinite(column) & ~np.isfinite(present)
        if not (touched & points).any():
            return 0.0
        return max(float(np.mean(better[points])), TOUCHED)

    def _nearest(self, position: int) -> NDArray[np.float64]:
        node = self.workspace.builder.nodes[position]
        if OPERATIONS[node.operation].result == BOOLEAN:
            return self.workspace.double(position)
        nearest = self.workspace.nearest(position)
        return np.where(np.isnan(nearest), self.workspace.double(position), nearest)

    # ------------------------------------------------------------------ what could be there

    def _best_form(self, position: int) -> Form | None:
        """Return the cheapest of the most accurate forms of a node, if it is worth it."""
        present = self.present(position)
        best = present
        forms = [present]
        for attempt in (self._nearby_forms, self.series_forms, self._wide_forms):
            forms.extend(attempt(position))
            best = self._chosen(forms)
            if _is_good(best):
                break
        if best.score.fair > ENOUGH and not self.single:
            # Pairs of doubles always cost more; where functions are involved, much more.
            pairs = list(self._pair_forms(position))
            cheap = [form for form in pairs if form.cost < CHEAP_PAIRS]
            forms.extend(pairs if best.score.bad >= LEAST_MENDED else cheap)
            best = self._chosen(forms)
        before, after = present.score, best.score
        gained = after.fair < WORTHWHILE * before.fair and (
            after.fair < 2 * GOOD or after.fair < before.fair / LEAST_GAIN
        )
        # What is wrong in two regions is mended in one of them first.
        gained |= after.bad + LEAST_MENDED <= before.bad and after.bad < 0.8 * before.bad
        return best if gained or after.undefined < before.undefined else None

    def _chosen(self, forms: list[Form]) -> Form:
        """Return the cheapest of the forms that are about as good as the best one."""
        strict = min(form.score.strict for form in forms)
        if strict <= GOOD:
            forms = [form for form in forms if form.score.strict <= max(strict + SLACK, 3.0)]
        else:
            bad = min(form.score.bad for form in forms)
            forms = [form for form in forms if form.score.bad == bad]
            fair = min(form.score.fair for form in forms)
            forms = [form for form in forms if form.score.fair <= max(fair + SLACK, 3.0)]
        lost = min(form.score.undefined for form in forms)
        return min(
            (form for form in forms if form.score.undefined == lost), key=lambda form: form.cost
        )

    def present(self, position: int) -> Form:
        """Return a node as it is."""
        return Form(position, "", *self.measure(position))

    def measure(self, position: int) -> tuple[Score, float]:
        """Return how good a node is, and what it costs."""
        space = self.workspace
        return score(space, position, space.double(position)), self._cost(position)

    def _nearby_forms(self, position: int) -> Iterator[Form]:
        """Yield forms by rules for the operations next to a node."""
        return self._algebraic_forms(position, NEARBY)

    def _wide_forms(self, position: int) -> Iterator[Form]:
        """Yield forms by rules for all that a node is made of."""
        return self._algebraic_forms(position, WIDE)

    def _algebraic_forms(self, position: int, sizes: tuple[int, ...]) -> Iterator[Form]:
        """Yield forms by one rule, of small surroundings of the node first; then by two rules."""
        first: list[tuple[Raised, str, Expr]] = []
        seen: set[tuple[Expr, tuple[int, ...]]] = set()
        for raised in self._formulas(position, sizes):
            good = False
            for law, expression in self._rewritten(raised, seen):
                first.append((raised, law, expression))
                form = self._measured(position, raised, law, expression)
                if form is not None:
                    good |= _is_good(form)
                    yield form
            if good:
                return
        first.sort(key=lambda row: row[2].count_ops())
        for raised, law, expression in first[:MOST_AGAIN]:
            good = False
            again = Raised(expression, raised.leaves)
            for second, twice in self._rewritten(again, seen):
                both = law if law == second else f"{law}; {second}"
                form = self._measured(position, raised, both, twice)
                if form is not None:
                    good |= _is_good(form)
                    yield form
            if good:
                return

    def _formulas(self, position: int, sizes: tuple[int, ...]) -> Iterator[Raised]:
        """Yield the formula of a node as it was written and as it is now, cut at some sizes."""
        space = self.workspace
        origin = space.aliases.get(position, position)
        for largest in sizes:
            for place in dict.fromkeys((origin, position)):
                raised = raise_node(space.builder, place, largest)
                if raised is not None:
                    leaves = {symbol: self.current.get(k, k) for symbol, k in raised.leaves.items()}
                    yield Raised(raised.expression, leaves)

    def _rewritten(
        self, raised: Raised, seen: set[tuple[Expr, tuple[int, ...]]]
    ) -> Iterator[tuple[str, Expr]]:
        """Yield equivalent forms of a formula that have not been seen yet."""
        leaves = tuple(raised.leaves.values())
        size = int(raised.expression.count_ops())
        if size > LARGEST or (raised.expression, leaves) in seen or self.budget <= 0:
            return
        seen.add((raised.expression, leaves))
        self.budget -= 2 * size
        for law, form in equivalent_forms(raised.expression):
            if (form, leaves) not in seen and self.budget > 0:
                seen.add((form, leaves))
                yield law, form

    def _measured(self, position: int, raised: Raised, law: str, expression: Expr) -> Form | None:
        self.budget -= 10
        try:
            place = lowered(self.workspace.builder, expression, raised.leaves)
        except (TypeError, ValueError, NotImplementedError, ArithmeticError):
            return None
        return self.form(position, place, law)

    def form(self, position: int, place: int, law: str) -> Form | None:
        """Measure a form; where only it has no value, it gives way to the present one."""
        if place == position:
            return None
        space = self.workspace
        before, after = space.double(position), space.double(place)
        finite = np.isfinite(space.exact(position).high)
        # What is finite must not overflow instead.
        if (np.isinf(after) & np.isfinite(before) & finite & space.ordinary).any():
            return None
        lost = np.isnan(after) & ~np.isnan(before)
        if lost.any():
            if (lost & finite & space.ordinary & (space.points != 0).all(axis=0)).sum() > 3:
                return None
            form = space.term(place)
            place = choose(form.compare("==", form), form, space.term(position)).position
            after = space.double(place)
        invented = np.isnan(before) & ~np.isnan(after) & ~space.exact(position).known
        if (invented & space.ordinary & (space.points != 0).all(axis=0)).any():
            return None
        return Form(place, law, score(space, position, after), self._cost(place))

    def _cost(self, place: int) -> float:
        """Return what a form costs beside the nodes that the program has anyway."""
        nodes = self.workspace.builder.nodes
        return sum(node_cost(nodes[k]) for k in self.workspace.reached([place]))

    def series_forms(self, position: int) -> Iterator[Form]:
        """Yield polynomials near a point joined to the present form."""
        space = self.workspace
        origin = space.aliases.get(position, position)
        for cut in reversed(single_cuts(space.builder, origin)):
            here = self.current.get(cut, cut)
            exact = sub_program(space.builder, origin, cut)
            plain = sub_program(space.builder, position, here)
            if exact is None or plain is None or self.budget <= 0:
                continue
            for centre in self._centres(position, cut):
                self.budget -= 50
                series = find_series(exact, plain, centre)
                if series is None:
                    continue
                term = series.joined(space.term(here), space.term(position))
                form = self.form(position, term.position, str(series))
                if form is not None:
                    yield form
                    if _is_good(form):
                        return

    def _pair_forms(self, position: int) -> Iterator[Form]:
        """Yield the evaluation with pairs of doubles, which costs much and nearly always helps."""
        space = self.workspace
        nodes = space.builder.nodes

        def leaf(place: int) -> Term | None:
            is_leaf = nodes[place].operation == "argument"
            is_leaf = is_leaf or OPERATIONS[nodes[place].operation].result == BOOLEAN
            return space.term(self.current.get(place, place)) if is_leaf else None

        origin = space.aliases.get(position, position)
        self.budget -= 100
        term = doubled(nodes, origin, space.term(position), leaf)
        if term is not None:
            form = self.form(position, term.position, "twice the digits, by pairs of doubles")
            if form is not None:
                yield form

    def _centres(self, position: int, cut: int) -> list[sympy.Rational]:
        """Return 0, 1 and -1, where a node loses digits when another one is close to them."""
        space = self.workspace
        errors = space.exact(position).errors(space.double(position))
        bad = ~(errors <= ENOUGH)
        values = self._nearest(cut)
        return [sympy.Integer(k) for k in (0, 1, -1) if (bad & (np.abs(values - k) < NEAR)).any()]

    # ------------------------------------------------------------------ what is put there

    def replace(self, position: int, form: Form) -> None:
        """Put a form in the place of a node, and everything above it on top of the form."""
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
        # A form is judged as a whole, and the old one may go on inside of it where it is good.
        self.hopeless.update(inside.difference(live, [form.position]))
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
    return form.score.fair <= ENOUGH and not form.score.undefined
