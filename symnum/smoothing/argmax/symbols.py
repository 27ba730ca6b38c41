"""The perturbed argmax of symbols: exact probabilities, proofs, kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import sympy
from sympy import Abs, Expr, ImmutableMatrix, Integer, Piecewise, Rational, Symbol, exp

from symnum.compiler import Kernel, lambdify
from symnum.derivation import Derivation
from symnum.expressions import Interval
from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.mollifiers.logistic import Logistic
from symnum.smoothing.mollifiers.normal import NormalCdf

__all__ = ["ArgmaxKernel", "LogisticDifference", "PerturbedArgmax", "symbolic_argmax"]

_LINE = Interval(-sympy.oo, sympy.oo)
# Beyond so many alternatives the polynomial in the weights is too long to be read.
_MOST = 12
# Up to this |d| the difference of two logistic variables has series of so many terms.
_MIDDLE, _TERMS = 2, 12


def symbolic_argmax(mu: Sequence[Expr], noise: str) -> PerturbedArgmax:
    """Return the perturbed argmax of expressions."""
    for place, entry in enumerate(mu):
        if entry.is_real is False or entry.has(sympy.oo, sympy.nan, sympy.zoo):
            raise ValueError(f"mu[{place}]: expected a real expression, got {entry}")
    return PerturbedArgmax(tuple(mu), noise)


@final
class LogisticDifference(NamedFunction):
    r"""The distribution function of the difference of two logistic variables.

    .. math:: \frac{1}{1 - e^{-d}} - \frac{d\,e^{-d}}{(1 - e^{-d})^2}, \qquad \tfrac12 \text{ at } 0

    Parameters
    ----------
    d : Expr

    Examples
    --------
    >>> LogisticDifference(0)
    1/2
    """

    nargs = 1

    @classmethod
    def eval(cls, d: Expr) -> Expr | None:
        """Evaluate at 0 and at the infinities."""
        special = {Integer(0): Rational(1, 2), sympy.oo: Integer(1), -sympy.oo: Integer(0)}
        return special.get(d)

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the quotient, its removable singularity filled in."""
        (d,) = arguments
        quotient = 1 / (1 - exp(-d)) - d * exp(-d) / (1 - exp(-d)) ** 2
        return Piecewise((Rational(1, 2), sympy.Eq(d, 0)), (quotient, True))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return 1/2 + (sinh d - d)/(2 (cosh d - 1)) as a quotient of series, and the tails."""
        (d,) = arguments
        far, near = sympy.Max(Abs(d), _MIDDLE), sympy.Max(-_MIDDLE, sympy.Min(d, _MIDDLE))
        decay = exp(-far)
        tail = decay * (far - 1 + decay) / (1 - decay) ** 2
        above = sympy.Add(*(near ** (2 * k) / sympy.factorial(2 * k + 3) for k in range(_TERMS)))
        below = sympy.Add(*(near ** (2 * k) / sympy.factorial(2 * k + 2) for k in range(_TERMS)))
        middle = Rational(1, 2) + near * above / below / 2
        return Piecewise((middle, Abs(d) < _MIDDLE), (tail, d < 0), (1 - tail, True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the density of the difference."""
        (d,) = self.args
        t = sympy.Dummy("t", real=True)
        slope = self.definition(t).args[1][0].diff(t).subs(t, d)
        return Piecewise((Rational(1, 6), sympy.Eq(d, 0)), (slope, True))

    def _latex(self, printer: Any) -> str:
        return rf"\Lambda\left({printer.doprint(self.args[0])}\right)"


