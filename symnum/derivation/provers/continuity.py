"""Continuity and analyticity of an expression on the domain, node by node.

Both ask only that each node stay clear of the places where it jumps or branches, by the signs and
enclosures of its arguments. The answer is the first node that does not, or None.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr

from symnum.derivation.provers.field import is_real
from symnum.derivation.provers.setting import Setting

__all__ = ["is_analytic", "is_continuous", "is_real_valued", "obstacle"]

_ENTIRE = (
    sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.erf, sympy.erfc, sympy.erfi,
    sympy.Si, sympy.Shi, sympy.fresnelc, sympy.fresnels, sympy.airyai, sympy.airybi, sympy.sinc,
)  # fmt: skip

# Real on the real line and analytic at every real argument.
_REAL_ANALYTIC = (sympy.tanh, sympy.sech, sympy.atan, sympy.asinh, sympy.erf2)

# Analytic wherever they have a value; their poles are found with the other undefined places.
_MEROMORPHIC = (
    sympy.tan, sympy.cot, sympy.sec, sympy.csc, sympy.coth, sympy.csch, sympy.gamma, sympy.loggamma,
    sympy.polygamma, sympy.digamma, sympy.beta, sympy.zeta, sympy.factorial, sympy.binomial,
    sympy.RisingFactorial, sympy.FallingFactorial,
)  # fmt: skip

_POLYNOMIALS = (
    sympy.legendre, sympy.hermite, sympy.chebyshevt, sympy.chebyshevu, sympy.laguerre,
    sympy.gegenbauer, sympy.jacobi,
)  # fmt: skip

Check = Callable[[Setting, Expr], bool]


def _clear_of_zero(setting: Setting, expr: Expr) -> bool:
    signs = setting.signs(expr.args[0])
    return 0 not in signs and len(signs) == 1


def _one_sign(setting: Setting, expr: Expr) -> bool:
    signs = setting.signs(expr.args[0])
    return signs <= {0, 1} or signs <= {-1, 0}


def _positive(setting: Setting, expr: Expr) -> bool:
    return setting.signs(expr.args[-1]) == {1}


def _below_one(setting: Setting, expr: Expr) -> bool:
    argument = expr.args[-1]
    return setting.signs(1 - argument) == {1}


def _inside_unit(setting: Setting, expr: Expr) -> bool:
    argument = expr.args[0]
    return setting.signs(1 - argument) == {1} and setting.signs(1 + argument) == {1}


def _above_one(setting: Setting, expr: Expr) -> bool:
    return setting.signs(expr.args[0] - 1) == {1}


def _right_half(setting: Setting, expr: Expr) -> bool:
    return setting.signs(expr.args[1]) == {1}


def _no_integer(setting: Setting, expr: Expr) -> bool:
    low, high = setting.bounds(expr.args[0])
    if not (-1e12 < low <= high < 1e12) or high - low > 1:
        return False
    place = round(low + 0.5 * (high - low))
    return all(len(setting.signs(expr.args[0] - near) - {0}) < 2 and
               0 not in setting.signs(expr.args[0] - near)
               for near in (place - 1, place, place + 1))  # fmt: skip


def _order_known(setting: Setting, expr: Expr) -> bool:
    arguments = sorted(expr.args, key=sympy.default_sort_key)
    gaps = [left - right for i, left in enumerate(arguments) for right in arguments[i + 1 :]]
    return all(len(setting.signs(gap)) == 1 for gap in gaps)


# Function -> whether it is analytic in its arguments on the domain.
_ANALYTIC: dict[type, Check] = {
    sympy.log: _clear_of_zero,
    sympy.Abs: _one_sign,
    sympy.sign: _clear_of_zero,
    sympy.Heaviside: _clear_of_zero,
    sympy.asin: _inside_unit,
    sympy.acos: _inside_unit,
    sympy.atanh: _inside_unit,
    sympy.erfinv: _inside_unit,
    sympy.acosh: _above_one,
    sympy.atan2: _right_half,
    sympy.acot: _clear_of_zero,
    sympy.floor: _no_integer,
    sympy.ceiling: _no_integer,
    sympy.Max: _order_known,
    sympy.Min: _order_known,
    sympy.LambertW: _positive,
    sympy.Ei: _clear_of_zero,
    sympy.Ci: _positive,
    sympy.Chi: _positive,
    sympy.expint: _positive,
    sympy.li: _positive,
    sympy.besselj: _positive,
    sympy.bessely: _positive,
    sympy.besseli: _positive,
    sympy.besselk: _positive,
    sympy.uppergamma: _positive,
    sympy.lowergamma: _positive,
    sympy.polylog: _below_one,
    sympy.elliptic_k: _below_one,
    sympy.elliptic_e: _below_one,
    sympy.elliptic_f: _below_one,
}

# Function -> whether it is continuous, where that needs less than being analytic.
_CONTINUOUS: dict[type, Check] = {
    sympy.Abs: lambda setting, expr: True,
    sympy.Max: lambda setting, expr: True,
    sympy.Min: lambda setting, expr: True,
    sympy.asin: lambda setting, expr: is_real_valued(expr, setting),
    sympy.acos: lambda setting, expr: is_real_valued(expr, setting),
}


# Function -> expressions that have to be nonnegative for it to be real.
_REAL_IF: dict[type, Callable[..., tuple[Expr, ...]]] = {
    sympy.log: lambda u: (u,),
    sympy.asin: lambda u: (1 - u, 1 + u),
    sympy.acos: lambda u: (1 - u, 1 + u),
    sympy.atanh: lambda u: (1 - u, 1 + u),
    sympy.acosh: lambda u: (u - 1,),
    sympy.LambertW: lambda u: (u + sympy.exp(-1),),
    sympy.Ci: lambda u: (u,),
    sympy.Chi: lambda u: (u,),
    sympy.li: lambda u: (u,),
    sympy.expint: lambda order, u: (u,),
    sympy.polylog: lambda order, u: (1 - u,),
    sympy.elliptic_k: lambda m: (1 - m,),
    sympy.elliptic_e: lambda m: (1 - m,),
    sympy.elliptic_f: lambda phi, m: (1 - m,),
    sympy.bessely: lambda order, u: (u,),
    sympy.besselk: lambda order, u: (u,),
}


def is_real_valued(expr: Expr, setting: Setting) -> bool:
    """Tell whether an expression is certainly real wherever it is defined on the domain."""
    if is_real(expr):
        return True
    if expr.has(sympy.I):
        return False
    for node in sympy.preorder_traversal(expr):
        if isinstance(node, sympy.Pow) and not node.exp.is_integer:
            if not setting.signs(node.base) <= {0, 1}:
                return False
        elif isinstance(node, Expr) and node.func in _REAL_IF:
            parts = _REAL_IF[node.func](*node.args)
            if not all(setting.signs(part) <= {0, 1} for part in parts):
                return False
    return True


def _power_is_fine(setting: Setting, expr: Expr, *, continuous: bool) -> bool:
    base, exponent = expr.base, expr.exp
    if exponent.is_Integer or base == sympy.S.Exp1:
        return True
    if base.has(sympy.I):
        return False
    signs = setting.signs(base)
    if continuous and signs <= {0, 1}:
        return True
    return len(signs) == 1 and 0 not in signs


def obstacle(expr: Expr, setting: Setting, *, continuous: bool = False) -> Expr | None:
    """Return the first node that may jump or branch on the domain, None where there is none.

    Parameters
    ----------
    expr : sympy.Expr
        Over the symbols of the setting.
    setting : Setting
    continuous : bool
        Whether continuity is enough.

    Returns
    -------
    sympy.Expr or None
    """
    for node in sympy.postorder_traversal(expr):
        if isinstance(node, sympy.Integral | sympy.Sum | sympy.Product):
            return _obstacle_in_binder(node)
    for node in sympy.postorder_traversal(expr):
        if not isinstance(node, Expr) or not node.free_symbols:
            continue
        if not _node_is_fine(node, setting, continuous=continuous):
            return node
    return None


def _node_is_fine(node: Expr, setting: Setting, *, continuous: bool) -> bool:
    if node.is_Symbol or isinstance(node, sympy.Add | sympy.Mul | sympy.Derivative):
        return True
    if isinstance(node, sympy.Pow):
        return _power_is_fine(setting, node, continuous=continuous)
    if isinstance(node, _ENTIRE + _MEROMORPHIC + _POLYNOMIALS):
        return True
    if isinstance(node, _REAL_ANALYTIC):
        return is_real_valued(node.args[0], setting)
    if isinstance(node, sympy.log) and node.args[0].has(sympy.I):
        return False
    if continuous and node.func in _CONTINUOUS:
        return _CONTINUOUS[node.func](setting, node)
    check = _ANALYTIC.get(node.func)
    return check is not None and check(setting, node)


def _obstacle_in_binder(node: Expr) -> Expr | None:
    """Accept sums and integrals of analytic functions with constant or symbolic ends."""
    allowed = (*_ENTIRE, *_REAL_ANALYTIC, *_MEROMORPHIC, sympy.Add, sympy.Mul, sympy.Pow)
    for part in sympy.preorder_traversal(node.function):
        if isinstance(part, Expr) and part.args and not isinstance(part, (*allowed, sympy.log)):
            return node
    return None


def is_analytic(expr: Expr, setting: Setting) -> bool:
    """Tell whether an expression is analytic wherever it is defined on the domain."""
    return obstacle(expr, setting) is None


def is_continuous(expr: Expr, setting: Setting) -> bool:
    """Tell whether an expression is continuous wherever it is defined on the domain."""
    return obstacle(expr, setting, continuous=True) is None
