"""From tokens to expressions: Python's parser settles precedence, a whitelist builds the rest."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import mpmath
import sympy
from sympy import Add, Derivative, Expr, Integer, Mul, Pow, Rational, Symbol, Tuple
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean

from symnum.errors import ParseError, near_names
from symnum.expressions.functions import CONNECTIVES, FUNCTIONS, RELATIONS, compared
from symnum.expressions.limits import (
    MOST_LEVELS,
    LimitError,
    check_numbers,
    check_power,
    check_value,
    is_opaque,
)
from symnum.expressions.scanner import Token, complaint
from symnum.expressions.scope import Scope

_COMPARISONS: dict[type[ast.cmpop], Callable[..., Any]] = {
    ast.Lt: sympy.Lt,
    ast.LtE: sympy.Le,
    ast.Gt: sympy.Gt,
    ast.GtE: sympy.Ge,
    ast.Eq: sympy.Eq,
    ast.NotEq: sympy.Ne,
}
_SPECIAL_FORMS = ("Piecewise", "Derivative", "hyper")
# What SymPy raises on arguments that a function does not take.
_REFUSALS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    mpmath.libmp.NoConvergence,
)
_MOST_PRIMES = 20


class Builder:
    """Builds one expression or condition out of the tokens of a text.

    Python's parser is given neutral names in place of the names and numbers, so it sees nothing
    but operators, brackets and commas.

    Parameters
    ----------
    text : str
        The whole text, for messages.
    tokens : sequence of Token
        The part of it to build.
    scope : Scope
        What the names mean.

    Examples
    --------
    >>> from symnum.expressions.scanner import scan
    >>> Builder("2*x", scan("2*x"), Scope()).expression()
    2*x
    """

    def __init__(self, text: str, tokens: Sequence[Token], scope: Scope) -> None:
        self._text = text
        self._tokens = tokens
        self._scope = scope
        self._operands = {
            f"v{index}": token
            for index, token in enumerate(tokens)
            if token.kind in ("number", "name")
        }
        self._offsets: dict[int, int] = {}
        self._depth = 0

    def expression(self) -> Expr:
        """Build an expression.

        Returns
        -------
        sympy.Expr
            Evaluated the way SymPy evaluates.

        Raises
        ------
        ParseError
            Anything that the whitelist does not admit.
        """
        tree = self._tree()
        value = self._whole(self._expression, tree)
        self._guarded(tree, "the formula", check_numbers, value)
        return value

    def condition(self) -> Boolean:
        """Build a condition.

        Returns
        -------
        sympy.logic.boolalg.Boolean
            A relation, or relations joined by ``&``, ``|`` and ``~``.

        Raises
        ------
        ParseError
            Anything that the whitelist does not admit.
        """
        return self._whole(self._condition, self._tree())

    def _whole(self, build: Callable[[ast.expr], Any], tree: ast.expr) -> Any:
        """Build the whole; even SymPy's queries about a value can raise."""
        try:
            return build(tree)
        except ParseError:
            raise
        except _REFUSALS as error:
            raise self._refusal(tree, f"the formula is refused: {error}"[:200]) from None

    def _tree(self) -> ast.expr:
        """Let Python's parser settle precedence on the neutral text."""
        pieces: list[str] = []
        length = 0
        for index, token in enumerate(self._tokens):
            piece = f"v{index}" if token.kind in ("number", "name") else token.text
            self._offsets[length] = token.start
            pieces.append(piece)
            length += len(piece) + 1
        try:
            return ast.parse(" ".join(pieces), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
            raise ParseError(f"cannot read {self._text!r:.70}: {reason}") from None

    def _start(self, node: ast.expr) -> int:
        start = self._tokens[0].start if self._tokens else 0
        return self._offsets.get(node.col_offset, start)

    def _refusal(self, node: ast.expr, what: str, hint: str = "") -> ParseError:
        return complaint(self._text, self._start(node), what, hint)

    def _guarded(self, node: ast.expr, what: str, build: Callable[..., Any], *args: Any) -> Any:
        """Call SymPy and turn what it raises into the error that names the piece."""
        try:
            value = build(*args)
            if isinstance(value, Expr):
                check_value(value)
        except LimitError as error:
            raise self._refusal(node, f"{what}: {error}") from None
        except _REFUSALS as error:
            reason = " ".join(str(error).split())
            raise self._refusal(node, f"{what} is refused: {reason}"[:200]) from None
        return value

    def _expression(self, node: ast.expr) -> Expr:
        self._depth += 1
        try:
            if self._depth > MOST_LEVELS:
                raise self._refusal(node, f"more than {MOST_LEVELS} operations inside one another")
            return self._dispatch(node)
        finally:
            self._depth -= 1

    def _dispatch(self, node: ast.expr) -> Expr:
        match node:
            case ast.Name():
                return self._atom(node)
            case ast.Call():
                return self._call(node)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self._sum(node)
            case ast.BinOp(op=ast.Mult() | ast.Div()) | ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return self._product(node, 1)
            case ast.BinOp(op=ast.Pow()):
                return self._power(node)
            case ast.Compare() | ast.BinOp(op=ast.BitAnd() | ast.BitOr()) | ast.UnaryOp():
                raise self._refusal(
                    node,
                    "a condition stands where a value is expected",
                    "conditions belong into Piecewise((value, condition), ...), with each "
                    "comparison in brackets where & or | joins them",
                )
            case ast.Tuple():
                raise self._refusal(node, "a list of values is no formula", "remove the comma")
            case _:
                raise self._refusal(node, "this is no formula")

    def _sum(self, node: ast.expr) -> Expr:
        terms: list[Expr] = []
        rest = node
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Add | ast.Sub):
            terms.append(self._product(rest.right, -1 if isinstance(rest.op, ast.Sub) else 1))
            rest = rest.left
        terms.append(self._product(rest, 1))
        total: Expr = self._guarded(node, "this sum", Add, *reversed(terms))
        return total

    def _product(self, node: ast.expr, sign: int) -> Expr:
        """Build a product in one piece: ``3*(x + 1)*(y + 2)`` must not become ``(3*x + 3)*...``."""
        factors: list[Expr] = []
        sign *= self._collect_factors(node, 1, factors)
        if sign < 0:
            factors.append(Integer(-1))
        if len(factors) == 1:
            return factors[0]
        product: Expr = self._guarded(node, "this product", Mul, *reversed(factors))
        return product

    def _collect_factors(self, node: ast.expr, power: int, factors: list[Expr]) -> int:
        """Append the factors of a product to a list, the last one first, and return its sign."""
        sign = 1
        rest = node
        while True:
            if isinstance(rest, ast.UnaryOp) and isinstance(rest.op, ast.USub | ast.UAdd):
                sign = -sign if isinstance(rest.op, ast.USub) else sign
                rest = rest.operand
            elif isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Mult | ast.Div):
                divided = isinstance(rest.op, ast.Div)
                if divided and _is_product(rest.right):
                    sign *= self._nested(rest.right, -power, factors)
                else:
                    factors.append(self._factor(rest.right, -power if divided else power))
                rest = rest.left
            else:
                factors.append(self._factor(rest, power))
                return sign

    def _nested(self, node: ast.expr, power: int, factors: list[Expr]) -> int:
        self._depth += 1
        if self._depth > MOST_LEVELS:
            raise self._refusal(node, f"more than {MOST_LEVELS} operations inside one another")
        sign = self._collect_factors(node, power, factors)
        self._depth -= 1
        return sign

    def _factor(self, node: ast.expr, power: int) -> Expr:
        value = self._expression(node)
        if power > 0:
            return value
        if value == 0:
            raise self._refusal(node, "a division by zero")
        inverse: Expr = self._guarded(node, "this quotient", Pow, value, Integer(-1))
        return inverse

    def _power(self, node: ast.BinOp) -> Expr:
        base, exponent = self._expression(node.left), self._expression(node.right)
        if base == 0 and exponent.is_Rational and exponent < 0:
            raise self._refusal(node, "a division by zero")

        def build() -> Expr:
            check_power(base, exponent)
            return Pow(base, exponent)

        power: Expr = self._guarded(node, "this power", build)
        return power

    def _atom(self, node: ast.Name) -> Expr:
        token = self._operands[node.id]
        if token.kind == "number":
            return Rational(token.text)
        if token.primes:
            return self._derivative(node, token, None)
        return self._scope.value(token.text)

    def _derivative(self, node: ast.expr, token: Token, place: Expr | None) -> Expr:
        """Build ``u''`` or ``u''(place)`` for an unknown function."""
        if token.text not in self._scope.unknowns:
            known = ", ".join(self._scope.unknowns) or "none is declared here"
            raise self._refusal(
                node,
                f"a prime behind {token.text}, which is no unknown function",
                f"unknown functions: {known}",
            )
        if token.primes > _MOST_PRIMES:
            raise self._refusal(node, f"derivatives are limited to order {_MOST_PRIMES}")
        return self._scope.derivative(token.text, token.primes, place)

    def _call(self, node: ast.Call) -> Expr:
        token = self._operands[node.func.id] if isinstance(node.func, ast.Name) else None
        if token is None or token.kind != "name" or node.keywords:
            raise self._refusal(node, "only known functions can be called")
        name = token.text
        if name in _SPECIAL_FORMS and name not in self._scope.functions and not token.primes:
            forms = (self._piecewise, self._derivative_form, self._hypergeometric)
            return forms[_SPECIAL_FORMS.index(name)](node)
        args = [self._expression(arg) for arg in node.args]
        if token.primes or name in self._scope.unknowns:
            if len(args) != 1:
                raise self._refusal(node, f"{name} takes 1 argument, not {len(args)}")
            return self._derivative(node, token, args[0])
        function = self._scope.functions.get(name) or FUNCTIONS.get(name)
        if function is None:
            raise self._refusal(node, f"unknown function {name}", self._call_hint(name))
        value = self._guarded(node, name, function, *args)
        if not isinstance(value, Expr):
            raise self._refusal(node, f"{name} gives a {type(value).__name__}, which is no formula")
        return value

    def _call_hint(self, name: str) -> str:
        known = sorted({*FUNCTIONS, *_SPECIAL_FORMS, *self._scope.functions, *self._scope.unknowns})
        if name in RELATIONS or name in CONNECTIVES:
            return "conditions belong into Piecewise((value, condition), ...)"
        near = near_names(name, known)
        product = f"a product is written {name}*(...)"
        return f"did you mean {', '.join(near)}? {product}" if near else product

    def _piecewise(self, node: ast.Call) -> Expr:
        pairs = []
        for branch in node.args:
            if not (isinstance(branch, ast.Tuple) and len(branch.elts) == 2):
                raise self._refusal(branch, "a branch of Piecewise is a pair (value, condition)")
            value, condition = branch.elts
            pairs.append((self._expression(value), self._condition(condition)))
        if not pairs:
            raise self._refusal(node, "Piecewise has no branches")
        simple = not any(is_opaque(condition) for _, condition in pairs)
        build = partial(sympy.Piecewise, evaluate=simple)
        form: Expr = self._guarded(node, "Piecewise", build, *pairs)
        return form

    def _hypergeometric(self, node: ast.Call) -> Expr:
        """Build ``hyper((1, 2), (3,), x)``."""
        shapes = [isinstance(arg, ast.Tuple) for arg in node.args]
        if shapes != [True, True, False]:
            raise self._refusal(node, "hyper takes two lists in brackets and a value")
        upper, lower = (
            [self._expression(part) for part in arg.elts]
            for arg in node.args
            if isinstance(arg, ast.Tuple)
        )
        point = self._expression(node.args[2])
        series: Expr = self._guarded(node, "hyper", sympy.hyper, upper, lower, point)
        return series

    def _derivative_form(self, node: ast.Call) -> Expr:
        """Build ``Derivative(u(t), (t, 2))``, the way SymPy prints a derivative."""
        if len(node.args) < 2:
            raise self._refusal(node, "Derivative takes a function and symbols")
        function = self._expression(node.args[0])
        if not function.has(AppliedUndef):
            raise self._refusal(
                node, "Derivative is for unknown functions", "write the derivative itself"
            )
        variables: list[Any] = []
        for arg in node.args[1:]:
            parts = arg.elts if isinstance(arg, ast.Tuple) else [arg]
            values = [self._expression(part) for part in parts]
            order = values[1] if len(values) == 2 else Integer(1)
            small = order.is_Integer and 0 < order <= _MOST_PRIMES
            if len(values) > 2 or not small or not isinstance(values[0], Symbol):
                raise self._refusal(arg, "Derivative takes symbols or pairs (symbol, order)")
            variables.append(Tuple(values[0], order))
        derivative: Expr = self._guarded(node, "Derivative", Derivative, function, *variables)
        return derivative

    def _condition(self, node: ast.expr) -> Boolean:
        self._depth += 1
        try:
            if self._depth > MOST_LEVELS:
                raise self._refusal(node, f"more than {MOST_LEVELS} operations inside one another")
            return self._dispatch_condition(node)
        finally:
            self._depth -= 1

    def _dispatch_condition(self, node: ast.expr) -> Boolean:
        match node:
            case ast.Compare():
                return self._comparison(node)
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr() as op):
                join = sympy.And if isinstance(op, ast.BitAnd) else sympy.Or
                return self._guarded(node, "this condition", join, *self._joined(node, type(op)))
            case ast.UnaryOp(op=ast.Invert()):
                return self._guarded(node, "~", sympy.Not, self._condition(node.operand))
            case ast.Name() if self._operands[node.id].text in ("True", "False"):
                return sympy.true if self._operands[node.id].text == "True" else sympy.false
            case ast.Call(func=ast.Name(id=key), keywords=[]):
                return self._condition_call(node, self._operands[key].text)
            case _:
                raise self._refusal(
                    node, "a condition is expected", "such as x < 1 or (x > 0) & (x < 1)"
                )

    def _joined(self, node: ast.expr, operator: type[ast.operator]) -> list[Boolean]:
        """Return the parts of ``a & b & c``, without one level of recursion for each."""
        parts: list[Boolean] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, operator):
            parts.append(self._condition(node.right))
            node = node.left
        return [self._condition(node), *reversed(parts)]

    def _comparison(self, node: ast.Compare) -> Boolean:
        sides = [self._expression(side) for side in (node.left, *node.comparators)]
        relations = []
        for place, operator in enumerate(node.ops):
            build = _COMPARISONS.get(type(operator))
            if build is None:
                raise self._refusal(node, "this comparison is not read")
            pair = sides[place : place + 2]
            relations.append(self._guarded(node, "this comparison", compared, build, *pair))
        return sympy.And(*relations) if len(relations) > 1 else relations[0]

    def _condition_call(self, node: ast.Call, name: str) -> Boolean:
        if name in CONNECTIVES:
            parts = [self._condition(arg) for arg in node.args]
            return self._guarded(node, name, CONNECTIVES[name], *parts)
        if name in RELATIONS and len(node.args) == 2:
            sides = [self._expression(arg) for arg in node.args]
            return self._guarded(node, name, compared, RELATIONS[name], *sides)
        known = [*RELATIONS, *CONNECTIVES]
        raise self._refusal(node, f"{name} is no condition", f"known: {', '.join(known)}")


def _is_product(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub | ast.UAdd)
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div)
