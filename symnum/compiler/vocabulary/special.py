"""Error functions and the gamma function."""

from __future__ import annotations

import sympy

from symnum.compiler.terms import Term, call, constant
from symnum.compiler.vocabulary.rows import FunctionRow, no_derivative

__all__ = ["SPECIAL"]

BELL = 2 / sympy.sqrt(sympy.pi)


def _polygamma(order: Term | int, x: Term) -> Term:
    return call("polygamma", order if isinstance(order, Term) else constant(x, order), x)


SPECIAL = (
    FunctionRow("erf", 1, (lambda x, f: call("exp", -(x**2)) * BELL,), (sympy.erf,), None, "odd"),
    FunctionRow("erfc", 1, (lambda x, f: -(call("exp", -(x**2)) * BELL),), (sympy.erfc,)),
    FunctionRow("erfi", 1, (lambda x, f: call("exp", x**2) * BELL,), (sympy.erfi,), None, "odd"),
    FunctionRow(
        "erfinv", 1, (lambda x, f: call("exp", f**2) * (1 / BELL),), (sympy.erfinv,), None, "odd"
    ),
    FunctionRow("erfcinv", 1, (lambda x, f: -(call("exp", f**2) * (1 / BELL)),), (sympy.erfcinv,)),
    FunctionRow("gamma", 1, (lambda x, f: f * call("digamma", x),), (sympy.gamma,)),
    FunctionRow("loggamma", 1, (lambda x, f: call("digamma", x),), (sympy.loggamma,)),
    FunctionRow("digamma", 1, (lambda x, f: _polygamma(1, x),), (sympy.digamma,)),
    FunctionRow(
        name="polygamma",
        arity=2,
        partials=(no_derivative, lambda n, x, f: _polygamma(n + 1, x)),
        classes=(sympy.polygamma,),
    ),
)
