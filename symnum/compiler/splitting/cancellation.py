"""Forms of complex formulas that keep digits where the formula as written loses them.

Which rewriting helps a real formula is measured. In complex arithmetic only laws are applied that
hold for every complex number, on each side of the cuts, and that never lose digits.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, S

from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.program import Node, Program
from symnum.compiler.terms import Term, call

__all__ = ["stable_forms"]


def stable_forms(program: Program) -> Program:
    """Rewrite differences with 1, and logarithms near it.

    Laws: exp(u) - 1 = expm1(u), cos(u) - 1 = -2 sin(u/2)**2, cosh(u) - 1 = 2 sinh(u/2)**2,
    sqrt(1 + u) - 1 = u/(sqrt(1 + u) + 1), erf(u) - 1 = -erfc(u), erf(u) + 1 = erfc(-u),
    erfc(u) - 1 = -erf(u), log(1 + u) = log1p(u).

    Parameters
    ----------
    program : Program
        A complex program.
    """
    return rewrite(program, _stable)


def _stable(rewriter: Rewriter, node: Node) -> int | None:
    term = None
    if node.operation in ("add", "subtract"):
        term = _stable_sum(rewriter, node)
    elif node.operation == "call" and node.value == "log":
        excess = _excess(rewriter, node.operands[0])
        term = None if excess is None else call("log1p", excess)
    return None if term is None else term.position


def _linear(rewriter: Rewriter, node: Node) -> tuple[Expr, Term, Expr] | None:
    """Take a sum or difference apart into a f + c with constants a and c."""
    left, right = node.operands
    sign = S.NegativeOne if node.operation == "subtract" else S.One
    first, second = rewriter.constant(left), rewriter.constant(right)
    if second is not None:
        factor, place, rest = S.One, left, sign * second
    elif first is not None:
        factor, place, rest = sign, right, first
    else:
        return None
    inner = rewriter.node(place)
    if inner.operation == "multiply":
        for here, other in (inner.operands, inner.operands[::-1]):
            scale = rewriter.constant(here)
            if scale is not None:
                return factor * scale, rewriter.term(other), rest
    return factor, rewriter.term(place), rest


def _excess(rewriter: Rewriter, place: int) -> Term | None:
    """Return u for 1 + u, None for another term.

    A zero in it has the sign that it has in the sum.
    """
    node = rewriter.node(place)
    if node.operation not in ("add", "subtract"):
        return None
    left, right = (rewriter.term(operand) for operand in node.operands)
    if left.exact is S.One:
        return left.make(node.operation, 0, right)
    return left + 0 if right.exact is S.One and node.operation == "add" else None


def _stable_sum(rewriter: Rewriter, node: Node) -> Term | None:
    parts = _linear(rewriter, node)
    if parts is None:
        return None
    factor, term, rest = parts
    inner = rewriter.node(term.position)
    below = rest == -factor
    if inner.operation == "square_root" and below:
        excess = _excess(rewriter, inner.operands[0])
        return None if excess is None else _times(factor, excess / (term + 1))
    if inner.operation != "call":
        return None
    operand = rewriter.term(inner.operands[0])
    if below and inner.value in LESS_ONE:
        return _times(factor, LESS_ONE[inner.value](operand))
    if rest == factor and inner.value == "erf":
        return _times(factor, call("erfc", -operand))
    return None


def _times(factor: Expr, term: Term) -> Term:
    if factor is S.One:
        return term
    return -term if factor is S.NegativeOne else term * factor


def _half_square(name: str, factor: int) -> Callable[[Term], Term]:
    def rule(u: Term) -> Term:
        root = call(name, u * S.Half)
        value: Term = root * root * S(factor)
        return value

    return rule


# f(u) - 1
LESS_ONE: dict[str, Callable[[Term], Term]] = {
    "exp": lambda u: call("expm1", u),
    "cos": _half_square("sin", -2),
    "cosh": _half_square("sinh", 2),
    "erf": lambda u: -call("erfc", u),
    "erfc": lambda u: -call("erf", u),
}
