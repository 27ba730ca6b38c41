"""Stable rewriting: a program keeps its digits where formulas as written lose them.

Which nodes lose digits is measured, and so is what replaces them.
"""

from symnum.compiler.stability.choices import Choice
from symnum.compiler.stability.sampling import Span, span_of_symbol
from symnum.compiler.stability.stabilisation import stabilise

__all__ = [
    "Choice",
    "Span",
    "span_of_symbol",
    "stabilise",
]
