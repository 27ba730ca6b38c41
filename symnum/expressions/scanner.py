"""From text to tokens: characters, numbers, names and the places where an operand has to stand."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from symnum.errors import ParseError
from symnum.expressions.functions import FUNCTIONS
from symnum.expressions.limits import (
    MOST_CHARACTERS,
    MOST_DIGITS,
    MOST_EXPONENT,
    MOST_LEVELS,
    MOST_OPERATORS,
)
from symnum.expressions.names import LONGEST_NAME, is_plausible_name

Kind = Literal["number", "name", "operator", "open", "close", "comma", "equals"]

_PATTERN = re.compile(
    r"""(?P<number>(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[^\W0-9]\w*)(?P<primes>'*)
      | (?P<operator>\*\*|//|<<|>>|<=|>=|==|!=|:=|->|[-+*/<>&|~^%@!])
      | (?P<open>\()
      | (?P<close>\))
      | (?P<comma>,)
      | (?P<equals>=)
      | (?P<space>[ \t\r\n]+)""",
    re.VERBOSE,
)

_BINARY = frozenset(["+", "-", "*", "/", "**", "<", "<=", ">", ">=", "==", "!=", "&", "|"])
_PREFIX = frozenset(["+", "-", "~"])

_LOGIC = frozenset(["and", "or", "not"])
_STATEMENTS = frozenset(["if", "else", "for", "in", "is", "lambda", "import", "return", "yield"])

# What people type, and what to write instead.
_HINTS = {
    "^": "write ** for a power",
    "//": "write floor(a/b)",
    "%": "write Mod(a, b)",
    "!": "write factorial(n)",
    "@": "matrices are not read from text",
    ":=": "write = once, in an equation",
    "[": "group with ( and )",
    "]": "group with ( and )",
    "{": "group with ( and )",
    "}": "group with ( and )",
    ".": "attributes are not read; a decimal number has digits beside the point",
    ";": "a text is one formula",
    ":": "a formula is no piece of code",
    "\\": "write names without a backslash",
    '"': "a formula has no strings",
    "'": "a prime stands directly behind the name of an unknown function",
    "#": "a formula has no comments",
    "−": "write - for minus",
    "–": "write - for minus",
    "×": "write * for a product",
    "·": "write * for a product",
    "⋅": "write * for a product",
    "÷": "write / for a quotient",
    "√": "write sqrt(x)",
    "∞": "write oo for infinity",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "′": "write ' for a derivative",
    "″": "write '' for a second derivative",
    "²": "write **2",
    "³": "write **3",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula.

    Parameters
    ----------
    kind : str
        One of the names in `Kind`.
    text : str
        As written, without primes.
    start : int
        Its offset in the text.
    primes : int
        How many primes follow a name.
    """

    kind: Kind
    text: str
    start: int
    primes: int = 0


def complaint(text: str, start: int, what: str, hint: str = "") -> ParseError:
    """Return the error that names a piece of a text, its position and what could replace it.

    Parameters
    ----------
    text : str
        The whole text.
    start : int
        The offset of the piece.
    what : str
        What is wrong.
    hint : str
        What to write instead.

    Returns
    -------
    ParseError
        To be raised by the caller.

    Examples
    --------
    >>> print(complaint("x^2", 1, "'^' is no operator", "write ** for a power"))
    '^' is no operator, at position 2 of 'x^2'; write ** for a power
    """
    first, last = max(0, start - 20), start + 30
    shown = text
    if len(text) > 60:
        shown = f"{'...' * (first > 0)}{text[first:last]}{'...' * (last < len(text))}"
    place = f"at position {start + 1} of {shown!r}"
    return ParseError(f"{what}, {place}{'; ' + hint if hint else ''}")


def scan(text: str) -> list[Token]:
    """Split a text into tokens and check that operands and operators alternate.

    Parameters
    ----------
    text : str
        A formula, an equation or a condition.

    Returns
    -------
    list of Token
        Brackets are balanced and each operator has its operands.

    Raises
    ------
    ParseError
        Anything that is no formula, with its position.
    TypeError
        `text` is no string.

    Examples
    --------
    >>> [token.text for token in scan("2*sin(x)")]
    ['2', '*', 'sin', '(', 'x', ')']
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected a str, got {type(text).__name__} {text!r:.60}")
    if len(text) > MOST_CHARACTERS:
        raise ParseError(
            f"the text has {len(text)} characters, formulas are limited to {MOST_CHARACTERS}"
        )
    tokens = _tokens(text)
    if not tokens:
        raise ParseError("the text is empty, a formula is expected")
    operators = sum(token.kind == "operator" for token in tokens)
    if operators > MOST_OPERATORS:
        raise ParseError(f"the text has {operators} operators, the limit is {MOST_OPERATORS}")
    _check_order(text, tokens)
    return tokens


def _tokens(text: str) -> list[Token]:
    tokens = []
    position = 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None:
            raise _bad_character(text, position)
        kind = match.lastgroup if match.lastgroup != "primes" else "name"
        piece = match["name"] or match[0]
        if kind == "number":
            _check_number(text, position, piece)
        elif kind == "name":
            _check_name(text, position, piece)
        elif kind == "operator" and piece not in _BINARY | _PREFIX:
            raise complaint(text, position, f"{piece!r} is no operator here", _HINTS.get(piece, ""))
        if kind != "space":
            tokens.append(Token(kind, piece, position, len(match["primes"] or "")))  # type: ignore[arg-type]
        position = match.end()
    return tokens


def _bad_character(text: str, position: int) -> ParseError:
    character = text[position]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    plain = unicodedata.normalize("NFKC", character)
    hint = _HINTS.get(character, "")
    if not hint and plain != character and plain.isascii() and plain.isprintable():
        hint = f"write {plain.strip()}"
    return complaint(text, position, f"the character {shown!r} is not read", hint)


def _check_number(text: str, start: int, piece: str) -> None:
    mantissa, _, exponent = piece.lower().partition("e")
    if len(mantissa) > MOST_DIGITS:
        raise complaint(text, start, f"numbers are limited to {MOST_DIGITS} digits")
    # The length first: int() of a million digits takes its time.
    if len(exponent) > 9 or abs(int(exponent or 0)) > MOST_EXPONENT:
        raise complaint(text, start, f"decimal exponents are limited to {MOST_EXPONENT}")


def _check_name(text: str, start: int, piece: str) -> None:
    if is_plausible_name(piece):
        return
    for offset, character in enumerate(piece):
        if character in _HINTS:
            raise _bad_character(text, start + offset)
    if len(piece) > LONGEST_NAME:
        raise complaint(text, start, f"names are limited to {LONGEST_NAME} characters")
    plain = unicodedata.normalize("NFKC", piece)
    if plain != piece:
        raise complaint(text, start, f"the name {piece!r:.40} looks like another", f"write {plain}")
    raise complaint(text, start, f"{piece!r:.40} is no name for a symbol")


def _check_order(text: str, tokens: list[Token]) -> None:
    """Check that operands and operators alternate and that brackets close."""
    opened: list[Token] = []
    previous: Token | None = None
    for token in tokens:
        after_operand = previous is not None and previous.kind in ("number", "name", "close")
        call = token.kind == "open" and previous is not None and previous.kind == "name"
        if token.kind in ("number", "name", "open") and after_operand and not call:
            raise _missing_operator(text, previous, token)
        if token.kind in ("close", "comma", "equals", "operator") and not after_operand:
            empty_call = token.kind == "close" and previous is not None and previous.kind == "open"
            trailing = token.kind == "close" and previous is not None and previous.kind == "comma"
            if not (empty_call or trailing or token.text in _PREFIX):
                raise complaint(text, token.start, f"a value is missing before {token.text!r}")
        if token.text == "~" and after_operand:
            raise complaint(text, token.start, "an operator is missing before '~'")
        if token.kind == "open":
            opened.append(token)
            if len(opened) > MOST_LEVELS:
                raise complaint(text, token.start, f"more than {MOST_LEVELS} open brackets")
        elif token.kind == "close":
            if not opened:
                raise complaint(text, token.start, "')' closes nothing")
            opened.pop()
        previous = token
    if opened:
        raise complaint(text, opened[-1].start, "'(' is never closed")
    if previous is not None and previous.kind in ("operator", "comma", "equals"):
        raise complaint(text, previous.start, f"a value is missing after {previous.text!r}")


def _missing_operator(text: str, previous: Token | None, token: Token) -> ParseError:
    left = previous.text if previous is not None else ""
    right = token.text if token.kind != "open" else "(...)"
    left = left if left != ")" else "(...)"
    if not _LOGIC.isdisjoint((left, right)):
        hint = "write & for and, | for or, ~ for not, each side in brackets"
    elif not _STATEMENTS.isdisjoint((left, right)):
        hint = "a formula is no piece of code"
    elif left in FUNCTIONS and token.kind != "open":
        hint = f"write {left}({right})"
    else:
        hint = f"write a product as {left}*{right}"
    return complaint(text, token.start, f"an operator is missing before {token.text!r}", hint)
