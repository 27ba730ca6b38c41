"""The functions that a text may call: names as SymPy prints them, and a few everyday aliases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Abs, Add, Expr, Integer, Pow, Rational

from symnum.expressions.limits import (
    LimitError,
    check_exponential,
    check_power,
    is_opaque,
    largest_coefficient,
)

_MANY = 32  # Max and Min compare each argument with each other


@dataclass(frozen=True, slots=True)
class KnownFunction:
    """A function that texts may call.

    Parameters
    ----------
    build : callable
        From the arguments, evaluated already, to the expression.
    fewest, most : int
        How many arguments it takes.
    largest : int, tuple or None
        The largest absolute value of a constant argument, or of each; None for no limit.
    check : callable or None
        A further check of the arguments, which raises `LimitError`.
    """

    build: Callable[..., Any]
    fewest: int
    most: int
    largest: int | tuple[int | None, ...] | None = None
    check: Callable[..., None] | None = None

    def __call__(self, *args: Expr) -> Any:
        """Check the arguments and build the expression.

        Parameters
        ----------
        *args : sympy.Expr
            As many as the function takes.

        Returns
        -------
        sympy.Expr
            The value.

        Raises
        ------
        LimitError
            A wrong number of arguments, or arguments whose value would be astronomical.
        """
        if not self.fewest <= len(args) <= self.most:
            raise LimitError(f"it takes {self._arity()}, not {len(args)}")
        limits = self.largest if isinstance(self.largest, tuple) else (self.largest,) * len(args)
        for arg, limit in zip(args, limits, strict=False):
            if limit is not None and arg.is_number and largest_coefficient(arg) > limit:
                raise LimitError(f"a constant here is limited to {limit}")
        if self.check is not None:
            self.check(*args)
        return self.build(*args)

    def _arity(self) -> str:
        if self.fewest == self.most:
            return f"{self.most} argument{'s' if self.most > 1 else ''}"
        return f"{self.fewest} to {self.most} arguments"


def _real_root(value: Expr, degree: Expr) -> Expr:
    """Return the real root of odd degree, in the form that is right on the whole real line."""
    if degree.is_Integer and degree % 2 == 1 and degree > 0:
        return sympy.sign(value) * Abs(value) ** Rational(1, degree)
    return sympy.root(value, degree)


def _check_root(value: Expr, degree: Expr = Integer(2)) -> None:  # noqa: B008 - immutable
    if degree == 0:
        raise LimitError("there is no root of degree 0")
    check_power(value, 1 / degree)


def _quotient(numerator: Expr, denominator: Expr = Integer(1)) -> Expr:  # noqa: B008 - immutable
    """Return the number that SymPy's ``srepr`` writes as ``Rational(1, 3)``."""
    if not (numerator.is_Rational and denominator.is_Rational and denominator != 0):
        raise LimitError("it takes two numbers, the second not zero")
    return numerator / denominator


def _check_binomial(upper: Expr, lower: Expr) -> None:
    """Limit the length of the product by the shorter way: binomial(10**6, 10**6 - 2) is short."""
    if lower.is_Integer:
        rest = upper - lower
        steps = min(abs(lower), abs(rest)) if rest.is_Integer else abs(lower)
        if steps > 1000 or (upper.is_number and abs(upper.evalf(10)) > 10**6):
            raise LimitError("it is limited to 10**6 over 1000")
    elif upper.is_number and lower.is_number and max(abs(upper), abs(lower)) > 1000:
        raise LimitError("constant arguments that are no integers are limited to 1000")


def _carefully(function: Any) -> Callable[..., Any]:
    """Keep SymPy from long work: expanding ``(x + I*y)**1000``, evaluating special functions."""

    def build(*args: Expr) -> Any:
        powers = (power for arg in args for power in arg.atoms(Pow) if isinstance(power.base, Add))
        large = any(power.exp.is_Integer and abs(power.exp) > 12 for power in powers)
        if large or any(is_opaque(arg) for arg in args):
            return function(*args, evaluate=False)
        return function(*args)

    return build


def compared(relation: Callable[..., Any], left: Expr, right: Expr) -> Any:
    """Build a relation, without evaluating it where that takes long.

    Parameters
    ----------
    relation : callable
        A relation of SymPy.
    left, right : sympy.Expr
        Its sides.

    Returns
    -------
    sympy.logic.boolalg.Boolean
        The relation, or its truth value.

    Examples
    --------
    >>> compared(sympy.Lt, Integer(1), Integer(2))
    True
    """
    if is_opaque(left) or is_opaque(right):
        return relation(left, right, evaluate=False)
    return relation(left, right)


def _rows(names: str, fewest: int, most: int, **options: Any) -> dict[str, KnownFunction]:
    """Return a row for each name of a SymPy function."""
    return {
        name: KnownFunction(_careful_if_class(getattr(sympy, name)), fewest, most, **options)
        for name in names.split()
    }


