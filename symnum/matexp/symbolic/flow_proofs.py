"""Proofs that a closed form is the exponential: m(A) = 0, X(0) = I and X' = AX.

A = N/delta with polynomials in N. X is a sum of scalar functions, whose slopes are combinations of
the functions again, times polynomials in N; so everything beyond the slopes of the scalar functions
is an identity of polynomials, and no exponential is ever expanded. What is not rational in the
symbols counts as a symbol, whose relation enters with a cofactor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy
from sympy import Expr, ImmutableMatrix, Integer, Symbol, cos, cosh, exp, factorial, sin, sinh

from symnum.derivation import Derivation
from symnum.expressions import Interval
from symnum.matexp.symbolic.closed_forms import closed_form
from symnum.matexp.symbolic.coefficient_rings import Polynomial
from symnum.matexp.symbolic.forms import Form, Problem
from symnum.matexp.symbolic.low_rank_solutions import LowRankSolution
from symnum.matexp.symbolic.polynomial_matrices import PolynomialMatrix
from symnum.matexp.symbolic.solutions import Block, BlockSolution, Solution

__all__ = ["prove_exponential"]

# Polynomials with more terms are written as products.
LONGEST_SUM = 20

EVERYWHERE = Interval(-sympy.oo, sympy.oo)


def prove_exponential(
    matrix: ImmutableMatrix, t: Expr, solution: Solution, determinant: Expr
) -> Derivation:
    """Return the derivation of exp(tA), which ends in its closed form.

    Parameters
    ----------
    matrix : Matrix
        A.
    t : Expr
    solution : Solution
    determinant : Expr
        exp(t tr A).
    """
    plain = _plain_symbols(matrix.free_symbols | t.free_symbols)
    wanted = set(plain.values())
    taken = {symbol.name for symbol in wanted}
    names = _Names(taken)
    blocks = list(_blocks(solution))
    letters = [_letters(block.problem, names, plain) for block in blocks]
    own = ("tau", "z", "a", "w")
    tau, z, a, w = (Symbol(names.fresh(name), real=True) for name in own)
    domain: dict[Symbol, Any] = {s: _domain_of(s) for s in _by_name(wanted)}
    domain |= {letter: EVERYWHERE for row in letters for letter in row if letter not in domain}
    domain |= dict.fromkeys((tau, z, a), EVERYWHERE)
    domain[w] = Interval(0, sympy.oo, left_open=True)
    proof = Derivation("matrix_exp", title="exp(tA) in closed form", domain=domain)
    for block, row in zip(blocks, letters, strict=True):
        _prove_block(proof, block, row, z)
    families = sorted({(block.form.family, _deepest(block)) for block in blocks})
    for family, depth in families:
        _prove_slopes(proof, family, depth, (tau, a, w))
    _prove_consequences(proof, (tau, a))
    result = ImmutableMatrix(solution.expr.xreplace(plain))
    _state_result(proof, result, determinant.xreplace(plain), names, _by_name(wanted))
    return proof


class _Names:
    """Names that no symbol has yet."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def fresh(self, name: str) -> str:
        """Return the name, with underscores where it is taken."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def _by_name(symbols: Any) -> list[Symbol]:
    return sorted(symbols, key=lambda symbol: symbol.name)


def _plain_symbols(symbols: Any) -> dict[Symbol, Symbol]:
    """Map symbols to those of the proof, which assume nothing that no interval implies."""
    intervals = {"real", "positive", "negative", "nonnegative", "nonpositive", "finite"}
    plain = {}
    for symbol in _by_name(symbols):
        assumed = set(symbol._assumptions_orig) - {"commutative"}
        plain[symbol] = symbol if assumed <= intervals else Symbol(symbol.name)
    return plain


def _domain_of(symbol: Symbol) -> Interval:
    """Return the interval that the assumptions of a symbol leave."""
    if symbol.is_extended_nonnegative:
        return Interval(0, sympy.oo, left_open=bool(symbol.is_extended_positive))
    if symbol.is_extended_nonpositive:
        return Interval(-sympy.oo, 0, right_open=bool(symbol.is_extended_negative))
    return EVERYWHERE


def _blocks(solution: Solution) -> Iterator[Block]:
    """Yield what has to be proved: the blocks, or the small matrix of the factors."""
    if isinstance(solution, BlockSolution):
        yield from solution.blocks
    elif isinstance(solution, LowRankSolution):
        yield from solution.gram_blocks()


def _letters(problem: Problem, names: _Names, plain: Mapping[Symbol, Symbol]) -> list[Symbol]:
    """Return a real symbol for each generator of the ring; symbols stand for themselves."""
    rows = []
    for generator in problem.ring.generators[:-1]:
        if generator in plain:
            rows.append(plain[generator])
        elif isinstance(generator, Symbol):
            rows.append(generator)
        else:
            rows.append(Symbol(names.fresh("r"), real=True))
    return rows


def _deepest(block: Block) -> int:
    """Return how often functions of one root are followed by another."""
    return max(term.order for term in block.form.terms)


# --------------------------------------------------------------------------- polynomials


class _Scribe:
    """Writes polynomials of a ring with letters for the generators."""

    def __init__(self, problem: Problem, letters: Sequence[Symbol], z: Symbol) -> None:
        self.ring = problem.ring
        self._letters = dict(zip(problem.ring.generators, (*letters, z), strict=True))

    def write(self, polynomial: Polynomial) -> Expr:
        """Return a polynomial as an expression, a long one in factors."""
        if len(polynomial) <= LONGEST_SUM:
            return self._sum(polynomial)
        number, factors = polynomial.factor()
        rest = [self._sum(factor) ** int(power) for factor, power in factors]
        return sympy.Mul(sympy.Rational(int(number.p), int(number.q)), *rest)

    def _sum(self, polynomial: Polynomial) -> Expr:
        terms = []
        for powers, number in polynomial.to_dict().items():
            letters = zip(self._letters.values(), powers, strict=True)
            factors = [letter ** int(power) for letter, power in letters if power]
            terms.append(sympy.Mul(sympy.Rational(int(number.p), int(number.q)), *factors))
        return sympy.Add(*terms)

    def cofactors(self, polynomial: Polynomial) -> Expr:
        """Return a polynomial that vanishes modulo the relations as a sum of their multiples."""
        total = []
        for _, _, relation in self.ring.relations:
            quotient, polynomial = divmod(polynomial, relation)
            total.append(self.write(quotient) * self.write(relation))
        if not polynomial.is_zero():
            raise ArithmeticError("a polynomial does not vanish modulo the relations")
        return sympy.Add(*total)

    def legend(self) -> str:
        """Return what the letters stand for, where they are no symbols of the matrix."""
        pairs = list(self._letters.items())[:-1]
        named = [f"{letter} = {generator}" for generator, letter in pairs if letter != generator]
        return f" ({', '.join(named)})" if named else ""


def _prove_block(proof: Derivation, block: Block, letters: Sequence[Symbol], z: Symbol) -> None:
    problem = block.problem
    scribe = _Scribe(problem, letters, z)
    _prove_annihilation(proof, problem, scribe)
    scalar = _scalar_form(problem)
    for group in _groups(scalar):
        _prove_group(proof, problem, scalar, group, scribe)


def _prove_annihilation(proof: Derivation, problem: Problem, scribe: _Scribe) -> None:
    """m(N) = 0 by Horner's rule, with the relations of the generators on the right."""
    ring, n = problem.ring, problem.matrix.size
    N = ImmutableMatrix([[scribe.write(entry) for entry in row] for row in problem.matrix.rows])
    value = PolynomialMatrix.scalar(ring, n, ring.one)
    written = ImmutableMatrix.eye(n)
    lefts, rights = [], []
    for coefficient in reversed(problem.annihilator.coefficients[:-1]):
        plain = _unreduced_step(value, problem.matrix, coefficient)
        value = PolynomialMatrix.of(ring, ([ring.reduced(entry) for entry in row] for row in plain))
        lefts.append(written * N + scribe.write(coefficient) * ImmutableMatrix.eye(n))
        written = ImmutableMatrix([[scribe.write(entry) for entry in row] for row in value.rows])
        rest = [
            [scribe.cofactors(entry - own) for entry, own in zip(*rows, strict=True)]
            for rows in zip(plain, value.rows, strict=True)
        ]
        rights.append(written + ImmutableMatrix(rest))
    delta = scribe.write(problem.delta)
    multiple = "" if delta == 1 else f", where N is A times {delta}"
    size = f"the {n} x {n} block " if n > 1 else "the entry "
    why = f"the minimal polynomial annihilates {size}N, by Horner's rule{multiple}{scribe.legend()}"
    proof.equal(lefts, rights, why=why)


