r"""Simple algebraic extensions of a field, kept absolute: one generator theta, whatever happens.

A polynomial f over K = B(theta) is split after Trager: its norm ``Res_y(m(y), f(x - k y, y))``
lies over B, where polynomials can be factored, and each factor N of a norm without repeated
factors belongs to one factor of f. A root beta of that factor generates, together with theta, the
field of N: its generator is ``beta + k theta``, and theta itself is the root that m(y) and
``f(theta' - k y, y)`` have in common there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import gcd
from typing import Any, final

import flint
import sympy

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.dense_polynomials import DensePolynomial, greatest_common_divisor
from symnum.algebra.fields import Field, FunctionField, RationalFunction, Rationals

__all__ = ["AlgebraicElement", "SimpleExtension", "adjoin_root"]

MOST_SHIFTS = 60  # finitely many k are bad, so one of the first is good


@final
class SimpleExtension(Field):
    """The field B(theta), theta a root of an irreducible polynomial.

    Parameters
    ----------
    base : Rationals or FunctionField
        B.
    modulus : polynomial over B
        Monic and irreducible.

    Examples
    --------
    >>> Q = Rationals()
    >>> K = SimpleExtension(Q, Q.polynomial([-2, 0, 1]))
    >>> [K.expression(1 / (K.generator + 1), conjugate) for conjugate in (0, 1)]
    [-sqrt(2) - 1, -1 + sqrt(2)]
    """

    def __init__(self, base: Rationals | FunctionField, modulus: Any) -> None:
        self.base, self.modulus = base, modulus
        self.size = modulus.degree()

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The symbols in its elements."""
        return self.base.parameters

    @property
    def generator(self) -> AlgebraicElement:
        """The root theta."""
        return AlgebraicElement(self, self.base.polynomial([self.base.element(n) for n in (0, 1)]))

    def element(self, number: Any) -> AlgebraicElement:
        """Return a rational number as an element."""
        return AlgebraicElement(self, self.base.polynomial([self.base.element(number)]))

    def constant(self, value: sympy.Expr) -> AlgebraicElement:
        """Return an element of the field below; anything else is a `NoJetError`."""
        return self.lifted(self.base.constant(value))

    def lifted(self, element: Any) -> AlgebraicElement:
        """Return an element of the base as one of the extension."""
        return AlgebraicElement(self, self.base.polynomial([element]))

    def polynomial(self, coefficients: Sequence[Any]) -> DensePolynomial:
        """Return the polynomial with these coefficients, the constant one first."""
        return DensePolynomial(self, list(coefficients))

    @cached_property
    def conjugates(self) -> list[sympy.Expr]:
        """All roots of the modulus as expressions, the real ones first.

        Radicals up to degree 2 in a power of theta, `CRootOf` otherwise.
        """
        x = sympy.Symbol("x")
        coefficients = [self.base.expression(c) for c in self.modulus.coeffs()]
        if self.size == 2:
            return _quadratic_roots(coefficients)
        step = gcd(*(k for k, c in enumerate(coefficients) if c != 0))
        if self.size <= 2 * step:
            powers = coefficients[::step]
            values = [-powers[0]] if self.size == step else _quadratic_roots(powers)
            roots = [root for value in values for root in _binomial_roots(value, step)]
            return sorted(roots, key=lambda root: root.is_real is False)
        polynomial = sympy.Poly(coefficients[::-1], x)
        if not self.parameters:
            return [sympy.CRootOf(polynomial, k) for k in range(self.size)]
        roots = sympy.roots(polynomial, multiple=True)
        if len(roots) != self.size:
            shown = polynomial.as_expr().xreplace({x: sympy.Symbol("c")})
            raise NoJetError(str(shown), "its roots have no closed form in these parameters")
        return list(roots)

    def has_nameless_roots(self) -> bool:
        """Tell whether the roots of the modulus are written as `CRootOf` or as nested radicals."""
        inner = (node.base for node in self.conjugates[0].atoms(sympy.Pow) if node.base.is_Add)
        nested = any(base.atoms(sympy.Pow) for base in inner) and not self.parameters
        return nested or self.conjugates[0].has(sympy.CRootOf)

    def minimal_polynomial(self, theta: sympy.Symbol) -> sympy.Expr:
        """Return the modulus as an expression in a symbol."""
        coefficients = [self.base.expression(c) for c in self.modulus.coeffs()]
        return sympy.Add(*(c * theta**k for k, c in enumerate(coefficients)))

    def in_symbol(self, element: AlgebraicElement, theta: sympy.Symbol) -> sympy.Expr:
        """Return an element as a polynomial in a symbol that stands for the generator."""
        coefficients = [self.base.expression(c) for c in element.polynomial.coeffs()]
        return sympy.Add(*(c * theta**k for k, c in enumerate(coefficients)))

    @property
    def conjugate_count(self) -> int:
        """The number of roots of the modulus."""
        return int(self.size)

    def expression(self, element: AlgebraicElement, conjugate: int = 0) -> sympy.Expr:
        """Return an element as an expression, with one of the conjugates for theta."""
        coefficients = [self.base.expression(c) for c in element.polynomial.coeffs()]
        if len(coefficients) <= 1:
            return sympy.Add(*coefficients)
        theta = self.conjugates[conjugate]
        return sympy.expand(sympy.Add(*(c * theta**k for k, c in enumerate(coefficients))))

    def convolve(self, left: list[Any], right: list[Any]) -> list[Any]:
        """Return the coefficients of a product; over the rationals as one product of FLINT's."""
        if not isinstance(self.base, Rationals):
            return super().convolve(left, right)
        width = 2 * self.size - 1
        packed = _packed(left, width) * _packed(right, width)
        coefficients = packed.coeffs()
        return [
            AlgebraicElement(self, flint.fmpq_poly(coefficients[k * width : (k + 1) * width]))
            for k in range(len(left) + len(right) - 1)
        ]

    def factors(self, polynomial: DensePolynomial) -> list[tuple[Any, int]]:
        """Return the monic irreducible factors that are not constant, with their powers."""
        result: list[tuple[Any, int]] = []
        for part, power in _square_free(polynomial.monic()):
            result.extend((factor, power) for factor, _, _ in _split(self, part))
        return result


