"""A derivation: formulas in which every link has been checked, and the one that is compiled."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, final

from sympy import Expr, Symbol
from sympy.core.relational import Relational

from symnum.derivation import reading, rendering
from symnum.derivation.claims import Approximation, Claim, Equality, Inequality, ResultClaim
from symnum.derivation.falsification import MutationReport, mutation_report
from symnum.derivation.guard import domain_guard
from symnum.derivation.intake import read_reason
from symnum.derivation.proofs import weakest
from symnum.derivation.records import View
from symnum.derivation.steps import Ledger, Step, certify, open_ledger, view_of
from symnum.derivation.structures import thaw
from symnum.expressions.box import Box
from symnum.expressions.domains import Integers, Interval

if TYPE_CHECKING:
    from symnum.compiler.kernel import Kernel

__all__ = ["Derivation"]

Using: TypeAlias = Step | int | str | Sequence[Step | int | str]


@final
class Derivation:
    """A chain of checked steps that ends in a formula to compile.

    Every call that adds a step proves it first: a claim that is false raises `symnum.Refuted`, one
    that cannot be told raises `symnum.Undecided`, and nothing is added. What is assumed about a
    symbol is its domain and nothing else.

    Parameters
    ----------
    name : str
        A short name, such as that of a file.
    title, source : str
        For the page.
    domain : mapping from sympy.Symbol or str to Interval or Integers, or a Box
        Where the claims are made; copied, and never changed afterwards.
    where : relation, str, or a sequence of them
        Joint conditions, such as ``a*z < 2``.

    Raises
    ------
    ValueError
        For an empty domain, two symbols of one name, or a symbol whose own assumptions contradict
        its domain.

    Examples
    --------
    >>> import symnum as sn
    >>> d = sn.Derivation("square", domain={"x": sn.Interval("-oo", "oo")})
    >>> step = d.equal("(x + 1)**2", "x**2 + 2*x + 1", why="expand the square")
    >>> d.level, len(d.steps)
    ('exact', 1)
    """

    __slots__ = ("_ledger",)

    _ledger: Ledger

    def __init__(
        self,
        name: str,
        title: str = "",
        source: str = "",
        domain: Mapping[Symbol | str, Interval | Integers] | None = None,
        where: Relational | str | Sequence[Relational | str] = (),
    ) -> None:
        for argument, text in {"name": name, "title": title, "source": source}.items():
            if not isinstance(text, str):
                raise TypeError(f"{argument} must be a text, got {type(text).__name__}")
        if not name.strip():
            raise ValueError("name is blank")
        if domain is not None and not isinstance(domain, Mapping):
            raise TypeError(f"domain must map symbols to domains, got {type(domain).__name__}")
        joint = [*domain.where, where] if isinstance(domain, Box) else where
        box = Box(dict(domain or {}), joint)
        if box.where:
            box.sample(random.Random(box.fingerprint), 1)  # a ValueError where no point is inside
        object.__setattr__(self, "_ledger", open_ledger((name, title, source), box))

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Derivation is final: a subclass could say what was never checked")

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a derivation changes by its steps only, {name!r} cannot be set")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a derivation cannot be copied or pickled: run it again where it is needed")

    @property
    def name(self) -> str:
        """The short name."""
        return self._view().titles[0]

    @property
    def title(self) -> str:
        """The title for the page."""
        return self._view().titles[1]

    @property
    def source(self) -> str:
        """Where the mathematics comes from."""
        return self._view().titles[2]

    @property
    def domain(self) -> Box:
        """The domain: a read-only mapping from symbol to interval, with its joint conditions."""
        return self._view().box

    @property
    def steps(self) -> tuple[Step, ...]:
        """The proved steps in order."""
        return self._view().steps

    @property
    def level(self) -> str:
        """The weakest level of all steps, ``"exact"`` as long as nothing was claimed."""
        return weakest(record.level for record in self._view().records)

    @property
    def constants(self) -> Mapping[str, Expr]:
        """The numbers that named steps have proved: a read-only mapping by name."""
        records = self._view().records
        named = {record.name: record.value for record in records if record.name}
        return MappingProxyType({name: value for name, value in named.items() if value is not None})

    @property
    def args(self) -> tuple[Symbol, ...]:
        """The arguments of the result, in order; a ValueError as long as there is no result."""
        return self._result().args

    @property
    def expr(self) -> Any:
        """The proved result, with definitions substituted: the object that `compile` compiles.

        A ValueError as long as there is no result.
        """
        return thaw(self._result().expr)

    def _view(self) -> View:
        return view_of(self._ledger)

    def _result(self) -> ResultClaim:
        view = self._view()
        if view.result is None:
            name = view.titles[0]
            raise ValueError(f"the derivation {name!r} has no result yet: call d.result first")
        return view.result

    def _append(self, claim: Claim, why: Any, using: Using = (), name: str = "") -> Step:
        view = self._view()
        reason = read_reason(why)
        numbers, lemmas = reading.read_using(using, view.steps)
        constant = reading.read_constant_name(name, {record.name for record in view.records})
        ledger = certify(self._ledger, claim, reason, numbers, lemmas, constant)
        object.__setattr__(self, "_ledger", ledger)
        return view_of(ledger).steps[-1]

    def define(self, symbol: Symbol | str, expr: Any, *, why: str) -> Step:
        """Let a symbol stand for an expression from here on.

        Parameters
        ----------
        symbol : sympy.Symbol or str
            Without a domain, and not defined before.
        expr : expression or str
        why : str
            The reason, for the reader.

        Returns
        -------
        Step

        Raises
        ------
        ValueError
            For a redefinition, a circular definition, or a symbol that has a domain.
        """
        return self._append(reading.read_definition(symbol, expr, self._view()), why)

    def equal(self, lhs: Any, rhs: Any, *, why: str, using: Using = (), name: str = "") -> Step:
        """Claim lhs = rhs at every point of the domain.

        Parameters
        ----------
        lhs, rhs : expression or str, or list, tuple, dict or Matrix of them
            Compared entry by entry.
        why : str
            The reason, for the reader.
        using : step, index into `steps`, name of a lemma, or a sequence of them
            What the check may lean on.
        name : str
            Records the right side, a number, among the `constants`.

        Raises
        ------
        symnum.Refuted
            With a point of the domain at which the sides differ.
        symnum.Undecided
            With what was tried.
        """
        claim = reading.read_pair((lhs, rhs), Equality, self._view())
        return self._append(claim, why, using, name)

    def less_equal(self, lhs: Any, rhs: Any, *, why: str, using: Using = ()) -> Step:
        """Claim lhs <= rhs at every point of the domain; parameters as in `equal`."""
        return self._append(reading.read_pair((lhs, rhs), Inequality, self._view()), why, using)

    def limit(
        self,
        expr: Any,
        x: Symbol | str,
        x0: Any,
        value: Any,
        *,
        why: str,
        using: Using = (),
        name: str = "",
    ) -> Step:
        """Claim that expr tends to value as x tends to x0 within the domain of x.

        The limit is two-sided where x0 lies inside the domain, one-sided at an end of it.

        Parameters
        ----------
        expr : expression or str, or list, tuple, dict or Matrix of them
        x : sympy.Symbol or str
            Has a domain.
        x0 : number, expression or str
            In the domain of x or at an end of it; may be infinite.
        value : like expr
            May be infinite.
        why, using, name
            As in `equal`.
        """
        claim = reading.read_limit(expr, x, x0, value, self._view())
        return self._append(claim, why, using, name)

    def series(
        self, expr: Any, x: Symbol | str, order: int, value: Any, *, why: str, using: Using = ()
    ) -> Step:
        """Claim that value is the expansion of expr about x = 0, every term below x**order.

        Parameters
        ----------
        expr : expression or str, or list, tuple, dict or Matrix of them
        x : sympy.Symbol or str
            Has a domain, which need not contain 0.
        order : int
            At least 1.
        value : like expr
            With or without a term ``O(x**order)``.
        why, using
            As in `equal`.
        """
        claim = reading.read_series(expr, x, order, value, self._view())
        return self._append(claim, why, using)

    def approximate(
        self, lhs: Any, rhs: Any, *, bound: Any, why: str, using: Using = (), name: str = ""
    ) -> Step:
        """Claim abs(lhs - rhs) <= bound at every point of the domain.

        Parameters
        ----------
        lhs, rhs : expression or str, or list, tuple, dict or Matrix of them
        bound : number, expression or str
            Not negative.
        why, using, name
            As in `equal`.
        """
        most = reading.read_bound(bound, self._view())

        def build(left: Expr, right: Expr) -> Approximation:
            return Approximation(left, right, most)

        return self._append(reading.read_pair((lhs, rhs), build, self._view()), why, using, name)

    def refute(
        self,
        claim: Relational | str,
        at: Mapping[Symbol | str, Any],
        *,
        why: str,
        using: Using = (),
    ) -> Step:
        """Record that a relation is false, by a point of the domain at which it fails.

        Parameters
        ----------
        claim : relation or str
            ``Eq``, ``Ne``, ``Le``, ``Lt``, ``Ge`` or ``Gt``, built with ``evaluate=False`` where
            SymPy would evaluate it; both sides of an ``Eq`` may be matrices.
        at : mapping from symbol or name to number
            The counterexample.
        why, using
            As in `equal`.

        Raises
        ------
        symnum.Refuted
            If the relation holds at this point.
        symnum.Undecided
            If it cannot be told.
        ValueError
            For a point outside the domain, or a relation that SymPy has evaluated already.
        """
        return self._append(reading.read_refutation(claim, at, self._view()), why, using)

    def solve(
        self,
        equation: Any,
        unknown: Symbol | str,
        *,
        near: Any,
        why: str,
        digits: int = 30,
        using: Using = (),
        name: str = "",
    ) -> Step:
        """Find a root of an equation, with an enclosure that is proved to hold exactly one.

        Parameters
        ----------
        equation : expression, ``Eq`` or str
            An expression that has to vanish, or both sides.
        unknown : sympy.Symbol or str
            The only free symbol of the equation.
        near : number
            Close to the root.
        digits : int
            How many digits are wanted; there will be 30 at least.
        name : str
            Records the root among the `constants`.
        why, using
            As in `equal`.
            The root is its ``certificate.value``; the enclosure is part of the evidence.
        """
        claim = reading.read_root(equation, unknown, near, digits, self._view())
        return self._append(claim, why, using, name)

    def result(
        self,
        expr: Any,
        args: Symbol | str | Sequence[Symbol | str],
        *,
        why: str = "the formula to compile",
    ) -> Step:
        """State the formula to compile; it has to follow from the proved steps.

        Parameters
        ----------
        expr : expression or str, or list, tuple, dict or Matrix of them
        args : symbol or name, or a sequence of them
            The arguments of the compiled function, in order; each has a domain.
        why : str
            The reason, for the reader.

        Raises
        ------
        ValueError
            If the formula has free symbols that are no arguments, or there is a result already.
        symnum.Refuted, symnum.Undecided
            If the formula does not follow from the steps.
        """
        return self._append(reading.read_result(expr, args, self._view()), why)

    def compile(self, **options: Any) -> Kernel:
        """Compile the result: the very object that was proved.

        Outside the declared domain the kernel answers NaN; inside it may use what the domain
        allows.

        Parameters
        ----------
        **options
            Those of `symnum.lambdify`.

        Returns
        -------
        Kernel
        """
        claim = self._result()
        guard = domain_guard(self.domain, claim.args)
        from symnum.compiler.lambdification import build_kernel

        return build_kernel(claim.args, thaw(claim.expr), guard=guard, **options)

    def mutants(self) -> MutationReport:
        """Falsify each step in several ways and report which of these the checks refuse.

        Returns
        -------
        MutationReport
        """
        return mutation_report(self)

    def to_markdown(self, mutants: MutationReport | None = None) -> str:
        """Return the derivation as a Markdown page, the same in every run.

        Parameters
        ----------
        mutants : MutationReport, optional
            Adds to each step how many of its mutants were refused.

        Returns
        -------
        str
        """
        return rendering.to_markdown(self, mutants)

    def to_html(self, mutants: MutationReport | None = None) -> str:
        """Return the derivation as a self-contained HTML page, the same in every run.

        Parameters
        ----------
        mutants : MutationReport, optional
            Adds to each step how many of its mutants were refused.

        Returns
        -------
        str
        """
        return rendering.to_html(self, mutants)

    def __str__(self) -> str:
        return rendering.to_text(self)

    def __repr__(self) -> str:
        return f"<Derivation {self.name}: {len(self.steps)} steps, {self.level}>"

    def _repr_latex_(self) -> str:
        return rendering.to_latex(self)
