"""Expressions, the symbols in them and the domains of these.

Text is read by a whitelist parser that never evaluates code; domains have exact ends.
"""

from __future__ import annotations

from symnum.expressions.box import Box
from symnum.expressions.domains import Integers, Interval
from symnum.expressions.names import as_symbol
from symnum.expressions.parsing import as_expression, parse, parse_equation, parse_expression

__all__ = [
    "Box",
    "Integers",
    "Interval",
    "as_expression",
    "as_symbol",
    "parse",
    "parse_equation",
    "parse_expression",
]
