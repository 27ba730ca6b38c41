"""Kernels that mpmath evaluates: what stands in where a node has no machine code.

The expression is evaluated by the reference layer, one element after the other, to more digits than
a double holds, and rounded. That is right and slow, and the kernel says so when it is made. What
not even mpmath can evaluate is refused, naming the node.
"""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Basic
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean

from symnum.compiler.recipe import ExactForm, Recipe
from symnum.compiler.refusals import brief, unsupported
from symnum.compiler.translation import FIELD_RULES, RULES, plan_of
from symnum.compiler.vocabulary import FUNCTION_OF_CLASS
from symnum.compiler.vocabulary.forms import FORMS, Compiled
from symnum.errors import UnsupportedNodeError
from symnum.locks import process_lock
from symnum.reference import Reference

__all__ = ["MpmathTier", "mpmath_tier"]

# Decimal digits asked for: the rounding to a double is then as good as the only one.
DIGITS = 20

# An imaginary part smaller than this, relative to the number, is rounding error.
NOISE = 1e-18

# Nanoseconds of one element, the order of magnitude.
WORK = 1e6

# What has no value at a point, or none that may be trusted.
REFUSED = (
    AppliedUndef,
    sympy.DiracDelta,
    sympy.Integral,
    sympy.Limit,
    sympy.Order,
    sympy.MatrixExpr,
)

# Functions without a derivative in the complex numbers, which SymPy differentiates by name only.
NOT_ANALYTIC = (sympy.re, sympy.im, sympy.arg, sympy.conjugate, sympy.Abs, sympy.sign)

# mpmath keeps tables, of Bernoulli numbers for one, that all its contexts share without a lock.
_lock = process_lock("fallback")


class MpmathTier:
    """The entries of a kernel that is evaluated by mpmath; they are called like compiled ones.

    Parameters
    ----------
    form : ExactForm
        What is evaluated.
    dtype : str
        The number type of arguments and results.
    reason : str
        Which node it is for.

    Attributes
    ----------
    text : str
        A listing of what is evaluated, with names by position.
    work : float
        A rough guess of the nanoseconds that one element takes.
    notice : str
        What the user is told.
    """

    __slots__ = ("_complex", "_count", "_reference", "notice", "text", "work")

    def __init__(self, form: ExactForm, dtype: str, reason: str) -> None:
        outputs = form.guarded()
        self._reference = Reference(form.symbols, list(outputs))
        self._count = len(outputs)
        self._complex = np.dtype(dtype).kind == "c"
        self.text = _listing(form.symbols, outputs, dtype)
        self.work = WORK * max(1, len(outputs))
        self.notice = f"{reason}: mpmath evaluates this kernel, element by element and slowly"

    def numbered(self) -> str:
        """Return the listing with line numbers."""
        lines = self.text.splitlines()
        return "\n".join(f"{number:5d}  {line}" for number, line in enumerate(lines, 1))

    def entry(self, name: str) -> Callable[..., Any]:
        """Return what stands in for an entry of a compiled module.

        Parameters
        ----------
        name : str
            ``"formula"``, a function of numbers; ``"block"``, of contiguous one-dimensional
            arrays, inputs before outputs; or ``"into"``, which says that it did nothing.
        """
        entries = {"formula": self.formula, "block": self.block, "into": _refuse}
        return entries[name]

    def formula(self, *numbers: Any) -> Any:
        """Evaluate at one point: a number, or a tuple of several."""
        results = tuple(self._numbers(numbers))
        return results[0] if self._count == 1 else results

    def block(self, *arrays: Any) -> None:
        """Evaluate at every element of the inputs and store the results in the outputs."""
        inputs = arrays[: len(self._reference.args)]
        outputs = arrays[len(self._reference.args) :]
        with np.errstate(all="ignore"):
            for index in range(outputs[0].size if outputs else 0):
                results = self._numbers([array[index].item() for array in inputs])
                for output, result in zip(outputs, results, strict=True):
                    output[index] = result

    def _numbers(self, point: Sequence[Any]) -> list[Any]:
        numbers = [_plain(number) for number in point]
        if not all(map(cmath.isfinite, numbers)):
            # At infinity mpmath may search for a limit for ever.
            return [self._rounded(mpmath.nan)] * self._count
        with _lock:
            values = self._reference.value(numbers, DIGITS)
        return [self._rounded(value) for value in values]

    def _rounded(self, value: Any) -> Any:
        """Round to Python's numbers; a value off the real line is NaN in a real kernel."""
        if isinstance(value, bool):
            value = int(value)
        real, imaginary = _double(value.real), _double(value.imag)
        if self._complex:
            return complex(real, imaginary)
        return real if abs(imaginary) <= NOISE * abs(real) or not imaginary else math.nan


def _refuse(*arrays: Any) -> bool:
    return False


def _plain(number: Any) -> Any:
    return number.item() if isinstance(number, np.generic) else number


