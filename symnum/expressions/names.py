"""Names of symbols: which ones are plausible, and symbols from names."""

from __future__ import annotations

import unicodedata
from typing import Any

from sympy import Symbol

LONGEST_NAME = 64


def is_plausible_name(name: str) -> bool:
    """Tell whether a text can be the name of a symbol.

    A name starts with a letter or an underscore and goes on with letters, digits and underscores.
    Greek letters and subscripts of other alphabets are letters. Compatibility characters, such as
    full-width letters, which look like others and are not, are no letters; names with two
    underscores at the start are Python's own.

    Parameters
    ----------
    name : str
        Any text.

    Returns
    -------
    bool
        Python keywords are plausible: ``lambda`` is a wavelength.

    Examples
    --------
    >>> [is_plausible_name(name) for name in ("lambda", "λ_1", "2x", "__import__", "x;y")]
    [True, True, False, False, False]
    """
    return (
        0 < len(name) <= LONGEST_NAME
        and name.isidentifier()
        and not name.startswith("__")
        and unicodedata.normalize("NFKC", name) == name
    )


def as_symbol(value: Any, name: str) -> Symbol:
    """Return a symbol, or the plain symbol of a name.

    Parameters
    ----------
    value : sympy.Symbol or str
        Dummies are symbols.
    name : str
        The argument, for the message.

    Returns
    -------
    sympy.Symbol
        A given symbol as it is.

    Raises
    ------
    ValueError
        A text that is no name, or a symbol that does not commute.
    TypeError
        Anything else.

    Examples
    --------
    >>> as_symbol("x", "unknown")
    x
    """
    if isinstance(value, Symbol):
        if not value.is_commutative:
            raise ValueError(f"{name}: expected a commutative symbol, {value} is not")
        return value
    if isinstance(value, str):
        text = value.strip()
        if not is_plausible_name(text):
            raise ValueError(
                f"{name}: expected the name of a symbol (letters, digits, underscores), "
                f"got {value!r:.60}"
            )
        return Symbol(text)
    raise TypeError(
        f"{name}: expected a symbol or its name, got {type(value).__name__} {value!r:.60}"
    )
