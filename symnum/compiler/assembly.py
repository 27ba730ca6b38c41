"""How sums, products and powers of SymPy become binary operations.

Nothing may depend on the names of symbols, but SymPy sorts terms by name, and by name decides
between sin(x - y) and -sin(y - x). So every node has a digest made of its operation and its
operands' digests; the order of terms and factors goes by that, and a sum with both signs is kept in
one of its two orientations, with the sign outside. Where the sign would cost an operation, the sum
is turned round again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy
from sympy import Expr, S

from symnum.compiler.constants import exact_constant, is_real_constant
from symnum.compiler.program import ProgramBuilder, node_digest
from symnum.compiler.values import Condition, Value
from symnum.compiler.vocabulary import FUNCTIONS, FunctionRow

__all__ = ["Assembler"]

# Sums and products of up to this many operands go from left to right, which lets products fuse
# with additions; longer ones are halved, which keeps rounding errors from piling up.
BLOCK = 8

# How many functions inside each other are searched for a sum that can change its sign.
DEEPEST_TURN = 3

# Odd functions that are infinite at zero, on either side with another sign.
WITH_POLE = frozenset(["cot", "csc", "coth", "csch", "acsc", "acsch"])

# A position, and whether it is subtracted.
Term = tuple[int, bool]


@dataclass(slots=True)
class Assembler:
    """Appends nodes to a program so that equal formulas give equal programs.

    Parameters
    ----------
    arity : int
        The number of arguments.
    complex_valued : bool
        Whether constants may be complex.
    """

    arity: int
    complex_valued: bool
    builder: ProgramBuilder = field(init=False)
    digests: list[bytes] = field(default_factory=list)
    # What a sum or product is made of, for those that can change their sign at no cost.
    sums: dict[int, tuple[Term, ...]] = field(default_factory=dict)
    products: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.builder = ProgramBuilder(self.arity, self.complex_valued)

    def add(self, operation: str, *operands: int, value: object = None) -> int:
        """Append one node and remember its digest."""
        position = self.builder.add(operation, *operands, value=value)
        if position == len(self.digests):
            self.digests.append(node_digest(self.builder.nodes[position], self.digests))
        return position

    def call(self, name: str, *operands: int) -> int:
        """Append the call of a function."""
        return self.add("call", *operands, value=name)

    def constant(self, number: Expr) -> int:
        """Append an exact constant.

        Raises
        ------
        TypeError
            If it is not real and the program is.
        """
        exact = exact_constant(number)
        if not self.complex_valued and not is_real_constant(exact):
            raise TypeError(
                f'the number {exact} is not real: a kernel with dtype="complex128" evaluates it'
            )
        return self.add("constant", value=exact)

    def node(self, value: Value | Condition) -> int:
        """Return the position of a node that holds the value as a number."""
        if isinstance(value, Condition):
            one, zero = self.constant(S.One), self.constant(S.Zero)
            return self.add("select", value.position, one, zero)
        if value.is_negative:
            value = self._turned(value)
        coefficient, top = value.coefficient, value.numerator
        negative = False
        if top is None:
            top = self.constant(coefficient)
        elif coefficient is S.NegativeOne:
            negative = True
        elif coefficient is not S.One:
            top = self.add("multiply", top, self.constant(coefficient))
        if value.denominator is not None:
            top = self.add("divide", top, value.denominator)
        return self.add("negative", top) if negative else top

    def _turned(self, value: Value) -> Value:
        """Take the minus sign of a value into one of its sums, if it has one."""
        sign, top, bottom = -value.coefficient, value.numerator, value.denominator
        opposite = None if top is None else self._opposite(top)
        # Never of a divisor: where it vanishes, its sign is that of an infinity.
        return value if opposite is None else Value(sign, opposite, bottom)

    def _opposite(self, position: int, depth: int = DEEPEST_TURN) -> int | None:
        """Return b - a for a - b, also inside a factor; None where there is no such sum."""
        if position not in self.products:
            return self._opposite_factor(position, depth)
        factors = self.products[position]
        for index, factor in enumerate(factors):
            opposite = self._opposite_factor(factor, depth)
            if opposite is not None:
                return self._chain("multiply", (*factors[:index], opposite, *factors[index + 1 :]))
        return None

    def _opposite_factor(self, position: int, depth: int) -> int | None:
        """Turn a sum round, or the sum inside an odd power or an odd function."""
        if position in self.sums:
            turned = [(place, not negative) for place, negative in self.sums[position]]
            return self._signed_sum(sorted(turned, key=self._order_of_term))[0]
        node = self.builder.nodes[position]
        is_odd = (node.operation == "integer_power" and node.value % 2 == 1 and node.value > 0) or (
            node.operation == "call"
            and FUNCTIONS[node.value].parity == "odd"
            and node.value not in WITH_POLE
        )
        if not is_odd or depth == 0:
            return None
        opposite = self._opposite(node.operands[0], depth - 1)
        return None if opposite is None else self.add(node.operation, opposite, value=node.value)

    def condition(self, value: Value | Condition) -> int:
        """Return the position of a node that holds the value as a truth value."""
        if isinstance(value, Condition):
            return value.position
        return self.add("compare", self.node(value), self.constant(S.Zero), value="!=")

    def sum(self, values: Sequence[Value]) -> Value:
        """Add: exact constants first of all, then the terms with a sign each."""
        total = sympy.Add(*(value.coefficient for value in values if value.is_constant))
        terms = [self._signed(value) for value in values if not value.is_constant]
        if not terms:
            return Value(total, depth=1 + max((value.depth for value in values), default=0))
        if len(terms) == 1 and total.is_zero:
            position, negative = terms[0]
            return Value(S.NegativeOne if negative else S.One, position)
        if not total.is_zero:
            terms.append(self._signed(Value(total)))
        return self._oriented_sum(terms)

    def _oriented_sum(self, terms: Sequence[Term]) -> Value:
        terms = sorted(terms, key=self._order_of_term)
        signs = [negative for _, negative in terms]
        if all(signs):
            turned = self._turned_term(terms)
            if turned is not None:
                return self._oriented_sum(turned)
        minority = sum(signs) - len(signs) / 2
        first = min(terms, key=lambda term: self.digests[term[0]])
        reverse = all(signs) or minority > 0 or (minority == 0 and first[1])
        oriented = [(position, negative != reverse) for position, negative in terms]
        oriented.sort(key=self._order_of_term)
        position, _ = self._signed_sum(oriented)
        if any(signs) and not all(signs):
            self.sums[position] = tuple(oriented)
        return Value(S.NegativeOne if reverse else S.One, position)

    def _turned_term(self, terms: Sequence[Term]) -> list[Term] | None:
        """Make one of the terms, which are all negative, positive if that costs nothing."""
        for index, (position, _) in enumerate(terms):
            opposite = self._opposite(position)
            if opposite is not None:
                return [*terms[:index], (opposite, False), *terms[index + 1 :]]
        return None

    def _signed(self, value: Value) -> Term:
        if not value.is_negative:
            return self.node(value), False
        return self.node(value.opposite), True

    def _order_of_term(self, term: Term) -> tuple[bool, int, bytes]:
        # Products last: each is then fused with the sum before it.
        position, negative = term
        operation = self.builder.nodes[position].operation
        rank = {"constant": 0, "multiply": 2}.get(operation, 1)
        return negative, rank, self.digests[position]

    def _signed_sum(self, terms: Sequence[Term]) -> Term:
        if len(terms) > BLOCK:
            half = _middle(len(terms))
            parts = [self._signed_sum(terms[:half]), self._signed_sum(terms[half:])]
        else:
            parts = list(terms)
        total, negative = parts[0]
        for position, opposite in parts[1:]:
            total = self.add("add" if opposite == negative else "subtract", total, position)
        return total, negative

    def product(self, values: Sequence[Value]) -> Value:
        """Multiply: coefficients exactly, all divisors in one division."""
        factors = [value.coefficient for value in values if value.coefficient is not S.One]
        coefficient = sympy.Mul(*factors) if factors else S.One
        if all(value.is_constant for value in values):
            return Value(coefficient, depth=1 + max((value.depth for value in values), default=0))
        tops = [value.numerator for value in values if value.numerator is not None]
        bottoms = [value.denominator for value in values if value.denominator is not None]
        return Value(coefficient, self._chain("multiply", tops), self._chain("multiply", bottoms))

    def _chain(self, operation: str, positions: Sequence[int]) -> int | None:
        if not positions:
            return None
        ordered = sorted(positions, key=self.digests.__getitem__)
        product = self._combine(operation, ordered)
        if len(ordered) > 1:
            self.products[product] = tuple(ordered)
        return product

    def _combine(self, operation: str, positions: Sequence[int]) -> int:
        if len(positions) > BLOCK:
            half = _middle(len(positions))
            return self.add(
                operation,
                self._combine(operation, positions[:half]),
                self._combine(operation, positions[half:]),
            )
        total = positions[0]
        for position in positions[1:]:
            total = self.add(operation, total, position)
        return total

    def function(self, row: FunctionRow, values: Sequence[Value | Condition]) -> Value:
        """Call a function; the sign of the operand of an even or odd one stays outside."""
        first = values[0]
        if row.parity and isinstance(first, Value) and first.is_negative:
            sign = S.NegativeOne if row.parity == "odd" else S.One
            return Value(sign, self.call(row.name, self.node(first.opposite)))
        return Value(S.One, self.call(row.name, *(self.node(value) for value in values)))

    def extremum(self, name: str, positions: Sequence[int]) -> int:
        """Chain `maximum` or `minimum` over any number of operands."""
        first, *rest = sorted(positions, key=self.digests.__getitem__)
        for position in rest:
            first = self.call(name, first, position)
        return first

    def junction(self, operation: str, positions: Sequence[int]) -> int:
        """Chain `both` or `either` over any number of conditions."""
        return self._combine(operation, sorted(positions, key=self.digests.__getitem__))

    def power(self, base: Value, exponent: Value) -> Value:
        """Raise to a power: integer and half-integer exponents have operations of their own."""
        if base.is_constant and base.coefficient is S.Exp1:
            return Value(S.One, self.call("exp", self.node(exponent)))
        if not exponent.is_constant:
            return Value(S.One, self.call("power", self.node(base), self.node(exponent)))
        number = exact_constant(exponent.coefficient)
        if number.is_negative:
            base = self._as_written(base)
        if number is S.NegativeOne and not base.coefficient.is_zero:
            return Value(1 / base.coefficient, base.denominator, base.numerator)
        sign = S.One
        if number.is_Integer and base.is_negative:
            base, sign = base.opposite, S.NegativeOne**number
        if number.could_extract_minus_sign():
            return Value(sign, None, self._positive_power(self.node(base), -number))
        return Value(sign, self._positive_power(self.node(base), number))

    def _as_written(self, base: Value) -> Value:
        """Return a difference that is to be a divisor with the sign it was written with."""
        if not base.is_negative or base.denominator is not None or base.numerator not in self.sums:
            return base
        opposite = self._opposite_factor(base.numerator, DEEPEST_TURN)
        return base if opposite is None else Value(-base.coefficient, opposite)

    def _positive_power(self, base: int, exponent: Expr) -> int:
        if exponent.is_zero:
            return self.constant(S.One)
        if exponent is S.One:
            return base
        if exponent.is_Integer:
            return self.add("integer_power", base, value=int(exponent))
        if exponent is S.Half:
            return self.add("square_root", base)
        return self.call("power", base, self.constant(exponent))


def _middle(count: int) -> int:
    """Return the multiple of the block length at which a long chain is halved."""
    blocks = -(-count // BLOCK)
    return (blocks - blocks // 2) * BLOCK
