"""Arithmetic of complex numbers in real operations."""

from __future__ import annotations

from sympy import Expr, S

from symnum.compiler.constants import is_real_constant, numeric_constant, working_context
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.splitting.pairs import (
    Pair,
    bare,
    has_sign,
    is_nonnegative,
    lifted,
    magnitude,
    power_of_two,
)
from symnum.compiler.terms import Term, call, choose, constant

__all__ = [
    "add",
    "compare",
    "constant_pair",
    "divide",
    "integer_power",
    "multiply",
    "negative",
    "root_parts",
    "select",
    "square_root",
    "subtract",
]

# Numbers with parts in this range are multiplied and divided without being scaled.
MODERATE = 900


def constant_pair(builder: ProgramBuilder, number: Expr) -> Pair:
    """Append the parts of an exact number."""

    def part(value: Expr) -> Term:
        return Term(builder, builder.add("constant", value=value))

    if is_real_constant(number):
        return Pair(part(number), None)
    real, imaginary = number.as_real_imag()
    value = numeric_constant(number, working_context(60))
    # The parts may vanish without SymPy seeing it.
    is_imaginary = real.is_zero or abs(value.real) <= abs(value.imag) * value.context.eps
    return Pair(None if is_imaginary else part(real), part(imaginary))


def negative(z: Pair) -> Pair:
    """Return -z."""
    return Pair(
        None if z.real is None else -z.real,
        None if z.imaginary is None else -z.imaginary,
    )


def _sides(z: Pair, w: Pair) -> list[tuple[Term | None, Term | None, bool]]:
    """Return both parts of two numbers, and whether a missing one counts as +0.

    It does not where the two numbers have no part in common, as in x + i y: that only puts a
    number together.
    """
    shared = (z.real is not None and w.real is not None) or (
        z.imaginary is not None and w.imaginary is not None
    )
    return [(z.real, w.real, shared), (z.imaginary, w.imaginary, shared)]


def add(z: Pair, w: Pair) -> Pair:
    """Return z + w; a number without an imaginary part has +0 there, as in NumPy."""
    parts: list[Term | None] = []
    for left, right, counts in _sides(z, w):
        if left is None or right is None:
            part = left or right
            parts.append(lifted(part) if counts else part)
            continue
        first, second = bare(left), bare(right)
        assert first is not None
        assert second is not None
        total = first + second
        parts.append(total if (first, second) == (left, right) else lifted(total))
    return Pair(*parts)


def subtract(z: Pair, w: Pair) -> Pair:
    """Return z - w; a number without an imaginary part has +0 there, as in NumPy."""
    parts: list[Term | None] = []
    for left, right, counts in _sides(z, w):
        if right is None:
            parts.append(left)
        elif left is None:
            parts.append(lifted(-right) if counts else -right)
        else:
            first = bare(left)
            assert first is not None
            parts.append(first - right if first is left else lifted(first - right))
    return Pair(*parts)


def multiply(z: Pair, w: Pair) -> Pair:
    """Return z w: four products; two where one number is real or imaginary, or the conjugate."""
    if z is w:
        return _square(z)
    for left, right in ((z, w), (w, z)):
        if left.imaginary is None:
            return _multiple(left.real, right)
    for left, right in ((z, w), (w, z)):
        if left.real is None:
            # (i b)(x + i y) = -(b y) + i (b x)
            turned = _multiple(left.imaginary, right)
            size = turned.imaginary
            return Pair(lifted(None if size is None else -size), turned.real)
    (x, y), (a, b) = _bare_parts(z), _bare_parts(w)
    if x.position == a.position and _are_opposite(y, b):
        return Pair(x * x + y * y, None)
    return Pair(x * a - y * b, x * b + y * a)


def _are_opposite(first: Term, second: Term) -> bool:
    return first.position == (-second).position or second.position == (-first).position


def _bare_parts(z: Pair) -> tuple[Term, Term]:
    real, imaginary = z.parts
    return bare(real) or real, bare(imaginary) or imaginary


