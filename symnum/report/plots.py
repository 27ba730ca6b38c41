"""Figures of the gallery, as deterministic SVG for pages and as files in any format."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from symnum.derivation import Derivation

__all__ = ["figure_svg", "save_figure"]

Plot = Callable[["Derivation", Any], None]

STYLE = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 110,
    "font.size": 10,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    # Identifiers inside the SVG are hashes: a fixed salt makes them the same in every run.
    "svg.hashsalt": "symnum",
}


def _figure(plot: Plot, derivation: Derivation) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError as missing:
        raise ImportError("plots need matplotlib: pip install 'symnum[plot]'") from missing
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    plot(derivation, figure)
    return figure


def save_figure(plot: Plot, derivation: Derivation, path: Path) -> None:
    """Draw and write one figure; the suffix of `path` chooses the format.

    Parameters
    ----------
    plot : callable
        ``plot(derivation, figure)`` draws on a matplotlib figure.
    derivation : Derivation
    path : pathlib.Path

    Raises
    ------
    ValueError
        The suffix names no format that matplotlib can write.
    ImportError
        matplotlib is not installed.
    """
    path.write_bytes(_rendered(plot, derivation, path.suffix.lstrip(".") or "png"))


def _rendered(plot: Plot, derivation: Derivation, form: str) -> bytes:
    import matplotlib

    with matplotlib.rc_context(STYLE):  # type: ignore[arg-type]
        figure = _figure(plot, derivation)
        supported = figure.canvas.get_supported_filetypes()
        if form not in supported:
            raise ValueError(f"plot: expected a file ending in {sorted(supported)}, got {form!r}")
        buffer = io.BytesIO()
        metadata = {"Date": None} if form == "svg" else None
        figure.savefig(buffer, format=form, metadata=metadata)
    return buffer.getvalue()


def figure_svg(plot: Plot, derivation: Derivation) -> str:
    """Draw one figure as an SVG element that can stand inside an HTML page.

    Parameters
    ----------
    plot : callable
        ``plot(derivation, figure)`` draws on a matplotlib figure.
    derivation : Derivation

    Returns
    -------
    str
        From ``<svg`` to ``</svg>``, the same bytes in every run.
    """
    text = _rendered(plot, derivation, "svg").decode("utf-8")
    return text[text.index("<svg") :].strip()
