"""Evidence kept on disk between runs, keyed by the claim, its domain and the checker.

The archive is off unless a caller or the environment asks for it, so that a check is a check.
Each record is sealed with a key of this cache folder: a damaged or edited record is no record.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flint import fmpz
from mpmath.libmp import from_man_exp
from sympy import Expr, Float, Rational

from symnum.derivation.claims import Claim
from symnum.derivation.evidence import Evidence
from symnum.derivation.fingerprints import combine, digest_of_box
from symnum.derivation.provers import CHECKER_VERSION
from symnum.errors import CacheWarning
from symnum.expressions.box import Box
from symnum.settings import cache_folder

__all__ = [
    "archive_size",
    "certificate_cache",
    "clear_archive",
    "is_enabled",
    "key_of",
    "load",
    "save",
]

VARIABLE = "SYMNUM_CERTIFICATE_CACHE"

_enabled: ContextVar[bool | None] = ContextVar("certificate_cache", default=None)


@contextlib.contextmanager
def certificate_cache(enabled: bool = True) -> Iterator[None]:
    """Within this block evidence is taken from the cache on disk and kept there, or it is not.

    Outside of such a block the environment variable ``SYMNUM_CERTIFICATE_CACHE`` decides; without
    it every claim is proved from scratch.

    Parameters
    ----------
    enabled : bool
        False proves from scratch whatever the environment says.

    Examples
    --------
    >>> with certificate_cache(False):
    ...     is_enabled()
    False
    """
    token = _enabled.set(bool(enabled))
    try:
        yield
    finally:
        _enabled.reset(token)


def is_enabled() -> bool:
    """Tell whether evidence is taken from the cache on disk.

    Returns
    -------
    bool
    """
    chosen = _enabled.get()
    if chosen is not None:
        return chosen
    return os.environ.get(VARIABLE, "").strip().lower() in {"1", "on", "true", "yes"}


def key_of(claim: Claim, box: Box, lemmas: tuple[str, ...]) -> str:
    """Return the name of the record of a claim: what was proved, where, and by which checker.

    Parameters
    ----------
    claim : Claim
    box : symnum.expressions.Box
    lemmas : tuple of str

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    return combine(claim.fingerprint(), digest_of_box(box), *lemmas, "checker", checker())


@cache
def checker() -> str:
    """Return a digest of everything that takes part in a check, so that a change voids all records.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    package = Path(__file__).parents[1]
    sources = (
        path.read_text(encoding="utf-8")
        for folder in ("algebra", "derivation", "expressions", "reference")
        for path in sorted((package / folder).rglob("*.py"))
    )
    libraries = (f"{name} {version(name)}" for name in ("sympy", "mpmath", "python-flint"))
    return combine(CHECKER_VERSION, *libraries, *sources)


def load(key: str) -> Evidence | None:
    """Return the evidence of an earlier run, None where there is none or it was damaged.

    Parameters
    ----------
    key : str
        See `key_of`.

    Returns
    -------
    Evidence or None
    """
    try:
        record = json.loads(_path(key).read_text(encoding="utf-8"))
        body, seal = record["body"], record["seal"]
        if not hmac.compare_digest(seal, _seal(key, body)):
            return None
        details = tuple((str(name), str(value)) for name, value in body["details"])
        return Evidence(body["level"], body["method"], details, _number(body["value"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(key: str, evidence: Evidence) -> None:
    """Keep evidence for later runs; a folder that cannot be written to costs a warning only.

    Parameters
    ----------
    key : str
        See `key_of`.
    evidence : Evidence
        A value that is not a rational or floating-point number is not kept, nor its evidence.
    """
    try:
        value = _plain(evidence.value)
    except TypeError:
        return
    body = {
        "level": evidence.level,
        "method": evidence.method,
        "details": [list(pair) for pair in evidence.details],
        "value": value,
    }
    try:
        _write(_path(key), json.dumps({"body": body, "seal": _seal(key, body)}))
    except OSError as error:
        warnings.warn(
            f"certificates are not kept: {error} (set {VARIABLE}=0 to switch the cache off)",
            CacheWarning,
            stacklevel=2,
        )


def archive_size() -> int:
    """Return the number of certificates on disk."""
    return len(list(_folder().glob("*/*.json")))


def clear_archive() -> None:
    """Delete all certificates; they are made again when they are needed."""
    for path in _folder().glob("*/*.json"):
        path.unlink(missing_ok=True)


def _folder() -> Path:
    return cache_folder() / "certificates"


def _path(key: str) -> Path:
    return _folder() / key[:2] / f"{key}.json"


def _seal(key: str, body: Any) -> str:
    text = json.dumps([key, body], sort_keys=True)
    return hmac.new(_secret(), text.encode(), "sha256").hexdigest()


def _secret() -> bytes:
    """Return the key of this cache folder, made at first use and readable by its owner only."""
    path = _folder() / "key"
    try:
        kept = path.read_bytes()
    except FileNotFoundError:
        kept = b""
    if len(kept) != 32:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = secrets.token_bytes(32)
        _write_bytes(path, kept)
    return kept


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_bytes(path, text.encode())


def _write_bytes(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _plain(value: Any) -> list[Any] | None:
    """Return a number as integers and texts that JSON keeps exactly.

    The digits are written and read by flint: `str` and `int` refuse more than 4300 of them.
    """
    if value is None:
        return None
    if isinstance(value, Rational):
        return ["rational", str(fmpz(int(value.p))), str(fmpz(int(value.q)))]
    if isinstance(value, Float):
        sign, mantissa, exponent, _ = value._mpf_
        digits = str(fmpz(int(mantissa) * (-1 if sign else 1)))
        return ["float", digits, int(exponent), value._prec]
    raise TypeError(f"no plain form of {value!r}")


def _number(plain: list[Any] | None) -> Expr | None:
    if plain is None:
        return None
    kind, first, second, *precision = plain
    if kind == "rational":
        return Rational(int(fmpz(first)), int(fmpz(second)))
    if kind == "float":
        mantissa = int(fmpz(first))
        return Float._new(from_man_exp(mantissa, int(second)), int(precision[0]), zero=False)
    raise ValueError(f"unknown kind of number {kind!r}")