def _multiple(factor: Term | None, z: Pair) -> Pair:
    """Return a real multiple of z."""
    assert factor is not None
    real, imaginary = bare(z.real), bare(z.imaginary)
    above = None if imaginary is None else imaginary * factor
    exact = factor.exact
    if (exact is not None and exact.is_negative) or imaginary is not z.imaginary:
        # A negative number times x + 0 i stays on the upper side of a cut.
        above = lifted(above)
    return Pair(None if real is None else real * factor, above)


def _square(z: Pair) -> Pair:
    """Return z**2 = (x - y)(x + y) + 2 i x y."""
    real, imaginary = bare(z.real), bare(z.imaginary)
    if real is None:
        assert imaginary is not None
        return Pair(-_real_square(imaginary), None)
    if imaginary is None:
        return Pair(_real_square(real), None)
    return Pair((real - imaginary) * (real + imaginary), (real + real) * imaginary)


def _real_square(x: Term) -> Term:
    """Return x**2; of a modulus, without its root."""
    node = x.builder.nodes[x.position]
    if node.operation == "call" and node.value == "hypot":
        first, second = (Term(x.builder, operand) for operand in node.operands)
        return first * first + second * second
    return x * x


def integer_power(z: Pair, exponent: int) -> Pair:
    """Return z**n by squaring; for negative n, that of the reciprocal.

    The power of z may overflow where that of 1/z is an ordinary number.
    """
    some = z.parts[0]
    if exponent < 0:
        return integer_power(divide(Pair(constant(some, 1), None), z), -exponent)
    total: Pair | None = None
    while exponent:
        if exponent & 1:
            total = z if total is None else multiply(total, z)
        exponent >>= 1
        if exponent:
            z = _square(z)
    assert total is not None
    return total


def divide(z: Pair, w: Pair) -> Pair:
    """Return z/w by Smith's method, scaled so that nothing overflows or vanishes half way.

    R. L. Smith, Algorithm 116: Complex division, CACM 5 (1962), 435.
    """
    if w.imaginary is None:
        assert w.real is not None
        divisor = w.real
        return Pair(*(None if part is None else part / divisor for part in (z.real, z.imaginary)))
    if w.real is None:
        # (x + i y)/(i d) = y/d - i x/d
        divisor = w.imaginary
        real = None if z.imaginary is None else z.imaginary / divisor
        return Pair(real, None if z.real is None else lifted(-(z.real / divisor)))
    c, d = _bare_parts(w)
    scale = _common_scale(z, w)
    wide = call("absolute", c).compare(">=", call("absolute", d))
    large, small = choose(wide, c, d) * scale, choose(wide, d, c) * scale
    ratio, bottom = _ratio(large, small, magnitude(c, d).compare("==", S.Infinity))
    x, y = (None if part is None else part * scale for part in (bare(z.real), bare(z.imaginary)))
    return _smith(x, y, wide, ratio, bottom)


def _common_scale(z: Pair, w: Pair) -> Term:
    """Return the power of two that brings numerator and denominator into a safe range."""
    sizes = [magnitude(*_bare_parts(number)) for number in (z, w) if not _is_moderate(number)]
    if not sizes:
        return constant(z.parts[0], 1)
    largest = smallest = sizes[0]
    if len(sizes) == 2:
        largest, smallest = call("maximum", *sizes), call("minimum", *sizes)
    up = choose(
        smallest.compare("<", S(2) ** -960), power_of_two(largest, 100), power_of_two(largest, 0)
    )
    return choose(largest.compare(">", S(2) ** MODERATE), power_of_two(largest, -60), up)


def _is_moderate(z: Pair) -> bool:
    exact = [part.exact for part in (z.real, z.imaginary) if part is not None]
    return all(
        number is not None
        and number.is_finite
        and bool(S(2) ** -MODERATE < abs(number))
        and bool(abs(number) < S(2) ** MODERATE)
        for number in exact
    )


