"""Find the derivations of the gallery, and run them.

A derivation is one file ``derivations/<chapter>/<name>.py``. The files are found by their names
alone, so listing them imports nothing; a file is imported when its derivation is run.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import symnum
from symnum.errors import UnknownDerivationError, near_names

if TYPE_CHECKING:
    from symnum.derivation import Derivation

__all__ = ["CHAPTERS", "Row", "derive", "figures", "gallery", "gallery_folder", "row"]

CHAPTERS = ("classical", "smoothing", "matrices", "information", "gaussians", "sequences")


def gallery_folder() -> Path:
    """Return the folder of the derivations: inside an installed wheel, or beside the package.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    FileNotFoundError
        The installation lacks the derivations.
    """
    package = Path(symnum.__file__).resolve().parent
    for folder in (package / "_gallery", package.parent / "derivations"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no derivations beside {package}: reinstall symnum")


def _paths() -> dict[str, Path]:
    folder = gallery_folder()
    found: dict[str, Path] = {}
    for chapter in CHAPTERS:
        for path in sorted((folder / chapter).glob("[!_]*.py")):
            if path.stem in found:
                other = found[path.stem]
                raise ValueError(f"two derivations are named {path.stem!r}: {other}, {path}")
            found[path.stem] = path
    return dict(sorted(found.items()))


def gallery() -> list[str]:
    """Return the names of all derivations, sorted; none of them is imported.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import symnum as sn
    >>> "pendulum_homotopy" in sn.gallery()
    True
    """
    return list(_paths())


@dataclass(frozen=True, slots=True)
class Row:
    """One file of the gallery, imported.

    Attributes
    ----------
    name, chapter : str
    path : pathlib.Path
    derive : callable
        Takes nothing, returns the `Derivation`.
    ranges : mapping
        From argument name to ``(low, high)``: where accuracy and speed are measured.
    tails : sequence of mappings
        Points, from argument name to number, at which the kernel must answer.
    plot : callable or None
        ``plot(derivation, figure)`` draws on a matplotlib figure.
    findings : callable or None
        ``findings(derivation)`` returns lines ``(label, value)``, computed when it is called.
    peers : mapping
        From a name to a function of the kernel's arguments that returns what others give.
    """

    name: str
    chapter: str
    path: Path
    derive: Callable[[], Derivation]
    ranges: Mapping[str, tuple[float, float]]
    tails: Sequence[Mapping[str, float]]
    plot: Callable[[Derivation, Any], None] | None
    findings: Callable[[Derivation], list[tuple[str, str]]] | None
    peers: Mapping[str, Callable[..., Any]]


def _imported(name: str, path: Path) -> ModuleType:
    module_name = f"symnum_gallery.{path.parent.name}.{name}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


def row(name: str) -> Row:
    """Import one file of the gallery.

    Parameters
    ----------
    name : str
        One of `gallery()`.

    Returns
    -------
    Row

    Raises
    ------
    UnknownDerivationError
        A `KeyError`: there is no such derivation; near names are offered.
    TypeError
        `name` is not a text.
    """
    if not isinstance(name, str):
        raise TypeError(f"name: expected the name of a derivation, got {name!r}")
    paths = _paths()
    if name not in paths:
        near = near_names(name, paths)
        offer = f"did you mean {' or '.join(near)}?" if near else "`symnum list` shows them all"
        raise UnknownDerivationError(f"no derivation is named {name!r}; {offer}")
    path = paths[name]
    contents = vars(_imported(name, path))
    return Row(
        name=name,
        chapter=path.parent.name,
        path=path,
        derive=contents["derive"],
        ranges=contents["RANGES"],
        tails=contents.get("TAILS", ()),
        plot=contents.get("plot"),
        findings=contents.get("findings"),
        peers=contents.get("PEERS", {}),
    )


def derive(name: str) -> Derivation:
    """Run one derivation of the gallery: every step is checked as it is written.

    Parameters
    ----------
    name : str
        One of `gallery()`.

    Returns
    -------
    Derivation

    Raises
    ------
    UnknownDerivationError
        A `KeyError`: there is no such derivation; near names are offered.

    Examples
    --------
    >>> import symnum as sn
    >>> sn.derive("rank_one_exponential").level
    'exact'
    """
    return row(name).derive()


def figures() -> dict[str, dict[str, Any]]:
    """Return the figures recorded for each derivation when the gallery was last run as a whole.

    Returns
    -------
    dict
        From name to level, number of steps, worst error in ulps and speed; a derivation that was
        never measured is absent.
    """
    path = gallery_folder() / "figures.json"
    if not path.is_file():
        return {}
    recorded: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return recorded