@final
@dataclass(frozen=True)
class PerturbedArgmax:
    """The probabilities that each of several perturbed expressions is the largest.

    Attributes
    ----------
    mu : tuple of Expr
    noise : str
    """

    mu: tuple[Expr, ...]
    noise: str

    @cached_property
    def expr(self) -> ImmutableMatrix:
        """The column of probabilities; integrals where there is no closed form."""
        return ImmutableMatrix([self._share(i) for i in range(len(self.mu))])

    @property
    def is_closed(self) -> bool:
        """Whether the probabilities have a closed form here."""
        count = len(self.mu)
        if self.noise == "gumbel" or count <= 2:
            return True
        return self.noise == "exponential" and count <= _MOST

    def _share(self, i: int) -> Expr:
        others = [m for j, m in enumerate(self.mu) if j != i]
        mine = self.mu[i]
        if not others:
            return Integer(1)
        if self.noise == "gumbel":
            return 1 / (1 + sympy.Add(*(exp(other - mine) for other in others)))
        if len(others) == 1:
            return _DIFFERENCES[self.noise](mine - others[0])
        if self.noise == "exponential" and self.is_closed:
            return self._exponential(i)
        return self._integral(i)

    def _exponential(self, i: int) -> Expr:
        """Return w_i int_0^1 prod (1 - s w_j) ds, by the elementary symmetric polynomials."""
        largest = sympy.Max(*self.mu)
        weights = [exp(m - largest) for m in self.mu]
        row: list[Expr] = [Integer(1)]
        for j, w in enumerate(weights):
            if j != i:
                row = [
                    (row[k] if k < len(row) else 0) - (w * row[k - 1] if k else 0)
                    for k in range(len(row) + 1)
                ]
        return weights[i] * sympy.Add(*(c / (k + 1) for k, c in enumerate(row)))

    def _integrand(self, i: int, z: Symbol) -> Expr:
        density, distribution = _LAWS[self.noise]
        return density(z) * sympy.Mul(
            *(distribution(z + self.mu[i] - m) for j, m in enumerate(self.mu) if j != i)
        )

    def _integral(self, i: int) -> Expr:
        z = sympy.Dummy("z", real=True)
        integrand = self._integrand(i, z)
        low, high = _SUPPORTS.get(self.noise, (-sympy.oo, sympy.oo))
        return sympy.Integral(integrand, (z, low, high))

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The arguments of the kernel, by the order in which mu names them."""
        found: dict[Symbol, None] = {}
        for entry in self.mu:
            found.update(dict.fromkeys(sorted(entry.free_symbols, key=lambda s: s.name)))
        return tuple(found)

    @cached_property
    def derivation(self) -> Derivation:
        """The proof: an antiderivative for each integral, the sum 1, and the common shift."""
        t = Symbol("t" if all(s.name != "t" for s in self.symbols) else "t_", real=True)
        c = Symbol("c" if all(s.name != "c" for s in self.symbols) else "c_", real=True)
        domain = {**{s: _domain(s) for s in self.symbols}, t: _LINE, c: _LINE}
        proof = Derivation("perturbed argmax", title=f"{self.noise} noise", domain=domain)
        self._prove_first(proof, t)
        if self.noise == "gumbel" or (len(self.mu) == 2 and self.noise in _SUMMED):
            proof.equal(sympy.Add(*self.expr), 1, why="the probabilities add up to 1")
        shifted = PerturbedArgmax(tuple(m + c for m in self.mu), self.noise)
        why = "a common shift changes nothing"
        if self.is_closed:
            proof.equal(shifted.expr, self.expr, why=why)
            proof.result(self.expr, args=self.symbols)
        else:
            inside, moved = (
                ImmutableMatrix([shares._integrand(i, t) for i in range(len(self.mu))])
                for shares in (self, shifted)
            )
            proof.equal(moved, inside, why=why)
            proof.result(inside, args=(t, *self.symbols), why="the integrands of the probabilities")
        return proof

    def _prove_first(self, proof: Derivation, t: Symbol) -> None:
        if self.noise == "gumbel":
            share, total = self.expr[0], sympy.Add(*(exp(m - self.mu[0]) for m in self.mu))
            inside = sympy.exp(-t - exp(-t) * total)
            proof.equal(
                sympy.diff(share * exp(-exp(-t) * total), t),
                inside,
                why="the density e^(-t - e^-t) of the first noise times the distribution functions "
                "of the others has an antiderivative",
            )
            return
        density, distribution = _LAWS[self.noise]
        if self.noise in ("logistic", "gaussian"):
            proof.equal(sympy.diff(distribution(t), t), density(t), why="the density of the noise")
        elif self.noise == "exponential":
            proof.equal(sympy.diff(1 - exp(-t), t), exp(-t), why="the density of the noise")
        elif self.noise == "laplace":
            proof.equal(sympy.diff(exp(t) / 2, t), exp(t) / 2, why="the density left of 0")
        else:
            proof.equal(sympy.diff((t + 1) / 2, t), Rational(1, 2), why="the density of the noise")

    def compile(self, **options: Any) -> Kernel | ArgmaxKernel:
        """Return the function of arrays, in `symbols`: a column for each point."""
        if self.is_closed and not (self.noise == "exponential" and len(self.mu) > 4):
            return self.derivation.compile(**options)
        return ArgmaxKernel(self, **options)

    def _repr_latex_(self) -> str:
        return f"$${sympy.latex(self.expr)}$$"

    def __str__(self) -> str:
        return str(sympy.sstr(self.expr))


@final
class ArgmaxKernel:
    """The perturbed argmax of expressions as a function of arrays, by the rules for numbers.

    Parameters
    ----------
    shares : PerturbedArgmax
    **options
        Those of `symnum.lambdify`, for the expressions.
    """

    def __init__(self, shares: PerturbedArgmax, **options: Any) -> None:
        self.args = shares.symbols
        self.expr = shares.expr
        self._noise = shares.noise
        self._inputs = lambdify(list(self.args), list(shares.mu), **options)

    def __call__(self, *values: Any) -> Any:
        """Return the columns of probabilities, shape (..., n, 1)."""
        from symnum.smoothing.argmax.probabilities import perturbed_argmax

        columns = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in self._inputs(*values)))
        mu = np.stack(columns, axis=-1)
        lost = np.isnan(mu).any(axis=-1, keepdims=True)
        shares = np.asarray(perturbed_argmax(np.where(lost, 0.0, mu), self._noise))
        return np.where(lost, np.nan, shares)[..., None]


def _domain(symbol: Symbol) -> Interval:
    if symbol.is_nonnegative:
        return Interval(0, sympy.oo, left_open=bool(symbol.is_positive))
    if symbol.is_nonpositive:
        return Interval(-sympy.oo, 0, right_open=bool(symbol.is_negative))
    return _LINE


# Where the sum of two probabilities is a plain identity.
_SUMMED = frozenset(["exponential", "gaussian", "laplace", "logistic"])

# Two alternatives: the distribution function of the difference of two noises.


def _of_exponential(d: Expr) -> Expr:
    tail = exp(-Abs(d)) / 2
    return Piecewise((tail, d < 0), (1 - tail, True))


def _of_laplace(d: Expr) -> Expr:
    tail = (2 + Abs(d)) * exp(-Abs(d)) / 4
    return Piecewise((tail, d < 0), (1 - tail, True))


def _of_uniform(d: Expr) -> Expr:
    # The difference is triangular on [-2, 2].
    tail = (2 - Abs(d)) ** 2 / 8
    return Piecewise((Integer(0), d <= -2), (tail, d < 0), (1 - tail, d < 2), (Integer(1), True))


_DIFFERENCES: dict[str, Callable[[Expr], Expr]] = {
    "exponential": _of_exponential,
    "gaussian": lambda d: NormalCdf(d / sympy.sqrt(2)),
    "gumbel": Logistic,
    "laplace": _of_laplace,
    "logistic": LogisticDifference,
    "uniform": _of_uniform,
}

_LAWS: dict[str, tuple[Callable[[Expr], Expr], Callable[[Expr], Expr]]] = {
    "exponential": (
        lambda t: exp(-t),
        lambda t: Piecewise((Integer(0), t < 0), (1 - exp(-t), True)),
    ),
    "gaussian": (lambda t: exp(-(t**2) / 2) / sympy.sqrt(2 * sympy.pi), NormalCdf),
    "laplace": (
        lambda t: exp(-Abs(t)) / 2,
        lambda t: Piecewise((exp(t) / 2, t < 0), (1 - exp(-t) / 2, True)),
    ),
    "logistic": (lambda t: Logistic(t) * Logistic(-t), Logistic),
    "uniform": (
        lambda t: Rational(1, 2),
        lambda t: sympy.Max(0, sympy.Min(1, (t + 1) / 2)),
    ),
}
_SUPPORTS = {
    "exponential": (Integer(0), sympy.oo),
    "uniform": (Integer(-1), Integer(1)),
}
