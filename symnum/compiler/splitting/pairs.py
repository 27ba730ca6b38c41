"""A complex number as two real terms, either of which may be missing because it is exactly zero.

A missing part costs no operation: a real constant times z is two products, not four. It also
carries no sign. Where NumPy would have added a zero, as in the imaginary part of z + 1, the sum
`y + 0` is written, which turns -0 into +0, so that functions with branch cuts see the side that
NumPy sees. Operations that do not depend on the sign of a zero look through it (`bare`), and the
addition vanishes where nobody needs it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import S

from symnum.compiler.terms import Term, call, choose, constant

__all__ = [
    "Pair",
    "bare",
    "has_sign",
    "is_nonnegative",
    "lifted",
    "magnitude",
    "power_of_two",
    "signed",
]

# Functions of real numbers whose values are never negative and never -0.
NONNEGATIVE = frozenset(["absolute", "exp", "hypot", "cosh"])

# So many operations inside each other are looked through to see that a number is not negative.
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Pair:
    """A complex number; a part that is None is zero by construction.

    Parameters
    ----------
    real : Term or None
        None only if `imaginary` is not: the number zero has a real part.
    imaginary : Term or None
    """

    real: Term | None
    imaginary: Term | None

    @property
    def parts(self) -> tuple[Term, Term]:
        """Both parts, constants for those that are missing."""
        some = self.real or self.imaginary
        assert some is not None
        return self.real or constant(some, 0), self.imaginary or constant(some, 0)

    @property
    def is_real(self) -> bool:
        """Whether the number is real by construction."""
        return self.imaginary is None


def bare(part: Term | None) -> Term | None:
    """Return a part without the addition of zero that only changes the sign of a zero."""
    if part is None:
        return None
    node = part.builder.nodes[part.position]
    if node.operation not in ("add", "subtract"):
        return part
    left, right = (Term(part.builder, operand) for operand in node.operands)
    if left.exact is S.Zero:
        return right if node.operation == "add" else -right
    return left if node.operation == "add" and right.exact is S.Zero else part


def lifted(part: Term | None) -> Term | None:
    """Return a part with +0 in the place of -0: y + 0, and 0 - y for -y."""
    if part is None or bare(part) is not part or is_nonnegative(part):
        return part
    node = part.builder.nodes[part.position]
    if node.operation == "constant":
        return part
    return 0 - Term(part.builder, node.operands[0]) if node.operation == "negative" else part + 0


def is_nonnegative(part: Term, depth: int = DEEPEST) -> bool:
    """Tell whether a real term is known to be neither negative nor -0."""
    node = part.builder.nodes[part.position]
    match node.operation:
        case "constant":
            return bool(node.value.is_nonnegative)
        case "call":
            return node.value in NONNEGATIVE
        case "integer_power":
            return bool(node.value % 2 == 0)
        case "multiply" if node.operands[0] == node.operands[1]:
            return True
        case "add" | "multiply" | "divide" | "square_root":
            places = (Term(part.builder, operand) for operand in node.operands)
            return depth > 0 and all(is_nonnegative(place, depth - 1) for place in places)
    return False


def has_sign(part: Term) -> Term:
    """Return the truth value of the sign bit, which -0 has too.

    The angle of a real number is 0 or pi; that of -0 is pi.
    """
    if part.exact is not None:
        return part.make("truth", value=bool(part.exact.is_negative))
    return call("argument", part).compare(">", 0)


def signed(size: Term, like: Term) -> Term:
    """Return a nonnegative term with the sign of another that vanishes only where it does."""
    turned = choose(like.compare("<", 0), -size, size)
    return choose(like.compare("==", 0), like, turned)


def magnitude(*parts: Term) -> Term:
    """Return the largest absolute value of some parts, NaN if one is NaN."""
    first, *rest = (call("absolute", part) for part in parts)
    for part in rest:
        first = call("maximum", first, part)
    return first


def power_of_two(like: Term, exponent: int) -> Term:
    """Append a power of two."""
    return constant(like, S(2) ** exponent)