def _quadratic_roots(coefficients: Sequence[sympy.Expr]) -> list[sympy.Expr]:
    half = sympy.expand(-coefficients[1] / 2)
    root = sympy.sqrt(sympy.factor(half**2 - coefficients[0]))
    return [half - root, half + root]


def _binomial_roots(value: sympy.Expr, degree: int) -> list[sympy.Expr]:
    """Return the roots of ``x**degree = value``."""
    turned = value.could_extract_minus_sign()
    size = sympy.root(-value if turned else value, degree)
    angles = [sympy.Rational(2 * k + turned, degree) * sympy.pi for k in range(degree)]
    roots = [size * (sympy.cos(angle) + sympy.I * sympy.sin(angle)) for angle in angles]
    return sorted((sympy.expand(root) for root in roots), key=lambda root: root.is_real is False)


def _packed(elements: list[Any], width: int) -> flint.fmpq_poly:
    flat: list[Any] = []
    for element in elements:
        coefficients = element.polynomial.coeffs()
        flat.extend(coefficients)
        flat.extend([0] * (width - len(coefficients)))
    return flint.fmpq_poly(flat)


@final
class AlgebraicElement:
    """An element of a simple extension: a polynomial in theta below the degree of the modulus."""

    __slots__ = ("field", "polynomial")

    def __init__(self, field: SimpleExtension, polynomial: Any) -> None:
        self.field = field
        if polynomial.degree() >= field.size:
            polynomial = divmod(polynomial, field.modulus)[1]
        self.polynomial = polynomial

    def _other(self, value: Any) -> AlgebraicElement:
        if isinstance(value, AlgebraicElement):
            return value
        if isinstance(value, RationalFunction):
            return AlgebraicElement(self.field, self.field.base.polynomial([value]))
        return self.field.element(value)

    def __add__(self, value: Any) -> AlgebraicElement:
        return AlgebraicElement(self.field, self.polynomial + self._other(value).polynomial)

    __radd__ = __add__

    def __neg__(self) -> AlgebraicElement:
        return AlgebraicElement(self.field, -self.polynomial)

    def __sub__(self, value: Any) -> AlgebraicElement:
        return AlgebraicElement(self.field, self.polynomial - self._other(value).polynomial)

    def __rsub__(self, value: Any) -> AlgebraicElement:
        return self._other(value) - self

    def __mul__(self, value: Any) -> AlgebraicElement:
        if isinstance(value, int | flint.fmpq | flint.fmpz):
            return AlgebraicElement(self.field, self.polynomial * value)
        return AlgebraicElement(self.field, self.polynomial * self._other(value).polynomial)

    __rmul__ = __mul__

    def inverse(self) -> AlgebraicElement:
        """Return the reciprocal."""
        if self.polynomial.degree() < 0:
            raise ZeroDivisionError("an algebraic number divided by zero")
        _, cofactor, _ = self.polynomial.xgcd(self.field.modulus)
        return AlgebraicElement(self.field, cofactor)

    def __truediv__(self, value: Any) -> AlgebraicElement:
        return self * self._other(value).inverse()

    def __rtruediv__(self, value: Any) -> AlgebraicElement:
        return self._other(value) * self.inverse()

    def __eq__(self, value: object) -> bool:
        return bool(self.polynomial == self._other(value).polynomial)

    __hash__ = None  # type: ignore[assignment]