def _unreduced_step(
    value: PolynomialMatrix, matrix: PolynomialMatrix, coefficient: Polynomial
) -> list[list[Polynomial]]:
    """Return value * matrix + coefficient without using the relations."""
    ring, n = matrix.ring, range(matrix.size)
    fresh = []
    for i in n:
        row = []
        for j in n:
            terms = (
                value.rows[i][k] * matrix.rows[k][j] for k in n if not matrix.rows[k][j].is_zero()
            )
            row.append(sum(terms, coefficient if i == j else ring.zero))
        fresh.append(row)
    return fresh


def _scalar_form(problem: Problem) -> Form:
    """Return the same form for the number z in place of N: its matrices become polynomials."""
    ring = problem.ring
    number = PolynomialMatrix.of(ring, [[ring.variable]])
    return closed_form(Problem(number, problem.delta, problem.annihilator, problem.t))


def _groups(form: Form) -> list[list[int]]:
    """Return the places of the terms whose slopes hang together."""
    found: list[list[int]] = []
    for place, term in enumerate(form.terms):
        linked = {place, *(other for other, _ in term.slope)}
        touched = [group for group in found if linked & set(group)]
        merged = sorted({*linked}.union(*touched))
        found = [group for group in found if group not in touched] + [merged]
    return found


