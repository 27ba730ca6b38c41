"""What becomes of each kind of SymPy node: one rule a class.

A rule gives a `Plan`: the sub-expressions that must be lowered first, and how the node is built
from their values. Rules never call each other and never recurse; the walk is in `lowering`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Basic, S
from sympy.codegen import cfunctions
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic import boolalg

from symnum.compiler.assembly import Assembler
from symnum.compiler.constants import exact_constant
from symnum.compiler.values import Condition, Value
from symnum.compiler.vocabulary import FUNCTION_OF_CLASS, FUNCTIONS
from symnum.compiler.vocabulary.forms import FORMS, Compiled
from symnum.expressions.named_functions import NamedFunction

__all__ = ["NoNumericalMeaning", "Plan", "plan_of"]

Built = Value | Condition
Build = Callable[[Assembler, Sequence[Any]], Built]

# Sums and products with numerical bounds are written out up to this many terms.
MOST_TERMS = 100_000


class NoNumericalMeaning(Exception):
    """A function without a rule turned out to be more than a constant."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one node is lowered.

    Parameters
    ----------
    children : sequence of Basic
        What must be lowered before.
    build : callable
        Takes the assembler and the values of the children.
    foldable : bool
        Whether the node is an exact constant if all children are.
    """

    children: Sequence[Basic]
    build: Build
    foldable: bool = False


def _constant(node: Any) -> Plan:
    # A Float becomes the rational number that it is, so that nothing is rounded before the end.
    return Plan((), lambda assembler, values: Value(exact_constant(node)))


def _sum(node: Any) -> Plan:
    return Plan(node.args, lambda assembler, values: assembler.sum(_numbers(assembler, values)))


def _product(node: Any) -> Plan:
    return Plan(node.args, lambda assembler, values: assembler.product(_numbers(assembler, values)))


def _power(node: Any) -> Plan:
    return Plan(
        node.args, lambda assembler, values: assembler.power(*_numbers(assembler, values)), True
    )


def _numbers(assembler: Assembler, values: Sequence[Built]) -> list[Value]:
    return [
        value if isinstance(value, Value) else Value(S.One, assembler.node(value))
        for value in values
    ]


def _piecewise(node: Any) -> Plan:
    pairs: Sequence[ExprCondPair] = node.args
    children = [part for pair in pairs for part in (pair.expr, pair.cond)]

    def build(assembler: Assembler, values: Sequence[Built]) -> Built:
        chosen = assembler.constant(S.NaN)
        for position in range(len(pairs) - 1, -1, -1):
            value, condition = values[2 * position : 2 * position + 2]
            then = assembler.node(value)
            if pairs[position].cond is S.true:
                chosen = then
                continue
            test = assembler.condition(condition)
            chosen = assembler.add("select", test, then, chosen)
        return Value(S.One, chosen)

    return Plan(children, build)


# The relation, and whether the operands change places: only < and <= are kept.
RELATIONS: dict[str, tuple[str, bool]] = {
    "<": ("<", False),
    "<=": ("<=", False),
    ">": ("<", True),
    ">=": ("<=", True),
    "==": ("==", False),
    "!=": ("!=", False),
}


def _relation(node: Any) -> Plan:
    relation, swap = RELATIONS[node.rel_op]

    def build(assembler: Assembler, values: Sequence[Built]) -> Built:
        left, right = (assembler.node(value) for value in values)
        operands = (right, left) if swap else (left, right)
        return Condition(assembler.add("compare", *operands, value=relation))

    return Plan(node.args, build)


def _truth(node: Any) -> Plan:
    return Plan(
        (), lambda assembler, values: Condition(assembler.add("truth", value=node is S.true))
    )


def _junction(operation: str) -> Callable[[Any], Plan]:
    def rule(node: Any) -> Plan:
        return Plan(
            node.args,
            lambda assembler, values: Condition(
                assembler.junction(operation, [assembler.condition(value) for value in values])
            ),
        )

    return rule


def _negation(node: Any) -> Plan:
    return Plan(
        node.args,
        lambda assembler, values: Condition(
            assembler.add("negate", assembler.condition(values[0]))
        ),
    )


def _expansion(formula: Callable[..., Basic]) -> Callable[[Any], Plan]:
    """Return the rule of a node that is another expression in disguise."""

    def rule(node: Any) -> Plan:
        return Plan((formula(*node.args),), lambda assembler, values: values[0])

    return rule


def _named(node: Any) -> Plan:
    return Plan(
        node.args,
        lambda assembler, values: Value(
            S.One,
            assembler.add("named", *(assembler.node(value) for value in values), value=type(node)),
        ),
    )


def _finite(node: Any) -> Plan | None:
    """Write out a sum or product with numerical bounds."""
    terms = [node.function]
    for index, low, high in node.limits:
        if not (low.is_Integer and high.is_Integer):
            return None
        count = int(high - low) + 1
        if count < 0 or count * len(terms) > MOST_TERMS:
            return None
        numbers = [low + step for step in range(count)]
        terms = [term.xreplace({index: number}) for term in terms for number in numbers]
    return _sum_or_product(node, terms)


def _sum_or_product(node: Any, terms: Sequence[Basic]) -> Plan:
    if isinstance(node, sympy.Sum):
        return Plan(terms, lambda assembler, values: assembler.sum(_numbers(assembler, values)))
    return Plan(terms, lambda assembler, values: assembler.product(_numbers(assembler, values)))


def _function(node: Any) -> Plan | None:
    row = FUNCTION_OF_CLASS.get(type(node))
    if row is None or len(node.args) != row.arity:
        return None
    return Plan(node.args, lambda assembler, values: assembler.function(row, values), True)


def _extremum(name: str) -> Callable[[Any], Plan]:
    def rule(node: Any) -> Plan:
        return Plan(
            node.args,
            lambda assembler, values: Value(
                S.One, assembler.extremum(name, [assembler.node(value) for value in values])
            ),
            True,
        )

    return rule


def _logarithm(node: Any) -> Plan | None:
    if len(node.args) == 2:
        return _expansion(lambda x, base: sympy.log(x) / sympy.log(base))(node)
    return _function(node)


def _special(node: Any) -> Plan | None:
    """Take a row for a special function, or lower a form of it that is made of others."""
    form = FORMS[type(node)](*node.args)
    if form is None:
        return None
    if not isinstance(form, Compiled):
        return Plan((form,), lambda assembler, values: values[0])
    row = FUNCTIONS[form.name]
    return Plan(form.operands, lambda assembler, values: assembler.function(row, values), True)


def _complex_part(formula: Callable[[Any], Basic]) -> Callable[[Any, bool], Plan | None]:
    """Return the rule of a part of a complex number, which for a real one is a formula."""

    def rule(node: Any, complex_valued: bool) -> Plan | None:
        return _function(node) if complex_valued else _expansion(formula)(node)

    return rule


def _membership(node: Any) -> Plan | None:
    element, members = node.args
    try:
        condition = members.as_relational(element)
    except (AttributeError, NotImplementedError):
        return None
    return _expansion(lambda element, members: condition)(node)


def _if_then_else(node: Any) -> Plan:
    condition, then, otherwise = node.args
    return _expansion(
        lambda *args: sympy.Or(
            sympy.And(condition, then), sympy.And(sympy.Not(condition), otherwise)
        )
    )(node)


def _exclusive(*conditions: Any) -> Any:
    first, *rest = conditions
    for condition in rest:
        first = sympy.Or(
            sympy.And(first, sympy.Not(condition)), sympy.And(sympy.Not(first), condition)
        )
    return first


# The rule of each class; a class without one takes that of its nearest ancestor.
RULES: dict[type, Callable[[Any], Plan | None]] = {
    sympy.Number: _constant,
    sympy.NumberSymbol: _constant,
    type(S.ImaginaryUnit): _constant,
    type(S.ComplexInfinity): _constant,
    sympy.CRootOf: _constant,
    sympy.AlgebraicNumber: _constant,
    sympy.Add: _sum,
    sympy.Mul: _product,
    sympy.Pow: _power,
    sympy.exp: _function,
    sympy.log: _logarithm,
    sympy.Max: _extremum("maximum"),
    sympy.Min: _extremum("minimum"),
    sympy.Piecewise: _piecewise,
    sympy.Sum: _finite,
    sympy.Product: _finite,
    NamedFunction: _named,
    Relational: _relation,
    boolalg.BooleanTrue: _truth,
    boolalg.BooleanFalse: _truth,
    sympy.And: _junction("both"),
    sympy.Or: _junction("either"),
    sympy.Not: _negation,
    sympy.ITE: _if_then_else,
    sympy.Xor: _expansion(_exclusive),
    sympy.Implies: _expansion(lambda a, b: sympy.Or(sympy.Not(a), b)),
    sympy.Equivalent: _expansion(
        lambda *args: sympy.Or(sympy.And(*args), sympy.And(*(sympy.Not(a) for a in args)))
    ),
    sympy.Contains: _membership,
    sympy.UnevaluatedExpr: _expansion(lambda x: x),
    sympy.KroneckerDelta: _expansion(
        lambda i, j, *_: sympy.Piecewise((1, sympy.Eq(i, j)), (0, True))
    ),
    cfunctions.Cbrt: _expansion(lambda x: x ** sympy.Rational(1, 3)),
    cfunctions.Sqrt: _expansion(sympy.sqrt),
    cfunctions.exp2: _expansion(lambda x: sympy.Pow(2, x)),
    cfunctions.fma: _expansion(lambda x, y, z: x * y + z),
    **dict.fromkeys(FORMS, _special),
}


# Rules that depend on whether numbers are complex.
def _fraction(node: Any, complex_valued: bool) -> Plan | None:
    """Take what is left beyond whole numbers, of a complex number in both parts."""
    if complex_valued:
        return _expansion(lambda x: x - sympy.floor(x))(node)
    return _expansion(lambda x: sympy.Mod(x, 1))(node)


FIELD_RULES: dict[type, Callable[[Any, bool], Plan | None]] = {
    sympy.re: _complex_part(lambda x: x),
    sympy.im: _complex_part(lambda x: S.Zero),
    sympy.conjugate: _complex_part(lambda x: x),
    sympy.arg: _complex_part(lambda x: sympy.atan2(0, x, evaluate=False)),
    sympy.frac: _fraction,
}


def plan_of(node: Basic, complex_valued: bool) -> Plan | None:
    """Return how a node is lowered, or None where it has no numerical meaning.

    Parameters
    ----------
    node : Basic
        Any SymPy node but a symbol.
    complex_valued : bool
        Whether the program is complex.
    """
    kind = type(node)
    if isinstance(node, sympy.MatrixExpr):
        return None
    if kind in FIELD_RULES:
        return FIELD_RULES[kind](node, complex_valued)
    for ancestor in kind.__mro__:
        if ancestor in RULES:
            return RULES[ancestor](node)
    return _function(node) or _unknown_function(node)


def _unknown_function(node: Basic) -> Plan | None:
    """Let a function of constants be a constant, whatever the function, if SymPy evaluates it."""
    if not isinstance(node, sympy.Function) or isinstance(node, AppliedUndef) or not node.args:
        return None

    def refuse(assembler: Assembler, values: Sequence[Built]) -> Built:
        raise NoNumericalMeaning

    return Plan(node.args, refuse, True)
