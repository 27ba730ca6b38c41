"""Normal distributions as exact algebra: means, covariances and what follows from them.

An affine map of independent standard normals is known by its constant and its weights, so sums,
products with scalars, covariances and moments are polynomials in them. A distribution is a mean
and a covariance matrix; conditioning is a Schur complement, and the usual distances have closed
forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, ImmutableMatrix, Integer, Symbol

from symnum.algebra.coordinates import Coordinates

__all__ = ["Gaussian", "NormalFrame", "NormalVariable", "expectation"]


@dataclass(frozen=True, slots=True)
class NormalFrame:
    """Independent standard normal variables, by their names.

    Parameters
    ----------
    names : tuple of str

    Examples
    --------
    >>> frame = NormalFrame.of(["e", "w"])
    >>> x = 3 * frame.noise("e") + 4 * frame.noise("w") + 1
    >>> x.mean, x.variance
    (1, 25)
    """

    names: tuple[str, ...]

    @staticmethod
    def of(names: Sequence[str]) -> NormalFrame:
        """Return a frame; `ValueError` for names that repeat, or none at all."""
        if isinstance(names, str) or not names or len(set(names)) != len(names):
            raise ValueError(f"names: expected a list of different names, got {names!r}")
        return NormalFrame(tuple(names))

    def noise(self, name: str) -> NormalVariable:
        """Return one of the standard normals; `ValueError` where none has that name."""
        if name not in self.names:
            raise ValueError(f"name: expected one of {list(self.names)}, got {name!r}")
        weights = tuple(Integer(name == other) for other in self.names)
        return NormalVariable(self, Integer(0), weights)

    def constant(self, value: Any) -> NormalVariable:
        """Return a variable that takes one value only."""
        return NormalVariable(self, sympy.sympify(value), (Integer(0),) * len(self.names))


@dataclass(frozen=True, slots=True)
class NormalVariable(Coordinates):
    """A constant plus a combination of independent standard normals.

    Two of them are equal as random variables exactly if their coordinates are; they have the same
    distribution already if mean and variance agree.
    """

    noises: NormalFrame
    mean: Expr
    weights: tuple[Expr, ...]

    def __add__(self, other: Any) -> NormalVariable:
        if not isinstance(other, NormalVariable):
            other = self.noises.constant(other)
        weights = zip(self.weights, self._beside(other).weights, strict=True)
        return NormalVariable(
            self.noises, self.mean + other.mean, tuple(one + two for one, two in weights)
        )

    __radd__ = __add__

    def __neg__(self) -> NormalVariable:
        return self * -1

    def __sub__(self, other: Any) -> NormalVariable:
        difference: NormalVariable = self + other * -1
        return difference

    def __rsub__(self, other: Any) -> NormalVariable:
        difference: NormalVariable = -self + other
        return difference

    def __mul__(self, scalar: Any) -> NormalVariable:
        if isinstance(scalar, NormalVariable):
            raise TypeError("a product of two normal variables is not normal: use expectation")
        scalar = sympy.sympify(scalar)
        return NormalVariable(
            self.noises, self.mean * scalar, tuple(weight * scalar for weight in self.weights)
        )

    __rmul__ = __mul__

    def __truediv__(self, scalar: Any) -> NormalVariable:
        quotient: NormalVariable = self * (1 / sympy.sympify(scalar))
        return quotient

    def _beside(self, other: NormalVariable) -> NormalVariable:
        if self.noises != other.noises:
            raise ValueError(
                f"variables over the noises {self.noises.names} and {other.noises.names} "
                "do not combine"
            )
        return other

    @property
    def variance(self) -> Expr:
        """The sum of the squares of the weights."""
        return self.covariance(self)

    def covariance(self, other: NormalVariable) -> Expr:
        """Return the inner product of the weights; where it is 0 the two are independent."""
        pairs = zip(self.weights, self._beside(other).weights, strict=True)
        return sympy.Add(*(one * two for one, two in pairs))

    def coordinates(self) -> tuple[Expr, ...]:
        """Return the constant and the weights."""
        return (self.mean, *self.weights)

    def frame(self) -> NormalFrame:
        """Return the noises that the weights refer to."""
        return self.noises

    def describe(self) -> str:
        """Return the combination as text."""
        terms = [] if self.mean == 0 else [sympy.sstr(self.mean)]
        for name, weight in zip(self.noises.names, self.weights, strict=True):
            if weight != 0:
                terms.append(name if weight == 1 else f"({sympy.sstr(weight)})*{name}")
        return " + ".join(terms) or "0"


def expectation(polynomial: Expr, variables: Mapping[Symbol, NormalVariable]) -> Expr:
    """Return the expectation of a polynomial in normal variables.

    After the substitution of the variables every monomial is a product of powers of independent
    standard normals, with ``E[z**(2 k)] = (2 k - 1)!!``.

    Parameters
    ----------
    polynomial : sympy.Expr
        A polynomial in the keys; other symbols are constants.
    variables : mapping from sympy.Symbol to NormalVariable
        All over the same noises.

    Returns
    -------
    sympy.Expr

    Raises
    ------
    ValueError
        No variables, or an expression that is not a polynomial in them.

    Examples
    --------
    >>> x, s = sympy.symbols("x s")
    >>> expectation(x**4, {x: s * NormalFrame.of(["e"]).noise("e")})
    3*s**4
    """
    if not variables or not polynomial.is_polynomial(*variables):
        raise ValueError(f"expected a polynomial in {sorted(map(str, variables))}")
    first = next(iter(variables.values()))
    dummies = [sympy.Dummy(name) for name in first.noises.names]
    images = {}
    for symbol, variable in variables.items():
        weights = first._beside(variable).weights
        terms = (weight * dummy for weight, dummy in zip(weights, dummies, strict=True))
        images[symbol] = variable.mean + sympy.Add(*terms)
    expanded = sympy.Poly(polynomial.subs(images, simultaneous=True), *dummies)
    return sympy.Add(
        *(
            coefficient * sympy.Mul(*(sympy.factorial2(power - 1) for power in powers))
            for powers, coefficient in expanded.terms()
            if not any(power % 2 for power in powers)
        )
    )


@dataclass(frozen=True, slots=True)
class Gaussian:
    """A normal distribution in n dimensions, by its mean and its covariance matrix.

    Parameters
    ----------
    mean : ImmutableMatrix
        n x 1.
    covariance : ImmutableMatrix
        n x n, symmetric; that it is positive definite is for the user to know.

    Examples
    --------
    >>> a, b = Gaussian.of(0, 1), Gaussian.of(1, 1)
    >>> a.kullback_leibler(b), a.wasserstein_squared(b)
    (1/2, 1)
    """

    mean: ImmutableMatrix
    covariance: ImmutableMatrix

    @staticmethod
    def of(mean: Any, covariance: Any) -> Gaussian:
        """Return the distribution; scalars are one dimension.

        Raises
        ------
        ValueError
            Shapes that do not fit, or a matrix that is not symmetric.
        """
        centre = _column(mean, "mean")
        size = centre.rows
        if isinstance(covariance, list | tuple | sympy.MatrixBase):
            matrix = ImmutableMatrix(covariance)
        else:
            matrix = ImmutableMatrix(1, 1, [covariance])
        if matrix.shape != (size, size):
            raise ValueError(f"covariance: expected {size} x {size}, got shape {matrix.shape}")
        if any(sympy.expand(entry) != 0 for entry in matrix - matrix.T):
            raise ValueError("covariance: expected a symmetric matrix")
        return Gaussian(centre, matrix)

    @staticmethod
    def joint(*variables: NormalVariable) -> Gaussian:
        """Return the common distribution of some affine maps of the same noises."""
        means = [variable.mean for variable in variables]
        size = len(variables)
        return Gaussian.of(
            means,
            sympy.Matrix(size, size, lambda i, j: variables[i].covariance(variables[j])),
        )

    @property
    def dimension(self) -> int:
        """The number of components."""
        return int(self.mean.rows)

    def affine(self, matrix: Any, shift: Any) -> Gaussian:
        """Return the distribution of ``matrix x + shift``."""
        A = ImmutableMatrix(matrix)
        return Gaussian.of(A * self.mean + _column(shift, "shift"), A * self.covariance * A.T)

    def marginal(self, *places: int) -> Gaussian:
        """Return the distribution of some components."""
        rows = list(places)
        return Gaussian.of(self.mean.extract(rows, [0]), self.covariance.extract(rows, rows))

    def given(self, values: Mapping[int, Any]) -> Gaussian:
        """Return the distribution of the other components if some are known.

        ``m1 + S12 S22**-1 (v - m2)`` with the Schur complement ``S11 - S12 S22**-1 S21``.

        Parameters
        ----------
        values : mapping from place to value
            Some of the components, neither none nor all.

        Raises
        ------
        ValueError
            None or all of the components, or a place that is not there.
        """
        known = sorted(values)
        rest = [place for place in range(self.dimension) if place not in values]
        if not known or not rest or not set(known) <= set(range(self.dimension)):
            raise ValueError(f"values: expected some of {self.dimension} places, got {known}")
        cross = self.covariance.extract(rest, known)
        gain = cross * self.covariance.extract(known, known).inv()
        away = ImmutableMatrix([values[place] for place in known]) - self.mean.extract(known, [0])
        return Gaussian.of(
            self.mean.extract(rest, [0]) + gain * away,
            (self.covariance.extract(rest, rest) - gain * cross.T).applyfunc(sympy.together),
        )

    def log_density(self, point: Any) -> Expr:
        """Return the logarithm of the density at a point."""
        away = _column(point, "point") - self.mean
        size = self.dimension * sympy.log(2 * sympy.pi) + sympy.log(self.covariance.det())
        return -(_quadratic(self.covariance, away) + size) / 2

    def score(self, point: Any) -> ImmutableMatrix:
        """Return the gradient of the logarithm of the density, ``-S**-1 (x - m)``."""
        return -self.covariance.inv() * (_column(point, "point") - self.mean)

    def entropy(self) -> Expr:
        """Return ``(n log(2 pi e) + log det S)/2``."""
        size = self.dimension * (sympy.log(2 * sympy.pi) + 1)
        return (size + sympy.log(self.covariance.det())) / 2

    def kullback_leibler(self, other: Gaussian) -> Expr:
        """Return KL(self | other) = (tr(Q^-1 P) - n - log(det P/det Q) + d^T Q^-1 d)/2."""
        away = self._difference(other)
        P, Q = self.covariance, other.covariance
        trace = (Q.inv() * P).trace() - self.dimension
        return (trace - sympy.log(P.det() / Q.det()) + _quadratic(Q, away)) / 2

    def bhattacharyya(self, other: Gaussian) -> Expr:
        """Return d^T S^-1 d/8 + log(det S/sqrt(det P det Q))/2 with S = (P + Q)/2."""
        away = self._difference(other)
        P, Q = self.covariance, other.covariance
        S = (P + Q) / 2
        return _quadratic(S, away) / 8 + sympy.log(S.det() / sympy.sqrt(P.det() * Q.det())) / 2

    def wasserstein_squared(self, other: Gaussian) -> Expr:
        """Return the squared W2 distance, |d|^2 + tr P + tr Q - 2 tr((P Q)^(1/2)).

        Raises
        ------
        NotImplementedError
            More than two dimensions with matrices that are not diagonal: the trace of the root
            has no closed form then.
        """
        away = self._difference(other)
        P, Q = self.covariance, other.covariance
        spread = P.trace() + Q.trace() - 2 * _trace_of_root(P, Q)
        return (away.T * away)[0, 0] + spread

    def _difference(self, other: Gaussian) -> ImmutableMatrix:
        if self.dimension != other.dimension:
            raise ValueError(f"other: expected {self.dimension} dimensions, got {other.dimension}")
        return self.mean - other.mean


def _column(value: Any, name: str) -> ImmutableMatrix:
    if not isinstance(value, list | tuple | sympy.MatrixBase):
        value = [value]
    column = ImmutableMatrix(value)
    if not column.rows or column.cols != 1:
        raise ValueError(f"{name}: expected a column of numbers, got shape {column.shape}")
    return column


def _quadratic(matrix: ImmutableMatrix, vector: ImmutableMatrix) -> Expr:
    return (vector.T * matrix.inv() * vector)[0, 0]


def _trace_of_root(P: ImmutableMatrix, Q: ImmutableMatrix) -> Expr:
    """Return the sum of the roots of the eigenvalues of P Q.

    For two of them, (r1 + r2)^2 = l1 + l2 + 2 sqrt(l1 l2).
    """
    if P.is_diagonal() and Q.is_diagonal():
        return sympy.Add(*(sympy.sqrt(P[i, i] * Q[i, i]) for i in range(P.rows)))
    if P.rows != 2:
        raise NotImplementedError(
            "wasserstein_squared: beyond two dimensions the matrices have to be diagonal"
        )
    return sympy.sqrt((P * Q).trace() + 2 * sympy.sqrt(P.det() * Q.det()))