Embedding = Callable[[Any], Any]


def adjoin_root(field: Field, factor: Any) -> tuple[Field, Embedding, Any]:
    """Return a field with a root of an irreducible polynomial.

    Parameters
    ----------
    field : Field
    factor : polynomial over the field
        Monic and irreducible.

    Returns
    -------
    larger : Field
        The same one where the factor is linear.
    embedding : callable
        From elements of `field` to elements of `larger`.
    root : element of `larger`
    """
    if factor.degree() == 1:
        return field, lambda element: element, -factor[0]
    if isinstance(field, Rationals | FunctionField):
        larger = SimpleExtension(field, factor)
        return larger, larger.lifted, larger.generator
    assert isinstance(field, SimpleExtension)
    ((_, norm, shift),) = _split(field, factor)
    larger = SimpleExtension(field.base, norm)
    below = _generator_in(field, factor, larger, shift)
    root = larger.generator - below * flint.fmpq(shift)

    def embed(element: AlgebraicElement) -> AlgebraicElement:
        result = larger.element(0)
        for coefficient in reversed(element.polynomial.coeffs()):
            result = result * below + larger.lifted(coefficient)
        return result

    return larger, embed, root


def _square_free(polynomial: DensePolynomial) -> list[tuple[DensePolynomial, int]]:
    """Return the parts of a monic polynomial by the multiplicity of their roots (Yun)."""
    field = polynomial.field
    derivative = _derivative(polynomial)
    common = greatest_common_divisor(polynomial, derivative)
    rest = divmod(polynomial, common)[0]
    slope = divmod(derivative, common)[0] - _derivative(rest)
    result, power = [], 1
    while rest.degree() > 0:
        part = greatest_common_divisor(rest, slope) if slope.degree() >= 0 else rest.monic()
        if part.degree() > 0:
            result.append((part, power))
        rest = divmod(rest, part)[0]
        quotient = divmod(slope, part)[0] if slope.degree() >= 0 else DensePolynomial(field, [])
        slope, power = quotient - _derivative(rest), power + 1
    return result


