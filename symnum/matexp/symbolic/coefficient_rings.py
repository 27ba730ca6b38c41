"""Entries of symbolic matrices as polynomials: FLINT's, modulo the relations of roots and sines.

Every part of an entry that is not rational in the symbols becomes a generator of its own: the
imaginary unit, roots, exponentials, sines. Roots and pairs of sine and cosine have relations; their
leading powers are coprime, so that the remainder by all of them decides what is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, final

import flint
import sympy
from sympy import Expr, ImmutableMatrix, Integer, Rational

__all__ = ["CoefficientRing", "Polynomial"]

Polynomial: TypeAlias = Any

_VARIABLE = sympy.Dummy("s")


@final
class CoefficientRing:
    """The polynomials in the generators of some expressions, and in one further variable s.

    Parameters
    ----------
    expressions : sequence of Expr
        Whatever is to be read later.

    Attributes
    ----------
    generators : tuple of Expr
        Each comes before those that it is made of.
    variable : Polynomial
        s, the variable of characteristic polynomials.
    relations : list of (int, int, Polynomial)
        Place of a generator, the power of it that is reduced, and the polynomial that vanishes.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> ring = CoefficientRing([sympy.sqrt(x)])
    >>> root, one = ring.read(sympy.sqrt(x))
    >>> ring.expression(ring.reduced(root * root))
    x
    """

    def __init__(self, expressions: Sequence[Expr]) -> None:
        found: dict[Expr, None] = {}
        for expression in expressions:
            _collect(expression, found)
        # Those inside come first in the walk and last in the order of the monomials.
        self.generators = (*reversed(found), _VARIABLE)
        names = [f"g{place}" for place in range(len(self.generators))]
        self._context = flint.fmpq_mpoly_ctx.get(names, "lex")
        self._polynomials = dict(zip(self.generators, self._context.gens(), strict=True))
        self.variable = self._polynomials[_VARIABLE]
        self.zero = self._context.from_dict({})
        self.one = self.zero + 1
        self.relations: list[tuple[int, int, Polynomial]] = []
        self._find_relations()

    def _find_relations(self) -> None:
        """Find them from the inside, so that each is read modulo those before it."""
        for place, generator in reversed(list(enumerate(self.generators))):
            power, rest = _relation(generator)
            if rest is None:
                continue
            above, below = self.read(rest)
            if below.is_constant():
                own = self._polynomials[generator]
                relation = own**power - above / below.leading_coefficient()
                self.relations.insert(0, (place, power, relation))

    @property
    def has_imaginary_unit(self) -> bool:
        """Whether i is a generator."""
        return sympy.I in self.generators

    def conjugate(self, polynomial: Polynomial) -> Polynomial:
        """Return the polynomial with -i for i, its conjugate where all else is real."""
        signs = [
            -polynomial if generator is sympy.I else polynomial
            for generator, polynomial in self._polynomials.items()
        ]
        return self.reduced(polynomial.compose(*signs, ctx=self._context))

    def reduced(self, polynomial: Polynomial) -> Polynomial:
        """Return the remainder modulo the relations; 0 exactly for what vanishes."""
        for place, power, relation in self.relations:
            if polynomial.degrees()[place] >= power:
                polynomial = divmod(polynomial, relation)[1]
        return polynomial

    def read(self, expression: Expr) -> tuple[Polynomial, Polynomial]:
        """Return numerator and denominator of an expression."""
        if expression.is_Rational:
            return self.one * flint.fmpq(int(expression.p), int(expression.q)), self.one
        if expression.is_Float:
            return self.read(Rational(expression))
        if expression in self._polynomials:
            return self._polynomials[expression], self.one
        if expression.is_Add:
            return self._sum([self.read(term) for term in expression.args])
        if expression.is_Mul:
            above, below = self.one, self.one
            for factor in expression.args:
                top, bottom = self.read(factor)
                above, below = above * top, below * bottom
            return self._cancelled(above, below)
        base, power = _as_power(expression)
        if base == 0:
            return self.zero, self.one
        if len(factors := _prime_powers(base, power)) > 1:
            return self.read_product(factors)
        above, below = self.read(base)
        if power < 0:
            above, below = below, above
        size = abs(int(power))
        return self._cancelled(above**size, below**size)

    def read_product(
        self, factors: Sequence[tuple[Expr, Integer]]
    ) -> tuple[Polynomial, Polynomial]:
        """Return numerator and denominator of a product of powers of generators."""
        above, below = self.one, self.one
        for base, power in factors:
            top, bottom = self.read(base)
            if power < 0:
                top, bottom = bottom, top
            above, below = above * top ** abs(int(power)), below * bottom ** abs(int(power))
        return self._cancelled(above, below)

    def _sum(self, terms: Sequence[tuple[Polynomial, Polynomial]]) -> tuple[Any, Any]:
        below = self.common(bottom for _, bottom in terms)
        above = self.zero
        for top, bottom in terms:
            above += top * (below // bottom)
        return self._cancelled(above, below)

    def common(self, polynomials: Any) -> Polynomial:
        """Return the least common multiple of polynomials that are not zero."""
        total = self.one
        for polynomial in polynomials:
            if not polynomial.is_constant():
                total = total * (polynomial // total.gcd(polynomial))
        return total

    def _cancelled(self, above: Polynomial, below: Polynomial) -> tuple[Polynomial, Polynomial]:
        above, below = self.reduced(above), self.reduced(below)
        if below.is_zero():
            raise ZeroDivisionError("a denominator vanishes identically")
        if below.is_constant():
            return above / below.leading_coefficient(), self.one
        above, below = self._rationalised(above, below)
        shared = above.gcd(below)
        above, below = above // shared, below // shared
        leading = below.leading_coefficient()
        return above / leading, below / leading

    def _rationalised(self, above: Polynomial, below: Polynomial) -> tuple[Polynomial, Polynomial]:
        """Take square roots out of a denominator."""
        for place, power, _ in self.relations:
            wave = isinstance(self.generators[place], sympy.sin | sympy.cosh)
            if power != 2 or wave or not below.degrees()[place]:
                continue
            signs = [-g if k == place else g for k, g in enumerate(self._context.gens())]
            mirrored = below.compose(*signs, ctx=self._context)
            product = self.reduced(below * mirrored)
            if not product.is_zero():
                above, below = self.reduced(above * mirrored), product
        return above, below

    def quotient(self, above: Polynomial, below: Polynomial) -> Expr:
        """Return a fraction as an expression in lowest terms."""
        if above.is_zero():
            return Integer(0)
        top, bottom = self._cancelled(above, below)
        return self.expression(top) / self.expression(bottom)

    def expression(self, polynomial: Polynomial) -> Expr:
        """Return a polynomial as an expression, expanded."""
        terms = []
        for powers, coefficient in polynomial.to_dict().items():
            factors = [g ** int(p) for g, p in zip(self.generators, powers, strict=True) if p]
            number = Rational(int(coefficient.p), int(coefficient.q))
            terms.append(sympy.Mul(number, *factors))
        return sympy.Add(*terms)

    def read_matrix(self, matrix: ImmutableMatrix) -> tuple[list[list[Polynomial]], Polynomial]:
        """Return N and d with A = N/d, in polynomials."""
        pairs = [[self.read(matrix[i, j]) for j in range(matrix.cols)] for i in range(matrix.rows)]
        below = self.common(bottom for row in pairs for _, bottom in row)
        return [
            [self.reduced(top * (below // bottom)) for top, bottom in row] for row in pairs
        ], below

    def coefficients(self, polynomial: Polynomial) -> list[Polynomial]:
        """Return the coefficients of the powers of s, the constant one first."""
        parts: dict[int, dict[tuple[int, ...], Any]] = {}
        for powers, number in polynomial.to_dict().items():
            parts.setdefault(int(powers[-1]), {})[(*powers[:-1], 0)] = number
        if not parts:
            return [self.zero]
        empty: dict[tuple[int, ...], Any] = {}
        return [self._context.from_dict(parts.get(k, empty)) for k in range(max(parts) + 1)]

    def divided(self, polynomial: Polynomial, divisor: Polynomial) -> tuple[Polynomial, Polynomial]:
        """Return quotient and remainder, of lower degree in s, by what is monic in s."""
        own, rest, s = self.coefficients(divisor), self.coefficients(polynomial), self.variable
        degree, quotient = len(own) - 1, self.zero
        for k in reversed(range(degree, len(rest))):
            leading = rest[k]
            quotient += leading * s ** (k - degree)
            for j, coefficient in enumerate(own):
                rest[k - degree + j] = rest[k - degree + j] - leading * coefficient
        return quotient, sum((c * s**k for k, c in enumerate(rest[:degree])), self.zero)

    def factors(self, polynomial: Polynomial) -> list[tuple[Polynomial, int]]:
        """Return the factors with s of a polynomial that is monic in s, each monic, with powers."""
        if self._is_irreducible(polynomial):
            return [(polynomial, 1)]
        found = []
        for factor, power in polynomial.factor()[1]:
            if factor.degrees()[-1]:
                leading = self.coefficients(factor)[-1].leading_coefficient()
                found.append((factor / leading, int(power)))
        return sorted(found, key=lambda pair: (pair[0].degrees()[-1], str(pair[0])))

    def _is_irreducible(self, polynomial: Polynomial) -> bool:
        """Tell at once for most: what is irreducible for some values is so for symbols."""
        values = {place: 3 * place + 2 for place in range(len(self.generators) - 1)}
        special = polynomial.subs(values) if values else polynomial
        numbers = [coefficient.to_dict() for coefficient in self.coefficients(special)]
        dense = flint.fmpq_poly([next(iter(n.values()), flint.fmpq(0)) for n in numbers])
        factors = dense.numer().factor()[1]
        return len(factors) == 1 and factors[0][1] == 1


def _as_power(expression: Expr) -> tuple[Expr, Integer]:
    """Return a generator, or a rational expression, and the integer power of it."""
    if isinstance(expression, sympy.exp):
        number, rest = expression.args[0].as_coeff_Mul(rational=True)
        if rest == 1:
            return sympy.exp(Rational(1, number.q)), Integer(number.p)
        if number < 0 or (number.is_Integer and number != 1) or (number.q != 1 and number.p != 1):
            return sympy.exp(rest / number.q), Integer(number.p)
        return expression, Integer(1)
    if expression.is_Pow and expression.exp.is_Rational:
        power = expression.exp
        if power.is_Integer:
            return expression.base, power
        return expression.base ** Rational(1, power.q), Integer(power.p)
    return expression, Integer(1)


def _prime_powers(base: Expr, power: Integer) -> list[tuple[Expr, Integer]]:
    """Split the root of an integer or of a rational number into roots of primes."""
    if not (base.is_Pow and base.base.is_Rational and base.exp.is_Rational):
        return [(base, power)]
    parts = sympy.factorrat(abs(base.base))
    found = [(Integer(p) ** base.exp, Integer(e) * power) for p, e in parts.items()]
    if base.base < 0:
        found.append((Integer(-1) ** base.exp, power))
    return found


def _collect(expression: Expr, found: dict[Expr, None]) -> None:
    """Append the generators of an expression, those inside others first."""
    if expression in found or expression.is_Rational or expression.is_Float:
        return
    if expression.is_Add or expression.is_Mul:
        for part in expression.args:
            _collect(part, found)
        return
    base, power = _as_power(expression)
    factors = _prime_powers(base, power)
    if len(factors) > 1 or base != expression:
        for part, _ in factors:
            _collect(part, found)
        return
    rest = _relation(expression)[1]
    if rest is not None:
        _collect(rest, found)
    found[expression] = None


def _relation(generator: Expr) -> tuple[int, Expr | None]:
    """Return n and v with g^n = v, None where g is free."""
    if generator is sympy.I:
        return 2, Integer(-1)
    if generator.is_Pow and generator.exp.is_Rational and generator.exp.p == 1:
        return int(generator.exp.q), generator.base
    if isinstance(generator, sympy.sin):
        return 2, 1 - sympy.cos(generator.args[0]) ** 2
    if isinstance(generator, sympy.cosh):
        return 2, 1 + sympy.sinh(generator.args[0]) ** 2
    return 1, None
