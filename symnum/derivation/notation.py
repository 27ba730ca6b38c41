"""The vocabulary of formulas on a page: signs, names of functions, rows and brackets."""

from __future__ import annotations

import html
from collections.abc import Iterable

from sympy import S

__all__ = [
    "ACCENTS",
    "CONSTANTS",
    "FENCES",
    "INDEXED",
    "NAMES",
    "RELATIONS",
    "UNRAISED",
    "fenced",
    "identifier",
    "interleaved",
    "listed",
    "row",
]

INVISIBLE_TIMES = "<mo>&#x2062;</mo>"
TIMES = "<mo>&#x22C5;</mo>"
APPLY = "<mo>&#x2061;</mo>"
MINUS = "<mo>&#x2212;</mo>"
PLUS = "<mo>+</mo>"
COMMA = '<mo separator="true">,</mo>'
# Names of functions where they differ from SymPy's.
NAMES = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "acot": "arccot",
    "asinh": "arsinh",
    "acosh": "arcosh",
    "atanh": "artanh",
    "gamma": "\u0393",
    "loggamma": "log \u0393",
    "digamma": "\u03c8",
    "zeta": "\u03b6",
    "LambertW": "W",
    "Heaviside": "\u03b8",
    "DiracDelta": "\u03b4",
    "elliptic_k": "K",
    "elliptic_e": "E",
    "elliptic_f": "F",
    "sign": "sgn",
    "Max": "max",
    "Min": "min",
    "expint": "E",
    "Logistic": "\u03c3",
    "NormalCdf": "\u03a6",
    "NormalRamp": "ramp",
    "Softplus": "softplus",
}

# Functions whose first argument is written as an index.
INDEXED = {
    "besselj": "J",
    "bessely": "Y",
    "besseli": "I",
    "besselk": "K",
    "Phi": "\u03c6",
    "polylog": "Li",
    "polygamma": "\u03c8",
    "expint": "E",
    "legendre": "P",
    "chebyshevt": "T",
    "chebyshevu": "U",
    "hermite": "H",
    "laguerre": "L",
}

FENCES = {"Abs": ("|", "|"), "floor": ("\u230a", "\u230b"), "ceiling": ("\u2308", "\u2309")}

CONSTANTS = {
    S.Exp1: "e",
    S.Pi: "\u03c0",
    S.ImaginaryUnit: "i",
    S.Infinity: "\u221e",
    S.EulerGamma: "\u03b3",
    S.GoldenRatio: "\u03c6",
    S.Catalan: "G",
}

# Endings of names that SymPy reads as marks above the letter.
ACCENTS = {"bar": "&#xAF;", "hat": "^", "tilde": "~", "dot": "&#x2D9;", "vec": "&#x2192;"}

RELATIONS = {"==": "=", "!=": "\u2260", "<": "&lt;", "<=": "\u2264", ">": "&gt;", ">=": "\u2265"}

# Functions that are not written as a name with arguments, so that no exponent fits on the name.
UNRAISED = frozenset(
    ["Abs", "Mod", "binomial", "ceiling", "conjugate", "exp", "factorial", "floor", "Piecewise"]
)


def row(*parts: str) -> str:
    """Return several elements as one.

    Parameters
    ----------
    *parts : str

    Returns
    -------
    str
    """
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


def identifier(text: str) -> str:
    """Return an ``mi`` element.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return f"<mi>{html.escape(text)}</mi>"


def fenced(content: str, left: str = "(", right: str = ")") -> str:
    """Return an element in brackets.

    Parameters
    ----------
    content, left, right : str

    Returns
    -------
    str
    """
    opening = f'<mo fence="true" form="prefix">{left}</mo>'
    closing = f'<mo fence="true" form="postfix">{right}</mo>'
    return f"<mrow>{opening}{content}{closing}</mrow>"


def listed(parts: Iterable[str]) -> str:
    """Return elements separated by commas.

    Parameters
    ----------
    parts : iterable of str

    Returns
    -------
    str
    """
    return row(*interleaved(parts, COMMA))


def interleaved(parts: Iterable[str], separator: str) -> list[str]:
    """Return the parts with a separator between each two.

    Parameters
    ----------
    parts : iterable of str
    separator : str

    Returns
    -------
    list of str
    """
    return [piece for part in parts for piece in (separator, part)][1:]