def _double(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def mpmath_tier(recipe: Recipe, error: UnsupportedNodeError) -> MpmathTier:
    """Return what evaluates a kernel that cannot be compiled.

    Parameters
    ----------
    recipe : Recipe
        What the kernel is made from.
    error : UnsupportedNodeError
        Why it cannot be compiled.

    Returns
    -------
    MpmathTier
        Its `notice` is to be given as a `FallbackWarning`.

    Raises
    ------
    UnsupportedNodeError
        If not even mpmath can: naming the node and its place, or the error itself where a
        derivative has no formula at all.
    ValueError
        If a symbol is not an argument.
    """
    variables = set(recipe.arguments.flat)
    for node in _nodes(recipe.leaves, variables):
        if isinstance(node, REFUSED) or _is_postponed(node):
            raise unsupported(node, recipe.leaves, ()) from None
    slow = next((node for node in _nodes(recipe.leaves, variables) if _is_slow(node)), None)
    if slow is None:
        slow = next(
            (node for node in _nodes(recipe.leaves, variables) if _is_named(node, error)), None
        )
        reason = str(error) if slow is None else f"{error}: {brief(slow)}"
    else:
        reason = f"{type(slow).__name__} has no machine code: {brief(slow)}"
    try:
        form = _without_impulses(recipe.exact_form())
        if any(_has_no_meaning(node) for node in _nodes(form.outputs, set())):
            raise error
        return MpmathTier(form, recipe.dtype, reason)
    except UnsupportedNodeError:
        raise error from None


def _nodes(roots: Sequence[Basic], variables: set[Any]) -> Iterator[Basic]:
    """Walk through all nodes, parents first, without recursion; variables are not entered."""
    stack: list[Basic] = list(reversed(roots))
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        # Only these may be arguments; hashing a deep expression would recurse.
        if isinstance(node, VARIABLES) and node in variables:
            continue
        yield node
        stack.extend(reversed(node.args))


VARIABLES = (
    sympy.Symbol,
    AppliedUndef,
    sympy.Derivative,
    sympy.Indexed,
    sympy.matrices.expressions.matexpr.MatrixElement,
)


def _is_postponed(node: Basic) -> bool:
    """Return whether a derivative or substitution could be carried out, or has no meaning."""
    if isinstance(node, sympy.Derivative):
        return _has_no_meaning(node) or node.doit() != node
    return isinstance(node, sympy.Subs) and not isinstance(node.expr, sympy.Derivative)


def _has_no_meaning(node: Basic) -> bool:
    """Return whether it is a derivative of what has none, such as the real part of a number."""
    if not isinstance(node, sympy.Derivative):
        return isinstance(node, AppliedUndef)
    is_known = isinstance(node.expr, sympy.Function) and not isinstance(node.expr, AppliedUndef)
    return not is_known or isinstance(node.expr, NOT_ANALYTIC)


def _without_impulses(form: ExactForm) -> ExactForm:
    """Leave out the derivatives of jumps, which are zero wherever they exist."""
    impulses = {
        node: sympy.S.Zero
        for node in _nodes(form.outputs, set())
        if isinstance(node, sympy.DiracDelta)
    }
    if not impulses:
        return form
    return replace(form, outputs=tuple(output.xreplace(impulses) for output in form.outputs))


def _is_slow(node: Basic) -> bool:
    """Return whether a node is what compiled code has no form of."""
    if not isinstance(node, sympy.Expr) or isinstance(node, sympy.Symbol):
        return False
    if plan_of(node, False) is None:
        return True
    known = (*RULES, *FIELD_RULES, *FUNCTION_OF_CLASS)
    return isinstance(node, sympy.Function) and not isinstance(node, known)


def _is_named(node: Basic, error: UnsupportedNodeError) -> bool:
    """Return whether an error speaks of the row that a function is compiled to, or of its slope."""
    if not isinstance(node, sympy.Function) or type(node) not in (*FORMS, *FUNCTION_OF_CLASS):
        return False
    form = FORMS[type(node)](*node.args) if type(node) in FORMS else None
    name = form.name if isinstance(form, Compiled) else ""
    row = FUNCTION_OF_CLASS.get(type(node))
    names = {name, row.name if row is not None else ""} - {""}
    words = re.findall(r"\w+", str(error))
    return any(word in (known, f"{known}_slope") for word in words for known in names)


# ------------------------------------------------------------------ the listing


def _listing(symbols: Sequence[sympy.Symbol], outputs: Sequence[Basic], dtype: str) -> str:
    """Write down what is evaluated, one operation a line, with names by position."""
    arguments = [f"a{index}" for index in range(len(symbols))]
    names: dict[int, str] = {}
    lines: list[str] = []
    bound: dict[Basic, str] = dict(zip(symbols, arguments, strict=True))
    stack: list[tuple[Basic, bool]] = [(output, False) for output in reversed(outputs)]
    # Names are kept by identity, so the nodes must outlive the walk: the outputs hold them.
    while stack:
        node, is_ready = stack.pop()
        if id(node) in names:
            continue
        if not node.args:
            names[id(node)] = _leaf(node, bound)
        elif is_ready:
            operands = ", ".join(names[id(child)] for child in node.args)
            names[id(node)] = f"v{len(lines)}"
            lines.append(f"    v{len(lines)} = {type(node).__name__}({operands})")
        else:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.args))
    results = ", ".join(names[id(output)] for output in outputs)
    title = f"# {dtype}, by mpmath, to {DIGITS} digits"
    returned = f"    return {results}" if len(outputs) == 1 else f"    return ({results})"
    return "\n".join([title, f"def formula({', '.join(arguments)}):", *lines, returned]) + "\n"


def _leaf(node: Basic, bound: dict[Basic, str]) -> str:
    if isinstance(node, sympy.Symbol):
        return bound.setdefault(node, f"s{len(bound)}")
    if isinstance(node, sympy.Integer):
        # Python refuses to print very long integers in decimal.
        return str(node) if abs(int(node)).bit_length() < 10_000 else hex(int(node))
    return str(node) if isinstance(node, sympy.Expr | Boolean) else type(node).__name__
