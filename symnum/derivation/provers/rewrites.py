"""Functions written by others that the normal form knows: one row a function."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, I, S

__all__ = ["REWRITES"]

_exp, _log, _sqrt = sympy.exp, sympy.log, sympy.sqrt

# Function -> the same by functions that have a row above.
REWRITES: dict[type, Callable[..., Expr]] = {
    sympy.tan: lambda u: sympy.sin(u) / sympy.cos(u),
    sympy.cot: lambda u: sympy.cos(u) / sympy.sin(u),
    sympy.sec: lambda u: 1 / sympy.cos(u),
    sympy.csc: lambda u: 1 / sympy.sin(u),
    sympy.sinh: lambda u: (_exp(u) - _exp(-u)) / 2,
    sympy.cosh: lambda u: (_exp(u) + _exp(-u)) / 2,
    sympy.tanh: lambda u: (_exp(u) - _exp(-u)) / (_exp(u) + _exp(-u)),
    sympy.coth: lambda u: (_exp(u) + _exp(-u)) / (_exp(u) - _exp(-u)),
    sympy.sech: lambda u: 2 / (_exp(u) + _exp(-u)),
    sympy.csch: lambda u: 2 / (_exp(u) - _exp(-u)),
    sympy.asinh: lambda u: _log(u + _sqrt(u**2 + 1)),
    sympy.acosh: lambda u: _log(u + _sqrt(u - 1) * _sqrt(u + 1)),
    sympy.atanh: lambda u: (_log(1 + u) - _log(1 - u)) / 2,
    sympy.acoth: lambda u: (_log(1 + 1 / u) - _log(1 - 1 / u)) / 2,
    sympy.acot: lambda u: sympy.atan(1 / u),
    sympy.asec: lambda u: sympy.acos(1 / u),
    sympy.acsc: lambda u: sympy.asin(1 / u),
    sympy.erfc: lambda u: 1 - sympy.erf(u),
    sympy.re: lambda u: (u + sympy.conjugate(u)) / 2,
    sympy.im: lambda u: (u - sympy.conjugate(u)) / (2 * I),
    sympy.ceiling: lambda u: -sympy.floor(-u),
    sympy.frac: lambda u: u - sympy.floor(u),
    sympy.Mod: lambda u, v: u - v * sympy.floor(u / v),
    sympy.factorial: lambda u: sympy.gamma(u + 1),
    sympy.binomial: lambda n, k: sympy.gamma(n + 1) / (sympy.gamma(k + 1) * sympy.gamma(n - k + 1)),
    sympy.beta: lambda u, v: sympy.gamma(u) * sympy.gamma(v) / sympy.gamma(u + v),
    sympy.RisingFactorial: lambda u, n: sympy.gamma(u + n) / sympy.gamma(u),
    sympy.FallingFactorial: lambda u, n: sympy.gamma(u + 1) / sympy.gamma(u - n + 1),
    sympy.sinc: lambda u: sympy.sin(u) / u,
    type(S.GoldenRatio): lambda: (1 + _sqrt(5)) / 2,
    type(S.TribonacciConstant): lambda: S.TribonacciConstant._eval_expand_func(),
}
