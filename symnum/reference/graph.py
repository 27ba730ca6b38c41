"""A SymPy expression as a list of vertices, each after its operands, shared parts once.

Both machines of this package (high precision and balls) walk an expression through this module, so
that neither recurses and neither ever touches the compiler's program. The expression is kept as it
is written: nothing is simplified, reordered or evaluated here, except derivatives, which have no
value of their own before they are carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean

from symnum.errors import UnsupportedNodeError
from symnum.expressions.named_functions import NamedFunction

__all__ = ["MISSING", "Binder", "Graph", "Vertex", "build_graph", "execute", "prompt"]


@dataclass(frozen=True, slots=True)
class Binder:
    """A part of an expression with symbols of its own: a sum, a product, an integral.

    Attributes
    ----------
    body : Graph
        What is summed, multiplied, integrated, differentiated or substituted into.
    bound : tuple of Symbol
        The symbols that have no meaning outside. One, except for Subs.
    free : tuple of Symbol
        The symbols of the body whose values come from outside: the first operands of the vertex.
        The remaining operands are the limits, the place of the derivative, or what is substituted.
    order : int
        How often to differentiate; 1 elsewhere.
    """

    body: Graph
    bound: tuple[sympy.Symbol, ...]
    free: tuple[sympy.Symbol, ...]
    order: int = 1


@dataclass(frozen=True, slots=True)
class Vertex:
    """One node: the SymPy class, the positions of its operands, and what belongs to it alone."""

    head: type
    operands: tuple[int, ...] = ()
    payload: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Vertices in an order in which each stands after its operands.

    Attributes
    ----------
    vertices : tuple of Vertex
    roots : tuple of int
        Positions of the expressions that were given, in their order.
    symbols : dict
        From each free symbol to its position.
    prompt : tuple of int
        The positions whose value is always needed: not the branches of a Piecewise, which are
        evaluated only where they are taken.
    """

    vertices: tuple[Vertex, ...]
    roots: tuple[int, ...]
    symbols: dict[sympy.Symbol, int]
    prompt: tuple[int, ...]


MISSING = object()
CARRIED_OUT = (sympy.Derivative, sympy.Subs)
LAZY = (sympy.Piecewise, sympy.ITE)
LIMITED = (sympy.Sum, sympy.Product, sympy.Integral)
PARAMETRIC = (sympy.hyper, sympy.meijerg)


def build_graph(
    expressions: Sequence[Any], replaced: Mapping[sympy.Symbol, Any] | None = None
) -> Graph:
    """Return the graph of several expressions, in which equal parts occur once.

    Parameters
    ----------
    expressions : sequence of Basic
        Scalar SymPy expressions or conditions.
    replaced : mapping, optional
        Expressions to stand in the place of symbols. Unlike SymPy's substitution this evaluates
        nothing on the way.

    Returns
    -------
    Graph

    Raises
    ------
    UnsupportedNodeError
        Where a part has no value at a point: an undefined function, a matrix, an integral
        without limits.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> len(build_graph([sympy.sin(x) + sympy.sin(x) ** 2]).vertices)
    5
    """
    builder = _Builder(replaced or {})
    roots = tuple(builder.add(expression) for expression in expressions)
    vertices = tuple(builder.vertices)
    return Graph(vertices, roots, builder.symbols, prompt(vertices, roots))


