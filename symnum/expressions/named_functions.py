"""Functions of symnum's own that SymPy lacks, each with a definition in SymPy's terms.

An engine may name a function, such as the entire function (e^z - 1)/z. Whoever needs the
mathematics (the reference, a prover) takes its `definition`; the compiler takes its `stable_form`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import sympy
from mpmath.libmp import prec_to_dps
from sympy import Expr, Symbol, log

__all__ = ["NamedFunction", "unfold"]

_MORE_DIGITS = (500, 5000)


class NamedFunction(sympy.Function):  # type: ignore[misc]
    """A named function with a definition, a stable form and a derivative.

    Subclasses are final; they give `nargs`, `definition`, `stable_form` and `fdiff`, and may
    evaluate themselves at special points in SymPy's `eval`.

    Attributes
    ----------
    in_double : bool
        Whether single-precision kernels are computed in double precision, because the stable form
        loses more than the last place.
    evaluated_directly : bool
        Whether the reference takes `value` instead of the definition, an infinite series.
    has_enclosure : bool
        Whether balls are computed by `enclosure`; only for what is evaluated directly.
    """

    in_double = False
    evaluated_directly = False
    has_enclosure = False

    @classmethod
    @abstractmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the same function in SymPy's terms, removable singularities filled in."""

    @classmethod
    def value(cls, context: Any, *arguments: Any) -> Any:
        """Return the value at numbers of an mpmath context, to its precision."""
        raise NotImplementedError(f"{cls.__name__} is evaluated by its definition")

    @classmethod
    def enclosure(cls, *arguments: Any) -> Any:
        """Return a ball that contains all values at balls, at the precision that is set."""
        raise NotImplementedError(f"{cls.__name__} has no implementation in balls")

    @classmethod
    @abstractmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return an equal expression without cancellation in floating point."""

    @classmethod
    def written_form(cls) -> tuple[Sequence[Symbol], Expr] | None:
        """Return symbols and the stable form in them, where it need not be built for each use."""
        return None

    def _eval_evalf(self, precision: int) -> Any:
        value = self.definition(*self.args)
        if not value.is_number:
            return None
        digits = prec_to_dps(precision)
        # Through the public evalf, which raises its precision where the definition cancels; only
        # of a logarithm next to 1 it makes 0, which more digits mend.
        for more in (digits, *_MORE_DIGITS):
            found = value.evalf(max(more, digits), maxn=1000)
            if found != 0 or not value.has(log):
                break
        return found.evalf(digits)


def unfold(expr: Any) -> Any:
    """Return `expr` with every named function replaced by its definition.

    Those that are evaluated directly stay: their definition is an infinite series.

    Parameters
    ----------
    expr : sympy.Basic

    Returns
    -------
    sympy.Basic
        The same object where it contains none.
    """
    while any(not node.evaluated_directly for node in expr.atoms(NamedFunction)):
        expr = expr.replace(
            lambda node: isinstance(node, NamedFunction) and not node.evaluated_directly,
            lambda node: node.definition(*node.args),
        )
    return expr