def _derivative(polynomial: DensePolynomial) -> DensePolynomial:
    terms = polynomial.coeffs()
    return DensePolynomial(polynomial.field, [terms[k] * k for k in range(1, len(terms))])


def _split(field: SimpleExtension, polynomial: DensePolynomial) -> list[tuple[Any, Any, int]]:
    """Split a polynomial without repeated roots: its factors, their norms, and the shift k."""
    for shift in range(MOST_SHIFTS):
        norm = _norm(field, polynomial, shift)
        pairs = field.base.factors(norm)
        if all(power == 1 for _, power in pairs):
            break
    if len(pairs) == 1:
        return [(polynomial, pairs[0][0], shift)]
    moved = field.polynomial([field.generator * flint.fmpq(shift), field.element(1)])
    result = []
    for factor, _ in pairs:
        lifted = field.polynomial([])
        for coefficient in reversed(factor.coeffs()):
            lifted = lifted * moved + field.polynomial([field.lifted(coefficient)])
        result.append((greatest_common_divisor(polynomial, lifted), factor, shift))
    return result


def _norm(field: SimpleExtension, polynomial: DensePolynomial, shift: int) -> Any:
    """Return ``Res_y(m(y), f(x - k y, y))`` as a monic polynomial over the base."""
    base = field.base
    context = flint.fmpq_mpoly_ctx.get(
        ["y", "x", *(f"p{position}" for position in range(len(base.parameters)))],
        flint.Ordering.lex,
    )
    y, x = context.gens()[:2]

    def in_y(coefficients: Sequence[Any]) -> Any:
        return sum((c * y**k for k, c in enumerate(coefficients)), context.constant(0))

    def over_base(elements: Sequence[Any]) -> list[Any]:
        """Return elements of the base as polynomials, multiplied by a common denominator."""
        if isinstance(base, Rationals):
            return [context.constant(c) for c in elements]
        common = base.one
        for c in elements:
            common = common * (c.below / common.gcd(c.below))
        return [
            context.from_dict(
                {(0, 0, *k[1:]): n for k, n in (c.above * (common / c.below)).to_dict().items()}
            )
            for c in elements
        ]

    # One common denominator for all coefficients of f: the norm is then off by a factor of B.
    rows = [element.polynomial.coeffs() for element in polynomial.coeffs()]
    flat = iter(over_base([c for row in rows for c in row]))
    moved, result = x - shift * y, context.constant(0)
    for row in reversed([[next(flat) for _ in row] for row in rows]):
        result = result * moved + in_y(row)
    norm = in_y(over_base(field.modulus.coeffs())).resultant(result, "y")
    if isinstance(base, Rationals):
        coefficients = [flint.fmpq(0)] * (norm.degrees()[1] + 1)
        for powers, number in norm.to_dict().items():
            coefficients[int(powers[1])] = number
        found = flint.fmpq_poly(coefficients)
        return found / found.leading_coefficient()
    terms = {tuple(powers[1:]): number for powers, number in norm.to_dict().items()}
    return base.in_x(base.context.from_dict(terms)).monic()


def _generator_in(
    field: SimpleExtension, factor: DensePolynomial, larger: SimpleExtension, shift: int
) -> AlgebraicElement:
    """Return theta in the field of the norm, where it is the root common to two polynomials."""
    moved = larger.polynomial([larger.generator, larger.element(-shift)])
    value = larger.polynomial([])
    for element in reversed(factor.coeffs()):
        lifted = [larger.lifted(c) for c in element.polynomial.coeffs()]
        value = value * moved + larger.polynomial(lifted)
    modulus = larger.polynomial([larger.lifted(c) for c in field.modulus.coeffs()])
    common = greatest_common_divisor(modulus, value)
    assert common.degree() == 1
    root: AlgebraicElement = -common[0]
    return root