class _Builder:
    """Gives each distinct part a number; two parts are equal when class and operands are."""

    def __init__(self, replaced: Mapping[sympy.Symbol, Any]) -> None:
        self.replaced = dict(replaced)
        self.vertices: list[Vertex] = []
        self.symbols: dict[sympy.Symbol, int] = {}
        self._numbers: dict[Any, int] = {}
        # By identity, because comparing or hashing a deep expression recurses. The object is kept
        # beside its number so that its identity is not given to another one.
        self._seen: dict[int, tuple[Any, int]] = {}
        self._parts: dict[int, tuple[tuple[Any, ...], Any]] = {}

    def add(self, expression: Any) -> int:
        stack = [expression]
        while stack:
            node = stack[-1]
            if id(node) in self._seen:
                stack.pop()
                continue
            if id(node) not in self._parts:
                self._parts[id(node)] = self._take_apart(node)
                parts = self._parts[id(node)][0]
                stack.extend(part for part in reversed(parts) if id(part) not in self._seen)
                continue
            stack.pop()
            parts, payload = self._parts[id(node)]
            operands = tuple(self._seen[id(part)][1] for part in parts)
            self._seen[id(node)] = (node, self._number(node, operands, payload))
        return self._seen[id(expression)][1]

    def _number(self, node: Any, operands: tuple[int, ...], payload: Any) -> int:
        if payload is FORWARD:
            return operands[0]
        key: tuple[Any, ...] = (node.func, operands) if operands else (type(node), (), node)
        if isinstance(payload, Binder):
            key = (*key, node)
        elif payload is not None and operands:
            key = (*key, payload)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.vertices)
            self.vertices.append(Vertex(key[0], operands, payload))
            if isinstance(node, sympy.Symbol):
                self.symbols[node] = number
        return number

    def _take_apart(self, node: Any) -> tuple[tuple[Any, ...], Any]:
        """Return the parts that become operands, and the payload of the vertex."""
        if isinstance(node, sympy.Symbol) and node in self.replaced:
            return (self.replaced[node],), FORWARD
        if isinstance(node, CARRIED_OUT):
            carried_out = node.doit()
            if carried_out != node:
                return (carried_out,), FORWARD
            is_derivative = isinstance(node, sympy.Derivative)
            return self._differentiated(node) if is_derivative else self._substituted(node)
        if isinstance(node, LIMITED):
            return self._limited(node)
        if isinstance(node, sympy.Piecewise):
            return tuple(part for pair in node.args for part in pair.args), None
        if isinstance(node, PARAMETRIC):
            groups = [list(group) for group in _groups(node)]
            leaves = tuple(leaf for group in groups for leaf in group)
            return (*leaves, node.args[-1]), tuple(len(group) for group in groups)
        if isinstance(node, NamedFunction) and not node.evaluated_directly:
            return (node.definition(*node.args),), FORWARD
        if isinstance(node, sympy.Contains):
            return (node.args[1].as_relational(node.args[0]),), FORWARD
        if isinstance(node, sympy.CRootOf | sympy.AlgebraicNumber) or not node.args:
            return (), node
        _check(node)
        return tuple(node.args), None

    def _limited(self, node: Any) -> tuple[tuple[Any, ...], Any]:
        """Take a sum, product or integral apart: the outermost limit belongs to this vertex."""
        symbol, *ends = node.limits[-1]
        if len(ends) != 2:
            raise UnsupportedNodeError(
                f"{type(node).__name__} without two limits has no value: {_shown(node)}"
            )
        inner = node.function
        if len(node.limits) > 1:
            inner = node.func(inner, *node.limits[:-1])
        binder = self._bind(inner, (symbol,))
        return (*binder.free, *ends), binder

    def _differentiated(self, node: Any) -> tuple[tuple[Any, ...], Any]:
        """Take apart a derivative without a closed form, as in the order of a Bessel function."""
        symbol, order = node.variable_count[-1]
        if not isinstance(symbol, sympy.Symbol) or not order.is_Integer:
            raise UnsupportedNodeError(f"Derivative cannot be carried out: {_shown(node)}")
        inner = node.expr
        if len(node.variable_count) > 1:
            inner = sympy.Derivative(inner, *node.variable_count[:-1], evaluate=False)
        binder = self._bind(inner, (symbol,), int(order))
        return (*binder.free, symbol), binder

    def _substituted(self, node: Any) -> tuple[tuple[Any, ...], Any]:
        binder = self._bind(node.expr, tuple(node.variables))
        return (*binder.free, *node.point), binder

    def _bind(self, body: Any, bound: tuple[sympy.Symbol, ...], order: int = 1) -> Binder:
        graph = build_graph([body])
        free = tuple(sorted(set(graph.symbols) - set(bound), key=sympy.default_sort_key))
        return Binder(graph, bound, free, order)


FORWARD = object()


def _check(node: Any) -> None:
    if isinstance(node, AppliedUndef):
        raise UnsupportedNodeError(f"the function {node.func} is not defined: {_shown(node)}")
    if not all(isinstance(part, sympy.Expr | Boolean) for part in (node, *node.args)):
        raise UnsupportedNodeError(f"{type(node).__name__} has no value at a point: {_shown(node)}")


def _groups(node: Any) -> list[Any]:
    if isinstance(node, sympy.hyper):
        return [node.ap, node.bq]
    return [node.an, node.aother, node.bm, node.bother]


def prompt(vertices: tuple[Vertex, ...], roots: Iterable[int]) -> tuple[int, ...]:
    """Return the positions, ascending, that these roots need whatever the values are."""
    wanted = [False] * len(vertices)
    for root in roots:
        wanted[root] = True
    for position in range(len(vertices) - 1, -1, -1):
        if wanted[position]:
            for operand in _first_needed(vertices[position]):
                wanted[operand] = True
    return tuple(position for position, needed in enumerate(wanted) if needed)


def _first_needed(vertex: Vertex) -> tuple[int, ...]:
    if vertex.head is sympy.Piecewise:
        return vertex.operands[1:2]
    if vertex.head is sympy.ITE:
        return vertex.operands[:1]
    return vertex.operands


def execute(
    graph: Graph, positions: Iterable[int], values: list[Any], apply: Callable[[int], None]
) -> None:
    """Compute the vertices at these positions, and the branches that turn out to be needed.

    Parameters
    ----------
    graph : Graph
    positions : iterable of int
        Ascending, with all that is needed in any case, as `prompt` returns them.
    values : list
        One entry a vertex, MISSING where it is not known yet; `apply` fills it.
    apply : callable
        Computes the vertex at a position whose operands are known.
    """
    for position in positions:
        if graph.vertices[position].head not in LAZY:
            apply(position)
            continue
        stack = [position]
        while stack:
            top = stack[-1]
            pending = _pending(graph.vertices[top], values)
            if pending:
                stack.extend(pending)
                continue
            stack.pop()
            if values[top] is MISSING:
                apply(top)


def _pending(vertex: Vertex, values: list[Any]) -> list[int]:
    """Return the operands that are still needed: of a Piecewise only what may be taken.

    A condition is True, False, or None where it cannot be decided; then its branch is needed and
    the next condition too.
    """
    operands = vertex.operands
    if vertex.head is sympy.Piecewise:
        for branch, condition in zip(operands[::2], operands[1::2], strict=True):
            if values[condition] is MISSING:
                return [condition]
            if values[condition] is not False and values[branch] is MISSING:
                return [branch]
            if values[condition] is True:
                return []
        return []
    if vertex.head is sympy.ITE:
        condition = values[operands[0]]
        if condition is MISSING:
            return [operands[0]]
        taken = [operands[1]] * (condition is not False) + [operands[2]] * (condition is not True)
        return [operand for operand in taken if values[operand] is MISSING]
    return [operand for operand in operands if values[operand] is MISSING]


def _shown(node: Any) -> str:
    text = str(node)
    return text if len(text) <= 80 else text[:77] + "..."
