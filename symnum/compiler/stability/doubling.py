"""Numbers as unevaluated sums of two doubles: the last resort, slow and always applicable.

A sub-program is evaluated again with about 106 bits, by operations without rounding errors: the
error of a sum or product of two doubles is itself a double, and is carried along.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr

from symnum.compiler.constants import numeric_constant, working_context
from symnum.compiler.program import BOOLEAN, OPERATIONS, Node
from symnum.compiler.stability.algebra import is_power_of_two
from symnum.compiler.terms import Term, call, choose, constant

__all__ = ["Pair", "doubled", "paired"]

# Sub-programs with more operations are left alone.
LARGEST = 60


@dataclass(frozen=True, slots=True)
class Pair:
    """A number as the sum of a double and a much smaller one.

    Parameters
    ----------
    high : Term
        The nearest double.
    low : Term or None
        What is missing; None is nothing.
    """

    high: Term
    low: Term | None = None

    @property
    def rest(self) -> Term:
        """The low part, zero where there is none."""
        return constant(self.high, 0) if self.low is None else self.low


def doubled(
    nodes: Sequence[Node], position: int, like: Term, leaf: Callable[[int], Term | None]
) -> Term | None:
    """Append the evaluation of a node with pairs of doubles and return its rounded value.

    Parameters
    ----------
    nodes : sequence of Node
        The program that the node belongs to.
    position : int
        The node.
    like : Term
        The node as it is computed now; it stays where an exponential overflows, since what was
        rewritten, 1/(1 + exp(-x)) for one, may be finite there.
    leaf : callable
        Returns the term of an argument or of a truth value, None for other nodes.

    Returns
    -------
    Term or None
        None where an operation has no form for pairs.
    """
    finite: list[Term] = []
    pair = paired(nodes, position, like, leaf, finite)
    if pair is None:
        return None
    result = pair.high
    for condition in finite:
        result = choose(condition, result, like)
    return result


def paired(
    nodes: Sequence[Node],
    position: int,
    like: Term,
    leaf: Callable[[int], Term | None],
    finite: list[Term] | None = None,
) -> Pair | None:
    """Return the same as a pair; `finite` takes the conditions that no exponential overflows."""
    pairs: dict[int, Pair] = {}
    stack = [position]
    while stack:
        place = stack[-1]
        node = nodes[place]
        if place in pairs:
            stack.pop()
            continue
        known = leaf(place)
        if known is not None:
            pairs[place] = Pair(known)
            continue
        missing = [k for k in node.operands if k not in pairs]
        if missing:
            stack.extend(missing)
            continue
        if len(pairs) > LARGEST:
            return None
        more = _beyond_one(nodes, node)
        if more is None:
            value = _value(node, [pairs[k] for k in node.operands], like)
        else:
            value = _logarithm_of_one_more(pairs[more])
        if value is None:
            return None
        if finite is not None and node.operation == "call" and node.value in OVERFLOWING:
            argument = pairs[node.operands[0]].high
            size = argument if node.value in ("exp", "expm1") else call("absolute", argument)
            finite.append(size.compare("<", LARGEST_EXPONENT))
        pairs[place] = value
    return pairs[position]


def _beyond_one(nodes: Sequence[Node], node: Node) -> int | None:
    """Return y for log(1 + y), since a pair that holds 1 does not hold all of a small y."""
    if node.operation != "call" or node.value != "log":
        return None
    inner = nodes[node.operands[0]]
    if inner.operation != "add":
        return None
    for one, other in (inner.operands, inner.operands[::-1]):
        if nodes[one].operation == "constant" and nodes[one].value == 1:
            return other
    return None


def _value(node: Node, operands: list[Pair], like: Term) -> Pair | None:
    if node.operation == "constant":
        return _split(like, node.value)
    if node.operation == "integer_power":
        return _power(operands[0], int(node.value))
    if node.operation == "select":
        condition, then, otherwise = operands
        low = None
        if then.low is not None or otherwise.low is not None:
            low = choose(condition.high, then.rest, otherwise.rest)
        return Pair(choose(condition.high, then.high, otherwise.high), low)
    if node.operation == "call":
        function = FUNCTIONS.get(node.value)
    elif OPERATIONS[node.operation].result == BOOLEAN:
        return None
    else:
        function = ARITHMETIC.get(node.operation)
    return None if function is None else function(*operands)


def _split(like: Term, number: Expr) -> Pair:
    """Return a constant as a pair."""
    if number.is_Rational:
        high = sympy.Rational(float(number))
        low = number - high
    else:
        context = working_context(60)
        value = numeric_constant(number, context)
        nearest = float(value)
        high = sympy.Rational(nearest)
        low = sympy.Rational(float(value - context.mpf(nearest)))
    return Pair(constant(like, high), None if low == 0 else constant(like, low))


# ------------------------------------------------------------------ without rounding errors


def _two_sum(a: Term, b: Term) -> Pair:
    total = a + b
    part = total - a
    return Pair(total, (a - (total - part)) + (b - part))


def _quick_sum(a: Term, b: Term) -> Pair:
    """Return the same for a number that is larger than the other."""
    total = a + b
    return Pair(total, b - (total - a))


def _two_product(a: Term, b: Term) -> Pair:
    product = a * b
    return Pair(product, a.make("fused_multiply_add", a, b, -product))


# ------------------------------------------------------------------ arithmetic of pairs


def _negative(a: Pair) -> Pair:
    return Pair(-a.high, None if a.low is None else -a.low)


def _add(a: Pair, b: Pair) -> Pair:
    total = _two_sum(a.high, b.high)
    if a.low is None and b.low is None:
        return total
    if a.low is None or b.low is None:
        low = b.rest if a.low is None else a.low
        return _quick_sum(total.high, total.rest + low)
    rest = _two_sum(a.low, b.low)
    middle = _quick_sum(total.high, total.rest + rest.high)
    return _quick_sum(middle.high, middle.rest + rest.rest)


def _subtract(a: Pair, b: Pair) -> Pair:
    return _add(a, _negative(b))


def _multiply(a: Pair, b: Pair) -> Pair:
    for factor, other in ((a, b), (b, a)):
        number = factor.high.exact
        if factor.low is None and number is not None and is_power_of_two(number):
            return _scaled(other, number)
    product = _two_product(a.high, b.high)
    low = product.rest
    if b.low is not None:
        low = low + a.high * b.low
    if a.low is not None:
        low = low + a.low * b.high
    if a.low is None and b.low is None:
        return product
    return _quick_sum(product.high, low)


def _divide(a: Pair, b: Pair) -> Pair:
    first = a.high / b.high
    rest = _subtract(a, _multiply(Pair(first), b))
    second = rest.high / b.high
    rest = _subtract(rest, _multiply(Pair(second), b))
    return _add(_quick_sum(first, second), Pair(rest.high / b.high))


def _square_root(a: Pair) -> Pair:
    root = a.high.root()
    rest = _subtract(a, _two_product(root, root))
    # Half the rest over the root; at zero the root is the root.
    correction = choose(root.compare("==", 0), 0, rest.high / (root + root))
    return _quick_sum(root, correction)


def _power(base: Pair, exponent: int) -> Pair:
    result: Pair | None = None
    count = abs(exponent)
    while count:
        if count & 1:
            result = base if result is None else _multiply(result, base)
        count >>= 1
        if count:
            base = _multiply(base, base)
    if result is None:
        raise ValueError("the power 0 is no operation")
    return result if exponent > 0 else _divide(Pair(constant(base.high, 1)), result)


ARITHMETIC: dict[str, Callable[..., Pair]] = {
    "negative": _negative,
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "square_root": _square_root,
    "multiply_add": lambda a, b, c: _add(_multiply(a, b), c),
}


# ------------------------------------------------------------------ functions of pairs

# exp is computed by squaring this often; beyond this size its rounding error is left alone.
HALVINGS = 12
LARGEST_EXPONENT = 700
EXPONENTIAL_TERMS = 18
EXPONENTIAL_PAIRS = 8

# sin and cos: terms of their series up to a quarter turn, and the largest argument.
SINE_TERMS = 14
LARGEST_ANGLE = 100_000


def _scaled(a: Pair, factor: Expr) -> Pair:
    """Multiply by a power of two."""
    return Pair(a.high * factor, None if a.low is None else a.low * factor)


def _exponential(a: Pair) -> Pair:
    """Return exp(a), beyond a limit as in doubles."""
    within, value = _first_exponential(a)
    # 1 + expm1(a) would keep nothing of what is far below 1; squares keep all but twelve bits.
    result = _add(Pair(constant(a.high, 1)), value)
    for _ in range(HALVINGS):
        result = _multiply(result, result)
    plain = call("exp", a.high)
    return Pair(choose(within, result.high, plain), choose(within, result.rest, 0))


def _first_exponential(a: Pair) -> tuple[Term, Pair]:
    """Return where it holds, and expm1 of the argument halved twelve times."""
    within = call("absolute", a.high).compare("<", LARGEST_EXPONENT)
    safe = Pair(choose(within, a.high, 0), choose(within, a.rest, 0))
    small = _scaled(safe, sympy.Rational(1, 2**HALVINGS))
    coefficients = [sympy.Rational(1, sympy.factorial(k)) for k in range(1, EXPONENTIAL_TERMS)]
    total = _series(small, coefficients, EXPONENTIAL_PAIRS)
    return within, _multiply(total, small)


def _exponential_less_one(a: Pair) -> tuple[Term, Pair]:
    """Return where it holds, and expm1(a): expm1(2 u) = 2 expm1(u) + expm1(u)**2, twelve times."""
    within, value = _first_exponential(a)
    for _ in range(HALVINGS):
        value = _add(_scaled(value, sympy.Integer(2)), _multiply(value, value))
    return within, value


def _expm1(a: Pair) -> Pair:
    within, value = _exponential_less_one(a)
    plain = call("expm1", a.high)
    return Pair(choose(within, value.high, plain), choose(within, value.rest, 0))


def _series(variable: Pair, coefficients: Sequence[Expr], pairs: int | None = None) -> Pair:
    """Sum a series; only its first `pairs` terms, if given, are large enough to need pairs."""
    last = len(coefficients) - 1
    if pairs is None:
        total = _split(variable.high, coefficients[last])
    else:
        plain = constant(variable.high, sympy.Rational(float(coefficients[last])))
        for coefficient in reversed(coefficients[pairs:last]):
            plain = plain * variable.high + sympy.Rational(float(coefficient))
        total, last = Pair(plain), pairs
    for coefficient in reversed(coefficients[:last]):
        total = _add(_multiply(total, variable), _split(variable.high, coefficient))
    return total


def _logarithm(a: Pair) -> Pair:
    """Return log(a) by one step of Newton: y + a exp(-y) - 1 with y = log(a) in doubles."""
    guess = call("log", a.high)
    residual = _subtract(_multiply(a, _exponential(Pair(-guess))), Pair(constant(a.high, 1)))
    within = call("absolute", guess).compare("<", LARGEST_EXPONENT)
    square = residual.high * residual.high * sympy.Rational(1, 2)
    refined = _add(Pair(guess), Pair(residual.high - square, residual.low))
    return Pair(choose(within, refined.high, guess), choose(within, refined.rest, 0))


def _logarithm_of_one_more(a: Pair) -> Pair:
    """Return log1p(a) by one step of Newton: with e = expm1(-y) it adds e + a + a e."""
    guess = call("log1p", a.high)
    within, e = _exponential_less_one(Pair(-guess))
    residual = _add(_add(e, a), _multiply(a, e))
    square = residual.high * residual.high * sympy.Rational(1, 2)
    refined = _add(Pair(guess), Pair(residual.high - square, residual.low))
    return Pair(choose(within, refined.high, guess), choose(within, refined.rest, 0))


def _sine_and_cosine(a: Pair) -> tuple[Pair, Pair]:
    """Return both: the nearest multiple of a quarter turn is taken off in pairs."""
    within = call("absolute", a.high).compare("<", LARGEST_ANGLE)
    safe = Pair(choose(within, a.high, 0), choose(within, a.rest, 0))
    turns = call("floor", safe.high * (2 / sympy.pi) + sympy.Rational(1, 2))
    r = safe
    for part in _quarter_turn():
        r = _subtract(r, _two_product(turns, constant(turns, part)))
    square = _multiply(r, r)
    sine = _multiply(
        _series(
            square,
            [sympy.Rational((-1) ** k, sympy.factorial(2 * k + 1)) for k in range(SINE_TERMS)],
        ),
        r,
    )
    cosine = _series(
        square, [sympy.Rational((-1) ** k, sympy.factorial(2 * k)) for k in range(SINE_TERMS)]
    )
    quadrant = turns - 4 * call("floor", turns * sympy.Rational(1, 4))
    odd = (quadrant - 2 * call("floor", quadrant * sympy.Rational(1, 2))).compare("==", 1)
    high_half = quadrant.compare(">", sympy.Rational(3, 2))
    middle = call("absolute", quadrant - sympy.Rational(3, 2)).compare("<", 1)

    def chosen(even: Pair, other: Pair, flipped: Term, name: str) -> Pair:
        high, low = choose(odd, other.high, even.high), choose(odd, other.rest, even.rest)
        high, low = choose(flipped, -high, high), choose(flipped, -low, low)
        return Pair(choose(within, high, call(name, a.high)), choose(within, low, 0))

    return chosen(sine, cosine, high_half, "sin"), chosen(cosine, sine, middle, "cos")


def _quarter_turn() -> list[Expr]:
    """Return pi/2 in three doubles."""
    context = working_context(80)
    rest = context.pi / 2
    parts: list[Expr] = []
    for _ in range(3):
        parts.append(sympy.Rational(float(rest)))
        rest -= context.mpf(float(rest))
    return parts


def _arctangent(a: Pair) -> Pair:
    """Return atan(a) by one step of Newton on a cos(y) = sin(y)."""
    guess = call("atan", a.high)
    sine, cosine = _sine_and_cosine(Pair(guess))
    residual = _subtract(_multiply(a, cosine), sine)
    slope = a.high * sine.high + cosine.high
    # Where the argument is infinite the guess is all there is.
    correction = residual.high / slope
    correction = choose(correction.compare("==", correction), correction, 0)
    return _add(Pair(guess), Pair(correction))


def _hyperbolic(sign: int) -> Callable[[Pair], Pair]:
    def rule(a: Pair) -> Pair:
        up = _exponential(a)
        down = _divide(Pair(constant(a.high, 1)), up)
        total = _add(up, down) if sign > 0 else _subtract(up, down)
        return _scaled(total, sympy.Rational(1, 2))

    return rule


def _hyperbolic_tangent(a: Pair) -> Pair:
    within, value = _exponential_less_one(_scaled(a, sympy.Integer(2)))
    ratio = _divide(value, _add(value, Pair(constant(a.high, 2))))
    plain = call("tanh", a.high)
    return Pair(choose(within, ratio.high, plain), choose(within, ratio.rest, 0))


def _absolute(a: Pair) -> Pair:
    negative = a.high.compare("<", 0)
    low = None if a.low is None else choose(negative, -a.low, a.low)
    return Pair(call("absolute", a.high), low)


OVERFLOWING = frozenset(["exp", "expm1", "sinh", "cosh"])

FUNCTIONS: dict[str, Callable[..., Pair]] = {
    "absolute": _absolute,
    "exp": _exponential,
    "expm1": _expm1,
    "log": _logarithm,
    "log1p": _logarithm_of_one_more,
    "sin": lambda a: _sine_and_cosine(a)[0],
    "cos": lambda a: _sine_and_cosine(a)[1],
    "tan": lambda a: _divide(*_sine_and_cosine(a)),
    "atan": _arctangent,
    "sinh": _hyperbolic(-1),
    "cosh": _hyperbolic(1),
    "tanh": _hyperbolic_tangent,
}
