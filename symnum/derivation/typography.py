"""Claims as rows of marks and structures, printed as plain text or as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, TypeAlias

from sympy import (
    Add,
    Basic,
    ImmutableDenseMatrix,
    Rational,
    Symbol,
    latex,
    preorder_traversal,
    sstr,
)

from symnum.derivation.structures import Coordinated, Listed, Named, Structure

__all__ = ["Mark", "Piece", "as_latex", "as_text", "fenced", "is_large", "shortened"]

# An expression with more nodes than this is described, not printed.
LARGEST_TREE = 1500
LONGEST_TEXT = 300
# So is one that holds a fraction of more bits; `str` refuses integers beyond 4300 digits.
_LARGEST_NUMBER = 8000
_LARGEST_DENOMINATOR = 10**6
_SEPARATOR = r",\; "


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign or words between expressions, in each of the three notations."""

    text: str
    latex: str
    mathml: str


Piece: TypeAlias = Mark | Structure

EQUALS = Mark(" = ", " = ", "<mo>=</mo>")
AT_MOST = Mark(" <= ", r" \le ", "<mo>&#x2264;</mo>")
STANDS_FOR = Mark(" := ", " := ", "<mo>&#x2254;</mo>")
MINUS = Mark(" - ", " - ", "<mo>&#x2212;</mo>")
PLUS = Mark(" + ", " + ", "<mo>+</mo>")
COMMA = Mark(", ", r",\; ", '<mo separator="true">,</mo>')
TENDS_TO = Mark(" -> ", r" \to ", "<mo>&#x2192;</mo>")
BAR = Mark("|", r"\left|", '<mo fence="true" form="prefix">|</mo>')
END_BAR = Mark("|", r"\right|", '<mo fence="true" form="postfix">|</mo>')
OPEN = Mark("(", r"\left(", '<mo fence="true" form="prefix">(</mo>')
CLOSE = Mark(")", r"\right)", '<mo fence="true" form="postfix">)</mo>')


def words(text: str) -> Mark:
    """Return a mark of plain words; they must not hold characters special to LaTeX or HTML.

    Parameters
    ----------
    text : str
        The words with the blanks around them.

    Returns
    -------
    Mark
    """
    return Mark(text, rf"\text{{{text}}}", f"<mtext>{text.replace(' ', '&#xA0;')}</mtext>")


def fenced(side: Structure) -> tuple[Piece, ...]:
    """Return the side, in parentheses where it is a sum and a sign stands before it.

    Parameters
    ----------
    side : Structure

    Returns
    -------
    tuple of Piece
    """
    return (OPEN, side, CLOSE) if isinstance(side, Add) else (side,)


def is_large(tree: Basic) -> bool:
    """Tell whether an expression has too many nodes, or too many digits, to be printed in full.

    Parameters
    ----------
    tree : sympy.Basic

    Returns
    -------
    bool
    """
    return any(
        count >= LARGEST_TREE or (isinstance(node, Rational) and _bits(node) > _LARGEST_NUMBER)
        for count, node in enumerate(preorder_traversal(tree))
    )


def _bits(number: Rational) -> int:
    return max(int(number.p).bit_length(), int(number.q).bit_length())


def short_floats(tree: Any) -> Any:
    """Return a tree to print, in which a long fraction that is a double looks like one.

    A claim takes the double 0.1 as the fraction that it is; a reader recognises it as 0.1 only.

    Parameters
    ----------
    tree : sympy.Basic

    Returns
    -------
    sympy.Basic
        With symbols named after the doubles.
    """
    doubles = {
        number: sign * Symbol(repr(abs(float(number))))
        for number in tree.atoms(Rational)
        for sign in (-1 if number < 0 else 1,)
        if number.q > _LARGEST_DENOMINATOR and Rational(float(number)) == number
    }
    return tree.xreplace(doubles) if doubles else tree


def shortened(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text of at most `longest` characters, its middle left out where needed.

    Parameters
    ----------
    text : str
    longest : int
        At least 10.

    Returns
    -------
    str

    Examples
    --------
    >>> shortened("abcdefghijklmnopqrstuvwxyz", 15)
    'abcde ... vwxyz'
    """
    if len(text) <= longest:
        return text
    kept = (longest - 5) // 2
    return f"{text[:kept]} ... {text[-kept:]}"


def summary(tree: Basic) -> str:
    """Return a few words that stand for an expression too large to print.

    Parameters
    ----------
    tree : sympy.Basic

    Returns
    -------
    str
    """
    names = sorted(symbol.name for symbol in tree.free_symbols)
    return f"[large expression in {', '.join(names)}]" if names else "[large constant expression]"


def as_text(pieces: Iterable[Piece], longest: int = LONGEST_TEXT) -> str:
    """Return pieces as one line of text, each structure at most `longest` characters long.

    Parameters
    ----------
    pieces : iterable of Piece
    longest : int

    Returns
    -------
    str
    """
    return "".join(
        piece.text if isinstance(piece, Mark) else shortened(text_of(piece), longest)
        for piece in pieces
    )


def as_latex(pieces: Iterable[Piece]) -> str:
    """Return pieces as LaTeX, without dollar signs.

    Parameters
    ----------
    pieces : iterable of Piece

    Returns
    -------
    str
    """
    return "".join(piece.latex if isinstance(piece, Mark) else latex_of(piece) for piece in pieces)


@singledispatch
def text_of(structure: Any) -> str:
    """Return a structure as text; see `as_text`."""
    return summary(structure) if is_large(structure) else sstr(short_floats(structure))


@text_of.register
def _(structure: ImmutableDenseMatrix) -> str:
    rows = (", ".join(map(text_of, row)) for row in structure.tolist())
    return f"Matrix([{', '.join(f'[{row}]' for row in rows)}])"


@text_of.register
def _(structure: Listed) -> str:
    return f"({', '.join(text_of(item) for item in structure.items)})"


@text_of.register
def _(structure: Named) -> str:
    return f"{{{', '.join(f'{key}: {text_of(item)}' for key, item in structure.items)}}}"


@text_of.register
def _(structure: Coordinated) -> str:
    return structure.description


@singledispatch
def latex_of(structure: Any) -> str:
    """Return a structure as LaTeX; see `as_latex`."""
    if is_large(structure):
        return rf"\text{{{escaped(summary(structure))}}}"
    matrices = {"mat_delim": "("} if isinstance(structure, ImmutableDenseMatrix) else {}
    text: str = latex(short_floats(structure), **matrices)
    return text


@latex_of.register
def _(structure: Listed) -> str:
    return rf"\left({_SEPARATOR.join(latex_of(item) for item in structure.items)}\right)"


@latex_of.register
def _(structure: Named) -> str:
    rows = (rf"\text{{{escaped(key)}}}: {latex_of(item)}" for key, item in structure.items)
    return rf"\left\{{{_SEPARATOR.join(rows)}\right\}}"


@latex_of.register
def _(structure: Coordinated) -> str:
    return rf"\text{{{escaped(structure.description)}}}"


_SPECIAL = {
    **{character: rf"\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def escaped(text: str) -> str:
    r"""Return a text that LaTeX prints as it is.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> print(escaped("x_1"))
    x\_1
    """
    return "".join(_SPECIAL.get(character, character) for character in text)