def _careful_if_class(function: Any) -> Callable[..., Any]:
    """Leave the plain Python functions of SymPy, such as sqrt, as they are: they do not search."""
    return _carefully(function) if isinstance(function, type) else function


_ELEMENTARY = {
    **_rows("sin cos tan cot sec csc asin acos atan acot asec acsc sinc", 1, 1),
    **_rows("sinh cosh tanh coth sech csch asinh acosh atanh acoth asech acsch", 1, 1),
    **_rows("exp", 1, 1, check=check_exponential),
    **_rows("log ln", 1, 2),
    **_rows("sqrt cbrt", 1, 1, check=_check_root),
    **_rows("root", 2, 2, check=_check_root),
    "real_root": KnownFunction(_real_root, 2, 2, check=_check_root),
    **_rows("Heaviside DiracDelta", 1, 2, largest=100),
    **_rows("Abs sign re im arg conjugate floor ceiling frac", 1, 1),
    **_rows("atan2 Mod", 2, 2),
    **_rows("Max Min", 1, _MANY),
}

_ALIASES = {
    "abs": _ELEMENTARY["Abs"],
    "ceil": _ELEMENTARY["ceiling"],
    "max": _ELEMENTARY["Max"],
    "min": _ELEMENTARY["Min"],
    "arcsin": _ELEMENTARY["asin"],
    "arccos": _ELEMENTARY["acos"],
    "arctan": _ELEMENTARY["atan"],
    "arctan2": _ELEMENTARY["atan2"],
    "arcsinh": _ELEMENTARY["asinh"],
    "arccosh": _ELEMENTARY["acosh"],
    "arctanh": _ELEMENTARY["atanh"],
    "Rational": KnownFunction(_quotient, 1, 2),
    "pow": KnownFunction(Pow, 2, 2, check=check_power),
    "expm1": KnownFunction(lambda x: sympy.exp(x) - 1, 1, 1, check=check_exponential),
    "log1p": KnownFunction(lambda x: sympy.log(x + 1), 1, 1),
    "log2": KnownFunction(lambda x: sympy.log(x, 2), 1, 1),
    "log10": KnownFunction(lambda x: sympy.log(x, 10), 1, 1),
    "hypot": KnownFunction(lambda x, y: sympy.sqrt(x**2 + y**2), 2, 2),
}

_SPECIAL = {
    **_rows("erf erfc erfi erfinv erfcinv", 1, 1),
    **_rows("fresnels fresnelc", 1, 1, largest=20),
    **_rows("erf2 erf2inv", 2, 2),
    **_rows("Ei E1 Si Ci Shi Chi li Li", 1, 1),
    **_rows("LambertW", 1, 2, largest=10**6),
    **_rows("gamma loggamma digamma trigamma", 1, 1, largest=1000),
    **_rows("polygamma", 2, 2, largest=(20, 1000)),
    **_rows("lowergamma uppergamma expint", 2, 2, largest=(100, None)),
    **_rows("beta", 2, 2, largest=1000),
    **_rows("factorial factorial2 subfactorial", 1, 1, largest=1000),
    **_rows("RisingFactorial FallingFactorial", 2, 2, largest=200),
    **_rows("fibonacci lucas catalan", 1, 1, largest=1000),
    **_rows("bernoulli euler", 1, 1, largest=200),
    **_rows("harmonic", 1, 2, largest=200),
    "binomial": KnownFunction(sympy.binomial, 2, 2, check=_check_binomial),
    **_rows("zeta", 1, 2, largest=1000),
    **_rows("dirichlet_eta", 1, 1, largest=1000),
    **_rows("polylog", 2, 2, largest=20),
    **_rows("lerchphi", 3, 3, largest=100),
    **_rows("besselj bessely besseli besselk hankel1 hankel2 jn yn", 2, 2, largest=(10**4, 10**6)),
    **_rows("airyai airybi airyaiprime airybiprime", 1, 1, largest=10**6),
    **_rows("elliptic_k", 1, 1),
    **_rows("elliptic_f", 2, 2),
    **_rows("elliptic_e", 1, 2),
    **_rows("elliptic_pi", 2, 3, largest=1),
    **_rows("legendre chebyshevt chebyshevu hermite laguerre", 2, 2, largest=100),
    **_rows("gegenbauer assoc_legendre assoc_laguerre", 3, 3, largest=20),
    **_rows("jacobi", 4, 4, largest=6),
}

FUNCTIONS: dict[str, KnownFunction] = {**_ELEMENTARY, **_ALIASES, **_SPECIAL}

# Functions of conditions, as SymPy prints them inside Piecewise.
RELATIONS: dict[str, Callable[..., Any]] = {
    "Eq": sympy.Eq,
    "Ne": sympy.Ne,
    "Lt": sympy.Lt,
    "Le": sympy.Le,
    "Gt": sympy.Gt,
    "Ge": sympy.Ge,
}
CONNECTIVES: dict[str, Callable[..., Any]] = {"And": sympy.And, "Or": sympy.Or, "Not": sympy.Not}
