"""From SymPy to a program: an iterative walk, so that nesting depth is no limit.

Each node is lowered once its children are, by the rule of its class in `translation`. Equal
sub-expressions become one node, names of symbols leave no trace, and two formulas that differ in
names alone give the same program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy
from sympy import Basic, Expr, S
from sympy.logic.boolalg import Boolean

from symnum.compiler.assembly import Assembler
from symnum.compiler.constants import exact_constant, has_value
from symnum.compiler.ordering import order_nodes
from symnum.compiler.program import Program
from symnum.compiler.refusals import unknown_symbol, unsupported
from symnum.compiler.translation import NoNumericalMeaning, Plan, plan_of
from symnum.compiler.values import Condition, Value
from symnum.compiler.vocabulary import FUNCTION_OF_CLASS

__all__ = ["lower"]

# A constant expression nested deeper is computed by the kernel: SymPy evaluates it recursively.
DEEPEST_CONSTANT = 50


def lower(
    args: Sequence[Expr],
    outputs: Sequence[Expr],
    *,
    guard: Boolean | None = None,
    complex_valued: bool = False,
) -> Program:
    """Turn expressions into a program.

    Parameters
    ----------
    args : sequence of Expr
        The flattened arguments: symbols, or whatever else stands for a variable in the outputs,
        such as ``f(t)``.
    outputs : sequence of Expr
        The flattened results. A condition as a result gives 1 where it holds and 0 elsewhere.
    guard : Boolean, optional
        Where it does not hold, every output is NaN.
    complex_valued : bool
        Whether arguments and results are complex numbers.

    Returns
    -------
    Program
        One argument for each entry of `args`, one output for each of `outputs`.

    Raises
    ------
    ValueError
        If an argument occurs twice, or a symbol is not an argument.
    TypeError
        If an argument is no symbol, or a number is not real and `complex_valued` is False.
    UnsupportedNodeError
        If a node has no numerical meaning; the message names it and its place.

    Examples
    --------
    >>> x, y = sympy.symbols("x y")
    >>> print(lower((x, y), (x / y - 1,)))
    v0 = argument(0)
    v1 = argument(1)
    v2 = divide(v0, v1)
    v3 = constant(1)
    v4 = subtract(v2, v3)
    return v4
    """
    walk = _Walk(tuple(args), tuple(outputs), Assembler(len(args), complex_valued))
    results = [walk.assembler.node(walk.run(output)) for output in walk.outputs]
    if guard is not None and guard is not S.true:
        results = walk.guarded(guard, results)
    return order_nodes(walk.assembler.builder.finish(tuple(results)))


@dataclass(slots=True)
class _Walk:
    """The state of one lowering."""

    args: tuple[Expr, ...]
    outputs: tuple[Expr, ...]
    assembler: Assembler
    positions: dict[Basic, int] = field(init=False)
    # By identity, because comparing deep expressions for equality recurses. The expression is
    # kept beside the value so that its identity is not given to another object.
    values: dict[int, tuple[Basic, Value | Condition]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.positions = {}
        for position, argument in enumerate(self.args):
            if not isinstance(argument, (sympy.Symbol, *VARIABLES)):
                raise TypeError(f"argument {position} is {argument}; it must be a symbol")
            if argument in self.positions:
                raise ValueError(f"the argument {argument} occurs twice")
            self.positions[argument] = position

    def guarded(self, guard: Boolean, results: Sequence[int]) -> list[int]:
        """Replace every result by NaN where the guard does not hold."""
        self.outputs = (*self.outputs, guard)
        condition = self.assembler.condition(self.run(guard))
        nothing = self.assembler.constant(S.NaN)
        return [self.assembler.add("select", condition, result, nothing) for result in results]

    def run(self, root: Basic) -> Value | Condition:
        """Lower one expression and all that it is made of."""
        plans: dict[int, Plan] = {}
        stack: list[Basic] = [root]
        while stack:
            node = stack[-1]
            if id(node) in self.values:
                stack.pop()
                continue
            plan = plans.get(id(node))
            if plan is None:
                plan = plans[id(node)] = self._plan(node)
                missing = [child for child in plan.children if id(child) not in self.values]
                if missing:
                    stack.extend(reversed(missing))
                    continue
            self.values[id(node)] = (node, self._build(node, plan))
            stack.pop()
        return self.values[id(root)][1]

    def _plan(self, node: Basic) -> Plan:
        if isinstance(node, sympy.Symbol) or self._is_argument(node):
            position = self.positions.get(node)
            if position is None:
                raise unknown_symbol(node, self.args, self.outputs)
            place = self.assembler.add("argument", value=position)
            return Plan((), lambda assembler, values: Value(S.One, place))
        plan = plan_of(node, self.assembler.complex_valued)
        if plan is None:
            raise self._unsupported(node)
        return plan

    def _is_argument(self, node: Basic) -> bool:
        # Hashing is cheap for these, and none of them has a rule.
        return isinstance(node, VARIABLES) and node in self.positions

    def _build(self, node: Basic, plan: Plan) -> Value | Condition:
        values = [self.values[id(child)][1] for child in plan.children]
        value: Value | Condition | None = None
        if plan.foldable and all(isinstance(v, Value) and v.is_constant for v in values):
            value = self._folded(node, values)
        if value is None:
            value = self._built(node, plan, values)
        if isinstance(value, Value) and value.is_constant and value.depth > DEEPEST_CONSTANT:
            return Value(S.One, self.assembler.constant(value.coefficient))
        return value

    def _built(
        self, node: Basic, plan: Plan, values: Sequence[Value | Condition]
    ) -> Value | Condition:
        try:
            return plan.build(self.assembler, values)
        except NoNumericalMeaning:
            raise self._unsupported(node) from None

    def _folded(self, node: Basic, values: Sequence[Value | Condition]) -> Value | None:
        """Keep a function of constants as one exact constant, if SymPy can evaluate it."""
        depth = 1 + max(value.depth for value in values if isinstance(value, Value))
        constant = exact_constant(node)
        return Value(constant, depth=depth) if has_value(constant) else None

    def _unsupported(self, node: Basic) -> Exception:
        known = sorted(kind.__name__ for kind in FUNCTION_OF_CLASS)
        return unsupported(node, self.outputs, known)


# What may stand for a variable besides a symbol.
VARIABLES = (
    sympy.core.function.AppliedUndef,
    sympy.Derivative,
    sympy.Indexed,
    sympy.matrices.expressions.matexpr.MatrixElement,
)