def _ratio(large: Term, small: Term, infinite: Term) -> tuple[Term, Term]:
    """Return r = d/c and c + d r for the larger part c and the smaller part d.

    A zero denominator makes quotients infinite, as in NumPy, an infinite one makes them zero.
    """
    vanishes = large.compare("==", 0)
    ratio = choose(infinite, 0, small / choose(vanishes, 1, large))
    return ratio, choose(infinite, large, choose(vanishes, 0, large) + small * ratio)


def _smith(x: Term | None, y: Term | None, wide: Term, ratio: Term, bottom: Term) -> Pair:
    """Return the quotient of x + i y; `wide` tells whether the larger part is the real one."""
    if y is None:
        assert x is not None
        slope = x * ratio
        return Pair(choose(wide, x, slope) / bottom, -(choose(wide, slope, x) / bottom))
    if x is None:
        slope = y * ratio
        return Pair(choose(wide, slope, y) / bottom, choose(wide, y, slope) / bottom)
    first, second = choose(wide, x, y), choose(wide, y, x)
    real = (first + second * ratio) / bottom
    difference = second - first * ratio
    return Pair(real, choose(wide, difference, -difference) / bottom)


def root_parts(x: Term, y: Term, below: Term) -> tuple[Term, Term]:
    """Return the parts of sqrt(x + i y) for numbers whose squares neither overflow nor vanish.

    Parameters
    ----------
    x, y : Term
        The parts of the number.
    below : Term
        Whether y has a sign, also as a zero.

    Returns
    -------
    tuple of Term
        W. Kahan, Branch cuts for complex elementary functions: nothing cancels.
    """
    # Beside a zero, y itself may be too small to be squared.
    modulus = choose(x.compare("==", 0), call("absolute", y), (x * x + y * y).root())
    root = (2 * (call("absolute", x) + modulus)).root() * S.Half
    # Only the root of zero is zero; its imaginary part is y itself.
    other = y / choose(root.compare("==", 0), 1, root + root)
    left = x.compare("<", 0)
    real = choose(left, call("absolute", other), root)
    return real, choose(left, choose(below, -root, root), other)


def square_root(z: Pair) -> Pair:
    """Return the principal root, on its cut by the sign of the zero."""
    if z.imaginary is None:
        assert z.real is not None
        return _root_of_real(z.real)
    x, y = z.parts
    size = magnitude(x, y)
    huge, tiny = size.compare(">", S(2) ** 500), size.compare("<", S(2) ** -400)
    scale = choose(huge, power_of_two(x, -600), choose(tiny, power_of_two(x, 600), 1))
    back = choose(huge, power_of_two(x, 300), choose(tiny, power_of_two(x, -300), 1))
    real, imaginary = (part * back for part in root_parts(x * scale, y * scale, has_sign(y)))
    # x + i oo has the root oo + i oo, also for infinite x.
    steep = call("absolute", y).compare("==", S.Infinity)
    return Pair(choose(steep, constant(x, S.Infinity), real), choose(steep, y, imaginary))


def _root_of_real(x: Term) -> Pair:
    if is_nonnegative(x):
        return Pair(x.root(), None)
    root = call("absolute", x).root()
    left = x.compare("<", 0)
    return Pair(choose(left, 0, root), choose(left, root, 0))


def compare(relation: str, z: Pair, w: Pair) -> Term:
    """Compare: by size real numbers only, false where an imaginary part is not zero."""
    (x, _), (a, _) = z.parts, w.parts
    real = x.compare(relation, a)
    if relation in ("==", "!="):
        if z.imaginary is None and w.imaginary is None:
            return real
        imaginary = z.parts[1].compare(relation, w.parts[1])
        return real.make("both" if relation == "==" else "either", real, imaginary)
    for part in (z.imaginary, w.imaginary):
        if part is not None:
            real = real.make("both", real, part.compare("==", 0))
    return real


def select(condition: Term, z: Pair, w: Pair) -> Pair:
    """Return z where the condition holds, else w."""
    parts: list[Term | None] = []
    for left, right in ((z.real, w.real), (z.imaginary, w.imaginary)):
        if left is None and right is None:
            parts.append(None)
        else:
            parts.append(choose(condition, left or 0, right or 0))
    return Pair(*parts)