def _prove_group(
    proof: Derivation, problem: Problem, form: Form, group: list[int], scribe: _Scribe
) -> None:
    """X' = NX, and X(0) = I, for the functions of one factor of the minimal polynomial."""
    ring = problem.ring
    below = ring.common(form.terms[place].below for place in group)
    above = {
        place: form.terms[place].matrix.rows[0][0] * (below // form.terms[place].below)
        for place in group
    }
    whole = sum(
        (c * ring.variable**k for k, c in enumerate(problem.annihilator.coefficients)), ring.zero
    )
    z = ring.variable
    lefts, rights = [], []
    for place in group:
        moved = z * above[place]
        written = scribe.write(z) * scribe.write(above[place])
        for other in group:
            for target, factor in form.terms[other].slope:
                if target == place:
                    moved -= factor * above[other]
                    written -= scribe.write(factor) * scribe.write(above[other])
        quotient, rest = ring.divided(moved, whole)
        lefts.append(written)
        rights.append(scribe.write(quotient) * scribe.write(whole) + scribe.cofactors(rest))
    proof.equal(
        lefts,
        rights,
        why="the coefficients of the functions in NX - X' are multiples of m(N)" + scribe.legend(),
    )
    _prove_start(proof, problem, form, group, (below, above), scribe)


def _prove_start(
    proof: Derivation,
    problem: Problem,
    form: Form,
    group: list[int],
    parts: tuple[Polynomial, dict[int, Polynomial]],
    scribe: _Scribe,
) -> None:
    ring, (below, above) = problem.ring, parts
    start = ring.zero
    for place in group:
        # All other functions have a power of t.
        if form.terms[place].order == 0:
            start += above[place]
    own = _own_factor(problem, form, group)
    quotient, rest = ring.divided(start - below, own)
    why = "X(0) = I: the functions that are 1 at t = 0 have coefficients with the sum 1"
    if not (own - 1).is_zero() and len(_groups(form)) > 1:
        why += " modulo this factor of m; the others are multiples of it, and all have degree < d"
    proof.equal(
        scribe.write(start) - scribe.write(below),
        scribe.write(quotient) * scribe.write(own) + scribe.cofactors(rest),
        why=why,
    )


def _own_factor(problem: Problem, form: Form, group: list[int]) -> Polynomial:
    """Return the power of the factor to which the terms of a group belong."""
    ring = problem.ring
    groups = _groups(form)
    if len(groups) == 1:
        terms: Any = problem.annihilator.coefficients
        return sum((c * ring.variable**k for k, c in enumerate(terms)), ring.zero)
    factor = problem.annihilator.factors[groups.index(group)]
    value = sum((c * ring.variable**k for k, c in enumerate(factor.coefficients)), ring.zero)
    return value**factor.power


# --------------------------------------------------------------------------- scalar functions


def _prove_slopes(
    proof: Derivation, family: str, depth: int, symbols: tuple[Symbol, Symbol, Symbol]
) -> None:
    """State the slopes of the scalar functions of a family, for a root a or squares -w^2, w^2."""
    tau, a, w = symbols
    for j in range(depth + 1):
        term = exp(a * tau) * tau**j / factorial(j)
        before = exp(a * tau) * tau ** (j - 1) / factorial(j - 1) if j else Integer(0)
        if family in ("finite series", "partial fractions") or family.startswith(("phi", "c_")):
            proof.equal(term.diff(tau), a * term + before, why="the slope of e^(at) t^j/j!")
    if family.startswith("phi_"):
        k = int(family.removeprefix("phi_"))
        for sign in (1, -1):
            c = sign * w
            start = sum((c**j * tau**j / factorial(j) for j in range(k)), Integer(0))
            value = (exp(c * tau) - start) / c**k
            proof.equal(
                value.diff(tau),
                c * value + tau ** (k - 1) / factorial(k - 1),
                why=f"the slope of t^k phi_k(ct), k = {k}, for c = {c}; for c = 0 it is t^k/k!",
            )
    if family.startswith("c_") or family == "partial fractions":
        k = int(family.split(",")[0].removeprefix("c_")) if family.startswith("c_") else 0
        _prove_waves(proof, k, tau, w)


def _prove_waves(proof: Derivation, k: int, tau: Symbol, w: Symbol) -> None:
    for sign, waves in (
        (-1, (cos(w * tau), sin(w * tau) / w)),
        (1, (cosh(w * tau), sinh(w * tau) / w)),
    ):
        D = sign * w**2
        even, odd = (_raised(waves, j, D, tau) for j in (k, k + 1))
        before = tau ** (k - 1) / factorial(k - 1) if k else Integer(0)
        proof.equal(
            [even.diff(tau), odd.diff(tau)],
            [D * odd + before, even],
            why=f"the slopes of t^k c_k(-D t^2) and of the next, k = {k}, for D = {D}; for D = 0 "
            "they are t^k/k!; their derivatives by D follow",
        )
        for j in range(max(k - 2, 0), k):
            proof.equal(
                tau**j / factorial(j) + D * _raised(waves, j + 2, D, tau),
                _raised(waves, j, D, tau),
                why=f"t^j/j! + D t^(j+2) c_(j+2) = t^j c_j, j = {j}, for D = {D}: how entries with "
                "such a pair are written",
            )


def _raised(waves: tuple[Expr, Expr], k: int, D: Expr, tau: Symbol) -> Expr:
    """Return t^k c_k(-D t^2) in elementary terms."""
    value = waves[k % 2]
    for j in range(k % 2, k - 1, 2):
        value = (value - tau**j / factorial(j)) / D
    return value


def _prove_consequences(proof: Derivation, symbols: tuple[Symbol, Symbol]) -> None:
    tau, a = symbols
    proof.equal(
        exp(a * tau).diff(tau),
        a * exp(a * tau),
        why="the determinant: det X has the slope tr(A) det X (Jacobi) and starts at 1, as does "
        "exp(at) with a = tr A",
    )
    proof.equal(
        exp(a * tau) * exp(-a * tau),
        Integer(1),
        why="the inverse: exp(-tA) commutes with A, so that the product with X has the slope 0; "
        "its determinant is 1/det X",
    )


def _state_result(
    proof: Derivation,
    expr: ImmutableMatrix,
    determinant: Expr,
    names: _Names,
    args: list[Symbol],
) -> None:
    """Name the entries, equal ones once, and state them as the result."""
    named = set[Expr]()
    for i in range(expr.rows):
        for j in range(expr.cols):
            if not expr[i, j].is_Rational and expr[i, j] not in named:
                named.add(expr[i, j])
                symbol = Symbol(names.fresh(f"X_{i + 1}_{j + 1}"))
                proof.define(symbol, expr[i, j], why=f"the entry {i + 1}, {j + 1} of X at t")
    proof.define(Symbol(names.fresh("detX")), determinant, why="det X = exp(t tr A)")
    if expr.rows:
        proof.result(expr, args=args)
